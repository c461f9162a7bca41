"""One ZIP of a whole programme: read without the software, loaded back as it was, refused where it was changed."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
import zipfile

import lxml.html
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfReader

from tansiq.config import archive, files
from tansiq.coordination import approvals, documents, letters, lists, runofshow, tasks
from tansiq.coordination.approvals import Asked
from tansiq.coordination.letters import Wanted
from tansiq.coordination.models import (
    Approval,
    Document,
    DocumentVersion,
    FollowUp,
    Function,
    Letter,
    LetterKind,
    LetterSeries,
    PersonList,
    RunOfShow,
    RunOfShowIssue,
    Task,
)
from tansiq.core import docx, journal, records
from tansiq.core.dates import PartialDate
from tansiq.core.errors import BadInput
from tansiq.core.localized import Localized
from tansiq.core.models import Source
from tansiq.media.models import Asset
from tansiq.people import accounts
from tansiq.people.models import Organisation
from tansiq.programme import planning
from tansiq.programme.models import Activity, Programme
from tests.config.conftest import tansiq
from tests.conftest import EXAMPLES
from tests.desk.conftest import secretariat, user_with  # noqa: F401

NOW = dt.datetime(2020, 6, 15, 9, 0, tzinfo=dt.UTC)
BY = {"by": journal.CLI, "now": NOW}
PDF = b"%PDF-1.4\n%%EOF\n"


def org(slug):
    return Organisation.objects.get(slug=slug)


@pytest.fixture
def prepared(world_day):
    """The programme of 2020 in the middle of its preparation: something of everything."""
    ceremony = world_day.activities.select_related("place", "programme").get(slug="ceremony")
    tasks.prepare_programme(programme=world_day, **BY)
    first = Task.objects.filter(activity=ceremony, after=None).exclude(key__contains="after-").order_by("due").first()
    from tansiq.media import assets

    file = assets.store(
        content=PDF, file_name="note.pdf", title={"ar": "ورقة"}, shows_persons=False, is_scan=True, **BY
    )
    tasks.finish(task=first, evidence="ورقة موقعة", file=file, **BY)
    kind = LetterKind.objects.get(slug="invitation")
    sent = [
        letters.write(
            Wanted(kind, world_day, ceremony, org(slug), language, answer_by=dt.date(2020, 7, 10)),
            dated=NOW.date(),
            **BY,
        )
        for slug, language in (("unodc", "fr"), ("eu", "ar"))
    ]
    for letter in sent:
        letters.send(letter=letter, on=NOW.date(), **BY)
    reply = Letter(
        organisation=org("unodc"),
        language="fr",
        subject="Réponse",
        dated=NOW.date(),
        programme=world_day,
        answers=sent[0],
        code="",
    )
    letters.register_in(reply, scan=PDF, file_name="reponse.pdf", **BY)
    show = RunOfShow(
        activity=ceremony, items=[{"title": {"ar": "كلمة", "fr": "Allocution"}, "minutes": 10, "time": "10:00"}]
    )
    runofshow.save(show, **BY)
    runofshow.issue(show=show, **BY)
    approval = approvals.ask(
        subject=ceremony,
        what="agenda",
        steps=[Asked(org("unodc"), 1, "Rabat"), Asked(org("eu"), 2)],
        language="fr",
        **BY,
    )
    step = approval.steps.get(organisation=org("unodc"))
    scan = approvals.keep_scan(content=PDF, file_name="x.pdf", step=step, **BY)
    approvals.answer(step=step, agrees=True, comment="D’accord", how="scan", scan=scan, **BY)
    document = Document.objects.create(
        programme=world_day, activity=ceremony, slug="opening", kind="speech", title=Localized({"ar": "كلمة الافتتاح"}), reference_language="ar",
    )  # fmt: skip
    text = documents.want(
        document=document,
        language="ar",
        translator=Function.objects.get(slug="translation"),
        due=dt.date(2020, 7, 1),
        **BY,
    )
    documents.keep(text=text, words="نخلد هذا اليوم.", seen=0, **BY)
    documents.keep(
        text=text, file=docx.build([{"kind": "paragraph", "text": "نخلد هذا اليوم معا."}], language="ar"), seen=1, **BY
    )
    approvals.ask(subject=text, what="speech", steps=[Asked(org("eu"))], language="ar", **BY)
    approvals.ask(
        subject=world_day.materials.get(kind="spot"), what="spot", steps=[Asked(org("eu"))], language="ar", **BY
    )
    gone = planning.add(
        activity=Activity(
            programme=world_day, slug="closing", kind="meeting", title=Localized({"ar": "لقاء ختامي"}), reference_language="ar",
            position=99, changed_at=NOW, when=PartialDate("2020-07-29"),
        ),
        **BY,
    )  # fmt: skip
    approvals.ask(subject=gone, what="logos", steps=[Asked(org("eu"))], language="ar", **BY)
    records.remove(gone, **BY)
    row = PersonList(activity=ceremony, kind="security", entries=[{"name": "سعيد المتخيل", "paper": "AB123456"}])
    lists.save(row, **BY)
    return world_day


@pytest.fixture
def made(prepared):
    out = io.BytesIO()
    archive.write(prepared, out, now=NOW)
    return out.getvalue()


def remove(programme):
    """As in an installation that never had it: the records, the register and the files are gone."""
    for letter in Letter.objects.all():
        for name in (letter.docx_name, letter.pdf_name):
            if name:
                default_storage.delete(name)
    Letter.objects.update(answers=None, corrects=None)
    Letter.objects.all().delete()
    LetterSeries.objects.all().delete()
    Approval.objects.all().delete()
    programme.delete()
    Asset.objects.all().delete()
    Organisation.objects.filter(origin=f"programme:{programme.slug}").delete()
    Source.objects.filter(scope=f"programme:{programme.slug}").delete()


def load(content, tmp_path, name="world-day.zip"):
    (tmp_path / name).write_bytes(content)
    with archive.opened(tmp_path / name) as path:
        return files.load(files.read(path), **BY)


def changed(content, **members):
    """The same ZIP with other members, and the manifest as it was."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for one in old.infolist():
            new.writestr(one.filename, members.pop(one.filename, None) or old.read(one))
        for name, data in members.items():
            new.writestr(name, data)
    return out.getvalue()


# --- Readable -------------------------------------------------------------------------------------------------------


def test_the_index_leads_to_every_file_and_needs_nothing_from_outside(made):
    packed = zipfile.ZipFile(io.BytesIO(made))
    names = set(packed.namelist())
    for name, direction in (("index.html", "rtl"), ("index.fr.html", "ltr"), ("index.en.html", "ltr")):
        page = lxml.html.fromstring(packed.read(name).decode())
        assert page.get("dir") == direction
        assert {one.get("href") for one in page.iter("a") if not one.get("href").startswith("#")} <= names
        assert not page.xpath("//script | //link | //img | //iframe")
        assert not re.findall(r"(?:url\(|src=|https?:)", packed.read(name).decode())
    text = lxml.html.fromstring(packed.read("index.html").decode()).text_content()
    for words in ("حفل في المعهد العالي للقضاء بالرباط", "2/2020", "كلمة الافتتاح"):
        assert words in text


def test_papers_are_pdf_and_tables_open_as_arabic(made):
    packed = zipfile.ZipFile(io.BytesIO(made))
    papers = [name for name in packed.namelist() if name.endswith(".pdf")]
    assert {name.partition("/")[0] for name in papers} >= {
        "letters",
        "run-of-show",
        "approvals",
        "documents",
        "evidence",
    }
    for name in papers:
        if packed.read(name) != PDF:
            assert len(PdfReader(io.BytesIO(packed.read(name))).pages) >= 1, name
    csv = packed.read("tables/letters.csv")
    assert csv.startswith(b"\xef\xbb\xbf")
    assert "1/2020" in csv.decode()
    assert "coordination.send_letter" in packed.read("tables/journal.csv").decode()


def test_every_file_stands_in_the_manifest_with_its_digest(made):
    packed = zipfile.ZipFile(io.BytesIO(made))
    manifest = json.loads(packed.read("manifest.json"))
    assert manifest["format"] == "tansiq/archive/1"
    assert set(manifest["files"]) == set(packed.namelist()) - {"manifest.json"}
    for name, digest in manifest["files"].items():
        assert hashlib.sha256(packed.read(name)).hexdigest() == digest


def test_no_list_of_persons_no_mailbox_and_no_link_is_in_it(made):
    packed = zipfile.ZipFile(io.BytesIO(made))
    for name in packed.namelist():
        content = packed.read(name)
        assert b"AB123456" not in content, name
        assert "سعيد المتخيل".encode() not in content, name
        assert b"/l/" not in content or name.endswith((".pdf", ".docx")), name


# --- Loaded back ----------------------------------------------------------------------------------------------------


def test_loading_it_where_it_came_from_changes_nothing(made, tmp_path):
    assert load(made, tmp_path).changes == 0


def test_it_loads_into_an_installation_that_never_had_it_and_makes_the_same_archive_again(made, prepared, tmp_path):
    pdf = letters.open_file(Letter.objects.get(direction="out", serial=1), "pdf")
    remove(prepared)
    assert not Programme.objects.filter(slug="world-day-2020").exists()
    load(made, tmp_path)
    programme = Programme.objects.get(slug="world-day-2020")
    first = Letter.objects.get(direction="out", serial=1)
    assert letters.open_file(first, "pdf") == pdf
    assert (first.state, first.answered_by.get().scan.kind) == ("answered", "scan")
    assert Approval.objects.get(what="agenda").steps.get(organisation=org("unodc")).comment == "D’accord"
    assert [version.number for version in DocumentVersion.objects.order_by("number")] == [1, 2]
    assert RunOfShowIssue.objects.get().number == 1
    assert Task.objects.exclude(evidence_file=None).count() == 1
    out = io.BytesIO()
    archive.write(programme, out, now=NOW)
    again, before = zipfile.ZipFile(out), zipfile.ZipFile(io.BytesIO(made))
    one, other = (json.loads(each.read("programme.json")) for each in (before, again))
    # The paper of an approval is named after its record, which is another one here.

    def strip(data):
        return re.sub(r"approvals/[0-9a-f]{8}-", "approvals/", json.dumps(data, ensure_ascii=False, sort_keys=True))

    assert strip(one) == strip(other)


def test_nothing_is_false_after_loading_and_the_next_letter_takes_the_next_number(made, prepared, tmp_path):
    remove(prepared)
    load(made, tmp_path)
    assert not FollowUp.objects.exists()
    assert Approval.objects.get(what="agenda").state == "open"
    assert Approval.objects.get(what="spot").state == "open"
    assert approvals.subject_of(Approval.objects.get(what="spot")).slug == "spot-2020"
    programme = Programme.objects.get(slug="world-day-2020")
    ceremony = programme.activities.select_related("place").get(slug="ceremony")
    kind = LetterKind.objects.get(slug="thanks")
    letter = letters.write(Wanted(kind, programme, ceremony, org("eu"), "fr"), dated=NOW.date(), **BY)
    assert letter.number == "3/2020"


def test_a_letter_number_that_another_letter_has_is_refused_and_nothing_is_stored(made, prepared, tmp_path):
    remove(prepared)
    Letter.objects.create(
        direction="out", year=2020, serial=2, language="ar", subject="غيرها", dated=NOW.date(), state="sent"
    )
    stored = set(default_storage.listdir("letters")[1])
    with pytest.raises(BadInput) as error:
        load(made, tmp_path)
    assert "2/2020" in str(error.value)
    assert not Programme.objects.filter(slug="world-day-2020").exists()
    assert set(default_storage.listdir("letters")[1]) == stored


# --- Refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (lambda made: b"PK\x03\x04 no zip", "ZIP"),
        (lambda made: made[: len(made) // 2], "ZIP"),
        (lambda made: made[:60] + bytes(byte ^ 0xFF for byte in made[60:90]) + made[90:], "ZIP"),
        (lambda made: changed(made, **{"é.txt": b""}).replace("é.txt".encode(), b"\xff\xfe.txt"), "ZIP"),
        (lambda made: changed(made, **{"manifest.json": b'{"format": "tansiq/archive/2", "files": {"programme.yaml": ""}}'}), "tansiq/archive/2"),
        (lambda made: changed(made, **{"manifest.json": b"[]"}), "manifest.json"),
        (lambda made: changed(made, **{"programme.yaml": b"format: x"}), "programme.yaml"),
        (lambda made: changed(made, **{"manifest.json": b'{"format": "tansiq/archive/1", "files": {"../x": "", "programme.yaml": ""}}'}), "../x"),
    ],
)  # fmt: skip
def test_what_is_no_archive_another_version_or_changed_is_refused_with_the_reason(
    made, content, says, tmp_path, prepared
):
    journal_before = journal.of(prepared).count()
    with pytest.raises(BadInput) as error:
        load(content(made), tmp_path)
    assert says in str(error.value)
    assert journal.of(prepared).count() == journal_before


def test_what_is_far_larger_unpacked_is_not_unpacked_at_the_desk(secretariat, monkeypatch):
    monkeypatch.setattr(files, "SIZE_LIMIT_BYTES", 100_000)
    big = b" " * 1_500_000
    digests = {"programme.yaml": hashlib.sha256(big).hexdigest()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("programme.yaml", big)
        packed.writestr("manifest.json", json.dumps({"format": archive.FORMAT, "files": digests}))
    assert len(out.getvalue()) < 10_000
    page = secretariat.post("/desk/import/", {"file": SimpleUploadedFile("big.zip", out.getvalue())})
    assert page.status_code == 422
    assert "يتجاوز هذا الملف المضغوط الحجم" in page.content.decode()


def test_a_file_changes_no_answer_that_is_kept_here(made, prepared, tmp_path):
    approval = prepared.approvals.get(what="speech")
    Approval.objects.filter(pk=approval.pk).update(state="refused")
    load(made, tmp_path)
    approval.refresh_from_db()
    assert approval.state == "refused"


def test_the_commands_write_it_and_load_it_back(data, tmp_path):
    assert tansiq("load", EXAMPLES / "ma-2020-world-day.yaml", data=data).returncode == 0
    target = tmp_path / "out" / "world-day.zip"
    written = tansiq("archive", "world-day-2020", "-o", target, data=data)
    assert (written.returncode, written.stdout) == (0, "")
    assert zipfile.ZipFile(target).testzip() is None
    assert tansiq("load", target, data=data).returncode == 0
    target.write_bytes(target.read_bytes()[:5000])
    refused = tansiq("load", target, data=data)
    assert refused.returncode == 2
    assert "world-day.zip" in refused.stderr
    assert tansiq("archive", "world-day-2019", "-o", target, data=data).returncode == 1


def test_the_desk_gives_the_archive_and_takes_it_back(made, prepared, secretariat, client, user_with):
    address = f"/desk/programme/{prepared.pk}/export/zip/"
    content = b"".join(secretariat.get(address).streaming_content)
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    remove(prepared)
    page = secretariat.post("/desk/import/", {"file": SimpleUploadedFile("world-day.zip", content)})
    assert page.status_code == 200
    assert not Programme.objects.filter(slug="world-day-2020").exists()
    secretariat.post("/desk/import/", {"confirm": "1", "token": page.context["token"]})
    assert Letter.objects.count() == 3
    wrong = changed(content, **{"manifest.json": b'{"format": "tansiq/archive/9", "files": {}}'})
    page = secretariat.post("/desk/import/", {"file": SimpleUploadedFile("world-day.zip", wrong)})
    assert page.status_code == 422
    assert "tansiq/archive/9" in page.content.decode()


def test_a_partner_gets_no_archive(prepared, client, user_with):
    user = user_with()
    accounts.grant(user=user, role="partner", organisation=org("unodc"), by=user, now=NOW)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/desk/programme/{prepared.pk}/export/zip/").status_code != 200
    assert client.get(f"/desk/programme/{prepared.pk}/export/yaml/").status_code == 200


def test_what_was_deleted_leaves_no_trace_that_keeps_the_file_from_loading(prepared, tmp_path):
    prepared.commitments.all().delete()
    records.remove(prepared.activities.get(slug="joining-blue-heart"), **BY)
    out = io.BytesIO()
    archive.write(prepared, out, now=NOW)
    assert load(out.getvalue(), tmp_path).counts["trace"][1] == 0
