"""The public pages as readers meet them: by eye, by ear, by keyboard, on a small phone, without JavaScript, on paper."""

import pytest
import yaml

from tests.browser.conftest import turn
from tests.conftest import ROOT

pytestmark = pytest.mark.browser

# One page of each kind; {lang} is ar, fr or en.
PAGES = {
    "home": "/{lang}/",
    "programmes": "/{lang}/programmes/",
    "programme": "/{lang}/programmes/world-day-2020/",
    "project": "/{lang}/programmes/world-day-2020/project/",
    "source": "/{lang}/programmes/world-day-2020/source/",
    "activities": "/{lang}/activities/",
    "activity": "/{lang}/activities/seminar/",
    "visit": "/{lang}/activities/field-visits/",
    "activity source": "/{lang}/activities/joining-blue-heart/source/",
    "commission": "/{lang}/commission/",
    "commitments": "/{lang}/commitments/",
    "commitment": "/{lang}/commitments/blue-heart/",
    "partners": "/{lang}/partners/",
    "partner": "/{lang}/partners/unodc/",
    "materials": "/{lang}/materials/",
    "about": "/{lang}/about/",
    "help": "/{lang}/help/",
    "search": "/{lang}/search/?q=Glo.Act",
    "search without result": "/{lang}/search/?q=زرافة",
    "tour": "/{lang}/tour/",
    "tour: moved": "/{lang}/tour/3/",
    "not found": "/{lang}/activities/no-such-activity/",
}
every_page = pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
LANGUAGES = ("ar", "fr", "en")
DIRECTIONS = {"ar": "rtl", "fr": "ltr", "en": "ltr"}
OUTLINE = """() => { const style = getComputedStyle(document.activeElement);
  return style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth); }"""
KEPT = """async () => ({
  cookie: document.cookie, local: localStorage.length, session: sessionStorage.length,
  databases: (await indexedDB.databases()).length, caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length})"""
NOTHING_KEPT = {"cookie": "", "local": 0, "session": 0, "databases": 0, "caches": 0, "workers": 0}
TOO_WIDE = """() => document.documentElement.scrollWidth - document.documentElement.clientWidth"""


def opened(page, path):
    answer = page.goto(path)
    assert answer.status == (404 if "no-such" in path else 200), path
    return page


# --- by eye and by ear ----------------------------------------------------------------------------------------------


@every_page
def test_axe_finds_nothing_in_three_languages_and_no_request_leaves_the_host(reader, faults, site, path):
    page = reader()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    found = {}
    for lang in LANGUAGES:
        opened(page, path.format(lang=lang))
        root = page.locator("html")
        assert (root.get_attribute("lang"), root.get_attribute("dir")) == (lang, DIRECTIONS[lang])
        found[lang] = faults(page)
        assert page.evaluate(KEPT) == NOTHING_KEPT
    assert found == {"ar": [], "fr": [], "en": []}
    assert len(asked) > 3
    assert [url for url in asked if not url.startswith((f"{site.url}/", "data:"))] == []
    assert page.context.cookies() == []


@pytest.mark.parametrize("kind", ["home", "source", "help"])
def test_axe_finds_nothing_in_the_dark(reader, faults, kind):
    page = opened(reader(dark=True), PAGES[kind].format(lang="ar"))
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 22, 33)"
    assert faults(page) == []


def test_axe_would_find_a_grey_word_and_a_field_without_a_label(reader, faults):
    page = opened(reader(), "/ar/about/")
    page.evaluate("""() => { document.querySelector("main").insertAdjacentHTML("beforeend", "<p id=pale>شاحب</p><input>");
      document.getElementById("pale").style.color = "#ccc"; }""")
    assert [fault.split(":")[0] for fault in faults(page)] == ["color-contrast", "label"]


# --- on a small phone -----------------------------------------------------------------------------------------------


@every_page
def test_nothing_is_wider_than_a_phone_of_320_pixels(reader, path):
    page = reader(width=320)
    wide = {}
    for lang in ("ar", "fr"):
        opened(page, path.format(lang=lang))
        wide[lang] = page.evaluate(TOO_WIDE)
    assert wide == {"ar": 0, "fr": 0}


@pytest.mark.parametrize("lang", ["ar", "fr"])
def test_a_word_that_is_too_wide_would_be_noticed_in_both_directions(reader, lang):
    page = opened(reader(width=320), f"/{lang}/about/")
    page.evaluate("""() => { const wide = document.createElement("p"); wide.style.width = "400px"; wide.textContent = "عريض";
      document.querySelector("main").append(wide); }""")
    assert page.evaluate(TOO_WIDE) > 50


# --- without JavaScript ---------------------------------------------------------------------------------------------


@every_page
def test_without_javascript_a_page_has_its_heading_and_changes_the_language_in_place(reader, path):
    page = opened(reader(javascript=False), path.format(lang="ar"))
    assert page.locator("h1").inner_text().strip()
    turn(page.locator('nav.languages a[lang="fr"]'))
    # What was looked for is not taken along: the address of a page names it, a search is asked again.
    assert page.url.split("?")[0].endswith(path.format(lang="fr").split("?")[0])
    assert page.locator("html").get_attribute("lang") == "fr"
    assert page.locator("h1").inner_text().strip()


# --- by keyboard ----------------------------------------------------------------------------------------------------


@every_page
def test_the_first_stop_of_the_keyboard_is_the_way_to_the_content_and_on_help_the_way_out(reader, path):
    page = opened(reader(), path.format(lang="ar"))
    page.keyboard.press("Tab")
    first = page.locator(":focus")
    if "/help/" in path:
        assert first.get_attribute("data-quick-exit") is not None
        assert page.evaluate(OUTLINE) >= 2
        page.keyboard.press("Tab")
    assert first.get_attribute("href") == "#main"
    assert first.bounding_box()["x"] >= 0
    assert page.evaluate(OUTLINE) >= 2
    page.keyboard.press("Enter")
    assert page.locator(":focus").get_attribute("id") == "main"
    page.keyboard.press("Tab")
    if page.locator("main a, main input").count():
        assert page.locator("main :focus").count() == 1
        assert page.evaluate(OUTLINE) >= 2


def test_the_tour_goes_through_its_four_steps_by_the_keyboard(reader):
    page = opened(reader(), "/ar/tour/")
    headings = []
    for step in range(1, 5):
        headings.append(page.locator("h1").inner_text())
        assert f"{step} / 4" in page.locator("main").inner_text()
        for _stop in range(40):
            page.keyboard.press("Tab")
            if page.locator(".button-main:focus").count():
                break
        page.keyboard.press("Enter")
        page.wait_for_url("**/ar/" if step == 4 else f"**/ar/tour/{step + 1}/")
    assert len(set(headings)) == 4


# --- help -----------------------------------------------------------------------------------------------------------


def load(page, path):
    """Bytes over the wire (headers too) and addresses of all that a first visit asks the network for."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    bytes_of, urls = {}, {}
    session.on("Network.requestWillBeSent", lambda event: urls.update({event["requestId"]: event["request"]["url"]}))
    session.on("Network.loadingFinished", lambda e: bytes_of.update({e["requestId"]: e["encodedDataLength"]}))
    opened(page, path)
    page.wait_for_load_state("networkidle")
    assert set(bytes_of) == set(urls)
    # The icon of the tab is the mark in the heading: the browser takes it from its cache, at 0 bytes.
    return sum(bytes_of.values()), [url for key, url in urls.items() if bytes_of[key]]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_first_visit_to_help_takes_at_most_60_kilobytes(reader, lang):
    total, urls = load(reader(width=320), f"/{lang}/help/")
    assert 1000 < total <= 60 * 1024, urls


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_first_visit_to_a_programme_takes_at_most_5_requests_and_100_kilobytes(reader, lang):
    total, urls = load(reader(), f"/{lang}/programmes/world-day-2020/")
    assert len(urls) <= 5, urls
    assert 1000 < total <= 100 * 1024, urls


@pytest.mark.parametrize("javascript", [True, False])
def test_the_way_out_of_help_opens_another_site_and_with_javascript_replaces_the_page(reader, javascript):
    page = reader(width=360, javascript=javascript)
    outside = []

    def stub(route):
        outside.append(route.request.headers)
        route.fulfill(body="<!doctype html><title>x</title><h1>elsewhere</h1>", content_type="text/html")

    page.context.route("https://www.wikipedia.org/**", stub)
    opened(page, "/ar/about/")
    opened(page, "/ar/help/")
    page.locator("[data-quick-exit]").click()
    page.wait_for_url("https://www.wikipedia.org/")
    assert len(outside) == 1
    assert "referer" not in outside[0]
    page.go_back()
    assert page.url.endswith("/ar/about/" if javascript else "/ar/help/")


def test_the_way_out_stays_in_view_and_nothing_covers_it(reader):
    page = opened(reader(width=320), "/ar/help/")
    way_out = page.locator("[data-quick-exit]")
    for _place in ("top", "end"):
        box = way_out.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 900
        middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
        assert page.evaluate("([x, y]) => document.elementFromPoint(x, y).matches('[data-quick-exit]')", middle)
        page.keyboard.press("End")


def test_help_shows_its_numbers_as_text_that_can_be_called(reader):
    page = opened(reader(javascript=False), "/ar/help/")
    numbers = page.locator('main a[href^="tel:"]')
    assert numbers.count() > 1
    assert all(number.inner_text().strip() for number in numbers.all())


# --- moving about, on paper -----------------------------------------------------------------------------------------


def test_the_language_switch_stays_on_the_page(reader):
    page = opened(reader(), "/ar/activities/seminar/")
    for lang in ("fr", "en", "ar"):
        page.locator(f'nav.languages a[lang="{lang}"]').click()
        page.wait_for_url(f"**/{lang}/activities/seminar/")
        assert page.locator("nav.languages [aria-current]").get_attribute("lang") == lang


@pytest.mark.parametrize("path", [PAGES[kind] for kind in ("home", "programme", "source", "help", "tour")])
def test_on_paper_there_is_no_navigation_but_the_heading(reader, path):
    page = opened(reader(), path.format(lang="ar"))
    assert page.locator("nav:visible").count() > 0
    page.emulate_media(media="print")
    assert page.locator("nav:visible, .skip:visible, .quick-exit:visible").count() == 0
    assert page.locator("h1:visible").count() == 1


EXAMPLES = (
    "world-day-2020", "ma-2023-art-soft-power", "ma-2024-children-online", "ma-2025-justice", "eg-2018-adhesion",
    "tn-2018-adhesion",
)  # fmt: skip


@pytest.mark.parametrize("slug", EXAMPLES)
def test_the_six_programmes_read_in_three_languages_down_to_each_activity(reader, faults, slug):
    """What the file says is what the page says: title, number of activities, and nothing in the wrong direction."""
    file = next(path for path in (ROOT / "examples").glob("*.yaml") if f"\nslug: {slug}\n" in path.read_text())
    document = yaml.safe_load(file.read_text())
    page = reader()
    for language in LANGUAGES:
        page.goto(f"/{language}/programmes/{slug}/")
        assert faults(page) == []
        shown = document["title"].get(language)
        heading = page.locator("h1")
        assert heading.inner_text() == (shown or next(iter(document["title"].values())))
        if shown is None:
            assert page.locator(".fallback-bar").count() == 1
        links = page.locator(".rail h3 a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        flat = [one for top in document["activities"] for one in (top, *top.get("activities", []))]
        assert len(links) == len(flat)
        for link in links:
            assert page.goto(link).status == 200
            item = next(one for one in flat if link.endswith(f"/{one['slug']}/"))
            wanted = item["title"].get(language) or next(iter(item["title"].values()))
            assert page.locator("h1").inner_text() == wanted
            wrong = page.evaluate(
                """() => [...document.querySelectorAll('main [lang]')].filter(one => one.dir &&
                  getComputedStyle(one).direction !== one.dir).length"""
            )
            assert wrong == 0


def test_in_arabic_the_number_of_a_page_stands_before_the_number_of_all(reader):
    """ "1 / 4" turns round in a line from right to left unless it is kept apart."""
    page = reader()
    page.goto("/ar/tour/")
    number = page.locator("main p bdi").first
    assert number.inner_text() == "1 / 4"
    first, last = number.evaluate(
        """one => ["1", "4"].map(digit => { const range = document.createRange(), text = one.firstChild;
          const at = text.data.indexOf(digit); range.setStart(text, at); range.setEnd(text, at + 1);
          return range.getBoundingClientRect().left; })"""
    )
    assert first < last
