"""What a phone at the door sends: the kinds `check-in`, `guest`, `walk-in` and `take-back` of `core.receipts`.

Every body has `at` (the phone's clock, ISO). check-in: activity, day, registration or code. guest: activity, day, guest,
representative and function ("" where the guest came in person). walk-in: activity, day, name, organisation. take-back: item
(the id of one of the others), because.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.utils.translation import gettext as _

from tansiq.core import receipts
from tansiq.participation import checkin, daylist, doorcode
from tansiq.participation.models import Arrival, Registration
from tansiq.programme.models import Activity


def _unknown() -> daylist.NotOnYourList:
    # The same for what is not there and for what is another's.
    return daylist.NotOnYourList(_("There is nobody such and no such activity on your list. The desk looks at it."))


def _uuid(value: Any) -> uuid.UUID:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        raise _unknown() from None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _door(body: dict[str, Any], user: Any) -> tuple[Activity, dt.date]:
    row = daylist.find_activity(user, _uuid(body.get("activity")))
    if row is None or not user.has_perm("participation.change_arrival"):
        raise _unknown()
    try:
        return row, dt.date.fromisoformat(_text(body.get("day")))
    except ValueError:
        raise daylist.NotThatDay(_("The day cannot be read. The desk looks at it.")) from None


def _answer(row: Arrival) -> dict[str, Any]:
    return {"state": row.state, "why": row.why, "day": row.day.isoformat()}


def _check_in(item: receipts.Item, *, by: Any, now: dt.datetime) -> tuple[Any, dict[str, Any]]:
    body = item.body
    activity, day = _door(body, by)
    if body.get("registration"):
        found = Registration.objects.filter(pk=_uuid(body["registration"]), admission__activity=activity).first()
    else:
        found = doorcode.find(activity, _text(body.get("code")))
    if found is None or not Registration.objects.visible_to(by).filter(pk=found.pk).exists():
        raise _unknown()
    row = checkin.check_in(who=found, day=day, at=item.at(now), by=by, now=now, device=item.device, arrival_id=item.id)
    return row, _answer(row)


def _guest(item: receipts.Item, *, by: Any, now: dt.datetime) -> tuple[Any, dict[str, Any]]:
    body = item.body
    activity, day = _door(body, by)
    found = daylist.find_guest(activity, by, _uuid(body.get("guest")))
    if found is None:
        raise _unknown()
    row = checkin.check_in(
        who=found, day=day, at=item.at(now), by=by, now=now, device=item.device, arrival_id=item.id,
        representative=_text(body.get("representative")), function=_text(body.get("function")),
    )  # fmt: skip
    return row, _answer(row)


def _walk_in(item: receipts.Item, *, by: Any, now: dt.datetime) -> tuple[Any, dict[str, Any]]:
    body = item.body
    activity, day = _door(body, by)
    row = checkin.walk_in(
        activity=activity, day=day, at=item.at(now), name=_text(body.get("name")),
        organisation_name=_text(body.get("organisation")), by=by, now=now, device=item.device, arrival_id=item.id,
    )  # fmt: skip
    return row, _answer(row)


def _take_back(item: receipts.Item, *, by: Any, now: dt.datetime) -> tuple[Any, dict[str, Any]]:
    body = item.body
    found = Arrival.objects.visible_to(by).filter(pk=_uuid(body.get("item"))).first()
    if found is None or not by.has_perm("participation.change_arrival"):
        raise _unknown()
    row = checkin.take_back(arrival=found, because=_text(body.get("because")), by=by, now=now)
    return row, _answer(row)


receipts.register("check-in", _check_in)
receipts.register("guest", _guest)
receipts.register("walk-in", _walk_in)
receipts.register("take-back", _take_back)
