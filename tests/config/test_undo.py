"""A file that was loaded by mistake is taken back; what others did since is not lost unseen."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tansiq.config import files, undo
from tansiq.core import journal, records
from tansiq.core.errors import Refused
from tansiq.core.models import Entry, LoadedFile, Source
from tansiq.people.models import Organisation
from tansiq.programme import planning
from tansiq.programme.models import Activity, Programme
from tests.conftest import EXAMPLES
from tests.desk.conftest import secretariat, user_with  # noqa: F401

NEW = """format: tansiq/programme/1
slug: yawm-2021
reference_language: ar
title: {ar: يوم تحسيسي}
period: {from: 2021-07-26, to: 2021-07-30}
published: false
sources: [{id: bayan, language: ar, text: sources/bayan.txt}]
organisations:
  - {id: jamiya, kind: association, name: {ar: جمعية}}
  - {id: unodc, name: {ar: المكتب, es: ONUDD}, aliases: [ONUDD], parent: jamiya, source: bayan}
activities:
  - {slug: liqaa-2021, kind: meeting, title: {ar: لقاء}, when: {date: 2021-07-27}, involved: [{organisation: jamiya, role: host}]}
trace:
  - {source: bayan, quote: لقاء, of: [activities.liqaa-2021.title]}
"""


def load(text, folder=None, name="برنامج.yaml"):
    document = files.read_bytes(text.encode(), name, folder)
    return undo.load(document, name=name, by=journal.CLI, now=timezone.now())


def take_back(loaded=None):
    undo.undo(loaded or LoadedFile.objects.first(), by=journal.CLI, now=timezone.now())


def everything():
    """All programmes as files, and the organisations that they share."""
    names = ("slug", "name", "aliases", "origin", "parent__slug", "source__key")
    return (
        {row.slug: files.export(row) for row in Programme.objects.all()},
        sorted(map(str, Organisation.objects.values_list(*names))),
        sorted(map(str, Source.objects.values_list("scope", "key"))),
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources/bayan.txt").write_text("بيان: لقاء في الرباط.")
    return tmp_path


def test_a_new_programme_goes_with_all_that_it_brought(world_day, folder):
    before = everything()
    load(NEW, folder)
    assert everything() != before
    take_back()
    assert everything() == before
    take_back()  # a second click
    assert everything() == before
    assert Entry.objects.filter(verb="programme.delete", subject_label="yawm-2021").count() == 1


def test_a_changed_programme_is_as_it_was_before(world_day):
    before = everything()
    text = (EXAMPLES / "ma-2020-world-day.yaml").read_text()
    changed = text.replace("slug: field-visits\n", "slug: field-visits-two\n", 1).replace("15000000", "16000000")
    changed = changed.replace("ما يقارب 100 ", "ما يقارب 100 ").replace("state: announced", "state: held", 1)
    changed = re.sub(r"(?ms)^visits:.*", "", changed).replace("activities: [field-visits]", "activities: []")
    assert load(changed, EXAMPLES).changes > 3
    assert Activity.objects.filter(slug="field-visits-two").exists()
    take_back()
    assert everything() == before


def test_what_was_changed_since_is_not_lost(world_day, folder):
    load(NEW, folder)
    activity = Activity.objects.get(slug="liqaa-2021")
    planning.change(activity=activity, by=journal.CLI, now=timezone.now(), state="confirmed")
    with pytest.raises(undo.ChangedSince) as refused:
        take_back()
    assert refused.value.records == ["liqaa-2021"]
    assert "liqaa-2021" in str(refused.value)
    activity.refresh_from_db()
    assert activity.state == "confirmed"
    assert LoadedFile.objects.get().undone_at is None


def test_what_others_use_meanwhile_stays(world_day, folder):
    load(NEW, folder)
    planning.settle(
        record=world_day, programme=world_day, by=journal.CLI, now=timezone.now(),
        involved=[{"organisation": "jamiya", "role": "partner"}],
    )  # fmt: skip
    take_back()
    assert not Programme.objects.filter(slug="yawm-2021").exists()
    assert Organisation.objects.filter(slug="jamiya").exists()


def test_a_public_programme_is_withdrawn_first(world_day, folder):
    load(NEW, folder)
    programme = Programme.objects.get(slug="yawm-2021")
    planning.publish(programme=programme, by=journal.CLI, now=timezone.now())
    with pytest.raises(Refused):
        take_back()
    assert Programme.objects.filter(slug="yawm-2021").exists()
    planning.withdraw(programme=programme, by=journal.CLI, now=timezone.now())
    take_back()
    assert not Programme.objects.filter(slug="yawm-2021").exists()


def test_at_the_desk_a_file_comes_with_its_texts_and_goes_by_one_button(secretariat):
    sent = [
        SimpleUploadedFile("برنامج.yaml", NEW.encode()),
        SimpleUploadedFile("bayan.txt", "بيان: لقاء في الرباط.".encode()),
    ]
    page = secretariat.post("/desk/import/", {"file": sent})
    assert page.status_code == 200, page.content.decode()
    assert not Programme.objects.filter(slug="yawm-2021").exists()
    token = re.search(r'name="token" value="([^"]+)"', page.content.decode()).group(1)
    assert secretariat.post("/desk/import/", {"confirm": "1", "token": token}).status_code == 302
    assert Programme.objects.get(slug="yawm-2021").source_texts.get().text == "بيان: لقاء في الرباط."
    loaded = LoadedFile.objects.get()
    assert "برنامج.yaml" in secretariat.get("/desk/import/").content.decode()
    for _click in range(2):
        secretariat.post(f"/desk/import/{loaded.pk}/take-back/")
    assert not Programme.objects.filter(slug="yawm-2021").exists()
    assert "take-back" not in secretariat.get("/desk/import/").content.decode()


def test_a_missing_text_is_named_and_no_path_of_the_server_is_shown(secretariat):
    page = secretariat.post("/desk/import/", {"file": [SimpleUploadedFile("برنامج.yaml", NEW.encode())]})
    text = page.content.decode()
    assert page.status_code == 422
    assert "sources/bayan.txt" in text
    assert "برنامج.yaml:7" in text
    assert "/imports/" not in text


def test_two_programme_files_at_once_are_refused_with_what_to_do(secretariat):
    sent = [SimpleUploadedFile(f"{number}.yaml", NEW.encode()) for number in (1, 2)]
    assert secretariat.post("/desk/import/", {"file": sent}).status_code == 422
    assert not Programme.objects.exists()


def test_records_change_by_hand_after_an_undo(world_day, folder):
    load(NEW, folder)
    take_back()
    assert load(NEW, folder).changes > 3
    programme = Programme.objects.get(slug="yawm-2021")
    programme.title = {**programme.title, "fr": "Journée"}
    records.change(programme, by=journal.CLI, now=timezone.now())
    assert journal.of(programme).first().verb == "programme.change"
