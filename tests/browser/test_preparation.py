"""The secretariat prepares the programme of 2020 in chromium, in Arabic: tasks, a letter, the minute by minute, a move."""

import re
import sqlite3
import uuid

import pytest
from django.utils import timezone

from tests.browser.conftest import mails, pages, running, turn

pytestmark = pytest.mark.browser
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def own(site, tmp_path_factory):
    """A site of this module alone: it moves the seminar, which other tests want where it is."""
    with running(tmp_path_factory.mktemp("preparation") / "data") as started:
        yield started


@pytest.fixture
def open_page(chromium, own):
    with pages(chromium, own.url) as new:
        yield new


def log_in(page, site):
    page.goto("/desk/")
    email, password = site.login
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/desk/")


def choose(page, name, words):
    """The first choice of a list that holds these words."""
    option = page.locator(f"select[name={name}] option", has_text=words).first
    page.select_option(f"select[name={name}]", option.get_attribute("value"))


def fits(page, faults, *, within=".nice-padding"):
    """Nothing for axe, and no sideways scrolling on a telephone of 320 pixels."""
    assert page.locator("html").get_attribute("dir") == "rtl"
    assert faults(page, within) == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert page.evaluate(WIDE) <= 1
    page.set_viewport_size({"width": 1280, "height": 900})


def test_from_the_first_task_to_the_seminar_that_moves(open_page, own, faults):
    desk = open_page()
    log_in(desk, own)

    # The tasks of the whole programme, from the models, by one button.
    with sqlite3.connect(own.data / "tansiq.sqlite3") as database:
        (key,) = database.execute("SELECT id FROM programme_programme WHERE slug = 'world-day-2020'").fetchone()
        database.execute("DELETE FROM coordination_task_after")
        database.execute("DELETE FROM coordination_task")
    desk.goto(f"/desk/work/prepare/{uuid.UUID(key)}/")
    desk.locator("main form button[type=submit], .nice-padding form button").last.click()
    desk.wait_for_url(re.compile("/desk/work/"))
    assert desk.locator(".desk-card").count() > 40
    fits(desk, faults)

    # A letter that asks an administration for names. The day is still to be confirmed, and the preview says so.
    desk.goto("/desk/letters/write/?activity=seminar&kind=nomination-request")
    while desk.locator("input[name=to]:checked").count():
        desk.locator("input[name=to]:checked").first.uncheck()
    desk.get_by_label("وزارة الصحة", exact=False).first.check()
    turn(desk.locator("button[value=preview]"))
    preview = desk.locator(".nice-padding").inner_text()
    assert "قيد التأكيد" in preview
    desk.locator("button[value=write]").click()
    desk.wait_for_url(re.compile("/desk/letters/edit/"))
    desk.locator("form[action$='/state/'] button").first.click()
    desk.wait_for_load_state()

    # The seminar minute by minute, issued under number 1.
    desk.goto("/desk/runs-of-show/new/")
    choose(desk, "activity", "ندوة وطنية عن بعد")
    desk.locator("#rows-items .rows-add").click()
    desk.fill("[name=items-0-title_ar]", "افتتاح الندوة")
    desk.fill("[name=items-0-minutes]", "20")
    desk.locator("form:has(#rows-items) button[type=submit]").first.click()
    desk.wait_for_url("**/desk/runs-of-show/")
    turn(desk.locator("a[href*='/desk/runs-of-show/edit/']").first)
    desk.locator("form[action$='/issue/'] button").click()
    desk.locator("text=الإصدار 1").first.wait_for()

    # The agenda carries a partner's name: the partner is asked, and answers on a telephone without an account.
    desk.goto("/desk/approvals/ask/?activity=seminar")
    desk.select_option("select[name=what]", "agenda")
    choose(desk, "form-0-organisation", "مكتب الأمم المتحدة المعني بالمخدرات")
    desk.fill("input[name=form-0-email]", "rabat@unodc.example")
    fits(desk, faults)
    desk.locator(".nice-padding form button").last.click()
    desk.wait_for_url(re.compile(r"/desk/approvals/[0-9a-f-]{36}/"))
    link = next(one for one in mails(own) if "/l/" in one)
    phone = open_page(width=320, javascript=False)
    assert phone.goto(link).status == 200
    assert "ندوة وطنية عن بعد" in phone.locator("main").inner_text()
    assert phone.evaluate(WIDE) <= 1
    turn(phone.locator("button[value=code]"))
    with sqlite3.connect(own.data / "tansiq.sqlite3") as database:
        (body,) = database.execute(
            "SELECT body FROM core_message WHERE key LIKE 'code:%' ORDER BY created_at DESC"
        ).fetchone()
    phone.fill("input[name=code]", re.search(r"\d{6}", body)[0])
    phone.locator("[name=answer][value=agree]").first.click()
    turn(phone.locator("button[value=answer]"))
    desk.reload()
    assert "موافق" in desk.locator(".desk-card").first.inner_text()

    # The French release says 28 July. Typed at the desk, it first shows what becomes false; nothing is saved yet.
    desk.goto("/desk/activities/?q=seminar")
    turn(desk.locator("a[href*='/desk/activities/edit/']").first)
    desk.locator("input[name=when]").fill("2020-07-28")
    form = "form:has(input[name=when]) button[type=submit]"
    desk.locator(form).first.click()
    desk.locator("#impact").wait_for()
    listed = desk.locator("[aria-labelledby=impact]").inner_text()
    for words in (f"/{timezone.localdate().year}", "جدول سير اليوم", "جدول الأعمال"):
        assert words in listed, listed
    fits(desk, faults, within="[aria-labelledby=impact]")
    public = open_page()
    public.goto("/ar/programmes/world-day-2020/")
    assert public.locator('time[datetime="2020-07-28"]').count() == 0
    desk.locator(form).first.click()
    desk.wait_for_url("**/desk/activities/")
    public.reload()
    assert public.locator('time[datetime="2020-07-28"]').count() > 0

    # What must follow: the notice of change is written from the letter that it corrects, the run of show is issued anew.
    desk.goto("/desk/follow-ups/")
    assert desk.locator(".desk-card").count() == 2
    fits(desk, faults)
    turn(desk.locator("a[href*='kind=change-notice']"))
    turn(desk.locator("button[value=preview]"))
    assert "28 يوليوز 2020" in desk.locator(".nice-padding").inner_text()
    desk.locator("button[value=write]").click()
    desk.wait_for_url(re.compile("/desk/letters/edit/"))
    desk.goto("/desk/follow-ups/")
    turn(desk.locator("a[href*='/desk/runs-of-show/edit/']"))
    desk.locator("form[action$='/issue/'] button").click()
    desk.locator("text=الإصدار 2").first.wait_for()
    desk.goto("/desk/follow-ups/")
    assert desk.locator(".desk-card").count() == 0

    # The approval was of the older version; its page says so, and the old link answers nothing more.
    desk.goto("/desk/approvals/")
    assert "لصيغة أقدم" in desk.locator(".nice-padding").inner_text()


def test_a_speech_is_translated_beside_its_original_and_a_sheet_is_printed(open_page, own, faults):
    desk = open_page()
    log_in(desk, own)
    desk.goto("/desk/texts/new/")
    choose(desk, "programme", "2020")
    desk.select_option("select[name=kind]", "speech")
    desk.fill("[name=title_ar]", "كلمة الافتتاح")
    desk.fill("[name=slug]", "kalima")
    desk.locator("form:has([name=title_ar]) button[type=submit]").first.click()
    desk.wait_for_url("**/desk/texts/")
    turn(desk.locator("a[href*='/desk/texts/edit/']").first)
    edit = desk.url
    for language, words in (
        ("ar", "نعمل على مكافحة الاتجار بالبشر."),
        ("fr", "Nous luttons contre le trafic d’êtres humains."),
    ):
        desk.goto(edit)
        desk.select_option("form[action*='/text/want/'] select[name=language]", language)
        desk.locator("form[action*='/text/want/'] button").click()
        desk.wait_for_url(re.compile(r"/desk/text/[0-9a-f-]{36}/"))
        desk.fill("#words", words)
        desk.locator("button[value=keep]").click()
        desk.locator("text=النسخة 1").first.wait_for()
    assert "نعمل على مكافحة" in desk.locator(".desk-original").first.inner_text()
    assert "traite des êtres humains" in desk.locator(".desk-findings").inner_text()
    fits(desk, faults)
    # Not ready while a word is not to be used; what was typed stays.
    turn(desk.locator("button[value=ready]"))
    assert desk.locator("[role=alert]").inner_text()
    desk.fill("#words", "Nous luttons contre la traite des êtres humains.")
    turn(desk.locator("button[value=keep]"))
    desk.locator("button[value=ready]").click()
    desk.wait_for_load_state()
    assert "جاهز" in desk.locator(".nice-padding").inner_text()

    desk.goto("/desk/person-lists/new/")
    desk.select_option("select[name=kind]", "attendance")
    choose(desk, "activity", "ندوة وطنية")
    desk.locator("#rows-entries .rows-add").click()
    desk.fill("[name=entries-0-name]", "مشاركة متخيلة")
    desk.locator("form:has(#rows-entries) button[type=submit]").first.click()
    desk.wait_for_url("**/desk/person-lists/")
    turn(desk.locator("a[href*='/desk/person-lists/edit/']").first)
    fits(desk, faults, within=".desk-show")
    address = desk.locator("button[formaction$='/ar.pdf']").get_attribute("formaction")
    assert desk.context.request.get(f"{address}?blank=10").body().startswith(b"%PDF-")
