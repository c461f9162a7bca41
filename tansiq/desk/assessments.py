"""Tests at the desk: the questions, opening and closing, paper, who has not taken it, what was gained."""

from __future__ import annotations

import io
import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel
from wagtail.admin.ui.tables import Column

from tansiq.core import suppression, tables
from tansiq.core.errors import BadInput, Refused
from tansiq.core.exchange import SLUG, TEXT, array, obj
from tansiq.core.language import direction
from tansiq.core.localized import Localized
from tansiq.desk import gainpicture
from tansiq.desk.records import CreateView, EditView, RecordForm, RecordViewSet, reaches
from tansiq.desk.rows import LINES, RowsField
from tansiq.participation import assessments, gains, marking, testpaper, testsheets
from tansiq.participation.models import Assessment, Attempt, Moment, Registration

LARGEST_BYTES = 5_000_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# As a question is typed: its answers are lines, and the right ones the numbers of their lines.
QUESTION = obj(
    {
        "id": SLUG, "text": TEXT, "kind": {"enum": ["single", "multiple"]}, "options": LINES, "right": array({"type": "string"}),
        "points": {"type": "integer", "minimum": 1, "maximum": 100}, "explanation": TEXT,
    },
    ["id", "text", "kind", "options", "right"],
)  # fmt: skip


def as_lines(options: list[dict[str, str]]) -> dict[str, str]:
    """[{"ar": "نعم"}, {"ar": "لا"}] -> {"ar": "نعم\\nلا"}."""
    codes = sorted({code for one in options for code in one})
    return {code: "\n".join(one.get(code, "").replace("\n", " ") for one in options) for code in codes}


def from_lines(lines: dict[str, str]) -> list[dict[str, str]]:
    """The other way. Raises Refused where the languages have different numbers of lines."""
    split = {code: [line.strip() for line in text.strip("\r\n").split("\n")] for code, text in lines.items() if text}
    if len({len(one) for one in split.values()}) > 1:
        counts = ", ".join(f"{code}: {len(one)}" for code, one in split.items())
        message = _("The answers differ in number by language (%(counts)s). Line by line they belong together.")
        raise Refused(message % {"counts": counts})
    number = max((len(one) for one in split.values()), default=0)
    return [{code: one[place] for code, one in split.items() if one[place]} for place in range(number)]


def as_row(question: dict[str, Any]) -> dict[str, Any]:
    return {
        **question, "options": as_lines([one["text"] for one in question["options"]]),
        "right": [str(number) for number in sorted(marking.right_options(question))],
    }  # fmt: skip


def from_row(row: dict[str, Any]) -> dict[str, Any]:
    """A question as it is stored. Raises Refused."""
    texts = from_lines(row["options"])
    right = [marking.option_number(one) for one in row["right"]]
    wrong = [one for one, number in zip(row["right"], right, strict=True) if number is None or number > len(texts)]
    if wrong:
        message = _("“%(given)s” is no answer of this question. Write the numbers of the right lines, such as 1, 3.")
        raise Refused(message % {"given": ", ".join(wrong)[:60]})
    if not all(texts):
        raise Refused(_("One of the answers is empty. Write it, or take its line out."))
    question = {
        "id": row["id"], "kind": row["kind"], "text": dict(row["text"]), "points": row.get("points", 1),
        "options": [{"text": text, "right": number in right} for number, text in enumerate(texts, start=1)],
    }  # fmt: skip
    return question | ({"explanation": dict(row["explanation"])} if row.get("explanation") else {})


class HoursForm(RecordForm):
    """Hours in the browser's own inputs: Wagtail's need JavaScript."""

    def _set_widgets(self) -> None:
        super()._set_widgets()
        for field in self.fields.values():
            if isinstance(field, forms.DateTimeField):
                field.widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class TestForm(HoursForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["questions"] = [as_row(one) for one in self.instance.questions]

    def clean(self) -> Any:
        cleaned = super().clean()
        questions = []
        for number, row in enumerate(self.cleaned_data.get("questions") or [], start=1):
            try:
                questions.append(from_row(row))
            except Refused as refusal:
                self.add_error("questions", _("Question %(number)s: %(why)s") % {"number": number, "why": refusal})
        if not self.errors.get("questions"):
            self.cleaned_data["questions"] = questions
            probe = Assessment(pk=self.instance.pk, questions=questions)
            probe._state.adding = self.instance._state.adding
            for place, why in assessments.wrong_questions(probe):
                self.add_error("questions", _("Question %(number)s: %(why)s") % {"number": place + 1, "why": why})
        return cleaned


class AddTest(CreateView):
    create = staticmethod(assessments.set_up)


class ChangeTest(EditView):
    change = staticmethod(assessments.set_up)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **_tools(self.object)}


def _tools(row: Assessment) -> dict[str, Any]:
    now = timezone.now()
    return {
        "moments": [
            {
                "value": one.value, "label": one.label, "is_open": row.is_open(one.value, now),
                "opens_at": row.opens_at(one.value), "closes_at": row.closes_at(one.value),
            }
            for one in Moment
        ],
        "languages": settings.LANGUAGES, "whole": marking.languages(row.questions) if row.questions else [],
    }  # fmt: skip


class Tests(RecordViewSet):
    model = Assessment
    name = "tests"
    icon = "clipboard-list"
    menu_label = pgettext_lazy("menu", "Tests")
    add_view_class = AddTest
    edit_view_class = ChangeTest
    edit_template_name = "desk/test_form.html"
    list_display = [
        "activity",
        Column("number_of_questions", label=gettext_lazy("Questions")),
        "before_opens_at",
        "after_opens_at",
        "pass_percent",
    ]
    list_filter = ["activity__programme"]
    list_export = ["activity", "number_of_questions", "before_opens_at", "before_closes_at", "after_opens_at", "after_closes_at", "pass_percent"]  # fmt: skip
    search_fields = ["activity__title", "activity__slug", "title"]
    form_base = TestForm
    lists = {"questions": RowsField(QUESTION, label=gettext_lazy("Questions"))}
    panels = [
        HelpPanel(gettext_lazy("What is asked before is asked after, so that each question shows what was gained. No case of a real victim belongs in a question.")),
        "activity",
        "title",
        "introduction",
        FieldRowPanel([FieldPanel("before_opens_at"), FieldPanel("before_closes_at")]),
        FieldRowPanel([FieldPanel("after_opens_at"), FieldPanel("after_closes_at")]),
        FieldRowPanel([FieldPanel("pass_percent"), FieldPanel("minutes_allowed"), FieldPanel("shows_score"), FieldPanel("is_shuffled")]),
        "questions",
        "reference_language",
    ]  # fmt: skip


# --- Pages ----------------------------------------------------------------------------------------------------------


def _one(request: Any, pk: uuid.UUID, action: str = "change") -> Assessment:
    if not request.user.has_perm(f"participation.{action}_assessment"):
        raise PermissionDenied
    rows = Assessment.objects.visible_to(request.user).select_related("activity__programme")
    row = get_object_or_404(rows, pk=pk)
    if not reaches(request.user, action, row):
        raise PermissionDenied
    return row


def results(request: Any, pk: uuid.UUID) -> HttpResponse:
    """What was gained by question: a table, and a picture of the same. As a file, and for others, without small groups."""
    row = _one(request, pk, "view")
    is_inside = request.user.has_perm("participation.view_attempt")
    found = gains.results(row)
    if request.GET.get("as") in ("csv", "xlsx"):
        return _file(row, gains.suppressed(found), request.GET["as"])
    shown = found if is_inside else gains.suppressed(found)
    context = {
        "test": row, "found": shown, "is_inside": is_inside, "picture": gainpicture.bars(shown.questions),
        "may_change": request.user.has_perm("participation.change_assessment"), "people": [], "is_rtl": is_rtl(),
        "late": [(Moment(moment).label, number) for moment, number in (shown.late or {}).items()],
        **_tools(row),
    }  # fmt: skip
    if is_inside:
        context["people"] = _people(request, row)
    return render(request, "desk/test_results.html", context)


def is_rtl() -> bool:
    """Does the desk write from right to left for this reader?"""
    return direction(get_language() or settings.LANGUAGE_CODE) == "rtl"


def _people(request: Any, row: Assessment) -> list[dict[str, Any]]:
    """Who has a place, with the first score before and the best after; two queries."""
    rows = Registration.objects.visible_to(request.user).present().filter(admission__activity=row.activity_id)
    tries: dict[Any, list[Attempt]] = {}
    for one in Attempt.objects.filter(registration__in=rows).order_by("number"):
        tries.setdefault(one.registration_id, []).append(one)
    return [
        {
            "registration": one,
            "moments": [_person_at(row, moment, tries.get(one.pk, [])) for moment in Moment.values],
        }
        for one in rows.select_related("person").order_by("number")
    ]


def _person_at(row: Assessment, moment: str, tries: list[Attempt]) -> dict[str, Any]:
    """The try that is shown, and how many minutes it took too long."""
    mine = [one for one in tries if one.moment == moment]
    done = [one for one in mine if one.submitted_at]
    shown = (max(done, key=lambda one: one.score or 0) if moment == Moment.AFTER else done[0]) if done else None
    return {
        "moment": moment, "tries": len(done), "is_begun": len(done) < len(mine), "score": shown and shown.score,
        "over": shown.minutes_over(row.minutes_allowed) if shown else 0,
    }  # fmt: skip


def table_of(found: gains.Results) -> list[list[Any]]:
    """The header and a row for each question; what is not said is a sign for fewer than five."""

    def said(value: Any) -> Any:
        return suppression.FEWER if value is None else value

    header = [
        _("Question"), _("Text"), _("Took both"), _("Right before, %"), _("Right after, %"), _("Gain, points"),
        _("Normalised gain"), _("All before"), _("Right before, all, %"), _("All after"), _("Right after, all, %"),
    ]  # fmt: skip
    return [header] + [
        [
            one.id, Localized(one.text).plain, said(one.before.all), said(one.before.percent), said(one.after.percent),
            said(one.points), "" if one.before.percent == 100 else said(one.normalised), said(one.all_before.all),
            said(one.all_before.percent), said(one.all_after.all), said(one.all_after.percent),
        ]
        for one in found.questions
    ]  # fmt: skip


def _late_rows(row: Assessment, found: gains.Results) -> list[list[Any]]:
    """How many took longer than the guide, under the questions; the sign for fewer than five where it is not said."""
    text = _("Took longer than %(minutes)s minutes")
    return [
        ["", f"{text % {'minutes': row.minutes_allowed}}, {Moment(moment).label}", f"< {suppression.SMALLEST}" if number is None else number]
        for moment, number in (found.late or {}).items()
    ]  # fmt: skip


def _file(row: Assessment, found: gains.Results, kind: str) -> HttpResponse:
    header, *lines = table_of(found)
    lines += _late_rows(row, found)
    name = f"{row.activity.slug}-test.{kind}"
    if kind == "csv":
        return download(tables.write_csv(header, lines), name, "text/csv; charset=utf-8")
    out = io.BytesIO()
    widths = {header[1]: 60.0}
    tables.write_xlsx([tables.Sheet(_("Test"), header, lines, widths=widths)], out, right_to_left=is_rtl())
    return download(out.getvalue(), name, XLSX)


def download(content: bytes, name: str, kind: str) -> HttpResponse:
    """A file under a name, to be kept."""
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def paper(request: Any, pk: uuid.UUID, language: str) -> HttpResponse:
    """The sheet to answer by hand; with ?key=1 the key, for those who plan."""
    is_key = request.GET.get("key") == "1"
    row = _one(request, pk, "change" if is_key else "view")
    if language not in dict(settings.LANGUAGES):
        language = settings.LANGUAGE_CODE
    content = testpaper.printed(row, language=language, now=timezone.now(), is_key=is_key)
    name = f"{row.activity.slug}-test-{language}{'-key' if is_key else ''}.pdf"
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


@require_POST
def act(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Open or close a moment, or remind those who have not taken it."""
    row, now = _one(request, pk), timezone.now()
    moment, do = request.POST.get("moment", ""), request.POST.get("do", "")
    if moment not in Moment.values:
        raise PermissionDenied
    try:
        if do == "open":
            assessments.open_(assessment=row, moment=moment, by=request.user, now=now)
            messages.success(request, _("The test is open."))
        elif do == "close":
            assessments.close(assessment=row, moment=moment, by=request.user, now=now)
            messages.success(request, _("The test is closed."))
        elif do == "remind":
            sent = assessments.remind(assessment=row, moment=moment, by=request.user, now=now)
            messages.success(request, _("Mails on their way: %(number)s. Nobody gets a second one.") % {"number": sent})
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("desk_test", row.pk)


# --- What comes on paper --------------------------------------------------------------------------------------------


def type_in(request: Any, pk: uuid.UUID) -> HttpResponse:
    """One sheet of paper after another: the registration number, and the letter or number of each answer."""
    row, now = _one(request, pk), timezone.now()
    given = request.POST if request.method == "POST" else request.GET
    moment = given.get("moment") if given.get("moment") in Moment.values else Moment.BEFORE.value
    context: dict[str, Any] = {
        "test": row, "moment": moment, "choices": Moment.choices, "number": given.get("number", "")[:9],
        "which": "2" if given.get("try") == "2" else "1",
    }  # fmt: skip
    written = {one["id"]: given.get(f"a.{one['id']}", "")[:40] for one in row.questions}
    faults: dict[str, str] = {}
    person = _registration(request, row, context["number"])
    if request.method == "POST":
        answers = {}
        for key, text in written.items():
            numbers = [marking.option_number(part) for part in testsheets.parts(text)]
            if None in numbers:
                faults[key] = _("“%(given)s” names no answer. Write its number or its letter; several are parted by commas.") % {"given": text}  # fmt: skip
            answers[key] = [one for one in numbers if one is not None]
        try:
            if person is None:
                raise Refused(_("Nobody is registered here as “%(given)s”.") % {"given": context["number"]})
            if not faults:
                attempt, done = assessments.type_in(
                    row=person, assessment=row, moment=moment, number=int(context["which"]), answers=answers,
                    by=request.user, now=now,
                )  # fmt: skip
                words = {"new": _("typed in"), "unchanged": _("as it was"), "corrected": _("corrected")}[done]
                values = {"number": person.number, "done": words, "score": f"{attempt.score:g}"}
                messages.success(request, _("Number %(number)s: %(done)s, %(score)s %%.") % values)
                return redirect(f"{request.path}?moment={moment}&try={context['which']}")
        except assessments.BadAnswers as refusal:
            found: Any = refusal
            faults |= found.faults
        except Refused as refusal:
            context["refusal"] = refusal
    elif person is not None:
        known = Attempt.objects.filter(registration=person, moment=moment, number=int(context["which"])).first()
        for key, numbers in (known.answers if known else {}).items():
            written[key] = ", ".join(map(str, numbers))
    context["questions"] = [
        {
            "id": one["id"], "place": place, "text": Localized(one["text"]), "value": written[one["id"]],
            "fault": faults.get(one["id"], ""), "most": len(one["options"]),
        }
        for place, one in enumerate(row.questions, start=1)
    ]  # fmt: skip
    return render(request, "desk/test_type.html", context, status=422 if faults or "refusal" in context else 200)


def _registration(request: Any, row: Assessment, number: str) -> Registration | None:
    if not (number.isascii() and number.isdigit()):
        return None
    rows = Registration.objects.visible_to(request.user).filter(admission__activity=row.activity_id)
    return rows.filter(number=int(number)).select_related("admission__activity").first()


@require_POST
def upload(request: Any, pk: uuid.UUID) -> HttpResponse:
    """All sheets of a table, or none with every error."""
    row, now = _one(request, pk), timezone.now()
    upload, moment = request.FILES.get("file"), request.POST.get("moment", "")
    problems: list[str] = []
    try:
        if upload is None or moment not in Moment.values:
            raise Refused(_("Choose the file, and whether it was asked before or after."))
        if upload.size > LARGEST_BYTES:
            raise Refused(_("The file is larger than 5 MB. Take the pictures out of it."))
        report = testsheets.enter(
            row, moment, tables.read_first(upload.read(), name=upload.name), by=request.user, now=now
        )
        messages.success(request, _("Sheets read: %(number)s.") % {"number": report["rows"]})
        return redirect("desk_test", row.pk)
    except BadInput as error:
        problems = [str(one) for one in error.problems[:200]]
    except Refused as refusal:
        problems = [str(refusal)]
    return render(request, "desk/test_problems.html", {"test": row, "problems": problems}, status=422)


def template(request: Any, pk: uuid.UUID) -> HttpResponse:
    """The table to fill in: a row for everybody who has a place."""
    row = _one(request, pk)
    people = Registration.objects.visible_to(request.user).present().filter(admission__activity=row.activity_id)
    out = io.BytesIO()
    tables.write_xlsx([testsheets.template(row, people.order_by("number"))], out, right_to_left=is_rtl())
    return download(out.getvalue(), f"{row.activity.slug}-test.xlsx", XLSX)
