"""What a change makes false: listed before it is saved, followed up after it, by whichever way the plan changed."""

from __future__ import annotations

import datetime as dt
import json

import icalendar
import pytest
from django.test import Client
from django.utils import timezone

from tansiq.config import cli, files
from tansiq.coordination import impact, letters, runofshow, tasks
from tansiq.coordination.letters import Wanted
from tansiq.coordination.models import FollowUp, LetterKind, RunOfShow, TaskModel
from tansiq.core import journal
from tansiq.core.dates import PartialDate
from tansiq.core.models import Entry
from tansiq.people.models import Organisation
from tansiq.programme import planning
from tansiq.programme.models import Activity
from tests.conftest import EXAMPLES
from tests.desk.test_lists import form_of

NOW = dt.datetime(2020, 6, 1, 9, 0, tzinfo=dt.UTC)
DAY = dt.date(2020, 6, 1)


@pytest.fixture
def ceremony(world_day):
    return world_day.activities.get(slug="ceremony")


def write(activity, kind="invitation", to="unodc", **more):
    wanted = Wanted(LetterKind.objects.get(slug=kind), activity.programme, activity, Organisation.objects.get(slug=to), "ar", **{key: value for key, value in more.items() if key == "earlier"})  # fmt: skip
    return letters.write(wanted, dated=DAY, by=journal.CLI, now=NOW, corrects=more.get("corrects"))


@pytest.fixture
def given_out(ceremony):
    """An invitation, a letter that says no day, and the first issue of the run of show."""
    invitation = write(ceremony)
    letters.send(letter=invitation, on=DAY, by=journal.CLI, now=NOW)
    thanks = write(ceremony, "approval-request", "eu")
    show = RunOfShow(activity=ceremony, items=[{"title": {"ar": "استقبال"}, "minutes": 30, "time": "09:30"}])
    runofshow.save(show, by=journal.CLI, now=NOW)
    issue = runofshow.issue(show=show, by=journal.CLI, now=NOW)
    return {"invitation": invitation, "thanks": thanks, "issue": issue}


def kinds(found):
    return {one.kind for one in found}


def move(activity, day="2020-07-28", **more):
    planning.change(
        activity=Activity.objects.get(pk=activity.pk), when=PartialDate(day), by=journal.CLI, now=NOW, **more
    )


def test_before_a_day_changes_everything_that_shows_or_says_it_is_listed_and_nothing_is_written(ceremony, given_out):
    tasks.prepare(activity=ceremony, model=TaskModel.objects.get(slug="ceremony"), by=journal.CLI, now=NOW)
    entries = Entry.objects.count()
    change, found = impact.of(ceremony, {"when": PartialDate("2020-07-28")})
    assert change.fields == {"when": ["2020-07-27", "2020-07-28"]}
    assert kinds(found) == {"page", "calendar", "invitation", "runofshow", "list"}
    urls = {one.url for one in found}
    assert {f"http://testserver/{code}/activities/ceremony/" for code in ("ar", "fr", "en")} <= urls
    assert "http://testserver/ar/partners/ism-rabat/" in urls
    [calendar] = [one for one in found if one.what == "activities/ceremony/calendar.ics"]
    assert "0" in calendar.why
    assert [one.subject.pk for one in found if one.subject] == [given_out["invitation"].pk, given_out["issue"].pk]
    assert Entry.objects.count() == entries
    assert str(Activity.objects.get(slug="ceremony").when.edtf) == "2020-07-27"


def test_a_letter_that_does_not_say_the_hour_is_not_false_when_it_changes(ceremony, given_out):
    _change, found = impact.of(ceremony, {"mode": "hybrid"})
    assert given_out["thanks"].pk not in [one.subject.pk for one in found if one.subject]
    assert "invitation" not in kinds(found)  # an invitation does not say how one takes part


def test_a_title_a_place_and_a_state_each_find_what_says_them(ceremony, given_out, world_day):
    _change, by_title = impact.of(ceremony, {"title": {"ar": "حفل رسمي"}})
    assert "invitation" in kinds(by_title)
    _change, by_place = impact.of(ceremony, {"place": world_day.activities.get(slug="field-visits").place})
    assert {"invitation", "runofshow"} <= kinds(by_place)
    _change, cancelled = impact.of(ceremony, {"state": "cancelled"})
    assert {"invitation", "runofshow", "calendar"} <= kinds(cancelled)


def test_an_organisation_that_leaves_shows_on_its_own_page_too(ceremony):
    _change, found = impact.of(ceremony, {}, involved=[{"organisation": "cnclt", "role": "organiser"}])
    assert "http://testserver/ar/partners/ism-rabat/" in {one.url for one in found}
    assert "calendar" not in kinds(found)


def test_a_draft_has_no_page_to_become_false(ceremony, given_out):
    planning.withdraw(programme=ceremony.programme, by=journal.CLI, now=NOW)
    _change, found = impact.of(ceremony, {"when": PartialDate("2020-07-28")})
    assert kinds(found) == {"invitation", "runofshow"}


def test_what_the_plan_refuses_is_refused_here_too(ceremony):
    with pytest.raises(planning.OutsideProgramme):
        impact.of(ceremony, {"when": PartialDate("2020-08-02")})


def test_a_move_opens_follow_ups_and_the_updates_close_them(ceremony, given_out):
    move(ceremony)
    assert sorted(FollowUp.objects.values_list("kind", "state")) == [("invitation", "open"), ("runofshow", "open")]
    runofshow.issue(show=RunOfShow.objects.get(), by=journal.CLI, now=NOW)
    moved = Activity.objects.get(slug="ceremony")
    notice = write(moved, "change-notice", earlier=given_out["invitation"], corrects=given_out["invitation"])
    from tansiq.core import docx

    text = docx.text_of(letters.open_file(notice, "docx"))
    assert ("27 يوليوز 2020" in text, "28 يوليوز 2020" in text, given_out["invitation"].number in text) == (
        True,
        True,
        True,
    )
    assert set(FollowUp.objects.values_list("state", flat=True)) == {"done"}


def test_moving_back_makes_it_true_again_and_moving_twice_opens_nothing_twice(ceremony, given_out):
    move(ceremony)
    move(ceremony, "2020-07-29")
    assert FollowUp.objects.filter(state="open").count() == 2
    move(ceremony, "2020-07-27")
    assert set(FollowUp.objects.values_list("state", flat=True)) == {"done"}


def test_a_file_that_moves_it_opens_the_same_follow_ups(ceremony, given_out, tmp_path):
    text = (EXAMPLES / "ma-2020-world-day.yaml").read_text(encoding="utf-8")
    (tmp_path / "sources").mkdir()
    source = "sources/press-release-2020-07-24.ar.txt"
    (tmp_path / source).write_bytes((EXAMPLES / source).read_bytes())
    path = tmp_path / "moved.yaml"
    path.write_text(
        text.replace("when: {date: 2020-07-27, part: morning}", "when: {date: 2020-07-28, part: morning}"),
        encoding="utf-8",
    )
    files.load(files.read(path), by=journal.CLI, now=timezone.now())
    assert FollowUp.objects.filter(state="open").count() == 2


def test_what_nobody_needs_to_be_told_is_put_aside_with_the_reason_and_stays_so(ceremony, given_out):
    move(ceremony)
    row = FollowUp.objects.get(kind="invitation")
    impact.drop(follow_up=row, note="أخبروا هاتفيا", by=journal.CLI, now=NOW)
    row.refresh_from_db()
    assert (row.state, row.note) == ("dropped", "أخبروا هاتفيا")
    impact.settle(Activity.objects.get(slug="ceremony"), by=journal.CLI, now=NOW)
    assert FollowUp.objects.filter(kind="invitation", state="open").count() == 0


def test_the_command_prints_what_it_foresees_and_changes_nothing(ceremony, given_out, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["impact", "ceremony", "--set", "when=2020-07-28", "--set", "time=10:00", "--json"])
    report = json.loads(capsys.readouterr().out)
    assert ended.value.code == 0
    assert report["change"]["set"] == {"when": ["2020-07-27", "2020-07-28"], "starts_at_time": [None, "10:00:00"]}
    assert {"kind", "what", "url", "why"} == set(report["affected"][0])
    assert {"page", "calendar", "invitation", "runofshow"} <= {one["kind"] for one in report["affected"]}
    assert not FollowUp.objects.exists()


@pytest.mark.parametrize(
    ("sets", "says"),
    [("when=غدا", "غدا"), ("when=2020-09-01", "2020-09-01"), ("wen=2020-07-28", "when"), ("state=gone", "announced"), ("organisation=+undoc:host", "unodc"), ("نعم", "--set")],
)  # fmt: skip
def test_the_command_refuses_what_cannot_be_and_says_what_can(ceremony, capsys, sets, says):
    with pytest.raises(SystemExit) as ended:
        cli.main(["impact", "ceremony", "--set", sets])
    assert ended.value.code == 1
    assert says in capsys.readouterr().err


def test_at_the_desk_the_list_comes_first_and_the_second_press_saves(
    secretariat, ceremony, given_out, django_capture_on_commit_callbacks
):
    address = f"/desk/activities/edit/{ceremony.pk}/"
    data = {**form_of(secretariat.get(address)), "when": "2020-07-28", "state": "moved"}
    page = secretariat.post(address, data)
    assert page.status_code == 200
    assert given_out["invitation"].number in page.content.decode()
    assert Activity.objects.get(slug="ceremony").when.edtf == "2020-07-27"
    with django_capture_on_commit_callbacks(execute=True):
        assert secretariat.post(address, form_of(page)).status_code == 302
    assert Activity.objects.get(slug="ceremony").when.edtf == "2020-07-28"
    follow = secretariat.get("/desk/follow-ups/").content.decode()
    assert f"earlier={given_out['invitation'].pk}" in follow
    calendar = icalendar.Calendar.from_ical(Client().get("/ar/activities/ceremony/calendar.ics").content)
    [event] = calendar.walk("VEVENT")
    assert (event["SEQUENCE"], str(event["UID"]).split("@")[0]) == (1, str(ceremony.pk))
    form = form_of(
        secretariat.get(
            f"/desk/letters/write/?kind=change-notice&activity=ceremony&earlier={given_out['invitation'].pk}"
        ),
        "token",
    )
    assert form["earlier"] == str(given_out["invitation"].pk)


def test_another_change_than_the_one_that_was_agreed_to_is_shown_again(secretariat, ceremony):
    address = f"/desk/activities/edit/{ceremony.pk}/"
    agreed = form_of(secretariat.post(address, {**form_of(secretariat.get(address)), "when": "2020-07-28"}))
    assert secretariat.post(address, {**agreed, "when": "2020-07-29"}).status_code == 200
    assert Activity.objects.get(slug="ceremony").when.edtf == "2020-07-27"


def test_two_who_move_the_same_activity_at_once_do_not_overwrite_each_other(secretariat, ceremony):
    address = f"/desk/activities/edit/{ceremony.pk}/"
    mine = form_of(secretariat.get(address))
    move(ceremony)  # somebody else was quicker
    page = secretariat.post(
        address, form_of(secretariat.post(address, {**mine, "when": "2020-07-29", "summary_ar": "نص كتبته"}))
    )
    assert page.status_code == 200
    assert "غير شخص آخر" in page.content.decode()
    assert "نص كتبته" in page.content.decode()
    assert Activity.objects.get(slug="ceremony").when.edtf == "2020-07-28"
