"""How alike two spellings of a person's name are, in one script or across Arabic and Latin, and whom a name is nearest to.

`compare` for two names, `Index` for many with many, `is_certain` for what may be taken without a person. What stands
around a name is told apart from it in `tansiq.people.namewords`, two words are compared in `tansiq.people.spelling`.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, NamedTuple, TypeVar

from django.utils.translation import gettext as _

from tansiq.people import spelling
from tansiq.people.namewords import Word, words

K = TypeVar("K", bound=Hashable)

# A match is taken without a person only from this score on, this far before the second best, and where the name in the
# same script, if it is known, is at least so much alike. No word of it may be further off than _SURE.
CERTAIN = 0.993
MARGIN = 0.1
AGREES = 0.976
_SURE = 0.08

# Two words are as likely one as not at this distance; the score falls around it, the more steeply the greater _STEEP.
_EVEN, _STEEP = 0.24, 4.0
# The words of a name must all answer: a high power lets the worst of them decide.
_POWER = 8.0
# From here on words have nothing in common; up to here they answer well.
_CUT, _WELL = 0.45, 0.15
_FAR = 0.6
_WORST = 1.0
_OF_AN_INITIAL = 0.08
_JOINING = 0.01
_MOST_OF_TWO_NAMES = 0.1

# What is left of the score for each word that only one name has.
_LONE = {"name": 0.85, "light": 0.95, "initial": 0.93, "aside": 0.99}
_LONE_BESIDE_ONE = 0.45  # where a given name is all that answers
_FAMILY_NAME_FIRST = 0.94
_OTHER_ORDER = 0.8


class Pair(NamedTuple):
    """One or two words of one name beside one or two of the other; `apart` is 0 alike, about 0.2 undecided, 1 other."""

    one: str
    other: str
    apart: float


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two names are.

    score    0 to 1: from 0.5 on two full names are rather one person's than not; 1 for the same name
    pairs    the words that were laid side by side, in the order of the first name
    alone    words that only one of the names has
    in_order whether the words stand in the same order
    full     how many words that are no initial and no "Ben" answer well to each other
    """

    score: float
    pairs: tuple[Pair, ...] = ()
    alone: tuple[str, ...] = ()
    in_order: bool = True
    full: int = 0

    @property
    def reason(self) -> str:
        """One sentence, in the language of the moment: which words answer to which, and what differs."""
        return _reason(self)


def compare(a: str, b: str) -> Likeness:
    """How alike two spellings of a person's name are. Any text is taken; `compare(b, a)` gives the same score."""
    return _compare(words(a), words(b))


def _reason(likeness: Likeness) -> str:
    alike = [pair for pair in likeness.pairs if pair.apart < _EVEN]
    differ = [pair for pair in likeness.pairs if pair.apart >= _EVEN]
    said = []
    if alike:
        shown = (one if one == other else f"{one} = {other}" for one, other, _apart in alike)
        said.append(_("alike: %(words)s") % {"words": ", ".join(shown)})
    if differ:
        said.append(
            _("different: %(words)s") % {"words": ", ".join(f"{one} ≠ {other}" for one, other, _apart in differ)}
        )
    if likeness.alone:
        said.append(_("only in one: %(words)s") % {"words": ", ".join(likeness.alone)})
    if not likeness.in_order:
        said.append(_("in another order"))
    if not said:
        said = [_("no words to compare")]
    sentence = said[0]
    for part in said[1:]:
        sentence = _("%(before)s; %(after)s") % {"before": sentence, "after": part}
    return f"{sentence[:1].upper()}{sentence[1:]}."


# --- Two words -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=16384)
def _reading(word: str) -> spelling.Reading:
    return spelling.read(word)


@lru_cache(maxsize=1 << 18)
def _ordered_apart(one: str, other: str) -> float:
    a, b = _reading(one), _reading(other)
    length = max(2.0, (a.weight + b.weight) / 2)
    if abs(a.weight - b.weight) >= length or not spelling.may_be_near(a, b):
        return _WORST
    cost = spelling.distance(a, b, at_most=_FAR * length)
    return cost / length if cost <= _FAR * length else _WORST


def _apart(one: str, other: str) -> float:
    """Between two folded words: 0 alike, about 0.2 undecided, 1 nothing in common."""
    if one == other:
        return 0.0
    return _ordered_apart(one, other) if one < other else _ordered_apart(other, one)


def _between(one: Word, other: Word) -> float:
    if one.kind == "initial" or other.kind == "initial":
        return _initial(one, other)
    return _apart(one.folded, other.folded)


def _initial(one: Word, other: Word) -> float:
    first, second = _reading(one.folded).steps[0], _reading(other.folded).steps[0]
    nearest = min((a.apart(b) for _end, a in first for _end2, b in second), default=_WORST)
    if one.kind == other.kind:
        return 0.0 if nearest <= 0.1 else _WORST
    return _OF_AN_INITIAL if nearest <= 0.4 else _WORST  # K. may be Khadija


def _joined(one: Word, other: Word) -> str:
    second = other.folded
    if second.startswith("ال") and len(second) > 4:
        second = spelling.ARTICLE + second[2:]
    return one.folded + second


# --- Two names -------------------------------------------------------------------------------------------------------


class _Way(NamedTuple):
    """The words from i to i_end of one name laid beside those from j to j_end of the other."""

    worth: float
    apart: float
    i: int
    i_end: int
    j: int
    j_end: int


def _ways(one: Sequence[Word], other: Sequence[Word]) -> list[_Way]:
    """Every word beside every word, and two that follow each other beside one where somebody wrote them as one."""
    ways, met_i, met_j = [], set(), set()
    for i, first in enumerate(one):
        for j, second in enumerate(other):
            apart = _between(first, second)
            ways.append(_Way(max(0.0, _CUT - apart) * 2, apart, i, i + 1, j, j + 1))
            if apart < _WELL:
                met_i.add(i)
                met_j.add(j)
    if len(met_i) < len(one) and len(met_j) < len(other):
        for i, j, apart in _twos(one, met_i, other, met_j):
            ways.append(_Way((_CUT - apart) * 3, apart, i, i + 2, j, j + 1))
        for j, i, apart in _twos(other, met_j, one, met_i):
            ways.append(_Way((_CUT - apart) * 3, apart, i, i + 1, j, j + 2))
    return ways


def _twos(
    one: Sequence[Word], met: set[int], other: Sequence[Word], met_other: set[int]
) -> Iterator[tuple[int, int, float]]:
    """Where two words that follow each other in `one` stand in `other`, what they answer to, and how far they are apart."""
    for place in range(len(one) - 1):
        first, second = one[place], one[place + 1]
        free = [word.kind == "light" or at not in met for at, word in ((place, first), (place + 1, second))]
        if not all(free) or met.issuperset((place, place + 1)) or "initial" in (first.kind, second.kind):
            continue
        both = ""
        has = _reading(first.folded).has | _reading(second.folded).has
        most = _EVEN if "light" in (first.kind, second.kind) else _MOST_OF_TWO_NAMES
        for place_other, word in enumerate(other):
            if place_other in met_other or word.kind not in ("name", "aside"):
                continue
            if (has & ~_reading(word.folded).may).bit_count() < 2:
                both = both or _joined(first, second)
                apart = _apart(both, word.folded) + _JOINING
                if apart < most:
                    yield place, place_other, apart


def _chosen(one: Sequence[Word], other: Sequence[Word]) -> list[_Way]:
    """The best way for each word, the surest first; words that nothing is left for are in no way."""
    ways = sorted(_ways(one, other), key=lambda way: (-way.worth, way.apart, abs(way.i - way.j), way.i + way.j))
    chosen: list[_Way] = []
    free_i, free_j = set(range(len(one))), set(range(len(other)))
    for way in ways:
        left, right = range(way.i, way.i_end), range(way.j, way.j_end)
        if free_i.issuperset(left) and free_j.issuperset(right):
            # A "Ben" or what follows a dash need not answer to anything.
            if way.apart >= _CUT and {one[way.i].kind, other[way.j].kind} & {"light", "aside"}:
                continue
            chosen.append(way)
            free_i.difference_update(left)
            free_j.difference_update(right)
    return sorted(chosen, key=lambda way: way.i)


def _compare(one: Sequence[Word], other: Sequence[Word]) -> Likeness:
    if not one or not other:
        return Likeness(0.0)
    turned = [word.folded for word in one] > [word.folded for word in other]
    if turned:
        one, other = other, one
    chosen = _chosen(one, other)
    total = weight = 0.0
    full = 0
    order = []
    for way in chosen:
        kinds = {one[way.i].kind, other[way.j].kind}
        if "light" in kinds and way.i_end - way.i == way.j_end - way.j:
            continue
        order.append(way.j)
        share = 0.4 if "initial" in kinds else 1.0
        total += share * way.apart**_POWER
        weight += share
        full += way.apart <= _WELL and "initial" not in kinds
    apart = total ** (1 / _POWER) if weight else _WORST
    score = 1.0 / (1.0 + (apart / _EVEN) ** _STEEP)
    taken_i = {place for way in chosen for place in range(way.i, way.i_end)}
    taken_j = {place for way in chosen for place in range(way.j, way.j_end)}
    alone = [word for place, word in enumerate(one) if place not in taken_i]
    alone += [word for place, word in enumerate(other) if place not in taken_j]
    for word in alone:
        score *= _LONE_BESIDE_ONE if word.kind == "name" and full < 2 else _LONE[word.kind]
    in_order = order == sorted(order)
    if not in_order:
        rising = sorted(order)
        around = any(order == rising[cut:] + rising[:cut] for cut in range(1, len(order)))
        score *= _FAMILY_NAME_FIRST if around else _OTHER_ORDER
    pairs = []
    for way in sorted(chosen, key=lambda way: way.j) if turned else chosen:
        texts = (
            " ".join(word.written for word in one[way.i : way.i_end]),
            " ".join(word.written for word in other[way.j : way.j_end]),
        )
        pairs.append(Pair(*(texts[::-1] if turned else texts), way.apart))
    return Likeness(min(1.0, score), tuple(pairs), tuple(word.written for word in alone), in_order, full)


# --- Many names --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Match(Generic[K]):
    """One of the names of an index.

    key       whose name it is
    spelling  the one of its spellings that is nearest
    agrees    the best score of its spellings in the script that was asked in, or of all where there is none: what one
              script leaves unsaid (كمال and كامل are both Kamal) the same script says
    """

    key: K
    spelling: str
    likeness: Likeness
    agrees: float

    @property
    def score(self) -> float:
        return self.likeness.score

    @property
    def reason(self) -> str:
        return self.likeness.reason


def is_certain(matches: Sequence[Match]) -> bool:
    """Whether the first of `Index.nearest` may be taken without a person.

    It is where at least two words answer, the score is high and nobody else comes near: give two matches at least, or
    the second best cannot be seen. Two people of one name are never certain.
    """
    if not matches or matches[0].likeness.full < 2 or matches[0].score < CERTAIN or matches[0].agrees < AGREES:
        return False
    if any(pair.apart > _SURE for pair in matches[0].likeness.pairs):
        return False
    return len(matches) < 2 or matches[0].score - matches[1].score >= MARGIN


def _any_order(name: Sequence[Word]) -> tuple[str, ...]:
    return tuple(sorted(word.folded for word in name))


def _script(name: Sequence[Word]) -> str:
    return _reading(name[0].folded).script


class _Entry(NamedTuple):
    key: int
    spelling: str
    words: tuple[Word, ...]
    numbers: frozenset[int]


# A word that more names than this hold is looked for among those that another word has found.
_MANY = 200
_MOST_COMPARED = 3
_MOST_NEAR = 60
_LETTER_LESS, _WORD_LESS = 0.35, 0.7
_NEAR = 0.3


def _forms(name: Sequence[Word]) -> list[list[str]]:
    """Each word that can find a name, alone and with the "Ben" before it, as some write it."""
    forms = []
    for before, word in zip((None, *name), name, strict=False):
        if word.kind in ("name", "aside"):
            forms.append([word.folded])
            if before is not None and before.kind == "light":
                forms[-1].append(_joined(before, word))
    return forms


def _shorter(skeleton: str) -> list[str]:
    return [skeleton[:place] + skeleton[place + 1 :] for place in range(len(skeleton))] if len(skeleton) > 2 else []


class Index(Generic[K]):
    """Many names, each with its known spellings, to find the nearest to a given one.

    Words are found by their consonants, names by their words, so that a name is compared with a few and not with all.
    """

    def __init__(self, names: Iterable[tuple[K, Sequence[str]]]) -> None:
        self._keys: list[K] = []
        self._entries: list[_Entry] = []
        self._words: dict[str, int] = {}  # folded: its number
        self._folded: list[str] = []
        self._holding: list[set[int]] = []  # the entries of each word
        self._sounding: dict[str, list[int]] = defaultdict(list)  # the words of a skeleton
        self._nearly: dict[str, list[int]] = defaultdict(list)  # of a skeleton with one consonant less
        self._same: dict[tuple[str, ...], list[int]] = defaultdict(list)  # the entries of these words in any order
        self._of: list[list[int]] = []  # the entries of each key
        self._asked: dict[str, dict[int, float]] = {}
        for key, spellings in names:
            self._keys.append(key)
            self._of.append([])
            for text in dict.fromkeys(spellings):
                found = words(text)
                if found:
                    numbers = frozenset(self._number(form) for forms in _forms(found) for form in forms)
                    for number in numbers:
                        self._holding[number].add(len(self._entries))
                    self._of[-1].append(len(self._entries))
                    self._same[_any_order(found)].append(len(self._entries))
                    self._entries.append(_Entry(len(self._keys) - 1, text, found, numbers))

    def _number(self, folded: str) -> int:
        number = self._words.get(folded)
        if number is None:
            number = self._words[folded] = len(self._folded)
            self._folded.append(folded)
            self._holding.append(set())
            skeletons = _reading(folded).skeletons
            for skeleton in skeletons:
                self._sounding[skeleton].append(number)
            for less in {less for skeleton in skeletons[:2] for less in (skeleton, *_shorter(skeleton))}:
                self._nearly[less].append(number)
        return number

    def nearest(self, name: str, limit: int = 3) -> list[Match[K]]:
        """The nearest names, best first, each key once. [] where no word is like any."""
        asked = words(name)
        best: dict[int, tuple[Likeness, int]] = {}
        for number in self._candidates(asked, max(limit, 2)):
            key = self._entries[number].key
            likeness = _compare(asked, self._entries[number].words)
            if key not in best or likeness.score > best[key][0].score:
                best[key] = likeness, number
        ranked = sorted(best.values(), key=lambda one: -one[0].score)[:limit]
        return [self._match(asked, likeness, number) for likeness, number in ranked]

    def _match(self, asked: Sequence[Word], likeness: Likeness, number: int) -> Match[K]:
        entry = self._entries[number]
        agrees = likeness.score
        if agrees >= CERTAIN and (script := _script(asked)) != _script(entry.words):
            same = (self._entries[one].words for one in self._of[entry.key])
            agrees = max((_compare(asked, one).score for one in same if _script(one) == script), default=agrees)
        return Match(self._keys[entry.key], entry.spelling, likeness, agrees)

    def _candidates(self, asked: Sequence[Word], limit: int) -> list[int]:
        """The entries worth comparing, those first that hold most of what was asked."""
        near = []
        for forms in _forms(asked):
            found = dict(self._near(forms[0]))
            for form in forms[1:]:
                for number, closeness in self._near(form).items():
                    found[number] = max(closeness, found.get(number, 0.0))
            near.append((sum(len(self._holding[number]) for number in found), found))
        near.sort(key=lambda one: one[0])
        met: dict[int, float] = defaultdict(float)
        for held_by, found in near:
            here: dict[int, float] = {}
            # The nearest words last, so that they count where an entry holds several.
            for number in sorted(found, key=found.__getitem__):
                # A given name that thousands have finds nobody by itself.
                holding = self._holding[number] if not met or held_by <= _MANY else self._holding[number] & met.keys()
                here.update(dict.fromkeys(holding, found[number]))
            for entry, closeness in here.items():
                met[entry] += closeness
        if not met:
            return []
        entries, most, good = self._entries, max(met.values()), []
        # First what comes near to the best; what has a word less only where there is little else to show.
        for less in (_LETTER_LESS, _WORD_LESS, most):
            good = [entry for entry, closeness in met.items() if closeness >= most - less]
            if len(good) >= limit:
                break
        ranked = [(0.05 * abs(len(entries[entry].words) - len(asked)) - met[entry], entry) for entry in good]
        best = [entry for _worth, entry in heapq.nsmallest(_MOST_COMPARED + limit, ranked)]
        return list(dict.fromkeys([*self._same.get(_any_order(asked), ())[:_MOST_COMPARED], *best]))

    def _near(self, folded: str) -> dict[int, float]:
        """The words of the index that are like this one: their number and how close, 1 for the same."""
        found = self._asked.get(folded)
        if found is None:
            skeletons = _reading(folded).skeletons
            found = self._measured(folded, {number for one in skeletons for number in self._sounding.get(one, ())})
            if max(found.values(), default=0.0) < 0.8:  # misspelt, or a letter that has another reading
                keys = {less for one in skeletons[:2] for less in (one, *_shorter(one))}
                more = {number for less in keys for number in self._nearly.get(less, ())}
                found |= self._measured(folded, sorted(more)[:_MOST_NEAR])
            self._asked[folded] = found
        return found

    def _measured(self, folded: str, numbers: Iterable[int]) -> dict[int, float]:
        found = {}
        for number in numbers:
            apart = _apart(folded, self._folded[number])
            if apart < _NEAR:
                found[number] = 1.0 - apart
        return found
