"""The Excel sheet of a request: made for it, read back with every fault at its cell."""

import io

import openpyxl
import pytest

from tansiq.core.errors import BadInput
from tansiq.participation import nominationsheets
from tests.participation.nominating import PEOPLE, answer, asked, bodies, named  # noqa: F401

pytestmark = pytest.mark.django_db


def sheet_of(request, *rows, **cells):
    """The request's own sheet with rows typed into it, as Excel gives it back."""
    book = openpyxl.load_workbook(io.BytesIO(nominationsheets.write(request)))
    page = book.worksheets[0]
    titles = [cell.value for cell in page[1]]
    for index, values in enumerate(rows, start=3):
        for name, value in values.items():
            page.cell(index, column(titles, name), value)
    for place, value in cells.items():
        page[place] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def column(titles, name):
    order = ["name_ar", "name_fr", "list", "region", "function", "email", "telephone", "sex", "permission"]
    assert len(titles) == len(order)
    return order.index(name) + 1


FULL = {
    "name_ar": PEOPLE[0][0],
    "name_fr": PEOPLE[0][1],
    "email": "p0@example.org",
    "permission": "نعم",
    "sex": "امرأة",
    "telephone": 612345678,
}


def test_the_sheet_is_made_for_the_request_and_comes_back_with_its_rows(asked):
    row = asked()
    book = openpyxl.load_workbook(io.BytesIO(nominationsheets.write(row)))
    page = book.worksheets[0]
    assert page.sheet_view.rightToLeft
    assert page.max_row == 1 + 1 + 3  # the headings, the example, two places and one in reserve
    assert len(page.data_validations.dataValidation) == 4
    found, outcome = nominationsheets.check(sheet_of(row, FULL), file_name="لائحة.xlsx", request=row)
    assert outcome.added == 1
    (given,) = [one for one in found if not one.is_empty]
    assert (given.name, given.region, given.sex, given.has_permission, given.telephone) == (
        {"ar": PEOPLE[0][0], "fr": PEOPLE[0][1]}, "MA-09", "woman", True, "612345678",
    )  # fmt: skip
    assert not row.nominees.exists()


def test_the_sheet_of_an_answered_request_holds_the_list_and_changes_nothing_as_it_is(asked):
    row = asked()
    answer(row, named(0, sex="woman", function="مساعدة اجتماعية"), named(2, reserve=True, permission=False))
    found, outcome = nominationsheets.check(nominationsheets.write(row), file_name="x.xlsx", request=row)
    assert (outcome.added, outcome.changed, outcome.removed) == (0, 0, 0)
    assert answer(row, *found).changed == 0


def test_all_faults_of_a_sheet_are_named_by_their_cells(asked):
    row = asked()
    wrong = {**FULL, "name_ar": "12345", "email": "لا"}
    content = sheet_of(
        row,
        wrong,
        {**FULL, "email": "q@example.org", "telephone": "لا أعرف"},
        {"name_ar": "سعاد الهلالي", "region": "طنجة تطوان الحسيمة"},
    )
    with pytest.raises(BadInput) as refusal:
        nominationsheets.check(content, file_name="x.xlsx", request=row)
    places_named = {problem.place.rpartition("!")[2] for problem in refusal.value.problems}
    assert {"A3", "F3", "G4", "D5"} <= places_named


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_columns_are_found_in_each_language_and_in_a_table_made_anew(asked, language):
    row = asked(language=language)
    found, _outcome = nominationsheets.check(sheet_of(row, FULL), file_name="x.xlsx", request=row)
    assert [one.email for one in found if not one.is_empty] == ["p0@example.org"]
    table = "name_ar;Nom et prénom;courriel;region\nخديجة أيت واحي;Khadija;k@example.org;Souss-Massa\n".encode()
    (given,) = nominationsheets.read(table, file_name="x.csv", request=row)
    assert (given.email, given.region) == ("k@example.org", "MA-09")


def test_the_sheet_of_another_request_is_refused_and_so_is_what_is_none(asked):
    first, second = asked(), asked(to=1)
    with pytest.raises(BadInput, match="طلب آخر"):
        nominationsheets.read(sheet_of(second, FULL), file_name="x.xlsx", request=first)
    for content, name in ((b"PK\x03\x04", "x.xlsx"), (b"", "x.xlsx"), (b"a;b\n1;2\n", "x.csv"), (b"\0\1", "x.csv")):
        with pytest.raises(BadInput):
            nominationsheets.read(content, file_name=name, request=first)


def test_a_formula_without_a_result_is_refused_at_its_cell(asked):
    row = asked()
    with pytest.raises(BadInput) as refusal:
        nominationsheets.read(sheet_of(row, FULL, A4="=1+1"), file_name="x.xlsx", request=row)
    assert refusal.value.problems[0].place.endswith("A4")
