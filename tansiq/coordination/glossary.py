"""The approved glossary, and a text held against it: words to avoid, terms of the original that a translation lacks.

What every country starts from stands in `defaults.yaml`; a pack may replace an entry by its id or add one. Words are
matched whole and as the language writes them: Arabic with clitics, pronouns and tashkeel, French and English with
elision, plurals and capitals that lost their accents, any other language without case.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from tansiq.coordination.defaults import defaults
from tansiq.core import packs
from tansiq.core.language import fold


@dataclass(frozen=True)
class Entry:
    """One idea and its words, by language.

    terms  the approved term;  also  variants that are accepted;  avoid  words not to be used;  note  why
    """

    id: str
    terms: Mapping[str, str]
    also: Mapping[str, Sequence[str]] = field(default_factory=dict)
    avoid: Mapping[str, Sequence[str]] = field(default_factory=dict)
    note: Mapping[str, str] = field(default_factory=dict)

    def accepted(self, language: str) -> list[str]:
        """The term and its variants; [] in a language that the entry does not have."""
        return [self.terms[language], *self.also.get(language, ())] if language in self.terms else []


@dataclass(frozen=True)
class Finding:
    """Advice on one place of a text.

    kind        "avoid"; "missing", or "hint" where the term is one word, which is often rightly said otherwise
    found       the words as they stand there, with their clitics; of "missing" and "hint" those of the original
    start, end  in code points of the text in NFC; of "missing" and "hint" of the original in NFC
    better      the approved term in the language of the text
    language    of the text; the note on a word to be avoided is in it
    """

    kind: str
    entry: Entry
    found: str
    start: int
    end: int
    better: str
    language: str

    @property
    def why(self) -> str:
        """All that is to be said of it on one line."""
        return " ".join(filter(None, (self.reason, self.note)))

    @property
    def reason(self) -> str:
        """In the reader's language, as it is when it is asked for."""
        if self.kind == "missing":
            return _("The original uses this term; the text has none of the words approved for it.")
        if self.kind == "hint":
            return _("The original uses this word; the text may rightly say it in another way.")
        return _("The glossary does not use these words.")

    @property
    def note(self) -> str:
        """Of words to be avoided: why, in the language of the text; "" where the entry says nothing."""
        return self.entry.note.get(self.language, "") if self.kind == "avoid" else ""


def entries() -> list[Entry]:
    """Those of every country, then the pack's own; one of the pack with a known id stands in the other's place."""
    rows = {row["id"]: row for row in [*defaults()["glossary"], *packs.section("glossary", [])]}
    return [Entry(**row) for row in rows.values()]


def languages() -> list[str]:
    """The languages in which there is a term, in the order of the entries."""
    return list(dict.fromkeys(code for entry in entries() for code in entry.terms))


def faults(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What cannot be in one entry of a pack: (path within it, sentence)."""
    entry, found = Entry(**row), []
    for name in ("also", "avoid"):
        for code in getattr(entry, name):
            if code not in entry.terms:
                message = _("There is no term in “%(language)s” that these words go with.")
                found.append((f"{name}.{code}", message % {"language": code}))
    for code, words in entry.avoid.items():
        approved = {_spelling(one): one for one in entry.accepted(code)}
        for index, one in enumerate(words):
            if _spelling(one) in approved:
                message = _("“%(words)s” is approved by this entry and cannot be avoided by it.")
                found.append((f"avoid.{code}[{index}]", message % {"words": approved[_spelling(one)]}))
    return found


def check(words: str, language: str, *, original: str = "", original_language: str = "") -> list[Finding]:
    """What to look at again in a text: words to avoid as they stand in it, then what it lacks of its original.

    A term that stands within a longer one ("الاتجار بالبشر" in "ضحايا الاتجار بالبشر") asks for nothing of its own. An
    avoided word stands for its term: that the term is missing too is not said again.
    """
    known = entries()
    words, original = (unicodedata.normalize("NFC", text) for text in (words, original))
    found = [_finding("avoid", one, words, language) for one in _to_avoid(words, language, known)]
    if not original.strip() or not original_language:
        return found
    shared = [entry for entry in known if language in entry.terms and original_language in entry.terms]
    there = {one.term.entry.id for one in _matches(words, language, _accepted(shared, language), loose=True)}
    there.update(one.entry.id for one in found)
    for one in _outermost(_matches(original, original_language, _accepted(shared, original_language), loose=True)):
        entry = one.term.entry
        if entry.id not in there:
            there.add(entry.id)
            said = (one.term.words, entry.terms[original_language], entry.terms[language])
            kind = "hint" if any(len(term.split()) == 1 for term in said) else "missing"
            found.append(_finding(kind, one, original, language))
    return found


def _finding(kind: str, one: _Match, text: str, language: str) -> Finding:
    entry = one.term.entry
    return Finding(kind, entry, text[one.start : one.end], one.start, one.end, entry.terms[language], language)


# --- Terms in a text -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Term:
    entry: Entry
    words: str
    is_avoided: bool = False


class _Match(NamedTuple):
    """start, end in code points;  is_exact  in the term's own form, not as another number or without its accents"""

    start: int
    end: int
    term: _Term
    is_exact: bool

    @property
    def order(self) -> tuple[int, int, bool]:
        """Whatever lies within another comes after it."""
        return self.start, -self.end, self.term.is_avoided


def _accepted(known: Iterable[Entry], language: str) -> list[_Term]:
    return [_Term(entry, words) for entry in known for words in entry.accepted(language)]


def _to_avoid(text: str, language: str, known: list[Entry]) -> list[_Match]:
    """Avoided words, but not those within a longer term that is accepted.

    Where one of the two stands only in another form, the exact one counts: "evidence" is no "evidences", "Blue Hearts
    Campaign" is not the approved campaign.
    """
    avoided = [
        _Term(one, words, True) for one in known if language in one.terms for words in one.avoid.get(language, ())
    ]
    found = []
    far = {True: (-1, -1), False: (-1, -1)}  # the accepted term that reaches furthest, by whether it is exact
    for one in sorted(_matches(text, language, [*avoided, *_accepted(known, language)]), key=attrgetter("order")):
        span = (one.start, one.end)
        if not one.term.is_avoided:
            far[one.is_exact] = max(far[one.is_exact], span, key=lambda place: place[1])
            continue
        in_exact = far[True][1] >= one.end and (far[True] != span or not one.is_exact)
        in_other = far[False][1] >= one.end and far[False] != span and not one.is_exact
        if not in_exact and not in_other:
            found.append(one)
    return _outermost(found)


def _outermost(matches: list[_Match]) -> list[_Match]:
    """Those that do not lie within a longer one, in order; one for each entry and place."""
    kept: dict[tuple[int, int, str], _Match] = {}
    far = (-1, -1)
    for one in sorted(matches, key=attrgetter("order")):
        span = (one.start, one.end)
        if one.end > far[1] or span == far:
            kept.setdefault((*span, one.term.entry.id), one)
            far = span
    return list(kept.values())


def _matches(text: str, language: str, terms: list[_Term], *, loose: bool = False) -> list[_Match]:
    """Every place where a term stands in the text (which is in NFC).

    loose  in Arabic, letters that are often confused are the same: أ إ ا, ى ي, ة ه
    """
    wanted = [_wanted(term.words, language, loose) for term in terms]
    by_first: dict[str, list[int]] = defaultdict(list)
    for number, (words, _gaps) in enumerate(wanted):
        for form in words[0] if words else ():
            by_first[form].append(number)
    places = list(_WORD.finditer(text))
    # A text says most of its words again and again.
    forms = {word: _forms(word, language, loose) for word in {place[0] for place in places}}
    starting = {
        word: {number for form in offered for number in by_first.get(form, ())} for word, offered in forms.items()
    }
    offered = [forms[place[0]] for place in places]
    found = []
    for first, place in enumerate(places):
        for number in starting[place[0]]:
            words, gaps = wanted[number]
            end = first + len(words)
            here = offered[first:end]
            if (
                end > len(places)
                or any(map(frozenset.isdisjoint, words, here))
                or not _fit(text, places[first:end], gaps)
            ):
                continue
            is_exact = all(
                any(form[:1] != _OTHER for form in one & other) for one, other in zip(words, here, strict=True)
            )
            found.append(_Match(place.start(), places[end - 1].end(), terms[number], is_exact))
    return found


def _fit(text: str, run: list[re.Match[str]], gaps: tuple[str, ...]) -> bool:
    """Does what parts the words of the text part those of the term too? A comma may be left out."""
    between = (_gap(text[one.end() : other.start()]) for one, other in pairwise(run))
    return all(here in (gap, gap.replace(",", "")) for here, gap in zip(between, gaps, strict=True))


# --- Words ---------------------------------------------------------------------------------------------------------

_MARKS = "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u08d3-\u08ff"
_INVISIBLE = "\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_ARABIC = "\u0610-\u061a\u0620-\u0669\u066e-\u06d3\u06d5-\u06ff\u0750-\u077f\u0870-\u08ff\ufb50-\ufd3d\ufd50-\ufdff\ufe70-\ufefc"
_BREAKS = (
    r"\s!-/:-@\[-\^`{-~\u00a0-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf×÷ʼ\u0600-\u060f\u061b-\u061f\u066a-\u066d\u06d4"
    r"\u0964\u0965\u2000-\u206f\u2190-\u2bff\u3000-\u303f\ufd3e\ufd3f\ufeff\U0001f000-\U0001faff"
)
# An address of the web is one word and nobody's term; a lone و is the conjunction, set apart by a writer's space.
_WORD = re.compile(
    rf"(?:https?://|www\.)\S+|(?:و[{_MARKS}]*[ \u00a0]+)?[{_ARABIC}](?:[{_INVISIBLE}]*[{_ARABIC}])*"
    rf"|[^{_BREAKS}{_ARABIC}](?:[{_INVISIBLE}]*[^{_BREAKS}{_ARABIC}])*"
)
_DROPPED = re.compile(rf"[{_MARKS}{_INVISIBLE}\u0640 \u00a0]")
_LOOSE = re.compile(rf"[\s\-‐‑'’‘ʼ\"“”„«»‹›{_INVISIBLE}]+")
_EMPTY_LINE = re.compile(r"\n\s*\n")
_OTHER = "~"  # begins a form that is not the word's own


def _gap(between: str) -> str:
    """What parts two words, without what means nothing: "" for a blank, a hyphen, an apostrophe, quotes."""
    return "\n" if _EMPTY_LINE.search(between) else _LOOSE.sub("", between).replace("،", ",")


def _plain(word: str) -> str:
    return _DROPPED.sub("", unicodedata.normalize("NFKC", word)).casefold()


def _spelling(words: str) -> tuple[str, ...]:
    """The same for two spellings that no reader tells apart."""
    places = list(_WORD.finditer(unicodedata.normalize("NFC", words)))
    gaps = (_gap(one.string[one.end() : other.start()]) for one, other in pairwise(places))
    return (*(_plain(place[0]) for place in places), *gaps)


@lru_cache(maxsize=8192)
def _wanted(words: str, language: str, loose: bool) -> tuple[list[frozenset[str]], tuple[str, ...]]:
    """Of a term: for each word the forms of which a text must offer one, and what parts the words."""
    words = unicodedata.normalize("NFC", words)
    places = list(_WORD.finditer(words))
    gaps = tuple(_gap(words[one.end() : other.start()]) for one, other in pairwise(places))
    return [_forms(place[0], language, loose, of_term=True) for place in places], gaps


def _forms(word: str, language: str, loose: bool, *, of_term: bool = False) -> frozenset[str]:
    """The forms under which a word is compared: those that a term asks for, or those that a word of a text offers."""
    base = language.replace("_", "-").split("-")[0]
    plain = _plain(word)
    if base == "ar":
        forms = _arabic(plain, of_term)
        return frozenset(form.translate(_FOLDED) for form in forms) if loose else frozenset(forms)
    if base in ("fr", "en"):
        return frozenset(_latin(word, plain, base, of_term))
    return frozenset({plain})


# --- French and English

_OF = ("de", "d", "du", "des")


def _latin(word: str, plain: str, language: str, of_term: bool) -> Iterator[str]:
    """The word itself; as "~..." in the singular, with capitals that have no accent, and in French each "de" as one."""
    yield plain
    yield f"~{_singular(plain)}"
    if language == "fr" and plain in _OF:
        yield "~de"
    if language == "fr" and plain.endswith("aux"):
        yield f"~{plain[:-3]}al"
    bare = _without_accents(plain)
    if of_term:
        yield f"~^{_singular(bare[:1] + plain[1:])}"
        yield f"~*{_singular(bare)}"
    elif "A" <= word[0] <= "Z":
        yield f"~^{_singular(plain)}"
        if word.isupper() and plain.isascii():
            yield f"~*{_singular(plain)}"


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] in "sx" else word


def _without_accents(word: str) -> str:
    apart = unicodedata.normalize("NFD", word)
    return "".join(char for char in apart if not unicodedata.combining(char))


# --- Arabic

_FOLDED = str.maketrans({char: fold(char) for char in "أإآٱؤئىةیک"})
_PRONOUNS = ("هما", "ها", "هم", "هن", "نا", "كم", "كن", "ه", "ك", "ي")
# Words whose first letter looks like a clitic, where what follows it is a word too: لجنة is no جنة, وصلة no صلة.
_ROOTED = frozenset(
    fold("""
    بحر بحث بداية بديل برج بشر بصر بطاقة بطل بعد بعض بلاد بلاغ بلد بناء بنت بند بيان بيت بيع بيئة بعثة بقاء بالغ
    فائدة فتاة فترة فتح فحص فرد فرص فرصة فرع فريق فساد فصل فضاء فعل فقر فقرة فكر فنان فئة فاعل
    كاتب كافة كامل كبير كتاب كتابة كرامة كسب كسر كشف كفاءة كلام كلمة كمال كيان كلية
    لائحة لاجئ لباس لجان لجنة لجوء لحظة لسان لغة لقاء لواء لوحة
    وادي وارد واقع والد والدة والي وباء وثائق وثيقة وجهة وجود وحدة وحيد ورد ورشة ورقة وزارة وزير وسائل وساطة وسام وسط
    وسيط وسيلة وصف وصل وصلة وصول وضع وطن وطني وطنية وعد وعي وفاء وفاة وفد وفرة وقائع وقاية وقت وقع وقف وكالة وكيل ولاية
    """).split()
)


def _arabic(word: str, of_term: bool) -> set[str]:
    """Stems with the clitics before them, "وب+شراكة" for "وبالشراكة", and what is left where some are taken away.

    A term keeps its own ("بمهمة", "والجريمة"). A word of a text also offers its stem with fewer of them, without its
    pronoun, without the alif of the accusative. The article never counts.
    """
    forms: set[str] = set()
    for base, may_be_definite in ((word, True),) if of_term else _bases(word):
        for clitics, stem in _readings(base, may_be_definite):
            kept = {clitics} if of_term else {clitics, clitics[:1], clitics[-1:], ""}
            forms |= {f"{one}+{stem}" if one else stem for one in kept}
    return forms


def _bases(word: str) -> Iterator[tuple[str, bool]]:
    """The word and what it may be without what follows its stem; nothing follows a stem that has the article."""
    yield word, True
    for pronoun in _PRONOUNS:
        stem = word.removesuffix(pronoun)
        if stem != word and len(stem) + len(pronoun) > 3 and (pronoun != "ي" or stem[-1] in "تا"):  # قضائي is no قضاء
            yield stem, False
            if stem[-1] == "ت":
                yield f"{stem[:-1]}ة", False
            elif stem[-1] in "ئؤ":
                yield f"{stem[:-1]}ء", False
    if word[-1:] == "ا" and len(word) > 3:
        yield word[:-1], False


def _readings(word: str, may_be_definite: bool) -> Iterator[tuple[str, str]]:
    """(clitics, stem): every way to read the word's beginning, first the one without a clitic."""
    for conjunction in _or_none(word, "وف"):
        rest = word[len(conjunction) :]
        for preposition in _or_none(rest, "بكل"):
            stem = rest[len(preposition) :]
            yield conjunction + preposition, stem
            if may_be_definite and stem.startswith("ال") and len(stem) > 3:
                yield conjunction + preposition, stem[2:]
            elif may_be_definite and preposition == "ل" and "ل" in _or_none(stem, "ل"):  # for ال after ل
                yield conjunction + preposition, stem[1:]


def _or_none(word: str, letters: str) -> tuple[str, ...]:
    """The ways to read the first letter: as the word's own, and as a clitic where it is one of these and may be one."""
    may = word[:1] and word[0] in letters and len(word) > 3 and word.translate(_FOLDED) not in _ROOTED
    return ("", word[0]) if may else ("",)
