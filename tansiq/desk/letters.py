"""The register of letters at the desk: writing one or many with a preview, what came in, sheets, progress."""

from __future__ import annotations

import datetime as dt
import io
import uuid
import zipfile
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.admin.ui.tables import Column

from tansiq.coordination import letters
from tansiq.coordination.letters import FIELDS, Wanted
from tansiq.coordination.models import Function, Letter, LetterKind, LetterTemplate
from tansiq.core import docx, jobs
from tansiq.core.errors import Refused
from tansiq.core.models import Job
from tansiq.desk.programmes import IDENTITY
from tansiq.desk.records import CreateView, EditView, RecordForm, RecordViewSet
from tansiq.media import assets
from tansiq.people.models import Organisation
from tansiq.programme.models import Activity

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SHOWN = 3


class LetterForm(RecordForm):
    """What came in is typed; what went out is kept as it was written, and only the answer's date may change."""

    file = forms.FileField(label=gettext_lazy("Scan (PDF or picture)"), required=False)
    by_hand = forms.IntegerField(
        label=gettext_lazy("Number"), required=False, min_value=1, help_text=gettext_lazy("Empty for the next one.")
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answers"].queryset = Letter.objects.filter(direction=Letter.Direction.OUT)
        if not self.instance._state.adding:
            kept = (
                {"file", "by_hand"}
                if self.instance.direction == Letter.Direction.IN
                else set(self.fields) - {"answer_by"}
            )
            for name in kept:
                self.fields[name].disabled = True

    def save_by(self, verb: Any, *, by: Any, now: Any) -> Any:
        if not self.instance._state.adding:
            return super().save_by(verb, by=by, now=now)
        upload = self.cleaned_data.get("file")
        return letters.register_in(
            self.save(commit=False), scan=upload.read(assets.LARGEST_BYTES + 1) if upload else None, file_name=upload.name if upload else "",
            number=self.cleaned_data.get("by_hand"), by=by, now=now,
        )  # fmt: skip


class AddLetter(CreateView):
    def get_form_kwargs(self) -> Any:
        instance = Letter(direction=Letter.Direction.IN, state=Letter.State.RECEIVED, language=settings.LANGUAGE_CODE)
        # The number is taken when the letter is kept; until then the row has none of its own.
        instance.year, instance.serial = 1, 1
        return {**super().get_form_kwargs(), "instance": instance}


class ChangeLetter(EditView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        today = timezone.localdate()
        letter = self.object
        return {
            **super().get_context_data(**kwargs), "state": letters.state_words(letter, today),
            "answered_by": letter.answered_by.all(), "corrected_by": letter.corrected_by.all(), "today": today,
        }  # fmt: skip


class Letters(RecordViewSet):
    model = Letter
    name = "letters"
    icon = "mail"
    menu_label = gettext_lazy("Register of letters")
    add_view_class = AddLetter
    edit_view_class = ChangeLetter
    edit_template_name = "desk/letter_form.html"
    list_display = [
        Column("number", label=gettext_lazy("Number")),
        "direction",
        "subject",
        "organisation",
        "dated",
        "state",
        "answer_by",
    ]
    list_filter = ["direction", "state", "kind", "programme"]
    list_export = [
        "number",
        "direction",
        "kind",
        "subject",
        "organisation",
        "dated",
        "sent_date",
        "state",
        "answer_by",
        "their_number",
    ]
    search_fields = ["subject", "attention", "their_number", "organisation__name", "organisation__slug"]
    form_base = LetterForm
    panels = [
        "organisation",
        FieldRowPanel([FieldPanel("dated"), FieldPanel("their_number"), FieldPanel("by_hand")]),
        "subject",
        FieldRowPanel([FieldPanel("language"), FieldPanel("attention")]),
        FieldRowPanel([FieldPanel("programme"), FieldPanel("activity")]),
        FieldRowPanel([FieldPanel("answers"), FieldPanel("answer_by")]),
        "file",
    ]


class KindForm(RecordForm):
    def clean(self) -> Any:
        cleaned = super().clean()
        for name in ("subject", "body"):
            for words in (self.cleaned_data.get(name) or {}).values():
                for fault in docx.faults_of_text(words, FIELDS):
                    self.add_error(name, fault)
        return cleaned


class LetterKinds(RecordViewSet):
    model = LetterKind
    name = "letter-kinds"
    icon = "doc-full"
    menu_label = gettext_lazy("Texts of letters")
    list_display = ["title", "subject"]
    list_export = ["slug", "title", "subject"]
    search_fields = ["slug", "title"]
    form_base = KindForm
    panels = ["title", "subject", "body", IDENTITY]


# --- Writing --------------------------------------------------------------------------------------------------------


class WriteForm(forms.Form):
    """What a letter, or many, is written from."""

    kind = forms.ModelChoiceField(LetterKind.objects.all(), label=gettext_lazy("Kind"))
    activity = forms.ModelChoiceField(Activity.objects.none(), label=gettext_lazy("Activity"))
    to = forms.ModelMultipleChoiceField(
        Organisation.objects.all(), label=gettext_lazy("To"), widget=forms.CheckboxSelectMultiple
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=[*settings.LANGUAGES, ("own", gettext_lazy("that of each organisation"))],
    )
    service = forms.ModelChoiceField(Function.objects.all(), label=gettext_lazy("Signed by"), required=False)
    attention = forms.CharField(label=gettext_lazy("To the attention of (office)"), max_length=200, required=False)
    dated = forms.DateField(
        label=gettext_lazy("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    answer_by = forms.DateField(
        label=gettext_lazy("Answer wanted by"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    places = forms.IntegerField(label=gettext_lazy("Places"), required=False, min_value=1)
    delegation = forms.CharField(
        label=gettext_lazy("Names"), required=False, widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
        help_text=gettext_lazy("For access, mission orders and attestations: one on each line."),
    )  # fmt: skip
    earlier = forms.ModelChoiceField(
        Letter.objects.filter(direction=Letter.Direction.OUT), label=gettext_lazy("Earlier letter"), required=False
    )

    def __init__(self, user: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["activity"]
        field.queryset = Activity.objects.visible_to(user).select_related("programme")

    def clean(self) -> Any:
        cleaned = super().clean()
        if self.cleaned_data.get("delegation") and len(self.cleaned_data.get("to") or ()) > 1:
            self.add_error("delegation", _("A letter with names goes to one organisation. Write them one by one."))
        dated, answer_by = self.cleaned_data.get("dated"), self.cleaned_data.get("answer_by")
        if dated and answer_by and answer_by < dated:
            self.add_error("answer_by", _("The answer is wanted before the letter is written. Give a later day."))
        return cleaned

    def wanted(self) -> list[Wanted]:
        given = self.cleaned_data
        activity = Activity.objects.select_related("programme", "place").get(pk=given["activity"].pk)
        return [
            Wanted(
                given["kind"], activity.programme, activity, organisation,
                letters.language_for(organisation, given["language"]), given["service"], given["attention"],
                given["answer_by"], given["places"], given["delegation"], given["earlier"],
            )
            for organisation in given["to"]
        ]  # fmt: skip


def _permit(request: Any) -> None:
    if not request.user.has_perm("coordination.add_letter"):
        raise PermissionDenied


def write(request: Any) -> HttpResponse:
    """Choose, look at the first three, then write them all: nothing has a number before that."""
    _permit(request)
    context: dict[str, Any] = {}
    if request.method != "POST":
        initial: dict[str, Any] = {"dated": timezone.localdate(), "language": settings.LANGUAGE_CODE}
        activity = Activity.objects.visible_to(request.user).filter(slug=request.GET.get("activity", "")).first()
        if activity:
            initial |= {"activity": activity, "to": letters.addressees(activity.programme, activity)}
        earlier = _letter(request.GET.get("earlier", ""))
        if earlier:
            initial |= {
                "earlier": earlier, "to": [earlier.organisation], "language": earlier.language, "service": earlier.service,
                "attention": earlier.attention,
            }  # fmt: skip
        kind = LetterKind.objects.filter(slug=request.GET.get("kind", "")).first()
        form = WriteForm(request.user, initial={**initial, **({"kind": kind} if kind else {})})
        return render(request, "desk/write.html", {"form": form, "token": uuid.uuid4()})
    form = WriteForm(request.user, request.POST)
    token = request.POST.get("token", "")
    if not form.is_valid():
        return render(request, "desk/write.html", {"form": form, "token": token or uuid.uuid4()}, status=422)
    wanted, dated = form.wanted(), form.cleaned_data["dated"]
    try:
        if request.POST.get("do") == "write":
            return _write(request, wanted, dated, token)
        context |= {
            "shown": [(one.organisation, letters.words(one, dated=dated)) for one in wanted[:SHOWN]],
            "number": len(wanted),
        }
    except Refused as refusal:
        form.add_error(None, str(refusal))
    return render(request, "desk/write.html", {"form": form, "token": token, **context})


def _letter(key: str) -> Letter | None:
    try:
        return Letter.objects.filter(pk=uuid.UUID(key), direction=Letter.Direction.OUT).first()
    except ValueError:
        return None


def _write(request: Any, wanted: list[Wanted], dated: dt.date, token: str) -> HttpResponse:
    now = timezone.now()
    if len(wanted) == 1:
        one = wanted[0]
        # Also for a single letter: the key of the page keeps a double click from taking two numbers. All or nothing:
        # what could not be written is written when it is tried again.
        with transaction.atomic():
            job, is_new = Job.objects.get_or_create(
                key=f"letters:{token}",
                defaults={"kind": "letters", "label": str(one.kind)[:200], "state": Job.State.DONE, "made_at": now, "started_by": request.user.pk},
            )  # fmt: skip
            if is_new:
                corrects = one.earlier if one.kind.slug == "change-notice" else None
                letter = letters.write(one, dated=dated, corrects=corrects, by=request.user, now=now)
                Job.objects.filter(pk=job.pk).update(result={"letters": [str(letter.pk)]})
                messages.success(request, _("Letter %(number)s is written.") % {"number": letter.number})
                return redirect("letters:edit", letter.pk)
    else:
        job = letters.start_batch(wanted, dated=dated, key=token, by=request.user, now=now)
    return redirect("desk_job", job.pk)


def job(request: Any, pk: uuid.UUID) -> HttpResponse:
    """How far long work is. The page asks again by itself, without a script too."""
    _permit(request)
    found = get_object_or_404(Job, pk=pk)
    if request.method == "POST":
        (jobs.resume if request.POST.get("resume") else jobs.stop)(found)
        return redirect("desk_job", pk)
    return render(
        request,
        "desk/job.html",
        {"job": found, "left": found.seconds_left(timezone.now()), "made": len(found.result.get("letters", []))},
    )


def bundle(request: Any, pk: uuid.UUID) -> HttpResponse:
    """All letters of a batch in one ZIP, each as PDF and as DOCX."""
    _permit(request)
    found = get_object_or_404(Job, pk=pk, kind="letters")
    rows = Letter.objects.filter(pk__in=found.result.get("letters", [])).order_by("year", "serial")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for row in rows:
            for form, stored in (("pdf", row.pdf_name), ("docx", row.docx_name)):
                if stored:  # the files of a letter go where it named a person who was erased
                    packed.writestr(f"{row.number.replace('/', '-')}.{form}", letters.open_file(row, form))
    return HttpResponse(
        out.getvalue(),
        content_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="letters.zip"'},
    )


# --- One letter -----------------------------------------------------------------------------------------------------


def letter_file(request: Any, pk: uuid.UUID, form: str) -> HttpResponse:
    if not request.user.has_perm("coordination.view_letter"):
        raise PermissionDenied
    letter = get_object_or_404(Letter, pk=pk)
    try:
        content = letters.open_file(letter, form)
    except FileNotFoundError as error:
        raise Http404 from error
    name = f"{letter.number.replace('/', '-')}.{form}"
    kind = "application/pdf" if form == "pdf" else WORD
    headers = {"Content-Disposition": str(content_disposition_header(True, name))}
    return HttpResponse(content, content_type=kind, headers=headers)


@require_POST
def letter_state(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Sent today, or cancelled."""
    if not request.user.has_perm("coordination.change_letter"):
        raise PermissionDenied
    letter, now = get_object_or_404(Letter, pk=pk), timezone.now()
    try:
        if request.POST.get("cancel"):
            letters.cancel(letter=letter, by=request.user, now=now)
        else:
            letters.send(letter=letter, on=timezone.localdate(now), by=request.user, now=now)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("letters:edit", letter.pk)


def sheets(request: Any) -> HttpResponse:
    """The Word templates: take the one in use, change it in Word, give it back."""
    _permit(request)
    if request.method == "POST":
        kind = LetterKind.objects.filter(slug=request.POST.get("kind", "")).first()
        upload, language = request.FILES.get("file"), request.POST.get("language", "")
        try:
            if upload is None or language not in dict(settings.LANGUAGES):
                raise Refused(_("Choose a file first."))
            letters.keep_template(
                content=upload.read(6_000_000), file_name=upload.name, kind=kind, language=language, by=request.user,
                now=timezone.now(),
            )  # fmt: skip
            messages.success(request, _("The sheet is kept. Letters are printed on it from now on."))
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect("desk_sheets")
    context = {
        "templates": LetterTemplate.objects.select_related("kind"), "kinds": LetterKind.objects.all(), "fields": letters.KNOWN,
        "languages": settings.LANGUAGES,
    }  # fmt: skip
    return render(request, "desk/sheets.html", context)


def sheet(request: Any, language: str) -> HttpResponse:
    """The sheet in use for a kind (`?kind=`), or the one for all."""
    _permit(request)
    if language not in dict(settings.LANGUAGES):
        raise Http404
    kind = LetterKind.objects.filter(slug=request.GET.get("kind", "")).first()
    own = LetterTemplate.objects.filter(language=language, kind=None).first()
    content = letters.template_of(kind, language) if kind else letters.our_template(language)
    if kind is None and own:
        content = letters.template_of(LetterKind(slug=""), language)
    return HttpResponse(
        content, content_type=WORD, headers={"Content-Disposition": f'attachment; filename="sheet-{language}.docx"'}
    )
