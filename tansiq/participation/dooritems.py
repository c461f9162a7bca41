"""What a phone at the door sends: the kinds `check-in`, `walk-in` and `take-back` of `core.receipts`.

Every body has `at` (the phone's clock, ISO). check-in: activity, day, registration or code. walk-in: activity, day, name,
organisation. take-back: item (the id of a check-in or walk-in), because.
"""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.utils.translation import gettext as _

from tansiq.core import receipts
from tansiq.participation import checkin
from tansiq.participation.models import Admission, Arrival, Registration


def _unknown() -> checkin.NotOnYourList:
    # The same for what is not there and for what is another's.
    return checkin.NotOnYourList(_("There is no such registration or activity on your list. The desk looks at it."))


def _uuid(value: Any) -> uuid.UUID:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        raise _unknown() from None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _door(body: dict[str, Any], user: Any) -> tuple[Admission, dt.date]:
    row = checkin.admissions_for(user).filter(pk=_uuid(body.get("activity"))).first()
    if row is None or not user.has_perm("participation.change_arrival"):
        raise _unknown()
    try:
        return row, dt.date.fromisoformat(_text(body.get("day")))
    except ValueError:
        raise checkin.NotThatDay(_("The day cannot be read. The desk looks at it.")) from None


def _answer(row: Arrival) -> dict[str, Any]:
    return {"state": row.state, "why": row.why, "day": row.day.isoformat()}


def _check_in(item: receipts.Item, *, by: Any, now: dt.datetime) -> tuple[Any, dict[str, Any]]:
    body = item.body
    admission, day = _door(body, by)
    if body.get("registration"):
        found = Registration.objects.filter(pk=_uuid(body["registration"]), admission=admission).first()
    else:
        found = checkin.find_by_code(admission, _text(body.get("code")))
    if found is None or not Registration.objects.visible_to(by).filter(pk=found.pk).exists():
        raise _unknown()
    row = checkin.check_in(
        registration=found, day=day, at=item.at(now), by=by, now=now, device=item.device, arrival_id=item.id
    )
    return row, _answer(row)


def _walk_in(item: receipts.Item, *, by: Any, now: dt.datetime) -> tuple[Any, dict[str, Any]]:
    body = item.body
    admission, day = _door(body, by)
    row = checkin.walk_in(
        admission=admission, day=day, at=item.at(now), name=_text(body.get("name")),
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
receipts.register("walk-in", _walk_in)
receipts.register("take-back", _take_back)
