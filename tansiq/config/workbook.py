"""A programme file as a workbook: the same data as the .yaml, laid out by the schema and by nothing else.

Sheet `programme` has a key and a value in each row; every list of records has a sheet of its own. Keys of keys are
dotted columns (`title.ar`, `when.date`); a list of plain values is one cell, a value to a line. A list inside a record
is the sheet `record.list`, whose first column `of` says which record: its slug or id, or its number from 1, and deeper
down the `of` of that record, a slash and its number. Activities inside an activity name it in the column `inside`.
A text that begins with `json:` is JSON: so every value that a cell cannot hold as it is comes back as it was.
Rows whose first cell begins with `#`, columns whose name does, and the sheet `help` are for people only.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from tansiq.config.shape import Document, schema
from tansiq.config.sheets import IN_A_LANGUAGE, Keys, Layout, Plan, Schema, as_json, from_cell, to_cell
from tansiq.core import packs, tables
from tansiq.core.errors import Problem
from tansiq.core.exchange import nearest
from tansiq.core.language import direction
from tansiq.people.models import Organisation, Region

HEAD, HELP, COMMENT = "programme", "help", "#"
Record = dict[str, Any]


def _languages() -> list[str]:
    return [code for code, _name in settings.LANGUAGES]


# --- reading --------------------------------------------------------------------------------------------------------


def read(content: bytes, name: str, folder: Path | None) -> Document:
    """A workbook as the document that its .yaml would give; places are "plan.xlsx!activities!B4".

    What is wrong with the layout (unknown sheets and columns, rows that belong to no record) is in `problems`.
    Raises BadInput where the workbook cannot be read at all, or where a sheet has a column twice.
    """
    return _Reader(tables.read_workbook(content, name=name), name, folder).document


class _Reader:
    def __init__(self, found: dict[str, tables.Table], name: str, folder: Path | None) -> None:
        self.layout = Layout(schema("programme", is_archive=False))
        self.name = name
        self.document = Document(name, {}, {"": self._corner(HEAD)}, folder)
        self.data: Record = self.document.data
        # Where the values of a record stand: by its id(), which stays its own because `kept` holds the record.
        self.cells: dict[int, dict[Keys, str]] = {id(self.data): {(): self._corner(HEAD)}}
        self.kept: list[Record] = []
        self.records: dict[str, dict[str, Record]] = {}
        self._refuse_unknown_sheets(found)
        if HEAD in found:
            self._read_head(found[HEAD])
        else:
            self._problem(name, "", _("The sheet “%(sheet)s” is missing. Add it.") % {"sheet": HEAD})
        for plan in self.layout.plans.values():
            self.records[plan.name] = {}
            if table := found.get(plan.title) or found.get(plan.name):
                self._read_list(plan, table)
                self.document.places[plan.name] = self._corner(table.name)
        self._note_places(self.data, "", {}, ())

    def _corner(self, sheet: str) -> str:
        return f"{self.name}!{sheet}!A1"

    def _problem(self, place: str, path: str, message: str) -> None:
        self.document.problems.append(Problem(place, path, message))

    def _refuse_unknown_sheets(self, found: dict[str, tables.Table]) -> None:
        known = [HEAD, HELP, *(plan.title for plan in self.layout.plans.values()), *self.layout.plans]
        for title in found:
            if title not in known:
                message = _("There is no sheet “%(name)s” in a programme file.") % {"name": title}
                self._problem(f"{self.name}!{title}", title, _with_hint(message, title, list(dict.fromkeys(known))))

    def _read_head(self, table: tables.Table) -> None:
        columns = {title: index for index, title in enumerate(table.header)}
        if not {"key", "value"} <= set(columns):
            message = _("This sheet needs the columns key and value in its first row.")
            return self._problem(self._corner(HEAD), "", message)
        self._refuse_unknown_columns(table, HEAD, ["key", "value"], [])
        cells = self.cells[id(self.data)]
        for row in _rows(table):
            given, value = row.cells[columns["key"]], row.cells[columns["value"]]
            key, place = "" if given is None else str(given).strip(), row.place(columns["key"])
            if value is None:
                continue
            path = tuple(key.split("."))
            node = self.layout.find(self.layout.whole, path)
            if not key:
                self._problem(place, "", _("This value has no key. Write one, such as slug."))
            elif node is None:
                known = [".".join(one) for one, _node in self.layout.leaves(self.layout.whole, _languages())]
                self._problem(place, key, _unknown_key(key, known))
            elif path in cells:
                self._problem(place, key, _("This key stands twice. Keep one of them."))
            else:
                self._put(self.data, path, node, value, row.place(columns["value"]), key)
        return None

    def _refuse_unknown_columns(self, table: tables.Table, path: str, hints: list[str], known: list[str]) -> None:
        for index, title in enumerate(table.header):
            if title and title not in hints and title not in known and not title.startswith(COMMENT):
                place = tables.Row(1, [], f"{self.name}!{table.name}!").place(index)
                self._problem(place, path, _unknown_key(title, hints))

    def _read_list(self, plan: Plan, table: tables.Table) -> None:
        special = [*(["of"] if plan.parent else []), *(["inside"] if plan.nesting else [])]
        columns: dict[int, tuple[Keys, Schema]] = {}
        for index, title in enumerate(table.header):
            path = plan.path_of(title)
            node = self.layout.find(plan.item, path)
            if node is not None and title not in special:
                columns[index] = (path, node)
        hints = [*special, *(plan.header_of(path) for path, _node in self.layout.leaves(plan.item, _languages()))]
        self._refuse_unknown_columns(table, plan.name, hints, [table.header[index] for index in columns])
        if plan.parent and "of" not in table.header:
            message = _("This sheet needs a first column “of”: the record that each row belongs to.")
            return self._problem(self._corner(table.name), plan.name, message)
        found: list[tuple[tables.Row, Record]] = []
        for row in _rows(table):
            record: Record = {}
            self.kept.append(record)
            self.cells[id(record)] = {(): row.place(0)}
            for index, (path, node) in columns.items():
                if row.cells[index] is not None:
                    self._put(record, path, node, row.cells[index], row.place(index), plan.name)
            found.append((row, record))
            if not plan.parent:
                self.records[plan.name].setdefault(_key(record, len(found)), record)
        if plan.parent:
            for row, record in found:
                self._append_below(plan, record, row, table.header.index("of"))
            return None
        inside = table.header.index("inside") if "inside" in special and "inside" in table.header else None
        homes = {} if inside is None else self._homes(plan, found, inside)
        for row, record in found:
            home = homes.get(id(record))
            self._append(self.data if home is None else home, (plan.nesting,) if home else plan.at, record, row, plan)
        return None

    def _homes(self, plan: Plan, found: list[tuple[tables.Row, Record]], inside: int) -> dict[int, Record]:
        """By the id() of each record that lies inside another one: that one."""
        homes: dict[int, Record] = {}
        for row, record in found:
            if row.cells[inside] is None:
                continue
            name = str(row.cells[inside]).strip()
            home = above = self.records[plan.name].get(name)
            if home is None:
                self._problem(row.place(inside), plan.name, _no_record(name, plan.name, self.records[plan.name]))
                continue
            while above is not None and above is not record:
                above = homes.get(id(above))
            if above is record:
                message = _("“%(name)s” would lie inside itself. Correct this column.") % {"name": name}
                self._problem(row.place(inside), plan.name, message)
                continue
            homes[id(record)] = home
        return homes

    def _append_below(self, plan: Plan, record: Record, row: tables.Row, owner: int) -> None:
        if row.cells[owner] is None:
            message = _("Say here which record the row belongs to: its slug or id, or its number from 1.")
            return self._problem(row.place(owner), plan.name, message)
        key = str(row.cells[owner]).strip()
        home = self.records[plan.parent].get(key)
        if home is None:
            return self._problem(row.place(owner), plan.name, _no_record(key, plan.parent, self.records[plan.parent]))
        number = self._append(home, plan.at, record, row, plan)
        self.records[plan.name][f"{key}/{number}"] = record
        return None

    def _append(self, home: Record, at: Keys, record: Record, row: tables.Row, plan: Plan) -> int:
        """Put a record into the list of its home; returns its number there, from 1."""
        for key in at[:-1]:
            home = home.setdefault(key, {})
        items = home.setdefault(at[-1], [])
        if not isinstance(items, list) or (items and id(items[-1]) not in self.cells):
            self._problem(row.place(0), plan.name, _("This list stands in a cell too. Keep one of the two."))
            return 0
        items.append(record)
        return len(items)

    def _put(self, record: Record, path: Keys, node: Schema, cell: Any, place: str, name: str) -> None:
        cells = self.cells[id(record)]
        try:
            value = from_cell(self.layout, node, cell)
        except ValueError as error:
            return self._problem(place, name, str(error))
        for key in path[:-1]:
            record = record.setdefault(key, {}) if isinstance(record, dict) else record
        if not isinstance(record, dict) or path[-1] in record:
            message = _("This value stands in another column or row too, whole or in parts. Keep one of the two.")
            return self._problem(place, name, message)
        record[path[-1]] = value
        cells[path] = place
        return None

    def _note_places(self, value: Any, path: str, cells: dict[Keys, str], at: Keys) -> None:
        if isinstance(value, dict) and id(value) in self.cells:
            cells, at = self.cells[id(value)], ()
        # A value made of several cells, such as a title, is where its first one is.
        place = cells.get(at) or next((cells[one] for one in cells if one[: len(at)] == at), None)
        if place and path:
            self.document.places.setdefault(path, place)
        if isinstance(value, dict):
            for key, inner in value.items():
                self._note_places(inner, f"{path}.{key}" if path else key, cells, (*at, key))
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                self._note_places(inner, f"{path}[{index}]", cells, (*at, str(index)))


def _rows(table: tables.Table) -> Iterator[tables.Row]:
    for row in table.rows:
        if not (isinstance(row.cells[0], str) and row.cells[0].lstrip().startswith(COMMENT)):
            yield row


def _key(record: Record, number: int) -> str:
    """What the lists of a record write in `of`."""
    return next((record[name] for name in ("slug", "id") if isinstance(record.get(name), str)), str(number))


def _unknown_key(key: str, known: list[str]) -> str:
    return _with_hint(_("The key “%(key)s” is not known here.") % {"key": key}, key, known)


def _no_record(key: str, sheet: str, known: dict[str, Record]) -> str:
    message = _("The sheet “%(sheet)s” has no record “%(key)s”.") % {"sheet": sheet, "key": key}
    return _with_hint(message, key, list(known))


def _with_hint(message: str, given: str, known: list[str]) -> str:
    if near := nearest(given, known):
        return message + " " + _("Did you mean %(near)s?") % {"near": ", ".join(near)}
    return message + " " + _("Known: %(known)s.") % {"known": ", ".join(known[:40]) or "-"}


# --- writing --------------------------------------------------------------------------------------------------------

Cells = dict[Keys, Any]  # of one record


def write(data: Record) -> bytes:
    """The workbook of a programme file's data; `read` gives the same data back.

    `data` as `files.export` gives it; dates become text, as in the .yaml. Sheets without a row are left out.
    Raises Refused for a text that is longer than a cell can hold.
    """
    return _save(sheets(data))


def sheets(data: Record) -> list[tables.Sheet]:
    """The same as sheets, the one of the file's own values first."""
    spread = _Spread(_plain(data))
    book = [_head_sheet([[".".join(path), cell] for path, cell in spread.head.items()])]
    for name, rows in spread.rows.items():
        if rows:
            book.append(_sheet(spread.layout, spread.layout.plans[name], spread.languages, rows, {}))
    return book


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, dt.date) else value


class _Spread:
    """Data spread over sheets.

    head  the cells of the file itself;  rows  sheet -> for each record its `of` and `inside`, and its cells
    """

    def __init__(self, data: Record) -> None:
        self.layout = Layout(schema("programme", is_archive=False))
        self.languages = _languages()
        self.head: Cells = {}
        self.rows: dict[str, list[tuple[dict[str, str], Cells]]] = {name: [] for name in self.layout.plans}
        self._record(data, self.layout.whole, "", "", self.head, ())

    def _record(self, value: Record, node: Schema, sheet: str, key: str, cells: Cells, at: Keys) -> None:
        """Lay out a record of a sheet ("" for the file), or the part of it at `at`; its lists write `key` in `of`."""
        plan = self.layout.plans.get(sheet)
        for name, inner in value.items():
            here, below = (*at, name), self.layout.find(node, (name,))
            if below is IN_A_LANGUAGE and name not in self.languages:
                self.languages.append(name)
            sheet_of_list = self.layout.list_at(sheet, here)
            if plan and here == (plan.nesting,) and _are_records(inner):
                self._list(inner, plan, {"inside": key})
            elif sheet_of_list and _are_records(inner):
                self._list(inner, sheet_of_list, {"of": key} if sheet else {})
            elif below is not None and self._fits_parts(below, inner):
                self._record(inner, below, sheet, key, cells, here)
            else:
                cells[here] = to_cell(self.layout, below or {}, inner)

    def _fits_parts(self, node: Schema, value: Any) -> bool:
        if not (isinstance(value, dict) and value):
            return False
        return all("." not in key and self.layout.find(node, (key,)) is not None for key in value)

    def _list(self, items: list[Record], plan: Plan, names: dict[str, str]) -> None:
        rows = self.rows[plan.name]
        for number, item in enumerate(items, start=1):
            cells: Cells = {}
            rows.append((names, cells))
            key = f"{names['of']}/{number}" if plan.parent else _key(item, len(rows))
            self._record(item, plan.item, plan.name, key, cells, ())


def _are_records(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, dict) and item for item in value)


def _head_sheet(rows: list[list[Any]], more: tuple[str, ...] = ()) -> tables.Sheet:
    widths = {"key": 24, "value": 60, **dict.fromkeys(more, 60)}
    return tables.Sheet(HEAD, ["key", "value", *more], rows, widths=widths)


def _sheet(
    layout: Layout,
    plan: Plan,
    languages: list[str],
    rows: list[tuple[dict[str, str], Cells]],
    known: dict[str, list[str]],
) -> tables.Sheet:
    """A sheet with all columns of the schema; `known` holds the identifiers to choose from, by the name of the key."""
    leaves = [path for path, _node in layout.leaves(plan.item, languages)]
    others = {path for _names, cells in rows for path in cells} - set(leaves)
    columns = {plan.header_of(path): path for path in [*leaves, *sorted(others)]}
    header, notes, choices = list(columns), {}, {}
    for title, path in columns.items():
        node = layout.find(plan.item, path) or {}
        notes[title] = _note(layout, node, path[-1], layout.is_required(plan.item, path))
        if offered := node.get("enum") or known.get(path[-1]):
            choices[title] = offered
    if plan.parent:
        header.insert(0, "of")
        message = _(
            "Required. The record that this row belongs to: its slug or id on the sheet “%(sheet)s”, "
            "or its number there, from 1, where it has neither."
        )
        notes["of"] = message % {"sheet": plan.parent}
    if plan.nesting:
        header.insert(1, "inside")
        notes["inside"] = _("The slug of the row of this sheet that this one is a part of; empty for most.")
    body = []
    for names, cells in rows:
        row = [cells.get(columns[title]) if title in columns else names.get(title) for title in header]
        if isinstance(row[0], str) and row[0].startswith(COMMENT):
            row[0] = as_json(row[0])  # else it would be read as a comment
        body.append(row)
    widths = {title: 40 if columns.get(title, ("",))[-1] in languages else 18 for title in header}
    return tables.Sheet(plan.title, header, body, widths=widths, choices=choices, notes=notes)


def _note(layout: Layout, node: Schema, name: str, required: bool) -> str:
    """What the head of a column says: what goes into a cell."""
    kinds = layout.types(node)
    if node is IN_A_LANGUAGE:
        said = _("The text in this language: %(language)s.") % {"language": dict(settings.LANGUAGES).get(name, name)}
        return said + " " + _("At least one language is required.") if required else said
    if "enum" in node:
        said = _("One of: %(known)s.") % {"known": ", ".join(str(one) for one in node["enum"])}
    elif node.get("title") == "date":
        said = _("A date: 2020-07-27, 2018-07, 2019, 2020-07-27/2020-07-29 or unknown.")
    elif node.get("format") == "date":
        said = _("A day: 2020-07-27.")
    elif node.get("pattern", "").startswith("^[a-z0-9]+(-"):
        said = _("Identifiers are small Latin letters, digits and hyphens: world-day-2020.")
    elif not kinds:
        said = _("A text, a number, true or false; anything else as JSON after json:")
    else:
        said = {
            "array": _("One value on each line of the cell."), "boolean": _("true or false"),
            "integer": _("A whole number."), "number": _("A number."),
        }.get(min(kinds), "")  # fmt: skip
    return " ".join(part for part in (_("Required.") if required else "", said) if part)


def _save(book: list[tables.Sheet]) -> bytes:
    out = io.BytesIO()
    tables.write_xlsx(book, out, right_to_left=direction(_languages()[0]) == "rtl")
    return out.getvalue()


# --- the template ---------------------------------------------------------------------------------------------------

EXAMPLE = "example"
NAMES_ORGANISATION = (
    "organisation",
    "signatory",
    "through",
    "owner",
    "administration",
)  # keys whose value identifies one
NO_EXAMPLE = ("weekday", "within", "occurrence", "done", "due")  # they hold only beside certain other values


def template() -> bytes:
    """The workbook to fill in: every sheet and column, what goes where, and an example of each row behind a #.

    Drop-downs offer what the database knows now. The help and the notes are in the active language.
    """
    layout, languages = Layout(schema("programme", is_archive=False)), _languages()
    regions = list(Region.objects.values_list("code", flat=True))
    organisations = list(Organisation.objects.values_list("slug", flat=True))
    known = {"region": regions, **dict.fromkeys(NAMES_ORGANISATION, organisations)}
    head = []
    for path, node in layout.leaves(layout.whole, languages):
        note = _note(layout, node, path[-1], layout.is_required(layout.whole, path))
        head.append([".".join(path), node.get("const"), _example(layout, layout.whole, path, node, regions), note])
    book = [_help(), _head_sheet(head, (f"{COMMENT} {EXAMPLE}", f"{COMMENT} {HELP}"))]
    for plan in layout.plans.values():
        leaves = layout.leaves(plan.item, languages)
        cells = {path: _example(layout, plan.item, path, node, regions) for path, node in leaves}
        home = {"of": _example_home(layout, plan)}
        further = {path: False if value is True else value for path, value in cells.items()}
        example = [(home, cells), *((home, further) for _more in range(1, _least(layout, plan)))]
        sheet = _sheet(layout, plan, languages, example, known)
        rows = [[f"{COMMENT}{'' if row[0] is None else row[0]}", *row[1:]] for row in sheet.rows]
        book.append(replace(sheet, rows=rows))
    return _save(book)


def _example_home(layout: Layout, plan: Plan) -> str:
    """How the example that holds this one is called in the column `of`."""
    parent = layout.plans.get(plan.parent)
    if parent is None or not parent.parent:
        return EXAMPLE if parent and {"slug", "id"} & set(layout.properties(parent.item)) else "1"
    return f"{_example_home(layout, parent)}/1"


def _least(layout: Layout, plan: Plan) -> int:
    """How many entries its list has at least."""
    node = layout.find(layout.plans[plan.parent].item if plan.parent else layout.whole, plan.at) or {}
    return max(1, *(one.get("minItems", 1) for one in layout.alternatives(node)))


def _example(layout: Layout, whole: Schema, path: Keys, node: Schema, regions: list[str]) -> Any:
    """A value of the right kind that nobody takes for a real one; None where an example would say nothing."""
    name, kinds, first = path[-1], layout.types(node), _languages()[0]
    if node is IN_A_LANGUAGE:
        with translation.override(name):
            return _("Example, not real: write your own text here")
    by_name = {
        "activities": EXAMPLE, "activity": EXAMPLE, "country": packs.section("country"),
        "currency": packs.section("currency", "EUR"), "end_time": "11:00", "id": EXAMPLE, "language": first,
        "languages": first, "material": EXAMPLE, "organisation": EXAMPLE, "percent": 100,
        "period": "2030-01-15/2030-01-20", "project": EXAMPLE, "reference_language": first,
        "region": regions[0] if regions else None, "signatory": EXAMPLE, "site": 1, "source": EXAMPLE,
        "time": "09:30", "time_zone": settings.TIME_ZONE,
    }  # fmt: skip
    if name in by_name or name in NO_EXAMPLE or "const" in node:
        return by_name.get(name, node.get("const"))
    if "enum" in node:
        return "fictional" if "fictional" in node["enum"] else node["enum"][0]
    if node.get("title") == "date" or node.get("format") == "date":
        return "2030-01-15"
    if node.get("pattern") == "^https?://":
        return "https://example.org/"
    if "array" in kinds:
        return f"activities.{EXAMPLE}.title" if name == "of" else None
    if kinds == {"boolean"}:
        return name in ("example", "fictional", "right")
    if kinds and kinds <= {"integer", "number"}:
        return 12
    return EXAMPLE if name == "slug" or layout.is_required(whole, path) else None


def _help() -> tables.Sheet:
    lines = [
        _("Fill in the sheets, then load the file. Nothing is stored while anything is wrong; errors name the cell."),
        _("Begin with the sheet “programme”: write in the column value. Rows that you do not need stay empty."),
        _("Every other sheet is a list, one row for each thing. Delete the sheets and columns that you do not need."),
        _("A row whose first cell begins with # is an example and is not read, nor a column whose name does."),
        _("Identifiers (slug, id) are small Latin letters, digits and hyphens. They stand in addresses: keep them."),
        _("The column “of” says which record a row belongs to: on activities.involved, the slug of the activity."),
        _("An activity that is part of another one names it in the column “inside”."),
        _("A text has a column for each language: title.ar, title.fr. Add a column for a further language."),
        _("Dates: 2020-07-27, 2018-07, 2019, 2020-07-27/2020-07-29 or unknown. Leave empty what you do not know."),
        _("A list in one cell has a value on each line. “source” names a row of the sheet “sources” by its id."),
    ]
    title = _("How to fill in this workbook")
    return tables.Sheet(HELP, [title], [[line] for line in lines], widths={title: 120})
