"""The public page that checks a certificate: course, month, how it stands, and never a name."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tansiq.core import journal
from tansiq.participation import certificatefiles, certificates, keys, ownpage
from tansiq.participation.models import NameTry
from tests.participation.certified import AFTER, KHADIJA, attended, certified, course  # noqa: F401
from tests.participation.conftest import come, seminar  # noqa: F401

pytestmark = pytest.mark.django_db
TITLE = "ندوة وطنية عن بعد لفائدة المساعدين الاجتماعيين"


def token(client, path="/v/"):
    return re.search('name="token" value="([^"]+)"', client.get(path).content.decode())[1]


def send(client, path, **given):
    return client.post(path, {"token": token(client), **given})


def text(answer):
    return answer.content.decode()


def test_a_valid_one_shows_course_and_month_and_never_the_name_and_is_kept_by_nobody(certified, client):
    one = certified()
    answer = client.get(f"/v/{one.code}")
    page = text(answer)
    assert answer.status_code == 200
    assert "صالحة" in page
    assert TITLE in page
    assert "يوليوز 2020" in page
    assert not any(word in page for name in KHADIJA.values() for word in name.split())
    assert one.number not in page
    assert answer["Cache-Control"] == "no-store, private"
    assert "noindex" in answer["X-Robots-Tag"]
    assert not answer.cookies


@pytest.mark.parametrize(("language", "word"), [("fr", "Valable"), ("en", "Valid"), ("ar", "صالحة"), ("xx", "صالحة")])
def test_the_page_speaks_three_languages(certified, client, language, word):
    answer = client.get(f"/v/{certified().code}?language={language}")
    assert word in text(answer)
    assert answer["Content-Language"] == (language if language != "xx" else "ar")


def test_a_code_typed_by_hand_is_found(certified, client):
    one = certified()
    answer = send(client, "/v/", do="code", code=one.code.lower().replace("0", "o")[:13] + " - " + one.code[13:])
    assert (answer.status_code, answer["Location"]) == (302, f"/v/{one.code}?language=ar")
    assert send(client, "/v/", do="code", code="12345").status_code == 422


def test_revoked_while_somebody_looks_the_next_answer_says_so(certified, client):
    one = certified()
    path = f"/v/{one.code}"
    given = token(client, path)
    certificates.revoke(certificate=one, because="سبب لا يراه الزائر", by=journal.CLI, now=AFTER)
    page = text(client.post(path, {"token": given, "name": KHADIJA["ar"]}))
    assert "مسحوبة" in page
    assert "سبب لا يراه الزائر" not in page
    assert "تحمل الشهادة اسم" in page


def test_a_replaced_one_is_told_apart(certified, client):
    one = certified()
    certificates.reissue(certificate=one, because="خطأ", by=journal.CLI, now=AFTER)
    assert "معوضة" in text(client.get(f"/v/{one.code}"))


def test_the_answer_for_a_code_that_is_not_known_has_the_same_shape(certified, client):
    one = certified()
    unknown = ("0" if one.code[0] != "0" else "1") + one.code[1:]
    known_page, unknown_page = client.get(f"/v/{one.code}"), client.get(f"/v/{unknown}")
    assert known_page.status_code == unknown_page.status_code == 200
    assert "غير معروفة" in text(unknown_page)
    assert {*re.findall(r'name="(\w+)"', text(known_page))} == {*re.findall(r'name="(\w+)"', text(unknown_page))}
    for code in (one.code, unknown):
        answer = send(client, f"/v/{code}", name="اسم آخر")
        assert answer.status_code == 200
        assert "غير مؤكد" in text(answer)


@pytest.mark.parametrize("code", ["x", "%D8%B4", "..%2F..", "=cmd|calc", "0" * 26, "0" * 3000, "\u202e"])
def test_whatever_stands_for_a_code_is_not_known_and_breaks_nothing(db, client, code):
    assert client.get(f"/v/{code}").status_code in (200, 404)


def test_a_name_that_is_typed_is_confirmed_or_not(certified, client):
    path = f"/v/{certified().code}"
    assert "نعم" in text(send(client, path, name="khadija ait ouahi"))
    assert "غير مؤكد" in text(send(client, path, name="Karima Aït Ouahi"))
    assert send(client, path, name=" ").status_code == 422
    assert "&lt;script&gt;" in text(send(client, path, name="<script>alert(1)</script>"))


def test_names_cannot_be_tried_out_also_not_behind_our_proxy(certified, client, settings):
    path = f"/v/{certified().code}"
    settings.TANSIQ_NAME_TRIES = 2
    for _n in range(2):
        assert send(client, path, name="اسم آخر").status_code == 200
    refused = send(client, path, name=KHADIJA["ar"])
    assert refused.status_code == 429
    assert "تحمل الشهادة اسم" not in text(refused)
    assert KHADIJA["ar"] in text(refused)  # what was typed is kept
    other = {"token": token(client), "name": KHADIJA["ar"]}
    assert client.post(path, other, headers={"X-Real-IP": "192.0.2.7"}).status_code == 200
    assert NameTry.objects.count() == 3


def test_a_form_from_elsewhere_and_an_old_one_are_refused(certified, client):
    path = f"/v/{certified().code}"
    foreign = {"Origin": "https://example.org"}
    assert client.post(path, {"token": token(client), "name": "x"}, headers=foreign).status_code == 403
    assert client.post(path, {"token": "old", "name": "x"}).status_code == 409
    assert client.post("/v/", {"do": "code", "code": "x"}).status_code == 409
    assert not NameTry.objects.exists()


def test_a_number_is_answered_only_together_with_its_name(certified, client):
    certified()
    assert send(client, "/v/", do="number", number="1/2020", name="").status_code == 422
    wrong = text(send(client, "/v/", do="number", number="1/2020", name="اسم آخر"))
    missing = text(send(client, "/v/", do="number", number="99/2020", name="اسم آخر"))
    for page in (wrong, missing):
        assert TITLE not in page
        assert "لا توجد شهادة بهذا الرقم وهذا الاسم" in page
    right = text(send(client, "/v/", do="number", number=" 1 / 2020 ", name=KHADIJA["fr"]))
    assert TITLE in right
    for number in ("x", "1", "1/2", "=1/2020", "9" * 30 + "/2020", "١/٢٠٢٠"):
        assert send(client, "/v/", do="number", number=number, name=KHADIJA["ar"]).status_code in (200, 422)


def upload(client, content, name="x.pdf"):
    return send(client, "/v/", do="file", file=SimpleUploadedFile(name, content))


def test_a_file_is_checked_and_kept_nowhere(certified, client, settings):
    one = certified()
    content = certificatefiles.open_pdf(one, now=AFTER)
    before = sorted(settings.MEDIA_ROOT.rglob("*"))
    page = text(upload(client, content))
    assert "صالحة" in page
    assert f"/v/{one.code}" in page
    assert "ليست ما صدر" in text(upload(client, content[:-100]))
    assert "غير معروفة" in text(upload(client, b"%PDF-1.4\n%%EOF\n"))
    assert upload(client, b"").status_code == 422
    assert sorted(settings.MEDIA_ROOT.rglob("*")) == before


def test_a_file_that_is_too_large_is_refused_before_it_is_read(db, client):
    assert upload(client, b"\0" * 2_097_152).status_code == 413


# --- One's own page, and our keys -----------------------------------------------------------------------------------


def test_ones_own_page_has_the_certificate_in_each_language_and_the_credential(certified, client):
    one = certified()
    path = ownpage.address_of(one.registration).partition("testserver")[2]
    page = text(client.get(path))
    assert "certificate.pdf?language=fr" in page
    french = client.get(f"{path}certificate.pdf?language=fr")
    assert french.content.startswith(b"%PDF")
    assert french["Content-Disposition"] == 'attachment; filename="2020-00001.pdf"'
    assert french["Cache-Control"] == "no-store, private"
    assert client.get(f"{path}certificate.json").json()["id"].endswith(f"/v/{one.code}")
    assert client.get(f"{path}certificate.jwt").content.count(b".") == 2
    for wrong in ("certificate.exe", "certificate.pdf?language=xx"):
        assert client.get(f"{path}{wrong}").status_code == 404
    certificates.revoke(certificate=one, because="خطأ في الحضور", by=journal.CLI, now=AFTER)
    assert client.get(f"{path}certificate.pdf").status_code == 404
    assert "خطأ في الحضور" in text(client.get(path))


def test_another_persons_link_opens_no_certificate(certified, attended, client):
    one = certified()
    other = attended(one.registration.admission, 2)
    path = ownpage.address_of(other).partition("testserver")[2]
    assert client.get(f"{path}certificate.pdf").status_code == 404
    assert "certificate.pdf" not in text(client.get(path))


def test_our_public_keys_are_there_for_everybody_and_nothing_secret(certified):
    certified()
    key_id = keys.active(now=AFTER).row.key_id
    client = Client()
    jwks = client.get("/keys.json")
    assert [one["kid"] for one in jwks.json()["keys"]] == [key_id]
    assert '"d"' not in text(jwks)
    assert client.get(f"/keys/{key_id}.json").json()["kid"] == key_id
    did = client.get("/.well-known/did.json").json()
    assert did["assertionMethod"] == [f"{did['id']}#{key_id}"]
