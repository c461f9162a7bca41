"""The register of letters: numbers by year and service, letters written from records into DOCX and PDF, answers.

A letter's words stand in its kind, with placeholders; the sheet is a Word template of the secretariat's own, or ours.
What a letter said is kept (`facts`), so that a change of the plan finds the letters that it makes false.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import uuid
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tansiq.coordination.defaults import defaults
from tansiq.coordination.models import DocumentVersion, Function, Letter, LetterKind, LetterSeries, LetterTemplate
from tansiq.coordination.paper import body_name, in_words
from tansiq.core import docx, jobs, journal, packs
from tansiq.core.errors import Refused
from tansiq.core.language import in_line, join
from tansiq.core.localized import Localized
from tansiq.media import assets
from tansiq.people.models import Organisation
from tansiq.programme.models import Activity, Involvement, Programme

# What a text or a template may ask for. `body` and the formulas are for templates alone.
FIELDS = (
    "letter.number", "letter.date", "letter.subject", "to.name", "to.attention", "from.name", "from.function",
    "programme.title", "programme.period", "activity.title", "activity.when", "activity.time", "activity.place",
    "activity.mode", "answer_by", "places", "delegation", "earlier.number", "earlier.date", "earlier.subject",
    "earlier.when", "how_to_answer",
)  # fmt: skip
KNOWN = (
    *FIELDS, "body", "salutation", "closing", "heading",
    "by_region.region", "by_region.number", "by_region.reserve",
)  # fmt: skip
# These certify or order: nobody is greeted.
_WITHOUT_FORMULAS = {"mission-order", "attestation"}
BATCH = 25


class NumberTaken(Refused):
    """Another letter of this register has the number; carries `free`, the next one."""


class WrongTemplate(Refused):
    pass


class NotSoFar(Refused):
    """A letter is not in the state that this needs."""


@dataclass(frozen=True)
class Wanted:
    """What a letter is written from. activity may be None for letters about a programme; `earlier` is a letter of ours.

    by_region  rows of a table of places, {"region": "...", "number": "8", "reserve": "2"}, as they are printed
    """

    kind: LetterKind
    programme: Programme
    activity: Activity | None
    organisation: Organisation
    language: str
    service: Function | None = None
    attention: str = ""
    answer_by: dt.date | None = None
    places: int | None = None
    delegation: str = ""
    earlier: Letter | None = None
    how_to_answer: str = ""
    by_region: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class Written:
    """A letter's words before it has a number: for the preview."""

    subject: str
    paragraphs: list[str]
    language: str


# --- The words ------------------------------------------------------------------------------------------------------


def _formulas(language: str, kind: str) -> dict[str, str]:
    given = {**defaults()["formulas"], **packs.section("letter_formulas", {})}
    text = {name: Localized(value).text(language).value for name, value in given.items()}
    closing = text["note_verbale_closing"] if kind == "note-verbale" else text["closing"]
    if kind in _WITHOUT_FORMULAS:
        closing = ""
    salutation = "" if kind in _WITHOUT_FORMULAS or kind == "note-verbale" else text["salutation"]
    return {"salutation": salutation, "closing": closing, "heading": text.get("heading", "")}


def values(wanted: Wanted, *, number: str, dated: dt.date) -> dict[str, Any]:
    """Everything that a template may show, in the letter's language; what is not known is empty."""
    language, activity, earlier = wanted.language, wanted.activity, wanted.earlier

    def text(value: Any) -> str:
        return Localized(value or {}).text(language).value

    with translation.override(language):
        place = activity.place if activity else None
        comma = "، " if translation.get_language_bidi() else ", "
        where = comma.join(part for part in (text(place.name), text(place.locality)) if part) if place else ""
        result: dict[str, Any] = {
            "letter": {"number": in_line(number, language), "date": in_words(dated, language), "subject": ""},
            "to": {"name": text(wanted.organisation.name), "attention": wanted.attention},
            "from": {"name": body_name(language), "function": text(wanted.service.name) if wanted.service else ""},
            "programme": {"title": text(wanted.programme.title), "period": in_words(wanted.programme.period, language)},
            "activity": {
                "title": text(activity.title) if activity else "",
                "when": (in_words(activity.when or None, language) or _("(day to be confirmed)")) if activity else "",
                "time": activity.starts_at_time.strftime("%H:%M") if activity and activity.starts_at_time else "",
                "place": where, "mode": str(activity.get_mode_display()) if activity and activity.mode else "",
            },
            "answer_by": in_words(wanted.answer_by, language), "places": str(wanted.places or ""),
            "delegation": wanted.delegation, "how_to_answer": wanted.how_to_answer,
            "by_region": [dict(one) for one in wanted.by_region],
            "earlier": {
                "number": in_line(earlier.number, language) if earlier else "", "date": in_words(earlier.dated, language) if earlier else "",
                "subject": earlier.subject if earlier else "",
                "when": in_words(earlier.facts.get("activity.when"), language) if earlier else "",
            },
            **_formulas(language, wanted.kind.slug),
        }  # fmt: skip
    return result


def _facts(wanted: Wanted, asked: str) -> dict[str, Any]:
    """The plain values behind the fields that the words ask for."""
    activity = wanted.activity
    if activity is None:
        return {}
    plain = {
        "activity.when": activity.when.edtf,
        "activity.time": activity.starts_at_time.strftime("%H:%M") if activity.starts_at_time else "",
        "activity.place": str(activity.place_id or ""), "activity.title": dict(activity.title),
        "activity.mode": activity.mode,
    }  # fmt: skip
    return {name: value for name, value in plain.items() if name in asked}


def words(wanted: Wanted, *, number: str = "…", dated: dt.date) -> Written:
    """The letter without its sheet. Raises docx.CannotMerge."""
    subject, paragraphs, _all = _words(wanted, number, dated)
    return Written(subject, paragraphs, wanted.language)


def _words(wanted: Wanted, number: str, dated: dt.date) -> tuple[str, list[str], dict[str, Any]]:
    merged = values(wanted, number=number, dated=dated)
    subject = docx.fill(wanted.kind.subject.text(wanted.language).value, merged).strip()[:300]
    merged["letter"]["subject"] = subject
    body = docx.fill(wanted.kind.body.text(wanted.language).value, merged).strip()
    merged["body"] = body
    return subject, [part.strip() for part in body.split("\n\n") if part.strip()], merged


# --- The sheet ------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=16)
def our_template(language: str, *, has_table: bool = False) -> bytes:
    """The sheet that is used where the secretariat has none of its own: it may be taken, changed in Word and given back.

    has_table  with the table of places by region, under the text
    """
    with translation.override(language):
        table = {
            "kind": "table", "header": True, "widths": [3, 1, 1],
            "rows": [
                [_("Region"), pgettext("seats", "Places"), pgettext("seats", "Reserve")], ["{%tr for row in by_region %}", "", ""],
                ["{{ row.region }}", "{{ row.number }}", "{{ row.reserve }}"], ["{%tr endfor %}", "", ""],
            ],
        }  # fmt: skip
        blocks: list[dict[str, Any]] = [
            {"kind": "paragraph", "text": _("No. %(number)s") % {"number": "{{ letter.number }}"}, "align": "start"},
            {"kind": "paragraph", "text": "{{ letter.date }}", "align": "end"},
            {"kind": "paragraph", "text": _("To: %(name)s") % {"name": "{{ to.name }}"}, "bold": True},
            {"kind": "paragraph", "text": "{% if to.attention %}{{ to.attention }}{% endif %}"},
            {
                "kind": "paragraph",
                "text": _("Subject: %(subject)s") % {"subject": "{{ letter.subject }}"},
                "bold": True,
            },
            {"kind": "paragraph", "text": "{{ salutation }}"},
            {"kind": "paragraph", "text": "{{ body }}", "align": "justify"},
            *([table] if has_table else []),
            {"kind": "paragraph", "text": "{{ closing }}"},
            {"kind": "paragraph", "text": "{{ from.function }}", "align": "end", "bold": True},
        ]
    return docx.build(blocks, language=language, letterhead=["{{ heading }}", "{{ from.name }}"])


def template_of(kind: LetterKind, language: str, *, has_table: bool = False) -> bytes:
    """The secretariat's own sheet for this kind, else its sheet for all, else ours."""
    rows = LetterTemplate.objects.filter(language=language, kind__in=[kind]) or LetterTemplate.objects.filter(
        language=language, kind=None
    )
    row = rows.first()
    if row is None:
        return our_template(language, has_table=has_table)
    with default_storage.open(row.stored_name) as file:
        return file.read()


@transaction.atomic
def keep_template(
    *, content: bytes, file_name: str, kind: LetterKind | None, language: str, by: Any, now: dt.datetime
) -> LetterTemplate:
    """Keep a Word template in place of the one before. Raises WrongTemplate with everything that is wrong in it."""
    faults = docx.check(content, KNOWN)
    if not faults and "{{" not in docx.text_of(content):
        faults = [_("There is no placeholder in it, such as {{ body }}: every letter would be the same.")]
    if faults:
        raise WrongTemplate(" ".join(faults))
    stored = default_storage.save(f"letters/{uuid.uuid4().hex}.docx", ContentFile(content))
    row, is_new = LetterTemplate.objects.update_or_create(
        kind=kind, language=language,
        defaults={
            "stored_name": stored, "file_name": file_name[-120:], "sha256": hashlib.sha256(content).hexdigest(), "kept_at": now,
        },
    )  # fmt: skip
    verb = "coordination.create" if is_new else "coordination.change"
    journal.record(verb, row, by=by, now=now, changes={"sha256": [None, row.sha256]})
    return row


# --- Numbers --------------------------------------------------------------------------------------------------------


def _next_number(direction: str, code: str, year: int) -> int:
    """The next free number of a register, in the caller's transaction: two at once never get the same."""
    key: dict[str, Any] = {"direction": direction, "code": code, "year": year}
    LetterSeries.objects.get_or_create(**key)
    while True:
        LetterSeries.objects.filter(**key).update(last=F("last") + 1)
        number = LetterSeries.objects.values_list("last", flat=True).get(**key)
        # A number that somebody took by hand is passed over.
        if not Letter.objects.filter(**key, serial=number).exists():
            return number


def _take(direction: str, code: str, year: int, by_hand: int | None) -> int:
    if by_hand is None:
        return _next_number(direction, code, year)
    if Letter.objects.filter(direction=direction, code=code, year=year, serial=by_hand).exists():
        free = _free(direction, code, year)
        message = _("The number %(number)s of %(year)s is taken in this register. The next free one is %(free)s.")
        raise NumberTaken(message % {"number": by_hand, "year": year, "free": free}, free=free)
    return by_hand


def _free(direction: str, code: str, year: int) -> int:
    key = {"direction": direction, "code": code, "year": year}
    taken = set(Letter.objects.filter(**key).values_list("serial", flat=True))
    last = LetterSeries.objects.filter(**key).values_list("last", flat=True).first() or 0
    return next(number for number in range(last + 1, last + 2 + len(taken)) if number not in taken)


# --- Letters out ----------------------------------------------------------------------------------------------------


@transaction.atomic
def write(
    wanted: Wanted,
    *,
    dated: dt.date,
    by: Any,
    now: dt.datetime,
    number: int | None = None,
    corrects: Letter | None = None,
) -> Letter:
    """Write one letter: it gets its number in the register, a DOCX and a PDF that are kept as they are.

    number  where one was taken by hand; None for the next one
    Raises NumberTaken, docx.CannotMerge.
    """
    code = wanted.service.code if wanted.service else ""
    letter = Letter(
        direction=Letter.Direction.OUT, code=code, year=dated.year,
        serial=_take(Letter.Direction.OUT, code, dated.year, number), programme=wanted.programme,
        activity=wanted.activity, kind=wanted.kind, organisation=wanted.organisation, attention=wanted.attention[:200],
        service=wanted.service, language=wanted.language, dated=dated, state=Letter.State.WRITTEN,
        answer_by=wanted.answer_by, corrects=corrects,
    )  # fmt: skip
    subject, _paragraphs, merged = _words(wanted, letter.number, dated)
    letter.subject = subject
    asked = wanted.kind.subject.text(wanted.language).value + wanted.kind.body.text(wanted.language).value
    letter.facts = _facts(wanted, asked)
    with translation.override(wanted.language):
        template = template_of(wanted.kind, wanted.language, has_table=bool(wanted.by_region))
        if wanted.by_region and "by_region" not in docx.text_of(template):  # a sheet of their own without the table
            lines = (f"{one['region']}: {one['number']} + {one['reserve']}" for one in wanted.by_region)
            merged["body"] += "\n\n" + "\n".join(lines)
        content = docx.merge(template, merged)
        printed = docx.to_pdf(content, language=wanted.language, title=f"{letter.number} – {subject}", now=now)
    letter.sha256 = hashlib.sha256(printed).hexdigest()
    letter.docx_name = default_storage.save(f"letters/{letter.pk.hex}.docx", ContentFile(content))
    letter.pdf_name = default_storage.save(f"letters/{letter.pk.hex}.pdf", ContentFile(printed))
    try:
        with transaction.atomic():
            letter.save(force_insert=True)
    except IntegrityError as error:  # of two who typed the same number at once, one is told
        raise NumberTaken(_("The number was taken a moment ago. Try the next one."), free=None) from error
    changes = {
        "number": [None, letter.number],
        "kind": [None, wanted.kind.slug],
        "to": [None, wanted.organisation.slug],
    }
    if corrects:
        changes["corrects"] = [None, corrects.number]
    verb = "coordination.correct_letter" if corrects else "coordination.write_letter"
    journal.record(verb, letter, by=by, now=now, changes=changes)
    return letter


def addressees(programme: Programme, activity: Activity | None) -> list[Organisation]:
    """Who has a part in an activity, or in the programme, in protocol order; the body itself is left out."""
    subject = activity.pk if activity else programme.pk
    rows = Involvement.objects.filter(programme=programme, subject_id=subject).select_related("organisation")
    own = packs.section("body")
    return list(dict.fromkeys(row.organisation for row in rows if row.organisation.slug != own))


@transaction.atomic
def send(*, letter: Letter, on: dt.date, by: Any, now: dt.datetime) -> Letter:
    """It went out. Twice changes nothing. Raises NotSoFar for a letter in, or a cancelled one."""
    if not Letter.objects.filter(pk=letter.pk, state=Letter.State.WRITTEN).update(
        state=Letter.State.SENT, sent_date=on
    ):
        letter.refresh_from_db()
        if letter.state in (Letter.State.SENT, Letter.State.ANSWERED):
            return letter
        raise NotSoFar(
            _("Only a letter that was written here can be sent. This one is “%(state)s”.")
            % {"state": letter.get_state_display()}
        )
    letter.refresh_from_db()
    journal.record("coordination.send_letter", letter, by=by, now=now, changes={"sent_date": [None, on.isoformat()]})
    return letter


@transaction.atomic
def cancel(*, letter: Letter, by: Any, now: dt.datetime) -> Letter:
    """A letter that did not go out; its number stays used, so that the register has no gap."""
    if not Letter.objects.filter(pk=letter.pk, state=Letter.State.WRITTEN).update(state=Letter.State.CANCELLED):
        raise NotSoFar(_("It went out already. Send another one that corrects it."))
    letter.refresh_from_db()
    journal.record("coordination.cancel_letter", letter, by=by, now=now, changes={"state": ["written", "cancelled"]})
    return letter


# --- Letters in -----------------------------------------------------------------------------------------------------


@transaction.atomic
def register_in(
    letter: Letter,
    *,
    by: Any,
    now: dt.datetime,
    scan: bytes | None = None,
    file_name: str = "",
    number: int | None = None,
) -> Letter:
    """Enter a letter that came in, with its scan (PDF or picture); one that it answers is answered.

    Raises NumberTaken; media.assets.FileRefused for a scan that is none.
    """
    letter.direction, letter.state = Letter.Direction.IN, Letter.State.RECEIVED
    letter.year = letter.dated.year
    letter.serial = _take(Letter.Direction.IN, letter.code, letter.year, number)
    if letter.answers and letter.activity is None:
        # An answer belongs to what was asked about.
        letter.activity, letter.programme = letter.answers.activity, letter.programme or letter.answers.programme
    if letter.activity:
        letter.programme = letter.activity.programme
    letter.full_clean()  # before the scan is stored: nothing refused leaves a file behind
    if scan is not None:
        # The subject may name somebody; the title of a file is looked after nowhere.
        letter.scan = assets.store(
            content=scan,
            file_name=file_name,
            title={letter.language: letter.number},
            shows_persons=False,
            is_scan=True,
            by=by,
            now=now,
        )
    letter.save(force_insert=True)
    changes = {"number": [None, letter.number], "answers": [None, letter.answers and letter.answers.number]}
    journal.record("coordination.register_letter", letter, by=by, now=now, changes=changes)
    if letter.answers:
        answered = Letter.objects.filter(pk=letter.answers.pk, state=Letter.State.SENT)
        if answered.update(state=Letter.State.ANSWERED):
            journal.record(
                "coordination.answer_letter", letter.answers, by=by, now=now, changes={"by": [None, letter.number]}
            )
    return letter


def waiting(today: dt.date, programme: Programme | None = None) -> list[Letter]:
    """Letters whose answer is missing, those asked for longest first."""
    rows = Letter.objects.filter(state=Letter.State.SENT, answer_by__isnull=False).select_related(
        "organisation", "kind"
    )
    return list((rows.filter(programme=programme) if programme else rows).order_by("sent_date", "year", "serial"))


def open_file(letter: Letter, form: str) -> bytes:
    """The bytes of "docx" or "pdf" as they were written. Raises FileNotFoundError where the letter has none."""
    name = {"docx": letter.docx_name, "pdf": letter.pdf_name}.get(form)
    if not name:
        raise FileNotFoundError(form)
    with default_storage.open(name) as file:
        return file.read()


def forget_files(letter: Letter) -> None:
    """The files go when the caller's transaction commits; the caller saves the letter."""
    names = [name for name in (letter.docx_name, letter.pdf_name) if name]
    letter.docx_name = letter.pdf_name = ""

    def remove() -> None:
        for name in names:
            default_storage.delete(name)

    transaction.on_commit(remove)


def sweep(*, before: dt.datetime) -> int:
    """Delete files that no row names: a worker that was killed had written them. Returns how many.

    before  those that are younger may belong to a letter that is being written
    """
    named = {
        "letters": {*Letter.objects.values_list("docx_name", flat=True), *Letter.objects.values_list("pdf_name", flat=True),
                    *LetterTemplate.objects.values_list("stored_name", flat=True)},
        "documents": set(DocumentVersion.objects.values_list("stored_name", flat=True)),
    }  # fmt: skip
    number = 0
    for folder, known in named.items():
        try:
            files = default_storage.listdir(folder)[1]
        except FileNotFoundError:
            continue
        for name in (f"{folder}/{file}" for file in files):
            if name not in known and default_storage.get_modified_time(name) < before:
                default_storage.delete(name)
                number += 1
    return number


# --- Many at once ---------------------------------------------------------------------------------------------------


def start_batch(wanted: Sequence[Wanted], *, dated: dt.date, key: str, by: Any, now: dt.datetime) -> Any:
    """Write many letters in the background; the same `key` again (a double click) starts nothing.

    All are of one kind, activity and service; names (`delegation`) are in none of them: a job keeps no names.
    """
    first = wanted[0]
    given = {
        "kind": first.kind.slug, "programme": str(first.programme.pk),
        "activity": str(first.activity.pk) if first.activity else None, "dated": dated.isoformat(),
        "service": first.service.slug if first.service else None, "by": str(journal.actor(by).id or ""),
        "answer_by": first.answer_by.isoformat() if first.answer_by else None, "places": first.places,
        "attention": first.attention, "earlier": str(first.earlier.pk) if first.earlier else None,
        "to": [[str(one.organisation.pk), one.language] for one in wanted],
    }  # fmt: skip
    label = f"{first.kind.title} ({len(wanted)})"
    return jobs.start(kind="letters", key=f"letters:{key}", label=label, given=given, by=by, now=now)


@jobs.runner("letters")
def _batch(job: Any) -> Generator[tuple[int, int], None, dict[str, Any]]:
    given = job.given
    kind = LetterKind.objects.get(slug=given["kind"])
    programme = Programme.objects.get(pk=given["programme"])
    activity = Activity.objects.select_related("place").get(pk=given["activity"]) if given["activity"] else None
    service = Function.objects.filter(slug=given["service"]).first()
    by = journal.Actor("user", uuid.UUID(given["by"])) if given["by"] else journal.CLI
    answer_by = dt.date.fromisoformat(given["answer_by"]) if given["answer_by"] else None
    earlier = Letter.objects.filter(pk=given.get("earlier")).first()
    organisations = {str(row.pk): row for row in Organisation.objects.filter(pk__in=[pk for pk, _l in given["to"]])}
    made: list[str] = list(job.result.get("letters", []))
    for start in range(len(made), len(given["to"]), BATCH):
        with transaction.atomic():
            # A worker that was thought dead and wakes up: another one went on meanwhile.
            if type(job).objects.select_for_update().get(pk=job.pk).result.get("letters", []) != made:
                raise jobs.Overtaken
            for pk, language in given["to"][start : start + BATCH]:
                wanted = Wanted(
                    kind, programme, activity, organisations[pk], language, service, given.get("attention", ""), answer_by,
                    given["places"], earlier=earlier,
                )  # fmt: skip
                is_notice = earlier and kind.slug == "change-notice" and str(earlier.organisation_id) == pk
                letter = write(
                    wanted, dated=dt.date.fromisoformat(given["dated"]), by=by, now=timezone.now(),
                    corrects=earlier if is_notice else None,
                )  # fmt: skip
                made.append(str(letter.pk))
            # In the same transaction as the letters: a worker that dies goes on with the next one, and writes none twice.
            type(job).objects.filter(pk=job.pk).update(result={"letters": made})
        yield len(made), len(given["to"])
    return {"letters": made}


def language_for(organisation: Organisation, asked: str) -> str:
    """`asked`, or for "own" the first language of the site that the organisation's name is written in as reference."""
    if asked != "own":
        return asked
    known = [code for code, _name in settings.LANGUAGES]
    return organisation.reference_language if organisation.reference_language in known else settings.LANGUAGE_CODE


def numbers(rows: Iterable[Letter], language: str) -> str:
    return join([row.number for row in rows], language)


def state_words(letter: Letter, today: dt.date) -> str:
    """How it stands, with the days that an answer has been waited for."""
    days = letter.waits(today)
    if days is None:
        return str(letter.get_state_display())
    return pgettext("letter", "waiting for %(days)s days") % {"days": days}
