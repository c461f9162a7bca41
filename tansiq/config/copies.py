"""Copying a programme at the desk: look at what would be copied, then make the draft."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tansiq.config import copying
from tansiq.config.shape import counted_names
from tansiq.core.errors import BadInput, Refused
from tansiq.core.exchange import SLUG
from tansiq.core.journal import Actor
from tansiq.programme.models import Programme


class CopyForm(forms.Form):
    slug = forms.CharField(
        label=gettext_lazy("Identifier of the copy"), max_length=SLUG["maxLength"],
        help_text=gettext_lazy("Identifiers are small Latin letters, digits and hyphens: world-day-2020."),
        widget=forms.TextInput(attrs={"dir": "ltr"}),
    )  # fmt: skip
    first_day = forms.DateField(
        label=gettext_lazy("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Write the day as 2021-07-26.")},
    )  # fmt: skip
    by = forms.ChoiceField(
        label=gettext_lazy("What stays"), widget=forms.RadioSelect,
        choices=[("weekday", gettext_lazy("the weekdays")), ("date", gettext_lazy("the days of the month"))],
    )  # fmt: skip


def copy_programme(request: Any, pk: uuid.UUID) -> HttpResponse:
    """A form, then what the copy would be, then the copy; a second click finds it there and changes nothing."""
    if not request.user.has_perm("programme.load_file"):
        raise PermissionDenied
    programme = get_object_or_404(Programme.objects.visible_to(request.user), pk=pk)
    if request.method != "POST":
        return _page(request, programme, CopyForm(initial=_suggested(programme)))
    form, is_wanted = CopyForm(request.POST), "confirm" in request.POST
    context: dict[str, Any] = {}
    if form.is_valid():
        try:
            copied, loaded = copying.copy(
                programme, **form.cleaned_data, actor=Actor("user", request.user.pk), now=timezone.now(),
                dry_run=not is_wanted,
            )  # fmt: skip
        except copying.AlreadyThere as refusal:
            if is_wanted:
                messages.info(request, _("“%(slug)s” is there already; nothing was changed.") % form.cleaned_data)
                return redirect("programmes:edit", refusal.programme.pk)  # type: ignore[attr-defined]
            form.add_error("slug", str(refusal))
        except BadInput as error:
            context["problems"] = error.problems
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            made = Programme.objects.get(slug=loaded.slug) if is_wanted else None
            context = {"copied": copied, "counts": counted_names(loaded.counts), "made": made}
    return _page(request, programme, form, status=200 if "copied" in context else 422, **context)


def _page(request: Any, programme: Programme, form: CopyForm, status: int = 200, **context: Any) -> HttpResponse:
    first_day = form.cleaned_data["first_day"] if "copied" in context else None
    context |= {"programme": programme, "form": form, "ways": _ways(programme, form, first_day)}
    return render(request, "config/copy.html", context, status=status)


def _suggested(programme: Programme) -> dict[str, Any]:
    """One year later, on the same weekday; nothing where there is no day to count from."""
    if not programme.period.is_known:
        return {"by": "weekday"}
    old = programme.period.first_day
    years = {str(old.year): str(old.year + 1)}
    later = copying.Shift(years=1).day(old)
    shift = copying.shift_of(programme.period, later, "weekday")
    return {"slug": copying.with_year(programme.slug, years, later.year), "first_day": shift.day(old), "by": "weekday"}


def _ways(programme: Programme, form: CopyForm, first_day: dt.date | None) -> list[dict[str, Any]]:
    """Each way, with the first day that it gives where one was chosen."""
    period = programme.period
    return [
        {
            "value": value,
            "label": label,
            "day": first_day and copying.shift_of(period, first_day, value).date(period).first_day,
        }
        for value, label in form.fields["by"].choices  # type: ignore[attr-defined]
    ]
