"""The desk's page that registers people from a table: looked at first, then kept; the command's rules and its columns."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.config import registering
from tansiq.core import tables
from tansiq.core.errors import BadInput, Refused
from tansiq.desk.records import reaches
from tansiq.participation import applicants
from tansiq.participation.models import Admission

LARGEST_BYTES = 5_000_000
# Each row is a transaction of its own: with more of them the page would come too late.
MOST_ROWS = 1000


def from_file(request: Any, pk: uuid.UUID) -> HttpResponse:
    """A form; what the rows of the table would come to; then where each of them stands, the refused with their reasons."""
    rows = Admission.objects.visible_to(request.user).select_related("activity__programme")
    admission = get_object_or_404(rows, pk=pk)
    if not (request.user.has_perm("participation.add_registration") and reaches(request.user, "change", admission)):
        raise PermissionDenied
    context: dict[str, Any] = {
        "admission": admission, "activity": admission.activity,
        "spellings": applicants.spelling_languages(), "professions": admission.professions,
    }  # fmt: skip
    if request.method == "POST":
        is_kept = request.POST.get("do") == "keep"
        try:
            table = _table(request.FILES.get("file"))
            report = (registering.enter if is_kept else _look)(admission, table, by=request.user, now=timezone.now())
        except BadInput as bad:
            context["problems"] = bad.problems[:100]
        except Refused as refusal:
            context["refusal"] = refusal
        else:
            if is_kept and not report["refused"]:
                numbers = {name: len(report[name]) for name in ("confirmed", "waiting", "applied")}
                text = _("Confirmed: %(confirmed)s, waiting: %(waiting)s, to be decided: %(applied)s.")
                messages.success(request, text % numbers)
                return redirect("admissions:edit", admission.pk)
            context |= {"report": report, "is_kept": is_kept}
    status = 422 if "problems" in context or "refusal" in context else 200
    return render(request, "config/enrol.html", context, status=status)


def _look(admission: Admission, table: tables.Table, *, by: Any, now: dt.datetime) -> dict[str, Any]:
    """The same work, taken back: no row, no mail and no journal stay of it."""
    with transaction.atomic():
        report = registering.enter(admission, table, by=by, now=now)
        transaction.set_rollback(True)
    return report


def _table(upload: Any) -> tables.Table:
    if upload is None:
        raise Refused(_("Choose a file first."))
    content = upload.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise Refused(_("The file is larger than 5 MB. Take the pictures out of it."))
    table = tables.read_first(content, name=upload.name)
    if len(table.rows) > MOST_ROWS:
        text = _("The table has %(rows)s rows; at most %(most)s are taken at once. Part it.")
        raise Refused(text % {"rows": len(table.rows), "most": MOST_ROWS})
    return table
