"""A role may be limited to a region or an organisation: what lies outside is not there, or is refused."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from tansiq.core import journal
from tansiq.people import accounts
from tansiq.people.models import Organisation, Place, Region
from tansiq.programme.models import Activity
from tests.desk.test_lists import form_of, save

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def limited(user_with):
    """limited("regional_officer", region="MA-09") -> a client of a user with this one role."""

    def make(role, region=None, organisation=None):
        user = user_with(email=f"{role}-{region}-{organisation}@example.org")
        accounts.grant(
            user=user, role=role, by=journal.CLI, now=timezone.now(),
            region=Region.objects.get(code=region) if region else None,
            organisation=Organisation.objects.get(slug=organisation) if organisation else None,
        )  # fmt: skip
        client = Client()
        client.force_login(user, backend=BACKEND)
        return client

    return make


@pytest.fixture
def in_souss(world_day):
    place = Place.objects.create(locality={"ar": "أكادير"}, region=Region.objects.get(code="MA-09"), country="MA")
    return Activity.objects.create(
        programme=world_day, slug="liqaa-agadir", kind="meeting", title={"ar": "لقاء أكادير"}, reference_language="ar",
        changed_at=timezone.now(), place=place, position=9,
    )  # fmt: skip


def test_a_regional_officer_sees_and_changes_the_activities_of_the_region_alone(limited, world_day, in_souss):
    client = limited("regional_officer", region="MA-09")
    listed = client.get("/desk/activities/").content.decode()
    assert "لقاء أكادير" in listed
    assert "حفل في المعهد" not in listed
    elsewhere = world_day.activities.get(slug="ceremony")
    assert client.get(f"/desk/activities/edit/{elsewhere.pk}/").status_code == 404
    assert client.get(f"/desk/activities/history/{elsewhere.pk}/").status_code == 404
    address = f"/desk/activities/edit/{in_souss.pk}/"
    data = {**form_of(client.get(address)), "title_ar": "لقاء أكادير الجهوي"}
    assert save(client, address, data).status_code == 302
    in_souss.refresh_from_db()
    assert in_souss.title["ar"] == "لقاء أكادير الجهوي"


def test_an_activity_is_not_moved_out_of_the_region_nor_made_outside_it(limited, world_day, in_souss):
    client = limited("regional_officer", region="MA-09")
    rabat = world_day.activities.get(slug="ceremony").place
    address = f"/desk/activities/edit/{in_souss.pk}/"
    page = save(client, address, {**form_of(client.get(address)), "place": str(rabat.pk)})
    assert page.status_code == 200
    assert page.context_data["form"].non_field_errors()
    new = form_of(client.get("/desk/activities/new/")) | {
        "programme": str(world_day.pk), "title_ar": "لقاء", "kind": "meeting", "state": "announced", "slug": "liqaa",
        "reference_language": "ar", "place": str(rabat.pk),
    }  # fmt: skip
    assert client.post("/desk/activities/new/", new).status_code == 200
    assert client.post("/desk/activities/new/", new | {"place": str(in_souss.place_id)}).status_code == 302
    assert Activity.objects.get(slug="liqaa").place == in_souss.place


def test_a_planner_of_one_partner_changes_its_programmes_and_loads_no_file(limited, world_day):
    client = limited("programme_officer", organisation="unodc")
    assert client.get(f"/desk/programmes/edit/{world_day.pk}/").status_code == 200
    assert client.get("/desk/import/").status_code in (302, 403)
    # Their own roles are no way to other records of the house.
    body = Organisation.objects.get(slug="cnclt")
    assert client.get(f"/desk/organisations/edit/{body.pk}/").status_code in (302, 403)


@pytest.mark.parametrize(
    "kind", ["programmes", "activities", "projects", "commitments", "materials", "involvements", "visits"]
)
def test_what_another_organisation_plans_is_not_there(limited, world_day, kind):
    outside = limited("partner", organisation="ministry-justice-ma")
    from tansiq.programme.models import Involvement

    Involvement.objects.filter(organisation__slug="ministry-justice-ma").delete()
    inside = limited("partner", organisation="unodc")
    from tansiq.desk.outreach import Materials, Visits
    from tansiq.desk.programmes import Activities, Commitments, Involvements, Programmes, Projects

    sets = (Programmes, Activities, Projects, Commitments, Materials, Involvements, Visits)
    model = next(one.model for one in sets if one.name == kind)
    record = model.objects.first()
    assert outside.get(f"/desk/{kind}/history/{record.pk}/").status_code == 404
    assert inside.get(f"/desk/{kind}/history/{record.pk}/").status_code == 200
    assert f"/{record.pk}/" not in outside.get(f"/desk/{kind}/").content.decode()


@pytest.mark.parametrize(
    ("role", "limit"),
    [
        ("programme_officer", {"organisation": "unodc"}), ("secretariat", {"region": "MA-09"}),
        ("auditor", {"organisation": "unodc"}), ("press_officer", {"organisation": "unodc"}),
        ("administrator", {"region": "MA-09"}), ("regional_officer", {"region": "MA-09"}),
    ],
)  # fmt: skip
def test_a_limited_role_opens_no_list_that_has_no_limits(limited, world_day, role, limit):
    """Persons, pictures, mails and the journal are of the whole house."""
    client = limited(role, **limit)
    assert client.get("/desk/").status_code == 200
    closed = (
        "persons", "memberships", "holdings", "assets", "consents", "logos", "sources", "grants", "journal", "mail",
        "accounts", "import",
    )  # fmt: skip
    assert [path for path in closed if client.get(f"/desk/{path}/").status_code == 200] == []
    assert client.get("/desk/organisations/new/").status_code in (302, 403)
    assert client.get("/desk/places/new/").status_code in (302, 403)


def test_no_select_and_no_filter_names_a_programme_that_is_not_visible(limited, world_day, in_souss):
    from tansiq.programme.models import Programme

    Programme.objects.create(slug="sirri", title={"ar": "برنامج غير معلن"}, reference_language="ar", period="2027")
    for client in (limited("regional_officer", region="MA-09"), limited("programme_officer", organisation="unodc")):
        for path in ("activities/new", "activities", "projects"):
            page = client.get(f"/desk/{path}/")
            if page.status_code == 200:
                assert "برنامج غير معلن" not in page.content.decode(), path
        assert client.get("/desk/activities/new/").status_code == 200
