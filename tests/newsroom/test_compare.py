"""What two texts, or a text and the programme, say otherwise; and nothing where they agree in other words."""

from pathlib import Path

import pytest
from django.utils import timezone

from tansiq.config import files
from tansiq.core import journal
from tansiq.newsroom import compare, facts, records, statements
from tansiq.programme.models import Programme
from tests.conftest import EXAMPLES

TEXTS = Path(__file__).parent / "texts"


def found(left, right, **more):
    pair = facts.read(left, country="MA"), facts.read(right, country="MA")
    return [
        (one.kind, one.left.printed, one.right and one.right.printed)
        for one in compare.texts(*pair, country="MA", **more)
    ]


@pytest.mark.parametrize(("left", "right"), [
    ("تنظم اللجنة من 27 إلى 29 يوليوز 2020 ندوة لفائدة ما يقارب 100 مساعدة اجتماعية بالرباط.",
     "La Commission organise du 27 au 29 juillet 2020 à Rabat un séminaire pour une centaine d'assistantes sociales."),
    ("يستغرق المؤتمر ثلاثة أيام بكلفة 15 مليون يورو على مدى 3 سنوات.",
     "The conference lasts three days and costs EUR 15,000,000 over three years."),
    ("ندوة يوم 28 تموز 2020 بدعم من مكتب الأمم المتحدة المعني بالمخدرات والجريمة",
     "Un séminaire, le mardi 28 juillet 2020, avec l'appui de l'ONUDC"),
    ("The seminar runs from 27 to 29 July 2020.", "Trois jours de séminaire : du 27 au 29 juillet 2020."),
    ("تنعقد الندوة بتاريخ 2020/07/28 على الساعة العاشرة صباحا", "The seminar is on 28 July 2020 at 10 a.m."),
])  # fmt: skip
def test_nothing_is_reported_where_texts_agree_in_other_words(left, right):
    assert found(left, right) == []


@pytest.mark.parametrize(("left", "right", "expected"), [
    ("ندوة يوم 28 يوليو 2020", "Un séminaire aura lieu le 29 juillet 2020", [("different", "28 يوليو 2020", "29 juillet 2020")]),
    ("لفائدة 100 مساعدة اجتماعية في ندوة", "un séminaire pour 120 assistantes sociales", [("different", "100", "120")]),
    ("بميزانية 15 مليون يورو", "avec un budget de 1,5 million d'euros", [("different", "15 مليون يورو", "1,5 million d'euros")]),
    ("A seminar on 28 July 2020, funded by the European Union", "Un séminaire le 28 juillet 2020", [("missing", "European Union", None)]),
])  # fmt: skip
def test_what_differs_and_what_is_left_out_is_shown_with_both_sides(left, right, expected):
    assert found(left, right) == expected


def test_a_weekday_that_its_date_does_not_have_contradicts_it():
    (one,) = compare.contradictions(facts.read("تنعقد الندوة يوم الاثنين 28 يوليو 2020 بالرباط"))
    assert (one.kind, one.left.printed) == ("contradiction", "يوم الاثنين 28 يوليو 2020")
    assert compare.contradictions(facts.read("تنعقد الندوة يوم الثلاثاء 28 يوليو 2020 بالرباط")) == []


@pytest.fixture
def seed(db):
    files.load(files.read(EXAMPLES / "ma-2020-world-day.yaml"), by=journal.CLI, now=timezone.now())
    known = records.gazetteer()
    texts = [
        facts.read((TEXTS / f"world-day-2020.{language}.txt").read_text(), country="MA", records=known)
        for language in ("ar", "fr")
    ]
    return known, texts


def test_the_three_differences_of_the_two_releases_of_2020_are_found_and_no_other(seed):
    """The French has the seminar's day, another region of the project, and experts of UNODC who lead it too."""
    _known, texts = seed
    assert [(one.kind, one.left.printed, one.right and one.right.printed) for one in compare.texts(*texts, country="MA")] == [
        ("different", "Afrique", "شمال إفريقيا"),
        ("missing", "28 juillet", None),
        ("missing", "ONUDC Maroc", None),
    ]  # fmt: skip


def test_the_release_of_2020_agrees_with_its_programme_and_a_changed_one_does_not(seed):
    known, (arabic, french) = seed
    should, may = statements.of(Programme.objects.get(slug="world-day-2020"), known)
    for text in (arabic, french):
        assert compare.with_programme(text, should, may, country="MA") == []
    changed = (
        arabic.text.replace("29 يوليو 2020، للقيام", "30 يوليو 2020، للقيام")
        .replace("15 مليون", "12 مليون")
        .replace("ما يقارب 100", "ما يقارب 200")
    )
    wrong = compare.with_programme(facts.read(changed, country="MA", records=known), should, may, country="MA")
    assert {(one.kind, one.left.printed) for one in wrong} == {
        ("different", "30 يوليو 2020"), ("different", "12 مليون يورو"), ("different", "ما يقارب 200"),
    }  # fmt: skip


def test_what_a_programme_states_is_read_with_a_fixed_number_of_queries(seed, django_assert_num_queries):
    known, _texts = seed
    programme = Programme.objects.get(slug="world-day-2020")
    with django_assert_num_queries(7):
        statements.of(programme, known)
