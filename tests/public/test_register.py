"""The public form of registration and the page of one's own: the same answer for everybody, nothing lost."""

import hashlib
import re

import pytest
from django.test import Client
from django.utils import timezone

from tansiq.core.models import Message
from tansiq.participation import formproof, ownpage
from tansiq.participation.models import Registration
from tansiq.programme.models import Activity
from tests.participation.conftest import come, seminar  # noqa: F401

pytestmark = pytest.mark.django_db
FORM = "/ar/activities/seminar/register/"
GIVEN = {"name_ar": "خديجة أيت واحي", "name_fr": "Khadija Aït Ouahi", "email": "Khadija@example.org", "region": "MA-09"}


def token(client, path=FORM):
    return re.search('name="token" value="([^"]+)"', client.get(path).content.decode())[1]


def worked(token, address):
    """What the browser does."""
    return next(
        str(n) for n in range(10**7)
        if int.from_bytes(hashlib.sha256(f"{token}|{address.lower()}|{n}".encode()).digest()[:4]) >> 17 == 0
    )  # fmt: skip


def send(client, path=FORM, *, work=True, **more):
    given = {"token": token(client, path), **GIVEN, **more}
    if work:
        given["work"] = worked(given["token"], given["email"])
    return client.post(path, given)


def test_with_javascript_a_registration_takes_its_place_at_once_and_says_so_by_mail(seminar, client):
    admission = seminar()
    answer = send(client)
    row = Registration.objects.get()
    assert (answer.status_code, row.state, row.how, row.language) == (200, "confirmed", "form", "ar")
    assert dict(row.person.name) == {"ar": "خديجة أيت واحي", "fr": "Khadija Aït Ouahi"}
    assert "k…@example.org" in answer.content.decode().lower()
    assert Message.objects.get().to_address == "khadija@example.org"
    assert "Set-Cookie" not in answer
    admission.refresh_from_db()
    assert admission.left == 99


def test_without_it_the_place_is_held_until_the_link_in_the_mail_is_opened(seminar, client):
    seminar()
    send(client, work=False)
    row = Registration.objects.get()
    assert row.state == "unverified"
    path = re.search(r"http://testserver(/p/\S+)", Message.objects.get().body)[1]
    client.head(path)
    row.refresh_from_db()
    assert row.state == "unverified"
    page = client.get(path)
    row.refresh_from_db()
    assert row.state == "confirmed"
    assert page["Cache-Control"] == "no-store, private"
    assert 'dir="rtl"' in page.content.decode()


def test_an_address_that_is_registered_gets_the_same_answer_and_only_its_mailbox_learns(seminar, client):
    seminar()
    first, second = send(client), send(client, email="KHADIJA@EXAMPLE.ORG")
    third = send(client, name_ar="سلمى الإدريسي", name_fr="", email="khadija@example.org")

    def plain(answer):
        return answer.content.decode().replace("K…@", "k…@")

    assert plain(first).casefold() == plain(second).casefold() == plain(third).casefold()
    assert Registration.objects.count() == 1
    assert Message.objects.count() == 2


def test_what_does_not_fit_is_said_at_its_field_and_what_was_typed_stays(seminar, client):
    seminar()
    answer = send(client, work=False, name_ar="Khadija", email="khadija", region="")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count("aria-invalid") == 3
    assert 'value="Khadija Aït Ouahi"' in page
    assert 'value="khadija"' in page
    assert Registration.objects.count() == 0


def test_a_form_of_another_site_or_of_yesterday_registers_nobody(seminar, client, monkeypatch):
    seminar()
    given = {"token": token(client), **GIVEN}
    for header in ({"Origin": "https://example.com"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(FORM, given, headers=header).status_code == 403
    monkeypatch.setattr(formproof, "FORM_SECONDS", -1)
    answer = client.post(FORM, given)
    assert answer.status_code == 409
    assert GIVEN["name_ar"] in answer.content.decode()
    assert client.post(FORM, {**given, "token": "x"}).status_code == 409
    assert Registration.objects.count() == 0


def test_one_network_holds_few_unconfirmed_places_and_another_is_not_kept_out(seminar, client, settings):
    settings.TANSIQ_HELD_AT_ONCE = 2
    seminar()
    codes = [send(client, work=False, email=f"p{n}@example.org").status_code for n in range(3)]
    assert codes == [200, 200, 429]
    other = Client(headers={"X-Real-IP": "192.0.2.7"})
    assert send(other, work=False, email="q@example.org").status_code == 200
    assert send(client, email="p9@example.org").status_code == 200  # who counted is not held up
    assert "192.0.2.7" not in Registration.objects.get(address_key="q@example.org").origin


def test_an_answer_counted_for_one_address_does_not_serve_another(seminar, client):
    seminar()
    given = token(client)
    work = worked(given, "a@example.org")
    assert formproof.is_worked(given, "A@example.org ", work)
    assert not all(formproof.is_worked(given, f"b{n}@example.org", work) for n in range(20))
    assert not formproof.is_worked(given, "a@example.org", "")


def test_a_closed_form_says_when_it_opens_and_there_is_none_where_it_is_not_public(seminar, client):
    admission = seminar(opens_at=timezone.now() + timezone.timedelta(days=2))
    page = client.get(FORM).content.decode()
    assert "<form class" not in page
    assert f"{timezone.localtime(admission.opens_at):%Y-%m-%d}" in page
    assert client.post(FORM, GIVEN).status_code == 409
    admission.is_public = False
    admission.save()
    assert client.get(FORM).status_code == 404


def test_one_cancels_by_two_clicks_on_ones_own_page(seminar, come, client):
    seminar()
    row = come(Registration._meta.get_field("admission").related_model.objects.get(), 1)
    path = f"/p/{ownpage.token(row)}/"
    client.post(path, {"do": "ask"})
    row.refresh_from_db()
    assert row.state == "confirmed"
    page = client.post(path, {"do": "cancel"})
    row.refresh_from_db()
    assert (page.status_code, row.state) == (200, "cancelled")
    assert client.get(path).status_code == 200
    assert client.get("/p/unknown/").status_code == 404


def test_the_way_in_is_shown_to_whoever_has_a_place_and_carries_the_name(seminar, come, client):
    admission = seminar(
        capacity=1, shares={"MA-09": 1}, joining={"url": "https://meet.example.org/x?n={name}&r={number}", "telephone": "0522 00 00 00"}
    )  # fmt: skip
    inside, outside = come(admission, 1), come(admission, 2)
    answer = client.get(f"/p/{ownpage.token(inside)}/join")
    assert answer.status_code == 302
    assert answer["Location"].startswith("https://meet.example.org/x?n=%D9%85")
    assert answer["Location"].endswith("&r=1")
    inside.refresh_from_db()
    assert inside.joined_at is not None
    assert client.get(f"/p/{ownpage.token(outside)}/join").status_code == 404
    assert "meet.example.org" not in client.get(f"/p/{ownpage.token(outside)}/").content.decode()


def test_after_the_day_there_is_nothing_to_join_to_show_at_a_door_or_to_cancel(seminar, come, client):
    admission = seminar(joining={"url": "https://meet.example.org/x"})
    Activity.objects.filter(pk=admission.activity_id).update(mode="hybrid")
    row = come(admission, 1)
    path = f"/p/{ownpage.token(row)}/"
    before = client.get(path).content.decode()
    Activity.objects.filter(pk=admission.activity_id).update(state="held")
    after = client.get(path).content.decode()
    for sign in ('href="join"', 'class="door-code"', 'value="ask"'):
        assert sign in before
        assert sign not in after
    answer = client.post(path, {"do": "cancel"})  # by a page that was open since before
    assert "انتهى النشاط" in answer.content.decode()
    row.refresh_from_db()
    assert row.state == "confirmed"


def test_the_form_costs_at_most_twelve_queries(seminar, client, django_assert_max_num_queries):
    seminar()
    with django_assert_max_num_queries(12):
        client.get(FORM)


def test_a_registration_costs_at_most_twelve_statements_besides_savepoints(seminar, client):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    seminar()
    send(client, email="first@example.org")
    given = {**GIVEN, "token": token(client), "email": "second@example.org"}
    given["work"] = worked(given["token"], given["email"])
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.post(FORM, given).status_code == 200
    statements = [one["sql"] for one in found.captured_queries if "SAVEPOINT" not in one["sql"]]
    assert len(statements) <= 12, "\n".join(statements)
