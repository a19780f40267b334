from django.apps import AppConfig

from telemetry import followers


class DerivedConfig(AppConfig):
    name = "derived"

    def ready(self) -> None:
        from derived.models import DerivedSeries  # noqa: PLC0415 (needs the apps)
        from telemetry.corrections.refusals import REFUSALS  # noqa: PLC0415
        from telemetry.models import Series  # noqa: PLC0415

        def refusal(series: Series) -> str:
            if not DerivedSeries.objects.filter(series=series).exists():
                return ""
            return "It is computed: correct what it is computed of, or change its formula."

        REFUSALS.append(refusal)
        followers.register("derived.stepping")
