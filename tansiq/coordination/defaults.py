"""What every country starts from: functions, task models, letters, the glossary; the data stand in `defaults.yaml`."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import yaml


@functools.cache
def defaults() -> dict[str, Any]:
    """The sections by name, in the shape of a country pack; not to be changed."""
    return yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
