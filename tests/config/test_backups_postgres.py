"""A backup of an installation on PostgreSQL, restored into another database of the same server."""

import json
import os

import pytest

from tests.config.test_backups import fill, installed, made, state, tansiq  # noqa: F401


@pytest.mark.postgres
@pytest.mark.skipif("TANSIQ_TEST_DATABASE_URL" not in os.environ, reason="needs TANSIQ_TEST_DATABASE_URL")
def test_backup_and_restore_of_postgresql(made, tmp_path):
    import psycopg

    url = os.environ["TANSIQ_TEST_DATABASE_URL"]
    names = ("tansiq_backup_from", "tansiq_backup_to")
    with psycopg.connect(url, autocommit=True) as server:
        try:
            for name in names:
                server.execute(f"DROP DATABASE IF EXISTS {name}")
                server.execute(f"CREATE DATABASE {name}")
            first, second = ({"TANSIQ_DATABASE_URL": url.rpartition("/")[0] + f"/{name}"} for name in names)
            fill(tmp_path / "first", **first)
            path = tmp_path / "backup.tar.gz"
            tansiq(tmp_path / "first", "backup", path, **first)
            tansiq(tmp_path / "second", "restore", path, **second)
            exported = tansiq(tmp_path / "second", "export", "programme", "tiny", **second)
            assert exported == tansiq(tmp_path / "first", "export", "programme", "tiny", **first)
            assert "tiny-activity" in exported
            assert state(tmp_path / "second") == state(tmp_path / "first")
            # What is there is lost only on request; a backup of the other database never comes in.
            assert "PostgreSQL" in tansiq(tmp_path / "third", "restore", path, code=1, **second)
            assert "TANSIQ_DATABASE_URL" in tansiq(tmp_path / "third", "restore", made, "--replace", code=1, **second)
            tansiq(tmp_path / "second", "restore", path, "--replace", **second)
            assert json.loads(tansiq(tmp_path / "second", "check", "--json", **second))["sound"] is True
        finally:
            for name in names:
                server.execute(f"DROP DATABASE IF EXISTS {name}")
