"""Files in, renditions out: what they are is read from the bytes, and what is shown is written anew from pixels."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import io
import struct
import threading
import uuid
import warnings
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext as _
from PIL import Image

from tansiq.core import journal, records
from tansiq.core.errors import Refused
from tansiq.core.localized import Localized
from tansiq.core.models import Record
from tansiq.media.models import Asset, AssetUse, Consent, Logo, Rendition
from tansiq.people.models import Organisation

WIDTHS = (320, 640, 960, 1600)
LARGEST_BYTES = 20 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 16_000  # WebP ends at 16,383

# A telephone's JPEG with a second picture inside (MPO) is a JPEG to everyone else.
_MEDIA_TYPES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
# EXIF 0x0112: how the camera was held.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What Pillow's decoders raise for damaged or hostile bytes.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    EOFError,
    struct.error,
    zlib.error,
)
# One decoded picture at a time in a process: 50 megapixels are 200 MB.
_decoding = threading.Lock()


class FileRefused(Refused):
    """The file is not kept."""


class FileTooLarge(FileRefused):
    pass


class TooManyPixels(FileRefused):
    pass


class UnknownFile(FileRefused):
    pass


class MovingPicture(FileRefused):
    pass


class DamagedPicture(FileRefused):
    pass


class ConsentWithdrawn(Refused):
    """Somebody in the picture no longer wants it shown, so no rendition of it is made."""


# --- In ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    kind: str
    media_type: str
    width: int | None = None
    height: int | None = None


def store(
    *,
    content: bytes,
    file_name: str,
    title: Mapping[str, str],
    by: Any,
    now: dt.datetime,
    shows_persons: bool = True,
    shows_children: bool = False,
    is_scan: bool = False,
    alternative_text: Mapping[str, str] | None = None,
    credit: Mapping[str, str] | None = None,
) -> Asset:
    """Keep a JPEG, PNG or WebP picture or a PDF, privately, under a random name.

    content    at most 20 MB; a picture has one frame, 50 megapixels and 16,000 pixels on a side at most
    file_name  what the person called it; only for the refusal's text, it is neither believed nor kept
    title, alternative_text, credit  by language code
    shows_persons, shows_children    a person, or a child, can be recognised (see `Asset.objects.public`)
    is_scan    a signed paper or other evidence: it is in no list of pictures and never public
    Returns the asset with the `width` and `height` of the upright picture.
    Raises FileRefused: FileTooLarge, UnknownFile, MovingPicture, TooManyPixels, DamagedPicture.
    """
    # Decoded before the transaction: SQLite has one writer, and a large picture takes a second.
    found = _inspect(content, file_name)
    with transaction.atomic():
        stored_name = default_storage.save(f"originals/{uuid.uuid4().hex}", ContentFile(content))
        try:
            asset = Asset.objects.create(
                kind=Asset.Kind.SCAN if is_scan else found.kind,
                title=Localized(title),
                alternative_text=Localized(alternative_text or {}),
                credit=Localized(credit or {}),
                stored_name=stored_name,
                sha256=hashlib.sha256(content).hexdigest(),
                media_type=found.media_type,
                size_bytes=len(content),
                width=found.width,
                height=found.height,
                shows_persons=shows_persons,
                shows_children=shows_children,
                created_at=now,
            )
            new = {name: [None, getattr(asset, name)] for name in ("media_type", "shows_persons", "shows_children")}
            journal.record("media.store", asset, by=by, now=now, changes=new)
        except BaseException:
            default_storage.delete(stored_name)
            raise
    return asset


def _inspect(content: bytes, file_name: str) -> _Found:
    name = {"name": file_name[:100]}
    if len(content) > LARGEST_BYTES:
        text = _(
            "“%(name)s” was not kept: it is larger than 20 MB. Save it smaller, for instance as JPEG, and try again."
        )
        raise FileTooLarge(text % name)
    if content.startswith(b"%PDF-"):
        return _Found(Asset.Kind.DOCUMENT, "application/pdf")
    try:
        with _decoding, _opened(content) as image:
            if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
                text = _("“%(name)s” was not kept: it is a moving picture. Save one frame of it and try again.")
                raise MovingPicture(text % name)
            image.load()
            size = _upright(image).size
            return _Found(Asset.Kind.IMAGE, _MEDIA_TYPES[image.format or ""], *size)
    except _TooLargeToDecode as problem:
        text = _(
            "“%(name)s” was not kept: it has more than 50 million pixels, or more than 16,000 on one side. "
            "Make the picture smaller and try again."
        )
        raise TooManyPixels(text % name) from problem
    except Image.UnidentifiedImageError as problem:
        text = _(
            "“%(name)s” was not kept: it is not a JPEG, PNG or WebP picture nor a PDF, whatever its name says. "
            "Open it in a program for pictures, save it as JPEG or PNG, and try again."
        )
        raise UnknownFile(text % name) from problem
    except _DAMAGE as problem:
        text = _(
            "“%(name)s” was not kept: the picture is damaged or incomplete. Copy it again from where it was taken."
        )
        raise DamagedPicture(text % name) from problem


class _TooLargeToDecode(Exception):
    pass


@contextlib.contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    """The picture with its header read and its size found bearable; no pixel is decoded yet."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # Only these decoders see the bytes: no TIFF, no EPS, nothing that a name could ask for.
            image = Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as problem:
        raise _TooLargeToDecode from problem
    with image:
        if image.width * image.height > MOST_PIXELS or max(image.size) > LONGEST_SIDE:
            raise _TooLargeToDecode
        yield image


def _upright(image: Image.Image) -> Image.Image:
    try:
        held = image.getexif().get(0x0112)
    except _DAMAGE:  # bad EXIF beside good pixels is common
        held = None
    return image.transpose(_UPRIGHT[held]) if held in _UPRIGHT else image


# --- Renditions ----------------------------------------------------------------------------------------------------


def rendition(asset: Asset, width: int) -> Rendition:
    """The picture for one of `WIDTHS`, made at the first call: pixels only, upright, never wider than the original.

    Its `width` is the real one, so an original of 500 pixels has the same rendition for 640 and 1600. A JPEG, or WebP
    where the picture is transparent. It is as private as its asset: visitors get it by `open_public`.
    Raises ConsentWithdrawn; ValueError for another width or an asset that is no picture.
    """
    if asset.kind != Asset.Kind.IMAGE or width not in WIDTHS or asset.width is None:
        raise ValueError(f"no rendition of {asset.kind} for width {width}")
    width = min(width, asset.width)
    made = Rendition.objects.filter(asset=asset, width=width)
    if found := made.first():
        return found
    _refuse_withdrawn(asset)
    with _decoding:
        if found := made.first():
            return found
        drawn = _draw(asset, width)
    with transaction.atomic():
        # The lock that `remove_renditions` takes: what was withdrawn while we drew is not written.
        Asset.objects.select_for_update().get(pk=asset.pk)
        _refuse_withdrawn(asset)
        if found := made.first():
            return found
        stored_name = default_storage.save(f"{_folder(asset)}/{width}{drawn.suffix}", ContentFile(drawn.content))
        try:
            return Rendition.objects.create(
                asset=asset, width=width, height=drawn.height, stored_name=stored_name, media_type=drawn.media_type
            )
        except BaseException:
            default_storage.delete(stored_name)
            raise


def _folder(asset: Asset) -> str:
    return f"renditions/{asset.pk.hex}"


def _refuse_withdrawn(asset: Asset) -> None:
    if Consent.objects.filter(asset=asset, withdrawn_at__isnull=False).exists():
        text = _(
            "The picture is not shown: a person who can be recognised in it has withdrawn consent. Choose another one."
        )
        raise ConsentWithdrawn(text)


@dataclass(frozen=True)
class _Drawn:
    content: bytes
    height: int
    media_type: str
    suffix: str


def _draw(asset: Asset, width: int) -> _Drawn:
    with default_storage.open(asset.stored_name) as file:
        content = file.read()
    with _opened(content) as image:
        mode = "RGBA" if image.has_transparency_data else "RGB"
        picture = _upright(image).convert(mode)
    height = max(1, round(picture.height * width / picture.width))
    # A new image has no EXIF, profile, comment or XMP that an encoder could copy from the old one.
    fresh = Image.new(mode, (width, height))
    fresh.paste(picture.resize((width, height), Image.Resampling.LANCZOS))
    written = io.BytesIO()
    if mode == "RGBA":
        fresh.save(written, "WEBP", quality=82)
        return _Drawn(written.getvalue(), height, "image/webp", ".webp")
    # Telephones that are ten years old show JPEG and not WebP.
    fresh.save(written, "JPEG", quality=80, optimize=True, progressive=True)
    return _Drawn(written.getvalue(), height, "image/jpeg", ".jpg")


def remove_renditions(asset: Asset) -> None:
    """Delete every rendition in the caller's transaction: the rows now, the files when it commits."""
    Asset.objects.select_for_update().get(pk=asset.pk)
    made, folder = Rendition.objects.filter(asset=asset), _folder(asset)
    names = set(made.values_list("stored_name", flat=True))
    made.delete()

    def remove_files() -> None:
        # The folder too: a transaction that was rolled back can have left a file without a row.
        with contextlib.suppress(FileNotFoundError):
            names.update(f"{folder}/{name}" for name in default_storage.listdir(folder)[1])
        for name in names:
            default_storage.delete(name)

    transaction.on_commit(remove_files)


# --- What it is used for -------------------------------------------------------------------------------------------


@transaction.atomic
def use(*, asset: Asset, subject: Record, public_from: dt.datetime | None, by: Any, now: dt.datetime) -> AssetUse:
    """Say that `subject` shows the asset, to visitors from `public_from` on (None: not yet). Replaces what was said."""
    before = AssetUse.objects.filter(asset=asset, subject_id=subject.pk).first()
    used, is_new = AssetUse.objects.update_or_create(
        asset=asset,
        subject_id=subject.pk,
        defaults={"subject_kind": subject.kind_of_record, "public_from": public_from},
    )
    if is_new or before is None or before.public_from != public_from:
        changes = {"used_by": [_name(subject) if before else None, _name(subject)]}
        changes["public_from"] = [_iso(before.public_from if before else None), _iso(public_from)]
        journal.record("media.use", asset, by=by, now=now, changes=changes)
    return used


@transaction.atomic
def unuse(*, asset: Asset, subject: Record, by: Any, now: dt.datetime) -> None:
    """Say that `subject` no longer shows the asset; nothing happens where it did not."""
    deleted, _by_model = AssetUse.objects.filter(asset=asset, subject_id=subject.pk).delete()
    if deleted:
        journal.record("media.unuse", asset, by=by, now=now, changes={"used_by": [_name(subject), None]})


@receiver(post_delete)
def _forget_what_showed_it(sender: Any, instance: Any, **_more: Any) -> None:
    """A use points by kind and id: what is deleted shows nothing any more, whoever deleted it."""
    if isinstance(instance, Record) and not isinstance(instance, AssetUse | Rendition):
        AssetUse.objects.filter(subject_id=instance.pk).delete()


def _name(subject: Record) -> str:
    return f"{subject.kind_of_record}:{subject.pk}"


def _iso(moment: dt.datetime | None) -> str | None:
    return moment.astimezone(dt.UTC).isoformat() if moment else None


def open_public(asset_id: uuid.UUID, width: int | None, now: dt.datetime) -> tuple[File, str] | None:
    """An open file and its media type for a visitor, or None where there is nothing to show at `now`.

    A picture is shown for one of `WIDTHS`; a document as it was stored, for `width` None. The caller closes the file.
    """
    asset = Asset.objects.public(now).filter(pk=asset_id).first()
    if asset is None:
        return None
    if asset.kind == Asset.Kind.DOCUMENT and width is None:
        return default_storage.open(asset.stored_name), asset.media_type
    if asset.kind != Asset.Kind.IMAGE or width not in WIDTHS:
        return None
    try:
        shown = rendition(asset, width)
    except ConsentWithdrawn:
        return None
    return default_storage.open(shown.stored_name), shown.media_type


def open_private(asset: Asset) -> tuple[File, str]:
    """What somebody is shown who was asked about this very file: a document as it is, of a picture its largest rendition."""
    if asset.kind == Asset.Kind.IMAGE:
        shown = rendition(asset, WIDTHS[-1])
        return default_storage.open(shown.stored_name), shown.media_type
    return default_storage.open(asset.stored_name), asset.media_type


def open_for_staff(asset: Asset) -> tuple[File, str] | None:
    """The smallest rendition of a picture, public or not; None after a consent was withdrawn."""
    try:
        shown = rendition(asset, WIDTHS[0])
    except ConsentWithdrawn:
        return None
    return default_storage.open(shown.stored_name), shown.media_type


def remove(asset: Asset, *, by: Any, now: dt.datetime) -> None:
    """Delete a file, its renditions and what is said about it. Raises records.StillUsed where a record needs it."""
    with transaction.atomic():
        remove_renditions(asset)
        stored_name = asset.stored_name
        records.remove(asset, by=by, now=now)
        transaction.on_commit(lambda: default_storage.delete(stored_name))


@transaction.atomic
def set_logo(*, organisation: Organisation, asset: Asset, right: str, by: Any, now: dt.datetime) -> Logo:
    """Give an organisation its logo; it is shown to visitors only with a `right` to use it (a letter, a date)."""
    if asset.shows_persons:
        raise Refused(_("This file is marked as showing a person. If it is a logo, take that mark away first."))
    logo = Logo.objects.filter(organisation=organisation).first() or Logo(organisation=organisation)
    is_new, old = logo._state.adding, logo.asset if not logo._state.adding else None
    logo.asset, logo.right = asset, right.strip()
    (records.create if is_new else records.change)(logo, by=by, now=now)
    if old and old != asset:
        unuse(asset=old, subject=organisation, by=by, now=now)
    use(asset=asset, subject=organisation, public_from=now if logo.may_be_shown else None, by=by, now=now)
    return logo


@transaction.atomic
def remove_logo(logo: Logo, *, by: Any, now: dt.datetime) -> None:
    """Take the logo away; its file stays, private."""
    unuse(asset=logo.asset, subject=logo.organisation, by=by, now=now)
    records.remove(logo, by=by, now=now)


def public_of(records_with_asset: Iterable[Any], now: dt.datetime) -> list[Asset]:
    """Of the assets that these records refer to (`asset_id`), those that a visitor may see at `now`: one query."""
    wanted = {record.asset_id for record in records_with_asset if record.asset_id}
    return list(Asset.objects.public(now).filter(pk__in=wanted)) if wanted else []


def public_logo(organisation: Organisation, now: dt.datetime) -> Asset | None:
    """The organisation's logo where there is a right to use it; otherwise show its name."""
    return Asset.objects.public(now).filter(logo__organisation=organisation).exclude(logo__right="").first()
