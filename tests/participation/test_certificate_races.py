"""Certificates issued by many at once: one each, numbers without a gap, one key. On PostgreSQL, with real connections."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.utils import timezone

from tansiq.core import journal
from tansiq.core.localized import Localized
from tansiq.core.models import Message
from tansiq.participation import certificates, keys, verification
from tansiq.participation.models import Admission, Certificate, CertificateSeries, NameTry, Registration, SigningKey
from tansiq.people.models import Person
from tansiq.programme.models import Activity, Programme
from tests.participation.conftest import latin, letters
from tests.participation.test_races import all_at_once

pytestmark = pytest.mark.postgres
NOW = dt.datetime(2020, 7, 30, 9, 0, tzinfo=dt.UTC)
PEOPLE = 48


@pytest.fixture
def admission(django_db_setup, django_db_blocker, settings, tmp_path):
    """A training that was held, with 48 fictional people; taken away again. Only the journal keeps its lines."""
    if connection.vendor != "postgresql":
        pytest.skip("races are run on PostgreSQL")
    settings.TANSIQ_DATA = tmp_path
    with django_db_blocker.unblock():
        text = Localized({"ar": "دورة تكوينية"})
        programme = Programme.objects.create(slug="race-certificates", reference_language="ar", title=text)
        activity = Activity.objects.create(
            programme=programme, slug="race-certificates", kind="training", state="held", reference_language="ar", title=text,
            changed_at=timezone.now(),
        )  # fmt: skip
        row = Admission.objects.create(activity=activity, capacity=PEOPLE, left=0, certificate={"minutes": 0})
        for number in range(1, PEOPLE + 1):
            person = Person.objects.create(
                name={"ar": f"مشاركة {letters(number)}", "fr": f"Participante {latin(number)}"}, reference_language="ar",
                email=f"race{number}@example.org", is_fictional=True,
            )  # fmt: skip
            Registration.objects.create(
                admission=row, person=person, number=number, address_key=person.email, language="ar", how="file",
                state="confirmed", has_place=True, made_at=NOW,
            )  # fmt: skip
        yield row
        Certificate.objects.all().delete()
        for rows in (row.registrations.all(), Person.objects.filter(email__startswith="race"), Message.objects.all()):
            rows.delete()
        for model in (CertificateSeries, SigningKey, NameTry):
            model.objects.all().delete()
        programme.delete()


def test_two_clicks_for_each_at_once_give_one_each_with_numbers_from_one_on(admission):
    rows = list(admission.registrations.all())

    def work(number):
        return certificates.issue(registration=rows[number % PEOPLE], by=journal.CLI, now=NOW).serial

    found = all_at_once(work, 2 * PEOPLE)
    assert sorted(set(found)) == list(range(1, PEOPLE + 1))
    assert Certificate.objects.count() == PEOPLE
    assert SigningKey.objects.count() == 1
    assert len(list(keys.folder().glob("*.json"))) == 1
    assert {verification.check_code(one.code, now=NOW).status for one in Certificate.objects.all()} == {"valid"}


def test_refusals_in_between_leave_no_gap(admission):
    rows = list(admission.registrations.all())
    Person.objects.filter(registrations__number__in=range(3, PEOPLE, 5)).update(name={"ar": "سلمى 🧕"})

    def work(number):
        [one] = certificates.issue_each(registrations=[rows[number]], by=journal.CLI, now=NOW)
        return getattr(one, "serial", 0)

    found = [serial for serial in all_at_once(work, PEOPLE) if serial]
    assert 0 < len(found) < PEOPLE
    assert sorted(found) == list(range(1, len(found) + 1))


def test_a_thousand_guesses_at_once_are_ten(admission):
    one = certificates.issue(registration=admission.registrations.first(), by=journal.CLI, now=NOW)

    def work(number):
        try:
            return verification.try_name(
                certificate=one, subject=one.code, typed="اسم آخر", origin="192.0.2.1", now=NOW
            )
        except verification.TooManyTries:
            return None

    assert sum(answer is not None for answer in all_at_once(work, 1000)) <= 10
