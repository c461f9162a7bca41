"""Three orders by rule and by hand: they follow the answers by themselves, and each place is explained."""

import datetime as dt
import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from tansiq.config import inviting
from tansiq.coordination.models import RunOfShow
from tansiq.core import journal, packs
from tansiq.participation import answers, guestpaper, protocol
from tansiq.participation.models import Placement
from tansiq.people.models import Organisation
from tansiq.programme.models import Involvement
from tests.participation.invited import NOW, add, ceremony, invite, reply

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world(world_day):
    """The ceremony of 27 July 2020."""


@pytest.fixture
def rule():
    """rule(representative="represented") -> the pack says so until the test ends."""

    def give(**values):
        packs.keep("protocol", {**packs.section("protocol", {}), **values})

    yield give
    packs.forget()


def numbers(order="precedence"):
    return [one.subject.number for one in protocol.of(ceremony(), order)]


def why(number, order="precedence"):
    with translation.override("en"):
        return next(one.explain() for one in protocol.of(ceremony(), order) if one.subject.number == number)


def put(row, side, beside, *, order="precedence", reason=""):
    return protocol.place(
        activity=ceremony(), order=order, subject=row, beside=beside, side=side, reason=reason, by=journal.CLI, now=NOW
    )


def four():
    """Numbers 1 to 4: a minister, an ambassador, another minister in office for longer, somebody without a rank."""
    return [
        add(1, name={"ar": "بدر"}, rank=40), add(2, name={"ar": "أنس"}, rank=80),
        add(3, name={"ar": "يوسف"}, rank=40, appointed=dt.date(2017, 4, 5)), add(4, name={"ar": "آدم"}, rank=None),
    ]  # fmt: skip


def test_guests_stand_by_rank_then_seniority_then_the_alphabet_of_the_reference_language():
    four()
    add(5, name={"ar": "أمين"}, rank=40)
    assert numbers() == [3, 5, 1, 2, 4]
    assert [one.position for one in protocol.precedence(ceremony())] == [1, 2, 3, 4, 5]


def test_each_place_is_explained_in_a_sentence():
    rows = four()
    texts = {row.number: protocol.explain(row, language="en") for row in rows}
    assert texts[2] == "By rank 80, Ambassador or head of a diplomatic mission."
    assert texts[3].startswith("By rank 40, Minister. Among those of the same rank by seniority: in office since")
    assert "alphabet" in texts[1]
    assert texts[4] == "No rank is known: after all who have one."


def test_an_answer_that_changes_re_orders_without_retyping():
    rows = [invite(number) for number in range(1, 8)]
    before = numbers()
    minister = rows[0]
    assert before[0] == minister.number
    reply(minister, "represented", representative={"ar": "نائب خيالي"}, representative_rank=120)
    assert numbers()[0] != minister.number
    assert numbers().index(minister.number) > numbers().index(rows[5].number)  # after who holds rank 120
    assert protocol.explain(minister, language="en").startswith("A representative stands by the own rank (rank 120")
    reply(minister, "declined")
    assert minister.number not in numbers()
    reply(minister)
    assert numbers() == before


def test_a_representative_whose_rank_is_not_known_stands_last_until_it_is_given():
    rows = four()
    reply(rows[0], "represented", representative={"ar": "نائب خيالي"})
    assert numbers() == [3, 2, 4, 1]
    assert "not known yet" in protocol.explain(rows[0], language="en")
    answers.rank_representative(invitation=rows[0], rank=60, by=journal.CLI, now=NOW)
    assert numbers() == [3, 1, 2, 4]
    with pytest.raises(answers.Unfit):
        answers.rank_representative(invitation=rows[0], rank=61, by=journal.CLI, now=NOW)


def test_where_the_country_says_so_a_representative_takes_the_place_of_the_represented(rule):
    rows = four()
    rule(representative="represented")
    reply(rows[2], "represented", representative={"ar": "نائب خيالي"})
    assert numbers() == [3, 1, 2, 4]
    assert "takes the place" in protocol.explain(rows[2], language="en")


def test_what_was_put_by_hand_survives_later_guests_and_answers():
    rows = four()
    put(rows[1], "before", rows[0], reason="ضيف شرف")
    assert numbers() == [3, 2, 1, 4]
    add(6, name={"ar": "ترتيل"}, rank=10)
    assert numbers() == [5, 3, 2, 1, 4]
    reply(rows[0], "declined")
    assert numbers() == [5, 3, 2, 4]  # beside a guest who does not come
    reply(rows[0], "represented", representative={"ar": "نائب"}, representative_rank=150)
    assert numbers() == [5, 3, 2, 1, 4]


def test_what_was_put_by_hand_is_replayed_in_its_order_and_taken_back():
    rows = four()
    put(rows[3], "before", rows[2])
    put(rows[2], "before", rows[3])
    assert numbers() == [3, 4, 1, 2]
    put(rows[1], "after", rows[2])
    assert numbers() == [3, 2, 4, 1]
    assert protocol.reset(activity=ceremony(), order="precedence", subject=rows[3], by=journal.CLI, now=NOW) == 1
    assert numbers() == [1, 3, 2, 4]  # the others as if it had not been
    protocol.reset(activity=ceremony(), order="precedence", by=journal.CLI, now=NOW)
    assert numbers() == [3, 1, 2, 4]
    assert Placement.objects.count() == 0


def test_a_double_click_puts_nobody_two_places_up_and_a_stranger_nowhere():
    rows = four()
    for _click in range(2):
        put(rows[1], "before", rows[0])
    assert Placement.objects.count() == 1
    declined = rows[3]
    reply(declined, "declined")
    for subject, side, beside in (
        (rows[1], "before", rows[1]),
        (rows[1], "under", rows[0]),
        (declined, "before", rows[0]),
    ):
        with pytest.raises(protocol.CannotPlace):
            put(subject, side, beside)


def test_the_reason_stands_in_the_explanation_and_nowhere_on_paper_or_in_the_journal():
    rows = four()
    put(rows[1], "before", rows[0], reason="سبب بروتوكولي سري")
    assert "سبب بروتوكولي سري" in why(2)
    assert "سبب" not in str(list(journal.Entry.objects.values_list("changes", flat=True)))
    content = guestpaper.workbook(ceremony(), language="ar")
    assert "سبب".encode() not in content
    cells = [cell.value for row in openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows() for cell in row]
    assert not any("سبب" in str(one) for one in cells)


# --- Speeches -------------------------------------------------------------------------------------------------------


def test_without_a_run_of_show_the_highest_speaks_last_or_as_the_pack_says(rule):
    for number, rank in ((1, 40), (2, 80), (3, 60)):
        add(number, rank=rank, speaks=True)
    add(4)
    assert numbers("speaking") == [2, 3, 1]
    rule(speaking="precedence")
    assert numbers("speaking") == [1, 3, 2]


def test_speeches_follow_the_run_of_show_and_then_what_was_put_by_hand():
    rows = [
        add(1, rank=40, function={"ar": "وزير العدل (مثال)"}, speaks=True), add(2, rank=80, name={"ar": "أنس الجبلي"}),
        add(3, rank=60, organisation=Organisation.objects.get(slug="unodc")), add(4, rank=10, speaks=True),
    ]  # fmt: skip
    items = [
        {"title": {"ar": "كلمة"}, "minutes": 10, "time": "10:00", "speaker": {"ar": "السيد أنس الجبلي"}},
        {"title": {"ar": "كلمة"}, "minutes": 10, "speaker": {"ar": "كلمة وزير العدل (مثال)"}},
        {"title": {"ar": "كلمة"}, "minutes": 10, "speaker": {"ar": "ممثل"}, "organisation": "unodc"},
        {"title": {"ar": "كلمة"}, "minutes": 10, "speaker": {"ar": "من لم يدع"}, "organisation": "cnclt"},
        {"title": {"ar": "ختام"}, "minutes": 10, "speaker": {"ar": "من لم يدع"}, "organisation": "cnclt"},
    ]  # fmt: skip
    RunOfShow.objects.create(activity=ceremony(), items=items)
    # Whom nobody invited speaks in the run of show all the same: the host, for one.
    assert numbers("speaking") == [2, 1, 3, 0, 4]
    host = protocol.speaking(ceremony())[3]
    assert (str(host.subject.name), host.subject.organisation.slug, protocol.is_guest(host.subject)) == (
        "من لم يدع",
        "cnclt",
        False,
    )
    assert why(0, "speaking") == "By the run of show: line 4, at 10:30. Not on the list of guests."
    for subject, beside in ((host.subject, rows[0]), (rows[0], host.subject)):
        with pytest.raises(protocol.CannotPlace):
            put(subject, "before", beside, order="speaking")
    assert why(1, "speaking") == "By the run of show: line 2, at 10:10."
    assert "Not in the run of show" in why(4, "speaking")
    put(rows[3], "before", rows[0], order="speaking", reason="بطلب من الوزير")
    assert numbers("speaking") == [2, 4, 1, 3, 0]
    assert "بطلب من الوزير" in why(4, "speaking")
    reply(rows[1], "declined")  # nobody speaks in the place of who does not come
    assert numbers("speaking") == [4, 1, 3, 0]
    data = inviting.guests("ceremony", "speaking")["guests"]
    assert (data[3]["invitation"], data[3]["number"], data[3]["name"]) == (None, None, "من لم يدع")
    guestpaper.guest_list(ceremony(), language="ar", order="speaking", now=NOW)
    sheet = openpyxl.load_workbook(io.BytesIO(guestpaper.workbook(ceremony(), language="ar", order="speaking"))).active
    assert "من لم يدع" in [cell for row in sheet.values for cell in row]
    assert numbers()[0] == 4  # the order of precedence is another list


def test_without_a_run_of_show_the_agenda_says_who_speaks_when():
    activity = ceremony()
    activity.agenda = [
        {"title": {"ar": "كلمة"}, "who": {"fr": "Youssef Jebli"}},
        {"title": {"ar": "كلمة"}, "who": {"ar": "سلمى"}},
    ]
    activity.save()
    add(1, name={"ar": "سلمى"}, rank=10)
    add(2, name={"ar": "يوسف الجبلي", "fr": "Youssef Jebli"}, rank=80)
    assert numbers("speaking") == [2, 1]
    assert why(2, "speaking") == "By the agenda: line 1."


# --- Logos ----------------------------------------------------------------------------------------------------------


def houses(*slugs, role="partner"):
    for position, slug in enumerate(slugs, start=50):
        one = Organisation.objects.get_or_create(
            slug=slug, defaults={"name": {"ar": slug}, "reference_language": "ar"}
        )[0]  # fmt: skip
        activity = ceremony()
        Involvement.objects.create(
            programme=activity.programme, subject_kind="programme.activity", subject_id=activity.pk, organisation=one,
            role=role, position=position,
        )  # fmt: skip


def slugs():
    return [one.subject.slug for one in protocol.logos(ceremony())]


def test_logos_stand_in_protocol_order_and_are_moved_by_hand():
    houses("haya-1", "haya-2")
    assert slugs()[-2:] == ["haya-1", "haya-2"]
    one, two = (Organisation.objects.get(slug=slug) for slug in ("haya-1", "haya-2"))
    put(two, "before", one, order="logos")
    assert slugs()[-2:] == ["haya-2", "haya-1"]


def test_a_funders_rule_of_visibility_outranks_every_hand(rule):
    houses("haya-1")
    houses("eu", role="funder")
    rule(logos_first=["eu"])
    assert slugs()[0] == "eu"
    eu, one = (Organisation.objects.get(slug=slug) for slug in ("eu", "haya-1"))
    for subject, side, beside in ((one, "before", eu), (eu, "after", one), (eu, "before", one)):
        with pytest.raises(protocol.CannotPlace):
            put(subject, side, beside, order="logos")
    put(one, "after", eu, order="logos")
    assert slugs()[:2] == ["eu", "haya-1"]


# --- On paper -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_the_papers_are_made_for_screen_readers_in_each_language(language):
    rows = [invite(number, companions_allowed=1) for number in range(1, 6)]
    reply(rows[0], "represented", representative={"ar": "نائبة خيالية", "fr": "Naïba Khayalia"}, how="letter")
    reply(rows[1], companions=1)
    made = [
        guestpaper.guest_list(ceremony(), language=language, now=NOW), guestpaper.day_list(ceremony(), language=language, now=NOW),
        guestpaper.seating_list(ceremony(), language=language, now=NOW), guestpaper.place_cards(ceremony(), now=NOW),
        *(guestpaper.guest_list(ceremony(), language=language, order=order, now=NOW) for order in ("speaking", "logos")),
    ]  # fmt: skip
    for content in made:
        assert b"pdfuaid:part>1<" in content
        assert b"pdfaid:conformance>A<" in content


def test_a_place_card_bears_whoever_sits_there_in_two_languages_and_a_name_of_120_letters_fits():
    rows = [invite(number) for number in range(1, 4)]
    reply(
        rows[0],
        "represented",
        representative={"ar": "نائبة خيالية", "fr": "Naïba Khayalia"},
        representative_function="مديرة",
    )
    card = guestpaper._card(protocol.precedence(ceremony())[-1].subject, "ar")
    assert (card["front"]["name"], card["front"]["function"], card["back"]["name"]) == (
        "نائبة خيالية",
        "مديرة",
        "Naïba Khayalia",
    )
    add(9, name={"ar": "خديجة " * 20, "fr": "Abderrahmane" * 10})
    content = guestpaper.place_cards(ceremony(), now=NOW)
    assert content.count(b"/Type /Page\n") == 2 or b"/Count 2" in content


def test_the_orders_cost_the_same_queries_with_two_and_with_thirty_guests():
    def cost():
        activity = ceremony()
        with CaptureQueriesContext(connection) as queries:
            protocol.precedence(activity)
            protocol.speaking(activity)
        return len(queries)

    add(1, speaks=True)
    add(2)
    cost()
    few = cost()
    for number in range(3, 31):
        add(number, speaks=True)
    assert cost() == few
