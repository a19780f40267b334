"""What a broker says of itself: numbers on topics below `$SYS`, each retained."""

from __future__ import annotations

import time
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from paho.mqtt import client as mqtt

from bridge.errors import BridgeError
from bridge.mqtt.broker import Broker
from bridge.mqtt.short_session import short_session

# Of Mosquitto, which says them anew each 10 s. The bytes are of what is retained and what waits for
# somebody.
RETAINED, STORED_BYTES = "$SYS/broker/retained messages/count", "$SYS/broker/store/messages/bytes"
SAYS_WITHIN = 3.0  # seconds for a broker to say what was asked for: it has it at hand
TURN = 0.2  # seconds of one look at the connection


class NotAsked(BridgeError):
    """The broker was not reached, refused us, or ended the connection."""


def read(broker: Broker, topics: Collection[str]) -> dict[str, int]:
    """Of these topics those that the broker has. Raises `NotAsked`."""
    told: dict[str, int] = {}
    refused: list[str] = []

    def on_connect(client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        if reason.is_failure:
            refused.append(str(reason))
        else:
            client.subscribe([(topic, 0) for topic in topics])

    def on_message(_client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        with suppress(ValueError):
            told[message.topic] = int(message.payload)

    client = short_session(broker, "statistics")
    client.on_connect, client.on_message = on_connect, on_message
    try:
        client.connect(broker.host, broker.port)
        until = time.monotonic() + SAYS_WITHIN
        while len(told) < len(topics) and time.monotonic() < until:
            if refused or client.loop(TURN) != mqtt.MQTT_ERR_SUCCESS:
                raise NotAsked(refused[0] if refused else "the connection has ended")
        client.disconnect()
    except (OSError, ValueError) as exc:
        raise NotAsked(str(exc)) from exc
    return told
