"""The desk's list and form of invitations: a guest by name, or an office by its function."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel
from wagtail.admin.ui.tables import Column

from tansiq.core import records
from tansiq.core.errors import BadInput, Problem, Refused
from tansiq.core.localized import LocalizedFormField
from tansiq.desk.records import CreateView, DeleteView, EditView, RecordForm, RecordViewSet, reaches
from tansiq.participation import guestfiles, guests
from tansiq.participation.guests import Guest
from tansiq.participation.models import Invitation


def rank_choices() -> list[tuple[Any, str]]:
    return [("", "—"), *((rank, f"{rank} – {title}") for rank, title in guests.ranks().items())]


class InvitationForm(RecordForm):
    """What is typed becomes a `Guest`; the verbs clean it and say what does not fit, by field."""

    name = LocalizedFormField(
        label=gettext_lazy("Name"), required=False,
        help_text=gettext_lazy("Empty where the office is invited, whoever holds it. Both spellings where they are known."),
    )  # fmt: skip
    rank = forms.TypedChoiceField(
        label=gettext_lazy("Rank"), required=False, coerce=int, empty_value=None, choices=rank_choices
    )
    is_another = forms.BooleanField(
        label=gettext_lazy("This is somebody else than the guest with a like name"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            return
        self.initial["name"] = self.instance.person.name if self.instance.person else {}
        self.fields["activity"].disabled = True
        if self.instance.rank is not None and self.instance.rank not in guests.ranks():
            field: Any = self.fields["rank"]
            field.choices = [*rank_choices(), (self.instance.rank, str(self.instance.rank))]

    def guest(self) -> Guest:
        given = self.cleaned_data
        values = {name: given[name] for name in Guest.__dataclass_fields__ if name in given}
        return Guest(**{**values, "name": dict(given.get("name") or {})})

    def save_by(self, verb: Any, *, by: Any, now: Any) -> Any:
        is_new = self.instance._state.adding
        activity = self.cleaned_data["activity"]
        if not reaches(
            by, "add" if is_new else "change", self.instance if not is_new else Invitation(activity=activity)
        ):
            raise Refused(_("Your role is limited to a region or an organisation, and this lies outside it."))
        try:
            if not is_new:
                return guests.change(invitation=self.instance, guest=self.guest(), by=by, now=now)
            return self._add(activity, by, now)
        except guests.Unfit as refusal:
            faults: dict[str, str] = getattr(refusal, "faults", {})
            raise BadInput([Problem("", name, fault) for name, fault in faults.items()]) from refusal

    def _add(self, activity: Any, by: Any, now: Any) -> Invitation:
        line = guestfiles.Line(0, guests.cleaned(self.guest()))
        found = guestfiles.plan(activity, [line], apart=[0] if self.cleaned_data.get("is_another") else [])
        if found.known:
            raise Refused(_("This guest is on the list already: number %(number)s.") % {"number": found.known[0][1].number})  # fmt: skip
        if found.to_decide:
            one = found.to_decide[0]
            text = _("There is a guest with a like name: %(name)s (likeness %(score)s: %(why)s). If this is somebody else, tick the box at the end of the form.")  # fmt: skip
            raise Refused(text % {"name": one.name, "score": one.score, "why": one.why})
        return guests.add(activity=activity, guest=line.guest, by=by, now=now)


class AddInvitation(CreateView):
    def get_initial(self) -> dict[str, Any]:
        given = {"activity": self.request.GET.get("activity", ""), "language": settings.LANGUAGE_CODE}
        return {**super().get_initial(), **given}


class ChangeInvitation(EditView):
    def get_queryset(self) -> Any:
        return super().get_queryset().select_related("person", "organisation", "activity", "letter", "answer_letter")


def _remove(row: Invitation, *, by: Any, now: Any) -> None:
    if row.state != Invitation.State.DRAFTED:
        raise Refused(_("This invitation was sent. Withdraw it, so that the guest is told."))
    records.remove(row, by=by, now=now)


class RemoveInvitation(DeleteView):
    remove = staticmethod(_remove)


class Invitations(RecordViewSet):
    model = Invitation
    name = "invitations"
    icon = "mail"
    menu_label = gettext_lazy("Invitations")
    add_view_class = AddInvitation
    edit_view_class = ChangeInvitation
    delete_view_class = RemoveInvitation
    edit_template_name = "desk/invitation_form.html"
    list_display = [
        Column("name", label=gettext_lazy("Guest")),
        "number",
        "function",
        "activity",
        "state",
        "how",
        "answered_at",
    ]
    list_filter = ["state", "activity", "language"]
    list_export = [
        "number",
        "name",
        "function",
        "organisation",
        "rank",
        "activity",
        "state",
        "how",
        "answered_at",
        "companions",
    ]
    search_fields = ["person__name", "function", "organisation__name", "organisation_name", "activity__title"]
    form_base = InvitationForm
    panels = [
        HelpPanel(gettext_lazy("Guests and offices. Never a victim, and nothing that tells of one.")),
        "activity",
        "name",
        "function",
        FieldRowPanel([FieldPanel("organisation"), FieldPanel("organisation_name")]),
        FieldRowPanel([FieldPanel("rank"), FieldPanel("appointed"), FieldPanel("language")]),
        "salutation",
        FieldRowPanel([FieldPanel("email"), FieldPanel("telephone")]),
        FieldRowPanel([FieldPanel("cabinet"), FieldPanel("cabinet_email")]),
        FieldRowPanel([FieldPanel("companions_allowed"), FieldPanel("speaks")]),
        "seat",
        "is_another",
    ]
