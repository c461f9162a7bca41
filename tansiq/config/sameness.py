"""Two records of one person, for the command line: merged, undone, looked for."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.utils.translation import gettext as _

from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.people import merging, pairs, privacy
from tansiq.people.models import Person, PersonMerge, PersonPair


def _person(key: str) -> Person:
    found = privacy.find(key)
    if not isinstance(found, Person):
        raise Refused(_("%(given)s is a user without a person: there is nothing to merge.") % {"given": key})
    return found


def merge(keep: str, drop: str, *, because: str, take: list[str], now: dt.datetime) -> dict[str, Any]:
    """Raises what `merging.merge` raises."""
    row = merging.merge(
        keep=_person(keep), drop=_person(drop), because=because, take=frozenset(take), by=journal.CLI, now=now
    )
    return {
        "kept": str(row.kept_id), "dropped": str(row.dropped), "other_spellings": row.kept.other_spellings,
        "moved": {name: len(data) for name, data in row.moved.items() if data},
    }  # fmt: skip


def unmerge(dropped: str, *, now: dt.datetime) -> dict[str, Any]:
    """By the identifier of the record that went. Raises Refused, CannotUndo."""
    try:
        row = PersonMerge.objects.filter(dropped=uuid.UUID(dropped), undone_at=None).first()
    except ValueError:
        row = None
    if row is None:
        raise Refused(_("No merge is known in which the record %(given)s went.") % {"given": dropped})
    found = merging.undo(merge=row, by=journal.CLI, now=now)
    return {"kept": str(row.kept_id), "back": str(found.pk)}


def alike(*, now: dt.datetime) -> list[dict[str, Any]]:
    """Looked for anew."""
    pairs.look(now=now)
    return [
        {
            "first": str(row.first_id), "second": str(row.second_id), "score": row.score, "same_email": row.has_same_email,
            "same_telephone": row.has_same_telephone,
        }
        for row in PersonPair.objects.filter(verdict="")
    ]  # fmt: skip
