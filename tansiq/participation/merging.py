"""What participation moves when two records are found to be one person: registrations, invitations, the trainer.

Attendance, tests, certificates, nominations and personal links hang on the registration or invitation and go with it. So a
person whom two records counted twice is counted once by the cascade.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tansiq.participation.models import Invitation, Registration, Trainer
from tansiq.people import merging
from tansiq.people.models import Person


def _two_registrations(keep: Person, drop: Person) -> None:
    standing = Registration.objects.exclude(state__in=Registration.OVER).select_related("admission__activity")
    known = {row.admission_id: row for row in standing.filter(person=keep)}
    for row in standing.filter(person=drop, admission__in=known):
        other = known[row.admission_id]
        raise merging.Collides(
            _("Both are registered for “%(activity)s”: number %(one)s (%(one_state)s) and number %(other)s (%(other_state)s). Cancel the one that is not needed, then merge.")
            % {
                "activity": row.admission.activity.title, "one": other.number, "one_state": other.get_state_display(),
                "other": row.number, "other_state": row.get_state_display(),
            }
        )  # fmt: skip


def _two_invitations(keep: Person, drop: Person) -> None:
    standing = Invitation.objects.exclude(state=Invitation.State.WITHDRAWN).select_related("activity")
    known = {row.activity_id: row for row in standing.filter(person=keep)}
    for row in standing.filter(person=drop, activity__in=known):
        other = known[row.activity_id]
        raise merging.Collides(
            _("Both are invited to “%(activity)s”: guest number %(one)s (%(one_state)s) and number %(other)s (%(other_state)s). Withdraw the one that is not needed, then merge.")
            % {
                "activity": row.activity.title, "one": other.number, "one_state": other.get_state_display(),
                "other": row.number, "other_state": row.get_state_display(),
            }
        )  # fmt: skip


merging.register_rows(Registration, gettext_lazy("registrations"), refuse=_two_registrations)
merging.register_rows(Invitation, gettext_lazy("invitations"), refuse=_two_invitations)


def _of(person: Person) -> Trainer | None:
    return Trainer.objects.filter(person=person).first()


def _facts(row: Trainer) -> dict[str, Any]:
    return {
        "id": str(row.pk), "qualified_at": str(row.qualified_at_id) if row.qualified_at_id else None,
        "valid_until": row.valid_until.isoformat() if row.valid_until else None,
        "activities": [str(key) for key in row.activities.values_list("pk", flat=True)],
    }  # fmt: skip


def _move_trainer(keep: Person, drop: Person) -> dict[str, Any]:
    """One trainer who has led what both have led; valid as long as the longer of the two."""
    mine, theirs = _of(keep), _of(drop)
    if theirs is None:
        return {}
    if mine is None:
        Trainer.objects.filter(pk=theirs.pk).update(person=keep)
        return {"whole": str(theirs.pk)}
    data = {"before": _facts(mine), "dropped": _facts(theirs)}
    mine.activities.add(*theirs.activities.all())
    mine.qualified_at_id = mine.qualified_at_id or theirs.qualified_at_id
    mine.valid_until = max((one for one in (mine.valid_until, theirs.valid_until) if one), default=None)
    mine.save()
    theirs.delete()
    return data


def _trainer_back(keep: Person, drop: Person, data: Any) -> None:
    if data.get("whole"):
        Trainer.objects.filter(pk=data["whole"], person=keep).update(person=drop)
    if "dropped" not in data:
        return
    old, before = data["dropped"], data["before"]
    row = Trainer.objects.create(
        pk=old["id"], person=drop, qualified_at_id=old["qualified_at"], valid_until=_day(old["valid_until"])
    )
    row.activities.add(*old["activities"])
    mine = _of(keep)
    if mine is not None:
        mine.activities.remove(*(set(old["activities"]) - set(before["activities"])))
        mine.qualified_at_id, mine.valid_until = before["qualified_at"], _day(before["valid_until"])
        mine.save()


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


merging.register(
    "participation.trainer", label=gettext_lazy("trainer"), move=_move_trainer, back=_trainer_back,
    count=lambda one: Trainer.objects.filter(person=one).count(),
)  # fmt: skip
