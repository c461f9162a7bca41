import pytest

from tansiq.newsroom import money, numerals
from tansiq.newsroom.reading import words

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


@pytest.mark.parametrize(
    ("language", "text", "country", "expected"), AMOUNTS, ids=[text for _l, text, _c, _e in AMOUNTS]
)
def test_money_is_a_number_with_its_currency(language, text, country, expected):
    cut = words(text)
    found = money.amounts(cut, numerals.numbers(cut, language), (country,) if country else ())
    assert [(f"{one.value.normalize():f}", one.unit, text[one.start : one.end]) for one in found] == expected
