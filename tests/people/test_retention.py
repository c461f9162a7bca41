"""What is over its time goes, and the journal says how much of what."""

import datetime as dt

import pytest

from tansiq.core.models import Entry, Message
from tansiq.people import retention
from tansiq.people.classes import CLASSES

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)


def mail(key, days, state):
    at = NOW - dt.timedelta(days=days)
    return Message.objects.create(
        key=key, to_address=f"{key}@example.org", subject="تذكير", body="السلام عليكم", language="ar", state=state,
        next_attempt_at=at, created_at=at, sent_at=at if state == "sent" else None,
    )  # fmt: skip


def test_every_class_with_a_time_has_its_purge_and_no_other():
    assert retention.labels() == {label for label, kept in CLASSES.items() if kept.days is not None}


def test_mails_that_are_done_with_go_after_their_days_and_those_that_wait_stay():
    for key, days, state in (
        ("old", 91, "sent"), ("failed", 91, "failed"), ("unsure", 200, "unsure"), ("waiting", 200, "queued"),
        ("young", 89, "sent"),
    ):  # fmt: skip
        mail(key, days, state)
    assert retention.run(now=NOW) == {"core.message": 3}
    assert set(Message.objects.values_list("key", flat=True)) == {"waiting", "young"}
    entry = Entry.objects.get(verb="people.retention")
    assert (entry.actor_label, entry.subject_label, entry.changes["rows"]) == (
        "system:schedule",
        "core.message",
        [3, 0],
    )
    assert retention.run(now=NOW) == {}
    assert Entry.objects.filter(verb="people.retention").count() == 1


def test_sessions_that_ended_go():
    from django.contrib.sessions.models import Session

    for key, hours in (("ended", -1), ("open", 1)):
        Session.objects.create(session_key=key, session_data="x", expire_date=NOW + dt.timedelta(hours=hours))
    retention.run(now=NOW)
    assert list(Session.objects.values_list("session_key", flat=True)) == ["open"]
