"""Who trained whom: generations of trainers across activities and programmes, and how many people each reached.

A person counts once for a trainer, however often he or she came, and once in a total, however many trained him or her.
Only who was there counts, and only activities that somebody led.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Max

from tansiq.participation.models import Certificate, Registration, Trainer
from tansiq.programme.models import Activity


@dataclass(frozen=True)
class Line:
    """One trainer.

    generation  0 where nobody known trained them, 1 where such a one did, ...; None in a circle
    direct      people who were there at what they led;  reached  those, and whom those trained in turn
    """

    trainer: Trainer
    generation: int | None
    activities: list[Activity]
    direct: int
    reached: int
    valid_until: Any


@dataclass(frozen=True)
class Generation:
    """How many people this generation has: trained by the one before it. Each person is in one."""

    number: int
    people: int
    trainers: int


@dataclass(frozen=True)
class Cascade:
    lines: list[Line]
    generations: list[Generation]
    people: int


class _Known:
    """Who was trained where, and by whom: three queries, whatever their number."""

    def __init__(self) -> None:
        self.trainers = list(Trainer.objects.select_related("person", "qualified_at").prefetch_related("activities"))
        self.led = {row.person_id: list(row.activities.all()) for row in self.trainers}
        self.by: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)  # activity: its trainers
        for person, activities in self.led.items():
            for one in activities:
                self.by[one.pk].add(person)
        self.there: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)  # activity: who was there
        attended = Registration.objects.filter(attended=True, admission__activity__in=list(self.by))
        for activity, person in attended.values_list("admission__activity", "person"):
            if person not in self.by[activity]:
                self.there[activity].add(person)
        for row in self.trainers:
            if row.qualified_at_id and row.person_id not in self.by[row.qualified_at_id]:
                self.there[row.qualified_at_id].add(row.person_id)
        self.taught = {
            person: set().union(*(self.there[one.pk] for one in activities)) for person, activities in self.led.items()
        }

    def generations(self) -> dict[uuid.UUID, int]:
        """From those whom nobody known trained, one step further each time; who is not reached stands in a circle."""
        trained = set().union(*self.there.values()) if self.there else set()
        found = {person: 0 for person in self.led if person not in trained}
        # Where a training has no trainer on record, those who were there are the first generation after it.
        for activity, people in self.there.items():
            if not self.by.get(activity):
                found |= dict.fromkeys(people - found.keys(), 1)
        step = sorted(found, key=found.__getitem__)
        while step:
            following = []
            for person in step:
                for pupil in self.taught.get(person, ()):
                    if found.get(pupil, found[person] + 2) > found[person] + 1:
                        found[pupil] = found[person] + 1
                        following.append(pupil)
            step = following
        return found

    def downstream(self, person: uuid.UUID) -> set[uuid.UUID]:
        found: set[uuid.UUID] = set()
        step = {person}
        while step:
            following = set().union(*(self.taught.get(one, set()) for one in step)) - found - {person}
            found |= following
            step = following & self.taught.keys()
        return found


def of(*, activities: Iterable[Activity] | None = None) -> Cascade:
    """The whole cascade, or the trainers of these activities; generations are always counted over all that is known."""
    known = _Known()
    generations = known.generations()
    wanted = None if activities is None else {one.pk for one in activities}
    until = _certified_until([row.person_id for row in known.trainers])
    lines = []
    for row in known.trainers:
        led = [one for one in known.led[row.person_id] if wanted is None or one.pk in wanted]
        if wanted is not None and not led:
            continue
        direct = set().union(*(known.there[one.pk] for one in led)) if led else set()
        lines.append(
            Line(
                row, generations.get(row.person_id), led, len(direct), len(known.downstream(row.person_id)),
                row.valid_until or until.get(row.person_id),
            )
        )  # fmt: skip
    counted = (
        set().union(*known.there.values(), known.led)
        if wanted is None
        else set().union(*(known.there[pk] for pk in wanted))
    )
    numbers: dict[int, list[uuid.UUID]] = defaultdict(list)
    for person in counted:
        if person in generations:
            numbers[generations[person]].append(person)
    return Cascade(
        sorted(lines, key=lambda line: (line.generation is None, line.generation, str(line.trainer.person))),
        [
            Generation(number, len(people), sum(person in known.led for person in people))
            for number, people in sorted(numbers.items())
        ],
        len(counted),
    )


def _certified_until(people: list[uuid.UUID]) -> dict[uuid.UUID, Any]:
    rows = Certificate.objects.filter(registration__person__in=people, state=Certificate.State.VALID)
    found = rows.values("registration__person").annotate(until=Max("valid_until"))
    return {row["registration__person"]: row["until"] for row in found}
