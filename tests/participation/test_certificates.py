"""Who is due a certificate and why not, issuing once, revoking, issuing anew; the PDF and what breaks its seal."""

import datetime as dt
import hashlib
import re

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tansiq.core import jobs, journal
from tansiq.core.errors import Refused
from tansiq.core.models import Job, Message
from tansiq.participation import (
    applicants,
    certificatefiles,
    certificates,
    entitlement,
    keys,
    ownpage,
    sealing,
    verification,
)
from tansiq.participation.models import Certificate, CertificateSeries
from tansiq.people import privacy
from tests.participation.certified import AFTER, KHADIJA, attended, certified, course, text_of  # noqa: F401

pytestmark = pytest.mark.django_db


# --- Issuing --------------------------------------------------------------------------------------------------------


def test_a_certificate_is_numbered_signed_stored_journalled_and_mailed(certified):
    one = certified()
    assert (one.number, one.state, one.language, dict(one.holder)) == ("1/2020", "valid", "ar", KHADIJA)
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{26}", one.code)
    assert sealing.is_genuine(one.signed, one.signature, keys.public_keys()[one.signed["key"]])
    assert (one.course["from"], one.course["to"], one.course["minutes"]) == ("2020-07-28", "2020-07-28", 240)
    content = certificatefiles.open_pdf(one, now=AFTER)
    assert hashlib.sha256(content).hexdigest() == one.files["ar"]["sha256"]
    entry = journal.of(one).get()
    assert (entry.verb, entry.changes["number"]) == ("participation.issue_certificate", [None, "1/2020"])
    mail = Message.objects.get(key=f"certificate:{one.pk}")
    assert ownpage.address_of(one.registration) in mail.body
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
    assert (
        certificatefiles.sweep(before=timezone.now() + dt.timedelta(days=1)) >= 1
    )  # what the refused batch had written
    assert certificatefiles.sweep(before=timezone.now() + dt.timedelta(days=1)) == 0
    assert certificatefiles.open_pdf(Certificate.objects.get(), now=AFTER)


def test_numbers_begin_anew_with_the_year(certified, attended):
    one = certified()
    row = attended(one.registration.admission, 2)
    later = certificates.issue(registration=row, by=journal.CLI, now=dt.datetime(2021, 1, 2, tzinfo=dt.UTC))
    assert (one.number, later.number) == ("1/2020", "1/2021")


def test_a_certificate_that_is_good_for_some_months_says_until_when(course, attended):
    row = attended(course(minutes=240, valid_months=19), 1)
    one = certificates.issue(registration=row, by=journal.CLI, now=dt.datetime(2020, 7, 31, tzinfo=dt.UTC))
    assert one.valid_until == dt.date(2022, 2, 28)
    assert "2022" in text_of(certificatefiles.open_pdf(one, now=AFTER))


# --- What becomes of it ---------------------------------------------------------------------------------------------


def test_a_revoked_one_is_said_to_be_and_does_not_come_back_with_the_next_batch(certified):
    one = certified()
    with pytest.raises(certificates.NotValid):
        certificates.revoke(certificate=one, because="  ", by=journal.CLI, now=AFTER)
    for _twice in range(2):
        certificates.revoke(certificate=one, because="حضر شخص آخر باسمها", by=journal.CLI, now=AFTER)
    assert (one.state, one.revoked_because) == ("revoked", "حضر شخص آخر باسمها")
    assert "حضر شخص آخر باسمها." in Message.objects.get(key=f"certificate:{one.pk}:revoked").body
    with pytest.raises(entitlement.NotDue, match="1/2020"):
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
    assert "Ouali" in text_of(certificatefiles.open_pdf(new, now=AFTER))
    with pytest.raises(certificates.NotValid):
        certificates.reissue(certificate=old, because="مرة أخرى", by=journal.CLI, now=AFTER)
    with pytest.raises(certificates.NotValid):
        certificates.revoke(certificate=old, because="سبب", by=journal.CLI, now=AFTER)


@pytest.mark.parametrize("name", [{"ar": "12345"}, {"ar": "خديجة\u202eأيت"}, {"fr": "x" * 300}, {"ar": "Khadija"}])
def test_a_name_that_is_none_is_refused_and_the_certificate_stays(certified, name):
    one = certified()
    with pytest.raises(applicants.Unfit):
        certificates.reissue(certificate=one, name=name, because="خطأ", by=journal.CLI, now=AFTER)
    one.refresh_from_db()
    assert (one.state, dict(one.registration.person.name)) == ("valid", KHADIJA)


def test_an_erased_person_leaves_a_certificate_that_checks_and_names_nobody(certified):
    one = certified()
    copy = certificatefiles.open_pdf(one, now=AFTER)
    with transaction.atomic():
        privacy.erase(one.registration.person, by=journal.CLI, now=AFTER)
    one.refresh_from_db()
    assert (dict(one.holder), one.salt, one.files["ar"]["name"]) == ({}, "", "")
    assert verification.check_code(one.code, now=AFTER).status == "valid"
    assert verification.check_file(copy, now=AFTER).status == "valid"
    assert not verification.bears_name(one, KHADIJA["fr"])
    with pytest.raises(FileNotFoundError):
        certificatefiles.open_pdf(one, now=AFTER)
    with pytest.raises(FileNotFoundError):
        certificatefiles.open_pdf(one, "fr", now=AFTER)


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
    rows = [one.registration for one in entitlement.due(admission, now=AFTER)]
    made = certificates.issue_each(registrations=rows, by=journal.CLI, now=AFTER)
    assert [str(one) for one in (made[0], made[2])] == ["1/2020", "2/2020"]
    assert "🧕" in str(made[1])
