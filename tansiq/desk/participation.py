"""The desk's pages for participation: how one comes to an activity, who registered."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from jsonschema import Draft202012Validator
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.admin.viewsets.base import ViewSetGroup

from tansiq.core import shapes
from tansiq.core.errors import Refused
from tansiq.core.exchange import drop_empty
from tansiq.core.localized import LocalizedFormField
from tansiq.desk.assessments import Tests
from tansiq.desk.certificates import Certificates
from tansiq.desk.feedback import Feedbacks
from tansiq.desk.invitations import Invitations
from tansiq.desk.nominations import NominationRequests
from tansiq.desk.records import CreateView, EditView, IndexView, RecordForm, RecordViewSet, reaches
from tansiq.desk.rows import RowsField, inputs
from tansiq.participation import (
    admission,
    applicants,
    attendance,
    cascade,
    joining,
    registration,
    registrationmails,
    standing,
)
from tansiq.participation.exchange import ADMISSION, CERTIFICATE, JOINING, KEYS
from tansiq.participation.models import Admission, Registration, Trainer
from tansiq.programme.models import Activity

_SHAPES = {"certificate": CERTIFICATE, "joining": JOINING}
_INPUTS = {name: inputs(shape, f"{name}__") for name, shape in _SHAPES.items()}
_ENTRY = ADMISSION["properties"]


class AdmissionForm(RecordForm):
    order = forms.MultipleChoiceField(
        label=gettext_lazy("Of those who wait come first"), choices=Admission.Order.choices, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.instance
        if row._state.adding:
            return
        aside = {(one.dimension, one.key): one.size - one.moved for one in row.quotas.all()}
        self.initial["places"] = [
            {KEYS[dimension]: key, "number": size} for (dimension, key), size in sorted(aside.items()) if key
        ]
        for name in _SHAPES:
            self.initial |= {f"{name}__{key}": value for key, value in getattr(row, name).items()}

    def clean(self) -> Any:
        cleaned = super().clean()
        for name, shape in _SHAPES.items():
            given = {key.partition("__")[2]: self.cleaned_data.get(key) for key in _INPUTS[name]}
            found = drop_empty({key: value for key, value in given.items() if value is not False})
            for outer in Draft202012Validator(shape).iter_errors(found):
                for fault in (one for error in shapes.nearest_errors(outer) for one in shapes.explain(error)):
                    key = f"{name}__{fault.path}"
                    self.add_error(key if key in self.fields else None, fault.message)
            setattr(self.instance, name, found)
        known = {one["id"] for one in self.cleaned_data.get("professions") or []}
        for one in self.cleaned_data.get("places") or []:
            if len([key for key in KEYS.values() if one.get(key)]) != 1:
                self.add_error("places", _("Places are set aside for a region, a profession or an organisation: name one of them."))  # fmt: skip
            elif one.get("profession") and one["profession"] not in known:
                message = _("There is no profession “%(key)s” in this list.")
                self.add_error("places", message % {"key": one["profession"]})
        return cleaned

    def wanted(self) -> dict[tuple[str, str], int]:
        return {
            (dimension, one[key]): one["number"]
            for one in self.cleaned_data["places"]
            for dimension, key in KEYS.items()
            if one.get(key)
        }

    def save_by(self, verb: Any, *, by: Any, now: Any) -> Any:
        return super().save_by(partial(verb, wanted=self.wanted()), by=by, now=now)


class AddAdmission(CreateView):
    create = staticmethod(admission.save)


class ChangeAdmission(EditView):
    change = staticmethod(admission.save)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **_standing(self.object, self.request.user)}


def _standing(row: Admission, user: Any) -> dict[str, Any]:
    """How many stand how, and where there is a free place."""
    rows = row.registrations.visible_to(user).values_list("state", flat=True)
    states: dict[str, int] = {}
    for state in rows:
        states[state] = states.get(state, 0) + 1
    language = get_language() or settings.LANGUAGE_CODE
    untold = registrationmails.untold(row.activity)
    sample = untold.select_related("admission__activity__programme", "admission__activity__place", "person").first()
    return {
        "languages": settings.LANGUAGES, "untold": untold.count(), "sample": registrationmails.change_mail(sample) if sample else None,
        "taken": row.capacity - row.left,
        "standing": [(label, state, states[state]) for state, label in Registration.State.choices if state in states],
        "quotas": [
            (standing.label_of(row, one.dimension, one.key, language), one)
            for one in row.quotas.order_by("dimension", "key") if one.size or one.taken
        ],
        "may_fill": bool(row.left and states.get(Registration.State.WAITING)) and reaches(user, "change", row),
        "may_change": user.has_perm("participation.add_registration") and reaches(user, "change", row),
    }  # fmt: skip


class Admissions(RecordViewSet):
    model = Admission
    name = "admissions"
    icon = "group"
    menu_label = gettext_lazy("Places")
    add_view_class = AddAdmission
    edit_view_class = ChangeAdmission
    edit_template_name = "desk/admission_form.html"
    form_base = AdmissionForm
    list_display = ["activity", "capacity", "left", "opens_at", "closes_at", "is_public"]
    list_filter = ["activity__programme", "is_public"]
    list_export = ["activity", "capacity", "left", "opens_at", "closes_at", "is_public", "needs_approval"]
    search_fields = ["activity__slug", "activity__title"]
    lists = {
        "professions": RowsField(_ENTRY["professions"]["items"], label=gettext_lazy("Professions that are asked for")),
        "places": RowsField(_ENTRY["places"]["items"], label=gettext_lazy("Places set aside")),
        **_INPUTS["certificate"], **_INPUTS["joining"],
    }  # fmt: skip
    panels = [
        "activity",
        FieldRowPanel([FieldPanel("capacity"), FieldPanel("opens_at"), FieldPanel("closes_at")]),
        FieldRowPanel([FieldPanel("is_public"), FieldPanel("needs_approval"), FieldPanel("asks_organisation")]),
        "professions",
        HelpPanel(gettext_lazy("Each line for a region, a profession or an organisation. What is not set aside is for all others.")),
        "places",
        FieldRowPanel([FieldPanel("unused_from"), FieldPanel("order")]),
        MultiFieldPanel([FieldPanel(name) for name in _INPUTS["certificate"]], heading=gettext_lazy("A certificate asks for")),
        MultiFieldPanel([FieldPanel(name) for name in _INPUTS["joining"]], heading=gettext_lazy("How one joins")),
    ]  # fmt: skip


# --- Registrations --------------------------------------------------------------------------------------------------


class RegistrationForm(RecordForm):
    """Somebody typed in: the same rules as the public form, and the answer goes to the same mailbox."""

    name = LocalizedFormField(label=gettext_lazy("Name"), required=False)
    email = forms.CharField(label=gettext_lazy("E-mail"), required=False)
    telephone = forms.CharField(label=gettext_lazy("Telephone"), required=False, max_length=40)

    def save_by(self, verb: Any, *, by: Any, now: Any) -> Any:
        if not self.instance._state.adding:
            return super().save_by(verb, by=by, now=now)
        given = self.cleaned_data
        if not reaches(by, "change", given["admission"]):
            raise Refused(_("Your role is limited to a region or an organisation, and this lies outside it."))
        applicant = applicants.Applicant(
            name=dict(given["name"] or {}), email=given["email"], telephone=given["telephone"],
            region=given["region"].pk if given["region"] else "", profession=given["profession"],
            organisation=given["organisation"], organisation_name=given["organisation_name"], sex=given["sex"],
            language=given["language"],
        )  # fmt: skip
        try:
            return registration.register(
                admission=given["admission"], applicant=applicant, how=Registration.How.DESK, by=by, now=now
            )
        except applicants.Unfit as refusal:
            found: Any = refusal
            for name, message in found.faults.items():
                field = "name" if name.startswith("name_") else name
                self.add_error(field if field in self.fields else None, message)
            raise Refused(_("Something does not fit. Look at the lines in red.")) from refusal


class ListRegistrations(IndexView):
    """Mail addresses are for who writes to people: a trainer neither takes them away nor tries them in the search."""

    list_export: list[str]
    search_fields: list[str]

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        if not request.user.has_perm("participation.change_registration"):
            self.list_export = [name for name in self.list_export if name not in ("address_key", "sex")]
            self.search_fields = [name for name in self.search_fields if name != "address_key"]


class TypeIn(CreateView):
    pass


class ShowRegistration(EditView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.object
        language = get_language() or settings.LANGUAGE_CODE
        shown = row.attendances.order_by("day", "how")
        return {
            **super().get_context_data(**kwargs), "why": standing.explain(row, language),
            "attendances": shown, "minutes": attendance.minutes_of([row]).get(row.pk, 0),
            "least": attendance.threshold(row.admission),
            "may_accept": row.state == Registration.State.APPLIED, "may_end": not row.is_over,
        }  # fmt: skip


class Registrations(RecordViewSet):
    model = Registration
    name = "registrations"
    icon = "user"
    menu_label = gettext_lazy("Registrations")
    index_view_class = ListRegistrations
    add_view_class = TypeIn
    edit_view_class = ShowRegistration
    edit_template_name = "desk/registration_form.html"
    form_base = RegistrationForm
    list_display = [
        "person", Column("number", label=gettext_lazy("No.")), "admission", "region", "state",
        BooleanColumn("attended", label=gettext_lazy("was there")),
    ]  # fmt: skip
    list_filter = ["admission__activity", "state", "region", "how", "attended"]
    list_export = [
        "number", "admission", "person", "address_key", "region", "profession", "organisation", "organisation_name", "sex",
        "language", "state", "made_at", "placed_at", "attended",
    ]  # fmt: skip
    search_fields = ["person__name", "address_key", "number"]
    lists = {name: RegistrationForm.base_fields[name] for name in ("name", "email", "telephone")}
    add_panels = [
        HelpPanel(gettext_lazy("Participants and guests. Never a victim, and nothing that tells of one.")),
        "admission",
        "name",
        FieldRowPanel([FieldPanel("email"), FieldPanel("telephone"), FieldPanel("language")]),
        FieldRowPanel([FieldPanel("region"), FieldPanel("profession"), FieldPanel("sex")]),
        FieldRowPanel([FieldPanel("organisation"), FieldPanel("organisation_name")]),
    ]
    # What a place was given for is not changed under it: cancel, and register anew.
    panels = [FieldRowPanel([FieldPanel("organisation_name"), FieldPanel("sex"), FieldPanel("language")])]

    def get_add_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        panels = [FieldPanel(one) if isinstance(one, str) else one for one in self.add_panels]
        form = type("Form", (self.form_base,), dict(self.lists))
        handler = ObjectList(panels, base_form_class=form).bind_to_model(self.model)
        return {**super().get_add_view_kwargs(**kwargs), "panel": handler, "form_class": handler.get_form_class()}


# --- The cascade ----------------------------------------------------------------------------------------------------


class Trainers(RecordViewSet):
    model = Trainer
    name = "trainers"
    icon = "group"
    menu_label = gettext_lazy("Trainers")
    list_display = ["person", "qualified_at", "valid_until"]
    list_export = ["person", "qualified_at", "valid_until"]
    search_fields = ["person__name"]
    lists = {
        "activities": forms.ModelMultipleChoiceField(
            Activity.objects.all(), label=gettext_lazy("Has led"), required=False, widget=forms.CheckboxSelectMultiple
        )
    }
    panels = ["person", "user", FieldRowPanel([FieldPanel("qualified_at"), FieldPanel("valid_until")]), "activities"]


def cascade_page(request: Any) -> HttpResponse:
    """Generations of trainers and whom each reached: the table, then the picture of its totals."""
    if not request.user.has_perm("participation.view_trainer"):
        raise PermissionDenied
    found = cascade.of()
    today = timezone.localdate()
    most = max((one.people for one in found.generations), default=0) or 1
    bars = [(one, round(300 * one.people / most), 24 * number) for number, one in enumerate(found.generations)]
    context = {"cascade": found, "today": today, "bars": bars, "height": 24 * len(bars)}
    return render(request, "desk/cascade.html", context)


def _registration(request: Any, pk: uuid.UUID) -> Registration:
    related = ("admission__activity__programme", "person", "region", "organisation")
    row = get_object_or_404(Registration.objects.visible_to(request.user).select_related(*related), pk=pk)
    if not reaches(request.user, "change", row):
        raise PermissionDenied
    return row


@require_POST
def act(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Accept, decline, cancel, or send the personal link once more."""
    row, now, do = _registration(request, pk), timezone.now(), request.POST.get("do")
    verbs = {"accept": registration.accept, "decline": registration.decline, "cancel": registration.cancel}
    try:
        if do in verbs:
            row = verbs[do](registration=row, by=request.user, now=now)
            messages.success(request, standing.explain(row, get_language() or settings.LANGUAGE_CODE))
        elif do == "link" and row.address_key and not row.is_over:
            registrationmails.send_link(registration=row, by=request.user, now=now)
            messages.success(request, _("The personal link is on its way."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("registrations:edit", row.pk)


@require_POST
def fill(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Give the free places to those who wait, by the published rule."""
    row = get_object_or_404(Admission.objects.visible_to(request.user).select_related("activity__programme"), pk=pk)
    if not reaches(request.user, "change", row):
        raise PermissionDenied
    placed = registration.fill(admission=row, by=request.user, now=timezone.now())
    text = ngettext("%(number)s person has a place now.", "%(number)s people have a place now.", len(placed))
    messages.success(request, text % {"number": len(placed)})
    return redirect("admissions:edit", row.pk)


@require_POST
def tell(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Write to those whose last mail says what is not so any more."""
    row = get_object_or_404(Admission.objects.visible_to(request.user).select_related("activity__programme"), pk=pk)
    if not reaches(request.user, "change", row):
        raise PermissionDenied
    number = registrationmails.tell_change(admission=row, by=request.user, now=timezone.now())
    text = ngettext("%(number)s mail is on its way.", "%(number)s mails are on their way.", number)
    messages.success(request, text % {"number": number})
    return redirect("admissions:edit", row.pk)


def joining_page(request: Any, pk: uuid.UUID, language: str) -> HttpResponse:
    """How one joins, on one page for everybody."""
    if not request.user.has_perm("participation.view_admission"):
        raise PermissionDenied
    rows = Admission.objects.visible_to(request.user).select_related("activity__programme", "activity__place")
    row = get_object_or_404(rows, pk=pk)
    language = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    try:
        content = joining.instructions(row, language=language, now=timezone.now())
    except joining.NothingToJoin as refusal:
        messages.error(request, str(refusal))
        return redirect("admissions:edit", row.pk)
    name = f"{row.activity.slug}-joining-{language}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


class ParticipationGroup(ViewSetGroup):
    menu_label = gettext_lazy("Participation")
    menu_icon = "group"
    menu_order = 130
    items = (
        Admissions(), NominationRequests(), Registrations(), Invitations(), Tests(), Feedbacks(), Certificates(), Trainers(),
    )  # fmt: skip
