"""Who was there: conference reports read and matched with the registered, decisions remembered, minutes by day.

Reports are kept as they were read, and minutes are always counted anew from them: a decision made later counts
for what was read before.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tansiq.coordination import lists
from tansiq.coordination.models import PersonList
from tansiq.coordination.paper import in_words
from tansiq.core import journal
from tansiq.core.errors import BadInput, Problem, Refused
from tansiq.media import assets
from tansiq.participation import matching, reports
from tansiq.participation.models import Admission, Attendance, AttendanceReport, Identity, Registration
from tansiq.participation.stays import Stay, by_day, minutes

MOST_MINUTES_A_DAY = 24 * 60


class AnotherMeeting(Refused):
    """Of whom the report lists nobody is registered, or its day is another."""


class NotOpen(Refused):
    """This name was decided already, or is not there."""


# --- Reading --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Loaded:
    """A file as it was read; `sha256` of its bytes tells it from every other."""

    file_name: str
    sha256: str
    report: reports.Report


@dataclass(frozen=True)
class Present:
    """Somebody of the registered, in these reports: whole minutes of each local day, and how it is known who it is."""

    registration: Registration
    minutes: dict[dt.date, int]
    matched_by: str
    score: float
    names: list[str]


@dataclass(frozen=True)
class Passed:
    """What counts for nobody, and why."""

    file_name: str
    row: int
    name: str
    why: str


@dataclass(frozen=True)
class Reading:
    """What reports say of the registered. Nothing is written."""

    rows: int
    people: list[Present]
    to_decide: list[matching.Evidence]
    ignored: list[Passed]
    notes: list[str]
    evidence: list[matching.Evidence]


def zone_of(admission: Admission) -> ZoneInfo:
    return ZoneInfo(admission.activity.programme.time_zone or settings.TIME_ZONE)


def days_of(admission: Admission) -> tuple[dt.date, dt.date] | None:
    """The first and last day on which presence counts; None while the activity has none."""
    activity = admission.activity
    for known in (activity.when, activity.within):
        if known and known.first_day and known.last_day:
            return known.first_day, known.last_day
    return None


def load(admission: Admission, files: Iterable[tuple[str, bytes]], *, mapping: Mapping[str, str] | None = None) -> list[Loaded]:  # fmt: skip
    """Read reports of conference systems, [(name, bytes)]; the same bytes twice are one report.

    mapping  see `reports.read`
    Raises BadInput with what is wrong in all of them.
    """
    found: dict[str, Loaded] = {}
    problems: list[Problem] = []
    days = days_of(admission)
    for name, content in files:
        digest = hashlib.sha256(content).hexdigest()
        try:
            report = reports.read(
                content, file_name=name, zone=zone_of(admission), around=days and days[0], mapping=mapping
            )
        except BadInput as bad:
            problems += bad.problems
        else:
            found.setdefault(digest, Loaded(name, digest, report))
    if problems:
        raise BadInput(problems)
    return list(found.values())


def read(admission: Admission, loaded: Iterable[Loaded]) -> Reading:
    """Who was there by these reports, who needs a person, and what counts for nobody."""
    loaded = list(loaded)
    names = {one.sha256: one.file_name for one in loaded}
    zone, days = zone_of(admission), days_of(admission)
    notes = [note for one in loaded for note in one.report.notes]
    ignored = [
        Passed(one.file_name, row.row, row.name, row.why) for one in loaded for row in one.report.ignored
    ]  # fmt: skip
    counted: list[tuple[str, Stay]] = []
    for one in loaded:
        for stay in one.report.stays:
            if _cut([(stay.joined, stay.left)], zone, days):
                counted.append((one.sha256, stay))
            else:
                day = date_format(stay.joined.astimezone(zone).date(), "Y-m-d")
                why = _("This was on %(day)s, and the activity is on another day.") % {"day": day}
                ignored.append(Passed(one.file_name, stay.row, stay.name, why))
    found = matching.match(counted, matching.Registered(admission), decisions(admission))
    people: dict[uuid.UUID, list[matching.Evidence]] = defaultdict(list)
    to_decide = []
    for evidence in found:
        if evidence.registration is not None:
            people[evidence.registration.pk].append(evidence)
        elif evidence.matched_by or matching.runs_the_meeting(evidence):
            why = _("Somebody decided that this is nobody of the registered.") if evidence.matched_by else _("Runs the meeting, and is not registered.")  # fmt: skip
            ignored += [Passed(names[sha], stay.row, stay.name, why) for sha, stay in evidence.shown.stays]
        else:
            to_decide.append(evidence)
    present = [_present(several, zone, days) for several in people.values()]
    return Reading(
        rows=sum(one.report.rows for one in loaded), people=sorted(present, key=lambda one: one.registration.number),
        to_decide=to_decide, ignored=ignored, notes=list(dict.fromkeys(notes)), evidence=found,
    )  # fmt: skip


def _present(several: list[matching.Evidence], zone: ZoneInfo, days: Any) -> Present:
    """The weakest evidence is the one to look at, so it is the one that is told."""
    row: Any = several[0].registration
    weakest = min(several, key=lambda one: one.score)
    spans = [span for one in several for span in one.shown.intervals]
    by = {day: minutes(spans) for day, spans in _cut(spans, zone, days).items()}
    return Present(row, by, weakest.matched_by, weakest.score, list(dict.fromkeys(one.shown.name for one in several)))


def _cut(spans: Any, zone: ZoneInfo, days: tuple[dt.date, dt.date] | None) -> dict[dt.date, list[Any]]:
    """By local day, only those days that count."""
    found = by_day(spans, zone)
    return found if days is None else {day: parts for day, parts in found.items() if days[0] <= day <= days[1]}


def decisions(admission: Admission) -> dict[str, uuid.UUID | None]:
    """What persons said of names, by key; what was certain by itself is looked at anew in each report."""
    rows = admission.identities.filter(is_open=False, evidence__matched_by=matching.DECISION)
    return dict(rows.values_list("key", "registration"))


# --- Applying -------------------------------------------------------------------------------------------------------


@transaction.atomic
def apply(*, admission: Admission, loaded: Iterable[Loaded], by: Any, now: dt.datetime) -> Reading:
    """Keep reports, and who was there by them; what is not certain waits for `decide`. The same report counts once.

    Raises AnotherMeeting where a report is of other days, or nobody whom it lists is registered.
    """
    _lock(admission)
    loaded = list(loaded)
    reading = read(admission, loaded)
    _refuse_another(admission, loaded, reading)
    known = set(admission.reports.values_list("sha256", flat=True))
    done = []
    for one in loaded:
        if one.sha256 in known:
            continue
        report = one.report
        row = AttendanceReport.objects.create(
            admission=admission, platform=report.platform, meeting=report.meeting[:200], file_name=one.file_name[:120],
            sha256=one.sha256, rows=report.rows, stays=[_plain(stay) for stay in report.stays], read_at=now,
            ignored=[{"row": each.row, "name": each.name, "why": str(each.why)} for each in report.ignored],
        )  # fmt: skip
        done.append(journal.Done("participation.read_report", row, {"rows": [None, report.rows]}))
    journal.record_all(done, by=by, now=now)
    _keep(admission, reading, now=now)
    recount(admission, by=by, now=now)
    return reading


def _refuse_another(admission: Admission, loaded: list[Loaded], reading: Reading) -> None:
    days = days_of(admission)
    stays = sum(len(one.report.stays) for one in loaded)
    if stays and days and not reading.people and not reading.to_decide:
        there = sorted({day for one in loaded for day in one.report.days})
        language = settings.LANGUAGE_CODE
        message = _("This report is of %(there)s; the activity is on %(day)s. Take the report of that day, or correct the activity’s day.")  # fmt: skip
        when = in_words(admission.activity.when or admission.activity.within or None, language)
        raise AnotherMeeting(message % {"there": ", ".join(map(str, there)), "day": when or "–"})
    resembled = [one for one in reading.to_decide if one.candidates]
    if len(reading.to_decide) >= 3 and not reading.people and not resembled:
        message = _("Of %(number)s people in this report nobody is registered for “%(activity)s”. Is it the report of another meeting?")  # fmt: skip
        raise AnotherMeeting(message % {"number": len(reading.to_decide), "activity": admission.activity.title})


def _lock(admission: Admission) -> None:
    Admission.objects.select_for_update().only("pk").get(pk=admission.pk)


def _plain(stay: Stay) -> dict[str, Any]:
    return {
        "row": stay.row, "name": stay.name, "other_name": stay.other_name, "email": stay.email,
        "join_id": stay.join_id, "joined": stay.joined.isoformat(), "left": stay.left.isoformat(),
        "is_host": stay.is_host,
    }  # fmt: skip


def _stay(one: dict[str, Any]) -> Stay:
    times = {name: dt.datetime.fromisoformat(one[name]) for name in ("joined", "left")}
    return Stay(**{**one, **times})


def _keep(admission: Admission, reading: Reading, *, now: dt.datetime) -> None:
    """Who is behind each name: what is certain, and what is to be decided. What is kept already stays."""
    known = set(admission.identities.values_list("key", flat=True))
    rows = []
    for one in reading.evidence:
        shown = one.shown
        if shown.key in known or one.matched_by == matching.DECISION or matching.runs_the_meeting(one):
            continue
        known.add(shown.key)
        rows.append(
            Identity(
                admission=admission, key=shown.key, remembered_as=shown.remembered_key, name=shown.name[:300],
                registration=one.registration, is_open=one.registration is None, decided_at=now,
                evidence={
                    "matched_by": one.matched_by, "score": one.score, "email": shown.first.email,
                    "candidates": [
                        {"registration": str(each.registration.pk), "name": each.name, "score": each.score, "why": each.why}
                        for each in one.candidates
                    ],
                },
            )
        )  # fmt: skip
    Identity.objects.bulk_create(rows, batch_size=500)


@transaction.atomic
def decide(*, identity: Identity, registration: Registration | None, by: Any, now: dt.datetime) -> Identity:
    """A person says who is behind a name; None: nobody of the registered. Said again, the last word counts.

    A full name is remembered for the next reports of this activity; "Ahmed" or "iPhone" is not.
    Raises NotOpen where the registration belongs to another activity.
    """
    admission = identity.admission
    _lock(admission)
    row = Identity.objects.select_related("registration").get(pk=identity.pk)
    if registration is not None and registration.admission_id != admission.pk:
        raise NotOpen(_("This registration belongs to another activity. Choose one of this list."))
    if not row.is_open and row.registration == registration and row.evidence.get("matched_by") == matching.DECISION:
        return row
    before = str(row.registration_id or "")
    row.registration, row.is_open = registration, False
    row.decided_by, row.decided_at = journal.actor(by).id, now
    row.evidence = {**row.evidence, "matched_by": matching.DECISION, "score": 1.0}
    wanted = row.remembered_as or row.key
    # The same name in other reports: one decision, kept once.
    alike = Identity.objects.filter(admission=admission, remembered_as=wanted).exclude(pk=row.pk)
    alike.exclude(evidence__matched_by=matching.DECISION).delete()
    alike.filter(key=wanted).delete()
    row.key = wanted
    row.save()
    changes = {"registration": [before, str(registration.pk) if registration else ""]}
    journal.record("participation.decide_name", row, by=by, now=now, changes=changes)
    recount(admission, by=by, now=now)
    return row


@transaction.atomic
def take_back(*, report: AttendanceReport, by: Any, now: dt.datetime) -> None:
    """A report that was read by mistake: what rests on it alone goes; what persons decided of names stays."""
    admission = report.admission
    _lock(admission)
    prefix = report.sha256[:16]
    own = Q(key__startswith=f"{prefix}|") | Q(key__startswith=f"{prefix}:")
    journal.record("participation.take_back_report", report, by=by, now=now, changes={"rows": [report.rows, None]})
    admission.identities.filter(own).exclude(evidence__matched_by=matching.DECISION).delete()
    AttendanceReport.objects.filter(pk=report.pk).delete()
    recount(admission, by=by, now=now)


@transaction.atomic
def look_again(*, admission: Admission, by: Any, now: dt.datetime) -> int:
    """Compare what is still open with those who registered since; returns how many are still open."""
    _lock(admission)
    stays = [(report.sha256, _stay(one)) for report in admission.reports.all() for one in report.stays]
    admission.identities.exclude(evidence__matched_by=matching.DECISION).delete()
    found = matching.match(stays, matching.Registered(admission), decisions(admission))
    _keep(admission, Reading(0, [], [], [], [], found), now=now)
    recount(admission, by=by, now=now)
    return admission.identities.filter(is_open=True).count()


# --- Counting -------------------------------------------------------------------------------------------------------


def recount(admission: Admission, *, by: Any, now: dt.datetime) -> None:
    """Write the minutes of each day from the reports that are kept; in the caller's transaction, which holds the lock.

    What rests on a report whose names went with the time stays as it is.
    """
    zone, days = zone_of(admission), days_of(admission)
    who = dict(admission.identities.filter(registration__isnull=False).values_list("key", "registration"))
    spans: dict[uuid.UUID, list[tuple[Any, Any, str]]] = defaultdict(list)
    gone = set()
    for report in admission.reports.all():
        if not report.stays:
            gone.add(str(report.pk))
        for one in report.stays:
            stay = _stay(one)
            found = next((who[key] for key in matching.keys_of(report.sha256, stay) if key in who), None)
            if found:
                spans[found].append((stay.joined, stay.left, str(report.pk)))
    rows = Attendance.objects.filter(registration__admission=admission, how=Attendance.How.REPORT)
    known = {(row.registration_id, row.day): row for row in rows}
    for (registration, _day), row in known.items():
        kept = [tuple(one) for one in row.intervals if one[2] in gone]
        spans[registration] += [(dt.datetime.fromisoformat(a), dt.datetime.fromisoformat(b), c) for a, b, c in kept]
    fresh: list[Attendance] = []
    changed: list[Attendance] = []
    for registration, several in spans.items():
        for day, parts in _cut([(start, end) for start, end, _report in several], zone, days).items():
            row = known.pop((registration, day), None)  # type: ignore[arg-type]
            row = row or Attendance(registration_id=registration, day=day, how=Attendance.How.REPORT)
            intervals = _named(parts, several)
            if row.intervals == intervals:
                continue
            row.minutes, row.intervals, row.recorded_at = minutes(parts), intervals, now
            (fresh if row._state.adding else changed).append(row)
    Attendance.objects.bulk_create(fresh, batch_size=500)
    Attendance.objects.bulk_update(changed, ["minutes", "intervals", "recorded_at"], batch_size=500)
    # Of somebody erased, or come back from an archive, the minutes are all that there is: they stay.
    Attendance.objects.filter(pk__in=[row.pk for row in known.values() if row.intervals]).delete()
    settle(admission, by=by, now=now)


def _named(parts: list[Any], several: list[tuple[Any, Any, str]]) -> list[list[str]]:
    """The union of a day, each part with a report that shows it."""
    return [
        [start.isoformat(), end.isoformat(), next(report for a, b, report in several if a < end and b > start)]
        for start, end in parts
    ]


def minutes_of(registrations: Iterable[Registration]) -> dict[uuid.UUID, int]:
    """Minutes of presence over all days, by registration; who was never there is left out.

    Of several kinds of evidence for one day the longest counts: a signed sheet and a report are one presence.
    """
    return _minutes(Attendance.objects.filter(registration__in=registrations))


def _minutes(rows: Any) -> dict[uuid.UUID, int]:
    days: dict[tuple[uuid.UUID, dt.date], int] = {}
    for registration, day, number in rows.values_list("registration", "day", "minutes"):
        days[registration, day] = max(number, days.get((registration, day), 0))
    found: dict[uuid.UUID, int] = defaultdict(int)
    for (registration, _day), number in days.items():
        found[registration] += number
    return dict(found)


def threshold(admission: Admission) -> int:
    """From how many minutes on somebody was there: those that a certificate asks for, else one."""
    return max(int(admission.certificate.get("minutes") or 1), 1)


def settle(admission: Admission, *, by: Any, now: dt.datetime) -> int:
    """Who was there and who was not, by the minutes that are asked for; each change has its line in the journal.

    In the caller's transaction. While nothing shows who was there, nobody was absent. Returns how many changed.
    """
    found = _minutes(Attendance.objects.filter(registration__admission=admission))
    if not found and not admission.registrations.filter(attended__isnull=False).exists():
        return 0
    least = threshold(admission)
    done, by_status = [], defaultdict(list)
    for row in admission.registrations.all():
        attended = None
        if found and (row.pk in found or row.state == Registration.State.CONFIRMED):
            attended = found.get(row.pk, 0) >= least
        if attended == row.attended:
            continue
        changes = {
            "attended": [row.attended, attended],
            "minutes": [None, found.get(row.pk, 0)],
            "least": [None, least],
        }
        done.append(journal.Done("participation.attend", row, changes))
        by_status[attended].append(row.pk)
    for attended, keys in by_status.items():
        for start in range(0, len(keys), 500):
            Registration.objects.filter(pk__in=keys[start : start + 500]).update(attended=attended)
    journal.record_all(done, by=by, now=now)
    return len(done)


def settle_one(row: Registration, *, by: Any, now: dt.datetime) -> None:
    """The same for one person, as they come through the door: nobody else is absent by it. In the caller's transaction."""
    found = minutes_of([row])
    least = threshold(row.admission)
    attended = found[row.pk] >= least if row.pk in found else None
    if attended == row.attended:
        return
    Registration.objects.filter(pk=row.pk).update(attended=attended)
    changes = {"attended": [row.attended, attended], "minutes": [None, found.get(row.pk, 0)], "least": [None, least]}
    journal.record("participation.attend", row, by=by, now=now, changes=changes)


@transaction.atomic
def set_threshold(*, admission: Admission, least: int, by: Any, now: dt.datetime) -> int:
    """Ask for so many minutes, from 1 on; whoever is there or absent by it is so from now. Returns how many changed."""
    _lock(admission)
    admission = Admission.objects.select_related("activity__programme").get(pk=admission.pk)
    before = threshold(admission)
    if least == before:
        return 0
    admission.certificate = {**admission.certificate, "minutes": least}
    admission.save(update_fields=["certificate"])
    changes = {"minutes": [before, least]}
    journal.record("participation.set_threshold", admission, by=by, now=now, changes=changes)
    return settle(admission, by=by, now=now)


# --- On paper -------------------------------------------------------------------------------------------------------


class NotThatDay(Refused):
    """The activity does not take place on that day."""


@transaction.atomic
def sign(
    *, admission: Admission, day: dt.date, signed: Mapping[uuid.UUID, int], by: Any, now: dt.datetime,
    scan: tuple[str, bytes] | None = None,
) -> int:  # fmt: skip
    """Who signed the sheet of a day, {registration: minutes}; it takes the place of what was typed for this day before.

    scan  (name, bytes) of the paper that shows it, kept privately; without one the scan kept before stays
    Returns how many signed. Raises NotThatDay, NotOpen, assets.FileRefused.
    """
    _lock(admission)
    days = days_of(admission)
    if days and not days[0] <= day <= days[1]:
        message = _("The activity is not on %(day)s. Choose one of its days.")
        raise NotThatDay(message % {"day": date_format(day, "Y-m-d")})
    rows = set(admission.registrations.filter(pk__in=signed).values_list("pk", flat=True))
    if rows != set(signed):
        raise NotOpen(_("This registration belongs to another activity. Choose one of this list."))
    before = Attendance.objects.filter(registration__admission=admission, day=day, how=Attendance.How.SHEET)
    changes: dict[str, Any] = {"day": [None, day.isoformat()], "signed": [before.count(), len(signed)]}
    evidence_id = before.exclude(evidence_id=None).values_list("evidence_id", flat=True).first()
    if scan is not None:
        language = admission.activity.reference_language
        title = {language: f"{_('attendance sheet')} – {admission.activity.title.text(language).value}"}
        kept = assets.store(
            content=scan[1], file_name=scan[0], title=title, shows_persons=False, is_scan=True, by=by, now=now
        )
        evidence_id, changes["scan"] = kept.pk, [None, kept.sha256]
    before.delete()
    Attendance.objects.bulk_create(
        Attendance(
            registration_id=key, day=day, how=Attendance.How.SHEET, minutes=min(number, MOST_MINUTES_A_DAY),
            evidence_id=evidence_id, recorded_at=now,
        )
        for key, number in signed.items()
    )  # fmt: skip
    journal.record("participation.sign_sheet", admission, by=by, now=now, changes=changes)
    settle(admission, by=by, now=now)
    return len(signed)


def sheet(admission: Admission, *, day: dt.date | None, language: str, now: dt.datetime) -> bytes:
    """A sheet to sign, as PDF: those who have a place, in the order of their numbers, and ten blank rows."""
    rows = admission.registrations.present().select_related("person", "organisation").order_by("number")
    entries = [
        {
            "name": " / ".join(row.person.name.values()),
            "organisation_name": row.organisation_name or (row.organisation.name.text(language).value if row.organisation else ""),
        }
        for row in rows
    ]  # fmt: skip
    first = admission.activity.first_day
    number = (day - first).days + 1 if day and first and admission.activity.is_dated else 1
    paper = PersonList(
        activity=admission.activity, kind=PersonList.Kind.ATTENDANCE, day_number=max(number, 1), entries=entries
    )
    return lists.printed(paper, language=language, now=now, blank_rows=10)
