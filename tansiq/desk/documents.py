"""Documents at the desk: which languages are wanted, one text beside its original, the check, what is given out."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.admin.panels import FieldPanel, FieldRowPanel

from tansiq.coordination import documents, glossary
from tansiq.coordination.models import Document, DocumentText, DocumentVersion, Function
from tansiq.core.errors import Refused
from tansiq.core.language import language_name
from tansiq.desk.letters import WORD
from tansiq.desk.programmes import IDENTITY
from tansiq.desk.records import EditView, RecordViewSet, reaches

LARGEST_BYTES = 6_000_000
NUMBER = re.compile("[0-9]{1,4}")


class WantForm(forms.Form):
    """In which language, by which office, until when."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    translator = forms.ModelChoiceField(
        Function.objects.all(), label=gettext_lazy("Translator (office)"), required=False
    )
    due = forms.DateField(
        label=gettext_lazy("Due"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def _texts(document: Document) -> list[DocumentText]:
    """The texts of a document with what a row shows, the reference one first; a fixed number of queries."""
    rows = list(document.texts.select_related("translator", "document").prefetch_related("versions"))
    leading, shown_in = documents.reference_of(document), translation.get_language() or settings.LANGUAGE_CODE
    for row in rows:
        row.shown_language = language_name(row.language, shown_in)  # type: ignore[attr-defined]
        row.behind = bool(leading) and documents.is_behind(row)  # type: ignore[attr-defined]
    return sorted(rows, key=lambda row: (not row.is_reference, row.language))


class ChangeDocument(EditView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "texts": _texts(self.object), "want": WantForm()}


class Documents(RecordViewSet):
    model = Document
    name = "texts"
    icon = "doc-full"
    menu_label = gettext_lazy("Documents and translations")
    edit_view_class = ChangeDocument
    edit_template_name = "desk/document_form.html"
    list_display = ["title", "kind", "programme", "activity"]
    list_filter = ["kind", "programme"]
    list_export = ["slug", "title", "kind", "programme", "activity"]
    search_fields = ["slug", "title"]
    panels = [
        FieldRowPanel([FieldPanel("programme"), FieldPanel("activity")]),
        FieldPanel("kind"),
        FieldPanel("title"),
        IDENTITY,
    ]


@require_POST
def want(request: Any, pk: uuid.UUID) -> HttpResponse:
    if not request.user.has_perm("coordination.change_document"):  # as for the list of documents: no limited role
        raise PermissionDenied
    document = get_object_or_404(Document.objects.visible_to(request.user), pk=pk)
    if not reaches(request.user, "change", document):
        raise PermissionDenied
    form = WantForm(request.POST)
    if form.is_valid():
        text = documents.want(document=document, by=request.user, now=timezone.now(), **form.cleaned_data)
        return redirect("desk_text", text.pk)
    messages.error(request, " ".join(str(message) for errors in form.errors.values() for message in errors))
    return redirect("texts:edit", document.pk)


def _text(request: Any, pk: uuid.UUID) -> DocumentText:
    rows = DocumentText.objects.visible_to(request.user).select_related("document__programme", "translator")
    return get_object_or_404(rows, pk=pk)


def text(request: Any, pk: uuid.UUID) -> HttpResponse:
    """The original beside the text; what the glossary says; keep, or say that it is ready."""
    found, now = _text(request, pk), timezone.now()
    may = reaches(request.user, "change", found)
    shown: dict[str, Any] = {}
    if request.method == "POST":
        if not may:
            raise PermissionDenied
        try:
            return _do(request, found, now)
        except Refused as refusal:
            # What was typed stays on the page; the version before it now is the one that is there.
            shown = {"refusal": refusal, "words": request.POST.get("words")}
            found = _text(request, pk)
    kept = documents.last(found)
    leading = None if found.is_reference else documents.reference_of(found.document)
    words = shown.get("words")
    shown_in = language_name(found.language, translation.get_language() or settings.LANGUAGE_CODE)
    words = words if words is not None else kept.words if kept else ""
    context = {
        **shown, "text": found, "kept": kept, "words": words, "may": may, "versions": list(found.versions.all()),
        "original": documents.last(leading) if leading else None, "leading": leading, "seen": found.version,
        "behind": documents.is_behind(found), "findings": documents.findings(found, words) if words else [],
        "language": shown_in, "heading": f"{found.document.title} – {shown_in}",
    }  # fmt: skip
    return render(request, "desk/text.html", context, status=422 if "refusal" in shown else 200)


def _do(request: Any, found: DocumentText, now: Any) -> HttpResponse:
    given = request.POST
    if given.get("do") == "ready":
        documents.settle(text=found, anyway=bool(given.get("anyway")), by=request.user, now=now)
        messages.success(request, _("The text is ready."))
    else:
        upload = request.FILES.get("file")
        if upload and upload.size > LARGEST_BYTES:
            raise documents.NothingWritten(_("The file is larger than 6 MB. Take the pictures out of it."))
        seen, made_from = given.get("seen", ""), given.get("of", "")
        version = documents.keep(
            text=found, words=given.get("words", ""), file=upload.read() if upload else None,
            seen=int(seen) if NUMBER.fullmatch(seen) else -1, of_version=int(made_from) if NUMBER.fullmatch(made_from) else None,
            by=request.user, now=now,
        )  # fmt: skip
        messages.success(request, _("Version %(number)s is kept.") % {"number": version.number})
    return redirect("desk_text", found.pk)


def text_file(request: Any, pk: uuid.UUID, form: str) -> HttpResponse:
    """One version as Word or PDF."""
    version = get_object_or_404(DocumentVersion.objects.select_related("text__document"), pk=pk)
    _text(request, version.text_id)
    if form not in ("docx", "pdf"):
        raise Http404
    content = documents.open_file(version, form, now=timezone.now())
    name = f"{version.text.document.slug}-{version.text.language}-{version.number}.{form}"
    kind = "application/pdf" if form == "pdf" else WORD
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def words(request: Any) -> HttpResponse:
    """The approved glossary, and a box to check any text against it; nothing of it is kept."""
    if not request.user.has_perm("coordination.view_task"):
        raise PermissionDenied
    languages = dict(settings.LANGUAGES)
    given = {"words": "", "original": "", "language": settings.LANGUAGE_CODE, "of": ""}
    given |= {name: request.POST[name] for name in given if name in request.POST}
    found = None
    if request.method == "POST" and given["language"] in languages:
        cut = documents.LONGEST
        found = glossary.check(
            given["words"][:cut], given["language"], original=given["original"][:cut], original_language=given["of"]
        )
    context = {"entries": glossary.entries(), "languages": settings.LANGUAGES, "given": given, "findings": found}
    return render(request, "desk/words.html", context)
