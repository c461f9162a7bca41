"""A press release in, the draft of a programme file out: each value with the words it was read from and how sure it is.

A draft is to be confirmed by a person. It invents nothing: what the text does not say is left out or unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from tansiq.coordination.sources import sentences
from tansiq.core.language import fold
from tansiq.newsroom.compare import with_year, year_of
from tansiq.newsroom.facts import Fact, Reading
from tansiq.newsroom.gazetteer import lexicon_data
from tansiq.programme.models import Activity

SOURCE = "release"
# What a text calls it -> the kinds of a programme file; "" is no activity of its own beside another.
_KIND = {
    "conference": "seminar", "workshop": "training", "panel": "meeting", "press": "meeting", "march": "walk",
    "signing": "ceremony", "screening": "other", "contest": "other", "show": "other", "lecture": "", "session": "",
    "campaign": "", "distribution": "", "broadcast": "launch",
}  # fmt: skip
_INSIDE = {"launch", "joining", "exhibition", "other"}
_DAYS = re.compile(r"[\d-]{10}(?:/[\d-]{10})?")


@dataclass
class Draft:
    """document  the programme file as plain data;  trace  path -> (places in the text, how sure: 0 to 1)"""

    document: dict[str, Any]
    trace: dict[str, tuple[list[tuple[int, int]], float]] = field(default_factory=dict)

    def as_json(self, text: str) -> dict[str, Any]:
        """The document with `trace`: path -> {"spans": [{"start", "end", "as_printed"}], "confidence"}."""
        trace = {
            path: {"spans": [{"start": a, "end": b, "as_printed": text[a:b]} for a, b in spans], "confidence": sure}
            for path, (spans, sure) in self.trace.items()
        }
        return {**self.document, "trace": trace}

    def as_file(self, text: str, text_file: str) -> dict[str, Any]:
        """The document as a programme file that loads, with the text as its source and each quote traced."""
        document = {key: value for key, value in self.document.items() if key != "sources"}
        document["sources"] = [{**self.document["sources"][0], "text": text_file}]
        quotes: dict[tuple[int, int], list[str]] = {}
        for path, (spans, _sure) in self.trace.items():
            for span in spans[:1]:
                quotes.setdefault(span, []).append(path)
        document["trace"] = [
            {"source": SOURCE, "quote": text[a:b], **_occurrence(text, a, b), "of": paths}
            for (a, b), paths in sorted(quotes.items())
        ]
        return document


def _occurrence(text: str, start: int, end: int) -> dict[str, int]:
    nth = text.count(text[start:end], 0, start) + 1
    return {"occurrence": nth} if nth > 1 else {}


@dataclass
class _Sentence:
    start: int
    end: int
    text: str
    facts: list[Fact]

    def of(self, kind: str) -> list[Fact]:
        return [fact for fact in self.facts if fact.kind == kind]


def draft(reading: Reading) -> Draft:
    """The draft of a programme from a text that was read (`facts.read`, with the names on record)."""
    return _Drafting(reading).run()


class _Drafting:
    def __init__(self, reading: Reading) -> None:
        self.reading, self.language = reading, reading.language
        self.year = year_of(reading)
        self.cues = _cues(self.language)
        self.draft = Draft({"format": "tansiq/programme/1"})
        self.sentences = [
            _Sentence(a, b, reading.text[a:b], [fact for fact in reading.facts if a <= fact.start < b])
            for a, b in sentences(reading.text)
        ]
        self.activities: list[dict[str, Any]] = []
        self.organisations: dict[str, dict[str, Any]] = {}
        self.dateline: Fact | None = None

    def run(self) -> Draft:
        document = self.draft.document
        body = self._head()
        previous: dict[str, Any] | None = None
        line = -1
        for sentence in body:
            paragraph = self.reading.text.count("\n", 0, sentence.start)
            # What a new paragraph says without an activity is said of none, or of the project.
            previous = self._read(sentence, previous, is_new=paragraph != line)
            line = paragraph
        self._period()
        self._unknown_days()
        if self.organisations:
            document["organisations"] = list(self.organisations.values())
        if self.activities:
            document["activities"] = self.activities
        return self.draft

    def put(self, path: str, facts: list[Fact] | list[tuple[int, int]], sure: float) -> None:
        spans = [(one.start, one.end) if isinstance(one, Fact) else one for one in facts]
        self.draft.trace[path] = (spans, sure)

    def printed(self, start: int, end: int) -> str:
        return " ".join(self.reading.text[start:end].split())

    # The head: title, place and date of issue, occasion

    def _head(self) -> list[_Sentence]:
        document, text = self.draft.document, self.reading.text
        lines = [match.span() for match in re.finditer(r"[^\n]*\S[^\n]*", text)]
        # A word or two above ("بيان صحفي") name the kind of text; the title says more.
        title = next((span for span in lines if len(text[span[0] : span[1]].split()) > 3), lines[0])
        self.dateline = next(
            (fact for fact in self.reading.facts if fact.kind == "date" and len(fact.value) == 10 and fact.value[0] != "-"
             and self._is_alone(fact)), None,
        )  # fmt: skip
        body_from = self.dateline.end if self.dateline and self.dateline.start < len(text) // 3 else title[0]
        is_headed = body_from > title[1] or title[1] - title[0] < 250
        year = self.year or 0
        document["slug"] = f"draft-{self.dateline.value if self.dateline else year or 'programme'}"
        document["reference_language"] = self.language
        occasion = self._occasion()
        heading = title if is_headed else occasion or title
        document["title"] = {self.language: self.printed(*heading)[:200]}
        self.put("title", [heading], 0.8 if is_headed else 0.5)
        if occasion:
            document["occasions"] = [{self.language: self.printed(*occasion)}]
            self.put("occasions.1", [occasion], 0.9)
        source: dict[str, Any] = {
            "id": SOURCE,
            "language": self.language,
            "title": {self.language: self.printed(*lines[0])[:200]},
        }
        if self.dateline:
            source["date"] = self.dateline.value
            self.put(f"sources.{SOURCE}.date", [self.dateline], 0.95)
        document["sources"] = [source]
        self.involved_of = document
        for sentence in self.sentences:
            if sentence.end <= max(body_from, title[1] if is_headed else 0):
                self._involve(sentence, "involved", document)
        return [
            one
            for one in self.sentences
            if one.end > max(body_from, title[1] if is_headed and body_from > title[0] else 0)
        ]

    def _is_alone(self, fact: Fact) -> bool:
        """Is it the date of issue: on a line with a place and little else, or behind one at the beginning of a line?"""
        text = self.reading.text
        line_start = text.rfind("\n", 0, fact.start) + 1
        line = text[line_start : (text.find("\n", fact.end) + 1 or len(text) + 1) - 1]
        places = [one for one in self.reading.facts if one.kind == "place" and line_start <= one.start < fact.start]
        return len(line.split()) <= 10 or (bool(places) and fact.start - line_start < 60)

    def _occasion(self) -> tuple[int, int] | None:
        for phrase in self.cues["occasions"]:
            match = re.search(rf"{re.escape(phrase)}[^\n،,.؛;:()–]*", self.reading.text, re.IGNORECASE)
            if match:
                words = match.group().split()
                end = match.start() + len(match.group().rstrip())
                if self.language == "ar" and len(words) > 6:
                    end = match.start() + re.match(r"(?:\S+\s+){5}\S+", match.group()).end()  # type: ignore[union-attr]
                return match.start(), end
        return None

    # A sentence of the body

    def _read(self, sentence: _Sentence, previous: dict[str, Any] | None, *, is_new: bool) -> dict[str, Any] | None:
        named: list[tuple[str, Fact]] = []
        for fact in sentence.of("activity"):
            kind = _KIND.get(fact.value, fact.value)
            if kind and kind in Activity.Kind.values and kind not in [one for one, _fact in named]:
                named.append((kind, fact))
        if any(kind == "visit" for kind, _fact in named):
            named = [one for one in named if one[0] == "visit"] or named
        self._project(sentence)
        if not named:
            if is_new and not self._has(sentence, "same_day"):
                previous = None if self.activities else previous
            if previous is not None:
                self._add(previous, sentence, is_back=True)
            elif not self.activities:
                self._involve(sentence, "involved", self.draft.document)
            return previous
        for kind, fact in named:
            seen = next((one for one in self._all() if one["kind"] == kind), None)
            if seen is not None and not self._is_another(seen, sentence):
                self._add(seen, sentence, is_back=True)
                previous = seen
                continue
            previous = self._activity(kind, fact, sentence, previous)
        return previous

    def _all(self) -> Iterator[dict[str, Any]]:
        for one in self.activities:
            yield one
            yield from one.get("activities", [])

    def _is_another(self, seen: dict[str, Any], sentence: _Sentence) -> bool:
        days = [self._value(fact) for fact in self._days(sentence)]
        known = seen["when"].get("date")
        return bool(days) and known not in (None, "unknown") and days[0] != known

    def _days(self, sentence: _Sentence) -> list[Fact]:
        return [
            fact for fact in sentence.of("date")
            if _DAYS.fullmatch(self._value(fact)) and fact is not self.dateline
        ]  # fmt: skip

    def _value(self, fact: Fact) -> str:
        return with_year(fact.value, self.year)

    def _activity(self, kind: str, fact: Fact, sentence: _Sentence, previous: dict[str, Any] | None) -> dict[str, Any]:
        count = sum(one["kind"] == kind for one in self._all())
        slug = kind.replace("_", "-") if not count else f"{kind}-{count + 1}"
        title = self._phrase(fact, sentence)
        activity: dict[str, Any] = {
            "slug": slug, "kind": kind, "state": "announced", "title": {self.language: self.printed(*title)}, "when": {},
        }  # fmt: skip
        path = f"activities.{slug}"
        self.put(f"{path}.title", [title], 0.7)
        self.put(f"{path}.kind", [fact], 0.9)
        is_same_day = self._has(sentence, "same_day")
        days = self._days(sentence)
        if days:
            nearest = min(days, key=lambda one: abs(one.start - fact.start))
            activity["when"]["date"] = _date(self._value(nearest))
            self.put(f"{path}.when.date", [nearest], 0.9 if len(days) == 1 else 0.7)
        elif is_same_day and previous and "date" in previous["when"]:
            activity["when"]["date"] = previous["when"]["date"]
            self.put(f"{path}.when.date", self.draft.trace[f"activities.{previous['slug']}.when.date"][0], 0.6)
        hours = [one for one in sentence.of("date") if one.value.startswith("T")]
        if hours:
            activity["when"]["time"] = hours[0].value[1:]
            self.put(f"{path}.when.time", [hours[0]], 0.8)
        if self._has(sentence, "remote"):
            activity["mode"] = "remote"
        host = next((one for one in self.activities if one["kind"] == "ceremony"), None)
        if kind in _INSIDE and is_same_day and host is not None:
            host.setdefault("activities", []).append(activity)
        else:
            self.activities.append(activity)
        self._add(activity, sentence, is_back=False)
        return activity

    def _phrase(self, fact: Fact, sentence: _Sentence) -> tuple[int, int]:
        """The words of the activity up to what is not its name any more: a mark, a date, an organisation's part."""
        stops = [
            one.start
            for one in sentence.facts
            if one.start > fact.end and (one.kind in ("date", "audience", "number") or one.role)
        ]
        end = min([*stops, sentence.end])
        words = self.reading.text[fact.start : end]
        cut = re.search(
            r"[،,;؛:.(–\n]|\s(?:يوم|أيام|يومي|le|du|on|from|لفائدة|بتمويل|بشراكة|بتعاون|بدعم|au profit|destiné)\s*$",
            words,
        )
        end = fact.start + (cut.start() if cut else len(words))
        return fact.start, fact.start + len(self.reading.text[fact.start : end].rstrip())

    def _has(self, sentence: _Sentence, cue: str) -> bool:
        text = f" {fold(sentence.text)} "
        return any(fold(phrase) in text for phrase in self.cues[cue])

    def _add(self, activity: dict[str, Any], sentence: _Sentence, *, is_back: bool) -> None:
        """Where, for whom and with whom: what a sentence says of an activity."""
        path = f"activities.{activity['slug']}"
        sure = 0.6 if is_back else 0.8
        places = sentence.of("place")
        if places and "where" not in activity and activity.get("mode") != "remote":
            activity["where"] = self._where(places, path, sure)
            if not activity["where"]:
                del activity["where"]
        for fact in sentence.of("audience"):
            is_said = " " in self.printed(fact.start, fact.end)
            if not fact.value and (is_back or not is_said):
                continue
            people = activity.setdefault("audience", [])
            entry: dict[str, Any] = {"who": {self.language: self.printed(fact.start, fact.end)}, "source": SOURCE}
            number = next(
                (one for one in sentence.of("number") if one.start < fact.end and fact.start < one.end + 1), None
            )
            if fact.value:
                entry.update(number=int(float(fact.value)), precision=number.precision if number else "exact")
            people.append(entry)
            self.put(f"{path}.audience.{len(people)}", [fact], sure)
        if "where" not in activity and activity.get("mode") != "remote":
            self._hosted(activity, sentence, path, sure)
        # In a sentence about the project its money is the project's.
        is_of_project = self._project_word(sentence) is not None
        self._involve(sentence, f"{path}.involved", activity, but=("funder", "implementer") if is_of_project else ())

    def _hosted(self, activity: dict[str, Any], sentence: _Sentence, path: str, sure: float) -> None:
        """An organisation behind "in" or "at" is where it takes place, and the host."""
        for fact in sentence.of("organisation"):
            before = self.reading.text[max(0, fact.start - 4) : fact.start].lower()
            if not fact.role and (
                before.endswith((" في ", " à l'", " à l’", " au ", " at ", " à la ")) or before.endswith("at the ")
            ):
                activity["where"] = {"name": {self.language: self.printed(fact.start, fact.end)}}
                self.put(f"{path}.where.name", [fact], sure)
                if fact.key:
                    activity.setdefault("involved", []).append(
                        {"organisation": fact.key, "role": "host", "source": SOURCE}
                    )
                    self.put(f"{path}.involved.{fact.key}", [fact], sure)
                return

    def _project_word(self, sentence: _Sentence) -> re.Match[str] | None:
        for phrase in self.cues["projects"]:
            if match := re.search(rf"(?<!\w)[بلو]?{re.escape(phrase)}(?!\w)", sentence.text, re.IGNORECASE):
                return match
        return None

    def _where(self, places: list[Fact], path: str, sure: float) -> dict[str, Any]:
        where: dict[str, Any] = {}
        for fact in places:
            if len(fact.key) == 2 and fact.key.isupper():
                where.setdefault("country", fact.key)
            elif fact.key.isdigit():
                continue
            else:
                field = "locality" if (fact.key and "name" in where) or (fact.key and " " not in fact.key) else "name"
                where.setdefault(field, {self.language: self.printed(fact.start, fact.end)})
                self.put(f"{path}.where.{field}", [fact], sure)
        return where

    def _involve(
        self,
        sentence: _Sentence,
        path: str,
        record: dict[str, Any],
        *,
        only: tuple[str, ...] = (),
        but: tuple[str, ...] = (),
    ) -> None:
        for fact in sentence.of("organisation"):
            if not fact.role or fact.role == "expert" or (only and fact.role not in only) or fact.role in but:
                continue
            key = fact.key or self._new_organisation(fact)
            rows = record.setdefault("involved", [])
            if not any(row["organisation"] == key and row["role"] == fact.role for row in rows):
                rows.append({"organisation": key, "role": fact.role, "source": SOURCE})
                self.put(f"{path}.{key}", [fact], 0.85 if fact.key else 0.6)

    def _new_organisation(self, fact: Fact) -> str:
        name = self.printed(fact.start, fact.end)
        for key, row in self.organisations.items():
            if row["name"][self.language] == name:
                return key
        key = f"organisation-{len(self.organisations) + 1}"
        self.organisations[key] = {"id": key, "kind": "other", "name": {self.language: name}, "source": SOURCE}
        self.put(f"organisations.{key}.name", [fact], 0.6)
        return key

    # Money

    def _project(self, sentence: _Sentence) -> None:
        document = self.draft.document
        amounts = sentence.of("amount")
        word = self._project_word(sentence)
        projects = document.get("projects", [])
        if not amounts and (word is None or projects):
            return
        if not projects:
            start = sentence.start + (word.start() if word else 0)
            stop = re.search(
                r"[،,;؛.(\n]|\s(?:الذي|التي|financé|funded|qui|which|that)\b", self.reading.text[start : sentence.end]
            )
            end = start + (stop.start() if stop else sentence.end - start)
            if word is None:
                start, end = amounts[0].start, amounts[0].end
            projects = document["projects"] = [
                {"slug": "project", "title": {self.language: self.printed(start, end)[:200]}}
            ]
            self.put("projects.project.title", [(start, end)], 0.6 if word else 0.3)
        project = projects[0]
        if amounts and "amount" not in project:
            value = float(amounts[0].value)
            project["amount"] = {"value": int(value) if value.is_integer() else value, "currency": amounts[0].unit}
            self.put("projects.project.amount", [amounts[0]], 0.8)
        self._involve(sentence, "projects.project.involved", project, only=("funder", "implementer", "support"))
        for fact in sentence.of("number"):
            if fact.unit == "year":
                claims = project.setdefault("claims", [])
                claims.append({"of": "duration", "value": f"P{fact.value}Y", "source": SOURCE})
                self.put(f"projects.project.claims.{len(claims)}", [fact], 0.6)

    # The whole

    def _period(self) -> None:
        days = [fact for one in self.sentences for fact in self._days(one)]
        ranges = [fact for fact in days if "/" in self._value(fact)]
        if ranges:
            value, facts, sure = self._value(ranges[0]), [ranges[0]], 0.85
        elif days:
            values = sorted(self._value(fact) for fact in days)
            value, facts, sure = f"{values[0]}/{values[-1]}", days, 0.6
        elif self.dateline:
            value, facts, sure = f"{self.dateline.value}/{self.dateline.value}", [self.dateline], 0.2
        else:
            return
        # All activities lie inside it, whatever the text calls its days.
        ends = [*value.split("/"), *(end for one in self._all() for end in _ends(one["when"].get("date")))]
        first, last = min(ends), max(ends)
        self.draft.document["period"] = {"from": first, "to": last}
        self.put("period", facts, sure)

    def _unknown_days(self) -> None:
        """An activity without a day lies within the programme's days."""
        period = self.draft.document.get("period")
        for activity in self._all():
            if "date" not in activity["when"]:
                within = {"within": dict(period)} if period else {}
                activity["when"] = {"date": "unknown", **within, **activity["when"]}
                if activity["when"].pop("time", None):  # an hour of no day
                    self.draft.trace.pop(f"activities.{activity['slug']}.when.time", None)


def _ends(date: Any) -> list[str]:
    return list(date.values()) if isinstance(date, dict) else [date] if date else []


def _date(value: str) -> Any:
    if "/" in value:
        first, last = value.split("/")
        return {"from": first, "to": last}
    return value


@lru_cache(maxsize=4)
def _cues(language: str) -> dict[str, list[str]]:
    data = lexicon_data()
    return {name: list(data[name][language]) for name in ("occasions", "same_day", "remote", "projects")}
