"""The day rail of a programme, and the parts that organisations have in it: read once, in protocol order."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from tansiq.coordination.sources import Label, Labels
from tansiq.core import dates, language
from tansiq.core.dates import PartialDate
from tansiq.core.localized import Localized
from tansiq.core.models import Claim, Record
from tansiq.people.models import Organisation, Region
from tansiq.programme.models import Activity, Involvement, Programme


@dataclass
class Part:
    """Organisations that share a role, in protocol order, with the text's own words for it."""

    role: str
    words: Any
    organisations: list[Organisation] = field(default_factory=list)
    source: str = ""
    mark: Label | None = None


def marked(parts: list[Part], labels: Labels, path: str) -> list[Part]:
    """Each part with where it comes from, when that is the same for all its organisations."""
    for part in parts:
        found = {labels.of(f"{path}.involved.{one.slug}", part.source) for one in part.organisations}
        part.mark = found.pop() if len(found) == 1 else None
    return parts


def parts_of(records: Iterable[Record]) -> dict[Any, list[Part]]:
    """Involvements of many records by their id, with one query."""
    found: dict[Any, dict[tuple, Part]] = defaultdict(dict)
    ids = [record.pk for record in records]
    rows = (
        Involvement.objects.filter(subject_id__in=ids)
        .select_related("organisation", "source")
        .order_by("position", "id")
    )
    for row in rows:
        words = row.words_or_role
        key = (row.role, str(words))
        found[row.subject_id].setdefault(
            key, Part(row.role, words, source=row.source.key if row.source else "")
        ).organisations.append(row.organisation)
    return {record: list(parts.values()) for record, parts in found.items()}


def claims_of(records: Iterable[Record]) -> dict[Any, list[Claim]]:
    """Claims about many records by their id, with one query."""
    found: dict[Any, list[Claim]] = defaultdict(list)
    ids = [record.pk for record in records]
    for claim in Claim.objects.filter(subject_id__in=ids).select_related("source"):
        found[claim.subject_id].append(claim)
    return found


@dataclass
class Row:
    activity: Activity
    parts: list[Part]
    other_dates: list[tuple[PartialDate, Claim]]
    inner: list[Row] = field(default_factory=list)


@dataclass
class Day:
    """One stop of the rail: a day, a range or month, or "not stated" (`date` unknown, `within` where it is known)."""

    date: PartialDate
    within: PartialDate
    rows: list[Row] = field(default_factory=list)

    @property
    def number(self) -> str:
        return str(self.date.first_day.day) if self.date.is_day and self.date.first_day else ""


def date_claims(claims: Iterable[Claim]) -> list[tuple[PartialDate, Claim]]:
    """Dates that other sources give, as dates; a claim that is none is left to the facts table."""
    found = []
    for claim in claims:
        if claim.of == "when":
            try:
                found.append((PartialDate.parse(claim.value), claim))
            except ValueError:
                continue
    return found


def days(
    programme: Programme, activities: list[Activity], parts: dict[Any, list[Part]], claims: dict[Any, list[Claim]]
) -> list[Day]:
    """The rail: dated activities by day; an undated one keeps the place that the programme gives it.

    parts, claims  of the activities, from `parts_of` and `claims_of`
    """
    rows = {
        activity.pk: Row(activity, parts.get(activity.pk, []), date_claims(claims.get(activity.pk, [])))
        for activity in activities
    }
    top: list[tuple[dt.date, int, Activity]] = []
    key = programme.period.first_day or dt.date.min
    for order, activity in enumerate(activities):
        if activity.inside_id in rows and _same_stop(activity, rows[activity.inside_id].activity):
            rows[activity.inside_id].inner.append(rows[activity.pk])
            continue
        if activity.when.first_day:
            key = activity.when.first_day
        top.append((key, order, activity))
    result: list[Day] = []
    for _key, _order, activity in sorted(top, key=lambda item: item[:2]):
        if not result or result[-1].date != activity.when or result[-1].within != activity.within:
            result.append(Day(activity.when, activity.within))
        result[-1].rows.append(rows[activity.pk])
    return result


def _same_stop(inner: Activity, outer: Activity) -> bool:
    """An inner activity stands below its outer one unless it has a day of its own."""
    return not inner.when.is_known or inner.when == outer.when


def stops_of(activity: Activity) -> list[list[Any]]:
    """What each stop says of itself: title, venue, town, else region or country; its day. One query at most."""
    codes = {stop["where"]["region"] for stop in activity.stops if stop.get("where", {}).get("region")}
    regions = {region.code: region.name for region in Region.objects.filter(code__in=codes)} if codes else {}
    found = []
    for stop in activity.stops:
        where = stop.get("where", {})
        parts: list[Any] = [
            Localized(text) for text in (stop.get("title"), where.get("name"), where.get("locality")) if text
        ]
        if not where.get("locality") and where.get("region") in regions:
            parts.append(regions[where["region"]])
        if not parts and where.get("country"):
            parts.append(language.country(where["country"], dates.locale_of()))
        day = PartialDate.parse(stop.get("when"))
        found.append([*parts, *([day] if day.is_known else [])])
    return found


CLAIM_NAMES = {
    "when": _("date"),
    "period": _("term"),
    "duration": _("duration"),
    "area": _("area"),
    "decided": _("decided on"),
    "countries_number": _("number of countries"),
    "institutions_strengthened": _("institutions strengthened"),
    "trainers": _("led by"),
    "rank_in_the_world": _("rank in the world"),
    "rank_among_arab_countries": _("rank among Arab countries"),
    "slogan": _("slogan"),
    "subject": _("subject"),
    "rank_world": _("rank in the world"),
    "rank_arab": _("rank among Arab countries"),
    "reach": _("people reached"),
    "amount": _("amount"),
    "number": _("number"),
    "title": _("title"),
    "place": _("place"),
    "audience": _("participants"),
    "participants": _("participants"),
    "reach_estimated": _("people reached, estimated"),
    "reach_measured": _("people reached, measured"),
    "held": _("held"),
    "state": _("state"),
    "signed": _("signed on"),
    "country": _("country"),
    "budget": _("budget"),
    "organiser": _("organiser"),
    "funder": _("funder"),
    "language": _("language"),
}


@dataclass
class ClaimGroup:
    """What sources say about one field; `differ` when they do not say the same (or read it in two ways)."""

    name: Any
    claims: list[Claim]

    @property
    def differ(self) -> bool:
        return len({(str(claim.value), str(claim.reading)) for claim in self.claims}) > 1


def claim_groups(claims: Iterable[Claim]) -> list[ClaimGroup]:
    groups: dict[str, list[Claim]] = defaultdict(list)
    for claim in claims:
        groups[claim.of].append(claim)
    return [ClaimGroup(CLAIM_NAMES.get(of, of.replace("_", " ")), found) for of, found in groups.items()]
