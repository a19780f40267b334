"""What happened and who said what: the operators' shift log, and notes on charts."""

from importlib import import_module

from django.apps import AppConfig

from telemetry import followers, jobs


class ShiftlogConfig(AppConfig):
    name = "shiftlog"

    def ready(self) -> None:
        for noted in ("corrections", "devices", "imports", "presence"):
            import_module(f"shiftlog.noted.{noted}")  # connects its receivers
        jobs.register("shiftlog.keeping", "shiftlog.noted.quarantine")
        followers.register("shiftlog.numbering")
