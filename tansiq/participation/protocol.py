"""Three orders: precedence of the guests, of the speeches, of the logos. Each by a rule, corrected by hand, explained.

Nothing is stored but what was done by hand ("before", "after" another): an answer that changes re-orders by itself.
Why somebody stands where is for the protocol officer alone.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _

from tansiq.coordination import runofshow
from tansiq.coordination.models import RunOfShow
from tansiq.coordination.paper import in_words
from tansiq.core import journal, packs
from tansiq.core.errors import Refused
from tansiq.core.exchange import Loading, Section, array, obj, plain, register
from tansiq.core.language import fold
from tansiq.core.localized import Localized
from tansiq.participation.guests import guests_of, ranks
from tansiq.participation.models import Invitation, Placement
from tansiq.people.models import Organisation
from tansiq.programme.models import Activity, Involvement, Role

Order = Placement.Order
K = TypeVar("K", bound=Hashable)
RULES = {"representative": "own_rank", "speaking": "reversed", "logos_first": []}


class CannotPlace(Refused):
    """Nobody can be put there by hand."""


def rules() -> dict[str, Any]:
    """The country's rules: representative "own_rank" | "represented", speaking "reversed" | "precedence", logos_first."""
    return {**RULES, **packs.section("protocol", {})}


def _keep(loading: Loading, value: Any) -> None:
    packs.keep("protocol", plain(value))


register(
    "pack",
    Section(
        "protocol",
        obj(
            {
                "representative": {"enum": ["own_rank", "represented"]}, "speaking": {"enum": ["reversed", "precedence"]},
                "logos_first": array({"type": "string", "maxLength": 80}), "source": {"type": "string"},
            }
        ),
        _keep,
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Seat:
    """One place in an order: whose, why by the rule, and what was done by hand; `position` from 1."""

    position: int
    subject: Any
    because: tuple[str, ...]
    by_hand: Placement | None = None
    beside: Any = None

    def explain(self) -> str:
        """Why it stands here, in sentences; the reason that was given by hand with it. For the protocol officer."""
        lines = list(self.because)
        if self.by_hand:
            is_before = self.by_hand.side == Placement.Side.BEFORE
            text = _("By hand: before %(other)s.") if is_before else _("By hand: after %(other)s.")
            lines.insert(0, text % {"other": self.beside})
            if self.by_hand.reason:
                lines.insert(1, _("Reason: %(reason)s") % {"reason": self.by_hand.reason})
        return " ".join(lines)


def replayed(keys: Sequence[K], moves: Iterable[tuple[K, K, str]]) -> list[K]:
    """The order after what was done by hand, in the order in which it was done; who is gone moves nobody."""
    found = list(keys)
    for key, anchor, side in moves:
        if key in found and anchor in found and key != anchor:
            found.remove(key)
            found.insert(found.index(anchor) + (side == Placement.Side.AFTER), key)
    return found


def _seats(
    subjects: Sequence[Any], placements: Sequence[Placement], because: Callable[[Any], list[str]], *, shown: Callable[[Any], bool],
    pinned: frozenset[Any] = frozenset(),
) -> list[Seat]:  # fmt: skip
    by_key = {one.pk: one for one in subjects}
    moves = [(one.invitation_id or one.organisation_id, one.anchor_id or one.beside_id, one.side) for one in placements]
    keys = replayed([one.pk for one in subjects], moves)
    keys = [key for key in keys if key in pinned] + [key for key in keys if key not in pinned]
    last = {key: (row, by_key.get(anchor)) for (key, anchor, _side), row in zip(moves, placements, strict=True)}
    found: list[Seat] = []
    for key in keys:
        if shown(by_key[key]):
            by_hand, beside = last.get(key, (None, None)) if key not in pinned else (None, None)
            found.append(Seat(len(found) + 1, by_key[key], tuple(because(by_key[key])), by_hand, beside))
    return found


def _placements(activity: Activity, order: str) -> list[Placement]:
    return list(Placement.objects.filter(activity=activity, order=order).order_by("turn"))


# --- Precedence -----------------------------------------------------------------------------------------------------


def stands_for(row: Invitation) -> Localized:
    """Who takes the seat: the guest, or whoever represents the guest."""
    is_represented = row.state == Invitation.State.REPRESENTED and row.representative
    return row.representative if is_represented else row.name


def _by_own_rank(row: Invitation) -> bool:
    return row.state == Invitation.State.REPRESENTED and rules()["representative"] == "own_rank"


def _rank(row: Invitation) -> int | None:
    return row.representative_rank if _by_own_rank(row) else row.rank


def _key(row: Invitation, language: str) -> tuple:
    rank, is_other = _rank(row), _by_own_rank(row)
    appointed = None if is_other else row.appointed
    name = fold(stands_for(row).text(language).value)
    return (rank is None, rank or 0, is_other, appointed is None, appointed or dt.date.max, name, row.number)


def precedence(activity: Activity, rows: Sequence[Invitation] | None = None) -> list[Seat]:
    """All who are still expected, highest first: by rank, seniority, the alphabet of the activity's language, by hand."""
    rows = sorted(guests_of(activity) if rows is None else rows, key=lambda row: _key(row, activity.reference_language))
    alike = Counter((_rank(row), _by_own_rank(row)) for row in rows if row.is_expected)
    titles, senior = ranks(), {row.rank for row in rows if row.appointed and row.is_expected and not _by_own_rank(row)}

    def because(row: Invitation) -> list[str]:
        return _why(row, titles, alike[_rank(row), _by_own_rank(row)] > 1, _rank(row) in senior)

    return _seats(rows, _placements(activity, Order.PRECEDENCE), because, shown=lambda row: row.is_expected)


def _why(row: Invitation, titles: dict[int, Localized], has_peers: bool, has_senior: bool) -> list[str]:
    rank = _rank(row)
    title = _("rank %(rank)s, %(title)s") % {"rank": rank, "title": titles.get(rank or 0, "–")}
    if _by_own_rank(row):
        if rank is None:
            return [_("A representative stands by the own rank, which is not known yet: after all who have one. Give the rank.")]  # fmt: skip
        lines = [_("A representative stands by the own rank (%(rank)s), just after those who hold it themselves.") % {"rank": title}]  # fmt: skip
        return lines + ([_("Among these by the alphabet.")] if has_peers else [])
    lines = []
    if row.state == Invitation.State.REPRESENTED:
        lines.append(_("A representative takes the place of the one who is represented."))
    if rank is None:
        lines.append(_("No rank is known: after all who have one."))
    else:
        lines.append(_("By %(rank)s.") % {"rank": title})
    if has_peers and row.appointed:
        day = in_words(row.appointed, translation.get_language() or "")
        lines.append(_("Among those of the same rank by seniority: in office since %(day)s.") % {"day": day})
    elif has_peers and has_senior:
        lines.append(_("Among those of the same rank by the alphabet, after those whose seniority is known."))
    elif has_peers:
        lines.append(_("Among those of the same rank by the alphabet."))
    return lines


def explain(invitation: Invitation, *, order: str = Order.PRECEDENCE, language: str = "") -> str:
    """Why a guest stands where; "" for one who is not in this order."""
    with translation.override(language or translation.get_language()):
        seats = of(invitation.activity, order)
        seat = next((one for one in seats if one.subject.pk == invitation.pk), None)
        return seat.explain() if seat else ""


def of(activity: Activity, order: str) -> list[Seat]:
    """One of the three orders."""
    return {Order.PRECEDENCE: precedence, Order.SPEAKING: speaking, Order.LOGOS: logos}[Order(order)](activity)


# --- Speeches -------------------------------------------------------------------------------------------------------


def speaking(activity: Activity, rows: Sequence[Invitation] | None = None) -> list[Seat]:
    """Who takes the floor, in the order of the run of show, else of the agenda, else by the country's rule; by hand.

    Whom the run of show lets speak and who is no guest (the host, a presenter) stands there too, as an invitation that is
    not stored: `is_guest` tells. They are moved in the run of show.
    """
    rows = guests_of(activity) if rows is None else rows
    ranked = [seat.subject for seat in precedence(activity, rows)]
    at: dict[Any, tuple[int, str]] = {}
    others: dict[Any, Invitation] = {}
    invited = {row.pk for row in ranked}
    for number, line in enumerate(_lines(activity)):
        row = _speaker(ranked, line.organisation, _folded(line.words))
        if row is None and line.is_show and _speaker(rows, line.organisation, _folded(line.words)) is None:
            row = _not_invited(activity, line)
            others[row.pk] = row
        if row is not None:
            at.setdefault(row.pk, (number, line.why))
    _name_houses(others.values())
    is_reversed = rules()["speaking"] == "reversed"
    rest = [row for row in ranked if row.speaks and row.pk not in at]
    rest = rest[::-1] if is_reversed else rest
    order = sorted((row for row in [*ranked, *others.values()] if row.pk in at), key=lambda row: at[row.pk][0]) + rest

    def because(row: Invitation) -> list[str]:
        if row.pk in at:
            return [at[row.pk][1]] if row.pk in invited else [at[row.pk][1], _("Not on the list of guests.")]
        lines = [_("Not in the run of show: after those who are.")] if at else []
        if is_reversed:
            return [*lines, _("By the rule: the highest in precedence speaks last.")]
        return [*lines, _("By the rule: the highest in precedence speaks first.")]

    return _seats(order, _placements(activity, Order.SPEAKING), because, shown=lambda row: True)


@dataclass(frozen=True)
class _Line:
    """A line with a speaker: why it stands where, who by language, the slug of the organisation."""

    why: str
    organisation: str
    words: dict[str, str]
    is_show: bool


def is_guest(row: Any) -> bool:
    """Is it somebody on the list? A speaker of the run of show may be none."""
    return not row._state.adding


def _not_invited(activity: Activity, line: _Line) -> Invitation:
    key = uuid.uuid5(activity.pk, f"{line.organisation} {_folded(line.words)}")
    return Invitation(
        pk=key, activity=activity, number=0, function=Localized(line.words), speaks=True, state="", language="",
        organisation_name=line.organisation,
    )  # fmt: skip


def _name_houses(rows: Collection[Invitation]) -> None:
    slugs = {row.organisation_name for row in rows} - {""}
    found = {one.slug: one for one in Organisation.objects.filter(slug__in=slugs)} if slugs else {}
    for row in rows:
        row.organisation = found.get(row.organisation_name)


def _lines(activity: Activity) -> list[_Line]:
    found = []
    for show in RunOfShow.objects.filter(activity=activity).order_by("day_number"):
        for line in runofshow.rows(show.items, activity.starts_at_time):
            if line.item.get("speaker"):
                why = _("By the run of show: line %(line)s, at %(time)s.") % {"line": line.index + 1, "time": line.time}
                found.append(_Line(why, line.item.get("organisation", ""), line.item["speaker"], True))
    if found:
        return found
    for index, item in enumerate(activity.agenda):
        if item.get("who"):
            why = _("By the agenda: line %(line)s.") % {"line": index + 1}
            found.append(_Line(why, item.get("organisation", ""), item["who"], False))
    return found


def _folded(text: dict[str, str]) -> str:
    return " | ".join(fold(one) for one in text.values())


def _speaker(ranked: Sequence[Invitation], organisation: str, words: str) -> Invitation | None:
    """The guest whom a line means: by name or function in its words, else the only one of its organisation."""
    house = [row for row in ranked if row.organisation and row.organisation.slug == organisation]
    for rows in (house, ranked if not house else []):
        for texts in ("name", "function"):
            for row in rows:
                found = (fold(text) for text in getattr(row, texts).values())
                if any(len(text) > 3 and f" {text} " in f" {words} " for text in found):
                    return row
    return house[0] if len(house) == 1 else None


# --- Logos ----------------------------------------------------------------------------------------------------------


def _partners(activity: Activity) -> tuple[list[Organisation], set[Any]]:
    """Whose logos stand on what is made for the activity, in protocol order; and which of them give money."""
    subjects = [activity.pk, *([activity.project_id] if activity.project_id else []), activity.programme_id]
    rows = Involvement.objects.filter(subject_id__in=subjects).select_related("organisation").order_by("position", "id")
    by_subject: dict[Any, list[Involvement]] = {pk: [] for pk in subjects}
    for row in rows:
        by_subject[row.subject_id].append(row)
    own = by_subject[activity.pk] or by_subject[activity.programme_id]
    money = [row for row in rows if row.role == Role.FUNDER]
    found = dict.fromkeys(row.organisation for row in [*own, *money])
    return list(found), {row.organisation_id for row in money}


def logos(activity: Activity) -> list[Seat]:
    """Organisations in the order of their logos. What funders' rules of visibility put first no hand puts lower."""
    partners, funders = _partners(activity)
    first = rules()["logos_first"]
    pinned = frozenset(one.pk for one in partners if one.slug in first and one.pk in funders)
    partners.sort(key=lambda one: first.index(one.slug) if one.pk in pinned else len(first))

    def because(one: Organisation) -> list[str]:
        if one.pk in pinned:
            return [_("The rules of visibility of this funder put its logo first.")]
        return [_("In the protocol order of those who have a part in it.")]

    return _seats(partners, _placements(activity, Order.LOGOS), because, shown=lambda one: True, pinned=pinned)


# --- By hand --------------------------------------------------------------------------------------------------------


@transaction.atomic
def place(
    *, activity: Activity, order: str, subject: Any, beside: Any, side: str, by: Any, now: dt.datetime, reason: str = ""
) -> Placement:
    """Put a guest (or an organisation's logo) before or after another. It stays so when others are added or answer.

    The same as the last time (a double click) changes nothing. Raises CannotPlace.
    """
    Activity.objects.select_for_update().only("pk").get(pk=activity.pk)
    is_logo = order == Order.LOGOS
    known = {one.subject.pk: one for one in of(activity, order)}
    if (
        subject.pk == beside.pk
        or subject.pk not in known
        or beside.pk not in known
        or side not in Placement.Side.values
    ):
        raise CannotPlace(_("These two do not stand in this order. Load the page again."))
    if not (is_guest(known[subject.pk].subject) and is_guest(known[beside.pk].subject)):
        raise CannotPlace(_("Whoever is not on the list of guests is moved in the run of show."))
    if is_logo:
        _partner_list, funders = _partners(activity)
        first = rules()["logos_first"]
        for one in (subject, beside):
            if one.slug in first and one.pk in funders and (one is subject or side == Placement.Side.BEFORE):
                raise CannotPlace(_("The rules of visibility of %(funder)s put its logo first. Nothing stands before it.") % {"funder": one})  # fmt: skip
    names = ("organisation", "beside") if is_logo else ("invitation", "anchor")
    values: dict[str, Any] = {names[0]: subject, names[1]: beside, "side": side, "reason": reason.strip()[:300]}
    last = Placement.objects.filter(activity=activity, order=order).order_by("-turn").first()
    if last and all(getattr(last, name) == value for name, value in values.items()):
        return last
    turn = (Placement.objects.filter(activity=activity, order=order).aggregate(top=Max("turn"))["top"] or 0) + 1
    row = Placement.objects.create(activity=activity, order=order, turn=turn, placed_at=now, **values)
    label = "slug" if is_logo else "number"
    changes = {"order": [None, order], side: [getattr(subject, label), getattr(beside, label)]}
    journal.record("participation.place", row, by=by, now=now, changes=changes)
    return row


@transaction.atomic
def reset(*, activity: Activity, order: str, by: Any, now: dt.datetime, subject: Any = None) -> int:
    """Take back what was done by hand for one, or in the whole order: the rule counts again. Returns how many."""
    Activity.objects.select_for_update().only("pk").get(pk=activity.pk)
    rows = Placement.objects.filter(activity=activity, order=order)
    if subject is not None:
        rows = rows.filter(**{"organisation" if order == Order.LOGOS else "invitation": subject})
    done = [journal.Done("participation.reset_place", row, {"order": [order, None]}) for row in rows]
    number = rows.delete()[0]
    journal.record_all(done, by=by, now=now)
    return number
