"""Who came, and what did they gain: places and quotas, nominations, registrations, attendance, certificates."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tansiq.coordination.models import Letter, OfActivityQuerySet
from tansiq.core.localized import Localized, LocalizedTextField, has_reference_text
from tansiq.core.models import Record
from tansiq.people.models import Organisation, Person, Region, User
from tansiq.programme.models import Activity, limits_of, sees_everything

# --- Places ---------------------------------------------------------------------------------------------------------


class Admission(Record):
    """How one comes to an activity: how many places, for whom, from when until when, by which rule.

    left      places that nobody has; taken by a conditional UPDATE, never read and then written
    arrivals  the number that the last registration got; their order
    professions  what is asked, [{"id", "name": {language: text}}]
    order     who of those waiting comes first, before the order of arrival: "nominated", "share"
    certificate  what a certificate asks for: {"minutes", "score", "approval", "valid_months"}; {} where none is given
    joining   how one joins from afar: {"url", "host", "backup_host", "telephone", "rehearsal", "channels", "recording"}
    """

    class Order(models.TextChoices):
        NOMINATED = "nominated", _("those whom an administration nominated")
        SHARE = "share", _("the region that has the smallest part of its places")

    activity = models.OneToOneField(
        Activity, verbose_name=_("activity"), on_delete=models.CASCADE, related_name="admission"
    )
    capacity = models.PositiveIntegerField(_("places"))
    left = models.PositiveIntegerField(_("free places"), editable=False)
    arrivals = models.PositiveIntegerField(default=0, editable=False)
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)
    is_public = models.BooleanField(
        _("with a public form"), default=False, help_text=_("Else people come by nomination, or are typed at the desk.")
    )
    needs_approval = models.BooleanField(_("the secretariat decides on each"), default=False)
    asks_organisation = models.BooleanField(_("asks for the organisation"), default=True)
    professions = models.JSONField(_("professions"), default=list, blank=True)
    unused_from = models.DateField(
        _("unused places move from"), null=True, blank=True,
        help_text=_("From this day a place that nobody of a region took goes to those who wait elsewhere."),
    )  # fmt: skip
    order = models.JSONField(_("who comes first"), default=list, blank=True)
    certificate = models.JSONField(_("certificate"), default=dict, blank=True)
    joining = models.JSONField(_("how to join"), default=dict, blank=True)

    to_programme = "activity__programme"
    list_related = ("activity",)
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["activity"]
        verbose_name = _("registration for an activity")
        verbose_name_plural = _("registrations for activities")
        constraints = [
            models.CheckConstraint(condition=Q(left__gte=0, left__lte=F("capacity")), name="admission_never_oversold"),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True) | Q(closes_at__isnull=True) | Q(closes_at__gt=F("opens_at")),
                name="admission_opens_before_it_closes",
                violation_error_message=_("It closes before it opens. Exchange the two."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.activity.title)

    def journal_label(self) -> str:
        return self.activity.slug

    def lies_in(self, region: Any, organisation: Any) -> bool:
        return self.activity.lies_in(region, organisation)

    def is_open(self, now: dt.datetime) -> bool:
        return (
            (self.opens_at is None or self.opens_at <= now)
            and (self.closes_at is None or now < self.closes_at)
            and self.activity.takes_place
            and self.activity.state != Activity.State.HELD
        )

    def moves_unused(self, today: dt.date) -> bool:
        return self.unused_from is not None and self.unused_from <= today

    def profession(self, key: str) -> Localized:
        return Localized(next((one["name"] for one in self.professions if one["id"] == key), {"": key}))


class Quota(Record):
    """Places set aside for one region, profession or organisation; `key` "" is for all that no other quota names.

    moved  places that came from other regions (or went to them, below zero) by the rule on unused places
    """

    class Dimension(models.TextChoices):
        REGION = "region", _("region")
        PROFESSION = "profession", _("profession")
        ORGANISATION = "organisation", _("organisation")

    admission = models.ForeignKey(Admission, on_delete=models.CASCADE, related_name="quotas")
    dimension = models.CharField(_("by"), max_length=12, choices=Dimension.choices)
    key = models.CharField(_("for"), max_length=80, blank=True)
    size = models.PositiveIntegerField(_("places"))
    left = models.PositiveIntegerField(_("free places"))
    moved = models.IntegerField(default=0)

    to_programme = "admission__activity__programme"
    to_activity = "admission__activity"
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["dimension", "key"]
        verbose_name = _("quota")
        verbose_name_plural = _("quotas")
        constraints = [
            models.UniqueConstraint(fields=["admission", "dimension", "key"], name="quota_once"),
            models.CheckConstraint(condition=Q(left__gte=0, left__lte=F("size")), name="quota_never_oversold"),
        ]

    def journal_label(self) -> str:
        return f"{self.dimension} {self.key}"

    @property
    def taken(self) -> int:
        return self.size - self.left


# --- Nominations ----------------------------------------------------------------------------------------------------


class NominationRequest(Record):
    """An administration is asked for names: how many, for which regions, until when.

    places  [{"region": code or "", "number": n, "reserve": n}]
    """

    class State(models.TextChoices):
        ASKED = "asked", pgettext_lazy("nomination", "asked")
        ANSWERED = "answered", pgettext_lazy("nomination", "answered")
        CLOSED = "closed", pgettext_lazy("nomination", "closed")

    admission = models.ForeignKey(Admission, on_delete=models.CASCADE, related_name="requests")
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("administration"), on_delete=models.PROTECT, related_name="+"
    )
    places = models.JSONField(_("places"), default=list)
    due = models.DateField(_("answer wanted by"), null=True, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    office = models.CharField(_("office"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=12)
    letter = models.ForeignKey(
        Letter, verbose_name=_("letter"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField(_("asked on"))
    answered_at = models.DateTimeField(_("answered on"), null=True, blank=True)

    personal_fields = frozenset({"email", "office"})
    to_programme = "admission__activity__programme"
    to_activity = "admission__activity"
    list_related = ("admission__activity", "organisation")
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["admission", "organisation"]
        verbose_name = _("request for nominations")
        verbose_name_plural = _("requests for nominations")
        constraints = [models.UniqueConstraint(fields=["admission", "organisation"], name="nomination_asked_once")]

    def __str__(self) -> str:
        return f"{self.organisation} – {self.admission}"

    def journal_label(self) -> str:
        return f"{self.admission.journal_label()} {self.organisation.slug}"

    @property
    def number(self) -> int:
        return sum(one["number"] for one in self.places)


class Nominee(Record):
    """Somebody whom an administration named; becomes a registration when the secretariat takes the list over."""

    class State(models.TextChoices):
        NAMED = "named", pgettext_lazy("nominee", "named")
        RESERVE = "reserve", pgettext_lazy("nominee", "in reserve")
        REPLACED = "replaced", pgettext_lazy("nominee", "replaced")
        WITHDRAWN = "withdrawn", pgettext_lazy("nominee", "withdrawn")

    request = models.ForeignKey(NominationRequest, on_delete=models.CASCADE, related_name="nominees")
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    name = LocalizedTextField(verbose_name=_("name"))
    reference_language = models.CharField(max_length=12)
    email = models.EmailField(_("e-mail"), blank=True)
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    region = models.ForeignKey(Region, verbose_name=_("region"), null=True, blank=True, on_delete=models.PROTECT)
    profession = models.CharField(_("profession"), max_length=60, blank=True)
    function = models.CharField(_("function"), max_length=200, blank=True)
    sex = models.CharField(_("sex"), max_length=6, blank=True)
    has_permission = models.BooleanField(_("the hierarchy agrees"), default=False)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.NAMED)
    replaces = models.ForeignKey(
        "self", verbose_name=_("takes the place of"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="replaced_by",
    )  # fmt: skip
    registration = models.OneToOneField(
        "Registration", null=True, blank=True, on_delete=models.SET_NULL, related_name="nominee"
    )

    personal_fields = frozenset({"name", "email", "telephone", "function", "sex"})
    to_programme = "request__admission__activity__programme"
    to_activity = "request__admission__activity"
    list_related = ("request__organisation", "region")
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["request", "position"]
        verbose_name = _("nominee")
        verbose_name_plural = _("nominees")
        constraints = [has_reference_text("name", "nominee_has_reference_text")]

    def __str__(self) -> str:
        return str(self.name)

    def journal_label(self) -> str:
        return str(self.pk)


# --- Registrations --------------------------------------------------------------------------------------------------


class Sex(models.TextChoices):
    WOMAN = "woman", _("woman")
    MAN = "man", _("man")


class RegistrationQuerySet(OfActivityQuerySet):
    def visible_to(self, user: User) -> Any:
        """Who works for one region sees those of that region; a partner those of the activities it has a part in."""
        if sees_everything(user):
            return self
        regions, organisations = limits_of(user)
        mine = Activity.objects.filter(programme__all_involvements__organisation__in=organisations).values("pk")
        return self.filter(Q(region__in=regions) | Q(admission__activity__in=mine))

    def present(self) -> Any:
        """Those who have a place for certain."""
        return self.filter(state=Registration.State.CONFIRMED)


class Registration(Record):
    """One person's place, or turn, at one activity.

    number   order of arrival at this activity, from 1
    reason   why it stands as it does, {"why": "full" | "own" | "moved" | ..., ...}; `registration.explain` says it
    address_key  the e-mail in small letters: one registration each
    link_version  raised to make the personal link in older mails worthless
    origin   a digest of the network that the form came from, only while the address is not confirmed
    """

    class State(models.TextChoices):
        UNVERIFIED = "unverified", pgettext_lazy("registration", "address not confirmed yet")
        APPLIED = "applied", pgettext_lazy("registration", "to be decided")
        CONFIRMED = "confirmed", pgettext_lazy("registration", "confirmed")
        WAITING = "waiting", pgettext_lazy("registration", "waiting list")
        CANCELLED = "cancelled", pgettext_lazy("registration", "cancelled")
        DECLINED = "declined", pgettext_lazy("registration", "not accepted")
        EXPIRED = "expired", pgettext_lazy("registration", "address never confirmed")

    class How(models.TextChoices):
        FORM = "form", _("public form")
        DESK = "desk", _("typed at the desk")
        FILE = "file", _("from a file")
        NOMINATION = "nomination", _("nominated")

    OVER = (State.CANCELLED, State.DECLINED, State.EXPIRED)

    admission = models.ForeignKey(
        Admission, verbose_name=_("activity"), on_delete=models.PROTECT, related_name="registrations"
    )
    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="registrations")
    number = models.PositiveIntegerField(_("number"))
    address_key = models.CharField(max_length=254, blank=True, editable=False)
    region = models.ForeignKey(Region, verbose_name=_("region"), null=True, blank=True, on_delete=models.PROTECT)
    profession = models.CharField(_("profession"), max_length=60, blank=True)
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    organisation_name = models.CharField(_("organisation, as written"), max_length=200, blank=True)
    sex = models.CharField(_("sex"), max_length=6, choices=Sex.choices, blank=True)
    language = models.CharField(_("language"), max_length=12, choices=settings.LANGUAGES)
    how = models.CharField(_("how"), max_length=10, choices=How.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    has_place = models.BooleanField(default=False, editable=False)
    reason = models.JSONField(default=dict, editable=False)
    made_at = models.DateTimeField(_("registered"), editable=False)
    placed_at = models.DateTimeField(_("place since"), null=True, blank=True, editable=False)
    held_until = models.DateTimeField(null=True, blank=True, editable=False)
    link_version = models.PositiveSmallIntegerField(default=0, editable=False)
    joined_at = models.DateTimeField(null=True, blank=True, editable=False)
    reminded_for = models.DateField(null=True, blank=True, editable=False)
    origin = models.CharField(max_length=32, blank=True, editable=False)

    personal_fields = frozenset({"person", "organisation_name", "profession", "sex"})
    to_programme = "admission__activity__programme"
    to_activity = "admission__activity"
    list_related = ("admission__activity", "person", "region")
    objects = RegistrationQuerySet.as_manager()

    class Meta:
        ordering = ["admission", "number"]
        verbose_name = _("registration")
        verbose_name_plural = _("registrations")
        constraints = [
            models.UniqueConstraint(fields=["admission", "number"], name="registration_number_once"),
            models.UniqueConstraint(
                fields=["admission", "address_key"],
                condition=~Q(address_key="") & ~Q(state__in=["cancelled", "declined", "expired"]),
                name="registration_once_an_address",
            ),
            models.CheckConstraint(
                condition=Q(state="confirmed", has_place=True)
                | Q(state="unverified")
                | (~Q(state__in=["confirmed", "unverified"]) & Q(has_place=False)),
                name="registration_confirmed_has_a_place",
            ),
            models.CheckConstraint(
                condition=Q(state="unverified", held_until__isnull=False)
                | (~Q(state="unverified") & Q(held_until__isnull=True)),
                name="registration_held_until",
            ),
        ]
        indexes = [
            models.Index(fields=["admission", "state", "region", "number"], name="registration_waiting"),
            models.Index(fields=["origin", "held_until"], condition=Q(state="unverified"), name="registration_held"),
        ]

    def __str__(self) -> str:
        return str(self.person)

    def journal_label(self) -> str:
        return f"{self.admission.activity.slug} {self.number}"

    def lies_in(self, region: Any, organisation: Any) -> bool:
        if region:
            return self.region_id == region
        return self.admission.lies_in(region, organisation)

    @property
    def is_over(self) -> bool:
        return self.state in self.OVER


# --- Attendance -----------------------------------------------------------------------------------------------------


class AttendanceReport(Record):
    """A report of a conference system as it was read: who was connected when.

    stays  [{"row", "name", "other_name", "email", "join_id", "joined", "left", "is_host"}]; ISO instants
    """

    admission = models.ForeignKey(Admission, on_delete=models.CASCADE, related_name="reports")
    platform = models.CharField(_("system"), max_length=20)
    meeting = models.CharField(_("meeting"), max_length=200, blank=True)
    file_name = models.CharField(_("file"), max_length=120)
    sha256 = models.CharField(max_length=64)
    rows = models.PositiveIntegerField(_("rows"))
    stays = models.JSONField(default=list)
    ignored = models.JSONField(default=list)
    read_at = models.DateTimeField(_("read on"))

    personal_fields = frozenset({"stays", "ignored", "meeting", "file_name"})
    to_programme = "admission__activity__programme"
    to_activity = "admission__activity"
    list_related = ("admission__activity",)
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["admission", "read_at"]
        verbose_name = _("attendance report")
        verbose_name_plural = _("attendance reports")
        constraints = [models.UniqueConstraint(fields=["admission", "sha256"], name="attendancereport_once")]

    def __str__(self) -> str:
        return self.file_name

    def journal_label(self) -> str:
        return f"{self.admission.journal_label()} {self.platform}"


class Identity(Record):
    """Who is behind a name that a conference system showed: decided once, remembered for the next report.

    key  the folded name and address;  registration None: nobody of ours (a host, a technician)
    decided_by  None where the evidence was certain;  evidence  {"matched_by", "score", "spelling"}
    """

    admission = models.ForeignKey(Admission, on_delete=models.CASCADE, related_name="identities")
    key = models.CharField(max_length=400)
    name = models.CharField(_("name shown"), max_length=300)
    registration = models.ForeignKey(
        Registration, null=True, blank=True, on_delete=models.CASCADE, related_name="identities"
    )
    evidence = models.JSONField(default=dict)
    decided_by = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField()

    personal_fields = frozenset({"key", "name", "registration", "evidence"})
    to_programme = "admission__activity__programme"
    to_activity = "admission__activity"
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("name in a report")
        verbose_name_plural = _("names in reports")
        constraints = [models.UniqueConstraint(fields=["admission", "key"], name="identity_once")]

    def journal_label(self) -> str:
        return str(self.pk)


class Attendance(Record):
    """That somebody was there on a day, by one kind of evidence. Of several kinds the longest counts.

    minutes    whole minutes of the union of `intervals`, [[ISO start, ISO end, id of the report], ...]
    """

    class How(models.TextChoices):
        REPORT = "report", _("report of the conference system")
        SHEET = "sheet", _("signed sheet")
        CHECK_IN = "check_in", _("check-in")

    registration = models.ForeignKey(Registration, on_delete=models.CASCADE, related_name="attendances")
    day = models.DateField(_("day"))
    how = models.CharField(_("shown by"), max_length=8, choices=How.choices)
    minutes = models.PositiveIntegerField(_("minutes"))
    intervals = models.JSONField(default=list)
    evidence_id = models.UUIDField(null=True, blank=True)
    recorded_at = models.DateTimeField()

    personal_fields = frozenset({"registration", "intervals"})
    to_programme = "registration__admission__activity__programme"
    to_activity = "registration__admission__activity"
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["registration", "day"]
        verbose_name = _("attendance")
        verbose_name_plural = _("attendances")
        constraints = [models.UniqueConstraint(fields=["registration", "day", "how"], name="attendance_once_a_day")]

    def journal_label(self) -> str:
        return f"{self.day} {self.how}"


# --- Certificates ---------------------------------------------------------------------------------------------------


class SigningKey(Record):
    """The public half of a key that signs certificates; the private half is a file of the data folder, by `key_id`."""

    key_id = models.CharField(_("key"), max_length=80, unique=True)
    public_key = models.CharField(max_length=80)
    made_at = models.DateTimeField(_("made on"))
    retired_at = models.DateTimeField(_("signs no more since"), null=True, blank=True)

    class Meta:
        ordering = ["made_at"]
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")

    def __str__(self) -> str:
        return self.key_id

    def journal_label(self) -> str:
        return self.key_id


class Certificate(Record):
    """That somebody took part, signed: it can be checked by its code without a log-in, or by the public key alone.

    code    128 random bits, base 32;  signature  Ed25519 over the payload, base64url
    holder  the name as it is printed, by language;  course  what the certificate says of the activity
    """

    class State(models.TextChoices):
        VALID = "valid", pgettext_lazy("certificate", "valid")
        REVOKED = "revoked", pgettext_lazy("certificate", "revoked")
        REPLACED = "replaced", pgettext_lazy("certificate", "replaced by another")

    registration = models.ForeignKey(
        Registration, verbose_name=_("registration"), on_delete=models.PROTECT, related_name="certificates"
    )
    year = models.PositiveSmallIntegerField(_("year"))
    serial = models.PositiveIntegerField(_("number"))
    code = models.CharField(max_length=32, unique=True)
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="certificates")
    signature = models.CharField(max_length=120)
    holder = LocalizedTextField(verbose_name=_("name"))
    course = models.JSONField(default=dict)
    language = models.CharField(_("language"), max_length=12)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.VALID)
    issued_at = models.DateTimeField(_("issued on"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked on"), null=True, blank=True)
    revoked_because = models.CharField(_("why it was revoked"), max_length=300, blank=True)
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    pdf_name = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    personal_fields = frozenset({"holder", "registration"})
    to_programme = "registration__admission__activity__programme"
    to_activity = "registration__admission__activity"
    list_related = ("registration__admission__activity",)
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "-serial"]
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        constraints = [
            models.UniqueConstraint(fields=["year", "serial"], name="certificate_number_once"),
            models.UniqueConstraint(
                fields=["registration"], condition=Q(state="valid"), name="certificate_one_valid_each"
            ),
            models.CheckConstraint(
                condition=Q(state="valid", revoked_at__isnull=True) | (~Q(state="valid") & Q(revoked_at__isnull=False)),
                name="certificate_revoked_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"{self.serial}/{self.year}"

    def journal_label(self) -> str:
        return self.number
