"""The list of an administration is taken whole or not at all; one is replaced, withdrawn, followed by the reserve."""

import pytest

from tansiq.core import journal
from tansiq.core.models import Entry, Message
from tansiq.participation import nominated, nominees, registration, standing, takeover
from tansiq.participation.models import Nominee
from tansiq.participation.nominated import Named
from tests.participation.conftest import NOW
from tests.participation.nominating import DUE, answer, asked, bodies, miscounted, named, person, take  # noqa: F401

pytestmark = pytest.mark.django_db


def test_a_list_is_taken_whole_and_the_same_list_again_changes_nothing(asked):
    row = asked()
    done = answer(row, named(0), named(1), named(2, reserve=True))
    assert (done.added, done.changed, done.removed, done.missing) == (3, 0, 0, 0)
    before = Entry.objects.count()
    again = answer(row, named(0), named(1), named(2, reserve=True))
    assert (again.added, again.changed, again.removed) == (0, 0, 0)
    assert Entry.objects.count() == before
    row.refresh_from_db()
    assert (row.state, row.how) == ("answered", "link")


def test_people_keep_their_entry_when_the_list_is_written_anew(asked):
    row = asked(number=3)
    answer(row, named(0), named(1))
    kept = person(row, 1).pk
    done = answer(row, named(1, function="مساعدة اجتماعية"), named(3))
    assert (done.added, done.changed, done.removed, done.missing) == (1, 1, 1, 1)
    assert person(row, 1).pk == kept
    assert [one.email for one in nominees.listed(row)] == ["p1@example.org", "p3@example.org"]


def test_two_may_exchange_their_addresses(asked):
    row = asked()
    answer(row, named(0), named(1))
    done = answer(row, named(0, email="p1@example.org"), named(1, email="p0@example.org"))
    assert done.changed + done.added == 2
    assert sorted(one.email for one in nominees.listed(row)) == ["p0@example.org", "p1@example.org"]


@pytest.mark.parametrize(
    ("rows", "where", "field"),
    [
        ([named(0), named(1, email="P0@Example.org")], 1, "email"),
        ([named(0, email=""), named(0, email="")], 1, "name_ar"),
        ([named(0), named(1), named(2)], 2, "region"),
        ([named(0, reserve=True), named(1, reserve=True)], 1, "region"),
        ([named(0, region="MA-04")], 0, "region"), ([named(0, region="MA-77")], 0, "region"),
        ([named(0, name={"ar": "خديجة\u202e"})], 0, "name_ar"), ([named(0, name={"ar": "12345"})], 0, "name_ar"),
        ([named(0, name={"ar": "خ" * 300})], 0, "name_ar"), ([named(0, name={"fr": "=cmd|' /C calc'!A0"})], 0, "name_fr"),
        ([named(0, name={"ar": "Khadija"})], 0, "name_ar"), ([named(0, telephone="اتصلوا بي")], 0, "telephone"),
        ([named(0, function="=1+1")], 0, "function"), ([named(0, email="لا")], 0, "email"), ([named(0, sex="x")], 0, "sex"),
        ([Named(name={"ar": " "})], -1, ""), ([], -1, ""),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_at_its_row_and_nothing_of_the_list_is_taken(asked, rows, where, field):
    row = asked()
    with pytest.raises(nominated.NotTaken) as refusal:
        answer(row, *rows)
    assert field in refusal.value.faults[where]
    assert not row.nominees.exists()


def test_two_people_of_one_name_are_told_apart_by_their_addresses(asked):
    row = asked()
    assert answer(row, named(0), named(0, email="other@example.org")).added == 2


def test_of_two_who_answer_at_once_the_second_is_told(asked):
    row = asked()
    seen = nominees.digest(row)
    answer(row, named(0), seen=seen)
    with pytest.raises(nominees.Changed):
        answer(row, named(1), seen=seen)
    assert [one.email for one in nominees.listed(row)] == ["p0@example.org"]
    # A double click brings the same list: nothing is wrong.
    assert answer(row, named(0), seen=seen).added == 0


def test_who_answered_writes_no_more_after_the_day_and_who_did_not_still_may(asked):
    late = NOW.replace(day=20)
    row = asked()
    answer(row, named(0), now=late)
    with pytest.raises(nominees.TooLate):
        answer(row, named(1), now=late)
    assert answer(row, named(1), now=late, is_staff=True, how="desk").added == 1


def test_before_the_list_is_taken_over_one_takes_the_place_of_another(asked):
    row = asked()
    answer(row, named(0), named(1))
    new = nominees.replace(nominee=person(row, 0), given=named(3, region=""), by=journal.CLI, now=NOW)
    assert (new.region_id, new.position, new.replaces.state) == ("MA-09", 1, "replaced")
    assert [one.email for one in nominees.listed(row)] == ["p3@example.org", "p1@example.org"]


def test_after_it_the_place_goes_over_and_nobody_of_the_waiting_list_comes_between(asked, come):
    row = asked(number=1, seminar={"capacity": 1, "shares": {"MA-09": 1}})
    answer(row, named(0))
    take(row)
    waiting = come(row.admission, 900)
    assert waiting.state == "waiting"
    new = nominees.replace(nominee=person(row, 0), given=named(3), by=journal.CLI, now=NOW)
    waiting.refresh_from_db()
    assert (new.registration.state, new.registration.has_place, waiting.state) == ("confirmed", True, "waiting")
    assert Nominee.objects.get(pk=new.replaces_id).registration.state == "cancelled"
    assert miscounted() == []
    assert "مكان" in standing.explain(new.registration, "ar")
    # Both learn of it.
    assert {"p0@example.org", "p3@example.org"} <= set(Message.objects.values_list("to_address", flat=True))


def test_a_turn_on_the_waiting_list_goes_over_too(asked, come):
    row = asked(number=1, seminar={"capacity": 1, "shares": {"MA-09": 1}})
    come(row.admission, 900)
    answer(row, named(0))
    take(row)
    behind = come(row.admission, 901)
    turn = person(row, 0).registration.number
    new = nominees.replace(nominee=person(row, 0), given=named(3), by=journal.CLI, now=NOW)
    assert (new.registration.state, new.registration.number) == ("waiting", turn)
    assert standing.rank(behind).place == 2


def test_for_another_region_the_old_place_is_given_back_and_the_new_one_taken_there(asked, come):
    row = asked(
        places=[{"region": "MA-09", "number": 1, "reserve": 0}, {"region": "MA-04", "number": 1, "reserve": 0}],
        seminar={"capacity": 2, "shares": {"MA-09": 1, "MA-04": 1}},
    )  # fmt: skip
    answer(row, named(0))
    take(row)
    waiting = come(row.admission, 900)
    new = nominees.replace(nominee=person(row, 0), given=named(3, region="MA-04"), by=journal.CLI, now=NOW)
    waiting.refresh_from_db()
    assert (new.registration.state, waiting.state) == ("confirmed", "confirmed")
    assert miscounted() == []


def test_no_place_goes_to_whom_the_hierarchy_has_not_agreed_nor_to_somebody_registered(asked, come):
    row = asked()
    answer(row, named(0))
    take(row)
    with pytest.raises(nominated.NotTaken) as refusal:
        nominees.replace(nominee=person(row, 0), given=named(3, permission=False), by=journal.CLI, now=NOW)
    assert list(refusal.value.faults[0]) == ["has_permission"]
    come(row.admission, 3, email="p3@example.org")
    with pytest.raises(registration.AlreadyRegistered):
        nominees.replace(nominee=person(row, 0), given=named(3), by=journal.CLI, now=NOW)
    kept = person(row, 0)
    assert (kept.state, kept.registration.state) == ("named", "confirmed")
    assert miscounted() == []


def test_whoever_withdraws_is_followed_by_the_first_of_the_reserve_with_permission(asked, come):
    row = asked(number=1, reserve=2, seminar={"capacity": 1, "shares": {"MA-09": 1}})
    answer(row, named(0), named(1, reserve=True, permission=False), named(2, reserve=True))
    take(row)
    waiting = come(row.admission, 900)
    up = nominees.withdraw(nominee=person(row, 0), by=journal.CLI, now=NOW)
    waiting.refresh_from_db()
    assert (up.email, up.state, up.registration.state, waiting.state) == (
        "p2@example.org",
        "named",
        "confirmed",
        "waiting",
    )
    assert "الاحتياط" in takeover.explain(up, "ar")
    assert nominees.withdraw(nominee=person(row, 0), by=journal.CLI, now=NOW) is None
    # With nobody left in reserve who may, the place goes to whoever waits.
    assert nominees.withdraw(nominee=up, by=journal.CLI, now=NOW) is None
    waiting.refresh_from_db()
    assert waiting.state == "confirmed"
    assert miscounted() == []


def test_the_reserve_of_another_region_does_not_step_up(asked):
    row = asked(places=[{"region": "MA-09", "number": 1, "reserve": 0}, {"region": "MA-04", "number": 0, "reserve": 1}])
    answer(row, named(0), named(1, region="MA-04", reserve=True))
    assert nominees.withdraw(nominee=person(row, 0), by=journal.CLI, now=NOW) is None


def test_who_cancelled_is_not_registered_once_more_and_is_asked_for_anew(asked):
    row = asked(number=1)
    answer(row, named(0))
    take(row)
    registration.cancel(registration=person(row, 0).registration, by=registration.VISITOR, now=NOW)
    assert [one for one, _why in take(row)] == ["cancelled"]
    found = takeover.overview(row.admission, today=DUE, language="ar")
    assert (found.lines[0].cancelled, found.total("missing")) == (1, 1)
    new = nominees.replace(nominee=person(row, 0), given=named(3), by=journal.CLI, now=NOW)
    assert take(row)[0][0] == "confirmed"
    new.refresh_from_db()
    assert new.registration.state == "confirmed"
