"""Every field that is kept is classed, with a purpose; what is personal can be given out and erased."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

from tansiq.people import privacy
from tansiq.people.classes import CLASSES, Kept


def real() -> dict[str, set[str]]:
    """Own models (and the tables between two of them) with the names of their fields."""
    return {
        model._meta.label_lower: {field.name for field in (*model._meta.concrete_fields, *model._meta.many_to_many)}
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("tansiq.")
    }


def differences(classes: dict[str, Kept], found: dict[str, set[str]]) -> list[str]:
    named = {label: set(kept.fields()) for label, kept in classes.items()}
    return sorted(
        [f"{label}.{name} is not classed" for label in found for name in found[label] - named.get(label, set())]
        + [f"{label}.{name} is no field" for label in named for name in named[label] - found.get(label, set())]
    )


def test_every_field_of_every_own_model_is_classed_and_no_class_is_of_a_field_that_is_gone():
    found = real()
    assert len(found) > 30
    assert differences(CLASSES, found) == []


def test_a_field_without_a_class_and_a_class_without_a_field_would_be_found():
    found = {"people.person": {"id", "name", "nationality"}}
    classes = {"people.person": Kept("", internal="id", personal="name shoe_size")}
    assert differences(classes, found) == [
        "people.person.nationality is not classed",
        "people.person.shoe_size is no field",
    ]


def test_a_field_stands_in_one_class_only():
    with pytest.raises(ValueError, match="email is both internal and personal"):
        Kept("", internal="email", personal="email").fields()


def test_every_model_has_a_purpose_that_is_a_sentence():
    assert [label for label, kept in CLASSES.items() if not kept.purpose.endswith(".")] == []


def test_only_what_holds_personal_values_or_secrets_has_an_end():
    assert [
        label for label, kept in CLASSES.items() if kept.days is not None and not (kept.personal or kept.secret)
    ] == []
    assert all(kept.days is None or kept.days > 0 for kept in CLASSES.values())


def classed(*names: str) -> set[str]:
    return {label for label, kept in CLASSES.items() if set(kept.fields().values()) & set(names)}


def test_every_address_telephone_and_password_is_personal_or_secret():
    loose = []
    for label, kept in CLASSES.items():
        for field in apps.get_model(label)._meta.concrete_fields:
            private = isinstance(field, models.EmailField) or field.name in ("telephone", "password", "first_name")
            if private and kept.fields()[field.name] not in ("personal", "secret"):
                loose.append(f"{label}.{field.name}")
    assert loose == []


def test_every_link_to_a_user_or_a_person_is_personal_but_in_the_tables_of_permissions():
    loose = []
    for label, kept in CLASSES.items():
        for field in apps.get_model(label)._meta.concrete_fields:
            to = field.related_model._meta.label_lower if field.related_model else ""
            if to in ("people.user", "people.person") and kept.fields()[field.name] != "personal":
                loose.append(f"{label}.{field.name}")
    assert loose == ["people.user_groups.user", "people.user_user_permissions.user"]


def test_what_is_personal_is_given_out_and_erased_by_a_room():
    """`tansiq person` knows every model with personal values; a consent has its name on paper only."""
    held = {
        "core.message": "mails", "people.user": "user", "people.person": "person", "people.membership": "memberships",
        "people.personpair": "merges", "people.personmerge": "merges",
        "people.rolegrant": "roles", "commission.holding": "holdings",
        "coordination.function": "functions",
        "coordination.documentversion": "documents", "coordination.personlist": "lists", "coordination.signedsheet": "lists",
        "coordination.letter": "letters", "coordination.approvalstep": "approvals",
        "participation.registration": "registrations", "participation.attendance": "registrations",
        "participation.trainer": "trainers",
        "participation.attendancereport": "attendance reports", "participation.attempt": "tests",
        "participation.feedback": "satisfaction", "participation.feedbackgiven": "satisfaction",
        "participation.nominee": "nominations", "participation.double": "nominations",
        "participation.nominationrequest": "requests for nominations",
        "participation.invitation": "invitations", "participation.placement": "invitations",
        "core.helditem": "conflict box", "participation.arrival": "arrivals",
        "participation.certificate": "registrations", "participation.certificateapproval": "registrations",
        "participation.nametry": "name tries", "participation.identity": "registrations",
        "core.link": "links", "coordination.runofshow": "runs of show", "coordination.runofshowissue": "runs of show",
    }  # fmt: skip
    assert classed("personal", "secret") - set(held) == {"media.consent"}
    assert set(held.values()) <= set(privacy._HOLDERS)
    # Who held a seat when decides about a quorum: that row stays, and the name it points at is erased.
    assert {name for name in held.values() if privacy._HOLDERS[name].erase is None} == {"holdings"}


def test_the_journal_holds_nothing_personal():
    assert set(CLASSES["core.entry"].fields().values()) == {"internal"}
