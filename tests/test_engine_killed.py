"""Two engines are killed again and again while readings come: each alert once, told once."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from alerts.models import Alert, AlertEvent, AlertRule
from devices import clock
from devices.models import Device
from embedded.servers.child import Child
from notifications.models import Occasion
from telemetry.models import Series
from telemetry.storage import store
from tests.bridge_process import ROOT
from tests.waiting import eventually
from tests.web_process import database_url

KILLS = 6
WITHIN = 90.0  # seconds for an engine on a busy machine
SERIES = 40
HOT, WELL = 200.0, 20.0

pytestmark = [pytest.mark.process, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def engines(tmp_path: Path) -> Iterator[list[Child]]:
    made = [_engine(tmp_path / f"engine-{number}.log") for number in range(2)]
    with ExitStack() as ends:
        for each in made:
            each.spawn()
            ends.callback(each.stop)
        yield made


def _engine(log: Path) -> Child:
    environment = {**os.environ, "DATABASE_URL": database_url(), "PYTHONUNBUFFERED": "1"}
    words = [sys.executable, "manage.py", "runengine"]
    return Child("engine", lambda: words, log, environment=environment, folder=ROOT)


def send(ids: list[int], value: float) -> None:
    """One reading of each, now."""
    now = clock.now_us()
    store.write(store.Batch(ids, [now + n for n in range(len(ids))], [value] * len(ids)), "w")


def test_engines_that_are_killed_find_every_alert_once_and_tell_it_once(
    engines: list[Child],
) -> None:
    devices = Device.objects.bulk_create(
        Device(uid=f"pump-{number}", name=f"Pump {number}") for number in range(SERIES)
    )
    series = Series.objects.bulk_create(
        Series(device=device, metric="temperature", unit="°C") for device in devices
    )
    ids = [one.pk for one in series]
    AlertRule.objects.create(
        name="Too hot", enabled=True, metric="temperature",
        condition={"type": "threshold", "op": "above", "limit": 100},
    )  # fmt: skip
    send(ids, WELL)
    chance = random.Random(7)
    share = -(-SERIES // KILLS)
    for number in range(KILLS):
        hot = ids[: (number + 1) * share]
        send(hot[number * share :], HOT)
        send(hot, HOT)  # what fires already goes on
        # At any moment of what it does, once it has begun to work at all.
        eventually(lambda n=number: Alert.objects.count() >= n * share / 2, WITHIN)
        victim = chance.choice(engines)
        victim.kill()
        send(hot, HOT)
        victim.spawn()
    eventually(lambda: Alert.objects.count() >= SERIES, WITHIN, what="every alert is found")
    send(ids, WELL)
    eventually(
        lambda: not Alert.objects.filter(cleared_at=None).exists(), WITHIN, what="all have cleared"
    )
    fired = AlertEvent.objects.filter(kind=AlertEvent.Kind.FIRED)
    assert sorted(Alert.objects.values_list("series_id", flat=True)) == sorted(ids)
    assert fired.count() == fired.values("alert").distinct().count() == SERIES
    told = Occasion.objects.filter(what="fired")
    assert told.count() == told.values("key").distinct().count() == SERIES
    assert Occasion.objects.filter(what="cleared").count() == SERIES
