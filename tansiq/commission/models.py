"""Who coordinates: the seats of the body, by institution and legal basis, and who held them when."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tansiq.core.localized import LocalizedTextField
from tansiq.core.models import Record, Source
from tansiq.people.models import Organisation, Person


class Seat(Record):
    slug = models.SlugField(_("identifier"), max_length=60, unique=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    institution = models.ForeignKey(
        Organisation, verbose_name=_("institution"), on_delete=models.PROTECT, related_name="seats"
    )
    capacity = LocalizedTextField(verbose_name=_("capacity"), blank=True)
    legal_basis = LocalizedTextField(verbose_name=_("legal basis"), blank=True)
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT)

    list_related = ("institution",)

    class Meta:
        ordering = ["position", "slug"]
        verbose_name = _("seat")
        verbose_name_plural = _("seats")

    def __str__(self) -> str:
        return f"{self.institution} – {self.capacity}" if self.capacity else str(self.institution)


class HoldingQuerySet(models.QuerySet["Holding"]):
    def on(self, day: dt.date) -> HoldingQuerySet:
        return self.filter(Q(from_date__lte=day), Q(until_date__isnull=True) | Q(until_date__gte=day))


class Holding(Record):
    """A person in a seat, as titular or alternate, from a day until a day."""

    seat = models.ForeignKey(Seat, verbose_name=_("seat"), on_delete=models.PROTECT, related_name="holdings")
    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="holdings")
    is_alternate = models.BooleanField(_("alternate"), default=False)
    from_date = models.DateField(_("from"))
    until_date = models.DateField(_("until"), null=True, blank=True)

    objects = HoldingQuerySet.as_manager()

    list_related = ("seat__institution", "person")

    class Meta:
        ordering = ["seat", "is_alternate", "-from_date"]
        verbose_name = _("holder of a seat")
        verbose_name_plural = _("holders of seats")
        constraints = [
            models.CheckConstraint(
                condition=Q(until_date__isnull=True) | Q(until_date__gte=F("from_date")),
                name="holding_ends_after_it_begins",
                violation_error_message=_("The term ends before it begins."),
            ),
            models.UniqueConstraint(
                fields=["seat"],
                condition=Q(until_date__isnull=True, is_alternate=False),
                name="holding_one_titular_at_a_time",
                violation_error_message=_("This seat has a holder. Give that term its last day first."),
            ),
        ]
