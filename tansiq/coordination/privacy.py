"""What coordination holds of a person."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q

from tansiq.coordination import letters
from tansiq.coordination.models import ApprovalStep, Function, Letter, RunOfShow, RunOfShowIssue
from tansiq.core import docx
from tansiq.people import privacy, retention


def _functions(subject: privacy.Subject) -> Any:
    if subject.user is None:
        return Function.objects.none()
    return Function.objects.filter(Q(holder=subject.user) | Q(delegate=subject.user)).order_by("slug")


def _export_functions(subject: privacy.Subject) -> list[dict[str, Any]]:
    user_id = subject.user.pk if subject.user else None
    return [
        {
            "function": row.slug, "holder": row.holder_id == user_id, "delegate": row.delegate_id == user_id,
            "away_from": row.away_from and row.away_from.isoformat(),
            "away_until": row.away_until and row.away_until.isoformat(),
        }
        for row in _functions(subject)
    ]  # fmt: skip


def _erase_functions(subject: privacy.Subject) -> bool:
    """The office stays and is vacant; the absence goes with the one who was absent."""
    rows = _functions(subject)
    held = rows.filter(holder=subject.user).update(holder=None, telephone="", away_from=None, away_until=None)
    return bool(held + Function.objects.filter(delegate=subject.user).exclude(delegate=None).update(delegate=None))


privacy.register("functions", export=_export_functions, erase=_erase_functions)


# --- Runs of show: a telephone or a name that somebody typed into a line --------------------------------------------


def _without(value: Any, words: frozenset[str]) -> Any:
    """A JSON value in which no text holds one of the words."""
    if isinstance(value, dict):
        return {key: _without(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [_without(item, words) for item in value]
    if isinstance(value, str):
        for word in words:
            value = value.replace(word, "…")
    return value


def _lines(subject: privacy.Subject) -> list[tuple[Any, list[dict[str, Any]]]]:
    words = subject.words
    rows: list[Any] = [*RunOfShow.objects.all(), *RunOfShowIssue.objects.all()] if words else []
    found = ((row, [item for item in row.items if _without(item, words) != item]) for row in rows)
    return [(row, items) for row, items in found if items]


def _export_lines(subject: privacy.Subject) -> list[dict[str, Any]]:
    return [{"record": str(row.pk), "lines": items} for row, items in _lines(subject)]


def _erase_lines(subject: privacy.Subject) -> bool:
    words = subject.words
    found = _lines(subject)
    for row, _items in found:
        row.items = _without(row.items, words)
        row.save(update_fields=["items"])
    return bool(found)


privacy.register("runs of show", export=_export_lines, erase=_erase_lines)


def _old_shows(before: dt.datetime) -> int:
    """The telephones of days that are long past; what took place stays."""
    number = 0
    for row in RunOfShow.objects.filter(activity__last_day__lt=before.date()):
        both: list[Any] = [row, *row.issues.all()]
        for one in both:
            items = [{key: value for key, value in item.items() if key != "telephone"} for item in one.items]
            if items != one.items:
                one.items = items
                one.save(update_fields=["items"])
                number += 1
    return number


retention.register("coordination.runofshow", _old_shows)
retention.register("coordination.runofshowissue", lambda before: 0)  # they go with their run of show


# --- Letters: offices write to offices, but an attestation names somebody -------------------------------------------


def _naming(subject: privacy.Subject) -> list[Letter]:
    if not subject.words:
        return []
    found = []
    for row in Letter.objects.all():
        text = (
            f"{row.attention}\n{row.subject}\n{docx.text_of(letters.open_file(row, 'docx')) if row.docx_name else ''}"
        )
        if any(word in text for word in subject.words):
            found.append(row)
    return found


def _export_letters(subject: privacy.Subject) -> list[dict[str, Any]]:
    return [
        {"number": row.number, "date": row.dated.isoformat(), "subject": row.subject, "attention": row.attention}
        for row in _naming(subject)
    ]


def _erase_letters(subject: privacy.Subject) -> bool:
    """The register keeps the number and the day; the words and the files that name the person go."""
    found = _naming(subject)
    for row in found:
        letters.forget_files(row)
        row.attention, row.subject = (_without(text, subject.words) for text in (row.attention, row.subject))
        row.save(update_fields=["attention", "subject", "docx_name", "pdf_name"])
    return bool(found)


privacy.register("letters", export=_export_letters, erase=_erase_letters)


def _old_letters(before: dt.datetime) -> int:
    rows = Letter.objects.filter(dated__lt=before.date())
    Letter.objects.filter(Q(answers__in=rows) | Q(corrects__in=rows)).update(answers=None, corrects=None)
    for row in rows:
        letters.forget_files(row)
    return rows.delete()[0]


retention.register("coordination.letter", _old_letters)


# --- Approvals: the mailbox that was asked, and what was written as a comment ---------------------------------------


def _steps(subject: privacy.Subject) -> list[ApprovalStep]:
    return [
        row for row in ApprovalStep.objects.select_related("approval", "organisation")
        if row.email.lower() in subject.addresses or any(word in f"{row.office} {row.comment}" for word in subject.words)
    ]  # fmt: skip


def _export_steps(subject: privacy.Subject) -> list[dict[str, Any]]:
    return [
        {"approval": row.journal_label(), "office": row.office, "email": row.email, "state": row.state, "comment": row.comment}
        for row in _steps(subject)
    ]  # fmt: skip


def _erase_steps(subject: privacy.Subject) -> bool:
    """That an organisation agreed stays; who pressed the button goes."""
    found = _steps(subject)
    for row in found:
        row.email = ""
        row.office, row.comment = (_without(text, subject.words) for text in (row.office, row.comment))
        row.save(update_fields=["email", "office", "comment"])
    return bool(found)


privacy.register("approvals", export=_export_steps, erase=_erase_steps)


def _old_steps(before: dt.datetime) -> int:
    return (
        ApprovalStep.objects.filter(asked_at__lt=before)
        .exclude(email="", office="", comment="")
        .update(email="", office="", comment="")
    )


retention.register("coordination.approvalstep", _old_steps)
