"""Do two texts, or a text and a programme, say the same? What is missing, what differs, what contradicts itself.

Two texts agree in other words too: a month in another Arabic, a range or its length, "une centaine" or 100, a name or
its acronym. Names are compared where both sides can know them: those on record and those known everywhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from tansiq.coordination.sources import sentences
from tansiq.newsroom.facts import Fact, Reading

# Words of different languages for one kind of meeting do not divide it alike.
_KINDRED = [{"seminar", "conference", "workshop", "training", "meeting", "panel", "press"}, {"launch", "broadcast", "screening"},
            {"joining", "campaign", "signing"}, {"visit", "distribution"}, {"ceremony", "meeting", "conference"}]  # fmt: skip


@dataclass(frozen=True)
class Side:
    """A fact on one side of a disagreement: which text (its index, -1 for the programme), the fact, its printed words."""

    text: int
    fact: Fact
    printed: str


@dataclass(frozen=True)
class Disagreement:
    """kind  missing, different or contradiction;  severity  high, medium or low;  right is None for what is missing."""

    kind: str
    severity: str
    left: Side
    right: Side | None
    reason: str


@dataclass(frozen=True)
class Item:
    """A fact ready to be compared: its key, and the kinds of activity it is said of."""

    key: tuple[str, ...]
    about: frozenset[str]
    side: Side

    @property
    def kind(self) -> str:
        return self.key[0]


def items(reading: Reading, text: int, *, year: int | None = None) -> list[Item]:
    """The comparable facts of a text, in order. `year` is that of dates without one."""
    spans = sentences(reading.text)
    found: list[Item] = []
    about: frozenset[str] = frozenset()
    paragraph = -1
    for start, end in spans:
        inside = [fact for fact in reading.facts if start <= fact.start < end]
        kinds = frozenset(fact.value for fact in inside if fact.kind == "activity")
        line = reading.text.count("\n", 0, start)
        about = kinds or (about if line == paragraph else frozenset())
        paragraph = line
        for fact in inside:
            key = _key(fact, year)
            if key:
                found.append(Item(key, about, Side(text, fact, reading.printed(fact))))
    return found


def _key(fact: Fact, year: int | None) -> tuple[str, ...] | None:
    if fact.kind == "date":
        return ("date", with_year(fact.value, year))
    if fact.kind in ("number", "amount"):
        # One or two of something is grammar as often as it is a number.
        return (fact.kind, fact.value, fact.unit) if float(fact.value) > 2 or fact.unit not in ("", "year") else None
    if fact.kind in ("organisation", "place"):
        # Other parts are said in too many ways, and often by the order of the words alone.
        role = fact.role if fact.role in ("expert", "funder") else ""
        return (fact.kind, fact.key, role) if fact.key else None
    if fact.kind == "activity":
        return ("activity", fact.value)
    return None


def with_year(value: str, year: int | None) -> str:
    return value.replace("--", f"{year}-") if year and value.startswith("--") else value


def year_of(*readings: Reading) -> int | None:
    """The year that dates without one are of: that of the first date that has one."""
    for reading in readings:
        for fact in reading.facts:
            if fact.kind == "date" and fact.value[:4].isdigit() and len(fact.value) >= 10:
                return int(fact.value[:4])
    return None


# --- One text ------------------------------------------------------------------------------------------------------


def contradictions(reading: Reading, text: int = 0) -> list[Disagreement]:
    """What a text contradicts in itself: a weekday that its date does not have."""
    year = year_of(reading)
    found = []
    for fact in reading.facts:
        if fact.kind != "date" or not fact.weekday:
            continue
        value = with_year(fact.value, year)
        if len(value) != 10:
            continue
        day = dt.date.fromisoformat(value)
        if day.isoweekday() != fact.weekday:
            side = Side(text, fact, reading.printed(fact))
            reason = _("%(date)s is another day of the week.") % {"date": value}
            found.append(Disagreement("contradiction", "high", side, None, reason))
    return found


# --- Two texts -----------------------------------------------------------------------------------------------------


def texts(left: Reading, right: Reading, *, country: str = "", indices: tuple[int, int] = (0, 1)) -> list[Disagreement]:
    """What one text says and the other does not, or says otherwise; nothing where they agree in other words.

    country  ISO 3166: where the programme is; that a text names it or takes it as understood makes no difference
    """
    years = [year_of(left) or year_of(right), year_of(right) or year_of(left)]
    here = items(left, indices[0], year=years[0])
    there = items(right, indices[1], year=years[1])
    return compare(here, there, country=country)


def with_programme(
    reading: Reading, should: list[Item], may: list[Item], *, country: str = "", text: int = 0
) -> list[Disagreement]:
    """What a text says that the programme does not hold, or holds otherwise; and what the text leaves out.

    should, may  as `statements.of` gives them: only of the first is missed what the text does not say
    """
    year = year_of(reading) or next(
        (int(one.key[1][:4]) for one in should if one.kind == "date" and one.key[1][:4].isdigit()), None
    )
    said = items(reading, text, year=year)
    found = []
    for one in compare(said, [*should, *may], country=country):
        of_record = one.left.text != text
        if of_record and not any(item.side is one.left for item in should):
            continue
        if one.kind == "missing":
            reason = _("The text does not say it.") if of_record else _("The programme does not hold it.")
            one = replace(one, reason=reason)
        found.append(one)
    return found


def compare(here: list[Item], there: list[Item], *, country: str = "") -> list[Disagreement]:
    """As `texts`, of items."""
    alone_here = _alone(here, there, country)
    alone_there = _alone(there, here, country)
    found = []
    for item in list(alone_here):
        other = _counterpart(item, alone_there, here)
        if other:
            alone_here.remove(item)
            alone_there.remove(other)
            found.append(
                Disagreement("different", _severity(item, is_missing=False), item.side, other.side, _differ(item))
            )
    for item in list(alone_here):
        other = _said_otherwise(item, here, there)
        found.append(_lonely(item, other))
    for item in list(alone_there):
        other = _said_otherwise(item, there, here)
        found.append(_lonely(item, other))
    return found


def _lonely(item: Item, other: Item | None) -> Disagreement:
    if other:
        return Disagreement("different", _severity(item, is_missing=False), item.side, other.side, _differ(item))
    return Disagreement(
        "missing", _severity(item, is_missing=True), item.side, None, _("The other text does not say it.")
    )


def _alone(here: list[Item], there: list[Item], country: str) -> list[Item]:
    """Those of `here` that `there` does not say in any words, each once."""
    keys = {item.key for item in there}
    alone: dict[tuple[str, ...], Item] = {}
    for item in here:
        if item.key not in keys and item.key not in alone and not _is_said(item, there, country):
            alone[item.key] = item
    return list(alone.values())


def _is_said(item: Item, there: list[Item], country: str) -> bool:
    kind, value = item.key[0], item.key[1]
    if kind == "place":
        return value == country
    if kind == "organisation":
        # Without a role it is said if it is named at all; in a role it must be named in that role.
        return item.key[2] == "" and any(other.key[:2] == item.key[:2] for other in there)
    if kind == "activity":
        return any(other.kind == "activity" and _kindred(value, other.key[1]) for other in there)
    if kind == "number" and item.key[2] == "day":
        return any(other.kind == "date" and _days(other.key[1]) == float(value) for other in there)
    if kind == "date" and "/" in value:
        ends = value.split("/")
        return {("date", end) for end in ends} <= {other.key for other in there} or (
            len(ends[0]) == 4
            and any(
                o.kind == "number"
                and o.key[2] == "year"
                and float(o.key[1]) in (int(ends[1]) - int(ends[0]), int(ends[1]) - int(ends[0]) + 1)
                for o in there
            )
        )
    if kind == "date" and len(value) in (4, 7):
        return any(other.kind == "date" and other.key[1].startswith(value) for other in there)
    return False


def _kindred(one: str, other: str) -> bool:
    return one == other or any(one in group and other in group for group in _KINDRED)


def _days(value: str) -> float:
    if len(value) != 21 or value.startswith("-"):
        return 0
    first, last = (dt.date.fromisoformat(end) for end in value.split("/"))
    return (last - first).days + 1


def _counterpart(item: Item, others: list[Item], here: list[Item]) -> Item | None:
    """What stands in the other text in its place: of the same kind and unit, said of the same activity."""
    for other in others:
        if other.kind != item.kind or item.kind in ("activity", "organisation") or not _same_sort(item, other):
            continue
        if item.kind in ("amount", "place") or item.about & other.about or (not item.about and not other.about):
            return other
    return None


def _said_otherwise(item: Item, here: list[Item], there: list[Item]) -> Item | None:
    """A region of the world where the other text names another one for the same activity, though it is named elsewhere."""
    if item.kind != "place" or not item.key[1].isdigit():
        return None
    mine = {other.key for other in here if other.about & item.about}
    return next(
        (
            other
            for other in there
            if other.kind == "place" and other.key[1].isdigit() and other.about & item.about and other.key not in mine
        ),
        None,
    )


def _same_sort(one: Item, other: Item) -> bool:
    if one.kind == "date":
        return len(one.key[1]) == len(other.key[1]) and one.key[1].startswith("T") == other.key[1].startswith("T")
    if one.kind == "place":
        return one.key[1].isdigit() == other.key[1].isdigit()
    return one.key[2] == other.key[2]


def _severity(item: Item, *, is_missing: bool) -> str:
    if item.kind in ("date", "amount", "number"):
        return "medium" if is_missing else "high"
    return "medium" if item.kind in ("activity", "place") else "low"


def _differ(item: Item) -> str:
    return {
        "date": _("The dates differ."), "number": _("The numbers differ."), "amount": _("The amounts differ."),
        "place": _("The places differ."),
    }.get(item.kind, _("The texts differ."))  # fmt: skip


def as_json(readings: Iterable[tuple[str, Reading]], disagreements: Iterable[Disagreement]) -> dict[str, Any]:
    """The document of `tansiq facts --json`. Offsets are code points after NFC."""
    return {
        "texts": [
            {
                "file": name, "language": reading.language,
                "facts": [
                    {"kind": fact.kind, "value": fact.value, "unit": fact.unit, "precision": fact.precision, "key": fact.key,
                     "role": fact.role, "as_printed": reading.printed(fact), "start": fact.start, "end": fact.end}
                    for fact in reading.facts
                ],
            }
            for name, reading in readings
        ],
        "disagreements": [
            {"kind": one.kind, "severity": one.severity, "left": _side(one.left), "right": _side(one.right), "reason": one.reason}
            for one in disagreements
        ],
    }  # fmt: skip


def _side(side: Side | None) -> dict[str, Any] | None:
    if side is None:
        return None
    fact = side.fact
    return {"text": side.text, "kind": fact.kind, "value": fact.value, "unit": fact.unit, "as_printed": side.printed,
            "start": fact.start, "end": fact.end}  # fmt: skip
