"""`tansiq nominate` and `tansiq nominations`: a sheet read all or nothing, what is missing as JSON."""

import io
import json

import openpyxl
import pytest

from tansiq.config import nominating
from tansiq.config.cli import main
from tansiq.core.errors import BadInput, Refused
from tansiq.participation import nominationsheets
from tansiq.participation.models import NominationRequest
from tests.participation.conftest import seminar  # noqa: F401
from tests.participation.nominating import PEOPLE, asked, bodies  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def sheet(asked, tmp_path):
    """sheet(A3="...", ...) -> the file of a request with cells typed into it."""

    def make(**cells):
        book = openpyxl.load_workbook(io.BytesIO(nominationsheets.write(asked())))
        for place, value in cells.items():
            book.worksheets[0][place] = value
        book.save(tmp_path / "لائحة.xlsx")
        return tmp_path / "لائحة.xlsx"

    return make


def test_a_sheet_is_read_as_the_answer_of_whom_it_was_made_for_and_again_changes_nothing(sheet):
    file = sheet(A3=PEOPLE[0][0], B3=PEOPLE[0][1], F3="p0@example.org", I3="نعم")
    assert nominating.nominate("seminar", file, dry_run=True)["added"] == 1
    assert NominationRequest.objects.get().state == "asked"
    report = nominating.nominate("seminar", file)
    assert {name: report[name] for name in ("organisation", "state", "asked", "added", "missing")} == {
        "organisation": "idara-a", "state": "answered", "asked": 2, "added": 1, "missing": 1,
    }  # fmt: skip
    assert [(one["name"], one["permission"]) for one in report["nominees"]] == [(PEOPLE[0][0], True)]
    again = nominating.nominate("seminar", file)
    assert (again["added"], again["changed"], again["removed"]) == (0, 0, 0)


def test_a_wrong_sheet_is_refused_with_every_cell_and_leaves_nothing(sheet):
    with pytest.raises(BadInput) as refusal:
        nominating.nominate("seminar", sheet(A3="12345", A4=PEOPLE[1][0], F4="لا"))
    assert {one.place.rpartition("!")[2] for one in refusal.value.problems} == {"A3", "F4"}
    assert not NominationRequest.objects.get().nominees.exists()


def test_a_table_that_does_not_say_whose_it_is_needs_the_name(asked, tmp_path):
    asked()
    file = tmp_path / "x.csv"
    file.write_text("name_ar;email;region\nخديجة أيت واحي;k@example.org;MA-09\n", encoding="utf-8")
    with pytest.raises(Refused, match="--from"):
        nominating.nominate("seminar", file)
    with pytest.raises(Refused, match="idara-a"):
        nominating.nominate("seminar", file, "unodc")
    assert nominating.nominate("seminar", file, "idara-a")["added"] == 1


def test_the_overview_is_plain_data_without_names_of_people(sheet):
    nominating.nominate("seminar", sheet(A3=PEOPLE[0][0], F3="p0@example.org"))
    report = nominating.overview("seminar")
    assert (report["asked"], report["named"], report["missing"], report["doubles"]) == (2, 1, 1, 0)
    assert report["requests"][0]["letter"] == "1/2020"
    assert PEOPLE[0][0] not in str(report)


def test_the_commands_print_one_document_and_their_exit_codes_are_those_of_all(sheet, capsys, tmp_path):
    file = sheet(A3=PEOPLE[0][0], F3="p0@example.org")

    def run(*words):
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        return ended.value.code

    assert run("nominate", "seminar", file, "--json") == 0
    assert json.loads(capsys.readouterr().out)["added"] == 1
    assert run("nominations", "seminar", "--json") == 0
    assert json.loads(capsys.readouterr().out)["activity"] == "seminar"
    assert run("nominate", "seminar", tmp_path / "none.xlsx") == 2
    assert run("nominate", "ceremony", file) == 1
    assert run("nominations", "seminar") == 0
