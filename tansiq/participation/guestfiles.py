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

from tansiq.core import columns, tables
from tansiq.core.errors import BadInput, Problem, Refused
from tansiq.core.language import fold, one_of_each_script
from tansiq.participation import guests
from tansiq.participation.guests import Guest
from tansiq.participation.models import Invitation
from tansiq.people.models import Organisation
from tansiq.people.names import Index
from tansiq.programme.models import Activity

MOST = 2000
# From here on two names are shown to a person side by side; whoever is asked for nothing loses a click, not a guest.
ALIKE = 0.75
MEANINGS = (
    "name", "function", "organisation", "rank", "appointed", "language", "salutation", "email", "cabinet", "cabinet_email",
    "telephone", "companions_allowed", "speaks", "seat",
)  # fmt: skip
TITLES: dict[str, Any] = {name: columns.LABELS[name] for name in MEANINGS}
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
    table = tables.read_first(content, name=file_name)
    where = columns.find(table, MEANINGS, needs=("name", "function"), by_language=_TEXTS)
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


def _column(where: dict[str, int], name: str) -> int:
    found = next((index for key, index in where.items() if key == name or key.startswith(f"{name}_")), None)
    return where.get("organisation", 0) if found is None and name == "organisation_name" else found or 0


def _values(
    row: tables.Row, where: dict[str, int], houses: dict[str, Organisation], titles: dict[str, int]
) -> tuple[dict[str, Any], dict[str, str]]:
    faults: dict[str, str] = {}

    def cell(name: str) -> str:
        return row.text(where.get(name))

    values: dict[str, Any] = {name: columns.spellings(row, where, name) for name in _TEXTS}
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
