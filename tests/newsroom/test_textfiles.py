import io

import docx as word
import pytest
from django.utils import translation

from tansiq.core.errors import BadInput
from tansiq.newsroom import textfiles

ARABIC = "تنظم اللجنة الوطنية ندوة عن بعد"
FRENCH = "La Commission organise un séminaire à distance"


@pytest.mark.parametrize(("content", "text"), [
    (ARABIC.encode(), ARABIC), (ARABIC.encode("utf-8-sig"), ARABIC), (ARABIC.encode("cp1256"), ARABIC),
    (ARABIC.encode("utf-16"), ARABIC), (FRENCH.encode("cp1252"), FRENCH), ("Me\u0301moire".encode(), "Mémoire"),
])  # fmt: skip
def test_a_text_is_read_in_whatever_encoding_it_was_saved(content, text):
    assert textfiles.text_of(content) == text


def test_a_word_document_is_read(tmp_path):
    document, buffer = word.Document(), io.BytesIO()
    document.add_paragraph(ARABIC)
    document.save(buffer)
    assert ARABIC in textfiles.text_of(buffer.getvalue())


@pytest.mark.parametrize(("content", "said"), [
    (b"", "no text"), (b" \n ", "no text"), (b"%PDF-1.7 ...", "not a text"), (b"\x00\x01\x02", "not a text"),
    (b"PK\x03\x04 broken", ""), (b"a" * 4_000_001, "longer than"),
])  # fmt: skip
def test_what_holds_no_text_is_refused_with_the_file_named(tmp_path, content, said):
    file = tmp_path / "release.txt"
    file.write_bytes(content)
    with translation.override("en"), pytest.raises(BadInput) as refused:
        textfiles.read(str(file))
    assert (refused.value.problems[0].place, said in str(refused.value)) == (str(file), True)


def test_a_file_that_is_not_there_is_said_so():
    with pytest.raises(BadInput):
        textfiles.read("/nowhere/release.txt")
