"""Guests at the desk: added, looked at before they are sent, answers noted, three orders moved without JavaScript."""

import io
import uuid

import lxml.html
import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tansiq.coordination.models import Function, RunOfShow
from tansiq.core import journal
from tansiq.core.dates import PartialDate
from tansiq.core.models import Message
from tansiq.core.tables import write_csv
from tansiq.participation import protocol
from tansiq.participation.models import Invitation, Placement
from tansiq.people import accounts
from tansiq.people.models import Organisation
from tests.desk.test_lists import form_of
from tests.participation.invited import add, ceremony, invite, name, reply

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _soon(world_day):
    """The ceremony is in twenty days."""
    activity = ceremony()
    activity.when = PartialDate.parse((timezone.localdate() + timezone.timedelta(days=20)).isoformat())
    activity.save()


def page(more=""):
    return f"/desk/guests/{ceremony().pk}/{more}"


def act(client, **given):
    return client.post(page("act/"), given)


def numbers(order="precedence"):
    return [one.subject.number for one in protocol.of(ceremony(), order)]


def put(client, subject, side, beside, order="precedence", reason=""):
    return act(
        client, do="place", order=order, subject=subject.pk, side=side, beside=beside.pk, reason=reason
    )  # fmt: skip


def test_a_guest_is_added_by_the_form_and_one_with_a_like_name_only_after_a_look(secretariat):
    new = "/desk/invitations/new/"
    given = form_of(secretariat.get(f"{new}?activity={ceremony().pk}"), "name_ar") | {
        "name_ar": "خديجة أيت واحي", "name_fr": "Khadija Aït Ouahi", "function_ar": "وزيرة (مثال)", "rank": "40", "language": "fr",
        "email": "k@example.org",
    }  # fmt: skip
    assert given["activity"] == str(ceremony().pk)
    assert secretariat.post(new, given).status_code == 302
    row = Invitation.objects.get()
    assert (dict(row.person.name), row.rank, row.language) == (
        {"ar": "خديجة أيت واحي", "fr": "Khadija Aït Ouahi"},
        40,
        "fr",
    )
    again = secretariat.post(new, given)
    assert again.status_code == 200
    assert again.context_data["form"].non_field_errors()
    alike = given | {"name_ar": "", "name_fr": "Khadidja Ait Wahi", "email": "kh@example.org", "function_ar": ""}
    assert secretariat.post(new, alike).status_code == 200
    assert secretariat.post(new, alike | {"is_another": "on"}).status_code == 302
    assert Invitation.objects.count() == 2


def test_what_does_not_fit_is_said_at_its_field_and_stays_typed(secretariat):
    new = "/desk/invitations/new/"
    given = form_of(secretariat.get(f"{new}?activity={ceremony().pk}"), "name_ar") | {
        "name_ar": "123",
        "email": "k@example.org",
    }
    answer = secretariat.post(new, given)
    assert answer.status_code == 200
    assert set(answer.context_data["form"].errors) == {"name"}
    assert "k@example.org" in answer.content.decode()


def test_a_guest_is_mended_and_the_journal_names_nobody(secretariat):
    row = add(1)
    address = f"/desk/invitations/edit/{row.pk}/"
    given = form_of(secretariat.get(address), "name_ar")
    assert (given["name_ar"], given["rank"]) == (name(1)["ar"], "40")
    assert secretariat.post(address, given).status_code == 302
    assert journal.of(row).count() == 1  # nothing differed
    secretariat.post(address, given | {"seat": "الصف الأول", "rank": "60"})
    row.refresh_from_db()
    assert (row.seat, row.rank) == ("الصف الأول", 60)
    entry = journal.of(row).first()
    assert entry.changes == {"rank": [40, 60], "seat": ["…", "…"]}


def test_before_it_is_sent_three_are_shown_and_a_double_click_sends_once(secretariat):
    for number in range(5):
        add(number)
    add(9, email="", organisation_name="")
    by = str(timezone.localdate() + timezone.timedelta(days=10))
    shown = act(secretariat, do="preview", answer_by=by).content.decode()
    assert shown.count('<article class="desk-card"') == 3
    assert Message.objects.count() == 0
    for _click in range(2):
        act(secretariat, do="send", answer_by=by)
    assert Message.objects.count() == 5
    assert Invitation.objects.filter(state="sent", answer_by=by).count() == 5
    late = str(timezone.localdate() + timezone.timedelta(days=30))
    act(secretariat, do="send", answer_by=late)
    assert Message.objects.count() == 5


def test_the_pending_are_reminded_by_one_button_and_once(secretariat):
    rows = [invite(number, answer_by=None) for number in range(3)]
    reply(rows[0], now=timezone.now())
    for _click in range(2):
        act(secretariat, do="remind")
    assert Message.objects.filter(key__contains=":remind:").count() == 2


def test_an_answer_by_letter_is_noted_and_the_order_follows(secretariat):
    rows = [invite(number, answer_by=None) for number in range(1, 5)]
    before = numbers()
    address = f"/desk/guest/{rows[0].pk}/answer/"
    given = {"state": "represented", "how": "letter", "reference": "45/2020", "representative_function": "مدير"}
    refused = secretariat.post(address, given)
    assert refused.status_code == 422
    assert "45/2020" in refused.content.decode()
    assert secretariat.post(address, given | {"representative_ar": "نائب خيالي"}).status_code == 302
    rows[0].refresh_from_db()
    assert (rows[0].state, rows[0].how, rows[0].answer_reference) == ("represented", "letter", "45/2020")
    assert numbers() != before
    assert numbers()[-1] == 1
    assert "نائب خيالي" in secretariat.get(page()).content.decode()
    act(secretariat, do="rank", guest=rows[0].pk, rank="10")
    assert numbers()[0] == 1


def test_a_guest_is_moved_by_buttons_put_elsewhere_with_a_reason_and_given_back_to_the_rule(secretariat):
    rows = [add(number, rank=10 * number) for number in range(1, 4)]
    for _click in range(2):
        put(secretariat, rows[2], "before", rows[1])
    assert numbers() == [1, 3, 2]
    put(secretariat, rows[1], "before", rows[0], reason="ضيف شرف")
    assert numbers() == [2, 1, 3]
    shown = secretariat.get(page()).content.decode()
    assert "ضيف شرف" in shown
    assert f'value="{rows[0].pk}"' in shown
    act(secretariat, do="reset", order="precedence", subject=rows[1].pk)
    act(secretariat, do="reset", order="precedence")
    assert (numbers(), Placement.objects.count()) == ([1, 2, 3], 0)


def test_reasons_are_shown_to_the_secretariat_and_to_protocol_and_not_to_a_programme_officer(user_with):
    rows = [add(number, rank=10 * number) for number in range(1, 4)]
    protocol.place(
        activity=ceremony(), order="precedence", subject=rows[2], beside=rows[0], side="before", reason="سبب سري",
        by=journal.CLI, now=timezone.now(),
    )  # fmt: skip
    officer = user_with("programme_officer")

    def shown(user):
        client = Client()
        client.force_login(user, backend=BACKEND)
        answer = client.get(page())
        assert answer.status_code == 200
        return "سبب سري" in answer.content.decode() or "desk-order" not in answer.content.decode()

    assert shown(user_with("secretariat"))
    assert not shown(officer)
    Function.objects.update_or_create(
        slug="protocol", defaults={"name": {"ar": "البروتوكول"}, "reference_language": "ar", "holder": officer}
    )
    assert shown(type(officer).objects.get(pk=officer.pk))


@pytest.mark.parametrize(
    "role", ["partner", "auditor", "press_officer", "trainer", "donor_reader", "storekeeper", "approver"]
)
def test_nobody_else_sees_a_guest(user_with, role):
    row = invite(1, answer_by=None)
    client = Client()
    client.force_login(user_with(role), backend=BACKEND)
    for address in (
        page(), page("list.pdf"), page("day.pdf"), page("file/"), "/desk/guests/", f"/desk/guest/{row.pk}/answer/",
        "/desk/invitations/", f"/desk/invitations/edit/{row.pk}/", f"/desk/invitations/history/{row.pk}/",
    ):  # fmt: skip
        answer = client.get(address)
        assert answer.status_code in (302, 403, 404), address
        assert answer.status_code != 302 or answer["Location"] == "/desk/", address
    assert client.post(page("act/"), {"do": "remind"}).url == "/desk/"
    assert Message.objects.count() == 1


def test_a_role_that_is_limited_to_a_region_or_a_partner_opens_no_guests(user_with):
    row = invite(1, answer_by=None)
    user = user_with(email="limited@example.org")
    accounts.grant(
        user=user, role="programme_officer", by=journal.CLI, now=timezone.now(), region=None,
        organisation=Organisation.objects.get(slug="unodc"),
    )  # fmt: skip
    client = Client()
    client.force_login(user, backend=BACKEND)
    for address in (page(), f"/desk/guest/{row.pk}/answer/", page("list.pdf")):
        assert client.get(address).url == "/desk/"


def test_what_is_not_there_is_not_found(secretariat):
    assert secretariat.get(f"/desk/guests/{uuid.uuid4()}/").status_code == 404
    assert secretariat.get(page("other.pdf")).status_code == 404
    assert act(secretariat, do="place", subject="x", beside="y", side="before").status_code == 404
    elsewhere = add(1, activity=ceremony().programme.activities.get(slug="seminar"))
    assert put(secretariat, elsewhere, "before", elsewhere).status_code == 404


def test_a_table_is_looked_at_before_anybody_is_added(secretariat):
    add(0, email="")
    content = write_csv(["name_fr", "e-mail"], [("Khadidja Ait Wahi", ""), ("Salma Jebli", "s@example.org")])

    def give(**more):
        upload = SimpleUploadedFile("guests.csv", content)
        return secretariat.post(page("file/"), {"file": upload, **more})

    looked = give(do="look")
    assert looked.status_code == 200
    assert Invitation.objects.count() == 1
    assert "Khadidja Ait Wahi" in looked.content.decode()
    give(do="add")
    assert Invitation.objects.count() == 2
    assert give(do="add", same="2").status_code == 302
    assert Invitation.objects.count() == 2
    assert not give(do="look").context["found"].to_decide
    bad = SimpleUploadedFile("guests.csv", write_csv(["name_fr", "rank"], [("Salma", "roi")]))
    assert secretariat.post(page("file/"), {"file": bad}).status_code == 422
    assert secretariat.post(page("file/"), {}).status_code == 200


def test_the_papers_come_out_in_the_language_asked(secretariat):
    invite(1, answer_by=None)
    for form in ("list.pdf", "day.pdf", "seating.pdf", "cards.pdf"):
        assert secretariat.get(page(form), {"language": "fr"}).content.startswith(b"%PDF")
    sheet = openpyxl.load_workbook(io.BytesIO(secretariat.get(page("list.xlsx")).content)).active
    assert sheet.max_row == 2
    template = openpyxl.load_workbook(io.BytesIO(secretariat.get("/desk/guests/guests.xlsx").content))
    assert template.active.max_column > 10


def test_a_guest_that_was_invited_is_withdrawn_and_not_deleted(secretariat):
    row, drafted = invite(1, answer_by=None), add(2)
    secretariat.post(f"/desk/invitations/delete/{row.pk}/")
    secretariat.post(f"/desk/invitations/delete/{drafted.pk}/")
    assert list(Invitation.objects.values_list("number", flat=True)) == [1]
    secretariat.post(f"/desk/guest/{row.pk}/act/", {"do": "renew"})
    secretariat.post(f"/desk/guest/{row.pk}/act/", {"do": "withdraw"})
    row.refresh_from_db()
    assert (row.state, row.link_version) == ("withdrawn", 2)


def test_a_change_of_the_day_is_told_by_one_button(secretariat):
    invite(1, answer_by=None)
    activity = ceremony()
    activity.when = PartialDate.parse((timezone.localdate() + timezone.timedelta(days=21)).isoformat())
    activity.save()
    assert 'value="tell"' in secretariat.get(page()).content.decode()
    act(secretariat, do="tell")
    assert 'value="tell"' not in secretariat.get(page()).content.decode()
    assert Message.objects.filter(key__contains=":changed:").count() == 1


def test_the_page_costs_the_same_with_one_and_with_thirty_guests(secretariat):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert secretariat.get(page()).status_code == 200
        return len(queries)

    invite(1, answer_by=None)
    cost()
    few = cost()
    for number in range(2, 32):
        invite(number, answer_by=None)
    assert cost() == few


def test_a_speaker_who_is_no_guest_stands_in_the_order_and_is_moved_in_the_run_of_show(secretariat):
    first, last = add(1, speaks=True), add(2, speaks=True)
    items = [
        {"title": {"ar": "كلمة"}, "minutes": 5, "speaker": first.name},
        {"title": {"ar": "ترحيب"}, "minutes": 5, "speaker": {"ar": "مقدم الحفل"}, "organisation": "cnclt"},
        {"title": {"ar": "كلمة"}, "minutes": 5, "speaker": last.name},
    ]
    RunOfShow.objects.create(activity=ceremony(), items=items)
    tree = lxml.html.fromstring(secretariat.get(page("?order=speaking")).content)
    rows = tree.xpath("//table[contains(@class, 'desk-order')]/tbody/tr")
    assert [len(row.xpath(".//form")) > 0 for row in rows] == [True, False, True]
    assert "مقدم الحفل" in rows[1].text_content()
    assert [one.get("value") for one in rows[2].xpath(".//input[@name='beside']")] == [str(first.pk)]  # over the host
    put(secretariat, last, "before", first, order="speaking", reason="بطلب من الوزارة")
    assert numbers("speaking") == [2, 1, 0]
