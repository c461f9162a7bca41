"""One person named twice is found across scripts, and a person decides."""

import pytest

from tansiq.core import journal
from tansiq.participation import doubles, nominees
from tansiq.participation.models import Double, Registration
from tests.participation.conftest import NOW
from tests.participation.nominating import PEOPLE, answer, asked, bodies, named, person, take  # noqa: F401

pytestmark = pytest.mark.django_db


def test_the_same_person_of_two_administrations_is_found_across_scripts_and_a_person_decides(asked):
    first, second = asked(), asked(to=1)
    answer(first, named(0))
    answer(second, named(0, name={"fr": "Khadija Aït Ouahi"}, email="k@example.org"), named(1), named(2, reserve=True))
    (pair,) = doubles.find(first.admission)
    assert (pair.nominee.request, pair.other.request, pair.is_certain) == (first, second, False)
    assert pair.score > 0.95
    assert pair.names[0][3]
    # Neither is registered while nobody knows.
    assert [one for one, _why in take(first)] == ["refused"]
    assert [one for one, _why in take(second)] == ["refused", "confirmed", "reserve"]
    doubles.decide(nominee=pair.nominee, other=pair.other, verdict="same", by=journal.CLI, now=NOW)
    assert [one for one, _why in take(first)] == ["confirmed"]
    # Who is named twice stays on the list, and the reserve stepped up for her.
    assert [one for one, _why in take(second)] == ["confirmed", "confirmed", "double"]
    assert doubles.find(first.admission) == []


def test_two_people_are_two_and_are_not_asked_about_again(asked):
    first, second = asked(), asked(to=1)
    answer(first, named(0))
    answer(second, named(0, email="k@example.org"))
    (pair,) = doubles.find(first.admission)
    for _time in range(2):
        doubles.decide(nominee=pair.nominee, other=pair.other, verdict="two", by=journal.CLI, now=NOW)
    assert Double.objects.count() == 1
    assert doubles.find(first.admission) == []
    assert take(first)[0][0] == take(second)[0][0] == "confirmed"


def test_the_same_address_with_the_same_name_needs_no_person_but_a_shared_mailbox_does(asked):
    first, second = asked(), asked(to=1)
    answer(first, named(0, email="P0@example.org"), named(1, email="service@example.org"))
    answer(second, named(0, telephone="0612 34 56 78"), named(3, email="service@example.org"))
    certain = {one.is_certain for one in doubles.find(first.admission)}
    assert certain == {True, False}
    assert [one for one, _why in take(first)] == ["confirmed", "refused"]
    row = Double.objects.get()
    assert (row.verdict, row.decided_by, row.evidence["email"]) == ("same", None, True)


def test_a_nominee_who_registered_by_herself_keeps_that_registration_and_counts_as_nominated(asked, come):
    row = asked()
    own = come(row.admission, 0, email="p0@example.org", name={"ar": PEOPLE[0][0]}, how="form")
    answer(row, named(0))
    assert [one for one, _why in take(row)] == ["confirmed"]
    own.refresh_from_db()
    assert (person(row, 0).registration, own.how, Registration.objects.count()) == (own, "nomination", 1)
    # Withdrawn by the administration, she is still registered by herself.
    nominees.withdraw(nominee=person(row, 0), by=journal.CLI, now=NOW)
    own.refresh_from_db()
    assert (own.state, own.how) == ("confirmed", "form")


def test_a_decision_is_turned_round(asked):
    first, second = asked(), asked(to=1)
    answer(first, named(0))
    answer(second, named(0, email="k@example.org"))
    (pair,) = doubles.find(first.admission)
    for verdict in ("same", "two"):
        doubles.decide(nominee=pair.nominee, other=pair.other, verdict=verdict, by=journal.CLI, now=NOW)
    assert take(second)[0][0] == "confirmed"
