"""Sections of files for the work of preparation: `functions`, `task_models`, letters and `glossary` of a pack; `functions`, `tasks`, `runs_of_show` of a programme.

functions:
  - {id: protocol, name: {ar: المراسم, fr: Protocole}, organisation: cnclt}
task_models:
  - {id: ceremony, kinds: [ceremony], title: {...}, tasks: [{id: book-venue, days: 56, owner: logistics, title: {...}}]}
tasks:
  - {id: ceremony/ceremony/book-venue, activity: ceremony, days: 56, owner: logistics, title: {...}, state: done, done: 2020-06-01}

What every country starts from stands in `defaults.yaml` beside this module; a pack may replace any entry by its id, and
what the desk changed stays.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from tansiq.coordination import glossary, runofshow
from tansiq.coordination.defaults import defaults
from tansiq.coordination.letters import FIELDS
from tansiq.coordination.models import DocumentText, Function, LetterKind, RunOfShow, Task, TaskModel
from tansiq.coordination.runofshow import ITEM
from tansiq.coordination.tasks import due_date
from tansiq.core import docx, packs
from tansiq.core.exchange import (
    SLUG,
    TEXT,
    Loading,
    Section,
    array,
    date,
    drop_empty,
    obj,
    plain,
    register,
    text,
)
from tansiq.programme.exchange import programme_of
from tansiq.programme.exporting import Exporting
from tansiq.programme.models import Activity, Programme

_STR = {"type": "string"}
_DAY = {"title": "date", "type": ["string", "integer", "object"]}
FUNCTION = obj(
    {
        "id": SLUG,
        "name": TEXT,
        "organisation": _STR,
        "code": {"type": "string", "pattern": "^[A-Za-z0-9-]{1,12}$"},
        "telephone": _STR,
    },
    ["id", "name"],
)
MODEL_TASK = obj(
    {
        "id": SLUG, "title": TEXT, "days": {"type": "integer", "minimum": -3650, "maximum": 3650}, "owner": _STR,
        "after": array(_STR), "evidence": TEXT,
    },
    ["id", "title", "days"],
)  # fmt: skip
TASK_MODEL = obj(
    {
        "id": SLUG, "title": TEXT, "kinds": array({"enum": [kind.value for kind in Activity.Kind]}),
        "tasks": array(MODEL_TASK),
    },
    ["id", "title", "kinds", "tasks"],
)  # fmt: skip
TASK = obj(
    {
        "id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9/_-]*$", "maxLength": 140}, "activity": _STR,
        "title": TEXT, "owner": _STR, "days": {"type": "integer", "minimum": -3650, "maximum": 3650}, "due": _DAY,
        "after": array(_STR), "evidence_wanted": TEXT, "state": {"enum": [state.value for state in Task.State]},
        "done": _DAY, "evidence": _STR,
    },
    ["id", "title"],
)  # fmt: skip
_DEFAULT = "default"
# The house's own work is no part of what a partner takes away as a file.
SEES_WORK = "coordination.open_work"


# --- functions and models of a pack ---------------------------------------------------------------------------------


def know_functions(loading: Loading) -> None:
    """Those that are there already, so that a section can name them; for a pack also what every country starts from."""
    if loading.scope.startswith("pack:"):
        _put_functions(loading, defaults()["functions"], _DEFAULT)
        _put_models(loading, defaults()["task_models"], _DEFAULT)
        _put_kinds(loading, defaults()["letters"], _DEFAULT)
    for row in Function.objects.all():
        loading.records[("functions", row.slug)] = row


def load_functions(loading: Loading, items: list[dict[str, Any]]) -> None:
    _put_functions(loading, items, loading.scope)


def _put_functions(loading: Loading, items: list[dict[str, Any]], origin: str) -> None:
    known = {row.slug: row for row in Function.objects.select_related("organisation")}
    for number, item in enumerate(items):
        row = known.get(item["id"])
        if row is not None and origin == _DEFAULT:
            continue
        before = _picture_of_function(row) if row else None
        row = row or Function(slug=item["id"], origin=origin)
        row.name, row.reference_language = text(item["name"]), loading.reference_of(item["name"])
        if item.get("organisation"):
            row.organisation = loading.find("organisations", item["organisation"], f"functions[{number}].organisation")
        row.telephone, row.code = item.get("telephone", row.telephone), item.get("code", row.code)
        loading.records[("functions", row.slug)] = row
        if loading.note("functions", row, before, _picture_of_function(row)):
            row.save()


def _picture_of_function(row: Function) -> dict[str, Any]:
    return plain(
        {
            "slug": row.slug,
            "name": row.name,
            "organisation": row.organisation,
            "code": row.code,
            "telephone": bool(row.telephone),
        }
    )


def load_models(loading: Loading, items: list[dict[str, Any]]) -> None:
    _put_models(loading, items, loading.scope)


def _put_models(loading: Loading, items: list[dict[str, Any]], origin: str) -> None:
    known = {row.slug: row for row in TaskModel.objects.all()}
    for number, item in enumerate(items):
        row = known.get(item["id"])
        if row is not None and origin == _DEFAULT:
            continue
        path = f"task_models[{number}]"
        for index, fault in faults_of_model(item["tasks"]):
            loading.problem(f"{path}.tasks[{index}]", fault)
        if origin != _DEFAULT:
            for index, task in enumerate(item["tasks"]):
                if task.get("owner"):
                    loading.find("functions", task["owner"], f"{path}.tasks[{index}].owner")
        before = _picture_of_model(row) if row else None
        row = row or TaskModel(slug=item["id"], origin=origin)
        row.title, row.reference_language = text(item["title"]), loading.reference_of(item["title"])
        row.kinds, row.tasks = item["kinds"], plain(item["tasks"])
        if loading.note("task models", row, before, _picture_of_model(row)):
            row.save()


def faults_of_model(tasks: list[dict[str, Any]]) -> list[tuple[int, str]]:
    """What cannot be in the tasks of a model: (index, sentence)."""
    found: list[tuple[int, str]] = []
    days: dict[str, int] = {}
    for index, task in enumerate(tasks):
        if task["id"] in days:
            found.append((index, _("The identifier “%(key)s” stands twice.") % {"key": task["id"]}))
        days[task["id"]] = task["days"]
    for index, task in enumerate(tasks):
        for first in task.get("after", []):
            if first not in days:
                found.append((index, _("There is no task “%(key)s” in this model.") % {"key": first}))
            elif first == task["id"] or days[first] < task["days"]:
                message = _("“%(task)s” comes after “%(first)s”, which is due later. Correct the days.")
                found.append((index, message % {"task": task["id"], "first": first}))
    return found


def _picture_of_model(row: TaskModel) -> dict[str, Any]:
    return plain({"slug": row.slug, "title": row.title, "kinds": row.kinds, "tasks": row.tasks})


# --- letters of a pack ----------------------------------------------------------------------------------------------

KIND = obj({"id": SLUG, "title": TEXT, "subject": TEXT, "body": TEXT}, ["id", "title", "subject", "body"])
FORMULAS = obj(dict.fromkeys(("heading", "salutation", "closing", "note_verbale_closing"), TEXT))


def load_kinds(loading: Loading, items: list[dict[str, Any]]) -> None:
    for number, item in enumerate(items):
        for name in ("subject", "body"):
            for code, words in item[name].items():
                for fault in docx.faults_of_text(words, FIELDS):
                    loading.problem(f"letter_kinds[{number}].{name}.{code}", fault)
    _put_kinds(loading, items, loading.scope)


def _put_kinds(loading: Loading, items: list[dict[str, Any]], origin: str) -> None:
    known = {row.slug: row for row in LetterKind.objects.all()}
    for item in items:
        row = known.get(item["id"])
        if row is not None and origin == _DEFAULT:
            continue
        before = _picture_of_kind(row) if row else None
        row = row or LetterKind(slug=item["id"], origin=origin)
        row.title, row.subject, row.body = text(item["title"]), text(item["subject"]), text(item["body"])
        row.reference_language = loading.reference_of(item["title"])
        if loading.note("letter kinds", row, before, _picture_of_kind(row)):
            row.save()


def _picture_of_kind(row: LetterKind) -> dict[str, Any]:
    return plain({"slug": row.slug, "title": row.title, "subject": row.subject, "body": row.body})


# --- the glossary of a pack -----------------------------------------------------------------------------------------

_WORDS = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string", "pattern": "\\S"}}}
GLOSSARY = obj({"id": SLUG, "terms": TEXT, "also": _WORDS, "avoid": _WORDS, "note": TEXT}, ["id", "terms"])


def load_glossary(loading: Loading, items: list[dict[str, Any]]) -> None:
    seen = set()
    for number, item in enumerate(items):
        if item["id"] in seen:
            loading.problem(f"glossary[{number}].id", _("The identifier “%(key)s” stands twice.") % {"key": item["id"]})
        seen.add(item["id"])
        for path, fault in glossary.faults(item):
            loading.problem(f"glossary[{number}].{path}", fault)
    packs.keep("glossary", items)


# --- tasks of a programme -------------------------------------------------------------------------------------------


def load_tasks(loading: Loading, items: list[dict[str, Any]]) -> None:
    programme = programme_of(loading)
    known = {row.key: row for row in programme.tasks.select_related("activity", "owner").prefetch_related("after")}
    rows: dict[str, tuple[Task, dict[str, Any] | None, dict[str, Any], str]] = {}
    for number, item in enumerate(items):
        path = f"tasks[{number}]"
        if item["id"] in rows:
            loading.problem(f"{path}.id", _("The identifier “%(key)s” stands twice.") % {"key": item["id"]})
            continue
        row = known.get(item["id"])
        before = _picture_of_task(row, sorted(one.key for one in row.after.all())) if row else None
        row = row or Task(key=item["id"], programme=programme)
        row.activity = (
            loading.find("activities", item["activity"], f"{path}.activity") if item.get("activity") else None
        )
        row.owner = loading.find("functions", item["owner"], f"{path}.owner") if item.get("owner") else None
        row.title, row.evidence_wanted = text(item["title"]), text(item.get("evidence_wanted"))
        row.reference_language = loading.reference_of(item["title"])
        row.days_before = item.get("days")
        if row.days_before is not None and row.activity is None:
            loading.problem(f"{path}.days", _("Choose the activity that the days are counted from."))
            row.days_before = None
        row.due = _day(loading, item.get("due"), f"{path}.due") if row.days_before is None else due_date(row)
        row.state, row.evidence = item.get("state", "open"), item.get("evidence", "")
        row.done_date = _day(loading, item.get("done"), f"{path}.done")
        if (row.state == "done") != (row.done_date is not None):
            loading.problem(
                f"{path}.done", _("A task that is done has the day on which it was done, and no other has.")
            )
            row.state, row.done_date = "open", None
        rows[item["id"]] = (row, before, item, path)
    changed = []
    for row, before, item, path in rows.values():
        after = sorted(item.get("after", []))
        for index, first in enumerate(after):
            if first not in rows and first not in known:
                loading.problem(f"{path}.after[{index}]", _("There is no task “%(key)s”.") % {"key": first})
        if loading.note("tasks", row, before, _picture_of_task(row, after)):
            row.save()
            changed.append((row, after))
    all_rows = {**known, **{key: row for key, (row, _b, _i, _p) in rows.items()}}
    for row, after in changed:
        row.after.set([all_rows[key] for key in after if key in all_rows])


def _day(loading: Loading, value: Any, path: str) -> dt.date | None:
    found = date(loading, value, path)
    if found.is_known and not found.is_day:
        loading.problem(path, _("Write one day, such as 2020-07-27."))
        return None
    return found.first_day


def _picture_of_task(row: Task, after: list[str]) -> dict[str, Any]:
    names = ("title", "activity", "owner", "days_before", "evidence_wanted", "state", "done_date", "evidence")
    fixed = {"due": row.due} if row.days_before is None else {}
    return plain({**{name: getattr(row, name) for name in names}, **fixed, "after": after})


def export_tasks(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    rows = programme.tasks.select_related("activity", "owner").prefetch_related("after")
    return [
        drop_empty(
            {
                "id": row.key, "activity": row.activity.slug if row.activity else None, "title": dict(row.title),
                "owner": row.owner.slug if row.owner else None, "days": row.days_before,
                "due": row.due if row.days_before is None else None,
                "after": sorted(one.key for one in row.after.all()), "evidence_wanted": dict(row.evidence_wanted),
                "state": row.state if row.state != "open" else None, "done": row.done_date, "evidence": row.evidence,
            }
        )
        for row in rows
    ]  # fmt: skip


def export_functions(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    """Those that the programme's work names and no country starts from."""
    shows = RunOfShow.objects.filter(activity__programme=programme).values_list("items", flat=True)
    named = (
        Q(tasks__programme=programme)
        | Q(slug__in={line["owner"] for items in shows for line in items if line.get("owner")})
        | Q(pk__in=programme.letters.exclude(service=None).values("service"))
        | Q(
            pk__in=DocumentText.objects.filter(document__programme=programme)
            .exclude(translator=None)
            .values("translator")
        )
    )
    used = Function.objects.filter(named).distinct().select_related("organisation")
    return [
        drop_empty(
            {"id": row.slug, "name": dict(row.name), "organisation": out.use(row.organisation), "code": row.code}
        )
        for row in used
        if not row.origin.startswith(("pack:", _DEFAULT))
    ]


# --- runs of show ---------------------------------------------------------------------------------------------------

SHOW = obj({"activity": _STR, "day": {"type": "integer", "minimum": 1, "maximum": 400}, "items": array(ITEM)}, ["activity", "items"])  # fmt: skip


def load_shows(loading: Loading, items: list[dict[str, Any]]) -> None:
    programme = programme_of(loading)
    rows = RunOfShow.objects.filter(activity__programme=programme).select_related("activity")
    known = {(row.activity.slug, row.day_number): row for row in rows}
    for number, item in enumerate(items):
        path = f"runs_of_show[{number}]"
        activity = loading.find("activities", item["activity"], f"{path}.activity")
        for index, line in enumerate(item["items"]):
            for name, section in (("owner", "functions"), ("organisation", "organisations")):
                if line.get(name):
                    loading.find(section, line[name], f"{path}.items[{index}].{name}")
        if activity is None:
            continue
        row = known.get((activity.slug, item.get("day", 1)))
        before = {"items": plain(row.items)} if row else None
        row = row or RunOfShow(activity=activity, day_number=item.get("day", 1))
        row.items = plain(item["items"])
        given = [line.get("id") for line in row.items if line.get("id")]
        if len(given) != len(set(given)):
            loading.problem(f"{path}.items", _("Two lines have the same identifier."))
        runofshow.identify(row)
        if before is not None and _without_ids(before["items"]) == _without_ids(row.items):
            row.items = before["items"]
        # The journal counts the lines: what they say may hold a telephone.
        changed = before is None or before["items"] != row.items
        lines = {"lines": [len(row.items), "changed" if changed else "same"]}
        if loading.note("runs of show", row, None if before is None else {"lines": [len(row.items), "same"]}, lines):
            row.save()


def _without_ids(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in item.items() if key != "id"} for item in items]


def export_shows(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    rows = RunOfShow.objects.filter(activity__programme=programme).select_related("activity")
    return [
        {"activity": row.activity.slug, **({"day": row.day_number} if row.day_number > 1 else {}), "items": row.items}
        for row in rows.order_by("activity__position", "day_number")
    ]


register(
    "pack",
    Section("functions", array(FUNCTION), load_functions, before=know_functions),
    Section("task_models", array(TASK_MODEL), load_models),
    Section("letter_kinds", array(KIND), load_kinds),
    Section("letter_formulas", FORMULAS, lambda loading, value: packs.keep("letter_formulas", plain(value))),
    Section("glossary", array(GLOSSARY), load_glossary),
)
register(
    "programme",
    Section("functions", array(FUNCTION), load_functions, export_functions, know_functions, permission=SEES_WORK),
    Section("tasks", array(TASK), load_tasks, export_tasks, permission=SEES_WORK),
    Section("runs_of_show", array(SHOW), load_shows, export_shows, permission=SEES_WORK),
)
