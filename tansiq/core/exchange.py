"""How a file becomes records and records a file: each room owns sections and registers them here.

A programme file and a country pack are documents of named sections. `config.files` reads the document, checks it
against the schemas of all sections, runs their loaders in order inside one transaction, and gives up whole when
there is one problem. A loader never sees another room's section; what it needs from below it asks of `Loading`.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel import localedata
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from tansiq.core import journal
from tansiq.core.dates import PartialDate
from tansiq.core.errors import Problem
from tansiq.core.localized import Localized
from tansiq.core.models import Claim, Record, Source

# What takes the place of an identifier that could not be read, so that the rest can still be looked at.
# Nobody can write one into a file: an identifier that is merely unknown must be named, not passed over.
STAND_IN = f"stand-in-{secrets.token_hex(8)}-"


@dataclass
class Loading:
    """One file on its way in.

    document  the plain data;  places  path -> "FILE:LINE";  scope  "programme:slug" or "pack:code"
    records   ("activities", "ceremony") -> the record, so that what is above can point at it
    unusable  sections that do not fit their shape: they were reported, and are not looked at further
    stored    names of files that this load put into the storage
    later     what a section can do only when all others are loaded
    """

    document: dict[str, Any]
    places: dict[str, str]
    scope: str
    language: str
    by: journal.Actor
    now: dt.datetime
    folder: Any = None
    records: dict[tuple[str, str], Record] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    done: list[journal.Done] = field(default_factory=list)
    counts: dict[str, list[int]] = field(default_factory=dict)
    claims: list[tuple[Record, list[dict], str]] = field(default_factory=list)
    unusable: set[str] = field(default_factory=set)
    stored: list[str] = field(default_factory=list)
    later: list[Callable[[], None]] = field(default_factory=list)

    def beside(self, name: str) -> Path | None:
        """Where a file lies, or would lie, in the folder of this one or below it; None outside of it."""
        if self.folder is None:
            return None
        folder = Path(self.folder).resolve()
        file = (folder / name).resolve()
        return file if folder in file.parents else None

    def attached(self, name: str, path: str) -> bytes | None:
        """The content of a file that lies beside this one; a problem at `path` where there is none."""
        file = self.beside(name)
        if file is None or not file.is_file():
            self.problem(path, _("There is no file “%(name)s” beside this one.") % {"name": name})
            return None
        return file.read_bytes()

    def keep(self, name: str, content: bytes) -> str:
        """Put a file into the storage; it goes again where the load is given up. Returns the name that it got."""
        stored = default_storage.save(name, ContentFile(content))
        self.stored.append(stored)
        return stored

    def problem(self, path: str, message: str) -> None:
        probe = path
        while probe and probe not in self.places:
            probe = probe[: max(probe.rfind("."), probe.rfind("["), 0)]
        self.problems.append(Problem(self.places.get(probe, self.places.get("", "")), path, message))

    def find(self, section: str, key: str, path: str) -> Any:
        """A record named in this file or known before; a problem with the nearest names where there is none."""
        record = self.records.get((section, key))
        if record is None and section not in self.unusable and not key.startswith(STAND_IN):  # else it may stand there
            known = [one for name, one in self.records if name == section and not one.startswith(STAND_IN)]
            near = nearest(key, known)
            self.problem(path, _unknown(section, key, near))
        return record

    def source(self, item: dict[str, Any], path: str) -> Source | None:
        key = item.get("source")
        if not key:
            return None
        if key not in self.sources and not key.startswith(STAND_IN):
            self.problem(f"{path}.source", _unknown("sources", key, nearest(key, self.sources)))
        return self.sources.get(key)

    def reference_of(self, text: dict[str, str]) -> str:
        """The row's reference language: the file's, or the first that the text has where it lacks that one."""
        return self.language if text.get(self.language) else next(iter(text), self.language)

    def note(self, section: str, record: Record, before: dict | None, after: dict) -> bool:
        """Remember for the journal that a record is new or changed; returns whether it is."""
        tally = self.counts.setdefault(section, [0, 0, 0])
        if before == after:
            tally[2] += 1
            return False
        tally[0 if before is None else 1] += 1
        verb = f"{record._meta.app_label}.{'create' if before is None else 'change'}"
        self.done.append(journal.Done(verb, record, journal.difference(before or {}, after)))
        return True


@dataclass(frozen=True)
class Section:
    """name    the key in the file
    schema   JSON Schema of its value
    load     (loading, value) -> None; problems are added to `loading`
    export   (subject, Exporting) -> value, or None when there is nothing to say
    before   (loading) -> None: what the room does before the section, and also for a file without it
    permission  what one must hold to see it; "" for what a published programme shows to everyone
    is_archive  only an archive holds it: it names files that lie beside the programme file
    prune    (value, the whole file) -> value without what points at something that the file does not hold
    """

    name: str
    schema: dict[str, Any]
    load: Callable[[Loading, Any], None]
    export: Callable[[Any, Any], Any] | None = None
    before: Callable[[Loading], None] | None = None
    permission: str = ""
    is_archive: bool = False
    prune: Callable[[Any, dict[str, Any]], Any] | None = None


SECTIONS: dict[str, list[Section]] = {"programme": [], "pack": []}


def register(document: str, *sections: Section) -> None:
    """Called from `AppConfig.ready`: apps are listed from the floor up, so sections load in layer order."""
    known = {section.name for section in SECTIONS[document]}
    SECTIONS[document].extend(section for section in sections if section.name not in known)


def nearest(key: str, known: Any) -> list[str]:
    import difflib

    return difflib.get_close_matches(str(key), [str(item) for item in known], n=3, cutoff=0.5)


def _unknown(section: str, key: str, near: list[str]) -> str:
    message = _("There is no %(kind)s “%(key)s”.") % {"kind": _kind_name(section), "key": key}
    if near:
        return message + " " + _("Did you mean %(near)s?") % {"near": ", ".join(near)}
    return message + " " + _("Add it to this file, or write an identifier that is known.")


def _kind_name(section: str) -> str:
    from django.utils.translation import pgettext

    return {
        "organisations": pgettext("kind", "organisation"),
        "sources": pgettext("kind", "source"),
        "activities": pgettext("kind", "activity"),
        "projects": pgettext("kind", "project"),
        "regions": pgettext("kind", "region"),
        "materials": pgettext("kind", "material"),
        "commitments": pgettext("kind", "commitment"),
        "instruments": pgettext("kind", "instrument"),
        "functions": pgettext("kind", "function"),
        "tasks": pgettext("kind", "task"),
    }.get(section, section)


# Shapes that every room uses in its schemas.
SLUG: dict[str, Any] = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": 80}
TEXT = {
    "type": "object",
    "title": "text by language",
    "minProperties": 1,
    "additionalProperties": {"type": "string", "pattern": "\\S"},
}
# Words that say something: of blanks alone there is nothing to show.
NUMBER = {"type": "integer", "minimum": 0, "maximum": 2_000_000_000}
URL = {"type": "string", "pattern": "^https?://[^\\s/]+\\S*$", "maxLength": 500}
DATE = {"title": "date", "type": ["string", "integer", "object"]}
COUNTRY = {"type": "string", "pattern": "^[A-Z]{2}$"}
# What a source may say: words, a number, a range of dates, an amount, or words by language.
CLAIMED = {
    "title": "claimed value",
    "anyOf": [
        {"type": "string", "pattern": "\\S"},
        {"type": ["integer", "number", "boolean"]},
        {
            "type": "object", "required": ["from", "to"], "additionalProperties": False,
            "properties": {"from": {"type": ["string", "integer"]}, "to": {"type": ["string", "integer"]}},
        },
        {
            "type": "object", "required": ["value", "currency"], "additionalProperties": False,
            "properties": {
                "value": {"type": "number", "minimum": 0, "maximum": 10**15},
                "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
            },
        },
        {**TEXT, "propertyNames": {"not": {"enum": ["from", "to", "value", "currency"]}}},
    ],
}  # fmt: skip
CLAIMS: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["of", "value", "source"],
        "additionalProperties": False,
        "properties": {
            "of": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "maxLength": 40},
            "value": CLAIMED,
            "reading": TEXT,
            "source": {"type": "string"},
        },
    },
}


def obj(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required or [],
        "additionalProperties": False,
    }


def array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def is_language(code: str) -> bool:
    """Is this a language code that CLDR knows ("ar", "fr", "zgh", "zh-Hant"), not a name or a three-letter slip?

    A code with a country ("ar-MA") is one only where the site offers just that: a reader of "ar" would never see it.
    """
    plain_code = re.fullmatch("[a-z]{2,3}([-_][A-Z][a-z]{3})?", code) and code != "root"
    return bool((plain_code and localedata.exists(code.replace("-", "_"))) or code in dict(settings.LANGUAGES))


def text(value: dict[str, str] | None) -> Localized:
    return Localized(value or {})


def date(loading: Loading, value: Any, path: str) -> PartialDate:
    """A PartialDate, or a problem at `path` and an unknown date."""
    try:
        return PartialDate.parse(value)
    except ValueError as error:
        loading.problem(path, str(error))
        return PartialDate()


def plain(value: Any) -> Any:
    """A JSON value for the journal and for comparison."""
    if isinstance(value, PartialDate):
        return value.edtf
    if isinstance(value, dt.datetime) and value.tzinfo:
        return value.astimezone(dt.UTC).isoformat()  # one instant is one text, in whichever zone it was typed
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in sorted(value.items())}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Record):
        return getattr(value, "slug", None) or getattr(value, "key", None) or str(value.pk)
    return value


def drop_empty(data: dict[str, Any]) -> dict[str, Any]:
    """Without the keys that say nothing; where a source is silent the file is silent. False and 0 say something."""
    return {
        key: value for key, value in data.items() if value is not None and value != "" and value != [] and value != {}
    }


def settle_claims(loading: Loading) -> None:
    """Put the claims that the loaders left in `loading.claims`; those that the file no longer holds are withdrawn."""
    existing: dict[tuple, Claim] = {}
    by_id = {record.pk: record for record, _items, _path in loading.claims}
    for claim in Claim.objects.filter(subject_id__in=by_id) if len(by_id) < 500 else Claim.objects.all():
        if claim.subject_id in by_id:
            existing[(claim.subject_id, claim.of, _stable(claim.value), _stable(claim.reading), claim.source_id)] = (
                claim
            )
    new = []
    for record, items, path in loading.claims:
        for number, item in enumerate(items):
            source = loading.source(item, f"{path}[{number}]")
            if source is None:
                continue
            value, reading = plain(item["value"]), text(item.get("reading"))
            if isinstance(value, dict) and set(value) == {"from", "to"}:
                date(loading, value, f"{path}[{number}].value")
            found = existing.pop((record.pk, item["of"], _stable(value), _stable(reading), source.pk), None)
            if found:
                if found.position != number:
                    found.position = number
                    found.save(update_fields=["position"])
                continue
            claim = Claim(
                subject_kind=record.kind_of_record, subject_id=record.pk, of=item["of"], value=value, reading=reading,
                source=source, entered_at=loading.now, entered_by=loading.by.label, position=number,
            )  # fmt: skip
            new.append(claim)
            loading.note("claims", claim, None, {"of": item["of"], "value": value, "source": source.key})
    Claim.objects.bulk_create(new, batch_size=500)
    for claim in existing.values():
        loading.note("claims", claim, {"of": claim.of, "value": claim.value}, {"of": claim.of, "value": None})
    Claim.objects.filter(pk__in=[claim.pk for claim in existing.values()]).delete()


def _stable(value: Any) -> str:
    import json

    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def export_claims(claims: list[Claim]) -> list[dict[str, Any]]:
    return [
        drop_empty({"of": claim.of, "value": claim.value, "reading": dict(claim.reading), "source": claim.source.key})
        for claim in claims
    ]
