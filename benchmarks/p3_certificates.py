"""P3: a thousand certificates signed, journalled and stored, each its own PDF/A file; and all of them in one PDF.

The reference is typst alone with the same template and the same words, ready made: one call for each, and one for all.
Rounds alternate, so that a disturbance of a shared machine meets both.
"""

from __future__ import annotations

import datetime as dt
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import Result, environment, tansiq, timed

PEOPLE, ROUNDS = 1000, 5
NOW = dt.datetime(2026, 6, 30, 9, 0, tzinfo=dt.UTC)


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="tansiq-p3-") as name:
        env = environment(Path(name), DJANGO_SETTINGS_MODULE="tansiq.config.settings")
        timed(tansiq("migrate"), env)
        _seconds, said = timed([sys.executable, "-m", "benchmarks.p3_certificates"], env)
    found = json.loads(said.strip().splitlines()[-1])
    for label, key, reference in (
        ("P3 each its own file", "each", "typst alone, one by one"), ("P3 one PDF for printing", "all", "typst alone, one call"),
    ):  # fmt: skip
        ours, raw = found[key]
        pairs = [one / other for one, other in zip(ours, raw, strict=True)]
        ratio = statistics.median(pairs)
        yield Result(
            label, statistics.median(ours), "/s", ">= 0.6 of typst alone", ratio >= 0.6, statistics.median(raw), reference,
            note=found["note"] if key == "each" else "", paired=ratio, more={"ours": ours, "raw": raw, "ratios": pairs},
        )  # fmt: skip


def _measure() -> dict[str, Any]:
    """In a process of its own, on an empty installation: rates for each second, ours and typst's, round by round."""
    from django.utils import translation

    from tansiq.core import journal, pdf
    from tansiq.participation import certificatepaper, certificates, keys, sealing
    from tansiq.participation.models import Certificate

    admission, rows = _people()
    signer = keys.active(now=NOW)
    sheet = certificatepaper.sheet_of(admission, now=NOW)
    share = PEOPLE // ROUNDS
    each: tuple[list[float], list[float]] = ([], [])
    certificates.issue_many(registrations=rows[:5], by=journal.CLI, now=NOW)  # fonts and template are read
    rows, sizes = rows[5:], []
    for number in range(ROUNDS):
        part = rows[number * share : (number + 1) * share]
        begun = time.perf_counter()
        for start in range(0, len(part), certificates.BATCH):
            certificates.issue_many(registrations=part[start : start + certificates.BATCH], by=journal.CLI, now=NOW)
        each[0].append(len(part) / (time.perf_counter() - begun))
        made = list(Certificate.objects.filter(registration__in=part).select_related("registration"))
        assert len(made) == len(part)
        inputs = []
        for one in made:
            with translation.override(one.language):
                words = {
                    "bodies": {one.language: certificatepaper._bodies(sheet, one.language)},
                    "certificates": [certificatepaper._data(one, sheet, one.language)],
                    "keywords": sealing.keywords(one.signed, one.signature, signer.row.key_id),
                }  # fmt: skip
            inputs.append(_inputs(words, one.language))
        begun = time.perf_counter()
        for ready in inputs:
            sizes.append(len(_typst(pdf, certificatepaper.TEMPLATE, ready)))
        each[1].append(len(inputs) / (time.perf_counter() - begun))
    everybody = list(Certificate.objects.select_related("registration").order_by("serial"))[:PEOPLE]
    whole: tuple[list[float], list[float]] = ([], [])
    for _round in range(3):
        begun = time.perf_counter()
        certificatepaper.printed(everybody, sheet, now=NOW)
        whole[0].append(len(everybody) / (time.perf_counter() - begun))
        words = {"bodies": {}, "certificates": [], "keywords": []}
        for one in everybody:
            with translation.override(one.language):
                words["certificates"].append(certificatepaper._data(one, sheet, one.language))
                words["bodies"].setdefault(one.language, certificatepaper._bodies(sheet, one.language))
        ready = _inputs(words, everybody[0].language)
        begun = time.perf_counter()
        _typst(pdf, certificatepaper.TEMPLATE, ready)
        whole[1].append(len(everybody) / (time.perf_counter() - begun))
    return {"each": each, "all": whole, "note": f"{statistics.mean(sizes) / 1000:.0f} KB a file"}


def _inputs(words: dict[str, Any], language: str) -> dict[str, str]:
    direction = "rtl" if language == "ar" else "ltr"
    return {
        "data": json.dumps(words, ensure_ascii=False), "language": language, "direction": direction, "title": "شهادة",
        "images": "{}",
    }  # fmt: skip


def _typst(pdf: Any, template: Path, inputs: dict[str, str]) -> bytes:
    compiler = pdf.typst.Compiler(root=pdf.ROOT, font_paths=pdf._fonts(), ignore_system_fonts=True)
    return compiler.compile(
        template.read_bytes(),
        format="pdf",
        sys_inputs=inputs,
        pdf_standards=pdf.STANDARDS,
        timestamp=int(NOW.timestamp()),
    )


def _people() -> tuple[Any, list[Any]]:
    """A training that was held, with a thousand fictional people who were there all the time."""
    from tansiq.participation.models import Admission, Attendance, Registration
    from tansiq.people.models import Organisation, Person
    from tansiq.programme.models import Activity, Involvement, Programme

    title = {
        "ar": "دورة تكوينية حول التعرف على ضحايا الاتجار بالبشر",
        "fr": "Formation à l’identification des victimes de la traite",
    }
    programme = Programme.objects.create(slug="p3", reference_language="ar", title=title)
    activity = Activity.objects.create(
        programme=programme, slug="p3", kind="training", state="held", mode="remote", reference_language="ar", title=title,
        when="2026-06-29", changed_at=NOW,
    )  # fmt: skip
    for position, one in enumerate(Organisation.objects.all()[:4]):
        Involvement.objects.create(
            programme=programme, subject_kind="programme.activity", subject_id=activity.pk, organisation=one, role="partner",
            position=position,
        )  # fmt: skip
    admission = Admission.objects.create(
        activity=activity, capacity=2 * PEOPLE, left=PEOPLE, certificate={"minutes": 240, "hours": 4}
    )
    people = Person.objects.bulk_create(
        Person(name={"ar": f"خديجة {_word(n, 'ابتثجحخدذر')}", "fr": f"Khadija {_word(n, 'abcdefghij').title()}"}, reference_language="ar", is_fictional=True)
        for n in range(PEOPLE + 5)
    )  # fmt: skip
    rows = Registration.objects.bulk_create(
        Registration(
            admission=admission, person=person, number=number, address_key=f"p{number}@example.org", language=("ar", "fr")[number % 2],
            how="file", state="confirmed", has_place=True, reason={"why": "placed"}, made_at=NOW, placed_at=NOW,
        )
        for number, person in enumerate(people, 1)
    )  # fmt: skip
    Attendance.objects.bulk_create(
        Attendance(registration=row, day=NOW.date(), how="report", minutes=240, recorded_at=NOW) for row in rows
    )
    return admission, rows


def _word(number: int, letters: str) -> str:
    return "".join(letters[int(digit)] for digit in f"{number:04}")


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(_measure()))
