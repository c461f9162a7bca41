"""One person under two records, at the desk: listed, compared, made one or remembered as two, undone."""

import lxml.html
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tansiq.people import pairs
from tansiq.people.models import Person, PersonMerge
from tests.people.test_merging import member, person

pytestmark = pytest.mark.django_db


def texts(answer):
    return " ".join(lxml.html.fromstring(answer.content).text_content().split())


def test_a_pair_is_found_compared_with_what_hangs_on_it_made_one_with_the_chosen_values_and_undone(secretariat):
    less, more = person(email="k@example.org"), person("خديجة آيت وحي", "Khadija Ait Wahi", email="w@example.org")
    member(more, "adl")
    secretariat.post("/desk/alike/look/")
    page = secretariat.get("/desk/alike/")
    assert "Khadija Ait Wahi" in texts(page)
    address = f"/desk/alike/{min(less.pk, more.pk)}/{max(less.pk, more.pk)}/"
    assert f'href="{address}"' in page.content.decode()
    shown = secretariat.get(address)
    assert "w@example.org" in texts(shown)
    assert shown.context["kept"] == more  # on which more hangs
    given = {"keep": str(more.pk), "email": str(less.pk), "name.ar": str(more.pk), "name.fr": str(more.pk)}
    secretariat.post(address, {"do": "same", **given, "because": " "})
    assert Person.objects.count() == 2
    secretariat.post(address, {"do": "same", **given, "because": "الهاتف نفسه"})
    found = Person.objects.get()
    assert (found.pk, found.email, str(found)) == (more.pk, "k@example.org", "خديجة آيت وحي")
    assert "الهاتف نفسه" in texts(secretariat.get("/desk/alike/"))
    secretariat.post(f"/desk/alike/undo/{PersonMerge.objects.get().pk}/")
    assert Person.objects.count() == 2
    assert secretariat.get(address).status_code == 200


def test_two_people_are_asked_about_no_more_until_somebody_asks_again(secretariat):
    one, other = person(), person()
    pairs.look(now=timezone.now())
    address = f"/desk/alike/{one.pk}/{other.pk}/"
    secretariat.post(address, {"do": "two"})
    assert secretariat.get("/desk/alike/").context["total"] == 0
    row = secretariat.get("/desk/alike/").context["two"][0]
    secretariat.post(f"/desk/alike/undo/{row.pk}/")
    assert secretariat.get("/desk/alike/").context["total"] == 1


def test_who_plans_sees_the_pairs_without_addresses_and_decides_nothing_and_others_see_none(client, user_with):
    one, other = person(email="k@example.org"), person(email="k@example.org")
    pairs.look(now=timezone.now())
    client.force_login(user_with("programme_officer"), backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/desk/alike/")
    assert ("خديجة" in texts(page), "k@example.org" in texts(page)) == (True, False)
    address = f"/desk/alike/{one.pk}/{other.pk}/"
    for answer in (client.get(address), client.post(address, {"do": "same", "because": "x"}), client.post("/desk/alike/look/")):  # fmt: skip
        assert answer.status_code in (302, 403)
    assert Person.objects.count() == 2
    client.force_login(user_with("press_officer"), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/desk/alike/").status_code in (302, 403)


def test_the_list_costs_the_same_with_one_pair_and_with_twenty(secretariat):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert secretariat.get("/desk/alike/").status_code == 200
        return len(queries)

    for number in range(21):
        for _twice in range(2):
            person("ابتثجحخدذرزسشصضطظعغفق"[number] * 4 + " المتخيل", "")
        if number == 0:
            pairs.look(now=timezone.now())
            cost()
            one = cost()
    pairs.look(now=timezone.now())
    assert cost() == one
