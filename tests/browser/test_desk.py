"""The desk as staff meet it: the log-in, the home, a file with an error and a good one, a day that changes."""

import re

import pytest

from tests.browser.conftest import turn

pytestmark = pytest.mark.browser

FILE = """format: tansiq/programme/1
slug: yawm-2021
reference_language: ar
title: {ar: يوم تحسيسي}
period: {from: 2021-07-26, to: 2021-07-30}
activities:
  - {slug: liqaa-2021, kind: meeting, title: {ar: لقاء تواصلي}, when: {date: 2021-07-27}}
"""


@pytest.fixture(scope="module")
def logged_in(chromium, site):
    """Cookies of the demonstration's user, who logs in once by the form."""
    context = chromium.new_context(base_url=site.url, locale="ar-MA")
    page = context.new_page()
    page.goto("/desk/")
    email, password = site.login
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/desk/")
    kept = context.storage_state()
    context.close()
    return kept


@pytest.fixture
def staff(reader, logged_in):
    return reader(storage_state=logged_in)


def choose(page, text, name="برنامج.yaml"):
    page.goto("/desk/import/")
    page.set_input_files("input[type=file]", {"name": name, "mimeType": "text/yaml", "buffer": text.encode()})
    turn(page.locator("form[enctype] button"))


def test_the_log_in_page_is_arabic_and_axe_finds_nothing_on_it(reader, faults):
    page = reader()
    page.goto("/desk/")
    assert "/accounts/login/" in page.url
    root = page.locator("html")
    assert (root.get_attribute("lang"), root.get_attribute("dir")) == ("ar", "rtl")
    assert faults(page) == []
    page.keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("href") == "#main"


def test_a_wrong_password_lets_nobody_in(reader, site):
    page = reader()
    page.goto("/accounts/login/?next=/desk/")
    page.locator("input[name=login]").fill(site.login[0])
    page.locator("input[name=password]").fill("ليست هي")
    page.keyboard.press("Enter")
    page.locator(".errorlist").first.wait_for()
    assert [cookie["name"] for cookie in page.context.cookies()] == ["csrftoken"]
    page.goto("/desk/")
    assert "/accounts/login/" in page.url


def test_the_home_is_arabic_from_right_to_left_says_demonstration_and_asks_nobody_else(staff, faults, site):
    asked = []
    staff.on("request", lambda request: asked.append(request.url))
    staff.goto("/desk/")
    root = staff.locator("html")
    assert (root.get_attribute("lang"), root.get_attribute("dir")) == ("ar", "rtl")
    assert staff.locator(".demo-desk-bar").is_visible()
    assert staff.locator("h1").inner_text().strip()
    assert staff.locator(".desk-home").is_visible()
    assert faults(staff) == []
    outside = [url for url in asked if not url.startswith((f"{site.url}/", "data:", "blob:"))]
    assert len(asked) > 3
    assert outside == []


def test_a_file_with_errors_is_refused_with_their_places_and_nothing_is_stored(staff, reader):
    choose(staff, FILE.replace("yawm-2021", "yawm-2022").replace("2021-07-27", "2021-09-01"))
    alert = staff.locator("[role=alert]")
    alert.wait_for()
    assert staff.locator("table.listing tbody tr").count() >= 1
    assert "yaml:7" in staff.locator("table.listing").inner_text()
    assert staff.locator("input[name=token]").count() == 0
    assert reader().goto("/ar/programmes/yawm-2022/").status == 404


def test_a_file_is_previewed_then_loaded_and_a_changed_day_is_public_at_once(staff, reader, site):
    public = reader()
    choose(staff, FILE)
    staff.locator("input[name=token]").wait_for(state="attached")
    assert "yawm-2021" in staff.locator(".nice-padding h2").first.inner_text()
    assert public.goto("/ar/programmes/yawm-2021/").status == 404
    staff.locator("button[name=confirm]").click()
    staff.wait_for_url(f"{site.url}/desk/")

    # Asked twice, so that the second answer comes from the page cache.
    for _visit in range(2):
        assert public.goto("/ar/programmes/yawm-2021/").status == 200
    assert public.locator("time.numeral").get_attribute("datetime") == "2021-07-27"

    staff.goto("/desk/activities/?q=liqaa-2021")
    staff.locator("a[href*='/desk/activities/edit/']").first.click()
    staff.wait_for_url(re.compile("/desk/activities/edit/"))
    staff.locator("input[name=when]").fill("2021-07-28")
    staff.locator("select[name=state]").select_option("moved")
    staff.locator("form:has(input[name=when]) button[type=submit]").first.click()
    staff.locator("#impact").wait_for()  # what becomes false, before anything is saved
    staff.locator("form:has(input[name=when]) button[type=submit]").first.click()
    staff.wait_for_url("**/desk/activities/")

    public.reload()
    assert public.locator("time.numeral").get_attribute("datetime") == "2021-07-28"
    assert public.locator("article .tag-moved").count() == 1


def open_seminar(page):
    page.goto("/desk/activities/?q=seminar")
    page.locator("a[href*='/desk/activities/edit/']").first.click()
    page.wait_for_url(re.compile("/desk/activities/edit/"))


def save(page):
    """Press the button, and once more where the page first lists what the change makes false."""
    button = page.locator("form:has(input[name=when]) button[type=submit]").first
    with page.expect_navigation():
        button.click()
    if page.locator("#impact").count():
        button.click()
    page.wait_for_url("**/desk/activities/")


def test_an_entry_is_added_to_a_list_by_its_button_and_the_page_shows_it(staff, reader):
    open_seminar(staff)
    agenda = staff.locator("#rows-agenda")
    assert agenda.locator(".rows-entry").count() == 0  # the empty one is for those without the script
    for number, (hour, title) in enumerate((("10:00", "كلمة الافتتاح"), ("10:30", "العرض الأول"))):
        agenda.locator(".rows-add").press("Enter")
        assert staff.locator(":focus").get_attribute("name") == f"agenda-{number}-time"
        staff.keyboard.type(hour)
        staff.fill(f"[name=agenda-{number}-title_ar]", title)
    save(staff)
    public = reader()
    public.goto("/ar/activities/seminar/")
    rows = public.locator("section[aria-labelledby=agenda] tbody tr")
    assert [row.split("\t") for row in rows.all_inner_texts()] == [["10:00", "كلمة الافتتاح"], ["10:30", "العرض الأول"]]


def test_without_scripts_the_lists_have_one_empty_entry(reader, logged_in):
    page = reader(storage_state=logged_in, javascript=False)
    open_seminar(page)
    before = page.locator("#rows-audience > .rows-entry").count()
    page.fill(f"[name=audience-{before - 1}-who_ar]", "صحافيون")
    save(page)
    open_seminar(page)
    assert page.locator("#rows-audience > .rows-entry").count() == before + 1


def test_axe_finds_nothing_in_what_we_add_to_a_form_and_it_fits_a_telephone(staff, faults):
    open_seminar(staff)
    staff.locator("#rows-claims .rows-add").click()
    assert faults(staff, "#rows-claims") == []
    assert faults(staff, "#rows-involved") == []
    staff.set_viewport_size({"width": 320, "height": 800})
    box = staff.locator("#rows-claims .rows-entry").first.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320


def test_a_loaded_file_is_taken_back_by_its_button(staff, reader, site):
    choose(staff, FILE.replace("2021", "2019"))
    staff.locator("button[name=confirm]").click()
    staff.wait_for_url(f"{site.url}/desk/")
    assert reader().goto("/ar/programmes/yawm-2019/").status == 200
    staff.goto("/desk/import/")
    row = staff.locator("tr", has_text="yawm-2019")
    turn(row.locator("button"))
    assert staff.locator(".messages").inner_text()  # it is public: withdraw it first
    staff.goto("/desk/")
    turn(staff.locator("tr", has_text="2019").locator("form button").first)
    staff.goto("/desk/import/")
    staff.locator("tr", has_text="yawm-2019").locator("button").click()
    staff.wait_for_load_state()
    assert staff.locator("tr", has_text="yawm-2019").count() == 0
    assert reader().goto("/ar/programmes/yawm-2019/").status == 404


@pytest.mark.parametrize("path", ["", "accounts/", "import/", "journal/", "mail/"])
def test_our_own_pages_of_the_desk_fit_a_telephone_of_320_pixels(staff, faults, path):
    staff.set_viewport_size({"width": 320, "height": 800})
    staff.goto(f"/desk/{path}")
    for table in staff.locator(".desk-scroll").all():
        box = table.bounding_box()  # what is wider scrolls inside
        assert box["x"] >= 0, path
        assert box["x"] + box["width"] <= 320, path
    assert faults(staff, ".nice-padding") == []


PAGES = ["work/?who=all", "work/?who=all&view=board", "follow-ups/", "letters/", "letters/write/?activity=ceremony", "letters/sheets/", "words/", "texts/new/", "person-lists/new/", "approvals/ask/", "tasks/new/", "task-models/", "runs-of-show/", "functions/"]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_in_the_pages_of_preparation_and_they_fit_a_telephone(staff, faults, path):
    staff.goto(f"/desk/{path}")
    assert staff.locator("html").get_attribute("dir") == "rtl"
    assert faults(staff, ".nice-padding, #main .w-panel, main") == []
    staff.set_viewport_size({"width": 320, "height": 800})
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert staff.evaluate(wide) <= 1


def test_the_preview_of_a_copy_fits_a_telephone_and_axe_finds_nothing_on_it(staff, faults):
    staff.set_viewport_size({"width": 320, "height": 800})
    staff.goto("/desk/")
    turn(staff.locator("tr", has_text="2020").locator("a[href$='/copy/']").first)
    assert staff.locator("input[name=slug]").input_value() == "world-day-2021"
    assert staff.locator("input[name=first_day]").input_value() == "2021-07-26"
    staff.locator("form:has(input[type=date]) button").click()
    staff.locator("button[name=confirm]").wait_for()
    assert staff.locator("input[name=by][value=weekday]").last.is_checked()
    assert staff.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 1
    assert faults(staff, ".nice-padding") == []


def drag(page, one, onto):
    """With the mouse, step by step, as a hand does it; both in sight."""
    page.set_viewport_size({"width": 1280, "height": 3000})
    start, end = one.bounding_box(), onto.bounding_box()
    page.mouse.move(start["x"] + start["width"] - 6, start["y"] + start["height"] / 2)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] - 6, end["y"] + 2, steps=12)
    page.mouse.up()


def test_a_line_of_the_run_of_show_is_typed_dragged_issued_and_read_on_a_phone(staff, reader, site, faults):
    staff.goto("/desk/runs-of-show/new/")
    ceremony = staff.locator("select[name=activity] option", has_text="حفل في المعهد العالي للقضاء بالرباط").first
    staff.select_option("select[name=activity]", ceremony.get_attribute("value"))
    lines = staff.locator("#rows-items")
    for number, (title, minutes) in enumerate((("استقبال الضيوف", "30"), ("كلمة الافتتاح", "10"))):
        lines.locator(".rows-add").click()
        staff.fill(f"[name=items-{number}-title_ar]", title)
        staff.fill(f"[name=items-{number}-minutes]", minutes)
        staff.fill(f"[name=items-{number}-telephone]", "+212 5 37 00 00 00")
    lines.locator(".rows-entry").nth(1).get_by_role("button", name="إلى أعلى").click()
    assert lines.locator("[name$=-title_ar]").first.input_value() == "كلمة الافتتاح"
    # By the mouse too, and the places follow: they are what is saved.
    drag(staff, lines.locator(".rows-entry legend").nth(1), lines.locator(".rows-entry legend").first)
    assert lines.locator("[name$=-title_ar]").first.input_value() == "استقبال الضيوف"
    assert [one.input_value() for one in lines.locator("[name$=-ORDER]").all()] == ["1", "2"]
    lines.locator(".rows-entry").nth(1).get_by_role("button", name="إلى أعلى").click()
    staff.locator("form:has(#rows-items) button[type=submit]").first.click()
    staff.wait_for_url("**/desk/runs-of-show/")
    turn(staff.locator("a[href*='/desk/runs-of-show/edit/']").first)
    staff.locator("form[action$='/issue/'] button").click()
    staff.locator("text=الإصدار 1").first.wait_for()
    staff.locator("details:has(input[name=email]) summary").click()
    staff.fill("input[name=email]", "qaa@example.org")
    staff.locator("form:has(input[name=email]) button").click()
    staff.locator("text=qaa@example.org").first.wait_for(state="attached")

    from tests.browser.conftest import mails

    address = next(one for one in mails(site) if "/l/" in one)
    phone = reader(width=320, javascript=False)
    assert phone.goto(address).status == 200
    assert phone.locator(".show-line h2").all_inner_texts() == ["كلمة الافتتاح", "استقبال الضيوف"]
    assert phone.locator("a.phone").first.get_attribute("href") == "tel:+212537000000"
    assert phone.evaluate("document.documentElement.scrollWidth") <= 320
    assert phone.context.cookies() == []
