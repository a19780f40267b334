from django.apps import AppConfig


class DerivedConfig(AppConfig):
    name = "derived"
