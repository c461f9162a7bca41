"""Sections `tests` and `feedback` of a programme file: what is asked before and after an activity, and what people think.

tests:
  - {activity: seminar, pass_mark: 60, before: {opens: 2020-07-20T09:00}, questions: [{id: consent, kind: single, text: {...}, options: [{text: {...}, right: true}, ...]}]}
feedback:
  - {activity: seminar, opens: 2020-07-29T18:00, questions: [{id: useful, kind: scale, text: {...}}]}
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from tansiq.core.exchange import SLUG, TEXT, Loading, Section, array, drop_empty, obj, plain, register, text
from tansiq.participation import assessments, feedback
from tansiq.participation.exchange import INSTANT, instant, local
from tansiq.participation.models import Assessment, Feedback, Moment
from tansiq.programme.exchange import programme_of
from tansiq.programme.exporting import Exporting
from tansiq.programme.models import Programme

_STR = {"type": "string", "maxLength": 300}
_WINDOW = obj({"opens": INSTANT, "closes": INSTANT})
_ORDERS = ["fixed", "shuffled"]
OPTION = obj({"text": TEXT, "right": {"type": "boolean"}}, ["text"])
QUESTION = obj(
    {
        "id": SLUG, "kind": {"enum": ["single", "multiple"]}, "text": TEXT,
        "points": {"type": "integer", "minimum": 1, "maximum": 100}, "options": {**array(OPTION), "minItems": 2}, "explanation": TEXT,
    },
    ["id", "kind", "text", "options"],
)  # fmt: skip
TEST = obj(
    {
        "activity": _STR, "title": TEXT, "introduction": TEXT,
        "pass_mark": {"type": "integer", "minimum": 0, "maximum": 100},
        "minutes": {"type": "integer", "minimum": 1, "maximum": 1440}, "order": {"enum": _ORDERS},
        "shows_score": {"enum": [one.value for one in Assessment.Shows]}, "before": _WINDOW, "after": _WINDOW,
        "questions": array(QUESTION),
    },
    ["activity", "questions"],
)  # fmt: skip
ASKED = obj(
    {
        "id": SLUG,
        "kind": {"enum": ["single", "scale", "text"]},
        "text": TEXT,
        "options": {**array(TEXT), "minItems": 2},
    },
    ["id", "kind", "text"],
)
FEEDBACK = obj({"activity": _STR, "opens": INSTANT, "closes": INSTANT, "questions": array(ASKED)}, ["activity"])


def kept(question: dict[str, Any]) -> dict[str, Any]:
    """A question of a test as it is stored: with its points, and each option with its `right`."""
    found = {
        "id": question["id"], "kind": question["kind"], "text": plain(question["text"]),
        "points": question.get("points", 1),
        "options": [{"text": plain(one["text"]), "right": bool(one.get("right"))} for one in question["options"]],
    }  # fmt: skip
    return found | ({"explanation": plain(question["explanation"])} if question.get("explanation") else {})


def written(question: dict[str, Any]) -> dict[str, Any]:
    """The same as a file holds it: what is the default is not written."""
    options = [{"text": one["text"], **({"right": True} if one.get("right") else {})} for one in question["options"]]
    points = question.get("points", 1)
    return drop_empty({**question, "points": None if points == 1 else points, "options": options})


# --- Tests ----------------------------------------------------------------------------------------------------------


def load_tests(loading: Loading, items: list[dict[str, Any]]) -> None:
    programme = programme_of(loading)
    rows = Assessment.objects.filter(activity__programme=programme).select_related("activity__programme")
    known = {row.activity_id: row for row in rows}
    seen: set[Any] = set()
    for number, item in enumerate(items):
        path = f"tests[{number}]"
        activity = _activity(loading, item, path, seen, _("The test of this activity stands twice."))
        if activity is None:
            continue
        row = known.get(activity.pk)
        before = _picture(row) if row else None
        row = row or Assessment(activity=activity)
        row.reference_language = row.reference_language or loading.language
        row.title, row.introduction = text(item.get("title")), text(item.get("introduction"))
        row.questions = [kept(one) for one in item["questions"]]
        row.pass_percent, row.minutes_allowed = item.get("pass_mark"), item.get("minutes")
        row.is_shuffled = item.get("order") == "shuffled"
        row.shows_score = item.get("shows_score", Assessment.Shows.AFTER_CLOSING)
        for moment in Moment.values:
            opens, closes = _window(loading, programme, item.get(moment, {}), f"{path}.{moment}")
            setattr(row, f"{moment}_opens_at", opens)
            setattr(row, f"{moment}_closes_at", closes)
        faults = assessments.wrong_questions(row)
        for place, why in faults:
            loading.problem(f"{path}.questions[{place}]", why)
        if not faults and loading.note("tests", row, before, _picture(row)):
            row.save()


def _activity(loading: Loading, item: dict[str, Any], path: str, seen: set[Any], twice: str) -> Any:
    activity = loading.find("activities", item["activity"], f"{path}.activity")
    if activity is not None and activity.pk in seen:
        loading.problem(f"{path}.activity", twice)
        return None
    seen.add(activity and activity.pk)
    return activity


def _window(loading: Loading, programme: Programme, item: dict[str, Any], path: str) -> tuple[Any, Any]:
    opens = instant(loading, programme, item.get("opens"), f"{path}.opens")
    closes = instant(loading, programme, item.get("closes"), f"{path}.closes")
    if opens and closes and closes < opens:
        loading.problem(f"{path}.closes", _("It closes before it opens. Exchange the two."))
        closes = None
    return opens, closes


def _picture(row: Assessment) -> dict[str, Any]:
    programme = row.activity.programme
    windows = {
        moment: drop_empty(
            {"opens": local(row.opens_at(moment), programme), "closes": local(row.closes_at(moment), programme)}
        )
        for moment in Moment.values
    }
    return {
        "activity": row.activity.slug, "title": plain(row.title), "introduction": plain(row.introduction),
        "pass_mark": row.pass_percent, "minutes": row.minutes_allowed, "order": _ORDERS[row.is_shuffled],
        "shows_score": str(row.shows_score), **windows, "questions": [written(one) for one in row.questions],
    }  # fmt: skip


def export_tests(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    rows = Assessment.objects.filter(activity__programme=programme).select_related("activity__programme")
    exported = []
    for row in rows.order_by("activity__position"):
        picture = _picture(row)
        for name, default in (("order", "fixed"), ("shows_score", Assessment.Shows.AFTER_CLOSING.value)):
            picture[name] = None if picture[name] == default else picture[name]
        exported.append({**drop_empty(picture), "questions": picture["questions"]})
    return exported


# --- Satisfaction ---------------------------------------------------------------------------------------------------


def load_feedback(loading: Loading, items: list[dict[str, Any]]) -> None:
    programme = programme_of(loading)
    rows = Feedback.objects.filter(activity__programme=programme).select_related("activity__programme")
    known = {row.activity_id: row for row in rows}
    seen: set[Any] = set()
    for number, item in enumerate(items):
        path = f"feedback[{number}]"
        activity = _activity(loading, item, path, seen, _("The satisfaction form of this activity stands twice."))
        if activity is None:
            continue
        row = known.get(activity.pk)
        before = _form(row) if row else None
        stored = row.questions if row and row.answered else []
        row = row or Feedback(activity=activity, made_at=loading.now)
        row.opens_at, row.closes_at = _window(loading, programme, item, path)
        row.questions = plain(item.get("questions")) or feedback.defaults()
        faults = [*feedback.wrong_questions(row.questions), *feedback.changed_questions(stored, row.questions)]
        for place, why in faults:
            loading.problem(f"{path}.questions[{place}]", why)
        if not faults and loading.note("feedback", row, before, _form(row)):
            row.save()


def _form(row: Feedback) -> dict[str, Any]:
    programme = row.activity.programme
    return {
        "activity": row.activity.slug, "opens": local(row.opens_at, programme), "closes": local(row.closes_at, programme),
        "questions": plain(row.questions),
    }  # fmt: skip


def export_feedback(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    rows = Feedback.objects.filter(activity__programme=programme).select_related("activity__programme")
    exported = []
    for row in rows.order_by("activity__position"):
        form = _form(row)
        if form["questions"] == plain(feedback.defaults()):
            form["questions"] = []
        exported.append(drop_empty(form))
    return exported


# Who may take the file away sees the right answers: planners only.
register(
    "programme",
    Section("tests", array(TEST), load_tests, export_tests, permission="participation.change_assessment"),
    Section("feedback", array(FEEDBACK), load_feedback, export_feedback, permission="participation.change_feedback"),
)
