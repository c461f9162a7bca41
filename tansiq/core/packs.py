"""The country pack that this installation runs on, as far as it is plain data (hotline, calendar, precedence)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from tansiq.core import publication
from tansiq.core.models import PackSection

_kept: tuple[int, dict[str, Any]] | None = None


def section(name: str, default: Any = None) -> Any:
    """The data of one section, not to be changed; read anew when something was published or a pack was loaded."""
    global _kept
    generation = publication.generation()
    if _kept is None or _kept[0] != generation:
        _kept = (generation, dict(PackSection.objects.values_list("name", "data")))
    return _kept[1].get(name, default)


_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def is_weekend(day: dt.date) -> bool:
    return _WEEKDAYS[day.weekday()] in section("weekend", [])


def forget() -> None:
    """Read the sections from the database at the next question."""
    global _kept
    _kept = None


def keep(name: str, data: Any) -> None:
    PackSection.objects.update_or_create(name=name, defaults={"data": data})
    forget()
    transaction.on_commit(forget)
