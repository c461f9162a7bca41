"""Texts in several languages: asked of an office until a day, kept as versions, behind when the original changes."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tansiq.coordination import approvals, documents
from tansiq.coordination.approvals import Asked
from tansiq.coordination.models import Document, DocumentText, DocumentVersion, Function, Task
from tansiq.core import docx, journal, records
from tansiq.core.localized import Localized
from tansiq.core.models import Entry
from tansiq.people import accounts, privacy, retention
from tansiq.people.models import Organisation, Person

NOW = dt.datetime(2020, 6, 1, 9, 0, tzinfo=dt.UTC)
BY = {"by": journal.CLI, "now": NOW}
ARABIC = "السيدات والسادة،\nنخلد اليوم العالمي لمكافحة الاتجار بالبشر."
FRENCH = "Mesdames et Messieurs,\nNous célébrons la Journée mondiale de la lutte contre la traite des êtres humains."


@pytest.fixture
def speech(world_day):
    ceremony = world_day.activities.get(slug="ceremony")
    return Document.objects.create(
        programme=world_day, activity=ceremony, slug="opening-speech", kind="speech", reference_language="ar",
        title=Localized({"ar": "كلمة الافتتاح", "fr": "Allocution d’ouverture"}),
    )  # fmt: skip


@pytest.fixture
def office(world_day):
    return Function.objects.get(slug="translation")


@pytest.fixture
def texts(speech, office):
    arabic = documents.want(document=speech, language="ar", translator=None, due=None, **BY)
    french = documents.want(document=speech, language="fr", translator=office, due=dt.date(2020, 7, 10), **BY)
    return arabic, french


def keep(text, words, seen=None, **more):
    return documents.keep(text=text, words=words, seen=text.version if seen is None else seen, **BY, **more)


def test_a_translation_is_a_task_of_the_office_until_it_is_ready_and_again_when_the_original_changes(texts, office):
    arabic, french = texts
    task = Task.objects.get()
    assert (task.owner, task.due, task.state) == (office, dt.date(2020, 7, 10), "open")
    assert task.title["fr"] == "Traduire «\u00a0Allocution d’ouverture\u00a0» (français)"
    keep(arabic, ARABIC)
    keep(french, FRENCH)
    documents.settle(text=french, **BY)
    task.refresh_from_db()
    assert task.state == "done"
    keep(arabic, ARABIC + "\nشكرا.")
    task.refresh_from_db()
    french = DocumentText.objects.get(pk=french.pk)
    assert (task.state, documents.is_behind(french)) == ("open", True)
    keep(french, FRENCH + "\nMerci.")
    documents.settle(text=french, **BY)
    task.refresh_from_db()
    assert (task.state, documents.is_behind(DocumentText.objects.get(pk=french.pk))) == ("done", False)


def test_versions_stay_and_the_same_words_make_none(texts):
    arabic, _french = texts
    keep(arabic, ARABIC)
    keep(arabic, ARABIC + "\n")
    keep(arabic, "غيرها")
    assert list(DocumentVersion.objects.values_list("number", "words")) == [(2, "غيرها"), (1, ARABIC)]
    assert "السيدات" not in str(list(Entry.objects.filter(subject_id=arabic.pk).values()))


def test_a_change_of_the_original_while_one_translates_is_not_hidden_by_the_translation(texts):
    """The French was made from version 1, though version 2 is there by the time it is kept."""
    arabic, french = texts
    keep(arabic, ARABIC)
    keep(arabic, ARABIC + "\nشكرا.")
    keep(french, FRENCH, of_version=1)
    assert documents.is_behind(DocumentText.objects.get(pk=french.pk))


def test_two_who_write_at_once_are_told_and_nothing_is_lost(texts, secretariat):
    arabic, _french = texts
    keep(arabic, ARABIC)
    page = secretariat.post(f"/desk/text/{arabic.pk}/", {"do": "keep", "words": "كتبت في الوقت نفسه", "seen": "0"})
    assert page.status_code == 422
    assert "كتبت في الوقت نفسه" in page.content.decode()
    assert DocumentVersion.objects.get().words == ARABIC
    again = secretariat.post(
        f"/desk/text/{arabic.pk}/", {"do": "keep", "words": "كتبت في الوقت نفسه", "seen": page.context["seen"]}
    )
    assert again.status_code == 302
    assert DocumentVersion.objects.count() == 2


def test_words_that_are_not_to_be_used_keep_a_text_from_being_ready_unless_they_are_meant(texts, secretariat):
    arabic, french = texts
    keep(arabic, ARABIC)
    keep(french, "Lutte contre le trafic d’êtres humains.")
    with pytest.raises(documents.WordsToMend, match="traite des êtres humains"):
        documents.settle(text=french, **BY)
    page = secretariat.get(f"/desk/text/{french.pk}/").content.decode()
    assert "trafic d’êtres humains" in page
    secretariat.post(f"/desk/text/{french.pk}/", {"do": "ready", "anyway": "1"})
    french.refresh_from_db()
    assert french.state == "ready"


def test_a_term_of_the_original_that_the_translation_does_not_have_is_found(texts):
    arabic, french = texts
    keep(arabic, "نعمل معا على مكافحة الاتجار بالبشر.")
    keep(french, "Mesdames et Messieurs, bonjour.")
    found = documents.findings(DocumentText.objects.get(pk=french.pk))
    assert ("missing", "traite des êtres humains") in {(one.kind, one.better) for one in found}


def test_a_word_file_is_read_kept_as_it_came_and_given_back(texts, secretariat):
    _arabic, french = texts
    content = docx.build([{"kind": "paragraph", "text": FRENCH}], language="fr")
    upload = SimpleUploadedFile("allocution.docx", content)
    assert secretariat.post(f"/desk/text/{french.pk}/", {"do": "keep", "seen": "0", "file": upload}).status_code == 302
    version = DocumentVersion.objects.get()
    assert "traite des êtres humains" in version.words
    assert secretariat.get(f"/desk/text/version/{version.pk}.docx").content == content
    assert secretariat.get(f"/desk/text/version/{version.pk}.pdf").content.startswith(b"%PDF")


def test_a_file_that_is_no_word_document_is_refused_and_the_page_says_why(texts, secretariat):
    arabic, _french = texts
    upload = SimpleUploadedFile("x.docx", b"no zip")
    page = secretariat.post(f"/desk/text/{arabic.pk}/", {"do": "keep", "seen": "0", "words": "", "file": upload})
    assert page.status_code == 422
    assert not DocumentVersion.objects.exists()


def test_an_approval_is_of_the_version_and_a_new_one_asks_again(texts):
    arabic, _french = texts
    keep(arabic, ARABIC)
    arabic = DocumentText.objects.get(pk=arabic.pk)
    steps = [Asked(Organisation.objects.get(slug="unodc"))]
    approval = approvals.ask(subject=arabic, what="speech", steps=steps, language="ar", **BY)
    assert approval.content == [["1", "السيدات والسادة،"], ["2", "نخلد اليوم العالمي لمكافحة الاتجار بالبشر."]]
    keep(arabic, ARABIC + "\nشكرا.")
    approval.refresh_from_db()
    assert approval.state == "outdated"
    assert (
        approvals.ask(
            subject=DocumentText.objects.get(pk=arabic.pk), what="speech", steps=steps, language="ar", **BY
        ).version
        == 2
    )


def test_an_approval_of_a_text_is_asked_from_its_page(texts, secretariat):
    arabic, _french = texts
    keep(arabic, ARABIC)
    page = secretariat.get(f"/desk/approvals/ask/?text={arabic.pk}")
    assert page.context["form"].initial["what"] == "speech"
    unodc = Organisation.objects.get(slug="unodc")
    data = {
        "subject": f"text:{arabic.pk}", "what": "speech", "language": "ar", "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0",
        "form-0-organisation": str(unodc.pk), "form-0-order": "1",
    }  # fmt: skip
    assert secretariat.post("/desk/approvals/ask/", data).status_code == 302
    nobodys = secretariat.post("/desk/approvals/ask/", {**data, "subject": f"text:{arabic.document_id}"})
    assert nobodys.status_code == 422


def test_the_holder_of_the_office_translates_and_sees_no_other_text(texts, office, client, user_with):
    arabic, french = texts
    keep(arabic, ARABIC)
    user = user_with()
    accounts.grant(user=user, role="trainer", organisation=Organisation.objects.get(slug="unodc"), by=user, now=NOW)
    office.holder = user
    office.save()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/desk/text/{french.pk}/")
    assert "نخلد اليوم العالمي" in page.content.decode()
    assert client.get(f"/desk/text/{arabic.pk}/").status_code == 404
    assert (
        client.post(f"/desk/text/{french.pk}/", {"do": "keep", "words": FRENCH, "seen": "0", "of": "1"}).status_code
        == 302
    )
    assert DocumentVersion.objects.get(text=french).of_version == 1


def test_a_name_in_a_speech_is_found_and_erased(texts):
    arabic, _french = texts
    person = Person.objects.create(name={"ar": "سلمى الوهمية"}, reference_language="ar", is_fictional=True)
    keep(arabic, "نشكر السيدة سلمى الوهمية.")
    assert privacy.export(person)["documents"][0]["text"] == "opening-speech ar v1"
    privacy.erase(person, by=journal.CLI, now=NOW)
    assert DocumentVersion.objects.get().words == "نشكر السيدة …."


def test_after_ten_years_a_text_is_gone_and_can_be_written_again(texts):
    arabic, _french = texts
    keep(arabic, ARABIC)
    retention.run(now=NOW + dt.timedelta(days=3655))
    arabic.refresh_from_db()
    assert (arabic.version, arabic.state, DocumentVersion.objects.count()) == (0, "wanted", 0)
    assert keep(arabic, ARABIC).number == 1


def test_the_glossary_page_checks_a_text_and_keeps_nothing(world_day, secretariat):
    entries = Entry.objects.count()
    page = secretariat.post("/desk/words/", {"words": "محاربة الإتجار بالبشر", "language": "ar"}).content.decode()
    assert "الإتجار بالبشر" in page
    assert "<strong>لا تستعمل</strong>" in page
    assert Entry.objects.count() == entries


def test_a_version_is_made_from_none_that_is_still_to_come_and_a_strange_number_is_no_error(secretariat, texts):
    arabic, french = texts
    keep(arabic, ARABIC)
    for of in ("²", "9" * 30, "400"):
        page = {"words": f"{FRENCH} {of}", "seen": str(DocumentText.objects.get(pk=french.pk).version), "of": of}
        assert secretariat.post(f"/desk/text/{french.pk}/", page).status_code == 302
    assert secretariat.post(f"/desk/text/{french.pk}/", {"words": "x", "seen": "²"}).status_code == 422
    keep(arabic, ARABIC + "\nشكرا.")
    assert documents.is_behind(DocumentText.objects.get(pk=french.pk))


def test_another_title_of_the_document_outdates_what_was_agreed(texts, speech):
    arabic, _french = texts
    keep(arabic, ARABIC)
    unodc = Organisation.objects.get(slug="unodc")
    approval = approvals.ask(subject=arabic, what="speech", steps=[Asked(unodc)], language="ar", **BY)
    speech.title = Localized({"ar": "كلمة الختام"})
    records.change(speech, **BY)
    approval.refresh_from_db()
    assert approval.state == "outdated"


def test_who_only_translates_may_not_open_the_document_itself(user_with, speech):
    assert not user_with("partner").has_perm("coordination.view_document", speech)
