"""How many places there are, for whom, by which rule."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tansiq.coordination.models import OfActivityQuerySet
from tansiq.core.localized import Localized
from tansiq.core.models import Record
from tansiq.programme.models import Activity


class Admission(Record):
    """How one comes to an activity: how many places, for whom, from when until when, by which rule.

    left      places that nobody has; taken by a conditional UPDATE, never read and then written
    arrivals  the number that the last registration got; their order
    professions  what is asked, [{"id", "name": {language: text}}]
    order     who of those waiting comes first, before the order of arrival: "nominated", "share"
    certificate  what a certificate asks for and says: {"minutes", "score", "approval", "valid_months", "hours",
                 "signatory": slug of a function}; {} where none is given
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
    # What people set; capacity, left and arrivals are counters, written by nobody who has read them before.
    SET = (
        "opens_at", "closes_at", "is_public", "needs_approval", "asks_organisation", "professions", "unused_from", "order",
        "certificate", "joining",
    )  # fmt: skip

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
