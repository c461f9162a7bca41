"""The run of show at the desk and on the phone: lines, issues, PDF in one page, personal links."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from tansiq.coordination import runofshow
from tansiq.coordination.models import Function, RunOfShow
from tansiq.core import journal
from tansiq.core.models import Link, Message
from tests.desk.test_lists import form_of

NOW = dt.datetime(2020, 7, 20, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def show(world_day):
    Function.objects.create(slug="marasim", name={"ar": "المراسم", "fr": "Le protocole"}, reference_language="ar")
    items = [
        {"title": {"ar": "استقبال الضيوف", "fr": "Accueil"}, "minutes": 30, "time": "09:30", "owner": "marasim", "telephone": "+212 5 37 00 00 00"},
        {"title": {"ar": "كلمة الافتتاح"}, "minutes": 10, "speaker": {"ar": "وزير العدل"}, "organisation": "ministry-justice-ma"},
    ]  # fmt: skip
    show = RunOfShow(activity=world_day.activities.get(slug="ceremony"), items=items)
    return runofshow.save(show, by=journal.CLI, now=NOW)


def words(pdf):
    reader = PdfReader(io.BytesIO(pdf))
    return len(reader.pages), " ".join(page.extract_text() for page in reader.pages)


def test_a_line_is_typed_kept_and_marked_in_the_next_issue(secretariat, show):
    address = f"/desk/runs-of-show/edit/{show.pk}/"
    secretariat.post(f"/desk/runofshow/{show.pk}/issue/")
    form = form_of(secretariat.get(address), "items-0-title_ar")
    assert form["items-0-id"] == show.items[0]["id"]
    assert secretariat.post(address, {**form, "items-1-minutes": "25"}).status_code == 302
    page = secretariat.get(address)
    assert not page.context_data["is_current"]
    secretariat.post(f"/desk/runofshow/{show.pk}/issue/")
    secretariat.post(f"/desk/runofshow/{show.pk}/issue/")  # a double click
    show.refresh_from_db()
    assert [one.number for one in show.issues.all()] == [2, 1]
    assert [line.mark for line in runofshow.lines(show.issues.first())] == ["", "changed"]


@pytest.mark.parametrize(("language", "says"), [("ar", "09:30"), ("fr", "Accueil")])
def test_an_issue_is_printed_on_one_page_with_its_number(secretariat, show, language, says):
    issue = runofshow.issue(show=show, by=journal.CLI, now=NOW)
    answer = secretariat.get(f"/desk/runofshow/issue/{issue.pk}/{language}.pdf")
    pages, text = words(answer.content)
    assert (pages, says in text, "+212 5 37 00 00 00" in text.replace("\u00a0", " ")) == (1, True, True)


def test_forty_lines_still_fit_one_page(secretariat, show):
    show.items = [{**show.items[0], "id": f"l{n}", "time": f"{8 + n // 6:02}:{n % 6 * 10:02}", "minutes": 10, "plan_b": {"ar": "تأجيل الفقرة إلى ما بعد الاستراحة"}} for n in range(40)]  # fmt: skip
    runofshow.save(show, by=journal.CLI, now=NOW)
    issue = runofshow.issue(show=show, by=journal.CLI, now=NOW)
    assert words(secretariat.get(f"/desk/runofshow/issue/{issue.pk}/ar.pdf").content)[0] == 1


def test_a_link_opens_the_last_issue_on_a_phone_without_a_cookie(secretariat, show):
    secretariat.post(
        f"/desk/runofshow/{show.pk}/links/", {"name": "قاعة الشرف", "email": "hall@example.org", "language": "ar"}
    )
    address = re.search(r"/l/[\w-]+/", Message.objects.get().body)[0]
    visitor = Client()
    assert "لم يصدر بعد" in visitor.get(address).content.decode()
    runofshow.issue(show=show, by=journal.CLI, now=NOW)
    answer = visitor.get(address)
    page = answer.content.decode()
    assert 'href="tel:+212537000000"' in page
    assert "وزير العدل" in page
    assert not answer.cookies
    assert "no-store" in answer["Cache-Control"]
    assert Link.objects.get().opened_at is not None
    secretariat.post(f"/desk/runofshow/{show.pk}/close/")
    gone = visitor.get(address)
    assert (gone.status_code, "اطلب رابطا جديدا" in gone.content.decode()) == (410, True)


def test_an_address_that_is_none_sends_nothing_and_twice_sends_once(secretariat, show):
    for email in ("ليس عنوانا", "hall@example.org", "hall@example.org"):
        secretariat.post(f"/desk/runofshow/{show.pk}/links/", {"name": "x", "email": email})
    assert Message.objects.count() == 1


def test_whoever_has_a_link_gets_another_when_the_day_moves_beyond_its_end(secretariat, show):
    address, person = f"/desk/runofshow/{show.pk}/links/", {"name": "منشط", "email": "host@example.org"}
    secretariat.post(address, person)
    Link.objects.update(expires_at=timezone.now() - dt.timedelta(days=1))
    secretariat.post(address, person)
    secretariat.post(address, person)
    assert Link.objects.count() == 2


def test_an_unknown_link_is_404_and_says_what_to_do(client, db):
    answer = client.get("/l/abcdefghijklmnopqrstuv/")
    assert answer.status_code == 404
    assert "انسخ العنوان كاملا" in answer.content.decode()


def test_what_a_person_is_named_in_is_given_out_and_erased(show):
    from tansiq.people import privacy
    from tansiq.people.models import Person

    person = Person.objects.create(
        name={"ar": "مريم العلوي"}, reference_language="ar", telephone="+212 5 37 00 00 00", is_fictional=True
    )
    runofshow.issue(show=show, by=journal.CLI, now=NOW)
    assert len(privacy.export(person)["runs of show"]) == 2
    privacy.erase(person, by=journal.CLI, now=timezone.now())
    show.refresh_from_db()
    assert "+212" not in str(show.items) + str(show.issues.get().items)
