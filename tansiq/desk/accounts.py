"""How people log in: by invitation only, in the site's language; the mails of it wait in the outbox like all others."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import ResetPasswordForm
from allauth.core import context as current
from django.contrib.sites.shortcuts import get_current_site
from django.utils import timezone, translation

from tansiq.core import outbox
from tansiq.people.models import User


class Adapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: Any) -> bool:
        return False

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """To a known and to an unknown address in the same time: one row each, and no mail server is asked."""
        request = current.request
        given = {"request": request, "email": email, "current_site": get_current_site(request), **context}
        message = self.render_mail(template_prefix, email, given)
        outbox.post(
            key=f"account:{uuid.uuid4()}", to=email, subject=message.subject[:200], body=str(message.body),
            language=translation.get_language() or "", now=timezone.now(),
        )  # fmt: skip


def send_way_in(request: Any, user: User) -> None:
    """A mail with a link under which the user chooses a password; the same one as for a forgotten password."""
    with translation.override(user.language or translation.get_language()):
        form = ResetPasswordForm({"email": user.email})
        if form.is_valid():
            form.save(request)
