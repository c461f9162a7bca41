"""Long work outside the request: percent, rows, time left; it survives a reload and can be stopped between two steps.

A runner is a generator function registered under a name. It yields (done, total) after each step that it has committed;
what it returns is the job's result. Run twice it must go on where it stopped, so that a worker that dies loses nothing.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Generator
from typing import Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django_tasks import task

from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.core.models import Job

Runner = Callable[["Job"], Generator[tuple[int, int], None, dict[str, Any]]]
_RUNNERS: dict[str, Runner] = {}
# A worker that was killed leaves its job running; after this long without a step another may take it up.
_DEAD_AFTER = dt.timedelta(minutes=3)


def runner(name: str) -> Callable[[Runner], Runner]:
    def register(function: Runner) -> Runner:
        _RUNNERS[name] = function
        return function

    return register


def start(*, kind: str, key: str, label: str, given: dict[str, Any], by: Any, now: dt.datetime) -> Job:
    """Queue work once: the same `key` again (a double click) gives the job that it started.

    given  JSON values that the runner needs;  label  what people call it
    """
    with transaction.atomic():
        job, is_new = Job.objects.get_or_create(
            key=key,
            defaults={
                "kind": kind, "label": label[:200], "given": given, "started_by": journal.actor(by).id, "made_at": now,
                "language": translation.get_language() or "",
            },
        )  # fmt: skip
        if is_new:
            transaction.on_commit(lambda: _run.enqueue(str(job.pk)))
    return job


@task()
def _run(job_id: str) -> None:
    run(uuid.UUID(job_id))


def run(job_id: uuid.UUID) -> Job:
    """Do the work of a queued job, or go on with one whose worker died. Another worker's running job is left alone."""
    now = timezone.now()
    ready = Job.objects.filter(pk=job_id, state=Job.State.QUEUED)
    dead = Job.objects.filter(pk=job_id, state=Job.State.RUNNING, moved_at__lt=now - _DEAD_AFTER)
    taken = {"state": Job.State.RUNNING, "moved_at": now}
    if not (ready.update(**taken, begun_at=now) or dead.update(**taken)):
        return Job.objects.get(pk=job_id)
    job = Job.objects.get(pk=job_id)
    with translation.override(job.language or translation.get_language()):
        try:
            state, values = Job.State.DONE, dict[str, Any](result=_steps(job))
        except (_Stopped, Overtaken):
            state, values = Job.State.STOPPED, {}
        except Refused as refusal:
            state, values = Job.State.REFUSED, {"message": str(refusal)[:2000]}
        except Exception:
            message = _("Something went wrong on our side. What was finished is kept; start it again to go on.")
            _mine(job).update(state=Job.State.FAILED, message=message, ended_at=timezone.now())
            raise
    _mine(job).update(state=state, ended_at=timezone.now(), **values)
    job.refresh_from_db()
    return job


class _Stopped(Exception):
    pass


class Overtaken(Exception):
    """A runner found that another worker went on with its job: this one was thought dead, and woke up."""


def _mine(job: Job) -> Any:
    """The row, as long as no other worker has moved it."""
    return Job.objects.filter(pk=job.pk, moved_at=job.moved_at)


def _steps(job: Job) -> dict[str, Any]:
    work = _RUNNERS[job.kind](job)
    while True:
        try:
            done, total = next(work)
        except StopIteration as end:
            return end.value or {}
        now = timezone.now()
        if not _mine(job).filter(is_stopping=False).update(done=done, total=total, moved_at=now):
            work.close()
            raise _Stopped
        job.moved_at = now


def stop(job: Job) -> None:
    """It ends before its next step; what was finished stays."""
    Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(state=Job.State.STOPPED, ended_at=timezone.now())
    Job.objects.filter(pk=job.pk, state=Job.State.RUNNING).update(is_stopping=True)


def resume(job: Job) -> None:
    """Queue a stopped or failed job again; it goes on where it was."""
    ended = (Job.State.STOPPED, Job.State.FAILED, Job.State.REFUSED)
    again = {"state": Job.State.QUEUED, "is_stopping": False, "ended_at": None, "message": ""}
    with transaction.atomic():
        if Job.objects.filter(pk=job.pk, state__in=ended).update(**again):
            transaction.on_commit(lambda: _run.enqueue(str(job.pk)))


def take_up_dead(*, now: dt.datetime) -> int:
    """Queue anew what a killed worker left running; the schedule calls it."""
    rows = Job.objects.filter(state=Job.State.RUNNING, moved_at__lt=now - _DEAD_AFTER)
    ids = list(rows.values_list("pk", flat=True))
    for pk in ids:
        _run.enqueue(str(pk))
    return len(ids)
