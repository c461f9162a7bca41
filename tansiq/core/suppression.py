"""Small numbers are not said, and cannot be worked out from the totals beside them.

A table with its totals is a net: each row and each column adds up to its total. A hidden cell can be worked out exactly
when it is the only way between its row and its column, a bridge; so cells are hidden until none is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SMALLEST = 5
FEWER = f"< {SMALLEST}"  # what stands where a number is not said


def is_few(number: int | None) -> bool:
    """Of so few people, or none, nothing is said outside the office that holds the records."""
    return number is None or number < SMALLEST


def gives_away(number: int, *said: int) -> bool:
    """Is it small, or does it make a small number with one that is said beside it, of which it is part or whole?"""
    return any(0 < abs(number - one) < SMALLEST for one in (0, *said))


def shown(table: Sequence[Sequence[int]], *, smallest: int = SMALLEST) -> list[list[int | None]]:
    """The table with a last column and a last row of totals; None where a number is not said.

    table  counts, row by row, all rows of one length
    Numbers from 1 to `smallest` - 1 are hidden, totals too, and as few others as are needed. Nought is said.
    """
    rows = [[*row, sum(row)] for row in table]
    rows.append([sum(column) for column in zip(*rows, strict=True)] if rows else [0])
    hidden = {
        (row, column) for row, line in enumerate(rows) for column, count in enumerate(line) if 0 < count < smallest
    }
    # A table with one row has it twice, as the row and as the total.
    while (found := _bridge(hidden)) is not None:
        more = _cheapest(rows, hidden, found)
        if more is None:
            break
        hidden.add(more)
    return [
        [None if (row, column) in hidden else count for column, count in enumerate(line)]
        for row, line in enumerate(rows)
    ]


def _bridge(hidden: set[tuple[int, int]]) -> tuple[int, int] | None:
    """A hidden cell that the rest of the table gives away."""
    for cell in sorted(hidden):
        if not _joined(hidden - {cell}, cell):
            return cell
    return None


def _joined(hidden: set[tuple[int, int]], cell: tuple[int, int]) -> bool:
    """Is there a way from the cell's row to its column over hidden cells?"""
    start, goal = ("row", cell[0]), ("column", cell[1])
    seen: set[Any] = {start}
    step = [start]
    while step:
        kind, number = step.pop()
        for row, column in hidden:
            if (row if kind == "row" else column) != number:
                continue
            beside = ("column", column) if kind == "row" else ("row", row)
            if beside == goal:
                return True
            if beside not in seen:
                seen.add(beside)
                step.append(beside)
    return False


def _cheapest(rows: list[list[int]], hidden: set[tuple[int, int]], cell: tuple[int, int]) -> tuple[int, int] | None:
    """The smallest number in the row or column of a bridge that is still said; a total only if nothing else will do."""
    last_row, last_column = len(rows) - 1, len(rows[0]) - 1
    choices = [(row, cell[1]) for row in range(len(rows))] + [(cell[0], column) for column in range(len(rows[0]))]
    free = [one for one in choices if one not in hidden]
    if not free:
        free = [
            (row, column) for row in range(len(rows)) for column in range(len(rows[0])) if (row, column) not in hidden
        ]

    def cost(one: tuple[int, int]) -> tuple[Any, ...]:
        number = rows[one[0]][one[1]]
        return (one[0] == last_row) + (one[1] == last_column), number == 0, number, one

    return min(free, key=cost, default=None)
