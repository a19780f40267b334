"""Who may, who is signed in, and who did what."""

from importlib import import_module

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "access"

    def ready(self) -> None:
        for audited in ("sign_ins", "people"):
            import_module(f"access.audited.{audited}")  # connects its receivers
