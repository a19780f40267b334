from importlib import import_module

from django.apps import AppConfig

from telemetry import followers, jobs


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from notifications import deliveries, heartbeat, sender  # noqa: PLC0415 (needs the models)

        jobs.register(*deliveries.JOBS)
        followers.register(
            sender.FOLLOWER, heartbeat.FOLLOWER, import_module("notifications.deciding").FOLLOWER
        )
