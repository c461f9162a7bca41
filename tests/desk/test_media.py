"""Pictures at the desk: they stay private until something public shows them, and vanish with a consent."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tansiq.core import journal
from tansiq.media.models import Asset, Consent, Logo
from tansiq.outreach.models import Material
from tansiq.people.models import Organisation
from tansiq.programme import planning
from tests.media.test_assets import files, photograph  # noqa: F401  (a private folder of its own)


def upload(client, content=None, name="صورة.jpg", **more):
    data = {
        "file": SimpleUploadedFile(name, photograph() if content is None else content), "title_ar": "ملصق", "title_fr": "",
        "title_en": "", "alternative_text_ar": "ملصق أزرق عليه قلب", "alternative_text_fr": "",
        "alternative_text_en": "", "credit_ar": "", "credit_fr": "", "credit_en": "", **more,
    }  # fmt: skip
    return client.post("/desk/assets/new/", data)


def test_a_picture_is_kept_privately_and_its_preview_is_for_staff_alone(secretariat, client, db):
    assert upload(secretariat).status_code == 302
    asset = Asset.objects.get()
    assert journal.of(asset).get().verb == "media.store"
    preview = secretariat.get(f"/desk/picture/{asset.pk}/")
    assert preview.status_code == 200
    assert b"Maker-7431" not in b"".join(preview.streaming_content)
    assert secretariat.get("/desk/assets/").status_code == 200
    from django.test import Client

    assert Client().get(f"/desk/picture/{asset.pk}/").status_code == 302
    assert Client().get(f"/media/{asset.pk}/320").status_code == 404


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "شعار.svg"),
        (b"MZ\x90", "صورة.jpg"),
        (photograph()[:900], "x.jpg"),
    ],
)
def test_what_is_no_picture_is_refused_in_words_and_what_was_typed_stays(secretariat, content, name):
    page = upload(secretariat, content, name)
    assert page.status_code == 200
    assert "ملصق أزرق عليه قلب" in page.content.decode()
    assert page.context_data["form"].errors
    assert not Asset.objects.exists()


def test_a_materials_picture_is_public_exactly_while_its_programme_is(secretariat, world_day):
    upload(secretariat)
    asset = Asset.objects.get()
    material = Material.objects.get(slug="awareness-tools-2020")
    from tests.desk.test_lists import form_of

    address = f"/desk/materials/edit/{material.pk}/"
    data = {
        **form_of(secretariat.get(address)),
        "asset": str(asset.pk),
        "activities": [str(material.activities.get().pk)],
    }
    assert secretariat.post(address, data).status_code == 302
    shown = f"/media/{asset.pk}/640"
    assert shown in secretariat.get("/ar/materials/").content.decode()
    assert secretariat.get(shown).status_code == 200
    now = timezone.now()
    world_day.refresh_from_db()
    planning.withdraw(programme=world_day, by=journal.CLI, now=now)
    assert secretariat.get(shown).status_code == 404
    planning.publish(programme=world_day, by=journal.CLI, now=now, at=now + dt.timedelta(hours=1))
    assert secretariat.get(shown).status_code == 404
    assert asset in Asset.objects.public(now + dt.timedelta(hours=1))
    world_day.delete()
    assert asset not in Asset.objects.public(now + dt.timedelta(hours=2))


def test_a_person_is_shown_with_a_consent_and_no_longer_than_it_holds(secretariat, world_day):
    upload(secretariat, shows_persons="on")
    asset = Asset.objects.get()
    material = Material.objects.get(slug="awareness-tools-2020")
    material.asset = asset
    from tansiq.core import records

    records.change(material, by=journal.CLI, now=timezone.now())
    shown = f"/media/{asset.pk}/640"
    assert secretariat.get(shown).status_code == 404
    given = {"asset": str(asset.pk), "reference": "2026/14", "given_date": "2026-01-05", "valid_until": ""}
    assert secretariat.post("/desk/consents/new/", given).status_code == 302
    assert secretariat.get(shown).status_code == 200
    consent = Consent.objects.get()
    assert "2026/14" in secretariat.get("/desk/consents/").content.decode()
    secretariat.post(f"/desk/consents/delete/{consent.pk}/")
    consent.refresh_from_db()
    assert consent.withdrawn_at is not None
    assert secretariat.get(shown).status_code == 404
    assert not asset.renditions.exists()


def test_a_partners_logo_appears_with_the_right_to_use_it(secretariat, world_day):
    upload(secretariat)
    asset, unodc = Asset.objects.get(), Organisation.objects.get(slug="unodc")
    data = {"organisation": str(unodc.pk), "asset": str(asset.pk), "right": ""}
    assert secretariat.post("/desk/logos/new/", data).status_code == 302
    assert str(asset.pk) not in secretariat.get("/ar/partners/unodc/").content.decode()
    logo = Logo.objects.get()
    assert secretariat.post(f"/desk/logos/edit/{logo.pk}/", {**data, "right": "رسالة 7/2026"}).status_code == 302
    assert f"/media/{asset.pk}/320" in secretariat.get("/ar/partners/unodc/").content.decode()


def test_a_document_is_offered_as_a_file(secretariat, world_day):
    upload(secretariat, b"%PDF-1.7 \n%%EOF", "دليل.pdf")
    asset = Asset.objects.get()
    material = Material.objects.get(slug="awareness-tools-2020")
    material.asset = asset
    from tansiq.core import records

    records.change(material, by=journal.CLI, now=timezone.now())
    assert f"/media/{asset.pk}/file" in secretariat.get("/fr/materials/").content.decode()
    answer = secretariat.get(f"/media/{asset.pk}/file")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
