"""Reads what conference systems report about who was there and when: the door of the modules beside this one.

Pure: no database, nothing is fetched, no cell is ever run. What kind of file it is, is told from its contents.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from tansiq.core import tables
from tansiq.core.columns import missing
from tansiq.core.errors import BadInput, Problem
from tansiq.core.language import fold
from tansiq.participation import reportcolumns, reportjson, reportrows
from tansiq.participation.reportcolumns import MEANINGS, Grid, Section
from tansiq.participation.reporttimes import plain
from tansiq.participation.stays import Ignored, Report, Stay, by_day, minutes, union

__all__ = ["MEANINGS", "Ignored", "Report", "Stay", "by_day", "minutes", "read", "union"]

_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"II*\0", b"MM\0*")
_FILE_DAY = re.compile(r"(?<!\d)(20\d\d)[-_. ](\d\d)[-_. ](\d\d)(?!\d)")
_SEPARATOR = re.compile(r'"?sep=([,;\t|])"?\s*$', re.IGNORECASE)


def read(
    content: bytes,
    *,
    file_name: str,
    zone: ZoneInfo,
    around: date | None = None,
    mapping: Mapping[str, str] | None = None,
    limits: tables.Limits = tables.LIMITS,
) -> Report:
    """Who was connected from when to when, from a report of Zoom, Teams, BigBlueButton, Meet, Jitsi or any table.

    file_name  what the person called the file; it begins every place in the problems
    zone       where hours without an offset were written
    around     the activity's day: tells 7 August from 8 July, and dates hours that have none. A report of another day
               is read all the same; `Report.days` shows it
    mapping    for a table whose titles are not understood: meaning (one of MEANINGS) to the title of its column. A
               name, or first and last, or an e-mail address is needed, and joined, left or duration
    Raises BadInput, with what to give or to do, for a file that is no report, lists nobody or leaves its dates open.
    """
    tables.check_size(len(content), file_name, limits)
    notes: list[str] = []
    context = reportrows.Context(file_name, zone, around, _day_in(file_name))
    if content[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        grid, found = _from_workbook(content, file_name, mapping, limits, notes)
        return reportrows.report(grid, found, context, notes=notes)
    text = _text(content, file_name, notes)
    if text.lstrip()[:1] in ("{", "[") and (parsed := reportjson.parse(text, name=file_name, limits=limits)):
        return reportrows.report(
            parsed.grid, parsed.found, context, notes=notes, head=parsed.head, platform=parsed.platform
        )
    if re.match(r"\s*(<!doctype html|<html|<\?xml|<head|<table)", text, re.IGNORECASE):
        raise _bad(file_name, _("This is a web page, perhaps the one that asks to log in. Download the report itself."))
    grid = tables.read_records(text, name=file_name, delimiter=_delimiter(text), limits=limits)
    if all(len(cells) < 2 for cells in grid):  # a spreadsheet program put whole lines between quotation marks
        lines = "\n".join(str(cells[0] or "") if cells else "" for cells in grid)
        grid = tables.read_records(lines, name=file_name, delimiter=_delimiter(lines), limits=limits)
    if grid and _SEPARATOR.fullmatch(text.split("\n", 1)[0].strip()):
        grid[0] = []
    return reportrows.report(grid, _sections(grid, mapping, file_name), context, notes=notes)


def _bad(place: str, message: str) -> BadInput:
    return BadInput([Problem(place, "", message)])


def _day_in(file_name: str) -> date | None:
    found = _FILE_DAY.search(file_name)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


# From bytes to cells


def _text(content: bytes, name: str, notes: list[str]) -> str:
    if content.startswith(b"%PDF"):
        raise _bad(name, _("This is a PDF. Download the report as CSV, or as a spreadsheet."))
    if content.startswith(_PICTURES):
        raise _bad(name, _("This is a picture. Download the report as CSV, or as a spreadsheet."))
    text = _decoded(content, notes)
    shown = text[:4096]
    odd = sum(1 for char in shown if (char < " " and char not in "\t\n\r\x1c\x0b\x0c") or char == "\ufffd")
    if odd > 0.02 * len(shown) + 2:
        raise _bad(name, _("This is not a table and not text. Download the report as CSV, or as a spreadsheet."))
    text = text.replace("\0", "")
    if not text.strip():
        raise _bad(name, _("This file is empty. Export the report again after the meeting has ended."))
    return text


def _decoded(content: bytes, notes: list[str]) -> str:
    if content.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return content.decode("utf-32", errors="replace")
    if wide := _utf_16(content):
        if len(content) % 2:
            notes.append(_("The file is cut off in its last character; rows may be missing at its end."))
        return content.decode(wide, errors="replace").removeprefix("\ufeff")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.start >= len(content) - 3:
            notes.append(_("The file is cut off in its last character; rows may be missing at its end."))
            return content[: error.start].decode("utf-8-sig")
    arabic = sum(map(len, re.findall(rb"[\xc1-\xd6\xd8-\xdf\xe1\xe3-\xe6\xec\xed]{2,}", content)))
    is_arabic = arabic * 2 > sum(byte >= 0x80 for byte in content)
    message = _("The file is not in Unicode and was read as %(encoding)s. Look whether the names are right.")
    notes.append(message % {"encoding": "Windows-1256" if is_arabic else "Windows-1252"})
    return content.decode("cp1256" if is_arabic else "cp1252", errors="replace")


def _utf_16(content: bytes) -> str:
    """The codec by its mark, or by the zero bytes that digits and separators of a table have in UTF-16; else ""."""
    if content.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le"
    if content.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    even, odd = content[:4096:2].count(0), content[1:4096:2].count(0)
    enough = min(len(content), 4096) // 2 * 0.15
    if odd > enough and odd > even * 4:
        return "utf-16-le"
    return "utf-16-be" if even > enough and even > odd * 4 else ""


def _delimiter(text: str) -> str:
    """The separator that stands most outside quotation marks. Tabs and semicolons hardly stand in names or dates."""
    lines = text[:200_000].splitlines()
    if lines and (found := _SEPARATOR.fullmatch(lines[0].strip())):
        return found[1]
    counts = Counter(char for line in lines[:500] for char in re.sub('"[^"]*"', "", line) if char in "\t;,|")
    weights = {"\t": 4, ";": 2, ",": 1, "|": 1}
    return max(weights, key=lambda char: counts[char] * weights[char])


def _from_workbook(
    content: bytes, name: str, mapping: Mapping[str, str] | None, limits: tables.Limits, notes: list[str]
) -> tuple[Grid, list[Section]]:
    """The first sheet that holds a table of presences."""
    sheets = tables.read_sheets(content, name=name, limits=limits)
    refused: BadInput | None = None
    for title, grid in sheets.items():
        try:
            found = _sections(grid, mapping, f"{name}!{title}")
        except BadInput as bad:
            refused = refused or bad
            continue
        if len(sheets) > 1:
            notes.append(_("Of this workbook only the sheet %(title)s was read.") % {"title": title})
        return grid, found
    raise refused or _bad(name, _("This file is empty. Export the report again after the meeting has ended."))


# From cells to tables


def _sections(grid: Grid, mapping: Mapping[str, str] | None, place: str) -> list[Section]:
    if not any(map(reportcolumns.filled, grid)):
        raise _bad(place, _("This file is empty. Export the report again after the meeting has ended."))
    if mapping:
        return [_mapped(grid, mapping, place)]
    found = reportcolumns.sections(grid)
    if found:
        return found
    titles = _titles(grid)
    known = {meaning for title in titles if (meaning := reportcolumns.meaning(title)) in MEANINGS}
    message = _(
        "No table of who was there and when was found. Columns: %(columns)s. Understood: %(known)s. Missing: %(missing)s. "
        "Say which column holds what, or export the report that lists every participant with times."
    )
    missing = [] if {"name", "first", "last", "email"} & known else [_meaning_name("name")]
    if not {"joined", "left", "duration"} & known:
        missing += [_meaning_name("joined"), _meaning_name("left")]
    said = {
        "columns": ", ".join(titles) or "—",
        "known": ", ".join(_meaning_name(what) for what in MEANINGS if what in known) or "—",
        "missing": ", ".join(missing) or "—",
    }
    raise _bad(place, message % said)


def _meaning_name(meaning: str) -> str:
    return {
        "name": _("name"),
        "first": _("given name"),
        "last": _("family name"),
        "email": _("e-mail address"),
        "join_id": _("id of the registration"),
        "joined": _("time of joining"),
        "left": _("time of leaving"),
        "duration": _("duration"),
        "date": _("day"),
    }[meaning]


def _titles(grid: Grid) -> list[str]:
    """The row that looks most like titles: of the first fifty the one with most cells of text that is no time."""
    rows = [[plain(cell)[:60] for cell in cells if isinstance(cell, str) and plain(cell)] for cells in grid[:50]]
    rows = [[text for text in row if re.search(r"[^\W\d_]", text)] for row in rows]
    return max(rows, key=len, default=[])[:40]


def _mapped(grid: Grid, mapping: Mapping[str, str], place: str) -> Section:
    if unknown := [what for what in mapping if what not in MEANINGS]:
        message = _("A mapping knows %(known)s, but not %(unknown)s.")
        raise _bad(place, message % {"known": ", ".join(MEANINGS), "unknown": ", ".join(map(str, unknown))})
    if not {"name", "first", "last", "email"} & {*mapping} or not {"joined", "left", "duration"} & {*mapping}:
        message = _("Say at least which column holds the name, and which the time of joining or the duration.")
        raise _bad(place, message)
    wanted = {what: fold(title) for what, title in mapping.items()}
    fewest: list[str] = list(mapping.values())
    for at, cells in enumerate(grid):
        folded = [fold(plain(cell)) for cell in cells]
        lacking = [mapping[what] for what, title in wanted.items() if title not in folded]
        if not lacking:
            columns = {what: folded.index(title) for what, title in wanted.items()}
            return Section(at, [plain(cell) for cell in cells], columns, rows=list(range(at + 1, len(grid))))
        fewest = min(fewest, lacking, key=len)
    raise missing(place, fewest, _titles(grid))
