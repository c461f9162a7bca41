"""Sections of a programme file that outreach owns: materials and distribution visits."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from tansiq.core.exchange import (
    CLAIMS,
    NUMBER,
    SLUG,
    TEXT,
    Loading,
    Section,
    array,
    drop_empty,
    obj,
    plain,
    register,
    text,
)  # fmt: skip
from tansiq.outreach.models import HandOver, Material, Visit, VisitSite
from tansiq.people.exchange import PLACE, Places, export_place
from tansiq.programme.exchange import programme_of, say_taken, settle_involvements, taken_elsewhere
from tansiq.programme.exporting import Exporting
from tansiq.programme.models import NumberPrecision, Programme
from tansiq.programme.shape import INVOLVED

_STR = {"type": "string"}
_COUNT = {
    "number": NUMBER,
    "precision": {"enum": [choice.value for choice in NumberPrecision]},
}
MATERIAL = obj(
    {
        "slug": SLUG, "kind": {"enum": [kind.value for kind in Material.Kind]}, "title": TEXT, "summary": TEXT,
        "activities": array(_STR), "channels": array(TEXT), "involved": INVOLVED, "claims": CLAIMS, "source": _STR,
        **_COUNT,
    },
    ["slug", "kind", "title"],
)  # fmt: skip
VISIT = obj(
    {
        "activity": _STR, "purpose": {"enum": [purpose.value for purpose in Visit.Purpose]},
        "photography": {"type": "boolean"}, "sites_number": obj({**_COUNT, "number": {**NUMBER, "maximum": 30_000}}), "source": _STR,
        "sites": array(
            obj(
                {
                    "kind": {"enum": [kind.value for kind in VisitSite.Kind]}, "name": TEXT, "where": PLACE,
                    "example": {"type": "boolean"}, "cares_for_victims": {"type": "boolean"},
                },
                ["kind", "name"],
            )
        ),
        "hand_overs": array(obj({"material": _STR, "site": {"type": "integer", "minimum": 1}, **_COUNT}, ["material"])),
    },
    ["activity"],
)  # fmt: skip


def load_materials(loading: Loading, items: list[dict[str, Any]]) -> None:
    programme = programme_of(loading)
    known = {row.slug: row for row in programme.materials.prefetch_related("activities")}
    taken = taken_elsewhere(Material, [item["slug"] for item in items], programme)
    involved, seen = [], set()
    for position, item in enumerate(items):
        path = f"materials[{position}]"
        if item["slug"] in seen or item["slug"] in taken:
            say_taken(loading, f"{path}.slug", item["slug"], taken)
            continue
        seen.add(item["slug"])
        row = known.get(item["slug"])
        before = _material_picture(row, [one.slug for one in row.activities.all()]) if row else None
        row = row or Material(slug=item["slug"], programme=programme)
        row.position, row.kind, row.channels = position, item["kind"], plain(item.get("channels", []))
        row.title, row.summary = text(item["title"]), text(item.get("summary"))
        row.reference_language = loading.reference_of(item["title"])
        row.number, row.number_precision = _count(item)
        row.source = loading.source(item, path)
        slugs = item.get("activities", [])
        activities = [
            loading.find("activities", slug, f"{path}.activities[{number}]") for number, slug in enumerate(slugs)
        ]
        if loading.note("materials", row, before, _material_picture(row, slugs)):
            row.save()
            row.activities.set([activity for activity in activities if activity])
        loading.records[("materials", row.slug)] = row
        involved.append((row, item.get("involved", []), f"{path}.involved"))
        loading.claims.append((row, item.get("claims", []), f"{path}.claims"))
    settle_involvements(loading, programme, involved)


def _count(item: dict[str, Any] | None) -> tuple[int | None, str]:
    item = item or {}
    number = item.get("number")
    return number, item.get("precision", "unknown" if number is None else "exact")


def _export_count(number: int | None, precision: str) -> dict[str, Any]:
    if number is None:
        return {} if precision == "unknown" else {"precision": precision}
    return {"number": number, **({"precision": precision} if precision != "exact" else {})}


def _material_picture(row: Material, activities: list[str]) -> dict[str, Any]:
    names = ("slug", "position", "kind", "channels", "title", "summary", "number", "number_precision", "source")
    return {**plain({name: getattr(row, name) for name in names}), "activities": sorted(activities)}


def load_visits(loading: Loading, items: list[dict[str, Any]]) -> None:
    places, seen = Places(loading), set()
    for number, item in enumerate(items):
        path = f"visits[{number}]"
        activity = loading.find("activities", item["activity"], f"{path}.activity")
        if activity is None:
            continue
        if item["activity"] in seen:
            say_taken(loading, f"{path}.activity", item["activity"], {})
            continue
        seen.add(item["activity"])
        visit = Visit.objects.filter(activity=activity).first()
        before = _export_visit(visit) if visit else None
        visit = visit or Visit(activity=activity)
        visit.purpose, visit.photography = item.get("purpose", "distribution"), item.get("photography", False)
        visit.sites_number, visit.sites_precision = _count(item.get("sites_number"))
        visit.source = loading.source(item, path)
        sites = [
            VisitSite(
                visit=visit, position=position, kind=site["kind"], name=text(site["name"]),
                is_example=site.get("example", False), cares_for_victims=site.get("cares_for_victims", False),
                place=places.get(site.get("where"), f"{path}.sites[{position}].where"),
            )
            for position, site in enumerate(item.get("sites", []))
        ]  # fmt: skip
        hand_overs = []
        for position, given in enumerate(item.get("hand_overs", [])):
            here = f"{path}.hand_overs[{position}]"
            material = loading.find("materials", given["material"], f"{here}.material")
            site_number = given.get("site")
            if site_number and site_number > len(sites):
                loading.problem(f"{here}.site", _("The visit has no site number %(number)s.") % {"number": site_number})
            elif material:
                count, precision = _count(given)
                hand_overs.append(
                    HandOver(
                        visit=visit, position=position, material=material, number=count, number_precision=precision,
                        site=sites[site_number - 1] if site_number else None,
                    )
                )  # fmt: skip
        after = _picture(visit, sites, hand_overs)
        if loading.note("visits", visit, before, after):
            visit.save()
            visit.hand_overs.all().delete()
            visit.sites.all().delete()
            places.save()
            VisitSite.objects.bulk_create(sites)
            HandOver.objects.bulk_create(hand_overs)
        loading.records[("visits", activity.slug)] = visit


def _picture(visit: Visit, sites: list[VisitSite], hand_overs: list[HandOver]) -> dict[str, Any]:
    number = _export_count(visit.sites_number, visit.sites_precision)
    return plain(
        drop_empty(
            {
                "activity": visit.activity.slug, "purpose": visit.purpose, "photography": visit.photography,
                "sites_number": number, "source": visit.source.key if visit.source else None,
                "sites": [
                    drop_empty(
                        {
                            "kind": site.kind, "name": dict(site.name), "where": export_place(site.place),
                            "example": site.is_example or None, "cares_for_victims": site.cares_for_victims or None,
                        }
                    )
                    for site in sites
                ],
                "hand_overs": [
                    drop_empty(
                        {
                            "material": given.material.slug, "site": sites.index(given.site) + 1 if given.site else None,
                            **_export_count(given.number, given.number_precision),
                        }
                    )
                    for given in hand_overs
                ],
            }
        )
    )  # fmt: skip


def _export_visit(visit: Visit) -> dict[str, Any]:
    sites = list(visit.sites.select_related("place"))
    return _picture(visit, sites, list(visit.hand_overs.select_related("material", "site")))


def export_materials(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    return [
        drop_empty(
            {
                "slug": row.slug, "kind": row.kind, "title": dict(row.title), "summary": dict(row.summary),
                "activities": sorted(activity.slug for activity in row.activities.all()), "channels": row.channels,
                **_export_count(row.number, row.number_precision), "involved": out.involved(row),
                "claims": out.claims_of(row), "source": row.source.key if row.source else None,
            }
        )
        for row in programme.materials.select_related("source").prefetch_related("activities")
    ]  # fmt: skip


def export_visits(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    rows = Visit.objects.filter(activity__programme=programme).select_related("activity", "source")
    return [_export_visit(visit) for visit in rows.order_by("activity__position")]


register(
    "programme",
    Section("materials", array(MATERIAL), load_materials, export_materials),
    Section("visits", array(VISIT), load_visits, export_visits),
)
