from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoordinationConfig(AppConfig):
    name = "tansiq.coordination"
    label = "coordination"
    verbose_name = _("Coordination")

    def ready(self) -> None:
        from tansiq.coordination import exchange, filing, functions, rules, tasks  # noqa: F401
