"""Every address is in one of two tables or refuses who is not logged in.

PUBLIC answers readers and sets no cookie. DOORS are the pages before the log-in and what they need; a form there has
its CSRF cookie. A new public address is written here by hand, or this test fails.
"""

import re
import uuid

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver, path, resolve
from django.urls.resolvers import URLResolver

LANG = "^(?P<lang>" + "|".join(code for code, _name in settings.LANGUAGES) + ")/"
# Each with an address at which it answers 200 in the programme of the source document.
PUBLIC = {
    "": "/",
    LANG: "/ar/",
    LANG + "programmes/": "/ar/programmes/",
    LANG + "programmes/<slug:slug>/": "/ar/programmes/world-day-2020/",
    LANG + "programmes/<slug:slug>/calendar.ics": "/ar/programmes/world-day-2020/calendar.ics",
    LANG + "programmes/<slug:slug>/project/": "/ar/programmes/world-day-2020/project/",
    LANG + "programmes/<slug:slug>/source/": "/ar/programmes/world-day-2020/source/",
    LANG + "activities/": "/ar/activities/",
    LANG + "activities/<slug:slug>/": "/ar/activities/ceremony/",
    LANG + "activities/<slug:slug>/calendar.ics": "/ar/activities/ceremony/calendar.ics",
    LANG + "activities/<slug:slug>/register/": None,  # only where a public form was opened
    LANG + "activities/<slug:slug>/source/": "/ar/activities/ceremony/source/",
    LANG + "commission/": "/ar/commission/",
    LANG + "commitments/": "/ar/commitments/",
    LANG + "commitments/<slug:slug>/": "/ar/commitments/blue-heart/",
    LANG + "partners/": "/ar/partners/",
    LANG + "partners/<slug:slug>/": "/ar/partners/unodc/",
    LANG + "materials/": "/ar/materials/",
    LANG + "about/": "/ar/about/",
    LANG + "help/": "/ar/help/",
    LANG + "search/": "/ar/search/?q=مكافحة",
    LANG + "tour/": "/ar/tour/",
    LANG + "tour/<int:step>/": "/ar/tour/2/",
    LANG + "feed.atom": "/ar/feed.atom",
    "media/<uuid:asset>/<int:width>": None,  # answers only for a picture that something published shows
    "l/<str:token>/": None,  # answers only whoever holds the 128 random bits of a personal link
    "l/<str:token>/file": None,
    "l/<str:token>/sheet.xlsx": None,
    "p/<str:token>/": None,  # one's own page: the token holds 128 bits made with our key
    "p/<str:token>/join": None,
    "p/<str:token>/calendar.ics": None,
    "p/<str:token>/joining.pdf": None,
    "p/<str:token>/test/<str:which>/": None,
    "p/<str:token>/feedback/": None,
    "g/<str:token>/": None,  # one guest's page: the token holds 128 bits made with our key
    "g/<str:token>/calendar.ics": None,
    "p/<str:token>/certificate.<str:form>": None,
    "v/": "/v/",
    "v/<str:code>": "/v/x",  # says the same of a code that is not known
    "keys.json": "/keys.json",  # public keys, all of them
    "keys/<str:key_id>.json": None,  # one of them
    ".well-known/did.json": None,  # once there is one
    "sitemap.xml": "/sitemap.xml",
    "robots.txt": "/robots.txt",
    "healthz": "/healthz",
}
DOORS = {
    "accounts/login/",
    "accounts/inactive/",
    "accounts/signup/",  # says that accounts are given by the administrator
    "accounts/confirm-email/",
    r"accounts/^confirm-email/(?P<key>[-:\w]+)/$",
    "accounts/password/reset/",
    "accounts/password/reset/done/",
    r"accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
    "accounts/password/reset/key/done/",
    "accounts/logout/",  # who is not logged in goes home
    # Words and icons of Wagtail's own pages; nothing of ours is in them.
    "desk/sprite/",
    "desk/jsi18n/",
}
SAMPLES = {"int": "1", "uuid": str(uuid.UUID(int=1)), "slug": "x", "str": "x", None: "x"}
GROUPS = {
    LANG: "ar/",
    r"^confirm-email/(?P<key>[-:\w]+)/$": "confirm-email/x/",
    r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$": "password/reset/key/1-x/",
    r"^(\d+)/revisions/compare/(live|earliest|\d+)\.\.\.(live|latest|\d+)/$": "1/revisions/compare/live...latest/",
    "^.*/$": "no-such-page/",
}


def routes(resolver=None, before=""):
    for pattern in (resolver or get_resolver()).url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, route)
        else:
            yield route


def address(route):
    """An address that leads to the route, with values that no record has."""
    for group, sample in GROUPS.items():
        route = route.replace(group, sample)
    route = re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLES[found[1]], route)
    return "/" + route.replace("/^", "/").replace("//", "/")


def refuses(answer):
    if answer.status_code == 302:
        return answer["Location"].startswith(("/accounts/login/", "/desk/login/?"))  # the second leads to the first
    return answer.status_code in (403, 404, 405)


def opened(given, client):
    """The routes, beside those of the tables, that answer somebody who is not logged in."""
    found = []
    for route in given:
        if route in PUBLIC or route in DOORS:
            continue
        for method in (client.get, client.post):
            answer = method(address(route))
            if not refuses(answer):
                found.append(f"{route}: {answer.status_code} {answer.get('Location', '')}".strip())
                break
    return found


def test_every_address_is_public_by_the_table_or_refuses_a_visitor(client, db):
    found = list(routes())
    assert len(found) > 200
    assert opened(found, client) == []


def test_the_sample_addresses_lead_to_their_routes():
    wrong = [(route, resolve(address(route)).route) for route in routes()]
    assert [pair for pair in wrong if pair[0].replace("/^", "/") != pair[1]] == []


def test_the_tables_name_no_address_that_is_gone():
    assert set(PUBLIC) | DOORS <= set(routes())


@pytest.mark.parametrize("language", ["ar", "fr", "en"])
def test_no_public_address_sets_a_cookie_even_for_who_brings_one(world_day, language):
    for route, sample in PUBLIC.items():
        for brings in (False, True):
            client = Client()
            if brings:
                assert client.get("/accounts/login/").cookies
                client.cookies["sessionid"] = "x"
            url = (sample or address(route)).replace("/ar/", f"/{language}/", 1)
            answer = client.get(url)
            assert answer.status_code == (404 if sample is None else 302 if sample == "/" else 200), url
            assert "Set-Cookie" not in answer, url
            assert not answer.cookies, url


def test_the_log_in_form_has_its_cookie(client, db):
    assert set(client.get("/accounts/login/").cookies) == {"csrftoken"}


def secret_page(request):
    from django.http import HttpResponse

    return HttpResponse("للموظفين")


urlpatterns = [path("desk/reports/open/", secret_page), path("ar/new-page/", secret_page)]


@pytest.mark.urls(__name__)
def test_a_page_that_somebody_forgot_to_close_would_be_found(client, db, settings):
    settings.TANSIQ_PUBLIC_URLCONF = __name__
    assert opened(routes(), client) == ["desk/reports/open/: 200", "ar/new-page/: 200"]
