"""Open Badges 3.0: the schema holds, and somebody who knows nothing of us checks the signature by the public key."""

import base64
import copy
import hashlib
import json
from pathlib import Path

import jsonschema
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tansiq.core import journal
from tansiq.participation import certificatefiles, certificates, credentials, keys, verification
from tansiq.participation.models import Certificate
from tests.participation.certified import AFTER, KHADIJA, attended, certified, course  # noqa: F401

pytestmark = pytest.mark.django_db
SCHEMA = json.loads((Path(__file__).parent / "open-badges/achievementcredential.json").read_text(encoding="utf-8"))
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


# --- A verifier of its own: RFC 8785, base58btc, eddsa-jcs-2022 and did:web, from their texts alone ------------------


def unbase58(text):
    number = 0
    for sign in text:
        number = number * 58 + ALPHABET.index(sign)
    return bytes(len(text) - len(text.lstrip("1"))) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def jcs(value):
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def independent(credential, did_document):
    """Raises InvalidSignature. The key comes from the DID document that the credential names."""
    credential = copy.deepcopy(credential)
    [proof] = credential.pop("proof")
    assert (proof["type"], proof["cryptosuite"], proof["proofPurpose"]) == (
        "DataIntegrityProof", "eddsa-jcs-2022", "assertionMethod",
    )  # fmt: skip
    assert proof["verificationMethod"] in did_document["assertionMethod"]
    [method] = [one for one in did_document["verificationMethod"] if one["id"] == proof["verificationMethod"]]
    public = unbase58(method["publicKeyMultibase"].removeprefix("z"))
    assert public[:2] == b"\xed\x01"
    signature = unbase58(proof.pop("proofValue").removeprefix("z"))
    data = hashlib.sha256(jcs(proof)).digest() + hashlib.sha256(jcs(credential)).digest()
    Ed25519PublicKey.from_public_bytes(public[2:]).verify(signature, data)


@pytest.fixture
def credential(certified):
    return json.loads(credentials.as_json(certified(), keys.active(now=AFTER)))


def test_the_credential_fits_the_schema_of_open_badges_and_its_proof_is_a_list(credential):
    jsonschema.Draft201909Validator(SCHEMA).validate(credential)
    assert isinstance(credential["proof"], list)
    broken = {**credential, "proof": credential["proof"][0]}
    assert list(jsonschema.Draft201909Validator(SCHEMA).iter_errors(broken))


def test_somebody_else_checks_it_by_the_public_key_alone(credential):
    independent(credential, credentials.did_document())
    credential["credentialSubject"]["achievement"]["name"] += "."
    with pytest.raises(InvalidSignature):
        independent(credential, credentials.did_document())


def test_a_credential_of_a_rotated_key_is_still_checked(credential):
    keys.rotate(by=journal.CLI, now=AFTER)
    independent(credential, credentials.did_document())
    assert verification.check_file(json.dumps(credential).encode(), now=AFTER).status == "valid"


def test_it_names_nobody_and_who_knows_the_address_can_confirm_it(credential):
    text = json.dumps(credential, ensure_ascii=False)
    assert not any(word in text for name in [*KHADIJA.values(), "p1@example.org"] for word in name.split())
    [identity] = credential["credentialSubject"]["identifier"]
    wanted = hashlib.sha256(("p1@example.org" + identity["salt"]).encode()).hexdigest()
    assert (identity["identityType"], identity["identityHash"]) == ("emailAddress", f"sha256${wanted}")
    # What is in the file does not help to try names against what the certificate itself is signed over.
    assert identity["salt"] != Certificate.objects.get().salt


def test_without_an_address_the_name_as_printed_is_confirmed(certified):
    one = certified(email="")
    [identity] = credentials.unsigned(one)["credentialSubject"]["identifier"]
    wanted = hashlib.sha256((KHADIJA["ar"] + identity["salt"]).encode()).hexdigest()
    assert (identity["identityType"], identity["identityHash"]) == ("name", f"sha256${wanted}")


def test_the_jwt_is_checked_by_its_key_from_the_jwk_set_alone(certified):
    text = credentials.as_jwt(certified(), keys.active(now=AFTER))
    header, payload, signature = text.split(".")
    told = json.loads(keys.decode(header))
    assert told["alg"] == "EdDSA"
    [jwk] = [one for one in keys.jwks()["keys"] if told["kid"].endswith(f"/keys/{one['kid']}.json")]
    public = base64.urlsafe_b64decode(jwk["x"] + "=")
    Ed25519PublicKey.from_public_bytes(public).verify(keys.decode(signature), f"{header}.{payload}".encode())
    assert verification.check_file(text.encode(), now=AFTER).status == "valid"
    changed = f"{header}.{payload[:-4]}AAAA.{signature}"
    assert verification.check_file(changed.encode(), now=AFTER).status == "tampered"


def changes():
    yield "a name is put in", lambda one: one["credentialSubject"].update(name="شخص آخر")
    yield "another recipient", lambda one: one["credentialSubject"]["identifier"][0].update(identityHash="sha256$00")
    yield "another course", lambda one: one["credentialSubject"]["achievement"].update(name="دورة أخرى")
    yield "a later end", lambda one: one.update(validUntil="2099-01-01T00:00:00Z")
    yield (
        "a changed digit of the code",
        lambda one: one.update(id=one["id"][:-1] + ("0" if one["id"][-1] != "0" else "1")),
    )
    yield "a cut signature", lambda one: one["proof"][0].update(proofValue=one["proof"][0]["proofValue"][:-1])
    yield "no signature", lambda one: one["proof"][0].pop("proofValue")
    yield "another purpose", lambda one: one["proof"][0].update(proofPurpose="authentication")
    yield "a number with a fraction", lambda one: one.update(more=0.5)


@pytest.mark.parametrize(("what", "change"), list(changes()), ids=lambda one: one if isinstance(one, str) else "")
def test_a_changed_credential_is_refused_with_and_without_the_database(credential, what, change):
    change(credential)
    content = json.dumps(credential).encode()
    assert verification.check_file(content, now=AFTER).status == "tampered"
    assert verification.check_file(content, now=AFTER, public=keys.public_keys()).status == "tampered"


def test_a_key_that_stands_twice_is_refused_whatever_its_values_are(credential):
    text = json.dumps(credential)
    twice = '{"name": "شخص آخر", ' + text[1:]
    assert verification.check_file(twice.encode(), now=AFTER).status == "tampered"


def test_a_credential_of_an_unknown_key_is_unknown_unless_it_claims_a_code_of_ours(credential, certified):
    foreign = copy.deepcopy(credential)
    foreign["proof"][0]["verificationMethod"] = "did:web:example.org#other"
    assert verification.check_file(json.dumps(foreign).encode(), now=AFTER).status == "tampered"
    foreign["id"] = "https://example.org/v/" + "0" * 26
    assert verification.check_file(json.dumps(foreign).encode(), now=AFTER).status == "unknown"


def test_offline_the_public_key_alone_says_valid_with_course_and_month_and_cannot_know_of_a_revocation(certified):
    one = certified()
    signer, public = keys.active(now=AFTER), keys.public_keys()
    files = [
        credentials.as_json(one, signer),
        certificatefiles.open_pdf(one, now=AFTER),
        credentials.as_jwt(one, signer).encode(),
    ]
    certificates.revoke(certificate=one, because="خطأ", by=journal.CLI, now=AFTER)
    for content in files:
        told = verification.check_file(content, now=AFTER, public=public).data()
        assert (told["valid"], told["status"], told["month"]) == (True, "valid", "2020-07")
        assert told["course"] == "ندوة وطنية عن بعد لفائدة المساعدين الاجتماعيين"
        assert verification.check_file(content, now=AFTER).status == "revoked"
        assert verification.check_file(content, now=AFTER, public={"x": b"0" * 32}).status == "unknown"


def test_what_is_no_certificate_is_unknown_and_what_is_too_large_is_refused():
    for content in (
        b"",
        b"{}",
        b"{",
        b"[1]",
        b"a.b.c",
        b"\0" * 1_900_000,
        b"{" * 100_000,
        b"%PDF-1.7\n%%EOF",
        "شهادة".encode(),
    ):
        assert verification.check_file(content, now=AFTER).status == "unknown", content[:20]
    with pytest.raises(verification.TooLarge):
        verification.check_file(b"x" * 2_097_152, now=AFTER)


# --- Names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "Khadija Aït Ouahi",
        "khadija ait ouahi",
        "AIT OUAHI Khadija",
        "Khadija Ait Wahi",
        "خديجة أيت واحي",
        "خديجه ايت واحي",
    ],
)
def test_the_name_is_confirmed_in_either_script_and_usual_spellings(certified, typed):
    assert verification.bears_name(certified(), typed)


@pytest.mark.parametrize(
    "typed",
    ["", "Khadija", "Ouahi", "خديجة", "Khadija Aït Ouali", "Hadija Benali", "خديجة أيت علي", "Khadija Ouahi", "%", "k" * 300,
     "Khadija Aït Ouahi El Idrissi", "فاطمة أيت واحي", "Karima Aït Ouahi"],
)  # fmt: skip
def test_another_name_and_half_a_name_are_refused(certified, typed):
    assert not verification.bears_name(certified(), typed)


def test_where_one_script_alone_is_known_the_other_is_compared_with_it(certified):
    one = certified(name={"ar": "محمد العلوي"})
    assert verification.bears_name(one, "Mohammed Alaoui")
    assert not verification.bears_name(one, "Ahmed Alaoui")


def test_names_are_tried_so_often_an_hour_and_no_more_from_one_network(certified, settings):
    one = certified()
    settings.TANSIQ_NAME_TRIES = 3

    def attempt(origin, now=AFTER, code=one.code):
        return verification.try_name(certificate=one, subject=code, typed=KHADIJA["fr"], origin=origin, now=now)

    assert [attempt("192.0.2.1") for _n in range(3)] == [True] * 3
    with pytest.raises(verification.TooManyTries):
        attempt("192.0.2.1")
    with pytest.raises(verification.TooManyTries):
        attempt("192.0.2.1", code="another code")
    assert attempt("192.0.2.2")
    assert attempt("192.0.2.1", now=AFTER.replace(hour=11))
    # Many networks at once against one certificate.
    for number in range(4):
        attempt(f"198.51.100.{number}")
    with pytest.raises(verification.TooManyTries):
        attempt("198.51.100.9")


def test_an_expired_one_says_so(course, attended):
    row = attended(course(minutes=240, valid_months=12), 1)
    one = certificates.issue(registration=row, by=journal.CLI, now=AFTER)
    told = verification.check_code(one.code, now=AFTER.replace(year=2022)).data()
    assert (told["valid"], told["status"], told["because"]) == (False, "revoked", "expired")
