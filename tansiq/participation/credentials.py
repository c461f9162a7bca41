"""Certificates as Open Badges 3.0: a W3C verifiable credential that any verifier checks by our public key, offline.

Two forms of one credential. The JSON file carries a Data Integrity proof (`eddsa-jcs-2022`): no JSON-LD processing, so
nothing has to be fetched to check it. The other is a JWT, for wallets that know only that.
The recipient is named by a salted digest alone: such files are uploaded, passed on and harvested, and whoever took part
may be a target. Whoever knows the holder's e-mail address can confirm it; nobody can read it there.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import warnings
from typing import Any
from urllib.parse import urlparse

from django.conf import settings
from joserfc import jws
from joserfc.errors import SecurityWarning

from tansiq.core.localized import Localized
from tansiq.participation import certificatepaper, keys, sealing
from tansiq.participation.models import Certificate, SigningKey

# Most verifiers know only the older name of the algorithm: which one is written is a setting, not an oversight.
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)

CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]
SUITE = "eddsa-jcs-2022"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519 = b"\xed\x01"  # multicodec: an Ed25519 public key follows


def issuer_id() -> str:
    """did:web of the site: "did:web:tansiq.example.org", resolved at /.well-known/did.json."""
    return f"did:web:{urlparse(settings.TANSIQ_SITE_URL).netloc.replace(':', '%3A')}"


def base58(data: bytes) -> str:
    number, text = int.from_bytes(data), ""
    while number:
        number, rest = divmod(number, 58)
        text = _BASE58[rest] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def from_base58(text: str) -> bytes:
    """Raises ValueError."""
    number = 0
    for sign in text:
        number = number * 58 + _BASE58.index(sign)
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8)


def did_document() -> dict[str, Any]:
    """Our keys for verifiers that resolve did:web; those that were retired stay, for what they signed."""
    did = issuer_id()
    rows = list(SigningKey.objects.order_by("made_at"))
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": [
            {
                "id": f"{did}#{row.key_id}", "type": "Multikey", "controller": did,
                "publicKeyMultibase": "z" + base58(_ED25519 + keys.decode(row.public_key)),
            }
            for row in rows
        ],
        "assertionMethod": [f"{did}#{row.key_id}" for row in rows],
    }  # fmt: skip


# --- The credential -------------------------------------------------------------------------------------------------


def _at(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _recipient(certificate: Certificate) -> list[dict[str, Any]]:
    """A salted digest of the e-mail address, or of the name where there is none; nothing once the person is erased."""
    if not certificate.holder:
        return []
    address = certificate.registration.address_key
    first = Localized(certificate.holder).text(certificate.language).value
    kind, value = ("emailAddress", address) if address else ("name", first)
    # A salt of its own: what stands in this file must not help to try names against the certificate.
    salt = hashlib.sha256(b"credential" + certificate.salt.encode()).hexdigest()[:32]
    digest = hashlib.sha256((value + salt).encode()).hexdigest()
    return [
        {
            "type": "IdentityObject", "hashed": True, "identityHash": f"sha256${digest}", "identityType": kind, "salt": salt,
        }
    ]  # fmt: skip


def unsigned(certificate: Certificate) -> dict[str, Any]:
    """The credential without a proof. Whole numbers only, so that its canonical form is the same everywhere."""
    language, course = certificate.language, certificate.course
    title = Localized(course.get("title", {})).text(language)
    address = certificatepaper.address_of(certificate.code)
    subject: dict[str, Any] = {
        "type": ["AchievementSubject"], "identifier": _recipient(certificate), "licenseNumber": certificate.number,
        "achievement": {
            "id": f"{settings.TANSIQ_SITE_URL}/{settings.LANGUAGE_CODE}/activities/{course.get('slug', '')}/",
            "type": ["Achievement"], "achievementType": "CertificateOfCompletion" if course.get("tested") else "Course",
            "name": title.value, "inLanguage": title.language, "description": title.value,
            "criteria": {"narrative": certificatepaper.criteria(course, language)},
        },
    }  # fmt: skip
    for name, day in (("activityStartDate", course.get("from")), ("activityEndDate", course.get("to"))):
        if day and len(day) == 10:
            subject[name] = f"{day}T00:00:00Z"
    credential: dict[str, Any] = {
        "@context": CONTEXT, "id": address, "type": ["VerifiableCredential", "OpenBadgeCredential"], "name": title.value,
        "issuer": {
            "id": issuer_id(), "type": ["Profile"], "name": Localized(course.get("body", {})).text(language).value,
            "url": settings.TANSIQ_SITE_URL,
        },
        "validFrom": _at(certificate.issued_at), "awardedDate": _at(certificate.issued_at), "credentialSubject": subject,
    }  # fmt: skip
    if certificate.valid_until:
        credential["validUntil"] = f"{certificate.valid_until.isoformat()}T23:59:59Z"
    return credential


def credential(certificate: Certificate, signer: keys.Signer) -> dict[str, Any]:
    """Open Badges 3.0 with its proof, which the schema wants as a list."""
    bare = unsigned(certificate)
    options = {
        "@context": CONTEXT, "type": "DataIntegrityProof", "cryptosuite": SUITE, "created": _at(certificate.issued_at),
        "verificationMethod": f"{issuer_id()}#{signer.row.key_id}", "proofPurpose": "assertionMethod",
    }  # fmt: skip
    value = "z" + base58(signer.sign(_hashed(bare, options)))
    return {**bare, "proof": [{**options, "proofValue": value}]}


def _hashed(bare: dict[str, Any], options: dict[str, Any]) -> bytes:
    """What `eddsa-jcs-2022` signs. Raises sealing.NotCanonical."""
    return b"".join(hashlib.sha256(sealing.canonical(one)).digest() for one in (options, bare))


def as_json(certificate: Certificate, signer: keys.Signer) -> bytes:
    return json.dumps(credential(certificate, signer), ensure_ascii=False, indent=2).encode()


def as_jwt(certificate: Certificate, signer: keys.Signer) -> str:
    """The same as a JWT by the rules of Open Badges 3.0: the key's address in the header."""
    algorithm = settings.TANSIQ_JWS_ALGORITHM
    bare = unsigned(certificate)
    body = {
        **bare, "iss": issuer_id(), "jti": bare["id"], "sub": f"{bare['id']}#holder",
        "nbf": int(certificate.issued_at.timestamp()),
    }  # fmt: skip
    header = {
        "alg": algorithm, "typ": "JWT", "kid": f"{settings.TANSIQ_SITE_URL}/keys/{signer.row.key_id}.json",
    }  # fmt: skip
    return jws.serialize_compact(header, sealing.canonical(body), signer.key, algorithms=[algorithm])


# --- Checking one ---------------------------------------------------------------------------------------------------


def key_id_of(credential: dict[str, Any]) -> str:
    """The key that a credential says it was signed by; "" where it says none."""
    for proof in _proofs(credential):
        return str(proof.get("verificationMethod", "")).rpartition("#")[2][:80]
    return ""


def _proofs(credential: dict[str, Any]) -> list[dict[str, Any]]:
    given = credential.get("proof")
    rows = given if isinstance(given, list) else [given]
    return [one for one in rows[:5] if isinstance(one, dict)]


def is_proved(credential: dict[str, Any], public: bytes) -> bool:
    """Is one of its proofs a signature of this key over all the rest?"""
    bare = {name: value for name, value in credential.items() if name != "proof"}
    for proof in _proofs(credential):
        value = proof.get("proofValue")
        options = {name: one for name, one in proof.items() if name != "proofValue"}
        is_ours = options.get("cryptosuite") == SUITE and options.get("type") == "DataIntegrityProof"
        if not is_ours or not isinstance(value, str) or not value.startswith("z") or len(value) > 100:
            continue
        # A proof made for another purpose, or with another context, does not prove this.
        if options.get("proofPurpose") != "assertionMethod" or options.get("@context", CONTEXT) != bare.get("@context"):
            continue
        try:
            if keys.is_signed(_hashed(bare, options), from_base58(value[1:]), public):
                return True
        except (ValueError, OverflowError):
            continue
    return False
