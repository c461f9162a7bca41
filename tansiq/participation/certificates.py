"""Certificates: issuing, revoking, issuing anew, many at once; who is due one says `entitlement`.

Whoever has a valid one keeps it: to issue twice changes nothing. A certificate that was revoked comes back only by
`reissue`, never by a batch.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Generator, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Min
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tansiq.core import jobs, journal, outbox, packs, pdf, records
from tansiq.core.errors import Refused
from tansiq.core.localized import Localized
from tansiq.participation import applicants, certificatefiles, certificatepaper, codes, keys, ownpage, sealing
from tansiq.participation.entitlement import NotDue, due, sentence
from tansiq.participation.models import Admission, Attendance, Certificate, CertificateSeries, Registration
from tansiq.people.models import Organisation
from tansiq.programme.models import Activity

BATCH = 25


class NotValid(Refused):
    """The certificate is not in a state in which this can be done."""


# --- Issuing --------------------------------------------------------------------------------------------------------


def issue(*, registration: Registration, by: Any, now: dt.datetime, language: str = "") -> Certificate:
    """Give one person the certificate that is due, as a PDF, and tell them by mail; who has a valid one keeps it.

    language  of the PDF; that of the registration where not given
    Raises NotDue with the reason, NoRule, keys.KeyMissing, pdf.Unprintable.
    """
    [made] = issue_many(registrations=[registration], by=by, now=now, language=language)
    if isinstance(made, NotDue):
        raise made
    return made


@transaction.atomic
def issue_many(
    *, registrations: Sequence[Registration], by: Any, now: dt.datetime, language: str = ""
) -> list[Certificate | NotDue]:
    """The same for several of one activity, all or none, in their order; who is not due gets the reason instead."""
    if not registrations:
        return []
    admission = Admission.objects.select_related("activity__programme", "activity__place").get(
        pk=registrations[0].admission_id
    )
    # One after the other for one person: a double click finds the certificate that the first one made.
    list(
        Registration.objects.select_for_update()
        .only("pk")
        .filter(pk__in=[row.pk for row in registrations])
        .order_by("pk")
    )
    found = {one.registration.pk: one for one in due(admission, registrations, now=now)}
    wanted = [found[row.pk] for row in registrations if found[row.pk].is_due]
    made = _make(admission, [(one.registration, None) for one in wanted], by=by, now=now, language=language)
    made_for = {one.registration_id: one for one in made}
    outcome: list[Certificate | NotDue] = []
    for row in registrations:
        one = found[row.pk]
        if row.pk in made_for:
            outcome.append(made_for[row.pk])
        elif one.has_one and one.certificate:
            outcome.append(one.certificate)
        else:
            outcome.append(NotDue(one.reason))
    return outcome


def issue_each(
    *, registrations: Sequence[Registration], by: Any, now: dt.datetime, language: str = ""
) -> list[Certificate | NotDue]:
    """As `issue_many`, but what cannot be printed for one of them (an emoji in a name) keeps no other from theirs."""
    try:
        return issue_many(registrations=registrations, by=by, now=now, language=language)
    except pdf.Unprintable:
        outcome: list[Certificate | NotDue] = []
        for row in registrations:
            try:
                outcome += issue_many(registrations=[row], by=by, now=now, language=language)
            except pdf.Unprintable as refusal:
                outcome.append(NotDue(str(refusal)))
        return outcome


def _make(
    admission: Admission, wanted: Sequence[tuple[Registration, Certificate | None]], *, by: Any, now: dt.datetime,
    language: str = "", course_too: bool = False,
) -> list[Certificate]:  # fmt: skip
    """Certificates for these, each in place of an older one or of none; in the caller's transaction."""
    if not wanted:
        return []
    signer = keys.active(now=now, by=by)
    sheet = certificatepaper.sheet_of(admission, now=now)
    issued = timezone.localdate(now)
    course = course_of(admission)
    months = admission.certificate.get("valid_months")
    until = _in_months(issued, months) if months else None
    known = dict(settings.LANGUAGES)
    made, mails = [], []
    first = _numbers(issued.year, len(wanted))
    for serial, (row, earlier) in enumerate(wanted, start=first):
        one = Certificate(
            registration=row, year=issued.year, serial=serial, code=codes.make(), key=signer.row, issued_at=now,
            holder=Localized(row.person.name), salt=sealing.new_salt(), valid_until=until, replaces=earlier,
            language=next(code for code in (language, row.language, settings.LANGUAGE_CODE) if code in known),
        )  # fmt: skip
        if earlier:
            one.valid_until = earlier.valid_until
        one.signed = {
            "format": sealing.FORMAT, "issuer": settings.TANSIQ_SITE_URL, "key": signer.row.key_id, "number": one.number,
            "code": one.code, "holder": sealing.digest_of(one.holder, one.salt),
            "course": earlier.course if earlier and not course_too else course, "issued": issued.isoformat(),
            "valid_until": one.valid_until and one.valid_until.isoformat(),
        }  # fmt: skip
        one.signature = sealing.sign(one.signed, signer)
        certificatefiles.store(one, one.language, certificatepaper.draw(one, sheet, one.language, signer))
        made.append(one)
        mails.append(_mail(one, now=now))
    Certificate.objects.bulk_create(made)
    journal.record_all(
        [
            journal.Done(
                "participation.issue_certificate", one,
                {"number": [None, one.number], "replaces": [None, one.replaces and one.replaces.number]},
            )
            for one in made
        ],
        by=by, now=now,
    )  # fmt: skip
    outbox.post_all(mail for mail in mails if mail)
    return made


def _numbers(year: int, count: int) -> int:
    """The first of so many numbers of a year, in the caller's transaction: a refusal gives them back, so no gap."""
    CertificateSeries.objects.get_or_create(year=year)
    CertificateSeries.objects.filter(year=year).update(last=F("last") + count)
    return CertificateSeries.objects.values_list("last", flat=True).get(year=year) - count + 1


def _in_months(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return dt.date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError


def course_of(admission: Admission) -> dict[str, Any]:
    """What is certified of the activity. Where its days are not known, the days on which people were there are."""
    activity, rule = admission.activity, admission.certificate
    first, last = (activity.first_day, activity.last_day) if activity.when.is_days else (None, None)
    if first is None:
        seen = Attendance.objects.filter(registration__admission=admission, minutes__gt=0)
        days = seen.aggregate(first=Min("day"), last=Max("day"))
        first, last = days["first"], days["last"]
    if first is None:
        first, last = activity.first_day or activity.within.first_day, activity.last_day or activity.within.last_day
    hours = rule.get("hours")
    minutes = hours * 60 if hours else None
    begins, ends = activity.starts_at_time, activity.ends_at_time
    if minutes is None and begins and ends and first == last and ends > begins:
        minutes = (ends.hour - begins.hour) * 60 + ends.minute - begins.minute
    place: dict[str, str] = {}
    if activity.place and activity.mode != Activity.Mode.REMOTE:
        for code in {*activity.place.name, *activity.place.locality}:
            comma = "، " if code == "ar" else ", "
            parts = (activity.place.name.get(code), activity.place.locality.get(code))
            place[code] = comma.join(part for part in parts if part)
    body = Organisation.objects.filter(slug=packs.section("body") or "").first()
    return {
        "slug": activity.slug, "kind": activity.kind, "title": dict(activity.title), "mode": activity.mode, "place": place,
        "from": first and first.isoformat(), "to": last and last.isoformat(), "minutes": minutes,
        "tested": "score" in rule, "body": dict(body.name) if body else {},
    }  # fmt: skip


# --- What becomes of it ---------------------------------------------------------------------------------------------


@transaction.atomic
def revoke(*, certificate: Certificate, because: str, by: Any, now: dt.datetime) -> Certificate:
    """It is no longer good, from this moment; the holder is told why by mail. Twice changes nothing.

    Raises NotValid without a reason, or for one that was replaced.
    """
    because = because.strip()[:300]
    if not because:
        raise NotValid(_("Say why the certificate is revoked: the holder is told, and asks."))
    if not _end(certificate, Certificate.State.REVOKED, because, now=now):
        certificate.refresh_from_db()
        if certificate.state == Certificate.State.REVOKED:
            return certificate
        raise NotValid(
            _("Certificate %(number)s was replaced by another. Revoke that one.") % {"number": certificate.number}
        )
    changes = {"state": ["valid", "revoked"], "because": [None, because]}
    journal.record("participation.revoke_certificate", certificate, by=by, now=now, changes=changes)
    if mail := _revocation_mail(certificate, now=now):
        outbox.post(**mail)
    return certificate


def _end(certificate: Certificate, state: Certificate.State, because: str, *, now: dt.datetime) -> bool:
    valid = Certificate.objects.filter(pk=certificate.pk, state=Certificate.State.VALID)
    is_ours = bool(valid.update(state=state, revoked_at=now, revoked_because=because))
    certificate.refresh_from_db()
    return is_ours


@transaction.atomic
def reissue(
    *, certificate: Certificate, because: str, by: Any, now: dt.datetime, name: dict[str, str] | None = None,
    language: str = "", course_too: bool = False,
) -> Certificate:  # fmt: skip
    """Issue it anew, under a new number and code: with a corrected name, or after a revocation that was a mistake.

    name  spellings by language that become those of the person, {"ar": "...", "fr": "..."}; None: as the person is called
    course_too  with the course as it is recorded now; else it stays as it was certified
    The old one is "replaced", and says so when it is checked.
    Raises NotValid, applicants.Unfit for a name that is none.
    """
    because = because.strip()[:300]
    if not because:
        raise NotValid(_("Say why the certificate is issued anew: it stands in the journal."))
    row = certificate.registration
    Registration.objects.select_for_update().only("pk").get(pk=row.pk)
    certificate.refresh_from_db()
    newest = Certificate.objects.filter(registration=row).order_by("-issued_at", "-year", "-serial").first()
    if newest != certificate or certificate.state == Certificate.State.REPLACED:
        raise NotValid(_("Certificate %(number)s was replaced by another. Issue that one anew.") % {"number": certificate.number})  # fmt: skip
    if not certificate.holder:
        raise NotValid(_("The name was erased. It cannot be issued anew."))
    if name:
        _rename(row, name, by=by, now=now)
    if certificate.state == Certificate.State.VALID:
        _end(certificate, Certificate.State.REPLACED, because, now=now)
        journal.record(
            "participation.replace_certificate", certificate, by=by, now=now,
            changes={"state": ["valid", "replaced"], "because": [None, because]},
        )  # fmt: skip
    admission = Admission.objects.select_related("activity__programme", "activity__place").get(pk=row.admission_id)
    row.refresh_from_db(fields=["person"])
    row.admission = admission
    [made] = _make(
        admission,
        [(row, certificate)],
        by=by,
        now=now,
        language=language or certificate.language,
        course_too=course_too,
    )
    return made


def _rename(row: Registration, name: dict[str, str], *, by: Any, now: dt.datetime) -> None:
    person, faults, kept = row.person, {}, Localized()
    for language, written in name.items():
        if fault := applicants.name_fault(written, language, kept):
            faults[f"name_{language}"] = fault
    if not kept and not faults:
        faults["name"] = _("Write the name.")
    if faults:
        raise applicants.Unfit(" ".join(faults.values()), faults=faults)
    if {**person.name, **kept} != dict(person.name):
        person.name = Localized({**person.name, **kept})
        records.change(person, by=by, now=now)


# --- Mails ----------------------------------------------------------------------------------------------------------


def _mail(one: Certificate, *, now: dt.datetime) -> dict[str, Any] | None:
    row = one.registration
    if not row.address_key:
        return None
    language = row.language
    with translation.override(language):
        lines = [
            certificatepaper.body_of(one.course, language), row.admission.activity.title.text(language).value,
            _("Your certificate is ready: number %(number)s.") % {"number": one.number},
            _("Download it from your own page:") + "\n" + ownpage.address_of(row),
            _("This link is yours alone: please do not pass it on."),
        ]  # fmt: skip
        return {
            "key": f"certificate:{one.pk}", "to": row.address_key, "subject": _("Your certificate"),
            "body": "\n\n".join(line for line in lines if line), "language": language, "now": now,
        }  # fmt: skip


def _revocation_mail(one: Certificate, *, now: dt.datetime) -> dict[str, Any] | None:
    row = one.registration
    if not row.address_key:
        return None
    language = row.language
    with translation.override(language):
        lines = [
            certificatepaper.body_of(one.course, language), row.admission.activity.title.text(language).value,
            _("Your certificate %(number)s was revoked. Whoever checks it is told so.") % {"number": one.number},
            _("The reason: %(why)s") % {"why": sentence(one.revoked_because)},
            _("Your own page:") + "\n" + ownpage.address_of(row),
        ]  # fmt: skip
        return {
            "key": f"certificate:{one.pk}:revoked", "to": row.address_key, "subject": _("Your certificate"),
            "body": "\n\n".join(line for line in lines if line), "language": language, "now": now,
        }  # fmt: skip


# --- Many at once ---------------------------------------------------------------------------------------------------


def start_batch(*, admission: Admission, key: str, by: Any, now: dt.datetime, language: str = "") -> Any:
    """Issue all that are due in the background; the same `key` again (a double click) starts nothing.

    Raises NoRule at once.
    """
    due(admission, [], now=now)
    given = {"admission": str(admission.pk), "by": str(journal.actor(by).id or ""), "language": language}
    label = _("Certificates") + f": {admission.activity.title.text().value}"
    return jobs.start(kind="certificates", key=f"certificates:{key}", label=label, given=given, by=by, now=now)


@jobs.runner("certificates")
def _batch(job: Any) -> Generator[tuple[int, int], None, dict[str, Any]]:
    """Run again it goes on: who got one in the first run is no longer due."""
    given = job.given
    admission = Admission.objects.select_related("activity__programme", "activity__place").get(pk=given["admission"])
    by = journal.Actor("user", uuid.UUID(given["by"])) if given["by"] else journal.CLI
    wanted = [one.registration for one in due(admission, now=timezone.now()) if one.is_due]
    before = job.result.get("certificates", 0)
    done = 0
    refused: list[str] = list(job.result.get("refused", []))
    for start in range(0, len(wanted), BATCH):
        with transaction.atomic():
            made = issue_each(
                registrations=wanted[start : start + BATCH], by=by, now=timezone.now(), language=given["language"]
            )
            done += len(made)
            refused += [
                f"{row.number}: {one}"
                for row, one in zip(wanted[start:], made, strict=False)
                if isinstance(one, NotDue)
            ]
            type(job).objects.filter(pk=job.pk).update(result={"certificates": before + done, "refused": refused})
        yield before + done, before + len(wanted)
    return {"certificates": before + done - len(refused), "refused": refused}
