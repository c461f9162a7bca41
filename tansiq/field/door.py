"""The door without JavaScript: the activities of these days, and a list with search and buttons that check in online.

Where there is JavaScript the app takes the first page over; it is the same page, so that one address serves both.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie

from tansiq.core.errors import Refused
from tansiq.core.language import direction
from tansiq.field.words import words
from tansiq.participation import checkin, daylist, doorcode
from tansiq.participation.models import Arrival
from tansiq.programme.models import Activity

MOST_SHOWN = 60


def guarded(answer: HttpResponse) -> HttpResponse:
    """Kept by nobody; the camera is ours to ask for, for the codes."""
    answer.headers["Cache-Control"] = "no-store, private"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=(), browsing-topics=()"
    return answer


def refuse_strangers(user: Any) -> None:
    """Only those who may stand at a door; everybody else is told no more than that."""
    if not user.has_perm("participation.change_arrival"):
        raise PermissionDenied


def page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    language = get_language() or settings.LANGUAGE_CODE
    context |= {
        "language": language,
        "direction": direction(language),
        "words": words(),
        "product": settings.TANSIQ_NAME,
    }
    return guarded(render(request, f"field/{template}.html", context))


@login_required
@ensure_csrf_cookie
def start(request: HttpRequest) -> HttpResponse:
    """The activities whose door is open these days."""
    refuse_strangers(request.user)
    now = timezone.now()
    return page(request, "start", doors=daylist.doors(request.user, today=timezone.localdate(now)), is_shell=False)


def find_door(user: Any, pk: Any, day: str) -> tuple[Activity, dt.date]:
    """The activity and day of an address; what this user may not see is not there."""
    refuse_strangers(user)
    try:
        date = dt.date.fromisoformat(day)
    except ValueError:
        raise Http404 from None
    row = daylist.find_activity(user, pk)
    if row is None or date not in daylist.days_of(row):
        raise Http404
    return row, date


@login_required
def door(request: HttpRequest, pk: uuid.UUID, day: str) -> HttpResponse:
    """Who is expected, found by name or number; a button checks in."""
    user: Any = request.user
    activity, date = find_door(user, pk, day)
    if request.method == "POST":
        return _act(request, activity, date)
    rows = daylist.expected(activity, user)
    asked = request.GET.get("q", "").strip()[:120]
    if doorcode.tidy(asked):
        found = doorcode.find(activity, asked)
        rows = [one for one in rows if found and one.row.pk == found.pk]
    elif asked:
        rows = daylist.search(rows, asked)
    came = daylist.came(activity, date)
    apart = Arrival.objects.visible_to(user).filter(activity=activity, day=date, state=Arrival.State.TO_DECIDE)
    # Whoever is still to come first: at a ceremony the list is gone through from the top.
    rows.sort(key=lambda one: one.row.pk in came)
    shown = [{"one": one, "came": came.get(one.row.pk)} for one in rows[:MOST_SHOWN]]
    return page(
        request, "door", activity=activity, day=date, shown=shown, asked=asked, is_cut=len(rows) > MOST_SHOWN,
        number=len(came), total=len(rows), apart=apart.count(), zone=daylist.zone_of(activity).key,
    )  # fmt: skip


def _act(request: HttpRequest, activity: Activity, day: dt.date) -> HttpResponse:
    now, given = timezone.now(), request.POST
    try:
        if given.get("do") == "walk-in":
            checkin.walk_in(
                activity=activity, day=day, at=now, name=given.get("name", ""),
                organisation_name=given.get("organisation", ""), by=request.user, now=now,
            )  # fmt: skip
            messages.success(request, _("It is noted. The desk decides."))
        else:
            who = daylist.find(activity, request.user, _uuid(given.get("who", "")))
            if who is None:
                raise Http404
            arrival = checkin.check_in(
                who=who, day=day, at=now, by=request.user, now=now, representative=given.get("representative", ""),
                function=given.get("function", ""),
            )  # fmt: skip
            if arrival.state != Arrival.State.COUNTED:
                messages.warning(request, _("%(name)s: noted, the desk decides.") % {"name": arrival})
            else:
                messages.success(request, _("Checked in: %(name)s.") % {"name": arrival})
    except Refused as refusal:
        messages.error(request, str(refusal))
    return guarded(redirect("field_door", activity.pk, day.isoformat()))


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None
