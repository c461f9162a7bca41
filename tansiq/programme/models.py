"""What is planned, with whom, with what money: programmes, activities, involvements, projects, commitments."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tansiq.core.dates import EdgeField, PartialDateField
from tansiq.core.language import minor_digits
from tansiq.core.localized import LocalizedTextField, has_reference_text
from tansiq.core.models import Record, Source
from tansiq.people.models import Organisation, Place, User


class Role(models.TextChoices):
    """What an organisation does in a programme, an activity, a project or a commitment."""

    ORGANISER = "organiser", _("organised by")
    COOPERATION = "cooperation", _("in cooperation with")
    SUPPORT = "support", _("with the support of")
    PARTNER = "partner", _("in partnership with")
    FUNDER = "funder", _("funded by")
    IMPLEMENTER = "implementer", _("implemented by")
    ACCOUNTABLE = "accountable", _("accountable")
    HOST = "host", _("hosted by")
    PRODUCER = "producer", _("produced by")
    SPEAKER = "speaker", _("speaking")
    PARTICIPANT = "participant", _("taking part")


class NumberPrecision(models.TextChoices):
    EXACT = "exact", _("exactly")
    ABOUT = "about", _("about")
    AT_LEAST = "at_least", _("at least")
    AT_MOST = "at_most", _("at most")
    UNKNOWN = "unknown", _("number not stated")


# These see what their own organisation takes part in, and nothing where they are given for none.
FOR_ONE_ORGANISATION = {"partner", "donor_reader", "trainer", "storekeeper"}


class ProgrammeQuerySet(models.QuerySet["Programme"]):
    def public(self, now: dt.datetime) -> ProgrammeQuerySet:
        return self.filter(published_at__lte=now)

    def visible_to(self, user: User) -> ProgrammeQuerySet:
        """All for whoever works for the whole country; else those in which the own organisation or region has a part."""
        if sees_everything(user):
            return self
        regions, organisations = limits_of(user)
        theirs = Involvement.objects.filter(organisation__in=organisations).values("programme")
        near = Activity.objects.filter(place__region__in=regions).order_by().values("programme")
        return self.filter(Q(pk__in=theirs) | Q(pk__in=near))


def sees_everything(user: User) -> bool:
    return user.is_superuser or any(
        region is None and organisation is None and role not in FOR_ONE_ORGANISATION
        for role, region, organisation in user.held_roles()
    )


def limits_of(user: User) -> tuple[set[Any], set[Any]]:
    """The regions and the organisations that a user's roles are limited to."""
    held = user.held_roles()
    return {region for _role, region, _o in held if region}, {one for _role, _region, one in held if one}


class OfProgrammeQuerySet(models.QuerySet):
    """Rows that hang on a programme, by the model's `to_programme`: public when it is, visible to whom it is."""

    def public(self, now: dt.datetime) -> Any:
        return self.filter(**{f"{self._way}__published_at__lte": now})

    def visible_to(self, user: User) -> Any:
        return self.filter(**{f"{self._way}__in": Programme.objects.visible_to(user)})

    @property
    def _way(self) -> str:
        return getattr(self.model, "to_programme", "programme")


class Programme(Record):
    slug = models.SlugField(_("identifier"), max_length=80, unique=True)
    reference_language = models.CharField(_("reference language"), max_length=12)
    title = LocalizedTextField(verbose_name=_("title"))
    full_title = LocalizedTextField(verbose_name=_("full title"), blank=True)
    summary = LocalizedTextField(verbose_name=_("summary"), blank=True, multiline=True)
    period = PartialDateField(verbose_name=_("period"))
    first_day = EdgeField(of="period", edge="first")
    last_day = EdgeField(of="period", edge="last")
    time_zone = models.CharField(_("time zone"), max_length=40, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    occasions = models.JSONField(_("occasions"), default=list, blank=True)
    themes = models.JSONField(_("themes and slogans"), default=list, blank=True)
    frameworks = models.JSONField(_("strategies and laws"), default=list, blank=True)
    notes = models.JSONField(_("notes"), default=list, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    objects = ProgrammeQuerySet.as_manager()

    class Meta:
        ordering = [F("first_day").desc(nulls_last=True), "slug"]
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        constraints = [has_reference_text("title", "programme_has_reference_text")]

    def __str__(self) -> str:
        return str(self.title)

    def lies_in(self, region: Any, organisation: Any) -> bool:
        """A role limited to a region never reaches a whole programme; one limited to a partner of it does."""
        return not region and self.all_involvements.filter(organisation=organisation).exists()

    @property
    def heading(self) -> Any:
        """The full title where there is one."""
        return self.full_title or self.title


class ActivityQuerySet(OfProgrammeQuerySet):
    def visible_to(self, user: User) -> Any:
        """Whoever works for one region sees its activities alone."""
        if sees_everything(user):
            return self
        regions, organisations = limits_of(user)
        theirs = Involvement.objects.filter(organisation__in=organisations).values("programme")
        return self.filter(Q(place__region__in=regions) | Q(programme__in=theirs))


class Activity(Record):
    class Kind(models.TextChoices):
        CEREMONY = "ceremony", _("ceremony")
        LAUNCH = "launch", _("launch")
        JOINING = "joining", _("joining")
        TRAINING = "training", _("training")
        SEMINAR = "seminar", _("seminar")
        VISIT = "visit", _("visit")
        EXHIBITION = "exhibition", _("exhibition")
        ILLUMINATION = "illumination", _("illumination")
        WALK = "walk", _("walk")
        CARAVAN = "caravan", _("caravan")
        BROADCAST = "broadcast", _("broadcast")
        MEETING = "meeting", _("meeting")
        OTHER = "other", _("other activity")

    class State(models.TextChoices):
        ANNOUNCED = "announced", _("announced")
        CONFIRMED = "confirmed", _("confirmed")
        MOVED = "moved", _("moved")
        POSTPONED = "postponed", _("postponed")
        CANCELLED = "cancelled", _("cancelled")
        HELD = "held", _("held")

    class Mode(models.TextChoices):
        IN_PERSON = "in_person", _("in person")
        REMOTE = "remote", _("remote")
        HYBRID = "hybrid", _("in person and remote")

    class Part(models.TextChoices):
        MORNING = "morning", _("morning")
        LATE_MORNING = "late_morning", _("end of the morning")
        AFTERNOON = "afternoon", _("afternoon")
        EVENING = "evening", _("evening")
        NIGHT = "night", _("night")
        ALL_DAY = "all_day", _("all day")

    programme = models.ForeignKey(
        Programme, verbose_name=_("programme"), on_delete=models.CASCADE, related_name="activities"
    )
    inside = models.ForeignKey(
        "self", verbose_name=_("inside"), null=True, blank=True, on_delete=models.CASCADE, related_name="inner"
    )
    project = models.ForeignKey(
        "Project", verbose_name=_("project"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="activities",
    )  # fmt: skip
    slug = models.SlugField(_("identifier"), max_length=80, unique=True)
    position = models.PositiveIntegerField(_("order"), default=0)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.ANNOUNCED)
    mode = models.CharField(_("mode"), max_length=10, choices=Mode.choices, blank=True)
    reference_language = models.CharField(_("reference language"), max_length=12)
    title = LocalizedTextField(verbose_name=_("title"))
    summary = LocalizedTextField(verbose_name=_("summary"), blank=True, multiline=True)
    when = PartialDateField(verbose_name=_("when"))
    within = PartialDateField(verbose_name=_("unknown, but within"))
    part = models.CharField(_("part of the day"), max_length=12, choices=Part.choices, blank=True)
    starts_at_time = models.TimeField(_("from"), null=True, blank=True)
    ends_at_time = models.TimeField(_("until"), null=True, blank=True)
    first_day = EdgeField(of="when", edge="first")
    last_day = EdgeField(of="when", edge="last")
    place = models.ForeignKey(
        Place, verbose_name=_("place"), null=True, blank=True, on_delete=models.PROTECT, related_name="activities"
    )
    stops = models.JSONField(_("stops"), default=list, blank=True)
    languages = models.JSONField(_("languages"), default=list, blank=True)
    audience = models.JSONField(_("who takes part"), default=list, blank=True)
    agenda = models.JSONField(_("agenda"), default=list, blank=True)
    announcements = models.JSONField(_("announcements made"), default=list, blank=True)
    notes = models.JSONField(_("notes"), default=list, blank=True)
    sequence = models.PositiveIntegerField(default=0, editable=False)
    changed_at = models.DateTimeField(editable=False)
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT, editable=False)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        ordering = ["programme", "position"]
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        constraints = [
            has_reference_text("title", "activity_has_reference_text"),
            models.CheckConstraint(
                condition=Q(ends_at_time__isnull=True) | Q(starts_at_time__isnull=False),
                name="activity_end_needs_start",
                violation_error_message=_("Give the hour at which it begins too."),
            ),
            models.CheckConstraint(condition=~Q(inside=F("id")), name="activity_not_inside_itself"),
        ]

    def __str__(self) -> str:
        return str(self.title)

    list_related = ("programme",)

    @property
    def is_dated(self) -> bool:
        """Is there a day, or a range of days, on which it takes place?"""
        return self.when.is_days

    def lies_in(self, region: Any, organisation: Any) -> bool:
        """Does a role that is limited to this region, or to this organisation, reach it?"""
        if region and (self.place is None or self.place.region_id != region):
            return False
        return not organisation or self.programme.lies_in(None, organisation)

    @property
    def counts_as_done(self) -> bool:
        """Only what was held; an announced activity is never counted, whatever its date."""
        return self.state == self.State.HELD

    @property
    def takes_place(self) -> bool:
        return self.state not in (self.State.CANCELLED, self.State.POSTPONED)


class Involvement(Record):
    """An organisation's part in a programme, activity, project, material or commitment, in protocol order.

    One table, so that "who did what" is one query. `words` keeps the text's own word for the role.
    """

    programme = models.ForeignKey(
        Programme, null=True, blank=True, on_delete=models.CASCADE, related_name="all_involvements"
    )
    subject_kind = models.CharField(_("of which kind of record"), max_length=60)
    subject_id = models.UUIDField()
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="involvements"
    )
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    position = models.PositiveSmallIntegerField(_("protocol order"), default=0)
    words = LocalizedTextField(verbose_name=_("in the words of the text"), blank=True)
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT)

    objects = OfProgrammeQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("involvement")
        verbose_name_plural = _("involvements")
        constraints = [
            models.UniqueConstraint(fields=["subject_id", "organisation", "role"], name="involvement_once_per_role")
        ]
        indexes = [models.Index(fields=["subject_kind", "subject_id"], name="involvement_of_subject")]

    list_related = ("organisation", "programme")

    @property
    def words_or_role(self) -> Any:
        """The text's own words where it has them in the reader's language, else the role's name."""
        return self.words if self.words and not self.words.shown.is_fallback else Role(self.role).label

    def __str__(self) -> str:
        return f"{self.organisation} – {self.get_role_display()}"


class Project(Record):
    """The money behind a programme. Amounts are whole minor units (cents) with their ISO 4217 currency."""

    class Kind(models.TextChoices):
        PROJECT = "project", _("project")
        DECISION = "decision", _("decision")
        CONTRACT = "contract", _("contract")

    programme = models.ForeignKey(
        Programme, verbose_name=_("programme"), on_delete=models.CASCADE, related_name="projects"
    )
    parent = models.ForeignKey(
        "self", verbose_name=_("part of"), null=True, blank=True, on_delete=models.RESTRICT, related_name="children"
    )
    slug = models.SlugField(_("identifier"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.PROJECT)
    ids = models.JSONField(_("official identifiers"), default=list, blank=True)
    reference_language = models.CharField(_("reference language"), max_length=12)
    title = LocalizedTextField(verbose_name=_("title"))
    summary = LocalizedTextField(verbose_name=_("summary"), blank=True)
    amount_minor = models.BigIntegerField(_("amount in the currency’s smallest unit"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    period = PartialDateField(verbose_name=_("period"))
    shares = models.JSONField(_("shares by country"), default=list, blank=True)
    notes = models.JSONField(_("notes"), default=list, blank=True)
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT)

    objects = OfProgrammeQuerySet.as_manager()

    list_related = ("programme",)

    class Meta:
        ordering = ["position", "slug"]
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        constraints = [
            has_reference_text("title", "project_has_reference_text"),
            models.CheckConstraint(
                condition=Q(amount_minor__isnull=True, currency="") | (Q(amount_minor__gte=0) & ~Q(currency="")),
                name="project_amount_has_currency",
                violation_error_message=_("An amount needs its currency, and is not below zero."),
            ),
        ]

    @property
    def amount(self) -> Decimal | None:
        """In units of the currency: euros, not cents."""
        if self.amount_minor is None:
            return None
        return Decimal(self.amount_minor) / 10 ** minor_digits(self.currency)

    def __str__(self) -> str:
        return str(self.title)


class Instrument(Record):
    """What can be joined or signed: a campaign, a convention, a charter."""

    slug = models.SlugField(_("identifier"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=20, default="campaign")
    reference_language = models.CharField(_("reference language"), max_length=12)
    title = LocalizedTextField(verbose_name=_("title"))
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), null=True, blank=True, on_delete=models.PROTECT
    )
    url = models.URLField(_("web address"), max_length=500, blank=True)
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT)

    list_related = ("organisation",)

    class Meta:
        ordering = ["slug"]
        verbose_name = _("instrument")
        verbose_name_plural = _("instruments")

    def __str__(self) -> str:
        return str(self.title)


class Commitment(Record):
    """A signatory joins or signs an instrument; what it undertakes hangs below."""

    class State(models.TextChoices):
        """Those of an activity, in words that agree with a commitment."""

        ANNOUNCED = "announced", pgettext_lazy("commitment", "announced")
        CONFIRMED = "confirmed", pgettext_lazy("commitment", "confirmed")
        MOVED = "moved", pgettext_lazy("commitment", "moved")
        POSTPONED = "postponed", pgettext_lazy("commitment", "postponed")
        CANCELLED = "cancelled", pgettext_lazy("commitment", "cancelled")
        HELD = "held", pgettext_lazy("commitment", "done")

    programme = models.ForeignKey(
        Programme, verbose_name=_("programme"), on_delete=models.CASCADE, related_name="commitments"
    )
    activity = models.ForeignKey(
        Activity,
        verbose_name=_("activity"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="commitments",
    )
    slug = models.SlugField(_("identifier"), max_length=80, unique=True)
    position = models.PositiveIntegerField(default=0)
    kind = models.CharField(_("kind"), max_length=20, default="joining")
    instrument = models.CharField(_("of"), max_length=80, blank=True)
    title = LocalizedTextField(verbose_name=_("title"), blank=True)
    signatory = models.ForeignKey(
        Organisation, verbose_name=_("signatory"), on_delete=models.PROTECT, related_name="commitments"
    )
    through = models.ForeignKey(
        Organisation, verbose_name=_("through"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default="announced")
    signed = PartialDateField(verbose_name=_("signed on"))
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT)

    objects = OfProgrammeQuerySet.as_manager()

    class Meta:
        ordering = ["position", "slug"]
        verbose_name = _("commitment")
        verbose_name_plural = _("commitments")

    list_related = ("signatory", "programme")

    def __str__(self) -> str:
        return str(self.title) or self.slug


class Undertaking(Record):
    """One thing promised under a commitment. "Late" is for the desk until somebody reviewed it."""

    commitment = models.ForeignKey(
        Commitment, verbose_name=_("commitment"), on_delete=models.CASCADE, related_name="undertakings"
    )
    slug = models.SlugField(_("identifier"), max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    text = LocalizedTextField(verbose_name=_("undertaking"))
    reference_language = models.CharField(_("reference language"), max_length=12)
    owner = models.ForeignKey(
        Organisation, verbose_name=_("owner"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    due = PartialDateField(verbose_name=_("due"))
    done_date = models.DateField(_("done on"), null=True, blank=True)
    evidence_url = models.URLField(_("evidence"), max_length=500, blank=True)
    reviewed_date = models.DateField(_("reviewed on"), null=True, blank=True)
    is_fictional = models.BooleanField(_("fictional"), default=False)

    to_programme = "commitment__programme"
    list_related = ("commitment", "owner")
    objects = OfProgrammeQuerySet.as_manager()

    class Meta:
        ordering = ["position", "slug"]
        verbose_name = _("undertaking")
        verbose_name_plural = _("undertakings")
        constraints = [
            models.UniqueConstraint(fields=["commitment", "slug"], name="undertaking_once"),
            has_reference_text("text", "undertaking_has_reference_text"),
        ]

    def __str__(self) -> str:
        return str(self.text)

    def is_late(self, today: dt.date) -> bool:
        return self.done_date is None and self.due.is_known and self.due.last_day < today

    def is_late_in_public(self, today: dt.date) -> bool:
        """Only after a review on or after the due date: a State is never called late by a clock."""
        return self.is_late(today) and self.reviewed_date is not None and self.reviewed_date > self.due.last_day
