"""The rows of an administration's list, cleaned: each alone, then beside the others, then counted against the places."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from tansiq.core.errors import Refused
from tansiq.core.language import clean_name, fold
from tansiq.participation import applicants, nominations
from tansiq.participation.models import NominationRequest, Nominee, Quota
from tansiq.people.models import Region

State = Nominee.State
MOST_ROWS = 1000
_SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


class NotTaken(Refused):
    """The list was not taken; `faults` is {row index: {field: sentence}}, -1 for the list as a whole."""


@dataclass(frozen=True)
class Named:
    """One row as it is given, by whatever way; everything as written.

    number  the row as whoever wrote it sees it numbered; 0 for its place in the list
    """

    name: dict[str, str]
    email: str = ""
    telephone: str = ""
    region: str = ""
    profession: str = ""
    function: str = ""
    sex: str = ""
    has_permission: bool = False
    is_reserve: bool = False
    number: int = 0

    @property
    def is_empty(self) -> bool:
        words = (*self.name.values(), self.email, self.telephone, self.function)
        return not any(word.strip() for word in words)


@dataclass
class Row:
    """A row, cleaned: what the nominee will hold."""

    values: dict[str, Any]
    faults: dict[str, str] = field(default_factory=dict)
    number: int = -1

    @property
    def names(self) -> set[str]:
        return {fold(spelling) for spelling in self.values["name"].values()}


def clean_row(request: NominationRequest, given: Named, regions: set[str], is_needed: bool) -> Row:
    if not given.region and len(request.places) == 1:
        given = dataclasses.replace(given, region=request.places[0]["region"])
    applicant = applicants.Applicant(
        name=given.name, email=given.email, region=given.region, profession=given.profession, sex=given.sex
    )
    found = applicants.clean(request.admission, applicant, regions=regions if given.region or is_needed else set())
    faults = dict(found.faults)
    function, telephone = "", ""
    try:
        function = clean_name(given.function)
        if len(function) > 200:
            faults["function"] = _("At most 200 letters, please.")
    except Refused as refusal:
        faults["function"] = str(refusal)
    try:
        telephone = clean_name(given.telephone)
        if telephone and not re.fullmatch(r"\+?[0-9][0-9 ().-]{4,30}", telephone):
            faults["telephone"] = _("“%(given)s” is no telephone number. Write it in digits, such as 0522 00 00 00.") % {"given": telephone[:40]}  # fmt: skip
    except Refused as refusal:
        faults["telephone"] = str(refusal)
    for name, written in (*((f"name_{code}", text) for code, text in given.name.items()), ("function", given.function)):
        if written.strip().startswith(_SIGNS):
            faults[name] = _("This begins with a sign such as “=”, as a formula does. Write the words alone.")
    if request.place_of(given.region) is None:
        asked = [one["region"] for one in request.places]
        names = nominations.region_names(request.language)
        known = ", ".join(names.get(code, code) for code in asked)
        faults["region"] = _("Names were asked for from: %(regions)s. Choose one of these.") % {"regions": known}
    values = {
        "name": found.name, "email": found.values["address"], "telephone": telephone, "region_id": given.region or None,
        "profession": given.profession, "function": function, "sex": given.sex, "has_permission": given.has_permission,
        "state": State.RESERVE if given.is_reserve else State.NAMED,
    }  # fmt: skip
    return Row(values, faults)


def clean(request: NominationRequest, rows: Sequence[Named], beside: Iterable[Nominee] = ()) -> list[Row]:
    """All rows with all that is wrong in them, each alone and beside the others. Raises NotTaken."""
    regions = set(Region.objects.values_list("code", flat=True))
    is_needed = request.admission.quotas.filter(dimension=Quota.Dimension.REGION).exclude(key="").exists()
    cleaned = [clean_row(request, one, regions, is_needed) for one in rows[:MOST_ROWS]]
    for index, row in enumerate(cleaned):
        row.number = rows[index].number or index + 1
    known = [Row(values_of(one)) for one in beside]
    _find_twins(cleaned, known)
    _count(request, cleaned, known)
    faults = {index: row.faults for index, row in enumerate(cleaned) if row.faults}
    if len(rows) > MOST_ROWS:
        faults[-1] = {"": _("The list has more than %(number)s names. Part it.") % {"number": MOST_ROWS}}
    if faults:
        count = sum(map(len, faults.values()))
        raise NotTaken(_("The list was not taken. To be mended: %(count)s.") % {"count": count}, faults=faults)
    return cleaned


def _find_twins(cleaned: list[Row], known: list[Row]) -> None:
    """The same person twice: by e-mail, or by name where nothing tells the two apart."""
    for index, row in enumerate(cleaned):
        for other in (*known, *cleaned[:index]):
            where = _("row %(number)s") % {"number": other.number} if other.number > 0 else _("the list")
            email, theirs = row.values["email"], other.values["email"]
            if email and email == theirs:
                row.faults.setdefault("email", _("This address stands in %(where)s already. Each person needs an address of their own; leave it empty where there is none.") % {"where": where})  # fmt: skip
            elif row.names & other.names and not (email and theirs):
                field_name = f"name_{next(iter(row.values['name']), settings.LANGUAGE_CODE)}"
                row.faults.setdefault(field_name, _("This person stands in %(where)s already. Take one of the two out; if they are two people of one name, give the e-mail of each.") % {"where": where})  # fmt: skip


def _count(request: NominationRequest, cleaned: list[Row], known: list[Row]) -> None:
    sizes = {(one["region"], State.NAMED): one["number"] for one in request.places}
    sizes |= {(one["region"], State.RESERVE): one.get("reserve", 0) for one in request.places}
    taken = Counter((request.place_of(row.values["region_id"] or ""), row.values["state"]) for row in known)
    names: dict[str, str] = {}
    for row in cleaned:
        place = request.place_of(row.values["region_id"] or "")
        if place is None:
            continue
        key = (place, row.values["state"])
        taken[key] += 1
        size = sizes.get(key, 0)
        if taken[key] > size and "region" not in row.faults:
            names = names or nominations.region_names(request.language)
            where = names.get(place, place) or _("any region")
            if row.values["state"] == State.RESERVE:
                text = _("%(region)s: at most %(size)s on the reserve list; this is number %(number)s. Take one out.")
            else:
                text = _("%(region)s: %(size)s places; this is number %(number)s. Move one to the reserve list, or take one out.")  # fmt: skip
            row.faults["region"] = text % {"region": where, "size": size, "number": taken[key]}


def values_of(row: Nominee) -> dict[str, Any]:
    names = ("email", "telephone", "region_id", "profession", "function", "sex", "has_permission", "state")
    return {"name": row.name, **{name: getattr(row, name) for name in names}}
