"""What was done, by whom, when: append-only, announced to the rooms above, sealed into a hash chain."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.dispatch import Signal

from tansiq.core.models import Entry, Record, Seal

recorded = Signal()
"""Sent inside the transaction with `entries` (list of Entry). Receivers do their work `on_commit`."""


@dataclass(frozen=True)
class Actor:
    """Who acts: a user's id, or a part of the system such as "system:cli"."""

    label: str
    id: uuid.UUID | None = None


CLI = Actor("system:cli")
SCHEDULE = Actor("system:schedule")


def actor(by: Any) -> Actor:
    """An Actor from a user (anything with `pk`) or an Actor; a user's name is not kept, only the id."""
    if isinstance(by, Actor):
        return by
    return Actor("user", by.pk)


@dataclass(frozen=True)
class Done:
    """A verb done to a record; `changes` is {"field": [before, after]} with JSON values, no personal values."""

    verb: str
    subject: Any
    changes: dict[str, Any] = field(default_factory=dict)


def record(verb: str, subject: Any, *, by: Any, now: dt.datetime, changes: dict[str, Any] | None = None) -> Entry:
    """Write one entry in the caller's transaction and announce it."""
    return record_all([Done(verb, subject, changes or {})], by=by, now=now)[0]


def record_all(done: Iterable[Done], *, by: Any, now: dt.datetime) -> list[Entry]:
    """Write many entries at once (a programme file of 10,000 activities) and announce them together."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a journal entry belongs to the transaction of what it records")
    who = actor(by)
    entries = [
        Entry(
            recorded_at=now,
            actor_id=who.id,
            actor_label=who.label,
            verb=item.verb,
            subject_kind=item.subject.kind_of_record,
            subject_id=item.subject.pk,
            subject_label=item.subject.journal_label()[:120],
            changes=item.changes,
        )
        for item in done
    ]
    entries = Entry.objects.bulk_create(entries, batch_size=500)
    if entries:
        recorded.send(sender=None, entries=entries)
    return entries


def of(subject: Record) -> Any:
    """The entries about one record, newest first."""
    return Entry.objects.filter(subject_kind=subject.kind_of_record, subject_id=subject.pk).order_by("-id")


def _digest(previous: str, position: int, entry: Entry) -> str:
    content = [
        previous, position, entry.pk, entry.recorded_at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        str(entry.actor_id or ""), entry.actor_label, entry.verb, entry.subject_kind, str(entry.subject_id),
        entry.subject_label, entry.changes,
    ]  # fmt: skip
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@transaction.atomic
def seal(*, now: dt.datetime, limit: int = 10_000) -> int:
    """Chain the entries that are not sealed yet; returns how many. The schedule calls it once a minute.

    The chain's order is the order of sealing, so an entry that committed late is simply sealed later.
    Two sealers at once collide on `position` and one of them fails whole.
    """
    last = Seal.objects.order_by("-position").first()
    position, previous = (last.position, last.digest) if last else (0, "")
    seals = []
    for entry in Entry.objects.filter(seal__isnull=True).order_by("id")[:limit]:
        position += 1
        previous = _digest(previous, position, entry)
        seals.append(Seal(position=position, entry=entry, digest=previous, sealed_at=now))
    Seal.objects.bulk_create(seals, batch_size=500)
    return len(seals)


@dataclass(frozen=True)
class Verdict:
    """broken_at  the first position whose digest does not follow from what is stored; None when all do
    sealed, unsealed  how many entries are in the chain and how many wait for the schedule
    head  digest of the last link: write it down elsewhere and a cut tail shows too
    """

    broken_at: int | None
    sealed: int
    unsealed: int
    head: str


def verify() -> Verdict:
    """Walk the whole chain and compare it with what is stored."""
    previous, broken = "", None
    links = Seal.objects.select_related("entry").order_by("position").iterator(2000)
    for position, link in enumerate(links, start=1):
        if link.position != position or link.digest != _digest(previous, position, link.entry):
            broken = position
            break
        previous = link.digest
    return Verdict(
        broken_at=broken,
        sealed=Seal.objects.aggregate(top=Max("position"))["top"] or 0,
        unsealed=Entry.objects.filter(seal__isnull=True).count(),
        head=previous,
    )


def difference(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """{"field": [before, after]} for what differs between two plain pictures of a record."""
    return {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}
