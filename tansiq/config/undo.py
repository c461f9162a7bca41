"""A programme file that was loaded at the desk is taken back: what it made goes, what it changed is as before."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import transaction
from django.utils.translation import gettext as _

from tansiq.config import files
from tansiq.core import journal, records
from tansiq.core.dates import PartialDate
from tansiq.core.errors import Refused
from tansiq.core.exchange import plain
from tansiq.core.localized import Localized
from tansiq.core.models import Entry, LoadedFile, Source
from tansiq.people.models import Organisation
from tansiq.programme.models import Programme

# Making a programme public or not is no change of what the file said.
_PASSED = ("programme.publish", "programme.withdraw")


class ChangedSince(Refused):
    """Somebody changed what the file had brought; carries `records` (their identifiers)."""


@transaction.atomic
def load(document: files.Document, *, name: str, by: journal.Actor, now: dt.datetime) -> files.Loaded:
    """Load a file as `files.load` does, and keep what is needed to take it back. Raises BadInput."""
    programme = Programme.objects.filter(slug=str(document.data.get("slug"))).first()
    before = files.export(programme) if programme else None
    texts = files.source_texts(programme) if programme else {}
    origins = dict(Organisation.objects.values_list("slug", "origin"))
    loaded = files.load(document, by=by, now=now)
    if loaded.written:
        LoadedFile.objects.create(
            slug=loaded.slug, file_name=name[:120], loaded_at=now, loaded_by=by.id,
            before=plain(before), texts_before=texts,
            created=[[one.subject_kind, str(one.subject_id)] for one in loaded.written if one.verb.endswith(".create")],
            organisations=_changed_organisations(loaded.written, origins),
            first_entry=min(one.pk for one in loaded.written), last_entry=max(one.pk for one in loaded.written),
        )  # fmt: skip
    return loaded


def _changed_organisations(written: list[Entry], origins: dict[str, str]) -> dict[str, dict[str, Any]]:
    """What organisations that were there already held before, by identifier and field."""
    found: dict[str, dict[str, Any]] = {}
    for one in written:
        if (
            one.subject_kind == Organisation.record_kind()
            and one.verb.endswith(".change")
            and one.subject_label in origins
        ):
            fields = found.setdefault(one.subject_label, {"origin": origins[one.subject_label]})
            fields |= {field: pair[0] for field, pair in one.changes.items()}
    return found


@transaction.atomic
def undo(loaded: LoadedFile, *, by: journal.Actor, now: dt.datetime) -> None:
    """Take a loaded file back, all or nothing; the second time nothing happens.

    Raises ChangedSince where a record that it brought or changed was changed after it; Refused where the programme
    that it made is public.
    """
    if not LoadedFile.objects.filter(pk=loaded.pk, undone_at=None).update(undone_at=now):
        return
    _refuse_later_changes(loaded)
    programme = Programme.objects.filter(slug=loaded.slug).first()
    if loaded.before is None and programme:
        if programme.published_at is not None and programme.published_at <= now:
            raise Refused(_("The programme is public. Withdraw it first, then take the file back."))
        records.remove(programme, by=by, now=now)
    elif loaded.before is not None:
        _load_again(loaded, by=by, now=now)
    for slug, fields in loaded.organisations.items():  # first: they may still point at what is removed
        _restore_organisation(slug, fields, f"programme:{loaded.slug}", by=by, now=now)
    _remove_created(loaded, by=by, now=now)


def _refuse_later_changes(loaded: LoadedFile) -> None:
    ours = Entry.objects.filter(pk__gte=loaded.first_entry, pk__lte=loaded.last_entry).values("subject_id")
    later = Entry.objects.filter(pk__gt=loaded.last_entry, subject_id__in=ours).exclude(verb__in=_PASSED)
    labels = sorted(set(later.values_list("subject_label", flat=True)))
    if labels:
        shown = ", ".join(labels[:5]) + ("…" if len(labels) > 5 else "")
        message = _(
            "The file is not taken back, because this was changed after it: %(records)s. Correct by hand instead."
        )
        raise ChangedSince(message % {"records": shown}, records=labels)


def _load_again(loaded: LoadedFile, *, by: journal.Actor, now: dt.datetime) -> None:
    """The programme as it was; a trace that the file brought goes, for a file without one leaves it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for path, text in loaded.texts_before.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        data = {"trace": [], **(loaded.before or {})}
        files.load(files.Document(loaded.file_name, data, {"": loaded.file_name}, folder), by=by, now=now)


def _remove_created(loaded: LoadedFile, *, by: journal.Actor, now: dt.datetime) -> None:
    for kind, key in reversed(loaded.created):
        record = apps.get_model(kind).objects.filter(pk=key).first()
        # An organisation, a source or an instrument that another record meanwhile needs stays.
        if record is not None:
            try:
                records.remove(record, by=by, now=now)
            except records.StillUsed:
                continue


def _restore_organisation(
    slug: str, fields: dict[str, Any], scope: str, *, by: journal.Actor, now: dt.datetime
) -> None:
    row = Organisation.objects.filter(slug=slug).first()
    if row is None:
        return
    for name, value in fields.items():
        if name == "source":  # a file only ever replaces a source of its own
            row.source = Source.objects.filter(key=value, scope=scope).first() if value else None
        elif name == "parent":
            row.parent = Organisation.objects.filter(slug=value).first() if value else None
        elif name == "established":
            row.established = PartialDate.parse(value or None)
        elif name in ("name", "acronym"):
            setattr(row, name, Localized(value or {}))
        else:
            setattr(row, name, value)
    records.change(row, by=by, now=now)
