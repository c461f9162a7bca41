"""Keeps the search table in step: what was recorded is written anew after the transaction, in every language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation

from tansiq.core import search as index
from tansiq.core.journal import recorded
from tansiq.people.models import Organisation
from tansiq.programme.models import Activity, Commitment, Involvement, Programme

FOUND = {model.record_kind(): model for model in (Programme, Activity, Commitment, Organisation)}
PATHS = {"programme.programme": "programmes", "programme.activity": "activities",
         "programme.commitment": "commitments", "people.organisation": "partners"}  # fmt: skip


def on_recorded(sender: Any, entries: list[Any], **_more: Any) -> None:
    ids: dict[str, set] = {}
    for entry in entries:
        if entry.subject_kind in FOUND:
            ids.setdefault(entry.subject_kind, set()).add(entry.subject_id)
        if entry.subject_kind == "programme.programme":
            # Publication of a programme is publication of what hangs on it.
            programme = entry.subject_id
            for model in (Activity, Commitment):
                rows = model.objects.filter(programme=programme).values_list("pk", flat=True)
                ids.setdefault(model.record_kind(), set()).update(rows)
            used = Involvement.objects.filter(programme=programme).values_list("organisation", flat=True)
            ids.setdefault(Organisation.record_kind(), set()).update(used)
    if ids:
        transaction.on_commit(lambda: write(ids))


def write(ids: dict[str, set]) -> None:
    """Index these records anew; what is gone is removed."""
    for kind, wanted in ids.items():
        model: Any = FOUND[kind]
        wanted = set(wanted)
        rows = (
            [row for row in _rows(model) if row.pk in wanted]
            if len(wanted) > 400
            else list(_rows(model).filter(pk__in=wanted))
        )
        published = _published(kind, rows)
        documents = []
        # A few at a time: the language is changed seldom, and what was taken apart for one is there for the next.
        for start in range(0, len(rows), 32):
            for code, _name in settings.LANGUAGES:
                with translation.override(code):
                    documents += [_document(kind, row, code, published.get(row.pk)) for row in rows[start : start + 32]]
        index.put_all(documents)
        gone = wanted - {row.pk for row in rows}
        if gone:
            index.remove(kind=kind, ids=gone)


def _rows(model: Any) -> Any:
    if model is Activity:
        return model.objects.select_related("programme", "place")
    if model is Commitment:
        return model.objects.select_related("programme", "signatory")
    return model.objects.all()


def _published(kind: str, rows: list[Any]) -> dict[Any, Any]:
    if kind == Programme.record_kind():
        return {row.pk: row.published_at for row in rows}
    if kind == Organisation.record_kind():
        found: dict[Any, Any] = {}
        pairs: Any = Involvement.objects.filter(programme__published_at__isnull=False)
        for organisation, published in pairs.values_list("organisation", "programme__published_at"):
            found[organisation] = min(published, found.get(organisation) or published)
        return found
    return {row.pk: row.programme.published_at for row in rows}


def _document(kind: str, row: Any, code: str, public_from: Any) -> index.Findable:
    title = row.name if kind == Organisation.record_kind() else row.title
    texts = [*title.values()]
    for name in ("full_title", "summary", "acronym"):
        texts += getattr(row, name, {}).values() if isinstance(getattr(row, name, None), dict) else []
    texts += getattr(row, "aliases", [])
    if kind == Activity.record_kind():
        texts += [str(Activity.Kind(row.kind).label), *(text for item in row.audience for text in item["who"].values())]
        for stop in row.stops:
            where = stop.get("where") or {}
            texts += [
                text
                for part in (stop.get("title"), where.get("name"), where.get("locality"))
                for text in (part or {}).values()
            ]
        if row.place:
            texts += [*row.place.name.values(), *row.place.locality.values()]
    summary = getattr(row, "full_title", None) or getattr(row, "summary", None)
    return index.Findable(
        subject=row, language=code, title=str(title), text="\n".join(texts), path=f"{PATHS[kind]}/{row.slug}/",
        public_from=public_from, extract=str(summary) if summary else "", title_language=title.shown.language,
    )  # fmt: skip


recorded.connect(on_recorded, dispatch_uid="public.search")
