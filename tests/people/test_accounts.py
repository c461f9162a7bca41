"""Users and roles: refusals, and the doors that a role opens only while it is held."""

import pytest
from django.utils import timezone

from tansiq.core import journal
from tansiq.people import accounts
from tansiq.people.models import User


def make(**values):
    given = {"email": "Fatima@Example.org", "password": "مفتاح طويل للتجربة", "roles": ["secretariat"]}
    return accounts.create(**{**given, **values}, now=timezone.now())


def test_an_address_is_taken_whatever_its_capitals(db):
    make()
    with pytest.raises(accounts.EmailTaken):
        make(email="fatima@example.ORG")
    assert User.objects.count() == 1


@pytest.mark.parametrize("password", ["short", "fatima@example.org"])
def test_a_weak_password_is_refused_and_nobody_is_made(db, password):
    with pytest.raises(accounts.WeakPassword):
        make(password=password)
    assert not User.objects.exists()


def test_a_role_that_is_taken_back_is_gone_for_the_next_request(db):
    user = make(roles=[])
    grant = accounts.grant(user=user, role="auditor", by=journal.CLI, now=timezone.now())
    assert User.objects.get(pk=user.pk).has_perm("core.view_entry")
    accounts.revoke(grant=grant, by=journal.CLI, now=timezone.now())
    assert not User.objects.get(pk=user.pk).has_perm("core.view_entry")


def test_giving_a_role_twice_writes_one_entry(db):
    user = make(roles=[])
    for _time in range(2):
        accounts.grant(user=user, role="auditor", by=journal.CLI, now=timezone.now())
    assert [entry.verb for entry in journal.of(user)].count("people.grant") == 1
