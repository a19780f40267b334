from django.apps import AppConfig

from telemetry import followers, jobs


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        # What needs the models.
        from notifications import (  # noqa: PLC0415
            deciding,
            deliveries,
            heartbeat,
            mentions,
            occasions,
            sender,
        )

        jobs.register(*deliveries.JOBS, *occasions.JOBS)
        followers.register(
            sender.FOLLOWER, heartbeat.FOLLOWER, deciding.FOLLOWER, mentions.FOLLOWER
        )
