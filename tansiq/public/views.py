"""Public pages: fetch what is published, hand it to a template. The language is the first part of the address."""

from __future__ import annotations

import copy
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language

from tansiq.commission.models import Seat
from tansiq.coordination import sources
from tansiq.core import packs
from tansiq.core import search as index
from tansiq.core.dates import PartialDate
from tansiq.media import assets
from tansiq.outreach.models import HandOver, Material, Visit
from tansiq.participation.models import Admission
from tansiq.people.models import Organisation, Region
from tansiq.programme.models import Activity, Commitment, Instrument, Involvement, Programme, Project
from tansiq.public import rail, trace

FOUND_ON_A_PAGE = 20
TILE = (64, 40)  # a tile of the regions' grid, in units of its drawing


def start(request: HttpRequest) -> HttpResponse:
    """To the site's first language, whatever the browser prefers."""
    return HttpResponseRedirect(f"/{settings.LANGUAGE_CODE}/")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return render(request, "public/not_found.html", status=404)


def _programme(slug: str) -> Programme:
    return get_object_or_404(Programme.objects.public(timezone.now()), slug=slug)


def _activities(programme: Programme) -> list[Activity]:
    return list(programme.activities.select_related("place__region", "project").order_by("position"))


def home(request: HttpRequest, lang: str) -> HttpResponse:
    """The programme that is on, comes next or was last, with its rail; the others below."""
    now = timezone.now()
    everything = list(Programme.objects.public(now))
    shown = _to_show(everything, now.date())
    context: dict[str, Any] = {"others": [one for one in everything if one != shown][:6], "section": "home"}
    if shown:
        context |= _programme_context(shown)
    return render(request, "public/home.html", context)


def _to_show(programmes: list[Programme], today: Any) -> Programme | None:
    """The one that is running or comes first; where all are over, the pack's own country's richest one.

    The demo shows the programme of the source document: it is the one with an archived text.
    """
    coming = [one for one in programmes if one.last_day and one.last_day >= today]
    if coming:
        invented = sources.fictional(coming)  # what was invented never stands before what is real
        coming = [one for one in coming if one.pk not in invented]
    if coming:
        return min(coming, key=lambda one: one.first_day or today)
    traced = set(sources.SourceText.objects.values_list("programme_id", flat=True))
    with_text = [one for one in programmes if one.pk in traced]
    return next(iter(with_text or programmes), None)


def _programme_context(programme: Programme) -> dict[str, Any]:
    activities = _activities(programme)
    parts, claims = rail.parts_of([programme, *activities]), rail.claims_of([programme, *activities])
    return {
        "programme": programme,
        "days": rail.days(programme, activities, parts, claims),
        "activities": activities,
        "parts": parts.get(programme.pk, []),
        "states": sorted({activity.state for activity in activities}),
        "projects": list(programme.projects.all()),
        "materials": list(programme.materials.all()),
        "commitments": list(programme.commitments.select_related("signatory", "through")),
        "has_source": programme.source_texts.exists(),
        "notes": programme.notes,
        "programme_claims": rail.claim_groups(claims[programme.pk]),
    }


def programmes(request: HttpRequest, lang: str) -> HttpResponse:
    rows = list(Programme.objects.public(timezone.now()))
    context = {"programmes": rows, "parts": rail.parts_of(rows), "section": "programmes"}
    return render(request, "public/programmes.html", context)


def programme(request: HttpRequest, lang: str, slug: str) -> HttpResponse:
    return render(request, "public/programme.html", {**_programme_context(_programme(slug)), "section": "programmes"})


def activities(request: HttpRequest, lang: str) -> HttpResponse:
    rows = (
        Activity.objects.public(timezone.now())
        .filter(inside=None)
        .select_related("programme", "place__region")
        .order_by("-programme__first_day", "programme", "position")
    )
    page = Paginator(rows, 100).get_page(request.GET.get("p"))
    return render(request, "public/activities.html", {"activities": list(page), "page": page, "section": "activities"})


def _activity(slug: str) -> Activity:
    rows = Activity.objects.public(timezone.now()).select_related("programme", "inside", "project", "place__region")
    return get_object_or_404(rows, slug=slug)


def activity(request: HttpRequest, lang: str, slug: str) -> HttpResponse:
    row = _activity(slug)
    inner = list(row.inner.select_related("place__region"))
    claims = rail.claims_of([row])[row.pk]
    sites = Prefetch("hand_overs", HandOver.objects.select_related("material"))
    visit = Visit.objects.filter(activity=row).prefetch_related("sites", sites).first()
    labels = sources.Labels(row.programme)
    other_dates = rail.date_claims(claims)
    dated = [claim for _date, claim in other_dates]
    in_agenda = [item["organisation"] for item in row.agenda if item.get("organisation")]
    context = {
        "activity": row,
        "inner": inner,
        "parts": rail.marked(rail.parts_of([row]).get(row.pk, []), labels, f"activities.{row.slug}"),
        "other_dates": other_dates,
        "claims": rail.claim_groups(claim for claim in claims if claim not in dated),
        "named": {one.slug: one.name for one in Organisation.objects.filter(slug__in=in_agenda)} if in_agenda else {},
        "visit": visit,
        "stops": rail.stops_of(row),
        "materials": list(row.materials.all()),
        "commitments": list(row.commitments.select_related("signatory")),
        "admission": Admission.objects.filter(activity=row, is_public=True).first(),
        "marks": {
            name: labels.of(f"activities.{row.slug}.{name}") for name in ("when", "where", "audience", "state", "title")
        },
        "section": "activities",
        "has_source": row.programme.source_texts.exists(),
    }
    return render(request, "public/activity.html", context)


def project(request: HttpRequest, lang: str, slug: str) -> HttpResponse:
    row = _programme(slug)
    projects = list(row.projects.select_related("parent", "source"))
    if not projects:
        raise Http404
    claims, parts = rail.claims_of(projects), rail.parts_of(projects)
    labels = sources.Labels(row)
    known = {source.key: source for source in labels.sources.values()}
    context = {
        "programme": row,
        "has_source": row.source_texts.exists(),
        "projects": [
            {
                "project": one,
                "parts": rail.marked(parts.get(one.pk, []), labels, f"projects.{one.slug}"),
                "claims": rail.claim_groups(claims[one.pk]),
                "shares": [{**share, "from": known.get(share.get("source"))} for share in one.shares],
                "marks": {
                    name: labels.of(f"projects.{one.slug}.{name}")
                    for name in ("amount", "ids", "title", "shares", "period")
                },
            }
            for one in projects
        ],
        "section": "programmes",
    }
    return render(request, "public/project.html", context)


def commission(request: HttpRequest, lang: str) -> HttpResponse:
    seats = list(Seat.objects.select_related("institution", "source"))
    body = Organisation.objects.filter(slug=packs.section("body") or "").select_related("source").first()
    regions = list(Region.objects.all())
    placed: list[Any] = [region for region in regions if region.column is not None and region.row is not None]
    return render(
        request,
        "public/commission.html",
        {
            "seats": seats,
            # One basis for all of them stands above the table once.
            "basis": seats[0] if len({(str(seat.legal_basis), seat.source_id) for seat in seats}) == 1 else None,
            "organisation": body,
            "regions": regions,
            "section": "commission",
            "tiles": [(region, region.column * TILE[0], region.row * TILE[1]) for region in placed],
            "tiles_width": max((region.column + 1 for region in placed), default=0) * TILE[0],
            "tiles_height": max((region.row + 1 for region in placed), default=0) * TILE[1],
        },
    )


def commitments(request: HttpRequest, lang: str) -> HttpResponse:
    rows = list(
        Commitment.objects.public(timezone.now()).select_related("signatory", "through", "programme", "activity")
    )
    instruments = {row.slug: row for row in Instrument.objects.select_related("organisation")}
    context = {"rows": [(row, instruments.get(row.instrument)) for row in rows], "section": "commitments"}
    return render(request, "public/commitments.html", context)


def commitment(request: HttpRequest, lang: str, slug: str) -> HttpResponse:
    rows = Commitment.objects.public(timezone.now()).select_related(
        "signatory", "through", "programme", "activity", "source"
    )
    row = get_object_or_404(rows, slug=slug)
    context = {
        "commitment": row,
        "instrument": Instrument.objects.filter(slug=row.instrument).select_related("organisation").first(),
        "undertakings": list(row.undertakings.select_related("owner")),
        "claims": rail.claim_groups(rail.claims_of([row])[row.pk]),
        "section": "commitments",
    }
    return render(request, "public/commitment.html", context)


def partners(request: HttpRequest, lang: str) -> HttpResponse:
    now = timezone.now()
    used = Involvement.objects.filter(programme__published_at__lte=now).values("organisation")
    rows = list(Organisation.objects.filter(pk__in=used))
    rows.sort(key=lambda row: str(row.name))
    groups: dict[str, list[Organisation]] = {}
    for row in rows:
        groups.setdefault(str(row.get_kind_display()), []).append(row)
    return render(request, "public/partners.html", {"groups": groups.items(), "section": "partners"})


def partner(request: HttpRequest, lang: str, slug: str) -> HttpResponse:
    """Who did what: every published part of one organisation, by one query and one look-up per kind of record."""
    now = timezone.now()
    row = get_object_or_404(Organisation.objects.select_related("parent", "source"), slug=slug)
    involvements = list(row.involvements.filter(programme__published_at__lte=now).select_related("programme", "source"))
    signed = Commitment.objects.public(now).filter(Q(signatory=row) | Q(through=row))
    if not involvements and row.slug != packs.section("body") and not row.seats.exists() and not signed.exists():
        raise Http404
    named: dict[Any, Any] = {}
    for model in (Programme, Activity, Project, Material, Commitment):
        ids = [item.subject_id for item in involvements if item.subject_kind == model.record_kind()]
        named |= {record.pk: record for record in model.objects.filter(pk__in=ids)} if ids else {}
    parts = [(item, named.get(item.subject_id)) for item in involvements]
    kinds = [model.record_kind() for model in (Programme, Project, Activity, Material, Commitment)]
    parts.sort(
        key=lambda pair: (
            str((pair[0].programme and pair[0].programme.first_day) or ""),
            str(pair[0].programme_id),
            kinds.index(pair[0].subject_kind),
            str(getattr(pair[1], "first_day", "") or "9999"),
            getattr(pair[1], "position", 0),
        )
    )
    context = {
        "organisation": row,
        "parts": parts,
        "seats": list(row.seats.all()),
        "logo": assets.public_logo(row, now),
        "section": "partners",
    }
    return render(request, "public/partner.html", context)


def materials(request: HttpRequest, lang: str) -> HttpResponse:
    rows = list(
        Material.objects.filter(programme__published_at__lte=timezone.now())
        .select_related("programme")
        .prefetch_related("activities")
    )
    shown: dict[Any, Any] = {asset.pk: asset for asset in assets.public_of(rows, timezone.now())}
    claims = rail.claims_of(rows)
    context = {
        "materials": [(row, shown.get(row.asset_id), rail.claim_groups(claims[row.pk])) for row in rows],
        "section": "materials",
    }
    return render(request, "public/materials.html", context)


def about(request: HttpRequest, lang: str) -> HttpResponse:
    return render(request, "public/about.html", {"section": "about", "pack_name": packs.section("name")})


def help_page(request: HttpRequest, lang: str) -> HttpResponse:
    response = render(request, "public/help.html", {"section": "help", "emergency": packs.section("emergency") or []})
    response["Cache-Control"] = "no-store"
    return response


def search(request: HttpRequest, lang: str) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:200]
    asked = request.GET.get("p", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1
    offset = max(number - 1, 0) * FOUND_ON_A_PAGE
    language, now = get_language() or lang, timezone.now()
    found = index.find(query, language=language, now=now, limit=FOUND_ON_A_PAGE, offset=offset) if query else None
    page = Paginator(range(found.total if found else 0), FOUND_ON_A_PAGE).get_page(number)
    context = {"query": query, "found": found, "page": page, "section": "search"}
    return render(request, "public/search.html", context)


def media(request: HttpRequest, asset: Any, width: int | None = None) -> Any:
    opened = assets.open_public(asset, width, timezone.now())
    if opened is None:
        raise Http404
    file, media_type = opened
    return FileResponse(file, content_type=media_type, headers={"Cache-Control": "private, no-cache"})


# --- the source beside the records ----------------------------------------------------------------------------------


def programme_source(request: HttpRequest, lang: str, slug: str) -> HttpResponse:
    return _source_page(request, _programme(slug), None)


def activity_source(request: HttpRequest, lang: str, slug: str) -> HttpResponse:
    row = _activity(slug)
    return _source_page(request, row.programme, row)


def _source_page(request: HttpRequest, row: Programme, activity: Activity | None) -> HttpResponse:
    page = trace.page(row, activity)
    texts = list(row.source_texts.select_related("source").prefetch_related("spans__traces"))
    context = {
        "programme": row,
        "activity": activity,
        "texts": [(text, sources.segments(text)) for text in texts],
        "records": page.records,
        "anchored": page.anchored,
        "section": "programmes",
    }
    return render(request, "public/source.html", context)


# --- the tour -------------------------------------------------------------------------------------------------------


def tour(request: HttpRequest, lang: str, step: int = 1) -> HttpResponse:
    """Four stops in two minutes. The moved activity of the third is a trial on a copy: nothing is stored."""
    now = timezone.now()
    shown = _to_show(list(Programme.objects.public(now)), now.date())
    if shown is None or not 1 <= step <= 4:
        raise Http404
    rows = _activities(shown)
    context: dict[str, Any] = {"programme": shown, "step": step, "section": "tour", "steps": range(1, 5)}
    if step == 1:
        context["has_source"] = shown.source_texts.exists()
    if step == 2:
        context["titles"] = [(code, name, shown.title.text(code), shown.period) for code, name in settings.LANGUAGES]
    if step == 3:
        claims = rail.claims_of(rows)
        moved = next(
            ((one, rail.date_claims(claims[one.pk])) for one in rows if rail.date_claims(claims[one.pk])), None
        )
        if moved:
            one, dates = moved
            trial = copy.copy(one)
            trial.when, trial.state = PartialDate.parse(dates[0][0]), Activity.State.MOVED
            context |= {"before": one, "after": trial, "claim": dates[0][1]}
    if step == 4:
        context["projects"] = list(shown.projects.all())
    return render(request, "public/tour.html", context)
