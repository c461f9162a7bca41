"""Sums of money in running text: the numbers that stand beside a currency, by its name, code or sign."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.core import UnknownLocaleError, get_global
from babel.numbers import get_currency_symbol

from tansiq.core.language import fold
from tansiq.newsroom.numerals import LANGUAGES, Number
from tansiq.newsroom.reading import Word
from tansiq.newsroom.reading import words as cut

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
