"""What `tansiq` can do: run it, operate it, files in, standards out."""

from __future__ import annotations

import argparse
import gc
import json
import sys
from pathlib import Path

from tansiq.config import participating, telling  # noqa: F401  (they register themselves)
from tansiq.config.console import command, print_json, say, write_out

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"


def _now():
    from django.utils import timezone

    return timezone.now()


# --- run it ---------------------------------------------------------------------------------------------------------


def _demo_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-serve", action="store_true", help="prepare everything, then stop")
    parser.add_argument("--port", type=int, default=8000)


@command("demo", _demo_arguments)
def demo(given: argparse.Namespace) -> None:
    """The real 2020 programme on the embedded database, then the site on http://127.0.0.1:8000/."""
    from tansiq.config import running

    running.prepare_demo(EXAMPLES, say=say)
    if not given.no_serve:
        running.run_all(port=given.port, server=given.server, say=say)


def _serve_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1)


@command("serve", _serve_arguments)
def serve(given: argparse.Namespace) -> None:
    """The web server alone."""
    from tansiq.config import running

    running.serve(host=given.host, port=given.port, workers=given.workers)


@command("worker")
def worker(given: argparse.Namespace) -> None:
    """Does the work that the site hands over (mail, batches)."""
    from tansiq.config import running

    running.worker()


@command("schedule", lambda parser: parser.add_argument("--once", action="store_true"))
def schedule(given: argparse.Namespace) -> None:
    """The once-a-minute job: seals the journal, sends what is due."""
    from tansiq.config import running

    running.schedule(once=given.once)


# --- operate it -----------------------------------------------------------------------------------------------------


@command("migrate")
def migrate(given: argparse.Namespace) -> None:
    """Make or update the tables, then load the country pack of TANSIQ_PACK."""
    from tansiq.config import running

    running.migrate(say=say)


def _admin_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["create"])
    parser.add_argument("--email", required=True)
    parser.add_argument("--password", help="asked for where it is not given")
    parser.add_argument("--role", action="append", help="a role; several times for several; by default administrator")


@command("admin", _admin_arguments)
def admin(given: argparse.Namespace) -> None:
    """Create a user of the desk: an administrator, or with the roles given."""
    import getpass

    from django.utils.translation import gettext as _

    from tansiq.core.errors import Refused
    from tansiq.people import accounts
    from tansiq.people.roles import ROLES

    password = given.password or getpass.getpass("Password: ")
    roles = given.role or ["administrator", "secretariat"]
    unknown = sorted(set(roles) - set(ROLES))
    if unknown:
        raise Refused(
            _("There is no role “%(role)s”. Known: %(known)s.") % {"role": unknown[0], "known": ", ".join(ROLES)}
        )
    user = accounts.create(email=given.email, password=password, roles=roles, now=_now())
    say(f"{user.email}: {', '.join(roles)}")


@command("check", lambda parser: parser.add_argument("--json", action="store_true"))
def check(given: argparse.Namespace) -> int:
    """Is the installation sound? Settings, tables, isolation level, the journal's chain."""
    from tansiq.config import running

    report = running.check()
    if given.json:
        print_json(report)
    else:
        for name, value in report.items():
            print(f"{name}: {value}")
    return 0 if report["sound"] else 1


@command("backup", lambda parser: parser.add_argument("file"))
def backup(given: argparse.Namespace) -> None:
    """Everything into one file: database, private files, keys."""
    from tansiq.config import backups

    backups.backup(Path(given.file))
    say(given.file)


def _restore_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file")
    parser.add_argument("--replace", action="store_true", help="replace what is there")


@command("restore", _restore_arguments)
def restore(given: argparse.Namespace) -> None:
    """Put a backup into an empty data folder (or with --replace instead of what is there)."""
    from tansiq.config import backups

    backups.restore(Path(given.file), replace=given.replace)


def _pack_arguments(parser: argparse.ArgumentParser) -> None:
    inner = parser.add_subparsers(dest="action", required=True)
    inner.add_parser("load").add_argument("file")
    inner.add_parser("list")


@command("pack", _pack_arguments)
def pack(given: argparse.Namespace) -> None:
    """Country packs: load one file, or list those that are shipped."""
    from tansiq.config import packfile, running

    if given.action == "list":
        from django.conf import settings

        for file in sorted(packfile.SHIPPED.glob("*.yaml")):
            mark = "*" if str(file) == settings.PACK["path"] else " "
            print(f"{mark} {file.stem}\t{packfile.read_head(file)['code']}")
        return
    running.load_pack(Path(given.file), say=say)


# --- files in, standards out ----------------------------------------------------------------------------------------


def _load_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--dry-run", action="store_true", help="say what would change; store nothing")
    parser.add_argument("--json", action="store_true")


@command("load", _load_arguments)
def load(given: argparse.Namespace) -> None:
    """Load programme files (.yaml, .xlsx) and archives (.zip): idempotent, all or nothing, all errors at once."""
    from contextlib import nullcontext

    from django.db import transaction

    from tansiq.config import archive, files
    from tansiq.core import journal
    from tansiq.core.errors import BadInput

    # One short process that builds much and frees little: without the collector a large file loads a third faster.
    gc.disable()
    problems, results = [], []
    try:
        with transaction.atomic():
            for name in given.files:
                try:
                    with archive.opened(Path(name)) if archive.is_archive(name) else nullcontext(Path(name)) as path:
                        loaded = files.load(files.read(path), by=journal.CLI, now=_now(), dry_run=given.dry_run)
                    results.append(loaded)
                except BadInput as error:
                    problems += error.problems
            if problems:
                raise BadInput(problems)
    finally:
        if not problems:
            for loaded in results:
                for section, (new, changed, same) in loaded.counts.items():
                    say(f"{loaded.slug}: {section}: +{new} ~{changed} ={same}")
    if given.json:
        print_json([{"slug": one.slug, "counts": one.counts, "changes": one.changes} for one in results])


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    inner = parser.add_subparsers(dest="what", required=True)
    for what in ("programme", "calendar"):
        one = inner.add_parser(what)
        one.add_argument("slug")
        one.add_argument("-o", "--output")
        one.add_argument("--lang", help="a language of the site, for the calendar; by default its first")


@command("export", _export_arguments)
def export(given: argparse.Namespace) -> None:
    """A programme as its file (.yaml, or .xlsx by the name of -o), or as a calendar."""
    from django.utils.translation import gettext as _

    from tansiq.config import files
    from tansiq.core.errors import Refused
    from tansiq.programme import calendar

    programme = _programme(given.slug)
    if given.what == "calendar":
        from django.conf import settings

        known = [code for code, _name in settings.LANGUAGES]
        if given.lang and given.lang not in known:
            raise Refused(
                _("The site has no language “%(given)s”. Known: %(known)s.")
                % {"given": given.lang, "known": ", ".join(known)}
            )
        write_out(calendar.of_programme(programme, given.lang or settings.LANGUAGE_CODE), given.output)
        return
    _write_file(files.export(programme), given.output)
    if given.output:
        for path, text in files.source_texts(programme).items():
            write_out(text, str(Path(given.output).parent / path))


def _write_file(data: dict, to: str | None) -> None:
    """A programme's data as .xlsx where the name says so, else as YAML."""
    from tansiq.config import files, workbook

    write_out(workbook.write(data) if to and to.endswith(".xlsx") else files.to_yaml(data), to)


def _copy_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("slug", help="the programme to copy")
    parser.add_argument("new_slug", metavar="NEW_SLUG", help="the identifier of the copy")
    parser.add_argument("--first-day", required=True, metavar="DAY", help="the first day of the copy: 2021-07-26")
    parser.add_argument(
        "--by", choices=["weekday", "date"], default="weekday",
        help="what stays: weekdays (then the first day is the nearest one on its weekday) or the days of the month",
    )  # fmt: skip
    parser.add_argument("-o", "--output", metavar="FILE", help="write the file (.yaml, .xlsx); store nothing")
    parser.add_argument("--dry-run", action="store_true", help="say what would be copied; store and write nothing")
    parser.add_argument("--json", action="store_true")


@command("copy", _copy_arguments)
def copy(given: argparse.Namespace) -> None:
    """Copy last year's programme as a draft: days moved, people, figures, money and sources left out."""
    import dataclasses

    from django.utils.translation import gettext as _

    from tansiq.config import asked, copying
    from tansiq.core import journal

    copied, loaded = copying.copy(
        _programme(given.slug), slug=given.new_slug, first_day=asked.day(given.first_day), by=given.by,
        actor=journal.CLI, now=_now(), dry_run=given.dry_run or bool(given.output),
    )  # fmt: skip
    if given.output and not given.dry_run:
        _write_file(copied.data, given.output)
    say(f"{loaded.slug}: {copied.first_day.isoformat()}")
    for section, (new, _changed, _same) in loaded.counts.items():
        say(f"{loaded.slug}: {section}: +{new}")
    if copied.left_out:
        say(_("Left out"))
        for line in copied.left_out:
            say(f"- {line}")
    if copied.look_at:
        say(_("Look at this in the draft"))
        for one in copied.look_at:
            say(f"- {one.path}: {one.what} {one.text}" if one.path else f"- {one.what}")
    if given.json:
        print_json(
            {
                "slug": loaded.slug, "first_day": copied.first_day, "counts": loaded.counts,
                "left_out": copied.left_out, "look_at": [dataclasses.asdict(one) for one in copied.look_at],
                "stored": bool(loaded.written), "file": None if given.dry_run else given.output,
            }
        )  # fmt: skip


def _programme(slug: str):
    from django.utils.translation import gettext as _

    from tansiq.core.errors import Refused
    from tansiq.core.exchange import nearest
    from tansiq.programme.models import Programme

    programme = Programme.objects.filter(slug=slug).first()
    if programme is None:
        known = list(Programme.objects.values_list("slug", flat=True))
        raise Refused(
            _("There is no programme “%(slug)s”. Known: %(known)s.")
            % {"slug": slug, "known": ", ".join(nearest(slug, known) or known) or "-"}
        )
    return programme


def _archive_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("slug")
    parser.add_argument("-o", "--output", required=True, metavar="FILE.zip")


@command("archive", _archive_arguments)
def archive(given: argparse.Namespace) -> None:
    """A whole programme in one ZIP that is read without the software, and loads back."""
    from tansiq.config import archive as archives

    programme = _programme(given.slug)
    to = Path(given.output)
    to.parent.mkdir(parents=True, exist_ok=True)
    part = to.with_name(f"{to.name}.part")
    try:
        with part.open("wb") as out:
            found = archives.write(programme, out, now=_now())
        part.replace(to)
    finally:
        part.unlink(missing_ok=True)
    say(f"{to}: {len(found)}")


def _schema_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=["programme", "pack"])
    parser.add_argument("--xlsx", metavar="FILE", help="write the workbook template instead")


@command("schema", _schema_arguments)
def schema(given: argparse.Namespace) -> None:
    """The JSON Schema of a programme file or a country pack; with --xlsx the template to fill in."""
    from tansiq.config import shape

    if given.xlsx:
        from tansiq.config import workbook

        write_out(workbook.template(), given.xlsx)
        return
    json.dump(shape.schema(given.kind), sys.stdout, ensure_ascii=False, indent=2)
    print()


def _person_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["export", "erase", "merge", "unmerge", "alike"])
    parser.add_argument("uuid", nargs="*", help="one person; for merge the one that is kept, then the one that goes")
    parser.add_argument("--because", default="", help="for merge: why the two are one person")
    parser.add_argument(
        "--take", action="append", default=[], metavar="FIELD",
        help="for merge: email, telephone or name.LANG whose value comes from the one that goes",
    )  # fmt: skip
    parser.add_argument("-o", "--output")
    parser.add_argument("--json", action="store_true")


@command("person", _person_arguments)
def person(given: argparse.Namespace) -> None:
    """All we hold of one person; erase it; make one of two records of a person, and undo that; who may be one person.

    With --json merge prints {"kept", "dropped", "moved": {name: number}, "other_spellings"}, alike a list of {"first",
    "second", "score", "same_email", "same_telephone"}, best first.
    """
    from tansiq.config import sameness
    from tansiq.core import journal
    from tansiq.people import privacy

    wanted = {"merge": 2, "alike": 0}.get(given.action, 1)
    if len(given.uuid) != wanted:
        say(f"tansiq person {given.action}: {wanted} identifiers, not {len(given.uuid)}")
        raise SystemExit(2)
    if given.action == "export":
        data = privacy.export(privacy.find(given.uuid[0]))
        write_out(json.dumps(data, ensure_ascii=False, indent=2, default=str) + "\n", given.output)
    elif given.action == "erase":
        privacy.erase(privacy.find(given.uuid[0]), by=journal.CLI, now=_now())
    elif given.action == "alike":
        rows = sameness.alike(now=_now())
        if given.json:
            print_json(rows)
            return
        for one in rows:
            print(one["first"], one["second"], one["score"], sep="\t")
    else:
        if given.action == "merge":
            done = sameness.merge(*given.uuid, because=given.because, take=given.take, now=_now())
        else:
            done = sameness.unmerge(given.uuid[0], now=_now())
        if given.json:
            print_json(done)
        else:
            print(done["kept"])


def _letters_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", help="such as invitation, thanks, nomination-request")
    parser.add_argument("programme")
    parser.add_argument("--activity", help="what it is about; by default the first activity of the programme")
    parser.add_argument("--to", nargs="+", metavar="ORG", help="by default whoever has a part in it")
    parser.add_argument("--lang", default="", help="a language of the site, or own; by default its first")
    parser.add_argument("--service", help="the function that signs")
    parser.add_argument("--date", help="by default today")
    parser.add_argument("--answer-by")
    parser.add_argument("--places", type=int)
    parser.add_argument("-o", "--output", required=True, metavar="DIR")
    parser.add_argument("--json", action="store_true")


@command("letters", _letters_arguments)
def letters(given: argparse.Namespace) -> None:
    """Write letters from the records: each is numbered, registered, and put as DOCX and PDF into a folder."""
    from tansiq.config import asked

    rows = asked.letters(given, say=say)
    if given.json:
        print_json(rows)


def _impact_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("activity")
    parser.add_argument(
        "--set", action="append", required=True, metavar="FIELD=VALUE",
        help="when, within, part, time, end_time, state, kind, mode, title, title.LANG, where, number, hours (of the certificates), organisation=+SLUG:ROLE or -SLUG",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true")


@command("impact", _impact_arguments)
def impact(given: argparse.Namespace) -> None:
    """What becomes false if an activity changed; changes nothing."""
    from tansiq.config import asked

    report = asked.impact(given.activity, given.set)
    if given.json:
        print_json(report)
        return
    for one in report["affected"]:
        print(f"{one['kind']}\t{one['what']}\t{one['url']}")


def _glossary_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="a text in UTF-8, or a Word document (.docx)")
    parser.add_argument("--lang", required=True, help="the language of the file")
    parser.add_argument("--of", metavar="ORIGINAL", help="the text that the file translates, to find what it lacks")
    parser.add_argument("--of-lang", metavar="LANG", help="the language of the original")
    parser.add_argument("--json", action="store_true")


@command("glossary", _glossary_arguments)
def glossary(given: argparse.Namespace) -> None:
    """Words of a text that the approved glossary avoids; with --of also terms of the original that it lacks.

    `avoid` stands in the file. `missing` and `hint` (a word that is often rightly said otherwise) stand in the original,
    and their line and column are the original's. What is found is advice: the exit code stays 0. In the JSON `start` and
    `end` count code points of the text in NFC.
    """
    from tansiq.config import asked

    report, lines = asked.glossary(given.file, given.lang, of=given.of, of_language=given.of_lang)
    if given.json:
        print_json(report)
        return
    for line in lines:
        print(line)
