"""People registered from a table: columns by their meaning, each row by the same rule as the public form."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.config.asked import one_of
from tansiq.core import columns, journal, tables
from tansiq.core.errors import BadInput, Problem, Refused
from tansiq.core.exchange import nearest
from tansiq.core.language import fold, is_in_script
from tansiq.participation import applicants, registration, standing
from tansiq.participation.models import Admission, Registration, Sex
from tansiq.people.models import Organisation, Region
from tansiq.programme.models import Activity

MEANINGS = (
    "name", "first_name", "last_name", "email", "region", "profession", "organisation", "sex", "language", "telephone",
)  # fmt: skip
_SEX = {
    "woman": Sex.WOMAN, "f": Sex.WOMAN, "female": Sex.WOMAN, "femme": Sex.WOMAN, "امراه": Sex.WOMAN, "انثي": Sex.WOMAN,
    "man": Sex.MAN, "m": Sex.MAN, "male": Sex.MAN, "h": Sex.MAN, "homme": Sex.MAN, "رجل": Sex.MAN, "ذكر": Sex.MAN,
}  # fmt: skip


def admission_of(slug: str) -> Admission:
    """How one comes to this activity. Raises Refused with what to do where it has no places yet."""
    activity = one_of(Activity, slug)
    found = Admission.objects.filter(activity=activity).select_related("activity__programme").first()
    if found is None:
        message = _("The activity “%(slug)s” has no places yet. Give them in the section “quotas” of its programme file, or at the desk.")  # fmt: skip
        raise Refused(message % {"slug": slug})
    return found


def read_table(file: Path) -> tables.Table:
    """The first sheet, or the CSV. Raises BadInput."""
    if not file.is_file():
        raise BadInput([Problem(str(file), "", _("There is no such file."))])
    return tables.read_first(file.read_bytes(), name=file.name)


def register(slug: str, file: Path) -> dict[str, Any]:
    """The rows of a file, see `enter`. Raises Refused, BadInput."""
    return enter(admission_of(slug), read_table(file), by=journal.CLI, now=timezone.now())


def enter(admission: Admission, table: tables.Table, *, by: Any, now: dt.datetime) -> dict[str, Any]:
    """Registers each row in a transaction of its own, in the file's order; the report says where each stands at the end.

    {"activity", "capacity", "left", "confirmed": [{"registration", "row", "number", "name", "reason"}],
    "waiting": [... "place"], "refused": [{"row", "reason"}]}. Raises BadInput where no column holds a name.
    """
    where = columns.find(table, MEANINGS, needs=("name", "first_name", "last_name"), by_language=("name",))
    regions = _regions()
    rows: list[tuple[int, Registration]] = []
    refused = []
    for row in table.rows:
        try:
            applicant = _applicant(admission, row, where, regions)
            rows.append((row.number, _one(admission, applicant, set(regions.values()), by=by, now=now)))
        except Refused as refusal:
            refused.append({"row": row.number, "reason": str(refusal)})
    admission.refresh_from_db()
    report: dict[str, Any] = {
        "activity": admission.activity.slug,
        "capacity": admission.capacity,
        "left": admission.left,
    }
    report |= {"confirmed": [], "waiting": [], "applied": [], "refused": refused}
    fresh = Registration.objects.select_related("person", "admission__activity").in_bulk([row.pk for _n, row in rows])
    for number, stale in rows:
        one = fresh[stale.pk]
        one.admission = admission
        line = {"registration": str(one.pk), "row": number, "number": one.number, "name": str(one.person)}
        if one.state == Registration.State.WAITING:
            rank = standing.rank(one)
            line |= {"place": rank.place, "place_in_quota": rank.in_quota}
            line["reason"] = standing.explain(one, settings.LANGUAGE_CODE, found=rank)
        else:
            line["reason"] = standing.explain(one, settings.LANGUAGE_CODE)
        report.setdefault(one.state, []).append(line)
    report["waiting"].sort(key=lambda line: line["place"])
    return report


def _one(
    admission: Admission, applicant: applicants.Applicant, regions: set[str], *, by: Any, now: dt.datetime
) -> Registration:
    """A row that is registered already, with the same name, is that registration."""
    if not applicant.email and (known := _by_name(admission, applicant)):
        return known
    try:
        return registration.register(
            admission=admission, applicant=applicant, how=Registration.How.FILE, by=by, now=now,
            regions=regions,
        )  # fmt: skip
    except registration.AlreadyRegistered as refusal:
        found: Any = refusal
        if _is_same(found.registration, applicant):
            return found.registration
        raise


def _is_same(row: Registration, applicant: applicants.Applicant) -> bool:
    known = {fold(one) for one in row.person.spellings}
    return bool(known & {fold(one) for one in applicant.name.values()})


def _regions() -> dict[str, str]:
    """Region codes by what may be written for them: the code, and the name in any language."""
    found = {}
    for row in Region.objects.all():
        for word in (row.code, *row.name.values()):
            found[fold(word)] = row.code
    return found


def _applicant(
    admission: Admission, row: tables.Row, where: dict[str, int], regions: dict[str, str]
) -> applicants.Applicant:
    def cell(name: str) -> str:
        return row.text(where.get(name))

    region = cell("region")
    if region and fold(region) not in regions:
        near = nearest(region, {*regions, *regions.values()})
        hint = " " + _("Did you mean %(near)s?") % {"near": ", ".join(near)} if near else ""
        raise Refused(_("There is no region “%(given)s”.") % {"given": region[:80]} + hint)
    sex = cell("sex")
    organisation = cell("organisation")
    given = Organisation.objects.filter(slug=organisation).first() if organisation else None
    return applicants.Applicant(
        name=_spellings(row, where), email=cell("email"), region=regions.get(fold(region), ""),
        profession=_profession(admission, cell("profession")), organisation=given,
        organisation_name="" if given else organisation, sex=_SEX.get(fold(sex), sex), telephone=cell("telephone")[:40],
        language=cell("language") if cell("language") in dict(settings.LANGUAGES) else "",
    )  # fmt: skip


def _by_name(admission: Admission, applicant: applicants.Applicant) -> Registration | None:
    """Without an address a person is known by name and region: the same row again is no second person."""
    rows = admission.registrations.exclude(state__in=Registration.OVER).filter(
        address_key="", region=applicant.region or None
    )
    return next((row for row in rows.select_related("person") if _is_same(row, applicant)), None)


def _profession(admission: Admission, written: str) -> str:
    for one in admission.professions:
        if fold(written) in {fold(one["id"]), *(fold(name) for name in one["name"].values())}:
            return one["id"]
    return written


def _spellings(row: tables.Row, where: dict[str, int]) -> dict[str, str]:
    """The name in each script; given and family name stand for a whole one."""
    found = columns.spellings(row, where, "name")
    parts = [part for part in (row.text(where.get("first_name")), row.text(where.get("last_name"))) if part]
    if parts and not row.text(where.get("name")):
        languages = applicants.spelling_languages()
        written = " ".join(parts)
        found.setdefault(next((one for one in languages if is_in_script(written, one)), languages[0]), written)
    return found
