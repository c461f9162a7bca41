"""The run of show at the desk: lines typed or dragged, conflicts beside them, issues, links for the phone."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.validators import validate_email
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel
from wagtail.admin.ui.tables import Column

from tansiq.coordination import paper, runofshow
from tansiq.coordination.models import Function, RunOfShow, RunOfShowIssue
from tansiq.core import links, outbox
from tansiq.core.errors import Refused
from tansiq.core.models import Link
from tansiq.desk.records import CreateView, EditView, RecordForm, RecordViewSet, reaches
from tansiq.desk.rows import RowsField

PURPOSE = "runofshow"
# The page stays open for the evening and the morning after.
OPEN_AFTER = dt.timedelta(days=2)


class AddShow(CreateView):
    create = staticmethod(runofshow.save)


class ChangeShow(EditView):
    change = staticmethod(runofshow.save)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        show = self.object
        issues = list(show.issues.all())
        return {
            **super().get_context_data(**kwargs),
            "conflicts": runofshow.conflicts(show, self.request.user),
            "lines": runofshow.rows(show.items, show.activity.starts_at_time),
            "issues": issues,
            "is_current": bool(issues) and runofshow.is_current(issues[0]),
            "links": Link.objects.filter(subject_id=show.pk, purpose=PURPOSE, closed_at=None).order_by("made_at"),
            "languages": settings.LANGUAGES,
        }


class RunsOfShow(RecordViewSet):
    model = RunOfShow
    name = "runs-of-show"
    icon = "time"
    menu_label = gettext_lazy("Runs of show")
    add_view_class = AddShow
    edit_view_class = ChangeShow
    edit_template_name = "desk/runofshow_form.html"
    list_display = ["activity", "day_number", Column("day", label=gettext_lazy("Day"))]
    list_filter = ["activity__programme"]
    list_export = ["activity", "day_number", "day"]
    search_fields = ["activity__title", "activity__slug"]
    form_base = RecordForm
    lists = {
        "items": RowsField(
            runofshow.ITEM, label=gettext_lazy("Lines"),
            help_text=gettext_lazy("A line without an hour begins when the one above it ends. Drag a line, or change its place in the list."),
        )
    }  # fmt: skip
    panels = [
        FieldRowPanel([FieldPanel("activity"), FieldPanel("day_number")]),
        HelpPanel(gettext_lazy("Offices, not names. The telephone is the one that answers on the day.")),
        "items",
    ]


def _show(request: Any, pk: uuid.UUID, action: str = "change") -> RunOfShow:
    show = get_object_or_404(RunOfShow.objects.visible_to(request.user).select_related("activity"), pk=pk)
    if not reaches(request.user, action, show):
        raise PermissionDenied
    return show


@require_POST
def issue(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Give it out under the next number; the same content keeps the number that it has."""
    show = _show(request, pk)
    try:
        made = runofshow.issue(show=show, by=request.user, now=timezone.now())
        messages.success(request, _("Issue %(number)s is ready.") % {"number": made.number})
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("runs-of-show:edit", show.pk)


def pdf(request: Any, pk: uuid.UUID, language: str) -> HttpResponse:
    if language not in dict(settings.LANGUAGES):
        language = settings.LANGUAGE_CODE
    found = get_object_or_404(
        RunOfShowIssue.objects.visible_to(request.user).select_related("show__activity__programme"), pk=pk
    )
    name = f"{found.show.activity.slug}-{found.show.day_number}-{found.number}-{language}.pdf"
    content = paper.run_of_show(found, language=language, now=timezone.now())
    return HttpResponse(
        content, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


@require_POST
def give_links(request: Any, pk: uuid.UUID) -> HttpResponse:
    """A link for one person who is typed, or for everybody whose office stands in the run of show."""
    show, now = _show(request, pk), timezone.now()
    language = request.POST.get("language", "")
    language = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    people: list[tuple[str, str, str]] = []
    if request.POST.get("owners"):
        offices = Function.objects.filter(slug__in={item.get("owner") for item in show.items})
        for office in offices.select_related("holder", "delegate"):
            user = office.delegate if office.is_away(show.day or now.date()) and office.delegate else office.holder
            if user and user.is_active:
                people.append((user.get_full_name(), user.email, user.language or language))
    else:
        name, address = request.POST.get("name", "").strip(), request.POST.get("email", "").strip()
        try:
            validate_email(address)
        except forms.ValidationError:
            messages.error(request, _("No link was sent: “%(address)s” is no e-mail address.") % {"address": address})
            return redirect("runs-of-show:edit", show.pk)
        people.append((name, address, language))
    sent = sum(_send(show, *person, by=request.user, now=now) for person in people)
    messages.success(request, _("Links sent: %(number)s.") % {"number": sent})
    return redirect("runs-of-show:edit", show.pk)


@transaction.atomic
def _send(show: RunOfShow, name: str, address: str, language: str, *, by: Any, now: dt.datetime) -> int:
    RunOfShow.objects.select_for_update().only("pk").get(pk=show.pk)  # of two clicks the second finds the link
    day = show.day or timezone.localdate(now) + dt.timedelta(days=90)
    ends = timezone.make_aware(dt.datetime.combine(day + OPEN_AFTER, dt.time()))
    # A link that was sent before the day moved is over too early: whoever has it gets another.
    same = Link.objects.filter(subject_id=show.pk, purpose=PURPOSE, to_address__iexact=address, closed_at=None)
    if same.filter(expires_at__gt=now, expires_at__gte=ends if show.day else now).exists():
        return 0
    made = links.make(
        purpose=PURPOSE, subject=show, to_name=name, to_address=address, language=language,
        expires_at=max(ends, now + OPEN_AFTER), by=by, now=now,
    )  # fmt: skip
    with translation.override(language):
        body = "\n\n".join(
            (
                str(show.activity.title.text(language)),
                _("The run of show, always as it was last issued:") + f"\n\n{made.address}",
                _("It is for you. Please do not pass it on."),
            )
        )
        outbox.post(
            key=f"runofshow:{made.link.pk}", to=address, subject=_("Run of show"), body=body,
            language=language, now=now,
        )  # fmt: skip
    return 1


@require_POST
def close_links(request: Any, pk: uuid.UUID) -> HttpResponse:
    show = _show(request, pk)
    number = links.close(subject=show, purpose=PURPOSE, now=timezone.now())
    messages.success(request, _("Links closed: %(number)s.") % {"number": number})
    return redirect("runs-of-show:edit", show.pk)
