from importlib import import_module

from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    name = "telemetry"

    def ready(self) -> None:
        import_module("telemetry.series.events")  # connects its receivers
