"""The shell, the worker, the lists: what a phone keeps, and who may have it."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tansiq.core.models import Entry
from tansiq.field import app
from tansiq.participation.models import Arrival
from tests.participation.invited import add, reply


def take(client, door, day):
    return client.post("/field/list.json", json.dumps({"activity": str(door.activity.pk), "day": str(day)}), content_type="application/json")  # fmt: skip


def test_the_shell_holds_words_and_no_data(staff, door, come):
    come(door, 1)
    answer = staff.get("/field/shell/")
    text = answer.content.decode()
    assert str(door.activity.title) not in text
    assert "مشاركة" not in text
    assert staff.user.email not in text
    assert re.findall(r"<(?:script|style)[^>]*>", text)[0] == '<script id="words" type="application/json">'
    assert " style=" not in text
    assert answer["Cache-Control"] == "no-store, private"
    assert "script-src 'self';" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["Permissions-Policy"].startswith("camera=(self)")


def test_every_file_that_the_worker_keeps_is_ours_and_is_there(staff):
    text = staff.get("/field/worker.js").content.decode()
    kept = json.loads(re.match(r"const KEPT = (.*);", text)[1])
    assert kept["start"] == "/field/"
    assert all(one.startswith("/static/") for one in kept["files"])
    assert "/static/field/kept/jsqr.js" in kept["files"]
    assert "/static/field/worker.js" not in kept["files"]
    named = set(
        re.findall(r'(?:from|import\() ?"\./([\w/.]+)"', "".join(one.read_text() for one in app.FOLDER.glob("*.js")))
    )
    assert {f"/static/field/{name}" for name in named} <= set(kept["files"])


def test_the_worker_changes_with_the_language(staff):
    assert app.version("ar") != app.version("fr")
    assert staff.get("/field/worker.js").content == staff.get("/field/worker.js").content


def test_the_manifest_stays_under_its_path(staff):
    data = staff.get("/field/app.webmanifest").json()
    assert (data["scope"], data["start_url"], data["dir"]) == ("/field/", "/field/", "rtl")


def test_a_list_is_taken_by_a_post_and_noted(staff, door, come, today):
    come(door, 1)
    assert staff.get("/field/doors.json").json()["doors"][0]["activity"] == str(door.activity.pk)
    answer = take(staff, door, today)
    assert [one["name"] for one in answer.json()["people"]] == [["مشاركة ب", "Participante B"]]
    assert answer["Cache-Control"] == "no-store, private"
    assert Entry.objects.get(verb="participation.hand_out_list").actor_id == staff.user.pk
    assert staff.get("/field/list.json").status_code == 405


@pytest.mark.parametrize("day", ["", "2019-01-01", "yesterday", "2020-13-01"])
def test_a_day_that_is_none_has_no_list(staff, door, day):
    assert take(staff, door, day).status_code == 404


def test_a_list_costs_the_same_with_few_and_with_many(staff, door, come, today):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert take(staff, door, today).status_code == 200
        return len(queries)

    come(door, 1)
    few = cost()
    for number in range(2, 20):
        come(door, number)
    assert cost() == few


def test_who_is_not_logged_in_is_told_in_json(client, db):
    for answer in (client.get("/field/doors.json"), client.post("/field/sync.json"), client.post("/field/list.json")):
        assert (answer.status_code, answer.json()) == (403, {"error": "login"})


def test_without_a_second_factor_there_is_no_door(client, user_with, door, settings):
    client.force_login(user_with("secretariat", factor=False), backend="django.contrib.auth.backends.ModelBackend")
    for address in ("/field/", "/field/doors.json", "/field/worker.js"):
        assert client.get(address).status_code == 302


# --- Without JavaScript ---------------------------------------------------------------------------------------------


def test_without_javascript_one_searches_in_both_scripts_and_checks_in_by_a_button(staff, door, come, today):
    come(door, 1)
    row = come(door, 2, name={"ar": "إكرامَ التّازي", "fr": "Ikrame Étazi"})
    address = f"/field/{door.activity.pk}/{today}/"
    assert f'href="{address}"' in staff.get("/field/").content.decode()
    for asked in ("اكرام", "التازى", "ikrame", "ETAZI", "2", "٢"):
        text = staff.get(address, {"q": asked}).content.decode()
        assert ("إكرامَ التّازي" in text, "مشاركة ب" in text) == (True, False), asked
    answer = staff.post(address, {"who": str(row.pk)}, follow=True)
    assert Arrival.objects.get().registration == row
    assert '<ul class="plain said" role="status"><li class="said-success">' in answer.content.decode()
    staff.post(address, {"who": str(row.pk)})
    assert Arrival.objects.count() == 1
    staff.post(address, {"do": "walk-in", "name": "زائرة متخيلة", "organisation": ""})
    assert Arrival.objects.filter(state="decide").count() == 1
    for wrong in ({"who": "x"}, {"who": str(door.activity.pk)}, {}):
        assert staff.post(address, wrong).status_code == 404


def test_without_javascript_a_guest_is_ticked_in_person_or_by_whoever_came_instead(staff, door, today):
    one, other = add(1, activity=door.activity), add(3, activity=door.activity)
    reply(other, "represented", representative={"ar": "سعاد المتخيلة"}, representative_rank=80)
    address = f"/field/{door.activity.pk}/{today}/"
    page = staff.get(address).content.decode()
    assert page.index("Youssef") < page.index("سعاد المتخيلة")
    staff.post(address, {"who": str(other.pk), "representative": "سعاد المتخيلة", "function": ""})
    staff.post(address, {"who": str(one.pk)})
    assert sorted(Arrival.objects.values_list("name", "state")) == [("", "counted"), ("سعاد المتخيلة", "counted")]
    assert staff.post(address, {"who": str(one.pk), "representative": "123"}, follow=True).content.decode().count("said-error") == 1  # fmt: skip


def test_somebody_else_s_door_is_not_there(client, user_with, door, come, today):
    from tansiq.core import journal
    from tansiq.people import accounts
    from tansiq.people.models import Region

    come(door, 1, region="MA-09")
    user = user_with(email="r@example.org")
    region = Region.objects.get(code="MA-12")
    accounts.grant(user=user, role="regional_officer", region=region, by=journal.CLI, now=timezone.now())
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/field/{door.activity.pk}/{today}/").status_code == 404
    assert take(client, door, today).status_code == 404
