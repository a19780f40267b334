from importlib import import_module

from django.apps import AppConfig, apps


class DevicesConfig(AppConfig):
    name = "devices"

    def ready(self) -> None:
        for receivers in ("changes", "audited", "rights"):
            import_module(f"devices.{receivers}")  # connects them
        apps.get_app_config("knox").verbose_name = "API access"  # a heading of the admin
