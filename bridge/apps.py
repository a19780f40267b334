from django.apps import AppConfig
from django.conf import settings

from telemetry import followers, jobs
from telemetry.imports import formats


class BridgeConfig(AppConfig):
    name = "bridge"

    def ready(self) -> None:
        formats.register("influx", "bridge.decode.influx_file", (".lp", ".line", ".influx"))
        jobs.register("bridge.broker_store")
        if settings.BROKER_CONTROL is not None:
            followers.register("bridge.accounts.delivery")
