"""Migrate, load the pack, prepare the demo; run web, worker and schedule and stop all of them together."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from tansiq.config import files, packfile
from tansiq.core import journal, packs

DEMO_EMAIL = "demo@example.org"
# The programme of the press release comes first; the others show that nothing is made for it alone.
DEMO_FIRST = "ma-2020-world-day.yaml"


def migrate(*, say: Callable[[Any], None]) -> None:
    """Tables, then the pack where none is loaded yet or another one is named."""
    call_command("migrate", interactive=False, verbosity=0)
    if packs.section("code") != settings.PACK["code"]:
        load_pack(Path(settings.PACK["path"]), say=say)


def load_pack(path: Path, *, say: Callable[[Any], None]) -> None:
    """Load a pack and keep its file in the data folder: its languages and time zone hold from the next start."""
    loaded = files.load_pack(files.read(path), by=journal.CLI, now=timezone.now())
    installed = settings.TANSIQ_DATA / "pack.yaml"
    if path.resolve() not in (installed.resolve(), (packfile.SHIPPED / path.name).resolve()):
        shutil.copyfile(path, installed)
    elif path.resolve() != installed.resolve():
        installed.unlink(missing_ok=True)
        if path.stem != "ma":
            shutil.copyfile(path, installed)
    say(f"{loaded.slug}: {loaded.changes}")


def prepare_demo(examples: Path, *, say: Callable[[Any], None]) -> None:
    """Everything for a first start; the second time it finds all in place and is fast."""
    stamp = settings.TANSIQ_DATA / "demo-stamp"
    state = _fingerprint(examples)
    if stamp.exists() and stamp.read_text() == state:
        return
    say("1/4  tables")
    migrate(say=lambda text: None)
    say("2/4  static files")
    collect_static()
    say("3/4  programmes")
    for path in sorted(examples.glob("*.yaml"), key=lambda file: (file.name != DEMO_FIRST, file.name)):
        files.load(files.read(path), by=journal.CLI, now=timezone.now())
    say("4/4  log-in of the demonstration")
    _demo_user()
    journal.seal(now=timezone.now())
    stamp.write_text(state)


def collect_static() -> None:
    call_command("collectstatic", interactive=False, verbosity=0)


def _fingerprint(examples: Path) -> str:
    """Changes when the program, its static files, the pack or the examples change."""
    import hashlib

    digest = hashlib.sha256()
    root = settings.BASE
    for file in sorted(
        [*examples.rglob("*.*"), *root.rglob("*.py"), *root.rglob("static/**/*.*"), *root.glob("packs/*")]
    ):
        if file.is_file():
            stat = file.stat()
            digest.update(f"{file}:{stat.st_mtime_ns}:{stat.st_size}".encode())
    return digest.hexdigest()


def _demo_user() -> None:
    from tansiq.people import accounts
    from tansiq.people.models import User

    if not User.objects.filter(email=DEMO_EMAIL).exists():
        password = secrets.token_urlsafe(12)
        accounts.create(email=DEMO_EMAIL, password=password, roles=["secretariat", "administrator"], now=timezone.now())
        path = settings.TANSIQ_DATA / "demo-login.txt"
        path.write_text(f"{DEMO_EMAIL}  {password}\n")
        path.chmod(0o600)


# --- processes ------------------------------------------------------------------------------------------------------


def serve(*, host: str, port: int, workers: int) -> None:
    """The web server in this process. Threads do the blocking work; one process holds one page cache."""
    collected = settings.STATIC_ROOT / "staticfiles.json"
    if not collected.exists():
        collect_static()
    arguments = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(workers), "--blocking-threads", "4", "--backlog", "2048", "--no-ws",
        "--log-level", "warning", "--respawn-failed-workers", "--static-path-route", "/static",
        "--static-path-mount", str(settings.STATIC_ROOT), "--static-path-expires", "31536000",
        "tansiq.config.wsgi:application",
    ]  # fmt: skip
    os.execv(sys.executable, arguments)  # noqa: S606  (our own program, no shell)


def worker() -> None:
    call_command("db_worker", verbosity=1)


def schedule(*, once: bool) -> None:
    """Once a minute; each job is idempotent, so a second schedule by mistake does no harm."""
    from tansiq.core import outbox

    while True:
        now = timezone.now()
        journal.seal(now=now)
        outbox.deliver(now=now)
        if once:
            return
        connection.close()
        time.sleep(60 - now.second % 60 or 60)


def run_all(*, host: str, port: int, demo: bool, say: Callable[[Any], None]) -> None:
    """Web, worker and schedule as three processes; Ctrl-C, or the end of one of them, stops all."""
    environment = {**os.environ, "TANSIQ_DEMO": "1" if demo else "0"}
    program = [sys.executable, "-m", "tansiq.config"]
    connection.close()
    children = [
        subprocess.Popen([*program, *words], env=environment)
        for words in (["serve", "--host", host, "--port", str(port)], ["worker"], ["schedule"])
    ]
    login = (settings.TANSIQ_DATA / "demo-login.txt").read_text().strip() if demo else ""
    say(f"\n  http://{host}:{port}/        the public site, Arabic first")
    say(f"  http://{host}:{port}/desk/   the desk:  {login}")
    say("  Ctrl-C stops everything.\n")

    def stop(*_unused: Any) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        while all(child.poll() is None for child in children):
            time.sleep(0.3)
    except KeyboardInterrupt:
        say("stopping")
    finally:
        for child in children:
            if child.poll() is None:
                child.terminate()
        deadline = time.monotonic() + 10
        for child in children:
            try:
                child.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()


# --- is it sound? ---------------------------------------------------------------------------------------------------


def check() -> dict[str, Any]:
    """What `tansiq check` prints; `sound` is False when something must be mended."""
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    report: dict[str, Any] = {
        "database": connection.vendor,
        "migrations_waiting": len(waiting),
        "isolation": _isolation(),
        "pack": packs.section("code") if not waiting else None,
        "checked_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
    }
    sound = not waiting and report["isolation"] in ("read committed", "serializable (embedded)")
    if not waiting:
        verdict = journal.verify()
        report["journal"] = {
            "sealed": verdict.sealed, "unsealed": verdict.unsealed, "broken_at": verdict.broken_at, "head": verdict.head,
        }  # fmt: skip
        sound = sound and verdict.broken_at is None
    return {"sound": sound, **report}


def _isolation() -> str:
    if connection.vendor != "postgresql":
        return "serializable (embedded)"
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        return cursor.fetchone()[0]
