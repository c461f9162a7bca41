"""Lists of persons for a day: delegations, the press, whom the guard lets in, sheets to sign and their scans.

Names are typed or come as a table. A security list loses its names the day after, the others a year later; that they
were there, and how many, stays.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from tansiq.coordination import impact, paper
from tansiq.coordination.models import PersonList, SignedSheet
from tansiq.core import columns, journal, pdf, records, tables
from tansiq.core.errors import BadInput, Problem, Refused
from tansiq.core.exchange import drop_empty, obj
from tansiq.core.language import clean_name
from tansiq.media import assets
from tansiq.programme.models import Activity

_WORDS: dict[str, Any] = {"type": "string", "maxLength": 200}
ENTRY = obj(
    {"name": {**_WORDS, "pattern": "\\S"}, "office": _WORDS, "organisation_name": _WORDS, "paper": _WORDS, "vehicle": _WORDS},
    ["name"],
)  # fmt: skip
# Which columns each kind has; nothing is asked that the day does not need.
COLUMNS = {
    PersonList.Kind.DELEGATION: ("name", "office", "organisation_name"),
    PersonList.Kind.PRESS: ("name", "organisation_name", "paper"),
    PersonList.Kind.SECURITY: ("name", "organisation_name", "paper", "vehicle"),
    PersonList.Kind.ATTENDANCE: ("name", "office", "organisation_name"),
}
# What each stands under in a table, in the words of `core.columns`.
_MEANS = {
    "name": "name",
    "office": "function",
    "organisation_name": "organisation",
    "paper": "paper",
    "vehicle": "vehicle",
}
TITLES: dict[str, Any] = {name: columns.LABELS[meaning] for name, meaning in _MEANS.items()}
MOST = 2000
# Where the activity has no day there is no day after: names are kept this long after it or the list was last changed.
UNDATED_DAYS = 60


class NamesGone(Refused):
    """The names were deleted after the day."""


class NothingToHand(Refused):
    pass


# --- Names ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def save(row: PersonList, *, by: Any, now: dt.datetime) -> PersonList:
    """Keep a list with its names, cleaned; a security list has only what its columns ask for. Raises NamesGone."""
    if row.emptied_at is not None and row.entries:
        raise NamesGone(_("The names of this list were deleted after the day. Make a new one where it is needed."))
    wanted = COLUMNS[PersonList.Kind(row.kind)]
    row.entries = [drop_empty({name: clean_name(str(one.get(name, ""))) for name in wanted}) for one in row.entries]
    row.entries = [one for one in row.entries if one.get("name")]
    row.number = len(row.entries) if row.emptied_at is None else row.number
    saved: Any = (records.create if row._state.adding else records.change)(row, by=by, now=now)
    return saved


def read_table(content: bytes, *, file_name: str, kind: str) -> list[dict[str, str]]:
    """The names of an .xlsx or .csv file, in its order. Raises BadInput with every wrong row."""
    table = tables.read_first(content, name=file_name)
    wanted = COLUMNS[PersonList.Kind(kind)]
    found = columns.find(table, [_MEANS[name] for name in wanted])
    at = {name: found[_MEANS[name]] for name in wanted if _MEANS[name] in found}
    problems, entries = [], []
    for row in table.rows:
        entry = {}
        for name in wanted:
            try:
                entry[name] = clean_name(row.text(at.get(name)))
            except Refused as refusal:
                problems.append(table.problem(row, at[name], str(refusal)))
            else:
                if len(entry[name]) > _WORDS["maxLength"]:
                    message = _("This cell is longer than %(number)s letters. Shorten it.")
                    problems.append(table.problem(row, at[name], message % {"number": _WORDS["maxLength"]}))
        if entry.get("name") == "":
            problems.append(table.problem(row, at["name"], _("This row has no name. Write it, or take the row out.")))
        entries.append(drop_empty(entry))
    if len(entries) > MOST:
        message = _("The list has more than %(number)s names. Part it.") % {"number": MOST}
        problems.append(Problem(file_name, "", message))
    if not table.rows:  # our own empty table, chosen by mistake, takes no names away
        problems.append(Problem(file_name, "", _("There is no name on the list yet.")))
    if problems:
        raise BadInput(problems)
    return entries


def template(kind: str) -> bytes:
    """A workbook with the right columns, to be filled in."""
    out = io.BytesIO()
    header = [str(TITLES[name]) for name in COLUMNS[PersonList.Kind(kind)]]
    sheet = tables.Sheet(str(PersonList.Kind(kind).label), header, [])
    tables.write_xlsx([sheet], out, right_to_left=translation.get_language_bidi())
    return out.getvalue()


# --- On paper -------------------------------------------------------------------------------------------------------


def printed(row: PersonList, *, language: str, now: dt.datetime, blank_rows: int = 0) -> bytes:
    """The list as a PDF; an attendance sheet has room to sign, blank rows, and a line to count each page by."""
    kind = PersonList.Kind(row.kind)
    with translation.override(language):
        signs = kind == PersonList.Kind.ATTENDANCE
        columns: list[dict[str, Any]] = [{"title": _("No."), "ltr": True}]
        columns += [
            {"title": str(TITLES[name]), "width": 2 if name == "name" else 1.6, "ltr": name in ("paper", "vehicle")}
            for name in COLUMNS[kind]
        ]
        if signs:
            columns.append({"title": _("Signature"), "width": 1.8})
        rows = [
            [str(number), *(one.get(name, "") for name in COLUMNS[kind]), *([""] if signs else [])]
            for number, one in enumerate(row.entries, start=1)
        ]
        rows += [[str(len(rows) + number), *[""] * (len(columns) - 1)] for number in range(1, blank_rows + 1)]
        activity = row.activity
        where = activity.place.name.text(language).value if activity.place and activity.place.name else ""
        heading = capfirst(str(kind.label))
        data = {
            "title": heading,
            "subtitle": [
                part for part in (
                    paper.body_name(language), activity.title.text(language).value,
                    " – ".join(filter(None, (paper.in_words(row.day, language) or _("(day to be confirmed)"), where, row.session))),
                    row.organisation.name.text(language).value if row.organisation else "",
                ) if part
            ],
            "columns": columns, "rows": rows, "row_height": 11 if signs else None, "landscape": not signs,
            "page_line": _("Signatures on this page: ............") if signs else "",
            "footer": f"{heading} – {activity.title.text(language).value}",
            "notes": _notes(kind, row),
        }  # fmt: skip
        return pdf.render(pdf.TABLE, data, language=language, title=heading, now=now)


def _notes(kind: PersonList.Kind, row: PersonList) -> list[str]:
    if kind == PersonList.Kind.ATTENDANCE:
        return [_("Total of signatures: ............"), _("Name and signature of whoever answers for the sheet:")]
    if kind == PersonList.Kind.SECURITY:
        return [_("For the guard of this day alone. Destroy it the day after.")]
    return [_("%(number)s names") % {"number": len(row.entries)}]


@transaction.atomic
def keep_sheet(
    *, row: PersonList, content: bytes, file_name: str, signed: int, by: Any, now: dt.datetime
) -> SignedSheet:
    """The scan of a signed sheet, privately, with the signatures that a person counted; it counts once.

    Raises assets.FileRefused.
    """
    PersonList.objects.select_for_update().only("pk").get(pk=row.pk)
    same = row.sheets.filter(scan__sha256=hashlib.sha256(content).hexdigest(), signed=signed).first()
    if same:
        return same
    language = row.activity.reference_language
    title = {language: f"{row.get_kind_display()} – {row.activity.title.text(language).value}"}
    scan = assets.store(
        content=content, file_name=file_name, title=title, shows_persons=False, is_scan=True, by=by, now=now
    )
    sheet = SignedSheet.objects.create(list=row, scan=scan, signed=signed, kept_at=now)
    changes = {"signed": [None, signed], "sha256": [None, scan.sha256]}
    journal.record("coordination.keep_sheet", sheet, by=by, now=now, changes=changes)
    return sheet


# --- Handed over ----------------------------------------------------------------------------------------------------


def _digest(row: PersonList) -> str:
    return hashlib.sha256(json.dumps(row.entries, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _facts(row: PersonList) -> dict[str, Any]:
    """What the sheet says of the day."""
    return {"day": str(row.day or ""), "place": str(row.activity.place_id or ""), "title": dict(row.activity.title)}


@transaction.atomic
def hand_over(*, row: PersonList, to: str, by: Any, now: dt.datetime) -> PersonList:
    """It was given to an office as it is now; the same to the same office again changes nothing.

    Raises NothingToHand for a list without names.
    """
    PersonList.objects.select_for_update().only("pk").get(pk=row.pk)
    row.refresh_from_db(fields=["entries", "given_to", "given_at", "facts", "digest", "emptied_at"])
    if not row.entries:
        raise NothingToHand(_("There is no name on the list yet."))
    if row.given_at and row.given_to == to.strip()[:200] and is_current(row):
        return row
    row.given_to, row.given_at, row.facts, row.digest = to.strip()[:200], now, _facts(row), _digest(row)
    row.save(update_fields=["given_to", "given_at", "facts", "digest"])
    changes = {"given_at": [None, now.isoformat()], "number": [None, len(row.entries)]}
    journal.record("coordination.hand_list", row, by=by, now=now, changes=changes)
    return row


def is_current(row: PersonList) -> bool:
    """Is what was handed over still what the list and the plan say? True where nothing was."""
    return (
        row.given_at is None or row.emptied_at is not None or (row.facts == _facts(row) and row.digest == _digest(row))
    )


@impact.gives_out(PersonList, "activity", "coordination.hand_list", "coordination.empty_list")
def _false_lists(activity: Activity) -> Iterator[impact.Given]:
    off = activity.state in (Activity.State.CANCELLED, Activity.State.POSTPONED)
    rows = PersonList.objects.filter(activity=activity.pk, given_at__isnull=False, emptied_at=None)
    for row in rows.select_related("organisation"):
        row.activity = activity
        if off or not is_current(row):
            url = f"{settings.TANSIQ_SITE_URL}/desk/person-lists/edit/{row.pk}/"
            note = _("It was handed to: %(office)s.") % {"office": row.given_to or "–"}
            yield impact.Given("list", row, row.journal_label(), str(row), url, note)


# --- Names go -------------------------------------------------------------------------------------------------------


def empty(rows: Iterable[PersonList], *, by: Any, now: dt.datetime) -> int:
    """Take the names away; that there was a list of so many stays."""
    done = []
    for row in rows:
        done.append(journal.Done("coordination.empty_list", row, {"number": [len(row.entries), 0]}))
        row.entries, row.given_to, row.emptied_at = [], "", now
        row.save(update_fields=["entries", "given_to", "emptied_at"])
    journal.record_all(done, by=by, now=now)
    return len(done)


def over(*, today: dt.date, before: dt.date) -> list[PersonList]:
    """Lists whose names are to go: security lists whose day is past, others whose day was before `before`."""
    found = []
    rows = PersonList.objects.filter(emptied_at=None).exclude(entries=[]).select_related("activity__programme")
    for row in rows:
        end = today if row.kind == PersonList.Kind.SECURITY else before
        day = row.day
        if day is None:
            # Since it was last changed, or the activity was: a day that was put off does not take the names that night.
            entry = journal.of(row).first()
            moments = [row.activity.changed_at, *([entry.recorded_at] if entry else [])]
            day = timezone.localdate(max(moments)) + dt.timedelta(days=UNDATED_DAYS)
        if day is not None and day < end:
            found.append(row)
    return found
