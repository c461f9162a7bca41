"""What participation holds of a person: registrations with attendance and certificates, nominations, names in reports."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q

from tansiq.core.language import fold
from tansiq.core.localized import Localized
from tansiq.participation import certificatefiles
from tansiq.participation.guestprivacy import empty_arrivals
from tansiq.participation.models import (
    Arrival,
    Attendance,
    AttendanceReport,
    Certificate,
    CertificateApproval,
    Double,
    Identity,
    NameTry,
    NominationRequest,
    Nominee,
    Registration,
    Trainer,
)
from tansiq.people import privacy, retention


def _registrations(subject: privacy.Subject) -> Any:
    if subject.person is None:
        return Registration.objects.none()
    return subject.person.registrations.select_related("admission__activity", "organisation").order_by("made_at")


def _iso(value: Any) -> Any:
    return value and value.isoformat()


def _export_registrations(subject: privacy.Subject) -> list[dict[str, Any]]:
    return [
        {
            "activity": row.admission.activity.slug, "number": row.number, "state": row.state, "made": _iso(row.made_at),
            "address": row.address_key, "region": row.region_id, "profession": row.profession, "sex": row.sex,
            "organisation": row.organisation.slug if row.organisation else row.organisation_name, "language": row.language,
            "reason": row.reason, "joined": _iso(row.joined_at),
            "attendance": [
                {"day": _iso(one.day), "shown_by": one.how, "minutes": one.minutes, "intervals": one.intervals}
                for one in row.attendances.order_by("day", "how")
            ],
            "certificates": [
                {"number": one.number, "state": one.state, "issued": _iso(one.issued_at), "name": dict(one.holder)}
                for one in row.certificates.order_by("issued_at")
            ],
            "certificate_approved": [_iso(one.approved_at) for one in CertificateApproval.objects.filter(registration=row)],
            "shown_as": sorted(row.identities.values_list("name", flat=True)),
        }
        for row in _registrations(subject)
    ]  # fmt: skip


def _erase_registrations(subject: privacy.Subject) -> bool:
    """That somebody had a place, and was there for so long, stays as a number; who it was does not."""
    number = 0
    for row in _registrations(subject):
        values = {"address_key": "", "organisation_name": "", "sex": "", "profession": row.profession}
        for one in Certificate.objects.filter(registration=row).exclude(holder={}):
            # It can still be checked: what is signed names nobody, and without the salt no name can be tried against it.
            Certificate.objects.filter(pk=one.pk).update(
                holder=Localized(), salt="", files=certificatefiles.forget_files(one)
            )
            number += 1
        number += Identity.objects.filter(registration=row).delete()[0]
        number += Attendance.objects.filter(registration=row).exclude(intervals=[]).update(intervals=[])
        if any(getattr(row, name) != value for name, value in values.items()):
            Registration.objects.filter(pk=row.pk).update(**values, link_version=row.link_version + 1)
            number += 1
    return bool(number)


privacy.register("registrations", export=_export_registrations, erase=_erase_registrations)


def _nominees(subject: privacy.Subject) -> Any:
    wanted = Q(pk__in=[])
    for address in subject.addresses:
        wanted |= Q(email__iexact=address)
    if subject.person:
        wanted |= Q(registration__person=subject.person)
    return Nominee.objects.filter(wanted).select_related("request__admission__activity", "request__organisation")


def _export_nominees(subject: privacy.Subject) -> list[dict[str, Any]]:
    return [
        {
            "activity": row.request.admission.activity.slug, "by": row.request.organisation.slug, "name": dict(row.name),
            "email": row.email, "telephone": row.telephone, "region": row.region_id, "function": row.function,
            "state": row.state, "profession": row.profession, "sex": row.sex, "permission": row.has_permission,
            "taken_without_it_because": row.waived_because,
            "compared": [
                {"decided": _iso(one.decided_at), "verdict": one.verdict}
                for one in Double.objects.filter(Q(nominee=row) | Q(other=row)).order_by("decided_at")
            ],
        }
        for row in _nominees(subject)
    ]  # fmt: skip


def _erase_nominees(subject: privacy.Subject) -> bool:
    return bool(_nominees(subject).delete()[0])


privacy.register("nominations", export=_export_nominees, erase=_erase_nominees)


def _requests(subject: privacy.Subject) -> Any:
    wanted = Q(pk__in=[])
    for address in subject.addresses:
        wanted |= Q(email__iexact=address)
    return NominationRequest.objects.filter(wanted)


privacy.register(
    "requests for nominations",
    export=lambda subject: [
        {"office": row.office, "email": row.email, "asked": _iso(row.asked_at)} for row in _requests(subject)
    ],
    erase=lambda subject: bool(_requests(subject).update(office="", email="")),
)


def _is_of(stay: dict[str, Any], subject: privacy.Subject) -> bool:
    names = {fold(word) for word in subject.words}
    return stay.get("email", "") in subject.addresses or bool(
        {fold(stay.get("name", "")), fold(stay.get("other_name", ""))} & names - {""}
    )


def _stays(subject: privacy.Subject) -> list[tuple[AttendanceReport, list[dict[str, Any]]]]:
    if not (subject.addresses or subject.words):
        return []
    found = []
    for row in AttendanceReport.objects.exclude(stays=[]):
        mine = [stay for stay in row.stays if _is_of(stay, subject)]
        if mine:
            found.append((row, mine))
    return found


def _erase_stays(subject: privacy.Subject) -> bool:
    found = _stays(subject)
    for row, mine in found:
        row.stays = [stay for stay in row.stays if stay not in mine]
        row.save(update_fields=["stays"])
    return bool(found)


privacy.register(
    "attendance reports",
    export=lambda subject: [stay for _row, mine in _stays(subject) for stay in mine],
    erase=_erase_stays,
)


def _trainers(subject: privacy.Subject) -> Any:
    return Trainer.objects.filter(person=subject.person) if subject.person else Trainer.objects.none()


privacy.register(
    "trainers",
    export=lambda subject: [
        {
            "qualified_at": row.qualified_at and row.qualified_at.slug, "valid_until": _iso(row.valid_until),
            "led": sorted(row.activities.values_list("slug", flat=True)), "log_in": row.user_id is not None,
        }
        for row in _trainers(subject).select_related("qualified_at")
    ],
    erase=lambda subject: bool(
        _trainers(subject).exclude(valid_until=None, user=None).update(valid_until=None, user=None)
    ),
)  # fmt: skip


def _arrivals(subject: privacy.Subject) -> list[Arrival]:
    """Theirs by registration or invitation, and those who gave their name: not on the list, or for a guest."""
    names = {fold(word) for word in subject.words} - {""}
    rows = Arrival.objects.select_related("activity")
    mine = Q(registration__person=subject.person) | Q(invitation__person=subject.person)
    own = rows.filter(mine) if subject.person else rows.none()
    unlisted = rows.filter(registration=None).exclude(name="") if names else rows.none()
    known = {row.pk for row in own}
    return [*own, *(row for row in unlisted if fold(row.name) in names and row.pk not in known)]


def _erase_arrivals(subject: privacy.Subject) -> bool:
    return bool(empty_arrivals(Arrival.objects.filter(pk__in=[row.pk for row in _arrivals(subject)])))


privacy.register(
    "arrivals",
    export=lambda subject: [
        {
            "activity": row.activity.slug, "day": _iso(row.day), "at": _iso(row.at), "state": row.state,
            "name": row.name, "function": row.function, "organisation": row.organisation_name, "because": row.because,
        }
        for row in _arrivals(subject)
    ],
    erase=_erase_arrivals,
)  # fmt: skip


# --- After their time -----------------------------------------------------------------------------------------------


def _old_reports(before: dt.datetime) -> int:
    rows = AttendanceReport.objects.filter(read_at__lt=before).exclude(stays=[], ignored=[])
    return rows.update(stays=[], ignored=[])


# A digest of a network leads to nobody: there is nothing to give out, and after a day it is gone.
privacy.register("name tries", export=lambda subject: [], erase=lambda subject: False)
retention.register("participation.attendancereport", _old_reports)
retention.register("participation.identity", lambda before: Identity.objects.filter(decided_at__lt=before).delete()[0])


def _old_nominees(before: dt.datetime) -> int:
    """Those who did not become participants; the others are kept with their registration."""
    rows = Nominee.objects.filter(request__asked_at__lt=before, registration=None)
    NominationRequest.objects.filter(asked_at__lt=before).exclude(email="", office="").update(email="", office="")
    return rows.delete()[0]


retention.register("participation.nominee", _old_nominees)
retention.register("participation.double", lambda before: Double.objects.filter(decided_at__lt=before).delete()[0])
retention.register("participation.nominationrequest", lambda before: 0)  # with its nominees


def _old_arrivals(before: dt.datetime) -> int:
    """Who was counted stays with the registration or invitation; the names that were given at the door go."""
    old = Arrival.objects.filter(recorded_at__lt=before)
    gone = old.filter(registration=None, invitation=None).delete()[0]
    return gone + empty_arrivals(old)


retention.register("participation.arrival", _old_arrivals)


def _old_tries(before: dt.datetime) -> int:
    """Besides, files of certificates whose transaction was rolled back."""
    certificatefiles.sweep(before=before)
    return NameTry.objects.filter(tried_at__lt=before).delete()[0]


retention.register("participation.nametry", _old_tries)
