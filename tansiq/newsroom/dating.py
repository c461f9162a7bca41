"""Dates in running text, in Arabic, French and English: days, ranges, months, years; with or without a year.

Each word becomes one letter by what it may be in a date, and patterns are sought in the letters: the grammar of dates
is one for the three languages, their words are tables. Months and weekdays are CLDR's, in every Arabic it knows.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from tansiq.newsroom import numerals
from tansiq.newsroom.calendarwords import LETTER, ORDINALS, ORDINALS_EN, Dated, calendar
from tansiq.newsroom.clocks import clocks
from tansiq.newsroom.reading import Word


@dataclass(frozen=True, slots=True)
class _Atom:
    letters: str  # what it may be, one letter
    first: int
    last: int
    start: int
    value: int = 0


def dates(text: str, words: list[Word], language: str) -> list[Dated]:
    """The dates of a text in order of appearance; `words` are the text's."""
    numeric = _numeric(text, words, language)
    held = {index for one in numeric for index in range(one.first, one.last + 1)}
    atoms = _atoms(words, language, held)
    found = [*numeric, *_written(atoms, words, language)]
    found.sort(key=lambda one: one.start)
    found = _joined(found, words, language)
    held = {index for one in found for index in range(one.first, one.last + 1)}
    found += [one for one in clocks(text, words, language) if not held & set(range(one.first, one.last + 1))]
    return sorted(found, key=lambda one: one.start)


# --- All figures: 30/10/2023, 2020-07-27 ------------------------------------------------------------------------------

_ISO = re.compile(r"(?<![\w/.-])(\d{4})-(\d{1,2})-(\d{1,2})(?![\w-])")
_SLASHED = re.compile(r"(?<![\w/.-])(\d{1,2})\s?([/.-])\s?(\d{1,2})\s?\2\s?(\d{4})(?![\w/-])")
_YEAR_FIRST = re.compile(r"(?<![\w/.-])(\d{4})/(\d{1,2})/(\d{1,2})(?![\w/-])")


def _numeric(text: str, words: list[Word], language: str) -> list[Dated]:
    found = []
    starts = {word.start: index for index, word in enumerate(words)}
    for pattern, order in ((_ISO, (1, 2, 3)), (_YEAR_FIRST, (1, 2, 3)), (_SLASHED, (4, 3, 1))):
        for match in pattern.finditer(text):
            year, month, day = (int(match[group]) for group in order)
            if month > 12 >= day and pattern is _SLASHED:
                month, day = day, month  # American
            try:
                value = dt.date(year, month, day).isoformat()
            except ValueError:
                continue
            first = starts.get(match.start())
            if first is None:
                continue
            last = first
            while last + 1 < len(words) and words[last + 1].end <= match.end():
                last += 1
            weekday, first = _weekday_before(words, first, language)
            found.append(Dated(first, last, words[first].start, match.end(), value, weekday))
    return found


def _weekday_before(words: list[Word], first: int, language: str) -> tuple[int, int]:
    at = first - 1
    while at >= 0 and first - at <= 2 and words[at].text in (",", "،", "le"):
        at -= 1
    weekday = _weekday(words[at], language) if at >= 0 else 0
    if not weekday:
        return 0, first
    if at and words[at - 1].without("يوم") is not None:
        at -= 1
    return weekday, at


def _weekday(word: Word, language: str) -> int:
    weekdays = calendar()[language][1]
    return next((weekdays[stem] for _skip, stem in word.stems if stem in weekdays), 0)


# --- With words ------------------------------------------------------------------------------------------------------


def _atoms(words: list[Word], language: str, held: set[int]) -> list[_Atom]:
    months, _weekdays = calendar()[language]
    longest = max(len(name) for name in months)
    atoms: list[_Atom] = []
    at = 0
    while at < len(words):
        word = words[at]
        if at in held:
            atoms.append(_Atom("x", at, at, word.start))
            at += 1
            continue
        atom = _month(words, at, months, longest)
        weekday = 0 if atom else _weekday(word, language)
        # "الاثنين" is a day, "اثنين" a number.
        if weekday and (language != "ar" or not word.text.startswith(("اثنين", "واثنين", "احد", "واحد"))):
            skip = next(skip for skip, stem in word.stems if stem in calendar()[language][1])
            # The article belongs to the day's name.
            skip = next((letters for letters, stem in word.stems if letters < skip and stem.startswith("ال")), skip)
            atom = _Atom("W", at, at, word.start + skip, weekday)
        atom = atom or _day_or_year(words, at, language) or _joint(word, at, language)
        atoms.append(atom or _Atom("x", at, at, word.start))
        at = atoms[-1].last + 1
    return atoms


def _month(words: list[Word], at: int, months: dict[tuple[str, ...], int], longest: int) -> _Atom | None:
    for length in range(longest, 0, -1):
        rest = tuple(word.text for word in words[at + 1 : at + length])
        if len(rest) != length - 1:
            continue
        for skip, stem in words[at].stems:
            if (stem, *rest) in months:
                last = at + length - 1
                number = months[(stem, *rest)]
                if stem == "sept" and not (last + 1 < len(words) and words[last + 1].text == "."):
                    continue  # the number, in French
                if last + 1 < len(words) and words[last + 1].text == "." and words[last + 1].start == words[last].end \
                        and len(stem) <= 5 and stem.isascii():  # fmt: skip
                    last += 1  # "juil."
                return _Atom("M", at, last, words[at].start + skip, number)
    return None


def _day_or_year(words: list[Word], at: int, language: str) -> _Atom | None:
    word = words[at]
    figure = word.figure
    if figure is not None:
        if 1 <= figure <= 31 and len(word.text) <= 5:
            return _Atom("D", at, at, word.start, figure)
        if 1900 <= figure <= 2100 and word.text.isdigit():
            return _Atom("Y", at, at, word.start, figure)
        return None
    ordinals = ORDINALS if language == "ar" else ORDINALS_EN if language == "en" else {"premier": 1}
    for skip, stem in word.stems:
        if stem in ordinals:
            value, last = ordinals[stem], at
            if language == "ar" and at + 1 < len(words):
                after = words[at + 1]
                value += {"عشر": 10, "والعشرين": 20, "والعشرون": 20, "والثلاثين": 30, "والثلاثون": 30}.get(
                    after.text, 0
                )
                last += value > 10
            skip = next((letters for letters, one in word.stems if letters < skip and one.startswith("ال")), skip)
            return _Atom("D", at, last, word.start + skip, value) if value <= 31 else None
    # In words only where a month follows: "الثلاثين من تشرين الأول", "vingt-sept juillet".
    number = numerals.number_at(words, at, language)
    if number and number.is_in_words and not number.unit and 1 <= number.value <= 31:
        return _Atom("d", at, number.last, number.start, int(number.value))
    if language == "ar" and word.text.startswith("ال"):
        tens = numerals.SMALL["ar"].get(word.text[2:])
        if tens in (20, 30):
            return _Atom("d", at, at, word.start, tens)
    return None


def _joint(word: Word, at: int, language: str) -> _Atom | None:
    if word.is_mark:
        if word.text in "-–—":
            return _Atom("R", at, at, word.start)
        return _Atom("A" if word.text in ",،/&" else "x", at, at, word.start)
    table = LETTER[language]
    for skip, stem in word.stems:
        if stem in table:
            letter = table[stem]
            return _Atom({"Y": "y", "P": "p", "F": "f", "S": "s"}.get(letter, letter), at, at, word.start + skip)
    return None


_DAY = "[Dd]"
_PATTERNS = [
    # Sunday to Tuesday, 27 to 29 July 2020; 23, 24 and 25 June; the 21st of March
    ("dmy", re.compile(rf"(?:W[Af]*)?{_DAY}(?:[fA]{{0,2}}[RA]f{{0,2}}(?:W[Af]?)?{_DAY})*[fsA]{{0,2}}M(?:[fpA]{{0,2}}y?Y)?")),
    # July 27-29, 2020; Monday, July 27
    ("mdy", re.compile(r"(?:W[Af]*)?MD(?:[RA]f?D)*(?:A?Y)?")),
    # novembre et décembre 2020; juillet 2020
    ("my", re.compile(r"M(?:[RAf]{1,2}M)*[fA]?y?Y")),
    # depuis 2016; 2019-2022; سنة 2019
    ("y", re.compile(r"[ypfR](Y(?:[fA]?[RA]f?y?Y)?)|(Y[RA]Y)")),
    # en août; خلال شهر غشت
    ("m", re.compile(r"(?:p(?:f|p)*s?f?|s)(M)")),
]  # fmt: skip


def _written(atoms: list[_Atom], words: list[Word], language: str) -> list[Dated]:
    letters = "".join(atom.letters for atom in atoms)
    taken = [False] * len(atoms)
    found = []
    for kind, pattern in _PATTERNS:
        if kind == "mdy" and language != "en":
            continue
        for match in pattern.finditer(letters):
            group = next((number for number in range(1, (pattern.groups or 0) + 1) if match[number]), 0)
            start, end = match.span(group)
            if any(taken[start:end]):
                continue
            dated = _read(kind, atoms[start:end], words, language)
            # A day that no month has is no date, nor is what is left of it.
            taken[start:end] = [True] * (end - start)
            found += dated
    return found


def _read(kind: str, atoms: list[_Atom], words: list[Word], language: str) -> list[Dated]:
    of = {letter: [atom for atom in atoms if atom.letters == letter] for letter in "DdMYWR"}
    days = sorted([*of["D"], *of["d"]], key=lambda atom: atom.first)
    year = f"{of['Y'][0].value:04}" if of["Y"] else ""
    months = [atom.value for atom in of["M"]]
    first, last = atoms[0], atoms[-1]
    weekday = of["W"][0].value if len(of["W"]) == 1 and len(days) == 1 else 0

    def dated(value: str) -> Dated:
        begin = first.start
        at = first.first
        if first.letters == "W" and at and words[at - 1].without("يوم") is not None:
            at -= 1
            begin = words[at].start + (words[at].without("يوم") or 0)
        return Dated(at, last.last, begin, words[last.last].end, value, weekday)

    if kind in ("dmy", "mdy"):
        values = [day.value for day in days]
        if not all(_exists(year, months[0], value) for value in values):
            return []
        written = [f"{year}-{months[0]:02}-{value:02}" if year else f"--{months[0]:02}-{value:02}" for value in values]
        if len(values) == 1:
            return [dated(written[0])]
        is_range = any(atom.letters == "R" for atom in atoms) or _is_between(words, first.first)
        if (len(values) == 2 and is_range) or values == list(range(values[0], values[-1] + 1)):
            return [dated(f"{written[0]}/{written[-1]}")] if values[0] < values[-1] else []
        # Days apart are dates apart; each has its figure as its place, the last the month with it.
        parts = [
            Dated(day.first, day.last, day.start, words[day.last].end, value)
            for day, value in zip(days[:-1], written[:-1], strict=True)
        ]
        return [*parts, Dated(days[-1].first, last.last, days[-1].start, words[last.last].end, written[-1])]
    if kind == "my":
        if len(months) == 1:
            return [dated(f"{year}-{months[0]:02}")]
        return [dated(f"{year}-{months[0]:02}/{year}-{months[-1]:02}")] if months[0] < months[-1] else []
    if kind == "y":
        if len(of["Y"]) == 2:
            ends = sorted(f"{atom.value:04}" for atom in of["Y"])
            return [dated("/".join(ends))] if ends[0] < ends[1] else []
        return [dated(year)]
    printed = words[last.first]
    if language == "en" and printed.text in ("may", "march", "mar") and len(atoms) == 1:
        return [dated(f"--{months[0]:02}")] if printed.text != "mar" else []
    return [dated(f"--{months[0]:02}")]


def _exists(year: str, month: int, day: int) -> bool:
    try:
        dt.date(int(year) if year else 2000, month, day)
    except ValueError:
        return False
    return True


# "from 30 June to 2 July 2020": two dates, and between them what joins.
_BETWEEN = {"ar": {"الي", "حتي"}, "fr": {"au", "jusqu"}, "en": {"to", "until", "through"}}


def _joined(found: list[Dated], words: list[Word], language: str) -> list[Dated]:
    out: list[Dated] = []
    for one in found:
        before = out[-1] if out else None
        between = [word.text for word in words[before.last + 1 : one.first]] if before else []
        if before and 1 <= len(between) <= 3 and (value := _range(before, one, between, words, language)):
            out[-1] = Dated(before.first, one.last, before.start, one.end, value)
            continue
        out.append(one)
    return out


def _range(before: Dated, one: Dated, between: list[str], words: list[Word], language: str) -> str:
    """The value of two dates as one range, "" when they are two dates."""
    if "/" in before.value + one.value or before.is_clock or one.is_clock:
        return ""
    if not all(text in LETTER[language] or text in ("-", "–", "'") for text in between):
        return ""
    joins = set(between) & (_BETWEEN[language] | {"-", "–"})
    if not joins and not (_is_between(words, before.first) and set(between) & {"و", "et", "and"}):
        return ""
    start = before.value
    if start.startswith("--") and not one.value.startswith("--"):
        start = one.value[:4] + start[1:]
    return f"{start}/{one.value}" if len(start) == len(one.value) and start < one.value else ""


def _is_between(words: list[Word], first: int) -> bool:
    """Does "between" stand before it: then "and" joins two ends."""
    return any(
        word.text in ("entre", "between") or word.without("بين") is not None
        for word in words[max(0, first - 2) : first]
    )
