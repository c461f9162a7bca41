from tansiq.newsroom import references


def test_laws_telephones_addresses_and_list_numbers_count_nothing():
    text = "1. القانون رقم 27.14، هاتف 05 37 00 00 00، news@example.org، #حملة2020\n2. loi n° 2005-06, +20 2 0000 0000"
    left = [text[start:end] for start, end in references.references(text)]
    assert [
        any(part in one for one in left)
        for part in ("1.", "27.14", "05 37", "example.org", "#حملة2020", "2.", "2005-06", "+20 2")
    ] == [True] * 8


def test_the_days_of_the_other_calendar_are_found_so_that_they_count_nothing():
    text = "يوم 14 محرم 1445هـ الموافق 1 أغسطس 2023م"
    [(start, end)] = references.hijri(text)
    assert text[start:end].startswith("14 محرم 1445")
