from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "tansiq.core"
    label = "core"
