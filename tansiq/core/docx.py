"""Word documents: made, looked at before they serve as templates, filled, and turned into PDF without Word.

A template is a .docx with placeholders such as {{ to.name }}, which Word may have split over runs. It may also hold
{% if %}, {% for %} over a field, and a handful of filters; nothing else of Jinja is let in, so a template can neither
call anything nor run without end.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import ChainMap
from collections.abc import Collection, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, Template, TemplateSyntaxError, UndefinedError, nodes
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment, SecurityError
from lxml import etree

from tansiq.core import pdf, wordpages
from tansiq.core.errors import Refused
from tansiq.core.exchange import nearest
from tansiq.core.language import direction
from tansiq.core.word import (
    TEXT_PART,
    BadDocument,
    Styles,
    W,
    opened,
    parse,
    pieces,
    q,
    set_direction,
)
from tansiq.core.wordbuild import build

__all__ = ["BadDocument", "CannotMerge", "build", "check", "merge", "text_of", "to_pdf"]

MOST_PLACEHOLDERS = 500


class CannotMerge(Refused):
    """The values do not fill the template; `fields` are the dotted names that are missing or hold no text."""


# --- Templates -----------------------------------------------------------------------------------------------------

_START, _END = "\ue000", "\ue001"  # around each value in the filled text, until it is split into runs
_UNWANTED = re.compile(f"[{_START}{_END}\x00-\x08\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_LINE_BREAK = re.compile("[\r\x0b\x85\u2028\u2029]")
_FILTERS = ("default", "upper", "lower", "title", "capitalize", "trim", "join", "length")
_TESTS = ("defined", "undefined", "none")
_ALLOWED: tuple[type[nodes.Node], ...] = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.CondExpr, nodes.Filter, nodes.Test),
    *(
        nodes.Name,
        nodes.Getattr,
        nodes.Getitem,
        nodes.Const,
        nodes.Compare,
        nodes.Operand,
        nodes.And,
        nodes.Or,
        nodes.Not,
    ),
)
_LOOP = ("index", "index0", "first", "last", "length", "revindex")
_MOST_NESTED_LOOPS = 2
_LONGEST_TAG = 200
_DEEPEST = 20
# docxtpl's own: values that bring XML along, merged and coloured cells.
_PARTS_OF_WORD = re.compile(r"\{\{(?:p|r|tr|tc)\s|\{%[-\s]*(?:colspan|cellbg|vm|hm)\b")
_TAG = re.compile(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}")  # without braces inside, or many open ones would take for ever


class _NoText(Exception):
    """A value that is a record or a list where a text belongs."""


def _shown(value: Any) -> str:
    if isinstance(value, StrictUndefined):
        str(value)  # raises UndefinedError
    if isinstance(value, Mapping | list | tuple | set):
        raise _NoText
    text = "" if value is None else str(value).replace("\r\n", "\n").replace("\f", "\n\n")
    return f"{_START}{_UNWANTED.sub('', _LINE_BREAK.sub(chr(10), text))}{_END}"


class _Fields(ImmutableSandboxedEnvironment):
    """A dot leads into a record by its key and nowhere else: a value has no attribute and no method."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, LoopContext):
            return super().getattr(obj, attribute)
        if isinstance(obj, Mapping | _StandIn):
            try:
                return obj[attribute]
            except KeyError:
                pass
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return self.getattr(obj, argument)


def _environment() -> ImmutableSandboxedEnvironment:
    made = _Fields(autoescape=True, undefined=StrictUndefined, finalize=_shown)
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in _FILTERS}
    made.tests = {name: made.tests[name] for name in _TESTS}
    return made


def _plain_environment() -> ImmutableSandboxedEnvironment:
    made = _Fields(undefined=StrictUndefined, autoescape=False, finalize=lambda value: "" if value is None else value)
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in _FILTERS}
    made.tests = {name: made.tests[name] for name in _TESTS}
    return made


_JINJA = _environment()
_TEXT = _plain_environment()
_WORD = DocxTemplate(io.BytesIO())  # for its patch_xml alone, which brings together what Word split


@dataclass(frozen=True)
class _Part:
    """One XML part with placeholders: as Jinja, with the dotted names that it shows and those that it asks for."""

    source: str
    template: Template
    shown: frozenset[str]
    asked: frozenset[str]


@dataclass(frozen=True)
class _Ready:
    """A template that was read: its parts with placeholders, and a zip of everything else."""

    parts: Mapping[str, _Part]
    rest: bytes
    styles: Styles
    faults: tuple[str, ...]

    @property
    def names(self) -> set[str]:
        return {name for part in self.parts.values() for name in part.shown | part.asked}


def check(content: bytes, known: Collection[str]) -> list[str]:
    """What makes a file unusable as a template, in sentences for whoever made it; [] when it can be used.

    known  the dotted names that a placeholder may show, such as "to.name"; "rows.name" is {{ row.name }} within
           {% for row in rows %}
    """
    try:
        ready = _ready(content)
    except BadDocument as bad:
        return bad.faults
    faults = list(ready.faults)
    groups = {name[: dot.start()] for name in known for dot in re.finditer(r"\.", name)}
    for name in sorted(ready.names):
        is_shown = any(name in part.shown for part in ready.parts.values())
        if name in known or (name in groups and not is_shown):
            continue
        if near := nearest(name, known):
            message = _("The template asks for “%(name)s”, which is not known. Did you mean %(near)s?")
            faults.append(message % {"name": name, "near": ", ".join(near)})
        else:
            message = _("The template asks for “%(name)s”, which is not known. Known are: %(known)s.")
            faults.append(message % {"name": name, "known": ", ".join(sorted(known))})
    return faults


def merge(template: bytes, values: Mapping[str, Any]) -> bytes:
    """The template with its placeholders filled; a template that is used again is not read again.

    values  nested: {"to": {"name": "..."}, "body": "..."}; a line break stays one, and a blank line begins another
            paragraph of the same style and direction; None is empty; Latin, Arabic and numbers get runs of their own
    Raises BadDocument for an unusable template; CannotMerge for a field that has no value or whose value is no text.
    """
    ready = _ready(template)
    if ready.faults:
        raise BadDocument(list(ready.faults))
    out = io.BytesIO(ready.rest)
    out.seek(0, io.SEEK_END)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED, compresslevel=4) as packed:
        for name, part in ready.parts.items():
            try:
                filled = part.template.render(dict(values))
            except (UndefinedError, _NoText, SecurityError) as error:
                raise _cannot(part, values) from error
            root = parse(_valid(filled))
            _settle(root, ready.styles)
            packed.writestr(name, etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))
    return out.getvalue()


def fill(text: str, values: Mapping[str, Any]) -> str:
    """A plain text with its placeholders filled, by the same rules as a template. Raises CannotMerge."""
    try:
        return _TEXT.from_string(text).render(dict(values))
    except (UndefinedError, SecurityError, TemplateSyntaxError) as error:
        message = _("The text cannot be filled in: %(reason)s. Correct the placeholder.")
        raise CannotMerge(message % {"reason": error}, fields=[]) from error


def faults_of_text(text: str, known: Collection[str]) -> list[str]:
    """What makes a plain text with placeholders unusable, in sentences; as `check` does for a file."""
    paragraphs = [{"kind": "paragraph", "text": part} for part in text.split("\n")]
    return check(build(paragraphs, language="en"), known)


def _cannot(part: _Part, values: Mapping[str, Any]) -> CannotMerge:
    def is_missing(name: str) -> bool:
        found: Any = values
        for key in name.split("."):
            if isinstance(found, list | tuple):
                found = found[0] if found else {key: ""}
            if not isinstance(found, Mapping) or key not in found:
                return True
            found = found[key]
        return name in part.shown and isinstance(found, Mapping | list | tuple | set)

    fields = sorted(name for name in part.shown | part.asked if is_missing(name))
    message = _(
        "The document was not made: the template asks for %(fields)s, and there is no text for it. Fill it in first."
    )
    return CannotMerge(message % {"fields": ", ".join(f"“{name}”" for name in fields) or "?"}, fields=fields)


def _valid(xml: str) -> bytes:
    return xml.replace("\n<w:p", "<w:p").encode("utf-8", "ignore")


@lru_cache(maxsize=8)
def _ready(content: bytes) -> _Ready:
    members = opened(content)
    styles = Styles.of(members)
    parts: dict[str, _Part] = {}
    faults: list[str] = []
    for name, xml in members.items():
        if TEXT_PART.fullmatch(name) and (b"{" in xml or name == "word/document.xml"):
            part = _read_part(parse(xml), faults)
            if part is not None:
                parts[name] = part
    rest = io.BytesIO()
    with zipfile.ZipFile(rest, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            if name not in parts:
                packed.writestr(name, data)
    return _Ready(parts, rest.getvalue(), styles, tuple(dict.fromkeys(faults)))


def _read_part(root: etree._Element, faults: list[str]) -> _Part | None:
    """Adds to `faults`; None when there are any."""
    found = list(_tag_faults(root))
    if not found:
        # A line for each paragraph, so that Jinja's line number leads to it.
        xml = etree.tostring(root, encoding="unicode").replace("\n", " ")
        source = re.sub(r"<w:p([ >])", r"\n<w:p\1", _WORD.patch_xml(xml))
        try:
            shown, asked = _Reader(source).read(_JINJA.parse(source))
            template = _JINJA.from_string(source)
        except TemplateSyntaxError as error:
            found.append(_syntax_fault(source, error.lineno, _("a sign or an end is missing, or one is too many")))
        except BadDocument as bad:
            found += bad.faults
        else:
            part = _Part(source, template, frozenset(shown), frozenset(asked))
            if _holds_together(part):
                return part
            message = _(
                "A condition or loop of the template does not end where it begins. Write %(both)s in one paragraph, "
                "or %(own)s in paragraphs of their own."
            )
            found.append(message % {"both": "{% if %} … {% endif %}", "own": "{%p if %}, {%p endif %}"})
    faults += found
    return None


def _tag_faults(root: etree._Element) -> Iterator[str]:
    if root.nsmap.get("w") != W:
        yield _("This document was not written by Word or LibreOffice. Open it there, save it and send it again.")
        return
    count = 0
    for text in _texts(root):
        count += text.count("{{") + text.count("{%") + text.count("{#")
        rest = _TAG.sub("", text)
        if broken := re.search(r"\{\{|\{%|\{#|%\}|\}\}", rest):
            message = _("“%(text)s” is not a whole placeholder. Write it as {{ name }} within one paragraph.")
            yield message % {"text": rest[max(broken.start() - 10, 0) :][:60].strip()}
        for tag in _TAG.findall(text):
            if _PARTS_OF_WORD.match(tag) or len(tag) > _LONGEST_TAG:
                yield _("“%(text)s” is not a placeholder that is filled here. Write it as {{ name }}.") % {
                    "text": tag[:60]
                }
    if count > MOST_PLACEHOLDERS:
        message = _("The template has %(count)d placeholders; at most %(limit)d are filled.")
        yield message % {"count": count, "limit": MOST_PLACEHOLDERS}


def _texts(root: etree._Element) -> Iterator[str]:
    """The text of each paragraph, then whatever else of the part has a brace in it: codes of fields, attributes."""
    for paragraph in root.iter(q("w:p")):
        yield "".join(element.text or "" for element in paragraph.iter(q("w:t")))
    for element in root.iter():
        others = [element.tail, *(element.attrib.values() if isinstance(element.tag, str) else ())]
        if element.tag != q("w:t") or next(element.iterancestors(q("w:p")), None) is None:
            others.append(element.text)
        yield from (text for text in others if text and "{" in text)


def _syntax_fault(source: str, line: int, reason: str) -> str:
    text = re.sub(r"<[^>]*>", "", (source.split("\n")[line - 1 : line] or [""])[0]).strip()
    tags = " ".join(_TAG.findall(text))
    message = _("The template cannot be read at “%(text)s” (%(reason)s). Mend this placeholder and send it again.")
    return message % {"text": (tags or text)[:100], "reason": reason}


class _Reader:
    """Walks a template's syntax tree: refuses what is not allowed, collects dotted names."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.shown: set[str] = set()
        self.asked: set[str] = set()

    def read(self, tree: nodes.Template) -> tuple[set[str], set[str]]:
        self.walk(tree, ChainMap(), is_shown=False, loops=0)
        return self.shown, self.asked

    def refuse(self, node: nodes.Node) -> BadDocument:
        message = _syntax_fault(self.source, node.lineno, _("only fields, conditions and lists of fields are filled"))
        return BadDocument([message])

    def walk(self, node: nodes.Node, local: ChainMap[str, str], *, is_shown: bool, loops: int, depth: int = 0) -> None:
        if not isinstance(node, _ALLOWED) or depth > _DEEPEST:
            raise self.refuse(node)
        if isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
            self.note(self.path(node, local), is_shown)
        elif isinstance(node, nodes.For):
            if node.recursive or node.test or not isinstance(node.target, nodes.Name) or loops == _MOST_NESTED_LOOPS:
                raise self.refuse(node)
            over = self.path(node.iter, local)
            self.note(over, False)
            inner = local.new_child({node.target.name: over, "loop": ""})
            for child in (*node.body, *node.else_):
                self.walk(child, inner, is_shown=False, loops=loops + 1, depth=depth + 1)
        else:
            if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
                raise self.refuse(node)
            if isinstance(node, nodes.Test) and node.name not in _TESTS:
                raise self.refuse(node)
            passes = isinstance(node, nodes.Output) or (is_shown and isinstance(node, nodes.CondExpr))
            for child in node.iter_child_nodes():
                is_asked = isinstance(node, nodes.CondExpr) and child is node.test
                self.walk(child, local, is_shown=passes and not is_asked, loops=loops, depth=depth + 1)

    def path(self, node: nodes.Node, local: ChainMap[str, str]) -> str:
        if isinstance(node, nodes.Name):
            return local.get(node.name, node.name)
        if isinstance(node, nodes.Getattr):
            name = node.attr
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
            name = node.arg.value
        else:
            raise self.refuse(node)
        above = self.path(node.node, local)  # type: ignore[attr-defined]
        if name.startswith("_") or (above == "" and name not in _LOOP):
            raise self.refuse(node)
        return f"{above}.{name}" if above else ""

    def note(self, name: str, is_shown: bool) -> None:
        if name:
            (self.shown if is_shown else self.asked).add(name)


class _StandIn:
    """Every field at once, full or empty: to see that the filled XML is whole either way."""

    def __init__(self, times: int) -> None:
        self.times = times

    def __getitem__(self, key: Any) -> _StandIn:
        return self

    def __iter__(self) -> Iterator[_StandIn]:
        return iter([self] * self.times)

    def __len__(self) -> int:
        return self.times

    def __eq__(self, other: object) -> bool:
        return bool(self.times)

    def __lt__(self, other: object) -> bool:
        return bool(self.times)

    __gt__ = __le__ = __ge__ = __lt__
    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return ""


def _holds_together(part: _Part) -> bool:
    for times in (0, 2):
        stand_in = _StandIn(times)
        fields = {name.split(".")[0]: stand_in for name in part.shown | part.asked}
        try:
            parse(_valid(part.template.render(fields)))
        except BadDocument:
            return False
    return True


# --- Values into runs ----------------------------------------------------------------------------------------------

_MARKED = re.compile(f"{_START}([^{_END}]*){_END}")
_BLANK_LINE = re.compile(r"\n[^\S\n]*\n\s*")


def _settle(root: etree._Element, styles: Styles) -> None:
    """Turn each marked value into runs, line breaks and paragraphs."""
    texts = []
    for element in root.iter(etree.Element):
        if element.tag == q("w:t") and _START in (element.text or ""):
            texts.append(element)
        elif _START in (element.text or ""):
            element.text = _plain(element.text)
        for name, value in element.attrib.items():
            if _START in value:
                element.set(name, _plain(value))
    for text in texts:
        _settle_text(text, styles)


def _plain(text: str) -> str:
    return re.sub(r"\s*\n\s*", " ", text.replace(_START, "").replace(_END, ""))


def _settle_text(text: etree._Element, styles: Styles) -> None:
    run = text.getparent()
    if run is None or run.tag != q("w:r"):
        text.text = _plain(text.text or "")
        return
    paragraph = next(run.iterancestors(q("w:p")))
    properties = run.find(q("w:rPr"))
    is_rtl = styles.is_rtl(paragraph.find(q("w:pPr")))
    may_split = run.getparent() is paragraph

    def new_run(direction_of: bool | None) -> etree._Element:
        made = etree.Element(q("w:r"))
        if properties is not None:
            made.append(deepcopy(properties))
        elif direction_of:
            etree.SubElement(made, q("w:rPr"))
        if direction_of is not None and len(made):
            set_direction(made[0], is_rtl=direction_of, must_say_no=styles.say_rtl)
        return made

    made: list[etree._Element | None] = []  # None where another paragraph begins

    def write(piece: str, direction_of: bool | None) -> None:
        if piece:
            one = new_run(direction_of)
            for number, cell in enumerate(piece.split("\t")):
                if number:
                    etree.SubElement(one, q("w:tab"))
                if cell:
                    written = etree.SubElement(one, q("w:t"))
                    written.text = cell
                    written.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            made.append(one)

    def write_break() -> None:
        one = new_run(None)
        etree.SubElement(one, q("w:br"))
        made.append(one)

    for index, part in enumerate(_MARKED.split(text.text or "")):
        if index % 2 == 0:
            write(part, None)
            continue
        for number, section in enumerate(_BLANK_LINE.split(part.strip("\n"))):
            if number and may_split:
                made.append(None)
            elif number:
                write_break()
                write_break()
            for row, line in enumerate(section.split("\n")):
                if row:
                    write_break()
                for piece, side in pieces(line, is_rtl=is_rtl):
                    write(piece, side)
    _put_in_place(text, run, paragraph, made)


def _put_in_place(
    text: etree._Element, run: etree._Element, paragraph: etree._Element, made: list[etree._Element | None]
) -> None:
    """Put the runs where the text was; what stood after it in its run and its paragraph follows them."""
    if rest := list(text.itersiblings()):
        tail = etree.Element(q("w:r"))
        if (properties := run.find(q("w:rPr"))) is not None:
            tail.append(deepcopy(properties))
        tail.extend(rest)
        made = [*made, tail]
    run.remove(text)
    followers = list(run.itersiblings())
    place: etree._Element | None = run
    last = paragraph
    for one in made:
        if one is None:
            last, place = _next_paragraph(last), None
            continue
        if place is None:
            last.append(one)
        else:
            place.addnext(one)
        place = one
    if last is not paragraph:
        last.extend(followers)
    holder = run.getparent()
    if holder is not None and all(child.tag == q("w:rPr") for child in run):
        holder.remove(run)


def _next_paragraph(paragraph: etree._Element) -> etree._Element:
    made = etree.Element(q("w:p"))
    if (properties := paragraph.find(q("w:pPr"))) is not None:
        copied = deepcopy(properties)
        # A section ends with the last of its paragraphs.
        if (section := properties.find(q("w:sectPr"))) is not None:
            properties.remove(section)
        made.append(copied)
    paragraph.addnext(made)
    return made


# --- Reading -------------------------------------------------------------------------------------------------------


def text_of(content: bytes) -> str:
    """All words in order: headers, the document, notes, footers; a line for each paragraph. Raises BadDocument."""
    return wordpages.text(opened(content))


def to_pdf(content: bytes, *, language: str, title: str, now: datetime) -> bytes:
    """The document as PDF/A-2a and PDF/UA-1, typeset by `core.pdf` and not by Word: near its look, not the same.

    Kept are paragraphs and headings with alignment and direction, bold, italic and underlined words, lists, tables,
    pictures, page breaks, page numbers, header and footer. Of text boxes and shapes the text is kept; charts and
    drawings are left out. The face is FiraGO whatever the document names.
    Raises BadDocument, and what `pdf.render` raises.
    """
    data, images = wordpages.pages(opened(content), is_rtl=direction(language) == "rtl")
    return pdf.render(pdf.TEMPLATES / "document.typ", data, language=language, title=title, now=now, images=images)
