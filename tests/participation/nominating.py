"""Fictional administrations that are asked for names, and the people whom they name."""

import datetime as dt

import pytest

from tansiq.core import journal
from tansiq.participation import nominations, nominees, places, takeover
from tansiq.participation.models import Admission
from tansiq.participation.nominated import Named
from tansiq.people.models import Organisation
from tests.participation.conftest import NOW

DUE = dt.date(2020, 7, 17)
# Fictional people: no such names were ever on a list.
PEOPLE = [
    ("خديجة أيت واحي", "Khadija Ait Ouahi"), ("سلمى الإدريسي", "Salma El Idrissi"), ("رشيد بنعيسى", "Rachid Benaissa"),
    ("نعيمة التازي", "Naima Tazi"), ("مصطفى العلوي", "Mustapha Alaoui"), ("حنان الودغيري", "Hanane Oudghiri"),
]  # fmt: skip


@pytest.fixture
def bodies(world_day):
    """Two administrations, fictional."""
    for slug, name in (("idara-a", "إدارة افتراضية أولى"), ("idara-b", "إدارة افتراضية ثانية")):
        Organisation.objects.create(slug=slug, kind="government", name={"ar": name}, reference_language="ar")
    return list(Organisation.objects.filter(slug__startswith="idara-").order_by("slug"))


@pytest.fixture
def asked(seminar, bodies):
    """asked(number=2, reserve=1, region="MA-09", to=0, ...) -> a request; all of one seminar."""
    made = {}

    def ask(number=2, reserve=1, region="MA-09", to=0, **more):
        admission = made.setdefault("admission", None) or made.update(admission=seminar(**more.pop("seminar", {})))
        admission = made["admission"]
        given = {
            "places": [{"region": region, "number": number, "reserve": reserve}], "due": DUE, "email": f"idara{to}@example.org",
            "office": "مديرية الموارد البشرية", **more,
        }  # fmt: skip
        return nominations.ask(
            admission=admission, organisation=bodies[to], by=journal.CLI, now=NOW + dt.timedelta(seconds=to), **given
        ).request  # fmt: skip

    return ask


def named(number, *, reserve=False, permission=True, region="MA-09", **more):
    ar, fr = PEOPLE[number]
    given = {"name": {"ar": ar, "fr": fr}, "email": f"p{number}@example.org", **more}
    return Named(region=region, has_permission=permission, is_reserve=reserve, **given)


def answer(request, *rows, **more):
    return nominees.answer(request=request, rows=rows, **{"how": "link", "by": journal.CLI, "now": NOW, **more})


def take(request, now=NOW):
    return [(one.answer, one.reason) for one in takeover.take_over(request=request, by=journal.CLI, now=now)]


def person(request, number):
    return request.nominees.get(email=f"p{number}@example.org")


def miscounted():
    return places.miscounted(Admission.objects.get())
