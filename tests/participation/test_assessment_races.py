"""One person on many devices at one instant: one try is begun, one is handed in, one satisfaction form is counted.

On PostgreSQL, because the embedded database lets one writer in at a time. The twin takes the guard away and counts twice.
"""

from __future__ import annotations

import pytest
from django.utils import timezone

from tansiq.core import journal
from tansiq.core.models import Entry
from tansiq.participation import assessments, feedback, registration
from tansiq.participation.models import Attempt, Feedback, FeedbackGiven
from tests.participation.asking import ALL_RIGHT, ALL_WRONG, ready
from tests.participation.test_races import admission, all_at_once, come  # noqa: F401

pytestmark = pytest.mark.postgres


@pytest.fixture
def asked(admission):
    """(assessment, 30 registrations); taken away again before the people are."""
    assessment = ready(admission, moments=())
    assessment = assessments.open_(assessment=assessment, moment="after", by=journal.CLI, now=timezone.now())
    for number in range(30):
        come(admission, number)
    yield assessment, list(admission.registrations.select_related("admission__activity").order_by("number"))
    Attempt.objects.all().delete()
    assessment.delete()


def hand_in(assessment, row, answers):
    """What a device does: begin, then hand in; the refusals are the answer of the page."""
    now = timezone.now()
    try:
        attempt = assessments.begin(row=row, assessment=assessment, moment="after", now=now)
        return assessments.submit(attempt=attempt, assessment=assessment, answers=answers, by=registration.VISITOR, now=now).number  # fmt: skip
    except (assessments.NoMoreTries, assessments.OtherAnswers) as refusal:
        return type(refusal).__name__


def test_48_devices_of_one_person_begin_one_try_together(asked):
    assessment, rows = asked

    def work(_number):
        return assessments.begin(row=rows[0], assessment=assessment, moment="after", now=timezone.now()).pk

    assert len(set(all_at_once(work, 48))) == 1
    assert Attempt.objects.count() == assessment.sets.count() == 1


def test_whatever_is_pressed_at_once_nobody_has_a_third_try_and_each_is_handed_in_once(asked):
    assessment, rows = asked

    def work(number):
        return hand_in(assessment, rows[number % 6], ALL_RIGHT if number % 4 < 2 else ALL_WRONG)

    before = Entry.objects.filter(verb="participation.hand_in_test").count()
    all_at_once(work, 144)
    tries = Attempt.objects.filter(submitted_at__isnull=False)
    assert {row.number for row in tries} == {1, 2}
    assert tries.count() == 12
    assert Entry.objects.filter(verb="participation.hand_in_test").count() == before + 12


def test_one_try_handed_in_at_once_with_two_bodies_keeps_the_first_and_tells_the_others(asked):
    assessment, rows = asked
    attempt = assessments.begin(row=rows[0], assessment=assessment, moment="after", now=timezone.now())

    def work(number):
        answers = ALL_RIGHT if number % 2 else ALL_WRONG
        try:
            done = assessments.submit(attempt=Attempt.objects.select_related("asked", "registration__admission__activity").get(pk=attempt.pk), assessment=assessment, answers=answers, by=registration.VISITOR, now=timezone.now())  # fmt: skip
        except assessments.OtherAnswers:
            return None
        return done.score

    scores = all_at_once(work, 48)
    kept = Attempt.objects.get().score
    assert {one for one in scores if one is not None} == {kept}
    assert scores.count(None) == 24


def test_the_twin_without_the_guard_is_handed_in_many_times(asked, monkeypatch):
    """Read, then write: what `submit` must never become."""
    assessment, rows = asked
    attempt = assessments.begin(row=rows[0], assessment=assessment, moment="after", now=timezone.now())
    read = [
        Attempt.objects.select_related("asked", "registration__admission__activity").get(pk=attempt.pk)
        for _n in range(24)
    ]
    monkeypatch.setattr(Attempt.objects, "filter", lambda **given: Attempt.objects.all())
    before = Entry.objects.filter(verb="participation.hand_in_test").count()

    def work(number):
        assessments.submit(attempt=read[number], assessment=assessment, answers=ALL_RIGHT if number % 2 else ALL_WRONG, by=registration.VISITOR, now=timezone.now())  # fmt: skip

    all_at_once(work, 24)
    assert Entry.objects.filter(verb="participation.hand_in_test").count() > before + 1


def test_a_form_sent_by_thirty_people_four_times_each_counts_thirty(asked):
    _assessment, rows = asked
    now = timezone.now()
    form = feedback.set_up(Feedback(activity=rows[0].admission.activity), by=journal.CLI, now=now)
    feedback.open_(row=form, by=journal.CLI, now=now)

    def work(number):
        try:
            feedback.give(
                registered=rows[number % 30], answers={"useful": "4", "better": f"{number % 30}"}, now=timezone.now()
            )
        except feedback.AlreadyGiven:
            return 0
        return 1

    assert sum(all_at_once(work, 120)) == 30
    form.refresh_from_db()
    assert (form.answered, form.tally["counts"]["useful"], FeedbackGiven.objects.count()) == (30, {"4": 30}, 30)
    assert sorted(map(int, form.tally["words"]["better"])) == list(range(30))
