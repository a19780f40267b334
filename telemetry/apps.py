from importlib import import_module

from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    name = "telemetry"

    def ready(self) -> None:
        from telemetry import jobs  # noqa: PLC0415 (needs the models)
        from telemetry.storage import upkeep  # noqa: PLC0415

        import_module("telemetry.series.events")  # connects its receivers
        jobs.register(*upkeep.JOBS)
