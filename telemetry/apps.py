from importlib import import_module

from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    name = "telemetry"

    def ready(self) -> None:
        from telemetry import followers, jobs  # noqa: PLC0415 (needs the models)

        import_module("telemetry.series.events")  # connects its receivers
        jobs.register(
            "telemetry.storage.upkeep",
            "telemetry.corrections.keeping",
            "telemetry.presence.keeping",
        )
        followers.register("telemetry.presence.follower")
