"""Who of the registered is behind a name that a conference system showed: by link, by address, by spelling, or unsaid.

What is not certain is never guessed: it comes with the evidence for a person to decide.
"""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from tansiq.core.language import fold
from tansiq.participation.models import Admission, Registration
from tansiq.participation.stays import Interval, Stay, union
from tansiq.people.names import Index, Match, is_certain
from tansiq.people.namewords import words

CANDIDATES = 3
# A given name alone is worth showing, less says nothing; a host of whom even less can be said runs the meeting.
RESEMBLES, IS_HOST_BELOW = 0.3, 0.8
JOIN_LINK, EMAIL, SPELLING, COMPARISON, DECISION = "join_link", "email", "spelling", "comparison", "decision"
_ARABIC = re.compile("[\u0600-\u06ff]")


@dataclass
class Shown:
    """One appearance in reports: the same name, address and id, however often it came and went.

    keys   under which a decision about it is remembered: for this row, this report, all reports; the first that fits
    stays  [(SHA-256 of the report, stay)]
    """

    keys: tuple[str, str, str]
    stays: list[tuple[str, Stay]] = field(default_factory=list)
    is_single: bool = False

    @property
    def first(self) -> Stay:
        return self.stays[0][1]

    @property
    def name(self) -> str:
        return self.first.name

    @property
    def has_account(self) -> bool:
        return bool(self.first.email or self.first.join_id)

    @property
    def key(self) -> str:
        """Where it is kept who this is."""
        return self.keys[0] if self.is_single else self.keys[2] if self.has_account else self.keys[1]

    @property
    def remembered_key(self) -> str:
        """Where a person's decision is kept: for the next reports too, if this can only be one person.

        "iPhone" or "Ahmed" alone is somebody else in the next report.
        """
        return self.keys[2] if not self.is_single and len(words(self.name)) > 1 else self.key

    @property
    def intervals(self) -> list[Interval]:
        return [(stay.joined, stay.left) for _report, stay in self.stays]

    @property
    def overlaps(self) -> bool:
        """At some moment it was connected twice: two devices of one person, or two people of one name."""
        alone = sum((end - start).total_seconds() for start, end in self.intervals)
        return alone - sum((end - start).total_seconds() for start, end in union(self.intervals)) > 60


@dataclass(frozen=True)
class Candidate:
    """Who it might be; `why` is a translated sentence."""

    registration: Registration
    name: str
    score: float
    why: str


@dataclass(frozen=True)
class Evidence:
    """registration is None where nothing is certain: then a person decides among the candidates, best first."""

    shown: Shown
    registration: Registration | None = None
    matched_by: str = ""
    score: float = 0.0
    candidates: list[Candidate] = field(default_factory=list)


def keys_of(report: str, stay: Stay) -> tuple[str, str, str]:
    """Of one row, of this name in this report, of this name in every report. `report` is its SHA-256."""
    known = "|".join([stay.join_id[:60], stay.email[:120], fold(stay.name)[:90], fold(stay.other_name)[:60]])
    return f"{report[:16]}:{stay.row}|{known}", f"{report[:16]}|{known}", known


def gather(stays: Iterable[tuple[str, Stay]]) -> list[Shown]:
    """The appearances, in the order of their first row."""
    found: dict[str, Shown] = {}
    for report, stay in stays:
        keys = keys_of(report, stay)
        # A name alone is gathered report by report; with an address or an id it is one everywhere.
        at = keys[2] if stay.email or stay.join_id else keys[1]
        found.setdefault(at, Shown(keys)).stays.append((report, stay))
    return list(found.values())


def apart(shown: Shown) -> list[Shown]:
    """Each row by itself: where a name was connected twice at once and nobody knows whose it is."""
    return [Shown(keys_of(report, stay), [(report, stay)], is_single=True) for report, stay in shown.stays]


class Registered:
    """Those who may have come to an activity. Whoever cancelled may have come too, but that is for a person to say."""

    _NOT = (Registration.State.EXPIRED, Registration.State.DECLINED, Registration.State.UNVERIFIED)

    def __init__(self, admission: Admission) -> None:
        rows = admission.registrations.exclude(state__in=self._NOT).select_related("person").order_by("number")
        self.rows: dict[uuid.UUID, Registration] = {row.pk: row for row in rows}
        self._by_number = {str(row.number): row for row in self.rows.values()}
        self._takes_numbers = "{number}" in admission.joining.get("url", "")
        self._by_address: dict[str, list[Registration]] = defaultdict(list)
        for row in self.rows.values():
            for address in {row.address_key, row.person.email.lower()} - {""}:
                self._by_address[address].append(row)

    @cached_property
    def _index(self) -> Index[uuid.UUID]:
        return Index((row.pk, row.person.spellings) for row in self.rows.values())

    def by_link(self, join_id: str) -> Registration | None:
        try:
            return self.rows.get(uuid.UUID(join_id))
        except ValueError:
            return self._by_number.get(join_id) if self._takes_numbers else None

    def by_address(self, address: str) -> Registration | None:
        """None too where two share an address: then the names must say who it is."""
        found = [row for row in self._by_address.get(address, ()) if not row.is_over]
        return found[0] if len(found) == 1 else None

    def evidence(self, shown: Shown) -> Evidence:
        stay = shown.first
        named = self._named(shown)
        found, way = self.by_link(stay.join_id) if stay.join_id else None, JOIN_LINK
        if found is None and stay.email:
            found, way = self.by_address(stay.email), EMAIL
        if found is None:
            return named
        if found.is_over or named.registration not in (None, found):
            why = {JOIN_LINK: _("The personal link is theirs."), EMAIL: _("The e-mail address is theirs.")}[way]
            others = [one for one in named.candidates if one.registration != found]
            return Evidence(
                shown, candidates=[Candidate(found, str(found.person), 1.0, self._why(found, why)), *others]
            )
        return Evidence(shown, found, way, 1.0)

    def _named(self, shown: Shown) -> Evidence:
        """By the name that was shown, else by the one before it was changed."""
        nearest: dict[uuid.UUID, Match[uuid.UUID]] = {}
        for name in dict.fromkeys(filter(None, (shown.name, shown.first.other_name))):
            matches = self._index.nearest(name, CANDIDATES)
            for match in matches:
                if match.key not in nearest or nearest[match.key].score < match.score:
                    nearest[match.key] = match
            if is_certain(matches) and not self.rows[matches[0].key].is_over:
                same = bool(_ARABIC.search(name)) == bool(_ARABIC.search(matches[0].spelling))
                first = self._candidate(nearest[matches[0].key])
                return Evidence(
                    shown, first.registration, SPELLING if same else COMPARISON, first.score, [first]
                )  # fmt: skip
        ranked = sorted(nearest.values(), key=lambda one: -round(one.score, 4))[:CANDIDATES]
        return Evidence(shown, candidates=[self._candidate(one) for one in ranked if round(one.score, 4) >= RESEMBLES])

    def _candidate(self, match: Match[uuid.UUID]) -> Candidate:
        row = self.rows[match.key]
        return Candidate(row, match.spelling, round(match.score, 4), self._why(row, match.reason))

    @staticmethod
    def _why(row: Registration, reason: Any) -> str:
        return f"{reason} ({row.get_state_display()})" if row.state != Registration.State.CONFIRMED else str(reason)


def match(stays: Iterable[tuple[str, Stay]], registered: Registered, decided: dict[str, Any]) -> list[Evidence]:
    """What is known of each appearance.

    decided  {key: registration id, or None for nobody of ours}, as a person said it or an earlier report showed
    An appearance that was decided to be nobody has `matched_by` "decision" and no registration.
    """
    found: list[Evidence] = []
    for shown in gather(stays):
        one = _one(shown, registered, decided)
        if one.matched_by == "" and not shown.has_account and shown.overlaps:
            found += [_one(single, registered, decided) for single in apart(shown)]
        else:
            found.append(one)
    return _without_rivals(found)


def _one(shown: Shown, registered: Registered, decided: dict[str, Any]) -> Evidence:
    for key in shown.keys:
        if key in decided:
            row = registered.rows.get(decided[key]) if decided[key] else None
            if row is not None or decided[key] is None:
                return Evidence(shown, row, DECISION, 1.0)
    return registered.evidence(shown)


def _without_rivals(found: list[Evidence]) -> list[Evidence]:
    """Two accounts that by their names alone would be one person: a person says whether they are."""
    accounts: dict[uuid.UUID, set[str]] = defaultdict(set)
    for one in found:
        if one.registration is not None and one.shown.first.email and one.matched_by != DECISION:
            accounts[one.registration.pk].add(one.shown.first.email)
    return [
        Evidence(one.shown, candidates=one.candidates)
        if one.registration is not None
        and one.matched_by in (SPELLING, COMPARISON)
        and one.shown.first.email
        and len(accounts[one.registration.pk]) > 1
        else one
        for one in found
    ]


def runs_the_meeting(one: Evidence) -> bool:
    """A host whom nobody of the registered resembles."""
    is_host = any(stay.is_host for _report, stay in one.shown.stays)
    return is_host and not one.matched_by and all(each.score < IS_HOST_BELOW for each in one.candidates)
