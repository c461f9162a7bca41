"""What others wrote is kept unchanged, with licence, version and hash; what the app says and does is in step."""

import importlib.util
import re
from pathlib import Path

import pytest

from tansiq.field import app, words

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("field_libraries", ROOT / "scripts/field_libraries.py")
libraries = importlib.util.module_from_spec(spec)
spec.loader.exec_module(libraries)


def test_the_kept_libraries_are_what_their_record_says():
    assert libraries.faults() == []
    assert {one["licence"] for one in libraries.LIBRARIES} == {"Apache-2.0"}


def test_a_changed_library_would_be_found(tmp_path, monkeypatch):
    for one in libraries.FOLDER.iterdir():
        (tmp_path / one.name).write_bytes(one.read_bytes())
    monkeypatch.setattr(libraries, "FOLDER", tmp_path)
    monkeypatch.setattr(libraries, "RECORD", tmp_path / "kept.json")
    assert libraries.faults() == []
    (tmp_path / "jsqr.js").write_bytes(b"// other")
    assert len(libraries.faults()) == 1


def test_every_word_is_said_and_every_word_that_is_said_is_there():
    folders = (app.FOLDER, ROOT / "tansiq/field/templates/field")
    text = "".join(one.read_text() for folder in folders for one in folder.glob("*.*"))
    said = set(re.findall(r"words\.(\w+)", text))
    dynamic = {key for key in words.WORDS if key.startswith(("state_", "do_", "item_"))}
    assert said - set(words.WORDS) == {"every"}  # of an array, in fold.js
    assert set(words.WORDS) - said - dynamic == set()


@pytest.mark.parametrize("name", sorted(one.name for one in app.FOLDER.glob("*.js")))
def test_our_scripts_set_no_markup_and_evaluate_nothing(name):
    text = (app.FOLDER / name).read_text()
    assert (
        re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|localStorage|https?://", text
        )
        == []
    )
