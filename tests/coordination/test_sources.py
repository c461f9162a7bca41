"""The text beside the records: nothing of the text is left over, and no value stands there without saying where from."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from lxml import html

from tansiq.config import files
from tansiq.coordination import sources
from tansiq.coordination.exchange import occurrences
from tansiq.coordination.models import SourceText, Span, Trace
from tansiq.core import journal
from tansiq.programme.models import Programme
from tests.conftest import EXAMPLES

EVERY = sorted(path.name for path in EXAMPLES.glob("*.yaml"))
RELEASE = EXAMPLES / "sources" / "press-release-2020-07-24.ar.txt"
PAGE = "/ar/programmes/world-day-2020/source/"


def load(path: Path) -> Programme:
    loaded = files.load(files.read(path), by=journal.CLI, now=timezone.now())
    return Programme.objects.get(slug=loaded.slug)


def source_text(programme: Programme) -> SourceText:
    return programme.source_texts.get()


# --- the text -------------------------------------------------------------------------------------------------------


def test_the_archived_text_is_the_release_word_for_word(world_day):
    assert source_text(world_day).text == unicodedata.normalize("NFC", RELEASE.read_text(encoding="utf-8"))


def test_every_sentence_of_the_release_became_a_record(world_day):
    text = source_text(world_day)
    assert len(sources.sentences(text.text)) == 19
    assert sources.uncovered(text) == []
    assert all(span.traces.exists() for span in text.spans.all())


def test_a_sentence_that_nobody_recorded_is_named(world_day):
    text = source_text(world_day)
    words = "سيتم تخصيص يوم 29 يوليو 2020"
    start = text.text.index(words)
    end = text.text.index(".", start)
    text.spans.filter(start__lt=end, end__gt=start).delete()
    assert len(sources.uncovered(text)) == 1
    assert words in sources.uncovered(text)[0]


def test_every_span_holds_the_words_that_the_file_quotes(world_day):
    trace = files.read(EXAMPLES / "ma-2020-world-day.yaml").data["trace"]
    quoted = [" ".join(item["quote"].split()) for item in trace if "quote" in item]
    text = source_text(world_day)
    rows = Span.objects.filter(text=text, traces__isnull=False).distinct()
    held = [" ".join(text.text[row.start : row.end].split()) for row in rows]
    assert sorted(held) == sorted(quoted)


SLIPS = [
    ("100 مساعدة ومساعدة", "100 مساعد ومساعدة"),
    ("ومهاهما", "ومهامها"),
    ("مكتب الأمم المتحدة المعني بالمخدرات والاتحاد", "مكتب الأمم المتحدة المعني بالمخدرات والجريمة والاتحاد"),
    ("السياقـ", "السياق"),
]


@pytest.mark.parametrize(("printed", "read"), SLIPS)
def test_a_slip_of_the_text_is_held_as_printed_and_as_read(world_day, printed, read):
    text = source_text(world_day)
    assert text.text.count(printed) == 1, "the archived text is never mended"
    start = text.text.index(printed)
    spans = text.spans.filter(start__lte=start, end__gte=start + len(printed)).exclude(as_read="")
    assert [span for span in spans if read in span.as_read and printed not in span.as_read.split()]
    page = html.fromstring(Client().get(PAGE).content).xpath("//section[@class='source-text']")[0]
    assert printed in page.text_content()
    assert any(read in note.text_content() for note in page.xpath(".//span[@class='as-read']"))


def test_both_names_of_the_region_stay_with_the_source_as_claims_that_differ(world_day):
    project = world_day.projects.get(slug="noa-reg-05")
    from tansiq.core.models import Claim

    areas = Claim.objects.filter(subject_id=project.pk, of="area").values_list("value", "source__key")
    assert list(areas) == [
        ("شمال إفريقيا", "release-ar"),
        ("شمال إفريقيا والشرق الأوسط", "release-ar"),
        ("Afrique du Maroc", "press-fr"),
    ]


def test_white_space_of_any_kind_is_equal_when_words_are_looked_up():
    assert occurrences("الرباط \xa0 المغرب\nالرباط المغرب", "الرباط المغرب") == [(0, 15), (16, 29)]
    assert occurrences("لا شيء", "") == []
    assert occurrences("(100) [..]", "(100) [..]") == [(0, 10)]


# --- the values -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
def test_no_value_of_an_example_lacks_a_label(db, name):
    programme = load(EXAMPLES / name)
    document = files.export(programme)
    assert len(list(sources.leaves(document))) > 40
    assert sources.unlabelled(programme, document) == []


def test_a_value_whose_trace_is_taken_away_is_found(world_day):
    """The twin: the test above would see a value that says nothing of where it comes from."""
    row = Trace.objects.get(programme=world_day, path="projects.noa-reg-05.amount")
    document = files.export(world_day)
    row.delete()
    assert sources.unlabelled(world_day, document) == [
        "projects.noa-reg-05.amount.value",
        "projects.noa-reg-05.amount.currency",
    ]


@pytest.mark.parametrize(
    "path", ["summary", "country", "activities.field-visits.when", "activities.ceremony.where", "occasions.2"]
)
def test_each_of_several_values_is_found_without_its_trace(world_day, path):
    document = files.export(world_day)
    assert Trace.objects.filter(programme=world_day, path=path).delete()[0] >= 1
    left = sources.unlabelled(world_day, document)
    assert left
    assert all(found == path or found.startswith(f"{path}.") for found in left)


@pytest.mark.parametrize(
    ("path", "item_source", "origin", "source"),
    [
        ("period", "", "span", "release-ar"),
        ("title.ar", "", "span", "release-ar"),
        ("title.fr", "", "translation", "release-ar"),
        ("projects.noa-reg-05.ids.1", "", "source", "eutf-record"),
        ("activities.seminar.claims.1.value", "press-fr", "source", "press-fr"),
        ("time_zone", "", "classification", None),
        ("activities.ceremony.kind", "", "span", "release-ar"),
        ("slug", "", "classification", None),
    ],
)
def test_a_label_says_where_the_value_comes_from(world_day, path, item_source, origin, source):
    label = sources.Labels(world_day).of(path, item_source)
    assert (label.origin, label.source.key if label.source else None) == (origin, source)
    assert bool(label.spans) == (origin == "span")


def test_the_labels_of_a_programme_cost_two_queries(world_day, django_assert_num_queries):
    with django_assert_num_queries(2):
        labels = sources.Labels(world_day)
        for path in ("period", "title.ar", "activities.seminar.when.date", "projects.noa-reg-05.amount.value"):
            assert labels.of(path).name


# --- the page -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_each_underlined_word_opens_its_record_and_each_record_its_words(world_day, language):
    page = html.fromstring(Client().get(PAGE.replace("/ar/", f"/{language}/")).content)
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))
    words = page.xpath("//section[@class='source-text']//a[@class='span']/@href")
    records = page.xpath("//section[@class='records']//a/@href")
    assert len(words) > 40
    assert len(records) > 40
    assert {link.removeprefix("#") for link in [*words, *records]} <= set(ids)
    assert all(link.startswith("#r-") for link in words)
    assert all(link.startswith("#s-") for link in records)


def test_every_span_is_an_anchor_in_the_text_and_is_opened_by_a_record(world_day):
    page = html.fromstring(Client().get(PAGE).content)
    spans = {f"s-{span.pk}" for span in source_text(world_day).spans.all()}
    anchors = set(page.xpath("//section[@class='source-text']//@id"))
    assert spans <= anchors
    opened = {link.removeprefix("#") for link in page.xpath("//section[@class='records']//a/@href")}
    assert opened == spans


def test_the_page_shows_the_whole_text_and_every_origin_in_use(world_day):
    page = html.fromstring(Client().get(PAGE).content)
    for note in page.xpath("//span[@class='as-read']"):
        note.drop_tree()
    # A note "as read" stands between two words: without white space the words alone are compared.
    shown = "".join(page.xpath("//section[@class='source-text']//article")[0].text_content().split())
    for paragraph in RELEASE.read_text(encoding="utf-8").splitlines():
        assert "".join(paragraph.split()) in shown
    marks = {
        mark.get("class") for mark in page.xpath("//section[@class='records']//span[starts-with(@class, 'mark ')]")
    }
    assert marks >= {"mark mark-span", "mark mark-source", "mark mark-classification"}
    french = html.fromstring(Client().get(PAGE.replace("/ar/", "/fr/")).content)
    assert french.xpath("//section[@class='records']//span[@class='mark mark-translation']")


def test_every_value_on_the_page_carries_a_mark(world_day):
    page = html.fromstring(Client().get(PAGE).content)
    values = page.xpath("//section[@class='records']//div[@class='value']")
    assert len(values) > 100
    bare = [
        value.text_content().split() for value in values if not value.xpath(".//span[starts-with(@class, 'mark ')]")
    ]
    assert bare == []


def test_the_page_of_one_activity_shows_that_activity_and_what_hangs_on_it(world_day):
    page = html.fromstring(Client().get("/ar/activities/field-visits/source/").content)
    assert page.xpath("//article[@class='record']/@id") == [
        "activities-field-visits", "visits-field-visits", "materials-awareness-tools-2020",
    ]  # fmt: skip
    assert {link.removeprefix("#") for link in page.xpath("//main//a[starts-with(@href, '#')]/@href")} <= set(
        page.xpath("//@id")
    )
