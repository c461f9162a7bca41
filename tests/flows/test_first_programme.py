"""The first day with Tansiq, as the manual tells it: one programme, entered once, seen everywhere."""

import datetime as dt

import icalendar
from django.test import Client
from django.utils import timezone

from tansiq.config import files
from tansiq.core import journal
from tansiq.core.dates import PartialDate
from tansiq.programme import planning
from tansiq.programme.models import Activity
from tests.conftest import EXAMPLES


def page(path):
    answer = Client().get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_one_programme_entered_once_drives_pages_calendar_feed_search_and_partners(
    db, django_capture_on_commit_callbacks
):
    # The secretariat loads the programme of the press release.
    with django_capture_on_commit_callbacks(execute=True):
        document = files.read(EXAMPLES / "ma-2020-world-day.yaml")
        loaded = files.load(document, by=journal.CLI, now=timezone.now())
    assert loaded.counts["activities"] == [5, 0, 0]

    # A reader opens the site: Arabic first, three days, everything announced, no log-in.
    home = page("/ar/")
    assert "اليوم العالمي لمكافحة الاتجار بالبشر 2020" in home
    assert 'datetime="2020-07-27"' in home
    assert 'datetime="2020-07-29"' in home
    assert 'datetime="2020-07-28"' not in home  # the Arabic text gives the seminar no day
    assert "28" in home  # but the French version does, and is named
    assert "tag-held" not in home

    # In the seminar UNODC and the European Union organise and the Commission is partner.
    seminar = page("/ar/activities/seminar/")
    assert seminar.index("ينظم") < seminar.index("بشراكة مع")

    # The launch and the joining take place within the ceremony.
    ceremony = page("/ar/activities/ceremony/")
    assert "/ar/activities/spot-launch/" in ceremony
    assert "/ar/activities/joining-blue-heart/" in ceremony

    # The project page keeps both readings of the three years.
    project = page("/fr/programmes/world-day-2020/project/")
    assert "Ce sont les programmes de l’Union européenne qui s’étendent sur 3 ans" in project
    assert "C’est cette initiative régionale qui s’étend sur 3 ans" in project

    # Her calendar shows the dated activities; the seminar is named, not guessed.
    address = "/ar/programmes/world-day-2020/calendar.ics"
    before = icalendar.Calendar.from_ical(Client().get(address).content)
    assert len(before.walk("VEVENT")) == 4
    assert "ندوة وطنية عن بعد" in str(before["DESCRIPTION"])

    # Search finds the seminar by a word with another article; the partner's page says who did what.
    assert "/ar/activities/seminar/" in page("/ar/search/?q=الندوة")
    assert "/ar/activities/seminar/" in page("/ar/partners/unodc/")

    # The day is set: one change, and page, calendar and feed agree.
    with django_capture_on_commit_callbacks(execute=True):
        planning.change(
            activity=Activity.objects.get(slug="seminar"), when=PartialDate("2020-07-28"), state="moved",
            by=journal.CLI, now=timezone.now() + dt.timedelta(seconds=1),
        )  # fmt: skip
    assert 'datetime="2020-07-28"' in page("/ar/programmes/world-day-2020/")
    after = icalendar.Calendar.from_ical(Client().get(address).content)
    moved = next(event for event in after.walk("VEVENT") if "ندوة" in event["SUMMARY"])
    assert (moved.decoded("DTSTART"), moved["SEQUENCE"]) == (dt.date(2020, 7, 28), 1)
    first_entry = page("/ar/feed.atom").split("<entry>")[1]
    assert "ندوة وطنية عن بعد" in first_entry

    # Everything that was done is in the journal, and the journal can prove that it was not touched.
    journal.seal(now=timezone.now())
    verdict = journal.verify()
    assert (verdict.broken_at, verdict.unsealed) == (None, 0)
