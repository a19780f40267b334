from django.apps import AppConfig

from telemetry import followers, jobs


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        jobs.register("notifications.deliveries", "notifications.occasions")
        followers.register(
            "notifications.sender",
            "notifications.heartbeat",
            "notifications.deciding",
            "notifications.mentions",
        )
