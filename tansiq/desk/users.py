"""Who may log in: invited by mail, ended by one button. Roles are given in their own list."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tansiq.core.errors import Refused
from tansiq.desk.accounts import send_way_in
from tansiq.people import accounts
from tansiq.people.models import User
from tansiq.people.roles import ROLES


class Invitation(forms.Form):
    email = forms.EmailField(label=gettext_lazy("E-mail"))
    first_name = forms.CharField(label=gettext_lazy("First name"), max_length=100, required=False)
    last_name = forms.CharField(label=gettext_lazy("Last name"), max_length=100, required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    roles = forms.MultipleChoiceField(
        label=gettext_lazy("Roles"), required=False, widget=forms.CheckboxSelectMultiple,
        choices=[(role.code, role.name) for role in ROLES.values()],
        help_text=gettext_lazy("For the whole country. A role for one region or organisation is given afterwards."),
    )  # fmt: skip


def _administers(request: Any) -> None:
    if not request.user.has_perm("people.administer"):
        raise PermissionDenied


def users(request: Any) -> HttpResponse:
    _administers(request)
    form = Invitation(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = accounts.invite(**form.cleaned_data, by=request.user, now=timezone.now())
        except Refused as refusal:
            form.add_error("email", str(refusal))
        else:
            send_way_in(request, user)
            messages.success(
                request, _("%(email)s gets a mail with a link to choose a password.") % {"email": user.email}
            )
            return redirect("desk_users")
    rows = User.objects.order_by("-is_active", "email").prefetch_related("grants")
    page = Paginator(rows, 50).get_page(request.GET.get("p"))
    return render(request, "desk/users.html", {"form": form, "page": page}, status=422 if form.errors else 200)


@require_POST
def end(request: Any, pk: uuid.UUID) -> HttpResponse:
    _administers(request)
    user = get_object_or_404(User, pk=pk)
    try:
        accounts.end(user=user, by=request.user, now=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("%(email)s cannot log in any more.") % {"email": user.email})
    return redirect("desk_users")


@require_POST
def invite_again(request: Any, pk: uuid.UUID) -> HttpResponse:
    _administers(request)
    user = get_object_or_404(User, pk=pk, is_active=True)
    send_way_in(request, user)
    messages.success(request, _("%(email)s gets a mail with a link to choose a password.") % {"email": user.email})
    return redirect("desk_users")
