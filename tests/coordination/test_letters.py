"""Letters: numbers by year and service, words from the records in three languages, answers, batches, hostile input."""

from __future__ import annotations

import datetime as dt
import io
import time

import docx as word
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from pypdf import PdfReader

from tansiq.coordination import letters
from tansiq.coordination.defaults import defaults
from tansiq.coordination.letters import Wanted
from tansiq.coordination.models import Function, Letter, LetterKind, LetterSeries
from tansiq.core import docx, jobs, journal
from tansiq.core.dates import PartialDate
from tansiq.media import assets
from tansiq.people import privacy, retention
from tansiq.people.models import Organisation, Person
from tansiq.programme.models import Programme

NOW = dt.datetime(2020, 6, 1, 9, 0, tzinfo=dt.UTC)
DAY = dt.date(2020, 6, 1)


@pytest.fixture
def service(db):
    Function.objects.filter(slug="protocol").update(code="PR")
    return Function.objects.get(slug="protocol")


@pytest.fixture
def wanted(world_day, service):
    """wanted(kind="invitation", to="unodc", language="ar", ...) -> what a letter is written from"""

    def make(kind="invitation", to="unodc", language="ar", activity="ceremony", **more):
        return Wanted(
            LetterKind.objects.get(slug=kind), world_day, world_day.activities.get(slug=activity) if activity else None,
            Organisation.objects.get(slug=to), language, **{"service": service, **more},
        )  # fmt: skip

    return make


def write(wanted, **more):
    return letters.write(wanted, dated=DAY, by=journal.CLI, now=NOW, **more)


def text_of(letter):
    return docx.text_of(letters.open_file(letter, "docx"))


def test_a_letter_says_what_the_records_say_and_is_kept_as_word_and_pdf(wanted):
    letter = write(wanted(answer_by=dt.date(2020, 7, 1)))
    text = text_of(letter)
    assert letter.number == "1/PR/2020"
    for words in ("حفل في المعهد العالي للقضاء بالرباط", "الاثنين، 27 يوليوز 2020", "المعهد العالي للقضاء، الرباط", "1/PR/2020", "المملكة المغربية"):  # fmt: skip
        assert words in text, words
    assert "سلام تام بوجود مولانا الإمام" in text  # as the country pack wants it
    pdf = PdfReader(io.BytesIO(letters.open_file(letter, "pdf")))
    assert len(pdf.pages) == 1
    assert pdf.metadata.title == f"1/PR/2020 – {letter.subject}"
    assert letter.facts["activity.when"] == "2020-07-27"


@pytest.mark.parametrize(
    ("language", "date"),
    [("fr", "lundi 27 juillet 2020"), ("en", "Monday, 27 July 2020"), ("ar", "الاثنين، 27 يوليوز 2020")],
)
def test_every_kind_is_written_in_each_language_without_a_gap(wanted, language, date):
    earlier = write(wanted(language=language))
    for kind in LetterKind.objects.exclude(slug="reply-cover"):
        letter = write(
            wanted(
                kind.slug, language=language, earlier=earlier, delegation="—", places=8, answer_by=dt.date(2020, 7, 1)
            )
        )
        text = text_of(letter)
        assert "{{" not in text
        assert "None" not in text
        assert date in text or kind.slug not in ("invitation", "convocation", "note-verbale", "thanks", "venue-request")


def test_the_number_is_one_word_from_left_to_right_within_arabic(wanted):
    def written(language):
        document = word.Document(io.BytesIO(letters.open_file(write(wanted(language=language)), "docx")))
        return "\n".join(one.text for one in document.paragraphs)

    assert "\u200e1/PR/2020\u200e" in written("ar")
    assert "\u200e" not in written("fr")


def test_an_arabic_letter_runs_from_right_to_left_in_word(wanted):
    document = word.Document(io.BytesIO(letters.open_file(write(wanted()), "docx")))
    body = next(one for one in document.paragraphs if "حفل" in one.text and len(one.text) > 80)
    assert body._p.pPr.find(word.oxml.ns.qn("w:bidi")) is not None


def test_an_activity_without_a_day_says_so_instead_of_leaving_a_hole(wanted):
    assert "(قيد التأكيد)" in text_of(write(wanted(activity="seminar", kind="convocation")))


def test_numbers_run_by_service_and_year_without_a_gap(wanted, service):
    numbers = [write(wanted()).number for _twice in range(2)]
    numbers.append(write(wanted(service=None)).number)
    numbers.append(letters.write(wanted(), dated=dt.date(2021, 1, 4), by=journal.CLI, now=NOW).number)
    assert numbers == ["1/PR/2020", "2/PR/2020", "1/2020", "1/PR/2021"]


def test_a_number_taken_by_hand_is_passed_over_and_a_second_time_refused_with_the_next_free_one(wanted):
    assert write(wanted(), number=2).number == "2/PR/2020"
    with pytest.raises(letters.NumberTaken, match="1") as refused:
        write(wanted(), number=2)
    assert refused.value.free == 1
    assert [write(wanted()).number for _twice in range(2)] == ["1/PR/2020", "3/PR/2020"]
    assert Letter.objects.count() == 3


def test_a_cancelled_letter_keeps_its_number_and_a_sent_one_cannot_be_cancelled(wanted):
    first, second = write(wanted()), write(wanted())
    letters.cancel(letter=first, by=journal.CLI, now=NOW)
    letters.send(letter=second, on=DAY, by=journal.CLI, now=NOW)
    letters.send(letter=second, on=DAY, by=journal.CLI, now=NOW)
    with pytest.raises(letters.NotSoFar):
        letters.cancel(letter=second, by=journal.CLI, now=NOW)
    with pytest.raises(letters.NotSoFar):
        letters.send(letter=first, on=DAY, by=journal.CLI, now=NOW)
    assert write(wanted()).number == "3/PR/2020"


def incoming(answers=None, **more):
    return Letter(language="fr", subject="Réponse", dated=dt.date(2020, 6, 20), answers=answers, organisation=Organisation.objects.get(slug="unodc"), **more)  # fmt: skip


def test_an_answer_ends_the_waiting_and_has_its_own_register(wanted):
    letter = write(wanted(answer_by=dt.date(2020, 6, 15)))
    assert letters.waiting(DAY) == []  # not sent yet
    letters.send(letter=letter, on=DAY, by=journal.CLI, now=NOW)
    [waiting] = letters.waiting(dt.date(2020, 6, 11))
    assert waiting.waits(dt.date(2020, 6, 11)) == 10
    kept = letters.register_in(incoming(letter), scan=b"%PDF-1.4\n%%EOF", file_name="scan.pdf", by=journal.CLI, now=NOW)
    letter.refresh_from_db()
    assert (kept.number, kept.scan.media_type, letter.state) == ("1/2020", "application/pdf", "answered")
    assert letters.waiting(dt.date(2020, 6, 30)) == []


def test_a_scan_that_is_none_is_refused_and_nothing_is_entered(wanted, db):
    with pytest.raises(assets.UnknownFile):
        letters.register_in(incoming(), scan=b"MZ\x90\x00", file_name="scan.pdf", by=journal.CLI, now=NOW)
    assert not Letter.objects.exists()
    assert not LetterSeries.objects.filter(direction="in", last__gt=0).exists()


# --- templates ------------------------------------------------------------------------------------------------------


def sheet(text):
    return docx.build([{"kind": "paragraph", "text": part} for part in text.split("|")], language="ar")


def keep(content, kind=None):
    return letters.keep_template(
        content=content, file_name="ورقة.docx", kind=kind, language="ar", by=journal.CLI, now=NOW
    )


def test_the_secretariats_own_sheet_is_used_and_that_of_a_kind_before_that_for_all(wanted):
    keep(sheet("ورقة عامة|{{ body }}"))
    assert "ورقة عامة" in text_of(write(wanted()))
    keep(sheet("ورقة الدعوات|{{ body }}"), LetterKind.objects.get(slug="invitation"))
    assert "ورقة الدعوات" in text_of(write(wanted()))
    assert "ورقة عامة" in text_of(write(wanted("convocation")))


def test_our_own_sheet_can_be_taken_and_given_back(wanted):
    keep(letters.our_template("ar"))
    assert "1/PR/2020" in text_of(write(wanted()))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (sheet("{{ activity.titel }}|{{ body }}"), "activity.title"),
        (sheet("{{ ''.__class__ }}"), "__class__"),
        (b"%PDF-1.4", ""),
        (sheet("لا شيء يملأ"), "{{ body }}"),
    ],
)
def test_a_sheet_with_an_unknown_field_or_without_any_is_refused_with_the_reason(db, content, says):
    with pytest.raises(letters.WrongTemplate) as refused:
        keep(content)
    assert says in str(refused.value)


# --- many -----------------------------------------------------------------------------------------------------------


def test_a_batch_is_written_once_with_running_numbers_and_goes_on_after_a_stop(
    wanted, django_capture_on_commit_callbacks, monkeypatch
):
    monkeypatch.setattr(letters, "BATCH", 2)
    bodies = [
        Organisation.objects.create(slug=f"haya-{n}", name={"ar": f"هيئة {n}"}, reference_language="ar")
        for n in range(5)
    ]
    many = [wanted(to=one.slug) for one in bodies]
    with django_capture_on_commit_callbacks(execute=True):
        job = letters.start_batch(many, dated=DAY, key="نموذج-1", by=journal.CLI, now=NOW)
        letters.start_batch(many, dated=DAY, key="نموذج-1", by=journal.CLI, now=NOW)
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == ("done", 5, 5)
    assert sorted(Letter.objects.values_list("serial", flat=True)) == [1, 2, 3, 4, 5]
    assert "هيئة 4" in text_of(Letter.objects.get(serial=5))
    # A worker that died after two letters: what is in the result is not written again.
    type(job).objects.filter(pk=job.pk).update(state="queued", result={"letters": job.result["letters"][:4]}, done=4)
    Letter.objects.filter(serial=5).delete()
    jobs.run(job.pk)
    assert Letter.objects.count() == 5


def test_two_workers_at_one_batch_write_each_letter_once(wanted):
    many = [wanted(to="unodc"), wanted(to="eu")]
    job = letters.start_batch(many, dated=DAY, key="نموذج-2", by=journal.CLI, now=NOW)
    first, second = (letters._batch(type(job).objects.get(pk=job.pk)) for _worker in range(2))
    next(first)
    with pytest.raises(jobs.Overtaken):
        next(second)
    assert Letter.objects.count() == 2


def test_who_takes_part_gets_the_letter_in_protocol_order_and_the_body_does_not_write_to_itself(world_day):
    activity = world_day.activities.get(slug="seminar")
    assert [one.slug for one in letters.addressees(world_day, activity)] == ["unodc", "eu"]
    assert "cnclt" not in [one.slug for one in letters.addressees(world_day, None)]


def test_the_preview_takes_no_number(wanted):
    shown = letters.words(wanted(), dated=DAY)
    assert "حفل" in shown.subject
    assert len(shown.paragraphs) == 3
    assert not Letter.objects.exists()
    assert not LetterSeries.objects.exists()


def test_every_default_text_asks_only_for_what_is_known():
    faults = [
        (kind["id"], code, fault)
        for kind in defaults()["letters"]
        for name in ("subject", "body")
        for code, text in kind[name].items()
        for fault in docx.faults_of_text(text, letters.FIELDS)
    ]
    assert faults == []


def test_a_country_of_one_language_writes_in_that_language(db):
    """What the pack does not have in a language falls back; nothing is empty."""
    shown = letters._formulas("en", "invitation")
    assert all(shown[name] for name in ("salutation", "closing", "heading"))


def test_who_is_named_in_an_attestation_is_erased_from_it_and_the_number_stays(
    wanted, django_capture_on_commit_callbacks
):
    person = Person.objects.create(name={"ar": "سلمى الإدريسي"}, reference_language="ar", is_fictional=True)
    letter = write(wanted("attestation", delegation="سلمى الإدريسي"))
    assert [one["number"] for one in privacy.export(person)["letters"]] == ["1/PR/2020"]
    with django_capture_on_commit_callbacks(execute=True):
        privacy.erase(person, by=journal.CLI, now=NOW)
    letter.refresh_from_db()
    with pytest.raises(FileNotFoundError):
        letters.open_file(letter, "docx")
    assert letter.number == "1/PR/2020"


def test_a_partial_date_is_written_as_far_as_it_is_known(wanted, world_day):
    activity = world_day.activities.get(slug="ceremony")
    activity.when = PartialDate("2020-07")
    activity.save()
    Programme.objects.update(period="2020")
    assert "يوليوز 2020" in text_of(write(wanted()))


@pytest.mark.slow
def test_five_hundred_letters_are_written_in_under_a_minute(wanted, django_capture_on_commit_callbacks):
    """Prints how long it took, beside one typeset page as the reference of this machine at this time."""
    bodies = Organisation.objects.bulk_create(
        Organisation(slug=f"haya-{n}", name={"ar": f"هيئة {n}"}, reference_language="ar") for n in range(500)
    )
    content = letters.open_file(write(wanted()), "docx")
    one = time.monotonic()
    for _again in range(20):
        docx.to_pdf(content, language="ar", title="مرجع", now=NOW)
    page_seconds = (time.monotonic() - one) / 20
    many = [wanted(to=body.slug) for body in bodies]
    started = time.monotonic()
    with django_capture_on_commit_callbacks(execute=True):
        job = letters.start_batch(many, dated=DAY, key="خمسمئة", by=journal.CLI, now=NOW)
    seconds = time.monotonic() - started
    job.refresh_from_db()
    print(f"500 letters: {seconds:.1f} s, {seconds / 500 / page_seconds:.2f} of typesetting the page alone")
    assert (job.state, Letter.objects.filter(direction="out").count()) == ("done", 501)
    assert seconds < 60


def test_the_subject_of_a_letter_that_came_in_is_in_no_title_of_a_file(world_day):
    person = Person.objects.create(name={"ar": "سلمى الإدريسي"}, reference_language="ar", is_fictional=True)
    letter = Letter(dated=DAY, language="ar", subject="بشأن سلمى الإدريسي", year=1, serial=1, programme=world_day)
    letters.register_in(letter, scan=b"%PDF-1.4", file_name="s.pdf", by=journal.CLI, now=NOW)
    assert "سلمى" not in str(dict(letter.scan.title))
    privacy.erase(person, by=journal.CLI, now=NOW)
    letter.refresh_from_db()
    assert "سلمى" not in letter.subject


def test_the_activity_of_a_letter_that_came_in_decides_its_programme(world_day):
    other = Programme.objects.create(slug="other", title={"ar": "برنامج آخر"}, reference_language="ar")
    activity = world_day.activities.get(slug="ceremony")
    letter = Letter(dated=DAY, language="ar", subject="جواب", year=1, serial=1, programme=other, activity=activity)
    assert letters.register_in(letter, by=journal.CLI, now=NOW).programme == world_day


def test_files_that_no_row_names_are_swept_after_a_day_and_no_other_is(world_day):
    """A worker that was killed between the file and the row leaves the file, with its addressee."""
    ceremony = world_day.activities.select_related("place").get(slug="ceremony")
    kind = LetterKind.objects.get(slug="thanks")
    kept = letters.write(
        Wanted(kind, world_day, ceremony, Organisation.objects.get(slug="unodc"), "fr"), dated=timezone.localdate(),
        by=journal.CLI, now=timezone.now(),
    )  # fmt: skip
    lost = default_storage.save("letters/lost.pdf", ContentFile(b"x"))
    retention.run(now=timezone.now())
    assert default_storage.exists(lost)
    retention.run(now=timezone.now() + dt.timedelta(days=2))
    assert not default_storage.exists(lost)
    assert letters.open_file(kept, "pdf").startswith(b"%PDF")
