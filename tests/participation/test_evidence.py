"""What shows an activity afterwards: figures that give nobody away, a report, one file; names only where they are asked for."""

import datetime as dt
import io
import zipfile

import openpyxl
import pytest
from django.utils import translation
from pypdf import PdfReader

from tansiq.core import journal
from tansiq.core.models import Entry
from tansiq.participation import attendance, evidence
from tests.participation.conftest import NOW

pytestmark = pytest.mark.django_db
DAY = dt.date(2020, 7, 28)


@pytest.fixture
def held(seminar, come):
    """Souss-Massa: six women and two men were there; Rabat: seven women; one man of Rabat was not."""
    admission = seminar(certificate={"minutes": 60})
    signed = {}
    for number in range(16):
        region = "MA-09" if number < 8 else "MA-04"
        row = come(admission, number, region=region, sex="man" if number in (6, 7, 15) else "woman")
        if number != 15:
            signed[row.pk] = 120
    attendance.sign(admission=admission, day=DAY, signed=signed, by=journal.CLI, now=NOW)
    return admission


def test_no_number_under_five_is_said_nor_worked_out(held):
    found = evidence.figures(held, "en")
    assert (found.registered, found.with_a_place, found.there, found.certified) == (16, 16, 15, 0)
    assert found.regions == ["Rabat-Salé-Kénitra", "Souss-Massa"]
    # The two men of Souss are hidden, and what would give them away with them.
    assert found.table[1][1] is None
    assert found.table[-1][-1] == 15
    said = [value for line in found.table for value in line if value is not None]
    assert all(value == 0 or value >= 5 for value in said)


def test_the_flash_report_says_it_on_a_page_in_each_language(held):
    for language in ("ar", "fr", "en"):
        content = evidence.flash_report(held, language=language, now=NOW)
        pages = PdfReader(io.BytesIO(content)).pages
        assert len(pages) == 1
    text = pages[0].extract_text()
    assert "Souss-Massa" in text
    # One who had a place was not there: of 16 and 15 only one is said.
    assert "Wanted to come: –. Had a place: –. Were there: 15. Certificates: 0." in " ".join(text.split())
    assert "–: not said" in text
    assert "<5" not in text


def test_the_pack_has_no_name_unless_it_is_asked_for(held):
    with translation.override("en"):
        plain = evidence.pack(held, language="en", with_names=False, by=journal.CLI, now=NOW)
        named = evidence.pack(held, language="en", with_names=True, by=journal.CLI, now=NOW)
    without, whole = zipfile.ZipFile(io.BytesIO(plain)), zipfile.ZipFile(io.BytesIO(named))
    assert without.namelist() == ["contents.txt", "flash-report.pdf"]
    assert set(whole.namelist()) - set(without.namelist()) == {"with-names/attendance.xlsx"}
    sheet = openpyxl.load_workbook(io.BytesIO(whole.read("with-names/attendance.xlsx"))).active
    assert sheet.max_row == 17
    assert "Participante" in str(sheet.cell(2, 2).value)
    assert b"flash-report.pdf" in without.read("contents.txt")
    taken = Entry.objects.filter(verb="participation.take_evidence").order_by("id").values_list("changes", flat=True)
    assert [one["with_names"] for one in taken] == [[None, False], [None, True]]


def test_the_figures_cost_the_same_for_sixteen_and_for_sixty(held, come, django_assert_num_queries):
    with django_assert_num_queries(3):
        evidence.figures(held, "en")
    for number in range(16, 60):
        come(held, number, region="MA-06")
    with django_assert_num_queries(3):
        evidence.figures(held, "en")
