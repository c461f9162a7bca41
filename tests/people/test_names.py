"""Names of people: which spellings are one person's, which are not, and what may be taken without a person."""

from __future__ import annotations

import itertools
import json
import random
import re
import time

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from tansiq.config import cli
from tansiq.people.names import CERTAIN, MARGIN, Index, compare, is_certain
from tansiq.people.namewords import words
from tests.conftest import ROOT

# --- Whose name: the people are made up ------------------------------------------------------------------------------

SAME = """
AIT OUAHI, Khadija            | خديجة أيت واحي
Khadija Aït-Ouahi             | أيت واحي خديجة
Youssef El Idrissi            | يوسف الإدريسي
Yusuf Al-Idrisi               | يوسف الادريسي
Oussama Kacem                 | أسامة القاسم
Usama Qasem                   | اسامه قاسم
Ousama Gacem                  | أسامة ڭاسم
Djamel-Eddine Bouzidi         | جمال الدين البوزيدي
Gamal Eldin El Bouzidi        | جمال الدين بوزيدي
Mohamed Ould Abdel Aziz       | محمد ولد عبد العزيز
Abderrahmane Benjelloun       | عبدالرحمان بن جلون
Abdul Rahman Bin Jelloun      | عبد الرحمن بنجلون
Abd Errahim Chraïbi           | عبد الرحيم الشرايبي
Dr. Fatima-Zahra Bennani      | الدكتورة فاطمة الزهراء بناني
Mme Fatima Ezzohra Benani     | السيدة فاطمة الزهراء بناني
Moulay Hafid Elalamy          | مولاي حفيظ العلمي
Lalla Salma Tazi              | سلمى التازي
Zakaria Zerouali              | زكرياء الزروالي
Zakariya Zerwali              | زكريا الزروالي
7amid 3ali                    | حميد علي
9assem Bou3za                 | قاسم بوعزة
Mustapha Cherkaoui            | مصطفى الشرقاوي
Moustafa Charkawi             | المصطفى شرقاوي
Larbi Lahlou                  | العربي لحلو
Lhoussaine Aguelmam           | الحسين أڭلمام
Hayat Guessous                | حياة ݣسوس
Ouidad Ma El Ainine           | وداد ماء العينين
Amr Naciri                    | عمرو الناصري
Omar Naciri                   | عمر الناصري
Khadija Lahlou (Invitée)      | خديجة لحلو
Ghizlane Lahlou - iPhone      | غزلان لحلو
Fatoumata Diallo              | فاطوماتا ديالو
Ousmane Sow                   | عثمان سو
José García                   | خوسيه غارسيا
Jean-Pierre Dupont            | جان بيير دوبون
K. Berrada Tazi               | خديجة برادة التازي
Mohamed Berrada               | محمد علي برادة
عبدالله العثماني              | عبد الله العثماني
مُحَمَّد العَلَوِيّ               | محمد العلوي
محـــمد الإدريسي              | محمد الادريسى
أمينة بن علي                  | بنعلي امينه
Mohammed Alaoui               | ALAOUI Mohamed
Khadidja Benkirane            | Khadija Ben Kirane
Youssef Cherkaoui             | Yusuf Sharqawi
Amadou Traoré                 | TRAORE Amadou
María José Pérez              | Maria Jose Perez
ⴼⴰⵟⵉⵎⴰ ⵜⴰⴱⵄⵎⵔⴰⵏⵜ             | Fatima Tabaamrant
"""

OTHER = """
Amina Bennani                 | أمين بناني
Amine Bennani                 | أمينة بناني
Amine Alaoui                  | Amina Alaoui
أمين العلوي                   | أمينة العلوي
Karim Tazi                    | كريمة التازي
Karima Tazi                   | كريم التازي
Samira Tazi                   | سمير التازي
Rachida Tazi                  | رشيد التازي
Said Tazi                     | سعيدة التازي
Nadir Tazi                    | نادية التازي
Salim Tazi                    | سليمان التازي
Hasna Tazi                    | حسن التازي
Khadija Tazi                  | خالد التازي
Abdelkrim Tazi                | عبد الكبير التازي
Abdelaziz Tazi                | عبد العالي التازي
Mohamed Alaoui                | أحمد العلوي
Mohamed Alaoui                | محمد العمراني
Mohamed Alaoui                | Mohamed Alami
Youssef Idrissi               | Younes Idrissi
Fatima Berrada                | فاطمة الزهراء العلوي
سمير الناصري                  | سميرة الناصري
نور الهدى الناصري             | نور الدين الناصري
عمر الناصري                   | عمرو الناصري
Jean Dupont                   | جاك دوبون
Ousmane Sow                   | عثمان سي
Khadija                       | خديجة بناني
"""


def table(text):
    return [tuple(one.strip() for one in line.split("|")) for line in text.strip().splitlines()]


@pytest.mark.parametrize(("one", "other"), table(SAME))
def test_spellings_of_one_name_are_rather_one_person_s(one, other):
    assert compare(one, other).score >= 0.5


@pytest.mark.parametrize(("one", "other"), table(OTHER))
def test_names_of_two_people_are_rather_not_one_person_s(one, other):
    assert compare(one, other).score < 0.5


def test_all_that_is_one_person_s_stands_before_all_that_is_not():
    same = min(compare(*pair).score for pair in table(SAME))
    other = max(compare(*pair).score for pair in table(OTHER))
    assert same - other > 0.2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("خديجة أيت واحي", "خديجة أيت واحي"),
        ("خديجة أيت واحي", "خَدِيجَة آيت واحي (ضيفة)"),
        ("Khadija Aït Ouahi", "Mme KHADIJA AIT OUAHI"),
        ("عبدالله الناصري", "السيد عبد الله الناصري"),
        ("Abdel Aziz Naciri", "Abdelaziz Naciri"),
        ("X Æ", "x æ"),
    ],
)
def test_the_same_folded_name_has_the_score_one(one, other):
    assert compare(one, other).score == pytest.approx(1.0, abs=0.001)


@pytest.mark.parametrize(("one", "other"), [("", ""), ("", "خديجة"), ("...", "!!"), ("()", "123")])
def test_what_holds_no_word_is_like_nothing(one, other):
    assert compare(one, other).score == 0.0


def test_the_worse_a_name_answers_the_less_it_scores():
    asked = "Khadija Benkirane Tazi"
    spellings = [
        "خديجة بنكيران التازي",
        "التازي خديجة بنكيران",
        "خديجة التازي",
        "خديجة بن سليمان التازي",
        "رشيد العمراني",
    ]
    scores = [compare(asked, one).score for one in spellings]
    assert scores == sorted(set(scores), reverse=True)


# --- Words ---


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("AIT OUAHI, Khadija", ["khadija", "ait", "ouahi"]),
        ("الأستاذة خديجة أيت واحي", ["خديجة", "ايت", "واحي"]),
        ("M. Karim TAZI (External)", ["karim", "tazi"]),
        ("iPhone de Samira", ["samira"]),
        ("Samira95 Tazi2", ["samira", "tazi"]),
    ],
)
def test_only_what_tells_a_person_is_kept(name, found):
    assert [word.folded for word in words(name)] == found


@pytest.mark.parametrize("name", ["عبد الكريم", "عبدالكريم"])
def test_abd_is_one_word_with_what_follows(name):
    assert len(words(name)) == 1


# --- Reasons ---


def test_the_reason_says_what_answers_and_what_differs_in_the_reader_s_language():
    likeness = compare("Amina Tazi", "أمين التازي")
    with translation.override("en"):
        assert likeness.reason == "Alike: Tazi = التازي; different: Amina ≠ أمين."
    with translation.override("ar"):
        assert likeness.reason == "متشابه: Tazi = التازي؛ مختلف: Amina ≠ أمين."


def test_the_reason_names_the_words_that_only_one_has():
    with translation.override("en"):
        assert compare("محمد علي برادة", "برادة محمد").reason == (
            "Alike: محمد, برادة; only in one: علي; in another order."
        )


# --- Always ---

LETTERS = "abdehiklmnorstuyzAEIOéïçñ'’ -,.()379@" + "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءآأإؤئڭگپڤّـ"
NAMES = st.one_of(
    st.text(alphabet=LETTERS, max_size=40),
    st.text(max_size=30),
    st.sampled_from([one for pair in table(SAME + OTHER) for one in pair]),
)


@settings(max_examples=300, deadline=None)
@given(NAMES, NAMES)
def test_the_order_of_two_names_changes_nothing_and_scores_are_from_0_to_1(one, other):
    likeness, turned = compare(one, other), compare(other, one)
    assert 0.0 <= likeness.score <= 1.0
    assert likeness.score == turned.score
    assert likeness.full == turned.full
    with translation.override("fr"):
        assert likeness.reason


@settings(max_examples=200, deadline=None)
@given(NAMES)
def test_a_name_is_wholly_like_itself(name):
    assert compare(name, name).score == (1.0 if words(name) else 0.0)


@settings(max_examples=60, deadline=None)
@given(st.lists(NAMES, max_size=6), NAMES)
def test_an_index_takes_any_text_and_answers_best_first(names, asked):
    found = Index((number, [name]) for number, name in enumerate(names)).nearest(asked)
    assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)
    assert len({match.key for match in found}) == len(found) <= 3
    assert is_certain(found) in (True, False)


def test_a_name_that_goes_on_for_ever_costs_no_more_than_a_long_one():
    began = time.perf_counter()
    compare("محمد" * 100_000, "Mohamed " * 100_000)
    assert time.perf_counter() - began < 2


# --- The nearest, and what is certain ---

PEOPLE = [
    ("khadija", ["خديجة أيت واحي", "Khadija Aït Ouahi"]),
    ("youssef", ["يوسف الإدريسي", "Youssef El Idrissi"]),
    ("amine", ["أمين بناني", "Amine Bennani"]),
    ("amina", ["أمينة بناني", "Amina Bennani"]),
    ("samir", ["سمير الناصري"]),
    ("omar", ["عمر العمراني"]),
    ("mahmoud", ["محمود العلوي"]),
    ("hassan", ["حسن الكتاني"]),
    ("karim1", ["كريم التازي", "Karim Tazi"]),
    ("karim2", ["كريم التازي", "Karim Tazi"]),
]


@pytest.fixture(scope="module")
def index():
    return Index(PEOPLE)


@pytest.mark.parametrize(
    ("asked", "key"),
    [
        ("AIT OUAHI, Khadija (External)", "khadija"),
        ("خديجة ايت واحي", "khadija"),
        ("Yousef Al Idrisi", "youssef"),
        ("Amina BENNANI", "amina"),
        ("امينه بناني", "amina"),
        ("Samir Naciri", "samir"),
        ("Omar El Amrani", "omar"),
    ],
)
def test_a_name_that_only_one_person_can_have_is_certain(index, asked, key):
    found = index.nearest(asked)
    assert found[0].key == key
    assert is_certain(found)


@pytest.mark.parametrize(
    "asked",
    [
        "Karim Tazi",  # two people have this name
        "كريم التازي",
        "Khadija",  # one word
        "Ouahi",
        "Samira Naciri",  # a sister
        "سميرة الناصري",
        "Amr El Amrani",  # عمرو
        "Mohamed Alaoui",
        "Hussein Kettani",
        "Hasna Kettani",
        "Youssef Alaoui",
        "Y. El Idrissi",
        "Rachid Berrada",
        "",
    ],
)
def test_a_name_that_another_may_have_goes_to_a_person(index, asked):
    assert not is_certain(index.nearest(asked))


def test_each_key_is_shown_once_with_its_nearest_spelling(index):
    found = index.nearest("Khadija Ait Ouahi", limit=5)
    assert [match.key for match in found].count("khadija") == 1
    assert found[0].spelling == "Khadija Aït Ouahi"


def test_a_match_without_a_second_is_not_called_certain_when_it_is_near_to_it(index):
    found = index.nearest("Karim Tazi")
    assert {match.key for match in found[:2]} == {"karim1", "karim2"}
    assert found[0].score >= CERTAIN
    assert found[0].score - found[1].score < MARGIN


# --- A meeting of a thousand: made-up people with the spellings of names-maghreb.tsv -----------------------------------


def spellings():
    lines = (ROOT / "tests/people/names-maghreb.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")][1:]
    return [(kind, arabic.split("|"), latin.split("|")) for kind, arabic, latin in rows]


def people(number, chance):
    """`number` people with one or two given names and one or two family names, no two of one Arabic name."""
    given_names = [row for row in spellings() if row[0] != "family"]
    families = [row for row in spellings() if row[0] == "family"]
    found = {}
    while len(found) < number:
        made = [chance.choice(given_names)]
        made += [chance.choice([row for row in given_names if row[0] == made[0][0]])] * (chance.random() < 0.15)
        made += chance.sample(families, 2 if chance.random() < 0.15 else 1)
        # Whether بن and ال are written makes no other name.
        found.setdefault(tuple(re.sub("^ال|^بن ?", "", row[1][0]) for row in made), made)
    return list(found.values())


def usual(person, column):
    return " ".join(row[column][0] for row in person)


def said(person, chance):
    column = chance.choice([1, 2, 2])
    heard = [chance.choice(row[column]) for row in person]
    if chance.random() < 0.2:
        heard = [heard[-1].upper(), *heard[:-1]] if column == 2 else [heard[-1], *heard[:-1]]
    return " ".join(heard) + chance.choice(["", "", "", " (External)", " (Invité)"])


def may_be_written(text, person):
    """Whether somebody may write this person's name so: then it cannot be told from text alone."""
    asked = sorted(word.folded for word in words(text))
    ways = itertools.chain.from_iterable(itertools.product(*(row[column] for row in person)) for column in (1, 2))
    return any(sorted(word.folded for word in words(" ".join(way))) == asked for way in ways)


def test_of_a_thousand_people_most_are_found_and_none_is_taken_for_another():
    chance = random.Random(20)
    everyone = people(1400, chance)
    chance.shuffle(everyone)
    registered, strangers = everyone[:1000], everyone[1000:]
    index = Index((number, [usual(one, 1), usual(one, 2)]) for number, one in enumerate(registered))
    found = certain = 0
    wrong = []
    for number, person in enumerate(registered):
        matches = index.nearest(said(person, chance))
        found += bool(matches) and matches[0].key == number
        if is_certain(matches):
            certain += matches[0].key == number
            wrong += [matches[0]] if matches[0].key != number else []
    for person in strangers:
        text = said(person, chance)
        matches = index.nearest(text)
        if is_certain(matches) and not may_be_written(text, registered[matches[0].key]):
            wrong.append(matches[0])
    assert wrong == []
    assert found >= 985
    assert certain >= 700


# --- The command -----------------------------------------------------------------------------------------------------


def command(capsys, *given_words):
    """(exit code, standard output, standard error) of `tansiq names`."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["names", *map(str, given_words)])
    heard = capsys.readouterr()
    return ended.value.code, heard.out, heard.err


def test_the_command_says_the_score_and_the_reason(capsys):
    code, out, _err = command(capsys, "Khadija Aït Ouahi", "خديجة أيت واحي", "--json")
    answer = json.loads(out)
    assert (code, answer["a"], answer["b"]) == (0, "Khadija Aït Ouahi", "خديجة أيت واحي")
    assert answer["score"] > 0.9
    assert "Khadija = خديجة" in answer["reason"]
    assert command(capsys, "Amina Tazi", "أمين التازي")[1].startswith("0.")


def test_the_command_compares_each_row_of_a_file_in_its_order(capsys, tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_bytes(
        "\ufefflatin\tarabic\tsource\r\nKhadija Tazi\tخديجة التازي\tx\r\n\r\n\tسمير\r\nAmina Tazi\tأمين التازي\r\n".encode()
    )
    code, out, _err = command(capsys, "--pairs", path, "--json")
    rows = json.loads(out)
    assert code == 0
    assert [(row["a"], row["b"]) for row in rows] == [
        ("Khadija Tazi", "خديجة التازي"),
        ("", "سمير"),
        ("Amina Tazi", "أمين التازي"),
    ]
    assert [round(row["score"]) for row in rows] == [1, 0, 0]
    assert len(command(capsys, "--pairs", path)[1].splitlines()) == 3


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "No such file"),
        ("a\tb\nKhadija\nSamir\tسمير\nRachid\n".encode(), ":2: "),
        ("a\tb\nخديجة\tسمير\n".encode("utf-16"), "UTF-8"),
        ("a\tb\nخديجة\tسمير\n".encode("cp1256"), "UTF-8"),
    ],
)
def test_the_command_refuses_a_bad_file_and_says_why(capsys, tmp_path, content, says):
    path = tmp_path / "pairs.tsv"
    if content is not None:
        path.write_bytes(content)
    code, out, err = command(capsys, "--pairs", path, "--json")
    assert (code, out) == (2, "")
    assert says in err


def test_the_command_names_every_bad_line_at_once(capsys, tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("a\tb\nKhadija\nSamir\tسمير\nRachid\n", encoding="utf-8")
    _code, _out, err = command(capsys, "--pairs", path)
    assert f"{path}:2:" in err
    assert f"{path}:4:" in err
    assert f"{path}:3:" not in err


@pytest.mark.parametrize("given_words", [[], ["Khadija"], ["a", "b", "c"], ["a", "b", "--pairs", "x.tsv"]])
def test_the_command_asks_for_two_names_or_one_file(capsys, given_words):
    assert command(capsys, *given_words)[0] == 2
