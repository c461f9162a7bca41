"""Commands about who comes: nominations, guests, registrations, who was there, tests, certificates, names compared."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tansiq.config.console import command, print_json


def _register_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("activity")
    parser.add_argument("file", help=".csv or .xlsx with a row for each person")
    parser.add_argument("--json", action="store_true")


@command("register", _register_arguments)
def register(given: argparse.Namespace) -> None:
    """Register the people of a file for an activity, in the file's order and by the same rules as the public form.

    Columns: name (in whichever script), or one for each script (name_ar, name_fr); email, region (code or name),
    profession, organisation, sex, language. A row that stands as it did before is the same registration, not a new one.
    A row that cannot be registered is named under `refused`, and the others are registered.
    """
    from tansiq.config import registering

    report = registering.register(given.activity, Path(given.file))
    if given.json:
        print_json(report)
        return
    for name in ("confirmed", "waiting", "refused"):
        for one in report[name]:
            print(name, *one.values(), sep="\t")
    print(f"{report['activity']}: {report['left']} / {report['capacity']}", file=sys.stderr)


def _nominate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("activity")
    parser.add_argument("file", help="the .xlsx sheet of a request, filled in; or a .csv")
    parser.add_argument(
        "--from", dest="organisation", default="", metavar="ORG", help="where the file does not say whose it is"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what it would change, and change nothing")
    parser.add_argument("--json", action="store_true")


@command("nominate", _nominate_arguments)
def nominate(given: argparse.Namespace) -> None:
    """Read the sheet of names that an administration sent back: all of it, or nothing with every fault by its cell.

    The same sheet again changes nothing. Those named become registrations when the list is taken over at the desk.
    """
    from tansiq.config import nominating

    report = nominating.nominate(given.activity, Path(given.file), given.organisation, dry_run=given.dry_run)
    if given.json:
        print_json(report)
        return
    for one in report["nominees"]:
        print(one["state"], one["region"] or "-", one["name"], sep="\t")
    numbers = ", ".join(f"{name} {report[name]}" for name in ("added", "changed", "removed", "missing"))
    print(f"{report['organisation']}: {numbers}", file=sys.stderr)


def _nominations_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("activity")
    parser.add_argument("--json", action="store_true")


@command("nominations", _nominations_arguments)
def nominations(given: argparse.Namespace) -> None:
    """Which administrations were asked for names, what they gave, what is missing, and what is to be done about it."""
    from tansiq.config import nominating

    report = nominating.overview(given.activity)
    if given.json:
        print_json(report)
        return
    for one in report["requests"]:
        print(
            one["organisation"], one["state"], f"{one['named']}/{one['asked']}", " ".join(one["to_do"]) or "-", sep="\t"
        )
    for text in report["warnings"]:
        print(text, file=sys.stderr)


def _attendance_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("activity")
    parser.add_argument("reports", nargs="+", metavar="REPORT", help="as the conference system exports them")
    parser.add_argument("--apply", action="store_true", help="keep what they say of who was there")
    parser.add_argument("--column", action="append", default=[], metavar="MEANING=TITLE", help="for any other table")
    parser.add_argument("--json", action="store_true")


@command("attendance", _attendance_arguments)
def attend(given: argparse.Namespace) -> None:
    """Who was there, and for how many minutes, by the reports of Zoom, Teams, BigBlueButton, Meet, Jitsi or any table.

    Without --apply it only shows who matched whom on what evidence, and who needs a person; nothing is written.
    """
    from tansiq.config import attending

    report = attending.attend(
        given.activity, [Path(one) for one in given.reports], mapping=given.column, applies=given.apply
    )
    if given.json:
        print_json(report)
        return
    for one in report["people"]:
        print(one["number"], one["name"], one["minutes"], one["matched_by"], one["score"], sep="\t")
    for one in report["to_decide"]:
        print("?", one["name"], one["minutes"], sep="\t")
        for each in one["candidates"]:
            print("", each["number"], each["name"], each["score"], each["why"], sep="\t")
    for one in report["ignored"]:
        print("-", f"{one['report']}:{one['row']}", one["name"], one["why"], sep="\t")
    for note in report["notes"]:
        print(note, file=sys.stderr)


def _evidence_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("activity")
    parser.add_argument("-o", metavar="FILE.zip", dest="file", required=True)
    parser.add_argument("--language", default="", help="of the papers; left out: the first of the site")
    parser.add_argument("--with-names", action="store_true", help="also who was there, and scans of signed sheets")


@command("evidence", _evidence_arguments)
def evidence(given: argparse.Namespace) -> None:
    """Everything that shows an activity in one ZIP: flash report, agenda, pictures that may be shown; names if asked for."""
    from django.conf import settings
    from django.utils import timezone

    from tansiq.config.console import write_out
    from tansiq.config.registering import admission_of
    from tansiq.core import journal
    from tansiq.participation import evidence

    content = evidence.pack(
        admission_of(given.activity), language=given.language or settings.LANGUAGE_CODE, with_names=given.with_names,
        by=journal.CLI, now=timezone.now(),
    )  # fmt: skip
    write_out(content, given.file)


def _cascade_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("programme", nargs="?", help="only what was led in it; generations are counted over all")
    parser.add_argument("--json", action="store_true")


@command("cascade", _cascade_arguments)
def cascade(given: argparse.Namespace) -> None:
    """Who trained whom: generation, people reached by each trainer, each counted once, until when it counts.

    With --json {"people", "generations": [{"number", "people", "trainers"}], "trainers": [{"trainer", "name",
    "generation", "direct", "reached", "valid_until", "activities"}]}.
    """
    from tansiq.config.asked import one_of
    from tansiq.participation import cascade
    from tansiq.programme.models import Programme

    found = cascade.of(activities=one_of(Programme, given.programme).activities.all() if given.programme else None)
    if given.json:
        print_json(
            {
                "people": found.people, "generations": [vars(one) for one in found.generations],
                "trainers": [
                    {
                        "trainer": str(line.trainer.pk), "name": str(line.trainer.person), "generation": line.generation,
                        "direct": line.direct, "reached": line.reached, "valid_until": line.valid_until,
                        "activities": [one.slug for one in line.activities],
                    }
                    for line in found.lines
                ],
            }
        )  # fmt: skip
        return
    for line in found.lines:
        until = line.valid_until or "-"
        print(
            "-" if line.generation is None else line.generation,
            line.trainer,
            line.direct,
            line.reached,
            until,
            sep="\t",
        )
    for one in found.generations:
        print(f"{one.number}: {one.people} ({one.trainers})", file=sys.stderr)


def _test_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("activity")
    parser.add_argument("moment", help="before or after")
    parser.add_argument("file", help=".csv or .xlsx with a row for each sheet of paper")
    parser.add_argument("--json", action="store_true")


@command("test", _test_arguments)
def test(given: argparse.Namespace) -> None:
    """Type in the tests of a file that were answered on paper: all of them, or none with every error named.

    Columns: number (of registration) or email; try (1 or 2, left out: 1); one for each question, headed by its identifier
    or its number, with the number or the letter of the answer; several are parted by commas, an empty cell is an open
    question. The same file again changes nothing; a sheet that was typed wrongly is mended. What somebody handed in by the
    own link is never changed.
    """
    from django.utils import timezone

    from tansiq.config import assessing
    from tansiq.core import journal

    report = assessing.read(given.activity, given.moment, Path(given.file), by=journal.CLI, now=timezone.now())
    if given.json:
        print_json(report)
        return
    for one in report["sheets"]:
        print(one["number"], one["try"], one["score"], one["done"], sep="\t")
    print(f"{report['activity']}: {report['rows']}", file=sys.stderr)


def _names_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="*", metavar="NAME", help="two spellings, in Arabic or Latin letters")
    parser.add_argument(
        "--pairs",
        metavar="FILE.tsv",
        help="UTF-8, a header, then two columns parted by a tab; further ones are ignored",
    )
    parser.add_argument("--json", action="store_true")


@command("names", _names_arguments)
def names(given: argparse.Namespace) -> None:
    """Are these two spellings one person's name? A score from 0 to 1, and the reason.

    From 0.5 on two full names are rather one person's than not. With --pairs each row of a file is compared; --json then
    prints a list of {"a", "b", "score"} in the order of the file.
    """
    from django.utils.translation import gettext as _

    from tansiq.core.errors import BadInput, Problem
    from tansiq.people.names import compare

    if (given.pairs is None) != (len(given.names) == 2) or (given.pairs is not None and given.names):
        raise BadInput([Problem("tansiq names", "", _("Give two names, or one file with --pairs."))])
    if given.pairs is None:
        one, other = given.names
        likeness = compare(one, other)
        if given.json:
            print_json({"a": one, "b": other, "score": round(likeness.score, 4), "reason": likeness.reason})
        else:
            print(f"{likeness.score:.2f}  {likeness.reason}")
        return
    rows = [
        {"a": one, "b": other, "score": round(compare(one, other).score, 6)}
        for one, other in _pairs_of(Path(given.pairs))
    ]
    if given.json:
        print_json(rows)
        return
    for row in rows:
        print(f"{row['score']:.2f}\t{row['a']}\t{row['b']}")


def _pairs_of(path: Path) -> list[tuple[str, str]]:
    """The first two columns of each row under the header; empty lines are passed over.

    Raises BadInput with every line that has only one column.
    """
    from django.utils.translation import gettext as _

    from tansiq.core.errors import BadInput, Problem

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        message = _("This file cannot be read: %(why)s.") % {"why": error.strerror}
        raise BadInput([Problem(str(path), "", message)]) from error
    except UnicodeDecodeError as error:
        message = _("This is no text in UTF-8. Save it as UTF-8 and give it again.")
        raise BadInput([Problem(str(path), "", message)]) from error
    pairs, problems = [], []
    # Only line feeds part lines: a name may hold a separator that Unicode counts as one.
    for number, line in enumerate(text.split("\n")[1:], start=2):
        columns = [column.strip() for column in line.rstrip("\r").split("\t")]
        if len(columns) > 1:
            pairs.append((columns[0], columns[1]))
        elif columns[0]:
            message = _("This line has one column. Write two names with a tab between them.")
            problems.append(Problem(f"{path}:{number}", "", message))
    if problems:
        raise BadInput(problems)
    return pairs


def _invite_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("activity")
    parser.add_argument("file", help=".csv or .xlsx with a row for each guest")
    parser.add_argument(
        "--apart",
        type=int,
        nargs="+",
        default=[],
        metavar="ROW",
        help="rows that are somebody else than whom they resemble",
    )
    parser.add_argument("--json", action="store_true")


@command("invite", _invite_arguments)
def invite(given: argparse.Namespace) -> None:
    """Put the guests of a file on the list of an activity; nothing is sent, and the same file again adds nobody.

    Columns: name (or name_ar, name_fr), function, organisation, rank (number or title of the country pack), language,
    e-mail, cabinet, e-mail of the cabinet, form of address, companions and the like. A file with an error adds nobody. A
    guest who resembles another is named under `to_decide` and not added.
    """
    from tansiq.config import inviting

    report = inviting.invite(given.activity, Path(given.file), apart=given.apart)
    if given.json:
        print_json(report)
        return
    for name in ("added", "unchanged", "to_decide"):
        for one in report[name]:
            print(name, *one.values(), sep="\t")


def _guests_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("activity")
    parser.add_argument("--order", choices=("precedence", "speaking", "logos"), default="precedence")
    parser.add_argument("--format", choices=("pdf", "xlsx"), help="a file in place of lines; give -o with it")
    parser.add_argument("--lang", help="of the file; the site's first language where it is not given")
    parser.add_argument("-o", "--output", metavar="FILE")
    parser.add_argument("--json", action="store_true")


@command("guests", _guests_arguments)
def guests(given: argparse.Namespace) -> None:
    """The guests of an activity in the order of precedence or of speeches, or the partners in that of their logos.

    Lines and --json say why each stands where; the file does not, for the reasons are the protocol officer's alone.
    """
    from django.utils.translation import gettext as _

    from tansiq.config import inviting
    from tansiq.core.errors import BadInput, Problem

    if given.format or given.output:
        form = given.format or Path(given.output).suffix.lstrip(".").lower()
        if not given.output or form not in ("pdf", "xlsx") or given.json:
            raise BadInput(
                [Problem("tansiq guests", "", _("Say where the file goes: -o guests.pdf or -o guests.xlsx."))]
            )
        Path(given.output).write_bytes(inviting.paper(given.activity, given.order, form, given.lang))
        return
    report = inviting.guests(given.activity, given.order)
    if given.json:
        print_json(report)
        return
    for one in report["guests"]:
        print(one["place"], one["name"], one.get("state", ""), one["why"], sep="\t")


def _certificates_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("activity")
    parser.add_argument("-o", metavar="DIR", dest="folder", help="write each as PDF and as credential (JSON) there")
    parser.add_argument("--language", default="", help="of the PDFs; without it each in its holder's language")
    parser.add_argument("--json", action="store_true")


@command("certificates", _certificates_arguments)
def certificates(given: argparse.Namespace) -> None:
    """Issue the certificates that are due for an activity, and say who gets none and why.

    Who has one keeps it: again changes nothing. The rule stands in the section `quotas` of the programme file, or at the
    desk. Each holder is told by mail.
    """
    from tansiq.config import certifying

    report = certifying.issue(
        given.activity, folder=Path(given.folder) if given.folder else None, language=given.language
    )
    if given.json:
        print_json(report)
        return
    for name in ("issued", "kept", "refused"):
        for one in report[name]:
            print(name, *one.values(), sep="\t")
    counts = " / ".join(f"{name} {len(report[name])}" for name in ("issued", "kept", "refused"))
    print(f"{report['activity']}: {counts}", file=sys.stderr)


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", metavar="FILE.pdf|CODE|CREDENTIAL.json")
    parser.add_argument(
        "--key", metavar="KEYS.json", help="check by this public key alone (JWK, JWK set or PEM), without the database"
    )
    parser.add_argument("--json", action="store_true")


@command("verify", _verify_arguments)
def verify(given: argparse.Namespace) -> int:
    """Is this certificate ours, unchanged and still good? Exit code 0 when it is, 1 when it is not.

    By its code, its PDF, or its credential (JSON or JWT). status is valid, revoked (also replaced, or past its day:
    `because` says which), unknown or tampered. With --key nothing can be known of a revocation.
    """
    from tansiq.config import certifying

    verdict = certifying.verify(given.what, key=Path(given.key) if given.key else None)
    if given.json:
        print_json(verdict.data())
    else:
        print(verdict.status, verdict.course.text().value, verdict.month, sep="\t")
    print(verdict.why, file=sys.stderr)
    return 0 if verdict.is_valid else 1


def _keys_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("do", choices=["list", "rotate", "export"])
    parser.add_argument("-o", metavar="FILE", dest="file", help="of export; standard output without it")
    parser.add_argument("--json", action="store_true")


@command("keys", _keys_arguments)
def keys(given: argparse.Namespace) -> None:
    """The keys that sign certificates: list them, make a new one, write the public halves as a JWK set.

    The first key is made when the first certificate is issued. After `rotate` the old key signs nothing more, and what it
    signed stays good. The private halves lie in the folder `keys` of the data folder, and in every backup.
    """
    import json

    from django.utils import timezone

    from tansiq.config import certifying
    from tansiq.config.console import write_out
    from tansiq.core import journal
    from tansiq.participation import keys as signing

    if given.do == "export":
        write_out(json.dumps(signing.jwks(), indent=2) + "\n", given.file)
        return
    if given.do == "rotate":
        signing.rotate(by=journal.CLI, now=timezone.now())
    rows = certifying.list_keys()
    if given.json:
        print_json(rows)
        return
    for row in rows:
        print(*row.values(), sep="\t")
