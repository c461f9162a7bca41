"""Dates as people state them: exact, a month, a year, a range, or unknown; and how they are written in a language."""

from __future__ import annotations

import calendar
import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from babel import dates as babel_dates
from django.conf import settings
from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

_PATTERN = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)


def _bounds(text: str) -> tuple[dt.date, dt.date]:
    """First and last day of "2019", "2018-07" or "2020-07-27"; ValueError when there is no such day."""
    if not _PATTERN.fullmatch(text):
        raise ValueError(text)
    year, month, day = ([int(part) for part in text.split("-")] + [0, 0])[:3]
    if day:
        return dt.date(year, month, day), dt.date(year, month, day)
    if month:
        return dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])
    return dt.date(year, 1, 1), dt.date(year, 12, 31)


@dataclass(frozen=True)
class PartialDate:
    """A date known as far as it was stated, as an EDTF level 0 string (ISO 8601-2).

    edtf  "2020-07-27" | "2018-07" | "2019" | "2020-07-27/2020-07-29" | "" (unknown)
    """

    edtf: str = ""

    @classmethod
    def parse(cls, value: Any) -> PartialDate:
        """From a file's value: a date, "2018-07", 2019, {"from": ..., "to": ...}, "unknown" or None.

        Raises ValueError with a sentence that says what was expected.
        """
        if isinstance(value, PartialDate):
            return value
        if value is None or value in ("", "unknown"):
            return cls("")
        if isinstance(value, dict):
            if set(value) != {"from", "to"}:
                raise ValueError(_("A range is written {from: 2020-07-27, to: 2020-07-29}."))
            first, last = cls.parse(value["from"]), cls.parse(value["to"])
            if first.is_range or last.is_range or not first.is_known or not last.is_known:
                raise ValueError(_("Both ends of a range must be dates."))
            if first.first_day > last.last_day:
                raise ValueError(_("The range ends before it begins. Exchange its two dates."))
            return cls(f"{first.edtf}/{last.edtf}")
        text = value.isoformat() if isinstance(value, dt.date) else str(value)
        # An Arabic keyboard types ٢٠٢٠-٠٧-٢٧; what is kept has one form.
        text = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in text)
        if text.count("/") == 1 and not re.match(r"\d{1,2}/", text):
            start, _slash, end = text.partition("/")
            return cls.parse({"from": start, "to": end})
        try:
            _bounds(text)
        except ValueError:
            message = _("“%(value)s” is not a date. Write 2020-07-27, 2018-07, 2019, {from: ..., to: ...} or unknown.")
            raise ValueError(message % {"value": text}) from None
        return cls(text)

    def to_data(self) -> Any:
        """The value as a file holds it; `parse(x.to_data()) == x`."""
        if self.is_range:
            start, end = self.edtf.split("/")
            return {"from": _leaf(start), "to": _leaf(end)}
        return _leaf(self.edtf) if self.edtf else "unknown"

    @property
    def is_known(self) -> bool:
        return bool(self.edtf)

    @property
    def is_range(self) -> bool:
        return "/" in self.edtf

    @property
    def is_days(self) -> bool:
        """One day, or from one day to another: not a month, of which nobody knows the day."""
        return len(self.edtf) in (10, 21)

    @property
    def is_day(self) -> bool:
        return len(self.edtf) == 10

    @property
    def first_day(self) -> Any:
        """The first day that it may be; None when unknown."""
        return _bounds(self.edtf.split("/")[0])[0] if self.edtf else None

    @property
    def last_day(self) -> Any:
        """The last day that it may be; None when unknown."""
        return _bounds(self.edtf.split("/")[-1])[1] if self.edtf else None

    def lies_within(self, other: PartialDate) -> bool:
        """Could this be inside `other`? A date known only to the month may; an unknown one may."""
        if not self.is_known or not other.is_known:
            return True
        return (
            self.first_day <= other.last_day
            and self.last_day >= other.first_day
            and (
                not (self.is_day or self.is_range)
                or (other.first_day <= self.first_day and self.last_day <= other.last_day)
            )
        )

    def __str__(self) -> str:
        return write(self)

    def __bool__(self) -> bool:
        return self.is_known


def _leaf(text: str) -> Any:
    if len(text) == 10:
        return dt.date.fromisoformat(text)
    # 0999 as a number would come back as 999, which is no year.
    return int(text) if len(text) == 4 and text[0] != "0" else text


class PartialDateField(models.CharField):
    """Stores a `PartialDate` as its EDTF string; put `EdgeField`s beside it to sort and to search by."""

    # What the type checker is told about reading and assigning the attribute.
    _pyi_private_get_type: PartialDate  # type: ignore[assignment]
    _pyi_private_set_type: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 21)
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", PartialDate)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> PartialDate:
        return PartialDate(value or "")

    def to_python(self, value: Any) -> PartialDate:
        from django.core.exceptions import ValidationError

        try:
            return PartialDate.parse(value)
        except ValueError as error:
            raise ValidationError(str(error)) from error

    def run_validators(self, value: Any) -> None:
        super().run_validators(PartialDate.parse(value).edtf)

    def get_prep_value(self, value: Any) -> str:
        return value if isinstance(value, str) else PartialDate.parse(value).edtf

    def value_to_string(self, obj: Any) -> str:
        date: Any = self.value_from_object(obj)
        return date.edtf

    def formfield(self, **kwargs: Any) -> Any:
        from django import forms

        class DateText(forms.CharField):
            def prepare_value(self, value: Any) -> Any:
                return value.edtf if isinstance(value, PartialDate) else value

            def to_python(self, value: Any) -> Any:
                try:
                    return PartialDate.parse((value or "").strip())
                except ValueError as error:
                    raise forms.ValidationError(str(error)) from error

            def has_changed(self, initial: Any, data: Any) -> bool:
                return (self.prepare_value(initial) or "") != (data or "").strip()

        return DateText(
            required=False,
            label=kwargs.get("label", self.verbose_name),
            help_text=self.help_text or _("2020-07-27, 2018-07, 2019 or 2020-07-27/2020-07-29; empty when unknown."),
        )


class EdgeField(models.DateField):
    """The first or last day of a `PartialDateField`, kept by the model itself (in `bulk_create` too)."""

    def __init__(self, of: str = "", edge: str = "first", **kwargs: Any) -> None:
        self.of, self.edge = of, edge
        kwargs.update(null=True, blank=True, editable=False, db_index=True)
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "of": self.of, "edge": self.edge}

    def pre_save(self, model_instance: Any, add: bool) -> dt.date | None:
        date = PartialDate.parse(getattr(model_instance, self.of))
        value = date.first_day if self.edge == "first" else date.last_day
        setattr(model_instance, self.attname, value)
        return value


def locale_of(language: str | None = None) -> str:
    """The CLDR locale in which a language's dates are written: "ar" -> "ar_MA" where the pack says so."""
    language = language or translation.get_language() or settings.LANGUAGE_CODE
    return settings.TANSIQ_LOCALES.get(language, language.replace("-", "_"))


def _write_one(edtf: str, language: str, weekday: bool) -> str:
    locale, first = locale_of(language), _bounds(edtf)[0]
    if len(edtf) == 4:
        return edtf
    if len(edtf) == 7:
        return babel_dates.format_skeleton("yMMMM", first, locale=locale)
    # CLDR's "full" form is the one with the weekday; "long" is without.
    return _first(babel_dates.format_date(first, "full" if weekday else "long", locale=locale), first, language)


def _first(text: str, day: dt.date, language: str) -> str:
    """French says "1er août", which CLDR's patterns cannot."""
    return re.sub(r"(?<!\d)1(?= )", "1er", text, count=1) if day.day == 1 and language[:2] == "fr" else text


def write(date: PartialDate, language: str | None = None, *, weekday: bool = True) -> str:
    """In words: "الاثنين، 27 يوليوز 2020", "du 27 au 29 juillet 2020", "July 2018", "2019"; "" when unknown."""
    language = language or translation.get_language() or settings.LANGUAGE_CODE
    if not date.is_known:
        return ""
    if not date.is_range:
        return _write_one(date.edtf, language, weekday)
    start, end = date.edtf.split("/")
    if len(start) == len(end) == 4:
        return f"{start}–{end}"
    days = len(start) == len(end) == 10
    if days and language[:2] not in ("ar", "fr", "en"):
        # Our own words are in these three; every other language has CLDR's way to write a range.
        return babel_dates.format_interval(_bounds(start)[0], _bounds(end)[1], "yMMMMd", locale=locale_of(language))
    if days and start[:7] == end[:7]:
        first = _first(f"{int(start[8:])} ", _bounds(start)[0], language).strip()
    elif days and start[:4] == end[:4]:
        day = _bounds(start)[0]
        first = _first(babel_dates.format_skeleton("MMMMd", day, locale=locale_of(language)), day, language)
    else:
        first = _write_one(start, language, False)
    with translation.override(language):
        if days:
            pattern = pgettext("date range", "%(start)s to %(end)s")
        else:
            pattern = pgettext("range of months", "%(start)s to %(end)s")
        return pattern % {"start": first, "end": _write_one(end, language, False)}


def weekday_name(day: dt.date, language: str | None = None) -> str:
    return babel_dates.format_date(day, "EEEE", locale=locale_of(language))


def month_and_year(day: dt.date, language: str | None = None) -> str:
    return babel_dates.format_skeleton("yMMMM", day, locale=locale_of(language))
