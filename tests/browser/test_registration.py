"""Somebody registers for the seminar in chromium, in Arabic: with JavaScript at once, without it by the link in the mail."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.browser.conftest import mails, pages, running, turn
from tests.config.conftest import environment
from tests.conftest import EXAMPLES, ROOT

pytestmark = pytest.mark.browser
FORM = "/ar/activities/seminar/register/"
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PLACES = """
quotas:
  - activity: seminar
    capacity: 3
    public: true
    places: [{region: MA-09, number: 1}, {region: MA-04, number: 2}]
    joining: {url: "https://meet.example.org/seminar", telephone: "0522 00 00 00"}
"""


@pytest.fixture(scope="module")
def own(site, tmp_path_factory):
    """A site of this module alone, whose seminar has three places."""
    folder = tmp_path_factory.mktemp("registration")
    with running(folder / "data") as started:
        file = EXAMPLES / "ma-2020-world-day.yaml"
        shutil.copytree(EXAMPLES / "sources", folder / "sources")
        (folder / file.name).write_text(file.read_text() + PLACES)
        done = subprocess.run(
            [sys.executable, "-m", "tansiq.config", "load", folder / file.name], cwd=ROOT, capture_output=True, text=True,
            env=environment(started.data, TANSIQ_DEMO="1") | {"PATH": os.environ["PATH"]}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        yield started


@pytest.fixture
def open_page(chromium, own):
    with pages(chromium, own.url) as new:
        yield new


def fill(page, address, region="MA-09", name="خديجة أيت واحي"):
    page.fill("#name_ar", name)
    page.fill("#name_fr", "Khadija Aït Ouahi")
    page.fill("#email", address)
    page.select_option("#region", region)


def test_with_javascript_one_registers_by_keyboard_and_sees_the_place_on_ones_own_page(open_page, own, faults):
    page = open_page(width=320)
    page.goto(FORM)
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert faults(page) == []
    assert page.evaluate(WIDE) <= 1
    fill(page, "k@example.org")
    page.focus("#sex")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=k…@example.org")
    assert faults(page) == []
    page.goto(mails(own)[0])
    assert "مؤكَّد" in page.inner_text("main")
    assert page.locator("a[href=join]").count() == 1
    assert faults(page) == []
    assert page.evaluate(WIDE) <= 1
    assert page.context.cookies() == []


def test_without_javascript_the_link_in_the_mail_confirms_and_the_next_one_waits(open_page, own, faults):
    page = open_page(javascript=False)
    page.goto(FORM)
    fill(page, "s@example.org", name="سلمى الإدريسي")
    turn(page.locator("form#registration button"))
    assert "s…@example.org" in page.inner_text("main")
    page.goto(mails(own)[0])
    text = page.inner_text("main")
    assert "لائحة الانتظار" in text or "مؤكَّد" in text
    # Whoever asks to cancel is asked once more, then the place is free.
    turn(page.locator("button[value=ask]"))
    turn(page.locator("button[value=cancel]"))
    assert "ملغى" in page.inner_text("main")


def test_what_does_not_fit_is_said_at_its_field_in_arabic_and_nothing_typed_is_lost(open_page, faults):
    page = open_page(width=320)
    page.goto(FORM)
    fill(page, "x@example.org", name="Khadija")
    page.locator("form#registration button").click()
    page.wait_for_selector("[aria-invalid]")
    assert page.locator("#name_ar").get_attribute("aria-invalid") == "true"
    assert page.input_value("#email") == "x@example.org"
    assert page.input_value("#region") == "MA-09"
    assert faults(page) == []
    assert page.evaluate(WIDE) <= 1
