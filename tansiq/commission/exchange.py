"""Sections of a country pack that the commission owns: its seats and its rule for a quorum."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from tansiq.commission.models import Seat
from tansiq.core import packs
from tansiq.core.exchange import SLUG, TEXT, Loading, Section, array, obj, plain, register, text

SEAT = obj(
    {
        "code": SLUG, "institution": {"type": "string"}, "capacity": TEXT, "legal_basis": TEXT,
        "source": {"type": "string"},
    },
    ["code", "institution"],
)  # fmt: skip


def load_seats(loading: Loading, items: list[dict[str, Any]]) -> None:
    known = {seat.slug: seat for seat in Seat.objects.select_related("institution", "source")}
    seen: set[str] = set()
    for number, item in enumerate(items):
        path = f"seats[{number}]"
        if item["code"] in seen:
            loading.problem(f"{path}.code", _("The identifier “%(key)s” stands twice.") % {"key": item["code"]})
            continue
        seen.add(item["code"])
        institution = loading.find("organisations", item["institution"], f"{path}.institution")
        if institution is None:
            continue
        seat = known.get(item["code"])
        before = _picture(seat) if seat else None
        seat = seat or Seat(slug=item["code"])
        seat.position, seat.institution = number, institution
        seat.capacity, seat.legal_basis = text(item.get("capacity")), text(item.get("legal_basis"))
        seat.source = loading.source(item, path)
        if loading.note("seats", seat, before, _picture(seat)):
            seat.save()


def _picture(seat: Seat) -> dict[str, Any]:
    return plain(
        {
            "slug": seat.slug, "position": seat.position, "institution": seat.institution, "capacity": seat.capacity,
            "legal_basis": seat.legal_basis, "source": seat.source,
        }
    )  # fmt: skip


register("pack", Section("seats", array(SEAT), load_seats))
register("pack", Section("quorum", {"type": "object"}, lambda loading, value: packs.keep("quorum", plain(value))))
