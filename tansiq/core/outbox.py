"""Mail: posted in the caller's transaction, sent later and once, never lost and never sent twice by a guess."""

from __future__ import annotations

import contextlib
import datetime as dt
import smtplib
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.core.models import Message

_WAITS = [dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)]
_DEAD_AFTER = dt.timedelta(minutes=10)
# A row that is taken late in a run must be finished before another run may call it dead: one mail to a server that
# answers just within EMAIL_TIMEOUT each time takes less than the other five minutes.
_LONGEST_RUN_SECONDS = 5 * 60


class BadMessage(Refused):
    """The mail cannot be posted; `field` is the one to mend: such as "subject"."""


class NothingToRetry(Refused):
    """The mail neither failed nor is it unsure."""


def post(*, key: str, to: str, subject: str, body: str, language: str, now: dt.datetime) -> None:
    """Queue a mail to one person; it goes out when `deliver` next runs after the caller's transaction committed.

    key      makes the mail unique, such as "reminder:<registration id>:<date>"; under a key that was posted before the
             mail stays as it is
    subject  one line of at most 200 characters; neutral, for others may read it over the person's shoulder
    body     plain text
    Raises BadMessage.
    """
    post_all([{"key": key, "to": to, "subject": subject, "body": body, "language": language, "now": now}])


def post_all(mails: Iterable[dict[str, Any]]) -> None:
    """Queue many in one statement, each given as the arguments of `post`. Raises BadMessage, and then queues none."""
    # An upsert that changes nothing, because an INSERT that ignores conflicts would ignore other faults too.
    Message.objects.bulk_create(
        list({one["key"]: _message(**one) for one in mails}.values()), update_conflicts=True, unique_fields=["key"], update_fields=["key"],
        batch_size=200,
    )  # fmt: skip


def _message(*, key: str, to: str, subject: str, body: str, language: str, now: dt.datetime) -> Message:
    message = Message(
        key=key, to_address=to, subject=subject, body=body, language=language, next_attempt_at=now, created_at=now
    )
    # A line break in a header would let whoever gave the value write further headers.
    for field, value in (("to_address", to), ("subject", subject), ("language", language)):
        if value.splitlines() not in ([], [value]):
            text = _("The mail was not queued: %(field)s has a line break in it. Write it on one line and try again.")
            raise BadMessage(text % {"field": field}, field=field)
    try:
        message.clean_fields()
    except ValidationError as problem:
        field, reasons = next(iter(problem.message_dict.items()))
        text = _("The mail was not queued: %(field)s: %(reason)s Correct it and try again.")
        raise BadMessage(text % {"field": field, "reason": reasons[0]}, field=field) from problem
    return message


def is_posted(key: str) -> bool:
    """Was a mail with this key posted before, whatever became of it?"""
    return Message.objects.filter(key=key).exists()


def posted(begins: str, *, since: dt.datetime) -> int:
    """How many mails were posted since then whose key begins so."""
    return Message.objects.filter(key__startswith=begins, created_at__gt=since).count()


# --- Delivery ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Delivered:
    """sent, failed  mails that this run sent, or that the server refused for good
    unsure   mails of which this run learned that nobody knows whether they went out
    waiting  mails in the queue after this run, whether it tried them or not
    """

    sent: int
    waiting: int
    failed: int
    unsure: int


@dataclass(frozen=True)
class _Outcome:
    state: str
    error: str = ""
    is_server_away: bool = False


def deliver(*, now: dt.datetime, limit: int = 200) -> Delivered:
    """Send what is due, oldest first, at most `limit` mails and five minutes; the schedule calls it every minute.

    Any number of deliverers may run at once. A server that cannot be reached ends the run: the mail that met it waits
    1, 5, 15, 60 minutes and then hourly, the others are due at the next run. Raises RuntimeError inside a transaction.
    """
    with transaction.atomic(durable=True):
        unsure = Message.objects.filter(state=Message.State.SENDING, taken_at__lt=now - _DEAD_AFTER).update(
            state=Message.State.UNSURE, last_error=_("The sender stopped before it learned what became of this mail.")
        )
    queued = Message.objects.filter(state=Message.State.QUEUED)
    due = queued.filter(next_attempt_at__lte=now).order_by("next_attempt_at", "created_at", "id")
    ids = list(due.values_list("pk", flat=True)[:limit])
    counts = dict.fromkeys(Message.State.values, 0)
    connection = mail.get_connection()
    started = time.monotonic()
    try:
        for pk in ids:
            if time.monotonic() - started > _LONGEST_RUN_SECONDS:
                break
            message = _take(pk, now)
            if message is None:
                continue
            outcome = _send(message, connection)
            _finish(message, outcome, now)
            counts[outcome.state] += 1
            if outcome.is_server_away:
                break
    finally:
        _hang_up(connection)
    return Delivered(
        sent=counts[Message.State.SENT],
        waiting=queued.count(),
        failed=counts[Message.State.FAILED],
        unsure=counts[Message.State.UNSURE] + unsure,
    )


def _take(pk: uuid.UUID, now: dt.datetime) -> Message | None:
    # Committed before a byte is sent (durable): whoever dies from here on leaves a row that says so.
    with transaction.atomic(durable=True):
        taken = Message.objects.filter(pk=pk, state=Message.State.QUEUED).update(
            state=Message.State.SENDING, taken_at=now, attempts=F("attempts") + 1
        )
        return Message.objects.get(pk=pk) if taken else None


def _finish(message: Message, outcome: _Outcome, now: dt.datetime) -> None:
    values: dict[str, Any] = {"state": outcome.state, "last_error": outcome.error[:300]}
    if outcome.state == Message.State.SENT:
        values["sent_at"] = now
    elif outcome.state == Message.State.QUEUED:
        wait = _WAITS[min(message.attempts, len(_WAITS)) - 1]
        values.update(next_attempt_at=now + wait, taken_at=None)
    # Another run may have called us dead meanwhile (a machine that slept): we know better, unless staff acted on it.
    mine = Message.objects.filter(pk=message.pk, taken_at=message.taken_at)
    with transaction.atomic(durable=True):
        mine.filter(state__in=(Message.State.SENDING, Message.State.UNSURE)).update(**values)


def _send(message: Message, connection: Any) -> _Outcome:
    # smtplib's exceptions are OSErrors, as are those of sockets, names and certificates.
    try:
        connection.open()
    except OSError as problem:
        _hang_up(connection)
        return _Outcome(Message.State.QUEUED, _reason(problem), is_server_away=True)
    try:
        connection.send_messages([_mail(message)])
    except smtplib.SMTPRecipientsRefused as refusal:
        code, text = next(iter(refusal.recipients.values()))
        outcome = _refused(code, text, is_about_this_mail=True)
    except smtplib.SMTPResponseException as refusal:
        # A refused sender or greeting is our own setting: the mails wait until it is mended.
        is_about_this_mail = isinstance(refusal, smtplib.SMTPDataError)
        outcome = _refused(refusal.smtp_code, refusal.smtp_error, is_about_this_mail=is_about_this_mail)
    except OSError as problem:
        # It broke off between "here is the mail" and "taken": sending again could send it twice.
        outcome = _Outcome(Message.State.UNSURE, _reason(problem))
    else:
        return _Outcome(Message.State.SENT)
    # After a 421 or a break smtplib's end is closed while Django's still looks open.
    _hang_up(connection)
    return outcome


def _refused(code: int, text: bytes | str, *, is_about_this_mail: bool) -> _Outcome:
    answer = text.decode(errors="replace") if isinstance(text, bytes) else text
    is_final = is_about_this_mail and code >= 500
    return _Outcome(Message.State.FAILED if is_final else Message.State.QUEUED, f"{code} {answer}")


def _reason(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}"


def _hang_up(connection: Any) -> None:
    # A server that is gone cannot be told goodbye; what it answered before stands.
    with contextlib.suppress(OSError):
        connection.close()


def _mail(message: Message) -> mail.EmailMessage:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return mail.EmailMessage(
        subject=message.subject,
        body=message.body,
        to=[message.to_address],
        headers={
            # The same at every attempt, so that a server that took the mail before can drop the second.
            "Message-ID": f"<{message.pk}@{domain}>",
            # RFC 3834: holiday replies and list servers leave it alone.
            "Auto-Submitted": "auto-generated",
            "Content-Language": message.language,
        },
    )


# --- Staff ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Named:
    """A mail as the journal names it: by its id, never by the address or the subject."""

    pk: uuid.UUID
    kind_of_record: str = Message._meta.label_lower

    def journal_label(self) -> str:
        return str(self.pk)


@transaction.atomic
def retry(*, message: Message, by: Any, now: dt.datetime) -> Message:
    """Queue a mail again that failed for good or may have been lost; ask the recipient first where it is unsure.

    Raises NothingToRetry when the mail is waiting, on its way or sent.
    """
    state = Message.objects.values_list("state", flat=True).get(pk=message.pk)
    retried = Message.objects.filter(
        pk=message.pk, state=state, state__in=(Message.State.FAILED, Message.State.UNSURE)
    ).update(state=Message.State.QUEUED, attempts=0, next_attempt_at=now, taken_at=None)
    if not retried:
        text = _(
            "The mail was not queued again: it is “%(state)s”. Only a mail that failed or that may not have arrived "
            "can be sent again; reload the list to see how it stands."
        )
        raise NothingToRetry(text % {"state": Message.State(state).label})
    named: Any = _Named(message.pk)
    journal.record("core.retry_mail", named, by=by, now=now, changes={"state": [state, Message.State.QUEUED.value]})
    message.refresh_from_db()
    return message
