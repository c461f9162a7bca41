"""What a language asks of the machine: folding for search, number agreement, lists, direction, money, names.

Pure functions. `language` is a language code or a CLDR locale ("ar", "ar-MA", "ar_MA"); a locale also settles how
figures are grouped. Figures are always written with the digits 0-9. A language that is not known here gets English
words, and English figures where CLDR does not know it either.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.core import UnknownLocaleError, get_global
from babel.lists import format_list
from babel.numbers import (
    format_currency,
    format_decimal,
    format_percent,
    get_currency_name,
    get_currency_precision,
)
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tansiq.core.errors import Refused

# Unicode's right-to-left scripts that are in use today; CLDR gives the script of a language, not its direction.
_RTL_SCRIPTS = {"Adlm", "Arab", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"}


def _base(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()


@lru_cache(maxsize=256)
def _locale(language: str) -> Locale:
    for name in (language.replace("-", "_"), _base(language), "en"):
        try:
            return Locale.parse(name)
        except (ValueError, UnknownLocaleError):
            continue
    raise AssertionError("CLDR always has English")


@lru_cache(maxsize=256)
def direction(language: str) -> str:
    """ "rtl" or "ltr", from the script in the code ("ku-Arab") or the one CLDR finds likely; unknown is "ltr"."""
    parts = language.replace("_", "-").split("-")[:2]
    if len(parts) == 2 and len(parts[1]) == 4:
        return "rtl" if parts[1].title() in _RTL_SCRIPTS else "ltr"
    likely = get_global("likely_subtags")
    tag = likely.get("_".join([parts[0].lower(), *(part.upper() for part in parts[1:])])) or likely.get(_base(language))
    return "rtl" if tag and tag.split("_")[1] in _RTL_SCRIPTS else "ltr"


@lru_cache(maxsize=64)
def script(language: str) -> str:
    """The ISO 15924 code that a language is likely written in: "Arab", "Latn"; "Zzzz" where CLDR does not know."""
    parts = language.replace("_", "-").split("-")
    if len(parts) > 1 and len(parts[1]) == 4:
        return parts[1].title()
    likely = get_global("likely_subtags")
    tag = likely.get(language.replace("-", "_")) or likely.get(_base(language))
    return tag.split("_")[1] if tag else "Zzzz"


def one_of_each_script(languages: Iterable[str]) -> list[str]:
    """The first language of each script: people are asked for one spelling of their name in each of these."""
    found: dict[str, str] = {}
    for language in languages:
        found.setdefault(script(language), language)
    return list(found.values())


# By which Unicode names of letters a script is known; of other scripts nothing is refused.
_LETTERS_OF = {"Arab": "ARABIC", "Latn": "LATIN"}


def is_in_script(text: str, language: str) -> bool:
    """Are all its letters of the script that the language is written in? True for scripts that are not known here."""
    wanted = _LETTERS_OF.get(script(language))
    return wanted is None or all(
        unicodedata.name(char, "").startswith(wanted)
        for char in text
        if unicodedata.category(char) in ("Lu", "Ll", "Lo")
    )


def in_line(text: str, language: str) -> str:
    """A number such as 12/SG/2020 or a date such as 2020-07-27 as one left-to-right word.

    After Arabic letters a machine shows its parts from right to left, 2020/SG/12, unless marks hold it together.
    """
    return f"\u200e{text}\u200e" if text and direction(language) == "rtl" else text


# --- Folding -----------------------------------------------------------------------------------------------------

_LETTERS = {
    **{"ٱ": "ا", "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه"},
    **{"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "ŧ": "t", "þ": "th"},
    # As an apostrophe it parts words; the two half rings are ʿayn and hamza in transliterated names.
    **{"ʼ": " ", "ʾ": "", "ʿ": ""},
}
_DROPPED = re.compile(
    "[\u0640\u0610-\u061a\u064b-\u065f\u0670\u0674\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u08d3-\u08ff"
    "\ufe00-\ufe0f]"
)
# In Latin and Greek a mark does not make another letter for a searcher; й and が are other letters than и and か.
_LATIN_MARKS = re.compile("(?<![\u0400-\u1dff\u2c00-\U0010ffff])[\u0300-\u036f]+")


class _FoldTable(dict[int, str]):
    """For `str.translate`: works out each character once; rare planes are not kept, so queries cannot fill memory."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if category == "Cf" or _DROPPED.match(char):
            folded = ""
        elif category == "Nd":
            folded = str(unicodedata.digit(char))
        else:
            folded = _LETTERS[char] if char in _LETTERS else char if category[0] in "LMN" else " "
        if code < 0x10000:
            self[code] = folded
        return folded


_FOLD = _FoldTable()


def fold(text: str, language: str | None = None) -> str:
    """The text as it is searched: without case, accents, tashkeel, hamza seats, punctuation or invisible characters.

    Words are parted by one space. `language` changes nothing today and must not: a query is folded without knowing
    the language of what it will find.
    """
    # Decomposed, أ إ آ ؤ ئ are their seat and a mark that the table drops.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold()).translate(_FOLD)
    return " ".join(unicodedata.normalize("NFC", _LATIN_MARKS.sub("", plain)).split())


# French elisions before the word, the English possessive after it.
_ELISION = re.compile(r"(?<!\w)(?:[cdjlmnst]|(?:jus|lors|puis)?qu)['’ʼ]|(?<=\w)['’ʼ]s(?!\w)", re.IGNORECASE)
_ARABIC_WORD = re.compile("[\u0621-\u064a]+")
_SHORTEST_STEM = 3


def _words(text: str) -> list[str]:
    # A lone و is the conjunction, set apart by a writer's space.
    return [word for word in fold(_ELISION.sub(" ", unicodedata.normalize("NFKC", text))).split() if word != "و"]


def _stems(word: str) -> list[str]:
    """The folded word, then what is left of it without its clitics, outermost first; the word itself always stays."""
    if not _ARABIC_WORD.fullmatch(word):
        return [word]
    stems = [word]
    if word[0] in "وف":
        stems.append(word[1:])
    stems += [stem[1:] for stem in stems if stem[:1] in ("ب", "ك", "ل")]
    for stem in list(stems):
        if stem.startswith("ال"):
            stems.append(stem[2:])
        elif stem.startswith("لل"):  # ل and ال, whose alif is not written
            stems += ["ال" + stem[2:], stem[2:]]
    return list(dict.fromkeys([word, *(stem for stem in stems if len(stem) >= _SHORTEST_STEM)]))


def tokens(text: str) -> list[str]:
    """What an index holds of a text: each folded word and its stems without clitics, once, in order of appearance."""
    return list(dict.fromkeys(stem for word in _words(text) for stem in _stems(word)))


def query_tokens(text: str) -> list[list[str]]:
    """For each word of a query the tokens of which one must be in the index, the word as typed first.

    A query of nothing but punctuation or a lone و is []: the caller decides what that finds.
    """
    return [_stems(word) for word in _words(text)]


# --- Numbers and what they count -----------------------------------------------------------------------------------


def _figure(number: int | Decimal, language: str) -> str:
    return format_decimal(number, locale=_locale(language))


def agree(number: int, forms: dict[str, str], language: str) -> str:
    """The form of `forms` (keys zero, one, two, few, many, other) that the number asks for, with `{n}` filled in.

    A missing form is "other"; KeyError when that is missing too.
    """
    category = _locale(language).plural_form(number)
    form = forms[category] if category in forms else forms["other"]
    return form.replace("{n}", _figure(number, language))


def _two(one: str, other: str) -> dict[str, str]:
    return {"one": f"{{n}} {one}", "other": f"{{n}} {other}"}


def _noun(ar: str, fr: str, en: str) -> dict[str, dict[str, str]]:
    """Arabic: one/two/oblique dual/few/many/other; French and English: one/other. CLDR has no case: oblique is ours."""
    one, two, oblique, few, many, other = ar.split("/")
    counted = {"few": f"{{n}} {few}", "many": f"{{n}} {many}", "other": f"{{n}} {other}"}
    arabic = {"zero": f"لا {few}", "one": one, "two": two, "oblique": oblique, **counted}
    return {"ar": arabic, "fr": _two(*fr.split("/")), "en": _two(*en.split("/"))}


# People's words are the common form for men and women. Unvowelled, the oblique dual of a sound masculine plural
# reads like the plural (مشاركين), so it says اثنين.
NOUNS: dict[str, dict[str, dict[str, str]]] = {
    "participant": _noun(
        "مشارك واحد/مشاركان/مشاركين اثنين/مشاركين/مشاركًا/مشارك", "participant/participants", "participant/participants"
    ),
    "social_assistant": _noun(
        "مساعد اجتماعي واحد/مساعدان اجتماعيان/مساعدين اجتماعيين اثنين/مساعدين اجتماعيين/مساعدًا اجتماعيًا/مساعد اجتماعي",
        "assistant social/assistants sociaux",
        "social assistant/social assistants",
    ),
    "activity": _noun("نشاط واحد/نشاطان/نشاطين/أنشطة/نشاطًا/نشاط", "activité/activités", "activity/activities"),
    "partner": _noun("شريك واحد/شريكان/شريكين/شركاء/شريكًا/شريك", "partenaire/partenaires", "partner/partners"),
    "organisation": _noun(
        "هيئة واحدة/هيئتان/هيئتين/هيئات/هيئة/هيئة", "organisation/organisations", "organisation/organisations"
    ),
    "site": _noun("موقع واحد/موقعان/موقعين/مواقع/موقعًا/موقع", "site/sites", "site/sites"),
    "day": _noun("يوم واحد/يومان/يومين/أيام/يومًا/يوم", "jour/jours", "day/days"),
    "region": _noun("جهة واحدة/جهتان/جهتين/جهات/جهة/جهة", "région/régions", "region/regions"),
    "seat": _noun("مقعد واحد/مقعدان/مقعدين/مقاعد/مقعدًا/مقعد", "siège/sièges", "seat/seats"),
    "person": _noun("شخص واحد/شخصان/شخصين/أشخاص/شخصًا/شخص", "personne/personnes", "person/people"),
    "undertaking": _noun(
        "تعهد واحد/تعهدان/تعهدين/تعهدات/تعهدًا/تعهد", "mesure promise/mesures promises", "undertaking/undertakings"
    ),
    # يورو is not inflected.
    "euro": {"ar": {"other": "{n} يورو"}, "fr": _two("euro", "euros"), "en": _two("euro", "euros")},
}

_PRECISIONS = {
    "ar": {
        **{"exact": "{n}", "about": "حوالي {n}", "at_least": "ما لا يقل عن {n}"},
        **{"at_most": "ما لا يزيد عن {n}", "unknown": "العدد غير مذكور"},
    },
    "fr": {
        **{"exact": "{n}", "about": "environ {n}", "at_least": "au moins {n}"},
        **{"at_most": "au plus {n}", "unknown": "nombre non précisé"},
    },
    "en": {
        **{"exact": "{n}", "about": "about {n}", "at_least": "at least {n}"},
        **{"at_most": "at most {n}", "unknown": "number not stated"},
    },
}


def _worded(language: str) -> str:
    """The language itself where we have its words, else English: words and figures of one phrase go together."""
    return language if _base(language) in _PRECISIONS else "en"


def count(n: int, noun: str, language: str, *, oblique: bool = False) -> str:
    """A number of one of `NOUNS`: "نشاطان", "3 أنشطة", "11 نشاطًا"; "0 activité"; "1 activity"; zero is "لا أنشطة".

    oblique  in Arabic, after a preposition or as an object: "نشاطين"; elsewhere it changes nothing
    Raises KeyError for a noun that is not in the table.
    """
    language = _worded(language)
    forms = NOUNS[noun][_base(language)]
    if oblique and "oblique" in forms:
        forms = {**forms, "two": forms["oblique"]}
    return agree(n, forms, language)


def approximately(n: int | None, precision: str, noun: str, language: str) -> str:
    """A number of one of `NOUNS` as far as it is known: "حوالي 100 مشارك", "au moins 3 activités".

    precision  exact, about, at_least, at_most or unknown (as when `n` is None); KeyError for another
    """
    language = _worded(language)
    patterns = _PRECISIONS[_base(language)]
    if n is None or precision == "unknown":
        return patterns["unknown"]
    if n == 0 and precision != "exact":  # "لا" cannot follow حوالي
        phrase = NOUNS[noun][_base(language)]["other"].replace("{n}", "0")
    else:
        phrase = count(n, noun, language, oblique=precision in ("about", "at_least", "at_most"))
    return patterns[precision].replace("{n}", phrase)


def number_with_precision(n: int | None, precision: str, language: str) -> str:
    """The same without a noun, to put beside a phrase that somebody wrote: "ما لا يقل عن 100", "about 1,500"."""
    language = _worded(language)
    patterns = _PRECISIONS[_base(language)]
    if n is None or precision == "unknown":
        return patterns["unknown"]
    return patterns[precision].replace("{n}", _figure(n, language))


# --- Lists, money, names -------------------------------------------------------------------------------------------


def join(items: Iterable[Any], language: str) -> str:
    """ "أ، ب وج", "A, B et C", "A, B and C"; "" of nothing. A SafeString only when every item is one."""
    parts = [item if isinstance(item, SafeString) else str(item) for item in items]
    if _base(language) == "ar" and parts:
        # CLDR repeats the conjunction (أ وب وج), which is right in speech and heavy in a list of names.
        text = " و".join([*(["، ".join(parts[:-1])] if parts[1:] else []), parts[-1]])
    else:
        # The United Kingdom's English has no comma before "and".
        text = format_list(
            parts, locale=Locale("en", "GB") if _locale(language).language == "en" else _locale(language)
        )
    return SafeString(text) if parts and all(isinstance(part, SafeString) for part in parts) else text


def language_name(code: str, language: str) -> str:
    """ "fr" in Arabic is الفرنسية; a code that CLDR does not know stays as it is."""
    return _locale(language).languages.get(code.replace("-", "_")) or code


def country(code: str, language: str) -> str:
    """The name of an ISO 3166 country; the code where CLDR has none."""
    return _locale(language).territories.get(code, code)


def minor_digits(currency: str) -> int:
    """How many decimals a currency has (ISO 4217, from CLDR): 2 for EUR, 3 for TND, 0 for JPY."""
    return get_currency_precision(currency)


def money(amount: int | Decimal, currency: str, language: str) -> str:
    """The full figure with the currency's name: "15.000.000 يورو" (ar_MA), "15 000 000 euros", "1,500.50 euros".

    amount    in units of the currency (euros, not cents); cents are shown where there are some
    currency  ISO 4217; a code that CLDR has no name for is shown as it is
    """
    locale = _locale(language)
    if locale.language == "ar" and amount == 2:  # CLDR would put the figure before the dual: 2 درهمان
        return f"2 {get_currency_name(currency, count=100, locale=locale)}"
    has_cents = amount != int(amount)
    return format_currency(amount, currency, locale=locale, format_type="name", currency_digits=has_cents)


# Arabic: the dual in the construct state (it stands before the currency), 3 to 10, and any other number.
_SCALES = {
    10**9: {
        "ar": {"one": "مليار", "two": "مليارا", "few": "{n} مليارات", "other": "{n} مليار"},
        "fr": _two("milliard", "milliards"),
        "en": _two("billion", "billion"),
    },
    10**6: {
        "ar": {"one": "مليون", "two": "مليونا", "few": "{n} ملايين", "other": "{n} مليون"},
        "fr": _two("million", "millions"),
        "en": _two("million", "million"),
    },
}


def to_minor(amount: Decimal | float, currency: str) -> int:
    """An amount in the currency's smallest unit: 0.99 EUR is 99. ValueError where it has more decimals than that."""
    minor = Decimal(str(amount)).scaleb(minor_digits(currency))
    if minor != int(minor):
        message = _("%(currency)s has %(digits)s decimals; %(value)s has more. Round it.")
        raise ValueError(message % {"currency": currency, "digits": minor_digits(currency), "value": amount})
    return int(minor)


def percent(value: float, locale: str) -> str:
    """20 -> "20%", "20 %" or "20‎%‎", as the language writes it; no digit is rounded away."""
    return format_percent(Decimal(str(value)) / 100, locale=locale, decimal_quantization=False)


def money_short(amount: int | Decimal, currency: str, language: str) -> str:
    """Whole millions or billions in words: "15 مليون يورو", "15 millions d’euros", "EUR 15 million"; else `money`."""
    scale = next((size for size in _SCALES if amount >= size and amount % size == 0), None)
    base, locale = _base(language), _locale(language)
    if scale is None or base not in _SCALES[scale]:
        return money(amount, currency, language)
    number = agree(int(amount // scale), _SCALES[scale][base], language)
    if base == "en":
        return f"{currency} {number}"
    name = get_currency_name(currency, count=100, locale=locale)
    if base == "fr":
        return f"{number} d’{name}" if fold(name)[:1] in tuple("aeiou") else f"{number} de {name}"
    return f"{number} {name}"


_EASTERN_DIGITS = {zero + digit: str(digit) for zero in (0x660, 0x6F0) for digit in range(10)}
# Persian and the languages of India cannot be spelled without the two joiners.
_JOINERS = "\u200c\u200d"


def clean_name(text: str) -> str:
    """A name as it is kept: NFC, digits 0-9, one space between words; "" when nothing is left.

    Raises Refused (carries `character`, such as "U+202E") for bidi controls and other invisible characters.
    """
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs") and char not in "\t\n\r" + _JOINERS:
            code = f"U+{ord(char):04X}"
            message = _(
                "The name was not kept: it holds an invisible character (%(code)s), which can make it read as "
                "something else. Delete the name and type it again instead of pasting it."
            )
            raise Refused(message % {"code": code}, character=code)
    return " ".join(unicodedata.normalize("NFC", text).translate(_EASTERN_DIGITS).split())
