"""What is signed, and how a PDF carries its own proof. `docs/standards/certificates.md` says the same for others.

A certificate has two signatures of one key. One is over its payload, a small JSON that names nobody: it proves the row.
The other, the seal, is over all bytes of the PDF: it stands among the keywords of the file, where a place of its length
was left free, so that one changed digit, a cut, or a program that saves the file anew breaks it.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from typing import Any

from tansiq.participation import keys

FORMAT = "tansiq/certificate/1"
# Signed bytes begin with what they are: a signature over one kind never serves for another.
_PAYLOAD, _PDF = b"tansiq certificate 1\n", b"tansiq pdf 1\n"
_FREE = "A" * 86  # the length of a signature in base64url
_SEAL = re.compile(rb"tansiq-seal:([A-Za-z0-9_-]{43}):([A-Za-z0-9_-]{86})(?![A-Za-z0-9_-])")
_CARRIED = re.compile(rb"tansiq-certificate:([A-Za-z0-9_-]{20,20000})(?![A-Za-z0-9_-])")


class NotCanonical(ValueError):
    """JSON that we would never have signed: a number with a fraction, a lone surrogate."""


def canonical(value: Any) -> bytes:
    """RFC 8785 (JCS) for what we sign: objects, lists, texts, whole numbers, true, false, null.

    Raises NotCanonical.
    """
    _refuse_fractions(value)
    # RFC 8785 sorts by UTF-16 units; Python by code points: the same but for signs beyond the first plane.
    ordered = _ordered(value)
    try:
        return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except UnicodeEncodeError as error:
        raise NotCanonical from error


def _ordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be", "replace"))}
    return [_ordered(item) for item in value] if isinstance(value, list | tuple) else value


def _refuse_fractions(value: Any) -> None:
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > 2**53):
        raise NotCanonical
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        _refuse_fractions(item)


# --- The payload ----------------------------------------------------------------------------------------------------


def new_salt() -> str:
    return secrets.token_hex(16)


def digest_of(holder: dict[str, str], salt: str) -> str:
    """What stands in the payload for the name: without the salt nobody can try names against it."""
    return "sha256:" + hashlib.sha256(salt.encode() + b"\n" + canonical(dict(holder))).hexdigest()


def sign(signed: dict[str, Any], signer: keys.Signer) -> str:
    return keys.encode(signer.sign(_PAYLOAD + canonical(signed)))


def is_genuine(signed: dict[str, Any], signature: str, public: bytes | None) -> bool:
    try:
        return public is not None and keys.is_signed(_PAYLOAD + canonical(signed), keys.decode(signature), public)
    except ValueError:
        return False


# --- The PDF --------------------------------------------------------------------------------------------------------


def keywords(signed: dict[str, Any], signature: str, key_id: str) -> list[str]:
    """What the template writes among the document's keywords; `seal` fills the free place."""
    carried = keys.encode(canonical({**signed, "signature": signature}))
    return [f"tansiq-certificate:{carried}", f"tansiq-seal:{key_id}:{_FREE}"]


def seal(content: bytes, signer: keys.Signer) -> bytes:
    """The same bytes with the seal in its place. typst writes keywords twice, plain, in Info and in XMP; both are filled."""
    free = f"tansiq-seal:{signer.row.key_id}:{_FREE}".encode()
    assert free in content, "the template has left no place for the seal"
    signature = keys.encode(signer.sign(_PDF + hashlib.sha256(content).digest()))
    return content.replace(free, f"tansiq-seal:{signer.row.key_id}:{signature}".encode())


@dataclass(frozen=True)
class Carried:
    """What a PDF says of itself; nothing of it is believed before `is_sealed`.

    is_ours  there is something of ours in the file, be it damaged
    payload  {} where it cannot be read;  key_id, digest, signature  of the seal; "" and b"" where there is none
    """

    is_ours: bool
    is_whole: bool
    payload: dict[str, Any]
    key_id: str
    digest: bytes
    signature: bytes

    def is_sealed(self, public: bytes | None) -> bool:
        return (
            public is not None and bool(self.signature) and keys.is_signed(_PDF + self.digest, self.signature, public)
        )


def look_into(content: bytes) -> Carried:
    """Searched by patterns of fixed length, never parsed: nothing in a hostile file can make this slow or large."""
    seals = set(_SEAL.findall(content))
    payload: dict[str, Any] = {}
    if found := _CARRIED.search(content):
        try:
            read = json.loads(keys.decode(found[1].decode()))
            payload = read if isinstance(read, dict) else {}
        except (ValueError, RecursionError):
            payload = {}
    is_ours = b"tansiq-" in content
    is_whole = content.rstrip(b"\r\n").endswith(b"%%EOF")
    if len(seals) != 1:
        return Carried(is_ours, is_whole, payload, "", b"", b"")
    [(key_id, signature)] = seals
    bare = _SEAL.sub(lambda seal: b"tansiq-seal:" + seal[1] + b":" + _FREE.encode(), content)
    try:
        raw = keys.decode(signature.decode())
    except ValueError:
        raw = b""
    return Carried(is_ours, is_whole, payload, key_id.decode(), hashlib.sha256(bare).digest(), raw)
