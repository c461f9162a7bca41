"""The approved glossary: whole words as a language writes them, advice with exact places, a pack's own entries."""

from __future__ import annotations

import io
import itertools
import json
import re
import time
import unicodedata

import docx as word
import pytest
import yaml
from django.utils import timezone, translation

from tansiq.config import cli, files
from tansiq.coordination import glossary
from tansiq.coordination.defaults import defaults
from tansiq.coordination.glossary import check
from tansiq.core import journal, packs
from tansiq.core.errors import BadInput
from tansiq.core.language import fold
from tests.conftest import EXAMPLES, ROOT

pytestmark = pytest.mark.django_db

RELEASE = (EXAMPLES / "sources/press-release-2020-07-24.ar.txt").read_text(encoding="utf-8")
NIGERIA = ROOT / "tests" / "packs" / "ng.yaml"


def uses(term, text, language):
    """The words of the text that are the term, or None; the term stands alone in a pack."""
    packs.keep("glossary", [{"id": "own", "terms": {language: term, "de": "Wort"}}])
    [found] = check("", "de", original=text, original_language=language) or [None]
    return found and found.found


def avoided(words, text, language):
    """Where the words are found that a pack's entry avoids."""
    packs.keep("glossary", [{"id": "own", "terms": {language: "Wort"}, "avoid": {language: [words]}}])
    return [one.found for one in check(text, language) if one.entry.id == "own"]


def seen(found):
    return [(one.kind, one.entry.id, one.found) for one in found]


def command(capsys, *words):
    """(exit code, standard output, standard error) of `tansiq glossary`."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["glossary", *map(str, words)])
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


# --- Arabic


@pytest.mark.parametrize(
    ("term", "written"),
    [
        ("الاتجار بالبشر", "الاتجار بالبشر"),
        ("الاتجار بالبشر", "للاتجار بالبشر"),
        ("الاتجار بالبشر", "اتجار بالبشر"),
        ("الاتجار بالبشر", "بالاتجار بالبشر"),
        ("الاتجار بالبشر", "واتجاراً بالبشر"),
        ("الاتجار بالبشر", "فللاتجار بالبشر"),
        ("الاتجار بالبشر", "وبالاتجار بالبشر"),
        ("الاتجار بالبشر", "الاتِّجَارِ بِالْبَشَرِ"),
        ("الاتجار بالبشر", "الاتجــار بالبشـر"),
        ("الاتجار بالبشر", "الإتجار بالبشر"),
        ("الاتجار بالبشر", "الاتجار\nبالبشر"),
        ("الاتجار بالبشر", "الاتجار \u200fبالبشر"),
        ("ضحايا الاتجار", "لضحايا الاتجار"),
        ("ضحايا", "ضحاياهم"),
        ("ضحية", "لضحيتها"),
        ("زيارة", "وبزيارتهم"),
        ("أعضاء", "أعضائها"),
        ("أعضاء", "وأعضاؤه"),
        ("التزام", "التزامها"),
        ("التزام", "بالالتزام"),
        ("التزام", "التزاما"),
        ("اللجنة الوطنية", "للجنة الوطنية"),
        ("اللجنة الوطنية", "لجنتنا الوطنية"),
        ("اللجنة الوطنية", "واللجنه الوطنيه"),
        ("لجنة", "للجنة"),
        ("كتاب", "بالكتاب"),
        ("كتاب", "كتابهم"),
        ("بشر", "وبشر"),
        ("بشر", "للبشر"),
        ("حفل", "وبحفل"),
        ("أمر بمهمة", "للأمر بمهمة"),
        ("بشراكة مع", "وبشراكة مع"),
        ("بشراكة مع", "بالشراكة مع"),
        ("بتمويل من", "بتمويل من"),
        ("المخدرات والجريمة", "بالمخدرات و الجريمة"),
        ("المخدرات والجريمة", "المخدرات وبالجريمة"),
        ("مكتب المخدرات، والجريمة", "مكتب المخدرات والجريمة"),
        ("القلب الأزرق", "“القلب الأزرق”"),
        ("حملة القلب الأزرق", "حملة «القلب الأزرق»"),
        ("GLO.ACT", "Glo.Act"),
        ("UNODC", "لـUNODC"),
    ],
)
def test_an_arabic_term_is_found_under_its_clitics_its_pronouns_and_its_marks(term, written):
    found = uses(term, f"تنظم الوزارة {written}، يوم 27 يوليوز.", "ar")
    assert found == written.strip("“”«»").removeprefix("لـ")


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("شر", "تهريب بشر"),
        ("شر", "البشر والمخدرات"),
        ("شر", "للبشر"),
        ("بشر", "بالشر"),
        ("جنة", "لجنة محلية"),
        ("جنة", "للجنة الوطنية"),
        ("جنة", "ولجنتها"),
        ("تاب", "كتاب جديد"),
        ("صلة", "وصلة فيديو"),
        ("وصلة", "المجتمع والصلة به"),
        ("جهة", "وجهة النظر"),
        ("طاقة", "بطاقة تقنية"),
        ("قضاء", "التعاون القضائي"),
        ("تحسيس", "يوم تحسيسي"),
        ("بشر", "البشرة"),
        ("بشر", "نشر"),
        ("ضحية", "تضحية"),
        ("الاتجار بالبشر", "الاتجار البشر"),
        ("الاتجار بالبشر", "الاتجار في البشر"),
        ("الاتجار بالبشر", "انتهى الاتجار. بالبشر نبدأ"),
        ("الاتجار بالبشر", "الاتجار\n\nبالبشر"),
        ("المخدرات والجريمة", "المخدرات الجريمة"),
        ("GLO.ACT", "GLO ACT"),
        ("UNODC", "UNODC_ROMENA"),
        ("UNODC", "https://www.unodc.org/unodc/ar"),
    ],
)
def test_an_arabic_word_that_only_looks_like_the_term_is_another(term, text):
    assert uses(term, text, "ar") is None


@pytest.mark.parametrize(
    "written",
    ["الإتجار بالبشر", "للإتجار بالبشر", "وبالإتجار بالبشر", "إتجار بالبشر", "الإِتِّجَارِ بِالبَشَرِ", "و الإتجار بالبشر"],
)
def test_a_word_to_avoid_may_differ_from_the_term_in_a_hamza_alone(written):
    assert seen(check(f"مكافحة {written}.", "ar")) == [("avoid", "trafficking-in-persons", written)]


def test_the_approved_spelling_is_no_word_to_avoid():
    text = "مكافحة الاتجار بالبشر، والاتِّجار بالأشخاص، للاتجار بالبشر، واتجارا بالبشر، في الاتحاد الأوروبي"
    assert check(text, "ar") == []
    assert seen(check("برامج الاتحاد الاوروبي", "ar")) == [("avoid", "european-union", "الاتحاد الاوروبي")]


def test_a_longer_term_does_not_hide_a_word_that_is_misspelt_within_it():
    assert seen(check("اليوم العالمي لمكافحة الإتجار بالبشر", "ar")) == [
        ("avoid", "trafficking-in-persons", "الإتجار بالبشر")
    ]


# --- French and English


@pytest.mark.parametrize(
    ("language", "term", "written"),
    [
        ("fr", "traite des êtres humains", "TRAITE DES ETRES HUMAINS"),
        ("fr", "traite des êtres humains", "Traite des Êtres humains"),
        ("fr", "traite des êtres humains", "traite des Etres humains"),
        ("fr", "traite des êtres humains", "traites des\u00a0êtres humains"),
        ("fr", "traite d’êtres humains", "traite d'êtres humains"),
        ("fr", "exploitation", "exploitation"),
        ("fr", "victime présumée", "victimes présumées"),
        ("fr", "victimes présumées", "victime présumée"),
        ("fr", "réseau criminel", "réseaux criminels"),
        ("fr", "point focal", "points focaux"),
        ("fr", "mécanisme national", "MECANISMES NATIONAUX"),
        ("fr", "avec le soutien de", "avec le soutien du"),
        ("fr", "campagne du Cœur Bleu", "campagne du « Cœur Bleu"),
        ("fr", "événement", "Evénement"),
        ("fr", "à distance", "A distance"),
        ("fr", "prise en charge", "prise en charge"),
        ("en", "trafficking in persons", "Trafficking in Persons"),
        ("en", "capacity-building", "capacity building"),
        ("en", "training of trainers", "training-of-trainers"),
        ("en", "social assistant", "social assistants"),
        ("en", "public prosecutor’s office", "public prosecutor's office"),
        ("en", "victim", "victims"),
        ("en", "E.U.", "E.U"),
    ],
)
def test_a_term_is_found_in_the_other_number_and_in_capitals(language, term, written):
    assert uses(term, f"(l’{written}, 2020)", language) == written


@pytest.mark.parametrize(
    ("language", "term", "text"),
    [
        ("fr", "traite", "le traité de 2000"),
        ("fr", "traite", "Le Traité"),
        ("fr", "traite", "maltraite"),
        ("fr", "traité", "la traite"),
        ("fr", "trafic de migrants", "trafic. De migrants"),
        ("fr", "trafic de migrants", "trafic (de migrants)"),
        ("en", "referral", "referrals_list"),
        ("en", "has", "ha"),
        ("en", "hotline", "www.example.org/hotline"),
    ],
)
def test_another_word_is_not_the_term(language, term, text):
    assert uses(term, text, language) is None


def test_accents_count_where_the_letter_is_not_a_capital():
    assert avoided("évidence", "Evidence, evidence, ÉVIDENCE, évidences", "fr") == ["Evidence", "ÉVIDENCE", "évidences"]


def test_what_is_approved_exactly_is_no_other_number_of_a_word_to_avoid():
    assert check("Evidence of handover: the Blue Heart Campaign, a Blue Heart Campaign against Human Trafficking.", "en") == []  # fmt: skip
    assert seen(check("Evidences of the Blue Hearts Campaign against Human Trafficking.", "en")) == [
        ("avoid", "evidence", "Evidences"),
        ("avoid", "blue-heart-campaign", "Blue Hearts Campaign"),
    ]


def test_another_language_has_whole_words_without_case():
    assert uses("ⵜⴰⵎⴰⵣⵉⵖⵜ", "ⵙ ⵜⴰⵎⴰⵣⵉⵖⵜ.", "zgh") == "ⵜⴰⵎⴰⵣⵉⵖⵜ"
    assert avoided("Menschenhandel", "menschenhandel, Menschenhandels", "de") == ["menschenhandel"]
    assert uses("हिंद", "हिंदी", "hi") is None


# --- What is found


def test_every_place_of_an_avoided_word_is_a_finding_with_its_term_and_its_reason():
    text = "Le trafic d’êtres humains et la lutte contre le trafic d'êtres humains."
    first, second = check(text, "fr")
    assert (first.found, second.found) == ("trafic d’êtres humains", "trafic d'êtres humains")
    assert (first.start, first.end) == (3, 25)
    assert text[second.start : second.end] == second.found
    assert first.better == "traite des êtres humains"
    with translation.override("fr"):
        assert first.why == f"Le glossaire n’emploie pas ces mots. {first.entry.note['fr']}"
    # The remark is on the words of the text, in its language, whoever reads the page.
    with translation.override("ar"):
        assert first.entry.note["fr"] in first.why
    with translation.override("de"):
        assert first.why


def test_an_avoided_word_within_a_longer_approved_term_is_none():
    packs.keep("glossary", [{"id": "own", "terms": {"fr": "circulation"}, "avoid": {"fr": ["trafic"]}}])
    text = "Le trafic, le trafic illicite de migrants, les TRAFICS ILLICITES DE MIGRANTS, un trafic illicite"
    assert [(one.start, one.found) for one in check(text, "fr")] == [(3, "trafic"), (text.rindex("trafic"), "trafic")]


def test_of_two_avoided_words_the_longer_is_found():
    assert seen(check("a formation of trainers, an inspection visit", "en")) == [
        ("avoid", "training-of-trainers", "formation of trainers")
    ]
    packs.keep("glossary", [{"id": "own", "terms": {"en": "training"}, "avoid": {"en": ["formation"]}}])
    assert seen(check("a formation, a formation of trainers", "en")) == [
        ("avoid", "own", "formation"),
        ("avoid", "training-of-trainers", "formation of trainers"),
    ]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("بُلِّغ عن الإتجار بالبشر: «الإِتِّجَار بالبشر»، ثُمَّ أُغلق المَلْجَأ و سكرتارية 😀 ملجأهم", "ar"),
        ("😀 À l’été : trafic d’êtres humains, CAMPAGNE COEUR BLEU, ligne chaude…", "fr"),
    ],
)
def test_places_are_those_of_the_text_in_nfc(text, language, form):
    whole = unicodedata.normalize("NFC", text)
    found = check(unicodedata.normalize(form, text), language)
    assert len(found) >= 3
    assert [whole[one.start : one.end] for one in found] == [one.found for one in found]


def test_what_the_text_lacks_of_its_original_is_found_in_the_original():
    original = "التعرف على الضحايا، ثم الإحالة عبر الآلية الوطنية للإحالة. وتعزز الآلية الوطنية للإحالة الثقة."
    found = check("Le repérage des personnes, puis leur aiguillage.", "fr", original=original, original_language="ar")
    assert seen(found) == [
        ("missing", "identification", "التعرف على الضحايا"),
        ("hint", "referral", "الإحالة"),
        ("missing", "national-referral-mechanism", "الآلية الوطنية للإحالة"),
    ]
    assert [original[one.start : one.end] for one in found] == [one.found for one in found]
    assert found[2].better == "mécanisme national d’orientation"
    with translation.override("en"):
        assert found[0].why != found[1].why


def test_a_variant_in_the_text_is_enough_and_one_language_alone_asks_for_nothing():
    original = "تنظم اللجنة ندوة عن بعد حول الاتجار بالبشر بدعم من الوزارة"
    good = "La Commission organise un séminaire à distance sur la traite des personnes, avec l’appui du Ministère."
    assert check(good, "fr", original=original, original_language="ar") == []
    assert check("", "fr", original=original) == []
    assert check("", "fr", original=original, original_language="de") == []
    assert check("", "xx", original=original, original_language="ar") == []


def test_a_term_within_a_longer_one_asks_for_nothing_of_its_own():
    original = "حماية ضحايا الاتجار بالبشر"
    assert check("Protection des victimes de la traite", "fr", original=original, original_language="ar") == []
    both = f"{original} ومكافحة الاتجار بالبشر"
    found = check("Protection des victimes de la traite", "fr", original=both, original_language="ar")
    assert seen(found) == [("missing", "trafficking-in-persons", "الاتجار بالبشر")]
    assert found[0].start == both.rindex("الاتجار")


def test_a_longer_term_that_the_other_language_lacks_hides_nothing():
    packs.keep("glossary", [{"id": "law", "terms": {"ar": "قانون مكافحة الاتجار بالبشر"}}])
    found = check("The law", "en", original="صدر قانون مكافحة الاتجار بالبشر", original_language="ar")
    assert seen(found) == [("missing", "trafficking-in-persons", "الاتجار بالبشر")]


def test_an_avoided_word_stands_for_its_term_which_is_not_called_missing_too():
    found = check("Le trafic d’êtres humains", "fr", original="الاتجار بالبشر", original_language="ar")
    assert seen(found) == [("avoid", "trafficking-in-persons", "trafic d’êtres humains")]


@pytest.mark.parametrize(
    ("language", "text", "original_language", "original"),
    [
        ("fr", "La prise en charge", "en", "care"),
        ("en", "They help", "fr", "la prise en charge"),
        ("ar", "البيان", "fr", "Le communiqué"),
    ],
)
def test_one_word_in_either_language_makes_it_a_hint(language, text, original_language, original):
    found = check("…", language, original=original, original_language=original_language)
    assert [one.kind for one in found] == ["hint"]
    assert check("", language, original=" ", original_language=original_language) == []


# --- Real texts


def test_the_release_of_2020_has_the_three_slips_that_it_is_known_for():
    found = check(RELEASE, "ar")
    assert seen(found) == [
        ("avoid", "unodc", "مكتب الأمم المتحدة المعني بالمخدرات والاتحاد"),
        ("avoid", "social-assistant", "مساعدة ومساعدة اجتماعيين"),
        ("avoid", "european-union", "الاتحاد الاوروبي"),
    ]
    assert [RELEASE[one.start : one.end] for one in found] == [one.found for one in found]


def test_a_french_release_with_the_usual_slips():
    text = (
        "COMMUNIQUE DE PRESSE\n\nA l’occasion de la Journée mondiale de lutte contre la traite des êtres humains, la Commission "
        "nationale tiendra, avec le soutien de l’Office des Nations Unies contre la drogue et le crime et de l’Union "
        "européenne, un séminaire national en distanciel au profit des assistants sociaux, sur les réseaux criminels "
        "organisés impliqués dans le trafic d’êtres humains et le trafic illicite de migrants. Le Royaume du Maroc "
        "annoncera son accession à la campagne Cœur Bleu. Toute évidence mise de côté, l’accession au Trône sera fêtée "
        "le 30 juillet. Numéro gratuit : 0800 004 747."
    )
    found = check(text, "fr", original=RELEASE, original_language="ar")
    assert [one.found for one in found if one.kind == "avoid"] == [
        "en distanciel",
        "trafic d’êtres humains",
        "accession à la campagne",
    ]
    missing = {one.entry.id for one in found if one.kind == "missing"}
    assert {"in-partnership-with", "care-unit", "eu-emergency-trust-fund-for-africa", "video-spot"} <= missing
    assert not missing & {"trafficking-in-persons", "world-day", "unodc", "remote", "press-release", "social-assistant"}


def _texts(node):
    if isinstance(node, dict) and node and set(node) <= {"ar", "fr", "en"} and all(isinstance(one, str) for one in node.values()):  # fmt: skip
        yield from node.items()
    else:
        for one in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
            yield from _texts(one)


@pytest.mark.parametrize("path", [*sorted(EXAMPLES.glob("*.yaml")), ROOT / "tansiq/packs/ma.yaml"], ids=lambda one: one.stem)  # fmt: skip
def test_the_official_language_of_the_examples_is_not_told_to_change(path):
    texts = set(_texts(yaml.safe_load(path.read_text(encoding="utf-8"))))
    assert len(texts) > 50
    found = {one.found for code, words in texts for one in check(words, code)}
    assert found <= {"ملجأ"}  # a press report of 2025; the glossary has مركز إيواء


def test_the_letters_that_tansiq_comes_with_use_no_word_to_avoid():
    texts = list(_texts({name: value for name, value in defaults().items() if name != "glossary"}))
    assert len(texts) > 100
    assert [one.found for code, words in texts for one in check(words, code)] == []


def test_the_words_of_the_interface_and_the_glossary_do_not_contradict_each_other():
    table = (ROOT / "docs/words.md").read_text(encoding="utf-8").split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 90
    for row in rows:
        words = dict(zip(("ar", "fr", "en"), (re.sub(r"\(.*?\)", "", cell) for cell in row[:3]), strict=True))
        for language, other in itertools.permutations(words, 2):
            found = check(words[language], language, original=words[other], original_language=other)
            assert [one for one in found if one.kind != "hint"] == [], row


def test_a_long_text_takes_a_few_dozen_foldings_however_dense_it_is():
    """A folding of 100,000 characters takes about a hundredth of a second."""
    letters = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
    different = " ".join("".join(letters[n // 28**k % 28] for k in (0, 1, 2, 0, 1)[: 3 + n % 3]) for n in range(20_000))
    dense = ("الاتجار بالبشر ", "ضحايا ", "و ", "ل", "مكتب الأمم المتحدة المعني بالمخدرات والاتحاد ")
    for words in (RELEASE, different, *dense):
        text = (words * (100_000 // len(words) + 1))[:100_000]
        folding = min(_seconds(lambda text=text: fold(text)) for _turn in range(3))
        checking = min(
            _seconds(lambda text=text: check(text, "ar", original=text, original_language="ar")) for _turn in range(2)
        )
        assert checking < 150 * max(folding, 0.004), words[:20]


def _seconds(work):
    begun = time.process_time()
    work()
    return time.process_time() - begun


# --- The entries, and a pack's own


def test_the_entries_of_every_country_have_their_three_languages_and_contradict_neither_themselves_nor_each_other():
    rows = defaults()["glossary"]
    assert len({row["id"] for row in rows}) == len(rows) > 80
    assert [row["id"] for row in rows if set(row["terms"]) != {"ar", "fr", "en"}] == []
    assert [(row["id"], fault) for row in rows for fault in glossary.faults(row)] == []
    for entry in glossary.entries():
        for code in entry.terms:
            for words in entry.accepted(code):
                assert check(words, code) == [], words
            for words in entry.avoid.get(code, ()):
                assert entry.id in [one.entry.id for one in check(words, code)], words


def load(tmp_path, *entries):
    data = yaml.safe_load(NIGERIA.read_text(encoding="utf-8")) | {"glossary": list(entries)}
    path = tmp_path / "pack.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return files.load_pack(files.read(path), by=journal.CLI, now=timezone.now())


def test_a_pack_replaces_an_entry_in_its_place_and_adds_its_own_at_the_end(tmp_path):
    before = [one.id for one in glossary.entries()]
    load(
        tmp_path,
        {"id": "house-help", "terms": {"en": "domestic worker"}, "avoid": {"en": ["house help"]}},
        {"id": "trafficking-in-persons", "terms": {"en": "human trafficking"}, "note": {"en": "As in the Act."}},
    )
    entries = glossary.entries()
    assert [one.id for one in entries] == [*before, "house-help"]
    [own] = [one for one in entries if one.id == "trafficking-in-persons"]
    assert (own.terms, own.also, own.avoid) == ({"en": "human trafficking"}, {}, {})
    assert seen(check("House helps and people trafficking", "en")) == [("avoid", "house-help", "House helps")]
    assert check("مكافحة الإتجار بالبشر", "ar") == []


@pytest.mark.parametrize(
    ("entry", "path", "says"),
    [
        ({"id": "a", "terms": {"en": "House Help"}, "avoid": {"en": ["maid", "house help"]}}, "avoid.en[1]", "“House Help”"),
        ({"id": "a", "terms": {"en": "maid"}, "also": {"en": ["cook"]}, "avoid": {"en": ["Cook"]}}, "avoid.en[0]", "“cook”"),
        ({"id": "a", "terms": {"ar": "الالتزام"}, "avoid": {"ar": ["الِالتِزام"]}}, "avoid.ar[0]", "“الالتزام”"),
        ({"id": "a", "terms": {"en": "maid"}, "avoid": {"fr": ["bonne"]}}, "avoid.fr", "“fr”"),
        ({"id": "a", "terms": {"en": "maid"}, "also": {"enn": ["cook"]}}, "also.enn", "“enn”"),
        ({"id": "a", "terms": {"arb": "maid"}}, "terms.arb", "“arb”"),
        ({"id": "house-help", "terms": {"en": "maid"}}, "id", "“house-help”"),
        ({"id": "A b", "terms": {"en": "maid"}}, "id", "A b"),
        ({"id": "a"}, "", "terms"),
        ({"id": "a", "terms": {"en": "maid"}, "avoid": {"en": "cook"}}, "avoid.en", "list"),
        ({"id": "a", "terms": {"en": "maid"}, "shun": {"en": ["cook"]}}, "", "shun"),
    ],
)  # fmt: skip
def test_a_pack_with_an_entry_that_cannot_be_is_refused_with_the_place(tmp_path, entry, path, says):
    before = glossary.entries()
    with translation.override("en"), pytest.raises(BadInput) as refused:
        load(tmp_path, {"id": "house-help", "terms": {"en": "domestic worker"}}, entry)
    [problem] = refused.value.problems
    assert problem.path.startswith(f"glossary[1].{path}".rstrip("."))
    assert says in problem.message or says in problem.path
    packs.forget()
    assert glossary.entries() == before


def test_words_that_differ_in_a_hamza_a_point_or_the_number_may_be_avoided_beside_their_term():
    row = {"id": "a", "terms": {"ar": "الاتجار", "en": "GLO.ACT"}, "also": {"en": ["evidence"]}}
    assert glossary.faults({**row, "avoid": {"ar": ["الإتجار"], "en": ["GLO ACT", "evidences"]}}) == []


# --- The command


def test_the_command_says_the_line_and_the_column_of_what_it_found(capsys, tmp_path):
    text, original = tmp_path / "text.txt", tmp_path / "original.txt"
    text.write_text("Titre\nContre le trafic\nd’êtres humains\n", encoding="utf-8")
    original.write_text("عنوان\nضد الاتجار بالبشر،\nبدعم من الوزارة\n", encoding="utf-8")
    code, out, _err = command(capsys, text, "--lang", "fr", "--of", original, "--of-lang", "ar")
    first, second = out.splitlines()
    assert code == 0
    assert first.startswith(f"{text}:2:11: avoid: trafic d’êtres humains → traite des êtres humains (")
    assert second.startswith(f"{original}:3:1: missing: بدعم من → avec le soutien de (")


def test_the_command_gives_the_same_as_json_also_of_a_word_document(capsys, tmp_path):
    made, content = word.Document(), io.BytesIO()
    made.add_paragraph("بيان صحفي")
    made.add_paragraph("مكافحة الإتجار بالبشر")
    made.save(content)
    path = tmp_path / "text.docx"
    path.write_bytes(content.getvalue())
    code, out, _err = command(capsys, path, "--lang", "ar", "--json")
    report = json.loads(out)
    [found] = report.pop("findings")
    assert (code, report) == (0, {"file": str(path), "language": "ar"})
    assert set(found) == {"kind", "id", "found", "start", "end", "better", "why"}
    assert (found["kind"], found["id"], found["found"]) == ("avoid", "trafficking-in-persons", "الإتجار بالبشر")
    assert found["end"] - found["start"] == len("الإتجار بالبشر")


def test_the_command_is_silent_about_a_good_text(capsys, tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes("\ufeffمكافحة الاتجار بالبشر".encode())
    assert command(capsys, path, "--lang", "ar")[:2] == (0, "")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("gone.txt", None, "No such file"),
        ("folder.txt", "folder", "directory"),
        ("picture.txt", b"\x89PNG\r\n\x1a\n\x00\x00", "not a text"),
        ("zeros.txt", b"abc\x00\x00", "not a text"),
        ("empty.txt", b" ", "no text"),
        ("text.txt", b"PK\x03\x04 half a zip", "damaged"),
    ],
)
def test_the_command_names_a_file_that_it_cannot_read(capsys, tmp_path, monkeypatch, name, content, says):
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    path, good = tmp_path / name, tmp_path / "good.txt"
    good.write_text("Bon texte", encoding="utf-8")
    if content == "folder":
        path.mkdir()
    elif content:
        path.write_bytes(content)
    for words in ((path, "--lang", "fr"), (good, "--lang", "fr", "--of", path, "--of-lang", "ar")):
        code, out, err = command(capsys, *words)
        assert (code, out) == (2, "")
        assert str(path) in err
        assert says in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--lang", "xx"), "ar, fr, en"),
        (("--lang", "fr", "--of", "TEXT", "--of-lang", "arabic"), "“arabic”"),
        (("--lang", "fr", "--of", "TEXT"), "--of-lang"),
        (("--lang", "fr", "--of-lang", "ar"), "--of ORIGINAL"),
    ],
)
def test_the_command_refuses_a_language_that_the_glossary_does_not_have(capsys, tmp_path, monkeypatch, words, says):
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    path = tmp_path / "text.txt"
    path.write_text("Texte", encoding="utf-8")
    code, out, err = command(capsys, path, *(path if one == "TEXT" else one for one in words))
    assert (code, out) == (1, "")
    assert says in err
