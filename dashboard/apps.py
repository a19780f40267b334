from django.apps import AppConfig

from telemetry import jobs


class DashboardConfig(AppConfig):
    name = "dashboard"

    def ready(self) -> None:
        jobs.register("dashboard.sessions")
