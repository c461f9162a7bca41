"""What went out: materials such as a spot or a set of tools, distribution visits, what was handed over."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tansiq.core.localized import LocalizedTextField, has_reference_text
from tansiq.core.models import Record, Source
from tansiq.media.models import Asset
from tansiq.people.models import Place
from tansiq.programme.models import Activity, NumberPrecision, OfProgrammeQuerySet, Programme


class Material(Record):
    class Kind(models.TextChoices):
        SPOT = "spot", _("video spot")
        FILM = "film", _("film")
        KIT = "kit", _("awareness kit")
        COMIC = "comic", _("comic book")
        LEAFLET = "leaflet", _("leaflet")
        POSTER = "poster", _("poster")
        PIN = "pin", _("pin")
        ARTWORK = "artwork", _("work of art")
        PHOTO = "photo", _("photographs")
        GUIDE = "guide", _("guide")
        OTHER = "other", _("other material")

    programme = models.ForeignKey(
        Programme, verbose_name=_("programme"), on_delete=models.CASCADE, related_name="materials"
    )
    slug = models.SlugField(_("identifier"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    reference_language = models.CharField(_("reference language"), max_length=12)
    title = LocalizedTextField(verbose_name=_("title"))
    summary = LocalizedTextField(verbose_name=_("summary"), blank=True)
    activities = models.ManyToManyField(Activity, verbose_name=_("activities"), blank=True, related_name="materials")
    channels = models.JSONField(_("channels"), default=list, blank=True)
    number = models.PositiveIntegerField(_("number"), null=True, blank=True)
    number_precision = models.CharField(
        _("precision"), max_length=8, choices=NumberPrecision.choices, default=NumberPrecision.UNKNOWN
    )
    asset = models.ForeignKey(Asset, verbose_name=_("file"), null=True, blank=True, on_delete=models.PROTECT)
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT)

    list_related = ("programme",)
    objects = OfProgrammeQuerySet.as_manager()

    class Meta:
        ordering = ["position", "slug"]
        verbose_name = _("material")
        verbose_name_plural = _("materials")
        constraints = [has_reference_text("title", "material_has_reference_text")]

    def __str__(self) -> str:
        return str(self.title)


class Visit(Record):
    """The visit side of an activity: its purpose, and whether pictures may be taken (by default they may not)."""

    class Purpose(models.TextChoices):
        DISTRIBUTION = "distribution", _("distribution")
        MONITORING = "monitoring", _("monitoring")

    activity = models.OneToOneField(
        Activity, verbose_name=_("activity"), on_delete=models.CASCADE, related_name="visit"
    )
    purpose = models.CharField(_("purpose"), max_length=12, choices=Purpose.choices, default=Purpose.DISTRIBUTION)
    photography = models.BooleanField(_("photography allowed"), default=False)
    sites_number = models.PositiveSmallIntegerField(_("number of sites"), null=True, blank=True)
    sites_precision = models.CharField(
        _("precision"), max_length=8, choices=NumberPrecision.choices, default=NumberPrecision.UNKNOWN
    )
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT)

    to_programme = "activity__programme"
    list_related = ("activity",)
    objects = OfProgrammeQuerySet.as_manager()

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")

    def __str__(self) -> str:
        return str(self.activity)

    def journal_label(self) -> str:
        return self.activity.slug


class VisitSite(Record):
    """A site of a visit. Public at town level; an exact place only after the visit, and never where victims live."""

    class Kind(models.TextChoices):
        COURT = "court", _("court")
        ASSOCIATION = "association", _("association")
        HOSPITAL = "hospital", _("hospital")
        CARE_UNIT = "care_unit", _("care unit")
        SCHOOL = "school", _("school")
        OTHER = "other", _("other site")

    visit = models.ForeignKey(Visit, verbose_name=_("visit"), on_delete=models.CASCADE, related_name="sites")
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    name = LocalizedTextField(verbose_name=_("name"))
    is_example = models.BooleanField(_("named as an example"), default=False)
    cares_for_victims = models.BooleanField(_("victims are cared for here"), default=False)
    place = models.ForeignKey(Place, verbose_name=_("place"), null=True, blank=True, on_delete=models.PROTECT)

    to_programme = "visit__activity__programme"
    list_related = ("visit__activity",)
    objects = OfProgrammeQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        verbose_name = _("site")
        verbose_name_plural = _("sites")

    def __str__(self) -> str:
        return str(self.name)


class HandOver(Record):
    """What is handed over at a visit: planned with a number or without, and what was really given, when recorded."""

    visit = models.ForeignKey(Visit, verbose_name=_("visit"), on_delete=models.CASCADE, related_name="hand_overs")
    site = models.ForeignKey(VisitSite, verbose_name=_("site"), null=True, blank=True, on_delete=models.CASCADE)
    # Restricted, not protected: when their programme goes, both go.
    material = models.ForeignKey(Material, verbose_name=_("material"), on_delete=models.RESTRICT)
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    number = models.PositiveIntegerField(_("number"), null=True, blank=True)
    number_precision = models.CharField(
        _("precision"), max_length=8, choices=NumberPrecision.choices, default=NumberPrecision.UNKNOWN
    )

    to_programme = "visit__activity__programme"
    list_related = ("visit__activity", "material", "site")
    objects = OfProgrammeQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")

    def __str__(self) -> str:
        return str(self.material)
