"""Last year's programme becomes this year's draft: days move together, people and figures stay behind."""

from __future__ import annotations

import datetime as dt
import json
import re
import sqlite3

import pytest
import yaml
from django.test import Client
from django.utils import timezone, translation

from tansiq.config import copying, files
from tansiq.config.shape import schema
from tansiq.coordination import tasks
from tansiq.coordination.models import Task
from tansiq.core import journal
from tansiq.core.dates import PartialDate
from tansiq.core.errors import BadInput, Refused
from tansiq.core.models import Entry
from tansiq.programme.models import Activity, Programme
from tests.config.conftest import tansiq
from tests.conftest import EXAMPLES
from tests.coordination.test_tasks import ceremony, model, offices  # noqa: F401
from tests.desk.conftest import secretariat, user_with  # noqa: F401

EVERY = sorted(path.name for path in EXAMPLES.glob("*.yaml"))
MONDAY, TUESDAY = dt.date(2021, 7, 26), dt.date(2021, 7, 27)
# A programme with every kind of thing that may be in one. The persons and telephones are invented.
FULL = """\
format: tansiq/programme/1
slug: yawm-2020
reference_language: ar
title: {ar: يوم تحسيسي ٢٠٢٠, fr: Journée de sensibilisation}
summary: {ar: من 27 إلى 29 يوليو}
period: {from: 2020-07-27, to: 2020-07-29}
country: MA
occasions:
  - {ar: مناسبة}
  - {text: {ar: الذكرى السنوية الثالثة}, kind: anniversary, date: 2020-07-28, source: bayan}
themes: [{text: {ar: شعار}, kind: slogan, date: 2020-07}]
frameworks: [{text: {ar: قانون}, kind: law, date: 2016-08-25, source: bayan}]
involved: [{organisation: jamiya, role: organiser, words: {ar: تنظم}, source: bayan}]
claims: [{of: period, value: 2021, source: bayan}]
notes: [{text: {ar: ملاحظة}}]
sources: [{id: bayan, language: ar, title: {ar: بيان صحفي}}]
organisations:
  - {id: umm, kind: association, name: {ar: اتحاد}}
  - {id: jamiya, kind: association, name: {ar: جمعية}, parent: umm, established: 1999, source: bayan}
  - {id: mumawwil, kind: fund, name: {ar: صندوق}}
projects:
  - {slug: mashru, title: {ar: مشروع}, amount: {value: 77777, currency: MAD}, involved: [{organisation: mumawwil, role: funder}]}
activities:
  - slug: hafl
    kind: ceremony
    state: held
    title: {ar: حفل}
    when: {date: 2020-07-27, time: "09:30", end_time: "11:00"}
    where: {locality: {ar: الرباط}, region: MA-04, country: MA}
    mode: in_person
    languages: [ar, fr]
    audience:
      - {who: {ar: مساعدون اجتماعيون}, role: audience, number: 4321, precision: about, method: counted, organisation: jamiya, source: bayan}
    agenda: [{time: "09:30", end_time: "10:00", title: {ar: كلمة}, who: {ar: السيدة أمينة المثال}, organisation: jamiya}]
    announcements: [{text: {ar: إعلان}}]
    claims: [{of: reach, value: 8888, source: bayan}]
    notes: [{text: {ar: ملاحظة}, source: bayan}]
    project: mashru
    source: bayan
    activities:
      - {slug: launch-yawm-2020-spot, kind: launch, title: {ar: إطلاق}, when: {date: 2020-07-27}}
      - {slug: mulgha, kind: other, state: cancelled, title: {ar: عرض ملغى}, when: {date: 2020-07-27}, activities: [{slug: dakhil, kind: other, title: {ar: داخل الملغى}}]}
  - slug: qafila
    kind: caravan
    state: moved
    title: {ar: قافلة}
    when: {from: 2020-07-27, to: 2020-07-29}
    stops: [{when: 2020-07-28, where: {locality: {ar: سلا}}, title: {ar: محطة}, source: bayan}]
  - {slug: muajjala, kind: walk, state: postponed, title: {ar: مسيرة مؤجلة}}
  - {slug: ziyara, kind: visit, title: {ar: زيارة}, when: {date: unknown, within: {from: 2020-07-27, to: 2020-07-29}, part: morning}}
instruments: [{slug: hamla, title: {ar: حملة}}]
commitments: [{slug: inkhirat, of: hamla, signatory: jamiya, undertakings: [{slug: taahud, text: {ar: تعهد}}]}]
functions: [{id: istiqbal, name: {ar: الاستقبال}, organisation: jamiya, telephone: "+212 5 00 00 00 01"}]
tasks:
  - {id: hafl/badges, activity: hafl, days: 7, title: {ar: الشارات}, owner: istiqbal, evidence_wanted: {ar: لائحة}, state: done, done: 2020-07-19, evidence: رقم 5 لأمينة المثال}
  - {id: hafl/hand-out, activity: hafl, due: 2020-07-26, title: {ar: التوزيع}, after: [hafl/badges, mulgha/screen], state: dropped}
  - {id: mulgha/screen, activity: mulgha, days: 3, title: {ar: الشاشة}}
  - {id: own/report, due: 2020-08-05, title: {ar: التقرير}}
runs_of_show:
  - activity: hafl
    items:
      - {id: a1, time: "09:30", minutes: 30, title: {ar: استقبال}, where: {ar: البهو}, owner: istiqbal, organisation: jamiya, language: ar, plan_b: {ar: القاعة}, speaker: {ar: أمينة المثال}, telephone: "+212 5 00 00 00 02"}
  - {activity: mulgha, items: [{minutes: 10, title: {ar: عرض}}]}
materials:
  - {slug: wasla-2020, kind: spot, title: {ar: وصلة}, activities: [hafl, mulgha], channels: [{ar: القنوات}], number: 6543, precision: about, involved: [{organisation: jamiya, role: producer, source: bayan}], claims: [{of: length, value: 90, source: bayan}], source: bayan}
visits:
  - {activity: ziyara, purpose: monitoring, photography: true, sites_number: {number: 4999, precision: at_least}, source: bayan, sites: [{kind: care_unit, name: {ar: خلية}, where: {locality: {ar: تمارة}}, example: true, cares_for_victims: true}], hand_overs: [{material: wasla-2020, site: 1, number: 3333, precision: about}]}
  - {activity: mulgha, sites: [{kind: court, name: {ar: محكمة}}]}
trace:
  - {origin: fictional, of: [title]}
"""  # fmt: skip


def load(text):
    files.load(files.read_bytes(text.encode(), "yawm.yaml"), by=journal.CLI, now=timezone.now())
    return Programme.objects.get(slug=yaml.safe_load(text)["slug"])


@pytest.fixture
def full(db):
    return load(FULL)


def copy(programme, slug="yawm-2021", first_day=MONDAY, by="weekday", **more):
    return copying.copy(
        programme, slug=slug, first_day=first_day, by=by, actor=journal.CLI, now=timezone.now(), **more
    )  # fmt: skip


def copied(programme, *given, **more):
    """The copy as it stands in the database, as the plain data of its file."""
    _copied, loaded = copy(programme, *given, **more)
    return plain(files.export(Programme.objects.get(slug=loaded.slug)))


def plain(data):
    """With dates as texts; an occasion that is its text alone is written out."""
    occasions = [one if "text" in one else {"text": one} for one in data.get("occasions", [])]
    return json.loads(json.dumps({**data, **({"occasions": occasions} if occasions else {})}, default=str))


def planned(first_day=MONDAY, by="weekday", **more):
    """What `plan` gives for the smallest file with these values."""
    data = {"format": "tansiq/programme/1", "slug": "yawm-2020", "reference_language": "ar", "title": {"ar": "يوم"}, **more}  # fmt: skip
    return copying.plan(data, slug="yawm-2021", first_day=first_day, by=by)


def one(slug, when, **more):
    return {"slug": slug, "kind": "meeting", "title": {"ar": "لقاء"}, "when": {"date": when}, **more}


def by_slug(data, section="activities"):
    return {item["slug"]: item for item in copying._flat(data[section])}


def dues(programme):
    return {task.key: (str(task.due), task.state) for task in Task.objects.filter(programme=programme)}


# --- days -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "first_day", "expected"),
    [
        ("weekday", MONDAY, ["2021-07-26", "2021-07-28", "2021-05-17", "2021-08-02", "2021-06-30"]),
        ("weekday", TUESDAY, ["2021-07-26", "2021-07-28", "2021-05-17", "2021-08-02", "2021-06-30"]),  # the nearest
        ("date", TUESDAY, ["2021-07-27", "2021-07-29", "2021-05-18", "2021-08-03", "2021-07-01"]),
        ("date", dt.date(2021, 9, 1), ["2021-09-01", "2021-09-03", "2021-06-23", "2021-09-08", "2021-08-06"]),
    ],
)
def test_all_days_move_together_and_prepared_tasks_come_back_open(ceremony, by, first_day, expected):
    programme = ceremony.programme
    own = Task(programme=programme, title={"ar": "لقاء"}, reference_language="ar", due=dt.date(2020, 7, 1))
    tasks.add(own, by=journal.CLI, now=timezone.now())
    tasks.finish(task=ceremony.tasks.get(key__endswith="venue"), evidence="رقم 12", by=journal.CLI, now=timezone.now())
    data = copied(programme, "world-day-2021", first_day, by)
    made = Programme.objects.get(slug="world-day-2021")
    first, last, venue, thanks, fixed = expected
    assert data["period"] == {"from": first, "to": last}
    assert {slug: item["when"].get("date") for slug, item in by_slug(data).items()} == {
        "ceremony-2021": first, "spot-launch-2021": first, "joining-blue-heart-2021": first, "seminar-2021": "unknown",
        "field-visits-2021": last,
    }  # fmt: skip
    assert by_slug(data)["seminar-2021"]["when"]["within"] == {"from": first, "to": last}
    found = dues(made)
    assert found.pop(f"own/{own.pk}") == (fixed, "open")
    assert found["ceremony-2021/liqaa/venue"] == (venue, "open")
    assert found["ceremony-2021/liqaa/thanks"] == (thanks, "open")
    assert len(found) == 3
    invite = made.tasks.get(key="ceremony-2021/liqaa/invite")
    assert [(task.key, task.done_date, task.evidence) for task in invite.after.all()] == [("ceremony-2021/liqaa/venue", None, "")]  # fmt: skip
    assert Task.objects.get(key="ceremony/liqaa/venue").state == "done"  # the old one


def test_preparing_the_copy_makes_no_task_a_second_time(ceremony, model):
    copy(ceremony.programme, "world-day-2021")
    again = tasks.prepare(activity=Activity.objects.get(slug="ceremony-2021"), model=model, by=journal.CLI, now=timezone.now())  # fmt: skip
    assert again == []


@pytest.mark.parametrize("by", copying.WAYS)
@pytest.mark.parametrize("name", EVERY)
def test_every_example_can_be_copied_and_the_copy_is_a_programme_like_any_other(db, name, by):
    loaded = files.load(files.read(EXAMPLES / name), by=journal.CLI, now=timezone.now())
    programme = Programme.objects.get(slug=loaded.slug)
    before = (files.export(programme), files.source_texts(programme))
    first_day = copying._years_later(programme.period.first_day, 1)
    made, _loaded = copy(programme, "nuskha", first_day, by)
    programme.refresh_from_db()
    assert (files.export(programme), files.source_texts(programme)) == before
    new = Programme.objects.get(slug="nuskha")
    assert new.published_at is None
    assert new.period.first_day == made.first_day
    assert abs((made.first_day - first_day).days) <= (3 if by == "weekday" else 0)
    assert plain(files.export(new)) == plain(made.data)
    again = files.load(files.read_bytes(files.to_yaml(files.export(new)).encode(), name), by=journal.CLI, now=timezone.now())  # fmt: skip
    assert (again.changes, again.entries) == (0, 0), again.counts


@pytest.mark.parametrize(
    ("period", "when", "first_day", "by", "expected"),
    [
        # Whole years: what is known to the month or year stays so; a month keeps its name.
        ("2020-02-27/2020-03-01", "2020-02-29", dt.date(2021, 2, 27), "date", ["2021-02-27/2021-03-01", "2021-02-28"]),
        ("2020-02-29", "2020-02-29", dt.date(2021, 2, 28), "date", ["2021-02-28", "2021-02-28"]),
        ("2020-02-29", "2020-02-29", dt.date(2024, 2, 29), "date", ["2024-02-29", "2024-02-29"]),
        ("2020-02-29/2020-03-01", "2020-03-01", dt.date(2021, 3, 1), "date", ["2021-03-01/2021-03-02", "2021-03-02"]),
        ("2020-02-28/2020-03-01", "2020-02-29", dt.date(2021, 2, 26), "weekday", ["2021-02-26/2021-02-28", "2021-02-27"]),
        ("2020", "2020-07", dt.date(2022, 1, 1), "date", ["2022", "2022-07"]),
        ("2020-07/2020-09", "2020-08", dt.date(2021, 7, 1), "date", ["2021-07/2021-09", "2021-08"]),
        # Weeks: the month that holds most of the days, inside the period.
        ("2020-07", "2020-07", dt.date(2021, 7, 1), "weekday", ["2021-07", "2021-07"]),
        ("2020-07-01/2020-07-31", "2020-07", dt.date(2021, 7, 1), "weekday", ["2021-06-30/2021-07-30", "2021-07"]),
        ("2020-07-27/2020-07-29", "2020-07", dt.date(2020, 8, 10), "weekday", ["2020-08-10/2020-08-12", "2020-08"]),
        ("2020-09-07/2020-09-09", "2020", dt.date(2021, 2, 1), "weekday", ["2021-02-01/2021-02-03", "2021"]),
        ("2020-12-28/2021-01-02", "2021-01-01", dt.date(2021, 12, 27), "weekday", ["2021-12-27/2022-01-01", "2021-12-31"]),
        # A period known to the month that cannot hold its days any more is widened; so is one that a month sticks out of.
        ("2020-07", "2020-07-01", dt.date(2021, 7, 1), "weekday", ["2021-06-30/2021-07-31", "2021-06-30"]),
        ("2020-07-01/2020-08-31", "2020-07/2020-08", dt.date(2021, 7, 1), "weekday", ["2021-06-30/2021-08-31", "2021-07/2021-08"]),
        # A month and a day in it part: both ends become days.
        ("2020-06-01/2020-08-31", "2020-07/2020-07-05", dt.date(2020, 6, 22), "weekday", ["2020-06-22/2020-09-21", "2020-07-22/2020-07-26"]),
        ("2020-07-27", "unknown", dt.date(2020, 7, 26), "weekday", ["2020-07-27", ""]),
        ("2020-07-27", "unknown", dt.date(2020, 7, 23), "weekday", ["2020-07-20", ""]),
    ],
)  # fmt: skip
def test_a_date_moves_as_far_as_it_is_known(db, period, when, first_day, by, expected):
    made = planned(first_day, by, period=period, activities=[one("liqaa", when)])
    moved = PartialDate.parse(made.data["activities"][0]["when"]["date"])
    assert [PartialDate.parse(made.data["period"]).edtf, moved.edtf] == expected
    assert made.first_day == PartialDate(expected[0]).first_day
    files.load(files.read_bytes(files.to_yaml(made.data).encode(), "x.yaml"), by=journal.CLI, now=timezone.now())


def test_29_february_and_a_period_that_was_widened_are_said(db):
    leap = planned(dt.date(2021, 2, 27), "date", period="2020-02-27/2020-03-01", activities=[one("liqaa", "2020-02-29")])  # fmt: skip
    assert [look.text for look in leap.look_at if "2021-02-28" in look.what] == ["2020-02-29"]
    wide = planned(dt.date(2021, 7, 1), period="2020-07", activities=[one("liqaa", "2020-07-01")])
    assert [look.text for look in wide.look_at if look.path == "period"] == ["2021-06-30/2021-07-31"]
    assert [look.path for look in planned(period="2020-07-27").look_at] == []


# --- what stays and what does not -----------------------------------------------------------------------------------


def test_what_a_programme_is_made_of_stays(full):
    data = copied(full)
    assert (data["title"], data["country"], data["published"]) == ({"ar": "يوم تحسيسي ٢٠٢٠", "fr": "Journée de sensibilisation"}, "MA", False)  # fmt: skip
    assert data["occasions"][1]["date"] == "2021-07-27"
    assert data["themes"][0]["date"] == "2021-07"
    assert data["frameworks"] == [{"text": {"ar": "قانون"}, "kind": "law", "date": "2016-08-25"}]
    assert data["involved"] == [{"organisation": "jamiya", "role": "organiser", "words": {"ar": "تنظم"}}]
    found = by_slug(data)
    assert list(found) == ["hafl-2021", "launch-yawm-2021-spot", "qafila-2021", "ziyara-2021"]
    assert {item.get("state") for item in found.values()} == {"announced"}
    hafl = found["hafl-2021"]
    assert hafl["when"] == {"date": "2021-07-26", "time": "09:30", "end_time": "11:00"}
    assert hafl["where"] == {"locality": {"ar": "الرباط"}, "region": "MA-04", "country": "MA"}
    assert (hafl["mode"], hafl["languages"]) == ("in_person", ["ar", "fr"])
    assert hafl["audience"] == [{"who": {"ar": "مساعدون اجتماعيون"}, "role": "audience", "organisation": "jamiya"}]
    assert hafl["agenda"] == [{"time": "09:30", "end_time": "10:00", "title": {"ar": "كلمة"}, "organisation": "jamiya"}]
    assert [inner["slug"] for inner in hafl["activities"]] == ["launch-yawm-2021-spot"]
    assert found["qafila-2021"]["stops"] == [{"when": "2021-07-27", "where": {"locality": {"ar": "سلا"}}, "title": {"ar": "محطة"}}]  # fmt: skip
    assert found["ziyara-2021"]["when"]["part"] == "morning"
    assert data["tasks"] == [
        {
            "id": "hafl-2021/badges", "activity": "hafl-2021", "title": {"ar": "الشارات"}, "owner": "istiqbal", "days": 7,
            "evidence_wanted": {"ar": "لائحة"},
        },
        {
            "id": "hafl-2021/hand-out", "activity": "hafl-2021", "title": {"ar": "التوزيع"}, "due": "2021-07-25",
            "after": ["hafl-2021/badges"],
        },
        {"id": "own/report", "title": {"ar": "التقرير"}, "due": "2021-08-04"},
    ]  # fmt: skip
    [show] = data["runs_of_show"]
    del show["items"][0]["id"]  # a new one
    assert show == {
        "activity": "hafl-2021",
        "items": [
            {
                "time": "09:30", "minutes": 30, "title": {"ar": "استقبال"}, "where": {"ar": "البهو"}, "owner": "istiqbal",
                "organisation": "jamiya", "language": "ar", "plan_b": {"ar": "القاعة"},
            }
        ],
    }  # fmt: skip
    assert data["materials"] == [
        {
            "slug": "wasla-2021", "kind": "spot", "title": {"ar": "وصلة"}, "activities": ["hafl-2021"],
            "channels": [{"ar": "القنوات"}], "involved": [{"organisation": "jamiya", "role": "producer"}],
        }
    ]  # fmt: skip
    assert data["visits"] == [
        {
            "activity": "ziyara-2021", "purpose": "monitoring", "photography": True,
            "sites": [
                {
                    "kind": "care_unit", "name": {"ar": "خلية"}, "where": {"locality": {"ar": "تمارة"}}, "example": True,
                    "cares_for_victims": True,
                }
            ],
            "hand_overs": [{"material": "wasla-2021", "site": 1}],
        }
    ]  # fmt: skip
    assert [item["id"] for item in data["organisations"]] == ["jamiya", "umm"]


def test_the_file_brings_the_organisations_that_it_names_and_those_that_they_belong_to(full):
    made, _loaded = copy(full, dry_run=True)
    assert [item["id"] for item in made.data["organisations"]] == ["jamiya", "umm"]
    assert made.data["functions"] == [{"id": "istiqbal", "name": {"ar": "الاستقبال"}, "organisation": "jamiya"}]


def figures(value, key=""):
    """Every number below this value that counts something; lengths, distances and positions do not."""
    if isinstance(value, dict):
        return [found for name, inner in value.items() for found in figures(inner, name)]
    if isinstance(value, list):
        return [found for inner in value for found in figures(inner, key)]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return [(key, value)] if is_number and key not in ("days", "minutes", "site", "day", "established") else []


def test_nothing_personal_and_no_figure_of_the_old_programme_is_in_the_copy(full):
    before = plain(files.export(full))
    assert len(figures(before)) > 5
    data = copied(full)
    assert figures(data) == []
    # A new line has a random identifier, in which anything may stand.
    text = re.sub('"id": "[0-9a-f]{8}"', "", json.dumps(data, ensure_ascii=False))
    for word in ("أمينة", "+212", "4321", "6543", "77777", "8888", "4999", "3333", "رقم 5", "mashru", "mumawwil", "bayan",
                 "inkhirat", "ملاحظة", "إعلان", "precision", "method", "source", "a1", "ملغى", "مؤجلة", "held"):  # fmt: skip
        assert word in json.dumps(before, ensure_ascii=False) or word == "+212", word
        assert word not in text, word
    assert set(data) & {"projects", "commitments", "instruments", "sources", "claims", "notes", "trace"} == set()
    assert plain(files.export(full)) == before


def test_the_report_counts_what_was_left_out(full):
    with translation.override("en"):
        made, _loaded = copy(full, dry_run=True)
    assert made.left_out == [
        "2 persons", "1 telephone number", "4 figures", "1 project with its money", "1 commitment",
        "1 campaign or convention", "1 source", "3 statements of sources", "1 entry of the source trace",
        "1 announcement", "2 notes", "1 task that was done is open again",
        "the activity “عرض ملغى” with its tasks: it, or the one it lies in, was cancelled or postponed",
        "the activity “داخل الملغى” with its tasks: it, or the one it lies in, was cancelled or postponed",
        "the activity “مسيرة مؤجلة” with its tasks: it, or the one it lies in, was cancelled or postponed",
    ]  # fmt: skip


def test_what_the_table_does_not_know_is_named_and_never_copied(db):
    with translation.override("en"):
        made = planned(
            period="2020-07-27", budget=[{"sum": 5}],
            activities=[one("awal", "2020-07-27", seats=7), one("thani", "2020-07-27", seats=8)],
        )  # fmt: skip
    assert made.left_out == [
        "“budget”: copying does not know what that is",
        "“activities.seats”: copying does not know what that is",
    ]
    assert "budget" not in made.data
    assert all("seats" not in item for item in made.data["activities"])


def missing(shape, rule, path=""):
    """Keys that a programme file may hold and that the table does not name."""
    if not isinstance(rule, dict | list):
        return []
    if "$ref" in shape:
        shape = schema("programme")["$defs"]["activity"]
        if "activities.activities" in path:
            return []
    shapes = [one for one in shape.get("anyOf", [shape]) if one.get("title") not in ("range", "text by language")]
    if isinstance(rule, list):
        return [found for one in shapes for found in missing(one["items"], rule[0], path)]
    properties = {name: inner for one in shapes for name, inner in one.get("properties", {}).items()}
    lacking = [f"{path}.{name}" for name in properties if name not in rule]
    return lacking + [found for name, inner in properties.items() if name in rule for found in missing(inner, rule[name], f"{path}.{name}".strip("."))]  # fmt: skip


def test_every_section_and_key_of_a_file_is_decided_upon(monkeypatch):
    assert missing(schema("programme"), copying.SECTIONS) == []
    monkeypatch.delitem(copying.ACTIVITY, "stops")
    monkeypatch.delitem(copying.SECTIONS["visits"][0]["sites_number"], "number")
    assert missing(schema("programme"), copying.SECTIONS) == ["activities.stops", "visits.sites_number.number"]


# --- names ----------------------------------------------------------------------------------------------------------


def test_identifiers_that_are_taken_get_a_number(world_day):
    load(
        "format: tansiq/programme/1\nslug: akhar\nreference_language: ar\ntitle: {ar: آخر}\nperiod: 2021\n"
        "activities: [{slug: ceremony-2021, kind: other, title: {ar: آخر}}]\nmaterials: [{slug: spot-2021, kind: spot, title: {ar: آخر}}]\n"
    )  # fmt: skip
    data = copied(world_day, "world-day-2021")
    assert data["activities"][0]["slug"] == "ceremony-2021-2"
    assert data["materials"][0] == {**data["materials"][0], "slug": "spot-2021-2", "activities": ["spot-launch-2021"]}


def test_a_copy_within_the_year_has_names_of_its_own(full):
    data = copied(full, "yawm-kharif", dt.date(2020, 10, 5))
    assert list(by_slug(data)) == ["hafl-2020", "launch-yawm-2020-spot-2", "qafila-2020", "ziyara-2020"]
    assert data["visits"][0]["hand_overs"] == [{"material": "wasla-2020-2", "site": 1}]


def test_long_identifiers_stay_short_enough(db):
    slug = "a" * 40 + "-" + "b" * 39
    made = planned(period="2020-07-27", activities=[one(slug, "2020-07-27"), one(slug[:-1], "2020-07-27")])
    found = [item["slug"] for item in made.data["activities"]]
    assert found[0] == f"{slug[:75]}-2021"
    assert len(set(found)) == 2
    assert max(map(len, found)) <= 80


def test_an_identifier_that_a_programme_has_is_refused_and_that_programme_stays(world_day, full):
    before = (files.export(world_day), Entry.objects.count())
    with pytest.raises(copying.AlreadyThere, match="world-day-2020") as refused:
        copy(full, "world-day-2020")
    assert refused.value.programme == world_day
    assert (files.export(world_day), Entry.objects.count()) == before


# --- wrong input ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"slug": "نسخة"}, "المعرفات"),
        ({"slug": "Yawm 2021"}, "المعرفات"),
        ({"slug": "a" * 81}, "المعرفات"),
        ({"first_day": dt.date(1, 1, 1)}, "مائة سنة"),
        ({"first_day": dt.date(9999, 12, 31)}, "مائة سنة"),
    ],
)
def test_what_cannot_be_is_refused_in_arabic_and_stores_nothing(full, wrong, message):
    before = Entry.objects.count()
    with pytest.raises(Refused, match=message):
        copy(full, **wrong)
    assert (Programme.objects.count(), Entry.objects.count()) == (1, before)


def test_without_a_day_there_is_nothing_to_count_from(full):
    full.period = PartialDate()
    full.save()
    with pytest.raises(Refused, match="أول يوم"):
        copy(full)


def test_a_copy_that_cannot_be_loaded_names_every_problem_and_stores_nothing(full, monkeypatch):
    before = Entry.objects.count()
    monkeypatch.setitem(copying.SECTIONS, "period", lambda copying, value: "2019")
    monkeypatch.setattr(copying, "_widened", lambda new: [])
    with pytest.raises(BadInput) as refused:
        copy(full)
    assert len(refused.value.problems) > 3
    assert (Programme.objects.count(), Entry.objects.count()) == (1, before)


def test_a_dry_run_stores_nothing_and_the_journal_has_what_a_loaded_file_has(full):
    before = Entry.objects.count()
    made, loaded = copy(full, dry_run=True)
    assert (Entry.objects.count(), loaded.written, loaded.counts["programme"]) == (before, [], [1, 0, 0])
    again, loaded = copy(full)
    assert again == made
    new = Programme.objects.get(slug="yawm-2021")
    assert [entry.verb for entry in journal.of(new)] == ["programme.create"]
    assert Entry.objects.count() == before + len(loaded.written)


# --- what a person must look at -------------------------------------------------------------------------------------


def stale(text, language="ar", by="weekday", first_day=None, **more):
    """What is found in a summary of a programme of 27 to 29 July 2020 that moves to 2021; "" where nothing is."""
    first_day = first_day or (MONDAY if by == "weekday" else TUESDAY)
    period = more.pop("period", "2020-07-27/2020-07-29")
    with translation.override("en"):
        made = planned(first_day, by, period=period, summary={language: text}, **more)
    return " ".join(look.what for look in made.look_at if look.path == f"summary.{language}")


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("برنامج ٢٠٢٠", "ar", "2020"),
        ("برنامج ۲۰۲۰م", "ar", "2020"),
        ("Programme 2019-2020", "fr", "2020"),
        ("رقم 12020", "ar", ""),
        ("برنامج 2021", "ar", ""),
        ("يوم 27 يوليوز", "ar", "27 يوليوز"),
        ("يوم ٢٧ يوليو", "ar", "27 يوليوز"),
        ("افتتح ب28 وليوليوز أثر", "ar", "28 يوليوز"),
        ("يوم 26 يوليوز", "ar", ""),
        ("27 ممارسة", "ar", ""),
        ("du 27 au 29 juillet", "fr", "27 juillet and 29 juillet"),
        ("le 27 juin", "fr", ""),
        ("July 29th", "en", "29 July"),
        ("am 27. Juli", "de", "27 Juli"),
        ("27 ⵢⵓⵍⵢⵓⵣ", "zgh", "27 ⵢⵓⵍⵢⵓⵣ"),
        ("يوم الاثنين", "ar", ""),
    ],
)
def test_old_years_and_days_are_found_in_texts_of_every_script(db, text, language, found):
    assert stale(text, language) == (found and f"It still names {found}.")


def test_the_month_is_known_by_its_name_in_the_programmes_country(db):
    assert "27" not in stale("يوم 27 جويلية")
    assert "27" in stale("يوم 27 جويلية", country="TN")


def test_when_calendar_dates_stay_the_weekdays_and_the_year_are_wrong_but_the_days_are_right(db):
    assert stale("الاثنين 27 يوليوز 2020", by="date") == "It still names 2020 and الاثنين."
    assert stale("lundi 27 juillet", "fr", by="date") == "It still names lundi."
    assert stale("le 1er août", "fr", "date", dt.date(2021, 9, 1), period="2020-08-01") == "It still names 1 août."


def test_texts_of_every_section_are_looked_through_with_their_path(full):
    data = files.export(full)
    for number, (section, key) in enumerate((("tasks", "title"), ("materials", "title"), ("runs_of_show", "items"))):
        text = data[section][0][key]
        (text[0]["title"] if key == "items" else text)["ar"] = f"سنة 2020 {number}"
    data["visits"][-1]["sites"][0]["name"]["ar"] = data["materials"][0]["channels"][0]["ar"] = "2020"
    made = copying.plan(data, slug="yawm-2021", first_day=MONDAY, by="weekday")
    paths = [look.path for look in made.look_at if "2020" in look.text or "٢٠٢٠" in look.text]
    assert paths == [
        "title.ar", "tasks.hafl-2021/badges.title.ar", "runs_of_show.hafl-2021.items.jamiya.title.ar",
        "materials.wasla-2021.title.ar", "materials.wasla-2021.channels.1.ar", "visits.ziyara-2021.sites.1.name.ar",
    ]  # fmt: skip


def test_holidays_weekends_joinings_and_anniversaries_are_named(world_day, full):
    # 30 July is Throne Day in Morocco; in 2022 it is a Saturday.
    made, _loaded = copy(full, first_day=dt.date(2022, 7, 30), by="date", dry_run=True)
    looks = {(look.path, look.text) for look in made.look_at}
    assert {("activities.hafl-2022.when.date", "2022-07-30"), ("activities.qafila-2022.when.date", "2022-07-30, 2022-07-31")} <= looks  # fmt: skip
    assert ("activities.qafila-2022.stops.1.when", "2022-07-31") in looks
    assert not any(
        path.startswith("activities.launch-yawm-2022-spot") for path, _text in looks
    )  # as the one it lies in
    assert ("occasions.2", "الذكرى السنوية الثالثة") in looks
    made, _loaded = copy(world_day, "world-day-2021", dry_run=True)
    assert "activities.joining-blue-heart-2021" in {look.path for look in made.look_at}


def test_what_lasts_longer_than_a_week_is_not_told_of_its_weekends(db):
    made = planned(dt.date(2021, 3, 1), "date", period="2020-03", activities=[one("qafila", {"from": "2020-03-01", "to": "2020-03-20"})])  # fmt: skip
    assert [look for look in made.look_at if look.path.startswith("activities")] == []


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command_copies_and_reports_in_one_document(data):
    assert tansiq("load", EXAMPLES / "ma-2020-world-day.yaml", data=data).returncode == 0
    words = ("copy", "world-day-2020", "world-day-2021", "--first-day", "2021-07-26", "--json")
    tried = tansiq(*words, "--dry-run", data=data)
    assert tried.returncode == 0, tried.stderr
    report = json.loads(tried.stdout)
    assert (report["slug"], report["first_day"], report["stored"], report["file"]) == ("world-day-2021", "2021-07-26", False, None)  # fmt: skip
    assert "3 figures" in report["left_out"]
    assert {"path": "title.fr", "text": "Journée mondiale de la lutte contre la traite d’êtres humains 2020", "what": "It still names 2020."} in report["look_at"]  # fmt: skip
    done = tansiq(*words, data=data)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {**report, "stored": True}
    assert "- 3 figures" in done.stderr.splitlines()
    with sqlite3.connect(data / "tansiq.sqlite3") as database:
        rows = database.execute(
            "SELECT slug, period, published_at FROM programme_programme WHERE slug = 'world-day-2021'"
        )
        assert rows.fetchall() == [("world-day-2021", "2021-07-26/2021-07-28", None)]
    again = tansiq(*words, data=data)
    assert (again.returncode, again.stdout) == (1, "")
    assert "There is a programme “world-day-2021” already." in again.stderr


@pytest.mark.parametrize("ending", ["yaml", "xlsx"])
def test_the_command_writes_the_file_to_be_changed_by_hand_and_loaded_later(data, tmp_path, ending):
    assert tansiq("load", EXAMPLES / "ma-2020-world-day.yaml", data=data).returncode == 0
    out = tmp_path / "out" / f"world-day-2021.{ending}"
    words = ("copy", "world-day-2020", "world-day-2021", "--first-day", "2021-07-27", "--by", "date", "-o", out)
    assert tansiq(*words, "--dry-run", data=data).returncode == 0
    assert not out.exists()
    done = tansiq(*words, data=data)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert tansiq("export", "programme", "world-day-2021", data=data).returncode == 1  # nothing was stored
    loaded = tansiq("load", out, data=data)
    assert loaded.returncode == 0, loaded.stderr
    exported = yaml.safe_load(tansiq("export", "programme", "world-day-2021", data=data).stdout)
    assert (exported["period"]["from"], exported["published"]) == (TUESDAY, False)


def test_the_command_refuses_what_is_no_day_or_no_programme(data):
    done = tansiq("copy", "yawm", "yawm-2021", "--first-day", "2021-07-26", data=data)
    assert (done.returncode, done.stderr.startswith("There is no programme “yawm”.")) == (1, True)
    assert tansiq("load", EXAMPLES / "ma-2025-justice.yaml", data=data).returncode == 0
    for wrong in ("26/07/2021", "2021-02-30", ""):
        done = tansiq("copy", "ma-2025-justice", "yawm-2021", "--first-day", wrong, data=data)
        assert (done.returncode, done.stdout) == (1, "")
        assert f"“{wrong}” is not a day. Write 2020-07-27." in done.stderr
    assert tansiq("copy", "ma-2025-justice", "yawm-2021", "--first-day", "2026-07-14", "--by", "moon", data=data).returncode == 2  # fmt: skip


# --- the desk -------------------------------------------------------------------------------------------------------


@pytest.fixture
def address(world_day):
    return f"/desk/programme/{world_day.pk}/copy/"


GIVEN = {"slug": "world-day-2021", "first_day": "2021-07-27", "by": "weekday"}


def fields(page, marker):
    """The fields of the form that has this one, as a browser would send them back."""
    import lxml.html

    form = next(one for one in lxml.html.fromstring(page.content).forms if marker(one))
    return {name: value for name, value in form.form_values() if name != "csrfmiddlewaretoken"}


def typed(page):
    return fields(page, lambda form: form.xpath(".//input[@type='date']"))


def test_the_desk_suggests_shows_and_makes_the_copy(secretariat, world_day, address):
    assert f'href="{address}"' in secretariat.get("/desk/").content.decode()
    assert f'href="{address}"' in secretariat.get(f"/desk/programmes/edit/{world_day.pk}/").content.decode()
    assert typed(secretariat.get(address)) == {"slug": "world-day-2021", "first_day": "2021-07-26", "by": "weekday"}
    before = Entry.objects.count()
    preview = secretariat.post(address, GIVEN)
    page = preview.content.decode()
    assert preview.status_code == 200
    assert (Programme.objects.count(), Entry.objects.count()) == (1, before)
    assert typed(preview) == GIVEN
    ways = re.findall(r'name="by" value="(\w+)".*?– (.*?)</label>', page)
    assert [(way, "26 يوليوز 2021" in day, "27 يوليوز 2021" in day) for way, day in ways] == [("weekday", True, False), ("date", False, True)]  # fmt: skip
    assert "title.fr" in page  # to be looked at
    assert "activities" in page
    sent = fields(preview, lambda form: form.xpath(".//button[@name='confirm']"))
    assert sent == GIVEN
    made = secretariat.post(address, {**sent, "confirm": "1"})
    new = Programme.objects.get(slug="world-day-2021")
    assert (made.status_code, new.published_at, new.period.edtf) == (200, None, "2021-07-26/2021-07-28")
    assert f"/desk/programmes/edit/{new.pk}/" in made.content.decode()
    assert "title.fr" in made.content.decode()


def test_a_second_click_changes_nothing_and_opens_the_draft(secretariat, address):
    secretariat.post(address, {**GIVEN, "confirm": "1"})
    before = Entry.objects.count()
    new = Programme.objects.get(slug="world-day-2021")
    again = secretariat.post(address, {**GIVEN, "confirm": "1"})
    assert (again.status_code, again["Location"]) == (302, f"/desk/programmes/edit/{new.pk}/")
    assert (Programme.objects.count(), Entry.objects.count()) == (2, before)
    assert "world-day-2021" in secretariat.get(again["Location"]).content.decode()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"slug": "world-day-2020"}, "يوجد بالفعل"),
        ({"slug": "اليوم"}, "المعرفات"),
        ({"slug": ""}, "هذا الحقل مطلوب"),
        ({"first_day": "27/7"}, "2021-07-26"),
        ({"first_day": "2921-07-27"}, "مائة سنة"),
        ({"by": "moon"}, "moon"),
    ],
)
def test_what_was_typed_stays_where_the_desk_refuses(secretariat, address, wrong, message):
    given = {**GIVEN, **wrong}
    page = secretariat.post(address, given)
    assert page.status_code == 422
    assert message in page.content.decode()
    kept = {name: value for name, value in given.items() if value not in ("", "moon")}  # neither shows as a value
    assert typed(page) == kept
    assert Programme.objects.count() == 1


def test_a_programme_without_days_says_so_on_the_page(secretariat, full):
    Programme.objects.filter(pk=full.pk).update(period="", first_day=None, last_day=None)
    address = f"/desk/programme/{full.pk}/copy/"
    assert secretariat.get(address).status_code == 200
    page = secretariat.post(address, GIVEN)
    assert (page.status_code, "أول يوم" in page.content.decode()) == (422, True)


def test_problems_of_the_copy_are_shown_with_their_values(secretariat, address, monkeypatch):
    monkeypatch.setitem(copying.SECTIONS, "period", lambda copying, value: "2019")
    monkeypatch.setattr(copying, "_widened", lambda new: [])
    page = secretariat.post(address, {**GIVEN, "confirm": "1"})
    assert (page.status_code, "activities[0].when.date" in page.content.decode()) == (422, True)
    assert typed(page) == GIVEN


@pytest.mark.parametrize(("role", "may"), [("programme_officer", True), ("auditor", False), ("partner", False)])
def test_who_may_load_a_file_may_copy(user_with, world_day, address, role, may):
    client = Client()
    client.force_login(user_with(role), backend="django.contrib.auth.backends.ModelBackend")
    assert (client.get(address).status_code == 200) is may
    client.post(address, {**GIVEN, "confirm": "1"})
    assert Programme.objects.filter(slug="world-day-2021").exists() is may
    assert (f'href="{address}"' in client.get("/desk/").content.decode()) is may
