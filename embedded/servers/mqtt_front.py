"""One port for MQTT 3.1.1 and 5 before rumqttd, which has a listener for each.

`python -P mqtt_front.py HOST PORT FOLDER MAX_PACKET` runs rumqttd on two inner ports in a thread,
and on PORT a relay that reads the protocol level of each CONNECT and passes the connection on to
the listener that speaks it. Nothing of ours is imported: it runs with `-P`, whatever folder we are
started in.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
import threading
from collections.abc import Coroutine
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import cast

MAX_CONNECTIONS = 10_000  # at a time; one more is closed at once
CONNECT_SECONDS = 10.0  # for the first bytes of CONNECT, and for rumqttd to take the connection
START_SECONDS = 30.0  # for rumqttd to listen
POLL_SECONDS = 0.02
MAX_FIRST_BYTES = 64  # more than the fixed header, the protocol's name and its level take
MAX_LENGTH_BYTES = 4  # of a packet's length, by the standard
BUFFER_BYTES = 256 * 1024  # that wait for a slow reader before its sender is held
UNACCEPTABLE = b"\x20\x02\x00\x01"  # CONNACK: unacceptable protocol version
RUMQTTD = """\
id = 0

[router]
id = 0
max_connections = 10010
max_outgoing_packet_count = 200
max_segment_size = 104857600
max_segment_count = 10

[v5.1]
name = "v5"
listen = "{host}:{v5}"
next_connection_delay_ms = 1
[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = {max_packet}
max_inflight_count = 100
dynamic_filters = true

[v4.1]
name = "v4"
listen = "{host}:{v4}"
next_connection_delay_ms = 1
[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = {max_packet}
max_inflight_count = 100
dynamic_filters = true
"""


class NotMqtt(ValueError):
    """The first bytes are no CONNECT."""


def protocol_level(first: bytes) -> int | None:
    """The level in a CONNECT of which `first` is the beginning; None when more bytes are needed.

    4 is MQTT 3.1.1, 5 is MQTT 5, 3 is MQTT 3.1. Raises `NotMqtt`.
    """
    if first and first[0] != 0x10:
        raise NotMqtt
    end_of_length = next(
        (place for place in range(1, len(first)) if first[place] < 0x80), MAX_LENGTH_BYTES + 1
    )
    if end_of_length > MAX_LENGTH_BYTES:
        if len(first) > MAX_LENGTH_BYTES:
            raise NotMqtt
        return None
    name = end_of_length + 1
    if len(first) < name + 2:
        return None
    level = name + 2 + int.from_bytes(first[name : name + 2])
    if level >= MAX_FIRST_BYTES:
        raise NotMqtt
    if len(first) <= level:
        return None
    if first[name + 2 : level] not in {b"MQTT", b"MQIsdp"}:
        raise NotMqtt
    return first[level]


class Side(asyncio.Protocol):
    """One of the two connections of a relay; what it receives goes to `other`."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: Side | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=BUFFER_BYTES)

    def data_received(self, data: bytes) -> None:
        if self.other and self.other.transport:
            self.other.transport.write(data)

    def pause_writing(self) -> None:
        if self.other and self.other.transport:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other and self.other.transport:
            self.other.transport.resume_reading()

    def connection_lost(self, _error: Exception | None) -> None:
        self.transport = None
        if self.other and self.other.transport:
            self.other.transport.close()  # once what waits has been written


class Client(Side):
    """The connection of a device or a bridge: read as far as the level, then relayed."""

    def __init__(self, front: Front) -> None:
        super().__init__()
        self._front = front
        self._first = bytearray()
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._front.clients.add(self)
        if len(self._front.clients) > MAX_CONNECTIONS:
            transport.abort()  # type: ignore[attr-defined]
            return
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(CONNECT_SECONDS, self._close)

    def data_received(self, data: bytes) -> None:
        if self.other is not None:
            super().data_received(data)
            return
        self._first += data
        try:
            level = protocol_level(bytes(self._first[:MAX_FIRST_BYTES]))
        except NotMqtt:
            self._close()
            return
        if level is not None:
            self._pass_on(level)

    def _pass_on(self, level: int) -> None:
        transport, port = self.transport, self._front.ports.get(level)
        if transport is None or self._deadline is None:
            return
        if port is None:
            transport.write(UNACCEPTABLE)
            transport.close()
            return
        self._deadline.cancel()
        transport.pause_reading()
        self.other = Side()
        self.other.other = self
        self._front.run(self._open(self.other, port))

    async def _open(self, inner: Side, port: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.create_connection(lambda: inner, self._front.host, port)
        except OSError:
            self._close()
            return
        if self.transport is None:  # the client went meanwhile
            if inner.transport:
                inner.transport.close()
            return
        if inner.transport:
            inner.transport.write(bytes(self._first))
        self._first.clear()
        self.transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._front.clients.discard(self)
        if self._deadline:
            self._deadline.cancel()

    def _close(self) -> None:
        if self.transport:
            self.transport.close()


class Front:
    """What the relayed connections share."""

    def __init__(self, host: str, ports: dict[int, int]) -> None:
        self.host = host
        self.ports = ports  # by protocol level
        self.clients: set[Client] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def serve(self, port: int) -> None:
        """Listen once rumqttd does, for as long as the process lives."""
        for inner in self.ports.values():
            await self._until_listening(inner)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Client(self), self.host, port)
        await server.serve_forever()

    async def _until_listening(self, port: int) -> None:
        async with asyncio.timeout(START_SECONDS):
            while True:
                with suppress(OSError):
                    _, writer = await asyncio.open_connection(self.host, port)
                    writer.close()
                    return
                await asyncio.sleep(POLL_SECONDS)


def run_rumqttd(folder: Path, host: str, max_packet: int) -> dict[int, int]:
    """Start it in a thread on two free ports; the port of each protocol level.

    A port that somebody takes before rumqttd does ends the process; its next start chooses again.
    """
    from iotcore.iotcore import IotCoreBroker  # noqa: PLC0415 (tests read levels without it)

    with ExitStack() as probes:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        found = [probes.enter_context(socket.socket(family)) for _ in range(2)]
        for probe in found:
            probe.bind((host, 0))
        v4, v5 = (probe.getsockname()[1] for probe in found)
    config = folder / "rumqttd.toml"
    config.write_text(RUMQTTD.format(host=host, v4=v4, v5=v5, max_packet=max_packet))
    broker = IotCoreBroker(config_path=str(config))

    def run() -> None:
        try:
            broker.run_forever()
        finally:
            os._exit(1)  # a relay without a broker behind it would refuse everyone for ever

    threading.Thread(target=run, daemon=True).start()
    return {4: v4, 5: v5}


def main(words: list[str]) -> None:
    host, port, folder, max_packet = words
    # It logs several ERROR lines for every ordinary packet, so only CRITICAL is let through.
    logging.basicConfig(level=logging.CRITICAL)
    ports = run_rumqttd(Path(folder), host, int(max_packet))
    asyncio.run(Front(host, ports).serve(int(port)))


if __name__ == "__main__":
    main(sys.argv[1:])
