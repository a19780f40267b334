from importlib import import_module

from django.apps import AppConfig

from telemetry import jobs


class DashboardConfig(AppConfig):
    name = "dashboard"

    def ready(self) -> None:
        jobs.register(import_module("dashboard.sessions").JOB)
        import_module("dashboard.language.catalogue").load()
