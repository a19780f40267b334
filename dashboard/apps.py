from importlib import import_module

from django.apps import AppConfig

from telemetry import jobs


class DashboardConfig(AppConfig):
    name = "dashboard"

    def ready(self) -> None:
        jobs.register("dashboard.sessions", "dashboard.audit_kept")
        import_module("dashboard.audit_told")  # connects its receiver
