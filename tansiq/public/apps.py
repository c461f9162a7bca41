from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PublicConfig(AppConfig):
    name = "tansiq.public"
    label = "public"
    verbose_name = _("Public site")

    def ready(self) -> None:
        from tansiq.public import search  # noqa: F401  (writes the search table when something is recorded)
