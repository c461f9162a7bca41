"""An attestation of attendance: a registered letter for whoever was there and is due no certificate."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.coordination import letters
from tansiq.coordination.models import Letter, LetterKind
from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.core.language import is_in_script
from tansiq.core.models import Job
from tansiq.participation import attendance
from tansiq.participation.models import Certificate, Registration
from tansiq.people.models import Organisation

KIND = "attestation"


class NothingToAttest(Refused):
    """Nobody saw this person there, or a certificate says more."""


class NoAddressee(Refused):
    """It is not known to which organisation the letter goes."""


@transaction.atomic
def write(
    *,
    registration: Registration,
    by: Any,
    now: dt.datetime,
    organisation: Organisation | None = None,
    language: str = "",
) -> Letter:
    """Write and number the letter, as DOCX and PDF; asked again it is the same letter, as long as it was not cancelled.

    organisation  to whom it goes; that of the registration where not given
    Raises NothingToAttest, NoAddressee, letters.NumberTaken, docx.CannotMerge.
    """
    # One after the other for one person, so that a double click takes one number.
    Registration.objects.select_for_update().only("pk").get(pk=registration.pk)
    row = Registration.objects.select_related(
        "admission__activity__programme", "admission__activity__place", "organisation", "person"
    ).get(pk=registration.pk)
    language = language or (row.language if row.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE)
    valid = row.certificates.filter(state=Certificate.State.VALID).first()
    if valid:
        raise NothingToAttest(_("There is a certificate, number %(number)s: it says more.") % {"number": valid.number})
    if not attendance.minutes_of([row]).get(row.pk):
        raise NothingToAttest(_("No report, sheet or check-in shows that this person was there. Record the attendance first."))  # fmt: skip
    to = organisation or row.organisation
    if to is None:
        raise NoAddressee(
            _("It is not known where this person works. Choose the organisation that the letter goes to.")
        )
    key = f"attestation:{row.pk}:{language}"
    job = Job.objects.filter(key=key).first()
    if job:
        known = Letter.objects.filter(pk__in=job.result.get("letters", [])).first()
        if known and known.state != Letter.State.CANCELLED:
            return known
    wanted = letters.Wanted(
        kind=LetterKind.objects.get(slug=KIND), programme=row.admission.activity.programme, activity=row.admission.activity,
        organisation=to, language=language, delegation=_name(row, language),
    )  # fmt: skip
    letter = letters.write(wanted, dated=timezone.localdate(now), by=by, now=now)
    # The note that finds the letter again holds no name.
    Job.objects.update_or_create(
        key=key,
        defaults={
            "kind": "letters", "label": KIND, "state": Job.State.DONE, "made_at": now, "started_by": journal.actor(by).id,
            "result": {"letters": [str(letter.pk)]},
        },
    )  # fmt: skip
    return letter


def _name(row: Registration, language: str) -> str:
    """In the letter's script where it is known, else in the other one."""
    spellings = [text for text in row.person.name.values() if text]
    return next((text for text in spellings if is_in_script(text, language)), spellings[0] if spellings else "")
