"""The door at the desk: who came to an activity on a day, who waits for a decision, and the conflict box of all phones."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tansiq.core import receipts
from tansiq.core.errors import Refused
from tansiq.core.language import is_in_script
from tansiq.core.models import HeldItem, Receipt
from tansiq.participation import applicants, checkin, daylist, doorlist, guests
from tansiq.participation.models import Arrival, Invitation, Quota, Registration
from tansiq.people import names
from tansiq.people.models import Region
from tansiq.programme.models import Activity

MOST_SHOWN = 200
REFRESH_SECONDS = "20"


def _may(user: Any, action: str = "view") -> None:
    if not user.has_perm(f"participation.{action}_arrival"):
        raise PermissionDenied


def doors(request: Any) -> HttpResponse:
    """The activities with a day that is known, the nearest day first, with how many came."""
    _may(request.user)
    today = timezone.localdate()
    rows = daylist.activities_for(request.user).filter(last_day__gte=today - dt.timedelta(days=60))
    pairs = [(row, day) for row in rows for day in daylist.days_of(row)]
    pairs.sort(key=lambda one: (abs((one[1] - today).days), one[1], one[0].slug))
    page = Paginator(pairs, 40).get_page(request.GET.get("p"))
    arrivals = Arrival.objects.visible_to(request.user).filter(activity__in={row.pk for row, _day in page})
    numbers: dict[Any, dict[str, set[Any]]] = {}
    for activity, day, state, person, guest, key in arrivals.values_list(
        "activity", "day", "state", "registration", "invitation", "pk"
    ):
        numbers.setdefault((activity, day), {}).setdefault(state, set()).add(person or guest or key)
    found = [
        {
            "activity": row, "day": day, "is_today": day == today,
            "came": len(numbers.get((row.pk, day), {}).get(Arrival.State.COUNTED, ())),
            "apart": len(numbers.get((row.pk, day), {}).get(Arrival.State.TO_DECIDE, ())),
        }
        for row, day in page
    ]  # fmt: skip
    return render(request, "desk/doors.html", {"doors": found, "page": page, "held": _held_number(request.user)})


def _held_number(user: Any) -> int:
    return HeldItem.objects.filter(state=HeldItem.State.OPEN).count() if user.has_perm("core.view_helditem") else 0


def _door(request: Any, pk: uuid.UUID, day: str) -> tuple[Activity, dt.date]:
    _may(request.user)
    try:
        date = dt.date.fromisoformat(day)
    except ValueError:
        raise Http404 from None
    row = daylist.find_activity(request.user, pk)
    if row is None or date not in daylist.days_of(row):
        raise Http404
    return row, date


def door(request: Any, pk: uuid.UUID, day: str) -> HttpResponse:
    """One day of one activity: numbers, those to be decided with the nearest names, those who came."""
    user = request.user
    activity, date = _door(request, pk, day)
    admission = getattr(activity, "admission", None)
    arrivals = Arrival.objects.visible_to(user).filter(activity=activity, day=date)
    arrivals = arrivals.select_related("registration__person", "registration__region", "invitation__person")
    came: dict[Any, Arrival] = {}
    for one in arrivals.filter(state=Arrival.State.COUNTED).order_by("at"):
        came.setdefault(one.who_id, one)
    to_decide = list(arrivals.filter(state=Arrival.State.TO_DECIDE).order_by("at")[:MOST_SHOWN])
    listed = daylist.expected(activity, user)
    quotas = admission.quotas.filter(dimension=Quota.Dimension.REGION) if admission else Quota.objects.none()
    context = {
        "admission": admission, "activity": activity, "day": date, "came": list(came.values())[::-1][:MOST_SHOWN],
        "number": len(came), "expected": sum(one.is_welcome and one.number is not None for one in listed),
        "guests": [one for one in listed if one.is_guest], "still": [one for one in listed if one.is_guest and one.row.pk not in came],
        "apart": len(to_decide), "waiting": _with_candidates(to_decide, listed),
        "rest": arrivals.filter(state__in=[Arrival.State.NOT_COUNTED, Arrival.State.UNDONE, Arrival.State.TAKEN_BACK]),
        "has_hours": admission is None or daylist.hours_of(activity, date) is not None, "languages": settings.LANGUAGES,
        "may": user.has_perm("participation.change_arrival"), "is_live": request.GET.get("live") == "1",
        "may_invite": user.has_perm("participation.change_invitation"), "ranks": guests.ranks().items(),
        "may_settle": admission and user.has_perm("participation.change_attendance"),
        "regions": Region.objects.all() if quotas.exists() else [], "held": _held_number(user),
        "professions": [{"id": one["id"], "name": admission.profession(one["id"])} for one in admission.professions] if admission else [],
    }  # fmt: skip
    answer = render(request, "desk/door.html", context)
    if context["is_live"]:
        answer.headers["Refresh"] = REFRESH_SECONDS  # the reader switched it on, and off again by the same link
    return answer


def _with_candidates(arrivals: list[Arrival], listed: list[daylist.Expected]) -> list[dict[str, Any]]:
    """Beside somebody who is not on the list, the three of it whose names come nearest."""
    by_id = {one.row.pk: one for one in listed}
    unlisted = [one for one in arrivals if one.who_id is None]
    index = names.Index((one.row.pk, tuple(one.names)) for one in listed) if unlisted else None
    return [
        {
            "arrival": one,
            "candidates": [by_id[match.key] for match in index.nearest(one.name) if match.score > daylist.NEAR]
            if index and one.who_id is None else [],
        }
        for one in arrivals
    ]  # fmt: skip


@require_POST
def act(request: Any, pk: uuid.UUID, day: str) -> HttpResponse:
    """Decide on one who came, undo, note by hand what stands on paper, count the minutes anew."""
    activity, date = _door(request, pk, day)
    _may(request.user, "change")
    now, given, by = timezone.now(), request.POST, request.user
    try:
        _act(activity, date, given, by=by, now=now)
        messages.success(request, _("It is done."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("desk_door", activity.pk, day)


def _act(activity: Activity, day: dt.date, given: Any, *, by: Any, now: dt.datetime) -> None:
    do = given.get("do", "")
    if do in ("count", "not", "enrol", "receive"):
        _decide(activity, day, do, given, by=by, now=now)
    elif do == "undo":
        who = _on_list(activity, given.get("who"), by)
        checkin.undo(who=who, day=day, because=given.get("because", ""), by=by, now=now)
    elif do == "note":
        who = _on_list(activity, given["who"], by) if given.get("who") else _by_number(activity, given.get("number", ""), by)  # fmt: skip
        checkin.check_in(
            who=who, day=day, at=_at(activity, day, given.get("at", ""), now), by=by, now=now,
            representative=given.get("representative", ""), function=given.get("function", ""),
        )  # fmt: skip
    elif do == "recount":
        if not by.has_perm("participation.change_attendance"):
            raise PermissionDenied
        checkin.recount(activity=activity, by=by, now=now)
    else:
        raise Http404


def _decide(activity: Activity, day: dt.date, do: str, given: Any, *, by: Any, now: dt.datetime) -> None:
    """On one who was not on the list, had no place, or was noted differently."""
    rows = Arrival.objects.visible_to(by).filter(activity=activity, day=day)
    arrival = _one(rows.select_related("registration", "invitation", "activity__admission"), given.get("arrival"))
    if do == "enrol":
        checkin.enrol(arrival=arrival, applicant=_applicant(arrival, given), by=by, now=now)
    elif do == "receive":
        if not by.has_perm("participation.change_invitation"):
            raise PermissionDenied
        checkin.receive(arrival=arrival, guest=_guest(arrival, given), by=by, now=now)
    else:
        who = None
        if do == "count" and given.get("who"):
            who = _on_list(activity, given["who"], by)
        elif do == "count":
            who = arrival.who or _by_number(activity, given.get("number", ""), by)
        checkin.decide(
            arrival=arrival, who=who, because=given.get("because", ""), in_person=not given.get("instead"), by=by, now=now
        )  # fmt: skip


def _on_list(activity: Activity, key: Any, user: Any) -> Registration | Invitation:
    try:
        found = daylist.find(activity, user, uuid.UUID(str(key)))
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


def _one(rows: Any, key: Any) -> Any:
    try:
        return get_object_or_404(rows, pk=uuid.UUID(str(key)))
    except ValueError:
        raise Http404 from None


def _by_number(activity: Activity, text: str, user: Any) -> Registration:
    row = None
    if text.isascii() and text.isdigit() and len(text) < 7:
        row = daylist.registered(activity, user).filter(number=int(text)).first()
    if row is None:
        raise daylist.NotOnYourList(_("There is no registration with the number “%(given)s” on your list.") % {"given": text[:20]})  # fmt: skip
    return row


def _at(activity: Activity, day: dt.date, text: str, now: dt.datetime) -> dt.datetime:
    """The hour that stands on the paper, on that day; never later than now."""
    try:
        at = dt.datetime.combine(day, dt.time.fromisoformat(text), daylist.zone_of(activity))
    except ValueError:
        raise daylist.NotThatDay(_("Write the hour as 09:05.")) from None
    return min(at, now)


def _applicant(arrival: Arrival, given: Any) -> applicants.Applicant:
    codes = applicants.spelling_languages()
    code = next((one for one in codes if is_in_script(arrival.name, one)), codes[0])
    return applicants.Applicant(
        name={code: arrival.name}, region=given.get("region", ""), profession=given.get("profession", ""),
        organisation_name=arrival.organisation_name, language=get_language() or settings.LANGUAGE_CODE,
    )  # fmt: skip


def _guest(arrival: Arrival, given: Any) -> guests.Guest:
    language = get_language() or settings.LANGUAGE_CODE
    codes = applicants.spelling_languages()
    code = next((one for one in codes if is_in_script(arrival.name, one)), codes[0])
    rank, function = given.get("rank", ""), given.get("function", "").strip()
    return guests.Guest(
        name={code: arrival.name}, function={language: function} if function else {}, language=language,
        rank=int(rank) if rank.isascii() and rank.isdigit() and len(rank) < 7 else None,
        organisation_name=arrival.organisation_name,
    )  # fmt: skip


def printed(request: Any, pk: uuid.UUID, day: str, language: str) -> HttpResponse:
    """The list for the door on paper."""
    activity, date = _door(request, pk, day)
    if language not in dict(settings.LANGUAGES):
        raise Http404
    content = doorlist.printed(activity, day=date, user=request.user, language=language, now=timezone.now())
    name = f"{activity.slug}-{date}-{language}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store, private"}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


# --- The conflict box -----------------------------------------------------------------------------------------------


def conflicts(request: Any) -> HttpResponse:
    """What came from phones and could not be acted on, those to be decided first, each in words."""
    if not request.user.has_perm("core.view_helditem"):
        raise PermissionDenied
    page = Paginator(HeldItem.objects.order_by("-state", "-received_at"), 40).get_page(request.GET.get("p"))
    bodies = {row.pk: _body(row) for row in page}
    keys = {key for body in bodies.values() for value in body.values() if (key := _key(value))}
    firsts = {one.pk: one for one in Receipt.objects.filter(pk__in=[row.item_id for row in page])}
    arrivals = Arrival.objects.filter(pk__in=keys | {one.subject_id for one in firsts.values() if one.subject_id})
    called: dict[Any, str] = {
        one.pk: str(one) for one in arrivals.select_related("registration__person", "invitation__person")
    }
    called |= {one.pk: str(one) for one in Activity.objects.filter(pk__in=keys)}
    if request.user.has_perm("participation.view_invitation"):
        called |= {one.pk: str(one) for one in Invitation.objects.filter(pk__in=keys).select_related("person")}
    known = Registration.objects.filter(pk__in=keys).select_related("person")
    called |= {one.pk: f"{one.number} · {one.person}" for one in known}
    rows = [
        {
            "row": row, "is_open": row.state == HeldItem.State.OPEN, "is_conflict": row.why == HeldItem.Why.CONFLICT,
            "lines": [(key, called.get(_key(value), str(value)[:300])) for key, value in sorted(bodies[row.pk].items())],
            "first": called.get(firsts[row.item_id].subject_id, "") if row.item_id in firsts else "",
        }
        for row in page
    ]  # fmt: skip
    may = request.user.has_perm("core.change_helditem")
    return render(request, "desk/conflicts.html", {"rows": rows, "page": page, "may": may})


def _body(row: HeldItem) -> dict[str, Any]:
    try:
        found = json.loads(bytes(row.content))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _key(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


@require_POST
def decide(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Try a held item again, or set it aside with a reason."""
    if not request.user.has_perm("core.change_helditem"):
        raise PermissionDenied
    row, now = get_object_or_404(HeldItem, pk=pk), timezone.now()
    try:
        if request.POST.get("do") == "again":
            receipts.try_again(row=row, by=request.user, now=now)
            messages.success(request, _("It is taken over."))
        else:
            receipts.set_aside(row=row, because=request.POST.get("because", ""), by=request.user, now=now)
            messages.success(request, _("It is set aside."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("desk_conflicts")
