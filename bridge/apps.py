from django.apps import AppConfig
from django.conf import settings

from telemetry import followers


class BridgeConfig(AppConfig):
    name = "bridge"

    def ready(self) -> None:
        if settings.BROKER_CONTROL is not None:
            followers.register("bridge.accounts.delivery")
