"""The desk's viewsets: Wagtail's lists and forms over our records, acting through the rooms' verbs.

A form is parsed by Wagtail; what it holds is handed to one verb, which writes the journal. The history tab reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.generic import TemplateView
from wagtail.admin.views import generic
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.model import ModelViewSet

from tansiq.core import journal, records
from tansiq.core.errors import Refused


def visible(model: Any, request: HttpRequest) -> QuerySet:
    """The rows of a model that this user may see: what another organisation holds is not there at all."""
    manager = model._default_manager
    rows = manager.all()
    return rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows


class _Acting:
    """Turns a verb's refusal into a message on the form; what was typed stays."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)  # type: ignore[misc]
        except Refused as error:
            form.add_error(None, str(error))
        except ValidationError as error:
            form.add_error(None, error)
        self.produced_error_message = self.get_error_message()  # type: ignore[attr-defined]
        return self.form_invalid(form)  # type: ignore[attr-defined]


class IndexView(generic.IndexView):
    def get_base_queryset(self) -> QuerySet:
        rows = visible(self.model, self.request)
        related = getattr(self.model, "list_related", ())
        return rows.select_related(*related) if related else rows


class CreateView(_Acting, generic.CreateView):
    create: Callable = staticmethod(records.create)

    def save_instance(self) -> Any:
        return self.create(self.form.save(commit=False), by=self.request.user, now=timezone.now())


class EditView(_Acting, generic.EditView):
    change: Callable = staticmethod(records.change)

    def get_object(self, queryset: Any = None) -> Any:
        return get_object_or_404(visible(self.model, self.request), pk=self.kwargs["pk"])

    def save_instance(self) -> Any:
        instance = self.change(self.form.save(commit=False), by=self.request.user, now=timezone.now())
        self.has_content_changes = self.form.has_changed()
        return instance


class DeleteView(generic.DeleteView):
    remove: Callable = staticmethod(records.remove)

    def get_object(self, queryset: Any = None) -> Any:
        return get_object_or_404(visible(self.model, self.request), pk=self.kwargs["pk"])

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except Refused as error:
            messages.error(self.request, str(error))
            return redirect(self.get_success_url())

    def delete_action(self) -> None:
        self.remove(self.object, by=self.request.user, now=timezone.now())


class HistoryView(WagtailAdminTemplateMixin, TemplateView):
    """What was done to one record, from the journal: when, who, which field from what to what."""

    template_name = "desk/history.html"
    page_title = gettext_lazy("History")
    header_icon = "history"
    model: Any = None
    permission_policy: Any = None
    index_url_name = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        record = get_object_or_404(visible(self.model, self.request), pk=self.kwargs["pk"])
        if not self.permission_policy.user_has_permission(self.request.user, "view"):
            raise PermissionDenied
        page = Paginator(journal.of(record), 50).get_page(self.request.GET.get("p"))
        return super().get_context_data(
            record=record, entries=described(page), page=page, index_url=reverse(self.index_url_name), **kwargs
        )


def described(entries: Any) -> list[dict[str, Any]]:
    """Journal entries for people: the actor's name as it is today, or the part of the system that acted."""
    from tansiq.people.models import User

    entries = list(entries)
    users = {
        user.pk: user for user in User.objects.filter(pk__in={entry.actor_id for entry in entries if entry.actor_id})
    }
    return [
        {"entry": entry, "who": users[entry.actor_id].get_full_name() if entry.actor_id in users else entry.actor_label}
        for entry in entries
    ]


class RecordViewSet(ModelViewSet):
    """List, filter, search, form, history and export of one kind of record."""

    index_view_class = IndexView
    add_view_class = CreateView
    edit_view_class = EditView
    delete_view_class = DeleteView
    history_view_class = HistoryView
    copy_view_enabled = False
    add_to_reference_index = False
    add_to_admin_menu = False
    list_per_page = 40

    @property
    def history_view(self) -> Any:
        return HistoryView.as_view(
            model=self.model, permission_policy=self.permission_policy, index_url_name=self.get_url_name("index")
        )

    def get_index_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_index_view_kwargs(
            **{"list_export": self.list_export, "export_filename": self.name, **kwargs}
        )
