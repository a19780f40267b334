"""What is published to a mistyped topic is seen: broker to bridge to REST and to the device."""

from __future__ import annotations

import json
from collections.abc import Callable

import paho.mqtt.client as mqtt
import pytest

from telemetry.models import QuarantinedMessage
from tests.waiting import eventually

MISTYPED = {
    "devices/pump-1/telemetry/": "did you mean devices/pump-1/telemetry?",
    "/devices/pump-1/telemetry": "did you mean devices/pump-1/telemetry?",
    "Devices/pump-1/telemetry": "did you mean devices/pump-1/telemetry?",
    "devices/pump-1/Telemetry": "did you mean devices/pump-1/telemetry?",
    "devices/pump-1/telemetry/t": "did you mean devices/pump-1/telemetry?",
    "device/pump-1/telemetry": "did you mean devices/pump-1/telemetry?",
    "devices/pump-1": "publish to devices/{uid}/telemetry",
    "v1/devices/me/telemetry": "ThingsBoard",
}


@pytest.mark.parametrize("options", [(), ("--slot", "1", "--group", "g")])
def test_every_mistyped_topic_is_counted_and_told(
    bridge, publisher, pump, mosquitto, admin_client, options
) -> None:
    heard: list[str] = []
    listener = _listener(mosquitto.port, heard.append)
    bridge.start(*options)
    bridge.wait_connected()
    # The bridge is ready before it has asked for mistyped topics, which come at QoS 0.
    eventually(
        lambda: (publisher.send("devices/x", b"{}"), _topics(admin_client))[1],
        what="the bridge hears mistyped topics",
    )
    for topic in MISTYPED:
        for _ in range(2):
            publisher.send(topic, b'{"t":1}')
    publisher.send("devices/pump-1/telemetry", b'{"t":1}')

    def all_counted() -> dict | None:
        found = _topics(admin_client)
        return (
            found if all(found.get(topic, {}).get("messages") == 2 for topic in MISTYPED) else None
        )

    found = eventually(all_counted, what=lambda: f"all are counted: {_topics(admin_client)}")
    for topic, advice in MISTYPED.items():
        assert advice in found[topic]["advice"]
    assert QuarantinedMessage.objects.filter(reason="unknown_topic", uid="pump-1").count() == 12
    eventually(lambda: heard, what="the device is told")
    assert "did you mean devices/pump-1/telemetry?" in heard[0]
    listener.disconnect()
    listener.loop_stop()


def _topics(client) -> dict[str, dict]:
    answer = client.get("/api/v1/unread-topics/").json()
    return {each["topic"]: each for each in answer["topics"]}


def _listener(port: int, hear: Callable[[str], None]) -> mqtt.Client:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.on_message = lambda _c, _u, message: hear(json.loads(message.payload)["message"])
    client.connect("127.0.0.1", port)
    client.subscribe("devices/pump-1/errors")
    client.loop_start()
    return client
