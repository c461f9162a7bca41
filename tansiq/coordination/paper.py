"""What is printed: the run of show, the list of tasks. Each gives a PDF in one language of the site."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tansiq.coordination import runofshow
from tansiq.coordination.models import Function, RunOfShowIssue, Task
from tansiq.core import dates, packs, pdf, publication
from tansiq.core.dates import PartialDate
from tansiq.core.localized import Localized
from tansiq.people.models import Organisation

TEMPLATES = Path(__file__).with_name("typst")


def body() -> Organisation | None:
    """The body that runs this installation, as the pack names it."""
    found: Organisation | None = publication.kept(
        "body", lambda: Organisation.objects.filter(slug=packs.section("body") or "").first()
    )
    return found


def body_name(language: str) -> str:
    """The name of the body that runs this installation; "" where the pack names none."""
    found = body()
    return found.name.text(language).value if found else ""


def in_words(day: Any, language: str) -> str:
    return dates.write(PartialDate.parse(day), language) if day else ""


def _words(text: Any, language: str) -> str:
    return Localized(text or {}).text(language).value


def stamp(now: dt.datetime) -> str:
    return timezone.localtime(now).strftime("%Y-%m-%d %H:%M")


def run_of_show(found: RunOfShowIssue, *, language: str, now: dt.datetime) -> bytes:
    """One A4 page with the issue's number; what changed against the issue before it is marked."""
    with translation.override(language):
        return pdf.render(
            TEMPLATES / "runofshow.typ", _run_of_show(found, language), language=language,
            title=f"{_('Run of show')} – {_words(found.head.get('title'), language)}", now=now,
        )  # fmt: skip


def _run_of_show(found: RunOfShowIssue, language: str) -> dict[str, Any]:
    offices = {row.slug: row.name.text(language).value for row in Function.objects.all()}
    named = {item.get("organisation") for item in found.items}
    bodies = {row.slug: _short(row, language) for row in Organisation.objects.filter(slug__in=named)}
    place = found.head.get("place") or {}
    changed = runofshow.changed_head(found)
    before = found.show.issues.filter(number__lt=found.number).order_by("-number").first()
    where = "، " if translation.get_language_bidi() else ", "
    venue = where.join(
        part for part in (_words(place.get("name"), language), _words(place.get("locality"), language)) if part
    )
    head = [
        (_("Day"), in_words(found.head.get("day"), language) or _("to be confirmed"), "day" in changed),
        (_("Place"), venue or _("to be confirmed"), "place" in changed),
        (_("Programme"), _words(found.head.get("programme"), language), "programme" in changed),
    ]
    lines = []
    for line in runofshow.lines(found):
        item, fields = line.item, line.fields
        speaker = _words(item.get("speaker"), language)
        organisation = bodies.get(item.get("organisation", ""), "")
        cells = [
            (item["time"], "time", True), (str(item["minutes"]), "minutes", True),
            (_words(item["title"], language), "title", False), (_words(item.get("where"), language), "where", False),
            (offices.get(item.get("owner", ""), ""), "owner", False),
            (" – ".join(part for part in (speaker, organisation) if part), "speaker organisation", False),
            (item.get("language", ""), "language", False), (_words(item.get("plan_b"), language), "plan_b", False),
            (item.get("telephone", ""), "telephone", True),
        ]  # fmt: skip
        lines.append(
            {
                "mark": line.mark,
                "cells": [{"text": text, "ltr": ltr, "changed": line.mark == "new" or bool(fields & set(names.split()))} for text, names, ltr in cells],
            }
        )  # fmt: skip
    issued = {"number": found.number, "day": stamp(found.issued_at)}
    return {
        "title": _words(found.head.get("title"), language), "body": body_name(language),
        "issue": _("Issue %(number)s of %(day)s") % issued,
        "replaces": _("Replaces issue %(number)s of %(day)s. What changed is marked.")
        % {"number": before.number, "day": stamp(before.issued_at)} if before else "",
        "head": [{"label": label, "text": text, "changed": is_new} for label, text, is_new in head],
        "columns": [
            _("Hour"), pgettext("column", "Min."), _("What"), _("Where"), _("Owner"), _("Speaker"), _("Language"),
            _("Plan B"), _("Telephone"), "",
        ],
        "words": {"new": pgettext("line", "new"), "changed": pgettext("line", "changed"), "gone": pgettext("line", "taken out")},
        "lines": lines, "footer": f"{_('Run of show')} – {_('Issue %(number)s of %(day)s') % issued}",
    }  # fmt: skip


def _short(organisation: Organisation, language: str) -> str:
    return (organisation.acronym.text(language) or organisation.name.text(language)).value


def task_list(rows: Iterable[Task], *, heading: str, language: str, now: dt.datetime) -> bytes:
    """The tasks as a table to be ticked off by hand."""
    with translation.override(language):
        today = timezone.localdate(now)
        data = {
            "title": heading, "subtitle": [body_name(language), stamp(now)],
            "columns": [
                {"title": ""}, {"title": _("Due"), "ltr": True},
                {"title": _("Task"), "width": 3}, {"title": _("Activity"), "width": 2},
                {"title": _("Owner"), "width": 1.4}, {"title": _("State")},
            ],
            "rows": [
                [
                    "☑" if task.state == Task.State.DONE else "☐", task.due.isoformat() if task.due else "",
                    task.title.text(language).value, task.activity.title.text(language).value if task.activity else "",
                    task.owner.name.text(language).value if task.owner else "",
                    str(_("Late")) if task.is_late(today) else str(task.get_state_display()),
                ]
                for task in rows
            ],
            "landscape": True,
        }  # fmt: skip
        return pdf.render(pdf.TABLE, data, language=language, title=heading, now=now)
