"""Guests are invited in their language, answer for themselves alone, and only those who did not answer are reminded."""

import datetime as dt

import pytest

from tansiq.coordination import impact
from tansiq.coordination.models import FollowUp, Letter
from tansiq.core import journal
from tansiq.core.dates import PartialDate
from tansiq.core.errors import BadInput
from tansiq.core.models import Entry, Message
from tansiq.core.tables import write_csv
from tansiq.participation import answers, guestfiles, guestpaper, guests, invitations
from tansiq.participation.models import Invitation, Placement
from tansiq.people import privacy, retention
from tansiq.people.models import Membership, Person
from tansiq.programme import planning
from tests.participation.invited import NOW, OFFICES, add, ceremony, eu, guest, invite, name, reply, send

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def _world(world_day):
    """The ceremony of 27 July 2020."""


def mails_of(row, what=""):
    return Message.objects.filter(key__startswith=f"invitation:{row.pk}:{what}").order_by("key")


# --- Added ----------------------------------------------------------------------------------------------------------


def test_forty_guests_are_invited_each_in_their_language_by_a_link_of_their_own():
    rows = [add(number) for number in range(40)]
    done = send(*rows)
    assert (len(done.mailed), done.written, done.refused) == (40, [], [])
    assert Message.objects.count() == 40
    for row, message in ((one, mails_of(one).get()) for one in rows):
        row.refresh_from_db()
        assert (message.to_address, message.language) == (row.email, row.language)
        assert invitations.address_of(row) in message.body
        assert invitations.find(invitations.token(row)) == row
    assert {row.language for row in rows} == {"ar", "fr", "en"}
    french = mails_of(rows[3]).get()
    assert french.body.startswith("Anas Aït Ouahi – Ambassadeur d’un pays imaginaire")
    assert "lundi 27 juillet 2020" in french.body


def test_the_same_guest_again_is_the_same_invitation_and_an_office_needs_no_name():
    first = add(1)
    assert add(1) == first
    office = add(2, name={}, email="")
    assert str(office.name["ar"]) == OFFICES[2][1]
    assert add(2, name={}, email="") == office
    assert Invitation.objects.count() == 2
    assert Person.objects.filter(invitations__isnull=False).count() == 1


def test_two_guests_with_one_address_are_refused_and_one_cabinet_answers_for_two():
    first = add(1)
    with pytest.raises(guests.AlreadyInvited) as refused:
        add(2, email="GUEST1@example.org")
    assert refused.value.invitation == first
    add(3, email="", cabinet_email="cabinet@example.org")
    add(4, email="", cabinet_email="cabinet@example.org")
    assert Invitation.objects.count() == 3


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": {"ar": "خديجة \u202eأيت"}}, "name"), ({"name": {"ar": "123"}}, "name"), ({"name": {"ar": "خ" * 300}}, "name"),
        ({"name": {"ar": "Khadija"}}, "name"), ({"name": {}, "function": {}}, "name"), ({"rank": 41}, "rank"),
        ({"email": "guest"}, "email"), ({"cabinet_email": "x@"}, "cabinet_email"), ({"language": "de"}, "language"),
        ({"companions_allowed": -1}, "companions_allowed"), ({"seat": "\u202e"}, "seat"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_at_its_field_and_nobody_is_added(given, field):
    with pytest.raises(guests.Unfit) as refused:
        add(1, **given)
    assert list(refused.value.faults) == [field]
    assert Invitation.objects.count() == 0


def test_a_new_address_makes_the_link_in_the_older_mail_worthless():
    row = invite(1)
    old = invitations.token(row)
    changed = guests.change(invitation=row, guest=guest(1, email="new@example.org"), by=journal.CLI, now=NOW)
    assert invitations.find(old) is None
    invitations.renew_link(invitation=changed, by=journal.CLI, now=NOW)
    assert mails_of(row, "sent:2").get().to_address == "new@example.org"
    with pytest.raises(guests.AlreadyInvited):
        guests.change(invitation=add(2), guest=guest(2, email="NEW@example.org"), by=journal.CLI, now=NOW)


# --- From a file ----------------------------------------------------------------------------------------------------

HEADER = ["الاسم (ar)", "Nom (fr)", "Function", "Rank", "Courriel", "اللغة", "Organisation"]


def read(*rows, header=HEADER):
    return guestfiles.read(write_csv(header, rows), file_name="guests.csv")


def take(lines, **more):
    found = guestfiles.plan(ceremony(), lines, **more)
    return found, guestfiles.apply(ceremony(), found, by=journal.CLI, now=NOW)


def test_a_table_is_read_by_its_titles_in_three_languages_and_again_adds_nobody():
    rows = [
        ("خديجة أيت واحي", "Khadija Aït Ouahi", "Ministre fictive", "وزير", "k@example.org", "fr", "eu"),
        ("", "", "والي جهة خيالية", "100", "", "العربية", "هيئة خيالية"),
    ]
    _found, added = take(read(*rows))
    minister, office = (row for _line, row in added)
    assert (dict(minister.name), minister.rank, minister.language, minister.organisation) == (
        {"ar": "خديجة أيت واحي", "fr": "Khadija Aït Ouahi"}, 40, "fr", eu(),
    )  # fmt: skip
    assert (dict(office.function), office.rank, office.organisation_name) == (
        {"ar": "والي جهة خيالية"},
        100,
        "هيئة خيالية",
    )
    found, added = take(read(*rows))
    assert (added, len(found.known), found.to_decide) == ([], 2, [])


def test_a_table_with_errors_adds_nobody_and_names_each_cell():
    with pytest.raises(BadInput) as refused:
        read(
            ("خديجة", "", "", "أمير", "k@example.org", "ar", ""), ("سلمى", "", "", "", "K@example.org", "de", ""),
            ("", "", "", "", "x", "", ""), ("=cmd()", "", "", "40", "", "", ""),
        )  # fmt: skip
    found = {(one.place, one.path) for one in refused.value.problems}
    assert found == {
        ("guests.csv:2", "D (Rank)"), ("guests.csv:3", "F (اللغة)"), ("guests.csv:3", "E (Courriel)"),
        ("guests.csv:4", "E (Courriel)"), ("guests.csv:4", "A (الاسم (ar))"), ("guests.csv:5", "A (الاسم (ar))"),
    }  # fmt: skip
    assert Invitation.objects.count() == 0
    with pytest.raises(BadInput):
        read(("a@example.org",), header=["Courriel"])


def test_a_guest_in_another_spelling_goes_to_a_person_and_the_decision_is_remembered():
    known = add(0, email="")
    line = ("", "Khadidja Ait Wahi", "", "", "", "", "")
    found, added = take(read(line))
    (one,) = found.to_decide
    assert (added, one.row, one.invitation) == ([], 2, known)
    assert one.why
    guests.note_spelling(invitation=known, name=one.guest.name, by=journal.CLI, now=NOW)
    found, _added = take(read(line))
    assert (found.to_decide, [row for _line, row in found.known]) == ([], [known])
    # The same name in one file: the second is asked about, unless a person says that they are two.
    other = ("سلمى الإدريسي", "", "", "", "s@example.org", "", "أ"), ("", "Salma El Idrissi", "", "", "", "", "ب")
    found, added = take(read(*other))
    assert ([one.other_row for one in found.to_decide], len(added)) == ([2], 1)
    _found, added = take(read(*other), apart=[3])
    assert len(added) == 1


def test_the_table_of_the_guest_list_comes_back_in_and_changes_nothing():
    for number in range(8):
        add(number, salutation={"ar": "سعادة الضيف"}, speaks=number == 1, appointed=dt.date(2019, 4, 2))
    add(9, name={}, email="")
    reply(invite(10), "declined")
    for language in ("ar", "fr", "en"):
        content = guestpaper.workbook(ceremony(), language=language)
        found, added = take(guestfiles.read(content, file_name="guests.xlsx"))
        assert (added, found.to_decide, len(found.known)) == ([], [], 10)


# --- Sent -----------------------------------------------------------------------------------------------------------


def test_who_has_no_e_mail_gets_a_letter_of_the_register_and_who_has_neither_is_named():
    by_letter, neither, by_mail = (
        add(1, email="", organisation=eu(), organisation_name=""), add(2, email="", organisation_name="لا عنوان"), add(3),
    )  # fmt: skip
    done = send(by_letter, neither, by_mail)
    assert (done.mailed, done.written) == ([by_mail], [by_letter])
    assert [row for row, _why in done.refused] == [neither]
    by_letter.refresh_from_db()
    letter = by_letter.letter
    assert (letter.organisation, letter.language, letter.kind.slug, letter.state) == (
        eu(),
        "ar",
        "invitation",
        "written",
    )
    assert name(1)["ar"] in letter.attention
    assert Message.objects.count() == 1


def test_sending_twice_sends_once():
    row = invite(1)
    send(row)
    send(row)
    assert mails_of(row).count() == 1
    assert Entry.objects.filter(verb="participation.send_invitation").count() == 1


def test_nothing_is_sent_after_the_day_or_for_what_is_cancelled():
    row = add(1)
    with pytest.raises(invitations.NotNow):
        send(row, now=dt.datetime(2020, 7, 28, 9, tzinfo=dt.UTC))
    with pytest.raises(invitations.NotNow):
        send(row, answer_by=dt.date(2020, 7, 28))
    activity = ceremony()
    activity.state = "cancelled"
    activity.save()
    row.refresh_from_db()
    with pytest.raises(invitations.NotNow):
        send(row)
    assert Message.objects.count() == 0


# --- Answered -------------------------------------------------------------------------------------------------------


def test_each_answer_is_confirmed_once_to_the_address_that_we_hold_and_a_double_click_writes_nothing():
    row = invite(1, companions_allowed=2)
    for _click in range(2):
        reply(row, companions=2)
    row.refresh_from_db()
    assert (row.state, row.how, row.companions, row.answers) == ("accepted", "link", 2, 1)
    assert mails_of(row).count() == 2
    reply(row, "declined")
    reply(row, "accepted")
    assert mails_of(row).count() == 4
    assert {message.to_address for message in mails_of(row)} == {"guest1@example.org"}


def test_a_forwarded_link_floods_no_mailbox():
    row = invite(1)
    for number in range(answers.MOST_A_DAY):
        reply(row, "declined" if number % 2 else "accepted")
    with pytest.raises(invitations.NotNow):
        reply(row)
    assert mails_of(row, "answer:").count() == answers.MOST_A_DAY
    reply(row, how="telephone")
    reply(row, "declined", now=NOW + 2 * DAY)
    row.refresh_from_db()
    assert row.state == "declined"


def test_staff_note_a_letter_and_the_answer_by_link_before_it_stays():
    row = invite(1)
    letter = Letter.objects.create(
        direction="in", year=2020, serial=7, organisation=eu(), language="ar", subject="جواب", dated=NOW.date(), state="received"
    )  # fmt: skip
    answers.answer(
        invitation=row, reply=answers.Reply("accepted", letter=letter, reference="45/2020"), how="letter", by=journal.CLI, now=NOW
    )  # fmt: skip
    row.refresh_from_db()
    assert (row.state, row.how, row.answer_letter, row.answer_reference) == ("accepted", "letter", letter, "45/2020")
    entry = journal.of(row).first()
    assert entry.changes == {"state": ["sent", "accepted"], "how": [None, "letter"], "letter": [None, letter.number]}


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"state": "represented"}, "representative"), ({"state": "represented", "representative": {"ar": "  "}}, "representative"),
        ({"state": "represented", "representative": {"ar": "١٢٣"}}, "representative"),
        ({"state": "represented", "representative": {"ar": "سلمى \u202e"}}, "representative"),
        ({"state": "represented", "representative": name(1)}, "representative"),
        ({"state": "represented", "representative": {"ar": "سلمى"}, "representative_rank": 41}, "representative_rank"),
        ({"state": "perhaps"}, "answer"), ({"state": "accepted", "companions": 1}, "companions"),
        ({"state": "sent"}, "answer"),
    ],
)  # fmt: skip
def test_an_answer_that_does_not_fit_changes_nothing(given, field):
    row = invite(1)
    with pytest.raises(guests.Unfit) as refused:
        reply(row, **given)
    assert list(refused.value.faults) == [field]
    row.refresh_from_db()
    assert (row.state, row.answers) == ("sent", 0)


def test_an_answer_can_be_changed_until_the_day_and_not_after_it():
    row = invite(1)
    reply(row, now=dt.datetime(2020, 7, 27, 6, tzinfo=dt.UTC))
    with pytest.raises(invitations.NotNow):
        reply(row, "declined", now=dt.datetime(2020, 7, 28, 6, tzinfo=dt.UTC))
    row.refresh_from_db()
    assert row.state == "accepted"


def test_an_answer_that_was_not_the_guests_is_taken_back_and_the_strangers_link_opens_nothing():
    row = invite(1)
    stranger = invitations.token(row)
    reply(row, "represented", representative={"fr": "Un Inconnu"})
    assert "Un Inconnu" not in mails_of(row, "answer:1").get().body
    row = answers.take_back(invitation=row, by=answers.GUEST, now=NOW)
    assert (row.state, dict(row.representative), row.answered_at) == ("sent", {}, None)
    assert invitations.find(stranger) is None
    assert invitations.address_of(row) in mails_of(row, "sent:1").get().body
    number = mails_of(row).count()
    answers.take_back(invitation=row, by=answers.GUEST, now=NOW)  # without an answer nobody is written to
    assert mails_of(row).count() == number


def test_a_withdrawn_invitation_is_told_once_and_opens_nothing():
    row, never_sent = invite(1), add(2)
    link = invitations.token(row)
    for _click in range(2):
        invitations.withdraw(invitation=row, by=journal.CLI, now=NOW)
        invitations.withdraw(invitation=never_sent, by=journal.CLI, now=NOW)
    assert invitations.find(link) is None
    assert mails_of(row).count() == 2
    assert mails_of(never_sent).count() == 0
    with pytest.raises(invitations.NotNow):
        reply(row)
    assert add(1) != row  # may be invited anew


# --- Reminded -------------------------------------------------------------------------------------------------------


def test_only_the_pending_get_the_reminder_and_nobody_two_on_one_day():
    rows = [invite(number) for number in range(5)]
    reply(rows[0])
    reply(rows[1], "declined")
    reply(rows[2], "represented", representative={"ar": "نائبة خيالية"})
    later = NOW + 2 * DAY
    for _click in range(2):
        invitations.remind(invitations=rows, by=journal.CLI, now=later)
    reminded = Message.objects.filter(key__contains=":remind:")
    assert {message.to_address for message in reminded} == {"guest3@example.org", "guest4@example.org"}
    assert reminded.count() == 2


def test_the_schedule_reminds_three_days_before_and_the_day_after_each_once():
    row = invite(1)  # by 20 July
    sent = []
    for day in range(1, 31):
        for hour in (0, 5):
            now = dt.datetime(2020, 7, day, 8 + hour, tzinfo=dt.UTC)
            if day < 27:
                sent += [day] * invitations.remind_due(now=now)
    assert sent == [17, 21]
    assert mails_of(row).filter(key__contains=":remind:").count() == 2
    late = invite(2, activity=ceremony())
    assert invitations.remind_due(now=dt.datetime(2020, 7, 28, 8, tzinfo=dt.UTC)) == 0
    assert mails_of(late).count() == 1


def test_who_was_invited_today_is_not_reminded_today():
    row = add(1)
    now = dt.datetime(2020, 7, 18, 9, tzinfo=dt.UTC)
    send(row, now=now)
    assert invitations.remind_due(now=now) == 0
    assert invitations.remind_due(now=now + DAY) == 0
    assert invitations.remind_due(now=now + 3 * DAY) == 1


# --- What became false ----------------------------------------------------------------------------------------------


def move(**values):
    planning.change(activity=ceremony(), **values, by=journal.CLI, now=NOW)
    return ceremony()


def test_a_day_that_moves_reaches_those_who_were_invited_and_each_is_told_once():
    rows = [invite(number) for number in range(3)]
    add(4)
    reply(rows[0])
    _change, found = impact.of(ceremony(), {"when": PartialDate.parse("2020-07-28")})
    assert sum(one.kind == "invitation" for one in found) == 3
    assert not any(name(0)["ar"] in one.what for one in found)
    activity = move(when=PartialDate.parse("2020-07-28"))
    assert FollowUp.objects.filter(state="open", kind="invitation").count() == 3
    for _click in range(2):
        invitations.tell_change(activity=activity, by=journal.CLI, now=NOW + DAY)
    assert Message.objects.filter(key__contains=":changed:").count() == 3
    assert not FollowUp.objects.filter(state="open", kind="invitation").exists()
    rows[0].refresh_from_db()
    assert rows[0].state == "accepted"


def test_a_cancelled_activity_is_told_to_all_but_those_who_do_not_come():
    rows = [invite(number) for number in range(3)]
    reply(rows[0], "declined")
    activity = move(state="cancelled")
    assert invitations.tell_change(activity=activity, by=journal.CLI, now=NOW) == 2
    assert invitations.tell_change(activity=activity, by=journal.CLI, now=NOW) == 0


# --- Data protection ------------------------------------------------------------------------------------------------


def test_all_that_is_held_of_a_guest_and_of_a_representative_is_given_out_and_erased():
    row = invite(1, telephone="0522 00 00 00", seat="الصف الأول", cabinet="الديوان", salutation={"ar": "معالي الوزير"})
    other = invite(2)
    reply(other, "represented", representative={"ar": name(1)["ar"]}, representative_function="مديرة الديوان")
    Placement.objects.create(
        activity=ceremony(), order="precedence", invitation=row, anchor=other, side="before", reason="ضيف شرف", turn=1, placed_at=NOW
    )  # fmt: skip
    given = privacy.export(row.person)["invitations"]
    assert (given["invited"][0]["seat"], given["invited"][0]["salutation"]) == ("الصف الأول", {"ar": "معالي الوزير"})
    assert given["invited"][0]["placed_by_hand"] == [{"order": "precedence", "reason": "ضيف شرف"}]
    assert given["represents"] == [
        {"activity": "ceremony", "guest": 2, "name": {"ar": name(1)["ar"]}, "function": "مديرة الديوان"}
    ]
    link = invitations.token(row)
    person = row.person
    privacy.erase(person, by=journal.CLI, now=NOW)
    row.refresh_from_db()
    other.refresh_from_db()
    assert (row.person, dict(row.function), row.email, row.seat, row.rank, row.state) == (None, {}, "", "", 40, "sent")
    assert (other.state, other.representative_function) == ("represented", "")
    assert name(1)["ar"] not in str(dict(other.representative))
    assert Placement.objects.get().reason == ""
    assert invitations.find(link) is None
    assert not mails_of(row).exists()
    number = Entry.objects.count()
    privacy.erase(person, by=journal.CLI, now=NOW)
    assert Entry.objects.count() == number
    guestpaper.guest_list(ceremony(), language="ar", now=NOW)


def test_a_year_after_the_day_names_are_gone_and_the_answer_stays_as_a_number():
    row = invite(1)
    reply(row)
    retention.run(now=dt.datetime(2021, 7, 27, 9, tzinfo=dt.UTC))
    row.refresh_from_db()
    assert row.email
    known, member = row.person, invite(2).person
    Membership.objects.create(person=member, organisation=eu())
    retention.run(now=dt.datetime(2021, 7, 29, 9, tzinfo=dt.UTC))
    row.refresh_from_db()
    assert (row.person, row.email, row.state, row.rank) == (None, "", "accepted", 40)
    assert list(Person.objects.filter(pk__in=[known.pk, member.pk])) == [member]  # whom something else needs stays


def test_the_journal_names_no_guest():
    row = invite(1, seat="الصف الأول")
    reply(row, "represented", representative={"ar": "نائبة خيالية"}, how="telephone")
    text = str(list(Entry.objects.values_list("subject_label", "changes")))
    for word in (*name(1).values(), "نائبة", "guest1@", "الصف"):
        assert word not in text
