"""Who may be one person: by address, telephone and name in either script; asked once."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tansiq.core import journal
from tansiq.core.models import Entry
from tansiq.people import merging, pairs
from tansiq.people.models import Person, PersonPair
from tests.people.test_merging import NOW, WHY, person

pytestmark = pytest.mark.django_db


def found():
    pairs.look(now=NOW)
    return {frozenset((row.first, row.second)) for row in PersonPair.objects.filter(verdict="").select_related("first", "second")}  # fmt: skip


def test_one_is_found_by_the_name_in_the_other_script_by_address_and_by_telephone_and_nobody_else():
    arabic, latin = person(latin=""), person("", "Khadija Ait Wahi")
    mail, same_mail = (
        person("سلمى الجبلي", "", email="S@example.org"),
        person("سلمى القاسمي", "", email="s@example.org"),
    )
    phone, same_phone = person("بدر الخيالي", "", telephone="+212 600-000001"), person("بدر بنموسى", "", telephone="0600000001")  # fmt: skip
    person("خديجة الجبلي", "")  # a given name in common
    person("خديجة أيت واحي", "Khadija Aït Ouahi", is_fictional=False)
    assert found() == {frozenset(one) for one in ((arabic, latin), (mail, same_mail), (phone, same_phone))}
    row = PersonPair.objects.order_by("-score").first()
    assert row.score >= pairs.ALIKE


def test_the_mailbox_of_an_office_and_those_whose_names_were_erased_make_no_pairs():
    for number in range(pairs.SHARED_BY + 1):
        person("أبجدهوز"[number] * 4 + " متخيل", "", email="office@example.org")
        person("محذوف", "")
    assert found() == set()


def test_that_they_are_two_is_remembered_asked_again_when_it_was_wrong_and_moves_with_a_merge():
    one, other, third = person(), person(), person("فاطمة المتخيلة", "")
    assert len(found()) == 1
    for _twice in range(2):
        row = pairs.two(one=other, other=one, by=journal.CLI, now=NOW)
    assert found() == set()
    assert Entry.objects.filter(verb="people.two_people").count() == 1
    merge = merging.merge(keep=third, drop=other, because=WHY, by=journal.CLI, now=NOW)
    row = PersonPair.objects.get()
    assert ({row.first_id, row.second_id}, row.verdict) == ({one.pk, third.pk}, "two")
    assert found() == set()  # the spelling that third now has would find them
    merging.undo(merge=merge, by=journal.CLI, now=NOW)
    assert PersonPair.objects.filter(verdict="two").count() == 2
    row = PersonPair.objects.get(pk=pairs.two(one=one, other=Person.objects.get(pk=merge.dropped), by=journal.CLI, now=NOW).pk)  # fmt: skip
    pairs.ask_again(pair=row, by=journal.CLI, now=NOW)
    assert len(found()) == 1


def test_open_pairs_that_are_alike_no_more_go_and_looking_costs_the_same_queries_for_many():
    one, _other = person(), person()

    def cost():
        with CaptureQueriesContext(connection) as queries:
            pairs.look(now=NOW + dt.timedelta(days=1))
        return len(queries)

    cost()
    few = cost()
    for number in range(20):
        person("ابتثجحخدذرزسشصضطظعغف"[number] * 3 + " المتخيل", "")
    assert cost() == few
    one.name = {"ar": "بدر الخيالي"}
    one.save()
    assert found() == set()


def test_nobody_is_paired_with_oneself_or_with_whoever_is_gone():
    one = person()
    gone = Person(name={"ar": "لا أحد"}, reference_language="ar")
    for other in (one, gone):
        with pytest.raises(pairs.NotOpen):
            pairs.two(one=one, other=other, by=journal.CLI, now=NOW)
