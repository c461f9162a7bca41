"""Public addresses. Under each language of the pack, and a few without language."""

from django.conf import settings
from django.urls import include, path, re_path

from tansiq.public import asked, feeds, inviting, links, registering, verify, views

_codes = "|".join(code for code, _name in settings.LANGUAGES)

pages = [
    path("", views.home, name="home"),
    path("programmes/", views.programmes, name="programmes"),
    path("programmes/<slug:slug>/", views.programme, name="programme"),
    path("programmes/<slug:slug>/calendar.ics", feeds.programme_calendar, name="programme_calendar"),
    path("programmes/<slug:slug>/project/", views.project, name="project"),
    path("programmes/<slug:slug>/source/", views.programme_source, name="programme_source"),
    path("activities/", views.activities, name="activities"),
    path("activities/<slug:slug>/", views.activity, name="activity"),
    path("activities/<slug:slug>/register/", registering.register, name="register"),
    path("activities/<slug:slug>/calendar.ics", feeds.activity_calendar, name="activity_calendar"),
    path("activities/<slug:slug>/source/", views.activity_source, name="activity_source"),
    path("commission/", views.commission, name="commission"),
    path("commitments/", views.commitments, name="commitments"),
    path("commitments/<slug:slug>/", views.commitment, name="commitment"),
    path("partners/", views.partners, name="partners"),
    path("partners/<slug:slug>/", views.partner, name="partner"),
    path("materials/", views.materials, name="materials"),
    path("about/", views.about, name="about"),
    path("help/", views.help_page, name="help"),
    path("search/", views.search, name="search"),
    path("tour/", views.tour, name="tour"),
    path("tour/<int:step>/", views.tour, name="tour_step"),
    path("feed.atom", feeds.Activities(), name="feed"),
]

urlpatterns = [
    path("", views.start, name="start"),
    re_path(rf"^(?P<lang>{_codes})/", include(pages)),
    path("p/<str:token>/", registering.own, name="own"),
    path("p/<str:token>/join", registering.join, name="own_join"),
    path("p/<str:token>/joining.pdf", registering.own_joining, name="own_joining"),
    path("p/<str:token>/calendar.ics", registering.own_calendar, name="own_calendar"),
    path("p/<str:token>/test/<str:which>/", asked.test, name="own_test"),
    path("p/<str:token>/feedback/", asked.satisfaction, name="own_feedback"),
    path("g/<str:token>/", inviting.invitation, name="guest"),
    path("g/<str:token>/calendar.ics", inviting.guest_calendar, name="guest_calendar"),
    path("p/<str:token>/certificate.<str:form>", registering.own_certificate, name="own_certificate"),
    path("v/", verify.start, name="check_start"),
    path("v/<str:code>", verify.check, name="check"),
    path("keys.json", verify.jwks, name="keys"),
    path("keys/<str:key_id>.json", verify.jwk, name="key"),
    path(".well-known/did.json", verify.did, name="did"),
    path("l/<str:token>/", links.open_link, name="link"),
    path("l/<str:token>/file", links.open_file, name="link_file"),
    path("l/<str:token>/sheet.xlsx", links.open_sheet, name="link_sheet"),
    path("media/<uuid:asset>/<int:width>", views.media, name="media"),
    path("media/<uuid:asset>/file", views.media, name="media_file"),
    path("sitemap.xml", feeds.sitemap, name="sitemap"),
    path("robots.txt", feeds.robots, name="robots"),
    path("healthz", feeds.healthz, name="healthz"),
]

handler404 = "tansiq.public.views.not_found"
