"""A test before the seminar in chromium, in Arabic on a phone without JavaScript: begun, saved, mended, handed in."""

import os
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
HEAD = "الاسم,email,region\n"


def asked(number):
    """A hundred questions; the third, the sixth and so on have several right answers."""
    lines = []
    for n in range(1, number + 1):
        kind = "single" if n % 3 else "multiple"
        also = ", right: true" if kind == "multiple" else ""
        lines.append(
            f"      - {{id: q{n}, kind: {kind}, text: {{ar: ما الجواب الصحيح عن السؤال {n} في القانون رقم 27.14 المتعلق بمكافحة الاتجار بالبشر}}, "
            f"options: [{{text: {{ar: الجواب الأول وهو الصحيح}}, right: true}}, {{text: {{ar: الجواب الثاني وفيه كلمات كثيرة لتملأ السطر على شاشة صغيرة}}{also}}}, {{text: {{ar: الثالث}}}}]}}\n"
        )
    return "".join(lines)


MORE = """
quotas: [{activity: seminar, capacity: 5}]
tests:
  - activity: seminar
    minutes: 60
    shows_score: at_once
    before: {opens: 2020-01-01T09:00}
    questions:
%s
feedback: [{activity: seminar, opens: 2020-01-01T09:00}]
"""


@pytest.fixture(scope="module")
def own(site, tmp_path_factory):
    """A site of this module alone, whose seminar asks a hundred questions, and one person who is registered."""
    folder = tmp_path_factory.mktemp("asked")
    with running(folder / "data") as started:
        file = EXAMPLES / "ma-2020-world-day.yaml"
        shutil.copytree(EXAMPLES / "sources", folder / "sources")
        (folder / file.name).write_text(file.read_text() + MORE % asked(100))
        (folder / "people.csv").write_text(HEAD + "سلمى المتخيلة,s@example.org,\n")
        for words in (("load", folder / file.name), ("register", "seminar", folder / "people.csv")):
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


def test_a_hundred_questions_on_a_phone_without_javascript(open_page, own, faults):
    page = open_page(width=320, javascript=False)
    address = mails(own)[0]
    page.goto(address)
    turn(page.locator("a[href='test/before/']"))
    turn(page.locator("button[value=begin]"))
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert page.locator("fieldset").count() == 100
    assert page.evaluate(WIDE) <= 1
    # By the keyboard: a radio is chosen by the space bar, and what is saved is there on another device.
    page.focus("#q-q1 input >> nth=0")
    page.keyboard.press("Space")
    page.check("#q-q3 input[value='1']")
    page.check("#q-q3 input[value='2']")
    turn(page.locator("button[value=save]").first)
    assert page.locator("[role=status]").count() == 1
    other = open_page(width=320, javascript=False)
    other.goto(f"{address}test/before/")
    assert other.is_checked("#q-q1 input[value='1']")
    for number in range(1, 100):
        other.check(f"#q-q{number} input[value='1']")
    turn(other.locator("button[value=hand-in]"))
    links = other.locator(".notice a")
    assert links.all_inner_texts() == ["السؤال 100"]
    turn(links.first)
    assert other.evaluate("location.hash") == "#q-q100"
    assert other.is_checked("#q-q99 input[value='1']")
    other.check("#q-q100 input[value='1']")
    turn(other.locator("button[value=hand-in]"))
    text = other.inner_text("main")
    assert "سُلّمت" in text
    assert other.locator("button[value=begin]").count() == 1
    assert other.evaluate(WIDE) <= 1
    # The first device still shows the form: what it sends now is told, and changes nothing.
    turn(page.locator("button[value=hand-in]"))
    assert "سُلّمت هذه المحاولة" in page.inner_text("main")
    assert other.context.cookies() == []
    with sqlite3.connect(own.data / "tansiq.sqlite3") as database:
        query = """SELECT count(*) FROM participation_attempt t JOIN participation_registration r ON r.id = t.registration_id
            WHERE t.score IS NOT NULL AND r.address_key = 's@example.org'"""
        assert database.execute(query).fetchone() == (1,)


def test_axe_finds_nothing_on_the_pages_of_tests_and_satisfaction(open_page, own, faults):
    for dark in (False, True):
        page = open_page(width=320, dark=dark)
        address = mails(own)[0]
        page.goto(address)
        assert faults(page) == []
        page.goto(f"{address}test/before/")
        assert faults(page) == []
        if page.locator("button[value=begin]").count():
            turn(page.locator("button[value=begin]"))
        turn(page.locator("button[value=hand-in]"))
        assert page.locator(".places a").count() == 100
        assert faults(page) == []
        page.goto(f"{address}feedback/")
        assert page.locator("fieldset, textarea").count() == 6
        assert faults(page) == []
        assert page.evaluate(WIDE) <= 1


def test_the_satisfaction_form_keeps_what_was_written_and_thanks_once(open_page, own):
    page = open_page(width=320, javascript=False)
    page.goto(f"{mails(own)[0]}feedback/")
    page.check("#q-useful input[value='5']")
    page.fill("#t-better", "ن" * 1100)
    turn(page.locator("main form button"))
    assert page.is_checked("#q-useful input[value='5']")
    assert page.input_value("#t-better") == "ن" * 1100
    page.fill("#t-better", "مزيد من الوقت")
    turn(page.locator("main form button"))
    assert page.locator("main form").count() == 0
    page.reload()
    assert page.locator("main form").count() == 0
