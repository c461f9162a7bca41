"""Pages behind personal links: no log-in, no cookie, never kept by a cache; what they open is the link's business."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tansiq.coordination import approvals
from tansiq.coordination.models import Function, RunOfShow
from tansiq.coordination.runofshow import clock
from tansiq.core import links
from tansiq.core.errors import Refused
from tansiq.core.journal import Actor
from tansiq.core.models import Link
from tansiq.media import assets
from tansiq.participation import nominations
from tansiq.people.models import Organisation
from tansiq.public import nominating

_GONE = {links.LinkUnknown: 404, links.LinkOver: 410, links.LinkClosed: 410}


def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Whatever the link is for, in its own language."""
    now = timezone.now()
    try:
        link = links.find(token, now=now)
    except Refused as refusal:
        closed = getattr(refusal, "link", None)
        if closed is not None and (answer := _answered(request, closed)):
            return private(answer)
        return private(render(request, "public/link_gone.html", {"refusal": refusal}, status=_GONE[type(refusal)]))
    with translation.override(link.language):
        answer = PAGES[link.purpose](request, link)
    if request.method == "GET" and answer.status_code == 200:
        links.note_opened(link, now=now)
    answer.headers["Content-Language"] = link.language
    return private(answer)


def private(answer: Any) -> Any:
    answer.headers["Cache-Control"] = "no-store, private"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Referrer-Policy"] = "same-origin"
    return answer


def _answered(request: HttpRequest, link: Link) -> HttpResponse | None:
    """Whoever answered by this link may see once more what, and when; it opens nothing else."""
    step = approvals.open_step(link) if link.purpose == approvals.PURPOSE else None
    if step is None or step.how != step.How.LINK or step.answered_at is None or step.answered_at != link.closed_at:
        return None
    with translation.override(link.language):
        context = {"step": step, "approval": step.approval, "is_over": True}
        return render(request, "public/approval.html", context)


def _gone(request: HttpRequest, link: Link) -> HttpResponse:
    return render(request, "public/link_gone.html", {"refusal": ""}, status=410)


def run_of_show(request: HttpRequest, link: Link) -> HttpResponse:
    """The last issue, made for a telephone: what is on now is marked, numbers are dialled at a touch."""
    show = RunOfShow.objects.filter(pk=link.subject_id).select_related("activity__programme", "activity__place").first()
    found = show and show.issues.first()
    if show is None or found is None:
        return render(request, "public/runofshow.html", {"show": show, "issue": None})
    offices = {row.slug: row for row in Function.objects.all()}
    bodies = {
        row.slug: row for row in Organisation.objects.filter(slug__in={one.get("organisation") for one in found.items})
    }
    now = timezone.localtime()
    at = clock(now.hour * 60 + now.minute) if found.day == now.date() else ""
    lines = [
        {
            **item, "office": offices.get(item.get("owner", "")), "body": bodies.get(item.get("organisation", "")),
            "is_now": bool(at) and item["time"] <= at < item["until"],
        }
        for item in found.items
    ]  # fmt: skip
    context = {"show": show, "issue": found, "lines": lines, "is_old": not _is_current(found)}
    return render(request, "public/runofshow.html", context)


def _is_current(found: Any) -> bool:
    from tansiq.coordination import runofshow

    return runofshow.is_current(found)


def approval(request: HttpRequest, link: Link) -> HttpResponse:
    """Exactly the version that is meant; whoever decides types the code that goes to the mailbox of the link."""
    step, now = approvals.open_step(link), timezone.now()
    if step is None:
        return _gone(request, link)
    found = step.approval
    context: dict[str, Any] = {"step": step, "approval": found, "masked": links.masked(link.to_address)}
    context["is_over"] = (
        found.state != found.State.OPEN or step.state != step.State.ASKED or not approvals.is_current(found)
    )
    if request.method != "POST" or context["is_over"]:
        return render(request, "public/approval.html", context)
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return render(request, "public/approval.html", context, status=403)
    context |= {"comment": request.POST.get("comment", ""), "chosen": request.POST.get("answer", "")}
    try:
        if request.POST.get("do") == "code":
            links.send_code(link, now=now)
            return render(request, "public/approval.html", {**context, "is_code_sent": True})
        if context["chosen"] not in ("agree", "refuse"):
            raise Refused(_("Choose an answer."))
        links.check_code(link, request.POST.get("code", ""), now=now)
        approvals.answer(
            step=step, agrees=context["chosen"] == "agree", comment=context["comment"], how="link",
            by=Actor("link", link.pk), now=now,
        )  # fmt: skip
    except Refused as refusal:
        return render(request, "public/approval.html", {**context, "refusal": refusal}, status=422)
    step.refresh_from_db()
    return render(request, "public/approval.html", {**context, "step": step, "is_answered": True})


def open_file(request: HttpRequest, token: str) -> HttpResponse:
    """The file that an approval is about, for whoever holds its link."""
    try:
        link = links.find(token, now=timezone.now())
    except Refused as refusal:
        return private(render(request, "public/link_gone.html", {"refusal": refusal}, status=_GONE[type(refusal)]))
    step = approvals.open_step(link) if link.purpose == approvals.PURPOSE else None
    if step is None or step.approval.file is None:
        return private(render(request, "public/link_gone.html", {"refusal": ""}, status=404))
    try:
        file, media_type = assets.open_private(step.approval.file)
    except assets.ConsentWithdrawn:
        return private(render(request, "public/link_gone.html", {"refusal": ""}, status=404))
    return private(FileResponse(file, content_type=media_type))


def open_sheet(request: HttpRequest, token: str) -> HttpResponse:
    """The Excel sheet of a request for names, for the administration that was asked."""
    try:
        link = links.find(token, now=timezone.now())
    except Refused as refusal:
        return private(render(request, "public/link_gone.html", {"refusal": refusal}, status=_GONE[type(refusal)]))
    found = nominating.sheet(link) if link.purpose == nominations.PURPOSE else None
    if found is None:
        return private(render(request, "public/link_gone.html", {"refusal": ""}, status=404))
    return private(found)


PAGES: dict[str, Callable[[HttpRequest, Link], HttpResponse]] = {
    "runofshow": run_of_show, approvals.PURPOSE: approval, nominations.PURPOSE: nominating.page,
}  # fmt: skip
