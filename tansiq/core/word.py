"""What is inside a Word file: opened with limits, its words split by script, its styles followed.

A .docx that somebody gave us is hostile until measured: sizes and ratios before anything is unpacked, no DTD, no
entity, no macro, nothing that Word would fetch when the file is opened.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _
from lxml import etree

from tansiq.core.errors import Refused

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
MAIN_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
DOCUMENT = "word/document.xml"

LARGEST_FILE_BYTES = 5_000_000
LARGEST_UNPACKED_BYTES = 50_000_000
LARGEST_TEXT_BYTES = 4_000_000  # of one XML part: a letter has some 20 kB, a book of 300 pages some 3 MB
MOST_ELEMENTS = 50_000  # of one XML part that holds words: some hundred pages
LARGEST_RATIO = 200
RATIO_FROM_BYTES = 1_000_000  # a small member may be as repetitive as it likes
MOST_MEMBERS = 500

# The parts that hold words a reader sees.
TEXT_PART = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml")
_FETCHING_FIELD = re.compile(r"^\s*(INCLUDEPICTURE|INCLUDETEXT|DDEAUTO|DDE|LINK|RD|IMPORT|DATABASE)\b", re.IGNORECASE)
_HARMLESS_LINK = re.compile(r"(https?|mailto|tel):|#", re.IGNORECASE)


class BadDocument(Refused):
    """A Word file that is not used; `faults` is the list of sentences that say why."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults), faults=faults)
        self.faults = faults


def q(name: str) -> str:
    """ "w:p" as lxml writes it; the prefixes are w and r."""
    prefix, _colon, local = name.partition(":")
    return f"{{{ {'w': W, 'r': R}[prefix] }}}{local}"


def parse(xml: bytes) -> etree._Element:
    """Parse without entities, network or a huge tree. Raises BadDocument for a DTD and for XML that is not well formed."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise BadDocument([_damaged()]) from error
    if root.getroottree().docinfo.doctype:
        raise BadDocument(
            [_("This document declares XML entities, which no Word document needs. Save it anew in Word.")]
        )
    return root


def opened(content: bytes) -> dict[str, bytes]:
    """The members of a .docx by name, in their order.

    Raises BadDocument with every fault of the file as a file; what it says is not looked at.
    """
    members = _unpacked(content)
    if faults := list(_faults(members)):
        raise BadDocument(faults)
    return members


def _damaged() -> str:
    return _("This file is damaged and cannot be read. Open it in Word, save it as .docx and send it again.")


def _unpacked(content: bytes) -> dict[str, bytes]:
    if len(content) > LARGEST_FILE_BYTES:
        message = _("This document has %(size).1f MB; at most %(limit).1f MB are taken. Make its pictures smaller.")
        raise BadDocument([message % {"size": len(content) / 1e6, "limit": LARGEST_FILE_BYTES / 1e6}])
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        message = _("This document has a password or is of the old .doc kind. Save it as .docx without a password.")
        raise BadDocument([message])
    if not content.startswith(b"PK"):
        raise BadDocument([_("This is not a Word document. Save it as .docx and send it again.")])
    members: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            infos = packed.infolist()
            # What a member says of its size binds the reader too: zipfile never unpacks further.
            unpacked = sum(info.file_size for info in infos)
            swollen = any(
                info.file_size > max(RATIO_FROM_BYTES, LARGEST_RATIO * info.compress_size)
                or (info.filename.endswith((".xml", ".rels")) and info.file_size > LARGEST_TEXT_BYTES)
                for info in infos
            )
            if swollen or unpacked > LARGEST_UNPACKED_BYTES or len(infos) > MOST_MEMBERS:
                message = _(
                    "This document is far larger unpacked than it looks and is not opened. Save it anew in Word."
                )
                raise BadDocument([message])
            for info in infos:
                if info.flag_bits & 1 or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise BadDocument([_damaged()])
                if info.filename in members or ".." in info.filename.split("/") or info.filename.startswith("/"):
                    raise BadDocument([_damaged()])
                if not info.is_dir():
                    members[info.filename] = packed.read(info)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError) as error:
        raise BadDocument([_damaged()]) from error
    if DOCUMENT not in members or "[Content_Types].xml" not in members:
        raise BadDocument([_("This is not a Word document. Save it as .docx and send it again.")])
    return members


def _faults(members: Mapping[str, bytes]) -> Iterator[str]:
    types = {element.get("ContentType", "").lower() for element in parse(members["[Content_Types].xml"])}
    if any("macro" in kind or "vba" in kind or "activex" in kind for kind in types) or any(
        re.search(r"vba(project|data)|activex/", name, re.IGNORECASE) for name in members
    ):
        yield _("This document holds macros. Save it as .docx (a Word document without macros) and send it again.")
    elif MAIN_TYPE not in types:
        yield _("This is not a Word document. Save it as .docx and send it again.")
    for name, xml in members.items():
        if name.endswith(".rels"):
            yield from _far_targets(parse(xml))
        elif name.endswith(".xml"):
            root = parse(xml)
            if TEXT_PART.fullmatch(name):
                yield from _far_fields(root)
                if sum(1 for _element in root.iter()) > MOST_ELEMENTS:
                    yield _("This document is too long: at most some hundred pages are taken. Shorten it.")
    if parse(members[DOCUMENT]).tag != q("w:document"):
        yield _("This is not a Word document. Save it as .docx and send it again.")


def _far_targets(root: etree._Element) -> Iterator[str]:
    for relation in root.iter(f"{{{RELATIONS}}}Relationship"):
        kind, target = relation.get("Type", "").rsplit("/", 1)[-1], relation.get("Target", "")
        is_far = relation.get("TargetMode", "").lower() == "external"
        if kind == "hyperlink" and (not is_far or _HARMLESS_LINK.match(target)):
            continue
        if is_far or "://" in target or target.startswith(("\\\\", "//")):
            message = _(
                "This document fetches “%(target)s” (%(kind)s) when it is opened. Put it into the document itself."
            )
            yield message % {"target": target[:100], "kind": kind}
        elif kind == "aFChunk":
            yield _("This document holds another document inside. Copy its text into this one.")


def _far_fields(root: etree._Element) -> Iterator[str]:
    for paragraph in root.iter(q("w:p")):
        codes = ["".join(element.text or "" for element in paragraph.iter(q("w:instrText")))]
        codes += [element.get(q("w:instr"), "") for element in paragraph.iter(q("w:fldSimple"))]
        for code in codes:
            if _FETCHING_FIELD.match(code):
                message = _(
                    "This document has the field “%(field)s”, which fetches something from elsewhere. Delete it."
                )
                yield message % {"field": code.strip()[:60]}


# --- Scripts -------------------------------------------------------------------------------------------------------

LEFT_TO_RIGHT_MARK = "\u200e"
_SPACES = " \u00a0\u202f"
# A telephone number, then figures in groups, then a number, a date or a time. An en dash between two numbers is left
# to the direction of the text.
_NUMBER = re.compile(
    f"[+][0-9]+(?:[{_SPACES}.-]?[0-9]+)*|[0-9]+(?:[{_SPACES}][0-9]{{2,3}})+(?![0-9]|[.:/-][0-9])%?"
    "|[#]?[0-9]+(?:[.,:/-][0-9]+)*%?"
)
_NEEDS_MARK = re.compile(f"[+#]|.*[{_SPACES}]")


def pieces(text: str, *, is_rtl: bool) -> list[tuple[str, bool]]:
    """The text in pieces of one direction, in order: (text, it is right-to-left).

    is_rtl  of the paragraph, which also settles what stands between two scripts: spaces, punctuation
    A number is left-to-right; spaces in it become no-break spaces. Where programs that look at characters only would
    turn it round, it gets a left-to-right mark: "+212 5 37 00 00 00" in Arabic, 2026 after an Arabic name in French.
    """
    found = list(_tokens(text))
    following = _following(found, is_rtl)
    settled: list[tuple[str, bool | None, bool | None]] = []  # text, direction, and as its neighbours see it
    last = is_rtl
    for (part, kind), after in zip(found, following, strict=True):
        if kind != "number":
            side = None if kind is None else kind == "rtl"
            last = last if side is None else side
            settled.append((part, side, side))
        elif not is_rtl and last and after:
            settled.append((part, True, True))  # within an Arabic phrase
        else:
            is_marked = bool(_NEEDS_MARK.match(part)) if is_rtl else last
            mark = LEFT_TO_RIGHT_MARK if is_marked and settled[-1:] != [(LEFT_TO_RIGHT_MARK, False, False)] else ""
            # As in Unicode's algorithm a number after Arabic counts as Arabic for the spaces beside it.
            last = last and not is_marked
            settled.append((mark + part.replace(" ", "\u00a0"), False, last))
    following = _following(
        [(part, None if seen is None else "rtl" if seen else "ltr") for part, _own, seen in settled], is_rtl
    )
    result: list[tuple[list[str], bool]] = []
    brackets: list[bool] = []
    before = is_rtl
    for (part, own, seen), after in zip(settled, following, strict=True):
        goes = own if own is not None else before if before == after else is_rtl
        if part in _OPENING:
            brackets.append(goes)
        elif part in _CLOSING and brackets:
            before = goes = brackets.pop()
        before = before if seen is None else seen
        if result and result[-1][1] == goes:
            result[-1][0].append(part)
        else:
            result.append(([part], goes))
    return [("".join(parts), goes) for parts, goes in result]


_OPENING, _CLOSING = set("([{"), set(")]}")


def _tokens(text: str) -> Iterator[tuple[str, str | None]]:
    """Each number whole, each other character: (text, "rtl", "ltr", "number" or None)."""
    place = 0
    for number in _NUMBER.finditer(text):
        yield from ((char, _direction(char)) for char in text[place : number.start()])
        yield number[0], "number"
        place = number.end()
    yield from ((char, _direction(char)) for char in text[place:])


def _following(found: Sequence[tuple[str, str | None]], is_rtl: bool) -> list[bool]:
    """For each: the next that has a direction is right-to-left, or else the paragraph is."""
    result = []
    after = is_rtl
    for _part, kind in reversed(found):
        after = kind == "rtl" if kind in ("rtl", "ltr") else after
        result.append(after)
    return result[::-1]


def _direction(char: str) -> str | None:
    kind = unicodedata.bidirectional(char)
    return "rtl" if kind in ("R", "AL", "AN") else "ltr" if kind == "L" else None


# --- Properties ----------------------------------------------------------------------------------------------------

# The order that the schema asks for (ECMA-376, CT_RPr), as far as we add anything.
_RUN_ORDER = [
    *("rStyle", "rFonts", "b", "bCs", "i", "iCs", "caps", "smallCaps", "strike", "dstrike", "outline", "shadow"),
    *("emboss", "imprint", "noProof", "snapToGrid", "vanish", "webHidden", "color", "spacing", "w", "kern", "position"),
    *("sz", "szCs", "highlight", "u", "effect", "bdr", "shd", "fitText", "vertAlign", "rtl", "cs", "em", "lang"),
]
_TWINS = [("b", "bCs"), ("i", "iCs"), ("sz", "szCs")]


def put(properties: etree._Element, name: str, **attributes: str) -> etree._Element:
    """The run property `name` ("rtl") with these attributes, in its place of the schema's order; it replaces its like."""
    for old in properties.findall(q(f"w:{name}")):
        properties.remove(old)
    element = etree.Element(q(f"w:{name}"), {q(f"w:{key}"): value for key, value in attributes.items()})
    later = {q(f"w:{other}") for other in _RUN_ORDER[_RUN_ORDER.index(name) + 1 :]}
    index = next((i for i, child in enumerate(properties) if child.tag in later), len(properties))
    properties.insert(index, element)
    return element


def set_direction(properties: etree._Element, *, is_rtl: bool, must_say_no: bool = False) -> None:
    """Make a run's properties right for one script: `w:rtl`, and weight, size and face for both scripts alike.

    must_say_no  a style may say right-to-left, so that leaving the mark out is not enough
    """
    for latin, complex_script in _TWINS:
        one, other = properties.find(q(f"w:{latin}")), properties.find(q(f"w:{complex_script}"))
        if one is not None and other is None:
            put(properties, complex_script, **_values(one))
        elif one is None and other is not None:
            put(properties, latin, **_values(other))
    fonts = properties.find(q("w:rFonts"))
    if fonts is not None:
        faces = {side: fonts.get(q(f"w:{side}")) for side in ("ascii", "hAnsi", "cs")}
        face = faces["ascii"] or faces["hAnsi"] or faces["cs"]
        for side, known in faces.items():
            if face and not known and not fonts.get(q(f"w:{side}Theme")) and not fonts.get(q("w:cstheme")):
                fonts.set(q(f"w:{side}"), face)
    for old in properties.findall(q("w:rtl")):
        properties.remove(old)
    if is_rtl:
        put(properties, "rtl")
    elif must_say_no:
        put(properties, "rtl", val="0")


def _values(element: etree._Element) -> dict[str, str]:
    return {etree.QName(name).localname: value for name, value in element.attrib.items()}


def is_on(properties: etree._Element | None, name: str) -> bool | None:
    """A switch such as `w:b`: on, off, or None when nothing is said."""
    element = None if properties is None else properties.find(q(f"w:{name}"))
    if element is None:
        return None
    return element.get(q("w:val"), "1").lower() not in ("0", "false", "off", "none")


@dataclass(frozen=True)
class Styles:
    """The styles of a document; `chain` follows what they are based on."""

    root: etree._Element | None

    @classmethod
    def of(cls, members: Mapping[str, bytes]) -> Styles:
        return cls(parse(members["word/styles.xml"]) if "word/styles.xml" in members else None)

    @cached_property
    def _by_id(self) -> dict[str, etree._Element]:
        found = [] if self.root is None else self.root.findall(q("w:style"))
        return {style.get(q("w:styleId"), ""): style for style in found}

    @cached_property
    def _default(self) -> str:
        return next(
            (
                key
                for key, style in self._by_id.items()
                if style.get(q("w:type")) == "paragraph" and style.get(q("w:default")) in ("1", "true")
            ),
            "",
        )

    @cached_property
    def say_rtl(self) -> bool:
        return self.root is not None and self.root.find(f".//{q('w:rPr')}/{q('w:rtl')}") is not None

    def chain(self, style: str | None) -> list[etree._Element]:
        """The style, what it is based on, and so on; without a name the default paragraph style."""
        found: list[etree._Element] = []
        key: str | None = style if style in self._by_id else self._default
        while key in self._by_id and self._by_id[key] not in found:
            found.append(self._by_id[key])
            based = found[-1].find(q("w:basedOn"))
            key = None if based is None else based.get(q("w:val"))
        return found

    def paragraph(self, properties: etree._Element | None) -> list[etree._Element]:
        """All `w:pPr` that bear on a paragraph with these properties, the nearest first."""
        named = None if properties is None else properties.find(q("w:pStyle"))
        chain = [style.find(q("w:pPr")) for style in self.chain(None if named is None else named.get(q("w:val")))]
        defaults = (
            None if self.root is None else self.root.find(f"{q('w:docDefaults')}/{q('w:pPrDefault')}/{q('w:pPr')}")
        )
        return [found for found in (properties, *chain, defaults) if found is not None]

    def is_rtl(self, properties: etree._Element | None) -> bool:
        return next((on for one in self.paragraph(properties) if (on := is_on(one, "bidi")) is not None), False)
