"""The desk's pages for programme: what is listed, filtered and typed."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.viewsets.base import ViewSetGroup

from tansiq.coordination import impact
from tansiq.core.errors import Refused
from tansiq.core.exchange import CLAIMS
from tansiq.core.language import to_minor
from tansiq.core.models import Source
from tansiq.desk.records import CreateView, EditView, RecordForm, RecordViewSet, sees
from tansiq.desk.rows import LinesField, RowsField
from tansiq.programme import planning, shape
from tansiq.programme.exchange import faults_of_shares
from tansiq.programme.models import Activity, Commitment, Instrument, Involvement, Programme, Project, Undertaking

ATTACHED: dict[str, Any] = {
    "involved": RowsField(
        shape.INVOLVED["items"], label=_("Who does what"), help_text=_("In protocol order."),
    ),
    "claims": RowsField(
        CLAIMS["items"], label=_("What sources say"),
        help_text=_("A value from outside keeps its source. Values that differ all stay."),
    ),
}  # fmt: skip
NOTES = RowsField(shape.NOTES["items"], label=_("Notes"))
IDENTITY = FieldRowPanel([FieldPanel("slug"), FieldPanel("reference_language")])


def _values(activity: Activity) -> dict[str, Any]:
    return {name: getattr(activity, name) for name in planning.FIELDS}


def _change_activity(activity: Activity, *, by: Any, now: Any) -> Activity:
    seen = getattr(activity, "seen", None)
    return planning.change(activity=activity, by=by, now=now, seen=seen, **_values(activity))


def _add_activity(activity: Activity, *, by: Any, now: Any) -> Activity:
    activity.changed_at = now
    activity.full_clean(exclude=["changed_at"])
    return planning.add(activity=activity, by=by, now=now)


class AddActivity(CreateView):
    create = staticmethod(_add_activity)


class ActivityForm(RecordForm):
    """`seen` is when the activity was last changed as this form shows it."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["stored"]
        if not self.instance._state.adding:
            self.initial["seen"] = self.instance.changed_at.isoformat()

    def clean(self) -> Any:
        cleaned = super().clean()
        with contextlib.suppress(ValueError):
            self.instance.seen = dt.datetime.fromisoformat(self.cleaned_data.get("seen") or "")
        return cleaned


class ChangeActivity(EditView):
    """What a change makes false is listed before it is saved, and saved when the same list was agreed to."""

    change = staticmethod(_change_activity)
    affected: tuple[impact.Affected, ...] = ()
    agreed = ""  # names the list that the page shows

    def form_valid(self, form: Any) -> Any:
        if self._is_refused(form):
            return super().form_valid(form)  # says why, beside the form
        involved = form.cleaned_data.get("involved") if "involved" in form.changed_data else None
        change, affected = impact.of(form.instance, _values(form.instance), involved=involved)
        shown = hashlib.sha256(
            repr([change.fields, sorted((one.kind, one.what) for one in affected)]).encode()
        ).hexdigest()
        if not affected or self.request.POST.get("agreed") == shown:
            return super().form_valid(form)
        self.affected, self.agreed = tuple(affected), shown
        return self.render_to_response(self.get_context_data(form=form))

    def _is_refused(self, form: Any) -> bool:
        """Would saving be refused? Tried and taken back: nobody agrees to a list for what cannot be anyway."""
        try:
            with transaction.atomic():
                form.save_by(self.change, by=self.request.user, now=timezone.now())
                transaction.set_rollback(True)
        except (Refused, ValidationError):
            return True
        return False

    def _shown(self, one: impact.Affected) -> impact.Affected:
        """That there is a letter or a list is said to whoever changes the plan; whose it is, to whoever may see it."""
        if sees(self.request.user, one.subject):
            return one
        kind = str(one.subject._meta.verbose_name)  # type: ignore[union-attr]
        return impact.Affected(one.kind, kind, "", "", one.subject)

    def _by_hand(self) -> list[impact.Affected]:
        """Certificates in one line: there may be thousands."""
        rows = [self._shown(one) for one in self.affected if one.subject is not None and one.kind != "certificate"]
        certificates = [one for one in self.affected if one.kind == "certificate"]
        if certificates:
            what = _("Certificates that say otherwise: %(number)s") % {"number": len(certificates)}
            rows.append(impact.Affected("certificate", what, "", "", certificates[0].subject))
        return rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "calendar_warnings": planning.warnings(self.object.when),
            "affected": self.affected,
            "agreed": self.agreed,
            "by_hand": self._by_hand(),
        }


class Programmes(RecordViewSet):
    model = Programme
    name = "programmes"
    icon = "calendar-alt"
    menu_label = _("Programmes")
    edit_template_name = "desk/programme_form.html"
    list_display = ["title", "period", "country", "published_at"]
    list_filter = ["country"]
    search_fields = ["slug", "title"]
    list_export = ["slug", "title", "period", "country", "published_at"]
    lists = {
        **ATTACHED,
        "occasions": RowsField(shape.ITEMS["items"], label=_("Occasions")),
        "themes": RowsField(shape.ITEMS["items"], label=_("Themes and slogans")),
        "frameworks": RowsField(shape.ITEMS["items"], label=_("Strategies and laws")),
        "notes": NOTES,
    }
    panels = [
        "title",
        "full_title",
        "summary",
        FieldRowPanel([FieldPanel("period"), FieldPanel("country"), FieldPanel("time_zone")]),
        "involved",
        "occasions",
        "themes",
        "frameworks",
        "claims",
        "notes",
        IDENTITY,
    ]


class Activities(RecordViewSet):
    model = Activity
    name = "activities"
    icon = "list-ul"
    menu_label = _("Activities")
    add_view_class = AddActivity
    edit_view_class = ChangeActivity
    edit_template_name = "desk/activity_form.html"
    list_display = ["title", "programme", "kind", "state", "when"]
    list_filter = ["programme", "kind", "state", "mode"]
    search_fields = ["slug", "title"]
    list_export = ["slug", "title", "kind", "state", "when", "mode"]
    form_base = ActivityForm
    lists = {
        **ATTACHED,
        "audience": RowsField(shape.AUDIENCE["items"], label=_("Who takes part")),
        "agenda": RowsField(shape.AGENDA["items"], label=_("Agenda")),
        "stops": RowsField(shape.STOPS["items"], label=_("Stops")),
        "announcements": RowsField(shape.NOTES["items"], label=_("Announcements made")),
        "languages": LinesField(label=_("Languages"), help_text=_("Codes such as ar, fr, en: one on each line.")),
        "notes": NOTES,
    }
    panels = [
        "programme",
        "title",
        FieldRowPanel([FieldPanel("kind"), FieldPanel("state"), FieldPanel("mode")]),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("when"), FieldPanel("within")]),
                FieldRowPanel([FieldPanel("part"), FieldPanel("starts_at_time"), FieldPanel("ends_at_time")]),
            ],
            heading=_("When"),
        ),
        "place",
        "involved",
        "audience",
        "agenda",
        "stops",
        FieldRowPanel([FieldPanel("inside"), FieldPanel("project")]),
        "summary",
        "languages",
        "announcements",
        "claims",
        "notes",
        IDENTITY,
    ]


class ProjectForm(RecordForm):
    """The amount is typed in whole units; cents are what is kept."""

    amount = forms.DecimalField(label=_("Amount"), min_value=0, max_digits=17, decimal_places=4, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount = self.instance.amount
        if amount is not None:
            self.initial["amount"] = int(amount) if amount == int(amount) else amount

    def clean(self) -> Any:
        cleaned = super().clean()
        amount = self.cleaned_data.get("amount")
        try:
            currency = self.cleaned_data.get("currency") or ""
            self.instance.amount_minor = None if amount is None else to_minor(amount, currency)
        except ValueError as error:
            self.add_error("amount", str(error))
        for _where, message in faults_of_shares(self.cleaned_data.get("shares") or []):
            self.add_error("shares", message)
        return cleaned


class Projects(RecordViewSet):
    model = Project
    name = "projects"
    icon = "folder-open-inverse"
    menu_label = _("Projects")
    list_display = ["title", "programme", "amount_minor", "currency", "period"]
    list_filter = ["programme", "kind"]
    search_fields = ["slug", "title"]
    list_export = ["slug", "title", "amount_minor", "currency", "period"]
    form_base = ProjectForm
    lists = {
        **ATTACHED,
        "ids": LinesField(label=_("Official identifiers")),
        "shares": RowsField(shape.PROJECT["properties"]["shares"]["items"], label=_("Shares by country")),
        "notes": NOTES,
    }
    panels = [
        "programme",
        "title",
        FieldRowPanel([FieldPanel("amount"), FieldPanel("currency")]),
        FieldRowPanel([FieldPanel("kind"), FieldPanel("period"), FieldPanel("parent")]),
        "ids",
        "involved",
        "shares",
        "summary",
        "claims",
        "notes",
        IDENTITY,
    ]


class CommitmentForm(RecordForm):
    instrument = forms.ChoiceField(label=_("Of"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["instrument"].choices = [("", "—"), *((row.slug, str(row)) for row in Instrument.objects.all())]


class Commitments(RecordViewSet):
    model = Commitment
    name = "commitments"
    icon = "check"
    menu_label = _("Commitments")
    list_display = ["title", "signatory", "instrument", "state", "signed"]
    list_filter = ["programme", "state"]
    search_fields = ["slug", "title"]
    list_export = ["slug", "title", "instrument", "state", "signed"]
    form_base = CommitmentForm
    lists = ATTACHED
    panels = [
        "programme",
        "title",
        FieldRowPanel([FieldPanel("instrument"), FieldPanel("kind")]),
        FieldRowPanel([FieldPanel("signatory"), FieldPanel("through")]),
        FieldRowPanel([FieldPanel("state"), FieldPanel("signed"), FieldPanel("activity")]),
        "involved",
        "claims",
        "slug",
    ]


class Undertakings(RecordViewSet):
    model = Undertaking
    name = "undertakings"
    icon = "tasks"
    menu_label = _("Undertakings")
    list_display = ["text", "commitment", "owner", "due", "done_date"]
    list_filter = ["commitment"]
    search_fields = ["slug", "text"]
    list_export = ["slug", "text", "commitment", "owner", "due", "done_date", "evidence_url"]
    panels = [
        "commitment",
        "text",
        FieldRowPanel([FieldPanel("owner"), FieldPanel("due")]),
        FieldRowPanel([FieldPanel("done_date"), FieldPanel("evidence_url"), FieldPanel("reviewed_date")]),
        "is_fictional",
        IDENTITY,
    ]


class Instruments(RecordViewSet):
    model = Instrument
    name = "instruments"
    icon = "doc-full"
    menu_label = _("Campaigns and conventions")
    list_display = ["title", "kind", "organisation"]
    list_filter = ["kind"]
    search_fields = ["slug", "title"]
    list_export = ["slug", "title", "kind", "url"]
    panels = ["title", FieldRowPanel([FieldPanel("kind"), FieldPanel("organisation")]), "url", IDENTITY]


class Involvements(RecordViewSet):
    """Who did what, across all programmes: one list. The rows are changed in the form of their record."""

    model = Involvement
    name = "involvements"
    icon = "group"
    menu_label = _("Who does what")
    list_display = ["organisation", "role", "programme", "subject_kind", "position"]
    list_filter = ["programme", "role"]
    search_fields = ["organisation__slug", "organisation__name"]
    list_export = ["organisation", "role", "programme", "subject_kind", "position"]
    panels = [FieldRowPanel([FieldPanel("role"), FieldPanel("position")]), "words"]


class SourceForm(RecordForm):
    scope = forms.ChoiceField(label=_("Programme"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes = [(f"programme:{row.slug}", str(row)) for row in Programme.objects.visible_to(self.for_user)]
        if self.instance.scope and self.instance.scope not in dict(scopes):
            scopes.append((self.instance.scope, self.instance.scope))
        self.fields["scope"].choices = scopes


class Sources(RecordViewSet):
    model = Source
    name = "sources"
    icon = "openquote"
    menu_label = _("Sources")
    list_display = ["title", "scope", "language", "date"]
    list_filter = ["scope", "language"]
    search_fields = ["key", "title"]
    list_export = ["scope", "key", "title", "language", "date", "url"]
    form_base = SourceForm
    panels = [
        "scope",
        "title",
        "publisher",
        FieldRowPanel([FieldPanel("date"), FieldPanel("language")]),
        "url",
        "note",
        "key",
    ]


class ProgrammeGroup(ViewSetGroup):
    menu_label = _("Programmes")
    menu_icon = "calendar-alt"
    menu_order = 100
    items = (
        Programmes(), Activities(), Projects(), Commitments(), Undertakings(), Instruments(), Involvements(), Sources(),
    )  # fmt: skip
