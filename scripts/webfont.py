"""Makes the two web fonts from FiraGO: `.venv/bin/python scripts/webfont.py`.

A second run writes the same bytes. Its inputs are the wheel `pymupdf-fonts` and the lists below.
"""

import io
from importlib.metadata import distribution
from pathlib import Path

import pymupdf_fonts
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FONTS = Path(__file__).parents[1] / "tansiq/public/static/public/fonts"
FAMILY = "Tansiq Text"  # "Fira" is a reserved name: a modified version may not carry it
FACES = {"Regular": "figo", "Bold": "figbo"}

# Shaping of Arabic, placing of its marks, kerning, forms by language (Turkish i), figures of equal width.
FEATURES = ["init", "medi", "fina", "isol", "rlig", "calt", "liga", "ccmp", "mark", "mkmk", "kern", "locl", "tnum"]
SCRIPTS = ["DFLT", "arab", "latn"]

LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x100), *map(ord, "œŒŸĞğİıŞş‘’‚“”„‹›–—…•€№−‰™\u2011")]
ARABIC = [
    *map(ord, "،؛؟٪٫٬٭\ufd3e\ufd3f"),
    *range(0x621, 0x63B),
    *range(0x640, 0x653),  # tatweel, letters from feh, tashkeel
    *range(0x653, 0x656),  # maddah, hamza above and below as marks of their own
    *range(0x660, 0x66A),
    *map(ord, "\u0670ٱپچژڤڥڨکڭگی"),  # dagger alef, wasla, and letters of Maghreb, Persian and loan names
]
JOINERS_AND_MARKS = [*range(0x200B, 0x2010)]

# FiraGO lacks these. Without a glyph a browser takes another face for the run and breaks the joining of letters.
NARROW_NO_BREAK_SPACE = 0x202F
BIDI_CONTROLS = [0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
ZERO_WIDTH = 0x200E

LAST_CHANGE = 3604401590  # seconds since 1904: head.modified of the original, so that no clock gets into the file


def make(style: str) -> tuple[bytes, str]:
    """Return the woff2 of one weight ("Regular" or "Bold") and the copyright notice of the original."""
    font = TTFont(io.BytesIO(pymupdf_fonts.fontbuffers[FACES[style]]()), recalcTimestamp=False)
    copyright_notice = font["name"].getDebugName(0)
    add_missing_characters(font)
    options = Options(
        layout_features=FEATURES,
        layout_scripts=SCRIPTS,
        hinting=False,
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 13, 14],
    )
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[*LATIN, *ARABIC, *JOINERS_AND_MARKS, *BIDI_CONTROLS, NARROW_NO_BREAK_SPACE])
    subsetter.subset(font)
    rename(font, style)
    font["head"].created = font["head"].modified = LAST_CHANGE
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out)
    return out.getvalue(), copyright_notice


def add_missing_characters(font: TTFont) -> None:
    """Map the bidi controls to an empty glyph without width, and U+202F to a space of half the width."""
    space, zero_width = font.getBestCmap()[0x20], font.getBestCmap()[ZERO_WIDTH]
    narrow = "narrownbspace"
    font.setGlyphOrder([*font.getGlyphOrder(), narrow])
    font["glyf"][narrow] = font["glyf"][space]
    font["hmtx"][narrow] = (font["hmtx"][space][0] // 2, 0)
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap |= dict.fromkeys(BIDI_CONTROLS, zero_width) | {NARROW_NO_BREAK_SPACE: narrow}


def rename(font: TTFont, style: str) -> None:
    """Give the font our family name; copyright and licence (ids 0, 13, 14) stay as they are."""
    full, postscript = f"{FAMILY} {style}", f"{FAMILY.replace(' ', '')}-{style}"
    version = font["name"].getDebugName(5).removeprefix("Version ")
    names = {1: FAMILY, 2: style, 3: f"{version};{postscript}", 4: full, 6: postscript, 16: FAMILY, 17: style}
    for name_id, text in names.items():
        font["name"].setName(text, name_id, 3, 1, 0x409)


def licence(copyright_notice: str) -> str:
    """Return OFL.txt: what the fonts are, their copyright notice, the licence as the wheel carries it."""
    [path] = [path for path in distribution("pymupdf-fonts").files or [] if path.name == "LICENSE.txt"]
    _, start, rest = path.read_text(encoding="utf-8").partition("This Font Software is licensed under")
    head = f'"{FAMILY}" is a modified version of FiraGO: fewer characters, another name.\n\n{copyright_notice}\n\n'
    return "\n".join(line.rstrip() for line in (head + start + rest).splitlines()) + "\n"


def main() -> None:
    FONTS.mkdir(parents=True, exist_ok=True)
    for style in FACES:
        data, copyright_notice = make(style)
        path = FONTS / f"tansiq-text-{style.lower()}.woff2"
        path.write_bytes(data)
        print(f"{path.name}: {len(data)} bytes")
    (FONTS / "OFL.txt").write_text(licence(copyright_notice), encoding="utf-8")


if __name__ == "__main__":
    main()
