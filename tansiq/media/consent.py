"""Consents: a person in a picture agrees that it is shown, and may take that back at any time."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.media import assets
from tansiq.media.models import Asset, Consent


class ConsentRefused(Refused):
    """The consent is not recorded."""


class FormTaken(ConsentRefused):
    pass


class WrongDates(ConsentRefused):
    pass


@transaction.atomic
def give(
    *, asset: Asset, reference: str, given_date: dt.date, valid_until: dt.date | None, by: Any, now: dt.datetime
) -> Consent:
    """Record a signed form. A picture in which a child can be recognised stays private whatever is signed.

    reference    the form's number in the archive, never a name; once per picture
    valid_until  the last day on which the picture may be shown; None: until it is withdrawn
    Raises ConsentRefused: FormTaken, WrongDates.
    """
    reference = reference.strip()
    if not reference:
        raise ConsentRefused(_("The consent was not recorded: the number of the signed form is missing. Write it."))
    if given_date > timezone.localdate(now):
        text = _("The consent was not recorded: it is dated after today. Write the day on which the form was signed.")
        raise WrongDates(text)
    if valid_until is not None and valid_until < given_date:
        text = _("The consent was not recorded: it would end before it was given. Correct one of the two dates.")
        raise WrongDates(text)
    consent, is_new = Consent.objects.get_or_create(
        asset=asset, reference=reference, defaults={"given_date": given_date, "valid_until": valid_until}
    )
    if not is_new:
        text = _(
            "The consent was not recorded: form %(reference)s is already recorded for this picture. "
            "Check the number, or give a new form a new number."
        )
        raise FormTaken(text % {"reference": reference})
    changes = {
        "asset": [None, str(asset.pk)],
        "given_date": [None, given_date.isoformat()],
        "valid_until": [None, valid_until and valid_until.isoformat()],
    }
    journal.record("media.give_consent", consent, by=by, now=now, changes=changes)
    return consent


@transaction.atomic
def withdraw(*, consent: Consent, by: Any, now: dt.datetime) -> Consent:
    """Take the picture out of public view at once and delete every rendition of it, whoever else consented.

    The original stays, private. Withdrawing twice changes nothing.
    """
    # Before the consent is marked: a rendition that is being written waits here or is refused there.
    assets.remove_renditions(consent.asset)
    withdrawn = Consent.objects.filter(pk=consent.pk, withdrawn_at__isnull=True).update(withdrawn_at=now)
    consent.refresh_from_db()
    if withdrawn:
        at = now.astimezone(dt.UTC).isoformat()
        journal.record("media.withdraw_consent", consent, by=by, now=now, changes={"withdrawn_at": [None, at]})
    return consent
