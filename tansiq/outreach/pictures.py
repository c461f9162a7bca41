"""A material may show a picture or a file: visitors see it from the instant at which its programme is public."""

from __future__ import annotations

from typing import Any

from tansiq.core import journal
from tansiq.core.journal import recorded
from tansiq.core.models import Entry
from tansiq.media import assets
from tansiq.media.models import AssetUse
from tansiq.outreach.models import Material
from tansiq.programme.models import Programme


def _follow(sender: Any, entries: list[Entry], **_more: Any) -> None:
    """In the transaction itself, not after it: a programme that is withdrawn must take its pictures along."""
    for entry in entries:
        if entry.subject_kind == Programme.record_kind():
            rows = Material.objects.filter(programme=entry.subject_id)
        elif entry.subject_kind == Material.record_kind():
            rows = Material.objects.filter(pk=entry.subject_id)
        else:
            continue
        by = journal.Actor(entry.actor_label, entry.actor_id)
        used = {use.subject_id: use for use in AssetUse.objects.filter(subject_kind=Material.record_kind(), subject_id__in=rows.values("pk")).select_related("asset")}  # fmt: skip
        for material in rows.select_related("asset", "programme"):
            before = used.get(material.pk)
            if before and before.asset_id != material.asset_id:
                assets.unuse(asset=before.asset, subject=material, by=by, now=entry.recorded_at)
            if material.asset:
                assets.use(
                    asset=material.asset, subject=material, public_from=material.programme.published_at, by=by,
                    now=entry.recorded_at,
                )  # fmt: skip


recorded.connect(_follow, dispatch_uid="outreach.pictures")
