"""An administration names its people by the personal link: without an account, without losing what was typed."""

import datetime as dt
import io
import re

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tansiq.core import journal
from tansiq.core.models import Entry, Message
from tansiq.participation import nominations, nominees, takeover
from tansiq.participation.models import Nominee
from tansiq.people.models import Organisation
from tests.participation.conftest import seminar  # noqa: F401

pytestmark = pytest.mark.django_db
KHADIJA = {"name_ar": "خديجة أيت واحي", "name_fr": "Khadija Ait Ouahi", "email": "k@example.org", "permission": "1"}
SALMA = {"name_ar": "سلمى الإدريسي", "name_fr": "Salma El Idrissi", "email": "s@example.org", "permission": "1"}


@pytest.fixture
def asked(seminar):
    """A request of now, so that its link is good: two places and one in reserve for one region."""
    Organisation.objects.create(slug="idara", kind="government", name={"ar": "إدارة افتراضية"}, reference_language="ar")
    return nominations.ask(
        admission=seminar(), organisation=Organisation.objects.get(slug="idara"), by=journal.CLI, now=timezone.now(),
        places=[{"region": "MA-09", "number": 2, "reserve": 1}], due=timezone.localdate() + dt.timedelta(days=10),
        email="idara@example.org", office="مديرية الموارد البشرية",
    ).request  # fmt: skip


@pytest.fixture
def path(asked):
    return link_in(Message.objects.get().body)


def link_in(body):
    return re.search(r"http://testserver(/l/[^/\s]+/)", body)[1]


def hidden(client, path, name):
    return re.search(f'name="{name}" value="([^"]*)"', client.get(path).content.decode())[1]


def code():
    body = Message.objects.filter(key__startswith="code:").order_by("-created_at").first().body
    return re.search(r"\d{6}", body)[0]


def form(client, path, *people, **more):
    """What a browser sends: every input of the page, filled in or empty."""
    given = {"token": hidden(client, path, "token"), "seen": ""}
    for number, one in enumerate([*people, {}, {}][:3] if people else []):
        given |= {f"{number}-{name}": value for name, value in {"email": "", **one}.items()}
    return given | more


def send(client, path, *people, **more):
    """Check, take the code from the mail, send."""
    checked = client.post(path, form(client, path, *people, do="check"))
    assert checked.status_code == 200, checked.content.decode()
    return client.post(path, form(client, path, *people, do="send", code=code(), **more))


def test_a_list_is_checked_then_sent_with_the_code_from_the_mailbox(asked, path, client):
    answer = client.post(path, form(client, path, KHADIJA, SALMA, do="check"))
    assert not asked.nominees.exists()
    assert 'value="خديجة أيت واحي"' in answer.content.decode()
    answer = client.post(path, form(client, path, KHADIJA, SALMA, do="send", code=code()))
    assert answer.status_code == 200
    assert [(dict(one.name), one.region_id, one.has_permission) for one in nominees.listed(asked)] == [
        ({"ar": "خديجة أيت واحي", "fr": "Khadija Ait Ouahi"}, "MA-09", True),
        ({"ar": "سلمى الإدريسي", "fr": "Salma El Idrissi"}, "MA-09", True),
    ]  # fmt: skip
    assert Entry.objects.get(verb="participation.answer_request").actor_label == "link"
    assert "Set-Cookie" not in answer
    assert answer["Cache-Control"] == "no-store, private"
    # Pressed twice, nothing is doubled.
    client.post(path, form(client, path, KHADIJA, SALMA, do="send", code=code()))
    assert Entry.objects.filter(verb="participation.answer_request").count() == 1


def test_without_the_code_nothing_is_kept_and_everything_typed_is_still_there(asked, path, client):
    client.post(path, form(client, path, KHADIJA, do="check"))
    wrong = "000000" if code() != "000000" else "111111"
    answer = client.post(path, form(client, path, KHADIJA, do="send", code=wrong))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="k@example.org"' in page
    assert 'name="code"' in page
    assert not asked.nominees.exists()


def test_faults_stand_at_their_fields_and_nothing_typed_is_lost(asked, path, client):
    answer = client.post(
        path, form(client, path, {**KHADIJA, "email": "لا"}, {**SALMA, "name_ar": "12345"}, do="check")
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert page.count('aria-invalid="true"') == 2
    assert 'value="12345"' in page
    assert 'value="Khadija Ait Ouahi"' in page
    assert not Message.objects.filter(key__startswith="code:").exists()


def test_the_sheet_is_taken_read_back_shown_and_sent(asked, path, client):
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{path}sheet.xlsx").content))
    page = book.worksheets[0]
    page["A3"], page["B3"], page["F3"], page["I3"] = KHADIJA["name_ar"], KHADIJA["name_fr"], "k@example.org", "نعم"
    out = io.BytesIO()
    book.save(out)
    given = form(client, path, SALMA, do="upload", sheet=SimpleUploadedFile("لائحة.xlsx", out.getvalue()))
    answer = client.post(path, given)
    shown = answer.content.decode()
    assert answer.status_code == 200
    assert 'value="خديجة أيت واحي"' in shown
    assert "سلمى" not in shown
    assert not asked.nominees.exists()
    assert client.post(path, form(client, path, KHADIJA, do="send", code=code())).status_code == 200
    assert asked.nominees.get().email == "k@example.org"


def test_a_wrong_sheet_names_its_cells_and_what_was_typed_stays(asked, path, client):
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{path}sheet.xlsx").content))
    book.worksheets[0]["A3"], book.worksheets[0]["F3"] = "12345", "لا"
    out = io.BytesIO()
    book.save(out)
    given = form(client, path, SALMA, do="upload", sheet=SimpleUploadedFile("x.xlsx", out.getvalue()))
    answer = client.post(path, given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "!A3" in page
    assert "!F3" in page
    assert 'value="سلمى الإدريسي"' in page


def test_a_list_of_a_hundred_comes_by_the_sheet_and_is_shown_before_it_is_sent(asked, path, client):
    nominations.revise(
        request=asked, places=[{"region": "MA-09", "number": 100, "reserve": 0}], due=asked.due, email=asked.email,
        office=asked.office, by=journal.CLI, now=timezone.now(),
    )  # fmt: skip
    from tests.participation.conftest import latin, letters

    book = openpyxl.load_workbook(io.BytesIO(client.get(f"{path}sheet.xlsx").content))
    for number in range(100):
        book.worksheets[0].cell(number + 3, 1, f"مشاركة {letters(number)}")
        book.worksheets[0].cell(number + 3, 2, f"Participante {latin(number)}")
        book.worksheets[0].cell(number + 3, 6, f"q{number}@example.org")
    out = io.BytesIO()
    book.save(out)
    given = form(client, path, do="upload", sheet=SimpleUploadedFile("x.xlsx", out.getvalue()))
    page = client.post(path, given).content.decode()
    kept = re.search('name="kept" value="([^"]+)"', page)[1]
    assert client.post(path, form(client, path, do="send", code=code(), kept=kept)).status_code == 200
    assert asked.nominees.count() == 100
    # What was not signed here is not read.
    assert client.post(path, form(client, path, do="send", code=code(), kept=f"x{kept}")).status_code == 422


def test_the_list_is_seen_again_and_changed_until_the_day(asked, path, client):
    send(client, path, KHADIJA, SALMA)
    assert 'value="k@example.org"' in client.get(path).content.decode()
    assert send(client, path, SALMA).status_code == 200
    assert [one.email for one in nominees.listed(asked)] == ["s@example.org"]
    type(asked).objects.update(due=timezone.localdate() - dt.timedelta(days=1))
    page = client.get(path).content.decode()
    assert 'value="s@example.org"' not in page
    assert "سلمى الإدريسي" in page
    late = client.post(path, form_late(asked, KHADIJA, code=code()))
    assert late.status_code == 409
    assert [one.email for one in nominees.listed(asked)] == ["s@example.org"]


def form_late(asked, one, **more):
    from tansiq.public import nominating

    given = {f"0-{name}": value for name, value in one.items()}
    return {"token": nominating._token(asked), "do": "send", **given, **more}


def test_of_two_at_once_the_second_is_told_and_keeps_what_was_typed(asked, path, client):
    seen = hidden(client, path, "seen")
    send(client, path, KHADIJA)
    answer = client.post(path, form(client, path, SALMA, do="send", code=code(), seen=seen))
    assert answer.status_code == 409
    assert 'value="s@example.org"' in answer.content.decode()
    assert [one.email for one in nominees.listed(asked)] == ["k@example.org"]


def test_one_is_replaced_by_another_and_withdrawn_with_the_code(asked, path, client):
    send(client, path, KHADIJA, SALMA)
    takeover.take_over(request=asked, by=journal.CLI, now=timezone.now())
    one = f"{path}?one={asked.nominees.get(email='k@example.org').pk}"
    other = {**SALMA, "name_ar": "نعيمة التازي", "name_fr": "Naima Tazi", "email": "n@example.org"}
    assert "خديجة" in client.get(one).content.decode()
    refused = client.post(one, form(client, one, other, do="replace", code="1"))
    assert refused.status_code == 422
    assert 'value="n@example.org"' in refused.content.decode()
    client.post(one, form(client, one, other, do="code"))
    assert client.post(one, form(client, one, other, do="replace", code=code())).status_code == 200
    new = asked.nominees.get(email="n@example.org")
    assert (new.state, new.registration.state) == ("named", "confirmed")
    again = f"{path}?one={new.pk}"
    client.post(again, form(client, again, do="withdraw", code=code()))
    new.refresh_from_db()
    assert new.state == "withdrawn"


def test_a_page_shows_nothing_of_another_administration(asked, path, client):
    Organisation.objects.create(slug="ukhra", kind="government", name={"ar": "إدارة أخرى"}, reference_language="ar")
    other = nominations.ask(
        admission=asked.admission, organisation=Organisation.objects.get(slug="ukhra"), by=journal.CLI, now=timezone.now(),
        places=asked.places, due=asked.due,
    ).request  # fmt: skip
    theirs = Nominee.objects.create(request=other, name={"ar": "رشيد بنعيسى"}, reference_language="ar")
    assert "رشيد" not in client.get(path).content.decode()
    page = client.get(f"{path}?one={theirs.pk}")
    assert page.status_code == 404
    assert "رشيد" not in page.content.decode()
    client.post(f"{path}?one={theirs.pk}", form(client, path, do="withdraw", code="1"))
    theirs.refresh_from_db()
    assert theirs.state == "named"


def test_a_link_that_was_closed_or_is_of_something_else_opens_nothing(asked, path, client):
    assert client.get("/l/nothing/sheet.xlsx").status_code == 404
    assert client.get(f"{path}?one=x").status_code == 404
    nominations.close(request=asked, by=journal.CLI, now=timezone.now())
    assert client.get(path).status_code == 410
    assert client.get(f"{path}sheet.xlsx").status_code == 410
    assert client.post(path, {"do": "send"}).status_code == 410


def test_a_form_of_elsewhere_is_refused_and_one_that_was_open_too_long_keeps_its_words(asked, path):
    client = Client()
    assert (
        client.post(path, form(client, path, KHADIJA, do="check"), HTTP_ORIGIN="https://evil.example").status_code
        == 403
    )
    old = client.post(path, form(client, path, KHADIJA, do="check") | {"token": "x"})
    assert old.status_code == 422
    assert 'value="k@example.org"' in old.content.decode()


def test_the_page_is_in_the_language_of_the_request(asked, path, client):
    type(asked).objects.update(language="fr")
    from tansiq.core.models import Link

    Link.objects.update(language="fr")
    answer = client.get(path)
    assert answer["Content-Language"] == "fr"
    assert '<html lang="fr" dir="ltr">' in answer.content.decode()
