"""Staff and a guest press the same button at one instant: one guest, one mail each, one answer. On PostgreSQL."""

from __future__ import annotations

import pytest
from django.db import connection
from django.utils import timezone

from tansiq.core import journal
from tansiq.core.localized import Localized
from tansiq.core.models import Message
from tansiq.participation import answers, guests, invitations
from tansiq.participation.models import Invitation
from tansiq.people.models import Person
from tansiq.programme.models import Activity, Programme
from tests.participation.test_races import THREADS, all_at_once

pytestmark = pytest.mark.postgres


@pytest.fixture
def activity(django_db_setup, django_db_blocker):
    """Committed, so that other connections see it, and taken away again; only the journal keeps its lines."""
    if connection.vendor != "postgresql":
        pytest.skip("races are run on PostgreSQL")
    with django_db_blocker.unblock():
        text = Localized({"ar": "حفل"})
        programme = Programme.objects.create(slug="guest-race", reference_language="ar", title=text)
        yield Activity.objects.create(
            programme=programme, slug="guest-race", kind="ceremony", reference_language="ar", title=text,
            changed_at=timezone.now(),
        )  # fmt: skip
        Invitation.objects.filter(activity__programme=programme).delete()
        Person.objects.filter(email="guest@example.org").delete()
        Message.objects.all().delete()
        programme.delete()


def test_a_button_pressed_by_many_at_once_does_it_once(activity):
    now = timezone.now()
    given = (
        guests.Guest(name={"ar": "خديجة أيت واحي"}, email="guest@example.org"),
        guests.Guest(function={"ar": "وزير خيالي"}, cabinet_email="guest@example.org"),
    )

    def work(number):
        row = guests.add(activity=activity, guest=given[number % 2], by=journal.CLI, now=now)
        invitations.send(invitations=[row], by=journal.CLI, now=now)
        row.refresh_from_db()
        invitations.remind(invitations=[row], by=journal.CLI, now=now)
        answers.answer(invitation=row, reply=answers.Reply("accepted"), how="link", by=answers.GUEST, now=now)

    all_at_once(work, THREADS * 2)
    rows = list(Invitation.objects.filter(activity=activity).order_by("number"))
    assert [(row.number, row.state, row.answers) for row in rows] == [(1, "accepted", 1), (2, "accepted", 1)]
    for row in rows:
        keys = Message.objects.filter(key__startswith=f"invitation:{row.pk}").values_list("key", flat=True)
        kinds = sorted(key.split(":")[2] for key in keys)
        assert kinds in (["answer", "sent"], ["answer", "remind", "sent"])
