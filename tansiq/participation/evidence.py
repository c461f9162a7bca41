"""After an activity: a report within a day, and everything that shows it in one file for whoever paid.

Figures that leave the secretariat say no number under five and none that follows from the others; lists and sheets with
names go along only where they are asked for.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from tansiq.coordination import paper
from tansiq.coordination.models import RunOfShowIssue, SignedSheet
from tansiq.core import journal, pdf, suppression, tables
from tansiq.core.language import direction
from tansiq.media import assets
from tansiq.media.models import Asset, AssetUse
from tansiq.participation import attendance, feedback, gains, guestpaper
from tansiq.participation.models import (
    Admission,
    Assessment,
    Attendance,
    Certificate,
    Feedback,
    Invitation,
    Registration,
    Sex,
)
from tansiq.people.models import Region

# Not "<5": some are hidden only because they would give another away.
HIDDEN = "–"
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Figures:
    """What may be said outside: regions by sex of those who were there; None for what is not said.

    regions  names, one for each row of `table` but the last, which holds the totals
    table    women, men, not said, all
    """

    capacity: int
    registered: int
    with_a_place: int
    there: int
    certified: int
    regions: list[str]
    table: list[list[int | None]]


def figures(admission: Admission, language: str) -> Figures:
    """Counted from the records, in three queries."""
    rows = list(admission.registrations.values_list("state", "attended", "region", "sex"))
    there = Counter((region or "", sex or "") for _state, attended, region, sex in rows if attended)
    names = {row.code: row.name.text(language).value for row in Region.objects.all()}
    codes = sorted({region for region, _sex in there}, key=lambda code: (not code, code))
    sexes = (Sex.WOMAN.value, Sex.MAN.value, "")
    with translation.override(language):
        unknown = _("region not said")
    counted = [[there[code, sex] for sex in sexes] for code in codes]
    certified = Certificate.objects.filter(registration__admission=admission, state=Certificate.State.VALID)
    return Figures(
        admission.capacity, len(rows), sum(state == Registration.State.CONFIRMED for state, *_more in rows),
        sum(there.values()), certified.count(), [names.get(code, unknown) for code in codes],
        suppression.shown(counted) if counted else [],
    )  # fmt: skip


def flash_report(admission: Admission, *, language: str, now: dt.datetime) -> bytes:
    """One page as PDF: who was there by sex and region, what was learnt, what people thought."""
    found, activity = figures(admission, language), admission.activity
    with translation.override(language):
        title = _("Flash report")
        head = [_("Region"), _("Women"), _("Men"), _("Not said"), _("All")]
        body = [
            [name, *(HIDDEN if one is None else str(one) for one in line)]
            for name, line in zip([*found.regions, _("All")], found.table, strict=False)
        ]
        where = str(activity.place or "") or str(activity.get_mode_display())
        lines = [
            paper.body_name(language), activity.title.text(language).value,
            " – ".join(filter(None, (paper.in_words(activity.when or None, language), where))), *_said(found),
        ]  # fmt: skip
        data = {
            "title": title, "subtitle": [line for line in lines if line],
            "columns": [{"title": one, "width": 2 if number == 0 else 1, "ltr": number > 0} for number, one in enumerate(head)],
            "rows": body, "notes": [*_learnt(activity.pk, language), _("–: not said. Numbers under five are not said, nor any that would give them away."), _("Made on %(at)s from the records.") % {"at": paper.stamp(now)}],
            "footer": f"{title} – {activity.title.text(language).value}",
        }  # fmt: skip
        return pdf.render(pdf.TABLE, data, language=language, title=title, now=now)


def _said(found: Figures) -> list[str]:
    # Each lies within the one before it: what one leaves of another is a number too.
    there = found.table[-1][-1] if found.table else 0
    said = [there] if there is not None else []

    def number(value: int | None) -> str:
        if value is None or suppression.gives_away(value, *said):
            return HIDDEN
        said.append(value)
        return str(value)

    text = _("Places: %(capacity)s. Wanted to come: %(registered)s. Had a place: %(placed)s. Were there: %(there)s. Certificates: %(certified)s.")  # fmt: skip
    shown_there = number(there)
    return [
        text
        % {
            "capacity": found.capacity, "there": shown_there, "certified": number(found.certified),
            "placed": number(found.with_a_place), "registered": number(found.registered),
        }
    ]  # fmt: skip


def _learnt(activity: Any, language: str) -> list[str]:
    said = []
    assessment = Assessment.objects.filter(activity=activity).first()
    if assessment is not None:
        result = gains.suppressed(gains.results(assessment))
        before, after = result.medians.get("both_before"), result.medians.get("both_after")
        if before is not None and after is not None:
            text = _("Median of the test: %(before)s %% before, %(after)s %% after, of those who took both.")
            said.append(text % {"before": round(before), "after": round(after)})
    row = Feedback.objects.filter(activity=activity).first()
    if row is not None:
        number, answered = feedback.results(row, with_words=False)
        if number is not None:
            said.append(_("Satisfaction: %(number)s answers.") % {"number": number})
            said += [
                f"{one.text.text(language).value} {one.middle:g} / 5" for one in answered if one.middle is not None
            ]
    return said


@transaction.atomic
def pack(admission: Admission, *, language: str, with_names: bool, by: Any, now: dt.datetime) -> bytes:
    """Everything that shows an activity, as one ZIP; what is in it stands in contents.txt with each file's SHA-256.

    with_names  True: also who was there, and the scans of signed sheets; the journal keeps that they were taken out
    """
    found: dict[str, bytes] = {"flash-report.pdf": flash_report(admission, language=language, now=now)}
    found |= _agenda(admission, language, now) | _pictures(admission, now)
    if with_names:
        found["with-names/attendance.xlsx"] = _people(admission, language)
        if Invitation.objects.filter(activity=admission.activity).exists():
            found["with-names/guests.xlsx"] = guestpaper.came(admission.activity, language=language)
        found |= _sheets(admission)
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}" for name, content in sorted(found.items())]
    found["contents.txt"] = "\n".join(lines).encode() + b"\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(found.items()):
            archive.writestr(zipfile.ZipInfo(name, ZIP_EPOCH), content, zipfile.ZIP_DEFLATED)
    changes = {"with_names": [None, with_names], "files": [None, len(found)]}
    journal.record("participation.take_evidence", admission, by=by, now=now, changes=changes)
    return out.getvalue()


def _agenda(admission: Admission, language: str, now: dt.datetime) -> dict[str, bytes]:
    rows = RunOfShowIssue.objects.filter(show__activity=admission.activity).select_related("show__activity__programme")
    last = {row.show_id: row for row in rows.order_by("number")}
    return {
        f"agenda-day-{row.show.day_number}.pdf": paper.run_of_show(row, language=language, now=now)
        for row in last.values()
    }


def _pictures(admission: Admission, now: dt.datetime) -> dict[str, bytes]:
    """Those that may be shown today: published, and with valid consent where persons are seen."""
    used = AssetUse.objects.filter(subject_id=admission.activity_id).values("asset")
    found = {}
    rows = Asset.objects.public(now).filter(pk__in=used, kind=Asset.Kind.IMAGE).order_by("created_at", "id")
    for number, asset in enumerate(rows, start=1):
        opened = assets.open_public(asset.pk, assets.WIDTHS[-1], now)
        if opened is not None:
            file, media_type = opened
            with file:
                found[f"pictures/{number:03}.{media_type.rpartition('/')[2]}"] = file.read()
    return found


def _people(admission: Admission, language: str) -> bytes:
    """Who was there, day by day, and what shows it."""
    rows = admission.registrations.select_related("person", "region", "organisation").order_by("number")
    minutes = attendance.minutes_of(rows)
    shown = {one.registration_id: [] for one in Attendance.objects.filter(registration__admission=admission)}  # type: ignore[var-annotated]
    for one in Attendance.objects.filter(registration__admission=admission).order_by("day", "how"):
        shown[one.registration_id].append(f"{one.day.isoformat()} {one.get_how_display()} {one.minutes}")
    with translation.override(language):
        head = [_("No."), _("Name"), _("Region"), _("Organisation"), _("Minutes"), _("was there"), _("shown by")]
        lines = [
            [
                row.number, " / ".join(row.person.name.values()), str(row.region or ""), str(row.organisation or row.organisation_name),
                minutes.get(row.pk, 0), {True: _("yes"), False: _("no"), None: ""}[row.attended], "; ".join(shown.get(row.pk, [])),
            ]
            for row in rows
        ]  # fmt: skip
        out = io.BytesIO()
        sheet = tables.Sheet(_("Who was there")[:31], head, lines)
        tables.write_xlsx([sheet], out, right_to_left=direction(language) == "rtl")
    return out.getvalue()


def _sheets(admission: Admission) -> dict[str, bytes]:
    typed = Attendance.objects.filter(registration__admission=admission, evidence_id__isnull=False)
    kept = SignedSheet.objects.filter(list__activity=admission.activity).values_list("scan", flat=True)
    wanted: set[Any] = {*typed.values_list("evidence_id", flat=True), *kept}
    found = {}
    for number, asset in enumerate(Asset.objects.filter(pk__in=wanted).order_by("created_at", "id"), start=1):
        file, _media_type = assets.open_private(asset)
        with file:
            found[f"with-names/signed-sheet-{number:02}{PurePath(asset.stored_name).suffix}"] = file.read()
    return found
