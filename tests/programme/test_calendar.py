"""Calendars: what a calendar program reads, from the raw bytes on; what is not known is not guessed."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from tansiq.config import files
from tansiq.core import journal
from tansiq.core.dates import PartialDate
from tansiq.programme import calendar, planning
from tansiq.programme.models import Activity, Programme
from tests.conftest import EXAMPLES

WORLD_DAY = (EXAMPLES / "ma-2020-world-day.yaml").read_text(encoding="utf-8")
LATER = dt.datetime(2020, 7, 25, 8, 0, tzinfo=dt.UTC)


def load(text: str, now: dt.datetime = LATER) -> None:
    files.load(files.read_bytes(text.encode(), "ma-2020-world-day.yaml", EXAMPLES), by=journal.CLI, now=now)


def parsed(programme: Programme, language: str = "ar") -> Calendar:
    programme.refresh_from_db()
    return Calendar.from_ical(calendar.of_programme(programme, language))


def event(programme: Programme, slug: str, language: str = "ar"):
    row = Activity.objects.get(slug=slug)
    found = [one for one in parsed(programme, language).walk("VEVENT") if str(one["uid"]) == f"{row.pk}@testserver"]
    assert len(found) == 1
    return found[0]


def change(slug: str, **values) -> Activity:
    return planning.change(activity=Activity.objects.get(slug=slug), by=journal.CLI, now=LATER, **values)


def test_every_dated_activity_is_an_event_with_its_title_in_the_language_asked(world_day):
    titles = {
        language: [str(one["summary"]) for one in parsed(world_day, language).walk("VEVENT")]
        for language in ("ar", "fr")
    }
    assert titles["ar"] == [
        "حفل في المعهد العالي للقضاء بالرباط",
        "إطلاق وصلة فيديو تقدم اللجنة الوطنية ومهامها",
        "إعلان الانضمام الرسمي للمملكة المغربية إلى حملة القلب الأزرق",
        "زيارات ميدانية لعدد من المواقع بمدينة الرباط",
    ]
    assert titles["fr"][0] == "Cérémonie à l’Institut supérieur de la magistrature, à Rabat"
    assert event(world_day, "ceremony")["summary"].params["LANGUAGE"] == "ar"
    assert event(world_day, "ceremony")["location"] == "المعهد العالي للقضاء، الرباط"


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_no_line_is_longer_than_75_octets_and_no_letter_is_cut_in_two(world_day, language):
    raw = calendar.of_programme(world_day, language)
    assert raw.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in raw.replace(b"\r\n", b"")
    lines = raw.split(b"\r\n")
    assert max(len(line) for line in lines) <= 75
    assert any(line.startswith(b" ") for line in lines)
    for line in lines:
        line.decode("utf-8")


def test_a_whole_day_ends_on_the_day_after_it(world_day):
    ceremony = event(world_day, "ceremony")
    assert (ceremony["dtstart"].dt, ceremony["dtend"].dt) == (dt.date(2020, 7, 27), dt.date(2020, 7, 28))
    assert ceremony["dtstart"].params["VALUE"] == "DATE"
    change("ceremony", when=PartialDate("2020-07-27/2020-07-29"))
    ceremony = event(world_day, "ceremony")
    assert (ceremony["dtstart"].dt, ceremony["dtend"].dt) == (dt.date(2020, 7, 27), dt.date(2020, 7, 30))


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_an_activity_without_a_day_is_no_event_but_is_named_in_the_description(world_day, language):
    whole = parsed(world_day, language)
    seminar = Activity.objects.get(slug="seminar")
    assert str(seminar.pk) not in calendar.of_programme(world_day, language).decode()
    assert seminar.title[language] in str(whole["description"])
    assert calendar.of_activity(seminar, language) is None
    assert Client().get(f"/{language}/activities/seminar/calendar.ics").status_code == 404
    # The day that another source gives is a claim, not the activity's day.
    assert "20200728" not in str([one["dtstart"].to_ical() for one in whole.walk("VEVENT")])


def test_a_month_is_no_day_and_so_no_event(world_day):
    change("ceremony", when=PartialDate("2020-07"))
    whole = parsed(world_day)
    assert len(whole.walk("VEVENT")) == 3
    assert "حفل في المعهد العالي للقضاء بالرباط" in str(whole["description"])


def test_when_all_is_dated_the_calendar_has_no_such_note(world_day):
    change("seminar", when=PartialDate("2020-07-28"))
    assert "description" not in parsed(world_day)
    assert len(parsed(world_day).walk("VEVENT")) == 5


def test_the_identifier_stays_and_the_sequence_rises_when_a_changed_file_moves_an_activity(world_day):
    before = event(world_day, "ceremony")
    other = event(world_day, "field-visits")
    load(WORLD_DAY.replace("when: {date: 2020-07-27, part: morning}", "when: {date: 2020-07-28, part: morning}"))
    after = event(world_day, "ceremony")
    assert after["uid"] == before["uid"]
    assert (before["sequence"], after["sequence"]) == (0, 1)
    assert after["dtstart"].dt == dt.date(2020, 7, 28)
    assert after["last-modified"].dt == after["dtstamp"].dt == LATER
    unmoved = event(world_day, "field-visits")
    assert unmoved.to_ical() == other.to_ical()


def test_the_sequence_stays_when_the_same_file_comes_again_or_something_else_changes(world_day):
    load(WORLD_DAY)
    assert event(world_day, "ceremony")["sequence"] == 0
    load(WORLD_DAY.replace("{organisation: ism-rabat, role: host,", "{organisation: ism-rabat, role: partner,"))
    assert event(world_day, "ceremony")["sequence"] == 0


def test_the_sequence_rises_with_each_move_at_the_desk(world_day):
    change("ceremony", when=PartialDate("2020-07-28"), state="moved")
    change("ceremony", when=PartialDate("2020-07-29"))
    assert event(world_day, "ceremony")["sequence"] == 2


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("announced", "TENTATIVE"),
        ("confirmed", "CONFIRMED"),
        ("moved", "CONFIRMED"),
        ("held", "CONFIRMED"),
        ("postponed", "CANCELLED"),
        ("cancelled", "CANCELLED"),
    ],
)
def test_each_state_has_the_status_that_a_calendar_program_understands(world_day, state, status):
    change("ceremony", state=state)
    assert event(world_day, "ceremony")["status"] == status
    assert set(calendar.STATUS) == set(Activity.State)


@pytest.mark.parametrize(
    ("day", "offset_hours"),
    [
        ("2020-07-27", 1),  # Morocco keeps UTC+1 all year …
        ("2020-05-05", 0),  # … but for Ramadan 1441, from 19 April to 31 May 2020
    ],
)
def test_a_timed_event_keeps_morocco_s_clock_in_and_out_of_ramadan(world_day, day, offset_hours):
    text = WORLD_DAY.replace("period: {from: 2020-07-27, to: 2020-07-29}", "period: 2020")
    text = text.replace(
        "when: {date: 2020-07-27, part: morning}", f"when: {{date: {day}, part: morning, time: 09:30, end_time: 11:00}}"
    )
    load(text)
    whole = parsed(world_day)
    ceremony = event(world_day, "ceremony")
    start, end = ceremony["dtstart"].dt, ceremony["dtend"].dt
    assert ceremony["dtstart"].params["TZID"] == "Africa/Casablanca"
    assert start.replace(tzinfo=None) == dt.datetime.fromisoformat(f"{day}T09:30")
    assert end - start == dt.timedelta(minutes=90)
    assert "transp" not in ceremony
    zone = whole.walk("VTIMEZONE")
    assert [str(one["tzid"]) for one in zone] == ["Africa/Casablanca"]
    # The zone that is shipped in the file itself, not this machine's, must give the right offset.
    assert start.utcoffset() == dt.timedelta(hours=offset_hours)
    assert zone[0].to_tz().utcoffset(start.replace(tzinfo=None)) == dt.timedelta(hours=offset_hours)


def test_without_an_hour_there_is_no_time_zone_and_the_day_blocks_nobody(world_day):
    assert parsed(world_day).walk("VTIMEZONE") == []
    assert event(world_day, "ceremony")["transp"] == "TRANSPARENT"


def test_what_is_inside_another_activity_says_so(world_day):
    ceremony = Activity.objects.get(slug="ceremony")
    launch = event(world_day, "spot-launch")
    assert str(launch["related-to"]) == f"{ceremony.pk}@testserver"
    assert launch["related-to"].params["RELTYPE"] == "PARENT"


def test_commas_semicolons_and_line_ends_in_a_title_come_back_as_they_were(world_day):
    title = "حفل؛ كلمة, وقت; شرطة\\ ونهاية\nسطر"
    change("ceremony", title={"ar": title})
    raw = calendar.of_programme(Programme.objects.get(), "ar")
    assert str(event(world_day, "ceremony")["summary"]) == title
    assert raw.count(b"BEGIN:VEVENT") == 4


def test_a_title_cannot_bring_an_event_of_its_own(world_day):
    change("ceremony", title={"ar": "حفل\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:دخيل"})
    events = parsed(world_day).walk("VEVENT")
    assert len(events) == 4
    assert "دخيل" not in [str(one["summary"]) for one in events]


def test_the_calendar_names_itself_its_address_and_how_often_to_ask(world_day):
    whole = parsed(world_day, "fr")
    assert whole["version"] == "2.0"
    assert str(whole["name"]) == str(whole["x-wr-calname"]) == world_day.title["fr"]
    assert str(whole["source"]) == "http://testserver/fr/programmes/world-day-2020/calendar.ics"
    assert whole["refresh-interval"].dt == dt.timedelta(hours=6)


def test_the_site_serves_the_same_bytes_as_a_calendar(world_day):
    answer = Client().get("/ar/programmes/world-day-2020/calendar.ics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.content == calendar.of_programme(world_day, "ar")
    one = Calendar.from_ical(Client().get("/ar/activities/ceremony/calendar.ics").content)
    assert [str(item["summary"]) for item in one.walk("VEVENT")] == ["حفل في المعهد العالي للقضاء بالرباط"]


def test_a_calendar_costs_the_same_number_of_queries_whatever_it_holds(world_day, django_assert_num_queries):
    with django_assert_num_queries(1):
        calendar.of_programme(world_day, "ar")
    rows = [
        Activity(
            programme=world_day, slug=f"zyara-{number}", kind="visit", title={"ar": "زيارة"}, reference_language="ar",
            when=PartialDate("2020-07-29"), position=100 + number, changed_at=timezone.now(),
        )
        for number in range(30)
    ]  # fmt: skip
    Activity.objects.bulk_create(rows)
    with django_assert_num_queries(1):
        assert calendar.of_programme(world_day, "ar").count(b"BEGIN:VEVENT") == 34
