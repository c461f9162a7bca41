"""People who do not exist, composed of real words of names, and how somebody else may write them.

Two lists: names of the Maghreb with the spellings that are met there, and words of names from Wikidata.
"""

from __future__ import annotations

import csv
import itertools
import random
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from tansiq.people.namewords import words

HERE = Path(__file__).parent
ADDED = (" (External)", " (Invité)", " (ضيف)", " – Agadir")


@dataclass(frozen=True)
class Part:
    """A word of a name (or two: عبد الله), its usual spelling first.

    kind  man, woman, family; any in the list from Wikidata
    """

    kind: str
    arabic: tuple[str, ...]
    latin: tuple[str, ...]


Person = tuple[Part, ...]


def _rows(name: str) -> list[list[str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.reader((line for line in file if not line.startswith("#")), delimiter="\t", quoting=3))[1:]


def maghreb() -> list[Part]:
    return [
        Part(kind, tuple(arabic.split("|")), tuple(latin.split("|")))
        for kind, arabic, latin in _rows("names-maghreb.tsv")
    ]


def wikidata() -> list[Part]:
    """Each pair of spellings by itself: what shares an Arabic spelling (George, Jorge) is not one name in Latin letters."""
    rows = (row for row in _rows("names-wikidata.tsv") if len(row[0]) > 2 and len(row[1]) > 1 and row[0].isalpha())
    return [Part("any", (arabic,), (latin.title(),)) for latin, arabic, _count in rows]


def usual(person: Person, script: str) -> str:
    return " ".join(getattr(part, script)[0] for part in person)


def person(parts: list[Part], chance: random.Random) -> Person:
    """Two to four parts, given names first and of one sex."""
    if parts[0].kind == "any":
        return tuple(chance.sample(parts, chance.choice([2, 2, 2, 3, 3, 4])))
    given = [part for part in parts if part.kind != "family"]
    families = [part for part in parts if part.kind == "family"]
    first = chance.choice(given)
    found = [first]
    if chance.random() < 0.15:
        found.append(chance.choice([part for part in given if part.kind == first.kind and part is not first]))
    found += chance.sample(families, 2 if chance.random() < 0.15 else 1)
    return tuple(found)


def _bare(word: str) -> str:
    return word.removeprefix("ال").replace("بن ", "بن")


def people(parts: list[Part], number: int, chance: random.Random) -> list[Person]:
    """No two of them bear one name, whether with an article or without, with "Ben" apart or not."""
    found: dict[tuple[str, ...], Person] = {}
    while len(found) < number:
        one = person(parts, chance)
        found.setdefault(tuple(_bare(part.arabic[0]) for part in one), one)
    everybody = list(found.values())
    chance.shuffle(everybody)
    return everybody


def said(one: Person, chance: random.Random) -> str:
    """The name as somebody types it: one script, any spelling, at times the family name first, at times with an addition."""
    script = chance.choice(["arabic", "latin", "latin"])
    texts = [chance.choice(getattr(part, script)) for part in one]
    order = chance.random()
    if order < 0.1:
        texts = [texts[-1].upper(), *texts[:-1]]
    elif order < 0.2:
        texts = texts[-1:] + texts[:-1]
    return " ".join(texts) + (chance.choice(ADDED) if chance.random() < 0.1 else "")


def may_be_written(one: Person, text: str) -> bool:
    """Whether the list knows the text as a spelling of this person too: then no program can tell the two apart."""
    asked = sorted(word.folded for word in words(text) if word.kind != "aside")
    return any(
        sorted(word.folded for word in words(" ".join(texts))) == asked
        for script in ("arabic", "latin")
        for texts in itertools.product(*(getattr(part, script) for part in one))
    )


def pairs(parts: list[Part], number: int, chance: random.Random) -> list[tuple[str, str, bool]]:
    """As many pairs of one person's spellings as of two persons' who share all words but one, or none.

    The other person has another given name, another family name, or a word that looks as like as any of a hundred.
    """
    scripts = (
        [("latin", "arabic")]
        if parts[0].kind == "any"
        else [("latin", "arabic"), ("latin", "latin"), ("arabic", "arabic")]
    )
    found = []
    for _number in range(number):
        one = person(parts, chance)
        first, second = chance.choice(scripts)
        written = [chance.choice(getattr(part, first)) for part in one]
        again = [chance.choice(getattr(part, second)) for part in one]
        if chance.random() < 0.2:
            again = again[-1:] + again[:-1]
        found.append((" ".join(written), " ".join(again), True))
        other = [chance.choice(getattr(part, second)) for part in _another(one, parts, chance)]
        found.append((" ".join(written), " ".join(other), False))
    return found


def _another(one: Person, parts: list[Part], chance: random.Random) -> Person:
    way = chance.choice(["given", "family", "alike", "all"])
    if way == "all":
        return person(parts, chance)
    place = {"given": 0, "family": len(one) - 1, "alike": chance.randrange(len(one))}[way]
    old = one[place]
    known = {*old.arabic, *old.latin}
    pool = [
        part for part in parts
        if known.isdisjoint((*part.arabic, *part.latin)) and (part.kind == "family") == (old.kind == "family")
        and _bare(part.arabic[0]) != _bare(old.arabic[0])
    ]  # fmt: skip
    if way == "alike":
        few = chance.sample(pool, min(100, len(pool)))
        new = max(few, key=lambda part: SequenceMatcher(None, part.latin[0].lower(), old.latin[0].lower()).ratio())
    else:
        new = chance.choice(pool)
    return (*one[:place], new, *one[place + 1 :])


def f1(scores: list[tuple[float, bool]], threshold: float) -> float:
    right = sum(same for score, same in scores if score >= threshold)
    taken = sum(score >= threshold for score, _same in scores)
    return 2 * right / (taken + sum(same for _score, same in scores))
