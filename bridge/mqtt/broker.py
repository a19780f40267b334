"""Where the broker is, and as whom a client comes to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from paho.mqtt import client as mqtt

CONNECT_TIMEOUT = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Broker:
    """Where and as whom to connect."""

    host: str
    port: int
    username: str | None = None
    password: str | None = None
    tls: bool = False
    files: Mapping[str, str] = field(default_factory=dict)  # paths of ca, cert and key, for TLS

    @classmethod
    def of(cls, url: Any) -> Broker:
        """The one that a setting names, such as `settings.MQTT`."""
        return cls(url.host, url.port, url.username, url.password, url.tls, url.files)

    def prepare(self, client: mqtt.Client) -> None:
        """Have a client that is not connected yet come as this user, and over TLS if we do."""
        client.connect_timeout = CONNECT_TIMEOUT
        if self.username is not None:
            client.username_pw_set(self.username, self.password)
        if self.tls:
            client.tls_set(self.files.get("ca"), self.files.get("cert"), self.files.get("key"))
