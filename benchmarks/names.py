"""Names: are two spellings one person's, in Arabic and Latin letters, and how fast are many found among many?

`arabic-latin-names.tsv` holds words of names in both scripts, counted in Wikidata (CC0; through
NETransliteration-COLING2018, those that occur at least three times). The tables of `tansiq.people.spelling` are written
by hand and nothing in them is taken from it; but what went wrong with it was looked at, so its figure is one of
development. It holds names of the whole world and some that were translated instead of spelt (Sweden, the Third), which
no comparison of spellings can find.
"""

from __future__ import annotations

import difflib
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.measure import ROOT, Result
from tansiq.people.names import Index, compare, is_certain

PAIRS, PEOPLE = 6000, 10_000
FILE = Path(__file__).parent / "arabic-latin-names.tsv"
Word = tuple[str, str]  # in Latin letters, in Arabic letters
Pair = tuple[str, str, bool]
# The letter-by-letter transliteration that a first attempt would take.
PLAIN = dict(zip("ابتثجحخدذرزسشصضطظعغفقكلمنهويةىأإآءئؤ", "abttjhkddrzscsdtzagfqklmnhwyaaaaaayw", strict=True))


def run() -> Iterator[Result]:
    spelt = [line.split("\t")[:2] for line in FILE.read_text(encoding="utf-8").splitlines()[1:]]
    words = [(latin, arabic) for latin, arabic in spelt if len(latin) > 2 and len(arabic) > 1 and "." not in latin]
    yield _score("Names, whole world", _pairs(words))
    yield _score("Names, Maghreb", _maghreb_pairs())
    yield _search()


def _score(label: str, pairs: list[Pair]) -> Result:
    f1 = _f1([(compare(one, other).score, same) for one, other, same in pairs], 0.5)
    plain = [(_plain(one, other), same) for one, other, same in pairs]
    best = max(_f1(plain, step / 50) for step in range(50))
    note = f"{len(pairs)} pairs of full names, half of them one person's"
    return Result(label, f1, "F1 at 0.5", ">= 0.97", f1 >= 0.97, best, "plain transliteration at its best", note)


def _f1(scored: list[tuple[float, bool]], least: float) -> float:
    right = sum(score >= least and same for score, same in scored)
    wrong = sum((score >= least) != same for score, same in scored)
    return 2 * right / (2 * right + wrong) if right else 0.0


def _plain(one: str, other: str) -> float:
    spelt = "".join(PLAIN.get(letter, letter) for letter in other)
    return difflib.SequenceMatcher(None, one.lower(), spelt, autojunk=False).ratio()


def _other(word: Word, words: list[Word], same: dict[str, set[str]], chance: random.Random, near: bool) -> Word:
    """A word that is another name; `near`: the likest of two hundred, such as a name with one letter more."""
    while True:
        found = chance.sample(words, min(len(words), 200 if near else 1))
        matcher = difflib.SequenceMatcher(None, b=word[0])
        best = max(found, key=lambda one: _ratio(matcher, one[0]) if one[0] != word[0] else -1.0)
        if best[0] != word[0] and best[1] != word[1] and best[1] not in same[word[0]]:
            return best


def _ratio(matcher: difflib.SequenceMatcher, text: str) -> float:
    matcher.set_seq1(text)
    return matcher.quick_ratio()


def _pairs(words: list[Word]) -> list[Pair]:
    """Full names of two to four words; the hard ones have one word changed, some for the likest that there is."""
    chance = random.Random(2)
    same: dict[str, set[str]] = defaultdict(set)
    for latin, arabic in words:
        same[latin].add(arabic)
    made: list[Pair] = []
    while len(made) < PAIRS:
        name = chance.sample(words, chance.choice([2, 2, 2, 3, 3, 4]))
        latin = " ".join(one.title() for one, _arabic in name)
        arabic = [one for _latin, one in name]
        how = chance.random()
        if how < 0.15:
            arabic = [*arabic[-1:], *arabic[:-1]]
        elif how < 0.2 and len(arabic) > 2:
            del arabic[1]
        made.append((latin, " ".join(arabic), True))
        kind = chance.choice(["all", "first", "last", "near"])
        if kind == "all":
            changed = chance.sample(words, len(name))
        else:
            changed = list(name)
            place = {"first": 0, "last": len(name) - 1, "near": chance.randrange(len(name))}[kind]
            changed[place] = _other(name[place], words, same, chance, kind == "near")
        made.append((latin, " ".join(one for _latin, one in changed), False))
    return made


# --- The Maghreb ---------------------------------------------------------------------------------------------------------

Row = tuple[str, list[str], list[str]]


def _rows() -> tuple[list[Row], list[Row]]:
    lines = (ROOT / "tests/people/names-maghreb.tsv").read_text(encoding="utf-8").splitlines()
    parted = [line.split("\t") for line in lines if not line.startswith("#")][1:]
    rows = [(kind, arabic.split("|"), latin.split("|")) for kind, arabic, latin in parted]
    return [row for row in rows if row[0] != "family"], [row for row in rows if row[0] == "family"]


def _person(given: list[Row], families: list[Row], chance: random.Random) -> list[Row]:
    first = chance.choice(given)
    name = [first, *([chance.choice([row for row in given if row[0] == first[0]])] * (chance.random() < 0.15))]
    return [*name, *chance.sample(families, 2 if chance.random() < 0.15 else 1)]


def _maghreb_pairs() -> list[Pair]:
    """One family, another given name: any, or the likest; and one given name, another family."""
    given, families = _rows()
    chance = random.Random(3)
    firsts = [(row[2][0].lower(), row[1][0]) for row in given]
    rows = {row[1][0]: row for row in given}
    made: list[Pair] = []
    while len(made) < PAIRS:
        person = _person(given, families, chance)
        latin = " ".join(chance.choice(row[2]) for row in person)
        arabic = [chance.choice(row[1]) for row in person]
        if chance.random() < 0.15:
            arabic = [*arabic[-1:], *arabic[:-1]]
        made.append((latin, " ".join(arabic), True))
        other = list(person)
        if chance.random() < 0.3:
            other[-1] = chance.choice([row for row in families if row not in person])
        else:
            own = (person[0][2][0].lower(), person[0][1][0])
            other[0] = rows[_other(own, firsts, defaultdict(set), chance, chance.random() < 0.5)[1]]
        made.append((latin, " ".join(chance.choice(row[1]) for row in other), False))
    return made


def _search() -> Result:
    """Ten thousand people in two scripts and as many look-ups, three in ten of people who are not there."""
    given, families = _rows()
    chance = random.Random(4)
    made: dict[tuple[str, ...], list[Row]] = {}
    while len(made) < 2 * PEOPLE:
        person = _person(given, families, chance)
        made.setdefault(tuple(re.sub("^ال|^بن ?", "", row[1][0]) for row in person), person)
    everyone = list(made.values())
    names = [
        (number, [" ".join(row[column][0] for row in one) for column in (1, 2)]) for number, one in enumerate(everyone)
    ]
    asked = [(number, _said(one, chance)) for number, one in enumerate(everyone)]
    asked = asked[: PEOPLE * 7 // 10] + asked[PEOPLE : PEOPLE + PEOPLE * 3 // 10]
    cpu, clock = time.process_time(), time.perf_counter()
    index = Index(names[:PEOPLE])
    found = [index.nearest(text) for _number, text in asked]
    cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    there = [(number, matches) for (number, _text), matches in zip(asked, found, strict=True) if number < PEOPLE]
    first = sum(bool(matches) and matches[0].key == number for number, matches in there) / len(there)
    certain = [(one, matches[0]) for one, matches in zip(asked, found, strict=True) if is_certain(matches)]
    wrong = [(text, match.spelling) for (number, text), match in certain if match.key != number]
    note = (
        f"CPU {cpu:.1f} s; the right one first {first:.1%}, taken without a person "
        f"{(len(certain) - len(wrong)) / len(there):.1%}, wrongly {len(wrong)}"
    )
    return Result("Names, 10,000 in 10,000", clock, "s", "<= 5 s", clock <= 5, note=note, more={"wrong": wrong})


def _said(person: list[Row], chance: random.Random) -> str:
    column: Callable[[Row], list[str]] = (lambda row: row[2]) if chance.random() < 0.67 else (lambda row: row[1])
    words = [chance.choice(column(row)) for row in person]
    return " ".join([*words[-1:], *words[:-1]] if chance.random() < 0.2 else words)
