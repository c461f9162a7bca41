"""What coordination holds of a person."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db.models import Q
from django.utils import timezone

from tansiq.coordination import documents, letters, lists
from tansiq.coordination.models import (
    Approval,
    ApprovalStep,
    DocumentText,
    DocumentVersion,
    Function,
    Letter,
    PersonList,
    RunOfShow,
    RunOfShowIssue,
    SignedSheet,
)
from tansiq.core import docx, journal
from tansiq.media import assets
from tansiq.media.models import Asset
from tansiq.people import privacy, retention
from tansiq.people.classes import CLASSES


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
    now = before + dt.timedelta(days=CLASSES["coordination.letter"].days or 0)
    return _with_scans(rows) + letters.sweep(before=now - dt.timedelta(days=1))


def _with_scans(rows: Any) -> int:
    """Rows that go, and the private scans that hung on them."""
    scans = list(Asset.objects.filter(pk__in=rows.exclude(scan=None).values("scan")))
    number = rows.delete()[0]
    for scan in scans:
        assets.remove(scan, by=journal.SCHEDULE, now=timezone.now())
    return number


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


def _pictures(subject: privacy.Subject) -> list[Approval]:
    """Versions that were shown: an agenda names speakers, a speech greets somebody."""
    rows: Any = Approval.objects.all() if subject.words else []
    return [row for row in rows if _without([row.title, row.content], subject.words) != [row.title, row.content]]


def _export_pictures(subject: privacy.Subject) -> list[dict[str, Any]]:
    return [{"approval": row.journal_label(), "title": row.title, "content": row.content} for row in _pictures(subject)]


def _erase_pictures(subject: privacy.Subject) -> bool:
    """What was agreed to keeps its hash and its answers; the name goes from the words."""
    found = _pictures(subject)
    for row in found:
        row.title, row.content = _without(row.title, subject.words), _without(row.content, subject.words)
        row.save(update_fields=["title", "content"])
    return bool(found)


privacy.register("approved versions", export=_export_pictures, erase=_erase_pictures)


def _old_steps(before: dt.datetime) -> int:
    return (
        ApprovalStep.objects.filter(asked_at__lt=before)
        .exclude(email="", office="", comment="")
        .update(email="", office="", comment="")
    )


retention.register("coordination.approvalstep", _old_steps)


# --- Documents: a speech may greet somebody -------------------------------------------------------------------------


def _versions(subject: privacy.Subject) -> list[DocumentVersion]:
    rows = DocumentVersion.objects.select_related("text__document") if subject.words else []
    return [row for row in rows if any(word in row.words for word in subject.words)]


def _export_versions(subject: privacy.Subject) -> list[dict[str, Any]]:
    return [
        {"text": row.journal_label(), "kept": row.kept_at.isoformat(), "words": row.words} for row in _versions(subject)
    ]


def _erase_versions(subject: privacy.Subject) -> bool:
    """The name goes from the words; the Word file that held it goes whole."""
    found = _versions(subject)
    documents.forget_files(found)
    for row in found:
        row.words, row.stored_name = _without(row.words, subject.words), ""
        row.save(update_fields=["words", "stored_name"])
    return bool(found)


privacy.register("documents", export=_export_versions, erase=_erase_versions)


def _old_versions(before: dt.datetime) -> int:
    rows = list(DocumentVersion.objects.filter(kept_at__lt=before))
    documents.forget_files(rows)
    gone = {(row.text_id, row.number) for row in rows}
    for text in DocumentText.objects.filter(pk__in={row.text_id for row in rows}):
        if (text.pk, text.version) in gone:
            text.state, text.version = DocumentText.State.WANTED, 0
            text.save(update_fields=["state", "version"])
    return DocumentVersion.objects.filter(pk__in=[row.pk for row in rows]).delete()[0]


retention.register("coordination.documentversion", _old_versions)


# --- Lists of persons -----------------------------------------------------------------------------------------------


def _lists(subject: privacy.Subject) -> list[tuple[PersonList, list[dict[str, Any]]]]:
    words = subject.words
    rows: Any = PersonList.objects.exclude(entries=[]).select_related("activity") if words else []
    found = ((row, [one for one in row.entries if _without(one, words) != one]) for row in rows)
    return [(row, entries) for row, entries in found if entries]


def _export_lists(subject: privacy.Subject) -> list[dict[str, Any]]:
    return [{"list": row.journal_label(), "entries": entries} for row, entries in _lists(subject)]


def _erase_lists(subject: privacy.Subject) -> bool:
    """The whole line goes: what is left beside a name still says who it was."""
    found = _lists(subject)
    for row, gone in found:
        row.entries = [one for one in row.entries if one not in gone]
        row.given_to = _without(row.given_to, subject.words)
        row.save(update_fields=["entries", "given_to"])
    return bool(found)


privacy.register("lists", export=_export_lists, erase=_erase_lists)


def _old_lists(before: dt.datetime) -> int:
    """Security lists once their day is past, whatever `before` says; the others a year later."""
    now = before + dt.timedelta(days=CLASSES["coordination.personlist"].days or 0)
    rows = lists.over(today=timezone.localdate(now), before=timezone.localdate(before))
    return lists.empty(rows, by=journal.SCHEDULE, now=now)


retention.register("coordination.personlist", _old_lists)


def _old_sheets(before: dt.datetime) -> int:
    return _with_scans(SignedSheet.objects.filter(kept_at__lt=before))


retention.register("coordination.signedsheet", _old_sheets)
