"""What must be done, by which office, until when; and the text beside the records, where each value comes from."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tansiq.core.localized import LocalizedTextField, has_reference_text
from tansiq.core.models import Record, Source
from tansiq.media.models import Asset
from tansiq.people.models import Organisation, User
from tansiq.programme.models import Activity, OfProgrammeQuerySet, Programme, limits_of, sees_everything

# --- The text beside the records ------------------------------------------------------------------------------------


class SourceText(Record):
    """The words of a source as they were archived (NFC), never mended."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="source_texts")
    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="archived")
    text = models.TextField()

    class Meta:
        verbose_name = _("source text")
        verbose_name_plural = _("source texts")

    def __str__(self) -> str:
        return str(self.source)


class Span(Record):
    """A run of the source text; `start` and `end` are code points. `as_read` mends a slip beside "as printed"."""

    text = models.ForeignKey(SourceText, on_delete=models.CASCADE, related_name="spans")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    as_read = models.TextField(blank=True)

    class Meta:
        ordering = ["start", "end"]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="span_is_not_empty"),
        ]


class Trace(Record):
    """Where one value (or all values below `path`) comes from: a span, a named source, a translation, fiction.

    Rows of one `group` stand together in the file: one quote, several values.
    """

    class Origin(models.TextChoices):
        SPAN = "span", _("from this text")
        SOURCE = "source", _("from another source")
        TRANSLATION = "translation", _("our translation")
        CLASSIFICATION = "classification", _("our classification")
        FICTIONAL = "fictional", _("fictional")

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="traces")
    group = models.PositiveIntegerField()
    position = models.PositiveIntegerField()
    path = models.CharField(max_length=240)
    origin = models.CharField(max_length=14, choices=Origin.choices)
    span = models.ForeignKey(Span, null=True, blank=True, on_delete=models.CASCADE, related_name="traces")
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        ordering = ["position"]
        indexes = [models.Index(fields=["programme", "path"], name="trace_of_path")]
        constraints = [
            models.CheckConstraint(
                condition=(Q(origin="span", span__isnull=False))
                | (Q(origin="source", source__isnull=False) & Q(span__isnull=True))
                | (~Q(origin__in=["span", "source"]) & Q(span__isnull=True)),
                name="trace_names_its_origin",
            )
        ]


SHOWN = {"coordination.sourcetext", "coordination.span", "coordination.trace"}


# --- Who does what next ---------------------------------------------------------------------------------------------


class Function(Record):
    """An office that owns work, never a person: whoever holds it today, or stands in, gets its tasks."""

    slug = models.SlugField(_("identifier"), max_length=60, unique=True)
    name = LocalizedTextField(verbose_name=_("name"))
    reference_language = models.CharField(_("reference language"), max_length=12)
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    code = models.CharField(_("letters in its numbers"), max_length=12, blank=True)
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    holder = models.ForeignKey(
        User, verbose_name=_("held by"), null=True, blank=True, on_delete=models.SET_NULL, related_name="functions"
    )
    delegate = models.ForeignKey(
        User, verbose_name=_("stands in during absence"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="delegated_functions",
    )  # fmt: skip
    away_from = models.DateField(_("absent from"), null=True, blank=True)
    away_until = models.DateField(_("absent until"), null=True, blank=True)
    origin = models.CharField(max_length=140, blank=True, editable=False)

    personal_fields = frozenset({"telephone", "holder", "delegate", "away_from", "away_until"})
    list_related = ("holder", "delegate", "organisation")

    class Meta:
        ordering = ["slug"]
        verbose_name = pgettext_lazy("an office that owns work", "function")
        verbose_name_plural = _("functions")
        constraints = [
            has_reference_text("name", "function_has_reference_text"),
            models.CheckConstraint(
                condition=Q(away_from__isnull=True, away_until__isnull=True)
                | Q(away_from__isnull=False, away_until__isnull=False, away_until__gte=F("away_from")),
                name="function_absence_has_both_ends",
                violation_error_message=_("Give the first and the last day of the absence."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)

    def is_away(self, day: dt.date) -> bool:
        return bool(self.away_from and self.away_until and self.away_from <= day <= self.away_until)

    def acting_id(self, day: dt.date) -> Any:
        """The id of the user who acts for it on a day: the delegate during an absence, else the holder; or None."""
        return self.delegate_id if self.is_away(day) and self.delegate_id else self.holder_id


class TaskModel(Record):
    """What must be prepared for a kind of activity, dates counted back from its day.

    tasks  [{"id", "title": {language: text}, "days": before the day (negative: after it), "owner": slug of a function,
           "after": [ids of tasks to be done first], "evidence": {language: what shows that it is done}}]
    """

    slug = models.SlugField(_("identifier"), max_length=60, unique=True)
    title = LocalizedTextField(verbose_name=_("title"))
    reference_language = models.CharField(_("reference language"), max_length=12)
    kinds = models.JSONField(_("for which kinds of activity"), default=list, blank=True)
    tasks = models.JSONField(_("tasks"), default=list, blank=True)
    origin = models.CharField(max_length=140, blank=True, editable=False)

    class Meta:
        ordering = ["slug"]
        verbose_name = _("task model")
        verbose_name_plural = _("task models")
        constraints = [has_reference_text("title", "taskmodel_has_reference_text")]

    def __str__(self) -> str:
        return str(self.title)


class OwnedQuerySet(OfProgrammeQuerySet):
    """Work of the house: whoever sees everything sees it; others what their own organisation's offices own."""

    def visible_to(self, user: User) -> Any:
        if sees_everything(user):
            return self
        _regions, organisations = limits_of(user)
        return self.filter(
            Q(owner__organisation__in=organisations) | Q(owner__holder=user.pk) | Q(owner__delegate=user.pk)
        )


class TaskQuerySet(OwnedQuerySet):
    def open(self) -> Any:
        return self.filter(state=Task.State.OPEN)

    def of_user(self, user_id: Any, day: dt.date) -> Any:
        """Those of the functions that this user acts for on a day."""
        away = Q(owner__away_from__lte=day, owner__away_until__gte=day, owner__delegate__isnull=False)
        return self.filter((away & Q(owner__delegate=user_id)) | (~away & Q(owner__holder=user_id)))


class Task(Record):
    """One thing to do until a day. `due` follows the activity where it is counted back from it (`days_before`)."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("task", "open")
        DONE = "done", pgettext_lazy("task", "done")
        DROPPED = "dropped", pgettext_lazy("task", "not needed")

    programme = models.ForeignKey(
        Programme, verbose_name=_("programme"), on_delete=models.CASCADE, related_name="tasks"
    )
    activity = models.ForeignKey(
        Activity, verbose_name=_("activity"), null=True, blank=True, on_delete=models.CASCADE, related_name="tasks"
    )
    key = models.CharField(max_length=140, editable=False)
    title = LocalizedTextField(verbose_name=_("task"))
    reference_language = models.CharField(_("reference language"), max_length=12)
    owner = models.ForeignKey(
        Function, verbose_name=_("owner"), null=True, blank=True, on_delete=models.PROTECT, related_name="tasks"
    )
    days_before = models.SmallIntegerField(
        _("days before the activity"), null=True, blank=True,
        help_text=_("Below zero: days after it. Leave empty and give a date instead where it does not move along."),
    )  # fmt: skip
    due = models.DateField(_("due"), null=True, blank=True, db_index=True)
    after = models.ManyToManyField(
        "self", verbose_name=_("after"), symmetrical=False, blank=True, related_name="before"
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.OPEN)
    evidence_wanted = LocalizedTextField(verbose_name=_("what shows that it is done"), blank=True)
    done_date = models.DateField(_("done on"), null=True, blank=True)
    evidence = models.TextField(_("evidence"), blank=True)
    evidence_file = models.ForeignKey(
        Asset, verbose_name=_("file"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = TaskQuerySet.as_manager()
    list_related = ("programme", "activity", "owner")

    class Meta:
        ordering = [F("due").asc(nulls_last=True), "key"]
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [
            has_reference_text("title", "task_has_reference_text"),
            models.UniqueConstraint(fields=["programme", "key"], name="task_once"),
            models.CheckConstraint(
                condition=Q(days_before__isnull=True) | Q(activity__isnull=False),
                name="task_is_counted_from_an_activity",
                violation_error_message=_("Choose the activity that the days are counted from."),
            ),
            models.CheckConstraint(
                condition=Q(state="done", done_date__isnull=False) | (~Q(state="done") & Q(done_date__isnull=True)),
                name="task_done_has_its_day",
            ),
        ]

    def __str__(self) -> str:
        return str(self.title)

    def journal_label(self) -> str:
        return self.key or str(self.pk)

    def lies_in(self, region: Any, organisation: Any) -> bool:
        return bool(organisation and self.owner and self.owner.organisation_id == organisation)

    def is_late(self, today: dt.date) -> bool:
        return self.state == self.State.OPEN and self.due is not None and self.due < today


# --- The day itself -------------------------------------------------------------------------------------------------


class OfActivityQuerySet(OfProgrammeQuerySet):
    """Rows that hang on an activity, visible to whom the activity is, by the model's `to_activity`."""

    def visible_to(self, user: User) -> Any:
        if sees_everything(user):
            return self
        way = getattr(self.model, "to_activity", "activity")
        return self.filter(**{f"{way}__in": Activity.objects.visible_to(user).values("pk")})


class OfOneDay:
    """A record of one day of an activity: `day_number` 1 is its first, so the date is never typed a second time."""

    activity: Any
    day_number: Any

    def lies_in(self, region: Any, organisation: Any) -> bool:
        return self.activity.lies_in(region, organisation)

    @property
    def day(self) -> dt.date | None:
        """The date; None while the activity has no day."""
        first = self.activity.first_day if self.activity.is_dated else None
        return first and first + dt.timedelta(days=self.day_number - 1)


class RunOfShow(OfOneDay, Record):
    """What happens minute by minute on one day of an activity.

    items  [{"id", "time": "09:30" or none (then it follows the one before), "minutes", "title": {language: text},
           "where": {...}, "owner": slug of a function, "speaker": {...}, "organisation": slug, "language",
           "plan_b": {...}, "telephone"}]
    """

    activity = models.ForeignKey(
        Activity, verbose_name=_("activity"), on_delete=models.CASCADE, related_name="runs_of_show"
    )
    day_number = models.PositiveSmallIntegerField(_("day of the activity"), default=1)
    items = models.JSONField(_("items"), default=list, blank=True)

    personal_fields = frozenset({"items"})
    to_programme = "activity__programme"
    list_related = ("activity",)
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["activity", "day_number"]
        verbose_name = _("run of show")
        verbose_name_plural = _("runs of show")
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "day_number"],
                name="runofshow_once_a_day",
                violation_error_message=_("There is a run of show of this day already."),
            ),
            models.CheckConstraint(condition=Q(day_number__gte=1), name="runofshow_days_from_one"),
        ]

    def __str__(self) -> str:
        return str(self.activity.title)

    def journal_label(self) -> str:
        return f"{self.activity.slug}/{self.day_number}"


class RunOfShowIssue(Record):
    """The run-of-show as it was handed out under a number; later issues mark what changed against it."""

    show = models.ForeignKey(RunOfShow, on_delete=models.CASCADE, related_name="issues")
    number = models.PositiveSmallIntegerField(_("issue"))
    issued_at = models.DateTimeField(_("issued"))
    issued_by = models.UUIDField(null=True, blank=True)
    day = models.DateField(_("day"), null=True, blank=True)
    head = models.JSONField(default=dict)
    items = models.JSONField(default=list)
    digest = models.CharField(max_length=64)

    personal_fields = frozenset({"items"})
    to_activity = "show__activity"
    to_programme = "show__activity__programme"
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["show", "-number"]
        verbose_name = _("issue of a run of show")
        verbose_name_plural = _("issues of runs of show")
        constraints = [models.UniqueConstraint(fields=["show", "number"], name="runofshow_issue_once")]

    def journal_label(self) -> str:
        return f"{self.show.journal_label()} no. {self.number}"


# --- Letters --------------------------------------------------------------------------------------------------------


class LetterKind(Record):
    """The words of a kind of letter, with placeholders such as {{ activity.title }}; see `letters.KNOWN`."""

    slug = models.SlugField(_("identifier"), max_length=60, unique=True)
    title = LocalizedTextField(verbose_name=_("title"))
    subject = LocalizedTextField(verbose_name=_("subject"))
    body = LocalizedTextField(verbose_name=_("text"), multiline=True)
    reference_language = models.CharField(_("reference language"), max_length=12)
    origin = models.CharField(max_length=140, blank=True, editable=False)

    class Meta:
        ordering = ["slug"]
        verbose_name = _("kind of letter")
        verbose_name_plural = _("kinds of letters")
        constraints = [
            has_reference_text("title", "letterkind_has_reference_title"),
            has_reference_text("body", "letterkind_has_reference_body"),
        ]

    def __str__(self) -> str:
        return str(self.title)


class LetterTemplate(Record):
    """The sheet that letters are printed on, as the secretariat made it in Word: for one kind, or for all others."""

    kind = models.ForeignKey(
        LetterKind, verbose_name=_("kind"), null=True, blank=True, on_delete=models.CASCADE, related_name="templates"
    )
    language = models.CharField(_("language"), max_length=12)
    stored_name = models.CharField(max_length=120, editable=False)
    file_name = models.CharField(_("file"), max_length=120)
    sha256 = models.CharField(max_length=64, editable=False)
    kept_at = models.DateTimeField(_("kept on"))

    list_related = ("kind",)

    class Meta:
        ordering = ["language", "kind"]
        verbose_name = _("letter template")
        verbose_name_plural = _("letter templates")
        constraints = [
            models.UniqueConstraint(fields=["kind", "language"], name="lettertemplate_once", nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return self.file_name


class LetterSeries(Record):
    """The last number that was taken in a register, by service and year; taken by a conditional UPDATE."""

    direction = models.CharField(max_length=3)
    code = models.CharField(max_length=12, blank=True)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["direction", "code", "year"], name="letterseries_once")]


class Letter(Record):
    """One letter of the register: out, written from records and kept as it was printed; or in, with its scan.

    facts  what it said when it was written, {"activity.when": "2020-07-27", ...}: a change of one makes it false
    """

    class Direction(models.TextChoices):
        OUT = "out", pgettext_lazy("letter", "out")
        IN = "in", pgettext_lazy("letter", "in")

    class State(models.TextChoices):
        WRITTEN = "written", pgettext_lazy("letter", "written")
        SENT = "sent", pgettext_lazy("letter", "sent")
        ANSWERED = "answered", pgettext_lazy("letter", "answered")
        RECEIVED = "received", pgettext_lazy("letter", "received")
        CANCELLED = "cancelled", pgettext_lazy("letter", "cancelled")

    direction = models.CharField(_("direction"), max_length=3, choices=Direction.choices)
    code = models.CharField(_("service"), max_length=12, blank=True)
    year = models.PositiveSmallIntegerField(_("year"))
    serial = models.PositiveIntegerField(_("number"))
    programme = models.ForeignKey(
        Programme, verbose_name=_("programme"), null=True, blank=True, on_delete=models.PROTECT, related_name="letters"
    )
    activity = models.ForeignKey(
        Activity, verbose_name=_("activity"), null=True, blank=True, on_delete=models.PROTECT, related_name="letters"
    )
    kind = models.ForeignKey(
        LetterKind, verbose_name=_("kind"), null=True, blank=True, on_delete=models.PROTECT, related_name="letters"
    )
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("correspondent"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    attention = models.CharField(_("to the attention of (office)"), max_length=200, blank=True)
    service = models.ForeignKey(
        Function, verbose_name=_("signed by"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    language = models.CharField(_("language"), max_length=12)
    subject = models.CharField(_("subject"), max_length=300)
    dated = models.DateField(_("date"))
    state = models.CharField(_("state"), max_length=9, choices=State.choices)
    sent_date = models.DateField(_("sent on"), null=True, blank=True)
    answer_by = models.DateField(_("answer wanted by"), null=True, blank=True)
    answers = models.ForeignKey(
        "self", verbose_name=_("answers the letter"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="answered_by",
    )  # fmt: skip
    corrects = models.ForeignKey(
        "self", verbose_name=_("corrects the letter"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="corrected_by",
    )  # fmt: skip
    their_number = models.CharField(_("their number"), max_length=60, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    docx_name = models.CharField(max_length=120, blank=True)
    pdf_name = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    scan = models.ForeignKey(
        Asset, verbose_name=_("scan"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    personal_fields = frozenset({"attention", "subject"})
    list_related = ("organisation", "kind", "programme", "answers")

    class Meta:
        ordering = ["-year", "-serial", "direction"]
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        constraints = [
            models.UniqueConstraint(fields=["direction", "code", "year", "serial"], name="letter_number_once"),
            models.CheckConstraint(condition=Q(serial__gte=1), name="letter_numbers_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.number} – {self.subject}"

    @property
    def number(self) -> str:
        """ "12/SG/2020"; "12/2020" where the service has no letters of its own."""
        return "/".join(str(part) for part in (self.serial, self.code, self.year) if part)

    def journal_label(self) -> str:
        return f"{self.direction} {self.number}"

    def waits(self, today: dt.date) -> int | None:
        """For how many days an answer has been waited for; None where none is wanted or it came."""
        if self.state != self.State.SENT or self.answer_by is None or self.sent_date is None:
            return None
        return (today - self.sent_date).days


# --- What a change breaks -------------------------------------------------------------------------------------------


class FollowUp(Record):
    """Something that was given out and is false since the plan changed: a person sends the update, or says why not."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("follow-up", "to be done")
        DONE = "done", pgettext_lazy("follow-up", "done")
        DROPPED = "dropped", pgettext_lazy("follow-up", "not needed")

    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="follow_ups")
    kind = models.CharField(max_length=12)
    subject_kind = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    label = models.CharField(max_length=200)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    made_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(_("why it is not needed"), max_length=300, blank=True)

    to_programme = "activity__programme"
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["made_at"]
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        constraints = [
            models.UniqueConstraint(fields=["subject_id"], condition=Q(state="open"), name="followup_open_once"),
        ]

    def journal_label(self) -> str:
        return f"{self.kind} {self.label}"[:120]


# --- Approvals ------------------------------------------------------------------------------------------------------


class ApprovalQuerySet(OfProgrammeQuerySet):
    def visible_to(self, user: User) -> Any:
        """Whoever approves for one organisation sees what that one is asked, and nothing else."""
        if sees_everything(user):
            return self
        _regions, organisations = limits_of(user)
        return self.filter(pk__in=ApprovalStep.objects.filter(organisation__in=organisations).values("approval"))


class Approval(Record):
    """Agreement asked for one version of something that carries a partner's name. A change of it asks again.

    content  what the approvers are shown, [["label", "text"], ...] in the language of the request
    digest   SHA-256 over `content` and the file: what is agreed to, and nothing else
    """

    class What(models.TextChoices):
        AGENDA = "agenda", _("agenda")
        INVITATION = "invitation", _("invitation")
        LOGOS = "logos", _("logo strip")
        SPOT = "spot", _("spot")
        ARTWORK = "artwork", _("artwork")
        SPEECH = "speech", _("speech")
        RUN_OF_SHOW = "runofshow", _("run of show")
        OTHER = "other", _("other text")

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("approval", "asked")
        APPROVED = "approved", pgettext_lazy("approval", "approved")
        REFUSED = "refused", pgettext_lazy("approval", "refused")
        OUTDATED = "outdated", pgettext_lazy("approval", "of an older version")
        WITHDRAWN = "withdrawn", pgettext_lazy("approval", "withdrawn")

    programme = models.ForeignKey(
        Programme, verbose_name=_("programme"), on_delete=models.CASCADE, related_name="approvals"
    )
    subject_kind = models.CharField(max_length=60)
    subject_id = models.UUIDField(db_index=True)
    what = models.CharField(_("what"), max_length=12, choices=What.choices)
    title = models.CharField(_("title"), max_length=300)
    language = models.CharField(_("language"), max_length=12)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    content = models.JSONField(default=list)
    file = models.ForeignKey(
        Asset, verbose_name=_("file"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    digest = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.OPEN)
    asked_at = models.DateTimeField(_("asked on"))
    withdrawn_at = models.DateTimeField(_("taken back on"), null=True, blank=True)
    withdrawn_because = models.CharField(_("why it was taken back"), max_length=300, blank=True)

    list_related = ("programme",)
    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at"]
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            models.UniqueConstraint(fields=["subject_id", "what", "version"], name="approval_once_a_version"),
            models.UniqueConstraint(
                fields=["subject_id", "what"], condition=Q(state="open"), name="approval_open_once"
            ),
            models.CheckConstraint(
                condition=Q(state="withdrawn", withdrawn_at__isnull=False)
                | (~Q(state="withdrawn") & Q(withdrawn_at__isnull=True)),
                name="approval_withdrawn_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def journal_label(self) -> str:
        return f"{self.what} v{self.version}"


class ApprovalStepQuerySet(OfProgrammeQuerySet):
    def visible_to(self, user: User) -> Any:
        """What the own organisation is asked and answered; others see what all answered."""
        if sees_everything(user):
            return self
        _regions, organisations = limits_of(user)
        return self.filter(organisation__in=organisations)


class ApprovalStep(Record):
    """One organisation's answer. Steps of one order are asked together; the next order when all before agreed."""

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("step", "not asked yet")
        ASKED = "asked", pgettext_lazy("step", "asked")
        APPROVED = "approved", pgettext_lazy("step", "agreed")
        REFUSED = "refused", pgettext_lazy("step", "did not agree")

    class How(models.TextChoices):
        LINK = "link", _("by link and code")
        SCAN = "scan", _("by signed paper")

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="steps")
    order = models.PositiveSmallIntegerField(_("order"), default=1)
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="+"
    )
    office = models.CharField(_("office"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    due = models.DateField(_("due"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    how = models.CharField(max_length=4, choices=How.choices, blank=True)
    comment = models.TextField(_("comment"), blank=True)
    scan = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    personal_fields = frozenset({"office", "email", "comment"})
    to_programme = "approval__programme"
    objects = ApprovalStepQuerySet.as_manager()

    class Meta:
        ordering = ["order", "organisation"]
        verbose_name = _("step of an approval")
        verbose_name_plural = _("steps of approvals")
        constraints = [
            models.UniqueConstraint(fields=["approval", "organisation", "office"], name="approvalstep_once"),
            models.CheckConstraint(
                condition=Q(state__in=["approved", "refused"], answered_at__isnull=False)
                | (Q(state__in=["waiting", "asked"]) & Q(answered_at__isnull=True)),
                name="approvalstep_answer_has_its_time",
            ),
        ]

    def journal_label(self) -> str:
        return f"{self.approval.journal_label()} {self.organisation.slug}"

    def waits(self, now: dt.datetime) -> int | None:
        """For how many days the answer has been waited for."""
        return (now - self.asked_at).days if self.state == self.State.ASKED and self.asked_at else None


# --- Documents in several languages ---------------------------------------------------------------------------------


class Document(Record):
    """A text that is wanted in several languages: a speech, a card, an agenda. The others follow the reference one."""

    class Kind(models.TextChoices):
        SPEECH = "speech", _("speech")
        AGENDA = "agenda", _("agenda")
        SPOT = "spot", _("text of a spot")
        ARTWORK = "artwork", _("text of a poster or card")
        COURSE = "course", _("course material")
        REPORT = "report", _("report")
        OTHER = "other", _("other text")

    programme = models.ForeignKey(
        Programme, verbose_name=_("programme"), on_delete=models.CASCADE, related_name="documents"
    )
    activity = models.ForeignKey(
        Activity, verbose_name=_("activity"), null=True, blank=True, on_delete=models.CASCADE, related_name="documents"
    )
    slug = models.SlugField(_("identifier"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    title = LocalizedTextField(verbose_name=_("title"))
    reference_language = models.CharField(_("reference language"), max_length=12)

    objects = OfProgrammeQuerySet.as_manager()
    list_related = ("programme", "activity")

    class Meta:
        ordering = ["slug"]
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [has_reference_text("title", "document_has_reference_text")]

    def __str__(self) -> str:
        return str(self.title)

    def clean(self) -> None:
        if self.activity_id and self.activity and self.activity.programme_id != self.programme_id:
            message = _("The activity “%(slug)s” is not of this programme.")
            raise ValidationError({"activity": message % {"slug": self.activity.slug}})

    def lies_in(self, region: Any, organisation: Any) -> bool:
        return self.programme.lies_in(region, organisation)


class DocumentTextQuerySet(OfProgrammeQuerySet):
    def visible_to(self, user: User) -> Any:
        """Whoever sees everything; else what one's own office is to write."""
        if sees_everything(user):
            return self
        return self.filter(Q(translator__holder=user.pk) | Q(translator__delegate=user.pk))


class DocumentText(Record):
    """A document in one language: which office writes or translates it, until when, how far it is.

    version  number of the last version that was kept; 0 before the first
    """

    class State(models.TextChoices):
        WANTED = "wanted", pgettext_lazy("text", "to be written")
        DRAFT = "draft", pgettext_lazy("text", "to be checked")
        READY = "ready", pgettext_lazy("text", "ready")

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=12)
    translator = models.ForeignKey(
        Function,
        verbose_name=_("translator (office)"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    due = models.DateField(_("due"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=6, choices=State.choices, default=State.WANTED)
    version = models.PositiveSmallIntegerField(_("version"), default=0)

    to_programme = "document__programme"
    objects = DocumentTextQuerySet.as_manager()

    class Meta:
        ordering = ["document", "language"]
        verbose_name = _("text of a document")
        verbose_name_plural = _("texts of documents")
        constraints = [models.UniqueConstraint(fields=["document", "language"], name="documenttext_once_a_language")]

    def __str__(self) -> str:
        return str(self.document.title)

    def journal_label(self) -> str:
        return f"{self.document.slug} {self.language}"

    def lies_in(self, region: Any, organisation: Any) -> bool:
        return self.document.lies_in(region, organisation)

    @property
    def owner(self) -> Function | None:
        return self.translator

    @property
    def is_reference(self) -> bool:
        return self.language == self.document.reference_language


class DocumentVersion(Record):
    """The words of a text as they were kept under a number; never changed.

    of_version   which version of the reference text it was made from; None for the reference text itself
    stored_name  the Word file that it came in; "" where the words were typed
    """

    text = models.ForeignKey(DocumentText, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    words = models.TextField(_("text"))
    of_version = models.PositiveSmallIntegerField(null=True, blank=True)
    stored_name = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64)
    kept_at = models.DateTimeField()
    kept_by = models.UUIDField(null=True, blank=True)

    to_programme = "text__document__programme"
    objects = OfProgrammeQuerySet.as_manager()

    class Meta:
        ordering = ["text", "-number"]
        verbose_name = _("version of a text")
        verbose_name_plural = _("versions of texts")
        constraints = [models.UniqueConstraint(fields=["text", "number"], name="documentversion_once")]

    def journal_label(self) -> str:
        return f"{self.text.journal_label()} v{self.number}"


# --- Lists of persons -----------------------------------------------------------------------------------------------


class PersonList(OfOneDay, Record):
    """Names for one day of an activity: a delegation, the press, whom the guard lets in, who signs. Never a victim.

    entries     [{"name", "office", "organisation", "paper", "vehicle"}]; plain words, in the order of the list
    facts       what it said of the day when it was handed over, as in `Letter.facts`
    emptied_at  when its names were deleted; `number` says how many there were
    """

    class Kind(models.TextChoices):
        DELEGATION = "delegation", _("delegation")
        PRESS = "press", _("accredited press")
        SECURITY = "security", _("security list")
        ATTENDANCE = "attendance", _("attendance sheet")

    activity = models.ForeignKey(
        Activity, verbose_name=_("activity"), on_delete=models.CASCADE, related_name="person_lists"
    )
    day_number = models.PositiveSmallIntegerField(_("day of the activity"), default=1)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("of the organisation"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    session = models.CharField(_("session"), max_length=120, blank=True)
    entries = models.JSONField(_("names"), default=list, blank=True)
    number = models.PositiveIntegerField(_("how many"), default=0)
    given_to = models.CharField(_("handed to (office)"), max_length=200, blank=True)
    given_at = models.DateTimeField(_("handed over"), null=True, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    emptied_at = models.DateTimeField(_("names deleted"), null=True, blank=True)

    personal_fields = frozenset({"entries", "given_to"})
    to_programme = "activity__programme"
    list_related = ("activity", "organisation")
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["activity", "day_number", "kind", "session"]
        verbose_name = _("list of persons")
        verbose_name_plural = _("lists of persons")
        constraints = [
            models.UniqueConstraint(
                fields=["activity", "day_number", "kind", "organisation", "session"], name="personlist_once",
                nulls_distinct=False, violation_error_message=_("There is such a list of this day already."),
                condition=Q(emptied_at=None),  # where the day moved after the names went, another is made
            ),
            models.CheckConstraint(condition=Q(day_number__gte=1), name="personlist_days_from_one"),
        ]  # fmt: skip

    def __str__(self) -> str:
        parts = (self.get_kind_display(), self.organisation, self.session, self.activity.title)
        return " – ".join(str(part) for part in parts if part)

    def journal_label(self) -> str:
        return f"{self.activity.slug}/{self.day_number} {self.kind}"


class SignedSheet(Record):
    """A sheet that was printed, signed by hand and scanned; `signed` is how many signatures a person counted on it."""

    list = models.ForeignKey(PersonList, on_delete=models.PROTECT, related_name="sheets")
    scan = models.ForeignKey(Asset, verbose_name=_("scan"), on_delete=models.PROTECT, related_name="+")
    signed = models.PositiveIntegerField(_("signatures"))
    kept_at = models.DateTimeField()

    to_activity = "list__activity"
    to_programme = "list__activity__programme"
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["kept_at"]
        verbose_name = _("signed sheet")
        verbose_name_plural = _("signed sheets")

    def journal_label(self) -> str:
        return f"{self.list.journal_label()}: {self.signed}"
