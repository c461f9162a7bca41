"""Programmes and activities as iCalendar (RFC 5545, with the calendar properties of RFC 7986)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from urllib.parse import urlparse
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from icalendar import Calendar, Event, vText

from tansiq.core.language import join
from tansiq.programme.models import Activity, Programme

STATUS = {
    Activity.State.ANNOUNCED: "TENTATIVE",
    Activity.State.CONFIRMED: "CONFIRMED",
    Activity.State.MOVED: "CONFIRMED",
    Activity.State.HELD: "CONFIRMED",
    Activity.State.POSTPONED: "CANCELLED",
    Activity.State.CANCELLED: "CANCELLED",
}


def of_programme(programme: Programme, language: str) -> bytes:
    """All dated activities of a programme. Those without a day are named in the calendar's description, not guessed."""
    activities = list(programme.activities.select_related("place", "inside", "programme"))
    with translation.override(language):
        undated = [activity.title.text(language).value for activity in activities if not activity.is_dated]
        note = _("The day is not known yet: %(titles)s") % {"titles": join(undated, language)} if undated else ""
        return _calendar(programme, activities, language, f"programmes/{programme.slug}/", note)


def of_activity(activity: Activity, language: str) -> bytes | None:
    """One activity; None while its day is not known."""
    if not activity.is_dated:
        return None
    with translation.override(language):
        return _calendar(activity.programme, [activity], language, f"activities/{activity.slug}/", "")


def _calendar(programme: Programme, activities: Iterable[Activity], language: str, path: str, note: str) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", f"-//Tansiq//Tansiq//{language.upper()}")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    title = programme.title.text(language)
    calendar.add("name", _text(title.value, title.language))
    calendar.add("x-wr-calname", title.value)
    if note:
        calendar.add("description", _text(note, language))
    calendar.add("url", f"{settings.TANSIQ_SITE_URL}/{language}/{path}")
    calendar.add("source", f"{settings.TANSIQ_SITE_URL}/{language}/{path}calendar.ics", {"VALUE": "URI"})
    calendar.add("refresh-interval", dt.timedelta(hours=6), {"VALUE": "DURATION"})
    calendar.add("color", "steelblue")
    zone = ZoneInfo(programme.time_zone or settings.TIME_ZONE)
    for activity in activities:
        if activity.is_dated:
            calendar.add_component(_event(activity, language, zone))
    if any(activity.starts_at_time for activity in activities):
        calendar.add_missing_timezones()
    return calendar.to_ical()


def _text(value: str, language: str) -> vText:
    text = vText(value)
    text.params["LANGUAGE"] = language
    return text


def _event(activity: Activity, language: str, zone: ZoneInfo) -> Event:
    event = Event()
    host = urlparse(settings.TANSIQ_SITE_URL).hostname
    event.add("uid", f"{activity.pk}@{host}")
    event.add("dtstamp", activity.changed_at)
    event.add("last-modified", activity.changed_at)
    event.add("sequence", activity.sequence)
    first, last = activity.when.first_day, activity.when.last_day
    assert first  # `is_dated` was asked
    assert last
    if activity.starts_at_time:
        event.add("dtstart", dt.datetime.combine(first, activity.starts_at_time, zone))
        if activity.ends_at_time:
            event.add("dtend", dt.datetime.combine(last, activity.ends_at_time, zone))
    else:
        event.add("dtstart", first)
        event.add("dtend", last + dt.timedelta(days=1))  # the end of a whole-day event is the day after it
        event.add("transp", "TRANSPARENT")
    title = activity.title.text(language)
    event.add("summary", _text(title.value, title.language))
    lines = [str(activity.get_state_display())]
    if activity.part:
        lines.append(str(activity.get_part_display()))
    summary = activity.summary.text(language)
    if summary.value:
        lines.append(summary.value)
    event.add("description", _text("\n".join(lines), language))
    if activity.place and str(activity.place):
        event.add("location", _text(str(activity.place), language))
    event.add("status", STATUS[Activity.State(activity.state)])
    event.add("categories", [str(activity.get_kind_display())])
    event.add("url", f"{settings.TANSIQ_SITE_URL}/{language}/activities/{activity.slug}/")
    if activity.inside_id:
        event.add("related-to", f"{activity.inside_id}@{host}", {"RELTYPE": "PARENT"})
    return event
