"""Two records of one person become one. Each room says how what it holds moves, and how it comes back.

Nothing is lost: what collides (two standing registrations for one activity) is refused by name and settled by a person first;
spellings of the dropped record stay as known spellings; its identifier still finds the person; personal links, codes and
certificates hang on registrations and invitations, which move whole. The last merge of a person can be undone.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.core.localized import Localized
from tansiq.people import privacy, retention
from tansiq.people.models import Membership, Person, PersonMerge, PersonPair

FIELDS = ("email", "telephone")


class Collides(Refused):
    """Both hold what one person holds once: a person settles it first."""


class CannotMerge(Refused):
    """These two are not merged."""


class CannotUndo(Refused):
    """This merge is not undone."""


@dataclass(frozen=True)
class _Mover:
    label: Any
    move: Callable[[Person, Person], Any]
    back: Callable[[Person, Person, Any], None]
    count: Callable[[Person], int]


_MOVERS: dict[str, _Mover] = {}


def register(
    name: str, *, label: Any, move: Callable[[Person, Person], Any], back: Callable[[Person, Person, Any], None],
    count: Callable[[Person], int],
) -> None:  # fmt: skip
    """Say how what a room holds of a person moves; called from a module that `AppConfig.ready` imports.

    move   (keep, drop) -> JSON data that `back` needs; raises Collides where it cannot be
    back   (keep, drop, data): the same to the record that is there again
    count  how many rows one person has, for whoever compares two
    """
    _MOVERS[name] = _Mover(label, move, back, count)


def register_rows(model: Any, label: Any, *, refuse: Callable[[Person, Person], None] | None = None) -> None:
    """The usual case: rows of a model with a foreign key `person`. `refuse` raises Collides."""
    rows: Any = model._base_manager

    def move(keep: Person, drop: Person) -> list[str]:
        if refuse:
            refuse(keep, drop)
        found = [str(key) for key in rows.filter(person=drop).values_list("pk", flat=True)]
        rows.filter(pk__in=found).update(person=keep)
        return found

    def back(keep: Person, drop: Person, data: Any) -> None:
        rows.filter(pk__in=data, person=keep).update(person=drop)

    register(model._meta.label_lower, label=label, move=move, back=back, count=lambda one: rows.filter(person=one).count())  # fmt: skip


def holdings(person: Person) -> list[tuple[str, int]]:
    """What hangs on a person, in words and numbers: one query for each kind."""
    counted = ((one.label, one.count(person)) for one in _MOVERS.values() if one.label)
    return [(str(label), number) for label, number in counted if number]


# --- The values of two ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """field  "email", "telephone" or "name.ar": what `merge` is told to take from the dropped one"""

    field: str
    kept: str
    dropped: str


def differences(keep: Person, drop: Person) -> list[Difference]:
    """What both have and say differently: a person chooses. What one of them lacks comes from the other."""
    found = [
        Difference(f"name.{code}", keep.name[code], drop.name[code])
        for code in keep.name
        if code in drop.name and keep.name[code] != drop.name[code]
    ]
    for name in FIELDS:
        kept, dropped = getattr(keep, name), getattr(drop, name)
        if kept and dropped and kept != dropped:
            found.append(Difference(name, kept, dropped))
    return found


def _values(person: Person) -> dict[str, Any]:
    return {
        "name": dict(person.name), "reference_language": person.reference_language, "email": person.email,
        "telephone": person.telephone, "other_spellings": list(person.other_spellings), "is_fictional": person.is_fictional,
        "user": str(person.user_id) if person.user_id else None,
    }  # fmt: skip


def _set(person: Person, values: Mapping[str, Any], names: Any) -> None:
    for name in names:
        setattr(person, name, Localized(values[name]) if name == "name" else values[name])


def _joined(keep: Person, drop: Person, take: frozenset[str]) -> dict[str, Any]:
    name = {**drop.name, **keep.name}
    name |= {code: drop.name[code] for code in drop.name if f"name.{code}" in take}
    values: dict[str, Any] = {"name": name}
    for field in FIELDS:
        kept, dropped = getattr(keep, field), getattr(drop, field)
        values[field] = dropped if dropped and (field in take or not kept) else kept
    known = set(name.values())
    values["other_spellings"] = [one for one in dict.fromkeys([*keep.spellings, *drop.spellings]) if one not in known]
    return values


# --- Merging and undoing --------------------------------------------------------------------------------------------


@transaction.atomic
def merge(
    *, keep: Person, drop: Person, by: Any, now: dt.datetime, because: str, take: frozenset[str] = frozenset()
) -> PersonMerge:
    """Make one of two records of the same person; the other is gone, and its identifier finds the kept one.

    take  of the fields that `differences` names, those whose value comes from the dropped one
    Raises CannotMerge, Collides. Everything moves or nothing.
    """
    because = " ".join(because.split())[:300]
    if not because:
        raise CannotMerge(_("Write why these two are one person, in a few words: whoever asks later finds it."))
    if keep.pk == drop.pk:
        raise CannotMerge(_("This is one record already."))
    keep, drop = _locked(keep.pk, drop.pk)
    if keep.is_fictional != drop.is_fictional:
        raise CannotMerge(_("One of these two is marked as fictional and the other is not. Mend that first."))
    if keep.user_id and drop.user_id:
        raise CannotMerge(_("Both can log in, with different addresses. End one of the two users first."))
    unknown = sorted(take - {one.field for one in differences(keep, drop)})
    if unknown:
        raise CannotMerge(_("There is nothing to choose between in: %(fields)s.") % {"fields": ", ".join(unknown)})
    values = {"dropped": _values(drop), "before": _values(keep)}
    after, user, dropped = _joined(keep, drop, take), drop.user, drop.pk
    moved = {name: one.move(keep, drop) for name, one in _MOVERS.items()}
    _refuse_left(drop)
    drop.delete()
    _set(keep, after, after)
    keep.user = keep.user or user
    keep.save()
    values["after"] = _values(keep)
    row = PersonMerge.objects.create(
        kept=keep, dropped=dropped, values=values, moved=moved, because=because,
        merged_at=now, merged_by=journal.actor(by).id,
    )  # fmt: skip
    numbers = {name: [len(data), 0] for name, data in moved.items() if data}
    journal.record("people.merge", keep, by=by, now=now, changes={"dropped": [str(row.dropped), None], **numbers})
    return row


def _locked(*keys: uuid.UUID) -> list[Person]:
    # In one order whoever asks: two who merge the same two from both sides wait instead of locking each other out.
    for key in sorted(keys):
        Person.objects.select_for_update().only("pk").filter(pk=key).first()
    found = Person.objects.select_related("user").in_bulk(keys)
    if len(found) != len(keys):
        raise CannotMerge(_("One of these two is gone: perhaps somebody merged them just now. Load the list again."))
    return [found[key] for key in keys]


def _refuse_left(drop: Person) -> None:
    """A room that holds persons and did not say how they move would lose them here: that is a bug, and loud."""
    for one in Person._meta.get_fields(include_hidden=True):
        model: Any = one.related_model
        if not one.auto_created or one.concrete or model is Person:
            continue
        if model._base_manager.filter(**{one.field.name: drop.pk}).exists():  # type: ignore[union-attr]
            raise RuntimeError(f"{model._meta.label_lower} does not say how it moves")


@transaction.atomic
def undo(*, merge: PersonMerge, by: Any, now: dt.datetime) -> Person:
    """Two records again, with what each had; what came after the merge stays with the kept one. Raises CannotUndo."""
    PersonMerge.objects.select_for_update().only("pk").get(pk=merge.pk)
    row = PersonMerge.objects.select_related("kept__user").get(pk=merge.pk)
    if row.undone_at:
        raise CannotUndo(_("This merge was undone before."))
    if not row.values:
        raise CannotUndo(_("What is needed to undo this merge was deleted: the person was erased, or the time for it is over."))  # fmt: skip
    later = PersonMerge.objects.filter(kept=row.kept, undone_at=None, merged_at__gt=row.merged_at)
    if later.exists():
        raise CannotUndo(_("The same person was merged again since. Undo the later merge first."))
    keep, old = row.kept, row.values["dropped"]
    if old["user"] and str(keep.user_id) == old["user"] and not row.values["before"]["user"]:
        keep.user = None
    # A value that somebody changed since stays as it is.
    same = [name for name in ("name", "other_spellings", *FIELDS) if _values(keep)[name] == row.values["after"][name]]
    _set(keep, row.values["before"], same)
    keep.save()
    drop = Person(pk=row.dropped, user_id=old["user"] if keep.user_id is None else None)
    _set(drop, old, [name for name in old if name != "user"])
    drop.save(force_insert=True)
    for name, data in row.moved.items():
        if name in _MOVERS:
            _MOVERS[name].back(keep, drop, data)
    row.undone_at, row.values, row.moved = now, {}, {}
    row.save(update_fields=["undone_at", "values", "moved"])
    journal.record("people.undo_merge", keep, by=by, now=now, changes={"dropped": [None, str(row.dropped)]})
    return drop


# --- What people holds itself ---------------------------------------------------------------------------------------


def _move_pairs(keep: Person, drop: Person) -> list[str]:
    """Of whom somebody said that the dropped one is another, the kept one is another too; open questions are asked anew."""
    rows = PersonPair.objects.filter(models.Q(first=drop) | models.Q(second=drop))
    moved = []
    for row in rows.filter(verdict=PersonPair.Verdict.TWO):
        other = row.second_id if row.first_id == drop.pk else row.first_id
        if other != keep.pk:
            _two(keep.pk, other, row)
            moved.append(str(other))
    rows.delete()
    return moved


def _two(one: uuid.UUID, other: uuid.UUID, like: PersonPair) -> None:
    first, second = sorted((one, other))
    values = {"score": like.score, "verdict": like.verdict, "found_at": like.found_at, "decided_at": like.decided_at, "decided_by": like.decided_by}  # fmt: skip
    PersonPair.objects.update_or_create(first_id=first, second_id=second, defaults=values)


def _pairs_back(keep: Person, drop: Person, data: Any) -> None:
    for other in Person.objects.filter(pk__in=data):
        like = PersonPair.objects.filter(
            models.Q(first=keep, second=other) | models.Q(first=other, second=keep)
        ).first()
        if like:
            _two(drop.pk, other.pk, like)


def _move_merges(keep: Person, drop: Person) -> list[str]:
    found = [str(key) for key in PersonMerge.objects.filter(kept=drop).values_list("pk", flat=True)]
    PersonMerge.objects.filter(kept=drop).update(kept=keep)
    return found


def _merges_back(keep: Person, drop: Person, data: Any) -> None:
    PersonMerge.objects.filter(pk__in=data, kept=keep).update(kept=drop)


register_rows(Membership, gettext_lazy("functions in organisations"))
register("people.personpair", label="", move=_move_pairs, back=_pairs_back, count=lambda one: 0)
register("people.personmerge", label="", move=_move_merges, back=_merges_back, count=lambda one: 0)


def _merges(subject: privacy.Subject) -> Any:
    return PersonMerge.objects.filter(kept=subject.person) if subject.person else PersonMerge.objects.none()


def _empty(rows: Any) -> int:
    return rows.exclude(values={}, moved={}, because="–").update(values={}, moved={}, because="–")


def _erase(subject: privacy.Subject) -> bool:
    person = subject.person
    pairs = PersonPair.objects.filter(models.Q(first=person) | models.Q(second=person)) if person else PersonPair.objects.none()  # fmt: skip
    return bool(pairs.delete()[0] + _empty(_merges(subject)))


privacy.register(
    "merges",
    export=lambda subject: [
        {
            "dropped": str(row.dropped), "because": row.because, "merged": row.merged_at.isoformat(),
            "undone": row.undone_at and row.undone_at.isoformat(), "values": row.values,
        }
        for row in _merges(subject)
    ],
    erase=_erase,
)  # fmt: skip
retention.register("people.personmerge", lambda before: _empty(PersonMerge.objects.filter(merged_at__lt=before)))
