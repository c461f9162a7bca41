"""Administrations are asked for names: by a registered letter and, where an address is known, by mail with a personal link.

What comes back is for `nominees`, what becomes of it for `takeover`; this module asks, reminds and closes.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tansiq.coordination import letters, tasks
from tansiq.coordination.models import Function, Letter, LetterKind, Task
from tansiq.coordination.paper import body_name, in_words
from tansiq.core import journal, links, outbox
from tansiq.core.errors import Refused
from tansiq.core.language import clean_name
from tansiq.core.localized import Localized
from tansiq.participation import places as scarce
from tansiq.participation.models import Admission, NominationRequest, Quota
from tansiq.people.models import Organisation, Region

PURPOSE = "nomination"
MOST_PLACES = 500
DAYS_BEFORE = 3
# A reminder that could not be sent on its day (the schedule stood still) is not sent weeks later.
DAYS_AFTER = 7
MAIL_HOUR = 8


class Unfitting(Refused):
    """The request cannot be made so; `faults` is {"places": "...", "due": "..."}."""


class AskedOtherwise(Refused):
    """This administration was asked already, with other places or another day; carries `request`."""


class IsOver(Refused):
    """The request is closed or taken over."""


@dataclass(frozen=True)
class Asked:
    """request  the new one, or that which stood already;  warnings  where the sum does not fit the quotas, in sentences"""

    request: NominationRequest
    is_new: bool
    warnings: list[str] = field(default_factory=list)


# --- Does it fit? ---------------------------------------------------------------------------------------------------


def region_names(language: str) -> dict[str, str]:
    return {row.code: row.name.text(language).value for row in Region.objects.all()}


def fit(admission: Admission, language: str) -> list[str]:
    """Where the administrations are asked for more than is set aside; [] when it fits. Three queries."""
    asked: Counter[str] = Counter()
    for row in admission.requests.exclude(state=NominationRequest.State.CLOSED):
        for one in row.places:
            asked[one["region"]] += one["number"]
    sizes = {one.key: one.size for one in admission.quotas.all() if one.dimension == Quota.Dimension.REGION}
    names = region_names(language)
    found = []
    with translation.override(language):
        total = sum(asked.values())
        if total > admission.capacity:
            text = _("Together %(asked)s names are asked for; there are %(places)s places.")
            found.append(text % {"asked": total, "places": admission.capacity})
        others = 0
        for code, number in sorted(asked.items()):
            if not code or not sizes:
                continue
            if code not in sizes:
                others += number
            elif number > sizes[code]:
                text = _("%(region)s: %(asked)s names are asked for; %(places)s places are set aside.")
                found.append(text % {"region": names.get(code, code), "asked": number, "places": sizes[code]})
        if others > sizes.get("", 0) and sizes:
            text = _("For regions without places of their own %(asked)s names are asked for; %(places)s places are set aside.")  # fmt: skip
            found.append(text % {"asked": others, "places": sizes.get("", 0)})
    return found


def _clean(
    admission: Admission, places: list[dict[str, Any]], due: dt.date | None, email: str, office: str, today: dt.date
) -> tuple[list[dict[str, Any]], str, str]:
    faults: dict[str, str] = {}
    known = set(Region.objects.values_list("code", flat=True))
    cleaned: list[dict[str, Any]] = []
    for one in places:
        region, number, reserve = one.get("region", ""), one.get("number", 0), one.get("reserve", 0)
        if region and region not in known:
            faults["places"] = _("There is no region “%(given)s”. Choose one of the list.") % {"given": region[:80]}
        elif not (0 <= number <= MOST_PLACES and 0 <= reserve <= MOST_PLACES and number + reserve):
            faults["places"] = _("Give a number of places, from 1 to %(most)s.") % {"most": MOST_PLACES}
        elif any(before["region"] == region for before in cleaned):
            faults["places"] = _("“%(key)s” stands twice.") % {"key": region or _("any region")}
        cleaned.append({"region": region, "number": number, "reserve": reserve})
    if not cleaned or not sum(one["number"] for one in cleaned):
        faults.setdefault("places", _("Give a number of places, from 1 to %(most)s.") % {"most": MOST_PLACES})
    first_day = admission.activity.first_day if admission.activity.is_dated else None
    if due is not None and due < today:
        faults["due"] = _("This day is past. Give a later one.")
    elif due is not None and first_day and due >= first_day:
        faults["due"] = _("The answer is wanted before the activity begins, on %(day)s. Give an earlier day.") % {
            "day": first_day.isoformat()
        }
    email = email.strip().lower()
    try:
        if email:
            validate_email(email)
    except ValidationError:
        faults["email"] = _("“%(given)s” is not an e-mail address. Write one such as name@example.org.") % {"given": email[:80]}  # fmt: skip
    try:
        office = clean_name(office)
    except Refused as refusal:
        faults["office"] = str(refusal)
    if len(office) > 200:
        faults["office"] = _("At most 200 letters, please.")
    if faults:
        raise Unfitting(" ".join(faults.values()), faults=faults)
    return cleaned, email, office


# --- Asking ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def ask(
    *, admission: Admission, organisation: Organisation, places: list[dict[str, Any]], due: dt.date | None, by: Any,
    now: dt.datetime, email: str = "", office: str = "", language: str = "", service: Function | None = None,
) -> Asked:  # fmt: skip
    """Ask one administration for names: a request, a letter in the register, and a mail where an address is given.

    places    [{"region": code or "" for any, "number": n, "reserve": n}]
    office    whom the letter is for, such as "Direction of human resources": never a person
    language  of the letter and the page; "" for that of the administration
    The same once more is the same request: no second letter, no second mail. Raises Unfitting, AskedOtherwise.
    """
    today = timezone.localdate(now)
    scarce.lock(admission)  # of two who press at once one waits here
    row = NominationRequest.objects.filter(admission=admission, organisation=organisation).first()
    language = language or letters.language_for(organisation, "own")
    wanted, email, office = _clean(admission, places, due, email, office, today if row is None else dt.date.min)
    if row is not None:
        if (row.places, row.due, row.email) != (wanted, due, email):
            message = _("%(name)s was asked already, with other places, another day or another address. Change that request instead.")  # fmt: skip
            raise AskedOtherwise(message % {"name": organisation}, request=row)
        return Asked(row, False, fit(admission, language))
    row = NominationRequest(
        admission=admission, organisation=organisation, places=wanted, due=due, email=email, office=office,
        language=language, asked_at=now,
    )  # fmt: skip
    row.save(force_insert=True)
    changes = {"places": [None, wanted], "due": [None, due and due.isoformat()]}
    journal.record("participation.ask_for_names", row, by=by, now=now, changes=changes)
    row.letter = _write(row, "nomination-request", service=service, by=by, now=now)
    row.save(update_fields=["letter"])
    if row.email:
        send_link(request=row, by=by, now=now)
    return Asked(row, True, fit(admission, language))


def _write(
    row: NominationRequest,
    kind: str,
    *,
    by: Any,
    now: dt.datetime,
    service: Function | None = None,
    delegation: str = "",
) -> Letter:
    found = LetterKind.objects.filter(slug=kind).first()
    if found is None:
        message = _("There is no text for this letter. Load the country pack again, or write a kind of letter “%(slug)s”.")  # fmt: skip
        raise Refused(message % {"slug": kind})
    activity, language = row.admission.activity, row.language
    names = region_names(language)
    with translation.override(language):
        is_table = kind == "nomination-request"
        wanted = letters.Wanted(
            found, activity.programme, activity, row.organisation, language,
            service or (row.letter.service if row.letter else None), row.office, row.due, row.number, delegation,
            row.letter, how_to_answer(row),
            tuple(
                {
                    "region": names.get(one["region"], one["region"]) or _("any region"), "number": str(one["number"]),
                    "reserve": str(one.get("reserve", 0)),
                }
                for one in row.places
            ) if is_table else (),
        )  # fmt: skip
    return letters.write(wanted, dated=timezone.localdate(now), by=by, now=now)


def how_to_answer(row: NominationRequest) -> str:
    """The ways back, for the letter: the address of the page stands in the mail only, where nobody else reads it."""
    if row.email:
        return _("The answer may be given on the personal page whose address was sent to %(email)s, by the Excel sheet that is found there, or by letter quoting the number above.") % {"email": row.email}  # fmt: skip
    return _("The answer may be given by the Excel sheet that the secretariat sends on request, or by letter quoting the number above.")  # fmt: skip


def expires_at(row: NominationRequest, now: dt.datetime) -> dt.datetime:
    """The page stays until the day after the activity: until then somebody may be replaced."""
    days = [timezone.localdate(now) + dt.timedelta(days=30)]
    days += [day + dt.timedelta(days=30) for day in (row.due,) if day]
    days += [day + dt.timedelta(days=1) for day in (row.admission.activity.last_day,) if day]
    return timezone.make_aware(dt.datetime.combine(max(days), dt.time()))


@transaction.atomic
def send_link(
    *, request: NominationRequest, by: Any, now: dt.datetime, key: str = "", is_reminder: bool = False
) -> str:
    """Mail a personal link to the administration's mailbox; the links before it stay good. Returns its address.

    key  of the mail, where it must go out once
    """
    row = request
    if not row.email:
        raise Refused(_("There is no e-mail address of this administration. Write it into the request first."))
    if row.state == NominationRequest.State.CLOSED:
        raise IsOver(_("This request is closed. Open it again first."))
    made = links.make(
        purpose=PURPOSE, subject=row, to_name=row.office, to_address=row.email, language=row.language,
        expires_at=expires_at(row, now), by=by, now=now,
    )  # fmt: skip
    activity = row.admission.activity
    with translation.override(row.language):
        when = in_words(activity.when or None, row.language) or _("(day to be confirmed)")
        lines = [
            body_name(row.language),
            f"{activity.title.text(row.language).value}\n{when}",
            _("A reminder: the names of those who will take part for your administration have not reached us yet.")
            if is_reminder
            else _("Please name those who will take part for your administration. Our letter No. %(number)s says more.")
            % {"number": row.letter.number if row.letter else "–"},
            _("Your page, to write the names or to send the Excel sheet:") + f"\n{made.address}",
            _("The Excel sheet alone:") + f"\n{made.address}sheet.xlsx",
            _("Answer by: %(due)s") % {"due": in_words(row.due, row.language)} if row.due else "",
            _("This link is for your administration alone: please do not pass it on."),
        ]
        outbox.post(
            key=key or f"nomination:{made.link.pk}", to=row.email,
            subject=_("A reminder") if is_reminder else _("A request to your administration"),
            body="\n\n".join(line for line in lines if line), language=row.language, now=now,
        )  # fmt: skip
    return made.address


@transaction.atomic
def revise(
    *, request: NominationRequest, places: list[dict[str, Any]], due: dt.date | None, email: str, office: str, by: Any,
    now: dt.datetime,
) -> Asked:  # fmt: skip
    """Change what was asked: a later day, more places, another mailbox. The letter stays as it went out.

    A new mailbox closes the links of the old one and gets a link. Raises Unfitting, IsOver; Refused where more are named.
    """
    row = locked(request)
    if row.state == NominationRequest.State.CLOSED:
        raise IsOver(_("This request is closed. Open it again first."))
    today = timezone.localdate(now)
    wanted, email, office = _clean(row.admission, places, due, email, office, dt.date.min if due == row.due else today)
    named = Counter(
        (row.place_of(one.region_id or ""), one.state) for one in row.nominees.filter(state__in=["named", "reserve"])
    )
    sizes = {(one["region"], kind): one[name] for one in wanted for kind, name in (("named", "number"), ("reserve", "reserve"))}  # fmt: skip
    if any(number > sizes.get(place, 0) for place, number in named.items()):  # type: ignore[call-overload]
        raise Unfitting(_("More people are named than these places hold. Withdraw some first, or leave more places."), faults={})  # fmt: skip
    changes = journal.difference(
        {"places": row.places, "due": row.due and row.due.isoformat(), "email": bool(row.email)},
        {"places": wanted, "due": due and due.isoformat(), "email": bool(email)},
    )
    is_new_mailbox = email != row.email
    if not changes and not is_new_mailbox and office == row.office:
        return Asked(row, False, fit(row.admission, row.language))
    row.places, row.due, row.email, row.office = wanted, due, email, office
    row.save(update_fields=["places", "due", "email", "office"])
    journal.record("participation.change_request", row, by=by, now=now, changes=changes)
    if is_new_mailbox:
        links.close(subject=row, purpose=PURPOSE, now=now)
        if email:
            send_link(request=row, by=by, now=now)
    return Asked(row, False, fit(row.admission, row.language))


@transaction.atomic
def close(*, request: NominationRequest, by: Any, now: dt.datetime) -> NominationRequest:
    """No more names are wanted: the links open nothing any more. Twice changes nothing."""
    row = locked(request)
    if row.state != NominationRequest.State.CLOSED:
        _set_state(row, NominationRequest.State.CLOSED, by=by, now=now)
        links.close(subject=row, purpose=PURPOSE, now=now)
    return row


@transaction.atomic
def reopen(*, request: NominationRequest, by: Any, now: dt.datetime) -> NominationRequest:
    """The list may be written once more; who was taken over stays. Twice changes nothing."""
    row = locked(request)
    if row.state in (NominationRequest.State.CLOSED, NominationRequest.State.TAKEN):
        state = NominationRequest.State.ANSWERED if row.answered_at else NominationRequest.State.ASKED
        _set_state(row, state, by=by, now=now)
    return row


def _set_state(row: NominationRequest, state: NominationRequest.State, *, by: Any, now: dt.datetime) -> None:
    before, row.state = row.state, state
    row.save(update_fields=["state"])
    verb = "participation.close_request" if state == row.State.CLOSED else "participation.reopen_request"
    journal.record(verb, row, by=by, now=now, changes={"state": [before, state.value]})


def locked(request: NominationRequest) -> NominationRequest:
    """The request, nobody else's until the transaction ends: quotas and activity first, as everywhere."""
    scarce.lock(request.admission)
    NominationRequest.objects.select_for_update().only("pk").get(pk=request.pk)
    related = ("admission__activity__programme", "organisation", "letter__service")
    return NominationRequest.objects.select_related(*related).get(pk=request.pk)


# --- Reminding ------------------------------------------------------------------------------------------------------


def remind(*, now: dt.datetime) -> int:
    """Remind those who have not answered: by mail three days before the day and the day after, each once.

    Where no address is known a task asks the registry for a letter. The schedule calls it. Returns how many mails.
    """
    local = timezone.localtime(now)
    today = local.date()
    if local.hour < MAIL_HOUR:
        return 0
    soon, long_ago = today + dt.timedelta(days=DAYS_BEFORE), today - dt.timedelta(days=DAYS_AFTER)
    rows = NominationRequest.objects.filter(
        state=NominationRequest.State.ASKED, due__lte=soon, due__gte=long_ago
    ).select_related("admission__activity__programme", "organisation", "letter__service")
    posted = 0
    for row in rows:
        if row.due is None or not row.admission.activity.takes_place or row.due == today:
            continue
        when = "after" if row.due < today else "before"
        if when == "before" and timezone.localdate(row.asked_at) >= today - dt.timedelta(days=1):
            continue  # asked yesterday: the request itself is the reminder
        if not row.email:
            _make_task(row, now=now)
            continue
        key = f"nomination:{row.pk}:{row.due}:{when}"
        if not outbox.is_posted(key):
            send_link(request=row, by=journal.SCHEDULE, now=now, key=key, is_reminder=True)
            posted += 1
    return posted


def _make_task(row: NominationRequest, *, now: dt.datetime) -> None:
    programme = row.admission.activity.programme
    key = f"nomination/{row.pk}"
    if Task.objects.filter(programme=programme, key=key).exists():
        return
    owner = (row.letter.service if row.letter else None) or Function.objects.filter(slug="registry").first()
    title = Localized()
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            name = row.organisation.name.text(code).value
            title[code] = _("Remind by letter: %(name)s has not named its participants") % {"name": name}
    task = Task(
        programme=programme, activity=row.admission.activity, key=key, title=title,
        reference_language=settings.LANGUAGE_CODE, owner=owner, due=row.due,
    )  # fmt: skip
    tasks.add(task, by=journal.SCHEDULE, now=now)


def remind_by_letter(*, request: NominationRequest, by: Any, now: dt.datetime) -> Letter:
    """A letter in the register that reminds of the first one; at most one a day. Raises IsOver for who has answered."""
    with transaction.atomic():
        row = locked(request)
        if row.state != NominationRequest.State.ASKED:
            raise IsOver(_("This administration has answered already; there is nothing to remind of."))
        today = timezone.localdate(now)
        sent = Letter.objects.filter(
            kind__slug="nomination-reminder",
            organisation=row.organisation,
            activity=row.admission.activity,
            dated=today,
        ).first()
        return sent or _write(row, "nomination-reminder", by=by, now=now)


def tell_by_letter(*, request: NominationRequest, lines: list[str], by: Any, now: dt.datetime) -> Letter:
    """A letter in the register with what became of each of the nominees, `lines` as they are printed."""
    with transaction.atomic():
        return _write(locked(request), "nomination-outcome", delegation="\n".join(lines), by=by, now=now)
