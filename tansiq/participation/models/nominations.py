"""Administrations are asked for names, and give them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tansiq.coordination.models import Letter, OfActivityQuerySet
from tansiq.core.localized import LocalizedTextField, has_reference_text
from tansiq.core.models import Record
from tansiq.participation.models.admissions import Admission
from tansiq.people.models import Organisation, Region


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
