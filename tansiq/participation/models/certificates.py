"""What was certified, who approved it, the keys that sign, and who tried names."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tansiq.coordination.models import OfActivityQuerySet
from tansiq.core.localized import LocalizedTextField
from tansiq.core.models import Record
from tansiq.participation.models.registrations import Registration
from tansiq.people.models import User
from tansiq.programme.models import sees_everything


class CertificateQuerySet(OfActivityQuerySet):
    def visible_to(self, user: User) -> Any:
        """Those of the registrations that somebody sees."""
        if sees_everything(user):
            return self
        return self.filter(registration__in=Registration.objects.visible_to(user).values("pk"))


class SigningKey(Record):
    """The public half of a key that signs certificates; the private half is a file of the data folder, by `key_id`.

    key_id  the RFC 7638 thumbprint of the key;  public_key  its 32 bytes, base64url
    """

    key_id = models.CharField(_("key"), max_length=80, unique=True)
    public_key = models.CharField(max_length=80)
    made_at = models.DateTimeField(_("made on"))
    retired_at = models.DateTimeField(_("signs no more since"), null=True, blank=True)

    class Meta:
        ordering = ["made_at"]
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        constraints = [
            models.UniqueConstraint(
                IsNull(F("retired_at"), True), condition=Q(retired_at__isnull=True), name="signingkey_one_signs"
            )
        ]

    def __str__(self) -> str:
        return self.key_id

    def journal_label(self) -> str:
        return self.key_id


class CertificateSeries(models.Model):
    """The last number that was given in a year: raised by a conditional UPDATE in the transaction of the certificate."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(last__gte=0), name="certificateseries_counts_up")]


class CertificateApproval(Record):
    """Where the rule asks for it: whoever answers for the course agrees that this person gets a certificate."""

    registration = models.OneToOneField(
        Registration, on_delete=models.CASCADE, related_name="certificate_approval", verbose_name=_("registration")
    )
    approved_at = models.DateTimeField(_("approved on"))
    approved_by = models.UUIDField(null=True, blank=True)

    personal_fields = frozenset({"registration"})
    to_programme = "registration__admission__activity__programme"
    to_activity = "registration__admission__activity"
    objects = OfActivityQuerySet.as_manager()

    class Meta:
        verbose_name = _("approval of a certificate")
        verbose_name_plural = _("approvals of certificates")

    def journal_label(self) -> str:
        return self.registration.journal_label()


class Certificate(Record):
    """That somebody took part, signed: it can be checked by its code without a log-in, or by the public key alone.

    code    128 random bits, 26 signs of Crockford's base 32
    signed  what the signature is over, as `sealing.payload_of` makes it: no name in it, only a salted digest of it
    signature  Ed25519 over the canonical form of `signed`, base64url
    holder  the name as it is printed, by language;  salt  of its digest; both go when the person is erased
    files   {language: {"name": where it is stored, "sha256": of the issued bytes}}
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
    code = models.CharField(_("code"), max_length=32, unique=True)
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="certificates")
    signature = models.CharField(max_length=120)
    holder = LocalizedTextField(verbose_name=_("name"))
    salt = models.CharField(max_length=32, blank=True)
    signed = models.JSONField(default=dict)
    language = models.CharField(_("language"), max_length=12)
    state = models.CharField(_("state"), max_length=8, choices=State.choices, default=State.VALID)
    issued_at = models.DateTimeField(_("issued on"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked on"), null=True, blank=True)
    revoked_because = models.CharField(_("why it was revoked"), max_length=300, blank=True)
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    files = models.JSONField(default=dict)

    personal_fields = frozenset({"holder", "registration", "salt", "files"})
    to_programme = "registration__admission__activity__programme"
    to_activity = "registration__admission__activity"
    list_related = ("registration__admission__activity", "registration__person")
    objects = CertificateQuerySet.as_manager()

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

    @property
    def course(self) -> dict[str, Any]:
        """What the certificate says of the activity: {"title", "from", "to", "hours", "mode", "place"}."""
        return self.signed.get("course", {})

    def lies_in(self, region: Any, organisation: Any) -> bool:
        return self.registration.lies_in(region, organisation)


class NameTry(models.Model):
    """Somebody asked whether a certificate bears a name: counted, so that names cannot be tried out.

    origin  a digest of the network;  subject  a digest of the code or number that was asked about
    """

    origin = models.CharField(max_length=32)
    subject = models.CharField(max_length=32)
    tried_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["origin", "tried_at"], name="nametry_by_origin"),
            models.Index(fields=["subject", "tried_at"], name="nametry_by_subject"),
        ]
