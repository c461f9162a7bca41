"""Persons who may be one: looked for by e-mail, telephone and name in either script; what a person decided is remembered.

Looked for once a day by the schedule, and when somebody asks. Ten thousand persons take about three seconds, each further one
as much as the last.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
import uuid
from collections import defaultdict
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.people import names
from tansiq.people.models import Person, PersonPair

# Full names that are one person's nearly always: two of one name are asked about once.
ALIKE = 0.9
# A mailbox or telephone that more people than these have is an office's.
SHARED_BY = 4
MOST_PAIRS = 2000
_DIGITS = 9
_NEAREST = 4


class NotOpen(Refused):
    """Somebody decided on this pair, or one of the two is gone."""


def _telephone(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    return digits[-_DIGITS:] if len(digits) >= _DIGITS else ""


def likeness(one: Person, other: Person) -> names.Likeness:
    """The best of all their spellings."""
    return max(
        (names.compare(a, b) for a in one.spellings for b in other.spellings), key=lambda found: found.score,
        default=names.Likeness(0.0),
    )  # fmt: skip


def look(*, now: dt.datetime) -> int:
    """Find the pairs anew: new ones are added, open ones that are alike no more go. Returns how many are open.

    Four queries, whatever the number of persons.
    """
    people = {row.pk: row for row in Person.objects.all()}
    found: dict[tuple[uuid.UUID, uuid.UUID], PersonPair] = {}

    def pair(one: Any, other: Any) -> PersonPair | None:
        first, second = sorted((one, other))
        if people[first].is_fictional != people[second].is_fictional:
            return None
        return found.setdefault((first, second), PersonPair(first_id=first, second_id=second, score=-1.0, found_at=now))

    for is_email in (True, False):
        alike: dict[str, list[Any]] = defaultdict(list)
        for row in people.values():
            alike[row.email.lower() if is_email else _telephone(row.telephone)].append(row.pk)
        alike.pop("", None)
        for keys in alike.values():
            if len(keys) <= SHARED_BY:
                for one, other in itertools.combinations(keys, 2):
                    if (same := pair(one, other)) is not None:
                        setattr(same, "has_same_email" if is_email else "has_same_telephone", True)
    index = names.Index((row.pk, row.spellings) for row in people.values())
    for row in people.values():
        for spelling in row.spellings:
            for match in index.nearest(spelling, _NEAREST):
                if match.key != row.pk and match.score >= ALIKE and match.likeness.full >= 2:
                    pair(row.pk, match.key)
    for (first, second), asked in found.items():
        asked.score = round(likeness(people[first], people[second]).score, 3)
    return _keep(found, now)


@transaction.atomic
def _keep(found: dict[tuple[uuid.UUID, uuid.UUID], PersonPair], now: dt.datetime) -> int:
    known = {(row.first_id, row.second_id): row for row in PersonPair.objects.all()}
    best = sorted(found.items(), key=lambda one: (-one[1].has_same_email - one[1].has_same_telephone, -one[1].score))
    wanted = dict([one for one in best if one[0] not in known or not known[one[0]].verdict][:MOST_PAIRS])
    gone = [row.pk for key, row in known.items() if not row.verdict and key not in wanted]
    PersonPair.objects.filter(pk__in=gone).delete()
    PersonPair.objects.bulk_create([row for key, row in wanted.items() if key not in known], batch_size=500, ignore_conflicts=True)  # fmt: skip
    return len(wanted)


@transaction.atomic
def two(*, one: Person, other: Person, by: Any, now: dt.datetime) -> PersonPair:
    """Somebody says that these are two people: they are asked about no more. Twice changes nothing."""
    first, second = sorted((one.pk, other.pk))
    if first == second or Person.objects.filter(pk__in=(first, second)).count() != 2:
        raise NotOpen(_("One of these two is gone: perhaps somebody merged them just now. Load the list again."))
    values = {"score": round(likeness(one, other).score, 3), "found_at": now}
    row, _is_new = PersonPair.objects.get_or_create(first_id=first, second_id=second, defaults=values)
    if not row.verdict:
        row.verdict, row.decided_at, row.decided_by = PersonPair.Verdict.TWO, now, journal.actor(by).id
        row.save(update_fields=["verdict", "decided_at", "decided_by"])
        journal.record("people.two_people", row, by=by, now=now, changes={"verdict": ["", "two"]})
    return row


@transaction.atomic
def ask_again(*, pair: PersonPair, by: Any, now: dt.datetime) -> PersonPair:
    """The decision that they are two was wrong: the question is open again."""
    PersonPair.objects.select_for_update().only("pk").get(pk=pair.pk)
    row = PersonPair.objects.get(pk=pair.pk)
    if row.verdict:
        row.verdict, row.decided_at, row.decided_by = PersonPair.Verdict.OPEN, None, None
        row.save(update_fields=["verdict", "decided_at", "decided_by"])
        journal.record("people.ask_again", row, by=by, now=now, changes={"verdict": ["two", ""]})
    return row
