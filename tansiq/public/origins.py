"""Where a form was sent from."""

from __future__ import annotations

from urllib.parse import urlparse

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def refuse_foreign(request: HttpRequest) -> None:
    """A form is sent from our own page: a browser says so, and what says otherwise is refused."""
    origin = request.headers.get("Origin", "")
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise PermissionDenied
    if origin and urlparse(origin).netloc != request.get_host():
        raise PermissionDenied
