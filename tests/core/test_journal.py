"""The journal: written with what it records, never changed, chained so that a change shows."""

from __future__ import annotations

import datetime as dt
import json
import uuid

import pytest
from django.db import DatabaseError, connection, transaction

from tansiq.core import journal
from tansiq.core.models import Entry, Seal, Source
from tansiq.people import accounts
from tansiq.people.models import Person

NOW = dt.datetime(2020, 7, 24, 9, 30, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(minutes=1)


def source(key: str = "بيان") -> Source:
    return Source(scope="programme:اليوم-العالمي", key=key, title={"ar": "بيان صحفي"})


def write(count: int = 1) -> list[Entry]:
    return [
        journal.record("core.create", source(f"s-{number}"), by=journal.CLI, now=NOW, changes={"عنوان": [None, "بيان"]})
        for number in range(count)
    ]


def tamper(sql: str, *parameters: object) -> None:
    """What somebody with the database's own password could do: take the guards off, then write."""
    with connection.cursor() as cursor:
        for table in ("core_entry", "core_seal"):
            for action in ("update", "delete"):
                if connection.vendor == "postgresql":
                    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_no_{action}")
                else:
                    cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{action}")
        cursor.execute(sql, parameters)


@pytest.fixture
def sealed(db) -> list[Entry]:
    """Everything that the pack wrote is sealed first, then five entries of this test follow."""
    while journal.seal(now=NOW):
        pass
    entries = write(5)
    assert journal.seal(now=LATER) == 5
    return entries


def test_an_entry_says_who_did_what_to_which_record_and_when(db):
    user = uuid.uuid4()
    row = source()
    entry = journal.record("core.change", row, by=journal.Actor("user", user), now=NOW, changes={"key": ["أ", "ب"]})
    stored = Entry.objects.values().get(pk=entry.pk)
    assert stored == {
        "id": entry.pk, "recorded_at": NOW, "actor_id": user, "actor_label": "user", "verb": "core.change",
        "subject_kind": "core.source", "subject_id": row.pk, "subject_label": "programme:اليوم-العالمي/بيان",
        "changes": {"key": ["أ", "ب"]},
    }  # fmt: skip


def test_an_entry_is_not_saved_a_second_time_nor_deleted_by_the_orm(db):
    entry = write()[0]
    entry.verb = "core.other"
    with pytest.raises(TypeError, match="append-only"):
        entry.save()
    with pytest.raises(TypeError, match="append-only"):
        entry.delete()
    assert Entry.objects.get(pk=entry.pk).verb == "core.create"


@pytest.mark.parametrize("table", ["core_entry", "core_seal"])
@pytest.mark.parametrize(
    "sql", ["UPDATE {table} SET {column} = {column} WHERE {key} = %s", "DELETE FROM {table} WHERE {key} = %s"]
)
def test_the_database_itself_refuses_to_change_or_delete_a_row(sealed, table, sql):
    key, column = ("id", "verb") if table == "core_entry" else ("position", "digest")
    value = sealed[0].pk if table == "core_entry" else sealed[0].seal.position
    before = (Entry.objects.count(), Seal.objects.count())
    with (
        pytest.raises(DatabaseError, match=f"{table} is append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql.format(table=table, key=key, column=column), [value])
    assert (Entry.objects.count(), Seal.objects.count()) == before


def test_the_database_refuses_updates_and_deletes_of_a_queryset_too(sealed):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Entry.objects.filter(pk=sealed[0].pk).update(verb="core.other")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Seal.objects.all().delete()


def test_without_its_guard_the_database_lets_a_row_be_changed(sealed):
    """The twin of the two tests above: what refuses is the trigger and nothing else."""
    tamper("UPDATE core_entry SET verb = 'core.other' WHERE id = %s", sealed[0].pk)
    assert Entry.objects.get(pk=sealed[0].pk).verb == "core.other"


def test_an_entry_outside_a_transaction_is_refused_before_anything_is_written():
    # Without the `db` fixture there is no transaction, and a query would be an error of another kind.
    with pytest.raises(transaction.TransactionManagementError, match="belongs to the transaction"):
        journal.record("core.create", source(), by=journal.CLI, now=NOW)


def test_an_entry_goes_with_the_transaction_that_fails(db):
    before = Entry.objects.count()
    with pytest.raises(RuntimeError, match="انقطاع"), transaction.atomic():
        write()
        raise RuntimeError("انقطاع")
    assert Entry.objects.count() == before


def test_recorded_is_sent_inside_the_transaction_with_all_entries_at_once(db):
    seen = []

    def receiver(sender, entries, **_more):
        stored = Entry.objects.filter(pk__in=[entry.pk for entry in entries]).count()
        seen.append((len(entries), stored, connection.in_atomic_block))

    journal.recorded.connect(receiver)
    try:
        done = [journal.Done("core.create", source(str(number))) for number in range(3)]
        journal.record_all(done, by=journal.CLI, now=NOW)
        journal.record_all([], by=journal.CLI, now=NOW)
    finally:
        journal.recorded.disconnect(receiver)
    assert seen == [(3, 3, True)]


def test_a_receiver_that_fails_takes_the_entry_and_its_cause_back(db):
    def receiver(sender, entries, **_more):
        raise RuntimeError("لا")

    row = source()
    journal.recorded.connect(receiver)
    try:
        with pytest.raises(RuntimeError, match="لا"), transaction.atomic():
            row.save()
            journal.record("core.create", row, by=journal.CLI, now=NOW)
    finally:
        journal.recorded.disconnect(receiver)
    assert not Source.objects.filter(pk=row.pk).exists()
    assert not Entry.objects.filter(subject_id=row.pk).exists()


def test_what_is_done_on_commit_happens_only_when_the_transaction_stands(db, django_capture_on_commit_callbacks):
    done = []

    def receiver(sender, entries, **_more):
        transaction.on_commit(lambda: done.append(len(entries)))

    journal.recorded.connect(receiver)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            with pytest.raises(RuntimeError), transaction.atomic():
                write()
                raise RuntimeError
            write(1)
            assert done == []
    finally:
        journal.recorded.disconnect(receiver)
    assert done == [1]


def test_the_entries_of_a_record_come_newest_first(db):
    row = source()
    first = journal.record("core.create", row, by=journal.CLI, now=NOW)
    second = journal.record("core.change", row, by=journal.CLI, now=LATER)
    write()
    assert list(journal.of(row)) == [second, first]


def test_the_journal_holds_no_name_and_no_address_of_a_person(db):
    user = accounts.create(email="latifa@example.org", password="كلمة سر طويلة جدا", roles=["auditor"], now=NOW)
    user.first_name, user.last_name = "لطيفة", "العلوي"
    user.save()
    person = Person.objects.create(
        name={"ar": "لطيفة العلوي"},
        reference_language="ar",
        user=user,
        email="latifa@example.org",
        telephone="0600112233",
    )
    journal.record("people.change", person, by=user, now=NOW, changes={"fields": [None, ["telephone"]]})
    accounts.grant(user=user, role="trainer", by=user, now=NOW)
    rows = [*journal.of(user), *journal.of(person)]
    assert len(rows) == 3
    kept = json.dumps(
        [[row.actor_label, row.verb, row.subject_label, row.changes, str(row.actor_id)] for row in rows],
        ensure_ascii=False,
    )
    for value in ("لطيفة", "العلوي", "latifa", "0600112233", "كلمة"):
        assert value not in kept
    assert {row.actor_id for row in rows} == {user.pk, None}


def test_sealing_chains_what_is_new_and_leaves_what_is_sealed(sealed):
    digests = list(Seal.objects.order_by("position").values_list("digest", flat=True))
    assert len(digests) == len(set(digests)) == Entry.objects.count()
    assert journal.seal(now=LATER) == 0
    write(2)
    assert journal.verify().unsealed == 2
    assert journal.seal(now=LATER, limit=1) == 1
    assert journal.seal(now=LATER) == 1
    assert list(Seal.objects.order_by("position").values_list("digest", flat=True))[: len(digests)] == digests


def test_an_untouched_chain_verifies_with_its_head(sealed):
    last = Seal.objects.order_by("-position").first()
    assert journal.verify() == journal.Verdict(broken_at=None, sealed=last.position, unsealed=0, head=last.digest)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("verb", "core.other"),
        ("actor_label", "user"),
        ("subject_label", "غير ذلك"),
        ("changes", '{"عنوان": [null, "آخر"]}'),
        ("recorded_at", "2020-07-25 09:30:00+00:00"),
        ("subject_id", "00000000000000000000000000000000"),
    ],
)
def test_a_changed_row_breaks_the_chain_at_its_position(sealed, column, value):
    tamper(f"UPDATE core_entry SET {column} = %s WHERE id = %s", value, sealed[2].pk)
    assert journal.verify().broken_at == Seal.objects.get(entry=sealed[2]).position


def test_a_deleted_row_breaks_the_chain_at_its_position(sealed):
    position = sealed[2].seal.position
    tamper("DELETE FROM core_seal WHERE position = %s", position)
    tamper("DELETE FROM core_entry WHERE id = %s", sealed[2].pk)
    assert journal.verify().broken_at == position


def test_a_seal_made_anew_for_a_changed_row_breaks_the_chain_at_the_next(sealed):
    link = Seal.objects.get(entry=sealed[2])
    before = Seal.objects.get(position=link.position - 1)
    tamper("UPDATE core_entry SET verb = 'core.other' WHERE id = %s", sealed[2].pk)
    forged = journal._digest(before.digest, link.position, Entry.objects.get(pk=sealed[2].pk))
    tamper("UPDATE core_seal SET digest = %s WHERE position = %s", forged, link.position)
    assert journal.verify().broken_at == link.position + 1


def test_a_cut_tail_shows_by_the_head_that_was_written_down(sealed):
    head = journal.verify().head
    tamper("DELETE FROM core_seal WHERE entry_id = %s", sealed[4].pk)
    verdict = journal.verify()
    assert verdict.unsealed == 1
    assert verdict.head != head


def test_the_difference_of_two_pictures_names_only_what_differs():
    before, after = {"الحالة": "معلن", "اليوم": "27"}, {"الحالة": "مؤجل", "اليوم": "27", "المكان": "الرباط"}
    assert journal.difference(before, after) == {"الحالة": ["معلن", "مؤجل"], "المكان": [None, "الرباط"]}
