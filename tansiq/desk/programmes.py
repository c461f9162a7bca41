"""The desk's pages for programme, people, commission, outreach and media: what is listed, filtered and typed."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.viewsets.base import ViewSetGroup

from tansiq.commission.models import Holding, Seat
from tansiq.core.errors import Refused
from tansiq.desk.records import CreateView, DeleteView, EditView, RecordViewSet
from tansiq.outreach.models import Material
from tansiq.people import accounts
from tansiq.people.models import Membership, Organisation, Person, Region, RoleGrant
from tansiq.programme import planning
from tansiq.programme.models import Activity, Commitment, Involvement, Programme, Project


def _change_activity(activity: Activity, *, by: Any, now: Any) -> Activity:
    values = {name: getattr(activity, name) for name in planning.FIELDS}
    return planning.change(activity=activity, by=by, now=now, **values)


def _add_activity(activity: Activity, *, by: Any, now: Any) -> Activity:
    activity.changed_at = now
    activity.full_clean(exclude=["changed_at"])
    return planning.add(activity=activity, by=by, now=now)


class AddActivity(CreateView):
    create = staticmethod(_add_activity)


class ChangeActivity(EditView):
    change = staticmethod(_change_activity)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "calendar_warnings": planning.warnings(self.object.when)}


def _give(grant: RoleGrant, *, by: Any, now: Any) -> RoleGrant:
    return accounts.grant(
        user=grant.user, role=grant.role, region=grant.region, organisation=grant.organisation, by=by, now=now
    )


def _refuse(grant: RoleGrant, *, by: Any, now: Any) -> RoleGrant:
    raise Refused(_("A role is not changed: take it back and give another."))


def _take(grant: RoleGrant, *, by: Any, now: Any) -> None:
    accounts.revoke(grant=grant, by=by, now=now)


class GiveRole(CreateView):
    create = staticmethod(_give)


class SeeRole(EditView):
    change = staticmethod(_refuse)


class TakeRole(DeleteView):
    remove = staticmethod(_take)


class Programmes(RecordViewSet):
    model = Programme
    name = "programmes"
    icon = "calendar-alt"
    menu_label = _("Programmes")
    list_display = ["title", "period", "country", "published_at"]
    list_filter = ["country"]
    search_fields = ["slug", "title"]
    list_export = ["slug", "title", "period", "country", "published_at"]
    panels = [
        FieldPanel("title"),
        FieldPanel("full_title"),
        FieldPanel("summary"),
        FieldRowPanel([FieldPanel("period"), FieldPanel("country")]),
        FieldRowPanel([FieldPanel("slug"), FieldPanel("reference_language")]),
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
    panels = [
        FieldPanel("programme"),
        FieldPanel("title"),
        FieldRowPanel([FieldPanel("kind"), FieldPanel("state"), FieldPanel("mode")]),
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("when"), FieldPanel("within")]),
                FieldRowPanel([FieldPanel("part"), FieldPanel("starts_at_time"), FieldPanel("ends_at_time")]),
            ],
            heading=_("When"),
        ),
        FieldPanel("place"),
        FieldPanel("inside"),
        FieldPanel("project"),
        FieldPanel("summary"),
        FieldRowPanel([FieldPanel("slug"), FieldPanel("reference_language")]),
    ]


class Projects(RecordViewSet):
    model = Project
    name = "projects"
    icon = "folder-open-inverse"
    menu_label = _("Projects")
    list_display = ["title", "programme", "amount_minor", "currency", "period"]
    list_filter = ["programme", "kind"]
    search_fields = ["slug", "title"]
    list_export = ["slug", "title", "amount_minor", "currency", "period"]
    form_fields = [
        "programme",
        "title",
        "kind",
        "parent",
        "amount_minor",
        "currency",
        "period",
        "slug",
        "reference_language",
    ]


class Commitments(RecordViewSet):
    model = Commitment
    name = "commitments"
    icon = "check"
    menu_label = _("Commitments")
    list_display = ["title", "signatory", "instrument", "state", "signed"]
    list_filter = ["programme", "state"]
    search_fields = ["slug", "title"]
    list_export = ["slug", "title", "instrument", "state", "signed"]
    form_fields = [
        "programme",
        "title",
        "kind",
        "instrument",
        "signatory",
        "through",
        "activity",
        "state",
        "signed",
        "slug",
    ]


class Involvements(RecordViewSet):
    model = Involvement
    name = "involvements"
    icon = "group"
    menu_label = _("Who does what")
    list_display = ["organisation", "role", "programme", "position"]
    list_filter = ["programme", "role"]
    search_fields = ["organisation__slug", "organisation__name"]
    list_export = ["organisation", "role", "programme", "position"]
    form_fields = ["role", "position", "words"]


class Organisations(RecordViewSet):
    model = Organisation
    name = "organisations"
    icon = "home"
    menu_label = _("Organisations")
    list_display = ["name", "acronym", "kind", "country"]
    list_filter = ["kind", "country"]
    search_fields = ["slug", "name", "acronym", "aliases"]
    list_export = ["slug", "name", "acronym", "kind", "country", "iati"]
    form_fields = ["name", "acronym", "kind", "country", "parent", "url", "iati", "slug", "reference_language"]


class Persons(RecordViewSet):
    model = Person
    name = "persons"
    icon = "user"
    menu_label = _("Persons")
    list_display = ["name", "is_fictional"]
    search_fields = ["name"]
    form_fields = ["name", "reference_language", "email", "telephone", "is_fictional"]


class Memberships(RecordViewSet):
    model = Membership
    name = "memberships"
    icon = "group"
    menu_label = _("Memberships")
    list_display = ["person", "organisation", "function", "from_date", "until_date"]
    list_filter = ["organisation"]
    form_fields = ["person", "organisation", "function", "from_date", "until_date"]


class Seats(RecordViewSet):
    model = Seat
    name = "seats"
    icon = "clipboard-list"
    menu_label = _("Seats")
    list_display = ["institution", "capacity", "position"]
    search_fields = ["slug", "capacity", "institution__name"]
    list_export = ["slug", "institution", "capacity", "legal_basis"]
    form_fields = ["institution", "capacity", "legal_basis", "position", "slug"]


class Holdings(RecordViewSet):
    model = Holding
    name = "holdings"
    icon = "user"
    menu_label = _("Holders of seats")
    list_display = ["seat", "person", "is_alternate", "from_date", "until_date"]
    list_filter = ["is_alternate"]
    form_fields = ["seat", "person", "is_alternate", "from_date", "until_date"]


class Materials(RecordViewSet):
    model = Material
    name = "materials"
    icon = "media"
    menu_label = _("Materials")
    list_display = ["title", "kind", "programme", "number"]
    list_filter = ["programme", "kind"]
    search_fields = ["slug", "title"]
    list_export = ["slug", "title", "kind", "number"]
    form_fields = ["programme", "title", "kind", "summary", "number", "number_precision", "slug", "reference_language"]


class Regions(RecordViewSet):
    model = Region
    name = "regions"
    icon = "site"
    menu_label = _("Regions")
    list_display = ["name", "code", "country"]
    search_fields = ["code", "name"]
    form_fields = ["name"]


class Grants(RecordViewSet):
    """Roles are given and taken back; a grant is never edited."""

    model = RoleGrant
    name = "grants"
    icon = "key"
    menu_label = _("Users and roles")
    add_view_class = GiveRole
    edit_view_class = SeeRole
    delete_view_class = TakeRole
    list_display = ["user", "role", "region", "organisation"]
    list_filter = ["role"]
    search_fields = ["user__email"]
    form_fields = ["user", "role", "region", "organisation"]


class ProgrammeGroup(ViewSetGroup):
    menu_label = _("Programmes")
    menu_icon = "calendar-alt"
    menu_order = 100
    items = (Programmes(), Activities(), Involvements(), Projects(), Commitments(), Materials())


class PeopleGroup(ViewSetGroup):
    menu_label = _("People and organisations")
    menu_icon = "group"
    menu_order = 200
    items = (Organisations(), Persons(), Memberships(), Regions(), Grants())


class CommissionGroup(ViewSetGroup):
    menu_label = _("The Commission")
    menu_icon = "clipboard-list"
    menu_order = 300
    items = (Seats(), Holdings())


GROUPS = (ProgrammeGroup(), PeopleGroup(), CommissionGroup())
