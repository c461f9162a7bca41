"""What the app is made of: the shell, the service worker with the list of its files, the manifest; and the lists it takes.

The service worker keeps the shell and the static files that the shell names, nothing else: no page with a name in it is
ever in the browser's cache. Lists are kept by the app itself, encrypted (decision record on phones).
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST

from tansiq.core.errors import Refused
from tansiq.core.language import direction
from tansiq.field.door import find_door, guarded, page, refuse_strangers
from tansiq.participation import daylist

FOLDER = Path(__file__).parent / "static/field"
OTHERS = (
    "public/site.css", "public/mark.svg", "public/fonts/tansiq-text-regular.woff2", "public/fonts/tansiq-text-bold.woff2",
)  # fmt: skip


def json_view(view: Callable) -> Callable:
    """A view for the app: JSON in every case, so that a phone can tell "log in again" from a captive network's page."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return guarded(JsonResponse({"error": "login"}, status=403))
        try:
            return guarded(view(request, *args, **kwargs))
        except PermissionDenied:
            return guarded(
                JsonResponse({"error": "forbidden", "message": _("Your role does not reach this.")}, status=403)
            )
        except Http404:
            return guarded(JsonResponse({"error": "missing"}, status=404))
        except Refused as refusal:
            return guarded(JsonResponse({"error": "refused", "message": str(refusal)}, status=409))

    return answer


@login_required
@ensure_csrf_cookie
def shell(request: HttpRequest) -> HttpResponse:
    """The page that the phone keeps: it holds words and no data, of nobody and for nobody."""
    return page(request, "start", doors=[], is_shell=True)


@require_GET
@json_view
@ensure_csrf_cookie
def doors(request: HttpRequest) -> HttpResponse:
    """The activities and days that this user can take the list of now."""
    refuse_strangers(request.user)
    found = daylist.doors(request.user, today=timezone.localdate())
    rows = [
        {"activity": str(row.pk), "title": str(row.title), "day": day.isoformat(), "place": str(row.place or "")}
        for row, day in found
    ]  # fmt: skip
    return JsonResponse({"doors": rows})


def given(request: HttpRequest, largest_bytes: int) -> dict[str, Any]:
    """The JSON object that was sent. Raises TooLarge, Unreadable."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > largest_bytes:
        raise TooLarge(_("More was sent at once than is taken. The app sends less."))
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Unreadable(_("What arrived cannot be read. It is sent once more by itself."))
    return found


class TooLarge(Refused):
    pass


class Unreadable(Refused):
    pass


@require_POST
@json_view
def take_list(request: HttpRequest) -> HttpResponse:
    """The list of a day, to be kept encrypted until the night after it. A POST, since the journal notes it."""
    asked = given(request, 2000)
    activity, day = find_door(request.user, _pk(asked.get("activity")), str(asked.get("day")))
    found = daylist.hand_out(activity=activity, day=day, by=request.user, now=timezone.now())
    return JsonResponse(found)


def _pk(value: Any) -> str:
    try:
        return str(uuid.UUID(str(value)))
    except ValueError:
        raise Http404 from None


# --- What the phone keeps -------------------------------------------------------------------------------------------


@cache
def _names() -> tuple[str, ...]:
    own = sorted(str(one.relative_to(FOLDER)) for one in FOLDER.rglob("*") if one.suffix in (".js", ".css"))
    own.remove("worker.js")
    return tuple(f"field/{name}" for name in own) + OTHERS


def files() -> list[str]:
    """The addresses of all static files that the shell needs; with their digests where the site runs for real."""
    return [static(name) for name in _names()]


def version(language: str) -> str:
    """Changes with any file of the shell, and with the program: the worker then fetches everything anew."""
    folders = (FOLDER, Path(__file__).parent / "templates/field")
    digest = hashlib.sha256(f"{language}{files()}".encode())
    for file in sorted(one for folder in folders for one in folder.rglob("*") if one.is_file()):
        digest.update(file.read_bytes())
    digest.update((Path(__file__).parent / "words.py").read_bytes())
    return digest.hexdigest()[:16]


@login_required
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker: our script with the files and the version before it. Its scope is the folder it is served from."""
    language = get_language() or settings.LANGUAGE_CODE
    head = {"version": version(language), "shell": reverse("field_shell"), "start": reverse("field"), "files": files()}
    script = (FOLDER / "worker.js").read_text(encoding="utf-8")
    text = f"const KEPT = {json.dumps(head)};\n{script}"
    return guarded(HttpResponse(text, content_type="text/javascript; charset=utf-8"))


@login_required
def manifest(request: HttpRequest) -> HttpResponse:
    """So that the app can be put on the phone's first screen."""
    language = get_language() or settings.LANGUAGE_CODE
    start_url = reverse("field")
    data = {
        "name": f"{settings.TANSIQ_NAME} – {_('At the door')}", "short_name": _("At the door"), "lang": language,
        "dir": direction(language), "start_url": start_url, "scope": start_url, "display": "standalone",
        "background_color": "#FBFAF7", "theme_color": "#083E73",
        "icons": [{"src": static("public/mark.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
    }  # fmt: skip
    return guarded(JsonResponse(data, content_type="application/manifest+json"))
