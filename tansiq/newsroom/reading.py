"""A text cut into words for reading: each word folded, with its place in the text, and without what Arabic glues on.

Places are code points of the text after NFC.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tansiq.core.language import fold

_MARKS = "\u0610-\u061a\u064b-\u065f\u0670\u0640\u0300-\u036f"
# Figures are one word each: "12", "450"; what joins them ("12 450,75") is `numerals`' business. "1er" and "29th" too.
_WORD = re.compile(rf"\d+(?:er|ère|re|e|ème|st|nd|rd|th)?(?!\w)|\d+|[^\W\d_](?:[^\W\d_]|[{_MARKS}])*|[^\w\s]|_")
_ARABIC = re.compile("[\u0621-\u064a]+")
_SHORTEST_STEM = 2


@dataclass(frozen=True, slots=True)
class Word:
    """One word, figure or mark.

    start, end  code points in the text
    text        folded as for search (no case, accents, tashkeel, hamza seats); a mark as it stands
    stems       (letters left out at its beginning, the rest): the word itself first, then without و ف ب ل ك and ال
    """

    start: int
    end: int
    text: str
    stems: tuple[tuple[int, str], ...]
    is_mark: bool = False

    @property
    def figure(self) -> int | None:
        """Its value if it is written with digits: "12", "1er", "٢٥"."""
        digits = re.match(r"\d+", self.text, re.ASCII)
        return int(digits.group()) if digits and len(digits.group()) < 16 else None

    def without(self, *stems: str) -> int | None:
        """How many letters must go at its beginning to make it one of `stems`; None when it never is."""
        return next((skip for skip, stem in self.stems if stem in stems), None)


@lru_cache(maxsize=50_000)
def _folded(word: str) -> tuple[str, tuple[tuple[int, str], ...]]:
    text = fold(word).replace(" ", "") or word
    if not _ARABIC.fullmatch(text):
        return text, ((0, text),)
    # Letters left out are counted in the word as written, where a tatweel or a vowel may stand between.
    letters = [at for at, char in enumerate(word) if fold(char)]
    stems = [(0, text)]
    if text[0] in "وف":
        stems.append((1, text[1:]))
    stems += [(skip + 1, stem[1:]) for skip, stem in stems if stem[:1] in ("ب", "ك", "ل")]
    for skip, stem in list(stems):
        if stem.startswith("ال"):
            stems.append((skip + 2, stem[2:]))
        elif stem.startswith("لل"):
            stems += [(skip + 1, "ال" + stem[2:]), (skip + 2, stem[2:])]
    return text, tuple(
        (letters[skip] if skip < len(letters) else skip, stem)
        for skip, stem in stems
        if skip == 0 or len(stem) >= _SHORTEST_STEM
    )


def words(text: str) -> list[Word]:
    """The words of a text in NFC, in order."""
    return list(_each(text))


def _each(text: str) -> Iterator[Word]:
    for match in _WORD.finditer(text):
        printed = match.group()
        if not printed[0].isalnum():
            mark = "'" if printed in "’ʼ" else printed
            yield Word(match.start(), match.end(), mark, ((0, mark),), is_mark=True)
        else:
            folded, stems = _folded(printed)
            yield Word(match.start(), match.end(), folded, stems)


def normal(text: str) -> str:
    """The text as it is read and as places in it count: NFC, one kind of line end, nothing invisible changed."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


# The commonest words of each language; of languages that we do not read too, so that they are not taken for ours.
_COMMON = {
    "fr": "les des du et aux dans pour avec est sont qui cette ses leur une un au par sur ont été le la de l d en à ce aura",
    "en": "the of and to are for on with by from that this were has have as its a in is at was will be an or",
    "es": "el los las del y con por para una un en de la que se su es al como lo",
    "pt": "o os as dos das da do e com por para uma um em de que se na no é ao",
    "it": "il lo gli dei della delle e con per una un di che è al nel alla la si",
    "de": "der die das und mit von für ist sind ein eine zu den dem im am auf in was will",
    "nl": "de het een en van met voor is zijn op te dat in aan door bij",
    "tr": "ve bir bu için ile de da en olarak",
}
_COMMONEST = {language: {fold(word) for word in row.split()} for language, row in _COMMON.items()}


def language_of(text: str) -> str:
    """ "ar", "fr" or "en", by its letters and its commonest words; "" when it is none of them."""
    sample = [word.text for word in words(text[:20_000]) if not word.is_mark and not word.text[:1].isdigit()]
    if not sample:
        return ""
    if sum(bool(_ARABIC.fullmatch(word)) for word in sample) * 2 > len(sample):
        return "ar"
    counted = {language: sum(word in common for word in sample) for language, common in _COMMONEST.items()}
    best = max(counted, key=lambda language: counted[language])
    return best if best in ("fr", "en") and counted[best] * 12 >= len(sample) else ""
