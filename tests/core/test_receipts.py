"""What was finished without a network is acted on once, and never dropped."""

import datetime as dt
import hashlib
import uuid

import pytest
from django.db import DatabaseError, transaction

from tansiq.core import journal, receipts
from tansiq.core.errors import Refused
from tansiq.core.models import Entry, HeldItem, Receipt, Source
from tansiq.people import privacy, retention
from tansiq.people.models import Person

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2020, 7, 27, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def made(monkeypatch):
    """A kind of item whose verb makes a source; what it made, in order. It refuses a body with "stop"."""
    found = []

    def verb(item, *, by, now):
        if item.body.get("stop"):
            raise Refused("القائمة مغلقة. افتحوها أولا.")
        row = Source.objects.create(scope="field", key=item.body["key"], title={"ar": "مصدر"})
        found.append(row)
        return row, {"key": row.key}

    monkeypatch.setitem(receipts._VERBS, "note", verb)
    return found


def item(body, key=None, **more):
    content = receipts.canonical(body)
    values = {
        "id": key or uuid.uuid4(),
        "kind": "note",
        "content": content,
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return receipts.Item(**{**values, **more})


def receive(one, now=NOW):
    return receipts.receive(one, by=journal.CLI, now=now)


def test_the_same_id_and_body_give_the_same_receipt_and_nothing_is_done_twice(made):
    one = item({"key": "a"})
    first = receive(one)
    again = receive(one, now=NOW + dt.timedelta(days=3))
    assert first.status == again.status == "received"
    assert (first.receipt.pk, first.receipt.received_at, first.receipt.answer) == (one.id, NOW, {"key": "a"})
    assert (again.receipt.pk, again.receipt.received_at, again.receipt.answer) == (one.id, NOW, {"key": "a"})
    assert len(made) == Source.objects.filter(scope="field").count() == Receipt.objects.count() == 1
    assert (again.receipt.subject_kind, again.receipt.subject_id) == ("core.source", made[0].pk)


def test_the_same_id_with_another_body_is_kept_in_the_conflict_box_once_and_the_first_stays(made):
    one = item({"key": "a"})
    receive(one)
    other = item({"key": "b", "name": "فاطمة"}, key=one.id)
    assert [receive(other).status for _ in range(3)] == ["conflict"] * 3
    [held] = HeldItem.objects.all()
    assert (held.item_id, held.why, held.state) == (one.id, "conflict", "open")
    assert bytes(held.content) == '{"key":"b","name":"فاطمة"}'.encode()
    assert [row.key for row in made] == ["a"]
    assert Entry.objects.get(verb="core.hold").changes == {"why": [None, "conflict"]}
    with pytest.raises(receipts.AlreadyDecided):
        receipts.try_again(row=held, by=journal.CLI, now=NOW)
    receipts.set_aside(row=held, because="كتب مرتين", by=journal.CLI, now=NOW)
    held.refresh_from_db()
    assert (held.state, held.because, held.decided_at) == ("aside", "كتب مرتين", NOW)


def test_another_kind_under_the_same_id_is_a_conflict_too(made, monkeypatch):
    monkeypatch.setitem(receipts._VERBS, "other", receipts._VERBS["note"])
    one = item({"key": "a"})
    receive(one)
    assert receive(item({"key": "a"}, key=one.id, kind="other")).status == "conflict"


def test_what_the_verb_refuses_waits_for_a_person_and_is_taken_over_when_the_way_is_free(made, monkeypatch):
    one = item({"key": "a", "stop": 1})
    assert receive(one).status == "refused"
    held = HeldItem.objects.get()
    assert held.reason == "القائمة مغلقة. افتحوها أولا."
    assert not Receipt.objects.exists()
    with pytest.raises(Refused, match="مغلقة"):
        receipts.try_again(row=held, by=journal.CLI, now=NOW)
    assert HeldItem.objects.get().state == "open"
    monkeypatch.setitem(receipts._VERBS, "note", lambda item, by, now: (None, {"ok": True}))
    receipt = receipts.try_again(row=held, by=journal.CLI, now=NOW)
    assert receipt.pk == one.id
    assert HeldItem.objects.get().state == "taken"
    with pytest.raises(receipts.AlreadyDecided):
        receipts.set_aside(row=held, because="متأخر", by=journal.CLI, now=NOW)
    # The phone sends it once more and is told what became of it.
    assert receive(one).receipt.pk == one.id


def test_a_refused_item_that_the_phone_sends_again_closes_what_waited(made, monkeypatch):
    one = item({"key": "a", "stop": 1})
    receive(one)
    monkeypatch.setitem(receipts._VERBS, "note", lambda item, by, now: (None, {}))
    assert receive(one).status == "received"
    assert HeldItem.objects.get().state == "taken"


def test_setting_aside_asks_for_a_reason(made):
    receive(item({"stop": 1}))
    with pytest.raises(receipts.NoReason):
        receipts.set_aside(row=HeldItem.objects.get(), because="  ", by=journal.CLI, now=NOW)


def test_the_receipt_and_what_it_is_for_are_one_transaction(made, monkeypatch):
    one = item({"key": "a"})
    real = Receipt.save
    monkeypatch.setattr(Receipt, "save", lambda *given, **more: (_ for _ in ()).throw(RuntimeError("power cut")))
    with pytest.raises(RuntimeError):
        receive(one)
    assert (Source.objects.filter(scope="field").count(), Receipt.objects.count()) == (0, 0)
    monkeypatch.setattr(Receipt, "save", real)
    assert receive(one).status == "received"
    assert Source.objects.filter(scope="field").count() == 1


def test_of_two_that_send_one_item_at_once_the_second_gets_the_first_ones_receipt(made, monkeypatch):
    """The other request commits between our look and our writing: the primary key finds it, and nothing of ours stays."""
    one = item({"key": "a"})
    first = receive(one).receipt
    real, looks = receipts._again, []

    def late(item, **more):
        looks.append(item)
        return None if len(looks) == 1 else real(item, **more)

    monkeypatch.setattr(receipts, "_again", late)
    Source.objects.filter(scope="field").delete()  # its unique key would stop the second before its receipt does
    assert receive(one).receipt.received_at == first.received_at
    assert len(looks) == 2
    assert not Source.objects.filter(scope="field").exists()


def test_a_damaged_content_and_an_unknown_kind_stay_on_the_phone(made):
    with pytest.raises(receipts.Damaged):
        receive(item({"key": "a"}, sha256="0" * 64))
    with pytest.raises(receipts.UnknownKind):
        receive(item({"key": "a"}, kind="nothing"))
    with pytest.raises(receipts.Damaged):
        receive(item({}, content=b"\xff", sha256=hashlib.sha256(b"\xff").hexdigest()))
    assert not Receipt.objects.exists()
    assert not HeldItem.objects.exists()


def test_an_attachment_is_an_item_of_its_own_with_hash_and_size(monkeypatch):
    kept = []
    monkeypatch.setitem(receipts._VERBS, "picture", lambda item, by, now: (kept.append(item.content), (None, {}))[1])
    parent, content = uuid.uuid4(), b"\xff\xd8" + b"0" * 100
    one = receipts.Item(uuid.uuid4(), "picture", content, hashlib.sha256(content).hexdigest(), belongs_to=parent)
    receipt = receive(one).receipt
    assert (receipt.size_bytes, receipt.belongs_to, kept) == (102, parent, [content])


def test_a_receipt_is_never_changed_not_even_in_the_database(made):
    receipt = receive(item({"key": "a"})).receipt
    with pytest.raises(TypeError):
        receipt.save()
    for change in (lambda rows: rows.update(kind="x"), lambda rows: rows._raw_delete(rows.db)):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(Receipt.objects.all())
    assert Receipt.objects.get().kind == "note"


def test_the_phones_clock_is_kept_and_a_wrong_one_is_corrected():
    at = dt.datetime(2020, 7, 27, 8, 0, tzinfo=dt.UTC)
    hour = dt.timedelta(hours=1)
    # An hour behind, half a minute off, an hour ahead: the last would be in the future.
    assert item({}, device_at=at - hour, skew_seconds=3600).at(NOW) == at
    assert item({}, device_at=at, skew_seconds=30).at(NOW) == at
    assert item({}, device_at=NOW + hour, skew_seconds=-3600).at(NOW) == NOW
    assert item({}, device_at=NOW + hour, skew_seconds=0).at(NOW) == NOW
    assert item({}).at(NOW) == NOW


def test_the_canonical_body_is_sorted_without_blanks_in_utf8():
    body = {"b": [1, True, None], "a": 'خديجة "١"\n', "ü": {"z": 0, "y": ""}}
    assert receipts.canonical(body).decode() == '{"a":"خديجة \\"١\\"\\n","b":[1,true,null],"ü":{"y":"","z":0}}'


def test_a_name_in_the_conflict_box_is_given_out_erased_and_goes_after_its_days(made):
    person = Person.objects.create(name={"ar": "إكرام التازية", "fr": "Ikram Tazia"}, reference_language="ar")
    receive(item({"stop": 1, "name": "اكرام التازيه"}))
    receive(item({"stop": 1, "name": "سلمى الوزانية"}))
    assert [one["kind"] for one in privacy.export(person)["conflict box"]] == ["note"]
    privacy.erase(person, by=journal.CLI, now=NOW)
    assert sorted(bytes(one) == b"" for one in HeldItem.objects.values_list("content", flat=True)) == [False, True]
    other = HeldItem.objects.exclude(content=b"").get()
    retention.run(now=NOW + dt.timedelta(days=400))
    assert HeldItem.objects.exclude(content=b"").count() == 1  # what waits is kept, however old
    receipts.set_aside(row=other, because="مكرر", by=journal.CLI, now=NOW)
    retention.run(now=NOW + dt.timedelta(days=91))
    other.refresh_from_db()
    assert (bytes(other.content), other.because, other.state) == (b"", "", "aside")
