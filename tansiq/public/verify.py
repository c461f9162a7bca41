"""Checking a certificate: by its code (the QR leads here), by number and name, or by the file. No log-in, no cookie.

The pages say course, month and how it stands, never a name. A file is looked at in memory and kept nowhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tansiq.coordination.paper import in_words
from tansiq.core.errors import Refused
from tansiq.core.language import direction
from tansiq.participation import codes, credentials, keys, verification
from tansiq.participation.models import SigningKey
from tansiq.public.links import private
from tansiq.public.registering import client, refuse_foreign

_SIGNER = TimestampSigner(salt="tansiq.certificate.check")
_FORM_SECONDS = 4 * 3600
# What a form adds to the file that it carries.
_FORM_BYTES = 20_000
View = Callable[..., HttpResponse]


def _page(view: View) -> View:
    """In the language that `?language=` names, else the site's; for nobody's cache and no search engine."""

    @wraps(view)
    def in_language(request: HttpRequest, **given: Any) -> HttpResponse:
        known, asked = dict(settings.LANGUAGES), request.GET.get("language", "")
        language = asked if asked in known else settings.LANGUAGE_CODE
        with translation.override(language):
            context = {
                "language": language, "direction": direction(language),
                "alternates": [
                    {"code": code, "name": name, "path": f"?language={code}"} for code, name in settings.LANGUAGES
                ],
            }  # fmt: skip
            answer = private(view(request, context, **given))
            answer.headers["Content-Language"] = language
            return answer

    return in_language


def _show(request: HttpRequest, context: dict[str, Any], template: str, status: int = 200) -> HttpResponse:
    return render(request, template, {**context, "token": _SIGNER.sign("check")}, status=status)


def _is_fresh(request: HttpRequest) -> bool:
    try:
        return _SIGNER.unsign(request.POST.get("token", ""), max_age=_FORM_SECONDS) == "check"
    except BadSignature:
        return False


def _stale() -> str:
    return _("This page was open for a long time. What you wrote is still here: press the button once more.")


@_page
def check(request: HttpRequest, context: dict[str, Any], *, code: str) -> HttpResponse:
    """How a certificate stands; the page is the same for a code that is not known. A name that is typed is yes or no."""
    now = timezone.now()
    verdict = verification.check_code(code, now=now)
    context |= _told(verdict) | {"code": codes.grouped(codes.clean(code)), "name": request.POST.get("name", "").strip()}
    if request.method != "POST":
        return _show(request, context, "public/check.html")
    refuse_foreign(request)
    if not _is_fresh(request):
        return _show(request, {**context, "refusal": _stale()}, "public/check.html", 409)
    if not context["name"]:
        return _show(request, {**context, "refusal": _("Write the name.")}, "public/check.html", 422)
    try:
        context["answer"] = verification.try_name(
            certificate=verdict.certificate, subject=codes.clean(code) or code[:100], typed=context["name"],
            origin=client(request), now=now,
        )  # fmt: skip
    except verification.TooManyTries as refusal:
        return _show(request, {**context, "refusal": refusal}, "public/check.html", 429)
    return _show(request, {**context, "is_answered": True}, "public/check.html")


def _told(verdict: verification.Verdict) -> dict[str, Any]:
    language = translation.get_language()
    return {
        "verdict": verdict, "month": in_words(verdict.month, language),
        "label": {
            "valid": _("Valid"), "unknown": _("Not known"), "tampered": _("Not what was issued"),
            "revoked": {"replaced": _("Replaced"), "expired": _("Past its day")}.get(verdict.because, _("Revoked")),
        }[verdict.status],
    }  # fmt: skip


@_page
def start(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Three ways to check: the code, the number together with the name, the file itself."""
    if request.method != "POST":
        return _show(request, context, "public/check_start.html")
    # Before anything of the body is read: what is larger than any certificate would be written to a file.
    size = request.META.get("CONTENT_LENGTH") or "0"
    if not size.isdecimal() or int(size) > verification.MOST_BYTES + _FORM_BYTES:
        return _show(request, {**context, "refusal": _too_large()}, "public/check_start.html", 413)
    refuse_foreign(request)
    context["given"] = request.POST
    if not _is_fresh(request):
        return _show(request, {**context, "refusal": _stale()}, "public/check_start.html", 409)
    do = {"code": _by_code, "number": _by_number, "file": _by_file}.get(request.POST.get("do", ""), _by_code)
    try:
        return do(request, context)
    except verification.TooManyTries as refusal:
        return _show(request, {**context, "refusal": refusal}, "public/check_start.html", 429)
    except Refused as refusal:
        return _show(request, {**context, "refusal": refusal}, "public/check_start.html", 422)


def _too_large() -> str:
    message = _("The file is larger than %(most)s MB: no certificate is. Give the PDF or the credential itself.")
    return message % {"most": verification.MOST_BYTES // 1_000_000}


def _by_code(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    code = codes.clean(request.POST.get("code", ""))
    if not code:
        message = _("A code has %(length)s letters and digits. Copy it once more from the certificate: spaces and dashes do not matter.")  # fmt: skip
        raise Refused(message % {"length": codes.LENGTH})
    return HttpResponseRedirect(f"/v/{code}?language={context['language']}")


def _by_number(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Numbers follow each other, so that a number alone says nothing: only with its name is it answered."""
    number, name = request.POST.get("number", "")[:40], request.POST.get("name", "").strip()
    if not number.strip() or not name:
        raise Refused(_("Write the number and the name, both as they stand on the certificate."))
    now = timezone.now()
    certificate = verification.find_by_number(number)
    is_theirs = verification.try_name(
        certificate=certificate, subject="".join(number.split()), typed=name, origin=client(request), now=now
    )
    context |= {"is_asked": True, "is_theirs": is_theirs, "name": name}
    if is_theirs and certificate:
        context |= _told(verification.verdict_of(certificate, now=now))
    return _show(request, context, "public/check_start.html")


def _by_file(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    upload = request.FILES.get("file")
    if upload is None or not upload.size:
        raise Refused(_("Choose a file first."))
    verdict = verification.check_file(upload.read(verification.MOST_BYTES + 1), now=timezone.now())
    context |= _told(verdict) | {"is_file": True}
    if verdict.certificate:
        context["code"] = verdict.certificate.code
    return _show(request, context, "public/check_start.html")


# --- Our public keys, for whoever checks without asking us ----------------------------------------------------------


def _json(data: Any, kind: str = "application/json") -> HttpResponse:
    answer = HttpResponse(json.dumps(data, ensure_ascii=False, indent=1), content_type=kind)
    # Verifiers in a browser read it from other sites; it holds nothing but public keys.
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def jwks(request: HttpRequest) -> HttpResponse:
    return _json(keys.jwks(), "application/jwk-set+json")


def jwk(request: HttpRequest, key_id: str) -> HttpResponse:
    return _json(keys.jwk(get_object_or_404(SigningKey, key_id=key_id)), "application/jwk+json")


def did(request: HttpRequest) -> HttpResponse:
    if not SigningKey.objects.exists():
        raise Http404
    return _json(credentials.did_document(), "application/did+json")
