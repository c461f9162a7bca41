"""Backups of real installations, each in a data folder of its own and worked on by `tansiq` in processes of its own."""

import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from django.utils import translation

from tansiq.config import backups
from tansiq.core.errors import Refused

PROGRAMME = """format: tansiq/programme/1
slug: tiny
reference_language: ar
title: {ar: برنامج صغير}
period: 2030
activities:
  - {slug: tiny-activity, kind: training, title: {ar: دورة تكوينية}}
"""
PICTURE = b"private picture" * 5000


def tansiq(data, *words, code=0, **environment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TANSIQ_")}
    environment = {**kept, "TANSIQ_DATA": str(data), "LC_ALL": "C", **environment}
    program = [sys.executable, "-m", "tansiq.config", *map(str, words)]
    done = subprocess.run(program, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def fill(data, **environment):
    """An installation with a programme, a private file and an installed pack."""
    tansiq(data, "migrate", **environment)
    (data / "programme.yaml").write_text(PROGRAMME)
    tansiq(data, "load", data / "programme.yaml", **environment)
    (data / "programme.yaml").unlink()
    (data / "files/originals").mkdir(parents=True)
    (data / "files/originals/صورة.bin").write_bytes(PICTURE)
    shutil.copyfile(Path(backups.__file__).parents[1] / "packs/ma.yaml", data / "pack.yaml")


# Restoring asks first whether the target is empty: in a PostgreSQL that the suite itself uses it never is.
pytestmark = pytest.mark.skipif(
    "TANSIQ_DATABASE_URL" in os.environ, reason="these backups are restored into an embedded database of their own"
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    data = tmp_path_factory.mktemp("installed")
    fill(data)
    return data


@pytest.fixture(scope="module")
def made(installed, tmp_path_factory):
    """A backup, made while somebody else has begun to write."""
    path = tmp_path_factory.mktemp("backups") / "new" / "backup.tar.gz"
    writer = sqlite3.connect(installed / "tansiq.sqlite3", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM programme_activity")
    tansiq(installed, "backup", path)
    writer.execute("ROLLBACK")
    writer.close()
    return path


def state(data):
    """Every file of a data folder, but for what a connection to the database leaves or moves."""
    files = [file for file in data.rglob("*") if file.is_file() and not file.name.startswith("tansiq.sqlite3")]
    return {str(file.relative_to(data)): file.read_bytes() for file in files}


def test_backup_and_restore_give_the_same_installation(installed, made, tmp_path):
    with tarfile.open(made) as archive:
        manifest = json.load(archive.extractfile("manifest.json"))
        contents = {info.name: archive.extractfile(info).read() for info in archive if info.name != "manifest.json"}
    assert set(contents) == {"database.sqlite3", "secret-key", "pack.yaml", "files/originals/صورة.bin"}
    assert manifest["members"] == {
        name: {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        for name, content in contents.items()
    }
    assert made.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in made.parent.iterdir()] == ["backup.tar.gz"]
    data = tmp_path / "data"
    tansiq(data, "restore", made)
    assert state(data) == state(installed)
    assert state(data)["files/originals/صورة.bin"] == PICTURE
    assert (data / "secret-key").stat().st_mode & 0o777 == 0o600
    assert json.loads(tansiq(data, "check", "--json"))["sound"] is True
    exported = tansiq(data, "export", "programme", "tiny")
    assert "tiny-activity" in exported
    assert exported == tansiq(installed, "export", "programme", "tiny")
    # And it goes on living.
    (data / "again.yaml").write_text(PROGRAMME.replace("tiny", "second"))
    tansiq(data, "load", data / "again.yaml")


def test_restore_takes_the_place_of_what_is_there_only_when_told(made, tmp_path):
    data = tmp_path / "data"
    (data / "files").mkdir(parents=True)
    (data / "files/old.bin").write_text("ملف قديم")
    (data / "demo-stamp").write_text("old")
    (data / "notes.txt").write_text("ملاحظات المشغل")
    (data / "secret-key").write_text("old key")
    before = state(data)
    said = tansiq(data, "restore", made, code=1)
    assert "files" in said
    assert "--replace" in said
    assert state(data) == before
    tansiq(data, "restore", made, "--replace")
    assert set(state(data)) == {"files/originals/صورة.bin", "notes.txt", "pack.yaml", "secret-key"}
    assert state(data)["secret-key"] != b"old key"
    assert sorted(entry.name for entry in data.iterdir() if entry.name.startswith(".")) == []
    assert "tiny-activity" in tansiq(data, "export", "programme", "tiny")


def test_backup_refuses_an_installation_without_tables_and_a_place_among_the_files(tmp_path, installed):
    assert "tansiq migrate" in tansiq(tmp_path / "empty", "backup", tmp_path / "b.tar.gz", code=1)
    assert not (tmp_path / "b.tar.gz").exists()
    tansiq(installed, "backup", installed / "files/b.tar.gz", code=1)
    assert not (installed / "files/b.tar.gz").exists()


# --- what is not a backup: refused before anything is touched --------------------------------------------------------


@pytest.fixture
def target(tmp_path, settings):
    """An empty data folder for a restore in this process."""
    settings.TANSIQ_DATA = tmp_path / "target"
    settings.TANSIQ_DATA.mkdir()
    return settings.TANSIQ_DATA


def changed(made, to, *, change_manifest=lambda manifest: None, change=lambda members: None):
    """A backup with other members: name -> (TarInfo, content)."""
    with tarfile.open(made) as archive:
        members = {info.name: (info, archive.extractfile(info).read()) for info in archive}
    change(members)
    manifest = json.loads(members["manifest.json"][1])
    change_manifest(manifest)
    content = json.dumps(manifest).encode()
    info = members["manifest.json"][0]
    info.size = len(content)
    members["manifest.json"] = (info, content)
    with tarfile.open(to, "w:gz") as archive:
        for info, content in members.values():
            archive.addfile(info, io.BytesIO(content))
    return to


def add(members, manifest, name, content=b"x", **values):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in values.items():
        setattr(info, key, value)
    members[name] = (info, content)
    manifest["members"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}


def refused(path, target):
    with pytest.raises(Refused) as refusal:
        backups.restore(path)
    assert list(target.iterdir()) == []
    return refusal


def test_the_changed_backups_of_these_tests_are_else_sound(made, tmp_path, target):
    path = changed(made, tmp_path / "b.tar.gz")
    new = tmp_path / "new"
    new.mkdir()
    manifest = backups._unpack(path, new)
    backups._check(manifest, new)
    assert (new / "files/originals/صورة.bin").read_bytes() == PICTURE


def test_restore_refuses_a_member_that_was_changed(made, tmp_path, target):
    def change(members):
        info, content = members["files/originals/صورة.bin"]
        members["files/originals/صورة.bin"] = (info, b"P" + content[1:])

    refusal = refused(changed(made, tmp_path / "b.tar.gz", change=change), target)
    assert refusal.type is backups.NotABackup
    assert "صورة.bin" in str(refusal.value)


@pytest.mark.parametrize("name", ["files/originals/صورة.bin", "secret-key", "database.sqlite3"])
def test_restore_refuses_a_backup_that_lacks_a_member(made, tmp_path, target, name):
    refusal = refused(changed(made, tmp_path / "b.tar.gz", change=lambda members: members.pop(name)), target)
    assert name in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("../outside", {}),
        ("files/../../outside", {}),
        ("/tmp/outside", {}),
        ("files/./a", {}),
        ("files/a\\..\\b", {}),
        ("settings.py", {}),
        ("files/link", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd", "size": 0}),
        ("files/link", {"type": tarfile.LNKTYPE, "linkname": "secret-key", "size": 0}),
        ("files/device", {"type": tarfile.CHRTYPE, "size": 0}),
    ],
)
def test_restore_refuses_members_that_leave_the_folder_or_are_no_files(made, tmp_path, target, name, values):
    extra = {}
    path = changed(
        made, tmp_path / "b.tar.gz",
        change=lambda members: extra.update(members=members),
        change_manifest=lambda manifest: add(extra["members"], manifest, name, b"" if values else b"x", **values),
    )  # fmt: skip
    refusal = refused(path, target)
    assert refusal.type is backups.NotABackup
    assert name in str(refusal.value)
    assert not (tmp_path / "outside").exists()


def test_restore_refuses_a_member_that_the_manifest_does_not_name(made, tmp_path, target):
    path = changed(made, tmp_path / "b.tar.gz", change_manifest=lambda manifest: manifest["members"].pop("secret-key"))
    assert "secret-key" in str(refused(path, target).value)


@pytest.fixture(autouse=True)
def _messages_in_english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest["versions"].update(tansiq="999.1"),
        lambda manifest: manifest["migrations"]["programme"].append("9999_later"),
        lambda manifest: manifest["migrations"].update(participation=["0001_initial"]),
        lambda manifest: (manifest.clear(), manifest.update(format="tansiq/backup/2")),
    ],
)
def test_restore_refuses_a_backup_of_a_newer_version(made, tmp_path, target, change):
    refusal = refused(changed(made, tmp_path / "b.tar.gz", change_manifest=change), target)
    assert "newer" in str(refusal.value)


def test_restore_refuses_a_backup_of_another_database(made, tmp_path, target):
    path = changed(made, tmp_path / "b.tar.gz", change_manifest=lambda manifest: manifest.update(database="postgresql"))
    if backups.connection.vendor == "postgresql":
        path = made
    assert "TANSIQ_DATABASE_URL" in str(refused(path, target).value)


def test_restore_refuses_a_database_that_is_damaged_though_its_hash_is_right(made, tmp_path, target):
    if backups.connection.vendor != "sqlite":
        pytest.skip("the other database checks what it restores itself")

    def change(members):
        info, content = members["database.sqlite3"]
        members["database.sqlite3"] = (info, content[:8192] + os.urandom(len(content) - 8192))
        digest = hashlib.sha256(members["database.sqlite3"][1]).hexdigest()
        manifest = json.loads(members["manifest.json"][1])
        manifest["members"]["database.sqlite3"]["sha256"] = digest
        members["manifest.json"] = (members["manifest.json"][0], json.dumps(manifest).encode())

    assert refused(changed(made, tmp_path / "b.tar.gz", change=change), target).type is backups.NotABackup


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: "هذا نص".encode(),
        lambda content: content[: len(content) // 2],
        lambda content: content[:-300],
        lambda content: content[:5000] + b"\0" * 50 + content[5050:],
        lambda content: gzip.compress("ليس أرشيفا".encode()),
    ],
)
def test_restore_refuses_what_is_no_backup_or_is_cut_off(made, tmp_path, target, spoil):
    path = tmp_path / "b.tar.gz"
    path.write_bytes(spoil(made.read_bytes()))
    assert refused(path, target).type is backups.NotABackup


@pytest.mark.parametrize("manifest", [b"{", b"[]", b'{"format": "tansiq/backup/1"}', b'{"format": "other"}', None])
def test_restore_refuses_an_archive_whose_manifest_is_missing_or_of_another_shape(tmp_path, target, manifest):
    path = tmp_path / "b.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        if manifest is not None:
            info = tarfile.TarInfo("manifest.json")
            info.size = len(manifest)
            archive.addfile(info, io.BytesIO(manifest))
    assert refused(path, target).type is backups.NotABackup


def test_restore_says_which_file_it_cannot_read(tmp_path, target):
    assert "absent.tar.gz" in str(refused(tmp_path / "absent.tar.gz", target).value)


def test_a_swap_that_fails_leaves_everything_as_it_was(tmp_path, target):
    new, old = tmp_path / "new", tmp_path / "old"
    for folder in (new / "files", old, target / "files"):
        folder.mkdir(parents=True)
    (new / "files/new.bin").write_text("جديد")
    for name in ("database.sqlite3", "secret-key", "pack.yaml"):
        (new / name).write_text("جديد")
    for name in ("files/old.bin", "tansiq.sqlite3", "secret-key", "demo-stamp"):
        (target / name).write_text("قديم")
    before = {str(file): file.read_bytes() for file in target.rglob("*") if file.is_file()}
    during = []
    with pytest.raises(RuntimeError), backups._swapped(new, old, target):
        during.extend(sorted(file.name for file in (target / "files").iterdir()))
        raise RuntimeError
    assert during == ["new.bin"]
    assert {str(file): file.read_bytes() for file in target.rglob("*") if file.is_file()} == before


def test_a_missing_client_program_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Refused, match=r"pg_dump.*postgresql-client"):
        backups._run(["pg_dump"])
