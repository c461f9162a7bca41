"""The code of a certificate: 128 random bits in Crockford's base 32, read back as people type it."""

from __future__ import annotations

import re
import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: nothing in it looks like something else
LENGTH = 26
_ALIKE = str.maketrans("OIL", "011")
_WHOLE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")


def make() -> str:
    bits = secrets.randbits(128)
    return "".join(ALPHABET[bits >> shift & 31] for shift in range(5 * (LENGTH - 1), -1, -5))


def clean(typed: str) -> str:
    """The code that somebody typed with spaces, dashes, small letters, O for 0 or I for 1; "" for what is none.

    The address in front of it may be there too: it is what a camera reads.
    """
    last = typed.strip()[-200:].rstrip("/").rpartition("/")[2]
    signs = (str(unicodedata.decimal(sign)) if sign.isdecimal() else sign.upper() for sign in last if sign.isalnum())
    code = "".join(signs).translate(_ALIKE)
    return code if _WHOLE.fullmatch(code) else ""


def grouped(code: str) -> str:
    """As it is printed: "K7QM 2X9D …", four signs and four."""
    return " ".join(code[start : start + 4] for start in range(0, len(code), 4))
