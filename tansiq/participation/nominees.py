"""Whom an administration names: the whole list by page, sheet or desk under the same rules, then one by one.

A list is taken whole or not at all. Before it is taken over the list may be written anew; at any time one person may be
replaced by another, or withdrawn: then the first of the reserve list steps up.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.coordination.models import Letter
from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.core.language import clean_name, fold
from tansiq.core.localized import Localized
from tansiq.participation import applicants, nominations, registration
from tansiq.participation.models import NominationRequest, Nominee, Quota, Registration
from tansiq.people.models import Region

State = Nominee.State
MOST_ROWS = 1000
_SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


class NotTaken(Refused):
    """The list was not taken; `faults` is {row index: {field: sentence}}, -1 for the list as a whole."""


class Changed(Refused):
    """Somebody else changed the list since the page was opened."""


class TooLate(Refused):
    """The list can no longer be written by the administration."""


@dataclass(frozen=True)
class Named:
    """One row as it is given, by whatever way; everything as written.

    number  the row as whoever wrote it sees it numbered; 0 for its place in the list
    """

    name: dict[str, str]
    email: str = ""
    telephone: str = ""
    region: str = ""
    profession: str = ""
    function: str = ""
    sex: str = ""
    has_permission: bool = False
    is_reserve: bool = False
    number: int = 0

    @property
    def is_empty(self) -> bool:
        words = (*self.name.values(), self.email, self.telephone, self.function)
        return not any(word.strip() for word in words)


@dataclass(frozen=True)
class Answered:
    """What the answer changed: numbers of people;  missing  places that nobody was named for."""

    request: NominationRequest
    added: int
    changed: int
    removed: int
    missing: int


@dataclass
class _Row:
    """A row, cleaned: what the nominee will hold."""

    values: dict[str, Any]
    faults: dict[str, str] = field(default_factory=dict)
    number: int = -1

    @property
    def names(self) -> set[str]:
        return {fold(spelling) for spelling in self.values["name"].values()}


# --- Cleaning -------------------------------------------------------------------------------------------------------


def clean_row(request: NominationRequest, given: Named, regions: set[str], is_needed: bool) -> _Row:
    if not given.region and len(request.places) == 1:
        given = dataclasses.replace(given, region=request.places[0]["region"])
    applicant = applicants.Applicant(
        name=given.name, email=given.email, region=given.region, profession=given.profession, sex=given.sex
    )
    found = applicants.clean(request.admission, applicant, regions=regions if given.region or is_needed else set())
    faults = dict(found.faults)
    function, telephone = "", ""
    try:
        function = clean_name(given.function)
        if len(function) > 200:
            faults["function"] = _("At most 200 letters, please.")
    except Refused as refusal:
        faults["function"] = str(refusal)
    try:
        telephone = clean_name(given.telephone)
        if telephone and not re.fullmatch(r"\+?[0-9][0-9 ().-]{4,30}", telephone):
            faults["telephone"] = _("“%(given)s” is no telephone number. Write it in digits, such as 0522 00 00 00.") % {"given": telephone[:40]}  # fmt: skip
    except Refused as refusal:
        faults["telephone"] = str(refusal)
    for name, written in (*((f"name_{code}", text) for code, text in given.name.items()), ("function", given.function)):
        if written.strip().startswith(_SIGNS):
            faults[name] = _("This begins with a sign such as “=”, as a formula does. Write the words alone.")
    if request.place_of(given.region) is None:
        asked = [one["region"] for one in request.places]
        names = nominations.region_names(request.language)
        known = ", ".join(names.get(code, code) for code in asked)
        faults["region"] = _("Names were asked for from: %(regions)s. Choose one of these.") % {"regions": known}
    values = {
        "name": found.name, "email": found.values["address"], "telephone": telephone, "region_id": given.region or None,
        "profession": given.profession, "function": function, "sex": given.sex, "has_permission": given.has_permission,
        "state": State.RESERVE if given.is_reserve else State.NAMED,
    }  # fmt: skip
    return _Row(values, faults)


def _clean(request: NominationRequest, rows: Sequence[Named], beside: Iterable[Nominee] = ()) -> list[_Row]:
    """All rows with all that is wrong in them, each alone and beside the others. Raises NotTaken."""
    regions = set(Region.objects.values_list("code", flat=True))
    is_needed = request.admission.quotas.filter(dimension=Quota.Dimension.REGION).exclude(key="").exists()
    cleaned = [clean_row(request, one, regions, is_needed) for one in rows[:MOST_ROWS]]
    for index, row in enumerate(cleaned):
        row.number = rows[index].number or index + 1
    known = [_Row(_values_of(one)) for one in beside]
    _find_twins(cleaned, known)
    _count(request, cleaned, known)
    faults = {index: row.faults for index, row in enumerate(cleaned) if row.faults}
    if len(rows) > MOST_ROWS:
        faults[-1] = {"": _("The list has more than %(number)s names. Part it.") % {"number": MOST_ROWS}}
    if faults:
        count = sum(map(len, faults.values()))
        raise NotTaken(_("The list was not taken. To be mended: %(count)s.") % {"count": count}, faults=faults)
    return cleaned


def _find_twins(cleaned: list[_Row], known: list[_Row]) -> None:
    """The same person twice: by e-mail, or by name where nothing tells the two apart."""
    for index, row in enumerate(cleaned):
        for other in (*known, *cleaned[:index]):
            where = _("row %(number)s") % {"number": other.number} if other.number > 0 else _("the list")
            email, theirs = row.values["email"], other.values["email"]
            if email and email == theirs:
                row.faults.setdefault("email", _("This address stands in %(where)s already. Each person needs an address of their own; leave it empty where there is none.") % {"where": where})  # fmt: skip
            elif row.names & other.names and not (email and theirs):
                field_name = f"name_{next(iter(row.values['name']), settings.LANGUAGE_CODE)}"
                row.faults.setdefault(field_name, _("This person stands in %(where)s already. Take one of the two out; if they are two people of one name, give the e-mail of each.") % {"where": where})  # fmt: skip


def _count(request: NominationRequest, cleaned: list[_Row], known: list[_Row]) -> None:
    sizes = {(one["region"], State.NAMED): one["number"] for one in request.places}
    sizes |= {(one["region"], State.RESERVE): one.get("reserve", 0) for one in request.places}
    taken = Counter((request.place_of(row.values["region_id"] or ""), row.values["state"]) for row in known)
    names: dict[str, str] = {}
    for row in cleaned:
        place = request.place_of(row.values["region_id"] or "")
        if place is None:
            continue
        key = (place, row.values["state"])
        taken[key] += 1
        size = sizes.get(key, 0)
        if taken[key] > size and "region" not in row.faults:
            names = names or nominations.region_names(request.language)
            where = names.get(place, place) or _("any region")
            if row.values["state"] == State.RESERVE:
                text = _("%(region)s: at most %(size)s on the reserve list; this is number %(number)s. Take one out.")
            else:
                text = _("%(region)s: %(size)s places; this is number %(number)s. Move one to the reserve list, or take one out.")  # fmt: skip
            row.faults["region"] = text % {"region": where, "size": size, "number": taken[key]}


def _values_of(row: Nominee) -> dict[str, Any]:
    names = ("email", "telephone", "region_id", "profession", "function", "sex", "has_permission", "state")
    return {"name": row.name, **{name: getattr(row, name) for name in names}}


# --- The whole list -------------------------------------------------------------------------------------------------


def listed(request: NominationRequest) -> list[Nominee]:
    """Those who count, the reserve last, each in its order."""
    rows = request.nominees.filter(state__in=Nominee.COUNTS).select_related("region", "registration")
    return sorted(rows, key=lambda one: (one.state == State.RESERVE, one.position))


def digest(request: NominationRequest) -> str:
    """Changes when anybody changes the list: a page carries it, so that of two who write at once the second is told."""
    held = [[str(row.pk), row.position, row.registration_id is not None, _plain(row)] for row in listed(request)]
    return hashlib.sha256(json.dumps([request.state, held], default=str, ensure_ascii=False).encode()).hexdigest()[:16]


def _plain(row: Nominee) -> dict[str, Any]:
    return {**_values_of(row), "name": dict(row.name), "state": str(row.state)}


def check(*, request: NominationRequest, rows: Sequence[Named]) -> Answered:
    """What `answer` would do, without doing it: for the preview. Raises NotTaken."""
    with transaction.atomic():
        plan = _Plan(request, rows)
        return plan.outcome(request)


class _Plan:
    """Which nominees stay, change, come and go. Those who were taken over stay as they are, whatever the list says."""

    def __init__(self, request: NominationRequest, rows: Sequence[Named]) -> None:
        kept = [one for one in listed(request) if one.registration_id]
        own = [
            (index, dataclasses.replace(one, number=one.number or index + 1))
            for index, one in enumerate(rows)
            if not one.is_empty and not any(_is(one, nominee) for nominee in kept)
        ]
        if not own and not kept:
            text = _("There is no name on the list yet. Write at least one.")
            raise NotTaken(text, faults={-1: {"": text}})
        try:
            cleaned = _clean(request, [one for _index, one in own], kept)
        except NotTaken as refusal:
            found: Any = refusal
            faults = {own[index][0] if index >= 0 else -1: fault for index, fault in found.faults.items()}
            raise NotTaken(str(refusal), faults=faults) from None
        free = [one for one in listed(request) if not one.registration_id]
        self.kept, self.pairs = kept, []
        for position, row in enumerate(cleaned, start=1):
            match = next((one for one in free if one.email and one.email == row.values["email"]), None)
            match = match or next((one for one in free if {fold(name) for name in one.name.values()} & row.names), None)
            if match:
                free.remove(match)
            self.pairs.append((position, row, match))
        self.gone = free

    @property
    def added(self) -> int:
        return sum(match is None for _position, _row, match in self.pairs)

    @property
    def changed(self) -> int:
        return sum(
            match is not None and (match.position != position or _values_of(match) != row.values)
            for position, row, match in self.pairs
        )

    def outcome(self, request: NominationRequest) -> Answered:
        named = sum(row.values["state"] == State.NAMED for _position, row, _match in self.pairs)
        named += sum(one.state == State.NAMED for one in self.kept)
        return Answered(request, self.added, self.changed, len(self.gone), max(request.number - named, 0))


def _is(given: Named, nominee: Nominee) -> bool:
    if given.email.strip() and nominee.email:
        return given.email.strip().lower() == nominee.email
    return bool(
        {fold(one) for one in given.name.values() if one.strip()} & {fold(one) for one in nominee.name.values()}
    )


@transaction.atomic
def answer(
    *, request: NominationRequest, rows: Sequence[Named], how: str, by: Any, now: dt.datetime, seen: str = "",
    letter: Letter | None = None, is_staff: bool = False,
) -> Answered:  # fmt: skip
    """Take the list of an administration in place of the one before: all of it, or nothing.

    rows    in their order; empty ones are passed over
    seen    `digest` of the list that was shown; "" where nobody saw one. The same list once more changes nothing
    letter  the letter in that it was typed from
    Raises NotTaken with every fault, Changed, TooLate, nominations.IsOver.
    """
    row = nominations.locked(request)
    if row.state in (row.State.CLOSED, row.State.TAKEN):
        raise nominations.IsOver(_("The secretariat has taken this list over. One person can still be replaced by another, below."))  # fmt: skip
    plan = _Plan(row, rows)
    outcome = plan.outcome(row)
    if not (outcome.added or outcome.changed or outcome.removed) and row.answered_at is not None:
        return outcome
    if not is_staff and not row.takes_names(timezone.localdate(now)):
        raise TooLate(_("The list could be written until %(day)s. One person can still be replaced by another, below; for more write to the secretariat.") % {"day": row.due})  # fmt: skip
    if seen and seen != digest(row):
        raise Changed(_("Somebody else changed the list of your administration while you wrote. What you wrote is still here: look at theirs below, then press the button once more."))  # fmt: skip
    Nominee.objects.filter(pk__in=[one.pk for one in plan.gone]).delete()
    # Addresses that move from one to another of the list must not meet on the way.
    matched = [match.pk for _position, _row, match in plan.pairs if match]
    Nominee.objects.filter(pk__in=matched).update(email="")
    for position, one, match in plan.pairs:
        nominee = match or Nominee(request=row)
        for name, value in {**one.values, "position": position}.items():
            setattr(nominee, name, value)
        nominee.reference_language = next(iter(nominee.name))
        nominee.save()
    before = row.state
    row.state, row.how, row.answered_at = row.State.ANSWERED, how, now
    row.answer_letter = letter or row.answer_letter
    row.save(update_fields=["state", "how", "answered_at", "answer_letter"])
    changes = {
        "state": [before, "answered"], "added": [0, outcome.added], "changed": [0, outcome.changed],
        "removed": [0, outcome.removed], "how": [None, how], "letter": [None, letter and letter.number],
    }  # fmt: skip
    journal.record("participation.answer_request", row, by=by, now=now, changes=changes)
    return Answered(row, outcome.added, outcome.changed, outcome.removed, outcome.missing)


# --- One by one -----------------------------------------------------------------------------------------------------


def locked(nominee: Nominee) -> Nominee:
    """The nominee, with its request: nobody else's until the transaction ends."""
    row = nominations.locked(nominee.request)
    found = Nominee.objects.select_related("region", "registration__admission").get(pk=nominee.pk)
    found.request = row
    return found


def _must_count(row: Nominee) -> None:
    if row.state not in Nominee.COUNTS:
        message = _("%(name)s is “%(state)s” already; nothing was changed.")
        raise Refused(message % {"name": row.name, "state": row.get_state_display()})


@transaction.atomic
def permit(*, nominee: Nominee, has_permission: bool, by: Any, now: dt.datetime) -> Nominee:
    """Record whether the hierarchy of a nominee agrees. Twice changes nothing."""
    row = locked(nominee)
    if row.has_permission != has_permission:
        row.has_permission = has_permission
        row.save(update_fields=["has_permission"])
        changes = {"has_permission": [not has_permission, has_permission]}
        journal.record("participation.note_permission", row, by=by, now=now, changes=changes)
    return row


@transaction.atomic
def waive(*, nominee: Nominee, because: str, by: Any, now: dt.datetime) -> Nominee:
    """Decide to take somebody over whose hierarchy has not agreed; the reason is kept, the journal says who decided."""
    row = locked(nominee)
    because = clean_name(because)[:200]
    if not because:
        raise Refused(_("Write why this person is taken without the agreement of the hierarchy."))
    if row.waived_because != because:
        row.waived_because = because
        row.save(update_fields=["waived_because"])
        journal.record("participation.waive_permission", row, by=by, now=now, changes={"waived": [False, True]})
    return row


@transaction.atomic
def replace(*, nominee: Nominee, given: Named, by: Any, now: dt.datetime) -> Nominee:
    """Put another person in the place of a nominee, taken over or not: no place goes to the waiting list in between.

    The new one stands where the old one stood (`given.is_reserve` is not asked). Where the old one has a place or a turn,
    the hierarchy must agree to the new one. Raises NotTaken, registration.AlreadyRegistered and what stops it there.
    """
    old = locked(nominee)
    _must_count(old)
    row = old.request
    if row.state == row.State.CLOSED:
        raise nominations.IsOver(_("This request is closed. Open it again first."))
    # A page or a desk may leave the region out: then it is the same.
    region = given.region or old.region_id or ""
    given = dataclasses.replace(given, region=region, is_reserve=old.state == State.RESERVE)
    (cleaned,) = _clean(row, [given], [one for one in listed(row) if one.pk != old.pk])
    if old.registration and not cleaned.values["has_permission"]:
        text = _("The hierarchy must agree before a place goes to somebody else. Tick it when it does.")
        raise NotTaken(text, faults={0: {"has_permission": text}})
    new = Nominee(request=row, position=old.position, replaces=old, **cleaned.values)
    new.reference_language = next(iter(new.name))
    held, before = old.registration, old.state
    old.state = State.REPLACED
    old.save(update_fields=["state"])
    new.save(force_insert=True)
    if held is not None and not held.is_over:
        try:
            if _gives_back(old):
                new.registration = registration.register(
                    admission=row.admission, applicant=applicant_of(new), how=Registration.How.NOMINATION, by=by, now=now
                )  # fmt: skip
            else:
                new.registration = registration.replace(registration=held, applicant=applicant_of(new), by=by, now=now)
        except applicants.Unfit as refusal:
            found: Any = refusal
            raise NotTaken(str(refusal), faults={0: found.faults}) from None
        new.save(update_fields=["registration"])
    changes = {"state": [before, "replaced"], "by": [None, str(new.pk)]}
    journal.record("participation.replace_nominee", old, by=by, now=now, changes=changes)
    return new


@transaction.atomic
def withdraw(*, nominee: Nominee, by: Any, now: dt.datetime) -> Nominee | None:
    """Take somebody off the list. The first of the reserve of the same region to whom the hierarchy agrees steps up.

    Returns who stepped up; None where nobody could: then a place that was held goes to whoever waits.
    Twice changes nothing.
    """
    row = locked(nominee)
    if row.state == State.WITHDRAWN:
        return None
    _must_count(row)
    before, row.state = row.state, State.WITHDRAWN
    row.save(update_fields=["state"])
    journal.record("participation.withdraw_nominee", row, by=by, now=now, changes={"state": [before, "withdrawn"]})
    return step_up(row, was=before, by=by, now=now)


def step_up(row: Nominee, *, was: str, by: Any, now: dt.datetime) -> Nominee | None:
    """In the caller's transaction, which holds the request: somebody of the reserve for `row`, who counts no more."""
    if was == State.RESERVE:
        return None
    held = row.registration if row.registration and not row.registration.is_over else None
    is_own = _gives_back(row)  # came by the public form, too, and keeps that
    place = row.request.place_of(row.region_id or "")
    for one in listed(row.request):
        if one.state != State.RESERVE or row.request.place_of(one.region_id or "") != place or not one.may_be_taken:
            continue
        one.request = row.request
        if held is not None and not is_own:
            try:
                with transaction.atomic():
                    taken = registration.replace(registration=held, applicant=applicant_of(one), by=by, now=now)
            except Refused as refusal:  # the next one, and this one says why
                is_known = isinstance(refusal, registration.AlreadyRegistered)
                one.reason = {"why": "doubt"} if is_known else {"why": "unfit", "text": str(refusal)[:300]}
                one.save(update_fields=["reason"])
                continue
            one.registration = taken
        one.state, one.replaces, one.position = State.NAMED, row, row.position
        one.reason = {"why": "stepped_up", "on": timezone.localdate(now).isoformat()}
        one.save(update_fields=["state", "replaces", "position", "reason", "registration"])
        changes = {"state": ["reserve", "named"], "for": [None, str(row.pk)]}
        journal.record("participation.step_up", one, by=by, now=now, changes=changes)
        return one
    if held is not None and not is_own:
        registration.cancel(registration=held, by=by, now=now)
    return None


def _gives_back(row: Nominee) -> bool:
    """Somebody who registered by the public form, too, keeps that registration; it is no longer a nomination."""
    if row.reason.get("why") != "linked" or row.registration_id is None:
        return False
    Registration.objects.filter(pk=row.registration_id).update(how=row.reason["how"])
    return True


def applicant_of(row: Nominee) -> applicants.Applicant:
    return applicants.Applicant(
        name=dict(row.name), email=row.email, region=row.region_id or "", profession=row.profession, sex=row.sex,
        organisation=row.request.organisation, telephone=row.telephone, language=row.request.language,
    )  # fmt: skip


def spelled(name: Localized) -> bool:
    """Is the name known in each script that certificates are printed in?"""
    return all(name.get(code) for code in applicants.spelling_languages())
