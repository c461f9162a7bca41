"""Dates in running text, in Arabic, French and English: days, ranges, months, years, hours; with or without a year.

Each word becomes one letter by what it may be in a date, and patterns are sought in the letters: the grammar of dates
is one for the three languages, their words are tables. Months and weekdays are CLDR's, in every Arabic it knows.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale

from tansiq.core.language import fold
from tansiq.newsroom import numerals
from tansiq.newsroom.reading import Word

_LOCALES = {
    "ar": ("ar", "ar_MA", "ar_DZ", "ar_TN", "ar_JO", "ar_MR", "ar_IQ", "ar_SA"),
    "fr": ("fr", "fr_CA"),
    "en": ("en", "en_GB"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Dated:
    """A date and where it stands.

    value    ISO 8601: "2020-07-27", "2020-07", "2020", "2020-07-27/2020-07-29", "--07-28", "--07", "T09:30"
    weekday  1 (Monday) to 7 when a weekday is named with a single day; 0 otherwise
    first, last  indices of its words (last is inside);  start, end  code points
    """

    first: int
    last: int
    start: int
    end: int
    value: str
    weekday: int = 0

    @property
    def is_clock(self) -> bool:
        return self.value.startswith("T")


@lru_cache(maxsize=1)
def _calendar() -> dict[str, tuple[dict[tuple[str, ...], int], dict[str, int]]]:
    """Language -> (folded words of a month -> 1 to 12, folded weekday -> 1 to 7)."""
    tables = {}
    for language, locales in _LOCALES.items():
        months: dict[tuple[str, ...], int] = {}
        weekdays: dict[str, int] = {}
        for name in locales:
            locale = Locale.parse(name)
            for context in ("format", "stand-alone"):
                for width in ("wide", "abbreviated"):
                    for number, month in locale.months[context][width].items():
                        if len(fold(month)) > 2 or language == "ar":
                            months.setdefault(tuple(fold(month).split()), number)
                    for number, day in locale.days[context][width].items():
                        if len(day) > 2:
                            weekdays.setdefault(fold(day).removeprefix("ال") or day, number + 1)
        if language == "ar":
            months.update({(fold(word),): number for word, number in _FURTHER_MONTHS.items()})
        if language == "en":
            months[("sept",)] = 9
        tables[language] = (months, weekdays)
    return tables


# Spellings of the press that CLDR does not have.
_FURTHER_MONTHS = {
    "ابريل": 4, "إبريل": 4, "نيسان": 4, "اغسطس": 8, "أوت": 8, "غشت": 8, "جويليه": 7, "يوليه": 7, "يونيه": 6, "نوفبر": 11,
    "ماي": 5, "شتمبر": 9, "دجمبر": 12,
}  # fmt: skip

_ORDINALS = {
    fold(word): number
    for number, row in enumerate(
        [
            "الأول الأولى أول فاتح غرة", "الثاني الثانية", "الثالث الثالثة", "الرابع الرابعة", "الخامس الخامسة", "السادس السادسة",
            "السابع السابعة", "الثامن الثامنة", "التاسع التاسعة", "العاشر العاشرة",
        ],
        start=1,
    )
    for word in row.split()
} | {"حادي": 1, "الحادي": 1}  # fmt: skip
_ORDINALS_EN = {
    word: number
    for number, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
            "twentieth",
        ],
        start=1,
    )
} | {"thirtieth": 30}

# What a word may be between the parts of a date: R joins two ends, A joins days, F stands between and means nothing,
# S that a month, Y that a year follows, P that a month or year alone may follow.
_JOINTS = {
    "ar": {"R": "إلى الى حتى لغاية", "A": "و", "F": "يوم يومي أيام الفترة الممتدة ما بين من", "S": "شهر", "Y": "سنة عام سنوات",
           "P": "في خلال منذ نهاية بداية مطلع منتصف متم قبل بعد أواخر أوائل وخلال غضون حدود"},
    "fr": {"R": "au jusqu à", "A": "et", "F": "le les l du de d jour jours cours courant", "S": "mois", "Y": "année annee an années",
           "P": "en depuis dès des début debut fin mi courant cours ici avant après apres entre à pour de"},
    "en": {"R": "to until till through", "A": "and", "F": "the of on day days between from", "S": "month", "Y": "year years",
           "P": "in since during by from until early late mid before after between for of end beginning last next this"},
}  # fmt: skip
_LETTER = {
    language: {fold(word): letter for letter, row in reversed(list(rows.items())) for word in row.split()}
    for language, rows in _JOINTS.items()
}


@dataclass(frozen=True, slots=True)
class _Atom:
    letters: str  # what it may be, one letter
    first: int
    last: int
    start: int
    value: int = 0


_HIJRI = re.compile(
    r"\d{1,2}\s+(?:من\s+)?(?:محرم|صفر|ربيع\s+(?:الأول|الثاني|الآخر)|جمادى\s+(?:الأولى|الآخرة|الثانية)|رجب|شعبان|رمضان|شوال|ذي\s+القعدة|ذي\s+الحجة)"
    r"(?:\s+\d{4})?(?:\s?هـ?)?"
)


def hijri(text: str) -> list[tuple[int, int]]:
    """Dates of the other calendar: their numbers count nothing, and what they mean stands beside them."""
    return [match.span() for match in _HIJRI.finditer(text)]


def dates(text: str, words: list[Word], language: str) -> list[Dated]:
    """The dates of a text in order of appearance; `words` are the text's."""
    numeric = _numeric(text, words, language)
    held = {index for one in numeric for index in range(one.first, one.last + 1)}
    atoms = _atoms(words, language, held)
    found = [*numeric, *_written(atoms, words, language)]
    found.sort(key=lambda one: one.start)
    found = _joined(found, words, language)
    held = {index for one in found for index in range(one.first, one.last + 1)}
    found += [one for one in _clocks(text, words, language) if not held & set(range(one.first, one.last + 1))]
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
    weekdays = _calendar()[language][1]
    return next((weekdays[stem] for _skip, stem in word.stems if stem in weekdays), 0)


# --- With words ------------------------------------------------------------------------------------------------------


def _atoms(words: list[Word], language: str, held: set[int]) -> list[_Atom]:
    months, _weekdays = _calendar()[language]
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
            skip = next(skip for skip, stem in word.stems if stem in _calendar()[language][1])
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
    ordinals = _ORDINALS if language == "ar" else _ORDINALS_EN if language == "en" else {"premier": 1}
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
    table = _LETTER[language]
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
    if not all(text in _LETTER[language] or text in ("-", "–", "'") for text in between):
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


# --- Hours -----------------------------------------------------------------------------------------------------------

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


def _clocks(text: str, words: list[Word], language: str) -> list[Dated]:
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
        hour = next((_ORDINALS[stem] for _skip, stem in word.stems if stem in _ORDINALS and stem.endswith("ه")), 0)
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
