"""Lists in a record's form: who does what, who takes part, what sources say; each entry is a group of inputs."""

import lxml.html
import pytest
from django.utils import timezone

from tansiq.config import files
from tansiq.core import journal
from tansiq.core.models import Claim, Entry
from tansiq.programme.models import Involvement

SEMINAR_AUDIENCE = "audience-0-"


def form_of(page, marker="title_ar"):
    form = next(
        one
        for one in lxml.html.fromstring(page.content).forms
        if one.get("method", "").lower() == "post" and marker in one.fields
    )
    return {name: value or "" for name, value in form.form_values()}


def save(client, address, data, marker="title_ar"):
    """Press the button, and once more where the page first lists what the change makes false."""
    page = client.post(address, data)
    asked = (getattr(page, "context_data", None) or {}).get("agreed")
    return client.post(address, form_of(page, marker)) if asked else page


@pytest.fixture
def seminar(world_day):
    return world_day.activities.get(slug="seminar")


def edit(client, record, **changes):
    address = f"/desk/activities/edit/{record.pk}/"
    page = save(client, address, {**form_of(client.get(address)), **changes})
    record.refresh_from_db()
    return page


def test_a_form_saved_unchanged_leaves_every_list_as_it_is(secretariat, seminar):
    before = (seminar.audience, Entry.objects.count(), list(Involvement.objects.values()), list(Claim.objects.values()))
    assert edit(secretariat, seminar).status_code == 302
    assert before == (
        seminar.audience, Entry.objects.count(), list(Involvement.objects.values()), list(Claim.objects.values()),
    )  # fmt: skip


def test_an_audience_is_changed_and_another_added(secretariat, seminar):
    answer = edit(
        secretariat, seminar,
        **{
            "audience-0-number": "120", "audience-2-who_ar": "صحافيون", "audience-2-number": "10",
            "audience-2-precision": "at_most", "audience-2-role": "guest",
        },
    )  # fmt: skip
    assert answer.status_code == 302
    assert [item.get("number") for item in seminar.audience] == [120, None, 10]
    assert seminar.audience[0]["source"] == "release-ar"
    assert seminar.audience[2] == {"who": {"ar": "صحافيون"}, "number": 10, "precision": "at_most", "role": "guest"}
    entry = journal.of(seminar).first()
    assert list(entry.changes) == ["audience"]


def test_an_entry_is_taken_out_and_the_order_changed(secretariat, world_day):
    ceremony = world_day.activities.get(slug="ceremony")
    answer = edit(secretariat, ceremony, **{"audience-0-DELETE": "on", "audience-3-ORDER": "1"})
    assert answer.status_code == 302
    assert [item["who"]["fr"] for item in ceremony.audience] == [
        "des invités", "les membres de la Commission nationale", "des représentants des partenaires internationaux",
    ]  # fmt: skip


def test_a_text_in_a_language_that_the_site_lacks_stays_in_a_list(secretariat, seminar):
    seminar.audience[0]["who"]["zgh"] = "ⵉⵎⵙⵙⵉⵡⴰⵍⵏ"
    seminar.save()
    edit(secretariat, seminar, **{"audience-0-who_fr": "assistantes sociales"})
    assert seminar.audience[0]["who"]["zgh"] == "ⵉⵎⵙⵙⵉⵡⴰⵍⵏ"
    assert seminar.audience[0]["who"]["fr"] == "assistantes sociales"


def test_who_does_what_is_changed_in_protocol_order_and_journalled(secretariat, seminar):
    answer = edit(
        secretariat, seminar,
        **{"involved-0-ORDER": "2", "involved-1-ORDER": "1", "involved-3-organisation": "ministry-justice-ma",
           "involved-3-role": "host"},
    )  # fmt: skip
    assert answer.status_code == 302
    rows = Involvement.objects.filter(subject_id=seminar.pk).order_by("position")
    assert [(row.organisation.slug, row.role) for row in rows] == [
        ("eu", "organiser"), ("unodc", "organiser"), ("cnclt", "partner"), ("ministry-justice-ma", "host"),
    ]  # fmt: skip
    page = secretariat.get("/ar/activities/seminar/").content.decode()
    assert "وزارة العدل" in page
    verbs = set(
        Entry.objects.filter(subject_kind="programme.involvement").order_by("-id")[:3].values_list("verb", flat=True)
    )
    assert verbs == {"programme.create", "programme.change"}


def test_the_same_organisation_twice_in_one_role_is_refused_beside_its_list(secretariat, seminar):
    page = edit(secretariat, seminar, **{"involved-3-organisation": "unodc", "involved-3-role": "organiser"})
    assert page.status_code == 200
    assert page.context_data["form"].errors.keys() == {"involved"}
    assert Involvement.objects.filter(subject_id=seminar.pk).count() == 3


def test_a_claim_of_another_source_is_added_and_none_is_chosen(secretariat, seminar):
    answer = edit(
        secretariat, seminar, **{"claims-2-of": "when", "claims-2-value": "2020-07-30", "claims-2-source": "release-ar"}
    )
    assert answer.status_code == 302
    claims = Claim.objects.filter(subject_id=seminar.pk, of="when").order_by("position")
    assert [(claim.value, claim.source.key) for claim in claims] == [
        ("2020-07-28", "press-fr"),
        ("2020-07-30", "release-ar"),
    ]
    assert not seminar.when.is_known


@pytest.mark.parametrize(
    ("name", "typed"),
    [("audience-0-number", "مئة"), ("stops-0-when", "غدا"), ("audience-2-number", "5"), ("claims-0-source", "")],
)
def test_what_does_not_fit_is_said_at_its_input_and_stays_typed(secretariat, seminar, name, typed):
    page = edit(secretariat, seminar, **{name: typed, "summary_ar": "ملخص لم يضع"})
    assert page.status_code == 200
    assert page.context_data["form"].errors.keys() == {name.split("-")[0]}
    text = page.content.decode()
    assert "error-message" in text
    assert "ملخص لم يضع" in text
    assert typed in text
    assert seminar.audience[0]["number"] == 100


def test_the_inputs_of_a_forged_post_are_counted(secretariat, seminar):
    page = edit(secretariat, seminar, **{"audience-TOTAL_FORMS": "100000"})
    assert page.status_code == 200
    assert "audience" in page.context_data["form"].errors


def test_shares_that_are_no_hundred_are_refused_and_an_amount_is_kept_in_cents(secretariat, world_day):
    project = world_day.projects.get(slug="noa-reg-05")
    address = f"/desk/projects/edit/{project.pk}/"
    data = form_of(secretariat.get(address))
    assert data["amount"] == "15000000"
    page = secretariat.post(address, {**data, "shares-0-percent": "30"})
    assert page.status_code == 200
    assert "shares" in page.context_data["form"].errors
    assert secretariat.post(address, {**data, "amount": "15000000.55"}).status_code == 302
    project.refresh_from_db()
    assert project.amount_minor == 1_500_000_055
    assert len(project.shares) == 5


def test_what_the_desk_wrote_is_what_the_file_holds(secretariat, seminar):
    edit(secretariat, seminar, **{"agenda-0-time": "09:30", "agenda-0-title_ar": "كلمة الافتتاح",
                                  "stops-0-where__locality_ar": "الرباط", "stops-0-where__region": "MA-04"})  # fmt: skip
    exported = files.export(seminar.programme)
    item = next(one for one in exported["activities"] if one["slug"] == "seminar")
    assert item["agenda"] == [{"time": "09:30", "title": {"ar": "كلمة الافتتاح"}}]
    assert item["stops"] == [{"where": {"locality": {"ar": "الرباط"}, "region": "MA-04"}}]
    document = files.read_bytes(files.to_yaml(exported).encode(), "again.yaml")
    assert files.load(document, by=journal.CLI, now=timezone.now()).changes == 0


def test_what_the_schema_refuses_is_said_in_the_users_words(secretariat, seminar):
    page = edit(secretariat, seminar, **{"agenda-0-time": "9h30", "agenda-0-title_ar": "كلمة"})
    assert page.status_code == 200
    [said] = page.context_data["form"].errors["agenda"]
    assert "9h30" in said
    assert "09:30" in said
    assert "does not match" not in said


@pytest.mark.parametrize(
    "changes",
    [
        {"when": "2020-07-28", "starts_at_time": "16:00", "ends_at_time": "09:00"},
        {"stops-0-when": "2020-09-01", "stops-0-where__locality_ar": "الرباط"},
    ],
)
def test_the_desk_refuses_what_a_file_is_refused_for(secretariat, seminar, changes):
    page = edit(secretariat, seminar, **changes)
    assert page.status_code == 200
    assert page.context_data["form"].non_field_errors()
    assert not seminar.when.is_known
    assert seminar.stops == []


def test_a_country_twice_in_the_shares_is_refused_at_the_desk_too(secretariat, world_day):
    project = world_day.projects.get(slug="noa-reg-05")
    address = f"/desk/projects/edit/{project.pk}/"
    page = secretariat.post(address, {**form_of(secretariat.get(address)), "shares-0-country": "EG"})
    assert page.status_code == 200
    assert "shares" in page.context_data["form"].errors
