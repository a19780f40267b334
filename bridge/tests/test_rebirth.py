"""An edge node of Sparkplug B whose birth the bridge missed is asked for it, and then read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from paho.mqtt import client as mqtt

from bridge.decode.conventions.sparkplug import payload
from bridge.decode.conventions.tests.test_sparkplug import NBIRTH, NDATA, NODE, topic
from devices.models import Device, Presence
from tests.bridge_process import BridgeProcess, Publisher
from tests.waiting import eventually


@pytest.fixture
def edge(mosquitto) -> Iterator[Publisher]:
    """The node, which answers a request with its birth, as the specification wants it."""
    made = Publisher(mosquitto.port, "edge-node")

    def answer(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        (command,) = payload.read(message.payload).metrics
        if (command.name, command.value) == ("Node Control/Rebirth", 1):
            made.client.publish(topic("NBIRTH"), NBIRTH)

    made.client.on_message = answer
    made.client.subscribe("spBv1.0/plant 1/NCMD/edge", qos=1)
    yield made
    made.close()


def test_a_birth_that_was_missed_is_asked_for_and_then_data_are_read(
    bridge: BridgeProcess, edge: Publisher, database
) -> None:
    Device.objects.create(uid=NODE, name="Edge")
    bridge.start()
    bridge.wait_connected()
    edge.send(topic("NDATA"), NDATA)
    edge.wait_acked()
    rows = "SELECT count(*) FROM reading r JOIN telemetry_series s ON s.id = r.series_id"
    born = f"{rows} WHERE s.metric = 'Level' AND r.value = -5"
    eventually(lambda: database(born) == [(1,)], what="the birth came and was read")
    edge.send(topic("NDATA"), NDATA)
    edge.wait_acked()
    data = f"{rows} WHERE s.metric = 'Level' AND r.value = -7"
    eventually(lambda: database(data) == [(1,)], what="data were read by their alias")
    online = Presence.objects.filter(device__uid=NODE, connection="online")
    eventually(online.exists, what="the node is online")
