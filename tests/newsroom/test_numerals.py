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


@pytest.mark.parametrize(("language", "text", "expected"), NUMBERS, ids=[text for _l, text, _e in NUMBERS])
def test_numbers_are_read_in_figures_and_in_words(language, text, expected):
    found = numerals.numbers(words(text), language)
    assert [(f"{one.value.normalize():f}", one.unit) for one in found] == expected


@pytest.mark.parametrize(("text", "begins", "precision"), [
    ("لفائدة ما يقارب 100 مساعدة", "ما", "about"), ("أزيد من 40 قاضيا", "أزيد", "at_least"), ("لحوالي 30 شخصا", "حوالي", "about"),
])  # fmt: skip
def test_what_softens_a_number_belongs_to_it(text, begins, precision):
    cut = words(text)
    (number,) = numerals.numbers(cut, "ar")
    start, found = numerals.widened(cut, number)
    assert (text[start:].startswith(begins), found) == (True, precision)


def test_a_sum_is_exact():
    cut = words("0,1 million")
    assert numerals.numbers(cut, "fr")[0].value == Decimal("100000")
