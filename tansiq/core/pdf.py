"""Documents for print and for screen readers: typst templates and data in, PDF/A-2a and PDF/UA-1 out.

Nothing is fetched and no font of the system is used: the one face is FiraGO. Data reach a template as JSON, never as
source, so no value can be read as markup. A template imports "/core/typst/base.typ" (paths are those of the package
`tansiq`) and finds there `data`, the page, the letterhead, pictures and what keeps figures left-to-right.
"""

from __future__ import annotations

import json
import re
import tempfile
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pymupdf_fonts
import typst
from django.utils.translation import gettext as _

from tansiq.core.errors import Refused
from tansiq.core.language import direction

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = Path(__file__).resolve().parent / "typst"
TABLE = TEMPLATES / "table.typ"
STANDARDS: Any = ["a-2a", "ua-1"]

_FACES = ["figo", "figbo", "figit", "figbi", "symbol2"]
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff\ud800-\udfff]")
# Ligatures kept as characters of their own (ﷺ, ﻻ), which the face does not have and their letters do.
_PRESENTATION_FORMS = re.compile("[\ufb00-\ufb06\ufb50-\ufd3d\ufd50-\ufdff\ufe70-\ufefc]+")
_NO_GLYPH = re.compile(r'the text `"(.+?)"` could not be displayed', re.DOTALL)


class Unprintable(Refused):
    """The data hold a sign that the face does not have, such as an emoji; `text` is that sign ("" for a word that is
    too long)."""


def render(
    template: Path,
    data: Mapping[str, Any],
    *,
    language: str,
    title: str,
    now: datetime,
    images: Mapping[str, bytes] | None = None,
) -> bytes:
    """Typeset `data` with a .typ template; the same arguments give the same bytes.

    data      what JSON can hold; control characters are dropped, presentation forms written as their letters
    language  of the document: its direction, its mark for screen readers
    title     of the document, which a reader shows in place of the file's name
    now       aware; written into the file as its date
    images    PNG, JPEG, GIF, WebP or SVG by the names that `data` uses
    Hundreds in a row cost some 10 ms each and share nothing that a thread must guard: there is no call for many.
    Raises Unprintable. A template that does not compile, or a picture that cannot be read, is a typst.TypstError.
    """
    inputs = {
        "data": json.dumps(_clean(data), ensure_ascii=False),
        "language": language.replace("_", "-").split("-")[0],
        "direction": direction(language),
        "title": _clean(title),
        "images": "{"
        + ",".join(f"{json.dumps(name)}:{_numbers(image)}" for name, image in (images or {}).items())
        + "}",
    }
    # A compiler must not be shared between threads, and making one costs less than a millisecond.
    compiler = typst.Compiler(root=ROOT, font_paths=_fonts(), ignore_system_fonts=True)
    source = template.read_bytes()
    try:
        made = compiler.compile(
            source, format="pdf", sys_inputs=inputs, pdf_standards=STANDARDS, timestamp=_second(now)
        )
    except typst.TypstError as error:
        if "PDF string is longer" in error.message:
            long = _("The document “%(title)s” was not made: a word in it is longer than a PDF can hold. Shorten it.")
            raise Unprintable(long % {"title": title}, text="") from error
        missing = _NO_GLYPH.search(error.message)
        if not missing:
            raise
        text = re.sub(r"\\u\{(\w+)\}", lambda code: chr(int(code[1], 16)), missing[1])
        message = _(
            "The document “%(title)s” was not made: there is no print letter for “%(text)s” (%(codes)s). "
            "Take it out or write it in other letters."
        )
        codes = " ".join(f"U+{ord(char):04X}" for char in text)
        raise Unprintable(message % {"title": title, "text": text, "codes": codes}, text=text) from error
    assert isinstance(made, bytes)
    return made


def _second(now: datetime) -> int:
    return int(now.timestamp())


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        text = _CONTROLS.sub("", value.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n"))
        return _PRESENTATION_FORMS.sub(lambda forms: unicodedata.normalize("NFKC", forms[0]), text)
    if isinstance(value, Mapping):
        return {str(key): _clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(item) for item in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _clean(str(value))  # translated lazily, Decimal, dates


@lru_cache(maxsize=16)
def _numbers(image: bytes) -> str:
    """typst takes text only: a picture goes in as the list of its bytes."""
    return "[" + ",".join(map(str, image)) + "]"


_folder: tempfile.TemporaryDirectory[str] | None = None


@cache
def _fonts() -> typst.Fonts:
    """typst reads fonts from files, the wheel has them packed: they stay in a folder until this process ends."""
    global _folder
    _folder = tempfile.TemporaryDirectory(prefix="tansiq-fonts-")
    for face in _FACES:
        (Path(_folder.name) / f"{face}.ttf").write_bytes(pymupdf_fonts.myfont(face))
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[_folder.name])
