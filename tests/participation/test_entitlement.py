"""Who is due a certificate, and who is not is told why in a sentence."""

import datetime as dt
import shutil

import pytest

from tansiq.config import files
from tansiq.core import journal
from tansiq.core.errors import BadInput
from tansiq.core.models import Entry
from tansiq.participation import certificates, entitlement, registration
from tansiq.participation.models import Admission
from tests.conftest import EXAMPLES
from tests.participation.certified import AFTER, attended, certified, course  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def scores():
    """scores[registration id] = percent, as the module of tests would say."""
    found = {}
    entitlement.score_of(known := lambda rows: {row.pk: found[row.pk] for row in rows if row.pk in found})
    yield found
    entitlement._SCORES.remove(known)


def test_each_who_gets_none_is_told_why_in_a_sentence(course, attended, scores, django_assert_num_queries):
    admission = course(minutes=240, score=60, approval=True)
    rows = [attended(admission, number, minutes=170 if number == 2 else 240) for number in range(1, 8)]
    registration.cancel(registration=rows[0], by=journal.CLI, now=AFTER)
    scores |= {rows[3].pk: 55} | {row.pk: 80 for row in rows[4:]}
    entitlement.approve(registrations=rows[5:6], by=journal.CLI, now=AFTER)
    entitlement.approve(registrations=rows[6:7], by=journal.CLI, now=AFTER)
    certificates.issue(registration=rows[6], by=journal.CLI, now=AFTER)
    with django_assert_num_queries(5):
        found = entitlement.due(admission, now=AFTER)
    assert [one.reason for one in found] == [
        "لم يكن له مقعد: ملغى.", "حضر 170 دقيقة من أصل 240 دقيقة مطلوبة.", "الاختبار غير منجز.",
        "حصل على 55 % في الاختبار، والمطلوب 60 %.", "الموافقة غير متوفرة.", "", "",
    ]  # fmt: skip
    assert [one.is_due for one in found] == [False] * 5 + [True, False]
    assert found[6].has_one


def test_a_rule_with_a_test_and_nobody_who_knows_results_says_that_the_test_is_missing(course, attended):
    with pytest.raises(entitlement.NotDue, match="الاختبار غير منجز"):
        certificates.issue(registration=attended(course(score=60), 1), by=journal.CLI, now=AFTER)


def test_without_a_rule_no_certificate_is_given(seminar, attended):
    with pytest.raises(entitlement.NoRule):
        certificates.issue(registration=attended(seminar(), 1), by=journal.CLI, now=AFTER)


def test_nothing_is_due_before_the_last_day_or_for_what_did_not_take_place(course, attended):
    admission = course()
    row = attended(admission, 1)
    with pytest.raises(entitlement.NotDue):
        certificates.issue(registration=row, by=journal.CLI, now=dt.datetime(2020, 7, 20, tzinfo=dt.UTC))
    type(admission.activity).objects.filter(pk=admission.activity.pk).update(state="cancelled")
    with pytest.raises(entitlement.NotDue, match="ملغى"):
        certificates.issue(registration=row, by=journal.CLI, now=AFTER)


def test_an_approval_is_given_once_taken_back_and_journalled(course, attended):
    admission = course(approval=True)
    row = attended(admission, 1)
    assert entitlement.approve(registrations=[row], by=journal.CLI, now=AFTER) == 1
    assert entitlement.approve(registrations=[row], by=journal.CLI, now=AFTER) == 0
    entitlement.take_approval_back(registration=row, because="أعيد النظر", by=journal.CLI, now=AFTER)
    entitlement.take_approval_back(registration=row, because="أعيد النظر", by=journal.CLI, now=AFTER)
    assert not entitlement.due(admission, now=AFTER)[0].is_approved
    verbs = list(Entry.objects.filter(verb__contains="certificate").values_list("verb", flat=True))
    assert verbs == ["participation.approve_certificate", "participation.withdraw_certificate_approval"]


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
