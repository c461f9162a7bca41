"""The personal link opens one's own page, and nothing but itself does."""

import pytest

from tansiq.participation import ownpage
from tansiq.participation.models import Registration

pytestmark = pytest.mark.django_db


def test_the_personal_link_is_the_same_each_time_and_a_changed_letter_opens_nothing(seminar, come):
    row = come(seminar(), 1)
    token = ownpage.token(row)
    assert ownpage.find(token) == row
    assert ownpage.token(ownpage.find(token)) == token
    for other in ("", "x", token[:-2], token[:-1] + ("A" if token[-1] != "A" else "E"), "é" * 43, token * 2):
        assert ownpage.find(other) is None
    Registration.objects.filter(pk=row.pk).update(link_version=1)
    assert ownpage.find(token) is None
