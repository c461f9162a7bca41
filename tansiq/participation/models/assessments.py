"""The test of an activity: the same questions before and after, and what people answered."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tansiq.coordination.models import OfActivityQuerySet
from tansiq.core.localized import LocalizedTextField
from tansiq.core.models import Record
from tansiq.participation.models.registrations import Registration
from tansiq.programme.models import Activity


class Moment(models.TextChoices):
    BEFORE = "before", pgettext_lazy("test", "before the activity")
    AFTER = "after", pgettext_lazy("test", "after the activity")


class Assessment(Record):
    """The test of an activity. What is asked before is asked after, so that each question shows what was gained.

    questions  [{"id", "kind": "single" | "multiple", "text": {language: text}, "points",
               "options": [{"text": {...}, "right": bool}], "explanation": {...}}]; an option is named by its number, from 1
    A moment is open from its `opens_at` until its `closes_at`; without an opening it is not open.
    """

    class Shows(models.TextChoices):
        AT_ONCE = "at_once", pgettext_lazy("score", "at once")
        AFTER_CLOSING = "after_closing", pgettext_lazy("score", "when the test is closed")

    activity = models.OneToOneField(
        Activity, verbose_name=_("activity"), on_delete=models.CASCADE, related_name="assessment"
    )
    reference_language = models.CharField(_("language of the record"), max_length=12)
    title = LocalizedTextField(verbose_name=_("title"), blank=True)
    introduction = LocalizedTextField(verbose_name=_("introduction"), blank=True, multiline=True)
    questions = models.JSONField(_("questions"), default=list, blank=True)
    pass_percent = models.PositiveSmallIntegerField(
        _("pass mark in per cent"), null=True, blank=True, help_text=_("Empty: nobody passes or fails.")
    )
    minutes_allowed = models.PositiveSmallIntegerField(
        _("minutes"), null=True, blank=True,
        help_text=_("A guide, shown with the hour at which it is over. Nothing is cut off: you see who was late."),
    )  # fmt: skip
    is_shuffled = models.BooleanField(
        _("each person gets another order"), default=False,
        help_text=_("Then no answer may say “all of the above”."),
    )  # fmt: skip
    shows_score = models.CharField(
        _("people see their own score"), max_length=13, choices=Shows.choices, default=Shows.AFTER_CLOSING
    )
    before_opens_at = models.DateTimeField(_("before: opens"), null=True, blank=True)
    before_closes_at = models.DateTimeField(_("before: closes"), null=True, blank=True)
    after_opens_at = models.DateTimeField(_("after: opens"), null=True, blank=True)
    after_closes_at = models.DateTimeField(_("after: closes"), null=True, blank=True)

    to_programme = "activity__programme"
    list_related = ("activity",)
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["activity"]
        verbose_name = _("test")
        verbose_name_plural = _("tests")
        constraints = [
            models.CheckConstraint(
                condition=Q(pass_percent__isnull=True) | Q(pass_percent__lte=100), name="assessment_pass_percent",
                violation_error_message=_("The pass mark is a number from 0 to 100."),
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{f"{moment}_closes_at__isnull": True})
                    | Q(**{f"{moment}_closes_at__gte": F(f"{moment}_opens_at")}),
                    name=f"assessment_{moment}_opens_before_it_closes",
                    violation_error_message=_("It closes before it opens. Exchange the two."),
                )
                for moment in ("before", "after")
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return str(self.title) or str(self.activity.title)

    def journal_label(self) -> str:
        return self.activity.slug

    def lies_in(self, region: Any, organisation: Any) -> bool:
        return self.activity.lies_in(region, organisation)

    @property
    def number_of_questions(self) -> int:
        return len(self.questions)

    def opens_at(self, moment: str) -> dt.datetime | None:
        return getattr(self, f"{moment}_opens_at")

    def closes_at(self, moment: str) -> dt.datetime | None:
        return getattr(self, f"{moment}_closes_at")

    def is_open(self, moment: str, now: dt.datetime) -> bool:
        opens = self.opens_at(moment)
        return opens is not None and opens <= now and not self.is_closed(moment, now)

    def is_closed(self, moment: str, now: dt.datetime) -> bool:
        closes = self.closes_at(moment)
        return closes is not None and closes <= now


class QuestionSet(Record):
    """The questions as they were when somebody began: what was answered stays readable whatever is changed later."""

    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="sets")
    number = models.PositiveSmallIntegerField(_("version"))
    digest = models.CharField(max_length=64)
    questions = models.JSONField(default=list)

    class Meta:
        ordering = ["assessment", "number"]
        verbose_name = _("version of the questions")
        verbose_name_plural = _("versions of the questions")
        constraints = [
            models.UniqueConstraint(fields=["assessment", "number"], name="questionset_number_once"),
            models.UniqueConstraint(fields=["assessment", "digest"], name="questionset_once"),
        ]

    def journal_label(self) -> str:
        return f"{self.assessment.journal_label()} {self.number}"


class Attempt(Record):
    """One person's answers at one moment; a first try and one more, whatever is pressed twice.

    answers  {question: [numbers of the options]};  points  {question: points};  score  per cent of all points
    digest   of the answers as they were handed in: the same again is the same, another is told
    """

    MOST = 2

    class How(models.TextChoices):
        FORM = "form", pgettext_lazy("test", "by one’s own link")
        PAPER = "paper", pgettext_lazy("test", "on paper")

    registration = models.ForeignKey(
        Registration, verbose_name=_("registration"), on_delete=models.PROTECT, related_name="attempts"
    )
    asked = models.ForeignKey(QuestionSet, on_delete=models.PROTECT, related_name="attempts")
    moment = models.CharField(_("when"), max_length=6, choices=Moment.choices)
    number = models.PositiveSmallIntegerField(_("try"))
    how = models.CharField(_("how"), max_length=5, choices=How.choices)
    answers = models.JSONField(default=dict)
    points = models.JSONField(default=dict)
    score = models.DecimalField(_("score in per cent"), max_digits=5, decimal_places=2, null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    begun_at = models.DateTimeField(_("begun"))
    saved_at = models.DateTimeField(_("saved"), null=True, blank=True)
    submitted_at = models.DateTimeField(_("handed in"), null=True, blank=True)

    personal_fields = frozenset({"registration", "answers", "points", "score", "digest"})
    to_programme = "registration__admission__activity__programme"
    to_activity = "registration__admission__activity"
    list_related = ("registration__admission__activity",)
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["registration", "moment", "number"]
        verbose_name = _("try of a test")
        verbose_name_plural = _("tries of tests")
        constraints = [
            models.UniqueConstraint(fields=["registration", "moment", "number"], name="attempt_once"),
            models.UniqueConstraint(
                fields=["registration", "moment"], condition=Q(submitted_at__isnull=True), name="attempt_one_open"
            ),
            models.CheckConstraint(condition=Q(number__in=[1, 2]), name="attempt_one_retry"),
            models.CheckConstraint(
                condition=Q(submitted_at__isnull=True, score__isnull=True)
                | Q(submitted_at__isnull=False, score__gte=0, score__lte=100),
                name="attempt_handed_in_has_score",
            ),
        ]

    def journal_label(self) -> str:
        return f"{self.registration.journal_label()} {self.moment} {self.number}"

    @property
    def minutes_taken(self) -> int:
        return int((self.submitted_at - self.begun_at).total_seconds() // 60) if self.submitted_at else 0

    def minutes_over(self, allowed: int | None) -> int:
        """How many minutes more than the guide it took; 0 on paper, where nobody looked at the clock."""
        if not allowed or self.how == self.How.PAPER:
            return 0
        return max(self.minutes_taken - allowed, 0)
