"""What people thought of an activity: asked by the personal link, kept as sums and as words that belong to nobody.

Kept is that somebody answered, and apart from it how often each answer was given and the free words, put at a random
place of their list. There is no row for one person's answers, no hour and no order, in the journal neither: so nobody who
reads the records can say who answered what, nor which words go with which marks.
"""

from __future__ import annotations

import datetime as dt
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import yaml
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _

from tansiq.coordination.paper import body_name
from tansiq.core import journal, outbox, records
from tansiq.core.errors import Refused
from tansiq.core.localized import Localized
from tansiq.core.suppression import is_few
from tansiq.participation import ownpage
from tansiq.participation.models import Feedback, FeedbackGiven, Registration

SCALE = range(1, 6)
LONGEST = 1000
MOST_OPTIONS = 8


class BadQuestions(Refused):
    """The questions do not fit; `faults` is [(place from 0, sentence)]."""


class NotOpen(Refused):
    """The form is not open to this person."""


class BadAnswers(Refused):
    """What was given does not fit; `faults` is {question: sentence}."""


class AlreadyGiven(Refused):
    """This person has answered before; the answers cannot be found again, so they cannot be changed."""


@cache
def defaults() -> list[dict[str, Any]]:
    """Six questions in the three languages of the house."""
    return yaml.safe_load(Path(__file__).with_name("feedback.yaml").read_text(encoding="utf-8"))


# --- Setting up -----------------------------------------------------------------------------------------------------


def wrong_questions(questions: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """What their shape cannot say: [(place from 0, sentence)]."""
    found, seen = [], set()
    for number, one in enumerate(questions):
        if one["id"] in seen:
            found.append((number, _("“%(key)s” stands twice.") % {"key": one["id"]}))
        seen.add(one["id"])
        options = len(one.get("options", []))
        if one["kind"] == "single" and not 2 <= options <= MOST_OPTIONS:
            message = _("A question has from 2 to %(most)s answers to choose from; this one has %(count)s.")
            found.append((number, message % {"most": MOST_OPTIONS, "count": options}))
        if one["kind"] != "single" and options:
            found.append((number, _("Only a question of the kind “single” has answers to choose from.")))
    return found


@transaction.atomic
def set_up(row: Feedback, *, by: Any, now: dt.datetime) -> Feedback:
    """Save a form as it stands now; without questions it asks the six that every activity can ask.

    Raises BadQuestions: two of one id, or a question changed that somebody answered already.
    """
    is_new = row._state.adding
    row.questions = row.questions or defaults()
    faults = wrong_questions(row.questions)
    if is_new:
        row.made_at = now
    else:
        Feedback.objects.select_for_update().only("pk").get(pk=row.pk)
        stored = Feedback.objects.get(pk=row.pk)
        row.tally = stored.tally
        if stored.answered:
            faults += changed_questions(stored.questions, row.questions)
    if faults:
        lines = [_("Question %(number)s: %(why)s") % {"number": place + 1, "why": why} for place, why in faults]
        raise BadQuestions(" ".join(lines), faults=faults)
    return (records.create if is_new else records.change)(row, by=by, now=now)  # type: ignore[return-value]


def changed_questions(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """Which questions of one identifier take other answers than before: [(place from 0, sentence)]."""
    known = {one["id"]: (one["kind"], len(one.get("options", []))) for one in before}
    text = _("“%(id)s” was answered already: its kind and answers stay. Give the new question another identifier.")
    return [
        (number, text % {"id": one["id"]})
        for number, one in enumerate(after)
        if one["id"] in known and known[one["id"]] != (one["kind"], len(one.get("options", [])))
    ]


@transaction.atomic
def open_(*, row: Feedback, by: Any, now: dt.datetime) -> Feedback:
    """Open the form now. What is open stays as it is."""
    if row.is_open(now):
        return row
    row.opens_at = now
    if row.closes_at and row.closes_at <= now:
        row.closes_at = None
    return set_up(row, by=by, now=now)


@transaction.atomic
def close(*, row: Feedback, by: Any, now: dt.datetime) -> Feedback:
    """Close the form now. Twice changes nothing."""
    if not row.is_open(now):
        return row
    row.closes_at = now
    return set_up(row, by=by, now=now)


# --- Answering ------------------------------------------------------------------------------------------------------


def find(registered: Registration) -> Feedback | None:
    found = Feedback.objects.filter(activity=registered.admission.activity_id).first()
    if found is not None:
        found.activity = registered.admission.activity
    return found


def is_asked(registered: Registration, *, now: dt.datetime) -> bool:
    """Is there a form that waits for this person?"""
    found = find(registered) if registered.state == Registration.State.CONFIRMED else None
    return bool(found and found.is_open(now)) and not FeedbackGiven.objects.filter(registration=registered).exists()


def has_answered(registered: Registration) -> bool:
    return FeedbackGiven.objects.filter(registration=registered).exists()


def _clean(questions: list[dict[str, Any]], answers: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """(what is kept, faults by question)."""
    known = {one["id"]: one for one in questions}
    kept, faults = {}, {}
    for key, given in answers.items():
        question, text = known.get(key), _words(given)
        if not text:
            continue
        if question is None:
            faults[key] = _("There is no question “%(id)s” in this form.") % {"id": key[:40]}
        elif question["kind"] == "text":
            if len(text) > LONGEST:
                message = _("This text has %(count)s characters; at most %(most)s are kept. Shorten it.")
                faults[key] = message % {"count": len(text), "most": LONGEST}
        elif text not in _choices(question):
            faults[key] = _("This question has no such answer. Choose one of those that are shown.")
        kept[key] = text
    return kept, faults


def _choices(question: Mapping[str, Any]) -> list[str]:
    numbers = SCALE if question["kind"] == "scale" else range(1, len(question["options"]) + 1)
    return [str(number) for number in numbers]


def _words(given: str) -> str:
    """NFC, without what cannot be seen and could turn the reader's line round."""
    text = "".join(
        char for char in given.replace("\r\n", "\n")
        if char in "\n\u200c\u200d" or unicodedata.category(char) not in ("Cc", "Cf", "Co", "Cs")
    )  # fmt: skip
    return unicodedata.normalize("NFC", text).strip()


def give(*, registered: Registration, answers: Mapping[str, str], now: dt.datetime) -> None:
    """Count somebody's answers: {question: "4" | number of an option | free words}. Questions may be left open.

    Writes no line into the journal: its hour and its order would say whose answers these are.
    Raises NotOpen, BadAnswers, AlreadyGiven. Of two at once one is counted.
    """
    row = find(registered)
    if row is None or registered.state != Registration.State.CONFIRMED or not row.is_open(now):
        raise NotOpen(_("The form is not open now."))
    kept, faults = _clean(row.questions, answers)
    if not kept and not faults:
        raise BadAnswers(_("Nothing is answered yet."), faults={})
    if faults:
        raise BadAnswers(" ".join(faults.values()), faults=faults)
    try:
        with transaction.atomic():
            FeedbackGiven.objects.create(registration=registered)
            _count(row, kept)
    except IntegrityError:
        if not has_answered(registered):
            raise
        raise AlreadyGiven(_("You have answered already. Thank you.")) from None


def _count(row: Feedback, answers: Mapping[str, str]) -> None:
    Feedback.objects.select_for_update().only("pk").get(pk=row.pk)
    stored = Feedback.objects.get(pk=row.pk)
    counts, words = stored.tally.get("counts", {}), stored.tally.get("words", {})
    kinds = {one["id"]: one["kind"] for one in stored.questions}
    for key, given in answers.items():
        if kinds[key] == "text":
            lines = words.setdefault(key, [])
            lines.insert(secrets.randbelow(len(lines) + 1), given)
        else:
            numbers = counts.setdefault(key, {})
            numbers[given] = numbers.get(given, 0) + 1
    tally = {"answered": stored.answered + 1, "counts": counts, "words": words}
    Feedback.objects.filter(pk=row.pk).update(tally=tally)


# --- Reading --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answered:
    """One question. counts  [(label, number)] in order; None where fewer than five answered it
    number  how many answered it, None likewise;  middle  the median of a scale
    words   the free words, only for the secretariat
    """

    id: str
    kind: str
    text: Localized
    number: int | None
    counts: list[tuple[str, int]] | None
    middle: float | None
    words: list[str]


def results(row: Feedback, *, with_words: bool) -> tuple[int | None, list[Answered]]:
    """(how many answered, the questions). What fewer than five answered is said to nobody.

    Where a question was left open by fewer than five, their number could be had by subtraction; it says nothing of them.
    """
    answered = row.answered
    found = []
    for question in row.questions:
        counts = {int(key): number for key, number in row.tally.get("counts", {}).get(question["id"], {}).items()}
        words = row.tally.get("words", {}).get(question["id"], [])
        number = len(words) if question["kind"] == "text" else sum(counts.values())
        hidden = is_few(answered) or is_few(number)
        found.append(
            Answered(
                question["id"], question["kind"], Localized(question["text"]), None if hidden else number,
                None if hidden or question["kind"] == "text" else _labelled(question, counts),
                _middle(counts) if question["kind"] == "scale" and not hidden else None,
                list(words) if with_words and not is_few(answered) else [],
            )
        )  # fmt: skip
    return (None if is_few(answered) else answered), found


def _labelled(question: Mapping[str, Any], counts: Mapping[int, int]) -> list[tuple[str, int]]:
    if question["kind"] == "scale":
        return [(str(number), counts.get(number, 0)) for number in SCALE]
    return [(Localized(one).plain, counts.get(number, 0)) for number, one in enumerate(question["options"], start=1)]


def _middle(counts: Mapping[int, int]) -> float | None:
    found = [value for value, number in counts.items() for _one in range(number)]
    return float(median(found)) if found else None


@transaction.atomic
def ask(*, row: Feedback, by: Any, now: dt.datetime) -> int:
    """A mail to whoever has a place, was not away all the time and has not answered, each once.

    Returns how many are new. Raises NotOpen.
    """
    if not row.is_open(now):
        raise NotOpen(_("The form is not open now. Open it first."))
    people = Registration.objects.present().filter(admission__activity=row.activity_id, feedback_given=None)
    people = people.exclude(attended=False, attendances=None)
    posted = 0
    for one in people.exclude(address_key=""):
        key = f"feedback:{row.pk}:{one.pk}"
        if outbox.is_posted(key):
            continue
        with translation.override(one.language):
            lines = [
                body_name(one.language), row.activity.title.text(one.language).value,
                _("What was good, and what should be better? It takes two minutes."),
                _("Your answers are counted without your name: nobody can see who answered what."),
                _("The form, by your own link:") + f"\n{ownpage.address_of(one)}feedback/",
            ]  # fmt: skip
            outbox.post(
                key=key, to=one.address_key, subject=_("What did you think of it?"),
                body="\n\n".join(line for line in lines if line), language=one.language, now=now,
            )  # fmt: skip
        posted += 1
    if posted:
        journal.record("participation.ask_feedback", row, by=by, now=now, changes={"mails": [None, posted]})
    return posted
