"""Is this certificate ours, unchanged, and still good? By its code, its PDF or its credential; and is it this person's?

An answer says course, month and how it stands. It never says a name: whoever knows the name types it and is told yes
or no, so few times an hour that names cannot be tried out.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from tansiq.core.errors import Refused
from tansiq.core.language import fold, is_in_script
from tansiq.core.localized import Localized
from tansiq.participation import codes, credentials, keys, sealing
from tansiq.participation.models import Certificate, NameTry
from tansiq.people import names

MOST_BYTES = 2_000_000
VALID, REVOKED, UNKNOWN, TAMPERED = "valid", "revoked", "unknown", "tampered"
# From several networks at once: so often an hour one certificate is asked about.
_TRIES_OF_ONE = 3


class TooManyTries(Refused):
    """So many names were tried from this network, or for this certificate, since an hour ago."""


class TooLarge(Refused):
    """A file that is far larger than any certificate."""


@dataclass(frozen=True)
class Verdict:
    """How a certificate stands.

    status   valid, revoked (ours and no longer good: `because` is "revoked", "replaced" or "expired"), unknown, tampered
    course   its title;  month  "2020-07";  both empty where nothing is known for certain
    why      one sentence in the language of the moment
    certificate  the row behind it; None where there is none, or where only keys were asked
    """

    status: str
    why: str
    because: str = ""
    course: Localized = field(default_factory=Localized)
    month: str = ""
    certificate: Certificate | None = None

    @property
    def is_valid(self) -> bool:
        return self.status == VALID

    def data(self, language: str | None = None) -> dict[str, Any]:
        """As `tansiq verify --json` prints it."""
        shown: dict[str, Any] = {
            "valid": self.is_valid, "status": self.status, "course": self.course.text(language).value, "month": self.month,
        }  # fmt: skip
        return {**shown, "because": self.because, "why": self.why}


def _unknown() -> Verdict:
    return Verdict(
        UNKNOWN, _("This is not known here: it was not issued by this institution, or the code is mistyped.")
    )


def _tampered() -> Verdict:
    return Verdict(TAMPERED, _("This is not what was issued: it was changed, cut, or saved anew by a program. Check the code that is printed on it."))  # fmt: skip


# --- By code --------------------------------------------------------------------------------------------------------


def find(code: str) -> Certificate | None:
    """The certificate of a code as somebody typed it."""
    code = codes.clean(code)
    rows = Certificate.objects.select_related("key")
    return rows.filter(code=code).first() if code else None


def check_code(code: str, *, now: dt.datetime) -> Verdict:
    certificate = find(code)
    return verdict_of(certificate, now=now) if certificate else _unknown()


def verdict_of(certificate: Certificate, *, now: dt.datetime) -> Verdict:
    """How a certificate of ours stands; one whose row was changed behind our back is not what was issued."""
    signed = certificate.signed
    if signed.get("code") != certificate.code or not sealing.is_genuine(
        signed, certificate.signature, keys.decode(certificate.key.public_key)
    ):
        return _tampered()
    return _standing(signed, certificate, today=timezone.localdate(now))


def changed() -> list[str]:
    """Numbers of certificates whose row does not say what was signed; [] when all is well. For `tansiq check`."""
    public = keys.public_keys()
    return [
        one.number
        for one in Certificate.objects.select_related("key").iterator(500)
        if not sealing.is_genuine(one.signed, one.signature, public.get(one.key.key_id))
        or (one.signed.get("number"), one.signed.get("code")) != (one.number, one.code)
        or (one.holder and sealing.digest_of(one.holder, one.salt) != one.signed.get("holder"))
    ]


def _standing(signed: Mapping[str, Any], certificate: Certificate | None, *, today: dt.date) -> Verdict:
    """`signed` is believed by now; `certificate` None: nothing is known of a revocation."""
    course = signed.get("course", {})
    title, month = Localized(course.get("title", {})), str(course.get("to") or signed.get("issued", ""))[:7]

    def say(status: str, why: str, because: str = "") -> Verdict:
        return Verdict(status, why, because, title, month, certificate)

    if certificate and certificate.state == Certificate.State.REVOKED:
        return say(REVOKED, _("This certificate was revoked."), "revoked")
    if certificate and certificate.state == Certificate.State.REPLACED:
        return say(REVOKED, _("This certificate was replaced by another one."), "replaced")
    until = signed.get("valid_until")
    if until and dt.date.fromisoformat(until) < today:
        return say(REVOKED, _("This certificate was good until %(day)s.") % {"day": until}, "expired")
    if certificate is None:
        return say(VALID, _("The signature is genuine. Whether it was revoked since, only the site can say."))
    return say(VALID, _("This certificate is valid."))


# --- By file --------------------------------------------------------------------------------------------------------


def check_file(content: bytes, *, now: dt.datetime, public: Mapping[str, bytes] | None = None) -> Verdict:
    """A PDF, a credential as JSON or as a JWT. `public` given: by these keys alone, without the database.

    Raises TooLarge.
    """
    if len(content) > MOST_BYTES:
        message = _("The file is larger than %(most)s MB: no certificate is. Give the PDF or the credential itself.")
        raise TooLarge(message % {"most": MOST_BYTES // 1_000_000})
    if content.startswith(b"%PDF-"):
        return _check_pdf(content, now=now, public=public)
    text = content.strip()
    if text.startswith(b"{"):
        return _check_credential(text, now=now, public=public)
    if text.count(b".") == 2 and len(text) < 20_000:
        return _check_jwt(text, now=now, public=public)
    return _unknown()


def _check_pdf(content: bytes, *, now: dt.datetime, public: Mapping[str, bytes] | None) -> Verdict:
    carried = sealing.look_into(content)
    if not carried.is_ours:
        # Cut off before anything of ours stands in it: no program leaves a PDF like that.
        return _unknown() if carried.is_whole else _tampered()
    known = keys.public_keys() if public is None else public
    if not carried.key_id:
        return _tampered()
    if carried.key_id not in known:
        if public is None and find(str(carried.payload.get("code", ""))):
            return _tampered()
        return _unknown()
    if not carried.is_sealed(known[carried.key_id]):
        return _tampered()
    if public is not None:
        return _standing(carried.payload, None, today=timezone.localdate(now))
    certificate = find(str(carried.payload.get("code", "")))
    if certificate is None:
        return _unknown()
    # Should a key ever be stolen: what we did not issue ourselves is not in our books.
    if hashlib.sha256(content).hexdigest() not in {one["sha256"] for one in certificate.files.values()}:
        return _tampered()
    return verdict_of(certificate, now=now)


def _refuse_constant(text: str) -> Any:
    raise ValueError(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a key that stands twice one program would show the first value and another check the second."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _check_credential(text: bytes, *, now: dt.datetime, public: Mapping[str, bytes] | None) -> Verdict:
    try:
        credential = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return _tampered() if settings.TANSIQ_SITE_URL.encode() in text else _unknown()
    known = keys.public_keys() if public is None else public
    key_id = credentials.key_id_of(credential)
    certificate = find(str(credential.get("id", ""))) if public is None else None
    if key_id not in known:
        return _tampered() if certificate else _unknown()
    if not credentials.is_proved(credential, known[key_id]):
        return _tampered()
    return _of_credential(credential, certificate, now=now, offline=public is not None)


def _check_jwt(text: bytes, *, now: dt.datetime, public: Mapping[str, bytes] | None) -> Verdict:
    known = keys.public_keys() if public is None else public
    try:
        header = jws.extract_compact(text).headers()
        key_id = str(header.get("kid", "")).rpartition("/")[2].removesuffix(".json")
        if key_id not in known:
            return _unknown()
        key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": keys.encode(known[key_id])})
    except (JoseError, ValueError, TypeError, RecursionError):
        return _unknown()
    try:
        credential = json.loads(jws.deserialize_compact(text, key, algorithms=["EdDSA", "Ed25519"]).payload)
    except (JoseError, ValueError, TypeError, RecursionError):
        return _tampered()
    certificate = find(str(credential.get("id", ""))) if public is None else None
    return _of_credential(credential, certificate, now=now, offline=public is not None)


def _of_credential(
    credential: dict[str, Any], certificate: Certificate | None, *, now: dt.datetime, offline: bool
) -> Verdict:
    """The credential is genuine; how does the certificate stand that it is of?"""
    if certificate:
        return verdict_of(certificate, now=now)
    if not offline:
        return _unknown()
    subject = credential.get("credentialSubject", {})
    achievement = subject.get("achievement", {})
    said = {
        "course": {
            "title": {achievement.get("inLanguage", ""): achievement.get("name", "")},
            "to": str(subject.get("activityEndDate", ""))[:10] or None,
        },
        "issued": str(credential.get("validFrom", ""))[:10],
        "valid_until": str(credential["validUntil"])[:10] if credential.get("validUntil") else None,
    }  # fmt: skip
    return _standing(said, None, today=timezone.localdate(now))


# --- Is it this person's? -------------------------------------------------------------------------------------------

# Nobody's name: what is compared where there is no certificate, so that the answer takes as long.
_NOBODY = Localized({"ar": "فلانة بنت فلان الفلانية", "fr": "Foulana Bent Foulan El Foulania"})


def bears_name(certificate: Certificate | None, typed: str) -> bool:
    """Is this the name on the certificate, in either script? Another person's name is refused, and half a name too."""
    holder = Localized(certificate.holder) if certificate and certificate.holder else _NOBODY
    spellings = [(language, text) for language, text in holder.items() if text]
    alike = [text for language, text in spellings if is_in_script(typed, language)]
    # What one script leaves unsaid the same script says: كمال and كامل are both Kamal.
    found = any(_is_same(text, typed) for text in alike or [text for _language, text in spellings])
    return found and bool(certificate and certificate.holder)


def _is_same(printed: str, typed: str) -> bool:
    if sorted(fold(printed).split()) == sorted(fold(typed).split()):
        return True
    likeness = names.compare(printed, typed)
    enough = min(2, len(fold(printed).split()))
    return likeness.score >= names.AGREES and likeness.full >= enough and not likeness.alone


def try_name(*, certificate: Certificate | None, subject: str, typed: str, origin: str, now: dt.datetime) -> bool:
    """Whether a certificate bears a name; counted before it is compared, so that a thousand guesses at once are ten.

    subject  what was asked about, a code or a number, known or not;  origin  what tells one network from another
    Only digests of both are kept, for a day. Raises TooManyTries.
    """
    network, about = _digest("origin", origin), _digest("subject", subject)
    since = now - dt.timedelta(hours=1)

    def is_over(more: int) -> bool:
        recent = NameTry.objects.filter(tried_at__gt=since)
        return (
            recent.filter(origin=network).count() + more > settings.TANSIQ_NAME_TRIES
            or recent.filter(subject=about).count() + more > settings.TANSIQ_NAME_TRIES * _TRIES_OF_ONE
        )

    if is_over(1):  # those who are refused are not counted: nobody is locked out for asking again
        raise _too_many()
    with transaction.atomic():
        NameTry.objects.create(origin=network, subject=about, tried_at=now)
    if is_over(0):
        raise _too_many()
    return bears_name(certificate, typed[:300])


def _too_many() -> TooManyTries:
    return TooManyTries(_("Too many names were tried in the last hour. Try again later, or write to the institution that issued the certificate."))  # fmt: skip


def _digest(kind: str, value: str) -> str:
    message = f"tansiq.certificate.{kind}:{value}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).hexdigest()[:32]


def find_by_number(number: str) -> Certificate | None:
    """The certificate of a number such as "12/2020". Numbers can be guessed: only ever together with a name."""
    serial, _slash, year = "".join(number.split()).partition("/")
    if not (serial.isdecimal() and year.isdecimal() and len(serial) < 9 and len(year) == 4):
        return None
    rows = Certificate.objects.select_related("key")
    return rows.filter(year=int(year), serial=int(serial)).first()
