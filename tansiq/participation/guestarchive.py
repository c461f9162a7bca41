"""Sections that only an archive holds of guests, nominations and what people thought: numbers and answers, no names.

A guest is a number with a rank and an answer, as after an erasure. Of what was put into an order by hand only the place
goes along: the reasons are for the protocol officer.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.utils.translation import gettext as _

from tansiq.coordination.models import Letter
from tansiq.core.exchange import Loading, Section, array, drop_empty, obj, plain, register
from tansiq.participation import feedback, registrationarchive
from tansiq.participation.archiving import (
    BOOL,
    DAY,
    INSTANT,
    INT,
    JSON,
    STR,
    Once,
    admission_of,
    admissions_of,
    day,
    enum,
    instant,
    iso,
    kept_here,
    late,
    nameless,
)
from tansiq.participation.models import Feedback, Invitation, NominationRequest, Nominee, Placement
from tansiq.people.models import Region
from tansiq.programme.exchange import programme_of
from tansiq.programme.exporting import Exporting
from tansiq.programme.models import Programme

GUEST = obj(
    {
        "number": INT, "rank": INT, "organisation": STR, "language": {**STR, "maxLength": 12}, "state": enum(Invitation.State),
        "how": enum(Invitation.How), "speaks": BOOL, "companions_allowed": {**INT, "maximum": 1000},
        "companions": {**INT, "maximum": 1000}, "representative_rank": INT, "made": INSTANT, "sent": INSTANT,
        "answer_by": DAY, "answered": INSTANT,
    },
    ["number", "language", "state", "made"],
)  # fmt: skip
PLACED = obj(
    {
        "order": enum(Placement.Order), "guest": INT, "beside_guest": INT, "organisation": STR, "beside": STR,
        "side": enum(Placement.Side), "placed": INSTANT,
    },
    ["order", "side", "placed"],
)  # fmt: skip
INVITATIONS = obj({"activity": STR, "guests": array(GUEST), "placed_by_hand": array(PLACED)}, ["activity"])
NOMINEE = obj(
    {
        "position": {**INT, "maximum": 30_000}, "region": STR, "state": enum(Nominee.State), "permission": BOOL,
        "registration": INT, "replaces": INT,
    },
    ["position", "state"],
)  # fmt: skip
_PLACES = array(obj({"region": STR, "number": INT, "reserve": INT}))
REQUEST = obj(
    {
        "activity": STR, "organisation": STR, "places": _PLACES, "due": DAY, "language": {**STR, "maxLength": 12},
        "letter": STR, "answer_letter": STR, "state": enum(NominationRequest.State), "how": enum(NominationRequest.How),
        "asked": INSTANT, "answered": INSTANT, "taken": INSTANT, "nominees": array(NOMINEE),
    },
    ["activity", "organisation", "language", "state", "asked"],
)  # fmt: skip
RESULTS = obj(
    {"activity": STR, "answered": INT, "counts": {**JSON, "additionalProperties": JSON}}, ["activity", "answered"]
)


# --- Nominations ----------------------------------------------------------------------------------------------------


def _of(letter: Letter | None) -> str | None:
    return f"{letter.direction} {letter.number}" if letter else None


def export_nominations(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    rows = NominationRequest.objects.filter(admission__activity__programme=programme)
    rows = rows.select_related("admission__activity", "organisation", "letter", "answer_letter")
    return [
        drop_empty(
            {
                "activity": row.admission.activity.slug, "organisation": out.use(row.organisation), "places": plain(row.places),
                "due": iso(row.due), "language": row.language, "letter": _of(row.letter),
                "answer_letter": _of(row.answer_letter), "state": row.state, "how": row.how, "asked": iso(row.asked_at),
                "answered": iso(row.answered_at), "taken": iso(row.taken_at), "nominees": _nominees(row),
            }
        )
        for row in rows.prefetch_related("nominees__registration").order_by("admission__activity__position", "organisation__slug")
    ]  # fmt: skip


def _nominees(row: NominationRequest) -> list[dict[str, Any]]:
    # Positions may stand twice once somebody was replaced: here each has a number of its own.
    rows = sorted(row.nominees.all(), key=lambda one: (one.position, str(one.pk)))
    at = {one.pk: number for number, one in enumerate(rows, start=1)}
    return [
        drop_empty(
            {
                "position": at[one.pk], "region": one.region_id, "state": one.state, "permission": one.has_permission or None,
                "registration": one.registration.number if one.registration else None,
                "replaces": at.get(one.replaces_id) if one.replaces_id else None,
            }
        )
        for one in rows
    ]  # fmt: skip


def load_nominations(loading: Loading, items: list[dict[str, Any]]) -> None:
    known, once = admissions_of(loading), Once(loading)
    letters = {_of(row): row for row in Letter.objects.filter(programme=programme_of(loading))}
    here = set(NominationRequest.objects.filter(admission__in=known.values()).values_list("admission", "organisation"))
    regions = set(Region.objects.values_list("code", flat=True))
    for number, item in enumerate(items):
        path = f"nominations[{number}]"
        admission = admission_of(loading, known, item["activity"], f"{path}.activity")
        organisation = loading.find("organisations", item["organisation"], f"{path}.organisation")
        if (
            admission is None
            or organisation is None
            or not once((admission.pk, organisation.pk, organisation.slug), path)
        ):
            continue
        if (admission.pk, organisation.pk) in here:
            kept_here(loading, "nominations", admission, 1)
            continue
        row = NominationRequest(
            admission=admission, organisation=organisation, places=item.get("places", []), language=item["language"],
            due=day(loading, item.get("due"), f"{path}.due"), letter=letters.get(item.get("letter")),
            answer_letter=letters.get(item.get("answer_letter")), state=item["state"], how=item.get("how", ""),
            asked_at=instant(loading, item["asked"], f"{path}.asked"),
            answered_at=instant(loading, item.get("answered"), f"{path}.answered"),
            taken_at=instant(loading, item.get("taken"), f"{path}.taken"),
        )  # fmt: skip
        if row.state in (NominationRequest.State.ANSWERED, NominationRequest.State.TAKEN) and row.answered_at is None:
            loading.problem(f"{path}.answered", _("Say when it was answered."))
            continue
        loading.note("nominations", row, None, {"state": row.state, "organisation": organisation.slug})
        row.save()
        registered = registrationarchive.by_number(admission)
        made: dict[int, Nominee] = {}
        for index, one in enumerate(item.get("nominees", [])):
            if one.get("region", "") not in regions | {""}:
                loading.problem(
                    f"{path}.nominees[{index}].region", _("There is no region “%(key)s”.") % {"key": one["region"]}
                )
            elif once((row.pk, one["position"]), f"{path}.nominees[{index}].position"):
                made[one["position"]] = Nominee(
                    request=row, position=one["position"], name=nameless(loading), reference_language=loading.language,
                    region_id=one.get("region") or None, has_permission=one.get("permission", False), state=one["state"],
                    registration_id=registered.pop(one.get("registration"), None),
                )  # fmt: skip
        for one in item.get("nominees", []):
            if one["position"] in made and one.get("replaces") != one["position"]:
                made[one["position"]].replaces = made.get(one.get("replaces", 0))
        if not loading.problems:
            # Whoever is replaced first: the later one points at the row.
            Nominee.objects.bulk_create(sorted(made.values(), key=lambda one: one.replaces is not None), batch_size=500)


# --- Guests ---------------------------------------------------------------------------------------------------------


def export_invitations(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    guests: dict[str, list[dict[str, Any]]] = defaultdict(list)
    placed: dict[str, list[dict[str, Any]]] = defaultdict(list)
    rows = Invitation.objects.filter(activity__programme=programme).select_related("activity", "organisation")
    for row in rows.order_by("number"):
        guests[row.activity.slug].append(
            drop_empty(
                {
                    "number": row.number, "rank": row.rank, "organisation": out.use(row.organisation), "language": row.language,
                    "state": row.state, "how": row.how, "speaks": row.speaks or None,
                    "companions_allowed": row.companions_allowed or None, "companions": row.companions or None,
                    "representative_rank": row.representative_rank, "made": iso(row.made_at), "sent": iso(row.sent_at),
                    "answer_by": iso(row.answer_by), "answered": iso(row.answered_at),
                }
            )
        )  # fmt: skip
    hands = Placement.objects.filter(activity__programme=programme)
    for one in hands.select_related("activity", "invitation", "anchor", "organisation", "beside").order_by(
        "order", "turn"
    ):
        placed[one.activity.slug].append(
            drop_empty(
                {
                    "order": one.order, "guest": one.invitation and one.invitation.number,
                    "beside_guest": one.anchor and one.anchor.number, "organisation": out.use(one.organisation),
                    "beside": out.use(one.beside), "side": one.side, "placed": iso(one.placed_at),
                }
            )
        )  # fmt: skip
    order = programme.activities.order_by("position", "slug").values_list("slug", flat=True)
    return [
        drop_empty({"activity": slug, "guests": guests[slug], "placed_by_hand": placed[slug]})
        for slug in order
        if guests[slug] or placed[slug]
    ]


def load_invitations(loading: Loading, items: list[dict[str, Any]]) -> None:
    """Into an activity that has no guests here; where it has, all stays as it is here."""
    once = Once(loading)
    for number, item in enumerate(items):
        path = f"invitations[{number}]"
        activity = loading.find("activities", item["activity"], f"{path}.activity")
        if activity is None or not once(activity.slug, f"{path}.activity"):
            continue
        if activity.invitations.exists() or activity.placements.exists():
            kept_here(
                loading, "invitations", activity, len(item.get("guests", [])) + len(item.get("placed_by_hand", []))
            )
            continue
        guests: dict[int, Invitation] = {}
        for index, one in enumerate(item.get("guests", [])):
            here = f"{path}.guests[{index}]"
            if row := _guest(loading, activity, one, here) if once((activity.pk, one["number"]), here) else None:
                guests[row.number] = row
        if loading.problems:
            continue
        Invitation.objects.bulk_create(guests.values(), batch_size=500)
        for index, one in enumerate(item.get("placed_by_hand", [])):
            _placed(loading, activity, one, guests, index + 1, f"{path}.placed_by_hand[{index}]")


def _guest(loading: Loading, activity: Any, item: dict[str, Any], path: str) -> Invitation | None:
    organisation = item.get("organisation")
    is_answered = item["state"] in Invitation.ANSWERED
    if is_answered and "answered" not in item:
        loading.problem(f"{path}.answered", _("Say when it was answered."))
        return None
    if item.get("companions", 0) > item.get("companions_allowed", 0):
        loading.problem(f"{path}.companions", _("More companions than were allowed."))
        return None
    row = Invitation(
        activity=activity, number=item["number"], rank=item.get("rank"), language=item["language"], state=item["state"],
        organisation=loading.find("organisations", organisation, f"{path}.organisation") if organisation else None,
        how=item.get("how", ""), speaks=item.get("speaks", False), companions_allowed=item.get("companions_allowed", 0),
        companions=item.get("companions", 0), representative_rank=item.get("representative_rank"),
        made_at=instant(loading, item["made"], f"{path}.made"), sent_at=instant(loading, item.get("sent"), f"{path}.sent"),
        answer_by=day(loading, item.get("answer_by"), f"{path}.answer_by"),
        answered_at=instant(loading, item.get("answered"), f"{path}.answered") if is_answered else None,
        emptied_at=loading.now,
    )  # fmt: skip
    loading.note("invitations", row, None, {"number": row.number, "state": row.state})
    return row


def _placed(
    loading: Loading, activity: Any, item: dict[str, Any], guests: dict[int, Invitation], turn: int, path: str
) -> None:
    if item["order"] == Placement.Order.LOGOS:
        pair = [
            loading.find("organisations", item.get(name, ""), f"{path}.{name}") for name in ("organisation", "beside")
        ]
        values = dict(zip(("organisation", "beside"), pair, strict=True))
    else:
        pair = [guests.get(item.get(name, 0)) for name in ("guest", "beside_guest")]
        values = dict(zip(("invitation", "anchor"), pair, strict=True))
    if None in pair or pair[0] == pair[1]:
        loading.problem(path, _("These two do not stand in this order."))
        return
    row = Placement(
        activity=activity, order=item["order"], side=item["side"], turn=turn,
        placed_at=instant(loading, item["placed"], f"{path}.placed"), **values,
    )  # fmt: skip
    loading.note("invitations", row, None, {"order": row.order})
    row.save()


# --- What people thought --------------------------------------------------------------------------------------------


def export_results(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    """What is said at the desk, without the free words: nothing of fewer than five."""
    rows = Feedback.objects.filter(activity__programme=programme).select_related("activity")
    found = []
    for row in rows.order_by("activity__position", "activity__slug"):
        answered, questions = feedback.results(row, with_words=False)
        shown = {one.id for one in questions if one.counts is not None}
        counts = {key: one for key, one in row.tally.get("counts", {}).items() if key in shown}
        if answered:
            found.append(drop_empty({"activity": row.activity.slug, "answered": answered, "counts": counts}))
    return found


def load_results(loading: Loading, items: list[dict[str, Any]]) -> None:
    rows = Feedback.objects.filter(activity__programme=programme_of(loading)).select_related("activity")
    known = {row.activity.slug: row for row in rows}
    for number, item in enumerate(items):
        path = f"feedback_results[{number}]"
        row = known.get(item["activity"])
        if row is None:
            message = _("The section “feedback” says nothing of “%(activity)s”.") % {"activity": item["activity"]}
            loading.problem(f"{path}.activity", message)
        elif row.tally:
            kept_here(loading, "feedback results", row, 1)
        elif all(isinstance(one, int) and 0 <= one < 1_000_000 for counts in item.get("counts", {}).values() for one in counts.values()):  # fmt: skip
            row.tally = {"answered": item["answered"], "counts": item.get("counts", {}), "words": {}}
            loading.note("feedback results", row, {}, {"answered": row.answered})
            row.save(update_fields=["tally"])
        else:
            loading.problem(f"{path}.counts", _("How many gave each answer is a whole number."))


SEES_GUESTS = "participation.view_invitation"
register(
    "programme",
    Section("nominations", array(REQUEST), late(load_nominations), export_nominations, permission="participation.view_nominationrequest", is_archive=True),
    Section("invitations", array(INVITATIONS), late(load_invitations), export_invitations, permission=SEES_GUESTS, is_archive=True),
    Section("feedback_results", array(RESULTS), late(load_results), export_results, permission="participation.view_feedback", is_archive=True),
)  # fmt: skip
