"""Everything into one .tar.gz, and back: the database, the private files, the keys, the pack.

The manifest in the archive holds the SHA-256 and the size of every member: what does not agree is not restored.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Any

from django.apps import apps
from django.conf import settings
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _
from jsonschema import Draft202012Validator

from tansiq.core.errors import Refused
from tansiq.core.exchange import obj

FORMAT = "tansiq/backup/1"
MANIFEST = "manifest.json"
MANIFEST_LIMIT_BYTES = 50_000_000
SQLITE, POSTGRES = "database.sqlite3", "database.pgdump"
KEPT = ("secret-key", "pack.yaml")
# Folders of the data folder: what people gave or were given, and the private keys that sign certificates.
FOLDERS = ("files", "keys")
SQLITE_IN_PLACE = "tansiq.sqlite3"  # in the data folder, as the settings name it
CHUNK_BYTES = 1 << 20
# In the data folder, but made from the program and made again.
NOT_DATA = ("static", "locale")
# What the demonstration notes about the data that are being replaced.
STALE = ("demo-stamp", "demo-login.txt")
_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_NAMES = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}
_MEMBER = obj({"sha256": {"type": "string"}, "size": {"type": "integer"}}, ["sha256", "size"])
SHAPE = {
    "type": "object", "required": ["versions", "database", "migrations", "members"],
    "properties": {
        "versions": {**_TEXTS, "required": ["tansiq"]}, "database": {"type": "string"}, "migrations": _NAMES,
        "members": {"type": "object", "additionalProperties": _MEMBER},
    },
}  # fmt: skip


class NotABackup(Refused):
    pass


# --- out ------------------------------------------------------------------------------------------------------------


def backup(path: Path) -> dict[str, Any]:
    """Write a backup to `path` (.tar.gz) while the site runs; a file that was there is replaced once all is written.

    Returns the manifest: format, created (ISO, UTC), versions, database (vendor), migrations by app, and for each
    member its sha256 and size in bytes. Whoever holds the file holds every secret of the installation.
    Raises Refused without tables, without `pg_dump`, or where `path` is in a folder that the backup holds.
    """
    path = path.absolute()
    if {settings.TANSIQ_DATA / folder for folder in FOLDERS} & set(path.parents):
        raise Refused(_("The backup would lie among the files that it holds. Write it to another folder."))
    migrations = _applied()
    if not migrations:
        raise Refused(_("There is nothing to back up: the database has no tables. Run tansiq migrate first."))
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as name:
        work = Path(name)  # readable by the owner alone, like what is made in it
        # The database first: a file is stored before the row that names it, so all that this copy names is there.
        dump = _dump_sqlite(work / SQLITE) if connection.vendor == "sqlite" else _dump_postgres(work / POSTGRES)
        members: dict[str, dict[str, Any]] = {}
        with tarfile.open(work / "out", mode="w:gz", compresslevel=6) as archive:
            for member, file in _members(dump):
                if known := _add(archive, member, file):
                    members[member] = known
            manifest = {
                "format": FORMAT, "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
                "versions": {name: importlib.metadata.version(name) for name in ("tansiq", "Django", "wagtail")},
                "database": connection.vendor, "migrations": migrations, "members": members,
            }  # fmt: skip
            (work / MANIFEST).write_text(json.dumps(manifest, indent=1))
            _add(archive, MANIFEST, work / MANIFEST)
        with open(work / "out", "rb") as out:
            os.fsync(out.fileno())  # else a power cut after the rename could leave an empty file in its place
        (work / "out").chmod(0o600)
        os.replace(work / "out", path)
    return manifest


def _applied() -> dict[str, list[str]]:
    """The migrations of our own apps that the database has; other packages' are settled by the version."""
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("tansiq.")}
    found: dict[str, list[str]] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        if app in ours:
            found.setdefault(app, []).append(name)
    return found


def _members(dump: Path) -> Iterator[tuple[str, Path]]:
    yield dump.name, dump
    for name in KEPT:
        if (settings.TANSIQ_DATA / name).is_file():
            yield name, settings.TANSIQ_DATA / name
    for folder in FOLDERS:
        place = settings.TANSIQ_DATA / folder
        for file in sorted(place.rglob("*")):
            if file.is_file() and not file.is_symlink():
                yield f"{folder}/{file.relative_to(place).as_posix()}", file


class _Hashing:
    """A file that is hashed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        chunk = self.file.read(size)
        self.digest.update(chunk)
        return chunk


def _add(archive: tarfile.TarFile, member: str, file: Path) -> dict[str, Any] | None:
    try:
        opened = open(file, "rb")  # noqa: SIM115  (the `with` follows)
    except FileNotFoundError:
        return None  # removed since the folder was listed, and so wanted by nobody
    with opened:
        info = tarfile.TarInfo(member)
        stat = os.fstat(opened.fileno())
        info.size, info.mtime, info.mode = stat.st_size, int(stat.st_mtime), 0o600
        hashing = _Hashing(opened)
        archive.addfile(info, hashing)  # type: ignore[arg-type]
    return {"sha256": hashing.digest.hexdigest(), "size": info.size}


def _dump_sqlite(to: Path) -> Path:
    connection.ensure_connection()
    with closing(sqlite3.connect(to)) as copy:
        connection.connection.backup(copy)  # consistent while others write
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, without -wal and -shm beside it
    return to


def _dump_postgres(to: Path) -> Path:
    _run(["pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={to}"])
    return to


def _run(words: list[str]) -> None:
    """A PostgreSQL program on our database. The password goes by the environment: arguments are seen by all users."""
    if not shutil.which(words[0]):
        message = _("%(program)s is missing. Install the client programs of PostgreSQL (postgresql-client).")
        raise Refused(message % {"program": words[0]})
    given = connection.settings_dict
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    environment = {**os.environ, **{name: str(given[key]) for name, key in names.items() if given[key]}}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [str(done.returncode)]
        message = _("%(program)s stopped: %(why)s")
        raise Refused(message % {"program": words[0], "why": " / ".join(said[:3])})


# --- in -------------------------------------------------------------------------------------------------------------


def restore(path: Path, *, replace: bool = False) -> dict[str, Any]:
    """Put a backup in place, all or nothing; returns its manifest. Stop web, worker and schedule before.

    replace  take away what is there; files that are not ours stay
    Afterwards `tansiq migrate` brings an older backup up to date.
    Raises Refused where there are data already, for a backup of a newer version or of the other kind of database;
    NotABackup for a file that is not whole and unchanged.
    """
    data = settings.TANSIQ_DATA
    if not replace and (found := _what_is_there(path)):
        message = _("There are data already: %(found)s. Choose an empty TANSIQ_DATA, or give --replace to lose them.")
        raise Refused(message % {"found": ", ".join(found)})
    with tempfile.TemporaryDirectory(dir=data, prefix=".restore-") as name:
        new, old = Path(name) / "new", Path(name) / "old"
        new.mkdir()
        old.mkdir()
        manifest = _unpack(path, new)
        _check(manifest, new)
        for folder in FOLDERS:
            (new / folder).mkdir(exist_ok=True)
        (new / "keys").chmod(0o700)
        connections.close_all()
        with _swapped(new, old, data):
            if connection.vendor == "postgresql":
                _restore_postgres(new / POSTGRES)
    return manifest


def _what_is_there(backup_file: Path) -> list[str]:
    """What the data folder and the database hold, by name; the key alone, made at every start, does not count."""
    passed = {"secret-key", *NOT_DATA, f"{SQLITE_IN_PLACE}-wal", f"{SQLITE_IN_PLACE}-shm"}
    found = []
    for entry in sorted(settings.TANSIQ_DATA.iterdir()):
        is_empty = entry.is_dir() and not any(entry.iterdir())
        if entry.name in passed or is_empty or entry.name.startswith(".restore-") or entry == backup_file.absolute():
            continue
        if entry.name == SQLITE_IN_PLACE and not connection.introspection.table_names():
            continue  # made by merely connecting
        found.append(entry.name)
    if connection.vendor == "postgresql" and connection.introspection.table_names():
        found.append("PostgreSQL")
    return found


def _unpack(path: Path, to: Path) -> dict[str, Any]:
    """Write the members to a new folder while hashing them; nothing but what the manifest says may be in the file."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            manifest = _read_manifest(archive)
            wanted = dict(manifest["members"])
            for info in archive:
                if info.name == MANIFEST:
                    continue
                known = wanted.pop(info.name, None)
                if known is None or not info.isreg() or not _is_ours(info.name):
                    message = _("The backup holds “%(name)s”, which does not belong in one. It was not made by Tansiq.")
                    raise NotABackup(message % {"name": info.name})
                if [info.size, _copy(archive, info, to / info.name)] != [known["size"], known["sha256"]]:
                    message = _(
                        "“%(name)s” in the backup is not what was written there. Take another copy of the file."
                    )
                    raise NotABackup(message % {"name": info.name})
    except OSError as error:
        if error.errno:
            raise Refused(_("%(file)s: %(why)s") % {"file": path, "why": error.strerror}) from error
        raise _not_a_backup(path) from error
    except (tarfile.TarError, zlib.error, EOFError, _BadManifest) as error:
        raise _not_a_backup(path) from error
    if wanted:
        message = _("The backup lacks “%(name)s”. Take another copy of the file.")
        raise NotABackup(message % {"name": ", ".join(sorted(wanted)[:3])})
    return manifest


def _not_a_backup(path: Path) -> NotABackup:
    message = _("%(file)s is not a backup of Tansiq, or it is damaged or cut off. Give a file of tansiq backup.")
    return NotABackup(message % {"file": path})


class _BadManifest(Exception):
    pass


def _read_manifest(archive: tarfile.TarFile) -> dict[str, Any]:
    info = next((one for one in archive if one.name == MANIFEST), None)
    if info is None or not info.isreg() or info.size > MANIFEST_LIMIT_BYTES:
        raise _BadManifest
    file = archive.extractfile(info)
    try:
        manifest = json.loads(file.read() if file else b"")
    except ValueError as error:
        raise _BadManifest from error
    if not (isinstance(manifest, dict) and str(manifest.get("format")).startswith("tansiq/backup/")):
        raise _BadManifest
    # A newer format may have another shape: say that it is newer, not that it is damaged.
    if manifest["format"] == FORMAT and not Draft202012Validator(SHAPE).is_valid(manifest):
        raise _BadManifest
    _refuse_newer(manifest)
    return manifest


def _is_ours(name: str) -> bool:
    if name in (SQLITE, POSTGRES, *KEPT):
        return True
    parts = name.split("/")
    return parts[0] in FOLDERS and len(parts) > 1 and not any(
        part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts
    )  # fmt: skip


def _copy(archive: tarfile.TarFile, info: tarfile.TarInfo, to: Path) -> str:
    to.parent.mkdir(parents=True, exist_ok=True)
    source = archive.extractfile(info)
    digest = hashlib.sha256()
    # 0600 from the first byte: the key and the private files are nobody else's.
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while source and (chunk := source.read(CHUNK_BYTES)):
            digest.update(chunk)
            out.write(chunk)
    return digest.hexdigest()


def _refuse_newer(manifest: dict[str, Any]) -> None:
    own, theirs = importlib.metadata.version("tansiq"), manifest["format"]
    if theirs == FORMAT:
        theirs, known = manifest["versions"]["tansiq"], MigrationLoader(None).disk_migrations or {}
        unknown = any((app, name) not in known for app, names in manifest["migrations"].items() for name in names)
        if not unknown and _numbers(theirs) <= _numbers(own):
            return
    message = _("The backup is of a newer version (%(theirs)s; this is %(own)s). Install that version, then restore.")
    raise Refused(message % {"theirs": theirs, "own": own})


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _check(manifest: dict[str, Any], new: Path) -> None:
    if manifest["database"] != connection.vendor:
        message = _(
            "The backup is of %(theirs)s and this installation uses %(own)s. Set TANSIQ_DATABASE_URL accordingly."
        )
        raise Refused(message % {"theirs": manifest["database"], "own": connection.vendor})
    dump = new / (SQLITE if connection.vendor == "sqlite" else POSTGRES)
    if not dump.is_file():
        raise NotABackup(_("The backup lacks “%(name)s”. Take another copy of the file.") % {"name": dump.name})
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(dump)) as database:
            try:
                state = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            except sqlite3.DatabaseError as error:
                state = str(error)
        if state != "ok":
            raise NotABackup(_("The database in the backup is damaged: %(why)s.") % {"why": state})


def _restore_postgres(dump: Path) -> None:
    # One transaction: either all tables are the backup's or none.
    _run(
        [
            "pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges", "--single-transaction",
            "--exit-on-error", f"--dbname={connection.settings_dict['NAME']}", str(dump),
        ]
    )  # fmt: skip


@contextmanager
def _swapped(new: Path, old: Path, data: Path) -> Iterator[None]:
    """Put what is in `new` into the data folder; where that or the body fails, all is as it was before.

    Renames within one file system, entry by entry: the data folder itself may be a mounted volume.
    """
    comes = {name: new / name for name in (*FOLDERS, *KEPT) if (new / name).exists()}
    goes = [*FOLDERS, "pack.yaml", *STALE, *(["secret-key"] if "secret-key" in comes else [])]
    if connection.vendor == "sqlite":
        comes[SQLITE_IN_PLACE] = new / SQLITE
        goes += [SQLITE_IN_PLACE, f"{SQLITE_IN_PLACE}-wal", f"{SQLITE_IN_PLACE}-shm"]
    moved: list[tuple[Path, Path]] = []
    try:
        for name in goes:
            if (data / name).exists():
                _move(data / name, old / name, moved)
        for name, source in comes.items():
            _move(source, data / name, moved)
        yield
    except BaseException:
        for source, target in reversed(moved):
            target.rename(source)
        raise


def _move(source: Path, target: Path, moved: list[tuple[Path, Path]]) -> None:
    source.rename(target)
    moved.append((source, target))
