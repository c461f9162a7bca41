"""The seminar on the day after it: who was there for how long, and what a certificate asks for."""

import datetime as dt
import io

import pypdf
import pytest

from tansiq.core import journal
from tansiq.participation import certificates
from tansiq.participation.models import Attendance

DAY = dt.date(2020, 7, 28)
AFTER = dt.datetime(2020, 7, 30, 9, 0, tzinfo=dt.UTC)
KHADIJA = {"ar": "خديجة أيت واحي", "fr": "Khadija Aït Ouahi"}


@pytest.fixture
def course(seminar):
    """course(**rule) -> the seminar with a certificate for 240 minutes, or by another rule."""

    def make(**rule):
        return seminar(shares={}, certificate=rule or {"minutes": 240, "hours": 4, "signatory": "head-of-secretariat"})

    return make


@pytest.fixture
def attended(come):
    """attended(admission, 3, minutes=240, ...) -> the third fictional person, who was there for so long."""

    def register(admission, number, *, minutes=240, **more):
        row = come(admission, number, **more)
        if minutes:
            Attendance.objects.create(
                registration=row, day=DAY, how=Attendance.How.REPORT, minutes=minutes, recorded_at=AFTER
            )
        return row

    return register


@pytest.fixture
def certified(course, attended):
    """certified(name=..., language=...) -> the certificate of Khadija, a fictional person."""

    def make(number=1, *, admission=None, **more):
        row = attended(admission or course(), number, **{"name": KHADIJA, **more})
        return certificates.issue(registration=row, by=journal.CLI, now=AFTER)

    return make


def text_of(content):
    return pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text()
