"""What people thought: counted once each, and nobody who reads the records can say whose answers they are."""

import datetime as dt
import json
from itertools import pairwise

import pytest
from django.apps import apps

from tansiq.core import journal
from tansiq.core.models import Entry, Message
from tansiq.participation import feedback, ownpage, registration
from tansiq.participation.models import Feedback, FeedbackGiven
from tansiq.people import privacy, retention
from tests.participation.conftest import NOW

pytestmark = pytest.mark.django_db
GOOD = {"useful": "5", "clear": "4", "next-step": "1"}


@pytest.fixture
def form(seminar):
    """The six questions of everybody, open."""
    row = Feedback(activity=seminar().activity)
    feedback.set_up(row, by=journal.CLI, now=NOW)
    return feedback.open_(row=row, by=journal.CLI, now=NOW)


def give(row, now=NOW, **answers):
    feedback.give(
        registered=row, answers={key.replace("_", "-"): text for key, text in answers.items()} or GOOD, now=now
    )


@pytest.fixture
def people(form, come):
    return [come(form.activity.admission, n, region=f"MA-{n % 12 + 1:02}") for n in range(9)]


def test_six_questions_in_three_languages_are_asked_where_nothing_else_is(form):
    assert [one["kind"] for one in form.questions] == ["scale"] * 4 + ["single", "text"]
    for one in form.questions:
        assert set(one["text"]) == {"ar", "fr", "en"}
        assert all(set(option) == {"ar", "fr", "en"} for option in one.get("options", []))


def test_a_person_answers_once_and_the_second_time_changes_nothing(form, people):
    give(people[0])
    with pytest.raises(feedback.AlreadyGiven):
        give(people[0], useful="1")
    form.refresh_from_db()
    assert form.tally["counts"]["useful"] == {"5": 1}
    assert form.answered == FeedbackGiven.objects.count() == 1


def test_of_four_answers_nothing_is_said_and_of_five_the_sums_are(form, people):
    for row in people[:4]:
        give(row, useful="5", better="أكثر من الأمثلة")
    form.refresh_from_db()
    number, questions = feedback.results(form, with_words=True)
    assert number is None
    assert all((one.number, one.counts, one.words) == (None, None, []) for one in questions)
    give(people[4], useful="2")
    form.refresh_from_db()
    number, questions = feedback.results(form, with_words=True)
    useful, better = questions[0], questions[-1]
    assert (number, useful.number, useful.middle) == (5, 5, 5.0)
    assert useful.counts == [("1", 0), ("2", 1), ("3", 0), ("4", 0), ("5", 4)]
    assert (better.number, len(better.words)) == (None, 4)
    assert feedback.results(form, with_words=False)[1][-1].words == []


def test_no_row_of_any_table_leads_from_a_person_to_an_answer(form, people):
    """Whoever reads the whole database finds that nine people answered, and sums: no hour, no order, no sheet."""
    lines = Entry.objects.count()
    for n, row in enumerate(people):
        give(row, useful=str(n % 5 + 1), better=f"اقتراح {n}")
    fields = {field.name for field in FeedbackGiven._meta.concrete_fields}
    assert fields == {"id", "registration"}
    pointing = [
        model._meta.label
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model in (Feedback, FeedbackGiven)
    ]
    assert pointing == []
    assert Entry.objects.count() == lines
    form.refresh_from_db()
    assert set(form.tally) == {"answered", "counts", "words"}
    assert sorted(form.tally["words"]["better"]) == [f"اقتراح {n}" for n in range(9)]


def test_free_words_do_not_stand_in_the_order_in_which_they_came(form, people, come):
    orders = set()
    for _time in range(6):
        Feedback.objects.update(tally={})
        FeedbackGiven.objects.all().delete()
        for n, row in enumerate(people):
            give(row, better=str(n))
        orders.add(tuple(Feedback.objects.get().tally["words"]["better"]))
    # Nine words fall into their own order once in 362,880 times.
    assert len(orders) > 1
    assert any(int(one) > int(other) for order in orders for one, other in pairwise(order))


def test_a_closed_form_counts_nobody_and_so_does_a_turn_on_the_waiting_list(form, people):
    with pytest.raises(feedback.NotOpen):
        give(people[0], now=NOW - dt.timedelta(days=1))
    registration.cancel(registration=people[1], by=journal.CLI, now=NOW)
    people[1].refresh_from_db()
    with pytest.raises(feedback.NotOpen):
        give(people[1])
    feedback.close(row=form, by=journal.CLI, now=NOW + dt.timedelta(hours=1))
    with pytest.raises(feedback.NotOpen):
        give(people[0], now=NOW + dt.timedelta(hours=2))
    assert FeedbackGiven.objects.count() == 0


@pytest.mark.parametrize(
    "answers",
    [
        {"useful": "6"},
        {"useful": "x"},
        {"next-step": "4"},
        {"no-such": "1"},
        {"better": "ب" * 10_000},
        {},
        {"better": " "},
    ],
)
def test_what_does_not_fit_is_refused_and_counts_nobody(form, people, answers):
    with pytest.raises(feedback.BadAnswers):
        feedback.give(registered=people[0], answers=answers, now=NOW)
    form.refresh_from_db()
    assert (form.tally, FeedbackGiven.objects.count()) == ({}, 0)


def test_what_cannot_be_seen_is_taken_out_of_free_words_and_a_formula_stays_a_word(form, people):
    give(people[0], better="=cmd\u202e abc\u0000\nسطر")
    form.refresh_from_db()
    assert form.tally["words"]["better"] == ["=cmd abc\nسطر"]


def test_a_question_that_was_answered_keeps_its_kind_and_its_words_may_be_mended(form, people):
    give(people[0])
    form.refresh_from_db()
    form.questions = [{**form.questions[0], "text": {"ar": "نص آخر"}}, *form.questions[1:]]
    feedback.set_up(form, by=journal.CLI, now=NOW)
    form.questions = [{**form.questions[0], "kind": "text"}]
    with pytest.raises(feedback.BadQuestions, match="useful"):
        feedback.set_up(form, by=journal.CLI, now=NOW)
    assert Feedback.objects.get().answered == 1


def test_who_has_not_answered_is_asked_once_by_mail(form, people):
    give(people[0])
    Message.objects.all().delete()
    assert [feedback.ask(row=form, by=journal.CLI, now=NOW) for _time in range(2)] == [8, 0]
    assert people[0].address_key not in Message.objects.values_list("to_address", flat=True)
    assert f"/p/{ownpage.token(people[1])}/feedback/" in Message.objects.get(to_address=people[1].address_key).body


def test_words_that_name_somebody_are_given_out_and_erased_and_all_words_go_after_a_year(form, people, come):
    named = come(form.activity.admission, 50, name={"ar": "سلمى الإدريسي"}, region="MA-11")
    give(people[0], better="شكرا لسلمى، وبالخصوص سلمى الإدريسي", useful="5")
    give(people[1], better="مزيد من الوقت")
    give(named)
    given = privacy.export(named.person)["satisfaction"]
    assert given == [
        {"answered": "seminar"},
        {"activity": "seminar", "named_in": ["شكرا لسلمى، وبالخصوص سلمى الإدريسي"]},
    ]
    privacy.erase(named.person, by=journal.CLI, now=NOW)
    assert privacy.export(named.person)["satisfaction"] == []
    form.refresh_from_db()
    assert (form.tally["words"], form.answered) == ({"better": ["مزيد من الوقت"]}, 3)
    assert retention.run(now=NOW + dt.timedelta(days=366))["participation.feedback"] == 1
    form.refresh_from_db()
    assert "الوقت" not in json.dumps(form.tally, ensure_ascii=False)
    assert form.tally["counts"]["useful"] == {"5": 2}
