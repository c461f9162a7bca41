"""Filters of the public pages. Markup stays in templates; these give words, never tags (icons apart)."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from babel import Locale
from babel.numbers import format_decimal
from babel.units import format_unit
from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from tansiq.core import dates, language
from tansiq.core.dates import PartialDate
from tansiq.core.localized import Localized

register = template.Library()

# One stroke drawing per kind of activity, 24 x 24; the word always stands beside it.
ICONS = {
    "ceremony": "M4 21V9l8-5 8 5v12M9 21v-6h6v6",
    "launch": "M5 4l14 8-14 8z",
    "joining": "M12 20s-7-4.6-7-9.6A4 4 0 0 1 12 8a4 4 0 0 1 7 2.4C19 15.400 12 20 12 20z",
    "training": "M3 9l9-4 9 4-9 4-9-4zM7 11v5c3 2 7 2 10 0v-5",
    "seminar": "M3 5h18v11H3zM8 20h8M12 16v4",
    "visit": "M12 21s-6-6-6-11a6 6 0 0 1 12 0c0 5-6 11-6 11zM12 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
    "exhibition": "M4 5h16v12H4zM7 14l3-4 3 3 2-2 2 3",
    "illumination": "M12 3v3M5 6l2 2M19 6l-2 2M9 14a4 4 0 1 1 6 0c-1 1-1 2-1 3h-4c0-1 0-2-1-3zM10 20h4",
    "walk": "M13 4a1 1 0 1 0 0-.1M9 21l3-6-2-3 1-5 4 3h3M12 15l3 6",
    "caravan": "M3 7h11v9H3zM14 10h4l3 3v3h-7M7 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM17 19a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
    "broadcast": "M12 13a1 1 0 1 0 0-2 1 1 0 0 0 0 2zM8 16a6 6 0 0 1 0-8M16 8a6 6 0 0 1 0 8M5 19a10 10 0 0 1 0-14M19 5a10 10 0 0 1 0 14",
    "meeting": "M4 10h16M6 10v8M18 10v8M8 6h8",
    "other": "M12 5v14M5 12h14",
}  # fmt: skip


@register.simple_tag
def icon(kind: str) -> SafeString:
    path = ICONS.get(kind, ICONS["other"])
    return format_html('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="{}"/></svg>', path)


@register.filter
def written(date: PartialDate) -> str:
    return dates.write(date)


@register.filter
def without_weekday(date: PartialDate) -> str:
    return dates.write(date, weekday=False)


@register.filter
def weekday(date: PartialDate) -> str:
    return dates.weekday_name(date.first_day) if date.is_day and date.first_day else ""


@register.filter
def month(date: PartialDate) -> str:
    return dates.month_and_year(date.first_day) if date.first_day else ""


@register.filter
def clock(value: Any) -> str:
    return value.strftime("%H:%M") if value else ""


@register.filter
def dated(value: Any) -> str:
    """A date that lies in a JSON list ("2020-07-27", {"from": ..., "to": ...}) in words."""
    return dates.write(PartialDate.parse(value))


@register.filter
def localized(value: Any) -> Any:
    """A text by language that lies in a JSON list, as a value that shows itself in the reader's language."""
    return Localized(value) if isinstance(value, dict) else value


@register.filter
def get(mapping: dict[Any, Any], key: Any) -> Any:
    return mapping.get(key, "")


@register.filter
def counted(number: int, noun: str) -> str:
    return language.count(int(number), noun, dates.locale_of())


@register.filter
def joined(items: Any) -> Any:
    return language.join(list(items), get_language() or "en")


@register.filter
def how_many(item: dict[str, Any]) -> str:
    """The number of an audience as it was stated: "about 100"; nothing when it was not."""
    number, precision = item.get("number"), item.get("precision", "exact")
    if number is None or (number == 1 and precision == "exact"):  # "1 the Minister" is no sentence
        return ""
    return language.number_with_precision(number, precision, dates.locale_of())


@register.filter
def how_many_of(record: Any) -> str:
    return how_many({"number": record.number, "precision": record.number_precision})


@register.filter
def amount(project: Any) -> str:
    return language.money_short(project.amount, project.currency, dates.locale_of())


@register.filter
def amount_in_full(project: Any) -> str:
    """The figure with all its digits, where the short form is another one."""
    full = language.money(project.amount, project.currency, dates.locale_of())
    return "" if full == amount(project) else full


@register.filter
def percent(value: Any) -> str:
    return language.percent(value, dates.locale_of())


@register.filter
def language_names(codes: list[str]) -> list[str]:
    """Languages by their names in the reader's language; a code that CLDR does not know stays a code."""
    names = Locale.parse(dates.locale_of()).languages
    return [names.get(code.replace("-", "_"), code) for code in codes]


@register.filter
def language_name(code: str) -> str:
    return language_names([code])[0]


@register.filter
def sites_written(visit: Any) -> str:
    return how_many({"number": visit.sites_number, "precision": visit.sites_precision}) or _("not stated")


@register.filter
def country(code: str) -> str:
    return language.country(code, dates.locale_of())


@register.filter
def claimed(claim: Any) -> str:
    """A claim's value in words: dates and durations as such, a term as a range, an amount, a country by its name."""
    value = claim.value
    if isinstance(value, dict) and set(value) == {"from", "to"}:
        return _date(value, weekday=False) or f"{value['from']} – {value['to']}"
    if isinstance(value, dict) and set(value) == {"value", "currency"}:
        return language.money_short(Decimal(str(value["value"])), value["currency"], dates.locale_of())
    if isinstance(value, dict):
        return str(Localized(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return format_decimal(value, locale=dates.locale_of())
    if claim.of in ("when", "period", "decided", "signed"):
        return _date(value) or value
    if claim.of == "country":
        return country(value)
    return (_duration(value) if value.startswith("P") else "") or value


def _date(value: Any, *, weekday: bool = True) -> str:
    """A date in words, "" where it is none."""
    try:
        return dates.write(PartialDate.parse(value), weekday=weekday)
    except ValueError:
        return ""


_UNITS = {"Y": "year", "M": "month", "W": "week", "D": "day", "TH": "hour", "TM": "minute"}


def _duration(value: str) -> str:
    """ISO 8601 "P3Y", "P18M", "PT3H" in words; "" for anything else."""
    found = re.fullmatch(r"P(T?)(\d{1,4})([YMWDH])", value)
    unit = _UNITS.get(found[1] + found[3]) if found else None
    if not found or not unit:
        return ""
    # Babel has no way to say three years that are not a time span: its unit patterns do.
    return format_unit(int(found[2]), f"duration-{unit}", locale=dates.locale_of())


@register.filter
def telephone(number: str) -> str:
    """For a tel: link: digits and plus only."""
    return "".join(character for character in number if character.isdigit() or character == "+")


_STATUS = {"cancelled": "EventCancelled", "postponed": "EventPostponed", "moved": "EventRescheduled"}
_ATTENDANCE = {"remote": "Online", "hybrid": "Mixed", "in_person": "Offline"}


def _event(activity: Any, code: str) -> dict[str, Any]:
    """schema.org Event of one dated activity; what is not stated is left out."""
    data: dict[str, Any] = {
        "@type": "Event",
        "@id": f"{settings.TANSIQ_SITE_URL}/{code}/activities/{activity.slug}/",
        "url": f"{settings.TANSIQ_SITE_URL}/{code}/activities/{activity.slug}/",
        "name": activity.title.plain,
        "inLanguage": activity.title.shown.language,
        "startDate": activity.when.first_day.isoformat(),
        "endDate": activity.when.last_day.isoformat(),
        "eventStatus": f"https://schema.org/{_STATUS.get(activity.state, 'EventScheduled')}",
    }
    if activity.starts_at_time:
        data["startDate"] += f"T{activity.starts_at_time:%H:%M}"
    if activity.mode:
        data["eventAttendanceMode"] = f"https://schema.org/{_ATTENDANCE[activity.mode]}EventAttendanceMode"
    if activity.place and str(activity.place):
        address = {"@type": "PostalAddress", "addressLocality": activity.place.locality.plain, "addressCountry": activity.place.country}  # fmt: skip
        data["location"] = {"@type": "Place", "name": str(activity.place), "address": address}
    return data


@register.simple_tag(takes_context=True)
def event_data(context: Any) -> SafeString:
    """JSON-LD for a programme page or an activity page: data in a script element that no browser executes."""
    code = context["language"]
    if "activity" in context:
        activity = context["activity"]
        data = _event(activity, code) if activity.is_dated else None
    else:
        programme = context["programme"]
        data = {
            "@type": "Event",
            "url": f"{settings.TANSIQ_SITE_URL}/{code}/programmes/{programme.slug}/",
            "name": programme.title.plain,
            "inLanguage": programme.title.shown.language,
            "subEvent": [_event(one, code) for one in context["activities"] if one.is_dated],
        }
        if programme.period.is_known:
            data |= {
                "startDate": programme.period.first_day.isoformat(),
                "endDate": programme.period.last_day.isoformat(),
            }
        data["organizer"] = [
            {"@type": "Organization", "name": organisation.name.plain}
            for part in context.get("parts", [])
            if part.role == "organiser"
            for organisation in part.organisations
        ]
    if data is None:
        return mark_safe("")
    text = json.dumps({"@context": "https://schema.org", **data}, ensure_ascii=False)
    for character, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(character, escaped)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308  (escaped above)
