"""P4, names: full names told apart, and 10,000 look-ups among 10,000 registered in two scripts, none of them wrong.

The people are composed of two lists: names of the Maghreb and words of names from Wikidata (see `tests/people/composed`).
No figure of the program was counted from either list.
"""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Any

from benchmarks.measure import Result, median
from tansiq.config.cli import collect_seldom
from tansiq.core.language import fold
from tansiq.people.names import Index, compare, is_certain
from tests.people import composed

PAIRS, PEOPLE, ROUNDS = 5_000, 10_000, 3
# The reference: a letter for each letter, then the longest common pieces.
LETTERS = str.maketrans(
    dict(zip("ابتثجحخدذرزسشصضطظعغفقكلمنهوي", "abttjhkddrzsssdtdagfqklmnhwy", strict=True))
    | {"ء": "", "ة": "a", "ى": "a"}
)


def run() -> Iterator[Result]:
    for label, parts in (("Maghreb", composed.maghreb()), ("Wikidata", composed.wikidata())):
        yield _told_apart(label, composed.pairs(parts, PAIRS, random.Random(4)))
    yield from _at_scale()


def _told_apart(label: str, pairs: list[tuple[str, str, bool]]) -> Result:
    scores = [(compare(one, other).score, same) for one, other, same in pairs]
    plain = [(_plainly(one, other), same) for one, other, same in pairs]
    at_half, (best, threshold), (reference, _threshold) = composed.f1(scores, 0.5), _best(scores), _best(plain)
    note = (
        f"best {best:.4f} at {threshold:.2f}; {len(pairs):,} pairs, half of them two people with all but one word alike"
    )
    return Result(
        f"P4 names, {label}", round(at_half, 4), "F1 at 0.5", ">= 0.97", at_half >= 0.97,
        reference=round(reference, 4), reference_of="a letter for a letter, at its best threshold", note=note,
    )  # fmt: skip


def _best(scores: list[tuple[float, bool]]) -> tuple[float, float]:
    return max((composed.f1(scores, step / 100), step / 100) for step in range(1, 100))


def _plainly(one: str, other: str) -> float:
    return SequenceMatcher(
        None, *(" ".join(sorted(fold(name).translate(LETTERS).split())) for name in (one, other))
    ).ratio()


def _at_scale() -> Iterator[Result]:
    collect_seldom()  # as the command does
    seconds, rounds = [], []
    for number in range(ROUNDS):
        chance = random.Random(number)
        everybody = composed.people(composed.maghreb(), 13 * PEOPLE // 10, chance)
        # Seven of ten who are registered, and three of ten who are not.
        asked = list(enumerate(everybody))[: 7 * PEOPLE // 10] + list(enumerate(everybody))[PEOPLE:]
        texts = [composed.said(one, chance) for _number, one in asked]
        began = _cpu()
        index = Index(
            (key, [composed.usual(one, "arabic"), composed.usual(one, "latin")])
            for key, one in enumerate(everybody[:PEOPLE])
        )
        answers = [index.nearest(text) for text in texts]
        seconds.append(_cpu() - began)
        rounds.append(_judged(everybody, asked, texts, answers))
    present = sum(one["present"] for one in rounds)
    first, certain, wrong, namesakes = (
        sum(one[name] for one in rounds) for name in ("first", "certain", "wrong", "namesakes")
    )
    note = f"{PEOPLE:,} look-ups among {PEOPLE:,} registered in two scripts, with the index; CPU, medians of {ROUNDS} rounds"
    yield Result(
        "P4 look-ups", median(seconds), "s", "<= 5 s", median(seconds) <= 5, note=note, more={"seconds": seconds}
    )
    note = f"of {ROUNDS * PEOPLE:,} look-ups; {namesakes} more spell somebody registered as the list does"
    yield Result("P4 taken for another", float(wrong), "people", "0", wrong == 0, note=note, more={"rounds": rounds})
    note = f"first of the nearest {first / present:.4f}; without a person {certain / present:.3f}"
    yield Result("P4 found", first / present, "of those registered", ">= 0.99", first >= 0.99 * present, note=note)


def _judged(everybody: list, asked: list, texts: list[str], answers: list) -> dict[str, Any]:
    found = dict.fromkeys(("present", "first", "certain", "wrong", "namesakes"), 0)
    for (key, _one), text, matches in zip(asked, texts, answers, strict=True):
        found["present"] += key < PEOPLE
        is_first = bool(matches) and matches[0].key == key
        found["first"] += is_first
        if is_certain(matches):
            if is_first:
                found["certain"] += 1
            elif composed.may_be_written(everybody[matches[0].key], text):
                found["namesakes"] += 1
            else:
                found["wrong"] += 1
    return found


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    started = time.perf_counter()
    for result in run():
        print(result.line())
    print(f"{time.perf_counter() - started:.0f} s")
