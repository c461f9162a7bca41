"""What was finished without a network arrives: acted on once, however often it is sent, and never dropped.

An item carries an id made when its form was finished, and the SHA-256 of its content. The same id and content give the same
receipt again. The same id with another content goes into the conflict box, and so does what a verb refuses: a person decides.
The receipt is written in the transaction of what it is for, so after a power cut either both are there or neither.
A room registers a verb for each kind of item. An attachment is an item of its own that names the one it belongs to.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.core.models import HeldItem, Receipt

# A clock that is a little off is left alone: the way of the message takes time too.
TOLERATED_SECONDS = 120


class Damaged(Refused):
    """The content is not what its hash says, or no JSON object: it is to be sent once more."""


class UnknownKind(Refused):
    """No room takes this kind of item."""


class AlreadyDecided(Refused):
    """Somebody decided on the held item before."""


class NoReason(Refused):
    """A decision was given without its reason."""


def canonical(body: dict[str, Any]) -> bytes:
    """The one way to write a body: keys sorted, no blanks, UTF-8. Numbers are whole; a phone writes the same bytes."""
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


@dataclass(frozen=True)
class Item:
    """One thing finished on a phone.

    content    the canonical bytes of a body, or the bytes of an attachment
    device_at  when it was finished, by the phone's clock;  skew_seconds  our clock less the phone's, when it was sent
    """

    id: uuid.UUID
    kind: str
    content: bytes
    sha256: str
    device: uuid.UUID | None = None
    device_at: dt.datetime | None = None
    skew_seconds: int = 0
    belongs_to: uuid.UUID | None = None

    @property
    def body(self) -> dict[str, Any]:
        """Raises Damaged where the content is no JSON object."""
        try:
            found = json.loads(self.content)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Damaged(_("What arrived cannot be read. It is sent once more by itself."))
        return found

    def at(self, now: dt.datetime) -> dt.datetime:
        """When it was finished, by our clock: never later than now."""
        if self.device_at is None:
            return now
        off = self.skew_seconds if abs(self.skew_seconds) > TOLERATED_SECONDS else 0
        return min(self.device_at + dt.timedelta(seconds=off), now)


Verb = Callable[..., tuple[Any, dict[str, Any]]]
_VERBS: dict[str, Verb] = {}


def register(kind: str, verb: Verb) -> None:
    """Say who acts on a kind of item; called from a module that `AppConfig.ready` imports.

    verb  (item, by=, now=) -> (the record that came of it or None, what the phone is told, JSON without names);
          it raises Refused for what a person has to decide
    """
    _VERBS[kind] = verb


@dataclass(frozen=True)
class Outcome:
    """receipt  of what was acted on, now or before;  held  what waits for a person instead. One of the two is None."""

    receipt: Receipt | None = None
    held: HeldItem | None = None

    @property
    def status(self) -> str:
        return "received" if self.receipt else str(self.held.why)  # type: ignore[union-attr]


def receive(item: Item, *, by: Any, now: dt.datetime) -> Outcome:
    """Act on an item, or find that it was acted on. Raises Damaged and UnknownKind: the phone keeps it and tells.

    by  the user who is logged in on the phone that sends, not always who finished it
    """
    if item.kind not in _VERBS:
        raise UnknownKind(_("This installation does not know forms of the kind “%(kind)s”. Nothing is lost: it stays on the phone. Load the page anew.") % {"kind": item.kind[:40]})  # fmt: skip
    if hashlib.sha256(item.content).hexdigest() != item.sha256:
        raise Damaged(_("What arrived is not what was sent. It is sent once more by itself."))
    try:
        with transaction.atomic():
            return _again(item, by=by, now=now) or _act(item, by=by, now=now)
    except IntegrityError:
        # Two sent it at once: one was first and its receipt is there now. Anything else is a fault of ours.
        with transaction.atomic():
            found = _again(item, by=by, now=now)
        if found is None:
            raise
        return found
    except Damaged:
        raise
    except Refused as refusal:
        with transaction.atomic():
            return Outcome(held=_hold(item, HeldItem.Why.REFUSED, str(refusal), by=by, now=now))


def _again(item: Item, *, by: Any, now: dt.datetime) -> Outcome | None:
    found = Receipt.objects.filter(pk=item.id).first()
    if found is None:
        return None
    if found.sha256 == item.sha256 and found.kind == item.kind:
        return Outcome(receipt=found)
    reason = _("Under this identifier something else was received before. Both are kept; a person compares them.")
    return Outcome(held=_hold(item, HeldItem.Why.CONFLICT, reason, by=by, now=now))


def _act(item: Item, *, by: Any, now: dt.datetime) -> Outcome:
    subject, answer = _VERBS[item.kind](item, by=by, now=now)
    receipt = Receipt(
        pk=item.id, kind=item.kind, sha256=item.sha256, size_bytes=len(item.content), belongs_to=item.belongs_to,
        answer=answer, subject_kind=subject.kind_of_record if subject else "", subject_id=subject.pk if subject else None,
        device=item.device, device_at=item.device_at, skew_seconds=item.skew_seconds, received_at=now,
        by_id=journal.actor(by).id,
    )  # fmt: skip
    receipt.save(force_insert=True)
    _close(item, by=by, now=now)
    return Outcome(receipt=receipt)


def _close(item: Item, *, by: Any, now: dt.datetime) -> None:
    """What waited for a person and is acted on after all waits no more."""
    for row in HeldItem.objects.filter(item_id=item.id, sha256=item.sha256, state=HeldItem.State.OPEN):
        _decide(row, HeldItem.State.TAKEN, "", by=by, now=now)


def _hold(item: Item, why: HeldItem.Why, reason: str, *, by: Any, now: dt.datetime) -> HeldItem:
    values = {
        "kind": item.kind, "content": item.content, "belongs_to": item.belongs_to, "why": why, "reason": reason[:500],
        "device": item.device, "device_at": item.device_at, "skew_seconds": item.skew_seconds, "received_at": now,
        "by_id": journal.actor(by).id,
    }  # fmt: skip
    row, is_new = HeldItem.objects.get_or_create(item_id=item.id, sha256=item.sha256, defaults=values)
    if is_new:
        journal.record("core.hold", row, by=by, now=now, changes={"why": [None, str(why)]})
    return row


# --- A person decides -----------------------------------------------------------------------------------------------


def item_of(row: HeldItem) -> Item:
    return Item(
        row.item_id,
        row.kind,
        bytes(row.content),
        row.sha256,
        row.device,
        row.device_at,
        row.skew_seconds,
        row.belongs_to,
    )


@transaction.atomic
def try_again(*, row: HeldItem, by: Any, now: dt.datetime) -> Receipt:
    """Act on a refused item once more, after what stood in the way was changed. Raises what the verb raises.

    A conflict is not tried again: what came first under its id stays; take over by hand what is right in the second.
    """
    row = _locked(row)
    if row.why == HeldItem.Why.CONFLICT:
        raise AlreadyDecided(_("Something else was taken over under this identifier. Enter by hand what is right in this one, then set it aside with a word why."))  # fmt: skip
    found = _act(item_of(row), by=by, now=now).receipt
    assert found is not None
    return found


@transaction.atomic
def set_aside(*, row: HeldItem, because: str, by: Any, now: dt.datetime) -> HeldItem:
    """Nothing comes of it; the reason stays."""
    because = " ".join(because.split())[:300]
    if not because:
        raise NoReason(_("Write why, in a few words without names."))
    return _decide(_locked(row), HeldItem.State.SET_ASIDE, because, by=by, now=now)


def _locked(row: HeldItem) -> HeldItem:
    HeldItem.objects.select_for_update().only("pk").get(pk=row.pk)
    row = HeldItem.objects.get(pk=row.pk)
    if row.state != HeldItem.State.OPEN:
        raise AlreadyDecided(_("Somebody decided on this before: %(state)s.") % {"state": row.get_state_display()})
    return row


def _decide(row: HeldItem, state: HeldItem.State, because: str, *, by: Any, now: dt.datetime) -> HeldItem:
    row.state, row.because, row.decided_at, row.decided_by = state, because, now, journal.actor(by).id
    row.save(update_fields=["state", "because", "decided_at", "decided_by"])
    journal.record("core.decide", row, by=by, now=now, changes={"state": ["open", str(state)]})
    return row
