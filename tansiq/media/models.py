"""What may we show: files that stay private until something published refers to them, and the consents behind them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tansiq.core.localized import LocalizedTextField
from tansiq.core.models import Record
from tansiq.people.models import Organisation


class AssetQuerySet(models.QuerySet["Asset"]):
    def public(self, now: dt.datetime) -> AssetQuerySet:
        """What may be shown at `now`: used by something published, and with valid consent where persons are seen."""
        used = AssetUse.objects.filter(asset=OuterRef("pk"), public_from__lte=now)
        consent = Consent.objects.valid(now).filter(asset=OuterRef("pk"))
        refused = Consent.objects.filter(asset=OuterRef("pk"), withdrawn_at__isnull=False)
        return (
            self.exclude(kind=Asset.Kind.SCAN)
            .filter(Exists(used))
            .filter(Q(shows_persons=False) | (Exists(consent) & ~Exists(refused) & Q(shows_children=False)))
        )

    def visible_to(self, user: Any) -> AssetQuerySet:
        """Those that lists of pictures and files show; a scan is opened from its record."""
        return self.exclude(kind=Asset.Kind.SCAN)


class Asset(Record):
    """A picture or file. The original is private for ever; what is shown are renditions written anew from it."""

    class Kind(models.TextChoices):
        IMAGE = "image", _("picture")
        VIDEO = "video", _("video")
        DOCUMENT = "document", _("document")
        # Opened from the record that it belongs to and nowhere else: no list of pictures shows a signed paper.
        SCAN = "scan", _("scan of a paper")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    title = LocalizedTextField(verbose_name=_("title"))
    alternative_text = LocalizedTextField(verbose_name=_("text for those who do not see it"), blank=True)
    credit = LocalizedTextField(verbose_name=_("credit"), blank=True)
    stored_name = models.CharField(max_length=120, editable=False)
    sha256 = models.CharField(max_length=64, editable=False, db_index=True)
    media_type = models.CharField(max_length=80, editable=False)
    size_bytes = models.PositiveBigIntegerField(editable=False)
    width = models.PositiveIntegerField(null=True, blank=True, editable=False)
    height = models.PositiveIntegerField(null=True, blank=True, editable=False)
    shows_persons = models.BooleanField(_("a person can be recognised"), default=True)
    shows_children = models.BooleanField(_("a child can be recognised"), default=False)
    created_at = models.DateTimeField(editable=False)

    objects = AssetQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("file")
        verbose_name_plural = _("pictures and files")

    def __str__(self) -> str:
        return str(self.title)

    def journal_label(self) -> str:
        return self.sha256[:12]


class AssetUse(Record):
    """Something refers to the asset; from `public_from` on that thing is published (None: not yet)."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="uses")
    subject_kind = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    public_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asset", "subject_id"], name="asset_used_once_by_subject")]


class Rendition(Record):
    """A picture made from an asset for one width: decoded, stripped of EXIF and GPS, written anew."""

    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="renditions")
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    stored_name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["asset", "width"], name="rendition_once_per_width")]


class ConsentQuerySet(models.QuerySet["Consent"]):
    def valid(self, now: dt.datetime) -> ConsentQuerySet:
        today = timezone.localdate(now)
        return self.filter(
            Q(withdrawn_at__isnull=True), Q(valid_until__isnull=True) | Q(valid_until__gte=today), given_date__lte=today
        )


class Consent(Record):
    """A person in a picture agreed that it is shown. The signed paper is kept; the name is on it, not here."""

    asset = models.ForeignKey(Asset, verbose_name=_("picture"), on_delete=models.PROTECT, related_name="consents")
    reference = models.CharField(_("number of the signed form"), max_length=60)
    given_date = models.DateField(_("given on"))
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    objects = ConsentQuerySet.as_manager()

    list_related = ("asset",)

    class Meta:
        ordering = ["-given_date", "reference"]
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.UniqueConstraint(fields=["asset", "reference"], name="consent_once_per_form"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("given_date")),
                name="consent_ends_after_it_begins",
                violation_error_message=_("The consent ends before it was given."),
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class Logo(Record):
    """An organisation's logo, shown only with a right to use it; until then its name stands in text."""

    organisation = models.OneToOneField(
        Organisation, verbose_name=_("organisation"), on_delete=models.CASCADE, related_name="logo"
    )
    asset = models.ForeignKey(Asset, verbose_name=_("picture"), on_delete=models.PROTECT)
    right = models.CharField(_("right to use it (letter, date)"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("logo")
        verbose_name_plural = _("logos")

    list_related = ("organisation",)

    def __str__(self) -> str:
        return str(self.organisation)

    @property
    def may_be_shown(self) -> bool:
        return bool(self.right)
