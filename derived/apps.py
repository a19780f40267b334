from django.apps import AppConfig


class DerivedConfig(AppConfig):
    name = "derived"

    def ready(self) -> None:
        from derived.stepping import Stepping  # noqa: PLC0415 (needs the models)
        from telemetry import followers  # noqa: PLC0415

        followers.register(followers.Follower("derived", Stepping))
