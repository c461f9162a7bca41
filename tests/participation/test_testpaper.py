"""A test on paper: boxes and letters in each language, a line for the number, the key apart; PDF/A and PDF/UA."""

import io

import pytest
from pypdf import PdfReader

from tansiq.participation import testpaper
from tests.participation.asking import QUESTIONS, question, ready
from tests.participation.conftest import NOW

pytestmark = pytest.mark.django_db


def words(content):
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


@pytest.mark.parametrize(("language", "letters", "text"), [("fr", "ABC", "Question consent"), ("ar", "أبج", "consent")])
def test_a_sheet_has_every_question_with_letters_and_does_not_say_what_is_right(seminar, language, letters, text):
    explained = [{**QUESTIONS[0], "explanation": {"ar": "شرح", "fr": "Explication"}}, *QUESTIONS[1:]]
    assessment = ready(seminar(), questions=explained)
    sheet = testpaper.printed(assessment, language=language, now=NOW)
    found = words(sheet)
    assert text in found
    assert all(letter in found for letter in letters)
    assert "Explication" not in found
    assert sheet == testpaper.printed(assessment, language=language, now=NOW)


def test_the_key_says_what_is_right_and_why(seminar):
    explained = [{**QUESTIONS[0], "explanation": {"fr": "Explication"}}, *QUESTIONS[1:]]
    key = words(testpaper.printed(ready(seminar(), questions=explained), language="fr", now=NOW, is_key=True))
    assert "Explication" in key
    assert key.count("bonne réponse") == sum(len([one for one in q["options"] if one["right"]]) for q in QUESTIONS)


def test_it_is_an_archive_file_for_screen_readers_too_and_names_its_language(seminar):
    reader = PdfReader(io.BytesIO(testpaper.printed(ready(seminar()), language="ar", now=NOW)))
    catalogue = reader.trailer["/Root"]
    metadata = catalogue["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in metadata
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert (catalogue["/Lang"], catalogue["/MarkInfo"]["/Marked"]) == ("ar", True)


def test_a_hundred_questions_and_long_words_are_printed_whole(seminar):
    questions = [question(f"q{n}", {1}, options=8) for n in range(99)]
    long = {**question("last", {1}), "text": {"fr": "très " * 60 + "fin"}}
    content = testpaper.printed(ready(seminar(), questions=[*questions, long]), language="fr", now=NOW)
    assert "Question q98" in words(content)
    assert "fin" in words(content)
