"""What the commission holds of a person: the seats held, and when."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from tansiq.commission.models import Holding
from tansiq.people import merging, privacy


def _export(subject: privacy.Subject) -> list[dict[str, Any]]:
    rows = subject.person.holdings.select_related("seat").order_by("from_date", "id") if subject.person else []
    return [
        {
            "seat": row.seat.slug, "alternate": row.is_alternate, "from": row.from_date.isoformat(),
            "until": row.until_date.isoformat() if row.until_date else None,
        }
        for row in rows
    ]  # fmt: skip


# That a seat was held from a day until a day is the body's record and decides whether its meetings had a quorum.
# The row stays with its dates; the name it points at is erased in people.
privacy.register("holdings", export=_export, erase=None)
merging.register_rows(Holding, _("seats held"))
