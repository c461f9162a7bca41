"""One text in several languages: fallback that says so, markup that escapes, a constraint behind it, a form before it."""

from __future__ import annotations

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.template import Context, Template
from django.utils import translation
from lxml import html

from tansiq.core.localized import Localized, LocalizedFormField, LocalizedTextField
from tansiq.people.models import Organisation

TITLE = Localized({"ar": "الندوة الوطنية", "fr": "Séminaire national"})


def shown(value) -> str:
    return Template("{{ value }}").render(Context({"value": value}))


def organisation(name: dict, language: str = "ar", slug: str = "jamia") -> Organisation:
    return Organisation(slug=slug, name=Localized(name), reference_language=language)


@pytest.mark.parametrize(
    ("language", "value", "found_in", "is_fallback", "direction"),
    [
        ("ar", "الندوة الوطنية", "ar", False, "rtl"),
        ("fr", "Séminaire national", "fr", False, "ltr"),
        ("en", "الندوة الوطنية", "ar", True, "rtl"),
    ],
)
def test_a_text_is_answered_with_the_language_it_is_in(language, value, found_in, is_fallback, direction):
    text = TITLE.text(language)
    assert (text.value, text.language, text.is_fallback, text.direction) == (value, found_in, is_fallback, direction)


def test_a_missing_language_falls_back_in_the_order_of_the_site_then_to_any_other():
    assert Localized({"zgh": "ⵜⴰⵎⵏⴰⴹⵜ", "en": "Seminar", "fr": "Séminaire"}).text("ar").language == "fr"
    assert Localized({"zgh": "ⵜⴰⵎⵏⴰⴹⵜ"}).text("ar").language == "zgh"
    assert Localized({"ar": "", "en": "Seminar"}).text("ar").language == "en"
    assert Localized().text("ar").value == ""


def test_in_a_page_a_fallback_carries_its_own_language_and_direction():
    with translation.override("en"):
        assert shown(TITLE) == '<span lang="ar" dir="rtl">الندوة الوطنية</span>'
    with translation.override("fr"):
        assert shown(TITLE) == "Séminaire national"
        assert shown(Localized()) == ""


@pytest.mark.parametrize("language", ["ar", "en"])
def test_markup_in_a_text_is_escaped_in_its_own_language_and_as_a_fallback(language):
    evil = Localized({"ar": '<script>alert("ضرر")</script> & <b>'})
    with translation.override(language):
        page = shown(evil)
    assert "&lt;script&gt;alert(&quot;ضرر&quot;)&lt;/script&gt; &amp; &lt;b&gt;" in page
    assert "<script" not in page


def test_a_language_code_in_the_data_cannot_break_out_of_its_attribute():
    with translation.override("ar"):
        page = shown(Localized({'x" onclick="y': "نص"}))
    assert html.fromstring(page).attrib == {"lang": 'x" onclick="y', "dir": "ltr"}


def test_attributes_get_the_text_without_markup():
    with translation.override("en"):
        assert TITLE.plain == str(TITLE) == "الندوة الوطنية"
        assert Template('<p title="{{ value.plain }}">').render(Context({"value": Localized({"ar": '"><b>'})})) == (
            '<p title="&quot;&gt;&lt;b&gt;">'
        )


def test_only_a_text_that_says_something_is_true():
    assert TITLE
    assert not Localized()
    assert not Localized({"ar": ""})


def test_a_text_comes_back_from_the_database_as_it_went_in(db):
    name = {"ar": 'جمعية "أمل" ١٠٠٪', "fr": "Association « Amal »", "zgh": "ⴰⵎⵍ"}
    row = organisation(name)
    row.save()
    read = Organisation.objects.get(pk=row.pk).name
    assert read == name
    assert type(read) is Localized


REFUSED = [{}, {"ar": ""}, {"fr": "Association"}, {"AR": "جمعية"}]


@pytest.mark.parametrize("name", REFUSED)
def test_the_database_refuses_a_row_without_the_text_of_its_reference_language(db, name):
    with pytest.raises(IntegrityError, match="organisation_has_reference_text"), transaction.atomic():
        organisation(name).save()
    assert not Organisation.objects.filter(slug="jamia").exists()


def test_the_database_refuses_it_even_when_django_is_passed_by(db):
    organisation({"ar": "جمعية"}).save()
    with (
        pytest.raises(IntegrityError, match="organisation_has_reference_text"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE people_organisation SET name = %s WHERE slug = 'jamia'", ['{"fr": "Association"}'])
    with pytest.raises(IntegrityError, match="organisation_has_reference_text"), transaction.atomic():
        Organisation.objects.filter(slug="jamia").update(reference_language="fr")
    assert Organisation.objects.get(slug="jamia").name == {"ar": "جمعية"}


@pytest.mark.parametrize("language", ["ar", "zgh", "pt-BR", "a.b", "$"])
def test_the_constraint_looks_under_the_very_key_of_the_reference_language(db, language):
    row = organisation({language: "جمعية أمل"}, language)
    row.save()
    assert Organisation.objects.get(pk=row.pk).name == {language: "جمعية أمل"}


def test_the_constraint_says_in_words_what_is_missing(db):
    with (
        translation.override("en"),
        pytest.raises(ValidationError, match="at least in the record's reference language"),
    ):
        next(one for one in Organisation._meta.constraints if "reference" in one.name).validate(
            Organisation, organisation({"fr": "Association"})
        )


class Titled(forms.Form):
    title = LocalizedFormField(required=True)
    summary = LocalizedFormField(required=False, multiline=True)


def test_a_form_reads_one_input_for_each_language_of_the_site():
    form = Titled(
        {"title_ar": "  ندوة وطنية ", "title_fr": "", "title_en": "National seminar", "summary_fr": "à distance"}
    )
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {
        "title": {"ar": "ندوة وطنية", "en": "National seminar"},
        "summary": {"fr": "à distance"},
    }


def test_a_form_refuses_a_required_text_that_stands_in_no_language():
    form = Titled({"title_ar": "", "title_fr": "", "title_en": ""})
    assert not form.is_valid()
    assert list(form.errors) == ["title"]


def test_the_inputs_of_a_form_carry_language_direction_and_value():
    page = html.fromstring(str(Titled(initial={"title": TITLE})["title"]))
    inputs = page.xpath(".//input") or page.xpath("//input")
    assert [(one.get("lang"), one.get("dir"), one.get("value")) for one in inputs] == [
        ("ar", "rtl", "الندوة الوطنية"),
        ("fr", "ltr", "Séminaire national"),
        ("en", "ltr", None),
    ]
    assert [one.get("aria-label") for one in inputs] == ["العربية", "Français", "English"]


def test_the_field_of_a_model_gives_that_form_field_and_refuses_nothing_at_all():
    field = Organisation._meta.get_field("name")
    assert isinstance(field, LocalizedTextField)
    assert isinstance(field.formfield(), LocalizedFormField)
    with pytest.raises(ValidationError):
        field.clean(Localized(), None)
    assert field.clean({"ar": "جمعية"}, None) == Localized({"ar": "جمعية"})
