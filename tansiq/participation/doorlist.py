"""The list for the door on paper: for whom a phone is too much, and for the hour when it is empty."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from tansiq.coordination import paper
from tansiq.core import pdf
from tansiq.participation import checkin
from tansiq.participation.models import Admission, Registration

BLANK_ROWS = 10


def printed(admission: Admission, *, day: dt.date, user: Any, language: str, now: dt.datetime) -> bytes:
    """All on the list of this user with a box to tick and an hour to write, and blank rows for those not on it, as PDF."""
    with translation.override(language):
        activity = admission.activity
        rows = [
            [
                str(row.number), " / ".join(dict.fromkeys(row.person.name.values())),
                row.region.name.text(language).value if row.region else "",
                "" if row.state == Registration.State.CONFIRMED else str(row.get_state_display()), "☐", "",
            ]
            for row in checkin.listed(admission, user)
        ]  # fmt: skip
        columns: list[dict[str, Any]] = [
            {"title": _("No."), "ltr": True}, {"title": _("Name"), "width": 3}, {"title": _("Region"), "width": 1.4},
            {"title": _("State"), "width": 1}, {"title": _("Here")}, {"title": _("Hour"), "width": 0.7},
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
