from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "tansiq.core"
    label = "core"

    def ready(self) -> None:
        from tansiq.core import publication  # noqa: F401  (counts what is published)
