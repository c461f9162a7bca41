"""People registered from a table at the desk: looked at first, then kept; each row by the rule of the public form."""

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tansiq.core.models import Entry, Message
from tansiq.participation.models import Registration
from tansiq.people.models import RoleGrant
from tests.desk.conftest import secretariat, user_with  # noqa: F401
from tests.participation.conftest import seminar  # noqa: F401

pytestmark = pytest.mark.django_db
# Fictional people; the second takes the last place of Souss, the third waits for it, the others do not fit.
PEOPLE = """name_ar,name_fr,email,region
خديجة المتخيلة,Khadija Fictive,k@example.org,MA-04
سلمى المتخيلة,Salma Fictive,s@example.org,سوس ماسة
كريمة المتخيلة,Karima Fictive,r@example.org,MA-09
12345,,x@example.org,MA-09
=cmd,,y@example.org,MA-09
ليلى المتخيلة,Leila Fictive,z@example.org,MA-99
"""


@pytest.fixture
def page(seminar):
    row = seminar(capacity=2, shares={"MA-04": 1, "MA-09": 1})
    return f"/desk/places/{row.pk}/people/"


def send(client, page, do, content=PEOPLE, name="people.csv"):
    return client.post(page, {"do": do, "file": SimpleUploadedFile(name, content.encode())})


def states():
    rows = Registration.objects.order_by("number")
    return [(row.address_key[0], str(row.state), str(row.how)) for row in rows]


def test_looking_says_what_each_row_would_come_to_and_keeps_nothing(secretariat, page):
    before = Entry.objects.count()
    answer = send(secretariat, page, "look")
    report = answer.context["report"]
    assert [len(report[name]) for name in ("confirmed", "waiting", "applied", "refused")] == [2, 1, 0, 3]
    assert [one["row"] for one in report["refused"]] == [5, 6, 7]
    assert "MA-99" in answer.content.decode()
    assert (Registration.objects.count(), Message.objects.count(), Entry.objects.count()) == (0, 0, before)


def test_keeping_registers_what_fits_and_the_same_table_again_changes_nothing(secretariat, page):
    wanted = [("k", "confirmed", "file"), ("s", "confirmed", "file"), ("r", "waiting", "file")]
    for _again in range(2):
        answer = send(secretariat, page, "keep")
        assert len(answer.context["report"]["refused"]) == 3
        assert states() == wanted
        assert Message.objects.count() == 3
    right = PEOPLE.rpartition("12345")[0]
    assert send(secretariat, page, "keep", right).status_code == 302  # back to the places


def test_a_file_that_cannot_be_read_says_why_and_registers_nobody(secretariat, page):
    long = "name\n" + "خديجة\n" * 1001
    for content, name in (("address\nx", "a.csv"), ("", "a.csv"), ("PK", "a.xlsx"), (long, "a.csv")):
        answer = send(secretariat, page, "keep", content, name)
        assert answer.status_code == 422
        assert answer.context.get("problems") or answer.context.get("refusal")
    assert secretariat.post(page, {"do": "keep"}).status_code == 422
    assert states() == []


def test_who_may_not_change_the_places_does_not_reach_the_page(client, user_with, page):
    for role in ("auditor", "regional_officer"):
        user = user_with(role)
        RoleGrant.objects.filter(user=user, role="regional_officer").update(region="MA-09")
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        answer = send(client, page, "keep")
        assert answer.status_code == 404 or answer["Location"] == "/desk/"
        assert client.get(f"/desk/places/{uuid.uuid4()}/people/").status_code == 404
    assert states() == []
