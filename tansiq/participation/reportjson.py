"""Reports as JSON: the learning dashboard of BigBlueButton, events of Jitsi, lists of participants from an interface.

Sources of the layouts: bbb-learning-dashboard of BigBlueButton (persons with `intIds` and, since 2.6, `sessions`);
event_sync of jitsi-contrib/prosody-plugins; the webhooks of Jitsi as a Service; participant lists of Zoom's report
interface and attendance records of Microsoft Graph, which are lists of objects.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from tansiq.core.errors import BadInput, Problem
from tansiq.core.tables import LIMITS, Limits, check_shape
from tansiq.participation import reportcolumns
from tansiq.participation.reportcolumns import Grid, Section

_COLUMNS = ("name", "email", "join_id", "moderator", "waiting", "joined", "left")


@dataclass
class Parsed:
    """What `reportrows.report` asks for."""

    grid: Grid
    found: list[Section]
    platform: str = ""
    head: dict[str, Any] = field(default_factory=dict)


def parse(text: str, *, name: str, limits: Limits = LIMITS) -> Parsed | None:
    """Tables from JSON or from lines of JSON; None when the text is neither.

    name  what the person called the file
    Raises BadInput for JSON that holds no presences, or more of them than `limits.rows`.
    """
    value = _loaded(text)
    if value is None:
        return None
    if isinstance(value, dict) and isinstance(value.get("users"), dict):
        return _dashboard(value)
    records = _records(value)
    if any("event_name" in one or "eventType" in one for one in records):
        return _events(records)
    parsed = _list(records, name, limits)
    if not parsed.found:
        message = _(
            "This JSON holds no list of who joined and left. What is read: the data of BigBlueButton's learning "
            "dashboard, Jitsi's events of joining and leaving, lists of participants with their times."
        )
        raise BadInput([Problem(name, "", message)])
    return parsed


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        return [json.loads(line) for line in lines]
    except (ValueError, RecursionError):
        return None


def _records(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, or of the first list of objects inside an object."""
    if isinstance(value, dict):
        if "event_name" in value or "eventType" in value:
            return [value]
        lists = [
            inner for inner in value.values() if isinstance(inner, list) and any(isinstance(o, dict) for o in inner)
        ]
        value = lists[0] if lists else []
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) and value is not True else ""


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _instant(value: Any) -> datetime | None:
    """Seconds or milliseconds since 1970; 0 is BigBlueButton's and Jitsi's word for "not yet"."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 10**9 <= value < 4 * 10**12:
        return None
    seconds = value / 1000 if value >= 10**11 else value
    return datetime.fromtimestamp(int(seconds), UTC) if seconds < 4 * 10**9 else None


def _table(rows: list[tuple[int, dict[str, Any]]], platform: str, head: dict[str, Any]) -> Parsed:
    grid: Grid = [[row.get(what) for what in _COLUMNS] for _number, row in rows]
    columns = {what: at for at, what in enumerate(_COLUMNS)}
    numbers = {at: number for at, (number, _row) in enumerate(rows)}
    return Parsed(grid, [Section(-1, [], columns, rows=list(range(len(rows))), numbers=numbers)], platform, head)


def _dashboard(value: dict[str, Any]) -> Parsed:
    ended = _instant(value.get("endedOn"))
    rows: list[tuple[int, dict[str, Any]]] = []
    for number, user in enumerate(map(_object, value["users"].values()), start=1):
        ext_id = _text(user.get("extId"))
        inner = {_text(one) for one in (user.get("intId"), user.get("userKey"), *_object(user.get("intIds")))}
        person = {
            "name": _text(user.get("name")),
            # Without an id from outside some versions repeat their own.
            "join_id": "" if ext_id in inner else ext_id,
            "moderator": "yes" if user.get("isModerator") is True else "",
        }
        for session in _sessions(user):
            joined, left = _instant(session.get("registeredOn")), _instant(session.get("leftOn"))
            rows.append((number, {**person, "joined": joined, "left": left or ended}))
    title = _text(value.get("name")) or _text(value.get("extId"))
    return _table(rows, "bigbluebutton", {"topic": title, "started": _instant(value.get("createdOn")), "ended": ended})


def _sessions(user: dict[str, Any]) -> list[dict[str, Any]]:
    """Of each connection its sessions; in older versions the connection itself; in the oldest the person."""
    connections = [_object(one) for one in _object(user.get("intIds")).values()] or [user]
    return [
        _object(session)
        for connection in connections
        for session in (connection["sessions"] if isinstance(connection.get("sessions"), list) else [connection])
    ]


def _events(records: list[dict[str, Any]]) -> Parsed:
    rows: dict[tuple[str, datetime | None], tuple[int, dict[str, Any]]] = {}
    running: dict[str, dict[str, Any]] = {}
    head: dict[str, Any] = {"topic": "", "started": None, "ended": None}
    for number, event in enumerate(records, start=1):
        kind = (_text(event.get("event_name")) or _text(event.get("eventType"))).lower().replace("_", "-")
        head["topic"] = head["topic"] or _text(event.get("room_name")) or _text(event.get("fqn")).rpartition("/")[2]
        moment = _instant(event.get("timestamp"))
        if kind.endswith("room-created"):
            head["started"] = head["started"] or _instant(event.get("created_at")) or moment
        elif kind.endswith("room-destroyed"):
            head["ended"] = _instant(event.get("destroyed_at")) or moment
        everybody = event.get("all_occupants")
        for one in [event.get("occupant"), *(everybody if isinstance(everybody, list) else [])]:
            person = _object(one)
            joined, left = _instant(person.get("joined_at")), _instant(person.get("left_at"))
            if joined:  # told once when joining, again when leaving, again at the end of the room
                jid = _text(person.get("occupant_jid"))
                known = rows.setdefault((jid, joined), (number, {**_person(person, jid), "joined": joined}))[1]
                known["left"] = known.get("left") or left
        data = _object(event.get("data"))
        jid = (
            _text(data.get("participantFullJid"))
            or _text(data.get("participantJid"))
            or _text(data.get("participantId"))
        )
        if kind.startswith("participant-joined") and moment:
            running[jid] = {**_person(data, jid), "joined": moment, "waiting": "yes" if kind.endswith("lobby") else ""}
            rows[jid, moment] = (number, running[jid])
        elif kind.startswith("participant-left") and jid in running:
            running.pop(jid)["left"] = moment
    return _table(list(rows.values()), "jitsi", head)


def _person(data: dict[str, Any], jid: str) -> dict[str, Any]:
    identifier = _text(data.get("id"))
    return {
        "name": _text(data.get("name")),
        "email": _text(data.get("email")),
        "join_id": "" if identifier == jid else identifier,
        "moderator": "yes" if data.get("moderator") in (True, "true") else "",
    }


def _list(records: list[dict[str, Any]], name: str, limits: Limits) -> Parsed:
    """One row for each object, or for each interval in a list inside it; its keys are the titles."""
    rows: list[tuple[int, dict[str, Any]]] = []
    titles: dict[str, None] = {}
    for number, one in enumerate(records, start=1):
        flat = _scalars(one)
        if "duration" in flat and "join_time" in flat:  # Zoom counts seconds here, and minutes in its CSV
            flat["duration seconds"] = flat.pop("duration")
        for inner in one.values():
            if isinstance(inner, dict):
                flat = {**_scalars(inner), **flat}
        lists = [inner for inner in one.values() if isinstance(inner, list) and any(isinstance(o, dict) for o in inner)]
        for inner in lists[0] if lists else [{}]:
            row = {**flat, **_scalars(_object(inner))}
            rows.append((number, row))
            titles.update(dict.fromkeys(row))
            check_shape(len(rows), len(titles), name, limits)
    grid: Grid = [list(titles), *([row.get(title) for title in titles] for _number, row in rows)]
    found = reportcolumns.sections(grid)
    for section in found:
        section.numbers = {at: number for at, (number, _row) in enumerate(rows, start=1)}
    return Parsed(grid, found)


def _scalars(one: dict[str, Any]) -> dict[str, Any]:
    return {
        key: "yes" if value is True else "no" if value is False else value
        for key, value in one.items()
        if isinstance(value, str | int | float)
    }
