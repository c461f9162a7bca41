"""A change that makes issued certificates false: said before, followed up after, put right by issuing anew."""

import pytest

from tansiq.config import asked
from tansiq.coordination.models import FollowUp
from tansiq.core import jobs, journal
from tansiq.core.dates import PartialDate
from tansiq.core.errors import Refused
from tansiq.core.localized import Localized
from tansiq.participation import certificatefacts, certificates, entitlement, verification
from tansiq.participation.models import Certificate
from tansiq.programme import planning
from tansiq.programme.models import Activity
from tests.desk.conftest import secretariat, user_with  # noqa: F401
from tests.participation.certified import AFTER, attended, certified, course  # noqa: F401

pytestmark = pytest.mark.django_db
BY = {"by": journal.CLI, "now": AFTER}


@pytest.fixture
def issued(course, attended):
    """Three certificates of the seminar, the third of them revoked."""
    admission = course()
    planning.change(activity=admission.activity, when=PartialDate("2020-07-28"), **BY)
    admission.refresh_from_db()
    rows = [certificates.issue(registration=attended(admission, n), **BY) for n in (1, 2, 3)]
    certificates.revoke(certificate=rows[2], because="خطأ", **BY)
    return rows


def seminar():
    return Activity.objects.get(slug="seminar")


def listed(*sets):
    return [
        one["what"].split()[-1]
        for one in asked.impact("seminar", list(sets))["affected"]
        if one["kind"] == "certificate"
    ]


def false():
    return [(row.number, differ) for row, differ in certificatefacts.false_of(seminar())]


def open_follow_ups():
    return FollowUp.objects.filter(state="open", kind="certificate").count()


def test_what_a_change_makes_false_of_issued_certificates_is_listed_before_it_is_made(issued):
    both = ["1/2020", "2/2020"]
    for given in (
        "when=2020-07-29",
        "title.ar=ندوة أخرى",
        "mode=in_person",
        "state=cancelled",
        "kind=training",
        "hours=6",
    ):
        assert listed(given) == both, given
    for given in ("title.zgh=ⵜⴰⵎⵙⵙⵉⵔⴰⵔⵜ", "hours=4", "part=evening", "when=2020-07-28", "number=90"):
        assert listed(given) == [], given
    assert listed("hours=6", "when=2020-07-29") == both
    for wrong in ("hours=many", "hours=0", "kind=party"):
        with pytest.raises(Refused):
            listed(wrong)
    [report, *_more] = [one for one in asked.impact("seminar", ["hours=6"])["affected"] if one["kind"] == "certificate"]
    assert "4 → 6" in report["why"]
    assert report["url"].endswith(f"/desk/certificates/edit/{issued[0].pk}/")
    assert (open_follow_ups(), false()) == (0, [])


def test_a_change_opens_what_must_follow_and_changing_back_or_issuing_anew_closes_it(
    issued, django_capture_on_commit_callbacks
):
    planning.change(activity=seminar(), title=Localized({**seminar().title, "ar": "ندوة وطنية أخرى"}), **BY)
    assert (open_follow_ups(), len(false())) == (2, 2)
    planning.change(
        activity=seminar(), title=Localized({**seminar().title, "ar": issued[0].course["title"]["ar"]}), **BY
    )
    assert (open_follow_ups(), false()) == (0, [])
    admission = issued[0].registration.admission
    entitlement.set_rule(admission=admission, rule={**admission.certificate, "hours": 6}, **BY)
    assert open_follow_ups() == 2

    with pytest.raises(certificates.NotValid):
        certificatefacts.start_anew(admission=admission, because=" ", key="a", **BY)
    with django_capture_on_commit_callbacks(execute=True):
        first, second = (
            certificatefacts.start_anew(admission=admission, because="تصحيح المدة", key="a", **BY)
            for _twice in range(2)
        )
    assert first == second
    first.refresh_from_db()
    assert (first.state, first.result) == (jobs.Job.State.DONE, {"certificates": 2, "refused": []})
    assert (open_follow_ups(), false()) == (0, [])
    old, new = issued[0], Certificate.objects.get(replaces=issued[0])
    assert verification.check_code(old.code, now=AFTER).because == "replaced"
    assert (new.course["minutes"], verification.check_code(new.code, now=AFTER).status) == (360, "valid")
    assert Certificate.objects.filter(state="valid").count() == 2


def test_a_name_is_corrected_without_the_course_unless_it_is_asked_for(issued):
    admission = issued[0].registration.admission
    entitlement.set_rule(admission=admission, rule={**admission.certificate, "hours": 6}, **BY)
    kept = certificates.reissue(certificate=issued[0], because="الاسم", **BY)
    assert kept.course["minutes"] == 240
    now = certificates.reissue(certificate=kept, because="المدة", course_too=True, **BY)
    assert now.course["minutes"] == 360


def test_the_desk_says_it_once_for_all_of_them_and_issues_them_anew(
    issued, secretariat, django_capture_on_commit_callbacks
):
    planning.change(activity=seminar(), when=PartialDate("2020-07-29"), **BY)
    admission = issued[0].registration.admission
    page = secretariat.get("/desk/follow-ups/").content.decode()
    assert page.count(f"/desk/certificates/of/{admission.pk}/") == 1
    address = f"/desk/certificates/of/{admission.pk}/"
    page = secretariat.get(address).content.decode()
    assert all(number in page for number in ("1/2020", "2/2020"))
    assert 'value="anew"' in page
    token = "0" * 8 + "-0000-0000-0000-" + "0" * 12
    with django_capture_on_commit_callbacks(execute=True):
        secretariat.post(address, {"do": "anew", "token": token, "because": "اليوم"})
    assert false() == []
    assert 'value="anew"' not in secretariat.get(address).content.decode()
    # Of those still listed, one is set aside with all of its kind.
    planning.change(activity=seminar(), when=PartialDate("2020-07-28"), **BY)
    row = FollowUp.objects.filter(state="open", kind="certificate").first()
    secretariat.post(f"/desk/follow-ups/{row.pk}/drop/", {"note": "يبقى كما هو"})
    assert open_follow_ups() == 0
