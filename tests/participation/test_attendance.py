"""From reports to who was there: matched with those who registered, decided where it is not certain, counted by day."""

import datetime as dt
import json

import pytest
from django.utils import translation

from tansiq.core import journal
from tansiq.core.models import Entry
from tansiq.participation import applicants, attendance, registration
from tansiq.participation.models import Attendance, Identity

DAY = dt.date(2020, 7, 28)
NOW = dt.datetime(2020, 7, 28, 18, 0, tzinfo=dt.UTC)
# Fictional people, as they wrote themselves when they registered.
PEOPLE = [
    ({"ar": "خديجة آيت واحي", "fr": "Khadija Aït Ouahi"}, "khadija@example.org"),
    ({"ar": "يوسف بنجلون", "fr": "Youssef Benjelloun"}, "youssef@example.org"),
    ({"ar": "كريمة التازي"}, "karima@example.org"),
    ({"ar": "محمد العلوي", "fr": "Mohamed Alaoui"}, "m1@example.org"),
    ({"ar": "محمد العلوي", "fr": "Mohamed Alaoui"}, "m2@example.org"),
]


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.fixture
def course(seminar):
    """course(**values) -> the seminar on its day, with five people who have a place."""

    def make(**values):
        row = seminar(**values)
        row.activity.when, row.activity.within = (
            row.activity.when.parse("2020-07-28"),
            row.activity.within.parse("unknown"),
        )
        row.activity.save()
        for name, email in PEOPLE:
            registration.register(
                admission=row, how="file", by=journal.CLI, now=NOW - dt.timedelta(days=5),
                applicant=applicants.Applicant(name=name, email=email, region="MA-04", language="ar"),
            )  # fmt: skip
        return row

    return make


def report(*rows, day="2020-07-28", name="report.csv"):
    """A Zoom report: name, e-mail, joined, left."""
    head = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,In Waiting Room\n"
    lines = [
        f"{who},{mail},{day} {start}:00,{day} {end}:00,{_long(start, end)},Yes,No" for who, mail, start, end in rows
    ]
    return name, (head + "\n".join(lines) + "\n").encode()


def _long(start, end):
    (a, b), (c, d) = start.split(":"), end.split(":")
    return int(c) * 60 + int(d) - int(a) * 60 - int(b)


def read(admission, *files):
    return attendance.read(admission, attendance.load(admission, files))


def apply(admission, *files):
    return attendance.apply(admission=admission, loaded=attendance.load(admission, files), by=journal.CLI, now=NOW)


def people(reading):
    """{number: (minutes, matched_by)}"""
    return {one.registration.number: (sum(one.minutes.values()), one.matched_by) for one in reading.people}


def number(admission, which):
    return admission.registrations.get(number=which)


def test_each_kind_of_evidence_finds_its_person_and_says_which_it_was(course):
    admission = course()
    reading = read(
        admission,
        report(
            ("iPhone de K", "KHADIJA@example.org", "10:00", "11:00"),
            ("Youssef Benjelloun", "", "10:00", "11:30"),
            ("Karima Tazi", "", "10:00", "10:40"),
        ),
    )
    assert people(reading) == {1: (60, "email"), 2: (90, "spelling"), 3: (40, "comparison")}
    assert (reading.to_decide, reading.rows) == ([], 3)


def test_the_id_of_the_personal_link_tells_who_it_is_whatever_the_name(course):
    admission = course()
    two = number(admission, 2)
    rows = [
        {"ext_id": str(two.pk), "name": "Samsung A12", "joined": "2020-07-28T09:00:00Z", "left": "2020-07-28T10:00:00Z"}
    ]
    reading = read(admission, table(rows))
    assert people(reading) == {2: (60, "join_link")}


def table(rows):
    lines = ["join id;name;joined;left"] + [";".join(row.values()) for row in rows]
    return "table.csv", "\n".join(lines).encode()


def test_two_people_of_one_name_are_never_told_apart_by_the_name_alone(course):
    admission = course()
    reading = read(admission, report(("Mohamed Alaoui", "", "10:00", "11:00")))
    assert reading.people == []
    [open_one] = reading.to_decide
    assert {one.registration.number for one in open_one.candidates} == {4, 5}
    assert all(one.score == 1 and one.why for one in open_one.candidates)


def test_a_name_like_nobody_s_is_left_to_a_person_and_a_host_is_not(course):
    admission = course()
    with_host = b"Name,User Email,Join Time,Leave Time,Duration (Minutes),Role\nSupport Salle,,2020-07-28 10:00:00,2020-07-28 12:00:00,120,Host\nGalaxy Tab,,2020-07-28 10:00:00,2020-07-28 12:00:00,120,Attendee\n"
    reading = read(admission, ("r.csv", with_host))
    assert [one.shown.name for one in reading.to_decide] == ["Galaxy Tab"]
    assert [(one.name, one.why) for one in reading.ignored] == [
        ("Support Salle", "Runs the meeting, and is not registered.")
    ]


def test_a_link_that_somebody_else_used_goes_to_a_person_with_both_before_him(course):
    """The address is the one's, the name for certain the other's."""
    admission = course()
    reading = read(admission, report(("Youssef Benjelloun", "khadija@example.org", "10:00", "11:00")))
    assert reading.people == []
    assert [one.registration.number for one in reading.to_decide[0].candidates] == [1, 2]
    assert reading.to_decide[0].candidates[0].why == "The e-mail address is theirs."


def test_two_accounts_of_one_name_are_not_one_person_until_somebody_says_so(course):
    admission = course()
    reading = read(
        admission,
        report(
            ("Youssef Benjelloun", "a@example.com", "10:00", "11:00"),
            ("Youssef Benjelloun", "b@example.com", "10:00", "11:00"),
        ),
    )
    assert reading.people == []
    assert [one.shown.first.email for one in reading.to_decide] == ["a@example.com", "b@example.com"]


def test_two_devices_of_one_person_count_once(course):
    admission = course()
    rows = [("Youssef Benjelloun", "", "10:00", "11:00"), ("Youssef Benjelloun", "", "10:30", "11:30")]
    assert people(read(admission, report(*rows))) == {2: (90, "spelling")}


def test_a_name_that_nobody_has_connected_twice_at_once_is_decided_row_by_row(course):
    admission = course()
    apply(
        admission,
        report(
            ("iPhone", "", "10:00", "11:00"),
            ("iPhone", "", "10:00", "10:45"),
            ("Youssef Benjelloun", "", "10:00", "10:01"),
        ),
    )
    one, other = admission.identities.filter(is_open=True).order_by("key")
    attendance.decide(identity=one, registration=number(admission, 1), by=journal.CLI, now=NOW)
    attendance.decide(identity=other, registration=number(admission, 3), by=journal.CLI, now=NOW)
    assert sorted(Attendance.objects.values_list("registration__number", "minutes")) == [(1, 60), (2, 1), (3, 45)]


def test_applying_keeps_the_minutes_of_the_day_and_the_same_report_again_changes_nothing(course):
    admission = course()
    file = report(("Youssef Benjelloun", "", "10:00", "11:00"), ("Galaxy", "", "10:00", "11:00"))
    apply(admission, file)
    before = list(Attendance.objects.values()), list(Identity.objects.values()), Entry.objects.count()
    apply(admission, file)
    assert (list(Attendance.objects.values()), list(Identity.objects.values()), Entry.objects.count()) == before
    [row] = Attendance.objects.all()
    assert (row.day, row.minutes, row.how, row.registration.number) == (DAY, 60, "report", 2)
    assert [(one.name, one.is_open) for one in Identity.objects.order_by("name")] == [
        ("Galaxy", True),
        ("Youssef Benjelloun", False),
    ]


def test_the_morning_and_the_afternoon_are_two_reports_and_one_day(course):
    admission = course()
    apply(admission, report(("Youssef Benjelloun", "", "09:00", "12:00"), name="am.csv"))
    apply(admission, report(("يوسف بنجلون", "", "11:30", "15:00"), name="pm.csv"))
    [row] = Attendance.objects.all()
    assert row.minutes == 360
    assert len(row.intervals) == 1


def test_a_decision_counts_at_once_and_is_remembered_for_the_next_report(course):
    admission = course()
    apply(
        admission, report(("K. A. Ouahi Formation", "", "10:00", "11:00"), ("Youssef Benjelloun", "", "10:00", "11:00"))
    )
    open_one = admission.identities.get(is_open=True)
    attendance.decide(identity=open_one, registration=number(admission, 1), by=journal.CLI, now=NOW)
    assert sorted(Attendance.objects.values_list("registration__number", "minutes")) == [(1, 60), (2, 60)]
    reading = read(admission, report(("K. A. Ouahi Formation", "", "15:00", "16:00"), name="next.csv"))
    assert people(reading) == {1: (60, "decision")}


def test_what_was_decided_of_a_single_word_is_not_remembered(course):
    """The iPhone of this morning is not the iPhone of tomorrow."""
    admission = course()
    apply(admission, report(("iPhone", "", "10:00", "11:00"), ("Youssef Benjelloun", "", "10:00", "11:00")))
    attendance.decide(
        identity=admission.identities.get(is_open=True), registration=number(admission, 1), by=journal.CLI, now=NOW
    )
    reading = read(admission, report(("iPhone", "", "15:00", "16:00"), name="next.csv"))
    assert [one.shown.name for one in reading.to_decide] == ["iPhone"]


def test_a_decision_is_taken_back_and_the_minutes_go_with_it(course):
    admission = course()
    apply(admission, report(("Délégation Agadir", "", "10:00", "11:00"), ("Youssef Benjelloun", "", "10:00", "11:00")))
    one = admission.identities.get(is_open=True)
    one = attendance.decide(identity=one, registration=number(admission, 1), by=journal.CLI, now=NOW)
    attendance.decide(identity=one, registration=None, by=journal.CLI, now=NOW)
    assert list(Attendance.objects.values_list("registration__number", flat=True)) == [2]
    reading = read(admission, report(("Délégation Agadir", "", "10:00", "11:00"), name="next.csv"))
    assert [(one.name, one.why) for one in reading.ignored] == [
        ("Délégation Agadir", "Somebody decided that this is nobody of the registered.")
    ]


def test_a_certain_match_can_be_corrected_and_the_correction_is_the_last_word(course):
    admission = course()
    apply(admission, report(("Youssef Benjelloun", "", "10:00", "11:00"), name="am.csv"))
    apply(admission, report(("Youssef Benjelloun", "", "14:00", "15:00"), name="pm.csv"))
    one = admission.identities.filter(name="Youssef Benjelloun").first()
    attendance.decide(identity=one, registration=number(admission, 4), by=journal.CLI, now=NOW)
    assert list(Attendance.objects.values_list("registration__number", "minutes")) == [(4, 120)]


def test_who_registers_later_is_found_by_looking_again(course):
    admission = course()
    apply(admission, report(("Nour-Eddine Tazi", "", "10:00", "11:00"), ("Youssef Benjelloun", "", "10:00", "11:00")))
    late = applicants.Applicant(name={"ar": "نور الدين التازي"}, email="n@example.org", region="MA-04", language="ar")
    registration.register(admission=admission, applicant=late, how="desk", by=journal.CLI, now=NOW)
    assert attendance.look_again(admission=admission, by=journal.CLI, now=NOW) == 0
    assert sorted(Attendance.objects.values_list("registration__number", flat=True)) == [2, 6]


def test_a_report_of_another_day_is_refused_with_both_days(course):
    admission = course()
    file = report(("Youssef Benjelloun", "", "10:00", "11:00"), day="2020-07-21")
    assert [one.why for one in read(admission, file).ignored] == [
        "This was on 2020-07-21, and the activity is on another day."
    ]
    with pytest.raises(attendance.AnotherMeeting, match="2020-07-21"):
        apply(admission, file)
    assert not admission.reports.exists()


def test_a_report_where_nobody_is_ours_is_refused(course):
    admission = course()
    rows = [(f"Xqz{n} Wvk{n}", "", "10:00", "11:00") for n in range(4)]
    with pytest.raises(attendance.AnotherMeeting, match="Of 4 people in this report nobody is registered"):
        apply(admission, report(*rows))


def test_minutes_decide_who_was_there_and_another_number_of_minutes_says_it_anew_with_a_line_each(course):
    admission = course(certificate={"minutes": 60})
    apply(admission, report(("Youssef Benjelloun", "", "10:00", "11:30"), ("Khadija Aït Ouahi", "", "10:00", "10:59")))
    assert dict(admission.registrations.values_list("number", "attended")) == {
        1: False,
        2: True,
        3: False,
        4: False,
        5: False,
    }
    assert attendance.set_threshold(admission=admission, least=30, by=journal.CLI, now=NOW) == 1
    assert number(admission, 1).attended is True
    entry = Entry.objects.filter(verb="participation.attend", subject_id=number(admission, 1).pk).order_by("id").last()
    assert entry.changes == {"attended": [False, True], "minutes": [None, 59], "least": [None, 30]}
    assert attendance.set_threshold(admission=admission, least=30, by=journal.CLI, now=NOW) == 0


def test_a_signed_sheet_counts_and_of_two_kinds_the_longer_does(course):
    admission = course()
    apply(admission, report(("Youssef Benjelloun", "", "10:00", "11:00")))
    one, two = number(admission, 1), number(admission, 2)
    signed = {one.pk: 240, two.pk: 30}
    assert attendance.sign(admission=admission, day=DAY, signed=signed, by=journal.CLI, now=NOW) == 2
    assert attendance.minutes_of([one, two]) == {one.pk: 240, two.pk: 60}
    assert attendance.sign(admission=admission, day=DAY, signed={}, by=journal.CLI, now=NOW) == 0
    assert attendance.minutes_of([one, two]) == {two.pk: 60}
    with pytest.raises(attendance.NotThatDay, match="2020-07-20"):
        attendance.sign(admission=admission, day=dt.date(2020, 7, 20), signed=signed, by=journal.CLI, now=NOW)


def test_a_cancelled_one_who_came_all_the_same_is_for_a_person(course):
    admission = course()
    registration.cancel(registration=number(admission, 2), by=journal.CLI, now=NOW)
    reading = read(admission, report(("Youssef Benjelloun", "youssef@example.org", "10:00", "11:00")))
    assert reading.people == []
    assert [one.registration.number for one in reading.to_decide[0].candidates] == [2]
    assert "cancelled" in reading.to_decide[0].candidates[0].why


def test_names_that_went_with_their_time_leave_the_minutes(course):
    admission = course()
    apply(admission, report(("Youssef Benjelloun", "", "10:00", "11:00"), name="a.csv"))
    admission.reports.update(stays=[], ignored=[])
    apply(admission, report(("Youssef Benjelloun", "", "14:00", "15:00"), name="b.csv"))
    assert Attendance.objects.get().minutes == 120


def test_a_name_that_begins_as_a_formula_is_a_name(course):
    admission = course()
    reading = read(admission, report(("=cmd|calc", "", "10:00", "11:00")))
    assert [one.shown.name for one in reading.to_decide] == ["=cmd|calc"]


def test_what_a_report_holds_is_named_in_no_journal_line(course):
    admission = course()
    apply(
        admission,
        report(("Youssef Benjelloun", "youssef@example.org", "10:00", "11:00"), ("Galaxy Tab", "", "10:00", "11:00")),
    )
    attendance.decide(identity=admission.identities.get(is_open=True), registration=None, by=journal.CLI, now=NOW)
    said = json.dumps([[entry.changes, entry.subject_label] for entry in Entry.objects.all()], ensure_ascii=False)
    assert "read_report" in json.dumps(list(Entry.objects.values_list("verb", flat=True)))
    assert "Youssef" not in said
    assert "youssef" not in said
    assert "Galaxy" not in said
