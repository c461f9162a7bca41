"""From the tables of a report to stays: which rows are connections, and how long each really was.

Where a file gives first and last time with a shorter duration, the person left in between and nobody can say when:
the stay has the length of the duration, so that the minutes are right although the times are not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from tansiq.core.errors import BadInput, Problem
from tansiq.core.language import fold
from tansiq.participation import reportcolumns, reportnames, reporttimes
from tansiq.participation.reportcolumns import Grid, Section
from tansiq.participation.reporttimes import Moment
from tansiq.participation.stays import Ignored, Report, Stay

_YES = {
    fold(word) for word in ("Yes", "Y", "True", "1", "Oui", "O", "Vrai", "Sí", "Verdadero", "Ja", "Wahr", "نعم", "صحيح")
}
_NO = {fold(word) for word in ("No", "N", "False", "0", "Non", "Faux", "Falso", "Nein", "Falsch", "لا", "خطأ")}
_HOST = re.compile(
    r"^(co )?(organi[sz]\w*|host|hote|anfitrion|gastgeber|moderat\w*|moderador\w*)|منظم|مضيف|مشرف|開催者"
)
_HOST_SECTION = re.compile(r"\b(host|hote|anfitrion|gastgeber|panel\w*)\b|مضيف|محاور|متحدث")
LONGEST = timedelta(days=1)
_EMPTY = {"", "-", "--", "—", "n/a", "n/d"}


@dataclass(slots=True)
class Row:
    """One row as read, before the order of day and month is settled; `why` is set when it counts for nobody."""

    row: int
    name: str
    other_name: str = ""
    email: str = ""
    join_id: str = ""
    is_host: bool = False
    joined: Moment | None = None
    left: Moment | None = None
    seconds: int | None = None
    day: Moment | None = None
    unread: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Context:
    """What the caller knows: the file's name, the zone of its clocks, the activity's day, a date in the file's name."""

    file_name: str
    zone: ZoneInfo
    around: date | None
    named: date | None


def report(
    grid: Grid,
    found: list[Section],
    context: Context,
    *,
    notes: list[str],
    head: dict[str, Any] | None = None,
    platform: str = "",
) -> Report:
    """What these tables of a grid say; `head` and `platform` are worked out where they are not given.

    Raises BadInput when no stay can be read or the dates stay open.
    """
    head = reportcolumns.head(grid) if head is None else head
    platform = platform or _platform(found)
    if platform in ("teams", "table"):
        found = _connections(grid, found, platform, notes)
    counts: Counter[str] = Counter()
    host = reporttimes.plain(head.get("host_email")).lower()
    rows: list[Row] = []
    for section in found:
        read = list(_read(grid, section, platform, host, counts))
        rows += _paired(read, head) if "action" in section.columns else read
    if any(section.guessed for section in found):
        notes.append(
            _("Some columns have titles that are not known here; what they hold was told from their contents.")
        )
    return _finished(rows, grid, found, head, platform, context, counts, notes)


# Rows


def _read(grid: Grid, section: Section, platform: str, host: str, counts: Counter[str]) -> Iterator[Row]:
    columns = section.columns
    original = platform == "zoom" or any(
        reportcolumns.ORIGINAL.search(fold(section.titles[columns[what]]))
        for what in ("name",)
        if what in columns and columns[what] < len(section.titles)
    )
    hosts = platform == "zoom" and bool(_HOST_SECTION.search(fold(section.title)))
    unit = _unit(section, platform)
    short = 60
    if "duration" in columns:
        values = [grid[at][columns["duration"]] for at in section.rows if columns["duration"] < len(grid[at])]
        short = 1 if any(map(reporttimes.is_short_clock, values)) else 60
    leaving = "event" in columns and {_action(grid[at], columns["event"]) for at in section.rows} >= {"left"}
    for at in section.rows:
        cells = grid[at]
        if not reportcolumns.filled(cells):
            continue

        def cell(what: str, cells: list[Any] = cells) -> Any:
            place = columns.get(what, -1)
            value = cells[place] if 0 <= place < len(cells) else None
            return None if reporttimes.plain(value).lower() in _EMPTY else value

        names = " ".join(str(cell(what)) for what in ("first", "last") if cell(what) is not None)
        shown = str(cell("name") if cell("name") is not None else names)
        known = reportnames.displayed(shown, original_in_brackets=original)
        counts["hidden"] += known.has_hidden
        email = _email(cell("email")) or _email(cell("upn"))
        row = Row(section.number(at), known.name or email, known.other_name, email)
        row.join_id = reporttimes.plain(cell("join_id"))
        row.is_host = (
            hosts
            or known.is_host
            or bool(_HOST.search(fold(reporttimes.plain(cell("role")))))
            or fold(reporttimes.plain(cell("moderator"))) in _YES
            or bool(host and host == email)
        )
        row.joined, row.unread = _moment(cell("joined") if "action" not in columns else cell("timestamp"))
        row.left, unread = _moment(cell("left"))
        row.unread = row.unread or unread
        row.day, _unread = _moment(cell("date"))
        row.seconds = reporttimes.duration(cell("duration"), unit, short_clock_seconds=short)
        if "event" in columns and row.joined is None:  # an audit log tells when each connection ended, and its length
            row.left, row.day = row.day, None
            if leaving and _action(cells, columns["event"]) != "left":
                row.why = _("This is another event than the end of a connection.")
        row.why = row.why or _reason(row, cell)
        counts["phone"] += not row.why and reportnames.is_phone(row.name)
        if "action" in columns:
            row.unread = row.unread or reportcolumns.action(cell("action")) or "?"
        yield row


def _action(cells: list[Any], at: int) -> str:
    return reportcolumns.action(cells[at]) if at < len(cells) else ""


def _email(value: Any) -> str:
    text = reporttimes.plain(value).lower().removeprefix("mailto:")
    return text if re.fullmatch(r"[^\s@]+@[^\s@]+", text) and len(text) <= 254 else ""


def _moment(value: Any) -> tuple[Moment | None, str]:
    if value is None:
        return None, ""
    found = reporttimes.moment(value) or reporttimes.epoch(value)
    return found, "" if found else reporttimes.plain(value)[:40]


def _unit(section: Section, platform: str) -> int:
    at = section.columns.get("duration", -1)
    title = fold(section.titles[at]) if 0 <= at < len(section.titles) else ""
    if re.search(r"\b(sec\w*|sek\w*|seg\w*)\b|ثواني|ثانيه|ثوان", title):
        return 1
    if re.search(r"\b(hours?|heures?|horas?|stunden)\b|ساعات|ساعه", title) and "min" not in title:
        return 3600
    return 1 if "event" in section.columns else 60


def _reason(row: Row, cell: Any) -> str:
    if not row.name or (reportnames.is_anonymous(row.name) and row.joined is None):
        return _("This row has no name: it belongs to nobody.")
    if fold(reporttimes.plain(cell("waiting"))) in _YES:
        return _("This is time in the waiting room, not in the meeting.")
    if fold(reporttimes.plain(cell("attended"))) in _NO:
        return _("Registered, but did not attend.")
    if row.joined is None and row.left is None and reportnames.is_total(row.name):
        return _("This row adds up the others.")
    return ""


def _paired(rows: list[Row], head: dict[str, Any]) -> list[Row]:
    """Rows of "joined" and "left" put together to connections, per name in the order of the file."""
    open_: dict[tuple[str, str], list[Row]] = {}
    made: list[Row] = []
    for row in rows:
        what, row.unread = row.unread, ""
        if row.why:
            made.append(row)
        elif row.joined is None:
            row.why = _("Its time cannot be read.")
            made.append(row)
        elif what == "left":
            waiting = open_.get((row.name, row.email), [])
            if waiting:
                waiting.pop().left = row.joined
            else:
                row.why = _("This tells of leaving, but not of joining before.")
                made.append(row)
        elif what == "joined":
            open_.setdefault((row.name, row.email), []).append(row)
            made.append(row)
        else:
            row.why = _("This is neither joining nor leaving.")
            made.append(row)
    return made


# The whole


def _finished(
    rows: list[Row],
    grid: Grid,
    found: list[Section],
    head: dict[str, Any],
    platform: str,
    context: Context,
    counts: Counter[str],
    notes: list[str],
) -> Report:
    order = _order(rows, grid, found, head, context, notes)
    edges = {what: reporttimes.moment(head.get(what)) for what in ("started", "ended", "date")}
    fallback = context.named or context.around
    for what in ("started", "date"):
        if (edge := edges[what]) and edge.day(order):
            fallback = edge.day(order)
    started, ended = (
        edge.at(order, context.zone, fallback) if (edge := edges[what]) else None for what in ("started", "ended")
    )
    hours = any(row.joined and row.joined.parts is None and not row.day for row in rows if not row.why)
    if hours and fallback and edges["started"] is None and edges["date"] is None:
        message = _("The hours in this report have no date; they are taken to be of %(day)s.")
        notes.append(message % {"day": fallback.isoformat()})
    if hours and fallback is None:
        raise BadInput(
            [Problem(context.file_name, "", _("This report gives hours without a day. Give the day of the meeting."))]
        )
    # A list of arrivals, or of answers to a form, says of nobody that they stayed.
    tells_leaving = any({"left", "action"} & {*section.columns} for section in found)
    last = max((at for row in rows if (at := _last(row, order, context.zone))), default=None) if tells_leaving else None
    stays, ignored = [], []
    for row in rows:
        stay = None if row.why else _stay(row, order, context, fallback, started, ended or last, counts)
        if stay:
            stays.append(stay)
        else:
            ignored.append(Ignored(row.row, row.name, row.why))
    if not stays:
        raise BadInput(_nobody(rows, found, context))
    notes += _counted(counts)
    days = sorted({at.astimezone(context.zone).date() for stay in stays for at in (stay.joined, _before(stay.left))})
    meeting = reporttimes.plain(head.get("topic")) or reporttimes.plain(head.get("meeting_id"))
    return Report(platform, meeting, days, started, ended, stays, ignored, len(rows), notes)


def _before(end: datetime) -> datetime:
    return end - timedelta(seconds=1)


def _last(row: Row, order: str, zone: ZoneInfo) -> datetime | None:
    moments = [one for one in (row.joined, row.left) if one and one.seconds is not None and one.parts]
    return max((at for one in moments if (at := one.at(order, zone))), default=None) if not row.why else None


def _order(
    rows: list[Row], grid: Grid, found: list[Section], head: dict[str, Any], context: Context, notes: list[str]
) -> str:
    moments = [one for row in rows if not row.why for one in (row.joined, row.left) if one]
    moments = moments or [one for row in rows for one in (row.joined, row.left, row.day) if one]
    others = [one for value in head.values() if (one := reporttimes.moment(value))]
    others += [one for row in rows for one in (row.joined, row.left, row.day) if one]
    for section in found:
        beside = [at for at, title in enumerate(section.titles) if reportcolumns.meaning(title) == "other"]
        others += [
            one
            for at in section.rows[: reportcolumns.SAMPLE]
            for column in beside
            if column < len(grid[at]) and (one := reporttimes.moment(grid[at][column]))
        ]
    spans = [(row.joined, row.left, row.seconds) for row in rows if row.joined and row.left and row.seconds]
    settled = reporttimes.settle(moments, others=others, spans=spans, around=context.around, named=context.named)
    if len({bool(one.order) for one in moments if one.parts}) == 2:
        notes.append(
            _(
                "Some dates are dates and some are text: a spreadsheet program changed part of them and may have "
                "exchanged day and month. Take the file as the system exported it."
            )
        )
    if settled is None:
        first = next(one for one in moments if one.parts and not one.order)
        message = _(
            "A date such as %(written)s can be %(day_first)s or %(month_first)s, and nothing in this report tells which. "
            "Give the day of the meeting, or write the dates as 2026-07-29."
        )
        said = {
            "written": "/".join(map(str, first.parts or ())),
            "day_first": first.day("dmy"),
            "month_first": first.day("mdy"),
        }
        raise BadInput([Problem(context.file_name, "", message % said)])
    order, note = settled
    if note:
        notes.append(note)
    return order


def _stay(
    row: Row,
    order: str,
    context: Context,
    fallback: date | None,
    started: datetime | None,
    ended: datetime | None,
    counts: Counter[str],
) -> Stay | None:
    day = (row.day.day(order) if row.day else None) or fallback
    joined = row.joined.at(order, context.zone, day) if row.joined else None
    left = row.left.at(order, context.zone, day) if row.left else None
    if (row.joined and joined is None) or (row.left and left is None):
        row.unread = row.unread or _("a date that does not exist")
    if row.unread:
        row.why = _("Its time cannot be read: %(text)s.") % {"text": row.unread}
        return None
    seconds = row.seconds
    if joined and left and left < joined and row.left and row.left.parts is None:
        left += timedelta(days=1)  # hours without a date, past midnight
    if joined is None and left is None:
        if seconds is None:
            row.why = _("This row has no time.")
            return None
        joined = started or (Moment(None, "", 0).at("", context.zone, day) if day else None)
        counts["length only"] += 1
        if joined is None:
            row.why = _("This row has a duration, but the report gives no day. Give the day of the meeting.")
            return None
    if joined is None and left is not None:
        if seconds is None:
            row.why = _("This row does not say when the person joined.")
            return None
        joined = left - timedelta(seconds=seconds)
    assert joined is not None
    if left is None:
        if seconds is not None:
            left = joined + timedelta(seconds=seconds)
            counts["no end"] += row.joined is not None
        elif ended is not None and ended > joined:
            left = ended
            counts["until the end"] += 1
        else:
            row.why = _("This row does not say when the person left.")
            return None
    elif left == joined and seconds and seconds <= 60:
        left = joined + timedelta(seconds=seconds)  # clocks without seconds
    elif row.joined is not None and seconds is not None:
        length = (left - joined).total_seconds()
        if 0 < seconds < length - (60 if seconds % 60 == 0 else 2):
            left = joined + timedelta(seconds=seconds)
            counts["rejoined"] += 1
    if left < joined:
        row.why = _("It leaves before it joins.")
        return None
    if left == joined:
        row.why = _("This connection lasted no time.")
        return None
    if left - joined > LONGEST:
        row.why = _("This would be longer than a day; no connection is. Are these the times of joining and leaving?")
        return None
    return Stay(row.row, row.name, row.other_name, row.email, row.join_id, joined, left, row.is_host)


def _nobody(rows: list[Row], found: list[Section], context: Context) -> list[Problem]:
    """Why a file of rows has no stay: the first reasons, each at its row."""
    if not rows:
        message = _("This report lists nobody. Export it again after the meeting has ended.")
        return [Problem(context.file_name, "", message)]
    shown = [Problem(f"{context.file_name}:{row.row}", row.name, row.why) for row in rows[:10]]
    message = _(
        "None of the %(count)d rows of this report is a presence that can be counted. The first reasons follow."
    )
    return [Problem(context.file_name, "", message % {"count": len(rows)}), *shown]


def _counted(counts: Counter[str]) -> list[str]:
    said = {
        "rejoined": _(
            "Rows shorter than from joining to leaving: %(count)d. These people left and came back at times that the "
            "report does not give. Their minutes are right; they are placed at the beginning."
        ),
        "no end": _("Rows without a time of leaving: %(count)d. It was worked out from the duration."),
        "until the end": _("Still connected at the end of the report: %(count)d. They are counted until then."),
        "length only": _(
            "Rows that give only how long, not when: %(count)d. They are placed at the start of the meeting, or of its "
            "day. Export the report with every connection if you can."
        ),
        "hidden": _("Names that held invisible characters: %(count)d. These characters were left out."),
        "phone": _("Connections by telephone that show a number instead of a name: %(count)d."),
    }
    return [sentence % {"count": counts[what]} for what, sentence in said.items() if counts[what]]


# Which system


def _platform(found: list[Section]) -> str:
    titles = {fold(title) for section in found for title in section.titles}
    columns = {what for section in found for what in section.columns}
    numbered = any(re.match(r"\d+[.)]\s", section.title) for section in found)
    if "action" in columns or "upn" in columns or numbered or "in meeting duration" in titles:
        return "teams"
    original = any(reportcolumns.ORIGINAL.search(title) for title in titles)
    if original or "waiting" in columns or "time in session minutes" in titles or "user email" in titles:
        return "zoom"
    if "moderator" in columns and "duration" in columns:
        return "bigbluebutton"
    if "event" in columns or {"time joined", "time exited"} <= titles:
        return "meet"
    if any("jid" in title.split() for title in titles):
        return "jitsi"
    return "table"


def _connections(grid: Grid, found: list[Section], platform: str, notes: list[str]) -> list[Section]:
    """The section that lists every connection; the one before it lists persons with first and last time only.

    What only the persons' section knows (address, role) is taken over into the grid's rows of the other by name.
    """
    timed = [section for section in found if {"joined", "left"} <= {*section.columns} and section.rows]
    names = [[str(_value(grid, at, section, "name")) for at in section.rows] for section in timed]
    if len(timed) < 2:
        # Where a name stands twice the rows are connections already.
        if platform == "teams" and timed and "duration" in timed[0].columns and len({*names[0]}) == len(names[0]):
            notes.append(
                _("This report has no list of single connections; first and last time and the duration were used.")
            )
        return found
    if platform != "teams" and not (len({*names[-2]}) == len(names[-2]) and {*names[-2]} == {*names[-1]}):
        return found
    persons, connections = timed[-2], timed[-1]
    known: dict[str, dict[str, Any]] = {}
    for at in persons.rows:
        name = _value(grid, at, persons, "name")
        values = {what: _value(grid, at, persons, what) for what in ("email", "upn", "role", "join_id")}
        # Two persons of one name: neither lends the other an address.
        known[str(name)] = {} if str(name) in known else values
    for what in ("email", "upn", "role", "join_id"):
        if what in connections.columns or what not in persons.columns:
            continue
        width = max(len(grid[at]) for at in connections.rows)
        connections.columns[what] = width
        for at in connections.rows:
            grid[at] += [None] * (width - len(grid[at]))
            grid[at].append(known.get(str(_value(grid, at, connections, "name")), {}).get(what))
    listed = {str(_value(grid, at, connections, "name")) for at in connections.rows}
    persons.rows = [at for at in persons.rows if str(_value(grid, at, persons, "name")) not in listed]
    return [*([persons] if persons.rows else []), connections]


def _value(grid: Grid, at: int, section: Section, what: str) -> Any:
    column = section.columns.get(what, -1)
    return grid[at][column] if 0 <= column < len(grid[at]) else None
