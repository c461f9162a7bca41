"""Who gets into the desk, and by which doors."""

import pytest
from django.test import Client

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.mark.parametrize("path", ["/desk/", "/desk/activities/", "/desk/import/", "/desk/journal/", "/desk/login/"])
def test_a_visitor_is_sent_to_the_one_log_in_page(client, db, path):
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_the_log_in_page_stays_arabic_for_a_browser_that_prefers_english(client, db):
    page = client.get("/accounts/login/", headers={"accept-language": "en"}).content.decode()
    assert '<html lang="ar" dir="rtl">' in page


def test_nobody_can_sign_up(client, db):
    page = client.post("/accounts/signup/", {"email": "x@example.org", "password1": "a" * 20, "password2": "a" * 20})
    from tansiq.people.models import User

    assert not User.objects.filter(email="x@example.org").exists()
    assert page.status_code == 200


def test_wagtails_own_log_in_form_logs_nobody_in(client, user_with):
    user = user_with("secretariat")
    client.post("/desk/login/", {"username": user.email, "password": "كلمة سر طويلة 2020"})
    assert client.get("/desk/").status_code == 302


def test_staff_without_a_second_factor_are_sent_to_set_one_up(client, user_with):
    client.force_login(user_with("secretariat", factor=False), backend=BACKEND)
    for path in ("/desk/", "/desk/activities/", "/desk/import/", "/desk/journal/"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/")


def test_staff_with_a_second_factor_work(secretariat):
    assert secretariat.get("/desk/").status_code == 200


def test_the_demo_switches_the_factor_off_and_says_so_on_each_staff_page(client, user_with, settings):
    settings.TANSIQ_SECOND_FACTOR, settings.TANSIQ_DEMO = False, True
    client.force_login(user_with("secretariat", factor=False), backend=BACKEND)
    for path in ("/desk/", "/desk/activities/", "/desk/import/", "/desk/journal/", "/desk/mail/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "demo-desk-bar" in answer.content.decode()


def test_without_the_demo_no_staff_page_shows_the_bar(secretariat):
    assert "demo-desk-bar" not in secretariat.get("/desk/").content.decode()


def test_a_user_without_a_role_is_told_so_and_not_sent_in_circles(client, user_with):
    client.force_login(user_with(), backend=BACKEND)
    assert client.get("/desk/").status_code == 403


# What each role may open: 200, or 302/403 where it is refused.
TABLE = {
    "secretariat": {"activities": True, "activities/new": True, "import": True, "journal": True, "mail": True},
    "programme_officer": {"activities": True, "activities/new": True, "import": True, "journal": False, "mail": False},
    "auditor": {"activities": True, "activities/new": False, "import": False, "journal": True, "mail": True},
    "partner": {"activities": True, "activities/new": False, "import": False, "journal": False, "mail": False},
    "administrator": {"activities": True, "activities/new": False, "import": False, "journal": True, "mail": True},
    "press_officer": {"activities": True, "activities/new": False, "import": False, "journal": False, "mail": False},
    "storekeeper": {"activities": True, "activities/new": False, "import": False, "journal": False, "mail": False},
}


@pytest.mark.parametrize("role", TABLE)
def test_each_role_opens_what_the_table_says(user_with, role, world_day):
    client = Client()
    client.force_login(user_with(role), backend=BACKEND)
    found = {path: client.get(f"/desk/{path}/").status_code == 200 for path in TABLE[role]}
    assert found == TABLE[role]


def test_a_partner_sees_only_the_programmes_of_the_own_organisation(user_with, world_day):
    """Another organisation's object is 404, not 403."""
    from django.utils import timezone

    from tansiq.core import journal
    from tansiq.people import accounts
    from tansiq.people.models import Organisation

    activity = world_day.activities.first()
    hospital = Organisation.objects.create(slug="mustashfa", name={"ar": "مستشفى"}, reference_language="ar")
    unodc = Organisation.objects.get(slug="unodc")
    for organisation, status in ((hospital, 404), (unodc, 200)):
        user = user_with(email=f"{organisation.slug}@example.org")
        accounts.grant(user=user, role="partner", organisation=organisation, by=journal.CLI, now=timezone.now())
        client = Client()
        client.force_login(user, backend=BACKEND)
        assert client.get(f"/desk/activities/history/{activity.pk}/").status_code == status
        assert client.get(f"/desk/programme/{world_day.pk}/export/yaml/").status_code == status
        listed = activity.title["ar"] in client.get("/desk/activities/").content.decode()
        assert listed == (status == 200)


def test_a_role_is_given_and_taken_back_by_the_verbs(client, user_with):
    from tansiq.core.models import Entry
    from tansiq.people.models import RoleGrant

    newcomer = user_with(email="khadija@example.org")
    client.force_login(user_with("administrator"), backend=BACKEND)
    data = {"user": str(newcomer.pk), "role": "trainer", "region": "MA-04", "organisation": ""}
    assert client.post("/desk/grants/new/", data).status_code == 302
    grant = RoleGrant.objects.get(user=newcomer)
    assert (grant.role, grant.region_id) == ("trainer", "MA-04")
    client.post(f"/desk/grants/delete/{grant.pk}/")
    assert not RoleGrant.objects.filter(user=newcomer).exists()
    verbs = Entry.objects.filter(subject_id=newcomer.pk).order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["people.create_user", "people.grant", "people.revoke"]


def test_wagtails_own_user_pages_are_closed_to_administrators(client, user_with):
    client.force_login(user_with("administrator"), backend=BACKEND)
    for path in ("/desk/users/", "/desk/users/add/", "/desk/groups/", "/desk/images/add/", "/desk/documents/add/"):
        assert client.get(path).status_code in (302, 403, 404), path


def test_a_malformed_csrf_cookie_earns_a_reader_no_new_one(client, db):
    client.cookies["csrftoken"] = "x"
    assert not client.get("/ar/about/").cookies


def test_a_form_of_the_desk_without_its_token_is_refused(user_with, world_day):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user_with("secretariat"), backend=BACKEND)
    assert client.post(f"/desk/programme/{world_day.pk}/publish/", {"withdraw": "1"}).status_code == 403
    world_day.refresh_from_db()
    assert world_day.published_at is not None
