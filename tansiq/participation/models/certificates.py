"""What was certified, and the keys that sign."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tansiq.coordination.models import OfActivityQuerySet
from tansiq.core.localized import LocalizedTextField
from tansiq.core.models import Record
from tansiq.participation.models.registrations import Registration


class SigningKey(Record):
    """The public half of a key that signs certificates; the private half is a file of the data folder, by `key_id`."""

    key_id = models.CharField(_("key"), max_length=80, unique=True)
    public_key = models.CharField(max_length=80)
    made_at = models.DateTimeField(_("made on"))
    retired_at = models.DateTimeField(_("signs no more since"), null=True, blank=True)

    class Meta:
        ordering = ["made_at"]
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")

    def __str__(self) -> str:
        return self.key_id

    def journal_label(self) -> str:
        return self.key_id


class Certificate(Record):
    """That somebody took part, signed: it can be checked by its code without a log-in, or by the public key alone.

    code    128 random bits, base 32;  signature  Ed25519 over the payload, base64url
    holder  the name as it is printed, by language;  course  what the certificate says of the activity
    """

    class State(models.TextChoices):
        VALID = "valid", pgettext_lazy("certificate", "valid")
        REVOKED = "revoked", pgettext_lazy("certificate", "revoked")
        REPLACED = "replaced", pgettext_lazy("certificate", "replaced by another")

    registration = models.ForeignKey(
        Registration, verbose_name=_("registration"), on_delete=models.PROTECT, related_name="certificates"
    )
    year = models.PositiveSmallIntegerField(_("year"))
    serial = models.PositiveIntegerField(_("number"))
    code = models.CharField(max_length=32, unique=True)
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="certificates")
    signature = models.CharField(max_length=120)
    holder = LocalizedTextField(verbose_name=_("name"))
    course = models.JSONField(default=dict)
    language = models.CharField(_("language"), max_length=12)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.VALID)
    issued_at = models.DateTimeField(_("issued on"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked on"), null=True, blank=True)
    revoked_because = models.CharField(_("why it was revoked"), max_length=300, blank=True)
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    pdf_name = models.CharField(max_length=120, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    personal_fields = frozenset({"holder", "registration"})
    to_programme = "registration__admission__activity__programme"
    to_activity = "registration__admission__activity"
    list_related = ("registration__admission__activity",)
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "-serial"]
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")
        constraints = [
            models.UniqueConstraint(fields=["year", "serial"], name="certificate_number_once"),
            models.UniqueConstraint(
                fields=["registration"], condition=Q(state="valid"), name="certificate_one_valid_each"
            ),
            models.CheckConstraint(
                condition=Q(state="valid", revoked_at__isnull=True) | (~Q(state="valid") & Q(revoked_at__isnull=False)),
                name="certificate_revoked_has_time",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        return f"{self.serial}/{self.year}"

    def journal_label(self) -> str:
        return self.number
