import datetime as dt
import io
import struct
import uuid
import zlib
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from PIL import Image, ImageCms, ImageDraw

from tansiq.core import journal, records
from tansiq.core.errors import Refused
from tansiq.core.models import Entry
from tansiq.media import assets
from tansiq.media.models import Asset, AssetUse, Consent, Logo, Rendition
from tansiq.people.models import Organisation

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
GPS, ORIENTATION = 0x8825, 0x0112


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


def written(image: Image.Image, kind: str, **more) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **more)
    return stream.getvalue()


def photograph(width=400, height=300, orientation=1) -> bytes:
    """A JPEG as a telephone makes it: a place, a maker, a comment, a colour profile; red at the left, blue right."""
    image = Image.new("RGB", (width, height), "blue")
    ImageDraw.Draw(image).rectangle((0, 0, width // 2, height), fill="red")
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "Maker-7431"
    exif[GPS] = {1: "N", 2: (34.0, 1.0, 15.0), 3: "W", 4: (6.0, 50.0, 24.0)}
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return written(
        image, "JPEG", quality=95, exif=exif, icc_profile=profile, comment=b"Owner-9911", xmp=b"<x>Owner-9911</x>"
    )


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it is so large, in some sixty bytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def store(content: bytes | None = None, **changes) -> Asset:
    values = {"file_name": "صورة.jpg", "title": {"ar": "ورشة"}, "by": journal.CLI, "now": NOW, **changes}
    return assets.store(content=photograph() if content is None else content, **values)


def read(shown: Rendition) -> bytes:
    with default_storage.open(shown.stored_name) as file:
        return file.read()


def organisation(slug="lajna") -> Organisation:
    return Organisation.objects.create(slug=slug, name={"ar": "اللجنة"}, reference_language="ar")


def published(asset: Asset, public_from=NOW) -> AssetUse:
    return assets.use(asset=asset, subject=organisation(), public_from=public_from, by=journal.CLI, now=NOW)


# --- In


def test_store_keeps_the_bytes_privately_under_a_random_name(files):
    content = photograph()
    asset = store(content, alternative_text={"ar": "قاعة"}, credit={"ar": "اللجنة"})
    [name] = on_disk(files)
    assert name == asset.stored_name
    assert name.startswith("originals/")
    assert uuid.UUID(name.removeprefix("originals/")).version == 4
    assert (files / name).read_bytes() == content
    asset.refresh_from_db()
    assert (asset.kind, asset.media_type, asset.size_bytes) == ("image", "image/jpeg", len(content))
    assert (asset.width, asset.height, asset.created_at) == (400, 300, NOW)
    assert (asset.title, asset.alternative_text, asset.credit) == ({"ar": "ورشة"}, {"ar": "قاعة"}, {"ar": "اللجنة"})
    assert (asset.shows_persons, asset.shows_children) == (True, False)
    entry = Entry.objects.get(verb="media.store")
    assert entry.subject_id == asset.pk
    assert entry.changes["shows_persons"] == [None, True]


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (photograph(), "image/jpeg"),
        (written(Image.new("CMYK", (4, 3)), "JPEG"), "image/jpeg"),
        (written(Image.new("P", (4, 3)), "PNG"), "image/png"),
        (written(Image.new("RGBA", (4, 3)), "WEBP"), "image/webp"),
        (b"%PDF-1.7\n%...", "application/pdf"),
    ],
)
def test_store_reads_the_type_from_the_bytes_whatever_the_name_says(content, media_type):
    assert store(content, file_name="تقرير.svg").media_type == media_type


def test_store_takes_the_first_picture_of_a_telephones_double_jpeg():
    two = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    content = written(two[0], "MPO", save_all=True, append_images=two[1:])
    asset = store(content)
    assert (asset.media_type, asset.width) == ("image/jpeg", 40)
    with Image.open(io.BytesIO(read(assets.rendition(asset, 320)))) as shown:
        assert (shown.format, shown.size) == ("JPEG", (40, 30))
        assert shown.getpixel((20, 15))[0] > 200


def test_store_measures_the_picture_as_it_is_held():
    asset = store(photograph(400, 300, orientation=6))
    assert (asset.width, asset.height) == (300, 400)


TWO_FRAMES = {"save_all": True, "append_images": [Image.new("RGB", (4, 3), "blue")]}
RED = Image.new("RGB", (4, 3), "red")


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", assets.UnknownFile),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", assets.UnknownFile),
        (b"\xef\xbb\xbf<?xml version='1.0'?><svg/>", assets.UnknownFile),
        (b"GIF89a" + b"\0" * 40, assets.UnknownFile),
        (written(RED, "GIF", **TWO_FRAMES), assets.UnknownFile),
        (written(RED, "TIFF"), assets.UnknownFile),
        (written(RED, "BMP"), assets.UnknownFile),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", assets.UnknownFile),
        (b"PK\x03\x04 a workbook", assets.UnknownFile),
        (b" %PDF-1.7", assets.UnknownFile),
        (written(RED, "WEBP", **TWO_FRAMES), assets.MovingPicture),
        (written(RED, "PNG", **TWO_FRAMES), assets.MovingPicture),
        (photograph()[:2000], assets.DamagedPicture),
        (png_header(40, 30), assets.DamagedPicture),
        (png_header(7072, 7072), assets.TooManyPixels),  # 50.01 megapixels
        (png_header(10_000, 10_000), assets.TooManyPixels),  # where Pillow warns
        (png_header(60_000, 60_000), assets.TooManyPixels),  # where Pillow refuses
        (png_header(16_001, 10), assets.TooManyPixels),
        (b"\xff\xd8\xff" + b"\0" * (20 * 1024 * 1024), assets.FileTooLarge),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else ascii(value[:8]),
)
def test_store_refuses_and_says_which_file_and_what_to_do(files, content, refusal):
    with pytest.raises(refusal) as said:
        store(content, file_name="صورة.jpg")
    assert isinstance(said.value, assets.FileRefused)
    assert "صورة.jpg" in str(said.value)
    assert (on_disk(files), Asset.objects.exists(), Entry.objects.filter(verb="media.store").exists()) == (
        [],
        False,
        False,
    )


def test_store_takes_a_picture_of_just_under_fifty_megapixels():
    asset = store(written(Image.new("L", (7071, 7071)), "PNG"))
    assert (asset.width, asset.height) == (7071, 7071)


def test_store_leaves_no_file_behind_when_the_row_is_refused(files):
    with pytest.raises(DatabaseError), transaction.atomic():
        store(now=None)
    assert on_disk(files) == []


# --- Renditions


def test_a_rendition_holds_nothing_of_the_telephone_the_place_or_the_owner():
    content = photograph()
    with Image.open(io.BytesIO(content)) as original:  # what could leak is there
        assert original.getexif().get_ifd(GPS)[2] == (34.0, 1.0, 15.0)
        assert original.info["icc_profile"]
    assert content.count(b"Maker-7431") + content.count(b"Owner-9911") == 3
    shown = read(assets.rendition(store(content), 320))
    for secret in (b"Exif", b"ICC_PROFILE", b"Maker-7431", b"Owner-9911", b"xap", b"<x>"):
        assert secret not in shown
    with Image.open(io.BytesIO(shown)) as picture:
        assert dict(picture.getexif()) == {}
        assert dict(picture.getexif().get_ifd(GPS)) == {}
        assert {"exif", "icc_profile", "comment", "xmp", "photoshop"} & set(picture.info) == set()


def test_a_transparent_rendition_is_a_webp_that_holds_nothing_either():
    exif = Image.Exif()
    exif[0x010F] = "Maker-7431"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    logo = Image.new("RGBA", (800, 400), (255, 0, 0, 0))
    content = written(logo, "PNG", exif=exif, icc_profile=profile)
    assert b"Maker-7431" in content
    assert b"iCCP" in content
    made = assets.rendition(store(content), 320)
    shown = read(made)
    assert (made.media_type, made.width, made.height) == ("image/webp", 320, 160)
    assert made.stored_name.endswith(".webp")
    for secret in (b"EXIF", b"ICCP", b"XMP ", b"Maker-7431"):
        assert secret not in shown
    with Image.open(io.BytesIO(shown)) as picture:
        assert (picture.format, picture.mode) == ("WEBP", "RGBA")
        assert picture.getpixel((10, 10))[3] == 0


@pytest.mark.parametrize(
    ("orientation", "size", "red", "blue"),
    [
        (1, (400, 300), (10, 150), (390, 150)),
        (2, (400, 300), (390, 150), (10, 150)),
        (3, (400, 300), (390, 150), (10, 150)),
        (4, (400, 300), (10, 150), (390, 150)),
        (5, (300, 400), (150, 10), (150, 390)),
        (6, (300, 400), (150, 10), (150, 390)),
        (7, (300, 400), (150, 390), (150, 10)),
        (8, (300, 400), (150, 390), (150, 10)),
    ],
)
def test_a_rendition_stands_upright_however_the_camera_was_held(orientation, size, red, blue):
    made = assets.rendition(store(photograph(400, 300, orientation)), 640)
    with Image.open(io.BytesIO(read(made))) as picture:
        assert (picture.size, (made.width, made.height)) == (size, size)
        assert picture.getpixel(red)[0] > 200
        assert picture.getpixel(blue)[2] > 200


def test_a_rendition_is_made_once_for_each_width(files):
    asset = store(photograph(1000, 500))
    first = assets.rendition(asset, 640)
    assert (first.width, first.height, first.media_type) == (640, 320, "image/jpeg")
    assert assets.rendition(asset, 640) == first
    assert assets.rendition(asset, 320) != first
    assert len(on_disk(files / "renditions")) == 2


def test_a_rendition_is_never_wider_than_the_original(files):
    asset = store(photograph(700, 350))
    made = assets.rendition(asset, 960)
    assert (made.width, made.height) == (700, 350)
    assert assets.rendition(asset, 1600) == made
    assert len(on_disk(files / "renditions")) == 1


def test_the_second_call_for_a_rendition_asks_one_query():
    asset = store()
    assets.rendition(asset, 320)
    with CaptureQueriesContext(connection) as asked:
        assets.rendition(asset, 320)
    assert len(asked) == 1


@pytest.mark.parametrize("width", [0, 1, 321, 5000])
def test_a_rendition_of_another_width_is_a_mistake_of_the_caller(width):
    with pytest.raises(ValueError, match=str(width)):
        assets.rendition(store(), width)


def test_there_is_no_rendition_of_a_document():
    with pytest.raises(ValueError, match="document"):
        assets.rendition(store(b"%PDF-1.7"), 320)


# --- What visitors get


def test_a_picture_is_private_until_something_published_uses_it():
    asset = store(shows_persons=False)
    assert assets.open_public(asset.pk, 320, NOW) is None
    use = published(asset, public_from=None)
    assert assets.open_public(asset.pk, 320, NOW) is None
    assets.use(asset=asset, subject=Organisation.objects.get(slug="lajna"), public_from=NOW, by=journal.CLI, now=NOW)
    assert AssetUse.objects.get() == use
    file, media_type = assets.open_public(asset.pk, 320, NOW)
    with file, Image.open(file) as picture:
        assert (media_type, picture.format, picture.size) == ("image/jpeg", "JPEG", (320, 240))
    assets.unuse(asset=asset, subject=Organisation.objects.get(slug="lajna"), by=journal.CLI, now=NOW)
    assert assets.open_public(asset.pk, 320, NOW) is None


def test_an_embargo_holds_to_the_second(files):
    asset = store(shows_persons=False)
    published(asset, public_from=NOW)
    assert assets.open_public(asset.pk, 320, NOW - SECOND) is None
    assert on_disk(files) == [asset.stored_name]
    file, _media_type = assets.open_public(asset.pk, 320, NOW)
    file.close()


def test_a_recognisable_person_is_not_shown_without_consent():
    asset = store()
    published(asset)
    assert assets.open_public(asset.pk, 320, NOW) is None
    Consent.objects.create(asset=asset, reference="2026/14", given_date=NOW.date())
    file, _media_type = assets.open_public(asset.pk, 320, NOW)
    file.close()


@pytest.mark.parametrize("width", [None, 0, 300, 1601])
def test_visitors_never_get_the_original_picture_nor_another_width(width):
    asset = store(shows_persons=False)
    published(asset)
    assert assets.open_public(asset.pk, width, NOW) is None


def test_visitors_get_a_document_as_it_was_stored_once_it_is_published():
    asset = store(b"%PDF-1.7 ...", shows_persons=False)
    assert assets.open_public(asset.pk, None, NOW) is None
    published(asset)
    assert assets.open_public(asset.pk, 320, NOW) is None
    file, media_type = assets.open_public(asset.pk, None, NOW)
    with file:
        assert (file.read(), media_type) == (b"%PDF-1.7 ...", "application/pdf")


def test_nothing_is_shown_of_an_asset_that_does_not_exist():
    assert assets.open_public(uuid.uuid4(), 320, NOW) is None


def test_use_and_unuse_are_journalled_when_they_change_something():
    asset, subject = store(), organisation()
    for public_from in (None, NOW, NOW):
        assets.use(asset=asset, subject=subject, public_from=public_from, by=journal.CLI, now=NOW)
    for _time in range(2):
        assets.unuse(asset=asset, subject=subject, by=journal.CLI, now=NOW)
    name = f"people.organisation:{subject.pk}"
    at = "2026-11-23T09:00:00+00:00"
    said = Entry.objects.filter(subject_id=asset.pk).exclude(verb="media.store").order_by("id")
    assert list(said.values_list("verb", "changes")) == [
        ("media.use", {"used_by": [None, name], "public_from": [None, None]}),
        ("media.use", {"used_by": [name, name], "public_from": [None, at]}),
        ("media.unuse", {"used_by": [name, None]}),
    ]
    assert not AssetUse.objects.exists()


def test_a_logo_is_shown_only_with_a_right_to_use_it():
    body, other = organisation(), organisation("sharik")
    picture = store(shows_persons=False)
    for right, shown in (("", None), ("رسالة 12/2026", picture), ("", None)):
        assets.set_logo(organisation=body, asset=picture, right=right, by=journal.CLI, now=NOW)
        assert assets.public_logo(body, NOW) == shown
        assert (assets.open_public(picture.pk, 320, NOW) is not None) == (shown is not None)
    assert assets.public_logo(other, NOW) is None


def test_a_new_logo_takes_the_old_one_out_of_sight():
    body, old, new = organisation(), store(shows_persons=False), store(shows_persons=False)
    for picture in (old, new):
        assets.set_logo(organisation=body, asset=picture, right="رسالة", by=journal.CLI, now=NOW)
    assert assets.public_logo(body, NOW) == new
    assert assets.open_public(old.pk, 320, NOW) is None
    assets.remove_logo(Logo.objects.get(), by=journal.CLI, now=NOW)
    assert assets.open_public(new.pk, 320, NOW) is None
    assert Asset.objects.count() == 2


def test_a_picture_of_a_person_is_no_logo():
    with pytest.raises(Refused):
        assets.set_logo(organisation=organisation(), asset=store(), right="رسالة", by=journal.CLI, now=NOW)
    assert not Logo.objects.exists()


def test_a_file_is_removed_with_its_copies_unless_something_needs_it(files, django_capture_on_commit_callbacks):
    picture = store(shows_persons=False)
    assets.open_for_staff(picture)[0].close()
    logo = assets.set_logo(organisation=organisation(), asset=picture, right="", by=journal.CLI, now=NOW)
    with pytest.raises(records.StillUsed), django_capture_on_commit_callbacks(execute=True):
        assets.remove(picture, by=journal.CLI, now=NOW)
    assert len(on_disk(files)) == 2
    assets.remove_logo(logo, by=journal.CLI, now=NOW)
    with django_capture_on_commit_callbacks(execute=True):
        assets.remove(picture, by=journal.CLI, now=NOW)
    assert on_disk(files) == []
    assert not Asset.objects.exists()
