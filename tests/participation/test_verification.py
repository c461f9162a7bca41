"""Is it ours, unchanged, still good: no changed byte, no foreign row passes."""

import pytest

from tansiq.config import running
from tansiq.participation import certificatefiles, certificatepaper, keys, verification
from tansiq.participation.models import Certificate
from tests.participation.certified import AFTER, attended, certified, course  # noqa: F401

pytestmark = pytest.mark.django_db


def test_any_changed_byte_and_any_cut_breaks_the_seal(certified):
    one = certified()
    content = certificatefiles.open_pdf(one, now=AFTER)
    assert verification.check_file(content, now=AFTER).status == "valid"
    public = keys.public_keys()
    step = len(content) // 150
    for place in [*range(8, len(content), step), content.index(b"tansiq-seal:") + 60, len(content) - 3]:
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        assert verification.check_file(changed, now=AFTER).status == "tampered", place
        assert not verification.check_file(changed, now=AFTER, public=public).is_valid, place
    for length in (*range(10, len(content) - 1, step), len(content) - 1):
        assert verification.check_file(content[:length], now=AFTER).status == "tampered", length
    for more in (b"\n", b"%", content):
        assert verification.check_file(content + more, now=AFTER).status == "tampered"


def test_what_a_stolen_key_signs_is_not_in_our_books(certified):
    one = certified()
    sheet = certificatepaper.sheet_of(one.registration.admission, now=AFTER)
    one.holder = {"ar": "شخص آخر"}
    forged = certificatepaper.draw(one, sheet, "ar", keys.active(now=AFTER))
    assert verification.check_file(forged, now=AFTER, public=keys.public_keys()).status == "valid"
    assert verification.check_file(forged, now=AFTER).status == "tampered"


def test_a_row_that_was_changed_behind_our_back_is_not_what_was_issued(certified):
    one = certified()
    one.signed["course"]["to"] = "2021-07-28"
    Certificate.objects.filter(pk=one.pk).update(signed=one.signed)
    assert verification.check_code(one.code, now=AFTER).status == "tampered"
    assert verification.changed() == ["1/2020"]


@pytest.mark.parametrize("change", [{"holder": {"ar": "شخص آخر"}}, {"serial": 7}, {"code": "0" * 26}])
def test_the_check_of_the_installation_finds_a_changed_row(certified, change):
    one = certified()
    assert verification.changed() == []
    Certificate.objects.filter(pk=one.pk).update(**change)
    assert len(verification.changed()) == 1
    assert running.check()["sound"] is False
