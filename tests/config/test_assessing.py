"""`tansiq test`: sheets of paper from a table, all of them or none with every error named."""

import json

import pytest

from tansiq.config import assessing, cli
from tansiq.core import journal, tables
from tansiq.core.errors import BadInput
from tansiq.participation.models import Attempt
from tests.participation.asking import ALL_RIGHT, ready, take
from tests.participation.conftest import NOW, come, seminar  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(seminar, come):
    """A test that is not open on the site, and four people."""
    admission = seminar()
    ready(admission, moments=())
    return [come(admission, n, region=f"MA-{n:02}") for n in range(1, 5)]


def run(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        cli.main([str(word) for word in words])
    out = capsys.readouterr()
    return ended.value.code, out.out, out.err


@pytest.fixture
def file(tmp_path):
    def write(text, name="sheets.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


SHEETS = """رقم التسجيل,consent,س2,3
1,2,1,"1,2,3"
2,ب,أ,أ ب
٣,B,c,
"""


def test_numbers_and_letters_of_both_scripts_are_read_and_the_same_file_again_changes_nothing(capsys, people, file):
    path = file(SHEETS)
    code, out, _err = run(capsys, "test", "seminar", "before", path, "--json")
    report = json.loads(out)
    assert (code, report["activity"], report["moment"], report["rows"]) == (0, "seminar", "before", 3)
    assert [(one["number"], one["try"], one["score"], one["done"]) for one in report["sheets"]] == [
        (1, 1, 100.0, "new"), (2, 1, 80.0, "new"), (3, 1, 20.0, "new"),
    ]  # fmt: skip
    again = json.loads(run(capsys, "test", "seminar", "before", path, "--json")[1])
    assert {one["done"] for one in again["sheets"]} == {"unchanged"}
    mended = json.loads(run(capsys, "test", "seminar", "before", file(SHEETS.replace("٣,B", "٣,A")), "--json")[1])
    assert [one["done"] for one in mended["sheets"]] == ["unchanged", "unchanged", "corrected"]
    assert Attempt.objects.count() == 3


def test_every_error_is_named_with_its_place_and_nothing_is_stored(capsys, people, file):
    wrong = 'number,email,try,consent,victims,signs\n1,,,2,1,1\n77,,,1,1,1\n2,,3,9,=cmd,1\n,p3@example.org,,"1,2",1,1\n1,,,2,1,1\n,,,1,1,1\n4,p3@example.org,,1,1,1\n'
    code, out, err = run(capsys, "test", "seminar", "after", file(wrong))
    assert (code, out) == (2, "")
    for line in (3, 4, 5, 6, 7, 8):
        assert f"sheets.csv:{line}" in err
    assert err.count("sheets.csv:4") == 3
    assert Attempt.objects.count() == 0


@pytest.mark.parametrize(
    "header", ["consent,victims,signs", "number,consent,victims", "number,consent,consent,victims,signs", "number,consent,victims,signs,other"]
)  # fmt: skip
def test_columns_that_are_missing_twice_or_unknown_are_named(capsys, people, file, header):
    assert run(capsys, "test", "seminar", "before", file(f"{header}\n1,1,1,1,1\n"))[0] == 2


def test_a_person_is_known_by_the_address_and_what_came_by_the_own_link_stays(people):
    assessment = assessing.assessment_of("seminar")
    assessment.before_opens_at = NOW
    assessment.save()
    take(assessment, people[0], "before", ALL_RIGHT)
    text = "email,consent,victims,signs\nP1@example.org,1,1,1\n"
    with pytest.raises(BadInput):
        assessing.testsheets.enter(
            assessment, "before", tables.read_csv(text.encode(), name="x"), by=journal.CLI, now=NOW
        )
    same = 'email,consent,victims,signs\nP1@example.org,2,1,"1 2 3"\n'
    report = assessing.testsheets.enter(
        assessment, "before", tables.read_csv(same.encode(), name="x"), by=journal.CLI, now=NOW
    )
    assert [(one["number"], one["done"]) for one in report["sheets"]] == [(1, "unchanged")]


def test_an_unknown_moment_an_activity_without_a_test_and_no_file_are_refused(capsys, people, file, tmp_path):
    assert run(capsys, "test", "seminar", "during", file(SHEETS))[0] == 2
    assert run(capsys, "test", "ceremony", "before", file(SHEETS))[0] == 1
    assert run(capsys, "test", "seminar", "before", tmp_path / "none.csv")[0] == 2


def test_a_second_try_needs_a_first_one(capsys, people, file):
    second = "number,try,consent,victims,signs\n1,2,2,1,1\n"
    assert run(capsys, "test", "seminar", "before", file(second))[0] == 2
    both = "number,try,consent,victims,signs\n1,1,1,1,1\n1,2,2,1,1\n"
    assert run(capsys, "test", "seminar", "before", file(both))[0] == 0
    assert list(Attempt.objects.values_list("number", flat=True)) == [1, 2]
