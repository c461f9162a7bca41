"""All that is held of one person: given out, and erased. Each room registers what it holds itself.

What an erasure leaves is the journal, which knows ids only, and rows that others need and that name nobody any more.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import models, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tansiq.core import journal
from tansiq.core.errors import Refused
from tansiq.core.language import fold
from tansiq.core.localized import Localized
from tansiq.core.models import Entry, HeldItem, Link, Message
from tansiq.people.models import Person, PersonMerge, User

# Rows that other packages keep for one user: ways to log in, addresses, settings, half-written forms. Named by label,
# because this room does not import the interfaces; what is not installed has no such relation and is passed over.
OF_A_USER = frozenset(
    {
        "account.emailaddress", "mfa.authenticator", "wagtailadmin.editingsession", "wagtailadmin.formstate",
        "wagtailcore.pagesubscription", "wagtailusers.userprofile",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Subject:
    """person, user  one of the two may be None
    addresses  all their e-mail addresses, in small letters
    words      the names and the telephone as they stood before an erasure began, to be found in texts
    """

    person: Person | None
    user: User | None
    addresses: frozenset[str]
    words: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Holder:
    export: Callable[[Subject], Any]
    erase: Callable[[Subject], bool] | None


_HOLDERS: dict[str, _Holder] = {}


def register(name: str, *, export: Callable[[Subject], Any], erase: Callable[[Subject], bool] | None) -> None:
    """Say what a room holds of a person; called from a module that `AppConfig.ready` imports.

    name    the key in the export
    export  -> JSON data: all values held; dates as ISO strings, rows as a list
    erase   takes the personal values away and tells whether there were any; the second time there are none.
            None where nothing is left to erase because the rows name nobody.
    """
    _HOLDERS[name] = _Holder(export, erase)


def find(identifier: str | uuid.UUID) -> Person | User:
    """The person, or the user without one, with this UUID. Raises Refused."""
    try:
        key = uuid.UUID(str(identifier))
    except ValueError:
        message = _("“%(given)s” is not the identifier of a person. Copy the UUID from the person's page at the desk.")
        raise Refused(message % {"given": identifier}) from None
    found: Person | User | None = Person.objects.filter(pk=key).first() or User.objects.filter(pk=key).first()
    if found is None:
        # The identifier of a record that was found to be another person's stays good.
        merge = PersonMerge.objects.filter(dropped=key, undone_at=None).select_related("kept").first()
        found = merge.kept if merge else None
    if found is None:
        message = _("No person and no user has the identifier %(given)s. Copy it from the person's page at the desk.")
        raise Refused(message % {"given": key})
    return found


def export(who: Person | User) -> dict[str, Any]:
    """All that is held, by the names under which the rooms registered it; JSON values, never a password."""
    subject = _subject(who)
    return {name: holder.export(subject) for name, holder in _HOLDERS.items()}


@transaction.atomic
def erase(who: Person | User, *, by: Any, now: dt.datetime) -> None:
    """Take away what says who this was, in every room; the second time nothing changes and nothing is recorded.

    The user cannot log in any more, on no device. It cannot be undone, except from a backup.
    """
    subject = _subject(who)
    row: Any = subject.person or subject.user
    erased = [name for name, holder in _HOLDERS.items() if holder.erase and holder.erase(subject)]
    if erased:
        journal.record("people.erase", row, by=by, now=now, changes={"erased": [erased, []]})


def _subject(who: Person | User) -> Subject:
    # Read again: the row in the caller's hand may be older than what is erased.
    person = Person.objects.select_related("user").filter(
        **({"pk": who.pk} if isinstance(who, Person) else {"user_id": who.pk})
    ).first()  # fmt: skip
    user = person.user if person else User.objects.filter(pk=who.pk).first()
    addresses = {person.email if person else "", user.email if user else ""}
    for row in _of_user(user, {"account.emailaddress"}):
        addresses.add(row.email)
    words = {*person.spellings, person.telephone} if person else set()
    for row in PersonMerge.objects.filter(kept=person, undone_at=None) if person else ():
        for values in row.values.values():
            addresses.add(values["email"])
            words |= {*values["name"].values(), *values["other_spellings"], values["telephone"]}
    return Subject(
        person, user, frozenset(address.lower() for address in addresses if address), frozenset(words - {""})
    )


def _of_user(user: User | None, labels: Iterable[str]) -> list[Any]:
    if user is None:
        return []
    relations = [one for one in User._meta.related_objects if one.related_model._meta.label_lower in labels]
    return [row for one in relations for row in one.related_model._base_manager.filter(**{one.field.name: user})]


def _sessions(user: User | None) -> list[Any]:
    """The rows of this user's sessions, the ended ones too: who a session belongs to stands inside it, signed."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    if user is None:
        return []
    rows = Session.objects.all().iterator(500)
    return [row for row in rows if store.decode(row.session_data).get(SESSION_KEY) == str(user.pk)]


def _iso(value: dt.date | dt.datetime | None) -> str | None:
    return value.isoformat() if value else None


# --- what people holds itself ---------------------------------------------------------------------------------------


def _export_person(subject: Subject) -> dict[str, Any] | None:
    person = subject.person
    if person is None:
        return None
    return {
        "id": str(person.pk), "name": dict(person.name), "reference_language": person.reference_language,
        "email": person.email, "telephone": person.telephone, "other_spellings": person.other_spellings, "fictional": person.is_fictional,
    }  # fmt: skip


def _erase_person(subject: Subject) -> bool:
    person = subject.person
    if person is None:
        return False
    language = person.reference_language
    with translation.override(language):
        neutral = Localized({language: pgettext("instead of a person's name", "erased")})
    before = (person.name, person.email, person.telephone, person.other_spellings)
    if before == (neutral, "", "", []):
        return False
    person.name, person.email, person.telephone, person.other_spellings = neutral, "", "", []
    person.save(update_fields=["name", "email", "telephone", "other_spellings"])
    return True


def _export_user(subject: Subject) -> dict[str, Any] | None:
    user = subject.user
    if user is None:
        return None
    return {
        "id": str(user.pk), "email": user.email, "first_name": user.first_name, "last_name": user.last_name,
        "language": user.language, "active": user.is_active, "joined": _iso(user.date_joined),
        "last_login": _iso(user.last_login), "addresses": sorted(subject.addresses),
        # Which second factors, not their secrets: those would let the reader of the export log in.
        "second_factors": [
            {"type": one.type, "created": _iso(one.created_at), "last_used": _iso(one.last_used_at)}
            for one in _of_user(user, {"mfa.authenticator"})
        ],
        "sessions": [{"ends": _iso(row.expire_date)} for row in _sessions(user)],
    }  # fmt: skip


def _erase_user(subject: Subject) -> bool:
    user = subject.user
    if user is None:
        return False
    rows = [*_of_user(user, OF_A_USER), *_sessions(user)]
    for row in rows:
        row.delete()
    values = {
        "email": f"erased-{user.pk}@invalid.example", "first_name": "", "last_name": "", "language": "",
        "last_login": None, "is_active": False, "is_staff": False, "is_superuser": False,
    }  # fmt: skip
    before = {name: getattr(user, name) for name in values}
    if before == values and not user.has_usable_password() and not rows:
        return False
    for name, value in values.items():
        setattr(user, name, value)
    user.set_unusable_password()
    user.save()
    user.groups.clear()
    user.user_permissions.clear()
    return True


def _export_memberships(subject: Subject) -> list[dict[str, Any]]:
    rows = (
        subject.person.memberships.select_related("organisation").order_by("from_date", "id") if subject.person else []
    )
    return [
        {
            "organisation": row.organisation.slug, "function": dict(row.function), "from": _iso(row.from_date),
            "until": _iso(row.until_date),
        }
        for row in rows
    ]  # fmt: skip


def _erase_memberships(subject: Subject) -> bool:
    # A function in an organisation for a time says who it was, with or without the name.
    return bool(subject.person and subject.person.memberships.all().delete()[0])


def _export_roles(subject: Subject) -> list[dict[str, Any]]:
    rows = subject.user.grants.select_related("organisation").order_by("role", "id") if subject.user else []
    return [
        {"role": row.role, "region": row.region_id, "organisation": row.organisation.slug if row.organisation else None}
        for row in rows
    ]


def _erase_roles(subject: Subject) -> bool:
    return bool(subject.user and subject.user.grants.all().delete()[0])


def _mails(subject: Subject) -> Any:
    wanted = models.Q(pk__in=[])
    for address in subject.addresses:
        wanted |= models.Q(to_address__iexact=address)
    return Message.objects.filter(wanted).order_by("created_at", "key")


def _export_mails(subject: Subject) -> list[dict[str, Any]]:
    return [
        {
            "to": row.to_address, "subject": row.subject, "body": row.body, "state": row.state,
            "created": _iso(row.created_at), "sent": _iso(row.sent_at),
        }
        for row in _mails(subject)
    ]  # fmt: skip


def _erase_mails(subject: Subject) -> bool:
    # Those that were sent too: a body greets by name and carries personal links.
    return bool(_mails(subject).delete()[0])


def _links(subject: Subject) -> Any:
    wanted = models.Q(pk__in=[])
    for address in subject.addresses:
        wanted |= models.Q(to_address__iexact=address)
    return Link.objects.filter(wanted).order_by("made_at")


def _export_links(subject: Subject) -> list[dict[str, Any]]:
    return [
        {
            "purpose": row.purpose, "name": row.to_name, "address": row.to_address, "made": _iso(row.made_at),
            "expires": _iso(row.expires_at),
        }
        for row in _links(subject)
    ]  # fmt: skip


def _erase_links(subject: Subject) -> bool:
    return bool(_links(subject).delete()[0])


def _export_journal(subject: Subject) -> dict[str, Any]:
    """Ids and times only: what an entry says is about the record, which may be another person's."""
    ids = [row.pk for row in (subject.person, subject.user) if row]
    found = {
        "done": Entry.objects.filter(actor_id__in=ids),
        "about": Entry.objects.filter(subject_kind__in=("people.person", "people.user"), subject_id__in=ids),
    }
    return {
        name: [{"id": key, "at": _iso(at)} for key, at in rows.order_by("id").values_list("id", "recorded_at")]
        for name, rows in found.items()
    }


def _held(subject: Subject) -> list[HeldItem]:
    """Items in the conflict box that name the person: bodies are small and few, so each is read."""
    if not subject.words:
        return []
    words = {fold(word) for word in subject.words} - {""}
    rows = HeldItem.objects.exclude(content=b"")
    return [row for row in rows if any(word in fold(bytes(row.content).decode(errors="replace")) for word in words)]


def _export_held(subject: Subject) -> list[dict[str, Any]]:
    return [
        {"kind": row.kind, "content": bytes(row.content).decode(errors="replace"), "received": _iso(row.received_at)}
        for row in _held(subject)
    ]


def _erase_held(subject: Subject) -> bool:
    found = [row.pk for row in _held(subject)]
    return bool(HeldItem.objects.filter(pk__in=found).update(content=b"", because=""))


register("person", export=_export_person, erase=_erase_person)
register("user", export=_export_user, erase=_erase_user)
register("memberships", export=_export_memberships, erase=_erase_memberships)
register("roles", export=_export_roles, erase=_erase_roles)
register("mails", export=_export_mails, erase=_erase_mails)
register("links", export=_export_links, erase=_erase_links)
register("conflict box", export=_export_held, erase=_erase_held)
register("journal", export=_export_journal, erase=None)
