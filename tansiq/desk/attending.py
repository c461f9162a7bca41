"""Who was there: reports read at the desk, names decided with the evidence side by side, sheets typed in."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tansiq.core.errors import Refused
from tansiq.desk.records import reaches
from tansiq.media import assets
from tansiq.participation import attendance, evidence
from tansiq.participation.models import Admission, Attendance, Registration

LARGEST_BYTES = 20_000_000
ON_A_PAGE = 100
MOST_OPEN = 50


def _admission(request: Any, pk: uuid.UUID, *, changes: bool = True) -> Admission:
    rows = Admission.objects.visible_to(request.user).select_related("activity__programme", "activity__place")
    row = get_object_or_404(rows, pk=pk)
    if not request.user.has_perm("participation.view_attendance", row):
        raise PermissionDenied
    if changes and not request.user.has_perm("participation.change_attendance", row):
        raise PermissionDenied
    return row


def _days(row: Admission) -> list[dt.date]:
    known = attendance.days_of(row)
    return (
        [known[0] + dt.timedelta(days=number) for number in range((known[1] - known[0]).days + 1)][:60] if known else []
    )


def page(request: Any, pk: uuid.UUID, looked: Any = None, status: int = 200) -> HttpResponse:
    """What was read, whom a person must decide, and who was there for how many minutes of each day."""
    row = _admission(request, pk, changes=False)
    may = request.user.has_perm("participation.change_attendance", row)
    people = Registration.objects.filter(admission=row).visible_to(request.user).select_related("person", "region")
    shown = Paginator(people.order_by("number"), ON_A_PAGE).get_page(request.GET.get("p"))
    by: dict[Any, list[Attendance]] = {}
    for one in Attendance.objects.filter(registration__in=[each.pk for each in shown]).order_by("day", "how"):
        by.setdefault(one.registration_id, []).append(one)
    minutes = attendance.minutes_of([each.pk for each in shown])  # type: ignore[list-item]
    open_names = row.identities.filter(is_open=True).order_by("name", "key")
    sees_all = request.user.has_perm("participation.change_attendance") and may
    context = {
        "admission": row, "activity": row.activity, "may": may, "page": shown, "days": _days(row), "looked": looked,
        "people": [(each, by.get(each.pk, []), minutes.get(each.pk, 0)) for each in shown],
        "least": attendance.threshold(row), "languages": settings.LANGUAGES,
        "reports": row.reports.order_by("read_at") if may else [],
        "open_number": open_names.count() if sees_all else 0, "decided": _decided(row) if sees_all else [],
        "open": [_side_by_side(one, row) for one in open_names[:MOST_OPEN]] if sees_all else [],
        "there": people.filter(attended=True).count(), "absent": people.filter(attended=False).count(),
    }  # fmt: skip
    return render(request, "desk/attendance.html", context, status=status)


def _side_by_side(identity: Any, row: Admission) -> dict[str, Any]:
    keys = [one["registration"] for one in identity.evidence.get("candidates", [])]
    found = {str(one.pk): one for one in row.registrations.filter(pk__in=keys).select_related("person", "region")}
    candidates = [
        {**one, "row": found[one["registration"]], "per_cent": round(one["score"] * 100)}
        for one in identity.evidence.get("candidates", []) if one["registration"] in found
    ]  # fmt: skip
    return {"identity": identity, "email": identity.evidence.get("email", ""), "candidates": candidates}


def _decided(row: Admission) -> Any:
    found = row.identities.filter(is_open=False, evidence__matched_by="decision").select_related("registration__person")
    return found.order_by("-decided_at")[:MOST_OPEN]


@require_POST
def read(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Look at reports, keep what they say, take one back, or compare the open names anew."""
    row, now, do = _admission(request, pk), timezone.now(), request.POST.get("do")
    try:
        if do == "again":
            left = attendance.look_again(admission=row, by=request.user, now=now)
            text = ngettext(
                "%(number)s name is still to be decided.", "%(number)s names are still to be decided.", left
            )
            messages.success(request, text % {"number": left})
        elif do == "back":
            report = get_object_or_404(row.reports, pk=request.POST.get("report") or uuid.UUID(int=0))
            attendance.take_back(report=report, by=request.user, now=now)
            messages.success(request, _("The report is taken back, and the minutes that rested on it."))
        else:
            loaded = attendance.load(row, _uploaded(request))
            if do == "look":
                return page(request, pk, looked=attendance.read(row, loaded))
            found = attendance.apply(admission=row, loaded=loaded, by=request.user, now=now)
            text = _(
                "%(people)s of the registered were there; %(open)s names are to be decided; %(ignored)s rows count for nobody."
            )
            messages.success(request, text % {"people": len(found.people), "open": len(found.to_decide), "ignored": len(found.ignored)})  # fmt: skip
            for note in found.notes:
                messages.info(request, note)
    except Refused as refusal:
        for line in str(refusal).split("\n")[:20]:
            messages.error(request, line)
        return page(request, pk, status=422)
    return redirect("desk_attendance", pk)


def _uploaded(request: Any) -> list[tuple[str, bytes]]:
    files = request.FILES.getlist("files")
    if not files:
        raise Refused(_("Choose the report as the conference system exports it; several at once are fine."))
    for one in files:
        if one.size > LARGEST_BYTES:
            raise Refused(_("“%(name)s” is larger than 20 MB.") % {"name": one.name})
    return [(one.name, one.read()) for one in files]


@require_POST
def decide(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Who is behind each name that was answered; those left open stay open."""
    row, now, done = _admission(request, pk), timezone.now(), 0
    try:
        for key, answer in request.POST.items():
            if not key.startswith("who-") or not answer:
                continue
            identity = row.identities.filter(pk=_uuid(key[4:])).first()
            if identity is None:  # decided with another one, or taken back meanwhile
                continue
            found = _answered(row, answer, request.POST.get(f"number-{identity.pk}", ""))
            attendance.decide(identity=identity, registration=found, by=request.user, now=now)
            done += 1
    except Refused as refusal:
        messages.error(request, str(refusal))
    if done:
        text = ngettext("%(number)s name is decided.", "%(number)s names are decided.", done)
        messages.success(request, text % {"number": done})
    return redirect("desk_attendance", pk)


def _answered(row: Admission, answer: str, number: str) -> Registration | None:
    if answer == "nobody":
        return None
    if answer == "number":
        found = row.registrations.filter(number=int(number)).first() if re.fullmatch("[0-9]{1,7}", number) else None
        if found is None:
            raise Refused(
                _("There is no registration number “%(number)s”. Look it up in the list below.") % {"number": number}
            )
        return found
    chosen = row.registrations.filter(pk=_uuid(answer)).first()
    if chosen is None:
        raise Refused(_("This registration belongs to another activity. Choose one of this list."))
    return chosen


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


@require_POST
def least(request: Any, pk: uuid.UUID) -> HttpResponse:
    """From how many minutes on somebody was there."""
    row, given = _admission(request, pk), request.POST.get("least", "")
    if not reaches(request.user, "change", row):
        raise PermissionDenied
    if not re.fullmatch("[0-9]{1,5}", given) or not int(given):
        messages.error(request, _("Write a number of minutes, from 1 on."))
    else:
        changed = attendance.set_threshold(admission=row, least=int(given), by=request.user, now=timezone.now())
        text = ngettext("%(number)s person stands otherwise now.", "%(number)s people stand otherwise now.", changed)
        messages.success(request, text % {"number": changed})
    return redirect("desk_attendance", pk)


@require_POST
def sign(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Who signed the sheet of a day, by number: "1-12, 15", with the scan."""
    row, given = _admission(request, pk), request.POST
    try:
        numbers = _numbers(given.get("numbers", ""))
        keys = dict(row.registrations.filter(number__in=numbers).values_list("number", "pk"))
        if lacking := sorted(numbers - keys.keys()):
            raise Refused(_("There is no registration number %(numbers)s here.") % {"numbers": ", ".join(map(str, lacking[:10]))})  # fmt: skip
        if not re.fullmatch("[0-9]{1,4}", given.get("minutes", "")):
            raise Refused(_("Write for how many minutes a signature stands."))
        upload = request.FILES.get("file")
        scan = (upload.name, upload.read(assets.LARGEST_BYTES + 1)) if upload else None
        day = (
            dt.date.fromisoformat(given.get("day", ""))
            if re.fullmatch(r"\d{4}-\d\d-\d\d", given.get("day", ""))
            else None
        )
        if day is None:
            raise Refused(_("Choose the day of the sheet."))
        signed = {key: int(given["minutes"]) for key in keys.values()}
        number = attendance.sign(admission=row, day=day, signed=signed, scan=scan, by=request.user, now=timezone.now())
        text = ngettext("%(number)s signature counts.", "%(number)s signatures count.", number)
        messages.success(request, text % {"number": number})
    except (Refused, ValueError) as refusal:
        messages.error(request, str(refusal))
        return page(request, pk, status=422)
    return redirect("desk_attendance", pk)


def _numbers(text: str) -> set[int]:
    """{1, 2, 3, 15} from "1-3, 15". Raises Refused."""
    found: set[int] = set()
    for part in re.split(r"[\s,;،؛]+", text.strip()):
        span = re.fullmatch(r"(\d{1,7})(?:[-–](\d{1,7}))?", part)
        if part and (not span or int(span[2] or span[1]) - int(span[1]) > 10_000):
            raise Refused(
                _("“%(part)s” is no number. Write the numbers of the sheet as 1-12, 15.") % {"part": part[:40]}
            )
        if span:
            found |= set(range(int(span[1]), int(span[2] or span[1]) + 1))
    return found


def flash(request: Any, pk: uuid.UUID, language: str) -> HttpResponse:
    """The report of the day after, as a PDF that may leave the house."""
    row = _admission(request, pk, changes=False)
    language = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    content = evidence.flash_report(row, language=language, now=timezone.now())
    name = f"{row.activity.slug}-flash-{language}.pdf"
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


@require_POST
def take_evidence(request: Any, pk: uuid.UUID) -> HttpResponse:
    """All that shows the activity, as one file; the journal keeps who took it, and whether with names."""
    row = _admission(request, pk)
    content = evidence.pack(
        row, language=get_language() or settings.LANGUAGE_CODE, with_names=bool(request.POST.get("with_names")),
        by=request.user, now=timezone.now(),
    )  # fmt: skip
    return HttpResponse(
        content, content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{row.activity.slug}-evidence.zip"', "Cache-Control": "no-store"},
    )  # fmt: skip


def sheet(request: Any, pk: uuid.UUID, language: str) -> HttpResponse:
    """The sheet to sign, as a PDF."""
    row = _admission(request, pk)
    language = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    days = {day.isoformat(): day for day in _days(row)}
    content = attendance.sheet(row, day=days.get(request.GET.get("day", "")), language=language, now=timezone.now())
    name = f"{row.activity.slug}-attendance-{language}.pdf"
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )
