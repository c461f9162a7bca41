"""Lists of persons at the desk: typed or from a table, printed, handed over, signed sheets kept."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel
from wagtail.admin.ui.tables import Column

from tansiq.coordination import lists
from tansiq.coordination.lists import ENTRY
from tansiq.coordination.models import PersonList
from tansiq.core.errors import BadInput, Refused
from tansiq.desk.records import CreateView, EditView, RecordForm, RecordViewSet, reaches
from tansiq.desk.rows import RowsField
from tansiq.media import assets

LARGEST_BYTES = 5_000_000
MOST_BLANK_ROWS = 200


class ListForm(RecordForm):
    """Names are typed, or come from a table, which then takes the place of what is there."""

    table = forms.FileField(
        label=gettext_lazy("Names from a table (.xlsx or .csv)"), required=False,
        help_text=gettext_lazy("They take the place of the names below."),
    )  # fmt: skip

    def clean(self) -> Any:
        cleaned = super().clean()
        upload, kind = self.cleaned_data.get("table"), self.cleaned_data.get("kind")
        if upload and kind:
            try:
                if upload.size > LARGEST_BYTES:
                    raise Refused(_("The file is larger than 5 MB. Take the pictures out of it."))
                self.cleaned_data["entries"] = lists.read_table(upload.read(), file_name=upload.name, kind=kind)
            except BadInput as error:
                for problem in error.problems[:20]:
                    self.add_error("table", str(problem))
            except Refused as error:
                self.add_error("table", str(error))
        return cleaned


class AddList(CreateView):
    create = staticmethod(lists.save)


class ChangeList(EditView):
    change = staticmethod(lists.save)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.object
        return {
            **super().get_context_data(**kwargs), "sheets": list(row.sheets.select_related("scan")),
            "languages": settings.LANGUAGES, "is_current": lists.is_current(row),
            "signs": row.kind == PersonList.Kind.ATTENDANCE, "is_security": row.kind == PersonList.Kind.SECURITY,
        }  # fmt: skip


class PersonLists(RecordViewSet):
    model = PersonList
    name = "person-lists"
    icon = "list-ul"
    menu_label = gettext_lazy("Lists of persons")
    add_view_class = AddList
    edit_view_class = ChangeList
    edit_template_name = "desk/list_form.html"
    list_display = [
        "kind",
        "activity",
        Column("day", label=gettext_lazy("Day")),
        "organisation",
        "session",
        "number",
        "given_at",
    ]
    list_filter = ["kind", "activity__programme"]
    list_export = ["kind", "activity", "day", "organisation", "session", "number", "given_at", "emptied_at"]
    search_fields = ["activity__title", "activity__slug", "session", "organisation__name"]
    form_base = ListForm
    lists = {"entries": RowsField(ENTRY, label=gettext_lazy("Names"))}
    panels = [
        HelpPanel(gettext_lazy("Guests, journalists, staff. Never a victim, and nothing that tells of one.")),
        FieldRowPanel([FieldPanel("kind"), FieldPanel("activity"), FieldPanel("day_number")]),
        FieldRowPanel([FieldPanel("organisation"), FieldPanel("session")]),
        "table",
        "entries",
    ]


def _list(request: Any, pk: uuid.UUID) -> PersonList:
    if not request.user.has_perm("coordination.change_personlist"):  # as for the list of lists: no limited role
        raise PermissionDenied
    rows = PersonList.objects.visible_to(request.user).select_related("activity__place", "organisation")
    row = get_object_or_404(rows, pk=pk)
    if not reaches(request.user, "change", row):
        raise PermissionDenied
    return row


def printed(request: Any, pk: uuid.UUID, language: str) -> HttpResponse:
    """The list as a PDF, with as many blank rows as the address asks for."""
    row = _list(request, pk)
    if language not in dict(settings.LANGUAGES):
        language = settings.LANGUAGE_CODE
    asked = request.GET.get("blank", "")
    blank = min(int(asked), MOST_BLANK_ROWS) if asked.isascii() and asked.isdigit() else 0
    content = lists.printed(row, language=language, now=timezone.now(), blank_rows=blank)
    name = f"{row.activity.slug}-{row.day_number}-{row.kind}-{language}.pdf"
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


def template(request: Any, kind: str) -> HttpResponse:
    """A workbook with the columns of a kind of list."""
    if not request.user.has_perm("coordination.add_personlist") or kind not in PersonList.Kind.values:
        raise PermissionDenied
    return HttpResponse(
        lists.template(kind),
        content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        headers={"Content-Disposition": f'attachment; filename="{kind}.xlsx"'},
    )


@require_POST
def act(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Hand it over, keep a signed sheet, or take the names away now."""
    row, now, given = _list(request, pk), timezone.now(), request.POST
    try:
        if given.get("do") == "hand":
            lists.hand_over(row=row, to=given.get("to", ""), by=request.user, now=now)
            messages.success(request, _("It is noted that the list was handed over."))
        elif given.get("do") == "empty":
            lists.empty([row], by=request.user, now=now)
            messages.success(request, _("The names are deleted."))
        else:
            upload, signed = request.FILES.get("file"), given.get("signed", "")
            if upload is None or not re.fullmatch("[0-9]{1,6}", signed):
                raise Refused(_("Choose the scan, and say how many signatures are on it."))
            lists.keep_sheet(
                row=row, content=upload.read(assets.LARGEST_BYTES + 1), file_name=upload.name, signed=int(signed),
                by=request.user, now=now,
            )  # fmt: skip
            messages.success(request, _("The scan is kept."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("person-lists:edit", row.pk)
