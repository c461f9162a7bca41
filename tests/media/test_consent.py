import datetime as dt
import io
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from PIL import Image

from tansiq.core import journal
from tansiq.core.models import Entry
from tansiq.media import assets, consent
from tansiq.media.models import Asset, Consent, Rendition
from tansiq.people.models import Organisation

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
TODAY = dt.date(2026, 11, 23)
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    """The folder of the private storage."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path}},
    }
    return tmp_path


def on_disk(files: Path) -> list[str]:
    return sorted(str(path.relative_to(files)) for path in files.rglob("*") if path.is_file())


def portrait(**changes) -> Asset:
    """A picture that something published uses."""
    stream = io.BytesIO()
    Image.new("RGB", (1000, 500), "red").save(stream, "JPEG")
    values = {"file_name": "صورة.jpg", "title": {"ar": "متدخلة"}, "by": journal.CLI, "now": NOW, **changes}
    asset = assets.store(content=stream.getvalue(), **values)
    body = Organisation.objects.create(slug=f"b-{asset.pk}", name={"ar": "هيئة"}, reference_language="ar")
    assets.use(asset=asset, subject=body, public_from=NOW - DAY, by=journal.CLI, now=NOW)
    return asset


def give(asset, reference="2026/14", given_date=TODAY, valid_until=None):
    return consent.give(
        asset=asset, reference=reference, given_date=given_date, valid_until=valid_until, by=journal.CLI, now=NOW
    )


def is_shown(asset, now=NOW) -> bool:
    found = assets.open_public(asset.pk, 320, now)
    if found:
        found[0].close()
    return found is not None


def test_give_lets_the_picture_be_shown_until_the_consents_last_day():
    asset = portrait()
    assert not is_shown(asset)
    given = give(asset, valid_until=TODAY + DAY)
    assert (is_shown(asset), is_shown(asset, NOW + DAY), is_shown(asset, NOW + 2 * DAY)) == (True, True, False)
    entry = Entry.objects.get(verb="media.give_consent")
    assert entry.subject_id == given.pk
    # The form's number stays out: people write names into such fields.
    assert entry.changes == {
        "asset": [None, str(asset.pk)],
        "given_date": [None, "2026-11-23"],
        "valid_until": [None, "2026-11-24"],
    }


def test_a_recognisable_child_is_never_shown_whatever_is_signed():
    asset = portrait(shows_children=True)
    give(asset)
    assert not is_shown(asset)
    assert not Rendition.objects.exists()


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"reference": "  "}, consent.ConsentRefused),
        ({"given_date": TODAY + DAY}, consent.WrongDates),
        ({"valid_until": TODAY - DAY}, consent.WrongDates),
    ],
)
def test_give_refuses_a_form_that_cannot_be_right(changes, refusal):
    asset = portrait()
    with pytest.raises(refusal):
        give(asset, **changes)
    assert not Consent.objects.exists()
    assert not is_shown(asset)


def test_give_knows_the_day_of_the_installation_and_not_of_greenwich(settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    late = dt.datetime(2026, 11, 23, 16, 0, tzinfo=dt.UTC)  # the 24th in Tokyo
    form = {"reference": "2026/15", "given_date": TODAY + DAY, "valid_until": None, "by": journal.CLI, "now": late}
    assert consent.give(asset=portrait(), **form).given_date == TODAY + DAY


def test_give_refuses_a_form_twice_for_one_picture_and_takes_it_for_another():
    asset = portrait()
    given = give(asset)
    with pytest.raises(consent.FormTaken) as refusal:
        give(asset, reference=" 2026/14 ", valid_until=TODAY)
    assert "2026/14" in str(refusal.value)
    assert list(Consent.objects.values_list("pk", "valid_until")) == [(given.pk, None)]
    give(portrait())
    assert Consent.objects.count() == 2


def test_withdraw_removes_every_rendition_from_disk_and_the_picture_from_view(
    files, django_capture_on_commit_callbacks
):
    asset, other = portrait(), portrait()
    given = give(asset)
    give(other)
    for width in assets.WIDTHS:
        assets.rendition(asset, width)
    kept = assets.rendition(other, 320)
    # A rendition whose row was rolled back after its file was written.
    default_storage.save(f"renditions/{asset.pk.hex}/640.jpg", ContentFile(b"orphan"))
    assert len(on_disk(files / "renditions")) == 4 + 1 + 1
    with django_capture_on_commit_callbacks(execute=True):
        withdrawn = consent.withdraw(consent=given, by=journal.CLI, now=NOW)
    assert withdrawn.withdrawn_at == NOW
    assert list(Rendition.objects.all()) == [kept]
    assert on_disk(files) == sorted([asset.stored_name, other.stored_name, kept.stored_name])
    assert (is_shown(asset), is_shown(other)) == (False, True)
    entry = Entry.objects.get(verb="media.withdraw_consent")
    assert (entry.subject_id, entry.changes) == (given.pk, {"withdrawn_at": [None, "2026-11-23T09:00:00+00:00"]})


def test_withdraw_keeps_the_files_until_it_is_committed(files):
    asset = portrait()
    given = give(asset)
    made = assets.rendition(asset, 320)
    consent.withdraw(consent=given, by=journal.CLI, now=NOW)
    assert made.stored_name in on_disk(files)


def test_withdraw_outweighs_another_persons_consent():
    asset = portrait()
    given = give(asset)
    give(asset, reference="2026/15")
    assert is_shown(asset)
    consent.withdraw(consent=given, by=journal.CLI, now=NOW)
    assert not is_shown(asset)


def test_no_rendition_is_made_after_a_withdrawal_not_even_for_the_desk(files):
    asset = portrait()
    consent.withdraw(consent=give(asset), by=journal.CLI, now=NOW)
    with pytest.raises(assets.ConsentWithdrawn):
        assets.rendition(asset, 320)
    assert on_disk(files) == [asset.stored_name]


class SlowStorage(FileSystemStorage):
    """A storage that takes so long to open a file that something else happens meanwhile."""

    meanwhile = None

    def open(self, name, mode="rb"):
        act, SlowStorage.meanwhile = SlowStorage.meanwhile, None
        if act:
            act()
        return super().open(name, mode)


def test_a_rendition_that_is_drawn_during_a_withdrawal_is_not_written(files, settings):
    backend = {"BACKEND": f"{__name__}.SlowStorage", "OPTIONS": {"location": files}}
    settings.STORAGES = {**settings.STORAGES, "default": backend}
    asset = portrait()
    given = give(asset)
    SlowStorage.meanwhile = lambda: consent.withdraw(consent=given, by=journal.CLI, now=NOW)
    with pytest.raises(assets.ConsentWithdrawn):
        assets.rendition(asset, 320)
    assert Consent.objects.get().withdrawn_at == NOW
    assert not Rendition.objects.exists()
    assert on_disk(files) == [asset.stored_name]


def test_withdrawing_twice_changes_nothing():
    given = give(portrait())
    consent.withdraw(consent=given, by=journal.CLI, now=NOW)
    again = consent.withdraw(consent=given, by=journal.CLI, now=NOW + DAY)
    assert again.withdrawn_at == NOW
    assert Entry.objects.filter(verb="media.withdraw_consent").count() == 1
