"""Certificates issued and checked on the command line: files in a folder, files from a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.config.console import say
from tansiq.config.registering import admission_of
from tansiq.core import journal
from tansiq.core.errors import BadInput, Problem
from tansiq.participation import certificatefiles, certificates, credentials, entitlement, keys, verification
from tansiq.participation.models import Certificate, SigningKey


def issue(slug: str, *, folder: Path | None, language: str) -> dict[str, Any]:
    """Issue all that are due, write each as PDF and credential into `folder`, and say who got none and why.

    {"activity", "issued": [{"registration", "number", "name", "certificate", "code", "pdf", "credential"}],
    "kept": [the same, of those who had one], "refused": [{"registration", "number", "name", "reason"}]}
    Raises entitlement.NoRule, keys.KeyMissing, BadInput.
    """
    if language and language not in dict(settings.LANGUAGES):
        known = ", ".join(code for code, _name in settings.LANGUAGES)
        message = _("There is no language “%(given)s”. Known: %(known)s.") % {"given": language, "known": known}
        raise BadInput([Problem("--language", "", message)])
    admission, now = admission_of(slug), timezone.now()
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    found = entitlement.due(admission, now=now)
    wanted = [one.registration for one in found if one.is_due]
    faults: dict[Any, str] = {}
    for start in range(0, len(wanted), certificates.BATCH):
        chunk = wanted[start : start + certificates.BATCH]
        made = certificates.issue_each(registrations=chunk, by=journal.CLI, now=now, language=language)
        faults |= {
            row.pk: str(one) for row, one in zip(chunk, made, strict=True) if isinstance(one, entitlement.NotDue)
        }
        say(f"{min(start + certificates.BATCH, len(wanted))} / {len(wanted)}")
    fresh = {one.pk for one in wanted}
    report: dict[str, Any] = {"activity": slug, "issued": [], "kept": [], "refused": []}
    signer = keys.active(now=now, by=journal.CLI) if folder else None
    for one in entitlement.due(admission, now=now):
        row = one.registration
        line: dict[str, Any] = {"registration": str(row.pk), "number": row.number, "name": str(row.person)}
        if not one.has_one or one.certificate is None:
            report["refused"].append({**line, "reason": one.reason or faults.get(row.pk, "")})
            continue
        line |= {"certificate": one.certificate.number, "code": one.certificate.code}
        if folder and signer:
            one.certificate.registration = row
            line |= _write(one.certificate, folder, language, signer)
        report["issued" if row.pk in fresh else "kept"].append(line)
    return report


def _write(one: Certificate, folder: Path, language: str, signer: keys.Signer) -> dict[str, str]:
    """Named by number, not by person: a folder is seen by others, and a name may hold what a file name may not."""
    spoken = language or one.language
    stem = f"{one.year}-{one.serial:05}"
    files = {"pdf": folder / f"{stem}-{spoken}.pdf", "credential": folder / f"{stem}.json"}
    try:
        content = certificatefiles.open_pdf(one, spoken, now=timezone.now())
    except FileNotFoundError:
        return {}  # the holder was erased, and the file with the name
    files["pdf"].write_bytes(content)
    files["credential"].write_bytes(credentials.as_json(one, signer))
    return {name: str(path) for name, path in files.items()}


def verify(what: str, *, key: Path | None) -> verification.Verdict:
    """A file, or else a code. `key` given: by the public keys in that file alone, without the database.

    Raises BadInput, keys.NotAKey, verification.TooLarge.
    """
    now, path = timezone.now(), Path(what)
    if not path.is_file():
        if path.suffix.lower() in (".pdf", ".json", ".jwt") or "/" in what.partition("://")[2].partition("/v/")[0]:
            raise BadInput([Problem(what, "", _("There is no such file."))])
        if key:
            message = _("A code says nothing by itself: give the PDF or the credential, or leave --key out.")
            raise BadInput([Problem(what, "", message)])
        return verification.check_code(what, now=now)
    with path.open("rb") as file:
        content = file.read(verification.MOST_BYTES + 1)
    public = keys.read_public(_read(key)) if key else None
    return verification.check_file(content, now=now, public=public)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(keys.MOST_BYTES + 1)
    except OSError as error:
        message = _("This file cannot be read: %(why)s.") % {"why": error.strerror}
        raise BadInput([Problem(str(path), "", message)]) from error


def list_keys() -> list[dict[str, Any]]:
    return [
        {
            "key": row.key_id, "made": row.made_at.isoformat(), "retired": row.retired_at and row.retired_at.isoformat(),
            "signs": row.retired_at is None, "private_half_here": keys.has_private(row),
            "certificates": row.certificates.count(),
        }
        for row in SigningKey.objects.all()
    ]  # fmt: skip
