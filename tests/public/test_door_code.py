"""The code for the door on one's own page: for who has a place and comes in person."""

import pytest

from tansiq.core import journal
from tansiq.participation import doorcode, ownpage, registration
from tests.participation.conftest import NOW, come, seminar  # noqa: F401


@pytest.mark.parametrize(("mode", "is_shown"), [("in_person", True), ("hybrid", True), ("remote", False)])
def test_the_code_is_on_the_page_of_whoever_comes_in_person(client, seminar, come, mode, is_shown):
    admission = seminar()
    admission.activity.mode = mode
    admission.activity.save()
    row = come(admission, 1)
    answer = client.get(f"/p/{ownpage.token(row)}/")
    text = answer.content.decode()
    assert (doorcode.of(row) in text, 'src="data:image/svg+xml' in text) == (is_shown, is_shown)
    assert answer["Cache-Control"] == "no-store, private"
    assert not answer.cookies


def test_who_has_no_place_has_no_code(client, seminar, come):
    admission = seminar()
    admission.activity.mode = "in_person"
    admission.activity.save()
    row = come(admission, 1)
    registration.cancel(registration=row, by=journal.CLI, now=NOW)
    assert doorcode.of(row) not in client.get(f"/p/{ownpage.token(row)}/").content.decode()
