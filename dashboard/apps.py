from importlib import import_module

from django.apps import AppConfig

from telemetry import jobs
from telemetry.series.worded import load_when_spoken


class DashboardConfig(AppConfig):
    name = "dashboard"

    def ready(self) -> None:
        jobs.register("dashboard.sessions", "dashboard.audit_kept")
        import_module("dashboard.audit_told")  # connects its receiver
        import_module("dashboard.told_language")
        # Processes without pages send notifications.
        load_when_spoken(lambda: import_module("dashboard.language.catalogue").load())
