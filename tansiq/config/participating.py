"""Commands about who comes: registration from a file."""

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
