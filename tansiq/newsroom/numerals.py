"""Numbers in running text, in figures and in words, in Arabic, French and English; and what they count.

Written for this: the libraries that read number words know no Arabic and give no places.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tansiq.core.language import fold
from tansiq.newsroom.reading import Word

LANGUAGES = ("ar", "fr", "en")


@dataclass(frozen=True, slots=True)
class Number:
    """A number and where it stands.

    first, last  indices of its words (last is inside);  start, end  code points
    unit         year, month, week, day, hour, minute, percent or an ISO 4217 code; "" for anything else
    is_bare      written with no more than one word or group of figures: it may be a day or a year
    """

    first: int
    last: int
    start: int
    end: int
    value: Decimal
    unit: str = ""
    is_bare: bool = True
    is_in_words: bool = False


def _table(rows: Iterable[str]) -> dict[str, int]:
    """ "3 trois" lines -> folded word -> value."""
    return {fold(word): int(row.split()[0]) for row in rows for word in row.split()[1:]}


# Values below 100, by word. Feminine, masculine, nominative and oblique; the forms before عشر.
SMALL = {
    "ar": _table("""
1 واحد واحدة إحدى أحد
2 اثنان اثنين اثنتان اثنتين اثنا اثني اثنتا اثنتي إثنان إثنين
3 ثلاثة ثلاث
4 أربعة أربع
5 خمسة خمس
6 ستة ست
7 سبعة سبع
8 ثمانية ثماني ثمان ثمانٍ
9 تسعة تسع
10 عشرة عشر
20 عشرون عشرين
30 ثلاثون ثلاثين
40 أربعون أربعين
50 خمسون خمسين
60 ستون ستين
70 سبعون سبعين
80 ثمانون ثمانين
90 تسعون تسعين""".strip().split("\n")),
    "fr": _table("""
1 un une
2 deux
3 trois
4 quatre
5 cinq
6 six
7 sept
8 huit
9 neuf
10 dix dizaine
11 onze
12 douze douzaine
13 treize
14 quatorze
15 quinze quinzaine
16 seize
20 vingt vingts vingtaine
30 trente trentaine
40 quarante quarantaine
50 cinquante cinquantaine
60 soixante soixantaine
70 septante
80 huitante octante
90 nonante""".strip().split("\n")),
    "en": _table("""
1 one
2 two
3 three
4 four
5 five
6 six
7 seven
8 eight
9 nine
10 ten
11 eleven
12 twelve dozen
13 thirteen
14 fourteen
15 fifteen
16 sixteen
17 seventeen
18 eighteen
19 nineteen
20 twenty
30 thirty
40 forty
50 fifty
60 sixty
70 seventy
80 eighty
90 ninety""".strip().split("\n")),
}  # fmt: skip
_HUNDREDS = {
    "ar": {
        **_table(["100 مائة مئة ميه", "200 مائتان مائتين مئتان مئتين مائتا مائتي مئتا مئتي"]),
        **{
            fold(f"{unit}{hundred}"): value * 100
            for value, units in enumerate(
                ["ثلاث", "أربع", "خمس", "ست", "سبع", "ثمان ثماني", "تسع"], start=3
            )
            for unit in units.split()
            for hundred in ("مائة", "مئة")
        },
    },
    "fr": _table(["100 cent cents centaine"]),
    "en": _table(["100 hundred"]),
}  # fmt: skip
_SCALES = {
    "ar": _table([
        "1000 ألف ألفا آلاف الاف", "2000 ألفان ألفين ألفي", "1000000 مليون مليونا ملايين", "2000000 مليونان مليونين مليوني",
        "1000000000 مليار مليارا مليارات بليون", "2000000000 ملياران مليارين ملياري",
    ]),
    "fr": _table(["1000 mille millier", "1000000 million millions", "1000000000 milliard milliards"]),
    "en": _table(["1000 thousand", "1000000 million millions mn", "1000000000 billion billions bn"]),
}  # fmt: skip
# Glued to figures: "15M€", "9.2m".
_AND = {"ar": (), "fr": ("et", "-"), "en": ("and", "-")}
# Of these the article, or a word of another meaning, is far commoner than the number.
_SELDOM_NUMBERS = {
    "ar": {1, 10},
    "fr": {1},
    "en": {1},
}

UNITS = {
    fold(word): unit
    for unit, row in {
        "year": "سنة سنوات سنين عام أعوام عاما سنويا an ans année années year years",
        "month": "شهر أشهر شهور شهرا mois month months",
        "week": "أسبوع أسابيع أسبوعا semaine semaines week weeks",
        "day": "يوم أيام يوما jour jours journée journées day days",
        "hour": "ساعة ساعات heure heures hour hours h",
        "minute": "دقيقة دقائق minute minutes",
        "percent": "٪ % percent pourcent",
    }.items()
    for word in row.split()
} | {"%": "percent", "٪": "percent"}
# Two of a unit are one word in Arabic.
_DUALS = {
    fold(word): unit
    for unit, row in {
        "year": "سنتان سنتين عامان عامين", "month": "شهران شهرين", "week": "أسبوعان أسبوعين",
        "day": "يومان يومين", "hour": "ساعتان ساعتين", "minute": "دقيقتان دقيقتين",
    }.items()
    for word in row.split()
}  # fmt: skip
_PERCENT = (("في", "المائة"), ("في", "المئة"), ("بالمائة",), ("بالمئة",), ("pour", "cent"), ("per", "cent"))
_PERCENTS = [tuple(fold(word) for word in phrase) for phrase in _PERCENT]

# "About 100": the words before a number that belong to it.
ABOUT = {
    fold(phrase): precision
    for precision, phrases in {
        "about": (
            "حوالي|نحو|زهاء|قرابة|ما يقارب|ما يقرب من|ما يناهز|تقريبا|يناهز|environ|près de|quelque|autour de|à peu près|une|"
            "about|around|some|approximately|nearly|almost|roughly"
        ),
        "at_least": (
            "أكثر من|أزيد من|ما يزيد عن|ما يزيد على|يفوق|ما لا يقل عن|على الأقل|plus de|au moins|more than|over|at least"
        ),
        "at_most": "أقل من|ما لا يزيد عن|moins de|au plus|jusqu'à|less than|fewer than|at most|up to",
    }.items()
    for phrase in phrases.split("|")
}


def numbers(words: list[Word], language: str, taken: list[bool] | None = None) -> list[Number]:
    """The numbers of a text in order; words that are `taken` (by a date, an address) are passed over."""
    found = []
    at = 0
    while at < len(words):
        number = None if taken and taken[at] else number_at(words, at, language)
        if number:
            found.append(number)
            at = number.last + 1
        else:
            at += 1
    return found


def number_at(words: list[Word], at: int, language: str) -> Number | None:
    dual = next(((skip, stem) for skip, stem in words[at].stems if stem in _DUALS), None)
    if language == "ar" and dual:
        word = words[at]
        return Number(at, at, word.start + dual[0], word.end, Decimal(2), _DUALS[dual[1]], is_in_words=True)
    value, last, skip = _in_figures(words, at)
    is_in_words = value is None
    if value is None:
        value, last, skip = _in_words(words, at, language)
        if value is None:
            return None
    if language == "fr" and (lasting := _hours_and_minutes(words, at, last, value)):
        return lasting
    last_of_value = last
    # "350 ألف", "15 million", "2,5 millions": the figures may have decimals.
    while last + 1 < len(words) and (scale := _scale(words[last + 1], language, is_in_words=is_in_words)):
        value, last = value * scale, last + 1
        if language == "ar" and is_in_words:
            break
    value, last = _and_a_half(words, last, language, value)
    if (
        not is_in_words
        and last + 1 < len(words)
        and words[last + 1].text == "k"
        and words[last + 1].start == words[last].end
    ):
        value, last = value * 1000, last + 1
    unit, last = _unit(words, last, language)
    if is_in_words and last == at and not unit and int(value) in _SELDOM_NUMBERS[language]:
        return None
    if words[at].text in ("un", "une") and last <= at + 1:
        return None  # "une journée" is a day as often as it is one day
    if not is_in_words and not unit and last == at and 1900 <= value <= 2100 and words[at].text.isdigit():
        return None  # a year, in a name or a reference: as a number it would be grouped
    is_bare = last_of_value == at and not unit and last == last_of_value
    return Number(at, last, words[at].start + skip, words[last].end, value, unit, is_bare, is_in_words)


def _and_a_half(words: list[Word], last: int, language: str, value: Decimal) -> tuple[Decimal, int]:
    """ "two and a half million", "trois millions et demi", "ثلاثة ملايين ونصف مليون"."""
    texts = [word.text for word in words[last + 1 : last + 5]]
    half = Decimal("0.5")
    scale = next((_SCALES[language][stem] for _skip, stem in words[last].stems if stem in _SCALES[language]), 1)
    if language == "en" and texts[:3] == ["and", "a", "half"]:
        scale = _SCALES["en"].get(texts[3], 1) if len(texts) > 3 else 1
        return (value + half) * scale, last + (4 if scale > 1 else 3)
    if language == "fr" and texts[:1] == ["et"] and texts[1:2] in (["demi"], ["demie"]):
        return value + half * scale, last + 2
    if language == "ar" and texts[:1] == ["ونصف"] and scale > 1:
        again = len(texts) > 1 and texts[1].removeprefix("ال") in _SCALES["ar"]
        return value + half * scale, last + (2 if again else 1)
    return value, last


def _hours_and_minutes(words: list[Word], at: int, last: int, value: Decimal) -> Number | None:
    """ "2 h 30": two and a half hours; what is an hour of the day was taken before."""
    if last != at or last + 2 >= len(words) or words[last + 1].text != "h" or not words[last + 2].text.isdigit():
        return None
    minutes = int(words[last + 2].text)
    if minutes >= 60:
        return None
    value += Decimal(minutes) / 60
    return Number(at, last + 2, words[at].start, words[last + 2].end, value, "hour", is_bare=False)


def _in_figures(words: list[Word], at: int) -> tuple[Decimal | None, int, int]:
    """ "12 450,75" -> 12450.75: groups of three and decimals, as each of the three languages writes them."""
    word = words[at]
    if not word.text.isdigit():
        return None, at, 0
    digits, last = word.text, at
    if len(digits) <= 3:
        group = None
        while last + 1 < len(words):
            step = 1 if _beside(words, last) == " " else 2
            mark = " " if step == 1 else words[last + 1].text
            after = words[last + step] if last + step < len(words) else None
            if (
                after is None
                or not (after.text.isdigit() and len(after.text) == 3)
                or mark not in " .,'٬"
                or (group or mark) != mark
                or (step == 2 and (words[last].end != words[last + 1].start or words[last + 1].end != after.start))
                or digits == "0"
            ):
                break
            digits, last, group = digits + after.text, last + step, mark
    if (
        last + 2 < len(words)
        and words[last + 1].text in (".", ",", "٫")
        and words[last].end == words[last + 1].start
        and words[last + 1].end == words[last + 2].start
        and words[last + 2].text.isdigit()
    ):
        return Decimal(f"{digits}.{words[last + 2].text}"), last + 2, 0
    return Decimal(digits), last, 0


def _beside(words: list[Word], at: int) -> str:
    """ " " when the next word is figures one space away."""
    after = words[at + 1]
    return " " if after.text.isdigit() and after.start == words[at].end + 1 else ""


def _scale(word: Word, language: str, *, is_in_words: bool) -> int:
    scales = _SCALES[language]
    value = next((scales[stem] for skip, stem in word.stems if skip == 0 and stem in scales), 0)
    return 0 if is_in_words else value


def _in_words(words: list[Word], at: int, language: str) -> tuple[Decimal | None, int, int]:
    """ "quatre-vingt-cinq" -> 85, "مائتين وعشرة" -> 210, "three hundred" -> 300."""
    hundreds, scales = _HUNDREDS[language], _SCALES[language]
    total = current = 0
    last = -1
    skip_first = 0
    position = at
    while position < len(words):
        word = words[position]
        if word.is_mark or (last >= 0 and word.text in _AND[language]):
            # A hyphen, "et", "and", the Arabic و apart: only between two words of the number.
            if last < 0 or word.text not in (*_AND[language], "-", "\u2010", "\u2011"):
                break
            position += 1
            continue
        if language == "ar" and word.text == "و" and last >= 0:
            position += 1
            continue
        value, skip = _word_value(word, language)
        if value is None:
            break
        joined = language != "ar" or last < 0 or word.text[0] == "و" or words[position - 1].text == "و"
        text = next(stem for letters, stem in word.stems if letters == skip)
        if text in scales:
            if language == "ar" and value in (2000, 2_000_000, 2_000_000_000):
                total, current = total + current + value, 0
            elif language == "ar" and last < 0 and text.endswith("ا"):
                total = 2 * value  # مليونا درهم; behind a number it is the accusative: خمسة عشر مليونا
            else:
                total, current = total + max(current, 1) * value, 0
        elif text in hundreds:
            if language == "ar" and (not joined and 3 <= current <= 9):
                current *= value
            elif language == "ar":
                current += value
            else:
                current = max(current, 1) * value
        elif language == "fr" and value == 20 and current % 100 == 4:
            current += 76  # quatre-vingts
        elif language == "ar" and value == 10 and 1 <= current % 100 <= 9 and not joined:
            current += 10  # ثلاثة عشر
        elif not _fits(current, value, language, joined=joined):
            break
        else:
            current += value
        if last < 0:
            skip_first = skip
        last = position
        position += 1
    if last < 0:
        return None, at, 0
    return Decimal(total + current), last, skip_first


def _word_value(word: Word, language: str) -> tuple[int | None, int]:
    for skip, stem in word.stems:
        if word.text.removeprefix("و") in ("الاثنين", "الاحد"):
            break  # Monday, Sunday
        for table in (_SCALES[language], _HUNDREDS[language], SMALL[language]):
            if stem in table:
                return table[stem], skip
    return None, 0


def _fits(current: int, value: int, language: str, *, joined: bool) -> bool:
    """May a value below 100 be added to what stands? Two numbers side by side are two numbers."""
    rest = current % 100
    if rest == 0:
        return joined or current == 0
    if language == "ar":
        return joined and rest < 10 and value >= 20 and value % 10 == 0
    if language == "fr" and rest in (60, 80):
        return value < 20
    return (rest >= 20 and rest % 10 == 0 and value < 10) or (language == "fr" and rest == 10 and 7 <= value <= 9) \
        or (language == "fr" and rest in (70, 90) and 7 <= value <= 9)  # fmt: skip


def _unit(words: list[Word], last: int, language: str) -> tuple[str, int]:
    """The unit behind a number and the index of its last word."""
    after = last + 1
    if after < len(words) and words[after].text == "-" and after + 1 < len(words):
        after += 1  # four-year
    if after >= len(words):
        return "", last
    for phrase in _PERCENTS:
        if tuple(word.text for word in words[after : after + len(phrase)]) == phrase:
            return "percent", after + len(phrase) - 1
    unit = UNITS.get(words[after].text, "")
    return (unit, after) if unit else ("", last)


def widened(words: list[Word], number: Number) -> tuple[int, str]:
    """Where a number begins with what softens it ("ما يقارب 100"), and the precision that this states."""
    for length in (3, 2, 1):
        first = number.first - length
        if first < 0:
            continue
        phrase = " ".join(word.text for word in words[first : number.first])
        # The preposition of an Arabic phrase is written together: "لحوالي".
        head = words[first]
        for skip, stem in head.stems:
            rest = " ".join([stem, *(word.text for word in words[first + 1 : number.first])])
            if rest in ABOUT:
                return head.start + skip, ABOUT[rest]
        if phrase in ABOUT:
            return head.start, ABOUT[phrase]
    return number.start, "exact"
