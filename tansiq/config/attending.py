"""Conference reports on the command line: read, shown as data, applied."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.config.registering import admission_of
from tansiq.core import journal
from tansiq.core.errors import BadInput, Problem, Refused
from tansiq.participation import attendance


def attend(slug: str, files: Sequence[Path], *, mapping: Sequence[str] = (), applies: bool = False) -> dict[str, Any]:
    """Read reports, and with `applies` keep them. Raises BadInput, AnotherMeeting.

    {"activity", "rows", "people": [{"registration", "number", "name", "minutes", "days", "matched_by", "score", "shown"}],
    "to_decide": [{"name", "email", "minutes", "candidates": [{"registration", "number", "name", "score", "why"}]}],
    "ignored": [{"report", "row", "name", "why"}], "notes", "applied"}
    """
    admission = admission_of(slug)
    loaded = attendance.load(admission, list(_contents(files)), mapping=_mapping(mapping))
    if applies:
        reading = attendance.apply(admission=admission, loaded=loaded, by=journal.CLI, now=timezone.now())
    else:
        reading = attendance.read(admission, loaded)
    return {
        "activity": slug, "rows": reading.rows, "people": [_present(one) for one in reading.people],
        "to_decide": [_open(one) for one in reading.to_decide],
        "ignored": [{"report": one.file_name, "row": one.row, "name": one.name, "why": str(one.why)} for one in reading.ignored],
        "notes": reading.notes, "applied": applies,
    }  # fmt: skip


def _present(one: attendance.Present) -> dict[str, Any]:
    row = one.registration
    return {
        "registration": str(row.pk), "number": row.number, "name": str(row.person), "minutes": sum(one.minutes.values()),
        "days": {day.isoformat(): number for day, number in one.minutes.items()}, "matched_by": one.matched_by,
        "score": one.score, "shown": one.names,
    }  # fmt: skip


def _open(one: Any) -> dict[str, Any]:
    return {
        "name": one.shown.name, "email": one.shown.first.email, "minutes": attendance.minutes(one.shown.intervals),
        "candidates": [
            {
                "registration": str(each.registration.pk), "number": each.registration.number, "name": each.name,
                "score": each.score, "why": each.why,
            }
            for each in one.candidates
        ],
    }  # fmt: skip


def _contents(files: Sequence[Path]) -> Any:
    """(name, bytes) of each file. Raises BadInput with every one that cannot be read."""
    found, problems = [], []
    for file in files:
        try:
            found.append((file.name, file.read_bytes()))
        except OSError as error:
            message = _("This file cannot be read: %(why)s.") % {"why": error.strerror}
            problems.append(Problem(str(file), "", message))
    if problems:
        raise BadInput(problems)
    return found


def _mapping(given: Sequence[str]) -> dict[str, str] | None:
    pairs = dict(one.split("=", 1) for one in given if "=" in one)
    if len(pairs) != len(given):
        raise Refused(_("Write what a column holds as name=“title of the column”, once each."))
    return pairs or None
