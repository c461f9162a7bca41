from tansiq.newsroom import facts
from tansiq.newsroom.gazetteer import Gazetteer, countries_of
from tansiq.newsroom.reading import words


def test_a_name_on_record_is_found_with_what_arabic_glues_to_it_and_keeps_its_key():
    records = Gazetteer()
    records.add("organisation", "isil", "إيسيل")
    records.add("organisation", "isil", "ISIL")
    read = facts.read("شاركت فيها وإيسيل، وكذا ISIL مع isil", records=records)
    assert [(fact.value, read.printed(fact)) for fact in read.facts if fact.kind == "organisation"] == [
        ("isil", "إيسيل"), ("isil", "ISIL"),
    ]  # fmt: skip


def test_an_organisation_is_known_by_most_of_its_words_and_an_acronym_only_in_capitals():
    records = Gazetteer()
    records.add("organisation", "eutf", "Fonds fiduciaire d'urgence de l'Union européenne pour l'Afrique")
    assert records.nearest({"fonds", "fiduciaire", "urgence", "union", "europeenne", "afrique"}) == "eutf"
    assert records.nearest({"fonds", "urgence"}) == ""


def test_the_countries_of_a_text_are_those_it_names_and_those_of_its_towns():
    text = "Dakar et Thiès accueillent la délégation du Sénégal, après Rabat"
    assert countries_of(text, words(text), "fr") == ["SN", "MA"]
