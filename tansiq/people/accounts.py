"""Users and their roles."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.core.language import clean_name
from tansiq.people.models import RoleGrant, User
from tansiq.people.roles import ROLES


class EmailTaken(Refused):
    pass


class WeakPassword(Refused):
    """The password is refused; the message says why."""


@transaction.atomic
def create(*, email: str, password: str, roles: list[str], now: dt.datetime, by: Any = journal.CLI) -> User:
    """Create a user with roles. Raises EmailTaken, WeakPassword; ValueError for a role that does not exist."""
    if User.objects.filter(email=email.lower()).exists():
        raise EmailTaken(_("There is a user with this e-mail address. Choose another, or give that user the role."))
    unknown = set(roles) - set(ROLES)
    if unknown:
        raise ValueError(f"no such role: {unknown}")
    try:
        validate_password(password, User(email=email))
    except ValidationError as error:
        raise WeakPassword(" ".join(error.messages)) from error
    user = User.objects.create_user(email, password, is_staff=True)
    RoleGrant.objects.bulk_create(RoleGrant(user=user, role=role) for role in roles)
    journal.record("people.create_user", user, by=by, now=now, changes={"roles": [None, sorted(roles)]})
    return user


@transaction.atomic
def invite(
    *, email: str, first_name: str, last_name: str, language: str, roles: list[str], by: Any, now: dt.datetime
) -> User:
    """Create a user who has no password yet and gets a link to choose one. Raises EmailTaken."""
    if User.objects.filter(email=email.lower()).exists():
        raise EmailTaken(_("There is a user with this e-mail address. Choose another, or give that user the role."))
    user = User.objects.create_user(
        email,
        None,
        is_staff=True,
        first_name=clean_name(first_name),
        last_name=clean_name(last_name),
        language=language,
    )
    RoleGrant.objects.bulk_create(RoleGrant(user=user, role=role) for role in roles)
    journal.record("people.create_user", user, by=by, now=now, changes={"roles": [None, sorted(roles)]})
    return user


@transaction.atomic
def end(*, user: User, by: Any, now: dt.datetime) -> None:
    """The user is out at the next request, holds no role, and keeps the place in the journal. Twice changes nothing.

    Raises Refused for one's own account: nobody locks the door from outside.
    """
    if journal.actor(by).id == user.pk:
        raise Refused(_("This is your own account. Ask another administrator to end it."))
    if not User.objects.filter(pk=user.pk, is_active=True).update(is_active=False):
        return
    held = sorted(user.grants.values_list("role", flat=True))
    user.grants.all().delete()
    journal.record("people.end_user", user, by=by, now=now, changes={"is_active": [True, False], "roles": [held, []]})


@transaction.atomic
def grant(
    *, user: User, role: str, region: Any = None, organisation: Any = None, by: Any, now: dt.datetime
) -> RoleGrant:
    """Give a role, for everything or limited to a region or an organisation. Giving it twice changes nothing."""
    given, is_new = RoleGrant.objects.get_or_create(user=user, role=role, region=region, organisation=organisation)
    if is_new:
        journal.record("people.grant", user, by=by, now=now, changes={"role": [None, role]})
    return given


@transaction.atomic
def revoke(*, grant: RoleGrant, by: Any, now: dt.datetime) -> None:
    """Take a role back at once: the next request of that user is refused."""
    journal.record("people.revoke", grant.user, by=by, now=now, changes={"role": [grant.role, None]})
    grant.delete()
