"""Real files, hostile ones too, through the one way in and out."""

import codecs
import io
import os
import subprocess
import sys
import time as clock
import zipfile
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from django.utils import translation
from django.utils.translation import gettext_lazy
from openpyxl import Workbook, load_workbook

from tansiq.core import tables
from tansiq.core.errors import BadInput, Problem, Refused
from tansiq.core.tables import (
    CHOICES,
    Limits,
    Row,
    Sheet,
    Table,
    download_of_wrong_rows,
    read_csv,
    read_records,
    read_sheets,
    read_workbook,
    write_csv,
    write_xlsx,
)

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = "xl/worksheets/sheet1.xml"
HEADER = ["الرمز", "العنوان", "الهاتف", "التاريخ"]
ROWS = [
    ["ت-001", "دورة تكوينية للقضاة بالرباط", "0800 004 747", date(2026, 5, 4)],
    ["ت-002", "قافلة تحسيسية ببني ملال", "007", date(2026, 6, 1)],
]


def at(*moment: int) -> datetime:
    """A spreadsheet's date and time, which knows no time zone."""
    return datetime(*moment)  # noqa: DTZ001


AWKWARD = [
    "=1+1", "+212600000000", "-5", "@SUM(A1)", "\t=1", "\r=1", "=", "#REF!", "#N/A", "'=1", "0800 004 747", "00012",
    " مسافة ", "سطر\nثان", "سطر\r\nثان", "_x0041_", "_x005F_x000D_", "الخط \u2067العربي\u2069 \u200fABC", "\u0640",
    "😀", "TRUE", "2026-05-04", "<b>&amp;</b>", True, False, 0, 12, -3, 10**15, 0.1 + 0.2, 1 / 3, 1e300, -2.5,
    date(2026, 5, 4), date(1900, 3, 1), at(2026, 5, 4), at(2026, 5, 4, 9, 30, 1, 250_000),
    at(2026, 5, 4, 23, 59, 59), time(0, 0), time(17, 45, 10), None,
]  # fmt: skip


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def xlsx(*sheets: Sheet, right_to_left: bool = True) -> bytes:
    out = io.BytesIO()
    write_xlsx(sheets, out, right_to_left=right_to_left)
    return out.getvalue()


def rebuilt(members: dict[str, bytes | None], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A good workbook with members replaced, added, or (None) taken out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx(Sheet("أنشطة", HEADER, ROWS)))) as good:
        contents = {name: good.read(name) for name in good.namelist()} | members
    with zipfile.ZipFile(out, "w", compression) as packed:
        for name, content in contents.items():
            if content is not None:
                packed.writestr(name, content)
    return out.getvalue()


def sheet_xml(rows: str, before: str = "", after: str = "") -> bytes:
    return f'{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'.encode()


def shared(texts: str, attributes: str = "") -> bytes:
    return f'<sst xmlns="{MAIN}" {attributes}>{texts}</sst>'.encode()


def values(table: Table) -> list[list]:
    return [row.cells for row in table.rows]


def problems_of(read, *args, **kwargs) -> list[Problem]:
    with pytest.raises(BadInput) as refusal:
        read(*args, **kwargs)
    return refusal.value.problems


def only_problem(data: bytes, limits: Limits | None = None, name: str = "خطة.xlsx") -> Problem:
    read = read_csv if name.endswith(".csv") else read_workbook
    (problem,) = problems_of(read, data, name=name, limits=limits or Limits())
    return problem


# Good workbooks


def test_a_workbook_that_we_wrote_comes_back_exactly(tmp_path):
    path = tmp_path / "خطة.xlsx"
    typed = [[value, "آخر"] for value in AWKWARD]
    write_xlsx([Sheet("أنشطة", HEADER, ROWS), Sheet("قيم", ["=قيمة", "ملاحظة"], typed)], path, right_to_left=True)
    tables = read_workbook(path, name="خطة.xlsx")
    assert list(tables) == ["أنشطة", "قيم"]
    assert (tables["أنشطة"].header, values(tables["أنشطة"])) == (HEADER, ROWS)
    assert tables["قيم"].header == ["=قيمة", "ملاحظة"]
    assert values(tables["قيم"]) == typed
    assert [type(value) for value, _ in values(tables["قيم"])] == [type(value) for value in AWKWARD]


def test_a_workbook_comes_back_exactly_without_lxml_too():
    # lxml is there in development only, and openpyxl writes by other code without it.
    code = (
        "import openpyxl; from tests.core.test_tables import *; assert not openpyxl.LXML\n"
        "data = xlsx(Sheet('قيم', ['قيمة', 'ملاحظة'], [[value, 'آخر'] for value in AWKWARD]))\n"
        "assert values(read_workbook(data, name='x.xlsx')['قيم']) == [[value, 'آخر'] for value in AWKWARD]\n"
        "print('equal')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"OPENPYXL_LXML": "False", "DJANGO_SETTINGS_MODULE": "tansiq.config.settings"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.returncode) == ("equal\n", 0), done.stderr


def test_no_cell_that_we_write_is_a_formula_or_an_error():
    data = xlsx(Sheet("قيم", ["=1+1"], [[value] for value in AWKWARD if isinstance(value, str)]))
    cells = [cell for row in load_workbook(io.BytesIO(data))["قيم"].iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} == {"s"}
    assert b"<f>" not in zipfile.ZipFile(io.BytesIO(data)).read(SHEET)


def test_a_sheet_is_written_right_to_left_with_a_frozen_bold_header_choices_notes_and_widths():
    towns = ["الرباط", "فاس, المدينة", "=مراكش", *(f"جماعة رقم {n}" for n in range(60))]
    sheet = Sheet(
        "أنشطة", HEADER, ROWS, widths={"العنوان": 50}, choices={"العنوان": towns}, notes={"الهاتف": "رقم أخضر"}
    )
    data = xlsx(sheet)
    book = load_workbook(io.BytesIO(data))
    page = book["أنشطة"]
    assert (page.sheet_view.rightToLeft, page.freeze_panes) == (True, "A2")
    assert [cell.font.bold for cell in page[1]] == [True] * 4
    assert page["A2"].font.bold is False
    assert page.column_dimensions["B"].width == 50
    assert page["C1"].comment.text == "رقم أخضر"
    (rule,) = page.data_validations.dataValidation
    assert (rule.type, rule.formula1, str(rule.sqref)) == ("list", f"'{CHOICES}'!$A$1:$A$63", "B2:B200001")
    assert rule.showErrorMessage
    assert [row[0].value for row in book[CHOICES].iter_rows()] == towns
    assert book[CHOICES].sheet_state == "hidden"
    assert list(read_workbook(data, name="خطة.xlsx")) == ["أنشطة"]


def test_a_left_to_right_workbook_is_written_left_to_right():
    data = xlsx(Sheet("Activités", ["Titre"], [["Caravane à Fès"]]), right_to_left=False)
    assert not load_workbook(io.BytesIO(data))["Activités"].sheet_view.rightToLeft


def test_a_cell_says_where_it_is_and_which_column_it_belongs_to():
    table = read_workbook(xlsx(Sheet("أنشطة", HEADER, ROWS)), name="خطة.xlsx")["أنشطة"]
    assert table.rows[1].place(1) == "خطة.xlsx!أنشطة!B3"
    assert table.problem(table.rows[0], "الهاتف", "خطأ") == Problem("خطة.xlsx!أنشطة!C2", "C (الهاتف)", "خطأ")


def test_rows_keep_the_spreadsheets_numbers_around_blank_rows_and_short_rows_are_filled():
    rows = (
        '<row r="3"><c r="A3" t="inlineStr"><is><t> الرمز </t></is></c>'
        '<c r="B3" t="inlineStr"><is><t>المدينة</t></is></c></row>'
        '<row r="6"><c r="A6"><v>7</v></c></row><row r="7"><c r="A7" t="inlineStr"><is><t> </t></is></c></row>'
        '<row r="1048576"><c r="XFD1048576" s="0"/></row>'  # a format far away holds nothing
    )
    table = read_workbook(rebuilt({SHEET: sheet_xml(rows)}), name="خطة.xlsx")["أنشطة"]
    assert table == Table("أنشطة", ["الرمز", "المدينة"], [Row(6, [7, None], "خطة.xlsx!أنشطة!")])


def test_a_formula_gives_its_stored_value():
    rows = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>المقاعد</t></is></c></row>'
        '<row r="2"><c r="A2"><f>20+5</f><v>25</v></c></row><row r="3"><c r="A3" t="str"><f>""</f><v></v></c></row>'
        '<row r="4"><c r="A4" t="str"><f>"أ"&amp;"ب"</f><v>أب</v></c></row>'
    )
    assert values(read_workbook(rebuilt({SHEET: sheet_xml(rows)}), name="خطة.xlsx")["أنشطة"]) == [[25], ["أب"]]


def test_blank_sheets_are_left_out_and_a_header_alone_is_a_table_without_rows():
    data = xlsx(Sheet("أنشطة", HEADER, []), Sheet("فارغة", [], []))
    assert read_workbook(data, name="خطة.xlsx") == {"أنشطة": Table("أنشطة", HEADER, [])}


def test_cells_of_parts_that_nobody_reads_do_not_count():
    members = {
        "xl/calcChain.xml": f'<calcChain xmlns="{MAIN}"><c r="A9" i="1"/></calcChain>'.encode(),
        "xl/externalLinks/externalLink1.xml": b'<x><row r="900000"><cell t="e"><v>#REF!</v></cell></row></x>',
    }
    assert values(read_workbook(rebuilt(members), name="خطة.xlsx")["أنشطة"]) == ROWS


# Workbooks that are refused


def test_an_empty_workbook_is_refused():
    assert "empty" in only_problem(xlsx(Sheet("فارغة", [], []))).message
    assert "empty" in only_problem(b"").message


def test_a_file_over_the_size_limit_is_refused_before_it_is_read(tmp_path):
    big = tmp_path / "كبير.xlsx"
    with big.open("wb") as sparse:
        sparse.truncate(20_000_001)
    assert problems_of(read_workbook, big, name="كبير.xlsx") == [
        Problem("كبير.xlsx", "", "This file has 20.0 MB; at most 20.0 MB are read. Send it in parts.")
    ]
    good = xlsx(Sheet("أنشطة", HEADER, ROWS))
    assert "at most" in only_problem(good, Limits(file_bytes=len(good) - 1)).message
    assert read_workbook(good, name="خطة.xlsx", limits=Limits(file_bytes=len(good)))


def test_a_workbook_that_unpacks_three_hundred_times_is_refused_and_read_when_that_is_allowed():
    noise = "".join(f"<!--{n * 7919 % 100_003}-->" for n in range(1_300))
    sheet = sheet_xml("<row><c><v>1</v></c></row>", after=noise + " " * 3_000_000)
    data = rebuilt({SHEET: sheet})
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        info = packed.getinfo(SHEET)
    assert 200 < info.file_size / info.compress_size < 900
    assert "unpacks to 3.0 MB" in only_problem(data).message
    assert read_workbook(data, name="خطة.xlsx", limits=Limits(ratio=1_000))["أنشطة"].header == ["1"]


def test_many_small_members_are_measured_together():
    bomb = rebuilt({f"xl/media/{n}.png": b" " * 999_000 for n in range(101)})
    assert len(bomb) < 200_000
    assert "unpacks to 100." in only_problem(bomb, Limits(ratio=10_000)).message
    assert "unpacks to 100." in only_problem(bomb, Limits(unpacked_bytes=200_000_000)).message
    assert "damaged" in only_problem(bomb, Limits(members=100)).message


def test_a_member_that_lies_about_its_size_never_unpacks_further_than_it_says():
    data = bytearray(rebuilt({SHEET: sheet_xml("<row><c><v>1</v></c></row>", after=" " * 3_000_000)}))
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        true_size = packed.getinfo(SHEET).file_size.to_bytes(4, "little")
    for place in (data.index(true_size), data.rindex(true_size)):
        data[place : place + 4] = (500).to_bytes(4, "little")
    assert "cut off" in only_problem(bytes(data)).message


def test_a_cell_far_away_is_refused_before_the_reader_allocates_the_rectangle():
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="{0}"><c r="{1}{0}"><v>1</v></c></row>'
    for row, column in ((1_048_576, "XFD"), (200_002, "A"), (2, "GS"), (40_001, "DV")):
        problem = only_problem(rebuilt({SHEET: sheet_xml(far.format(row, column))}))
        assert (problem.place, problem.message[:24]) == ("خطة.xlsx!أنشطة", "This table reaches beyon")
    far_enough = rebuilt({SHEET: sheet_xml(far.format(1_001, "A"))})
    assert "reaches beyond" in only_problem(far_enough, Limits(rows=999)).message
    assert [row.number for row in read_workbook(far_enough, name="خ", limits=Limits(rows=1_000))["أنشطة"].rows] == [
        1001
    ]


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="1"><c r="A7"><v>1</v></c></row>',
        '<row r="1"><c r="ZZZZ1"><v>1</v></c></row>',
        '<row r="1"><c r="a1"><v>1</v></c></row>',
        '<row r="x"><c><v>1</v></c></row>',
        '<row r="1"><y:z:c xmlns:y="y" r="A1"><v>1</v></y:z:c></row>',
        '<row r="1"><c r="A1" t="s"><v>9</v></c></row>',
        '<row r="1"><c r="A1" t="n"><v>خمسة</v></c></row>',
        '<row r="1"><c r="A1"><v>1</v></row>',
    ],
)
def test_a_sheet_that_two_readers_could_understand_otherwise_is_refused_as_damaged(rows):
    assert "damaged" in only_problem(rebuilt({SHEET: sheet_xml(rows)})).message


def test_one_long_shared_text_in_many_cells_is_refused_before_it_is_copied():
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>1</v></c></row>' for n in range(1, 4_001))
    members = {SHEET: sheet_xml(rows), "xl/sharedStrings.xml": shared(f"<si/><si><t>{'م' * 30_000}</t></si>")}
    assert "120.0 million characters" in only_problem(rebuilt(members)).message
    for hiding in ("<si><si/></si>{0}", "<sheetData>{0}</sheetData>", "<si><sheetData/></si>{0}"):
        texts = shared(hiding.format(f"<si/><si><t>{'م' * 30_000}</t></si>"))
        assert "damaged" in only_problem(rebuilt(members | {"xl/sharedStrings.xml": texts})).message
    short = members | {"xl/sharedStrings.xml": shared("<si/><si><t>مدينة</t></si>")}
    assert len(read_workbook(rebuilt(short), name="خطة.xlsx")["أنشطة"].rows) == 3_999


@pytest.mark.parametrize("attribute", ["count", "uniqueCount"])
def test_an_absurd_count_is_refused_before_the_reader_reserves_memory_for_it(attribute):
    plain = shared("<si><t>مدينة</t></si>", f'{attribute}="4294967295"')
    for texts in (plain, b"<x><sheetData/>" + plain + b"</x>"):
        assert "damaged" in only_problem(rebuilt({"xl/sharedStrings.xml": texts})).message


@pytest.mark.parametrize("member", [SHEET, "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"])
def test_an_entity_bomb_in_any_part_is_refused(member):
    bomb = '<!DOCTYPE a [<!ENTITY x "خخخخ"><!ENTITY y "&x;&x;&x;&x;">]>'
    data = rebuilt({member: sheet_xml('<row r="1"><c r="A1" t="str"><v>&y;</v></c></row>', before=bomb)})
    assert only_problem(data).message.startswith("This workbook defines XML entities")


def test_xml_in_another_encoding_is_refused_because_the_reader_would_see_other_letters():
    sheet = sheet_xml('<row><c t="str"><v>é</v></c></row>').decode()
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "cp1252"):
        declared = f'<?xml version="1.0" encoding="{encoding}"?>{sheet}'.encode(encoding)
        assert "damaged" in only_problem(rebuilt({SHEET: declared})).message
    assert "damaged" in only_problem(rebuilt({SHEET: sheet.replace("é", "e").encode("utf-16")})).message
    assert read_workbook(rebuilt({SHEET: sheet.encode("utf-8-sig")}), name="خ.xlsx")["أنشطة"].header == ["é"]


def test_other_files_are_refused_by_what_they_are():
    word = io.BytesIO()
    with zipfile.ZipFile(word, "w") as packed:
        packed.writestr("word/document.xml", "<document/>")
    assert "not an .xlsx workbook" in only_problem(word.getvalue()).message
    assert "not an .xlsx workbook" in only_problem(b"\x89PNG\r\n\x1a\n" * 40).message
    assert "not an .xlsx workbook" in only_problem(rebuilt({})[:-100]).message
    assert "not an .xlsx workbook" in only_problem(rebuilt({"[Content_Types].xml": None})).message
    assert "not an .xlsx workbook" in only_problem(rebuilt({"xl/workbook.xml": None})).message
    assert "with a password" in only_problem(bytes.fromhex("D0CF11E0A1B11AE1") + bytes(2_000)).message


def test_a_zip_with_a_password_is_refused():
    data = bytearray(rebuilt({}))
    place = data.index(b"PK\x01\x02")
    data[place + 8] |= 1
    assert "has a password" in only_problem(bytes(data)).message


def test_a_compression_that_python_unpacks_in_one_go_is_refused():
    assert "damaged" in only_problem(rebuilt({}, zipfile.ZIP_BZIP2)).message


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_refused():
    out = io.BytesIO(rebuilt({}))
    with zipfile.ZipFile(out, "a") as packed:
        packed.writestr(SHEET.upper(), sheet_xml("<row><c><v>1</v></c></row>"))
    assert "damaged" in only_problem(out.getvalue()).message


@pytest.mark.parametrize("extra", ["sheet.macroEnabled.main+xml", "vbaProject"])
def test_a_macro_enabled_workbook_is_refused_whatever_it_is_called(extra):
    with zipfile.ZipFile(io.BytesIO(rebuilt({}))) as good:
        types = good.read("[Content_Types].xml")
    added = f'<Default Extension="bin" ContentType="application/vnd.ms-excel.{extra}"/></Types>'.encode()
    data = rebuilt({"[Content_Types].xml": types.replace(b"</Types>", added)})
    assert only_problem(data).message.startswith("This workbook holds macros")


def test_formulas_without_result_and_errors_are_named_not_read_as_empty():
    book = Workbook()
    book.active.title = "أنشطة"
    book.active.append(["المقاعد", "المجموع"])
    book.active.append([25, "=A2*2"])
    book.active.append(["#REF!", 4])
    out = io.BytesIO()
    book.save(out)
    problems = problems_of(read_workbook, out.getvalue(), name="خطة.xlsx")
    assert [(problem.place, problem.message.split(".")[0]) for problem in problems] == [
        ("خطة.xlsx!أنشطة!B2", "This formula has no stored result"),
        ("خطة.xlsx!أنشطة!A3", "This cell holds an error, such as #REF!"),
    ]


def test_a_duration_and_a_control_character_are_named():
    styles = (
        f'<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="170" formatCode="[h]:mm"/></numFmts>'
        '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs></styleSheet>'
    ).encode()
    rows = (
        '<row r="1"><c r="A1" t="str"><v>المدة</v></c><c r="B1" t="str"><v>الاسم</v></c></row>'
        '<row r="2"><c r="A2" s="1"><v>1.5</v></c><c r="B2" t="str"><v>أمينة_x0000_</v></c></row>'
    )
    problems = problems_of(read_workbook, rebuilt({SHEET: sheet_xml(rows), "xl/styles.xml": styles}), name="خ.xlsx")
    assert [(p.place, p.path, p.message.split(".")[0]) for p in problems] == [
        ("خ.xlsx!أنشطة!A2", "A (المدة)", "This cell is formatted as a duration"),
        ("خ.xlsx!أنشطة!B2", "B (الاسم)", "This cell holds an invisible control character"),
    ]


def test_problems_of_all_sheets_come_together_in_order():
    twice = Sheet("أولى", ["الاسم", "المدينة", "الاسم"], [])
    beyond = Workbook()
    beyond.active.title = "أولى"
    beyond.active.append(twice.header)
    second = beyond.create_sheet("ثانية")
    second.append(["الاسم", None, "المدينة"])
    second.append(["سلمى", "ضائع", "فاس", "زائد"])
    out = io.BytesIO()
    beyond.save(out)
    problems = problems_of(read_workbook, out.getvalue(), name="خ.xlsx")
    assert [(p.place, p.path) for p in problems] == [
        ("خ.xlsx!أولى!1", ""), ("خ.xlsx!ثانية!B2", "B"), ("خ.xlsx!ثانية!D2", "D"),
    ]  # fmt: skip
    assert problems[0].message.startswith("These columns are there more than once: الاسم.")


def test_reading_stops_when_the_time_is_over():
    assert "took too long" in only_problem(rebuilt({}), Limits(seconds=0)).message
    lines = b"a,b\r\n" + b"1,2\r\n" * 1_000
    assert "took too long" in only_problem(lines, Limits(seconds=0), "خ.csv").message
    assert len(read_csv(lines, name="خ.csv").rows) == 1_000


# CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_read_in_its_unicode_encodings_with_its_separators(encoding, delimiter):
    text = delimiter.join(["الاسم", "العنوان"]) + "\r\n" + delimiter.join(["سلمى", '"حي السلام\nالرباط, فاس; ""١"""'])
    table = read_csv(text.encode(encoding), name="خطة.csv")
    assert table == Table(
        "خطة.csv", ["الاسم", "العنوان"], [Row(2, ["سلمى", 'حي السلام\nالرباط, فاس; "١"'], "خطة.csv:")]
    )


def test_big_endian_utf_16_with_tabs_is_read():
    data = codecs.BOM_UTF16_BE + "الاسم\tالمدينة\r\nسلمى\tفاس\r\n".encode("utf-16-be")
    assert values(read_csv(data, name="خطة.csv")) == [["سلمى", "فاس"]]


def test_windows_1256_is_refused_with_the_way_out_and_never_guessed():
    data = "الاسم;المدينة\r\nسلمى;فاس\r\n".encode("cp1256")
    assert only_problem(data, name="خ.csv") == Problem(
        "خ.csv",
        "",
        "This file is not UTF-8; it looks like Windows-1256 (Arabic). "
        "In Excel save it as 'CSV UTF-8', or send the .xlsx.",
    )


@pytest.mark.parametrize(
    "data",
    ["Prénom;Année\r\nHélène;ANNÉE\r\n".encode("cp1252"), xlsx(Sheet("أنشطة", HEADER, ROWS)), b"\xff\xfea\x00b"],
)
def test_other_bytes_that_are_no_unicode_text_are_not_called_arabic(data):
    message = only_problem(data, name="خ.csv").message
    assert "Windows-1256" not in message
    assert "send the .xlsx" in message


def test_nul_bytes_are_refused():
    assert "NUL" in only_problem("الاسم\r\nسلمى\0\r\n".encode(), name="خ.csv").message


def test_an_empty_csv_is_refused_and_a_header_alone_is_a_table_without_rows():
    for data in (b"", codecs.BOM_UTF8, b"\r\n\r\n", b" , \r\n"):
        assert "empty" in only_problem(data, name="خ.csv").message
    assert read_csv("الاسم,المدينة".encode(), name="خ.csv") == Table("خ.csv", ["الاسم", "المدينة"], [])


def test_ragged_rows_are_filled_when_short_and_refused_when_long():
    data = "الاسم,المدينة\r\nسلمى\r\n\r\nيوسف,فاس,,\r\nمريم,طنجة,زائد\r\n".encode()
    assert problems_of(read_csv, data, name="خ.csv") == [
        Problem("خ.csv:5", "C", "This cell stands under no column name. Name the column or empty the cell.")
    ]
    table = read_csv(data.replace("زائد".encode(), b""), name="خ.csv")
    assert [(row.number, row.cells) for row in table.rows] == [
        (2, ["سلمى", None]), (4, ["يوسف", "فاس"]), (5, ["مريم", "طنجة"]),
    ]  # fmt: skip
    assert table.problem(table.rows[1], 1, "خطأ") == Problem("خ.csv:4", "B (المدينة)", "خطأ")


def test_duplicate_column_names_are_refused_by_name_however_their_accents_are_stored():
    data = "Année,المدينة,Anne\u0301e , المدينة,الاسم\r\n".encode()
    problem = only_problem(data, name="خ.csv")
    assert problem.place == "خ.csv:1"
    assert problem.message.startswith("These columns are there more than once: Année, المدينة.")


def test_an_unclosed_quotation_mark_is_refused_with_its_row():
    data = 'الاسم,المدينة\r\n"سطر\nثان",فاس\r\n"سلمى,فاس\r\n'.encode()
    problem = only_problem(data, name="خ.csv")
    assert (problem.place, problem.message[:23]) == ("خ.csv:3", "This row cannot be read")


def test_rows_columns_and_lengths_are_limited_in_a_csv():
    data = "أ,ب\r\n1,2\r\n3,4\r\n".encode()
    assert "reaches beyond" in only_problem(data, Limits(rows=1), "خ.csv").message
    assert "reaches beyond" in only_problem(data, Limits(columns=1), "خ.csv").message
    assert len(read_csv(data, name="خ.csv", limits=Limits(rows=2, columns=2)).rows) == 2
    long = only_problem(f"أ\r\n{'م' * 32_768}\r\n".encode(), name="خ.csv")
    assert long == Problem("خ.csv:2", "A (أ)", "This cell has 32768 characters; at most 32767 are read. Shorten it.")


def test_only_the_first_hundred_problems_are_listed_and_the_last_line_says_so():
    problems = problems_of(read_csv, b"a\r\n" + b"1,2\r\n" * 150, name="خ.csv")
    assert len(problems) == 101
    assert problems[99].place == "خ.csv:101"
    assert problems[100].message.startswith("There are more problems than the first 100.")
    errors = "".join(f'<row r="{n}"><c r="A{n}" t="e"><v>#REF!</v></c></row>' for n in range(1, 151))
    problems = problems_of(read_workbook, rebuilt({SHEET: sheet_xml(errors)}), name="خ.xlsx")
    assert [p.place for p in problems[99:]] == ["خ.xlsx!أنشطة!A100", "خ.xlsx"]


def test_a_csv_is_written_for_excel_with_every_formula_defused():
    rows = [["=1+1", -5], ["-5", 1.5], ["+212", True], ["@A1", date(2026, 5, 4)], ["\t=1", time(9, 30)],
            ["\r=1", at(2026, 5, 4, 9, 30)], ["＝1", None], ["'=1", "0800 004 747"],
            ["l'eau", "أ,\"ب\""]]  # fmt: skip
    data = write_csv(["=الاسم", gettext_lazy("القيمة")], rows)
    assert (
        data
        == codecs.BOM_UTF8
        + (
            "'=الاسم,القيمة\r\n'=1+1,-5\r\n'-5,1.5\r\n'+212,TRUE\r\n'@A1,2026-05-04\r\n'\t=1,09:30:00\r\n"
            '"\'\r=1",2026-05-04 09:30:00\r\n\'＝1,\r\n\'\'=1,0800 004 747\r\nl\'eau,"أ,""ب"""\r\n'
        ).encode()
    )


def test_text_in_a_csv_that_we_wrote_comes_back_exactly():
    texts = [[value, "آخر"] for value in AWKWARD if isinstance(value, str)]
    table = read_csv(write_csv(["=قيمة", "ملاحظة"], texts), name="خ.csv")
    assert (table.header, values(table)) == (["=قيمة", "ملاحظة"], texts)


# What is not written


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("أمينة\x00", "This text holds an invisible control character"),
        ("\x1b[2J", "This text holds an invisible control character"),
        ("\ufffe", "This text holds an invisible control character"),
        ("\ud800", "This text holds an invisible control character"),
        ("م" * 32_768, "This text has 32768 characters; a cell holds 32767"),
        (10**15 + 1, "A spreadsheet keeps 15 digits"),
        (float("nan"), "A spreadsheet keeps 15 digits"),
        (date(1899, 12, 31), "A spreadsheet has no dates before March 1900"),
    ],
)
def test_what_a_spreadsheet_cannot_hold_is_refused_with_its_place_and_nothing_is_written(tmp_path, value, message):
    out = tmp_path / "خ.xlsx"
    rows = [["سليم", 1], ["سلمى", value]]
    with pytest.raises(Refused) as refusal:
        write_xlsx([Sheet("أنشطة", ["الاسم", "القيمة"], rows)], out, right_to_left=True)
    assert str(refusal.value).startswith(f"أنشطة!B3: B (القيمة): {message}")
    assert not out.exists()
    with pytest.raises(Refused) as refusal:
        write_csv(["الاسم", "القيمة"], rows)
    assert str(refusal.value).startswith(f"CSV:3: B (القيمة): {message}")


def test_mistakes_of_the_caller_rise_as_errors():
    for mistake in (
        Sheet("أ", ["ب"], [[1, 2]]),
        Sheet("أ", ["ب"], [[datetime(2026, 5, 4, tzinfo=UTC)]]),
        Sheet("أ", ["ب"], [], notes={"ج": "لا عمود"}),
        Sheet("أ" * 32, ["ب"], []),
        Sheet(CHOICES, ["ب"], []),
    ):
        with pytest.raises(ValueError):
            xlsx(mistake)
    with pytest.raises(ValueError):
        xlsx(Sheet("Plan", ["ب"], []), Sheet("plan", ["ب"], []))
    with pytest.raises(TypeError):
        xlsx(Sheet("أ", ["ب"], [[b"bytes"]]))


# Wrong rows, to be mended


def test_the_wrong_rows_come_back_alone_with_their_reasons_and_can_be_sent_again():
    data = "الاسم,الهاتف\r\nسلمى,0600\r\nيوسف,=1\r\n\r\nمريم,\r\n".encode()
    table = read_csv(data, name="لائحة/المشاركين.csv")
    sheet = download_of_wrong_rows(table, {5: ["Telephone is missing."], 3: ["Not a number.", "Too short."], 2: []})
    assert sheet.name == "لائحة المشاركين.csv"
    assert (sheet.header, sheet.rows) == (
        ["الاسم", "الهاتف", "What to mend"],
        [["يوسف", "=1", "Not a number.\nToo short."], ["مريم", None, "Telephone is missing."]],
    )
    again = read_workbook(xlsx(sheet), name="خ.xlsx")[sheet.name]
    assert values(again) == sheet.rows
    assert download_of_wrong_rows(again, {2: ["Still wrong."]}).header == sheet.header


def test_a_problem_of_a_row_that_is_not_there_is_not_lost():
    table = Table("أنشطة", ["الاسم"], [Row(2, ["سلمى"], "خ.csv:")])
    with pytest.raises(ValueError, match=r"no rows \[9\]"):
        download_of_wrong_rows(table, {9: ["خطأ"]})


# Pages on which several tables stand below one another


def test_records_stay_as_they_are_blank_ones_too_and_need_no_common_header():
    text = '1. ملخص\r\n\r\nالاسم;الاسم;\r\n\'=1+1;"سطر\nثان"\r\n'
    assert read_records(text, name="a.csv", delimiter=";") == [
        *(["1. ملخص"], []),
        *(["الاسم", "الاسم"], ["=1+1", "سطر\nثان"]),
    ]


def test_a_quotation_mark_that_is_never_closed_costs_no_cell_and_no_row():
    assert read_records('"أ\tب\n"ج"\tد\n', name="a.csv", delimiter="\t") == [["أ", "ب"], ["ج", "د"], []]


def test_quotation_marks_inside_a_cell_that_were_not_doubled_stay_in_it():
    text = '"نور "زك" زكرياء","TRUE"\n"أمين, "ب" ج",""\n"س ""ع""","-"'
    assert read_records(text, name="a.csv", delimiter=",") == [
        *(['نور "زك" زكرياء', "TRUE"], ['أمين, "ب" ج'], ['س "ع"', "-"])
    ]


def test_a_line_of_nothing_but_quotation_marks_is_taken_apart_in_no_time():
    began = clock.process_time()
    with pytest.raises(BadInput):
        read_records('"أ,' * 1_000_000, name="a.csv", delimiter=",")
    assert clock.process_time() - began < 5


def test_records_and_sheets_keep_to_the_limits():
    for text, limits in (
        ("أ,ب\n" * 20, Limits(rows=10)),
        ("أ" * 11, Limits(cell_characters=10)),
        ("أ,ب,ج", Limits(columns=2)),
        ("أ,ب\n" * 6, Limits(cells=10)),
        ("أ" * 200_000, Limits()),
    ):
        with pytest.raises(BadInput):
            read_records(text, name="a.csv", delimiter=",", limits=limits)
    book = io.BytesIO()
    write_xlsx([Sheet("ورقة", ["أ"], [["ب"]] * 20)], book, right_to_left=True)
    assert read_sheets(book.getvalue(), name="a.xlsx")["ورقة"][:2] == [["أ"], ["ب"]]
    with pytest.raises(BadInput):
        read_sheets(book.getvalue(), name="a.xlsx", limits=Limits(rows=10))
    with pytest.raises(BadInput, match="not an"):
        read_sheets(b"PK\x03\x04", name="a.xlsx")


def test_the_first_sheet_or_a_csv_is_read_by_its_first_bytes_whatever_the_name_says(tmp_path):
    tables.write_xlsx([tables.Sheet("أ", ["الاسم", "رقم"], [["خديجة", 7]])], tmp_path / "a.xlsx", right_to_left=True)
    content = (tmp_path / "a.xlsx").read_bytes()
    [row] = tables.read_first(content, name="names.csv").rows
    assert [row.text(0), row.text(1), row.text(None)] == ["خديجة", "7", ""]
    [row] = tables.read_first("الاسم,رقم\n خديجة ,".encode(), name="names.csv").rows
    assert [row.text(0), row.text(1)] == ["خديجة", ""]
    with pytest.raises(BadInput):
        tables.read_first(b"not a workbook", name="names.xlsx")
