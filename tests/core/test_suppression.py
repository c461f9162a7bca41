"""What a table may say: no number under five, and none that the others give away."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tansiq.core.suppression import gives_away, is_few, shown

TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 12), min_size=width, max_size=width), min_size=1, max_size=5)
)


def test_small_numbers_go_and_others_with_them_so_that_totals_do_not_give_them_away():
    assert shown([[12, 3], [9, 8]]) == [[None, None, 15], [None, None, 17], [21, 11, 32]]


def test_a_table_without_small_numbers_is_said_whole():
    assert shown([[12, 0], [9, 8]]) == [[12, 0, 12], [9, 8, 17], [21, 8, 29]]


def test_an_empty_table_has_a_total_of_nought():
    assert shown([]) == [[0]]


def given_away(table):
    """Hidden cells that are the same in every table with these sums: by elimination over the unknown cells."""
    said = shown(table)
    rows = [[*row, sum(row)] for row in table]
    rows.append([sum(column) for column in zip(*rows, strict=True)])
    unknown = [(r, c) for r, line in enumerate(said) for c, value in enumerate(line) if value is None]
    last_r, last_c = len(rows) - 1, len(rows[0]) - 1
    equations = []
    for r in range(len(rows)):
        equations.append([(1 if c != last_c else -1) if r == ur else 0 for ur, c in unknown])
    for c in range(len(rows[0])):
        equations.append([(1 if r != last_r else -1) if c == uc else 0 for r, uc in unknown])
    matrix = [[Fraction(value) for value in line] for line in equations if any(line)]
    pivots, at = [], 0
    for column in range(len(unknown)):
        pivot = next((row for row in range(at, len(matrix)) if matrix[row][column]), None)
        if pivot is None:
            continue
        matrix[at], matrix[pivot] = matrix[pivot], matrix[at]
        matrix[at] = [value / matrix[at][column] for value in matrix[at]]
        for row in range(len(matrix)):
            if row != at and matrix[row][column]:
                factor = matrix[row][column]
                matrix[row] = [a - factor * b for a, b in zip(matrix[row], matrix[at], strict=True)]
        pivots.append(column)
        at += 1
    return [unknown[column] for at, column in enumerate(pivots) if sum(bool(value) for value in matrix[at]) == 1]


@settings(max_examples=300, deadline=None)
@given(TABLES)
def test_no_hidden_number_follows_from_those_that_are_said(table):
    assert given_away(table) == []


@settings(max_examples=200, deadline=None)
@given(TABLES)
def test_what_is_said_is_true_and_none_of_it_is_small(table):
    said = shown(table)
    for row, line in enumerate(table):
        for column, count in enumerate(line):
            assert said[row][column] in (None, count)
            assert said[row][column] is None or not 0 < count < 5
    assert all(value is None or not 0 < value < 5 for line in said for value in line)


def test_the_check_of_the_test_finds_a_number_that_is_given_away(monkeypatch):
    """Without the second step the first table would tell that 15 - 12 is 3."""
    from tansiq.core import suppression

    monkeypatch.setattr(suppression, "_bridge", lambda hidden: None)
    assert given_away([[12, 3], [9, 8]]) == [(0, 1)]


def test_a_number_is_few_or_gives_one_away_beside_the_whole_that_it_is_part_of():
    assert [is_few(number) for number in (None, 0, 4, 5)] == [True, True, True, False]
    assert [gives_away(12, said) for said in (12, 11, 8, 7, 0)] == [False, True, True, False, False]
    assert (gives_away(4), gives_away(0), gives_away(5)) == (True, False, False)
