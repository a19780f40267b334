from importlib import import_module

from django.apps import AppConfig

from notifications import standing
from telemetry import followers, jobs


class AlertsConfig(AppConfig):
    name = "alerts"

    def ready(self) -> None:
        import_module("alerts.logged")  # connects its receiver
        standing.register(import_module("alerts.source").Alerts())
        followers.register("alerts.engine.follower")
        jobs.register("alerts.keeping")
