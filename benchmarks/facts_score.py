"""How well `newsroom.facts` reads the labelled texts in benchmarks/facts: precision and recall by kind."""

from __future__ import annotations

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "facts"
_OPENING = re.compile(r"\[(date|number|amount|place|organisation|activity|audience)((?: [^\s|\]]+)*)\|")


@dataclass(frozen=True)
class Label:
    """One label: its kind, value and unit ("" for -), and where it stands in the text without brackets."""

    kind: str
    value: str
    unit: str
    start: int
    end: int


def labelled(content: str) -> tuple[dict[str, str], str, list[Label]]:
    """The head, the text and the labels of one file."""
    head, body = content.split("---\n", 1)
    fields = dict(line.split(": ", 1) for line in head.strip().split("\n"))
    text: list[str] = []
    length, at = 0, 0
    open_labels: list[tuple[str, list[str], int]] = []
    labels = []
    while at < len(body):
        match = _OPENING.match(body, at)
        if match:
            open_labels.append((match[1], match[2].split(), length))
            at = match.end()
        elif body[at] == "]" and open_labels:
            kind, more, start = open_labels.pop()
            value, unit = ([*more, "-", "-"])[:2]
            labels.append(Label(kind, value.strip("-") and value, "" if unit == "-" else unit, start, length))
            at += 1
        else:
            text.append(body[at])
            length, at = length + 1, at + 1
    assert not open_labels, "a label is not closed"
    return fields, "".join(text), sorted(labels, key=lambda label: (label.start, -label.end))


def same(fact, label: Label) -> bool:
    if fact.kind != label.kind or fact.start >= label.end or label.start >= fact.end:
        return False
    if label.kind == "date":
        return fact.value == label.value
    if label.kind in ("number", "amount"):
        return float(fact.value) == float(label.value) and fact.unit == label.unit
    return True


def score(names: list[str], say: Callable[[str], None] = lambda line: None) -> dict[str, Counter]:
    """Kind -> how many were hit, wrong, missed; `say` gets a line for each that was not hit."""
    from tansiq.newsroom import facts

    kinds: dict[str, Counter] = defaultdict(Counter)
    for file in sorted(FOLDER.glob("*.txt")):
        if names and not any(name in file.name for name in names):
            continue
        fields, text, labels = labelled(file.read_text())
        unmatched = list(labels)
        for fact in facts.read(text, language=fields["language"]).facts:
            hit = next((label for label in unmatched if same(fact, label)), None)
            kinds[fact.kind]["hit" if hit else "wrong"] += 1
            if hit:
                unmatched.remove(hit)
            else:
                say(f"{file.name}  + {fact.kind} {fact.value} {fact.unit} «{text[fact.start : fact.end]}»")
        for label in unmatched:
            kinds[label.kind]["missed"] += 1
            say(f"{file.name}  - {label.kind} {label.value} {label.unit} «{text[label.start : label.end]}»")
    return kinds


def main(names: list[str]) -> None:
    kinds = score(names, print)
    total: Counter = Counter()
    for kind, counted in sorted(kinds.items()):
        total.update(counted)
        print(_line(kind, counted))
    print(_line("all", total))


def _line(kind: str, counted: Counter) -> str:
    precision = counted["hit"] / max(counted["hit"] + counted["wrong"], 1)
    recall = counted["hit"] / max(counted["hit"] + counted["missed"], 1)
    return f"{kind:14} precision {precision:.3f}  recall {recall:.3f}  ({counted['hit']} found, {counted['wrong']} wrong, {counted['missed']} missed)"


if __name__ == "__main__":
    import django

    django.setup()
    main([one for one in sys.argv[1:] if not one.startswith("-")])
