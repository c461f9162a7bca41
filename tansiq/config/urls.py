"""Every address of the site. `tests/house/test_access.py` knows who may open which."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("tansiq.public.urls")),
]

handler404 = "tansiq.public.views.not_found"
