"""The code that one shows at the door."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from django.conf import settings

from tansiq.participation.models import Registration
from tansiq.programme.models import Activity

_CODE = re.compile(r"^TQ-?([0-9]{1,6})-?([A-Z2-7]{16})$")


def of(row: Registration) -> str:
    """What stands in the QR code of one's own page: of use at the door alone, and only to whoever has the day's list.

    80 bits made with our key; it opens no page, and a new personal link makes it worthless.
    """
    message = b"tansiq.checkin" + row.pk.bytes + row.link_version.to_bytes(2, "big")
    digest = hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).digest()
    return f"TQ-{row.number}-{base64.b32encode(digest[:10]).decode()}"


def mark(text: str) -> str:
    """What a phone knows a code by: from the list nobody can make the code of another."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def tidy(text: str) -> str:
    """A code as it was read or typed, in its one form; "" where it is none."""
    found = _CODE.match(re.sub(r"\s", "", text).upper())
    return f"TQ-{int(found[1])}-{found[2]}" if found else ""


def find(activity: Activity, text: str) -> Registration | None:
    wanted = tidy(text)
    if not wanted:
        return None
    rows = Registration.objects.filter(admission__activity=activity, number=int(wanted.split("-")[1]))
    row = rows.select_related("person").first()
    return row if row and hmac.compare_digest(of(row), wanted) else None
