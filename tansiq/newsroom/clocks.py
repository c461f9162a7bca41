"""Hours of the day in running text: "09:30", "à 10 heures", "10 a.m.", "الساعة التاسعة والنصف صباحا", noon."""

from __future__ import annotations

import re

from tansiq.core.language import fold
from tansiq.newsroom import numerals
from tansiq.newsroom.calendarwords import ORDINALS, Dated
from tansiq.newsroom.reading import Word

_CLOCK = {
    "any": re.compile(
        r"(?<![\d.:/])(\d{1,2})(?:\s?[:hH]\s?|\.(?=\d\d\s?[ap]\.?m))(\d\d)(?![\d:/])(?:\s*([ap])\.?m\b\.?)?", re.IGNORECASE
    ),
    "fr": re.compile(r"(?:à|a|dès|vers|de|jusqu['’]à)\s+([01]?\d|2[0-3])\s?(?:h|heures?)(?![\w])(?!\s?\d)", re.IGNORECASE),
    "words": re.compile(r"(?:à|dès|vers)\s+(une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|onze)\s+heures?\b", re.IGNORECASE),
    "sharp": re.compile(r"(?<!\w)([01]?\d|2[0-3])\s?(?:h|heures?)\s+(?:précises?|du matin)", re.IGNORECASE),
    "en": re.compile(r"(?<![\d.:])(1[0-2]|[1-9])\s?([ap])\.?m\b\.?", re.IGNORECASE),
}  # fmt: skip
_NOON = {"noon": 12, "midday": 12, "midi": 12, "midnight": 0, "minuit": 0}
_NOON_WORDS = re.compile(r"\b(noon|midday|midi|midnight|minuit)\b(?!-)(\s+et\s+demie?\b)?", re.IGNORECASE)
_LASTING = re.compile(r"(?:dur\w*|pendant|durant|raison de|lasting|for|لمدة|تدوم|مدة)\s*(?:de\s+)?$", re.IGNORECASE)
_PARTS_OF_DAY = {fold(word): part for part, row in {
    "am": "صباحا فجرا", "pm": "مساء مساءا ليلا عصرا بعد زوالا ظهرا"}.items() for word in row.split()}  # fmt: skip


def clocks(text: str, words: list[Word], language: str) -> list[Dated]:
    spans: list[tuple[int, int, int, int]] = []
    for match in _CLOCK["any"].finditer(text):
        if not _LASTING.search(text[max(0, match.start() - 20) : match.start()]):
            half = (match[3] or "").lower()
            spans.append((match.start(), match.end(), _of_day(int(match[1]), half), int(match[2])))
    if language == "fr":
        spans += [(m.start(), m.end(), int(m[1]), 0) for m in _CLOCK["sharp"].finditer(text)]
        spans += [(m.start(1), m.end(), numerals.SMALL["fr"][m[1].lower()], 0) for m in _CLOCK["words"].finditer(text)]
        spans += [
            (match.start(1), match.end(), int(match[1]), 0)
            for match in _CLOCK["fr"].finditer(text)
            if not _LASTING.search(text[max(0, match.start(1) - 20) : match.start(1)])
        ]
    if language == "en":
        spans += [(m.start(), m.end(), _of_day(int(m[1]), m[2].lower()), 0) for m in _CLOCK["en"].finditer(text)]
    spans += [
        (match.start(), match.end(), _NOON[match[1].lower()], 30 if match[2] else 0)
        for match in _NOON_WORDS.finditer(text)
    ]
    starts = {word.start: index for index, word in enumerate(words)}
    found = []
    for start, end, hour, minute in spans:
        first = starts.get(start)
        if first is None or hour > 23 or minute > 59:
            continue
        last = first
        while last + 1 < len(words) and words[last + 1].start < end:
            last += 1
        if language == "ar":
            first, start, last, hour = _arabic_around(words, first, start, last, hour)
        found.append(Dated(first, last, start, words[last].end, f"T{hour:02}:{minute:02}"))
    if language == "ar":
        held = {index for one in found for index in range(one.first, one.last + 1)}
        found += [one for one in _arabic_clocks(words) if one.first not in held]
    return found


def _of_day(hour: int, half: str | None) -> int:
    if half == "p" and hour < 12:
        return hour + 12
    return 0 if half == "a" and hour == 12 else hour


def _arabic_around(words: list[Word], first: int, start: int, last: int, hour: int) -> tuple[int, int, int, int]:
    """ "الساعة 10:30 صباحا": the words on both sides belong to it."""
    skip = words[first - 1].without("الساعه") if first else None
    if skip is not None:
        first, start = first - 1, words[first - 1].start + skip
    part = _PARTS_OF_DAY.get(words[last + 1].text, "") if last + 1 < len(words) else ""
    if part:
        last += 1
        hour = _of_day(hour, part[0])
    return first, start, last, hour


_FRACTIONS = {"والنصف": 30, "والربع": 15, "وربع": 15, "ونصف": 30, "والثلث": 20}


def _minutes(words: list[Word], last: int) -> tuple[int, int] | None:
    """ "و45 دقيقة", "وعشر دقائق" behind an hour: (minutes, index of the last word)."""
    at = last + 1
    if at + 1 < len(words) and words[at].text == "و":
        at += 1
    number = numerals.number_at(words, at, "ar") if at < len(words) else None
    if number and number.unit == "minute" and number.value < 60 and (words[at].text[0] == "و" or at > last + 1):
        return int(number.value), number.last
    return None


def _arabic_clocks(words: list[Word]) -> list[Dated]:
    """ "الساعة التاسعة والنصف صباحا", "السادسة مساء"."""
    found = []
    for at, word in enumerate(words):
        hour = next((ORDINALS[stem] for _skip, stem in word.stems if stem in ORDINALS and stem.endswith("ه")), 0)
        figure = word.figure if word.text.isdigit() and (word.figure or 99) <= 23 else None
        last = at
        if hour and at + 1 < len(words) and words[at + 1].text == "عشره":
            hour, last = hour + 10, at + 1
        skip = words[at - 1].without("الساعه") if at else None
        if not hour and not (figure is not None and skip is not None):
            continue
        hour = hour or figure or 0
        minute = _FRACTIONS.get(words[last + 1].text, 0) if last + 1 < len(words) else 0
        last += bool(minute)
        if not minute and (counted := _minutes(words, last)):
            minute, last = counted
        part = _PARTS_OF_DAY.get(words[last + 1].text, "") if last + 1 < len(words) else ""
        if skip is None and not part:
            continue  # "الجلسة الثانية"
        if part:
            last += 1
            if words[last].text == "بعد" and last + 1 < len(words):
                last += 1
            hour = _of_day(hour, part[0])
        first = at - 1 if skip is not None else at
        start = words[first].start + (skip or 0)
        found.append(Dated(first, last, start, words[last].end, f"T{hour:02}:{minute:02}"))
    return found
