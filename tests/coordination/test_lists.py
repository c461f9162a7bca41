"""Lists of persons: names typed or from a table, printed to be signed, handed over, false after a move, gone after the day."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pypdf import PdfReader

from tansiq.coordination import impact, lists
from tansiq.coordination.models import FollowUp, PersonList, SignedSheet
from tansiq.core import journal
from tansiq.core.dates import PartialDate
from tansiq.core.errors import BadInput
from tansiq.core.models import Entry
from tansiq.people import privacy, retention
from tansiq.people.models import Organisation, Person
from tansiq.programme import planning
from tansiq.programme.models import Activity
from tests.desk.test_lists import form_of

NOW = dt.datetime(2020, 7, 20, 9, 0, tzinfo=dt.UTC)
PDF = b"%PDF-1.4\n%%EOF\n"
DRIVERS = [
    {"name": "سعيد المتخيل", "organisation_name": "شركة النقل", "paper": "AB123456", "vehicle": "12345-A-1"},
    {"name": "Fatima Fictive", "organisation_name": "ONUDC", "paper": "CD654321"},
]


@pytest.fixture
def ceremony(world_day):
    return world_day.activities.get(slug="ceremony")


def make(activity, kind="security", entries=DRIVERS, **more):
    return lists.save(PersonList(activity=activity, kind=kind, entries=list(entries), **more), by=journal.CLI, now=NOW)


def workbook(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def words(pdf):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


# --- Names ----------------------------------------------------------------------------------------------------------


def test_a_list_keeps_only_what_its_kind_needs_and_the_journal_no_name(ceremony):
    row = make(ceremony, "press", [{"name": "  صحافية   متخيلة ", "organisation_name": "جريدة", "vehicle": "1-A-1"}])
    assert row.entries == [{"name": "صحافية متخيلة", "organisation_name": "جريدة"}]
    assert row.number == 1
    assert "متخيلة" not in str(list(Entry.objects.filter(subject_id=row.pk).values()))


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (["Nom et prénom", "Organisme", "Pièce", "Véhicule"], "security"),
        (["الاسم الكامل", "الهيئة", "رقم البطاقة", "السيارة"], "security"),
    ],
)
def test_names_come_from_a_table_in_arabic_or_french(header, kind):
    table = workbook(header, ["سعيد المتخيل", "شركة النقل", 123456, "12345-A-1"])
    assert lists.read_table(table, file_name="أسماء.xlsx", kind=kind) == [
        {"name": "سعيد المتخيل", "organisation_name": "شركة النقل", "paper": "123456", "vehicle": "12345-A-1"}
    ]


def test_our_own_empty_table_is_read_back(world_day):
    book = openpyxl.load_workbook(io.BytesIO(lists.template("press")))
    book.active.append(["صحافي متخيل", "قناة", "P-77"])
    out = io.BytesIO()
    book.save(out)
    found = lists.read_table(out.getvalue(), file_name="press.xlsx", kind="press")
    assert found == [{"name": "صحافي متخيل", "organisation_name": "قناة", "paper": "P-77"}]


def test_every_wrong_row_is_named_and_none_is_taken():
    table = workbook(["name", "organisation"], ["Salma Fictive", "x"], [None, "y"], ["z" * 300, "y"], ["a\u202eb", ""])
    with pytest.raises(BadInput) as error:
        lists.read_table(table, file_name="list.xlsx", kind="delegation")
    assert [problem.place for problem in error.value.problems] == [
        "list.xlsx!Sheet!A3", "list.xlsx!Sheet!A4", "list.xlsx!Sheet!A5",
    ]  # fmt: skip


def test_a_table_without_a_column_of_names_says_which_columns_there_are():
    with pytest.raises(BadInput, match="الصفة"):
        lists.read_table(b"prenom;age\nx;3\n", file_name="x.csv", kind="delegation")


# --- On paper -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "signature", "page"), [("ar", "التوقيع", "هذه الصفحة"), ("fr", "Signature", "sur cette page")]
)
def test_the_attendance_sheet_has_room_to_sign_blank_rows_and_a_count_for_every_page(
    ceremony, language, signature, page
):
    entries = [{"name": f"مشارك متخيل {n}", "office": "مساعد اجتماعي"} for n in range(1, 41)]
    row = make(ceremony, "attendance", entries, session="الجلسة الصباحية")
    content = lists.printed(row, language=language, now=NOW, blank_rows=12)
    pages = [one.extract_text() for one in PdfReader(io.BytesIO(content)).pages]
    assert len(pages) > 1
    assert "52" in pages[-1]
    counted = [one for one in pages if "............" in one]
    assert len(counted) == len(pages)


def test_a_security_list_says_that_it_is_to_be_destroyed(ceremony):
    assert "AB123456" in words(lists.printed(make(ceremony), language="fr", now=NOW))


def test_the_scan_of_a_signed_sheet_is_kept_with_what_was_counted_and_is_in_no_list_of_pictures(ceremony, secretariat):
    row = make(ceremony, "attendance", [{"name": "مشارك متخيل"}])
    address = f"/desk/list/{row.pk}/"
    refused = secretariat.post(
        address, {"do": "sheet", "file": SimpleUploadedFile("x.pdf", b"no pdf"), "signed": "31"}, follow=True
    )
    assert "x.pdf" in refused.content.decode()
    assert not SignedSheet.objects.exists()
    secretariat.post(address, {"do": "sheet", "file": SimpleUploadedFile("x.pdf", PDF), "signed": "31"})
    sheet = SignedSheet.objects.get()
    assert sheet.signed == 31
    assert str(sheet.scan.title) not in secretariat.get("/desk/assets/").content.decode()
    assert secretariat.get(f"/desk/scan/{sheet.scan_id}/").getvalue() == PDF


def test_who_only_reads_sees_no_list_and_no_scan(ceremony, secretariat, client, user_with):
    row = make(ceremony, "attendance", [{"name": "مشارك متخيل"}])
    sheet = lists.keep_sheet(row=row, content=PDF, file_name="x.pdf", signed=1, by=journal.CLI, now=NOW)
    for role in ("auditor", "press_officer", "approver"):
        client.force_login(user_with(role), backend="django.contrib.auth.backends.ModelBackend")
        answers = [
            client.get(f"/desk/scan/{sheet.scan_id}/").status_code, client.get(f"/desk/list/{row.pk}/ar.pdf").status_code,
            client.get(f"/desk/person-lists/edit/{row.pk}/").status_code,
        ]  # fmt: skip
        assert answers[0] == 404
        assert 200 not in answers


# --- Handed over, and the plan changes ------------------------------------------------------------------------------


def test_a_list_that_was_handed_over_is_false_when_the_day_moves_until_it_is_handed_over_anew(ceremony):
    row = make(ceremony)
    values = {"when": PartialDate.parse("2020-07-28")}
    assert [one for one in impact.of(ceremony, values)[1] if one.kind == "list" and one.subject] == []
    lists.hand_over(row=row, to="الأمن بالباب", by=journal.CLI, now=NOW)
    (found,) = [one for one in impact.of(ceremony, values)[1] if one.kind == "list" and one.subject]
    assert found.subject == row
    assert "الأمن بالباب" in found.why
    planning.change(activity=ceremony, by=journal.CLI, now=NOW, **values)
    assert FollowUp.objects.get(kind="list").state == "open"
    row = PersonList.objects.get()
    assert not lists.is_current(row)
    lists.hand_over(row=row, to="الأمن بالباب", by=journal.CLI, now=NOW)
    assert FollowUp.objects.get(kind="list").state == "done"


def test_a_list_without_a_name_is_not_handed_over(ceremony):
    with pytest.raises(lists.NothingToHand):
        lists.hand_over(row=make(ceremony, entries=[]), to="x", by=journal.CLI, now=NOW)


# --- Names go -------------------------------------------------------------------------------------------------------


def at(day, hour=6):
    return dt.datetime.fromisoformat(f"{day}T{hour:02}:00:00+00:00")


def test_the_names_of_a_security_list_are_gone_the_day_after_and_others_a_year_later(ceremony):
    security, delegation = make(ceremony), make(ceremony, "delegation", [{"name": "مندوبة متخيلة"}])
    retention.run(now=at("2020-07-27"))
    security.refresh_from_db()
    assert len(security.entries) == 2
    retention.run(now=at("2020-07-28"))
    security.refresh_from_db()
    delegation.refresh_from_db()
    assert (security.entries, security.number, security.emptied_at) == ([], 2, at("2020-07-28"))
    assert len(delegation.entries) == 1
    retention.run(now=at("2021-07-29"))
    delegation.refresh_from_db()
    assert delegation.entries == []
    security.entries = [{"name": "عاد"}]
    with pytest.raises(lists.NamesGone):
        lists.save(security, by=journal.CLI, now=NOW)


def test_a_list_of_an_activity_without_a_day_does_not_stay_for_ever(world_day):
    seminar = world_day.activities.get(slug="seminar")
    assert seminar.first_day is None
    Activity.objects.filter(pk=seminar.pk).update(changed_at=NOW)
    make(seminar)
    retention.run(now=NOW + dt.timedelta(days=59))
    assert PersonList.objects.get().number == len(PersonList.objects.get().entries) == 2
    retention.run(now=NOW + dt.timedelta(days=62))
    assert PersonList.objects.get().entries == []


def test_a_person_is_found_in_the_lists_and_the_whole_line_goes(ceremony):
    person = Person.objects.create(name={"fr": "Fatima Fictive"}, reference_language="fr", is_fictional=True)
    make(ceremony)
    assert privacy.export(person)["lists"][0]["entries"] == [DRIVERS[1]]
    privacy.erase(person, by=journal.CLI, now=timezone.now())
    assert PersonList.objects.get().entries == [DRIVERS[0]]


# --- At the desk ----------------------------------------------------------------------------------------------------


def test_a_delegation_is_typed_then_replaced_by_a_table_and_a_wrong_table_keeps_everything(ceremony, secretariat):
    address = "/desk/person-lists/new/"
    data = form_of(secretariat.get(address), "session")
    unodc = Organisation.objects.get(slug="unodc")
    data |= {
        "kind": "delegation",
        "activity": str(ceremony.pk),
        "organisation": str(unodc.pk),
        "entries-0-name": "مندوبة متخيلة",
    }
    assert secretariat.post(address, data).status_code == 302
    row = PersonList.objects.get()
    assert row.entries == [{"name": "مندوبة متخيلة"}]
    address = f"/desk/person-lists/edit/{row.pk}/"
    data = form_of(secretariat.get(address), "session")
    wrong = secretariat.post(address, {**data, "table": SimpleUploadedFile("x.xlsx", workbook(["age"], [3]))})
    assert wrong.status_code == 200
    assert "مندوبة متخيلة" in wrong.content.decode()
    good = SimpleUploadedFile("x.xlsx", workbook(["name", "function"], ["A Fictive", "Attaché"], ["B Fictive", ""]))
    assert secretariat.post(address, {**data, "table": good}).status_code == 302
    row.refresh_from_db()
    assert row.entries == [{"name": "A Fictive", "office": "Attaché"}, {"name": "B Fictive"}]


def test_the_same_list_of_a_day_twice_is_refused_with_the_reason(ceremony, secretariat):
    make(ceremony)
    data = form_of(secretariat.get("/desk/person-lists/new/"), "session")
    page = secretariat.post("/desk/person-lists/new/", {**data, "kind": "security", "activity": str(ceremony.pk)})
    assert "من قبل" in page.content.decode()
    assert PersonList.objects.count() == 1


def test_the_same_list_to_the_same_office_is_handed_over_once_and_the_same_scan_counts_once(ceremony):
    row = make(ceremony)
    for _click in range(2):
        lists.hand_over(row=row, to="المكتب الأمني", by=journal.CLI, now=NOW)
    assert Entry.objects.filter(verb="coordination.hand_list").count() == 1
    sheet = make(ceremony, "attendance")
    for _click in range(2):
        lists.keep_sheet(row=sheet, content=PDF, file_name="s.pdf", signed=12, by=journal.CLI, now=NOW)
    assert SignedSheet.objects.count() == 1


def test_more_signatures_than_anybody_counts_are_refused(ceremony, secretariat):
    row = make(ceremony, "attendance")
    page = {"do": "sheet", "signed": "9" * 30, "file": SimpleUploadedFile("s.pdf", PDF)}
    assert secretariat.post(f"/desk/list/{row.pk}/", page).status_code == 302
    assert not SignedSheet.objects.exists()


def test_our_empty_table_chosen_by_mistake_takes_no_names_away(ceremony):
    with pytest.raises(BadInput):
        lists.read_table(lists.template("security"), file_name="security.xlsx", kind="security")


def test_where_the_day_moved_after_the_names_went_another_list_is_made(ceremony):
    gone = make(ceremony)
    lists.empty([gone], by=journal.CLI, now=NOW)
    assert make(ceremony).entries
    with pytest.raises(ValidationError):
        make(ceremony)


def test_names_stay_where_the_day_is_put_off_without_another(ceremony):
    row = make(ceremony)
    late = NOW + dt.timedelta(days=100)
    planning.change(activity=ceremony, by=journal.CLI, now=late, state="postponed", when=PartialDate())
    assert lists.over(today=late.date() + dt.timedelta(days=1), before=NOW.date()) == []
    assert lists.over(today=late.date() + dt.timedelta(days=61), before=NOW.date()) == [row]
