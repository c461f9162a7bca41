"""A test on paper, for those without a network, and its key for whoever marks it: PDF/A-2a and PDF/UA-1."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tansiq.coordination.paper import body_name, in_words
from tansiq.core import pdf
from tansiq.core.localized import Localized
from tansiq.participation import marking
from tansiq.participation.models import Assessment

TEMPLATE = Path(__file__).with_name("typst") / "test.typ"


def printed(assessment: Assessment, *, language: str, now: dt.datetime, is_key: bool = False) -> bytes:
    """The questions in the test's own order, each answer with a box and its letter; on the key the right ones are filled.

    A sheet has lines for the registration number and for which test it is; it asks for no name.
    """
    with translation.override(language):
        activity = assessment.activity
        title = assessment.title.text(language).value or _("Test")
        heading = f"{title} – {_('key for marking')}" if is_key else title
        when = in_words(activity.when or None, language)
        about = " – ".join(part for part in (activity.title.text(language).value, when) if part)
        data = {
            "title": heading, "subtitle": [body_name(language), about], "is_key": is_key,
            "introduction": _said({} if is_key else assessment.introduction, language),
            "fields": [] if is_key else [_("Registration number"), _("Before or after the activity; first or second try")],
            "questions": [_question(place, one, language) for place, one in enumerate(assessment.questions, start=1)],
            "words": {"right": _("right answer")}, "footer": about,
        }  # fmt: skip
        return pdf.render(TEMPLATE, data, language=language, title=heading, now=now)


def _said(text: Any, language: str) -> dict[str, str]:
    found = Localized(text or {}).text(language)
    return {"text": found.value, "language": found.language, "direction": found.direction}


def _question(place: int, question: dict[str, Any], language: str) -> dict[str, Any]:
    is_multiple, points = question["kind"] == "multiple", marking.points_of(question)
    hints = [_("Cross all that are right.") if is_multiple else ""]
    if points > 1:
        hints.append(ngettext("%(number)s point", "%(number)s points", int(points)) % {"number": points})
    return {
        "place": place, "text": _said(question["text"], language), "hint": " ".join(one for one in hints if one),
        "explanation": _said(question.get("explanation"), language),
        "options": [
            {
                "letter": marking.letter(number, language), "text": _said(one["text"], language),
                "right": bool(one.get("right")), "round": not is_multiple,
            }
            for number, one in enumerate(question["options"], start=1)
        ],
    }  # fmt: skip
