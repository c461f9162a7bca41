"""Nominees become registrations in their order, each with an answer."""

import pytest

from tansiq.coordination import letters
from tansiq.core import docx, journal
from tansiq.core.models import Entry, Link, Message
from tansiq.participation import nominations, nominees, standing, takeover
from tansiq.participation.models import Registration
from tests.participation.conftest import NOW
from tests.participation.nominating import PEOPLE, answer, asked, bodies, named, person, take  # noqa: F401

pytestmark = pytest.mark.django_db


def test_those_named_become_registrations_in_their_order_and_the_reserve_waits(asked):
    row = asked()
    answer(row, named(0), named(1, email=""), named(2, reserve=True))
    assert [one for one, _why in take(row)] == ["confirmed", "confirmed", "reserve"]
    rows = list(row.admission.registrations.order_by("number"))
    assert [(one.how, one.organisation.slug, one.address_key) for one in rows] == [
        ("nomination", "idara-a", "p0@example.org"), ("nomination", "idara-a", ""),
    ]  # fmt: skip
    before = (Registration.objects.count(), Entry.objects.count(), Message.objects.count())
    take(row)
    assert before == (Registration.objects.count(), Entry.objects.count(), Message.objects.count())
    row.refresh_from_db()
    assert row.state == "taken"


def test_where_the_region_is_full_they_wait_and_know_why_and_a_nominee_comes_before_the_public(asked, come):
    row = asked(number=3, reserve=0, seminar={"capacity": 1, "shares": {"MA-09": 1}, "order": ["nominated"]})
    come(row.admission, 900)
    public = come(row.admission, 901)
    answer(row, named(0))
    ((state, why),) = take(row)
    assert state == "waiting"
    assert "سوس ماسة" in why
    assert standing.rank(public).place == 2


def test_without_the_hierarchy_nobody_is_taken_until_it_agrees_or_somebody_decides(asked):
    row = asked(number=3)
    answer(row, named(0), named(1, permission=False), named(3, permission=False))
    assert [one for one, _why in take(row)] == ["confirmed", "refused", "refused"]
    nominees.permit(nominee=person(row, 1), has_permission=True, by=journal.CLI, now=NOW)
    with pytest.raises(Exception, match="يرجى"):
        nominees.waive(nominee=person(row, 3), because=" ", by=journal.CLI, now=NOW)
    nominees.waive(nominee=person(row, 3), because="وافقت الوزارة هاتفيا", by=journal.CLI, now=NOW)
    assert [one for one, _why in take(row)] == ["confirmed"] * 3
    entry = Entry.objects.get(verb="participation.waive_permission")
    assert "هاتفيا" not in str(entry.changes)


def test_nothing_is_taken_where_nobody_was_named_or_the_request_is_closed(asked):
    row = asked()
    with pytest.raises(takeover.NothingToTake):
        take(row)
    nominations.close(request=row, by=journal.CLI, now=NOW)
    with pytest.raises(nominations.IsOver):
        take(row)
    with pytest.raises(nominations.IsOver):
        answer(row, named(0))
    assert Link.objects.get().closed_at is not None


def test_the_outcome_goes_out_as_a_letter_for_those_without_an_address(asked):
    row = asked()
    answer(row, named(0, email=""), named(1, permission=False))
    take(row)
    text = docx.text_of(letters.open_file(takeover.tell(request=row, by=journal.CLI, now=NOW), "docx"))
    assert PEOPLE[0][0] in text
    assert "موافقة" in text
