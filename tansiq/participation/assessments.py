"""Tests before and after: set up, opened, answered, marked. Each person has one try and one more at each moment.

A try is begun by a button and has its number then, so that what is handed in twice is one; the row of the try is the
form's identity. What was answered keeps the questions as they were when it was begun.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q
from django.utils import translation
from django.utils.translation import gettext as _

from tansiq.coordination.paper import body_name, stamp
from tansiq.core import journal, outbox, records
from tansiq.core.errors import Refused
from tansiq.participation import marking, ownpage
from tansiq.participation.models import Assessment, Attempt, Moment, QuestionSet, Registration
from tansiq.participation.registration import VISITOR

# Whoever presses the button at the last moment, on a slow network, is not turned away.
GRACE = dt.timedelta(minutes=15)


class BadQuestions(Refused):
    """The questions do not fit; `faults` is [(place from 0, sentence)]."""


class NotOpen(Refused):
    """The test is not open to this person now; what was answered is kept."""


class NoMoreTries(Refused):
    """Both tries are used."""


class BadAnswers(Refused):
    """Answers that do not fit; `faults` is {question: sentence}."""


class Unanswered(Refused):
    """Questions are open; `missing` names them in order."""


class OtherAnswers(Refused):
    """This try was handed in before with other answers, which stay; carries `attempt`."""


# --- Setting up -----------------------------------------------------------------------------------------------------


@transaction.atomic
def set_up(assessment: Assessment, *, by: Any, now: dt.datetime) -> Assessment:
    """Save a test as it stands now. Words may be mended at any time; a question keeps its answers once it was asked.

    Raises BadQuestions: two of one id, no right answer, or another key under an id that somebody was asked already.
    """
    is_new = assessment._state.adding
    if not is_new:
        _lock(assessment)
    faults = wrong_questions(assessment)
    if faults:
        lines = [_("Question %(number)s: %(why)s") % {"number": place + 1, "why": why} for place, why in faults]
        raise BadQuestions(" ".join(lines), faults=faults)
    return (records.create if is_new else records.change)(assessment, by=by, now=now)  # type: ignore[return-value]


def wrong_questions(assessment: Assessment) -> list[tuple[int, str]]:
    """[(place from 0, sentence)], also for a key that was changed after somebody was asked."""
    faults = marking.wrong_questions(assessment.questions)
    asked: dict[str, Any] = {}
    if not assessment._state.adding:
        for one in assessment.sets.all():
            asked |= {question["id"]: marking.key_of(question) for question in one.questions}
    for number, question in enumerate(assessment.questions):
        if question["id"] in asked and asked[question["id"]] != marking.key_of(question):
            text = _("“%(id)s” was asked already: its answers, points and kind stay. Give the new question another identifier.")  # fmt: skip
            faults.append((number, text % {"id": question["id"]}))
    return faults


def _lock(assessment: Assessment) -> None:
    Assessment.objects.select_for_update().only("pk").get(pk=assessment.pk)


@transaction.atomic
def open_(
    *, assessment: Assessment, moment: str, by: Any, now: dt.datetime, until: dt.datetime | None = None
) -> Assessment:
    """Open a moment now; a closing that lies behind goes. Opening what is open changes nothing but `until`.

    Raises NotOpen where there is no question.
    """
    if not assessment.questions:
        raise NotOpen(_("There is no question in this test yet. Write them first."))
    closes = until or (None if assessment.is_closed(moment, now) else assessment.closes_at(moment))
    opens = assessment.opens_at(moment) if assessment.is_open(moment, now) else now
    return _set_window(assessment, moment, opens, closes, by=by, now=now)


@transaction.atomic
def close(*, assessment: Assessment, moment: str, by: Any, now: dt.datetime) -> Assessment:
    """Close a moment now. Tries that are begun may be handed in for a quarter of an hour. Twice changes nothing."""
    if not assessment.is_open(moment, now):
        return assessment
    return _set_window(assessment, moment, assessment.opens_at(moment), now, by=by, now=now)


def _set_window(assessment: Assessment, moment: str, opens: Any, closes: Any, *, by: Any, now: dt.datetime) -> Any:
    _lock(assessment)
    row = Assessment.objects.select_related("activity").get(pk=assessment.pk)
    setattr(row, f"{moment}_opens_at", opens)
    setattr(row, f"{moment}_closes_at", closes)
    return records.change(row, by=by, now=now)


# --- One person's tries ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    """Where one person stands with one moment of a test.

    tries  those handed in, in order;  draft  the one that is begun;  score  the person's best, None while it is not shown
    """

    assessment: Assessment
    moment: str
    is_open: bool
    tries: list[Attempt]
    draft: Attempt | None
    may_begin: bool
    score: Any
    shows_key: bool

    @property
    def label(self) -> str:
        return str(Moment(self.moment).label)

    @property
    def opens_at(self) -> dt.datetime | None:
        return self.assessment.opens_at(self.moment)

    @property
    def closes_at(self) -> dt.datetime | None:
        return self.assessment.closes_at(self.moment)

    @property
    def has_passed(self) -> bool | None:
        wanted = self.assessment.pass_percent
        return None if wanted is None or self.score is None else self.score >= wanted


def find(row: Registration) -> Assessment | None:
    """The test of the activity of a registration."""
    found = Assessment.objects.filter(activity=row.admission.activity_id).first()
    if found is not None:
        found.activity = row.admission.activity
    return found


def standing(assessment: Assessment, row: Registration, moment: str, *, now: dt.datetime) -> Standing:
    """One query."""
    attempts = list(Attempt.objects.filter(registration=row, moment=moment).select_related("asked"))
    tries = [one for one in attempts if one.submitted_at]
    draft = next((one for one in attempts if one.submitted_at is None), None)
    is_open = assessment.is_open(moment, now)
    shows_score = assessment.shows_score == Assessment.Shows.AT_ONCE or assessment.is_closed(moment, now)
    return Standing(
        assessment, moment, is_open, tries, draft,
        may_begin=is_open and draft is None and len(tries) < Attempt.MOST and _has_place(row),
        score=max((one.score for one in tries if one.score is not None), default=None) if shows_score else None,
        shows_key=moment == Moment.AFTER and bool(tries) and _is_over(assessment, tries, now),
    )  # fmt: skip


def _is_over(assessment: Assessment, tries: list[Attempt], now: dt.datetime) -> bool:
    """May the right answers be shown? The same questions are asked after: never before that is over for all of them."""
    if assessment.closes_at(Moment.AFTER) is None:
        return len(tries) >= Attempt.MOST
    return assessment.is_closed(Moment.AFTER, now - GRACE)


def _has_place(row: Registration) -> bool:
    return row.state == Registration.State.CONFIRMED


def offered(row: Registration, *, now: dt.datetime) -> list[Standing]:
    """The moments that one's own page names: those that are open, or were and have a try of this person."""
    assessment = find(row) if _has_place(row) else None
    if assessment is None:
        return []
    found = [standing(assessment, row, moment, now=now) for moment in Moment.values]
    return [one for one in found if one.is_open or one.tries]


def begin(*, row: Registration, assessment: Assessment, moment: str, now: dt.datetime) -> Attempt:
    """Begin a try, or go on with the one that is begun: of two devices at once both get the same.

    Raises NotOpen, NoMoreTries.
    """
    found = standing(assessment, row, moment, now=now)
    if found.draft:
        return found.draft
    if not _has_place(row):
        raise NotOpen(_("The test is for those who have a place."))
    if not found.is_open:
        raise NotOpen(_("The test is not open now."))
    if len(found.tries) >= Attempt.MOST:
        raise NoMoreTries(_("Both tries are used. The better one counts."))
    attempt = Attempt(
        registration=row, moment=moment, number=len(found.tries) + 1, how=Attempt.How.FORM, begun_at=now,
        asked=_asked(assessment),
    )  # fmt: skip
    try:
        with transaction.atomic():
            attempt.save(force_insert=True)
            journal.record("participation.begin_test", attempt, by=VISITOR, now=now, changes={})
    except IntegrityError:  # somebody, perhaps the same on another device, was first
        return begin(row=row, assessment=assessment, moment=moment, now=now)
    return attempt


def _asked(assessment: Assessment) -> QuestionSet:
    """The questions as they are now; a version of its own where they were changed since anybody began."""
    digest = marking.digest(assessment.questions)
    found = assessment.sets.filter(digest=digest).first()
    if found:
        return found
    with transaction.atomic():
        _lock(assessment)
        last = assessment.sets.aggregate(last=Max("number"))["last"] or 0
        return assessment.sets.get_or_create(
            digest=digest, defaults={"number": last + 1, "questions": assessment.questions}
        )[0]


def order_for(attempt: Attempt, assessment: Assessment) -> list[tuple[dict[str, Any], list[int]]]:
    """The questions and the numbers of their options in the order in which this person sees them in this try."""
    seed = f"{attempt.registration_id} {attempt.moment} {attempt.number}" if assessment.is_shuffled else ""
    return marking.arranged(attempt.asked.questions, hashlib.sha256(seed.encode()).hexdigest() if seed else "")


def save(*, attempt: Attempt, answers: marking.Answers, now: dt.datetime) -> Attempt:
    """Keep what is answered so far; what does not fit is left out. A try that is handed in is not changed."""
    faults = marking.faults(attempt.asked.questions, answers)
    kept = marking.plain({key: given for key, given in answers.items() if key not in faults})
    Attempt.objects.filter(pk=attempt.pk, submitted_at=None).update(answers=kept, saved_at=now)
    return Attempt.objects.select_related("asked", "registration__admission__activity").get(pk=attempt.pk)


def submit(
    *, attempt: Attempt, assessment: Assessment, answers: marking.Answers, by: Any, now: dt.datetime,
    is_complete: bool = True,
) -> Attempt:  # fmt: skip
    """Hand a try in: it is marked and stays. The same answers a second time are the same.

    is_complete  False: questions may stay open, which have no points
    Raises OtherAnswers, BadAnswers, Unanswered, NotOpen; what fits was kept as a draft then.
    """
    answers = marking.plain(answers)
    if attempt.submitted_at:
        return _same(attempt, answers)
    faults = marking.faults(attempt.asked.questions, answers)
    missing = marking.missing(attempt.asked.questions, answers)
    closes = assessment.closes_at(attempt.moment)
    refusal: Refused | None = None
    if faults:
        refusal = BadAnswers(" ".join(faults.values()), faults=faults)
    elif closes and closes + GRACE <= now:
        refusal = NotOpen(_("The test was closed on %(at)s. Your answers are kept; ask the secretariat.") % {"at": stamp(closes)})  # fmt: skip
    elif missing and is_complete:
        refusal = Unanswered(_("Some questions have no answer yet."), missing=missing)
    if refusal:
        save(attempt=attempt, answers=answers, now=now)
        raise refusal
    with transaction.atomic():
        values = _marked(attempt.asked.questions, answers, now)
        if not Attempt.objects.filter(pk=attempt.pk, submitted_at=None).update(**values):
            return _same(Attempt.objects.select_related("asked").get(pk=attempt.pk), answers)
        for name, value in values.items():
            setattr(attempt, name, value)
        journal.record("participation.hand_in_test", attempt, by=by, now=now, changes={"how": [None, str(attempt.how)]})
    return attempt


def _marked(questions: list[dict[str, Any]], answers: dict[str, list[int]], now: dt.datetime) -> dict[str, Any]:
    marked = marking.mark(questions, answers)
    return {
        "answers": answers, "points": marked.points, "score": marked.score, "digest": marking.digest(answers),
        "submitted_at": now,
    }  # fmt: skip


def _same(attempt: Attempt, answers: dict[str, list[int]]) -> Attempt:
    if attempt.digest == marking.digest(answers):
        return attempt
    assert attempt.submitted_at is not None
    text = _("This try was handed in on %(at)s with other answers. Those count; nothing was changed.")
    raise OtherAnswers(text % {"at": stamp(attempt.submitted_at)}, attempt=attempt)


@transaction.atomic
def type_in(
    *, row: Registration, assessment: Assessment, moment: str, number: int, answers: marking.Answers, by: Any,
    now: dt.datetime,
) -> tuple[Attempt, str]:  # fmt: skip
    """The sheet of somebody who answered on paper; typed again it is mended. Gives "new", "unchanged" or "corrected".

    Questions may be open. Closing times are the paper's, not the machine's: it is typed when it comes.
    Raises BadAnswers, NotOpen without a place, OtherAnswers where this try was handed in by the own link.
    """
    if number not in range(1, Attempt.MOST + 1):
        raise NoMoreTries(_("There is a first and a second try. Write 1 or 2."))
    if not _has_place(row):
        raise NotOpen(_("The test is for those who have a place."))
    answers = marking.plain(answers)
    Registration.objects.select_for_update().only("pk").get(pk=row.pk)
    mine = Attempt.objects.filter(registration=row, moment=moment)
    known = mine.filter(number=number).select_related("asked").first()
    asked = known.asked if known else _asked(assessment)
    if faults := marking.faults(asked.questions, answers):
        raise BadAnswers(" ".join(faults.values()), faults=faults)
    if known and known.how == Attempt.How.FORM and known.submitted_at:
        return _same(known, answers), "unchanged"
    if known and known.digest == marking.digest(answers):
        return known, "unchanged"
    if known is None and number > 1 and not mine.filter(number=number - 1).exists():
        raise NoMoreTries(_("There is no first try of this person. Type that one in first."))
    done = "corrected" if known and known.submitted_at else "new"
    # What was only begun by the own link gives way to the sheet on paper.
    attempt = known or Attempt(registration=row, moment=moment, number=number, asked=asked, begun_at=now)
    attempt.registration = row
    attempt.how = Attempt.How.PAPER
    for name, value in _marked(asked.questions, answers, now).items():
        setattr(attempt, name, value)
    attempt.save()
    verb = "participation.correct_test" if done == "corrected" else "participation.type_test"
    journal.record(verb, attempt, by=by, now=now, changes={})
    return attempt, done


# --- What others ask ------------------------------------------------------------------------------------------------


def scores(registrations: Iterable[Registration]) -> dict[Any, float]:
    """{registration id: per cent of the test after the activity}, of two tries the better; without one no entry.

    One query. For the rule of certificates.
    """
    rows = Attempt.objects.filter(
        registration__in=[one.pk for one in registrations], moment=Moment.AFTER, submitted_at__isnull=False
    )
    best = rows.order_by().values_list("registration").annotate(best=Max("score"))
    return {pk: float(score) for pk, score in best}


def absent(assessment: Assessment, moment: str) -> Any:
    """The registrations with a place that have handed nothing in."""
    rows = Registration.objects.present().filter(admission__activity=assessment.activity_id)
    done = Q(attempts__moment=moment, attempts__submitted_at__isnull=False)
    return rows.exclude(pk__in=rows.filter(done).values("pk"))


@transaction.atomic
def remind(*, assessment: Assessment, moment: str, by: Any, now: dt.datetime) -> int:
    """A mail to whoever has handed nothing in and has an address, each once. Returns how many are new. Raises NotOpen."""
    if not assessment.is_open(moment, now):
        raise NotOpen(_("The test is not open now. Open it first."))
    activity, posted = assessment.activity, 0
    for row in absent(assessment, moment).exclude(address_key="").select_related("person"):
        key = f"test:{assessment.pk}:{moment}:{row.pk}"
        if outbox.is_posted(key):
            continue
        with translation.override(row.language):
            closes = assessment.closes_at(moment)
            lines = [
                body_name(row.language), activity.title.text(row.language).value,
                _("A few questions wait for you, so that we learn what the activity gives. Nobody’s answers are published."),
                _("It is open until %(at)s.") % {"at": stamp(closes)} if closes else "",
                _("The test, by your own link:") + f"\n{ownpage.address_of(row)}test/{moment}/",
                _("This link is yours alone: please do not pass it on."),
            ]  # fmt: skip
            outbox.post(
                key=key, to=row.address_key, subject=_("A short test"),
                body="\n\n".join(line for line in lines if line), language=row.language, now=now,
            )  # fmt: skip
        posted += 1
    if posted:
        journal.record("participation.remind_test", assessment, by=by, now=now, changes={"mails": [None, posted]})
    return posted
