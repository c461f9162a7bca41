"""The text beside the records: an archived source text, its spans, and where each value comes from."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tansiq.core.models import Record, Source
from tansiq.programme.models import Programme


class SourceText(Record):
    """The words of a source as they were archived (NFC), never mended."""

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="source_texts")
    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="archived")
    text = models.TextField()

    class Meta:
        verbose_name = _("source text")
        verbose_name_plural = _("source texts")

    def __str__(self) -> str:
        return str(self.source)


class Span(Record):
    """A run of the source text; `start` and `end` are code points. `as_read` mends a slip beside "as printed"."""

    text = models.ForeignKey(SourceText, on_delete=models.CASCADE, related_name="spans")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    as_read = models.TextField(blank=True)

    class Meta:
        ordering = ["start", "end"]
        constraints = [
            models.CheckConstraint(condition=Q(end__gt=F("start")), name="span_is_not_empty"),
        ]


class Trace(Record):
    """Where one value (or all values below `path`) comes from: a span, a named source, a translation, fiction.

    Rows of one `group` stand together in the file: one quote, several values.
    """

    class Origin(models.TextChoices):
        SPAN = "span", _("from this text")
        SOURCE = "source", _("from another source")
        TRANSLATION = "translation", _("our translation")
        CLASSIFICATION = "classification", _("our classification")
        FICTIONAL = "fictional", _("fictional")

    programme = models.ForeignKey(Programme, on_delete=models.CASCADE, related_name="traces")
    group = models.PositiveIntegerField()
    position = models.PositiveIntegerField()
    path = models.CharField(max_length=240)
    origin = models.CharField(max_length=14, choices=Origin.choices)
    span = models.ForeignKey(Span, null=True, blank=True, on_delete=models.CASCADE, related_name="traces")
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        ordering = ["position"]
        indexes = [models.Index(fields=["programme", "path"], name="trace_of_path")]
        constraints = [
            models.CheckConstraint(
                condition=(Q(origin="span", span__isnull=False))
                | (Q(origin="source", source__isnull=False) & Q(span__isnull=True))
                | (~Q(origin__in=["span", "source"]) & Q(span__isnull=True)),
                name="trace_names_its_origin",
            )
        ]
