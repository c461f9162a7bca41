"""Training of trainers, their trainings, and whom all of that reached; nobody is counted twice."""

import datetime as dt

import pytest

from tansiq.participation import cascade
from tansiq.participation.models import Admission, Registration, Trainer
from tansiq.people.models import Person
from tansiq.programme.models import Activity, Programme

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2020, 7, 6, 9, 0, tzinfo=dt.UTC)


def programme(slug):
    return Programme.objects.create(slug=slug, title={"ar": slug}, reference_language="ar", period="2020")


def training(of, slug):
    return Activity.objects.create(
        programme=of, slug=slug, kind="training", title={"ar": slug}, reference_language="ar", changed_at=NOW
    )


def person(name):
    return Person.objects.create(name={"ar": f"{name} (خيالي)"}, reference_language="ar", is_fictional=True)


def trainer(who, *led, **more):
    row = Trainer.objects.create(person=who, **more)
    row.activities.set(led)
    return row


def there(activity, *people, attended=True):
    row, _made = Admission.objects.get_or_create(activity=activity, defaults={"capacity": 500, "left": 500})
    for one in people:
        number = row.registrations.count() + 1
        Registration.objects.create(
            admission=row, person=one, number=number, language="ar", how="file", state="waiting", made_at=NOW, attended=attended
        )  # fmt: skip


@pytest.fixture
def three():
    """An expert from abroad trained two here in an earlier programme; they trained ten and eight, two of them the same."""
    earlier, now = programme("earlier"), programme("now")
    of_trainers, north, south = training(earlier, "of-trainers"), training(now, "north"), training(now, "south")
    expert, one, two = person("خبيرة"), person("مدربة"), person("مدرب")
    people = [person(f"مساعدة {number}") for number in range(16)]
    trainer(expert, of_trainers)
    there(of_trainers, one, two)
    trainer(one, north)
    trainer(two, south)
    there(north, *people[:10])
    there(south, *people[8:])
    return {"expert": expert, "one": one, "two": two, "people": people, "north": north, "south": south, "now": now}


def lines(found):
    return {line.trainer.person_id: (line.generation, line.direct, line.reached) for line in found.lines}


def test_each_trainer_has_a_generation_and_the_people_reached_and_nobody_counts_twice(three):
    found = cascade.of()
    assert lines(found) == {three["expert"].pk: (0, 2, 18), three["one"].pk: (1, 10, 10), three["two"].pk: (1, 8, 8)}
    assert [(one.number, one.people, one.trainers) for one in found.generations] == [(0, 1, 1), (1, 2, 2), (2, 16, 0)]
    assert found.people == 19


def test_who_was_not_there_and_who_led_it_are_not_among_those_trained(three):
    there(three["north"], person("غائبة"), attended=False)
    there(three["north"], three["one"])
    assert lines(cascade.of())[three["one"].pk] == (1, 10, 10)


def test_of_one_programme_its_trainers_alone_with_their_generation_over_all(three):
    found = cascade.of(activities=three["now"].activities.all())
    assert lines(found) == {three["one"].pk: (1, 10, 10), three["two"].pk: (1, 8, 8)}
    assert [(one.number, one.people) for one in found.generations] == [(2, 16)]


def test_a_training_of_trainers_without_registrations_is_said_at_the_trainer(three):
    abroad = training(programme("abroad"), "abroad")
    late = trainer(person("خبير"), three["south"], qualified_at=abroad, valid_until=dt.date(2022, 1, 1))
    found = {line.trainer.pk: line for line in cascade.of().lines}
    assert (found[late.pk].generation, found[late.pk].direct, found[late.pk].valid_until) == (1, 8, dt.date(2022, 1, 1))


def test_two_who_trained_each_other_stand_in_a_circle_and_the_count_ends():
    of = programme("circle")
    a, b = training(of, "a"), training(of, "b")
    one, two = person("أول"), person("ثان")
    trainer(one, a)
    trainer(two, b)
    there(a, two)
    there(b, one)
    assert lines(cascade.of()) == {one.pk: (None, 1, 1), two.pk: (None, 1, 1)}


def test_it_costs_the_same_for_three_trainers_and_for_thirty(three, django_assert_num_queries):
    with django_assert_num_queries(4):
        cascade.of()
    for number in range(30):
        trainer(person(f"مدربة {number}"), three["north"])
    with django_assert_num_queries(4):
        cascade.of()
