"""Administrations are asked for names, and give them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tansiq.coordination.models import Letter, OfActivityQuerySet
from tansiq.core.localized import LocalizedTextField, has_reference_text
from tansiq.core.models import Record
from tansiq.participation.models.admissions import Admission
from tansiq.participation.models.registrations import Registration, Sex
from tansiq.people.models import Organisation, Region


class NominationRequest(Record):
    """An administration is asked for names: how many, for which regions, until when.

    places  [{"region": code or "" for any, "number": n, "reserve": n}]
    how     by which way the answer came last
    answer_letter  the letter in that it was typed from
    """

    class State(models.TextChoices):
        ASKED = "asked", pgettext_lazy("nomination", "asked")
        ANSWERED = "answered", pgettext_lazy("nomination", "answered")
        TAKEN = "taken", pgettext_lazy("nomination", "taken over")
        CLOSED = "closed", pgettext_lazy("nomination", "closed")

    class How(models.TextChoices):
        LINK = "link", _("personal page")
        FILE = "file", _("Excel sheet")
        DESK = "desk", _("typed at the desk")

    admission = models.ForeignKey(
        Admission, verbose_name=_("activity"), on_delete=models.CASCADE, related_name="requests"
    )
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
    answer_letter = models.ForeignKey(
        Letter,
        verbose_name=_("letter of the answer"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.ASKED)
    how = models.CharField(_("answered by"), max_length=4, choices=How.choices, blank=True)
    asked_at = models.DateTimeField(_("asked on"))
    answered_at = models.DateTimeField(_("answered on"), null=True, blank=True)
    taken_at = models.DateTimeField(_("taken over on"), null=True, blank=True)

    personal_fields = frozenset({"email", "office"})
    to_programme = "admission__activity__programme"
    to_activity = "admission__activity"
    list_related = ("admission__activity", "organisation")
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["admission", "organisation"]
        verbose_name = _("request for nominations")
        verbose_name_plural = _("requests for nominations")
        constraints = [
            models.UniqueConstraint(fields=["admission", "organisation"], name="nomination_asked_once"),
            models.CheckConstraint(
                condition=Q(state__in=["answered", "taken"], answered_at__isnull=False)
                | Q(state__in=["asked", "closed"]),
                name="nomination_answered_has_its_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} – {self.admission}"

    def journal_label(self) -> str:
        return f"{self.admission.journal_label()} {self.organisation.slug}"

    def lies_in(self, region: Any, organisation: Any) -> bool:
        return self.admission.lies_in(region, organisation)

    @property
    def number(self) -> int:
        return sum(one["number"] for one in self.places)

    @property
    def reserve(self) -> int:
        return sum(one.get("reserve", 0) for one in self.places)

    def place_of(self, region: str) -> str | None:
        """The region under which somebody of this region counts here: its own, "" for any, None where not asked for."""
        known = {one["region"] for one in self.places}
        return region if region in known else "" if "" in known else None

    def is_late(self, today: dt.date) -> bool:
        return self.state == self.State.ASKED and self.due is not None and self.due < today

    def takes_names(self, today: dt.date) -> bool:
        """May the administration itself still write its list? Whoever has not answered may after the day, too."""
        if not self.admission.activity.takes_place:
            return False
        if self.state == self.State.ASKED:
            return True
        return self.state == self.State.ANSWERED and (self.due is None or today <= self.due)


class Nominee(Record):
    """Somebody whom an administration named; becomes a registration when the secretariat takes the list over.

    waived_because  why the secretariat takes somebody over whose hierarchy has not agreed; "" where it does not
    reason          why it stands as it does, {"why": "permission" | "double" | "stepped_up" | ...}; `takeover.explain`
    """

    class State(models.TextChoices):
        NAMED = "named", pgettext_lazy("nominee", "named")
        RESERVE = "reserve", pgettext_lazy("nominee", "in reserve")
        REPLACED = "replaced", pgettext_lazy("nominee", "replaced")
        WITHDRAWN = "withdrawn", pgettext_lazy("nominee", "withdrawn")
        DOUBLE = "double", pgettext_lazy("nominee", "named twice")

    COUNTS = (State.NAMED, State.RESERVE)

    request = models.ForeignKey(NominationRequest, on_delete=models.CASCADE, related_name="nominees")
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    name = LocalizedTextField(verbose_name=_("name"))
    reference_language = models.CharField(max_length=12)
    email = models.EmailField(_("e-mail"), blank=True)
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    region = models.ForeignKey(Region, verbose_name=_("region"), null=True, blank=True, on_delete=models.PROTECT)
    profession = models.CharField(_("profession"), max_length=60, blank=True)
    function = models.CharField(_("function"), max_length=200, blank=True)
    sex = models.CharField(_("sex"), max_length=6, choices=Sex.choices, blank=True)
    has_permission = models.BooleanField(_("the hierarchy agrees"), default=False)
    waived_because = models.CharField(_("taken without it because"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=9, choices=State.choices, default=State.NAMED)
    reason = models.JSONField(default=dict, blank=True, editable=False)
    replaces = models.ForeignKey(
        "self", verbose_name=_("takes the place of"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="replaced_by",
    )  # fmt: skip
    registration = models.OneToOneField(
        Registration, null=True, blank=True, on_delete=models.SET_NULL, related_name="nominee"
    )

    personal_fields = frozenset({"name", "email", "telephone", "function", "sex", "waived_because"})
    to_programme = "request__admission__activity__programme"
    to_activity = "request__admission__activity"
    list_related = ("request__organisation", "request__admission__activity", "region", "registration")
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["request", "position"]
        verbose_name = _("nominee")
        verbose_name_plural = _("nominees")
        constraints = [
            has_reference_text("name", "nominee_has_reference_text"),
            models.UniqueConstraint(
                fields=["request", "email"], condition=~Q(email="") & Q(state__in=["named", "reserve"]),
                name="nominee_once_an_address",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.name)

    def journal_label(self) -> str:
        return str(self.pk)

    def lies_in(self, region: Any, organisation: Any) -> bool:
        return self.request.lies_in(region, organisation)

    @property
    def may_be_taken(self) -> bool:
        return self.has_permission or bool(self.waived_because)


class Double(Record):
    """A decision: are a nominee and another one, or somebody registered, the same person?

    evidence  {"email": bool, "telephone": bool, "score": 0.98}: what spoke for it, without any name
    decided_by  the user; None where e-mail or telephone and both names left no doubt
    """

    class Verdict(models.TextChoices):
        SAME = "same", _("the same person")
        TWO = "two", _("two people")

    nominee = models.ForeignKey(Nominee, on_delete=models.CASCADE, related_name="doubles")
    other = models.ForeignKey(Nominee, null=True, on_delete=models.CASCADE, related_name="+")
    registration = models.ForeignKey(Registration, null=True, on_delete=models.CASCADE, related_name="+")
    verdict = models.CharField(max_length=4, choices=Verdict.choices)
    evidence = models.JSONField(default=dict)
    decided_by = models.UUIDField(null=True)
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["decided_at"]
        verbose_name = _("person named twice")
        verbose_name_plural = _("persons named twice")
        constraints = [
            models.UniqueConstraint(fields=["nominee", "other"], name="double_decided_once"),
            models.UniqueConstraint(fields=["nominee", "registration"], name="double_with_registration_once"),
            models.CheckConstraint(
                condition=Q(other__isnull=False, registration__isnull=True)
                | Q(other__isnull=True, registration__isnull=False),
                name="double_of_one_other",
            ),
        ]

    def journal_label(self) -> str:
        return str(self.pk)
