"""Where phones send what they finished: a batch of items in, an answer for each out. Sent twice it changes nothing.

POST {"device": UUID, "sent_at": ISO by the phone's clock, "items": [{"id", "kind", "sha256", "body"}]}; the hash is of the
canonical body (`core.receipts.canonical`). Answer {"results": [{"id", "status", "receipt" | "message"}], "at"} in the same
order: received (acted on, now or before), conflict and refused (kept in the conflict box: the phone is done with it),
again (to be sent once more). 409 where an item is in conflict, else 200; in both every item has its answer.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tansiq.core import receipts
from tansiq.core.errors import Refused
from tansiq.core.models import Receipt
from tansiq.field.app import TooLarge, Unreadable, given, json_view
from tansiq.field.door import refuse_strangers

MOST_ITEMS = 200
LARGEST_BYTES = 1_000_000
LARGEST_BODY_BYTES = 16_000


@require_POST
@json_view
def sync(request: HttpRequest) -> HttpResponse:
    """Each item in a transaction of its own: a server that dies in the middle keeps what it answered for, and the rest comes again."""
    refuse_strangers(request.user)
    now = timezone.now()
    try:
        sent = given(request, LARGEST_BYTES)
    except TooLarge as refusal:
        return JsonResponse({"error": "large", "message": str(refusal)}, status=413)
    except Unreadable as refusal:
        return JsonResponse({"error": "unreadable", "message": str(refusal)}, status=400)
    items = sent.get("items")
    if not isinstance(items, list) or len(items) > MOST_ITEMS:
        message = _("At most %(most)s items at once.") % {"most": MOST_ITEMS}
        return JsonResponse({"error": "large", "message": message}, status=413)
    device, skew = _uuid(sent.get("device")), _skew(sent.get("sent_at"), now)
    results = [_one(item, device=device, skew=skew, by=request.user, now=now) for item in items]
    status = 409 if any(one["status"] == "conflict" for one in results) else 200
    return JsonResponse({"results": results, "at": now.isoformat()}, status=status)


def _one(sent: Any, *, device: uuid.UUID | None, skew: int, by: Any, now: dt.datetime) -> dict[str, Any]:
    key = _uuid(sent.get("id")) if isinstance(sent, dict) else None
    if key is None or not isinstance(sent.get("body"), dict):
        message = _("What arrived cannot be read. It is sent once more by itself.")
        return {"id": str(key or ""), "status": "again", "message": message}
    try:
        content = receipts.canonical(sent["body"])
        if len(content) > LARGEST_BODY_BYTES:
            raise TooLarge(_("This form is larger than %(most)s bytes. Shorten what is written in it.") % {"most": LARGEST_BODY_BYTES})  # fmt: skip
        item = receipts.Item(
            id=key, kind=str(sent.get("kind"))[:40], content=content, sha256=str(sent.get("sha256")), device=device,
            device_at=_instant(sent["body"].get("at")), skew_seconds=skew,
        )  # fmt: skip
        found = receipts.receive(item, by=by, now=now)
    except (Refused, ValueError, RecursionError) as refusal:
        # ValueError: half a surrogate pair, a number without end. A person looks at what does not go through.
        return {"id": str(key), "status": "again", "message": str(refusal)}
    if found.receipt:
        return {"id": str(key), "status": "received", "receipt": described(found.receipt)}
    assert found.held is not None
    return {"id": str(key), "status": found.status, "message": found.held.reason}


def described(row: Receipt) -> dict[str, Any]:
    """The receipt as the phone keeps it: of one item always the same."""
    return {
        "id": str(row.pk), "kind": row.kind, "sha256": row.sha256, "received_at": row.received_at.isoformat(),
        "answer": row.answer,
    }  # fmt: skip


def _uuid(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None


def _instant(value: Any) -> dt.datetime | None:
    """An instant with its zone; None for anything else: a phone's clock is noted, never trusted."""
    try:
        found = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo and 2000 < found.year < 2200 else None


def _skew(sent_at: Any, now: dt.datetime) -> int:
    """Seconds that the phone's clock is behind ours; 0 where it says nothing."""
    found = _instant(sent_at)
    return max(min(round((now - found).total_seconds()), 2**31 - 1), -(2**31)) if found else 0
