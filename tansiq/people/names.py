"""How alike two spellings of a person's name are, in one script or across Arabic and Latin, and whom a name is nearest to.

`compare` for two names, `Index` for many with many, `is_certain` for what may be taken without a person. What stands
around a name is told apart from it in `tansiq.people.namewords`, two words are compared in `tansiq.people.spelling`,
two names in `tansiq.people.likeness`.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from tansiq.people.likeness import Likeness, Pair, apart_of, compare, compare_words, joined, reading
from tansiq.people.namewords import Word, words

__all__ = ["AGREES", "CERTAIN", "MARGIN", "Index", "Likeness", "Match", "Pair", "compare", "is_certain"]

K = TypeVar("K", bound=Hashable)

# A match is taken without a person only from this score on, this far before the second best, and where the name in the
# same script, if it is known, is at least so much alike.
CERTAIN = 0.995
MARGIN = 0.1
AGREES = 0.966


@dataclass(frozen=True, slots=True)
class Match(Generic[K]):
    """One of the names of an index.

    key       whose name it is
    spelling  the one of its spellings that is nearest
    agrees    the best score of its spellings in the script that was asked in, or of all where there is none: what one
              script leaves unsaid (كمال and كامل are both Kamal) the same script says
    ahead     by how much its score is above that of the next, whether the next was asked for or not
    """

    key: K
    spelling: str
    likeness: Likeness
    agrees: float
    ahead: float

    @property
    def score(self) -> float:
        return self.likeness.score

    @property
    def reason(self) -> str:
        return self.likeness.reason


def is_certain(matches: Sequence[Match]) -> bool:
    """Whether the first of `Index.nearest` may be taken without a person.

    It is where at least two words answer, the score is high, the name in the same script says so too, and nobody else
    comes near. Two people of one name are never certain.
    """
    if not matches or matches[0].likeness.full < 2:
        return False
    first = matches[0]
    return first.score >= CERTAIN and first.agrees >= AGREES and first.ahead >= MARGIN


def _any_order(name: Sequence[Word]) -> tuple[str, ...]:
    return tuple(sorted(word.folded for word in name))


def _script(name: Sequence[Word]) -> str:
    return reading(name[0].folded).script


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
                forms[-1].append(joined(before, word))
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
        self._sizes: list[int] = []  # how many words each entry has
        self._of: list[list[int]] = []  # the entries of each key
        self._asked: dict[str, dict[int, float]] = {}
        for key, spellings in names:
            self._keys.append(key)
            self._of.append([])
            known: set[tuple[str, ...]] = {()}
            for text in spellings:
                found = words(text)
                folded = tuple(word.folded for word in found)
                if folded not in known:
                    known.add(folded)
                    numbers = frozenset(self._number(form) for forms in _forms(found) for form in forms)
                    for number in numbers:
                        self._holding[number].add(len(self._entries))
                    self._sizes.append(len(found))
                    self._of[-1].append(len(self._entries))
                    self._same[_any_order(found)].append(len(self._entries))
                    self._entries.append(_Entry(len(self._keys) - 1, text, found, numbers))

    def _number(self, folded: str) -> int:
        number = self._words.get(folded)
        if number is None:
            number = self._words[folded] = len(self._folded)
            self._folded.append(folded)
            self._holding.append(set())
            skeletons = reading(folded).skeletons
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
            likeness = compare_words(asked, self._entries[number].words)
            if key not in best or likeness.score > best[key][0].score:
                best[key] = likeness, number
        ranked = sorted(best.values(), key=lambda one: -one[0].score)
        after = [likeness.score for likeness, _number in ranked[1:]] + [0.0]
        return [
            self._match(asked, likeness, number, likeness.score - below)
            for (likeness, number), below in zip(ranked[:limit], after, strict=False)
        ]

    def _match(self, asked: Sequence[Word], likeness: Likeness, number: int, ahead: float) -> Match[K]:
        entry = self._entries[number]
        agrees = likeness.score
        if agrees >= CERTAIN and (script := _script(asked)) != _script(entry.words):
            same = (self._entries[one].words for one in self._of[entry.key])
            agrees = max((compare_words(asked, one).score for one in same if _script(one) == script), default=agrees)
        return Match(self._keys[entry.key], entry.spelling, likeness, agrees, ahead)

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
        met: dict[int, float] = {}
        for held_by, found in near:
            # A given name that thousands have finds nobody by itself.
            known = set(met) if met and held_by > _MANY else None
            here: dict[int, float] = {}
            # The nearest words last, so that they count where an entry holds several.
            for number in sorted(found, key=found.__getitem__):
                holding = self._holding[number] if known is None else self._holding[number] & known
                here.update(dict.fromkeys(holding, found[number]))
            if met:
                for entry, closeness in here.items():
                    met[entry] = met.get(entry, 0.0) + closeness
            else:
                met = here
        if not met:
            return []
        # First what comes near to the best; what has a word less only where there is little else to show.
        most, sizes, asked_size = max(met.values()), self._sizes, len(asked)
        less, ranked = _LETTER_LESS, []
        near_best = [(closeness, entry) for entry, closeness in met.items() if closeness >= most - _WORD_LESS]
        for less in (_LETTER_LESS, _WORD_LESS, most):
            among = near_best if less <= _WORD_LESS else [(closeness, entry) for entry, closeness in met.items()]
            ranked = [
                (0.05 * abs(sizes[entry] - asked_size) - closeness, entry)
                for closeness, entry in among
                if closeness >= most - less
            ]
            if len(ranked) >= limit:
                break
        number = limit if less > _LETTER_LESS else limit + _MOST_COMPARED
        best = [entry for _worth, entry in heapq.nsmallest(2 * number, ranked)]
        return self._of_several([*self._same.get(_any_order(asked), ())[:_MOST_COMPARED], *best], number)

    def _of_several(self, best: Iterable[int], number: int) -> list[int]:
        """So many entries, two of each key at most: many spellings of one person must not hide the next."""
        taken: dict[int, int] = {}
        of_key: dict[int, int] = defaultdict(int)
        for entry in best:
            key = self._entries[entry].key
            if entry not in taken and of_key[key] < 2 and len(taken) < number:
                taken[entry] = key
                of_key[key] += 1
        return list(taken)

    def _near(self, folded: str) -> dict[int, float]:
        """The words of the index that are like this one: their number and how close, 1 for the same."""
        found = self._asked.get(folded)
        if found is None:
            skeletons = reading(folded).skeletons
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
            apart = apart_of(folded, self._folded[number])
            if apart < _NEAR:
                found[number] = 1.0 - apart
        return found
