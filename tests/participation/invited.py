"""Forty fictional guests of the ceremony: offices of the country pack's ranks, in three languages."""

import datetime as dt

from tansiq.core import journal
from tansiq.participation import answers, guests, invitations
from tansiq.people.models import Organisation
from tansiq.programme.models import Activity

NOW = dt.datetime(2020, 6, 29, 9, 0, tzinfo=dt.UTC)
ANSWER_BY = dt.date(2020, 7, 20)
# rank, function, language; the names are invented.
OFFICES = [
    (40, "وزير التخطيط التجريبي", "Ministre fictif du Plan", "ar"), (40, "وزير العدل (مثال)", "Ministre fictif de la Justice", "ar"),
    (60, "رئيس النيابة العامة (مثال)", "Président fictif du ministère public", "ar"),
    (80, "سفير دولة خيالية", "Ambassadeur d’un pays imaginaire", "fr"), (80, "سفيرة دولة خيالية", "Ambassadrice d’un pays imaginaire", "en"),
    (100, "والي جهة خيالية", "Wali d’une région imaginaire", "ar"), (120, "كاتب عام (مثال)", "Secrétaire général fictif", "ar"),
    (150, "رئيسة جمعية خيالية", "Présidente d’une association imaginaire", "fr"),
]  # fmt: skip


def ceremony():
    return Activity.objects.get(slug="ceremony")


FIRST = [
    ("خديجة", "Khadija"),
    ("يوسف", "Youssef"),
    ("سلمى", "Salma"),
    ("أنس", "Anas"),
    ("زينب", "Zineb"),
    ("طارق", "Tarik"),
    ("فوزية", "Faouzia"),
    ("بدر", "Badr"),
]
LAST = [("أيت واحي", "Aït Ouahi"), ("الخيالي", "El Khayali"), ("بنموسى", "Benmoussa"), ("الجبلي", "Jebli"), ("قاسمي", "Kacemi")]  # fmt: skip


def name(number):
    """The invented name of a guest, in both spellings; forty of them differ."""
    first, last = FIRST[number % 8], LAST[number // 8 % 5]
    return {"ar": f"{first[0]} {last[0]}", "fr": f"{first[1]} {last[1]}"}


def guest(number=1, **more):
    rank, arabic, french, language = OFFICES[number % len(OFFICES)]
    values = {
        "name": name(number),
        "function": {"ar": arabic, "fr": french}, "rank": rank, "language": language, "email": f"guest{number}@example.org",
        "organisation_name": f"مؤسسة خيالية {number}",
    }  # fmt: skip
    return guests.Guest(**{**values, **more})


def add(number=1, *, activity=None, **more):
    return guests.add(activity=activity or ceremony(), guest=guest(number, **more), by=journal.CLI, now=NOW)


def send(*rows, now=NOW, **more):
    return invitations.send(invitations=rows, by=journal.CLI, now=now, **{"answer_by": ANSWER_BY, **more})


def invite(number=1, *, answer_by=ANSWER_BY, **more):
    row = add(number, **more)
    send(row, answer_by=answer_by)
    row.refresh_from_db()
    return row


def reply(row, state="accepted", *, how="link", now=NOW, **more):
    return answers.answer(
        invitation=row, reply=answers.Reply(state, **more), how=how, by=answers.GUEST, now=now
    )  # fmt: skip


def eu():
    return Organisation.objects.get(slug="eu")
