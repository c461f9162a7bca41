"""Migrate, load the pack, prepare the demo; run web, worker and schedule and stop all of them together."""

from __future__ import annotations

import _thread
import datetime as dt
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.config import files, packfile, web, words
from tansiq.core import journal, packs
from tansiq.core.errors import BadInput, Refused

DEMO_EMAIL = "demo@example.org"
# The programme of the press release comes first; the others show that nothing is made for it alone.
DEMO_FIRST = "ma-2020-world-day.yaml"


def migrate(*, say: Callable[[Any], None]) -> None:
    """Tables, then the pack where none is loaded yet or another one is named."""
    call_command("migrate", interactive=False, verbosity=0)
    words.prepare()
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
    if web.is_prepared(examples):
        return
    say("1/4  tables")
    migrate(say=lambda text: None)
    load_pack(Path(settings.PACK["path"]), say=lambda text: None)  # of this version, also where an older one was loaded
    say("2/4  static files")
    collect_static()
    say("3/4  programmes")
    for path in sorted(examples.glob("*.yaml"), key=lambda file: (file.name != DEMO_FIRST, file.name)):
        try:
            files.load(files.read(path), by=journal.CLI, now=timezone.now())
        except BadInput as refused:
            # Another country's pack does not know the institutions of the examples.
            left_out = _("     %(file)s is left out: it does not go with this country pack (%(number)s errors)")
            say(left_out % {"file": path.name, "number": len(refused.problems)})
    _prepare_fictional(examples / "fictional", say=say)
    say("4/4  log-in of the demonstration")
    _demo_user()
    say(f"     {settings.TANSIQ_DATA / 'demo-login.txt'}")
    journal.seal(now=timezone.now())
    web.STAMP.write_text(web.fingerprint(examples))


def _prepare_fictional(folder: Path, *, say: Callable[[Any], None]) -> None:
    from tansiq.config import demonstration

    try:
        demonstration.prepare(folder, now=timezone.now())
    except BadInput as refused:
        left_out = _("     %(file)s is left out: it does not go with this country pack (%(number)s errors)")
        say(left_out % {"file": folder.name, "number": len(refused.problems)})


def collect_static() -> None:
    call_command("collectstatic", interactive=False, verbosity=0)


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
    """The web server in this process."""
    if not web.STATIC_INDEX.exists():
        collect_static()
    os.execv(sys.executable, web.arguments(host=host, port=port, workers=workers))  # noqa: S606  (our own program, no shell)


def worker() -> None:
    call_command("db_worker", verbosity=1)


def schedule(*, once: bool) -> None:
    """Once a minute; each job is idempotent, so a second schedule by mistake does no harm."""
    from tansiq.coordination import tasks
    from tansiq.core import outbox
    from tansiq.participation import invitations, nominations, registration, registrationmails
    from tansiq.people import pairs, retention

    cleared_on = None
    while True:
        now = timezone.now()
        tasks.remind(now=now)
        registration.sweep(now=now)
        registrationmails.remind(now=now)
        nominations.remind(now=now)
        invitations.remind_due(now=now)
        outbox.deliver(now=now)
        if cleared_on != now.date():
            retention.run(now=now)
            pairs.look(now=now)
            cleared_on = now.date()
        journal.seal(now=now)
        if once:
            return
        connection.close()
        time.sleep(60 - now.second % 60 or 60)


def run_all(*, port: int, server: subprocess.Popen | None, say: Callable[[Any], None]) -> None:
    """The demonstration: the web server as a child, worker and schedule here. Ctrl-C, or the end of one, stops all.

    server  the web server where it runs already
    """
    host = "127.0.0.1"
    server = server or web.start(host=host, port=port)
    if server is None:
        raise Refused(
            _("The site could not be started on port %(port)s: is something else there? Try another: tansiq demo --port %(other)s")
            % {"port": port, "other": port + 1}
        )  # fmt: skip
    login = (settings.TANSIQ_DATA / "demo-login.txt").read_text().strip()
    say(f"\n  http://{host}:{port}/        the public site, Arabic first")
    say(f"  http://{host}:{port}/desk/   the desk:  {login}")
    say("  Ctrl-C stops everything.\n")

    stopping = threading.Event()

    def until_one_ends(run: Callable[[], Any]) -> None:
        try:
            run()
        finally:
            if not stopping.is_set():
                _thread.interrupt_main()

    for run in (server.wait, lambda: schedule(once=False)):
        threading.Thread(target=until_one_ends, args=(run,), daemon=True).start()
    try:
        worker()
    except (KeyboardInterrupt, SystemExit):
        pass  # the worker ends by SystemExit when it is told to stop
    finally:
        stopping.set()
        say("stopping")
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()


# --- is it sound? ---------------------------------------------------------------------------------------------------


def check() -> dict[str, Any]:
    """What `tansiq check` prints; `sound` is False when something must be mended."""
    from django.db.migrations.executor import MigrationExecutor

    from tansiq.participation import places, verification
    from tansiq.participation.models import Admission

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
        report["places_miscounted"] = [line for row in Admission.objects.all() for line in places.miscounted(row)]
        report["certificates_changed"] = verification.changed()
        sound = sound and not report["places_miscounted"] and not report["certificates_changed"]
    return {"sound": sound, **report}


def _isolation() -> str:
    if connection.vendor != "postgresql":
        return "serializable (embedded)"
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        return cursor.fetchone()[0]
