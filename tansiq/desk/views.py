"""Pages of the desk that are no list of records: home, publication, journal, mails."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tansiq.coordination.models import ApprovalStep, FollowUp, Letter, SignedSheet, Task
from tansiq.core.models import Entry, Message
from tansiq.desk.records import described
from tansiq.media import assets
from tansiq.media.models import Asset
from tansiq.people.roles import ROLES
from tansiq.programme import planning
from tansiq.programme.models import Activity, Programme


def home_context(user: Any) -> dict[str, Any]:
    """At most five things to do today, for the roles this user holds, and the programmes they belong to."""
    now = timezone.now()
    programmes = list(Programme.objects.visible_to(user)[:8])
    tasks: list[dict[str, Any]] = []
    activities = Activity.objects.visible_to(user).select_related("programme")
    if user.has_perm("programme.publish_programme"):
        for draft in (one for one in programmes if one.published_at is None):
            tasks.append({"what": _("Publish, or go on preparing"), "record": draft, "url": _edit("programmes", draft)})
    if user.has_perm("programme.change_activity"):
        over = activities.filter(last_day__lt=now.date(), state__in=["announced", "confirmed", "moved"])
        for one in over.order_by("-last_day")[:5]:
            tasks.append({"what": _("The day is past: was it held?"), "record": one, "url": _edit("activities", one)})
        for one in activities.filter(first_day=None, state__in=["announced", "confirmed"])[:3]:
            tasks.append({"what": _("The day is not known yet"), "record": one, "url": _edit("activities", one)})
    today = timezone.localdate(now)
    late = Task.objects.open().of_user(user.pk, today).filter(due__lt=today)
    for one in late.order_by("due")[:2]:
        tasks.insert(0, {"what": _("Late"), "record": one, "url": "/desk/work/"})
    follow = FollowUp.objects.visible_to(user).filter(state=FollowUp.State.OPEN).count()
    if follow:
        tasks.insert(
            0, {"what": _("Given out, and false since the plan changed"), "record": follow, "url": "/desk/follow-ups/"}
        )
    if user.has_perm("core.view_message"):
        failed = Message.objects.filter(state__in=[Message.State.FAILED, Message.State.UNSURE]).count()
        if failed:
            tasks.insert(0, {"what": _("Mails that did not arrive"), "record": failed, "url": "/desk/mail/"})
    return {
        "tasks": tasks[:5],
        "programmes": programmes,
        "roles": [ROLES[code] for code in sorted(user.role_codes()) if code in ROLES],
        "may_load": user.has_perm("programme.load_file"),
        "may_publish": user.has_perm("programme.publish_programme"),
        "language_code": settings.LANGUAGE_CODE,
        "user": user,
        "now": now,
    }


def _edit(name: str, record: Any) -> str:
    from django.urls import reverse

    return reverse(f"{name}:edit", args=[record.pk])


@require_POST
def publish(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Publish or withdraw one programme; asked by a button, never by a link."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user), pk=pk)
    if not request.user.has_perm("programme.publish_programme"):
        raise PermissionDenied
    if request.POST.get("withdraw"):
        planning.withdraw(programme=programme, by=request.user, now=timezone.now())
        messages.success(request, _("The programme is no longer public."))
        return redirect("wagtailadmin_home")
    now = timezone.now()
    try:
        at = _instant(request.POST.get("at", ""))
    except ValueError:
        messages.error(request, _("Nothing was published: this is no day and hour. Write 2026-07-30 09:00."))
        return redirect("wagtailadmin_home")
    if at is not None and at <= now:
        messages.error(request, _("Nothing was published: this instant is past. Choose a later one, or publish now."))
        return redirect("wagtailadmin_home")
    planning.publish(programme=programme, by=request.user, now=now, at=at)
    if at is None:
        messages.success(request, _("The programme is public."))
    else:
        shown = timezone.localtime(at).strftime("%Y-%m-%d %H:%M")
        messages.success(request, _("The programme becomes public at %(instant)s.") % {"instant": shown})
    return redirect("wagtailadmin_home")


def _instant(text: str) -> dt.datetime | None:
    """A day and an hour of the site's time zone; None where nothing was typed. Raises ValueError."""
    text = text.strip().replace(" ", "T")
    if not text:
        return None
    at = dt.datetime.fromisoformat(text)
    return at if timezone.is_aware(at) else timezone.make_aware(at)


def picture(request: HttpRequest, pk: uuid.UUID) -> FileResponse:
    """A small copy of a private picture, for those who may see it at the desk."""
    if not request.user.has_perm("media.view_asset"):
        raise PermissionDenied
    shown = assets.open_for_staff(get_object_or_404(Asset, pk=pk, kind=Asset.Kind.IMAGE))
    if shown is None:
        raise Http404
    file, media_type = shown
    return FileResponse(file, content_type=media_type, headers={"Cache-Control": "private, max-age=300"})


def scan(request: Any, pk: uuid.UUID) -> FileResponse:
    """A signed paper or other evidence, for those who may see the record that it belongs to; else it is not there."""
    asset, user = get_object_or_404(Asset, pk=pk, kind=Asset.Kind.SCAN), request.user
    holders = (
        ("coordination.view_letter", Letter.objects.filter(scan=asset)),
        ("coordination.view_approval", ApprovalStep.objects.visible_to(user).filter(scan=asset)),
        ("coordination.view_signedsheet", SignedSheet.objects.visible_to(user).filter(scan=asset)),
        ("coordination.view_task", Task.objects.visible_to(user).filter(evidence_file=asset)),
    )
    if not any(user.has_perm(permission) and rows.exists() for permission, rows in holders):
        raise Http404
    file, media_type = assets.open_private(asset)
    return FileResponse(file, content_type=media_type, headers={"Cache-Control": "private, no-store"})


def journal_list(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm("core.view_entry"):
        raise PermissionDenied
    rows = Entry.objects.order_by("-id")
    query = request.GET.get("q", "").strip()[:80]
    if query:
        rows = rows.filter(subject_label__icontains=query)
    page = Paginator(rows, 50).get_page(request.GET.get("p"))
    return render(request, "desk/journal.html", {"entries": described(page), "page": page, "query": query})


def mail(request: HttpRequest) -> HttpResponse:
    """What waits, was sent or failed; bodies are not shown, they are the recipient's."""
    if not request.user.has_perm("core.view_message"):
        raise PermissionDenied
    page = Paginator(Message.objects.order_by("-created_at"), 50).get_page(request.GET.get("p"))
    return render(request, "desk/mail.html", {"page": page})
