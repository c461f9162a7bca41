"""What every public page needs: the body's name, the hotline, the languages of this same page."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from tansiq.coordination.paper import body
from tansiq.core import packs
from tansiq.core.language import direction
from tansiq.core.localized import Localized


def site(request: HttpRequest) -> dict[str, Any]:
    language = get_language() or settings.LANGUAGE_CODE
    rest = request.path_info.split("/", 2)[2] if request.path_info.startswith(f"/{language}/") else ""
    hotline = packs.section("hotline")
    return {
        "language": language,
        "direction": direction(language),
        "body": SimpleLazyObject(body),
        "body_short": Localized(packs.section("body_short") or {}),
        "hotline": {**hotline, "scope": Localized(hotline["scope"]), "name": Localized(hotline.get("name") or {})}
        if hotline
        else None,
        "alternates": [
            {"code": code, "name": name, "path": f"/{code}/{rest}", "url": f"{settings.TANSIQ_SITE_URL}/{code}/{rest}"}
            for code, name in settings.LANGUAGES
        ],
        "site_url": settings.TANSIQ_SITE_URL,
        "is_demo": settings.TANSIQ_DEMO,
        "product": settings.TANSIQ_NAME,
        "region_disclaimer": Localized(packs.section("region_disclaimer") or {}),
    }
