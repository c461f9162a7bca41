"""The country pack that this installation runs on, as far as it is plain data (hotline, calendar, precedence)."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.db import transaction

from tansiq.core.models import PackSection


def section(name: str, default: Any = None) -> Any:
    """The data of one section; cached in the process until a pack is loaded."""
    return _all().get(name, default)


def _all() -> dict[str, Any]:
    found = cache.get("tansiq-pack")
    if found is None:
        found = dict(PackSection.objects.values_list("name", "data"))
        cache.set("tansiq-pack", found, 60)
    return found


def keep(name: str, data: Any) -> None:
    PackSection.objects.update_or_create(name=name, defaults={"data": data})
    transaction.on_commit(lambda: cache.delete("tansiq-pack"))
