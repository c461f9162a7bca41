"""What invitations hold of a guest and of whoever represents one: given out, erased, and gone a year after the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import pgettext

from tansiq.core.language import fold
from tansiq.core.localized import Localized
from tansiq.participation.models import Arrival, Invitation, Placement
from tansiq.people import privacy, retention
from tansiq.people.models import Person


def _mine(subject: privacy.Subject) -> list[Invitation]:
    """As a guest: by the person, or by an address of the own (not by that of a cabinet, which answers for others)."""
    wanted = Q(pk__in=[])
    if subject.person:
        wanted |= Q(person=subject.person)
    for address in subject.addresses:
        wanted |= Q(address_key=address)
    rows = Invitation.objects.filter(wanted, emptied_at=None)
    return list(rows.select_related("activity", "person", "organisation").order_by("made_at"))


def _represented_by(subject: privacy.Subject) -> list[Invitation]:
    names = {fold(word) for word in subject.words} - {""}
    if not names:
        return []
    rows = Invitation.objects.exclude(representative={}).select_related("activity")
    return [row for row in rows if names & {fold(name) for name in row.representative.values()}]


def _export(subject: privacy.Subject) -> dict[str, Any]:
    def iso(value: Any) -> str | None:
        return value and value.isoformat()

    return {
        "invited": [
            {
                "activity": row.activity.slug, "number": row.number, "name": dict(row.name), "function": dict(row.function),
                "organisation": row.organisation.slug if row.organisation else row.organisation_name, "rank": row.rank,
                "appointed": iso(row.appointed), "salutation": dict(row.salutation), "email": row.email,
                "cabinet": row.cabinet, "cabinet_email": row.cabinet_email, "telephone": row.telephone, "seat": row.seat,
                "language": row.language, "state": row.state, "how": row.how, "companions": row.companions,
                "representative": dict(row.representative), "representative_function": row.representative_function,
                "reference": row.answer_reference, "sent": iso(row.sent_at), "answered": iso(row.answered_at),
                "placed_by_hand": [
                    {"order": one.order, "reason": one.reason} for one in row.placements.order_by("order", "turn")
                ],
            }
            for row in _mine(subject)
        ],
        "represents": [
            {
                "activity": row.activity.slug, "guest": row.number, "name": dict(row.representative),
                "function": row.representative_function,
            }
            for row in _represented_by(subject)
        ],
    }  # fmt: skip


# That a guest did not come in person stays, and who came instead does not.
_SOMEBODY = "–"


def empty_arrivals(rows: Any) -> int:
    """Take away the names that were given at the door; the second time there are none. Returns how many rows had one."""
    kept = {"function": "", "organisation_name": "", "because": ""}
    instead = rows.exclude(invitation=None).exclude(name="")
    number = instead.exclude(name=_SOMEBODY, **kept).update(name=_SOMEBODY, **kept)
    return number + rows.exclude(pk__in=instead.values("pk")).exclude(name="", **kept).update(name="", **kept)


def _empty(rows: Iterable[Invitation], now: dt.datetime) -> int:
    """That somebody of this rank was invited and what the answer was stays as a number; who it was does not."""
    number = 0
    for row in rows:
        values: dict[str, Any] = dict.fromkeys(
            ("organisation_name", "email", "address_key", "cabinet", "cabinet_email", "telephone", "seat",
             "representative_function", "answer_reference"), ""
        )  # fmt: skip
        values |= dict.fromkeys(("function", "salutation", "representative"), Localized())
        number += Invitation.objects.filter(pk=row.pk, emptied_at=None).update(
            person=None, appointed=None, other_spellings=[], link_version=row.link_version + 1, emptied_at=now, **values
        )
        empty_arrivals(Arrival.objects.filter(invitation=row.pk))
        Placement.objects.filter(Q(invitation=row.pk) | Q(anchor=row.pk)).exclude(reason="").update(reason="")
    return number


def _erase(subject: privacy.Subject) -> bool:
    number = _empty(_mine(subject), timezone.now())
    for row in _represented_by(subject):
        with translation.override(row.language):
            neutral = Localized({row.language: pgettext("instead of a person's name", "erased")})
        if (row.representative, row.representative_function) == (neutral, ""):
            continue  # erased before: every erased person is called so
        number += Invitation.objects.filter(pk=row.pk).update(representative=neutral, representative_function="")
    return bool(number)


privacy.register("invitations", export=_export, erase=_erase)


def _old(before: dt.datetime) -> int:
    day = timezone.localdate(before)
    past = Q(activity__last_day__lt=day) | Q(activity__last_day__isnull=True, made_at__lt=before)
    rows = list(Invitation.objects.filter(past, emptied_at=None).select_related("person"))
    number = _empty(rows, timezone.now())
    for person in {row.person for row in rows if row.person}:
        _forget(person)
    return number


def _forget(person: Person) -> None:
    """Who was known for nothing but an invitation goes with it; whom something else needs stays."""
    if person.user_id:
        return
    for one in Person._meta.related_objects:
        rows: Any = one.related_model._base_manager
        if rows.filter(**{one.field.name: person}).exists():
            return
    person.delete()


retention.register("participation.invitation", _old)


def _old_reasons(before: dt.datetime) -> int:
    """Those of the logos too, which no guest takes along."""
    return Placement.objects.filter(placed_at__lt=before).exclude(reason="").update(reason="")


retention.register("participation.placement", _old_reasons)
