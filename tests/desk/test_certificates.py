"""Certificates at the desk: the rule, who gets one, issuing all, revoking, and who may."""

import io
import uuid
import zipfile

import pypdf
import pytest

from tansiq.core import journal
from tansiq.core.models import Entry, Job
from tansiq.participation import certificatefiles, entitlement
from tansiq.participation.models import Certificate
from tansiq.people import accounts
from tansiq.people.models import Region
from tests.participation.certified import AFTER, KHADIJA, attended, certified, course  # noqa: F401
from tests.participation.conftest import come, seminar  # noqa: F401

pytestmark = pytest.mark.django_db


def of(admission):
    return f"/desk/certificates/of/{admission.pk}/"


def is_refused(answer):
    """Wagtail sends whoever may not do something back to the home page of the desk, with a message."""
    return answer.status_code in (403, 404) or (answer.status_code == 302 and answer["Location"] == "/desk/")


def test_the_page_says_who_gets_one_and_who_not_and_why(secretariat, course, attended):
    admission = course()
    attended(admission, 1)
    attended(admission, 2, minutes=170)
    page = secretariat.get(of(admission)).content.decode()
    assert "شهادة واحدة مستحقة" in page
    assert "حضر 170 دقيقة من أصل 240 دقيقة مطلوبة." in page
    assert "يخبر شخص واحد بالبريد." in page


def test_the_rule_is_set_and_what_does_not_fit_is_refused_at_its_field(secretariat, seminar):
    admission = seminar()
    assert "لا تسلم شهادات" in secretariat.get(of(admission)).content.decode()
    given = {"do": "rule", "given": "on", "minutes": "240", "score": "60", "signatory": "head-of-secretariat"}
    assert secretariat.post(of(admission), {**given, "score": "160"}).status_code == 422
    assert secretariat.post(of(admission), given).status_code == 302
    admission.refresh_from_db()
    assert admission.certificate == {"minutes": 240, "score": 60, "signatory": "head-of-secretariat"}
    secretariat.post(of(admission), {"do": "rule", "given": "on"})
    admission.refresh_from_db()
    assert admission.certificate == {"minutes": 0}
    secretariat.post(of(admission), {"do": "rule"})
    admission.refresh_from_db()
    assert admission.certificate == {}
    assert journal.of(admission).filter(verb="participation.set_certificate").count() == 3


def test_one_button_issues_all_and_a_double_click_starts_one_batch(
    secretariat, course, attended, django_capture_on_commit_callbacks
):
    admission = course()
    for number in (1, 2):
        attended(admission, number)
    given = {"do": "issue", "token": str(uuid.uuid4()), "language": "fr"}
    with django_capture_on_commit_callbacks(execute=True):
        first, second = (secretariat.post(of(admission), given) for _twice in range(2))
    assert first["Location"] == second["Location"] == f"/desk/jobs/{Job.objects.get(kind='certificates').pk}/"
    assert of(admission) in secretariat.get(first["Location"]).content.decode()
    assert [one.language for one in Certificate.objects.all()] == ["fr", "fr"]
    assert secretariat.post(of(admission), {"do": "issue", "token": "x"}).status_code == 302
    assert Job.objects.filter(kind="certificates").count() == 1


def test_all_come_as_a_zip_and_as_one_pdf_for_the_printer(secretariat, certified):
    one = certified()
    admission = one.registration.admission
    packed = zipfile.ZipFile(io.BytesIO(b"".join(secretariat.get(f"{of(admission)}all.zip").streaming_content)))
    assert packed.namelist() == ["2020-00001-ar.pdf"]
    assert packed.read("2020-00001-ar.pdf") == certificatefiles.open_pdf(one, now=AFTER)
    printed = secretariat.get(f"{of(admission)}print.pdf")
    assert len(pypdf.PdfReader(io.BytesIO(printed.content)).pages) == 1
    assert secretariat.get(f"/desk/certificates/one/{one.pk}/fr.pdf").content.startswith(b"%PDF")


def test_an_approval_is_ticked_and_taken_back_with_its_reason(secretariat, course, attended):
    admission = course(minutes=0, approval=True)
    rows = [attended(admission, number) for number in (1, 2)]
    assert "الموافقة غير متوفرة." in secretariat.get(of(admission)).content.decode()
    secretariat.post(of(admission), {"do": "approve", "registration": [str(rows[1].pk), "x"]})
    assert [one.is_due for one in entitlement.due(admission, now=AFTER)] == [False, True]
    back = {"do": "unapprove", "number": str(rows[1].number)}
    for because, is_due in (("", True), ("أعيد النظر في الملف", False), ("مرة أخرى", False)):
        secretariat.post(of(admission), {**back, "because": because})
        assert entitlement.due(admission, now=AFTER)[1].is_due is is_due
    [said] = Entry.objects.filter(verb="participation.withdraw_certificate_approval")
    assert said.changes["because"] == [None, "أعيد النظر في الملف"]


def test_one_is_revoked_with_its_reason_and_issued_anew_with_the_right_name(secretariat, certified):
    one = certified()
    path = f"/desk/certificates/one/{one.pk}/"
    secretariat.post(path, {"do": "revoke", "because": ""})
    one.refresh_from_db()
    assert one.state == "valid"
    secretariat.post(
        path, {"do": "reissue", "because": "خطأ", "name_ar": KHADIJA["ar"], "name_fr": "Khadija Aït Ouali"}
    )
    one.refresh_from_db()
    new = Certificate.objects.get(state="valid")
    assert (one.state, new.holder["fr"]) == ("replaced", "Khadija Aït Ouali")
    secretariat.post(f"/desk/certificates/one/{new.pk}/", {"do": "revoke", "because": "طلب منها"})
    page = secretariat.get(f"/desk/certificates/edit/{new.pk}/").content.decode()
    assert "طلب منها" in page


def test_who_was_there_for_too_short_gets_a_letter(secretariat, course, attended):
    admission = course()
    attended(admission, 1, minutes=100)
    answer = secretariat.post(of(admission), {"do": "attest", "number": "1", "to": "unodc"})
    assert answer["Location"].startswith("/desk/letters/edit/")
    assert secretariat.post(of(admission), {"do": "attest", "number": "9x"}).status_code == 404


def test_a_role_of_one_region_sees_that_region_alone_and_issues_nothing(client, user_with, course, attended, certified):
    admission = course()
    attended(admission, 7, region="MA-04", name={"ar": "سلمى الإدريسي"})
    one = certified(1, admission=admission)
    user = user_with()
    accounts.grant(
        user=user, role="regional_officer", region=Region.objects.get(code="MA-04"), by=journal.CLI, now=AFTER
    )
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(of(admission)).content.decode()
    assert "سلمى الإدريسي" in page
    assert KHADIJA["ar"] not in page
    assert is_refused(client.get(f"/desk/certificates/edit/{one.pk}/"))
    assert client.get(f"/desk/certificates/one/{one.pk}/ar.pdf").status_code == 404
    assert is_refused(client.post(of(admission), {"do": "issue", "token": str(uuid.uuid4())}))
    assert is_refused(client.post(f"/desk/certificates/one/{one.pk}/", {"do": "revoke", "because": "x"}))
    assert not Job.objects.exists()
    one.refresh_from_db()
    assert one.state == "valid"
    assert client.get(f"{of(admission)}print.pdf").status_code == 404


@pytest.mark.parametrize("role", ["press_officer", "storekeeper", "donor_reader", "partner"])
def test_others_see_no_certificates(client, user_with, certified, role):
    one = certified()
    client.force_login(user_with(role), backend="django.contrib.auth.backends.ModelBackend")
    for path in (
        of(one.registration.admission),
        f"/desk/certificates/one/{one.pk}/ar.pdf",
        f"{of(one.registration.admission)}all.zip",
    ):
        assert is_refused(client.get(path))
