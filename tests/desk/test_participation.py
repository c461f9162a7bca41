"""Places, registrations and who was there, at the desk."""

import datetime as dt

import lxml.html
import pytest
from django.utils import timezone

from tansiq.core import journal
from tansiq.core.models import Entry, Message
from tansiq.participation import registration
from tansiq.participation.models import Admission, Attendance, Registration, Trainer
from tansiq.people.models import Organisation, Person, RoleGrant
from tansiq.programme.models import Activity
from tests.desk.test_lists import form_of
from tests.participation.conftest import NOW, come, seminar  # noqa: F401

pytestmark = pytest.mark.django_db
DAY = dt.date(2020, 7, 28)


@pytest.fixture
def course(seminar):
    def make(**values):
        row = seminar(**values)
        row.activity.when = row.activity.when.parse("2020-07-28")
        row.activity.save()
        return row

    return make


def texts(page):
    return " ".join(lxml.html.fromstring(page.content).text_content().split())


def report(*rows):
    from django.core.files.uploadedfile import SimpleUploadedFile

    head = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,In Waiting Room\n"
    lines = [f"{name},,2020-07-28 {start}:00,2020-07-28 {end}:00,,Yes,No" for name, start, end in rows]
    return SimpleUploadedFile("zoom.csv", (head + "\n".join(lines)).encode(), "text/csv")


def upload(client, row, do, *rows):
    address = f"/desk/attendance/{row.pk}/reports/"
    return client.post(address, {"do": do, "files": [report(*rows)]}, follow=True)


# Places


def test_a_form_of_places_saved_unchanged_leaves_everything_as_it_is(secretariat, course):
    row = course(
        certificate={"minutes": 240},
        joining={"url": "https://meet.example.org/{id}"},
        professions=[{"id": "sw", "name": {"ar": "مساعدة اجتماعية"}}],
    )
    before = Admission.objects.values().get(pk=row.pk), list(row.quotas.values()), Entry.objects.count()
    address = f"/desk/admissions/edit/{row.pk}/"
    assert secretariat.post(address, form_of(secretariat.get(address), "capacity")).status_code == 302
    assert (Admission.objects.values().get(pk=row.pk), list(row.quotas.values()), Entry.objects.count()) == before


def test_places_are_moved_from_a_region_to_another_and_the_certificate_asks_for_more(secretariat, course):
    row = course()
    address = f"/desk/admissions/edit/{row.pk}/"
    data = form_of(secretariat.get(address), "capacity")
    at = next(name for name, value in data.items() if name.endswith("-region") and value == "MA-04")
    data |= {at.replace("-region", "-number"): "9", "certificate__minutes": "180", "opens_at": ""}
    answer = secretariat.post(address, data)
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.quotas.get(key="MA-04").size, row.quotas.get(key="").size, row.certificate) == (9, 1, {"minutes": 180})


def test_more_places_set_aside_than_there_are_is_said_and_nothing_is_lost(secretariat, course):
    row = course()
    address = f"/desk/admissions/edit/{row.pk}/"
    page = secretariat.post(address, {**form_of(secretariat.get(address), "capacity"), "capacity": "50"})
    assert page.status_code == 200
    assert form_of(page, "capacity")["capacity"] == "50"
    row.refresh_from_db()
    assert row.capacity == 100


def test_what_the_form_shows_of_counters_is_not_written_back(secretariat, course, come):
    """Somebody registers while the form is open."""
    row = course()
    address = f"/desk/admissions/edit/{row.pk}/"
    data = {**form_of(secretariat.get(address), "capacity"), "is_public": ""}
    come(row, 1)
    data["stored"] = ""
    assert secretariat.post(address, data).status_code == 302
    row.refresh_from_db()
    assert (row.is_public, row.left, row.arrivals) == (False, 99, 1)


# Registrations


def test_somebody_is_typed_in_by_the_same_rules_and_gets_the_mail(secretariat, course):
    row = course()
    page = secretariat.get("/desk/registrations/new/")
    data = form_of(page, "email")
    data |= {
        "admission": str(row.pk),
        "name_ar": "خديجة أيت واحي",
        "email": "k@example.org",
        "region": "MA-09",
        "language": "ar",
    }
    answer = secretariat.post("/desk/registrations/new/", data)
    assert answer.status_code == 302
    one = Registration.objects.get()
    assert (one.state, one.how, one.number, str(one.person)) == ("confirmed", "desk", 1, "خديجة أيت واحي")
    assert Message.objects.get().to_address == "k@example.org"
    again = secretariat.post("/desk/registrations/new/", data)
    assert again.status_code == 200
    assert "k@example.org" in texts(again)
    assert Registration.objects.count() == 1


def test_what_does_not_fit_is_said_at_its_field_and_stays(secretariat, course):
    row = course()
    data = form_of(secretariat.get("/desk/registrations/new/"), "email")
    data |= {"admission": str(row.pk), "name_ar": "12345", "email": "nobody", "region": "MA-09", "language": "ar"}
    page = secretariat.post("/desk/registrations/new/", data)
    assert page.status_code == 200
    assert form_of(page, "email")["name_ar"] == "12345"
    assert "12345" in texts(page)
    assert not Registration.objects.exists()


def test_a_registration_is_accepted_cancelled_and_its_link_sent_again_by_a_button(secretariat, course, come):
    row = course(needs_approval=True)
    one = come(row, 1)
    address = f"/desk/registration/{one.pk}/"
    page = secretariat.get(f"/desk/registrations/edit/{one.pk}/")
    assert page.status_code == 200
    secretariat.post(address, {"do": "accept"})
    one.refresh_from_db()
    assert one.state == "confirmed"
    for _twice in range(2):
        secretariat.post(address, {"do": "link"})
    assert Message.objects.filter(key__contains=":link:").count() == 1
    secretariat.post(address, {"do": "cancel"})
    one.refresh_from_db()
    row.refresh_from_db()
    assert (one.state, row.left) == ("cancelled", 100)


def test_a_regional_officer_sees_and_changes_those_of_the_region_alone(client, user_with, course, come):
    row = course()
    mine, other = come(row, 1, region="MA-09"), come(row, 2, region="MA-04")
    user = user_with("regional_officer")
    RoleGrant.objects.filter(user=user).update(region="MA-09")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    page = texts(client.get("/desk/registrations/"))
    assert str(mine.person) in page
    assert str(other.person) not in page
    assert client.get(f"/desk/registrations/edit/{other.pk}/").status_code == 404
    assert client.post(f"/desk/registration/{other.pk}/", {"do": "cancel"}).status_code == 404
    assert client.post(f"/desk/registration/{mine.pk}/", {"do": "cancel"}).status_code == 302
    mine.refresh_from_db()
    assert mine.state == "cancelled"


def test_a_trainer_sees_who_has_a_place_in_the_own_trainings_and_nobody_else_whatever_other_role_there_is(
    client, user_with, course, come
):
    row = course()
    place = Admission.objects.create(activity=Activity.objects.get(slug="ceremony"), capacity=9, left=9)
    mine, elsewhere, cancelled = come(row, 1, region="MA-04"), come(place, 2, region="MA-09"), come(row, 3)
    registration.cancel(registration=cancelled, by=journal.CLI, now=NOW)
    user = user_with("trainer", "press_officer")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    def seen():
        user.__dict__.pop("_held_roles", None)
        return list(Registration.objects.visible_to(user).values_list("pk", flat=True))

    assert seen() == []
    limits = ({"region": "MA-09"}, {"organisation": Organisation.objects.get(slug="unodc")}, {"region": None})
    person = Person.objects.create(name={"ar": "مدربة"}, reference_language="ar")
    led = Trainer.objects.create(person=person, user=user)
    for limit in limits:
        RoleGrant.objects.filter(user=user, role="trainer").update(**limit)
        assert seen() == []
    led.activities.add(row.activity)
    assert seen() == [mine.pk]
    page = texts(client.get("/desk/registrations/"))
    assert (str(mine.person) in page, str(elsewhere.person) in page, str(cancelled.person) in page) == (
        True,
        False,
        False,
    )
    taken = client.get("/desk/registrations/", {"export": "csv"}).getvalue().decode("utf-8-sig")
    assert (str(mine.person) in taken, "example.org" in taken) == (True, False)
    assert str(mine.person) not in texts(client.get("/desk/registrations/", {"q": "p1@example.org"}))
    for address in (f"edit/{mine.pk}/", f"edit/{elsewhere.pk}/", f"history/{elsewhere.pk}/"):
        assert client.get(f"/desk/registrations/{address}").status_code in (302, 403, 404)
    # Whoever also works for a region sees those of the region besides.
    RoleGrant.objects.create(user=user, role="regional_officer", region_id="MA-09")
    assert set(seen()) == {mine.pk, elsewhere.pk, cancelled.pk}


def test_whoever_only_reads_programmes_does_not_see_who_comes(client, user_with, course, come):
    one = come(course(), 1)
    client.force_login(user_with("donor_reader"), backend="django.contrib.auth.backends.ModelBackend")
    for address in (
        "/desk/registrations/",
        f"/desk/registrations/edit/{one.pk}/",
        f"/desk/attendance/{one.admission_id}/",
    ):
        assert client.get(address).status_code in (302, 403, 404)


# Who was there


def test_a_report_is_looked_at_kept_decided_and_taken_back(secretariat, course, come):
    row = course()
    one, two = come(row, 1, name={"ar": "يوسف بنجلون", "fr": "Youssef Benjelloun"}), come(row, 2)
    rows = [(one.person.name["fr"], "10:00", "11:00"), ("Galaxy A12", "10:00", "10:30")]
    page = upload(secretariat, row, "look", *rows)
    assert page.status_code == 200
    assert one.person.name["fr"] in texts(page)
    assert not Attendance.objects.exists()
    upload(secretariat, row, "keep", *rows)
    assert list(Attendance.objects.values_list("registration__number", "minutes")) == [(1, 60)]
    page = secretariat.get(f"/desk/attendance/{row.pk}/")
    assert "Galaxy A12" in texts(page)
    open_one = row.identities.get(is_open=True)
    answer = {f"who-{open_one.pk}": "number", f"number-{open_one.pk}": "2"}
    secretariat.post(f"/desk/attendance/{row.pk}/decide/", answer)
    assert sorted(Attendance.objects.values_list("registration__number", "minutes")) == [(1, 60), (2, 30)]
    two.refresh_from_db()
    assert two.attended is True
    secretariat.post(f"/desk/attendance/{row.pk}/reports/", {"do": "back", "report": row.reports.get().pk})
    assert not Attendance.objects.exists()
    two.refresh_from_db()
    assert two.attended is None


def test_a_wrong_file_and_a_wrong_number_are_said_and_nothing_is_kept(secretariat, course, come):
    row = course()
    come(row, 1)
    from django.core.files.uploadedfile import SimpleUploadedFile

    bad = SimpleUploadedFile("photo.csv", b"\x89PNG....", "text/csv")
    page = secretariat.post(f"/desk/attendance/{row.pk}/reports/", {"do": "keep", "files": [bad]})
    assert page.status_code == 422
    assert "photo.csv" in texts(page)
    page = secretariat.post(
        f"/desk/attendance/{row.pk}/sheet/", {"day": "2020-07-28", "numbers": "1, 7-9", "minutes": "200"}
    )
    assert page.status_code == 422
    assert "7, 8, 9" in texts(page)
    assert not Attendance.objects.exists()


def test_signatures_are_typed_by_number_and_shown_by_person(secretariat, course, come):
    row = course(certificate={"minutes": 200})
    come(row, 1), come(row, 2), come(row, 3)
    data = {"day": "2020-07-28", "numbers": "1-2", "minutes": "200"}
    assert secretariat.post(f"/desk/attendance/{row.pk}/sheet/", data).status_code == 302
    assert list(row.registrations.values_list("number", "attended")) == [(1, True), (2, True), (3, False)]
    assert secretariat.post(f"/desk/attendance/{row.pk}/least/", {"least": "201"}).status_code == 302
    assert not row.registrations.filter(attended=True).exists()
    sheet = secretariat.get(f"/desk/attendance/{row.pk}/sheet.ar.pdf")
    assert sheet.content.startswith(b"%PDF")


def test_the_page_of_who_was_there_costs_the_same_for_three_and_for_thirty(
    secretariat, course, come, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    row = course()

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert secretariat.get(f"/desk/attendance/{row.pk}/").status_code == 200
        return len(queries)

    for number in range(3):
        one = come(row, number, region=f"MA-{number + 1:02}")
        Attendance.objects.create(registration=one, day=DAY, how="report", minutes=5, recorded_at=timezone.now())
    cost()
    few = cost()
    for number in range(3, 30):
        one = come(row, number, region=f"MA-{number % 12 + 1:02}")
        Attendance.objects.create(registration=one, day=DAY, how="report", minutes=5, recorded_at=timezone.now())
    assert cost() == few


def test_the_flash_report_and_the_evidence_are_taken_from_the_page_and_names_only_when_asked(secretariat, course, come):
    import io
    import zipfile

    row = course()
    come(row, 1)
    assert secretariat.get(f"/desk/attendance/{row.pk}/flash.ar.pdf").content.startswith(b"%PDF")
    address = f"/desk/attendance/{row.pk}/evidence.zip"
    plain = zipfile.ZipFile(io.BytesIO(secretariat.post(address).content))
    named = zipfile.ZipFile(io.BytesIO(secretariat.post(address, {"with_names": "1"}).content))
    assert "with-names/attendance.xlsx" in named.namelist()
    assert "with-names/attendance.xlsx" not in plain.namelist()
    assert secretariat.get(address).status_code == 405
