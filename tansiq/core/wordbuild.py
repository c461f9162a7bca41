"""A Word document made from blocks of text, right-to-left where the language is.

What makes Arabic right in Word: `w:bidi` on each paragraph and on the section, `w:rtl` on each Arabic run and on no
Latin one, a face and a weight for the complex script everywhere, `w:bidiVisual` on tables.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from docx import Document
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.shared import Mm, Pt, RGBColor
from lxml import etree
from PIL import Image

from tansiq.core.dates import locale_of
from tansiq.core.language import direction
from tansiq.core.word import LEFT_TO_RIGHT_MARK, parse, pieces, put, q, set_direction

FACE = "FiraGO"
# What Word takes where FiraGO is not installed, first one first; both have Arabic and Latin letters.
STAND_INS = "Sakkal Majalla;Arial"
INK, RULE, ACCENT = "10243E", "D9D6CE", "0A5FA8"
_PLACEHOLDER = re.compile(r"(\{\{[^{}]*\}\}|\{%[^{}]*%\})")
_ALIGN = {"start": "left", "end": "right", "center": "center", "justify": "both"}  # Word's left is where lines start


def build(
    blocks: Iterable[Mapping[str, Any]],
    *,
    language: str,
    letterhead: Sequence[str] = (),
    logos: Sequence[bytes] = (),
    footer: str = "",
    title: str = "",
) -> bytes:
    """A Word document on A4, right-to-left where the language is, its pages numbered "1 / 3".

    blocks      dicts by "kind":
                  heading     text, level (1 to 3)
                  paragraph   text, align (start, end, center, justify), bold
                  table       rows (lists of texts), header (the first row is repeated on each page), widths (shares)
                  page_break
    letterhead  lines at the top, under the logos
    logos       PNG, JPEG, GIF or WebP, in a row from the starting side in their order
    footer      a line at the end of every page
    A text may hold line breaks, and placeholders, each of which stays whole.
    """
    document = Document()
    writer = _Writer(document, language)
    writer.set_up(title)
    if logos:
        paragraph = writer.paragraph(document.add_paragraph(), "")
        for number, logo in enumerate(logos):
            if number:
                paragraph.add_run("  ")
            paragraph.add_run().add_picture(io.BytesIO(_picture(logo)), height=Mm(16))
    for number, line in enumerate(letterhead, start=1):
        paragraph = writer.paragraph(document.add_paragraph(), line, bold=True)
        paragraph.paragraph_format.space_after = Pt(14 if number == len(letterhead) else 0)
        if number == len(letterhead):
            writer.underline(paragraph)
    for block in blocks:
        writer.block(block)
    writer.footer(footer)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


class _Writer:
    def __init__(self, document: Any, language: str) -> None:
        self.document = document
        self.is_rtl = direction(language) == "rtl"
        self.locale = locale_of(language).replace("_", "-")

    def set_up(self, title: str) -> None:
        properties = self.document.core_properties
        properties.title, properties.author, properties.comments = title, "", ""
        for stamp in properties._element.xpath("dcterms:created | dcterms:modified"):
            stamp.getparent().remove(stamp)  # those of python-docx's own template
        self._fonts()
        for name, points in (("Normal", 11), ("Heading 1", 16), ("Heading 2", 13), ("Heading 3", 11)):
            style = self.document.styles[name]
            style.font.size, style.font.color.rgb = Pt(points), RGBColor.from_string(INK)
            style.font.bold = name != "Normal"
            run = style.element.get_or_add_rPr()
            fonts = put(run, "rFonts", ascii=FACE, hAnsi=FACE, eastAsia=FACE, cs=FACE)
            assert fonts is not None
            put(run, "szCs", val=str(points * 2))
            if name == "Normal":
                put(run, "lang", **({"bidi": self.locale} if self.is_rtl else {"val": self.locale}))
            else:
                put(run, "bCs")
        normal = self.document.styles["Normal"].paragraph_format
        normal.space_after, normal.line_spacing = Pt(6), 1.25 if self.is_rtl else 1.15
        # Or the line before a line break would be stretched to the margin in justified text.
        settings = self.document.settings.element
        compatibility = settings.find(q("w:compat"))
        if compatibility is None:
            compatibility = etree.SubElement(settings, q("w:compat"))
        compatibility.insert(0, OxmlElement("w:doNotExpandShiftReturn"))
        section = self.document.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.left_margin = section.right_margin = Mm(22)
        section.top_margin = section.bottom_margin = Mm(20)
        if self.is_rtl:
            grid = section._sectPr.find(q("w:docGrid"))
            index = len(section._sectPr) if grid is None else section._sectPr.index(grid)
            section._sectPr.insert(index, OxmlElement("w:bidi"))

    def _fonts(self) -> None:
        table = next(part for part in self.document.part.package.iter_parts() if part.partname == "/word/fontTable.xml")
        root = parse(table.blob)
        font = etree.SubElement(root, q("w:font"), {q("w:name"): FACE})
        etree.SubElement(font, q("w:altName"), {q("w:val"): STAND_INS})
        table._blob = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)

    def block(self, block: Mapping[str, Any]) -> None:
        kind = block["kind"]
        if kind == "heading":
            paragraph = self.document.add_paragraph(style=f"Heading {block.get('level', 1)}")
            self.paragraph(paragraph, block["text"], align=block.get("align", "start"))
        elif kind == "paragraph":
            align, bold = block.get("align", "start"), block.get("bold", False)
            self.paragraph(self.document.add_paragraph(), block["text"], align=align, bold=bold)
        elif kind == "table":
            self.table(block)
        elif kind == "page_break":
            self.paragraph(self.document.add_paragraph(), "").add_run().add_break(WD_BREAK.PAGE)
        else:
            raise ValueError(f"no kind of block: {kind}")

    def paragraph(self, paragraph: Any, text: Any, *, align: str = "start", bold: bool = False) -> Any:
        properties = paragraph._p.get_or_add_pPr()
        if self.is_rtl:
            # Where the schema has it: after what spaces and indents come before.
            properties.insert_element_before(OxmlElement("w:bidi"), *_AFTER_BIDI)
        if align != "start":
            properties.get_or_add_jc().set(q("w:val"), _ALIGN[align])
        for part in _PLACEHOLDER.split(str(text)):
            if _PLACEHOLDER.fullmatch(part):
                self.run(paragraph, part, self.is_rtl, bold)
                continue
            for number, line in enumerate(part.split("\n")):
                if number:
                    paragraph.add_run().add_break()
                for piece, is_rtl in pieces(line, is_rtl=self.is_rtl):
                    self.run(paragraph, piece, is_rtl, bold)
        return paragraph

    def run(self, paragraph: Any, text: str, is_rtl: bool, bold: bool = False) -> None:
        run = paragraph.add_run(text)
        if bold:
            run.bold = True
        if bold or is_rtl:
            set_direction(run._r.get_or_add_rPr(), is_rtl=is_rtl)

    def table(self, block: Mapping[str, Any]) -> None:
        rows = [list(row) for row in block["rows"]]
        width = max(map(len, rows), default=0)
        if not width:
            return
        table = self.document.add_table(rows=0, cols=width)
        table.autofit = not block.get("widths")
        properties = table._tbl.tblPr
        if self.is_rtl:
            mark = OxmlElement("w:bidiVisual")
            properties.insert(1 if properties.find(q("w:tblStyle")) is not None else 0, mark)
        borders = OxmlElement("w:tblBorders")
        for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
            line = etree.SubElement(borders, q(f"w:{side}"))
            for name, value in (("val", "single"), ("sz", "4"), ("space", "0"), ("color", RULE)):
                line.set(q(f"w:{name}"), value)
        layout = properties.find(q("w:tblLayout"))
        properties.insert(len(properties) if layout is None else properties.index(layout), borders)
        shares = list(block.get("widths") or [1] * width)
        page = Mm(210 - 2 * 22)
        for number, texts in enumerate(rows):
            row = table.add_row()
            is_header = number == 0 and block.get("header", False)
            if is_header:
                etree.SubElement(row._tr.get_or_add_trPr(), q("w:tblHeader"))
            for cell, text, share in zip(row.cells, texts + [""] * (width - len(texts)), shares, strict=True):
                cell.width = int(page * share / sum(shares))
                self.paragraph(cell.paragraphs[0], text, bold=is_header)
                cell.paragraphs[0].paragraph_format.space_after = Pt(2)
        for column, share in zip(table.columns, shares, strict=True):
            column.width = int(page * share / sum(shares))
        self.paragraph(self.document.add_paragraph(), "").paragraph_format.space_after = Pt(0)

    def underline(self, paragraph: Any) -> None:
        borders = OxmlElement("w:pBdr")
        line = etree.SubElement(borders, q("w:bottom"))
        for name, value in (("val", "single"), ("sz", "6"), ("space", "6"), ("color", ACCENT)):
            line.set(q(f"w:{name}"), value)
        paragraph._p.pPr.insert_element_before(borders, "w:shd", "w:tabs", "w:suppressAutoHyphens", *_BEFORE_BIDI)

    def footer(self, text: str) -> None:
        footer = self.document.sections[0].footer
        paragraph = footer.paragraphs[0]
        if text:
            self.paragraph(paragraph, text, align="center")
            paragraph = footer.add_paragraph(style=paragraph.style)
        self.paragraph(paragraph, "", align="center")
        # After the mark both numbers and the stroke between them are left-to-right for any program.
        self.run(paragraph, LEFT_TO_RIGHT_MARK, is_rtl=False)
        self.field(paragraph, "PAGE")
        self.run(paragraph, " / ", is_rtl=False)
        self.field(paragraph, "NUMPAGES")

    def field(self, paragraph: Any, code: str) -> None:
        for kind in ("begin", "instr", "separate", "text", "end"):
            run = paragraph.add_run("1" if kind == "text" else "")._r
            if kind == "instr":
                etree.SubElement(run, q("w:instrText")).text = f" {code} "
            elif kind != "text":
                etree.SubElement(run, q("w:fldChar")).set(q("w:fldCharType"), kind)


_BEFORE_BIDI = (
    "w:kinsoku",
    "w:wordWrap",
    "w:overflowPunct",
    "w:topLinePunct",
    "w:autoSpaceDE",
    "w:autoSpaceDN",
    "w:bidi",
)
_AFTER_BIDI = (
    *("w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind", "w:contextualSpacing", "w:mirrorIndents"),
    *("w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment", "w:textboxTightWrap", "w:outlineLvl"),
    *("w:divId", "w:cnfStyle", "w:rPr", "w:sectPr", "w:pPrChange"),
)


def _picture(image: bytes) -> bytes:
    if image.startswith((b"\x89PNG", b"\xff\xd8")):
        return image
    out = io.BytesIO()
    with Image.open(io.BytesIO(image)) as picture:
        picture.convert("RGBA").save(out, "PNG")
    return out.getvalue()
