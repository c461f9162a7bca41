"""What a guest answers: comes, does not come, is represented. By the link, or noted by staff from a letter or a call.

The last answer counts, until the day. Each is confirmed to the address that we hold; one that was not the guest's is
taken back by whoever reads that mail, and the link that the stranger had opens nothing any more.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.coordination.models import Letter
from tansiq.core import journal, outbox
from tansiq.core.language import fold
from tansiq.core.localized import Localized
from tansiq.participation import invitationmails as mails
from tansiq.participation.guests import Unfit, clean_texts, locked, ranks
from tansiq.participation.invitations import NotNow, address_of, refuse_over
from tansiq.participation.models import Invitation

GUEST = journal.Actor("guest")
FORM_SECONDS = 4 * 3600
# By the link, for each is confirmed by a mail: whoever has a forwarded link floods no mailbox.
MOST_A_DAY = 10
_SIGNER = TimestampSigner(salt="tansiq.invitation.form")
State = Invitation.State


@dataclass(frozen=True)
class Reply:
    """state  "accepted", "declined" or "represented"
    representative  the name of the one who comes instead, by language; function and rank where they are known
    reference, letter  of the paper that the answer stands in
    """

    state: str
    companions: int = 0
    representative: dict[str, str] = field(default_factory=dict)
    representative_function: str = ""
    representative_rank: int | None = None
    reference: str = ""
    letter: Letter | None = None


def form_token(row: Invitation) -> str:
    """What the form of the guest's page carries: for whom it was made, and when."""
    return _SIGNER.sign(f"{row.pk.hex}.{row.link_version}")


def is_form_of(row: Invitation, given: str) -> bool:
    try:
        return _SIGNER.unsign(given, max_age=FORM_SECONDS) == f"{row.pk.hex}.{row.link_version}"
    except BadSignature:
        return False


@transaction.atomic
def answer(*, invitation: Invitation, reply: Reply, how: str, by: Any, now: dt.datetime) -> Invitation:
    """Note what was answered; the same again changes nothing and writes no second mail.

    how  "link", "letter", "telephone" or "representative"
    Raises Unfit, NotNow (the day is past, the activity is off, the invitation was withdrawn, ten changes in a day).
    """
    row = locked(invitation)
    refuse_over(row, timezone.localdate(now))
    if row.state == State.WITHDRAWN or row.emptied_at:
        raise NotNow(_("This invitation was withdrawn."))
    values = _cleaned(row, reply)
    if reply.letter and reply.letter.direction != Letter.Direction.IN:
        raise Unfit(_("This is not a letter that came in."), faults={"letter": _("This is not a letter that came in.")})
    values |= {"how": how, "answer_letter": reply.letter}
    # Another way of the same answer is no other answer: who confirms by letter what was said by telephone is not asked.
    said = ("state", "companions", "representative", "representative_function", "representative_rank")
    paper = bool(values["answer_letter"] or values["answer_reference"])
    if all(getattr(row, name) == values[name] for name in said) and not (
        paper and (row.answer_letter, row.answer_reference) != (values["answer_letter"], values["answer_reference"])
    ):
        return row
    before, is_other = row.state, any(getattr(row, name) != values[name] for name in said)
    if how == Invitation.How.LINK and outbox.posted(f"invitation:{row.pk}:answer:", since=now - dt.timedelta(days=1)) >= MOST_A_DAY:  # fmt: skip
        raise NotNow(_("The answer was changed often since yesterday. Please write to us or call us."))
    for name, value in values.items():
        setattr(row, name, value)
    row.answered_at, row.answers = now, row.answers + is_other
    row.save(update_fields=[*values, "answered_at", "answers"])
    changes: dict[str, Any] = {"state": [before, str(row.state)], "how": [None, how]}
    if row.answer_letter:
        changes["letter"] = [None, row.answer_letter.number]
    journal.record("participation.answer_invitation", row, by=by, now=now, changes=changes)
    if is_other:
        mails.confirm(row, address_of(row), now=now)
    return row


def _cleaned(row: Invitation, reply: Reply) -> dict[str, Any]:
    faults: dict[str, str] = {}
    if reply.state not in Invitation.ANSWERED:
        faults["answer"] = _("Choose an answer.")
    is_represented = reply.state == State.REPRESENTED
    representative, function = Localized(), ""
    if is_represented:
        representative = clean_texts(reply.representative, "representative", faults, is_name=True)
        words = clean_texts({"": reply.representative_function}, "representative_function", faults)
        function = words.get("", "")
        if not representative and "representative" not in faults:
            faults["representative"] = _("Write the name of whoever represents the guest: one person.")
        if row.person and {fold(one) for one in representative.values()} & {
            fold(one) for one in row.person.name.values()
        }:
            faults["representative"] = _("This is the guest. Answer that the guest comes, or name somebody else.")
        if reply.representative_rank is not None and reply.representative_rank not in ranks():
            faults["representative_rank"] = _("There is no rank “%(given)s”.") % {"given": reply.representative_rank}
    companions = 0 if reply.state == State.DECLINED else reply.companions
    if not 0 <= companions <= row.companions_allowed:
        faults["companions"] = _("At most %(number)s may come along.") % {"number": row.companions_allowed}
    words = clean_texts({"": reply.reference}, "reference", faults)
    if len(words.get("", "")) > 80:
        faults["reference"] = _("This has %(count)s letters; at most %(most)s fit. Shorten it.") % {"count": len(words[""]), "most": 80}  # fmt: skip
    if faults:
        raise Unfit(" ".join(faults.values()), faults=faults)
    return {
        "state": State(reply.state), "companions": companions, "representative": representative,
        "representative_function": function,
        "representative_rank": reply.representative_rank if is_represented else None,
        "answer_reference": words.get("", ""),
    }  # fmt: skip


@transaction.atomic
def rank_representative(*, invitation: Invitation, rank: int | None, by: Any, now: dt.datetime) -> Invitation:
    """The protocol officer says which rank the representative has; the order follows by itself. Raises Unfit."""
    row = locked(invitation)
    if row.state != State.REPRESENTED or (rank is not None and rank not in ranks()):
        raise Unfit(_("There is no rank “%(given)s”.") % {"given": rank}, faults={"representative_rank": ""})
    if row.representative_rank != rank:
        changes = {"representative_rank": [row.representative_rank, rank]}
        row.representative_rank = rank
        row.save(update_fields=["representative_rank"])
        journal.record("participation.rank_representative", row, by=by, now=now, changes=changes)
    return row


@transaction.atomic
def take_back(*, invitation: Invitation, by: Any, now: dt.datetime) -> Invitation:
    """ "It was not I": the answer goes, the guest is asked anew by a new link, and the old one opens nothing.

    Without an answer nothing changes: nobody who has the link can flood the mailbox. Raises NotNow after the day.
    """
    row = locked(invitation)
    refuse_over(row, timezone.localdate(now))
    if not row.is_answered:
        return row
    before = row.state
    row.state, row.how, row.companions, row.answered_at = State.SENT, "", 0, None
    row.representative, row.representative_function, row.representative_rank = Localized(), "", None
    row.answer_letter, row.answer_reference = None, ""
    row.link_version += 1
    if row.sent_at is None:  # answered by telephone before it was sent
        row.state = State.DRAFTED
    row.save()
    journal.record("participation.take_back_answer", row, by=by, now=now, changes={"state": [before, str(row.state)]})
    if row.state == State.SENT:
        mails.asked_anew(row, address_of(row), now=now)
    return row
