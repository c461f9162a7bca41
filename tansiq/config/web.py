"""The web server as a process of its own. No Django here: what only starts the server must not wait for it."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from tansiq.config import settings

STATIC_INDEX = settings.STATIC_ROOT / "staticfiles.json"
STAMP = settings.DATA / "demo-stamp"


def arguments(*, host: str, port: int, workers: int = 1) -> list[str]:
    """Threads do the blocking work; one process holds one page cache."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(workers), "--blocking-threads", "4", "--backlog", "2048", "--no-ws",
        "--log-level", "warning", "--respawn-failed-workers", "--static-path-route", "/static",
        "--static-path-mount", str(settings.STATIC_ROOT), "--static-path-expires", "31536000",
        "tansiq.config.wsgi:application",
    ]  # fmt: skip


def is_free(host: str, port: int) -> bool:
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            one.bind((host, port))
            return True
    return False


def start(*, host: str, port: int) -> subprocess.Popen | None:
    """Start the server and wait until it answers; None where the port is taken or the server ended."""
    if not is_free(host, port):
        return None
    child = subprocess.Popen(arguments(host=host, port=port))
    while child.poll() is None:
        with contextlib.suppress(OSError):
            asked = http.client.HTTPConnection(host, port, timeout=60)
            asked.request("GET", "/healthz")
            asked.getresponse().read()
            return child
        time.sleep(0.05)
    return None


def fingerprint(examples: Path) -> str:
    """Changes when the program, its static files, the pack or the examples change."""
    digest = hashlib.sha256()
    root = settings.BASE
    for file in sorted(
        [*examples.rglob("*.*"), *root.rglob("*.py"), *root.rglob("static/**/*.*"), *root.glob("packs/*")]
    ):
        if file.is_file():
            stat = file.stat()
            digest.update(f"{file}:{stat.st_mtime_ns}:{stat.st_size}".encode())
    return digest.hexdigest()


def is_prepared(examples: Path) -> bool:
    """Has `tansiq demo` put everything in place before, with this same program?"""
    return os.path.exists(STAMP) and STAMP.read_text() == fingerprint(examples)
