"""P4, attendance: `tansiq attendance` of a report of 10,000 rows against 10,000 registered in two scripts.

On an empty installation with the embedded database. Nobody of the report has an address or a personal link: each is
found by the name alone, or left to a person. Three in ten of the rows are people who are not registered. The reference
is reading the file: the rows of the CSV and its two times, by Python's own modules.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import ROOT, Result, children_cpu, environment, median, tansiq, timed
from tests.people import composed

PEOPLE, ROUNDS = 10_000, 3
DAY = dt.date(2020, 7, 28)
SHOWN = "%m/%d/%Y %I:%M:%S %p"


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="tansiq-p4-") as name:
        folder = Path(name)
        env = environment(folder, DJANGO_SETTINGS_MODULE="tansiq.config.settings")
        timed(tansiq("migrate"), env)
        timed([sys.executable, "-m", "benchmarks.p4_attendance", name], env)
        report = folder / "report.csv"
        reading, references, start = [], [], []
        for _round in range(ROUNDS):
            start.append(_cpu_of(tansiq("names", "خديجة", "Khadija", "--json"), env)[0])
            seconds, said = _cpu_of(tansiq("attendance", "p4", str(report), "--json"), env)
            reading.append(seconds - start[-1])
            references.append(_read_plainly(report.read_bytes()))
        applying, _said = _cpu_of(tansiq("attendance", "p4", str(report), "--apply", "--json"), env)
        again, _said = _cpu_of(tansiq("attendance", "p4", str(report), "--apply", "--json"), env)
        applying, again = applying - median(start), again - median(start)
        found = json.loads(said)
        right = json.loads((folder / "right.json").read_text())
    there = sum(number is not None for number in right.values())
    others = [one for one in found["people"] if right.get(one["shown"][0]) != one["number"]]
    everybody = _everybody()
    namesakes = [one for one in others if composed.may_be_written(everybody[one["number"] - 1], one["shown"][0])]
    wrong = [one for one in others if one not in namesakes]
    note = (
        f"{PEOPLE:,} rows, {there:,} of them registered people; {len(found['people']):,} taken without a person, "
        f"{len(found['to_decide']):,} to decide; CPU of the work, {median(start):.1f} s more to start; "
        f"medians of {ROUNDS}"
    )
    yield Result(
        "P4 attendance, read", median(reading), "s", "<= 10 s", median(reading) <= 10, reference=median(references),
        reference_of="reading the file", note=note, more={"seconds": reading, "start": start, "references": references},
    )  # fmt: skip
    note = f"the report, minutes and decisions kept; the same report once more {again:.1f} s"
    yield Result("P4 attendance, apply", applying, "s", "<= 10 s", applying <= 10, note=note, more={"again": again})
    note = f"{len(namesakes)} more spell somebody registered as the list does"
    yield Result("P4 attendance, wrong", float(len(wrong)), "people", "0", not wrong, note=note, more={"wrong": wrong})


def _everybody() -> list[composed.Person]:
    return composed.people(composed.maghreb(), 13 * PEOPLE // 10, random.Random(4))


def _cpu_of(command: list[str], env: dict[str, str]) -> tuple[float, str]:
    """User and system seconds of a command, and its standard output."""
    before = children_cpu()
    _seconds, said = timed(command, env)
    return children_cpu() - before, said[: said.rindex("}") + 1]


def _read_plainly(content: bytes) -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    before = used.ru_utime + used.ru_stime
    for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig"))):
        dt.datetime.strptime(row["Join Time"], SHOWN), dt.datetime.strptime(row["Leave Time"], SHOWN)  # noqa: DTZ007
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime - before


def _prepare(folder: Path) -> None:
    """An activity with 10,000 fictional registered, the report of its day, and who is behind each name of it."""
    from tansiq.core.dates import PartialDate
    from tansiq.participation import attendance
    from tansiq.participation.models import Admission, Registration
    from tansiq.people.models import Person
    from tansiq.programme.models import Activity, Programme

    everybody = _everybody()
    title = {"ar": "ندوة وطنية عن بعد", "fr": "Séminaire national à distance"}
    now = dt.datetime(2020, 7, 1, 9, tzinfo=dt.UTC)
    programme = Programme.objects.create(slug="p4", reference_language="ar", title=title)
    activity = Activity.objects.create(
        programme=programme, slug="p4", kind="seminar", state="held", mode="remote", reference_language="ar", title=title,
        when=PartialDate(DAY.isoformat()), changed_at=now,
    )  # fmt: skip
    admission = Admission.objects.create(activity=activity, capacity=2 * PEOPLE, left=PEOPLE)
    people = Person.objects.bulk_create(
        Person(
            name={"ar": composed.usual(one, "arabic"), "fr": composed.usual(one, "latin")},
            reference_language="ar",
            is_fictional=True,
        )
        for one in everybody[:PEOPLE]
    )
    Registration.objects.bulk_create(
        Registration(
            admission=admission, person=person, number=number, address_key=f"p{number}@example.org", language="ar",
            how="file", state="confirmed", has_place=True, reason={"why": "placed"}, made_at=now, placed_at=now,
        )
        for number, person in enumerate(people, 1)
    )  # fmt: skip
    rows, right = _rows(everybody)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Name (Original Name)", "User Email", "Join Time", "Leave Time", "Duration (Minutes)", "Guest"])
    writer.writerows(rows)
    (folder / "report.csv").write_text("\ufeff" + out.getvalue(), encoding="utf-8")
    # By the name as it is read: what a conference system adds in brackets is no part of it.
    read = attendance.load(admission, [("report.csv", (folder / "report.csv").read_bytes())])[0].report
    known = {stay.name: right[rows[number][0]] for number, stay in enumerate(read.stays)}
    (folder / "right.json").write_text(json.dumps(known, ensure_ascii=False))


def _rows(everybody: list[composed.Person]) -> tuple[list[list[Any]], dict[str, int | None]]:
    """The rows of the report, and the number of the registration behind each name, or None."""
    chance = random.Random(5)
    there = [*range(7 * PEOPLE // 10), *range(PEOPLE, len(everybody))]
    chance.shuffle(there)
    rows, right = [], {}
    for key in there:
        text = composed.said(everybody[key], chance)
        while text in right:  # one row for each
            text = f"{text} (2)"
        begins = dt.datetime.combine(DAY, dt.time(9, chance.randrange(60), chance.randrange(60)))
        ends = begins + dt.timedelta(minutes=chance.randrange(60, 240))
        rows.append([text, "", begins.strftime(SHOWN), ends.strftime(SHOWN), (ends - begins).seconds // 60, "Yes"])
        right[text] = key + 1 if key < PEOPLE else None
    return rows, right


if __name__ == "__main__":
    if len(sys.argv) > 1:
        import django

        os.chdir(ROOT)
        django.setup()
        _prepare(Path(sys.argv[1]))
    else:
        begun = time.perf_counter()
        for result in run():
            print(result.line())
        print(f"{time.perf_counter() - begun:.0f} s")
