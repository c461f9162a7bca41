"""A certificate is checked in chromium: in Arabic, at 320 px, without JavaScript; and issued at the desk."""

import json
import os
import re
import shutil
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
    certificate: {minutes: 0, hours: 4, signatory: head-of-secretariat}
"""
PEOPLE = """name_ar,name_fr,email,region,language
خديجة أيت واحي,Khadija Aït Ouahi,k@example.org,MA-09,ar
"""


def command(site, *words):
    done = subprocess.run(
        [sys.executable, "-m", "tansiq.config", *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False,
        env=environment(site.data, TANSIQ_DEMO="1", TANSIQ_SITE_URL=site.url) | {"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def own(site, tmp_path_factory):
    """A site of this module alone, whose seminar has given one certificate to a fictional person: (site, its report)."""
    folder = tmp_path_factory.mktemp("certificates")
    with running(folder / "data") as started:
        file = EXAMPLES / "ma-2020-world-day.yaml"
        shutil.copytree(EXAMPLES / "sources", folder / "sources")
        (folder / file.name).write_text(file.read_text(encoding="utf-8") + PLACES, encoding="utf-8")
        (folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
        command(started, "load", folder / file.name)
        command(started, "register", "seminar", folder / "people.csv")
        report = json.loads(command(started, "certificates", "seminar", "-o", folder / "out", "--json"))
        yield started, report["issued"][0]


@pytest.fixture
def open_page(chromium, own):
    with pages(chromium, own[0].url) as new:
        yield new


def test_without_javascript_the_page_of_the_qr_code_says_valid_and_confirms_a_name(open_page, own, faults):
    page = open_page(width=320, javascript=False)
    page.goto(f"/v/{own[1]['code']}")
    assert page.locator("html").get_attribute("dir") == "rtl"
    text = page.inner_text("main")
    assert "صالحة" in text
    assert "خديجة" not in text
    assert page.evaluate(WIDE) <= 1
    page.fill("#name", "khadija ait ouahi")
    turn(page.locator("main button.button-main"))
    assert "تحمل الشهادة اسم" in page.inner_text("main")
    page.fill("#name", "كريمة أيت واحي")
    turn(page.locator("main button.button-main"))
    assert "غير مؤكد" in page.inner_text("main")
    assert page.evaluate(WIDE) <= 1
    turn(page.locator("nav.languages a[lang=fr]"))
    assert "Valable" in page.inner_text("main")
    assert page.context.cookies() == []


def test_a_code_and_a_file_are_checked_at_the_start_page(open_page, own, faults):
    page = open_page(width=320, javascript=False)
    page.goto("/v/")
    assert page.evaluate(WIDE) <= 1
    page.fill("#code", own[1]["code"].lower()[:10] + " - " + own[1]["code"][10:])
    turn(page.locator("main button.button-main"))
    assert page.url.endswith(f"/v/{own[1]['code']}?language=ar")
    page.goto("/v/")
    page.set_input_files("#file", own[1]["pdf"])
    turn(page.locator("button[value=file]"))
    assert "صالحة" in page.inner_text("main")
    assert page.evaluate(WIDE) <= 1


@pytest.mark.parametrize("dark", [False, True])
def test_both_pages_have_no_fault_that_axe_finds(open_page, own, faults, dark):
    page = open_page(width=320, dark=dark)
    for path in ("/v/", f"/v/{own[1]['code']}", "/v/" + "0" * 26):
        page.goto(path)
        assert faults(page) == []


def test_the_holder_downloads_it_from_the_page_in_the_mail(open_page, own, faults):
    page = open_page(width=320)
    page.goto(mails(own[0])[0])
    assert faults(page) == []
    assert page.evaluate(WIDE) <= 1
    with page.expect_download() as download:
        page.locator("a[href='certificate.pdf?language=fr']").click()
    assert re.fullmatch(r"\d{4}-\d{5}\.pdf", download.value.suggested_filename)
