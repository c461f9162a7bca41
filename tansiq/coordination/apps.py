from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoordinationConfig(AppConfig):
    name = "tansiq.coordination"
    label = "coordination"
    verbose_name = _("Coordination")

    def ready(self) -> None:
        from tansiq.coordination import (  # noqa: F401
            approvals,
            archiving,
            documents,
            exchange,
            filing,
            impact,
            lists,
            models,
            privacy,
            rules,
            tasks,
        )
        from tansiq.core import publication

        work = (
            model.record_kind()
            for model in vars(models).values()
            if isinstance(model, type) and issubclass(model, models.Record) and model.__module__ == models.__name__
        )
        publication.never_shown(*(kind for kind in work if kind not in models.SHOWN))
