"""All that is held of a participant is given out, and erased: what stays is a number that names nobody."""

import datetime as dt
import json

import pytest

from tansiq.core import journal
from tansiq.participation import ownpage
from tansiq.participation.models import (
    Attendance,
    AttendanceReport,
    Certificate,
    Identity,
    NominationRequest,
    Nominee,
    SigningKey,
)
from tansiq.people import privacy, retention
from tansiq.people.models import Organisation
from tests.participation.conftest import NOW

pytestmark = pytest.mark.django_db
SHOWN = "خديجة على هاتفها"


@pytest.fixture
def held(seminar, come):
    """A participant with everything that may be held of one, and a colleague who must not be touched."""
    admission = seminar()
    row = come(admission, 1, email="khadija@example.org", name={"ar": "خديجة أيت واحي"}, sex="woman")
    other = come(admission, 2)
    for one in (row, other):
        Attendance.objects.create(
            registration=one, day=dt.date(2020, 7, 28), how="report", minutes=95, recorded_at=NOW,
            intervals=[["2020-07-28T09:00:00+00:00", "2020-07-28T10:35:00+00:00", "x"]],
        )  # fmt: skip
    Identity.objects.create(admission=admission, key="x", name=SHOWN, registration=row, decided_at=NOW)
    AttendanceReport.objects.create(
        admission=admission, platform="zoom", file_name="zoom.csv", sha256="0", rows=2, read_at=NOW,
        stays=[{"name": "خديجة أيت واحي", "email": ""}, {"name": "غيرها", "email": "p2@example.org"}],
    )  # fmt: skip
    key = SigningKey.objects.create(key_id="test", public_key="x", made_at=NOW)
    Certificate.objects.create(
        registration=row, year=2020, serial=1, code="x", key=key, signature="x", holder={"ar": "خديجة أيت واحي"},
        language="ar", issued_at=NOW, signed={"course": {"title": {"ar": "ندوة"}}},
    )  # fmt: skip
    asked = NominationRequest.objects.create(
        admission=admission, organisation=Organisation.objects.first(), language="ar", asked_at=NOW,
        email="khadija@example.org", office="مصلحة الموارد البشرية",
    )  # fmt: skip
    Nominee.objects.create(request=asked, name={"ar": "خديجة أيت واحي"}, reference_language="ar", registration=row)
    return row, other


def test_everything_is_given_out(held):
    row, _other = held
    given = privacy.export(row.person)
    (one,) = given["registrations"]
    assert (one["activity"], one["number"], one["region"], one["sex"]) == ("seminar", 1, "MA-09", "woman")
    assert (one["attendance"][0]["minutes"], one["certificates"][0]["number"]) == (95, "1/2020")
    assert one["shown_as"] == [SHOWN]
    assert [len(given[name]) for name in ("nominations", "requests for nominations", "attendance reports")] == [1, 1, 1]
    json.dumps(given)


def test_an_erasure_leaves_the_place_and_the_minutes_and_no_name(held):
    row, other = held
    link = ownpage.token(row)
    privacy.erase(row.person, by=journal.CLI, now=NOW)
    left = json.dumps(privacy.export(row.person), ensure_ascii=False)
    for word in ("خديجة", "khadija", SHOWN, "woman"):
        assert word not in left
    row.refresh_from_db()
    assert (row.state, row.number, row.attendances.get().minutes) == ("confirmed", 1, 95)
    assert Certificate.objects.get().course == {"title": {"ar": "ندوة"}}
    assert ownpage.find(link) is None
    assert AttendanceReport.objects.get().stays == [{"name": "غيرها", "email": "p2@example.org"}]
    other.refresh_from_db()
    assert (other.address_key, len(other.attendances.get().intervals)) == ("p2@example.org", 1)


def test_reports_nominees_and_names_shown_go_after_their_time(held):
    row, _other = held
    gone = retention.run(now=NOW + dt.timedelta(days=366))
    assert (gone["participation.attendancereport"], gone["participation.identity"]) == (1, 1)
    assert Nominee.objects.count() == 1  # a participant: kept with the registration
    Nominee.objects.update(registration=None)
    assert retention.run(now=NOW + dt.timedelta(days=731))["participation.nominee"] == 1
    assert NominationRequest.objects.get().email == ""
    row.refresh_from_db()
    assert row.state == "confirmed"
