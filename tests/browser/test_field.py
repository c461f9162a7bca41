"""At the door in chromium, in Arabic: two phones without a network, and nobody counted twice."""

import datetime as dt
import json
import os
import re
import sqlite3
import subprocess
import sys
import time

import pytest
import segno

from tests.browser.conftest import CHROMIUM, mails, pages, running, turn
from tests.config.conftest import environment
from tests.conftest import ROOT

pytestmark = pytest.mark.browser
WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PIN = "739251"
PROGRAMME = """
format: tansiq/programme/1
slug: door
reference_language: ar
title: {{ar: "دورة تكوينية متخيلة", fr: "Formation fictive"}}
period: {{from: {first}, to: {last}}}
activities:
  - slug: training
    kind: training
    mode: in_person
    title: {{ar: "دورة تكوينية للمساعدين الاجتماعيين", fr: "Formation des assistants sociaux"}}
    when: {{date: {day}, time: "00:01", end_time: "23:59"}}
quotas:
  - {{activity: training, capacity: 41, places: []}}
"""
# Fictional people. The forty-second waits: there are 41 places.
FIRST = ["خديجة", "إكرام", "سلمى", "ياسين", "حمزة", "لطيفة", "عمر"]
LAST = ["المتخيلة", "التازية", "الوزانية", "السوسية", "الريفية", "الصحراوية"]
LATIN = ["Khadija", "Ikram", "Salma", "Yassine", "Hamza", "Latifa", "Omar"]
LATIN_LAST = ["Moutakhayila", "Tazia", "Ouazzania", "Soussia", "Rifia", "Sahraouia"]
DUMP = """async () => {
  const database = await new Promise(done => { const asked = indexedDB.open("tansiq-field"); asked.onsuccess = () => done(asked.result); });
  const text = value => value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? Array.from(new Uint8Array(value.buffer || value), byte => String.fromCharCode(byte)).join("")
    : value instanceof CryptoKey ? `key ${value.extractable}` : value && typeof value === "object" ? Object.entries(value).map(([name, one]) => `${name}=${text(one)}`).join("\\n") : String(value);
  const found = {};
  for (const table of database.objectStoreNames) {
    const rows = await new Promise(done => { const asked = database.transaction(table).objectStore(table).getAll(); asked.onsuccess = () => done(asked.result); });
    found[table] = rows.map(text);
  }
  database.close();
  return found;
}"""


def name_of(number, first=FIRST, last=LAST):
    return f"{first[number % len(first)]} {last[number // len(first)]}"


@pytest.fixture(scope="module")
def own(site, tmp_path_factory):
    """A site of this module alone: a training today, 41 people with a place and one who waits."""
    folder = tmp_path_factory.mktemp("door")
    with running(folder / "data") as started:
        today = dt.datetime.now(dt.timezone(dt.timedelta(hours=1))).date()
        around = {"first": today - dt.timedelta(days=1), "day": today, "last": today + dt.timedelta(days=1)}
        (folder / "door.yaml").write_text(PROGRAMME.format(**around))
        lines = ["name_ar,name_fr,email"]
        lines += [f"{name_of(n)},{name_of(n, LATIN, LATIN_LAST)},p{n}@example.org" for n in range(42)]
        (folder / "people.csv").write_text("\n".join(lines))
        run(started, "load", folder / "door.yaml")
        run(started, "register", "training", folder / "people.csv")
        guest = "name_ar,name_fr,function,rank,language,email\nخديجة الضيفة المتخيلة,Khadija Dayfa,وزيرة (مثال),40,ar,g@example.org"
        (folder / "guests.csv").write_text(guest)
        run(started, "invite", "training", folder / "guests.csv")
        yield started


def run(site, *words):
    done = subprocess.run(
        [sys.executable, "-m", "tansiq.config", *words], cwd=ROOT, capture_output=True, text=True, check=False,
        env=environment(site.data, TANSIQ_DEMO="1") | {"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def asked(site, question):
    with sqlite3.connect(site.data / "tansiq.sqlite3") as database:
        return database.execute(question).fetchall()


def comes(site, question, rows):
    """What a phone sends is there in a moment: "all sent" may still be said of what was sent before."""
    for _ in range(150):
        if asked(site, question) == rows:
            return
        time.sleep(0.1)
    assert asked(site, question) == rows


@pytest.fixture(scope="module")
def logged_in(chromium, own):
    context = chromium.new_context(base_url=own.url, locale="ar-MA")
    page = context.new_page()
    log_in(page, own)
    kept = context.storage_state()
    context.close()
    return kept


def log_in(page, own):
    page.goto("/accounts/login/?next=/field/")
    email, password = own.login
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{own.url}/field/")


@pytest.fixture
def phone(chromium, own, logged_in):
    """phone() -> a page of a new phone that took the list of today; each has its own storage and its own worker."""
    with pages(chromium, own.url) as new:

        def make(width=320, **more):
            page = new(width=width, storage_state=logged_in, service_workers="allow", **more)
            page.goto("/field/")
            take_list(page)
            page.evaluate("navigator.serviceWorker.ready.then(() => true)")
            return page

        make.plain = lambda **more: new(storage_state=logged_in, **more)
        yield make


def take_list(page, pin=PIN):
    page.locator("button.door").first.click()
    page.fill("#pin", pin)
    page.fill("#again", pin)
    page.keyboard.press("Enter")
    page.wait_for_selector(".bottom")


def check_in(page, number):
    """By the number of arrival, as the app's search finds it."""
    page.fill("#q", str(number))
    # Of what is found for this number: on a busy machine the list of the search before may stand for a moment.
    page.locator(".person", has_text=re.compile(rf"(?<!\d){number} · ")).locator(".main-button").click()
    page.locator(".flash strong", has_text=f"{number} · ").wait_for()


def counts(page):
    return page.locator(".counts").inner_text()


def unlock(page, pin=PIN):
    page.fill("#pin", pin)
    page.keyboard.press("Enter")


def until(page, expression):
    """Playwright's own waiting evaluates strings inside the page, which our policy refuses."""
    for _ in range(150):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{expression}\n{page.inner_text('main')}")


def sent(page):
    page.locator("text=كل شيء أُرسل").wait_for()


def test_two_phones_without_a_network_count_35_people_and_none_twice(phone, own, faults):
    one, other = phone(), phone()
    for page in (one, other):
        page.context.set_offline(True)
    for number in range(1, 31):
        check_in(one, number)
    for number in range(26, 36):
        check_in(other, number)
    assert ("30" in counts(one), "10" in counts(other)) == (True, True)
    assert "لا توجد شبكة" in one.inner_text("#badge")
    # Closed and opened again without a network: the shell comes from the phone, the queue is there.
    one.reload()
    one.wait_for_selector("#pin")
    assert "خديجة" not in one.content()
    unlock(one)
    one.wait_for_selector(".bottom")
    assert counts(one).count("30") == 2
    comes(own, "SELECT count(*) FROM participation_attendance WHERE how <> 'report'", [(0,)])
    for page in (one, other):
        page.context.set_offline(False)
        page.evaluate("window.dispatchEvent(new Event('online'))")
        sent(page)
    comes(
        own,
        "SELECT count(*), count(DISTINCT registration_id) FROM participation_attendance WHERE how <> 'report'",
        [(35, 35)],
    )
    comes(own, "SELECT count(*) FROM core_receipt", [(40,)])
    comes(own, "SELECT count(DISTINCT device) FROM core_receipt", [(2,)])
    # The other phone fetches the list anew and sees all.
    other.locator("summary").click()
    other.locator("text=جلب اللائحة من جديد").click()
    until(other, "document.querySelector('.counts').innerText.includes('35')")
    assert faults(other) == []
    assert other.evaluate(WIDE) <= 1


def test_the_same_batch_twice_changes_nothing_and_another_body_is_in_the_conflict_box(phone, own):
    page = phone()
    batches = []
    page.on("request", lambda request: "sync.json" in request.url and batches.append(request.post_data))
    check_in(page, 36)
    sent(page)
    before = asked(own, "SELECT * FROM participation_attendance"), asked(own, "SELECT * FROM core_receipt")
    post = """async batch => {
      const answer = await fetch("/field/sync.json", {method: "POST", headers: {"Content-Type": "application/json", "X-CSRFToken": document.cookie.match(/csrftoken=(\\w+)/)[1]}, body: batch});
      return [answer.status, (await answer.json()).results.map(one => one.status)];
    }"""
    assert page.evaluate(post, batches[-1]) == [200, ["received"]]
    assert (asked(own, "SELECT * FROM participation_attendance"), asked(own, "SELECT * FROM core_receipt")) == before
    changed = json.loads(batches[-1])
    hashed = """async body => { const {canonical, sha256} = await import(performance.getEntriesByType("resource").find(one => one.name.includes("/field/items")).name); return sha256(canonical(body)); }"""
    changed["items"][0]["body"]["day"] = "2020-07-28"
    changed["items"][0]["sha256"] = page.evaluate(hashed, changed["items"][0]["body"])
    assert page.evaluate(post, json.dumps(changed)) == [409, ["conflict"]]
    comes(own, "SELECT why, state FROM core_helditem", [("conflict", "open")])
    assert (asked(own, "SELECT * FROM participation_attendance"), asked(own, "SELECT * FROM core_receipt")) == before


def test_the_phone_s_store_holds_no_name_that_can_be_read(phone, own):
    page = phone()
    page.context.set_offline(True)
    page.locator(".bottom button").nth(1).click()
    page.fill("#name", "زائرة متخيلة")
    page.fill("#organisation", "Association fictive")
    page.locator(".wide-button").click()
    page.wait_for_selector(".flash-bad")
    stores = page.evaluate(DUMP)
    assert len(stores["items"]) >= 1
    assert stores["keys"] == ["key false"]
    assert len(stores["lists"]) == 1
    text = json.dumps(stores, ensure_ascii=False).encode("latin-1", "replace") + json.dumps(stores).encode()
    for name in ["زائرة", "fictive", *FIRST, *LATIN, "training", "دورة"]:
        assert name.encode() not in text
        assert name.encode("utf-16-le") not in text
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    kept = page.evaluate(
        "caches.keys().then(async names => (await Promise.all(names.map(async name => (await (await caches.open(name)).keys()).map(one => one.url)))).flat())"
    )
    assert all("/static/" in url or url.endswith("/field/shell/") for url in kept)


def test_what_lies_on_the_disk_holds_no_name_either(own, logged_in, tmp_path):
    """A profile on a disk, as a lost phone has one: every file of it is searched for the names of the list."""
    from playwright.sync_api import sync_playwright

    script = f"""
import sys; from playwright.sync_api import sync_playwright
with sync_playwright() as play:
    context = play.chromium.launch_persistent_context({str(tmp_path / "profile")!r}, executable_path={str(CHROMIUM)!r}, base_url={own.url!r}, locale="ar-MA", args=["--no-sandbox", "--disable-background-networking"])
    context.add_cookies({logged_in["cookies"]!r})
    page = context.new_page()
    page.goto("/field/")
    page.locator("button.door").first.click()
    page.fill("#pin", {PIN!r}); page.fill("#again", {PIN!r}); page.keyboard.press("Enter")
    page.wait_for_selector(".bottom")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.fill("#q", "Salma"); page.wait_for_selector(".person")
    context.close()
"""
    assert sync_playwright
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    files = [one for one in (tmp_path / "profile").rglob("*") if one.is_file()]
    found = b"".join(one.read_bytes() for one in files)
    assert b"tansiq-field" in found or "tansiq-field".encode("utf-16-be") in found  # the database itself is there
    for name in ("المتخيلة", "الوزانية", "Ouazzania", "Moutakhayila"):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            assert name.encode(encoding) not in found, (name, encoding)


def test_ten_wrong_pins_delete_the_list_and_what_was_noted_is_sent_all_the_same(phone, own):
    page = phone()
    page.context.set_offline(True)
    check_in(page, 38)
    page.reload()
    for number in range(9):
        page.wait_for_selector("#pin")
        unlock(page, f"11122{number}")
        page.locator(".problem bdi", has_text=str(9 - number)).wait_for()
    page.reload()  # a new page gives no new tries
    unlock(page, "111111")
    page.locator(".flash").wait_for()
    assert page.evaluate(DUMP)["lists"] == []
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    until(page, f"({DUMP})().then(found => found.items.every(one => one.includes('status=received')))")
    comes(
        own,
        "SELECT count(*) FROM participation_attendance a JOIN participation_registration r ON r.id = a.registration_id WHERE r.number = 38",
        [(1,)],
    )


def test_names_are_found_in_both_scripts_who_waits_is_shown_as_such_and_a_guest_is_represented(phone, own, faults):
    page = phone()
    for text in ("اكرام المتخيله", "إِكْرَام المتخيّلة", "ikram MOUTAKHAYILA", "2", "٢"):
        page.fill("#q", text)
        until(page, "document.querySelectorAll('.person').length === 1")
        assert "إكرام المتخيلة" in page.inner_text(".person"), text
    page.fill("#q", "42")
    page.locator(".person .tag").wait_for()
    assert "لائحة الانتظار" in page.inner_text(".person")
    assert faults(page) == []
    page.locator(".person button").click()
    page.wait_for_selector(".flash-bad")
    sent(page)
    arrived = "SELECT a.state FROM participation_arrival a JOIN participation_registration r ON r.id = a.registration_id WHERE r.number = 42"
    comes(own, arrived, [("decide",)])
    page.fill("#q", "لا أحد")
    until(page, "document.querySelector('.people').children.length === 0")
    # A guest stands there without a search; whoever comes instead is noted without a network.
    page.fill("#q", "")
    until(page, "document.querySelectorAll('.person').length === 1")
    assert "خديجة الضيفة المتخيلة" in page.inner_text(".person")
    page.fill("#q", "dayfa")
    page.context.set_offline(True)
    page.locator(".person .quiet").click()
    assert faults(page) == []
    page.fill("#representative", "سعاد المتخيلة")
    page.fill("#function", "رئيسة ديوان (مثال)")
    page.locator(".wide-button").click()
    page.locator(".flash strong", has_text="خديجة الضيفة").wait_for()
    assert page.evaluate(WIDE) <= 1
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    sent(page)
    row = "SELECT name, function, state FROM participation_arrival WHERE invitation_id IS NOT NULL"
    comes(own, row, [("سعاد المتخيلة", "رئيسة ديوان (مثال)", "counted")])


def test_a_wrong_button_is_taken_back_at_the_door_by_keyboard_alone(phone, own):
    page = phone()
    page.focus("#q")
    page.keyboard.type("39")
    page.wait_for_selector(".person .main-button")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "main-button"
    page.keyboard.press("Enter")
    sent(page)
    page.locator(".items .quiet").first.focus()
    page.keyboard.press("Enter")
    page.locator(".row-of-buttons .main-button").first.focus()
    page.keyboard.press("Enter")
    page.locator("text=سُحب").first.wait_for()
    sent(page)
    comes(
        own,
        "SELECT a.state FROM participation_arrival a JOIN participation_registration r ON r.id = a.registration_id WHERE r.number = 39",
        [("back",)],
    )


def test_at_the_end_of_the_day_the_list_and_what_was_sent_go_and_what_waits_stays(phone, own):
    page = phone()
    check_in(page, 40)
    sent(page)
    page.context.set_offline(True)
    check_in(page, 41)
    page.locator("summary").click()
    page.locator("text=إنهاء اليوم").click()
    page.locator(".problem").wait_for()
    page.locator(".main-button").click()
    page.locator(".flash").wait_for()
    stores = page.evaluate(DUMP)
    assert (stores["lists"], len(stores["items"])) == ([], 1)
    page.context.set_offline(False)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    until(page, f"({DUMP})().then(found => found.items[0].includes('status=received'))")


def test_a_list_whose_day_is_over_is_deleted_before_the_pin_is_asked(phone):
    page = phone()
    page.clock.set_fixed_time(dt.datetime.now(dt.UTC) + dt.timedelta(days=2))
    page.context.set_offline(True)
    page.reload()
    page.locator("h1").wait_for()
    page.wait_for_selector(".empty")
    assert page.evaluate(DUMP)["lists"] == []


def test_a_session_that_ended_keeps_what_was_noted_and_asks_to_log_in(phone, own):
    page = phone()
    page.context.clear_cookies()
    page.locator(".bottom button").nth(1).click()
    page.fill("#name", "ضيف متخيل")
    page.locator(".wide-button").click()
    page.locator("#app a[href^='/accounts/login/']").wait_for()
    log_in(page, own)
    unlock(page)
    sent(page)
    comes(own, "SELECT name, state FROM participation_arrival WHERE name = 'ضيف متخيل'", [("ضيف متخيل", "decide")])


def test_no_request_leaves_the_site_and_readers_have_no_worker_and_no_storage(phone, own):
    page = phone()
    urls = []
    page.context.on("request", lambda request: urls.append(request.url))
    page.reload()
    unlock(page)
    page.wait_for_selector(".bottom")
    assert [url for url in urls if not url.startswith((own.url, "blob:", "data:"))] == []
    page.goto("/ar/")
    assert page.evaluate("navigator.serviceWorker.controller") is None
    assert page.evaluate(
        "navigator.serviceWorker.getRegistrations().then(all => all.map(one => new URL(one.scope).pathname))"
    ) == ["/field/"]


def test_without_javascript_the_list_is_plain_and_checks_in_online(phone):
    page = phone.plain(javascript=False, width=320)
    page.goto("/field/")
    turn(page.locator("a.door"))
    page.fill("#q", "salma moutakh")
    turn(page.locator(".field-search button"))
    assert page.locator(".person").count() == 1
    assert page.locator(".person .in").count() == 1  # a phone checked her in before
    page.fill("#q", "42")
    turn(page.locator(".field-search button"))
    turn(page.locator(".person button"))
    assert page.locator(".said-warning").count() == 1
    page.locator(".apart summary").click()
    page.fill("#name", "زائرة أخرى متخيلة")
    turn(page.locator(".apart button"))
    assert page.locator(".said-success").count() == 1
    assert page.locator("#badge").is_hidden()


# --- The camera -----------------------------------------------------------------------------------------------------


def film(code, path):
    """A second of film of a code on white, as a camera gives it (YUV4MPEG2)."""
    width, height, scale = 640, 480, 9
    rows = [list(row) for row in segno.make(code, error="m").matrix_iter(scale=scale, border=4)]
    left, top = (width - len(rows[0])) // 2, (height - len(rows)) // 2
    luma = bytearray(b"\xeb" * (width * height))
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                luma[(top + y) * width + left + x] = 16
    frame = b"FRAME\n" + bytes(luma) + b"\x80" * (width * height // 2)
    path.write_bytes(f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420\n".encode() + frame * 10)


def test_a_code_before_the_camera_checks_in_by_the_kept_library(own, phone, logged_in, tmp_path):
    reader = phone.plain()
    for address in mails(own):
        reader.goto(address)
        if "42" not in reader.inner_text(".facts"):
            break
    code = reader.locator(".door-code ~ bdi").inner_text()
    number = int(code.split("-")[1])
    film(code, tmp_path / "code.y4m")
    script = f"""
from playwright.sync_api import sync_playwright
with sync_playwright() as play:
    browser = play.chromium.launch(executable_path={str(CHROMIUM)!r}, args=["--no-sandbox", "--disable-background-networking", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--use-file-for-fake-video-capture={tmp_path / "code.y4m"}"])
    context = browser.new_context(base_url={own.url!r}, locale="ar-MA", storage_state={logged_in!r}, viewport={{"width": 320, "height": 800}}, permissions=["camera"])
    context.set_default_timeout(20000)
    page = context.new_page()
    page.goto("/field/")
    page.locator("button.door").first.click()
    page.fill("#pin", {PIN!r}); page.fill("#again", {PIN!r}); page.keyboard.press("Enter")
    page.wait_for_selector(".bottom")
    page.locator(".bottom .main-button").click()
    page.locator(".flash strong").wait_for()
    print(page.inner_text(".flash strong"))
    page.screenshot(path={str(tmp_path / "camera.png")!r})
    browser.close()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{number} · ")
