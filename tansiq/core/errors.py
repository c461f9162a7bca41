"""Refusals: what was asked, what stopped it, what to do, in the user's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class Refused(Exception):
    """An expected refusal, shown to the user as it is.

    message  a sentence (may be lazily translated) that says what was asked, what stopped it and what to do
    details  values that a caller may need, such as `available=12`; kept as attributes
    """

    def __init__(self, message: Any, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        for name, value in details.items():
            setattr(self, name, value)

    def __str__(self) -> str:
        return str(self.message)


@dataclass(frozen=True, order=True)
class Problem:
    """One thing wrong in a file that somebody gave us.

    place    where to look: "programme.yaml:12", "plan.xlsx!activities!B4"
    path     which value: "activities[1].when.date"; empty for the file as a whole
    message  what is wrong and how to mend it
    """

    place: str
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.path}: {self.message}" if self.path else f"{self.place}: {self.message}"


class BadInput(Refused):
    """A file that was refused whole; `problems` holds every error found, in the file's order."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
