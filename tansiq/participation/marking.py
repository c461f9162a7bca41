"""What an answer to a test is worth: pure arithmetic over questions and answers, without a record.

A single choice has its points or none. A multiple choice: of its points the share (right ones chosen - wrong ones chosen)
/ (right ones that there are), never below 0. All right ones and nothing else give all points; all boxes ticked give few.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from tansiq.core.localized import Localized

Question = Mapping[str, Any]
Answers = Mapping[str, list[int]]
MOST_OPTIONS = 8
MOST_QUESTIONS = 200
# How an option is called on paper, by its number.
LETTERS = {"ar": "أبجدهوزح", "": "ABCDEFGH"}


@dataclass(frozen=True)
class Marked:
    """points  by question;  score  per cent of all points, with two decimals"""

    points: dict[str, float]
    score: Decimal


def points_of(question: Question) -> float:
    return question.get("points", 1)


def right_options(question: Question) -> set[int]:
    return {number for number, one in enumerate(question["options"], start=1) if one.get("right")}


def is_right(question: Question, points: float | None) -> bool:
    """Were all the points given?"""
    return points is not None and points >= points_of(question)


def mark(questions: Iterable[Question], answers: Answers) -> Marked:
    """A question without an answer has no points. `answers` have no faults."""
    points: dict[str, float] = {}
    whole = 0.0
    for question in questions:
        whole += points_of(question)
        right, given = right_options(question), set(answers.get(question["id"], []))
        share = (len(given & right) - len(given - right)) / len(right)
        points[question["id"]] = round(points_of(question) * max(share, 0), 4)
    score = 100 * sum(points.values()) / whole if whole else 0
    return Marked(points, round(Decimal(score), 2))


def faults(questions: Iterable[Question], answers: Answers) -> dict[str, str]:
    """Sentences by question, also by an identifier that no question has."""
    known = {one["id"]: one for one in questions}
    found = {}
    for key, given in answers.items():
        question = known.get(key)
        if question is None:
            found[key] = _("There is no question “%(id)s” in this test.") % {"id": key[:40]}
        elif any(not 1 <= number <= len(question["options"]) for number in given):
            found[key] = _("This question has no such answer. Choose one of those that are shown.")
        elif question["kind"] == "single" and len(given) > 1:
            found[key] = _("This question has one answer; two or more were given. Choose one.")
    return found


def missing(questions: Iterable[Question], answers: Answers) -> list[str]:
    """The questions without an answer, in their order."""
    return [one["id"] for one in questions if not answers.get(one["id"])]


def plain(answers: Answers) -> dict[str, list[int]]:
    """As they are kept: each option once and in order, nothing for what was left open."""
    return {key: sorted(set(given)) for key, given in sorted(answers.items()) if given}


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def arranged(questions: list[dict[str, Any]], seed: str) -> list[tuple[dict[str, Any], list[int]]]:
    """Each question with the numbers of its options, in the order in which one person sees them.

    seed  "" for the order of the test; the same seed gives the same order
    """

    def rank(*words: Any) -> str:
        return hashlib.sha256("|".join(map(str, (seed, *words))).encode()).hexdigest()

    rows = [(one, list(range(1, len(one["options"]) + 1))) for one in questions]
    if not seed:
        return rows
    rows.sort(key=lambda row: rank(row[0]["id"]))
    return [(one, sorted(numbers, key=lambda number: rank(one["id"], number))) for one, numbers in rows]


def wrong_questions(questions: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """What the shape of a question cannot say: (its place from 0, sentence)."""
    found = []
    seen: set[str] = set()
    for number, one in enumerate(questions):
        right = len(right_options(one))
        if one["id"] in seen:
            found.append((number, _("“%(key)s” stands twice.") % {"key": one["id"]}))
        seen.add(one["id"])
        if not 2 <= len(one["options"]) <= MOST_OPTIONS:
            message = _("A question has from 2 to %(most)s answers to choose from; this one has %(count)s.")
            found.append((number, message % {"most": MOST_OPTIONS, "count": len(one["options"])}))
        if not right:
            found.append((number, _("No answer is marked as right.")))
        elif right > 1 and one["kind"] == "single":
            message = _("%(count)s answers are marked as right, and the question takes one. Mark one, or make it “multiple”.")  # fmt: skip
            found.append((number, message % {"count": right}))
    if len(questions) > MOST_QUESTIONS:
        message = _("A test has at most %(most)s questions; these are %(count)s.")
        found.append((MOST_QUESTIONS, message % {"most": MOST_QUESTIONS, "count": len(questions)}))
    return found


def key_of(question: Question) -> tuple[Any, ...]:
    """What decides what an answer is worth. Words may be mended; where this differs it is another question."""
    return question["kind"], points_of(question), len(question["options"]), tuple(sorted(right_options(question)))


def letter(number: int, language: str) -> str:
    return LETTERS.get(language, LETTERS[""])[number - 1]


def option_number(written: str) -> int | None:
    """The option that "2", "b", "B" or "ب" means; None for anything else."""
    written = written.strip().strip(".)").upper().replace("أ", "ا").replace("إ", "ا")
    if written.isdecimal() and len(written) == 1:
        return int(written)
    for letters in (LETTERS[""], LETTERS["ar"].replace("أ", "ا")):
        if len(written) == 1 and written in letters:
            return letters.index(written) + 1
    return None


def languages(questions: Iterable[Question]) -> list[str]:
    """The site's languages in which every question and every answer has its words."""
    texts = [text for one in questions for text in (one["text"], *(option["text"] for option in one["options"]))]
    return [code for code, _name in settings.LANGUAGES if all(text.get(code) for text in texts)]


def words(text: Any) -> Localized:
    return Localized(text or {})
