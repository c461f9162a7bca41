"""Approvals: of one version by its hash, asked in order, answered by link and code or on signed paper, asked anew."""

from __future__ import annotations

import datetime as dt
import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image
from pypdf import PdfReader

from tansiq.coordination import approvals, impact
from tansiq.coordination.approvals import Asked
from tansiq.coordination.models import Approval, ApprovalStep
from tansiq.core import journal
from tansiq.core.dates import PartialDate
from tansiq.core.models import Message
from tansiq.media import assets, consent
from tansiq.media.models import Asset, Consent
from tansiq.people import accounts, privacy
from tansiq.people.models import Organisation, Person
from tansiq.programme import planning

BACKEND = "django.contrib.auth.backends.ModelBackend"
PDF = b"%PDF-1.4\n%%EOF\n"


def org(slug):
    return Organisation.objects.get(slug=slug)


@pytest.fixture
def ceremony(world_day):
    return world_day.activities.get(slug="ceremony")


def ask(activity, *steps, what="agenda", now=None):
    wanted = steps or (
        Asked(org("cnclt"), 1, "الكتابة", "cab@cnclt.example"),
        Asked(org("unodc"), 2, "Rabat", "rabat@unodc.example"),
        Asked(org("eu"), 2),
    )
    return approvals.ask(
        subject=activity, what=what, steps=wanted, language="ar", by=journal.CLI, now=now or timezone.now()
    )


def states(approval):
    return [(step.organisation.slug, step.state) for step in approval.steps.order_by("order", "organisation__slug")]


def address():
    return re.search(
        r"/l/[\w-]+/", Message.objects.filter(key__startswith="approval:").order_by("-created_at").first().body
    )[0]


def answer_by_link(path, answer="agree", comment="", client=None):
    client = client or Client()
    client.post(path, {"do": "code"})
    code = re.search(r"\d{6}", Message.objects.filter(key__startswith="code:").order_by("-created_at").first().body)[0]
    return client.post(path, {"do": "answer", "code": code, "answer": answer, "comment": comment})


def test_steps_are_asked_in_their_order_and_those_of_one_order_together(ceremony):
    approval = ask(ceremony)
    assert states(approval) == [("cnclt", "asked"), ("eu", "waiting"), ("unodc", "waiting")]
    assert [mail.to_address for mail in Message.objects.all()] == ["cab@cnclt.example"]
    assert answer_by_link(address()).status_code == 200
    assert states(approval) == [("cnclt", "approved"), ("eu", "asked"), ("unodc", "asked")]


def test_the_link_shows_exactly_the_version_and_a_code_decides_so_that_a_forwarded_link_does_not(ceremony):
    approval = ask(ceremony)
    visitor = Client()
    page = visitor.get(address()).content.decode()
    assert "حفل في المعهد العالي للقضاء بالرباط" in page
    assert approval.digest in page
    assert "cab@cnclt.example" not in page
    forwarded = visitor.post(address(), {"do": "answer", "code": "000000", "answer": "agree", "comment": "نص كتب"})
    assert (forwarded.status_code, "نص كتب" in forwarded.content.decode()) == (422, True)
    assert states(approval)[0] == ("cnclt", "asked")
    done = answer_by_link(address(), comment="مع الشكر", client=visitor)
    assert "حفظ جوابكم" in done.content.decode()
    step = approval.steps.get(organisation__slug="cnclt")
    assert (step.state, step.how, step.comment) == ("approved", "link", "مع الشكر")
    assert not done.cookies


def test_a_link_that_was_used_shows_what_was_answered_and_changes_nothing_more(ceremony):
    ask(ceremony)
    path = address()
    answer_by_link(path)
    again = Client().get(path)
    page = again.content.decode()
    assert (again.status_code, str(ApprovalStep.State.APPROVED.label) in page, 'name="answer"' in page) == (
        200,
        True,
        False,
    )
    before = ApprovalStep.objects.values_list("state", "answered_at").order_by("pk")
    shown = list(before)
    Client().post(path, {"do": "answer", "answer": "refuse"})
    assert list(before.all()) == shown


def test_a_link_that_was_taken_back_opens_nothing(ceremony):
    approval = ask(ceremony)
    path = address()
    approvals.send_link(approval.steps.get(state="asked"), by=journal.CLI, now=timezone.now())
    gone = Client().get(path)
    assert (gone.status_code, "استعمل هذا الرابط" in gone.content.decode()) == (410, True)


def test_a_link_is_over_after_its_day(ceremony):
    step = Asked(org("unodc"), 1, "", "rabat@unodc.example", dt.date(2020, 7, 1))
    ask(ceremony, step, now=dt.datetime(2020, 6, 1, tzinfo=dt.UTC))
    gone = Client().get(address())
    assert (gone.status_code, "2020-07-02" in gone.content.decode()) == (410, True)


def test_all_who_agreed_approve_it_and_the_certificate_says_who_when_and_how(secretariat, ceremony):
    approval = ask(ceremony)
    answer_by_link(address())
    answer_by_link(address())
    eu = approval.steps.get(organisation__slug="eu")
    refused = secretariat.post(f"/desk/approvals/steps/{eu.pk}/", {"answer": "agree"})
    eu.refresh_from_db()
    assert (refused.status_code, eu.state) == (302, "asked")  # no scan, no answer on paper
    secretariat.post(f"/desk/approvals/steps/{eu.pk}/", {"answer": "agree", "file": SimpleUploadedFile("a.pdf", b"MZ")})
    eu.refresh_from_db()
    assert eu.state == "asked"
    secretariat.post(f"/desk/approvals/steps/{eu.pk}/", {"answer": "agree", "file": SimpleUploadedFile("a.pdf", PDF)})
    approval.refresh_from_db()
    assert approval.state == "approved"
    pdf = secretariat.get(f"/desk/approvals/{approval.pk}/certificate.pdf").content
    text = PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert approval.digest[:24] in text.replace("\n", "")


def test_one_who_does_not_agree_ends_it_and_nobody_after_is_asked(ceremony):
    approval = ask(ceremony)
    answer_by_link(address(), "refuse", "ينقص شعارنا")
    approval.refresh_from_db()
    assert (approval.state, states(approval)[1:]) == ("refused", [("eu", "waiting"), ("unodc", "waiting")])


def test_a_change_outdates_what_was_agreed_and_asking_again_makes_the_next_version(ceremony):
    approval = ask(ceremony)
    path = address()
    with pytest.raises(approvals.AlreadyAsked):
        ask(ceremony)
    planning.change(
        activity=ceremony, agenda=[{"title": {"ar": "كلمة"}, "time": "10:00"}], by=journal.CLI, now=timezone.now()
    )
    approval.refresh_from_db()
    assert approval.state == "outdated"
    assert Client().get(path).status_code == 410
    second = ask(ceremony)
    assert (second.version, second.state, second.digest != approval.digest) == (2, "open", True)
    assert states(approval)[0] == ("cnclt", "asked")  # what was answered, or not, stays with the old version


def test_a_change_that_the_version_does_not_show_leaves_the_approval_alone(ceremony):
    approval = ask(ceremony, what="logos")
    planning.change(activity=ceremony, agenda=[{"title": {"ar": "كلمة"}}], by=journal.CLI, now=timezone.now())
    approval.refresh_from_db()
    assert approval.state == "open"


def test_before_a_change_the_approvals_that_it_ends_are_listed(ceremony):
    approval = ask(ceremony)
    _change, found = impact.of(ceremony, {"when": PartialDate("2020-07-28")})
    assert [one.subject.pk for one in found if one.kind == "approval"] == [approval.pk]
    approval.refresh_from_db()
    assert approval.state == "open"


def test_an_answer_to_a_version_that_is_gone_is_refused(ceremony):
    approval = ask(ceremony)
    step = approval.steps.get(organisation__slug="cnclt")
    Approval.objects.update(digest="0" * 64)  # as if the text had changed a moment ago
    with pytest.raises(approvals.NotYours):
        approvals.answer(step=step, agrees=True, comment="", how="link", by=journal.CLI, now=timezone.now())


def test_of_two_answers_the_first_counts(ceremony):
    step = ask(ceremony).steps.get(organisation__slug="cnclt")
    give = {"step": step, "comment": "", "how": "link", "by": journal.CLI, "now": timezone.now()}
    approvals.answer(agrees=True, **give)
    with pytest.raises(approvals.NotYours):
        approvals.answer(agrees=False, **give)
    assert ApprovalStep.objects.get(pk=step.pk).state == "approved"


def test_a_file_is_shown_to_who_holds_the_link_and_to_nobody_else(ceremony, world_day):
    speech = assets.store(
        content=PDF, file_name="k.pdf", title={"ar": "كلمة"}, shows_persons=False, by=journal.CLI, now=timezone.now()
    )
    approvals.ask(
        subject=speech, what="speech", steps=[Asked(org("unodc"), 1, "", "rabat@unodc.example")], language="fr", by=journal.CLI,
        now=timezone.now(), file=speech, programme=world_day,
    )  # fmt: skip
    shown = Client().get(address() + "file")
    assert b"".join(shown.streaming_content) == PDF
    assert "no-store" in shown["Cache-Control"]
    assert Client().get("/l/abcdefghijklmnopqrstuv/file").status_code == 404


def test_a_picture_that_somebody_no_longer_wants_shown_is_gone_for_the_link_too(world_day):
    out = io.BytesIO()
    Image.new("RGB", (40, 30)).save(out, "PNG")
    now = timezone.now()
    poster = assets.store(content=out.getvalue(), file_name="p.png", title={"ar": "ملصق"}, by=journal.CLI, now=now)
    steps = [Asked(org("unodc"), 1, "", "rabat@unodc.example")]
    approvals.ask(
        subject=poster, what="artwork", steps=steps, language="fr", by=journal.CLI, now=now, file=poster, programme=world_day
    )  # fmt: skip
    assert Client().get(address() + "file").status_code == 200
    given = Consent.objects.create(asset=poster, reference="1", given_date="2020-01-01")
    consent.withdraw(consent=given, by=journal.CLI, now=now)
    assert Client().get(address() + "file").status_code == 404


def test_the_same_file_asked_for_twice_is_one_approval_with_one_mail_and_leaves_no_second_file(secretariat, ceremony):
    form = {
        "subject": f"activity:{ceremony.pk}", "what": "speech", "language": "fr", "form-TOTAL_FORMS": "6", "form-INITIAL_FORMS": "0",
        **{f"form-{n}-order": "1" for n in range(6)}, "form-0-organisation": str(org("unodc").pk),
        "form-0-email": "rabat@unodc.example",
    }  # fmt: skip
    for status in (302, 422):
        page = secretariat.post("/desk/approvals/ask/", {**form, "file": SimpleUploadedFile("discours.pdf", PDF)})
        assert page.status_code == status
    assert (Approval.objects.count(), Message.objects.count(), Asset.objects.count()) == (1, 1, 1)


def test_one_office_twice_is_refused_and_two_offices_of_one_organisation_are_asked(ceremony):
    with pytest.raises(approvals.AskedTwice):
        ask(ceremony, Asked(org("eu"), 1, "السفارة"), Asked(org("eu"), 2, " السفارة "))
    ask(ceremony, Asked(org("eu"), 1, "السفارة"), Asked(org("eu"), 2))
    assert ApprovalStep.objects.count() == 2


def test_a_second_answer_on_paper_leaves_no_scan_behind(secretariat, ceremony):
    approval = ask(ceremony, Asked(org("unodc"), 1), Asked(org("eu"), 1))
    step = approval.steps.get(organisation=org("unodc"))
    for _again in range(2):
        paper = {"answer": "agree", "file": SimpleUploadedFile("s.pdf", PDF)}
        secretariat.post(f"/desk/approvals/steps/{step.pk}/", paper)
    assert [scan.pk for scan in Asset.objects.filter(kind="scan")] == [ApprovalStep.objects.get(pk=step.pk).scan_id]


def test_who_approves_for_one_organisation_does_not_read_what_others_answered(user_with, ceremony):
    approval = ask(ceremony, Asked(org("unodc"), 1), Asked(org("eu"), 1, "ديوان السفير"))
    step = approval.steps.get(organisation=org("eu"))
    scan = approvals.keep_scan(content=PDF, file_name="s.pdf", step=step, by=journal.CLI, now=timezone.now())
    approvals.answer(
        step=step, agrees=True, comment="نوافق بتحفظ", how="scan", scan=scan, by=journal.CLI, now=timezone.now()
    )
    user = user_with(email="unodc@example.org")
    accounts.grant(user=user, role="approver", organisation=org("unodc"), by=journal.CLI, now=timezone.now())
    client = Client()
    client.force_login(user, backend=BACKEND)
    page = client.get(f"/desk/approvals/{approval.pk}/").content.decode()
    certificate = PdfReader(io.BytesIO(client.get(f"/desk/approvals/{approval.pk}/certificate.pdf").content))
    for text in (page, certificate.pages[0].extract_text(), client.get("/desk/approvals/").content.decode()):
        assert "ديوان السفير" not in text
        assert "بتحفظ" not in text
    assert client.get(f"/desk/scan/{scan.pk}/").status_code == 404


def test_a_name_in_an_agreed_version_is_given_out_and_erased_and_the_hash_stays(ceremony):
    person = Person.objects.create(name={"ar": "سلمى الإدريسي"}, reference_language="ar", is_fictional=True)
    agenda = [{"time": "09:30", "title": {"ar": "كلمة"}, "who": {"ar": "سلمى الإدريسي"}}]
    planning.change(activity=ceremony, by=journal.CLI, now=timezone.now(), agenda=agenda)
    approval = ask(ceremony, Asked(org("unodc"), 1))
    assert len(privacy.export(person)["approved versions"]) == 1
    digest = approval.digest
    privacy.erase(person, by=journal.CLI, now=timezone.now())
    approval.refresh_from_db()
    assert "سلمى" not in str(approval.content)
    assert approval.digest == digest


def test_a_change_looks_at_the_approvals_of_what_changed_alone(ceremony, world_day, django_assert_max_num_queries):
    for activity in world_day.activities.all():
        for what in Approval.What.values:
            ask(activity, Asked(org("unodc"), 1), what=what)
    with django_assert_max_num_queries(30):
        journal.record("programme.change", world_day, by=journal.CLI, now=timezone.now(), changes={"notes": [1, 2]})


def test_an_approver_of_another_organisation_does_not_find_it(user_with, ceremony):
    approval = ask(ceremony, Asked(org("unodc"), 1))
    for slug, status in (("eu", 404), ("unodc", 200)):
        user = user_with(email=f"{slug}@example.org")
        accounts.grant(user=user, role="approver", organisation=org(slug), by=journal.CLI, now=timezone.now())
        client = Client()
        client.force_login(user, backend=BACKEND)
        assert client.get(f"/desk/approvals/{approval.pk}/").status_code == status
        assert (approval.title in client.get("/desk/approvals/").content.decode()) == (status == 200)


def test_at_the_desk_one_asks_by_a_form_and_sees_with_whom_it_is(secretariat, ceremony):
    form = {
        "subject": f"activity:{ceremony.pk}", "what": "logos", "language": "fr", "form-TOTAL_FORMS": "6", "form-INITIAL_FORMS": "0",
        **{f"form-{n}-order": "1" for n in range(6)},
    }  # fmt: skip
    empty = secretariat.post("/desk/approvals/ask/", form)
    assert empty.status_code == 422
    sent = secretariat.post("/desk/approvals/ask/", {**form, "form-0-organisation": str(org("unodc").pk), "form-0-email": "rabat@unodc.example"})  # fmt: skip
    approval = Approval.objects.get()
    assert sent["Location"] == f"/desk/approvals/{approval.pk}/"
    assert str(org("unodc").name) in secretariat.get("/desk/approvals/").content.decode()
    secretariat.post(f"/desk/approvals/steps/{approval.steps.get().pk}/", {"again": "1"})
    assert Message.objects.filter(key__startswith="approval:").count() == 2


def test_a_spot_is_approved_with_its_funders_credit_and_a_changed_credit_asks_again(world_day, secretariat):
    spot = world_day.materials.get(kind="spot")
    form = {
        "subject": f"material:{spot.pk}", "what": "spot", "language": "fr", "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0",
        "form-0-organisation": str(org("eu").pk), "form-0-order": "1",
    }  # fmt: skip
    assert secretariat.post("/desk/approvals/ask/", form).status_code == 302
    approval = Approval.objects.get()
    assert ["financé par", "Union européenne"] in approval.content
    planning.settle(record=spot, programme=world_day, involved=[], by=journal.CLI, now=timezone.now())
    approval.refresh_from_db()
    assert approval.state == "outdated"


# --- Taken back -------------------------------------------------------------------------------------------------------


def test_what_was_asked_or_agreed_to_is_taken_back_with_a_reason_that_those_asked_are_told(ceremony):
    now = timezone.now()
    approval = ask(
        ceremony, Asked(org("unodc"), 1, "Rabat", "rabat@unodc.example"), Asked(org("eu"), 2, "", "eu@eu.example")
    )
    step, link = approval.steps.get(organisation=org("unodc")), address()
    officer = accounts.create(
        email="o@example.org", password="كلمة سر طويلة 2020", roles=["programme_officer"], now=now
    )
    auditor = accounts.create(email="a@example.org", password="كلمة سر طويلة 2020", roles=["auditor"], now=now)
    secretariat = accounts.create(email="s@example.org", password="كلمة سر طويلة 2020", roles=["secretariat"], now=now)
    may = {
        user.email: user.has_perm("coordination.withdraw_approval", approval)
        for user in (officer, auditor, secretariat)
    }
    assert may == {"o@example.org": True, "a@example.org": False, "s@example.org": True}
    with pytest.raises(approvals.NotYours):
        approvals.withdraw(approval=approval, because=" \n", by=officer, now=now)
    for _twice in range(2):
        approvals.withdraw(approval=approval, because="سُئلت خطأ 4477", by=officer, now=now)
    approval.refresh_from_db()
    assert (approval.state, approval.withdrawn_because, approval.withdrawn_at) == ("withdrawn", "سُئلت خطأ 4477", now)
    [mail] = Message.objects.filter(key__endswith=":withdrawn")  # who was not asked yet is told nothing
    assert (mail.to_address, "سُئلت خطأ 4477" in mail.body) == ("rabat@unodc.example", True)
    assert Client().get(link).status_code == 410
    with pytest.raises(approvals.NotYours):
        approvals.answer(step=step, agrees=True, comment="", how="link", by=journal.CLI, now=now)
    assert [one.verb for one in journal.of(approval)].count("coordination.withdraw_approval") == 1
    assert "4477" in "".join(
        page.extract_text() for page in PdfReader(io.BytesIO(approvals.certificate(approval, now=now))).pages
    )

    again = ask(ceremony, Asked(org("unodc"), 1, "Rabat"))  # the same version, asked anew
    assert (again.version, again.digest == approval.digest) == (2, True)
    scan = approvals.keep_scan(content=PDF, file_name="x.pdf", step=again.steps.get(), by=journal.CLI, now=now)
    approvals.answer(step=again.steps.get(), agrees=True, comment="", how="scan", scan=scan, by=journal.CLI, now=now)
    again.refresh_from_db()
    assert (again.state, officer.has_perm("coordination.withdraw_approval", again)) == ("approved", False)


def test_the_desk_takes_an_approval_back_for_who_may_and_shows_why(ceremony, secretariat, client, user_with):
    approval = ask(ceremony)
    page = f"/desk/approvals/{approval.pk}/"
    assert f"{page}withdraw/" in secretariat.get(page).content.decode()
    secretariat.post(f"{page}withdraw/", {"because": "  "})
    approval.refresh_from_db()
    assert approval.state == "open"
    secretariat.post(f"{page}withdraw/", {"because": "طلبت اليونيسف المراجعة"})
    shown = secretariat.get(page).content.decode()
    assert "طلبت اليونيسف المراجعة" in shown
    assert f"{page}withdraw/" not in shown
    client.force_login(user_with("auditor"), backend=BACKEND)
    assert client.post(f"{page}withdraw/", {"because": "x"}).status_code in (302, 403)
    approval.refresh_from_db()
    assert approval.withdrawn_because == "طلبت اليونيسف المراجعة"
