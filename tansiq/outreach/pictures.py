"""A material may show a picture or a file: visitors see it from the instant at which its programme is public."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from tansiq.core import journal
from tansiq.core.journal import recorded
from tansiq.core.models import Entry
from tansiq.media import assets
from tansiq.media.models import AssetUse
from tansiq.outreach.models import Material
from tansiq.programme.models import Programme

PROGRAMME, MATERIAL = Programme.record_kind(), Material.record_kind()


def _follow(sender: Any, entries: list[Entry], **_more: Any) -> None:
    """In the transaction itself, not after it: a programme that is withdrawn must take its pictures along."""
    of = {kind: {entry.subject_id for entry in entries if entry.subject_kind == kind} for kind in (PROGRAMME, MATERIAL)}
    if not of[PROGRAMME] and not of[MATERIAL]:
        return
    rows = Material.objects.filter(Q(programme__in=of[PROGRAMME]) | Q(pk__in=of[MATERIAL]))
    used = {
        use.subject_id: use
        for use in AssetUse.objects.filter(subject_kind=MATERIAL, subject_id__in=rows.values("pk")).select_related(
            "asset"
        )
    }
    shown = rows.filter(Q(asset__isnull=False) | Q(pk__in=used)).select_related("asset", "programme")
    by, now = journal.Actor(entries[0].actor_label, entries[0].actor_id), entries[0].recorded_at
    for material in shown:
        before = used.get(material.pk)
        if before and before.asset_id != material.asset_id:
            assets.unuse(asset=before.asset, subject=material, by=by, now=now)
        if material.asset:
            public_from = material.programme.published_at
            assets.use(asset=material.asset, subject=material, public_from=public_from, by=by, now=now)


recorded.connect(_follow, dispatch_uid="outreach.pictures")
