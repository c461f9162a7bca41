"""A test of three questions for the seminar, and people who answer it; fictional."""

import datetime as dt

from tansiq.core import journal
from tansiq.participation import assessments
from tansiq.participation.models import Assessment
from tests.participation.conftest import NOW

DAY = dt.timedelta(days=1)


def question(id, right, *, kind="single", options=3, **more):
    """question("consent", {2}) -> a question whose second answer is the right one."""
    return {
        "id": id, "kind": kind, "text": {"ar": f"سؤال {id}؟", "fr": f"Question {id} ?", "en": f"Question {id}?"},
        "points": 1,
        "options": [
            {"text": {"ar": f"جواب {n}", "fr": f"Réponse {n}", "en": f"Answer {n}"}, "right": n in right}
            for n in range(1, options + 1)
        ],
        **more,
    }  # fmt: skip


QUESTIONS = [
    question("consent", {2}), question("victims", {1}), question("signs", {1, 2, 3}, kind="multiple", options=5, points=3)
]  # fmt: skip
ALL_RIGHT = {"consent": [2], "victims": [1], "signs": [1, 2, 3]}
ALL_WRONG = {"consent": [1], "victims": [3], "signs": [4, 5]}


def ready(admission, *, questions=QUESTIONS, moments=("before", "after"), **values):
    """The test of the activity, open at these moments for a day."""
    row = Assessment(
        activity=admission.activity, reference_language="ar", questions=questions,
        **{f"{one}_opens_at": NOW for one in moments} | {f"{one}_closes_at": NOW + DAY for one in moments} | values,
    )  # fmt: skip
    return assessments.set_up(row, by=journal.CLI, now=NOW)


def take(assessment, row, moment, answers, *, now=NOW, is_complete=True):
    """Begin and hand in."""
    attempt = assessments.begin(row=row, assessment=assessment, moment=moment, now=now)
    return assessments.submit(
        attempt=attempt, assessment=assessment, answers=answers, by=journal.CLI, now=now, is_complete=is_complete
    )
