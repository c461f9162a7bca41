from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "tansiq.config"
    label = "config"
