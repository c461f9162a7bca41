"""What people thought of an activity, kept so that nobody can say who thought what."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tansiq.coordination.models import OfActivityQuerySet
from tansiq.core.models import Record
from tansiq.participation.models.registrations import Registration
from tansiq.programme.models import Activity


class Feedback(Record):
    """The satisfaction form of an activity and what came in.

    questions  [{"id", "kind": "scale" | "single" | "text", "text": {language: text}, "options": [{language: text}]}]
    tally      {"answered": n, "counts": {question: {"4": n}}, "words": {question: [text, ...]}}: sums and words without
               order, day or person. There is no sheet of one person, so that one answer does not lead to another.
    """

    activity = models.OneToOneField(
        Activity, verbose_name=_("activity"), on_delete=models.CASCADE, related_name="feedback"
    )
    questions = models.JSONField(_("questions"), default=list, blank=True)
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True)
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True)
    tally = models.JSONField(default=dict, editable=False)
    made_at = models.DateTimeField(editable=False)

    personal_fields = frozenset({"tally"})
    to_programme = "activity__programme"
    list_related = ("activity",)
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["activity"]
        verbose_name = _("satisfaction form")
        verbose_name_plural = _("satisfaction forms")
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_at__isnull=True) | Q(closes_at__gte=F("opens_at")),
                name="feedback_opens_before_it_closes",
                violation_error_message=_("It closes before it opens. Exchange the two."),
            )
        ]

    def __str__(self) -> str:
        return str(self.activity.title)

    def journal_label(self) -> str:
        return self.activity.slug

    def lies_in(self, region: Any, organisation: Any) -> bool:
        return self.activity.lies_in(region, organisation)

    def is_open(self, now: dt.datetime) -> bool:
        return (
            self.opens_at is not None
            and self.opens_at <= now
            and not (self.closes_at is not None and self.closes_at <= now)
        )

    @property
    def answered(self) -> int:
        return self.tally.get("answered", 0)


class FeedbackGiven(Record):
    """That somebody answered, so that nobody does twice. Not when, and not what."""

    registration = models.OneToOneField(Registration, on_delete=models.CASCADE, related_name="feedback_given")

    class Meta:
        verbose_name = _("that a satisfaction form was answered")
        verbose_name_plural = _("that satisfaction forms were answered")
