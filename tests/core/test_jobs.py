"""Long work: started once, counted, stopped between two steps, gone on with, and explained when it fails."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from tansiq.core import jobs, journal
from tansiq.core.errors import Refused
from tansiq.core.models import Job

NOW = dt.datetime(2020, 7, 20, 9, 0, tzinfo=dt.UTC)
DONE: list[int] = []


@jobs.runner("trial.count")
def count(job):
    """Goes on after what is done already."""
    for number in range(len(DONE), job.given["to"]):
        if job.given.get("refuses_at") == number:
            raise Refused("لا توجد هيئة بهذا الاسم.")
        if job.given.get("breaks_at") == number:
            raise ZeroDivisionError
        if job.given.get("stops_at") == number:
            jobs.stop(job)
        DONE.append(number)
        yield len(DONE), job.given["to"]
    return {"numbers": len(DONE)}


@pytest.fixture
def start(db, django_capture_on_commit_callbacks):
    DONE.clear()

    def begin(key="a", **given):
        with django_capture_on_commit_callbacks(execute=True):
            job = jobs.start(kind="trial.count", key=key, label="عد", given=given, by=journal.CLI, now=NOW)
        return Job.objects.get(pk=job.pk)

    return begin


def test_a_job_runs_to_its_end_and_says_how_far_it_is(start):
    job = start(to=4)
    assert (job.state, job.done, job.total, job.percent, job.result) == ("done", 4, 4, 100, {"numbers": 4})
    assert job.ended_at is not None


def test_a_double_click_starts_one_job(start):
    assert start(to=3).pk == start(to=3).pk
    assert DONE == [0, 1, 2]


def test_a_stopped_job_keeps_what_is_done_and_goes_on_from_there(start, django_capture_on_commit_callbacks):
    job = start(to=5, stops_at=2)
    assert (job.state, DONE) == ("stopped", [0, 1, 2])
    with django_capture_on_commit_callbacks(execute=True):
        jobs.resume(job)
    job.refresh_from_db()
    assert (job.state, job.percent, DONE) == ("done", 100, [0, 1, 2, 3, 4])


def test_a_refusal_is_shown_in_its_own_words(start):
    job = start(to=5, refuses_at=1)
    assert (job.state, job.message, DONE) == ("refused", "لا توجد هيئة بهذا الاسم.", [0])


def test_a_fault_of_ours_is_said_without_its_entrails_and_still_rises(db):
    DONE.clear()
    job = Job.objects.create(key="b", kind="trial.count", label="عد", given={"to": 3, "breaks_at": 1}, made_at=NOW)
    with pytest.raises(ZeroDivisionError):
        jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == "failed"
    assert "Zero" not in job.message


def test_a_running_job_is_left_alone_until_its_worker_is_long_silent(db):
    DONE.clear()
    silent = timezone.now() - dt.timedelta(minutes=10)
    job = Job.objects.create(
        key="c", kind="trial.count", label="عد", given={"to": 2}, made_at=NOW, state="running", moved_at=timezone.now()
    )
    assert (jobs.run(job.pk).state, DONE) == ("running", [])
    Job.objects.update(moved_at=silent, begun_at=silent)
    assert jobs.take_up_dead(now=timezone.now()) == 1
    job.refresh_from_db()
    assert (job.state, DONE) == ("done", [0, 1])


def test_the_time_left_is_reckoned_from_the_own_speed():
    job = Job(state="running", done=25, total=100, begun_at=NOW)
    assert job.seconds_left(NOW + dt.timedelta(seconds=10)) == 30
    assert Job(state="running", done=0, total=100, begun_at=NOW).seconds_left(NOW) is None


@jobs.runner("trial.slow")
def slow(job):
    """While it was thought dead, another worker finished its job."""
    Job.objects.filter(pk=job.pk).update(moved_at=NOW, state=Job.State.DONE, result={"by": "the other"})
    if job.given.get("looks"):
        raise jobs.Overtaken
    yield 1, 2
    DONE.append(2)


@pytest.mark.parametrize("looks", [True, False])
def test_a_worker_that_was_thought_dead_changes_nothing_of_what_another_one_finished(db, looks):
    DONE.clear()
    job = Job.objects.create(
        key="c", kind="trial.slow", label="عد", given={"looks": looks}, state=Job.State.QUEUED, made_at=NOW
    )
    job = jobs.run(job.pk)
    assert (job.state, job.result, DONE) == ("done", {"by": "the other"}, [])
