"""Personal links: opened by who holds them, decided by who owns the mailbox, closed and over with a reason."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from tansiq.core import journal, links
from tansiq.core.models import Link, Message
from tansiq.people.models import Organisation

NOW = dt.datetime(2020, 7, 20, 9, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


@pytest.fixture
def made(db):
    organisation = Organisation.objects.get(slug="unodc")
    return links.make(
        purpose="trial", subject=organisation, to_name="المكتب", to_address="office@unodc.example", language="fr",
        expires_at=NOW + DAY, by=journal.CLI, now=NOW,
    )  # fmt: skip


def token(made):
    return re.fullmatch(r"http://testserver/l/([\w-]{22})/", made.address)[1]


def code():
    return re.search(r"\d{6}", Message.objects.order_by("-created_at", "-id").first().body)[0]


def test_a_link_opens_and_its_secret_is_kept_nowhere(made):
    assert links.find(token(made), now=NOW).pk == made.link.pk
    stored = " ".join(str(value) for value in Link.objects.values().get().values())
    assert token(made) not in stored


def test_an_unknown_a_past_and_a_closed_link_each_say_what_to_do(made):
    with pytest.raises(links.LinkUnknown):
        links.find("x" * 22, now=NOW)
    with pytest.raises(links.LinkOver, match="2020-07-21"):  # in the language of the link: French
        links.find(token(made), now=NOW + DAY)
    links.close(subject=Organisation.objects.get(slug="unodc"), purpose="trial", now=NOW)
    with pytest.raises(links.LinkClosed, match="2020-07-20"):
        links.find(token(made), now=NOW)


def test_a_code_goes_to_the_mailbox_of_the_link_and_counts_once_it_is_right(made):
    links.send_code(made.link, now=NOW)
    assert Message.objects.get().to_address == "office@unodc.example"
    links.check_code(made.link, code(), now=NOW)


def test_a_code_typed_with_arabic_digits_and_spaces_is_right_too(made):
    links.send_code(made.link, now=NOW)
    eastern = code().translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    links.check_code(made.link, f" {eastern[:3]} {eastern[3:]}", now=NOW)


def test_after_five_wrong_codes_the_right_one_is_refused_too(made):
    links.send_code(made.link, now=NOW)
    right = code()
    wrong = "000000" if right != "000000" else "111111"
    for _again in range(5):
        with pytest.raises(links.WrongCode):
            links.check_code(made.link, wrong, now=NOW)
    with pytest.raises(links.WrongCode):
        links.check_code(made.link, right, now=NOW)


def test_a_code_is_over_after_twenty_minutes_and_a_new_one_replaces_it(made):
    links.send_code(made.link, now=NOW)
    old = code()
    with pytest.raises(links.WrongCode):
        links.check_code(made.link, old, now=NOW + dt.timedelta(minutes=21))
    links.send_code(made.link, now=NOW + dt.timedelta(minutes=22))
    links.check_code(made.link, code(), now=NOW + dt.timedelta(minutes=23))


def test_asking_ten_times_in_a_minute_sends_one_mail(made):
    for _again in range(10):
        links.send_code(made.link, now=NOW)
    assert Message.objects.count() == 1


def test_nobody_gets_more_than_ten_codes_in_a_day_however_patiently_they_are_asked_for(made):
    for minute in range(10):
        links.send_code(made.link, now=NOW + dt.timedelta(minutes=2 * minute))
    with pytest.raises(links.TooManyCodes):
        links.send_code(made.link, now=NOW + dt.timedelta(hours=2))
    assert Message.objects.count() == 10
    links.send_code(made.link, now=NOW + DAY + dt.timedelta(minutes=1))
    assert Message.objects.count() == 11


def test_without_a_code_none_is_right_not_even_nothing(made):
    for given in ("", "000000"):
        with pytest.raises(links.WrongCode):
            links.check_code(made.link, given, now=NOW)


def test_whom_the_code_goes_to_is_shown_without_the_address():
    assert links.masked("amina.benali@unodc.example") == "a…@unodc.example"
