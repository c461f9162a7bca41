"""Calendars, the Atom feed, sitemap, robots and the health check."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.xmlutils import SimplerXMLGenerator

from tansiq.people.models import Organisation
from tansiq.programme import calendar
from tansiq.programme.models import Activity, Commitment, Involvement, Programme


def ics(content: bytes, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'inline; filename="{name}.ics"'}
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)


def programme_calendar(request: HttpRequest, lang: str, slug: str) -> HttpResponse:
    row = get_object_or_404(Programme.objects.public(timezone.now()), slug=slug)
    return ics(calendar.of_programme(row, lang), row.slug)


def activity_calendar(request: HttpRequest, lang: str, slug: str) -> HttpResponse:
    rows = Activity.objects.public(timezone.now()).select_related("programme", "place")
    row = get_object_or_404(rows, slug=slug)
    content = calendar.of_activity(row, lang)
    if content is None:
        raise Http404
    return ics(content, row.slug)


class _Atom(Atom1Feed):
    def root_attributes(self) -> dict[str, str]:
        return {**super().root_attributes(), "xml:lang": get_language() or settings.LANGUAGE_CODE}


class Activities(Feed):
    """What was published or changed last, fifty activities, in the language of the address."""

    feed_type = _Atom

    def title(self) -> str:
        body = Organisation.objects.filter(slug=_body_slug()).first()
        return str(body.name) if body else settings.TANSIQ_NAME

    def subtitle(self) -> str:
        return _("Programmes and activities")

    def link(self) -> str:
        return f"{settings.TANSIQ_SITE_URL}/{get_language()}/"

    def feed_url(self) -> str:
        return f"{settings.TANSIQ_SITE_URL}/{get_language()}/feed.atom"

    def items(self) -> Any:
        rows = Activity.objects.public(timezone.now()).select_related("programme")
        return rows.order_by("-changed_at", "position")[:50]

    def item_title(self, item: Activity) -> str:
        return item.title.plain

    def item_description(self, item: Activity) -> str:
        when = str(item.when) or _("date to be announced")
        return f"{item.get_kind_display()} · {item.get_state_display()} · {when}"

    def item_link(self, item: Activity) -> str:
        return f"{settings.TANSIQ_SITE_URL}/{get_language()}/activities/{item.slug}/"

    def item_guid(self, item: Activity) -> str:
        return item.pk.urn

    def item_updateddate(self, item: Activity) -> Any:
        return item.changed_at

    def item_pubdate(self, item: Activity) -> Any:
        return item.programme.published_at


def _body_slug() -> str:
    from tansiq.core import packs

    return packs.section("body") or ""


PLAIN_PAGES = ("home", "programmes", "activities", "commission", "commitments", "partners", "materials", "about")


def sitemap(request: HttpRequest) -> HttpResponse:
    """Every public page in every language, each with its alternates. Help pages are left out on purpose."""
    now = timezone.now()
    used = (
        Involvement.objects.filter(programme__published_at__lte=now).order_by().values("organisation__slug").distinct()
    )
    pages: list[tuple[str, dict[str, str]]] = [(name, {}) for name in PLAIN_PAGES]
    pages += [("programme", {"slug": slug}) for slug in Programme.objects.public(now).values_list("slug", flat=True)]
    pages += [("activity", {"slug": slug}) for slug in Activity.objects.public(now).values_list("slug", flat=True)]
    pages += [("commitment", {"slug": slug}) for slug in Commitment.objects.public(now).values_list("slug", flat=True)]
    pages += [("partner", {"slug": row["organisation__slug"]}) for row in used]
    response = HttpResponse(content_type="application/xml; charset=utf-8")
    xml: Any = SimplerXMLGenerator(response, "utf-8")
    xml.startDocument()
    xml.startElement("urlset", {"xmlns": "http://www.sitemaps.org/schemas/sitemap/0.9", "xmlns:xhtml": "http://www.w3.org/1999/xhtml"})  # fmt: skip
    for name, arguments in pages:
        addresses = {
            code: settings.TANSIQ_SITE_URL + reverse(name, kwargs={"lang": code, **arguments})
            for code, _name in settings.LANGUAGES
        }
        for address in addresses.values():
            xml.startElement("url", {})
            xml.addQuickElement("loc", address)
            for other, url in addresses.items():
                xml.addQuickElement("xhtml:link", attrs={"rel": "alternate", "hreflang": other, "href": url})
            xml.endElement("url")
    xml.endElement("urlset")
    xml.endDocument()
    return response


def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *"]
    if settings.TANSIQ_DEMO:
        lines.append("Disallow: /")
    else:
        lines += ["Disallow: /desk/", "Disallow: /accounts/", f"Sitemap: {settings.TANSIQ_SITE_URL}/sitemap.xml"]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


def healthz(request: HttpRequest) -> JsonResponse:
    """Does the process answer and reach its database? Nothing else is said."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"ok": True}, headers={"Cache-Control": "no-store"})
