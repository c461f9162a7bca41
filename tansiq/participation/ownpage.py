"""The personal link of somebody who registered: it opens one's own page, without an account."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import uuid

from django.conf import settings

from tansiq.participation.models import Registration


def _mac(row_id: uuid.UUID, version: int) -> bytes:
    message = row_id.bytes + version.to_bytes(2, "big")
    return hmac.new(settings.SECRET_KEY.encode(), b"tansiq.registration" + message, hashlib.sha256).digest()[:16]


def token(row: Registration) -> str:
    """What opens one's own page: made anew from the row and our key, so that a reminder carries the same link."""
    return base64.urlsafe_b64encode(row.pk.bytes + _mac(row.pk, row.link_version)).decode().rstrip("=")


def address_of(row: Registration) -> str:
    return f"{settings.TANSIQ_SITE_URL}/p/{token(row)}/"


def find(text: str) -> Registration | None:
    """The registration behind a personal link; None for anything else, in the same time."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    if len(data) != 32:
        return None
    related = ("admission__activity__programme", "admission__activity__place", "person", "region", "organisation")
    row = Registration.objects.filter(pk=uuid.UUID(bytes=data[:16])).select_related(*related).first()
    if row is None or not hmac.compare_digest(data[16:], _mac(row.pk, row.link_version)):
        return None
    return row


def note_joined(row: Registration, *, now: dt.datetime) -> None:
    """The personal link into the meeting was opened, for the first time."""
    Registration.objects.filter(pk=row.pk, joined_at=None).update(joined_at=now)
