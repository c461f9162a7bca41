"""Checking in: somebody on the list came, or somebody came for a guest, or somebody who is not on it; undoing, deciding.

Each check-in is a row of its own (`Arrival`). The attendance of who registered is made from the earliest that counts; of a guest
the arrival itself is what shows it. So two phones that check in one person leave two rows with their receipts, and the person
counts once, from the earlier time.

Minutes run from the arrival, or from the beginning if that is later, to the end: of the activity's hours, else of its agenda. An
end that nobody wrote down is not guessed: there are no minutes then, the desk says so, and `recount` counts them when it
is known.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.core.language import clean_name, fold
from tansiq.participation import applicants, attendance, guests
from tansiq.participation import registration as registrations
from tansiq.participation.daylist import NotOnYourList, check_day, hours_of
from tansiq.participation.models import Arrival, Attendance, Invitation, Registration
from tansiq.programme.models import Activity

Who = Registration | Invitation
State, Why = Arrival.State, Arrival.Why
# These count at once; of the others the desk decides. A guest is never sent away from the door.
_COUNTS = (Why.LISTED, Why.DECLINED)


class NothingToUndo(Refused):
    """Nobody is checked in there."""


class NoReason(Refused):
    """It is done only with a reason."""


class NoName(Refused):
    """Whoever is not on the list, or comes for a guest, needs a name to be found by."""


class Decided(Refused):
    """Somebody decided on it before."""


# --- Checking in ----------------------------------------------------------------------------------------------------


@transaction.atomic
def check_in(
    *, who: Who, day: dt.date, at: dt.datetime, by: Any, now: dt.datetime, device: uuid.UUID | None = None,
    arrival_id: uuid.UUID | None = None, representative: str = "", function: str = "",
) -> Arrival:  # fmt: skip
    """Somebody on the list is here, or whoever represents a guest. Without a place it waits for the desk; online twice is once.

    at          when it was, by our clock
    arrival_id  the id of a phone's item; each makes its own row
    representative, function  of the one who came in the place of a guest; "" where the guest came in person
    Raises NotThatDay, NoName.
    """
    activity = who.activity if isinstance(who, Invitation) else who.admission.activity
    check_day(activity, day)
    name, function = clean_name(representative)[:120], clean_name(function)[:200]
    if name and not (isinstance(who, Invitation) and any(char.isalpha() for char in name)):
        raise NoName(_("Write the name of the one person who came for the guest."))
    row = _locked(who)
    before = Arrival.objects.of(row).filter(day=day)
    if arrival_id is None:
        for twice in before.filter(state__in=[State.COUNTED, State.TO_DECIDE]).order_by("at"):
            if fold(twice.name) == fold(name):
                return twice
    why = _why(row, before, at, name)
    arrival = Arrival(
        pk=arrival_id or uuid.uuid4(), activity=activity, day=day, at=at, why=why, device=device,
        name=name, function=function if name else "", by_id=journal.actor(by).id, recorded_at=now,
        state=State.COUNTED if why in _COUNTS else State.TO_DECIDE, **_on_list(row),
    )  # fmt: skip
    arrival.save(force_insert=True)
    _count(row, day, by=by, now=now)
    changes = {"state": [None, str(arrival.state)], "at": [None, at.isoformat()]}
    journal.record("participation.check_in", arrival, by=by, now=now, changes=changes)
    return arrival


def _on_list(who: Who) -> dict[str, Any]:
    return {"registration": who} if isinstance(who, Registration) else {"invitation": who}


def _locked(who: Who) -> Who:
    """The row as it stands, ours until the transaction ends."""
    if isinstance(who, Invitation):
        return guests.locked(who)
    Registration.objects.select_for_update().only("pk").get(pk=who.pk)
    return Registration.objects.select_related("admission__activity__programme", "person").get(pk=who.pk)


def _why(row: Who, before: Any, at: dt.datetime, name: str) -> Arrival.Why:
    if isinstance(row, Registration):
        if row.state == Registration.State.WAITING:
            return Why.WAITING
        if row.state != Registration.State.CONFIRMED:
            return Why.NO_PLACE
    elif row.state == Invitation.State.WITHDRAWN:
        return Why.WITHDRAWN
    # A phone that was without a network does not bring back what the desk took away in the meantime.
    if before.filter(state=State.UNDONE, decided_at__gte=at).exists():
        return Why.UNDONE
    if isinstance(row, Invitation):
        # Two doors that saw two people for one guest: one of them is mistaken, and only a person knows which.
        if any(fold(one) != fold(name) for one in before.filter(state=State.COUNTED).values_list("name", flat=True)):
            return Why.DIFFERS
        if row.state == Invitation.State.DECLINED:
            return Why.DECLINED
    return Why.LISTED


@transaction.atomic
def walk_in(
    *, activity: Activity, day: dt.date, at: dt.datetime, name: str, organisation_name: str, by: Any, now: dt.datetime,
    device: uuid.UUID | None = None, arrival_id: uuid.UUID | None = None,
) -> Arrival:  # fmt: skip
    """Somebody who is not on the list is here: counted apart until the desk decides. Raises NoName, NotThatDay, Refused."""
    check_day(activity, day)
    name, organisation_name = clean_name(name), clean_name(organisation_name)[:200]
    if not any(char.isalpha() for char in name):
        raise NoName(_("Write the name of whoever came, so that the desk can find them."))
    arrival = Arrival(
        pk=arrival_id or uuid.uuid4(), activity=activity, day=day, at=at, name=name[:120], device=device,
        organisation_name=organisation_name, why=Why.UNLISTED, state=State.TO_DECIDE,
        by_id=journal.actor(by).id, recorded_at=now,
    )  # fmt: skip
    arrival.save(force_insert=True)
    journal.record("participation.walk_in", arrival, by=by, now=now, changes={"state": [None, str(arrival.state)]})
    return arrival


def _count(row: Who, day: dt.date, *, by: Any, now: dt.datetime) -> None:
    """Make the attendance from the earliest arrival that counts; where none is left there is no attendance.

    A guest has no minutes and gets no certificate: that the arrival counts is all.
    """
    if isinstance(row, Invitation):
        return
    arrivals = Arrival.objects.filter(registration=row, day=day, state=State.COUNTED).order_by("at", "pk")
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
def recount(*, activity: Activity, by: Any, now: dt.datetime) -> int:
    """Count the minutes anew after hours were written down or changed, and settle who was there: who did not come was not.

    To be done when the day is over. Returns how many attendances differ.
    """
    number, admission = 0, getattr(activity, "admission", None)
    if admission is None:
        return 0
    shown = Attendance.objects.filter(registration__admission=admission, how=Attendance.How.CHECK_IN)
    firsts: dict[Any, Arrival] = {one.pk: one for one in Arrival.objects.filter(activity=activity, state=State.COUNTED)}
    for one in shown:
        first = firsts.get(one.evidence_id)
        if first is None:
            continue
        minutes, intervals = _presence(activity, one.day, first)
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
def undo(*, who: Who, day: dt.date, because: str, by: Any, now: dt.datetime) -> int:
    """At the desk: this person was not there after all, whatever the phones say. Returns how many rows it ends."""
    because = _reason(because)
    rows = list(Arrival.objects.of(_locked(who)).filter(day=day, state=State.COUNTED))
    if not rows:
        raise NothingToUndo(_("Nobody is checked in there; perhaps it was undone before."))
    _end(rows, State.UNDONE, because, by=by, now=now)
    return len(rows)


@transaction.atomic
def take_back(*, arrival: Arrival, because: str, by: Any, now: dt.datetime) -> Arrival:
    """At the door: the wrong button. What another phone saw stays. Twice changes nothing."""
    because = _reason(because)
    if arrival.who:
        _locked(arrival.who)
    row = _WHOLE.get(pk=arrival.pk)
    if row.state in (State.COUNTED, State.TO_DECIDE):
        _end([row], State.TAKEN_BACK, because, by=by, now=now)
    return row


def _end(rows: Iterable[Arrival], state: Arrival.State, because: str, *, by: Any, now: dt.datetime) -> None:
    """Counted no more. The reason stays beside the names, not in the journal."""
    for row in rows:
        before = row.state
        row.state, row.because, row.decided_at, row.decided_by = state, because, now, journal.actor(by).id
        row.save(update_fields=["state", "because", "decided_at", "decided_by"])
        if row.who:
            _count(row.who, row.day, by=by, now=now)
        changes = {"state": [str(before), str(state)]}
        journal.record("participation.undo_check_in", row, by=by, now=now, changes=changes)


@transaction.atomic
def decide(
    *, arrival: Arrival, who: Who | None, because: str, by: Any, now: dt.datetime, in_person: bool = True
) -> Arrival:
    """The desk on somebody who was not on the list, had no place, or was noted differently: counted as this one, or not.

    who        None: not counted, which needs a reason. Of two who were noted for one guest the one that is counted stands.
    in_person  False: somebody who was not on the list came in the place of this guest
    Raises Decided, NoReason, NotOnYourList.
    """
    Arrival.objects.select_for_update().only("pk").get(pk=arrival.pk)
    row = _WHOLE.get(pk=arrival.pk)
    if row.state != State.TO_DECIDE:
        raise Decided(_("Somebody decided on this before: %(state)s.") % {"state": row.get_state_display()})
    # Two phones may have noted the same person: one decision is for both.
    rows = [row]
    if row.who:
        pending = _WHOLE.of(row.who).filter(day=row.day, state=State.TO_DECIDE)
        rows = [one for one in pending if fold(one.name) == fold(row.name)]
    if who is None:
        _end(rows, State.NOT_COUNTED, _reason(because), by=by, now=now)
        return next(one for one in rows if one.pk == row.pk)
    if _activity_id(who) != row.activity_id:
        raise NotOnYourList(_("This one is on the list of another activity."))
    who = _locked(who)
    if isinstance(who, Invitation) and row.invitation_id:
        others = _WHOLE.of(who).filter(day=row.day, state=State.COUNTED)
        others = [one for one in others if fold(one.name) != fold(row.name)]
        _end(others, State.NOT_COUNTED, _("Another entry for this guest was counted."), by=by, now=now)
    for one in rows:
        one.registration, one.invitation = _on_list(who).get("registration"), _on_list(who).get("invitation")
        if isinstance(who, Invitation) and row.why == Why.UNLISTED and in_person:
            one.name = ""
        one.state, one.decided_at, one.decided_by = State.COUNTED, now, journal.actor(by).id
        one.because = " ".join(because.split())[:300]
        one.save(update_fields=["registration", "invitation", "name", "state", "decided_at", "decided_by", "because"])
        journal.record("participation.decide_arrival", one, by=by, now=now, changes={"state": ["decide", "counted"]})
    _count(who, row.day, by=by, now=now)
    return next(one for one in rows if one.pk == row.pk)


_WHOLE = Arrival.objects.select_related("registration", "invitation", "activity__programme")


def _activity_id(who: Who) -> Any:
    return who.activity_id if isinstance(who, Invitation) else who.admission.activity_id


@transaction.atomic
def enrol(*, arrival: Arrival, applicant: applicants.Applicant, by: Any, now: dt.datetime) -> Arrival:
    """Register somebody who came without being on the list, by the rules of all others, and count them.

    Where no place is left the registration waits, and the attendance counts all the same: they were there.
    Raises what `registration.register` raises.
    """
    _refuse_decided(arrival)
    admission = getattr(arrival.activity, "admission", None)
    if admission is None:
        raise NotOnYourList(_("Nobody registers for this activity: it has guests alone."))
    row = registrations.register(admission=admission, applicant=applicant, how=Registration.How.DESK, by=by, now=now)
    return decide(arrival=arrival, who=row, because="", by=by, now=now)


@transaction.atomic
def receive(*, arrival: Arrival, guest: guests.Guest, by: Any, now: dt.datetime) -> Arrival:
    """Put somebody who came without being on the list among the guests, and count them. Raises what `guests.add` raises."""
    _refuse_decided(arrival)
    row = guests.add(activity=arrival.activity, guest=guest, by=by, now=now)
    return decide(arrival=arrival, who=row, because="", by=by, now=now)


def _refuse_decided(arrival: Arrival) -> None:
    if arrival.state != State.TO_DECIDE or arrival.who_id:
        raise Decided(_("Somebody decided on this before: %(state)s.") % {"state": arrival.get_state_display()})
