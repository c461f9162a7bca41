"""Names asked from administrations: the letter and the link, who has not answered, what is missing."""

import datetime as dt
import io

import pytest
from pypdf import PdfReader

from tansiq.coordination import letters
from tansiq.coordination.models import Letter, Task
from tansiq.core import docx, journal, links
from tansiq.core.models import Link, Message
from tansiq.participation import doubles, nominations, takeover
from tansiq.participation.models import Double, NominationRequest, Nominee
from tansiq.people import privacy, retention
from tests.participation.conftest import NOW
from tests.participation.nominating import DUE, PEOPLE, answer, asked, bodies, named, person, take  # noqa: F401

pytestmark = pytest.mark.django_db


def test_asking_writes_a_registered_letter_with_the_places_by_region_and_mails_a_link(asked):
    row = asked(places=[{"region": "MA-09", "number": 8, "reserve": 2}, {"region": "MA-04", "number": 3, "reserve": 1}])
    text = docx.text_of(letters.open_file(row.letter, "docx"))
    assert row.letter.number == "1/2020"
    for words in ("سوس ماسة", "الرباط سلا القنيطرة", "idara0@example.org", "17 يوليوز 2020"):
        assert words in text, words
    assert "11" in text  # all places together
    assert PdfReader(io.BytesIO(letters.open_file(row.letter, "pdf"))).pages
    mail = Message.objects.get()
    assert mail.to_address == "idara0@example.org"
    assert "sheet.xlsx" in mail.body
    assert Link.objects.get().purpose == "nomination"
    # Others may read a subject over the shoulder.
    assert "الاتجار" not in mail.subject


def test_the_letter_has_a_table_in_french_too_and_none_of_our_other_letters_has_one(asked):
    row = asked(language="fr")
    tables = docx_tables(row.letter)
    assert [[cell.text for cell in line.cells] for line in tables[0].rows] == [
        ["Région", "Places", "Réserve"], ["Souss-Massa", "2", "1"],
    ]  # fmt: skip
    reminder = nominations.remind_by_letter(request=row, by=journal.CLI, now=NOW)
    assert docx_tables(reminder) == []
    assert "1/2020" in docx.text_of(letters.open_file(reminder, "docx"))


def docx_tables(letter):
    import docx as word

    return word.Document(io.BytesIO(letters.open_file(letter, "docx"))).tables


def test_asked_twice_is_one_request_one_letter_and_one_mail(asked):
    assert asked().pk == asked().pk
    assert (Letter.objects.count(), Message.objects.count(), NominationRequest.objects.count()) == (1, 1, 1)
    with pytest.raises(nominations.AskedOtherwise):
        asked(number=5)


def test_the_sum_is_held_against_the_quotas_and_what_does_not_fit_is_said(asked, bodies):
    asked(number=5)
    warned = nominations.ask(
        admission=NominationRequest.objects.get().admission, organisation=bodies[1],
        places=[{"region": "MA-09", "number": 6, "reserve": 0}], due=DUE, by=journal.CLI, now=NOW, language="en",
    ).warnings  # fmt: skip
    assert warned == ["Souss-Massa: 11 names are asked for; 8 places are set aside."]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"places": [{"region": "MA-99", "number": 1}]}, "places"), ({"places": []}, "places"),
        ({"places": [{"region": "", "number": -1}]}, "places"), ({"due": dt.date(2020, 7, 1)}, "due"),
        ({"due": dt.date(2020, 8, 1)}, "due"), ({"email": "كلا"}, "email"), ({"office": "أ\u202eب"}, "office"),
        ({"places": [{"region": "MA-09", "number": 1}] * 2}, "places"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_is_refused_with_the_reason_and_leaves_nothing(asked, more, field):
    from tansiq.programme.models import Activity

    Activity.objects.filter(slug="seminar").update(when="2020-07-28", first_day="2020-07-28", last_day="2020-07-28")
    with pytest.raises(nominations.Unfitting) as refusal:
        asked(**more)
    assert field in refusal.value.faults
    assert not Letter.objects.exists()


# --- Chasing --------------------------------------------------------------------------------------------------------


def test_those_who_have_not_answered_are_reminded_three_days_before_and_the_day_after_each_once(asked):
    asked()
    answered = asked(to=1)
    answer(answered, named(0))
    Message.objects.all().delete()
    sent = {}
    for day in (13, 14, 15, 16, 17, 18, 19, 31):
        for hour in (6, 9, 10):
            nominations.remind(now=NOW.replace(day=day, hour=hour))
        sent[day] = Message.objects.count()
    assert sent == {13: 0, 14: 1, 15: 1, 16: 1, 17: 1, 18: 2, 19: 2, 31: 2}
    assert set(Message.objects.values_list("to_address", flat=True)) == {"idara0@example.org"}
    assert links.find(Message.objects.first().body.split("/l/")[1].split("/")[0], now=NOW)


def test_where_no_address_is_known_the_registry_gets_one_task_to_remind_by_letter(asked):
    row = asked(email="")
    assert not Message.objects.exists()
    for day in (14, 15, 18):
        nominations.remind(now=NOW.replace(day=day))
    task = Task.objects.get(key=f"nomination/{row.pk}")
    assert "إدارة افتراضية أولى" in str(task.title)
    one = nominations.remind_by_letter(request=row, by=journal.CLI, now=NOW)
    assert nominations.remind_by_letter(request=row, by=journal.CLI, now=NOW) == one
    answer(row, named(0))
    with pytest.raises(nominations.IsOver):
        nominations.remind_by_letter(request=row, by=journal.CLI, now=NOW.replace(day=8))


def test_the_overview_says_what_is_missing_by_administration_and_region(asked, django_assert_max_num_queries):
    first = asked(places=[{"region": "MA-09", "number": 2, "reserve": 1}, {"region": "MA-04", "number": 1}])
    asked(to=1, email="")
    answer(first, named(0), named(1, permission=False, email="", name={"ar": PEOPLE[1][0]}))
    with django_assert_max_num_queries(12):
        found = takeover.overview(first.admission, today=DUE + dt.timedelta(days=2), language="en")
    report = takeover.report(found, today=DUE + dt.timedelta(days=2), language="en")
    assert [(one["organisation"], one["asked"], one["named"], one["missing"]) for one in report["requests"]] == [
        ("idara-a", 3, 2, 1), ("idara-b", 2, 0, 2),
    ]  # fmt: skip
    assert report["requests"][0]["to_do"] == [
        "Names missing: 1.", "Without the agreement of the hierarchy: 1.", "Without an e-mail, told by letter: 1.",
        "Without the second spelling of the name: 1.",
    ]  # fmt: skip
    assert report["requests"][1]["to_do"] == [
        "No answer; days past the day: 2.", "No e-mail is known: remind by letter.",
    ]  # fmt: skip
    souss = next(one for one in report["regions"] if one["region"] == "MA-09")
    assert (souss["size"], souss["asked"], souss["named"], souss["missing"]) == (8, 4, 2, 2)
    assert PEOPLE[0][0] not in str(report)


def test_a_later_day_and_more_places_may_be_given_and_a_new_mailbox_closes_the_old_links(asked):
    row = asked()
    answer(row, named(0), named(1))
    revised = {"places": row.places, "due": DUE, "email": row.email, "office": row.office}

    def revise(**more):
        return nominations.revise(request=row, by=journal.CLI, now=NOW, **{**revised, **more})

    with pytest.raises(nominations.Unfitting):
        revise(places=[{"region": "MA-09", "number": 1, "reserve": 0}])
    revise(places=[{"region": "MA-09", "number": 4, "reserve": 1}], due=DUE + dt.timedelta(days=5))
    row.refresh_from_db()
    assert (row.number, row.due) == (4, DUE + dt.timedelta(days=5))
    revise(email="new@example.org", places=row.places, due=row.due)
    assert list(
        Link.objects.order_by("made_at", "closed_at").values_list("to_address", flat=True).filter(closed_at=None)
    ) == ["new@example.org"]


# --- Data protection ------------------------------------------------------------------------------------------------


def test_nominees_and_decisions_are_given_out_erased_and_go_after_their_time(asked):
    first, second = asked(), asked(to=1)
    answer(first, named(0), named(1))
    answer(second, named(0, email="k@example.org"))
    (pair,) = doubles.find(first.admission)
    doubles.decide(nominee=pair.nominee, other=pair.other, verdict="two", by=journal.CLI, now=NOW)
    take(first)
    who = person(first, 0).registration.person
    given = privacy.export(who)["nominations"]
    assert [one["compared"] for one in given] == [[{"decided": NOW.isoformat(), "verdict": "two"}]]
    privacy.erase(who, by=journal.CLI, now=NOW)
    assert not Nominee.objects.filter(email="p0@example.org").exists()
    assert not Double.objects.exists()
    assert person(first, 1)
    retention.run(now=NOW + dt.timedelta(days=800))
    assert list(Nominee.objects.values_list("email", flat=True)) == ["p1@example.org"]  # with her registration
    first.refresh_from_db()
    assert (first.email, first.office) == ("", "")
