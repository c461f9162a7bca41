"""Create, change and remove one record with its journal entry: the verbs behind plain forms.

A room whose record has rules of its own offers its own verb instead (`programme.planning.change`).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils.translation import gettext_lazy as _

from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.core.exchange import plain
from tansiq.core.models import Record


class StillUsed(Refused):
    """Other records refer to this one; carries `by` (how many)."""


def picture(record: Any) -> dict[str, Any]:
    """The concrete fields of a record as JSON values; personal ones only say whether they are filled."""
    personal: frozenset[str] = getattr(record, "personal_fields", frozenset())
    return {
        field.name: bool(getattr(record, field.attname))
        if field.name in personal
        else plain(field.value_from_object(record))
        for field in record._meta.concrete_fields
        if field.name != "id"
    }


@transaction.atomic
def create(record: Record, *, by: Any, now: dt.datetime, related: dict[str, list] | None = None) -> Record:
    """Save a new record; `related` are its many-to-many fields by name."""
    record.full_clean()
    record.save()
    _relate(record, related)
    filled = {name: [None, _json(value)] for name, value in picture(record).items() if value not in (None, "", [], {})}
    journal.record(f"{record._meta.app_label}.create", record, by=by, now=now, changes=filled)
    return record


def _relate(record: Record, related: dict[str, list] | None) -> dict[str, Any]:
    """Set many-to-many fields; what differed, as the journal writes it."""
    changes: dict[str, Any] = {}
    for name, rows in (related or {}).items():
        manager = getattr(record, name)
        before, after = sorted(map(plain, manager.all())), sorted(map(plain, rows))
        if before != after:
            manager.set(rows)
            changes[name] = [before, after]
    return changes


@transaction.atomic
def change(record: Record, *, by: Any, now: dt.datetime, related: dict[str, list] | None = None) -> Record:
    """Save the values that `record` holds now; nothing is written when none of them differs.

    related  its many-to-many fields by name; those left out stay
    """
    stored = type(record)._default_manager.get(pk=record.pk)
    before, after = picture(stored), picture(record)
    personal: frozenset[str] = getattr(record, "personal_fields", frozenset())
    hidden = {name for name in personal if getattr(stored, name) != getattr(record, name)}
    changes = {name: [_json(a), _json(b)] for name, (a, b) in journal.difference(before, after).items()}
    changes |= {name: ["…", "…"] for name in hidden}
    if changes:
        record.full_clean()
        record.save()
    changes |= _relate(record, related)
    if not changes:
        return record
    journal.record(f"{record._meta.app_label}.change", record, by=by, now=now, changes=changes)
    return record


@transaction.atomic
def remove(record: Record, *, by: Any, now: dt.datetime) -> None:
    """Raises StillUsed when other records refer to it."""
    try:
        journal.record(f"{record._meta.app_label}.delete", record, by=by, now=now, changes={})
        record.delete()
    except (ProtectedError, RestrictedError) as error:
        held = error.protected_objects if isinstance(error, ProtectedError) else error.restricted_objects
        raise StillUsed(
            _("%(number)s other records refer to this one. Change them first, then delete it.") % {"number": len(held)},
            by=len(held),
        ) from error


def _json(value: Any) -> Any:
    """Keys of other records are UUIDs: as text."""
    return value if value is None or isinstance(value, str | int | float | bool | list | dict) else str(value)
