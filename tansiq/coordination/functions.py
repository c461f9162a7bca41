"""Offices that own work: who acts for them today, and what a user acts for."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q

from tansiq.coordination.models import Function
from tansiq.people.models import User


def acting(function: Function, day: dt.date) -> User | None:
    """Who acts for a function on a day: the delegate during an absence, else the holder; None when it is vacant."""
    return User.objects.filter(pk=function.acting_id(day), is_active=True).first()


def of_user(user: Any, day: dt.date) -> list[Function]:
    """The functions that a user acts for on a day, own and delegated."""
    rows = Function.objects.filter(Q(holder=user.pk) | Q(delegate=user.pk))
    return [row for row in rows if row.acting_id(day) == user.pk]
