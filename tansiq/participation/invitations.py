"""Invitations bound to one guest: sent by mail or letter, reminded, told of a change, withdrawn; the personal link.

Whoever holds the link answers for that guest alone: no name can be changed and nobody else comes by it.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.coordination import impact, letters
from tansiq.coordination.models import Function, Letter, LetterKind
from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.core.exchange import plain
from tansiq.participation import invitationmails as mails
from tansiq.participation.guests import guests_of, locked
from tansiq.participation.models import Invitation
from tansiq.programme.models import Activity

State = Invitation.State


class NotNow(Refused):
    """The invitation, or the activity, is not in a state in which this can be done."""


# --- Sent -----------------------------------------------------------------------------------------------------------


@dataclass
class Sent:
    """What became of each: by mail, by a letter that was written, or not at all and why."""

    mailed: list[Invitation] = field(default_factory=list)
    written: list[Invitation] = field(default_factory=list)
    refused: list[tuple[Invitation, str]] = field(default_factory=list)


def way(row: Invitation) -> str:
    """ "mail", "letter" where there is no e-mail, or "" where there is no organisation to write to either."""
    return "mail" if row.address else "letter" if row.organisation else ""


def send(
    *, invitations: Iterable[Invitation], by: Any, now: dt.datetime, answer_by: dt.date | None = None,
    service: Function | None = None,
) -> Sent:  # fmt: skip
    """Send what was not sent yet: a mail with the personal link, or a letter of the register where there is no e-mail.

    Each guest in a transaction of its own; again sends nothing twice. Raises NotNow when the activity is over or off,
    or when the answer is wanted after the day.
    """
    report, today = Sent(), timezone.localdate(now)
    for invitation in invitations:
        refuse_over(invitation, today)
        if answer_by and invitation.activity.first_day and answer_by > invitation.activity.first_day:
            raise NotNow(_("The answer is wanted after the day of the activity. Give an earlier day."))
        try:
            with transaction.atomic():
                row = locked(invitation)
                if row.state != State.DRAFTED:
                    continue
                row.answer_by, row.sent_at, row.state, row.facts = answer_by, now, State.SENT, facts(row.activity)
                how = way(row)
                if not how:
                    raise Refused(_("There is no e-mail, and no organisation to write to. Give one of the two."))
                if how == "letter":
                    row.letter = _letter(row, service, by=by, now=now)
                row.save(update_fields=["answer_by", "sent_at", "state", "facts", "letter"])
                changes = {"state": ["drafted", "sent"], "by": [None, how]}
                journal.record("participation.send_invitation", row, by=by, now=now, changes=changes)
                if how == "mail":
                    mails.invite(row, address_of(row), now=now)
            (report.mailed if how == "mail" else report.written).append(row)
        except Refused as refusal:
            report.refused.append((invitation, str(refusal)))
    return report


def refuse_over(row: Invitation, today: dt.date) -> None:
    """Raises NotNow when nothing can be sent or answered for this activity any more."""
    if row.is_over(today):
        raise NotNow(_("The day of this activity is past."))
    if not row.activity.takes_place:
        raise NotNow(_("This activity does not take place: %(state)s.") % {"state": row.activity.get_state_display()})


def _letter(row: Invitation, service: Function | None, *, by: Any, now: dt.datetime) -> Letter:
    kind = LetterKind.objects.filter(slug="invitation").first()
    if kind is None or row.organisation is None:
        raise Refused(_("There is no text of the kind “invitation”. Write one under Texts of letters."))
    words = [row.salutation.text(row.language).value, row.name.text(row.language).value]
    if row.person:
        words.append(row.function.text(row.language).value)
    wanted = letters.Wanted(
        kind, row.activity.programme, row.activity, row.organisation, row.language, service,
        " – ".join(dict.fromkeys(word for word in words if word))[:200], row.answer_by,
    )  # fmt: skip
    return letters.write(wanted, dated=timezone.localdate(now), by=by, now=now)


@transaction.atomic
def renew_link(*, invitation: Invitation, by: Any, now: dt.datetime) -> Invitation:
    """A new personal link goes to the address that we hold; the older ones open nothing any more. Raises NotNow."""
    row = locked(invitation)
    refuse_over(row, timezone.localdate(now))
    if row.state in (State.DRAFTED, State.WITHDRAWN) or not row.address:
        raise NotNow(_("There is nothing to send again: the invitation is “%(state)s”.") % {"state": row.get_state_display()})  # fmt: skip
    row.link_version += 1
    row.save(update_fields=["link_version"])
    journal.record("participation.renew_link", row, by=by, now=now)
    mails.invite(row, address_of(row), now=now)
    return row


@transaction.atomic
def withdraw(*, invitation: Invitation, by: Any, now: dt.datetime) -> Invitation:
    """Take an invitation back; who was invited by mail is told. Twice changes nothing."""
    row = locked(invitation)
    if row.state == State.WITHDRAWN:
        return row
    before, row.state = row.state, State.WITHDRAWN
    row.link_version += 1
    row.save(update_fields=["state", "link_version"])
    journal.record("participation.withdraw_invitation", row, by=by, now=now, changes={"state": [before, row.state.value]})  # fmt: skip
    if before != State.DRAFTED and not row.is_over(timezone.localdate(now)):
        mails.withdrawn(row, now=now)
    return row


# --- Reminded -------------------------------------------------------------------------------------------------------

DAYS_BEFORE = 3


def remind(*, invitations: Iterable[Invitation], by: Any, now: dt.datetime) -> int:
    """A reminder to those of them who have not answered and have an e-mail; each once a day. Returns how many."""
    today, number = timezone.localdate(now), 0
    for invitation in invitations:
        if not invitation.address or invitation.is_over(today) or not invitation.activity.takes_place:
            continue
        with transaction.atomic():
            # By a condition: who answers at this instant, or was reminded by somebody else, gets none.
            pending = Invitation.objects.pending().filter(pk=invitation.pk).exclude(reminded_on=today)
            if not pending.update(reminded_on=today):
                continue
            row = locked(invitation)
            journal.record("participation.remind_guest", row, by=by, now=now)
            mails.remind(row, address_of(row), now=now)
        number += 1
    return number


def remind_due(*, now: dt.datetime) -> int:
    """Three days before the answer is wanted, and the day after it; the schedule calls it. Returns how many."""
    today = timezone.localdate(now)
    rows = Invitation.objects.pending().filter(answer_by__lte=today + dt.timedelta(days=DAYS_BEFORE))
    due = []
    for row in rows.select_related("activity__programme"):
        assert row.answer_by  # the filter asked
        assert row.sent_at
        edge = row.answer_by + dt.timedelta(days=1)
        if today < edge:
            edge = row.answer_by - dt.timedelta(days=DAYS_BEFORE)
        # Nobody is reminded of what came the same day.
        last = max(filter(None, (row.reminded_on, timezone.localdate(row.sent_at))))
        if last < edge:
            due.append(row)
    return remind(invitations=due, by=journal.SCHEDULE, now=now)


# --- What it said of the day ----------------------------------------------------------------------------------------


def facts(activity: Activity) -> dict[str, Any]:
    clock = activity.starts_at_time
    return {
        "when": plain(activity.when), "time": clock.strftime("%H:%M") if clock else "", "mode": activity.mode,
        "place": str(activity.place_id or ""), "title": dict(activity.title), "takes_place": activity.takes_place,
    }  # fmt: skip


def is_false(row: Invitation) -> bool:
    """It was sent by mail and says of the activity what is not so. A letter is found as a letter."""
    if row.state in (State.DRAFTED, State.WITHDRAWN) or not row.facts or not row.address or row.emptied_at:
        return False
    now = facts(row.activity)
    return row.facts != now and (now["takes_place"] or row.state != State.DECLINED)


@impact.gives_out(
    Invitation, "activity", "participation.send_invitation", "participation.tell_guest", "participation.withdraw_invitation"
)  # fmt: skip
def _false_invitations(activity: Activity) -> Iterator[impact.Given]:
    for row in Invitation.objects.filter(activity=activity.pk).order_by("number"):
        row.activity = activity
        if is_false(row):
            what = _("Invitation of guest number %(number)s") % {"number": row.number}
            note = _("It is “%(state)s” and says otherwise.") % {"state": row.get_state_display()}
            url = f"{settings.TANSIQ_SITE_URL}/desk/guests/{activity.pk}/"
            yield impact.Given("invitation", row, row.journal_label(), what, url, note)


def tell_change(*, activity: Activity, by: Any, now: dt.datetime) -> int:
    """Write to whoever was invited to what is not so any more; each once for each change. Returns how many."""
    number = 0
    for invitation in guests_of(activity):
        if not is_false(invitation):
            continue
        with transaction.atomic():
            row = locked(invitation)
            if not is_false(row):
                continue
            before, row.facts = row.facts, facts(row.activity)
            row.save(update_fields=["facts"])
            differ = [name for name, value in row.facts.items() if before.get(name) != value]
            journal.record("participation.tell_guest", row, by=by, now=now, changes={"of": [None, differ]})
            mails.changed(row, address_of(row), now=now)
        number += 1
    return number


# --- The personal link ----------------------------------------------------------------------------------------------


def _mac(row_id: uuid.UUID, version: int) -> bytes:
    message = row_id.bytes + version.to_bytes(2, "big")
    return hmac.new(settings.SECRET_KEY.encode(), b"tansiq.invitation" + message, sha256).digest()[:16]


def token(row: Invitation) -> str:
    """What opens the guest's page: made anew from the row and our key, so that a reminder carries the same link."""
    return base64.urlsafe_b64encode(row.pk.bytes + _mac(row.pk, row.link_version)).decode().rstrip("=")


def address_of(row: Invitation) -> str:
    return f"{settings.TANSIQ_SITE_URL}/g/{token(row)}/"


def find(text: str) -> Invitation | None:
    """The invitation behind a personal link; None for anything else, in the same time."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    if len(data) != 32 or base64.urlsafe_b64encode(data).decode().rstrip("=") != text:
        return None  # the last letter has two bits to spare: one link is written in one way
    related = ("activity__programme", "activity__place", "person", "organisation")
    row = Invitation.objects.filter(pk=uuid.UUID(bytes=data[:16])).select_related(*related).first()
    version = row.link_version if row else 0
    if not hmac.compare_digest(data[16:], _mac(uuid.UUID(bytes=data[:16]), version)) or row is None:
        return None
    return row if row.state not in (State.DRAFTED, State.WITHDRAWN) and row.emptied_at is None else None
