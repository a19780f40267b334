from django.apps import AppConfig


class DerivedConfig(AppConfig):
    name = "derived"

    def ready(self) -> None:
        from derived.models import DerivedSeries  # noqa: PLC0415
        from derived.stepping import Stepping  # noqa: PLC0415 (needs the models)
        from telemetry import followers  # noqa: PLC0415
        from telemetry.corrections import change  # noqa: PLC0415
        from telemetry.models import Series  # noqa: PLC0415

        def refusal(series: Series) -> str:
            if not DerivedSeries.objects.filter(series=series).exists():
                return ""
            return "It is computed: correct what it is computed of, or change its formula."

        change.REFUSALS.append(refusal)

        followers.register(followers.Follower("derived", Stepping))
