"""Who was there: reports as read, who is behind a name, minutes a day."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tansiq.coordination.models import OfActivityQuerySet
from tansiq.core.models import Record
from tansiq.participation.models.admissions import Admission
from tansiq.participation.models.registrations import Registration


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
    """Who is behind a name that conference systems showed: certain, decided by a person, or still to be decided.

    key  what was shown, of one row, one report or all (see `matching.keys_of`)
    registration  None where it is nobody of ours (a technician, an interpreter), or is still to be decided
    evidence  {"matched_by", "score", "candidates": [{"registration", "name", "score", "why"}]}
    remembered_as  the key that a person's decision is kept under: it may hold for the next reports too
    """

    admission = models.ForeignKey(Admission, on_delete=models.CASCADE, related_name="identities")
    key = models.CharField(max_length=400)
    remembered_as = models.CharField(max_length=400, blank=True)
    is_open = models.BooleanField(_("to be decided"), default=False)
    name = models.CharField(_("name shown"), max_length=300)
    registration = models.ForeignKey(
        Registration, null=True, blank=True, on_delete=models.CASCADE, related_name="identities"
    )
    evidence = models.JSONField(default=dict)
    decided_by = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField()

    personal_fields = frozenset({"key", "remembered_as", "name", "registration", "evidence"})
    to_programme = "admission__activity__programme"
    to_activity = "admission__activity"
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("name in a report")
        verbose_name_plural = _("names in reports")
        constraints = [
            models.UniqueConstraint(fields=["admission", "key"], name="identity_once"),
            models.CheckConstraint(
                condition=Q(is_open=False) | Q(registration__isnull=True), name="identity_open_has_nobody"
            ),
        ]

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
