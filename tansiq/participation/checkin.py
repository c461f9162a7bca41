"""Who came to the door: the day's list for phones, checking in, undoing, those who are not on the list.

Each check-in is a row of its own (`Arrival`); the attendance of a person and day is made from the earliest that counts. So two
phones that check in one person leave two rows with their receipts, and one attendance with the earlier time.

Minutes run from the arrival, or from the beginning if that is later, to the end: of the activity's hours, else of its agenda. An
end that nobody wrote down is not guessed: there are no minutes then, the desk says so, and `recount` counts them when it
is known.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import re
import uuid
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.core.language import clean_name
from tansiq.participation import applicants, attendance
from tansiq.participation import registration as registrations
from tansiq.participation.models import Admission, Arrival, Attendance, Registration
from tansiq.programme.models import Activity

# A list may be taken so many days before; it goes at this hour of the night after its day.
DAYS_BEFORE = 3
GOES_AT = dt.time(4, 0)
MOST_DAYS = 60


class NotThatDay(Refused):
    """The activity does not take place on this day."""


class NotOnYourList(Refused):
    """There is no such registration, or not for this user: both are the same answer."""


class NothingToUndo(Refused):
    """Nobody is checked in there."""


class NoReason(Refused):
    """It is done only with a reason."""


class NoName(Refused):
    """Whoever is not on the list needs a name to be found by."""


class Decided(Refused):
    """Somebody decided on it before."""


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


def _check_day(activity: Activity, day: dt.date) -> None:
    if day not in days_of(activity):
        raise NotThatDay(_("This activity does not take place on %(day)s. Choose one of its days, or write its day down first.") % {"day": day.isoformat()})  # fmt: skip


# --- The code that one shows at the door ----------------------------------------------------------------------------

_CODE = re.compile(r"^TQ-?([0-9]{1,6})-?([A-Z2-7]{16})$")


def code(row: Registration) -> str:
    """What stands in the QR code of one's own page: of use at the door alone, and only to whoever has the day's list.

    80 bits made with our key; it opens no page, and a new personal link makes it worthless.
    """
    message = b"tansiq.checkin" + row.pk.bytes + row.link_version.to_bytes(2, "big")
    digest = hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).digest()
    return f"TQ-{row.number}-{base64.b32encode(digest[:10]).decode()}"


def mark(text: str) -> str:
    """What a phone knows a code by: from the list nobody can make the code of another."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def tidy(text: str) -> str:
    """A code as it was read or typed, in its one form; "" where it is none."""
    found = _CODE.match(re.sub(r"\s", "", text).upper())
    return f"TQ-{int(found[1])}-{found[2]}" if found else ""


def find_by_code(admission: Admission, text: str) -> Registration | None:
    wanted = tidy(text)
    if not wanted:
        return None
    row = admission.registrations.filter(number=int(wanted.split("-")[1])).select_related("person").first()
    return row if row and hmac.compare_digest(code(row), wanted) else None


# --- The list of the day --------------------------------------------------------------------------------------------

_SHOWN = ("confirmed", "waiting", "applied", "cancelled", "declined")


def admissions_for(user: Any) -> Any:
    """Activities at whose door this user may stand: those he sees, and those with people of his region."""
    theirs = Registration.objects.visible_to(user).values("admission")
    seen = Admission.objects.visible_to(user).values("pk")
    rows = Admission.objects.filter(Q(pk__in=seen) | Q(pk__in=theirs))
    return rows.select_related("activity__programme", "activity__place")


def doors(user: Any, *, today: dt.date) -> list[tuple[Admission, dt.date]]:
    """The activities and days whose list can be taken now, the nearest first."""
    edge = today + dt.timedelta(days=DAYS_BEFORE)
    rows = admissions_for(user).filter(activity__first_day__lte=edge, activity__last_day__gte=today)
    found = [
        (row, day) for row in rows if row.activity.takes_place for day in days_of(row.activity) if today <= day <= edge
    ]
    return sorted(found, key=lambda one: (one[1], str(one[0].activity.starts_at_time or ""), one[0].activity.slug))


def listed(admission: Admission, user: Any) -> Any:
    """Whom the list of this user holds: of a role limited to a region its own people alone."""
    rows = admission.registrations.visible_to(user).filter(state__in=_SHOWN)  # type: ignore[attr-defined]
    return rows.select_related("person", "region").order_by("number")


def day_list(*, admission: Admission, day: dt.date, user: Any, now: dt.datetime) -> dict[str, Any]:
    """What a phone needs to check people in without a network, and no more: number, spellings, region, state, mark.

    "in" is when somebody was checked in before, by whichever phone. Raises NotThatDay. Use `hand_out` to give it away.
    """
    activity = admission.activity
    _check_day(activity, day)
    came = earliest(admission, day)
    people = [
        {
            "id": str(row.pk), "number": row.number, "name": list(dict.fromkeys(row.person.name.values())),
            "region": str(row.region.name) if row.region else "", "state": row.state, "mark": mark(code(row)),
            "in": came[row.pk].isoformat() if row.pk in came else "",
        }
        for row in listed(admission, user)
    ]  # fmt: skip
    return {
        "activity": str(admission.pk), "title": str(activity.title), "day": day.isoformat(), "people": people,
        "zone": zone_of(activity).key, "taken_at": now.isoformat(), "expires_at": expires_at(activity, day).isoformat(),
    }  # fmt: skip


def earliest(admission: Admission, day: dt.date) -> dict[uuid.UUID, dt.datetime]:
    """When each person who counts came first, by registration."""
    rows = Arrival.objects.filter(admission=admission, day=day, state=Arrival.State.COUNTED).order_by("-at")
    return {one: at for one, at in rows.values_list("registration", "at") if one}


@transaction.atomic
def hand_out(*, admission: Admission, day: dt.date, by: Any, now: dt.datetime) -> dict[str, Any]:
    """The list for a phone; the journal says who took it and how many were on it. Raises NotThatDay, Refused after the day."""
    if now >= expires_at(admission.activity, day):
        raise NotThatDay(_("The list of %(day)s was to be used on its day alone. What came in is at the desk.") % {"day": day.isoformat()})  # fmt: skip
    if day > now.astimezone(zone_of(admission.activity)).date() + dt.timedelta(days=DAYS_BEFORE):
        raise NotThatDay(_("The list of %(day)s can be taken from %(days)s days before on, so that it is fresh.") % {"day": day.isoformat(), "days": DAYS_BEFORE})  # fmt: skip
    found = day_list(admission=admission, day=day, user=by, now=now)
    changes = {"day": [None, day.isoformat()], "people": [None, len(found["people"])]}
    journal.record("participation.hand_out_list", admission, by=by, now=now, changes=changes)
    return found


# --- Checking in ----------------------------------------------------------------------------------------------------


@transaction.atomic
def check_in(
    *, registration: Registration, day: dt.date, at: dt.datetime, by: Any, now: dt.datetime,
    device: uuid.UUID | None = None, arrival_id: uuid.UUID | None = None,
) -> Arrival:  # fmt: skip
    """Somebody who is registered is here. Without a place it waits for the desk, counted apart; online twice is once.

    at          when it was, by our clock
    arrival_id  the id of a phone's item; each makes its own row
    Raises NotThatDay.
    """
    admission = registration.admission
    _check_day(admission.activity, day)
    Registration.objects.select_for_update().only("pk").get(pk=registration.pk)
    row = Registration.objects.select_related("admission__activity__programme", "person").get(pk=registration.pk)
    before = Arrival.objects.filter(registration=row, day=day)
    if arrival_id is None:
        twice = before.filter(state__in=[Arrival.State.COUNTED, Arrival.State.TO_DECIDE]).order_by("at").first()
        if twice is not None:
            return twice
    why = _why(row, before, at)
    arrival = Arrival(
        pk=arrival_id or uuid.uuid4(), admission=admission, registration=row, day=day, at=at, why=why, device=device,
        by_id=journal.actor(by).id, recorded_at=now,
        state=Arrival.State.TO_DECIDE if why else Arrival.State.COUNTED,
    )  # fmt: skip
    arrival.save(force_insert=True)
    _count(row, day, by=by, now=now)
    changes = {"state": [None, str(arrival.state)], "at": [None, at.isoformat()]}
    journal.record("participation.check_in", arrival, by=by, now=now, changes=changes)
    return arrival


def _why(row: Registration, before: Any, at: dt.datetime) -> Arrival.Why:
    if row.state == Registration.State.WAITING:
        return Arrival.Why.WAITING
    if row.state != Registration.State.CONFIRMED:
        return Arrival.Why.NO_PLACE
    # A phone that was without a network does not bring back what the desk took away in the meantime.
    if before.filter(state=Arrival.State.UNDONE, decided_at__gte=at).exists():
        return Arrival.Why.UNDONE
    return Arrival.Why.LISTED


@transaction.atomic
def walk_in(
    *, admission: Admission, day: dt.date, at: dt.datetime, name: str, organisation_name: str, by: Any, now: dt.datetime,
    device: uuid.UUID | None = None, arrival_id: uuid.UUID | None = None,
) -> Arrival:  # fmt: skip
    """Somebody who is not on the list is here: counted apart until the desk decides. Raises NoName, NotThatDay, Refused."""
    _check_day(admission.activity, day)
    name, organisation_name = clean_name(name), clean_name(organisation_name)[:200]
    if not any(char.isalpha() for char in name):
        raise NoName(_("Write the name of whoever came, so that the desk can find them."))
    arrival = Arrival(
        pk=arrival_id or uuid.uuid4(), admission=admission, day=day, at=at, name=name[:120], device=device,
        organisation_name=organisation_name, why=Arrival.Why.UNLISTED, state=Arrival.State.TO_DECIDE,
        by_id=journal.actor(by).id, recorded_at=now,
    )  # fmt: skip
    arrival.save(force_insert=True)
    journal.record("participation.walk_in", arrival, by=by, now=now, changes={"state": [None, str(arrival.state)]})
    return arrival


def _count(row: Registration, day: dt.date, *, by: Any, now: dt.datetime) -> None:
    """Make the attendance from the earliest arrival that counts; where none is left there is no attendance."""
    arrivals = Arrival.objects.filter(registration=row, day=day, state=Arrival.State.COUNTED).order_by("at", "pk")
    first = arrivals.first()
    if first is None:
        Attendance.objects.filter(registration=row, day=day, how=Attendance.How.CHECK_IN).delete()
    else:
        minutes, intervals = _presence(row.admission.activity, day, first)
        values = {"minutes": minutes, "intervals": intervals, "evidence_id": first.pk, "recorded_at": now}
        Attendance.objects.update_or_create(registration=row, day=day, how=Attendance.How.CHECK_IN, defaults=values)
    fresh = Registration.objects.select_related("admission__activity").get(pk=row.pk)
    attendance.settle_one(fresh, by=by, now=now)


def _presence(activity: Activity, day: dt.date, first: Arrival) -> tuple[int, list[Any]]:
    hours = hours_of(activity, day)
    if hours is None:
        return 0, []
    start, end = max(first.at, hours[0]), hours[1]
    if start >= end:
        return 0, []
    return int((end - start).total_seconds() // 60), [[start.isoformat(), end.isoformat(), str(first.pk)]]


@transaction.atomic
def recount(*, admission: Admission, by: Any, now: dt.datetime) -> int:
    """Count the minutes anew after hours were written down or changed, and settle who was there: who did not come was not.

    To be done when the day is over. Returns how many attendances differ.
    """
    number = 0
    shown = Attendance.objects.filter(registration__admission=admission, how=Attendance.How.CHECK_IN)
    firsts: dict[Any, Arrival] = {
        one.pk: one for one in Arrival.objects.filter(admission=admission, state=Arrival.State.COUNTED)
    }
    for one in shown:
        first = firsts.get(one.evidence_id)
        if first is None:
            continue
        minutes, intervals = _presence(admission.activity, one.day, first)
        if (minutes, intervals) != (one.minutes, one.intervals):
            one.minutes, one.intervals, one.recorded_at = minutes, intervals, now
            one.save(update_fields=["minutes", "intervals", "recorded_at"])
            number += 1
    if number:
        journal.record("participation.recount", admission, by=by, now=now, changes={"attendances": [None, number]})
    attendance.settle(admission, by=by, now=now)
    return number


# --- Undoing and deciding -------------------------------------------------------------------------------------------


def _reason(because: str) -> str:
    because = " ".join(because.split())[:300]
    if not because:
        raise NoReason(_("Write why, in a few words: whoever asks later finds it."))
    return because


@transaction.atomic
def undo(*, registration: Registration, day: dt.date, because: str, by: Any, now: dt.datetime) -> int:
    """At the desk: this person was not there after all, whatever the phones say. Returns how many rows it ends."""
    because = _reason(because)
    Registration.objects.select_for_update().only("pk").get(pk=registration.pk)
    rows = list(Arrival.objects.filter(registration=registration, day=day, state=Arrival.State.COUNTED))
    if not rows:
        raise NothingToUndo(_("Nobody is checked in there; perhaps it was undone before."))
    _end(rows, Arrival.State.UNDONE, because, by=by, now=now)
    return len(rows)


@transaction.atomic
def take_back(*, arrival: Arrival, because: str, by: Any, now: dt.datetime) -> Arrival:
    """At the door: the wrong button. What another phone saw stays. Twice changes nothing."""
    because = _reason(because)
    if arrival.registration_id:
        Registration.objects.select_for_update().only("pk").get(pk=arrival.registration_id)
    row = Arrival.objects.select_related("registration", "admission__activity__programme").get(pk=arrival.pk)
    if row.state in (Arrival.State.COUNTED, Arrival.State.TO_DECIDE):
        _end([row], Arrival.State.TAKEN_BACK, because, by=by, now=now)
    return row


def _end(rows: Iterable[Arrival], state: Arrival.State, because: str, *, by: Any, now: dt.datetime) -> None:
    """Counted no more. The reason stays beside the names, not in the journal."""
    for row in rows:
        before = row.state
        row.state, row.because, row.decided_at, row.decided_by = state, because, now, journal.actor(by).id
        row.save(update_fields=["state", "because", "decided_at", "decided_by"])
        if row.registration:
            _count(row.registration, row.day, by=by, now=now)
        changes = {"state": [str(before), str(state)]}
        journal.record("participation.undo_check_in", row, by=by, now=now, changes=changes)


@transaction.atomic
def decide(
    *, arrival: Arrival, registration: Registration | None, because: str, by: Any, now: dt.datetime
) -> Arrival:  # fmt: skip
    """The desk on somebody who was not on the list or had no place: counted as this registration, or not counted.

    registration  None: not counted, which needs a reason. Raises Decided, NoReason, NotOnYourList.
    """
    Arrival.objects.select_for_update().only("pk").get(pk=arrival.pk)
    row = Arrival.objects.select_related("registration", "admission__activity__programme").get(pk=arrival.pk)
    if row.state != Arrival.State.TO_DECIDE:
        raise Decided(_("Somebody decided on this before: %(state)s.") % {"state": row.get_state_display()})
    # Two phones may have noted the same person: one decision is for both.
    rows = [row]
    if row.registration_id:
        same = Arrival.objects.select_related("registration", "admission__activity__programme")
        rows = list(same.filter(registration=row.registration_id, day=row.day, state=Arrival.State.TO_DECIDE))
    if registration is None:
        _end(rows, Arrival.State.NOT_COUNTED, _reason(because), by=by, now=now)
        return next(one for one in rows if one.pk == row.pk)
    if registration.admission_id != row.admission_id:
        raise NotOnYourList(_("This registration is for another activity."))
    Registration.objects.select_for_update().only("pk").get(pk=registration.pk)
    for one in rows:
        one.registration, one.state = registration, Arrival.State.COUNTED
        one.decided_at, one.decided_by, one.because = now, journal.actor(by).id, " ".join(because.split())[:300]
        one.save(update_fields=["registration", "state", "decided_at", "decided_by", "because"])
        journal.record("participation.decide_arrival", one, by=by, now=now, changes={"state": ["decide", "counted"]})
    _count(registration, row.day, by=by, now=now)
    return next(one for one in rows if one.pk == row.pk)


@transaction.atomic
def enrol(*, arrival: Arrival, applicant: applicants.Applicant, by: Any, now: dt.datetime) -> Arrival:
    """Register somebody who came without being on the list, by the rules of all others, and count them.

    Where no place is left the registration waits, and the attendance counts all the same: they were there.
    Raises what `registration.register` raises.
    """
    if arrival.state != Arrival.State.TO_DECIDE or arrival.registration_id:
        raise Decided(_("Somebody decided on this before: %(state)s.") % {"state": arrival.get_state_display()})
    row = registrations.register(
        admission=arrival.admission, applicant=applicant, how=Registration.How.DESK, by=by, now=now
    )
    return decide(arrival=arrival, registration=row, because="", by=by, now=now)
