"""Who is due a certificate, and why somebody is not: the rule of the activity, approvals, the door for scores of tests."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.coordination import impact
from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.participation import attendance
from tansiq.participation.models import Admission, Certificate, CertificateApproval, Registration
from tansiq.programme.models import Activity


class NoRule(Refused):
    """No certificate is given for this activity."""


class NoReason(Refused):
    """An approval is taken back only with the reason."""


class NotDue(Refused):
    """Somebody does not meet the rule; the message is the reason."""


Scores = Callable[[Sequence[Registration]], dict[uuid.UUID, float]]
_SCORES: list[Scores] = []


def score_of(function: Scores) -> Scores:
    """Register who knows results of tests: function(registrations) -> {registration id: percent}, best try that counts.

    Tests and certificates do not know each other: whoever wires them calls this once, at start.
    """
    if function not in _SCORES:
        _SCORES.append(function)
    return function


def _scores(rows: Sequence[Registration]) -> dict[uuid.UUID, int]:
    found: dict[uuid.UUID, int] = {}
    for function in _SCORES:
        for key, percent in function(rows).items():
            found[key] = max(int(percent), found.get(key, 0))  # 59.9 is not 60
    return found


@dataclass(frozen=True)
class Due:
    """How one registration stands.

    certificate  the newest that there is, valid or not; None where there is none
    reason       why none is due, in a sentence, in the language of the moment; "" where one is due
    """

    registration: Registration
    certificate: Certificate | None
    minutes: int
    score: int | None
    is_approved: bool
    reason: str

    @property
    def has_one(self) -> bool:
        return self.certificate is not None and self.certificate.state == Certificate.State.VALID

    @property
    def is_due(self) -> bool:
        """To be issued: the rule is met and there is no valid one yet."""
        return not self.reason and not self.has_one


def due(admission: Admission, registrations: Iterable[Registration] | None = None, *, now: dt.datetime) -> list[Due]:
    """Everybody who registered, by number: who is due a certificate, who has one, and for the others why not.

    registrations  only these. Five queries, however many there are. Raises NoRule.
    """
    rule = admission.certificate
    if not rule:
        message = _("No certificate is given for “%(activity)s”. Say first what it asks for: minutes, test, approval.")
        raise NoRule(message % {"activity": admission.activity.title.text().value})
    rows = admission.registrations.select_related("person").order_by("number")
    if registrations is not None:
        rows = rows.filter(pk__in=[one.pk for one in registrations])
    found = list(rows)
    for row in found:
        row.admission = admission
    minutes, scores = attendance.minutes_of(found), _scores(found)
    approved = set(CertificateApproval.objects.filter(registration__in=found).values_list("registration", flat=True))
    newest: dict[uuid.UUID, Certificate] = {}
    for one in Certificate.objects.filter(registration__in=found).order_by("issued_at", "year", "serial"):
        newest[one.registration_id] = one
    activity = _fault_of(admission.activity, timezone.localdate(now))
    return [
        Due(
            row, newest.get(row.pk), minutes.get(row.pk, 0), scores.get(row.pk), row.pk in approved,
            activity or _reason(
                row, rule, minutes.get(row.pk, 0), scores.get(row.pk), row.pk in approved, newest.get(row.pk)
            ),
        )
        for row in found
    ]  # fmt: skip


def _fault_of(activity: Activity, today: dt.date) -> str:
    if not activity.takes_place:
        return _("The activity did not take place: %(state)s.") % {"state": activity.get_state_display()}
    last = activity.last_day or activity.within.last_day
    if activity.state != Activity.State.HELD and last and last > today:
        return _("The activity is not over yet.")
    return ""


def _reason(
    row: Registration, rule: dict[str, Any], minutes: int, score: int | None, approved: bool, newest: Certificate | None
) -> str:
    if newest and newest.state == Certificate.State.REVOKED:
        text = _("Certificate %(number)s was revoked: %(why)s It comes back only by issuing it anew.")
        return text % {"number": newest.number, "why": sentence(newest.revoked_because)}
    if row.state != Registration.State.CONFIRMED:
        return _("Had no place: %(state)s.") % {"state": row.get_state_display()}
    if minutes < rule.get("minutes", 0):
        text = _("Was there for %(minutes)s of %(wanted)s minutes.")
        return text % {"minutes": minutes, "wanted": rule["minutes"]}
    if "score" in rule and score is None:
        return _("The test is missing.")
    if "score" in rule and (score or 0) < rule["score"]:
        return _("Reached %(score)s %% in the test; %(wanted)s %% are asked.") % {
            "score": score, "wanted": rule["score"],
        }  # fmt: skip
    if rule.get("approval") and not approved:
        return _("The approval is missing.")
    return ""


def sentence(text: str) -> str:
    text = text.strip()
    return text if text[-1:] in (".", "!", "?", "؟") else f"{text}."


@transaction.atomic
def set_rule(*, admission: Admission, rule: dict[str, Any], by: Any, now: dt.datetime) -> Admission:
    """What a certificate asks for, as `exchange.CERTIFICATE` has it; {} where none is given. Those issued stay."""
    Admission.objects.select_for_update().only("pk").get(pk=admission.pk)
    before = Admission.objects.values_list("certificate", flat=True).get(pk=admission.pk)
    wanted = {name: value for name, value in rule.items() if value or (value == 0 and value is not False)}
    admission.certificate = wanted
    if before != wanted:
        Admission.objects.filter(pk=admission.pk).update(certificate=wanted)
        journal.record(
            "participation.set_certificate", admission, by=by, now=now, changes={"certificate": [before, wanted]}
        )
        impact.settle(admission.activity, by=by, now=now)
    return admission


@transaction.atomic
def approve(*, registrations: Iterable[Registration], by: Any, now: dt.datetime) -> int:
    """Whoever answers for the course agrees. Returns how many were not approved before; twice changes nothing."""
    number = 0
    for row in registrations:
        approval, is_new = CertificateApproval.objects.get_or_create(
            registration=row, defaults={"approved_at": now, "approved_by": journal.actor(by).id}
        )
        if is_new:
            journal.record("participation.approve_certificate", approval, by=by, now=now)
            number += 1
    return number


@transaction.atomic
def take_approval_back(*, registration: Registration, because: str, by: Any, now: dt.datetime) -> bool:
    """Nothing is due any more; a certificate that was issued stays until it is revoked. Twice changes nothing.

    Returns whether there was an approval. Raises NoReason.
    """
    because = because.strip()[:300]
    if not because:
        raise NoReason(_("Say why the approval is taken back: it stands in the journal."))
    rows = CertificateApproval.objects.filter(registration=registration)
    for approval in rows:
        changes = {"because": [None, because]}
        journal.record("participation.withdraw_certificate_approval", approval, by=by, now=now, changes=changes)
    return bool(rows.delete()[0])
