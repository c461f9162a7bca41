"""The seminar with its door open today, and a client of the secretariat."""

import datetime as dt

import pytest
from django.utils import timezone

from tests.desk.conftest import user_with  # noqa: F401
from tests.participation.conftest import come, seminar  # noqa: F401


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def door(seminar, today):
    """The seminar takes place today, all day."""
    admission = seminar()
    activity = admission.activity
    activity.when, activity.starts_at_time, activity.ends_at_time = today.isoformat(), dt.time(0, 1), dt.time(23, 59)
    activity.save()
    admission.refresh_from_db()
    return admission


@pytest.fixture
def staff(client, user_with):
    """A client logged in as the secretariat; `staff.user` is its user."""
    client.user = user_with("secretariat")
    client.force_login(client.user, backend="django.contrib.auth.backends.ModelBackend")
    return client
