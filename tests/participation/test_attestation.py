"""Whoever was there and is due no certificate gets a letter that says so."""

import pytest

from tansiq.coordination.models import Letter
from tansiq.core import journal
from tansiq.participation import attestation
from tests.participation.certified import AFTER, KHADIJA, attended, certified, course, text_of  # noqa: F401
from tests.participation.conftest import letters

pytestmark = pytest.mark.django_db


def test_who_was_there_and_is_due_none_gets_a_registered_letter_once(course, attended, world_day):
    from tansiq.people.models import Organisation

    row = attended(course(), 1, minutes=170, name=KHADIJA)
    with pytest.raises(attestation.NoAddressee):
        attestation.write(registration=row, by=journal.CLI, now=AFTER)
    to = Organisation.objects.get(slug="unodc")
    first, again = (
        attestation.write(registration=row, organisation=to, by=journal.CLI, now=AFTER) for _twice in range(2)
    )
    assert first == again == Letter.objects.get(direction="out")
    assert first.kind.slug == "attestation"
    from tansiq.coordination import letters as register
    from tansiq.core import docx

    assert KHADIJA["ar"] in docx.text_of(register.open_file(first, "docx"))


def test_nobody_who_was_not_there_or_has_a_certificate_gets_an_attestation(certified, attended):
    one = certified()
    with pytest.raises(attestation.NothingToAttest, match="1/2020"):
        attestation.write(registration=one.registration, by=journal.CLI, now=AFTER)
    absent = attended(one.registration.admission, 2, minutes=0, name={"ar": f"غائبة {letters(2)}"})
    with pytest.raises(attestation.NothingToAttest):
        attestation.write(registration=absent, by=journal.CLI, now=AFTER)
