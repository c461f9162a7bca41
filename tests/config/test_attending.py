"""`tansiq attendance`: from a file of applicants and a report to who was there, as a person would run it."""

import json

import pytest

from tansiq.config import cli
from tansiq.participation.models import Attendance
from tests.participation.conftest import seminar  # noqa: F401

pytestmark = pytest.mark.django_db

PEOPLE = """name_ar,name_fr,email,region
يوسف بنجلون,Youssef Benjelloun,youssef@example.org,MA-04
كريمة التازي,,karima@example.org,MA-04
"""
REPORT = """Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,In Waiting Room
Karima Tazi,,07/27/2020 10:00:00 AM,07/27/2020 11:00:00 AM,60,Yes,No
Benjelloun,,07/27/2020 10:00:00 AM,07/27/2020 10:30:00 AM,30,Yes,No
Karima Tazi,,07/27/2020 09:55:00 AM,07/27/2020 10:00:00 AM,5,Yes,Yes
"""


@pytest.fixture
def files(seminar, tmp_path, capsys):
    seminar()
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "report.csv").write_text(REPORT, encoding="utf-8")
    assert run(capsys, "register", "seminar", tmp_path / "people.csv")[0] == 0
    return tmp_path


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        cli.main([str(one) for one in arguments])
    captured = capsys.readouterr()
    return ended.value.code, captured.out, captured.err


def test_it_shows_who_was_there_and_who_needs_a_person_and_writes_nothing(files, capsys):
    code, out, _err = run(capsys, "attendance", "seminar", files / "report.csv", "--json")
    report = json.loads(out)
    assert code == 0
    assert (report["rows"], report["applied"]) == (3, False)
    [one] = report["people"]
    assert (one["name"], one["minutes"], one["matched_by"], one["days"]) == (
        "كريمة التازي",
        60,
        "comparison",
        {"2020-07-27": 60},
    )
    [open_one] = report["to_decide"]
    assert (open_one["name"], [each["number"] for each in open_one["candidates"]]) == ("Benjelloun", [1])
    assert [(each["row"], bool(each["why"])) for each in report["ignored"]] == [(4, True)]
    assert not Attendance.objects.exists()


def test_apply_keeps_it_once(files, capsys):
    for _time in range(2):
        assert run(capsys, "attendance", "seminar", files / "report.csv", "--apply")[0] == 0
    assert list(Attendance.objects.values_list("registration__number", "minutes")) == [(2, 60)]


def test_an_empty_report_and_a_missing_one_are_named_together_and_nothing_is_kept(files, capsys):
    (files / "empty.csv").write_text("", encoding="utf-8")
    code, out, err = run(capsys, "attendance", "seminar", files / "report.csv", files / "empty.csv", "--apply")
    assert (code, out) == (2, "")
    assert "empty.csv" in err
    code, _out, err = run(capsys, "attendance", "seminar", files / "none.csv")
    assert code == 2
    assert "none.csv" in err
    assert not Attendance.objects.exists()


def test_another_table_is_read_by_saying_what_its_columns_hold(files, capsys):
    (files / "t.csv").write_text("Wer;Da;Weg\nYoussef Benjelloun;27.07.2020 10:00;27.07.2020 11:00\n", encoding="utf-8")
    columns = ["--column", "name=Wer", "--column", "joined=Da", "--column", "left=Weg"]
    code, out, _err = run(capsys, "attendance", "seminar", files / "t.csv", "--json", *columns)
    assert code == 0
    assert [one["minutes"] for one in json.loads(out)["people"]] == [60]
    assert run(capsys, "attendance", "seminar", files / "t.csv", "--column", "Wer")[0] == 1
