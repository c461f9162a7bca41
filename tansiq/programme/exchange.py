"""How the sections of a programme file that programme owns become rows.

Activities nest in the file and are one table here; ten thousand of them load with a fixed number of queries.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext as _

from tansiq.core import packs
from tansiq.core.dates import EdgeField, PartialDate, weekday_name
from tansiq.core.exchange import TEXT, Loading, Section, array, date, is_language, obj, plain, register, text
from tansiq.core.language import to_minor
from tansiq.people.exchange import Places, export_place
from tansiq.programme.exporting import (
    export_activities,
    export_commitments,
    export_instruments,
    export_projects,
)  # fmt: skip
from tansiq.programme.models import Activity, Commitment, Instrument, Involvement, Programme, Project, Undertaking
from tansiq.programme.shape import COMMITMENT, INSTRUMENT, PROJECT, STR


def load_head(loading: Loading, head: dict[str, Any]) -> Programme:
    """The programme itself: called by `config.files` before the sections, because they hang on it."""
    programme = Programme.objects.filter(slug=head["slug"]).first()
    before = _head_picture(programme) if programme else None
    programme = programme or Programme(slug=head["slug"])
    programme.reference_language = head.get("reference_language", loading.language)
    for name in ("title", "full_title", "summary"):
        setattr(programme, name, text(head.get(name)))
    programme.reference_language = loading.reference_of(head["title"])
    programme.period = date(loading, head.get("period"), "period")
    programme.time_zone, programme.country = head.get("time_zone", ""), head.get("country", "")
    occasions = [item if "text" in item else {"text": item} for item in head.get("occasions", [])]
    for name, items in (
        ("occasions", occasions), ("themes", head.get("themes", [])), ("frameworks", head.get("frameworks", [])),
        ("notes", head.get("notes", [])),
    ):  # fmt: skip
        for number, item in enumerate(items):
            loading.source(item, f"{name}[{number}]")
            date(loading, item.get("date"), f"{name}[{number}].date")
        setattr(programme, name, plain(items))
    if head.get("published", True):
        programme.published_at = programme.published_at or loading.now
    else:
        programme.published_at = None
    if loading.note("programme", programme, before, _head_picture(programme)):
        programme.save()
    loading.records[("programme", programme.slug)] = programme
    settle_involvements(loading, programme, [(programme, head.get("involved", []), "involved")])
    loading.claims.append((programme, head.get("claims", []), "claims"))
    return programme


def _head_picture(programme: Programme) -> dict[str, Any]:
    names = ("slug", "reference_language", "title", "full_title", "summary", "period", "time_zone", "country",
             "occasions", "themes", "frameworks", "notes")  # fmt: skip
    picture = plain({name: getattr(programme, name) for name in names})
    return {**picture, "published": programme.published_at is not None}


def _walk(items: list[dict[str, Any]], path: str, inside: str | None = None) -> Iterator[tuple[dict, str, str | None]]:
    for number, item in enumerate(items):
        here = f"{path}[{number}]"
        yield item, here, inside
        yield from _walk(item.get("activities", []), f"{here}.activities", item["slug"])


def load_activities(loading: Loading, items: list[dict[str, Any]]) -> None:
    programme = programme_of(loading)
    flat = list(_walk(items, "activities"))
    slugs = [item["slug"] for item, _path, _inside in flat]
    known = {activity.slug: activity for activity in programme.activities.select_related("place", "project", "inside")}
    taken = taken_elsewhere(Activity, slugs, programme)
    places, seen, rows = Places(loading), set(), []
    fresh: dict[str, Activity] = {}
    for position, (item, path, inside) in enumerate(flat):
        slug = item["slug"]
        if slug in seen or slug in taken:
            say_taken(loading, f"{path}.slug", slug, {} if slug in seen else taken)
            continue
        seen.add(slug)
        activity = known.get(slug)
        before = _activity_picture(activity) if activity else None
        activity = activity or Activity(slug=slug, programme=programme)
        fresh[slug] = activity
        activity.position, activity.inside = position, fresh.get(inside or "")
        activity.kind, activity.state = item["kind"], item.get("state", "announced")
        activity.mode = item.get("mode", "")
        activity.title, activity.summary = text(item["title"]), text(item.get("summary"))
        activity.reference_language = loading.reference_of(item["title"])
        _set_when(loading, programme, activity, item.get("when", "unknown"), f"{path}.when")
        activity.place = places.get(item.get("where"), f"{path}.where")
        activity.stops = plain(item.get("stops", []))
        for number, stop in enumerate(activity.stops):
            stopped = date(loading, stop.get("when"), f"{path}.stops[{number}].when")
            _check_inside(loading, programme, slug, stopped, f"{path}.stops[{number}].when")
            places.get(stop.get("where"), f"{path}.stops[{number}].where")
        activity.languages = item.get("languages", [])
        for name in ("audience", "agenda", "announcements", "notes"):
            for number, entry in enumerate(item.get(name, [])):
                loading.source(entry, f"{path}.{name}[{number}]")
                if entry.get("organisation"):
                    loading.find("organisations", entry["organisation"], f"{path}.{name}[{number}].organisation")
            setattr(activity, name, plain(item.get(name, [])))
        activity.source = loading.source(item, path)
        activity.project = loading.find("projects", item["project"], f"{path}.project") if item.get("project") else None
        rows.append((activity, before, item, path))
        loading.records[("activities", slug)] = activity
    places.save()
    new: list[Activity] = []
    changed: list[Activity] = []
    for activity, before, _item, _path in rows:
        after = _activity_picture(activity)
        if not loading.note("activities", activity, before, after):
            continue
        activity.changed_at = loading.now
        if before is not None and any(
            before[name] != after[name] for name in ("when", "times", "place", "state", "title")
        ):
            activity.sequence += 1  # a calendar that holds the old event sees that this one is newer
        (new if before is None else changed).append(activity)
    Activity.objects.bulk_create(new, batch_size=400)
    for activity in changed:  # `bulk_update` asks no field for its own value
        for edge in (field for field in Activity._meta.concrete_fields if isinstance(field, EdgeField)):
            edge.pre_save(activity, False)
    if changed:
        fields = [
            field.name for field in Activity._meta.concrete_fields if field.name not in ("id", "programme", "slug")
        ]
        Activity.objects.bulk_update(changed, fields, batch_size=100)
    settle_involvements(
        loading,
        programme,
        [(activity, item.get("involved", []), f"{path}.involved") for activity, _b, item, path in rows],
    )
    loading.claims.extend((activity, item.get("claims", []), f"{path}.claims") for activity, _b, item, path in rows)


def _set_when(loading: Loading, programme: Programme, activity: Activity, value: Any, path: str) -> None:
    when = value if isinstance(value, dict) and "date" in value else {"date": value}
    activity.when = date(loading, when["date"], f"{path}.date")
    activity.within = date(loading, when.get("within"), f"{path}.within")
    activity.part = when.get("part", "")
    activity.starts_at_time = _time(when.get("time"))
    activity.ends_at_time = _time(when.get("end_time"))
    if activity.ends_at_time and not activity.starts_at_time:
        loading.problem(f"{path}.end_time", _("Give the hour at which it begins too."))
        activity.ends_at_time = None  # the database would refuse the row before the other problems are found
    elif ends_before_it_begins(activity.when, activity.starts_at_time, activity.ends_at_time):
        loading.problem(f"{path}.end_time", _("It ends before it begins. Exchange the two hours."))
    if when.get("weekday"):
        check_weekday(loading, activity.when, when["weekday"], f"{path}.weekday")
    for name, value_given in (("date", activity.when), ("within", activity.within)):
        _check_inside(loading, programme, activity.slug, value_given, f"{path}.{name}")


def ends_before_it_begins(when: PartialDate, starts: dt.time | None, ends: dt.time | None) -> bool:
    """On one day; from one day to another the second hour may be the earlier one."""
    return bool(starts and ends and ends <= starts and not when.is_range)


def _check_inside(loading: Loading, programme: Programme, slug: str, given: PartialDate, path: str) -> None:
    if not given.lies_within(programme.period):
        loading.problem(
            path,
            _("The activity “%(activity)s” (%(date)s) lies outside its programme (%(period)s). Correct the date, or widen the period of the programme.")
            % {"activity": slug, "date": given.edtf, "period": programme.period.edtf},
        )  # fmt: skip


def _time(value: str | None) -> dt.time | None:
    return dt.time.fromisoformat(value) if value else None


def check_weekday(loading: Loading, when: PartialDate, given: str, path: str) -> None:
    """A weekday in any language of the site, or English, that is not that of the date, is a problem."""
    if not when.is_day or when.first_day is None:
        loading.problem(path, _("A weekday needs a full date beside it."))
        return
    day = when.first_day
    own = [loading.language] if is_language(loading.language) else []
    if given.strip().casefold() not in _weekday_names(
        day.weekday(), (*own, *(code for code, _name in settings.LANGUAGES))
    ):
        loading.problem(
            path,
            _("%(date)s is a %(right)s, not “%(given)s”. Correct the date or the weekday.")
            % {"date": when.edtf, "right": weekday_name(day), "given": given},
        )


@functools.cache
def _weekday_names(weekday: int, languages: tuple[str, ...]) -> frozenset[str]:
    """The names of a day (0 is Monday) in these languages and English, folded; a file asks ten thousand times."""
    day = dt.date(2024, 1, 1) + dt.timedelta(days=weekday)
    return frozenset(weekday_name(day, language).casefold() for language in {*languages, "en"})


def _activity_picture(activity: Activity) -> dict[str, Any]:
    names = ("slug", "position", "kind", "state", "mode", "reference_language", "title", "summary", "when", "within",
             "part", "stops", "languages", "audience", "agenda", "announcements", "notes", "inside", "project", "source")  # fmt: skip
    picture = plain({name: getattr(activity, name) for name in names})
    times = [activity.starts_at_time, activity.ends_at_time]
    return {**picture, "times": plain(times), "place": export_place(activity.place)}


def settle_involvements(loading: Loading, programme: Programme, given: list[tuple[Any, list[dict], str]]) -> None:
    """Replace the involvements of these records by those of the file, touching only what differs."""
    if not given:
        return
    kinds = {record.kind_of_record for record, _items, _path in given}
    wanted_ids = {record.pk for record, _items, _path in given}
    existing = {
        (row.subject_id, row.organisation_id, row.role): row
        for row in Involvement.objects.filter(programme=programme, subject_kind__in=kinds)
        if row.subject_id in wanted_ids
    }
    new: list[Involvement] = []
    seen: set[tuple] = set()
    for record, items, path in given:
        for position, item in enumerate(items):
            here = f"{path}[{position}]"
            organisation = loading.find("organisations", item["organisation"], f"{here}.organisation")
            source = loading.source(item, here)
            if organisation is None:
                continue
            key = (record.pk, organisation.pk, item["role"])
            if key in seen:
                loading.problem(here, _("This organisation stands twice with the same role."))
                continue
            seen.add(key)
            row = existing.pop(key, None)
            words = text(item.get("words"))
            if row and (row.position, row.words, row.source_id) == (position, words, source.pk if source else None):
                loading.counts.setdefault("involved", [0, 0, 0])[2] += 1
                continue
            before = (
                {"organisation": organisation.slug, "role": item["role"], "position": row.position} if row else None
            )
            row = row or Involvement(
                programme=programme, subject_kind=record.kind_of_record, subject_id=record.pk,
                organisation=organisation, role=item["role"],
            )  # fmt: skip
            fresh = row._state.adding
            row.position, row.words, row.source = position, words, source
            after = {
                "organisation": organisation.slug,
                "role": item["role"],
                "position": position,
                "words": plain(words),
            }
            loading.note("involved", row, before, after)
            if fresh:
                new.append(row)
            else:
                row.save()
    Involvement.objects.bulk_create(new, batch_size=500)
    for row in existing.values():
        loading.note("involved", row, {"role": row.role}, {"role": None})
    # Not row.delete(): it empties `pk`, which the journal still needs.
    Involvement.objects.filter(pk__in=[row.pk for row in existing.values()]).delete()


def load_projects(loading: Loading, items: list[dict[str, Any]]) -> None:
    programme = programme_of(loading)
    known = {project.slug: project for project in programme.projects.select_related("parent")}
    taken = taken_elsewhere(Project, [item["slug"] for item in items], programme)
    rows, seen = [], set()
    for position, item in enumerate(items):
        path = f"projects[{position}]"
        if item["slug"] in seen or item["slug"] in taken:
            say_taken(loading, f"{path}.slug", item["slug"], taken)
            continue
        seen.add(item["slug"])
        project = known.get(item["slug"])
        before = _project_picture(project) if project else None
        project = project or Project(slug=item["slug"], programme=programme)
        project.position, project.kind = position, item.get("kind", "project")
        project.ids = item.get("ids", [])
        project.title, project.summary = text(item["title"]), text(item.get("summary"))
        project.reference_language = loading.reference_of(item["title"])
        amount = item.get("amount")
        project.amount_minor, project.currency = None, amount["currency"] if amount else ""
        if amount:
            try:
                project.amount_minor = to_minor(amount["value"], amount["currency"])
            except ValueError as error:
                loading.problem(f"{path}.amount.value", str(error))
        project.period = date(loading, item.get("period"), f"{path}.period")
        project.shares = plain(item.get("shares", []))
        for where, message in faults_of_shares(project.shares):
            loading.problem(f"{path}.shares{where}", message)
        project.notes = plain(item.get("notes", []))
        project.source = loading.source(item, path)
        loading.records[("projects", project.slug)] = project
        rows.append((project, before, item, path))
    for project, _before, item, path in rows:
        project.parent = loading.find("projects", item["parent"], f"{path}.parent") if item.get("parent") else None
        if project.parent and _is_above(project, project.parent):
            loading.problem(f"{path}.parent", _("The project would lie inside itself. Correct its parent."))
            project.parent = None
    for project, before, _item, _path in sorted(rows, key=lambda row: row[0].parent is not None):
        if loading.note("projects", project, before, _project_picture(project)):
            project.save()
    settle_involvements(
        loading,
        programme,
        [(project, item.get("involved", []), f"{path}.involved") for project, _b, item, path in rows],
    )
    loading.claims.extend((project, item.get("claims", []), f"{path}.claims") for project, _b, item, path in rows)


def faults_of_shares(shares: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """What is wrong with the shares of a project: ("[1].country" or "", sentence)."""
    found = []
    total = sum(Decimal(str(share["percent"])) for share in shares)
    if shares and round(total, 3) != 100:
        message = _("The shares add up to %(total)s %%, not to 100 %%. Correct them, or leave all of them out.")
        found.append(("", message % {"total": f"{total:f}"}))
    countries = [share["country"] for share in shares]
    for number, country in enumerate(countries):
        if country in countries[:number]:
            found.append((f"[{number}].country", _("This country stands twice. Keep one share of it.")))
    return found


def _is_above(project: Project, other: Project | None) -> bool:
    """Is `project` the other one, or one in which it lies?"""
    while other is not None:
        if other.slug == project.slug:
            return True
        other = other.parent
    return False


def _project_picture(project: Project) -> dict[str, Any]:
    names = ("slug", "position", "kind", "ids", "title", "summary", "amount_minor", "currency", "period", "shares",
             "notes", "parent", "source")  # fmt: skip
    return plain({name: getattr(project, name) for name in names})


def load_instruments(loading: Loading, items: list[dict[str, Any]]) -> None:
    known = {row.slug: row for row in Instrument.objects.filter(slug__in=[item["slug"] for item in items])}
    for number, item in enumerate(items):
        path = f"instruments[{number}]"
        if ("instruments", item["slug"]) in loading.records:
            say_taken(loading, f"{path}.slug", item["slug"], {})
            continue
        row = known.get(item["slug"])
        names = ("slug", "kind", "title", "organisation", "url", "source")
        before = plain({name: getattr(row, name) for name in names}) if row else None
        row = row or Instrument(slug=item["slug"])
        row.kind, row.title, row.url = item.get("kind", "campaign"), text(item["title"]), item.get("url", "")
        row.reference_language = loading.reference_of(item["title"])
        if item.get("organisation"):
            row.organisation = loading.find("organisations", item["organisation"], f"{path}.organisation")
        source = loading.source(item, path)
        if row.source is None or row.source.scope == loading.scope:
            row.source = source  # several programmes share an instrument: the first that names a source keeps it
        if loading.note("instruments", row, before, plain({name: getattr(row, name) for name in names})):
            row.save()
        loading.records[("instruments", row.slug)] = row


def load_commitments(loading: Loading, items: list[dict[str, Any]]) -> None:
    programme = programme_of(loading)
    known = {row.slug: row for row in programme.commitments.select_related("activity", "signatory", "through")}
    taken = taken_elsewhere(Commitment, [item["slug"] for item in items], programme)
    for instrument in Instrument.objects.all():  # another programme's file may have brought it
        loading.records.setdefault(("instruments", instrument.slug), instrument)
    involved, seen = [], set()
    for position, item in enumerate(items):
        path = f"commitments[{position}]"
        if item["slug"] in seen or item["slug"] in taken:
            say_taken(loading, f"{path}.slug", item["slug"], taken)
            continue
        seen.add(item["slug"])
        signatory = loading.find("organisations", item["signatory"], f"{path}.signatory")
        through = loading.find("organisations", item["through"], f"{path}.through") if item.get("through") else None
        activity = loading.find("activities", item["activity"], f"{path}.activity") if item.get("activity") else None
        if signatory is None:
            continue
        row = known.get(item["slug"])
        before = _commitment_picture(row) if row else None
        row = row or Commitment(slug=item["slug"], programme=programme)
        joined = loading.find("instruments", item["of"], f"{path}.of") if item.get("of") else None
        if not item.get("of") and not item.get("title"):
            loading.problem(path, _("A commitment needs a title, or what it is of. Add title: or of:."))
        row.position, row.kind, row.instrument = position, item.get("kind", "joining"), item.get("of", "")
        row.title, row.signatory, row.through, row.activity = text(item.get("title")), signatory, through, activity
        row.title = row.title or (joined.title if joined else row.title)
        row.state = item.get("state", "announced")
        row.signed = date(loading, item.get("signed"), f"{path}.signed")
        row.source = loading.source(item, path)
        if loading.note("commitments", row, before, _commitment_picture(row)):
            row.save()
        loading.records[("commitments", row.slug)] = row
        _load_undertakings(loading, row, item.get("undertakings", []), f"{path}.undertakings")
        involved.append((row, item.get("involved", []), f"{path}.involved"))
        loading.claims.append((row, item.get("claims", []), f"{path}.claims"))
    settle_involvements(loading, programme, involved)


def _commitment_picture(row: Commitment) -> dict[str, Any]:
    names = ("slug", "position", "kind", "instrument", "title", "signatory", "through", "activity", "state", "signed", "source")  # fmt: skip
    return plain({name: getattr(row, name) for name in names})


def _load_undertakings(loading: Loading, commitment: Commitment, items: list[dict[str, Any]], path: str) -> None:
    known = {row.slug: row for row in commitment.undertakings.select_related("owner")}
    names = ("slug", "position", "text", "owner", "due", "done_date", "evidence_url", "is_fictional")
    seen: set[str] = set()
    for position, item in enumerate(items):
        here = f"{path}[{position}]"
        if item["slug"] in seen:
            say_taken(loading, f"{here}.slug", item["slug"], {})
            continue
        seen.add(item["slug"])
        row = known.get(item["slug"])
        before = plain({name: getattr(row, name) for name in names}) if row else None
        row = row or Undertaking(slug=item["slug"], commitment=commitment)
        row.position, row.text, row.reference_language = (
            position,
            text(item["text"]),
            loading.reference_of(item["text"]),
        )
        row.owner = loading.find("organisations", item["owner"], f"{here}.owner") if item.get("owner") else None
        row.due = date(loading, item.get("due"), f"{here}.due")
        done = date(loading, item.get("done"), f"{here}.done")
        if done.is_known and not done.is_day:
            loading.problem(f"{here}.done", _("Write the day on which it was done, such as 2027-01-31."))
        row.done_date = done.first_day if done.is_day else None
        row.evidence_url, row.is_fictional = item.get("evidence", ""), item.get("fictional", False)
        if loading.note("undertakings", row, before, plain({name: getattr(row, name) for name in names})):
            row.save()


def programme_of(loading: Loading) -> Any:
    """The programme of the file that is being loaded."""
    return next(record for (section, _slug), record in loading.records.items() if section == "programme")


def say_taken(loading: Loading, path: str, slug: str, taken: dict[str, str]) -> None:
    """The identifier stands twice in this file, or another programme has it."""
    message = _("The identifier “%(key)s” stands twice.") % {"key": slug}
    if slug in taken:
        message = _("The identifier “%(key)s” belongs to the programme “%(other)s”. Choose another.")
        message = message % {"key": slug, "other": taken[slug]}
    loading.problem(path, message)


def taken_elsewhere(model: Any, slugs: list[str], programme: Programme) -> dict[str, str]:
    """Slugs among these that another programme holds: public addresses are unique across the site."""
    taken: dict[str, str] = {}
    for start in range(0, len(slugs), 500):
        rows = model.objects.filter(~Q(programme=programme), slug__in=slugs[start : start + 500])
        taken.update(rows.values_list("slug", "programme__slug"))
    return taken


def load_calendar(loading: Loading, items: list[dict[str, Any]]) -> None:
    """The pack's national days: kept as data, they warn whoever plans an activity on one."""
    for number, item in enumerate(items):
        if not (len(str(item["date"])) == 5 and _is_month_day(str(item["date"]))):
            date(loading, item["date"], f"calendar[{number}].date")
    packs.keep("calendar", plain(items))


def _is_month_day(value: str) -> bool:
    try:
        dt.date.fromisoformat(f"2020-{value}")
    except ValueError:
        return False
    return True


register("pack", Section("calendar", array(obj({"date": {"type": ["string"]}, "name": TEXT, "kind": STR, "approximate": {"type": "boolean"}, "source": STR, "days": {"type": "integer"}, "note": TEXT}, ["date", "name"])), load_calendar))  # fmt: skip
register(
    "programme",
    Section("projects", array(PROJECT), load_projects, export_projects),
    Section("activities", {"type": "array", "items": {"$ref": "#/$defs/activity"}}, load_activities, export_activities),
    Section("instruments", array(INSTRUMENT), load_instruments, export_instruments),
    Section("commitments", array(COMMITMENT), load_commitments, export_commitments),
)
