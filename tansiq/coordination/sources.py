"""The text beside the records: where each value of a programme comes from, and what each span of a text became."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tansiq.coordination.exchange import key_of
from tansiq.coordination.models import SourceText, Span, Trace
from tansiq.core.exchange import is_language
from tansiq.core.models import Source
from tansiq.programme.models import Programme

# Keys that we write to put a fact in its place; no source can state them.
STRUCTURE = {
    "format", "slug", "id", "reference_language", "kind", "role", "precision", "example", "method", "of", "activity",
    "mode", "origin", "organisation", "material", "fictional", "published", "cares_for_victims", "activities",
    "signatory", "through", "parent", "language", "source", "network",
}  # fmt: skip


@dataclass(frozen=True)
class Label:
    """Where one value comes from. `source` is set for a span and for another source; `spans` for a span."""

    origin: str
    source: Source | None = None
    spans: tuple[Span, ...] = ()

    @property
    def name(self) -> Any:
        return Trace.Origin(self.origin).label


def fictional(programmes: Iterable[Programme]) -> set[Any]:
    """The keys of those of these programmes whose title was invented for trying the software: one query."""
    rows = Trace.objects.filter(programme__in=programmes, path="title", origin=Trace.Origin.FICTIONAL)
    return set(rows.values_list("programme_id", flat=True))


class Labels:
    """All labels of one programme, read with two queries; a path covers what lies below it, the longest wins."""

    def __init__(self, programme: Programme) -> None:
        self.by_path: dict[str, Label] = {}
        self.sources = {source.key: source for source in Source.objects.filter(scope=f"programme:{programme.slug}")}
        rows = Trace.objects.filter(programme=programme).select_related("span__text__source", "source")
        for row in rows:
            source = row.span.text.source if row.span else row.source
            before = self.by_path.get(row.path)
            spans = (*(before.spans if before else ()), *([row.span] if row.span else ()))
            self.by_path[row.path] = Label(row.origin, source, spans)

    def of(self, path: str, item_source: str = "") -> Label | None:
        """The label of a value. `item_source` is the `source` key of the entry it stands in, if it has one."""
        parts = path.split(".")
        language = parts[-1] if parts[-1] not in STRUCTURE and is_language(parts[-1]) else ""
        for length in range(len(parts), 0, -1):
            label = self.by_path.get(".".join(parts[:length]))
            if label:
                return self._translated(label, language) if length < len(parts) or not language else label
        if parts[-1] in STRUCTURE or (len(parts) > 1 and parts[-2] in STRUCTURE):
            return Label("classification")
        if item_source in self.sources:
            return self._translated(Label("source", self.sources[item_source]), language)
        return None

    @staticmethod
    def _translated(label: Label, language: str) -> Label:
        """A text in another language than its source's is our translation of it."""
        if (
            label.origin in ("span", "source")
            and language
            and label.source
            and label.source.language not in ("", language)
        ):
            return Label("translation", label.source)
        return label


def leaves(value: Any, path: str = "", source: str = "") -> Iterator[tuple[str, Any, str]]:
    """(path, value, key of the source that the entry names) for each value of a programme file.

    Activities are named by slug wherever they nest, list items as `key_of` says. The trace itself is left out.
    """
    if isinstance(value, dict):
        source = value.get("source", source) if isinstance(value.get("source"), str) else source
        for key, item in value.items():
            if path == "" and key == "trace":
                continue
            if key == "activities" and isinstance(item, list) and any(isinstance(one, dict) for one in item):
                for one in item:
                    yield from leaves(one, f"activities.{one['slug']}", "")
            else:
                yield from leaves(item, f"{path}.{key}" if path else key, source)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}.{key_of(item, index)}", source)
    else:
        yield path, value, source


def unlabelled(programme: Programme, document: dict[str, Any]) -> list[str]:
    """Paths of values of which nobody said where they come from; `document` is the exported programme."""
    labels = Labels(programme)
    return [path for path, _value, source in leaves(document) if labels.of(path, source) is None]


@dataclass(frozen=True)
class Segment:
    """A run of a source text and the spans that cover all of it (none: nothing was made of it)."""

    text: str
    spans: tuple[Span, ...]
    starting: tuple[Span, ...] = ()
    ending: tuple[Span, ...] = ()

    @property
    def main(self) -> Span | None:
        return min(self.spans, key=lambda span: span.end - span.start) if self.spans else None


def segments(text: SourceText) -> list[list[Segment]]:
    """The text cut where spans begin and end, by paragraph."""
    spans = list(text.spans.all())
    content = text.text
    paragraphs = []
    for match in re.finditer(r"[^\n]+", content):
        start, end = match.span()
        cuts = sorted({start, end, *(edge for span in spans for edge in (span.start, span.end) if start < edge < end)})
        paragraphs.append(
            [
                Segment(
                    content[a:b],
                    tuple(span for span in spans if span.start <= a and b <= span.end),
                    tuple(span for span in spans if span.start == a),
                    tuple(span for span in spans if span.end == b),
                )
                for a, b in pairwise(cuts)
            ]
        )
    return paragraphs


def sentences(text: str) -> list[tuple[int, int]]:
    """Start and end of each sentence: up to a full stop, question mark or line end."""
    found: list[tuple[int, int]] = []
    for match in re.finditer(r"[^\n.؟?!]+[.؟?!]?", text):
        start, end = match.span()
        # "Glo.Act" is one word: a full stop without a space behind it ends no sentence.
        if found and start == found[-1][1] and text[start - 1] == "." and not text[start].isspace():
            found[-1] = (found[-1][0], end)
        elif match.group().strip(" \xa0."):
            found.append((start, end))
    return found


def uncovered(text: SourceText) -> list[str]:
    """Sentences of which no word became a record."""
    spans = [(span.start, span.end) for span in text.spans.all()]
    return [
        text.text[start:end].strip()
        for start, end in sentences(text.text)
        if not any(a < end and b > start for a, b in spans)
    ]
