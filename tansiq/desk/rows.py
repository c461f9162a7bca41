"""Lists inside a record's form: for each entry one group of inputs, made from the shape that a programme file has.

Who takes part, the agenda, the parts of organisations and the like are lists of small objects. Django's formsets do
the work; the JSON Schema of the file's section says which inputs an entry has, and checks what was typed.
"""

from __future__ import annotations

import json
from operator import itemgetter
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from jsonschema import Draft202012Validator

from tansiq.coordination.models import Function
from tansiq.core import shapes
from tansiq.core.dates import PartialDate
from tansiq.core.exchange import CLAIMED, DATE, TEXT, drop_empty, plain
from tansiq.core.localized import LocalizedFormField
from tansiq.core.models import Source
from tansiq.people.models import Organisation, Region
from tansiq.programme.models import NumberPrecision, Role

MOST = 500
NAMES = {
    "who": pgettext_lazy("an audience", "Who"), "number": _("Number"), "precision": _("Precision"), "role": _("Role"), "method": _("Counted how"),
    "organisation": _("Organisation"), "source": _("Source"), "words": _("In the words of the text"), "text": _("Text"),
    "time": _("From"), "end_time": _("Until"), "title": _("Title"), "when": _("When"), "where__name": _("Venue"),
    "where__locality": _("Town"), "where__region": _("Region"), "where__country": _("Country"), "country": _("Country"),
    "percent": _("Per cent"), "kind": _("Kind"), "date": _("Date"), "of": _("Of which field"), "value": _("Value"),
    "id": _("Identifier"), "days": _("Days before"), "owner": _("Owner"), "after": _("After"), "evidence": _("Evidence"),
    "minutes": _("Minutes"), "where": _("Where"), "speaker": _("Speaker (office, not a name)"), "language": _("Language"),
    "plan_b": _("Plan B"), "telephone": _("Telephone"), "reading": _("Reading"), "network": _("Network"), "handle": _("Name there"),
    "name": _("Name"), "office": _("Function"), "organisation_name": _("Organisation"), "paper": _("Paper (kind and number)"), "vehicle": _("Vehicle"),
    "region": _("Region"), "profession": _("Profession"), "administration": _("Administration"), "certificate__minutes": _("Minutes of presence"),
    "certificate__score": _("Per cent in the test after"), "certificate__approval": _("The secretariat agrees to each"),
    "certificate__valid_months": _("Valid for months"), "joining__url": _("Address of the meeting"), "joining__platform": _("System"),
    "joining__host": _("Host (office, not a name)"), "joining__backup_host": _("Second host (office)"),
    "joining__telephone": _("Telephone, if the connection fails"), "joining__rehearsal": _("Rehearsal"),
    "joining__channels": _("Interpretation"), "joining__recording": _("Recording"), "joining__notes": _("Notes"),
}  # fmt: skip
# What the words of the lists mean to people; a word without an entry stands as it is.
WORDS: dict[str, Any] = {
    **dict(Role.choices), **dict(NumberPrecision.choices),
    "audience": _("audience"), "guest": _("guest"), "participant": _("participant"), "chair": _("chair"),
    "trainer": _("leads it"), "reached": _("people reached"), "counted": _("counted"),
    "estimated": _("estimated"), "announced": _("as announced"),
}  # fmt: skip


# --- the inputs of one entry ----------------------------------------------------------------------------------------


class DateText(forms.CharField):
    """A partial date as text; gives the value that a file holds, None where it is empty."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            return PartialDate.parse(value).edtf
        return value

    def to_python(self, value: Any) -> Any:
        if not (value or "").strip():
            return None
        try:
            return plain(PartialDate.parse(value.strip()).to_data())
        except ValueError as error:
            raise ValidationError(str(error)) from error


class ClaimedValue(forms.CharField):
    """Whatever a source says: a number, a date, a term as 2019/2022, words, or an object as JSON."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict) and set(value) == {"from", "to"}:
            return f"{value['from']}/{value['to']}"
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) if value is not None else ""

    def to_python(self, value: Any) -> Any:
        text = (value or "").strip()
        start, slash, end = text.partition("/")
        if slash and start[:4].isdigit() and end[:4].isdigit():
            return {"from": _number(start), "to": _number(end)}
        if text.startswith("{"):
            try:
                return json.loads(text)
            except ValueError as error:
                raise ValidationError(
                    _("This looks like JSON and is none. Correct it, or write plain words.")
                ) from error
        return _number(text)


class WordsField(forms.CharField):
    """A few words on one line, parted by commas."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [word.strip() for word in (value or "").replace("،", ",").split(",") if word.strip()] or None


def _number(text: str) -> Any:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else text


def _input(name: str, shape: dict[str, Any], required: bool) -> forms.Field:
    common: dict[str, Any] = {"label": NAMES.get(name, name), "required": required}
    if shape.get("title") == "hidden":
        return forms.CharField(widget=forms.HiddenInput, required=False)
    if shape is TEXT:
        return LocalizedFormField(**common)
    if name in ("source", "organisation", "owner", "where__region", "region", "administration"):
        return forms.ChoiceField(**common)  # its choices come from the records, when the form is drawn
    if "enum" in shape:
        choices = [(word, WORDS.get(word, word)) for word in shape["enum"]]
        return forms.ChoiceField(choices=[("", "—"), *choices], **common)
    if shape is DATE:
        return DateText(help_text=_("2020-07-27, 2018-07, 2019 or 2020-07-27/2020-07-29."), **common)
    if shape is CLAIMED:
        return ClaimedValue(**common)
    if shape.get("type") == "array":
        return WordsField(help_text=_("Several are parted by commas."), **common)
    if shape.get("type") == "integer":
        return forms.IntegerField(min_value=shape.get("minimum"), **common)
    if shape.get("type") == "number":
        return forms.FloatField(min_value=0, max_value=shape.get("maximum"), **common)
    if shape.get("type") == "boolean":
        return forms.BooleanField(**{**common, "required": False})
    return forms.CharField(widget=forms.TextInput(attrs={"dir": "auto"}), **common)


def inputs(shape: dict[str, Any], before: str = "") -> dict[str, forms.Field]:
    found: dict[str, forms.Field] = {}
    for key, inner in shape["properties"].items():
        name = f"{before}{key}"
        if inner is not TEXT and inner is not DATE and inner.get("type") == "object":
            found |= inputs(inner, f"{name}__")
        else:
            found[name] = _input(name, inner, required=not before and key in shape.get("required", ()))
    return found


class EntryForm(forms.Form):
    """One entry. `kept` carries what these inputs cannot show: texts in languages that the site does not offer."""

    kept = forms.JSONField(required=False, widget=forms.HiddenInput)

    def entry(self) -> dict[str, Any]:
        kept = self.cleaned_data.get("kept")
        result: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            if name in ("kept", "ORDER", "DELETE"):
                continue
            *way, last = name.split("__")
            inner = result
            for part in way:
                inner = inner.setdefault(part, {})
            if isinstance(self.fields[name], LocalizedFormField):
                others = kept.get(name) if isinstance(kept, dict) else None
                value = {**(others if isinstance(others, dict) else {}), **value}
            inner[last] = value if value is not False else None
        return drop_empty({key: drop_empty(v) if isinstance(v, dict) else v for key, v in result.items()})


def _flat(entry: dict[str, Any], fields: dict[str, forms.Field]) -> dict[str, Any]:
    """The initial values of an entry's inputs, and in `kept` the texts that no input shows."""
    initial: dict[str, Any] = {}
    kept: dict[str, Any] = {}
    for name, field in fields.items():
        value: Any = entry
        for part in name.split("__"):
            value = value.get(part) if isinstance(value, dict) else None
        if value is None:
            continue
        initial[name] = value
        if isinstance(field, LocalizedFormField):
            others = {code: text for code, text in value.items() if code not in field.codes}
            if others:
                kept[name] = others
    return {**initial, "kept": kept} if kept else initial


# --- the list -------------------------------------------------------------------------------------------------------


class RowsWidget(forms.Widget):
    template_name = "desk/rows.html"

    class Media:
        js = ("desk/rows.js",)

    def __init__(self, rows: RowsField) -> None:
        super().__init__()
        self.rows = rows

    def __deepcopy__(self, memo: Any) -> RowsWidget:
        return RowsWidget(self.rows)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return self.rows.formset(data, prefix=name)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-TOTAL_FORMS" not in data

    def id_for_label(self, id_: str | None) -> str:
        return ""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        formset = value if isinstance(value, BaseFormSet) else self.rows.formset(prefix=name, entries=value or [])
        return {**super().get_context(name, None, attrs), "formset": formset}


class RowsField(forms.Field):
    """A list of entries of one shape; `clean` gives the list as a programme file holds it.

    shape    JSON Schema of one entry, an object; a bare text by language where `single` is True
    choices  field name -> choices, set by the form that knows the record
    """

    def __init__(self, shape: dict[str, Any], **kwargs: Any) -> None:
        self.single = shape is TEXT
        self.shape = {"properties": {"text": TEXT}, "required": ["text"], "type": "object"} if self.single else shape
        self.choices: dict[str, list[tuple[str, Any]]] = {}
        self.validator = Draft202012Validator(self.shape)
        self.form_class: Any = type("OneEntry", (EntryForm,), inputs(self.shape))
        self.formset_class: Any = formset_factory(
            self.form_class, extra=1, can_order=True, can_delete=True, max_num=MOST, absolute_max=MOST
        )
        super().__init__(required=False, **kwargs)
        self.widget = RowsWidget(self)

    def __deepcopy__(self, memo: Any) -> RowsField:
        copied = super().__deepcopy__(memo)
        copied.choices = dict(self.choices)
        copied.widget = RowsWidget(copied)
        return copied

    def formset(self, data: Any = None, *, prefix: str, entries: list[Any] = ()) -> Any:  # type: ignore[assignment]
        if data is not None and f"{prefix}-TOTAL_FORMS" not in data:
            data = {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
        listed = [{"text": entry} for entry in entries] if self.single else entries
        initial = [_flat(entry, self.form_class.base_fields) for entry in listed]
        made = self.formset_class(data, prefix=prefix, initial=initial)
        made.blank = made.empty_form
        for form in (*made.forms, made.blank):
            self._choose(form)
        return made

    def _choose(self, form: Any) -> None:
        for name, choices in self.choices.items():
            if name in form.fields:
                form.fields[name].choices = [("", "—"), *choices]

    def clean(self, value: Any) -> list[Any]:
        if not isinstance(value, BaseFormSet):
            return value or []
        if not value.is_valid():
            raise ValidationError(_("Something in this list does not fit. Look at the lines in red."))
        # A form that nobody touched is not an entry; ordered_forms leaves those and the deleted ones out.
        entries = [form.entry() for form in value.ordered_forms if form.has_changed() or form.entry()]
        faults = []
        for number, entry in enumerate(entries, start=1):
            for outer in self.validator.iter_errors(entry):
                for fault in (one for error in shapes.nearest_errors(outer) for one in shapes.explain(error)):
                    where = NAMES.get(fault.path.replace(".", "__"), fault.path)
                    message = _("Entry %(number)s, %(where)s: %(why)s")
                    faults.append(message % {"number": number, "where": where, "why": fault.message})
        if faults:
            raise ValidationError(faults)
        return [entry["text"] for entry in entries] if self.single else entries

    def has_changed(self, initial: Any, data: Any) -> bool:
        return not isinstance(data, BaseFormSet) or not data.is_valid() or self.clean(data) != plain(initial or [])


class LinesField(forms.Field):
    """A list of plain words, one on each line."""

    widget = forms.Textarea

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **{"help_text": _("One on each line."), **kwargs})
        self.widget.attrs |= {"rows": 3, "dir": "auto"}

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        if isinstance(value, list):
            return value
        return [line.strip() for line in (value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(data) != (initial or [])


def choices_of(programme: Any) -> dict[str, list[tuple[str, Any]]]:
    """What `source`, `organisation`, `owner` and `region` may be in the lists of one programme's records: four queries."""
    organisations = sorted(((row.slug, str(row)) for row in Organisation.objects.all()), key=itemgetter(1))
    regions = [(row.code, str(row)) for row in Region.objects.all()]
    sources = Source.objects.filter(scope=f"programme:{programme.slug}") if programme else []
    return {
        "source": [(row.key, str(row) or row.key) for row in sources],
        "organisation": organisations,
        "owner": [(row.slug, str(row)) for row in Function.objects.all()],
        "where__region": regions,
        "region": regions,
        "administration": organisations,
    }
