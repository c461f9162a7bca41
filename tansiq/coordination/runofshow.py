"""The day minute by minute: times that follow from lengths, conflicts found, issues with what changed marked."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import json
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from tansiq.coordination.models import Function, RunOfShow, RunOfShowIssue
from tansiq.core import journal, records
from tansiq.core.errors import Refused
from tansiq.core.exchange import SLUG, TEXT, obj, plain
from tansiq.core.language import fold
from tansiq.people.models import Organisation, User
from tansiq.programme.models import Activity
from tansiq.programme.shape import TIME

_STR = {"type": "string"}
ITEM = obj(
    {
        "id": {"type": "string", "title": "hidden", "pattern": "^[a-z0-9-]{1,40}$"},
        "time": TIME, "minutes": {"type": "integer", "minimum": 0, "maximum": 1440}, "title": TEXT, "where": TEXT,
        "owner": SLUG, "speaker": TEXT, "organisation": _STR, "language": {"type": "string", "maxLength": 40},
        "plan_b": TEXT, "telephone": {"type": "string", "maxLength": 40},
    },
    ["title", "minutes"],
)  # fmt: skip
# What a person on the spot acts by: a change of one of these is marked.
MARKED = ("time", "minutes", "title", "where", "owner", "speaker", "organisation", "language", "plan_b", "telephone")


class NothingToIssue(Refused):
    pass


@dataclass(frozen=True)
class Row:
    """One line as it is shown: `starts` and `ends` are minutes since midnight of the day (beyond 1440: the next)."""

    index: int
    item: dict[str, Any]
    starts: int
    ends: int

    @property
    def time(self) -> str:
        return clock(self.starts)

    @property
    def until(self) -> str:
        return clock(self.ends)


def clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def _minutes(time: str) -> int:
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def rows(items: list[dict[str, Any]], begins: dt.time | None = None) -> list[Row]:
    """Lines in their order: one without a time of its own begins when the line before it ends.

    begins  of the first line where it has no time: the activity's own hour, else 09:00
    """
    found: list[Row] = []
    at = begins.hour * 60 + begins.minute if begins else 9 * 60
    for index, item in enumerate(items):
        starts = _minutes(item["time"]) if item.get("time") else at
        # Past midnight the clock goes on: an item at 00:30 after one at 23:00 is on the next day.
        if found and item.get("time") and starts + 720 < found[-1].starts:
            starts += 1440
        at = starts + item["minutes"]
        found.append(Row(index, item, starts, at))
    return found


# --- Conflicts ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Conflict:
    """kind  "person", "room" or "order";  index  of the line;  what  a sentence for the desk"""

    kind: str
    index: int
    what: str


def conflicts(show: RunOfShow, reader: User | None = None) -> list[Conflict]:
    """Who or what is wanted in two places at once, on this day, in this run of show and those of other activities.

    A room is one by its words at the same venue; a speaker by the words and the organisation; an owner by the office.
    Lines of one run of show whose times run backwards are found too. An activity that `reader` may not see is not named.
    """
    own = rows(show.items, show.activity.starts_at_time)
    found = [
        Conflict("order", later.index, _("Line %(n)s begins before the line above it.") % {"n": later.index + 1})
        for earlier, later in itertools.pairwise(own)
        if later.starts < earlier.starts
    ]
    found += [one for row in own for other in own[: row.index] for one in _clash(row, other, show.activity, None)]
    near = _same_day(show)
    named = Activity.objects.visible_to(reader) if reader else Activity.objects.all()
    ids = set(named.filter(pk__in=[one.activity_id for one in near]).values_list("pk", flat=True))
    for other_show in near:
        others = rows(other_show.items, other_show.activity.starts_at_time)
        found += [one for row in own for other in others for one in _clash(row, other, show.activity, other_show, ids)]
    return sorted(found, key=lambda one: one.index)


def _same_day(show: RunOfShow) -> list[RunOfShow]:
    if show.day is None:
        return []
    near = RunOfShow.objects.exclude(pk=show.pk).filter(
        activity__first_day__lte=show.day, activity__first_day__gte=show.day - dt.timedelta(days=60)
    )
    going_on = near.exclude(activity__state__in=("cancelled", "postponed")).select_related("activity__place")
    return [one for one in going_on if one.day == show.day]


def _clash(
    row: Row, other: Row, activity: Activity, other_show: RunOfShow | None, named: Collection[Any] = ()
) -> Iterable[Conflict]:
    if row.starts >= other.ends or other.starts >= row.ends:
        return
    elsewhere = _("line %(n)s") % {"n": other.index + 1}
    if other_show:
        elsewhere = str(other_show.activity.title) if other_show.activity_id in named else _("another activity")
    values = {"n": row.index + 1, "from": other.time, "until": other.until, "other": elsewhere}
    mine, theirs = row.item, other.item
    if mine.get("owner") and mine.get("owner") == theirs.get("owner"):
        yield Conflict(
            "person", row.index, _("Line %(n)s: its owner is busy from %(from)s to %(until)s: %(other)s.") % values
        )
    if _speaker(mine) and _speaker(mine) == _speaker(theirs):
        yield Conflict(
            "person", row.index, _("Line %(n)s: its speaker is busy from %(from)s to %(until)s: %(other)s.") % values
        )
    venue = activity.place_id
    same_venue = other_show is None or (venue is not None and venue == other_show.activity.place_id)
    if same_venue and _words(mine.get("where")) & _words(theirs.get("where")):
        yield Conflict(
            "room", row.index, _("Line %(n)s: its room is taken from %(from)s to %(until)s: %(other)s.") % values
        )


def _speaker(item: dict[str, Any]) -> tuple[str, frozenset[str]] | None:
    words = _words(item.get("speaker"))
    return (item.get("organisation", ""), frozenset(words)) if words else None


def _words(text: dict[str, str] | None) -> set[str]:
    return {fold(value) for value in (text or {}).values()}


# --- Writing --------------------------------------------------------------------------------------------------------


@transaction.atomic
def save(show: RunOfShow, *, by: Any, now: dt.datetime, related: Any = None) -> RunOfShow:
    """Keep what was typed or dragged; a new line gets its identifier, by which later issues know it again."""
    identify(show)
    _refuse_unknown(show)
    stored = RunOfShow.objects.filter(pk=show.pk).exists()
    saved: Any = (records.change if stored else records.create)(show, by=by, now=now)
    return saved


def identify(show: RunOfShow) -> None:
    """Give every line an identifier that no other line of it has."""
    seen: set[str] = set()
    for item in show.items:
        if not item.get("id") or item["id"] in seen:
            item["id"] = secrets.token_hex(4)
        seen.add(item["id"])


def _refuse_unknown(show: RunOfShow) -> None:
    owners = {item["owner"] for item in show.items if item.get("owner")}
    known = set(Function.objects.filter(slug__in=owners).values_list("slug", flat=True))
    organisations = {item["organisation"] for item in show.items if item.get("organisation")}
    known |= set(Organisation.objects.filter(slug__in=organisations).values_list("slug", flat=True))
    unknown = sorted((owners | organisations) - known)
    if unknown:
        raise Refused(
            _("There is no function or organisation “%(name)s”. Choose one of the list.") % {"name": unknown[0]}
        )


@transaction.atomic
def issue(*, show: RunOfShow, by: Any, now: dt.datetime) -> RunOfShowIssue:
    """Give the run of show out under the next number. The same content again gives the issue that it has.

    Raises NothingToIssue for an empty one.
    """
    if not show.items:
        raise NothingToIssue(_("There is nothing to issue yet. Write the first line."))
    # The row alone is locked: PostgreSQL locks no outer join.
    RunOfShow.objects.select_for_update().only("pk").get(pk=show.pk)
    row = RunOfShow.objects.select_related("activity__place", "activity__programme").get(pk=show.pk)
    content = picture(row)
    digest = _digest(content)
    last = row.issues.order_by("-number").first()
    if last and last.digest == digest:
        return last
    number = (row.issues.aggregate(top=Max("number"))["top"] or 0) + 1
    made = RunOfShowIssue.objects.create(
        show=row, number=number, issued_at=now, issued_by=journal.actor(by).id, day=row.day, head=content["head"],
        items=content["items"], digest=digest,
    )  # fmt: skip
    journal.record(
        "coordination.issue_runofshow", made, by=by, now=now, changes={"number": [last and last.number, number]}
    )
    return made


def picture(show: RunOfShow) -> dict[str, Any]:
    """What is handed out: the head, and the lines with the times that follow from each other."""
    activity = show.activity
    lines = rows(show.items, activity.starts_at_time)
    return {
        "head": plain(
            {
                "title": activity.title, "programme": activity.programme.title, "day": show.day, "state": activity.state,
                "place": activity.place and {"name": activity.place.name, "locality": activity.place.locality},
            }
        ),
        "items": [plain({**row.item, "time": row.time, "until": row.until}) for row in lines],
    }  # fmt: skip


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def is_current(found: RunOfShowIssue) -> bool:
    """Is what was handed out still what is planned?"""
    return found.digest == _digest(picture(found.show))


# --- What changed ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A line of an issue. mark: "" the same, "new", "changed" (then `fields` names what), "gone"."""

    item: dict[str, Any]
    mark: str = ""
    fields: frozenset[str] = field(default_factory=frozenset)


def lines(found: RunOfShowIssue) -> list[Line]:
    """The lines of an issue with what changed against the issue before; what is gone comes last."""
    before = found.show.issues.filter(number__lt=found.number).order_by("-number").first()
    if before is None:
        return [Line(item) for item in found.items]
    old = {item["id"]: item for item in before.items}
    marked = []
    for item in found.items:
        earlier = old.pop(item["id"], None)
        if earlier is None:
            marked.append(Line(item, "new"))
            continue
        changed = frozenset(name for name in MARKED if item.get(name) != earlier.get(name))
        marked.append(Line(item, "changed" if changed else "", changed))
    return marked + [Line(item, "gone") for item in old.values()]


def changed_head(found: RunOfShowIssue) -> frozenset[str]:
    """Which of day, place, title and state differ from the issue before."""
    before = found.show.issues.filter(number__lt=found.number).order_by("-number").first()
    if before is None:
        return frozenset()
    return frozenset(name for name, value in found.head.items() if before.head.get(name) != value)
