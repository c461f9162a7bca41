"""One person under two records: the cascade counts once afterwards, links and certificates stay good, what collides is named."""

import datetime as dt

import pytest
from django.urls import reverse

from tansiq.core import journal
from tansiq.participation import cascade, doorcode, invitations, ownpage, registration
from tansiq.participation.models import Trainer
from tansiq.people import merging, privacy
from tansiq.people.models import Person
from tests.participation.certified import AFTER, attended, certified, course  # noqa: F401
from tests.participation.invited import invite
from tests.participation.test_cascade import person, programme, there, trainer, training

pytestmark = pytest.mark.django_db


def merge(keep, drop):
    return merging.merge(keep=keep, drop=drop, because="شخص واحد", by=journal.CLI, now=AFTER)


def numbers():
    found = cascade.of()
    return found.people, {str(line.trainer.person): (line.direct, line.reached) for line in found.lines}


def test_the_cascade_counts_a_person_once_who_was_two_records_and_two_trainers():
    now = programme("now")
    first, second, third = training(now, "first"), training(now, "second"), training(now, "third")
    expert, one, same, pupil = person("خبيرة"), person("مدربة"), person("مدرّبة"), person("مساعدة")
    trainer(expert, first, second)
    there(first, one)
    there(second, same)
    trainer(one, second, valid_until=dt.date(2021, 1, 1))
    trainer(same, third, qualified_at=first, valid_until=dt.date(2022, 1, 1))
    there(third, pupil)
    before = numbers()
    assert before[1]["خبيرة (خيالي)"] == (2, 3)
    row = merge(one, same)
    assert numbers()[1]["خبيرة (خيالي)"] == (1, 2)
    assert numbers()[0] == before[0] - 1
    mine = Trainer.objects.get(person=one)
    assert (set(mine.activities.all()), mine.qualified_at, mine.valid_until) == ({second, third}, first, dt.date(2022, 1, 1))  # fmt: skip
    merging.undo(merge=row, by=journal.CLI, now=AFTER)
    assert numbers() == before


def test_two_standing_registrations_or_invitations_are_refused_by_number_and_an_ended_one_moves(seminar, come):
    admission = seminar()
    one, other = come(admission, 1), come(admission, 2)
    with pytest.raises(merging.Collides, match=r"1 .*2 "):
        merge(one.person, other.person)
    assert Person.objects.filter(pk__in=(one.person_id, other.person_id)).count() == 2
    registration.cancel(registration=other, by=journal.CLI, now=AFTER)
    guest, same = invite(1), invite(2)
    merge(one.person, guest.person)
    with pytest.raises(merging.Collides, match=r"1 .*2 "):
        merge(Person.objects.get(pk=one.person_id), same.person)
    invitations.withdraw(invitation=same, by=journal.CLI, now=AFTER)
    merge(Person.objects.get(pk=one.person_id), Person.objects.get(pk=same.person_id))
    merge(Person.objects.get(pk=one.person_id), Person.objects.get(pk=other.person_id))
    kept = Person.objects.get(pk=one.person_id)
    assert (kept.registrations.count(), kept.invitations.count()) == (2, 2)


def test_certificate_code_personal_link_and_door_code_of_the_dropped_record_stay_good(client, certified):
    certificate = certified()
    row = certificate.registration
    token, code, old = ownpage.token(row), doorcode.of(row), row.person
    keep = Person.objects.create(name={"ar": "خديجة واحي"}, reference_language="ar")
    merge(keep, Person.objects.get(pk=old.pk))
    row.refresh_from_db()
    certificate.refresh_from_db()
    assert (row.person_id, ownpage.token(row), doorcode.of(row)) == (keep.pk, token, code)
    assert client.get(f"/p/{token}/").status_code == 200
    assert client.get(reverse("check", args=[certificate.code])).status_code == 200
    assert certificate.holder["ar"] == "خديجة أيت واحي"
    assert [one["number"] for one in privacy.export(privacy.find(old.pk))["registrations"][0]["certificates"]] == [certificate.number]  # fmt: skip
