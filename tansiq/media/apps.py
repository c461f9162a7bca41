from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MediaConfig(AppConfig):
    name = "tansiq.media"
    label = "media"
    verbose_name = _("Pictures and files")

    def ready(self) -> None:
        from tansiq.media import assets, rules  # noqa: F401
