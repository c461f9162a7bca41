"""The web fonts in the repository: light, under their own name, and able to write what the site says."""

import importlib.util
import string
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

ROOT = Path(__file__).parents[2]
FONTS = ROOT / "tansiq/public/static/public/fonts"
FACES = {"Regular": FONTS / "tansiq-text-regular.woff2", "Bold": FONTS / "tansiq-text-bold.woff2"}
LIMIT_BYTES = 45 * 1024

ARABIC = "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيٱپڤگڭـ" + "ًٌٍَُِّْٰٕٓٔ" + "،؛؟٪٫٬«»" + "٠١٢٣٤٥٦٧٨٩"
FRENCH = "ÀÂÆÇÈÉÊËÎÏÔŒÙÛÜŸàâæçèéêëîïôœùûüÿ’“”«»–—…•€№°\u00a0\u202f"
CONTROLS = "\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069"
ENGLISH = string.ascii_letters + string.digits + string.punctuation + " "


@pytest.fixture(scope="module", params=FACES)
def style(request):
    return request.param


@pytest.fixture(scope="module")
def font(style):
    return TTFont(FACES[style])


def features(font, table):
    return {record.FeatureTag for record in font[table].table.FeatureList.FeatureRecord}


def written_by_the_project():
    """Return every letter, mark, figure and sign of the catalogues and the Moroccan pack, those that exist yet."""
    sources = [*ROOT.glob("tansiq/locale/*/LC_MESSAGES/django.po"), ROOT / "tansiq/packs/ma.yaml"]
    text = "".join(path.read_text(encoding="utf-8") for path in sources if path.exists())
    return {character for character in text if character not in "\n\t\r"}


def test_a_weight_stays_under_45_kilobytes(style):
    assert FACES[style].stat().st_size < LIMIT_BYTES


def test_the_name_is_our_own_and_the_copyright_is_theirs(font, style):
    names = {record.nameID: str(record) for record in font["name"].names}
    ours = {number: text for number, text in names.items() if number not in (0, 13, 14)}
    assert ours == {
        1: "Tansiq Text",
        2: style,
        3: f"1.001;TansiqText-{style}",
        4: f"Tansiq Text {style}",
        5: "Version 1.001",
        6: f"TansiqText-{style}",
        16: "Tansiq Text",
        17: style,
    }
    assert 'Reserved Font Name "Fira"' in names[0]
    assert "SIL Open Font License" in names[13]
    licence = (FONTS / "OFL.txt").read_text(encoding="utf-8")
    assert names[0] in licence
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert licence.endswith("OTHER DEALINGS IN THE FONT SOFTWARE.\n")


@pytest.mark.parametrize("characters", [ARABIC, FRENCH, ENGLISH, CONTROLS], ids=["ar", "fr", "en", "controls"])
def test_every_character_of_the_alphabet_is_there(font, characters):
    assert set(characters) - set(map(chr, font.getBestCmap())) == set()


def test_every_character_that_the_project_writes_is_there(font):
    assert written_by_the_project() - set(map(chr, font.getBestCmap())) == set()


def test_a_character_that_was_left_out_is_noticed(font):
    assert {"ش", "漢"} - set(map(chr, font.getBestCmap())) == {"漢"}


def test_arabic_letters_join_and_carry_their_marks(font):
    assert {"init", "medi", "fina", "rlig", "ccmp", "calt", "liga", "locl"} <= features(font, "GSUB")
    assert {"mark", "mkmk", "kern"} <= features(font, "GPOS")


def test_figures_can_all_have_one_width(font):
    assert "tnum" in features(font, "GSUB")
    lookups = font["GSUB"].table.LookupList.Lookup
    records = font["GSUB"].table.FeatureList.FeatureRecord
    indexes = {index for record in records if record.FeatureTag == "tnum" for index in record.Feature.LookupListIndex}
    tabular = {}
    for index in indexes:
        for subtable in lookups[index].SubTable:
            tabular |= getattr(subtable, "ExtSubTable", subtable).mapping
    figures = [font.getBestCmap()[ord(figure)] for figure in string.digits]
    assert len({font["hmtx"][tabular.get(figure, figure)][0] for figure in figures}) == 1
    assert len({font["hmtx"][figure][0] for figure in figures}) > 1


def test_bidi_controls_take_no_room_and_the_narrow_space_half_of_one(font):
    width = {character: font["hmtx"][font.getBestCmap()[ord(character)]][0] for character in CONTROLS + " \u202f"}
    assert {width[control] for control in CONTROLS} == {0}
    assert width["\u202f"] == width[" "] // 2


def test_the_script_writes_the_very_bytes_that_are_kept(style):
    spec = importlib.util.spec_from_file_location("webfont", ROOT / "scripts/webfont.py")
    webfont = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(webfont)
    data, copyright_notice = webfont.make(style)
    assert data == FACES[style].read_bytes()
    assert webfont.licence(copyright_notice) == (FONTS / "OFL.txt").read_text(encoding="utf-8")
