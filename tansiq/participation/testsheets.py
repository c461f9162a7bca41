"""Tests that were answered on paper, from a table: a row for each sheet, a column for each question."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tansiq.core import columns, tables
from tansiq.core.errors import BadInput, Problem, Refused
from tansiq.core.language import fold
from tansiq.core.localized import Localized
from tansiq.participation import assessments, marking
from tansiq.participation.models import Assessment, Attempt, Registration


@dataclass
class _Sheet:
    """One row that can be typed in."""

    row: tables.Row
    registration: Registration
    number: int
    answers: dict[str, list[int]]


def template(assessment: Assessment, people: Iterable[Registration]) -> tables.Sheet:
    """The table to fill in, with a row for each of these people."""
    ids = [one["id"] for one in assessment.questions]
    notes = {one["id"]: Localized(one["text"]).plain for one in assessment.questions}
    rows = [[row.number, None, *(None for _id in ids)] for row in people]
    return tables.Sheet(assessment.activity.slug[:31], ["number", "try", *ids], rows, notes=notes)


@transaction.atomic
def enter(assessment: Assessment, moment: str, table: tables.Table, *, by: Any, now: dt.datetime) -> dict[str, Any]:
    """Type in every row of a table, or none: all errors are named at once. The same table again changes nothing.

    {"activity", "moment", "rows", "sheets": [{"row", "registration", "number", "try", "score", "done"}]}; done is "new",
    "unchanged" or "corrected". Raises BadInput.
    """
    where, questions = _columns(assessment, table)
    people = Registration.objects.filter(admission__activity=assessment.activity_id)
    rows = list(people.select_related("admission__activity", "person"))
    by_number = {str(row.number): row for row in rows}
    by_address = {row.address_key: row for row in rows if row.address_key and not row.is_over}
    problems: list[Problem] = []
    reading = _Reading(table, where, questions, assessment.questions, by_number, by_address, problems)
    sheets = [one for row in table.rows if (one := reading.sheet(row))]
    seen: dict[tuple[Any, int], int] = {}
    report = []
    for one in sheets:
        first = seen.setdefault((one.registration.pk, one.number), one.row.number)
        if first != one.row.number:
            message = _("This person’s sheet stands in row %(row)s already.") % {"row": first}
            problems.append(table.problem(one.row, 0, message))
            continue
        try:
            attempt, done = assessments.type_in(
                row=one.registration, assessment=assessment, moment=moment, number=one.number, answers=one.answers,
                by=by, now=now,
            )  # fmt: skip
        except assessments.BadAnswers as refusal:
            found: Any = refusal
            problems += [table.problem(one.row, questions[key], why) for key, why in found.faults.items()]
        except Refused as refusal:
            problems.append(table.problem(one.row, 0, str(refusal)))
        else:
            report.append(_line(one, attempt, done))
    if problems:
        raise BadInput(sorted(problems, key=_order))
    return {"activity": assessment.activity.slug, "moment": moment, "rows": len(report), "sheets": report}


def _order(problem: Problem) -> tuple[int, str]:
    digits = "".join(char for char in problem.place.rpartition("!")[2].rpartition(":")[2] if char.isdigit())
    return int(digits or 0), problem.path


def _line(one: _Sheet, attempt: Attempt, done: str) -> dict[str, Any]:
    return {
        "row": one.row.number, "registration": str(one.registration.pk), "number": one.registration.number,
        "try": one.number, "score": float(attempt.score or 0), "done": done,
    }  # fmt: skip


def _columns(assessment: Assessment, table: tables.Table) -> tuple[dict[str, int], dict[str, int]]:
    """(where number, email and try stand, where each question does). Raises BadInput with every column that is missing.

    A question is headed by its identifier or by its number in the test: "consent", "3", "Q3", "س3".
    """
    where = columns.find(table, ("number", "email", "try"), needs=())
    questions: dict[str, int] = {}
    ids = [one["id"] for one in assessment.questions]
    problems = []
    for index, title in enumerate(table.header):
        key = _question(title, ids)
        if index in where.values():
            continue
        if key is not None and key not in questions:
            questions[key] = index
        elif title:
            known = ", ".join(ids)
            message = _("“%(title)s” is no question of this test, or stands twice. Known: %(known)s.")
            problems.append(Problem(f"{table.name}:1", title, message % {"title": title[:60], "known": known}))
    if not {"number", "email"} & set(where):
        labels = [str(columns.LABELS[name]) for name in ("number", "email")]
        problems += columns.missing(f"{table.name}:1", labels, table.header).problems
    missing = [key for key in ids if key not in questions]
    if missing:
        message = _("These questions have no column: %(missing)s.") % {"missing": ", ".join(missing)}
        problems.append(Problem(f"{table.name}:1", "", message))
    if problems:
        raise BadInput(problems)
    return where, questions


def _question(title: str, ids: list[str]) -> str | None:
    if title in ids:
        return title
    digits = title.strip().lstrip("QqسS").strip(" .")
    if digits.isdecimal() and len(digits) < 4 and 1 <= int(digits) <= len(ids):
        return ids[int(digits) - 1]
    return next((one for one in ids if fold(one) == fold(title)), None)


@dataclass
class _Reading:
    """A table whose columns are known, and what is wrong with its rows so far."""

    table: tables.Table
    where: dict[str, int]
    questions: dict[str, int]
    asked: list[dict[str, Any]]
    by_number: dict[str, Registration]
    by_address: dict[str, Registration]
    problems: list[Problem]

    def sheet(self, row: tables.Row) -> _Sheet | None:
        """A row as a sheet; None with everything that is wrong with it among the problems."""
        before = len(self.problems)
        found = self._person(row)
        which = row.text(self.where.get("try")) or "1"
        if which not in ("1", "2"):
            self._wrong(row, self.where["try"], _("There is a first and a second try. Write 1 or 2."))
        answers = {}
        for key, index in self.questions.items():
            written = row.text(index)
            numbers = [marking.option_number(part) for part in parts(written)]
            if None in numbers:
                message = _(
                    "“%(given)s” names no answer. Write its number or its letter; several are parted by commas."
                )
                self._wrong(row, index, message % {"given": written[:60]})
            answers[key] = [one for one in numbers if one is not None]
        for key, why in marking.faults(self.asked, answers).items():
            self._wrong(row, self.questions[key], why)
        return None if found is None or len(self.problems) > before else _Sheet(row, found, int(which), answers)

    def _person(self, row: tables.Row) -> Registration | None:
        number, address = row.text(self.where.get("number")), row.text(self.where.get("email")).lower()
        number = str(int(number)) if number.isdecimal() and len(number) < 10 else number
        found = self.by_number.get(number) if number else self.by_address.get(address)
        if found is None:
            index = (
                self.where["email"] if "number" not in self.where or (address and not number) else self.where["number"]
            )
            given = (number or address)[:80]
            message = (
                _("Nobody is registered here as “%(given)s”.") if given else _("This row says of nobody whose it is.")
            )
            self._wrong(row, index, message % {"given": given} if given else message)
        elif number and self.by_address.get(address, found) != found:
            self._wrong(
                row, self.where["email"], _("The number and the e-mail are of two people. Correct one of them.")
            )
        return found

    def _wrong(self, row: tables.Row, index: int, message: str) -> None:
        self.problems.append(self.table.problem(row, index, message))


def parts(written: str) -> list[str]:
    """What several answers are parted by: a comma, a space and their like."""
    for mark in "،;+/ ":
        written = written.replace(mark, ",")
    return [part for part in written.split(",") if part]
