"""The invented training of the demonstration: everybody in it is marked, and loading it again changes nothing."""

import datetime as dt
import io
from collections import Counter

import pytest
from pypdf import PdfReader

from tansiq.config import demonstration, running
from tansiq.core.models import Entry, Message
from tansiq.participation import cascade, certificatefiles, feedback
from tansiq.participation.models import Assessment, Certificate, Feedback, Identity, Invitation, Nominee, Registration
from tansiq.people import retention
from tansiq.people.models import Person, Region
from tansiq.programme.models import Activity, Programme
from tests.conftest import EXAMPLES

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2031, 5, 7, 9, 0, tzinfo=dt.UTC)
FOLDER = EXAMPLES / "fictional"


@pytest.fixture
def training(db):
    assert demonstration.prepare(FOLDER, now=NOW)


def test_a_newcomer_finds_each_state_of_a_course_and_its_people(training):
    rows = Registration.objects.values_list("admission__activity__slug", "state", "attended")
    assert Counter(rows) == {
        ("fictional-course", "confirmed", True): 17, ("fictional-course", "confirmed", False): 3,
        ("fictional-course", "waiting", None): 4, ("fictional-second-course", "confirmed", None): 4,
    }  # fmt: skip
    assert Registration.objects.exclude(region=None).values("region").distinct().count() == 12
    assert [one.name for one in Identity.objects.filter(is_open=True)] == ["iPhone"]
    assert Certificate.objects.count() == 16
    assert feedback.results(Feedback.objects.get(), with_words=False)[0] == 12
    assert [line.direct for line in cascade.of().lines] == [17]
    assert Counter(Nominee.objects.values_list("state", flat=True)) == {"named": 2, "reserve": 1}
    states = Counter(Invitation.objects.values_list("state", flat=True))
    assert states == {"represented": 1, "accepted": 1, "declined": 1, "sent": 2}


def test_whatever_is_shown_says_that_it_is_fictional(training):
    for title in [Programme.objects.get().title, *(one.title for one in Activity.objects.all())]:
        assert "متخيل" in title["ar"]
        assert "ictive" in title["fr"]
        assert "ictional" in title["en"]
    people = Person.objects.all()
    assert people.count() == 30
    assert all(one.is_fictional for one in people)
    for name in [one.name for one in people] + [one.name for one in Nominee.objects.all()]:
        assert "(متخيل" in name["ar"]
        assert "(ficti" in name["fr"]
    one = Certificate.objects.order_by("serial").first()
    page = PdfReader(io.BytesIO(certificatefiles.open_pdf(one, "fr", now=NOW))).pages[0].extract_text()
    assert "Exemple fictif" in page


def test_the_first_course_was_held_lately_and_the_second_one_comes(training):
    first, second = (Activity.objects.get(slug=f"fictional-{name}").first_day for name in ("course", "second-course"))
    assert dt.timedelta(7) <= NOW.date() - first < dt.timedelta(14)
    assert second - first == dt.timedelta(28)
    test = Assessment.objects.get()
    assert {(at.date() - first).days for at in (test.before_opens_at, test.before_closes_at, test.after_opens_at)} == {
        -2,
        0,
    }
    assert (first.weekday(), second.weekday()) == (1, 1)
    # Nothing is dated later than now, and nobody is so long ago that the first night takes them away.
    assert Entry.objects.filter(recorded_at__gt=NOW).count() == 0
    retention.run(now=NOW)
    assert Registration.objects.filter(address_key="").count() == 0
    assert Invitation.objects.filter(emptied_at=None).count() == 5


def test_again_it_changes_nothing(training):
    before = Entry.objects.count(), Message.objects.count()
    assert not demonstration.prepare(FOLDER, now=NOW + dt.timedelta(days=90))
    assert (Entry.objects.count(), Message.objects.count()) == before


def test_where_the_pack_has_no_such_regions_it_is_left_out_whole(db):
    Region.objects.all().delete()
    said = []
    running._prepare_fictional(FOLDER, say=said.append)
    assert len(said) == 1
    assert (Programme.objects.count(), Registration.objects.count()) == (0, 0)


def test_what_was_invented_never_stands_before_what_is_real(client, world_day):
    """The fictional programme is still to end, the real one is long over: the first page is the real one's."""
    demonstration.prepare(FOLDER, now=dt.datetime.now(dt.UTC))
    assert client.get("/ar/").context["programme"].slug == "world-day-2020"
    assert "متخيلة" in client.get("/ar/programmes/").content.decode() + client.get("/ar/activities/").content.decode()
