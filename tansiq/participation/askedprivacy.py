"""What tests and satisfaction forms hold of a person, and when it goes."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tansiq.participation.models import Attempt, Feedback, FeedbackGiven
from tansiq.people import privacy, retention


def _attempts(subject: privacy.Subject) -> Any:
    if subject.person is None:
        return Attempt.objects.none()
    rows = Attempt.objects.filter(registration__person=subject.person)
    return rows.select_related("registration__admission__activity", "asked").order_by("begun_at", "-moment", "number")


def _export_attempts(subject: privacy.Subject) -> list[dict[str, Any]]:
    return [
        {
            "activity": one.registration.admission.activity.slug, "moment": one.moment, "try": one.number, "how": one.how,
            "begun": one.begun_at.isoformat(), "handed_in": one.submitted_at and one.submitted_at.isoformat(),
            "answers": one.answers, "points": one.points, "score": None if one.score is None else float(one.score),
        }
        for one in _attempts(subject)
    ]  # fmt: skip


def _erase_attempts(subject: privacy.Subject) -> bool:
    """The points stay with a number that names nobody, for the figures of the activity; the answers go."""
    drafts = _attempts(subject).filter(submitted_at=None).delete()[0]
    return bool(drafts + _attempts(subject).exclude(answers={}, digest="").update(answers={}, digest=""))


privacy.register("tests", export=_export_attempts, erase=_erase_attempts)


# --- Satisfaction: the answers cannot be found, unless somebody wrote the name into the free words ---------------------


def _named(subject: privacy.Subject) -> list[tuple[Feedback, dict[str, list[str]]]]:
    """(form, its words by question in which this person is named)."""
    if not subject.words:
        return []
    found = []
    for row in Feedback.objects.exclude(tally={}).select_related("activity"):
        words = {
            key: [text for text in texts if any(word in text for word in subject.words)]
            for key, texts in row.tally.get("words", {}).items()
        }
        if any(words.values()):
            found.append((row, words))
    return found


def _given(subject: privacy.Subject) -> Any:
    if subject.person is None:
        return FeedbackGiven.objects.none()
    return FeedbackGiven.objects.filter(registration__person=subject.person)


def _export_feedback(subject: privacy.Subject) -> list[dict[str, Any]]:
    given = _given(subject).values_list("registration__admission__activity__slug", flat=True)
    return [{"answered": slug} for slug in given] + [
        {"activity": row.activity.slug, "named_in": sorted(text for texts in words.values() for text in texts)}
        for row, words in _named(subject)
    ]


def _erase_feedback(subject: privacy.Subject) -> bool:
    number = _given(subject).delete()[0]
    for row, words in _named(subject):
        Feedback.objects.select_for_update().only("pk").get(pk=row.pk)
        row = Feedback.objects.get(pk=row.pk)
        kept = {
            key: [text for text in texts if text not in words.get(key, [])]
            for key, texts in row.tally["words"].items()
        }  # fmt: skip
        Feedback.objects.filter(pk=row.pk).update(tally={**row.tally, "words": kept})
        number += 1
    return bool(number)


privacy.register("satisfaction", export=_export_feedback, erase=_erase_feedback)


# --- After their time -----------------------------------------------------------------------------------------------


def _old_attempts(before: dt.datetime) -> int:
    drafts = Attempt.objects.filter(submitted_at=None, begun_at__lt=before).delete()[0]
    old = Attempt.objects.filter(submitted_at__lt=before).exclude(answers={}, digest="")
    return drafts + old.update(answers={}, digest="")


def _old_words(before: dt.datetime) -> int:
    """The words go; the sums name nobody and stay."""
    number = 0
    for row in Feedback.objects.exclude(tally={}).select_related("activity"):
        last = row.closes_at or row.opens_at or row.made_at
        if last < before and row.tally.get("words"):
            Feedback.objects.filter(pk=row.pk).update(tally={**row.tally, "words": {}})
            number += 1
    return number


retention.register("participation.attempt", _old_attempts)
retention.register("participation.feedback", _old_words)
