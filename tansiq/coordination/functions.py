"""Offices that own work: who acts for them today, and what a user acts for."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q

from tansiq.coordination.models import Function
from tansiq.people import privacy
from tansiq.people.models import User


def acting(function: Function, day: dt.date) -> User | None:
    """Who acts for a function on a day: the delegate during an absence, else the holder; None when it is vacant."""
    return User.objects.filter(pk=function.acting_id(day), is_active=True).first()


def of_user(user: Any, day: dt.date) -> list[Function]:
    """The functions that a user acts for on a day, own and delegated."""
    rows = Function.objects.filter(Q(holder=user.pk) | Q(delegate=user.pk))
    return [row for row in rows if row.acting_id(day) == user.pk]


def _export(subject: privacy.Subject) -> list[dict[str, Any]]:
    if subject.user is None:
        return []
    rows = Function.objects.filter(Q(holder=subject.user) | Q(delegate=subject.user)).order_by("slug")
    return [
        {
            "function": row.slug, "holder": row.holder_id == subject.user.pk, "delegate": row.delegate_id == subject.user.pk,
            "away_from": row.away_from and row.away_from.isoformat(), "away_until": row.away_until and row.away_until.isoformat(),
        }
        for row in rows
    ]  # fmt: skip


def _erase(subject: privacy.Subject) -> bool:
    """The office stays and is vacant; the absence goes with the one who was absent."""
    if subject.user is None:
        return False
    held = Function.objects.filter(holder=subject.user).update(
        holder=None, telephone="", away_from=None, away_until=None
    )
    return bool(held + Function.objects.filter(delegate=subject.user).update(delegate=None))


privacy.register("functions", export=_export, erase=_erase)
