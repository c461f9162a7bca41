"""Ten weeks before the World Day of 2020, as the manual tells it: from the first list of tasks to the day that moves."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from zoneinfo import ZoneInfo

import icalendar
import pytest
from django.test import Client
from pypdf import PdfReader

from tansiq.config import archive, copying, files
from tansiq.coordination import approvals, documents, handover, impact, letters, lists, paper, runofshow, tasks
from tansiq.coordination.approvals import Asked
from tansiq.coordination.letters import Wanted
from tansiq.coordination.models import (
    Approval,
    Document,
    FollowUp,
    Function,
    Letter,
    LetterKind,
    PersonList,
    RunOfShow,
    Task,
)
from tansiq.core import docx, journal
from tansiq.core.dates import PartialDate
from tansiq.core.localized import Localized
from tansiq.core.models import Claim, Message
from tansiq.people import retention
from tansiq.people.models import Organisation
from tansiq.programme import planning
from tansiq.programme.models import Activity, Programme
from tests.conftest import EXAMPLES
from tests.coordination.test_approvals import address, answer_by_link

RABAT = ZoneInfo("Africa/Casablanca")


@pytest.fixture
def at(monkeypatch):
    """at("2020-05-18") -> eight in the morning of that day in Rabat; it is now, for pages too."""

    def move(day, hour=8):
        now = dt.datetime.fromisoformat(f"{day}T{hour:02}:00").replace(tzinfo=RABAT)
        monkeypatch.setattr("django.utils.timezone.now", lambda: now)
        return now

    return move


def org(slug):
    return Organisation.objects.get(slug=slug)


def held_by(user, *slugs):
    Function.objects.filter(slug__in=slugs).update(holder=user)


def words(pdf):
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


@pytest.fixture
def secretary(user_with):
    return user_with("secretariat", email="amina@cnclt.example")


def test_the_programme_of_2020_is_prepared_from_ten_weeks_before_and_the_seminar_moves(
    at, secretary, django_capture_on_commit_callbacks
):
    by = secretary

    # Monday 18 May 2020, ten weeks before: the programme is entered.
    monday = at("2020-05-18")
    files.load(files.read(EXAMPLES / "ma-2020-world-day.yaml"), by=journal.Actor("user", by.pk), now=monday)
    world_day = Programme.objects.get(slug="world-day-2020")

    # The models give each activity its tasks, counted back from its day.
    made = tasks.prepare_programme(programme=world_day, by=by, now=monday)
    ceremony, seminar, visits = (
        Activity.objects.select_related("programme", "place").get(slug=slug)
        for slug in ("ceremony", "seminar", "field-visits")
    )
    assert {task.activity_id for task in made} >= {ceremony.pk, seminar.pk, visits.pk}
    first = min(made, key=lambda task: task.due)
    assert (first.due, first.activity_id) == (dt.date(2020, 5, 18), ceremony.pk)
    # The seminar has no day yet: its tasks are counted back from the first day on which it may be.
    assert seminar.first_day is None
    earliest = Task.objects.filter(activity=seminar).exclude(days_before=None).order_by("due").first()
    assert earliest.due == dt.date(2020, 7, 27) - dt.timedelta(days=earliest.days_before)

    # Offices own the tasks. Amina holds two of them, and that morning one mail tells her what the week brings.
    held_by(secretary, "head-of-secretariat", "training")
    assert tasks.remind(now=monday) == 1
    mail = Message.objects.get(key__startswith="tasks:")
    assert mail.to_address == "amina@cnclt.example"
    assert first.title["ar"] in mail.body

    # The concept note is signed: done, with what shows it. What comes after it was refused until then.
    note = Task.objects.get(key__startswith="ceremony/", key__endswith="/concept-note")
    roles = Task.objects.get(key__startswith="ceremony/", key__endswith="/partner-roles")
    with pytest.raises(tasks.OthersFirst):
        tasks.finish(task=roles, evidence="x", by=by, now=monday)
    tasks.finish(task=note, evidence="ورقة تقديمية موقعة رقم 4", by=by, now=monday)
    tasks.finish(task=roles, evidence="رسائل الشركاء", by=by, now=monday)

    # Three administrations are asked, by letter, to name their social assistants. The day is still to be confirmed.
    june = at("2020-06-08")
    training = Function.objects.get(slug="training")
    asked = [
        letters.write(
            Wanted(
                LetterKind.objects.get(slug="nomination-request"), world_day, seminar, org(slug), "ar", training,
                answer_by=dt.date(2020, 6, 22), places=12,
            ),
            dated=june.date(), by=by, now=june,
        )
        for slug in ("ministry-health-ma", "ministry-justice-ma", "ministry-solidarity-ma")
    ]  # fmt: skip
    for letter in asked:
        letters.send(letter=letter, on=june.date(), by=by, now=june)
    assert "قيد التأكيد" in docx.text_of(letters.open_file(asked[0], "docx"))
    # A week later nobody has answered: with whom, and for how long.
    assert [letter.waits(dt.date(2020, 6, 15)) for letter in letters.waiting(dt.date(2020, 6, 15))] == [7] * len(asked)

    # The opening speech is written in Arabic and asked in French of the translators, until 10 July.
    speech = Document.objects.create(
        programme=world_day, activity=ceremony, slug="opening-speech", kind="speech", reference_language="ar",
        title=Localized({"ar": "كلمة الافتتاح", "fr": "Allocution d’ouverture"}),
    )  # fmt: skip
    translation = Function.objects.get(slug="translation")
    arabic = documents.want(document=speech, language="ar", translator=None, due=None, by=by, now=june)
    french = documents.want(
        document=speech, language="fr", translator=translation, due=dt.date(2020, 7, 10), by=by, now=june
    )
    documents.keep(text=arabic, words="نلتزم بمكافحة الاتجار بالبشر.", seen=0, by=by, now=june)
    documents.keep(text=french, words="Nous luttons contre le trafic d’êtres humains.", seen=0, by=by, now=june)
    assert [(one.kind, one.better) for one in documents.findings(french) if one.kind == "avoid"] == [
        ("avoid", "traite des êtres humains")
    ]
    documents.keep(text=french, words="Nous luttons contre la traite des êtres humains.", seen=1, by=by, now=june)
    documents.settle(text=french, by=by, now=june)
    assert Task.objects.get(key="text/opening-speech/fr").state == "done"

    # The agenda of the seminar carries the names of UNODC and the EU. They agree: one by link and code, one on paper.
    approval = approvals.ask(
        subject=seminar, what="agenda", language="fr", by=by, now=june,
        steps=[Asked(org("unodc"), 1, "Bureau de Rabat", "rabat@unodc.example"), Asked(org("eu"), 2, "Délégation")],
    )  # fmt: skip
    assert answer_by_link(address(), comment="D’accord").status_code == 200
    step = approval.steps.get(organisation=org("eu"))
    assert step.state == "asked"
    paper_signed = approvals.keep_scan(content=b"%PDF-1.4\n%%EOF\n", file_name="accord.pdf", step=step, by=by, now=june)
    approvals.answer(step=step, agrees=True, comment="", how="scan", scan=paper_signed, by=by, now=june)
    approval.refresh_from_db()
    assert approval.state == "approved"

    # Minute by minute: the run of show of the seminar goes out under number 1.
    july = at("2020-07-13")
    show = RunOfShow(
        activity=seminar,
        items=[
            {"title": {"ar": "افتتاح", "fr": "Ouverture"}, "minutes": 20, "time": "09:30", "owner": "it-and-remote"},
            {"title": {"ar": "عرض", "fr": "Exposé"}, "minutes": 45, "owner": "training"},
        ],
    )
    runofshow.save(show, by=by, now=july)
    assert runofshow.issue(show=show, by=by, now=july).number == 1
    # Those who come are on a sheet that will be signed, and the guard has the names of the technicians.
    guard = PersonList(activity=seminar, kind="security", entries=[{"name": "تقني متخيل", "paper": "AB123456"}])
    lists.hand_over(row=lists.save(guard, by=by, now=july), to="حراسة المقر", by=by, now=july)

    # 24 July. The French release says 28 July; the Arabic one says no day. The claim stands beside the plan.
    friday = at("2020-07-24")
    (claim,) = Claim.objects.filter(subject_id=seminar.pk, of="when")
    assert claim.value == "2020-07-28"

    # Before anything is changed: what becomes false if the seminar is on the 28th.
    values = {"when": PartialDate("2020-07-28"), "state": "moved"}
    before = journal.of(seminar).count()
    change, affected = impact.of(seminar, values)
    kinds = {one.kind for one in affected}
    assert kinds >= {"page", "calendar", "letter", "runofshow", "approval", "list"}
    by_hand = sorted(one.kind for one in affected if one.subject)
    assert by_hand == sorted(["approval", "list", "runofshow", *["letter"] * len(asked)])
    assert "2020-07-28" in change.why
    assert journal.of(seminar).count() == before

    # It is changed, once. Page, calendar and tasks are right at once; the rest is listed until a person has done it.
    earlier = Task.objects.get(pk=earliest.pk).due
    with django_capture_on_commit_callbacks(execute=True):
        planning.change(activity=seminar, by=by, now=friday, **values)
    assert 'datetime="2020-07-28"' in Client().get("/ar/programmes/world-day-2020/").content.decode()
    calendar = icalendar.Calendar.from_ical(Client().get("/ar/activities/seminar/calendar.ics").content)
    (event,) = calendar.walk("VEVENT")
    assert (event.decoded("DTSTART"), event["SEQUENCE"]) == (dt.date(2020, 7, 28), 1)
    assert Task.objects.get(pk=earliest.pk).due == earlier + dt.timedelta(days=1)
    approval.refresh_from_db()
    assert approval.state == "outdated"
    assert sorted(FollowUp.objects.filter(state="open").values_list("kind", flat=True)) == sorted(
        ["list", "runofshow", *["letter"] * len(asked)]
    )

    # Each administration gets a notice of change, which names the letter it corrects and the new day.
    seminar.refresh_from_db()
    for letter in asked:
        notice = letters.write(
            Wanted(LetterKind.objects.get(slug="change-notice"), world_day, seminar, letter.organisation, "ar", training, earlier=letter),
            dated=friday.date(), corrects=letter, by=by, now=friday,
        )  # fmt: skip
        text = docx.text_of(letters.open_file(notice, "docx")).replace("\u200e", "")
        assert letter.number in text
        assert "28 يوليوز 2020" in text
        letters.send(letter=notice, on=friday.date(), by=by, now=friday)

    # The run of show goes out as number 2, with the day marked; the guard gets the list anew.
    issue = runofshow.issue(show=RunOfShow.objects.get(activity=seminar), by=by, now=friday)
    assert issue.number == 2
    assert "day" in runofshow.changed_head(issue)
    assert "2" in words(paper.run_of_show(issue, language="ar", now=friday))
    lists.hand_over(row=PersonList.objects.get(), to="حراسة المقر", by=by, now=friday)
    assert not FollowUp.objects.filter(state="open").exists()

    # The agenda is asked for again, as version 2, and the certificate of it names both answers.
    again = approvals.ask(
        subject=seminar, what="agenda", language="fr", by=by, now=friday,
        steps=[Asked(org("unodc"), 1, "Bureau de Rabat", "rabat@unodc.example")],
    )  # fmt: skip
    assert (again.version, again.digest != approval.digest) == (2, True)
    assert answer_by_link(address()).status_code == 200
    assert Approval.objects.get(pk=again.pk).state == "approved"
    assert again.digest[:10] in re.sub(
        r"\s", "", words(approvals.certificate(Approval.objects.get(pk=again.pk), now=friday))
    )

    # On the evening of the 29th the names of the technicians are gone; that there was a list of one is still known.
    retention.run(now=at("2020-07-29", 22))
    guard = PersonList.objects.get()
    assert (guard.entries, guard.number) == ([], 1)

    # Amina moves on. Her note holds the letters that still wait, and nothing that another office does.
    handed = docx.text_of(handover.note(training, language="ar", now=at("2020-08-03"))).replace("\u200e", "")
    assert all(letter.number in handed for letter in asked)

    # The whole programme fits into one file that anybody can read.
    out = io.BytesIO()
    archive.write(world_day, out, now=at("2020-08-03"))
    names = zipfile.ZipFile(out).namelist()
    assert {"index.html", "programme.yaml", "tables/letters.csv"} <= set(names)
    assert sum(name.startswith("letters/") and name.endswith(".pdf") for name in names) == Letter.objects.count()

    # And next year begins with it: the same weekdays, a draft, every task open again, nobody named.
    _copied, loaded = copying.copy(
        world_day, slug="world-day-2021", first_day=dt.date(2021, 7, 26), by="weekday",
        actor=journal.Actor("user", secretary.pk), now=at("2021-04-01"),
    )  # fmt: skip
    next_year = Programme.objects.get(slug=loaded.slug)
    assert next_year.published_at is None
    assert next_year.activities.get(slug="ceremony-2021").first_day == dt.date(2021, 7, 26)
    assert set(next_year.tasks.values_list("state", flat=True)) == {"open"}
    assert next_year.period.edtf == "2021-07-26/2021-07-28"
