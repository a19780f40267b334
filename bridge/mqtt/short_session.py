"""A connection to the broker for a few questions, which leaves nothing behind there."""

from __future__ import annotations

import secrets

from paho.mqtt import client as mqtt

from bridge.mqtt.broker import Broker


def short_session(broker: Broker, purpose: str) -> mqtt.Client:
    """Not connected yet. `purpose`: of its client id, for who reads the broker's log."""
    client = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2,
        client_id=f"pulseboard-{purpose}-{secrets.token_hex(8)}",
        protocol=mqtt.MQTTv5,
    )
    broker.prepare(client)
    return client
