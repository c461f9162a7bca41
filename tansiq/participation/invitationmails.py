"""What is written to a guest, in the guest's language, each mail once. Whoever represents a guest is named in none."""

from __future__ import annotations

import datetime as dt

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tansiq.coordination.paper import body_name, in_words
from tansiq.core import outbox
from tansiq.participation.models import Invitation
from tansiq.participation.registrationmails import when_with_hour


def greeting(row: Invitation) -> str:
    """How the guest is addressed; the office where nothing else is known, and the cabinet that answers for it."""
    words = row.salutation.text(row.language)
    guest = " – ".join(
        dict.fromkeys(
            text for text in (row.name.text(row.language).value, row.function.text(row.language).value) if text
        )
    )
    lines = [words.value] if words.value and not words.is_fallback else []
    lines.append(guest)
    if row.cabinet_email and row.cabinet:
        lines.append(_("through: %(cabinet)s") % {"cabinet": row.cabinet})
    return "\n".join(line for line in lines if line)


def about(row: Invitation) -> str:
    """What, when, where, a line each."""
    activity, language = row.activity, row.language
    when = in_words(activity.when or None, language) or _("(day to be confirmed)")
    place = activity.place
    comma = "، " if translation.get_language_bidi() else ", "
    where = [place.name.text(language).value, place.locality.text(language).value] if place else []
    lines = [activity.title.text(language).value, when_with_hour(activity, when), comma.join(filter(None, where))]
    return "\n".join(line for line in lines if line)


def words_of_invitation(row: Invitation, address: str) -> tuple[str, str]:
    """Subject and body in the guest's language: for the mail, and for the preview before it."""
    with translation.override(row.language):
        answer = _("Please answer on your own page:")
        if row.answer_by:
            answer = _("Please answer by %(day)s on your own page:") % {"day": in_words(row.answer_by, row.language)}
        body = body_name(row.language)
        lines = [
            greeting(row), _("%(body)s has the honour to invite you to:") % {"body": body} if body else _("We have the honour to invite you to:"),
            about(row), f"{answer}\n{address}", _personal(),
        ]  # fmt: skip
        return pgettext("subject of a mail", "Invitation"), "\n\n".join(line for line in lines if line)


def _personal() -> str:
    return _("This invitation is personal. Whoever opens the link answers for you alone; passing it on invites nobody else. To be represented, name your representative there.")  # fmt: skip


def _post(row: Invitation, key: str, subject: str, lines: list[str], now: dt.datetime) -> None:
    if row.address:
        outbox.post(
            key=f"invitation:{row.pk}:{key}", to=row.address, subject=subject,
            body="\n\n".join(line for line in lines if line), language=row.language, now=now,
        )  # fmt: skip


def invite(row: Invitation, address: str, *, now: dt.datetime) -> None:
    subject, body = words_of_invitation(row, address)
    _post(row, f"sent:{row.link_version}", subject, [body], now)


def remind(row: Invitation, address: str, *, now: dt.datetime) -> None:
    with translation.override(row.language):
        day = in_words(row.answer_by, row.language) if row.answer_by else ""
        lines = [
            greeting(row), body_name(row.language), _("We have no answer from you yet to the invitation to:"), about(row),
            (_("Please answer by %(day)s on your own page:") % {"day": day} if day else _("Please answer on your own page:")) + f"\n{address}",
            _personal(),
        ]  # fmt: skip
        _post(row, f"remind:{row.reminded_on}", pgettext("subject of a mail", "Invitation: a reminder"), lines, now)


def confirm(row: Invitation, address: str, *, now: dt.datetime) -> None:
    """What was answered, to the address that we hold: a stranger's answer is noticed there."""
    with translation.override(row.language):
        answer = {
            Invitation.State.ACCEPTED: _("Your answer: you come."),
            Invitation.State.DECLINED: _("Your answer: you do not come."),
            Invitation.State.REPRESENTED: _("Your answer: somebody represents you. The name is on your page."),
        }[Invitation.State(row.state)]
        lines = [
            greeting(row), body_name(row.language), about(row), f"{answer} ({row.get_how_display()})",
            _("If you did not answer this, or wish to change it until the day, open your own page:") + f"\n{address}",
        ]  # fmt: skip
        _post(row, f"answer:{row.answers}", pgettext("subject of a mail", "Invitation: your answer"), lines, now)


def asked_anew(row: Invitation, address: str, *, now: dt.datetime) -> None:
    """An answer that was not the guest's is taken back; the new link opens the page alone."""
    with translation.override(row.language):
        lines = [
            greeting(row), body_name(row.language), about(row),
            _("The last answer to this invitation was taken back, because it was not yours. The older link opens nothing any more; please answer by this one:")
            + f"\n{address}",
        ]  # fmt: skip
        _post(row, f"sent:{row.link_version}", pgettext("subject of a mail", "Invitation"), lines, now)


def changed(row: Invitation, address: str, *, now: dt.datetime) -> None:
    """What the invitation said is not so any more. Its key holds what is so now: each change is told once."""
    with translation.override(row.language):
        activity = row.activity
        if not activity.takes_place:
            lines = [greeting(row), body_name(row.language), about(row), _("This activity does not take place as announced: %(state)s. Your invitation has no day any more; we will write if there is a new one.") % {"state": activity.get_state_display()}]  # fmt: skip
        else:
            lines = [
                greeting(row), body_name(row.language), _("What you were invited to has changed. It is now:"), about(row),
                (_("Your answer stands (%(answer)s). If it is another one now, change it on your own page:") % {"answer": row.get_state_display()}
                 if row.is_answered else _("Please answer on your own page:")) + f"\n{address}",
            ]  # fmt: skip
        _post(row, f"changed:{now.isoformat()}", pgettext("subject of a mail", "Invitation: a change"), lines, now)


def withdrawn(row: Invitation, *, now: dt.datetime) -> None:
    with translation.override(row.language):
        lines = [
            greeting(row), body_name(row.language), about(row),
            _("We are sorry: this invitation had to be withdrawn. Please write to us if you have a question."),
        ]  # fmt: skip
        _post(row, "withdrawn", pgettext("subject of a mail", "Invitation: withdrawn"), lines, now)
