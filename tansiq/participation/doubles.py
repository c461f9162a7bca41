"""One person named twice: by two administrations, or named and registered by the public form as well.

Found by e-mail, telephone and names in both scripts. Where address or telephone and the name agree there is no doubt;
everything else goes to a person with the evidence side by side, and what that person decides is remembered.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.participation import nominees, registration
from tansiq.participation import places as scarce
from tansiq.participation.models import Admission, Double, Nominee, Registration
from tansiq.people.names import Index, compare

NEAR = 0.9  # names less alike than this are not shown without an address or a telephone
AGREES = 0.8  # from here on a name agrees with an address or a telephone that is the same
_DIGITS = 9  # of a telephone: what stays when the country's prefix or the zero is left out


@dataclass(frozen=True)
class Pair:
    """Two entries that may be one person.

    other    a Nominee or a Registration
    names    the spellings that were compared: (one, other, score, reason)
    """

    nominee: Nominee
    other: Nominee | Registration
    has_same_email: bool = False
    has_same_telephone: bool = False
    names: list[tuple[str, str, float, str]] = field(default_factory=list)

    @property
    def score(self) -> float:
        return max((one[2] for one in self.names), default=0.0)

    @property
    def is_certain(self) -> bool:
        return (self.has_same_email or self.has_same_telephone) and self.score >= AGREES

    @property
    def is_with_registration(self) -> bool:
        return isinstance(self.other, Registration)

    def evidence(self) -> dict[str, Any]:
        return {"email": self.has_same_email, "telephone": self.has_same_telephone, "score": round(self.score, 3)}


@dataclass
class _Entry:
    row: Nominee | Registration
    names: list[str]
    email: str
    telephone: str


def _telephone(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    return digits[-_DIGITS:] if len(digits) >= _DIGITS else ""


def _entries(admission: Admission) -> list[_Entry]:
    found: list[_Entry] = []
    rows = Nominee.objects.filter(request__admission=admission, state__in=Nominee.COUNTS)
    rows = rows.select_related("request__organisation", "region", "registration").order_by(
        "request__asked_at", "request__organisation__slug", "position"
    )
    held: set[Any] = set()
    for row in rows:
        row.request.admission = admission
        if row.registration_id:
            held.add(row.registration_id)
        found.append(_Entry(row, list(row.name.values()), row.email, _telephone(row.telephone)))
    others = admission.registrations.exclude(state__in=Registration.OVER).exclude(pk__in=held)
    for one in others.select_related("person", "region", "organisation").order_by("number"):
        one.admission = admission
        found.append(_Entry(one, one.person.spellings, one.address_key, _telephone(one.person.telephone)))
    return found


def find(admission: Admission, *, with_decided: bool = False) -> list[Pair]:
    """Entries that may be one person and that nobody has decided about; those asked first come first. Four queries."""
    entries = _entries(admission)
    pairs: set[tuple[int, int]] = set()
    for value in ("email", "telephone"):
        alike: dict[str, list[int]] = defaultdict(list)
        for number, entry in enumerate(entries):
            if getattr(entry, value):
                alike[getattr(entry, value)].append(number)
        pairs |= {(one, other) for group in alike.values() for one in group for other in group if one < other}
    index = Index((number, entry.names) for number, entry in enumerate(entries))
    for number, entry in enumerate(entries):
        if not isinstance(entry.row, Nominee):
            continue
        for name in entry.names:
            for match in index.nearest(name, 4):
                if match.key != number and match.score >= NEAR and match.likeness.full >= 2:
                    pairs.add((min(number, match.key), max(number, match.key)))
    decided = set() if with_decided else _decided(admission)
    found = []
    for one, other in sorted(pairs):
        first, second = entries[one], entries[other]
        if isinstance(first.row, Registration) or frozenset((first.row.pk, second.row.pk)) in decided:
            continue
        found.append(_pair(first, second))
    return found


def _pair(first: _Entry, second: _Entry) -> Pair:
    names = []
    for spelling in first.names:
        best = max(((other, compare(spelling, other)) for other in second.names), key=lambda one: one[1].score, default=None)  # fmt: skip
        if best:
            names.append((spelling, best[0], best[1].score, best[1].reason))
    assert isinstance(first.row, Nominee)
    return Pair(
        first.row, second.row, bool(first.email) and first.email == second.email,
        bool(first.telephone) and first.telephone == second.telephone, names,
    )  # fmt: skip


def _decided(admission: Admission) -> set[frozenset[uuid.UUID]]:
    rows = Double.objects.filter(nominee__request__admission=admission)
    return {
        frozenset((one, other or third)) for one, other, third in rows.values_list("nominee", "other", "registration")
    }


@transaction.atomic
def decide(
    *,
    nominee: Nominee,
    other: Nominee | Registration,
    verdict: str,
    by: Any,
    now: dt.datetime,
    is_certain: bool = False,
) -> Double:
    """Remember whether two entries are one person. The same decision again changes nothing.

    "same" with a nominee: the first counts and the other one does not (the reserve of its administration steps up);
    with a registration: the nominee takes it over. "two" after "same": the second nominee counts again.
    is_certain  no person decided: the evidence did
    """
    if verdict not in Double.Verdict.values:
        raise Refused(_("Choose an answer."))
    if nominee.pk == other.pk or nominee.request.admission_id != _admission_id(other):
        raise Refused(_("These two entries are not of one activity."))
    admission = nominee.request.admission
    scarce.lock(admission)
    first = nominees.locked(nominee)
    key: dict[str, Any] = {"nominee": first}
    key["registration" if isinstance(other, Registration) else "other"] = other
    swapped = None
    if isinstance(other, Nominee):
        swapped = Double.objects.filter(nominee=other, other=first).first()
    row = swapped or Double.objects.filter(**key).first()
    if row and row.verdict == verdict:
        return row
    pair = next((one for one in find(admission, with_decided=True) if {one.nominee.pk, one.other.pk} == {first.pk, other.pk}), None)  # fmt: skip
    before = row.verdict if row else None
    row = row or Double(**key)
    row.verdict, row.decided_at, row.decided_by = verdict, now, None if is_certain else journal.actor(by).id
    row.evidence = pair.evidence() if pair else row.evidence
    row.save()
    journal.record("participation.decide_double", row, by=by, now=now, changes={"verdict": [before, verdict]})
    if verdict == Double.Verdict.SAME:
        _join(row, by=by, now=now)
    elif before == Double.Verdict.SAME and row.other and row.other.state == Nominee.State.DOUBLE:
        again = row.other
        again.state, again.reason = again.reason.get("was", Nominee.State.NAMED), {}
        again.save(update_fields=["state", "reason"])
    return row


def _admission_id(row: Nominee | Registration) -> uuid.UUID:
    return row.admission_id if isinstance(row, Registration) else row.request.admission_id


def _join(row: Double, *, by: Any, now: dt.datetime) -> None:
    first = nominees.locked(row.nominee)
    if row.other is not None:
        second = nominees.locked(row.other)
        if first.state not in Nominee.COUNTS or second.state not in Nominee.COUNTS:
            return
        was = second.state
        second.state, second.reason = Nominee.State.DOUBLE, {"why": "double", "was": was}
        second.save(update_fields=["state", "reason"])
        nominees.step_up(second, was=was, by=by, now=now)
        return
    assert row.registration is not None
    link(first, row.registration, by=by, now=now)


def link(nominee: Nominee, held: Registration, *, by: Any, now: dt.datetime) -> None:
    """The nominee's registration is one that stands already; of two the one with a place stays."""
    held = Registration.objects.select_related("admission").get(pk=held.pk)
    own = nominee.registration
    if own is not None and not own.is_over and own.pk != held.pk:
        loser = own if held.has_place and not own.has_place else held
        registration.cancel(registration=loser, by=by, now=now)
        if loser.pk == held.pk:
            return
    if nominee.registration_id == held.pk or Nominee.objects.filter(registration=held).exists():
        return
    nominee.registration, nominee.reason = held, {"why": "linked", "how": held.how}
    nominee.save(update_fields=["registration", "reason"])
    # Whom an administration nominated comes first where the rule says so; no counter hangs on it.
    Registration.objects.filter(pk=held.pk).update(how=Registration.How.NOMINATION)
    changes = {"registration": [None, str(held.pk)]}
    journal.record("participation.link_nominee", nominee, by=by, now=now, changes=changes)


def settle_certain(admission: Admission, *, by: Any, now: dt.datetime) -> Iterable[Double]:
    """Decide the pairs without a doubt; in the caller's transaction. Two at one address whose names differ are none."""
    done = []
    while pair := next((one for one in find(admission) if one.is_certain), None):
        done.append(decide(nominee=pair.nominee, other=pair.other, verdict=Double.Verdict.SAME, by=by, now=now, is_certain=True))  # fmt: skip
    return done
