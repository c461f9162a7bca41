"""One text in several languages: the value, its model field, and the constraint behind it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from tansiq.core.language import direction


class Text(str):
    """A text as it was found for a reader: `language` is the language it is in, not the one that was asked.

    A `str`, because a template turns what it shows into one before it asks for `__html__`; used as a text it is plain.
    """

    language: str
    is_fallback: bool

    def __new__(cls, value: str, language: str, is_fallback: bool) -> Text:
        text = super().__new__(cls, value)
        text.language, text.is_fallback = language, is_fallback
        return text

    @property
    def value(self) -> str:
        return str(self)

    @property
    def direction(self) -> str:
        return direction(self.language)

    def __html__(self) -> str:
        if self.is_fallback and self.value:
            return format_html('<span lang="{}" dir="{}">{}</span>', self.language, self.direction, self.value)
        return format_html("{}", self.value)


class Localized(dict[str, str]):
    """Texts by language code: {"ar": "...", "fr": "..."}. In a template it shows itself in the reader's language.

    Where that language is missing the answer is the first of the site's languages that has a text, then the reference
    language of the record that it was read with, then any other; in HTML it is then wrapped with its own `lang` and
    `dir`, so that the page can say so.
    """

    reference = ""

    def text(self, language: str | None = None) -> Text:
        asked = language or get_language() or settings.LANGUAGE_CODE
        if self.get(asked):
            return Text(self[asked], asked, False)
        for code in [*(code for code, _name in settings.LANGUAGES), self.reference, *sorted(self)]:
            if self.get(code):
                return Text(self[code], code, True)
        return Text("", asked, False)

    @property
    def plain(self) -> str:
        """The text in the reader's language without markup, for attributes and files."""
        return self.text().value

    @property
    def shown(self) -> Text:
        return self.text()

    def __str__(self) -> str:
        return self.text()

    def __html__(self) -> str:
        return self.text().__html__()

    def __bool__(self) -> bool:
        return any(self.values())


class LocalizedTextField(models.JSONField):
    """JSON by language. Give the constraint of `has_reference_text` beside it where a text is required."""

    def __init__(self, *args: Any, multiline: bool = False, **kwargs: Any) -> None:
        self.multiline = multiline  # of the form only: no part of a migration
        kwargs.setdefault("default", Localized)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Localized:
        loaded = super().from_db_value(value, expression, connection)
        return Localized(loaded or {})

    def to_python(self, value: Any) -> Localized:
        return value if isinstance(value, Localized) else Localized(super().to_python(value) or {})

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(dict(sorted((value or {}).items())))

    def clean(self, value: Any, model_instance: Any) -> Localized:
        # JSONField refuses {} as blank only by `empty_values`; a missing text is the form's to say.
        if not self.blank and not Localized(value or {}):
            raise ValidationError(_("Write the text in at least one language."))
        return Localized(value or {})

    def save_form_data(self, instance: Any, data: Any) -> None:
        """A form holds the site's languages; a text in another language stays as it was."""
        offered = {code for code, _name in settings.LANGUAGES}
        before = getattr(instance, self.attname) or {}
        others = {code: text for code, text in before.items() if code not in offered}
        setattr(instance, self.attname, Localized({**others, **(data or {})}))

    def formfield(self, **kwargs: Any) -> Any:
        kwargs.pop("encoder", None)
        kwargs.pop("decoder", None)
        return models.Field.formfield(self, **{"form_class": LocalizedFormField, "multiline": self.multiline, **kwargs})


class LocalizedWidget(forms.MultiWidget):
    """One input per language of the site, each with its own direction and its language's name as label."""

    template_name = "core/localized_widget.html"

    def __init__(self, multiline: bool = False, attrs: dict | None = None) -> None:
        inner = forms.Textarea if multiline else forms.TextInput
        self.languages = list(settings.LANGUAGES)
        widgets: dict[str, Any] = {
            code: inner(
                attrs={"lang": code, "dir": direction(code), "aria-label": name, **({"rows": 3} if multiline else {})}
            )
            for code, name in self.languages
        }
        super().__init__(widgets, attrs)

    def decompress(self, value: Any) -> list[str]:
        return [(value or {}).get(code, "") for code, _name in self.languages]

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        for (code, language_name), widget in zip(self.languages, context["widget"]["subwidgets"], strict=True):
            widget["language"] = language_name
            widget["code"] = code
        return context


class LocalizedFormField(forms.MultiValueField):
    """Gives a `Localized` of the site's languages; the model field keeps the others."""

    def __init__(self, *, multiline: bool = False, **kwargs: Any) -> None:
        self.codes = [code for code, _name in settings.LANGUAGES]
        kwargs.pop("max_length", None)
        kwargs["require_all_fields"] = False
        fields = [forms.CharField(required=False) for _code in self.codes]
        super().__init__(fields=fields, widget=LocalizedWidget(multiline), **kwargs)

    def compress(self, values: list[str]) -> Localized:
        texts = zip(self.codes, values or [], strict=False)
        return Localized({code: text.strip() for code, text in texts if text and text.strip()})


class HasText(models.Func):
    """SQL: is there a text under the key that another column names? Works in a CHECK on SQLite and PostgreSQL."""

    output_field = models.BooleanField()
    conditional = True

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self._compile(compiler, "COALESCE(json_extract({text}, '$.\"' || {language} || '\"'), '') <> ''")

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list]:
        return self._compile(compiler, "COALESCE({text} ->> {language}, '') <> ''")

    def _compile(self, compiler: Any, template: str) -> tuple[str, list]:
        # Columns in a CHECK have no parameters; the values that a form is validated with have.
        (text, one), (language, other) = (compiler.compile(expression) for expression in self.source_expressions)
        return "(" + template.format(text=text, language=language) + ")", [*one, *other]


def has_reference_text(field: str, name: str) -> models.CheckConstraint:
    """The constraint that `field` holds at least the text of the row's `reference_language`."""
    return models.CheckConstraint(
        condition=models.Q(HasText(field, "reference_language")),
        name=name,
        violation_error_message=_("Write the text at least in the record's reference language."),
    )
