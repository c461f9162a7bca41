"""The guests on paper and as a table: list with answers, place cards, the day's list for the welcome desk, seating."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tansiq.coordination.paper import body_name, in_words, stamp
from tansiq.core import pdf, tables
from tansiq.core.language import direction, one_of_each_script
from tansiq.core.localized import Localized
from tansiq.participation import guestfiles, protocol
from tansiq.participation.daylist import zone_of
from tansiq.participation.guests import guests_of, ranks
from tansiq.participation.models import Arrival, Invitation, Placement
from tansiq.programme.models import Activity

CARDS = Path(__file__).with_name("typst") / "placecards.typ"
State = Invitation.State


def _text(text: Localized, language: str) -> str:
    return text.text(language).value


def house(row: Invitation, language: str) -> str:
    return _text(row.organisation.name, language) if row.organisation else row.organisation_name


def office(row: Invitation, language: str) -> str:
    """Function and organisation of the guest; the function of one without a name stands in the place of the name."""
    parts = [_text(row.function, language) if row.person else "", house(row, language)]
    return "\n".join(part for part in parts if part)


def representative(row: Invitation, language: str) -> str:
    if row.state != State.REPRESENTED:
        return ""
    return "\n".join(part for part in (_text(row.representative, language), row.representative_function) if part)


def _head(activity: Activity, heading: str, language: str, now: dt.datetime) -> dict[str, Any]:
    place = activity.place
    where = [_text(place.name, language), _text(place.locality, language)] if place else []
    day = in_words(activity.when or None, language) or _("(day to be confirmed)")
    clock = activity.starts_at_time.strftime("%H:%M") if activity.starts_at_time else ""
    title = _text(activity.title, language)
    lines = [body_name(language), title, " – ".join(part for part in (day, clock, *where) if part)]
    return {
        "title": heading, "subtitle": [line for line in lines if line], "landscape": True,
        "footer": f"{heading} – {title} – {stamp(now)}",
    }  # fmt: skip


def guest_list(activity: Activity, *, language: str, now: dt.datetime, order: str = "precedence") -> bytes:
    """The guests in one of the orders, with their answers, as a PDF. `logos` lists organisations."""
    with translation.override(language):
        heading = capfirst(str(Placement.Order(order).label))
        seats = protocol.of(activity, order)
        data = _head(
            activity, heading if order != "precedence" else _("Guests in the order of precedence"), language, now
        )
        if order == Placement.Order.LOGOS:
            data["columns"] = [{"title": _("No."), "ltr": True}, {"title": _("Organisation"), "width": 1}]
            data["rows"] = [[str(one.position), _text(one.subject.name, language)] for one in seats]
        else:
            data["columns"] = [
                {"title": _("No."), "ltr": True}, {"title": _("Guest"), "width": 2}, {"title": _("Function"), "width": 2.4},
                {"title": _("Answer"), "width": 1.1}, {"title": _("Represented by"), "width": 2},
                {"title": pgettext("column", "With"), "ltr": True},
            ]  # fmt: skip
            data["rows"] = [
                [
                    str(one.position or ""), _text(one.subject.name, language), office(one.subject, language),
                    str(one.subject.get_state_display()), representative(one.subject, language),
                    f"+{one.subject.companions}" if one.subject.companions else "",
                ]
                for one in [*seats, *_declined(activity, order)]
            ]  # fmt: skip
            data["notes"] = [counts(activity)]
        return pdf.render(pdf.TABLE, data, language=language, title=data["title"], now=now)


def _declined(activity: Activity, order: str) -> list[protocol.Seat]:
    """Who does not come stands below the order of precedence, without a number."""
    if order != Placement.Order.PRECEDENCE:
        return []
    rows = [row for row in guests_of(activity) if row.state == State.DECLINED]
    return [protocol.Seat(0, row, ()) for row in rows]


def counts(activity: Activity) -> str:
    """ "40 invited; 12 come, 3 are represented, 5 do not come, 20 have not answered; 6 companions"."""
    rows = list(Invitation.objects.filter(activity=activity).exclude(state=State.WITHDRAWN))
    by = {state: sum(row.state == state for row in rows) for state in State}
    return _("On the list: %(all)s. Come: %(accepted)s. Represented: %(represented)s. Do not come: %(declined)s. No answer yet: %(sent)s. Not sent yet: %(drafted)s. Companions: %(companions)s.") % {
        "all": len(rows), "accepted": by[State.ACCEPTED], "represented": by[State.REPRESENTED], "declined": by[State.DECLINED],
        "sent": by[State.SENT], "drafted": by[State.DRAFTED], "companions": sum(row.companions for row in rows),
    }  # fmt: skip


def day_list(activity: Activity, *, language: str, now: dt.datetime) -> bytes:
    """For the welcome desk: boxes to tick by hand, who comes for whom, room for the hour. Kept nowhere."""
    with translation.override(language):
        data = _head(activity, _("Guests of the day, for the welcome desk"), language, now)
        data["columns"] = [
            {"title": ""}, {"title": _("No."), "ltr": True}, {"title": _("Who comes"), "width": 2.2},
            {"title": _("Function"), "width": 2.2}, {"title": _("Answer"), "width": 1.2},
            {"title": pgettext("column", "With"), "ltr": True}, {"title": _("Seat"), "width": 1.2}, {"title": _("Arrived at"), "width": 0.9},
        ]  # fmt: skip
        data["rows"] = [_day_line(one, language) for one in protocol.precedence(activity)]
        data["row_height"] = 9
        data["notes"] = [counts(activity), _("For this day alone. Destroy it the day after.")]
        return pdf.render(pdf.TABLE, data, language=language, title=data["title"], now=now)


def _day_line(one: protocol.Seat, language: str) -> list[str]:
    row = one.subject
    who, what = _text(row.name, language), office(row, language)
    if row.state == State.REPRESENTED:
        who = _text(row.representative, language)
        guest = _("represents: %(guest)s") % {"guest": _text(row.name, language)}
        what = "\n".join(part for part in (row.representative_function, guest, what) if part)
    with_him = f"+{row.companions} ☐" if row.companions else ""
    return ["☐", str(one.position), who, what, str(row.get_state_display()), with_him, row.seat, ""]


def seating_list(activity: Activity, *, language: str, now: dt.datetime) -> bytes:
    """Who is to be seated, by precedence, with the remarks and a column for the seat."""
    with translation.override(language):
        data = _head(activity, _("Seating by precedence"), language, now)
        data["columns"] = [
            {"title": _("No."), "ltr": True}, {"title": _("Seat"), "width": 0.8}, {"title": _("To be seated"), "width": 2.2},
            {"title": _("Function"), "width": 2.4}, {"title": pgettext("column", "With"), "ltr": True},
            {"title": _("Remarks on the seat"), "width": 1.6}, {"title": _("Answer"), "width": 1.1},
        ]  # fmt: skip
        data["rows"] = [
            [line[1], "", line[2], line[3], line[5].replace(" ☐", ""), line[6], line[4]]
            for line in (_day_line(one, language) for one in protocol.precedence(activity))
        ]
        data["row_height"] = 8
        return pdf.render(pdf.TABLE, data, language=language, title=data["title"], now=now)


# --- Place cards ----------------------------------------------------------------------------------------------------


def place_cards(activity: Activity, *, now: dt.datetime) -> bytes:
    """A card for each guest who comes or whose answer is awaited: the site's language in front, the guest's behind."""
    own = settings.LANGUAGE_CODE
    with translation.override(own):
        title = f"{_('Place cards')} – {_text(activity.title, own)}"
        cards = [_card(one.subject, own) for one in protocol.precedence(activity)]
        return pdf.render(CARDS, {"cards": cards}, language=own, title=title, now=now)


def _card(row: Invitation, own: str) -> dict[str, Any]:
    name = protocol.stands_for(row)
    others = [
        code
        for code in one_of_each_script(code for code, _name in settings.LANGUAGES)
        if name.get(code) and code != own
    ]
    back = row.language if row.language != own else next(iter(others), own)
    return {"front": _face(row, name, own), "back": _face(row, name, back)}


def _face(row: Invitation, name: Localized, language: str) -> dict[str, str]:
    words = name.text(language)
    if words.is_fallback:  # English and French share one spelling
        others = [code for code in one_of_each_script([language, *name]) if name.get(code)]
        words = name.text(
            next((code for code in name if direction(code) == direction(language)), others[0] if others else "")
        )
    if row.state == State.REPRESENTED:
        function = row.representative_function
    else:
        function = _text(row.function, language) if row.person else house(row, language)
    return {"language": words.language, "direction": words.direction, "name": words.value, "function": function}


# --- As a table -----------------------------------------------------------------------------------------------------


def workbook(activity: Activity, *, language: str, order: str = "precedence") -> bytes:
    """The guests in one of the orders as XLSX: the columns of the template, which comes back in, and the answers."""
    with translation.override(language):
        out = io.BytesIO()
        tables.write_xlsx([_sheet(activity, order)], out, right_to_left=translation.get_language_bidi())
        return out.getvalue()


def _sheet(activity: Activity, order: str) -> tables.Sheet:
    seats = protocol.of(activity, order)
    heading = capfirst(str(Placement.Order(order).label))[:31]
    if order == Placement.Order.LOGOS:
        return tables.Sheet(heading, [_("No."), _("Organisation")], [[one.position, str(one.subject)] for one in seats])
    scripts = one_of_each_script(code for code, _name in settings.LANGUAGES)
    texts = ("name", "function", "salutation")
    plain = [name for name in guestfiles.TITLES if name not in texts]
    header = [_("No.")]
    header += [f"{guestfiles.TITLES[name]} ({code})" for name in texts for code in scripts]
    header += [str(guestfiles.TITLES[name]) for name in plain]
    header += [_("Answer"), _("Answered how"), pgettext("column", "With")]
    header += [f"{_('Representative')} ({code})" for code in scripts] + [_("Function of the representative")]
    titles = ranks()
    rows = []
    for one in [*seats, *_declined(activity, order)]:
        row = one.subject
        values = {name: getattr(row, name) for name in plain}
        values |= {
            "organisation": row.organisation.slug if row.organisation else row.organisation_name,
            "rank": str(titles[row.rank]) if row.rank in titles else row.rank, "speaks": _("yes") if row.speaks else "",
        }  # fmt: skip
        names = [row.name if row.person else Localized(), row.function, row.salutation]
        rows.append(
            [
                one.position or None, *(text.get(code, "") for text in names for code in scripts),
                *(values[name] for name in plain), str(row.get_state_display()), str(row.get_how_display()),
                row.companions, *(row.representative.get(code, "") for code in scripts), row.representative_function,
            ]
        )  # fmt: skip
    return tables.Sheet(heading, header, rows, widths=dict.fromkeys(header, 18))


def came(activity: Activity, *, language: str) -> bytes:
    """Who of the guests came, on which day, in person or by whom, as XLSX: the evidence of a ceremony."""
    with translation.override(language):
        scripts = one_of_each_script(code for code, _name in settings.LANGUAGES)
        header = [
            _("No."),
            *(f"{_('Guest')} ({code})" for code in scripts),
            _("Function"),
            _("Organisation"),
            _("Answer"),
        ]
        header += [_("Day"), _("Came at"), _("Came instead"), _("Function"), _("at the door")]
        zone = zone_of(activity)
        rows = Arrival.objects.filter(activity=activity, state=Arrival.State.COUNTED).exclude(invitation=None)
        first: dict[Any, dict[dt.date, Arrival]] = {}
        for one in rows.order_by("-at", "-pk"):
            first.setdefault(one.invitation_id, {})[one.day] = one
        seats = [*protocol.precedence(activity), *_declined(activity, "precedence")]
        lines = []
        for seat in seats:
            row = seat.subject
            guest = [
                seat.position or None, *(row.name.get(code, "") for code in scripts), _text(row.function, language),
                house(row, language), str(row.get_state_display()),
            ]  # fmt: skip
            days = sorted(first.get(row.pk, {}).items())
            lines += [
                [*guest, day.isoformat(), one.at.astimezone(zone).strftime("%H:%M"), one.name, one.function, str(one.get_why_display())]
                for day, one in days
            ] or [[*guest, None, None, "", "", ""]]  # fmt: skip
        out = io.BytesIO()
        sheet = tables.Sheet(_("Guests who came")[:31], header, lines, widths=dict.fromkeys(header, 18))
        tables.write_xlsx([sheet], out, right_to_left=translation.get_language_bidi())
        return out.getvalue()
