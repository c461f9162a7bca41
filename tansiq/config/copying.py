"""Last year's programme as this year's draft: days moved, people and figures left out.

`plan` works on the plain data of a programme, as `files.export` gives it, so that the sections of every room come
along; `copy` loads what it gives. What is copied stands in one table, SECTIONS, with what is done to each value. A
section or a key that is not in the table is left out and named: nothing is ever copied unseen.
"""

from __future__ import annotations

import calendar
import datetime as dt
import functools
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from babel import Locale, localedata
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tansiq.config import files
from tansiq.coordination.exchange import key_of
from tansiq.core import journal
from tansiq.core.dates import PartialDate, locale_of, weekday_name
from tansiq.core.errors import Refused
from tansiq.core.exchange import SLUG, drop_empty
from tansiq.core.language import fold, join
from tansiq.core.localized import Localized
from tansiq.outreach.models import Material
from tansiq.programme import planning
from tansiq.programme.models import Activity, Programme

WAYS = ("weekday", "date")
UNKNOWN = PartialDate()


class AlreadyThere(Refused):
    """A programme has the identifier that the copy was to get; carries `programme`."""


@dataclass(frozen=True)
class Look:
    """What a person must look at.

    path  which value of the copy, as a trace names it; empty for the whole;  text  what stands there;  what  why
    """

    path: str
    text: str
    what: str


@dataclass(frozen=True)
class Copied:
    """data  of the new file;  first_day  of its period;  left_out  sentences for a person"""

    data: dict[str, Any]
    first_day: dt.date
    left_out: list[str]
    look_at: list[Look]


# --- Days -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shift:
    """One move for all days: by whole years (calendar dates stay) or by days (intervals stay)."""

    years: int = 0
    days: int = 0

    def day(self, day: dt.date) -> dt.date:
        return _years_later(day, self.years) + dt.timedelta(self.days)

    def date(self, date: PartialDate, period: PartialDate = UNKNOWN) -> PartialDate:
        """What is known to the month stays known to the month, a year stays a year; they keep inside `period`."""
        if not date.is_known:
            return date
        ends = [self._end(end, period) for end in date.edtf.split("/")]
        if PartialDate(ends[0]).first_day > PartialDate(ends[-1]).last_day:  # a month and a day in it have parted
            ends = [self.day(edge).isoformat() for edge in (date.first_day, date.last_day)]
        return PartialDate("/".join(ends))

    def _end(self, edtf: str, period: PartialDate) -> str:
        date = PartialDate(edtf)
        if date.is_day:
            return self.day(date.first_day).isoformat()
        if not self.days:
            return f"{int(edtf[:4]) + self.years:04}{edtf[4:]}"
        days = (date.last_day - date.first_day).days + 1
        found = Counter(self.day(date.first_day + dt.timedelta(n)).isoformat()[: len(edtf)] for n in range(days))
        return max(found, key=lambda one: (PartialDate(one).lies_within(period), found[one]))


def _years_later(day: dt.date, years: int) -> dt.date:
    """The same day of another year; 29 February becomes the last of the month, so that no month changes."""
    year = day.year + years
    return dt.date(year, day.month, min(day.day, calendar.monthrange(year, day.month)[1]))


def shift_of(period: PartialDate, first_day: dt.date, by: str) -> Shift:
    """How all days move so that the programme begins on `first_day`, or on the nearest day of its old weekday.

    Raises Refused where there is no day to count from.
    """
    if by not in WAYS:
        raise ValueError(by)
    old = period.first_day
    if old is None:
        raise Refused(
            _("The programme has no days yet, so that there is no first day to count from. Give it a period first.")
        )
    if abs(first_day.year - old.year) > 100:
        raise Refused(_("%(day)s is more than a hundred years away. Correct the first day.") % {"day": first_day})
    days = (first_day - old).days
    if by == "weekday":
        return Shift(days=round(days / 7) * 7)
    years = first_day.year - old.year
    return Shift(years=years) if _years_later(old, years) == first_day else Shift(days=days)


# --- What is copied -------------------------------------------------------------------------------------------------


@dataclass
class _Copying:
    """One copy while it is made.

    names    section -> {old identifier: new one}, of what is copied;  period  the new one
    counted  what was left out, by its name in _COUNTED;  unknown  paths that the table does not know
    moved    old day -> new day, of every day that a value names
    """

    slug: str
    shift: Shift
    period: PartialDate
    names: dict[str, dict[str, str]]
    counted: Counter[str] = field(default_factory=Counter)
    unknown: list[str] = field(default_factory=list)
    moved: dict[dt.date, dt.date] = field(default_factory=dict)

    def value(self, rule: Any, value: Any, path: str) -> Any:
        """A value by its rule: a dict for an entry, a list of one rule for a list, else a function."""
        if isinstance(rule, list):
            return [self.value(rule[0], one, path) for one in value]
        if not isinstance(rule, dict):
            return rule(self, value)
        here = {key: f"{path}.{key}" if path else key for key in value}
        self.unknown += [here[key] for key in value if key not in rule and here[key] not in self.unknown]
        return drop_empty({key: self.value(rule[key], value[key], here[key]) for key in rule if key in value})

    def move(self, value: Any) -> Any:
        date = PartialDate.parse(value)
        if date.is_days:
            days = [date.first_day + dt.timedelta(n) for n in range((date.last_day - date.first_day).days + 1)]
            self.moved |= {day: self.shift.day(day) for day in (*days[:31], days[-1])}
        return self.shift.date(date, self.period).to_data()


def same(copying: _Copying, value: Any) -> Any:
    return value


def words(copying: _Copying, value: Any) -> Any:
    """A text by language: the same, and looked through for the old days."""
    return value


def gone(copying: _Copying, value: Any) -> None:
    """Left out, and not worth a sentence."""


def moved(copying: _Copying, value: Any) -> Any:
    return copying.move(value)


def counted(name: str) -> Callable[[_Copying, Any], None]:
    """Left out; a sentence of _COUNTED says how many."""

    def rule(copying: _Copying, value: Any) -> None:
        copying.counted[name] += len(value) if isinstance(value, list) else 1

    return rule


def renamed(section: str) -> Callable[[_Copying, Any], Any]:
    """The new identifier, or those of a list; what is not copied has none."""

    def rule(copying: _Copying, value: Any) -> Any:
        names = copying.names[section]
        return [names[one] for one in value if one in names] if isinstance(value, list) else names[value]

    return rule


_COUNTED: dict[str, Callable[[int], str]] = {
    "persons": lambda n: ngettext("%(n)s person", "%(n)s persons", n),
    "telephones": lambda n: ngettext("%(n)s telephone number", "%(n)s telephone numbers", n),
    "figures": lambda n: ngettext("%(n)s figure", "%(n)s figures", n),
    "projects": lambda n: ngettext("%(n)s project with its money", "%(n)s projects with their money", n),
    "commitments": lambda n: ngettext("%(n)s commitment", "%(n)s commitments", n),
    "instruments": lambda n: ngettext("%(n)s campaign or convention", "%(n)s campaigns or conventions", n),
    "sources": lambda n: ngettext("%(n)s source", "%(n)s sources", n),
    "claims": lambda n: ngettext("%(n)s statement of a source", "%(n)s statements of sources", n),
    "trace": lambda n: ngettext("%(n)s entry of the source trace", "%(n)s entries of the source trace", n),
    "announcements": lambda n: ngettext("%(n)s announcement", "%(n)s announcements", n),
    "notes": lambda n: ngettext("%(n)s note", "%(n)s notes", n),
    "done": lambda n: ngettext("%(n)s task that was done is open again", "%(n)s tasks that were done are open again", n),
}  # fmt: skip

PLACE = {"name": words, "locality": words, "region": same, "country": same}
INVOLVED = [{"organisation": same, "role": same, "words": words, "source": gone}]
ITEMS = [{"text": words, "kind": same, "date": moved, "source": gone}]
ACTIVITY: dict[str, Any] = {
    "slug": renamed("activities"), "kind": same, "state": lambda copying, value: Activity.State.ANNOUNCED.value,
    "title": words, "summary": words,
    "when": {"date": moved, "within": moved, "weekday": gone, "part": same, "time": same, "end_time": same},
    "where": PLACE, "stops": [{"when": moved, "where": PLACE, "title": words, "source": gone}],
    "mode": same, "languages": same,
    "audience": [
        {
            "who": words, "role": same, "organisation": same, "number": counted("figures"), "precision": gone,
            "method": gone, "source": gone,
        }
    ],
    "agenda": [
        {
            "time": same, "end_time": same, "title": words, "organisation": same, "who": counted("persons"),
            "source": gone,
        }
    ],
    "involved": INVOLVED, "announcements": counted("announcements"), "claims": counted("claims"), "project": gone,
    "notes": counted("notes"), "source": gone,
}  # fmt: skip
ACTIVITY["activities"] = [ACTIVITY]
SECTIONS: dict[str, Any] = {
    "format": same, "slug": lambda copying, value: copying.slug, "reference_language": same, "title": words,
    "full_title": words, "summary": words, "period": moved, "time_zone": same,
    "country": same, "published": lambda copying, value: False, "occasions": ITEMS, "themes": ITEMS,
    # The day on which a law was adopted stays.
    "frameworks": [{"text": words, "kind": same, "date": same, "source": gone}],
    "involved": INVOLVED, "claims": counted("claims"), "notes": counted("notes"),
    "sources": counted("sources"),
    "organisations": [
        {
            **dict.fromkeys(("slug", "id", "kind", "name", "acronym", "aliases", "country", "iati", "url"), same),
            **dict.fromkeys(("established", "parent", "accounts"), same), "source": gone,
        }
    ],
    "projects": counted("projects"),
    "activities": [ACTIVITY],
    "instruments": counted("instruments"),
    "commitments": counted("commitments"),
    "trace": counted("trace"),
    # What was sent, agreed to and signed belongs to the old one alone; only an archive holds these.
    **dict.fromkeys(("letters", "documents", "runofshow_issues", "approvals", "task_evidence"), gone),
    **dict.fromkeys(("signing_keys", "test_versions", "attendance_reports", "registrations"), gone),
    **dict.fromkeys(("nominations", "invitations", "feedback_results"), gone),
    "functions": [
        {"id": same, "name": same, "organisation": same, "code": same, "telephone": counted("telephones")},
    ],
    "tasks": [
        {
            "id": renamed("tasks"), "activity": renamed("activities"), "title": words, "owner": same, "days": same,
            "due": moved, "after": renamed("tasks"), "evidence_wanted": words, "state": gone, "done": counted("done"),
            "evidence": gone,
        }
    ],
    "runs_of_show": [
        {
            "activity": renamed("activities"), "day": same,
            "items": [
                {
                    "time": same, "minutes": same, "title": words, "where": words, "owner": same, "organisation": same,
                    "language": same, "plan_b": words, "speaker": counted("persons"),
                    "telephone": counted("telephones"), "id": gone,
                }
            ],
        }
    ],
    # When registration opens and where one joins is decided anew; how many places there are is a good start.
    "quotas": [
        {
            "activity": renamed("activities"), "capacity": same, "opens": gone, "closes": gone, "public": same,
            "approval": same, "asks_organisation": same, "professions": same, "places": same, "order": same,
            "unused_places_move": moved, "certificate": same, "joining": gone,
        }
    ],
    # The questions serve again; when they are asked is decided anew.
    "tests": [
        {
            "activity": renamed("activities"), "title": words, "introduction": words, "pass_mark": same, "minutes": same,
            "order": same, "shows_score": same, "before": gone, "after": gone,
            "questions": [
                {
                    "id": same, "kind": same, "text": words, "points": same, "explanation": words,
                    "options": [{"text": words, "right": same}],
                }
            ],
        }
    ],
    "feedback": [
        {
            "activity": renamed("activities"), "opens": gone, "closes": gone,
            "questions": [{"id": same, "kind": same, "text": words, "options": [words]}],
        }
    ],
    "materials": [
        {
            "slug": renamed("materials"), "kind": same, "title": words, "summary": words,
            "activities": renamed("activities"), "channels": [words], "involved": INVOLVED,
            "number": counted("figures"), "precision": gone, "claims": counted("claims"), "source": gone,
        }
    ],
    "visits": [
        {
            "activity": renamed("activities"), "purpose": same, "photography": same,
            "sites_number": {"number": counted("figures"), "precision": gone}, "source": gone,
            "sites": [{"kind": same, "name": words, "where": PLACE, "example": same, "cares_for_victims": same}],
            "hand_overs": [
                {"material": renamed("materials"), "site": same, "number": counted("figures"), "precision": gone}
            ],
        }
    ],
}  # fmt: skip


def plan(
    data: dict[str, Any], *, slug: str, first_day: dt.date, by: str, language: str | None = None,
    taken: Mapping[str, set[str]] | None = None,
) -> Copied:  # fmt: skip
    """The data of a programme (`files.export`) as those of its copy; changes and stores nothing.

    by        "weekday": all days move by the number of weeks that brings the first day nearest to `first_day`;
              "date": by whole years where `first_day` is the same day of another year, else by days
    language  of the sentences; by default the active one
    taken     identifiers that other programmes hold: {"activities": {...}, "materials": {...}}
    Raises Refused where there is no day to count from, or where `slug` cannot be an identifier.
    """
    with translation.override(language or translation.get_language()):
        if not re.fullmatch(SLUG["pattern"], slug) or len(slug) > SLUG["maxLength"]:
            hint = _("Identifiers are small Latin letters, digits and hyphens: world-day-2020.")
            raise Refused(_("“%(given)s” is not written as it must be. %(hint)s") % {"given": slug[:80], "hint": hint})
        # A translation is a task of its document, which stays with the old programme.
        data = {**data, "tasks": [one for one in data.get("tasks", []) if not one["id"].startswith("text/")]}
        old = PartialDate.parse(data.get("period"))
        shift = shift_of(old, first_day, by)
        stays, cancelled = _pruned(data)
        years = _years(old, first_day)
        copying = _Copying(slug, shift, shift.date(old), _names(stays, years, first_day.year, taken or {}))
        new = copying.value(SECTIONS, stays, "")
        left_out = [_COUNTED[name](copying.counted[name]) % {"n": copying.counted[name]} for name in _COUNTED if copying.counted[name]]  # fmt: skip
        left_out += [
            _("the activity “%(title)s” with its tasks: it, or the one it lies in, was cancelled or postponed")
            % {"title": Localized(one["title"]).plain}
            for one in cancelled
        ]
        left_out += [_("“%(name)s”: copying does not know what that is") % {"name": name} for name in copying.unknown]
        if "organisations" in new:
            new["organisations"] = _used_organisations(new)
        look_at = [*_widened(new), *_shortened(copying), *_days_off(new), *_once(new)]
        stale = _Stale(copying, [old for old, later in years.items() if old != later], data.get("country", ""))
        look_at += [
            Look(path, text, found) for path, code, text in _texts(SECTIONS, new, "") if (found := stale.of(text, code))
        ]
        return Copied(drop_empty(new), PartialDate.parse(new["period"]).first_day, left_out, look_at)


@transaction.atomic
def copy(
    programme: Programme, *, slug: str, first_day: dt.date, by: str, actor: journal.Actor, now: dt.datetime,
    dry_run: bool = False,
) -> tuple[Copied, files.Loaded]:  # fmt: skip
    """Make the copy as a draft, all or nothing; with `dry_run` only look whether it can be made.

    Raises AlreadyThere where a programme has that identifier, Refused as `plan` does, BadInput as `files.load` does.
    """
    # Of two clicks at once the second one waits here, and finds the copy.
    Programme.objects.select_for_update().only("pk").get(pk=programme.pk)
    known = Programme.objects.filter(slug=slug).first()
    if known is not None:
        message = _("There is a programme “%(slug)s” already. Choose another identifier for the copy.")
        raise AlreadyThere(message % {"slug": slug}, programme=known)
    taken = {
        "activities": set(Activity.objects.values_list("slug", flat=True)),
        "materials": set(Material.objects.values_list("slug", flat=True)),
    }
    copied = plan(files.export(programme), slug=slug, first_day=first_day, by=by, taken=taken)
    # By way of its file, so that loading here and loading the written file are the same.
    document = files.read_bytes(files.to_yaml(copied.data).encode(), f"{slug}.yaml")
    return copied, files.load(document, by=actor, now=now, dry_run=dry_run)


# --- Who stays, under which name ------------------------------------------------------------------------------------


def _flat(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        yield item
        yield from _flat(item.get("activities", []))


def _pruned(data: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The data without cancelled and postponed activities and all that hangs on them; those activities."""
    cancelled: list[dict[str, Any]] = []

    def going(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        kept = []
        for item in items:
            if item.get("state") in (Activity.State.CANCELLED, Activity.State.POSTPONED):
                cancelled.extend(_flat([item]))
            else:
                kept.append({**item, "activities": going(item.get("activities", []))})
        return kept

    out = {**data, "published": False, "activities": going(data.get("activities", []))}
    without = {one["slug"] for one in cancelled}
    for name in {"tasks", "runs_of_show", "visits"} & set(data):
        out[name] = [one for one in data[name] if one.get("activity") not in without]
    if "occasions" in data:  # an occasion may be its text alone
        out["occasions"] = [one if "text" in one else {"text": one} for one in data["occasions"]]
    return out, cancelled


def _years(old: PartialDate, first_day: dt.date) -> dict[str, str]:
    """Each year of the old period, and the year that takes its place."""
    offset = first_day.year - old.first_day.year
    return {str(year): str(year + offset) for year in range(old.first_day.year, old.last_day.year + 1)}


def with_year(slug: str, years: Mapping[str, str], new: int) -> str:
    """An identifier with its old year replaced, or with the new year at its end: "spot-2020", "ceremony"."""
    old = rf"(?<!\d)(?:{'|'.join(years)})(?!\d)"
    if re.search(old, slug):
        return re.sub(old, lambda found: years[found[0]], slug)
    return f"{slug[: SLUG['maxLength'] - 5].rstrip('-')}-{new}"


def _names(
    data: dict[str, Any], years: Mapping[str, str], new: int, taken: Mapping[str, set[str]]
) -> dict[str, dict[str, str]]:
    old = {
        "activities": [one["slug"] for one in _flat(data["activities"])],
        "materials": [one["slug"] for one in data.get("materials", [])],
    }
    names: dict[str, dict[str, str]] = {}
    for section, slugs in old.items():
        used = {*taken.get(section, ()), *slugs}
        names[section] = {slug: _free(with_year(slug, years, new), used, SLUG["maxLength"]) for slug in slugs}
    used = set()
    names["tasks"] = {one["id"]: _free(_task(one["id"], names["activities"]), used, 140) for one in data.get("tasks", [])}  # fmt: skip
    return names


def _task(key: str, activities: Mapping[str, str]) -> str:
    """As `tasks.prepare` would name it, so that preparing the copy does not make it a second time."""
    head, slash, rest = key.partition("/")
    return f"{activities.get(head, head)}{slash}{rest}"


def _free(wanted: str, used: set[str], most: int) -> str:
    name, number = wanted[:most], 2
    while name in used:
        name, number = f"{wanted[: most - 1 - len(str(number))].rstrip('-')}-{number}", number + 1
    used.add(name)
    return name


def _used_organisations(new: dict[str, Any]) -> list[dict[str, Any]]:
    """Those that the copy names, and those that they belong to."""

    def named(value: Any) -> Iterator[str]:
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from named(inner)
        if isinstance(value, dict) and isinstance(value.get("organisation"), str):
            yield value["organisation"]

    parents = {one["id"]: one.get("parent", "") for one in new["organisations"]}
    wanted = set(named(new))
    while more := {parents[one] for one in wanted if parents.get(one)} - wanted:
        wanted |= more
    return [one for one in new["organisations"] if one["id"] in wanted]


# --- What a person must look at -------------------------------------------------------------------------------------


def _dates(activities: list[dict[str, Any]]) -> Iterator[tuple[str, PartialDate]]:
    """When activities and their stops are: (path, date)."""
    for activity in _flat(activities):
        path = f"activities.{activity['slug']}"
        for name, value in activity.get("when", {}).items():
            if name in ("date", "within"):
                yield f"{path}.when.{name}", PartialDate.parse(value)
        for number, stop in enumerate(activity.get("stops", []), start=1):
            yield f"{path}.stops.{number}.when", PartialDate.parse(stop.get("when"))


def _widened(new: dict[str, Any]) -> Iterator[Look]:
    """A period known to the month may not hold a day that moved by weeks: it is widened, and that is said."""
    period = PartialDate.parse(new["period"])
    outside = [date for _path, date in _dates(new.get("activities", [])) if not date.lies_within(period)]
    if outside:
        first = min(period.first_day, *(date.first_day for date in outside))
        last = max(period.last_day, *(date.last_day for date in outside))
        new["period"] = PartialDate(f"{first}/{last}").to_data()
        yield Look("period", f"{first}/{last}", _("The period was widened, so that it holds every day."))


def _shortened(copying: _Copying) -> Iterator[Look]:
    for old, new in copying.moved.items():
        if not copying.shift.days and old.day != new.day:
            message = _("There is no 29 February in %(year)s: %(day)s took its place.")
            yield Look("", old.isoformat(), message % {"year": new.year, "day": new.isoformat()})


def _days_off(new: dict[str, Any]) -> Iterator[Look]:
    """Days that fall on a holiday or a weekend; what lasts longer than a week has a weekend anyway."""
    for outer in new.get("activities", []):
        seen = set()
        for path, date in _dates([outer]):
            if not date.is_days or path.endswith(".within") or date in seen:
                continue
            seen.add(date)  # what takes place inside on the same day is not said again
            is_long = (date.last_day - date.first_day).days > 7
            found: dict[str, list[str]] = defaultdict(list)
            for one in planning.warnings(date):
                if one["name"] or not is_long:
                    found[Localized(one["name"] or {}).plain or _("weekend")].append(one["day"].isoformat())
            yield from (Look(path, ", ".join(days), name) for name, days in found.items())


def _once(new: dict[str, Any]) -> Iterator[Look]:
    """What happens once, or counts years."""
    for activity in _flat(new.get("activities", [])):
        if activity["kind"] == Activity.Kind.JOINING:
            message = _("A joining happens once. Take it out if it was done.")
            yield Look(f"activities.{activity['slug']}", Localized(activity["title"]).plain, message)
    for number, one in enumerate(new.get("occasions", []), start=1):
        if one.get("kind") == "anniversary":
            message = _("An anniversary counts years. Write the number anew.")
            yield Look(f"occasions.{number}", Localized(one["text"]).plain, message)


def _texts(rule: Any, value: Any, path: str) -> Iterator[tuple[str, str, str]]:
    """All texts of the copy: (path, language, text)."""
    if rule is words:
        yield from ((f"{path}.{code}", code, text) for code, text in value.items())
    elif isinstance(rule, list):
        for index, item in enumerate(value):
            yield from _texts(rule[0], item, f"{path}.{key_of(item, index)}")
    elif isinstance(rule, dict):
        for key, inner in value.items():
            yield from _texts(rule[key], inner, f"{path}.{key}" if path else key)


class _Stale:
    """Finds years, days and weekdays in texts that were right for the old programme and are not for the new one."""

    def __init__(self, copying: _Copying, years: list[str], country: str) -> None:
        moved = copying.moved.items()
        self.years = years
        self.days = sorted({(old.month, old.day) for old, new in moved if (old.month, old.day) != (new.month, new.day)})
        self.weekdays = sorted({old.weekday() for old, new in moved if old.weekday() != new.weekday()})
        self.country = country
        self.patterns = functools.cache(self._patterns)

    def of(self, text: str, language: str) -> str:
        """A sentence that says what is still named; "" where nothing is."""
        folded = fold(text)  # figures of every script are 0-9 here
        found = [name for name, pattern in self.patterns(language) if pattern.search(folded)]
        return _("It still names %(found)s.") % {"found": join(found, translation.get_language() or "en")} if found else ""  # fmt: skip

    def _patterns(self, language: str) -> list[tuple[str, re.Pattern[str]]]:
        found = [(year, rf"(?<!\d){year}(?!\d)") for year in self.years]
        for month, day in self.days:
            names = self._months(language, month)
            if names:
                pattern = rf"(?s)^(?=.*(?<!\d){day}(?!\d)).*{_word([fold(one) for one in names])}"
                found.append((f"{day} {names[0]}", pattern))
        for weekday in self.weekdays if localedata.exists(locale_of(language)) else ():
            name = weekday_name(dt.date(2024, 1, 1) + dt.timedelta(weekday), language)
            found.append((name, _word([fold(name)])))
        return [(name, re.compile(pattern)) for name, pattern in found]

    def _months(self, language: str, month: int) -> list[str]:
        """The names of a month where the site is, where the programme was and in the language at large: يوليوز, يوليو."""
        base = language.replace("-", "_")
        known = [one for one in (locale_of(language), f"{base}_{self.country}", base) if localedata.exists(one)]
        names = [
            Locale.parse(one).months[context]["wide"][month] for one in known for context in ("format", "stand-alone")
        ]
        return list(dict.fromkeys(names))


def _word(names: list[str]) -> str:
    """One of these as a word of its own, in Arabic also behind و، ف، ب، ل، ك."""
    return rf"(?<!\w)[وفبلك]{{0,2}}(?:{'|'.join(map(re.escape, names))})(?!\w)"
