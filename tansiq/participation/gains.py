"""What a test shows of an activity: for each question how many knew it before and after, and what was gained.

Counted is each person's first try at each moment: the second comes after a score was seen. Gain is taken over the people
who handed in both; what all others did is shown beside it under its own heading. Of fewer than five nothing is said
outside the secretariat, nor what would show it by subtraction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from tansiq.core.suppression import gives_away, is_few
from tansiq.participation import marking
from tansiq.participation.models import Assessment, Attempt, Moment, Registration


@dataclass(frozen=True)
class Share:
    """right  of  all: how many knew it, of how many were asked; both None where it is not said"""

    right: int | None
    all: int | None

    @property
    def percent(self) -> float | None:
        return round(100 * self.right / self.all, 1) if self.right is not None and self.all else None


@dataclass(frozen=True)
class Gain:
    """One question. before, after  of those who took both;  all_before, all_after  of everybody who was asked."""

    id: str
    text: Any
    before: Share
    after: Share
    all_before: Share
    all_after: Share

    @property
    def points(self) -> float | None:
        """Percentage points from before to after, of those who took both."""
        if self.before.percent is None or self.after.percent is None:
            return None
        return round(self.after.percent - self.before.percent, 1)

    @property
    def normalised(self) -> float | None:
        """Of what could be gained, the part that was: (after - before) / (100 - before); None where all knew it before."""
        if self.points is None or self.before.percent is None or self.before.percent == 100:
            return None
        return round(self.points / (100 - self.before.percent), 2)


@dataclass(frozen=True)
class Results:
    """takers  {"before": n, "after": n, "both": n}; None where it is not said
    medians  of scores in per cent: {"before", "after"} of all, {"both_before", "both_after"} of those who took both
    normalised  the gain of the mean score of those who took both, of what could be gained
    begun  tries that were begun and not handed in;  places  people who have a place
    late   {"before": n, "after": n} who took longer than the guide; None where there is none
    """

    questions: list[Gain]
    takers: dict[str, int | None]
    medians: dict[str, float | None]
    mean_before: float | None
    mean_after: float | None
    normalised: float | None
    begun: int | None
    places: int
    late: dict[str, int | None] | None = None


def results(assessment: Assessment) -> Results:
    """Exact figures, for the secretariat. Three queries."""
    tries: dict[str, dict[Any, Attempt]] = {moment: {} for moment in Moment.values}
    rows = Attempt.objects.filter(
        registration__admission__activity=assessment.activity_id, registration__state=Registration.State.CONFIRMED
    )
    begun = 0
    for one in rows.select_related("asked").order_by("number"):
        if one.submitted_at is None:
            begun += 1
        else:
            tries[one.moment].setdefault(one.registration_id, one)
    before, after = tries[Moment.BEFORE], tries[Moment.AFTER]
    both = before.keys() & after.keys()
    first, last = [before[pk] for pk in both], [after[pk] for pk in both]
    means = [_mean(first), _mean(last)]
    gained = None
    if means[0] is not None and means[1] is not None and means[0] < 100:
        gained = round((means[1] - means[0]) / (100 - means[0]), 2)
    return Results(
        [_gain(one, before, after, both) for one in _asked(assessment, tries)],
        takers={"before": len(before), "after": len(after), "both": len(both)},
        medians={
            "before": _median(before.values()), "after": _median(after.values()),
            "both_before": _median(first), "both_after": _median(last),
        },
        mean_before=means[0], mean_after=means[1], normalised=gained, begun=begun,
        places=Registration.objects.present().filter(admission__activity=assessment.activity_id).count(),
        late=_late(assessment.minutes_allowed, tries),
    )  # fmt: skip


def _late(allowed: int | None, tries: dict[str, dict[Any, Attempt]]) -> dict[str, int | None] | None:
    if not allowed:
        return None
    return {moment: sum(bool(one.minutes_over(allowed)) for one in of.values()) for moment, of in tries.items()}


def _asked(assessment: Assessment, tries: dict[str, dict[Any, Attempt]]) -> list[dict[str, Any]]:
    """The questions of today, then those that were asked and are gone."""
    found = {one["id"]: one for one in assessment.questions}
    for attempts in tries.values():
        for attempt in attempts.values():
            for question in attempt.asked.questions:
                found.setdefault(question["id"], question)
    return list(found.values())


def _gain(question: dict[str, Any], before: dict[Any, Attempt], after: dict[Any, Attempt], both: Iterable[Any]) -> Gain:
    key = question["id"]
    # Who was asked it at one moment alone, for the question came later, is not of both.
    asked_twice = [pk for pk in both if key in before[pk].points and key in after[pk].points]
    return Gain(
        key, marking.words(question["text"]),
        _share(question, (before[pk] for pk in asked_twice)), _share(question, (after[pk] for pk in asked_twice)),
        _share(question, before.values()), _share(question, after.values()),
    )  # fmt: skip


def _share(question: dict[str, Any], attempts: Iterable[Attempt]) -> Share:
    given = [one.points[question["id"]] for one in attempts if question["id"] in one.points]
    return Share(sum(marking.is_right(question, points) for points in given), len(given))


def _mean(attempts: list[Attempt]) -> float | None:
    return round(sum(float(one.score or 0) for one in attempts) / len(attempts), 1) if attempts else None


def _median(attempts: Iterable[Attempt]) -> float | None:
    found = [float(one.score or 0) for one in attempts]
    return round(median(found), 1) if found else None


# --- Outside the secretariat ----------------------------------------------------------------------------------------


def suppressed(found: Results) -> Results:
    """What may leave the secretariat: no figure of fewer than five people, nor one that gives it away.

    Who took both is part of all who took one: where the rest of them is smaller than five, only those of both are shown.
    """
    takers = {name: None if is_few(number) else number for name, number in found.takers.items()}
    both = found.takers["both"] or 0
    medians = dict(found.medians)
    for moment in Moment.values:
        number = found.takers[moment] or 0
        if is_few(number) or gives_away(number, both):
            medians[moment] = None
            takers[moment] = None
    late = found.late and {
        moment: number if takers[moment] is not None and _is_said(number or 0, takers[moment] or 0) else None
        for moment, number in found.late.items()
    }
    if is_few(both):
        medians |= {"both_before": None, "both_after": None}
    return replace(
        found, questions=[_few(one) for one in found.questions], takers=takers, medians=medians, begun=None, late=late,
        mean_before=None if is_few(both) else found.mean_before, mean_after=None if is_few(both) else found.mean_after,
        normalised=None if is_few(both) else found.normalised,
    )  # fmt: skip


def _is_said(part: int, whole: int) -> bool:
    """Neither the part nor the rest is of fewer than five; all of them say something of each."""
    return not is_few(part) and not is_few(whole - part)


def _few(one: Gain) -> Gain:
    nothing = Share(None, None)
    both = one.before.all or 0
    return replace(
        one,
        before=nothing if is_few(both) else one.before, after=nothing if is_few(both) else one.after,
        all_before=_or_nothing(one.all_before, both), all_after=_or_nothing(one.all_after, both),
    )  # fmt: skip


def _or_nothing(share: Share, both: int) -> Share:
    number = share.all or 0
    return Share(None, None) if is_few(number) or gives_away(number, both) else share
