"""What commands about preparation ask for: names on the command line become records, outcomes become plain data."""

from __future__ import annotations

import argparse
import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.coordination import glossary as words
from tansiq.coordination import impact as foreseen
from tansiq.coordination import letters as register
from tansiq.coordination.models import Function, LetterKind
from tansiq.core import journal
from tansiq.core.dates import PartialDate
from tansiq.core.errors import Refused
from tansiq.core.exchange import nearest
from tansiq.core.localized import Localized
from tansiq.newsroom import textfiles
from tansiq.participation import certificatefacts
from tansiq.people.models import Organisation, Place
from tansiq.programme.models import Activity, Involvement, Programme, Role


def one_of(model: Any, slug: str) -> Any:
    """The record with this identifier; Refused with the nearest ones where there is none."""
    row = model.objects.filter(slug=slug).first()
    if row is None:
        known = list(model.objects.values_list("slug", flat=True))
        shown = ", ".join(nearest(slug, known) or sorted(known)[:20]) or "-"
        raise Refused(
            _("There is no %(kind)s “%(slug)s”. Known: %(known)s.")
            % {"kind": model._meta.verbose_name, "slug": slug, "known": shown}
        )
    return row


def day_of(text: str | None) -> dt.date | None:
    return day(text) if text else None


def day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise Refused(_("“%(value)s” is not a day. Write 2020-07-27.") % {"value": text}) from error


def letters(given: argparse.Namespace, *, say: Callable[[Any], None]) -> list[dict[str, Any]]:
    """All of them, or none: a letter that cannot be written takes no number."""
    programme = one_of(Programme, given.programme)
    kind = one_of(LetterKind, given.kind)
    activity = one_of(Activity, given.activity) if given.activity else programme.activities.order_by("position").first()
    if activity is not None and activity.programme_id != programme.pk:
        raise Refused(_("The activity “%(slug)s” is not of this programme.") % {"slug": activity.slug})
    known = [code for code, _name in settings.LANGUAGES]
    language = given.lang or known[0]
    if language not in (*known, "own"):
        raise Refused(
            _("The site has no language “%(given)s”. Known: %(known)s.")
            % {"given": language, "known": ", ".join(known)}
        )
    to = [one_of(Organisation, slug) for slug in given.to] if given.to else register.addressees(programme, activity)
    if not to:
        raise Refused(_("Nobody has a part in it yet. Say to whom: --to ORG."))
    service = one_of(Function, given.service) if given.service else None
    now = timezone.now()
    dated = day_of(given.date) or timezone.localdate(now)
    folder = Path(given.output)
    with transaction.atomic():
        written = [
            register.write(
                register.Wanted(
                    kind, programme, activity, organisation, register.language_for(organisation, language), service, "",
                    day_of(given.answer_by), given.places,
                ),
                dated=dated, by=journal.CLI, now=now,
            )
            for organisation in to
        ]  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for letter, organisation in zip(written, to, strict=True):
        files = {}
        for form in ("docx", "pdf"):
            files[form] = str(folder / f"{letter.number.replace('/', '-')}.{form}")
            Path(files[form]).write_bytes(register.open_file(letter, form))
        say(f"{letter.number}: {organisation.slug}: {letter.subject}")
        rows.append(
            {
                "number": letter.number, "kind": kind.slug, "organisation": organisation.slug, "language": letter.language,
                "subject": letter.subject, "date": letter.dated.isoformat(), "sha256": letter.sha256, **files,
            }
        )  # fmt: skip
    return rows


def impact(slug: str, sets: list[str]) -> dict[str, Any]:
    """{"change", "affected"} as `tansiq impact --json` prints it."""
    activity = one_of(Activity, slug)
    values: dict[str, Any] = {}
    involved: list[dict[str, Any]] | None = None
    hours: int | None = None
    for one in sets:
        field, sign, value = one.partition("=")
        if not sign:
            raise Refused(_("“%(given)s” is no FIELD=VALUE. Write --set when=2020-07-28.") % {"given": one})
        if field == "organisation":
            involved = _with_organisation(activity, involved, value)
        elif field == "hours":
            hours = _hours(value)
        else:
            values |= _value(activity, field, value, values)
    change, affected = foreseen.of(activity, values, involved=involved)
    if hours is not None:
        change.fields["hours"], certified = certificatefacts.by_hours(change.after, hours)
        known = {one.url for one in affected}
        affected += [one for one in certified if one.url not in known]
    return {
        "change": {"activity": activity.slug, "set": change.fields},
        "affected": [{"kind": one.kind, "what": one.what, "url": one.url, "why": one.why} for one in affected],
    }


def _hours(value: str) -> int:
    """As the rule of the certificates says them. Raises Refused."""
    if not (value.isascii() and value.isdigit() and 0 < int(value) <= 10_000):
        raise Refused(_("“%(value)s” is no number of hours. Write --set hours=4.") % {"value": value})
    return int(value)


def _value(activity: Activity, field: str, value: str, so_far: dict[str, Any]) -> dict[str, Any]:
    """One --set as a field of the activity. Raises Refused for what it cannot be."""
    name, _dot, language = field.partition(".")
    try:
        if field in ("when", "within"):
            return {field: PartialDate.parse(value)}
        if field in ("time", "end_time"):
            return {
                "starts_at_time" if field == "time" else "ends_at_time": dt.time.fromisoformat(value) if value else None
            }
        if field in ("state", "mode", "part", "kind"):
            known = dict(Activity._meta.get_field(field).flatchoices)  # type: ignore[union-attr]
            if value not in known:
                raise ValueError(
                    _("“%(value)s” is none of these: %(known)s.")
                    % {"value": value, "known": ", ".join(map(str, known))}
                )
            return {field: value}
        if name == "title":
            return {
                "title": Localized(
                    {**so_far.get("title", activity.title), language or activity.reference_language: value}
                )
            }
        if name in ("where", "place"):
            return {"place": Place(name=Localized({language or activity.reference_language: value}))}
        if field == "number":
            first, *rest = activity.audience or [{}]
            return {"audience": [{**first, "number": int(value)}, *rest]}
    except ValueError as error:
        raise Refused(str(error)) from error
    known_fields = "when, within, part, time, end_time, state, kind, mode, title, where, number, organisation, hours"
    raise Refused(
        _("There is no field “%(field)s” to set. Known: %(known)s.") % {"field": field, "known": known_fields}
    )


def _with_organisation(activity: Activity, so_far: list[dict[str, Any]] | None, value: str) -> list[dict[str, Any]]:
    """Who does what after `+slug:role` joined or `-slug` left."""
    rows = Involvement.objects.filter(subject_id=activity.pk).select_related("organisation")
    current = (
        so_far if so_far is not None else [{"organisation": row.organisation.slug, "role": row.role} for row in rows]
    )
    slug, _colon, role = value.lstrip("+-").partition(":")
    one_of(Organisation, slug)
    if value.startswith("-"):
        return [one for one in current if one["organisation"] != slug]
    if role not in Role.values:
        raise Refused(_("“%(value)s” is none of these: %(known)s.") % {"value": role, "known": ", ".join(Role.values)})
    return [*current, {"organisation": slug, "role": role}]


def glossary(
    file: str, language: str, *, of: str | None = None, of_language: str | None = None
) -> tuple[dict[str, Any], list[str]]:
    """What `tansiq glossary --json` prints, and the same as lines.

    Raises Refused for a language without terms, BadInput for a file that cannot be read.
    """
    if bool(of) != bool(of_language):
        raise Refused(_("The original and its language go together: --of ORIGINAL --of-lang fr."))
    known = words.languages()
    for code in filter(None, (language, of_language)):
        if code not in known:
            raise Refused(
                _("The glossary has no language “%(given)s”. Known: %(known)s.")
                % {"given": code, "known": ", ".join(known)}
            )
    text, original = textfiles.read(file), textfiles.read(of) if of else ""
    found, lines = [], []
    for one in words.check(text, language, original=original, original_language=of_language or ""):
        path, whole = (file, text) if one.kind == "avoid" else (of, original)
        line = whole.count("\n", 0, one.start) + 1
        column = one.start - whole.rfind("\n", 0, one.start)
        shown = " ".join(one.found.split())
        lines.append(f"{path}:{line}:{column}: {one.kind}: {shown} → {one.better} ({one.why})")
        found.append(
            {
                "kind": one.kind, "id": one.entry.id, "found": one.found, "start": one.start, "end": one.end,
                "better": one.better, "why": one.why,
            }
        )  # fmt: skip
    return {"file": file, "language": language, "findings": found}, lines
