"""P7: a programme file with 10,000 activities: first load, a load that changes nothing, and 500 errors in one pass."""

from __future__ import annotations

import datetime as dt
import random
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from benchmarks.measure import Result, children_cpu, environment, median, tansiq, timed

ACTIVITIES, ERRORS, ROUNDS = 10_000, 500, 2
KINDS = {
    "training": ("دورة تكوينية", "Session de formation"),
    "seminar": ("ندوة", "Séminaire"),
    "meeting": ("لقاء تواصلي", "Rencontre de communication"),
    "exhibition": ("معرض", "Exposition"),
    "caravan": ("قافلة تحسيسية", "Caravane de sensibilisation"),
}
ABOUT = [
    ("حول التعرف على ضحايا الاتجار بالبشر", "sur l’identification des victimes de la traite"),
    ("حول حماية الأطفال من الاستغلال", "sur la protection des enfants contre l’exploitation"),
    ("لفائدة قضاة النيابة العامة", "au profit des magistrats du ministère public"),
    ("لفائدة الجمعيات المحلية", "au profit des associations locales"),
    ("بمناسبة اليوم العالمي", "à l’occasion de la Journée mondiale"),
]
TOWNS = [
    ("طنجة", "Tanger", "MA-01"), ("وجدة", "Oujda", "MA-02"), ("فاس", "Fès", "MA-03"), ("الرباط", "Rabat", "MA-04"),
    ("بني ملال", "Béni Mellal", "MA-05"), ("الدار البيضاء", "Casablanca", "MA-06"), ("مراكش", "Marrakech", "MA-07"),
    ("الراشيدية", "Errachidia", "MA-08"), ("أكادير", "Agadir", "MA-09"), ("كلميم", "Guelmim", "MA-10"),
    ("العيون", "Laâyoune", "MA-11"), ("الداخلة", "Dakhla", "MA-12"),
]  # fmt: skip
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
# What a mistyped file holds: errors of meaning, which only the loaders see, and errors of shape, which the schema sees.
MEANING = (
    lambda item: item["involved"][0].update(organisation="jamiya-majhula"),
    lambda item: item["when"].update(date="2029-03-01", weekday="jeudi"),
    lambda item: item["when"].update(weekday=DAYS[(DAYS.index(item["when"]["weekday"]) + 1) % 7]),
    lambda item: item["where"].update(region="MA-77"),
    lambda item: item["when"].update(end_time="07:00"),
)
SHAPE = (
    lambda item: item.update(kind="formation"),
    lambda item: item.update(sumary={"ar": "ملخص"}),
    lambda item: item["when"].update(time="9h30"),
    lambda item: item.update(title="دورة تكوينية"),
    lambda item: item["involved"][0].update(role="organizer"),
)


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="tansiq-p7-") as name:
        folder = Path(name)
        programme, paths = make()
        file = _write(folder / "programme.yaml", programme)
        parsing, first, again = [], [], []
        for number in range(ROUNDS):
            env = environment(folder / f"data{number}", LC_ALL="en_GB.UTF-8")
            timed(tansiq("migrate"), env)
            parsing.append(_cost(_parser(file))[:2])
            first.append(_cost(tansiq("load", str(file)), env)[:2])
            *cost, said = _cost(tansiq("load", str(file)), env)
            again.append(tuple(cost))
            if f"activities: +0 ~0 ={ACTIVITIES}" not in said:
                raise RuntimeError(f"the second load was not without changes:\n{said}")
        limit, limit_cpu = (median(values) for values in zip(*parsing, strict=True))
        compared: dict[str, Any] = {"reference": limit, "reference_of": "CSafeLoader of the same file"}
        for label, costs in (("P7 first load", first), ("P7 second load", again)):
            seconds, cpu = (median(values) for values in zip(*costs, strict=True))
            note = f"CPU {cpu:.1f} s, parsing alone {limit_cpu:.1f} s"
            more = {"file_mb": round(file.stat().st_size / 1e6, 1), "seconds_and_cpu": costs, "parsing": parsing}
            yield Result(label, seconds, "s", "<= 15 s", seconds <= 15, note=note, more=more, **compared)
        for label, mistakes in (
            ("P7 errors of meaning", MEANING), ("P7 errors of shape", SHAPE), ("P7 errors of both", MEANING + SHAPE),
        ):  # fmt: skip
            wrong, paths = make()
            expected = _spoil(wrong, paths, mistakes)
            spoilt = _write(folder / "spoilt.yaml", wrong)
            seconds, cpu, said = _cost(tansiq("load", str(spoilt)), env, expect=2)
            named = set(re.findall(r"activities\[\d+\](?:\.activities\[\d+\])?", said))
            missing, extra = len(expected - named), len(named - expected)
            note = f"{len(expected & named)} of {ERRORS} wrong activities named, CPU {cpu:.1f} s"
            note += f", {extra} right ones named too" * bool(extra)
            reached = seconds <= 15 and not missing and not extra
            yield Result(label, seconds, "s", f"<= 15 s, all {ERRORS} in one pass", reached, note=note, **compared)


def _cost(command: list[str], env: dict[str, str] | None = None, expect: int = 0) -> tuple[float, float, str]:
    """Seconds by the clock, seconds of CPU, and what the command said."""
    before = children_cpu()
    seconds, said = timed(command, env, expect=expect)
    return seconds, children_cpu() - before, said


def make() -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """A programme of three years and its activities by their path in the file.

    Every fifth activity holds four others; the same at every call.
    """
    chance = random.Random(7)
    start = dt.date(2026, 1, 1)
    organisations = [
        {"id": f"jamiya-{number}", "kind": "association", "country": "MA",
         "name": {"ar": f"جمعية الأمل رقم {number}", "fr": f"Association Espoir n° {number}"}}
        for number in range(300)
    ]  # fmt: skip
    paths: dict[str, dict[str, Any]] = {}
    top: list[dict[str, Any]] = []
    for number in range(ACTIVITIES):
        kind, words = chance.choice(list(KINDS.items()))
        about, town = chance.choice(ABOUT), chance.choice(TOWNS)
        day = start + dt.timedelta(days=chance.randrange(1000))
        item = {
            "slug": f"nachat-{number}", "kind": kind, "state": "announced",
            "title": {"ar": f"{words[0]} {about[0]} ({number})", "fr": f"{words[1]} {about[1]} ({number})"},
            "when": {"date": day.isoformat(), "weekday": DAYS[day.weekday()], "time": "09:30", "end_time": "16:00"},
            "where": {
                "name": {"ar": f"القاعة {number % 400}", "fr": f"Salle {number % 400}"},
                "locality": {"ar": town[0], "fr": town[1]}, "region": town[2], "country": "MA",
            },
            "audience": [{"who": {"ar": "مشاركون ومشاركات", "fr": "participants"}, "number": chance.randrange(10, 200), "precision": "about"}],
            "involved": [
                {"organisation": one["id"], "role": role, "source": "plan"}
                for one, role in zip(chance.sample(organisations, 2), ("organiser", "host"), strict=True)
            ],
            "source": "plan",
        }  # fmt: skip
        if number % 5:
            inside = top[-1].setdefault("activities", [])
            paths[f"activities[{len(top) - 1}].activities[{len(inside)}]"] = item
            inside.append(item)
        else:
            paths[f"activities[{len(top)}]"] = item
            top.append(item)
    programme = {
        "format": "tansiq/programme/1", "slug": "barnamaj-watani", "reference_language": "ar",
        "title": {"ar": "البرنامج الوطني للتحسيس والتكوين", "fr": "Programme national de sensibilisation et de formation"},
        "period": {"from": "2026-01-01", "to": "2028-12-31"}, "time_zone": "Africa/Casablanca", "country": "MA",
        "sources": [{"id": "plan", "language": "ar", "title": {"ar": "خطة العمل", "fr": "Plan d’action"}}],
        "organisations": organisations,
        "activities": top,
    }  # fmt: skip
    return programme, paths


def _spoil(programme: dict[str, Any], paths: dict[str, dict[str, Any]], mistakes: tuple) -> set[str]:
    """Make one mistake in each of ERRORS activities, spread over the file; returns their paths."""
    wrong = list(paths)[:: len(paths) // ERRORS][:ERRORS]
    for number, path in enumerate(wrong):
        mistakes[number % len(mistakes)](paths[path])
    return set(wrong)


def _write(file: Path, programme: dict[str, Any]) -> Path:
    with file.open("w", encoding="utf-8") as stream:
        yaml.dump(programme, stream, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False, width=200)
    return file


def _parser(file: Path) -> list[str]:
    """A process that does nothing but parse the file."""
    program = "import sys, yaml; yaml.load(open(sys.argv[1], encoding='utf-8').read(), Loader=yaml.CSafeLoader)"
    return [sys.executable, "-c", program, str(file)]
