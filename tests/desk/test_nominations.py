"""Nominations at the desk: asked in one go, typed from a letter, one by one, taken over, compared; who may."""

import datetime as dt
import io

import lxml.html
import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tansiq.coordination.models import Letter
from tansiq.core import journal
from tansiq.core.models import Message
from tansiq.participation import nominations, nominationsheets, nominees
from tansiq.participation.models import Double, NominationRequest, Nominee
from tansiq.participation.nominated import Named
from tansiq.people.models import Organisation, RoleGrant
from tests.desk.test_lists import form_of
from tests.participation.conftest import seminar  # noqa: F401
from tests.participation.nominating import PEOPLE, bodies  # noqa: F401

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


def texts(page):
    return " ".join(lxml.html.fromstring(page.content).text_content().split())


@pytest.fixture
def ask(seminar, bodies):
    made = {}

    def request(to=0, number=2, reserve=1):
        admission = made.setdefault("row", None) or made.update(row=seminar()) or made["row"]
        return nominations.ask(
            admission=admission, organisation=bodies[to], by=journal.CLI, now=timezone.now(), language="ar",
            places=[{"region": "MA-09", "number": number, "reserve": reserve}], due=timezone.localdate() + dt.timedelta(days=9),
        ).request  # fmt: skip

    return request


def named(number, **more):
    ar, fr = PEOPLE[number]
    given = {"email": f"p{number}@example.org", "region": "MA-09", "has_permission": True, **more}
    return Named(name={"ar": ar, "fr": fr}, **given)


def answer(request, *rows):
    nominees.answer(request=request, rows=rows, how="desk", by=journal.CLI, now=timezone.now(), is_staff=True)


def act(client, row, do, **more):
    return client.post(f"/desk/nomination/{row.pk}/", {"do": do, **more}, follow=True)


def test_two_administrations_are_asked_in_one_go_each_with_its_letter(secretariat, seminar, bodies):
    admission = seminar()
    form = form_of(secretariat.get(f"/desk/nominations/new/?admission={admission.pk}"), "asked-TOTAL_FORMS")
    assert form["admission"] == str(admission.pk)
    given = {
        **form, "due": str(timezone.localdate() + dt.timedelta(days=9)), "asked-TOTAL_FORMS": "3",
        "asked-0-administration": "idara-a", "asked-0-region": "MA-09", "asked-0-number": "9", "asked-0-email": "a@example.org",
        "asked-1-administration": "idara-a", "asked-1-region": "MA-04", "asked-1-number": "1", "asked-1-reserve": "2",
        "asked-2-administration": "idara-b", "asked-2-number": "3",
    }  # fmt: skip
    page = secretariat.post("/desk/nominations/new/", given, follow=True)
    assert "MA-09" not in texts(page)
    assert "الأسماء المطلوبة 9، والأماكن المخصصة 8" in texts(page)
    found = {row.organisation.slug: row for row in NominationRequest.objects.all()}
    assert found["idara-a"].places == [
        {"region": "MA-09", "number": 9, "reserve": 0}, {"region": "MA-04", "number": 1, "reserve": 2},
    ]  # fmt: skip
    assert (found["idara-b"].places, found["idara-b"].number) == ([{"region": "", "number": 3, "reserve": 0}], 3)
    assert (Letter.objects.count(), Message.objects.count()) == (2, 1)
    secretariat.post("/desk/nominations/new/", given)  # pressed twice
    assert (Letter.objects.count(), Message.objects.count()) == (2, 1)


def test_of_a_request_that_cannot_be_nothing_is_made_and_what_was_typed_stays(secretariat, seminar, bodies):
    admission = seminar()
    form = form_of(secretariat.get("/desk/nominations/new/"), "asked-TOTAL_FORMS")
    given = {
        **form, "admission": str(admission.pk), "due": "2020-01-01", "asked-TOTAL_FORMS": "1",
        "asked-0-administration": "idara-a", "asked-0-number": "2",
    }  # fmt: skip
    page = secretariat.post("/desk/nominations/new/", given)
    assert page.status_code == 200
    assert "هذا اليوم قد مضى" in texts(page)
    assert not NominationRequest.objects.exists()
    assert form_of(page, "asked-TOTAL_FORMS")["asked-0-administration"] == "idara-a"


def test_a_list_is_typed_from_a_letter_with_its_number(secretariat, ask):
    row = ask()
    letter = Letter.objects.create(
        direction="in", year=2026, serial=7, organisation=row.organisation, language="ar", subject="جواب",
        dated=dt.date(2026, 1, 1), state="received",
    )  # fmt: skip
    address = f"/desk/nomination/{row.pk}/list/"
    form = form_of(secretariat.get(address), "names-TOTAL_FORMS")
    given = {
        **form, "letter": str(letter.pk), "names-TOTAL_FORMS": "2", "names-0-name_ar": PEOPLE[0][0], "names-0-email": "p0@example.org",
        "names-0-region": "MA-09", "names-0-permission": "on", "names-1-name_ar": "12345", "names-1-region": "MA-09",
    }  # fmt: skip
    page = secretariat.post(address, given)
    assert page.status_code == 422
    assert form_of(page, "names-TOTAL_FORMS")["names-0-name_ar"] == PEOPLE[0][0]
    assert not row.nominees.exists()
    given["names-1-name_ar"] = PEOPLE[1][0]
    assert secretariat.post(address, given).status_code == 302
    row.refresh_from_db()
    assert (row.how, row.answer_letter, row.nominees.count()) == ("desk", letter, 2)
    again = form_of(secretariat.get(address), "names-TOTAL_FORMS")
    assert (again["names-0-name_ar"], again["names-0-permission"]) == (PEOPLE[0][0], "on")


def test_a_sheet_is_looked_at_first_then_kept_and_a_wrong_one_names_its_cells(secretariat, ask):
    row = ask()
    book = openpyxl.load_workbook(io.BytesIO(secretariat.get(f"/desk/nomination/{row.pk}/sheet.xlsx").content))
    book.worksheets[0]["A3"], book.worksheets[0]["F3"] = PEOPLE[0][0], "لا"

    def send(**more):
        out = io.BytesIO()
        book.save(out)
        return act(secretariat, row, "sheet", file=SimpleUploadedFile("x.xlsx", out.getvalue()), **more)

    assert "!F3" in texts(send(keep="1"))
    book.worksheets[0]["F3"] = "p0@example.org"
    assert PEOPLE[0][0] in texts(send())
    assert not row.nominees.exists()
    send(keep="1")
    assert row.nominees.get().email == "p0@example.org"


def test_a_request_is_taken_over_told_by_letter_closed_and_opened_by_buttons(secretariat, ask):
    row = ask()
    assert "2/" in texts(act(secretariat, row, "remind"))
    answer(row, named(0), named(1, has_permission=False))
    page = texts(act(secretariat, row, "take"))
    assert "مؤكدون: 1" in page
    assert "تنقصه موافقة الرئيس الإداري" in page
    act(secretariat, row, "tell")
    assert Letter.objects.filter(kind__slug="nomination-outcome").count() == 1
    for do, state in (("close", "closed"), ("reopen", "answered")):
        act(secretariat, row, do)
        row.refresh_from_db()
        assert row.state == state
    # Without an address no link is sent, and it is said.
    assert "لا يُعرف بريد إلكتروني" in texts(act(secretariat, row, "link"))


def test_one_person_is_permitted_waived_replaced_and_withdrawn(secretariat, ask):
    row = ask(number=3)
    answer(row, named(0, has_permission=False), named(1, has_permission=False), named(2))
    first, second, third = nominees.listed(row)

    def do(one, what, **more):
        return texts(secretariat.post(f"/desk/nominee/{one.pk}/", {"do": what, **more}, follow=True))

    do(first, "permit")
    do(second, "waive", because="موافقة شفوية")
    act(secretariat, row, "take")
    assert Nominee.objects.filter(registration__state="confirmed").count() == 3
    page = do(third, "replace", name_ar=PEOPLE[3][0], name_fr=PEOPLE[3][1], email="p3@example.org", permission="1")
    assert f"حل {PEOPLE[3][0]} محل {PEOPLE[2][0]}" in page
    assert "12345" in do(first, "replace", name_ar="12345", permission="1")
    do(first, "withdraw")
    first.refresh_from_db()
    assert (first.state, first.registration.state) == ("withdrawn", "cancelled")


def test_the_overview_shows_what_is_missing_and_asks_who_is_who_side_by_side(secretariat, ask):
    first, second = ask(), ask(to=1)
    answer(first, named(0))
    answer(second, named(0, email="k@example.org"))
    address = f"/desk/nominations-of/{first.admission_id}/"
    page = secretariat.get(address)
    assert "أسماء ناقصة: 1" in texts(page)
    assert texts(page).count("k@example.org") == 1
    pair = next(one for one in lxml.html.fromstring(page.content).forms if "pair" in one.fields).fields["pair"]
    secretariat.post(f"{address}decide/", {"pair": pair, "verdict": "two"})
    assert Double.objects.get().verdict == "two"
    assert "k@example.org" not in texts(secretariat.get(address))
    assert secretariat.post(f"{address}decide/", {"pair": "x", "verdict": "two"}).status_code == 302


def test_the_overview_costs_the_same_with_more_requests(secretariat, ask, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    row = ask()

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert secretariat.get(f"/desk/nominations-of/{row.admission_id}/").status_code == 200
        return len(queries)

    cost()
    few = cost()
    for number in range(8):
        body = Organisation.objects.create(slug=f"x{number}", name={"ar": f"إدارة {number}"}, reference_language="ar")
        NominationRequest.objects.create(
            admission=row.admission, organisation=body, places=row.places, language="ar", asked_at=timezone.now()
        )
    assert cost() == few


@pytest.mark.parametrize(
    ("role", "sees", "acts"), [("auditor", True, False), ("trainer", False, False), ("storekeeper", False, False)]
)
def test_who_may_not_sees_or_changes_nothing(user_with, ask, role, sees, acts):
    row = ask()
    answer(row, named(0))
    client = Client()
    client.force_login(user_with(role), backend=BACKEND)
    answers = [client.get("/desk/nominations/"), client.get(f"/desk/nominations-of/{row.admission_id}/")]
    assert [one.status_code == 200 for one in answers] == [sees, sees]
    one = row.nominees.get()
    for address in (
        f"/desk/nomination/{row.pk}/",
        f"/desk/nominee/{one.pk}/",
        f"/desk/nominations-of/{row.admission_id}/decide/",
    ):
        assert client.post(address, {"do": "withdraw"}).status_code in (302, 403, 404)
    assert client.get(f"/desk/nomination/{row.pk}/sheet.xlsx").status_code in (302, 403, 404)
    one.refresh_from_db()
    assert one.state == "named"


def test_an_officer_limited_to_another_organisation_finds_none_of_it(user_with, ask):
    row = ask()
    user = user_with(email="limited@example.org")
    RoleGrant.objects.create(user=user, role="programme_officer", organisation=Organisation.objects.get(slug="idara-b"))  # fmt: skip
    client = Client()
    client.force_login(user, backend=BACKEND)
    for address in (
        f"/desk/nominations/edit/{row.pk}/",
        f"/desk/nomination/{row.pk}/sheet.xlsx",
        f"/desk/nominations-of/{row.admission_id}/",
    ):
        assert client.get(address).status_code in (302, 403, 404)
    assert nominationsheets.write(row)
