"""Personal values do not stay longer than `people.classes` says: the rooms that keep them say how they go."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction

from tansiq.core import journal
from tansiq.core.models import HeldItem, Link, Message
from tansiq.people.classes import CLASSES

_PURGES: dict[str, Callable[[dt.datetime], int]] = {}


def register(label: str, purge: Callable[[dt.datetime], int]) -> None:
    """Say how rows of a model go; called from a module that `AppConfig.ready` imports.

    label  as in `CLASSES`, where its days stand
    purge  (instant) -> how many rows went; takes away what was last used before that instant
    """
    _PURGES[label] = purge


def labels() -> set[str]:
    return set(_PURGES)


@dataclass(frozen=True)
class _Model:
    """A whole model as the subject of a journal entry."""

    label: str

    @property
    def pk(self) -> uuid.UUID:
        return uuid.uuid5(uuid.NAMESPACE_URL, self.label)

    @property
    def kind_of_record(self) -> str:
        return self.label

    def journal_label(self) -> str:
        return self.label


def run(*, now: dt.datetime) -> dict[str, int]:
    """Take away what is over its time; {label: rows}, only those that lost some. Doing it twice does no harm."""
    gone: dict[str, int] = {}
    for label, purge in sorted(_PURGES.items()):
        days = CLASSES[label].days
        if days is None:
            raise ValueError(f"{label} has no days in people/classes.py")
        with transaction.atomic():
            number = purge(now - dt.timedelta(days=days))
            if number:
                gone[label] = number
                changes = {"rows": [number, 0], "days": [days, days]}
                journal.record("people.retention", _Model(label), by=journal.SCHEDULE, now=now, changes=changes)
    Session.objects.filter(expire_date__lt=now).delete()  # they say who was logged in, and hold nothing of use
    return gone


def _mails(before: dt.datetime) -> int:
    """Mails that are done with; one that still waits is kept, however old."""
    done: Any = (Message.State.SENT, Message.State.FAILED, Message.State.UNSURE)
    return Message.objects.filter(state__in=done, created_at__lt=before).delete()[0]


register("core.message", _mails)


def _links(before: dt.datetime) -> int:
    return Link.objects.filter(expires_at__lt=before).delete()[0]


register("core.link", _links)


def _held(before: dt.datetime) -> int:
    """That something was held, and how it was decided, stays; what stood in it goes. What still waits is kept."""
    rows = HeldItem.objects.filter(decided_at__lt=before).exclude(content=b"", because="")
    return rows.update(content=b"", because="")


register("core.helditem", _held)
