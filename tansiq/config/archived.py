"""Who came, as an archive shows it: tables of all rows, figures of each activity; from the data that load back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tansiq.core.localized import Localized

Table = tuple[str, list[str], list[list[Any]]]

_REGISTRATION = (
    "number", "person", "state", "region", "profession", "organisation", "language", "how", "made", "placed", "attended", "approved",
)  # fmt: skip
_CERTIFICATE = (
    "state",
    "code",
    "language",
    "issued",
    "valid_until",
    "revoked",
    "because",
    "replaces",
    "key",
    "signature",
)
_REQUEST = ("activity", "organisation", "state", "how", "due", "asked", "answered", "taken", "letter", "answer_letter")
_NOMINEE = ("position", "region", "state", "permission", "registration", "replaces")
_GUEST = (
    "number", "rank", "organisation", "language", "state", "how", "speaks", "companions_allowed", "companions",
    "representative_rank", "made", "sent", "answer_by", "answered",
)  # fmt: skip
_PLACED = ("order", "guest", "organisation", "side", "beside_guest", "beside", "placed")
_TRY = ("moment", "try", "questions", "how", "score", "begun", "handed_in")


def tables(data: dict[str, Any]) -> Iterator[Table]:
    """(name, header, rows) of each list that is not empty. `number` is that of the registration or the guest."""
    people = [(one["activity"], row) for one in data.get("registrations", []) for row in one["people"]]
    requests = data.get("nominations", [])
    guests = [(one["activity"], row) for one in data.get("invitations", []) for row in one.get("guests", [])]
    found: list[Table] = [
        _table("registrations", ("activity", *_REGISTRATION), ([slug, *_of(row, _REGISTRATION)] for slug, row in people)),
        _inner("attendance", people, "attendance", ("day", "how", "minutes", "recorded")),
        _inner("test_scores", people, "tests", _TRY),
        _table(
            "certificates", ("activity", "registration", "certificate", *_CERTIFICATE),
            (
                [slug, row["number"], f"{one['serial']}/{one['year']}", *_of(one, _CERTIFICATE)]
                for slug, row in people for one in row.get("certificates", [])
            ),
        ),
        _table("nominations", (*_REQUEST, "places"), ([*_of(row, _REQUEST), _places(row)] for row in requests)),
        _table(
            "nominees", ("activity", "administration", *_NOMINEE),
            ([row["activity"], row["organisation"], *_of(one, _NOMINEE)] for row in requests for one in row.get("nominees", [])),
        ),
        _table("guests", ("activity", *_GUEST), ([slug, *_of(row, _GUEST)] for slug, row in guests)),
        _table(
            "placed_by_hand", ("activity", *_PLACED),
            (
                [one["activity"], *_of(row, _PLACED)]
                for one in data.get("invitations", []) for row in one.get("placed_by_hand", [])
            ),
        ),
        _table(
            "attendance_reports", ("activity", "platform", "rows", "read", "sha256"),
            (_of(row, ("activity", "platform", "rows", "read", "sha256")) for row in data.get("attendance_reports", [])),
        ),
        _table(
            "satisfaction", ("activity", "answered", "question", "answer", "number"),
            (
                [row["activity"], row["answered"], question, answer, number]
                for row in data.get("feedback_results", [])
                for question, counts in row.get("counts", {}).items() for answer, number in sorted(counts.items())
            ),
        ),
    ]  # fmt: skip
    return (one for one in found if one[2])


def _table(name: str, header: tuple[str, ...], rows: Any) -> Table:
    return name, list(header), [list(row) for row in rows]


def _inner(name: str, people: list[tuple[str, dict[str, Any]]], key: str, columns: tuple[str, ...]) -> Table:
    rows = ([slug, row["number"], *_of(one, columns)] for slug, row in people for one in row.get(key, []))
    return _table(name, ("activity", "registration", *columns), rows)


def _of(row: dict[str, Any], columns: tuple[str, ...]) -> list[Any]:
    return [row.get(column, "") for column in columns]


def _places(row: dict[str, Any]) -> str:
    return ", ".join(
        f"{one.get('region') or '*'}: {one.get('number', 0)}+{one.get('reserve', 0)}" for one in row.get("places", [])
    )


def figures(data: dict[str, Any], language: str) -> list[dict[str, Any]]:
    """What each activity comes to, in the order of the file: how many places, registered, there, certified, invited."""
    titles = dict(_titles(data.get("activities", [])))
    quotas = {one["activity"]: one["capacity"] for one in data.get("quotas", [])}
    people = {one["activity"]: one["people"] for one in data.get("registrations", [])}
    guests = {one["activity"]: one.get("guests", []) for one in data.get("invitations", [])}
    answered = {one["activity"]: one["answered"] for one in data.get("feedback_results", [])}
    named: Counter[str] = Counter()
    for one in data.get("nominations", []):
        named[one["activity"]] += len(one.get("nominees", []))
    return [
        {
            "title": Localized(title).text(language), "slug": slug, "places": quotas.get(slug), "named": named[slug],
            "registered": len(people.get(slug, [])), "answered": answered.get(slug),
            "confirmed": sum(row["state"] == "confirmed" for row in people.get(slug, [])),
            "attended": _there(people.get(slug, [])),
            "tested": sum(bool(row.get("tests")) for row in people.get(slug, [])),
            "certificates": sum(
                one["state"] == "valid" for row in people.get(slug, []) for one in row.get("certificates", [])
            ),
            "invited": len(guests.get(slug, [])),
            "come": sum(row["state"] in ("accepted", "represented") for row in guests.get(slug, [])),
        }
        for slug, title in titles.items()
        if slug in {*quotas, *people, *guests, *named}
    ]  # fmt: skip


def _there(rows: list[dict[str, Any]]) -> int | None:
    """How many were there; None where nothing shows it."""
    known = [row["attended"] for row in rows if "attended" in row]
    return sum(known) if known else None


def _titles(rows: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, str]]]:
    for row in rows:
        yield row["slug"], row["title"]
        yield from _titles(row.get("activities", []))
