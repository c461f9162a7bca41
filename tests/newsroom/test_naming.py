import pytest

from tansiq.newsroom import facts


def found(text, kind, language="", records=None):
    read = facts.read(text, language=language, records=records)
    return [read.printed(fact) for fact in read.facts if fact.kind == kind]


@pytest.mark.parametrize(("text", "expected"), [
    ("تنظم اللجنة الوطنية لتنسيق إجراءات مكافحة الاتجار بالبشر والوقاية منه حفلا", ["اللجنة الوطنية لتنسيق إجراءات مكافحة الاتجار بالبشر والوقاية منه"]),
    ("بتعاون مع مكتب الأمم المتحدة المعني بالمخدرات والجريمة والاتحاد الأوروبي", ["مكتب الأمم المتحدة المعني بالمخدرات والجريمة", "الاتحاد الأوروبي"]),
    ("ترأس وزير العدل الجلسة", ["وزير العدل"]),
    ("تفكيك الشبكات الإجرامية المنظمة المتورطة في الاتجار", []),
    ("زار الوفد جمعية ومحكمة ومستشفى", []),
    ("l'atelier de la Cellule nationale de lutte contre la traite des personnes (CNLP) ; la CNLP précise", ["Cellule nationale de lutte contre la traite des personnes", "CNLP", "CNLP"]),
    ("une association et un tribunal ont été visités par le groupe", []),
    ("The National Agency for the Prohibition of Trafficking (NAPTIP) met. Later the Agency spoke.", ["National Agency for the Prohibition of Trafficking", "NAPTIP", "the Agency"]),
    ("It was held by the police of a town for an agency.", []),
])  # fmt: skip
def test_organisations_reach_as_far_as_their_name_and_no_further(text, expected):
    language = "ar" if text[0] > "\u0600" else "fr" if "ne" in text.split(" ")[0] or text.startswith("l'") else "en"
    assert found(text, "organisation", language) == expected


def test_places_are_towns_and_countries_where_the_language_says_so():
    assert found("الرباط المغرب - 24 يوليو 2020\nبمدينة سوسة وفي وهران", "place") == [
        "الرباط",
        "المغرب",
        "مدينة سوسة",
        "وهران",
    ]
    assert found("عملوا بأمان في ظروف حسنة", "place") == []
    assert found("Rabat, le 24 juillet 2020 - les travaux au Centre culturel de Thiès", "place") == [
        "Rabat",
        "Centre culturel de Thiès",
    ]


def test_audiences_are_counted_or_addressed_and_nobody_else():
    assert found("دورة لفائدة 45 قاضيا وقاضية", "audience") == ["45 قاضيا وقاضية"]
    assert found("3 victimes sur 4 sont mineures, les juges sont rares", "audience", "fr") == []
    assert found("un atelier au profit des enseignantes", "audience", "fr") == ["enseignantes"]
