"""Publishing, withdrawing, moving: each with its journal entry and its refusal."""

import datetime as dt

import pytest
from django.utils import timezone

from tansiq.core import journal
from tansiq.core.dates import PartialDate
from tansiq.programme import planning
from tansiq.programme.models import Activity, Programme, Undertaking

NOW = dt.datetime(2020, 7, 24, 10, tzinfo=dt.UTC)


def test_an_announced_activity_never_counts_as_done_whatever_its_date(world_day):
    assert {activity.counts_as_done for activity in world_day.activities.all()} == {False}
    ceremony = world_day.activities.get(slug="ceremony")
    planning.change(activity=ceremony, state="held", by=journal.CLI, now=NOW)
    assert [one.slug for one in Activity.objects.all() if one.counts_as_done] == ["ceremony"]


def test_a_move_raises_the_sequence_and_keeps_the_identity(world_day):
    seminar = world_day.activities.get(slug="seminar")
    planning.change(activity=seminar, when=PartialDate("2020-07-28"), state="moved", by=journal.CLI, now=NOW)
    stored = Activity.objects.get(slug="seminar")
    assert (stored.pk, stored.sequence, stored.first_day) == (seminar.pk, 1, dt.date(2020, 7, 28))


def test_a_move_out_of_the_programme_is_refused_and_carries_the_period(world_day):
    seminar = world_day.activities.get(slug="seminar")
    with pytest.raises(planning.OutsideProgramme) as refusal:
        planning.change(activity=seminar, when=PartialDate("2020-08-03"), by=journal.CLI, now=NOW)
    assert refusal.value.period.edtf == "2020-07-27/2020-07-29"
    assert not Activity.objects.get(slug="seminar").when.is_known


def test_an_embargoed_programme_is_public_at_its_second_and_not_before(db):
    programme = Programme.objects.create(slug="hazr", title={"ar": "حظر"}, reference_language="ar")
    at = NOW + dt.timedelta(hours=2)
    planning.publish(programme=programme, by=journal.CLI, now=NOW, at=at)
    assert not Programme.objects.public(at - dt.timedelta(seconds=1)).filter(slug="hazr").exists()
    assert Programme.objects.public(at).filter(slug="hazr").exists()


def test_publishing_twice_writes_one_entry(world_day):
    planning.withdraw(programme=world_day, by=journal.CLI, now=NOW)
    for _time in range(2):
        planning.publish(programme=world_day, by=journal.CLI, now=timezone.now())
    assert [entry.verb for entry in journal.of(world_day)].count("programme.publish") == 1


def test_national_days_and_weekends_warn_the_planner(db):
    warned = planning.warnings(PartialDate("2026-07-30/2026-08-01"))
    kinds = {(one["kind"], one["day"].isoformat()) for one in warned}
    assert {("national", "2026-07-30"), ("international", "2026-07-30"), ("weekend", "2026-08-01")} <= kinds
    assert planning.warnings(PartialDate("2026-07")) == []


def test_an_undertaking_is_late_in_public_only_after_a_review():
    undertaking = Undertaking(due=PartialDate("2020-12"))
    day = dt.date(2021, 1, 15)
    assert undertaking.is_late(day)
    assert not undertaking.is_late_in_public(day)
    undertaking.reviewed_date = dt.date(2021, 1, 10)
    assert undertaking.is_late_in_public(day)
    assert not undertaking.is_late(dt.date(2020, 12, 31))
