"""Keys that sign certificates: made once, kept private, rotated without making anything worthless."""

import base64
import hashlib
import json
import stat

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import IntegrityError, transaction

from tansiq.core import journal
from tansiq.participation import codes, keys, sealing
from tansiq.participation.models import SigningKey
from tests.participation.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.TANSIQ_DATA = tmp_path


def test_the_first_key_is_made_when_it_is_first_asked_for_and_only_then():
    assert not keys.folder().exists()
    one, again = keys.active(now=NOW), keys.active(now=NOW)
    assert one.row == again.row == SigningKey.objects.get()
    assert [file.name for file in keys.folder().iterdir()] == [f"{one.row.key_id}.json"]


def test_the_private_half_is_a_file_for_its_owner_alone_and_no_part_of_the_database():
    signer = keys.active(now=NOW)
    file = keys.folder() / f"{signer.row.key_id}.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.folder().stat().st_mode) == 0o700
    secret = json.loads(file.read_text())["d"]
    assert all(secret not in str(value) for value in SigningKey.objects.values_list().get())
    assert "d" not in keys.jwk(signer.row)


def test_the_key_id_is_the_thumbprint_of_rfc_7638():
    row = keys.active(now=NOW).row
    plain = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": row.public_key}, separators=(",", ":"))
    digest = base64.urlsafe_b64encode(hashlib.sha256(plain.encode()).digest()).decode().rstrip("=")
    assert row.key_id == digest


def test_of_two_processes_that_make_the_first_key_at_once_one_is_told_and_its_file_goes():
    first = keys.active(now=NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        keys._make(by=journal.CLI, now=NOW)
    assert [file.name for file in keys.folder().iterdir()] == [f"{first.row.key_id}.json"]


def test_after_a_rotation_the_new_key_signs_and_what_the_old_one_signed_is_still_good():
    old = keys.active(now=NOW)
    signature = old.sign(b"tansiq")
    new = keys.rotate(by=journal.CLI, now=NOW)
    assert keys.active(now=NOW).row == new != old.row
    assert keys.is_signed(b"tansiq", signature, keys.public_keys()[old.row.key_id])
    assert not keys.is_signed(b"tansiq", signature, keys.public_keys()[new.key_id])
    assert [one["kid"] for one in keys.jwks()["keys"]] == [old.row.key_id, new.key_id]
    assert journal.of(old.row).first().verb == "participation.retire_key"


def test_a_lost_private_half_is_said_with_what_to_do():
    row = keys.active(now=NOW).row
    (keys.folder() / f"{row.key_id}.json").unlink()
    with pytest.raises(keys.KeyMissing, match="tansiq keys rotate"):
        keys.active(now=NOW)
    assert not keys.has_private(row)
    keys.rotate(by=journal.CLI, now=NOW)
    assert keys.active(now=NOW).row != row


def test_a_public_key_is_read_as_jwk_as_set_and_as_pem_and_nothing_else_is():
    row = keys.active(now=NOW).row
    wanted = {row.key_id: keys.decode(row.public_key)}
    pem = Ed25519PublicKey.from_public_bytes(wanted[row.key_id]).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )
    for content in (json.dumps(keys.jwk(row)).encode(), json.dumps(keys.jwks()).encode(), pem):
        assert keys.read_public(content) == wanted
    for content in (
        b"",
        b"{}",
        b"[]",
        b'{"keys": [{"kty": "RSA"}]}',
        b"-----BEGIN PUBLIC KEY-----",
        b"[" * 50_000,
        b"x" * 200_000,
    ):
        with pytest.raises(keys.NotAKey):
            keys.read_public(content)


def test_the_name_of_the_algorithm_is_a_setting(settings):
    row = keys.active(now=NOW).row
    assert keys.jwk(row)["alg"] == "EdDSA"
    settings.TANSIQ_JWS_ALGORITHM = "Ed25519"
    assert keys.jwk(row)["alg"] == "Ed25519"


def test_a_code_has_128_bits_and_is_read_as_people_type_it():
    code = codes.make()
    assert len({codes.make() for _n in range(1000)}) == 1000
    assert codes.clean(code) == code
    assert codes.clean(f"  {codes.grouped(code).lower().replace(' ', '-')} ") == code
    assert codes.clean(f"https://tansiq.example.org/v/{code}/") == code
    assert codes.clean(code.replace("0", "O").replace("1", "l")) == code
    assert codes.clean("".join("٠١٢٣٤٥٦٧٨٩"[int(sign)] if sign.isdigit() else sign for sign in code)) == code
    for typed in ("", "x", code[:-1], code + "0", "U" * 26, "=cmd|' /C calc'!A0", "\u202e" * 26):
        assert codes.clean(typed) == ""


def test_canonical_json_is_that_of_rfc_8785_and_fractions_are_refused():
    value = {"é": '\u20ac$\u000f\nA\'B"\\\\"/', "b": [None, True, 7], "a": {"ب": "ت", "𐐷": 1, "\ufb33": 2}}
    wanted = '{"a":{"ب":"ت","𐐷":1,"\ufb33":2},"b":[null,true,7],"é":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert sealing.canonical(value).decode() == wanted
    for bad in (0.5, float("nan"), {"x": [1.0]}, 2**60, "\ud800"):
        with pytest.raises(sealing.NotCanonical):
            sealing.canonical(bad)
