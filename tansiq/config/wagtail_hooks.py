"""The desk's door for files and copies: it stands here because files hand their sections to all rooms."""

from __future__ import annotations

from typing import Any

from django.urls import path, reverse_lazy
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from tansiq.config import copies, enrolling, imports


@hooks.register("register_admin_urls")
def addresses() -> Any:
    return [
        path("import/", imports.import_file, name="desk_import"),
        path("import/<uuid:pk>/take-back/", imports.take_back, name="desk_take_back"),
        path("import/template/", imports.template, name="desk_import_template"),
        path("programme/<uuid:pk>/export/<str:form>/", imports.export, name="desk_export"),
        path("programme/<uuid:pk>/copy/", copies.copy_programme, name="desk_copy"),
        path("places/<uuid:pk>/people/", enrolling.from_file, name="desk_enrol"),
    ]


class ImportItem(MenuItem):
    def is_shown(self, request: Any) -> bool:
        return request.user.has_perm("programme.load_file")


@hooks.register("register_admin_menu_item")
def import_item() -> Any:
    return ImportItem(_("Load a file"), reverse_lazy("desk_import"), name="load", icon_name="upload", order=400)
