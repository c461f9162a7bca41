"""The right-hand side of the source page: every value of the records with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tansiq.coordination.exchange import key_of
from tansiq.coordination.sources import Label, Labels, leaves
from tansiq.core import dates, language
from tansiq.core.dates import PartialDate
from tansiq.core.exchange import SECTIONS, is_language
from tansiq.core.localized import Localized
from tansiq.people.models import Organisation
from tansiq.programme.exporting import Exporting, export_head
from tansiq.programme.models import Activity, Programme, Role
from tansiq.public.rail import CLAIM_NAMES
from tansiq.public.templatetags.tansiq import claimed, country, how_many

FIELDS = {
    "title": _("title"), "full_title": _("full title"), "summary": _("summary"), "period": _("period"),
    "occasions": _("occasions"), "frameworks": _("strategies and laws"), "themes": _("themes and slogans"),
    "involved": _("organisations"), "when": _("when"), "where": _("place"), "audience": _("who takes part"),
    "state": _("state"), "kind": _("kind"), "mode": _("mode"), "project": _("project"), "claims": _("attributed data"),
    "amount": _("amount"), "shares": _("shares by country"), "ids": _("official identifiers"), "country": _("country"),
    "channels": _("channels"), "sites": _("sites"), "hand_overs": _("handed over"), "purpose": _("purpose"),
    "name": _("name"), "accounts": _("accounts on social networks"), "agenda": _("agenda"), "notes": _("notes"),
    "date": _("date"), "publisher": _("publisher"), "text": _("archived text"), "signatory": _("signatory"),
    "through": _("through"), "acronym": _("acronym"), "announcements": _("announcements made"), "time_zone": _("time zone"),
    "stops": _("stops"), "undertakings": _("undertakings"), "photography": _("photography"), "note": _("note"),
    "number": _("number"), "url": _("web address"), "sites_number": _("number of sites"), "signed": _("signed on"),
    "languages": _("languages"), "parent": _("part of"), "organisation": _("organisation"), "aliases": _("other spellings"),
}  # fmt: skip
# Structure that says nothing to a reader of this page.
HIDDEN = {
    "slug",
    "id",
    "format",
    "reference_language",
    "activities",
    "published",
    "source",
    "language",
    "activity",
    "of",
    "material",
}
SECTION_NAMES = {
    "projects": _("Project"), "activities": _("Activity"), "instruments": _("Instrument"), "commitments": _("Commitment"),
    "materials": _("Material"), "visits": _("Visit"), "sources": _("Source"), "organisations": _("Organisation"),
}  # fmt: skip


@dataclass
class Value:
    """One value of a record in words, with its label; `anchor` is where a span of the text points."""

    name: Any
    text: Any
    label: Label | None
    translated: bool
    path: str
    anchors: list[Any] = field(default_factory=list)


@dataclass
class Shown:
    title: Any
    section: Any
    anchor: str
    values: list[Value] = field(default_factory=list)


@dataclass
class Page:
    """anchored  the spans that a value of these records was read from: only they can be opened"""

    records: list[Shown]
    anchored: set[Any]


def page(programme: Programme, activity: Activity | None) -> Page:
    """All records of a programme, or one activity with what hangs on it."""
    out = Exporting(programme)
    document: dict[str, Any] = export_head(programme, out)
    for section in reversed(SECTIONS["programme"]):
        if section.export and section.name != "trace" and not section.permission:
            document[section.name] = section.export(programme, out) or []
    labels = Labels(programme)
    names = {row.slug: row for row in Organisation.objects.all()}
    records: list[Shown] = []
    if activity is None:
        head = {key: value for key, value in document.items() if key not in SECTION_NAMES}
        records.append(_record(programme.title, _("Programme"), "programme", "", head, labels, names))
    for section_name in (
        "activities",
        "visits",
        "materials",
        "commitments",
        "instruments",
        "projects",
        "organisations",
        "sources",
    ):
        for index, item in enumerate(_flat(document.get(section_name, []), section_name)):
            key = key_of(item, index)
            if activity is not None and not _concerns(section_name, item, activity):
                continue
            title = item.get("title") or item.get("name") or {}
            shown_title: Any = Localized(title) if title else names.get(key) or key
            if section_name == "visits":
                shown_title = Localized(
                    next(one["title"] for one in _flat(document["activities"], "activities") if one["slug"] == key)
                )
            records.append(
                _record(
                    shown_title,
                    SECTION_NAMES[section_name],
                    f"{section_name}-{key}",
                    f"{section_name}.{key}",
                    item,
                    labels,
                    names,
                )
            )
    return Page(records, _anchor(records, labels))


def _anchor(records: list[Shown], labels: Labels) -> set[Any]:
    """Each span of the text leads to the first value that was read from it; returns the spans that lead somewhere."""
    seen: set[Any] = set()
    values = [value for record in records for value in record.values]
    for value in values:
        for span in value.label.spans if value.label else ():
            if span.pk not in seen:
                seen.add(span.pk)
                value.anchors.append(span.pk)
    # A heading of the text ("follow us on:") stands for a list whose items have words of their own.
    for path, label in labels.by_path.items():
        for span in label.spans:
            nearest = next((value for value in values if _is_near(value.path, path)), None)
            if span.pk not in seen and nearest:
                seen.add(span.pk)
                nearest.anchors.append(span.pk)
                own = nearest.label.spans if nearest.label else ()
                nearest.label = Label("span", label.source, (*own, span))
    return seen


def _is_near(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _flat(items: list[dict], section: str) -> list[dict]:
    if section != "activities":
        return items
    flat: list[dict] = []
    for item in items:
        flat += [item, *_flat(item.get("activities", []), section)]
    return flat


def _concerns(section: str, item: dict, activity: Activity) -> bool:
    if section == "activities":
        return item["slug"] == activity.slug
    if section in ("visits", "commitments"):
        return item.get("activity") == activity.slug
    if section == "materials":
        return activity.slug in item.get("activities", [])
    return section == "projects" and activity.project is not None and item["slug"] == activity.project.slug


def _record(title: Any, section: Any, anchor: str, path: str, item: dict, labels: Labels, names: dict) -> Shown:
    shown = Shown(title, section, anchor)
    for key, value in item.items():
        if key in HIDDEN:
            continue
        here = f"{path}.{key}" if path else key
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for index, one in enumerate(value):
                shown.values.append(
                    _value(key, one, f"{here}.{key_of(one, index)}", one.get("source", ""), labels, names)
                )
        else:
            shown.values.append(_value(key, value, here, item.get("source", ""), labels, names))
    return shown


def _value(key: str, value: Any, path: str, source: str, labels: Labels, names: dict) -> Value:
    if isinstance(value, dict) and value.keys() == {"text"}:
        value = value["text"]
    code = get_language() or ""
    own = labels.of(f"{path}.{code}", source) if isinstance(value, dict) and _is_text(value) and code in value else None
    translated = own is not None and own.origin == "translation"
    label = labels.of(path, source)
    if label is None:  # the value's parts are labelled one by one: show the first of them
        below = [labels.of(leaf, leaf_source or source) for leaf, _v, leaf_source in leaves(value, path, source)]
        label = next((one for one in below if one and one.origin != "classification"), below[0] if below else None)
    return Value(FIELDS.get(key, key), describe(key, value, names), label, translated, path)


def _is_text(value: dict) -> bool:
    return (
        bool(value)
        and all(isinstance(item, str) for item in value.values())
        and all(is_language(code) for code in value)
    )


def describe(key: str, value: Any, names: dict) -> Any:
    """A value of a programme file in the reader's words."""
    if isinstance(value, dict):
        if _is_text(value):
            return Localized(value)
        if "role" in value and "organisation" in value and "who" not in value:
            words = Localized(value["words"]) if value.get("words") else Role(value["role"]).label
            return f"{words} {names.get(value['organisation'], value['organisation'])}"
        if "who" in value:
            number = how_many(value)
            return f"{number} {Localized(value['who'])}".strip()
        if "of" in value and "value" in value:
            reading = Localized(value.get("reading", {}))
            claim = SimpleNamespace(of=value["of"], value=value["value"])
            text = f"{CLAIM_NAMES.get(claim.of, claim.of)}: {claimed(claim)}"
            return f"{text} ({reading})" if reading else text
        if "percent" in value:
            return f"{country(value['country'])} {language.percent(value['percent'], dates.locale_of())}"
        if "currency" in value:
            return language.money_short(Decimal(str(value["value"])), value["currency"], dates.locale_of())
        if set(value) == {"from", "to"}:
            return dates.write(PartialDate.parse(value))
        if "handle" in value:
            return f"{value['network']}: {value['handle']}"
        if "text" in value:
            return Localized(value["text"])
        if "material" in value:
            return value["material"]
        parts = [
            describe(name, item, names)
            for name, item in value.items()
            if name not in ("kind", "country", "region", "example", "source", "cares_for_victims")
        ]
        return " · ".join(str(part) for part in parts if part)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if key == "kind" or key == "state" or key == "mode" or key == "part":
        choices = {
            str(code): label
            for enum in (Activity.Kind, Activity.State, Activity.Mode, Activity.Part)
            for code, label in enum.choices
        }
        return choices.get(str(value), value)
    if value == "unknown":
        return _("not stated")
    if key in ("date", "period", "within", "signed", "established"):
        return dates.write(PartialDate.parse(value))
    if isinstance(value, list):
        return language.join([str(describe(key, item, names)) for item in value], get_language() or "en")
    return names.get(value, value) if isinstance(value, str) else str(value)
