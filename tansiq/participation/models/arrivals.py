"""Who came to the door."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tansiq.coordination.models import OfActivityQuerySet
from tansiq.core.models import Record
from tansiq.participation.models.admissions import Admission
from tansiq.participation.models.registrations import Registration
from tansiq.people.models import User
from tansiq.programme.models import limits_of, sees_everything


class ArrivalQuerySet(OfActivityQuerySet):
    def visible_to(self, user: User) -> Any:
        """Who works for one region sees those of the region, and those not on the list whom he noted himself."""
        if sees_everything(user):
            return self
        regions, _organisations = limits_of(user)
        return self.filter(Q(registration__region__in=regions) | Q(registration=None, by_id=user.pk))


class Arrival(Record):
    """Somebody came to the door on a day: a ledger. Two phones that check in one person leave two rows and one attendance.

    at     by our clock, as far as it can be known; the phone's own time is in the receipt
    name, organisation_name  as given at the door by somebody who is not on the list
    device  the phone; None where it was done at the desk or online
    """

    class State(models.TextChoices):
        COUNTED = "counted", pgettext_lazy("arrival", "present")
        TO_DECIDE = "decide", pgettext_lazy("arrival", "to be decided")
        NOT_COUNTED = "not", pgettext_lazy("arrival", "not counted")
        UNDONE = "undone", pgettext_lazy("arrival", "undone at the desk")
        TAKEN_BACK = "back", pgettext_lazy("arrival", "taken back at the door")

    class Why(models.TextChoices):
        LISTED = "", pgettext_lazy("arrival", "on the list")
        UNLISTED = "unlisted", pgettext_lazy("arrival", "not on the list")
        WAITING = "waiting", pgettext_lazy("arrival", "on the waiting list")
        NO_PLACE = "no_place", pgettext_lazy("arrival", "without a place")
        UNDONE = "undone", pgettext_lazy("arrival", "was undone at the desk before")

    admission = models.ForeignKey(Admission, verbose_name=_("activity"), on_delete=models.CASCADE, related_name="came")
    registration = models.ForeignKey(
        Registration, verbose_name=_("registration"), null=True, blank=True, on_delete=models.CASCADE,
        related_name="came",
    )  # fmt: skip
    day = models.DateField(_("day"))
    at = models.DateTimeField(_("came at"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    organisation_name = models.CharField(_("organisation"), max_length=200, blank=True)
    why = models.CharField(_("at the door"), max_length=8, choices=Why.choices, blank=True)
    state = models.CharField(_("state"), max_length=7, choices=State.choices)
    device = models.UUIDField(null=True, blank=True, editable=False)
    by_id = models.UUIDField(null=True, blank=True, editable=False)
    recorded_at = models.DateTimeField(_("recorded"), editable=False)
    decided_at = models.DateTimeField(_("decided on"), null=True, blank=True, editable=False)
    decided_by = models.UUIDField(null=True, blank=True, editable=False)
    because = models.CharField(_("because"), max_length=300, blank=True, editable=False)

    personal_fields = frozenset({"registration", "name", "organisation_name", "because"})
    to_programme = "admission__activity__programme"
    to_activity = "admission__activity"
    list_related = ("admission__activity", "registration__person")
    objects = ArrivalQuerySet.as_manager()

    class Meta:
        ordering = ["admission", "day", "at"]
        verbose_name = _("arrival")
        verbose_name_plural = _("arrivals")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="counted") | Q(registration__isnull=False), name="arrival_counted_is_registered"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["not", "undone", "back"]) | Q(decided_at__isnull=False),
                name="arrival_decided_has_time",
            ),
        ]
        indexes = [models.Index(fields=["admission", "day", "state"], name="arrival_of_day")]

    def __str__(self) -> str:
        return str(self.registration.person) if self.registration else self.name

    def journal_label(self) -> str:
        return f"{self.admission.journal_label()} {self.day}"

    def lies_in(self, region: Any, organisation: Any) -> bool:
        if self.registration:
            return self.registration.lies_in(region, organisation)
        return self.admission.lies_in(region, organisation)
