"""A test and the satisfaction form behind the personal link: plain forms without JavaScript, nothing lost on an error.

An unknown link, an unknown moment and somebody else's try get one and the same answer.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tansiq.core.errors import Refused
from tansiq.core.language import direction
from tansiq.core.localized import Localized
from tansiq.participation import assessments, feedback, marking, ownpage, registration
from tansiq.participation.models import Assessment, Attempt, Moment, Registration
from tansiq.public.links import private
from tansiq.public.registering import refuse_foreign

ANSWER = "a."  # what the names of a question's inputs begin with
SAVE_EVERY = 20


def test(request: HttpRequest, token: str, which: str) -> HttpResponse:
    """Where one stands with a test; begun, its questions. Handing in leads back here, so that reloading sends nothing."""
    now, row = timezone.now(), ownpage.find(token)
    assessment = assessments.find(row) if row else None
    if row is None or assessment is None or which not in Moment.values:
        return _gone(request)
    with translation.override(_language(request, row)):
        return _in_language(request, private(_test(request, row, assessment, which, now)))


def _test(
    request: HttpRequest, row: Registration, assessment: Assessment, moment: str, now: dt.datetime
) -> HttpResponse:
    context: dict[str, Any] = {}
    status = 200
    if request.method == "POST":
        refuse_foreign(request)
        try:
            if request.POST.get("do") == "begin":
                assessments.begin(row=row, assessment=assessment, moment=moment, now=now)
                return _back(request)
            attempt = _attempt(row, moment, request.POST.get("try", ""))
            if attempt is None:
                return _gone(request)
            answers = _answers(request.POST)
            if request.POST.get("do") == "save":
                assessments.save(attempt=attempt, answers=answers, now=now)
                return _back(request, saved="1")
            is_complete = request.POST.get("do") != "all-the-same"
            assessments.submit(
                attempt=attempt, assessment=assessment, answers=answers, is_complete=is_complete,
                by=registration.VISITOR, now=now,
            )  # fmt: skip
            return _back(request)
        except assessments.BadAnswers as refusal:
            found: Any = refusal
            context |= {"faults": found.faults}
            status = 422
        except assessments.Unanswered as refusal:
            found = refusal
            context |= {"missing": found.missing}
            status = 422
        except Refused as refusal:
            context["refusal"] = refusal
            status = 409
    found = assessments.standing(assessment, row, moment, now=now)
    context |= _languages(request, found) | {
        "row": row, "activity": assessment.activity, "test": assessment, "found": found, "now": now,
        "is_saved": bool(found.draft) and "saved" in request.GET, "count": len(assessment.questions),
    }  # fmt: skip
    if found.draft:
        context |= _draft(found, context.get("faults", {}), context.get("missing", []), now)
    elif found.shows_key:
        context["answered"] = _with_key(found.tries)
    return render(request, "public/test.html", context, status=status)


def _attempt(row: Registration, moment: str, given: str) -> Attempt | None:
    """The try that a form was made for, where it is this person's."""
    try:
        mine = Attempt.objects.filter(registration=row, moment=moment, pk=uuid.UUID(given))
    except ValueError:
        return None
    found = mine.select_related("asked").first()
    if found:
        found.registration = row
    return found


def _answers(given: QueryDict) -> dict[str, list[int]]:
    """{question: numbers}; what is no number becomes 0, which no question has."""
    return {
        name.removeprefix(ANSWER): [
            int(one) if one.isascii() and one.isdigit() and len(one) < 4 else 0 for one in given.getlist(name)
        ]
        for name in given
        if name.startswith(ANSWER)
    }


def _draft(found: assessments.Standing, faults: dict[str, str], missing: list[str], now: dt.datetime) -> dict[str, Any]:
    draft: Any = found.draft
    unanswered = _("This question has no answer yet.")
    rows = []
    for place, (question, numbers) in enumerate(assessments.order_for(draft, found.assessment), start=1):
        key = question["id"]
        chosen = draft.answers.get(key, [])
        rows.append(
            {
                "id": key, "place": place, "text": Localized(question["text"]), "is_multiple": question["kind"] == "multiple",
                "points": marking.points_of(question), "fault": faults.get(key) or (unanswered if key in missing else ""),
                "options": [
                    {"number": one, "text": Localized(question["options"][one - 1]["text"]), "is_chosen": one in chosen}
                    for one in numbers
                ],
                "saves_here": place % SAVE_EVERY == 0,
            }
        )  # fmt: skip
    known = {one["id"] for one in rows}
    minutes = found.assessment.minutes_allowed
    until = draft.begun_at + dt.timedelta(minutes=minutes) if minutes else None
    return {
        "questions": rows, "draft": draft, "missing": [one for one in rows if one["id"] in missing],
        "wrong": [one for one in rows if one["id"] in faults],
        "elsewhere": [text for key, text in faults.items() if key not in known],
        "until": until, "is_late": until is not None and until < now,
        "left": max(int((until - now).total_seconds() // 60), 0) if until else None,
    }  # fmt: skip


def _with_key(tries: list[Attempt]) -> list[dict[str, Any]]:
    """The last try beside the right answers, when nobody can be helped by them any more."""
    last = tries[-1]
    return [
        {
            "text": Localized(question["text"]), "explanation": Localized(question.get("explanation", {})),
            "is_right": marking.is_right(question, last.points.get(question["id"])),
            "options": [
                {
                    "text": Localized(one["text"]), "right": one.get("right"),
                    "chosen": number in last.answers.get(question["id"], []),
                }
                for number, one in enumerate(question["options"], start=1)
            ],
        }
        for question in last.asked.questions
    ]  # fmt: skip


# --- Satisfaction ---------------------------------------------------------------------------------------------------


def satisfaction(request: HttpRequest, token: str) -> HttpResponse:
    """The satisfaction form; sent, it is counted and cannot be found again."""
    now, row = timezone.now(), ownpage.find(token)
    form = feedback.find(row) if row else None
    if row is None or form is None:
        return _gone(request)
    with translation.override(_language(request, row)):
        context: dict[str, Any] = {}
        status, given = 200, {}
        is_given = feedback.has_answered(row)
        if request.method == "POST":
            refuse_foreign(request)
            given = {name.removeprefix(ANSWER): request.POST[name] for name in request.POST if name.startswith(ANSWER)}
            try:
                feedback.give(registered=row, answers=given, now=now)
                return private(_back(request))
            except feedback.AlreadyGiven:
                return private(_back(request))
            except feedback.BadAnswers as refusal:
                found: Any = refusal
                context |= {"faults": found.faults, "refusal": "" if found.faults else refusal}
                status = 422
            except Refused as refusal:
                context["refusal"] = refusal
                status = 409
        context |= _choices(form.questions) | {
            "row": row, "activity": form.activity, "is_given": is_given, "longest": feedback.LONGEST,
            "is_open": form.is_open(now) and row.state == Registration.State.CONFIRMED,
            "questions": [_asked(place, one, given, context.get("faults", {})) for place, one in enumerate(form.questions, 1)],
        }  # fmt: skip
        return _in_language(request, private(render(request, "public/feedback.html", context, status=status)))


def _asked(place: int, question: dict[str, Any], given: dict[str, str], faults: dict[str, str]) -> dict[str, Any]:
    key, kind = question["id"], question["kind"]
    labels: list[Any] = []
    if kind == "scale":
        words = {1: _("not at all"), 5: _("fully")}
        labels = [(number, words.get(number, "")) for number in feedback.SCALE]
    elif kind == "single":
        labels = [(number, Localized(one)) for number, one in enumerate(question["options"], start=1)]
    return {
        "id": key, "place": place, "kind": kind, "text": Localized(question["text"]), "value": given.get(key, ""),
        "options": [{"number": number, "text": text, "is_chosen": given.get(key) == str(number)} for number, text in labels],
        "fault": faults.get(key, ""),
    }  # fmt: skip


# --- Both -----------------------------------------------------------------------------------------------------------


def _language(request: HttpRequest, row: Registration) -> str:
    """The person's, or the one that was chosen on the page."""
    asked = request.GET.get("lang", "")
    return asked if asked in dict(settings.LANGUAGES) else row.language


def _languages(request: HttpRequest, found: assessments.Standing) -> dict[str, Any]:
    return _choices(found.draft.asked.questions if found.draft else found.assessment.questions)


def _choices(questions: list[dict[str, Any]]) -> dict[str, Any]:
    """What base.html needs, and the languages in which every word is there."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    whole = marking.languages([{"options": [], **one} for one in _with_texts(questions)])
    names = dict(settings.LANGUAGES)
    return {
        "language": language, "direction": direction(language),
        "offered": [{"code": code, "name": names[code]} for code in whole if code != language],
    }  # fmt: skip


def _with_texts(questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The options of a satisfaction form are bare texts, those of a test have one."""
    return [
        {**one, "options": [option if "text" in option else {"text": option} for option in one.get("options", [])]}
        for one in questions
    ]


def _back(request: HttpRequest, **more: str) -> HttpResponse:
    asked = {"lang": request.GET["lang"]} if "lang" in request.GET else {}
    query = urlencode(asked | more)
    return HttpResponseRedirect(f"{request.path}?{query}" if query else request.path, status=303)


def _in_language(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    answer.headers["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
    return answer


def _gone(request: HttpRequest) -> HttpResponse:
    text = _("This link is not known here. Copy the whole address from the message, or ask for a new one.")
    return private(render(request, "public/link_gone.html", {"refusal": text}, status=404))
