"""`tansiq invite` and `tansiq guests`: a table in, an order out; a file with errors leaves nothing behind."""

import json

import pytest

from tests.config.conftest import tansiq
from tests.conftest import EXAMPLES

TABLE = """name_ar,name_fr,function_fr,rank,email,language
خديجة أيت واحي,Khadija Aït Ouahi,Ministre fictive,40,k@example.org,fr
,,Wali d’une région imaginaire,100,,ar
"""


@pytest.fixture
def loaded(data):
    done = tansiq("load", EXAMPLES / "ma-2020-world-day.yaml", data=data)
    assert done.returncode == 0, done.stderr
    return data


def test_guests_come_in_by_a_table_and_go_out_in_their_order(loaded, tmp_path):
    table = tmp_path / "guests.csv"
    table.write_text(TABLE)
    first = json.loads(tansiq("invite", "ceremony", table, "--json", data=loaded).stdout)
    assert ([one["row"] for one in first["added"]], first["to_decide"]) == ([2, 3], [])
    again = json.loads(tansiq("invite", "ceremony", table, "--json", data=loaded).stdout)
    assert (again["added"], [one["row"] for one in again["unchanged"]]) == ([], [2, 3])
    table.write_text("nom\nKhadidja Ait Wahi\n")
    other = json.loads(tansiq("invite", "ceremony", table, "--json", data=loaded).stdout)
    assert (other["added"], other["to_decide"][0]["row"]) == ([], 2)
    found = json.loads(tansiq("guests", "ceremony", "--json", data=loaded).stdout)
    assert [(one["place"], one["rank"], one["state"]) for one in found["guests"]] == [
        (1, 40, "drafted"),
        (2, 100, "drafted"),
    ]
    assert all(one["why"] for one in found["guests"])
    logos = json.loads(tansiq("guests", "ceremony", "--order", "logos", "--json", data=loaded).stdout)
    assert logos["guests"][0]["organisation"] == "cnclt"
    for form, begins in (("pdf", b"%PDF"), ("xlsx", b"PK")):
        out = tmp_path / f"guests.{form}"
        assert tansiq("guests", "ceremony", "-o", out, data=loaded).returncode == 0
        assert out.read_bytes().startswith(begins)


def test_what_is_wrong_is_said_and_leaves_nothing_behind(loaded, tmp_path):
    table = tmp_path / "guests.csv"
    table.write_text("name_fr,rank,email\nSalma,41,x\nKhadija,40,k@example.org\n")
    done = tansiq("invite", "ceremony", table, data=loaded)
    assert done.returncode == 2
    assert done.stderr.count("guests.csv:2") == 2
    assert tansiq("invite", "ceremony", tmp_path / "none.csv", data=loaded).returncode == 2
    assert tansiq("invite", "nowhere", table, data=loaded).returncode == 1
    assert tansiq("guests", "ceremony", "--format", "pdf", data=loaded).returncode == 2
    assert json.loads(tansiq("guests", "ceremony", "--json", data=loaded).stdout)["guests"] == []
