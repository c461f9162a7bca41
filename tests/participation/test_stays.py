"""Sums of intervals, where the clock is set back in Ramadan too."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tansiq.participation.stays import by_day, minutes, union

RABAT = ZoneInfo("Africa/Casablanca")
START = datetime(2026, 7, 29, 9, tzinfo=UTC)
INTERVALS = st.lists(
    st.tuples(st.integers(0, 500_000), st.integers(-100, 90_000)).map(
        lambda pair: (START + timedelta(seconds=pair[0]), START + timedelta(seconds=pair[0] + pair[1]))
    ),
    max_size=12,
)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def covered(intervals):
    return {second for start, end in intervals for second in range(int(start.timestamp()), int(end.timestamp()))}


def test_two_devices_at_once_are_one_presence_and_touching_ones_are_one():
    assert union([(at(30), at(60)), (at(0), at(40)), (at(60), at(70)), (at(80), at(80)), (at(95), at(90))]) == [
        (at(0), at(70))
    ]


def test_minutes_are_rounded_down_once_over_the_sum():
    assert minutes([(at(0), at(0.75)), (at(2), at(2.75)), (at(4), at(4.75))]) == 2  # 135 seconds
    assert minutes([]) == 0


def test_a_stay_over_midnight_counts_for_both_days():
    start = datetime(2026, 7, 29, 23, 30, tzinfo=RABAT)
    end = datetime(2026, 7, 30, 0, 15, tzinfo=RABAT)
    assert {day: minutes(parts) for day, parts in by_day([(start, end)], RABAT).items()} == {
        date(2026, 7, 29): 30,
        date(2026, 7, 30): 15,
    }


def test_the_night_on_which_the_clock_is_set_back_is_an_hour_longer():
    # 15 February 2026: at 3:00 (+01:00) it is 2:00 (+00:00).
    start = datetime(2026, 2, 15, 0, 0, tzinfo=RABAT)
    end = datetime(2026, 2, 16, 0, 0, tzinfo=RABAT)
    assert (end - start) == timedelta(hours=24)  # the trap: the clock on the wall
    assert minutes([(start, end)]) == 25 * 60
    assert [*by_day([(start, end)], RABAT)] == [date(2026, 2, 15)]


@given(INTERVALS)
def test_a_union_covers_the_same_time_in_order_and_apart_and_is_its_own_union(intervals):
    merged = union(intervals)
    assert covered(merged) == covered(intervals)
    assert all(start < end for start, end in merged)
    assert all(one[1] < two[0] for one, two in itertools.pairwise(merged))
    assert union(merged) == merged
    assert union(reversed(intervals)) == merged


@given(INTERVALS, INTERVALS)
def test_more_intervals_never_make_fewer_minutes_nor_more_than_the_sum(some, more):
    assert max(minutes(some), minutes(more)) <= minutes([*some, *more]) <= minutes(some) + minutes(more) + 1


@given(INTERVALS, st.sampled_from(["Africa/Casablanca", "Asia/Kathmandu", "America/Santiago", "Pacific/Apia"]))
def test_the_days_together_are_the_union_and_each_part_lies_in_its_day(intervals, name):
    zone = ZoneInfo(name)
    days = by_day(intervals, zone)
    assert union(part for parts in days.values() for part in parts) == union(intervals)
    assert [*days] == sorted(days)
    for day, parts in days.items():
        for start, end in parts:
            assert start.astimezone(zone).date() == day == (end - timedelta(seconds=1)).astimezone(zone).date()
