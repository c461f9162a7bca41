"""Tests before and after: one try and one more, each handed in once; what was asked stays as it was asked."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from tansiq.core import journal
from tansiq.core.models import Entry, Message
from tansiq.participation import assessments, gains, marking, ownpage
from tansiq.participation.models import Assessment, Attempt, QuestionSet
from tansiq.people import privacy, retention
from tests.participation.asking import ALL_RIGHT, ALL_WRONG, DAY, QUESTIONS, question, ready, take
from tests.participation.conftest import NOW

pytestmark = pytest.mark.django_db


# --- Marking --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "points"),
    [
        ([1, 2, 3], 3), ([1, 2], 2), ([1, 2, 3, 4], 2), ([1, 2, 3, 4, 5], 1), ([4, 5], 0), ([1, 4], 0), ([], 0),
    ],
)  # fmt: skip
def test_a_multiple_choice_has_the_share_of_right_less_wrong_and_never_less_than_nothing(given, points):
    assert marking.mark([QUESTIONS[2]], {"signs": given}).points == {"signs": points}


def test_the_score_is_the_part_of_all_points_in_per_cent():
    marked = marking.mark(QUESTIONS, {"consent": [2], "signs": [1]})
    assert (marked.points, marked.score) == ({"consent": 1, "victims": 0, "signs": 1}, Decimal("40.00"))
    assert marking.mark(QUESTIONS, ALL_RIGHT).score == 100


def test_an_order_of_ones_own_is_the_same_each_time_and_loses_no_question_and_no_option():
    questions = [question(f"q{n}", {1}, options=4) for n in range(30)]
    first, again, other = (marking.arranged(questions, seed) for seed in ("a", "a", "b"))
    assert first == again != other
    assert sorted(one["id"] for one, _numbers in other) == sorted(one["id"] for one in questions)
    assert all(sorted(numbers) == [1, 2, 3, 4] for _one, numbers in other)
    assert [one["id"] for one, _numbers in marking.arranged(questions, "")] == [f"q{n}" for n in range(30)]


@pytest.mark.parametrize(("written", "number"), [("2", 2), ("b", 2), ("B.", 2), ("ب", 2), ("أ", 1), ("ا", 1), ("ه", 5)])
def test_an_answer_on_paper_is_read_by_its_number_or_its_letter(written, number):
    assert marking.option_number(written) == number


@pytest.mark.parametrize("written", ["", "12", "z", "نعم", "=1"])
def test_what_names_no_answer_is_not_guessed(written):
    assert marking.option_number(written) is None


# --- Setting up -----------------------------------------------------------------------------------------------------


def test_questions_without_a_right_answer_or_with_two_of_one_name_are_refused_all_at_once(seminar):
    wrong = [question("a", set()), question("a", {1}), question("b", {1, 2}), question("c", {1}, options=1)]
    with pytest.raises(assessments.BadQuestions) as refusal:
        ready(seminar(), questions=wrong)
    assert [place for place, _why in refusal.value.faults] == [0, 1, 2, 3]
    assert Assessment.objects.count() == 0


def test_words_may_be_mended_after_somebody_began_and_what_was_asked_stays_as_it_was(seminar, come):
    admission = seminar()
    assessment = ready(admission)
    first = take(assessment, come(admission, 1), "before", ALL_RIGHT)
    mended = {**QUESTIONS[0], "text": {"ar": "نص مصحَّح؟"}}
    assessment.questions = [mended, *QUESTIONS[1:]]
    assessments.set_up(assessment, by=journal.CLI, now=NOW)
    second = take(assessment, come(admission, 2), "before", ALL_RIGHT)
    first.refresh_from_db()
    assert (first.asked.number, second.asked.number) == (1, 2)
    assert first.asked.questions[0]["text"]["ar"] == "سؤال consent؟"
    assert second.asked.questions[0]["text"]["ar"] == "نص مصحَّح؟"


def test_another_key_under_a_name_that_was_asked_is_refused_and_under_a_new_name_it_is_another_question(seminar, come):
    admission = seminar()
    assessment = ready(admission)
    take(assessment, come(admission, 1), "before", ALL_RIGHT)
    for changed in (question("consent", {1}), question("consent", {2}, options=4), question("consent", {2}, points=2)):
        assessment.questions = [changed, *QUESTIONS[1:]]
        with pytest.raises(assessments.BadQuestions, match="consent"):
            assessments.set_up(assessment, by=journal.CLI, now=NOW)
    assert Assessment.objects.get().questions == QUESTIONS
    assessment.questions = [question("consent-2", {1}), *QUESTIONS[1:]]
    assessments.set_up(assessment, by=journal.CLI, now=NOW)
    assert Assessment.objects.get().questions[0]["id"] == "consent-2"


def test_a_moment_is_opened_and_closed_and_each_stands_in_the_journal(seminar):
    assessment = ready(seminar(), moments=())
    assert not assessment.is_open("before", NOW)
    assessment = assessments.open_(assessment=assessment, moment="before", by=journal.CLI, now=NOW)
    assert (assessment.is_open("before", NOW), assessment.is_open("after", NOW)) == (True, False)
    assessment = assessments.close(assessment=assessment, moment="before", by=journal.CLI, now=NOW + DAY)
    again = assessments.close(assessment=assessment, moment="before", by=journal.CLI, now=NOW + 2 * DAY)
    assert again.before_closes_at == NOW + DAY
    assert Entry.objects.filter(verb="participation.change", subject_id=assessment.pk).count() == 2
    assert assessments.open_(assessment=assessment, moment="before", by=journal.CLI, now=NOW + 3 * DAY).is_open(
        "before", NOW + 9 * DAY
    )


# --- Tries ----------------------------------------------------------------------------------------------------------


def test_a_person_has_two_tries_and_the_better_one_counts(seminar, come):
    admission = seminar()
    assessment, row = ready(admission), come(admission, 1)
    take(assessment, row, "after", ALL_RIGHT)
    take(assessment, row, "after", {**ALL_RIGHT, "consent": [1]})
    with pytest.raises(assessments.NoMoreTries):
        assessments.begin(row=row, assessment=assessment, moment="after", now=NOW)
    take(assessment, row, "before", ALL_WRONG)
    assert assessments.scores([row, come(admission, 2)]) == {row.pk: 100.0}


def test_the_database_itself_refuses_a_third_try_and_a_second_open_one(seminar, come):
    admission = seminar()
    assessment, row = ready(admission), come(admission, 1)
    open_one = assessments.begin(row=row, assessment=assessment, moment="before", now=NOW)
    values = {"registration": row, "asked": open_one.asked, "moment": "before", "how": "form", "begun_at": NOW}
    for number in (1, 2, 3):
        with pytest.raises(IntegrityError), transaction.atomic():
            Attempt.objects.create(number=number, **values)


def test_a_try_that_is_begun_twice_is_one_on_both_devices(seminar, come):
    admission = seminar()
    assessment, row = ready(admission), come(admission, 1)
    one, other = (assessments.begin(row=row, assessment=assessment, moment="before", now=NOW) for _device in range(2))
    assert one == other
    assert Attempt.objects.count() == QuestionSet.objects.count() == 1


def test_a_hundred_questions_handed_in_twice_are_one_and_another_body_is_told(seminar, come):
    admission = seminar()
    questions = [question(f"q{n}", {1}) for n in range(100)]
    assessment, row = ready(admission, questions=questions), come(admission, 1)
    attempt = assessments.begin(row=row, assessment=assessment, moment="before", now=NOW)
    answers = {f"q{n}": [1 if n < 60 else 2] for n in range(100)}

    def hand_in(given):
        return assessments.submit(attempt=Attempt.objects.get(), assessment=assessment, answers=given, by=journal.CLI, now=NOW)  # fmt: skip

    assert hand_in(answers).score == hand_in(answers).score == 60
    with pytest.raises(assessments.OtherAnswers) as refusal:
        hand_in({**answers, "q99": [1]})
    assert refusal.value.attempt == attempt
    # The page of the other device still holds the row as it was before: it must not count again either.
    with pytest.raises(assessments.OtherAnswers):
        assessments.submit(
            attempt=attempt, assessment=assessment, answers={**answers, "q98": [1]}, by=journal.CLI, now=NOW
        )
    assert Attempt.objects.get().score == 60
    assert Entry.objects.filter(verb="participation.hand_in_test").count() == 1


def test_what_does_not_fit_is_named_by_question_and_the_rest_is_kept(seminar, come):
    admission = seminar()
    assessment, row = ready(admission), come(admission, 1)
    attempt = assessments.begin(row=row, assessment=assessment, moment="before", now=NOW)
    given = {"consent": [1, 2], "victims": [9], "signs": [1, 2], "no-such": [1]}
    with pytest.raises(assessments.BadAnswers) as refusal:
        assessments.submit(attempt=attempt, assessment=assessment, answers=given, by=journal.CLI, now=NOW)
    assert set(refusal.value.faults) == {"consent", "victims", "no-such"}
    attempt.refresh_from_db()
    assert (attempt.answers, attempt.submitted_at) == ({"signs": [1, 2]}, None)


def test_open_questions_are_named_in_order_and_may_stay_open_when_that_is_said(seminar, come):
    admission = seminar()
    assessment, row = ready(admission), come(admission, 1)
    with pytest.raises(assessments.Unanswered) as refusal:
        take(assessment, row, "before", {"victims": [1]})
    assert refusal.value.missing == ["consent", "signs"]
    assert take(assessment, row, "before", {"victims": [1]}, is_complete=False).score == 20


def test_a_closed_test_is_not_begun_and_what_was_begun_may_be_handed_in_a_quarter_of_an_hour_later(seminar, come):
    admission = seminar()
    assessment, row, late = ready(admission), come(admission, 1), come(admission, 2)
    end = NOW + DAY
    attempts = [assessments.begin(row=one, assessment=assessment, moment="before", now=NOW) for one in (row, late)]
    with pytest.raises(assessments.NotOpen):
        assessments.begin(row=come(admission, 3), assessment=assessment, moment="before", now=end)
    done = assessments.submit(
        attempt=attempts[0],
        assessment=assessment,
        answers=ALL_RIGHT,
        by=journal.CLI,
        now=end + dt.timedelta(minutes=14),
    )
    assert done.score == 100
    with pytest.raises(assessments.NotOpen):
        assessments.submit(
            attempt=attempts[1], assessment=assessment, answers=ALL_RIGHT, by=journal.CLI, now=end + dt.timedelta(minutes=15)
        )  # fmt: skip
    attempts[1].refresh_from_db()
    assert attempts[1].answers == ALL_RIGHT


def test_who_waits_for_a_place_takes_no_test(seminar, come):
    admission = seminar(capacity=1, shares={})
    assessment = ready(admission)
    come(admission, 1)
    with pytest.raises(assessments.NotOpen):
        assessments.begin(row=come(admission, 2), assessment=assessment, moment="before", now=NOW)


@pytest.mark.parametrize(("shows", "score"), [("at_once", 100), ("after_closing", None)])
def test_the_own_score_is_shown_as_the_test_says_and_the_key_never_before_the_test_after_is_over(
    seminar, come, shows, score
):
    admission = seminar()
    assessment, row = ready(admission, shows_score=shows), come(admission, 1)
    for moment in ("before", "after"):
        take(assessment, row, moment, ALL_RIGHT)
        take(assessment, row, moment, ALL_RIGHT)
        found = assessments.standing(assessment, row, moment, now=NOW)
        assert (found.score, found.shows_key, found.may_begin) == (score, False, False)
    over = NOW + DAY + assessments.GRACE
    found = [assessments.standing(assessment, row, moment, now=over) for moment in ("before", "after")]
    assert [(one.score, one.shows_key) for one in found] == [(100, False), (100, True)]


# --- On paper -------------------------------------------------------------------------------------------------------


def type_in(assessment, row, answers, number=1, moment="before"):
    return assessments.type_in(
        row=row, assessment=assessment, moment=moment, number=number, answers=answers, by=journal.CLI, now=NOW
    )


def test_a_sheet_of_paper_is_typed_once_and_mended_and_what_was_handed_in_by_the_link_stays(seminar, come):
    admission = seminar()
    assessment, row, other = ready(admission, moments=()), come(admission, 1), come(admission, 2)
    assert type_in(assessment, row, ALL_WRONG)[1] == "new"
    assert type_in(assessment, row, ALL_WRONG)[1] == "unchanged"
    attempt, done = type_in(assessment, row, {"consent": [2]})
    assert (done, attempt.score, attempt.how, Attempt.objects.count()) == ("corrected", 20, "paper", 1)
    assessment = assessments.open_(assessment=assessment, moment="before", by=journal.CLI, now=NOW)
    take(assessment, other, "before", ALL_RIGHT)
    assert type_in(assessment, other, ALL_RIGHT)[1] == "unchanged"
    with pytest.raises(assessments.OtherAnswers):
        type_in(assessment, other, ALL_WRONG)
    with pytest.raises(assessments.NoMoreTries):
        type_in(assessment, row, ALL_WRONG, number=3)
    assert type_in(assessment, row, ALL_RIGHT, number=2)[1] == "new"


# --- Figures --------------------------------------------------------------------------------------------------------


def crowd(seminar, come, *, both=6, only_before=0, only_after=0):
    """Before: half know `consent`; after: all. `victims` nobody before, half after."""
    admission = seminar()
    assessment = ready(admission)
    for n in range(both):
        row = come(admission, n, region=f"MA-{n % 12 + 1:02}")
        take(assessment, row, "before", {"consent": [2 if n % 2 else 1], "victims": [2], "signs": [1]})
        take(assessment, row, "after", {"consent": [2], "victims": [1 if n % 2 else 2], "signs": [1, 2, 3]})
    for n in range(both, both + only_before):
        take(assessment, come(admission, n, region=f"MA-{n % 12 + 1:02}"), "before", ALL_RIGHT)
    for n in range(both + only_before, both + only_before + only_after):
        take(assessment, come(admission, n, region=f"MA-{n % 12 + 1:02}"), "after", ALL_WRONG)
    return assessment


def test_gain_is_by_question_over_those_who_took_both_and_all_are_beside_it(seminar, come):
    assessment = crowd(seminar, come, both=6, only_before=6)
    found = gains.results(assessment)
    assert found.takers == {"before": 12, "after": 6, "both": 6}
    consent, victims, signs = found.questions
    assert (consent.before, consent.after) == (gains.Share(3, 6), gains.Share(6, 6))
    assert (consent.points, consent.normalised) == (50.0, 1.0)
    assert (victims.points, victims.normalised) == (50.0, 0.5)
    assert (signs.before.percent, signs.after.percent) == (0, 100)
    assert (consent.all_before, consent.all_after) == (gains.Share(9, 12), gains.Share(6, 6))
    assert found.medians == {"before": 70.0, "after": 90.0, "both_before": 30.0, "both_after": 90.0}
    assert (found.mean_before, found.mean_after, found.normalised) == (30.0, 90.0, 0.86)
    assert found.places == 12


def test_the_first_try_is_compared_and_not_the_second(seminar, come):
    admission = seminar()
    assessment, row = ready(admission), come(admission, 1)
    for moment in ("before", "after"):
        take(assessment, row, moment, ALL_WRONG)
        take(assessment, row, moment, ALL_RIGHT)
    found = gains.results(assessment)
    assert (found.medians["before"], found.medians["after"], found.questions[0].points) == (0, 0, 0)


def test_of_four_people_nothing_leaves_the_secretariat_and_of_five_it_does(seminar, come):
    assessment = crowd(seminar, come, both=4)
    found = gains.suppressed(gains.results(assessment))
    nothing = gains.Share(None, None)
    assert found.takers == {"before": None, "after": None, "both": None}
    assert set(found.medians.values()) == {None}
    assert found.normalised is None
    assert all((one.before, one.all_after) == (nothing, nothing) for one in found.questions)
    row = come(assessment.activity.admission, 90, region="MA-11")
    for moment in ("before", "after"):
        take(assessment, row, moment, ALL_RIGHT)
    found = gains.suppressed(gains.results(assessment))
    assert (found.takers["both"], found.questions[0].after.all) == (5, 5)


def test_what_would_show_three_people_by_subtraction_is_not_said_either(seminar, come):
    exact = gains.results(crowd(seminar, come, both=6, only_before=3, only_after=5))
    found = gains.suppressed(exact)
    assert exact.questions[0].all_before == gains.Share(6, 9)
    assert found.questions[0].all_before == gains.Share(None, None)
    assert found.questions[0].before == exact.questions[0].before
    assert found.questions[0].all_after == exact.questions[0].all_after == gains.Share(6, 11)
    assert (found.takers, found.medians["before"]) == ({"before": None, "after": 11, "both": 6}, None)


def test_results_cost_the_same_with_one_and_with_thirty_people(seminar, come, django_assert_num_queries):
    assessment = crowd(seminar, come, both=30)
    with django_assert_num_queries(2):
        gains.results(assessment)


# --- Mails, persons -------------------------------------------------------------------------------------------------


def test_who_has_not_taken_it_gets_one_mail_with_the_own_link_and_nobody_a_second(seminar, come):
    admission = seminar()
    assessment, done, absent = ready(admission), come(admission, 1), come(admission, 2)
    come(admission, 3, email="")
    take(assessment, done, "before", ALL_RIGHT)
    Message.objects.all().delete()
    sent = [assessments.remind(assessment=assessment, moment="before", by=journal.CLI, now=NOW) for _time in range(2)]
    assert sent == [1, 0]
    mail = Message.objects.get()
    assert mail.to_address == absent.address_key
    assert f"/p/{ownpage.token(absent)}/test/before/" in mail.body
    assert set(assessments.absent(assessment, "before").values_list("number", flat=True)) == {2, 3}
    with pytest.raises(assessments.NotOpen):
        assessments.remind(assessment=assessment, moment="before", by=journal.CLI, now=NOW + 2 * DAY)


def test_answers_are_given_out_and_erased_and_the_figures_of_the_activity_stay(seminar, come):
    assessment = crowd(seminar, come, both=6)
    row = Attempt.objects.first().registration
    before = gains.results(assessment)
    given = privacy.export(row.person)["tests"]
    assert [(one["moment"], one["try"], one["score"]) for one in given] == [("before", 1, 20.0), ("after", 1, 80.0)]
    privacy.erase(row.person, by=journal.CLI, now=NOW)
    assert [one["answers"] for one in privacy.export(row.person)["tests"]] == [{}, {}]
    assert gains.results(assessment) == before
    assert Attempt.objects.exclude(answers={}).count() == 10


def test_after_a_year_the_answers_go_and_the_scores_stay(seminar, come):
    assessment = crowd(seminar, come, both=6)
    assessments.begin(row=come(assessment.activity.admission, 50, region="MA-12"), assessment=assessment, moment="after", now=NOW)  # fmt: skip
    before = gains.results(assessment)
    assert retention.run(now=NOW + dt.timedelta(days=366))["participation.attempt"] == 13
    assert gains.results(assessment).questions == before.questions
    assert Attempt.objects.exclude(answers={}).count() == 0


def test_the_journal_holds_no_answer_and_no_score(seminar, come):
    crowd(seminar, come, both=5)
    lines = Entry.objects.filter(subject_kind="participation.attempt").values_list("changes", flat=True)
    assert {str(one) for one in lines} == {"{}", "{'how': [None, 'form']}"}
