"""The guests of an activity: persons by name or offices by their function, each once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from tansiq.core import journal, packs
from tansiq.core.errors import Refused
from tansiq.core.exchange import plain
from tansiq.core.language import clean_name, fold, is_in_script
from tansiq.core.localized import Localized
from tansiq.participation.models import Invitation
from tansiq.people.models import Organisation, Person
from tansiq.programme.models import Activity

LONGEST_NAME, LONGEST_WORDS = 120, 200
State = Invitation.State


class Unfit(Refused):
    """What was given does not fit; `faults` is {"email": "...", ...}, sentences by field."""


class AlreadyInvited(Refused):
    """Another guest of this activity has the address; carries `invitation`."""


@dataclass(frozen=True)
class Guest:
    """Who is to be invited: a person by name, or an office by its function alone.

    name, function, salutation  texts by language;  rank  of the pack's section `precedence`
    email  the guest's own;  cabinet_email  of the cabinet that answers: mails go there
    """

    name: dict[str, str] = field(default_factory=dict)
    function: dict[str, str] = field(default_factory=dict)
    organisation: Organisation | None = None
    organisation_name: str = ""
    rank: int | None = None
    appointed: dt.date | None = None
    language: str = ""
    salutation: dict[str, str] = field(default_factory=dict)
    email: str = ""
    cabinet: str = ""
    cabinet_email: str = ""
    telephone: str = ""
    companions_allowed: int = 0
    speaks: bool = False
    seat: str = ""


def ranks() -> dict[int, Localized]:
    """The ranks of the country pack with their titles, highest first."""
    rows = sorted(packs.section("precedence", []), key=lambda one: one["rank"])
    return {one["rank"]: Localized(one["title"]) for one in rows}


def cleaned(guest: Guest) -> Guest:
    """The guest with clean values. Raises Unfit with everything that does not fit."""
    faults: dict[str, str] = {}
    values: dict[str, Any] = {
        "name": clean_texts(guest.name, "name", faults, is_name=True),
        "function": clean_texts(guest.function, "function", faults),
        "salutation": clean_texts(guest.salutation, "salutation", faults),
        "language": guest.language or settings.LANGUAGE_CODE,
    }
    for name in ("organisation_name", "cabinet", "seat", "telephone"):
        values[name] = _clean_words(getattr(guest, name), name, faults, 40 if name == "telephone" else LONGEST_WORDS)
    for name in ("email", "cabinet_email"):
        values[name] = getattr(guest, name).strip()
        try:
            if values[name]:
                validate_email(values[name])
        except ValidationError:
            faults[name] = _("“%(given)s” is not an e-mail address. Write one such as name@example.org.") % {"given": values[name][:80]}  # fmt: skip
    if values["language"] not in dict(settings.LANGUAGES):
        faults["language"] = _("“%(given)s” is no language of this site. Known: %(known)s.") % {
            "given": values["language"][:20], "known": ", ".join(dict(settings.LANGUAGES)),
        }  # fmt: skip
    if guest.rank is not None and guest.rank not in ranks():
        faults["rank"] = _("There is no rank “%(given)s”. Known: %(known)s.") % {
            "given": guest.rank, "known": "; ".join(f"{rank} {title}" for rank, title in ranks().items()),
        }  # fmt: skip
    if not 0 <= guest.companions_allowed <= 50:
        faults["companions_allowed"] = _("Write a number from 0 to 50.")
    if not (values["name"] or values["function"] or faults.keys() & {"name", "function"}):
        faults["name"] = _("Give the person, or the office that is invited.")
    if faults:
        raise Unfit(" ".join(faults.values()), faults=faults)
    kept = ("organisation", "rank", "appointed", "companions_allowed", "speaks")
    return Guest(**values, **{name: getattr(guest, name) for name in kept})


def clean_texts(given: dict[str, str], where: str, faults: dict[str, str], *, is_name: bool = False) -> Localized:
    """Texts by language, clean; what does not fit is written into `faults` under `where`."""
    found = Localized()
    for language, written in given.items():
        text = _clean_words(written, where, faults, LONGEST_NAME if is_name else LONGEST_WORDS)
        if text and is_name and not any(char.isalpha() for char in text):
            faults[where] = _("“%(given)s” is no name: there is no letter in it.") % {"given": text[:80]}
        elif text and is_name and not is_in_script(text, language):
            faults[where] = _("Write this spelling of the name in the letters of this language: %(language)s.") % {
                "language": dict(settings.LANGUAGES).get(language, language)
            }
        elif text:
            found[language] = text
    return found


def _clean_words(written: str, where: str, faults: dict[str, str], most: int) -> str:
    try:
        text = clean_name(written)
    except Refused as refusal:
        faults[where] = str(refusal)
        return ""
    if len(text) > most:
        faults[where] = _("This has %(count)s letters; at most %(most)s fit. Shorten it.") % {"count": len(text), "most": most}  # fmt: skip
        return ""
    return text


def spellings(row: Invitation | Guest) -> set[str]:
    """Folded, what the guest is called; an office without its holder by its function."""
    texts = row.name or row.function
    person = getattr(row, "person", None)
    known = {*texts.values(), *(person.spellings if person else ())}
    return {fold(text) for text in known} | set(getattr(row, "other_spellings", ())) - {""}


def is_same(row: Invitation, guest: Guest) -> bool:
    """The very same guest again: one spelling agrees, and the organisation or an address does."""
    if not spellings(row) & spellings(guest) or bool(row.person_id) != bool(guest.name):
        return False
    if guest.email and guest.email.lower() == row.address_key:
        return True
    if spellings(guest) & set(row.other_spellings):
        return True
    return _house(row) == _house(guest)


def _house(row: Invitation | Guest) -> str:
    return row.organisation.slug if row.organisation else fold(row.organisation_name)


def guests_of(activity: Activity) -> list[Invitation]:
    rows = Invitation.objects.filter(activity=activity).select_related("person", "organisation", "letter")
    return list(rows.order_by("number"))


def add(*, activity: Activity, guest: Guest, by: Any, now: dt.datetime) -> Invitation:
    """Put a guest on the list; who stands there already is that guest, and nothing changes.

    Whether somebody with another spelling may be the same is asked before: `guestfiles.alike`.
    Raises Unfit, AlreadyInvited (two guests with one address of their own).
    """
    given = cleaned(guest)
    with transaction.atomic():
        # One at a time for each activity: of two who add the same guest at once the second finds it.
        Activity.objects.select_for_update().only("pk").get(pk=activity.pk)
        rows = [row for row in guests_of(activity) if row.state != State.WITHDRAWN]
        known = next((row for row in rows if is_same(row, given)), None)
        if known:
            return known
        address = given.email.lower()
        other = next((row for row in rows if address and row.address_key == address), None)
        if other:
            raise _taken(given.email, other)
        row = _new(activity, given, now)
        row.save(force_insert=True)
        journal.record("participation.add_guest", row, by=by, now=now, changes={"rank": [None, row.rank]})
    return row


def _taken(address: str, other: Invitation) -> AlreadyInvited:
    message = _("The address %(address)s is that of guest number %(number)s. Each guest has an address of their own; an office that answers for several is written as their cabinet.")  # fmt: skip
    return AlreadyInvited(message % {"address": address, "number": other.number}, invitation=other)


def _new(activity: Activity, given: Guest, now: dt.datetime) -> Invitation:
    last = Invitation.objects.filter(activity=activity).aggregate(top=Max("number"))["top"] or 0
    values = {name: getattr(given, name) for name in Guest.__dataclass_fields__ if name != "name"}
    person = _person(given) if given.name else None
    return Invitation(
        activity=activity, number=last + 1, person=person, address_key=given.email.lower(), made_at=now, **values
    )


def _person(given: Guest) -> Person:
    """The person that we know by this address and name, else a new one."""
    wanted = {fold(spelling) for spelling in given.name.values()}
    for known in Person.objects.filter(email__iexact=given.email) if given.email else []:
        if wanted & {fold(spelling) for spelling in known.spellings}:
            return known
    name = Localized(given.name)
    person = Person(
        name=name, reference_language=next(iter(name)), email=given.email.lower(), telephone=given.telephone
    )
    person.save(force_insert=True)
    return person


@transaction.atomic
def change(*, invitation: Invitation, guest: Guest, by: Any, now: dt.datetime) -> Invitation:
    """Mend what is known of a guest. A new address makes the link in older mails worthless: send it again.

    Raises Unfit, AlreadyInvited.
    """
    given, row = cleaned(guest), locked(invitation)
    taken = Invitation.objects.filter(activity=row.activity).exclude(pk=row.pk).exclude(state=State.WITHDRAWN)
    if given.email and (other := taken.filter(address_key=given.email.lower()).first()):
        raise _taken(given.email, other)
    if given.companions_allowed < row.companions:
        fault = _("The guest said that %(number)s come along.") % {"number": row.companions}
        raise Unfit(fault, faults={"companions_allowed": fault})
    address = row.address
    changed = {}
    for name in (one for one in Guest.__dataclass_fields__ if one != "name"):
        before, after = getattr(row, name), getattr(given, name)
        if before != after:
            changed[name] = ["…", "…"] if name in Invitation.personal_fields else [plain(before), plain(after)]
            setattr(row, name, after)
    if row.person and given.name and dict(row.person.name) != dict(given.name):
        others = {code: text for code, text in row.person.name.items() if code not in dict(settings.LANGUAGES)}
        row.person.name = Localized({**others, **given.name})
        if row.person.reference_language not in row.person.name:
            row.person.reference_language = next(iter(given.name))
        row.person.save(update_fields=["name", "reference_language"])
        changed["person"] = ["…", "…"]
    elif not row.person and given.name:
        row.person, changed["person"] = _person(given), [None, "…"]
    if changed:
        if isinstance(row.organisation, Organisation) and "organisation" in changed:
            changed["organisation"] = ["…", row.organisation.slug]
        row.address_key = row.email.lower()
        if row.address != address:
            row.link_version += 1
        row.save()
        journal.record("participation.change_guest", row, by=by, now=now, changes=changed)
    return row


@transaction.atomic
def note_spelling(*, invitation: Invitation, name: dict[str, str], by: Any, now: dt.datetime) -> Invitation:
    """A person said that this spelling is the same guest: remembered, so that nobody is asked again."""
    row = locked(invitation)
    wanted = sorted({*row.other_spellings, *(fold(text) for text in name.values())} - {""})
    if wanted != row.other_spellings:
        row.other_spellings = wanted
        row.save(update_fields=["other_spellings"])
        journal.record("participation.same_guest", row, by=by, now=now)
    return row


def locked(invitation: Invitation) -> Invitation:
    """The row as it stands, ours until the transaction ends."""
    Invitation.objects.select_for_update().only("pk").get(pk=invitation.pk)
    related = ("activity__programme", "activity__place", "person", "organisation")
    return Invitation.objects.select_related(*related).get(pk=invitation.pk)
