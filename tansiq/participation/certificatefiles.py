"""The issued files of certificates: stored as they were sealed, opened, drawn in a further language, gone with the name."""

from __future__ import annotations

import datetime as dt
import hashlib

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction

from tansiq.participation import certificatepaper, keys
from tansiq.participation.models import Certificate


def open_pdf(certificate: Certificate, language: str = "", *, now: dt.datetime) -> bytes:
    """The issued bytes; in a language that was not asked for before it is drawn, sealed and stored first.

    Raises FileNotFoundError where the name was erased and the file with it, or the language is none of the site.
    """
    language = language or certificate.language
    known = certificate.files.get(language)
    if known is None:
        if language not in dict(settings.LANGUAGES) or not certificate.holder:
            raise FileNotFoundError(language)
        known = _draw_more(certificate, language, now=now)
    if not known["name"]:
        raise FileNotFoundError(language)
    with default_storage.open(known["name"]) as file:
        return file.read()


@transaction.atomic
def _draw_more(certificate: Certificate, language: str, *, now: dt.datetime) -> dict[str, str]:
    Certificate.objects.select_for_update().only("pk").get(pk=certificate.pk)
    one = Certificate.objects.select_related(
        "registration__person",
        "registration__admission__activity__programme",
        "registration__admission__activity__place",
    ).get(pk=certificate.pk)
    if language not in one.files and one.holder:
        sheet = certificatepaper.sheet_of(one.registration.admission, now=now)
        store(one, language, certificatepaper.draw(one, sheet, language, keys.active(now=now)))
        Certificate.objects.filter(pk=one.pk).update(files=one.files)
    certificate.files = one.files
    return one.files.get(language, {"name": "", "sha256": ""})


def store(one: Certificate, language: str, content: bytes) -> None:
    """Keep the bytes of one language and note them in `one.files`, which the caller saves."""
    name = default_storage.save(f"certificates/{one.pk.hex}-{language}.pdf", ContentFile(content))
    one.files = {**one.files, language: {"name": name, "sha256": hashlib.sha256(content).hexdigest()}}


def forget_files(certificate: Certificate) -> dict[str, dict[str, str]]:
    """`files` without where they are: the bytes go when the transaction commits, their digests stay to check copies."""
    names = [one["name"] for one in certificate.files.values() if one["name"]]

    def remove() -> None:
        for name in names:
            default_storage.delete(name)

    transaction.on_commit(remove)
    return {language: {**one, "name": ""} for language, one in certificate.files.items()}


def sweep(*, before: dt.datetime) -> int:
    """Delete files that no row names: their transaction was rolled back. Returns how many."""
    try:
        found = default_storage.listdir("certificates")[1]
    except FileNotFoundError:
        return 0
    rows = Certificate.objects.values_list("files", flat=True)
    known = {one["name"] for files in rows for one in files.values()}
    old = [
        name for name in (f"certificates/{file}" for file in found)
        if name not in known and default_storage.get_modified_time(name) < before
    ]  # fmt: skip
    for name in old:
        default_storage.delete(name)
    return len(old)
