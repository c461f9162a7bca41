"""Dates as people state them: read, refused, written back, and put in words in three languages."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as some

from tansiq.core.dates import PartialDate, month_and_year, weekday_name, write

DAYS = some.dates(min_value=dt.date(1, 1, 1))
SINGLES = some.one_of(
    DAYS.map(lambda day: day.isoformat()),
    DAYS.map(lambda day: day.isoformat()[:7]),
    DAYS.map(lambda day: day.isoformat()[:4]),
).map(PartialDate)


@some.composite
def ranges(draw) -> PartialDate:
    one, other = draw(SINGLES), draw(SINGLES)
    if one.first_day > other.last_day:
        one, other = other, one
    return PartialDate(f"{one.edtf}/{other.edtf}")


ANY = some.one_of(some.just(PartialDate()), SINGLES, ranges())


@given(ANY)
def test_a_date_survives_the_way_into_a_file_and_back(date):
    assert PartialDate.parse(date.to_data()) == date
    assert PartialDate.parse(date.edtf) == date
    assert PartialDate.parse(date) is date


@given(ANY.filter(bool))
def test_the_first_day_is_never_after_the_last(date):
    assert date.first_day <= date.last_day
    assert date.is_day == (date.first_day == date.last_day and not date.is_range and len(date.edtf) == 10)


@given(ANY)
def test_every_date_lies_within_itself_and_within_the_unknown(date):
    assert date.lies_within(date)
    assert date.lies_within(PartialDate())
    assert PartialDate().lies_within(date)


@given(DAYS, DAYS, DAYS)
def test_a_day_lies_within_a_range_exactly_when_it_is_between_its_ends(day, one, other):
    first, last = sorted((one, other))
    period = PartialDate(f"{first}/{last}")
    assert PartialDate(day.isoformat()).lies_within(period) == (first <= day <= last)


@given(some.text(max_size=12))
def test_a_text_is_either_a_date_or_refused_with_a_sentence(text):
    try:
        date = PartialDate.parse(text)
    except ValueError as error:
        assert str(error).endswith(".")
    else:
        assert PartialDate.parse(date.edtf) == date


@pytest.mark.parametrize(
    ("value", "edtf"),
    [
        (None, ""),
        ("", ""),
        ("unknown", ""),
        (2019, "2019"),
        ("2019", "2019"),
        ("2018-07", "2018-07"),
        ("2020-07-27", "2020-07-27"),
        ("2020-02-29", "2020-02-29"),
        ("٢٠٢٠-٠٧-٢٧", "2020-07-27"),
        (dt.date(2020, 7, 27), "2020-07-27"),
        ({"from": "2020-07-27", "to": dt.date(2020, 7, 29)}, "2020-07-27/2020-07-29"),
        ({"from": 2019, "to": 2022}, "2019/2022"),
        ("2020-07-27/2020-07-29", "2020-07-27/2020-07-29"),
        ({"from": "2020-07", "to": "2020-07-15"}, "2020-07/2020-07-15"),
    ],
)
def test_a_value_of_a_file_is_read_as_the_date_it_states(value, edtf):
    assert PartialDate.parse(value) == PartialDate(edtf)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("2020-02-30", "is not a date"),
        ("2021-02-29", "is not a date"),
        ("2020-13", "is not a date"),
        ("2020-7-27", "is not a date"),
        ("27/07/2020", "is not a date"),
        ("0000", "is not a date"),
        ("2020-07-27\n", "is not a date"),
        ("الاثنين", "is not a date"),
        (20200727, "is not a date"),
        (True, "is not a date"),
        ([], "is not a date"),
        ({"from": "2020-07-27"}, "A range is written"),
        ({"from": "2020-07-29", "to": "2020-07-27"}, "ends before it begins"),
        ({"from": "unknown", "to": "2020-07-27"}, "must be dates"),
        ({"from": {"from": 2019, "to": 2020}, "to": 2021}, "must be dates"),
    ],
)
def test_what_is_no_date_is_refused_with_what_was_expected(value, says):
    with translation.override("en"), pytest.raises(ValueError, match=says):
        PartialDate.parse(value)


WORDS = [
    ("2020-07-27", "ar", "الاثنين، 27 يوليوز 2020", "27 يوليوز 2020"),
    ("2020-07-27", "fr", "lundi 27 juillet 2020", "27 juillet 2020"),
    ("2020-07-27", "en", "Monday, 27 July 2020", "27 July 2020"),
    ("2018-08", "ar", "غشت 2018", "غشت 2018"),
    ("2018-08", "fr", "août 2018", "août 2018"),
    ("2018-08", "en", "August 2018", "August 2018"),
    ("2019", "ar", "2019", "2019"),
    ("2019/2022", "ar", "2019–2022", "2019–2022"),
    ("", "ar", "", ""),
    ("2020-07-27/2020-07-29", "en", "27 to 29 July 2020", "27 to 29 July 2020"),
    ("2020-07-27/2020-08-02", "en", "27 July to 2 August 2020", "27 July to 2 August 2020"),
    ("2019-12-30/2020-01-02", "en", "30 December 2019 to 2 January 2020", "30 December 2019 to 2 January 2020"),
    ("2019-08/2021-07", "en", "August 2019 to July 2021", "August 2019 to July 2021"),
]


@pytest.mark.parametrize(("edtf", "language", "full", "short"), WORDS)
def test_a_date_is_written_in_the_words_of_the_pack_s_own_locale(edtf, language, full, short):
    assert write(PartialDate(edtf), language) == full
    assert write(PartialDate(edtf), language, weekday=False) == short


@pytest.mark.parametrize(
    ("language", "same_month", "same_year", "other_year"),
    [
        ("ar", ("27", "29 يوليوز 2020"), ("27 يوليوز", "2 غشت 2020"), ("30 دجنبر 2019", "2 يناير 2020")),
        ("fr", ("27", "29 juillet 2020"), ("27 juillet", "2 août 2020"), ("30 décembre 2019", "2 janvier 2020")),
    ],
)
def test_a_range_names_the_month_and_the_year_once_where_once_is_enough(language, same_month, same_year, other_year):
    periods = ("2020-07-27/2020-07-29", "2020-07-27/2020-08-02", "2019-12-30/2020-01-02")
    for edtf, (first, last) in zip(periods, (same_month, same_year, other_year), strict=True):
        words = write(PartialDate(edtf), language)
        assert words.endswith(f" {last}")
        assert words.removesuffix(last).split() != []
        assert first in words.removesuffix(last)
        assert words.count("2020") == 1


def test_a_date_shows_itself_in_the_active_language():
    with translation.override("fr"):
        assert str(PartialDate("2020-07-27")) == "lundi 27 juillet 2020"
    with translation.override("ar"):
        assert str(PartialDate("2020-07-27")) == "الاثنين، 27 يوليوز 2020"


def test_weekdays_and_months_stand_alone_in_each_language():
    day = dt.date(2020, 7, 27)
    assert [weekday_name(day, code) for code in ("ar", "fr", "en")] == ["الاثنين", "lundi", "Monday"]
    assert [month_and_year(day, code) for code in ("ar", "fr", "en")] == ["يوليوز 2020", "juillet 2020", "July 2020"]


@pytest.mark.parametrize(
    ("date", "period", "lies"),
    [
        ("2020-07-27", "2020-07-27/2020-07-29", True),
        ("2020-07-29", "2020-07-27/2020-07-29", True),
        ("2020-07-30", "2020-07-27/2020-07-29", False),
        ("2020-07-28/2020-07-30", "2020-07-27/2020-07-29", False),
        ("2020-07", "2020-07-27/2020-07-29", True),
        ("2020", "2020-07-27/2020-07-29", True),
        ("2020-08", "2020-07-27/2020-07-29", False),
        ("2020-07-27", "2020-07", True),
        ("2020-07-27", "2019", False),
    ],
)
def test_a_date_lies_within_a_period_as_far_as_it_is_known(date, period, lies):
    assert PartialDate(date).lies_within(PartialDate(period)) is lies


def test_only_a_known_date_is_true():
    assert not PartialDate()
    assert PartialDate("2019")
    assert PartialDate().to_data() == "unknown"
