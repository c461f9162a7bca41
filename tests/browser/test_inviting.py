"""A ceremony's guests in chromium: invited at the desk without a script, and the guest's page in Arabic at 320 px."""

import datetime as dt
import os
import subprocess
import sys

import pytest

from tests.browser.conftest import mails, pages, running, turn
from tests.config.conftest import environment
from tests.conftest import ROOT

pytestmark = pytest.mark.browser
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PROGRAMME = """format: tansiq/programme/1
slug: reception
reference_language: ar
title: {{ar: برنامج خيالي}}
period: {{from: {day}, to: {day}}}
activities:
  - slug: reception-hall
    kind: ceremony
    title: {{ar: حفل استقبال خيالي, fr: Réception imaginaire}}
    when: {{date: {day}, time: "10:00"}}
    where: {{name: {{ar: قاعة خيالية}}, locality: {{ar: الرباط}}, country: MA}}
"""
GUESTS = """name_ar,name_fr,function_ar,rank,email,language,companions
خديجة أيت واحي,Khadija Aït Ouahi,وزيرة خيالية,40,k@example.org,ar,2
يوسف الجبلي,Youssef Jebli,والي خيالي,100,y@example.org,fr,0
سلمى قاسمي,Salma Kacemi,سفيرة خيالية,80,s@example.org,en,0
"""


@pytest.fixture(scope="module")
def own(site, tmp_path_factory):
    """A site of this module alone: a ceremony in forty days with three guests on the list."""
    folder = tmp_path_factory.mktemp("inviting")
    day = dt.datetime.now(tz=dt.UTC).date() + dt.timedelta(days=40)
    with running(folder / "data") as started:
        (folder / "reception.yaml").write_text(PROGRAMME.format(day=day))
        (folder / "guests.csv").write_text(GUESTS)
        for words in (("load", folder / "reception.yaml"), ("invite", "reception-hall", folder / "guests.csv")):
            done = subprocess.run(
                [sys.executable, "-m", "tansiq.config", *words], cwd=ROOT, capture_output=True, text=True,
                env=environment(started.data, TANSIQ_DEMO="1") | {"PATH": os.environ["PATH"]}, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
        yield started


@pytest.fixture
def open_page(chromium, own):
    with pages(chromium, own.url) as new:
        yield new


@pytest.fixture
def staff(open_page, own):
    page = open_page(javascript=False)
    page.goto("/desk/")
    email, password = own.login
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(f"{own.url}/desk/")
    return page


def order(page):
    return [
        row.inner_text().split("–")[0].split("\n")[0].strip()
        for row in page.locator(".desk-order tbody tr td:nth-child(2)").all()
    ]  # fmt: skip


def test_guests_are_invited_at_the_desk_answer_on_their_page_and_the_order_follows(staff, open_page, own, faults):
    staff.goto("/desk/guests/")
    turn(staff.locator(".desk-card a", has_text="حفل استقبال خيالي"))
    assert order(staff) == ["خديجة أيت واحي", "سلمى قاسمي", "يوسف الجبلي"]
    turn(staff.locator("button[value=preview]"))
    assert staff.locator("article.desk-card").count() == 3
    assert mails(own) == []
    turn(staff.locator("button[value=send]"))
    sent = [one for one in mails(own) if "/g/" in one]
    assert len(sent) == 3

    guest = open_page(width=320, javascript=False)
    for address in sent:
        guest.goto(address)
        if guest.locator("html").get_attribute("lang") == "ar":
            break
    assert guest.locator("html").get_attribute("dir") == "rtl"
    assert "خديجة" not in guest.inner_text("main")
    assert guest.evaluate(WIDE) <= 1
    guest.locator("#represented").check()
    turn(guest.locator("button[value=answer]"))
    assert guest.locator("[aria-invalid]").count() == 2
    guest.fill("#representative_ar", "نائبة خيالية")
    guest.fill("#representative_function", "مديرة الديوان")
    turn(guest.locator("button[value=answer]"))
    assert "نائبة خيالية" in guest.locator("#here").inner_text()
    assert guest.evaluate(WIDE) <= 1
    assert guest.context.cookies() == []

    staff.goto(staff.url.partition("#")[0])
    assert order(staff)[-1] == "خديجة أيت واحي"
    # By buttons, without a script: up by one, and back to the rule.
    last = staff.locator(".desk-order tbody tr").last
    turn(last.locator("button[value=before]"))
    assert order(staff)[1] == "خديجة أيت واحي"
    turn(staff.locator("button[value=reset]").first)
    assert order(staff)[-1] == "خديجة أيت واحي"

    # Whoever reads the confirmation and did not answer takes it back; the stranger's page opens nothing.
    turn(guest.locator("button[value=ask]"))
    turn(guest.locator("button[value=undo]"))
    assert guest.goto(address).status == 404


def test_axe_finds_nothing_on_the_guests_page_nor_on_the_desks(open_page, own, faults):
    page = open_page(width=320)
    page.goto("/desk/")
    email, password = own.login
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{own.url}/desk/")
    page.goto("/desk/guests/")
    page.locator(".desk-card a", has_text="حفل استقبال خيالي").click()
    page.wait_for_selector(".desk-order")
    assert faults(page, "#main") == []
    assert page.evaluate(WIDE) <= 1
    for address in [one for one in mails(own) if "/g/" in one]:
        guest = open_page(width=320)
        if guest.goto(address).status == 200:
            assert faults(guest) == []
            assert guest.evaluate(WIDE) <= 1
            guest.locator("input[value=accepted]").focus()
            guest.keyboard.press("Space")
            assert not guest.locator("#representative_ar").is_visible()
            guest.locator("input[value=represented]").check()
            assert guest.locator("#representative_ar").is_visible()
