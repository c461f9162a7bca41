"""Which country pack this installation runs on, found before Django starts: languages and time zone come from it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import yaml
from babel import Locale, UnknownLocaleError

# Everything stays text: a 30 February among the holidays is no matter of the head.
TEXT = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
SHIPPED = Path(__file__).resolve().parent.parent / "packs"


def find(name: str, data_folder: Path) -> Path:
    """The file of a pack: a path, the name of a shipped one ("ma"), or the one installed in the data folder."""
    installed = data_folder / "pack.yaml"
    if not name and installed.exists():
        return installed
    path = Path(name or "ma")
    for candidate in (path, SHIPPED / f"{path}.yaml"):
        if candidate.is_file():
            return candidate
    known = ", ".join(sorted(file.stem for file in SHIPPED.glob("*.yaml")))
    raise SystemExit(f"TANSIQ_PACK: there is no pack “{name}”. Give a file, or one of: {known}.")


def read_head(path: Path) -> dict[str, Any]:
    """`languages`, `time_zone` and `code` of the pack, checked as far as the settings need them."""
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=TEXT)  # noqa: S506  (it builds nothing)
        languages = [
            (str(item["code"]), str(item.get("locale", item["code"])).replace("-", "_"), str(item["name"]))
            for item in data["languages"]
        ]
        if not languages:
            raise KeyError("languages")
        for code, locale, _name in languages:
            try:
                Locale.parse(locale)
            except (UnknownLocaleError, ValueError):
                raise KeyError(f"languages: {code}: “{locale}” is no locale of CLDR; write ar_MA or another") from None
        if data["time_zone"] not in available_timezones():
            raise KeyError(
                f"time_zone: “{data['time_zone']}” is not in the IANA list; write Africa/Casablanca or another"
            )
        return {"code": data["code"], "time_zone": data["time_zone"], "languages": languages, "path": str(path)}
    except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
        why = error.args[0] if isinstance(error, KeyError) else error
        print(f"TANSIQ_PACK: {os.fspath(path)} is not a pack (code, time_zone, languages): {why}", file=sys.stderr)
        raise SystemExit(2) from None
