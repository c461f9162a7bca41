"""Whole answers for anonymous readers, kept in front of Django's middleware.

A hit costs a look-up in a dictionary. An answer is kept only while the generation of publications it was made in is
the current one, never past the next instant at which something becomes public, and never longer than a minute.
"""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from tansiq.core import publication

LONGEST_SECONDS = 60.0
LIMIT_BYTES = 64 * 1024 * 1024
PRIVATE_PATHS = ("/g/", "/l/", "/p/", "/v/", "/desk", "/accounts", "/field", "/healthz", "/static", "/media")


@dataclass(slots=True)
class Kept:
    generation: int
    expires_at: float
    status: str
    tag: str
    headers: list[tuple[str, str]]
    body: list[bytes]
    packed_headers: list[tuple[str, str]]
    packed: list[bytes]

    @property
    def size(self) -> int:
        return len(self.body[0]) + len(self.packed[0])


class PageCache:
    """WSGI middleware. `application` is Django's; one instance lives in each process."""

    def __init__(self, application: Callable, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self.application = application
        self.limit_bytes = limit_bytes
        self.kept: dict[tuple[str, str], Kept] = {}
        self.size_bytes = 0
        self.lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if (
            environ["REQUEST_METHOD"] != "GET"
            or environ.get("QUERY_STRING")
            or path.startswith(PRIVATE_PATHS)
            or "sessionid=" in environ.get("HTTP_COOKIE", "")
        ):
            return self.application(environ, start_response)
        key = (environ.get("HTTP_HOST", ""), path)
        kept = self.kept.get(key)
        try:
            generation = publication.generation()
        except DatabaseError:  # the database went away and came back: Django opens a new connection
            close_old_connections()
            return self.application(environ, start_response)
        if kept is None or kept.expires_at < time.time() or kept.generation != generation:
            kept = self._make(key, generation, environ, start_response)
            if isinstance(kept, list):
                return kept
        if environ.get("HTTP_IF_NONE_MATCH") == kept.tag:
            start_response("304 Not Modified", [("ETag", kept.tag), ("Cache-Control", "no-cache")])
            return []
        if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            start_response(kept.status, kept.packed_headers)
            return kept.packed
        start_response(kept.status, kept.headers)
        return kept.body

    def _make(self, key: tuple[str, str], generation: int, environ: dict[str, Any], start_response: Callable) -> Any:
        """Ask Django. A list is an answer that may not be kept, already begun; else it is kept and returned."""
        # `generation` and `now` were read before the answer is made: what is published meanwhile makes it stale.
        now = timezone.now()
        answer: dict[str, Any] = {}

        def begin(status: str, headers: list[tuple[str, str]], *_error: Any) -> Callable[[bytes], object]:
            answer.update(status=status, headers=headers)
            return lambda data: None

        result = self.application(environ, begin)
        body = b"".join(result)
        if hasattr(result, "close"):
            result.close()
        headers = [(name, value) for name, value in answer["headers"] if name.lower() not in ("content-length", "etag")]
        names = {name.lower(): value for name, value in headers}
        if (
            not answer["status"].startswith("200")
            or "set-cookie" in names
            or "no-store" in names.get("cache-control", "")
        ):
            start_response(answer["status"], answer["headers"])
            return [body]
        kept = self._keep(generation, now, answer["status"], headers, body)
        with self.lock:
            if self.size_bytes > self.limit_bytes:
                self.kept.clear()
                self.size_bytes = 0
            self.kept[key] = kept
            self.size_bytes += kept.size
        return kept

    @staticmethod
    def _keep(generation: int, now: dt.datetime, status: str, headers: list, body: bytes) -> Kept:
        expires_at = now.timestamp() + LONGEST_SECONDS
        instant = publication.next_instant(now)
        if instant is not None:
            expires_at = min(expires_at, instant.timestamp())
        tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
        packed = gzip.compress(body, 6, mtime=0)
        # A browser asks again each time (and gets 304); the proxy in front may answer for one second on its own.
        own = [("Cache-Control", "no-cache"), ("X-Accel-Expires", "1"), ("ETag", tag), ("Vary", "Accept-Encoding")]
        plain = [*(pair for pair in headers if pair[0].lower() not in ("cache-control", "vary")), *own]
        return Kept(
            generation, expires_at, status, tag,
            [*plain, ("Content-Length", str(len(body)))], [body],
            [*plain, ("Content-Encoding", "gzip"), ("Content-Length", str(len(packed)))], [packed],
        )  # fmt: skip
