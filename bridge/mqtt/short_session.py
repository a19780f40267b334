"""A connection to the broker for a few questions, which leaves nothing behind there."""

from __future__ import annotations

import secrets

from paho.mqtt import client as mqtt

from bridge.mqtt.session import CONNECT_TIMEOUT, Broker


def short_session(broker: Broker, purpose: str) -> mqtt.Client:
    """Not connected yet. `purpose`: of its client id, for who reads the broker's log."""
    client = mqtt.Client(
        mqtt.CallbackAPIVersion.VERSION2,
        client_id=f"pulseboard-{purpose}-{secrets.token_hex(8)}",
        protocol=mqtt.MQTTv5,
    )
    client.connect_timeout = CONNECT_TIMEOUT
    if broker.username is not None:
        client.username_pw_set(broker.username, broker.password)
    if broker.tls:
        files = broker.files
        client.tls_set(files.get("ca"), files.get("cert"), files.get("key"))
    return client
