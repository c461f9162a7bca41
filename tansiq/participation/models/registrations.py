"""Who has a place, or a turn."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tansiq.coordination.models import OfActivityQuerySet
from tansiq.core.models import Record
from tansiq.participation.models.admissions import Admission
from tansiq.people.models import Organisation, Person, Region, User
from tansiq.programme.models import Activity


class Sex(models.TextChoices):
    WOMAN = "woman", _("woman")
    MAN = "man", _("man")


# Whose work it is to know who comes. Another role beside one of these, or beside that of a trainer, opens no more rows.
KNOW_WHO_COMES = frozenset({"secretariat", "programme_officer", "regional_officer", "auditor"})


class RegistrationQuerySet(OfActivityQuerySet):
    def visible_to(self, user: User) -> Any:
        """Who works for one region sees those of that region; who plans for an organisation those of its programmes.

        A trainer sees those who have a place in the trainings that are his or hers by the list of trainers, and nobody
        else: trainees may be targets themselves.
        """
        held = [(region, one) for role, region, one in user.held_roles() if role in KNOW_WHO_COMES]
        if user.is_superuser or (None, None) in held:
            return self
        organisations = {one for _region, one in held if one}
        mine = Activity.objects.filter(programme__all_involvements__organisation__in=organisations).values("pk")
        seen = Q(region__in={region for region, _one in held if region}) | Q(admission__activity__in=mine)
        if any(role == "trainer" for role, _region, _one in user.held_roles()):
            led = Activity.objects.filter(trainers__user=user).values("pk")
            seen |= Q(admission__activity__in=led, state=Registration.State.CONFIRMED)
        return self.filter(seen)

    def present(self) -> Any:
        """Those who have a place for certain."""
        return self.filter(state=Registration.State.CONFIRMED)


class Registration(Record):
    """One person's place, or turn, at one activity.

    number   order of arrival at this activity, from 1
    reason   why it stands as it does, {"why": "full" | "own" | "moved" | ..., ...}; `standing.explain` says it
    address_key  the e-mail in small letters: one registration each
    link_version  raised to make the personal link in older mails worthless
    attended  by the minutes that the activity asks for; None while nothing shows who was there
    told     a digest of day, hour, place and form of the activity as the last mail gave them
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
    attended = models.BooleanField(_("was there"), null=True, blank=True, editable=False)
    told = models.CharField(max_length=16, blank=True, editable=False)
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
