"""What is written to whoever registered: how it stands, what changed of the activity, a reminder; each mail once."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tansiq.coordination import impact
from tansiq.coordination.paper import body_name, in_words
from tansiq.core import journal, outbox
from tansiq.core.exchange import plain
from tansiq.participation.models import Admission, Registration
from tansiq.participation.ownpage import address_of
from tansiq.participation.standing import explain
from tansiq.programme.models import Activity


def write_to(row: Registration, *, now: dt.datetime) -> None:
    """The mail that says how a registration stands; the same state is told once."""
    if not row.address_key:
        return
    language, activity = row.language, row.admission.activity
    with translation.override(language):
        State = Registration.State
        subject = {
            State.CONFIRMED: _("Your registration: confirmed"), State.WAITING: _("Your registration: waiting list"),
            State.UNVERIFIED: _("Your registration: one step more"), State.APPLIED: _("Your registration was received"),
        }.get(State(row.state), _("Your registration"))  # fmt: skip
        lines = [body_name(language), _about(activity, language), explain(row, language)]
        if row.state not in Registration.OVER:
            words = {
                State.UNVERIFIED: _("Confirm your address by opening this page:"),
                State.CONFIRMED: _("Your own page, with what you need to come and the way to cancel:"),
            }.get(State(row.state), _("Your own page, where you see how it stands and can cancel:"))
            lines.append(f"{words}\n{address_of(row)}")
            lines.append(_("This link is yours alone: please do not pass it on."))
        _note_told(row)
        stage = row.placed_at.isoformat() if row.placed_at else ""
        outbox.post(
            key=f"registration:{row.pk}:{row.state}:{stage}", to=row.address_key, subject=subject,
            body="\n\n".join(line for line in lines if line), language=language, now=now,
        )  # fmt: skip


def facts_of(activity: Activity) -> str:
    """A digest of what mails say of an activity: another one, and whoever got them must be told."""
    said = [
        plain(activity.when), str(activity.starts_at_time or ""), str(activity.place_id or ""), activity.mode,
        activity.takes_place,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()[:16]


def _note_told(row: Registration) -> None:
    said = facts_of(row.admission.activity)
    if row.told != said:
        row.told = said
        Registration.objects.filter(pk=row.pk).update(told=said)


def untold(activity: Activity) -> Any:
    """The registrations that count and whose last mail says of the activity what is not so."""
    rows = Registration.objects.filter(admission__activity=activity.pk).exclude(address_key="")
    return rows.exclude(state__in=[*Registration.OVER, Registration.State.UNVERIFIED]).exclude(told=facts_of(activity))


@impact.gives_out(Admission, "activity", "participation.tell_change")
def _false_mails(activity: Activity) -> Iterator[impact.Given]:
    number = untold(activity).count()
    row = Admission.objects.filter(activity=activity.pk).first() if number else None
    if row is not None:
        row.activity = activity
        text = ngettext("Mail to %(number)s registered person", "Mails to %(number)s registered people", number)
        url = f"{settings.TANSIQ_SITE_URL}/desk/admissions/edit/{row.pk}/"
        yield impact.Given("invitation", row, row.journal_label(), text % {"number": number}, url)


def change_mail(row: Registration) -> tuple[str, str]:
    """Subject and text of what tells somebody that the activity is otherwise than the last mail said."""
    language, activity = row.language, row.admission.activity
    with translation.override(language):
        off = _("It does not take place on the day that you were told.") if not activity.takes_place else ""
        lines = [
            body_name(language), off or _("Something changed. This is how it stands now:"), _about(activity, language),
            str(activity.place) if activity.place and activity.takes_place else "", explain(row, language),
            _("Your own page:") + f"\n{address_of(row)}",
        ]  # fmt: skip
        return _("A change"), "\n\n".join(line for line in lines if line)


@transaction.atomic
def tell_change(*, admission: Admission, by: Any, now: dt.datetime) -> int:
    """Write to all whose last mail says what is not so any more; each once for each change. Returns to how many."""
    rows = untold(admission.activity)
    rows = rows.select_related("admission__activity__programme", "admission__activity__place", "person", "region")
    said, number = facts_of(admission.activity), 0
    for row in rows:
        subject, body = change_mail(row)
        key = f"registration:{row.pk}:change:{said}:{now:%Y-%m-%dT%H}"
        outbox.post(key=key, to=row.address_key, subject=subject, body=body, language=row.language, now=now)
        number += 1
    if number:
        rows.update(told=said)
        journal.record("participation.tell_change", admission, by=by, now=now, changes={"people": [None, number]})
    return number


def tell_again(*, registration: Registration, now: dt.datetime) -> None:
    """Somebody registered with an address that is registered: its mailbox is told so, at most once an hour."""
    row, language = registration, registration.language
    hour = now.strftime("%Y-%m-%dT%H")
    with translation.override(language):
        lines = [
            body_name(language), _about(row.admission.activity, language),
            _("Somebody, perhaps you, registered once more with this address. Your registration stays as it is. Each person needs an address of their own."),
            explain(row, language), _("Your own page:") + f"\n{address_of(row)}",
        ]  # fmt: skip
        outbox.post(
            key=f"registration:{row.pk}:again:{hour}", to=row.address_key, subject=_("Your registration"),
            body="\n\n".join(line for line in lines if line), language=language, now=now,
        )  # fmt: skip


@transaction.atomic
def send_link(*, registration: Registration, by: Any, now: dt.datetime) -> None:
    """Somebody lost the mail: how it stands, and the personal link once more; at most once an hour."""
    row, language = registration, registration.language
    with translation.override(language):
        lines = [
            body_name(language), _about(row.admission.activity, language), explain(row, language),
            _("Your own page:") + f"\n{address_of(row)}", _("This link is yours alone: please do not pass it on."),
        ]  # fmt: skip
        key = f"registration:{row.pk}:link:{now:%Y-%m-%dT%H}"
        outbox.post(
            key=key, to=row.address_key, subject=_("Your registration"), body="\n\n".join(lines), language=language, now=now
        )  # fmt: skip
    journal.record("participation.send_link", row, by=by, now=now)


def _about(activity: Activity, language: str) -> str:
    title = activity.title.text(language).value
    when = in_words(activity.when or None, language) or _("(day to be confirmed)")
    return f"{title}\n{when_with_hour(activity, when)}"


def when_with_hour(activity: Activity, when: str) -> str:
    if not activity.starts_at_time:
        return when
    zone = ZoneInfo(activity.programme.time_zone or settings.TIME_ZONE)
    return f"{when}, {activity.starts_at_time:%H:%M} ({zone.key})"


def remind(*, now: dt.datetime, days_before: int = 2) -> int:
    """A reminder to whoever has a place, two days before; each once. The schedule calls it. Returns how many."""
    day = timezone.localdate(now) + dt.timedelta(days=days_before)
    rows = Registration.objects.present().filter(admission__activity__first_day=day).exclude(address_key="")
    rows = rows.exclude(reminded_for=day)
    number = 0
    for row in rows.select_related("admission__activity__programme", "person"):
        if not row.admission.activity.takes_place:
            continue
        with transaction.atomic(), translation.override(row.language):
            lines = [
                body_name(row.language), _("A reminder:") + "\n" + _about(row.admission.activity, row.language),
                _("Your own page, with how to join and the way to cancel:") + f"\n{address_of(row)}",
            ]  # fmt: skip
            outbox.post(
                key=f"reminder:{row.pk}:{day}", to=row.address_key, subject=_("A reminder"),
                body="\n\n".join(line for line in lines if line), language=row.language, now=now,
            )  # fmt: skip
            Registration.objects.filter(pk=row.pk).update(reminded_for=day)
        number += 1
    return number
