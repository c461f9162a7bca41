"""Tasks: counted back from the day, done with evidence and in order, moved with the activity, recalled by mail."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from tansiq.coordination import functions, tasks
from tansiq.coordination.models import Function, Task, TaskModel
from tansiq.core import journal
from tansiq.core.dates import PartialDate
from tansiq.core.errors import Refused
from tansiq.core.models import Entry, Message
from tansiq.people import privacy
from tansiq.people.models import User
from tansiq.programme import planning
from tansiq.programme.models import Activity

# A Monday of May 2020, ten weeks before the programme; 08:00 in Rabat.
NOW = dt.datetime(2020, 5, 18, 7, 0, tzinfo=dt.UTC)


@pytest.fixture
def model(db):
    return TaskModel.objects.create(
        slug="liqaa", title={"ar": "لقاء"}, reference_language="ar", kinds=["ceremony"],
        tasks=[
            {"id": "venue", "title": {"ar": "حجز القاعة"}, "days": 70, "owner": "lujistik", "evidence": {"ar": "جواب موقع"}},
            {"id": "invite", "title": {"ar": "توجيه الدعوات"}, "days": 21, "owner": "marasim", "after": ["venue"]},
            {"id": "thanks", "title": {"ar": "رسائل الشكر"}, "days": -7, "owner": "marasim", "after": ["invite"]},
        ],
    )  # fmt: skip


@pytest.fixture
def offices(db):
    holder = User.objects.create_user("amina@example.org", language="ar")
    delegate = User.objects.create_user("brahim@example.org", language="fr")
    return {
        slug: Function.objects.create(
            slug=slug, name={"ar": name}, reference_language="ar", holder=holder, delegate=delegate
        )
        for slug, name in (("lujistik", "اللوجستيك"), ("marasim", "المراسم"))
    }


@pytest.fixture
def ceremony(world_day, model, offices):
    activity = world_day.activities.get(slug="ceremony")
    tasks.prepare(activity=activity, model=model, by=journal.CLI, now=NOW)
    return activity


def dues(activity):
    return {task.key.rpartition("/")[2]: str(task.due) for task in activity.tasks.all()}


def task(activity, name):
    return activity.tasks.get(key__endswith=f"/{name}")


def test_a_model_gives_an_activity_its_tasks_with_dates_counted_back_from_the_day(ceremony):
    assert dues(ceremony) == {"venue": "2020-05-18", "invite": "2020-07-06", "thanks": "2020-08-03"}
    invite = task(ceremony, "invite")
    assert invite.owner.slug == "marasim"
    assert [one.key for one in invite.after.all()] == ["ceremony/liqaa/venue"]


def test_preparing_again_makes_nothing_and_leaves_what_was_changed(ceremony, model):
    changed = task(ceremony, "invite")
    changed.title = {"ar": "دعوات مكتوبة"}
    changed.save()
    assert tasks.prepare(activity=ceremony, model=model, by=journal.CLI, now=NOW) == []
    assert task(ceremony, "invite").title["ar"] == "دعوات مكتوبة"


def test_an_activity_without_a_day_is_counted_from_the_first_day_on_which_it_may_be(world_day, model, offices):
    seminar = world_day.activities.get(slug="seminar")
    tasks.prepare(activity=seminar, model=model, by=journal.CLI, now=NOW)
    assert dues(seminar)["venue"] == "2020-05-18"


def test_without_any_day_nothing_is_made_and_the_reason_is_said(world_day, model):
    world_day.period = PartialDate("")
    world_day.save()
    seminar = Activity.objects.get(slug="seminar")
    seminar.within = PartialDate("")
    seminar.save()
    with pytest.raises(tasks.NoDay, match="تاريخ"):
        tasks.prepare(activity=Activity.objects.get(slug="seminar"), model=model, by=journal.CLI, now=NOW)
    assert not Task.objects.exists()


def test_the_tasks_move_with_the_activity_and_a_fixed_date_stays(ceremony):
    own = Task(programme=ceremony.programme, activity=ceremony, title={"ar": "لقاء"}, reference_language="ar", due=dt.date(2020, 7, 1))  # fmt: skip
    tasks.add(own, by=journal.CLI, now=NOW)
    planning.change(activity=ceremony, when=PartialDate("2020-07-28"), by=journal.CLI, now=NOW)
    found = dues(ceremony)
    assert (found["venue"], found["thanks"], found[str(own.pk)]) == ("2020-05-19", "2020-08-04", "2020-07-01")
    assert Entry.objects.filter(verb="coordination.recount").count() == 3


def test_a_wider_period_moves_the_tasks_of_what_has_no_day_of_its_own(world_day, model, offices):
    seminar = world_day.activities.get(slug="seminar")
    seminar.within = PartialDate("")
    seminar.save()
    tasks.prepare(activity=seminar, model=model, by=journal.CLI, now=NOW)
    world_day.refresh_from_db()
    world_day.period = PartialDate.parse("2020-07-20/2020-07-29")
    from tansiq.core import records

    records.change(world_day, by=journal.CLI, now=NOW)
    assert dues(seminar)["venue"] == "2020-05-11"


def test_a_task_is_done_only_after_those_that_come_first_and_with_what_shows_it(ceremony):
    with pytest.raises(tasks.OthersFirst) as refused:
        tasks.finish(task=task(ceremony, "invite"), by=journal.CLI, now=NOW)
    assert [one.key for one in refused.value.tasks] == ["ceremony/liqaa/venue"]
    with pytest.raises(tasks.EvidenceMissing, match="جواب موقع"):
        tasks.finish(task=task(ceremony, "venue"), evidence="  ", by=journal.CLI, now=NOW)
    tasks.finish(task=task(ceremony, "venue"), evidence="رسالة رقم 12", by=journal.CLI, now=NOW)
    tasks.finish(task=task(ceremony, "invite"), by=journal.CLI, now=NOW)
    done = task(ceremony, "venue")
    assert (done.state, done.done_date, done.evidence) == ("done", dt.date(2020, 5, 18), "رسالة رقم 12")


def test_finishing_twice_writes_once_and_a_task_can_be_taken_up_again(ceremony):
    for _twice in range(2):
        tasks.finish(task=task(ceremony, "venue"), evidence="جواب", by=journal.CLI, now=NOW)
    assert Entry.objects.filter(verb="coordination.finish").count() == 1
    tasks.set_aside(task=task(ceremony, "venue"), is_needed=True, by=journal.CLI, now=NOW)
    again = task(ceremony, "venue")
    assert (again.state, again.done_date, again.evidence) == ("open", None, "جواب")
    assert Entry.objects.get(verb="coordination.set_aside").changes == {"state": ["done", "open"]}


def test_what_is_not_needed_holds_nobody_up(ceremony):
    tasks.set_aside(task=task(ceremony, "venue"), by=journal.CLI, now=NOW)
    assert tasks.finish(task=task(ceremony, "invite"), by=journal.CLI, now=NOW).state == "done"


def test_a_task_that_would_wait_for_itself_is_refused(ceremony):
    venue = task(ceremony, "venue")
    with pytest.raises(Refused, match="نفسها"):
        tasks.change(venue, by=journal.CLI, now=NOW, related={"after": [task(ceremony, "thanks")]})
    assert not task(ceremony, "venue").after.exists()


def test_late_is_a_matter_of_the_day(ceremony):
    venue = task(ceremony, "venue")
    assert not venue.is_late(dt.date(2020, 5, 18))
    assert venue.is_late(dt.date(2020, 5, 19))
    tasks.finish(task=venue, evidence="جواب", by=journal.CLI, now=NOW)
    assert not task(ceremony, "venue").is_late(dt.date(2020, 6, 1))


def test_the_delegate_acts_during_an_absence_and_only_then(offices):
    office = offices["marasim"]
    office.away_from, office.away_until = dt.date(2020, 7, 1), dt.date(2020, 7, 15)
    office.save()
    acting = {day: functions.acting(office, dt.date(2020, 7, day) if day else dt.date(2020, 6, 30)).email for day in (0, 1, 15, 16)}  # fmt: skip
    assert acting == {
        0: "amina@example.org",
        1: "brahim@example.org",
        15: "brahim@example.org",
        16: "amina@example.org",
    }
    brahim = office.delegate
    assert [one.slug for one in functions.of_user(brahim, dt.date(2020, 7, 2))] == ["marasim"]
    assert functions.of_user(brahim, dt.date(2020, 7, 20)) == []


def test_each_person_gets_one_mail_a_day_with_what_is_late_and_what_comes(ceremony):
    assert tasks.remind(now=NOW) == 1
    assert tasks.remind(now=NOW + dt.timedelta(hours=3)) == 0
    mail = Message.objects.get()
    assert (mail.to_address, mail.language) == ("amina@example.org", "ar")
    assert "2020-05-18  حجز القاعة" in mail.body
    assert "توجيه الدعوات" not in mail.body  # due in seven weeks
    assert "حجز" not in mail.subject  # others may read it over the person's shoulder


def test_no_mail_comes_before_seven_nor_at_a_weekend_nor_where_nothing_is_near(ceremony):
    early = dt.datetime(2020, 5, 18, 5, 0, tzinfo=dt.UTC)  # 05:00 or 06:00 in Rabat
    saturday = dt.datetime(2020, 5, 16, 9, 0, tzinfo=dt.UTC)
    thursday = dt.datetime(2020, 5, 14, 9, 0, tzinfo=dt.UTC)  # the venue is due on Monday: told on Monday
    assert [tasks.remind(now=when) for when in (early, saturday, thursday)] == [0, 0, 0]
    assert not Message.objects.exists()


def test_what_became_late_yesterday_is_told_today_whatever_the_weekday(ceremony):
    assert tasks.remind(now=NOW + dt.timedelta(days=1)) == 1
    late, _blank, _rest = Message.objects.get().body.partition("\n\n")
    assert late.splitlines()[1:] == ["- 2020-05-18  حجز القاعة"]


def test_the_mail_goes_to_who_stands_in_and_in_that_language(ceremony, offices):
    Function.objects.update(away_from=dt.date(2020, 5, 1), away_until=dt.date(2020, 5, 31))
    tasks.remind(now=NOW)
    mail = Message.objects.get()
    assert (mail.to_address, mail.language) == ("brahim@example.org", "fr")


def test_an_erased_person_leaves_the_office_vacant(offices):
    amina = offices["marasim"].holder
    assert [row["function"] for row in privacy.export(amina)["functions"]] == ["lujistik", "marasim"]
    privacy.erase(amina, by=journal.CLI, now=timezone.now())
    assert list(Function.objects.exclude(holder=None)) == []
    assert privacy.export(amina)["functions"] == []


def test_a_user_sees_the_tasks_of_the_own_office_and_a_stranger_none(ceremony, offices):
    from tansiq.people.models import Organisation, RoleGrant

    unodc = Organisation.objects.get(slug="unodc")
    stranger = User.objects.create_user("partner@example.org", is_staff=True)
    RoleGrant.objects.create(user=stranger, role="partner", organisation=unodc)
    assert list(Task.objects.visible_to(stranger)) == []
    Function.objects.filter(slug="marasim").update(organisation=unodc)
    assert {one.owner.slug for one in Task.objects.visible_to(stranger)} == {"marasim"}
