"""The text of a file that somebody gave us: plain text in whatever encoding, or a Word document."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from django.utils.translation import gettext as _

from tansiq.core import docx
from tansiq.core.errors import BadInput, Problem, Refused

LONGEST = 4_000_000  # bytes of plain text; two of them are read within ten seconds
_ARABIC_1256 = re.compile(rb"[\xc0-\xd6\xd8-\xdf\xe1\xe3-\xe6\xec\xed\xf0-\xf3]{3}")


def read(file: str) -> str:
    """The text of a file on this machine, in NFC. Raises BadInput where there is none, or none that can be read."""
    try:
        return text_of(Path(file).read_bytes())
    except OSError as error:
        message = _("This file cannot be read: %(why)s.") % {"why": error.strerror}
        raise BadInput([Problem(file, "", message)]) from error
    except docx.BadDocument as error:
        raise BadInput([Problem(file, "", fault) for fault in error.faults]) from error
    except NoText as error:
        raise BadInput([Problem(file, "", str(error))]) from error


class NoText(Refused):
    """There is no text in it that could be read."""


def text_of(content: bytes) -> str:
    """UTF-8, UTF-16, Windows-1256 (Arabic) or Windows-1252, known by its bytes; .docx by its beginning.

    Raises NoText for a file that is empty, too long, or no text; BadDocument for a damaged Word document.
    """
    if content[:4] == b"PK\x03\x04":
        text = docx.text_of(content)
    elif len(content) > LONGEST:
        message = _("The text is longer than %(megabytes)s MB. Divide it.")
        raise NoText(message % {"megabytes": LONGEST // 1_000_000})
    elif content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = content.decode("utf-16", errors="replace")
    else:
        text = _decoded(content)
    if not text.strip():
        raise NoText(_("The file holds no text."))
    return unicodedata.normalize("NFC", text)


def _decoded(content: bytes) -> str:
    if b"\x00" in content[:10_000] or content[:5] == b"%PDF-":
        raise NoText(_("The file is not a text. Give plain text (.txt) or a Word document (.docx)."))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Arabic letters of Windows-1256 stand side by side; the accented letters of French hardly ever do.
        encoding = "cp1256" if _ARABIC_1256.search(content) else "cp1252"
        return content.decode(encoding, errors="replace")
