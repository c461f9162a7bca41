"""Language: what searches find, what numbers say, which way texts run, which names are kept."""

from __future__ import annotations

import unicodedata
from decimal import Decimal

import pytest
from django.utils import translation
from django.utils.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st

from tansiq.core.errors import Refused
from tansiq.core.language import (
    NOUNS,
    agree,
    approximately,
    clean_name,
    count,
    direction,
    fold,
    join,
    money,
    money_short,
    number_with_precision,
    query_tokens,
    tokens,
)


@pytest.fixture(autouse=True)
def _messages_in_english():
    with translation.override("en"):
        yield


ARABIC = st.text(alphabet=[chr(code) for code in range(0x621, 0x64B) if unicodedata.category(chr(code)) == "Lo"])


def finds(query: str, document: str) -> bool:
    held = set(tokens(document))
    return all(held.intersection(alternatives) for alternatives in query_tokens(query))


# --- Folding


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("مُكَافَحَةُ الاتِّجَارِ بِالْبَشَرِ", "مكافحه الاتجار بالبشر"),
        ("أمل إيمان آدم ٱلله", "امل ايمان ادم الله"),
        ("مستشفى، مسؤول؛ لاجئ", "مستشفي مسوول لاجي"),
        ("اللجنــــة", "اللجنه"),
        ("هٰذَا ٱلرَّحْمَٰنِ ۚ", "هذا الرحمن"),
        ("کمیسیون ملی", "كميسيون ملي"),
        ("ﻻجئة ﷲ", "لاجيه الله"),
        ("٢٠٢٦ ۲۰۲۶ ２０２６", "2026 2026 2026"),
        ("می\u200cخواهم \u202bاسم\u202c", "ميخواهم اسم"),
        ("Œuvre à Fès, ÉTÉ", "oeuvre a fes ete"),
        ("Straße, Søren, Łódź, İzmir ısı", "strasse soren lodz izmir isi"),
        ("e\u0301te\u0301", "ete"),
        ("Saʿīd Qurʾān", "said quran"),
        ("  a\t\n-- b…c\x00d ", "a b c d"),
        ("ⵜⴰⵎⴰⵣⵉⵖⵜ", "ⵜⴰⵎⴰⵣⵉⵖⵜ"),
        ("Ѐй が हिन्दी", "ѐй が हिन्दी"),
        ("´¨", ""),
        ("", ""),
    ],
)
def test_fold_gives_what_is_searched(text, folded):
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_no_folded_text_holds_an_invisible_character_or_two_spaces(text):
    folded = fold(text)
    assert not [char for char in folded if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zs") and char != " "]
    assert "  " not in folded
    assert folded == folded.strip()


@given(st.text(), st.sampled_from(["NFC", "NFD"]))
def test_the_normal_form_in_which_a_text_arrives_does_not_matter(text, form):
    assert fold(unicodedata.normalize(form, text)) == fold(text)


@given(ARABIC, st.lists(st.sampled_from("\u064b\u064c\u064e\u0650\u0651\u0652\u0640\u200f")))
def test_tashkeel_anywhere_in_a_word_does_not_matter(word, marks):
    vowelled = word
    for place, mark in enumerate(marks):
        at = (place * 7 + 1) % (len(vowelled) + 1)
        vowelled = vowelled[:at] + mark + vowelled[at:]
    assert fold(vowelled) == fold(word)


def test_folding_does_not_depend_on_the_language_that_is_given():
    assert fold("İzmir ıÖ مُدُن", "tr") == fold("İzmir ıÖ مُدُن", "ar") == "izmir io مدن"


# --- Words that find each other


@pytest.mark.parametrize("written", ["اتجار", "الاتجار", "بالاتجار", "والاتجار", "كالاتجار", "فالاتجار", "للاتجار"])
@pytest.mark.parametrize("asked", ["اتجار", "الاتجار", "بالاتجار", "والاتجار", "للاتجار", "وبالاتجار", "الإتجار"])
def test_a_word_is_found_under_its_article_and_clitics(asked, written):
    assert finds(asked, f"حملة {written} اليوم")


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("مكافحة", "لمكافحة الجريمة"),
        ("لجنة", "اجتماع للجنة"),
        ("اللجنة", "اجتماع للجنة"),
        ("للجنة", "اللجنة الوطنية"),
        ("يوم", "ويوم دراسي"),
        ("الحق", "بالحق للحق"),
        ("للحق", "الحق"),
        ("ولجنة", "لجنة"),
        ("و لجنة", "لجنة"),
        ("enfant", "Protection de l’enfance et de l'enfant"),
        ("l'enfant", "un enfant"),
        ("d’Azilal", "Province d'AZILAL"),
        ("qu'une n'est", "une est"),
        ("women", "Women’s rights"),
        ("women's", "women"),
    ],
)
def test_a_query_finds_the_other_forms_of_its_words(asked, written):
    assert finds(asked, written)


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("يوم", "وقاية"),
        ("يوم", "اليومية"),
        ("حق", "حقيبة"),
        ("بشر", "نشر"),
        ("ولد", "لد"),
        ("enfant", "enfance"),
        ("art", "part"),
        ("لجنة وطنية", "لجنة محلية"),
    ],
)
def test_a_query_does_not_find_what_merely_looks_alike(asked, written):
    assert not finds(asked, written)


def test_the_full_word_is_kept_first_before_its_stems():
    assert query_tokens("وقاية للاتجار") == [["وقايه", "قايه"], ["للاتجار", "لاتجار", "الاتجار", "اتجار"]]
    assert tokens("وقاية من الوقاية") == ["وقايه", "قايه", "من", "الوقايه"]


def test_what_is_left_of_a_word_is_never_shorter_than_three_letters():
    assert query_tokens("ولد فلم الأب") == [["ولد"], ["فلم"], ["الاب"]]


def test_elisions_are_dropped_and_other_apostrophes_part_words():
    assert tokens("L’Office n’a qu’un aujourd'hui, jusqu'ici") == ["office", "a", "un", "aujourd", "hui", "ici"]


def test_words_of_other_languages_keep_their_first_letters():
    assert query_tokens("لوگوں کتاب") == [["لوگوں"], ["كتاب", "تاب"]]


def test_a_query_without_words_is_empty():
    assert query_tokens(" ؟! و ") == []


@given(st.text())
def test_every_text_finds_itself(text):
    assert finds(text, text)


@given(ARABIC)
def test_no_stem_of_an_arabic_word_is_shorter_than_three_letters(word):
    for first, *stems in query_tokens(word):
        assert first == fold(word)
        assert all(len(stem) >= 3 for stem in stems)


# --- Numbers


@pytest.mark.parametrize(
    ("n", "phrase"),
    [
        (0, "لا أنشطة"),
        (1, "نشاط واحد"),
        (2, "نشاطان"),
        (3, "3 أنشطة"),
        (10, "10 أنشطة"),
        (11, "11 نشاطًا"),
        (99, "99 نشاطًا"),
        (100, "100 نشاط"),
        (101, "101 نشاط"),
        (102, "102 نشاط"),
        (103, "103 أنشطة"),
        (111, "111 نشاطًا"),
        (1500, "1.500 نشاط"),
    ],
)
def test_arabic_chooses_among_its_six_forms(n, phrase):
    assert count(n, "activity", "ar_MA") == phrase


@pytest.mark.parametrize(
    ("noun", "phrases"),
    [
        ("participant", ["لا مشاركين", "مشارك واحد", "مشاركان", "3 مشاركين", "11 مشاركًا", "100 مشارك"]),
        (
            "social_assistant",
            [
                "لا مساعدين اجتماعيين",
                "مساعد اجتماعي واحد",
                "مساعدان اجتماعيان",
                "3 مساعدين اجتماعيين",
                "11 مساعدًا اجتماعيًا",
                "100 مساعد اجتماعي",
            ],
        ),
        ("partner", ["لا شركاء", "شريك واحد", "شريكان", "3 شركاء", "11 شريكًا", "100 شريك"]),
        ("organisation", ["لا هيئات", "هيئة واحدة", "هيئتان", "3 هيئات", "11 هيئة", "100 هيئة"]),
        ("site", ["لا مواقع", "موقع واحد", "موقعان", "3 مواقع", "11 موقعًا", "100 موقع"]),
        ("day", ["لا أيام", "يوم واحد", "يومان", "3 أيام", "11 يومًا", "100 يوم"]),
        ("region", ["لا جهات", "جهة واحدة", "جهتان", "3 جهات", "11 جهة", "100 جهة"]),
        ("seat", ["لا مقاعد", "مقعد واحد", "مقعدان", "3 مقاعد", "11 مقعدًا", "100 مقعد"]),
        ("person", ["لا أشخاص", "شخص واحد", "شخصان", "3 أشخاص", "11 شخصًا", "100 شخص"]),
        ("undertaking", ["لا تعهدات", "تعهد واحد", "تعهدان", "3 تعهدات", "11 تعهدًا", "100 تعهد"]),
        ("euro", ["0 يورو", "1 يورو", "2 يورو", "3 يورو", "11 يورو", "100 يورو"]),
    ],
)
def test_each_noun_agrees_in_arabic(noun, phrases):
    assert [count(n, noun, "ar") for n in (0, 1, 2, 3, 11, 100)] == phrases


def test_zero_is_singular_in_french_and_plural_in_english():
    assert [count(n, "activity", "fr") for n in (0, 1, 2)] == ["0 activité", "1 activité", "2 activités"]
    assert [count(n, "activity", "en") for n in (0, 1, 2)] == ["0 activities", "1 activity", "2 activities"]


def test_large_numbers_are_grouped_as_the_locale_does():
    assert count(15000, "person", "ar-MA") == "15.000 شخص"
    assert count(15000, "person", "fr") == "15\u202f000 personnes"
    assert count(1_000_000, "person", "fr") == "1\u202f000\u202f000 personnes"
    assert count(15000, "person", "en") == "15,000 people"


def test_arabic_has_an_oblique_dual_and_other_languages_do_not():
    assert count(2, "day", "ar", oblique=True) == "يومين"
    assert count(2, "participant", "ar", oblique=True) == "مشاركين اثنين"
    assert count(3, "day", "ar", oblique=True) == "3 أيام"
    assert count(2, "euro", "ar", oblique=True) == "2 يورو"
    assert count(2, "day", "fr", oblique=True) == "2 jours"


@pytest.mark.parametrize("language", ["es", "zgh", "xx", ""])
def test_other_languages_get_english_words_with_english_grammar(language):
    assert count(0, "person", language) == "0 people"
    assert count(1500, "person", language) == "1,500 people"
    assert approximately(3, "at_most", "site", language) == "at most 3 sites"
    assert number_with_precision(1500, "about", language) == "about 1,500"


def test_every_noun_has_words_in_the_three_languages():
    assert {noun: set(words) for noun, words in NOUNS.items()} == {noun: {"ar", "fr", "en"} for noun in NOUNS}


def test_agree_takes_the_plural_rules_of_any_language_and_falls_back_to_other():
    forms = {"one": "{n} день", "few": "{n} дня", "many": "{n} дней", "other": "{n} дня"}
    assert [agree(n, forms, "ru") for n in (1, 2, 5, 21)] == ["1 день", "2 дня", "5 дней", "21 день"]
    assert agree(2, {"other": "{n} حصص {x}"}, "ar_MA") == "2 حصص {x}"


def test_agree_refuses_forms_without_other():
    with pytest.raises(KeyError):
        agree(5, {"one": "حصة"}, "ar")


@pytest.mark.parametrize(
    ("precision", "language", "phrase"),
    [
        ("exact", "ar", "100 مشارك"),
        ("about", "ar", "حوالي 100 مشارك"),
        ("at_least", "ar", "ما لا يقل عن 100 مشارك"),
        ("at_most", "ar", "ما لا يزيد عن 100 مشارك"),
        ("unknown", "ar", "العدد غير مذكور"),
        ("exact", "fr", "100 participants"),
        ("about", "fr", "environ 100 participants"),
        ("at_least", "fr", "au moins 100 participants"),
        ("at_most", "fr", "au plus 100 participants"),
        ("unknown", "fr", "nombre non précisé"),
        ("exact", "en", "100 participants"),
        ("about", "en", "about 100 participants"),
        ("at_least", "en", "at least 100 participants"),
        ("at_most", "en", "at most 100 participants"),
        ("unknown", "en", "number not stated"),
    ],
)
def test_approximately_says_how_far_a_number_is_known(precision, language, phrase):
    assert approximately(100, precision, "participant", language) == phrase


@pytest.mark.parametrize(
    ("n", "precision", "phrase"),
    [
        (0, "exact", "لا أيام"),
        (0, "at_most", "ما لا يزيد عن 0 يوم"),
        (1, "at_least", "ما لا يقل عن يوم واحد"),
        (2, "about", "حوالي يومين"),
        (2, "at_least", "ما لا يقل عن يومين"),
        (2, "at_most", "ما لا يزيد عن يومين"),
        (5, "about", "حوالي 5 أيام"),
        (15, "about", "حوالي 15 يومًا"),
        (None, "about", "العدد غير مذكور"),
        (None, "unknown", "العدد غير مذكور"),
    ],
)
def test_the_counted_noun_follows_the_preposition_in_arabic(n, precision, phrase):
    assert approximately(n, precision, "day", "ar") == phrase


def test_a_precision_that_does_not_exist_is_an_error():
    with pytest.raises(KeyError):
        approximately(5, "roughly", "day", "ar")
    with pytest.raises(KeyError):
        number_with_precision(5, "roughly", "ar")


def test_a_number_without_a_noun_is_said_with_its_precision():
    assert number_with_precision(1500, "at_least", "ar_MA") == "ما لا يقل عن 1.500"
    assert number_with_precision(100, "exact", "ar") == "100"
    assert number_with_precision(100, "about", "fr") == "environ 100"
    assert number_with_precision(None, "unknown", "fr") == "nombre non précisé"


# --- Lists


@pytest.mark.parametrize(
    ("language", "one", "two", "three"),
    [
        ("ar", "فاس", "فاس ووجدة", "فاس، وجدة وطنجة"),
        ("ar_MA", "فاس", "فاس ووجدة", "فاس، وجدة وطنجة"),
        ("fr", "فاس", "فاس et وجدة", "فاس, وجدة et طنجة"),
        ("en", "فاس", "فاس and وجدة", "فاس, وجدة and طنجة"),
        ("es", "فاس", "فاس y وجدة", "فاس, وجدة y طنجة"),
        ("xx", "فاس", "فاس and وجدة", "فاس, وجدة and طنجة"),
    ],
)
def test_join_writes_a_list_as_the_language_does(language, one, two, three):
    towns = ["فاس", "وجدة", "طنجة"]
    assert [join(towns[:size], language) for size in range(4)] == ["", one, two, three]


def test_join_attaches_the_arabic_conjunction_to_latin_letters_too():
    assert join(["A", "B", "C"], "ar") == "A، B وC"


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_joined_html_is_safe_only_when_every_item_is(language):
    safe, unsafe = SafeString("<b>فاس</b>"), "<script>"
    assert isinstance(join([safe, safe, safe], language), SafeString)
    assert isinstance(join([safe], language), SafeString)
    assert not isinstance(join([safe, unsafe], language), SafeString)
    assert not isinstance(join([unsafe], language), SafeString)
    assert not isinstance(join([], language), SafeString)


def test_braces_in_an_item_are_left_alone():
    assert join(["{0}", "{1}", "{x}"], "fr") == "{0}, {1} et {x}"


# --- Direction


@pytest.mark.parametrize(
    "language",
    ["ar", "ar-MA", "ar_MA", "ary", "fa", "ur", "he", "yi", "dv", "ckb", "ku-Arab", "uz_Arab", "pa-PK", "AR"],
)
def test_languages_of_right_to_left_scripts_run_right_to_left(language):
    assert direction(language) == "rtl"


@pytest.mark.parametrize("language", ["fr", "en", "zgh", "kab", "ku", "zh-hans", "ar-Latn", "pa", "xx", "", "-"])
def test_other_and_unknown_languages_run_left_to_right(language):
    assert direction(language) == "ltr"


# --- Money


@pytest.mark.parametrize(
    ("amount", "currency", "language", "phrase"),
    [
        (15_000_000, "EUR", "ar_MA", "15.000.000 يورو"),
        (15_000_000, "EUR", "ar", "15,000,000 يورو"),
        (15_000_000, "EUR", "fr", "15\u202f000\u202f000 euros"),
        (15_000_000, "EUR", "en", "15,000,000 euros"),
        (Decimal("1500.50"), "EUR", "ar_MA", "1.500,50 يورو"),
        (Decimal("1500.50"), "EUR", "fr", "1\u202f500,50 euros"),
        (Decimal("1500.00"), "EUR", "fr", "1\u202f500 euros"),
        (1, "EUR", "en", "1 euro"),
        (0, "EUR", "fr", "0 euro"),
        (2, "MAD", "ar_MA", "2 درهم مغربي"),
        (3, "MAD", "ar_MA", "3 دراهم مغربية"),
        (11, "MAD", "ar_MA", "11 درهمًا مغربيًا"),
        (100, "MAD", "ar_MA", "100 درهم مغربي"),
        (100, "EUR", "fa", "100 یورو"),
        (100, "XXZ", "fr", "100 XXZ"),
    ],
)
def test_money_writes_the_full_figure_with_the_currency_s_name(amount, currency, language, phrase):
    assert money(amount, currency, language) == phrase


@pytest.mark.parametrize(
    ("amount", "currency", "language", "phrase"),
    [
        (1_000_000, "EUR", "ar_MA", "مليون يورو"),
        (2_000_000, "EUR", "ar_MA", "مليونا يورو"),
        (3_000_000, "EUR", "ar_MA", "3 ملايين يورو"),
        (15_000_000, "EUR", "ar_MA", "15 مليون يورو"),
        (100_000_000, "MAD", "ar_MA", "100 مليون درهم مغربي"),
        (3_000_000_000, "MAD", "ar_MA", "3 مليارات درهم مغربي"),
        (1_200_000_000, "MAD", "ar_MA", "1.200 مليون درهم مغربي"),
        (1_000_000, "EUR", "fr", "1 million d’euros"),
        (15_000_000, "EUR", "fr", "15 millions d’euros"),
        (15_000_000, "MAD", "fr", "15 millions de dirhams marocains"),
        (2_000_000_000, "EUR", "fr", "2 milliards d’euros"),
        (Decimal("15000000.00"), "EUR", "en", "EUR 15 million"),
        (15_500_000, "EUR", "ar_MA", "15.500.000 يورو"),
        (15_500_000, "EUR", "fr", "15\u202f500\u202f000 euros"),
        (900_000, "EUR", "en", "900,000 euros"),
        (0, "EUR", "en", "0 euros"),
        (15_000_000, "EUR", "de", "15.000.000 Euro"),
    ],
)
def test_money_short_says_whole_millions_in_words(amount, currency, language, phrase):
    assert money_short(amount, currency, language) == phrase


# --- Names


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  أمينة \t\n  الإدريسي ", "أمينة الإدريسي"),
        ("قاعة ١٢ و۳", "قاعة 12 و3"),
        ("Ame\u0301lie\u00a0Naciri", "Amélie Naciri"),
        ("نیک\u200cروش", "نیک\u200cروش"),
        ("ا\u0654مينة مُحمد", "أمينة مُحمد"),
        (" ", ""),
    ],
)
def test_a_name_is_kept_clean_and_as_it_was_spelled(typed, kept):
    assert clean_name(typed) == kept


@pytest.mark.parametrize(
    "character",
    [*"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff\x00\x0b\x1b\x7f\x85"],
)
@pytest.mark.parametrize("template", ["أمينة{}الإدريسي", "{}أمينة", "أمينة{}"])
def test_a_name_with_an_invisible_character_is_refused(template, character):
    with pytest.raises(Refused) as refusal:
        clean_name(template.format(character))
    assert refusal.value.character == f"U+{ord(character):04X}"
    assert f"U+{ord(character):04X}" in str(refusal.value)
    assert character not in str(refusal.value)
