"""Guests on the command line: added from a table, given out in one of the three orders."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tansiq.config.asked import one_of
from tansiq.core import journal
from tansiq.core.errors import BadInput, Problem
from tansiq.participation import guestfiles, guestpaper, protocol
from tansiq.participation.models import Placement
from tansiq.programme.models import Activity


def invite(slug: str, file: Path, *, apart: Collection[int] = ()) -> dict[str, Any]:
    """Put the guests of a file on the list of an activity: all who are new, or none; nothing is sent.

    apart  rows of which a person says that they are somebody else than whom they resemble
    {"activity", "added": [{"row", "invitation", "number", "name"}], "unchanged": [...],
    "to_decide": [{"row", "name", "like", "invitation" or "other_row", "score", "why"}]}
    """
    activity = one_of(Activity, slug)
    if not file.is_file():
        raise BadInput([Problem(str(file), "", _("There is no such file."))])
    found = guestfiles.plan(activity, guestfiles.read(file.read_bytes(), file_name=file.name), apart=apart)
    added = guestfiles.apply(activity, found, by=journal.CLI, now=timezone.now())

    def told(pairs: Any) -> list[dict[str, Any]]:
        return [
            {"row": line.row, "invitation": str(row.pk), "number": row.number, "name": str(row)} for line, row in pairs
        ]

    return {
        "activity": slug, "added": told(added), "unchanged": told(found.known),
        "to_decide": [
            {
                "row": one.row, "name": " / ".join((one.guest.name or one.guest.function).values()), "like": one.name,
                **({"invitation": str(one.invitation.pk)} if one.invitation else {"other_row": one.other_row}),
                "score": one.score, "why": one.why,
            }
            for one in found.to_decide
        ],
    }  # fmt: skip


def guests(slug: str, order: str) -> dict[str, Any]:
    """One of the orders, each place with its reason.

    {"activity", "order", "guests": [{"place", "invitation", "number", "name", "function", "organisation", "rank", "state",
    "represented_by", "companions", "by_hand", "why"}]}; of logos {"place", "organisation", "name", "by_hand", "why"}
    """
    activity = one_of(Activity, slug)
    language = settings.LANGUAGE_CODE
    with translation.override(language):
        seats = protocol.of(activity, order)
        if order == Placement.Order.LOGOS:
            lines: list[dict[str, Any]] = [
                {"organisation": one.subject.slug, "name": str(one.subject)} for one in seats
            ]
        else:
            lines = [
                {
                    "invitation": str(one.subject.pk) if protocol.is_guest(one.subject) else None,
                    "number": one.subject.number or None, "name": str(one.subject),
                    "function": str(one.subject.function), "organisation": guestpaper.house(one.subject, language),
                    "rank": one.subject.rank, "state": one.subject.state, "represented_by": str(one.subject.representative),
                    "companions": one.subject.companions,
                }
                for one in seats
            ]  # fmt: skip
        for line, one in zip(lines, seats, strict=True):
            line |= {"place": one.position, "by_hand": one.by_hand is not None, "why": one.explain()}
    return {"activity": slug, "order": order, "guests": lines}


def paper(slug: str, order: str, form: str, language: str | None) -> bytes:
    """The guest list as "pdf" or "xlsx"."""
    activity = one_of(Activity, slug)
    language = language or settings.LANGUAGE_CODE
    if language not in dict(settings.LANGUAGES):
        known = ", ".join(dict(settings.LANGUAGES))
        message = _("The site has no language “%(given)s”. Known: %(known)s.") % {"given": language, "known": known}
        raise BadInput([Problem("tansiq guests", "", message)])
    if form == "xlsx":
        return guestpaper.workbook(activity, language=language, order=order)
    return guestpaper.guest_list(activity, language=language, order=order, now=timezone.now())
