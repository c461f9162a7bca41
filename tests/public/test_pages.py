"""Every public page, in three languages: what it shows, what it must not show, and what it costs."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from lxml import etree, html

from tansiq.config import files
from tansiq.core import journal
from tansiq.outreach.models import Visit
from tansiq.programme import planning
from tansiq.programme.models import Activity, Programme
from tests.conftest import EXAMPLES

LANGUAGES = {"ar": "rtl", "fr": "ltr", "en": "ltr"}
WORLD_DAY = (EXAMPLES / "ma-2020-world-day.yaml").read_text(encoding="utf-8")
# What belongs to the programme: none of it may be seen while the programme is a draft.
OF_THE_PROGRAMME = [
    "programmes/world-day-2020/",
    "programmes/world-day-2020/project/",
    "programmes/world-day-2020/source/",
    "programmes/world-day-2020/calendar.ics",
    "activities/ceremony/",
    "activities/seminar/",
    "activities/field-visits/",
    "activities/ceremony/source/",
    "activities/ceremony/calendar.ics",
    "commitments/blue-heart/",
    "partners/unodc/",
    "partners/eutf/",
    "tour/",
    "tour/2/",
    "tour/3/",
    "tour/4/",
]
ALWAYS = [
    "", "programmes/", "activities/", "commission/", "commitments/", "partners/", "partners/cnclt/", "materials/",
    "about/", "help/", "search/", "search/?q=ندوة", "feed.atom",
]  # fmt: skip
PAGES = [path for path in [*ALWAYS, *OF_THE_PROGRAMME] if not path.endswith((".ics", ".atom"))]


def get(path: str, language: str = "ar", **headers):
    return Client(headers=headers).get(f"/{language}/{path}")


def page(path: str, language: str = "ar"):
    answer = get(path, language)
    assert answer.status_code == 200, path
    return html.fromstring(answer.content.decode())


_answers: dict[tuple[str, str], Any] = {}


def shown(path: str, language: str) -> Any:
    """The answer for the programme of the release as it stands; asked once for all tests that only look at it."""
    if (path, language) not in _answers:
        _answers[path, language] = get(path, language)
    return _answers[path, language]


def root_of(path: str, language: str) -> Any:
    answer = shown(path, language)
    assert answer.status_code == 200, path
    return html.fromstring(answer.content.decode())


def load(text: str, capture=None) -> Programme:
    document = files.read_bytes(text.encode(), "programme.yaml", EXAMPLES)
    if capture is None:
        slug = files.load(document, by=journal.CLI, now=timezone.now()).slug
    else:
        with capture(execute=True):
            slug = files.load(document, by=journal.CLI, now=timezone.now()).slug
    return Programme.objects.get(slug=slug)


# --- every page -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_says_its_language_and_its_direction(world_day, language):
    for path in PAGES:
        root = root_of(path, language)
        assert (root.get("lang"), root.get("dir")) == (language, LANGUAGES[language]), path
        assert len(root.xpath("//h1")) == 1, path
        assert root.xpath("//title")[0].text.strip(" ·"), path
        assert shown(path, language).headers["Content-Language"] == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_names_itself_in_all_languages_and_they_answer(world_day, language):
    for path in PAGES:
        plain = path.partition("?")[0]
        found = root_of(path, language).xpath("//link[@rel='alternate'][@hreflang]")
        assert {one.get("hreflang"): one.get("href") for one in found} == {
            code: f"http://testserver/{code}/{plain}" for code in LANGUAGES
        }, path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_switch_stays_on_the_page(world_day, language):
    for path in PAGES:
        plain = path.partition("?")[0]
        links = root_of(path, language).xpath("//nav[@class='languages']//a")
        assert [(one.get("lang"), one.get("href"), one.get("aria-current")) for one in links] == [
            (code, f"/{code}/{plain}", "true" if code == language else None) for code in LANGUAGES
        ], path


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_sets_a_cookie_and_every_page_has_the_strict_policy(world_day, language):
    for path in [*PAGES, "feed.atom", "programmes/world-day-2020/calendar.ics", "nothing-here/"]:
        answer = shown(path, language)
        assert not answer.cookies, path
        assert "Cookie" not in answer.headers.get("Vary", ""), path
        policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert set(policy.values()) <= {"'none'", "'self'", "'self' data:"}, path
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_has_a_script_or_a_style_of_its_own(world_day, language):
    for path in PAGES:
        root = root_of(path, language)
        assert root.xpath("//style | //@style | //@*[starts-with(name(), 'on')]") == [], path
        assert [
            one for one in root.xpath("//script") if not one.get("src") and one.get("type") != "application/ld+json"
        ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_leads_elsewhere_without_saying_noreferrer_and_none_loads_from_elsewhere(world_day, language):
    for path in PAGES:
        root = root_of(path, language)
        for address in root.xpath("//@src | //@srcset | //@action | //@poster | //link[not(@rel='alternate')]/@href"):
            assert urlsplit(address).netloc == "", (path, address)
        for link in root.xpath("//a[@href]"):
            parts = urlsplit(link.get("href"))
            if parts.scheme not in ("", "tel") or parts.netloc:
                assert "noreferrer" in (link.get("rel") or "").split(), (path, link.get("href"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_link_within_the_site_is_dead(world_day, language):
    seen: set[str] = set()
    for path in PAGES:
        for link in root_of(path, language).xpath("//a[@href]/@href | //link[@rel='stylesheet']/@href"):
            parts = urlsplit(link)
            if not parts.netloc and parts.scheme == "" and parts.path.startswith(f"/{language}/"):
                seen.add(parts.path)
    assert len(seen) > 30
    statuses = {path: shown(path.removeprefix(f"/{language}/"), language).status_code for path in seen}
    assert {path: status for path, status in statuses.items() if status != 200} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_address_is_not_found_in_the_language_of_the_address(world_day, language):
    for path in [
        "nothing-here/",
        "programmes/la-shay/",
        "activities/la-shay/",
        "partners/la-shay/",
        "tour/5/",
        "tour/0/",
    ]:
        answer = get(path, language)
        assert answer.status_code == 404, path
        root = html.fromstring(answer.content.decode())
        assert (root.get("lang"), root.get("dir")) == (language, LANGUAGES[language])


def test_the_browser_s_wishes_change_nothing(world_day):
    assert Client(headers={"accept-language": "fr"}).get("/").headers["Location"] == "/ar/"
    assert get("", "ar", **{"accept-language": "en"}).content == get("", "ar").content


# --- what they say --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_of_the_release_is_shown_as_announced_and_nothing_as_done(world_day, language):
    with translation.override(language):
        word = str(Activity.State.ANNOUNCED.label)
    for slug in Activity.objects.values_list("slug", flat=True):
        tags = page(f"activities/{slug}/", language).xpath("//main//span[starts-with(@class, 'tag tag-')]")
        assert tags, slug
        states = {
            (tag.get("class"), tag.text_content().strip()) for tag in tags if tag.get("class") != "tag tag-differ"
        }
        assert states == {("tag tag-announced", word)}, slug


@pytest.mark.parametrize(
    ("language", "day"),
    [("ar", "الثلاثاء، 28 يوليوز 2020"), ("fr", "mardi 28 juillet 2020"), ("en", "Tuesday, 28 July 2020")],
)
def test_the_day_of_the_seminar_is_not_stated_and_the_french_one_stands_as_another_source_s(world_day, language, day):
    for path in ["", "programmes/world-day-2020/"]:
        root = page(path, language)
        stop = root.xpath("//li[contains(@class, 'day-unknown')]")
        assert len(stop) == 1
        assert [one.get("href") for one in stop[0].xpath(".//h3/a")] == [f"/{language}/activities/seminar/"]
        claim = stop[0].xpath(".//p[@class='claim']")[0]
        assert claim.xpath("./strong")[0].text_content() == day
        assert world_day_source_title(language) in claim.text_content()
        assert "2020-07-28" not in root.xpath("//time/@datetime")
    root = page("activities/seminar/", language)
    assert root.xpath("//dl//p[@class='claim']/strong")[0].text_content() == day
    assert root.xpath("//a[contains(@href, 'calendar.ics')]") == []
    assert root.xpath("//script[@type='application/ld+json']") == []


def world_day_source_title(language: str) -> str:
    from tansiq.core.models import Source

    return Source.objects.get(scope="programme:world-day-2020", key="press-fr").title[language]


def test_in_the_seminar_unodc_and_the_eu_organise_and_the_commission_is_partner(world_day):
    facts = {
        row.xpath("./dt")[0].text_content().strip(): [link.get("href") for link in row.xpath("./dd//li/a")]
        for row in page("activities/seminar/").xpath("//main/dl[@class='facts']/div")
    }
    assert facts["ينظم"] == ["/ar/partners/unodc/", "/ar/partners/eu/"]
    assert facts["بشراكة مع"] == ["/ar/partners/cnclt/"]
    whole = page("programmes/world-day-2020/").xpath("//section[@aria-labelledby='partners']//dl/div")
    assert [row.xpath("./dt")[0].text_content() for row in whole] == ["تنظم", "بالتعاون مع", "بدعم من"]


def test_about_a_hundred_is_shown_as_about_and_never_as_a_capacity(world_day):
    for language, words in (("ar", "حوالي 100"), ("fr", "environ 100"), ("en", "about 100")):
        numbers = page("activities/seminar/", language).xpath("//span[@class='number']")
        assert [one.text_content() for one in numbers] == [words]


def test_what_takes_place_inside_the_ceremony_stands_inside_it(world_day):
    first = page("").xpath("//ol[@class='rail']/li")[0]
    assert first.xpath("./div[@class='day-rows']/article/h3/a/@href") == ["/ar/activities/ceremony/"]
    assert first.xpath("./div[@class='day-rows']/article/div[@class='inner']//h3/a/@href") == [
        "/ar/activities/spot-launch/", "/ar/activities/joining-blue-heart/",
    ]  # fmt: skip


def test_the_project_page_shows_both_readings_and_every_source_that_differs(world_day):
    root = page("programmes/world-day-2020/project/", "fr")
    text = " ".join(root.text_content().split())
    assert "15 millions d’euros" in text
    for words in (
        "Ce sont les programmes de l’Union européenne qui s’étendent sur 3 ans",
        "C’est cette initiative régionale qui s’étend sur 3 ans",
        "Afrique du Maroc",
        "T05-EUTF-NOA-REG-05-01",
    ):
        assert words in text
    assert len(root.xpath("//span[@class='tag tag-differ']")) >= 3


def test_the_care_unit_of_a_visit_has_no_place_and_no_pictures(world_day):
    visit = page("activities/field-visits/", "en").xpath("//section[@aria-labelledby='visit']")[0]
    assert "a unit caring for women and girls who are victims of violence" in visit.text_content()
    assert visit.xpath(".//a") == []
    assert visit.xpath("./dl/div")[-1].xpath("./dd")[0].text_content() == "none"


def test_a_text_that_exists_in_arabic_only_says_so_in_a_french_page(db):
    load(
        "format: tansiq/programme/1\nslug: nadwa\nreference_language: ar\ntitle: {ar: ندوة <b>علمية</b>}\n"
        "period: 2021-03\nactivities:\n  - {slug: jalsa, kind: meeting, title: {ar: جلسة}, when: 2021-03-02}\n"
    )
    root = page("programmes/nadwa/", "fr")
    heading = root.xpath("//h1")[0]
    assert heading.text_content() == "ندوة <b>علمية</b>"
    assert [(one.get("lang"), one.get("dir")) for one in heading.xpath("./span")] == [("ar", "rtl")]
    assert root.xpath("//p[@class='fallback-bar']")
    assert page("programmes/nadwa/", "ar").xpath("//h1/span | //p[@class='fallback-bar']") == []
    row = page("programmes/nadwa/", "fr").xpath("//article//h3/a/span")[0]
    assert (row.get("lang"), row.get("dir"), row.text_content()) == ("ar", "rtl", "جلسة")


def test_markup_in_a_title_is_shown_as_text_on_every_page_and_in_its_data(db, django_capture_on_commit_callbacks):
    evil = '</script><script>alert(1)</script><img src=x onerror="y">"'
    text = json.dumps(
        {
            "format": "tansiq/programme/1", "slug": "khabith", "reference_language": "ar", "title": {"ar": evil},
            "summary": {"ar": evil}, "period": "2021-03", "notes": [{"text": {"ar": evil}}],
            "involved": [{"organisation": "cnclt", "role": "organiser", "words": {"ar": evil}}],
            "activities": [{"slug": "jalsa", "kind": "meeting", "title": {"ar": evil}, "summary": {"ar": evil},
                            "when": "2021-03-02", "audience": [{"who": {"ar": evil}, "number": 3}],
                            "where": {"name": {"ar": evil}, "country": "MA"}}],
        }
    )  # fmt: skip
    load(text, django_capture_on_commit_callbacks)
    paths = ["", "programmes/", "programmes/khabith/", "activities/", "activities/jalsa/", "partners/cnclt/",
             "programmes/khabith/source/", "search/?q=alert", "search/?q=<script>alert(1)</script>"]  # fmt: skip
    for language in LANGUAGES:
        for path in paths:
            root = page(path, language)
            assert root.xpath("//script[not(@src)][not(@type='application/ld+json')] | //img[@src='x']") == [], path
            for script in root.xpath("//script[@type='application/ld+json']"):
                assert json.loads(script.text)["name"] == evil


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_data_for_search_engines_is_json_with_what_is_stated_only(world_day, language):
    for path in ["", "programmes/world-day-2020/"]:
        data = json.loads(page(path, language).xpath("//script[@type='application/ld+json']")[0].text)
        assert data["@type"] == "Event"
        assert data["name"] == world_day.title[language]
        assert (data["startDate"], data["endDate"]) == ("2020-07-27", "2020-07-29")
        assert [one["startDate"] for one in data["subEvent"]] == ["2020-07-27"] * 3 + ["2020-07-29"]
        assert all("T" not in one["startDate"] for one in data["subEvent"])
    data = json.loads(page("activities/ceremony/", language).xpath("//script[@type='application/ld+json']")[0].text)
    assert data["location"]["address"]["addressCountry"] == "MA"
    assert data["eventStatus"] == "https://schema.org/EventScheduled"


# --- help -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_help_page_is_not_kept_and_its_title_gives_nothing_away(world_day, language):
    answer = get("help/", language)
    assert answer.headers["Cache-Control"] == "no-store"
    root = html.fromstring(answer.content.decode())
    title = root.xpath("//title")[0].text.strip()
    assert title
    for word in ("الاتجار", "اللجنة", "مساعدة", "traite", "Commission", "aide", "traffick", "help", "CNCLT"):
        assert word.casefold() not in title.casefold()
    assert root.xpath("//meta[@name='description']") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_quick_exit_comes_first_and_works_as_a_plain_link(world_day, language):
    root = page("help/", language)
    first = root.xpath("//body//*[self::a[@href] or self::button or self::input or @tabindex]")[0]
    assert "data-quick-exit" in first.attrib
    assert first.get("href").startswith("https://")
    assert {"noreferrer", "noopener"} <= set(first.get("rel").split())
    assert root.xpath("//*[@tabindex > 0] | //*[@autofocus]") == []
    assert root.xpath("//script/@src") == [one for one in root.xpath("//script/@src") if one.endswith(".js")]
    assert len(root.xpath("//script")) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_hotline_is_text_with_a_telephone_link_and_says_what_it_is_for(world_day, language):
    scope = {
        "ar": "للتبليغ عن حالات الاتجار بالبشر",
        "fr": "pour signaler des cas de traite des êtres humains",
        "en": "for reports of trafficking",
    }
    for path in ["help/", "", "activities/seminar/"]:
        link = page(path, language).xpath("//a[@href='tel:0800004747']")[0]
        assert link.text_content() == "0800 004 747"
        assert link.xpath("./bdi/@dir") == ["ltr"]
        assert scope[language] in link.getparent().text_content()
    numbers = page("help/", language).xpath("//main//ul//a/@href")
    assert numbers == ["tel:19", "tel:177", "tel:15"]


# --- drafts and embargoes -------------------------------------------------------------------------------------------

DRAFT = WORLD_DAY.replace("country: MA\noccasions", "country: MA\npublished: false\noccasions")
# Words that stand nowhere but in the programme.
SECRETS = ("world-day-2020", "blue-heart", "noa-reg-05", "الندوة", "ندوة وطنية", "حفل في المعهد", "القلب الأزرق", "Cœur Bleu", "Blue Heart")  # fmt: skip


def everything(language: str) -> dict[str, str]:
    paths = [path for path in ALWAYS if "?" not in path]
    pages = {path: get(path, language).content.decode() for path in paths}
    pages |= {path: get(path, language).content.decode() for path in ("search/?q=ندوة", "search/?q=Blue")}
    pages["sitemap"] = Client().get("/sitemap.xml").content.decode()
    return {path: text.replace("q=Blue", "").replace('value="Blue"', "") for path, text in pages.items()}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("how", ["draft", "embargo"])
def test_a_programme_that_is_not_public_yet_is_nowhere(db, django_capture_on_commit_callbacks, language, how):
    programme = load(DRAFT, django_capture_on_commit_callbacks)
    if how == "embargo":
        now = timezone.now()
        with django_capture_on_commit_callbacks(execute=True):
            planning.publish(programme=programme, by=journal.CLI, now=now, at=now + dt.timedelta(hours=1))
    for path in OF_THE_PROGRAMME:
        assert get(path, language).status_code == 404, path
    for path, text in everything(language).items():
        assert [word for word in SECRETS if word in text and f"q={word}" not in text] == [], path


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_programme_is_everywhere_once_it_is_published(db, django_capture_on_commit_callbacks, language):
    """The twin: what the test above looks for can be seen, and it looks where it is seen."""
    programme = load(DRAFT, django_capture_on_commit_callbacks)
    with django_capture_on_commit_callbacks(execute=True):
        planning.publish(programme=programme, by=journal.CLI, now=timezone.now())
    answers = {path: get(path, language).status_code for path in OF_THE_PROGRAMME}
    assert {path: status for path, status in answers.items() if status != 200} == {}
    with_secrets = {path for path, text in everything(language).items() if any(word in text for word in SECRETS)}
    assert with_secrets >= {"", "programmes/", "activities/", "commitments/", "partners/cnclt/", "search/?q=Blue", "feed.atom", "sitemap"}  # fmt: skip


def test_a_withdrawn_programme_is_gone_from_the_search_too(db, django_capture_on_commit_callbacks):
    programme = load(WORLD_DAY, django_capture_on_commit_callbacks)
    assert page("search/?q=ندوة").xpath("//main//ul/li")
    with django_capture_on_commit_callbacks(execute=True):
        planning.withdraw(programme=programme, by=journal.CLI, now=timezone.now())
    assert page("search/?q=ندوة").xpath("//main//ul/li") == []
    assert get("programmes/world-day-2020/").status_code == 404


# --- feeds ----------------------------------------------------------------------------------------------------------

ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_feed_is_atom_in_the_language_of_its_address(world_day, language):
    answer = get("feed.atom", language)
    assert answer.headers["Content-Type"].startswith("application/atom+xml")
    feed = etree.fromstring(answer.content)
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == language
    entries = feed.xpath("a:entry", namespaces=ATOM)
    rows = {row.pk.urn: row for row in Activity.objects.all()}
    assert {one.findtext("a:id", namespaces=ATOM) for one in entries} == set(rows)
    for one in entries:
        row = rows[one.findtext("a:id", namespaces=ATOM)]
        assert one.findtext("a:title", namespaces=ATOM) == row.title[language]
        assert one.xpath("a:link/@href", namespaces=ATOM) == [f"http://testserver/{language}/activities/{row.slug}/"]
        for name in ("updated", "published"):
            assert dt.datetime.fromisoformat(one.findtext(f"a:{name}", namespaces=ATOM)).tzinfo is not None
    assert feed.xpath("a:link[@rel='self']/@href", namespaces=ATOM) == [f"http://testserver/{language}/feed.atom"]


def test_the_sitemap_lists_every_page_in_every_language_but_not_help(world_day):
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
    tree = etree.fromstring(Client().get("/sitemap.xml").content)
    addresses = tree.xpath("s:url/s:loc/text()", namespaces=names)
    assert len(addresses) == len(set(addresses))
    paths = {urlsplit(address).path for address in addresses}
    for code in LANGUAGES:
        assert {f"/{code}/", f"/{code}/programmes/world-day-2020/", f"/{code}/activities/seminar/", f"/{code}/partners/unodc/",
                f"/{code}/commitments/blue-heart/"} <= paths  # fmt: skip
    assert not [path for path in paths if "help" in path or "source" in path]
    assert all(len(url.xpath("x:link", namespaces=names)) == 3 for url in tree.xpath("s:url", namespaces=names))
    assert {path: code for path in paths if (code := Client().get(path).status_code) != 200} == {}


def test_robots_are_told_the_sitemap_and_kept_from_staff_pages(db):
    text = Client().get("/robots.txt").content.decode()
    assert "Disallow: /desk/" in text
    assert "Sitemap: http://testserver/sitemap.xml" in text


def test_the_health_check_says_nothing_but_that_it_is_well(db):
    answer = Client().get("/healthz")
    assert (answer.json(), answer.headers["Cache-Control"]) == ({"ok": True}, "no-store")
    assert not answer.cookies


# --- what they cost -------------------------------------------------------------------------------------------------


def programme_of(number: int, size: int) -> str:
    """A programme with `size` of everything that a page lists."""
    each = range(size)
    return json.dumps(
        {
            "format": "tansiq/programme/1", "slug": f"p-{number}", "reference_language": "ar",
            "title": {"ar": f"برنامج {number}"}, "period": {"from": "2021-03-01", "to": "2021-03-31"},
            "sources": [{"id": f"s-{i}", "title": {"ar": "مصدر"}} for i in each],
            "organisations": [{"id": f"o-{number}-{i}", "name": {"ar": f"جمعية {i}"}} for i in each],
            "involved": [{"organisation": f"o-{number}-{i}", "role": "partner"} for i in each],
            "projects": [
                {"slug": f"pr-{number}-{i}", "title": {"ar": "مشروع"}, "ids": ["A"], "amount": {"value": 5, "currency": "MAD"},
                 "involved": [{"organisation": f"o-{number}-{i}", "role": "funder"}],
                 "claims": [{"of": "period", "value": "2021", "source": f"s-{i}"}]}
                for i in each
            ],
            "activities": [
                {"slug": f"a-{number}-{i}", "kind": "training", "title": {"ar": f"تكوين {i}"}, "when": f"2021-03-{i % 28 + 1:02}",
                 "where": {"name": {"ar": f"قاعة {i}"}, "region": "MA-04", "country": "MA"}, "project": f"pr-{number}-{i}",
                 "involved": [{"organisation": f"o-{number}-{j}", "role": "partner"} for j in each],
                 "claims": [{"of": "when", "value": "2021-03-09", "source": f"s-{i}"}],
                 "activities": [{"slug": f"i-{number}-{i}-{j}", "kind": "launch", "title": {"ar": "إطلاق"}} for j in (each if i == 0 else ())]}
                for i in each
            ],
            "commitments": [
                {"slug": f"c-{number}-{i}", "of": f"n-{number}-{i}", "title": {"ar": "التزام"}, "signatory": f"o-{number}-{i}",
                 "through": "cnclt", "activity": f"a-{number}-0",
                 "undertakings": [{"slug": f"u-{j}", "text": {"ar": "تعهد"}, "owner": f"o-{number}-{j}"} for j in (each if i == 0 else ())]}
                for i in each
            ],
            "instruments": [{"slug": f"n-{number}-{i}", "title": {"ar": "حملة"}, "organisation": f"o-{number}-{i}"} for i in each],
            "materials": [
                {"slug": f"m-{number}-{i}", "kind": "poster", "title": {"ar": "ملصق"}, "activities": [f"a-{number}-0"]}
                for i in each
            ],
            "visits": [
                {"activity": f"a-{number}-0", "sites": [{"kind": "court", "name": {"ar": "محكمة"}} for _i in each],
                 "hand_overs": [{"material": f"m-{number}-{i}"} for i in each]}
            ],
        },
        ensure_ascii=False,
    )  # fmt: skip


COUNTED = ["", "programmes/", "programmes/{p}/", "programmes/{p}/project/", "programmes/{p}/source/", "programmes/{p}/calendar.ics",
           "activities/", "activities/{a}/", "activities/{a}/source/", "commission/", "commitments/", "commitments/{c}/",
           "partners/", "partners/{o}/", "partners/cnclt/", "materials/", "about/", "help/", "search/?q=تكوين", "feed.atom"]  # fmt: skip


def queries(path: str, number: int) -> int:
    address = path.format(p=f"p-{number}", a=f"a-{number}-0", c=f"c-{number}-0", o=f"o-{number}-0")
    cache.clear()
    with CaptureQueriesContext(connection) as captured:
        answer = Client().get(f"/ar/{address}" if path != "/sitemap.xml" else path)
    assert answer.status_code == 200, address
    return len(captured)


def test_every_page_costs_the_same_number_of_queries_with_1_and_with_30_of_everything(
    db, django_capture_on_commit_callbacks
):
    load(programme_of(1, 1), django_capture_on_commit_callbacks)
    few = {path: queries(path, 1) for path in [*COUNTED, "/sitemap.xml"]}
    load(programme_of(2, 30), django_capture_on_commit_callbacks)
    for number in range(3, 31):
        load(programme_of(number, 1), django_capture_on_commit_callbacks)
    many = {path: queries(path, 2) for path in [*COUNTED, "/sitemap.xml"]}
    assert many == few
    assert max(few.values()) <= 25


def test_each_role_of_the_project_says_where_it_comes_from(world_day):
    rows = page("programmes/world-day-2020/project/", "fr").xpath("(//section[@class='project'])[1]/dl/div")
    marks = {
        row.xpath("./dt")[0].text_content(): row.xpath(".//span[starts-with(@class, 'mark')]")[0].text_content()
        for row in rows
        if row.xpath(".//ul")
    }
    assert marks["financé par"] == marks["mis en œuvre par"] == "tiré de ce texte"
    assert "Fiche publique du Fonds fiduciaire" in marks["sous la responsabilité de"]


def test_the_two_readings_of_the_term_stand_under_one_name(world_day):
    table = page("programmes/world-day-2020/project/", "en").xpath("(//section[@class='project'])[1]//table")[0]
    term = table.xpath(".//td[@rowspan]")[0]
    assert (term.get("rowspan"), term.text_content().split()) == ("2", ["duration", "sources", "differ"])
    assert len(table.xpath(".//td[@rowspan]")) < len(table.xpath(".//tbody/tr"))


@pytest.mark.parametrize(("language", "shown"), [("ar", "20%"), ("fr", "20\xa0%"), ("en", "20%")])
def test_shares_are_written_as_the_language_writes_them(world_day, language, shown):
    root = page("programmes/world-day-2020/project/", language)
    assert [one.text_content() for one in root.xpath("//li/bdi")][:5] == [shown] * 5


def test_one_legal_basis_of_all_seats_stands_once(db):
    root = page("commission/")
    assert len(root.xpath("//table//tr")) == 24
    assert root.xpath("//table//span[@class='mark']") == []
    assert root.text_content().count("2.17.740") == 2  # the decree, and in the name of its source


def test_languages_of_an_activity_are_named_and_a_visits_number_keeps_its_precision(world_day):
    seminar, visit = world_day.activities.get(slug="seminar"), Visit.objects.get()
    seminar.languages, visit.sites_number, visit.sites_precision = ["ar", "fr"], 4, "about"
    seminar.save()
    visit.save()
    assert "العربية" in page("activities/seminar/").xpath("//main")[0].text_content()
    assert "about 4" in page("activities/field-visits/", "en").xpath("//main")[0].text_content()


def test_one_spot_is_named_without_its_number_and_two_with_it(world_day):
    from tansiq.outreach.models import Material

    def kind():
        cards = page("materials/", "en").xpath("//li[@class='card']")
        return next(
            card.xpath("./p")[0].text_content() for card in cards if "video spot" in card.text_content().lower()
        )

    assert kind() == "video spot"
    Material.objects.filter(slug="spot-2020").update(number=2)
    assert kind() == "video spot · 2"
