"""Places are scarce: each is taken by a conditional UPDATE, its region's first and then the activity's.

Whoever holds several rows locks them in one order, quotas by id and then the activity, so that nobody waits in a circle.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from tansiq.core.errors import Refused
from tansiq.participation.models import Admission, Quota, Registration

HELD_MINUTES = 30  # so long for whoever has not opened the link in the mail


class TooSmall(Refused):
    """More places are taken than the new number; carries `taken`."""


@dataclass(frozen=True)
class Full:
    """What stands in the way: dimension "region" and the like with its key, or "total"; all `size` places are taken."""

    dimension: str
    key: str
    size: int

    def data(self) -> dict[str, Any]:
        return {"why": "full", "dimension": self.dimension, "key": self.key, "size": self.size}


def keys_of(registration: Registration) -> dict[str, str]:
    """What a registration is counted under, by dimension."""
    organisation = registration.organisation.slug if registration.organisation else ""
    return {"region": registration.region_id or "", "profession": registration.profession, "organisation": organisation}


def own(quotas: Iterable[Quota], keys: dict[str, str]) -> list[Quota]:
    """The quotas that a registration falls under, one of each dimension: its own, or that of all others; by id."""
    found: dict[str, Quota] = {}
    for quota in quotas:
        if quota.key == keys[quota.dimension] or (quota.key == "" and quota.dimension not in found):
            found[quota.dimension] = quota
    return sorted(found.values(), key=lambda quota: quota.pk)


def take(admission: Admission, quotas: list[Quota]) -> Full | None:
    """Take one place under all these quotas, and a number of arrival; where one is full only the number is taken.

    In the caller's transaction, which it holds up for all others of this activity until it commits.
    """
    taken: list[Quota] = []
    for quota in quotas:
        if not _take_one(quota):
            give_back_quotas(taken)
            number_only(admission)
            return Full(quota.dimension, quota.key, quota.size)
        taken.append(quota)
    if not _take_total(admission):
        give_back_quotas(taken)
        number_only(admission)
        return Full("total", "", admission.capacity)
    return None


def _take_one(quota: Quota) -> bool:
    return bool(Quota.objects.filter(pk=quota.pk, left__gt=0).update(left=F("left") - 1))


def _take_total(admission: Admission) -> bool:
    rows = Admission.objects.filter(pk=admission.pk, left__gt=0)
    return bool(rows.update(left=F("left") - 1, arrivals=F("arrivals") + 1))


def number_only(admission: Admission) -> None:
    Admission.objects.filter(pk=admission.pk).update(arrivals=F("arrivals") + 1)


def give_back_quotas(quotas: Iterable[Quota]) -> None:
    for quota in quotas:
        Quota.objects.filter(pk=quota.pk).update(left=F("left") + 1)


def give_back(admission: Admission, quotas: Iterable[Quota]) -> None:
    give_back_quotas(quotas)
    Admission.objects.filter(pk=admission.pk).update(left=F("left") + 1)


def lock(admission: Admission) -> tuple[Admission, list[Quota]]:
    """The activity and its quotas, nobody else's until the transaction ends."""
    quotas = list(Quota.objects.select_for_update().filter(admission=admission).order_by("pk"))
    Admission.objects.select_for_update().only("pk").get(pk=admission.pk)
    return Admission.objects.select_related("activity__programme").get(pk=admission.pk), quotas


# --- Setting places aside -------------------------------------------------------------------------------------------


@transaction.atomic
def settle(admission: Admission, capacity: int, wanted: dict[tuple[str, str], int]) -> dict[str, Any]:
    """Set the places of an activity and its quotas, {("region", "MA-04"): 8}; those who have a place keep it.

    Of each dimension that has a quota the rest goes to all others, under the key "". Returns what differed, as the
    journal writes it. Raises TooSmall.
    """
    admission, known = lock(admission)
    before = {f"{one.dimension} {one.key}".strip(): one.size for one in known} | {"capacity": admission.capacity}
    sizes = dict(wanted)
    for dimension in {one for one, _key in wanted}:
        given = sum(size for (one, key), size in wanted.items() if one == dimension and key)
        sizes.setdefault((dimension, ""), max(capacity - given, 0))
    holders = [keys_of(one) for one in _holders(admission)]
    if len(holders) > capacity:
        raise TooSmall(_too_small(len(holders), capacity), taken=len(holders))
    rows = {(one.dimension, one.key): one for one in known}
    for pair, row in rows.items():
        if pair not in sizes:
            row.delete()
    counted = [Quota(admission=admission, dimension=one, key=key, size=size) for (one, key), size in sizes.items()]
    for quota in counted:
        row = rows.get((quota.dimension, quota.key), quota)
        used = sum(quota in own(counted, keys) for keys in holders)
        if used > quota.size:
            raise TooSmall(_too_small(used, quota.size, f"{quota.dimension} {quota.key}".strip()), taken=used)
        row.size, row.left, row.moved = quota.size, quota.size - used, row.moved if row.size == quota.size else 0
        row.save()
    admission.capacity, admission.left = capacity, capacity - len(holders)
    admission.save(update_fields=["capacity", "left"])
    after = {" ".join(pair).strip(): size for pair, size in sizes.items()} | {"capacity": capacity}
    return {
        name: [before.get(name), after.get(name)]
        for name in sorted(before | after)
        if before.get(name) != after.get(name)
    }


def take_up(admission: Admission, *, moved: dict[tuple[str, str], int], arrivals: int) -> None:
    """Count anew for registrations that came in all at once; `moved` are places that the rule had moved between quotas.

    In the caller's transaction. Raises TooSmall.
    """
    admission, quotas = lock(admission)
    holders = [keys_of(one) for one in _holders(admission)]
    if len(holders) > admission.capacity:
        raise TooSmall(_too_small(len(holders), admission.capacity), taken=len(holders))
    for quota in quotas:
        number = moved.get((quota.dimension, quota.key), 0)
        used = sum(quota in own(quotas, keys) for keys in holders)
        size = quota.size - quota.moved + number
        if used > size:
            raise TooSmall(_too_small(used, size, quota.journal_label().strip()), taken=used)
        Quota.objects.filter(pk=quota.pk).update(size=size, left=size - used, moved=number)
    Admission.objects.filter(pk=admission.pk).update(left=admission.capacity - len(holders), arrivals=arrivals)


def _holders(admission: Admission) -> list[Registration]:
    return list(admission.registrations.filter(has_place=True).select_related("organisation"))


def _too_small(taken: int, asked: int, where: str = "") -> str:
    message = _("%(taken)s places are taken already; %(asked)s are too few%(where)s. Cancel some first, or leave more.")
    return message % {"taken": taken, "asked": asked, "where": f" ({where})" if where else ""}


def miscounted(admission: Admission) -> list[str]:
    """Where the counters do not say what the registrations do; [] when all is well. For `tansiq check`."""
    holders = [keys_of(one) for one in _holders(admission)]
    quotas = list(admission.quotas.all())
    wrong = []
    if admission.capacity - admission.left != len(holders):
        wrong.append(f"{admission.journal_label()}: {admission.capacity - admission.left} != {len(holders)}")
    for quota in quotas:
        used = sum(quota in own(quotas, keys) for keys in holders)
        if quota.taken != used:
            wrong.append(f"{admission.journal_label()} {quota.journal_label()}: {quota.taken} != {used}")
    return wrong


# --- Places that become free ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Placed:
    """registration  that got a place;  reason  why, as `Registration.reason` keeps it"""

    registration: Registration
    reason: dict[str, Any]


def fill(admission: Admission, quotas: list[Quota], *, today: dt.date) -> list[Placed]:
    """Who of those waiting gets a free place now, in the order of the published rule; the same input, the same list.

    admission, quotas  locked by the caller; their counters are changed and saved here, the registrations are not
    First places of one's own quotas; then, from the day of the rule, those that nobody of another quota took.
    """
    if not admission.left:
        return []
    rows = admission.registrations.filter(state=Registration.State.WAITING).select_related("organisation", "person")
    waiting = sorted(rows, key=lambda one: _before(admission, one))
    placed: list[Placed] = []
    still = []
    for one in waiting:
        mine = own(quotas, keys_of(one))
        if admission.left and all(quota.left for quota in mine):
            _count(admission, mine)
            named = next((quota for quota in mine if quota.key), None)
            where = {"dimension": named.dimension, "key": named.key} if named else {"dimension": "total", "key": ""}
            placed.append(Placed(one, {"why": "own", **where}))
        else:
            still.append(one)
    if admission.moves_unused(today):
        while admission.left and (found := _next(admission, quotas, still)):
            one, mine, givers = found
            for quota, giver in givers:
                giver.size, giver.left, giver.moved = giver.size - 1, giver.left - 1, giver.moved - 1
                quota.size, quota.left, quota.moved = quota.size + 1, quota.left + 1, quota.moved + 1
            _count(admission, mine)
            still.remove(one)
            origin = {"dimension": givers[0][1].dimension, "key": givers[0][1].key} if givers else {}
            placed.append(Placed(one, {"why": "moved", **origin}))
    if placed:
        Quota.objects.bulk_update(quotas, ["size", "left", "moved"])
        Admission.objects.filter(pk=admission.pk).update(left=admission.left)
    return placed


def _before(admission: Admission, one: Registration) -> tuple[Any, ...]:
    is_late = Admission.Order.NOMINATED in admission.order and one.how != Registration.How.NOMINATION
    return (is_late, one.number)


def _next(admission: Admission, quotas: list[Quota], waiting: list[Registration]) -> Any:
    """The one who is first by the rule and can be given a place, with the quotas that give theirs."""
    best = None
    for one in waiting:
        mine = own(quotas, keys_of(one))
        givers = [(quota, _giver(quotas, quota)) for quota in mine if not quota.left]
        if any(giver is None for _quota, giver in givers):
            continue
        share: float = 0
        if Admission.Order.SHARE in admission.order:
            region = next((quota for quota in mine if quota.dimension == Quota.Dimension.REGION), None)
            share = (region.taken + 1) / max(region.size - region.moved, 1) if region else 1
        is_late, number = _before(admission, one)
        if best is None or (is_late, share, number) < best[0]:
            best = ((is_late, share, number), one, mine, givers)
    return best and best[1:]


def _giver(quotas: list[Quota], quota: Quota) -> Quota | None:
    """Of the same dimension the one with most free places; of two alike the first by name."""
    others = [one for one in quotas if one.dimension == quota.dimension and one.left]
    return min(others, key=lambda one: (-one.left, one.key), default=None)


def _count(admission: Admission, quotas: list[Quota]) -> None:
    admission.left -= 1
    for quota in quotas:
        quota.left -= 1
