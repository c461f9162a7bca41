import time

from benchmarks import facts_score
from tansiq.newsroom import facts


def test_the_labelled_texts_are_read_well():
    """Below the figures in docs/benchmarks.md by what one more text may cost; they fall when a rule is broken."""
    counted = facts_score.score([])
    total = {what: sum(one[what] for one in counted.values()) for what in ("hit", "wrong", "missed")}
    assert total["hit"] > 800
    assert total["hit"] / (total["hit"] + total["wrong"]) > 0.86
    assert total["hit"] / (total["hit"] + total["missed"]) > 0.79


def test_a_text_in_a_fourth_language_or_none_has_no_facts_and_says_so():
    for text in ("Die Kommission veranstaltet am 27. Juli 2020 ein Seminar in Rabat", "", "   \n"):
        assert (facts.read(text).language, facts.read(text).facts) == ("", ())


def test_time_grows_as_the_text_does():
    text = (
        "تنظم اللجنة الوطنية يوم 27 يوليو 2020 ندوة لفائدة 100 مساعدة اجتماعية بمدينة الرباط بدعم من الاتحاد الأوروبي.\n"
        * 300
    )
    facts.read(text)
    spent = []
    for content in (text, text * 4):
        started = time.process_time()
        facts.read(content)
        spent.append(time.process_time() - started)
    assert spent[1] < 4 * spent[0] * 3


def test_places_are_counted_in_code_points_after_nfc():
    read = facts.read("Me\u0301moire : 27 juillet 2020, la Commission est à Rabat avec les juges", language="fr")
    (date,) = [fact for fact in read.facts if fact.kind == "date"]
    assert (date.start, read.printed(date)) == (10, "27 juillet 2020")
