"""What a Word document says and how it looks, as plain data for `typst/document.typ`; and its words alone."""

from __future__ import annotations

import io
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree
from PIL import Image

from tansiq.core.word import DOCUMENT, RELATIONS, TEXT_PART, R, Styles, is_on, parse, q

MOST_PIXELS = 50_000_000
_DEEPEST_TABLE = 5  # of tables in tables; what stands deeper is set as plain paragraphs
_EMU_PER_MM = 36_000
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_WP = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_MARKS: dict[int, str | None] = {0xA0: " ", 0x202F: " "} | dict.fromkeys(
    map(ord, "\u200e\u200f\u061c\u202a\u202b\u202c\u2066\u2067\u2068\u2069")
)
_ALIGN = {"center": "center", "right": "end", "end": "end", "both": "justify", "distribute": "justify"}
# Numbering that is not figures or Latin letters is shown in figures.
_LETTERS = {"lowerLetter": "abcdefghijklmnopqrstuvwxyz", "upperLetter": "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def text(members: Mapping[str, bytes]) -> str:
    """The words of headers, document, notes and footers; a line for each paragraph. Marks of direction are left out,
    no-break spaces are spaces.
    """
    order = ["header", "document", "footnotes", "endnotes", "footer"]
    names = [name for name in members if TEXT_PART.fullmatch(name)]
    names.sort(key=lambda name: (next(i for i, word in enumerate(order) if name.startswith(f"word/{word}")), name))
    lines = []
    for name in names:
        for paragraph in parse(members[name]).iter(q("w:p")):
            if any(above.tag == f"{_MC}Fallback" for above in paragraph.iterancestors()):
                continue
            lines.append("".join(_words(paragraph)).translate(_MARKS).strip())
    return "\n".join(line for line in lines if line)


def _words(paragraph: etree._Element) -> Iterator[str]:
    for element in paragraph.iter(q("w:t"), q("w:br"), q("w:tab"), q("w:cr")):
        if next(element.iterancestors(q("w:p"))) is paragraph and element.getparent().tag == q("w:r"):
            yield element.text or "" if element.tag == q("w:t") else "\t" if element.tag == q("w:tab") else "\n"


def pages(members: Mapping[str, bytes], *, is_rtl: bool) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What `document.typ` shows, and its pictures by name.

    {"page": {"landscape", "margin" (top, bottom, left, right in mm)}, "size": points, "blocks", "header", "footer"
     (lists of blocks), "first_header", "first_footer" (the same, or None where the first page is like the others)}
    A block is {"kind": "paragraph", "rtl", "align", "level" (of a heading, else 0), "label" (of a list item),
    "indent", "first_line", "before", "after" (points), "line" (1 is single), "rule" (colour of a line under it, or
    ""), "page_before", "items"} or {"kind": "table", "rtl", "widths"
    (shares), "borders", "header_rows", "rows": [[{"columns", "rows", "fill", "blocks"}]]}; an item {"text", "bold",
    "italic", "underline", "size", "colour"}, {"field", and the same}, {"break"} or {"picture", "alt", "width", "height" (mm)}.
    """
    root = parse(members[DOCUMENT])
    reader = _Reader(members, Styles.of(members), is_rtl)
    body = root.find(q("w:body"))
    section = None if body is None else next(iter(body.iter(q("w:sectPr"))), None)
    reader.part(DOCUMENT)
    blocks = [] if body is None else list(reader.blocks(body))
    data: dict[str, Any] = {"page": _page(section), "size": reader.size, "blocks": blocks}
    references = _references(members, section)
    has_first = section is not None and is_on(section, "titlePg")
    for side in ("header", "footer"):
        for key, kind in ((side, "default"), (f"first_{side}", "first")):
            name = references.get((side, kind), "")
            if name in members:
                reader.part(name)
                data[key] = list(reader.blocks(parse(members[name])))
            else:
                data[key] = [] if kind == "default" or has_first else None
        if not has_first:
            data[f"first_{side}"] = None
    return data, reader.images


def _page(section: etree._Element | None) -> dict[str, Any]:
    def millimetres(element: etree._Element | None, name: str, otherwise: float) -> float:
        return otherwise if element is None else round(_number(element.get(q(f"w:{name}")), otherwise * 56.7) / 56.7, 1)

    size = None if section is None else section.find(q("w:pgSz"))
    margin = None if section is None else section.find(q("w:pgMar"))
    width, height = millimetres(size, "w", 210), millimetres(size, "h", 297)
    sides = {side: millimetres(margin, side, 22) for side in ("top", "bottom", "left", "right")}
    return {"landscape": width > height, "margin": {side: min(max(mm, 5), 80) for side, mm in sides.items()}}


def _number(text: str | None, otherwise: float) -> float:
    try:
        return abs(float(text)) if text else otherwise
    except ValueError:
        return otherwise


def _relations(members: Mapping[str, bytes], part: str) -> dict[str, str]:
    folder, name = posixpath.split(part)
    path = f"{folder}/_rels/{name}.rels"
    if path not in members:
        return {}
    return {
        one.get("Id", ""): posixpath.normpath(posixpath.join(folder, one.get("Target", ""))).lstrip("/")
        if not one.get("Target", "").startswith("/")
        else one.get("Target", "").lstrip("/")
        for one in parse(members[path]).iter(f"{{{RELATIONS}}}Relationship")
        if one.get("TargetMode", "").lower() != "external"
    }


def _references(members: Mapping[str, bytes], section: etree._Element | None) -> dict[tuple[str, str], str]:
    relations = _relations(members, DOCUMENT)
    if section is None:
        return {}
    return {
        (side, reference.get(q("w:type"), "default")): relations.get(reference.get(f"{{{R}}}id", ""), "")
        for side in ("header", "footer")
        for reference in section.iter(q(f"w:{side}Reference"))
    }


@dataclass
class _Reader:
    members: Mapping[str, bytes]
    styles: Styles
    is_rtl: bool
    images: dict[str, bytes] = field(default_factory=dict)
    counts: dict[str, Counter[int]] = field(default_factory=dict)  # of list items by list and level
    relations: dict[str, str] = field(default_factory=dict)
    depth: int = 0

    def __post_init__(self) -> None:
        path = "word/numbering.xml"
        self.numbering = parse(self.members[path]) if path in self.members else None
        self.size = self.points(self.layers(None, self.styles.chain(None)))

    def part(self, name: str) -> None:
        self.relations = _relations(self.members, name)

    def blocks(self, holder: etree._Element) -> Iterator[dict[str, Any]]:
        for child in holder:
            if child.tag == q("w:p"):
                yield from self.paragraph(child)
            elif child.tag == q("w:tbl") and self.depth < _DEEPEST_TABLE:
                self.depth += 1
                yield self.table(child)
                self.depth -= 1
            elif child.tag == q("w:tbl"):
                for cell in child.iter(q("w:tc")):
                    yield from (block for one in cell.iterchildren(q("w:p")) for block in self.paragraph(one))
            elif child.tag == q("w:sdt"):
                content = child.find(q("w:sdtContent"))
                if content is not None:
                    yield from self.blocks(content)

    # Paragraphs

    def paragraph(self, paragraph: etree._Element) -> Iterator[dict[str, Any]]:
        properties = paragraph.find(q("w:pPr"))
        layers = self.styles.paragraph(properties)
        jc = _first(layers, "jc")
        spacing = {key: _attribute(layers, "spacing", key) for key in ("before", "after")}
        style = _value(None if properties is None else properties.find(q("w:pStyle")))
        block: dict[str, Any] = {
            "kind": "paragraph",
            "rtl": self.styles.is_rtl(properties),
            "align": _ALIGN.get(_value(jc), "start"),
            "level": self.level(layers),
            **{key: _number(value, 0) / 20 for key, value in spacing.items()},
            "line": self.line(layers),
            "rule": self.rule(layers),
            "indent": _number(_attribute(layers, "ind", "left") or _attribute(layers, "ind", "start"), 0) / 20,
            "first_line": _number(_attribute(layers, "ind", "firstLine"), 0) / 20,
            "page_before": next((on for one in layers if (on := is_on(one, "pageBreakBefore")) is not None), False),
            "label": self.label(layers),
        }
        items: list[dict[str, Any]] = []
        boxes: list[etree._Element] = []
        self.items(paragraph, items, boxes, self.styles.chain(style), _Field())
        # A page break inside a paragraph parts it in two.
        part: list[dict[str, Any]] = []
        for item in items:
            if item == {"break": "page"}:
                yield {**block, "items": part}
                part, block = [], {**block, "page_before": True, "label": "", "before": 0}
            else:
                part.append(item)
        if part or not items or len(items) == 1:
            yield {**block, "items": part}
        elif block["page_before"]:
            yield {**block, "items": []}
        for box in boxes:
            yield from self.blocks(box)

    def line(self, layers: list[etree._Element]) -> float:
        if _attribute(layers, "spacing", "lineRule") in ("exact", "atLeast"):
            return 1.0
        return min(max(_number(_attribute(layers, "spacing", "line"), 240) / 240, 0.8), 4)

    def rule(self, layers: list[etree._Element]) -> str:
        borders = _first(layers, "pBdr")
        line = None if borders is None else borders.find(q("w:bottom"))
        if line is None or _key(line, "val") in ("nil", "none"):
            return ""
        colour = _key(line, "color") or ""
        return f"#{colour}" if re.fullmatch("[0-9A-Fa-f]{6}", colour) else "#000000"

    def level(self, layers: list[etree._Element]) -> int:
        outline = _value(_first(layers, "outlineLvl"))
        return int(outline) + 1 if outline.isdigit() and int(outline) < 6 else 0

    def label(self, layers: list[etree._Element]) -> str:
        numbering = _first(layers, "numPr")
        if numbering is None or self.numbering is None:
            return ""
        number, level = _value(numbering.find(q("w:numId"))), int(_number(_value(numbering.find(q("w:ilvl"))), 0))
        abstract = next(
            (
                _value(one.find(q("w:abstractNumId")))
                for one in self.numbering.iter(q("w:num"))
                if _key(one, "numId") == number
            ),
            None,
        )
        if number == "0" or abstract is None:
            return ""
        levels = {
            int(_number(_key(one, "ilvl"), 0)): one
            for kind in self.numbering.iter(q("w:abstractNum"))
            if _key(kind, "abstractNumId") == abstract
            for one in kind.findall(q("w:lvl"))
        }
        if level not in levels:
            return ""
        kind = _value(levels[level].find(q("w:numFmt")))
        if kind == "bullet":
            return "•" if level % 2 == 0 else "–"
        if kind == "none":
            return ""
        counts = self.counts.setdefault(number, Counter())
        counts[level] += 1
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]

        def figure(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            start = levels.get(at)
            begin = 1 if start is None else int(_number(_value(start.find(q("w:start"))), 1))
            count = max(counts[at], 1) + begin - 1
            letters = _LETTERS.get("" if start is None else _value(start.find(q("w:numFmt"))))
            return letters[(count - 1) % 26] if letters else str(count)

        return re.sub(r"%([1-9])", figure, _value(levels[level].find(q("w:lvlText"))) or "%1.")

    # Runs

    def items(
        self,
        holder: etree._Element,
        items: list[dict[str, Any]],
        boxes: list[etree._Element],
        chain: list[etree._Element],
        state: _Field,
    ) -> None:
        for child in holder:
            if child.tag == q("w:r"):
                self.run(child, items, boxes, chain, state)
            elif child.tag == q("w:fldSimple"):
                if name := _page_field(child.get(q("w:instr"), "")):
                    items.append({"field": name, **self.look(None, chain)})
                else:
                    self.items(child, items, boxes, chain, state)
            elif child.tag in (q("w:del"), q("w:moveFrom"), q("w:pPr"), q("w:sdtPr")):
                continue
            elif isinstance(child.tag, str):  # hyperlink, insertion, content control, smart tag
                self.items(child, items, boxes, chain, state)

    def run(
        self,
        run: etree._Element,
        items: list[dict[str, Any]],
        boxes: list[etree._Element],
        chain: list[etree._Element],
        state: _Field,
    ) -> None:
        properties = run.find(q("w:rPr"))
        if is_on(properties, "vanish"):
            return
        look = self.look(properties, chain)
        for child in run:
            if child.tag == q("w:fldChar"):
                state.step(child.get(q("w:fldCharType"), ""), items, look)
            elif child.tag == q("w:instrText"):
                state.code += child.text or ""
            elif state.hides:
                continue
            elif child.tag == q("w:t"):
                items.append({"text": child.text or "", **look})
            elif child.tag == q("w:tab"):
                items.append({"text": "\u2003", **look})
            elif child.tag in (q("w:br"), q("w:cr")):
                items.append({"break": "page" if child.get(q("w:type")) == "page" else "line"})
            elif child.tag == q("w:noBreakHyphen"):
                items.append({"text": "\u2011", **look})
            elif child.tag in (q("w:drawing"), q("w:pict"), q("w:object"), f"{_MC}AlternateContent"):
                self.drawing(child, items, boxes)

    def look(self, properties: etree._Element | None, chain: list[etree._Element]) -> dict[str, Any]:
        style = _first([properties], "rStyle")
        layers = self.layers(properties, [*([] if style is None else self.styles.chain(_value(style))), *chain])
        # Arabic has switches and a size of its own.
        is_complex = bool(is_on(properties, "rtl") or is_on(properties, "cs"))
        mine = "Cs" if is_complex else ""

        def is_set(name: str) -> bool:
            return next((on for one in layers if (on := is_on(one, name)) is not None), False)

        colour = _value(_first(layers, "color"))
        return {
            "bold": is_set(f"b{mine}"),
            "italic": is_set(f"i{mine}"),
            "underline": _value(_first(layers, "u")) not in ("", "none"),
            "size": self.points(layers, is_complex=is_complex),
            "colour": f"#{colour}" if re.fullmatch("[0-9A-Fa-f]{6}", colour) else "",
        }

    def layers(self, properties: etree._Element | None, chain: list[etree._Element]) -> list[etree._Element]:
        """All `w:rPr` that bear on a run, the nearest first."""
        found = [properties, *(style.find(q("w:rPr")) for style in chain)]
        if self.styles.root is not None:
            found.append(self.styles.root.find(f"{q('w:docDefaults')}/{q('w:rPrDefault')}/{q('w:rPr')}"))
        return [one for one in found if one is not None]

    def points(self, layers: list[etree._Element], *, is_complex: bool = False) -> float:
        size = _value(_first(layers, "szCs" if is_complex else "sz")) or _value(_first(layers, "sz"))
        return min(max(_number(size, 20) / 2, 4), 96)

    def drawing(self, element: etree._Element, items: list[dict[str, Any]], boxes: list[etree._Element]) -> None:
        """A picture becomes an item; the text of a text box follows its paragraph."""
        if element.tag == f"{_MC}AlternateContent":
            choice = element.find(f"{_MC}Choice")
            fallback = element.find(f"{_MC}Fallback")
            for child in next((one for one in (choice, fallback) if one is not None and len(one)), ()):
                self.drawing(child, items, boxes)
            return
        boxes += list(element.iter(q("w:txbxContent")))
        for blip in element.iter(f"{_A}blip"):
            path = self.relations.get(blip.get(f"{{{R}}}embed", ""), "")
            if path not in self.images and path in self.members and (picture := _picture(self.members[path])):
                self.images[path] = picture
            holder = next((one for one in blip.iterancestors(f"{_WP}inline", f"{_WP}anchor")), None)
            if path not in self.images or holder is None:
                continue
            extent, words = holder.find(f"{_WP}extent"), holder.find(f"{_WP}docPr")
            size = {} if extent is None else dict(extent.attrib)
            items.append(
                {
                    "picture": path,
                    "alt": "" if words is None else words.get("descr", "").strip(),
                    "width": min(max(_number(size.get("cx"), 30 * _EMU_PER_MM) / _EMU_PER_MM, 1), 280),
                    "height": min(max(_number(size.get("cy"), 20 * _EMU_PER_MM) / _EMU_PER_MM, 1), 280),
                }
            )

    # Tables

    def table(self, table: etree._Element) -> dict[str, Any]:
        properties = table.find(q("w:tblPr"))
        widths = [_number(_key(column, "w"), 1000) for column in table.iterfind(f"{q('w:tblGrid')}/{q('w:gridCol')}")]
        rows: list[list[dict[str, Any]]] = []
        open_cells: dict[int, dict[str, Any]] = {}  # by column: the cell that goes on downwards
        header_rows = 0
        for row in table.iter(q("w:tr")):
            if next(row.iterancestors(q("w:tbl"))) is not table:
                continue
            marks = row.find(q("w:trPr"))
            header_rows += len(rows) == header_rows and bool(is_on(marks, "tblHeader"))
            cells: list[dict[str, Any]] = []
            column = int(_number(_value(None if marks is None else marks.find(q("w:gridBefore"))), 0))
            cells += [_empty_cell() for _blank in range(min(column, 60))]
            for cell in row.iter(q("w:tc")):
                if next(cell.iterancestors(q("w:tr"))) is not row:
                    continue
                about = cell.find(q("w:tcPr"))
                span = 1 if about is None else int(_number(_value(about.find(q("w:gridSpan"))), 1))
                span = min(max(span, 1), 60)
                merged = None if about is None else about.find(q("w:vMerge"))
                if merged is not None and _value(merged) != "restart" and column in open_cells:
                    open_cells[column]["rows"] += 1
                else:
                    shade = None if about is None else about.find(q("w:shd"))
                    fill = "" if shade is None else _key(shade, "fill") or ""
                    made = {
                        **_empty_cell(),
                        "columns": span,
                        "fill": f"#{fill}" if re.fullmatch("[0-9A-Fa-f]{6}", fill) else "",
                        "blocks": list(self.blocks(cell)),
                    }
                    cells.append(made)
                    open_cells.pop(column, None)
                    if merged is not None:
                        open_cells[column] = made
                column += span
            rows.append(cells)
        width = max([len(widths), *(sum(cell["columns"] for cell in cells) for cells in rows)], default=0)
        return {
            "kind": "table",
            "rtl": bool(is_on(properties, "bidiVisual")),
            "widths": (widths + [1000.0] * width)[:width] or [1000.0],
            "borders": self.has_borders(table),
            "header_rows": header_rows,
            "rows": [cells for cells in rows if cells],
        }

    def has_borders(self, table: etree._Element) -> bool:
        """The table, its style or one of its cells has lines: we draw all or none."""
        properties = table.find(q("w:tblPr"))
        style = "" if properties is None else _value(properties.find(q("w:tblStyle")))
        layers = [properties, *(one.find(q("w:tblPr")) for one in (self.styles.chain(style) if style else []))]
        borders = [
            _first(layers, "tblBorders"),
            *table.iterfind(f"{q('w:tr')}/{q('w:tc')}/{q('w:tcPr')}/{q('w:tcBorders')}"),
        ]
        return any(_key(line, "val") not in ("nil", "none") for one in borders if one is not None for line in one)


@dataclass
class _Field:
    """A field of Word's in parts: its code, then what it showed last, which we show unless we count ourselves."""

    code: str = ""
    depth: int = 0
    hides: bool = False

    def step(self, kind: str, items: list[dict[str, Any]], look: dict[str, Any]) -> None:
        if kind == "begin":
            self.depth += 1
            self.code, self.hides = "", True
        elif kind == "separate":
            name = _page_field(self.code)
            if name:
                items.append({"field": name, **look})
            self.hides = bool(name)
        elif kind == "end":
            if self.hides and (name := _page_field(self.code)) and not (items and items[-1].get("field") == name):
                items.append({"field": name, **look})
            self.depth = max(self.depth - 1, 0)
            self.code, self.hides = "", False


def _page_field(code: str) -> str:
    word = (code.split() or [""])[0].upper()
    return {"PAGE": "page", "NUMPAGES": "pages", "SECTIONPAGES": "pages"}.get(word, "")


def _empty_cell() -> dict[str, Any]:
    return {"columns": 1, "rows": 1, "fill": "", "blocks": []}


def _first(layers: list[Any], name: str) -> etree._Element | None:
    return next((found for one in layers if one is not None and (found := one.find(q(f"w:{name}"))) is not None), None)


def _attribute(layers: list[etree._Element], name: str, key: str) -> str | None:
    found = (one.find(q(f"w:{name}")) for one in layers)
    return next((value for one in found if one is not None and (value := _key(one, key)) is not None), None)


def _key(element: etree._Element, name: str) -> str | None:
    return element.get(q(f"w:{name}"))


def _value(element: etree._Element | None) -> str:
    return "" if element is None else element.get(q("w:val")) or ""


def _picture(data: bytes) -> bytes:
    """The picture as typst and PDF/A take it; b"" for what cannot be shown, such as EMF."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP")) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return b""
            if (picture.format, picture.mode) in (("JPEG", "RGB"), ("JPEG", "L"), ("PNG", "RGB"), ("PNG", "RGBA")):
                picture.load()
                return data
            out = io.BytesIO()
            picture.convert("RGBA").save(out, "PNG")
            return out.getvalue()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return b""
