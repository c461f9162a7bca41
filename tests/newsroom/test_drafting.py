"""A press release in, a programme file out: what the text says, with the words, and nothing else."""

from pathlib import Path

import pytest
import yaml
from django.utils import timezone

from benchmarks.facts_score import FOLDER, labelled
from tansiq.config import files
from tansiq.core import journal
from tansiq.core.errors import BadInput
from tansiq.newsroom import drafting, facts, records

TEXT = (Path(__file__).parent / "texts/world-day-2020.ar.txt").read_text()


@pytest.fixture
def draft(db):
    return drafting.draft(facts.read(TEXT, country="MA", records=records.gazetteer()))


def test_the_release_of_2020_gives_its_activities_days_partners_and_money(draft):
    document = draft.document
    assert document["period"] == {"from": "2020-07-27", "to": "2020-07-29"}
    assert document["sources"][0]["date"] == "2020-07-24"
    assert document["occasions"] == [{"ar": "اليوم العالمي لمكافحة الاتجار بالبشر"}]
    ceremony, seminar, visit = document["activities"]
    assert (ceremony["kind"], ceremony["when"]) == ("ceremony", {"date": "2020-07-27"})
    assert [(one["kind"], one["when"]) for one in ceremony["activities"]] == [
        ("launch", {"date": "2020-07-27"}), ("joining", {"date": "2020-07-27"}),
    ]  # fmt: skip
    assert (seminar["kind"], seminar["mode"], seminar["when"]["date"]) == ("seminar", "remote", "unknown")
    assert [(one["number"], one["precision"]) for one in seminar["audience"]] == [(100, "about")]
    assert [(one["organisation"], one["role"]) for one in seminar["involved"]] == [
        ("unodc", "organiser"), ("eu", "organiser"), ("cnclt", "partner"),
    ]  # fmt: skip
    assert (visit["kind"], visit["when"]) == ("visit", {"date": "2020-07-29"})
    [project] = document["projects"]
    assert project["amount"] == {"value": 15000000, "currency": "EUR"}
    assert {(one["organisation"], one["role"]) for one in project["involved"]} >= {
        ("eu", "funder"),
        ("unodc", "implementer"),
    }


def test_each_value_has_its_words_and_how_sure_it_is(draft):
    trace = draft.as_json(TEXT)["trace"]
    money = trace["projects.project.amount"]
    assert (money["spans"][0]["as_printed"], 0 < money["confidence"] <= 1) == ("15 مليون يورو", True)
    assert all(TEXT[one["start"] : one["end"]] == one["as_printed"] for row in trace.values() for one in row["spans"])
    # What follows from another sentence is less sure than what is said.
    assert trace["activities.launch.when.date"]["confidence"] < trace["activities.ceremony.when.date"]["confidence"]


@pytest.mark.parametrize("name", sorted(file.name for file in FOLDER.glob("*.txt")))
def test_a_draft_is_a_programme_file_that_loads_unless_the_text_has_no_day(db, tmp_path, name):
    fields, text, _labels = labelled((FOLDER / name).read_text())
    made = drafting.draft(facts.read(text, language=fields["language"], records=records.gazetteer()))
    (tmp_path / "release.txt").write_text(text)
    (tmp_path / "draft.yaml").write_text(yaml.safe_dump(made.as_file(text, "release.txt"), allow_unicode=True))
    try:
        files.load(files.read(tmp_path / "draft.yaml"), by=journal.CLI, now=timezone.now(), dry_run=True)
    except BadInput as refused:
        assert ("period" in made.document, "period" in str(refused)) == (False, True)
