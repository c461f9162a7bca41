"""What a change of an activity makes false: found before it is saved, and kept as follow-ups once it is.

What was given out holds the values it was made from (a letter's `facts`, an issue's picture). It is false when they are
no longer those of the plan, whichever way the plan was changed: at the desk, by a file, by a command. Rooms above add
what they gave out with `register`.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from tansiq.coordination import runofshow
from tansiq.coordination.models import FollowUp, Letter, RunOfShow, RunOfShowIssue, Task
from tansiq.coordination.tasks import due_date
from tansiq.core import journal
from tansiq.core.exchange import plain
from tansiq.core.language import in_line
from tansiq.core.models import Record
from tansiq.programme import planning
from tansiq.programme.models import Activity, Involvement

WATCHED = {
    "when",
    "within",
    "part",
    "starts_at_time",
    "ends_at_time",
    "place",
    "state",
    "title",
    "kind",
    "mode",
    "audience",
}


@dataclass(frozen=True)
class Affected:
    """One thing that becomes false.

    kind    page, calendar, letter, invitation, runofshow, approval, certificate, release or list
    why     a sentence;  url  absolute
    subject  what a person must give out anew; None where it follows by itself
    """

    kind: str
    what: str
    url: str
    why: str
    subject: Record | None = None


@dataclass(frozen=True)
class Change:
    """before  the activity as it is stored;  after  as it would be;  fields  {"when": ["2020-07-27", "2020-07-28"]}"""

    before: Activity
    after: Activity
    fields: dict[str, list[Any]]

    @property
    def why(self) -> str:
        return "; ".join(f"{_name(field)}: {_shown(old)} → {_shown(new)}" for field, (old, new) in self.fields.items())


_FINDERS: list[Callable[[Change], Iterable[Affected]]] = []


def register(find: Callable[[Change], Iterable[Affected]]) -> Callable[[Change], Iterable[Affected]]:
    """A room says what of its own becomes false by a change."""
    _FINDERS.append(find)
    return find


def of(
    activity: Activity, values: dict[str, Any], *, involved: list[dict[str, Any]] | None = None
) -> tuple[Change, list[Affected]]:
    """What becomes false if these fields had these values; nothing is written.

    values    as `planning.change` takes them;  involved  who does what, as in a programme file, where that changes
    Raises what `planning.change` would refuse.
    """
    stored = Activity.objects.select_related("programme", "place").get(pk=activity.pk)
    planning.refuse_unfit(
        stored.programme, {name: values.get(name, getattr(stored, name)) for name in planning.CHECKED}
    )
    after = copy.copy(stored)
    for name, value in values.items():
        setattr(after, name, value)
    # What the database would keep beside the date when the row is saved.
    after.first_day, after.last_day = after.when.first_day, after.when.last_day
    fields = {
        name: [plain(getattr(stored, name)), plain(getattr(after, name))]
        for name in values
        if name in WATCHED and plain(getattr(stored, name)) != plain(getattr(after, name))
    }
    if involved is not None:
        before = _involved(stored)
        now = sorted(f"{one['organisation']} ({one['role']})" for one in involved)
        if before != now:
            fields["involved"] = [before, now]
    change = Change(stored, after, fields)
    found = [one for find in _FINDERS for one in find(change)] if fields else []
    return change, found


def _involved(activity: Activity) -> list[str]:
    rows = Involvement.objects.filter(subject_id=activity.pk).values_list("organisation__slug", "role")
    return sorted(f"{slug} ({role})" for slug, role in rows)


def _name(field: str) -> str:
    if field == "involved":
        return str(_("Who does what"))
    return str(Activity._meta.get_field(field).verbose_name)  # type: ignore[union-attr]


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return " / ".join(str(one) for one in value.values())
    if isinstance(value, list):
        return ", ".join(_shown(one) for one in value) or "–"
    if value in (None, ""):
        return "–"
    text = str(value)
    return in_line(text, translation.get_language() or settings.LANGUAGE_CODE) if text[:1].isdigit() else text


# --- What follows by itself -----------------------------------------------------------------------------------------


def _url(path: str) -> str:
    return f"{settings.TANSIQ_SITE_URL}{path}"


@register
def _pages(change: Change) -> Iterator[Affected]:
    """Every public page that shows the activity, in each language; they are right again within seconds."""
    activity, programme = change.before, change.before.programme
    if programme.published_at is None:
        return
    paths = [
        (f"activities/{activity.slug}/", _("Page of the activity")), (f"programmes/{programme.slug}/", _("Page of the programme")),
        ("activities/", _("List of activities")), ("", _("Home page")), ("feed.atom", _("Feed")),
    ]  # fmt: skip
    if activity.project_id:
        paths.append((f"programmes/{programme.slug}/project/", _("Page of the project")))
    partners = Involvement.objects.filter(subject_id=activity.pk).values_list("organisation__slug", flat=True)
    gone = {one.partition(" ")[0] for side in change.fields.get("involved", []) for one in side}
    for slug in sorted({*partners, *gone}):
        paths.append((f"partners/{slug}/", _("Page of the partner")))
    for commitment in activity.commitments.all():
        paths.append((f"commitments/{commitment.slug}/", _("Page of the commitment")))
    for path, what in paths:
        for code, _language in settings.LANGUAGES:
            yield Affected("page", f"{what} ({code}): {path or '/'}", _url(f"/{code}/{path}"), change.why)


@register
def _calendars(change: Change) -> Iterator[Affected]:
    """Calendars that hold the event: the same UID with a higher SEQUENCE moves it in every client."""
    activity = change.before
    if not planning.IN_CALENDAR & set(change.fields) or activity.programme.published_at is None:
        return
    if not (activity.is_dated or change.after.is_dated):
        return
    why = _("%(change)s. The event keeps its UID; its SEQUENCE rises from %(old)s to %(new)s.")
    values = {"change": change.why, "old": activity.sequence, "new": activity.sequence + 1}
    code = settings.LANGUAGE_CODE
    for path in (f"activities/{activity.slug}/calendar.ics", f"programmes/{activity.programme.slug}/calendar.ics"):
        yield Affected("calendar", path, _url(f"/{code}/{path}"), why % values)


@register
def _tasks(change: Change) -> Iterator[Affected]:
    """The tasks that are counted back from the activity: they move along."""
    rows = Task.objects.open().filter(activity=change.before, days_before__isnull=False)
    moved = 0
    for task in rows:
        task.activity = change.after
        moved += due_date(task) != task.due
    if moved:
        where = f"/desk/work/?who=all&programme={change.before.programme.slug}"
        yield Affected("list", _("Tasks whose date moves: %(number)s") % {"number": moved}, _url(where), change.why)


# --- What a person must give out anew -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """Something given out that says of an activity what is not so; `label` names it in the journal, without a name."""

    kind: str
    subject: Record
    label: str
    what: str
    url: str
    note: str = ""


@dataclass(frozen=True)
class _GivesOut:
    model: type[Record]
    way: str
    verbs: frozenset[str]
    false: Callable[[Activity], Iterable[Given]]


_GIVEN_OUT: list[_GivesOut] = []


def gives_out(model: type[Record], way: str, *verbs: str) -> Callable[..., Any]:
    """A room says which of what it gave out is false of an activity, as the activity object has it.

    model  of the records;  way  from one to its activity, as in a query
    verbs  of the journal after which something may be true again
    """

    def take(false: Callable[[Activity], Iterable[Given]]) -> Callable[[Activity], Iterable[Given]]:
        _GIVEN_OUT.append(_GivesOut(model, way, frozenset(verbs), false))
        return false

    return take


@register
def _given_out(change: Change) -> Iterator[Affected]:
    """What is false after the change and was not before it."""
    for one in _GIVEN_OUT:
        already = {given.subject.pk for given in one.false(change.before)}
        for given in one.false(change.after):
            if given.subject.pk not in already:
                why = ". ".join(part for part in (change.why, given.note) if part)
                yield Affected(given.kind, given.what, given.url, why, given.subject)


@gives_out(Letter, "activity", "coordination.correct_letter", "coordination.cancel_letter")
def _letters(activity: Activity) -> Iterator[Given]:
    """Letters that went out, or wait to, and say of the activity what is not so."""
    out = Letter.objects.filter(activity=activity.pk, direction=Letter.Direction.OUT).exclude(
        state=Letter.State.CANCELLED
    )
    rows = out.filter(corrected_by=None).select_related("kind", "organisation").order_by("year", "serial")
    off = activity.state in (Activity.State.CANCELLED, Activity.State.POSTPONED)
    facts = _facts(activity)
    for row in rows:
        slug = row.kind.slug if row.kind else ""
        is_off = off and slug not in ("", "change-notice", "thanks", "attestation")
        if not is_off and all(row.facts.get(name, value) == value for name, value in facts.items()):
            continue
        what = _("Letter %(number)s to %(to)s: %(subject)s")
        values = {"number": row.number, "to": row.organisation, "subject": row.subject}
        note = _("It is “%(state)s” and says otherwise.") % {"state": row.get_state_display()}
        kind = "invitation" if slug == "invitation" else "letter"
        yield Given(kind, row, row.number, what % values, _url(f"/desk/letters/edit/{row.pk}/"), note)


def _facts(activity: Activity) -> dict[str, Any]:
    clock = activity.starts_at_time
    return {
        "activity.when": plain(activity.when), "activity.time": clock.strftime("%H:%M") if clock else "",
        "activity.place": str(activity.place_id or ""), "activity.title": dict(activity.title), "activity.mode": activity.mode,
    }  # fmt: skip


@gives_out(RunOfShowIssue, "show__activity", "coordination.issue_runofshow")
def _runs_of_show(activity: Activity) -> Iterator[Given]:
    """The last issue of each run of show that is no longer what is planned."""
    for show in RunOfShow.objects.filter(activity=activity.pk).prefetch_related("issues"):
        show.activity = activity
        last = next(iter(show.issues.all()), None)
        if last is not None:
            last.show = show
            if not runofshow.is_current(last):
                what = _("Run of show, issue %(number)s") % {"number": last.number}
                yield Given("runofshow", last, str(last.number), what, _url(f"/desk/runs-of-show/edit/{show.pk}/"))


# --- Follow-ups -----------------------------------------------------------------------------------------------------


@transaction.atomic
def settle(activity: Activity, *, by: Any, now: dt.datetime) -> None:
    """Open a follow-up for all that is false of an activity as it stands, and close those that are true again."""
    false = {given.subject.pk: given for one in _GIVEN_OUT for given in one.false(activity)}
    opened = {row.subject_id: row for row in FollowUp.objects.filter(activity=activity, state=FollowUp.State.OPEN)}
    dropped = FollowUp.objects.filter(activity=activity, state=FollowUp.State.DROPPED, made_at__gte=activity.changed_at)
    for pk in set(false) - set(opened) - set(dropped.values_list("subject_id", flat=True)):
        given = false[pk]
        row = FollowUp.objects.create(
            activity=activity, kind=given.kind, subject_kind=given.subject.kind_of_record, subject_id=pk,
            label=given.label, made_at=now,
        )  # fmt: skip
        journal.record("coordination.open_followup", row, by=by, now=now)
    for pk in set(opened) - set(false):
        _close(opened[pk], FollowUp.State.DONE, "", by=by, now=now)


@transaction.atomic
def drop(*, follow_up: FollowUp, note: str, by: Any, now: dt.datetime) -> None:
    """Nobody needs to be told; `note` says why. Twice changes nothing."""
    if follow_up.state == FollowUp.State.OPEN:
        _close(follow_up, FollowUp.State.DROPPED, note.strip()[:300], by=by, now=now)


def _close(row: FollowUp, state: FollowUp.State, note: str, *, by: Any, now: dt.datetime) -> None:
    row.state, row.closed_at, row.note = state, now, note
    row.save(update_fields=["state", "closed_at", "note"])
    changes = {"state": ["open", state.value]}
    journal.record("coordination.close_followup", row, by=by, now=now, changes=changes)


def _on_recorded(sender: Any, entries: list[Any], **_more: Any) -> None:
    """In the transaction that changed the plan, or gave out something new."""
    changed = {
        entry.subject_id
        for entry in entries
        if entry.subject_kind == Activity.record_kind() and WATCHED & set(entry.changes)
    }
    ids: set[Any] = set()
    for one in _GIVEN_OUT:
        rows: Any = one.model._default_manager
        if changed:
            # Of a file with ten thousand activities only those that something was given out about are asked for.
            ids |= changed & set(rows.exclude(**{one.way: None}).values_list(one.way, flat=True))
        anew = [entry.subject_id for entry in entries if entry.verb in one.verbs]
        if anew:
            ids |= set(rows.filter(pk__in=anew).values_list(one.way, flat=True)) - {None}
    if not ids:
        return
    by, now = journal.Actor(entries[0].actor_label, entries[0].actor_id), entries[0].recorded_at
    for activity in Activity.objects.filter(pk__in=ids).select_related("programme", "place"):
        settle(activity, by=by, now=now)


journal.recorded.connect(_on_recorded, dispatch_uid="coordination.impact")
