"""Texts in several languages: who translates what until when, versions that stay, the check against the glossary.

A document has one text for each language. The reference text leads: when it changes, the others are behind until they
were made from its new version. A text that is wanted until a day is a task of its translator.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata
import uuid
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from tansiq.coordination import approvals, glossary, tasks
from tansiq.coordination.models import Document, DocumentText, DocumentVersion, Function, Task
from tansiq.core import docx, journal
from tansiq.core.errors import Refused
from tansiq.core.language import language_name
from tansiq.core.localized import Localized

LONGEST = 200_000


class NothingWritten(Refused):
    pass


class ChangedMeanwhile(Refused):
    """Somebody else kept a version since this one was begun."""


class WordsToMend(Refused):
    """Words of the text are not to be used; carries `findings`."""


# --- Asking for a text ----------------------------------------------------------------------------------------------


@transaction.atomic
def want(
    *, document: Document, language: str, translator: Function | None, due: dt.date | None, by: Any, now: dt.datetime
) -> DocumentText:
    """Ask an office for a document in a language until a day; asking again changes the office and the day."""
    text, is_new = DocumentText.objects.get_or_create(document=document, language=language)
    before = {} if is_new else {"translator": text.translator and text.translator.slug, "due": str(text.due)}
    text.translator, text.due = translator, due
    text.save(update_fields=["translator", "due"])
    after = {"translator": translator and translator.slug, "due": str(due)}
    if before != after:
        changes = journal.difference(before, after)
        journal.record(f"coordination.{'create' if is_new else 'change'}", text, by=by, now=now, changes=changes)
    _keep_task(text, by=by, now=now)
    return text


def _keep_task(text: DocumentText, *, by: Any, now: dt.datetime) -> None:
    """The task behind a text: open while the text is to be written or behind, done when it is ready."""
    document, key = text.document, f"text/{text.document.slug}/{text.language}"
    task = Task.objects.filter(programme=document.programme, key=key).first()
    if task is None:
        if text.translator is None or text.due is None or _is_done(text):
            return
        task = Task(programme=document.programme, key=key, reference_language=settings.LANGUAGE_CODE)
    title = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            words = _("Write “%(title)s”") if text.is_reference else _("Translate “%(title)s”")
            title[code] = f"{words % {'title': document.title.text(code).value}} ({language_name(text.language, code)})"
    task.title, task.activity, task.owner, task.due = Localized(title), document.activity, text.translator, text.due
    (tasks.add if task._state.adding else tasks.change)(task, by=by, now=now)
    if _is_done(text):
        tasks.finish(task=task, evidence=_("version %(number)s") % {"number": text.version}, by=by, now=now)
    elif task.state == Task.State.DONE:
        tasks.set_aside(task=task, is_needed=True, by=by, now=now)


def _is_done(text: DocumentText) -> bool:
    return text.state == DocumentText.State.READY and not is_behind(text)


def reference_of(document: Document) -> DocumentText | None:
    return next((one for one in document.texts.all() if one.language == document.reference_language), None)


def last(text: DocumentText) -> DocumentVersion | None:
    return next((one for one in text.versions.all() if one.number == text.version), None)


def is_behind(text: DocumentText) -> bool:
    """Was it made from an older version of the reference text?"""
    if text.is_reference or not text.version:
        return False
    leading, kept = reference_of(text.document), last(text)
    return bool(leading and kept and (kept.of_version or 0) < leading.version)


# --- Keeping a version ----------------------------------------------------------------------------------------------


@transaction.atomic
def keep(
    *, text: DocumentText, words: str = "", file: bytes | None = None, seen: int, of_version: int | None = None, by: Any,
    now: dt.datetime,
) -> DocumentVersion:  # fmt: skip
    """Keep words, or a Word file and the words in it, as the next version; the same words again keep the one there is.

    seen        the version that the writer had before them: another one since is not overwritten unseen
    of_version  of the reference text, from which it was made; None for the version that it has now
    Raises NothingWritten, ChangedMeanwhile, docx.BadDocument.
    """
    DocumentText.objects.select_for_update().filter(pk=text.pk).only("pk").get()
    text.refresh_from_db()
    if text.version != seen:
        message = _(
            "Version %(number)s was kept while you wrote. Look at it, then keep yours: nothing of yours is lost."
        )
        raise ChangedMeanwhile(message % {"number": text.version})
    if file is not None:
        words = docx.text_of(file)
    words = unicodedata.normalize("NFC", words.replace("\r\n", "\n")).strip()
    if not words:
        raise NothingWritten(_("There are no words in it. Write the text, or choose a Word file that holds it."))
    if len(words) > LONGEST:
        message = _("The text has more than %(number)s letters. Part it into several documents.")
        raise NothingWritten(message % {"number": LONGEST})
    leading = None if text.is_reference else reference_of(text.document)
    made_from = min(leading.version if of_version is None else of_version, leading.version) if leading else None
    kept = last(text)
    if kept and kept.words == words and kept.of_version == made_from and file is None:
        return kept
    stored = default_storage.save(f"documents/{uuid.uuid4().hex}.docx", ContentFile(file)) if file is not None else ""
    version = DocumentVersion.objects.create(
        text=text, number=text.version + 1, words=words, of_version=made_from, stored_name=stored,
        sha256=hashlib.sha256(words.encode()).hexdigest(), kept_at=now, kept_by=journal.actor(by).id,
    )  # fmt: skip
    before = {"version": text.version, "state": text.state}
    text.version, text.state = version.number, DocumentText.State.DRAFT
    text.save(update_fields=["version", "state"])
    after = {"version": text.version, "state": text.state.value, "sha256": version.sha256}
    journal.record("coordination.keep_text", text, by=by, now=now, changes=journal.difference(before, after))
    _follow(text, by=by, now=now)
    return version


def _follow(text: DocumentText, *, by: Any, now: dt.datetime) -> None:
    """Its own task, and where it leads those of the languages that follow it."""
    rows = text.document.texts.select_related("document__programme", "translator").prefetch_related("versions")
    for one in rows if text.is_reference else rows.filter(pk=text.pk):
        _keep_task(one, by=by, now=now)


def findings(text: DocumentText, words: str | None = None) -> list[glossary.Finding]:
    """What the glossary says of the last version, or of `words`, beside the reference text."""
    kept, leading = last(text), None if text.is_reference else reference_of(text.document)
    original = last(leading) if leading else None
    shown = words if words is not None else kept.words if kept else ""
    return glossary.check(
        shown, text.language, original=original.words if original else "",
        original_language=leading.language if leading else "",
    )  # fmt: skip


@transaction.atomic
def settle(*, text: DocumentText, anyway: bool = False, by: Any, now: dt.datetime) -> DocumentText:
    """Somebody read it and it is ready. Twice changes nothing.

    anyway  although words of it are not to be used
    Raises NothingWritten; WordsToMend with what the glossary found.
    """
    if text.state == DocumentText.State.READY:
        return text
    if not text.version:
        raise NothingWritten(_("There is no text yet. Keep a version first."))
    wrong = [one for one in findings(text) if one.kind == "avoid"]
    if wrong and not anyway:
        shown = "; ".join(f"“{one.found}” → “{one.better}”" for one in wrong[:5])
        message = _("These words are not to be used: %(words)s. Mend them, or say that they are meant.")
        raise WordsToMend(message % {"words": shown}, findings=wrong)
    text.state = DocumentText.State.READY
    text.save(update_fields=["state"])
    journal.record("coordination.settle_text", text, by=by, now=now, changes={"state": ["draft", "ready"]})
    _follow(text, by=by, now=now)
    return text


def open_file(version: DocumentVersion, form: str, *, now: dt.datetime) -> bytes:
    """The version as "docx" (as it came, or made from its words) or "pdf"."""
    text = version.text
    if version.stored_name:
        with default_storage.open(version.stored_name) as stored:
            content = stored.read()
    else:
        title = text.document.title.text(text.language).value
        blocks = [{"kind": "heading", "level": 1, "text": title}]
        blocks += [{"kind": "paragraph", "text": part} for part in version.words.split("\n") if part.strip()]
        content = docx.build(blocks, language=text.language, title=title)
    if form == "docx":
        return content
    return docx.to_pdf(content, language=text.language, title=text.document.title.text(text.language).value, now=now)


def forget_files(versions: list[DocumentVersion]) -> None:
    """The files go when the caller's transaction commits."""
    names = [one.stored_name for one in versions if one.stored_name]

    def remove() -> None:
        for name in names:
            default_storage.delete(name)

    transaction.on_commit(remove)


# --- What partners agree to -----------------------------------------------------------------------------------------


def _picture(text: DocumentText, what: str, language: str) -> approvals.Picture:
    kept = last(text)
    parts = [part for part in kept.words.split("\n") if part.strip()] if kept else []
    lines = [[str(number), part] for number, part in enumerate(parts, start=1)]
    title = text.document.title.text(text.language).value
    return approvals.Picture(title, lines, text.document.programme)


approvals.approvable(DocumentText, _picture, parts=(Document,))
