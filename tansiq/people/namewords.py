"""The words of a person's name: without titles, brackets and what a conference system adds, articles and "Abd" joined on.

"AÏT OUAHI, Khadija (External)" is khadija, ait, ouahi; عبد الكريم is one word, as Abdelkarim and Abd El Karim are.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from tansiq.people.spelling import ARTICLE

# A name is not longer than this; what follows is not read.
_MOST_WORDS = 12
_MOST_LETTERS = 400


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _each(text: str, value: str) -> dict[str, str]:
    return dict.fromkeys(text.split(), value)


_TITLES = _set(
    """
    mr mrs ms mme mlle mm miss madame monsieur mademoiselle dr doc docteur doctor pr prof professeur professor me
    maitre ing sir dame
    السيد السيدة السيده الانسة الانسه الاستاذ الاستاذة الاستاذه استاذ استاذة الدكتور الدكتورة الدكتوره دكتور دكتورة
    المهندس المهندسة
    """
)
_HONOURS = _set(
    """
    si sidi sid moulay moulaye mly lalla lala hajj haj hadj hajja hadja elhaj
    سي سيدي مولاي لالة لالا لاله الحاج الحاجة حاج
    """
)
_SYSTEM = _set(
    """
    iphone ipad ipod galaxy samsung huawei redmi xiaomi oppo infinix tecno nokia android macbook laptop pc ordinateur
    phone tablet tablette zoom user guest invite invitee external externe host hote participant portable
    ضيف ضيفة خارجي هاتف ايفون
    """
)
_OF = _set("de du des la le les d of the von van der den zu zum y e da das do dos di del della")
_SON = {
    **_each("ben bin ibn bn bnou beni", "ben"),
    **_each("بن ابن", "بن"),
    **_each("bent bint bnt", "bint"),
    "بنت": "بنت",
    **_each("ould oueld weld uld wuld walad", "ould"),
    "ولد": "ولد",
    "bel": "bel",
    **_each("ait ayt aait", "ait"),
    **_each("ايت آيت", "ايت"),
}
# Read as one word with what follows, whether a space stands between or not.
_JOINED = {
    **_each("abd abdou abdo", "abd"),
    **_each("abdel abdul abdal abdoul", f"abd{ARTICLE}"),
    "عبد": "عبد",
    **_each("bou bu abou abu", "bou"),
    **_each("ابو بو", "بو"),
}
_FAITH = re.compile(r"(?:[aeiou]?[dl])?(din+e?)|[aeiou]dd(in+e?)|الدين")
# Between two names these say whose child somebody is.
SONS = frozenset(["ben", "بن", "bint", "بنت", "ould", "ولد"])
_LIGHT = _OF | _HONOURS | frozenset(_SON.values())
_ARTICLES = frozenset(["el", "al", "ul", "il", "l", "ال"])
_SUN_ARTICLE = re.compile(r"[aeou](ch|sh|[nrstdz])")

_LETTERS = {
    **{"أ": "ا", "إ": "ا", "ٱ": "ا", "ی": "ي", "ې": "ي", "ک": "ك", "ہ": "ه", "ھ": "ه", "ۀ": "ه", "ڭ": "گ", "ݣ": "گ"},
    **{"ڨ": "گ", "ڢ": "ف", "ٹ": "ت", "ڈ": "د", "ڑ": "ر", "ے": "ي"},
    **{"š": "š", "ş": "š", "ș": "š", "ç": "ç", "č": "č", "ć": "č", "ž": "ž", "ż": "ž", "ñ": "ñ", "ř": "ř", "ł": "ł"},
    **{"đ": "đ", "ğ": "ğ", "ț": "ț", "ţ": "ț", "ü": "ü", "ű": "ü", "ö": "ö", "ő": "ö", "ø": "ö", "ð": "dh", "þ": "th"},
    **{"ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ə": "e", "ġ": "gh", "ḫ": "kh", "ǧ": "dj", "ɣ": "gh", "ɛ": "ʿ"},
    **{"ʿ": "", "ʾ": "", "ʼ": "", "'": "", "’": "", "‘": "", "`": "", "´": "", "ʹ": "", "ـ": ""},
    # Tifinagh by its Latin letters
    **dict(zip("ⴰⴱⴳⴷⴹⴻⴼⵀⵃⵉⵊⴽⵍⵎⵏⵓⵔⵕⵙⵚⵜⵟⵡⵢⵣⵥ", "abgddefhhijklmnurrssttwyzz", strict=True)),
    **{"ⵖ": "gh", "ⵅ": "kh", "ⵄ": "ʿ", "ⵇ": "q", "ⵛ": "ch", "ⵯ": "w"},
}
# Digits that stand for letters in chats: 7amid, 3ali, 9assem.
_CHAT = {"2": "", "3": "ʿ", "5": "kh", "6": "t", "7": "ḥ", "8": "gh", "9": "q"}

_BRACKETS = re.compile(r"\([^()]*\)?|\[[^\[\]]*\]?|（[^（）]*）?|\{[^{}]*\}?|<[^<>]*>?")
_ADDRESS = re.compile(r"@\S+")
_ASIDE = re.compile(r"\s[-–—|/•·:]+\s|[|•]")
_POSSESSIVE = re.compile(r"['’]s\b", re.IGNORECASE)
_COMMA = re.compile("[,،;؛]")
_PART = re.compile(r"[^\W_](?:[^\W_]|['’‘ʼʿʾ`´\u0300-\u036f\u064b-\u065f\u0670])*")
_COUNTER = re.compile(r"(?<=\D)(?:\d{2,}|[0-24689])$")  # Samira95, Khadija2; but Rabi3, Sabba7


class _Folding(dict[int, str]):
    """For `str.translate`: works out each character once; rare planes are not kept, so names cannot fill memory."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        kept = _LETTERS.get(char)
        if kept is None and unicodedata.category(char) == "Nd":
            kept = str(unicodedata.digit(char))
        elif kept is None:
            kept = "".join(one for one in unicodedata.normalize("NFKD", char) if unicodedata.category(one)[0] in "LN")
        if code < 0x10000:
            self[code] = kept
        return kept


_FOLD = _Folding()


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a name as it is compared, and as it was written.

    kind  "name"; "light" for what is often left out (Ben, Aït, de); "initial"; "aside" for what follows a dash
    """

    folded: str
    written: str
    kind: str


@dataclass(frozen=True, slots=True)
class _Part:
    folded: str
    written: str
    aside: bool


# عمرو ends in a letter that nobody says; without it the name would be that of Omar.
_UNSAID = _each("amr amro", "amrou")


def _fold(part: str) -> str:
    folded = part.casefold().translate(_FOLD)
    folded = _UNSAID.get(folded, folded)
    if folded.isalpha() or folded.isdigit():
        return folded if folded.isalpha() else ""
    kept = _COUNTER.sub("", folded)
    return "".join(_CHAT.get(char, char if char.isalpha() else "") for char in kept)


def _section(text: str, aside: bool) -> list[_Part]:
    """The words of a part of the text, the given name first where a comma or capitals say which one it is."""
    chunks = []
    for chunk in _COMMA.split(text):
        parts = [_Part(_fold(match[0]), match[0], aside) for match in _PART.finditer(chunk)]
        chunks.append([part for part in parts if part.folded])
    chunks = [chunk for chunk in chunks if chunk]
    if len(chunks) > 1:
        return [part for chunk in (*chunks[1:], chunks[0]) for part in chunk]
    parts = chunks[0] if chunks else []
    capitals = [part for part in parts if len(part.written) > 1 and part.written.isupper()]
    return [part for part in parts if part not in capitals] + capitals


def _parts(text: str) -> list[_Part]:
    text = unicodedata.normalize("NFKC", text[:_MOST_LETTERS])
    bare = _ADDRESS.sub(" ", _BRACKETS.sub(" ", text))
    if any(char.isalpha() for char in bare):
        text = bare
    parts: list[_Part] = []
    for section in _ASIDE.split(_POSSESSIVE.sub("", text)):
        parts += _section(section, bool(parts))
    people = [part for part in parts if part.folded not in _SYSTEM]
    if people and len(people) < len(parts):  # "iPhone de Samira"
        parts = [part for part in people if part.folded not in _OF] or people
    people = [
        part
        for place, part in enumerate(parts)
        if part.folded not in (_TITLES if place else _TITLES | {"m", "د", "ذ", "ا"})
    ]
    return people if any(len(part.folded) > 1 for part in people) else parts


def _kind(part: _Part, before: str, is_last: bool) -> str:
    if part.aside:
        return "aside"
    if len(part.folded) == 1:
        return "initial"
    # Sidi and Hajj are names where they end one: Ould Sidi, Bel Haj.
    if part.folded in _HONOURS and (is_last or before in _SON.values()):
        return "name"
    return "light" if part.folded in _LIGHT and not is_last else "name"


@lru_cache(maxsize=16384)  # the names of a large report are asked for again when it is kept
def words(name: str) -> tuple[Word, ...]:
    """The words that tell a person, in their order; () of a text without letters."""
    found: list[Word] = []
    parts = _parts(name)
    joined, written = "", ""  # what stood before the word and belongs to it
    for place, part in enumerate(parts):
        following = parts[place + 1] if place + 1 < len(parts) else None
        folded = part.folded
        written = f"{written} {part.written}".strip()
        if following is not None and len(following.folded) > 1:
            sun = _SUN_ARTICLE.fullmatch(folded)
            if folded in _ARTICLES or (sun and following.folded.startswith(sun[1])):
                joined = joined.removesuffix(ARTICLE) + ARTICLE
                continue
            if folded in _JOINED and not joined.removesuffix(ARTICLE):
                joined += _JOINED[folded]
                continue
        faith = _FAITH.fullmatch(folded)
        if faith and found and found[-1].kind == "name":  # Nour Eddine, صلاح الدين
            last = found.pop()
            folded = last.folded + (ARTICLE if faith[1] else "") + (faith[1] or folded)
            found.append(Word(folded, f"{last.written} {written}", "name"))
        elif joined:
            found.append(Word(joined + folded, written, "aside" if part.aside else "name"))
        else:
            found.append(
                Word(
                    _SON.get(folded, folded), written, _kind(part, found[-1].folded if found else "", following is None)
                )
            )
        joined, written = "", ""
    found = found[:_MOST_WORDS]
    if not any(word.kind == "name" for word in found):
        return tuple(Word(word.folded, word.written, "name") for word in found)
    return tuple(found)
