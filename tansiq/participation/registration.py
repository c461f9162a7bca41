"""Registrations: by the public form, at the desk, from a file or from a nomination, all by the same rules.

A place is taken by `places.take`; who gets none stands on the waiting list with the reason. What is said to a stranger is
the same whether an address is known here or not: the answer goes to the mailbox.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, TimestampSigner
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Min, Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tansiq.coordination import impact
from tansiq.coordination.paper import body_name, in_words
from tansiq.core import journal, outbox, publication
from tansiq.core.errors import Refused
from tansiq.core.exchange import plain
from tansiq.core.language import clean_name, fold, is_in_script, one_of_each_script
from tansiq.core.localized import Localized
from tansiq.participation import places
from tansiq.participation.models import Admission, Quota, Registration, Sex
from tansiq.people.models import Organisation, Person, Region
from tansiq.programme.models import Activity

HELD_MINUTES = 30
LONGEST_NAME = 120
VISITOR = journal.Actor("visitor")


class Unfit(Refused):
    """What was given does not fit; `faults` is {"email": "...", ...}, sentences by field."""


class Closed(Refused):
    """Registration is not open."""


class TooMany(Refused):
    """Too many places are held for one network."""


class AlreadyRegistered(Refused):
    """There is a registration with this address; carries `registration`."""


class NotSoFar(Refused):
    """The registration is not in a state in which this can be done."""


@dataclass(frozen=True)
class Applicant:
    """What somebody gives of himself.

    name  spellings by language, one of each script of the site: {"ar": "...", "fr": "..."}
    region  its code;  profession  an id of the admission's list;  organisation_name  as written
    """

    name: dict[str, str]
    email: str = ""
    region: str = ""
    profession: str = ""
    organisation_name: str = ""
    sex: str = ""
    language: str = ""
    organisation: Organisation | None = None
    telephone: str = ""


def spelling_languages() -> list[str]:
    """The languages whose scripts a name is asked in: Arabic and French in Morocco, English alone in Nigeria."""
    return one_of_each_script(code for code, _name in settings.LANGUAGES)


# --- Proof of work: the reader's machine counts, nobody deciphers letters -------------------------------------------

_SIGNER = TimestampSigner(salt="tansiq.registration.form")
FORM_SECONDS = 4 * 3600


def form_token(admission: Admission) -> str:
    """What a form carries: for which activity it was made, and when. It stands in a page that caches keep for a minute."""
    return _SIGNER.sign(admission.pk.hex)


def is_form_of(admission: Admission, given: str) -> bool:
    try:
        return _SIGNER.unsign(given, max_age=FORM_SECONDS) == admission.pk.hex
    except BadSignature:
        return False


def is_worked(token: str, address: str, work: str) -> bool:
    """Does SHA-256 of "token|address|work" begin with the wanted number of zero bits? One answer serves one address."""
    if not work or len(work) > 20:
        return False
    digest = hashlib.sha256(f"{token}|{address.strip().lower()}|{work}".encode()).digest()
    return int.from_bytes(digest[:4]) >> (32 - settings.TANSIQ_WORK_BITS) == 0


# --- What was given -------------------------------------------------------------------------------------------------


@dataclass
class Given:
    """The cleaned values, and what is wrong by field."""

    name: Localized
    values: dict[str, Any]
    faults: dict[str, str] = field(default_factory=dict)


def clean(admission: Admission, given: Applicant, *, regions: set[str], needs_address: bool = False) -> Given:
    """What somebody gives, cleaned, with `faults` by field; regions {}: none is asked for."""
    found = Given(Localized(), {})
    for language, written in given.name.items():
        if fault := name_fault(written, language, found.name):
            found.faults[f"name_{language}"] = fault
    if not found.name and not any(key.startswith("name_") for key in found.faults):
        found.faults[f"name_{spelling_languages()[0]}"] = _("Write the name.")
    address = given.email.strip()
    if address:
        try:
            validate_email(address)
        except ValidationError:
            found.faults["email"] = _("“%(given)s” is not an e-mail address. Write one such as name@example.org.") % {"given": address[:80]}  # fmt: skip
    elif needs_address:
        found.faults["email"] = _("Write an e-mail address: the answer goes there.")
    if regions and given.region not in regions:
        found.faults["region"] = (
            _("There is no region “%(given)s”. Choose one of the list.") % {"given": given.region[:80]}
            if given.region
            else _("Choose the region.")
        )
    known = {one["id"] for one in admission.professions}
    if known and given.profession not in known:
        found.faults["profession"] = _("Choose the profession.")
    if given.sex and given.sex not in Sex.values:
        found.faults["sex"] = _("Choose one of the list, or leave it open.")
    try:
        found.values["organisation_name"] = clean_name(given.organisation_name)
        if len(found.values["organisation_name"]) > 200:
            found.faults["organisation_name"] = _("At most 200 letters, please.")
    except Refused as refusal:
        found.faults["organisation_name"] = str(refusal)
    found.values["address"] = address.lower()
    return found


def name_fault(written: str, language: str, kept: Localized) -> str:
    """What is wrong with one spelling of a name, in a sentence; "" where it is right, and then it stands in `kept`."""
    try:
        name = clean_name(written)
    except Refused as refusal:
        return str(refusal)
    if not name:
        return ""
    if len(name) > LONGEST_NAME:
        return _("The name has %(count)s letters; at most %(most)s are printed on a certificate. Shorten it.") % {
            "count": len(name), "most": LONGEST_NAME,
        }  # fmt: skip
    if not any(char.isalpha() for char in name):
        return _("“%(given)s” is no name: there is no letter in it.") % {"given": name}
    if not is_in_script(name, language):
        return _("Write this spelling of the name in the letters of this language: %(language)s.") % {
            "language": dict(settings.LANGUAGES).get(language, language)
        }
    kept[language] = name
    return ""


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
    _write_to(row, now=now)
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
    _write_to(row, now=now)
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
        _write_to(row, now=now)
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
    _write_to(old, now=now)
    _write_to(new, now=now)
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
    _write_to(row, now=now)
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
        _write_to(row, now=now)
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


# --- Why it stands as it does ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rank:
    """place  among all who wait for this activity;  in_quota  among those of the same region (or what is full), from 1"""

    place: int
    in_quota: int


def rank(row: Registration) -> Rank:
    """Where somebody stands on the waiting list, by the order of the rule: two counts."""
    waiting = row.admission.registrations.filter(state=Registration.State.WAITING)
    ahead = waiting.filter(number__lt=row.number)
    if Admission.Order.NOMINATED in row.admission.order:
        nominated = Registration.How.NOMINATION
        if row.how == nominated:
            ahead = ahead.filter(how=nominated)
        else:
            ahead = ahead.exclude(how=nominated) | waiting.filter(how=nominated)
    alike = ahead
    dimension, key = row.reason.get("dimension", "total"), row.reason.get("key", "")
    if dimension != "total":
        way = "organisation__slug" if dimension == Quota.Dimension.ORGANISATION else dimension
        if key:
            alike = ahead.filter(**{way: key})
        else:  # what no other quota names
            named = row.admission.quotas.filter(dimension=dimension).exclude(key="").values_list("key", flat=True)
            alike = ahead.exclude(**{f"{way}__in": list(named)})
    return Rank(ahead.count() + 1, alike.count() + 1)


def label_of(admission: Admission, dimension: str, key: str, language: str) -> str:
    """ "Souss-Massa"; what is set aside for all others is "others"."""
    if dimension == Quota.Dimension.REGION and key:
        region = Region.objects.filter(code=key).first()
        return region.name.text(language).value if region else key
    if dimension == Quota.Dimension.PROFESSION and key:
        return admission.profession(key).text(language).value
    if dimension == Quota.Dimension.ORGANISATION and key:
        row = Organisation.objects.filter(slug=key).first()
        return row.name.text(language).value if row else key
    return _("all others")


def explain(row: Registration, language: str, *, found: Rank | None = None) -> str:
    """Why a registration stands as it does, in a sentence for the person."""
    with translation.override(language):
        return _explain(row, language, found)


def _explain(row: Registration, language: str, found: Rank | None) -> str:
    reason, admission = row.reason, row.admission
    State = Registration.State
    if row.state == State.WAITING:
        found = found or rank(row)
        size = reason.get("size", admission.capacity)
        if reason.get("dimension", "total") == "total":
            return _("Full: %(size)s of %(size)s places are taken. You are number %(place)s on the waiting list.") % {
                "size": size, "place": found.place,
            }  # fmt: skip
        where = label_of(admission, reason["dimension"], reason["key"], language)
        if not size:
            text = _("No place is set aside for %(where)s. You are number %(in_quota)s of those who wait for one there (number %(place)s of all who wait).")  # fmt: skip
        else:
            text = _("Full: %(size)s of %(size)s for %(where)s. You are number %(in_quota)s on the waiting list for %(where)s (number %(place)s of all who wait).")  # fmt: skip
        return text % {"size": size, "where": where, "in_quota": found.in_quota, "place": found.place}
    if row.state == State.CONFIRMED:
        day = in_words(reason.get("on"), language) if reason.get("on") else ""
        if reason.get("why") == "replaced":
            return _("You take the place of somebody who cannot come.")
        if reason.get("why") == "own":
            where = label_of(admission, reason["dimension"], reason["key"], language)
            return _("A place for %(where)s became free on %(day)s, and you were next.") % {"where": where, "day": day}
        if reason.get("why") == "moved":
            if not reason.get("dimension"):
                return _("A place became free on %(day)s, and you were next.") % {"day": day}
            where = label_of(admission, reason["dimension"], reason["key"], language)
            text = _("Nobody took a place that was set aside for %(where)s; by the published rule it went to you on %(day)s.")  # fmt: skip
            return text % {"where": where, "day": day}
        return _("There was a free place when you registered.")
    return {
        State.APPLIED: _("The secretariat decides on each registration. You will get a mail."),
        State.UNVERIFIED: _("Open the link in the mail within %(minutes)s minutes: until then the place is only held.") % {"minutes": HELD_MINUTES},
        State.CANCELLED: _("This registration was cancelled."),
        State.DECLINED: _("The secretariat could not accept this registration."),
        State.EXPIRED: _("The link in the mail was not opened in time, and the place went to somebody else."),
    }[State(row.state)]  # fmt: skip


def rule(admission: Admission, language: str) -> list[str]:
    """The rule by which places are given, in sentences: it is published on the form."""
    with translation.override(language):
        lines = [_("Places are given in the order in which people register.")]
        if Admission.Order.NOMINATED in admission.order:
            lines.append(_("Of those who wait, those whom an administration nominated come first."))
        if any(one.key for one in admission.quotas.all()):
            lines.append(_("A place that becomes free goes to the next of the same region or group."))
            if admission.unused_from:
                day = in_words(admission.unused_from, language)
                text = _("From %(day)s on, places that nobody of their region or group took go to those who wait elsewhere.")  # fmt: skip
                lines.append(text % {"day": day})
                if Admission.Order.SHARE in admission.order:
                    lines.append(_("They go first where the smallest part of the region’s own places is taken."))
            else:
                lines.append(_("Places that nobody of their region or group takes stay free."))
        if admission.needs_approval:
            lines.insert(0, _("The secretariat decides on each registration."))
        return lines


# --- The personal link ----------------------------------------------------------------------------------------------


def _mac(row_id: uuid.UUID, version: int) -> bytes:
    message = row_id.bytes + version.to_bytes(2, "big")
    return hmac.new(settings.SECRET_KEY.encode(), b"tansiq.registration" + message, hashlib.sha256).digest()[:16]


def token(row: Registration) -> str:
    """What opens one's own page: made anew from the row and our key, so that a reminder carries the same link."""
    return base64.urlsafe_b64encode(row.pk.bytes + _mac(row.pk, row.link_version)).decode().rstrip("=")


def address_of(row: Registration) -> str:
    return f"{settings.TANSIQ_SITE_URL}/p/{token(row)}/"


def find(text: str) -> Registration | None:
    """The registration behind a personal link; None for anything else, in the same time."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    if len(data) != 32:
        return None
    related = ("admission__activity__programme", "admission__activity__place", "person", "region", "organisation")
    row = Registration.objects.filter(pk=uuid.UUID(bytes=data[:16])).select_related(*related).first()
    if row is None or not hmac.compare_digest(data[16:], _mac(row.pk, row.link_version)):
        return None
    return row


def note_joined(row: Registration, *, now: dt.datetime) -> None:
    """The personal link into the meeting was opened, for the first time."""
    Registration.objects.filter(pk=row.pk, joined_at=None).update(joined_at=now)


# --- Mails ----------------------------------------------------------------------------------------------------------


def _write_to(row: Registration, *, now: dt.datetime) -> None:
    """The mail that says how a registration stands; the same state is told once."""
    if not row.address_key:
        return
    language, activity = row.language, row.admission.activity
    with translation.override(language):
        State = Registration.State
        subject = {
            State.CONFIRMED: _("Your registration: confirmed"), State.WAITING: _("Your registration: waiting list"),
            State.UNVERIFIED: _("Your registration: one step more"), State.APPLIED: _("Your registration was received"),
        }.get(State(row.state), _("Your registration"))  # fmt: skip
        lines = [body_name(language), _about(activity, language), explain(row, language)]
        if row.state not in Registration.OVER:
            words = {
                State.UNVERIFIED: _("Confirm your address by opening this page:"),
                State.CONFIRMED: _("Your own page, with what you need to come and the way to cancel:"),
            }.get(State(row.state), _("Your own page, where you see how it stands and can cancel:"))
            lines.append(f"{words}\n{address_of(row)}")
            lines.append(_("This link is yours alone: please do not pass it on."))
        _note_told(row)
        stage = row.placed_at.isoformat() if row.placed_at else ""
        outbox.post(
            key=f"registration:{row.pk}:{row.state}:{stage}", to=row.address_key, subject=subject,
            body="\n\n".join(line for line in lines if line), language=language, now=now,
        )  # fmt: skip


def facts_of(activity: Activity) -> str:
    """A digest of what mails say of an activity: another one, and whoever got them must be told."""
    said = [
        plain(activity.when), str(activity.starts_at_time or ""), str(activity.place_id or ""), activity.mode,
        activity.takes_place,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()[:16]


def _note_told(row: Registration) -> None:
    said = facts_of(row.admission.activity)
    if row.told != said:
        row.told = said
        Registration.objects.filter(pk=row.pk).update(told=said)


def untold(activity: Activity) -> Any:
    """The registrations that count and whose last mail says of the activity what is not so."""
    rows = Registration.objects.filter(admission__activity=activity.pk).exclude(address_key="")
    return rows.exclude(state__in=[*Registration.OVER, Registration.State.UNVERIFIED]).exclude(told=facts_of(activity))


@impact.gives_out(Admission, "activity", "participation.tell_change")
def _false_mails(activity: Activity) -> Iterator[impact.Given]:
    number = untold(activity).count()
    row = Admission.objects.filter(activity=activity.pk).first() if number else None
    if row is not None:
        row.activity = activity
        text = ngettext("Mail to %(number)s registered person", "Mails to %(number)s registered people", number)
        url = f"{settings.TANSIQ_SITE_URL}/desk/admissions/edit/{row.pk}/"
        yield impact.Given("invitation", row, row.journal_label(), text % {"number": number}, url)


def change_mail(row: Registration) -> tuple[str, str]:
    """Subject and text of what tells somebody that the activity is otherwise than the last mail said."""
    language, activity = row.language, row.admission.activity
    with translation.override(language):
        off = _("It does not take place on the day that you were told.") if not activity.takes_place else ""
        lines = [
            body_name(language), off or _("Something changed. This is how it stands now:"), _about(activity, language),
            str(activity.place) if activity.place and activity.takes_place else "", explain(row, language),
            _("Your own page:") + f"\n{address_of(row)}",
        ]  # fmt: skip
        return _("A change"), "\n\n".join(line for line in lines if line)


@transaction.atomic
def tell_change(*, admission: Admission, by: Any, now: dt.datetime) -> int:
    """Write to all whose last mail says what is not so any more; each once for each change. Returns to how many."""
    rows = untold(admission.activity)
    rows = rows.select_related("admission__activity__programme", "admission__activity__place", "person", "region")
    said, number = facts_of(admission.activity), 0
    for row in rows:
        subject, body = change_mail(row)
        key = f"registration:{row.pk}:change:{said}:{now:%Y-%m-%dT%H}"
        outbox.post(key=key, to=row.address_key, subject=subject, body=body, language=row.language, now=now)
        number += 1
    if number:
        rows.update(told=said)
        journal.record("participation.tell_change", admission, by=by, now=now, changes={"people": [None, number]})
    return number


def tell_again(*, registration: Registration, now: dt.datetime) -> None:
    """Somebody registered with an address that is registered: its mailbox is told so, at most once an hour."""
    row, language = registration, registration.language
    hour = now.strftime("%Y-%m-%dT%H")
    with translation.override(language):
        lines = [
            body_name(language), _about(row.admission.activity, language),
            _("Somebody, perhaps you, registered once more with this address. Your registration stays as it is. Each person needs an address of their own."),
            explain(row, language), _("Your own page:") + f"\n{address_of(row)}",
        ]  # fmt: skip
        outbox.post(
            key=f"registration:{row.pk}:again:{hour}", to=row.address_key, subject=_("Your registration"),
            body="\n\n".join(line for line in lines if line), language=language, now=now,
        )  # fmt: skip


@transaction.atomic
def send_link(*, registration: Registration, by: Any, now: dt.datetime) -> None:
    """Somebody lost the mail: how it stands, and the personal link once more; at most once an hour."""
    row, language = registration, registration.language
    with translation.override(language):
        lines = [
            body_name(language), _about(row.admission.activity, language), explain(row, language),
            _("Your own page:") + f"\n{address_of(row)}", _("This link is yours alone: please do not pass it on."),
        ]  # fmt: skip
        key = f"registration:{row.pk}:link:{now:%Y-%m-%dT%H}"
        outbox.post(
            key=key, to=row.address_key, subject=_("Your registration"), body="\n\n".join(lines), language=language, now=now
        )  # fmt: skip
    journal.record("participation.send_link", row, by=by, now=now)


def _about(activity: Activity, language: str) -> str:
    title = activity.title.text(language).value
    when = in_words(activity.when or None, language) or _("(day to be confirmed)")
    return f"{title}\n{when_with_hour(activity, when)}"


def when_with_hour(activity: Activity, when: str) -> str:
    if not activity.starts_at_time:
        return when
    zone = ZoneInfo(activity.programme.time_zone or settings.TIME_ZONE)
    return f"{when}, {activity.starts_at_time:%H:%M} ({zone.key})"


def remind(*, now: dt.datetime, days_before: int = 2) -> int:
    """A reminder to whoever has a place, two days before; each once. The schedule calls it. Returns how many."""
    day = timezone.localdate(now) + dt.timedelta(days=days_before)
    rows = Registration.objects.present().filter(admission__activity__first_day=day).exclude(address_key="")
    rows = rows.exclude(reminded_for=day)
    number = 0
    for row in rows.select_related("admission__activity__programme", "person"):
        if not row.admission.activity.takes_place:
            continue
        with transaction.atomic(), translation.override(row.language):
            lines = [
                body_name(row.language), _("A reminder:") + "\n" + _about(row.admission.activity, row.language),
                _("Your own page, with how to join and the way to cancel:") + f"\n{address_of(row)}",
            ]  # fmt: skip
            outbox.post(
                key=f"reminder:{row.pk}:{day}", to=row.address_key, subject=_("A reminder"),
                body="\n\n".join(line for line in lines if line), language=row.language, now=now,
            )  # fmt: skip
            Registration.objects.filter(pk=row.pk).update(reminded_for=day)
        number += 1
    return number


def _next_instant(now: dt.datetime) -> dt.datetime | None:
    """When a form opens or closes next: the pages that link to it change at that instant."""
    edges = Admission.objects.filter(is_public=True).aggregate(
        opens=Min("opens_at", filter=Q(opens_at__gt=now)), closes=Min("closes_at", filter=Q(closes_at__gt=now))
    )
    return min((edge for edge in edges.values() if edge), default=None)


publication.changes_at(_next_instant)
