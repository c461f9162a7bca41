"""What the demonstration shows beside real programmes: a training that was invented, people and all, by the ordinary verbs.

The files stand in examples/fictional and hold fixed days. They are moved here by whole weeks, all by the same number, so
that the first course was held one to two weeks ago and the second one comes: what people did is loaded at the hour at which
they would have done it. Everybody is marked: in the record, and in brackets behind the name wherever it stands.
"""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from tansiq.config import files, registering
from tansiq.core import journal, records, tables
from tansiq.participation import (
    answers,
    applicants,
    attendance,
    certificates,
    entitlement,
    feedback,
    guestfiles,
    invitations,
    nominated,
    nominations,
    nominees,
    registration,
    testsheets,
)
from tansiq.participation.models import Admission, Invitation, Moment, NominationRequest, Registration, Trainer
from tansiq.people.models import Organisation, Person
from tansiq.programme.models import Activity, Programme

SLUG = "fictional-training"
HELD = dt.date(2026, 3, 10)  # as the files have it
_DAY = re.compile(r"(?<!\d)\d{4}-\d\d-\d\d(?!\d)")


def prepare(folder: Path, *, now: dt.datetime) -> bool:
    """Load the fictional training where it is not yet; False where it stands already, or the files are not there.

    All or nothing. Raises BadInput where the files do not go with the country pack.
    """
    if not folder.is_dir() or Programme.objects.filter(slug=SLUG).exists():
        return False
    weeks = (timezone.localdate(now) - dt.timedelta(days=7) - HELD).days // 7
    with transaction.atomic(), tempfile.TemporaryDirectory() as moved:
        for file in folder.iterdir():
            (Path(moved) / file.name).write_text(_moved(file.read_text(encoding="utf-8"), weeks), encoding="utf-8")
        _Story(Path(moved), HELD + dt.timedelta(weeks=weeks), now).tell()
    return True


def _moved(text: str, weeks: int) -> str:
    later = dt.timedelta(weeks=weeks)
    return _DAY.sub(lambda found: (dt.date.fromisoformat(found[0]) + later).isoformat(), text)


class _Story:
    """What happened, in its order; `held` is the day of the first course."""

    def __init__(self, folder: Path, held: dt.date, now: dt.datetime) -> None:
        self.folder, self.held, self.now = folder, held, now

    def tell(self) -> None:
        files.load(files.read(self.folder / "training.yaml"), by=journal.CLI, now=self.now)
        course, second = self._admission("fictional-course"), self._admission("fictional-second-course")
        registering.enter(course, self._table("people.csv"), by=journal.CLI, now=self._at(-14))
        self._mark()
        self._tested(course, Moment.BEFORE, self._at(-1))
        self._were_there(course)
        self._tested(course, Moment.AFTER, self._at(1))
        self._trained(course)
        self._certified(course)
        self._said_what_they_thought(course)
        self._wait_for_the_second(course, second)
        self._are_named(second)
        self._are_invited(Activity.objects.get(slug="fictional-ceremony"))
        self._mark()

    def _at(self, days: int, hour: int = 10) -> dt.datetime:
        """So many days after the first course, and never later than it is."""
        day = dt.datetime.combine(self.held + dt.timedelta(days=days), dt.time(hour))
        return min(timezone.make_aware(day), self.now)

    def _admission(self, slug: str) -> Admission:
        return Admission.objects.select_related("activity__programme", "activity__place").get(activity__slug=slug)

    def _table(self, name: str) -> tables.Table:
        return registering.read_table(self.folder / name)

    def _mark(self) -> None:
        """Everybody who came by these files is fictional, and the record says so."""
        mine = Person.objects.filter(registrations__admission__activity__programme__slug=SLUG) | Person.objects.filter(
            invitations__activity__programme__slug=SLUG
        )
        for person in mine.filter(is_fictional=False).distinct():
            person.is_fictional = True
            records.change(person, by=journal.CLI, now=self.now)

    def _placed(self, admission: Admission) -> list[Registration]:
        rows = admission.registrations.present().select_related("person", "admission__activity__programme")
        return list(rows.order_by("number"))

    def _tested(self, admission: Admission, moment: str, now: dt.datetime) -> None:
        table = self._table(f"{moment}.csv")
        testsheets.enter(admission.activity.assessment, moment, table, by=journal.CLI, now=now)

    def _were_there(self, admission: Admission) -> None:
        """One report; a name that says nobody is left for whoever tries the desk."""
        report = (self.folder / "zoom.csv").read_bytes()
        loaded = attendance.load(admission, [("zoom.csv", report)])
        attendance.apply(admission=admission, loaded=loaded, by=journal.CLI, now=self._at(0, 18))

    def _trained(self, admission: Admission) -> None:
        name = {"ar": "بديعة المكونة (متخيلة)", "fr": "Badia Moukawina (fictive)"}
        trainer = Person(name=name, reference_language="ar", is_fictional=True)
        records.create(trainer, by=journal.CLI, now=self.now)
        records.create(
            Trainer(person=trainer), by=journal.CLI, now=self.now, related={"activities": [admission.activity]}
        )

    def _certified(self, admission: Admission) -> None:
        due = [one.registration for one in entitlement.due(admission, now=self._at(2)) if one.is_due]
        certificates.issue_many(registrations=due, by=journal.CLI, now=self._at(2))

    def _said_what_they_thought(self, admission: Admission) -> None:
        row = admission.activity.feedback
        feedback.ask(row=row, by=journal.CLI, now=self._at(1))
        for number, one in enumerate(self._placed(admission)[:12]):
            given = {key: str(5 - (number + place) % 3) for place, key in enumerate(_SCALES)}
            feedback.give(registered=one, answers={**given, "next-step": str(1 + number % 2)}, now=self._at(2))

    def _wait_for_the_second(self, course: Admission, second: Admission) -> None:
        """Who found no place in the first course comes to the second."""
        waiting = course.registrations.filter(state=Registration.State.WAITING).select_related("person")
        for row in waiting.order_by("number"):
            applicant = applicants.Applicant(
                name=dict(row.person.name), email=row.address_key, region=row.region_id or "", sex=row.sex,
                language=row.language,
            )  # fmt: skip
            how = Registration.How.FORM
            registration.register(
                admission=second, applicant=applicant, how=how, by=registration.VISITOR, now=self._at(3)
            )

    def _are_named(self, second: Admission) -> None:
        """An administration was asked, and answered with three names: to be taken over at the desk."""
        asked = nominations.ask(
            admission=second, organisation=Organisation.objects.get(slug="fictional-administration"),
            places=[{"region": "MA-04", "number": 2, "reserve": 1}, {"region": "MA-06", "number": 2, "reserve": 0}],
            due=self.held + dt.timedelta(days=21), email="administration@example.org", by=journal.CLI, now=self._at(3, 11),
        ).request  # fmt: skip
        rows = [
            nominated.Named(
                name={"ar": ar, "fr": fr}, email=email, region=region, has_permission=agrees, is_reserve=reserve
            )
            for ar, fr, email, region, agrees, reserve in _NAMED
        ]
        how = NominationRequest.How.LINK
        nominees.answer(request=asked, rows=rows, how=how, by=journal.Actor("link"), now=self._at(5))

    def _are_invited(self, ceremony: Activity) -> None:
        """Five guests; the minister sends somebody, one comes, one cannot, two have not answered."""
        lines = guestfiles.read((self.folder / "guests.csv").read_bytes(), file_name="guests.csv")
        guestfiles.apply(ceremony, guestfiles.plan(ceremony, lines), by=journal.CLI, now=self._at(4))
        rows = list(
            Invitation.objects.filter(activity=ceremony).select_related("activity__programme").order_by("number")
        )
        invitations.send(invitations=rows, by=journal.CLI, now=self._at(4), answer_by=self.held + dt.timedelta(days=24))
        replies = [
            answers.Reply(
                state=Invitation.State.REPRESENTED, representative={"ar": "نائبة متخيلة"},
                representative_function="مديرة ديوان متخيلة",
            ),
            answers.Reply(state=Invitation.State.ACCEPTED), answers.Reply(state=Invitation.State.DECLINED),
        ]  # fmt: skip
        for row, reply in zip(rows, replies, strict=False):
            answers.answer(invitation=row, reply=reply, how="telephone", by=journal.CLI, now=self._at(6))


_SCALES = ("useful", "as-announced", "clear", "organisation")
_NAMED = [
    ("ثريا المثالية (متخيلة)", "Touria Mithali (fictive)", "touria@example.org", "MA-04", True, False),
    ("أنس الخيالي (متخيل)", "Anas Khayali (fictif)", "anas@example.org", "MA-06", False, False),
    ("سهام النموذجية (متخيلة)", "Siham Namoudaji (fictive)", "siham@example.org", "MA-04", True, True),
]
