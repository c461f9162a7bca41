"""The desk's viewsets: Wagtail's lists and forms over our records, acting through the rooms' verbs.

A form is parsed by Wagtail; what it holds is handed to one verb, which writes the journal. The history tab reads it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, ObjectList
from wagtail.admin.views import generic
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.viewsets.model import ModelViewSet

from tansiq.core import journal, records, tables
from tansiq.core.errors import BadInput, Refused
from tansiq.core.language import fold, in_line, query_tokens
from tansiq.desk.rows import RowsField, choices_of
from tansiq.programme import planning
from tansiq.programme.exporting import Exporting
from tansiq.programme.models import Activity, Programme


def visible(model: Any, request: HttpRequest) -> QuerySet:
    """The rows of a model that this user may see: what another organisation holds is not there at all."""
    manager = model._default_manager
    rows = manager.all()
    return rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows


def offer_visible(fields: Mapping[str, Any], user: Any) -> None:
    """A select names no record that the user may not see: the title of another's draft is in no list of choices.

    An activity is offered with its day: next year's has the same words.
    """
    for field in fields.values():
        rows: Any = getattr(field, "queryset", None)
        if user is not None and hasattr(rows, "visible_to"):
            field.queryset = rows.visible_to(user)
        if rows is not None and rows.model is Activity:
            field.queryset = field.queryset.select_related("programme")
            field.label_from_instance = activity_label


def activity_label(activity: Activity) -> str:
    day = activity.when.edtf if activity.is_dated else activity.programme.period.edtf
    return (
        f"{activity.title} – {in_line(day, get_language() or settings.LANGUAGE_CODE)}" if day else str(activity.title)
    )


def _stored(record: Any) -> str:
    """Changes when anybody changes the record's own row."""
    row = type(record)._default_manager.filter(pk=record.pk).values_list().first()
    return hashlib.sha256(repr(row).encode()).hexdigest()


def reaches(user: Any, action: str, record: Any) -> bool:
    """May the user do this to this very record? A role may be limited to a region or an organisation."""
    return user.has_perm(f"{record._meta.app_label}.{action}_{record._meta.model_name}", record)


def sees(user: Any, record: Any) -> bool:
    """Does a list of the desk show this record to the user? What it says of others is not said elsewhere either."""
    rows = type(record)._default_manager.all()
    if not user.has_perm(f"{record._meta.app_label}.view_{record._meta.model_name}"):
        return False
    return not hasattr(rows, "visible_to") or rows.visible_to(user).filter(pk=record.pk).exists()


class _Acting:
    """Turns a verb's refusal into a message on the form; what was typed stays."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)  # type: ignore[misc]
        except BadInput as error:
            for problem in error.problems:
                name = problem.path.partition("[")[0]
                form.add_error(name if name in form.fields else None, problem.message)
        except Refused as error:
            form.add_error(None, str(error))
        except ValidationError as error:
            # What the form does not show has no place of its own in it.
            for name, faults in getattr(error, "error_dict", {NON_FIELD_ERRORS: error}).items():
                form.add_error(name if name in form.fields else None, faults)
        self.produced_error_message = self.get_error_message()  # type: ignore[attr-defined]
        return self.form_invalid(form)  # type: ignore[attr-defined]


class RecordForm(WagtailAdminModelForm):
    """A form of a record and of its lists. `involved` and `claims` are rows of their own, shown in the record's form.

    `stored` says which state of the row the form shows, so that of two who change it at once the second is told.
    """

    data: Any
    stored = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.programme = self.instance if isinstance(self.instance, Programme) else None
        if self.programme is None and getattr(self.instance, "programme_id", None):
            self.programme = self.instance.programme
        lists = [field for field in self.fields.values() if isinstance(field, RowsField)]
        choices = choices_of(self.programme) if lists else {}
        for field in lists:
            field.choices = choices
        if self.programme and "involved" in self.fields and not self.instance._state.adding:
            out = Exporting(self.programme)
            self.initial |= {"involved": out.involved(self.instance), "claims": out.claims_of(self.instance)}
        if self.instance._state.adding:
            self.initial["reference_language"] = self.initial.get("reference_language") or settings.LANGUAGE_CODE
        else:
            self.initial["stored"] = _stored(self.instance)
        self._set_widgets()
        offer_visible(self.fields, self.for_user)
        for name in ("inside", "project", "activity", "activities", "parent"):
            related = getattr(self.fields.get(name), "queryset", None)
            if self.programme and related is not None and hasattr(related.model, "programme"):
                self.fields[name].queryset = related.filter(programme=self.programme)

    def _set_widgets(self) -> None:
        """The browser's own inputs for days and hours: Wagtail's script turns a day that it cannot read into today."""
        for name, field in self.fields.items():
            if type(field) is forms.DateField:
                field.widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            elif isinstance(field, forms.TimeField):
                field.widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
            elif name == "reference_language":
                known = dict(settings.LANGUAGES)
                given = self.initial.get(name) or self.instance.reference_language
                field.widget = forms.Select(choices=[*known.items(), *([(given, given)] if given not in known else [])])

    def clean(self) -> Any:
        cleaned = super().clean()
        shown, now = self.cleaned_data.get("stored"), self.initial.get("stored")
        if shown and now and shown != now:
            self.add_error(None, _("Somebody else changed this while you wrote. What they did is in the history. To save yours all the same, press the button again."))  # fmt: skip
            self.data = self.data.copy()
            self.data[self.add_prefix("stored")] = now
        return cleaned

    @property
    def related(self) -> dict[str, list]:
        names = [field.name for field in self._meta.model._meta.many_to_many]
        return {name: list(self.cleaned_data[name]) for name in names if name in self.cleaned_data}

    def save_by(self, verb: Callable, *, by: Any, now: Any) -> Any:
        """Hand what was typed to a verb, and the rows that hang on the record to theirs: all of it, or nothing."""
        with transaction.atomic():
            record = self.save(commit=False)
            if not reaches(by, "add" if record._state.adding else "change", record):
                raise Refused(_("Your role is limited to a region or an organisation, and this lies outside it."))
            record = (
                verb(record, by=by, now=now, related=self.related) if self.related else verb(record, by=by, now=now)
            )
            attached = {name: self.cleaned_data[name] for name in ("involved", "claims") if name in self.changed_data}
            if attached:
                programme = record if isinstance(record, Programme) else record.programme
                planning.settle(record=record, programme=programme, by=by, now=now, **attached)
        return record


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return " ".join(map(str, value.values()))
    return "" if value is None else str(value)


class IndexView(generic.IndexView):
    @cached_property
    def filters(self) -> Any:
        filters = super().filters
        if filters:
            offer_visible(filters.form.fields, self.request.user)
        return filters

    def get_base_queryset(self) -> QuerySet:
        rows = visible(self.model, self.request)
        related = getattr(self.model, "list_related", ())
        return rows.select_related(*related) if related else rows

    def search_queryset(self, queryset: QuerySet) -> QuerySet:
        """Every word somewhere in the row, as it is searched in public: no hamza, accent or article keeps it from being found."""
        if not self.is_searching:
            return queryset
        words = query_tokens(self.search_query)

        def holds(values: Any) -> bool:
            text = fold(" ".join(_plain(value) for value in values))
            return all(any(one in text for one in alternatives) for alternatives in words)

        rows = queryset.values_list("pk", *self.search_fields)
        return queryset.filter(pk__in=[pk for pk, *values in rows if holds(values)])

    def preprocess_field_value(self, field: str, value: Any, export_format: str) -> Any:
        """Of a CSV no cell is a formula: the subject of a letter that came in was written by others."""
        found = super().preprocess_field_value(field, value, export_format)
        return tables.csv_cell(found) if export_format == self.FORMAT_CSV else found


class CreateView(_Acting, generic.CreateView):
    create: Callable = staticmethod(records.create)

    def save_instance(self) -> Any:
        return self.form.save_by(self.create, by=self.request.user, now=timezone.now())


class _One:
    """The record of the address: not there for whom it is not visible, refused to whom the role does not reach it."""

    verb = "change"

    def get_object(self, queryset: Any = None) -> Any:
        record = get_object_or_404(visible(self.model, self.request), pk=self.kwargs["pk"])  # type: ignore[attr-defined]
        if not reaches(self.request.user, self.verb, record):  # type: ignore[attr-defined]
            raise PermissionDenied
        return record


class EditView(_Acting, _One, generic.EditView):
    change: Callable = staticmethod(records.change)

    def save_instance(self) -> Any:
        instance = self.form.save_by(self.change, by=self.request.user, now=timezone.now())
        self.has_content_changes = self.form.has_changed()
        return instance


class DeleteView(_One, generic.DeleteView):
    verb = "delete"
    remove: Callable = staticmethod(records.remove)

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            return super().form_valid(form)
        except Refused as error:
            messages.error(self.request, str(error))
            return redirect(self.get_success_url())

    def delete_action(self) -> None:
        self.remove(self.object, by=self.request.user, now=timezone.now())


class UsageView(_One, generic.UsageView):
    """Wagtail's own; it shows the title of the record."""


class HistoryView(WagtailAdminTemplateMixin, TemplateView):
    """What was done to one record, from the journal: when, who, which field from what to what."""

    template_name = "desk/history.html"
    page_title = _("History")
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
    """List, filter, search, form, history and export of one kind of record.

    panels  what the form shows, in the order in which a person knows things; a name stands for its plain field
    lists   fields that hold a list of entries, or rows that hang on the record: name -> form field
    """

    lists: Mapping[str, forms.Field] = {}
    form_base: type[RecordForm] = RecordForm

    index_view_class = IndexView
    add_view_class = CreateView
    edit_view_class = EditView
    delete_view_class = DeleteView
    usage_view_class = UsageView
    history_view_class = HistoryView
    copy_view_enabled = False
    add_to_reference_index = False
    add_to_admin_menu = False
    list_per_page = 40

    def get_edit_handler(self) -> Any:
        panels = [FieldPanel(one) if isinstance(one, str) else one for one in self.panels]
        form = type("Form", (self.form_base,), dict(self.lists))
        return ObjectList(panels, base_form_class=form).bind_to_model(self.model)

    @property
    def history_view(self) -> Any:
        return HistoryView.as_view(
            model=self.model, permission_policy=self.permission_policy, index_url_name=self.get_url_name("index")
        )

    def get_index_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_index_view_kwargs(
            **{"list_export": self.list_export, "export_filename": self.name, **kwargs}
        )
