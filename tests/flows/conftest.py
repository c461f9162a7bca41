"""Fixtures of the desk, for the flows."""

from tests.desk.conftest import secretariat, user_with  # noqa: F401
