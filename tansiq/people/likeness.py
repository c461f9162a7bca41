"""How alike two spellings of a person's name are, word by word; `tansiq.people.names` is the door to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from django.utils.translation import gettext as _

from tansiq.people import spelling
from tansiq.people.namewords import SONS, Word, words

# Two words are as likely one as not at this distance; the score falls around it, the more steeply the greater _STEEP.
_EVEN, _STEEP = 0.22, 4.0
# The words of a name must all answer: a high power lets the worst of them decide.
_POWER = 4.0
# From here on words have nothing in common; up to here they answer well.
_CUT, _WELL = 0.45, 0.15
_FAR, _PLAINLY = 0.6, 0.1
_WORST = 1.0
_OF_AN_INITIAL, _SHARE_OF_AN_INITIAL = 0.08, 0.4
_JOINING = 0.01
_MOST_OF_TWO_NAMES = 0.1

# What is left of the score for each word that only one name has.
_LONE = {"name": 0.85, "light": 0.95, "initial": 0.93, "aside": 0.999}
_LONE_BESIDE_ONE = 0.45  # where a given name is all that answers
_FAMILY_NAME_FIRST = 0.94
_OTHER_ORDER = 0.8
_FATHER_AND_SON = 0.4


class _Way(NamedTuple):
    """The words from i to i_end of one name laid beside those from j to j_end of the other."""

    apart: float
    i: int
    i_end: int
    j: int
    j_end: int


_BY_FIRST = attrgetter("i")


def _written(name: Sequence[Word]) -> str:
    return " ".join(word.written for word in name)


class Pair(NamedTuple):
    """One or two words of one name beside one or two of the other; `apart` is 0 alike, about 0.2 undecided, 1 other."""

    one: str
    other: str
    apart: float


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two names are.

    score     0 to 1: from 0.5 on two full names are rather one person's than not; 1 for the same name
    full      how many words that are no initial and no "Ben" answer well to each other
    in_order  whether the words stand in the same order
    """

    score: float
    full: int = 0
    in_order: bool = True
    _names: tuple[Sequence[Word], Sequence[Word]] = ((), ())
    _ways: tuple[_Way, ...] = ()

    @property
    def pairs(self) -> list[Pair]:
        """The words that were laid side by side, in the order of the first name."""
        one, other = self._names
        return [
            Pair(_written(one[way.i : way.i_end]), _written(other[way.j : way.j_end]), way.apart) for way in self._ways
        ]

    @property
    def alone(self) -> list[str]:
        """The words that only one of the names has."""
        return [word.written for word in _alone(*self._names, self._ways)]

    @property
    def reason(self) -> str:
        """One sentence, in the language of the moment: which words answer to which, and what differs."""
        return _reason(self)


def compare(a: str, b: str) -> Likeness:
    """How alike two spellings of a person's name are. Any text is taken; `compare(b, a)` gives the same score."""
    return compare_words(words(a), words(b))


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
def reading(word: str) -> spelling.Reading:
    return spelling.read(word)


@lru_cache(maxsize=1 << 18)
def _ordered_apart(one: str, other: str) -> float:
    a, b = reading(one), reading(other)
    length = max(2.0, (a.weight + b.weight) / 2)
    if abs(a.weight - b.weight) >= length or not spelling.may_be_near(a, b):
        return _WORST
    cost = spelling.distance(a, b, at_most=_FAR * length)
    return cost / length if cost <= _FAR * length else _WORST


def apart_of(one: str, other: str) -> float:
    """Between two folded words: 0 alike, about 0.2 undecided, 1 nothing in common."""
    if one == other:
        return 0.0
    return _ordered_apart(one, other) if one < other else _ordered_apart(other, one)


def _between(one: Word, other: Word) -> float:
    if one.kind == "initial" or other.kind == "initial":
        return _initial(one, other)
    return apart_of(one.folded, other.folded)


def _initial(one: Word, other: Word) -> float:
    first, second = reading(one.folded).steps[0], reading(other.folded).steps[0]
    nearest = min((a.apart(b) for _end, a in first for _end2, b in second), default=_WORST)
    if one.kind == other.kind:
        return 0.0 if nearest <= 0.1 else _WORST
    return _OF_AN_INITIAL if nearest <= 0.4 else _WORST


def joined(one: Word, other: Word) -> str:
    second = other.folded
    if second.startswith("ال") and len(second) > 4:
        second = spelling.ARTICLE + second[2:]
    return one.folded + second


# --- Two names -------------------------------------------------------------------------------------------------------


def _ways(one: Sequence[Word], other: Sequence[Word]) -> tuple[list[tuple], dict[tuple[int, int], float]]:
    """What may be laid beside what, to be sorted, the surest first; and how far each word is from each.

    Words beside words, and two that follow each other beside one where somebody wrote them as one.
    """
    ways, table, met_i, met_j = [], {}, set(), set()
    for i, first in enumerate(one):
        for j, second in enumerate(other):
            apart = table[i, j] = _between(first, second)
            if apart < _CUT:
                ways.append(((apart - _CUT) * 2, abs(i - j), i + j, apart, i, i + 1, j, j + 1))
                if apart < _WELL:
                    met_i.add(i)
                    met_j.add(j)
    if len(met_i) < len(one) or len(met_j) < len(other):
        for i, j, apart in _twos(one, met_i, other, met_j):
            ways.append(((apart - _CUT) * 3, abs(i - j), i + j, apart, i, i + 2, j, j + 1))
        for j, i, apart in _twos(other, met_j, one, met_i):
            ways.append(((apart - _CUT) * 3, abs(i - j), i + j, apart, i, i + 1, j, j + 2))
    return ways, table


def _twos(
    one: Sequence[Word], met: set[int], other: Sequence[Word], met_other: set[int]
) -> Iterator[tuple[int, int, float]]:
    """Where two words that follow each other in `one` stand in `other`, what they answer to, and how far they are apart."""
    for place in range(len(one) - 1):
        first, second = one[place], one[place + 1]
        with_light = "light" in (first.kind, second.kind)
        if (not with_light and (place in met or place + 1 in met)) or "initial" in (first.kind, second.kind):
            continue
        both = ""
        has = reading(first.folded).has | reading(second.folded).has
        most = _EVEN if with_light else _MOST_OF_TWO_NAMES
        for place_other, word in enumerate(other):
            if place_other in met_other or word.kind not in ("name", "aside"):
                continue
            if (has & ~reading(word.folded).may).bit_count() < 2:
                both = both or joined(first, second)
                apart = apart_of(both, word.folded) + _JOINING
                if apart < most:
                    yield place, place_other, apart


def _laid(one: Sequence[Word], other: Sequence[Word]) -> list[_Way]:
    """The best way for each word, the surest first; then names that nothing answers to beside each other, as they come."""
    laid: list[_Way] = []
    if len(one) == len(other):  # most often each word simply answers to the one in its place
        for place, (first, second) in enumerate(zip(one, other, strict=True)):
            if first.kind != "name" or second.kind != "name":
                break
            apart = apart_of(first.folded, second.folded)
            if apart >= _PLAINLY:
                break
            laid.append(_Way(apart, place, place + 1, place, place + 1))
        else:
            return laid
        laid.clear()
    ways, table = _ways(one, other)
    free_i, free_j = [True] * len(one), [True] * len(other)
    for *_sorting, apart, i, i_end, j, j_end in sorted(ways):
        if all(free_i[i:i_end]) and all(free_j[j:j_end]):
            laid.append(_Way(apart, i, i_end, j, j_end))
            free_i[i:i_end] = [False] * (i_end - i)
            free_j[j:j_end] = [False] * (j_end - j)
    # A "Ben" or what follows a dash need not answer to anything.
    rest_i = [i for i, word in enumerate(one) if free_i[i] and word.kind in ("name", "initial")]
    rest_j = [j for j, word in enumerate(other) if free_j[j] and word.kind in ("name", "initial")]
    laid += [_Way(table[i, j], i, i + 1, j, j + 1) for i, j in zip(rest_i, rest_j, strict=False)]
    laid.sort(key=_BY_FIRST)
    return laid


def _alone(one: Sequence[Word], other: Sequence[Word], ways: Sequence[_Way]) -> list[Word]:
    taken_i = {place for way in ways for place in range(way.i, way.i_end)}
    taken_j = {place for way in ways for place in range(way.j, way.j_end)}
    return [word for place, word in enumerate(one) if place not in taken_i] + [
        word for place, word in enumerate(other) if place not in taken_j
    ]


def _fathers(one: Sequence[Word], other: Sequence[Word], ways: Sequence[_Way]) -> bool:
    """Whether two words changed places around a "Ben": Ahmed ben Ali is not Ali ben Ahmed."""
    son_i, son_j = (
        next((at for at in range(1, len(name)) if name[at].folded in SONS and name[at - 1].kind == "name"), None)
        for name in (one, other)
    )
    if son_i is None or son_j is None:
        return False
    moved = {way.i < son_i for way in ways if way.i != son_i and (way.i < son_i) != (way.j < son_j)}
    return len(moved) == 2


def compare_words(one: Sequence[Word], other: Sequence[Word]) -> Likeness:
    if not one or not other:
        return Likeness(0.0)
    # One order of the two, so that what is equally good is chosen alike both ways round.
    turned = [word.folded for word in one] > [word.folded for word in other]
    ways = _laid(other, one) if turned else _laid(one, other)
    if turned:
        ways = sorted((_Way(way.apart, way.j, way.j_end, way.i, way.i_end) for way in ways), key=_BY_FIRST)
    total, full, order = 0.0, 0, []
    taken = 0
    for way in ways:
        taken += way.i_end - way.i + way.j_end - way.j
        first, second = one[way.i].kind, other[way.j].kind
        if "light" in (first, second) and way.i_end - way.i == way.j_end - way.j:
            continue
        order.append(way.j)
        if "initial" in (first, second):
            total += _SHARE_OF_AN_INITIAL * way.apart**_POWER
        else:
            total += way.apart**_POWER
            full += way.apart <= _WELL
    apart = total ** (1 / _POWER) if order else _WORST
    score = 1.0 / (1.0 + (apart / _EVEN) ** _STEEP)
    if taken < len(one) + len(other):
        for word in _alone(one, other, ways):
            score *= _LONE_BESIDE_ONE if word.kind == "name" and full < 2 else _LONE[word.kind]
    rising = sorted(order)
    if order != rising:
        around = any(order == rising[cut:] + rising[:cut] for cut in range(1, len(order)))
        score *= _FAMILY_NAME_FIRST if around else _OTHER_ORDER
        if _fathers(one, other, ways):
            score *= _FATHER_AND_SON
    return Likeness(score, full, order == rising, (one, other), tuple(ways))
