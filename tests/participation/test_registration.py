"""One comes to an activity: places by region, the waiting list with its reason, who moves up and why."""

import datetime as dt
import json

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from tansiq.core import journal
from tansiq.core.models import Entry, Message
from tansiq.participation import applicants, places, registration, standing
from tansiq.participation.models import Admission, Quota, Registration
from tests.participation.conftest import NOW, SHARES, letters

pytestmark = pytest.mark.django_db


def states(admission):
    rows = admission.registrations.order_by("number")
    return [row.state for row in rows]


def test_a_free_place_of_the_region_is_confirmed_and_counted(seminar, come):
    admission = seminar()
    row = come(admission, 1, region="MA-09", now=NOW)
    admission.refresh_from_db()
    quota = admission.quotas.get(key="MA-09")
    assert (row.state, row.number, row.has_place) == ("confirmed", 1, True)
    assert (admission.left, quota.left, quota.taken) == (99, 7, 1)
    assert Entry.objects.filter(verb="participation.register", subject_id=row.pk).count() == 1


def test_the_ninth_of_a_region_with_eight_places_waits_and_is_told_why_and_where(seminar, come):
    admission = seminar()
    for number in range(8):
        come(admission, number)
    first, second = come(admission, 8), come(admission, 9)
    come(admission, 10, region="MA-04")
    assert [first.state, second.state] == ["waiting", "waiting"]
    assert standing.rank(second) == standing.Rank(place=2, in_quota=2)
    assert standing.explain(second, "en") == (
        "Full: 8 of 8 for Souss-Massa. You are number 2 on the waiting list for Souss-Massa (number 2 of all who wait)."
    )
    assert "سوس" in standing.explain(second, "ar")
    assert places.miscounted(Admission.objects.get(pk=admission.pk)) == []


def test_what_no_quota_names_is_the_rest_and_nobody_takes_a_place_that_was_set_aside(seminar, come):
    admission = seminar(capacity=3, shares={"MA-09": 2})
    assert {one.key: one.size for one in admission.quotas.all()} == {"MA-09": 2, "": 1}
    assert [come(admission, n, region="MA-04").state for n in range(3)] == ["confirmed", "waiting", "waiting"]
    assert [come(admission, n, region="MA-09").state for n in range(3, 5)] == ["confirmed", "confirmed"]


def test_of_those_for_whom_nothing_is_set_aside_each_has_a_number_of_their_own(seminar, come):
    admission = seminar(capacity=2, shares={"MA-09": 2})
    for n in range(2):
        come(admission, n)
    come(admission, 2)
    others = [come(admission, 3, region="MA-04"), come(admission, 4, region="MA-06")]
    assert [standing.rank(row) for row in others] == [standing.Rank(2, 1), standing.Rank(3, 2)]


def test_where_nothing_is_left_for_all_others_the_sentence_says_so(seminar, come):
    admission = seminar(capacity=2, shares={"MA-09": 2})
    row = come(admission, 1, region="MA-04")
    assert standing.explain(row, "en").startswith("No place is set aside for all others. You are number 1")


def test_a_place_needs_its_region_and_its_profession(seminar, come):
    professions = [
        {"id": "social-assistant", "name": {"ar": "مساعدة اجتماعية"}},
        {"id": "judge", "name": {"ar": "قاضية"}},
    ]
    admission = seminar(capacity=4, shares={}, professions=professions)
    places.settle(admission, 4, {("region", "MA-09"): 2, ("region", "MA-04"): 2, ("profession", "judge"): 1})
    admission.refresh_from_db()
    assert come(admission, 1, profession="judge").state == "confirmed"
    judge = come(admission, 2, profession="judge")
    assert judge.state == "waiting"
    assert judge.reason == {"why": "full", "dimension": "profession", "key": "judge", "size": 1}
    # The place of the region that was taken first was given back.
    assert Quota.objects.get(admission=admission, key="MA-09").left == 1
    assert come(admission, 3, profession="social-assistant").state == "confirmed"
    assert places.miscounted(Admission.objects.get(pk=admission.pk)) == []


def test_who_cancels_makes_room_for_the_next_of_the_same_region(seminar, come):
    admission = seminar(capacity=4, shares={"MA-09": 2, "MA-04": 2})
    held = [come(admission, n) for n in range(2)]
    waiting = come(admission, 2)
    come(admission, 3, region="MA-04")
    registration.cancel(registration=held[0], by=journal.CLI, now=NOW)
    registration.cancel(registration=held[0], by=journal.CLI, now=NOW)  # a double click
    waiting.refresh_from_db()
    assert waiting.state == "confirmed"
    assert (
        standing.explain(waiting, "en")
        == "A place for Souss-Massa became free on Monday, 6 July 2020, and you were next."
    )
    admission.refresh_from_db()
    assert admission.left == 1
    assert states(admission) == ["cancelled", "confirmed", "confirmed", "confirmed"]
    assert places.miscounted(admission) == []


def test_unused_places_move_from_their_day_on_and_not_before(seminar, come):
    admission = seminar(capacity=4, shares={"MA-09": 2, "MA-04": 2}, unused_from=dt.date(2020, 7, 20))
    rows = [come(admission, n) for n in range(5)]
    assert registration.fill(admission=admission, by=journal.CLI, now=NOW) == []
    later = dt.datetime(2020, 7, 20, 8, tzinfo=dt.UTC)
    moved = registration.fill(admission=admission, by=journal.CLI, now=later)
    assert [row.number for row in moved] == [3, 4]
    rows[2].refresh_from_db()
    assert standing.explain(rows[2], "en") == (
        "Nobody took a place that was set aside for Rabat-Salé-Kénitra; by the published rule it went to you on "
        "Monday, 20 July 2020."
    )
    quotas = {one.key: (one.size, one.left, one.moved) for one in admission.quotas.all()}
    assert quotas == {"MA-09": (4, 0, 2), "MA-04": (0, 0, -2), "": (0, 0, 0)}
    assert places.miscounted(Admission.objects.get(pk=admission.pk)) == []
    rows[4].refresh_from_db()
    assert rows[4].state == "waiting"


def test_after_that_day_a_newcomer_of_a_full_region_takes_an_unused_place_at_once(seminar, come):
    admission = seminar(capacity=4, shares={"MA-09": 2, "MA-04": 2}, unused_from=dt.date(2020, 7, 1))
    assert [come(admission, n, now=NOW).state for n in range(5)] == ["confirmed"] * 4 + ["waiting"]


def test_those_whom_an_administration_nominated_come_first_where_the_rule_says_so(seminar, come):
    admission = seminar(capacity=1, shares={"MA-09": 1}, order=["nominated"])
    first = come(admission, 1)
    visitor, nominated = come(admission, 2, how="file"), come(admission, 3, how="nomination")
    assert [standing.rank(row).place for row in (visitor, nominated)] == [2, 1]
    registration.cancel(registration=first, by=journal.CLI, now=NOW)
    nominated.refresh_from_db()
    visitor.refresh_from_db()
    assert [nominated.state, visitor.state] == ["confirmed", "waiting"]


def test_an_unused_place_goes_where_the_smallest_part_of_the_regions_places_is_taken(seminar, come):
    shares = {"MA-09": 1, "MA-04": 4, "MA-06": 2}
    admission = seminar(capacity=7, shares=shares, order=["share"], unused_from=dt.date(2020, 7, 20))
    for n in range(2):
        come(admission, n, region="MA-09")
    for n in range(2, 7):
        come(admission, n, region="MA-04")
    moved = registration.fill(admission=admission, by=journal.CLI, now=dt.datetime(2020, 7, 21, tzinfo=dt.UTC))
    # MA-04 would have 5 of 4, MA-09 2 of 1: the smaller part comes first, though it came later.
    assert [row.region_id for row in moved] == ["MA-04", "MA-09"]


def test_180_apply_for_100_places_and_the_same_input_gives_the_same_list(seminar, come):
    def run(admission):
        regions = sorted(SHARES)
        for n in range(180):
            come(admission, n, region=regions[n % 12], now=NOW)
        rows = admission.registrations.order_by("number")
        return [(row.number, row.region_id, row.state, standing.explain(row, "en")) for row in rows]

    admission = seminar()
    first = run(admission)
    assert [line[2] for line in first].count("confirmed") == 100
    waiting = [line[3] for line in first if line[2] == "waiting"]
    assert len(set(waiting)) == 80
    admission.registrations.all().delete()
    Admission.objects.filter(pk=admission.pk).update(arrivals=0, left=100)
    Quota.objects.filter(admission=admission).update(left=places.F("size"))
    assert run(Admission.objects.get(pk=admission.pk)) == first


def test_the_secretariat_accepts_by_the_same_rule_where_it_decides(seminar, come):
    admission = seminar(capacity=2, shares={"MA-09": 1, "MA-04": 1}, needs_approval=True)
    rows = [come(admission, n) for n in range(3)]
    assert states(admission) == ["applied"] * 3
    for row in rows[:2]:
        registration.accept(registration=row, by=journal.CLI, now=NOW)
    registration.accept(registration=rows[0], by=journal.CLI, now=NOW)
    registration.decline(registration=rows[2], by=journal.CLI, now=NOW)
    assert states(admission) == ["confirmed", "waiting", "declined"]
    assert places.miscounted(Admission.objects.get(pk=admission.pk)) == []


# --- One address, one registration ----------------------------------------------------------------------------------


def test_an_address_registers_once_however_its_letters_are_written(seminar, come):
    admission = seminar()
    come(admission, 1, email="Khadija@Example.org")
    with pytest.raises(registration.AlreadyRegistered, match="1") as refused:
        come(admission, 2, email="khadija@EXAMPLE.ORG")
    assert refused.value.registration.number == 1
    admission.refresh_from_db()
    assert (admission.left, admission.registrations.count()) == (99, 1)


def test_who_cancelled_may_register_again(seminar, come):
    admission = seminar()
    registration.cancel(registration=come(admission, 1), by=journal.CLI, now=NOW)
    assert come(admission, 1).state == "confirmed"


def test_one_person_is_one_in_two_activities_and_a_colleague_with_the_same_mailbox_is_another(seminar, come):
    admission = seminar()
    row = come(admission, 1, email="office@example.org")
    registration.cancel(registration=row, by=journal.CLI, now=NOW)
    again = come(admission, 1, email="office@example.org", name={"ar": f"مشاركَة {letters(1)}"})
    registration.cancel(registration=again, by=journal.CLI, now=NOW)
    other = come(admission, 2, email="office@example.org")
    assert again.person_id == row.person_id
    assert other.person_id != row.person_id


# --- When it is open ------------------------------------------------------------------------------------------------


def test_the_public_form_is_closed_before_and_after_its_time_and_when_the_activity_is_off(seminar, come):
    opens, closes = NOW, NOW + dt.timedelta(days=3)
    admission = seminar(opens_at=opens, closes_at=closes)
    for moment in (opens - dt.timedelta(seconds=1), closes):
        with pytest.raises(registration.Closed):
            come(admission, 1, how="form", now=moment)
    assert come(admission, 1, how="form", now=opens).state == "confirmed"
    admission.activity.state = "cancelled"
    with pytest.raises(registration.Closed):
        come(admission, 2, how="form", now=opens)


# --- Held until the link in the mail is opened ----------------------------------------------------------------------


def test_without_proof_the_place_is_held_for_half_an_hour(seminar, world_day):
    admission = seminar(capacity=1, shares={"MA-09": 1})
    applicant = applicants.Applicant(name={"ar": "خديجة"}, email="k@example.org", region="MA-09")

    def register(address):
        return registration.register(
            admission=admission, applicant=applicants.Applicant(**{**vars(applicant), "email": address}), how="form",
            by=registration.VISITOR, now=NOW, is_verified=False,
        )  # fmt: skip

    held, waits = register("k@example.org"), register("s@example.org")
    assert (held.state, held.has_place, waits.has_place) == ("unverified", True, False)
    late = NOW + dt.timedelta(minutes=31)
    with pytest.raises(registration.NotSoFar):
        registration.confirm_address(registration=held, now=late)
    registration.confirm_address(registration=waits, now=NOW)
    waits.refresh_from_db()
    assert waits.state == "waiting"
    assert registration.sweep(now=late) == 1
    held.refresh_from_db()
    waits.refresh_from_db()
    assert (held.state, waits.state) == ("expired", "confirmed")
    assert places.miscounted(Admission.objects.get(pk=admission.pk)) == []


def test_opening_the_link_in_time_makes_the_place_theirs_and_twice_changes_nothing(seminar, come):
    admission = seminar()
    applicant = applicants.Applicant(name={"ar": "خديجة"}, email="k@example.org", region="MA-09", language="fr")
    row = registration.register(
        admission=admission, applicant=applicant, how="form", by=registration.VISITOR, now=NOW, is_verified=False
    )
    for _twice in range(2):
        row = registration.confirm_address(registration=row, now=NOW + dt.timedelta(minutes=29))
    assert (row.state, row.held_until) == ("confirmed", None)
    assert [one.subject for one in Message.objects.order_by("created_at", "key")] == [
        "Votre inscription\u00a0: plus qu’une étape", "Votre inscription\u00a0: confirmée"
    ]  # fmt: skip


# --- What always holds ----------------------------------------------------------------------------------------------


def test_the_database_itself_refuses_the_place_too_many(seminar):
    admission = seminar(capacity=1, shares={"MA-09": 1})
    with pytest.raises(IntegrityError), transaction.atomic():
        Admission.objects.filter(pk=admission.pk).update(left=-1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Quota.objects.filter(admission=admission).update(left=places.F("size") + 1)


def test_places_are_not_made_fewer_than_people_have(seminar, come):
    admission = seminar(capacity=4, shares={"MA-09": 2, "MA-04": 2})
    for n in range(2):
        come(admission, n)
    with pytest.raises(places.TooSmall, match="2"):
        places.settle(admission, 4, {("region", "MA-09"): 1, ("region", "MA-04"): 3})
    changes = places.settle(admission, 5, {("region", "MA-09"): 3, ("region", "MA-04"): 2})
    assert changes == {"capacity": [4, 5], "region MA-09": [2, 3]}
    admission.refresh_from_db()
    assert (admission.left, admission.quotas.get(key="MA-09").left) == (3, 1)


def test_closing_before_opening_is_refused(seminar):
    admission = seminar()
    admission.opens_at, admission.closes_at = NOW, NOW
    with pytest.raises(ValidationError):
        admission.full_clean()


# --- From a file ----------------------------------------------------------------------------------------------------


HEAD = "الاسم,name_fr,email,region,sexe\r\n"


def run(capsys, *words):
    from tansiq.config import cli

    with pytest.raises(SystemExit) as ended:
        cli.main(list(words))
    out = capsys.readouterr()
    return ended.value.code, out.out, out.err


def test_a_file_registers_in_its_order_and_says_who_waits_and_who_was_refused(seminar, capsys, tmp_path):
    seminar(capacity=3, shares={"MA-09": 1, "MA-04": 2})
    file = tmp_path / "people.csv"
    rows = [
        "خديجة أيت واحي,Khadija Aït Ouahi,k@example.org,سوس ماسة,F", "يوسف بنجلون,,y@example.org,MA-09,h",
        ",Salma El Idrissi,S@example.org,Rabat-Salé-Kénitra,", "سلمى,,s@EXAMPLE.org,MA-04,", "ا,,a@example.org,Paris,",
    ]  # fmt: skip
    file.write_text(HEAD + "\r\n".join(rows), encoding="utf-8")
    code, out, _err = run(capsys, "register", "seminar", str(file), "--json")
    report = json.loads(out)
    assert code == 0
    assert (report["activity"], report["capacity"], report["left"]) == ("seminar", 3, 1)
    assert [line["row"] for line in report["confirmed"]] == [2, 4]
    assert [(line["row"], line["place"], line["place_in_quota"]) for line in report["waiting"]] == [(3, 1, 1)]
    assert [line["row"] for line in report["refused"]] == [5, 6]
    assert {*report["waiting"][0]} >= {"registration", "place", "reason"}
    # The same file again changes nothing and says the same.
    assert run(capsys, "register", "seminar", str(file), "--json")[1] == out
    assert Registration.objects.count() == 3


def test_a_file_without_names_or_an_activity_without_places_is_told_what_to_do(world_day, seminar, capsys, tmp_path):
    file = tmp_path / "people.csv"
    file.write_text("x,y\r\n1,2")
    assert run(capsys, "register", "ceremony", str(file))[0] == 1
    seminar()
    code, _out, err = run(capsys, "register", "seminar", str(file))
    assert code == 2
    assert "people.csv:1" in err
    assert run(capsys, "register", "seminar", str(tmp_path / "none.csv"))[0] == 2
