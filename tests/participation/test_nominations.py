"""Names asked from administrations: the letter and the link, the list, replacement, reserve, taking over, doubles, chasing."""

import datetime as dt
import io

import openpyxl
import pytest
from pypdf import PdfReader

from tansiq.coordination import letters
from tansiq.coordination.models import Letter, Task
from tansiq.core import docx, journal, links
from tansiq.core.errors import BadInput
from tansiq.core.models import Entry, Link, Message
from tansiq.participation import (
    doubles,
    nominations,
    nominationsheets,
    nominees,
    places,
    registration,
    standing,
    takeover,
)
from tansiq.participation.models import Admission, Double, NominationRequest, Nominee, Registration
from tansiq.participation.nominees import Named
from tansiq.people import privacy, retention
from tansiq.people.models import Organisation
from tests.participation.conftest import NOW

pytestmark = pytest.mark.django_db
DUE = dt.date(2020, 7, 17)
# Fictional people: no such names were ever on a list.
PEOPLE = [
    ("خديجة أيت واحي", "Khadija Ait Ouahi"), ("سلمى الإدريسي", "Salma El Idrissi"), ("رشيد بنعيسى", "Rachid Benaissa"),
    ("نعيمة التازي", "Naima Tazi"), ("مصطفى العلوي", "Mustapha Alaoui"), ("حنان الودغيري", "Hanane Oudghiri"),
]  # fmt: skip


@pytest.fixture
def bodies(world_day):
    """Two administrations, fictional."""
    for slug, name in (("idara-a", "إدارة افتراضية أولى"), ("idara-b", "إدارة افتراضية ثانية")):
        Organisation.objects.create(slug=slug, kind="government", name={"ar": name}, reference_language="ar")
    return list(Organisation.objects.filter(slug__startswith="idara-").order_by("slug"))


@pytest.fixture
def asked(seminar, bodies):
    """asked(number=2, reserve=1, region="MA-09", to=0, ...) -> a request; all of one seminar."""
    made = {}

    def ask(number=2, reserve=1, region="MA-09", to=0, **more):
        admission = made.setdefault("admission", None) or made.update(admission=seminar(**more.pop("seminar", {})))
        admission = made["admission"]
        given = {
            "places": [{"region": region, "number": number, "reserve": reserve}], "due": DUE, "email": f"idara{to}@example.org",
            "office": "مديرية الموارد البشرية", **more,
        }  # fmt: skip
        return nominations.ask(
            admission=admission, organisation=bodies[to], by=journal.CLI, now=NOW, **given
        ).request  # fmt: skip

    return ask


def named(number, *, reserve=False, permission=True, region="MA-09", **more):
    ar, fr = PEOPLE[number]
    given = {"name": {"ar": ar, "fr": fr}, "email": f"p{number}@example.org", **more}
    return Named(region=region, has_permission=permission, is_reserve=reserve, **given)


def answer(request, *rows, **more):
    return nominees.answer(request=request, rows=rows, **{"how": "link", "by": journal.CLI, "now": NOW, **more})


def take(request, now=NOW):
    return [(one.answer, one.reason) for one in takeover.take_over(request=request, by=journal.CLI, now=now)]


def person(request, number):
    return request.nominees.get(email=f"p{number}@example.org")


def miscounted():
    return places.miscounted(Admission.objects.get())


# --- Asking ---------------------------------------------------------------------------------------------------------


def test_asking_writes_a_registered_letter_with_the_places_by_region_and_mails_a_link(asked):
    row = asked(places=[{"region": "MA-09", "number": 8, "reserve": 2}, {"region": "MA-04", "number": 3, "reserve": 1}])
    text = docx.text_of(letters.open_file(row.letter, "docx"))
    assert row.letter.number == "1/2020"
    for words in ("سوس ماسة", "الرباط سلا القنيطرة", "idara0@example.org", "17 يوليوز 2020"):
        assert words in text, words
    assert "11" in text  # all places together
    assert PdfReader(io.BytesIO(letters.open_file(row.letter, "pdf"))).pages
    mail = Message.objects.get()
    assert mail.to_address == "idara0@example.org"
    assert "sheet.xlsx" in mail.body
    assert Link.objects.get().purpose == "nomination"
    # Others may read a subject over the shoulder.
    assert "الاتجار" not in mail.subject


def test_the_letter_has_a_table_in_french_too_and_none_of_our_other_letters_has_one(asked):
    row = asked(language="fr")
    tables = docx_tables(row.letter)
    assert [[cell.text for cell in line.cells] for line in tables[0].rows] == [
        ["Région", "Places", "Réserve"], ["Souss-Massa", "2", "1"],
    ]  # fmt: skip
    reminder = nominations.remind_by_letter(request=row, by=journal.CLI, now=NOW)
    assert docx_tables(reminder) == []
    assert "1/2020" in docx.text_of(letters.open_file(reminder, "docx"))


def docx_tables(letter):
    import docx as word

    return word.Document(io.BytesIO(letters.open_file(letter, "docx"))).tables


def test_asked_twice_is_one_request_one_letter_and_one_mail(asked):
    assert asked().pk == asked().pk
    assert (Letter.objects.count(), Message.objects.count(), NominationRequest.objects.count()) == (1, 1, 1)
    with pytest.raises(nominations.AskedOtherwise):
        asked(number=5)


def test_the_sum_is_held_against_the_quotas_and_what_does_not_fit_is_said(asked, bodies):
    asked(number=5)
    warned = nominations.ask(
        admission=NominationRequest.objects.get().admission, organisation=bodies[1],
        places=[{"region": "MA-09", "number": 6, "reserve": 0}], due=DUE, by=journal.CLI, now=NOW, language="en",
    ).warnings  # fmt: skip
    assert warned == ["Souss-Massa: 11 names are asked for; 8 places are set aside."]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"places": [{"region": "MA-99", "number": 1}]}, "places"), ({"places": []}, "places"),
        ({"places": [{"region": "", "number": -1}]}, "places"), ({"due": dt.date(2020, 7, 1)}, "due"),
        ({"due": dt.date(2020, 8, 1)}, "due"), ({"email": "كلا"}, "email"), ({"office": "أ\u202eب"}, "office"),
        ({"places": [{"region": "MA-09", "number": 1}] * 2}, "places"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_is_refused_with_the_reason_and_leaves_nothing(asked, more, field):
    from tansiq.programme.models import Activity

    Activity.objects.filter(slug="seminar").update(when="2020-07-28", first_day="2020-07-28", last_day="2020-07-28")
    with pytest.raises(nominations.Unfitting) as refusal:
        asked(**more)
    assert field in refusal.value.faults
    assert not Letter.objects.exists()


# --- The list -------------------------------------------------------------------------------------------------------


def test_a_list_is_taken_whole_and_the_same_list_again_changes_nothing(asked):
    row = asked()
    done = answer(row, named(0), named(1), named(2, reserve=True))
    assert (done.added, done.changed, done.removed, done.missing) == (3, 0, 0, 0)
    before = Entry.objects.count()
    again = answer(row, named(0), named(1), named(2, reserve=True))
    assert (again.added, again.changed, again.removed) == (0, 0, 0)
    assert Entry.objects.count() == before
    row.refresh_from_db()
    assert (row.state, row.how) == ("answered", "link")


def test_people_keep_their_entry_when_the_list_is_written_anew(asked):
    row = asked(number=3)
    answer(row, named(0), named(1))
    kept = person(row, 1).pk
    done = answer(row, named(1, function="مساعدة اجتماعية"), named(3))
    assert (done.added, done.changed, done.removed, done.missing) == (1, 1, 1, 1)
    assert person(row, 1).pk == kept
    assert [one.email for one in nominees.listed(row)] == ["p1@example.org", "p3@example.org"]


def test_two_may_exchange_their_addresses(asked):
    row = asked()
    answer(row, named(0), named(1))
    done = answer(row, named(0, email="p1@example.org"), named(1, email="p0@example.org"))
    assert done.changed + done.added == 2
    assert sorted(one.email for one in nominees.listed(row)) == ["p0@example.org", "p1@example.org"]


@pytest.mark.parametrize(
    ("rows", "where", "field"),
    [
        ([named(0), named(1, email="P0@Example.org")], 1, "email"),
        ([named(0, email=""), named(0, email="")], 1, "name_ar"),
        ([named(0), named(1), named(2)], 2, "region"),
        ([named(0, reserve=True), named(1, reserve=True)], 1, "region"),
        ([named(0, region="MA-04")], 0, "region"), ([named(0, region="MA-77")], 0, "region"),
        ([named(0, name={"ar": "خديجة\u202e"})], 0, "name_ar"), ([named(0, name={"ar": "12345"})], 0, "name_ar"),
        ([named(0, name={"ar": "خ" * 300})], 0, "name_ar"), ([named(0, name={"fr": "=cmd|' /C calc'!A0"})], 0, "name_fr"),
        ([named(0, name={"ar": "Khadija"})], 0, "name_ar"), ([named(0, telephone="اتصلوا بي")], 0, "telephone"),
        ([named(0, function="=1+1")], 0, "function"), ([named(0, email="لا")], 0, "email"), ([named(0, sex="x")], 0, "sex"),
        ([Named(name={"ar": " "})], -1, ""), ([], -1, ""),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_at_its_row_and_nothing_of_the_list_is_taken(asked, rows, where, field):
    row = asked()
    with pytest.raises(nominees.NotTaken) as refusal:
        answer(row, *rows)
    assert field in refusal.value.faults[where]
    assert not row.nominees.exists()


def test_two_people_of_one_name_are_told_apart_by_their_addresses(asked):
    row = asked()
    assert answer(row, named(0), named(0, email="other@example.org")).added == 2


def test_of_two_who_answer_at_once_the_second_is_told(asked):
    row = asked()
    seen = nominees.digest(row)
    answer(row, named(0), seen=seen)
    with pytest.raises(nominees.Changed):
        answer(row, named(1), seen=seen)
    assert [one.email for one in nominees.listed(row)] == ["p0@example.org"]
    # A double click brings the same list: nothing is wrong.
    assert answer(row, named(0), seen=seen).added == 0


def test_who_answered_writes_no_more_after_the_day_and_who_did_not_still_may(asked):
    late = NOW.replace(day=20)
    row = asked()
    answer(row, named(0), now=late)
    with pytest.raises(nominees.TooLate):
        answer(row, named(1), now=late)
    assert answer(row, named(1), now=late, is_staff=True, how="desk").added == 1


# --- The sheet ------------------------------------------------------------------------------------------------------


def sheet_of(request, *rows, **cells):
    """The request's own sheet with rows typed into it, as Excel gives it back."""
    book = openpyxl.load_workbook(io.BytesIO(nominationsheets.write(request)))
    page = book.worksheets[0]
    titles = [cell.value for cell in page[1]]
    for index, values in enumerate(rows, start=3):
        for name, value in values.items():
            page.cell(index, column(titles, name), value)
    for place, value in cells.items():
        page[place] = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def column(titles, name):
    order = ["name_ar", "name_fr", "list", "region", "function", "email", "telephone", "sex", "permission"]
    assert len(titles) == len(order)
    return order.index(name) + 1


FULL = {
    "name_ar": PEOPLE[0][0],
    "name_fr": PEOPLE[0][1],
    "email": "p0@example.org",
    "permission": "نعم",
    "sex": "امرأة",
    "telephone": 612345678,
}


def test_the_sheet_is_made_for_the_request_and_comes_back_with_its_rows(asked):
    row = asked()
    book = openpyxl.load_workbook(io.BytesIO(nominationsheets.write(row)))
    page = book.worksheets[0]
    assert page.sheet_view.rightToLeft
    assert page.max_row == 1 + 1 + 3  # the headings, the example, two places and one in reserve
    assert len(page.data_validations.dataValidation) == 4
    found, outcome = nominationsheets.check(sheet_of(row, FULL), file_name="لائحة.xlsx", request=row)
    assert outcome.added == 1
    (given,) = [one for one in found if not one.is_empty]
    assert (given.name, given.region, given.sex, given.has_permission, given.telephone) == (
        {"ar": PEOPLE[0][0], "fr": PEOPLE[0][1]}, "MA-09", "woman", True, "612345678",
    )  # fmt: skip
    assert not row.nominees.exists()


def test_the_sheet_of_an_answered_request_holds_the_list_and_changes_nothing_as_it_is(asked):
    row = asked()
    answer(row, named(0, sex="woman", function="مساعدة اجتماعية"), named(2, reserve=True, permission=False))
    found, outcome = nominationsheets.check(nominationsheets.write(row), file_name="x.xlsx", request=row)
    assert (outcome.added, outcome.changed, outcome.removed) == (0, 0, 0)
    assert answer(row, *found).changed == 0


def test_all_faults_of_a_sheet_are_named_by_their_cells(asked):
    row = asked()
    wrong = {**FULL, "name_ar": "12345", "email": "لا"}
    content = sheet_of(
        row,
        wrong,
        {**FULL, "email": "q@example.org", "telephone": "لا أعرف"},
        {"name_ar": "سعاد الهلالي", "region": "طنجة تطوان الحسيمة"},
    )
    with pytest.raises(BadInput) as refusal:
        nominationsheets.check(content, file_name="x.xlsx", request=row)
    places_named = {problem.place.rpartition("!")[2] for problem in refusal.value.problems}
    assert {"A3", "F3", "G4", "D5"} <= places_named


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_columns_are_found_in_each_language_and_in_a_table_made_anew(asked, language):
    row = asked(language=language)
    found, _outcome = nominationsheets.check(sheet_of(row, FULL), file_name="x.xlsx", request=row)
    assert [one.email for one in found if not one.is_empty] == ["p0@example.org"]
    table = "name_ar;Nom et prénom;courriel;region\nخديجة أيت واحي;Khadija;k@example.org;Souss-Massa\n".encode()
    (given,) = nominationsheets.read(table, file_name="x.csv", request=row)
    assert (given.email, given.region) == ("k@example.org", "MA-09")


def test_the_sheet_of_another_request_is_refused_and_so_is_what_is_none(asked):
    first, second = asked(), asked(to=1)
    with pytest.raises(BadInput, match="طلب آخر"):
        nominationsheets.read(sheet_of(second, FULL), file_name="x.xlsx", request=first)
    for content, name in ((b"PK\x03\x04", "x.xlsx"), (b"", "x.xlsx"), (b"a;b\n1;2\n", "x.csv"), (b"\0\1", "x.csv")):
        with pytest.raises(BadInput):
            nominationsheets.read(content, file_name=name, request=first)


def test_a_formula_without_a_result_is_refused_at_its_cell(asked):
    row = asked()
    with pytest.raises(BadInput) as refusal:
        nominationsheets.read(sheet_of(row, FULL, A4="=1+1"), file_name="x.xlsx", request=row)
    assert refusal.value.problems[0].place.endswith("A4")


# --- Taking over ----------------------------------------------------------------------------------------------------


def test_those_named_become_registrations_in_their_order_and_the_reserve_waits(asked):
    row = asked()
    answer(row, named(0), named(1, email=""), named(2, reserve=True))
    assert [one for one, _why in take(row)] == ["confirmed", "confirmed", "reserve"]
    rows = list(row.admission.registrations.order_by("number"))
    assert [(one.how, one.organisation.slug, one.address_key) for one in rows] == [
        ("nomination", "idara-a", "p0@example.org"), ("nomination", "idara-a", ""),
    ]  # fmt: skip
    before = (Registration.objects.count(), Entry.objects.count(), Message.objects.count())
    take(row)
    assert before == (Registration.objects.count(), Entry.objects.count(), Message.objects.count())
    row.refresh_from_db()
    assert row.state == "taken"


def test_where_the_region_is_full_they_wait_and_know_why_and_a_nominee_comes_before_the_public(asked, come):
    row = asked(number=3, reserve=0, seminar={"capacity": 1, "shares": {"MA-09": 1}, "order": ["nominated"]})
    come(row.admission, 900)
    public = come(row.admission, 901)
    answer(row, named(0))
    ((state, why),) = take(row)
    assert state == "waiting"
    assert "سوس ماسة" in why
    assert standing.rank(public).place == 2


def test_without_the_hierarchy_nobody_is_taken_until_it_agrees_or_somebody_decides(asked):
    row = asked(number=3)
    answer(row, named(0), named(1, permission=False), named(3, permission=False))
    assert [one for one, _why in take(row)] == ["confirmed", "refused", "refused"]
    nominees.permit(nominee=person(row, 1), has_permission=True, by=journal.CLI, now=NOW)
    with pytest.raises(Exception, match="يرجى"):
        nominees.waive(nominee=person(row, 3), because=" ", by=journal.CLI, now=NOW)
    nominees.waive(nominee=person(row, 3), because="وافقت الوزارة هاتفيا", by=journal.CLI, now=NOW)
    assert [one for one, _why in take(row)] == ["confirmed"] * 3
    entry = Entry.objects.get(verb="participation.waive_permission")
    assert "هاتفيا" not in str(entry.changes)


def test_nothing_is_taken_where_nobody_was_named_or_the_request_is_closed(asked):
    row = asked()
    with pytest.raises(takeover.NothingToTake):
        take(row)
    nominations.close(request=row, by=journal.CLI, now=NOW)
    with pytest.raises(nominations.IsOver):
        take(row)
    with pytest.raises(nominations.IsOver):
        answer(row, named(0))
    assert Link.objects.get().closed_at is not None


def test_the_outcome_goes_out_as_a_letter_for_those_without_an_address(asked):
    row = asked()
    answer(row, named(0, email=""), named(1, permission=False))
    take(row)
    text = docx.text_of(letters.open_file(takeover.tell(request=row, by=journal.CLI, now=NOW), "docx"))
    assert PEOPLE[0][0] in text
    assert "موافقة" in text


# --- Replacing and withdrawing --------------------------------------------------------------------------------------


def test_before_the_list_is_taken_over_one_takes_the_place_of_another(asked):
    row = asked()
    answer(row, named(0), named(1))
    new = nominees.replace(nominee=person(row, 0), given=named(3, region=""), by=journal.CLI, now=NOW)
    assert (new.region_id, new.position, new.replaces.state) == ("MA-09", 1, "replaced")
    assert [one.email for one in nominees.listed(row)] == ["p3@example.org", "p1@example.org"]


def test_after_it_the_place_goes_over_and_nobody_of_the_waiting_list_comes_between(asked, come):
    row = asked(number=1, seminar={"capacity": 1, "shares": {"MA-09": 1}})
    answer(row, named(0))
    take(row)
    waiting = come(row.admission, 900)
    assert waiting.state == "waiting"
    new = nominees.replace(nominee=person(row, 0), given=named(3), by=journal.CLI, now=NOW)
    waiting.refresh_from_db()
    assert (new.registration.state, new.registration.has_place, waiting.state) == ("confirmed", True, "waiting")
    assert Nominee.objects.get(pk=new.replaces_id).registration.state == "cancelled"
    assert miscounted() == []
    assert "مكان" in standing.explain(new.registration, "ar")
    # Both learn of it.
    assert {"p0@example.org", "p3@example.org"} <= set(Message.objects.values_list("to_address", flat=True))


def test_a_turn_on_the_waiting_list_goes_over_too(asked, come):
    row = asked(number=1, seminar={"capacity": 1, "shares": {"MA-09": 1}})
    come(row.admission, 900)
    answer(row, named(0))
    take(row)
    behind = come(row.admission, 901)
    turn = person(row, 0).registration.number
    new = nominees.replace(nominee=person(row, 0), given=named(3), by=journal.CLI, now=NOW)
    assert (new.registration.state, new.registration.number) == ("waiting", turn)
    assert standing.rank(behind).place == 2


def test_for_another_region_the_old_place_is_given_back_and_the_new_one_taken_there(asked, come):
    row = asked(
        places=[{"region": "MA-09", "number": 1, "reserve": 0}, {"region": "MA-04", "number": 1, "reserve": 0}],
        seminar={"capacity": 2, "shares": {"MA-09": 1, "MA-04": 1}},
    )  # fmt: skip
    answer(row, named(0))
    take(row)
    waiting = come(row.admission, 900)
    new = nominees.replace(nominee=person(row, 0), given=named(3, region="MA-04"), by=journal.CLI, now=NOW)
    waiting.refresh_from_db()
    assert (new.registration.state, waiting.state) == ("confirmed", "confirmed")
    assert miscounted() == []


def test_no_place_goes_to_whom_the_hierarchy_has_not_agreed_nor_to_somebody_registered(asked, come):
    row = asked()
    answer(row, named(0))
    take(row)
    with pytest.raises(nominees.NotTaken) as refusal:
        nominees.replace(nominee=person(row, 0), given=named(3, permission=False), by=journal.CLI, now=NOW)
    assert list(refusal.value.faults[0]) == ["has_permission"]
    come(row.admission, 3, email="p3@example.org")
    with pytest.raises(registration.AlreadyRegistered):
        nominees.replace(nominee=person(row, 0), given=named(3), by=journal.CLI, now=NOW)
    kept = person(row, 0)
    assert (kept.state, kept.registration.state) == ("named", "confirmed")
    assert miscounted() == []


def test_whoever_withdraws_is_followed_by_the_first_of_the_reserve_with_permission(asked, come):
    row = asked(number=1, reserve=2, seminar={"capacity": 1, "shares": {"MA-09": 1}})
    answer(row, named(0), named(1, reserve=True, permission=False), named(2, reserve=True))
    take(row)
    waiting = come(row.admission, 900)
    up = nominees.withdraw(nominee=person(row, 0), by=journal.CLI, now=NOW)
    waiting.refresh_from_db()
    assert (up.email, up.state, up.registration.state, waiting.state) == (
        "p2@example.org",
        "named",
        "confirmed",
        "waiting",
    )
    assert "الاحتياط" in takeover.explain(up, "ar")
    assert nominees.withdraw(nominee=person(row, 0), by=journal.CLI, now=NOW) is None
    # With nobody left in reserve who may, the place goes to whoever waits.
    assert nominees.withdraw(nominee=up, by=journal.CLI, now=NOW) is None
    waiting.refresh_from_db()
    assert waiting.state == "confirmed"
    assert miscounted() == []


def test_the_reserve_of_another_region_does_not_step_up(asked):
    row = asked(places=[{"region": "MA-09", "number": 1, "reserve": 0}, {"region": "MA-04", "number": 0, "reserve": 1}])
    answer(row, named(0), named(1, region="MA-04", reserve=True))
    assert nominees.withdraw(nominee=person(row, 0), by=journal.CLI, now=NOW) is None


def test_who_cancelled_is_not_registered_once_more_and_is_asked_for_anew(asked):
    row = asked(number=1)
    answer(row, named(0))
    take(row)
    registration.cancel(registration=person(row, 0).registration, by=registration.VISITOR, now=NOW)
    assert [one for one, _why in take(row)] == ["cancelled"]
    found = takeover.overview(row.admission, today=DUE, language="ar")
    assert (found.lines[0].cancelled, found.total("missing")) == (1, 1)
    new = nominees.replace(nominee=person(row, 0), given=named(3), by=journal.CLI, now=NOW)
    assert take(row)[0][0] == "confirmed"
    new.refresh_from_db()
    assert new.registration.state == "confirmed"


# --- Doubles --------------------------------------------------------------------------------------------------------


def test_the_same_person_of_two_administrations_is_found_across_scripts_and_a_person_decides(asked):
    first, second = asked(), asked(to=1)
    answer(first, named(0))
    answer(second, named(0, name={"fr": "Khadija Aït Ouahi"}, email="k@example.org"), named(1), named(2, reserve=True))
    (pair,) = doubles.find(first.admission)
    assert (pair.nominee.request, pair.other.request, pair.is_certain) == (first, second, False)
    assert pair.score > 0.95
    assert pair.names[0][3]
    # Neither is registered while nobody knows.
    assert [one for one, _why in take(first)] == ["refused"]
    assert [one for one, _why in take(second)] == ["refused", "confirmed", "reserve"]
    doubles.decide(nominee=pair.nominee, other=pair.other, verdict="same", by=journal.CLI, now=NOW)
    assert [one for one, _why in take(first)] == ["confirmed"]
    # Who is named twice stays on the list, and the reserve stepped up for her.
    assert [one for one, _why in take(second)] == ["confirmed", "confirmed", "double"]
    assert doubles.find(first.admission) == []


def test_two_people_are_two_and_are_not_asked_about_again(asked):
    first, second = asked(), asked(to=1)
    answer(first, named(0))
    answer(second, named(0, email="k@example.org"))
    (pair,) = doubles.find(first.admission)
    for _time in range(2):
        doubles.decide(nominee=pair.nominee, other=pair.other, verdict="two", by=journal.CLI, now=NOW)
    assert Double.objects.count() == 1
    assert doubles.find(first.admission) == []
    assert take(first)[0][0] == take(second)[0][0] == "confirmed"


def test_the_same_address_with_the_same_name_needs_no_person_but_a_shared_mailbox_does(asked):
    first, second = asked(), asked(to=1)
    answer(first, named(0, email="P0@example.org"), named(1, email="service@example.org"))
    answer(second, named(0, telephone="0612 34 56 78"), named(3, email="service@example.org"))
    certain = {one.is_certain for one in doubles.find(first.admission)}
    assert certain == {True, False}
    assert [one for one, _why in take(first)] == ["confirmed", "refused"]
    row = Double.objects.get()
    assert (row.verdict, row.decided_by, row.evidence["email"]) == ("same", None, True)


def test_a_nominee_who_registered_by_herself_keeps_that_registration_and_counts_as_nominated(asked, come):
    row = asked()
    own = come(row.admission, 0, email="p0@example.org", name={"ar": PEOPLE[0][0]}, how="form")
    answer(row, named(0))
    assert [one for one, _why in take(row)] == ["confirmed"]
    own.refresh_from_db()
    assert (person(row, 0).registration, own.how, Registration.objects.count()) == (own, "nomination", 1)
    # Withdrawn by the administration, she is still registered by herself.
    nominees.withdraw(nominee=person(row, 0), by=journal.CLI, now=NOW)
    own.refresh_from_db()
    assert (own.state, own.how) == ("confirmed", "form")


def test_a_decision_is_turned_round(asked):
    first, second = asked(), asked(to=1)
    answer(first, named(0))
    answer(second, named(0, email="k@example.org"))
    (pair,) = doubles.find(first.admission)
    for verdict in ("same", "two"):
        doubles.decide(nominee=pair.nominee, other=pair.other, verdict=verdict, by=journal.CLI, now=NOW)
    assert take(second)[0][0] == "confirmed"


# --- Chasing --------------------------------------------------------------------------------------------------------


def test_those_who_have_not_answered_are_reminded_three_days_before_and_the_day_after_each_once(asked):
    asked()
    answered = asked(to=1)
    answer(answered, named(0))
    Message.objects.all().delete()
    sent = {}
    for day in (13, 14, 15, 16, 17, 18, 19, 31):
        for hour in (6, 9, 10):
            nominations.remind(now=NOW.replace(day=day, hour=hour))
        sent[day] = Message.objects.count()
    assert sent == {13: 0, 14: 1, 15: 1, 16: 1, 17: 1, 18: 2, 19: 2, 31: 2}
    assert set(Message.objects.values_list("to_address", flat=True)) == {"idara0@example.org"}
    assert links.find(Message.objects.first().body.split("/l/")[1].split("/")[0], now=NOW)


def test_where_no_address_is_known_the_registry_gets_one_task_to_remind_by_letter(asked):
    row = asked(email="")
    assert not Message.objects.exists()
    for day in (14, 15, 18):
        nominations.remind(now=NOW.replace(day=day))
    task = Task.objects.get(key=f"nomination/{row.pk}")
    assert "إدارة افتراضية أولى" in str(task.title)
    one = nominations.remind_by_letter(request=row, by=journal.CLI, now=NOW)
    assert nominations.remind_by_letter(request=row, by=journal.CLI, now=NOW) == one
    answer(row, named(0))
    with pytest.raises(nominations.IsOver):
        nominations.remind_by_letter(request=row, by=journal.CLI, now=NOW.replace(day=8))


def test_the_overview_says_what_is_missing_by_administration_and_region(asked, django_assert_max_num_queries):
    first = asked(places=[{"region": "MA-09", "number": 2, "reserve": 1}, {"region": "MA-04", "number": 1}])
    asked(to=1, email="")
    answer(first, named(0), named(1, permission=False, email="", name={"ar": PEOPLE[1][0]}))
    with django_assert_max_num_queries(12):
        found = takeover.overview(first.admission, today=DUE + dt.timedelta(days=2), language="en")
    report = takeover.report(found, today=DUE + dt.timedelta(days=2), language="en")
    assert [(one["organisation"], one["asked"], one["named"], one["missing"]) for one in report["requests"]] == [
        ("idara-a", 3, 2, 1), ("idara-b", 2, 0, 2),
    ]  # fmt: skip
    assert report["requests"][0]["to_do"] == [
        "Names missing: 1.", "Without the agreement of the hierarchy: 1.", "Without an e-mail, told by letter: 1.",
        "Without the second spelling of the name: 1.",
    ]  # fmt: skip
    assert report["requests"][1]["to_do"] == [
        "No answer; days past the day: 2.", "No e-mail is known: remind by letter.",
    ]  # fmt: skip
    souss = next(one for one in report["regions"] if one["region"] == "MA-09")
    assert (souss["size"], souss["asked"], souss["named"], souss["missing"]) == (8, 4, 2, 2)
    assert PEOPLE[0][0] not in str(report)


def test_a_later_day_and_more_places_may_be_given_and_a_new_mailbox_closes_the_old_links(asked):
    row = asked()
    answer(row, named(0), named(1))
    revised = {"places": row.places, "due": DUE, "email": row.email, "office": row.office}

    def revise(**more):
        return nominations.revise(request=row, by=journal.CLI, now=NOW, **{**revised, **more})

    with pytest.raises(nominations.Unfitting):
        revise(places=[{"region": "MA-09", "number": 1, "reserve": 0}])
    revise(places=[{"region": "MA-09", "number": 4, "reserve": 1}], due=DUE + dt.timedelta(days=5))
    row.refresh_from_db()
    assert (row.number, row.due) == (4, DUE + dt.timedelta(days=5))
    revise(email="new@example.org", places=row.places, due=row.due)
    assert list(
        Link.objects.order_by("made_at", "closed_at").values_list("to_address", flat=True).filter(closed_at=None)
    ) == ["new@example.org"]


# --- Data protection ------------------------------------------------------------------------------------------------


def test_nominees_and_decisions_are_given_out_erased_and_go_after_their_time(asked):
    first, second = asked(), asked(to=1)
    answer(first, named(0), named(1))
    answer(second, named(0, email="k@example.org"))
    (pair,) = doubles.find(first.admission)
    doubles.decide(nominee=pair.nominee, other=pair.other, verdict="two", by=journal.CLI, now=NOW)
    take(first)
    who = person(first, 0).registration.person
    given = privacy.export(who)["nominations"]
    assert [one["compared"] for one in given] == [[{"decided": NOW.isoformat(), "verdict": "two"}]]
    privacy.erase(who, by=journal.CLI, now=NOW)
    assert not Nominee.objects.filter(email="p0@example.org").exists()
    assert not Double.objects.exists()
    assert person(first, 1)
    retention.run(now=NOW + dt.timedelta(days=800))
    assert list(Nominee.objects.values_list("email", flat=True)) == ["p1@example.org"]  # with her registration
    first.refresh_from_db()
    assert (first.email, first.office) == ("", "")
