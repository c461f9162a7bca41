"""Columns are found by what people head them with in three languages, else by what stands in them."""

import pytest
from django.utils import translation

from tansiq.core import columns, tables
from tansiq.core.errors import BadInput


def table(header, *rows):
    return tables.Table("people.csv", header, [tables.Row(at, list(cells), "people.csv:") for at, cells in enumerate(rows, 2)])  # fmt: skip


def test_a_column_is_known_by_any_of_its_titles_however_they_are_written_and_the_first_counts():
    found = columns.find(
        table(["الاسم الكامل", "COURRIEL", "région", "Numero", "e-mail", "الهاتف"]),
        ("name", "email", "region", "telephone"),
    )
    assert found == {"name": 0, "email": 1, "region": 2, "telephone": 5}
    assert columns.find(table(["numéro", "Nom"]), ("number", "name")) == {"number": 0, "name": 1}


def test_a_text_may_stand_once_for_each_language_or_in_one_column_by_its_script():
    given = table(["name_ar", "Nom (fr)", "Qualité"], ["خديجة", "Khadija", "قاضية"], [None, " Salma ", "Juge"])
    where = columns.find(given, ("name", "function"), by_language=("name", "function"))
    assert where == {"name_ar": 0, "name_fr": 1, "function": 2}
    assert [columns.spellings(row, where, "name") for row in given.rows] == [
        {"ar": "خديجة", "fr": "Khadija"}, {"fr": "Salma"},
    ]  # fmt: skip
    assert [columns.spellings(row, where, "function") for row in given.rows] == [{"ar": "قاضية"}, {"fr": "Juge"}]


def test_a_column_of_addresses_is_one_whatever_its_title_unless_two_could_be():
    rows = [["خديجة", "k@example.org", "x@example.org"], ["سلمى", None, "لا شيء"]]
    assert columns.find(table(["الاسم", "؟", "z"], *rows), ("name", "email")) == {"name": 0, "email": 1}
    rows[1][2] = "y@example.org"
    assert columns.find(table(["الاسم", "؟", "z"], *rows), ("name", "email")) == {"name": 0}


def test_a_table_that_lacks_what_it_needs_is_told_what_stands_there_and_what_is_understood():
    with translation.override("en"), pytest.raises(BadInput) as refused:
        columns.find(table(["x", "", "الجهة"]), ("name", "region"))
    assert [str(one) for one in refused.value.problems] == [
        "people.csv:1: There is no column Name. Columns: x, الجهة. Understood are: Name and Region."
    ]


def test_no_title_of_the_vocabulary_means_two_things_to_one_reader():
    from tansiq.config import registering
    from tansiq.participation import guestfiles, nominationsheets

    known = columns._known(("ar", "fr", "en"))
    for taken in (
        registering.MEANINGS,
        guestfiles.MEANINGS,
        ("name", *nominationsheets.MEANINGS),
        ("number", "email", "try"),
    ):
        assert [title for title, names in known.items() if len(names & set(taken)) > 1] == []
