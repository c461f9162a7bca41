"""Guests on the list of the door: found by name and rank, ticked in person or by a representative, on paper, as evidence."""

import datetime as dt
import io
import uuid

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pypdf import PdfReader

from tansiq.core import journal, receipts
from tansiq.core.models import Entry, HeldItem
from tansiq.participation import checkin, daylist, doorlist, guestpaper, guests, invitations, protocol
from tansiq.participation.models import Admission, Arrival, Attendance, Invitation
from tansiq.people import accounts, privacy, retention
from tansiq.people.models import Region
from tests.participation.conftest import NOW
from tests.participation.invited import add, ceremony, invite, name, reply

pytestmark = pytest.mark.django_db
DAY = dt.date(2020, 7, 27)
MORNING = dt.datetime(2020, 7, 27, 9, 30, tzinfo=dt.UTC)  # half past ten in Rabat
OTHER = {"representative": "سعاد المتخيلة", "function": "رئيسة ديوان (مثال)"}


@pytest.fixture
def officer(world_day):
    return accounts.create(email="o@example.org", password="كلمة سر طويلة 2020", roles=["secretariat"], now=NOW)


def arrive(row, at=MORNING, **more):
    row = Invitation.objects.get(pk=row.pk)
    return checkin.check_in(who=row, day=DAY, at=at, by=journal.CLI, now=at, **more)


def came():
    return {str(one.invitation): (one.name, one.at) for one in daylist.came(ceremony(), DAY).values()}


def send(officer, key=None, at=MORNING, kind="guest", **body):
    content = receipts.canonical({"activity": str(ceremony().pk), "day": DAY.isoformat(), **body})
    item = receipts.Item(key or uuid.uuid4(), kind, content, receipts.hashlib.sha256(content).hexdigest(), device_at=at)
    return receipts.receive(item, by=officer, now=MORNING + dt.timedelta(hours=3))


def test_guests_stand_first_in_the_order_of_precedence_then_who_registered(officer, come):
    minister, ambassador, absent = invite(1), invite(3), invite(2)
    reply(absent, "declined")
    reply(ambassador, "represented", representative={"fr": "Yto Fictive"}, representative_function="Conseillère", representative_rank=40)  # fmt: skip
    withdrawn = invite(4)
    invitations.withdraw(invitation=withdrawn, by=journal.CLI, now=NOW)
    protocol.place(activity=ceremony(), order="precedence", subject=ambassador, beside=minister, side="before", reason="سبب سري", by=journal.CLI, now=NOW)  # fmt: skip
    admission = Admission.objects.create(activity=ceremony(), capacity=5, left=5)
    registered = come(admission, 7)
    with translation.override("ar"):
        found = daylist.hand_out(activity=ceremony(), day=DAY, by=officer, now=MORNING)
    assert [(one["id"], one["number"], one["state"]) for one in found["people"]] == [
        (str(ambassador.pk), 1, "guest_represented"), (str(minister.pk), 2, "guest_sent"),
        (str(absent.pk), None, "guest_declined"), (str(registered.pk), 1, "confirmed"),
    ]  # fmt: skip
    first = found["people"][0]
    assert first == {
        "id": str(ambassador.pk), "number": 1, "name": list(name(3).values()), "state": "guest_represented", "in": "",
        "about": "سفير دولة خيالية, مؤسسة خيالية 3", "instead": ["Yto Fictive"], "instead_function": "Conseillère", "came": "",
    }  # fmt: skip
    assert not any(word in str(found) for word in ("سبب سري", "@", "rank", "reason", "because"))


def test_a_guest_is_found_in_both_scripts_by_function_and_by_the_one_who_comes_instead(officer):
    row = invite(3)
    add(1)
    reply(row, "represented", representative={"fr": "Yto Fictive"}, representative_rank=40)
    lines = daylist.expected(ceremony(), officer)
    # The last is spelt as nobody wrote it: nearest, across scripts.
    for asked in ("AÏT ouahi anas", "أنس ايت واحي", "سفير", "yto", "2", "Aness Ayt Wahi"):
        assert str(row.pk) in {str(one.row.pk) for one in daylist.search(lines, asked)}, asked
    assert len(daylist.search(lines, "1")) == 1
    assert daylist.search(lines, "لا أحد") == []


def test_the_list_costs_the_same_with_one_guest_and_with_thirty(officer):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            daylist.day_list(activity=ceremony(), day=DAY, user=officer, now=MORNING)
        return len(queries)

    add(0)
    cost()
    one = cost()
    for number in range(1, 31):
        add(number)
    assert cost() == one


def test_whoever_works_for_one_region_has_no_guests_on_the_list_and_ticks_none(officer):
    row = invite(1)
    user = accounts.create(email="r@example.org", password="كلمة سر طويلة 2020", roles=[], now=NOW)
    region = Region.objects.get(code="MA-04")
    accounts.grant(user=user, role="regional_officer", region=region, by=journal.CLI, now=NOW)
    assert daylist.expected(ceremony(), user) == []
    assert daylist.find(ceremony(), user, row.pk) is None
    unknown = send(officer, guest=str(uuid.uuid4())).held
    refused = send(user, guest=str(row.pk)).held
    assert (refused.why, refused.reason) == ("refused", unknown.reason)
    assert not Arrival.objects.exists()


def test_two_phones_that_tick_one_guest_leave_two_receipts_and_one_guest_who_came_first(officer):
    row = invite(1)
    first = send(officer, at=MORNING + dt.timedelta(minutes=9), guest=str(row.pk), representative="", function="")
    send(officer, guest=str(row.pk), representative="", function="")
    key = first.receipt.pk
    assert send(officer, key=key, guest=str(row.pk), representative="", function="").receipt == first.receipt
    assert send(officer, key=key, guest=str(row.pk), **OTHER).held.why == "conflict"
    assert Arrival.objects.count() == 2
    assert came() == {str(row): ("", MORNING)}
    # A guest has no minutes and is no participant.
    assert not Attendance.objects.exists()


def test_two_phones_that_saw_two_people_for_one_guest_go_to_the_desk_and_one_of_them_is_counted(officer):
    row = invite(1)
    arrive(row, arrival_id=uuid.uuid4())
    other = arrive(row, MORNING + dt.timedelta(minutes=1), arrival_id=uuid.uuid4(), **OTHER)
    again = arrive(row, MORNING + dt.timedelta(minutes=2), arrival_id=uuid.uuid4(), **OTHER)
    assert [(one.state, one.why) for one in (other, again)] == [("decide", "differs")] * 2
    assert came() == {str(row): ("", MORNING)}
    checkin.decide(arrival=other, who=row, because="", by=journal.CLI, now=MORNING)
    assert came() == {str(row): (OTHER["representative"], MORNING + dt.timedelta(minutes=1))}
    assert sorted(Arrival.objects.values_list("state", flat=True)) == ["counted", "counted", "not"]
    assert OTHER["representative"] not in str(list(Entry.objects.values_list("changes", "subject_label")))


def test_online_twice_is_once_and_what_was_undone_a_late_phone_does_not_bring_back(officer):
    row = invite(1)
    assert arrive(row, **OTHER).pk == arrive(row, MORNING + dt.timedelta(minutes=5), **OTHER).pk
    noon = MORNING + dt.timedelta(hours=2)
    assert checkin.undo(who=row, day=DAY, because="خطأ", by=journal.CLI, now=noon) == 1
    assert came() == {}
    late = arrive(row, arrival_id=uuid.uuid4())
    assert (late.state, late.why) == ("decide", "undone")
    key = uuid.uuid4()
    send(officer, key=key, at=noon + dt.timedelta(minutes=1), guest=str(row.pk), representative="", function="")
    assert set(came()) == {str(row)}
    send(officer, kind="take-back", item=str(key), because="ضغطة خاطئة")
    assert came() == {}


def test_who_answered_not_to_come_is_welcome_and_whose_invitation_was_withdrawn_goes_to_the_desk(officer):
    absent, withdrawn = invite(1), invite(2)
    reply(absent, "declined")
    invitations.withdraw(invitation=withdrawn, by=journal.CLI, now=NOW)
    assert [(one.state, one.why) for one in (arrive(absent), arrive(withdrawn))] == [
        ("counted", "declined"), ("decide", "withdrawn"),
    ]  # fmt: skip


@pytest.mark.parametrize("given", ["‮سعاد", "12345", "."])
def test_a_representative_without_a_real_name_is_held_for_the_desk(officer, given):
    row = invite(1)
    assert send(officer, guest=str(row.pk), representative=given, function="").held.why == "refused"
    assert not Arrival.objects.exists()
    assert HeldItem.objects.count() == 1


def test_somebody_who_is_not_on_the_list_is_one_of_the_guests_stands_in_for_one_or_becomes_one(officer):
    row = invite(1)
    values = {"day": DAY, "at": MORNING, "organisation_name": "", "by": journal.CLI, "now": MORNING}
    known, stand_in, new = (checkin.walk_in(activity=ceremony(), name=one, **values) for one in ("يوسف أيت واحي", "سعاد المتخيلة", "ضيفة متخيلة"))  # fmt: skip
    checkin.decide(arrival=known, who=row, because="", by=journal.CLI, now=MORNING)
    assert came() == {str(row): ("", MORNING)}
    other = invite(2)
    checkin.decide(arrival=stand_in, who=other, because="", in_person=False, by=journal.CLI, now=MORNING)
    assert came()[str(other)] == ("سعاد المتخيلة", MORNING)
    guest = guests.Guest(name={"ar": new.name}, language="ar")
    done = checkin.receive(arrival=new, guest=guest, by=journal.CLI, now=MORNING)
    assert (str(done.invitation), done.state) == ("ضيفة متخيلة", "counted")
    with pytest.raises(checkin.Decided):
        checkin.receive(arrival=done, guest=guest, by=journal.CLI, now=MORNING)


def test_paper_and_table_say_who_came_in_person_or_by_whom(officer):
    minister, ambassador, absent = invite(1), invite(3), invite(2)
    reply(absent, "declined")
    arrive(minister)
    arrive(ambassador, **OTHER)
    content = doorlist.printed(ceremony(), day=DAY, user=officer, language="fr", now=MORNING)
    text = " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())
    assert "Youssef" in text
    assert text.count("10:30") == 2
    assert (text.count("☑"), text.count("☐") >= 1) == (2, True)
    sheet = openpyxl.load_workbook(io.BytesIO(guestpaper.came(ceremony(), language="fr"))).active
    lines = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(min_row=2, values_only=True)]
    assert [("10:30" in line, OTHER["representative"] in line) for line in lines] == [(True, False), (True, True), (False, False)]  # fmt: skip


def test_a_guest_s_arrivals_are_given_out_and_who_came_instead_is_erased_and_goes_after_a_year(officer):
    row, other = invite(1), invite(2)
    arrive(row, **OTHER)
    arrive(other, **OTHER)
    mine = privacy.export(row.person)["arrivals"]
    assert [(one["activity"], one["name"], one["function"]) for one in mine] == [("ceremony", *OTHER.values())]
    privacy.erase(row.person, by=journal.CLI, now=NOW)
    assert sorted(Arrival.objects.values_list("name", "function")) == [(OTHER["representative"], OTHER["function"]), ("–", "")]  # fmt: skip
    retention.run(now=MORNING + dt.timedelta(days=366))
    assert set(Arrival.objects.values_list("name", "function", "state")) == {("–", "", "counted")}
