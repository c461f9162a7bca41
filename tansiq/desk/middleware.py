"""Sessions, messages and log-in exist only for staff paths; staff cannot work without a second factor.

A reader gets no session, no CSRF cookie and no user look-up: `/desk/`, `/field/` and `/accounts/` alone have them.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect, render

STAFF_PATHS = ("/desk/", "/field/", "/accounts/")


def is_staff_path(path: str) -> bool:
    return path.startswith(STAFF_PATHS) or path in ("/desk", "/field", "/accounts")


class SessionWhereNeeded(SessionMiddleware):
    def __call__(self, request: HttpRequest) -> Any:
        if is_staff_path(request.path):
            return super().__call__(request)
        request.urlconf = settings.TANSIQ_PUBLIC_URLCONF
        return self.get_response(request)


class AuthenticationWhereNeeded(AuthenticationMiddleware):
    def __call__(self, request: HttpRequest) -> Any:
        if is_staff_path(request.path):
            return super().__call__(request)
        request.user = AnonymousUser()
        return self.get_response(request)


class CsrfWhereNeeded(CsrfViewMiddleware):
    """A reader is never given a CSRF cookie; forms of the public site carry a signed token instead."""

    def process_request(self, request: HttpRequest) -> Any:
        return super().process_request(request) if is_staff_path(request.path) else None

    def process_view(self, request: HttpRequest, callback: Any, callback_args: Any, callback_kwargs: Any) -> Any:
        if not is_staff_path(request.path):
            return None
        return super().process_view(request, callback, callback_args, callback_kwargs)

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        return super().process_response(request, response) if is_staff_path(request.path) else response


class MessageWhereNeeded(MessageMiddleware):
    def __call__(self, request: HttpRequest) -> Any:
        return super().__call__(request) if is_staff_path(request.path) else self.get_response(request)


class SecondFactor:
    """Whoever is logged in and has no passkey or one-time code is sent to set one up before anything else.

    Only the demo, which binds to loopback, switches this off; every staff page then says so. Whoever holds no role
    is told so: Wagtail would send them to the log-in page, and that one back here.
    """

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(("/desk", "/field")) and request.user.is_authenticated:
            if settings.TANSIQ_SECOND_FACTOR and not self._has_factor(request.user):
                return redirect("mfa_index")
            if not request.user.has_perm("wagtailadmin.access_admin"):
                return render(request, "desk/no_role.html", status=403)
        return self.get_response(request)

    @staticmethod
    def _has_factor(user: Any) -> bool:
        from allauth.mfa.models import Authenticator

        kinds = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
        return Authenticator.objects.filter(user=user, type__in=kinds).exists()
