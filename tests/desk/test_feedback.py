"""Satisfaction at the desk: sums from five answers on, free words for the secretariat alone."""

import csv
import io

import pytest
from django.test import Client
from django.utils import timezone

from tansiq.core import journal
from tansiq.core.models import Message
from tansiq.participation import feedback
from tansiq.participation.models import Feedback
from tests.desk.test_lists import form_of
from tests.participation.conftest import NOW, come, seminar  # noqa: F401

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
WORDS = "مزيد من الوقت للأسئلة"


@pytest.fixture
def form(seminar, come):
    """form(5) -> a form that so many people answered."""

    def make(number):
        admission = seminar()
        row = feedback.set_up(Feedback(activity=admission.activity), by=journal.CLI, now=NOW)
        feedback.open_(row=row, by=journal.CLI, now=NOW)
        for n in range(number):
            person = come(admission, n, region=f"MA-{n + 1:02}")
            feedback.give(registered=person, answers={"useful": "4", "better": f"{WORDS} {n}"}, now=NOW)
        return Feedback.objects.get()

    return make


def logged_in(user):
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


def test_of_four_answers_no_page_and_no_file_says_anything(secretariat, form):
    row = form(4)
    page = secretariat.get(f"/desk/thoughts/{row.pk}/").content.decode()
    assert WORDS not in page
    assert "<meter" not in page
    file = secretariat.get(f"/desk/thoughts/{row.pk}/", {"as": "csv"}).content.decode("utf-8-sig")
    assert {line[2] for line in list(csv.reader(io.StringIO(file)))[1:]} == {"< 5"}


def test_from_five_on_the_secretariat_reads_words_and_others_only_sums(secretariat, user_with, form):
    row = form(5)
    own = secretariat.get(f"/desk/thoughts/{row.pk}/").content.decode()
    other = logged_in(user_with("programme_officer")).get(f"/desk/thoughts/{row.pk}/").content.decode()
    for n in range(5):
        assert f"{WORDS} {n}" in own
        assert f"{WORDS} {n}" not in other
    assert own.count("<meter") == other.count("<meter") == 5
    file = secretariat.get(f"/desk/thoughts/{row.pk}/", {"as": "csv"}).content.decode("utf-8-sig")
    assert WORDS not in file
    assert [line[4:] for line in csv.reader(io.StringIO(file)) if line[0] == "useful"][3] == ["4", "5"]


def test_a_new_form_asks_six_questions_and_one_is_changed(secretariat, seminar):
    admission = seminar()
    given = form_of(secretariat.get("/desk/satisfaction/new/"), "questions-0-id")
    assert given["questions-0-id"] == "useful"
    given |= {"activity": str(admission.activity.pk), "questions-4-options_ar": "نعم\nلا", "questions-4-options_fr": "", "questions-4-options_en": ""}  # fmt: skip
    assert secretariat.post("/desk/satisfaction/new/", given).status_code == 302
    questions = Feedback.objects.get().questions
    assert len(questions) == 6
    assert questions[4]["options"] == [{"ar": "نعم"}, {"ar": "لا"}]
    assert questions[0] == feedback.defaults()[0]


def test_opening_asking_and_closing_are_buttons(secretariat, form, come):
    row = form(1)
    come(row.activity.admission, 7, region="MA-09")
    Message.objects.all().delete()
    address = f"/desk/thoughts/{row.pk}/act/"
    for _click in range(2):
        secretariat.post(address, {"do": "ask"})
    assert Message.objects.count() == 1
    secretariat.post(address, {"do": "close"})
    row.refresh_from_db()
    assert not row.is_open(timezone.now())
    secretariat.post(address, {"do": "open"})
    row.refresh_from_db()
    assert row.is_open(timezone.now())


def test_who_has_no_part_in_it_sees_no_page_of_it(user_with, form):
    row = form(5)
    client = logged_in(user_with("press_officer"))
    assert client.get(f"/desk/thoughts/{row.pk}/").status_code in (302, 403)
    client.post(f"/desk/thoughts/{row.pk}/act/", {"do": "close"})
    row.refresh_from_db()
    assert row.closes_at is None
