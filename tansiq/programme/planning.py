"""Verbs of planning: publish and withdraw a programme, move an activity, change its state."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Min
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from tansiq.core import journal, packs, publication
from tansiq.core.dates import PartialDate
from tansiq.core.errors import BadInput, Refused
from tansiq.core.exchange import Loading, plain, settle_claims
from tansiq.core.models import Claim, Record, Source
from tansiq.people.exchange import load_organisations
from tansiq.programme.exchange import ends_before_it_begins, settle_involvements
from tansiq.programme.models import Activity, Involvement, Programme


class OutsideProgramme(Refused):
    """The date lies outside the programme; carries `period`."""


class EndsBeforeItBegins(Refused):
    pass


@transaction.atomic
def publish(*, programme: Programme, by: Any, now: dt.datetime, at: dt.datetime | None = None) -> Programme:
    """Make a programme public now, or at a later instant `at` (an embargo). Publishing again changes nothing."""
    wanted = at or now
    if programme.published_at is not None and programme.published_at <= now:
        return programme
    before = programme.published_at
    programme.published_at = wanted
    programme.save(update_fields=["published_at"])
    changes = {"published_at": [before and before.isoformat(), wanted.isoformat()]}
    journal.record("programme.publish", programme, by=by, now=now, changes=changes)
    return programme


@transaction.atomic
def withdraw(*, programme: Programme, by: Any, now: dt.datetime) -> Programme:
    """Take a programme off the public site, with its calendar, feed, search and partner entries."""
    if programme.published_at is None:
        return programme
    before, programme.published_at = programme.published_at, None
    programme.save(update_fields=["published_at"])
    journal.record(
        "programme.withdraw", programme, by=by, now=now, changes={"published_at": [before.isoformat(), None]}
    )
    return programme


FIELDS = ("kind", "state", "mode", "title", "summary", "when", "within", "part", "starts_at_time", "ends_at_time",
          "place", "project", "inside", "languages", "audience", "agenda", "stops", "announcements", "notes")  # fmt: skip
# What a calendar client shows: a change of these raises the event's SEQUENCE.
IN_CALENDAR = {"state", "title", "when", "part", "starts_at_time", "ends_at_time", "place"}


# What can contradict the programme, or itself.
CHECKED = ("when", "within", "stops", "starts_at_time", "ends_at_time")


def refuse_unfit(programme: Programme, values: dict[str, Any]) -> None:
    """Raises OutsideProgramme, EndsBeforeItBegins: the same that a file is told."""
    when = PartialDate.parse(values["when"])
    for date in (
        when,
        PartialDate.parse(values["within"]),
        *(PartialDate.parse(stop.get("when")) for stop in values["stops"]),
    ):
        if not date.lies_within(programme.period):
            raise OutsideProgramme(
                _("The activity (%(date)s) lies outside its programme (%(period)s). Correct the date, or widen the period of the programme.")
                % {"date": date.edtf, "period": programme.period.edtf},
                period=programme.period,
            )  # fmt: skip
    if ends_before_it_begins(when, values["starts_at_time"], values["ends_at_time"]):
        raise EndsBeforeItBegins(_("It ends before it begins. Exchange the two hours."))


class ChangedMeanwhile(Refused):
    """Somebody else changed the record since it was opened; carries `changed_at`."""


@transaction.atomic
def change(
    *, activity: Activity, by: Any, now: dt.datetime, seen: dt.datetime | None = None, **values: Any
) -> Activity:
    """Change fields of an activity; one journal entry says what was before and after.

    seen  its `changed_at` when it was opened, where two may change it at once; the second one is told
    Raises ChangedMeanwhile; OutsideProgramme when a new date cannot lie in the programme's period, EndsBeforeItBegins; ValueError for
    another field.
    """
    unknown = set(values) - set(FIELDS)
    if unknown:
        raise ValueError(f"not a field that changes: {unknown}")
    # The row alone is locked: PostgreSQL locks no outer join.
    Activity.objects.select_for_update().only("pk").get(pk=activity.pk)
    stored = Activity.objects.select_related("programme").get(pk=activity.pk)
    if seen is not None and stored.changed_at != seen:
        message = _(
            "Somebody changed “%(title)s” while you had it open. Nothing of yours was stored. Open it again in another window, compare, then type your change there."
        )
        raise ChangedMeanwhile(message % {"title": stored.title}, changed_at=stored.changed_at)
    refuse_unfit(stored.programme, {name: values.get(name, getattr(stored, name)) for name in CHECKED})
    differing = {
        name: [plain(getattr(stored, name)), plain(value)]
        for name, value in values.items()
        if plain(getattr(stored, name)) != plain(value)
    }
    for name, value in values.items():
        setattr(activity, name, value)
    if not differing:
        return activity
    activity.changed_at = now
    if IN_CALENDAR & set(differing):
        activity.sequence = stored.sequence + 1
    activity.save()
    journal.record("programme.change", activity, by=by, now=now, changes=differing)
    return activity


@transaction.atomic
def add(*, activity: Activity, by: Any, now: dt.datetime) -> Activity:
    """Put a new activity at the end of its programme. Raises as `change` does."""
    refuse_unfit(activity.programme, {name: getattr(activity, name) for name in CHECKED})
    activity.position = activity.programme.activities.count()
    activity.changed_at = now
    activity.save()
    journal.record("programme.create", activity, by=by, now=now, changes={"slug": [None, activity.slug]})
    return activity


@transaction.atomic
def settle(
    *, record: Record, programme: Programme, by: Any, now: dt.datetime,
    involved: list[dict[str, Any]] | None = None, claims: list[dict[str, Any]] | None = None,
) -> None:  # fmt: skip
    """Replace who does what in a record, and what sources claim of it, by these entries (None: leave as it is).

    involved, claims  as in a programme file; the order of `involved` is the protocol order
    Writes nothing where nothing differs. Raises BadInput with every entry that cannot be.
    """
    loading = Loading(
        document={}, places={}, scope=f"programme:{programme.slug}", language=programme.reference_language,
        by=journal.actor(by), now=now,
    )  # fmt: skip
    load_organisations(loading, [])  # those that are known already
    loading.sources = {source.key: source for source in Source.objects.filter(scope=loading.scope)}
    if involved is not None:
        settle_involvements(loading, programme, [(record, involved, "involved")])
    if claims is not None:
        loading.claims.append((record, claims, "claims"))
        settle_claims(loading)
    if loading.problems:
        raise BadInput(loading.problems)
    journal.record_all(loading.done, by=by, now=now)


def warnings(when: PartialDate) -> list[dict[str, Any]]:
    """National, religious and international days of the country pack that fall on a date, and weekend days.

    Each is {"name": {language: text} or None, "kind", "day"}; the planner is warned, never refused.
    """
    if not (when.is_day or when.is_range):
        return []  # a month or a year is no plan yet
    found: list[dict[str, Any]] = []
    days = (when.last_day - when.first_day).days + 1
    if days > 366:
        return []
    for offset in range(days):
        day = when.first_day + dt.timedelta(days=offset)
        if packs.is_weekend(day):
            found.append({"name": None, "kind": "weekend", "day": day})
        for item in packs.section("calendar") or []:
            if item["date"] in (day.isoformat(), f"{day:%m-%d}"):
                found.append({"name": item["name"], "kind": item.get("kind", ""), "day": day})
    return found


@receiver(post_delete)
def _forget_what_pointed_here(sender: Any, instance: Any, **_more: Any) -> None:
    """Involvements and claims point by kind and id, so the database does not take them along."""
    if isinstance(instance, Record) and not isinstance(instance, Involvement | Claim):
        Involvement.objects.filter(subject_id=instance.pk).delete()
        Claim.objects.filter(subject_id=instance.pk).delete()


def _next_publication(now: dt.datetime) -> dt.datetime | None:
    return Programme.objects.filter(published_at__gt=now).aggregate(first=Min("published_at"))["first"]


publication.changes_at(_next_publication)
