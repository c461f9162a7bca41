"""What any such system needs: the journal and its seals, sources and claims, the mail outbox, the search table."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.db import models
from django.utils.encoding import force_str
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tansiq.core.dates import PartialDateField
from tansiq.core.localized import Localized, LocalizedTextField, Text


class Record(models.Model):
    """A row that the journal, claims, spans and approvals can point at by `kind` and `id`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, *given: Any, **more: Any) -> Any:
        """Its texts know the language that the record was written in, to fall back to."""
        row = super().from_db(*given, **more)
        if reference := row.__dict__.get("reference_language"):
            for value in row.__dict__.values():
                if isinstance(value, Localized):
                    value.reference = reference
        return row

    @classmethod
    def record_kind(cls) -> str:
        return cls._meta.label_lower

    @property
    def kind_of_record(self) -> str:
        return self._meta.label_lower

    def _get_FIELD_display(self, field: Any) -> Any:
        """Behind `get_kind_display` and its like. Django's own translates every choice at each call (0.2 ms)."""
        labels = field.__dict__.setdefault("_labels", dict(field.flatchoices))
        value = getattr(self, field.attname)
        return force_str(labels.get(value, value), strings_only=True)

    def journal_label(self) -> str:
        """What the journal calls this row. Never a person's name: the journal outlives an erasure."""
        return getattr(self, "slug", "") or str(self.pk)


class Appended(models.Model):
    """Rows that are written once. The database refuses the rest too: see the triggers in the first migration."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError(f"{self._meta.label} is append-only: write a new row that corrects this one")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{self._meta.label} is append-only: its rows stay")


class Entry(Appended):
    """One thing that was done: who, what, to which record, when. Holds ids, never names of persons."""

    id = models.BigAutoField(primary_key=True)
    recorded_at = models.DateTimeField(db_index=True)
    actor_id = models.UUIDField(null=True, blank=True, db_index=True)
    actor_label = models.CharField(max_length=80)
    verb = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    subject_label = models.CharField(max_length=120)
    changes = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["subject_kind", "subject_id", "id"], name="entry_of_subject")]
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal")


class Seal(Appended):
    """One link of the hash chain over the journal, in the order in which the entries were sealed."""

    position = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="seal")
    digest = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()


class Source(Record):
    """Where a value comes from: a release, a law, a page. `scope` is the file that named it ("programme:slug")."""

    scope = models.CharField(_("programme or pack"), max_length=140)
    key = models.SlugField(_("identifier"), max_length=60)
    language = models.CharField(_("language"), max_length=12, blank=True)
    date = PartialDateField(verbose_name=_("date"))
    title = LocalizedTextField(verbose_name=_("title"))
    publisher = LocalizedTextField(verbose_name=_("publisher"), blank=True)
    url = models.URLField(_("web address"), max_length=500, blank=True)
    note = LocalizedTextField(verbose_name=_("note"), blank=True)
    text_path = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="source_key_once_per_scope")]
        ordering = ["scope", "key"]
        verbose_name = _("source")
        verbose_name_plural = _("sources")

    def __str__(self) -> str:
        return str(self.title)

    def journal_label(self) -> str:
        return f"{self.scope}/{self.key}"[:120]


class Claim(Record):
    """A value that a source gives for a field of a record. Claims that disagree all stay; nothing is chosen silently."""

    subject_kind = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    of = models.CharField(max_length=40)
    value = models.JSONField()
    reading = LocalizedTextField(blank=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="claims")
    entered_at = models.DateTimeField()
    entered_by = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["subject_kind", "subject_id", "of"], name="claim_of_subject")]
        ordering = ["subject_id", "position", "id"]

    def journal_label(self) -> str:
        return f"{self.of}: {self.source.key}"[:120]

    @property
    def is_text(self) -> bool:
        """Words in the language of the source, not a date, a number or a code."""
        return isinstance(self.value, str) and not self.value[:4].isdigit() and not self.value.startswith("P")


class LoadedFile(Record):
    """A programme file that somebody loaded at the desk, with what is needed to take it back.

    before        the programme as its file was before (None: there was none); `texts_before` its archived texts by path
    created       [kind, id] of each record that came with it, in the order in which they were made
    organisations {slug: {field: value before}} of those that it changed: they are shared, and no file takes away
    first_entry, last_entry  its entries in the journal: what came later is not taken back unseen
    """

    slug = models.CharField(max_length=80)
    file_name = models.CharField(_("file"), max_length=120)
    loaded_at = models.DateTimeField(_("loaded"))
    loaded_by = models.UUIDField(null=True)
    before = models.JSONField(null=True)
    texts_before = models.JSONField(default=dict)
    created = models.JSONField(default=list)
    organisations = models.JSONField(default=dict)
    first_entry = models.BigIntegerField()
    last_entry = models.BigIntegerField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-loaded_at"]


class Message(models.Model):
    """A mail to one person. `key` makes it unique: the same message is posted once, whoever asks again."""

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed for good")
        UNSURE = "unsure", _("perhaps sent: ask the recipient before sending again")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=200, unique=True)
    to_address = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    language = models.CharField(max_length=12)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["state", "next_attempt_at"], name="message_due")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="sent", sent_at__isnull=False)
                | (~models.Q(state="sent") & models.Q(sent_at__isnull=True)),
                name="message_sent_has_time",
            )
        ]
        verbose_name = _("mail")
        verbose_name_plural = _("mails")


class SearchText(models.Model):
    """What can be found about a record in one language. Rooms write it; `words` is folded, each word between spaces."""

    subject_kind = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    language = models.CharField(max_length=12)
    title = models.CharField(max_length=300)
    title_language = models.CharField(max_length=12, blank=True)
    extract = models.CharField(max_length=400, blank=True)
    path = models.CharField(max_length=200)
    title_words = models.TextField()
    words = models.TextField()
    public_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject_kind", "subject_id", "language"], name="search_text_once")
        ]

    @property
    def shown(self) -> Text:
        """The title with the language that it is in, which may be another than the reader's."""
        is_fallback = self.title_language not in ("", self.language)
        return Text(self.title, self.title_language or self.language, is_fallback)


class Generation(models.Model):
    """One row that counts publications. A web process that sees a new number forgets every page it kept."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="generation_is_one_row")]


class PackSection(models.Model):
    """A section of the country pack that no room keeps in tables of its own (hotline, calendar, precedence)."""

    name = models.CharField(max_length=40, primary_key=True)
    data = models.JSONField()


class Link(Record):
    """A personal address for somebody without an account: what it opens, for whom, until when.

    Only the digest of its secret is kept. `code_digest` is of the short code that a decision asks for: it goes to the
    person's own mailbox, so whoever got the link forwarded does not have it.
    """

    digest = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=60)
    subject_id = models.UUIDField(db_index=True)
    language = models.CharField(max_length=12)
    to_name = models.CharField(max_length=200, blank=True)
    to_address = models.EmailField(blank=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    code_digest = models.CharField(max_length=64, blank=True)
    code_expires_at = models.DateTimeField(null=True, blank=True)
    code_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("personal link")
        verbose_name_plural = _("personal links")


class Job(Record):
    """Long work outside the request; see `core.jobs`. `given` and `result` are JSON without personal values."""

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting to begin")
        RUNNING = "running", _("running")
        DONE = "done", _("finished")
        STOPPED = "stopped", _("stopped")
        REFUSED = "refused", _("not possible")
        FAILED = "failed", _("failed")

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=40)
    label = models.CharField(max_length=200)
    given = models.JSONField(default=dict)
    language = models.CharField(max_length=12, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    is_stopping = models.BooleanField(default=False)
    message = models.TextField(blank=True)
    result = models.JSONField(default=dict)
    started_by = models.UUIDField(null=True)
    made_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    @property
    def percent(self) -> int:
        return 100 if self.state == self.State.DONE else self.done * 100 // self.total if self.total else 0

    @property
    def is_over(self) -> bool:
        return self.state not in (self.State.QUEUED, self.State.RUNNING)

    def seconds_left(self, now: dt.datetime) -> int | None:
        """About how long it still takes, from its own speed; None while nothing is done."""
        if not self.done or not self.begun_at or self.is_over:
            return None
        return round((now - self.begun_at).total_seconds() / self.done * (self.total - self.done))


class Receipt(Appended):
    """That something finished without a network arrived and was acted on; see `core.receipts`. Holds ids, never names.

    id            the item's own, made on the phone when its form was finished
    belongs_to    the item that an attachment was finished with
    answer        what the verb said, the same words at every repetition
    device_at     by the phone's clock, when it was finished;  skew_seconds  how far that clock was behind ours
    """

    id = models.UUIDField(primary_key=True)
    kind = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)
    size_bytes = models.PositiveIntegerField()
    belongs_to = models.UUIDField(null=True, blank=True)
    answer = models.JSONField(default=dict)
    subject_kind = models.CharField(max_length=60, blank=True)
    subject_id = models.UUIDField(null=True, blank=True, db_index=True)
    device = models.UUIDField(null=True, blank=True)
    device_at = models.DateTimeField(null=True, blank=True)
    skew_seconds = models.IntegerField(default=0)
    received_at = models.DateTimeField()
    by_id = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")


class HeldItem(Record):
    """What arrived and could not be acted on: kept whole for a person to decide. The conflict box.

    why      conflict: another body came before it under the same id;  refused: the verb did not take it
    content  as it came;  reason  what the phone was told
    """

    class Why(models.TextChoices):
        CONFLICT = "conflict", pgettext_lazy("held item", "another content under the same identifier")
        REFUSED = "refused", pgettext_lazy("held item", "could not be taken over")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("held item", "to be decided")
        TAKEN = "taken", pgettext_lazy("held item", "taken over")
        SET_ASIDE = "aside", pgettext_lazy("held item", "set aside")

    item_id = models.UUIDField()
    kind = models.CharField(_("kind"), max_length=40)
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    belongs_to = models.UUIDField(null=True, blank=True)
    why = models.CharField(_("why"), max_length=8, choices=Why.choices)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    device = models.UUIDField(null=True, blank=True)
    device_at = models.DateTimeField(_("finished on the phone"), null=True, blank=True)
    skew_seconds = models.IntegerField(default=0)
    received_at = models.DateTimeField(_("received"))
    by_id = models.UUIDField(null=True, blank=True)
    state = models.CharField(_("state"), max_length=5, choices=State.choices, default=State.OPEN)
    decided_at = models.DateTimeField(_("decided on"), null=True, blank=True)
    decided_by = models.UUIDField(null=True, blank=True)
    because = models.CharField(_("because"), max_length=300, blank=True)

    class Meta:
        ordering = ["state", "-received_at"]
        verbose_name = _("item in the conflict box")
        verbose_name_plural = _("conflict box")
        constraints = [
            models.UniqueConstraint(fields=["item_id", "sha256"], name="helditem_each_body_once"),
            models.CheckConstraint(
                condition=models.Q(state="open", decided_at__isnull=True)
                | (~models.Q(state="open") & models.Q(decided_at__isnull=False)),
                name="helditem_decided_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {str(self.item_id)[:8]}"

    def journal_label(self) -> str:
        return f"{self.kind} {self.item_id}"
