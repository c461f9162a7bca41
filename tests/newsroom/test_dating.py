import pytest

from tansiq.newsroom.dating import dates
from tansiq.newsroom.reading import normal, words

WRITTEN = [
    ("ar", "من 30 يونيو إلى 2 يوليوز 2020", ["2020-06-30/2020-07-02"]),
    ("ar", "يومي 27 و28 يوليوز الجاري", ["--07-27/--07-28"]),
    ("ar", "أيام 23 و24 و25 جوان 2021", ["2021-06-23/2021-06-25"]),
    ("ar", "من فاتح إلى 5 شتنبر 2022", ["2022-09-01/2022-09-05"]),
    ("ar", "في الحادي والثلاثين من كانون الأول 2019", ["2019-12-31"]),
    ("ar", "يوم الاثنين 27 يوليو 2020", ["2020-07-27"]),
    ("ar", "الثلاثاء ٢٨ يوليو ٢٠٢٠", ["2020-07-28"]),
    ("ar", "السبت 30/11/2019 على الساعة 10 صباحا", ["2019-11-30", "T10:00"]),
    ("ar", "على الساعة العاشرة والنصف صباحا", ["T10:30"]),
    ("ar", "السادسة مساء", ["T18:00"]),
    ("ar", "ما بين 2019 و2022", ["2019/2022"]),
    ("ar", "خلال سنة 2019", ["2019"]),
    ("ar", "شهر غشت", ["--08"]),
    ("ar", "الجلسة الثانية والنشاط الثالث", []),
    ("ar", "القانون رقم 27.14", []),
    ("fr", "du 30 juin au 2 juillet 2020", ["2020-06-30/2020-07-02"]),
    ("fr", "du lundi 27 au mercredi 29 juillet 2020", ["2020-07-27/2020-07-29"]),
    ("fr", "les 15, 16 et 18 mars 2022", ["2022-03-15", "2022-03-16", "2022-03-18"]),
    ("fr", "le 1er août", ["--08-01"]),
    ("fr", "30 juil. 2020", ["2020-07-30"]),
    ("fr", "novembre et décembre 2020", ["2020-11/2020-12"]),
    ("fr", "mercredi 29 juillet 2020 à 15h, fin vers 16 h 30", ["2020-07-29", "T15:00", "T16:30"]),
    ("fr", "pendant 2 h 30", []),
    ("fr", "20e anniversaire, XXIe siècle, 31 février 2020", []),
    ("en", "from June 30 to July 2, 2020", ["2020-06-30/2020-07-02"]),
    ("en", "Monday, July 27, 2020", ["2020-07-27"]),
    ("en", "July 27-29, 2020", ["2020-07-27/2020-07-29"]),
    ("en", "on the 28th of July at 9:30 a.m.", ["--07-28", "T09:30"]),
    ("en", "2019–2022", ["2019/2022"]),
    ("en", "In May it may rain, in March they march.", ["--05", "--03"]),
    ("en", "2020-07-27, 8/12/2020, 7/27/2020", ["2020-07-27", "2020-12-08", "2020-07-27"]),
]


@pytest.mark.parametrize(
    ("language", "text", "expected"), WRITTEN, ids=[text for _language, text, _expected in WRITTEN]
)
def test_dates_are_read_as_each_language_writes_them(language, text, expected):
    assert [one.value for one in dates(text, words(text), language)] == expected


def test_a_date_keeps_its_place_and_its_weekday():
    text = normal("تنظم يوم الأربعاء 23 جوان 2021 بسوسة")
    (one,) = dates(text, words(text), "ar")
    assert (text[one.start : one.end], one.weekday) == ("يوم الأربعاء 23 جوان 2021", 3)
