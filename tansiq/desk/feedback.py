"""Satisfaction forms at the desk: the questions, opening and closing, what people thought."""

from __future__ import annotations

import io
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel

from tansiq.core import suppression, tables
from tansiq.core.errors import Refused
from tansiq.core.exchange import SLUG, TEXT, obj
from tansiq.desk.assessments import XLSX, HoursForm, as_lines, download, from_lines, is_rtl
from tansiq.desk.records import CreateView, EditView, RecordViewSet, reaches
from tansiq.desk.rows import LINES, RowsField
from tansiq.participation import feedback
from tansiq.participation.models import Feedback

QUESTION = obj(
    {"id": SLUG, "text": TEXT, "kind": {"enum": ["scale", "single", "text"]}, "options": LINES}, ["id", "text", "kind"]
)


class FeedbackForm(HoursForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = self.instance.questions or feedback.defaults()
        self.initial["questions"] = [
            {**one, "options": as_lines(one["options"])} if one.get("options") else one for one in asked
        ]

    def clean(self) -> Any:
        cleaned = super().clean()
        questions = []
        for number, row in enumerate(self.cleaned_data.get("questions") or [], start=1):
            try:
                options = from_lines(row.get("options") or {})
            except Refused as refusal:
                self.add_error("questions", _("Question %(number)s: %(why)s") % {"number": number, "why": refusal})
                continue
            question = {"id": row["id"], "kind": row["kind"], "text": dict(row["text"])}
            questions.append(question | ({"options": options} if options else {}))
        if not self.errors.get("questions"):
            self.cleaned_data["questions"] = questions
            for place, why in feedback.wrong_questions(questions):
                self.add_error("questions", _("Question %(number)s: %(why)s") % {"number": place + 1, "why": why})
        return cleaned


class AddFeedback(CreateView):
    create = staticmethod(feedback.set_up)


class ChangeFeedback(EditView):
    change = staticmethod(feedback.set_up)


class Feedbacks(RecordViewSet):
    model = Feedback
    name = "satisfaction"
    icon = "comment"
    menu_label = gettext_lazy("Satisfaction")
    add_view_class = AddFeedback
    edit_view_class = ChangeFeedback
    edit_template_name = "desk/feedback_form.html"
    list_display = ["activity", "opens_at", "closes_at"]
    list_filter = ["activity__programme"]
    list_export = ["activity", "opens_at", "closes_at"]
    search_fields = ["activity__title", "activity__slug"]
    form_base = FeedbackForm
    lists = {"questions": RowsField(QUESTION, label=gettext_lazy("Questions"))}
    panels = [
        HelpPanel(gettext_lazy("Six questions stand here; change them before the form is opened. Answers are kept without a name, and of fewer than five nothing is shown.")),
        "activity",
        FieldRowPanel([FieldPanel("opens_at"), FieldPanel("closes_at")]),
        "questions",
    ]  # fmt: skip


def _one(request: Any, pk: uuid.UUID, action: str) -> Feedback:
    if not request.user.has_perm(f"participation.{action}_feedback"):
        raise PermissionDenied
    row = get_object_or_404(Feedback.objects.visible_to(request.user).select_related("activity__programme"), pk=pk)
    if not reaches(request.user, action, row):
        raise PermissionDenied
    return row


def results(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Sums by question, from five answers on; the free words for the secretariat alone, and in no file."""
    row = _one(request, pk, "view")
    reads_words = request.user.has_perm("participation.read_feedback_words")
    kind = request.GET.get("as")
    number, questions = feedback.results(row, with_words=reads_words and not kind)
    if kind in ("csv", "xlsx"):
        return _file(row, questions, kind)
    context = {
        "form": row, "number": number, "questions": questions, "reads_words": reads_words, "least": suppression.SMALLEST,
        "is_open": row.is_open(timezone.now()), "may_change": request.user.has_perm("participation.change_feedback"),
    }  # fmt: skip
    return render(request, "desk/feedback_results.html", context)


def _file(row: Feedback, questions: list[feedback.Answered], kind: str) -> HttpResponse:
    header = [_("Question"), _("Text"), _("Answers"), _("Median"), _("Answer"), _("Number")]
    lines: list[list[Any]] = []
    for one in questions:
        start = [one.id, one.text.plain, suppression.FEWER if one.number is None else one.number, one.middle]
        lines += [[*start, label, count] for label, count in one.counts or []] or [[*start, None, None]]
    name = f"{row.activity.slug}-satisfaction.{kind}"
    if kind == "csv":
        return download(tables.write_csv(header, lines), name, "text/csv; charset=utf-8")
    out = io.BytesIO()
    tables.write_xlsx([tables.Sheet(_("Satisfaction"), header, lines)], out, right_to_left=is_rtl())
    return download(out.getvalue(), name, XLSX)


@require_POST
def act(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Open or close the form, or write to those who have not answered."""
    row, now, do = _one(request, pk, "change"), timezone.now(), request.POST.get("do", "")
    try:
        if do == "open":
            feedback.open_(row=row, by=request.user, now=now)
            messages.success(request, _("The form is open."))
        elif do == "close":
            feedback.close(row=row, by=request.user, now=now)
            messages.success(request, _("The form is closed."))
        elif do == "ask":
            sent = feedback.ask(row=row, by=request.user, now=now)
            messages.success(request, _("Mails on their way: %(number)s. Nobody gets a second one.") % {"number": sent})
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("desk_feedback", row.pk)
