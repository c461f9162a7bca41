"""Guests from a table: columns found in three languages, every wrong cell named, whoever may be there already asked about."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tansiq.core import tables
from tansiq.core.errors import BadInput, Problem, Refused
from tansiq.core.language import fold, is_in_script, one_of_each_script
from tansiq.participation import guests
from tansiq.participation.guests import Guest
from tansiq.participation.models import Invitation
from tansiq.people.models import Organisation
from tansiq.people.names import Index
from tansiq.programme.models import Activity

MOST = 2000
# From here on two names are shown to a person side by side; whoever is asked for nothing loses a click, not a guest.
ALIKE = 0.75
# What a column may be called, folded; texts also with a language behind: "name_ar", "fonction (fr)".
CALLED: dict[str, tuple[str, ...]] = {
    "name": ("name", "full name", "nom", "nom complet", "nom et prenom", "الاسم", "الاسم الكامل", "المدعو"),
    "function": ("function", "office", "fonction", "qualite", "الصفه", "الوظيفه", "المنصب"),
    "organisation": ("organisation", "organization", "institution", "organisme", "المؤسسه", "الهيئه", "الاداره"),
    "rank": ("rank", "rang", "precedence", "الرتبه", "المرتبه"),
    "appointed": ("appointed", "in office since", "nomme le", "en fonction depuis", "تاريخ التعيين", "في المنصب منذ"),
    "language": ("language", "langue", "اللغه"),
    "salutation": ("salutation", "form of address", "formule", "titre de civilite", "civilite", "صيغه المخاطبه", "المخاطبه"),
    "email": ("email", "e mail", "mail", "courriel", "البريد الالكتروني", "البريد"),
    "cabinet": ("cabinet", "الديوان"),
    "cabinet_email": ("cabinet email", "e mail of the cabinet", "courriel du cabinet", "e mail du cabinet", "بريد الديوان"),
    "telephone": ("telephone", "phone", "tel", "الهاتف"),
    "companions_allowed": ("companions", "may bring", "accompagnants", "المرافقون", "عدد المرافقين"),
    "speaks": ("speaks", "takes the floor", "prend la parole", "intervient", "يتناول الكلمه", "متدخل"),
    "seat": ("seat", "remarks on the seat", "place", "remarques sur la place", "ملاحظات الجلوس", "الجلوس"),
}  # fmt: skip
TITLES: dict[str, Any] = {
    "name": gettext_lazy("Name"), "function": gettext_lazy("Function"), "organisation": gettext_lazy("Organisation"),
    "rank": gettext_lazy("Rank"), "appointed": gettext_lazy("In office since"), "language": gettext_lazy("Language"),
    "salutation": gettext_lazy("Form of address"), "email": gettext_lazy("E-mail"), "cabinet": gettext_lazy("Cabinet"),
    "cabinet_email": gettext_lazy("E-mail of the cabinet"), "telephone": gettext_lazy("Telephone"),
    "companions_allowed": gettext_lazy("May bring how many"), "speaks": gettext_lazy("Takes the floor"),
    "seat": gettext_lazy("Remarks on the seat"),
}  # fmt: skip
_TEXTS = ("name", "function", "salutation")
_YES = {"yes", "y", "oui", "o", "1", "x", "true", "نعم"}
_NO = {"", "no", "n", "non", "0", "false", "لا"}


@dataclass(frozen=True)
class Line:
    """A guest of the file and the number of its row."""

    row: int
    guest: Guest


@dataclass(frozen=True)
class Alike:
    """A guest who may be one that is there already (`invitation`) or stands above in the file (`other_row`)."""

    row: int
    guest: Guest
    name: str
    score: float
    why: str
    invitation: Invitation | None = None
    other_row: int | None = None


@dataclass
class Plan:
    """What a file would do: who is new, who is there already, and whom a person must look at."""

    fresh: list[Line] = field(default_factory=list)
    known: list[tuple[Line, Invitation]] = field(default_factory=list)
    to_decide: list[Alike] = field(default_factory=list)


# --- Reading --------------------------------------------------------------------------------------------------------


def read(content: bytes, *, file_name: str) -> list[Line]:
    """The guests of an .xlsx or .csv file, in its order. Raises BadInput with everything that is wrong, by cell."""
    if file_name.lower().endswith(".xlsx"):
        table = next(iter(tables.read_workbook(content, name=file_name).values()))
    else:
        table = tables.read_csv(content, name=file_name)
    where = columns(table)
    houses, titles = _houses(), _titles()
    problems: list[Problem] = []
    lines = []
    addresses: dict[str, int] = {}
    for row in table.rows:
        values, faults = _values(row, where, houses, titles)
        guest = Guest()
        try:
            guest = guests.cleaned(Guest(**values))
        except guests.Unfit as refusal:
            faults = {**getattr(refusal, "faults", {}), **faults}
        if guest.email and (first := addresses.setdefault(guest.email.lower(), row.number)) != row.number:
            faults["email"] = _("The address stands in row %(row)s too. Each guest has an address of their own; an office that answers for several is written as their cabinet.") % {"row": first}  # fmt: skip
        for name, fault in faults.items():
            problems.append(table.problem(row, _column(where, name), fault))
        lines.append(Line(row.number, guest))
    if len(lines) > MOST:
        problems.append(
            Problem(file_name, "", _("The list has more than %(number)s names. Part it.") % {"number": MOST})
        )
    if not lines:
        problems.append(Problem(file_name, "", _("There is no name on the list yet.")))
    if problems:
        raise BadInput(problems)
    return lines


def columns(table: tables.Table) -> dict[str, int]:
    """Where what stands: {"name_ar": 0, "email": 3}. Raises BadInput where no column names anybody."""
    known = {fold(word): name for name, words in CALLED.items() for word in words}
    known |= {fold(str(title)): name for name, title in TITLES.items()}
    codes = dict(settings.LANGUAGES)
    called = {fold(word): code for code, language in codes.items() for word in (code, str(language))} | {
        "latin": "latin"
    }
    found: dict[str, int] = {}
    for index, title in enumerate(table.header):
        plain = fold(title.replace("_", " "))
        before, _space, code = plain.rpartition(" ")
        name = known.get(plain)
        if name is None and known.get(before) in _TEXTS and code in called:
            name = f"{known[before]}_{called[code]}"
        if name:
            found.setdefault(name, index)
    if not any(name.startswith(("name", "function")) for name in found):
        message = _("There is no column of names and none of functions. Head the columns: %(columns)s.")
        raise BadInput([Problem(f"{table.name}:1", "", message % {"columns": ", ".join(map(str, TITLES.values()))})])
    return found


def _column(where: dict[str, int], name: str) -> int:
    found = next((index for key, index in where.items() if key == name or key.startswith(f"{name}_")), None)
    return where.get("organisation", 0) if found is None and name == "organisation_name" else found or 0


def _text(row: tables.Row, index: int | None) -> str:
    value = row.cells[index] if index is not None else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _values(
    row: tables.Row, where: dict[str, int], houses: dict[str, Organisation], titles: dict[str, int]
) -> tuple[dict[str, Any], dict[str, str]]:
    faults: dict[str, str] = {}

    def cell(name: str) -> str:
        return _text(row, where.get(name))

    values: dict[str, Any] = {name: _by_language(row, where, name) for name in _TEXTS}
    values |= {name: cell(name) for name in ("email", "cabinet", "cabinet_email", "telephone", "seat")}
    house = cell("organisation")
    values["organisation"] = houses.get(fold(house)) if house else None
    values["organisation_name"] = "" if values["organisation"] else house
    values["language"] = _language(cell("language"), faults)
    values["rank"] = _rank(cell("rank"), titles, faults)
    values["appointed"] = _day(row.cells[where["appointed"]] if "appointed" in where else None, faults)
    number = cell("companions_allowed")
    values["companions_allowed"] = int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 0
    if number and not (number.isascii() and number.isdigit()):
        faults["companions_allowed"] = _("Write a number from 0 to 50.")
    values["speaks"] = fold(cell("speaks")) in _YES
    if fold(cell("speaks")) not in _YES | _NO:
        faults["speaks"] = _("Write yes, or leave it empty.")
    return values, faults


def _by_language(row: tables.Row, where: dict[str, int], name: str) -> dict[str, str]:
    """By its columns, or one column's text by the script that it is written in."""
    scripts = one_of_each_script(code for code, _name in settings.LANGUAGES)
    found = {}
    for key, index in where.items():
        before, _line, code = key.partition("_")
        if before == name and code and (text := _text(row, index)):
            code = next((one for one in scripts if is_in_script("a", one)), scripts[-1]) if code == "latin" else code
            found[code] = text
    if text := _text(row, where.get(name)):
        found.setdefault(next((one for one in scripts if is_in_script(text, one)), scripts[0]), text)
    return found


def _houses() -> dict[str, Organisation]:
    """Organisations by whatever they may be called."""
    found: dict[str, Organisation] = {}
    for row in Organisation.objects.all():
        for word in (row.slug, *row.name.values(), *row.acronym.values(), *row.aliases):
            found.setdefault(fold(str(word)), row)
    return found


def _titles() -> dict[str, int]:
    return {fold(word): rank for rank, title in guests.ranks().items() for word in (str(rank), *title.values())}


def _rank(written: str, titles: dict[str, int], faults: dict[str, str]) -> int | None:
    if not written:
        return None
    if fold(written) not in titles:
        faults["rank"] = _("There is no rank “%(given)s”. Known: %(known)s.") % {
            "given": written[:80], "known": "; ".join(f"{rank} {title}" for rank, title in guests.ranks().items()),
        }  # fmt: skip
    return titles.get(fold(written))


def _language(written: str, faults: dict[str, str]) -> str:
    if not written:
        return ""
    known = {fold(word): code for code, name in settings.LANGUAGES for word in (code, str(name), str(_(str(name))))}
    if fold(written) not in known:
        faults["language"] = _("“%(given)s” is no language of this site. Known: %(known)s.") % {
            "given": written[:20], "known": ", ".join(dict(settings.LANGUAGES)),
        }  # fmt: skip
    return known.get(fold(written), "")


def _day(value: Any, faults: dict[str, str]) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    if value is None or isinstance(value, dt.date):
        return value
    try:
        return dt.date.fromisoformat(str(value).strip())
    except ValueError:
        faults["appointed"] = _("“%(value)s” is not a day. Write 2020-07-27.") % {"value": str(value)[:40]}
        return None


def template() -> bytes:
    """A workbook with the right columns, the ranks and languages to choose from, and an example."""
    scripts = one_of_each_script(code for code, _name in settings.LANGUAGES)
    header = [f"{TITLES[name]} ({code})" for name in _TEXTS for code in scripts]
    header += [str(title) for name, title in TITLES.items() if name not in _TEXTS]
    titles = {rank: title.text().value for rank, title in guests.ranks().items()}
    sheet = tables.Sheet(
        _("Guests"), header, [], widths=dict.fromkeys(header, 24),
        choices={
            str(TITLES["rank"]): list(titles.values()), str(TITLES["language"]): list(dict(settings.LANGUAGES)),
        },
    )  # fmt: skip
    out = io.BytesIO()
    tables.write_xlsx([sheet], out, right_to_left=translation.get_language_bidi())
    return out.getvalue()


# --- Who may be there already ---------------------------------------------------------------------------------------


def plan(activity: Activity, lines: Sequence[Line], *, apart: Collection[int] = ()) -> Plan:
    """Who is new, who is on the list already, and who may be: the last are for a person to decide.

    apart  rows of which a person said that they are somebody else
    """
    rows = [row for row in guests.guests_of(activity) if row.state != Invitation.State.WITHDRAWN]
    found, above = Plan(), list[Line]()
    index: Index[Any] = Index(
        [(row.pk, list(row.name.values())) for row in rows if row.person]
        + [(line.row, list(line.guest.name.values())) for line in lines if line.guest.name]
    )
    by_key: dict[Any, Invitation] = {row.pk: row for row in rows}
    for line in lines:
        known = next((row for row in rows if guests.is_same(row, line.guest)), None)
        if known:
            found.known.append((line, known))
        elif any(_is_twice(line.guest, other.guest) for other in above):
            continue  # the same row twice in the file is one guest
        elif line.row not in apart and (near := _near(line, index, by_key) or _office(line, rows)):
            found.to_decide.append(near)
        else:
            found.fresh.append(line)
        above.append(line)
    return found


def _is_twice(one: Guest, other: Guest) -> bool:
    same = guests.spellings(one) == guests.spellings(other) and bool(one.name) == bool(other.name)
    return same and (one.organisation, fold(one.organisation_name)) == (
        other.organisation, fold(other.organisation_name),
    )  # fmt: skip


def _near(line: Line, index: Index[Any], by_key: dict[Any, Invitation]) -> Alike | None:
    """The nearest name of a guest, or of a row above: of two rows the second is asked about."""
    best: Alike | None = None
    for spelling in line.guest.name.values():
        for match in index.nearest(spelling, limit=5):
            row = by_key.get(match.key)
            if match.score < ALIKE or (row is None and match.key >= line.row):
                continue
            if best is None or match.score > best.score:
                best = Alike(
                    line.row, line.guest, match.spelling, round(match.score, 3), match.reason, row,
                    None if row else match.key,
                )  # fmt: skip
    return best


def _office(line: Line, rows: Sequence[Invitation]) -> Alike | None:
    """An office is invited whoever holds it, and now somebody by name who holds it; or the reverse."""
    functions = {fold(text) for text in line.guest.function.values()}
    for row in rows:
        one_has_no_name = bool(row.person_id) != bool(line.guest.name)
        if one_has_no_name and functions & {fold(text) for text in row.function.values()}:
            return Alike(line.row, line.guest, str(row), 1.0, _("the same office"), row)
    return None


def apply(activity: Activity, found: Plan, *, by: Any, now: dt.datetime) -> list[tuple[Line, Invitation]]:
    """Add those who are new, all or none. Raises BadInput with every row that cannot be added."""
    added, problems = [], []
    with transaction.atomic():
        for line in found.fresh:
            try:
                with transaction.atomic():
                    added.append((line, guests.add(activity=activity, guest=line.guest, by=by, now=now)))
            except Refused as refusal:
                problems.append(Problem(_("row %(number)s") % {"number": line.row}, "", str(refusal)))
        if problems:
            raise BadInput(problems)
    return added
