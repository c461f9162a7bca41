from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProgrammeConfig(AppConfig):
    name = "tansiq.programme"
    label = "programme"
    verbose_name = _("Programmes")

    def ready(self) -> None:
        from tansiq.programme import exchange, planning, rules  # noqa: F401
