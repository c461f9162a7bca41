"""What is to be done: my week, the board, the printed list; finishing a task; making a programme's tasks from models."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tansiq.coordination import functions, handover, impact, paper, tasks
from tansiq.coordination.models import FollowUp, Function, Letter, PersonList, RunOfShowIssue, Task, TaskModel
from tansiq.core.errors import Refused
from tansiq.desk.letters import WORD
from tansiq.desk.records import reaches
from tansiq.media import assets
from tansiq.participation.models import Admission, Certificate, Invitation
from tansiq.programme.models import Programme

MOST = 400
# Forty guests are one thing to do, and eighty certificates.
TOGETHER = {
    Invitation.record_kind(): ("guests", "participation.view_invitation"),
    Certificate.record_kind(): ("certificates", "participation.view_certificate"),
}


@dataclass
class Column:
    """One column of the board: what falls into a stretch of time."""

    name: str
    title: Any
    tasks: list[Task] = field(default_factory=list)


def _columns(rows: list[Task], today: dt.date) -> list[Column]:
    late, week = Column("late", _("Late")), Column("week", _("Within a week"))
    month, later = Column("month", _("Within four weeks")), Column("later", _("Later"))
    undated = Column("undated", _("No date yet"))
    for task in rows:
        if task.due is None:
            undated.tasks.append(task)
        elif task.due < today:
            late.tasks.append(task)
        elif task.due < today + tasks.SOON:
            week.tasks.append(task)
        else:
            (month if task.due < today + dt.timedelta(days=28) else later).tasks.append(task)
    return [column for column in (late, week, month, later, undated) if column.tasks or column.name in ("late", "week")]


def _asked(request: Any, today: dt.date) -> tuple[Any, dict[str, Any]]:
    """The rows that the address asks for, and what the filters show."""
    rows = Task.objects.visible_to(request.user)
    mine = functions.of_user(request.user, today)
    who = request.GET.get("who") or ("me" if mine else "all")
    if who == "me":
        rows = rows.filter(pk__in=Task.objects.of_user(request.user.pk, today).values("pk"))
    elif who == "nobody":
        rows = rows.filter(owner__holder=None)
    elif who != "all":
        rows = rows.filter(owner__slug=who)
    slug = request.GET.get("programme", "")
    if slug:
        rows = rows.filter(programme__slug=slug)
    shown = {
        "who": who, "mine": mine, "programme": slug, "offices": Function.objects.all(),
        "programmes": Programme.objects.visible_to(request.user),
    }  # fmt: skip
    return rows.select_related("owner", "activity", "programme").prefetch_related("after__owner"), shown


def work(request: Any) -> HttpResponse:
    """My week, or the board of everybody; late is said here and nowhere in public."""
    _permit(request)
    today = timezone.localdate()
    rows, shown = _asked(request, today)
    waiting = list(rows.open()[: MOST + 1])
    first = {one.pk for task in waiting for one in task.after.all()}
    shown_ids = set(Task.objects.visible_to(request.user).filter(pk__in=first).values_list("pk", flat=True))
    done = rows.filter(state=Task.State.DONE).order_by("-done_date")[:10]
    for task in waiting:
        task.first = [one for one in task.after.all() if one.state == Task.State.OPEN]  # type: ignore[attr-defined]
        for one in task.first:  # type: ignore[attr-defined]
            one.is_shown = one.pk in shown_ids
        task.may_finish = request.user.has_perm("coordination.finish_task", task)  # type: ignore[attr-defined]
    context = {
        **shown, "columns": _columns(waiting[:MOST], today), "done": done, "today": today, "is_cut": len(waiting) > MOST,
        "is_board": request.GET.get("view") == "board", "query": request.GET.urlencode(),
        "may_prepare": request.user.has_perm("coordination.add_taskmodel"),
    }  # fmt: skip
    return render(request, "desk/work.html", context)


def printed(request: Any) -> HttpResponse:
    """The same rows on paper, with a box to tick for each."""
    _permit(request)
    rows, _shown = _asked(request, timezone.localdate())
    language = translation.get_language() or settings.LANGUAGE_CODE
    heading = _("What is to be done")
    content = paper.task_list(
        rows.exclude(state=Task.State.DROPPED)[:MOST], heading=heading, language=language, now=timezone.now()
    )
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": 'inline; filename="tasks.pdf"'}
    )


def hand_over(request: Any, pk: uuid.UUID, form: str) -> HttpResponse:
    """The note of an office, for whoever holds it or stands in, and for those who see all work."""
    function = get_object_or_404(Function.objects.select_related("holder", "delegate"), pk=pk)
    if request.user.pk not in (function.holder_id, function.delegate_id) and not request.user.has_perm(
        "coordination.open_work"
    ):
        raise PermissionDenied
    if form not in ("docx", "pdf"):
        raise Http404
    language, now = translation.get_language() or settings.LANGUAGE_CODE, timezone.now()
    write = handover.printed if form == "pdf" else handover.note
    content = write(function, language=language, now=now, reader=request.user)
    return HttpResponse(
        content, content_type="application/pdf" if form == "pdf" else WORD,
        headers={"Content-Disposition": f'attachment; filename="{function.slug}.{form}"'},
    )  # fmt: skip


def _permit(request: Any) -> None:
    if not request.user.has_perm("coordination.view_task"):
        raise PermissionDenied


def _back(request: Any) -> HttpResponse:
    to = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(to, allowed_hosts={request.get_host()}):
        return redirect(to)
    return redirect("desk_work")


@require_POST
def finish(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Done, with what shows it: a line, an address, or a file."""
    task = get_object_or_404(Task.objects.visible_to(request.user), pk=pk)
    if not request.user.has_perm("coordination.finish_task", task):
        raise PermissionDenied
    upload, now = request.FILES.get("file"), timezone.now()
    evidence, file = request.POST.get("evidence", ""), None
    try:
        if upload:
            file = assets.store(
                content=upload.read(assets.LARGEST_BYTES + 1), file_name=upload.name, title=task.title,
                shows_persons=False, is_scan=True, by=request.user, now=now,
            )  # fmt: skip
        done = tasks.finish(task=task, evidence=evidence, file=file, by=request.user, now=now)
        if file and done.evidence_file_id != file.pk:  # of two clicks the second one's file is not needed
            assets.remove(file, by=request.user, now=now)
    except Refused as refused:
        if file:
            assets.remove(file, by=request.user, now=now)
        refusal = _said(refused, request.user)
        return render(request, "desk/finish.html", {"task": task, "refusal": refusal, "evidence": evidence}, status=422)
    messages.success(request, _("Done: %(task)s") % {"task": task})
    return _back(request)


def _said(refusal: Refused, user: Any) -> str:
    """Why not yet; of a task that the user does not see only its office is named."""
    if not isinstance(refusal, tasks.OthersFirst):
        return str(refusal)
    seen = set(Task.objects.visible_to(user).filter(pk__in=[one.pk for one in refusal.tasks]))  # type: ignore[attr-defined]
    names = [str(one if one in seen else one.owner or _("no owner")) for one in refusal.tasks]  # type: ignore[attr-defined]
    return str(tasks.others_first(names))


@require_POST
def set_aside(request: Any, pk: uuid.UUID) -> HttpResponse:
    task = get_object_or_404(Task.objects.visible_to(request.user), pk=pk)
    if not reaches(request.user, "change", task):
        raise PermissionDenied
    tasks.set_aside(task=task, is_needed=bool(request.POST.get("needed")), by=request.user, now=timezone.now())
    return _back(request)


def follow_ups(request: Any) -> HttpResponse:
    """What was given out and is false since the plan changed, with the way to put each right.

    The register of letters and the lists of persons are not everybody's: nor is what is said of them here.
    """
    _permit(request)
    may, lists_of = request.user.has_perm("coordination.add_letter"), PersonList.objects.visible_to(request.user)
    rows = FollowUp.objects.visible_to(request.user).filter(state=FollowUp.State.OPEN)
    found = list(rows.select_related("activity__programme"))
    together = Counter((row.activity_id, row.subject_kind) for row in found if row.subject_kind in TOGETHER)
    letters = Letter.objects.filter(pk__in=[row.subject_id for row in found]).select_related("organisation", "kind")
    issues = RunOfShowIssue.objects.visible_to(request.user).filter(pk__in=[row.subject_id for row in found])
    lists = lists_of.filter(pk__in=[row.subject_id for row in found]).select_related("activity", "organisation")
    if not request.user.has_perm("coordination.view_letter"):
        letters = letters.none()
    if not request.user.has_perm("coordination.view_personlist"):
        lists = lists.none()
    by_id: dict[Any, Any] = {row.pk: row for row in (*letters, *issues.select_related("show"), *lists)}
    admissions = dict(
        Admission.objects.filter(activity__in={row.activity_id for row in found}).values_list("activity", "pk")
    )
    items = []
    for row in found:
        if row.subject_kind in TOGETHER:
            name, permission = TOGETHER[row.subject_kind]
            number = together.pop((row.activity_id, row.subject_kind), 0)
            if number and request.user.has_perm(permission):
                items.append({"row": row, name: number, "admission": admissions.get(row.activity_id)})
            continue
        subject = by_id.get(row.subject_id)
        if subject is None and not may:
            continue
        is_letter, is_list = isinstance(subject, Letter), isinstance(subject, PersonList)
        items.append({"row": row, "subject": subject, "is_letter": is_letter, "is_list": is_list})
    return render(request, "desk/follow_ups.html", {"items": items, "may_write": may})


@require_POST
def drop_follow_up(request: Any, pk: uuid.UUID) -> HttpResponse:
    row = get_object_or_404(FollowUp.objects.visible_to(request.user), pk=pk)
    if not request.user.has_perm("coordination.change_letter"):
        raise PermissionDenied
    note = request.POST.get("note", "")
    if not note.strip():
        messages.error(request, _("Say why nobody needs to be told."))
    else:
        same: Any = [row]
        if row.subject_kind in TOGETHER:
            same = FollowUp.objects.filter(
                activity=row.activity, subject_kind=row.subject_kind, state=FollowUp.State.OPEN
            )
        for one in same:
            impact.drop(follow_up=one, note=note, by=request.user, now=timezone.now())
    return redirect("desk_follow_ups")


def prepare(request: Any, pk: uuid.UUID) -> HttpResponse:
    """What each activity of a programme needs, from a model chosen for its kind; nothing is made before the button."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user), pk=pk)
    if not request.user.has_perm("coordination.add_taskmodel"):
        raise PermissionDenied
    models = {model.slug: model for model in TaskModel.objects.all()}
    activities = list(programme.activities.exclude(state__in=("cancelled", "held")).order_by("position"))
    made: dict[Any, int] = defaultdict(int)
    for activity_id in programme.tasks.values_list("activity", flat=True):
        made[activity_id] += 1
    if request.method == "POST":
        return _make(request, programme, activities, models)
    rows = []
    for activity in activities:
        fitting = [slug for slug, model in models.items() if activity.kind in model.kinds]
        chosen = fitting[0] if fitting and activity.inside_id is None and not made[activity.pk] else ""
        rows.append({"activity": activity, "chosen": chosen, "made": made[activity.pk], "day": tasks.anchor(activity)})
    context = {"programme": programme, "rows": rows, "models": list(models.values())}
    return render(request, "desk/prepare.html", context)


def _make(request: Any, programme: Programme, activities: list[Any], models: dict[str, TaskModel]) -> HttpResponse:
    number, now = 0, timezone.now()
    for activity in activities:
        model = models.get(request.POST.get(f"model-{activity.pk}", ""))
        if model is None:
            continue
        try:
            number += len(tasks.prepare(activity=activity, model=model, by=request.user, now=now))
        except Refused as refusal:
            messages.error(request, f"{activity}: {refusal}")
    messages.success(request, _("Tasks made: %(number)s.") % {"number": number})
    return redirect(f"{_url('desk_work')}?who=all&programme={programme.slug}")


def _url(name: str) -> str:
    from django.urls import reverse

    return reverse(name)
