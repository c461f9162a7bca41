"""The list for the door on paper: for whom a phone is too much, and for the hour when it is empty."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from tansiq.coordination import paper
from tansiq.core import pdf
from tansiq.participation import daylist
from tansiq.participation.models import Arrival
from tansiq.programme.models import Activity

BLANK_ROWS = 10


def printed(activity: Activity, *, day: dt.date, user: Any, language: str, now: dt.datetime) -> bytes:
    """All on the list of this user, guests first, with a box to tick and an hour to write, and blank rows, as PDF.

    Who is checked in already is ticked, with the hour.
    """
    with translation.override(language):
        came, zone = daylist.came(activity, day), daylist.zone_of(activity)
        rows = [_line(one, came.get(one.row.pk), zone) for one in daylist.expected(activity, user)]
        columns: list[dict[str, Any]] = [
            {"title": _("No."), "ltr": True}, {"title": _("Name"), "width": 3}, {"title": _("Region, or function"), "width": 2},
            {"title": _("State"), "width": 1.2}, {"title": _("Here")}, {"title": _("Hour"), "width": 0.7},
        ]  # fmt: skip
        heading = _("List for the door")
        data = {
            "title": heading,
            "subtitle": [paper.body_name(language), activity.title.text(language).value, paper.in_words(day, language)],
            "columns": columns, "rows": rows, "blank_rows": BLANK_ROWS, "row_height": 8,
            "footer": f"{heading} – {activity.title.text(language).value}",
            "notes": [_("What is written here is entered at the desk the same day; the paper is destroyed after it.")],
        }  # fmt: skip
        return pdf.render(pdf.TABLE, data, language=language, title=heading, now=now)


def _line(one: daylist.Expected, came: Arrival | None, zone: ZoneInfo) -> list[str]:
    names = " / ".join(one.names)
    if one.instead:
        who = ", ".join(part for part in (" / ".join(one.instead), one.instead_function) if part)
        names += "\n" + _("represented by: %(name)s") % {"name": who}
    if came and came.is_by_representative:
        names += "\n" + _("came instead: %(name)s") % {"name": came.name}
    state = "" if one.row.state in ("confirmed", "accepted") else str(one.row.get_state_display())
    hour = came.at.astimezone(zone).strftime("%H:%M") if came else ""
    return [str(one.number or "–"), names, one.about, state, "☑" if came else "☐", hour]
