"""Personal links for people without an account: made, opened, closed; and the code that a decision asks for.

A link is 128 random bits; the database holds only its digest. Whoever holds it may look. Whoever decides something
types a code that was just sent to the mailbox the link was made for.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tansiq.core import journal, outbox
from tansiq.core.errors import Refused
from tansiq.core.models import Link

CODE_MINUTES = 20
MOST_TRIES = 5
# In a day: five tries at each of ten codes, for thirty days, open one link in 600 to whoever guesses.
MOST_CODES = 10


class LinkUnknown(Refused):
    pass


class LinkOver(Refused):
    """Its day is past."""


class LinkClosed(Refused):
    """It was used already, or taken back; carries `at`."""


class WrongCode(Refused):
    pass


class TooManyCodes(Refused):
    """So many were asked for since yesterday; a new link has its own."""


@dataclass(frozen=True)
class Made:
    """link  the row;  address  what the person opens: shown once, kept nowhere"""

    link: Link
    address: str


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def make(
    *, purpose: str, subject: Any, to_name: str, to_address: str, language: str, expires_at: dt.datetime, by: Any,
    now: dt.datetime,
) -> Made:  # fmt: skip
    """Make a link to a record. `purpose` says which page answers it. The journal names the record, not the person."""
    token = secrets.token_urlsafe(16)
    link = Link.objects.create(
        digest=_digest(token), purpose=purpose, subject_kind=subject.kind_of_record, subject_id=subject.pk,
        to_name=to_name.strip()[:200], to_address=to_address.strip(), language=language, made_at=now,
        expires_at=expires_at,
    )  # fmt: skip
    changes = {"purpose": [None, purpose], "expires_at": [None, expires_at.isoformat()]}
    journal.record("core.make_link", link, by=by, now=now, changes=changes)
    return Made(link, f"{settings.TANSIQ_SITE_URL}/l/{token}/")


def find(token: str, *, now: dt.datetime) -> Link:
    """The link behind an address. Raises LinkUnknown, LinkOver, LinkClosed, each in the language of the link."""
    link = Link.objects.filter(digest=_digest(token)).first()
    if link is None:
        raise LinkUnknown(
            _("This link is not known here. Copy the whole address from the message, or ask for a new one.")
        )
    with translation.override(link.language):
        if link.closed_at is not None:
            day = timezone.localdate(link.closed_at).isoformat()
            message = _("This link was used or taken back on %(day)s. Ask whoever sent it for a new one.")
            raise LinkClosed(message % {"day": day}, at=link.closed_at, link=link)
        if link.expires_at <= now:
            day = timezone.localdate(link.expires_at).isoformat()
            raise LinkOver(_("This link was good until %(day)s. Ask whoever sent it for a new one.") % {"day": day})
    return link


def note_opened(link: Link, *, now: dt.datetime) -> None:
    Link.objects.filter(pk=link.pk, opened_at=None).update(opened_at=now)


def close(*, subject: Any, purpose: str, now: dt.datetime) -> int:
    """Nothing opens by the links to this record any more."""
    rows = Link.objects.filter(subject_id=subject.pk, purpose=purpose, closed_at=None)
    return rows.update(closed_at=now, code_digest="")


def masked(address: str) -> str:
    """An address as whoever it is not for may see it: "a…@unodc.org"."""
    name, _at, host = address.partition("@")
    return f"{name[:1]}…@{host}" if host else ""


@transaction.atomic
def send_code(link: Link, *, now: dt.datetime) -> None:
    """Mail a new six-digit code to the person of the link; an older one no longer counts.

    At most one in a minute. Raises TooManyCodes after ten in a day: no mailbox is flooded, and no code guessed in the end.
    """
    fresh = now + dt.timedelta(minutes=CODE_MINUTES)
    recent = now + dt.timedelta(minutes=CODE_MINUTES - 1)
    code = f"{secrets.randbelow(10**6):06}"
    row = Link.objects.select_for_update().get(pk=link.pk)
    if row.code_expires_at and row.code_expires_at > recent:
        return
    sent = outbox.posted(f"code:{link.pk}:", since=now - dt.timedelta(days=1))
    if sent >= MOST_CODES:
        message = _(
            "%(number)s codes were sent since yesterday. Use the newest one, or ask whoever sent the link for another."
        )
        raise TooManyCodes(message % {"number": sent})
    row.code_digest, row.code_expires_at, row.code_tries = _digest(f"{link.pk}{code}"), fresh, 0
    row.save(update_fields=["code_digest", "code_expires_at", "code_tries"])
    with translation.override(link.language):
        outbox.post(
            key=f"code:{link.pk}:{now.isoformat()}", to=link.to_address, subject=_("Your code"),
            body=_("Your code: %(code)s\n\nIt is good for %(minutes)s minutes. If you did not ask for it, delete this message.")
            % {"code": code, "minutes": CODE_MINUTES},
            language=link.language, now=now,
        )  # fmt: skip


def check_code(link: Link, code: str, *, now: dt.datetime) -> None:
    """Raises WrongCode; after five wrong ones, or twenty minutes, a new code must be asked for."""
    wanted = Link.objects.filter(
        pk=link.pk, code_tries__lt=MOST_TRIES, code_expires_at__gt=now, closed_at=None
    ).exclude(code_digest="")
    # Counted before it is compared: a thousand guesses at once are five guesses.
    if not wanted.update(code_tries=F("code_tries") + 1):
        raise WrongCode(_("The code is no longer good. Ask for a new one."))
    digits = "".join(char for char in code if char.isdecimal())
    given = _digest(f"{link.pk}{''.join(str(int(char)) for char in digits)}")
    if not hmac.compare_digest(given, Link.objects.values_list("code_digest", flat=True).get(pk=link.pk)):
        raise WrongCode(_("This is not the code. Type the six digits of the newest message."))
