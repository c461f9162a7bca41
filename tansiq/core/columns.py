"""What the columns of a table hold, told by what people head them with in several languages, else by what stands in them.

One vocabulary for every table that comes in; each reader says which meanings it takes. Titles are compared folded, so
that capitals, accents, underscores and dashes do not count.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from tansiq.core.errors import BadInput, Problem
from tansiq.core.language import fold, is_in_script, join, one_of_each_script
from tansiq.core.tables import Row, Table

# What our own tables head a column with; any of the site's languages is understood when it comes back.
LABELS: dict[str, Any] = {
    "name": gettext_lazy("Name"), "function": gettext_lazy("Function"), "organisation": gettext_lazy("Organisation"),
    "region": gettext_lazy("Region"), "profession": gettext_lazy("Profession"), "email": gettext_lazy("E-mail"),
    "telephone": gettext_lazy("Telephone"), "sex": gettext_lazy("Sex"), "language": gettext_lazy("Language"),
    "list": pgettext_lazy("nomination", "List"), "permission": gettext_lazy("The hierarchy agrees"),
    "rank": gettext_lazy("Rank"), "appointed": gettext_lazy("In office since"), "salutation": gettext_lazy("Form of address"),
    "cabinet": gettext_lazy("Cabinet"), "cabinet_email": gettext_lazy("E-mail of the cabinet"),
    "companions_allowed": gettext_lazy("May bring how many"), "speaks": gettext_lazy("Takes the floor"),
    "seat": gettext_lazy("Remarks on the seat"), "paper": gettext_lazy("Paper (kind and number)"),
    "vehicle": gettext_lazy("Vehicle"), "number": gettext_lazy("Registration number"), "try": gettext_lazy("Try"),
}  # fmt: skip
# What else people head it with.
CALLED: dict[str, tuple[str, ...]] = {
    "name": (
        "name", "full name", "participant", "nom", "nom complet", "nom et prénom", "nom et prénoms", "prénom et nom",
        "الاسم", "الاسم الكامل", "الاسم والنسب", "الاسم العائلي والشخصي", "الاسم الشخصي والعائلي", "المدعو",
    ),
    "first_name": ("first name", "given name", "forename", "prénom", "prénoms", "الاسم الشخصي", "الاسم الأول"),
    "last_name": ("last name", "family name", "surname", "nom de famille", "الاسم العائلي", "اسم العائلة", "النسب", "اللقب"),
    "function": ("function", "office", "fonction", "qualité", "الصفة", "الوظيفة", "المنصب"),
    "organisation": (
        "organisation", "organization", "organisation name", "institution", "administration", "organisme", "media", "média",
        "المؤسسة", "الهيئة", "الإدارة", "المنبر",
    ),
    "region": ("region", "region code", "code region", "الجهة", "جهة"),
    "profession": ("profession", "métier", "المهنة"),
    "email": ("email", "e-mail", "mail", "courriel", "adresse électronique", "البريد الإلكتروني", "البريد"),
    "telephone": ("telephone", "phone", "téléphone", "tel", "الهاتف"),
    "sex": ("sex", "sexe", "gender", "genre", "الجنس"),
    "language": ("language", "langue", "lang", "اللغة"),
    "list": ("list", "liste", "اللائحة"),
    "permission": ("permission", "autorisation", "accord de la hiérarchie", "موافقة الرئيس", "الترخيص"),
    "rank": ("rank", "rang", "precedence", "الرتبة", "المرتبة"),
    "appointed": ("appointed", "in office since", "nommé le", "en fonction depuis", "تاريخ التعيين", "في المنصب منذ"),
    "salutation": ("salutation", "form of address", "formule", "titre de civilité", "civilité", "صيغة المخاطبة", "المخاطبة"),
    "cabinet": ("cabinet", "الديوان"),
    "cabinet_email": ("cabinet email", "e-mail of the cabinet", "courriel du cabinet", "e-mail du cabinet", "بريد الديوان"),
    "companions_allowed": ("companions", "may bring", "accompagnants", "المرافقون", "عدد المرافقين"),
    "speaks": ("speaks", "takes the floor", "prend la parole", "intervient", "يتناول الكلمة", "متدخل"),
    "seat": ("seat", "remarks on the seat", "place", "remarques sur la place", "ملاحظات الجلوس", "الجلوس"),
    "paper": ("paper", "pièce", "cin", "card", "carte", "البطاقة", "رقم البطاقة"),
    "vehicle": ("vehicle", "véhicule", "السيارة", "المركبة"),
    "number": ("number", "registration", "registration number", "numéro", "numéro d’inscription", "رقم", "رقم التسجيل"),
    "try": ("try", "essai", "tentative", "محاولة", "المحاولة"),
}  # fmt: skip
# A column that no title explains, by what stands in each of its cells.
_SHAPES = {"email": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")}


def find(
    table: Table, meanings: Collection[str], *, needs: Sequence[str] = ("name",), by_language: Collection[str] = (),
    own: Mapping[str, str] | None = None,
) -> dict[str, int]:  # fmt: skip
    """Where what stands: {"email": 2, "name_ar": 0}; of two columns of one meaning the first.

    needs        at least one of these must be there, in any language; none: whatever is there
    by_language  meanings that may stand once for each language: "name_ar", "Nom (fr)", "name latin"
    own          {title: meaning} that only this table knows
    Raises BadInput where what it needs is missing.
    """
    called = _known(tuple(dict(settings.LANGUAGES)))
    known = {title: name for title, names in called.items() for name in names if name in meanings}
    known |= {fold(title): name for title, name in (own or {}).items()}
    languages = dict(settings.LANGUAGES)
    codes = {fold(word): code for code, language in languages.items() for word in (code, str(language))}
    codes["latin"] = "latin"
    found: dict[str, int] = {}
    unexplained = []
    for index, title in enumerate(table.header):
        plain = fold(title)
        before, _space, code = plain.rpartition(" ")
        name = known.get(plain)
        if name is None and known.get(before) in by_language and code in codes:
            name = f"{known[before]}_{codes[code]}"
        if name:
            found.setdefault(name, index)
        else:
            unexplained.append(index)
    for name, shape in _SHAPES.items():
        fitting = [index for index in unexplained if _has_shape(table, index, shape)]
        if name in meanings and name not in found and len(fitting) == 1:
            found[name] = fitting[0]
    if needs and not any(name == wanted or name.startswith(f"{wanted}_") for name in found for wanted in needs):
        labels = [str(LABELS[name]) for name in needs if name in LABELS]
        more = [str(LABELS[name]) for name in meanings if name in LABELS]
        raise missing(f"{table.name}:1", labels, table.header, known=more)
    return found


def missing(place: str, wanted: Iterable[str], found: Iterable[str], *, known: Sequence[str] = ()) -> BadInput:
    """The refusal of a table that lacks a column: what was looked for, what stands there, what would be understood."""
    message = _("There is no column %(missing)s. Columns: %(columns)s.") % {
        "missing": ", ".join(wanted), "columns": ", ".join(title for title in found if title) or "—",
    }  # fmt: skip
    if known:
        message += " " + _("Understood are: %(known)s.") % {
            "known": join(known, get_language() or settings.LANGUAGE_CODE)
        }
    return BadInput([Problem(place, "", message)])


def spellings(row: Row, where: Mapping[str, int], meaning: str) -> dict[str, str]:
    """A text in each language: by its own columns, or one column's text by the script that it is written in."""
    languages = one_of_each_script(code for code, _name in settings.LANGUAGES)
    found = {}
    for name, index in where.items():
        before, _line, code = name.rpartition("_")
        if before == meaning and (text := row.text(index)):
            found[next((one for one in languages if is_in_script("a", one)), languages[-1]) if code == "latin" else code] = text  # fmt: skip
    if text := row.text(where.get(meaning)):
        found.setdefault(next((one for one in languages if is_in_script(text, one)), languages[0]), text)
    return found


@lru_cache(maxsize=4)
def _known(languages: tuple[str, ...]) -> dict[str, set[str]]:
    """Folded titles, and what a column of that title may hold, by one reader or another."""
    known: dict[str, set[str]] = defaultdict(set)
    for name, titles in CALLED.items():
        for title in (name, *titles):
            known[fold(title)].add(name)
    for code in languages:
        with translation.override(code):
            for name, label in LABELS.items():
                known[fold(str(label))].add(name)
    return known


def _has_shape(table: Table, index: int, shape: re.Pattern[str]) -> bool:
    filled = [text for row in table.rows[:60] if (text := row.text(index))]
    return bool(filled) and all(shape.fullmatch(text) for text in filled)
