"""Country packs: Morocco's as it is shipped, and another country's that changes languages, body and help pages."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.test import Client
from django.utils import timezone, translation
from lxml import html

from tansiq.commission.models import Seat
from tansiq.config import files
from tansiq.core import journal, packs
from tansiq.core.dates import PartialDate
from tansiq.core.errors import BadInput
from tansiq.core.models import Entry, Source
from tansiq.people.models import Organisation, Region
from tansiq.programme import planning
from tests.config.conftest import environment, tansiq
from tests.conftest import ROOT

MOROCCO = ROOT / "tansiq" / "packs" / "ma.yaml"
NIGERIA = ROOT / "tests" / "packs" / "ng.yaml"
# ISO 3166-2:MA, the regions of 2015.
REGIONS = [f"MA-{number:02}" for number in range(1, 13)]


@pytest.fixture(scope="module")
def morocco() -> dict:
    return yaml.safe_load(MOROCCO.read_text(encoding="utf-8"))


def test_morocco_speaks_arabic_first_then_french_and_english():
    assert settings.LANGUAGES == [("ar", "العربية"), ("fr", "Français"), ("en", "English")]
    assert (settings.LANGUAGE_CODE, settings.TIME_ZONE) == ("ar", "Africa/Casablanca")


def test_morocco_has_its_twelve_regions_each_on_a_tile_of_its_own(db):
    rows = list(Region.objects.filter(country="MA"))
    assert [row.code for row in rows] == REGIONS
    assert len({(row.column, row.row) for row in rows}) == 12
    assert None not in {value for row in rows for value in (row.column, row.row)}
    assert all({"ar", "fr", "en"} <= set(row.name) for row in rows)
    assert packs.section("region_disclaimer")["ar"]


def test_morocco_has_the_twenty_three_seats_of_the_decree_by_institution_and_basis(db):
    seats = list(Seat.objects.select_related("institution", "source"))
    assert len(seats) == 23
    assert [seat.position for seat in seats] == list(range(23))
    assert all(seat.source and seat.legal_basis.get("ar") and seat.capacity.get("ar") for seat in seats)


def test_the_commission_of_morocco_is_the_body_of_the_site(db):
    body = Organisation.objects.get(slug=packs.section("body"))
    assert body.name["ar"] == "اللجنة الوطنية لتنسيق إجراءات مكافحة الاتجار بالبشر والوقاية منه"
    assert body.established == PartialDate("2019-05-23")


def test_the_hotline_says_what_it_is_for_and_who_said_so(db):
    hotline = packs.section("hotline")
    assert hotline["number"] == "0800 004 747"
    assert set(hotline["scope"]) == {"ar", "fr", "en"}
    source = Source.objects.get(scope="pack:ma", key=hotline["source"])
    assert source.url.startswith("https://cnclt.justice.gov.ma/")
    assert source.date == PartialDate("2023-09-18")
    assert [item["number"] for item in packs.section("emergency")] == ["19", "177", "15"]


def test_the_thirtieth_of_july_stands_twice_in_the_calendar_and_warns_twice(db):
    days = [item for item in packs.section("calendar") if item["date"] == "07-30"]
    assert [(item["kind"], item["name"]["fr"]) for item in days] == [
        ("national", "Fête du Trône"),
        ("international", "Journée mondiale de la lutte contre la traite d’êtres humains"),
    ]
    found = planning.warnings(PartialDate("2026-07-30"))
    assert [(one["kind"], one["day"].isoformat()) for one in found] == [
        ("national", "2026-07-30"),
        ("international", "2026-07-30"),
    ]
    assert planning.warnings(PartialDate("2026-07-29")) == []


def test_every_value_of_the_pack_that_names_a_source_names_one_that_is_there(morocco):
    known = {source["id"] for source in morocco["sources"]}

    def named(value) -> set[str]:
        if isinstance(value, list):
            return {key for item in value for key in named(item)}
        if isinstance(value, dict):
            own = {value["source"]} if isinstance(value.get("source"), str) else set()
            return own | {key for item in value.values() for key in named(item)}
        return set()

    assert len(named(morocco)) > 10
    assert named(morocco) <= known


def test_no_seat_and_no_rank_of_the_pack_names_a_person(morocco):
    assert all(set(seat) <= {"code", "institution", "capacity", "legal_basis", "source"} for seat in morocco["seats"])
    assert all(set(item) <= {"rank", "title", "source"} for item in morocco["precedence"])


def test_loading_the_pack_again_changes_nothing(db):
    entries, sources = Entry.objects.count(), Source.objects.count()
    loaded = files.load_pack(files.read(MOROCCO), by=journal.CLI, now=timezone.now())
    assert loaded.entries == 0
    assert (Entry.objects.count(), Source.objects.count()) == (entries, sources)
    assert {name: counts[1] for name, counts in loaded.counts.items() if counts[1]} == {}


WRONG = {
    "two regions on one tile": ("tile: {column: 5, row: 1}", "tile: {column: 4, row: 0}", "regions[1].tile", "Two regions stand on the same tile."),
    "a region twice": ("- code: MA-02", "- code: MA-01", "regions[1].code", "The identifier “MA-01” stands twice."),
    "a body that is not there": ("\nbody: cnclt ", "\nbody: lajna ", "body", "There is no organisation “lajna”."),
    "a weekend that there is not": ("weekend: [saturday, sunday]", "weekend: [saturday, الأحد]", "weekend[1]", "“الأحد” is not allowed here."),
    "a time zone that there is not": ("time_zone: Africa/Casablanca", "time_zone: Africa/Rabat", "time_zone", "“Africa/Rabat” is not a time zone."),
    "a day that there is not": ('- date: "07-30"', '- date: "07-32"', "calendar", "“07-32” is not a date."),
    "no languages": ("languages:   # the first is the site's", "langues:", "", "“languages” is missing. Add it."),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_pack_is_refused_whole_with_place_and_remedy(db, case):
    old, new, path, message = WRONG[case]
    text = MOROCCO.read_text(encoding="utf-8")
    assert old in text
    before = (Region.objects.get(code="MA-01").name, packs.section("weekend"), Entry.objects.count())
    with translation.override("en"), pytest.raises(BadInput) as caught:
        document = files.read_bytes(text.replace(old, new, 1).encode(), "ma.yaml", MOROCCO.parent)
        files.load_pack(document, by=journal.CLI, now=timezone.now())
    found = [
        problem for problem in caught.value.problems if problem.path.startswith(path) and message in problem.message
    ]
    assert found, caught.value.problems
    line = text[: text.index(old)].count("\n") + 1 + old.startswith("\n")
    # What is missing at the top is missing where the file begins: after its comments.
    first = text[: text.index("format:")].count("\n") + 1
    assert found[0].place == f"ma.yaml:{line if path else first}" or path.endswith(".tile")
    packs.forget()
    assert (Region.objects.get(code="MA-01").name, packs.section("weekend"), Entry.objects.count()) == before


def test_the_home_page_of_morocco_is_arabic_whatever_the_browser_prefers(db):
    client = Client(headers={"accept-language": "en,fr;q=0.5"})
    assert client.get("/").headers["Location"] == "/ar/"
    page = html.fromstring(client.get("/ar/").content)
    assert (page.get("lang"), page.get("dir")) == ("ar", "rtl")


# --- Nigeria: the same program, another file ------------------------------------------------------------------------

PROGRAMME = """\
format: tansiq/programme/1
slug: know-your-rights-2025
reference_language: en
title: {en: Know Your Rights Week 2025}
period: {from: 2025-07-28, to: 2025-07-30}
country: NG
involved:
  - {organisation: naptip, role: organiser}
activities:
  - slug: lagos-rally
    kind: walk
    title: {en: Rally in Lagos}
    when: {date: 2025-07-30, weekday: Wednesday, time: 09:00}
    where: {locality: {en: Lagos}, region: NG-LA, country: NG}
"""
# Everything is asked in one process, because languages come from the pack at the start of a process.
ASK = """
import json, sys, django
django.setup()
from django.conf import settings
settings.ALLOWED_HOSTS = ["*"]
from django.test import Client
from tansiq.commission.models import Seat
from tansiq.people.models import Region
client = Client(headers={"accept-language": "ar"})
pages = {}
for path in json.load(sys.stdin):
    answer = client.get(path)
    pages[path] = [answer.status_code, answer.headers.get("Location", ""), answer.content.decode()]
facts = {"languages": settings.LANGUAGES, "bidi": settings.LANGUAGES_BIDI, "zone": settings.TIME_ZONE,
         "regions": list(Region.objects.values_list("code", flat=True)), "seats": Seat.objects.count()}
print(json.dumps({"pages": pages, "facts": facts}))
"""
PATHS = ["", "programmes/", "programmes/know-your-rights-2025/", "activities/", "activities/lagos-rally/", "commission/",
         "commitments/", "partners/", "partners/naptip/", "materials/", "about/", "help/", "search/?q=rally", "feed.atom",
         "programmes/know-your-rights-2025/calendar.ics"]  # fmt: skip


@pytest.fixture(scope="module")
def nigeria(tmp_path_factory) -> dict:
    """A new installation on the Nigerian pack, with a small programme; what it answered."""
    folder = tmp_path_factory.mktemp("nigeria")
    data = folder / "data"
    programme = folder / "rights.yaml"
    programme.write_text(PROGRAMME, encoding="utf-8")
    for words in (["migrate"], ["load", programme]):
        done = tansiq(*words, data=data, TANSIQ_PACK=str(NIGERIA))
        assert done.returncode == 0, done.stderr
    asked = ["/", *(f"/en/{path}" for path in PATHS), "/ar/", "/fr/", "/ar/help/", "/sitemap.xml"]
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        cwd=ROOT, input=json.dumps(asked), capture_output=True, text=True, timeout=120, check=False,
        env=environment(
            data, TANSIQ_PACK=str(NIGERIA), TANSIQ_DEBUG="1", DJANGO_SETTINGS_MODULE="tansiq.config.settings"
        ),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return {**json.loads(done.stdout), "data": data}


@pytest.mark.django_db(transaction=False)
class TestNigeria:
    def test_it_speaks_english_only_and_keeps_its_own_time(self, nigeria):
        assert nigeria["facts"]["languages"] == [["en", "English"]]
        assert nigeria["facts"]["bidi"] == []
        assert nigeria["facts"]["zone"] == "Africa/Lagos"

    def test_it_has_thirty_six_states_and_the_capital_territory(self, nigeria):
        regions = nigeria["facts"]["regions"]
        assert len(regions) == len(set(regions)) == 37
        assert all(re.fullmatch("NG-[A-Z]{2}", code) for code in regions)
        assert nigeria["facts"]["seats"] == 3

    def test_the_start_leads_to_english_even_for_an_arabic_browser(self, nigeria):
        assert nigeria["pages"]["/"][:2] == [302, "/en/"]

    @pytest.mark.parametrize("path", ["/ar/", "/fr/", "/ar/help/"])
    def test_there_is_no_address_in_a_language_that_the_pack_does_not_have(self, nigeria, path):
        assert nigeria["pages"][path][0] == 404

    @pytest.mark.parametrize("path", PATHS)
    def test_every_page_answers_without_one_arabic_letter(self, nigeria, path):
        status, _location, text = nigeria["pages"][f"/en/{path}"]
        assert status == 200
        assert re.findall("[\u0600-\u06ff]+", text) == []
        assert "/ar/" not in text
        if not path.endswith((".ics", ".atom")):
            page = html.fromstring(text)
            assert (page.get("lang"), page.get("dir")) == ("en", "ltr")
            assert page.xpath("//link[@hreflang]/@hreflang") == ["en"]
            assert page.xpath("//nav[@class='languages']") == []

    def test_home_shows_the_programme_under_the_name_of_its_own_body(self, nigeria):
        page = html.fromstring(nigeria["pages"]["/en/"][2])
        assert page.xpath("//h1")[0].text_content() == "Know Your Rights Week 2025"
        assert page.xpath("//a[@class='body-name']")[0].text_content().strip() == (
            "National Agency for the Prohibition of Trafficking in Persons"
        )

    def test_the_commission_page_lists_its_seats_and_regions(self, nigeria):
        page = html.fromstring(nigeria["pages"]["/en/commission/"][2])
        assert len(page.xpath("//section[@aria-labelledby='seats']//tbody/tr")) == 3
        assert len(page.xpath("//section[@aria-labelledby='regions']//li")) == 37

    def test_the_help_page_gives_its_own_numbers(self, nigeria):
        page = html.fromstring(nigeria["pages"]["/en/help/"][2])
        assert page.xpath("//main//a[starts-with(@href, 'tel:')]/@href") == ["tel:627", "tel:112"]

    def test_a_second_start_finds_the_pack_again_without_being_told(self, nigeria):
        done = tansiq("check", "--json", data=nigeria["data"], TANSIQ_PACK=str(NIGERIA))
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert (report["sound"], report["pack"], report["migrations_waiting"]) == (True, "ng", 0)
        copy = nigeria["data"] / "pack.yaml"
        assert copy.read_bytes() == NIGERIA.read_bytes()
        again = tansiq("check", "--json", data=nigeria["data"])
        assert json.loads(again.stdout)["pack"] == "ng"


def test_a_programme_with_regions_of_another_country_is_refused(db, tmp_path):
    with translation.override("en"), pytest.raises(BadInput, match=r"There is no region “NG-LA” in the country pack"):
        document = files.read_bytes(PROGRAMME.replace("naptip", "cnclt").encode(), "rights.yaml", Path(tmp_path))
        files.load(document, by=journal.CLI, now=timezone.now())
