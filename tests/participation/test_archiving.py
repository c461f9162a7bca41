"""Who came, in an archive: read without the software, loaded back as it was, and nobody named in it."""

from __future__ import annotations

import copy
import datetime as dt
import io
import json
import zipfile

import lxml.html
import pytest

from tansiq.config import archive, files
from tansiq.core import journal
from tansiq.core.errors import BadInput
from tansiq.core.localized import Localized
from tansiq.core.models import Source
from tansiq.participation import (
    attendance,
    certificatefiles,
    certificates,
    feedback,
    keys,
    places,
    protocol,
    verification,
)
from tansiq.participation.models import (
    Admission,
    Attempt,
    AttendanceReport,
    Certificate,
    CertificateSeries,
    Feedback,
    Invitation,
    NominationRequest,
    Nominee,
    Placement,
    Registration,
    SigningKey,
)
from tansiq.people.models import Organisation, Person
from tansiq.programme.models import Activity, Programme
from tests.participation import asking, invited
from tests.participation.certified import AFTER, DAY, KHADIJA, attended  # noqa: F401
from tests.participation.conftest import NOW

pytestmark = pytest.mark.django_db
BY = {"by": journal.CLI, "now": AFTER}
OFFICER = journal.Actor("user", None)
REASON = "بطلب من رئيس المراسم"


@pytest.fixture
def held(seminar, attended, come):
    """The seminar and the ceremony when all is over: something of everything. Nobody in it is real."""
    shares = {"MA-09": 5, "MA-04": 2}
    admission = seminar(capacity=8, shares=shares, unused_from=NOW.date(), certificate={"minutes": 240})
    test = asking.ready(admission)
    rows = [attended(admission, n, how="nomination") for n in range(1, 6)]
    rows += [come(admission, n, region="MA-09") for n in (6, 7)]
    places_left = [come(admission, n, region="MA-04") for n in (8, 9, 10)]
    for row, answers in zip(rows[:2], (asking.ALL_RIGHT, asking.ALL_WRONG), strict=True):
        asking.take(test, row, "before", answers)
    asking.take(test, rows[0], "after", asking.ALL_RIGHT)
    AttendanceReport.objects.create(
        admission=admission, platform="zoom", meeting="اجتماع خديجة", file_name="khadija.csv", sha256="a" * 64, rows=7,
        stays=[{"row": 1, "name": "خديجة أيت واحي", "joined": "x"}], read_at=AFTER,
    )  # fmt: skip
    person = rows[0].person
    person.name = Localized(KHADIJA)
    person.save()
    issued = [certificates.issue(registration=row, **BY) for row in rows[:3]]
    certificates.revoke(certificate=issued[1], because="خطأ", **BY)
    certificates.reissue(certificate=issued[2], because="تصحيح", **BY)
    request = NominationRequest.objects.create(
        admission=admission, organisation=invited.eu(), places=[{"region": "MA-09", "number": 5, "reserve": 1}], language="fr",
        email="cabinet@example.org", office="مكتب فاطمة", state="taken", how="link", asked_at=NOW, answered_at=NOW,
        taken_at=NOW, due=dt.date(2020, 7, 10),
    )  # fmt: skip
    first = Nominee.objects.create(
        request=request, position=1, name=Localized(KHADIJA), reference_language="ar", email="p1@example.org",
        region_id="MA-09", state="replaced", reason={"why": "unfit", "text": "خديجة أيت واحي"},
    )  # fmt: skip
    Nominee.objects.create(
        request=request, position=1, name=Localized({"ar": "أمينة المتخيلة"}), reference_language="ar", has_permission=True,
        state="named", replaces=first, registration=rows[0],
    )  # fmt: skip
    form = Feedback.objects.create(activity=admission.activity, questions=feedback.defaults(), made_at=NOW)
    scale, *_others, words = form.questions
    form.tally = {
        "answered": 6, "counts": {scale["id"]: {"5": 4, "4": 2}, _others[0]["id"]: {"1": 1}}, "words": {words["id"]: ["شكرا خديجة"] * 6},
    }  # fmt: skip
    form.save()
    guests = [invited.invite(n, companions_allowed=1) for n in (1, 2, 3)]
    invited.reply(guests[0], companions=1)
    invited.reply(guests[1], "represented", representative={"ar": "نائب متخيل"}, representative_function="نائب")
    protocol.place(
        activity=invited.ceremony(),
        order="precedence",
        subject=guests[0],
        beside=guests[2],
        side="after",
        reason=REASON,
        **BY,
    )
    other = Admission.objects.create(activity=invited.ceremony(), capacity=3, left=3)
    Registration.objects.create(
        admission=other,
        person=person,
        number=1,
        state="confirmed",
        has_place=True,
        how="desk",
        language="ar",
        made_at=NOW,
    )
    places.take_up(other, moved={}, arrivals=1)
    assert any(one.state == "waiting" for one in places_left)
    Person.objects.filter(registrations__in=rows[:5]).update(is_fictional=True)
    attendance.settle(admission, **BY)
    return Programme.objects.get(slug="world-day-2020")


@pytest.fixture
def made(held):
    return _made(held)


def _made(programme):
    out = io.BytesIO()
    archive.write(programme, out, now=AFTER)
    return out.getvalue()


def data_of(content):
    return json.loads(zipfile.ZipFile(io.BytesIO(content)).read("programme.json"))


def remove(programme):
    """As in an installation that never had it."""
    Certificate.objects.update(replaces=None)
    for model in (Certificate, CertificateSeries, Attempt, NominationRequest, Registration, Invitation, SigningKey):
        model.objects.all().delete()
    programme.delete()
    Person.objects.filter(user=None).delete()
    Organisation.objects.filter(origin=f"programme:{programme.slug}").delete()
    Source.objects.filter(scope=f"programme:{programme.slug}").delete()


def load(content, tmp_path, *, by=journal.CLI):
    (tmp_path / "held.zip").write_bytes(content)
    with archive.opened(tmp_path / "held.zip") as path:
        return files.load(files.read(path), by=by, now=AFTER)


def refused(document, change=None, *, by=journal.CLI):
    """The problems of an archive whose data were changed by hand, as one text; nothing of it is stored."""
    changed = copy.copy(document)
    changed.data = copy.deepcopy(document.data)
    if change:
        change(changed.data)
    with pytest.raises(BadInput) as error:
        files.load(changed, by=by, now=AFTER)
    assert not Registration.objects.exists()
    return str(error.value)


# --- Readable, and about nobody ---------------------------------------------------------------------------------------


def test_no_name_address_answer_reason_or_private_key_of_anybody_is_in_it(made, held):
    packed = zipfile.ZipFile(io.BytesIO(made))
    hidden = ["خديجة", "Khadija", "KHADIJA", "Participante", "المتخيل", "example.org", "فاطمة", REASON, "khadija.csv"]
    hidden += [name for one in (1, 2, 3) for name in invited.name(one).values()]
    hidden += [row.name["ar"] for row in Person.objects.exclude(registrations=None) if row.name.get("ar")]
    hidden += list(Certificate.objects.values_list("salt", flat=True))
    private = json.loads((keys.folder() / f"{SigningKey.objects.get().key_id}.json").read_text())["d"]
    hidden += [private, *(str(pk) for pk in Registration.objects.values_list("pk", flat=True))]
    for name in packed.namelist():
        content = packed.read(name).decode("utf-8-sig", "replace")
        assert [one for one in hidden if one in content] == [], name
    [seminar] = [one for one in data_of(made)["registrations"] if one["activity"] == "seminar"]
    assert set(seminar["people"][0]["tests"][0]) == {
        "moment", "try", "questions", "how", "points", "score", "begun", "handed_in",
    }  # fmt: skip


def test_the_page_says_how_many_came_and_whoever_shows_a_certificate_is_checked_by_the_archive_alone(made, held):
    packed = zipfile.ZipFile(io.BytesIO(made))
    page = lxml.html.fromstring(packed.read("index.fr.html").decode())
    rows = [[cell.text_content().strip() for cell in row] for row in page.xpath("//table[@id='participation']//tr")]
    assert [row[1:] for row in rows if "assistant" in row[0].lower() or "séminaire" in row[0].lower()] == [
        ["8", "2", "10", "8", "5", "2", "2", "6", "0", "0"]
    ]
    table = packed.read("tables/registrations.csv").decode("utf-8-sig").splitlines()
    assert len(table) == 1 + 11
    certificates_table = packed.read("tables/certificates.csv").decode("utf-8-sig")
    assert Certificate.objects.get(state="valid", replaces=None).code in certificates_table
    assert "revoked" in certificates_table
    found = keys.read_public(packed.read("keys.json"))
    assert found == keys.public_keys()

    pdf = certificatefiles.open_pdf(Certificate.objects.get(state="valid", replaces=None), now=AFTER)
    assert verification.check_file(pdf, now=AFTER, public=found).status == "valid"


# --- Loaded back ------------------------------------------------------------------------------------------------------


def test_it_loads_where_it_never_was_makes_the_same_archive_again_and_goes_on(made, held, tmp_path, attended):
    kept = Certificate.objects.get(state="valid", replaces=None)
    replaced, revoked = Certificate.objects.get(state="replaced"), Certificate.objects.get(state="revoked")
    pdf = certificatefiles.open_pdf(kept, now=AFTER)
    assert load(made, tmp_path).changes == 0  # where it came from
    remove(held)
    load(made, tmp_path)
    again = _made(Programme.objects.get(slug="world-day-2020"))
    assert data_of(again) == data_of(made)
    assert load(again, tmp_path).changes == 0

    status = {one.code: verification.check_code(one.code, now=AFTER).status for one in (kept, replaced, revoked)}
    assert status == {kept.code: "valid", replaced.code: "revoked", revoked.code: "revoked"}
    assert verification.check_file(pdf, now=AFTER).status == "valid"
    assert verification.check_file(pdf.replace(b"%PDF-1.7", b"%PDF-1.6"), now=AFTER).status == "tampered"
    assert verification.changed() == []
    assert not verification.bears_name(verification.find(kept.code), KHADIJA["ar"])

    admission = Admission.objects.get(activity__slug="seminar")
    assert [places.miscounted(one) for one in Admission.objects.all()] == [[], []]
    assert (admission.left, admission.arrivals) == (0, 10)
    assert (
        Registration.objects.get(admission__activity__slug="ceremony").person
        == admission.registrations.get(number=1).person
    )
    assert Person.objects.filter(is_fictional=True, registrations__admission=admission).count() == 5
    attendance.recount(admission, **BY)
    assert admission.registrations.filter(attended=True).count() == 5

    # The next one is signed by a key of this place, under the next number.
    old = SigningKey.objects.get()
    places.settle(admission, 12, {("region", "MA-09"): 8})
    admission.refresh_from_db()
    one = certificates.issue(registration=attended(admission, 60), **BY)
    assert (one.number, one.key == old, old.retired_at) == ("5/2020", False, AFTER)
    admission.refresh_from_db()
    assert places.miscounted(admission) == []


def test_who_is_registered_and_invited_here_stays_as_it_is_here(made, tmp_path):
    Registration.objects.filter(number=6).update(state="cancelled", has_place=False)
    Invitation.objects.filter(number=1).update(rank=7)
    Placement.objects.update(reason="سبب آخر")
    load(made, tmp_path)
    assert Registration.objects.get(number=6).state == "cancelled"
    assert (Invitation.objects.get(number=1).rank, Placement.objects.get().reason) == (7, "سبب آخر")


# --- Refused ----------------------------------------------------------------------------------------------------------


def _seminar(data):
    return next(one for one in data["registrations"] if one["activity"] == "seminar")["people"]


# What is changed by hand, and what the refusal says.
WRONG = {
    "1/2020": lambda data: _seminar(data)[0]["certificates"][0]["signed"].update(minutes=9),
    "signing_keys[0]": lambda data: data["signing_keys"][0].update(x=keys.encode(b"x" * 32)),
    "people[1].number": lambda data: _seminar(data)[1].update(number=_seminar(data)[0]["number"]),
    "10": lambda data: [one.update(state="confirmed") for one in _seminar(data)],
    "2020-13-45": lambda data: _seminar(data)[0]["attendance"][0].update(day="2020-13-45"),
    "2020-07-06T09:00:00": lambda data: _seminar(data)[0].update(made="2020-07-06T09:00:00"),
    "MA-99": lambda data: _seminar(data)[0].update(region="MA-99"),
    "people[1].certificates[0]": lambda data: _seminar(data)[1].update(certificates=_seminar(data)[0]["certificates"]),
    "test_versions": lambda data: data.pop("test_versions"),
    "quotas": lambda data: data.update(quotas=[one for one in data["quotas"] if one["activity"] != "seminar"]),
    "guests[0].companions": lambda data: data["invitations"][0]["guests"][0].update(companions=9),
    "nominations[0].nominees[1].position": lambda data: data["nominations"][0]["nominees"][1].update(position=1),
    "attendance_reports[0].activity": lambda data: data["attendance_reports"][0].update(activity="ceremonie"),
    "feedback_results[0].counts": lambda data: data["feedback_results"][0].update(counts={"useful": {"5": "x"}}),
}


def test_what_does_not_fit_is_refused_whole_and_only_whoever_runs_the_installation_brings_in_a_key(
    made, held, tmp_path
):
    remove(held)
    (tmp_path / "held.zip").write_bytes(made)
    with archive.opened(tmp_path / "held.zip") as path:
        document = files.read(path)
        for says, change in WRONG.items():
            assert says in refused(document, change)
        assert "tansiq load" in refused(document, by=OFFICER)
        assert not Activity.objects.filter(slug="seminar").exists()
        assert files.load(document, **BY).changes > 0
