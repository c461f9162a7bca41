"""The hand-over note of an office: everything it has to do and waits for, in Word and PDF, for its holder."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from tansiq.coordination import approvals, handover, letters, runofshow, tasks
from tansiq.coordination.approvals import Asked
from tansiq.coordination.letters import Wanted
from tansiq.coordination.models import Function, LetterKind, RunOfShow, Task
from tansiq.core import docx, journal
from tansiq.people import accounts
from tansiq.people.models import Organisation

NOW = dt.datetime(2020, 7, 1, 9, 0, tzinfo=dt.UTC)
BY = {"by": journal.CLI, "now": NOW}


@pytest.fixture
def protocol(world_day):
    tasks.prepare_programme(programme=world_day, **BY)
    office = Function.objects.get(slug="protocol")
    ceremony = world_day.activities.select_related("place").get(slug="ceremony")
    letter = letters.write(
        Wanted(
            LetterKind.objects.get(slug="invitation"), world_day, ceremony, Organisation.objects.get(slug="unodc"), "fr",
            service=office, answer_by=dt.date(2020, 7, 10),
        ),
        dated=NOW.date(), **BY,
    )  # fmt: skip
    letters.send(letter=letter, on=dt.date(2020, 6, 20), **BY)
    items = [
        {
            "title": {"ar": "استقبال الوزراء", "fr": "Accueil des ministres"},
            "minutes": 20,
            "owner": "protocol",
            "time": "09:00",
        }
    ]
    runofshow.save(RunOfShow(activity=ceremony, items=items), **BY)
    return office


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", ["Note de passation", "Accueil des ministres", "09:00–09:20", "En retard"]),
        ("ar", ["مذكرة تسليم المهام", "استقبال الوزراء", "متأخر"]),
    ],
)
def test_the_note_holds_what_is_late_what_is_waited_for_and_the_lines_of_the_day(protocol, language, words):
    text = docx.text_of(handover.note(protocol, language=language, now=NOW))
    for one in words:
        assert one in text
    for task in Task.objects.filter(owner=protocol):
        assert task.title.text(language).value in text
    assert "1/2020" in text


def test_what_another_office_does_is_not_in_it(protocol):
    text = docx.text_of(handover.note(protocol, language="fr", now=NOW))
    other = Task.objects.exclude(owner=protocol).exclude(
        title__in=[one.title for one in Task.objects.filter(owner=protocol)]
    )
    comes_first = {one.title["fr"] for task in Task.objects.filter(owner=protocol) for one in task.after.all()}
    assert [one.title["fr"] for one in other if one.title["fr"] in text and one.title["fr"] not in comes_first] == []


def test_an_office_that_has_nothing_to_do_says_only_who_holds_it(world_day):
    text = docx.text_of(handover.note(Function.objects.get(slug="registry"), language="en", now=NOW))
    assert "The office is vacant." in text
    assert "Late" not in text


def test_it_prints(protocol):
    content = handover.printed(protocol, language="ar", now=NOW)
    assert len(PdfReader(io.BytesIO(content)).pages) >= 1


def test_the_holder_gets_it_and_a_partner_does_not(protocol, client, user_with):
    holder, other = user_with(), user_with(email="other@example.org")
    for user in (holder, other):
        accounts.grant(user=user, role="partner", organisation=Organisation.objects.get(slug="unodc"), by=user, now=NOW)
    protocol.holder = holder
    protocol.save()
    address = f"/desk/work/office/{protocol.pk}.docx"
    client.force_login(holder, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(address).content.startswith(b"PK")
    assert address in client.get("/desk/work/").content.decode()
    client.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(address).status_code != 200


def test_one_note_costs_the_same_with_more_tasks(protocol):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            handover.note(protocol, language="ar", now=NOW)
        return len(captured)

    before, programme = queries(), protocol.tasks.first().programme
    for n in range(20):
        Task.objects.create(
            programme=programme, key=f"own/{n}", title={"ar": f"مهمة {n}"}, reference_language="ar", owner=protocol,
            due=dt.date(2020, 7, 1) + dt.timedelta(days=n),
        )  # fmt: skip
    assert queries() == before


def test_the_note_tells_a_partner_nothing_of_what_is_others(protocol, user_with, world_day):
    unodc, eu = (Organisation.objects.get(slug=slug) for slug in ("unodc", "eu"))
    user = user_with(email="partner@example.org")
    accounts.grant(user=user, role="partner", organisation=unodc, **BY)
    Function.objects.filter(pk=protocol.pk).update(holder=user)
    ceremony = world_day.activities.get(slug="ceremony")
    approvals.ask(subject=ceremony, what="agenda", steps=[Asked(eu, 1, "ديوان السفير")], language="ar", **BY)
    others = Function.objects.create(slug="x", name={"ar": "مكتب آخر"}, reference_language="ar")
    first = tasks.add(
        Task(programme=world_day, title={"ar": "مهمة الغير"}, reference_language="ar", owner=others), **BY
    )
    Task.objects.filter(owner=protocol, state="open").first().after.add(first)
    seen = {who: docx.text_of(handover.note(protocol, language="ar", now=NOW, reader=who)) for who in (None, user)}
    for words in ("ديوان السفير", "مهمة الغير"):
        assert (words in seen[None], words in seen[user]) == (True, False)
