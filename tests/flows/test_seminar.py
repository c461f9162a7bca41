"""The seminar of July 2020, from the letter that asks for names to the certificate that anybody can check.

A hundred places for twelve regions, 180 people who want one, three conference reports, a test, 85 certificates. Every
person is fictional; the programme, its day and its regions are those of the source.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from zoneinfo import ZoneInfo

import pytest

from tansiq.config import certifying, registering
from tansiq.core import journal
from tansiq.core.dates import PartialDate
from tansiq.core.models import Entry, Message
from tansiq.participation import (
    attendance,
    cascade,
    certificates,
    feedback,
    gains,
    nominations,
    nominationsheets,
    nominees,
    places,
    registration,
    standing,
    takeover,
    verification,
)
from tansiq.participation.models import Admission, Certificate, Feedback, Registration, Trainer
from tansiq.participation.nominated import Named
from tansiq.people.models import Organisation, Person
from tansiq.programme import planning
from tansiq.programme.models import Activity
from tests.flows.seminar import REGIONS, email, name, people, region, reports, sheet
from tests.participation.asking import ALL_RIGHT, ALL_WRONG, QUESTIONS, ready, take
from tests.participation.conftest import SHARES, seminar  # noqa: F401

pytestmark = pytest.mark.django_db
RABAT = ZoneInfo("Africa/Casablanca")


@pytest.fixture
def at(monkeypatch):
    """at("2020-07-28") -> nine in the morning of that day in Rabat; it is now."""

    def move(day, hour=9):
        now = dt.datetime.fromisoformat(f"{day}T{hour:02}:00").replace(tzinfo=RABAT)
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)
        return now

    return move


def of(number):
    return Registration.objects.select_related("admission__activity__programme", "person").get(
        address_key=email(number)
    )


def test_the_seminar_from_the_letter_that_asks_for_names_to_the_certificate_that_anybody_checks(seminar, at, tmp_path):
    admission = _places_are_set_aside(seminar, at)
    _administrations_are_asked_and_answer_three_ways(admission, at)
    _everybody_else_registers_and_whoever_waits_knows_why(admission, at, tmp_path)
    _somebody_cancels_and_the_next_of_the_region_moves_up(admission, at)
    _the_test_before_is_taken(admission, at)
    _three_reports_say_who_was_there_and_a_person_says_the_rest(admission, at)
    _the_test_after_shows_what_was_gained(admission, at)
    issued = _certificates_are_issued_to_whom_they_are_due(admission, at, tmp_path)
    _anybody_checks_one_and_a_changed_digit_is_refused(issued, at, tmp_path)
    _what_people_thought_and_whom_it_reached(admission, at)
    journal.seal(now=at("2020-09-02"))
    assert (journal.verify().broken_at, journal.verify().unsealed) == (None, 0)


def _places_are_set_aside(seminar, at):
    now = at("2020-06-15")
    admission = seminar(certificate={"minutes": 180, "score": 60}, order=["nominated"])
    planning.change(activity=admission.activity, when=PartialDate.parse("2020-07-28"), by=journal.CLI, now=now)
    assert sum(SHARES.values()) == admission.capacity == 100
    return Admission.objects.select_related("activity__programme").get(pk=admission.pk)


def _administrations_are_asked_and_answer_three_ways(admission, at):
    """Each is asked for ten names of four regions; they answer by Excel, by the page, and by a letter."""
    bodies = Organisation.objects.filter(kind="government").order_by("slug")[:3]
    assert len(bodies) == 3
    for number, body in enumerate(bodies):
        mine = REGIONS[number * 4 : number * 4 + 4]
        now = at("2020-06-16")
        request = nominations.ask(
            admission=admission, organisation=body, due=dt.date(2020, 7, 3), email=f"rh{number}@example.org",
            places=[{"region": code, "number": 10, "reserve": 0} for code in mine], by=journal.CLI, now=now,
        ).request  # fmt: skip
        wanted = [one for one in range(120) if region(one) in mine]
        now = at("2020-06-29")
        if number == 0:
            known = {name: code for code, name in nominations.region_names("ar").items()}
            content = sheet(nominationsheets.write(request), wanted, known)
            rows = nominationsheets.read(content, file_name="names.xlsx", request=request)
        else:
            rows = [Named(name=name(one), email=email(one), region=region(one), has_permission=True) for one in wanted]
        nominees.answer(request=request, rows=rows, how=("file", "link", "desk")[number], by=journal.CLI, now=now)
        found = takeover.take_over(request=request, by=journal.CLI, now=at("2020-07-06"))
        places_of = sum(SHARES[code] for code in mine)
        assert Counter(one.answer for one in found) == {"confirmed": places_of, "waiting": 40 - places_of}
    assert Counter(admission.registrations.values_list("state", flat=True)) == {"confirmed": 100, "waiting": 20}


def _everybody_else_registers_and_whoever_waits_knows_why(admission, at, tmp_path):
    at("2020-07-07")
    (tmp_path / "people.csv").write_bytes(people(range(120, 180)))
    report = registering.register("seminar", tmp_path / "people.csv")
    assert (len(report["confirmed"]), len(report["waiting"]), report["refused"]) == (0, 60, [])
    assert Counter(admission.registrations.values_list("state", flat=True)) == {"confirmed": 100, "waiting": 80}
    waiting = list(admission.registrations.filter(state="waiting").select_related("admission__activity"))
    ranks = {standing.rank(row).place for row in waiting}
    assert ranks == set(range(1, 81))
    late = of(120 + REGIONS.index("MA-09"))
    said = standing.explain(late, "en")
    text = "Full: 8 of 8 for Souss-Massa. You are number 3 on the waiting list for Souss-Massa (number 29 of all who wait)."
    assert said == text
    assert places.miscounted(Admission.objects.get(pk=admission.pk)) == []


def _somebody_cancels_and_the_next_of_the_region_moves_up(admission, at):
    now = at("2020-07-10")
    souss = admission.registrations.filter(region="MA-09")
    leaving = souss.filter(state="confirmed").first()
    following = min(souss.filter(state="waiting"), key=lambda row: standing.rank(row).place)
    registration.cancel(registration=leaving, by=registration.VISITOR, now=now)
    following.refresh_from_db()
    assert (following.state, following.how) == ("confirmed", "nomination")
    assert Counter(admission.registrations.values_list("state", flat=True)) == {
        "confirmed": 100, "waiting": 79, "cancelled": 1,
    }  # fmt: skip


def _there(admission):
    return list(
        admission.registrations.present().select_related("admission__activity__programme", "person").order_by("number")
    )


def _the_test_before_is_taken(admission, at):
    now = at("2020-07-27")
    window = {"before_opens_at": now, "before_closes_at": now + dt.timedelta(hours=20)}
    window |= {"after_opens_at": now + dt.timedelta(days=1), "after_closes_at": now + dt.timedelta(days=9)}
    assessment = ready(admission, questions=QUESTIONS, **window)
    for row in _there(admission):
        take(assessment, row, "before", {"consent": [2], "victims": [3], "signs": [4, 5]}, now=now)


def _three_reports_say_who_was_there_and_a_person_says_the_rest(admission, at):
    """90 are there all day, five leave at noon, five never come; who shows as a telephone is decided by a person."""
    now = at("2020-07-28", 18)
    placed = _there(admission)
    files = reports([row.person.name for row in placed], dt.datetime(2020, 7, 28, 9, 30, tzinfo=RABAT))
    reading = attendance.apply(admission=admission, loaded=attendance.load(admission, files), by=journal.CLI, now=now)
    assert [one.shown.name for one in reading.to_decide] == ["iPhone"]
    assert {one.matched_by for one in reading.people} == {"spelling"}
    attendance.decide(identity=admission.identities.get(is_open=True), registration=placed[0], by=journal.CLI, now=now)
    found = attendance.minutes_of(placed)
    assert Counter(found.get(row.pk, 0) for row in placed) == {270: 90, 150: 5, 0: 5}
    assert Counter(admission.registrations.values_list("attended", flat=True))[True] == 90
    planning.change(activity=admission.activity, state="held", by=journal.CLI, now=at("2020-07-29"))


def _the_test_after_shows_what_was_gained(admission, at):
    now = at("2020-07-30")
    assessment = admission.activity.assessment
    for number, row in enumerate(_there(admission)[:90]):
        take(assessment, row, "after", ALL_WRONG if number >= 85 else ALL_RIGHT, now=now)
    found = gains.results(assessment)
    assert found.takers == {"before": 100, "after": 90, "both": 90}
    assert (found.questions[0].id, found.questions[0].points) == ("consent", -5.6)  # all knew it before, five forgot
    assert [one.points for one in found.questions[1:]] == [94.4, 94.4]


def _certificates_are_issued_to_whom_they_are_due(admission, at, tmp_path):
    at("2020-08-03")
    admission = Admission.objects.select_related("activity__programme", "activity__place").get(pk=admission.pk)
    report = certifying.issue("seminar", folder=tmp_path / "out", language="")
    assert (len(report["issued"]), len(report["kept"])) == (85, 0)
    reasons = Counter(one["reason"] for one in report["refused"])
    assert sum(reasons.values()) == 95
    assert len([path for path in (tmp_path / "out").iterdir() if path.suffix == ".pdf"]) == 85
    again = certifying.issue("seminar", folder=None, language="")
    assert (len(again["issued"]), len(again["kept"])) == (0, 85)
    assert sorted(Certificate.objects.values_list("serial", flat=True)) == list(range(1, 86))
    return report["issued"]


def _anybody_checks_one_and_a_changed_digit_is_refused(issued, at, tmp_path):
    now = at("2020-09-01")
    one = Certificate.objects.get(code=issued[0]["code"])
    assert verification.verdict_of(one, now=now).status == "valid"
    file = tmp_path / "changed.pdf"
    content = bytearray((tmp_path / "out" / issued[0]["pdf"]).read_bytes())
    assert certifying.verify(_written(file, content), key=None).status == "valid"
    content[len(content) // 2] ^= 1
    assert certifying.verify(_written(file, content), key=None).status == "tampered"
    certificates.revoke(certificate=one, because="خطأ في الاسم", by=journal.CLI, now=now)
    one.refresh_from_db()
    assert verification.verdict_of(one, now=now).status == "revoked"


def _written(file, content):
    file.write_bytes(content)
    return str(file)


def _what_people_thought_and_whom_it_reached(admission, at):
    now = at("2020-07-30")
    row = feedback.set_up(Feedback(activity=admission.activity, questions=feedback.defaults()), by=journal.CLI, now=now)
    feedback.open_(row=row, by=journal.CLI, now=now)
    assert feedback.ask(row=row, by=journal.CLI, now=now) == 95  # five of a hundred never came
    expert = Person.objects.create(name={"ar": "خبيرة (خيالية)"}, reference_language="ar", is_fictional=True)
    Trainer.objects.create(person=expert).activities.set([Activity.objects.get(slug="seminar")])
    found = cascade.of()
    assert [(line.direct, line.generation) for line in found.lines] == [(90, 0)]
    # Each mail once, whoever asked how often.
    keys = list(Message.objects.values_list("key", flat=True))
    assert len(keys) == len(set(keys))
    assert Entry.objects.filter(verb="participation.read_report").count() == 3
