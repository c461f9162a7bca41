"""Whoever registered is told once how it stands, what changed of the activity, and that the day comes near."""

import datetime as dt

import pytest
from django.utils import translation
from django.utils.translation import gettext as _

from tansiq.coordination import impact
from tansiq.coordination.models import FollowUp
from tansiq.core import journal
from tansiq.core.dates import PartialDate
from tansiq.core.models import Message
from tansiq.participation import ownpage, registration, registrationmails
from tansiq.participation.models import Admission
from tansiq.programme import planning
from tests.participation.conftest import NOW

pytestmark = pytest.mark.django_db


def test_a_mail_is_in_the_persons_language_neutral_in_its_subject_and_sent_once(seminar, come):
    row = come(seminar(), 1, language="fr", now=NOW)
    mail = Message.objects.get(to_address="p1@example.org")
    assert mail.subject == "Votre inscription\u00a0: confirmée"
    assert ownpage.address_of(row) in mail.body
    registrationmails.tell_again(registration=row, now=NOW)
    registrationmails.tell_again(registration=row, now=NOW)
    assert Message.objects.filter(to_address="p1@example.org").count() == 2


def test_two_days_before_whoever_has_a_place_is_reminded_once(seminar, come):
    admission = seminar(capacity=1, shares={"MA-09": 1})
    admission.activity.when = type(admission.activity.when)("2020-07-28")
    admission.activity.save()
    come(admission, 1, now=NOW)
    come(admission, 2, now=NOW)
    day = dt.datetime(2020, 7, 26, 9, tzinfo=dt.UTC)
    assert [
        registrationmails.remind(now=NOW),
        registrationmails.remind(now=day),
        registrationmails.remind(now=day),
    ] == [0, 1, 0]
    assert (
        Message.objects.filter(key__startswith="reminder:").values_list("to_address", flat=True).get()
        == "p1@example.org"
    )


def test_a_moved_activity_is_told_to_whoever_was_told_the_old_day_and_to_each_once(seminar, come):
    admission = seminar()
    one, two = come(admission, 1), come(admission, 2)
    come(admission, 3, email="")
    registration.cancel(registration=two, by=journal.CLI, now=NOW)
    activity = admission.activity
    with translation.override("en"):
        _change, found = impact.of(activity, {"when": PartialDate.parse("2020-07-29")})
        assert [item.what for item in found if item.kind == "invitation"] == ["Mail to 1 registered person"]
    planning.change(activity=activity, when=PartialDate.parse("2020-07-29"), by=journal.CLI, now=NOW)
    assert FollowUp.objects.filter(state="open", kind="invitation").count() == 1
    admission = Admission.objects.select_related("activity__programme").get(pk=admission.pk)
    late = come(admission, 4)
    assert registrationmails.tell_change(admission=admission, by=journal.CLI, now=NOW) == 1
    assert registrationmails.tell_change(admission=admission, by=journal.CLI, now=NOW) == 0
    mail = Message.objects.get(key__contains=":change:")
    assert mail.to_address == one.address_key
    assert "29 يوليوز 2020" in mail.body
    assert late.address_key != mail.to_address
    assert not FollowUp.objects.filter(state="open", kind="invitation").exists()


def test_a_cancelled_activity_says_that_it_does_not_take_place(seminar, come):
    admission = seminar()
    one = come(admission, 1)
    planning.change(activity=admission.activity, state="cancelled", by=journal.CLI, now=NOW)
    admission = Admission.objects.select_related("activity__programme").get(pk=admission.pk)
    assert registrationmails.tell_change(admission=admission, by=journal.CLI, now=NOW) == 1
    with translation.override("ar"):
        said = _("It does not take place on the day that you were told.")
    assert said in Message.objects.get(key__contains=f"{one.pk}:change:").body
