"""The door at the desk: who came, who waits for a decision, the conflict box."""

import datetime as dt
import hashlib
import uuid

import lxml.html
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pypdf import PdfReader

from tansiq.core import journal, receipts
from tansiq.core.models import HeldItem
from tansiq.participation import checkin, daylist
from tansiq.participation.models import Arrival, Attendance, Registration
from tansiq.people import accounts
from tansiq.people.models import Region
from tests.participation.conftest import come, seminar  # noqa: F401
from tests.participation.invited import add, ceremony

pytestmark = pytest.mark.django_db


@pytest.fixture
def door(seminar):
    admission = seminar()
    activity = admission.activity
    activity.when, activity.starts_at_time, activity.ends_at_time = timezone.localdate().isoformat(), dt.time(0), dt.time(23, 59)  # fmt: skip
    activity.save()
    admission.refresh_from_db()
    return admission


def arrive(row, **more):
    now = timezone.now()
    return checkin.check_in(who=row, day=timezone.localdate(), at=now, by=journal.CLI, now=now, **more)


def walk_in(door, name):
    now = timezone.now()
    return checkin.walk_in(activity=door.activity, day=timezone.localdate(), at=now, name=name, organisation_name="", by=journal.CLI, now=now)  # fmt: skip


def address(door):
    return f"/desk/doors/{door.activity.pk}/{timezone.localdate()}/"


def texts(answer):
    return " ".join(lxml.html.fromstring(answer.content).text_content().split())


def act(client, door, **given):
    answer = client.post(f"{address(door)}act/", given, follow=True)
    assert answer.status_code == 200
    return texts(answer)


def test_the_page_of_a_day_says_how_many_came_and_is_found_from_the_list_of_doors(secretariat, door, come):
    rows = [come(door, number) for number in range(1, 4)]
    arrive(rows[0])
    walk_in(door, "زائرة متخيلة")
    page = secretariat.get("/desk/doors/")
    assert f'href="{address(door)}"' in page.content.decode()
    found = texts(secretariat.get(address(door)))
    assert "مشاركة ب" in found
    assert "زائرة متخيلة" in found
    context = secretariat.get(address(door)).context
    assert (context["number"], context["expected"], context["apart"]) == (1, 3, 1)
    assert secretariat.get(address(door)).headers.get("Refresh") is None
    assert secretariat.get(address(door), {"live": "1"}).headers["Refresh"] == "20"


def test_the_pages_cost_the_same_with_few_and_with_many(secretariat, door, come):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert secretariat.get(address(door)).status_code == 200
            assert secretariat.get("/desk/doors/").status_code == 200
            assert secretariat.get("/desk/conflicts/").status_code == 200
        return len(queries)

    def more(number):
        arrive(come(door, number))
        walk_in(door, f"زائرة {number} متخيلة")
        hold(door, {"registration": str(uuid.uuid4()), "number": number})

    more(1)
    cost()
    few = cost()
    for number in range(2, 12):
        more(number)
    assert cost() == few


def test_somebody_not_on_the_list_is_shown_beside_the_nearest_names_and_counted_as_one_of_them(secretariat, door, come):
    row = come(door, 1, name={"ar": "خديجة أيت واحي", "fr": "Khadija Aït Ouahi"})
    come(door, 2)
    one = walk_in(door, "Khadija Ait Wahi")
    page = lxml.html.fromstring(secretariat.get(address(door)).content)
    assert page.xpath("//input[@type='radio']/@value")[0] == str(row.pk)
    act(secretariat, door, do="count", arrival=str(one.pk), number="1")
    assert Attendance.objects.get().registration == row
    assert Registration.objects.get(pk=row.pk).attended is True


def test_somebody_new_is_registered_and_counted_or_not_counted_with_a_reason(secretariat, door):
    one, other = walk_in(door, "زائرة متخيلة"), walk_in(door, "ضيف متخيل")
    act(secretariat, door, do="enrol", arrival=str(one.pk))  # the region is missing: nothing happens
    assert Arrival.objects.get(pk=one.pk).state == "decide"
    act(secretariat, door, do="enrol", arrival=str(one.pk), region="MA-09")
    assert Arrival.objects.get(pk=one.pk).state == "counted"
    assert str(Registration.objects.get().person) == "زائرة متخيلة"
    act(secretariat, door, do="not", arrival=str(other.pk), because="")
    assert Arrival.objects.get(pk=other.pk).state == "decide"
    assert "سائق" in act(secretariat, door, do="not", arrival=str(other.pk), because="سائق")
    assert Attendance.objects.count() == 1


def test_two_phones_that_noted_one_person_without_a_place_are_decided_on_once(secretariat, door, come):
    row = come(door, 1)
    Registration.objects.filter(pk=row.pk).update(state="waiting", has_place=False)
    one = arrive(row, arrival_id=uuid.uuid4())
    arrive(row, arrival_id=uuid.uuid4())
    act(secretariat, door, do="count", arrival=str(one.pk))
    assert list(Arrival.objects.values_list("state", flat=True)) == ["counted", "counted"]
    assert Attendance.objects.count() == 1


def test_a_check_in_is_undone_with_a_reason_and_noted_again_from_paper(secretariat, door, come):
    row = come(door, 1)
    arrive(row)
    act(secretariat, door, do="undo", who=str(row.pk), because=" ")
    assert Attendance.objects.count() == 1
    act(secretariat, door, do="undo", who=str(row.pk), because="اسم مشابه")
    assert Attendance.objects.count() == 0
    assert Registration.objects.get(pk=row.pk).attended is None
    act(secretariat, door, do="note", number="1", at="xx:00")
    act(secretariat, door, do="note", number="77", at="00:00")
    assert Attendance.objects.count() == 0


def test_an_hour_from_the_paper_counts_on_that_day(secretariat, door, come):
    row = come(door, 1)
    act(secretariat, door, do="note", number="1", at="00:00")
    arrival = Arrival.objects.get()
    assert (arrival.registration, timezone.localtime(arrival.at, daylist.zone_of(door.activity)).time()) == (row, dt.time(0, 0))  # fmt: skip


def test_when_the_day_is_over_whoever_did_not_come_was_not_there(secretariat, door, come):
    came, absent = come(door, 1), come(door, 2)
    arrive(came)
    assert Registration.objects.get(pk=absent.pk).attended is None
    act(secretariat, door, do="recount")
    assert list(Registration.objects.order_by("number").values_list("attended", flat=True)) == [True, False]


def test_the_list_for_the_door_is_a_pdf_in_each_language(secretariat, door, come, tmp_path):
    come(door, 1)
    for language in ("ar", "fr"):
        answer = secretariat.get(f"{address(door)}{language}.pdf")
        file = tmp_path / f"{language}.pdf"
        file.write_bytes(answer.content)
        assert "Participante B" in PdfReader(file).pages[0].extract_text()
    assert secretariat.get(f"{address(door)}xx.pdf").status_code == 404


def hold(door, body):
    whole = {
        "activity": str(door.activity.pk),
        "day": timezone.localdate().isoformat(),
        "at": timezone.now().isoformat(),
        **body,
    }
    content = receipts.canonical(whole)
    item = receipts.Item(
        uuid.uuid4(), "check-in", content, hashlib.sha256(content).hexdigest(), device_at=timezone.now()
    )
    user = accounts.User.objects.filter(email="phone@example.org").first() or accounts.create(
        email="phone@example.org", password="كلمة سر طويلة 2020", roles=["secretariat"], now=timezone.now()
    )
    return receipts.receive(item, by=user, now=timezone.now()).held


def test_what_could_not_be_taken_over_is_listed_in_words_tried_again_and_set_aside_with_a_reason(
    secretariat, door, come
):
    row = come(door, 1)
    held = hold(door, {"registration": str(row.pk), "day": "2019-01-01"})
    assert "1 · مشاركة ب" in texts(secretariat.get("/desk/conflicts/"))
    for given in ({"do": "again"}, {"do": "aside", "because": ""}):
        secretariat.post(f"/desk/conflicts/{held.pk}/", given)
        assert HeldItem.objects.get().state == "open"
    secretariat.post(f"/desk/conflicts/{held.pk}/", {"do": "aside", "because": "يوم خاطئ"})
    assert HeldItem.objects.get().state == "aside"
    assert "يوم خاطئ" in texts(secretariat.get("/desk/conflicts/"))


def test_a_regional_officer_sees_his_own_people_and_no_conflict_box(client, user_with, door, come):
    mine, theirs = come(door, 1, region="MA-09"), come(door, 2, region="MA-04")
    arrive(mine)
    arrive(theirs)
    user = user_with(email="r@example.org")
    region = Region.objects.get(code="MA-09")
    accounts.grant(user=user, role="regional_officer", region=region, by=journal.CLI, now=timezone.now())
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    page = texts(client.get(address(door)))
    assert ("مشاركة ب" in page, "مشاركة ت" in page) == (True, False)
    assert client.get("/desk/conflicts/").status_code in (302, 403)
    answer = client.post(f"{address(door)}act/", {"do": "undo", "who": str(theirs.pk), "because": "x"})
    assert answer.status_code == 404
    assert client.post(f"{address(door)}act/", {"do": "recount"}).status_code in (302, 403)
    assert Attendance.objects.count() == 2


def test_guests_are_entered_from_paper_by_name_undone_and_added_from_those_not_on_the_list(secretariat, client, user_with, world_day):  # fmt: skip
    activity, today = ceremony(), timezone.localdate()
    activity.when = today.isoformat()
    activity.save()
    activity.refresh_from_db()
    row, other = add(1), add(2)
    page = f"/desk/doors/{activity.pk}/{today}/"
    given = {"who": str(row.pk), "at": "00:00", "representative": "سعاد المتخيلة", "function": "رئيسة ديوان (مثال)"}
    secretariat.post(f"{page}act/", {"do": "note", **given})
    found = texts(secretariat.get(page))
    assert "رئيسة ديوان (مثال)" in found
    context = secretariat.get(page).context
    assert (context["number"], context["expected"], [one.row for one in context["still"]]) == (1, 2, [other])
    sheet = secretariat.get(f"/desk/guests/{activity.pk}/came.xlsx")
    assert sheet.content.startswith(b"PK")
    secretariat.post(f"{page}act/", {"do": "undo", "who": str(row.pk), "because": "خطأ"})
    assert Arrival.objects.get().state == "undone"
    now = timezone.now()
    new = checkin.walk_in(activity=activity, day=today, at=now, name="ضيفة متخيلة", organisation_name="", by=journal.CLI, now=now)  # fmt: skip
    secretariat.post(f"{page}act/", {"do": "receive", "arrival": str(new.pk), "function": "سفيرة (مثال)", "rank": "80"})
    assert Arrival.objects.get(pk=new.pk).invitation.rank == 80
    # Whoever works for one region alone stands at no ceremony's door.
    user = user_with(email="r@example.org")
    accounts.grant(user=user, role="regional_officer", region=Region.objects.get(code="MA-09"), by=journal.CLI, now=now)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(page).status_code == 404


def test_what_is_not_there_is_not_found(secretariat, door):
    assert secretariat.get(f"/desk/doors/{door.activity.pk}/2019-01-01/").status_code == 404
    assert secretariat.get(f"/desk/doors/{door.activity.pk}/x/").status_code == 404
    assert secretariat.get(f"/desk/doors/{uuid.uuid4()}/{timezone.localdate()}/").status_code == 404
    for given in ({"do": "x"}, {"do": "count", "arrival": "x"}, {"do": "undo"}):
        assert secretariat.post(f"{address(door)}act/", given).status_code == 404
