"""paho-mqtt fed from our own receive buffer, and the private parts of it that this takes."""

from __future__ import annotations

import time
from typing import Any

from paho.mqtt import client as mqtt

from bridge.errors import BridgeError

# What we override or call of paho that is not its public interface; checked when a source is made.
PAHO_PRIVATE = ("_sock_recv", "_packet_queue", "_last_bytes_received", "_send_pingreq", "_ping_t")


class IncompatiblePaho(BridgeError):
    """The installed paho-mqtt lacks an attribute the fast path uses; install the pinned version."""


class Client(mqtt.Client):
    """paho fed from our buffer: it sees complete packets of every type but PUBLISH."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(mqtt.CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5, **kwargs)
        missing = [name for name in PAHO_PRIVATE if not hasattr(self, name)]
        if missing:
            raise IncompatiblePaho(f"paho-mqtt has no {', '.join(missing)} any more")
        self._fed = bytearray()
        self._ended = False

    def _sock_recv(self, bufsize: int) -> bytes:
        if not self._fed:
            if self._ended:
                return b""  # paho takes it for the end of the stream, and cleans up
            raise BlockingIOError
        head = bytes(self._fed[:bufsize])
        del self._fed[:bufsize]
        return head

    def begin(self) -> None:
        self._fed.clear()
        self._ended = False

    def digest(self, packets: list[bytes]) -> None:
        """Let paho handle these packets."""
        for packet in packets:
            self._fed += packet
            while self._fed and self.socket() is not None:
                self.loop_read()

    def end_of_stream(self) -> None:
        self._ended = True
        self.loop_read()

    def heard(self) -> None:
        """Messages count as a sign of life, although paho never sees them."""
        self._last_bytes_received = time.monotonic()

    def ping(self) -> bool:
        """Ask for a sign of life; False while an answer is outstanding. As the broker answers in
        order, its answer shows that it had everything sent before."""
        return not self._ping_t and self._send_pingreq() == mqtt.MQTT_ERR_SUCCESS

    def send_acknowledgements(self, packets: bytes) -> None:
        """Queue ready-made PUBACK packets behind whatever paho is sending."""
        self._packet_queue(mqtt.PUBACK, packets, 0, 0)
