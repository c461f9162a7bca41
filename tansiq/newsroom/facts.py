"""Facts in a text: dates, numbers, sums of money, places, organisations, activities, audiences, with their places."""

from __future__ import annotations

from dataclasses import dataclass

from tansiq.newsroom import dating, money, naming, numerals, references
from tansiq.newsroom.gazetteer import Gazetteer, countries_of
from tansiq.newsroom.reading import Word, language_of, normal, words


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact as a text states it.

    kind        date, number, amount, place, organisation, activity or audience
    value       dates in ISO 8601, numbers as figures, else the key of the record or the words themselves
    unit        of a number its unit, of an amount its ISO 4217 code, else ""
    start, end  code points after NFC;  precision  exact, about, at_least or at_most
    weekday     1 (Monday) to 7 where a date names one
    key         of a place or organisation that is on record or known everywhere
    role        of an organisation, where the words beside it say as what it takes part
    """

    kind: str
    value: str
    unit: str
    start: int
    end: int
    precision: str = "exact"
    weekday: int = 0
    key: str = ""
    role: str = ""


@dataclass(frozen=True)
class Reading:
    """A text that was read: in NFC, its language ("" when it is none that we read), its facts in order."""

    text: str
    language: str
    facts: tuple[Fact, ...]

    def printed(self, fact: Fact) -> str:
        return self.text[fact.start : fact.end]


def read(text: str, *, language: str = "", country: str = "", records: Gazetteer | None = None) -> Reading:
    """Reads a text.

    language  when it is known;  country  ISO 3166: whose dirham is meant where the text is of no country that it names
    records   the names on record, as `gazetteer` gives them
    """
    text = normal(text)
    language = language or language_of(text)
    if language not in numerals.LANGUAGES:
        return Reading(text, "", ())
    cut = words(text)
    countries = tuple(dict.fromkeys([*countries_of(text, cut, language), *([country] if country else [])]))
    found = [*_dates(text, cut, language)]
    taken = _taken(text, cut, found)
    numbers = numerals.numbers(cut, language, taken)
    found += _numbers(cut, numbers, countries)
    for one in naming.names(text, cut, language, numbers, taken, records or Gazetteer()):
        found.append(
            Fact(
                one.kind,
                one.number if one.kind == "audience" else one.key,
                "",
                one.start,
                one.end,
                key=one.key if one.is_known else "",
                role=one.role,
            )
        )
    return Reading(text, language, tuple(sorted(found, key=lambda fact: (fact.start, -fact.end))))


def _dates(text: str, cut: list[Word], language: str) -> list[Fact]:
    return [
        Fact("date", one.value, "", one.start, one.end, weekday=one.weekday)
        for one in dating.dates(text, cut, language)
    ]


def _taken(text: str, cut: list[Word], found: list[Fact]) -> list[bool]:
    spans = sorted([*((fact.start, fact.end) for fact in found), *references.references(text), *references.hijri(text)])
    taken = [False] * len(cut)
    at = 0
    for start, end in spans:
        while at < len(cut) and cut[at].end <= start:
            at += 1
        inside = at
        while inside < len(cut) and cut[inside].start < end:
            taken[inside] = True
            inside += 1
    return taken


def _numbers(cut: list[Word], found: list[numerals.Number], countries: tuple[str, ...]) -> list[Fact]:
    sums = {one.end: one for one in money.amounts(cut, found, countries)}
    of_money = {index for one in sums.values() for index in range(one.first, one.last + 1)}
    facts = []
    for one in [*sums.values(), *(number for number in found if number.first not in of_money)]:
        start, precision = numerals.widened(cut, one)
        kind = "amount" if one.end in sums and sums[one.end] is one else "number"
        facts.append(Fact(kind, f"{one.value.normalize():f}", one.unit, start, one.end, precision))
    return facts
