"""How one joins from afar, on one page to print or to send on: when, by which link, whom to call, what is recorded."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from tansiq.coordination import paper
from tansiq.core import pdf
from tansiq.core.errors import Refused
from tansiq.core.localized import Localized
from tansiq.participation import ownpage, registrationmails
from tansiq.participation.models import Admission, Registration


class NothingToJoin(Refused):
    """The activity has no address of a meeting."""


def instructions(admission: Admission, *, language: str, now: dt.datetime, row: Registration | None = None) -> bytes:
    """The page as PDF; with `row` it has the personal link, else it says where everybody finds it.

    Raises NothingToJoin.
    """
    given = admission.joining
    if not given.get("url"):
        raise NothingToJoin(_("There is no address of the meeting yet. Write it at the desk, under Places."))
    activity = admission.activity
    with translation.override(language):
        day = paper.in_words(activity.when or None, language) or _("(day to be confirmed)")
        link = f"{ownpage.address_of(row)}join" if row else _("Your own link stands in your confirmation mail.")
        lines: list[tuple[str, Any]] = [
            (_("When"), registrationmails.when_with_hour(activity, day)), (_("Link"), link), (_("System"), given.get("platform")),
            (_("If the connection fails, call"), given.get("telephone")), (_("Rehearsal"), given.get("rehearsal")),
            (_("Interpretation"), given.get("channels")), (_("Recording"), given.get("recording")),
            (_("Host"), given.get("host")), (_("Second host"), given.get("backup_host")), (_("Notes"), given.get("notes")),
        ]  # fmt: skip
        title = _("How to join")
        data = {
            "title": title, "subtitle": [paper.body_name(language), activity.title.text(language).value],
            "columns": [{"title": _("What"), "width": 1}, {"title": _("How"), "width": 3}],
            "rows": [[label, _text(value, language)] for label, value in lines if value],
            "notes": [
                _("Open the link ten minutes before. Write your name as you registered it, so that your presence counts."),
                _("The link is yours alone: please do not pass it on."),
            ],
            "footer": f"{title} – {activity.title.text(language).value}",
        }  # fmt: skip
        return pdf.render(pdf.TABLE, data, language=language, title=title, now=now)


def _text(value: Any, language: str) -> str:
    return Localized(value).text(language).value if isinstance(value, dict) else str(value)
