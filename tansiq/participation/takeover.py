"""Nominees become registrations, in their order and by the same rules as everybody; each gets an answer.

And the overview of an activity: who was asked, what came, what is missing and whom to chase.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from tansiq.coordination.models import Letter
from tansiq.coordination.paper import in_words
from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.participation import doubles, nominations, nominees, registration, standing
from tansiq.participation.models import Admission, NominationRequest, Nominee, Quota, Registration

State = Nominee.State


class NothingToTake(Refused):
    """Nobody has been named yet."""


@dataclass(frozen=True)
class Outcome:
    """nominee;  answer  "confirmed", "waiting", "applied", "refused" or "reserve";  reason  in a sentence"""

    nominee: Nominee
    answer: str
    reason: str


@transaction.atomic
def take_over(*, request: NominationRequest, by: Any, now: dt.datetime) -> list[Outcome]:
    """Register those whom an administration named, in their order; the reserve stays in reserve. All in one transaction.

    Who lacks the permission of the hierarchy, may be somebody else, or does not fit is not taken over, and says why.
    Once more takes only those whom nothing stops any longer. Raises NothingToTake, nominations.IsOver.
    """
    row = nominations.locked(request)
    if row.state == row.State.CLOSED:
        raise nominations.IsOver(_("This request is closed. Open it again first."))
    if not row.nominees.filter(state__in=Nominee.COUNTS).exists():
        raise NothingToTake(_("This administration has named nobody yet."))
    doubles.settle_certain(row.admission, by=by, now=now)
    open_pairs = doubles.find(row.admission)
    doubtful = {one.pk for pair in open_pairs for one in (pair.nominee, pair.other)}
    taken = 0
    for nominee in nominees.listed(row):
        nominee.request = row
        if nominee.state == State.NAMED and nominee.registration is None:
            taken += _take(nominee, nominee.pk in doubtful, by=by, now=now)
    if taken or row.state != row.State.TAKEN:
        before = row.state
        row.state, row.taken_at = row.State.TAKEN, row.taken_at or now
        row.answered_at = row.answered_at or now
        row.save(update_fields=["state", "taken_at", "answered_at"])
        changes = {"state": [before, "taken"], "taken": [0, taken]}
        journal.record("participation.take_over", row, by=by, now=now, changes=changes)
    return outcomes(row, row.language)


def _take(nominee: Nominee, is_doubtful: bool, *, by: Any, now: dt.datetime) -> int:
    """1 where it became a registration, else 0 and the reason is kept."""
    reason: dict[str, Any] = {}
    if not nominee.may_be_taken:
        reason = {"why": "permission"}
    elif is_doubtful:
        reason = {"why": "doubt"}
    else:
        try:
            with transaction.atomic():
                nominee.registration = registration.register(
                    admission=nominee.request.admission, applicant=nominees.applicant_of(nominee),
                    how=Registration.How.NOMINATION, by=by, now=now,
                )  # fmt: skip
        except registration.AlreadyRegistered:
            reason = {"why": "doubt"}
        except Refused as refusal:
            reason = {"why": "unfit", "text": str(refusal)[:300]}
    if not reason and nominee.reason.get("why") == "stepped_up":
        reason = nominee.reason
    nominee.reason = reason
    nominee.save(update_fields=["registration", "reason"])
    return int(nominee.registration is not None)


def outcomes(request: NominationRequest, language: str) -> list[Outcome]:
    """Where each nominee stands, in the order of the list; those who were replaced or withdrew come last."""
    rows = request.nominees.select_related("registration__admission__activity", "region", "replaces")
    order = {State.NAMED: 0, State.RESERVE: 1}
    ranked = sorted(rows, key=lambda one: (order.get(State(one.state), 2), one.position))
    for one in ranked:
        one.request = request
    return [Outcome(one, answer_of(one), explain(one, language)) for one in ranked]


def answer_of(row: Nominee) -> str:
    if row.state != State.NAMED:
        return str(row.state)
    if row.registration is not None:
        return str(row.registration.state)
    return "refused" if row.reason.get("why") in ("permission", "doubt", "unfit") else "named"


def explain(row: Nominee, language: str) -> str:
    """Why a nominee stands as it does, in a sentence for the administration."""
    with translation.override(language):
        why = row.reason.get("why", "")
        if row.state == State.REPLACED:
            return _("Another person was named in this place.")
        if row.state == State.WITHDRAWN:
            return _("Withdrawn by the administration or the secretariat.")
        if row.state == State.DOUBLE:
            return _("This person counts by another way already and is not counted twice.")
        if row.state == State.RESERVE:
            return _("In reserve: steps up when somebody of the same region withdraws.")
        said = []
        if why == "stepped_up":
            said.append(
                _("Stepped up from the reserve list on %(day)s.") % {"day": in_words(row.reason["on"], language)}
            )
        if row.registration is not None:
            said.append(standing.explain(row.registration, language))
        elif why == "permission":
            said.append(_("Not taken over: the agreement of the hierarchy is missing."))
        elif why == "doubt":
            said.append(_("Not taken over yet: the secretariat looks whether this person is registered already."))
        elif why == "unfit":
            said.append(_("Not taken over: %(reason)s") % {"reason": row.reason.get("text", "")})
        elif not said:
            said.append(_("Named; the secretariat has not taken the list over yet."))
        return " ".join(said)


def tell(*, request: NominationRequest, by: Any, now: dt.datetime) -> Letter:
    """A letter in the register that says what became of each: for those without an e-mail the only word."""
    lines = []
    labels = answer_words(request.language)
    for one in outcomes(request, request.language):
        if one.nominee.state in Nominee.COUNTS:
            name = one.nominee.name.text(request.language).value
            lines.append(f"{name} – {labels.get(one.answer, one.answer)}. {one.reason}")
    return nominations.tell_by_letter(request=request, lines=lines, by=by, now=now)


def answer_words(language: str) -> dict[str, str]:
    with translation.override(language):
        words = {str(one.value): str(one.label) for one in (*Nominee.State, *Registration.State)}
        return words | {"refused": _("not taken over")}


# --- What is missing ------------------------------------------------------------------------------------------------


@dataclass
class Line:
    """One request in the overview; numbers of people."""

    request: NominationRequest
    by_region: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0
    named: int = 0
    reserve: int = 0
    confirmed: int = 0
    waiting: int = 0
    refused: int = 0
    cancelled: int = 0
    without_permission: list[Nominee] = field(default_factory=list)
    without_address: list[Nominee] = field(default_factory=list)
    without_spelling: list[Nominee] = field(default_factory=list)
    is_late: bool = False

    @property
    def missing(self) -> int:
        return max(self.asked - self.named, 0)

    def chase(self, today: dt.date) -> list[str]:
        """What to do about it, in sentences; [] where nothing is missing."""
        row, todo = self.request, []
        if row.state == row.State.CLOSED:
            return []
        if row.state == row.State.ASKED:
            if self.is_late and row.due:
                todo.append(_("No answer; days past the day: %(days)s.") % {"days": (today - row.due).days})
            if not row.email:
                todo.append(_("No e-mail is known: remind by letter."))
        elif self.missing:
            todo.append(_("Names missing: %(number)s.") % {"number": self.missing})
        for text, number in (
            (_("Registrations cancelled, other names wanted: %(number)s."), self.cancelled),
            (_("Without the agreement of the hierarchy: %(number)s."), len(self.without_permission)),
            (_("Without an e-mail, told by letter: %(number)s."), len(self.without_address)),
            (_("Without the second spelling of the name: %(number)s."), len(self.without_spelling)),
        ):
            if number:
                todo.append(text % {"number": number})
        return todo


@dataclass
class Overview:
    """Everything about the nominations of an activity.

    regions  [{"region", "name", "size", "asked", "named", "reserve", "confirmed", "waiting", "missing"}]
    doubles  pairs that a person must decide
    """

    admission: Admission
    lines: list[Line]
    regions: list[dict[str, Any]]
    doubles: list[doubles.Pair]
    warnings: list[str]

    def total(self, name: str) -> int:
        return sum(getattr(line, name) for line in self.lines)


def overview(admission: Admission, *, today: dt.date, language: str, requests: Any = None) -> Overview:
    """A fixed number of queries, however many requests there are; `requests` bounds them to those a user may see."""
    rows = admission.requests.all() if requests is None else requests.filter(admission=admission)
    rows = rows.select_related("organisation", "letter", "answer_letter").order_by("organisation__slug")
    lines = {row.pk: Line(row, asked=row.number, is_late=row.is_late(today)) for row in rows}
    people = Nominee.objects.filter(request__in=list(lines), state__in=Nominee.COUNTS)
    counts: Counter[tuple[Any, str, str]] = Counter()
    for one in people.select_related("registration", "region").order_by("position"):
        line = lines[one.request_id]
        one.request = line.request
        region = line.request.place_of(one.region_id or "") or ""
        if one.state == State.RESERVE:
            line.reserve += 1
            counts[(line.request.pk, region, "reserve")] += 1
        else:
            answer = answer_of(one)
            if one.registration is not None and one.registration.is_over:
                line.cancelled += 1
                continue
            line.named += 1
            counts[(line.request.pk, region, "named")] += 1
            if answer in ("confirmed", "waiting", "refused"):
                setattr(line, answer, getattr(line, answer) + 1)
                counts[(line.request.pk, region, answer)] += 1
        if not one.may_be_taken:
            line.without_permission.append(one)
        if not one.email:
            line.without_address.append(one)
        if not nominees.spelled(one.name):
            line.without_spelling.append(one)
    names = nominations.region_names(language)
    with translation.override(language):
        any_region = _("any region")
    totals: Counter[tuple[str, str]] = Counter()
    kinds = ("named", "reserve", "confirmed", "waiting", "refused")
    for line in lines.values():
        for place in line.request.places:
            code = place["region"]
            found = {kind: counts[(line.request.pk, code, kind)] for kind in kinds}
            missing = max(place["number"] - found["named"], 0)
            line.by_region.append(
                {"region": code, "name": names.get(code, code) or any_region, "asked": place["number"], "reserve_asked": place.get("reserve", 0), **found, "missing": missing}
            )  # fmt: skip
            for kind, number in {**found, "asked": place["number"], "missing": missing}.items():
                totals[(code, kind)] += number
    sizes = {one.key: one.size for one in admission.quotas.all() if one.dimension == Quota.Dimension.REGION and one.key}
    regions = [
        {
            "region": code, "name": names.get(code, code) or any_region, "size": sizes.get(code),
            **{kind: totals[(code, kind)] for kind in ("asked", *kinds, "missing")},
        }
        for code in sorted({*sizes, *(code for code, _kind in totals)})
    ]  # fmt: skip
    return Overview(
        admission, list(lines.values()), regions, doubles.find(admission), nominations.fit(admission, language)
    )


def report(found: Overview, *, today: dt.date, language: str) -> dict[str, Any]:
    """The overview as plain data: for `tansiq nominations --json`. Numbers, no names of persons."""
    with translation.override(language):
        return {
            "activity": found.admission.activity.slug, "capacity": found.admission.capacity,
            **{name: found.total(name) for name in ("asked", "named", "reserve", "confirmed", "waiting", "refused", "cancelled", "missing")},
            "requests": [
                {
                    "organisation": line.request.organisation.slug, "state": line.request.state,
                    "letter": line.request.letter.number if line.request.letter else None,
                    "due": line.request.due, "late": line.is_late,
                    **{name: getattr(line, name) for name in ("asked", "named", "reserve", "confirmed", "waiting", "refused", "cancelled", "missing")},
                    "by_region": line.by_region, "without_permission": len(line.without_permission),
                    "without_address": len(line.without_address), "without_second_spelling": len(line.without_spelling),
                    "to_do": line.chase(today),
                }
                for line in found.lines
            ],
            "regions": found.regions, "doubles": len(found.doubles), "warnings": found.warnings,
        }  # fmt: skip
