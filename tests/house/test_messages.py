"""Translations: what is collected is what Django looks up, and a translation that would break is refused."""

import importlib.util
import json
from pathlib import Path

import pytest
from babel.messages.catalog import Message

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("messages_script", ROOT / "scripts/messages.py")
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)

TEMPLATE = """{% load i18n %}<p class="été">{% translate "Book a seat" %} {% trans 'Close' context "door" %}</p>
  {% translate "50% off" as label %}
  {% blocktranslate trimmed count n=seats %}
    {{ n }} seat is left
    in {{ town }}.
  {% plural %}
    {{ n }} seats are left
    in {{ town }}.
  {% endblocktranslate %}
{% blocktranslate with who=person.name|upper asvar line %}Hello {{ who }},
it's "ready".{% endblocktranslate %}
{% blocktranslate context "mail" count n=letters %}{{ n }} letter{% plural %}{{ n }} letters{% endblocktranslate %}
{{ name|default:_("no name yet") }} {% include "x.html" with title=_("Title") %}
{# {% translate "in a comment" %} #}{% comment %}{% translate "in another" %}{% endcomment %}
"""
PYTHON = """from django.utils.translation import gettext_lazy as _, ngettext_lazy, npgettext, pgettext_lazy
full = _("The list of %(town)s is full; "
         "ask the secretariat.")
people = ngettext_lazy("%(count)s person", "%(count)s people", "count")
month = pgettext_lazy("month", "May")
mails = npgettext("mail", "%s reply", "%s replies", 3)
later = N_("Later, {name}")
# _("in a comment")
"""
PAGE, CODE = "tansiq/desk/templates/desk/page.html", "tansiq/desk/views.py"
MESSAGES = {
    ("Book a seat", None, PAGE),
    ("Close", "door", PAGE),
    ("50%% off", None, PAGE),
    (("%(n)s seat is left in %(town)s.", "%(n)s seats are left in %(town)s."), None, PAGE),
    ('Hello %(who)s,\nit\'s "ready".', None, PAGE),
    (("%(n)s letter", "%(n)s letters"), "mail", PAGE),
    ("no name yet", None, PAGE),
    ("Title", None, PAGE),
    ("The list of %(town)s is full; ask the secretariat.", None, CODE),
    (("%(count)s person", "%(count)s people"), None, CODE),
    ("May", "month", CODE),
    (("%s reply", "%s replies"), "mail", CODE),
    ("Later, {name}", None, CODE),
}
PEOPLE = ("%(count)s person", "%(count)s people")
PEOPLE_AR = ["لا أحد", "شخص واحد", "شخصان", "%(count)s أشخاص", "%(count)s شخصا", "%(count)s شخص"]


@pytest.fixture
def tree(tmp_path):
    for path, text in ((PAGE, TEMPLATE), (CODE, PYTHON)):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def small_tree(tmp_path):
    """One message in the code, both catalogues complete."""
    (tmp_path / CODE).parent.mkdir(parents=True)
    (tmp_path / CODE).write_text('_("Programme")\n', encoding="utf-8")
    assert script.fill(tmp_path, "ar", {"Programme": "البرنامج"}) == []
    assert script.fill(tmp_path, "fr", {"Programme": "Programme"}) == []
    return tmp_path


def test_extraction_finds_the_messages_that_django_looks_up(tree):
    found = script.messages(script.extracted(tree))
    assert {(message.id, message.context, message.locations[0][0]) for message in found} == MESSAGES


@pytest.mark.parametrize(
    ("message", "translation", "language", "reasons"),
    [
        ("The list of %(town)s is full", "لائحة %(town)s ممتلئة", "ar", []),
        ("The list of %(town)s is full", "اللائحة ممتلئة", "ar", ["lacks %(town)s"]),
        ("Later, {name}", "لاحقا يا {nom}", "ar", ["lacks {name}", "has {nom}, which the message does not have"]),
        ("%s of %s", "%s", "fr", ["lacks %s x 2", "has %s x 1, which the message does not have"]),
        ("50%% of %(town)s", "50 % de %(town)s", "fr", ["has a lone % where %% is meant"]),
        ("50%% of %(town)s", "50 %% de %(town)s", "fr", []),
        (PEOPLE, PEOPLE_AR, "ar", []),
        (PEOPLE, PEOPLE_AR[:3], "ar", ["must have 6 plural forms, none of them empty"]),
        (PEOPLE, [*PEOPLE_AR[:5], ""], "ar", ["must have 6 plural forms, none of them empty"]),
        (PEOPLE, [*PEOPLE_AR[:3], "أشخاص", *PEOPLE_AR[4:]], "ar", ["lacks %(count)s in form 3 (for [3, 4, 5])"]),
        # French says "0 personne" with the form of 1, so that form needs its number.
        (PEOPLE, ["Une personne", "%(count)s personnes"], "fr", ["lacks %(count)s in form 0 (for [0, 1])"]),
    ],
)
def test_a_translation_keeps_the_placeholders_and_has_every_form(message, translation, language, reasons):
    string = tuple(translation) if isinstance(translation, list) else translation
    assert script.faults(Message(message, string), language) == reasons


def test_what_babel_would_refuse_to_compile_is_reported_before_make_stops_on_it():
    [reason] = script.faults(Message("At most 50% of the places", "على الأكثر نصف المقاعد"), "ar")
    assert reason.startswith("`make` could not compile it")


def test_update_keeps_translations_drops_what_is_gone_and_writes_the_same_bytes_twice(small_tree):
    (small_tree / CODE).write_text('_("Programme")\n_("Sitting")\n', encoding="utf-8")
    script.write(small_tree, "ar", script.merged(small_tree, "ar"))
    first = script.po_path(small_tree, "ar").read_text(encoding="utf-8")
    assert first == script.HEADERS["ar"] + (
        f'#: {CODE}\nmsgid "Programme"\nmsgstr "البرنامج"\n\n#: {CODE}\nmsgid "Sitting"\nmsgstr ""\n'
    )
    script.write(small_tree, "ar", script.merged(small_tree, "ar"))
    assert script.po_path(small_tree, "ar").read_text(encoding="utf-8") == first
    (small_tree / CODE).write_text('_("Sitting")\n', encoding="utf-8")
    script.write(small_tree, "ar", script.merged(small_tree, "ar"))
    assert "Programme" not in script.po_path(small_tree, "ar").read_text(encoding="utf-8")


def test_check_is_silent_for_a_complete_tree(small_tree):
    assert script.check(small_tree) == []


def test_check_lists_what_is_new_and_what_is_only_a_guess(small_tree):
    (small_tree / CODE).write_text('_("Programme")\n_("Sitting")\n', encoding="utf-8")
    french = script.po_path(small_tree, "fr")
    french.write_text(french.read_text(encoding="utf-8").replace('msgid "P', '#, fuzzy\nmsgid "P'), encoding="utf-8")
    assert script.check(small_tree) == [
        "tansiq/locale/ar/LC_MESSAGES/django.po: not up to date with the code; run `make messages`",
        f"ar: 'Sitting' ({CODE}): not translated",
        "tansiq/locale/fr/LC_MESSAGES/django.po: not up to date with the code; run `make messages`",
        f"fr: 'Programme' ({CODE}): not translated",
        f"fr: 'Sitting' ({CODE}): not translated",
    ]


def test_fill_writes_all_or_nothing(tree):
    full = "The list of %(town)s is full; ask the secretariat."
    good = {"month\u0004May": "ماي", PEOPLE[0]: PEOPLE_AR, "Title": "العنوان"}
    assert script.fill(tree, "ar", good | {full: "اللائحة ممتلئة", "Nobody says this": "x"}) == [
        f"{full!r}: lacks %(town)s",
        "'Nobody says this': the code has no such message",
    ]
    assert not script.po_path(tree, "ar").exists()
    assert script.fill(tree, "ar", json.loads(json.dumps(good))) == []
    catalog = script.merged(tree, "ar")
    assert catalog.get("May", "month").string == "ماي"
    assert catalog.get(PEOPLE).string == tuple(PEOPLE_AR)
    filled = {script.name(message) for message in script.messages(catalog) if not script.is_missing(message)}
    assert filled == set(good)


def test_the_catalogues_of_the_project_are_complete_and_sound():
    assert script.check(ROOT) == []
