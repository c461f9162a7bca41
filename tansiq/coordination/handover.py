"""The note that an office hands over: what it has to do, what it waits for, what was done lately, and where it stands.

Whoever takes over reads it in a quarter of an hour; everything in it is in the records, so it is never written by hand.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db.models import Prefetch
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tansiq.coordination import documents, letters, paper, runofshow
from tansiq.coordination.models import Approval, ApprovalStep, DocumentText, Function, Letter, RunOfShow, Task
from tansiq.core import docx
from tansiq.core.language import language_name
from tansiq.core.localized import Localized
from tansiq.people.models import User

DONE_DAYS = 90
MOST = 300


def note(function: Function, *, language: str, now: dt.datetime, reader: User | None = None) -> bytes:
    """The hand-over note of an office as a Word document, to be completed by whoever leaves.

    reader  leaves out the approvals, and the titles of other offices' tasks, that this user may not see
    """
    with translation.override(language):
        name = function.name.text(language).value
        heading = _("Hand-over note: %(office)s") % {"office": name}
        blocks: list[dict[str, Any]] = [
            {"kind": "heading", "level": 1, "text": heading},
            *_paragraphs(_who(function, language, now)),
            *_work(function, language, now, reader),
            *_letters(function, language, now),
            *_texts(function, language),
            *_approvals(function, now, reader),
            *_days(function, language, now),
            *_done(function, language, now),
            {"kind": "heading", "level": 2, "text": _("What no record says")},
            *_paragraphs([_("People to know, habits, what was promised by word of mouth:"), "…", "…", "…"]),
            *_paragraphs([_("Handed over by, date, signature:"), _("Taken over by, date, signature:")]),
        ]
        return docx.build(
            blocks,
            language=language,
            letterhead=[paper.body_name(language)],
            footer=f"{heading} – {paper.in_words(timezone.localdate(now), language)}",
            title=heading,
        )


def printed(function: Function, *, language: str, now: dt.datetime, reader: User | None = None) -> bytes:
    """The same as a PDF."""
    with translation.override(language):
        title = _("Hand-over note: %(office)s") % {"office": function.name.text(language).value}
    content = note(function, language=language, now=now, reader=reader)
    return docx.to_pdf(content, language=language, title=title, now=now)


def _paragraphs(lines: list[str]) -> list[dict[str, Any]]:
    return [{"kind": "paragraph", "text": line} for line in lines if line]


def _section(title: str, header: list[str], rows: list[list[str]], widths: list[float]) -> list[dict[str, Any]]:
    """A heading and its table; nothing where there is no row."""
    if not rows:
        return []
    table = {"kind": "table", "header": True, "rows": [header, *rows], "widths": widths}
    return [{"kind": "heading", "level": 2, "text": f"{title} ({len(rows)})"}, table]


def _text(value: Any, language: str) -> str:
    return Localized(value or {}).text(language).value


def _day(value: dt.date | None) -> str:
    return value.isoformat() if value else ""


def _who(function: Function, language: str, now: dt.datetime) -> list[str]:
    today = timezone.localdate(now)
    found = [
        _("As of %(day)s.") % {"day": paper.in_words(today, language)},
        _("Held by: %(name)s") % {"name": function.holder.get_full_name() or function.holder.email} if function.holder else _("The office is vacant."),
    ]  # fmt: skip
    if function.delegate:
        found.append(_("Stands in: %(name)s") % {"name": function.delegate.get_full_name() or function.delegate.email})
    if function.away_from and (function.away_until or today) >= today:
        found.append(
            _("Absent from %(start)s until %(end)s.")
            % {
                "start": paper.in_words(function.away_from, language),
                "end": paper.in_words(function.away_until, language),
            }
        )
    found.append(
        _("Everything below is at the desk: %(address)s")
        % {"address": f"{settings.TANSIQ_SITE_URL}/desk/work/?who={function.slug}"}
    )
    return found


def _work(function: Function, language: str, now: dt.datetime, reader: User | None) -> list[dict[str, Any]]:
    today = timezone.localdate(now)
    after = Task.objects.visible_to(reader) if reader else Task.objects.all()
    rows = (
        function.tasks.open().select_related("activity", "programme").prefetch_related(Prefetch("after", after))[:MOST]
    )
    late: list[list[str]] = []
    coming: list[list[str]] = []
    for task in rows:
        where = task.activity or task.programme
        first = [
            _("After: %(task)s") % {"task": one.title.text(language).value}
            for one in task.after.all()
            if one.state == Task.State.OPEN
        ]
        cells = [
            _day(task.due), task.title.text(language).value, where.title.text(language).value,
            "\n".join([task.evidence_wanted.text(language).value if task.evidence_wanted else "", *first]).strip(),
        ]  # fmt: skip
        (late if task.is_late(today) else coming).append(cells)
    header = [_("Due"), _("Task"), _("For"), _("What shows it")]
    widths = [1.3, 2.6, 2, 2]
    return [*_section(_("Late"), header, late, widths), *_section(_("To be done"), header, coming, widths)]


def _letters(function: Function, language: str, now: dt.datetime) -> list[dict[str, Any]]:
    today = timezone.localdate(now)
    rows = Letter.objects.filter(service=function, state__in=(Letter.State.WRITTEN, Letter.State.SENT))
    found = [
        [row.number, row.organisation.name.text(language).value if row.organisation else "", row.subject, letters.state_words(row, today), _day(row.answer_by)]
        for row in rows.select_related("organisation").order_by("year", "serial")[:MOST]
        if row.state == Letter.State.WRITTEN or row.answer_by
    ]  # fmt: skip
    header = [_("Number"), _("To"), _("Subject"), _("State"), _("Answer wanted by")]
    return _section(_("Letters on their way"), header, found, [1.5, 2, 2.6, 1.4, 1.3])


def _texts(function: Function, language: str) -> list[dict[str, Any]]:
    rows = DocumentText.objects.filter(translator=function).select_related("document", "translator")
    found = [
        [
            _day(row.due), row.document.title.text(language).value, language_name(row.language, language),
            _("the original has changed") if documents.is_behind(row) else str(row.get_state_display()),
        ]
        for row in rows.prefetch_related("versions", "document__texts__versions").order_by("due")[:MOST]
        if row.state != DocumentText.State.READY or documents.is_behind(row)
    ]  # fmt: skip
    return _section(
        _("Texts to write or translate"), [_("Due"), _("Document"), _("Language"), _("State")], found, [1, 3, 1, 1.6]
    )


def _approvals(function: Function, now: dt.datetime, reader: User | None) -> list[dict[str, Any]]:
    """With whom, since when: of the programmes that the office has work in."""
    rows = ApprovalStep.objects.visible_to(reader) if reader else ApprovalStep.objects.all()
    steps = rows.filter(
        state=ApprovalStep.State.ASKED, approval__state=Approval.State.OPEN,
        approval__programme__in=function.tasks.values("programme"),
    ).select_related("approval", "organisation")  # fmt: skip
    found = [
        [step.approval.title, str(step.approval.get_what_display()), " – ".join(part for part in (str(step.organisation), step.office) if part), str(step.waits(now) or 0), _day(step.due)]
        for step in steps.order_by("asked_at")[:MOST]
    ]  # fmt: skip
    header = [_("Title"), _("What"), _("With whom"), _("Days"), _("Due")]
    return _section(_("Approvals that are waited for"), header, found, [2.4, 1.2, 2.4, 0.7, 1.3])


def _days(function: Function, language: str, now: dt.datetime) -> list[dict[str, Any]]:
    """Its lines in the runs of show that are still to come."""
    today, found = timezone.localdate(now), []
    for show in RunOfShow.objects.select_related("activity").filter(activity__last_day__gte=today):
        for row in runofshow.rows(show.items, show.activity.starts_at_time):
            if row.item.get("owner") == function.slug:
                plan_b = _text(row.item.get("plan_b"), language)
                found.append(
                    [
                        _day(show.day),
                        f"{row.time}–{row.until}",
                        _text(row.item["title"], language),
                        show.activity.title.text(language).value,
                        plan_b,
                    ]
                )
    header = [_("Day"), _("Hour"), _("What"), _("Activity"), _("Plan B")]
    return _section(_("On the day"), header, sorted(found)[:MOST], [1.3, 1.2, 2.4, 2, 1.6])


def _done(function: Function, language: str, now: dt.datetime) -> list[dict[str, Any]]:
    since = timezone.localdate(now) - dt.timedelta(days=DONE_DAYS)
    rows = function.tasks.filter(state=Task.State.DONE, done_date__gte=since).order_by("-done_date")[:MOST]
    found = [[_day(row.done_date), row.title.text(language).value, row.evidence] for row in rows]
    return _section(_("Done lately"), [_("Day"), _("Task"), _("Evidence")], found, [1.3, 3, 3])
