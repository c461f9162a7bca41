"""Programme files and country packs: read with line numbers, checked against all schemas, loaded all or nothing.

`read` gives a `Document`; `load` and `load_pack` hand each section to the room that owns it, in one transaction;
`export` writes a programme back. Every error is collected, with its place and its remedy, before anything is refused.
"""

from __future__ import annotations

import copy
import datetime as dt
import functools
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import jsonschema_rs
import yaml
from babel import Locale
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator

from tansiq.config import workbook
from tansiq.config.shape import PROGRAMME, Document, schema
from tansiq.core import journal, packs, publication, shapes
from tansiq.core.errors import BadInput, Problem
from tansiq.core.exchange import SECTIONS, STAND_IN, URL, Loading, is_language, settle_claims
from tansiq.core.models import Entry
from tansiq.programme.exchange import load_head
from tansiq.programme.exporting import Exporting, export_head
from tansiq.programme.models import Programme
from tansiq.programme.shape import TIME

# Without these nothing else of a file can be judged.
FUNDAMENTAL = {
    "",
    "format",
    "slug",
    "reference_language",
    "title",
    "code",
    "languages",
    "country",
    "name",
    "time_zone",
    "sources",
    "organisations",
}
SIZE_LIMIT_BYTES = 30_000_000
DEPTH_LIMIT = 40


# --- reading --------------------------------------------------------------------------------------------------------


def read(path: Path) -> Document:
    """Read a `.yaml` or `.xlsx` file. Raises BadInput when it cannot be read at all."""
    name = path.name
    try:
        content = path.read_bytes() if path.stat().st_size <= SIZE_LIMIT_BYTES else None
    except OSError as error:
        raise BadInput(
            [Problem(str(path), "", _("This file cannot be read: %(why)s.") % {"why": error.strerror})]
        ) from error
    return read_bytes(content, name, path.parent, str(path))


def read_bytes(content: bytes | None, name: str, folder: Path | None = None, shown: str = "") -> Document:
    """The same from an upload; `content` is None when it is too large to be looked at."""
    shown = shown or name
    if content is None or len(content) > SIZE_LIMIT_BYTES:
        raise BadInput([Problem(shown, "", _("The file is larger than 30 MB. Split it into several files."))])
    if name.lower().endswith((".xlsx", ".xlsm", ".xls", ".ods")):
        return workbook.read(content, shown, folder)
    return _read_yaml(content, shown, folder)


def _read_yaml(content: bytes, name: str, folder: Path | None) -> Document:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        if content.startswith((b"\xff\xfe", b"\xfe\xff", b"PK", b"\xd0\xcf", b"%PDF")):
            message = _(
                "This is no text in UTF-8 but another kind of file (UTF-16, a workbook, a PDF). Save it as YAML in UTF-8, or give a workbook its ending .xlsx."
            )
            raise BadInput([Problem(f"{name}:1", "", message)]) from error
        message = _("The file is not UTF-8 (it may be Windows-1256). Save it as UTF-8 and load it again.")
        raise BadInput([Problem(f"{name}:{line}", "", message)]) from error
    document = Document(name, {}, {"": f"{name}:1"}, folder)
    try:
        document.data = _Tree(text, document).read()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = mark.line + 1 if mark else 1
        why = getattr(error, "problem", None) or str(error).splitlines()[0]
        message = _("This is not valid YAML: %(why)s. Look at the indentation and the quotes of this line.") % {
            "why": why
        }
        raise BadInput([Problem(f"{name}:{line}", "", message)]) from error
    if not isinstance(document.data, dict):
        raise BadInput([Problem(f"{name}:1", "", _("A file begins with keys such as format: and slug:."))])
    return document


_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?[0-9]+\.[0-9]+([eE][-+]?[0-9]+)?")
_RESOLVER = yaml.resolver.Resolver()
_OPENS_TYPED = frozenset(yaml.resolver.Resolver.yaml_implicit_resolvers)  # "" stands for the empty scalar


class _Tree:
    """Plain data and places from the parser's events, in one pass: PyYAML's nodes would cost more than the rest.

    Anchors and aliases (and with them entity bombs) are refused; nothing is ever unfolded.
    """

    def __init__(self, text: str, document: Document) -> None:
        self.events: Any = yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        self.document = document
        self.anchors: list[Problem] = []

    def read(self) -> Any:
        """The document's data, None where there is none. Raises BadInput, and YAMLError for what is not YAML."""
        data, begun = None, list[Any]()
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                begun.append(event.start_mark)
            elif isinstance(event, yaml.NodeEvent):
                data = self._value(event, "", 1)
        if self.anchors:
            raise BadInput(self.anchors)
        if len(begun) > 1:
            raise yaml.composer.ComposerError(None, None, "but found another document", begun[1])
        return data

    def _value(self, event: Any, path: str, depth: int) -> Any:
        """The value that begins with `event`; JSON values only."""
        line = event.start_mark.line + 1
        place = self.document.places[path] = f"{self.document.name}:{line}"
        if event.anchor is not None:
            message = _("Anchors (&) and aliases (*) are not allowed. Write the value out.")
            self.anchors.append(Problem(place, "", message))
            if len(self.anchors) == 20:
                raise BadInput(self.anchors)
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.AliasEvent):
            return None
        if depth > DEPTH_LIMIT:
            raise BadInput([Problem(place, "", _("The file nests too deeply."))])
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path, depth)
        items: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._value(event, f"{path}[{len(items)}]", depth + 1))
        return items

    def _mapping(self, path: str, depth: int) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            place = f"{self.document.name}:{event.start_mark.line + 1}"
            key = event.value if isinstance(event, yaml.ScalarEvent) else "?"
            here = f"{path}.{key}" if path else key
            self._value(event, here, depth + 1)
            if key in data:
                self.document.problems.append(Problem(place, here, _("This key stands twice. Keep one of them.")))
            data[key] = self._value(next(self.events), here, depth + 1)
            # The place of a value is the line of its key: that is where people look.
            self.document.places[here] = place
        return data


def _scalar(event: Any) -> Any:
    """Dates stay strings, and 09:30 or 010 or `no` are never turned into something else."""
    value, tag = event.value, event.tag
    if event.style in ("'", '"', "|", ">"):
        return value
    if tag is None or tag == "!":
        if value[:1] not in _OPENS_TYPED:
            return value
        tag = _RESOLVER.resolve(yaml.ScalarNode, value, event.implicit)
    if tag.endswith(":null"):
        return None
    if tag.endswith(":bool") and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if tag.endswith(":int") and _INTEGER.fullmatch(value):
        return int(value)
    if tag.endswith(":float") and _FLOAT.fullmatch(value):
        return float(value)
    return value


# --- checking -------------------------------------------------------------------------------------------------------


@functools.cache
def _fits(kind: str) -> Any:
    """Asks a hundred times faster than the validator that explains; most files that are loaded do fit."""
    return jsonschema_rs.validator_for(schema(kind))


def _check(document: Document, kind: str) -> tuple[list[Problem], dict[str, Any], set[str]]:
    """All that does not fit the shape; what is left of the file to look at further; the keys that are not usable.

    A wrong word or an unknown key is no reason to stay silent about the rest of its section: a stand-in takes its
    place for the look, and nothing is ever stored of it.
    """
    problems = list(document.problems)
    usable, unusable = document.data, set()
    if not _fits(kind).is_valid(document.data):
        usable = copy.deepcopy(document.data)
        validator = Draft202012Validator(schema(kind))
        for outer in validator.iter_errors(document.data):
            for error in shapes.nearest_errors(outer):
                problems += _problems(shapes.explain(error), document)
                _stand_in(error, usable)
        if not _fits(kind).is_valid(usable):
            left = validator.iter_errors(usable)
            unusable = {str(error.absolute_path[0]) if error.absolute_path else "" for error in left}
    _check_words(document.data, "", document, problems)
    _check_codes(document, problems)
    return problems, usable, unusable


def _problems(faults: list[shapes.Fault], document: Document) -> list[Problem]:
    return [Problem(_place(document, fault.path), fault.path, fault.message) for fault in faults]


def _stand_in(error: Any, data: Any) -> None:
    """Put something that fits in the place of what does not; take out keys that are not known."""
    way = list(error.absolute_path)
    if not way and error.validator != "additionalProperties":
        return  # the file as a whole: nothing can stand for it
    try:
        for part in way[:-1]:
            data = data[part]
        here = data[way[-1]] if way else data
        if error.validator == "additionalProperties":
            for key in set(here) - set(error.schema.get("properties", {})):
                del here[key]
        elif error.validator == "required":
            for key in error.validator_value:
                here.setdefault(key, _sample(error.schema["properties"][key]))
        else:
            data[way[-1]] = _sample(error.schema, str(way[-1]))
    except (LookupError, TypeError, AttributeError):
        return  # an earlier error of this place has replaced it already


def _sample(shape: dict[str, Any], name: str = "") -> Any:
    """A value that fits a shape and is nobody's: no record has its name, and no loader asks for one."""
    kind = shape.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if "anyOf" in shape:
        return _sample(shape["anyOf"][0], name)
    if "enum" in shape or "const" in shape:
        return shape["enum"][0] if "enum" in shape else shape["const"]
    if shape.get("title") == "text by language":
        return {"en": "…"}
    if shape.get("title") == "date":
        return "unknown"
    if kind == "object":
        return {key: _sample(shape["properties"][key]) for key in shape.get("required", ())}
    fixed = {
        URL["pattern"]: "https://x",
        "\\S": "…",
        "^[A-Z]{2}$": "XX",
        "^[A-Z]{3}$": "XXX",
        TIME["pattern"]: "23:59" if name == "end_time" else "00:00",
    }
    plain: dict[Any, Any] = {"integer": 1, "number": 1, "boolean": False, "array": []}
    return plain.get(kind, fixed.get(shape.get("pattern", ""), f"{STAND_IN}{next(_numbers)}"))


_numbers = itertools.count(1)


def _check_codes(document: Document, problems: list[Problem]) -> None:
    """The language and the time zone that the whole file stands in: a slip there would show only much later."""
    language, zone = document.data.get("reference_language"), document.data.get("time_zone")
    if isinstance(language, str) and not is_language(language):
        place = _place(document, "reference_language")
        problems.append(Problem(place, "reference_language", _no_language(language)))
    if isinstance(zone, str) and zone not in available_timezones():
        message = _("“%(zone)s” is not a time zone. Write one of the IANA list, such as Africa/Casablanca.")
        problems.append(Problem(_place(document, "time_zone"), "time_zone", message % {"zone": shapes.short(zone)}))


_ENGLISH = Locale("en")
# Invisible characters that turn the direction of a line round, and controls that no database and no XML takes.
_HIDDEN = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\u202a-\\u202e\\u2066-\\u2069]")


def _is_country(code: str) -> bool:
    return code in _ENGLISH.territories and code not in ("ZZ", "XA", "XB", "EU", "UN", "EZ", "QO")


def _place(document: Document, path: str) -> str:
    probe = path
    while probe and probe not in document.places:
        probe = probe[: max(probe.rfind("."), probe.rfind("["), 0)]
    return document.places.get(probe, document.name)


_TEXT_KEYS = {
    "title", "full_title", "summary", "name", "acronym", "text", "who", "words", "reading", "publisher", "note",
    "locality", "capacity", "legal_basis", "scope", "hours", "region_disclaimer", "terms",
}  # fmt: skip


def _check_words(value: Any, path: str, document: Document, problems: list[Problem]) -> None:
    """Codes that exist, and texts without characters that nobody sees.

    Keys of a text by language must be language codes: “arb” or “arabic” would never be shown to anyone.
    """
    if isinstance(value, list):
        are_texts = path == "occasions" or path.endswith(".channels")
        for index, item in enumerate(value):
            here = f"{path}[{index}]"
            if are_texts and isinstance(item, dict) and "text" not in item:
                _check_keys(item, here, document, problems)
            _check_words(item, here, document, problems)
    elif isinstance(value, dict):
        for key, item in value.items():
            here = f"{path}.{key}" if path else key
            if isinstance(item, str):
                message = _wrong_word(key, item, path)
                if message:
                    problems.append(Problem(_place(document, here), here, message))
                continue
            if key == "languages" and path and isinstance(item, list):
                wrong = [code for code in item if isinstance(code, str) and not is_language(code)]
                problems += [Problem(_place(document, here), here, _no_language(code)) for code in wrong]
            if key in _TEXT_KEYS and isinstance(item, dict) and all(isinstance(one, str) for one in item.values()):
                _check_keys(item, here, document, problems)
            _check_words(item, here, document, problems)


def _wrong_word(key: str, text: str, path: str) -> str:
    """What is wrong with one text under this key; "" when nothing is."""
    if _HIDDEN.search(text) and not path.startswith("trace["):
        return _("This text holds an invisible control character. Type it anew.")
    if key == "language" and not is_language(text):
        return _no_language(text)
    if key == "country" and re.fullmatch("[A-Z]{2}", text) and not _is_country(text):
        return _("There is no country “%(code)s” in ISO 3166. Write MA, NG or another.") % {"code": text}
    if key == "currency" and re.fullmatch("[A-Z]{3}", text) and text not in _ENGLISH.currencies:
        return _("There is no currency “%(code)s” in ISO 4217. Write EUR, MAD or another.") % {"code": text}
    return ""


def _check_keys(text: dict[str, Any], path: str, document: Document, problems: list[Problem]) -> None:
    for code in text:
        if not is_language(code):
            here = f"{path}.{code}"
            problems.append(Problem(_place(document, here), here, _no_language(code)))


def _no_language(code: str) -> str:
    return _("“%(code)s” is not a language code. Write ar, fr, en or another of CLDR.") % {"code": code}


# --- loading --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Loaded:
    """counts  section -> [new, changed, unchanged];  written  the entries that the journal got"""

    slug: str
    counts: dict[str, list[int]]
    written: list[Entry]

    @property
    def entries(self) -> int:
        return len(self.written)

    @property
    def changes(self) -> int:
        return sum(new + changed for new, changed, _same in self.counts.values())


class _DryRun(Exception):
    pass


def load(document: Document, *, by: journal.Actor, now: dt.datetime, dry_run: bool = False) -> Loaded:
    """Load one programme file, all or nothing. Raises BadInput with every problem; then nothing is stored."""
    return _load(document, "programme", by=by, now=now, dry_run=dry_run)


def load_pack(document: Document, *, by: journal.Actor, now: dt.datetime) -> Loaded:
    """Load a country pack into the database; its languages come into force at the next start."""
    return _load(document, "pack", by=by, now=now, dry_run=False)


def _load(document: Document, kind: str, *, by: journal.Actor, now: dt.datetime, dry_run: bool) -> Loaded:
    problems, data, unusable = _check(document, kind)
    key = data.get("slug" if kind == "programme" else "code")
    if unusable & FUNDAMENTAL:
        raise BadInput(_sorted(problems))
    data = {name: value for name, value in data.items() if name not in unusable}
    loading = Loading(
        document=data, places=document.places, scope=f"{kind}:{key}", by=by, now=now, folder=document.folder,
        language=data.get("reference_language") or (data["languages"][0]["code"] if kind == "pack" else ""),
    )  # fmt: skip
    loading.problems.extend(problems)
    loading.unusable = unusable
    entries: list[Entry] = []
    is_done = False
    try:
        with transaction.atomic():
            sections = {section.name: section for section in SECTIONS[kind]}
            early = ("sources", "organisations")
            for name in early:
                sections[name].load(loading, data.get(name, []))
            if kind == "programme":
                load_head(loading, data)
            else:
                _keep_pack_head(data)
            for name, section in sections.items():
                if section.before:
                    section.before(loading)
                # A section that does not fit its shape is not read further; the others still say what is wrong.
                if name not in early and name in data and not (unusable and name == "trace"):
                    section.load(loading, data[name])
            for load_late in loading.later:
                load_late()
            if not unusable:
                settle_claims(loading)
            if loading.problems:
                raise BadInput(_sorted(loading.problems))
            entries = journal.record_all(loading.done, by=by, now=now)
            if kind == "pack":
                transaction.on_commit(publication.bump)  # the hotline stands on every page
            if dry_run:
                raise _DryRun
        is_done = True
    except _DryRun:
        entries = []
    finally:
        if not is_done:
            for name in loading.stored:
                default_storage.delete(name)
    return Loaded(str(key), loading.counts, entries)


def _sorted(problems: list[Problem]) -> list[Problem]:
    def key(problem: Problem) -> tuple:
        head, _colon, line = problem.place.rpartition(":")
        return (head, int(line)) if line.isdigit() else (problem.place, 0)

    return sorted(dict.fromkeys(problems), key=key)


def _keep_pack_head(data: dict[str, Any]) -> None:
    for name in ("code", "country", "name", "time_zone", "currency", "languages"):
        if data.get(name) is not None:
            packs.keep(name, data[name])


# --- writing --------------------------------------------------------------------------------------------------------


def export(
    programme: Programme, may: Callable[[str], bool] = lambda permission: True, *, out: Exporting | None = None
) -> dict[str, Any]:
    """The programme as plain data in the shape of a programme file; `load` of it changes nothing.

    may  whether a permission is held; a section that needs one that is not is left out
    out  of an archive, which takes the files along that only it holds
    """
    out = out or Exporting(programme)
    head = {"format": PROGRAMME, **export_head(programme, out)}
    sections = {}
    for section in reversed(SECTIONS["programme"]):  # organisations last: they are those that the others use
        is_seen = section.export and (not section.permission or may(section.permission))
        is_seen = is_seen and (out.files is not None or not section.is_archive)
        value = section.export(programme, out) if is_seen and section.export else None
        if value:
            sections[section.name] = value
    data = {
        **head,
        **{section.name: sections[section.name] for section in SECTIONS["programme"] if section.name in sections},
    }
    for section in SECTIONS["programme"]:
        if section.prune and section.name in data:
            data[section.name] = section.prune(data[section.name], data)
    return {name: value for name, value in data.items() if value != []}


def archive_sections() -> set[str]:
    return {section.name for section in SECTIONS["programme"] if section.is_archive}


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.ignore_aliases = lambda self, data: True  # type: ignore[method-assign]


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    # A text that this reader or any YAML 1.1 reader would take for a date or a number is quoted.
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def to_yaml(data: dict[str, Any]) -> str:
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


def source_texts(programme: Programme) -> dict[str, str]:
    """The archived texts that a programme file names, by their path beside it."""
    rows = programme.source_texts.select_related("source").exclude(source__text_path="")
    return {row.source.text_path: row.text for row in rows}
