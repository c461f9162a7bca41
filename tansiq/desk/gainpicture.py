"""A picture of what was gained: two bars for each question, drawn on the server; the table beside it says the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import get_language

from tansiq.core.language import direction
from tansiq.participation.gains import Gain

WIDTH, LABEL, ROW, BAR = 640, 60, 46, 15


@dataclass(frozen=True)
class Bar:
    """In the picture's own units; `text_x` is where its figure stands, `anchor` the side that it grows from."""

    kind: str
    x: float
    y: float
    width: float
    text_x: float
    text_y: float
    percent: float


@dataclass(frozen=True)
class Row:
    label: str
    label_x: float
    y: float
    bars: list[Bar]


def bars(questions: Iterable[Gain]) -> dict[str, Any]:
    """{"width", "height", "rows", "ticks"}: rows of those questions of which both figures are said.

    Bars begin on the starting side of the language, as its tables do.
    """
    is_rtl = direction(get_language() or settings.LANGUAGE_CODE) == "rtl"
    span = WIDTH - LABEL - 60

    def at(distance: float, width: float = 0) -> float:
        """The left edge of what begins `distance` from the starting side."""
        return WIDTH - distance - width if is_rtl else distance

    rows: list[Row] = []
    for place, one in enumerate(questions, start=1):
        shares = [("before", one.before.percent), ("after", one.after.percent)]
        if any(percent is None for _kind, percent in shares):
            continue
        top = len(rows) * ROW
        found = []
        for line, (kind, percent) in enumerate(shares):
            length = round(span * (percent or 0) / 100, 1)
            y = top + 4 + line * (BAR + 3)
            found.append(Bar(kind, at(LABEL, length), y, length, at(LABEL + length + 6), y + BAR - 3, percent or 0.0))
        rows.append(Row(str(place), at(LABEL - 10), top + ROW / 2, found))
    return {"width": WIDTH, "height": len(rows) * ROW + 6, "rows": rows, "is_rtl": is_rtl, "bar": BAR}
