"""Language from the address alone, and the headers that every answer carries."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

CODES = [code for code, _name in settings.LANGUAGES]
# No inline script or style, nothing from elsewhere. The desk needs what Wagtail's own pages use inline.
STRICT = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'; media-src 'self'"
)
DESK = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; font-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'self'; frame-ancestors 'self'; object-src 'none'"
)


class Language:
    """The language is the first part of the path; where there is none, a staff user's own, else the site's first.

    What the browser prefers plays no part: an Arabic-first site stays Arabic, and a cached page has one language.
    """

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        first = request.path_info.split("/", 2)[1]
        language = first if first in CODES else settings.LANGUAGE_CODE
        session = getattr(request, "session", None)
        if first not in CODES and session is not None:
            asked = request.GET.get("language") or session.get("language")
            if asked in CODES:
                language = asked
                if session.get("language") != asked:
                    session["language"] = asked
        translation.activate(language)
        request.LANGUAGE_CODE = language
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", translation.get_language())
        return response


class SecurityHeaders:
    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Both say who may frame a page, so there is no X-Frame-Options beside them.
        policy = DESK if request.path.startswith("/desk") else STRICT
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=(), browsing-topics=()"
        )
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        if settings.TANSIQ_DEMO:
            response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
        return response
