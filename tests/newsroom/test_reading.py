from tansiq.newsroom.reading import language_of, normal, words


def test_a_word_keeps_its_place_whatever_is_folded():
    text = normal("وبـمدينة الرباط")
    word = words(text)[0]
    skip = word.without("مدينه")
    assert text[word.start + skip : word.end] == "مدينة"


def test_figures_part_from_the_conjunction():
    assert [word.text for word in words("23 و24 و٢٥")] == ["23", "و", "24", "و", "25"]


def test_the_language_is_known_by_its_letters_and_its_commonest_words():
    assert language_of("تنظم اللجنة الوطنية ندوة عن بعد مع UNODC") == "ar"
    assert language_of("La Commission organise un séminaire pour les assistantes sociales du Royaume") == "fr"
    assert language_of("The Commission will hold a seminar for the social assistants of the Kingdom") == "en"


def test_a_language_that_is_not_ours_is_none_and_not_the_nearest():
    assert language_of("La Comisión Nacional organiza en Rabat un seminario de la Unión Europea para jueces") == ""
    assert language_of("Die Kommission veranstaltet am Dienstag ein Seminar in Rabat") == ""
    assert language_of("12 34 ...") == ""
