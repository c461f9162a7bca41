"""Mail through a real SMTP server on this machine."""

import asyncio
import datetime as dt
import email.policy
import socket
import sys
from contextlib import contextmanager

import pytest
from aiosmtpd.controller import Controller
from django.db import connections, transaction

from tansiq.core import journal, outbox
from tansiq.core.models import Entry, Message

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
State = Message.State


class Postbox:
    """An SMTP server's behaviour: what it took, and what it answers to an address or after the mail."""

    def __init__(self):
        self.mails = []
        self.answer_to = {}
        self.answer_after = "250 taken"
        self.meanwhile = None
        self.hangs_up = False

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address not in self.answer_to:
            envelope.rcpt_tos.append(address)
        return self.answer_to.get(address, "250 OK")

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails.append((envelope.rcpt_tos, mail))
        if self.meanwhile:
            act, self.meanwhile = self.meanwhile, None
            await asyncio.get_running_loop().run_in_executor(None, act)
        if self.hangs_up:
            server.transport.abort()
        return self.answer_after

    @property
    def recipients(self):
        return [address for addresses, _mail in self.mails for address in addresses]

    @contextmanager
    def open(self, port):
        controller = Controller(self, hostname="127.0.0.1", port=port)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()


@pytest.fixture
def port(settings):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS, settings.EMAIL_TIMEOUT = False, 5
    settings.DEFAULT_FROM_EMAIL = "اللجنة الوطنية <news@lajna.example>"
    return free


@pytest.fixture
def server(port):
    with Postbox().open(port) as postbox:
        yield postbox


def post(key="تذكير:1", to="amina@example.org", **changes):
    values = {"subject": "موعد", "body": "نذكركم بالموعد.", "language": "ar", "now": NOW, **changes}
    outbox.post(key=key, to=to, **values)
    return Message.objects.get(key=key)


def rows(*fields):
    return list(Message.objects.order_by("key").values_list(*fields))


# --- Posting


def test_post_queues_a_mail_that_is_due_at_once():
    post()
    assert rows("key", "to_address", "subject", "body", "language", "state", "attempts", "next_attempt_at") == [
        ("تذكير:1", "amina@example.org", "موعد", "نذكركم بالموعد.", "ar", "queued", 0, NOW)
    ]


def test_post_gives_the_first_mail_to_whoever_posts_the_same_key_again():
    first = post()
    again = post(to="yassine@example.org", subject="آخر", now=NOW + MINUTE)
    assert again == first
    assert rows("to_address", "subject", "created_at") == [("amina@example.org", "موعد", NOW)]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\nBcc: other@example.org", "\u2028x"])
@pytest.mark.parametrize(("name", "field"), [("to", "to_address"), ("subject", "subject"), ("language", "language")])
def test_post_refuses_a_line_break_in_what_becomes_a_header(name, field, end):
    good = {"to": "amina@example.org", "subject": "موعد", "language": "ar"}
    with pytest.raises(outbox.BadMessage) as refusal:
        post(**{name: good[name] + end})
    assert refusal.value.field == field
    assert rows("key") == []


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("to_address", {"to": "amina"}),
        ("to_address", {"to": "amina@example.org, yassine@example.org"}),
        ("subject", {"subject": "م" * 201}),
        ("subject", {"subject": ""}),
        ("body", {"body": ""}),
    ],
)
def test_post_refuses_what_the_database_or_the_server_would_refuse_later(field, changes):
    with pytest.raises(outbox.BadMessage) as refusal:
        post(**changes)
    assert refusal.value.field == field
    assert rows("key") == []


# --- Delivering


def test_deliver_sends_arabic_intact_with_the_headers_of_a_machine(server):
    message = post(subject="تذكير: اجتماع اللجنة – الخميس", body="السلام عليكم،\nالاجتماع غدًا على الساعة 10.\n")
    assert outbox.deliver(now=NOW) == outbox.Delivered(sent=1, waiting=0, failed=0, unsure=0)
    [(recipients, mail)] = server.mails
    assert recipients == ["amina@example.org"]
    # A header that is folded before its first word reads as beginning with the fold's space.
    assert mail["Subject"].strip() == "تذكير: اجتماع اللجنة – الخميس"
    assert mail.get_content().replace("\r\n", "\n").rstrip() == "السلام عليكم،\nالاجتماع غدًا على الساعة 10."
    assert mail["From"] == "اللجنة الوطنية <news@lajna.example>"
    assert mail["To"] == "amina@example.org"
    assert mail["Message-ID"] == f"<{message.pk}@lajna.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "ar"
    assert rows("state", "attempts", "sent_at", "last_error") == [("sent", 1, NOW, "")]


def test_deliver_sends_nothing_twice(server):
    post()
    outbox.deliver(now=NOW)
    assert outbox.deliver(now=NOW + MINUTE) == outbox.Delivered(sent=0, waiting=0, failed=0, unsure=0)
    assert server.recipients == ["amina@example.org"]


def test_deliver_takes_the_oldest_mails_first_up_to_the_limit(server):
    for number in (3, 1, 2):
        post(key=str(number), to=f"p{number}@example.org", now=NOW - number * MINUTE)
    assert outbox.deliver(now=NOW, limit=2) == outbox.Delivered(sent=2, waiting=1, failed=0, unsure=0)
    assert server.recipients == ["p3@example.org", "p2@example.org"]


def test_deliver_leaves_a_mail_that_is_due_a_second_later(server):
    post(now=NOW + dt.timedelta(seconds=1))
    assert outbox.deliver(now=NOW) == outbox.Delivered(sent=0, waiting=1, failed=0, unsure=0)
    assert server.recipients == []


def test_a_recipient_that_the_server_refuses_has_failed_and_the_next_mail_goes_out(server):
    server.answer_to["gone@example.org"] = "550 5.1.1 no such user"
    post(key="1", to="gone@example.org", now=NOW - MINUTE)
    post(key="2", to="amina@example.org")
    assert outbox.deliver(now=NOW) == outbox.Delivered(sent=1, waiting=0, failed=1, unsure=0)
    assert rows("state", "last_error", "sent_at") == [("failed", "550 5.1.1 no such user", None), ("sent", "", NOW)]
    assert outbox.deliver(now=NOW + dt.timedelta(days=9)).failed == 0
    assert server.recipients == ["amina@example.org"]


def test_a_mail_whose_content_is_refused_for_good_has_failed(server):
    server.answer_after = "554 5.7.1 no"
    post()
    assert outbox.deliver(now=NOW) == outbox.Delivered(sent=0, waiting=0, failed=1, unsure=0)
    assert rows("state", "last_error") == [("failed", "554 5.7.1 no")]


def test_a_mail_that_is_put_off_waits_longer_each_time_and_then_hourly(server):
    server.answer_to["amina@example.org"] = "451 4.7.1 later"
    post()
    now, waits = NOW, []
    for _attempt in range(6):
        assert outbox.deliver(now=now) == outbox.Delivered(sent=0, waiting=1, failed=0, unsure=0)
        [(due,)] = rows("next_attempt_at")
        assert outbox.deliver(now=due - dt.timedelta(seconds=1)).waiting == 1
        waits.append((due - now) / MINUTE)
        now = due
    assert waits == [1, 5, 15, 60, 60, 60]
    assert rows("state", "attempts", "last_error", "taken_at") == [("queued", 6, "451 4.7.1 later", None)]
    server.answer_to.clear()
    assert outbox.deliver(now=now).sent == 1
    assert rows("state", "last_error") == [("sent", "")]


def test_421_puts_the_mail_off_and_the_next_one_gets_a_new_connection(server):
    server.answer_to["busy@example.org"] = "421 4.3.2 closing"
    post(key="1", to="busy@example.org", now=NOW - MINUTE)
    post(key="2", to="amina@example.org")
    assert outbox.deliver(now=NOW) == outbox.Delivered(sent=1, waiting=1, failed=0, unsure=0)
    assert rows("state") == [("queued",), ("sent",)]


def test_a_server_that_is_down_is_asked_once_per_run_and_everything_goes_out_when_it_is_back(port):
    post(key="1", to="a@example.org", now=NOW - MINUTE)
    post(key="2", to="b@example.org")
    assert outbox.deliver(now=NOW) == outbox.Delivered(sent=0, waiting=2, failed=0, unsure=0)
    assert rows("state", "attempts", "next_attempt_at") == [("queued", 1, NOW + MINUTE), ("queued", 0, NOW)]
    assert Message.objects.get(key="1").last_error.startswith("ConnectionRefusedError")
    with Postbox().open(port) as server:
        assert outbox.deliver(now=NOW + MINUTE) == outbox.Delivered(sent=2, waiting=0, failed=0, unsure=0)
    assert sorted(server.recipients) == ["a@example.org", "b@example.org"]


def test_a_server_that_hangs_up_after_the_mail_leaves_it_unsure_and_unsent(server):
    server.hangs_up = True
    post()
    assert outbox.deliver(now=NOW) == outbox.Delivered(sent=0, waiting=0, failed=0, unsure=1)
    server.hangs_up = False
    outbox.deliver(now=NOW + dt.timedelta(days=1))
    assert rows("state", "sent_at") == [("unsure", None)]
    assert server.recipients == ["amina@example.org"]


def test_a_mail_whose_worker_died_becomes_unsure_after_ten_minutes_and_is_not_sent_again(server):
    message = post()
    Message.objects.filter(pk=message.pk).update(state=State.SENDING, taken_at=NOW, attempts=1)
    assert outbox.deliver(now=NOW + 10 * MINUTE).unsure == 0
    assert rows("state") == [("sending",)]
    late = NOW + 10 * MINUTE + dt.timedelta(seconds=1)
    assert outbox.deliver(now=late) == outbox.Delivered(sent=0, waiting=0, failed=0, unsure=1)
    outbox.deliver(now=late + dt.timedelta(days=1))
    assert rows("state") == [("unsure",)]
    assert server.recipients == []


def test_a_worker_that_dies_while_sending_leaves_the_mail_being_sent(server):
    post()
    with pytest.raises(KeyboardInterrupt), dying_at_the_socket():
        outbox.deliver(now=NOW)
    assert rows("state", "taken_at", "attempts") == [("sending", NOW, 1)]


@contextmanager
def dying_at_the_socket():
    """Ctrl-C where this process next opens a connection: nothing is written after the taking."""

    def hook(event, args):
        if armed and event == "socket.connect":
            armed.clear()
            raise KeyboardInterrupt

    armed = [True]
    sys.addaudithook(hook)
    try:
        yield
    finally:
        armed.clear()


def test_deliver_refuses_to_send_inside_a_transaction_that_could_be_rolled_back(server):
    post()
    with transaction.atomic(), pytest.raises(RuntimeError):
        outbox.deliver(now=NOW)
    assert server.recipients == []


# --- Two at once: the second runs while the server holds the first one's mail


def in_this_tests_transaction(act):
    """`act` for another thread, on this thread's connection, which waits for the server meanwhile."""
    shared = connections["default"]
    shared.inc_thread_sharing()

    def run():
        connections["default"] = shared
        act()

    return run


def test_two_deliverers_at_once_send_each_mail_once(server):
    post(key="1", to="a@example.org", now=NOW - MINUTE)
    post(key="2", to="b@example.org")
    second = []
    server.meanwhile = in_this_tests_transaction(lambda: second.append(outbox.deliver(now=NOW)))
    first = outbox.deliver(now=NOW)
    assert server.recipients == ["a@example.org", "b@example.org"]
    assert (first.sent, second[0].sent) == (1, 1)
    assert rows("state", "attempts") == [("sent", 1), ("sent", 1)]


def test_without_the_claim_the_second_deliverer_would_send_the_mail_again(server):
    post()

    def unclaim_and_deliver():
        Message.objects.update(state=State.QUEUED)
        outbox.deliver(now=NOW)

    server.meanwhile = in_this_tests_transaction(unclaim_and_deliver)
    outbox.deliver(now=NOW)
    assert server.recipients == ["amina@example.org", "amina@example.org"]


def test_a_deliverer_that_was_called_dead_too_early_still_says_that_it_sent(server):
    post()
    server.meanwhile = in_this_tests_transaction(lambda: outbox.deliver(now=NOW + 11 * MINUTE))
    outbox.deliver(now=NOW)
    assert server.recipients == ["amina@example.org"]
    assert rows("state", "sent_at") == [("sent", NOW)]


# --- Staff


@pytest.mark.parametrize("state", [State.FAILED, State.UNSURE])
def test_retry_queues_a_failed_or_unsure_mail_under_its_old_message_id(server, state):
    message = post()
    Message.objects.update(state=state, attempts=4, taken_at=NOW, last_error="550 no")
    later = NOW + dt.timedelta(hours=2)
    retried = outbox.retry(message=message, by=journal.CLI, now=later)
    assert (retried.state, retried.attempts, retried.next_attempt_at, retried.taken_at) == ("queued", 0, later, None)
    assert outbox.deliver(now=later).sent == 1
    assert server.mails[0][1]["Message-ID"] == f"<{message.pk}@lajna.example>"
    entry = Entry.objects.get(subject_kind="core.message")
    assert (entry.verb, entry.subject_id) == ("core.retry_mail", message.pk)
    assert entry.changes == {"state": [state.value, "queued"]}
    assert entry.subject_label == str(message.pk)


@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING, State.SENT])
def test_retry_refuses_a_mail_that_needs_none(state):
    message = post()
    Message.objects.update(state=state, sent_at=NOW if state == State.SENT else None)
    with pytest.raises(outbox.NothingToRetry):
        outbox.retry(message=message, by=journal.CLI, now=NOW)
    assert rows("state") == [(state.value,)]
    assert not Entry.objects.filter(subject_kind="core.message").exists()
