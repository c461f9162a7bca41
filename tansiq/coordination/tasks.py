"""What must be done until when: made from a model, counted back from the day, done with evidence, recalled by mail."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tansiq.coordination.models import Function, Task, TaskModel
from tansiq.core import journal, outbox, packs, records
from tansiq.core.errors import Refused
from tansiq.core.language import join
from tansiq.core.localized import Localized
from tansiq.media.models import Asset
from tansiq.people.models import User
from tansiq.programme.models import Activity, Programme

MAIL_HOUR = 7
SOON = dt.timedelta(days=7)


class NoDay(Refused):
    """There is no day to count back from."""


class OthersFirst(Refused):
    """Tasks that come first are still open; carries `tasks`."""


class EvidenceMissing(Refused):
    pass


def anchor(activity: Activity) -> dt.date | None:
    """The day that tasks are counted back from: the first on which the activity may take place."""
    return activity.first_day or activity.within.first_day or activity.programme.first_day


def due_date(task: Task) -> dt.date | None:
    """When it is due: counted back from the activity, or the date that was given."""
    if task.days_before is None or task.activity is None:
        return task.due
    day = anchor(task.activity)
    return day and day - dt.timedelta(days=task.days_before)


def models_for(activity: Activity) -> list[TaskModel]:
    return [model for model in TaskModel.objects.all() if activity.kind in model.kinds]


@transaction.atomic
def prepare(*, activity: Activity, model: TaskModel, by: Any, now: dt.datetime) -> list[Task]:
    """Make the tasks of a model for an activity, with their order; those that it has already stay as they are.

    Raises NoDay when neither the activity nor its programme has a day.
    """
    if anchor(activity) is None:
        raise NoDay(_("There is no day to count back from. Give the activity, or its programme, a date first."))
    known = {task.key: task for task in activity.tasks.all()}
    owners = {function.slug: function for function in Function.objects.all()}
    made: dict[str, Task] = {}
    for item in model.tasks:
        key = f"{activity.slug}/{model.slug}/{item['id']}"[:140]
        if key in known:
            continue
        title, wanted = Localized(item["title"]), Localized(item.get("evidence") or {})
        task = Task(
            programme=activity.programme, activity=activity, key=key, title=title, evidence_wanted=wanted,
            reference_language=model.reference_language if title.get(model.reference_language) else next(iter(title)),
            owner=owners.get(item.get("owner", "")), days_before=item.get("days", 0),
        )  # fmt: skip
        task.due = due_date(task)
        made[item["id"]] = task
    Task.objects.bulk_create(made.values())
    by_id = {key.rpartition("/")[2]: task for key, task in known.items()} | made
    through = Task.after.through
    through.objects.bulk_create(
        through(from_task_id=made[item["id"]].pk, to_task_id=by_id[first].pk)
        for item in model.tasks
        if item["id"] in made
        for first in item.get("after", [])
        if first in by_id
    )
    journal.record_all(
        [journal.Done("coordination.create", task, {"due": [None, str(task.due)]}) for task in made.values()],
        by=by, now=now,
    )  # fmt: skip
    return list(made.values())


@transaction.atomic
def prepare_programme(*, programme: Programme, by: Any, now: dt.datetime) -> list[Task]:
    """The tasks of every activity that stands by itself, from the first model for its kind. Twice changes nothing."""
    made: list[Task] = []
    for activity in programme.activities.filter(inside=None).exclude(state__in=("cancelled", "held")):
        for model in models_for(activity)[:1]:
            made += prepare(activity=activity, model=model, by=by, now=now)
    return made


@transaction.atomic
def add(task: Task, *, by: Any, now: dt.datetime, related: dict[str, list] | None = None) -> Task:
    """A task that no model has; its activity decides its programme."""
    if task.activity is not None:
        task.programme = task.activity.programme
    task.key = task.key or f"own/{task.pk}"
    return _save(task, "coordination.create", by=by, now=now, related=related)


@transaction.atomic
def change(task: Task, *, by: Any, now: dt.datetime, related: dict[str, list] | None = None) -> Task:
    """Change what a form shows; the state is changed by `finish`, `reopen` and `drop`."""
    return _save(task, "coordination.change", by=by, now=now, related=related)


def _save(task: Task, verb: str, *, by: Any, now: dt.datetime, related: dict[str, list] | None) -> Task:
    task.due = due_date(task)
    saved: Any = (records.create if verb.endswith("create") else records.change)(task, by=by, now=now, related=related)
    if task in saved.after.all() or _is_circle(saved):
        raise Refused(_("The task would wait for itself. Take one of the tasks that come first away."))
    return saved


def _is_circle(task: Task) -> bool:
    seen: set[Any] = set()
    wave = set(task.after.values_list("pk", flat=True))
    while wave:
        if task.pk in wave:
            return True
        seen |= wave
        wave = set(Task.after.through.objects.filter(from_task__in=wave).values_list("to_task", flat=True)) - seen
    return False


def others_first(names: list[str]) -> str:
    message = _("Not yet: these come first: %(tasks)s. Finish them, or mark them as not needed.")
    return message % {"tasks": join(names, translation.get_language() or settings.LANGUAGE_CODE)}


@transaction.atomic
def finish(*, task: Task, evidence: str = "", file: Asset | None = None, by: Any, now: dt.datetime) -> Task:
    """It is done. Doing it twice changes nothing.

    Raises OthersFirst while a task that comes first is open; EvidenceMissing where the task says what shows it.
    """
    stored = Task.objects.select_for_update().get(pk=task.pk)
    if stored.state == Task.State.DONE:
        return stored
    first = list(stored.after.open().select_related("owner"))
    if first:
        raise OthersFirst(others_first([str(one) for one in first]), tasks=first)
    if stored.evidence_wanted and not evidence.strip() and file is None:
        message = _("Say what shows that it is done: %(wanted)s. A line of text, an address or a file.")
        raise EvidenceMissing(message % {"wanted": stored.evidence_wanted})
    stored.state, stored.done_date = Task.State.DONE, timezone.localdate(now)
    stored.evidence, stored.evidence_file = evidence.strip(), file
    stored.save(update_fields=["state", "done_date", "evidence", "evidence_file"])
    journal.record("coordination.finish", stored, by=by, now=now, changes={"state": ["open", "done"]})
    return stored


@transaction.atomic
def set_aside(*, task: Task, by: Any, now: dt.datetime, is_needed: bool = False) -> Task:
    """It is not needed, or (`is_needed`) it is to be done after all; evidence that was given stays until there is another."""
    stored = Task.objects.select_for_update().get(pk=task.pk)
    wanted = Task.State.OPEN if is_needed else Task.State.DROPPED
    if stored.state == wanted:
        return stored
    before, stored.state, stored.done_date = stored.state, wanted, None
    stored.save(update_fields=["state", "done_date"])
    # Without the evidence: what somebody typed may hold a name, and the journal is never erased.
    journal.record("coordination.set_aside", stored, by=by, now=now, changes={"state": [before, wanted.value]})
    return stored


# --- The day moves, its tasks move along ----------------------------------------------------------------------------


def recount(*, activities: Iterable[Any], by: Any, now: dt.datetime) -> list[Task]:
    """Count the open tasks of these activities back anew; returns those whose date changed."""
    moved = []
    rows = Task.objects.filter(activity__in=list(activities), days_before__isnull=False)
    for task in rows.select_related("activity__programme"):
        due = due_date(task)
        if due != task.due:
            moved.append((task, task.due, due))
            task.due = due
    Task.objects.bulk_update([task for task, _before, _after in moved], ["due"], batch_size=200)
    journal.record_all(
        [journal.Done("coordination.recount", task, {"due": [str(before), str(after)]}) for task, before, after in moved],
        by=by, now=now,
    )  # fmt: skip
    return [task for task, _before, _after in moved]


def _on_recorded(sender: Any, entries: list[Any], **_more: Any) -> None:
    """In the transaction that moved the activity: a list of tasks that disagrees with the day is never seen."""
    activities = {
        entry.subject_id
        for entry in entries
        if entry.subject_kind == Activity.record_kind() and {"when", "within"} & set(entry.changes)
    }
    programmes = {
        entry.subject_id
        for entry in entries
        if entry.subject_kind == Programme.record_kind() and "period" in entry.changes
    }
    # Of a file with ten thousand activities only those with tasks are asked for.
    with_tasks = Task.objects.filter(days_before__isnull=False)
    found = set(with_tasks.values_list("activity", flat=True)) & activities if activities else set()
    if programmes:
        found |= set(with_tasks.filter(programme__in=programmes).values_list("activity", flat=True))
    if found:
        first = entries[0]
        by = journal.Actor(first.actor_label, first.actor_id)
        recount(activities=found, by=by, now=first.recorded_at)


journal.recorded.connect(_on_recorded, dispatch_uid="coordination.tasks")


# --- Reminders ------------------------------------------------------------------------------------------------------


def remind(*, now: dt.datetime) -> int:
    """One mail a day at most to each person with work that is late or due within a week; returns how many were posted.

    On the first working day of a week always, on the others only where a task is due today or tomorrow or became late
    yesterday. The schedule calls it every minute; a second call on the same day posts nothing.
    """
    local = timezone.localtime(now)
    today = local.date()
    if local.hour < MAIL_HOUR or packs.is_weekend(today):
        return 0
    is_first = packs.is_weekend(today - dt.timedelta(days=1))
    rows = Task.objects.open().filter(due__lt=today + SOON).select_related("owner", "activity", "programme")
    by_user: dict[Any, list[Task]] = defaultdict(list)
    for task in rows:
        if task.owner and (user_id := task.owner.acting_id(today)):
            by_user[user_id].append(task)
    near = {today - dt.timedelta(days=1), today, today + dt.timedelta(days=1)}
    posted = 0
    for user in User.objects.filter(pk__in=by_user, is_active=True):
        if is_first or any(task.due in near for task in by_user[user.pk]):
            posted += _post(user, by_user[user.pk], today, now)
    return posted


def _post(user: User, tasks: list[Task], today: dt.date, now: dt.datetime) -> int:
    key = f"tasks:{user.pk}:{today.isoformat()}"
    if outbox.is_posted(key):
        return 0
    language = user.language or settings.LANGUAGE_CODE
    with translation.override(language):
        late = [task for task in tasks if task.is_late(today)]
        coming = [task for task in tasks if not task.is_late(today)]
        lines = []
        for heading, group in ((_("Late"), late), (_("Within a week"), coming)):
            if group:
                lines += [heading, *(f"- {task.due.isoformat()}  {task.title}" for task in group if task.due), ""]
        lines.append(f"{settings.TANSIQ_SITE_URL}/desk/work/")
        subject = ngettext("%(name)s: %(n)s task", "%(name)s: %(n)s tasks", len(tasks))
        outbox.post(
            key=key, to=user.email, subject=subject % {"name": settings.TANSIQ_NAME, "n": len(tasks)},
            body="\n".join(lines), language=language, now=now,
        )  # fmt: skip
    return 1
