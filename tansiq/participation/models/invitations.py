"""Who is invited by name or by office, what was answered, and what was put by hand into the three orders."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tansiq.coordination.models import Letter, OfActivityQuerySet
from tansiq.core.localized import Localized, LocalizedTextField
from tansiq.core.models import Record
from tansiq.people.models import Organisation, Person
from tansiq.programme.models import Activity


class InvitationQuerySet(OfActivityQuerySet):
    def expected(self) -> Any:
        """Whoever is still to come: all but those who declined and those whose invitation was withdrawn."""
        return self.exclude(state__in=(Invitation.State.DECLINED, Invitation.State.WITHDRAWN))

    def pending(self) -> Any:
        return self.filter(state=Invitation.State.SENT)


class Invitation(Record):
    """One guest of an activity: a person, or an office whoever holds it ("Minister of Justice").

    number       order in which the guests were added, from 1; the journal and the papers name the guest by it
    rank         of the country pack's section `precedence`; None where none is known
    appointed    since when the guest holds the office: seniority among those of one rank
    salutation   the form of address by language: {"ar": "سعادة السيد السفير"}
    address_key  the guest's own e-mail in small letters: one invitation each
    cabinet_email  of the cabinet that answers for the guest; mails go there where it is given
    other_spellings  folded names that a person said are this guest's too
    representative_rank  the representative's own rank, where the country's rule asks for it
    facts        what the invitation said of the day, so that a change of the plan finds it
    answers      how many answers were given: each is confirmed by one mail
    link_version  raised to make the personal link in older mails worthless
    emptied_at   when what names the guest was taken away; state and rank stay as numbers
    """

    class State(models.TextChoices):
        DRAFTED = "drafted", pgettext_lazy("invitation", "not sent yet")
        SENT = "sent", pgettext_lazy("invitation", "no answer yet")
        ACCEPTED = "accepted", pgettext_lazy("invitation", "comes")
        DECLINED = "declined", pgettext_lazy("invitation", "does not come")
        REPRESENTED = "represented", pgettext_lazy("invitation", "is represented")
        WITHDRAWN = "withdrawn", pgettext_lazy("invitation", "withdrawn")

    class How(models.TextChoices):
        LINK = "link", _("by the personal link")
        LETTER = "letter", _("by letter")
        TELEPHONE = "telephone", _("by telephone")
        REPRESENTATIVE = "representative", _("by the representative")

    ANSWERED = (State.ACCEPTED, State.DECLINED, State.REPRESENTED)

    activity = models.ForeignKey(
        Activity, verbose_name=_("activity"), on_delete=models.CASCADE, related_name="invitations"
    )
    number = models.PositiveIntegerField(_("number"), editable=False)
    person = models.ForeignKey(
        Person, verbose_name=_("person"), null=True, blank=True, on_delete=models.PROTECT, related_name="invitations"
    )
    function = LocalizedTextField(verbose_name=_("function"), blank=True)
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    organisation_name = models.CharField(_("organisation, as written"), max_length=200, blank=True)
    rank = models.PositiveIntegerField(_("rank"), null=True, blank=True)
    appointed = models.DateField(_("in office since"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=12, choices=settings.LANGUAGES)
    salutation = LocalizedTextField(verbose_name=_("form of address"), blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    address_key = models.CharField(max_length=254, blank=True, editable=False)
    cabinet = models.CharField(_("cabinet or office that answers"), max_length=200, blank=True)
    cabinet_email = models.EmailField(_("e-mail of the cabinet"), blank=True)
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    companions_allowed = models.PositiveSmallIntegerField(_("may bring how many"), default=0)
    speaks = models.BooleanField(_("takes the floor"), default=False)
    seat = models.CharField(_("remarks on the seat"), max_length=200, blank=True)
    other_spellings = models.JSONField(default=list, blank=True, editable=False)

    state = models.CharField(_("state"), max_length=11, choices=State.choices, default=State.DRAFTED, editable=False)
    how = models.CharField(_("answered how"), max_length=14, choices=How.choices, blank=True, editable=False)
    companions = models.PositiveSmallIntegerField(_("brings how many"), default=0, editable=False)
    representative = LocalizedTextField(verbose_name=_("representative"), blank=True, editable=False)
    representative_function = models.CharField(_("function of the representative"), max_length=200, blank=True)
    representative_rank = models.PositiveIntegerField(_("rank of the representative"), null=True, blank=True)
    answer_letter = models.ForeignKey(
        Letter, verbose_name=_("answered by the letter"), null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+", editable=False,
    )  # fmt: skip
    answer_reference = models.CharField(_("reference of the answer"), max_length=80, blank=True, editable=False)
    letter = models.ForeignKey(
        Letter, verbose_name=_("letter"), null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        editable=False,
    )  # fmt: skip
    answer_by = models.DateField(_("answer wanted by"), null=True, blank=True, editable=False)
    made_at = models.DateTimeField(editable=False)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True, editable=False)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True, editable=False)
    reminded_on = models.DateField(_("reminded"), null=True, blank=True, editable=False)
    facts = models.JSONField(default=dict, blank=True, editable=False)
    answers = models.PositiveSmallIntegerField(default=0, editable=False)
    link_version = models.PositiveSmallIntegerField(default=0, editable=False)
    emptied_at = models.DateTimeField(null=True, blank=True, editable=False)

    personal_fields = frozenset(
        {
            "person", "function", "salutation", "email", "address_key", "cabinet", "cabinet_email", "telephone", "seat",
            "appointed", "organisation_name", "other_spellings", "representative", "representative_function",
            "answer_reference",
        }
    )  # fmt: skip
    to_programme = "activity__programme"
    list_related = ("activity", "person", "organisation")
    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["activity", "number"]
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(fields=["activity", "number"], name="invitation_number_once"),
            models.UniqueConstraint(
                fields=["activity", "address_key"], condition=~Q(address_key="") & ~Q(state="withdrawn"),
                name="invitation_once_an_address",
            ),
            models.CheckConstraint(
                condition=Q(companions__lte=F("companions_allowed")), name="invitation_companions_allowed"
            ),
            models.CheckConstraint(
                condition=Q(person__isnull=False) | ~Q(function={}) | Q(emptied_at__isnull=False),
                name="invitation_names_somebody",
                violation_error_message=_("Give the person, or the office that is invited."),
            ),
            models.CheckConstraint(
                condition=~Q(state="represented") | ~Q(representative={}) | Q(emptied_at__isnull=False),
                name="invitation_representative_has_a_name",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["drafted", "withdrawn"])
                | Q(state="sent", answered_at__isnull=True)
                | Q(state__in=["accepted", "declined", "represented"], answered_at__isnull=False),
                name="invitation_answer_has_its_time",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["activity", "state"], name="invitation_of_state")]

    def __str__(self) -> str:
        return str(self.name) or str(self.number)

    def journal_label(self) -> str:
        return f"{self.activity.slug} {self.number}"

    def lies_in(self, region: Any, organisation: Any) -> bool:
        return self.activity.lies_in(region, organisation)

    @property
    def name(self) -> Localized:
        """The person's name; of an office without its holder the office."""
        return self.person.name if self.person else self.function

    @property
    def address(self) -> str:
        """Where mails go: to the cabinet that answers, else to the guest; "" where a letter is needed."""
        return self.cabinet_email or self.email

    @property
    def is_answered(self) -> bool:
        return self.state in self.ANSWERED

    @property
    def is_expected(self) -> bool:
        return self.state not in (self.State.DECLINED, self.State.WITHDRAWN)

    def is_over(self, today: dt.date) -> bool:
        """The day is past: nothing is answered any more."""
        return self.activity.state == Activity.State.HELD or bool(
            self.activity.last_day and self.activity.last_day < today
        )


class Placement(Record):
    """Somebody put into an order by hand: before or after another. They are applied in the order in which they were made.

    invitation, anchor  of the precedence and the speaking order;  organisation, beside  of the order of logos
    reason  for the protocol officer alone: never on a page of the guests, never public, never to partners
    """

    class Order(models.TextChoices):
        PRECEDENCE = "precedence", _("order of precedence")
        SPEAKING = "speaking", _("order of speeches")
        LOGOS = "logos", _("order of logos")

    class Side(models.TextChoices):
        BEFORE = "before", pgettext_lazy("in an order", "before")
        AFTER = "after", pgettext_lazy("in an order", "after")

    activity = models.ForeignKey(Activity, on_delete=models.CASCADE, related_name="placements")
    order = models.CharField(_("order"), max_length=10, choices=Order.choices)
    invitation = models.ForeignKey(
        Invitation, null=True, blank=True, on_delete=models.CASCADE, related_name="placements"
    )
    anchor = models.ForeignKey(Invitation, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    beside = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    side = models.CharField(max_length=6, choices=Side.choices)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    turn = models.PositiveIntegerField()
    placed_at = models.DateTimeField()

    personal_fields = frozenset({"reason"})
    to_programme = "activity__programme"
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["activity", "order", "turn"]
        verbose_name = _("place given by hand")
        verbose_name_plural = _("places given by hand")
        constraints = [
            models.UniqueConstraint(fields=["activity", "order", "turn"], name="placement_turn_once"),
            models.CheckConstraint(
                condition=Q(
                    ~Q(order="logos"), invitation__isnull=False, anchor__isnull=False, organisation__isnull=True,
                    beside__isnull=True,
                )
                | Q(
                    order="logos", invitation__isnull=True, anchor__isnull=True, organisation__isnull=False,
                    beside__isnull=False,
                ),
                name="placement_of_its_order",
            ),
            models.CheckConstraint(
                condition=Q(invitation__isnull=True) | ~Q(invitation=F("anchor")), name="placement_beside_another"
            ),
        ]  # fmt: skip

    def journal_label(self) -> str:
        return f"{self.activity.slug} {self.order} {self.turn}"
