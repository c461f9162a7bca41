"""Two records of one person become one: nothing is lost, what collides is refused by name, the last merge is undone."""

import datetime as dt
import json
import uuid

import pytest
from django.db import models

from tansiq.config import cli
from tansiq.core import journal
from tansiq.core.models import Entry
from tansiq.people import accounts, merging, pairs, privacy, retention
from tansiq.people.models import Membership, Organisation, Person, PersonMerge, PersonPair

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2020, 7, 6, 9, 0, tzinfo=dt.UTC)
WHY = "الاسم والهاتف نفسهما"


def person(arabic="خديجة أيت واحي", latin="Khadija Aït Ouahi", **more):
    name = {code: text for code, text in (("ar", arabic), ("fr", latin)) if text}
    return Person.objects.create(**{"name": name, "reference_language": next(iter(name)), "is_fictional": True, **more})


def member(who, slug):
    values = {"kind": "ministry", "name": {"ar": slug}, "reference_language": "ar"}
    organisation, _made = Organisation.objects.get_or_create(slug=slug, defaults=values)
    return Membership.objects.create(person=who, organisation=organisation)


def merge(keep, drop, because=WHY, **more):
    return merging.merge(keep=keep, drop=drop, because=because, by=journal.CLI, now=NOW, **more)


def test_what_one_lacks_comes_from_the_other_what_differs_is_chosen_and_every_spelling_stays_known():
    keep = person(latin="", email="k@example.org", telephone="0600000001")
    drop = person("خديجة آيت وحي", "Khadija Ait Wahi", email="w@example.org", other_spellings=["Khadidja Ouahi"])
    assert [(one.field, one.kept, one.dropped) for one in merging.differences(keep, drop)] == [
        ("name.ar", "خديجة أيت واحي", "خديجة آيت وحي"), ("email", "k@example.org", "w@example.org"),
    ]  # fmt: skip
    one, other = member(keep, "adl"), member(drop, "sihha")
    row = merge(keep, drop, take=frozenset({"email"}))
    found = Person.objects.get()
    assert (found.pk, found.email, found.telephone) == (keep.pk, "w@example.org", "0600000001")
    assert dict(found.name) == {"ar": "خديجة أيت واحي", "fr": "Khadija Ait Wahi"}
    assert found.other_spellings == ["خديجة آيت وحي", "Khadidja Ouahi"]
    assert set(found.memberships.all()) == {one, other}
    entry = Entry.objects.get(verb="people.merge")
    assert entry.changes == {"dropped": [str(row.dropped), None], "people.membership": [1, 0]}
    assert "خديجة" not in str(entry.changes) + entry.subject_label


def test_the_old_identifier_and_both_addresses_still_lead_to_the_person_until_the_person_is_erased():
    keep, drop = person(email="k@example.org"), person(email="w@example.org")
    old = drop.pk
    row = merge(keep, drop)
    third = person("فاطمة المتخيلة", "")
    pairs.two(one=keep, other=third, by=journal.CLI, now=NOW)
    assert privacy.find(old) == keep
    assert privacy._subject(keep).addresses == {"k@example.org", "w@example.org"}
    assert privacy.export(privacy.find(old))["merges"][0]["dropped"] == str(old)
    privacy.erase(keep, by=journal.CLI, now=NOW)
    row.refresh_from_db()
    assert (row.values, row.moved, row.because, PersonPair.objects.count()) == ({}, {}, "–", 0)
    assert Person.objects.get(pk=keep.pk).other_spellings == []
    with pytest.raises(merging.CannotUndo):
        merging.undo(merge=row, by=journal.CLI, now=NOW)
    count = Entry.objects.count()
    privacy.erase(keep, by=journal.CLI, now=NOW)
    assert Entry.objects.count() == count


def test_undone_both_are_there_again_as_they_were_and_what_came_since_stays():
    keep, drop = person(email="k@example.org"), person("خديجة آيت وحي", "", email="w@example.org")
    mine, theirs, before = member(keep, "adl"), member(drop, "sihha"), [merging._values(one) for one in (keep, drop)]
    row = merge(keep, drop, take=frozenset({"name.ar"}))
    later = member(Person.objects.get(), "dakhiliya")
    assert merging.undo(merge=row, by=journal.CLI, now=NOW).pk == row.dropped
    assert [merging._values(Person.objects.get(pk=key)) for key in (keep.pk, row.dropped)] == before
    assert set(Person.objects.get(pk=keep.pk).memberships.all()) == {mine, later}
    assert list(Person.objects.get(pk=row.dropped).memberships.all()) == [theirs]
    with pytest.raises(merging.CannotUndo):
        merging.undo(merge=row, by=journal.CLI, now=NOW)
    # Found to be one after all: merged again.
    merge(Person.objects.get(pk=keep.pk), Person.objects.get(pk=row.dropped))
    assert Person.objects.count() == 1


def test_three_records_become_one_and_come_apart_in_the_opposite_order():
    one, two, three = person(), person(), person()
    held = member(one, "adl")
    first = merge(two, one)
    second = merging.merge(keep=three, drop=two, because=WHY, by=journal.CLI, now=NOW + dt.timedelta(hours=1))
    assert privacy.find(first.dropped) == three
    with pytest.raises(merging.CannotUndo):
        merging.undo(merge=first, by=journal.CLI, now=NOW)
    merging.undo(merge=second, by=journal.CLI, now=NOW)
    merging.undo(merge=PersonMerge.objects.get(pk=first.pk), by=journal.CLI, now=NOW)
    held.refresh_from_db()
    assert (held.person_id, Person.objects.count()) == (first.dropped, 3)


def test_who_can_log_in_keeps_it_and_two_users_or_a_fictional_and_a_real_one_are_not_merged():
    user = accounts.create(email="u@example.org", password="كلمة سر طويلة 2020", roles=[], now=NOW)
    other = accounts.create(email="v@example.org", password="كلمة سر طويلة 2020", roles=[], now=NOW)
    keep, drop = person(), person(user=user)
    row = merge(keep, drop)
    assert Person.objects.get().user == user
    back = merging.undo(merge=row, by=journal.CLI, now=NOW)
    assert (back.user, Person.objects.get(pk=keep.pk).user) == (user, None)
    keep = Person.objects.get(pk=keep.pk)
    Person.objects.filter(pk=keep.pk).update(user=other)
    for one, two in ((keep, back), (keep, person(is_fictional=False)), (keep, keep)):
        with pytest.raises(merging.CannotMerge):
            merge(one, two)
    for given in ("", "  "):
        with pytest.raises(merging.CannotMerge):
            merge(keep, person(), because=given)
    with pytest.raises(merging.CannotMerge):
        merge(keep, person(), take=frozenset({"email"}))


def test_the_same_merge_twice_at_once_is_done_once():
    keep, drop = person(), person()
    copy = Person.objects.get(pk=drop.pk)
    merge(keep, drop)
    with pytest.raises(merging.CannotMerge):
        merge(keep, copy)
    assert PersonMerge.objects.count() == 1


def test_after_two_years_nothing_of_the_dropped_record_is_left_but_its_identifier():
    keep, drop = person(), person()
    row = merge(keep, drop)
    retention.run(now=NOW + dt.timedelta(days=729))
    assert PersonMerge.objects.get().values
    retention.run(now=NOW + dt.timedelta(days=731))
    assert (PersonMerge.objects.get().values, privacy.find(row.dropped)) == ({}, keep)


def test_every_table_that_points_at_a_person_says_how_it_moves():
    pointing = {
        one.related_model._meta.label_lower
        for one in Person._meta.get_fields(include_hidden=True)
        if one.auto_created and not one.concrete and isinstance(one.field, (models.ForeignKey, models.OneToOneField))
    }
    assert pointing == set(merging._MOVERS)


def test_a_table_that_did_not_say_how_it_moves_stops_the_merge_instead_of_losing_its_rows(monkeypatch):
    keep, drop = person(), person()
    member(drop, "adl")
    monkeypatch.delitem(merging._MOVERS, "people.membership")
    with pytest.raises(RuntimeError, match=r"people\.membership"):
        merge(keep, drop)
    assert (Membership.objects.count(), Person.objects.count()) == (1, 2)


def run(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        cli.main([str(word) for word in words])
    out = capsys.readouterr()
    return ended.value.code, out.out, out.err


def test_the_command_finds_merges_and_takes_apart(capsys):
    keep, drop = person(), person()
    code, out, _err = run(capsys, "person", "alike", "--json")
    first, second = sorted((str(keep.pk), str(drop.pk)))
    assert json.loads(out) == [
        {"first": first, "second": second, "score": 1.0, "same_email": False, "same_telephone": False}
    ]
    assert run(capsys, "person", "merge", keep.pk, drop.pk)[0] == 1  # without a reason
    assert run(capsys, "person", "merge", keep.pk)[0] == 2
    code, out, _err = run(capsys, "person", "merge", keep.pk, drop.pk, "--because", WHY, "--json")
    assert (code, json.loads(out)) == (0, {"kept": str(keep.pk), "dropped": str(drop.pk), "other_spellings": [], "moved": {}})  # fmt: skip
    assert json.loads(run(capsys, "person", "export", drop.pk)[1])["person"]["id"] == str(keep.pk)
    assert run(capsys, "person", "unmerge", drop.pk)[0] == 0
    assert Person.objects.count() == 2
    for wrong in (uuid.uuid4(), "x"):
        assert run(capsys, "person", "unmerge", wrong)[0] == 1
