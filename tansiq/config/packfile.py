"""Which country pack this installation runs on, found before Django starts: languages and time zone come from it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

SAFE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
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
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=SAFE)  # noqa: S506  (a safe loader, the C one where there is one)
        languages = [
            (str(item["code"]), str(item.get("locale", item["code"])), str(item["name"])) for item in data["languages"]
        ]
        if not languages:
            raise KeyError("languages")
        return {"code": data["code"], "time_zone": data["time_zone"], "languages": languages, "path": str(path)}
    except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise SystemExit(
            f"TANSIQ_PACK: {os.fspath(path)} is not a pack (code, time_zone, languages): {error}"
        ) from None
