"""A programme as its file again: what it holds, read with a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from tansiq.core.exchange import drop_empty, export_claims
from tansiq.core.models import Claim, Source
from tansiq.people.exchange import export_organisation, export_place
from tansiq.people.models import Organisation
from tansiq.programme.models import Activity, Instrument, Involvement, Programme, Project


class Exporting:
    """What a programme's export needs, read once: its sources, organisations, involvements and claims.

    files  for an archive: how to read each file that goes with it, by its path there; None for a file alone
    """

    def __init__(self, programme: Programme, *, is_archive: bool = False) -> None:
        self.programme = programme
        self.files: dict[str, Callable[[], bytes]] | None = {} if is_archive else None
        self.sources = list(Source.objects.filter(scope=f"programme:{programme.slug}").order_by("key"))
        self.involvements: dict[Any, list[Involvement]] = defaultdict(list)
        rows = Involvement.objects.filter(programme=programme).select_related(
            "organisation__parent", "organisation__source", "source"
        )
        for row in rows:
            self.involvements[row.subject_id].append(row)
        self.used = {row.organisation_id: row.organisation for row in rows}
        self.claims: dict[Any, list] = defaultdict(list)
        for claim in Claim.objects.filter(source__scope=f"programme:{programme.slug}").select_related("source"):
            self.claims[claim.subject_id].append(claim)

    def attach(self, path: str, read: Callable[[], bytes] | None) -> str | None:
        """Take a file along under this path, and name it so; None where there is no file, or no archive."""
        if self.files is None or read is None:
            return None
        self.files[path] = read
        return path

    def use(self, organisation: Any) -> str | None:
        if organisation is None:
            return None
        self.used[organisation.pk] = organisation
        return organisation.slug

    def involved(self, record: Any) -> list[dict[str, Any]]:
        return [
            drop_empty(
                {
                    "organisation": self.use(row.organisation), "role": row.role, "words": dict(row.words),
                    "source": row.source.key if row.source else None,
                }
            )
            for row in self.involvements[record.pk]
        ]  # fmt: skip

    def claims_of(self, record: Any) -> list[dict[str, Any]]:
        return export_claims(self.claims[record.pk])

    def organisations(self) -> list[dict[str, Any]]:
        """Those that a file brought; what the pack knows is not repeated."""
        named = {
            entry["organisation"]
            for activity in self.programme.activities.all()
            for entry in [*activity.audience, *activity.agenda]
            if entry.get("organisation")
        }
        self.used |= {
            row.pk: row for row in Organisation.objects.filter(slug__in=named).select_related("parent", "source")
        }
        own = {
            row.pk: row
            for row in Organisation.objects.filter(origin=f"programme:{self.programme.slug}").select_related(
                "parent", "source"
            )
        }
        others = {key: row for key, row in self.used.items() if not row.origin.startswith("pack:")}
        found = {**own, **others}
        # What they belong to goes along too, though another file brought it: else this one would not load elsewhere.
        while missing := {row.parent_id for row in found.values() if row.parent_id} - set(found):
            above = Organisation.objects.filter(pk__in=missing).exclude(origin__startswith="pack:")
            more = {row.pk: row for row in above.select_related("parent", "source")}
            if not more:
                break
            found |= more
        rows = sorted(found.values(), key=lambda row: row.slug)
        known = {source.key for source in self.sources}
        exported = [export_organisation(row) for row in rows]
        for item in exported:
            if item.get("source") not in known:
                item.pop("source", None)
        return exported


def export_head(programme: Programme, out: Exporting) -> dict[str, Any]:
    occasions = [item["text"] if set(item) == {"text"} else item for item in programme.occasions]
    return drop_empty(
        {
            "slug": programme.slug, "reference_language": programme.reference_language,
            "title": dict(programme.title), "full_title": dict(programme.full_title),
            "summary": dict(programme.summary), "period": programme.period.to_data(),
            "time_zone": programme.time_zone, "country": programme.country,
            "published": None if programme.published_at else False, "occasions": occasions,
            "themes": programme.themes, "frameworks": programme.frameworks, "involved": out.involved(programme),
            "claims": out.claims_of(programme), "notes": programme.notes,
        }
    )  # fmt: skip


def export_activities(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    inner: dict[Any, list[Activity]] = defaultdict(list)
    for activity in programme.activities.select_related("place", "project", "source").order_by("position"):
        inner[activity.inside_id].append(activity)

    def one(activity: Activity) -> dict[str, Any]:
        return drop_empty(
            {
                "slug": activity.slug, "kind": activity.kind, "state": activity.state, "title": dict(activity.title),
                "summary": dict(activity.summary), "when": _export_when(activity),
                "where": export_place(activity.place), "stops": activity.stops, "mode": activity.mode,
                "languages": activity.languages, "audience": activity.audience, "agenda": activity.agenda,
                "involved": out.involved(activity), "announcements": activity.announcements,
                "claims": out.claims_of(activity), "project": activity.project.slug if activity.project else None,
                "notes": activity.notes, "source": activity.source.key if activity.source else None,
                "activities": [one(child) for child in inner[activity.pk]],
            }
        )  # fmt: skip

    return [one(activity) for activity in inner[None]]


def _export_when(activity: Activity) -> dict[str, Any]:
    def clock(value: dt.time | None) -> str | None:
        return value.strftime("%H:%M") if value else None

    return drop_empty(
        {
            "date": activity.when.to_data(), "within": activity.within.to_data() if activity.within else None,
            "part": activity.part, "time": clock(activity.starts_at_time), "end_time": clock(activity.ends_at_time),
        }
    )  # fmt: skip


def export_projects(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    def amount(project: Project) -> dict[str, Any] | None:
        if project.amount_minor is None:
            return None
        amount: Any = project.amount
        return {"value": int(amount) if amount == int(amount) else float(amount), "currency": project.currency}

    return [
        drop_empty(
            {
                "slug": project.slug, "kind": project.kind, "ids": project.ids, "title": dict(project.title),
                "summary": dict(project.summary), "parent": project.parent.slug if project.parent else None,
                "amount": amount(project), "period": project.period.to_data() if project.period else None,
                "shares": project.shares, "involved": out.involved(project), "claims": out.claims_of(project),
                "notes": project.notes, "source": project.source.key if project.source else None,
            }
        )
        for project in programme.projects.select_related("parent", "source")
    ]  # fmt: skip


def export_commitments(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    rows = programme.commitments.select_related("activity", "signatory", "through", "source").prefetch_related(
        "undertakings__owner"
    )
    return [
        drop_empty(
            {
                "slug": row.slug, "kind": row.kind, "of": row.instrument or None, "title": dict(row.title),
                "signatory": out.use(row.signatory), "through": out.use(row.through), "state": row.state,
                "activity": row.activity.slug if row.activity else None,
                "signed": row.signed.to_data() if row.signed else None, "involved": out.involved(row),
                "claims": out.claims_of(row), "source": row.source.key if row.source else None,
                "undertakings": [
                    drop_empty(
                        {
                            "slug": one.slug, "text": dict(one.text), "owner": out.use(one.owner),
                            "due": one.due.to_data() if one.due else None,
                            "done": one.done_date.isoformat() if one.done_date else None,
                            "evidence": one.evidence_url, "fictional": one.is_fictional or None,
                        }
                    )
                    for one in row.undertakings.all()
                ],
            }
        )
        for row in rows
    ]  # fmt: skip


def export_instruments(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    slugs = programme.commitments.values("instrument")
    rows = Instrument.objects.filter(slug__in=slugs).select_related("organisation", "source")
    known = {source.pk for source in out.sources}
    return [
        drop_empty(
            {
                "slug": row.slug, "kind": row.kind, "title": dict(row.title), "organisation": out.use(row.organisation),
                "url": row.url, "source": row.source.key if row.source and row.source.pk in known else None,
            }
        )
        for row in rows
    ]  # fmt: skip
