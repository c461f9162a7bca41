import datetime as dt
import io
import json
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tansiq.config import files, packfile, workbook
from tansiq.core import journal, tables
from tansiq.core.errors import BadInput, Refused
from tansiq.core.exchange import SECTIONS, TEXT, Section, array, obj
from tansiq.people.models import Organisation, Region
from tansiq.programme.models import Activity, Programme


@pytest.fixture(autouse=True)
def _messages_in_english():
    with translation.override("en"):
        yield


EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))
NOW = dt.datetime(2020, 7, 20, 9, tzinfo=dt.UTC)
PLAN = {
    "format": "tansiq/programme/1",
    "slug": "plan",
    "reference_language": "ar",
    "title": {"ar": "برنامج تجريبي"},
    "period": {"from": "2030-01-01", "to": "2030-12-31"},
    "activities": [
        {
            "slug": "ceremony",
            "kind": "ceremony",
            "title": {"ar": "حفل"},
            "when": {"date": "2030-01-15", "time": "09:30"},
            "involved": [{"organisation": "cnclt", "role": "organiser"}, {"organisation": "unodc", "role": "partner"}],
            "activities": [
                {"slug": "launch", "kind": "launch", "title": {"ar": "إطلاق"}, "notes": [{"text": {"ar": "ملاحظة"}}]},
                {"slug": "signing", "kind": "ceremony", "title": {"ar": "توقيع"}},
            ],
        },
        {"slug": "training", "kind": "training", "title": {"ar": "دورة"}, "when": {"date": 2030}},
    ],
    "visits": [{"activity": "training", "sites": [{"kind": "court", "name": {"ar": "محكمة"}}]}],
}


def document_of(data):
    return workbook.read(workbook.write(data), "plan.xlsx", None)


def book(**sheets):
    """A workbook of sheets given as lists of rows, the first of which is the header."""
    out = io.BytesIO()
    tables.write_xlsx([tables.Sheet(name, rows[0], rows[1:]) for name, rows in sheets.items()], out, right_to_left=True)
    return out.getvalue()


def head_rows(**more):
    given = {"format": "tansiq/programme/1", "slug": "plan", "reference_language": "ar", "title.ar": "برنامج"}
    return [["key", "value"], *([key, value] for key, value in {**given, "period": 2030, **more}.items())]


@pytest.fixture
def pack(db):
    files.load_pack(files.read(packfile.SHIPPED / "ma.yaml"), by=journal.CLI, now=NOW)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_comes_back_from_a_workbook_as_it_was(path):
    data = files.read(path).data
    document = document_of(data)
    assert document.problems == []
    assert document.data == data


def test_the_exports_of_all_examples_come_back_and_change_nothing_when_loaded(pack):
    assert EXAMPLES
    for path in EXAMPLES:
        loaded = files.load(files.read(path), by=journal.CLI, now=NOW)
        data = files.export(Programme.objects.get(slug=loaded.slug))
        document = document_of(data)
        # The .yaml of the export holds its dates as texts, as every reader gives them.
        assert document.data == files.read_bytes(files.to_yaml(data).encode(), "plan.yaml").data
        assert files.load(document, by=journal.CLI, now=NOW).changes == 0


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@hypothesis_settings(max_examples=60, deadline=None)
@given(value=json_values, text=st.text(min_size=1), lines=st.lists(st.text(), max_size=3))
def test_any_claim_text_and_list_comes_back_with_its_type(value, text, lines):
    data = {
        "slug": text,
        "claims": [{"of": "when", "value": value, "source": text}],
        "occasions": [{"text": {"ar": text}}, {"ar": text}],
        "projects": [{"slug": "p", "ids": lines, "amount": {"value": 2.5, "currency": "MAD"}}],
    }
    document = document_of(data)
    assert document.problems == []
    assert document.data == data
    assert json.dumps(document.data["claims"][0]["value"]) == json.dumps(_whole(value))


def _whole(value):
    """JSON has one kind of number; a workbook gives 2.0 back as 2, at the top of a cell."""
    return (
        int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= tables.EXACT_INTEGER else value
    )


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("2030-01-15", "2030-01-15"),
        (2030, 2030),
        (True, True),
        ("true", "true"),
        ({"from": 2019, "to": 2022}, 'json:{"from": 2019, "to": 2022}'),
        ([1, "ا"], 'json:[1, "ا"]'),
        ("json:x", 'json:"json:x"'),
        (None, "json:null"),
        ("", 'json:""'),
    ],
)
def test_a_claim_is_written_as_people_write_it_where_a_cell_can_hold_it(value, cell):
    content = workbook.write({"claims": [{"of": "when", "value": value, "source": "s"}]})
    table = tables.read_workbook(content, name="plan.xlsx")["claims"]
    row = dict(zip(table.header, table.rows[0].cells, strict=True))
    assert (row["value"], type(row["value"])) == (cell, type(cell))
    assert document_of({"claims": [{"value": value}]}).data == {"claims": [{"value": value}]}


def test_what_begins_like_a_comment_or_is_empty_comes_back_too():
    data = {
        "notes": [{"text": {"ar": "# وسم"}}],
        "activities": [{"slug": "a", "involved": [], "where": {}, "languages": []}],
        "commitments": [],
    }
    assert document_of(data).data == data


def test_sheets_and_columns_are_those_that_the_brief_of_the_file_names():
    read = tables.read_workbook(workbook.write(PLAN), name="plan.xlsx")
    assert list(read) == [
        "programme",
        "activities",
        "activities.notes",
        "activities.involved",
        "visits",
        "visits.sites",
    ]
    assert [row.cells for row in read["programme"].rows][-2:] == [
        ["title.ar", "برنامج تجريبي"],
        ["period", "2030-01-01/2030-12-31"],
    ]
    activities = read["activities"]
    assert activities.header[:3] == ["slug", "inside", "kind"]
    assert [row.cells[:2] for row in activities.rows] == [
        ["ceremony", None],
        ["launch", "ceremony"],
        ["signing", "ceremony"],
        ["training", None],
    ]
    assert [row.cells[:3] for row in read["activities.involved"].rows] == [
        ["ceremony", "cnclt", "organiser"],
        ["ceremony", "unodc", "partner"],
    ]
    assert read["visits.sites"].rows[0].cells[0] == "1"  # a visit has neither slug nor id


def test_the_place_of_a_value_is_its_cell():
    places = document_of(PLAN).places
    wanted = {
        "slug": "plan.xlsx!programme!B3",
        "activities": "plan.xlsx!activities!A1",
        "activities[0].activities[1]": "plan.xlsx!activities!A4",
        "activities[0].activities[1].slug": "plan.xlsx!activities!A4",
        "activities[1].kind": "plan.xlsx!activities!C5",
        "activities[0].involved[1].role": "plan.xlsx!activities.involved!C3",
        "activities[0].activities[0].notes[0].text.ar": "plan.xlsx!activities.notes!B2",
    }
    assert {path: places[path] for path in wanted} == wanted


def test_a_wrong_organisation_is_reported_at_its_cell_with_the_nearest_names(pack):
    data = json.loads(json.dumps(PLAN))
    data["activities"][0]["involved"][1]["organisation"] = "unodk"
    with pytest.raises(BadInput) as refusal:
        files.load(document_of(data), by=journal.CLI, now=NOW)
    (problem,) = refusal.value.problems
    assert problem.place == "plan.xlsx!activities.involved!B3"
    assert problem.path == "activities[0].involved[1].organisation"
    assert "“unodk”" in problem.message
    assert "unodc" in problem.message.replace("“unodk”", "")
    assert not Programme.objects.exists()


def test_all_errors_of_the_layout_are_reported_at_once_and_with_the_others(pack):
    content = book(
        programme=[*head_rows(), ["slug", "twice"], ["titel.ar", "خطأ"], [None, "بلا مفتاح"], ["activities", "نص"]],
        activites=[["slug"], ["x"]],
        activities=[
            ["slug", "inside", "kind", "title.ar", "titel.fr", "when", "when.date", "# ours"],
            ["a", "b", "training", "دورة", "faute", None, None, "ignored"],
            ["b", "a", "no-such-kind", "دورة", None, 2030, 2030, None],
            ["c", "nobody", "training", "دورة", None, None, None, None],
        ],
        **{"activities.notes": [["of", "text.ar"], ["d", "ملاحظة"], [None, "ملاحظة"], ["c", "json:{"]]},
        **{"activities.involved": [["organisation"], ["cnclt"]]},
    )
    document = workbook.read(content, "plan.xlsx", None)
    found = {(problem.place, problem.path): problem.message for problem in document.problems}
    assert set(found) == {
        ("plan.xlsx!activites", "activites"),
        ("plan.xlsx!programme!A7", "slug"),
        ("plan.xlsx!programme!A8", "titel.ar"),
        ("plan.xlsx!programme!A9", ""),
        ("plan.xlsx!programme!B10", "activities"),
        ("plan.xlsx!activities!E1", "activities"),
        ("plan.xlsx!activities!B3", "activities"),
        ("plan.xlsx!activities!B4", "activities"),
        ("plan.xlsx!activities!G3", "activities"),
        ("plan.xlsx!activities.notes!A2", "activities.notes"),
        ("plan.xlsx!activities.notes!A3", "activities.notes"),
        ("plan.xlsx!activities.notes!B4", "activities.notes"),
        ("plan.xlsx!activities.involved!A1", "activities.involved"),
    }
    assert "activities" in found["plan.xlsx!activites", "activites"]
    assert "title.fr" in found["plan.xlsx!activities!E1", "activities"]
    with pytest.raises(BadInput) as refusal:
        files.load(document, by=journal.CLI, now=NOW)
    assert {problem.place for problem in refusal.value.problems} >= {place for place, _path in found}
    assert any("no-such-kind" in problem.message for problem in refusal.value.problems)
    assert not Programme.objects.exists()


def test_a_column_that_stands_twice_is_refused():
    content = workbook.write(PLAN)
    changed = openpyxl.load_workbook(io.BytesIO(content))
    changed["activities"]["C1"] = "slug"
    out = io.BytesIO()
    changed.save(out)
    with pytest.raises(BadInput) as refusal:
        workbook.read(out.getvalue(), "plan.xlsx", None)
    assert [problem.place for problem in refusal.value.problems] == ["plan.xlsx!activities!1"]


def test_cells_that_a_spreadsheet_made_dates_times_and_numbers_are_taken_as_what_they_mean():
    content = book(
        programme=head_rows(published="FALSE", period="2030-01 / 2030-03"),
        activities=[
            ["slug", "when.date", "when.time", "where.region", "languages", "title.ar"],
            ["a", dt.date(2030, 1, 15), dt.time(9, 30), 4, "ar\n\nfr\n", 12],
            ["b", 2030, "unknown", "MA-04", "ar", "  نص  "],
        ],
        projects=[["slug", "amount.value"], ["p", "١٢"]],
    )
    document = workbook.read(content, "plan.xlsx", None)
    assert document.problems == []
    assert document.data["published"] is False
    assert document.data["period"] == {"from": "2030-01", "to": "2030-03"}
    assert document.data["activities"] == [
        {
            "slug": "a", "when": {"date": "2030-01-15", "time": "09:30"}, "where": {"region": "4"},
            "languages": ["ar", "fr"], "title": {"ar": "12"},
        },
        {
            "slug": "b", "when": {"date": 2030, "time": "unknown"}, "where": {"region": "MA-04"},
            "languages": ["ar"], "title": {"ar": "نص"},
        },
    ]  # fmt: skip
    assert document.data["projects"] == [{"slug": "p", "amount": {"value": 12}}]


@pytest.mark.parametrize("text", ["json:NaN", "json:" + "[" * 30_000, "json:" + "[" * 60 + "]" * 60])
def test_json_that_is_none_or_nests_without_end_is_a_problem(text):
    content = book(programme=head_rows(), claims=[["of", "value", "source"], ["when", text, "s"]])
    document = workbook.read(content, "plan.xlsx", None)
    assert [problem.place for problem in document.problems] == ["plan.xlsx!claims!B2"]


def test_a_new_section_has_its_sheets_however_deep_and_with_names_that_fit():
    visit = obj({"slug": {"type": "string"}, "name": TEXT, "days": array(obj({"day": {"type": "integer"}}))})
    section = Section("reimbursements-of-field-officers", array(obj({"note": TEXT, "visits": array(visit)})), print)
    SECTIONS["programme"].append(section)
    try:
        data = {
            section.name: [
                {
                    "note": {"ar": "أول"},
                    "visits": [{"slug": "v"}, {"name": {"ar": "زيارة"}, "days": [{"day": 1}, {"day": 2}]}],
                },
                {"note": {"ar": "ثان"}, "visits": [{"days": [{"day": 3}]}]},
            ]
        }  # fmt: skip
        read = tables.read_workbook(workbook.write(data), name="plan.xlsx")
        document = document_of(data)
    finally:
        SECTIONS["programme"].remove(section)
    assert document.data == data
    assert next(iter(read)) == "programme"
    assert all(re.fullmatch(r"reimbursements-of-field-of~[0-9a-f]{4}", name) for name in list(read)[1:])
    assert len(read) == 4
    assert [row.cells[:2] for row in list(read.values())[3].rows] == [["1/2", 1], ["1/2", 2], ["2/1", 3]]


def test_a_text_longer_than_a_cell_is_refused_with_its_place():
    with pytest.raises(Refused, match=r"activities!U2: .*title\.ar"):
        workbook.write({"activities": [{"slug": "a", "title": {"ar": "ا" * 40_000}}]})


def test_a_workbook_that_unpacks_three_hundredfold_is_refused():
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook.write(PLAN))) as source,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        for info in source.infolist():
            content = source.read(info)
            if info.filename.endswith("sheet1.xml"):
                content = content.replace(b"<sheetData>", b"<sheetData>" + b" " * 5_000_000)
            bomb.writestr(info.filename, content)
    with zipfile.ZipFile(packed) as made:
        info = made.getinfo("xl/worksheets/sheet1.xml")
        assert info.file_size > 300 * info.compress_size
    with pytest.raises(BadInput):
        workbook.read(packed.getvalue(), "plan.xlsx", None)


# --- the template ---------------------------------------------------------------------------------------------------


def test_the_template_loads_once_its_examples_are_uncommented(pack):
    changed = openpyxl.load_workbook(io.BytesIO(workbook.template()))
    for page in changed.worksheets:
        for row in page.iter_rows(min_row=2):
            if page.title == "programme":
                row[1].value = row[1].value if row[1].value is not None else row[2].value
            elif isinstance(row[0].value, str) and row[0].value.startswith("#"):
                row[0].value = row[0].value[1:] or None
    out = io.BytesIO()
    changed.save(out)
    document = workbook.read(out.getvalue(), "template.xlsx", None)
    # Every section that a file can have has its example.
    assert {section.name for section in SECTIONS["programme"] if not section.is_archive} <= set(document.data)
    files.load(document, by=journal.CLI, now=NOW)
    activity = Activity.objects.get()
    assert activity.slug == "example"
    assert activity.programme.published_at is None
    assert set(activity.title) == {"ar", "fr", "en"}


def test_the_examples_of_the_template_are_not_read_before(pack):
    document = workbook.read(workbook.template(), "template.xlsx", None)
    assert document.problems == []
    assert document.data == {"format": "tansiq/programme/1"}


def test_the_template_offers_what_the_schema_and_the_database_know(pack):
    made = openpyxl.load_workbook(io.BytesIO(workbook.template()))
    assert all(page.sheet_view.rightToLeft for page in made.worksheets if page.sheet_state == "visible")
    hidden = made["_choices"]

    def offered(sheet, header):
        page = made[sheet]
        (letter,) = [cell.column_letter for cell in page[1] if cell.value == header]
        (rule,) = [rule for rule in page.data_validations.dataValidation if f"{letter}2" in rule.sqref]
        return [cell.value for (cell,) in hidden[rule.formula1.split("!")[1].replace("$", "")]]

    assert offered("activities", "kind") == [kind.value for kind in Activity.Kind]
    assert offered("activities", "where.region") == list(Region.objects.values_list("code", flat=True))
    assert offered("activities.involved", "organisation") == list(Organisation.objects.values_list("slug", flat=True))
    assert len(offered("activities.involved", "organisation")) > 10
    notes = {cell.value: cell.comment.text for cell in made["activities"][1] if cell.comment}
    assert "announced" in notes["state"]
    assert "2020-07-27/2020-07-29" in notes["when.date"]
    assert len(list(made["help"].iter_rows(min_row=2))) == 10
