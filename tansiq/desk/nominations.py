"""Nominations at the desk: administrations asked, their lists, one by one, taken over, compared, chased."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel, ObjectList
from wagtail.admin.ui.tables import Column

from tansiq.coordination.models import Function, Letter
from tansiq.core.errors import BadInput, Refused
from tansiq.core.exchange import TEXT, obj
from tansiq.core.language import direction, language_name
from tansiq.desk.records import CreateView, EditView, RecordForm, RecordViewSet, reaches
from tansiq.desk.rows import RowsField, choices_of
from tansiq.participation import applicants, doubles, nominated, nominations, nominationsheets, nominees, takeover
from tansiq.participation.models import Admission, NominationRequest, Nominee, Registration
from tansiq.participation.nominated import Named
from tansiq.people.models import Organisation

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WORDS = {"type": "string", "maxLength": 300}
_NUMBER = {"type": "integer", "minimum": 0, "maximum": nominations.MOST_PLACES}
_PLACES = {"region": _WORDS, "number": _NUMBER, "reserve": _NUMBER}
PLACE = obj(_PLACES, ["number"])
ASKED = obj({"administration": _WORDS, **_PLACES, "email": _WORDS}, ["administration", "number"])
NAMED = obj(
    {
        "name": TEXT, "list": {"enum": ["participant", "in_reserve"]}, "region": _WORDS, "function": _WORDS, "email": _WORDS,
        "telephone": _WORDS, "profession": _WORDS, "sex": {"enum": ["woman", "man"]}, "permission": {"type": "boolean"},
    },
    ["name"],
)  # fmt: skip


# --- Asking ---------------------------------------------------------------------------------------------------------


class AskForm(RecordForm):
    """Many administrations at once: a line for each of their regions."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=[("", gettext_lazy("that of each organisation")), *settings.LANGUAGES],
        required=False,
    )  # fmt: skip
    service = forms.ModelChoiceField(Function.objects.all(), label=gettext_lazy("Signed by"), required=False)

    def save_by(self, verb: Any, *, by: Any, now: Any) -> Any:
        given = self.cleaned_data
        admission = given["admission"]
        if not reaches(by, "change", admission):
            raise Refused(_("Your role is limited to a region or an organisation, and this lies outside it."))
        wanted: dict[str, dict[str, Any]] = {}
        for one in given["asked"] or []:
            row = wanted.setdefault(one["administration"], {"places": [], "email": ""})
            row["places"].append(_place(one))
            row["email"] = one.get("email", "") or row["email"]
        if not wanted:
            raise Refused(_("Choose at least one administration, and its places."))
        bodies = {row.slug: row for row in Organisation.objects.filter(slug__in=wanted)}
        made: Any = None
        self.warnings: list[str] = []
        with transaction.atomic():
            for slug, one in wanted.items():
                try:
                    made = nominations.ask(
                        admission=admission, organisation=bodies[slug], places=one["places"], email=one["email"],
                        due=given["due"], office=given["office"], language=given["language"], service=given["service"],
                        by=by, now=now,
                    )  # fmt: skip
                except nominations.Unfitting as refusal:
                    _show_faults(self, refusal, "asked")
                    raise Refused(_("Something does not fit. Look at the lines in red.")) from refusal
        self.warnings = made.warnings
        return made.request


def _place(one: dict[str, Any]) -> dict[str, Any]:
    return {"region": one.get("region", ""), "number": one.get("number", 0), "reserve": one.get("reserve", 0)}


def _show_faults(form: forms.BaseForm, refusal: nominations.Unfitting, places: str) -> None:
    found: Any = refusal
    for name, message in found.faults.items():
        key = {"places": places, "email": places if "email" not in form.fields else "email"}.get(name, name)
        form.add_error(key if key in form.fields else None, message)


class Ask(CreateView):
    def get_initial(self) -> dict[str, Any]:
        """The activity that the page before was about."""
        asked = self.request.GET.get("admission", "")
        try:
            row = Admission.objects.visible_to(self.request.user).filter(pk=uuid.UUID(asked)).first()
        except ValueError:
            row = None
        return {**super().get_initial(), **({"admission": row.pk} if row else {})}

    def save_instance(self) -> Any:
        made = super().save_instance()
        for text in self.form.warnings:
            messages.warning(self.request, text)
        return made

    def get_success_url(self) -> str:
        from django.urls import reverse

        return reverse("desk_nominations", args=[self.object.admission_id])


class ReviseForm(RecordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["places"] = [
            {name: value for name, value in one.items() if value != ""} for one in self.instance.places
        ]

    def save_by(self, verb: Any, *, by: Any, now: Any) -> Any:
        given = self.cleaned_data
        stored = NominationRequest.objects.select_related("admission__activity").get(pk=self.instance.pk)
        try:
            done = nominations.revise(
                request=stored, places=[_place(one) for one in given["places"]], due=given["due"], email=given["email"],
                office=given["office"], by=by, now=now,
            )  # fmt: skip
        except nominations.Unfitting as refusal:
            _show_faults(self, refusal, "places")
            raise Refused(str(refusal)) from refusal
        return done.request


class ShowRequest(EditView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row, language = self.object, get_language() or settings.LANGUAGE_CODE
        words = takeover.answer_words(language)
        found = takeover.overview(
            row.admission, today=timezone.localdate(), language=language,
            requests=NominationRequest.objects.visible_to(self.request.user).filter(pk=row.pk),
        )  # fmt: skip
        (line,) = found.lines
        mine = {one.pk for one in row.nominees.all()}
        return {
            **super().get_context_data(**kwargs), "line": line, "to_do": line.chase(timezone.localdate()),
            "given": [{"one": one, "answer": words.get(one.answer, one.answer)} for one in takeover.outcomes(row, language)],
            "doubles": [_side(pair) for pair in found.doubles if {pair.nominee.pk, pair.other.pk} & mine],
            "may": reaches(self.request.user, "change", row),
            "spellings": [(code, language_name(code, language), direction(code)) for code in applicants.spelling_languages()],
        }  # fmt: skip


class NominationRequests(RecordViewSet):
    model = NominationRequest
    name = "nominations"
    icon = "form"
    menu_label = gettext_lazy("Nominations")
    add_view_class = Ask
    edit_view_class = ShowRequest
    edit_template_name = "desk/nomination_form.html"
    form_base = ReviseForm
    list_display = [
        "organisation", "admission", "state", Column("number", label=gettext_lazy("Places")), "due", "answered_at",
    ]  # fmt: skip
    list_filter = ["admission__activity", "state"]
    list_export = [
        "organisation",
        "admission",
        "state",
        "number",
        "reserve",
        "due",
        "asked_at",
        "answered_at",
        "taken_at",
    ]
    search_fields = [
        "organisation__name",
        "organisation__slug",
        "admission__activity__title",
        "admission__activity__slug",
    ]
    lists = {"places": RowsField(PLACE, label=gettext_lazy("Places"))}
    panels = [
        FieldRowPanel([FieldPanel("due"), FieldPanel("email"), FieldPanel("office")]),
        HelpPanel(gettext_lazy("A new e-mail closes the links that were sent to the old one, and gets a link of its own. The letter stays as it went out.")),
        "places",
    ]  # fmt: skip
    add_panels = [
        "admission",
        FieldRowPanel([FieldPanel("due"), FieldPanel("language"), FieldPanel("service")]),
        "office",
        HelpPanel(gettext_lazy("A line for each administration and region. Each administration gets one letter; where an e-mail is given, a personal link goes there at once.")),
        "asked",
    ]  # fmt: skip

    def get_add_view_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        panels = [FieldPanel(one) if isinstance(one, str) else one for one in self.add_panels]
        fields = {
            "asked": RowsField(ASKED, label=gettext_lazy("Administrations")), "language": AskForm.base_fields["language"],
            "service": AskForm.base_fields["service"],
        }  # fmt: skip
        handler = ObjectList(panels, base_form_class=type("Form", (AskForm,), fields)).bind_to_model(self.model)
        return {**super().get_add_view_kwargs(**kwargs), "panel": handler, "form_class": handler.get_form_class()}


# --- One request ----------------------------------------------------------------------------------------------------


def _request(request: Any, pk: uuid.UUID) -> NominationRequest:
    related = ("admission__activity__programme", "organisation", "letter__service")
    row = get_object_or_404(NominationRequest.objects.visible_to(request.user).select_related(*related), pk=pk)
    if not reaches(request.user, "change", row):
        raise PermissionDenied
    return row


def sheet(request: Any, pk: uuid.UUID) -> HttpResponse:
    """The Excel sheet of a request, for an administration that has no e-mail."""
    row = _request(request, pk)
    name = f"{row.admission.activity.slug}-{row.organisation.slug}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(nominationsheets.write(row), content_type=SHEET, headers=headers)


@require_POST
def act(request: Any, pk: uuid.UUID) -> HttpResponse:
    """What is done with a whole request: take over, remind, close, a sheet that came in."""
    row, do = _request(request, pk), request.POST.get("do", "")
    given: dict[str, Any] = {"request": row, "by": request.user, "now": timezone.now()}
    try:
        if do == "sheet":
            return _upload(request, row, given)
        if do in _VERBS:
            messages.success(request, _VERBS[do](given))
    except BadInput as bad:
        for problem in bad.problems[:30]:
            messages.error(request, str(problem))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("nominations:edit", row.pk)


def _upload(request: Any, row: NominationRequest, given: dict[str, Any]) -> HttpResponse:
    upload = request.FILES.get("file")
    if upload is None:
        raise Refused(_("Choose the sheet first."))
    content = upload.read(nominationsheets.LARGEST_BYTES + 1)
    rows, outcome = nominationsheets.check(content, file_name=upload.name, request=row)
    if request.POST.get("keep"):
        nominees.answer(rows=rows, how=NominationRequest.How.FILE, is_staff=True, **given)
        messages.success(request, _("The list is kept."))
        return redirect("nominations:edit", row.pk)
    context = {"row": row, "rows": [one for one in rows if not one.is_empty], "outcome": outcome}
    return render(request, "desk/nomination_preview.html", context)


def _taken(given: dict[str, Any]) -> str:
    found = [one.answer for one in takeover.take_over(**given)]
    text = _("Confirmed: %(confirmed)s, waiting: %(waiting)s, not taken over: %(refused)s, in reserve: %(reserve)s.")
    return text % {name: found.count(name) for name in ("confirmed", "waiting", "refused", "reserve")}


def _sent(given: dict[str, Any]) -> str:
    nominations.send_link(**given)
    return _("The personal link is on its way.")


def _written(verb: Callable[..., Letter]) -> Callable[[dict[str, Any]], str]:
    return lambda given: _("Letter %(number)s is written.") % {"number": verb(**given).number}


def _done(verb: Callable[..., Any], text: Any) -> Callable[[dict[str, Any]], str]:
    def run(given: dict[str, Any]) -> str:
        verb(**given)
        return str(text)

    return run


_VERBS: dict[str, Callable[[dict[str, Any]], str]] = {
    "take": _taken, "link": _sent, "remind": _written(nominations.remind_by_letter), "tell": _written(takeover.tell),
    "close": _done(nominations.close, gettext_lazy("The request is closed; its links open nothing any more.")),
    "reopen": _done(nominations.reopen, gettext_lazy("The list may be written again.")),
}  # fmt: skip


# --- A list typed from a letter -------------------------------------------------------------------------------------


class ListForm(forms.Form):
    letter = forms.ModelChoiceField(
        Letter.objects.none(), label=gettext_lazy("Letter in"), required=False,
        help_text=gettext_lazy("Register it first, so that its number stands here."),
    )  # fmt: skip
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    names = RowsField(NAMED, label=gettext_lazy("Names"))

    def __init__(self, row: NominationRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["letter"]
        field.queryset = Letter.objects.filter(direction=Letter.Direction.IN, organisation=row.organisation)
        names: Any = self.fields["names"]
        names.choices = choices_of(row.admission.activity.programme)


def typed(request: Any, pk: uuid.UUID) -> HttpResponse:
    """The list as an administration wrote it on paper, with the number of its letter."""
    row = _request(request, pk)
    if request.method != "POST":
        initial = {"names": [_entry(one) for one in nominees.listed(row)], "seen": nominees.digest(row), "letter": row.answer_letter_id}  # fmt: skip
        return render(request, "desk/nomination_list.html", {"row": row, "form": ListForm(row, initial=initial)})
    form = ListForm(row, request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            nominees.answer(
                request=row, rows=[_named(one) for one in given["names"]], how=NominationRequest.How.DESK,
                letter=given["letter"], seen=given["seen"], by=request.user, now=timezone.now(), is_staff=True,
            )  # fmt: skip
        except nominated.NotTaken as refusal:
            found: Any = refusal
            for index, faults in sorted(found.faults.items()):
                for message in faults.values():
                    text = (
                        _("Entry %(number)s: %(why)s") % {"number": index + 1, "why": message}
                        if index >= 0
                        else message
                    )
                    form.add_error("names", text)
        except nominees.Changed as refusal:
            form.add_error(None, str(refusal))
            again: Any = request.POST.copy()
            again["seen"] = nominees.digest(row)
            form.data = again
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The list is kept."))
            return redirect("nominations:edit", row.pk)
    return render(request, "desk/nomination_list.html", {"row": row, "form": form}, status=422)


def _entry(one: Nominee) -> dict[str, Any]:
    entry = {
        "name": dict(one.name), "list": "in_reserve" if one.state == Nominee.State.RESERVE else "participant",
        "region": one.region_id, "function": one.function, "email": one.email, "telephone": one.telephone,
        "profession": one.profession, "sex": one.sex, "permission": one.has_permission,
    }  # fmt: skip
    return {name: value for name, value in entry.items() if value}


def _named(entry: dict[str, Any]) -> Named:
    words = {name: entry.get(name, "") for name in ("region", "function", "email", "telephone", "profession", "sex")}
    return Named(
        name=entry.get("name", {}), has_permission=bool(entry.get("permission")),
        is_reserve=entry.get("list") == "in_reserve", **words,
    )  # fmt: skip


# --- One person -----------------------------------------------------------------------------------------------------


@require_POST
def person(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Permission, a decision without it, a withdrawal, or somebody else instead."""
    found = get_object_or_404(Nominee.objects.visible_to(request.user).select_related("request__admission"), pk=pk)
    row, do, given = _request(request, found.request_id), request.POST.get("do", ""), request.POST
    found.request = row
    common: dict[str, Any] = {"nominee": found, "by": request.user, "now": timezone.now()}
    try:
        if do in ("permit", "forbid"):
            nominees.permit(has_permission=do == "permit", **common)
            messages.success(request, _("It is noted."))
        elif do == "waive":
            nominees.waive(because=given.get("because", ""), **common)
            messages.success(request, _("It is noted."))
        elif do == "withdraw":
            up = nominees.withdraw(**common)
            text = _("%(name)s is withdrawn.") % {"name": found.name}
            messages.success(request, text + (" " + _("%(name)s of the reserve list steps up.") % {"name": up.name} if up else ""))  # fmt: skip
        elif do == "replace":
            other = Named(
                name={code: given.get(f"name_{code}", "") for code, _name in settings.LANGUAGES if given.get(f"name_{code}")},
                email=given.get("email", ""), telephone=given.get("telephone", ""), function=given.get("function", ""),
                profession=found.profession, sex=given.get("sex", ""), has_permission=bool(given.get("permission")),
            )  # fmt: skip
            new = nominees.replace(given=other, **common)
            messages.success(request, _("%(new)s takes the place of %(old)s.") % {"new": new.name, "old": found.name})
    except nominated.NotTaken as refusal:
        faults: Any = refusal
        for text in (one for each in faults.faults.values() for one in each.values()):
            messages.error(request, text)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("nominations:edit", row.pk)


# --- An activity ----------------------------------------------------------------------------------------------------


def _admission(request: Any, pk: uuid.UUID) -> Admission:
    if not request.user.has_perm("participation.view_nominationrequest"):
        raise PermissionDenied
    rows = Admission.objects.visible_to(request.user).select_related("activity__programme")
    return get_object_or_404(rows, pk=pk)


def overview(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Asked, answered, places given and missing by administration and region; whom to chase; who was named twice."""
    row, today, language = _admission(request, pk), timezone.localdate(), get_language() or settings.LANGUAGE_CODE
    mine = NominationRequest.objects.visible_to(request.user)
    found = takeover.overview(row, today=today, language=language, requests=mine)
    may = reaches(request.user, "change", row) and request.user.has_perm("participation.change_nominationrequest")
    context = {
        "admission": row, "activity": row.activity, "found": found, "may": may,
        "lines": [(line, line.chase(today)) for line in found.lines],
        "doubles": [_side(pair) for pair in found.doubles] if may else [],
        "totals": {name: found.total(name) for name in ("asked", "named", "confirmed", "waiting", "refused", "reserve", "missing")},
        "waiting": sum(line.request.state == NominationRequest.State.ASKED for line in found.lines),
    }  # fmt: skip
    return render(request, "desk/nominations.html", context)


def _side(pair: doubles.Pair) -> dict[str, Any]:
    """Both entries as they are shown side by side."""
    other = pair.other
    if isinstance(other, Registration):
        theirs = {
            "name": other.person.name, "email": other.address_key, "telephone": other.person.telephone,
            "where": _("registered, number %(number)s") % {"number": other.number}, "region": other.region,
        }  # fmt: skip
    else:
        theirs = {
            "name": other.name, "email": other.email, "telephone": other.telephone, "where": other.request.organisation,
            "region": other.region, "function": other.function,
        }  # fmt: skip
    one = pair.nominee
    mine = {
        "name": one.name, "email": one.email, "telephone": one.telephone, "where": one.request.organisation,
        "region": one.region, "function": one.function,
    }  # fmt: skip
    return {
        "pair": pair, "sides": [mine, theirs], "per_cent": round(pair.score * 100),
        "names": [(a, b, round(score * 100), why) for a, b, score, why in pair.names],
        "key": f"{one.pk}:{'registration' if pair.is_with_registration else 'nominee'}:{other.pk}",
    }  # fmt: skip


@require_POST
def decide(request: Any, pk: uuid.UUID) -> HttpResponse:
    """The same person, or two people; remembered."""
    row = _admission(request, pk)
    if not (reaches(request.user, "change", row) and request.user.has_perm("participation.change_nominationrequest")):
        raise PermissionDenied
    first, _colon, rest = request.POST.get("pair", "").partition(":")
    kind, _colon, second = rest.partition(":")
    try:
        one, other = uuid.UUID(first), uuid.UUID(second)
    except ValueError:
        return redirect("desk_nominations", row.pk)
    mine = Nominee.objects.filter(request__admission=row).select_related("request__admission", "registration")
    nominee = get_object_or_404(mine, pk=one)
    theirs: Any = row.registrations.all() if kind == "registration" else mine
    try:
        doubles.decide(
            nominee=nominee, other=get_object_or_404(theirs, pk=other), verdict=request.POST.get("verdict", ""),
            by=request.user, now=timezone.now(),
        )  # fmt: skip
        messages.success(request, _("It is noted."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("desk_nominations", row.pk)
