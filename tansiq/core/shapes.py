"""What does not fit a JSON Schema, in sentences for the person who wrote it and in their language."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from tansiq.core.exchange import nearest


@dataclass(frozen=True)
class Fault:
    """path  which value: "activities[1].when.date"; empty for the whole;  message  what is wrong and how to mend it"""

    path: str
    message: str


def nearest_errors(error: Any) -> list[Any]:
    """Of "fits none of these" the errors of the alternative whose type fits: they say more."""
    if error.schema.get("title") == "claimed value":
        return [error]
    inner = [one for one in error.context if one.validator != "type"] if error.validator == "anyOf" else []
    by_way: dict[Any, list[Any]] = {}
    for one in inner:
        by_way.setdefault(one.schema_path[0], []).append(one)
    inner = min(by_way.values(), key=len, default=[])  # the alternative that it comes nearest to
    return [one for nested in inner for one in nearest_errors(nested)] or [error]


def _path(parts: Any) -> str:
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


def explain(error: Any) -> list[Fault]:
    """What a schema error means to the person who wrote the file, in their language."""
    path = _path(error.absolute_path)
    given = short(error.instance) if error.instance is not None else _("nothing")
    if error.validator == "additionalProperties":
        allowed = sorted(error.schema.get("properties", {}))
        if not allowed:
            return [Fault(path, _("“%(given)s” does not fit here.") % {"given": given})]
        found = []
        for key in error.instance:
            if key in allowed:
                continue
            here = f"{path}.{key}" if path else key
            near = nearest(key, allowed)
            hint = (
                _("Did you mean %(near)s?") % {"near": ", ".join(near)}
                if near
                else _("Known keys: %(known)s.") % {"known": ", ".join(allowed)}
            )
            found.append(Fault(here, _("The key “%(key)s” is not known here.") % {"key": key} + " " + hint))
        return found
    if error.schema.get("title") == "claimed value":
        message = _(
            "This is no value that a source can give. Write words, a number, a date, {from: ..., to: ...}, {value: ..., currency: ...} or a text by language."
        )
        return [Fault(path, message)]
    messages: dict[str, Callable[[], str]] = {
        "required": lambda: _("“%(key)s” is missing. Add it.") % {"key": error.message.split("'")[1]},
        "enum": lambda: _("“%(given)s” is not allowed here. Choose one of: %(known)s.") % {"given": given, "known": ", ".join(str(one) for one in error.validator_value)},
        "const": lambda: _("“%(given)s” is not a format that this version reads. Write %(known)s.") % {"given": given, "known": error.validator_value},
        "type": lambda: _("“%(given)s” has the wrong type. Expected: %(known)s.") % {"given": given, "known": _type_names(error)},
        "pattern": lambda: _("The text is empty. Write it, or leave the key out.") if error.validator_value == "\\S" else _("“%(given)s” is not written as it must be. %(hint)s") % {"given": given, "hint": _pattern_hint(error.validator_value)},
        "minimum": lambda: _("%(given)s is below %(least)s.") % {"given": given, "least": error.validator_value},
        "exclusiveMinimum": lambda: _("%(given)s must be above %(least)s.") % {"given": given, "least": error.validator_value},
        "maximum": lambda: _("%(given)s is above %(most)s.") % {"given": given, "most": error.validator_value},
        "maxLength": lambda: _("“%(given)s” is longer than %(most)s characters.") % {"given": given, "most": error.validator_value},
        "minLength": lambda: _("The text is empty. Write it, or leave the key out."),
        "minProperties": lambda: _("Write the text in at least one language, for example {ar: …}."),
        "minItems": lambda: _("There are %(count)s of them; at least %(least)s are needed.") % {"count": len(error.instance), "least": error.validator_value} if error.instance else _("The list is empty."),
    }  # fmt: skip
    message = messages.get(error.validator, lambda: _("“%(given)s” does not fit here.") % {"given": given})()
    return [Fault(path, message)]


def short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "…"


def _type_names(error: Any) -> str:
    if error.schema.get("title") == "text by language":
        return _("a text by language, such as {ar: …, fr: …}")
    if error.schema.get("title") == "date":
        return _("a date: 2020-07-27, 2018-07, 2019, {from: ..., to: ...} or unknown")
    names: dict[str, Any] = {
        "string": _("a text"), "integer": _("a whole number"), "number": _("a number"), "boolean": _("true or false"),
        "object": _("keys with values"), "array": _("a list"),
    }  # fmt: skip
    kinds = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    return ", ".join(str(names.get(kind, kind)) for kind in kinds)


def _pattern_hint(pattern: str) -> str:
    if pattern.startswith("^[a-z0-9]+(-"):
        return _("Identifiers are small Latin letters, digits and hyphens: world-day-2020.")
    if pattern.startswith("^https?://"):
        return _("Web addresses begin with https://.")
    if pattern == "^[A-Z]{2}$":
        return _("Countries are two capital letters of ISO 3166: MA.")
    if pattern == "^[A-Z]{3}$":
        return _("Currencies are three capital letters of ISO 4217: EUR.")
    if pattern.startswith("^[a-z][a-z0-9"):
        return _("Write small Latin letters, digits and underscores, such as when or reach_estimated.")
    return _("Times are written 09:30.")
