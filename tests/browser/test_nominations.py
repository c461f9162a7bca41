"""An administration names its people in chromium: in Arabic, at 320 px, with JavaScript off, by the link in the mail."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys

import pytest

from tests.browser.conftest import mails, pages, running, turn
from tests.config.conftest import environment
from tests.conftest import EXAMPLES, ROOT

pytestmark = pytest.mark.browser
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PLACES = """
quotas:
  - activity: seminar
    capacity: 10
    places: [{region: MA-09, number: 4}, {region: MA-04, number: 6}]
"""
ASK = """
import datetime as dt
from django.utils import timezone
from tansiq.core import journal
from tansiq.participation import nominations
from tansiq.participation.models import Admission
from tansiq.people.models import Organisation
body = Organisation.objects.create(slug="idara", kind="government", name={"ar": "إدارة افتراضية"}, reference_language="ar")
nominations.ask(
    admission=Admission.objects.get(activity__slug="seminar"), organisation=Organisation.objects.get(pk=body.pk),
    places=[{"region": "MA-09", "number": 2, "reserve": 1}, {"region": "MA-04", "number": 1, "reserve": 0}],
    due=timezone.localdate() + dt.timedelta(days=9), email="idara@example.org", office="مديرية الموارد البشرية",
    by=journal.CLI, now=timezone.now(),
)
"""


@pytest.fixture(scope="module")
def own(site, tmp_path_factory):
    """A site of this module alone, whose seminar has places and one fictional administration that was asked."""
    folder = tmp_path_factory.mktemp("nominations")
    with running(folder / "data") as started:
        file = EXAMPLES / "ma-2020-world-day.yaml"
        shutil.copytree(EXAMPLES / "sources", folder / "sources")
        (folder / file.name).write_text(file.read_text() + PLACES)
        known = environment(started.data, TANSIQ_DEMO="1") | {"PATH": os.environ["PATH"]}
        for words in (["load", folder / file.name], ["shell", "-c", ASK]):
            done = subprocess.run(
                [sys.executable, "-m", "tansiq.config", *words],
                cwd=ROOT,
                capture_output=True,
                text=True,
                env=known,
                check=False,
            )
            assert done.returncode == 0, done.stderr
        yield started


def code(site):
    with sqlite3.connect(site.data / "tansiq.sqlite3") as database:
        (body,) = database.execute(
            "SELECT body FROM core_message WHERE key LIKE 'code:%' ORDER BY created_at DESC"
        ).fetchone()
    return re.search(r"\d{6}", body)[0]


def shoot(page, name):
    """A picture to look at, where TANSIQ_SHOTS names a folder."""
    if "TANSIQ_SHOTS" in os.environ:
        page.screenshot(path=f"{os.environ['TANSIQ_SHOTS']}/{name}.png", full_page=True)


def link(site):
    return next(one for one in mails(site) if re.fullmatch(r"/l/[^/]+/", one))


def test_the_list_is_typed_checked_and_sent_and_nothing_typed_is_lost(chromium, own, faults):
    with pages(chromium, own.url) as new:
        page = new(width=320, javascript=False)
        page.goto(link(own))
        assert page.locator("html").get_attribute("dir") == "rtl"
        assert page.evaluate(WIDE) <= 1
        page.fill("#f0-name_ar", "خديجة أيت واحي")
        page.fill("#f0-name_fr", "Khadija Ait Ouahi")
        page.fill("#f0-email", "لا")
        page.check("#f0-permission")
        turn(page.locator("button[value=check]"))
        assert page.locator("#f0-email").get_attribute("aria-invalid") == "true"
        assert page.input_value("#f0-name_ar") == "خديجة أيت واحي"
        shoot(page, "nominate-faults")
        page.fill("#f0-email", "k@example.org")
        turn(page.locator("button[value=check]"))
        assert page.evaluate(WIDE) <= 1
        page.fill("#code", code(own))
        turn(page.locator("button[value=send]"))
        text = page.inner_text("main")
        assert "حُفظت لائحتكم" in text
        assert "خديجة أيت واحي" in text
        assert page.evaluate(WIDE) <= 1
        assert page.context.cookies() == []
        shoot(page, "nominate-sent")
        turn(page.locator("a[href^='?one=']").first)
        assert page.evaluate(WIDE) <= 1
        turn(page.locator("button[value=code]"))
        page.fill("#code", code(own))
        page.fill("#f0-name_ar", "سلمى الإدريسي")
        page.fill("#f0-email", "s@example.org")
        shoot(page, "nominate-one")
        turn(page.locator("button[value=replace]"))
        assert "حل سلمى الإدريسي محل خديجة أيت واحي" in page.inner_text("main")
        # axe needs a script of its own: the same page with JavaScript.
        page = new(width=320)
        page.goto(link(own))
        assert faults(page) == []
        turn(page.locator("a[href^='?one=']").first)
        assert faults(page) == []
        page = new(width=1280, dark=True)
        page.goto(link(own))
        assert faults(page) == []
        assert page.evaluate(WIDE) <= 1
        shoot(page, "nominate-wide")


def test_the_sheet_is_taken_and_sent_back_by_the_page(chromium, own, tmp_path):
    import openpyxl

    with pages(chromium, own.url) as new:
        page = new(width=320, javascript=False, accept_downloads=True)
        page.goto(link(own))
        with page.expect_download() as waiting:
            page.locator("a[href='sheet.xlsx']").click()
        file = tmp_path / "names.xlsx"
        waiting.value.save_as(file)
        book = openpyxl.load_workbook(file)
        sheet = book.worksheets[0]
        row = next(
            n
            for n in range(3, sheet.max_row + 1)
            if not sheet.cell(n, 1).value and sheet.cell(n, 4).value == "سوس ماسة"
        )
        sheet.cell(row, 1, "نعيمة التازي")
        sheet.cell(row, 6, "n@example.org")
        book.save(file)
        page.set_input_files("#sheet", file)
        turn(page.locator("button[value=upload]"))
        assert "نعيمة التازي" in page.inner_text("main")
        page.fill("#code", code(own))
        turn(page.locator("button[value=send]"))
        assert "نعيمة التازي" in page.inner_text("#given ~ table")
