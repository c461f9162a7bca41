"""The run of show: hours that follow from lengths, conflicts, numbered issues, what changed since the last one."""

from __future__ import annotations

import datetime as dt

import pytest

from tansiq.coordination import runofshow
from tansiq.coordination.models import Function, RunOfShow
from tansiq.core import journal
from tansiq.core.dates import PartialDate
from tansiq.core.errors import Refused
from tansiq.programme import planning
from tansiq.programme.models import Activity

NOW = dt.datetime(2020, 7, 20, 9, 0, tzinfo=dt.UTC)
NEXT = dt.datetime(2020, 7, 24, 9, 0, tzinfo=dt.UTC)


def line(title, minutes, time=None, **more):
    return {"title": {"ar": title}, "minutes": minutes, **({"time": time} if time else {}), **more}


@pytest.fixture
def office(db):
    return Function.objects.create(slug="marasim", name={"ar": "المراسم"}, reference_language="ar")


def show_of(activity, *items, day_number=1):
    show = RunOfShow(activity=activity, day_number=day_number, items=[dict(item) for item in items])
    return runofshow.save(show, by=journal.CLI, now=NOW)


@pytest.fixture
def ceremony(world_day):
    return world_day.activities.get(slug="ceremony")


@pytest.fixture
def show(ceremony, office):
    return show_of(
        ceremony,
        line("استقبال الضيوف", 30, "09:30", owner="marasim", where={"ar": "البهو"}),
        line("كلمة الافتتاح", 10, speaker={"ar": "وزير العدل"}, organisation="ministry-justice-ma", where={"ar": "القاعة الكبرى"}),
        line("عرض الوصلة", 5, where={"ar": "القاعة الكبرى"}),
    )  # fmt: skip


def test_a_line_without_an_hour_begins_when_the_one_before_it_ends(show):
    found = [(row.time, row.until) for row in runofshow.rows(show.items)]
    assert found == [("09:30", "10:00"), ("10:00", "10:10"), ("10:10", "10:15")]


def test_the_first_line_takes_the_hour_of_the_activity():
    found = runofshow.rows([line("استقبال", 15)], dt.time(14, 0))
    assert (found[0].time, found[0].until) == ("14:00", "14:15")


def test_an_evening_goes_on_after_midnight():
    found = runofshow.rows([line("سهرة", 90, "23:00"), line("ختام", 20)])
    assert [(row.time, row.until) for row in found] == [("23:00", "00:30"), ("00:30", "00:50")]
    assert found[1].starts == 24 * 60 + 30


def test_a_line_that_is_dragged_keeps_its_identifier(show):
    first = show.items[0]["id"]
    show.items = [show.items[1], show.items[0], show.items[2]]
    runofshow.save(show, by=journal.CLI, now=NOW)
    show.refresh_from_db()
    assert show.items[1]["id"] == first
    assert len({item["id"] for item in show.items}) == 3


def test_an_office_that_does_not_exist_is_refused(show):
    show.items[0]["owner"] = "lajnat-al-asdiqaa"
    with pytest.raises(Refused, match="lajnat-al-asdiqaa"):
        runofshow.save(show, by=journal.CLI, now=NOW)


def test_the_day_follows_the_activity_and_is_never_typed_twice(show, ceremony):
    assert show.day == dt.date(2020, 7, 27)
    planning.change(activity=ceremony, when=PartialDate("2020-07-28"), by=journal.CLI, now=NOW)
    assert RunOfShow.objects.get().day == dt.date(2020, 7, 28)


# --- conflicts ------------------------------------------------------------------------------------------------------


def kinds(show):
    return [(one.kind, one.index) for one in runofshow.conflicts(show)]


def test_lines_one_after_the_other_do_not_clash(show):
    assert kinds(show) == []


def test_a_speaker_in_two_places_at_once_is_found_in_whatever_spelling(ceremony):
    show = show_of(
        ceremony, line("كلمة", 30, "10:00", speaker={"ar": "رئيسة اللجنة"}), line("ندوة", 30, "10:15", speaker={"ar": "رئيسه اللجنه"})
    )  # fmt: skip
    assert kinds(show) == [("person", 1)]


def test_a_room_that_another_activity_has_at_that_hour_is_found_and_the_other_is_named(world_day, show, office):
    place = world_day.activities.get(slug="ceremony").place
    other = Activity.objects.create(
        programme=world_day, slug="liqaa", kind="meeting", title={"ar": "لقاء صحفي"}, reference_language="ar",
        when=PartialDate("2020-07-27"), place=place, changed_at=NOW, position=9,
    )  # fmt: skip
    clash = show_of(other, line("أسئلة الصحافة", 30, "10:00", where={"ar": "القاعة الكبرى"}, owner="marasim"))
    found = runofshow.conflicts(clash)
    assert {one.kind for one in found} == {"room"}  # the office is free: its line ended at 10:00
    assert "حفل" in found[0].what
    planning.change(activity=other, when=PartialDate("2020-07-28"), by=journal.CLI, now=NOW)
    assert runofshow.conflicts(RunOfShow.objects.get(pk=clash.pk)) == []


def test_the_same_words_for_a_room_in_another_house_are_another_room(world_day, show):
    other = Activity.objects.create(
        programme=world_day, slug="liqaa", kind="meeting", title={"ar": "لقاء"}, reference_language="ar",
        when=PartialDate("2020-07-27"), changed_at=NOW, position=9,
    )  # fmt: skip
    assert kinds(show_of(other, line("أسئلة", 30, "10:00", where={"ar": "القاعة الكبرى"}))) == []


def test_the_owner_of_two_lines_at_once_is_flagged(ceremony, office):
    show = show_of(
        ceremony, line("استقبال", 60, "09:00", owner="marasim"), line("مراقبة الصوت", 15, "09:30", owner="marasim")
    )
    assert kinds(show) == [("person", 1)]


def test_hours_that_run_backwards_are_flagged(ceremony):
    show = show_of(ceremony, line("ختام", 10, "11:00"), line("افتتاح", 10, "09:00"))
    assert ("order", 1) in kinds(show)


# --- issues ---------------------------------------------------------------------------------------------------------


def test_an_empty_run_of_show_is_not_issued(ceremony):
    with pytest.raises(runofshow.NothingToIssue):
        runofshow.issue(show=show_of(ceremony), by=journal.CLI, now=NOW)


def test_the_same_content_keeps_its_number_and_a_changed_one_gets_the_next(show):
    first = runofshow.issue(show=show, by=journal.CLI, now=NOW)
    assert runofshow.issue(show=show, by=journal.CLI, now=NEXT).pk == first.pk
    show.items[1]["minutes"] = 15
    runofshow.save(show, by=journal.CLI, now=NEXT)
    assert not runofshow.is_current(show.issues.get())
    assert runofshow.issue(show=show, by=journal.CLI, now=NEXT).number == 2


def test_a_second_issue_marks_what_is_new_changed_and_gone(show):
    runofshow.issue(show=show, by=journal.CLI, now=NOW)
    show.items[1]["minutes"] = 15
    show.items.insert(2, line("نشيد", 3))
    del show.items[0]
    runofshow.save(show, by=journal.CLI, now=NEXT)
    second = runofshow.issue(show=show, by=journal.CLI, now=NEXT)
    found = [(one.item["title"]["ar"], one.mark, sorted(one.fields)) for one in runofshow.lines(second)]
    assert found == [
        ("كلمة الافتتاح", "changed", ["minutes", "time"]),  # without the first line it begins at nine
        ("نشيد", "new", []),
        ("عرض الوصلة", "changed", ["time"]),
        ("استقبال الضيوف", "gone", []),
    ]
    assert runofshow.changed_head(second) == frozenset()


def test_an_activity_that_moves_makes_the_issue_old_and_the_next_one_marks_the_day(show, ceremony):
    first = runofshow.issue(show=show, by=journal.CLI, now=NOW)
    planning.change(activity=ceremony, when=PartialDate("2020-07-28"), state="moved", by=journal.CLI, now=NEXT)
    first.refresh_from_db()
    assert not runofshow.is_current(type(first).objects.get(pk=first.pk))
    second = runofshow.issue(show=RunOfShow.objects.get(), by=journal.CLI, now=NEXT)
    assert (str(second.day), runofshow.changed_head(second)) == ("2020-07-28", frozenset({"day", "state"}))
