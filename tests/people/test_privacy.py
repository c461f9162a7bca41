import datetime as dt
import json
import re
import uuid

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import translation

from tansiq.commission.models import Holding, Seat
from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.core.localized import Localized
from tansiq.core.models import Entry, Message
from tansiq.people import accounts, privacy
from tansiq.people.models import Membership, Organisation, Person, RoleGrant, User


@pytest.fixture(autouse=True)
def _messages_in_english():
    with translation.override("en"):
        yield


NOW = dt.datetime(2020, 7, 24, 9, tzinfo=dt.UTC)
PASSWORD = "كلمة-سر-طويلة-2020"
# Everything that says who the fictional Salma is; none of it may be anywhere after an erasure.
TRACES = ("سلمى", "الوهمية", "Salma", "salma", "0600000000", "رئيسة قسم", "second-factor-secret")

pytestmark = pytest.mark.django_db


def post(address, key, name="سلمى الوهمية"):
    return Message.objects.create(
        key=key, to_address=address, subject="دعوة", body=f"السيدة {name}، {address}", language="ar",
        state="sent", sent_at=NOW, next_attempt_at=NOW, created_at=NOW,
    )  # fmt: skip


def log_in(user):
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session.save()


def held():
    """Every value of every table as one text."""
    with connection.cursor() as cursor:
        found = []
        for name in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{name}"')
            found += cursor.fetchall()
    # SQLite gives JSON as it is stored: Arabic as \\u escapes.
    return re.sub(r"\\+u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), str(found))


@pytest.fixture
def salma():
    ministry = Organisation.objects.create(
        slug="example-ministry", name=Localized({"ar": "وزارة للتجربة"}), reference_language="ar"
    )
    user = accounts.create(email="salma@example.org", password=PASSWORD, roles=["secretariat"], now=NOW)
    user.first_name, user.last_name, user.last_login = "سلمى", "الوهمية", NOW
    user.save()
    accounts.grant(user=user, role="regional_officer", organisation=ministry, by=user, now=NOW)
    person = Person.objects.create(
        name=Localized({"ar": "سلمى الوهمية", "fr": "Salma Fictive"}), reference_language="ar", user=user,
        email="Salma.Home@example.org", telephone="0600000000", is_fictional=True,
    )  # fmt: skip
    Membership.objects.create(
        person=person, organisation=ministry, function=Localized({"ar": "رئيسة قسم"}), from_date=dt.date(2019, 1, 1)
    )
    seat = Seat.objects.create(slug="ministry", institution=ministry)
    Holding.objects.create(seat=seat, person=person, from_date=dt.date(2019, 5, 23), until_date=dt.date(2020, 5, 22))
    EmailAddress.objects.create(user=user, email="salma.work@example.org", primary=True, verified=True)
    Authenticator.objects.create(user=user, type="totp", data={"secret": "second-factor-secret"})
    for number, address in enumerate(("salma@example.org", "salma.HOME@example.org", "salma.work@example.org")):
        post(address, f"invitation-{number}")
    log_in(user)
    return person


@pytest.fixture
def other():
    user = accounts.create(email="karim@example.org", password=PASSWORD, roles=["auditor"], now=NOW)
    person = Person.objects.create(name=Localized({"ar": "كريم الوهمي"}), reference_language="ar", user=user)
    post("karim@example.org", "to-karim", "كريم الوهمي")
    log_in(user)
    return person


def test_find_gives_a_person_and_a_user_who_is_no_person(salma):
    alone = User.objects.create_user("alone@example.org", PASSWORD)
    assert privacy.find(str(salma.pk)) == salma
    assert privacy.find(alone.pk) == alone


@pytest.mark.parametrize("given", ["سلمى", "12", str(uuid.UUID(int=7))])
def test_find_refuses_what_is_nobody_and_says_what_to_give(given):
    with pytest.raises(Refused) as refusal:
        privacy.find(given)
    assert given in str(refusal.value)
    assert "desk" in str(refusal.value)


def test_export_gives_everything_that_is_held_and_no_password(salma, other):
    user = salma.user
    data = privacy.export(salma)
    assert json.loads(json.dumps(data)) == data
    session = Session.objects.get(session_data__in=[s.session_data for s in privacy._sessions(user)])
    assert data["person"] == {
        "id": str(salma.pk), "name": {"ar": "سلمى الوهمية", "fr": "Salma Fictive"}, "reference_language": "ar",
        "email": "Salma.Home@example.org", "telephone": "0600000000", "other_spellings": [], "fictional": True,
    }  # fmt: skip
    authenticator = user.authenticator_set.get()
    assert data["user"] == {
        "id": str(user.pk), "email": "salma@example.org", "first_name": "سلمى", "last_name": "الوهمية",
        "language": "", "active": True, "joined": user.date_joined.isoformat(), "last_login": NOW.isoformat(),
        "addresses": ["salma.home@example.org", "salma.work@example.org", "salma@example.org"],
        "second_factors": [{"type": "totp", "created": authenticator.created_at.isoformat(), "last_used": None}],
        "sessions": [{"ends": session.expire_date.isoformat()}],
    }  # fmt: skip
    assert data["memberships"] == [
        {"organisation": "example-ministry", "function": {"ar": "رئيسة قسم"}, "from": "2019-01-01", "until": None}
    ]
    assert data["roles"] == [
        {"role": "regional_officer", "region": None, "organisation": "example-ministry"},
        {"role": "secretariat", "region": None, "organisation": None},
    ]
    assert data["holdings"] == [{"seat": "ministry", "alternate": False, "from": "2019-05-23", "until": "2020-05-22"}]
    assert [mail["to"] for mail in data["mails"]] == [
        "salma@example.org", "salma.HOME@example.org", "salma.work@example.org",
    ]  # fmt: skip
    assert "السيدة سلمى" in data["mails"][0]["body"]
    (granted,) = Entry.objects.filter(verb="people.grant")
    (created,) = Entry.objects.filter(verb="people.create_user", subject_id=user.pk)
    row = {"id": granted.pk, "at": NOW.isoformat()}
    assert data["journal"] == {"done": [row], "about": [{"id": created.pk, "at": NOW.isoformat()}, row]}
    text = json.dumps(data, ensure_ascii=False)
    assert user.password not in text
    assert "second-factor-secret" not in text
    assert "karim" not in text
    assert privacy.export(user) == data  # the same person by the other door


def test_erase_leaves_nothing_that_says_who_it_was_and_touches_nobody_else(salma, other):
    before = privacy.export(other)
    assert all(trace in held() for trace in TRACES)
    entries = list(Entry.objects.order_by("id").values())
    privacy.erase(salma, by=journal.CLI, now=NOW)
    text = held()
    assert [trace for trace in TRACES if trace in text] == []
    assert privacy.export(other) == before
    user = User.objects.get(pk=salma.user_id)
    assert user.email == f"erased-{user.pk}@invalid.example"
    assert (user.is_active, user.is_staff, user.has_usable_password()) == (False, False, False)
    assert not RoleGrant.objects.filter(user=user).exists()
    salma.refresh_from_db()
    assert set(salma.name) == {"ar"}
    assert salma.name["ar"]
    assert (salma.email, salma.telephone) == ("", "")
    # Who held the seat when stays, without a name.
    assert salma.holdings.get().until_date == dt.date(2020, 5, 22)
    assert list(Entry.objects.order_by("id").values())[:-1] == entries
    last = Entry.objects.order_by("-id").first()
    assert (last.verb, last.subject_id, last.actor_label) == ("people.erase", salma.pk, "system:cli")


def test_erase_ends_the_log_ins_of_that_user_only(salma, other, client):
    client.force_login(salma.user, backend="django.contrib.auth.backends.ModelBackend")
    assert settings.SESSION_ENGINE == "django.contrib.sessions.backends.db"
    assert Session.objects.count() == 3
    privacy.erase(salma.user, by=journal.CLI, now=NOW)
    (left,) = Session.objects.all()
    assert left.get_decoded()["_auth_user_id"] == str(other.user_id)
    assert not client.login(email="salma@example.org", password=PASSWORD)


def test_erase_twice_is_the_same_as_once(salma):
    privacy.erase(salma, by=journal.CLI, now=NOW)
    after = held()
    privacy.erase(salma, by=journal.CLI, now=NOW + dt.timedelta(days=1))
    assert held() == after


def test_erase_of_a_person_without_user_and_of_a_user_without_person():
    person = Person.objects.create(
        name=Localized({"fr": "Salma Fictive"}), reference_language="fr", email="salma@example.org", telephone="060"
    )
    alone = User.objects.create_user("alone@example.org", PASSWORD, first_name="Salma")
    post("SALMA@example.org", "one")
    for who in (person, alone):
        privacy.erase(who, by=journal.CLI, now=NOW)
    person.refresh_from_db()
    alone.refresh_from_db()
    assert (set(person.name), person.email, person.telephone) == ({"fr"}, "", "")
    assert "Salma" not in str(person.name)
    assert (alone.first_name, alone.is_active) == ("", False)
    assert not Message.objects.exists()
    assert privacy.export(alone)["person"] is None
    assert privacy.export(person)["user"] is None


def test_a_room_that_registers_is_asked_and_a_failure_erases_nothing(salma):
    asked = []

    def refuse(subject):
        asked.append((subject.person, subject.user, subject.addresses))
        raise Refused("الغرفة ترفض")

    privacy.register("room", export=lambda subject: [str(subject.person.pk)], erase=refuse)
    try:
        assert privacy.export(salma)["room"] == [str(salma.pk)]
        with pytest.raises(Refused):
            privacy.erase(salma, by=journal.CLI, now=NOW)
    finally:
        del privacy._HOLDERS["room"]
    addresses = frozenset({"salma@example.org", "salma.home@example.org", "salma.work@example.org"})
    assert asked == [(salma, salma.user, addresses)]
    assert all(trace in held() for trace in TRACES)
