"""A whole programme in one ZIP: read in any browser, opened in any spreadsheet, loaded again into Tansiq.

index.html leads to everything. programme.yaml is what loads back, with the files that it names. manifest.json holds the
format and the SHA-256 of every file. Names of who came, lists of persons, mail addresses and links are not in it.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tansiq.config import archived, files, workbook
from tansiq.coordination import approvals, archiving, documents, letters, paper
from tansiq.coordination.models import DocumentVersion, RunOfShow
from tansiq.core import tables
from tansiq.core.errors import BadInput, Problem
from tansiq.core.language import direction, language_name, money
from tansiq.core.models import Entry
from tansiq.participation import keys
from tansiq.participation.models import SigningKey
from tansiq.programme import calendar
from tansiq.programme.exporting import Exporting
from tansiq.programme.models import Programme

FORMAT = "tansiq/archive/1"
MANIFEST, PROGRAMME = "manifest.json", "programme.yaml"
MOST_MEMBERS = 50_000
MOST_BYTES = 5_000_000_000
LARGEST_MEMBER = 200_000_000


# --- Writing --------------------------------------------------------------------------------------------------------


def write(programme: Programme, to: IO[bytes], *, now: dt.datetime) -> dict[str, str]:
    """Write the archive into an open file; returns {path: SHA-256} of what is in it."""
    digests: dict[str, str] = {}
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as packed:

        def put(path: str, content: bytes | str) -> None:
            data = content.encode() if isinstance(content, str) else content
            digests[path] = hashlib.sha256(data).hexdigest()
            packed.writestr(zipfile.ZipInfo(path, timezone.localtime(now).timetuple()[:6]), data, zipfile.ZIP_DEFLATED)

        _write(programme, put, now=now)
        manifest = {
            "format": FORMAT, "programme": programme.slug, "made": now.isoformat(), "site": settings.TANSIQ_SITE_URL,
            "files": digests,
        }  # fmt: skip
        packed.writestr(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1))
    return digests


def _write(programme: Programme, put: Callable[[str, bytes | str], None], *, now: dt.datetime) -> None:
    out = Exporting(programme, is_archive=True)
    data = files.export(programme, out=out)
    put(PROGRAMME, files.to_yaml(data))
    put("programme.json", json.dumps(data, ensure_ascii=False, indent=1, default=str))
    for path, text in files.source_texts(programme).items():
        put(path, text)
    for path, read in (out.files or {}).items():
        put(path, read())
    put("programme.xlsx", workbook.write(_without_archive(data)))
    if known := [one["id"] for one in data.get("signing_keys", [])]:
        public = [keys.jwk(row) for row in SigningKey.objects.filter(key_id__in=known).order_by("made_at")]
        put("keys.json", json.dumps({"keys": public}, indent=1))
    csv = []
    for name, header, rows in _tables(programme, data):
        path = f"tables/{name}.csv"
        put(path, tables.write_csv(header, rows))
        csv.append(path)
    languages = [code for code, _name in settings.LANGUAGES]
    for language in languages:
        put(f"calendar.{language}.ics", calendar.of_programme(programme, language))
    made = _papers(programme, put, languages, now=now)
    for language in languages:
        name = "index.html" if language == languages[0] else f"index.{language}.html"
        put(name, _page(programme, language, csv, made, data, now=now))


def _without_archive(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in files.archive_sections()}


def _tables(programme: Programme, data: dict[str, Any]) -> Iterator[tuple[str, list[str], list[list[Any]]]]:
    """(name, header, rows): each sheet of the workbook, then the registers and the journal."""
    for sheet in workbook.sheets(_without_archive(data)):
        yield sheet.name, [str(one) for one in sheet.header], [list(row) for row in sheet.rows]
    register = (
        "number",
        "direction",
        "kind",
        "organisation",
        "subject",
        "dated",
        "sent",
        "state",
        "answer_by",
        "answers",
        "pdf",
    )
    for name, columns in {
        "letters": register,
        "approvals": ("what", "title", "version", "state", "asked", "digest"),
        "documents": ("id", "kind", "language"),
    }.items():
        if data.get(name):
            yield name, list(columns), [[row.get(column, "") for column in columns] for row in data[name]]
    if data.get("approvals"):
        header = ["what", "version", "organisation", "office", "state", "asked", "answered", "how", "comment"]
        yield "approval_steps", header, [
            [row["what"], row["version"], *(step.get(column, "") for column in header[2:])]
            for row in data["approvals"] for step in row["steps"]
        ]  # fmt: skip
    yield from archived.tables(data)
    header = ["id", "at", "who", "what", "kind", "record", "changes"]
    yield "journal", header, [
        [
            one.pk, one.recorded_at.isoformat(), one.actor_label, one.verb, one.subject_kind, one.subject_label,
            json.dumps(one.changes, ensure_ascii=False)[:30_000],
        ]
        for one in _entries(programme)
    ]  # fmt: skip


def _entries(programme: Programme) -> list[Entry]:
    """The journal of the programme and of what hangs on it."""
    kept: list[Any] = [programme.pk]
    for name in ("activities", "projects", "commitments", "tasks", "letters", "approvals", "documents", "materials"):
        kept += getattr(programme, name).values_list("pk", flat=True)
    activities = list(programme.activities.values_list("pk", flat=True))
    kept += RunOfShow.objects.filter(activity__in=activities).values_list("pk", flat=True)
    found: list[Entry] = []
    for start in range(0, len(kept), 500):  # SQLite takes so many values in one question
        found += Entry.objects.filter(subject_id__in=kept[start : start + 500])
    return sorted(found, key=lambda entry: entry.pk)


def _papers(
    programme: Programme, put: Callable[[str, bytes | str], None], languages: list[str], *, now: dt.datetime
) -> dict[str, list[tuple[str, str, str]]]:
    """What is printed anew: {"shows" | "certificates" | "texts" | "tasks": [(path, title, language)]}."""
    made: dict[str, list[tuple[str, str, str]]] = {"shows": [], "certificates": [], "texts": [], "tasks": []}
    shows = RunOfShow.objects.filter(activity__programme=programme).select_related("activity__programme")
    for show in shows.prefetch_related("issues"):
        issue = next(iter(show.issues.all()), None)
        if issue is None:
            continue
        issue.show = show
        for language in languages:
            path = f"run-of-show/{show.activity.slug}-{show.day_number}-{issue.number}.{language}.pdf"
            put(path, paper.run_of_show(issue, language=language, now=now))
            made["shows"].append((path, show.activity.title.text(language).value, language))
    for row in programme.approvals.all():
        path = f"approvals/{row.what}-{row.digest[:12]}-v{row.version}.pdf"
        put(path, approvals.certificate(row, now=now))
        made["certificates"].append((path, f"{row.title} ({row.get_what_display()})", row.language))
    versions = DocumentVersion.objects.filter(text__document__programme=programme).select_related("text__document")
    for version in versions:
        if version.number == version.text.version:
            path = f"documents/{version.text.document.slug}.{version.text.language}.pdf"
            put(path, documents.open_file(version, "pdf", now=now))
            code = version.text.language
            title = version.text.document.title.text(code).value
            made["texts"].append((path, f"{title} – {language_name(code, code)}", code))
    rows = list(programme.tasks.select_related("owner", "activity"))
    for language in languages if rows else []:
        with translation.override(language):
            heading = _("What is to be done")
        path = f"tasks.{language}.pdf"
        put(path, paper.task_list(rows, heading=heading, language=language, now=now))
        made["tasks"].append((path, heading, language))
    return made


def _page(
    programme: Programme,
    language: str,
    csv: list[str],
    made: dict[str, list[tuple[str, str, str]]],
    data: dict[str, Any],
    *,
    now: dt.datetime,
) -> str:
    """The index in one language: complete by itself, without script, font or address from outside."""
    with translation.override(language):
        activities = programme.activities.select_related("place", "inside").order_by("position")
        involved: dict[Any, list[Any]] = {}
        for row in programme.all_involvements.select_related("organisation"):
            involved.setdefault(row.subject_id, []).append(row)
        register = programme.letters.select_related("organisation").order_by("year", "serial")
        context = {
            "programme": programme, "language": language, "direction": direction(language), "made": paper.in_words(timezone.localdate(now), language), "csv": csv,
            "languages": [
                (code, language_name(code, code), "index.html" if code == settings.LANGUAGES[0][0] else f"index.{code}.html")
                for code, _name in settings.LANGUAGES
            ],
            "body": paper.body_name(language), "involved": involved.get(programme.pk, []),
            "activities": [(one, involved.get(one.pk, [])) for one in activities],
            "commitments": programme.commitments.select_related("signatory"), "projects": [
                (one, money(one.amount, one.currency, language) if one.amount is not None else "")
                for one in programme.projects.all()
            ],
            "materials": programme.materials.all(),
            "letters": [
                (one, letters.state_words(one, timezone.localdate(now)), archiving.letter_path(one))
                for one in register
            ],
            "tasks": programme.tasks.select_related("owner", "activity"),
            "approvals": programme.approvals.prefetch_related("steps__organisation"),
            "papers": {name: [one for one in rows if one[2] == language or name in ("texts", "certificates")] for name, rows in made.items()},
            "participation": archived.figures(data, language), "has_keys": "signing_keys" in data,
            "sources": sorted(files.source_texts(programme)), "calendar": f"calendar.{language}.ics",
        }  # fmt: skip
        return render_to_string("config/archive.html", context)


# --- Reading --------------------------------------------------------------------------------------------------------


def is_archive(name: str) -> bool:
    return name.lower().endswith(".zip")


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Path]:
    """The programme file of an archive, unpacked into a folder of its own that goes when the block ends.

    Raises BadInput for what is no archive, one of another format, or one that was changed since it was made.
    """
    with tempfile.TemporaryDirectory(prefix="tansiq-archive-") as folder:
        yield unpack(path, Path(folder))


def unpack(path: Path, folder: Path, *, most_bytes: int = MOST_BYTES) -> Path:
    """Unpack an archive into a folder, checked; returns its programme file. Raises BadInput.

    most_bytes  of all that is in it, unpacked: what its members say of their size binds the reader too
    """
    try:
        with zipfile.ZipFile(path) as packed:
            manifest = _manifest(packed, path.name, most_bytes)
            for name, digest in manifest["files"].items():
                _take(packed, name, digest, folder, path.name)
    except (
        zipfile.BadZipFile,
        zlib.error,
        UnicodeError,
        OSError,
        NotImplementedError,
        RuntimeError,
        EOFError,
    ) as error:
        raise _bad(
            path.name, _("This file is no ZIP, or it is damaged. Copy it again from where it was made.")
        ) from error
    return folder / PROGRAMME


def _bad(place: str, message: str) -> BadInput:
    return BadInput([Problem(place, "", message)])


def _manifest(packed: zipfile.ZipFile, name: str, most_bytes: int) -> dict[str, Any]:
    members = packed.infolist()
    if len(members) > MOST_MEMBERS or sum(one.file_size for one in members) > most_bytes:
        raise _bad(name, _("This ZIP holds more than an archive may. Nothing of it was unpacked."))
    try:
        if packed.getinfo(MANIFEST).file_size > LARGEST_MEMBER:
            raise ValueError
        manifest = json.loads(packed.read(MANIFEST))
        found, listed = str(manifest["format"]), manifest["files"]
        is_sound = isinstance(listed, dict) and PROGRAMME in listed
    except (KeyError, ValueError, TypeError) as error:
        message = _("This ZIP is no archive of a programme: it has no manifest.json that says so.")
        raise _bad(name, message) from error
    if found != FORMAT:
        message = _(
            "This archive has the format “%(found)s”; this Tansiq reads “%(known)s”. Load it with the Tansiq that made "
            "it, or a later one. It can be read without: open its index.html."
        )
        raise _bad(name, message % {"found": found, "known": FORMAT})
    if not is_sound:
        raise _bad(name, _("This archive has no programme.yaml."))
    return manifest


def _take(packed: zipfile.ZipFile, name: str, digest: str, folder: Path, archive: str) -> None:
    """One file of the archive, as the manifest names it; nothing outside the folder."""
    place = f"{archive}/{name}"
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or "\\" in name or ".." in parts or ":" in parts[0]:
        raise _bad(place, _("The archive names a file outside its own folder. Nothing of it was loaded."))
    try:
        member = packed.getinfo(name)
    except KeyError as error:
        raise _bad(
            place, _("This file is missing in the archive. Copy the archive again from where it was made.")
        ) from error
    if member.file_size > LARGEST_MEMBER:
        raise _bad(place, _("This ZIP holds more than an archive may. Nothing of it was unpacked."))
    target = folder.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    with packed.open(member) as source, target.open("wb") as out:
        shutil.copyfileobj(source, out, 1 << 20)
    with target.open("rb") as written:
        if hashlib.file_digest(written, "sha256").hexdigest() != digest:
            message = _("This file is not as it was when the archive was made. Load an unchanged copy of the archive.")
            raise _bad(place, message)
