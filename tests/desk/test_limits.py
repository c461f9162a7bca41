"""A role may be limited to a region or an organisation: what lies outside is not there, or is refused."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from tansiq.coordination import letters, lists, runofshow
from tansiq.coordination.models import Document, Function, LetterKind, PersonList, RunOfShow, Task
from tansiq.core import journal
from tansiq.core.dates import PartialDate
from tansiq.people import accounts
from tansiq.people.models import Organisation, Place, Region
from tansiq.programme import planning
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


@pytest.fixture
def letter(world_day):
    """One of the house to the European Union, sent; it says the day of the ceremony."""
    ceremony, now = world_day.activities.get(slug="ceremony"), timezone.now()
    kind, eu = LetterKind.objects.get(slug="invitation"), Organisation.objects.get(slug="eu")
    letter = letters.write(
        letters.Wanted(kind, world_day, ceremony, eu, "ar"), dated=now.date(), by=journal.CLI, now=now
    )
    return letters.send(letter=letter, on=now.date(), by=journal.CLI, now=now)


@pytest.mark.parametrize("role", ["partner", "programme_officer"])
def test_what_must_follow_names_no_letter_and_no_list_to_who_may_not_see_them(limited, secretariat, letter, role):
    ceremony, now = letter.activity, timezone.now()
    row = lists.save(
        PersonList(activity=ceremony, kind="delegation", session="وفد المتخيلين", entries=[{"name": "متخيل"}]),
        by=journal.CLI, now=now,
    )  # fmt: skip
    lists.hand_over(row=row, to="البروتوكول", by=journal.CLI, now=now)
    planning.change(activity=ceremony, by=journal.CLI, now=now, when=PartialDate("2020-07-28"))
    for client, is_shown in ((secretariat, True), (limited(role, organisation="unodc"), False)):
        page = client.get("/desk/follow-ups/").content.decode()
        assert [word in page for word in (letter.subject, "وفد المتخيلين")] == [is_shown, is_shown]


def test_before_a_change_a_limited_planner_is_told_that_there_is_a_letter_and_not_which(limited, secretariat, letter):
    address = f"/desk/activities/edit/{letter.activity_id}/"
    for client, is_shown in ((secretariat, True), (limited("programme_officer", organisation="unodc"), False)):
        page = client.post(address, {**form_of(client.get(address)), "when": "2020-07-28"})
        assert page.context_data["agreed"]
        assert ((letter.subject in page.content.decode()), "رسالة" in page.content.decode()) == (is_shown, True)


def test_a_conflict_names_no_activity_of_another_region(limited, secretariat, world_day, in_souss):
    ceremony = world_day.activities.get(slug="ceremony")
    Activity.objects.filter(pk=in_souss.pk).update(
        when=ceremony.when, first_day=ceremony.first_day, last_day=ceremony.last_day
    )
    line = {"id": "a", "time": "10:00", "minutes": 30, "title": {"ar": "كلمة"}, "owner": "protocol"}
    RunOfShow.objects.create(activity=ceremony, items=[line])
    own = RunOfShow.objects.create(activity=in_souss, items=[line])
    for client, is_shown in ((secretariat, True), (limited("regional_officer", region="MA-09"), False)):
        found = client.get(f"/desk/runs-of-show/edit/{own.pk}/").context_data["conflicts"]
        assert [str(ceremony.title) in one.what for one in found] == [is_shown]


def test_a_task_that_comes_first_is_named_by_its_office_where_it_is_another_organisations(limited, world_day):
    unodc, eu = (Organisation.objects.get(slug=slug) for slug in ("unodc", "eu"))
    offices = [
        Function.objects.create(slug=f"o-{one.slug}", name={"ar": f"مكتب {one.slug}"}, reference_language="ar", organisation=one)
        for one in (unodc, eu)
    ]  # fmt: skip
    own, first = (
        Task.objects.create(programme=world_day, key=title, title={"ar": title}, reference_language="ar", owner=office)
        for title, office in zip(("مهمتنا", "مهمة الغير"), offices, strict=True)
    )
    own.after.add(first)
    client = limited("programme_officer", organisation="unodc")
    for page in (client.get("/desk/work/?who=all"), client.post(f"/desk/work/{own.pk}/finish/")):
        text = page.content.decode()
        assert ("مهمتنا" in text, "مكتب eu" in text, "مهمة الغير" in text) == (True, True, False)


def test_a_list_of_persons_and_a_document_are_closed_to_a_limited_planner_at_every_address(limited, world_day):
    ceremony, now = world_day.activities.get(slug="ceremony"), timezone.now()
    row = PersonList(activity=ceremony, kind="security", entries=[{"name": "متخيل"}])
    lists.save(row, by=journal.CLI, now=now)
    speech = Document.objects.create(programme=world_day, slug="kalima", kind="speech", title={"ar": "كلمة"}, reference_language="ar")  # fmt: skip
    client = limited("programme_officer", organisation="unodc")
    assert client.get(f"/desk/list/{row.pk}/ar.pdf").status_code in (302, 403)
    client.post(f"/desk/list/{row.pk}/", {"do": "empty"})
    client.post(f"/desk/text/want/{speech.pk}/", {"language": "fr"})
    row.refresh_from_db()
    assert (len(row.entries), speech.texts.count()) == (1, 0)


def test_where_a_record_is_used_is_not_told_of_what_is_not_there(limited, world_day):
    elsewhere = world_day.activities.get(slug="ceremony")
    client = limited("regional_officer", region="MA-09")
    assert client.get(f"/desk/activities/usage/{elsewhere.pk}/").status_code == 404


def test_before_a_change_the_issue_that_becomes_false_is_named_with_its_page(secretariat, world_day):
    ceremony, now = world_day.activities.get(slug="ceremony"), timezone.now()
    line = {"id": "a", "time": "10:00", "minutes": 30, "title": {"ar": "كلمة"}}
    show = RunOfShow.objects.create(activity=ceremony, items=[line])
    runofshow.issue(show=show, by=journal.CLI, now=now)
    address = f"/desk/activities/edit/{ceremony.pk}/"
    page = secretariat.post(address, {**form_of(secretariat.get(address)), "when": "2020-07-28"})
    assert f"/desk/runs-of-show/edit/{show.pk}/" in page.content.decode()


@pytest.mark.parametrize("role", ["press_officer", "approver"])
def test_who_may_not_read_the_register_does_not_get_it_as_an_archive(user_with, letter, role):
    client = Client()
    client.force_login(user_with(role), backend=BACKEND)
    assert client.get(f"/desk/programme/{letter.programme_id}/export/zip/").status_code in (302, 403)
    assert "export/zip" not in client.get("/desk/").content.decode()
