"""What every command needs: the registry, and where its words go."""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

COMMANDS: dict[
    str, tuple[Callable[[argparse.Namespace], int | None], Callable[[argparse.ArgumentParser], Any], str]
] = {}


def command(name: str, arguments: Callable[[argparse.ArgumentParser], Any] = lambda parser: None) -> Callable:
    """Register a function as `tansiq NAME`; its docstring is the help."""

    def wrap(function: Callable) -> Callable:
        COMMANDS[name] = (function, arguments, inspect.cleandoc(function.__doc__ or ""))
        return function

    return wrap


def say(text: Any = "") -> None:
    print(text, file=sys.stderr, flush=True)


def print_json(data: Any) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def write_out(text: str | bytes, to: str | None) -> None:
    """To the file of `-o`, or to standard output."""
    data = text.encode() if isinstance(text, str) else text
    if to:
        Path(to).parent.mkdir(parents=True, exist_ok=True)
        Path(to).write_bytes(data)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
