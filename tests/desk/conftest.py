"""Users of the desk: each with one role, with or without a second factor."""

import pytest
from django.utils import timezone


@pytest.fixture
def user_with(db):
    """user_with("secretariat", factor=True) -> a user who may log in."""
    from allauth.mfa.models import Authenticator

    from tansiq.people import accounts

    def make(*roles, factor=True, email=None):
        email = email or f"{'-'.join(roles) or 'nobody'}@example.org"
        user = accounts.create(email=email, password="كلمة سر طويلة 2020", roles=list(roles), now=timezone.now())
        if factor:
            Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})
        return user

    return make


@pytest.fixture
def secretariat(client, user_with):
    """A client logged in as the secretariat."""
    client.force_login(user_with("secretariat"), backend="django.contrib.auth.backends.ModelBackend")
    return client
