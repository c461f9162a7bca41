"""Every list of the desk: it answers, is searched and filtered, goes out as a table, and costs the same with more rows."""

from __future__ import annotations

import datetime as dt
import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tansiq.commission.models import Holding, Seat
from tansiq.coordination.models import (
    Document,
    Function,
    Letter,
    LetterKind,
    PersonList,
    RunOfShow,
    Task,
    TaskModel,
)
from tansiq.core import journal
from tansiq.core.models import Source
from tansiq.desk.wagtail_hooks import viewsets
from tansiq.media.models import Asset, Consent, Logo
from tansiq.outreach.models import HandOver, Material, Visit, VisitSite
from tansiq.participation import certificates
from tansiq.participation.models import (
    Admission,
    Assessment,
    Feedback,
    Invitation,
    NominationRequest,
    Registration,
    Trainer,
)
from tansiq.people.models import Membership, Organisation, Person, Place, Region, RoleGrant, User
from tansiq.programme.models import Activity, Commitment, Instrument, Involvement, Programme, Project, Undertaking

SETS = {one.name: one for group in viewsets() for one in group.items}
NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)


def organisation(n):
    return Organisation.objects.create(
        slug=f"haya-{n}", name={"ar": f"هيئة {n}"}, reference_language="ar", parent=Organisation.objects.get(slug="eu")
    )


def programme(n):
    return Programme.objects.create(
        slug=f"barnamaj-{n}", title={"ar": f"برنامج {n}"}, reference_language="ar", period="2027"
    )


def activity(n, kind="meeting"):
    return Activity.objects.create(
        programme=programme(n),
        slug=f"nashat-{n}",
        kind=kind,
        title={"ar": f"نشاط {n}"},
        reference_language="ar",
        changed_at=NOW,
    )


def person(n):
    return Person.objects.create(name={"ar": f"شخص {n}"}, reference_language="ar", is_fictional=True)


def asset(n):
    return Asset.objects.create(
        kind="document",
        title={"ar": f"ملف {n}"},
        stored_name=f"x{n}",
        sha256=f"{n:064}",
        media_type="application/pdf",
        size_bytes=1,
        created_at=NOW,
    )


def commitment(n):
    return Commitment.objects.create(
        programme=programme(n), slug=f"iltizam-{n}", title={"ar": f"التزام {n}"}, signatory=organisation(n)
    )


def material(n):
    return Material.objects.create(
        programme=programme(n), slug=f"mada-{n}", kind="poster", title={"ar": f"مادة {n}"}, reference_language="ar"
    )


def visit(n):
    return Visit.objects.create(activity=activity(n, "visit"))


def function(n):
    user = User.objects.create_user(f"holder-{n}@example.org")
    return Function.objects.create(slug=f"wadifa-{n}", name={"ar": f"وظيفة {n}"}, reference_language="ar", holder=user)


def admission(n):
    return Admission.objects.create(activity=activity(n, "seminar"), capacity=10, left=10)


def seat(n):
    return Seat.objects.create(slug=f"maqad-{n}", institution=organisation(n), position=90 + n)


def certificate(n):
    event = activity(n, "training")
    admission = Admission.objects.create(activity=event, capacity=1, left=0, certificate={"minutes": 0})
    row = Registration.objects.create(
        admission=admission, person=person(n), number=1, language="ar", how="desk", state="confirmed", has_place=True, made_at=NOW,
    )  # fmt: skip
    return certificates.issue(registration=row, by=journal.CLI, now=NOW)


MAKERS = {
    "programmes": programme, "activities": activity, "organisations": organisation, "persons": person, "assets": asset,
    "commitments": commitment, "materials": material, "visits": visit, "seats": seat,
    "projects": lambda n: Project.objects.create(programme=programme(n), slug=f"mashrou-{n}", title={"ar": "مشروع"}, reference_language="ar"),
    "undertakings": lambda n: Undertaking.objects.create(commitment=commitment(n), slug="wahid", text={"ar": "تعهد"}, reference_language="ar", owner=organisation(1000 + n)),
    "instruments": lambda n: Instrument.objects.create(slug=f"hamla-{n}", title={"ar": "حملة"}, reference_language="ar", organisation=organisation(n)),
    "involvements": lambda n: Involvement.objects.create(programme=(one := programme(n)), subject_kind="programme.programme", subject_id=one.pk, organisation=organisation(n), role="partner"),
    "sources": lambda n: Source.objects.create(scope="programme:world-day-2020", key=f"masdar-{n}", title={"ar": "مصدر"}),
    "memberships": lambda n: Membership.objects.create(person=person(n), organisation=organisation(n)),
    "places": lambda n: Place.objects.create(locality={"ar": f"مدينة {n}"}, region=Region.objects.first(), country="MA"),
    "regions": lambda n: Region.objects.create(code=f"X-{n}", country="MA", name={"ar": f"جهة {n}"}),
    "grants": lambda n: RoleGrant.objects.create(user=User.objects.create_user(f"{n}@example.org"), role="trainer", organisation=organisation(n)),
    "holdings": lambda n: Holding.objects.create(seat=seat(n), person=person(n), from_date=dt.date(2020, 1, 1)),
    "functions": function,
    "task-models": lambda n: TaskModel.objects.create(slug=f"namoudaj-{n}", title={"ar": "نموذج"}, reference_language="ar", kinds=["meeting"]),
    "tasks": lambda n: Task.objects.create(programme=(one := activity(n)).programme, activity=one, key=f"m-{n}", title={"ar": "مهمة"}, reference_language="ar", owner=function(n), due=dt.date(2027, 1, 1)),
    "letter-kinds": lambda n: LetterKind.objects.create(slug=f"risala-{n}", title={"ar": "رسالة"}, subject={"ar": "رسالة"}, body={"ar": "نص"}, reference_language="ar"),
    "letters": lambda n: Letter.objects.create(direction="in", year=2026, serial=n + 1, organisation=organisation(n), language="ar", subject="جواب", dated=dt.date(2026, 1, 1), state="received"),
    "texts": lambda n: Document.objects.create(programme=programme(n), slug=f"khitab-{n}", kind="speech", title={"ar": "كلمة"}, reference_language="ar"),
    "person-lists": lambda n: PersonList.objects.create(activity=activity(n), kind="delegation", organisation=organisation(n), entries=[]),
    "runs-of-show": lambda n: RunOfShow.objects.create(activity=activity(n), items=[]),
    "admissions": admission,
    "invitations": lambda n: Invitation.objects.create(activity=activity(n), number=1, person=person(n), language="ar", made_at=NOW),
    "trainers": lambda n: Trainer.objects.create(person=person(n), qualified_at=activity(n, "training")),
    "nominations": lambda n: NominationRequest.objects.create(admission=admission(3000 + n), organisation=organisation(2000 + n), places=[{"region": "", "number": 1, "reserve": 0}], language="ar", asked_at=NOW),
    "registrations": lambda n: Registration.objects.create(
        admission=(Admission.objects.first() or admission(900)), person=person(n), number=n + 1, language="ar", how="desk", state="waiting", made_at=NOW,
    ),
    "tests": lambda n: Assessment.objects.create(activity=activity(n), reference_language="ar"),
    "satisfaction": lambda n: Feedback.objects.create(activity=activity(n), made_at=NOW),
    "sites": lambda n: VisitSite.objects.create(visit=visit(n), kind="court", name={"ar": "محكمة"}),
    "hand-overs": lambda n: HandOver.objects.create(visit=visit(n), material=material(1000 + n)),
    "certificates": certificate,
    "consents": lambda n: Consent.objects.create(asset=asset(n), reference=f"2026/{n}", given_date=dt.date(2026, 1, 1)),
    "logos": lambda n: Logo.objects.create(asset=asset(n), organisation=organisation(n)),
}  # fmt: skip


@pytest.fixture
def staff(client, user_with, world_day):
    user = user_with("secretariat", "administrator", "press_officer")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_every_list_is_tried_here():
    assert set(MAKERS) == set(SETS)


@pytest.mark.parametrize("name", MAKERS)
def test_a_list_costs_the_same_with_one_and_with_thirty_rows_more(staff, name):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert staff.get(f"/desk/{name}/").status_code == 200
        return len(queries)

    MAKERS[name](0)
    cost()
    few = cost()
    for number in range(1, 31):
        MAKERS[name](number)
    assert cost() == few


@pytest.mark.parametrize("name", MAKERS)
def test_a_list_is_searched_goes_out_as_a_table_and_each_row_has_its_history(staff, name):
    record = MAKERS[name](1)
    one = SETS[name]
    if one.search_fields:
        assert staff.get(f"/desk/{name}/", {"q": "شيء لا يوجد"}).status_code == 200
    if isinstance(one.list_filter, list):
        page = staff.get(f"/desk/{name}/").context_data["filters"]
        assert set(one.list_filter) <= set(page.form.fields)
    assert one.list_export
    exported = staff.get(f"/desk/{name}/", {"export": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(exported.streaming_content))).active
    assert sheet.max_row >= 2
    assert sheet.max_column == len(one.list_export)
    if name != "regions":  # they come from the pack, and are changed there
        assert staff.get(f"/desk/{name}/history/{record.pk}/").status_code == 200
        assert staff.get(f"/desk/{name}/edit/{record.pk}/").status_code == 200
        assert staff.get(f"/desk/{name}/new/").status_code == 200
