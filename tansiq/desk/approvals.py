"""Approvals at the desk: asking, with whom since when, signed paper, the certificate."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from tansiq.coordination import approvals
from tansiq.coordination.approvals import Asked
from tansiq.coordination.models import Approval, ApprovalStep, DocumentText, RunOfShow
from tansiq.core.errors import Refused
from tansiq.media import assets
from tansiq.outreach.models import Material
from tansiq.people.models import Organisation
from tansiq.programme.models import Activity, Programme

MOST_STEPS = 6


# What may be asked about: (key in the form, heading, model, path to its programme).
SUBJECTS: tuple[tuple[str, Any, Any, str], ...] = (
    ("activity", gettext_lazy("activities"), Activity, "programme"),
    ("text", gettext_lazy("texts of documents"), DocumentText, "document__programme"),
    ("material", gettext_lazy("materials"), Material, "programme"),
    ("show", gettext_lazy("runs of show"), RunOfShow, "activity__programme"),
    ("programme", gettext_lazy("programmes"), Programme, ""),
)


def _rows(user: Any, key: str) -> Any:
    """Those of a kind of subject that the user may see."""
    ((model, way),) = ((model, way) for name, _heading, model, way in SUBJECTS if name == key)
    rows = model.objects.visible_to(user)
    if model is DocumentText:
        rows = rows.filter(version__gte=1)
    return rows.select_related(way) if way else rows


def _subject(user: Any, given: str) -> Any:
    """The record behind a choice such as "activity:<uuid>"; None where there is none that the user may see."""
    key, _colon, pk = given.partition(":")
    try:
        return _rows(user, key).filter(pk=uuid.UUID(pk)).first() if key in {one[0] for one in SUBJECTS} else None
    except ValueError:
        return None


def _programme_of(subject: Any) -> Programme:
    for name in ("document", "activity"):
        subject = getattr(subject, name, None) or subject
    return subject if isinstance(subject, Programme) else subject.programme


class AskForm(forms.Form):
    subject = forms.ChoiceField(label=pgettext_lazy("an approval", "About"))
    what = forms.ChoiceField(label=gettext_lazy("What"), choices=Approval.What.choices)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    file = forms.FileField(
        label=gettext_lazy("File (PDF or picture)"), required=False,
        help_text=gettext_lazy("For artwork, or any text that is a file. Without one the record is shown word by word."),
    )  # fmt: skip

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["subject"]
        field.choices = [("", "---------")] + [
            (heading, [(f"{key}:{row.pk}", _label(row)) for row in _rows(user, key)])
            for key, heading, _model, _way in SUBJECTS
        ]


def _label(row: Any) -> str:
    return f"{row} ({row.language})" if isinstance(row, DocumentText) else str(row)


class StepForm(forms.Form):
    organisation = forms.ModelChoiceField(Organisation.objects.all(), label=gettext_lazy("Organisation"))
    office = forms.CharField(label=gettext_lazy("Office"), max_length=200, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False, help_text=gettext_lazy("Empty: on paper."))
    order = forms.IntegerField(label=gettext_lazy("Order"), min_value=1, max_value=99, initial=1)
    due = forms.DateField(
        label=gettext_lazy("Due"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


Steps = forms.formset_factory(StepForm, extra=MOST_STEPS, max_num=MOST_STEPS)


def _visible(request: Any, pk: uuid.UUID) -> Approval:
    if not request.user.has_perm("coordination.view_approval"):
        raise PermissionDenied
    return get_object_or_404(Approval.objects.visible_to(request.user), pk=pk)


def _steps(request: Any, approval: Approval) -> Any:
    """Those that the user may see: who approves for one organisation does not read what others answered."""
    return approval.steps.visible_to(request.user).select_related("organisation")


def index(request: Any) -> HttpResponse:
    """With whom, since when."""
    if not request.user.has_perm("coordination.view_approval"):
        raise PermissionDenied
    steps = ApprovalStep.objects.visible_to(request.user).select_related("organisation")
    rows = Approval.objects.visible_to(request.user).select_related("programme")
    rows = rows.prefetch_related(Prefetch("steps", steps))
    page = Paginator(rows, 40).get_page(request.GET.get("p"))
    now = timezone.now()
    items = [
        {
            "approval": one,
            "with": [(step, step.waits(now)) for step in one.steps.all() if step.state == ApprovalStep.State.ASKED],
        }
        for one in page
    ]
    may = request.user.has_perm("coordination.add_approval")
    return render(request, "desk/approvals.html", {"items": items, "page": page, "may_ask": may})


def one(request: Any, pk: uuid.UUID) -> HttpResponse:
    approval = _visible(request, pk)
    now = timezone.now()
    steps = [(step, step.waits(now)) for step in _steps(request, approval).select_related("scan")]
    context = {
        "approval": approval, "steps": steps, "may": request.user.has_perm("coordination.change_approval"),
        "may_withdraw": approval.state in (Approval.State.OPEN, Approval.State.APPROVED)
        and request.user.has_perm("coordination.withdraw_approval", approval),
    }  # fmt: skip
    return render(request, "desk/approval.html", context)


@require_POST
def withdraw(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Take back what was asked, or agreed to."""
    approval = _visible(request, pk)
    if not request.user.has_perm("coordination.withdraw_approval", approval):
        raise PermissionDenied
    try:
        because = request.POST.get("because", "")
        approvals.withdraw(approval=approval, because=because, by=request.user, now=timezone.now())
        messages.success(request, _("It is taken back."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("desk_approval", approval.pk)


def ask(request: Any) -> HttpResponse:
    """Whom, in which order; a change of the thing asks them again by the same page."""
    if not request.user.has_perm("coordination.add_approval"):
        raise PermissionDenied
    if request.method != "POST":
        form = AskForm(request.user, initial={"language": settings.LANGUAGE_CODE, **_begun(request)})
        return render(request, "desk/ask.html", {"form": form, "steps": Steps()})
    form, steps = AskForm(request.user, request.POST, request.FILES), Steps(request.POST)
    if form.is_valid() and steps.is_valid():
        try:
            return redirect("desk_approval", _ask(request, form.cleaned_data, steps).pk)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return render(request, "desk/ask.html", {"form": form, "steps": steps}, status=422)


def _begun(request: Any) -> dict[str, Any]:
    """What the form begins with where it was opened from a record: ?activity=slug, ?text=uuid."""
    slug, text = request.GET.get("activity", ""), _subject(request.user, f"text:{request.GET.get('text', '')}")
    if text is not None:
        kind = text.document.kind
        what = kind if kind in Approval.What.values else Approval.What.OTHER
        return {"subject": f"text:{text.pk}", "language": text.language, "what": what}
    activity = _rows(request.user, "activity").filter(slug=slug).first() if slug else None
    return {"subject": f"activity:{activity.pk}"} if activity else {}


def _ask(request: Any, given: dict[str, Any], steps: Any) -> Approval:
    now = timezone.now()
    wanted = [Asked(**row.cleaned_data) for row in steps if row.cleaned_data]
    subject, upload, file = _subject(request.user, given["subject"]), given["file"], None
    if upload:
        file = assets.store(
            content=upload.read(assets.LARGEST_BYTES + 1), file_name=upload.name, title={given["language"]: upload.name[:200]},
            shows_persons=False, by=request.user, now=now,
        )  # fmt: skip
    try:
        return approvals.ask(
            subject=file or subject, what=given["what"], steps=wanted, language=given["language"], by=request.user, now=now,
            file=file, programme=_programme_of(subject) if file else None,
        )  # fmt: skip
    except Refused:
        if file:
            assets.remove(file, by=request.user, now=now)
        raise


@require_POST
def answer(request: Any, pk: uuid.UUID) -> HttpResponse:
    """The answer on paper, with its scan; or the link once more."""
    step = get_object_or_404(ApprovalStep.objects.select_related("approval", "organisation"), pk=pk)
    _visible(request, step.approval_id)
    if not request.user.has_perm("coordination.change_approval"):
        raise PermissionDenied
    now, upload, scan = timezone.now(), request.FILES.get("file"), None
    try:
        if request.POST.get("again"):
            if step.state == ApprovalStep.State.ASKED and step.email:
                approvals.send_link(step, by=request.user, now=now)
                messages.success(request, _("A new link was sent. The older one opens nothing any more."))
        else:
            if upload:
                scan = approvals.keep_scan(
                    content=upload.read(assets.LARGEST_BYTES + 1),
                    file_name=upload.name,
                    step=step,
                    by=request.user,
                    now=now,
                )
            approvals.answer(
                step=step, agrees=request.POST.get("answer") == "agree", comment=request.POST.get("comment", ""), how="scan",
                scan=scan, by=request.user, now=now,
            )  # fmt: skip
    except Refused as refusal:
        if scan:
            assets.remove(scan, by=request.user, now=now)
        messages.error(request, str(refusal))
    return redirect("desk_approval", step.approval_id)


def certificate(request: Any, pk: uuid.UUID) -> HttpResponse:
    approval = _visible(request, pk)
    content = approvals.certificate(approval, steps=_steps(request, approval), now=timezone.now())
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": 'inline; filename="approvals.pdf"'}
    )
