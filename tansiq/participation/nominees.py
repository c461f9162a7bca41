"""Whom an administration names: the whole list by page, sheet or desk under the same rules, then one by one.

A list is taken whole or not at all. Before it is taken over the list may be written anew; at any time one person may be
replaced by another, or withdrawn: then the first of the reserve list steps up.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.coordination.models import Letter
from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.core.language import clean_name, fold
from tansiq.core.localized import Localized
from tansiq.participation import applicants, nominations, registration
from tansiq.participation.models import NominationRequest, Nominee, Registration
from tansiq.participation.nominated import Named, NotTaken, clean, values_of

State = Nominee.State


class Changed(Refused):
    """Somebody else changed the list since the page was opened."""


class TooLate(Refused):
    """The list can no longer be written by the administration."""


@dataclass(frozen=True)
class Answered:
    """What the answer changed: numbers of people;  missing  places that nobody was named for."""

    request: NominationRequest
    added: int
    changed: int
    removed: int
    missing: int


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
    return {**values_of(row), "name": dict(row.name), "state": str(row.state)}


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
            cleaned = clean(request, [one for _index, one in own], kept)
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
            match is not None and (match.position != position or values_of(match) != row.values)
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
    (cleaned,) = clean(row, [given], [one for one in listed(row) if one.pk != old.pk])
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
