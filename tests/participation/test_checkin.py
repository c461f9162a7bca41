"""Who came to the door: two phones, undoing, people without a place, minutes."""

import datetime as dt
import uuid

import pytest
from django.db import IntegrityError, transaction

from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.core.models import Entry
from tansiq.participation import applicants, attendance, checkin, daylist, doorcode, ownpage, registration
from tansiq.participation.models import Arrival, Attendance, Registration
from tansiq.people import accounts, privacy, retention
from tansiq.people.models import Region
from tests.participation.conftest import NOW

DAY = dt.date(2020, 7, 28)
MORNING = dt.datetime(2020, 7, 28, 8, 5, tzinfo=dt.UTC)  # five past nine in Rabat


@pytest.fixture
def door(seminar):
    """The seminar of one day, from nine to half past twelve."""
    admission = seminar()
    activity = admission.activity
    activity.when, activity.starts_at_time, activity.ends_at_time = "2020-07-28", dt.time(9), dt.time(12, 30)
    activity.save()
    admission.refresh_from_db()
    return admission


@pytest.fixture
def officer(db):
    """officer("MA-09") -> a regional officer of one region; officer() -> the secretariat."""

    def make(region=""):
        user = accounts.create(email=f"door{region}@example.org", password="كلمة سر طويلة 2020", roles=[], now=NOW)
        limit = Region.objects.get(code=region) if region else None
        role = "regional_officer" if region else "secretariat"
        accounts.grant(user=user, role=role, region=limit, by=journal.CLI, now=NOW)
        return user

    return make


def arrive(row, at=MORNING, **more):
    return checkin.check_in(who=row, day=DAY, at=at, by=journal.CLI, now=at, **more)


def shown():
    return [(one.registration.number, one.minutes, one.how) for one in Attendance.objects.all()]


def test_two_phones_that_check_in_one_person_leave_two_rows_and_one_attendance_with_the_earlier_time(door, come):
    row = come(door, 1)
    first, second = uuid.uuid4(), uuid.uuid4()
    late = MORNING + dt.timedelta(minutes=25)
    arrive(row, late, device=uuid.uuid4(), arrival_id=first)
    assert shown() == [(1, 180, "check_in")]
    arrive(row, MORNING, device=uuid.uuid4(), arrival_id=second)
    assert shown() == [(1, 205, "check_in")]
    assert Arrival.objects.filter(state="counted").count() == 2
    one = Attendance.objects.get()
    assert (one.evidence_id, one.intervals[0][2]) == (second, str(second))
    assert attendance.minutes_of(Registration.objects.all()) == {row.pk: 205}
    assert {pk: one.at for pk, one in daylist.came(door.activity, DAY).items()} == {row.pk: MORNING}


def test_online_twice_is_once(door, come):
    row = come(door, 1)
    assert arrive(row).pk == arrive(row, MORNING + dt.timedelta(hours=1)).pk
    assert Arrival.objects.count() == 1
    assert Entry.objects.filter(verb="participation.check_in").count() == 1


def test_minutes_begin_with_the_activity_and_are_none_after_its_end(door, come):
    early, late = come(door, 1), come(door, 2)
    arrive(early, MORNING - dt.timedelta(hours=1))
    arrive(late, MORNING + dt.timedelta(hours=8))
    assert shown() == [(1, 210, "check_in"), (2, 0, "check_in")]


def test_without_hours_nothing_is_guessed_and_the_minutes_are_counted_when_they_are_known(door, come):
    row = come(door, 1)
    activity = door.activity
    activity.starts_at_time = activity.ends_at_time = None
    activity.save()
    arrive(Registration.objects.get(pk=row.pk))
    assert shown() == [(1, 0, "check_in")]
    activity.agenda = [{"title": {"ar": "الافتتاح"}, "time": "09:00", "end_time": "10:00"}, {"title": {"ar": "الورشة"}, "time": "10:00", "end_time": "12:00"}]  # fmt: skip
    activity.save()
    door.refresh_from_db()
    assert checkin.recount(activity=door.activity, by=journal.CLI, now=NOW) == 1
    assert shown() == [(1, 175, "check_in")]
    assert checkin.recount(activity=door.activity, by=journal.CLI, now=NOW) == 0


def test_undone_at_the_desk_it_counts_no_more_and_an_older_check_in_of_a_phone_goes_to_the_desk(door, come):
    row = come(door, 1)
    arrive(row, arrival_id=uuid.uuid4())
    noon = MORNING + dt.timedelta(hours=3)
    with pytest.raises(checkin.NoReason):
        checkin.undo(who=row, day=DAY, because=" ", by=journal.CLI, now=noon)
    assert checkin.undo(who=row, day=DAY, because="اسم مشابه", by=journal.CLI, now=noon) == 1
    assert shown() == []
    with pytest.raises(checkin.NothingToUndo):
        checkin.undo(who=row, day=DAY, because="اسم مشابه", by=journal.CLI, now=noon)
    # Another phone was without a network since the morning: it does not bring back what was undone.
    old = arrive(row, MORNING + dt.timedelta(minutes=5), arrival_id=uuid.uuid4())
    assert (old.state, old.why) == ("decide", "undone")
    assert shown() == []
    # Who comes after the undoing is here.
    assert arrive(row, noon + dt.timedelta(minutes=1), arrival_id=uuid.uuid4()).state == "counted"
    assert [one[1] for one in shown()] == [24]
    assert "اسم مشابه" not in str(list(Entry.objects.values_list("changes", flat=True)))


def test_taken_back_at_the_door_the_other_phone_s_check_in_stays(door, come):
    row = come(door, 1)
    mine = arrive(row, MORNING, arrival_id=uuid.uuid4())
    arrive(row, MORNING + dt.timedelta(minutes=25), arrival_id=uuid.uuid4())
    for _twice in range(2):
        taken = checkin.take_back(arrival=mine, because="ضغطة خاطئة", by=journal.CLI, now=MORNING)
    assert taken.state == "back"
    assert shown() == [(1, 180, "check_in")]
    assert Entry.objects.filter(verb="participation.undo_check_in").count() == 1


@pytest.mark.parametrize(
    ("state", "why"),
    [("waiting", "waiting"), ("cancelled", "no_place"), ("declined", "no_place"), ("applied", "no_place")],
)
def test_whoever_has_no_place_is_noted_apart_until_the_desk_decides(door, come, state, why):
    row = come(door, 1)
    Registration.objects.filter(pk=row.pk).update(state=state, has_place=False)
    one = arrive(row)
    assert (one.state, one.why, shown()) == ("decide", why, [])
    checkin.decide(arrival=one, who=row, because="بقيت مقاعد", by=journal.CLI, now=MORNING)
    assert shown() == [(1, 205, "check_in")]
    with pytest.raises(checkin.Decided):
        checkin.decide(arrival=one, who=None, because="لا", by=journal.CLI, now=MORNING)


def walk_in(door, name="زائرة متخيلة", **more):
    values = {"organisation_name": "جمعية متخيلة", "day": DAY, "at": MORNING, "by": journal.CLI, "now": MORNING, **more}
    return checkin.walk_in(activity=door.activity, name=name, **values)


def test_somebody_who_is_not_on_the_list_is_counted_apart_then_enrolled_by_the_rules_of_all(door, come):
    one = walk_in(door)
    assert (str(one), one.state, one.why, shown()) == ("زائرة متخيلة", "decide", "unlisted", [])
    applicant = applicants.Applicant(name={"ar": one.name}, region="MA-09", organisation_name=one.organisation_name)
    done = checkin.enrol(arrival=one, applicant=applicant, by=journal.CLI, now=MORNING)
    assert (done.state, done.registration.state, done.registration.how) == ("counted", "confirmed", "desk")
    assert shown() == [(1, 205, "check_in")]
    with pytest.raises(checkin.Decided):
        checkin.enrol(arrival=done, applicant=applicant, by=journal.CLI, now=MORNING)


def test_the_desk_says_who_it_was_or_that_it_does_not_count_with_a_reason(door, come, seminar):
    row = come(door, 1)
    known, stranger = walk_in(door, "مشاركة"), walk_in(door)
    checkin.decide(arrival=known, who=row, because="", by=journal.CLI, now=MORNING)
    assert shown() == [(1, 205, "check_in")]
    with pytest.raises(checkin.NoReason):
        checkin.decide(arrival=stranger, who=None, because="", by=journal.CLI, now=MORNING)
    checkin.decide(arrival=stranger, who=None, because="سائق", by=journal.CLI, now=MORNING)
    assert Arrival.objects.get(pk=stranger.pk).state == "not"


@pytest.mark.parametrize("name", ["", "  ", "12345", "‮mohamed", "\u0000x"])
def test_a_name_that_is_none_is_refused(door, name):
    with pytest.raises(Refused):
        walk_in(door, name)
    assert not Arrival.objects.exists()


def test_a_long_name_and_a_formula_are_kept_as_text(door):
    assert len(walk_in(door, "ا" * 300).name) == 120
    assert walk_in(door, "=cmd|' /C calc'!A0").name == "=cmd|' /C calc'!A0"


@pytest.mark.parametrize("day", [dt.date(2020, 7, 27), dt.date(2021, 7, 28)])
def test_another_day_than_the_activity_s_is_refused(door, come, day):
    row = come(door, 1)
    with pytest.raises(daylist.NotThatDay):
        checkin.check_in(who=row, day=day, at=MORNING, by=journal.CLI, now=MORNING)
    with pytest.raises(daylist.NotThatDay):
        walk_in(door, day=day)


def test_an_activity_without_a_day_has_no_door(seminar):
    admission = seminar()
    assert daylist.days_of(admission.activity) == []
    assert daylist.doors(accounts.create(email="a@example.org", password="كلمة سر طويلة 2020", roles=["secretariat"], now=NOW), today=DAY) == []  # fmt: skip


def test_an_activity_of_three_days_has_three_doors_and_a_day_each(door, come):
    door.activity.when = "2020-07-27/2020-07-29"
    door.activity.save()
    door.refresh_from_db()
    row = come(door, 1)
    for number in (27, 28):
        at = MORNING.replace(day=number)
        checkin.check_in(who=row, day=dt.date(2020, 7, number), at=at, by=journal.CLI, now=at)
    assert [one.day.day for one in Attendance.objects.order_by("day")] == [27, 28]


# --- The list of the day --------------------------------------------------------------------------------------------


def test_the_list_holds_no_more_than_is_needed_and_says_when_it_goes(door, come, officer):
    row, cancelled = come(door, 1), come(door, 2)
    registration.cancel(registration=cancelled, by=journal.CLI, now=NOW)
    arrive(row)
    found = daylist.hand_out(activity=door.activity, day=DAY, by=officer(), now=MORNING)
    assert set(found) == {"activity", "title", "day", "people", "zone", "taken_at", "expires_at"}
    assert found["expires_at"] == "2020-07-29T04:00:00+01:00"
    assert found["people"][0] == {
        "id": str(row.pk), "number": 1, "name": ["مشاركة ب", "Participante B"], "region": "سوس ماسة", "state": "confirmed",
        "mark": doorcode.mark(doorcode.of(row)), "in": MORNING.isoformat(),
    }  # fmt: skip
    assert [one["state"] for one in found["people"]] == ["confirmed", "cancelled"]
    assert "@" not in str(found)
    entry = Entry.objects.get(verb="participation.hand_out_list")
    assert entry.changes == {"day": [None, "2020-07-28"], "people": [None, 2]}


def test_a_role_limited_to_a_region_gets_its_own_people_alone(door, come, officer):
    come(door, 1, region="MA-09")
    theirs = come(door, 2, region="MA-04")
    user = officer("MA-09")
    assert [row for row, _day in daylist.doors(user, today=DAY)] == [door.activity]
    found = daylist.hand_out(activity=door.activity, day=DAY, by=user, now=MORNING)
    assert [one["number"] for one in found["people"]] == [1]
    assert daylist.doors(officer("MA-12"), today=DAY) == []
    assert not daylist.registered(door.activity, user).filter(pk=theirs.pk).exists()


def test_the_list_is_given_from_three_days_before_until_the_night_after(door, officer):
    user = officer()
    for now in (MORNING - dt.timedelta(days=4), MORNING + dt.timedelta(days=1)):
        with pytest.raises(daylist.NotThatDay):
            daylist.hand_out(activity=door.activity, day=DAY, by=user, now=now)
    for now in (MORNING - dt.timedelta(days=3), MORNING + dt.timedelta(hours=18)):
        assert daylist.hand_out(activity=door.activity, day=DAY, by=user, now=now)["people"] == []
    assert daylist.doors(user, today=DAY - dt.timedelta(days=4)) == []
    assert [day for _row, day in daylist.doors(user, today=DAY - dt.timedelta(days=3))] == [DAY]


def test_a_cancelled_activity_has_no_door(door, officer):
    door.activity.state = "cancelled"
    door.activity.save()
    assert daylist.doors(officer(), today=DAY) == []


# --- The code -------------------------------------------------------------------------------------------------------


def test_a_code_finds_its_person_alone_and_dies_with_the_personal_link(door, come):
    one, other = come(door, 1), come(door, 2)
    code = doorcode.of(one)
    assert doorcode.find(door.activity, code) == one
    assert doorcode.find(door.activity, f" {code.lower().replace('-', '')} ") == one
    assert doorcode.find(door.activity, doorcode.of(other).replace("-2-", "-1-")) is None
    for wrong in ("", "TQ", code[:-1], code + "A", "TQ-999999-" + "A" * 16, "<script>", ownpage.token(one)):
        assert doorcode.find(door.activity, wrong) is None
    one.link_version += 1
    one.save()
    assert doorcode.find(door.activity, code) is None


def test_the_code_opens_no_page_and_names_nobody(door, come, client):
    row = come(door, 1)
    code = doorcode.of(row)
    assert client.get(f"/p/{code}/").status_code == 404
    checked = client.get(f"/v/{code}").content.decode()
    assert all(name not in checked for name in row.person.name.values())
    assert "verdict-unknown" in checked
    assert str(row.pk) not in code


# --- Always true ----------------------------------------------------------------------------------------------------


def test_the_database_refuses_a_counted_arrival_of_nobody(door):
    with pytest.raises(IntegrityError), transaction.atomic():
        Arrival.objects.create(activity=door.activity, day=DAY, at=MORNING, state="counted", recorded_at=MORNING)


# --- What is held of a person ---------------------------------------------------------------------------------------


def test_who_came_is_given_out_and_a_name_given_at_the_door_is_erased(door, come):
    row = come(door, 1)
    arrive(row)
    guest = walk_in(door, str(row.person))
    stranger = walk_in(door)
    found = privacy.export(row.person)["arrivals"]
    assert [(one["day"], one["state"], one["name"]) for one in found] == [
        ("2020-07-28", "counted", ""), ("2020-07-28", "decide", str(row.person)),
    ]  # fmt: skip
    privacy.erase(row.person, by=journal.CLI, now=NOW)
    assert Arrival.objects.get(pk=guest.pk).name == ""
    assert Arrival.objects.get(pk=stranger.pk).name == "زائرة متخيلة"
    assert Arrival.objects.filter(state="counted").count() == 1


def test_after_a_year_the_names_of_those_who_were_not_on_the_list_go(door, come):
    arrive(come(door, 1))
    walk_in(door)
    retention.run(now=MORNING + dt.timedelta(days=364))
    assert Arrival.objects.count() == 2
    retention.run(now=MORNING + dt.timedelta(days=366))
    assert list(Arrival.objects.values_list("state", flat=True)) == ["counted"]
