from importlib import import_module

from django.apps import AppConfig

from telemetry import followers


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        followers.register(import_module("notifications.deciding").FOLLOWER)
