"""Users are invited by mail and ended by a button; nobody else may do that, and nobody learns who has an account."""

import re

import pytest
from django.test import Client

from tansiq.core import journal
from tansiq.core.models import Message
from tansiq.people.models import User

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def administrator(client, user_with):
    client.force_login(user_with("administrator"), backend=BACKEND)
    return client


def invite(client, email="khadija@example.org", **more):
    data = {
        "email": email,
        "first_name": "خديجة",
        "last_name": "",
        "language": "fr",
        "roles": ["press_officer"],
        **more,
    }
    return client.post("/desk/accounts/", data)


def test_an_invited_person_chooses_a_password_and_is_asked_for_a_second_factor(administrator):
    assert invite(administrator).status_code == 302
    user = User.objects.get(email="khadija@example.org")
    assert (user.role_codes(), user.has_usable_password()) == ({"press_officer"}, False)
    mail = Message.objects.get()
    assert (mail.to_address, mail.state, mail.language) == ("khadija@example.org", "queued", "fr")
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", mail.body).group(1)
    visitor = Client()
    form = visitor.get(link, follow=True)
    address = form.redirect_chain[-1][0]
    new = "كلمة سر جديدة طويلة 7431"
    assert visitor.post(address, {"password1": new, "password2": new}).status_code == 302
    answer = visitor.post("/accounts/login/", {"login": "khadija@example.org", "password": new})
    assert answer.status_code == 302
    assert visitor.get("/desk/")["Location"] == "/accounts/2fa/"
    assert Client().get(link, follow=True).status_code == 200  # the link was used: it says so and changes nothing
    user.refresh_from_db()
    assert user.check_password(new)


def test_an_address_that_is_taken_is_said_beside_the_field_and_what_was_typed_stays(administrator):
    invite(administrator)
    page = invite(administrator, email="KHADIJA@example.org", last_name="العلوي")
    assert page.status_code == 422
    assert "العلوي" in page.content.decode()
    assert User.objects.filter(email__iexact="khadija@example.org").count() == 1


def test_an_ended_user_is_out_at_once_and_cannot_come_back(administrator, user_with):
    user = user_with("secretariat", email="salma@example.org")
    theirs = Client()
    theirs.force_login(user, backend=BACKEND)
    assert theirs.get("/desk/").status_code == 200
    for _click in range(2):
        administrator.post(f"/desk/accounts/{user.pk}/end/")
    assert theirs.get("/desk/").status_code == 302
    user.refresh_from_db()
    assert (user.is_active, user.grants.count()) == (False, 0)
    ended = [entry.verb for entry in journal.Entry.objects.filter(subject_id=user.pk).order_by("-id")]
    assert ended == ["people.end_user", "people.create_user"]


def test_nobody_ends_the_own_account(administrator):
    me = User.objects.get(email="administrator@example.org")
    administrator.post(f"/desk/accounts/{me.pk}/end/")
    me.refresh_from_db()
    assert me.is_active


@pytest.mark.parametrize("role", ["secretariat", "auditor", "partner"])
def test_only_an_administrator_sees_and_invites_users(client, user_with, role):
    other = user_with(email="other@example.org")
    client.force_login(user_with(role), backend=BACKEND)
    assert client.get("/desk/accounts/").status_code in (302, 403)
    invite(client)
    client.post(f"/desk/accounts/{other.pk}/end/")
    assert not User.objects.filter(email="khadija@example.org").exists()
    assert User.objects.get(pk=other.pk).is_active


def test_a_reset_says_the_same_for_a_known_and_an_unknown_address(db, user_with):
    user_with("secretariat", email="known@example.org")
    answers = []
    for email in ("known@example.org", "unknown@example.org"):
        answer = Client().post("/accounts/password/reset/", {"email": email}, follow=True)
        answers.append((answer.status_code, answer.redirect_chain, re.sub(email, "", answer.content.decode())))
    assert answers[0] == answers[1]
    assert set(Message.objects.values_list("to_address", flat=True)) == {"known@example.org", "unknown@example.org"}


def test_the_list_costs_the_same_with_many_users(administrator, user_with):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert administrator.get("/desk/accounts/").status_code == 200
        return len(queries)

    cost()
    few = cost()
    for number in range(30):
        user_with("trainer", email=f"{number}@example.org", factor=False)
    assert cost() == few
