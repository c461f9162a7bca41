"""Who was there: a conference report read and matched with the registered, decisions remembered, minutes by day."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable

from tansiq.participation.models import Attendance, Registration


def minutes_of(registrations: Iterable[Registration]) -> dict[uuid.UUID, int]:
    """Minutes of presence over all days, by registration; who was never there is left out.

    Of several kinds of evidence for one day the longest counts: a signed sheet and a report are one presence.
    """
    days: dict[tuple[uuid.UUID, object], int] = {}
    rows = Attendance.objects.filter(registration__in=registrations)
    for registration, day, minutes in rows.values_list("registration", "day", "minutes"):
        days[registration, day] = max(minutes, days.get((registration, day), 0))
    found: dict[uuid.UUID, int] = defaultdict(int)
    for (registration, _day), minutes in days.items():
        found[registration] += minutes
    return dict(found)
