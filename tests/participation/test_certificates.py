"""Who is due a certificate and why not, issuing once, revoking, issuing anew; the PDF and what breaks its seal."""

import datetime as dt
import hashlib
import io
import re
import shutil

import pypdf
import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.utils import timezone

from tansiq.config import files, running
from tansiq.coordination.models import Letter
from tansiq.core import jobs, journal
from tansiq.core.errors import BadInput, Refused
from tansiq.core.models import Entry, Job, Message
from tansiq.participation import (
    attestation,
    certificatepaper,
    certificates,
    keys,
    registration,
    sealing,
    verification,
)
from tansiq.participation.models import Admission, Certificate, CertificateSeries
from tansiq.people import privacy
from tests.conftest import EXAMPLES
from tests.participation.certified import AFTER, KHADIJA, attended, certified, course  # noqa: F401
from tests.participation.conftest import letters

pytestmark = pytest.mark.django_db


def text_of(content):
    return pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text()


@pytest.fixture
def scores():
    """scores[registration id] = percent, as the module of tests would say."""
    found = {}
    certificates.score_of(known := lambda rows: {row.pk: found[row.pk] for row in rows if row.pk in found})
    yield found
    certificates._SCORES.remove(known)


# --- Who is due one -------------------------------------------------------------------------------------------------


def test_each_who_gets_none_is_told_why_in_a_sentence(course, attended, scores, django_assert_num_queries):
    admission = course(minutes=240, score=60, approval=True)
    rows = [attended(admission, number, minutes=170 if number == 2 else 240) for number in range(1, 8)]
    registration.cancel(registration=rows[0], by=journal.CLI, now=AFTER)
    scores |= {rows[3].pk: 55} | {row.pk: 80 for row in rows[4:]}
    certificates.approve(registrations=rows[5:6], by=journal.CLI, now=AFTER)
    certificates.approve(registrations=rows[6:7], by=journal.CLI, now=AFTER)
    certificates.issue(registration=rows[6], by=journal.CLI, now=AFTER)
    with django_assert_num_queries(5):
        found = certificates.due(admission, now=AFTER)
    assert [one.reason for one in found] == [
        "لم يكن له مقعد: ملغى.", "حضر 170 دقيقة من أصل 240 دقيقة مطلوبة.", "الاختبار غير منجز.",
        "حصل على 55 % في الاختبار، والمطلوب 60 %.", "الموافقة غير متوفرة.", "", "",
    ]  # fmt: skip
    assert [one.is_due for one in found] == [False] * 5 + [True, False]
    assert found[6].has_one


def test_a_rule_with_a_test_and_nobody_who_knows_results_says_that_the_test_is_missing(course, attended):
    with pytest.raises(certificates.NotDue, match="الاختبار غير منجز"):
        certificates.issue(registration=attended(course(score=60), 1), by=journal.CLI, now=AFTER)


def test_without_a_rule_no_certificate_is_given(seminar, attended):
    with pytest.raises(certificates.NoRule):
        certificates.issue(registration=attended(seminar(), 1), by=journal.CLI, now=AFTER)


def test_nothing_is_due_before_the_last_day_or_for_what_did_not_take_place(course, attended):
    admission = course()
    row = attended(admission, 1)
    with pytest.raises(certificates.NotDue):
        certificates.issue(registration=row, by=journal.CLI, now=dt.datetime(2020, 7, 20, tzinfo=dt.UTC))
    type(admission.activity).objects.filter(pk=admission.activity.pk).update(state="cancelled")
    with pytest.raises(certificates.NotDue, match="ملغى"):
        certificates.issue(registration=row, by=journal.CLI, now=AFTER)


def test_an_approval_is_given_once_taken_back_and_journalled(course, attended):
    admission = course(approval=True)
    row = attended(admission, 1)
    assert certificates.approve(registrations=[row], by=journal.CLI, now=AFTER) == 1
    assert certificates.approve(registrations=[row], by=journal.CLI, now=AFTER) == 0
    certificates.take_approval_back(registration=row, because="أعيد النظر", by=journal.CLI, now=AFTER)
    certificates.take_approval_back(registration=row, because="أعيد النظر", by=journal.CLI, now=AFTER)
    assert not certificates.due(admission, now=AFTER)[0].is_approved
    verbs = list(Entry.objects.filter(verb__contains="certificate").values_list("verb", flat=True))
    assert verbs == ["participation.approve_certificate", "participation.withdraw_certificate_approval"]


# --- Issuing --------------------------------------------------------------------------------------------------------


def test_a_certificate_is_numbered_signed_stored_journalled_and_mailed(certified):
    one = certified()
    assert (one.number, one.state, one.language, dict(one.holder)) == ("1/2020", "valid", "ar", KHADIJA)
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{26}", one.code)
    assert sealing.is_genuine(one.signed, one.signature, keys.public_keys()[one.signed["key"]])
    assert (one.course["from"], one.course["to"], one.course["minutes"]) == ("2020-07-28", "2020-07-28", 240)
    content = certificates.open_pdf(one, now=AFTER)
    assert hashlib.sha256(content).hexdigest() == one.files["ar"]["sha256"]
    entry = journal.of(one).get()
    assert (entry.verb, entry.changes["number"]) == ("participation.issue_certificate", [None, "1/2020"])
    mail = Message.objects.get(key=f"certificate:{one.pk}")
    assert registration.address_of(one.registration) in mail.body
    assert one.code not in mail.body
    assert not any(name in str(entry.changes) + mail.body for name in KHADIJA.values())


def test_what_is_signed_names_nobody_and_the_salt_binds_the_name(certified):
    one = certified()
    assert not any(word in str(one.signed) for name in KHADIJA.values() for word in name.split())
    assert one.signed["holder"] == sealing.digest_of(one.holder, one.salt)
    assert one.signed["holder"] != sealing.digest_of({**KHADIJA, "fr": "Khadija Aït Ouali"}, one.salt)


def test_to_issue_twice_changes_nothing(certified):
    one = certified()
    again = certificates.issue(registration=one.registration, by=journal.CLI, now=AFTER)
    assert again == one
    assert (Certificate.objects.count(), CertificateSeries.objects.get().last) == (1, 1)
    assert Message.objects.filter(key__startswith="certificate").count() == 1


def test_the_database_refuses_a_second_valid_one_and_a_number_that_is_taken(certified):
    one = certified()
    values = {
        field.attname: getattr(one, field.attname) for field in Certificate._meta.concrete_fields if field.name != "id"
    }
    for changed in ({"serial": 2, "code": "y"}, {"state": "revoked", "revoked_at": AFTER, "code": "z"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Certificate.objects.create(**{**values, **changed})


def test_a_refusal_in_the_middle_leaves_no_gap_in_the_numbers_and_no_half_batch(course, attended):
    admission = course()
    rows = [attended(admission, 1), attended(admission, 2, name={"ar": "سلمى 🧕 الإدريسي"})]
    with pytest.raises(Refused):
        certificates.issue_many(registrations=rows, by=journal.CLI, now=AFTER)
    assert not Certificate.objects.exists()
    assert certificates.issue(registration=rows[0], by=journal.CLI, now=AFTER).number == "1/2020"
    assert certificates.sweep(before=timezone.now() + dt.timedelta(days=1)) >= 1  # what the refused batch had written
    assert certificates.sweep(before=timezone.now() + dt.timedelta(days=1)) == 0
    assert certificates.open_pdf(Certificate.objects.get(), now=AFTER)


def test_numbers_begin_anew_with_the_year(certified, attended):
    one = certified()
    row = attended(one.registration.admission, 2)
    later = certificates.issue(registration=row, by=journal.CLI, now=dt.datetime(2021, 1, 2, tzinfo=dt.UTC))
    assert (one.number, later.number) == ("1/2020", "1/2021")


def test_a_certificate_that_is_good_for_some_months_says_until_when(course, attended):
    row = attended(course(minutes=240, valid_months=19), 1)
    one = certificates.issue(registration=row, by=journal.CLI, now=dt.datetime(2020, 7, 31, tzinfo=dt.UTC))
    assert one.valid_until == dt.date(2022, 2, 28)
    assert "2022" in text_of(certificates.open_pdf(one, now=AFTER))


# --- What becomes of it ---------------------------------------------------------------------------------------------


def test_a_revoked_one_is_said_to_be_and_does_not_come_back_with_the_next_batch(certified):
    one = certified()
    with pytest.raises(certificates.NotValid):
        certificates.revoke(certificate=one, because="  ", by=journal.CLI, now=AFTER)
    for _twice in range(2):
        certificates.revoke(certificate=one, because="حضر شخص آخر باسمها", by=journal.CLI, now=AFTER)
    assert (one.state, one.revoked_because) == ("revoked", "حضر شخص آخر باسمها")
    assert "حضر شخص آخر باسمها." in Message.objects.get(key=f"certificate:{one.pk}:revoked").body
    with pytest.raises(certificates.NotDue, match="1/2020"):
        certificates.issue(registration=one.registration, by=journal.CLI, now=AFTER)
    assert verification.check_code(one.code, now=AFTER).because == "revoked"
    new = certificates.reissue(certificate=one, because="تبين أنها حضرت", by=journal.CLI, now=AFTER)
    one.refresh_from_db()
    assert (one.state, new.state, new.replaces) == ("revoked", "valid", one)


def test_a_corrected_name_gives_a_new_number_and_the_old_one_is_replaced(certified):
    old = certified()
    right = {"ar": "خديجة أيت واعلي", "fr": "Khadija Aït Ouali"}
    new = certificates.reissue(certificate=old, name=right, because="خطأ في الاسم", by=journal.CLI, now=AFTER)
    old.refresh_from_db()
    assert (old.state, new.number, new.code == old.code, dict(new.holder)) == ("replaced", "2/2020", False, right)
    assert dict(new.registration.person.name) == right
    assert verification.check_code(old.code, now=AFTER).because == "replaced"
    assert "Ouali" in text_of(certificates.open_pdf(new, now=AFTER))
    with pytest.raises(certificates.NotValid):
        certificates.reissue(certificate=old, because="مرة أخرى", by=journal.CLI, now=AFTER)
    with pytest.raises(certificates.NotValid):
        certificates.revoke(certificate=old, because="سبب", by=journal.CLI, now=AFTER)


@pytest.mark.parametrize("name", [{"ar": "12345"}, {"ar": "خديجة\u202eأيت"}, {"fr": "x" * 300}, {"ar": "Khadija"}])
def test_a_name_that_is_none_is_refused_and_the_certificate_stays(certified, name):
    one = certified()
    with pytest.raises(registration.Unfit):
        certificates.reissue(certificate=one, name=name, because="خطأ", by=journal.CLI, now=AFTER)
    one.refresh_from_db()
    assert (one.state, dict(one.registration.person.name)) == ("valid", KHADIJA)


def test_an_erased_person_leaves_a_certificate_that_checks_and_names_nobody(certified):
    one = certified()
    copy = certificates.open_pdf(one, now=AFTER)
    with transaction.atomic():
        privacy.erase(one.registration.person, by=journal.CLI, now=AFTER)
    one.refresh_from_db()
    assert (dict(one.holder), one.salt, one.files["ar"]["name"]) == ({}, "", "")
    assert verification.check_code(one.code, now=AFTER).status == "valid"
    assert verification.check_file(copy, now=AFTER).status == "valid"
    assert not verification.bears_name(one, KHADIJA["fr"])
    with pytest.raises(FileNotFoundError):
        certificates.open_pdf(one, now=AFTER)
    with pytest.raises(FileNotFoundError):
        certificates.open_pdf(one, "fr", now=AFTER)


def test_the_file_of_an_erased_person_is_gone(certified, django_capture_on_commit_callbacks):
    one = certified()
    file = one.files["ar"]["name"]
    assert default_storage.exists(file)
    with django_capture_on_commit_callbacks(execute=True):
        privacy.erase(one.registration.person, by=journal.CLI, now=AFTER)
    assert not default_storage.exists(file)


# --- Many at once ---------------------------------------------------------------------------------------------------


def test_a_batch_that_was_killed_goes_on_and_gives_nobody_two(course, attended):
    admission = course()
    for number in range(1, 61):
        attended(admission, number, minutes=170 if number % 10 == 0 else 240)
    job = Job.objects.create(
        kind="certificates", key="certificates:x", label="شهادات", made_at=AFTER,
        given={"admission": str(admission.pk), "by": "", "language": ""},
    )  # fmt: skip
    first = certificates._batch(job)
    assert next(first) == (25, 54)
    first.close()  # killed after the first step
    job.refresh_from_db()
    assert jobs.run(job.pk).result == {"certificates": 54, "refused": []}
    assert sorted(Certificate.objects.values_list("serial", flat=True)) == list(range(1, 55))
    job.refresh_from_db()
    assert (job.done, job.total) == (54, 54)


def test_pressing_the_button_twice_starts_one_batch(course, attended, django_capture_on_commit_callbacks):
    admission = course()
    attended(admission, 1)
    with django_capture_on_commit_callbacks(execute=True):
        first, second = (
            certificates.start_batch(admission=admission, key="t", by=journal.CLI, now=AFTER) for _twice in range(2)
        )
    assert first == second
    assert Certificate.objects.count() == 1


def test_a_name_that_cannot_be_printed_keeps_no_other_from_a_certificate(course, attended):
    admission = course()
    for number in range(1, 4):
        attended(admission, number, **({"name": {"ar": "سلمى 🧕 الإدريسي"}} if number == 2 else {}))
    rows = [one.registration for one in certificates.due(admission, now=AFTER)]
    made = certificates.issue_each(registrations=rows, by=journal.CLI, now=AFTER)
    assert [str(one) for one in (made[0], made[2])] == ["1/2020", "2/2020"]
    assert "🧕" in str(made[1])


# --- The PDF --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_the_pdf_is_pdf_a_2a_and_pdf_ua_1_and_says_what_it_certifies(certified, language):
    one = certified(language=language)
    content = certificates.open_pdf(one, now=AFTER)
    reader = pypdf.PdfReader(io.BytesIO(content))
    meta = content.decode("latin-1")
    assert "<pdfaid:part>2</pdfaid:part>" in meta
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in meta
    assert "<pdfuaid:part>1</pdfuaid:part>" in meta
    assert reader.trailer["/Root"]["/Lang"] == language
    assert len(reader.pages) == 1
    text = text_of(content)
    assert "Khadija Aït Ouahi" in text
    assert "1/2020" in text
    assert one.code[:4] in text


def test_a_second_language_is_drawn_when_asked_and_the_same_bytes_ever_after(certified):
    one = certified()
    french = certificates.open_pdf(one, "fr", now=AFTER)
    assert "Certificat de participation" in text_of(french)
    one = Certificate.objects.get()
    assert certificates.open_pdf(one, "fr", now=AFTER + dt.timedelta(days=9)) == french
    assert verification.check_file(french, now=AFTER).status == "valid"
    with pytest.raises(FileNotFoundError):
        certificates.open_pdf(one, "xx", now=AFTER)


LONG = {"ar": " ".join(["عبد الرحمن"] * 11)[:120].strip(), "fr": " ".join(["Abderrahmane"] * 10)[:120].strip()}


@pytest.mark.parametrize(
    ("name", "language"),
    [(LONG, "ar"), (LONG, "fr"), ({"ar": LONG["ar"]}, "fr"), ({"fr": LONG["fr"]}, "ar"), ({"fr": "W" * 120}, "fr")],
)
def test_long_names_and_names_of_the_other_script_stay_on_one_page_with_a_long_title(certified, course, name, language):
    admission = course()
    title = {"ar": "ندوة وطنية عن بعد " * 16, "fr": "Séminaire national à distance " * 10}
    type(admission.activity).objects.filter(pk=admission.activity.pk).update(title=title)
    one = certified(name=name, language=language, admission=admission)
    assert len(pypdf.PdfReader(io.BytesIO(certificates.open_pdf(one, now=AFTER))).pages) == 1


def test_no_name_is_markup(certified):
    one = certified(name={"fr": '#panic("x") $ * _ `Aït`'}, language="fr")
    assert '#panic("x")' in text_of(certificates.open_pdf(one, now=AFTER))


def test_the_bodies_stand_in_logo_order_the_own_one_first_and_the_payer_of_the_project_too(course):
    found = [one.slug for one in certificatepaper.logo_order(course().activity)]
    assert found[0] == "cnclt"
    assert {"unodc", "eu"} <= set(found)
    assert len(set(found)) == len(found)


def test_all_for_the_printer_are_one_pdf_with_a_page_each_in_its_own_language(course, attended):
    admission = course()
    rows = [attended(admission, number, language=language) for number, language in enumerate(("ar", "fr", "en"), 1)]
    made = certificates.issue_many(registrations=rows, by=journal.CLI, now=AFTER)
    content = certificatepaper.printed(made, certificatepaper.sheet_of(admission, now=AFTER), now=AFTER)
    pages = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]
    assert len(pages) == 3
    assert "Certificat de participation" in pages[1]
    assert "Certificate of participation" in pages[2]
    assert b"<pdfaid:part>2</pdfaid:part>" in content


def test_any_changed_byte_and_any_cut_breaks_the_seal(certified):
    one = certified()
    content = certificates.open_pdf(one, now=AFTER)
    assert verification.check_file(content, now=AFTER).status == "valid"
    public = keys.public_keys()
    step = len(content) // 150
    for place in [*range(8, len(content), step), content.index(b"tansiq-seal:") + 60, len(content) - 3]:
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        assert verification.check_file(changed, now=AFTER).status == "tampered", place
        assert not verification.check_file(changed, now=AFTER, public=public).is_valid, place
    for length in (*range(10, len(content) - 1, step), len(content) - 1):
        assert verification.check_file(content[:length], now=AFTER).status == "tampered", length
    for more in (b"\n", b"%", content):
        assert verification.check_file(content + more, now=AFTER).status == "tampered"


def test_what_a_stolen_key_signs_is_not_in_our_books(certified):
    one = certified()
    sheet = certificatepaper.sheet_of(one.registration.admission, now=AFTER)
    one.holder = {"ar": "شخص آخر"}
    forged = certificatepaper.draw(one, sheet, "ar", keys.active(now=AFTER))
    assert verification.check_file(forged, now=AFTER, public=keys.public_keys()).status == "valid"
    assert verification.check_file(forged, now=AFTER).status == "tampered"


def test_a_row_that_was_changed_behind_our_back_is_not_what_was_issued(certified):
    one = certified()
    one.signed["course"]["to"] = "2021-07-28"
    Certificate.objects.filter(pk=one.pk).update(signed=one.signed)
    assert verification.check_code(one.code, now=AFTER).status == "tampered"
    assert verification.changed() == ["1/2020"]


@pytest.mark.parametrize("change", [{"holder": {"ar": "شخص آخر"}}, {"serial": 7}, {"code": "0" * 26}])
def test_the_check_of_the_installation_finds_a_changed_row(certified, change):
    one = certified()
    assert verification.changed() == []
    Certificate.objects.filter(pk=one.pk).update(**change)
    assert len(verification.changed()) == 1
    assert running.check()["sound"] is False


def test_a_file_that_names_an_unknown_function_as_signatory_is_refused(world_day, tmp_path):
    file = tmp_path / "programme.yaml"
    text = (EXAMPLES / "ma-2020-world-day.yaml").read_text(encoding="utf-8")
    shutil.copytree(EXAMPLES / "sources", tmp_path / "sources")
    quotas = "\nquotas: [{activity: seminar, capacity: 5, certificate: {minutes: 60, hours: 2, signatory: %s}}]\n"
    file.write_text(text + quotas % "nobody", encoding="utf-8")
    with pytest.raises(BadInput, match="signatory"):
        files.load(files.read(file), by=journal.CLI, now=AFTER)
    file.write_text(text + quotas % "registry", encoding="utf-8")
    files.load(files.read(file), by=journal.CLI, now=AFTER)
    assert Admission.objects.get().certificate == {"minutes": 60, "hours": 2, "signatory": "registry"}


# --- Attestations ---------------------------------------------------------------------------------------------------


def test_who_was_there_and_is_due_none_gets_a_registered_letter_once(course, attended, world_day):
    from tansiq.people.models import Organisation

    row = attended(course(), 1, minutes=170, name=KHADIJA)
    with pytest.raises(attestation.NoAddressee):
        attestation.write(registration=row, by=journal.CLI, now=AFTER)
    to = Organisation.objects.get(slug="unodc")
    first, again = (
        attestation.write(registration=row, organisation=to, by=journal.CLI, now=AFTER) for _twice in range(2)
    )
    assert first == again == Letter.objects.get(direction="out")
    assert first.kind.slug == "attestation"
    from tansiq.coordination import letters as register
    from tansiq.core import docx

    assert KHADIJA["ar"] in docx.text_of(register.open_file(first, "docx"))


def test_nobody_who_was_not_there_or_has_a_certificate_gets_an_attestation(certified, attended):
    one = certified()
    with pytest.raises(attestation.NothingToAttest, match="1/2020"):
        attestation.write(registration=one.registration, by=journal.CLI, now=AFTER)
    absent = attended(one.registration.admission, 2, minutes=0, name={"ar": f"غائبة {letters(2)}"})
    with pytest.raises(attestation.NothingToAttest):
        attestation.write(registration=absent, by=journal.CLI, now=AFTER)
