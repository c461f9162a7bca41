"""Names that a text may hold: those on record, those known everywhere, and the first words of all others."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from babel import Locale

from tansiq.core.language import fold
from tansiq.newsroom.numerals import LANGUAGES
from tansiq.newsroom.reading import Word, words

_FOLDER = Path(__file__).parent
JOIN_FR = {"de", "du", "des", "d", "la", "le", "les", "l", "a", "aux", "pour", "contre", "sur"}
JOIN_EN = {"of", "the", "for", "and", "on", "in", "to", "against", "&"}
CONTRACTED = {"l", "la", "le", "les", "de", "du", "des", "d", "the", "of", "من", "طرف", "قبل", "عن"}


@dataclass(frozen=True)
class Gazetteer:
    """Names by their first folded word; `add` what is on record, then `look`."""

    entries: dict[str, list[tuple[tuple[str, ...], str, str, bool]]] = field(default_factory=lambda: defaultdict(list))
    full_names: dict[str, list[tuple[str, frozenset[str]]]] = field(default_factory=lambda: defaultdict(list))
    words_of: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def add(self, kind: str, key: str, name: str) -> None:
        """A name or acronym in any language. An acronym is found only in capitals."""
        parts = tuple(word.text for word in words(name))
        if kind == "organisation" and len(parts) > 2:
            self.full_names[key].append((key, frozenset(content(parts))))
        self.words_of[key] |= {part.removeprefix("ال") for part in parts}
        is_acronym = name.isupper() and name.isascii() and len(name) <= 8
        if (
            parts
            and (len(parts[0]) > 1 or len(parts) > 1)
            and (parts, kind, key, is_acronym) not in self.entries[parts[0]]
        ):
            self.entries[parts[0]].append((parts, kind, key, is_acronym))

    def nearest(self, parts: set[str]) -> str:
        """The key of the organisation whose name shares at least three of four words with these; "" when none does."""
        best, key = 0.74, ""
        for names in self.full_names.values():
            for its_key, its_parts in names:
                both = len(parts & its_parts)
                if both >= 3 and (shared := both / len(parts | its_parts)) > best:
                    best, key = shared, its_key
        return key

    def look(self, text: str, cut: list[Word], at: int) -> tuple[int, int, str, str] | None:
        """(letters left out at the beginning, index of the last word, kind, key) of the longest name there."""
        best = None
        for skip, stem in cut[at].stems:
            for parts, kind, key, is_acronym in self.entries.get(stem, ()):
                last = follows(cut, at, parts)
                if last is None:
                    continue
                is_part = text[cut[last].end : cut[last].end + 1] == "_"  # of an account's name
                if is_acronym and (is_part or not text[cut[at].start + skip : cut[last].end].isupper()):
                    continue
                if best is None or last > best[1]:
                    best = (skip, last, kind, key)
        return best


def content(parts: Iterable[str]) -> set[str]:
    """The words of a name that carry it: without articles and what joins; the European Union in full."""
    found: set[str] = set()
    for part in parts:
        if part in ("ue", "eu"):
            found |= {"union", "europeenne" if part == "ue" else "european"}
        elif part.isalnum() and part not in JOIN_FR | JOIN_EN | {"et"}:
            found.add(part.removeprefix("ال"))
    return found


def follows(cut: list[Word], at: int, parts: tuple[str, ...]) -> int | None:
    position = at
    for part in parts[1:]:
        position += 1
        if position >= len(cut) or cut[position].text != part:
            return None
    return position


# --- What everybody knows ----------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def lexicon_data() -> dict[str, Any]:
    return yaml.safe_load((_FOLDER / "words.yaml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def world() -> Gazetteer:
    """Countries and towns of the world, and the organisations that are known everywhere."""
    known = Gazetteer()
    for key, names in lexicon_data()["organisations"].items():
        for name in names:
            known.add("organisation", key, name)
    for language in LANGUAGES:
        for code, name in Locale.parse(language).territories.items():
            if len(code) == 2 and len(fold(name)) > 2:
                known.add("place", code, name)
        for zone in Locale.parse(language).time_zones.values():
            if isinstance(zone, dict) and isinstance(zone.get("city"), str) and len(fold(zone["city"])) > 3:
                known.add("place", fold(zone["city"]), zone["city"])
    for code, names in [*lexicon_data()["regions"].items(), *lexicon_data()["countries"].items()]:
        for name in names:
            known.add("place", code, name)
    with (_FOLDER / "cities.tsv").open(encoding="utf-8") as file:
        for row in csv.reader((line for line in file if not line.startswith("#")), delimiter="\t"):
            _country, name, arabic = row
            for one in [name, *arabic.split("|")]:
                if len(fold(one)) > 3 or (one and one[0] >= "\u0600"):
                    known.add("place", fold(name), one)
    return known


@dataclass(frozen=True)
class Lexicon:
    """The first words of one language."""

    heads: frozenset[str]
    offices: frozenset[str]
    venues: frozenset[str]
    activities: dict[str, list[tuple[tuple[str, ...], str]]]
    audiences: dict[str, list[tuple[str, ...]]]
    cues: frozenset[str]
    roles: dict[str, list[tuple[str, ...]]]
    organises: frozenset[str]


@lru_cache(maxsize=4)
def lexicon(language: str) -> Lexicon:
    data = lexicon_data()
    activities: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    for kind, by_language in data["activities"].items():
        for phrase in by_language[language]:
            parts = tuple(word.text for word in words(phrase))
            activities[parts[0]].append((parts, kind))
    audiences: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for phrase in data["audiences"][language]:
        parts = tuple(word.text for word in words(phrase))
        audiences[parts[0]].append(parts)
    return Lexicon(
        frozenset(fold(word) for word in data["heads"][language]),
        frozenset(fold(word) for word in data["offices"][language]),
        frozenset(fold(word) for word in data["venues"][language]),
        activities, audiences, frozenset(fold(cue) for cue in data["for_whom"][language]),
        {role: [tuple(text for text in fold(phrase).split() if text not in CONTRACTED) for phrase in by[language]] for role, by in data["roles"].items()},
        frozenset(fold(verb) for verb in data["organises"][language]),
    )  # fmt: skip


def countries_of(text: str, cut: list[Word], language: str) -> list[str]:
    """The countries that a text names, itself or by their towns, the one it names most first (ISO 3166)."""
    counted: dict[str, int] = defaultdict(int)
    known = world()
    for at, word in enumerate(cut[:5000]):
        if not word.is_mark and (found := known.look(text, cut, at)) and found[2] == "place":
            code = found[3] if len(found[3]) == 2 else _town_countries().get(found[3], "")
            if code and (language == "ar" or text[word.start].isupper()):
                counted[code.upper()] += 2 if len(found[3]) == 2 else 1
    return sorted(counted, key=lambda code: -counted[code])


@lru_cache(maxsize=1)
def _town_countries() -> dict[str, str]:
    with (_FOLDER / "cities.tsv").open(encoding="utf-8") as file:
        rows = [row for row in csv.reader(file, delimiter="\t") if not row[0].startswith("#")]
    return {fold(name): code for code, name, _arabic in rows}
