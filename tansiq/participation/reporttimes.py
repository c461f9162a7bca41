"""Dates, times and durations as conference systems write them, and which number of a date is the day.

One report is written by one program with one setting, so the order of day and month is settled for all its dates
together (`settle`), never for each by itself.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from django.utils.translation import gettext as _

from tansiq.core.language import fold

ORDERS = ("dmy", "mdy", "ymd")
YEARS = range(2012, 2100)  # before it none of these systems wrote reports; it tells 22/7/11 of Japan from 2011
LONGEST_SECONDS = 31 * 86_400

_INVISIBLE = re.compile("[\u00ad\u064b-\u0652\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_DIGITS = {zero + digit: str(digit) for zero in (0x660, 0x6F0) for digit in range(10)} | {0x66B: ".", 0x60C: ","}
_TIME = re.compile(r"(?<!\d)(\d{1,2})\s?[:hH]\s?(\d{2})(?:\s?(?:[:mM']|min)\s?(\d{2}))?(?:[.,]\d+)?(?!\d)")
_HALF = re.compile(r"\s*(?:([ap])\s?\.?\s?m\b\.?|(صباحا|ص|مساء|م)(?!\w))", re.IGNORECASE)
_HALF_BEFORE = re.compile("(上午|午前|오전)|(下午|午後|오후)")
_ISO = re.compile(r"(?<!\d)(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})(?!\d)日?")
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_DAY_MONTH = re.compile(
    r"(?<!\d)(\d{1,2})(?:er|st|nd|rd|th|º)?\.?[\s-]+(?:de\s+|of\s+)?([^\W\d_]+)\.?,?[\s-]+(?:de\s+|del\s+)?(\d{4})"
)
_MONTH_DAY = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_OFFSET = re.compile(r"(?:(?:UTC|GMT)\s?|(?<=\d)\s?)([+-])(\d{1,2}):?(\d{2})?\s*\)?$|(?:(?<=\d)Z|UTC|GMT)\s*\)?$")
_ZONE_NAME = re.compile(r"\b(?!GMT|UTC)[A-Z]{3,4}\b")

_CLOCK = re.compile(r"(\d{1,3}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?")
_ISO_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_AMOUNT = re.compile(r"(\d+(?:[.,]\d+)?)\s*([^\W\d_]+)?")
# Begin of the unit, longest first: the German hour begins as the second does.
_UNITS = [
    *(
        (word, 3600)
        for word in ("std", "stunde", "godz", "ساع", "hr", "uur", "ora", "ore", "h", "س", "時", "小时", "시간")
    ),
    *((word, 60) for word in ("min", "دق", "m", "د", "分", "분")),
    *((word, 1) for word in ("sec", "sek", "seg", "ثان", "ثوان", "s", "ث", "秒", "초")),
    *((word, 86_400) for word in ("يوم", "ايام", "jour", "dia", "tag", "day", "d", "j")),
]
_ARABIC_DUALS = {
    "ساعتان": "2 h",
    "ساعتين": "2 h",
    "دقيقتان": "2 m",
    "دقيقتين": "2 m",
    "ثانيتان": "2 s",
    "ثانيتين": "2 s",
}
_ARABIC_ONES = re.compile(r"(?<!\d )(?<!\d)\b(ساعة|دقيقة|ثانية)( واحدة)?\b")


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, a time of day or both, as written.

    parts    the three numbers of the date in their order on the page, or None
    order    "dmy", "mdy" or "ymd" where the page settles it, "" where it does not
    seconds  since midnight, or None for a bare date
    offset   where the text gives one
    half     "" without AM or PM; "upper" for these very letters; "other" for am, a.m., ص
    """

    parts: tuple[int, int, int] | None
    order: str
    seconds: int | None
    offset: tzinfo | None = None
    half: str = ""

    def day(self, order: str = "") -> date | None:
        """The date if its numbers stand in that order (its own order first); None where there is no such date."""
        if self.parts is None:
            return None
        a, b, c = self.parts
        order = self.order or order
        year, month, day = (a, b, c) if order == "ymd" else (c, a, b) if order == "mdy" else (c, b, a)
        if year < 100:
            year += 2000
        if year not in YEARS:
            return None
        try:
            return date(year, month, day)
        except ValueError:
            return None

    def at(self, order: str, zone: ZoneInfo, day: date | None = None) -> datetime | None:
        """The instant in UTC. A bare date is its midnight; a bare time is on `day`."""
        on = self.day(order) or (day if self.parts is None else None)
        if on is None:
            return None
        local = datetime.combine(on, time.min, self.offset or zone)
        # Added to the clock on the wall, not to the instant: at 09:00 a clock shows nine hours whatever was skipped.
        return (local + timedelta(seconds=self.seconds or 0)).astimezone(UTC)


def plain(value: Any) -> str:
    """A cell as text in digits 0-9 and plain spaces, without marks of direction and vowels."""
    text = "" if value is None else str(value)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text.translate(_DIGITS)))
    return text.strip()


def moment(value: Any) -> Moment | None:
    """A cell as a Moment; None when it is anything else."""
    if isinstance(value, datetime):
        return Moment((value.year, value.month, value.day), "ymd", _since_midnight(value), value.tzinfo)
    if isinstance(value, date):
        return Moment((value.year, value.month, value.day), "ymd", None)
    if isinstance(value, time):
        return Moment(None, "", _since_midnight(value))
    if not isinstance(value, str) or not 4 <= len(value) <= 80:
        return None
    text = plain(value)
    parts, order, rest = _date(text)
    seconds, half, rest = _time_of_day(rest)
    if parts is None and seconds is None:
        return None
    offset, rest = _offset(rest) if seconds is not None else (None, rest)
    if re.search(r"\d", rest) or len(rest) > 24 or _ZONE_NAME.search(rest) or (parts is None and rest.strip(" ,()")):
        return None
    return Moment(parts, order, seconds, offset, half)


def _since_midnight(value: datetime | time) -> int:
    return value.hour * 3600 + value.minute * 60 + value.second


def epoch(value: Any) -> Moment | None:
    """Seconds or milliseconds since 1970 as a Moment; None for a number that is neither."""
    text = str(value) if isinstance(value, int) else plain(value)
    if not re.fullmatch(r"\d{10}|\d{13}", text):
        return None
    return moment(datetime.fromtimestamp(int(text[:10]), UTC))


def _date(text: str) -> tuple[tuple[int, int, int] | None, str, str]:
    if found := _ISO.search(text):
        return (int(found[1]), int(found[2]), int(found[3])), "ymd", _without(text, found)
    if found := _NUMERIC.search(text):
        parts = int(found[1]), int(found[3]), int(found[4])
        # Nobody writes the month first with dots.
        order = "dmy" if found[2] == "." and Moment(parts, "dmy", None).day() else ""
        return parts, order, _without(text, found)
    if (found := _DAY_MONTH.search(text)) and (month := _months().get(fold(found[2]))):
        return (int(found[3]), month, int(found[1])), "ymd", _without(text, found)
    if (found := _MONTH_DAY.search(text)) and (month := _months().get(fold(found[1]))):
        return (int(found[3]), month, int(found[2])), "ymd", _without(text, found)
    return None, "", text


def _without(text: str, found: re.Match[str]) -> str:
    # ISO 8601 joins date and time by a T, which is no word.
    return f"{text[: found.start()]} {text[found.end() :].removeprefix('T')}"


def _time_of_day(text: str) -> tuple[int | None, str, str]:
    found = _TIME.search(text)
    if not found:
        return None, "", text
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    before, after, half = text[: found.start()], text[found.end() :], ""
    if marked := _HALF.match(after):
        is_late = (marked[1] or marked[2]).lower()[0] in "pم"
        half = "upper" if marked[0].strip() in ("AM", "PM") else "other"
        after = after[marked.end() :]
    elif marked := _HALF_BEFORE.search(before):
        is_late, half = bool(marked[2]), "other"
        before = before[: marked.start()]
    if half and hour <= 12:
        hour = hour % 12 + (12 if is_late else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None, "", text
    return hour * 3600 + minute * 60 + second, half, f"{before} {after}" if before.strip() else f"0{after}"


def _offset(text: str) -> tuple[tzinfo | None, str]:
    # What came before the time is gone or letters; the figure put in its place lets "+01:00" and "Z" follow a digit.
    rest = text if text.startswith("0") else "0" + text.lstrip()
    found = _OFFSET.search(rest.strip())
    if not found:
        return None, rest[1:]
    left = rest.strip()[: found.start()].lstrip("0")
    if not found[1]:
        return UTC, left
    shift = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
    if shift >= timedelta(hours=15):
        return None, "0"
    return timezone(shift if found[1] == "+" else -shift), left


@cache
def _months() -> dict[str, int]:
    """Folded names and abbreviations of the months; whoever writes ماي or août has no number for it."""
    names: dict[str, int] = {}
    for code in ("en", "fr", "ar", "ar_MA", "ar_DZ", "es", "de", "it", "pt", "nl"):
        widths = Locale.parse(code).months["format"]
        for width in ("wide", "abbreviated"):
            for number, name in widths[width].items():
                names.setdefault(fold(name), number)
    return names


def duration(value: Any, unit_seconds: int = 60, *, short_clock_seconds: int = 60) -> int | None:
    """A cell as seconds: "2h 9m 29s", "1 h 31 min", "45:30", "ساعة و5 دقائق", "PT1H5M", a number; None for another.

    unit_seconds         what a bare number counts
    short_clock_seconds  what the last figure of a clock of two figures counts: 60 reads 1:30 as an hour and a half
    """
    seconds: float | None = None
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
    elif isinstance(value, time):
        seconds = _since_midnight(value)
    elif isinstance(value, int | float):
        seconds = value * unit_seconds
    elif isinstance(value, str) and len(value) <= 80:
        seconds = _written_duration(plain(value), unit_seconds, short_clock_seconds)
    return int(seconds) if seconds is not None and 0 <= seconds <= LONGEST_SECONDS else None


def _written_duration(text: str, unit_seconds: int, short_clock_seconds: int) -> float | None:
    if _NUMBER.fullmatch(text):
        return float(text.replace(",", ".")) * unit_seconds
    if clock := _CLOCK.fullmatch(text):
        if clock[3]:
            return int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3])
        return (int(clock[1]) * 60 + int(clock[2])) * short_clock_seconds
    if text[:2] in ("PT", "pt") and len(text) > 3 and (found := _ISO_DURATION.fullmatch(text)):
        hours, minutes, seconds = (int(figure or 0) for figure in found.groups())
        return hours * 3600 + minutes * 60 + seconds
    if not text.isascii():
        for dual, figures in _ARABIC_DUALS.items():
            text = text.replace(dual, figures)
        text = _ARABIC_ONES.sub(r"1 \1", text)
    amounts = _AMOUNT.findall(text)
    if not amounts or not all(unit for _amount, unit in amounts):
        return None
    total = 0.0
    for amount, unit in amounts:
        folded = fold(unit)
        size = next((size for begin, size in _UNITS if folded.startswith(begin)), None)
        if size is None:
            return None
        total += float(amount.replace(",", ".")) * size
    left = re.sub(r"[\s,،.و]|and|et|y|und", "", _AMOUNT.sub("", text))
    return None if left else total


def is_short_clock(value: Any) -> bool:
    """Whether a duration such as 45:30 must be minutes and seconds, since nobody stays for 45 hours."""
    found = _CLOCK.fullmatch(plain(value)) if isinstance(value, str) else None
    return bool(found and not found[3] and int(found[1]) > 23)


# Which number is the day


def settle(
    moments: Sequence[Moment],
    *,
    others: Iterable[Moment] = (),
    spans: Iterable[tuple[Moment, Moment, int]] = (),
    around: date | None,
    named: date | None,
) -> tuple[str, str] | None:
    """In which order day, month and year stand: the order and a translated note ("" where nothing was inferred).

    moments  the joining and leaving times
    others   further dates of the file, written by the same hand but not of that day
    spans    joined, left and the seconds between them that the file gives
    around   the day of the activity; named is a date in the file's name
    None when it stays open: whoever asked must say.
    """
    moments = [one for one in moments if one.parts and not one.order]
    orders = [order for order in ORDERS if all(one.day(order) for one in moments)]
    wider = [order for order in orders if all(one.day(order) for one in others if one.parts and not one.order)]
    orders = wider or orders
    if not orders:  # some cell is no date at all; what most can be, all others are
        orders = [max(ORDERS, key=lambda order: sum(one.day(order) is not None for one in moments))]
    shown = {order: {day for one in moments if (day := one.day(order))} for order in orders}
    for known, why in (
        (around, _("the activity is on that day")),
        (named, _("the name of the file gives that day")),
    ):
        if known and len(orders) > 1 and (order := _nearest(shown, known)):
            return order, "" if _same(shown) else _inferred(order, why)
    # A year first with two figures is rare: it must not make every 29/07/26 a riddle.
    orders = [order for order in orders if order != "ymd"] or orders
    shown = {order: shown[order] for order in orders}
    if len(orders) == 1 or _same(shown):
        return orders[0], ""
    fitting = dict.fromkeys(orders, 0)
    for joined, left, seconds in spans:
        for order in orders:
            start, end = joined.day(order), left.day(order)
            if start and end:
                between = (end - start).days * 86_400 + (left.seconds or 0) - (joined.seconds or 0)
                fitting[order] += abs(between - seconds) <= 90
    best = sorted(orders, key=lambda order: fitting[order])[::-1]
    if fitting[best[0]] > fitting[best[1]]:
        return best[0], _inferred(best[0], _("only so the times agree with the durations"))
    lengths = {order: (max(days) - min(days)).days for order, days in shown.items() if days}
    best = sorted(orders, key=lambda order: lengths[order])
    if lengths[best[0]] <= 7 and lengths[best[1]] > 20:
        return best[0], _inferred(best[0], _("only so the days follow one another"))
    halves = {one.half for one in moments}
    if halves in ({"upper"}, {"other"}):
        order = "mdy" if halves == {"upper"} else "dmy"
        return order, _inferred(order, _("the hours are written as in countries with that order"))
    return None


def _same(shown: dict[str, set[date]]) -> bool:
    return all(days == next(iter(shown.values())) for days in shown.values())


def _nearest(shown: dict[str, set[date]], known: date) -> str:
    """The order that brings the dates to the known day, if the next one takes them clearly away from it."""
    away = sorted(
        (min((abs((day - known).days) for day in days), default=9999), order) for order, days in shown.items()
    )
    (first, order), (second, _order) = away[:2]
    return order if (first == 0 and second > 0) or (first <= 3 and second >= 14) or _same(shown) else ""


def _inferred(order: str, why: str) -> str:
    names = {"dmy": _("day/month/year"), "mdy": _("month/day/year"), "ymd": _("year/month/day")}
    return _("Dates are read as %(order)s: %(why)s.") % {"order": names[order], "why": why}
