"""The page of one guest: bound to the guest, tells no more than is needed, and answers without a script or a cookie."""

import re

import pytest
from django.utils import timezone

from tansiq.core import journal
from tansiq.core.dates import PartialDate
from tansiq.core.models import Message
from tansiq.participation import answers, invitations
from tansiq.participation.models import Invitation
from tests.participation.invited import ceremony, invite, name

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _soon(world_day):
    """The ceremony is in twenty days."""
    activity = ceremony()
    day = timezone.localdate() + timezone.timedelta(days=20)
    activity.when = PartialDate.parse(day.isoformat())
    activity.save()


@pytest.fixture
def guest():
    return invite(1, answer_by=None, companions_allowed=2, language="ar")


def path(row, more=""):
    return f"/g/{invitations.token(row)}/{more}"


def token(client, row):
    return re.search('name="token" value="([^"]+)"', client.get(path(row)).content.decode())[1]


def send(client, row, answer="accepted", **more):
    return client.post(path(row), {"token": token(client, row), "do": "answer", "answer": answer, **more})


def test_the_page_says_what_when_where_and_who_invites_and_nothing_of_other_guests(client, guest):
    other = invite(2, answer_by=None)
    page = client.get(path(guest))
    text = page.content.decode()
    assert page.status_code == 200
    for word in (
        str(ceremony().title["ar"]),
        "المعهد العالي للقضاء",
        "وزير العدل (مثال)",
        "g…@example.org",
        'dir="rtl"',
    ):
        assert word in text
    assert name(1)["ar"] not in text  # the office and initials are enough
    for word in (*name(2).values(), other.email, guest.email, "<script"):
        assert word not in text
    assert (page["Cache-Control"], page["X-Robots-Tag"]) == ("no-store, private", "noindex, nofollow")
    assert "Set-Cookie" not in page


def test_what_stands_in_brackets_behind_a_name_is_no_initial(client, guest):
    guest.person.name = {"ar": "منير التجريبي (متخيل)"}
    guest.person.save()
    assert "(م. ا.)" in client.get(path(guest)).content.decode()


def test_opening_the_link_answers_nothing_and_an_answer_is_kept_and_confirmed(client, guest):
    client.get(path(guest))
    client.head(path(guest))
    guest.refresh_from_db()
    assert guest.state == "sent"
    for _click in range(2):
        page = send(client, guest, companions="2")
    guest.refresh_from_db()
    assert (page.status_code, guest.state, guest.how, guest.companions) == (200, "accepted", "link", 2)
    assert Message.objects.filter(key__contains=":answer:").count() == 1
    assert journal.of(guest).first().actor_label == "guest"


def test_a_forwarded_link_registers_nobody_else(client, guest):
    given = {"name_ar": "دخيل", "name": "دخيل", "email": "stranger@example.org", "person": "x", "companions": "50"}
    assert send(client, guest, **given).status_code == 422
    send(client, guest, **{**given, "companions": "0"})
    guest.refresh_from_db()
    assert (guest.state, dict(guest.person.name), guest.email) == ("accepted", name(1), "guest1@example.org")
    assert Invitation.objects.count() == 1
    assert set(Message.objects.values_list("to_address", flat=True)) == {"guest1@example.org"}


def test_a_representative_is_named_by_one_name_in_each_script(client, guest):
    page = send(client, guest, "represented", representative_function="مديرة الديوان")
    assert page.status_code == 422
    assert "مديرة الديوان" in page.content.decode()
    page = send(client, guest, "represented", representative_ar="Salma", representative_fr="Salma")
    assert page.status_code == 422
    assert 'value="Salma"' in page.content.decode()
    page = send(client, guest, "represented", representative_ar="سلمى الخيالية", representative_fr="Salma El Khayalia")
    guest.refresh_from_db()
    assert (guest.state, dict(guest.representative)) == (
        "represented",
        {"ar": "سلمى الخيالية", "fr": "Salma El Khayalia"},
    )
    assert "سلمى الخيالية" in page.content.decode()


def test_a_strangers_answer_is_undone_by_two_clicks_and_the_old_link_opens_nothing(client, guest):
    send(client, guest, "declined")
    old = path(guest)
    asked = client.post(old, {"token": token(client, guest), "do": "ask"})
    guest.refresh_from_db()
    assert (asked.status_code, guest.state) == (200, "declined")
    page = client.post(old, {"token": token(client, guest), "do": "undo"})
    guest.refresh_from_db()
    assert (page.status_code, guest.state) == (200, "sent")
    assert invitations.token(guest) not in page.content.decode()  # it goes to the mailbox alone
    assert client.get(old).status_code == 404
    assert client.get(path(guest)).status_code == 200


def test_a_form_of_another_site_an_old_one_or_another_guests_answers_nothing(client, guest, monkeypatch):
    other = invite(2, answer_by=None)
    given = {"token": token(client, guest), "do": "answer", "answer": "accepted"}
    for header in ({"Origin": "https://example.com"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(path(guest), given, headers=header).status_code == 403
    assert client.post(path(other), given).status_code == 409
    monkeypatch.setattr(answers, "FORM_SECONDS", -1)
    assert client.post(path(guest), given).status_code == 409
    assert not Invitation.objects.exclude(state="sent").exists()


def test_after_the_day_the_page_says_so_and_takes_no_answer(client, guest):
    given = token(client, guest)
    activity = ceremony()
    activity.when = PartialDate.parse((timezone.localdate() - timezone.timedelta(days=1)).isoformat())
    activity.save()
    page = client.get(path(guest)).content.decode()
    assert "<form" not in page
    assert client.post(path(guest), {"token": given, "do": "answer", "answer": "accepted"}).status_code == 409
    guest.refresh_from_db()
    assert guest.state == "sent"


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_the_page_and_its_calendar_are_there_in_each_language(client, guest, language):
    page = client.get(path(guest, f"?lang={language}"))
    assert page["Content-Language"] == language
    assert f'<html lang="{language}"' in page.content.decode()
    calendar = client.get(path(guest, "calendar.ics"))
    assert calendar["Cache-Control"] == "no-store, private"
    assert b"BEGIN:VEVENT" in calendar.content


def test_a_link_that_was_cut_withdrawn_or_invented_opens_nothing(client, guest):
    good = invitations.token(guest)
    for wrong in (good[:-1], good[:-1] + ("A" if good[-1] != "A" else "B"), "x", "A" * 43, "خ"):
        assert client.get(f"/g/{wrong}/").status_code == 404
        assert client.get(f"/g/{wrong}/calendar.ics").status_code == 404
    invitations.withdraw(invitation=guest, by=journal.CLI, now=timezone.now())
    assert client.get(f"/g/{good}/").status_code == 404
