"""The desk's pages for outreach: materials, visits, their sites, what is handed over."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.admin.viewsets.base import ViewSetGroup

from tansiq.core.exchange import TEXT
from tansiq.desk.programmes import ATTACHED, IDENTITY
from tansiq.desk.records import RecordForm, RecordViewSet
from tansiq.desk.rows import RowsField
from tansiq.outreach.models import HandOver, Material, Visit, VisitSite
from tansiq.programme.models import Activity


class Materials(RecordViewSet):
    model = Material
    name = "materials"
    icon = "media"
    menu_label = _("Materials")
    list_display = ["title", "kind", "programme", "number"]
    list_filter = ["programme", "kind"]
    search_fields = ["slug", "title"]
    list_export = ["slug", "title", "kind", "number"]
    lists = {**ATTACHED, "channels": RowsField(TEXT, label=_("Channels"))}
    panels = [
        "programme",
        "title",
        FieldRowPanel([FieldPanel("kind"), FieldPanel("number"), FieldPanel("number_precision")]),
        "summary",
        "activities",
        "channels",
        "involved",
        "asset",
        "claims",
        IDENTITY,
    ]


class VisitForm(RecordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["activity"].queryset = Activity.objects.filter(kind=Activity.Kind.VISIT)


class Visits(RecordViewSet):
    model = Visit
    name = "visits"
    icon = "site"
    menu_label = _("Visits")
    list_display = ["activity", "purpose", "photography", "sites_number"]
    list_filter = ["purpose", "photography"]
    list_export = ["activity", "purpose", "photography", "sites_number"]
    form_base = VisitForm
    panels = [
        "activity",
        FieldRowPanel([FieldPanel("purpose"), FieldPanel("photography")]),
        FieldRowPanel([FieldPanel("sites_number"), FieldPanel("sites_precision")]),
    ]


class Sites(RecordViewSet):
    model = VisitSite
    name = "sites"
    icon = "site"
    menu_label = _("Sites of visits")
    list_display = ["name", "kind", "visit", "cares_for_victims"]
    list_filter = ["kind", "cares_for_victims"]
    search_fields = ["name"]
    list_export = ["name", "kind", "visit"]
    panels = [
        "visit",
        "name",
        FieldRowPanel([FieldPanel("kind"), FieldPanel("place"), FieldPanel("position")]),
        FieldRowPanel([FieldPanel("cares_for_victims"), FieldPanel("is_example")]),
    ]


class HandOvers(RecordViewSet):
    model = HandOver
    name = "hand-overs"
    icon = "upload"
    menu_label = _("Hand-overs")
    list_display = ["material", "visit", "site", "number", "number_precision"]
    list_filter = ["material"]
    list_export = ["material", "visit", "site", "number", "number_precision"]
    panels = [
        FieldRowPanel([FieldPanel("visit"), FieldPanel("site")]),
        "material",
        FieldRowPanel([FieldPanel("number"), FieldPanel("number_precision"), FieldPanel("position")]),
    ]


class OutreachGroup(ViewSetGroup):
    menu_label = _("Materials and visits")
    menu_icon = "media"
    menu_order = 150
    items = (Materials(), Visits(), Sites(), HandOvers())
