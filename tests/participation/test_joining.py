"""How one joins from afar: one page with the personal link, and one for everybody without."""

import io

import pytest
from pypdf import PdfReader

from tansiq.participation import joining, ownpage
from tests.desk.conftest import secretariat, user_with  # noqa: F401
from tests.participation.conftest import NOW

pytestmark = pytest.mark.django_db
JOINING = {
    "url": "https://meet.example.org/x?name={name}", "platform": "BigBlueButton", "telephone": "0522 00 00 00",
    "rehearsal": {"ar": "يوم 27 يوليوز على الساعة 10", "fr": "Le 27 juillet à 10 h"}, "host": "Secrétariat",
    "recording": {"fr": "La séance est enregistrée."},
}  # fmt: skip


def text(content):
    pages = PdfReader(io.BytesIO(content)).pages
    assert len(pages) == 1
    return " ".join(pages[0].extract_text().split())


def test_the_page_of_one_person_has_the_personal_link_the_telephone_and_what_is_recorded(seminar, come):
    admission = seminar(joining=JOINING)
    row = come(admission, 1)
    said = text(joining.instructions(admission, language="fr", now=NOW, row=row))
    for words in ("BigBlueButton", "0522 00 00 00", "Le 27 juillet", "La séance est enregistrée.", "Secrétariat"):
        assert words in said, words
    assert ownpage.token(row) in said.replace(" ", "")
    assert "meet.example.org" not in said


def test_the_page_for_everybody_has_nobody_s_link(seminar, come):
    admission = seminar(joining=JOINING)
    row = come(admission, 1)
    said = text(joining.instructions(admission, language="ar", now=NOW))
    assert ownpage.token(row) not in said.replace(" ", "")
    assert "/p/" not in said


def test_without_an_address_of_the_meeting_there_is_no_page(seminar):
    with pytest.raises(joining.NothingToJoin):
        joining.instructions(seminar(), language="ar", now=NOW)


def test_ones_own_page_gives_it_to_whoever_has_a_place_alone(seminar, come, client):
    admission = seminar(capacity=1, shares={"MA-09": 1}, joining=JOINING)
    inside, outside = come(admission, 1), come(admission, 2)
    answer = client.get(f"/p/{ownpage.token(inside)}/joining.pdf")
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (
        200,
        "application/pdf",
        "no-store, private",
    )
    assert client.get(f"/p/{ownpage.token(outside)}/joining.pdf").status_code == 404


def test_the_desk_prints_it_and_says_what_is_missing(seminar, secretariat):
    admission = seminar()
    address = f"/desk/places/{admission.pk}/joining-ar.pdf"
    assert secretariat.get(address).status_code == 302
    admission.joining = JOINING
    admission.save()
    assert secretariat.get(address).content.startswith(b"%PDF")
    assert "joining-ar.pdf" in secretariat.get(f"/desk/admissions/edit/{admission.pk}/").content.decode()
