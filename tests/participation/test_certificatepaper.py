"""A certificate on paper: archival, readable aloud, on one page whatever the name, and no name is markup."""

import io

import pypdf
import pytest

from tansiq.core import journal
from tansiq.participation import certificatefiles, certificatepaper, certificates
from tests.participation.certified import AFTER, attended, certified, course, text_of  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_the_pdf_is_pdf_a_2a_and_pdf_ua_1_and_says_what_it_certifies(certified, language):
    one = certified(language=language)
    content = certificatefiles.open_pdf(one, now=AFTER)
    reader = pypdf.PdfReader(io.BytesIO(content))
    meta = content.decode("latin-1")
    assert "<pdfaid:part>2</pdfaid:part>" in meta
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in meta
    assert "<pdfuaid:part>1</pdfuaid:part>" in meta
    assert reader.trailer["/Root"]["/Lang"] == language
    assert len(reader.pages) == 1
    text = text_of(content)
    assert "Khadija Aït Ouahi" in text
    assert "1/2020" in text
    assert one.code[:4] in text


LONG = {"ar": " ".join(["عبد الرحمن"] * 11)[:120].strip(), "fr": " ".join(["Abderrahmane"] * 10)[:120].strip()}


@pytest.mark.parametrize(
    ("name", "language"),
    [(LONG, "ar"), (LONG, "fr"), ({"ar": LONG["ar"]}, "fr"), ({"fr": LONG["fr"]}, "ar"), ({"fr": "W" * 120}, "fr")],
)
def test_long_names_and_names_of_the_other_script_stay_on_one_page_with_a_long_title(certified, course, name, language):
    admission = course()
    title = {"ar": "ندوة وطنية عن بعد " * 16, "fr": "Séminaire national à distance " * 10}
    type(admission.activity).objects.filter(pk=admission.activity.pk).update(title=title)
    one = certified(name=name, language=language, admission=admission)
    assert len(pypdf.PdfReader(io.BytesIO(certificatefiles.open_pdf(one, now=AFTER))).pages) == 1


def test_no_name_is_markup(certified):
    one = certified(name={"fr": '#panic("x") $ * _ `Aït`'}, language="fr")
    assert '#panic("x")' in text_of(certificatefiles.open_pdf(one, now=AFTER))


def test_the_bodies_stand_in_logo_order_the_own_one_first_and_the_payer_of_the_project_too(course):
    found = [one.slug for one in certificatepaper.logo_order(course().activity)]
    assert found[0] == "cnclt"
    assert {"unodc", "eu"} <= set(found)
    assert len(set(found)) == len(found)


def test_all_for_the_printer_are_one_pdf_with_a_page_each_in_its_own_language(course, attended):
    admission = course()
    rows = [attended(admission, number, language=language) for number, language in enumerate(("ar", "fr", "en"), 1)]
    made = certificates.issue_many(registrations=rows, by=journal.CLI, now=AFTER)
    content = certificatepaper.printed(made, certificatepaper.sheet_of(admission, now=AFTER), now=AFTER)
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]
    assert len(pages) == 3
    assert "Certificat de participation" in pages[1]
    assert "Certificate of participation" in pages[2]
    assert b"<pdfaid:part>2</pdfaid:part>" in content
