from decimal import Decimal

import pytest

from tansiq.newsroom import numerals
from tansiq.newsroom.reading import words

NUMBERS = [
    ("ar", "مائة وخمسة وعشرين مشاركا", [("125", "")]),
    ("ar", "ألف ومائتي كتيب", [("1200", "")]),
    ("ar", "مئتين وخمسين", [("250", "")]),
    ("ar", "خمسة عشر مليونا", [("15000000", "")]),
    ("ar", "مليونا كتيب", [("2000000", "")]),
    ("ar", "ثلاثة ملايين ونصف مليون", [("3500000", "")]),
    ("ar", "ثمانية عشر شهرا", [("18", "month")]),
    ("ar", "على مدى أسبوعين", [("2", "week")]),
    ("ar", "٣٠٠٠ كتيب و44.200 إذاعة", [("3000", ""), ("44200", "")]),
    ("ar", "بنسبة 12,5 في المائة", [("12.5", "percent")]),
    ("ar", "عشرات المشاركين", []),
    ("fr", "quatre-vingt-dix-sept juges", [("97", "")]),
    ("fr", "soixante et onze ans", [("71", "year")]),
    ("fr", "deux cent cinquante mille", [("250000", "")]),
    ("fr", "trois millions et demi", [("3500000", "")]),
    ("fr", "une centaine d'assistantes", [("100", "")]),
    ("fr", "12 450,75 et 1.200", [("12450.75", ""), ("1200", "")]),
    ("fr", "27,5 % en 2 h 30", [("27.5", "percent"), ("2.5", "hour")]),
    ("fr", "une visite, la une, un centre", []),
    ("en", "three hundred and forty-two", [("342", "")]),
    ("en", "a four-year project", [("4", "year")]),
    ("en", "1,500 guides, 9.2 and 10 per cent", [("1500", ""), ("9.2", ""), ("10", "percent")]),
    ("en", "No one knows", []),
]
AMOUNTS = [
    ("ar", "15 مليون يورو", "", [("15000000", "EUR", "15 مليون يورو")]),
    ("ar", "أربعين ألف دينار أردني", "", [("40000", "JOD", "أربعين ألف دينار أردني")]),
    ("ar", "مئة وأربعين ألف درهم", "MA", [("140000", "MAD", "مئة وأربعين ألف درهم")]),
    ("ar", "200 دينار", "TN", [("200", "TND", "200 دينار")]),
    ("fr", "15 millions d'euros", "", [("15000000", "EUR", "15 millions d'euros")]),
    ("fr", "2,5 M€ et 12 450,75 €", "", [("2500000", "EUR", "2,5 M€"), ("12450.75", "EUR", "12 450,75 €")]),
    ("fr", "655 millions de francs CFA", "SN", [("655000000", "XOF", "655 millions de francs CFA")]),
    ("en", "EUR 9.2 million and US$ 2.5 million", "", [
        ("9200000", "EUR", "EUR 9.2 million"), ("2500000", "USD", "US$ 2.5 million")]),
    ("en", "two and a half million euros", "", [("2500000", "EUR", "two and a half million euros")]),
    ("en", "five kits of 2 million", "", []),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "expected"), NUMBERS, ids=[text for _l, text, _e in NUMBERS])
def test_numbers_are_read_in_figures_and_in_words(language, text, expected):
    found = numerals.numbers(words(text), language)
    assert [(f"{one.value.normalize():f}", one.unit) for one in found] == expected


@pytest.mark.parametrize(
    ("language", "text", "country", "expected"), AMOUNTS, ids=[text for _l, text, _c, _e in AMOUNTS]
)
def test_money_is_a_number_with_its_currency(language, text, country, expected):
    cut = words(text)
    found = numerals.amounts(cut, numerals.numbers(cut, language), (country,) if country else ())
    assert [(f"{one.value.normalize():f}", one.unit, text[one.start : one.end]) for one in found] == expected


@pytest.mark.parametrize(("text", "begins", "precision"), [
    ("لفائدة ما يقارب 100 مساعدة", "ما", "about"), ("أزيد من 40 قاضيا", "أزيد", "at_least"), ("لحوالي 30 شخصا", "حوالي", "about"),
])  # fmt: skip
def test_what_softens_a_number_belongs_to_it(text, begins, precision):
    cut = words(text)
    (number,) = numerals.numbers(cut, "ar")
    start, found = numerals.widened(cut, number)
    assert (text[start:].startswith(begins), found) == (True, precision)


def test_laws_telephones_addresses_and_list_numbers_count_nothing():
    text = "1. القانون رقم 27.14، هاتف 05 37 00 00 00، news@example.org، #حملة2020\n2. loi n° 2005-06, +20 2 0000 0000"
    left = [text[start:end] for start, end in numerals.references(text)]
    assert [
        any(part in one for one in left)
        for part in ("1.", "27.14", "05 37", "example.org", "#حملة2020", "2.", "2005-06", "+20 2")
    ] == [True] * 8


def test_a_sum_is_exact():
    cut = words("0,1 million")
    assert numerals.numbers(cut, "fr")[0].value == Decimal("100000")
