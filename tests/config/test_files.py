"""Programme files: what is wrong is named with its place and its remedy, and then nothing is stored; the rest is kept."""

from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3
import time
from pathlib import Path

import pytest
import yaml
from django.apps import apps
from django.db import transaction
from django.utils import timezone, translation

from tansiq.config import files
from tansiq.core import journal
from tansiq.core.errors import BadInput
from tansiq.core.models import Claim, Entry
from tansiq.programme.models import Activity, Programme
from tests.config.conftest import tansiq
from tests.conftest import EXAMPLES

BASE = """\
format: tansiq/programme/1
slug: qafila-2021
reference_language: ar
title: {ar: القافلة التحسيسية 2021, fr: Caravane de sensibilisation 2021}
period: {from: 2021-03-01, to: 2021-03-31}
country: MA
sources:
  - id: bayan
    language: ar
    date: 2021-02-20
    title: {ar: بيان صحفي}
    text: bayan.txt
organisations:
  - id: jamiyat-amal
    kind: association
    name: {ar: جمعية أمل}
    aliases: [أمل]
involved:
  - {organisation: cnclt, role: organiser, source: bayan}
  - {organisation: jamiyat-amal, role: partner}
projects:
  - slug: mashru
    title: {ar: مشروع القافلة}
    amount: {value: 1500000, currency: MAD}
    shares:
      - {country: MA, percent: 60}
      - {country: TN, percent: 40}
activities:
  - slug: hafl
    kind: ceremony
    title: {ar: حفل الافتتاح}
    when: {date: 2021-03-01, weekday: الاثنين, time: 09:30, end_time: 11:00}
    where: {locality: {ar: الرباط}, region: MA-04, country: MA}
    project: mashru
    audience:
      - {who: {ar: ضيوف}, number: 50, precision: about, source: bayan}
    activities:
      - slug: itlaq
        kind: launch
        title: {ar: إطلاق وصلة}
  - slug: qafila
    kind: caravan
    title: {ar: القافلة}
    when: {date: unknown, within: 2021-03}
    claims:
      - {of: when, value: "2021-03-08", source: bayan}
trace:
  - {source: bayan, quote: تنظم اللجنة الوطنية قافلة تحسيسية, of: [activities.qafila.title]}
"""
TEXT = "بيان صحفي\n\nتنظم اللجنة الوطنية قافلة تحسيسية يوم 8 مارس 2021.\n"
NAME = "qafila.yaml"
OWN = {"core", "people", "media", "commission", "programme", "coordination", "outreach"}


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "bayan.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path


def rows() -> dict[str, int]:
    return {
        model._meta.label: model._base_manager.count() for model in apps.get_models() if model._meta.app_label in OWN
    }


def load(text: str | bytes, folder: Path | None, **options) -> files.Loaded:
    content = text.encode() if isinstance(text, str) else text
    return files.load(files.read_bytes(content, NAME, folder), by=journal.CLI, now=timezone.now(), **options)


def refused(text: str | bytes, folder: Path | None) -> list[tuple[int, str, str]]:
    """(line, path, message) of every problem, after checking that nothing was stored."""
    before = rows()
    with pytest.raises(BadInput) as caught:
        load(text, folder)
    assert rows() == before
    found = []
    for problem in caught.value.problems:
        name, line = problem.place.rsplit(":", 1)
        assert name == NAME
        found.append((int(line), problem.path, problem.message))
    return found


def line_of(text: str, words: str, turn: int = 1) -> int:
    return [number for number, line in enumerate(text.splitlines(), 1) if words in line][turn - 1]


def test_the_file_that_the_wrong_ones_are_made_from_is_right(db, folder):
    loaded = load(BASE, folder)
    assert loaded.slug == "qafila-2021"
    assert loaded.counts["activities"] == [3, 0, 0]
    hafl = Activity.objects.get(slug="hafl")
    assert (hafl.starts_at_time, hafl.ends_at_time) == (dt.time(9, 30), dt.time(11, 0))
    assert Activity.objects.get(slug="itlaq").inside == hafl


# (what stands in the file, what stands there instead, the path, words of the message)
WRONG = {
    "a weekday of another day": ("weekday: الاثنين", "weekday: الثلاثاء", "activities[0].when.weekday", "2021-03-01 is a Monday, not “الثلاثاء”. Correct the date or the weekday."),
    "a weekday in French of another day": ("weekday: الاثنين", "weekday: mardi", "activities[0].when.weekday", "Correct the date or the weekday."),
    "a weekday beside a month": ("{date: 2021-03-01, weekday: الاثنين,", "{date: 2021-03, weekday: الاثنين,", "activities[0].when.weekday", "A weekday needs a full date beside it."),
    "an activity outside its programme": ("{date: 2021-03-01, weekday: الاثنين,", "{date: 2021-04-01,", "activities[0].when.date", "“hafl” (2021-04-01) lies outside its programme (2021-03-01/2021-03-31). Correct the date, or widen"),
    "a window outside its programme": ("within: 2021-03}", "within: 2021-05}", "activities[1].when.within", "lies outside its programme"),
    "shares that are not 100": ("percent: 40", "percent: 30", "projects[0].shares", "The shares add up to 90 %, not to 100 %. Correct them, or leave all of them out."),
    "a share of nothing": ("percent: 40", "percent: 0", "projects[0].shares[1].percent", "0 must be above 0."),
    "an unknown organisation with a near one": ("organisation: jamiyat-amal", "organisation: jamiyat-aml", "involved[1].organisation", "There is no organisation “jamiyat-aml”. Did you mean jamiyat-amal"),
    "an unknown role": ("role: partner", "role: sponsor", "involved[1].role", "“sponsor” is not allowed here. Choose one of: organiser,"),
    "an unknown region": ("region: MA-04", "region: MA-99", "activities[0].where.region", "There is no region “MA-99” in the country pack. It knows: MA-"),
    "an unknown project": ("project: mashru", "project: mashruu", "activities[0].project", "There is no project “mashruu”. Did you mean mashru?"),
    "an unknown source of an involvement": ("role: organiser, source: bayan", "role: organiser, source: bayaan", "involved[0].source", "There is no source “bayaan”. Did you mean bayan?"),
    "an unknown source of an audience": ("precision: about, source: bayan", "precision: about, source: khabar", "activities[0].audience[0].source", "There is no source “khabar”."),
    "an unknown source of a claim": ('"2021-03-08", source: bayan', '"2021-03-08", source: khabar', "activities[1].claims[0].source", "There is no source “khabar”."),
    "a language by its name": ("title: {ar: حفل الافتتاح}", "title: {ar: حفل, arabic: حفل}", "activities[0].title.arabic", "“arabic” is not a language code. Write ar, fr, en"),
    "a language by three letters": ("title: {ar: حفل الافتتاح}", "title: {arb: حفل الافتتاح}", "activities[0].title.arb", "“arb” is not a language code. Write ar, fr, en"),
    "the same identifier twice": ("slug: qafila\n    kind", "slug: hafl\n    kind", "activities[1].slug", "The identifier “hafl” stands twice."),
    "the same identifier inside": ("slug: itlaq", "slug: hafl", "activities[0].activities[0].slug", "The identifier “hafl” stands twice."),
    "a key that stands twice": ("country: MA\n", "country: MA\ncountry: TN\n", "country", "This key stands twice. Keep one of them."),
    "a text that is not by language": ("title: {ar: حفل الافتتاح}", "title: حفل الافتتاح", "activities[0].title", "has the wrong type. Expected: a text by language, such as {ar: …, fr: …}"),
    "an empty text": ("title: {ar: حفل الافتتاح}", 'title: {ar: ""}', "activities[0].title.ar", "The text is empty. Write it, or leave the key out."),
    "a text in no language": ("title: {ar: حفل الافتتاح}", "title: {}", "activities[0].title", "Write the text in at least one language"),
    "a number in words": ("number: 50", "number: خمسون", "activities[0].audience[0].number", "“خمسون” has the wrong type. Expected: a whole number."),
    "a list that is none": ("aliases: [أمل]", "aliases: أمل", "organisations[0].aliases", "has the wrong type. Expected: a list."),
    "an unknown kind": ("kind: caravan", "kind: convoy", "activities[1].kind", "“convoy” is not allowed here."),
    "an unknown key with a near one": ("kind: caravan", "kind: caravan\n    titel: {ar: القافلة}", "activities[1].titel", "The key “titel” is not known here. Did you mean title"),
    "an unknown key with none near": ("country: MA\n", "country: MA\nلون: أزرق\n", "لون", "The key “لون” is not known here. Known keys: "),
    "an identifier in Arabic": ("slug: qafila\n    kind", "slug: قافلة\n    kind", "activities[1].slug", "Identifiers are small Latin letters, digits and hyphens"),
    "a country in words": ("country: MA\n", "country: Maroc\n", "country", "Countries are two capital letters of ISO 3166: MA."),
    "a currency in words": ("currency: MAD", "currency: درهم", "projects[0].amount.currency", "Currencies are three capital letters of ISO 4217: EUR."),
    "a clock with one digit": ("time: 09:30", "time: 9:30", "activities[0].when.time", "Times are written 09:30."),
    "an hour that there is not": ("end_time: 11:00", "end_time: 24:00", "activities[0].when.end_time", "Times are written 09:30."),
    "an end before the beginning": ("end_time: 11:00", "end_time: 09:00", "activities[0].when.end_time", "It ends before it begins. Exchange the two hours."),
    "an end without a beginning": ("الاثنين, time: 09:30, ", "الاثنين, ", "activities[0].when.end_time", "Give the hour at which it begins too."),
    "a range that ends first": ("within: 2021-03}", "within: {from: 2021-03-20, to: 2021-03-10}}", "activities[1].when.within", "The range ends before it begins. Exchange its two dates."),
    "a day that there is not": ("{date: 2021-03-01, weekday: الاثنين,", "{date: 2021-02-30,", "activities[0].when.date", "“2021-02-30” is not a date. Write 2020-07-27"),
    "a period that ends first": ("{from: 2021-03-01, to: 2021-03-31}", "{from: 2021-03-31, to: 2021-03-01}", "period", "The range ends before it begins."),
    "a missing title": ("    title: {ar: القافلة}\n", "", "activities[1]", "“title” is missing. Add it."),
    "a reference language by its name": ("reference_language: ar", "reference_language: arabic", "reference_language", "“arabic” is not a language code. Write ar, fr, en"),
    "a time zone that there is not": ("country: MA\n", "country: MA\ntime_zone: Africa/Rabat\n", "time_zone", "“Africa/Rabat” is not a time zone. Write one of the IANA list, such as Africa/Casablanca."),
    "another format": ("tansiq/programme/1", "tansiq/programme/9", "format", "is not a format that this version reads. Write tansiq/programme/1."),
    "a text outside the folder": ("text: bayan.txt", "text: ../bayan.txt", "sources[0].text", "The text must lie in the folder of this file, or below it."),
    "a text by its full path": ("text: bayan.txt", "text: /etc/hostname", "sources[0].text", "The text must lie in the folder of this file, or below it."),
    "a text that is not there": ("text: bayan.txt", "text: balagh.txt", "sources[0].text", "There is no file “balagh.txt” beside this one."),
    "a quote that is not in the text": ("تنظم اللجنة الوطنية قافلة", "تنظم الوزارة قافلة", "trace[0].quote", "The source text does not hold these words. Copy them as they are printed."),
    "a quote that stands there once only": ("quote: تنظم", "occurrence: 2, quote: تنظم", "trace[0].quote", "The source text does not hold these words."),
    "a trace of nothing": ("of: [activities.qafila.title]", "of: [activities.qafila.summary]", "trace[0].of[0]", "This file holds no value at “activities.qafila.summary”."),
    "an organisation twice in one role": ("organisation: jamiyat-amal, role: partner}", "organisation: cnclt, role: organiser}", "involved[1]", "This organisation stands twice with the same role."),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_with_its_line_its_path_and_what_to_do(db, folder, case):
    old, new, path, message = WRONG[case]
    assert BASE.count(old) == 1, "the case must change one place"
    text = BASE.replace(old, new)
    changed = next(
        number
        for number, (before, after) in enumerate(zip(BASE.splitlines(), text.splitlines(), strict=False), 1)
        if before != after
    )
    found = [(line, text) for line, at, text in refused(text, folder) if at == path]
    assert len(found) == 1, refused(text, folder)
    assert message in found[0][1]
    # A list is named where it begins, a key that is gone where its entry begins.
    begins = {"projects[0].shares": changed - 2, "activities[1]": line_of(BASE, "slug: qafila", 2)}
    assert found[0][0] == begins.get(path, changed)


def test_an_identifier_of_another_programme_is_refused_with_the_name_of_that_programme(db, folder):
    load(BASE, folder)
    other = BASE.replace("slug: qafila-2021", "slug: qafila-2022").replace("slug: mashru", "slug: mashru-2")
    other = other.replace("project: mashru", "project: mashru-2").replace("slug: itlaq", "slug: itlaq-2")
    assert refused(other.replace("slug: qafila\n", "slug: qafila-b\n").replace(".qafila.", ".qafila-b."), folder) == [
        (
            line_of(other, "slug: hafl"),
            "activities[0].slug",
            "The identifier “hafl” belongs to the programme “qafila-2021”. Choose another.",
        )
    ]


def test_anchors_and_aliases_are_refused_each_on_its_line(db, folder):
    text = BASE.replace("title: {ar: حفل الافتتاح}", "title: &t {ar: حفل}").replace("title: {ar: القافلة}", "title: *t")
    assert [(line, path) for line, path, _message in refused(text, folder)] == [
        (line_of(text, "&t"), ""),
        (line_of(text, "*t"), ""),
    ]


def test_a_file_that_would_unfold_to_a_billion_words_is_refused_at_once(db, folder):
    bomb = "a0: &a0 ضحك\n" + "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 30)
    )
    begun = time.process_time()
    found = refused(bomb, folder)
    assert time.process_time() - begun < 1
    assert found[0] == (1, "", "Anchors (&) and aliases (*) are not allowed. Write the value out.")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (BASE.replace("    kind: caravan", "\tkind: caravan"), line_of(BASE, "kind: caravan")),
        (BASE.replace("aliases: [أمل]", "aliases: [أمل"), line_of(BASE, "aliases") + 1),
        (BASE.replace("    kind: caravan", "  kind: caravan"), line_of(BASE, "kind: caravan")),
        (BASE.replace("country: MA\n", "country: MA: TN\n"), line_of(BASE, "country: MA")),
        (BASE.replace("country: MA\n", "country: '\x07'\n"), None),
    ],
)
def test_what_is_not_yaml_is_refused_on_the_line_where_it_stops(db, folder, text, line):
    found = refused(text, folder)
    assert len(found) == 1
    assert found[0][2].startswith("This is not valid YAML: ")
    assert line is None or found[0][0] == line


@pytest.mark.parametrize("text", ["", "# لا شيء\n", "- واحد\n- اثنان\n", "نص وحده\n", "--- \n...\n"])
def test_a_file_without_keys_is_refused_with_what_it_begins_with(db, folder, text):
    assert refused(text, folder) == [(1, "", "A file begins with keys such as format: and slug:.")]


def test_a_file_in_windows_1256_is_refused_on_its_first_arabic_line(db, folder):
    text = BASE.replace("fr: Caravane de sensibilisation 2021", "en: Caravan")
    assert refused(text.encode("cp1256"), folder) == [
        (
            line_of(text, "title:"),
            "",
            "The file is not UTF-8 (it may be Windows-1256). Save it as UTF-8 and load it again.",
        )
    ]


def test_a_source_text_in_windows_1256_is_refused_at_the_source(db, folder):
    (folder / "bayan.txt").write_bytes(TEXT.encode("cp1256"))
    found = refused(BASE, folder)
    assert (line_of(BASE, "text: bayan.txt"), "sources[0].text") in [(line, path) for line, path, _message in found]
    assert "not UTF-8" in next(message for _line, path, message in found if path == "sources[0].text")


def test_a_text_behind_a_link_out_of_the_folder_is_refused(db, folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "secret.txt"
    outside.write_text(TEXT, encoding="utf-8")
    (folder / "bayan.txt").unlink()
    (folder / "bayan.txt").symlink_to(outside)
    assert next(path for _line, path, _message in refused(BASE, folder)) == "sources[0].text"


def test_a_file_that_is_too_large_is_refused_unread(db, tmp_path):
    large = tmp_path / NAME
    with large.open("wb") as file:
        file.truncate(files.SIZE_LIMIT_BYTES + 1)
    before = rows()
    with pytest.raises(BadInput, match="larger than 30 MB"):
        files.read(large)
    assert rows() == before


def test_a_file_that_is_not_there_is_refused_with_its_name(tmp_path):
    with pytest.raises(BadInput, match=r"ghaib\.yaml: This file cannot be read: No such file or directory\."):
        files.read(tmp_path / "ghaib.yaml")


@pytest.mark.parametrize("levels", [41, 5000])
def test_a_file_that_nests_too_deeply_is_refused(db, folder, levels):
    assert refused("a: " + "[" * levels + "]" * levels + "\n", folder) == [(1, "", "The file nests too deeply.")]


def test_activities_nest_as_deeply_as_people_plan_them(db, folder):
    inner = ""
    for level in range(8):
        pad = " " * (4 + 4 * level)
        inner += (
            f"{pad}activities:\n{pad}  - slug: daraja-{level}\n{pad}    kind: other\n{pad}    title: {{ar: درجة}}\n"
        )
    text = BASE.replace("        title: {ar: إطلاق وصلة}\n", "        title: {ar: إطلاق وصلة}\n    mode: in_person\n")
    load(text.replace("    title: {ar: القافلة}\n", "    title: {ar: القافلة}\n" + inner), folder)
    assert Activity.objects.get(slug="daraja-7").inside.slug == "daraja-6"


def test_all_errors_are_reported_at_once_in_the_order_of_the_lines(db, folder):
    text = BASE
    for old, new in [
        ("role: partner", "role: partner, source: khabar"),
        ("percent: 40", "percent: 30"),
        ("weekday: الاثنين", "weekday: الجمعة"),
        ("end_time: 11:00", "end_time: 08:00"),
        ("region: MA-04", "region: MA-40"),
        ("within: 2021-03}", "within: 2022}"),
        ("تنظم اللجنة الوطنية قافلة", "تنظم قافلة"),
    ]:
        text = text.replace(old, new)
    found = refused(text, folder)
    assert [(line, path) for line, path, _message in found] == [
        (line_of(text, "khabar"), "involved[1].source"),
        (line_of(text, "shares:"), "projects[0].shares"),
        (line_of(text, "weekday:"), "activities[0].when.end_time"),
        (line_of(text, "weekday:"), "activities[0].when.weekday"),
        (line_of(text, "MA-40"), "activities[0].where.region"),
        (line_of(text, "within:"), "activities[1].when.within"),
        (line_of(text, "quote:"), "trace[0].quote"),
    ]


def test_errors_of_shape_and_of_sense_are_reported_together(db, folder):
    text = BASE.replace("kind: caravan", "kind: convoy").replace("percent: 40", "percent: 30")
    assert [path for _line, path, _message in refused(text, folder)] == ["projects[0].shares", "activities[1].kind"]


ODD = ["~", "[]", "{}", "[[]]", "{a: {b: c}}", "نص", '""', "-1", "1e400", "true", "!!set {a}", "{ar: 1}"]


@pytest.mark.parametrize("odd", ODD)
def test_no_value_whatever_brings_the_loader_down(db, folder, odd):
    """Each value of the file in turn is replaced by something odd: loaded or refused, never an exception of another kind."""
    before = rows()
    lines = BASE.splitlines()
    for number, line in enumerate(lines):
        match = re.match(r"(\s*(?:- )?[a-z_]+:)(.*)", line)
        lines[number] = f"{match[1]} {odd}" if match else f"  - {odd}"
        try_to_load(lines, folder)
        lines[number] = line
    assert rows() == before


def test_no_line_that_is_missing_brings_the_loader_down(db, folder):
    before = rows()
    lines = BASE.splitlines()
    for number in range(len(lines)):
        try_to_load([*lines[:number], *lines[number + 1 :]], folder)
    assert rows() == before


def try_to_load(lines: list[str], folder: Path) -> None:
    try:
        load("\n".join(lines), folder, dry_run=True)
    except BadInput as error:
        assert all(problem.place.startswith(NAME) and problem.message for problem in error.problems)


def test_an_hour_without_quotes_stays_an_hour(db, folder):
    document = files.read_bytes(BASE.encode(), NAME, folder)
    assert document.data["activities"][0]["when"] == {
        "date": "2021-03-01", "weekday": "الاثنين", "time": "09:30", "end_time": "11:00",
    }  # fmt: skip
    assert document.data["projects"][0]["amount"]["value"] == 1500000


def test_words_that_other_readers_take_for_truth_or_octal_stay_what_they_are(tmp_path):
    text = "a: no\nb: on\nc: 010\nd: 1_000\ne: 12:30:45\nf: ~\ng: true\nh: 1.5\ni: '5'\nj: 0o17\n"
    assert files.read_bytes(text.encode(), NAME).data == {
        "a": "no", "b": "on", "c": "010", "d": "1_000", "e": "12:30:45", "f": None, "g": True, "h": 1.5, "i": "5", "j": "0o17",
    }  # fmt: skip


def test_a_dry_run_says_what_would_change_and_stores_nothing(db, folder):
    before = rows()
    loaded = load(BASE, folder, dry_run=True)
    assert loaded.counts["activities"] == [3, 0, 0]
    assert loaded.entries == 0
    assert rows() == before


def test_a_changed_file_changes_only_what_differs_and_the_journal_says_what(db, folder):
    load(BASE, folder)
    last = Entry.objects.order_by("-id").first().pk
    load(BASE.replace("title: {ar: حفل الافتتاح}", "title: {ar: حفل افتتاح القافلة}"), folder)
    entries = Entry.objects.filter(pk__gt=last)
    assert [(entry.verb, entry.subject_label, entry.changes) for entry in entries] == [
        ("programme.change", "hafl", {"title": [{"ar": "حفل الافتتاح"}, {"ar": "حفل افتتاح القافلة"}]})
    ]


def test_a_claim_that_the_file_no_longer_holds_is_withdrawn_in_the_journal(db, folder):
    load(BASE, folder)
    last = Entry.objects.order_by("-id").first().pk
    text = BASE.replace('    claims:\n      - {of: when, value: "2021-03-08", source: bayan}\n', "")
    assert load(text, folder).changes == 1
    assert not Claim.objects.filter(source__scope="programme:qafila-2021").exists()
    assert [entry.changes["value"] for entry in Entry.objects.filter(pk__gt=last)] == [["2021-03-08", None]]


def test_an_involvement_that_the_file_no_longer_holds_is_taken_away_in_the_journal(db, folder):
    load(BASE, folder)
    last = Entry.objects.order_by("-id").first().pk
    assert load(BASE.replace("  - {organisation: jamiyat-amal, role: partner}\n", ""), folder).changes == 1
    programme = Programme.objects.get(slug="qafila-2021")
    assert [row.organisation.slug for row in programme.all_involvements.all()] == ["cnclt"]
    assert [entry.changes for entry in Entry.objects.filter(pk__gt=last)] == [{"role": ["partner", None]}]


REMOVED = {
    "an activity": '  - slug: qafila\n    kind: caravan\n    title: {ar: القافلة}\n    when: {date: unknown, within: 2021-03}\n    claims:\n      - {of: when, value: "2021-03-08", source: bayan}\ntrace:\n  - {source: bayan, quote: تنظم اللجنة الوطنية قافلة تحسيسية, of: [activities.qafila.title]}\n',
    "an inner activity": "    activities:\n      - slug: itlaq\n        kind: launch\n        title: {ar: إطلاق وصلة}\n",
    "a place": "    where: {locality: {ar: الرباط}, region: MA-04, country: MA}\n",
    "an audience": "    audience:\n      - {who: {ar: ضيوف}, number: 50, precision: about, source: bayan}\n",
    "a trace": "trace:\n  - {source: bayan, quote: تنظم اللجنة الوطنية قافلة تحسيسية, of: [activities.qafila.title]}\n",
    "an organisation of the file": "organisations:\n  - id: jamiyat-amal\n    kind: association\n    name: {ar: جمعية أمل}\n    aliases: [أمل]\n",
}  # fmt: skip


@pytest.mark.parametrize("what", REMOVED)
def test_what_a_file_no_longer_holds_is_gone_or_is_refused_but_never_breaks(db, folder, what):
    load(BASE, folder)
    assert REMOVED[what] in BASE
    text = BASE.replace(REMOVED[what], "")
    load(text, folder)
    assert load(text, folder).changes == 0


# --- the six real programmes ----------------------------------------------------------------------------------------

EVERY = sorted(path.name for path in EXAMPLES.glob("*.yaml"))


def test_there_are_six_examples():
    assert len(EVERY) == 6


@pytest.mark.parametrize("name", EVERY)
def test_an_example_loads_and_loading_it_again_changes_nothing(db, name):
    document = files.read(EXAMPLES / name)
    first = files.load(document, by=journal.CLI, now=timezone.now())
    assert first.changes > 0
    before = rows()
    again = files.load(files.read(EXAMPLES / name), by=journal.CLI, now=timezone.now())
    assert (again.changes, again.entries) == (0, 0)
    assert rows() == before


@pytest.mark.parametrize("name", EVERY)
def test_an_example_comes_back_from_its_export_without_a_difference(db, name, tmp_path):
    loaded = files.load(files.read(EXAMPLES / name), by=journal.CLI, now=timezone.now())
    programme = Programme.objects.get(slug=loaded.slug)
    first = files.to_yaml(files.export(programme))
    path = tmp_path / name
    path.write_text(first, encoding="utf-8")
    for place, text in files.source_texts(programme).items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text, encoding="utf-8")
    before = rows()
    again = files.load(files.read(path), by=journal.CLI, now=timezone.now())
    assert (again.changes, again.entries) == (0, 0), again.counts
    assert rows() == before
    assert files.to_yaml(files.export(programme)) == first


@pytest.mark.parametrize("name", EVERY)
def test_an_export_holds_every_value_that_the_example_states(db, name):
    loaded = files.load(files.read(EXAMPLES / name), by=journal.CLI, now=timezone.now())
    exported = files.export(Programme.objects.get(slug=loaded.slug))
    stated = files.read(EXAMPLES / name).data
    # A weekday is checked against its date and then known from it; white space of any length is equal in a quote.
    kept = {" ".join(text.split()) for text in _texts(exported)} | {"unknown"}
    assert [text for text in _texts(stated) if " ".join(text.split()) not in kept] == []


def _texts(value) -> list[str]:
    if isinstance(value, dict):
        return [text for key, item in value.items() if key != "weekday" for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [str(value)] if value is not None else []


class Undone(Exception):
    pass


@pytest.mark.parametrize("name", EVERY)
def test_an_export_loads_into_an_empty_database_as_the_same_programme(db, name, tmp_path):
    with pytest.raises(Undone), transaction.atomic():
        loaded = files.load(files.read(EXAMPLES / name), by=journal.CLI, now=timezone.now())
        programme = Programme.objects.get(slug=loaded.slug)
        first, texts = files.to_yaml(files.export(programme)), files.source_texts(programme)
        raise Undone
    assert not Programme.objects.exists()
    (tmp_path / name).write_text(first, encoding="utf-8")
    for place, text in texts.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text, encoding="utf-8")
    files.load(files.read(tmp_path / name), by=journal.CLI, now=timezone.now())
    assert files.to_yaml(files.export(Programme.objects.get())) == first


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command_loads_exports_and_loads_again(data, tmp_path):
    first = tansiq("load", "--json", EXAMPLES / "ma-2020-world-day.yaml", data=data)
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)[0]["slug"] == "world-day-2020"
    assert json.loads(first.stdout)[0]["changes"] > 0
    out = tmp_path / "out" / "world-day.yaml"
    assert tansiq("export", "programme", "world-day-2020", "-o", out, data=data).returncode == 0
    assert (out.parent / "sources" / "press-release-2020-07-24.ar.txt").is_file()
    again = tansiq("load", "--json", out, data=data)
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)[0]["changes"] == 0
    piped = tansiq("export", "programme", "world-day-2020", data=data)
    assert piped.stdout == out.read_text(encoding="utf-8")
    assert yaml.safe_load(piped.stdout)["slug"] == "world-day-2020"


def test_the_command_prints_every_error_of_every_file_and_stores_nothing(data, folder):
    wrong = folder / "ghalat.yaml"
    wrong.write_text(
        BASE.replace("percent: 40", "percent: 30").replace("kind: caravan", "kind: convoy"), encoding="utf-8"
    )
    right = folder / "sahih.yaml"
    right.write_text(BASE, encoding="utf-8")
    done = tansiq("load", right, wrong, folder / "ghaib.yaml", data=data)
    assert done.returncode == 2
    assert done.stdout == ""
    text = wrong.read_text(encoding="utf-8")
    assert done.stderr.splitlines() == [
        f"{wrong}:{line_of(text, 'shares:')}: projects[0].shares: The shares add up to 90 %, not to 100 %. Correct them, or leave all of them out.",
        f"{wrong}:{line_of(text, 'convoy')}: activities[1].kind: “convoy” is not allowed here. Choose one of: "
        "ceremony, launch, joining, training, seminar, visit, exhibition, illumination, walk, caravan, broadcast, meeting, other.",
        f"{folder / 'ghaib.yaml'}: This file cannot be read: No such file or directory.",
        "3 errors; nothing was stored.",
    ]
    with sqlite3.connect(data / "tansiq.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM programme_programme").fetchone() == (0,)


def test_the_command_refuses_an_unknown_programme_with_one(data):
    done = tansiq("export", "programme", "yawm-2020", data=data)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("There is no programme “yawm-2020”.")


@pytest.mark.parametrize("words", [[], ["load"], ["lood"], ["export", "programme"], ["schema", "kitab"]])
def test_bad_usage_ends_with_two(words, tmp_path):
    done = tansiq(*words, data=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: tansiq" in done.stderr


@pytest.mark.parametrize("kind", ["programme", "pack"])
def test_the_command_prints_the_schema_that_files_are_checked_with(kind, tmp_path):
    done = tansiq("schema", kind, data=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads(json.dumps(files.schema(kind)))


def test_what_cannot_be_read_does_not_hide_what_else_is_wrong_in_its_section(db):
    text = """format: tansiq/programme/1
slug: yawm-2021
reference_language: ar
title: {ar: يوم تحسيسي}
period: {from: 2021-07-26, to: 2021-07-30}
activities:
  - {slug: awal, kind: meeting, title: لقاء, when: {date: 2021-07-27}}
  - {slug: thani, kind: meeting, title: {ar: لقاء}, when: {date: 2021-07-27, time: "٩:٣٠", end_time: "10:00"}}
  - {slug: talit, kind: meeting, title: {ar: لقاء}, when: 5.5, where: {region: [MA-04]}}
  - {kind: meeting, title: {ar: لقاء}, when: {date: 2021-07-27}, involved: [{organisation: 7, role: host}]}
  - {slug: khamis, kind: meeting, title: {ar: لقاء}, when: {date: 2021-09-01}}
  - {slug: sadis, kind: meeting, title: {ar: لقاء}, involved: [{organisation: jamiya-majhula, role: host}]}
commitments:
  - {slug: wahid, of: blue-heart-campaign, signatory: 3, undertakings: nothing}
"""
    with pytest.raises(BadInput) as refused:
        files.load(files.read_bytes(text.encode(), "f.yaml"), by=journal.CLI, now=timezone.now())
    assert {(problem.place, problem.path) for problem in refused.value.problems} == {
        ("f.yaml:7", "activities[0].title"),
        ("f.yaml:8", "activities[1].when.time"),
        ("f.yaml:9", "activities[2].when"),
        ("f.yaml:9", "activities[2].where.region"),
        ("f.yaml:10", "activities[3]"),
        ("f.yaml:10", "activities[3].involved[0].organisation"),
        ("f.yaml:11", "activities[4].when.date"),
        ("f.yaml:12", "activities[5].involved[0].organisation"),
        ("f.yaml:14", "commitments[0].signatory"),
        ("f.yaml:14", "commitments[0].undertakings"),
    }
    assert not Programme.objects.filter(slug="yawm-2021").exists()
