"""What phones send: each item once, an answer for each, nothing dropped."""

import datetime as dt
import hashlib
import json
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from tansiq.core import journal, receipts
from tansiq.core.models import HeldItem, Receipt
from tansiq.participation import doorcode
from tansiq.participation.models import Arrival, Attendance
from tansiq.people import accounts
from tansiq.people.models import Region


def item(door, today, kind="check-in", key=None, at=None, **body):
    at = at or timezone.now()
    whole = {"activity": str(door.activity.pk), "day": today.isoformat(), "at": at.isoformat(), **body}
    sha256 = hashlib.sha256(receipts.canonical(whole)).hexdigest()
    return {"id": str(key or uuid.uuid4()), "kind": kind, "sha256": sha256, "body": whole}


def send(client, *items, **more):
    sent = {"device": str(uuid.UUID(int=7)), "sent_at": timezone.now().isoformat(), "items": list(items), **more}
    return client.post("/field/sync.json", json.dumps(sent), content_type="application/json")


def statuses(answer):
    return [one["status"] for one in answer.json()["results"]]


def test_a_batch_of_two_phones_counts_each_person_once(staff, door, come, today):
    rows = [come(door, number) for number in range(1, 9)]
    first = [item(door, today, registration=str(row.pk)) for row in rows[:6]]
    second = [item(door, today, registration=str(row.pk)) for row in rows[4:]]
    answer = send(staff, *first)
    assert answer.status_code == 200
    assert statuses(answer) == ["received"] * 6
    assert statuses(send(staff, *second, device=str(uuid.UUID(int=8)))) == ["received"] * 4
    assert Attendance.objects.filter(how="check_in").count() == 8
    assert Receipt.objects.count() == Arrival.objects.count() == 10
    assert set(Receipt.objects.values_list("device", flat=True)) == {uuid.UUID(int=7), uuid.UUID(int=8)}


def test_the_same_batch_twice_changes_nothing_and_gives_the_same_receipts(staff, door, come, today):
    batch = [item(door, today, registration=str(come(door, number).pk)) for number in range(1, 4)]
    first = send(staff, *batch).json()["results"]
    rows = list(Attendance.objects.values())
    assert send(staff, *batch).json()["results"] == first
    assert list(Attendance.objects.values()) == rows
    assert Receipt.objects.count() == 3


def test_another_body_under_the_same_id_goes_to_the_conflict_box_with_409_and_the_rest_of_the_batch_counts(staff, door, come, today):  # fmt: skip
    one, other, third = come(door, 1), come(door, 2), come(door, 3)
    mine = item(door, today, registration=str(one.pk))
    send(staff, mine)
    changed = item(door, today, key=mine["id"], registration=str(other.pk))
    answer = send(staff, changed, item(door, today, registration=str(third.pk)))
    assert answer.status_code == 409
    assert statuses(answer) == ["conflict", "received"]
    assert HeldItem.objects.get().why == "conflict"
    assert sorted(Attendance.objects.values_list("registration__number", flat=True)) == [1, 3]


def test_both_times_are_kept_and_a_clock_that_is_an_hour_behind_is_corrected(staff, door, come, today):
    now = timezone.now()
    slow = now - dt.timedelta(hours=1)
    send(staff, item(door, today, at=slow, registration=str(come(door, 1).pk)), sent_at=slow.isoformat())
    receipt, arrival = Receipt.objects.get(), Arrival.objects.get()
    assert receipt.device_at == slow
    assert abs(receipt.skew_seconds - 3600) < 10
    assert abs((arrival.at - now).total_seconds()) < 10
    assert receipt.received_at >= now


def test_a_walk_in_a_code_and_a_take_back_are_items_too(staff, door, come, today):
    row = come(door, 1)
    by_code = item(door, today, code=doorcode.of(row))
    guest = item(door, today, "walk-in", name="زائرة متخيلة", organisation="جمعية متخيلة")
    back = item(door, today, "take-back", item=by_code["id"], because="ضغطة خاطئة")
    assert statuses(send(staff, by_code, guest)) == ["received", "received"]
    assert Attendance.objects.count() == 1
    assert statuses(send(staff, back)) == ["received"]
    assert Attendance.objects.count() == 0
    assert sorted(Arrival.objects.values_list("state", flat=True)) == ["back", "decide"]


def test_what_is_not_this_user_s_is_kept_for_the_desk_and_says_no_more_than_of_what_is_not_there(
    client, door, come, today
):
    user = accounts.create(email="r@example.org", password="كلمة سر طويلة 2020", roles=[], now=timezone.now())
    region = Region.objects.get(code="MA-09")
    accounts.grant(user=user, role="regional_officer", region=region, by=journal.CLI, now=timezone.now())
    second_factor(user)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    mine, theirs = come(door, 1, region="MA-09"), come(door, 2, region="MA-04")
    answer = send(
        client, item(door, today, registration=str(mine.pk)), item(door, today, registration=str(theirs.pk)),
        item(door, today, registration=str(uuid.uuid4())), item(door, today, code=doorcode.of(theirs)),
    )  # fmt: skip
    assert statuses(answer) == ["received", "refused", "refused", "refused"]
    assert len({one["message"] for one in answer.json()["results"][1:]}) == 1
    assert HeldItem.objects.count() == 3
    assert list(Attendance.objects.values_list("registration", flat=True)) == [mine.pk]


def second_factor(user):
    from allauth.mfa.models import Authenticator

    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "x"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"sha256": "0" * 64}, {"kind": "weather"}, {"body": [1]}, {"body": "x"}, {"id": "7"}, {"id": None},
        {"body": {"at": "x" * 20_000}}, {"body": {"name": "\ud800"}},
    ],
    ids=["hash", "kind", "list", "text", "id", "no id", "large", "half a pair"],
)  # fmt: skip
def test_what_cannot_be_read_is_to_be_sent_again_and_harms_nothing_beside_it(staff, door, come, today, wrong):
    row = come(door, 1)
    bad = {**item(door, today, registration=str(row.pk)), **wrong}
    answer = send(staff, bad, item(door, today, registration=str(row.pk)))
    assert answer.status_code == 200
    assert statuses(answer) == ["again", "received"]
    assert Receipt.objects.count() == 1


@pytest.mark.parametrize("body", [{"day": "tomorrow"}, {"day": "2019-01-01"}, {"registration": "x"}, {"activity": "x"}, {"at": "0001-01-01"}])  # fmt: skip
def test_what_makes_no_sense_waits_for_a_person_unless_the_time_alone_is_wrong(staff, door, come, today, body):
    row = come(door, 1)
    whole = {"activity": str(door.activity.pk), "day": today.isoformat(), "registration": str(row.pk), "at": timezone.now().isoformat(), **body}  # fmt: skip
    sha256 = hashlib.sha256(receipts.canonical(whole)).hexdigest()
    answer = send(staff, {"id": str(uuid.uuid4()), "kind": "check-in", "sha256": sha256, "body": whole})
    assert statuses(answer) == (["received"] if "at" in body else ["refused"])


def test_more_than_200_items_or_a_megabyte_is_refused_whole(staff, door, today):
    assert send(staff, *[{}] * 201).status_code == 413
    assert send(staff, {"x": "y" * 1_000_001}).status_code == 413
    assert staff.post("/field/sync.json", "[]", content_type="application/json").status_code == 400
    assert staff.post("/field/sync.json", "{" * 900, content_type="application/json").status_code == 400
    assert send(staff, items="x").status_code == 413


def test_200_items_are_taken_at_once(staff, door, come, today):
    row = come(door, 1)
    batch = [item(door, today, registration=str(row.pk)) for _ in range(200)]
    assert statuses(send(staff, *batch)) == ["received"] * 200
    assert Attendance.objects.count() == 1


def test_without_the_token_of_the_page_nothing_is_taken(user_with, door, come, today):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user_with("secretariat"), backend="django.contrib.auth.backends.ModelBackend")
    assert send(client, item(door, today, registration=str(come(door, 1).pk))).status_code == 403
    assert not Receipt.objects.exists()


def test_a_role_that_stands_at_no_door_is_refused(client, user_with, door, today):
    client.force_login(user_with("press_officer"), backend="django.contrib.auth.backends.ModelBackend")
    assert send(client, item(door, today)).status_code == 403
    assert client.get("/field/").status_code == 403
    assert client.get("/field/doors.json").json()["error"] == "forbidden"
