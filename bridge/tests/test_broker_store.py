"""An operator is told when a real Mosquitto keeps more than it should, and when it is over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from paho.mqtt import client as mqtt

from bridge import broker_store
from bridge.mqtt.broker import Broker
from bridge.mqtt.short_session import short_session
from devices import dynsec
from telemetry.jobs import NotYet, registered
from tests.servers import BROKER_PASSWORDS, RunningServer
from tests.waiting import eventually

SECONDS = 60.0  # for the broker, on a busy machine
KEPT = [f"devices/loud/invented/{number}" for number in range(120)]
OF_ITS_OWN = 100  # retained messages at most that it says its numbers with


@pytest.fixture
def broker(closed_broker: RunningServer, settings) -> Broker:
    """One that says its numbers each second, in place of each ten."""
    closed_broker.stop()
    with (closed_broker.server.folder / "mosquitto.conf").open("a") as conf:
        conf.write("sys_interval 1\n")
    closed_broker.start()
    name = dynsec.BRIDGE
    settings.MQTT = Broker("127.0.0.1", closed_broker.port, name, BROKER_PASSWORDS[name])
    return settings.MQTT


@pytest.fixture
def retain(broker: Broker) -> Iterator[Callable[[bytes], None]]:
    """Retain a payload under every topic of KEPT; an empty one clears them."""
    client = short_session(broker, "test")
    client.connect(broker.host, broker.port)
    client.loop_start()

    def publish(payload: bytes) -> None:
        for sent in [client.publish(topic, payload, qos=1, retain=True) for topic in KEPT]:
            sent.wait_for_publish(SECONDS)
            assert sent.rc == mqtt.MQTT_ERR_SUCCESS

    yield publish
    client.disconnect()
    client.loop_stop()


def complaint() -> str:
    try:
        return f"well: {broker_store.look()}"
    except NotYet as exc:
        return str(exc)


def test_a_broker_that_keeps_too_much_is_told_with_both_numbers_until_it_is_cleared(
    retain, settings
) -> None:
    settings.RETAINED_LIMIT, settings.BROKER_STORE_LIMIT = OF_ITS_OWN, 1024 * 1024
    retain(b"kept")
    told = rf"The broker keeps (\d+) retained messages, more than {OF_ITS_OWN}\."
    eventually(lambda: re.match(told, complaint()), SECONDS, what=complaint)
    settings.RETAINED_LIMIT = 1_000
    assert complaint().startswith("well: ")
    assert len(KEPT) < broker_store._RETAINED._value.get() < len(KEPT) + OF_ITS_OWN
    retain(bytes(50_000))
    told = r"The broker keeps \d+ MiB of messages, more than 1\."
    eventually(lambda: re.match(told, complaint()), SECONDS, what=complaint)
    retain(b"")
    settings.RETAINED_LIMIT = OF_ITS_OWN
    eventually(lambda: complaint().startswith("well: "), SECONDS, what=complaint)


def test_a_broker_that_is_away_is_the_bridges_to_say(settings, free_port) -> None:
    settings.MQTT = Broker("127.0.0.1", free_port())
    assert broker_store.look() == ""
    assert "watch_broker_store" in {job.name for job in registered()}
