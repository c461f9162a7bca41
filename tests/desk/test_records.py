"""Forms of the desk act through verbs: what they change is in the journal, what they refuse keeps what was typed."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tansiq.core import journal
from tansiq.core.models import Entry
from tansiq.people.models import Organisation, Person
from tansiq.programme import planning
from tansiq.programme.models import Activity, Programme
from tests.desk.test_lists import save


def form_of(page):
    """Every field of the form as a browser would send it back."""
    import lxml.html

    form = next(
        one
        for one in lxml.html.fromstring(page.content).forms
        if one.get("method", "").lower() == "post" and "title_ar" in one.fields
    )
    return {name: value or "" for name, value in form.form_values()}


def test_a_change_is_written_by_the_verb_with_before_and_after(secretariat, world_day):
    activity = world_day.activities.get(slug="seminar")
    address = f"/desk/activities/edit/{activity.pk}/"
    data = {**form_of(secretariat.get(address)), "when": "2020-07-28", "state": "moved"}
    assert save(secretariat, address, data).status_code == 302
    activity.refresh_from_db()
    assert (activity.when.edtf, activity.state, activity.sequence) == ("2020-07-28", "moved", 1)
    entry = journal.of(activity).first()
    assert entry.verb == "programme.change"
    assert entry.changes == {"when": ["", "2020-07-28"], "state": ["announced", "moved"]}
    history = secretariat.get(f"/desk/activities/history/{activity.pk}/").content.decode()
    assert "2020-07-28" in history


def test_saving_a_form_unchanged_writes_nothing(secretariat, world_day):
    activity = world_day.activities.get(slug="ceremony")
    address = f"/desk/activities/edit/{activity.pk}/"
    before = Entry.objects.count()
    assert save(secretariat, address, form_of(secretariat.get(address))).status_code == 302
    activity.refresh_from_db()
    assert (Entry.objects.count(), activity.sequence) == (before, 0)


def test_a_date_outside_the_programme_is_refused_and_what_was_typed_stays(secretariat, world_day):
    activity = world_day.activities.get(slug="seminar")
    address = f"/desk/activities/edit/{activity.pk}/"
    data = {**form_of(secretariat.get(address)), "when": "2020-09-01", "title_ar": "عنوان جديد لم يضع"}
    page = save(secretariat, address, data)
    assert page.status_code == 200
    assert "عنوان جديد لم يضع" in page.content.decode()
    assert "2020-09-01" in page.content.decode()
    activity.refresh_from_db()
    assert not activity.when.is_known


def test_a_date_that_is_none_is_refused_with_a_sentence(secretariat, world_day):
    activity = world_day.activities.get(slug="seminar")
    address = f"/desk/activities/edit/{activity.pk}/"
    page = save(secretariat, address, {**form_of(secretariat.get(address)), "when": "غدا"})
    assert page.status_code == 200
    assert "غدا" in page.content.decode()


def test_the_planner_is_warned_of_a_national_day(secretariat, world_day):
    world_day.period = "2020-07-27/2020-07-31"
    world_day.save()
    activity = world_day.activities.get(slug="seminar")
    activity.when = "2020-07-30"
    activity.save()
    page = secretariat.get(f"/desk/activities/edit/{activity.pk}/").content.decode()
    assert "عيد العرش" in page


def test_a_new_organisation_is_created_by_the_verb(secretariat):
    data = {
        "name_ar": "جمعية الأمل", "name_fr": "Association Espoir", "name_en": "", "acronym_ar": "", "acronym_fr": "",
        "acronym_en": "", "kind": "association", "country": "MA", "parent": "", "url": "", "iati": "",
        "slug": "jamiyat-al-amal", "reference_language": "ar",
    }  # fmt: skip
    assert secretariat.post("/desk/organisations/new/", data).status_code == 302
    made = Organisation.objects.get(slug="jamiyat-al-amal")
    assert made.name == {"ar": "جمعية الأمل", "fr": "Association Espoir"}
    assert journal.of(made).get().verb == "people.create"


def test_the_journal_holds_no_name_of_a_person(secretariat):
    data = {"name_ar": "سلمى بناني", "name_fr": "Salma Bennani", "name_en": "", "reference_language": "ar",
            "email": "salma@example.org", "telephone": "0600000000", "is_fictional": "on"}  # fmt: skip
    assert secretariat.post("/desk/persons/new/", data).status_code == 302
    person = Person.objects.get()
    data["name_ar"] = "سلمى العلوي"
    assert secretariat.post(f"/desk/persons/edit/{person.pk}/", data).status_code == 302
    entries = list(journal.of(person))
    assert [entry.verb for entry in entries] == ["people.change", "people.create"]
    written = " ".join(f"{entry.subject_label} {entry.changes}" for entry in entries)
    for secret in ("سلمى", "Salma", "salma@example.org", "0600000000"):
        assert secret not in written
    from wagtail.models import ModelLogEntry

    assert not ModelLogEntry.objects.exists()


def test_deleting_what_others_use_is_refused_with_the_number(secretariat, world_day):
    organisation = Organisation.objects.get(slug="eutf")
    secretariat.post(f"/desk/organisations/delete/{organisation.pk}/")
    assert Organisation.objects.filter(slug="eutf").exists()


def test_publish_and_withdraw_are_buttons_that_write_the_journal(secretariat, world_day):
    assert secretariat.get(f"/desk/programme/{world_day.pk}/publish/").status_code == 405
    secretariat.post(f"/desk/programme/{world_day.pk}/publish/", {"withdraw": "1"})
    assert Programme.objects.get(pk=world_day.pk).published_at is None
    assert secretariat.get("/ar/programmes/world-day-2020/").status_code == 404
    secretariat.post(f"/desk/programme/{world_day.pk}/publish/")
    assert secretariat.get("/ar/programmes/world-day-2020/").status_code == 200
    verbs = [entry.verb for entry in journal.of(world_day)[:2]]
    assert verbs == ["programme.publish", "programme.withdraw"]


FILE = """format: tansiq/programme/1
slug: yawm-2021
reference_language: ar
title: {ar: يوم تحسيسي}
period: {from: 2021-07-26, to: 2021-07-30}
published: false
activities:
  - {slug: liqaa-2021, kind: meeting, title: {ar: لقاء}, when: {date: 2021-07-27}}
"""


def upload(client, text, name="برنامج.yaml"):
    return client.post("/desk/import/", {"file": SimpleUploadedFile(name, text.encode())})


def test_an_import_shows_what_would_change_stores_nothing_then_loads_once(secretariat):
    page = upload(secretariat, FILE)
    assert page.status_code == 200
    assert not Programme.objects.filter(slug="yawm-2021").exists()
    token = re.search(r'name="token" value="([^"]+)"', page.content.decode()).group(1)
    for _click in range(2):  # a double click
        assert secretariat.post("/desk/import/", {"confirm": "1", "token": token}).status_code == 302
    assert Activity.objects.filter(slug="liqaa-2021").count() == 1
    assert journal.of(Programme.objects.get(slug="yawm-2021")).count() == 1


def test_an_import_with_errors_lists_all_of_them_with_their_lines(secretariat):
    page = upload(secretariat, FILE.replace("2021-07-27", "2021-09-01").replace("kind: meeting", "kind: party"))
    text = page.content.decode()
    assert page.status_code == 422
    assert "party" in text
    assert text.count("yaml:8") >= 1
    assert not Programme.objects.filter(slug="yawm-2021").exists()


def test_another_users_preview_cannot_be_confirmed(secretariat, client, user_with):
    token = re.search(r'name="token" value="([^"]+)"', upload(secretariat, FILE).content.decode()).group(1)
    client.force_login(user_with("programme_officer"), backend="django.contrib.auth.backends.ModelBackend")
    client.post("/desk/import/", {"confirm": "1", "token": token})
    assert not Programme.objects.filter(slug="yawm-2021").exists()


def test_lists_cost_the_same_with_one_and_with_thirty_rows(secretariat, world_day, django_assert_max_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost():
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert secretariat.get("/desk/activities/").status_code == 200
        return len(queries)

    cost()
    few = cost()
    now = timezone.now()
    for number in range(30):
        Activity.objects.create(
            programme=world_day, slug=f"nashat-{number}", kind="meeting", title={"ar": f"نشاط {number}"},
            reference_language="ar", changed_at=now, position=10 + number,
        )  # fmt: skip
    assert cost() == few


def test_who_may_not_publish_loads_a_draft_and_leaves_public_what_is_public(client, user_with, world_day):
    client.force_login(user_with("programme_officer"), backend="django.contrib.auth.backends.ModelBackend")
    draft = FILE.replace("published: false\n", "")
    token = re.search(r'name="token" value="([^"]+)"', upload(client, draft).content.decode()).group(1)
    client.post("/desk/import/", {"confirm": "1", "token": token})
    assert Programme.objects.get(slug="yawm-2021").published_at is None
    page = client.get(f"/desk/programmes/edit/{world_day.pk}/").content.decode()
    assert 'name="published_at"' not in page
    assert client.post(f"/desk/programme/{world_day.pk}/publish/", {"withdraw": "1"}).status_code in (302, 403)
    assert Programme.objects.get(pk=world_day.pk).published_at is not None


def test_a_text_in_a_language_that_the_site_lacks_survives_the_form(secretariat, world_day):
    activity = world_day.activities.get(slug="ceremony")
    activity.title = {**activity.title, "zgh": "ⵜⴰⵎⵖⵔⴰ"}
    activity.save()
    address = f"/desk/activities/edit/{activity.pk}/"
    data = {**form_of(secretariat.get(address)), "title_fr": "Cérémonie d’ouverture"}
    assert save(secretariat, address, data).status_code == 302
    activity.refresh_from_db()
    assert (activity.title["zgh"], activity.title["fr"]) == ("ⵜⴰⵎⵖⵔⴰ", "Cérémonie d’ouverture")


def test_what_pointed_at_a_deleted_activity_goes_with_it(world_day):
    from tansiq.core import records
    from tansiq.core.models import Claim
    from tansiq.programme.models import Involvement

    seminar = world_day.activities.get(slug="seminar")
    key = seminar.pk
    assert Claim.objects.filter(subject_id=key).exists()
    records.remove(seminar, by=journal.CLI, now=timezone.now())
    assert not Claim.objects.filter(subject_id=key).exists()
    assert not Involvement.objects.filter(subject_id=key).exists()


def test_a_file_that_moves_an_activity_moves_its_edges_too(world_day):
    import datetime as dt

    from tansiq.config import files
    from tests.conftest import EXAMPLES

    document = files.read(EXAMPLES / "ma-2020-world-day.yaml")
    visit = next(one for one in document.data["activities"] if one["slug"] == "field-visits")
    visit["when"] = {"date": "2020-07-28"}
    files.load(document, by=journal.CLI, now=timezone.now())
    stored = Activity.objects.get(slug="field-visits")
    assert (stored.first_day, stored.last_day) == (dt.date(2020, 7, 28), dt.date(2020, 7, 28))


def test_an_embargo_is_set_with_its_instant_in_the_sites_time_and_holds_until_then(secretariat, world_day):
    planning.withdraw(programme=world_day, by=journal.CLI, now=timezone.now())
    address = f"/desk/programme/{world_day.pk}/publish/"
    for wrong in ("2020-07-27T09:00", "غدا"):
        save(secretariat, address, {"at": wrong})
        world_day.refresh_from_db()
        assert world_day.published_at is None
    save(secretariat, address, {"at": "2099-07-30T09:00"})
    world_day.refresh_from_db()
    assert timezone.localtime(world_day.published_at).isoformat()[:16] == "2099-07-30T09:00"
    assert secretariat.get("/ar/programmes/world-day-2020/").status_code == 404
    home = secretariat.get("/desk/").content.decode()
    assert "2099-07-30 09:00" in home
    assert "/ar/programmes/world-day-2020/" not in home
    secretariat.post(address)
    assert secretariat.get("/ar/programmes/world-day-2020/").status_code == 200


# --- Two at once, days, words ---------------------------------------------------------------------------------------


def test_of_two_who_change_one_record_the_second_is_told_keeps_what_was_typed_and_may_save_all_the_same(
    world_day, secretariat
):
    from tansiq.coordination.models import Function
    from tests.desk.test_lists import form_of

    office = Function.objects.get(slug="protocol")
    address = f"/desk/functions/edit/{office.pk}/"
    one, other = form_of(secretariat.get(address), "telephone"), form_of(secretariat.get(address), "telephone")
    assert secretariat.post(address, {**one, "telephone": "+212 5 37 11 11 11"}).status_code == 302
    told = secretariat.post(address, {**other, "telephone": "+212 5 37 22 22 22"})
    assert told.status_code == 200
    kept = form_of(told, "telephone")
    assert kept["telephone"] == "+212 5 37 22 22 22"
    office.refresh_from_db()
    assert office.telephone == "+212 5 37 11 11 11"
    assert secretariat.post(address, kept).status_code == 302
    office.refresh_from_db()
    assert office.telephone == "+212 5 37 22 22 22"


@pytest.mark.parametrize("words", ["ندوة", "الندوة", "نَدْوَة", "SEMINAIRE national", "Séminaire", "مساعدين ندوه"])
def test_a_list_finds_words_without_their_accents_hamza_or_article(world_day, secretariat, words):
    page = secretariat.get("/desk/activities/", {"q": words}).content.decode()
    seminar = world_day.activities.get(slug="seminar")
    assert f"/desk/activities/edit/{seminar.pk}/" in page
    ceremony = world_day.activities.get(slug="ceremony")
    assert f"/desk/activities/edit/{ceremony.pk}/" not in page


def test_a_day_that_does_not_exist_is_refused_and_stays_typed(world_day, secretariat):
    from tests.desk.test_lists import form_of

    form = form_of(secretariat.get("/desk/letters/new/"), "subject")
    page = secretariat.post("/desk/letters/new/", {**form, "subject": "جواب", "dated": "2026-02-30"})
    assert page.status_code == 200
    assert 'type="date"' in page.content.decode()
    assert "dated" in page.context["form"].errors


def test_an_activity_is_offered_with_its_day(world_day, secretariat):
    page = secretariat.get("/desk/runs-of-show/new/").content.decode().replace("\u200e", "")
    assert "حفل في المعهد العالي للقضاء بالرباط – 2020-07-27" in page
