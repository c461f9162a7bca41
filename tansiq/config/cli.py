"""The `tansiq` command. Exit codes: 0 done, 1 refused, 2 bad usage or bad input. Progress goes to standard error."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from typing import Any

from tansiq.config.console import COMMANDS, say


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="tansiq", description="One programme, entered once, drives the rest.")
    inner = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (_function, arguments, text) in COMMANDS.items():
        one = inner.add_parser(name, help=text.splitlines()[0] if text else None, description=text)
        arguments(one)
    return top


def main(argv: list[str] | None = None) -> None:
    """Entry point: parse, start Django, run, translate refusals into messages and exit codes."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tansiq.config.settings")
    words = sys.argv[1:] if argv is None else argv
    if words and words[0] == "demo":
        os.environ.setdefault("TANSIQ_DEMO", "1")
    if words and words[0] in ("makemigrations", "shell", "collectstatic", "sqlmigrate", "showmigrations", "dbshell"):
        from django.core.management import execute_from_command_line

        execute_from_command_line(["tansiq", *words])
        return
    if argv is None:
        gc.disable()  # until all is loaded
    from tansiq.config import commands  # noqa: F401  (registers them)

    given = parser().parse_args(words)
    if given.command == "demo":
        os.environ.setdefault("TANSIQ_SITE_URL", f"http://127.0.0.1:{given.port}")  # calendars and feeds carry it
        given.server = _first_the_site(given)
    import django

    django.setup()
    if argv is None:
        collect_seldom()
    from django.db import OperationalError, ProgrammingError
    from django.utils import translation
    from django.utils.translation import gettext as _

    from tansiq.core.errors import BadInput, Refused

    translation.activate(_language())
    try:
        code = COMMANDS[given.command][0](given)
    except BadInput as error:
        for problem in error.problems:
            say(problem)
        count = len(error.problems)
        from django.utils.translation import ngettext

        say(ngettext("%(n)s error; nothing was stored.", "%(n)s errors; nothing was stored.", count) % {"n": count})
        code = 2
    except Refused as error:
        say(error)
        code = 1
    except (OperationalError, ProgrammingError) as error:
        if not any(words in str(error) for words in ("no such table", "does not exist", "no such column")):
            raise
        say(_("The tables are missing or older than this version. Run: tansiq migrate"))
        code = 1
    except BrokenPipeError:
        code = 0
    except KeyboardInterrupt:
        code = 130
    raise SystemExit(code or 0)


def collect_seldom() -> None:
    """For a process of its own: what a start makes stays, and what a command makes is looked through less often.

    On ten thousand rows the collector takes a quarter of the time otherwise.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def _first_the_site(given: argparse.Namespace) -> Any:
    """At a second start all is in place: the site answers before this process has loaded Django for itself."""
    from tansiq.config import commands, web

    if given.no_serve or not web.is_prepared(commands.EXAMPLES):
        return None
    return web.start(host="127.0.0.1", port=given.port)


def _language() -> str:
    """The operator's language where the site offers it (LANG, LC_ALL), else English, else the site's first."""
    from django.conf import settings

    offered = [code for code, _name in settings.LANGUAGES]
    wanted = (os.environ.get("LC_ALL") or os.environ.get("LANG") or "").split("_")[0].split(".")[0]
    for code in (wanted, "en"):
        if code in offered:
            return code
    return "en"
