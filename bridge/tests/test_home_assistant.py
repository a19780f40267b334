"""What is published for Home Assistant, and retained as plain topics: two bridges that share a
group, a real broker, and a subscriber as independent as Home Assistant is."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import client as mqtt

from bridge.models import PublishedTopic
from bridge.publish.mirror import mirror
from devices.models import Device, Site
from telemetry.models import Series
from tests.bridge_process import BridgeProcess, Publisher
from tests.waiting import eventually

GROUP = ("--group", "plant")
TEMPERATURE = "pulseboard/pump-1/temperature"
ALL_OF_PUMP = {"sensor-temperature", "binary_sensor-on", "sensor-mode"}
DISCOVERY = "homeassistant/device/pulseboard/{}/config"
SETTINGS = {
    "PULSEBOARD_HOMEASSISTANT": "homeassistant",
    "PULSEBOARD_PUBLISH": "pump-*,tank-1/level",
}


class Listener:
    """Keeps what it hears, and can ask the broker afresh for what is retained."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self._port = port
        self._client = self._connected(self.heard, threading.Event())

    def _connected(
        self, heard: list[tuple[str, bytes]], subscribed: threading.Event
    ) -> mqtt.Client:
        made = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        made.on_subscribe = lambda *_: subscribed.set()
        made.on_message = lambda _c, _u, message: heard.append((message.topic, message.payload))
        wanted = [("pulseboard/#", 1), ("homeassistant/device/#", 1), ("end", 1)]
        made.on_connect = lambda client, *_: client.subscribe(wanted)
        made.reconnect_delay_set(1, 1)
        made.connect("127.0.0.1", self._port)
        made.loop_start()
        return made

    def retained(self) -> dict[str, bytes]:
        """What a subscriber that comes now is told."""
        heard: list[tuple[str, bytes]] = []
        subscribed = threading.Event()
        made = self._connected(heard, subscribed)
        try:
            eventually(subscribed.is_set, what="subscribed")
            # Behind what is kept, for a broker sends a connection everything in order.
            made.publish("end", b"", qos=1)
            eventually(lambda: ("end", b"") in heard, what="the end of what is kept")
        finally:
            made.disconnect()
            made.loop_stop()
        return {topic: said for topic, said in heard if topic != "end"}

    def of(self, topic: str) -> list[bytes]:
        return [said for heard, said in list(self.heard) if heard == topic]

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def listener(mosquitto) -> Iterator[Listener]:
    made = Listener(mosquitto.port)
    yield made
    made.close()


@pytest.fixture
def second(bridge: BridgeProcess, tmp_path: Path) -> Iterator[BridgeProcess]:
    made = BridgeProcess(tmp_path / "bridge-1.log", bridge.environment)
    yield made
    made.close()


@pytest.fixture
def fleet(database: object) -> dict[str, Device]:
    site = Site.objects.create(slug="yard", name="Yard")
    made = {
        uid: Device.objects.create(uid=uid, name=uid.title(), site=site, expected_interval=3600)
        for uid in ("pump-1", "tank-1", "quiet-1")
    }
    # It has told Home Assistant of itself: once is enough.
    made["pump-2"] = Device.objects.create(uid="pump-2", name="Pump 2", convention="esphome")
    Series.objects.create(device=made["pump-1"], metric="temperature", unit="°C", precision=1)
    return made


class Scene:
    """What the broker keeps, and was told, of this fleet."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener

    def plain(self) -> dict[str, bytes]:
        kept = self.listener.retained()
        return {topic: said for topic, said in kept.items() if topic.startswith("pulseboard/")}

    def document(self, uid: str) -> dict[str, Any]:
        return json.loads(self.listener.retained()[DISCOVERY.format(uid)])

    def components(self, uid: str) -> set[str]:
        return set(self.document(uid)["components"])

    def documents(self) -> list[bytes]:
        """Those of pump-1, in the order they were sent."""
        return self.listener.of(DISCOVERY.format("pump-1"))

    def uids(self) -> set[str]:
        """Of whom something is kept."""
        levels = [topic.split("/") for topic in self.listener.retained()]
        return {each[1] if each[0] == "pulseboard" else each[3] for each in levels}


def noted() -> set[str]:
    return set(PublishedTopic.objects.values_list("topic", flat=True))


def test_devices_show_up_with_state_and_availability_and_leave_nothing_behind(
    fleet, bridge, second, publisher: Publisher, listener: Listener, mosquitto
) -> None:
    """One story, for a bridge takes its time to start."""
    for slot, each in enumerate((bridge, second)):
        each.environment |= SETTINGS
        each.start("--slot", str(slot), *GROUP)
    bridge.wait_connected()
    second.wait_connected()
    scene = Scene(listener)
    they_show_up(scene, publisher)
    what_changes_is_told_once(scene, publisher)
    what_was_forgotten_is_said_again(scene, publisher, mosquitto, (bridge, second))
    a_series_that_goes_is_taken_back(scene, fleet["pump-1"])
    bridge.kill()  # the other one goes on
    devices_that_go_are_taken_back(scene, fleet)
    second.kill()
    for name in SETTINGS:
        second.environment.pop(name)
    second.start("--slot", "1", *GROUP)
    eventually(lambda: not listener.retained(), 60, what=lambda: f"nothing: {listener.retained()}")
    eventually(lambda: not noted(), what="nothing is noted once it is switched off")


def they_show_up(scene: Scene, publisher: Publisher) -> None:
    publisher.send("devices/pump-1/status", b"online")
    publisher.send("devices/pump-1/telemetry", b'{"temperature":21.5,"on":true,"mode":"slow"}')
    publisher.send("devices/pump-2/telemetry", b'{"temperature":4}')
    publisher.send("devices/tank-1/telemetry", b'{"level":50,"secret":1}')
    publisher.send("devices/quiet-1/telemetry", b'{"temperature":1}')
    expected = {
        "pulseboard/pump-1/temperature": b"21.5",
        "pulseboard/pump-1/on": b"true",
        "pulseboard/pump-1/mode": b"slow",
        "pulseboard/pump-1/availability": b"online",
        "pulseboard/pump-2/temperature": b"4",
        "pulseboard/pump-2/availability": b"online",
        "pulseboard/tank-1/level": b"50",
        "pulseboard/tank-1/availability": b"online",
    }
    eventually(lambda: scene.plain() == expected, 60, what=lambda: f"states, not {scene.plain()}")
    eventually(lambda: scene.components("pump-1") == ALL_OF_PUMP, what="all of it is announced")
    said = scene.document("pump-1")
    assert said["device"]["name"] == "Pump-1"
    assert said["device"]["suggested_area"] == "Yard"
    assert said["availability_topic"] == "pulseboard/pump-1/availability"
    temperature = said["components"]["sensor-temperature"]
    assert temperature["state_topic"] == "pulseboard/pump-1/temperature"
    assert temperature["device_class"] == "temperature"
    assert scene.components("tank-1") == {"sensor-level"}
    assert DISCOVERY.format("pump-2") not in scene.listener.retained()


def what_changes_is_told_once(scene: Scene, publisher: Publisher) -> None:
    """And it is the newest reading, not the last one to come."""
    stamped = b'{"ts":"2020-01-01T00:00:00Z","values":{"temperature":-99}}'
    publisher.send("devices/pump-1/telemetry", stamped)
    publisher.send("devices/pump-1/telemetry", b'{"temperature":22}')
    publisher.send("devices/pump-1/status", b"offline")
    told = scene.listener.of
    eventually(lambda: told(TEMPERATURE)[-1:] == [b"22"], what=lambda: f"22: {told(TEMPERATURE)}")
    there = "pulseboard/pump-1/availability"
    eventually(lambda: told(there)[-1:] == [b"offline"], what="offline is told")
    assert told(TEMPERATURE) == [b"21.5", b"22"]


def what_was_forgotten_is_said_again(
    scene: Scene, publisher: Publisher, mosquitto, bridges: tuple[BridgeProcess, ...]
) -> None:
    """By the broker with the connection, as by one that keeps nothing on disk; and documents when
    Home Assistant was started again, by one bridge."""
    publisher.client.publish(TEMPERATURE, b"", qos=1, retain=True).wait_for_publish(30)
    assert TEMPERATURE not in scene.listener.retained()
    mosquitto.kill()
    mosquitto.start()
    eventually(lambda: scene.plain().get(TEMPERATURE) == b"22", 60, what="it is said again")
    for each in bridges:
        each.wait_connected(2)
    before = len(scene.documents())
    publisher.send("homeassistant/status", b"online")
    eventually(lambda: len(scene.documents()) == before + 1, what="announced again")


def a_series_that_goes_is_taken_back(scene: Scene, pump: Device) -> None:
    Series.objects.get(device=pump, metric="mode").delete()
    left = ALL_OF_PUMP - {"sensor-mode"}
    eventually(lambda: scene.components("pump-1") == left, what="it is not announced any more")
    # Once it was named with its platform alone: that removes it.
    assert any(b'"sensor-mode":{"platform":"sensor"}' in said for said in scene.documents())


def devices_that_go_are_taken_back(scene: Scene, fleet: dict[str, Device]) -> None:
    Device.objects.filter(uid="pump-1").update(uid="pump-9")  # its old name is another's
    fleet["tank-1"].delete()
    left = {"pump-9", "pump-2"}
    eventually(lambda: scene.uids() == left, 60, what=lambda: f"only {left}, not {scene.uids()}")
    eventually(
        lambda: noted() == scene.listener.retained().keys(),
        what=lambda: f"what is noted is kept: {noted() ^ scene.listener.retained().keys()}",
    )


def test_it_is_off_unless_it_is_asked_for(settings) -> None:
    assert mirror.Choice(settings.PULSEBOARD_PUBLISH, settings.PULSEBOARD_HOMEASSISTANT).is_on is (
        False
    )
