"""The keys that sign certificates. The private half is a file of the data folder, the public half a row that stays.

One key signs at a time. A key that was retired signs nothing more, and what it signed can be checked for ever.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from joserfc.jwk import OKPKey

from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.participation.models import SigningKey

MOST_BYTES = 100_000


class KeyMissing(Refused):
    """The file of the private half is not in the data folder of this machine."""


class NotAKey(Refused):
    """A file that holds no Ed25519 public key."""


@dataclass(frozen=True)
class Signer:
    """row  the public half;  key  both halves;  sign  bytes -> the 64 bytes of an Ed25519 signature"""

    row: SigningKey
    key: OKPKey
    sign: Callable[[bytes], bytes]


def folder() -> Path:
    return settings.TANSIQ_DATA / "keys"


def _file(key_id: str) -> Path:
    return folder() / f"{key_id}.json"


def encode(data: bytes) -> str:
    """base64url without padding, as JWK and JWS have it."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Raises ValueError."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# --- Making, rotating -----------------------------------------------------------------------------------------------


def active(*, now: dt.datetime, by: Any = journal.SCHEDULE) -> Signer:
    """The key that signs; the first one is made when it is first asked for, once, however many ask at that moment.

    Raises KeyMissing.
    """
    row = SigningKey.objects.filter(retired_at=None).first()
    if row is None:
        try:
            with transaction.atomic():
                row = _make(by=by, now=now)
        except IntegrityError:  # of two at once the constraint lets one through; both use its key
            row = SigningKey.objects.get(retired_at=None)
    return _signer(row)


@transaction.atomic
def rotate(*, by: Any, now: dt.datetime) -> SigningKey:
    """Retire the key that signs and make a new one. What was signed stays good: the public half is kept."""
    for row in SigningKey.objects.filter(retired_at=None):
        if SigningKey.objects.filter(pk=row.pk, retired_at=None).update(retired_at=now):
            journal.record(
                "participation.retire_key", row, by=by, now=now, changes={"retired_at": [None, now.isoformat()]}
            )
    return _make(by=by, now=now)


def _make(*, by: Any, now: dt.datetime) -> SigningKey:
    """The file first, then the row: a backup that holds the row holds the file."""
    key = OKPKey.generate_key("Ed25519", private=True)
    key_id = key.thumbprint()
    row = SigningKey(key_id=key_id, public_key=str(key.as_dict(private=False)["x"]), made_at=now)
    folder().mkdir(mode=0o700, exist_ok=True)
    # Written whole under another name and then put in its place: a process that is killed leaves no half key.
    fresh = folder() / f".{uuid.uuid4().hex}"
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        json.dump({**key.as_dict(private=True), "kid": key_id}, out)
        out.flush()
        os.fsync(out.fileno())
    os.replace(fresh, _file(key_id))
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        _file(key_id).unlink(missing_ok=True)  # another process was first: nobody ever used this one
        raise
    journal.record("participation.make_key", row, by=by, now=now, changes={"key": [None, key_id]})
    return row


def _signer(row: SigningKey) -> Signer:
    try:
        key = OKPKey.import_key(json.loads(_file(row.key_id).read_text()))
    except (OSError, ValueError) as error:
        message = _("The private key %(key)s is not in the folder %(folder)s, or cannot be read. Restore it from a backup; if it is lost, make a new one: tansiq keys rotate")  # fmt: skip
        raise KeyMissing(message % {"key": row.key_id, "folder": folder()}) from error
    private: Any = key.private_key
    return Signer(row, key, private.sign)


def has_private(row: SigningKey) -> bool:
    return _file(row.key_id).is_file()


# --- Checking -------------------------------------------------------------------------------------------------------


def public_keys() -> dict[str, bytes]:
    """The 32 bytes of every public key we ever had, by its id."""
    return {row.key_id: decode(row.public_key) for row in SigningKey.objects.all()}


def is_signed(data: bytes, signature: bytes, public: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def jwk(row: SigningKey) -> dict[str, str]:
    """The public half as a JSON Web Key (RFC 8037)."""
    return {
        "kty": "OKP", "crv": "Ed25519", "x": row.public_key, "kid": row.key_id, "use": "sig",
        "alg": settings.TANSIQ_JWS_ALGORITHM,
    }  # fmt: skip


def jwks() -> dict[str, list[dict[str, str]]]:
    """All public keys as a JWK set: whoever keeps it checks our certificates without asking us."""
    return {"keys": [jwk(row) for row in SigningKey.objects.order_by("made_at")]}


def read_public(content: bytes) -> dict[str, bytes]:
    """The public keys in a file by their id: a JWK, a JWK set, or PEM. Raises NotAKey."""
    try:
        if len(content) > MOST_BYTES:
            raise ValueError
        if content.lstrip().startswith(b"-----BEGIN"):
            loaded = load_pem_public_key(content)
            if not isinstance(loaded, Ed25519PublicKey):
                raise ValueError
            given = [{"kty": "OKP", "crv": "Ed25519", "x": encode(loaded.public_bytes_raw())}]
        else:
            data = json.loads(content)
            given = data.get("keys", [data])
        found = {}
        for one in given:
            if one.get("kty") == "OKP" and one.get("crv") == "Ed25519":
                public: Any = {name: one[name] for name in ("kty", "crv", "x")}
                found[OKPKey.import_key(public).thumbprint()] = decode(one["x"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, UnsupportedAlgorithm) as error:
        raise NotAKey(
            _("This file holds no Ed25519 public key. Give keys.json of the site, a JWK or a PEM.")
        ) from error
    if not found:
        raise NotAKey(_("This file holds no Ed25519 public key. Give keys.json of the site, a JWK or a PEM."))
    return found
