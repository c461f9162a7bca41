"""Section `quotas` of a programme file: how one comes to an activity, and who has how many of its places."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.coordination.models import Function
from tansiq.core.errors import Refused
from tansiq.core.exchange import DATE, SLUG, TEXT, Loading, Section, array, date, drop_empty, obj, plain, register
from tansiq.participation import attendance, places
from tansiq.participation.models import Admission, Quota
from tansiq.people.models import Region
from tansiq.programme.exchange import programme_of
from tansiq.programme.exporting import Exporting
from tansiq.programme.models import Programme

_STR = {"type": "string", "maxLength": 300}
INSTANT = {"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}$", "title": "day and hour"}
_PLACES = {"type": "integer", "minimum": 0, "maximum": 1_000_000}
# The keys that say whom places are set aside for, by dimension.
KEYS = {
    Quota.Dimension.REGION.value: "region", Quota.Dimension.PROFESSION.value: "profession",
    Quota.Dimension.ORGANISATION.value: "administration",
}  # fmt: skip
CERTIFICATE = obj(
    {
        "minutes": {"type": "integer", "minimum": 0, "maximum": 100_000},
        "score": {"type": "integer", "minimum": 0, "maximum": 100}, "approval": {"type": "boolean"},
        "valid_months": {"type": "integer", "minimum": 1, "maximum": 600},
        "hours": {"type": "integer", "minimum": 1, "maximum": 10_000}, "signatory": SLUG,
    }
)  # fmt: skip
JOINING = obj(
    {
        "url": {"type": "string", "pattern": "^https?://[^\\s/]+\\S*$", "maxLength": 500}, "platform": _STR, "host": _STR,
        "backup_host": _STR, "telephone": _STR, "rehearsal": TEXT, "channels": TEXT, "recording": TEXT, "notes": TEXT,
    }
)  # fmt: skip
ADMISSION = obj(
    {
        "activity": _STR, "capacity": {**_PLACES, "minimum": 1}, "opens": INSTANT, "closes": INSTANT,
        "public": {"type": "boolean"}, "approval": {"type": "boolean"}, "asks_organisation": {"type": "boolean"},
        "professions": array(obj({"id": SLUG, "name": TEXT}, ["id", "name"])),
        "places": array(obj({**dict.fromkeys(KEYS.values(), _STR), "number": _PLACES}, ["number"])),
        "unused_places_move": DATE, "order": array({"enum": [one.value for one in Admission.Order]}),
        "certificate": CERTIFICATE, "joining": JOINING,
    },
    ["activity", "capacity"],
)  # fmt: skip


def load(loading: Loading, items: list[dict[str, Any]]) -> None:
    programme = programme_of(loading)
    rows = Admission.objects.filter(activity__programme=programme).select_related("activity__programme")
    known = {row.activity_id: row for row in rows.prefetch_related("quotas")}
    seen: set[Any] = set()
    for number, item in enumerate(items):
        path = f"quotas[{number}]"
        activity = loading.find("activities", item["activity"], f"{path}.activity")
        if activity is None:
            continue
        if activity.pk in seen:
            loading.problem(f"{path}.activity", _("The places of this activity stand twice."))
            continue
        seen.add(activity.pk)
        wanted = _wanted(loading, item, path)
        row = known.get(activity.pk)
        before = _picture(row) if row else None
        row = row or Admission(activity=activity, capacity=item["capacity"], left=item["capacity"])
        row.opens_at = instant(loading, programme, item.get("opens"), f"{path}.opens")
        row.closes_at = instant(loading, programme, item.get("closes"), f"{path}.closes")
        if row.opens_at and row.closes_at and row.closes_at <= row.opens_at:
            loading.problem(f"{path}.closes", _("It closes before it opens. Exchange the two."))
            row.closes_at = None
        row.is_public, row.needs_approval = item.get("public", False), item.get("approval", False)
        row.asks_organisation = item.get("asks_organisation", True)
        row.professions, row.order = plain(item.get("professions", [])), item.get("order", [])
        moves = date(loading, item.get("unused_places_move"), f"{path}.unused_places_move")
        if moves.is_known and not moves.is_day:
            loading.problem(f"{path}.unused_places_move", _("Write one day, such as 2020-07-27."))
        row.unused_from = moves.first_day if moves.is_day else None
        signatory = item.get("certificate", {}).get("signatory")
        if signatory and not Function.objects.filter(slug=signatory).exists():
            text = _("There is no function “%(key)s”. Write one of the section “functions”, or of the country pack.")
            loading.problem(f"{path}.certificate.signatory", text % {"key": signatory})
        row.certificate, row.joining = plain(item.get("certificate", {})), plain(item.get("joining", {}))
        after = {**_head(row), "capacity": item["capacity"], "places": _plain_places(wanted, item["capacity"])}
        if loading.note("quotas", row, before, after):
            row.save(update_fields=None if row._state.adding else Admission.SET)
            attendance.settle(row, by=loading.by, now=loading.now)
            try:
                places.settle(row, item["capacity"], wanted)
            except Refused as refusal:
                loading.problem(path, str(refusal))


def _wanted(loading: Loading, item: dict[str, Any], path: str) -> dict[tuple[str, str], int]:
    """{("region", "MA-04"): 8}; a key that is not known is a problem."""
    professions = {one["id"] for one in item.get("professions", [])}
    regions = set(Region.objects.values_list("code", flat=True))
    wanted: dict[tuple[str, str], int] = {}
    for number, one in enumerate(item.get("places", [])):
        here = f"{path}.places[{number}]"
        named = [dimension for dimension, key in KEYS.items() if key in one]
        if len(named) > 1:
            text = _("Places are set aside for a region, a profession or an organisation: name one of them.")
            loading.problem(here, text)
            continue
        # Whoever is named by no entry: the rest.
        dimension = named[0] if named else Quota.Dimension.REGION.value
        key = one.get(KEYS[dimension], "")
        if dimension == Quota.Dimension.PROFESSION and key not in professions:
            loading.problem(f"{here}.profession", _("There is no profession “%(key)s” in this list.") % {"key": key})
        elif dimension == Quota.Dimension.REGION and key and key not in regions:
            known = ", ".join(sorted(regions)) or "-"
            text = _("There is no region “%(key)s” in the country pack. Known: %(known)s.")
            loading.problem(f"{here}.region", text % {"key": key, "known": known})
        elif dimension == Quota.Dimension.ORGANISATION:
            loading.find("organisations", key, f"{here}.administration")
        if (dimension, key) in wanted:
            loading.problem(here, _("“%(key)s” stands twice.") % {"key": key})
        wanted[(dimension, key)] = one["number"]
    for dimension in {one for one, _key in wanted}:
        total = sum(size for (one, _key), size in wanted.items() if one == dimension)
        if total > item["capacity"]:
            message = _("%(total)s places are set aside, more than the %(capacity)s that there are.")
            loading.problem(f"{path}.places", message % {"total": total, "capacity": item["capacity"]})
    return wanted


def instant(loading: Loading, programme: Programme, value: str | None, path: str) -> dt.datetime | None:
    """An hour as it is written, in the programme's time zone; a problem at `path` where there is no such hour."""
    if not value:
        return None
    try:
        naive = dt.datetime.fromisoformat(value.replace(" ", "T"))
    except ValueError:
        loading.problem(path, _("“%(value)s” is no day and hour. Write 2020-07-30T09:00.") % {"value": value})
        return None
    return naive.replace(tzinfo=zone_of(programme))


def zone_of(programme: Programme) -> ZoneInfo:
    return ZoneInfo(programme.time_zone or settings.TIME_ZONE)


def local(at: dt.datetime | None, programme: Programme) -> str | None:
    """The hour as a file holds it."""
    return timezone.localtime(at, zone_of(programme)).strftime("%Y-%m-%dT%H:%M") if at else None


def _head(row: Admission) -> dict[str, Any]:
    programme = row.activity.programme
    return {
        "activity": row.activity.slug, "opens": local(row.opens_at, programme),
        "closes": local(row.closes_at, programme),
        "public": row.is_public, "approval": row.needs_approval, "asks_organisation": row.asks_organisation,
        "professions": plain(row.professions), "order": list(row.order),
        "unused_places_move": row.unused_from and row.unused_from.isoformat(),
        "certificate": plain(row.certificate), "joining": plain(row.joining),
    }  # fmt: skip


def _picture(row: Admission) -> dict[str, Any]:
    # As they were set aside: what the rule moved since is no change of the file.
    aside = {(one.dimension, one.key): one.size - one.moved for one in row.quotas.all()}
    return {**_head(row), "capacity": row.capacity, "places": _plain_places(aside, row.capacity)}


def _plain_places(aside: dict[tuple[str, str], int], capacity: int) -> list[dict[str, Any]]:
    """In the file's order; the rest of a dimension stands there only where it is not what is left of the capacity."""
    named: dict[str, int] = {}
    for (dimension, key), size in aside.items():
        named[dimension] = named.get(dimension, 0) + (size if key else 0)
    return [
        {KEYS[dimension]: key, "number": size} if key else {"number": size}
        for (dimension, key), size in sorted(aside.items())
        if key or size != max(capacity - named[dimension], 0)
    ]


def export(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    rows = Admission.objects.filter(activity__programme=programme).select_related("activity__programme")
    exported = []
    for row in rows.prefetch_related("quotas").order_by("activity__position"):
        picture = _picture(row)
        # What is the default is not written.
        for name, default in (("public", False), ("approval", False), ("asks_organisation", True)):
            picture[name] = None if picture[name] == default else picture[name]
        exported.append(drop_empty(picture))
    return exported


register("programme", Section("quotas", array(ADMISSION), load, export, permission="participation.view_admission"))
