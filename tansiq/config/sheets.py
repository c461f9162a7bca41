"""Which sheets and columns the schema of a file asks for, and which cell stands for which value.

It knows no section and no key: a room that registers a section has its sheets.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from tansiq.core import tables
from tansiq.core.exchange import is_language

JSON = "json:"  # a text that begins so is JSON: whatever a cell cannot hold as it is
JSON_DEPTH_LIMIT = 40
NAME_LIMIT = 31  # characters of a sheet's name, in every spreadsheet program
IN_A_LANGUAGE = {"type": "string", "title": "text in one language"}
Keys = tuple[str, ...]  # the way down to a value
Schema = dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """A sheet of records that the schema asks for.

    name     "activities.involved": the path of its list
    item     the schema of one record
    parent   the sheet of the records that hold the list, by name; "" for a list of the file itself
    at       where the list stands in such a record
    nesting  the key under which a record holds records of its own kind ("activities"), or ""
    """

    name: str
    item: Schema
    parent: str
    at: Keys
    nesting: str = ""

    @property
    def title(self) -> str:
        """The sheet's name in the workbook; a shortened one ends in a mark that keeps it apart from its like."""
        if len(self.name) <= NAME_LIMIT:
            return self.name
        return f"{self.name[: NAME_LIMIT - 5]}~{hashlib.sha256(self.name.encode()).hexdigest()[:4]}"

    def header_of(self, path: Keys) -> str:
        # A claim has a key `of` itself; in a list inside a record the first column has that name already.
        return f"{self.at[-1]}.of" if self.parent and path == ("of",) else ".".join(path)

    def path_of(self, header: str) -> Keys:
        return ("of",) if self.parent and header == f"{self.at[-1]}.of" else tuple(header.split("."))


class Layout:
    """All sheets of a file; in `plans`, by name, what holds a list comes before the list."""

    def __init__(self, schema: Schema) -> None:
        self.whole = schema
        self.plans: dict[str, Plan] = {}
        self._visit(schema, "", (), ())
        self._by_home = {(plan.parent, plan.at): plan for plan in self.plans.values()}

    def _visit(self, node: Schema, parent: str, at: Keys, above: tuple[Schema, ...]) -> None:
        for key, inner in self.properties(node).items():
            here, item = (*at, key), self.item(inner)
            if item is None:
                self._visit(inner, parent, here, above)
            elif not any(item is one for one in above):
                name = ".".join((parent, *here) if parent else here)
                nesting = [own for own, one in self.properties(item).items() if self.item(one) is item]
                self.plans[name] = Plan(name, item, parent, here, nesting[0] if nesting else "")
                self._visit(item, name, (), (*above, item))

    def list_at(self, sheet: str, path: Keys) -> Plan | None:
        """The sheet of the list that stands at `path` in a record of `sheet` ("": in the file itself)."""
        return self._by_home.get((sheet, path))

    def alternatives(self, node: Schema) -> list[Schema]:
        if "$ref" in node:
            return self.alternatives(self.whole["$defs"][node["$ref"].removeprefix("#/$defs/")])
        if node.get("title") == "claimed value":
            return [{}]  # one cell, whatever it holds
        if "anyOf" in node:
            # A range by itself is one cell too: 2020-07-27/2020-07-29.
            inner = [one for one in node["anyOf"] if one.get("title") != "range"]
            return [one for each in inner for one in self.alternatives(each)]
        return [node]

    def properties(self, node: Schema) -> dict[str, Schema]:
        return {key: one for part in self.alternatives(node) for key, one in part.get("properties", {}).items()}

    def is_by_language(self, node: Schema) -> bool:
        return any(isinstance(one.get("additionalProperties"), dict) for one in self.alternatives(node))

    def has_parts(self, node: Schema) -> bool:
        return self.is_by_language(node) or bool(self.properties(node))

    def item(self, node: Schema) -> Schema | None:
        """The schema of one record where `node` is a list of records, else None."""
        for one in self.alternatives(node):
            if one.get("type") == "array" and self.has_parts(one["items"]):
                # Without its $ref, so that a record that holds records of its own kind is known as the same object.
                parts = self.alternatives(one["items"])
                return parts[0] if len(parts) == 1 else one["items"]
        return None

    def find(self, node: Schema, path: Keys) -> Schema | None:
        """The schema of the value at a path below `node`, or None where there can be none."""
        for key in path:
            inner = self.properties(node).get(key)
            if inner is None:
                if not (self.is_by_language(node) and is_language(key)):
                    return None
                inner = IN_A_LANGUAGE
            node = inner
        return node

    def leaves(self, node: Schema, languages: list[str], at: Keys = ()) -> Iterator[tuple[Keys, Schema]]:
        """The cells of a record in the schema's order, texts in these languages."""
        for key, inner in self.properties(node).items():
            if self.item(inner) is not None:
                continue
            if self.has_parts(inner):
                yield from self.leaves(inner, languages, (*at, key))
            else:
                yield (*at, key), inner
        if self.is_by_language(node) and not self.properties(node):
            yield from (((*at, code), IN_A_LANGUAGE) for code in languages)

    def types(self, node: Schema) -> set[str]:
        """The JSON types that a value may have; empty for any."""
        found: set[str] = set()
        for one in self.alternatives(node):
            kinds = one.get("type", "string" if "enum" in one or "const" in one else [])
            found |= {kinds} if isinstance(kinds, str) else set(kinds)
        return found

    def is_required(self, node: Schema, path: Keys) -> bool:
        """Must a record have the value at `path`? A text by language counts as there in any language."""
        for key in path:
            inner, parts = self.properties(node).get(key), self.alternatives(node)
            if inner is None:
                return True
            if len(parts) > 1 or key not in parts[0].get("required", []):
                return False
            node = inner
        return True


def from_cell(layout: Layout, node: Schema, cell: Any) -> Any:
    """The value of a cell. ValueError with a sentence where it cannot be one; a wrong type is left to the schema."""
    if isinstance(cell, str):
        cell = cell.strip()
        if cell.startswith(JSON):
            return _from_json(cell.removeprefix(JSON))
    elif isinstance(cell, dt.datetime):
        cell = cell.isoformat(timespec="minutes") if cell.time() != dt.time.min else cell.date().isoformat()
    elif isinstance(cell, dt.time):
        cell = cell.isoformat(timespec="minutes")
    elif isinstance(cell, dt.date):
        cell = cell.isoformat()
    kinds = layout.types(node)
    if layout.item(node) is not None:
        raise ValueError(_("These are records: write them on a sheet of their own."))
    if "array" in kinds:
        inner = next(one["items"] for one in layout.alternatives(node) if one.get("type") == "array")
        lines = [line for line in cell.split("\n") if line.strip()] if isinstance(cell, str) else [cell]
        return [from_cell(layout, inner, line) for line in lines]
    if kinds == {"object"} and layout.has_parts(node):
        raise ValueError(_("This has parts: write each in a column or row of its own, such as title.ar."))
    if node.get("title") == "date" and isinstance(cell, str):
        start, _slash, end = (part.strip() for part in cell.partition("/"))
        return {"from": _year(start), "to": _year(end)} if start and end else _year(cell)
    if not kinds:
        return cell
    if isinstance(cell, bool):
        return cell if "boolean" in kinds else str(cell).lower()
    if isinstance(cell, int | float):
        return cell if kinds & {"integer", "number"} else str(cell)
    if "string" not in kinds:
        if "boolean" in kinds and cell.lower() in ("true", "false"):
            return cell.lower() == "true"
        if kinds & {"integer", "number"} and re.fullmatch(r"-?\d{1,15}", cell):
            return int(cell)
        if "number" in kinds and re.fullmatch(r"-?\d+\.\d+", cell):
            return float(cell)
    return cell


def _year(text: str) -> Any:
    return int(text) if re.fullmatch(r"[0-9]{4}", text) else text


def _from_json(text: str) -> Any:
    def refuse(word: str) -> Any:
        raise ValueError(word)

    try:
        value = json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError(_("What follows json: is not valid JSON: %(why)s.") % {"why": error}) from None
    level = [value]
    for _depth in range(JSON_DEPTH_LIMIT):
        level = [one for outer in level if isinstance(outer, dict | list) for one in _inner(outer)]
        if not level:
            return value
    raise ValueError(_("The file nests too deeply."))


def _inner(outer: Any) -> list[Any]:
    return list(outer.values()) if isinstance(outer, dict) else outer


def to_cell(layout: Layout, node: Schema, value: Any) -> Any:
    """The cell that `from_cell` reads as exactly this value: as people write it if that does, else as JSON."""
    cell = value
    if isinstance(value, dict) and node.get("title") == "date" and set(value) == {"from", "to"}:
        cell = f"{value['from']}/{value['to']}"
    elif isinstance(value, list) and all(type(one) in (str, int) for one in value):
        cell = "\n".join(str(one) for one in value)
    if isinstance(cell, str):
        fits = cell != "" and not tables.ILLEGAL.search(cell)
    elif isinstance(cell, int):
        fits = abs(cell) <= tables.EXACT_INTEGER
    else:
        fits = isinstance(cell, float)
    if fits:
        try:
            read_back = from_cell(layout, node, cell)
        except ValueError:
            read_back = None
        # 1 == True in Python, not in JSON. A float that is whole may come back as the integer: JSON knows one number.
        if read_back == value and isinstance(read_back, bool) == isinstance(value, bool):
            return cell
    return as_json(value)


def as_json(value: Any) -> str:
    """A cell that is read as this value, wherever it stands."""
    text = json.dumps(value, ensure_ascii=False)
    return JSON + (json.dumps(value) if tables.ILLEGAL.search(text) else text)
