"""`tansiq facts`: texts against each other and against a programme, in the JSON that others read."""

import json

import pytest

from tests.config.conftest import tansiq
from tests.conftest import EXAMPLES, ROOT

TEXTS = ROOT / "tests/newsroom/texts"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("telling") / "data"
    assert tansiq("migrate", data=folder).returncode == 0
    assert tansiq("load", EXAMPLES / "ma-2020-world-day.yaml", data=folder).returncode == 0
    return folder


def test_the_two_releases_of_2020_and_their_programme(data):
    done = tansiq(
        "facts",
        TEXTS / "world-day-2020.ar.txt",
        TEXTS / "world-day-2020.fr.txt",
        "--against",
        "world-day-2020",
        "--json",
        data=data,
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [(one["language"], len(one["facts"]) > 40) for one in document["texts"]] == [("ar", True), ("fr", True)]
    text = (TEXTS / "world-day-2020.ar.txt").read_text()
    amount = next(one for one in document["texts"][0]["facts"] if one["kind"] == "amount")
    assert (amount["value"], amount["unit"], text[amount["start"] : amount["end"]]) == (
        "15000000",
        "EUR",
        "15 مليون يورو",
    )
    assert [(one["kind"], one["left"]["kind"], one["left"]["as_printed"]) for one in document["disagreements"]] == [
        ("different", "place", "Afrique"), ("missing", "date", "28 juillet"), ("missing", "organisation", "ONUDC Maroc"),
    ]  # fmt: skip


def test_what_cannot_be_read_is_bad_input_and_an_unknown_programme_a_refusal(data, tmp_path):
    german = tmp_path / "release.txt"
    german.write_text("Die Kommission veranstaltet am 27. Juli 2020 in Rabat ein Seminar für Sozialarbeiter.")
    done = tansiq("facts", german, data=data)
    assert (done.returncode, "release.txt" in done.stderr, done.stdout) == (2, True, "")
    done = tansiq("facts", TEXTS / "world-day-2020.ar.txt", "--against", "world-day-2019", data=data)
    assert (done.returncode, "world-day-2020" in done.stderr) == (1, True)
