"""The register at the desk: preview before the number, a batch with progress, what came in, sheets, who may."""

from __future__ import annotations

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tansiq.coordination import letters
from tansiq.coordination.models import Function, Letter, LetterKind, LetterTemplate
from tansiq.core import docx, journal
from tansiq.core.models import Job
from tansiq.people.models import Organisation
from tests.desk.test_lists import form_of

YEAR = timezone.localdate().year
BACKEND = "django.contrib.auth.backends.ModelBackend"
PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def typed(world_day, secretariat):
    page = secretariat.get("/desk/letters/write/?activity=ceremony&kind=invitation")
    form = form_of(page, "token")
    return {**form, "to": [str(Organisation.objects.get(slug=slug).pk) for slug in ("unodc", "eu")], "do": "preview"}


def test_the_page_offers_who_takes_part_and_the_preview_takes_no_number(secretariat, typed):
    page = secretariat.post("/desk/letters/write/", typed)
    assert page.context["number"] == 2
    assert "يشرفني أن أدعوكم" in page.content.decode()
    assert not Letter.objects.exists()


def test_a_batch_is_written_once_and_shows_how_far_it_is(secretariat, typed, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first = secretariat.post("/desk/letters/write/", {**typed, "do": "write"})
        second = secretariat.post("/desk/letters/write/", {**typed, "do": "write"})
    assert first["Location"] == second["Location"]
    assert [letter.number for letter in Letter.objects.order_by("serial")] == [f"1/{YEAR}", f"2/{YEAR}"]
    page = secretariat.get(first["Location"]).content.decode()
    assert "انتهى" in page
    job = Job.objects.get()
    bundle = zipfile.ZipFile(io.BytesIO(secretariat.get(f"/desk/jobs/{job.pk}/letters.zip").content))
    assert sorted(bundle.namelist()) == [
        f"1-{YEAR}.docx", f"1-{YEAR}.pdf", f"2-{YEAR}.docx", f"2-{YEAR}.pdf",
    ]  # fmt: skip


def test_a_running_job_asks_again_by_itself_and_can_be_stopped(secretariat, db):
    from django.utils import timezone

    job = Job.objects.create(key="x", kind="letters", label="دعوات", state="running", done=5, total=20, made_at=timezone.now(), begun_at=timezone.now())  # fmt: skip
    page = secretariat.get(f"/desk/jobs/{job.pk}/").content.decode()
    assert ('http-equiv="refresh"' in page, "5 من 20" in page) == (True, True)
    secretariat.post(f"/desk/jobs/{job.pk}/")
    job.refresh_from_db()
    assert job.is_stopping


def test_one_letter_is_written_at_once_and_a_double_click_writes_no_second(secretariat, typed):
    one = {**typed, "to": typed["to"][:1], "do": "write"}
    answer = secretariat.post("/desk/letters/write/", one)
    secretariat.post("/desk/letters/write/", one)
    letter = Letter.objects.get()
    assert answer["Location"] == f"/desk/letters/edit/{letter.pk}/"
    for form, begins in (("pdf", b"%PDF"), ("docx", b"PK")):
        assert secretariat.get(f"/desk/letters/{letter.pk}/file.{form}").content.startswith(begins)
    assert secretariat.get(f"/desk/letters/{letter.pk}/file.exe").status_code == 404


def test_what_is_missing_is_said_and_what_was_typed_stays(secretariat, typed):
    page = secretariat.post("/desk/letters/write/", {**typed, "dated": "غدا", "delegation": "أسماء كتبت"})
    assert page.status_code == 422
    assert "أسماء كتبت" in page.content.decode()


def test_a_letter_that_came_in_gets_its_number_and_a_number_by_hand_is_refused_when_taken(secretariat, world_day):
    form = form_of(secretariat.get("/desk/letters/new/"), "subject")
    data = {**form, "organisation": str(Organisation.objects.get(slug="unodc").pk), "dated": "2026-11-20", "subject": "جواب", "language": "ar"}  # fmt: skip
    sent = secretariat.post("/desk/letters/new/", {**data, "file": SimpleUploadedFile("a.pdf", PDF)})
    assert sent.status_code == 302
    letter = Letter.objects.get()
    assert (letter.number, letter.direction, letter.scan.media_type) == ("1/2026", "in", "application/pdf")
    again = secretariat.post("/desk/letters/new/", {**data, "by_hand": "1", "subject": "جواب آخر"})
    assert again.status_code == 200
    assert "2" in str(again.context_data["form"].errors)
    wrong = secretariat.post("/desk/letters/new/", {**data, "file": SimpleUploadedFile("a.pdf", b"MZ")})
    assert wrong.status_code == 200
    assert Letter.objects.count() == 1


def test_a_written_letter_is_sent_or_cancelled_and_its_words_stay(secretariat, typed):
    secretariat.post("/desk/letters/write/", {**typed, "to": typed["to"][:1], "do": "write"})
    letter = Letter.objects.get()
    address = f"/desk/letters/edit/{letter.pk}/"
    secretariat.post(
        address, {**form_of(secretariat.get(address), "answer_by"), "subject": "غيره", "answer_by": "2026-12-01"}
    )
    secretariat.post(f"/desk/letters/{letter.pk}/state/")
    letter.refresh_from_db()
    assert (letter.state, str(letter.answer_by), "دعوة" in letter.subject) == ("sent", "2026-12-01", True)
    secretariat.post(f"/desk/letters/{letter.pk}/state/", {"cancel": "1"})
    letter.refresh_from_db()
    assert letter.state == "sent"


def test_a_sheet_is_taken_changed_and_given_back_and_a_wrong_one_is_refused(secretariat, db):
    ours = secretariat.get("/desk/letters/sheets/ar.docx").content
    assert docx.check(ours, letters.KNOWN) == []
    upload = {"language": "ar", "kind": "", "file": SimpleUploadedFile("ورقتنا.docx", ours)}
    secretariat.post("/desk/letters/sheets/", upload)
    assert LetterTemplate.objects.get().language == "ar"
    wrong = docx.build([{"kind": "paragraph", "text": "{{ to.nam }}"}], language="ar")
    page = secretariat.post(
        "/desk/letters/sheets/", {**upload, "file": SimpleUploadedFile("x.docx", wrong)}, follow=True
    )
    assert "to.name" in page.content.decode()


def test_a_text_with_an_unknown_field_is_refused_in_the_form(secretariat, db):
    kind = LetterKind.objects.get(slug="invitation")
    address = f"/desk/letter-kinds/edit/{kind.pk}/"
    page = secretariat.post(
        address, {**form_of(secretariat.get(address)), "body_0": "x", "body_ar": "{{ activity.titel }}"}
    )
    assert page.status_code == 200
    assert "activity.title" in str(page.context_data["form"].errors)


@pytest.mark.parametrize("role", ["partner", "press_officer", "approver"])
def test_the_register_is_closed_to_others(user_with, world_day, role):
    client = Client()
    client.force_login(user_with(role), backend=BACKEND)
    for path in ("letters/", "letters/write/", "letters/sheets/", "letter-kinds/"):
        assert client.get(f"/desk/{path}").status_code in (302, 403), path


def test_a_letter_that_could_not_be_written_is_written_when_it_is_tried_again_from_the_same_page(secretariat, typed):
    one = {**typed, "to": typed["to"][:1], "do": "write"}
    kinds = LetterKind.objects.filter(pk=typed["kind"])
    body = kinds.get().body
    kinds.update(body={"ar": "{{ nothing.here }}"})
    secretariat.post("/desk/letters/write/", one)
    assert not Letter.objects.exists()
    kinds.update(body=body)
    secretariat.post("/desk/letters/write/", one)
    assert Letter.objects.count() == 1


def test_many_letters_say_what_the_preview_said_and_names_go_to_one_alone(
    secretariat, typed, world_day, django_capture_on_commit_callbacks
):
    one = {**typed, "to": typed["to"][:1], "do": "write"}
    secretariat.post("/desk/letters/write/", one)
    earlier = Letter.objects.get()
    notice = LetterKind.objects.get(slug="change-notice")
    many = {**typed, "token": "00000000-0000-0000-0000-000000000001", "kind": str(notice.pk), "earlier": str(earlier.pk), "attention": "السيد المدير"}  # fmt: skip
    shown = secretariat.post("/desk/letters/write/", many).context["shown"]
    with django_capture_on_commit_callbacks(execute=True):
        secretariat.post("/desk/letters/write/", {**many, "do": "write"})
    written = list(Letter.objects.filter(kind=notice).order_by("serial"))
    assert [row.subject for row in written] == [words.subject for _organisation, words in shown]
    assert {row.attention for row in written} == {"السيد المدير"}
    assert [row.corrects for row in written] == [earlier if row.organisation == earlier.organisation else None for row in written]  # fmt: skip
    page = secretariat.post("/desk/letters/write/", {**many, "delegation": "أسماء كتبت"})
    assert (page.status_code, "أسماء كتبت" in page.content.decode()) == (422, True)


def test_the_zip_of_a_batch_leaves_out_what_was_erased(secretariat, typed, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        page = secretariat.post("/desk/letters/write/", {**typed, "do": "write"})
    row = Letter.objects.get(serial=1)
    letters.forget_files(row)
    row.save()
    bundle = secretariat.get(page["Location"] + "letters.zip")
    assert zipfile.ZipFile(io.BytesIO(bundle.content)).namelist() == [f"2-{YEAR}.pdf", f"2-{YEAR}.docx"]


def test_a_number_by_hand_that_no_register_has_is_refused_and_what_was_typed_stays(secretariat, db):
    form = form_of(secretariat.get("/desk/letters/new/"), "subject")
    data = {**form, "dated": "2026-11-20", "subject": "جواب المتخيل", "language": "ar", "by_hand": "9" * 30}
    page = secretariat.post("/desk/letters/new/", data)
    assert page.context_data["form"].errors
    assert "جواب المتخيل" in page.content.decode()


def test_a_subject_that_looks_like_a_formula_is_text_in_the_register_as_csv(secretariat, world_day):
    letter = Letter(dated=timezone.localdate(), language="ar", subject="=HYPERLINK(1)", programme=world_day)
    letters.register_in(letter, by=journal.CLI, now=timezone.now())
    content = b"".join(secretariat.get("/desk/letters/?export=csv").streaming_content).decode()
    assert ",'=HYPERLINK(1)," in content


def test_the_letters_of_an_office_fit_the_name_of_a_file(secretariat, db):
    office = Function.objects.get(slug="protocol")
    address = f"/desk/functions/edit/{office.pk}/"
    form = form_of(secretariat.get(address), "code")
    for code in ("../x", "a\\b", "SG 2"):
        assert secretariat.post(address, {**form, "code": code}).context_data["form"].errors["code"]
    assert secretariat.post(address, {**form, "code": "SG-2"}).status_code == 302


def test_an_answer_that_is_wanted_before_the_letter_is_refused_and_a_file_keeps_its_arabic_name(
    world_day, secretariat, typed
):
    page = secretariat.post("/desk/letters/write/", {**typed, "answer_by": "2019-01-01"})
    assert (page.status_code, list(page.context["form"].errors)) == (422, ["answer_by"])
    Function.objects.filter(slug="protocol").update(code="ك.ل")
    office = Function.objects.get(slug="protocol")
    one = {**typed, "to": typed["to"][:1], "service": str(office.pk), "do": "write"}
    secretariat.post("/desk/letters/write/", one)
    letter = Letter.objects.get()
    named = secretariat.get(f"/desk/letters/{letter.pk}/file.docx")["Content-Disposition"]
    assert named.startswith("attachment; filename*=utf-8''")


def test_an_answer_that_came_in_belongs_to_what_was_asked_about(world_day, secretariat, typed):
    secretariat.post("/desk/letters/write/", {**typed, "to": typed["to"][:1], "do": "write"})
    asked = Letter.objects.get()
    secretariat.post(f"/desk/letters/{asked.pk}/state/")
    form = form_of(secretariat.get("/desk/letters/new/"), "subject")
    secretariat.post(
        "/desk/letters/new/",
        {
            **form,
            "subject": "جواب",
            "dated": timezone.localdate().isoformat(),
            "answers": str(asked.pk),
            "organisation": str(asked.organisation_id),
        },
    )
    came = Letter.objects.get(direction="in")
    assert (came.programme, came.activity) == (asked.programme, asked.activity)
