"""Who trains others: where it was learnt, until when it counts, which activities were led."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tansiq.core.models import Record
from tansiq.people.models import Person, User
from tansiq.programme.models import Activity


class Trainer(Record):
    """Somebody who leads trainings.

    user          whose log-in this is: it opens the registrations of `activities`
    qualified_at  the training of trainers, also of an earlier programme, where no registration of ours shows it
    """

    person = models.OneToOneField(Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="trainer")
    user = models.OneToOneField(
        User, verbose_name=_("log-in"), null=True, blank=True, on_delete=models.SET_NULL, related_name="trainer",
        limit_choices_to={"grants__role": "trainer"},
        help_text=_("Who logs in by it sees who has a place in the activities below, and nobody else."),
    )  # fmt: skip
    qualified_at = models.ForeignKey(
        Activity, verbose_name=_("trained as a trainer at"), null=True, blank=True, on_delete=models.PROTECT,
        related_name="+",
    )  # fmt: skip
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    activities = models.ManyToManyField(Activity, verbose_name=_("has led"), blank=True, related_name="trainers")

    personal_fields = frozenset({"person", "user", "valid_until"})
    list_related = ("person", "qualified_at")

    class Meta:
        ordering = ["id"]
        verbose_name = _("trainer")
        verbose_name_plural = _("trainers")

    def __str__(self) -> str:
        return str(self.person)

    def journal_label(self) -> str:
        return str(self.pk)
