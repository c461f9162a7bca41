"""Every address of the site. `tests/house/test_access.py` knows who may open which."""

from __future__ import annotations

from django.urls import include, path
from django.views.generic import RedirectView
from wagtail.admin import urls as desk

to_login = RedirectView.as_view(pattern_name="account_login", query_string=True)

urlpatterns = [
    # Wagtail's own log-in form would be a way round the second factor.
    path("desk/login/", to_login),
    path("desk/password_reset/", to_login),
    path("desk/", include(desk)),
    path("accounts/", include("allauth.urls")),
    path("field/", include("tansiq.field.urls")),
    path("", include("tansiq.public.urls")),
]

handler404 = "tansiq.public.views.not_found"
