"""A test and the satisfaction form behind the personal link: nothing lost, nothing doubled, nobody else's."""

import datetime as dt
import re

import pytest
from django.test import Client
from django.utils import timezone

from tansiq.core import journal
from tansiq.participation import assessments, feedback, ownpage
from tansiq.participation.models import Attempt, Feedback, FeedbackGiven
from tests.participation.asking import ALL_RIGHT, QUESTIONS, question, ready
from tests.participation.conftest import come, seminar  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(seminar, come):
    """asked(questions) -> (assessment, registration, address of the test before); it is open now."""

    def make(questions=QUESTIONS, **values):
        now = timezone.now()
        admission = seminar()
        opens = {f"{one}_opens_at": now - dt.timedelta(hours=1) for one in ("before", "after")}
        closes = {f"{one}_closes_at": now + dt.timedelta(days=1) for one in ("before", "after")}
        assessment = ready(admission, questions=questions, **opens, **closes, **values)
        row = come(admission, 1)
        return assessment, row, f"/p/{ownpage.token(row)}/test/before/"

    return make


def begin(client, address):
    client.post(address, {"do": "begin"})
    return re.search('name="try" value="([^"]+)"', client.get(address).content.decode())[1]


def hand_in(client, address, attempt, answers, do="hand-in", **more):
    given = {f"a.{key}": numbers for key, numbers in answers.items()}
    return client.post(address, {"try": attempt, "do": do, **given}, **more)


def test_a_test_is_begun_handed_in_and_said_to_be_so_and_no_score_before_it_closes(asked, client):
    _assessment, row, address = asked()
    own = client.get(f"/p/{ownpage.token(row)}/").content.decode()
    assert 'href="test/before/"' in own
    page = client.get(address)
    assert page["Cache-Control"] == "no-store, private"
    assert "Set-Cookie" not in page
    assert 'dir="rtl"' in page.content.decode()
    assert Attempt.objects.count() == 0  # looking begins nothing
    attempt = begin(client, address)
    answer = hand_in(client, address, attempt, ALL_RIGHT)
    assert (answer.status_code, answer["Location"]) == (303, address)
    text = client.get(address).content.decode()
    assert "100" not in text
    assert 'value="begin"' in text  # the retry
    assert Attempt.objects.get().score == 100


def test_a_form_of_a_hundred_questions_sent_twice_counts_once_and_another_body_is_told(asked, client):
    _assessment, _row, address = asked([question(f"q{n}", {1}) for n in range(100)])
    attempt = begin(client, address)
    assert client.get(address).content.decode().count("<fieldset") == 100
    answers = {f"q{n}": [1] for n in range(100)}
    codes = [hand_in(client, address, attempt, answers).status_code for _time in range(2)]
    other = hand_in(client, address, attempt, {**answers, "q7": [2]})
    assert (codes, other.status_code) == ([303, 303], 409)
    assert 'role="alert"' in other.content.decode()
    assert [(one.number, one.score) for one in Attempt.objects.all()] == [(1, 100)]


def test_missing_answers_are_named_with_a_link_and_every_choice_is_kept(asked, client):
    _assessment, _row, address = asked()
    attempt = begin(client, address)
    answer = hand_in(client, address, attempt, {"signs": [1, 3]})
    page = answer.content.decode()
    assert answer.status_code == 422
    for key in ("consent", "victims"):
        assert f'href="#q-{key}"' in page
        assert f'id="q-{key}"' in page
    assert 'href="#q-signs"' not in page
    assert page.count(" checked") == 2
    assert Attempt.objects.get().submitted_at is None
    assert hand_in(client, address, attempt, {"signs": [1, 3]}, do="all-the-same").status_code == 303
    assert Attempt.objects.get().score == 40


def test_two_answers_to_a_single_choice_and_a_question_that_is_not_there_are_said(asked, client):
    _assessment, _row, address = asked()
    attempt = begin(client, address)
    answer = hand_in(client, address, attempt, {**ALL_RIGHT, "consent": [1, 2], "no-such": [1], "victims": ["=cmd"]})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "no-such" in page
    assert {f'href="#q-{key}"' in page for key in ("consent", "victims")} == {True}
    assert page.count(" checked") == 3


def test_what_is_saved_is_there_when_one_goes_on_later_on_another_device(asked, client):
    _assessment, _row, address = asked()
    attempt = begin(client, address)
    answer = hand_in(client, address, attempt, {"consent": [3]}, do="save")
    assert answer["Location"] == f"{address}?saved=1"
    page = Client().get(f"{address}?saved=1").content.decode()
    assert 'role="status"' in page
    assert re.search('name="a.consent" value="3" checked', page)
    assert Attempt.objects.get().answers == {"consent": [3]}


def test_a_third_try_and_a_closed_test_say_so(asked, client):
    assessment, row, address = asked()
    for _time in range(2):
        hand_in(client, address, begin(client, address), ALL_RIGHT)
    assert client.post(address, {"do": "begin"}).status_code == 409
    assessments.close(assessment=assessment, moment="after", by=journal.CLI, now=timezone.now())
    after = address.replace("before", "after")
    assert client.post(after, {"do": "begin"}).status_code == 409
    assert 'value="begin"' not in client.get(after).content.decode()
    assert Attempt.objects.filter(registration=row).count() == 2


def test_an_unknown_link_an_unknown_moment_and_somebody_elses_try_get_one_answer(asked, client, come):
    _assessment, row, address = asked()
    attempt = begin(client, address)
    other = come(row.admission, 2)
    theirs = f"/p/{ownpage.token(other)}/test/before/"
    token = ownpage.token(row)
    wrong = "A" if token[-2] != "A" else "B"
    answers = [
        client.get(f"/p/{token[:-2]}{wrong}{token[-1]}/test/before/"), client.get("/p/x/test/before/"),
        client.get(f"/p/{token}/test/during/"), hand_in(client, theirs, attempt, ALL_RIGHT),
        hand_in(client, theirs, "x", ALL_RIGHT), client.get("/p/x/feedback/"), client.get(f"/p/{token}/feedback/"),
    ]  # fmt: skip
    assert {one.status_code for one in answers} == {404}
    bodies = {re.sub(r'<a href="[^"]*"[^>]*>', "", one.content.decode()) for one in answers}
    assert len(bodies) == 1
    assert Attempt.objects.get().submitted_at is None


def test_a_form_of_another_site_begins_and_hands_in_nothing(asked, client):
    _assessment, _row, address = asked()
    for header in ({"Origin": "https://example.com"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post(address, {"do": "begin"}, headers=header).status_code == 403
    assert Attempt.objects.count() == 0


def test_another_language_is_chosen_on_the_page_and_stays_when_it_is_sent(asked, client):
    _assessment, _row, address = asked()
    begin(client, address)
    page = client.get(f"{address}?lang=fr")
    text = page.content.decode()
    assert page["Content-Language"] == "fr"
    assert ("Question consent" in text, 'lang="fr"' in text, 'action="?lang=fr"' in text) == (True, True, True)
    assert client.get(f"{address}?lang=xx")["Content-Language"] == "ar"


def test_the_time_is_a_guide_that_is_said_and_cuts_nothing_off(asked, client):
    _assessment, _row, address = asked(minutes_allowed=30)
    attempt = begin(client, address)
    assert 'role="note"' in client.get(address).content.decode()
    Attempt.objects.update(begun_at=timezone.now() - dt.timedelta(minutes=50))
    assert 'role="note"' in client.get(address).content.decode()
    assert hand_in(client, address, attempt, ALL_RIGHT).status_code == 303
    assert Attempt.objects.get().minutes_taken == 50


def test_the_right_answers_are_shown_only_when_the_test_after_is_over(asked, client):
    assessment, _row, address = asked()
    after = address.replace("before", "after")
    for _time in range(2):
        hand_in(client, after, begin(client, after), {**ALL_RIGHT, "consent": [1]})
    assert 'id="key"' not in client.get(after).content.decode()
    over = timezone.now() - assessments.GRACE
    assessment.after_opens_at = assessment.after_closes_at = over
    assessment.save()
    page = client.get(after).content.decode()
    assert 'id="key"' in page
    assert "80" in page
    assert 'id="key"' not in client.get(address).content.decode()


# --- Satisfaction ---------------------------------------------------------------------------------------------------


@pytest.fixture
def form(seminar, come):
    """(form, registration, its address)."""
    now = timezone.now()
    admission = seminar()
    row = feedback.set_up(Feedback(activity=admission.activity), by=journal.CLI, now=now)
    feedback.open_(row=row, by=journal.CLI, now=now)
    person = come(admission, 1)
    return row, person, f"/p/{ownpage.token(person)}/feedback/"


def test_the_satisfaction_form_is_sent_once_and_sent_twice_it_thanks_and_counts_nothing(form, client):
    row, person, address = form
    assert 'href="feedback/"' in client.get(f"/p/{ownpage.token(person)}/").content.decode()
    given = {"a.useful": "5", "a.better": "=cmd|' /C calc'!A0", "a.next-step": "2"}
    codes = [client.post(address, given).status_code for _time in range(2)]
    assert codes == [303, 303]
    page = client.get(address).content.decode()
    assert "<form" not in page.split("<main")[1]
    row.refresh_from_db()
    assert row.tally == {
        "answered": 1, "counts": {"useful": {"5": 1}, "next-step": {"2": 1}}, "words": {"better": ["=cmd|' /C calc'!A0"]},
    }  # fmt: skip
    assert 'href="feedback/"' not in client.get(f"/p/{ownpage.token(person)}/").content.decode()


def test_ten_thousand_characters_are_refused_and_all_that_was_written_stays(form, client):
    _row, _person, address = form
    long = "ت" * 10_000
    answer = client.post(address, {"a.useful": "4", "a.better": long})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#q-better"' in page
    assert long in page
    assert re.search('name="a.useful" value="4" checked', page)
    assert FeedbackGiven.objects.count() == 0


def test_an_empty_form_and_one_from_elsewhere_count_nobody(form, client):
    _row, _person, address = form
    assert client.post(address, {}).status_code == 422
    assert client.post(address, {"a.useful": "4"}, headers={"Origin": "https://example.com"}).status_code == 403
    assert FeedbackGiven.objects.count() == 0
