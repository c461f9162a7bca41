"""The secretariat sets up the places of the seminar, reads a conference report and decides a name, in chromium, in Arabic."""

import os

import pytest

from tests.browser.conftest import pages, running
from tests.browser.test_preparation import fits, log_in
from tests.config.conftest import tansiq

pytestmark = pytest.mark.browser
# Fictional people.
PEOPLE = """name_ar,name_fr,email,region
يوسف بنجلون,Youssef Benjelloun,youssef@example.org,MA-04
كريمة التازي,Karima Tazi,karima@example.org,MA-04
محمد العلوي,Mohamed Alaoui,m1@example.org,MA-09
محمد العلوي,Mohamed Alaoui,m2@example.org,MA-06
"""
REPORT = """Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,In Waiting Room
Karima Tazi,,2020-07-28 10:00:00,2020-07-28 13:00:00,180,Yes,No
يوسف بنجلون,,2020-07-28 10:00:00,2020-07-28 11:00:00,60,Yes,No
Mohamed Alaoui,,2020-07-28 10:00:00,2020-07-28 13:30:00,210,Yes,No
Karima Tazi,,2020-07-28 09:55:00,2020-07-28 10:00:00,5,Yes,Yes
"""


@pytest.fixture(scope="module")
def own(site, tmp_path_factory):
    """A site of this module alone: the seminar has places here."""
    with running(tmp_path_factory.mktemp("attendance") / "data") as started:
        yield started


def test_places_are_set_a_report_is_looked_at_kept_and_a_name_decided(chromium, own, faults, tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "zoom.csv").write_text(REPORT, encoding="utf-8")
    with pages(chromium, own.url) as new:
        page = new()
        log_in(page, own)
        page.goto("/desk/admissions/new/")
        option = page.locator("select[name=activity] option", has_text="ندوة").first
        page.select_option("select[name=activity]", option.get_attribute("value"))
        page.fill("input[name=capacity]", "100")
        page.click("#rows-places .rows-add")
        page.select_option("select[name=places-0-region]", "MA-04")
        page.fill("input[name=places-0-number]", "10")
        page.fill("input[name=certificate__minutes]", "180")
        fits(page, faults, within=".content")
        page.locator(".footer button[type=submit], footer button[type=submit]").first.click()
        page.wait_for_url("**/desk/admissions/")
        done = tansiq("register", "seminar", tmp_path / "people.csv", data=own.data, TANSIQ_DEMO="1")
        assert done.returncode == 0, done.stderr

        page.goto("/desk/admissions/")
        page.locator(".listing .title a, .listing td a").first.click()
        page.wait_for_url("**/desk/admissions/edit/**")
        fits(page, faults, within=".desk-show")
        page.locator(".desk-show a[href*='/desk/attendance/']").click()
        page.wait_for_url("**/desk/attendance/**")
        page.set_input_files("input[name=files]", str(tmp_path / "zoom.csv"))
        page.click("button[value=look]")
        page.wait_for_selector("#looked")
        fits(page, faults)
        shot(page, "att-look")
        page.set_input_files("input[name=files]", str(tmp_path / "zoom.csv"))
        page.click("button[value=keep]")
        page.wait_for_selector("#open")
        fits(page, faults)
        shot(page, "att-open")
        # By keyboard: the second of the two who have this name.
        page.locator("input[type=radio]").nth(0).focus()
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
        # The old page goes before the new one is there: wait for the navigation, not for something to be gone.
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.locator("#open").count() == 0
        rows = page.locator("#people ~ .desk-scroll tbody tr")
        there = [rows.nth(at).locator("td").last.inner_text() for at in range(rows.count())]
        assert there == ["لا", "نعم", "لا", "نعم"]
        fits(page, faults)
        page.goto("/desk/registrations/")
        shot(page, "att-list")
        page.locator(".listing .title a, .listing td a").first.click()
        page.wait_for_url("**/desk/registrations/edit/**")
        fits(page, faults, within=".desk-show")
        shot(page, "att-one")


def shot(page, name):
    """A picture for whoever wants to look: TANSIQ_SHOTS names the folder."""
    if folder := os.environ.get("TANSIQ_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
        page.set_viewport_size({"width": 320, "height": 800})
        page.screenshot(path=f"{folder}/{name}-320.png", full_page=True)
        page.set_viewport_size({"width": 1280, "height": 900})
