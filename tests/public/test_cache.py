"""The page cache: never stale after a publication, never early, never for staff."""

import datetime as dt
import gzip
import time

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.utils import timezone

from tansiq.core import journal, publication
from tansiq.programme import planning
from tansiq.programme.models import Programme
from tansiq.public.cache import PageCache

NOW = dt.datetime(2020, 7, 24, 10, tzinfo=dt.UTC)


class Counting:
    """Django's application, counting how often it is asked."""

    def __init__(self):
        self.django = get_wsgi_application()
        self.asked = 0

    def __call__(self, environ, start_response):
        self.asked += 1
        return self.django(environ, start_response)


@pytest.fixture(autouse=True)
def _one_connection():
    """The test's own transaction would be closed at the end of each request (Django's test client does the same)."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def site():
    inner = Counting()
    cache = PageCache(inner)

    def get(path, **extra):
        begun = {}
        environ = {
            "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "testserver",
            "SERVER_PORT": "80", "HTTP_HOST": "testserver", "wsgi.url_scheme": "http", "wsgi.input": __import__("io").BytesIO(),
            "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.errors": None, **extra,
        }  # fmt: skip
        body = b"".join(cache(environ, lambda status, headers, *_: begun.update(status=status, headers=dict(headers))))
        return begun["status"], begun["headers"], body

    get.inner, get.cache = inner, cache
    return get


def test_the_second_reader_costs_django_nothing(site, world_day):
    first, second = site("/ar/programmes/world-day-2020/"), site("/ar/programmes/world-day-2020/")
    assert first[2] == second[2]
    assert site.inner.asked == 1


def test_a_packed_answer_is_the_same_page(site, world_day):
    plain = site("/ar/")[2]
    _status, headers, body = site("/ar/", HTTP_ACCEPT_ENCODING="gzip, br")
    assert headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == plain
    assert site.inner.asked == 1


def test_an_unchanged_page_is_answered_with_304(site, world_day):
    tag = site("/ar/")[1]["ETag"]
    assert site("/ar/", HTTP_IF_NONE_MATCH=tag)[0].startswith("304")


def test_a_publication_empties_the_cache(site, world_day, django_capture_on_commit_callbacks):
    assert site("/ar/programmes/world-day-2020/")[0] == "200 OK"
    with django_capture_on_commit_callbacks(execute=True):
        planning.withdraw(programme=world_day, by=journal.CLI, now=timezone.now())
    assert site("/ar/programmes/world-day-2020/")[0].startswith("404")


def test_without_the_generation_a_withdrawn_page_would_be_shown(site, world_day):
    """The twin of the test above: without the announcement on commit the kept page is still there."""
    site("/ar/programmes/world-day-2020/")
    Programme.objects.filter(pk=world_day.pk).update(published_at=None)
    assert site("/ar/programmes/world-day-2020/")[0] == "200 OK"


def test_a_kept_page_does_not_outlive_the_next_publication(site, world_day, monkeypatch):
    soon = timezone.now() + dt.timedelta(seconds=1.2)
    Programme.objects.create(
        slug="taht-al-hazr", title={"ar": "برنامج تحت الحظر"}, reference_language="ar", published_at=soon
    )
    publication.bump()
    assert "برنامج تحت الحظر" not in site("/ar/programmes/")[2].decode()
    kept = site.cache.kept[("testserver", "/ar/programmes/")]
    assert kept.expires_at == pytest.approx(soon.timestamp(), abs=0.01)
    time.sleep(1.3)
    assert "برنامج تحت الحظر" in site("/ar/programmes/")[2].decode()


def test_help_search_staff_and_errors_are_never_kept(site, world_day):
    for path, extra in (
        ("/ar/help/", {}), ("/ar/search/", {"QUERY_STRING": "q=x"}), ("/accounts/login/", {}), ("/ar/nothing-here/", {}),
        ("/ar/", {"HTTP_COOKIE": "sessionid=abc"}), ("/ar/", {"REQUEST_METHOD": "HEAD"}),
    ):  # fmt: skip
        site(path, **extra)
    assert site.cache.kept == {}


def test_another_host_name_gets_no_kept_page(site, world_day):
    site("/ar/")
    assert site("/ar/", HTTP_HOST="evil.example")[0].startswith("400")


def test_the_memory_of_the_cache_is_bounded(world_day):
    cache = PageCache(Counting(), limit_bytes=1)
    for path in ("/ar/", "/fr/", "/en/"):
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_HOST": "testserver", "SERVER_NAME": "testserver",
                   "SERVER_PORT": "80", "wsgi.url_scheme": "http", "wsgi.input": __import__("io").BytesIO()}  # fmt: skip
        list(cache(environ, lambda *_: None))
    assert len(cache.kept) == 1
