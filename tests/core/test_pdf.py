"""Real PDFs, read by another library: what is on the pages, what a screen reader gets, what an archive asks for."""

import io
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import typst
from django.utils import translation
from PIL import Image
from pypdf import PdfReader

from tansiq.core import pdf

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
LIST = {
    "title": "لائحة التوقيع",
    "subtitle": ["الرباط، 4 ماي 2026"],
    "columns": [
        {"title": "الرقم"},
        {"title": "الاسم", "width": 3},
        {"title": "الهاتف", "ltr": True},
        {"title": "التوقيع", "width": 2},
    ],
    "rows": [["1", "فاطمة الزهراء", "+212 5 37 00 00 00", ""], ["2", "Nadia Benali", "0800 004 747", ""]],
    "notes": ["تحفظ اللائحة بالكتابة."],
}


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def made(data, language="ar", template=pdf.TABLE, **more):
    return pdf.render(template, data, language=language, title=data.get("title", "وثيقة"), now=NOW, **more)


def read(content):
    return PdfReader(io.BytesIO(content))


def words(content):
    return " ".join(page.extract_text() for page in read(content).pages)


def boxes(page):
    """{text: (x, y)} of what is written on a page, in points from the left and from the bottom."""
    found = {}

    def note(text, transformation, matrix, _font, _size):
        if text.strip():
            found.setdefault(text.strip(), (matrix[4] + transformation[4], matrix[5] + transformation[5]))

    page.extract_text(visitor_text=note)
    return found


@pytest.fixture
def template(tmp_path):
    def write(body):
        path = tmp_path / "one.typ"
        path.write_text('#import "/core/typst/base.typ": *\n#show: page-setup\n' + body, encoding="utf-8")
        return path

    return write


def png(colour="navy"):
    out = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(out, "PNG")
    return out.getvalue()


def test_a_document_says_what_it_is_in_which_language_and_when():
    document = read(made(LIST))
    root = document.trailer["/Root"]
    assert document.metadata.title == "لائحة التوقيع"
    assert document.metadata.creation_date == NOW
    assert root["/Lang"] == "ar"
    assert root["/MarkInfo"]["/Marked"]
    assert root["/ViewerPreferences"]["/Direction"] == "/R2L"
    about = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in about.replace("\n", "")
    assert "<pdfuaid:part>1</pdfuaid:part>" in about


def test_the_same_arguments_give_the_same_bytes():
    assert made(LIST) == made(LIST)


def test_no_face_but_firago_is_used_and_it_is_embedded():
    for page in read(made(LIST)).pages:
        for font in page["/Resources"]["/Font"].values():
            [inner] = font["/DescendantFonts"]
            assert "FiraGO" in inner["/BaseFont"]
            assert "/FontFile2" in inner["/FontDescriptor"] or "/FontFile3" in inner["/FontDescriptor"]


def test_the_first_column_of_an_arabic_table_is_on_the_right_and_of_a_french_one_on_the_left():
    french = {**LIST, "columns": [{"title": t, "width": 1} for t in ("Un", "Deux", "Trois", "Quatre")]}
    arabic = {**french, "rows": [["11", "12", "13", "14"]]}
    right = boxes(read(made(arabic)).pages[0])
    left = boxes(read(made(arabic, "fr")).pages[0])
    assert right["11"][0] > right["12"][0] > right["14"][0]
    assert left["11"][0] < left["12"][0] < left["14"][0]


def test_a_telephone_number_is_whole_and_left_to_right_in_an_arabic_cell_and_sentence(template):
    assert "+212 5 37 00 00 00" in words(made(LIST))
    sentence = {"text": "للاتصال " * 11 + "+212 5 37 00 00 00 قبل الأحد"}
    lines = [
        line
        for line in words(made(sentence, template=template("#data.text"))).splitlines()
        if "212" in line or "37" in line
    ]
    assert len(lines) == 1
    assert "+212 5 37 00 00 00" in lines[0]


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_pages_are_numbered_left_to_right_and_the_header_row_is_on_each(language):
    long = {**LIST, "columns": [{"title": "Nom"}, {"title": "B"}, {"title": "C"}, {"title": "D"}], "blank_rows": 70}
    pages = read(made({**long, "row_height": 12}, language)).pages
    assert len(pages) == 4
    for number, page in enumerate(pages, start=1):
        assert f"{number} / 4" in page.extract_text()
        assert "Nom" in page.extract_text()


def test_rows_to_sign_are_as_tall_as_asked_and_grow_for_long_words():
    data = {**LIST, "rows": [["1", "a", "", ""], ["2", "b", "", ""], ["3", "c", "", ""]], "row_height": 14}
    places = boxes(read(made(data, "fr")).pages[0])
    tall = (places["1"][1] - places["2"][1]) / 72 * 25.4
    assert tall == pytest.approx(14, abs=0.6)
    grown = boxes(read(made({**data, "rows": [["1", "un " * 200, "", ""], ["2", "b", "", ""]]}, "fr")).pages[0])
    assert grown["1"][1] - grown["2"][1] > 60


def test_the_line_for_each_page_is_on_each_page_and_a_page_can_lie_on_its_side():
    data = {**LIST, "blank_rows": 40, "row_height": 12, "page_line": "Signatures : ....", "landscape": True}
    pages = read(made(data, "fr")).pages
    assert len(pages) > 2
    assert all("Signatures" in page.extract_text() for page in pages)
    assert all(page.mediabox.width > page.mediabox.height for page in pages)


def test_a_letterhead_shows_logos_from_the_starting_side_with_their_words():
    blocks = [
        {"language": "ar", "direction": "rtl", "lines": ["المملكة المغربية"]},
        {"language": "fr", "direction": "ltr", "lines": ["Royaume du Maroc"]},
    ]
    logos = [{"image": "a", "alt": "شعار"}, {"image": "b", "alt": ""}]
    content = made({**LIST, "letterhead": {"logos": logos, "blocks": blocks}}, images={"a": png(), "b": png("green")})
    assert len(read(content).pages[0].images) == 2
    assert "Royaume du Maroc" in words(content)
    assert "شعار".encode("utf-16-be") in b"".join(value.original_bytes for value in alternative_texts(read(content)))


def alternative_texts(document):
    found = []

    def walk(node):
        node = node.get_object()
        if isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, dict):
            if "/Alt" in node:
                found.append(node["/Alt"])
            if "/K" in node:
                walk(node["/K"])

    walk(document.trailer["/Root"]["/StructTreeRoot"]["/K"])
    return found


def test_a_value_is_never_read_as_markup(template):
    hostile = '#read("/config/settings.py") *x* $y$ \\ #panic() "]) @a <b> // c https://example.org/#d `e`'
    assert hostile in " ".join(words(made({"text": hostile}, "fr", template("#data.text"))).split())


def test_control_characters_are_dropped_and_ligatures_written_as_their_letters(template):
    content = made({"text": "\x07\x1b\ud800ﻻ ﷺ"}, template=template("#data.text"))
    assert "صلى" in words(content)


def test_a_sign_without_a_print_letter_is_refused_by_its_name(template):
    with pytest.raises(pdf.Unprintable) as refused:
        made({"title": "دعوة", "text": "مرحبا 😀"}, template=template("#data.text"))
    assert refused.value.text == "😀"
    assert str(refused.value) == (
        "The document “دعوة” was not made: there is no print letter for “😀” (U+1F600). "
        "Take it out or write it in other letters."
    )


def test_a_template_reads_nothing_outside_the_package(template):
    for body in ('#read("/../../pyproject.toml")', '#read("/../.././etc/passwd")'):
        with pytest.raises(typst.TypstError):
            made({}, template=template(body))


def test_four_threads_make_what_one_makes():
    several = [{**LIST, "title": f"لائحة {number}"} for number in range(12)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(made, several)) == [made(one) for one in several]


@pytest.mark.slow
def test_five_hundred_documents_take_far_less_than_a_minute():
    made(LIST)
    begun = time.process_time()
    for number in range(500):
        made({**LIST, "title": f"لائحة {number}"})
    assert time.process_time() - begun < 30


def test_what_json_cannot_hold_is_written_as_text(template):
    assert "2026-05-04" in words(made({"day": NOW.date()}, template=template("#data.day")))
