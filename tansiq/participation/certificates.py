"""Certificates: who is due one and why somebody is not, issuing, revoking, issuing anew, many at once.

Whoever has a valid one keeps it: to issue twice changes nothing. A certificate that was revoked comes back only by
`reissue`, never by a batch.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Max, Min
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tansiq.coordination import impact
from tansiq.core import jobs, journal, outbox, packs, pdf, records
from tansiq.core.errors import Refused
from tansiq.core.localized import Localized
from tansiq.participation import attendance, certificatepaper, codes, keys, registration, sealing
from tansiq.participation.models import (
    Admission,
    Attendance,
    Certificate,
    CertificateApproval,
    CertificateSeries,
    Registration,
)
from tansiq.people.models import Organisation
from tansiq.programme.models import Activity

BATCH = 25


class NoRule(Refused):
    """No certificate is given for this activity."""


class NotDue(Refused):
    """Somebody does not meet the rule; the message is the reason."""


class NotValid(Refused):
    """The certificate is not in a state in which this can be done."""


# --- Scores: from whoever keeps tests -------------------------------------------------------------------------------

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


# --- Who is due one -------------------------------------------------------------------------------------------------


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
        return text % {"number": newest.number, "why": _sentence(newest.revoked_because)}
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


def _sentence(text: str) -> str:
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

    Returns whether there was an approval. Raises NotValid without a reason.
    """
    because = because.strip()[:300]
    if not because:
        raise NotValid(_("Say why the approval is taken back: it stands in the journal."))
    rows = CertificateApproval.objects.filter(registration=registration)
    for approval in rows:
        changes = {"because": [None, because]}
        journal.record("participation.withdraw_certificate_approval", approval, by=by, now=now, changes=changes)
    return bool(rows.delete()[0])


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
        _store(one, one.language, certificatepaper.draw(one, sheet, one.language, signer))
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


def _store(one: Certificate, language: str, content: bytes) -> None:
    name = default_storage.save(f"certificates/{one.pk.hex}-{language}.pdf", ContentFile(content))
    one.files = {**one.files, language: {"name": name, "sha256": hashlib.sha256(content).hexdigest()}}


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
    Raises NotValid, registration.Unfit for a name that is none.
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
        if fault := registration.name_fault(written, language, kept):
            faults[f"name_{language}"] = fault
    if not kept and not faults:
        faults["name"] = _("Write the name.")
    if faults:
        raise registration.Unfit(" ".join(faults.values()), faults=faults)
    if {**person.name, **kept} != dict(person.name):
        person.name = Localized({**person.name, **kept})
        records.change(person, by=by, now=now)


# --- Files ----------------------------------------------------------------------------------------------------------


def open_pdf(certificate: Certificate, language: str = "", *, now: dt.datetime) -> bytes:
    """The issued bytes; in a language that was not asked for before it is drawn, sealed and stored first.

    Raises FileNotFoundError where the name was erased and the file with it, or the language is none of the site.
    """
    language = language or certificate.language
    known = certificate.files.get(language)
    if known is None:
        if language not in dict(settings.LANGUAGES) or not certificate.holder:
            raise FileNotFoundError(language)
        known = _draw_more(certificate, language, now=now)
    if not known["name"]:
        raise FileNotFoundError(language)
    with default_storage.open(known["name"]) as file:
        return file.read()


@transaction.atomic
def _draw_more(certificate: Certificate, language: str, *, now: dt.datetime) -> dict[str, str]:
    Certificate.objects.select_for_update().only("pk").get(pk=certificate.pk)
    one = Certificate.objects.select_related(
        "registration__person",
        "registration__admission__activity__programme",
        "registration__admission__activity__place",
    ).get(pk=certificate.pk)
    if language not in one.files and one.holder:
        sheet = certificatepaper.sheet_of(one.registration.admission, now=now)
        _store(one, language, certificatepaper.draw(one, sheet, language, keys.active(now=now)))
        Certificate.objects.filter(pk=one.pk).update(files=one.files)
    certificate.files = one.files
    return one.files.get(language, {"name": "", "sha256": ""})


def forget_files(certificate: Certificate) -> dict[str, dict[str, str]]:
    """`files` without where they are: the bytes go when the transaction commits, their digests stay to check copies."""
    names = [one["name"] for one in certificate.files.values() if one["name"]]

    def remove() -> None:
        for name in names:
            default_storage.delete(name)

    transaction.on_commit(remove)
    return {language: {**one, "name": ""} for language, one in certificate.files.items()}


def sweep(*, before: dt.datetime) -> int:
    """Delete files that no row names: their transaction was rolled back. Returns how many."""
    try:
        found = default_storage.listdir("certificates")[1]
    except FileNotFoundError:
        return 0
    rows = Certificate.objects.values_list("files", flat=True)
    known = {one["name"] for files in rows for one in files.values()}
    old = [
        name for name in (f"certificates/{file}" for file in found)
        if name not in known and default_storage.get_modified_time(name) < before
    ]  # fmt: skip
    for name in old:
        default_storage.delete(name)
    return len(old)


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
            _("Download it from your own page:") + "\n" + registration.address_of(row),
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
            _("The reason: %(why)s") % {"why": _sentence(one.revoked_because)},
            _("Your own page:") + "\n" + registration.address_of(row),
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
