"""Who is expected at a door: the activities and days, their hours, and one list of all who registered and all guests.

A phone gets of each what finds him or her: spellings, region or function, state. Addresses, telephones, and why a guest stands
where in the order of precedence never leave the desk.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.core.language import fold
from tansiq.participation import doorcode, protocol
from tansiq.participation.models import Admission, Arrival, Invitation, Registration
from tansiq.people import names
from tansiq.programme.models import Activity

# A list may be taken so many days before; it goes at this hour of the night after its day.
DAYS_BEFORE = 3
GOES_AT = dt.time(4, 0)
MOST_DAYS = 60
# How alike a name must be to be shown to somebody who looks for it.
NEAR = 0.6


class NotThatDay(Refused):
    """The activity does not take place on this day."""


class NotOnYourList(Refused):
    """There is nobody such on the list, or not for this user: both are the same answer."""


# --- Days and hours -------------------------------------------------------------------------------------------------


def days_of(activity: Activity) -> list[dt.date]:
    """The days on which one can come; [] while no day is known."""
    if not activity.is_dated or activity.first_day is None or activity.last_day is None:
        return []
    number = (activity.last_day - activity.first_day).days + 1
    return [activity.first_day + dt.timedelta(days=one) for one in range(min(number, MOST_DAYS))]


def zone_of(activity: Activity) -> ZoneInfo:
    return ZoneInfo(activity.programme.time_zone or settings.TIME_ZONE)


def hours_of(activity: Activity, day: dt.date) -> tuple[dt.datetime, dt.datetime] | None:
    """From when until when it lasts on a day; None where beginning or end is written down nowhere."""
    agenda = [one for one in activity.agenda if one.get("time")]
    starts: Any = activity.starts_at_time or min((_time(one["time"]) for one in agenda), default=None)
    ends: Any = activity.ends_at_time or max(
        (_time(one["end_time"]) for one in agenda if one.get("end_time")), default=None
    )
    if starts is None or ends is None or ends <= starts:
        return None
    zone = zone_of(activity)
    return dt.datetime.combine(day, starts, zone), dt.datetime.combine(day, ends, zone)


def _time(text: str) -> dt.time:
    return dt.time.fromisoformat(text)


def expires_at(activity: Activity, day: dt.date) -> dt.datetime:
    """When the list of a day is to be gone from every phone."""
    return dt.datetime.combine(day + dt.timedelta(days=1), GOES_AT, zone_of(activity))


def check_day(activity: Activity, day: dt.date) -> None:
    if day not in days_of(activity):
        raise NotThatDay(_("This activity does not take place on %(day)s. Choose one of its days, or write its day down first.") % {"day": day.isoformat()})  # fmt: skip


# --- Doors ----------------------------------------------------------------------------------------------------------


def activities_for(user: Any) -> Any:
    """Activities at whose door this user may stand: those he sees, those with people of his region, those of his guests."""
    theirs = Registration.objects.visible_to(user).values("admission__activity")
    seen = Admission.objects.visible_to(user).values("activity")
    invited = _guests(user).values("activity")
    rows = Activity.objects.filter(Q(pk__in=seen) | Q(pk__in=theirs) | Q(pk__in=invited))
    return rows.select_related("programme", "place", "admission")


def find_activity(user: Any, key: uuid.UUID) -> Activity | None:
    """By its identifier, or by that of its places, under which phones knew a door before guests came through it."""
    return activities_for(user).filter(Q(pk=key) | Q(admission=key)).first()


def doors(user: Any, *, today: dt.date) -> list[tuple[Activity, dt.date]]:
    """The activities and days whose list can be taken now, the nearest first."""
    edge = today + dt.timedelta(days=DAYS_BEFORE)
    rows = activities_for(user).filter(first_day__lte=edge, last_day__gte=today)
    found = [(row, day) for row in rows if row.takes_place for day in days_of(row) if today <= day <= edge]
    return sorted(found, key=lambda one: (one[1], str(one[0].starts_at_time or ""), one[0].slug))


# --- Who is expected ------------------------------------------------------------------------------------------------

_SHOWN = ("confirmed", "waiting", "applied", "cancelled", "declined")


def _guests(user: Any) -> Any:
    # Who is invited is seen by those who plan; whoever works for one region alone has no guests on the list.
    if not user.has_perm("participation.view_invitation"):
        return Invitation.objects.none()
    return Invitation.objects.visible_to(user).filter(emptied_at=None).exclude(state=Invitation.State.WITHDRAWN)


@dataclass(frozen=True)
class Expected:
    """One line of the list.

    number    of arrival; of a guest the place in the order of precedence, None for one who answered not to come
    names     all spellings;  about  the region, of a guest function and organisation
    instead   spellings of whoever was announced to represent a guest, with the function in `instead_function`
    """

    row: Registration | Invitation
    number: int | None
    names: list[str]
    about: str = ""
    instead: list[str] = field(default_factory=list)
    instead_function: str = ""

    @property
    def is_guest(self) -> bool:
        return isinstance(self.row, Invitation)

    @property
    def is_welcome(self) -> bool:
        """Counts at once when ticked: who has a place, and every guest. Of the others the desk decides."""
        return self.is_guest or self.row.state == Registration.State.CONFIRMED

    @property
    def text(self) -> str:
        """Folded, what it is found by."""
        return fold(" ".join([*self.names, *self.instead, self.about if self.is_guest else ""]))


def search(lines: list[Expected], asked: str) -> list[Expected]:
    """By number, by parts of name, function and representative; where that finds nobody, whose names come nearest.

    A number is that of a registration; only where none has it, that of a guest in the order of precedence.
    """
    words = fold(asked).split()
    if len(words) == 1 and words[0].isdigit():
        found = [one for one in lines if str(one.number) == words[0]]
        return [one for one in found if not one.is_guest] or found
    found = [one for one in lines if all(word in one.text for word in words)]
    if found or not words:
        return found
    near = names.Index((number, (*one.names, *one.instead)) for number, one in enumerate(lines)).nearest(asked)
    return [lines[match.key] for match in near if match.score > NEAR]


def expected(activity: Activity, user: Any) -> list[Expected]:
    """All on the list of this user: guests by precedence, then who registered by number; the same queries for any number."""
    return [*_invited(activity, user), *(_registered(row) for row in registered(activity, user))]


def registered(activity: Activity, user: Any) -> Any:
    """Whom the list of this user holds: of a role limited to a region its own people alone."""
    rows = Registration.objects.visible_to(user).filter(admission__activity=activity, state__in=_SHOWN)
    return rows.select_related("person", "region").order_by("number")


def _registered(row: Registration) -> Expected:
    return Expected(row, row.number, row.person.spellings, str(row.region.name) if row.region else "")  # fmt: skip


def _invited(activity: Activity, user: Any) -> list[Expected]:
    rows = list(_guests(user).filter(activity=activity).select_related("person", "organisation"))
    if not rows:
        return []
    seats = [(one.position, one.subject) for one in protocol.precedence(activity, rows)]
    return [_guest(number, row) for number, row in [*seats, *((None, row) for row in rows if not row.is_expected)]]


def _guest(number: int | None, row: Invitation) -> Expected:
    house = str(row.organisation.name) if row.organisation else row.organisation_name
    about = [str(row.function) if row.person else "", house]
    is_represented = row.state == Invitation.State.REPRESENTED
    return Expected(
        row, number, list(dict.fromkeys(row.name.values())), ", ".join(part for part in about if part),
        list(dict.fromkeys(row.representative.values())) if is_represented else [],
        row.representative_function if is_represented else "",
    )  # fmt: skip


def find(activity: Activity, user: Any, key: uuid.UUID) -> Registration | Invitation | None:
    """Somebody on this user's list, whatever the state."""
    rows = Registration.objects.visible_to(user).filter(admission__activity=activity)
    return rows.filter(pk=key).first() or find_guest(activity, user, key)


def find_guest(activity: Activity, user: Any, key: uuid.UUID) -> Invitation | None:
    """Also one whose invitation was withdrawn after the list was taken: the desk decides on that."""
    if not user.has_perm("participation.view_invitation"):
        return None
    return Invitation.objects.visible_to(user).filter(activity=activity, pk=key, emptied_at=None).first()


def came(activity: Activity, day: dt.date) -> dict[uuid.UUID, Arrival]:
    """The earliest arrival that counts of each who is on the list, by registration or invitation."""
    rows = Arrival.objects.filter(activity=activity, day=day, state=Arrival.State.COUNTED).order_by("-at", "-pk")
    return {row.who_id: row for row in rows}


# --- The list of a phone --------------------------------------------------------------------------------------------


def day_list(*, activity: Activity, day: dt.date, user: Any, now: dt.datetime) -> dict[str, Any]:
    """What a phone needs to check people in without a network, and no more.

    "in" is when somebody was checked in before, by whichever phone. Raises NotThatDay. Use `hand_out` to give it away.
    """
    check_day(activity, day)
    earliest = came(activity, day)
    people = []
    for one in expected(activity, user):
        found = earliest.get(one.row.pk)
        line: dict[str, Any] = {
            "id": str(one.row.pk), "number": one.number, "name": one.names, "state": one.row.state,
            "in": found.at.isoformat() if found else "",
        }  # fmt: skip
        if isinstance(one.row, Registration):
            line |= {"region": one.about, "mark": doorcode.mark(doorcode.of(one.row))}
        else:
            line |= {
                "state": f"guest_{one.row.state}", "about": one.about, "instead": one.instead,
                "instead_function": one.instead_function, "came": found.name if found else "",
            }  # fmt: skip
        people.append(line)
    return {
        "activity": str(activity.pk), "title": str(activity.title), "day": day.isoformat(), "people": people,
        "zone": zone_of(activity).key, "taken_at": now.isoformat(), "expires_at": expires_at(activity, day).isoformat(),
    }  # fmt: skip


@transaction.atomic
def hand_out(*, activity: Activity, day: dt.date, by: Any, now: dt.datetime) -> dict[str, Any]:
    """The list for a phone; the journal says who took it and how many were on it. Raises NotThatDay, Refused after the day."""
    if now >= expires_at(activity, day):
        raise NotThatDay(_("The list of %(day)s was to be used on its day alone. What came in is at the desk.") % {"day": day.isoformat()})  # fmt: skip
    if day > now.astimezone(zone_of(activity)).date() + dt.timedelta(days=DAYS_BEFORE):
        raise NotThatDay(_("The list of %(day)s can be taken from %(days)s days before on, so that it is fresh.") % {"day": day.isoformat(), "days": DAYS_BEFORE})  # fmt: skip
    found = day_list(activity=activity, day=day, user=by, now=now)
    changes = {"day": [None, day.isoformat()], "people": [None, len(found["people"])]}
    journal.record("participation.hand_out_list", activity, by=by, now=now, changes=changes)
    return found
