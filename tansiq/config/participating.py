"""Commands about who comes: people registered from a file, who was there by reports, names compared."""

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
