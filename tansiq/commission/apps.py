from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CommissionConfig(AppConfig):
    name = "tansiq.commission"
    label = "commission"
    verbose_name = _("Commission")

    def ready(self) -> None:
        from tansiq.commission import exchange, privacy, rules  # noqa: F401
