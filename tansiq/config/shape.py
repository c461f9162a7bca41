"""The shape of programme files and packs: one JSON Schema from all rooms, and a document with its places."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from tansiq.core.errors import Problem
from tansiq.core.exchange import SECTIONS, obj
from tansiq.programme.shape import ACTIVITY, HEAD

PROGRAMME, PACK = "tansiq/programme/1", "tansiq/pack/1"
PACK_HEAD = obj(
    {
        "format": {"const": PACK}, "code": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"},
        "country": {"type": "string", "pattern": "^[A-Z]{2}$"}, "name": {"type": "object"},
        "time_zone": {"type": "string"}, "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "languages": {
            "type": "array", "minItems": 1,
            "items": obj({"code": {"type": "string"}, "locale": {"type": "string"}, "name": {"type": "string"}}, ["code", "name"]),
        },
    },
    ["format", "code", "country", "name", "time_zone", "languages"],
)  # fmt: skip


def counted_names(counts: dict[str, Any]) -> list[tuple[str, Any]]:
    """What was counted by section, with the section's name in the reader's language."""
    names = {
        "activities": _("activities"), "approvals": _("approvals"), "claims": _("values from sources"),
        "commitments": _("commitments"), "documents": _("documents"), "functions": _("functions"),
        "instruments": _("campaigns and instruments"), "involved": _("who does what"),
        "issues of runs of show": _("issues of runs of show"), "letters": _("letters"), "materials": _("materials"),
        "organisations": _("organisations"), "programme": _("programme"), "projects": _("projects"),
        "runs of show": _("runs of show"), "source texts": _("source texts"), "sources": _("sources"),
        "task evidence": _("what shows that tasks are done"), "tasks": _("tasks"),
        "texts of documents": _("texts of documents"), "trace": _("source trace"), "undertakings": _("undertakings"),
        "visits": _("visits"),
    }  # fmt: skip
    return [(names.get(name, name), value) for name, value in counts.items()]


@dataclass
class Document:
    """Plain data with the place of every value: `places["activities[1].when"] == "programme.yaml:12"`."""

    name: str
    data: dict[str, Any]
    places: dict[str, str]
    folder: Path | None = None
    problems: list[Problem] = field(default_factory=list)


def schema(kind: str, *, is_archive: bool = True) -> dict[str, Any]:
    """The JSON Schema of a programme file ("programme") or of a country pack ("pack"), made from all rooms.

    is_archive  with the sections that only an archive holds
    """
    sections = {section.name: section.schema for section in SECTIONS[kind] if is_archive or not section.is_archive}
    if kind == "pack":
        whole = {**PACK_HEAD, "properties": {**PACK_HEAD["properties"], **sections}}
    else:
        head = {"format": {"const": PROGRAMME}, **HEAD}
        whole = obj({**head, **sections}, ["format", "slug", "reference_language", "title", "period"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tansiq programme file" if kind == "programme" else "Tansiq country pack",
        **whole,
        "$defs": {"activity": ACTIVITY},
    }
