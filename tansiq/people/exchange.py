"""Sections that people own: sources and organisations in files; regions and the body in a pack."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from tansiq.core import journal, packs
from tansiq.core.exchange import (
    COUNTRY,
    DATE,
    SLUG,
    STAND_IN,
    TEXT,
    URL,
    Loading,
    Section,
    array,
    date,
    drop_empty,
    obj,
    plain,
    register,
    text,
)  # fmt: skip
from tansiq.core.localized import Localized
from tansiq.core.models import Source
from tansiq.people.models import Organisation, Place, Region

SOURCE = obj(
    {
        "id": {**SLUG, "maxLength": 60}, "language": {"type": "string", "maxLength": 12}, "date": DATE, "title": TEXT, "publisher": TEXT,
        "url": URL, "text": {"type": "string", "maxLength": 200}, "note": TEXT,
    },
    ["id"],
)  # fmt: skip
ORGANISATION = obj(
    {
        "slug": SLUG, "id": SLUG, "kind": {"enum": [choice.value for choice in Organisation.Kind]},
        "name": TEXT, "acronym": TEXT, "aliases": array({"type": "string"}), "country": COUNTRY,
        "iati": {"type": "string", "maxLength": 60}, "url": {**URL, "maxLength": 200}, "established": DATE,
        "parent": {"type": "string"}, "source": {"type": "string"},
        "accounts": array(obj({"network": {"type": "string"}, "handle": {"type": "string"}}, ["network", "handle"])),
    },
    ["name"],
)  # fmt: skip
PLACE = obj({"name": TEXT, "locality": TEXT, "region": {"type": "string"}, "country": COUNTRY})
REGION = obj(
    {
        "code": {"type": "string", "maxLength": 10}, "name": TEXT, "source": {"type": "string"},
        "tile": obj({"column": {"type": "integer", "minimum": 0, "maximum": 99}, "row": {"type": "integer", "minimum": 0, "maximum": 99}}, ["column", "row"]),
    },
    ["code", "name"],
)  # fmt: skip


def load_sources(loading: Loading, items: list[dict[str, Any]]) -> None:
    """Sources are named within one file; `text` is the archived text beside it, which coordination reads."""
    known = {source.key: source for source in Source.objects.filter(scope=loading.scope)}
    for number, item in enumerate(items):
        path = f"sources[{number}]"
        if item["id"] in loading.sources:
            loading.problem(f"{path}.id", _("The identifier “%(key)s” stands twice.") % {"key": item["id"]})
            continue
        source = known.get(item["id"])
        before = _source(source) if source else None
        source = source or Source(scope=loading.scope, key=item["id"])
        source.language = item.get("language", "")
        source.date = date(loading, item.get("date"), f"{path}.date")
        source.title, source.publisher = text(item.get("title")), text(item.get("publisher"))
        source.url, source.note = item.get("url", ""), text(item.get("note"))
        source.text_path = item.get("text", "")
        if loading.note("sources", source, before, _source(source)):
            source.save()
        loading.sources[source.key] = source
        loading.records[("sources", source.key)] = source


def _source(source: Source) -> dict[str, Any]:
    names = ("key", "language", "date", "title", "publisher", "url", "note", "text_path")
    return plain({name: getattr(source, name) for name in names})


def export_source(source: Source) -> dict[str, Any]:
    return drop_empty(
        {
            "id": source.key, "language": source.language, "date": source.date.to_data() if source.date else None,
            "title": dict(source.title), "publisher": dict(source.publisher), "url": source.url,
            "note": dict(source.note), "text": source.text_path,
        }
    )  # fmt: skip


def load_organisations(loading: Loading, items: list[dict[str, Any]]) -> None:
    """Organisations are shared by all files. A file that names one again adds languages and spellings to it."""
    everyone: dict[str, Organisation] = {
        organisation.slug: organisation for organisation in Organisation.objects.select_related("source")
    }
    for slug, organisation in everyone.items():
        loading.records[("organisations", slug)] = organisation
    seen: set[str] = set()
    parents: list[tuple[Organisation, str, str]] = []
    for number, item in enumerate(items):
        path = f"organisations[{number}]"
        slug = item.get("slug") or item.get("id") or ""
        if not slug:
            loading.problem(path, _("An organisation needs an identifier: id: …"))
            continue
        if slug in seen:
            loading.problem(f"{path}.id", _("The identifier “%(key)s” stands twice.") % {"key": slug})
            continue
        seen.add(slug)
        known = everyone.get(slug)
        before = picture(known) if known else None
        organisation = known or Organisation(slug=slug, origin=loading.scope)
        organisation.name = Localized({**organisation.name, **item["name"]})
        organisation.acronym = Localized({**organisation.acronym, **item.get("acronym", {})})
        organisation.aliases = sorted({*organisation.aliases, *item.get("aliases", [])})
        organisation.reference_language = organisation.reference_language or loading.reference_of(item["name"])
        for name in ("kind", "country", "iati", "url"):
            if item.get(name):
                setattr(organisation, name, item[name])
        if "accounts" in item:
            organisation.accounts = plain(item["accounts"])
        if "established" in item:
            organisation.established = date(loading, item["established"], f"{path}.established")
        if item.get("source"):
            source = loading.source(item, path)
            if organisation.source is None or organisation.source.scope == loading.scope:
                organisation.source = source  # of several files that name it, the first that gives a source keeps it
        after = picture(organisation)
        if before is not None and before != after:
            organisation.origin = loading.scope
        if loading.note("organisations", organisation, before, after):
            organisation.save()
        loading.records[("organisations", slug)] = organisation
        if item.get("parent"):
            parents.append((organisation, item["parent"], f"{path}.parent"))
    for organisation, slug, path in parents:
        parent = loading.find("organisations", slug, path)
        if parent and organisation.parent_id != parent.pk:
            before = {"parent": organisation.parent.slug if organisation.parent else None}
            organisation.parent = parent
            organisation.save()
            loading.done.append(
                journal.Done("people.change", organisation, journal.difference(before, {"parent": parent.slug}))
            )


def picture(organisation: Organisation) -> dict[str, Any]:
    names = (
        "slug",
        "kind",
        "name",
        "acronym",
        "aliases",
        "country",
        "iati",
        "url",
        "established",
        "accounts",
        "source",
    )
    return plain({name: getattr(organisation, name) for name in names})


def export_organisation(organisation: Organisation) -> dict[str, Any]:
    return drop_empty(
        {
            "id": organisation.slug, "kind": organisation.kind, "name": dict(organisation.name),
            "acronym": dict(organisation.acronym), "aliases": organisation.aliases, "country": organisation.country,
            "iati": organisation.iati, "url": organisation.url,
            "established": organisation.established.to_data() if organisation.established else None,
            "accounts": organisation.accounts,
            "parent": organisation.parent.slug if organisation.parent else None,
            "source": organisation.source.key if organisation.source else None,
        }
    )  # fmt: skip


class Places:
    """Finds the place that a file describes, or makes it; one query for a file of any length."""

    def __init__(self, loading: Loading) -> None:
        self.loading = loading
        self.regions = {region.code: region for region in Region.objects.all()}
        self.known = {_place_key(place): place for place in Place.objects.all()}
        self.new: list[Place] = []

    def get(self, item: dict[str, Any] | None, path: str) -> Place | None:
        if not item:
            return None
        code = item.get("region")
        if code and code not in self.regions and not code.startswith(STAND_IN):
            from tansiq.core.exchange import nearest

            near = nearest(code, self.regions) or sorted(self.regions)[:12]
            self.loading.problem(
                f"{path}.region",
                _("There is no region “%(code)s” in the country pack. It knows: %(known)s.")
                % {"code": code, "known": ", ".join(near)},
            )
            return None
        region = self.regions.get(code or "")
        if region and item.get("country", region.country) != region.country:
            self.loading.problem(
                f"{path}.region",
                _("The region “%(code)s” lies in %(right)s, not in %(given)s. Correct one of the two.")
                % {"code": code, "right": region.country, "given": item["country"]},
            )
        place = Place(
            name=text(item.get("name")), locality=text(item.get("locality")), region=self.regions.get(code or ""),
            country=item.get("country", ""),
        )  # fmt: skip
        key = _place_key(place)
        if key not in self.known:
            self.known[key] = place
            self.new.append(place)
        return self.known[key]

    def save(self) -> None:
        Place.objects.bulk_create(self.new, batch_size=500)
        self.new = []


def _place_key(place: Place) -> str:
    import json

    return json.dumps([place.name, place.locality, place.region_id, place.country], sort_keys=True, ensure_ascii=False)


def export_place(place: Place | None) -> dict[str, Any] | None:
    if place is None:
        return None
    return drop_empty(
        {
            "name": dict(place.name),
            "locality": dict(place.locality),
            "region": place.region_id,
            "country": place.country,
        }
    )


def load_regions(loading: Loading, items: list[dict[str, Any]]) -> None:
    country = loading.document.get("country", "")
    tiles: set[tuple] = set()
    codes: set[str] = set()
    for number, item in enumerate(items):
        tile = item.get("tile") or {}
        spot = (tile.get("column"), tile.get("row"))
        if tile and spot in tiles:
            loading.problem(f"regions[{number}].tile", _("Two regions stand on the same tile."))
        if item["code"] in codes:
            loading.problem(
                f"regions[{number}].code", _("The identifier “%(key)s” stands twice.") % {"key": item["code"]}
            )
        tiles.add(spot)
        codes.add(item["code"])
        Region.objects.update_or_create(
            code=item["code"],
            defaults={"country": country, "name": text(item["name"]), "column": spot[0], "row": spot[1]},
        )
    loading.counts["regions"] = [len(items), 0, 0]


def _keep(name: str) -> Any:
    def load(loading: Loading, value: Any) -> None:
        packs.keep(name, plain(value))

    return load


def load_body(loading: Loading, slug: str) -> None:
    if loading.find("organisations", slug, "body"):
        packs.keep("body", slug)


HOTLINE = obj({"number": {"type": "string"}, "name": TEXT, "scope": TEXT, "hours": TEXT, "source": {"type": "string"}}, ["number", "scope"])  # fmt: skip
register("pack", Section("sources", array(SOURCE), load_sources))
register("pack", Section("organisations", array(ORGANISATION), load_organisations))
register("pack", Section("body", {"type": "string"}, load_body))
register("pack", Section("body_short", TEXT, _keep("body_short")))
register("pack", Section("regions", array(REGION), load_regions))
register("pack", Section("region_disclaimer", TEXT, _keep("region_disclaimer")))
register("pack", Section("hotline", HOTLINE, _keep("hotline")))
register("pack", Section("emergency", array(HOTLINE), _keep("emergency")))
register(
    "pack",
    Section(
        "precedence",
        array(obj({"rank": {"type": "integer"}, "title": TEXT, "source": {"type": "string"}}, ["rank", "title"])),
        _keep("precedence"),
    ),
)
register("pack", Section("weekend", array({"enum": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]}), _keep("weekend")))  # fmt: skip
register(
    "programme",
    Section("sources", array(SOURCE), load_sources, lambda subject, out: [export_source(item) for item in out.sources]),
    Section("organisations", array(ORGANISATION), load_organisations, lambda subject, out: out.organisations()),
)
