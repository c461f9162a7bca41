"""Sections `tests` and `feedback` of a programme file: loaded, exported, loaded again the same; everything wrong is named."""

import pytest
import yaml
from django.utils import timezone

from tansiq.config import files, workbook
from tansiq.core import journal
from tansiq.core.errors import BadInput
from tansiq.core.models import Entry
from tansiq.participation import feedback
from tansiq.participation.models import Assessment, Feedback
from tansiq.programme.models import Programme
from tests.participation.asking import ALL_RIGHT, take

pytestmark = pytest.mark.django_db
FILE = """
format: tansiq/programme/1
slug: dawra
reference_language: ar
title: {ar: دورة}
period: {from: 2030-01-10, to: 2030-01-12}
activities: [{slug: takwin, kind: training, title: {ar: تكوين}, when: {date: 2030-01-10}}]
quotas: [{activity: takwin, capacity: 9}]
"""
TESTS = """
tests:
  - activity: takwin
    title: {ar: اختبار}
    pass_mark: 60
    minutes: 20
    order: shuffled
    shows_score: at_once
    before: {opens: 2030-01-09T09:00, closes: 2030-01-10T08:00}
    questions:
      - id: consent
        kind: single
        text: {ar: سؤال}
        options: [{text: {ar: نعم}}, {text: {ar: لا}, right: true}]
        explanation: {ar: شرح}
      - {id: signs, kind: multiple, points: 3, text: {ar: سؤال}, options: [{text: {ar: أ}, right: true}, {text: {ar: ب}, right: true}, {text: {ar: ج}}]}
feedback:
  - {activity: takwin, opens: 2030-01-12T18:00}
"""


def load(text):
    return files.load(files.read_bytes(text.encode(), "f.yaml"), by=journal.CLI, now=timezone.now())


def exported():
    return files.export(Programme.objects.get(slug="dawra"))


def test_a_test_and_a_satisfaction_form_go_in_and_come_out_the_same():
    load(FILE + TESTS)
    row = Assessment.objects.get()
    assert (row.pass_percent, row.minutes_allowed, row.is_shuffled, row.shows_score) == (60, 20, True, "at_once")
    assert timezone.localtime(row.before_opens_at).hour == 9
    assert Feedback.objects.get().questions == feedback.defaults()
    given = files.read_bytes((FILE + TESTS).encode(), "f.yaml").data
    out = exported()
    assert out["tests"] == given["tests"]
    assert out["feedback"] == given["feedback"]
    lines = Entry.objects.count()
    load(yaml.safe_dump(out, allow_unicode=True))
    assert Entry.objects.count() == lines
    assert exported() == out


def test_they_survive_a_workbook():
    load(FILE + TESTS)
    out = exported()
    read = workbook.read(workbook.write(out), "f.xlsx", None).data
    assert {name: read[name] for name in ("tests", "feedback")} == {name: out[name] for name in ("tests", "feedback")}


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (("right: true}]\n        explanation", "right: false}]\n        explanation"), "tests[0].questions[0]"),
        (("id: signs", "id: consent"), "tests[0].questions[1]"),
        (("kind: multiple", "kind: single"), "tests[0].questions[1]"),
        (("kind: multiple", "kind: essay"), "tests[0].questions[1].kind"),
        (("closes: 2030-01-10T08:00", "closes: 2030-01-08T08:00"), "tests[0].before.closes"),
        (("pass_mark: 60", "pass_mark: 160"), "tests[0].pass_mark"),
        (("tests:\n  - activity: takwin", "tests:\n  - activity: nashat"), "tests[0].activity"),
        (("{activity: takwin, opens", "{activity: takwin, questions: [{id: a, kind: single, text: {ar: x}}], opens"), "feedback[0].questions[0]"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named_with_its_path_and_nothing_is_stored(wrong, path):
    assert wrong[0] in TESTS
    with pytest.raises(BadInput) as refusal:
        load(FILE + TESTS.replace(*wrong))
    assert path in {one.path for one in refusal.value.problems}
    assert Assessment.objects.count() == Feedback.objects.count() == 0


def test_a_file_does_not_change_the_key_of_a_question_that_was_asked(come):
    load(FILE + TESTS)
    row = Assessment.objects.select_related("activity__admission").get()
    person = come(row.activity.admission, 1)
    take(row, person, "before", {"consent": [2], "signs": ALL_RIGHT["signs"]}, now=row.before_opens_at)
    with pytest.raises(BadInput, match="consent"):
        load(FILE + TESTS.replace("{text: {ar: نعم}}, {text: {ar: لا}, right: true}", "{text: {ar: نعم}, right: true}, {text: {ar: لا}}"))  # fmt: skip
    load(FILE + TESTS.replace("text: {ar: سؤال}\n", "text: {ar: سؤال مصحَّح}\n"))
    assert Assessment.objects.get().questions[0]["text"] == {"ar": "سؤال مصحَّح"}
