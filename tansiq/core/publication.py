"""When what is public changes: a generation number that caches compare, and the next instant that is already set."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import F

from tansiq.core.journal import recorded
from tansiq.core.models import Generation

POLL_SECONDS = 0.5
_instants: list[Callable[[dt.datetime], dt.datetime | None]] = []
# What a visitor never sees does not empty the cache: ten thousand registrations must not.
_private = {"people.user", "people.person", "people.membership", "people.rolegrant", "core.message", "core.link"}
_seen: tuple[float, int] = (float("-inf"), -1)


def changes_at(find: Callable[[dt.datetime], dt.datetime | None]) -> None:
    """A room says when something of its own becomes public next after an instant (None: nothing is set)."""
    _instants.append(find)


def never_shown(*kinds: str) -> None:
    """A room says which of its records no page shows: writing them leaves the caches as they are."""
    _private.update(kinds)


def next_instant(now: dt.datetime) -> dt.datetime | None:
    """The first publication or end of an embargo after `now` that is already known."""
    return min((instant for find in _instants if (instant := find(now)) is not None), default=None)


def generation() -> int:
    """The number of the last publication; read from the database at most twice a second in one process."""
    global _seen
    read_at, number = _seen
    if time.monotonic() - read_at > POLL_SECONDS:
        number = Generation.objects.values_list("number", flat=True).first() or 0
        _seen = (time.monotonic(), number)
    return number


_kept: dict[str, tuple[int, Any]] = {}


def kept(key: str, make: Callable[[], Any]) -> Any:
    """What `make` gives, made once in this process until something public changes: at most half a second old.

    For small things that every page and mail needs, such as the body's name.
    """
    number = generation()
    if key not in _kept or _kept[key][0] != number:
        _kept[key] = number, make()
    return _kept[key][1]


def bump() -> None:
    """Something public changed: every process forgets its pages, this one at once."""
    global _seen
    if not Generation.objects.filter(pk=1).update(number=F("number") + 1):
        Generation.objects.get_or_create(pk=1, defaults={"number": 1})
    _seen = (float("-inf"), -1)


def _on_recorded(sender: Any, entries: list[Any], **_more: Any) -> None:
    if any(entry.subject_kind not in _private for entry in entries):
        transaction.on_commit(bump)


recorded.connect(_on_recorded, dispatch_uid="core.publication")
