"""The seminar of the source document with its places: fictional people, real regions."""

import datetime as dt

import pytest

from tansiq.core import journal
from tansiq.participation import applicants, places, registration
from tansiq.participation.models import Admission
from tansiq.programme.models import Activity

# A hundred places for twelve regions.
SHARES = {f"MA-{number:02}": 8 for number in range(1, 13)} | {"MA-04": 10, "MA-06": 10}


@pytest.fixture
def seminar(world_day):
    """seminar(capacity=100, shares={...}, **values) -> the admission of the remote seminar."""

    def make(capacity=100, shares=SHARES, **values):
        activity = Activity.objects.get(slug="seminar")
        row = Admission.objects.create(
            activity=activity, capacity=capacity, left=capacity, **{"is_public": True, **values}
        )
        places.settle(row, capacity, {("region", code): number for code, number in shares.items()})
        row.refresh_from_db()
        return row

    return make


@pytest.fixture
def come(world_day):
    """come(admission, 3, region="MA-09") -> the registration of the third fictional person."""

    def register(admission, number, *, region="MA-09", how="file", now=None, **more):
        applicant = applicants.Applicant(
            **{
                "name": {"ar": f"مشاركة {letters(number)}", "fr": f"Participante {latin(number)}"},
                "email": f"p{number}@example.org", "region": region, "language": "ar", **more,
            }
        )  # fmt: skip
        return registration.register(admission=admission, applicant=applicant, how=how, by=journal.CLI, now=now or NOW)

    return register


def letters(number: int) -> str:
    """A number as letters: names hold none."""
    return "".join("ابتثجحخدذر"[int(digit)] for digit in str(number))


def latin(number: int) -> str:
    return "".join("abcdefghij"[int(digit)] for digit in str(number)).title()


NOW = dt.datetime(2020, 7, 6, 9, 0, tzinfo=dt.UTC)
