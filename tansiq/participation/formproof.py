"""What the registration form carries: that we made it, and that the reader's machine counted; nobody deciphers letters."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner

from tansiq.participation.models import Admission

_SIGNER = TimestampSigner(salt="tansiq.registration.form")
FORM_SECONDS = 4 * 3600


def form_token(admission: Admission) -> str:
    """What a form carries: for which activity it was made, and when. It stands in a page that caches keep for a minute."""
    return _SIGNER.sign(admission.pk.hex)


def is_form_of(admission: Admission, given: str) -> bool:
    try:
        return _SIGNER.unsign(given, max_age=FORM_SECONDS) == admission.pk.hex
    except BadSignature:
        return False


def is_worked(token: str, address: str, work: str) -> bool:
    """Does SHA-256 of "token|address|work" begin with the wanted number of zero bits? One answer serves one address."""
    if not work or len(work) > 20:
        return False
    digest = hashlib.sha256(f"{token}|{address.strip().lower()}|{work}".encode()).digest()
    return int.from_bytes(digest[:4]) >> (32 - settings.TANSIQ_WORK_BITS) == 0
