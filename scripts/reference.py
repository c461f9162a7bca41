"""Writes what the code knows about itself: `.venv/bin/python scripts/reference.py [check]`.

Without a word it writes docs/operate/settings.md, commands.md and roles.md; with `check` it writes nothing, names the
files that are not up to date and exits with 1. The settings' defaults are the code's, whatever the environment holds.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "operate"
NOTE = "<!-- Made by scripts/reference.py from the code. Change the code, then run the script. -->\n"
ACTIONS = {"view": "Sees", "add": "Adds", "change": "Changes", "delete": "Deletes"}


# --- settings -------------------------------------------------------------------------------------------------------


def settings() -> str:
    from tansiq.config.settings import Setting

    lines = [
        NOTE,
        "# Settings\n",
        "Every setting is an environment variable. There is no settings file to edit.",
        "A value that cannot be right stops the start with a sentence that says what to set.\n",
        "| variable | without it | meaning |",
        "|---|---|---|",
    ]
    for name, (default, meaning) in Setting.known.items():
        lines.append(f"| `{name}` | {_code(default)} | {_cell(meaning)} |")
    return "\n".join(lines) + "\n"


def _code(value: str) -> str:
    return f"`{value}`" if value else "empty"


def _cell(text: Any) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


# --- commands -------------------------------------------------------------------------------------------------------


def commands() -> str:
    from tansiq.config import commands as _registered  # noqa: F401  (importing registers them)
    from tansiq.config.console import COMMANDS

    lines = [
        NOTE,
        "# Commands\n",
        "`tansiq` stands in the virtual environment: `.venv/bin/tansiq`. Messages and progress go to standard error,",
        "data to standard output. Exit codes: 0 done, 1 refused (the reason is printed), 2 wrong usage or wrong input;",
        "wrong input leaves the database as it was.\n",
    ]
    for name, (_function, arguments, text) in COMMANDS.items():
        parser = argparse.ArgumentParser(prog=f"tansiq {name}", add_help=False)
        arguments(parser)
        lines += [f"## `tansiq {name}`\n", f"{text}\n", "```", *synopses(parser), "```\n", *_meanings(parser)]
    return "\n".join(lines).rstrip("\n") + "\n"


def synopses(parser: argparse.ArgumentParser) -> list[str]:
    """One line for each way to call a command; a subcommand has a line of its own."""
    own = [action for action in parser._actions if not isinstance(action, argparse._SubParsersAction)]
    inner = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    words = " ".join([parser.prog, *(_word(action) for action in own if not isinstance(action, argparse._HelpAction))])
    if not inner:
        return [words]
    return [line for action in inner for one in action.choices.values() for line in synopses(one)]


def _word(action: argparse.Action) -> str:
    value = "{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.metavar or action.dest.upper()
    if action.nargs == "+":
        value = f"{value}..."
    if not action.option_strings:
        return str(value)
    option = "|".join(action.option_strings)
    word = option if action.nargs == 0 else f"{option} {value}"
    return word if action.required else f"[{word}]"


def _meanings(parser: argparse.ArgumentParser) -> list[str]:
    rows = []
    for action in parser._actions:
        default = "" if action.default in (None, False, argparse.SUPPRESS) else f"without it: `{action.default}`"
        meaning = "; ".join(part for part in (action.help, default) if part)
        if meaning and not isinstance(action, argparse._SubParsersAction):
            rows.append(f"- `{_word(action).strip('[]')}`: {_cell(meaning)}")
    return [*rows, ""] if rows else []


# --- roles ----------------------------------------------------------------------------------------------------------


class _Holder:
    """A user who holds one role and nothing else, as far as the predicates of `rules` ask."""

    is_authenticated = is_active = True
    is_superuser = False

    def __init__(self, role: str) -> None:
        self.role = role

    def held_roles(self) -> list[tuple[str, None, None]]:
        return [(self.role, None, None)]


def roles() -> str:
    import rules
    from django.utils.translation import override
    from rules.permissions import permissions

    from tansiq.people.roles import ROLES

    lines = [
        NOTE,
        "# Roles\n",
        "A user may hold several roles. What a role may do is asked of the same predicates that the desk asks.",
        "Where a line is missing, the role may not do it for any kind of record.\n",
    ]
    with override("en"):
        for role in ROLES.values():
            holder = _Holder(role.code)
            held = [name for name in sorted(permissions) if rules.has_perm(name, holder)]
            lines += [f"## {role.name} (`{role.code}`)\n", f"{role.description}\n", *_rights(held), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _rights(held: list[str]) -> list[str]:
    by_action: dict[str, list[str]] = defaultdict(list)
    for name in held:
        app, _dot, code = name.partition(".")
        action, _bar, model = code.partition("_")
        if action in ACTIONS:
            by_action[action].append(_plural(app, model))
        else:
            by_action["also"].append(f"`{name}`")
    named = [(title, sorted(by_action[action])) for action, title in ACTIONS.items()]
    rows = [f"- {title}: {', '.join(found)}." for title, found in named if found]
    return rows + ([f"- Also holds: {', '.join(by_action['also'])}."] if by_action["also"] else [])


def _plural(app: str, model: str) -> str:
    from django.apps import apps

    return str(apps.get_model(app, model)._meta.verbose_name_plural)


# --- all ------------------------------------------------------------------------------------------------------------

PAGES = {"settings.md": settings, "commands.md": commands, "roles.md": roles}


def stale() -> list[str]:
    """The pages that do not say what the code says."""
    found = []
    for name, make in PAGES.items():
        path = FOLDER / name
        if not path.exists() or path.read_text(encoding="utf-8") != make():
            found.append(name)
    return found


def main(words: list[str]) -> int:
    import tempfile

    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tansiq.config.settings")
    os.environ.setdefault("TANSIQ_DATA", tempfile.mkdtemp(prefix="tansiq-reference-"))
    import django

    django.setup()
    if words == ["check"]:
        found = stale()
        for name in found:
            print(f"docs/operate/{name}: not up to date with the code; run scripts/reference.py", file=sys.stderr)
        return 1 if found else 0
    if words:
        print(__doc__, file=sys.stderr)
        return 2
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
