"""A migrated data folder for commands that run in a process of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, _prepared


def environment(data: Path, **more: str) -> dict[str, str]:
    """What a command sees: this data folder, English messages, and nothing that the tests set for themselves."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("TANSIQ_", "DJANGO_", "LC_", "LANG"))
    }
    return {**kept, "TANSIQ_DATA": str(data), "LC_ALL": "C.UTF-8", "PYTHONWARNINGS": "ignore", **more}


def tansiq(*words: object, data: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tansiq.config", *map(str, words)],
        cwd=ROOT, env=environment(data, **more), capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip


@pytest.fixture(scope="session")
def migrated(tmp_path_factory, django_db_setup) -> Path:
    """The embedded database with tables and Morocco's pack, made once; tests copy it."""
    from django.db import connection

    folder = tmp_path_factory.mktemp("migrated")
    if connection.vendor == "sqlite":
        shutil.copyfile(_prepared(), folder / "tansiq.sqlite3")
    else:
        done = tansiq("migrate", data=folder)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def data(migrated, tmp_path) -> Path:
    """A data folder of this test's own."""
    return Path(shutil.copytree(migrated, tmp_path / "data"))
