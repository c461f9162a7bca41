"""Rows in from CSV and XLSX, rows out to them: the one way.

What comes in is hostile until measured: sizes, ratios and far-away cells are checked before a workbook is built,
and a file is taken whole or refused whole (`BadInput`). What goes out holds values only, never a formula.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
import time as clock
import unicodedata
import zipfile
import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from defusedxml import DTDForbidden
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.utils import column_index_from_string, get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from python_calamine import CalamineError, load_workbook

from tansiq.core.errors import BadInput, Problem, Refused

Cell = str | int | float | bool | date | datetime | time | None
CHOICES = "_choices"  # our hidden sheet of drop-down values; left out when the workbook comes back
PROBLEMS_SHOWN = 100
EXACT_INTEGER = 10**15  # spreadsheets keep 15 digits of a number
EARLIEST = date(1900, 3, 1)  # before it spreadsheets disagree: Excel believes in 29 February 1900
ILLEGAL = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold
FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
CELL = re.compile("([A-Z]{1,3})([1-9][0-9]{0,6})")


@dataclass(frozen=True)
class Limits:
    """What a file may cost us; a number in bytes, rows, columns, cells, characters or seconds."""

    file_bytes: int = 20_000_000
    unpacked_bytes: int = 100_000_000
    ratio: int = 100
    ratio_from_bytes: int = 1_000_000  # a small member may be as repetitive as it likes
    members: int = 1_000
    rows: int = 200_000
    columns: int = 200
    cells: int = 4_000_000  # rows x columns of one sheet: the reader allocates the whole rectangle
    cell_characters: int = 32_767
    seconds: float = 30


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Row:
    """number: 1-based, as the spreadsheet shows it; cells: as many as the header has; source: "plan.xlsx!activities!"
    or "plan.csv:"."""

    number: int
    cells: list[Cell]
    source: str

    def place(self, column: int) -> str:
        """Where the cell of a 0-based column is: "plan.xlsx!activities!B4", or "plan.csv:4"."""
        return _place(self.source, self.number, column)

    def text(self, column: int | None) -> str:
        """The cell of a 0-based column as text, without outer spaces; "" where it is empty or there is no such column."""
        value = None if column is None else self.cells[column]
        return "" if value is None else unicodedata.normalize("NFC", str(value)).strip()


@dataclass(frozen=True)
class Table:
    """name: the sheet's (of a CSV, the file's); header: NFC, without outer spaces; rows: those that are not blank."""

    name: str
    header: list[str]
    rows: list[Row]

    def problem(self, row: Row, column: int | str, message: str) -> Problem:
        """A Problem at a cell; `column` is 0-based or a name in the header; the path is "B (العنوان)"."""
        index = self.header.index(column) if isinstance(column, str) else column
        return Problem(row.place(index), _path(self.header, index), message)


@dataclass(frozen=True)
class Sheet:
    """One sheet to write; widths (in characters), choices (drop-down values) and notes go by column header."""

    name: str
    header: Sequence[Any]
    rows: Iterable[Sequence[Any]]
    widths: Mapping[str, float] = field(default_factory=dict)
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)


def read_workbook(path_or_bytes: Path | str | bytes, *, name: str, limits: Limits = LIMITS) -> dict[str, Table]:
    """Read every sheet of an .xlsx that is not blank, in the workbook's order; a formula gives its cached value.

    name  what the person called the file; it begins every place in the problems
    Whole numbers are `int`; a date-and-time at midnight saved by a spreadsheet is a `date`; empty text is None.
    Raises BadInput with every problem found (the first 100 of a sheet).
    """
    deadline = clock.monotonic() + limits.seconds
    if not isinstance(path_or_bytes, bytes):
        check_size(Path(path_or_bytes).stat().st_size, name, limits)
        path_or_bytes = Path(path_or_bytes).read_bytes()
    check_size(len(path_or_bytes), name, limits)
    checked = _checked_workbook(path_or_bytes, name, limits, deadline)
    tables, problems = {}, []
    try:
        for title, records in _sheets(checked, name, deadline):
            try:
                tables[title] = _table(title, f"{name}!{title}!", records, limits, deadline)
            except BadInput as bad:
                problems += bad.problems
    except (CalamineError, ValueError, OverflowError) as error:
        raise _bad(name, _damaged()) from error
    if problems:
        raise BadInput(problems)
    tables = {title: table for title, table in tables.items() if table.header}
    if not tables:
        raise _bad(name, _empty())
    return tables


def read_csv(data: bytes, *, name: str, limits: Limits = LIMITS) -> Table:
    """Read a CSV in UTF-8, or UTF-16 with its byte order mark, separated by comma, semicolon or tab.

    Every cell is `str` as written, or None when empty; the apostrophe that `write_csv` puts before text that looks
    like a formula is taken off. A row's number counts records, as a spreadsheet does, not lines.
    Raises BadInput with every problem found (the first 100).
    """
    deadline = clock.monotonic() + limits.seconds
    check_size(len(data), name, limits)
    text = _decoded(data, name)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    done = 0

    def records() -> Iterator[tuple[int, list]]:
        nonlocal done
        for done, cells in enumerate(reader, start=1):
            yield done, [_from_csv(cell) for cell in cells]

    try:
        table = _table(name, f"{name}:", records(), limits, deadline)
    except csv.Error as error:
        message = _("This row cannot be read: a quotation mark is not closed or doubled. Mend it and send it again.")
        raise _bad(f"{name}:{done + 1}", message) from error
    if not table.header:
        raise _bad(name, _empty())
    return table


def read_first(data: bytes, *, name: str, limits: Limits = LIMITS) -> Table:
    """The first sheet of a workbook, or a CSV: its first bytes say which of the two it is, else its name. Raises BadInput."""
    if data.startswith((b"PK", b"\xd0\xcf\x11\xe0")) or name.lower().endswith(".xlsx"):
        return next(iter(read_workbook(data, name=name, limits=limits).values()))
    return read_csv(data, name=name, limits=limits)


def read_sheets(data: bytes, *, name: str, limits: Limits = LIMITS) -> dict[str, list[list[Any]]]:
    """The cells of an .xlsx as they stand, by sheet, for pages on which several tables stand below one another.

    Row n is element n - 1, blank ones too. Cells are as in `read_workbook`, and a duration is a `timedelta`.
    Raises BadInput as `read_workbook` does, but not for what a cell says.
    """
    deadline = clock.monotonic() + limits.seconds
    check_size(len(data), name, limits)
    checked = _checked_workbook(data, name, limits, deadline)
    try:
        return {
            title: _limited((cells for _number, cells in records), name, limits, deadline)
            for title, records in _sheets(checked, name, deadline)
        }
    except (CalamineError, ValueError, OverflowError) as error:
        raise _bad(name, _damaged()) from error


def read_records(text: str, *, name: str, delimiter: str, limits: Limits = LIMITS) -> list[list[str | None]]:
    """The cells of a CSV as they stand, for files in which several tables stand below one another.

    text  decoded by the caller, who measured the file
    Record n is element n - 1, blank ones too. Cells are as in `read_csv`. Where quotation marks are not doubled or not
    closed, each line is a record and a cell ends at a mark before a separator: "A "B" C" is one cell.
    Raises BadInput for what goes beyond the limits.
    """
    deadline = clock.monotonic() + limits.seconds
    whole = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return _limited((list(map(_from_csv, cells)) for cells in whole), name, limits, deadline)
    except csv.Error:
        lines = re.split("\r\n?|\n", text)
    single = (_loose_cells(line, delimiter) for line in lines)
    return _limited((list(map(_from_csv, cells)) for cells in single), name, limits, deadline)


def _loose_cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        parts = line.split(delimiter)
        closing = [at for at, part in enumerate(parts) if part.endswith('"')]
        cells, at = [], 0
        while at < len(parts):
            last = at
            if parts[at][:1] == '"' and (parts[at] == '"' or not parts[at].endswith('"')):
                after = bisect_right(closing, at)
                last = closing[after] if after < len(closing) else at
            text = delimiter.join(parts[at : last + 1])
            cells.append((text[1:].removesuffix('"') if text[:1] == '"' else text).replace('""', '"'))
            at = last + 1
        return cells


def write_xlsx(sheets: Sequence[Sheet], out: str | Path | IO[bytes], *, right_to_left: bool) -> None:
    """Write sheets of values to a path or a binary file; nothing is written when a value is refused.

    Cells are text (also translated lazily), int, float, bool, naive date, datetime or time, or None. What
    `read_workbook` gives back is equal, but for empty text (None) and times finer than a millisecond (cut).
    Raises Refused for a value that a workbook cannot hold; ValueError or TypeError for a caller's mistake.
    """
    ready = [(sheet, _ready_rows(f"{sheet.name}!", [str(h) for h in sheet.header], sheet.rows)) for sheet in sheets]
    titles = [sheet.name.casefold() for sheet in sheets]
    if not ready or CHOICES in titles or len({*titles}) < len(titles) or any(not 0 < len(t) <= 31 for t in titles):
        raise ValueError(f"sheets need names of their own of 1 to 31 characters: {titles}")
    book = Workbook(write_only=True)
    book.properties.creator = None
    choices: list[list[str]] = []
    for sheet, (header, *rows) in ready:
        if unknown := ({*sheet.widths} | {*sheet.choices} | {*sheet.notes}) - {*header}:
            raise ValueError(f"not in the header of {sheet.name}: {sorted(unknown)}")
        page = book.create_sheet(sheet.name)
        page.freeze_panes = "A2"
        page.sheet_view.rightToLeft = right_to_left
        for title, width in sheet.widths.items():
            page.column_dimensions[get_column_letter(header.index(title) + 1)].width = width
        for title, allowed in sheet.choices.items():
            # A list written into the rule itself ends at 255 characters and cannot hold a comma: hence a sheet.
            choices.append([_ready(value) for value in allowed])
            theirs, ours = get_column_letter(len(choices)), get_column_letter(header.index(title) + 1)
            rule = DataValidation("list", f"'{CHOICES}'!${theirs}$1:${theirs}${max(len(allowed), 1)}", allow_blank=True)
            rule.showErrorMessage = True
            rule.add(f"{ours}2:{ours}{max(len(rows), LIMITS.rows) + 1}")
            page.data_validations.append(rule)
        page.append([_heading(page, title, sheet.notes.get(title)) for title in header])
        for row in rows:
            page.append(_xlsx_cells(book, page, row))
    if choices:
        page = book.create_sheet(CHOICES)
        page.sheet_state = "hidden"
        for values in zip_longest(*choices):
            page.append(_xlsx_cells(book, page, values))
    book.save(out)


def write_csv(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> bytes:
    """Write UTF-8 with a byte order mark and CRLF, so that Excel opens Arabic as Arabic.

    Cells as in `write_xlsx`. Text that a spreadsheet would run as a formula gets an apostrophe before it.
    Raises as `write_xlsx` does.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    ready = _ready_rows("CSV:", [str(title) for title in header], rows)
    writer.writerows([csv_cell(value) for value in row] for row in ready)
    return codecs.BOM_UTF8 + out.getvalue().encode()


def download_of_wrong_rows(table: Table, problems_by_row: Mapping[int, Sequence[str]]) -> Sheet:
    """The rows that were refused, with the reasons in a last column, to be mended and sent again.

    problems_by_row  Row.number to the reasons
    Raises ValueError when a number is no row of the table.
    """
    reason, header = _("What to mend"), table.header
    if header[-1:] == [reason]:  # this download, sent again
        header = header[:-1]
    if unknown := {*problems_by_row} - {row.number for row in table.rows}:
        raise ValueError(f"{table.name} has no rows {sorted(unknown)}")
    rows = [
        [*row.cells[: len(header)], "\n".join(map(str, problems_by_row[row.number]))]
        for row in table.rows
        if problems_by_row.get(row.number)
    ]
    title = re.sub(r"[\[\]:*?/\\']", " ", table.name)[:31]
    return Sheet(title, [*header, reason], rows, widths={reason: 60})


# Reading, the parts


def _bad(place: str, message: str) -> BadInput:
    return BadInput([Problem(place, "", message)])


def _place(source: str, number: int, column: int) -> str:
    return f"{source}{get_column_letter(column + 1) if source.endswith('!') else ''}{number}"


def _path(header: list[str], column: int) -> str:
    letter = get_column_letter(column + 1)
    return f"{letter} ({header[column]})" if column < len(header) and header[column] else letter


def _more(place: str) -> Problem:
    message = _("There are more problems than the first %(count)d. Mend these and send the file again.")
    return Problem(place, "", message % {"count": PROBLEMS_SHOWN})


def _empty() -> str:
    return _("This file is empty. Put the column names in the first row and send it again.")


def check_size(size: int, name: str, limits: Limits = LIMITS) -> None:
    """Raises BadInput for a file of no bytes or of more than the limit."""
    if size > limits.file_bytes:
        message = _("This file has %(size).1f MB; at most %(limit).1f MB are read. Send it in parts.")
        raise _bad(name, message % {"size": size / 1e6, "limit": limits.file_bytes / 1e6})
    if not size:
        raise _bad(name, _empty())


def _check_time(deadline: float, name: str) -> None:
    if clock.monotonic() >= deadline:
        raise _bad(name, _("Reading this file took too long and was stopped. Send it in parts."))


def _table(name: str, source: str, records: Iterable[tuple[int, list]], limits: Limits, deadline: float) -> Table:
    """The first row that is not blank is the header; `source` is as in Row."""
    whole = source[:-1]
    header: list[str] | None = None
    rows: list[Row] = []
    problems: list[Problem] = []

    def wrong(number: int, column: int, message: str) -> None:
        if len(problems) == PROBLEMS_SHOWN:
            raise BadInput([*problems, _more(whole)])
        problems.append(Problem(_place(source, number, column), _path(header or [], column), message))

    for number, cells in records:
        if number % 1000 == 0:
            _check_time(deadline, whole)
        if all(map(_is_blank, cells)):
            continue
        while len(cells) > len(header or []) and _is_blank(cells[-1]):
            cells.pop()
        if len(cells) > limits.columns or len(rows) == limits.rows:
            raise _bad(whole, _too_large(limits))
        for column, value in enumerate(cells):
            if fault := _fault(value, limits):
                wrong(number, column, fault)
            elif header is not None and not "".join(header[column : column + 1]) and not _is_blank(value):
                wrong(number, column, _("This cell stands under no column name. Name the column or empty the cell."))
        if header is None:
            header = [unicodedata.normalize("NFC", "" if v is None else str(v)).strip() for v in cells]
            twice = [title for title, count in Counter(filter(None, header)).items() if count > 1]
            if twice:
                message = _("These columns are there more than once: %(names)s. Keep or rename one of each.")
                raise BadInput([*problems, Problem(f"{source}{number}", "", message % {"names": ", ".join(twice)})])
        else:
            rows.append(Row(number, cells + [None] * (len(header) - len(cells)), source))
    if problems:
        raise BadInput(problems)
    return Table(name, header or [], rows)


def _sheets(checked: io.BytesIO, name: str, deadline: float) -> Iterator[tuple[str, Iterator[tuple[int, list[Any]]]]]:
    book = load_workbook(checked)
    for sheet in book.sheets_metadata:
        if sheet.name == CHOICES or not str(sheet.typ).endswith("WorkSheet"):
            continue
        _check_time(deadline, name)
        rows = book.get_sheet_by_name(sheet.name).iter_rows()
        yield sheet.name, ((number, [_from_sheet(value) for value in row]) for number, row in enumerate(rows, start=1))


def _limited(rows: Iterable[list[Any]], name: str, limits: Limits, deadline: float) -> list[list[Any]]:
    taken: list[list[Any]] = []
    held = 0
    for cells in rows:
        if len(taken) % 1000 == 0:
            _check_time(deadline, name)
        while cells and _is_blank(cells[-1]):
            cells.pop()
        # The rows above and between the tables are few: a tenth on top of what one table may hold.
        held += len(cells)
        if len(cells) > limits.columns or len(taken) > limits.rows * 1.1 or held > limits.cells:
            raise _bad(name, _too_large(limits))
        if any(isinstance(cell, str) and len(cell) > limits.cell_characters for cell in cells):
            raise _bad(name, _too_large(limits))
        taken.append(cells)
    return taken


def check_shape(rows: int, columns: int, name: str, limits: Limits = LIMITS) -> None:
    """Raises BadInput for a table of more rows, columns or cells than the limits."""
    if rows > limits.rows or columns > limits.columns or rows * columns > limits.cells:
        raise _bad(name, _too_large(limits))


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _fault(value: Any, limits: Limits) -> str:
    if isinstance(value, str):
        if len(value) > limits.cell_characters:
            message = _("This cell has %(count)d characters; at most %(limit)d are read. Shorten it.")
            return message % {"count": len(value), "limit": limits.cell_characters}
        if ILLEGAL.search(value):
            return _("This cell holds an invisible control character. Type its text anew.")
    elif isinstance(value, timedelta):
        return _("This cell is formatted as a duration. Format it as a time, a number or text.")
    return ""


def _too_large(limits: Limits) -> str:
    message = _(
        "This table reaches beyond %(rows)d rows, %(columns)d columns or %(cells)d cells. "
        "Send it in parts, or delete what stands far below or beside it."
    )
    return message % {"rows": limits.rows, "columns": limits.columns, "cells": limits.cells}


def _decoded(data: bytes, name: str) -> str:
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        # Arabic letters of Windows-1256 stand side by side; the accented letters of French hardly ever do.
        arabic = sum(map(len, re.findall(rb"[\xc1-\xd6\xd8-\xdf\xe1\xe3-\xe6\xec\xed]{2,}", data)))
        mend = _("In Excel save it as 'CSV UTF-8', or send the .xlsx.")
        if wide:
            said = _("This file begins as UTF-16 but is damaged.")
        elif b"\0" not in data and arabic * 2 > sum(byte >= 0x80 for byte in data):
            said = _("This file is not UTF-8; it looks like Windows-1256 (Arabic).")
        else:
            said = _("This file is not UTF-8 text.")
        raise _bad(name, f"{said} {mend}") from error
    if "\0" in text:
        raise _bad(name, _("This is not a CSV file: it holds NUL bytes. In Excel save it as 'CSV UTF-8'."))
    return text


def _delimiter(text: str) -> str:
    """The separator under which the first twenty records agree best with the header, then the widest."""
    best, delimiter = (0.0, 0), ","
    for candidate in ",;\t":
        try:
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=candidate, strict=True)
            widths = [len(cells) for cells in islice(reader, 20) if cells]
        except csv.Error:
            continue
        if widths and widths[0] > 1:
            score = (widths.count(widths[0]) / len(widths), widths[0])
            if score > best:
                best, delimiter = score, candidate
    return delimiter


class _Part:
    """One XML part of a workbook, walked without building it: how far its cells reach, what is wrong in them."""

    def __init__(self) -> None:
        self.rows = self.columns = 0  # of the furthest cells that hold something
        self.faults: list[tuple[int, int, str]] = []
        self.lengths: list[int] = []  # of the shared texts, in order
        self.uses: Counter[int] = Counter()  # cells by number of shared text
        self.ids: dict[str, str] = {}  # relation id to sheet name (workbook.xml) or to target (its .rels)
        self.types = ""
        self._row = self._column = 0
        self._formula = self._in_shared = self._in_data = False
        self._kind: str | None = None
        self._text: list[str] = []
        # The encoding is ours, not the file's: the reader after us knows only UTF-8, and both must see the same.
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text.append

    def _doctype(self, *declared: Any) -> None:
        raise DTDForbidden(*declared[:3])

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        prefix, _colon, tag = tag.rpartition(":")
        if ":" in prefix:
            raise ValueError(f"two prefixes: {prefix}")  # the reader would understand another name than we do
        if len(attributes.get("uniqueCount", "")) > 7 or len(attributes.get("count", "")) > 7:
            raise ValueError("a count beyond ten million")  # the reader reserves that memory and the process dies
        if tag in ("si", "sheetData"):
            if self._in_shared or self._in_data:
                raise ValueError(f"nested {tag}")  # the reader would number the texts otherwise
            self._in_shared, self._in_data = tag == "si", tag == "sheetData"
        elif tag == "sheet":
            self.ids[next((v for k, v in attributes.items() if k.endswith(":id")), "")] = attributes.get("name", "")
        elif tag == "Relationship":
            self.ids[attributes.get("Id", "")] = attributes.get("Target", "")
        elif "ContentType" in attributes:
            self.types += attributes["ContentType"].lower() + " "
        elif not self._in_data:
            pass  # a chain of calculations and an external book have cells too, which nobody reads
        elif tag == "c":
            self._formula, self._kind, self._column = False, attributes.get("t"), self._column + 1
            if "r" in attributes:
                match = CELL.fullmatch(attributes["r"])
                if not match or int(match[2]) != self._row:
                    raise ValueError(f"cell {attributes['r']} in row {self._row}")
                self._column = column_index_from_string(match[1])
            self._text.clear()
        elif tag == "row":
            self._row, self._column = int(attributes.get("r", self._row + 1)), 0
        elif tag == "f":
            self._formula = True
        elif tag in ("v", "is"):
            self.rows, self.columns = max(self.rows, self._row), max(self.columns, self._column)
            self._text.clear()

    def _end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "si":
            self.lengths.append(sum(map(len, self._text)))
            self._in_shared = False
            self._text.clear()
        elif tag == "v" and self._text:
            self._formula = False  # it has a result
            if self._kind == "s":
                self.uses[int("".join(self._text))] += 1
        elif tag == "c" and (self._kind == "e" or (self._formula and self._kind != "str")):
            # The reader would give None for both, and a value would be lost without a word.
            message = _("This formula has no stored result. Open the file in Excel, save it and send it again.")
            if self._kind == "e":
                message = _("This cell holds an error, such as #REF!. Mend its formula or type the value.")
            self.faults.append((self._row, self._column - 1, message))


def _checked_workbook(data: bytes, name: str, limits: Limits, deadline: float) -> io.BytesIO:
    """The workbook again, unpacked, with only the XML parts that were measured: the reader sees nothing else."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        message = _("This is a workbook with a password, or of the old .xls kind. Save it as .xlsx without a password.")
        raise _bad(name, message)
    clean, parts = io.BytesIO(), {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed, zipfile.ZipFile(clean, "w") as unpacked:
            _check_members(packed.infolist(), name, limits)
            for info in packed.infolist():
                path = info.filename.lower()
                if path != "[content_types].xml" and not re.fullmatch(r"(_rels|xl)/.*\.(xml|rels)", path):
                    continue
                part = parts[path] = _Part()
                with packed.open(info) as source, unpacked.open(info.filename, "w") as target:
                    while chunk := source.read(1 << 18):
                        _check_time(deadline, name)
                        if b"\0" in chunk:
                            raise ValueError("UTF-16")  # expat reads it all the same, and the reader sees no cells
                        part.parser.Parse(chunk, False)
                        target.write(chunk)
                part.parser.Parse(b"", True)
    except DTDForbidden as error:
        raise _bad(
            name, _("This workbook defines XML entities; no spreadsheet program does. It is refused.")
        ) from error
    except zipfile.BadZipFile as error:
        raise _bad(name, _("This is not an .xlsx workbook, or it is cut off. Save it as .xlsx again.")) from error
    except (expat.ExpatError, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise _bad(name, _damaged()) from error
    types = parts["[content_types].xml"].types if "[content_types].xml" in parts else ""
    if re.search("macro|vba", types):
        raise _bad(name, _("This workbook holds macros. Save it as .xlsx without macros and send that."))
    if not re.search(r"spreadsheetml\.(sheet|template)\.main\+xml", types) or "xl/workbook.xml" not in parts:
        raise _bad(name, _("This is not an .xlsx workbook. Open it in a spreadsheet program and save it as .xlsx."))
    _check_parts(parts, name, limits)
    clean.seek(0)
    return clean


def _check_members(members: list[zipfile.ZipInfo], name: str, limits: Limits) -> None:
    """From the list at the end of the zip, before a byte is unpacked. A size that lies there cuts the member short."""
    total, packed = sum(info.file_size for info in members), sum(info.compress_size for info in members)
    sizes = [(total, packed), *((info.file_size, info.compress_size) for info in members)]
    if any(info.flag_bits & 1 for info in members):
        raise _bad(name, _("This workbook has a password. Save it without a password and send it again."))
    # Python unpacks bzip2 and LZMA in one go, however much comes out; of twins the reader may take the other one.
    usual = all(info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for info in members)
    if not usual or len(members) > limits.members or len({i.filename.lower() for i in members}) < len(members):
        raise _bad(name, _damaged())
    if total > limits.unpacked_bytes or any(u > limits.ratio_from_bytes and u > limits.ratio * p for u, p in sizes):
        message = _("This workbook unpacks to %(size).1f MB from %(packed).1f MB: too much. Send the rows in parts.")
        raise _bad(name, message % {"size": total / 1e6, "packed": packed / 1e6})


def _check_parts(parts: dict[str, _Part], name: str, limits: Limits) -> None:
    targets = parts["xl/_rels/workbook.xml.rels"].ids if "xl/_rels/workbook.xml.rels" in parts else {}
    sheets = {
        ("/xl/" + path).replace("/xl//", "/")[1:].lower(): parts["xl/workbook.xml"].ids.get(key)
        for key, path in targets.items()
    }
    lengths = [max(some) for some in zip_longest(*(part.lengths for part in parts.values()), fillvalue=0)]
    # One long shared text in a million cells is small in the file and a million copies in memory.
    uses = sum((part.uses for part in parts.values()), Counter[int]())
    copied = sum(times * lengths[number] for number, times in uses.items() if 0 <= number < len(lengths))
    if copied > limits.unpacked_bytes:
        message = _("The cells of this workbook hold %(size).1f million characters: too much. Send the rows in parts.")
        raise _bad(name, message % {"size": copied / 1e6})
    problems = []
    for path, part in parts.items():
        place = f"{name}!{sheets.get(path) or path}"
        rows, columns = part.rows, part.columns
        if rows > limits.rows + 1 or columns > limits.columns or rows * columns > limits.cells:
            raise _bad(place, _too_large(limits))
        problems += [
            Problem(_place(f"{place}!", row, column), get_column_letter(column + 1), message)
            for row, column, message in part.faults
        ]
    if len(problems) > PROBLEMS_SHOWN:
        problems[PROBLEMS_SHOWN:] = [_more(name)]
    if problems:
        raise BadInput(problems)


def _damaged() -> str:
    return _("This workbook is damaged. Open it in a spreadsheet program, save it again and send that.")


def _from_sheet(value: Any) -> Any:
    if isinstance(value, float) and abs(value) <= EXACT_INTEGER and value.is_integer():
        return int(value)
    return None if value == "" else value


def _from_csv(text: str) -> str | None:
    return (text[1:] if text.startswith("'") and FORMULA.match(text) else text) or None


# Writing, the parts


def _ready_rows(source: str, header: list[str], rows: Iterable[Sequence[Any]]) -> list[list]:
    """Header and rows, each value looked at before the first is written: a refusal leaves nothing half written."""
    ready: list[list] = []
    for number, row in enumerate(chain([header], rows), start=1):
        if len(row) > len(header):
            raise ValueError(f"{source}{number} has {len(row)} cells for {len(header)} columns")
        ready.append([])
        for column, value in enumerate(row):
            try:
                ready[-1].append(_ready(value))
            except Refused as refusal:
                place = _place(source, number, column)
                raise Refused(f"{place}: {_path(header, column)}: {refusal}", place=place) from None
    return ready


def _ready(value: Any) -> Any:
    """The value as it will be written; whoever cannot be held exactly is refused, never bent."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str | Promise):
        text = str(value)
        if ILLEGAL.search(text):
            raise Refused(_("This text holds an invisible control character. Type it anew."))
        if len(_xlsx_text(text)) > LIMITS.cell_characters:  # openpyxl would cut it without a word
            message = _("This text has %(count)d characters; a cell holds %(limit)d. Shorten it.")
            raise Refused(message % {"count": len(text), "limit": LIMITS.cell_characters})
        return text
    if isinstance(value, int | float):
        if not math.isfinite(value) or (isinstance(value, int) and abs(value) > EXACT_INTEGER):
            raise Refused(_("A spreadsheet keeps 15 digits of a number. Write this one as text."))
        return value
    if isinstance(value, datetime | time):
        if value.tzinfo is not None:
            raise ValueError(f"make {value!r} local and naive first: a spreadsheet has no time zones")
        value = value.replace(microsecond=value.microsecond // 1000 * 1000)
    if isinstance(value, date) and (value.date() if isinstance(value, datetime) else value) < EARLIEST:
        raise Refused(_("A spreadsheet has no dates before March 1900. Write this one as text."))
    if not isinstance(value, date | time):
        raise TypeError(f"{value!r} is no value for a cell")
    return value


def _xlsx_cells(book: Workbook, page: Any, row: Sequence[Any]) -> Iterator[Any]:
    """openpyxl writes each cell before it asks for the next, which lets `iso_dates` differ between cells."""
    for value in row:
        if isinstance(value, str):
            value = _xlsx_text(value)
            if value[:1] in ("=", "#"):
                value = _typed(page, value, "s")  # openpyxl would make it a formula, or an error such as #REF!
        elif isinstance(value, float) and float(f"{value:.16g}") != value:
            value = _typed(page, repr(value), "n")  # openpyxl cuts floats to 16 digits, but not digits given as text
        # As a serial number midnight would come back as the bare date.
        book.iso_dates = isinstance(value, datetime) and value.time() == time.min
        yield value


def _xlsx_text(text: str) -> str:
    """In Excel's own escape: a CR does not survive XML, and text that looks like an escape must not become one."""
    if "\r" in text or "_x" in text:
        return re.sub("_(?=x[0-9A-Fa-f]{4}_)", "_x005F_", text).replace("\r", "_x000D_")
    return text


def _typed(page: Any, text: str, data_type: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(page, text)
    cell.data_type = data_type
    return cell


def _heading(page: Any, title: str, note: Any) -> WriteOnlyCell:
    cell = _typed(page, _xlsx_text(title), "s")
    cell.font = Font(bold=True)
    if note:
        cell.comment = Comment(_ready(note), "Tansiq", height=160, width=320)
    return cell


def csv_cell(value: Any) -> Any:
    """A value as a cell of a CSV: text that a spreadsheet would take for a formula is marked as text."""
    if isinstance(value, str):
        return f"'{value}" if FORMULA.match(value) else value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return value.isoformat(*" " * isinstance(value, datetime)) if isinstance(value, date | time) else value
