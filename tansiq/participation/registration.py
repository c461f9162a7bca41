"""Registrations: by the public form, at the desk, from a file or from a nomination, all by the same rules.

A place is taken by `places.take`; who gets none stands on the waiting list with the reason. What is said to a stranger is
the same whether an address is known here or not: the answer goes to the mailbox.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Min, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.core import journal, publication
from tansiq.core.errors import Refused
from tansiq.core.language import fold
from tansiq.core.localized import Localized
from tansiq.participation import places
from tansiq.participation.applicants import Applicant, Given, Unfit, clean
from tansiq.participation.models import Admission, Quota, Registration
from tansiq.participation.places import HELD_MINUTES
from tansiq.participation.registrationmails import facts_of, write_to
from tansiq.people.models import Person, Region

VISITOR = journal.Actor("visitor")


class Closed(Refused):
    """Registration is not open."""


class TooMany(Refused):
    """Too many places are held for one network."""


class AlreadyRegistered(Refused):
    """There is a registration with this address; carries `registration`."""


class NotSoFar(Refused):
    """The registration is not in a state in which this can be done."""


# --- Registering ----------------------------------------------------------------------------------------------------


def register(
    *, admission: Admission, applicant: Applicant, how: str, by: Any, now: dt.datetime, is_verified: bool = True,
    regions: Iterable[str] | None = None, origin: str = "",
) -> Registration:  # fmt: skip
    """Take a place for somebody, or a turn on the waiting list, and mail what came of it where there is an address.

    is_verified  False: the place is held for HELD_MINUTES until the link in the mail is opened
    regions      codes that may be chosen; read where not given
    origin       whatever tells one network from another, such as the client's address: only a digest of it is kept, and
                 only while the place is held
    Raises TooMany, Unfit, Closed, AlreadyRegistered. By the desk or a file the registration need not be open to the public.
    """
    is_public = how == Registration.How.FORM
    if (is_public and not admission.is_public) or (is_public and not admission.is_open(now)):
        raise Closed(_("Registration for this activity is not open."))
    quotas = list(admission.quotas.all())
    has_regions = any(one.dimension == Quota.Dimension.REGION for one in quotas)
    known = set(regions if regions is not None else Region.objects.values_list("code", flat=True))
    if not has_regions and not applicant.region:
        known = set()
    given = clean(admission, applicant, regions=known, needs_address=is_public)
    if given.faults:
        raise Unfit(" ".join(given.faults.values()), faults=given.faults)
    if not is_verified:
        origin = _origin(origin)
        held = Registration.objects.filter(state=Registration.State.UNVERIFIED, origin=origin, held_until__gt=now)
        if held.count() >= settings.TANSIQ_HELD_AT_ONCE:
            raise TooMany(_("From your network several places are held that nobody has confirmed yet. Open the links in those mails, or try again in half an hour."))  # fmt: skip
    try:
        with transaction.atomic():
            return _register(
                admission, quotas, applicant, given, how, "" if is_verified else origin, is_verified, by=by, now=now
            )
    except IntegrityError:
        # The constraint found the address: of two at once one is first, and the other is told here.
        found = find_by_address(admission, given.values["address"])
        if found is None:
            raise
        raise AlreadyRegistered(
            _("There is a registration with the address %(address)s already: number %(number)s.")
            % {"address": given.values["address"], "number": found.number},
            registration=found,
        ) from None


def _origin(given: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), b"tansiq.origin" + given.encode(), hashlib.sha256).hexdigest()[:32]


def find_by_address(admission: Admission, address: str) -> Registration | None:
    """The registration that counts of an e-mail address, however its letters are written."""
    rows = admission.registrations.exclude(state__in=Registration.OVER).exclude(address_key="")
    return rows.filter(address_key=address.strip().lower()).select_related("person").first()


def _register(
    admission: Admission, quotas: list[Quota], applicant: Applicant, given: Given, how: str, origin: str,
    is_verified: bool, *, by: Any, now: dt.datetime,
) -> Registration:  # fmt: skip
    address = given.values["address"]
    row = Registration(
        admission=admission, address_key=address, region_id=applicant.region or None, profession=applicant.profession,
        organisation=applicant.organisation, organisation_name=given.values["organisation_name"], sex=applicant.sex,
        language=applicant.language or settings.LANGUAGE_CODE, how=how, made_at=now, told=facts_of(admission.activity),
    )  # fmt: skip
    row.person = _person(given.name, address, applicant.telephone)
    if admission.needs_approval:
        places.number_only(admission)
        row.state = Registration.State.APPLIED
    else:
        mine = places.own(quotas, places.keys_of(row))
        full = places.take(admission, mine)
        row.has_place = full is None
        row.state = Registration.State.WAITING if full else Registration.State.CONFIRMED
        row.reason = full.data() if full else {"why": "placed"}
        row.placed_at = None if full else now
    if not is_verified:
        row.reason["then"] = row.state
        row.state, row.held_until = Registration.State.UNVERIFIED, now + dt.timedelta(minutes=HELD_MINUTES)
        row.origin = origin
    # The lock of the activity's row is ours since its counter was raised: what is read here is our own number.
    row.number = Admission.objects.values_list("arrivals", flat=True).get(pk=admission.pk)
    row.save(force_insert=True)
    changes = {"state": [None, str(row.state)], "how": [None, how]}
    journal.record("participation.register", row, by=by, now=now, changes=changes)
    if row.state == Registration.State.WAITING and admission.left and admission.moves_unused(timezone.localdate(now)):
        _fill(admission, by=by, now=now)
        row.refresh_from_db()
    write_to(row, now=now)
    return row


def _person(name: Localized, address: str, telephone: str) -> Person:
    """The person that we know by this address and name, else a new one; an address alone is no person."""
    wanted = {fold(spelling) for spelling in name.values()}
    for known in Person.objects.filter(email=address) if address else []:
        if wanted & {fold(spelling) for spelling in known.name.values()}:
            return known
    person = Person(name=name, reference_language=next(iter(name)), email=address, telephone=telephone)
    person.save(force_insert=True)
    return person


# --- What becomes of it ---------------------------------------------------------------------------------------------


@transaction.atomic
def confirm_address(*, registration: Registration, now: dt.datetime) -> Registration:
    """The link in the mail was opened in time: what was held is theirs. Twice changes nothing.

    Raises NotSoFar when the half hour is over: register again.
    """
    admission, _quotas = places.lock(registration.admission)
    row = _locked(registration)
    if row.state == Registration.State.EXPIRED or (row.held_until and row.held_until <= now):
        raise NotSoFar(_("This link was to be opened within %(minutes)s minutes. The place went to somebody else; register again, it takes a minute.") % {"minutes": HELD_MINUTES})  # fmt: skip
    if row.state != Registration.State.UNVERIFIED:
        return row
    row.state, row.held_until, row.origin = row.reason.pop("then"), None, ""
    row.save(update_fields=["state", "held_until", "origin", "reason"])
    journal.record(
        "participation.confirm_address", row, by=VISITOR, now=now, changes={"state": ["unverified", row.state]}
    )
    write_to(row, now=now)
    if row.state == Registration.State.WAITING:  # a place may have become free in that half hour
        _fill(admission, by=journal.SCHEDULE, now=now)
        row.refresh_from_db()
    return row


@transaction.atomic
def cancel(*, registration: Registration, by: Any, now: dt.datetime) -> Registration:
    """Give the place, or the turn, back; who waits moves up in the same transaction. Twice changes nothing."""
    return _end(registration, Registration.State.CANCELLED, by=by, now=now)


@transaction.atomic
def decline(*, registration: Registration, by: Any, now: dt.datetime) -> Registration:
    """The secretariat does not accept somebody. Twice changes nothing."""
    return _end(registration, Registration.State.DECLINED, by=by, now=now)


def _end(registration: Registration, state: Registration.State, *, by: Any, now: dt.datetime) -> Registration:
    # Quotas and activity first, as everywhere: then the row that only we may change now.
    admission, quotas = places.lock(registration.admission)
    row = _locked(registration)
    if row.is_over:
        return row
    before, had_place = row.state, row.has_place
    row.state, row.has_place, row.held_until, row.placed_at, row.origin = state, False, None, None, ""
    row.save(update_fields=["state", "has_place", "held_until", "placed_at", "origin"])
    journal.record(f"participation.{state}", row, by=by, now=now, changes={"state": [before, state.value]})
    if had_place:
        places.give_back(admission, places.own(quotas, places.keys_of(row)))
        _fill(admission, by=by, now=now)
    if state != Registration.State.EXPIRED:
        write_to(row, now=now)
    return row


def replace(*, registration: Registration, applicant: Applicant, by: Any, now: dt.datetime) -> Registration:
    """Put somebody in the place, or the turn, of another: it goes over in one transaction, past the waiting list.

    Where the new one counts under other quotas (another region), the old place is given back, the new one takes one
    there or waits, and only then those who wait are asked. Raises NotSoFar, Unfit, AlreadyRegistered.
    """
    try:
        with transaction.atomic():
            return _replace(registration, applicant, by=by, now=now)
    except IntegrityError:
        found = find_by_address(registration.admission, applicant.email)
        if found is None:
            raise
        raise AlreadyRegistered(
            _("There is a registration with the address %(address)s already: number %(number)s.")
            % {"address": found.address_key, "number": found.number},
            registration=found,
        ) from None


def _replace(registration: Registration, applicant: Applicant, *, by: Any, now: dt.datetime) -> Registration:
    State = Registration.State
    admission, quotas = places.lock(registration.admission)
    old = _locked(registration)
    if old.is_over or old.state == State.UNVERIFIED:
        raise NotSoFar(_("This registration is “%(state)s”: nobody can take its place.") % {"state": old.get_state_display()})  # fmt: skip
    regions = set(Region.objects.values_list("code", flat=True)) if applicant.region or old.region_id else set()
    given = clean(admission, applicant, regions=regions)
    if given.faults:
        raise Unfit(" ".join(given.faults.values()), faults=given.faults)
    new = Registration(
        admission=admission, address_key=given.values["address"], region_id=applicant.region or None,
        profession=applicant.profession, organisation=applicant.organisation,
        organisation_name=given.values["organisation_name"], sex=applicant.sex,
        language=applicant.language or old.language, how=old.how, made_at=now, state=old.state, has_place=old.has_place,
        reason=dict(old.reason), placed_at=now if old.has_place else None,
    )  # fmt: skip
    before, had_place = old.state, old.has_place
    mine, theirs = places.own(quotas, places.keys_of(old)), places.own(quotas, places.keys_of(new))
    old.state, old.has_place, old.placed_at = State.CANCELLED, False, None
    is_moved = mine != theirs and before != State.APPLIED
    full = None
    if is_moved:
        if had_place:
            places.give_back(admission, mine)
        full = places.take(admission, theirs)
        new.has_place, new.state = full is None, State.WAITING if full else State.CONFIRMED
        new.reason, new.placed_at = full.data() if full else {"why": "placed"}, None if full else now
    else:
        places.number_only(admission)
    number = Admission.objects.values_list("arrivals", flat=True).get(pk=admission.pk)
    if not is_moved and had_place:
        new.reason = {"why": "replaced"}
    elif not is_moved:  # the turn goes over, too
        number, old.number = old.number, number
    old.save(update_fields=["state", "has_place", "placed_at", "number"])
    new.number, new.person = number, _person(given.name, given.values["address"], applicant.telephone)
    new.save(force_insert=True)
    changes: dict[str, Any] = {"state": [before, "cancelled"], "by": [None, str(new.pk)]}
    journal.record("participation.replace", old, by=by, now=now, changes=changes)
    changes = {"state": [None, str(new.state)], "how": [None, new.how]}
    journal.record("participation.register", new, by=by, now=now, changes=changes)
    write_to(old, now=now)
    write_to(new, now=now)
    if is_moved and (had_place or full):
        _fill(admission, by=by, now=now)
        new.refresh_from_db()
    return new


@transaction.atomic
def accept(*, registration: Registration, by: Any, now: dt.datetime) -> Registration:
    """The secretariat accepts somebody who applied: a place by the same rule, or the waiting list. Twice changes nothing."""
    _admission, quotas = places.lock(registration.admission)
    row = _locked(registration)
    if row.state != Registration.State.APPLIED:
        return row
    full = places.take(row.admission, places.own(quotas, places.keys_of(row)))
    row.state = Registration.State.WAITING if full else Registration.State.CONFIRMED
    row.has_place, row.placed_at = full is None, None if full else now
    row.reason = full.data() if full else {"why": "placed"}
    row.save(update_fields=["state", "has_place", "placed_at", "reason"])
    journal.record("participation.accept", row, by=by, now=now, changes={"state": ["applied", row.state.value]})
    write_to(row, now=now)
    return row


def fill(*, admission: Admission, by: Any, now: dt.datetime) -> list[Registration]:
    """Give the free places to those who wait, by the published rule; [] when there is nothing to give."""
    with transaction.atomic():
        return _fill(admission, by=by, now=now)


def _fill(admission: Admission, *, by: Any, now: dt.datetime) -> list[Registration]:
    admission, quotas = places.lock(admission)
    placed = places.fill(admission, quotas, today=timezone.localdate(now))
    for one in placed:
        row = one.registration
        row.state, row.has_place, row.placed_at = Registration.State.CONFIRMED, True, now
        row.reason = {**one.reason, "on": timezone.localdate(now).isoformat()}
        row.save(update_fields=["state", "has_place", "placed_at", "reason"])
        row.admission = admission
        changes = {"state": ["waiting", "confirmed"], "why": [None, one.reason["why"]]}
        journal.record("participation.move_up", row, by=by, now=now, changes=changes)
        write_to(row, now=now)
    return [one.registration for one in placed]


def sweep(*, now: dt.datetime) -> int:
    """Places that were held and never confirmed become free, and unused ones move on their day; the schedule calls it."""
    over = Registration.objects.filter(state=Registration.State.UNVERIFIED, held_until__lte=now)
    ended = 0
    for row in over.select_related("admission__activity"):
        with transaction.atomic():
            _end(row, Registration.State.EXPIRED, by=journal.SCHEDULE, now=now)
        ended += 1
    waiting = Registration.objects.filter(state=Registration.State.WAITING).values("admission")
    due = Admission.objects.filter(pk__in=waiting, left__gt=0, unused_from__lte=timezone.localdate(now))
    for admission in due.select_related("activity__programme"):
        fill(admission=admission, by=journal.SCHEDULE, now=now)
    return ended


def _locked(registration: Registration) -> Registration:
    Registration.objects.select_for_update().only("pk").get(pk=registration.pk)
    related = ("admission__activity__programme", "person", "organisation", "region")
    return Registration.objects.select_related(*related).get(pk=registration.pk)


def _next_instant(now: dt.datetime) -> dt.datetime | None:
    """When a form opens or closes next: the pages that link to it change at that instant."""
    edges = Admission.objects.filter(is_public=True).aggregate(
        opens=Min("opens_at", filter=Q(opens_at__gt=now)), closes=Min("closes_at", filter=Q(closes_at__gt=now))
    )
    return min((edge for edge in edges.values() if edge), default=None)


publication.changes_at(_next_instant)
