"""Five hundred people at one instant: exactly as many places as there are, and each of the rest knows the turn.

On PostgreSQL, because the embedded database lets one writer in at a time. The twin takes the guard away and oversells.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.utils import timezone

from tansiq.core import journal, receipts
from tansiq.core.localized import Localized
from tansiq.core.models import Message, Receipt
from tansiq.participation import applicants, checkin, places, registration, standing
from tansiq.participation.models import Admission, Arrival, Attendance, Quota, Registration
from tansiq.people.models import Person
from tansiq.programme.models import Activity, Programme
from tests.participation.conftest import SHARES, latin, letters

pytestmark = pytest.mark.postgres
THREADS = 24
REGIONS = sorted(SHARES)


@pytest.fixture
def admission(django_db_setup, django_db_blocker):
    """Committed, so that other connections see it, and taken away again; only the journal keeps its lines.

    Without the mark of the database such tests run last.
    """
    if connection.vendor != "postgresql":
        pytest.skip("races are run on PostgreSQL")
    with django_db_blocker.unblock():
        text = Localized({"ar": "ندوة عن بعد"})
        programme = Programme.objects.create(slug="race", reference_language="ar", title=text)
        activity = Activity.objects.create(
            programme=programme,
            slug="race",
            kind="seminar",
            reference_language="ar",
            title=text,
            changed_at=timezone.now(),
        )
        row = Admission.objects.create(activity=activity, capacity=100, left=100)
        places.settle(row, 100, {("region", code): number for code, number in SHARES.items()})
        row.refresh_from_db()
        yield row
        for rows in (
            row.registrations.all(),
            Person.objects.filter(email__endswith="@example.org"),
            Message.objects.all(),
        ):
            rows.delete()
        programme.delete()


def all_at_once(work, number):
    """work(0) ... work(number - 1), each thread with a connection of its own, all let loose together."""
    start = threading.Barrier(THREADS)

    def run(first):
        try:
            start.wait()
            return [work(one) for one in range(first, number, THREADS)]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return [one for done in pool.map(run, range(THREADS)) for one in done]


def come(admission, number):
    applicant = applicants.Applicant(
        name={"ar": f"مشاركة {letters(number)}", "fr": f"Participante {latin(number)}"},
        email=f"p{number}@example.org", region=REGIONS[number % 12],
    )  # fmt: skip
    return registration.register(
        admission=admission, applicant=applicant, how="file", by=journal.CLI, now=timezone.now(), regions=REGIONS
    ).state


@pytest.mark.parametrize("time", range(3))
def test_500_at_once_for_100_places_of_12_regions_give_100_and_400_turns_that_differ(admission, time):
    states = all_at_once(lambda number: come(admission, number), 500)
    assert (states.count("confirmed"), states.count("waiting")) == (100, 400)
    rows = admission.registrations.order_by("number")
    assert [row.number for row in rows] == list(range(1, 501))
    for code, size in SHARES.items():
        assert rows.filter(region=code, has_place=True).count() == size
    ranks = [standing.rank(row) for row in rows.filter(state="waiting")]
    assert sorted(rank.place for rank in ranks) == list(range(1, 401))
    assert len({standing.explain(row, "en") for row in rows.filter(state="waiting")[:40]}) == 40
    admission.refresh_from_db()
    assert admission.left == 0
    assert places.miscounted(admission) == []


def test_200_for_one_full_region_are_refused_no_place_of_another(admission):
    def work(number):
        return come(admission, number * 12)

    states = all_at_once(work, 200)
    assert states.count("confirmed") == SHARES[REGIONS[0]]
    assert places.miscounted(Admission.objects.get(pk=admission.pk)) == []


def test_cancelling_and_registering_at_once_loses_no_place_and_makes_none(admission):
    first = [come(admission, number) for number in range(150)]
    assert first.count("confirmed") == 100
    held = list(admission.registrations.filter(has_place=True)[:60])

    def work(number):
        if number % 2:
            return come(admission, 1000 + number)
        row = held[number // 2]
        registration.cancel(registration=row, by=journal.CLI, now=timezone.now())
        return "cancelled"

    all_at_once(work, 120)
    admission.refresh_from_db()
    assert places.miscounted(admission) == []
    waiting = admission.registrations.filter(state="waiting")
    for quota in admission.quotas.exclude(key="").filter(left__gt=0):
        assert not waiting.filter(region=quota.key).exists()


def test_one_address_at_once_from_many_is_one_registration(admission):
    def work(number):
        try:
            return registration.register(
                admission=admission, how="file", by=journal.CLI, now=timezone.now(), regions=REGIONS,
                applicant=applicants.Applicant(name={"ar": "خديجة"}, email="K@example.org", region="MA-09"),
            ).number  # fmt: skip
        except registration.AlreadyRegistered as refusal:
            found: registration.AlreadyRegistered = refusal
            return found.registration.number

    assert len(set(all_at_once(work, 48))) == 1
    assert Registration.objects.count() == Person.objects.filter(email="k@example.org").count() == 1
    assert places.miscounted(Admission.objects.get(pk=admission.pk)) == []


def test_replacing_while_others_wait_and_cancel_loses_no_place_and_lets_nobody_between(admission):
    """Each nominee's place goes to the one named instead, while twice as many wait for it."""
    first = [come(admission, number) for number in range(150)]
    assert first.count("confirmed") == 100
    held = list(admission.registrations.filter(has_place=True)[:40])
    ended = set(admission.registrations.filter(has_place=True).values_list("pk", flat=True)[40:60])

    def work(number):
        if number < 40:
            row = held[number]
            applicant = applicants.Applicant(
                name={"ar": f"بديلة {letters(number)}"}, email=f"b{number}@example.org", region=row.region_id or ""
            )
            new = registration.replace(registration=row, applicant=applicant, by=journal.CLI, now=timezone.now())
            return new.state
        if number < 60:
            row = admission.registrations.get(pk=sorted(ended)[number - 40])
            return registration.cancel(registration=row, by=journal.CLI, now=timezone.now()).state
        return come(admission, 1000 + number)

    all_at_once(work, 120)
    replaced = admission.registrations.filter(address_key__startswith="b", has_place=True)
    assert replaced.count() == 40
    assert admission.registrations.filter(has_place=True, pk__in=[row.pk for row in held]).count() == 0
    assert places.miscounted(Admission.objects.get(pk=admission.pk)) == []
    waiting = admission.registrations.filter(state="waiting")
    for quota in admission.quotas.exclude(key="").filter(left__gt=0):
        assert not waiting.filter(region=quota.key).exists()


def test_one_place_replaced_twice_at_once_goes_to_one_alone(admission):
    come(admission, 1)
    row = admission.registrations.get()

    def work(number):
        applicant = applicants.Applicant(
            name={"ar": f"بديلة {letters(number)}"}, email=f"b{number}@example.org", region=row.region_id or ""
        )
        try:
            return registration.replace(registration=row, applicant=applicant, by=journal.CLI, now=timezone.now()).state
        except registration.NotSoFar:
            return "refused"

    states = all_at_once(work, 24)
    assert (states.count("confirmed"), states.count("refused")) == (1, 23)
    assert places.miscounted(Admission.objects.get(pk=admission.pk)) == []


def test_the_twin_without_the_guard_oversells(admission, monkeypatch):
    """Read, then write: what `places.take` must never become."""

    def careless(admission):
        row = Admission.objects.get(pk=admission.pk)
        if not row.left:
            return False
        Admission.objects.filter(pk=row.pk).update(left=row.left - 1, arrivals=places.F("arrivals") + 1)
        return True

    monkeypatch.setattr(places, "_take_total", careless)
    monkeypatch.setattr(places, "_take_one", lambda quota: Quota.objects.get(pk=quota.pk).size > 0)
    all_at_once(lambda number: come(admission, number), 500)
    assert admission.registrations.filter(has_place=True).count() > 100


def test_phones_that_check_in_one_person_at_one_instant_leave_one_attendance_with_the_earliest_time(admission):
    activity = admission.activity
    day = timezone.localdate()
    Activity.objects.filter(pk=activity.pk).update(when=day.isoformat(), first_day=day, last_day=day)
    applicant = applicants.Applicant(name={"ar": "مشاركة"}, region=REGIONS[0], language="ar")
    now = timezone.now()
    row = registration.register(admission=admission, applicant=applicant, how="file", by=journal.CLI, now=now)
    row = Registration.objects.select_related("admission__activity__programme").get(pk=row.pk)
    start = threading.Barrier(8)

    def phone(number):
        try:
            start.wait()
            at = now + dt.timedelta(seconds=number)
            checkin.check_in(who=row, day=day, at=at, by=journal.CLI, now=at, arrival_id=uuid.uuid4())
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(phone, range(8)))
    [one] = Attendance.objects.filter(registration=row)
    assert Arrival.objects.filter(registration=row, state="counted").count() == 8
    assert Arrival.objects.get(pk=one.evidence_id).at == now


def test_one_item_sent_by_eight_at_one_instant_has_one_receipt(admission, monkeypatch):
    done = []
    monkeypatch.setitem(receipts._VERBS, "note", lambda item, by, now: (done.append(1), (None, {}))[1])
    content = receipts.canonical({"key": "a"})
    item = receipts.Item(uuid.uuid4(), "note", content, hashlib.sha256(content).hexdigest())
    start = threading.Barrier(8)

    def send(_number):
        try:
            start.wait()
            return receipts.receive(item, by=journal.CLI, now=timezone.now()).receipt.received_at
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(send, range(8)))) == 1
    assert Receipt.objects.filter(pk=item.id).count() == 1
