"""Tests at the desk: questions typed as lines, opened, printed, typed in from paper, and what was gained."""

import csv
import datetime as dt
import io
from dataclasses import replace

import lxml.html
import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from tansiq.core import journal, tables
from tansiq.core.errors import BadInput, Refused
from tansiq.core.models import Message
from tansiq.desk import gainpicture
from tansiq.desk.assessments import as_row, from_lines, from_row
from tansiq.participation import assessments, gains, testsheets
from tansiq.participation.models import Assessment, Attempt
from tansiq.people.models import Organisation
from tests.desk.test_lists import form_of
from tests.participation.asking import ALL_RIGHT, ALL_WRONG, QUESTIONS, ready, take
from tests.participation.conftest import NOW, come, seminar  # noqa: F401

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def filled(seminar, come):
    """A test that six people took before and after, and one has not."""
    admission = seminar()
    assessment = ready(admission)
    for n in range(6):
        row = come(admission, n, region=f"MA-{n + 1:02}")
        take(assessment, row, "before", ALL_WRONG if n else ALL_RIGHT)
        take(assessment, row, "after", ALL_RIGHT)
    come(admission, 6, region="MA-07")
    return assessment


@pytest.fixture
def logged_in(user_with):
    def make(*roles):
        client = Client()
        client.force_login(user_with(*roles), backend=BACKEND)
        return client

    return make


# --- Questions ------------------------------------------------------------------------------------------------------


def test_a_question_comes_back_from_its_row_as_it_was():
    assert [from_row(as_row(one)) for one in QUESTIONS] == QUESTIONS


def test_answers_are_lines_that_belong_together_by_language():
    assert from_lines({"ar": "نعم\nلا", "fr": "oui\r\nnon"}) == [{"ar": "نعم", "fr": "oui"}, {"ar": "لا", "fr": "non"}]
    with pytest.raises(Refused, match="fr: 1"):
        from_lines({"ar": "نعم\nلا", "fr": "oui"})


def test_a_test_is_written_at_the_desk_and_saved_unchanged_stays_as_it_is(secretariat, seminar):
    admission = seminar()
    given = {
        **form_of(secretariat.get("/desk/tests/new/"), "title_ar"), "activity": str(admission.activity.pk),
        "title_ar": "اختبار", "before_opens_at": "2020-07-20T09:00", "pass_percent": "60", "reference_language": "ar",
        "questions-0-id": "consent", "questions-0-text_ar": "هل تُشترط الموافقة؟", "questions-0-kind": "single",
        "questions-0-options_ar": "نعم\nلا", "questions-0-options_fr": "oui\nnon", "questions-0-right": "2",
    }  # fmt: skip
    assert secretariat.post("/desk/tests/new/", given).status_code == 302
    row = Assessment.objects.get()
    assert row.questions == [
        {
            "id": "consent", "kind": "single", "text": {"ar": "هل تُشترط الموافقة؟"}, "points": 1,
            "options": [
                {"text": {"ar": "نعم", "fr": "oui"}, "right": False}, {"text": {"ar": "لا", "fr": "non"}, "right": True},
            ],
        }
    ]  # fmt: skip
    lines = journal.of(row).count()
    address = f"/desk/tests/edit/{row.pk}/"
    assert secretariat.post(address, form_of(secretariat.get(address))).status_code == 302
    assert journal.of(row).count() == lines


@pytest.mark.parametrize(
    "wrong",
    [
        {"questions-0-right": "7"}, {"questions-0-right": "1, 2"}, {"questions-0-options_ar": "وحيد", "questions-0-options_fr": ""},
        {"questions-0-options_fr": "oui"}, {"questions-1-id": "consent", "questions-1-text_ar": "x", "questions-1-kind": "single", "questions-1-options_ar": "a\nb", "questions-1-right": "1"},
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_is_said_beside_the_list_and_what_was_typed_stays(secretariat, seminar, wrong):
    ready(seminar(), questions=[{**QUESTIONS[0], "kind": "single"}])
    address = f"/desk/tests/edit/{Assessment.objects.get().pk}/"
    page = secretariat.post(address, {**form_of(secretariat.get(address)), **wrong})
    assert page.status_code == 200
    assert page.context_data["form"].errors.keys() == {"questions"}
    assert all(value in page.content.decode() for value in wrong.values())


def test_a_hundred_questions_are_saved_at_once(secretariat, seminar):
    questions = [{**QUESTIONS[0], "id": f"q{n}"} for n in range(100)]
    ready(seminar(), questions=questions)
    address = f"/desk/tests/edit/{Assessment.objects.get().pk}/"
    given = form_of(secretariat.get(address))
    assert secretariat.post(address, {**given, "questions-99-text_ar": "نص آخر"}).status_code == 302
    assert Assessment.objects.get().questions[99]["text"]["ar"] == "نص آخر"


# --- What was gained ------------------------------------------------------------------------------------------------


def test_the_results_are_a_table_first_and_a_picture_that_says_the_same(secretariat, filled):
    page = secretariat.get(f"/desk/test/{filled.pk}/")
    tree = lxml.html.fromstring(page.content)
    rows = [
        [cell.text_content().strip() for cell in row]
        for row in tree.xpath("//table[@class='listing']")[0].xpath(".//tbody/tr")
    ]
    assert rows[0][1:6] == ["6", "16,7 %", "100,0 %", "+83,3", "1,0"]
    assert all(float(one.get("width")) > 0 for one in tree.xpath("//*[@class='gain-after']"))
    figures = [one.text_content() for one in tree.xpath("//*[@class='gain-figure']")]
    assert figures[:2] == ["16,7 %", "100,0 %"]
    text = page.content.decode()
    assert text.index('<table class="listing"') < text.index("<svg viewBox")
    assert "style=" not in text[text.index("<figure") : text.index("</figure>")]


def test_who_was_late_is_said_on_the_page_and_how_many_where_they_are_many(secretariat, filled):
    filled.minutes_allowed = 20
    filled.save()
    tries = Attempt.objects.filter(moment="before").order_by("registration__number")
    late, paper = tries[0], tries[1]
    long_ago = late.submitted_at - dt.timedelta(minutes=23)
    Attempt.objects.filter(pk__in=(late.pk, paper.pk)).update(begun_at=long_ago)
    Attempt.objects.filter(pk=paper.pk).update(how="paper")
    page = secretariat.get(f"/desk/test/{filled.pk}/")
    over = [[at["over"] for at in one["moments"]] for one in page.context["people"]]
    assert (over[0], over[1]) == ([3, 0], [0, 0])
    assert page.context["found"].late == {"before": 1, "after": 0}
    sheet = secretariat.get(f"/desk/test/{filled.pk}/", {"as": "csv"}).content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(sheet)))
    assert [row[2] for row in rows[-2:]] == ["< 5", "< 5"]
    filled.minutes_allowed = None
    filled.save()
    assert secretariat.get(f"/desk/test/{filled.pk}/").context["late"] == []
    # Ten of whom five were late are said; of six the one who was not would be known.
    many = gains.results(filled)
    counted = replace(many, takers={"before": 10, "after": 6, "both": 6}, late={"before": 5, "after": 5})
    assert gains.suppressed(counted).late == {"before": None, "after": None}
    counted = replace(many, takers={"before": 12, "after": 6, "both": 6}, late={"before": 6, "after": 5})
    assert gains.suppressed(counted).late == {"before": 6, "after": None}


def test_bars_begin_on_the_starting_side_of_the_language(filled):
    questions = gains.results(filled).questions
    with translation.override("ar"):
        arabic = gainpicture.bars(questions)["rows"][0].bars
    with translation.override("fr"):
        french = gainpicture.bars(questions)["rows"][0].bars
    assert [one.x for one in french] == [gainpicture.LABEL] * 2
    assert [one.x + one.width for one in arabic] == [gainpicture.WIDTH - gainpicture.LABEL] * 2


def test_a_file_says_nothing_of_fewer_than_five_and_the_page_of_the_secretariat_does(secretariat, filled):
    people = [row.pk for row in filled.activity.admission.registrations.order_by("number")]
    Attempt.objects.filter(registration__in=people[:2]).delete()
    page = secretariat.get(f"/desk/test/{filled.pk}/")
    assert page.context["found"].takers["both"] == 4
    for kind in ("csv", "xlsx"):
        answer = secretariat.get(f"/desk/test/{filled.pk}/", {"as": kind})
        if kind == "csv":
            rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        else:
            rows = list(openpyxl.load_workbook(io.BytesIO(answer.content)).active.values)
        assert rows[1][0] == "consent"
        assert set(rows[1][2:]) == {"< 5"}


def test_other_roles_see_suppressed_figures_and_no_person(logged_in, filled):
    name = str(filled.activity.admission.registrations.first().person)
    trainer = logged_in("auditor").get(f"/desk/test/{filled.pk}/")
    assert trainer.status_code == 200
    assert name not in trainer.content.decode()
    assert trainer.context["found"] == gains.suppressed(gains.results(filled))
    planner = logged_in("programme_officer").get(f"/desk/test/{filled.pk}/")
    assert name in planner.content.decode()


@pytest.mark.parametrize("role", ["press_officer", "donor_reader", "storekeeper", "regional_officer"])
def test_who_has_no_part_in_it_sees_no_page_of_it(logged_in, filled, role):
    client = logged_in(role)
    for address in ("", "type/", "ar.pdf", "ar.pdf?key=1", "sheets.xlsx"):
        assert client.get(f"/desk/test/{filled.pk}/{address}").status_code in (302, 403)
    client.post(f"/desk/test/{filled.pk}/act/", {"do": "close", "moment": "before"})
    filled.refresh_from_db()
    assert filled.before_closes_at > NOW


def test_the_key_is_for_those_who_plan(logged_in, filled):
    auditor = logged_in("auditor")
    assert auditor.get(f"/desk/test/{filled.pk}/ar.pdf").content[:5] == b"%PDF-"
    assert auditor.get(f"/desk/test/{filled.pk}/ar.pdf?key=1").status_code in (302, 403)
    assert logged_in("secretariat").get(f"/desk/test/{filled.pk}/fr.pdf?key=1").content[:5] == b"%PDF-"


def test_the_page_costs_the_same_with_seven_and_with_thirty_people(secretariat, filled, come):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            secretariat.get(f"/desk/test/{filled.pk}/")
        return len(queries)

    cost()
    few = cost()
    for n in range(10, 33):
        row = come(filled.activity.admission, n, region=f"MA-{n % 12 + 1:02}")
        take(filled, row, "before", ALL_RIGHT)
    assert cost() == few


def test_opening_closing_and_reminding_are_buttons(secretariat, filled):
    address = f"/desk/test/{filled.pk}/act/"
    secretariat.post(address, {"do": "open", "moment": "after"})
    filled.refresh_from_db()
    assert filled.is_open("after", timezone.now())
    Message.objects.all().delete()
    for _click in range(2):
        secretariat.post(address, {"do": "remind", "moment": "after"})
    assert Message.objects.count() == 1
    secretariat.post(address, {"do": "close", "moment": "after"})
    filled.refresh_from_db()
    assert not filled.is_open("after", timezone.now())


# --- Paper ----------------------------------------------------------------------------------------------------------


def test_a_sheet_is_typed_in_by_letters_and_shown_again_to_be_mended(secretariat, filled):
    address = f"/desk/test/{filled.pk}/type/"
    given = {"number": "7", "moment": "before", "try": "1", "a.consent": "ب", "a.victims": "A", "a.signs": "1, 2, 3"}
    assert secretariat.post(address, given).status_code == 302
    attempt = Attempt.objects.get(registration__number=7)
    assert (attempt.how, attempt.score) == ("paper", 100)
    page = secretariat.get(address, {"number": "7", "moment": "before"}).content.decode()
    assert 'value="1, 2, 3"' in page
    assert secretariat.post(address, {**given, "a.consent": "1"}).status_code == 302
    attempt.refresh_from_db()
    assert attempt.score == 80


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "99"},
        {"number": "x"},
        {"a.consent": "1, 2"},
        {"a.consent": "9"},
        {"a.consent": "نعم"},
        {"number": "1"},
    ],
)
def test_what_does_not_fit_on_a_sheet_is_said_and_what_was_typed_stays(secretariat, filled, wrong):
    given = {"number": "7", "moment": "before", "try": "1", "a.consent": "2", "a.victims": "3", **wrong}
    page = secretariat.post(f"/desk/test/{filled.pk}/type/", given)
    assert page.status_code == 422
    text = page.content.decode()
    assert f'value="{given["a.consent"]}"' in text
    assert 'value="3"' in text
    assert Attempt.objects.filter(how="paper").count() == 0


def test_a_table_is_read_whole_or_not_and_its_template_fits(secretariat, filled):
    template = secretariat.get(f"/desk/test/{filled.pk}/sheets.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(template.content)).active
    assert [cell.value for cell in sheet[1]] == ["number", "try", "consent", "victims", "signs"]
    assert sheet.max_row == 8
    address = f"/desk/test/{filled.pk}/sheets/"

    def send(text):
        file = SimpleUploadedFile("sheets.csv", text.encode())
        return secretariat.post(address, {"file": file, "moment": "before"})

    wrong = send("number,consent,victims,signs\n7,2,1,\n99,2,1,1\n7,x,1,1\n")
    assert wrong.status_code == 422
    assert len(wrong.context["problems"]) == 2
    assert not Attempt.objects.filter(registration__number=7).exists()
    assert send('number,consent,victims,signs\n7,2,1,"1,2"\n').status_code == 302
    assert Attempt.objects.get(registration__number=7).score == 80
    assert secretariat.post(address, {"moment": "before"}).status_code == 422


def test_a_trainer_sees_the_tests_of_the_own_organisation_alone(user_with, filled):
    user = user_with("trainer")
    codes = []
    for slug in ("unodc", "ministry-justice-ma"):
        user.grants.update(organisation=Organisation.objects.get(slug=slug))
        client = Client()
        client.force_login(user, backend=BACKEND)
        codes.append(client.get(f"/desk/test/{filled.pk}/").status_code)
    assert codes == [200, 404]


def test_rows_are_read_in_the_order_of_the_file(filled):
    text = "number,consent,victims,signs\n" + "".join(f"{n},x,1,1\n" for n in (7, 8, 9, 10, 11))
    with pytest.raises(BadInput) as refusal:
        testsheets.enter(filled, "before", tables.read_csv(text.encode(), name="a.csv"), by=journal.CLI, now=NOW)
    lines = [int(one.place.rpartition(":")[2]) for one in refusal.value.problems]
    assert lines == sorted(lines)


def test_assessments_are_opened_with_questions_only(secretariat, seminar):
    row = ready(seminar(), questions=[], moments=())
    secretariat.post(f"/desk/test/{row.pk}/act/", {"do": "open", "moment": "before"})
    with pytest.raises(assessments.NotOpen):
        assessments.open_(assessment=row, moment="before", by=journal.CLI, now=NOW)
    row.refresh_from_db()
    assert row.before_opens_at is None
