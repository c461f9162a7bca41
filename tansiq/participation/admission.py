"""How one comes to an activity, set up at the desk: places and whom they are for, from when until when, by which rule."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tansiq.core import journal, records
from tansiq.core.errors import Refused
from tansiq.participation import attendance, places
from tansiq.participation.models import Admission


@transaction.atomic
def save(row: Admission, *, wanted: dict[tuple[str, str], int], by: Any, now: dt.datetime) -> Admission:
    """Keep what was set, {("region", "MA-04"): 8} being the places set aside. Those who have a place keep it.

    Only what is set is written: the counters belong to whoever registers at this moment.
    Raises places.TooSmall; Refused where more is set aside than there is.
    """
    capacity = row.capacity
    for dimension in {one for one, _key in wanted}:
        total = sum(size for (one, _key), size in wanted.items() if one == dimension)
        if total > capacity:
            message = _("%(total)s places are set aside, more than the %(capacity)s that there are.")
            raise Refused(message % {"total": total, "capacity": capacity})
    if row._state.adding:
        row.left = capacity
        records.create(row, by=by, now=now)
    else:
        places.lock(row)
        stored = Admission.objects.get(pk=row.pk)
        row.capacity, row.left = stored.capacity, stored.left
        before, after = records.picture(stored), records.picture(row)
        if changes := journal.difference(before, after):
            row.full_clean()
            row.save(update_fields=Admission.SET)
            journal.record("participation.change", row, by=by, now=now, changes=changes)
    if changed := places.settle(row, capacity, wanted):
        journal.record("participation.set_places", row, by=by, now=now, changes=changed)
    row.refresh_from_db(fields=["capacity", "left", "arrivals"])
    attendance.settle(row, by=by, now=now)
    return row
