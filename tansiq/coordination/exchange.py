"""The section `trace` of a programme file, and the archived texts of its sources.

trace:
  - {source: release-ar, quote: "يوم 27 يوليو 2020", of: [activities.ceremony.when], as_read: "..."}   # a span
  - {origin: source, source: press-fr, of: [activities.seminar.claims]}                              # named elsewhere
  - {origin: fictional, of: [...]}                                                                   # for trying out
A path covers all values below it. `occurrence` chooses among equal quotes (1 is the first).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Any

from django.utils.translation import gettext as _

from tansiq.coordination.models import SourceText, Span, Trace
from tansiq.core.exchange import Loading, Section, array, drop_empty, obj, register
from tansiq.programme.exchange import programme_of
from tansiq.programme.exporting import Exporting
from tansiq.programme.models import Programme

_STR = {"type": "string"}
TRACE = obj(
    {
        "source": _STR, "quote": _STR, "occurrence": {"type": "integer", "minimum": 1}, "as_read": _STR,
        "origin": {"enum": [origin.value for origin in Trace.Origin if origin != "span"]}, "of": array(_STR),
    },
    ["of"],
)  # fmt: skip
TEXT_LIMIT_BYTES = 2_000_000


def load_trace(loading: Loading, items: list[dict[str, Any]]) -> None:
    programme = programme_of(loading)
    texts = {row.source.key: row for row in programme.source_texts.select_related("source")}
    wanted: list[tuple] = []
    for number, item in enumerate(items):
        path = f"trace[{number}]"
        for index, target in enumerate(item["of"]):
            if not _exists(loading.document, target):
                loading.problem(f"{path}.of[{index}]", _("This file holds no value at “%(path)s”.") % {"path": target})
        source = loading.source(item, path)
        if "quote" not in item:
            origin = item.get("origin") or ("source" if source else "")
            if not origin or (origin == "source" and source is None):
                loading.problem(path, _("Say where the values come from: quote with source, or origin."))
            wanted.append((item["of"], origin, None, source))
            continue
        text = texts.get(item.get("source", ""))
        if text is None:
            loading.problem(path, _("A quote needs a source of this file that has its text archived."))
            continue
        places = occurrences(text.text, unicodedata.normalize("NFC", item["quote"]))
        turn = item.get("occurrence", 1)
        if len(places) < turn:
            loading.problem(
                f"{path}.quote", _("The source text does not hold these words. Copy them as they are printed.")
            )
            continue
        start, end = places[turn - 1]
        wanted.append((item["of"], "span", (text, start, end, item.get("as_read", "")), None))
    after = [
        {
            "of": of,
            "origin": origin,
            "at": [span[1], span[2], span[3]] if span else None,
            "source": source and source.key,
        }
        for of, origin, span, source in wanted
    ]
    stored = [
        {"of": here, "origin": origin, "at": at, "source": key}
        for of, origin, at, key in _stored(programme)
        if (here := [path for path in of if _exists(loading.document, path)])
    ]
    if stored == after or loading.problems:
        loading.counts["trace"] = [0, 0, len(after)]
        return
    Span.objects.filter(text__programme=programme).delete()
    Trace.objects.filter(programme=programme).delete()
    traces = []
    for group, (of, origin, span, source) in enumerate(wanted):
        made = Span.objects.create(text=span[0], start=span[1], end=span[2], as_read=span[3]) if span else None
        traces += [
            Trace(programme=programme, group=group, path=one, origin=origin, span=made, source=source) for one in of
        ]
    for position, trace in enumerate(traces):
        trace.position = position
    Trace.objects.bulk_create(traces, batch_size=500)
    loading.note("trace", programme, {"trace": len(stored)}, {"trace": len(after), "changed": True})


def load_texts(loading: Loading) -> None:
    """The archived texts that `sources` names, read from beside the file, with a trace or without; NFC, UTF-8 only."""
    programme = programme_of(loading)
    texts = {row.source.key: row for row in programme.source_texts.select_related("source")}
    for number, item in enumerate(loading.document.get("sources", [])):
        if not item.get("text") or item["id"] not in loading.sources:
            continue
        path = f"sources[{number}].text"
        content = _read(loading, item["text"], path)
        if content is None:
            continue
        row = texts.get(item["id"]) or SourceText(programme=programme, source=loading.sources[item["id"]])
        before = None if row._state.adding else {"sha256": _hash(row.text)}
        row.text = content
        if loading.note("source texts", row, before, {"sha256": _hash(content)}):
            row.save()


def _read(loading: Loading, name: str, path: str) -> str | None:
    """A text file beside the programme file; never one outside its folder."""
    archived = SourceText.objects.filter(source__text_path=name, programme=programme_of(loading)).first()
    if loading.folder is None:
        if archived is None:
            loading.problem(path, _("There is no file “%(name)s” beside this one.") % {"name": name})
        return archived.text if archived else None
    file = loading.beside(name)
    if file is None:
        loading.problem(path, _("The text must lie in the folder of this file, or below it."))
        return None
    if not file.is_file():
        if archived:
            return archived.text  # an export without its texts, loaded where they are already archived
        loading.problem(path, _("There is no file “%(name)s” beside this one.") % {"name": name})
        return None
    if file.stat().st_size > TEXT_LIMIT_BYTES:
        loading.problem(path, _("The text is longer than 2 MB. Archive only the release itself."))
        return None
    try:
        return unicodedata.normalize("NFC", file.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        loading.problem(path, _("The text is not UTF-8 (it may be Windows-1256). Save it as UTF-8."))
        return None


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def key_of(item: Any, index: int) -> str:
    """How a path names an item of a list: by its identifier where it has one, else by its number from 1."""
    if isinstance(item, dict):
        for name in ("slug", "id", "code", "organisation", "activity"):
            if isinstance(item.get(name), str):
                return item[name]
    return str(index + 1)


def _exists(document: Any, path: str) -> bool:
    return any(True for _leaf in find(document, path))


def find(document: Any, path: str) -> list[Any]:
    """All values that a path names. Activities are named by slug wherever they nest."""
    head, _dot, rest = path.partition(".")
    if head == "activities" and rest:
        slug, _dot, rest = rest.partition(".")
        found = [item for item in _activities(document.get("activities")) if item.get("slug") == slug]
    else:
        found, rest = [document], path
    for part in rest.split(".") if rest else []:
        step = []
        for value in found:
            if isinstance(value, dict) and part in value:
                step.append(value[part])
            elif isinstance(value, list):
                step += [item for index, item in enumerate(value) if key_of(item, index) == part]
        found = step
    return found


def _activities(items: Any) -> list[dict]:
    flat = []
    # A section that does not fit its shape is reported elsewhere; here it only holds nothing.
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict):
            flat += [item, *_activities(item.get("activities"))]
    return flat


def _stored(programme: Programme) -> list[tuple]:
    """The trace as it stands, in the shape in which `load_trace` compares it."""
    groups: dict[int, tuple] = {}
    for row in programme.traces.select_related("span", "source"):
        at = [row.span.start, row.span.end, row.span.as_read] if row.span else None
        empty: tuple = ([], row.origin, at, row.source.key if row.source else None)
        groups.setdefault(row.group, empty)[0].append(row.path)
    return list(groups.values())


def export_trace(programme: Programme, out: Exporting | None) -> list[dict[str, Any]]:
    texts = {row.pk: row for row in programme.source_texts.select_related("source")}
    items: list[dict[str, Any]] = []
    last: Any = None
    for row in programme.traces.select_related("span", "source"):
        if row.group == last:
            items[-1]["of"].append(row.path)
            continue
        last = row.group
        if row.span:
            text = texts[row.span.text_id]
            quote = text.text[row.span.start : row.span.end]
            starts = [start for start, _end in occurrences(text.text, quote)]
            occurrence = starts.index(row.span.start) + 1
            items.append(
                drop_empty(
                    {
                        "source": text.source.key, "quote": quote, "as_read": row.span.as_read,
                        "occurrence": occurrence if occurrence > 1 else None, "of": [row.path],
                    }
                )
            )  # fmt: skip
        else:
            key = row.source.key if row.source else None
            items.append(drop_empty({"origin": row.origin, "source": key, "of": [row.path]}))
    return items


def prune_trace(items: list[dict[str, Any]], document: dict[str, Any]) -> list[dict[str, Any]]:
    """Without the paths of values that were deleted since: a file that names them would not load."""
    left = [{**item, "of": [path for path in item["of"] if _exists(document, path)]} for item in items]
    return [item for item in left if item["of"]]


def occurrences(text: str, quote: str) -> list[tuple[int, int]]:
    """Where the words of `quote` stand in `text`, (start, end); white space of any kind and length is equal."""
    pattern = r"\s+".join(re.escape(word) for word in quote.split())
    return [(match.start(1), match.end(1)) for match in re.finditer(f"(?=({pattern}))", text)] if pattern else []


register("programme", Section("trace", array(TRACE), load_trace, export_trace, before=load_texts, prune=prune_trace))
