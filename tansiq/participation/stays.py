"""Who was connected from when to when, as a conference system reports it, and what intervals add up to.

Every instant is an aware datetime in UTC: two datetimes of one local zone are subtracted and compared by the clock on
the wall, which is an hour wrong where that clock was set back or forward in between.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Stay:
    """One connection of one device.

    row         1-based, the row or record of the file (of a JSON file: the person or event) to point at
    name        as displayed, cleaned; where the system shows none, the e-mail address
    other_name  what stood in brackets as the name before a change, or ""
    email       lower case, or ""
    join_id     the id that the inviting system gave (extId, registrant id, id of a token), or ""
    joined      in UTC, before `left`
    is_host     host, organiser, moderator or panellist: whoever runs the meeting
    """

    row: int
    name: str
    other_name: str
    email: str
    join_id: str
    joined: datetime
    left: datetime
    is_host: bool

    @property
    def minutes(self) -> int:
        """Whole minutes, rounded down."""
        return int((self.left - self.joined).total_seconds()) // 60


@dataclass(frozen=True, slots=True)
class Ignored:
    """A row that counts for nobody; `why` is a translated sentence."""

    row: int
    name: str
    why: str


@dataclass(frozen=True)
class Report:
    """What one file says.

    platform        zoom, teams, bigbluebutton, meet, jitsi, or table for any other
    meeting         its title, else its id, else ""
    days            local dates on which somebody was there, in order
    started, ended  of the meeting, in UTC, where the file gives them
    rows            how many persons, connections or events the file lists
    notes           translated sentences: what was inferred, and what the file cannot tell
    """

    platform: str
    meeting: str
    days: list[date]
    started: datetime | None
    ended: datetime | None
    stays: list[Stay]
    ignored: list[Ignored]
    rows: int
    notes: list[str] = field(default_factory=list)


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time in intervals that neither overlap nor touch, in order and in UTC; empty ones are left out.

    Two devices at once are one presence.
    """
    merged: list[Interval] = []
    for start, end in sorted((start.astimezone(UTC), end.astimezone(UTC)) for start, end in intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif start < end:
            merged.append((start, end))
    return merged


def minutes(intervals: Iterable[Interval]) -> int:
    """Whole minutes of the union, rounded down once, over the sum: nobody is given a minute that was not there."""
    return int(sum((end - start).total_seconds() for start, end in union(intervals))) // 60


def by_day(intervals: Iterable[Interval], zone: ZoneInfo) -> dict[date, list[Interval]]:
    """The union cut at local midnight: local date to its intervals in UTC, days in order."""
    days: dict[date, list[Interval]] = {}
    for start, end in union(intervals):
        while start < end:
            day = start.astimezone(zone).date()
            midnight = datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)
            days.setdefault(day, []).append((start, min(end, midnight)))
            start = midnight
    return days
