"""What a programme on record states, in the shape in which texts are compared: dates, sums, numbers, who and where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tansiq.core.models import Claim, Source
from tansiq.newsroom import facts
from tansiq.newsroom.compare import Item, Side
from tansiq.newsroom.facts import Fact
from tansiq.newsroom.gazetteer import Gazetteer
from tansiq.newsroom.records import place_key
from tansiq.people.models import Organisation
from tansiq.programme.models import Activity, Commitment, Involvement, Programme, Role

PROGRAMME = -1  # the side of what is on record
_KINDS = {"walk": "march", "illumination": "ceremony", "other": ""}


def of(programme: Programme, known: Gazetteer) -> tuple[list[Item], list[Item]]:
    """(what a text about the programme should say, what it may say besides), with a fixed number of queries."""
    activities = list(programme.activities.select_related("place"))
    projects = list(programme.projects.all())
    involved: dict[Any, list[Involvement]] = {}
    for one in Involvement.objects.filter(programme=programme).select_related("organisation"):
        involved.setdefault(one.subject_id, []).append(one)
    should = [_item("date", programme.period.edtf, "", programme.period)] if programme.period.edtf else []
    may: list[Item] = []
    should += [_organisation(one) for one in involved.get(programme.pk, [])]
    for activity in activities:
        should += list(_activity(activity))
        may += list(_where(activity))
        should += [_organisation(one, _kinds(activity)) for one in involved.get(activity.pk, [])]
    for project in projects:
        if project.amount is not None:
            should.append(_item("amount", f"{project.amount.normalize():f}", project.currency, project))
        if project.period.edtf:
            may.append(_item("date", project.period.edtf, "", project))
        may += [_organisation(one) for one in involved.get(project.pk, [])]
    may += list(_claims([programme.pk, *(one.pk for one in [*activities, *projects])], known))
    sources = Source.objects.filter(scope=f"programme:{programme.slug}")
    may += [_item("date", source.date.edtf, "", source) for source in sources if source.date.edtf]
    signed = Commitment.objects.filter(programme=programme).values_list("signatory__slug", "through__slug")
    named = Organisation.objects.filter(source__in=sources).values_list("slug", flat=True)
    may += [
        _item("organisation", slug, "", slug) for slug in {*named, *(one for pair in signed for one in pair)} if slug
    ]
    return should, may


def _item(kind: str, value: str, unit: str, record: Any, about: frozenset[str] = frozenset(), role: str = "") -> Item:
    is_name = kind in ("organisation", "place")
    fact = Fact(kind, value, unit, 0, 0, key=value if is_name else "", role=role)
    key = (kind, value, role) if is_name else (kind, value, unit) if kind in ("number", "amount") else (kind, value)
    return Item(key, about, Side(PROGRAMME, fact, str(record)))


def _kinds(activity: Activity) -> frozenset[str]:
    kind = _KINDS.get(activity.kind, activity.kind)
    return frozenset({kind} if kind else ())


def _activity(activity: Activity) -> Iterator[Item]:
    about = _kinds(activity)
    for kind in about:
        yield _item("activity", kind, "", activity, about)
    if activity.when.edtf:
        yield _item("date", activity.when.edtf, "", activity, about)
    if activity.starts_at_time:
        yield _item("date", f"T{activity.starts_at_time:%H:%M}", "", activity, about)
    for audience in activity.audience:
        if (audience.get("number") or 0) > 2:
            yield _item("number", str(audience["number"]), "", activity, about)


def _where(activity: Activity) -> Iterator[Item]:
    if activity.ends_at_time:
        yield _item("date", f"T{activity.ends_at_time:%H:%M}", "", activity, _kinds(activity))
    place = activity.place
    if place:
        for name in (place.name, place.locality):
            if name:
                yield _item("place", place_key(name), "", activity, _kinds(activity))
        for code in (place.region_id, place.country):
            if code:
                yield _item("place", code, "", activity, _kinds(activity))


def _organisation(one: Involvement, about: frozenset[str] = frozenset()) -> Item:
    role = "funder" if one.role == Role.FUNDER else ""
    return _item("organisation", one.organisation.slug, "", one.organisation, about, role)


def _claims(subjects: list[Any], known: Gazetteer) -> Iterator[Item]:
    """What sources say of it: a text may follow any of them."""
    for claim in Claim.objects.filter(subject_id__in=subjects).select_related("source"):
        value = claim.value
        if isinstance(value, dict) and set(value) == {"from", "to"}:
            yield _item("date", f"{value['from']}/{value['to']}", "", claim)
        elif isinstance(value, int):
            yield _item("number", str(value), "", claim)
        elif isinstance(value, str) and value[:1] == "P" and value[1:-1].isdigit():
            unit = {"Y": "year", "M": "month", "W": "week", "D": "day"}.get(value[-1], "")
            yield _item("number", value[1:-1], unit, claim)
        elif isinstance(value, str):
            for fact in facts.read(value, language=claim.source.language or "fr", records=known).facts:
                if fact.kind == "date" or fact.key:
                    yield _item(fact.kind, fact.key or fact.value, "", claim, role=fact.role)
