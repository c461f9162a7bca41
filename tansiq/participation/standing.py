"""Why a registration stands as it does, in sentences: the turn on the waiting list, and the rule that is published."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from tansiq.coordination.paper import in_words
from tansiq.participation import places
from tansiq.participation.models import Admission, Quota, Registration
from tansiq.people.models import Organisation, Region


@dataclass(frozen=True)
class Rank:
    """place  among all who wait for this activity;  in_quota  among those of the same region (or what is full), from 1"""

    place: int
    in_quota: int


def rank(row: Registration) -> Rank:
    """Where somebody stands on the waiting list, by the order of the rule: two counts."""
    waiting = row.admission.registrations.filter(state=Registration.State.WAITING)
    ahead = waiting.filter(number__lt=row.number)
    if Admission.Order.NOMINATED in row.admission.order:
        nominated = Registration.How.NOMINATION
        if row.how == nominated:
            ahead = ahead.filter(how=nominated)
        else:
            ahead = ahead.exclude(how=nominated) | waiting.filter(how=nominated)
    alike = ahead
    dimension, key = row.reason.get("dimension", "total"), row.reason.get("key", "")
    if dimension != "total":
        way = "organisation__slug" if dimension == Quota.Dimension.ORGANISATION else dimension
        if key:
            alike = ahead.filter(**{way: key})
        else:  # what no other quota names
            named = row.admission.quotas.filter(dimension=dimension).exclude(key="").values_list("key", flat=True)
            alike = ahead.exclude(**{f"{way}__in": list(named)})
    return Rank(ahead.count() + 1, alike.count() + 1)


def label_of(admission: Admission, dimension: str, key: str, language: str) -> str:
    """ "Souss-Massa"; what is set aside for all others is "others"."""
    if dimension == Quota.Dimension.REGION and key:
        region = Region.objects.filter(code=key).first()
        return region.name.text(language).value if region else key
    if dimension == Quota.Dimension.PROFESSION and key:
        return admission.profession(key).text(language).value
    if dimension == Quota.Dimension.ORGANISATION and key:
        row = Organisation.objects.filter(slug=key).first()
        return row.name.text(language).value if row else key
    return _("all others")


def explain(row: Registration, language: str, *, found: Rank | None = None) -> str:
    """Why a registration stands as it does, in a sentence for the person."""
    with translation.override(language):
        return _explain(row, language, found)


def _explain(row: Registration, language: str, found: Rank | None) -> str:
    reason, admission = row.reason, row.admission
    State = Registration.State
    if row.state == State.WAITING:
        found = found or rank(row)
        size = reason.get("size", admission.capacity)
        if reason.get("dimension", "total") == "total":
            return _("Full: %(size)s of %(size)s places are taken. You are number %(place)s on the waiting list.") % {
                "size": size, "place": found.place,
            }  # fmt: skip
        where = label_of(admission, reason["dimension"], reason["key"], language)
        if not size:
            text = _("No place is set aside for %(where)s. You are number %(in_quota)s of those who wait for one there (number %(place)s of all who wait).")  # fmt: skip
        else:
            text = _("Full: %(size)s of %(size)s for %(where)s. You are number %(in_quota)s on the waiting list for %(where)s (number %(place)s of all who wait).")  # fmt: skip
        return text % {"size": size, "where": where, "in_quota": found.in_quota, "place": found.place}
    if row.state == State.CONFIRMED:
        day = in_words(reason.get("on"), language) if reason.get("on") else ""
        if reason.get("why") == "replaced":
            return _("You take the place of somebody who cannot come.")
        if reason.get("why") == "own":
            where = label_of(admission, reason["dimension"], reason["key"], language)
            return _("A place for %(where)s became free on %(day)s, and you were next.") % {"where": where, "day": day}
        if reason.get("why") == "moved":
            if not reason.get("dimension"):
                return _("A place became free on %(day)s, and you were next.") % {"day": day}
            where = label_of(admission, reason["dimension"], reason["key"], language)
            text = _("Nobody took a place that was set aside for %(where)s; by the published rule it went to you on %(day)s.")  # fmt: skip
            return text % {"where": where, "day": day}
        return _("There was a free place when you registered.")
    return {
        State.APPLIED: _("The secretariat decides on each registration. You will get a mail."),
        State.UNVERIFIED: _("Open the link in the mail within %(minutes)s minutes: until then the place is only held.") % {"minutes": places.HELD_MINUTES},
        State.CANCELLED: _("This registration was cancelled."),
        State.DECLINED: _("The secretariat could not accept this registration."),
        State.EXPIRED: _("The link in the mail was not opened in time, and the place went to somebody else."),
    }[State(row.state)]  # fmt: skip


def rule(admission: Admission, language: str) -> list[str]:
    """The rule by which places are given, in sentences: it is published on the form."""
    with translation.override(language):
        lines = [_("Places are given in the order in which people register.")]
        if Admission.Order.NOMINATED in admission.order:
            lines.append(_("Of those who wait, those whom an administration nominated come first."))
        if any(one.key for one in admission.quotas.all()):
            lines.append(_("A place that becomes free goes to the next of the same region or group."))
            if admission.unused_from:
                day = in_words(admission.unused_from, language)
                text = _("From %(day)s on, places that nobody of their region or group took go to those who wait elsewhere.")  # fmt: skip
                lines.append(text % {"day": day})
                if Admission.Order.SHARE in admission.order:
                    lines.append(_("They go first where the smallest part of the region’s own places is taken."))
            else:
                lines.append(_("Places that nobody of their region or group takes stay free."))
        if admission.needs_approval:
            lines.insert(0, _("The secretariat decides on each registration."))
        return lines
