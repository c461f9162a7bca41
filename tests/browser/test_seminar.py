"""The whole seminar in chromium, in Arabic: from the places and the letters to the certificates and what came of it.

The same 180 fictional people as in tests/flows/test_seminar.py, by the screens that each of them uses. Only the clock is
the machine's own: the seminar is set two days ahead for the reminder, then moved to today.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import sqlite3
import subprocess
import sys
import zipfile
from zoneinfo import ZoneInfo

import pytest

from tests.browser.conftest import pages, running, turn
from tests.browser.test_preparation import choose, fits, log_in
from tests.config.conftest import environment, tansiq
from tests.conftest import ROOT
from tests.flows.seminar import REGIONS, email, name, people, region, reports, sheet
from tests.participation.asking import ALL_RIGHT, ALL_WRONG, QUESTIONS
from tests.participation.conftest import SHARES

pytestmark = pytest.mark.browser
RABAT = ZoneInfo("Africa/Casablanca")
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
BY_PHONE, BY_HAND = 178, 179  # whoever registers by the form: without JavaScript, and at 320 pixels
HALF_RIGHT = {"consent": [2], "victims": [3], "signs": [4, 5]}


@pytest.fixture(scope="module")
def own(site, tmp_path_factory):
    """A site of this module alone, with the worker that issues certificates."""
    with running(tmp_path_factory.mktemp("seminar") / "data") as started:
        worker = subprocess.Popen(
            [sys.executable, "-m", "tansiq.config", "worker"], cwd=ROOT, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=environment(started.data, TANSIQ_DEMO="1", TANSIQ_SITE_URL=started.url),
        )  # fmt: skip
        yield started
        worker.kill()
        worker.wait()


def ask(site, query, *values):
    with sqlite3.connect(site.data / "tansiq.sqlite3") as database:
        return database.execute(query, values).fetchall()


def link_to(site, address):
    """The path of the newest page that a mail to this address leads to."""
    bodies = ask(site, "SELECT body FROM core_message WHERE to_address = ? ORDER BY created_at DESC", address)
    found = [one for (body,) in bodies for one in re.findall(r"https?://[^/\s]+(/\S+)", body)]
    return found[0]


def code_to(site, address):
    query = "SELECT body FROM core_message WHERE key LIKE 'code:%' AND to_address = ? ORDER BY created_at DESC"
    return re.search(r"\d{6}", ask(site, query, address)[0][0])[0]


# The demonstration has a fictional course of its own.
OURS = (
    "participation_registration r JOIN participation_admission d ON d.id = r.admission_id "
    "JOIN programme_activity a ON a.id = d.activity_id AND a.slug = 'seminar' JOIN people_person p ON p.id = r.person_id"
)


def states(site):
    return dict(ask(site, f"SELECT r.state, count(*) FROM {OURS} GROUP BY r.state"))


def save(page, field):
    """Sends the desk's form that holds this input."""
    turn(page.locator(f"form:has([name='{field}']) button[type=submit]").first)


def edit(page, words):
    """Opens the record of a list whose line holds these words."""
    turn(page.locator("tr", has_text=words).locator("a[href*='/edit/']").first)


def upload(page, content, file_name, field="file", kind="application/octet-stream"):
    files = [{"name": file_name, "mimeType": kind, "buffer": content}]
    page.set_input_files(f"input[name={field}]", files)


def test_the_seminar_from_the_places_to_what_it_came_to(chromium, own, faults):
    with pages(chromium, own.url) as new:
        desk = new()
        log_in(desk, own)
        places = _places_are_set_aside(desk)
        _two_people_register_by_the_form(new, own)
        _administrations_are_asked(desk, own, places)
        test = _a_test_is_written(desk)
        # Lines are added to lists with JavaScript; everything else at the desk goes without, and faster.
        plain = new(javascript=False, storage_state=desk.context.storage_state())
        _administrations_answer_by_link_and_by_letter(plain, new, own, places)
        _the_rest_come_by_a_table_and_wait(desk, own, places, faults)
        _who_cancels_gives_the_place_to_the_next(new, own)
        _the_day_is_set_people_are_reminded_and_told_of_the_move(plain, own, places)
        _take(plain, new, own, test, "before", lambda place: HALF_RIGHT, there=100)
        _three_reports_say_who_was_there_and_a_person_says_the_rest(desk, own, places, faults)
        _take(plain, new, own, test, "after", lambda place: ALL_WRONG if place >= 85 else ALL_RIGHT, there=90)
        code = _certificates_are_issued_at_once(plain, own, places)
        _anybody_checks_one(new, code)
        _what_people_thought_and_whom_it_reached(plain, new, own)
        _the_report_and_the_evidence_leave_the_house(plain, places)


def _places_are_set_aside(desk):
    desk.goto("/desk/admissions/new/")
    choose(desk, "activity", "ندوة")
    desk.fill("[name=capacity]", "100")
    desk.check("[name=is_public]")
    desk.check("[name=order][value=nominated]")
    for number, (code, size) in enumerate(sorted(SHARES.items())):
        desk.click("#rows-places .rows-add")
        desk.select_option(f"[name=places-{number}-region]", code)
        desk.fill(f"[name=places-{number}-number]", str(size))
    desk.fill("[name=certificate__minutes]", "180")
    desk.fill("[name=certificate__score]", "60")
    desk.fill("[name=joining__url]", "https://meet.example.org/nadwa")
    save(desk, "capacity")
    edit(desk, "ندوة")
    return desk.url.removesuffix("/").rpartition("/")[2]


def _two_people_register_by_the_form(new, own):
    for number, more in ((BY_PHONE, {"javascript": False}), (BY_HAND, {"width": 320})):
        page = new(**more)
        page.goto("/ar/activities/seminar/register/")
        assert page.evaluate(WIDE) <= 1
        page.fill("#name_ar", name(number)["ar"])
        page.fill("#name_fr", name(number)["fr"])
        page.fill("#email", email(number))
        page.select_option("#region", region(number))
        turn(page.locator("form#registration button"))
        assert page.locator("[role=status]").count() == 1
        page.goto(link_to(own, email(number)))
        assert "مؤكَّد" in page.inner_text("main")
        page.context.close()


def _administrations_are_asked(desk, own, places):
    bodies = ask(
        own,
        "SELECT slug FROM people_organisation WHERE kind = 'government' AND slug <> 'fictional-administration' ORDER BY slug LIMIT 3",
    )
    first, second, third = (slug for (slug,) in bodies)
    asked = [(first, code, 10, "a@example.org") for code in REGIONS[:6]] + [(second, REGIONS[6], 2, "b@example.org")]
    asked += [(third, code, 10, "") for code in REGIONS[7:]]
    desk.goto(f"/desk/nominations-of/{places}/")
    turn(desk.locator("a[href*='/desk/nominations/new/']"))
    desk.fill("[name=due]", (dt.datetime.now(RABAT).date() + dt.timedelta(days=1)).isoformat())
    for number, (body, code, wanted, address) in enumerate(asked):
        desk.click("#rows-asked .rows-add")
        desk.select_option(f"[name=asked-{number}-administration]", body)
        desk.select_option(f"[name=asked-{number}-region]", code)
        desk.fill(f"[name=asked-{number}-number]", str(wanted))
        desk.fill(f"[name=asked-{number}-email]", address)
    save(desk, "due")
    assert desk.locator("td a[href*='/desk/nominations/edit/']").count() == 3


def _administrations_answer_by_link_and_by_letter(desk, new, own, places):
    """One by the sheet, one typed on the page, one whose sheet came with a letter to the secretariat."""
    names = {json.loads(text)["ar"]: key for key, text in ask(own, "SELECT code, name FROM people_region")}
    early = range(120)
    page = new(width=320, javascript=False)
    page.goto(link_to(own, "a@example.org"))
    content = page.context.request.get(f"{page.url}sheet.xlsx").body()
    filled = sheet(content, [one for one in early if region(one) in REGIONS[:6]], names)
    upload(page, filled, "names.xlsx", "sheet")
    turn(page.locator("button[value=upload]"))
    page.fill("#code", code_to(own, "a@example.org"))
    turn(page.locator("button[value=send]"))
    assert page.locator("#given ~ table tbody tr").count() == 60
    page.goto(link_to(own, "b@example.org"))
    for place, number in enumerate((6, 18)):
        page.locator(f"#r{place}").evaluate("one => { one.open = true }") if place else None
        page.fill(f"#f{place}-name_ar", name(number)["ar"])
        page.fill(f"#f{place}-name_fr", name(number)["fr"])
        page.fill(f"#f{place}-email", email(number))
        page.check(f"#f{place}-permission")
    turn(page.locator("button[value=check]"))
    page.fill("#code", code_to(own, "b@example.org"))
    turn(page.locator("button[value=send]"))
    assert page.evaluate(WIDE) <= 1
    page.context.close()

    desk.goto(f"/desk/nominations-of/{places}/")
    requests = [one.get_attribute("href") for one in desk.locator("td a[href*='/desk/nominations/edit/']").all()]
    for address in requests:
        desk.goto(address)
        if desk.locator("button[value=take]").count() == 0:
            content = desk.context.request.get(desk.locator("a[href$='/sheet.xlsx']").get_attribute("href")).body()
            filled = sheet(content, [one for one in early if region(one) in REGIONS[7:]], names)
            upload(desk, filled, "names.xlsx")
            turn(desk.locator("button[name=keep]"))
        turn(desk.locator("button[value=take]"))
    assert states(own) == {"confirmed": 94, "waiting": 20}


def _the_rest_come_by_a_table_and_wait(desk, own, places, faults):
    named = {one for one in range(120) if region(one) != REGIONS[6]} | {6, 18}
    rest = people([one for one in range(178) if one not in named])
    desk.goto(f"/desk/admissions/edit/{places}/")
    fits(desk, faults, within=".desk-show")
    turn(desk.locator(f"a[href$='/desk/places/{places}/people/']"))
    upload(desk, rest, "people.csv")
    turn(desk.locator("button[value=look]"))
    fits(desk, faults)
    assert states(own) == {"confirmed": 94, "waiting": 20}  # nothing is kept by looking
    upload(desk, rest, "people.csv")
    turn(desk.locator("button[value=keep]"))
    assert states(own) == {"confirmed": 100, "waiting": 80}
    desk.goto("/desk/registrations/?state=waiting&q=" + email(177))
    turn(desk.locator("a[href*='/desk/registrations/edit/']").first)
    assert "لائحة الانتظار" in desk.locator(".desk-show").inner_text()
    fits(desk, faults, within=".desk-show")


def _who_cancels_gives_the_place_to_the_next(new, own):
    page = new(width=320, javascript=False)
    page.goto(link_to(own, email(BY_HAND)))
    turn(page.locator("button[value=ask]"))
    turn(page.locator("button[value=cancel]"))
    assert states(own) == {"confirmed": 100, "waiting": 79, "cancelled": 1}
    page.context.close()


def _the_day_is_set_people_are_reminded_and_told_of_the_move(desk, own, places):
    today = dt.datetime.now(RABAT).date()
    # The programme is stretched to the machine's clock: what is past cannot be reminded of.
    desk.goto("/desk/programmes/?q=world-day-2020")
    turn(desk.locator("a[href*='/desk/programmes/edit/']").first)
    desk.fill("input[name=period]", f"2020-07-27/{today + dt.timedelta(days=2)}")
    save(desk, "period")
    _set_day(desk, today + dt.timedelta(days=2))
    done = tansiq("schedule", "--once", data=own.data, TANSIQ_DEMO="1")
    assert done.returncode == 0, done.stderr
    assert ask(own, "SELECT count(*) FROM core_message WHERE key LIKE 'reminder:%'") == [(100,)]
    _set_day(desk, today)
    desk.goto(f"/desk/admissions/edit/{places}/")
    turn(desk.locator("form[action$='/tell/'] button"))
    told = "SELECT count(*) FROM core_message WHERE key LIKE 'registration:%:change:%'"
    assert ask(own, told) == [(179,)]  # whoever waits is told as well


def _set_day(desk, day):
    desk.goto("/desk/activities/?q=seminar")
    turn(desk.locator("a[href*='/desk/activities/edit/']").first)
    desk.fill("input[name=when]", day.isoformat())
    save(desk, "when")
    assert desk.locator("#impact").count() == 1  # what becomes false is seen before it is saved
    save(desk, "when")


def _a_test_is_written(desk):
    desk.goto("/desk/tests/new/")
    choose(desk, "activity", "ندوة")
    for number, one in enumerate(QUESTIONS):
        desk.click("#rows-questions .rows-add")
        desk.fill(f"[name=questions-{number}-id]", one["id"])
        desk.fill(f"[name=questions-{number}-text_ar]", one["text"]["ar"])
        desk.select_option(f"[name=questions-{number}-kind]", one["kind"])
        desk.fill(f"[name=questions-{number}-options_ar]", "\n".join(each["text"]["ar"] for each in one["options"]))
        right = [str(place) for place, each in enumerate(one["options"], start=1) if each["right"]]
        desk.fill(f"[name=questions-{number}-right]", ", ".join(right))
        desk.fill(f"[name=questions-{number}-points]", str(one["points"]))
    save(desk, "questions-0-id")
    edit(desk, "ندوة")
    return desk.url.removesuffix("/").rpartition("/")[2]


def _take(desk, new, own, test, moment, answers, *, there):
    """One takes it by the link in the mail, the others on paper: their sheets come as a table."""
    desk.goto(f"/desk/test/{test}/")
    turn(desk.locator(f"form:has(input[value={moment}]) button[value=open]"))
    page = new(width=320, javascript=False)
    page.goto(link_to(own, email(BY_PHONE)))
    turn(page.locator(f"a[href='test/{moment}/']"))
    turn(page.locator("button[value=begin]"))
    for key, numbers in answers(0).items():
        for number in numbers:
            page.check(f"#q-{key} input[value='{number}']")
    turn(page.locator("button[value=hand-in]"))
    assert "سُلّمت" in page.inner_text("main")
    page.context.close()
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["number", *(one["id"] for one in QUESTIONS)])
    for place, (number, _name) in enumerate(ask(own, PLACED)[:there]):
        if place:
            rows.writerow([number, *(" ".join(map(str, answers(place)[one["id"]])) for one in QUESTIONS)])
    turn(desk.locator(f"a[href$='/desk/test/{test}/type/']").first)
    form = desk.locator("form[action$='/sheets/']")
    form.locator("select[name=moment]").select_option(moment)
    upload(desk, table.getvalue().encode(), "sheets.csv")
    turn(form.locator("button"))
    turn(desk.locator(f"form:has(input[value={moment}]) button[value=close]"))


PLACED = f"SELECT r.number, p.name FROM {OURS} WHERE r.state = 'confirmed' ORDER BY r.number"


def _three_reports_say_who_was_there_and_a_person_says_the_rest(desk, own, places, faults):
    names = [json.loads(text) for _number, text in ask(own, PLACED)]
    start = dt.datetime.now(RABAT).replace(hour=9, minute=30, second=0, microsecond=0)
    files = [
        {"name": file, "mimeType": "application/octet-stream", "buffer": content}
        for file, content in reports(names, start)
    ]
    desk.goto(f"/desk/attendance/{places}/")
    desk.set_input_files("input[name=files]", files)
    turn(desk.locator("button[value=look]"))
    fits(desk, faults, within="[aria-labelledby=looked]")
    desk.set_input_files("input[name=files]", files)
    turn(desk.locator("button[value=keep]"))
    fits(desk, faults)
    desk.locator("#open ~ form input[value=number]").focus()
    desk.keyboard.press("Space")
    desk.keyboard.press("Tab")
    desk.keyboard.type("1")
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    assert desk.locator("#open").count() == 0
    there = f"SELECT count(*) FROM {OURS} WHERE r.attended"
    assert ask(own, there) == [(90,)]
    # From how many minutes on somebody was there is changed, and changed back.
    for least, number in (("150", 95), ("180", 90)):
        desk.fill("input[name=least]", least)
        turn(desk.locator("form[action$='/least/'] button"))
        assert ask(own, there) == [(number,)]


def _certificates_are_issued_at_once(desk, own, places):
    desk.goto(f"/desk/certificates/of/{places}/")
    assert "85" in desk.locator(".nice-padding h2").first.inner_text()
    turn(desk.locator("button[value=issue]"))
    desk.locator("a[href*='/desk/certificates/of/']").wait_for(timeout=60_000)
    turn(desk.locator("a[href*='/desk/certificates/of/']"))
    found = ask(
        own, f"SELECT c.code FROM {OURS} JOIN participation_certificate c ON c.registration_id = r.id ORDER BY c.serial"
    )
    assert len(found) == 85
    return found[0][0]


def _anybody_checks_one(new, code):
    page = new(width=320, javascript=False)
    page.goto(f"/v/{code}")
    assert "صالحة" in page.inner_text("main")
    page.fill("#name", name(BY_PHONE)["fr"])
    turn(page.locator("main button.button-main"))
    assert "تحمل الشهادة اسم" in page.inner_text("main")
    page.context.close()


def _what_people_thought_and_whom_it_reached(desk, new, own):
    desk.goto("/desk/satisfaction/new/")
    choose(desk, "activity", "ندوة")
    save(desk, "questions-0-id")
    edit(desk, "ندوة")
    desk.goto(f"/desk/thoughts/{desk.url.removesuffix('/').rpartition('/')[2]}/")
    turn(desk.locator("button[value=open]"))
    turn(desk.locator("button[value=ask]"))
    assert (
        len(ask(own, "SELECT 1 FROM core_message WHERE key LIKE 'feedback:%' AND to_address LIKE 'p%'")) == 95
    )  # five never came
    page = new(width=320, javascript=False)
    page.goto(link_to(own, email(BY_PHONE)))
    if page.locator("#q-useful").count() == 0:
        turn(page.locator("a[href='feedback/']"))
    page.check("#q-useful input[value='5']")
    turn(page.locator("main form button"))
    page.context.close()

    desk.goto("/desk/persons/new/")
    desk.fill("[name=name_ar]", "خبيرة متخيلة")
    desk.check("[name=is_fictional]")
    save(desk, "name_ar")
    desk.goto("/desk/trainers/new/")
    choose(desk, "person", "خبيرة متخيلة")
    desk.locator("label", has_text="ندوة").locator("input[name=activities]").first.check()
    save(desk, "activities")
    desk.goto("/desk/cascade/")
    row = desk.locator("tbody tr", has_text="خبيرة متخيلة").inner_text()
    assert "90" in row


def _the_report_and_the_evidence_leave_the_house(desk, places):
    desk.goto(f"/desk/attendance/{places}/")
    flash = desk.context.request.get(desk.locator("a[href$='/flash.ar.pdf']").get_attribute("href"))
    assert flash.body().startswith(b"%PDF-")
    desk.check("[name=with_names]")
    with desk.expect_download() as waiting:
        desk.locator("form[action$='/evidence.zip'] button").click()
    with zipfile.ZipFile(waiting.value.path()) as packed:
        assert packed.namelist() == ["contents.txt", "flash-report.pdf", "with-names/attendance.xlsx"]
