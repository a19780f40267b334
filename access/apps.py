"""Who may, who is signed in, and who did what."""

from importlib import import_module

from django.apps import AppConfig, apps


class AccessConfig(AppConfig):
    name = "access"

    def ready(self) -> None:
        for audited in ("sign_ins", "people"):
            import_module(f"access.audited.{audited}")  # connects its receivers
        # Of every form that makes an account, the admin's and the command's too.
        name = apps.get_model("auth", "User")._meta.get_field("username")
        name.validators.append(import_module("access.lookalike").check)
