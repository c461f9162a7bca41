from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "tansiq.people"
    label = "people"
    verbose_name = _("People and organisations")

    def ready(self) -> None:
        from tansiq.people import exchange, merging, retention, rules  # noqa: F401  (they register themselves)
