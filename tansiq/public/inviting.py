"""The page of one guest behind the personal link: what, when, where, and the answer. No log-in, no cookie, no JavaScript.

It is bound to the guest: it names the office and not the person, asks for no name but that of a representative, and
shows nothing of other guests. Opening it changes nothing: a mail scanner that follows links answers for nobody.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.translation import gettext as _

from tansiq.coordination.paper import body_name
from tansiq.core.errors import Refused
from tansiq.core.language import direction, language_name, one_of_each_script
from tansiq.core.links import masked
from tansiq.participation import answers, invitations
from tansiq.participation.models import Invitation
from tansiq.programme import calendar
from tansiq.public.feeds import ics
from tansiq.public.links import private
from tansiq.public.registering import refuse_foreign


def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """The invitation and its form; sent, what was answered and how to change it."""
    row = invitations.find(token)
    if row is None:
        text = _("This link opens nothing any more: it is not known here, was replaced by a newer one, or the invitation was withdrawn. Use the newest message, or ask whoever sent it.")  # fmt: skip
        return private(render(request, "public/link_gone.html", {"refusal": text}, status=404))
    asked = request.GET.get("lang", "")
    language = asked if asked in dict(settings.LANGUAGES) else row.language
    with translation.override(language):
        status, context = _answered(request, row) if request.method == "POST" else (200, {})
        row = context.get("row", row)
        answer = private(
            render(request, "public/invitation.html", {**_page(row, language, token), **context}, status=status)
        )
        answer.headers["Content-Language"] = language
        return answer


def _answered(request: HttpRequest, row: Invitation) -> tuple[int, dict[str, Any]]:
    refuse_foreign(request)
    given, now = request.POST, timezone.now()
    typed = {**given.dict(), "chosen": given.get("answer", "")}
    if not answers.is_form_of(row, given.get("token", "")):
        text = _("This page was open for long. What you wrote is kept: look at it and send it once more.")
        return 409, {"refusal": text, "given": typed, "is_asking": given.get("do") == "ask"}
    try:
        if given.get("do") == "ask":
            return 200, {"is_asking": True}
        if given.get("do") == "undo":
            row = answers.take_back(invitation=row, by=answers.GUEST, now=now)
            return 200, {"row": row, "is_taken_back": True}
        reply = answers.Reply(
            state=given.get("answer", ""), companions=_number(given.get("companions", "")),
            representative={code: given.get(f"representative_{code}", "") for code in _spellings()},
            representative_function=given.get("representative_function", ""),
        )  # fmt: skip
        row = answers.answer(
            invitation=row, reply=reply, how=Invitation.How.LINK, by=answers.GUEST, now=now,
        )  # fmt: skip
    except answers.Unfit as refusal:
        return 422, {"faults": getattr(refusal, "faults", {}), "given": typed, "is_open_form": True}
    except Refused as refusal:
        return 409, {"refusal": refusal, "given": typed}
    return 200, {"row": row, "is_new": True}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


def _spellings() -> list[str]:
    return one_of_each_script(code for code, _name in settings.LANGUAGES)


def _page(row: Invitation, language: str, token: str) -> dict[str, Any]:
    now, activity = timezone.now(), row.activity
    try:
        invitations.refuse_over(row, timezone.localdate(now))
        over: Any = ""
    except Refused as refusal:
        over = refusal
    office = [row.function, row.organisation.name if row.organisation else row.organisation_name]
    return {
        "row": row, "activity": activity, "language": language, "direction": direction(language), "token": token,
        "form_token": answers.form_token(row), "over": over, "inviter": body_name(language),
        "office": [one for one in office if one], "initials": initials(row), "masked": format_html('<bdi dir="ltr">{}</bdi>', masked(row.address)) if row.address else "",
        "spellings": [
            {"code": code, "language": language_name(code, language), "direction": direction(code)} for code in _spellings()
        ],
        "companions": range(row.companions_allowed + 1),
        "given": {
            "chosen": row.state if row.is_answered else "", "companions": str(row.companions),
            "representative_function": row.representative_function,
            **{f"representative_{code}": row.representative.get(code, "") for code in _spellings()},
        },
        "alternates": [
            {"code": code, "name": name, "path": f"?lang={code}", "url": ""} for code, name in settings.LANGUAGES
        ],
    }  # fmt: skip


def initials(row: Invitation) -> str:
    """ "خ. أ.": enough for the guest, and no name for whoever got the link from somebody else."""
    name = row.person.name.text(row.language).value if row.person else ""
    return " ".join(f"{word[0]}." for word in name.split() if word[0].isalpha())


def guest_calendar(request: HttpRequest, token: str) -> HttpResponse:
    row = invitations.find(token)
    content = calendar.of_activity(row.activity, row.language) if row else None
    if row is None or content is None:
        raise Http404
    return private(ics(content, row.activity.slug))
