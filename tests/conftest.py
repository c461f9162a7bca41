"""One prepared database for each state of the migrations, and the fixtures that all tests share.

Wagtail's migrations take a quarter of a minute. They are run once per hash of all migrations; the result is kept
outside the clone (TANSIQ_TEST_CACHE, by default the system's folder for temporary files) and copied for each run.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure(config):
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
    from django_tasks import task_backends

    # A module that made a task while the apps were loaded has fixed the backend of the real settings.
    task_backends.__dict__.pop("settings", None)
    task_backends._settings = None
    del task_backends["default"]


def _state() -> str:
    """Changes when a migration, the pack or the installed Django and Wagtail change."""
    import django
    import wagtail

    digest = hashlib.sha256(f"{django.__version__} {wagtail.__version__}".encode())
    for file in sorted(
        [*ROOT.glob("tansiq/*/migrations/*.py"), *ROOT.glob("tansiq/*/*.yaml"), *ROOT.glob("tansiq/*/exchange.py")]
    ):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def django_db_setup(request, django_test_environment, django_db_blocker):
    """On SQLite a copy of the prepared file; on PostgreSQL Django's own test database. Both hold the pack."""
    from django.db import connection, connections
    from django.test.utils import setup_databases, teardown_databases

    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            suffix = os.environ.get("PYTEST_XDIST_WORKER", "")
            for alias in connections:
                name = connections[alias].settings_dict["NAME"]
                connections[alias].settings_dict["TEST"]["NAME"] = f"test_{name}_{suffix}" if suffix else f"test_{name}"
            config = setup_databases(verbosity=0, interactive=False)
            _load_pack()
            yield
            teardown_databases(config, verbosity=0)
            return
        prepared = _prepared()
        own = Path(os.environ["TANSIQ_DATA"]) / "test.sqlite3"
        shutil.copyfile(prepared, own)
        connection.settings_dict["NAME"] = own
        connection.settings_dict["TEST"]["NAME"] = str(own)
        yield
        connection.close()


def _prepared() -> Path:
    folder = Path(os.environ.get("TANSIQ_TEST_CACHE") or tempfile.gettempdir()) / "tansiq-test-databases"
    folder.mkdir(parents=True, exist_ok=True)
    wanted = folder / f"{_state()}.sqlite3"
    if wanted.exists():
        return wanted
    from django.core.management import call_command
    from django.db import connection

    fresh = folder / f"{os.getpid()}.sqlite3"
    before = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = fresh
    call_command("migrate", interactive=False, verbosity=0)
    _load_pack()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    connection.settings_dict["NAME"] = before
    os.replace(fresh, wanted)
    return wanted


def _load_pack() -> None:
    from django.conf import settings
    from django.utils import timezone

    from tansiq.config import files
    from tansiq.core import journal
    from tansiq.core.models import SearchText

    files.load_pack(files.read(Path(settings.PACK["path"])), by=journal.CLI, now=timezone.now())
    SearchText.objects.all().delete()  # a test of the search finds what it put itself


@pytest.fixture(autouse=True)
def _fresh_language_and_cache(monkeypatch):
    from django.conf import settings
    from django.core.cache import cache
    from django.utils import translation

    from tansiq.core import packs, publication

    # The count of queries must not hang on the clock: what is published in this process is seen at once all the same.
    monkeypatch.setattr(publication, "POLL_SECONDS", 3600)
    monkeypatch.setattr(publication, "_seen", (float("-inf"), -1))
    monkeypatch.setattr(publication, "_kept", {})
    cache.clear()
    packs.forget()
    translation.activate(settings.LANGUAGE_CODE)
    yield
    translation.activate(settings.LANGUAGE_CODE)


EXAMPLES = ROOT / "examples"


# What loading the programme wrote, the first time in this process: (statement, parameters, is it for many rows).
_WRITTEN: list[tuple[str, object, bool]] = []


@pytest.fixture
def world_day(db):
    """The programme of the source document, loaded from its file.

    A thousand tests ask for it, and loading it costs as much as most of them: so it is loaded once, and what that wrote is
    written again. A test without a transaction around it loads it, for what follows a commit.
    """
    from django.db import connection

    from tansiq.programme.models import Programme

    if not connection.in_atomic_block:
        _load_world_day()
    elif _WRITTEN:
        with connection.cursor() as cursor:
            for statement, parameters, many in _WRITTEN:
                (cursor.executemany if many else cursor.execute)(statement, parameters)
    else:
        written = []

        def record(execute, statement, parameters, many, context):
            if statement.startswith(("INSERT", "UPDATE", "DELETE")):
                written.append((statement, parameters, many))
            return execute(statement, parameters, many, context)

        with connection.execute_wrapper(record):
            _load_world_day()
        _WRITTEN.extend(written)
    return Programme.objects.get(slug="world-day-2020")


def _load_world_day():
    from django.utils import timezone

    from tansiq.config import files
    from tansiq.core import journal

    files.load(files.read(EXAMPLES / "ma-2020-world-day.yaml"), by=journal.CLI, now=timezone.now())
