"""Issued files stay as they were sealed, are drawn in a further language when asked, and go with the name."""

import datetime as dt

import pytest
from django.core.files.storage import default_storage

from tansiq.core import journal
from tansiq.participation import certificatefiles, verification
from tansiq.participation.models import Certificate
from tansiq.people import privacy
from tests.participation.certified import AFTER, attended, certified, course, text_of  # noqa: F401

pytestmark = pytest.mark.django_db


def test_the_file_of_an_erased_person_is_gone(certified, django_capture_on_commit_callbacks):
    one = certified()
    file = one.files["ar"]["name"]
    assert default_storage.exists(file)
    with django_capture_on_commit_callbacks(execute=True):
        privacy.erase(one.registration.person, by=journal.CLI, now=AFTER)
    assert not default_storage.exists(file)


def test_a_second_language_is_drawn_when_asked_and_the_same_bytes_ever_after(certified):
    one = certified()
    french = certificatefiles.open_pdf(one, "fr", now=AFTER)
    assert "Certificat de participation" in text_of(french)
    one = Certificate.objects.get()
    assert certificatefiles.open_pdf(one, "fr", now=AFTER + dt.timedelta(days=9)) == french
    assert verification.check_file(french, now=AFTER).status == "valid"
    with pytest.raises(FileNotFoundError):
        certificatefiles.open_pdf(one, "xx", now=AFTER)
