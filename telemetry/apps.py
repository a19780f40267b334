from importlib import import_module

from django.apps import AppConfig


class TelemetryConfig(AppConfig):
    name = "telemetry"

    def ready(self) -> None:
        from telemetry import followers, jobs  # noqa: PLC0415 (needs the models)
        from telemetry.corrections import keeping as corrections  # noqa: PLC0415
        from telemetry.presence import follower, keeping  # noqa: PLC0415
        from telemetry.storage import upkeep  # noqa: PLC0415

        import_module("telemetry.series.events")  # connects its receivers
        jobs.register(*upkeep.JOBS, *corrections.JOBS, *keeping.JOBS)
        followers.register(follower.FOLLOWER)
