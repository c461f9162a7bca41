"""Commands about who comes: names compared, people registered from a file, certificates issued and checked."""

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
