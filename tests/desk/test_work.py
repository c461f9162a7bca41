"""What is to be done, at the desk: my week, the board, finishing with what shows it, tasks from models."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tansiq.coordination import tasks
from tansiq.coordination.models import Function, Task, TaskModel
from tansiq.core import journal
from tansiq.media.models import Asset
from tansiq.people import accounts
from tansiq.people.models import Organisation
from tests.desk.test_lists import form_of

BACKEND = "django.contrib.auth.backends.ModelBackend"
PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def office(db):
    return Function.objects.create(slug="marasim", name={"ar": "المراسم"}, reference_language="ar")


def made(programme, office, title="توجيه الدعوات", *, days=0, wanted=None):
    task = Task(
        programme=programme, title={"ar": title}, reference_language="ar", owner=office,
        due=timezone.localdate() + dt.timedelta(days=days), evidence_wanted=wanted or {},
    )  # fmt: skip
    return tasks.add(task, by=journal.CLI, now=timezone.now())


def test_who_holds_an_office_opens_the_own_week_with_what_is_late_first(client, user_with, world_day, office):
    user = user_with("secretariat")
    Function.objects.filter(pk=office.pk).update(holder=user)
    made(world_day, office, "رسالة متأخرة", days=-3)
    made(world_day, office, "رسالة هذا الأسبوع", days=2)
    made(world_day, None, "مهمة بلا مسؤول", days=1)
    client.force_login(user, backend=BACKEND)
    page = client.get("/desk/work/").content.decode()
    assert page.index("رسالة متأخرة") < page.index("رسالة هذا الأسبوع")
    assert "مهمة بلا مسؤول" not in page
    assert "مهمة بلا مسؤول" in client.get("/desk/work/?who=all&view=board").content.decode()


def test_a_task_is_finished_with_a_line_and_what_was_typed_stays_when_it_is_refused(secretariat, world_day, office):
    task = made(world_day, office, wanted={"ar": "نسخة الرسالة"})
    address = f"/desk/work/{task.pk}/finish/"
    refused = secretariat.post(address, {"evidence": ""})
    assert (refused.status_code, "نسخة الرسالة" in refused.content.decode()) == (422, True)
    first = made(world_day, office, "قبلها")
    task.after.add(first)
    kept = secretariat.post(address, {"evidence": "رسالة رقم 7"})
    assert (kept.status_code, "رسالة رقم 7" in kept.content.decode()) == (422, True)
    task.after.clear()
    assert secretariat.post(address, {"evidence": "رسالة رقم 7", "next": "/desk/work/?who=all"})["Location"] == "/desk/work/?who=all"  # fmt: skip
    task.refresh_from_db()
    assert (task.state, task.evidence) == ("done", "رسالة رقم 7")


def test_a_file_shows_it_too_and_what_is_no_file_is_refused(secretariat, world_day, office):
    task = made(world_day, office, wanted={"ar": "نسخة الرسالة"})
    address = f"/desk/work/{task.pk}/finish/"
    wrong = secretariat.post(address, {"file": SimpleUploadedFile("scan.pdf", b"MZ not a pdf")})
    assert (wrong.status_code, Task.objects.get(pk=task.pk).state) == (422, "open")
    secretariat.post(address, {"file": SimpleUploadedFile("scan.pdf", PDF)})
    task.refresh_from_db()
    assert (task.state, task.evidence_file.media_type) == ("done", "application/pdf")


def test_a_link_elsewhere_is_not_followed_after_finishing(secretariat, world_day, office):
    task = made(world_day, office)
    answer = secretariat.post(f"/desk/work/{task.pk}/finish/", {"next": "https://evil.example/"})
    assert answer["Location"] == "/desk/work/"


def test_another_organisations_task_is_not_there(world_day, office, user_with):
    eu = Organisation.objects.get(slug="eu")
    user = user_with(email="partner@example.org")
    accounts.grant(user=user, role="partner", organisation=eu, by=journal.CLI, now=timezone.now())
    client = Client()
    client.force_login(user, backend=BACKEND)
    task = made(world_day, office)
    assert client.post(f"/desk/work/{task.pk}/finish/").status_code == 404
    assert client.get(f"/desk/tasks/history/{task.pk}/").status_code == 404
    assert "توجيه" not in client.get("/desk/work/?who=all").content.decode()
    Function.objects.filter(pk=office.pk).update(organisation=eu)
    assert "توجيه" in client.get("/desk/work/?who=all").content.decode()
    assert client.post(f"/desk/work/{task.pk}/finish/").status_code in (302, 403)  # seen, not theirs to finish
    assert Task.objects.get(pk=task.pk).state == "open"
    Function.objects.filter(pk=office.pk).update(holder=user)
    client.post(f"/desk/work/{task.pk}/finish/")
    assert Task.objects.get(pk=task.pk).state == "done"


def test_a_partner_does_not_get_the_houses_work_with_the_programme_as_a_file(world_day, office, user_with):
    made(world_day, office)
    user = user_with(email="partner@example.org")
    accounts.grant(
        user=user, role="partner", organisation=Organisation.objects.get(slug="eu"), by=journal.CLI, now=timezone.now()
    )
    files = {}
    for name, who in (("partner", user), ("secretariat", user_with("secretariat"))):
        client = Client()
        client.force_login(who, backend=BACKEND)
        files[name] = client.get(f"/desk/programme/{world_day.pk}/export/yaml/").content.decode()
    assert ("توجيه" in files["partner"], "توجيه" in files["secretariat"]) == (False, True)


def test_a_visitor_never_sees_the_houses_work(client, world_day, office):
    made(world_day, office)
    for path in ("/ar/programmes/world-day-2020/", "/ar/programmes/world-day-2020/source/", "/ar/search/?q=الدعوات"):
        assert "توجيه" not in client.get(path).content.decode()


def test_the_tasks_of_a_programme_are_made_from_the_models_that_fit(secretariat, world_day):
    address = f"/desk/work/prepare/{world_day.pk}/"
    page = secretariat.get(address)
    chosen = {row["activity"].slug: row["chosen"] for row in page.context["rows"]}
    assert (chosen["ceremony"], chosen["spot-launch"]) == ("ceremony", "")  # what lies inside comes with it
    assert not Task.objects.exists()
    data = {f"model-{row['activity'].pk}": row["chosen"] for row in page.context["rows"]}
    secretariat.post(address, data)
    number = Task.objects.count()
    assert number >= len(TaskModel.objects.get(slug="ceremony").tasks)
    secretariat.post(address, data)  # a double click
    assert Task.objects.count() == number


def test_a_model_is_edited_as_a_list_and_its_order_is_checked(secretariat, db):
    model = TaskModel.objects.get(slug="ceremony")
    address = f"/desk/task-models/edit/{model.pk}/"
    form = form_of(secretariat.get(address))
    assert form["tasks-0-days"]
    wrong = secretariat.post(address, {**form, "tasks-0-after": model.tasks[-1]["id"]})
    assert wrong.status_code == 200
    assert wrong.context_data["form"].errors["tasks"]
    assert secretariat.post(address, {**form, "tasks-0-days": "99"}).status_code == 302
    model.refresh_from_db()
    assert model.tasks[0]["days"] == 99


def test_the_list_is_printed_with_what_the_filter_asks_for(secretariat, world_day, office):
    import io

    from pypdf import PdfReader

    made(world_day, office, "Lettre au ministère")
    made(world_day, None, "Autre chose")
    printed = secretariat.get("/desk/work/list.pdf?who=marasim")
    text = PdfReader(io.BytesIO(printed.content)).pages[0].extract_text()
    assert ("Lettre au ministère" in text, "Autre chose" in text) == (True, False)


def test_the_board_costs_the_same_with_many_tasks(secretariat, world_day, office, django_assert_max_num_queries):
    for number in range(2):
        made(world_day, office, f"مهمة {number}", days=number)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost():
        with CaptureQueriesContext(connection) as queries:
            secretariat.get("/desk/work/?who=all")
        return len(queries)

    cost()
    few = cost()
    for number in range(30):
        made(world_day, office, f"مهمة {number}", days=number)
    assert cost() == few


def test_a_file_for_a_task_that_is_not_finished_yet_is_not_kept(secretariat, world_day, office):
    first, task = made(world_day, office, "قبلها"), made(world_day, office)
    task.after.add(first)
    for expected in (422, 302, 302):
        page = secretariat.post(f"/desk/work/{task.pk}/finish/", {"file": SimpleUploadedFile("s.pdf", PDF)})
        assert page.status_code == expected
        task.after.clear()
    task.refresh_from_db()
    assert list(Asset.objects.values_list("pk", flat=True)) == [task.evidence_file_id]
