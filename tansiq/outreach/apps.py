from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OutreachConfig(AppConfig):
    name = "tansiq.outreach"
    label = "outreach"
    verbose_name = _("Materials and visits")

    def ready(self) -> None:
        from tansiq.outreach import approving, exchange, pictures, rules  # noqa: F401
