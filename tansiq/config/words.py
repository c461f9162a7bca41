"""The interface's words in a site language that has no catalogue of ours: English, all of them.

Django and Wagtail know some of our words in many languages. Left alone, a Spanish site would say "Programmes, About,
Búsqueda". A catalogue in which each of our messages is its own translation stands before theirs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings

OURS = settings.BASE / "locale"
# Any of ours: the source strings are English.
ANY = OURS / "fr" / "LC_MESSAGES" / "django.po"


def prepare() -> list[str]:
    """Write the catalogues of `settings.LANGUAGES` that are missing or old; they hold from the next start."""
    made = []
    for code, _name in settings.LANGUAGES:
        language = code.split("-")[0]
        target = _folder(code) / "django.mo"
        if language == "en" or (OURS / language).is_dir():
            continue
        if not target.exists() or target.stat().st_mtime < ANY.stat().st_mtime:
            _write(settings.TANSIQ_LOCALES[code], target)
            made.append(code)
    return made


def _folder(code: str) -> Path:
    language, _dash, territory = code.partition("-")
    name = f"{language}_{territory.upper()}" if territory else language
    return settings.TANSIQ_DATA / "locale" / name / "LC_MESSAGES"


def _write(locale: str, target: Path) -> None:
    with ANY.open("rb") as file:
        messages = read_po(file)
    catalogue = Catalog(locale=locale)
    for message in messages:
        if not message.id:
            continue
        if message.pluralizable:
            text: Any = (message.id[0], *[message.id[1]] * (catalogue.num_plurals - 1))
        else:
            text = message.id
        catalogue.add(message.id, text, context=message.context)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        write_mo(file, catalogue)
