"""The desk's pages for people and commission: organisations, persons, places, roles, seats and their holders."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.admin.viewsets.base import ViewSetGroup

from tansiq.commission.models import Holding, Seat
from tansiq.core.errors import Refused
from tansiq.desk.records import CreateView, DeleteView, EditView, RecordViewSet
from tansiq.desk.rows import LinesField, RowsField
from tansiq.people import accounts
from tansiq.people.exchange import ORGANISATION
from tansiq.people.models import Membership, Organisation, Person, Place, Region, RoleGrant


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


class Organisations(RecordViewSet):
    model = Organisation
    name = "organisations"
    icon = "home"
    menu_label = _("Organisations")
    list_display = ["name", "acronym", "kind", "country"]
    list_filter = ["kind", "country"]
    search_fields = ["slug", "name", "acronym", "aliases"]
    list_export = ["slug", "name", "acronym", "kind", "country", "iati"]
    lists = {
        "aliases": LinesField(label=_("Other spellings")),
        "accounts": RowsField(ORGANISATION["properties"]["accounts"]["items"], label=_("Accounts on social networks")),
    }
    panels = [
        "name",
        "acronym",
        FieldRowPanel([FieldPanel("kind"), FieldPanel("country"), FieldPanel("parent")]),
        "aliases",
        FieldRowPanel([FieldPanel("url"), FieldPanel("iati"), FieldPanel("established")]),
        "accounts",
        FieldRowPanel([FieldPanel("slug"), FieldPanel("reference_language")]),
    ]


class Persons(RecordViewSet):
    model = Person
    name = "persons"
    icon = "user"
    menu_label = _("Persons")
    list_display = ["name", "is_fictional"]
    list_export = ["name", "is_fictional"]
    search_fields = ["name", "other_spellings"]
    panels = [
        "name",
        FieldRowPanel([FieldPanel("email"), FieldPanel("telephone")]),
        "is_fictional",
        "reference_language",
    ]


class Memberships(RecordViewSet):
    model = Membership
    name = "memberships"
    icon = "group"
    menu_label = _("Memberships")
    list_display = ["person", "organisation", "function", "from_date", "until_date"]
    list_export = ["person", "organisation", "function", "from_date", "until_date"]
    list_filter = ["organisation"]
    panels = [
        FieldRowPanel([FieldPanel("person"), FieldPanel("organisation")]),
        "function",
        FieldRowPanel([FieldPanel("from_date"), FieldPanel("until_date")]),
    ]


class Places(RecordViewSet):
    model = Place
    name = "places"
    icon = "site"
    menu_label = _("Places")
    list_display = ["__str__", "region", "country"]
    list_filter = ["region", "country"]
    search_fields = ["name", "locality"]
    list_export = ["name", "locality", "region", "country"]
    panels = ["name", "locality", FieldRowPanel([FieldPanel("region"), FieldPanel("country")])]


class Regions(RecordViewSet):
    """They come from the country pack, and are changed there."""

    model = Region
    name = "regions"
    icon = "site"
    menu_label = _("Regions")
    list_display = ["name", "code", "country"]
    search_fields = ["code", "name"]
    list_export = ["code", "name", "country"]
    panels = ["name"]


class Grants(RecordViewSet):
    """Roles are given and taken back; a grant is never edited."""

    model = RoleGrant
    name = "grants"
    icon = "key"
    menu_label = _("Roles of users")
    add_view_class = GiveRole
    edit_view_class = SeeRole
    delete_view_class = TakeRole
    list_display = ["user", "role", "region", "organisation"]
    list_export = ["user", "role", "region", "organisation"]
    list_filter = ["role"]
    search_fields = ["user__email"]
    panels = ["user", "role", FieldRowPanel([FieldPanel("region"), FieldPanel("organisation")])]


class Seats(RecordViewSet):
    model = Seat
    name = "seats"
    icon = "clipboard-list"
    menu_label = _("Seats")
    list_display = ["institution", "capacity", "position"]
    search_fields = ["slug", "capacity", "institution__name"]
    list_export = ["slug", "institution", "capacity", "legal_basis"]
    panels = ["institution", "capacity", "legal_basis", FieldRowPanel([FieldPanel("position"), FieldPanel("slug")])]


class Holdings(RecordViewSet):
    model = Holding
    name = "holdings"
    icon = "user"
    menu_label = _("Holders of seats")
    list_display = ["seat", "person", "is_alternate", "from_date", "until_date"]
    list_export = ["seat", "person", "is_alternate", "from_date", "until_date"]
    list_filter = ["is_alternate"]
    panels = [
        FieldRowPanel([FieldPanel("seat"), FieldPanel("person")]),
        "is_alternate",
        FieldRowPanel([FieldPanel("from_date"), FieldPanel("until_date")]),
    ]


class PeopleGroup(ViewSetGroup):
    menu_label = _("People and organisations")
    menu_icon = "group"
    menu_order = 200
    items = (Organisations(), Persons(), Memberships(), Places(), Regions(), Grants())


class CommissionGroup(ViewSetGroup):
    menu_label = _("The Commission")
    menu_icon = "clipboard-list"
    menu_order = 300
    items = (Seats(), Holdings())
