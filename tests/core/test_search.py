import datetime as dt
import uuid
from dataclasses import dataclass, field

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tansiq.core import search
from tansiq.core.models import SearchText, Source

pytestmark = pytest.mark.django_db

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)


@dataclass
class Visit:
    """A record of some other room, as far as search sees it."""

    pk: uuid.UUID = field(default_factory=uuid.uuid4)
    kind_of_record: str = "programme.visit"


def put(title, text="", *, language="ar", subject=None, public_from=NOW, **more):
    subject = subject or Source()
    search.put(
        subject=subject, language=language, title=title, text=text, path="/ar/x", public_from=public_from, **more
    )
    return subject


def titles(query, *, language="ar", now=NOW, **more):
    return [hit.title for hit in search.find(query, language=language, now=now, **more).hits]


def test_put_keeps_each_word_between_spaces_and_what_is_shown_as_it_was():
    subject = put("مكافحة الاتجار", "Été 2026", extract="ملخّص", public_from=NOW)
    row = SearchText.objects.get()
    assert (row.subject_kind, row.subject_id, row.language) == ("core.source", subject.pk, "ar")
    assert (row.title, row.extract, row.path, row.public_from) == ("مكافحة الاتجار", "ملخّص", "/ar/x", NOW)
    assert row.title_words == " مكافحه الاتجار اتجار "
    assert row.words == " مكافحه الاتجار اتجار ete 2026 "


def test_put_replaces_what_was_put_before_for_the_language_only():
    subject = put("قديم")
    put("ancien", language="fr", subject=subject)
    put("جديد", subject=subject)
    assert sorted(SearchText.objects.values_list("language", "title")) == [("ar", "جديد"), ("fr", "ancien")]


def test_put_all_takes_the_last_of_two_for_the_same_record_and_language():
    subject = Source()
    search.put_all([search.Findable(subject, "ar", title, "", "/ar/x", NOW) for title in ("أول", "ثان")])
    assert titles("ثان") == ["ثان"]
    assert titles("أول") == []


def test_put_all_puts_a_thousand_texts_in_a_few_queries(django_assert_max_num_queries):
    texts = [search.Findable(Source(), "ar", f"نشاط {number}", "", "/ar/x", NOW) for number in range(1000)]
    # SQLite takes 999 parameters a statement.
    with django_assert_max_num_queries(14):
        search.put_all(texts)
    assert search.find("نشاط", language="ar", now=NOW, limit=3).total == 1000


def test_put_cuts_a_title_that_is_longer_than_its_column_and_still_finds_its_end():
    put("س" * 299 + " آخر", extract="ص" * 401)
    row = SearchText.objects.get()
    assert (row.title, row.extract) == ("س" * 299 + "…", "ص" * 399 + "…")
    assert titles("آخر") == [row.title]


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("الاتجار", "خطة لمكافحة جريمة متعلقة بالاتجار في البشر"),
        ("الاتجار", "التصدي وللاتجار عقوبات"),
        ("بالاتجار", "مناهضة الاتجار"),
        ("اتجار", "والاتجار"),
        ("أطفال", "حماية الاطفال"),
        ("اطفال", "للأطفال"),
        ("إجراءات", "اجراءات"),
        ("مؤسسة", "موسسه"),
        ("المحكمه", "المحكمة"),
        ("محكمة", "بالمحكمه"),
        ("مُتَدَخِّل", "متدخل"),
        ("متدخل", "مُتَدَخِّلون"),
        ("اللجنـــة", "اللجنة"),
        ("لجنة", "اللجنـــة"),
        ("مستشفى", "المستشفي"),
        ("2026", "سنة ٢٠٢٦"),
        ("٢٠٢٦", "سنة 2026"),
        ("ecole", "École nationale"),
        ("ÉLÈVE", "les élèves"),
        ("oeuvre", "l’œuvre"),
        ("action", "plan d'action"),
        ("l’enfant", "enfants"),
        ("Comm", "la commission"),
    ],
)
def test_find_matches_however_the_word_is_written(query, text):
    put("عنوان", text)
    put("غيره", "شيء آخر")
    assert titles(query) == ["عنوان"]


@pytest.mark.parametrize(
    ("query", "text"),
    [("جار", "الاتجار"), ("mission", "la commission"), ("الاتجار البحر", "الاتجار بالبشر"), ("20266", "2026")],
)
def test_find_does_not_match_inside_a_word_nor_a_part_of_the_query(query, text):
    put("عنوان", text)
    assert titles(query) == []


def test_find_asks_for_every_word_wherever_it_stands():
    put("دورة تكوينية", "لفائدة القضاة بالرباط")
    put("دورة", "لفائدة المحامين بالرباط")
    assert titles("الرباط القضاة دورة") == ["دورة تكوينية"]


@pytest.mark.parametrize("query", ["", "   ", "؟!،؛", "«»…", "و", "%", "_", "\\", "'\";--"])
def test_a_query_without_a_word_finds_nothing(query):
    put("عنوان", "نص _ % و \\")
    assert search.find(query, language="ar", now=NOW) == search.Found(0, [])


@pytest.mark.parametrize(
    ("query", "found"),
    [("ن%ط", []), ("ن_اط", []), ("n_t", []), ("%نشاط", ["نشاط"]), ("نش_", ["نشاط"]), ("\\نشاط\\", ["نشاط"])],
)
def test_wildcards_in_a_query_stand_for_nothing(query, found):
    put("نشاط", "net")
    put("نباط", "nt")
    assert titles(query) == found


def test_a_row_under_embargo_is_not_found_one_second_before():
    put("بلاغ", public_from=NOW)
    assert search.find("بلاغ", language="ar", now=NOW - SECOND) == search.Found(0, [])
    assert titles("بلاغ", now=NOW) == ["بلاغ"]


def test_a_row_without_a_date_is_found_by_staff_only():
    put("مسودة", public_from=None)
    put("مسودة مؤجلة", public_from=NOW + SECOND)
    assert search.find("مسودة", language="ar", now=NOW) == search.Found(0, [])
    assert titles("مسودة", include_unpublished=True) == ["مسودة", "مسودة مؤجلة"]


def test_find_does_not_take_no_time_for_staff():
    put("مسودة", public_from=None)
    with pytest.raises(ValueError, match="None"):
        search.find("مسودة", language="ar", now=None)


def test_find_stays_in_its_language_and_among_the_kinds_that_are_asked():
    put("زيارة", subject=Visit())
    put("زيارة المصدر")
    put("زيارة", language="fr")
    assert titles("زيارة") == ["زيارة", "زيارة المصدر"]
    assert titles("زيارة", kinds=["programme.visit"]) == ["زيارة"]
    assert titles("زيارة", kinds=[]) == []


def test_find_puts_titles_first_then_whole_words_then_beginnings_then_the_alphabet():
    put("ي", "تدريبات")
    put("ن", "التدريب")
    put("ه", "تدريب")
    put("تدريبات")
    put("ب تدريب")
    put("أ تدريب")
    assert titles("تدريب") == ["أ تدريب", "ب تدريب", "تدريبات", "ن", "ه", "ي"]


def test_find_orders_titles_by_code_point_on_every_database():
    # A server's locale puts Morocco's ڭ after ك, SQLite after ي.
    for title in ("زيارة ڭلميم", "زيارة وجدة", "زيارة كلميم"):
        put(title)
    assert titles("زيارة") == ["زيارة كلميم", "زيارة وجدة", "زيارة ڭلميم"]


def test_find_counts_all_and_gives_the_slice_that_is_asked():
    for number in range(5):
        put(f"نشاط {number}")
    found = search.find("نشاط", language="ar", now=NOW, limit=2, offset=2)
    assert (found.total, [hit.title for hit in found.hits]) == (5, ["نشاط 2", "نشاط 3"])


def test_find_takes_two_queries_and_leaves_the_words_in_the_database(django_assert_num_queries):
    for number in range(3):
        put(f"نشاط {number}", "نص طويل")
    with django_assert_num_queries(2):
        found = search.find("نشاط", language="ar", now=NOW)
        assert [hit.title for hit in found.hits] == ["نشاط 0", "نشاط 1", "نشاط 2"]
    assert found.hits[0].get_deferred_fields() == {"words", "title_words"}


def test_a_query_of_thousands_of_words_is_cut_before_it_becomes_sql():
    put("نشاط")
    with CaptureQueriesContext(connection) as asked:
        assert titles(" ".join(f"ن{number}" for number in range(5000))) == []
    # 200 characters hold more than twelve such words; each alternative is a LIKE in three places.
    assert max(query["sql"].count("LIKE") for query in asked) == 36
    assert titles("نشاط " * 5000) == ["نشاط"]


def test_remove_takes_a_record_out_in_every_language_and_leaves_its_namesake_of_another_kind():
    source = put("زيارة")
    put("visite", language="fr", subject=source)
    put("زيارة أخرى", subject=Visit(pk=source.pk))
    search.remove(kind="core.source", ids=[source.pk, *(uuid.uuid4() for _number in range(1200))])
    assert list(SearchText.objects.values_list("subject_kind", "title")) == [("programme.visit", "زيارة أخرى")]
