"""Numbers in running text, in figures and in words, in Arabic, French and English; what they count; sums of money.

Written for this: the libraries that read number words know no Arabic and give no places.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.core import UnknownLocaleError, get_global
from babel.numbers import get_currency_symbol

from tansiq.core.language import fold
from tansiq.newsroom.reading import Word
from tansiq.newsroom.reading import words as cut

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


# --- Money -----------------------------------------------------------------------------------------------------------

# Beside CLDR's names.
_BARE = {
    "EUR": "يورو|أورو|اليورو|euro|euros",
    "USD": "دولار|دولارا|دولارات|dollar|dollars",
    "GBP": "sterling",
    "XOF": "fcfa|cfa|franc cfa|francs cfa|f cfa|فرنك سيفا|فرنك إفريقي",
    "MAD": "dh|dhs",
    "NGN": "naira|n",
}
_CALLED = {
    "LBP": "ليره",
    "SYP": "ليره",
    "KES": "shillings",
    "UGX": "shillings",
}  # where CLDR's name is not the people's
_PLURALS_AR = {
    "درهم": "دراهم",
    "دينار": "دنانير",
    "جنيه": "جنيهات",
    "ريال": "ريالات",
    "ليره": "ليرات",
    "اوقيه": "اوقيات",
    "شلن": "شلنات",
    "فرنك": "فرنكات",
}


def _nouns(own: str, country: str) -> Iterator[tuple[str, ...]]:
    """What people of a country call its currency: the noun of its name alone, its plurals, the sign they write."""
    for language in LANGUAGES:
        locale = Locale.parse(language)
        for name in {locale.currencies.get(own, ""), *locale._data["currency_names_plural"].get(own, {}).values()} - {
            ""
        }:
            parts = fold(re.sub(r"\(.*?\)", "", name)).split()
            noun = parts[-1] if language == "en" else parts[0]
            yield (noun,)
            if language == "ar":
                yield from ((noun + "ا",), ("ال" + noun,), (_PLURALS_AR.get(noun, noun),))
            elif not noun.endswith("s"):
                yield (noun + "s",)
        try:
            sign = Locale.parse(f"{language}_{country.upper()}").currency_symbols.get(own, "")
        except UnknownLocaleError:
            continue
        marks = tuple(word.text for word in cut(re.sub(r"[\u200e\u200f]", "", sign)))
        if marks and marks != ("$",):
            yield marks
            yield marks[:-1] if marks[-1] == "." else marks  # د.ت
            yield ("".join(mark for mark in marks if mark.isalnum()) or marks[0],)  # دج
    if own in _CALLED:
        yield (_CALLED[own],)


@lru_cache(maxsize=8)
def currencies(countries: tuple[str, ...] = ()) -> Mapping[tuple[str, ...], str]:
    """Folded words -> ISO 4217: codes, names in the three languages with their plurals, symbols, and bare nouns.

    countries  ISO 3166: "dirham" or "دينار" alone is the currency of the first of them that calls it so
    """
    living = {
        rows[-1][0]
        for rows in get_global("territory_currencies").values()
        if rows and rows[-1][2] is None and rows[-1][3]
    }
    found: dict[tuple[str, ...], str] = {}
    for language in LANGUAGES:
        locale = Locale.parse(language)
        plurals = locale._data["currency_names_plural"]
        for code in sorted(living):
            for name in {locale.currencies.get(code, ""), *plurals.get(code, {}).values()} - {""}:
                found.setdefault(tuple(fold(re.sub(r"\(.*?\)", "", name)).split()), code)
    for code, row in _BARE.items():
        found.update({tuple(fold(name).split()) or (name,): code for name in row.split("|")})
    for country in reversed(countries):
        if own := _currency_of(country):
            found.update(dict.fromkeys(_nouns(own, country), own))
    found.update({(fold(code),): code for code in living})
    return found


def _currency_of(country: str) -> str:
    rows = get_global("territory_currencies").get(country.upper(), [])
    return next((code for code, _start, end, is_tender in rows if end is None and is_tender), "")


_SYMBOLS = {"€": "EUR", "$": "USD", "£": "GBP", "₦": "NGN", "₱": "PHP", "¥": "JPY", "₹": "INR", "₵": "GHS", "¢": "GHS"}
_DOLLARS = {"us": "USD", "a": "AUD", "au": "AUD", "c": "CAD", "ca": "CAD", "nz": "NZD"}
_SMALL_SCALES = {"m": 10**6, "k": 10**3, "md": 10**9, "bn": 10**9, "mds": 10**9}
_BETWEEN = {"d", "de", "'", "من", "of"}


def amounts(words: list[Word], found: list[Number], countries: tuple[str, ...] = ()) -> list[Number]:
    """Those of the numbers that are money: with the currency as `unit` and its words inside."""
    known = currencies(countries)
    country = countries[0] if countries else ""
    longest = max(len(name) for name in known)
    money = []
    for number in found:
        if number.unit:
            continue
        value, last = number.value, number.last
        after = last + 1
        glued = words[after].text if after < len(words) and words[after].start <= words[last].end + 1 else ""
        if (
            words[after : after + 1]
            and words[after].start > words[last].end
            and not _currency(words, after + 1, known, 1)[1]
        ):
            glued = ""  # "2,5 M€", not "5 m"
        if glued in _SMALL_SCALES and words[number.last].text != "k":
            value, last, after = value * _SMALL_SCALES[glued], after, after + 1
        elif glued[:1] in _SMALL_SCALES and (glued[1:],) in known:  # 15MEUR, 200MDH
            value, last = value * _SMALL_SCALES[glued[:1]], after
            money.append(_with(number, words, number.first, last, value, known[(glued[1:],)]))
            continue
        while after < len(words) and words[after].text in _BETWEEN:
            after += 1
        end, code = _currency(words, after, known, longest)
        code = _dollar(code, words[end].text, country) if code else code
        if code:
            money.append(_with(number, words, number.first, end, value, code))
            continue
        start, code = _before(words, number.first, known, country)
        if code:
            money.append(_with(number, words, start, last, value, code))
    return money


def _with(number: Number, words: list[Word], first: int, last: int, value: Decimal, code: str) -> Number:
    start = number.start if first == number.first else words[first].start
    return Number(first, last, start, words[last].end, value, code, is_bare=False)


def _currency(words: list[Word], at: int, known: Mapping[tuple[str, ...], str], longest: int) -> tuple[int, str]:
    if at < len(words) and words[at].text in _SYMBOLS:
        return at, _SYMBOLS[words[at].text]
    for length in range(min(longest, len(words) - at), 0, -1):
        name = tuple(word.text for word in words[at : at + length])
        for candidate in (name, (name[0].removeprefix("ال"), *(part.removeprefix("ال") for part in name[1:]))):
            if candidate in known:
                return at + length - 1, known[candidate]
    return at, ""


def _dollar(code: str, sign: str, country: str) -> str:
    """The dollar or pound of the country the text is of."""
    own = _currency_of(country)
    return own if sign in ("$", "£") and own and get_currency_symbol(own, "en")[-1:] == sign else code


def _before(words: list[Word], at: int, known: Mapping[tuple[str, ...], str], country: str) -> tuple[int, str]:
    """ "EUR 9.2 million", "$1.75 million", "US$ 2 million", "KSh 2.6M", "N40,000"."""
    if not at:
        return at, ""
    sign = words[at - 1].text
    if sign in _SYMBOLS:
        if at >= 2 and words[at - 2].end == words[at - 1].start:
            if sign == "$" and words[at - 2].text in _DOLLARS:
                return at - 2, _DOLLARS[words[at - 2].text]
            if (words[at - 2].text, sign) in known or (words[at - 2].text + sign,) in known:
                return at - 2, known.get((words[at - 2].text, sign)) or known[(words[at - 2].text + sign,)]
        return at - 1, _dollar(_SYMBOLS[sign], sign, country)
    code = known.get((sign,), "")
    is_code = len(sign) == 3 and code.lower() == sign
    is_sign = bool(code) and code == _currency_of(country) and len(sign) <= 3
    return (at - 1, code) if is_code or is_sign else (at, "")


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


_REFERENCE = re.compile(
    r"(?<!\w)(?:رقم|n\s?[°º]|no\.|nos\.|nº|loi|law|act|art(?:icle)?s?\.?|salle|lots?|room|hall|pages?|p\.|tableau|table|panel|annexe?|section|"
    r"chapitre|chapter|figure|route|bp|p\.o\. box|po box|bac|المادة|الفصل|المواد|الفصول|القاعة|قاعة|الجدول|الصفحة|البند|المحور|الباب|الطريق|الهدف|goal|"
    r"target|cible|objectif)\s*(?:رقم|n\s?[°º]|no\.)?\s*[+]?\s*\d[\d./-]*"
    r"|عدد\s+\d+(?=\s+لسنة)"
    r"|(?<![\w.])\d{1,4}[-–.]\d{2}(?![\w,.-]*\d)(?=\s*(?:المتعلق|القاضي|بشأن|الصادر|relative?|du\b|of\b|on\b))"
    r"|(?<!\w)(?:\+\d|00\d|0\d)[\d\s().-]{5,}\d(?!\w)"
    r"|(?<![\w-])(?:\(\d{3}\)|\d-\d{3}|\d{3})[- ]?\d{3}[- ]\d{4}(?!\w)|(?<!\d)\d-\d{3}-\d{3}-\d{4}"
    r"|(?<!\d)\d{2,3}(?: \d{2}){3,}(?! ?\d)"
    r"|(?:هاتف|الهاتف|للاتصال|اتصلوا?|للتبليغ|الخط|الرقم(?: الأخضر| المجاني)?|t[ée]l(?:\.|ephone|éphone)?|phone|fax|call|dial|hotline|helpline|"
    r"appel(?:ez|er)?|composez|contact|numéro(?: vert)?)(?:\W{0,3}(?:le|la|au|على|to|at|us|رقم|الساخن)){0,2}\W{0,3}[\d\s().+-]*\d(?![\d.,]*\s*\w*\s*(?:euro|%))"
    r"|^\s*(?:\d{1,2}\s?[/.)](?=\s)|\d(?:\.\d)+\.?(?=\s))"  # a list's own numbers, and a report's
    r"|(?<!\w)24\s?(?:/\s?7|h(?:eures)?\s?(?:/|sur)\s?24)(?:,?\s?7\s?(?:j(?:ours)?)?\s?(?:/|sur)\s?7)?"
    r"|(?<![\w])[A-Za-z]+[-/](?:[\w]+[-/])*\d+(?:[-/]\w+)*|(?<!\w)\d+/[A-Z]{2,}[\w/-]*"
    r"|https?://\S+|www\.\S+|[\w.+-]+@[\w-]+\.[\w.]+|[#@]\w+",
    re.IGNORECASE | re.MULTILINE,
)


def references(text: str) -> list[tuple[int, int]]:
    """Where figures count nothing: laws and articles, telephone numbers, addresses, tags."""
    return [match.span() for match in _REFERENCE.finditer(text)]
