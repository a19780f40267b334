"""A small plant for tests of the engine: devices with series, readings by the store, a clock."""

from __future__ import annotations

from typing import Any

from alerts.engine.follower import Engine
from alerts.models import Alert, AlertRule
from devices import clock
from devices.models import Device, Site
from notifications.models import Occasion
from telemetry.models import Series
from telemetry.storage import store

SECOND = 1_000_000  # microseconds


class Plant:
    """The present is given: `now` in microseconds. Times of readings are seconds from the start."""

    def __init__(self) -> None:
        self.start = clock.now_us() // SECOND * SECOND
        self.now = self.start
        self.engines = [self.engine()]

    def engine(self) -> Engine:
        return Engine(lambda: self.now)

    def at(self, seconds: float) -> int:
        return self.start + round(seconds * SECOND)

    def series(self, uid: str = "freezer-1", metric: str = "temperature", **facts: Any) -> Series:
        device, _ = Device.objects.get_or_create(uid=uid, defaults={"name": uid} | facts)
        found, _ = Series.objects.get_or_create(
            device=device, metric=metric, defaults={"unit": "°C", "precision": 1}
        )
        return found

    def rule(self, condition: dict[str, Any] | None = None, **facts: Any) -> AlertRule:
        given = {"name": "Too warm", "enabled": True, "metric": "temperature"}
        above = {"type": "threshold", "op": "above", "limit": -15}
        return AlertRule.objects.create(condition=condition or above, **given | facts)

    def site(self, slug: str = "north") -> Site:
        return Site.objects.get_or_create(slug=slug, defaults={"name": slug.title()})[0]

    def write(self, series: Series, *readings: tuple[float, float | str]) -> None:
        """In one commit; the present moves on to the newest of them."""
        numbers = [(self.at(s), value) for s, value in readings if not isinstance(value, str)]
        texts = [(series.pk, self.at(s), v) for s, v in readings if isinstance(v, str)]
        batch = store.Batch(
            [series.pk] * len(numbers), [us for us, _ in numbers], [v for _, v in numbers], texts,
            may_repeat=True,
        )  # fmt: skip
        store.write(batch, "w")

    def go(self, seconds: float) -> None:
        """The present is so many seconds after the start, and every engine has looked."""
        self.now = max(self.now, self.at(seconds))
        self.look()

    def look(self) -> None:
        for engine in self.engines:
            engine._due.clear()
            while not engine.step():
                pass

    def alerts(self) -> list[Alert]:
        return list(Alert.objects.order_by("id"))

    def one(self) -> Alert:
        (found,) = self.alerts()
        return found

    def kinds(self, alert: Alert) -> list[str]:
        return [str(event.kind) for event in alert.events.order_by("id")]

    def told(self) -> list[str]:
        return list(Occasion.objects.order_by("id").values_list("key", flat=True))

    def seconds(self, moment: Any) -> float | None:
        return None if moment is None else (moment.timestamp() * SECOND - self.start) / SECOND
