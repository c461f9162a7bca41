"""Who came to the door."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tansiq.coordination.models import OfActivityQuerySet
from tansiq.core.models import Record
from tansiq.participation.models.invitations import Invitation
from tansiq.participation.models.registrations import Registration
from tansiq.people.models import User
from tansiq.programme.models import Activity, limits_of, sees_everything


class ArrivalQuerySet(OfActivityQuerySet):
    def visible_to(self, user: User) -> Any:
        """Who works for one region sees those of the region, and those not on the list whom he noted himself."""
        if sees_everything(user):
            return self
        regions, _organisations = limits_of(user)
        unlisted = Q(registration=None, invitation=None, by_id=user.pk)
        return self.filter(Q(registration__region__in=regions) | unlisted)

    def of(self, who: Registration | Invitation) -> Any:
        """Those of one who is on the list."""
        return self.filter(**{"registration" if isinstance(who, Registration) else "invitation": who})


class Arrival(Record):
    """Somebody came to the door on a day: a ledger. Two phones that check in one person leave two rows and one attendance.

    registration, invitation  who it was on the list, as one who registered or as a guest; both None: not on the list
    at     by our clock, as far as it can be known; the phone's own time is in the receipt
    name   as given at the door: of somebody who is not on the list, or of whoever came in the place of a guest
    function, organisation_name  of the one with this name
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
        DECLINED = "declined", pgettext_lazy("arrival", "had answered not to come")
        WITHDRAWN = "withdrawn", pgettext_lazy("arrival", "the invitation was withdrawn")
        DIFFERS = "differs", pgettext_lazy("arrival", "somebody else was noted for this guest before")

    activity = models.ForeignKey(Activity, verbose_name=_("activity"), on_delete=models.CASCADE, related_name="came")
    registration = models.ForeignKey(
        Registration, verbose_name=_("registration"), null=True, blank=True, on_delete=models.CASCADE,
        related_name="came",
    )  # fmt: skip
    invitation = models.ForeignKey(
        Invitation, verbose_name=_("guest"), null=True, blank=True, on_delete=models.CASCADE, related_name="came"
    )
    day = models.DateField(_("day"))
    at = models.DateTimeField(_("came at"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    function = models.CharField(_("function"), max_length=200, blank=True)
    organisation_name = models.CharField(_("organisation"), max_length=200, blank=True)
    why = models.CharField(_("at the door"), max_length=10, choices=Why.choices, blank=True)
    state = models.CharField(_("state"), max_length=7, choices=State.choices)
    device = models.UUIDField(null=True, blank=True, editable=False)
    by_id = models.UUIDField(null=True, blank=True, editable=False)
    recorded_at = models.DateTimeField(_("recorded"), editable=False)
    decided_at = models.DateTimeField(_("decided on"), null=True, blank=True, editable=False)
    decided_by = models.UUIDField(null=True, blank=True, editable=False)
    because = models.CharField(_("because"), max_length=300, blank=True, editable=False)

    personal_fields = frozenset({"registration", "invitation", "name", "function", "organisation_name", "because"})
    to_programme = "activity__programme"
    list_related = ("activity", "registration__person", "invitation__person")
    objects = ArrivalQuerySet.as_manager()

    class Meta:
        ordering = ["activity", "day", "at"]
        verbose_name = _("arrival")
        verbose_name_plural = _("arrivals")
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="counted") | Q(registration__isnull=False) | Q(invitation__isnull=False),
                name="arrival_counted_is_on_the_list",
            ),
            models.CheckConstraint(
                condition=Q(registration__isnull=True) | Q(invitation__isnull=True), name="arrival_of_one"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["not", "undone", "back"]) | Q(decided_at__isnull=False),
                name="arrival_decided_has_time",
            ),
        ]
        indexes = [models.Index(fields=["activity", "day", "state"], name="arrival_of_day")]

    def __str__(self) -> str:
        return str(self.registration.person) if self.registration else self.name or str(self.invitation or "")

    def journal_label(self) -> str:
        return f"{self.activity.slug} {self.day}"

    def lies_in(self, region: Any, organisation: Any) -> bool:
        return (self.registration or self.activity).lies_in(region, organisation)

    @property
    def who(self) -> Registration | Invitation | None:
        """The one on the list; None for somebody who is not on it."""
        return self.registration or self.invitation

    @property
    def who_id(self) -> Any:
        return self.registration_id or self.invitation_id

    @property
    def is_by_representative(self) -> bool:
        return bool(self.invitation_id and self.name)
