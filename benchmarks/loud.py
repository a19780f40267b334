"""One device that sends without a pause, over MQTT or HTTP: a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.load_process import STOP, LoadProcess

CHUNK = 200  # messages of one write
HTTP_CONNECTIONS = 8  # of the one device
SOCKET_BYTES = 1 << 20
CONNECT_SECONDS = 10.0
AGAIN_SECONDS = 0.2  # between two tries of a device that the broker does not let in
SENT, REFUSED = range(1, 3)  # places in the shared array, after STOP
VALUES = {f"loud_{number}": number + 0.5 for number in range(3)}


class Loud(LoadProcess):
    """While it is entered, the process sends. `sent` and `refused` are messages."""

    def __init__(self, work: Callable[..., None], *about: Any) -> None:
        super().__init__(3, work, *about)

    @property
    def sent(self) -> int:
        return self._shared[SENT]

    @property
    def refused(self) -> int:
        """That the device was told of; over MQTT the bridge counts them."""
        return self._shared[REFUSED]


def over_mqtt(
    shared: Any, ready: Any, address: tuple[str, int], login: tuple[str, str], topic: str, qos: int
) -> None:
    """As fast as the broker reads. `login` is user name and password. It waits for no
    acknowledgement, as no device has to, and comes back whenever it is cut off."""
    size, chunk = _packets(topic.encode(), qos)
    begun = 0
    while not shared[STOP]:
        sock = socket.create_connection(address, CONNECT_SECONDS)
        with contextlib.suppress(ConnectionError), sock:
            sock.sendall(_connect(*login))
            answer = sock.recv(4)
            ready.set()
            if answer[:1] != b"\x20" or answer[3]:
                shared[REFUSED] += 1
                time.sleep(AGAIN_SECONDS)
                continue
            sock.setblocking(False)
            for sent in _flood(sock, chunk):
                begun += sent
                shared[SENT] = begun // size
                if shared[STOP]:
                    break


def _flood(sock: socket.socket, chunk: bytes) -> Iterator[int]:
    """Bytes sent, again and again, until the broker closes the connection."""
    waiting = memoryview(chunk)
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
        while True:
            done = 0
            for _, events in selector.select(0.1):
                if events & selectors.EVENT_READ and not sock.recv(SOCKET_BYTES):
                    return
                if events & selectors.EVENT_WRITE:
                    done = sock.send(waiting)
                    waiting = waiting[done:] or memoryview(chunk)
            yield done


def _connect(username: str, password: str) -> bytes:
    """A CONNECT of MQTT 3.1.1 with a clean session and the longest keep-alive."""
    flags = 0xC2 if username else 0x02
    body = b"\0\4MQTT\4" + bytes([flags]) + b"\xff\xff" + _text("loud-1")
    body += _text(username) + _text(password) if username else b""
    return b"\x10" + bytes([len(body)]) + body  # below 128 bytes


def _text(word: str) -> bytes:
    return len(word).to_bytes(2, "big") + word.encode()


def _packets(topic: bytes, qos: int) -> tuple[int, bytes]:
    """The bytes of one PUBLISH (MQTT 3.1.1, 3.3), and those of a chunk of them."""
    payload = json.dumps({"values": VALUES}, separators=(",", ":")).encode()
    chunk = bytearray()
    for mid in range(1, CHUNK + 1):
        body = len(topic).to_bytes(2, "big") + topic
        body += mid.to_bytes(2, "big") if qos else b""
        body += payload
        high, low = divmod(len(body), 128)
        length = bytes([low | 0x80, high]) if high else bytes([low])
        chunk += bytes([0x30 | qos << 1]) + length + body
    return len(chunk) // CHUNK, bytes(chunk)


def over_http(shared: Any, ready: Any, port: int, token: str) -> None:
    """Each connection sends its next message when its last was answered."""
    asyncio.run(_over_http(shared, ready, port, token))


async def _over_http(shared: Any, ready: Any, port: int, token: str) -> None:
    numbers = itertools.count()
    ready.set()
    async with asyncio.TaskGroup() as group:
        for _ in range(HTTP_CONNECTIONS):
            group.create_task(_connection(shared, port, token, numbers))


async def _connection(shared: Any, port: int, token: str, numbers: Any) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while not shared[STOP]:
        status = await post(reader, writer, token, {"values": {**VALUES, "n": next(numbers)}})
        shared[SENT] += 1
        shared[REFUSED] += status == 429
    writer.close()


async def post(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str, document: Any
) -> int:
    """Send one message; the status of its answer."""
    body = json.dumps(document).encode()
    head = (
        "POST /api/v1/telemetry/ HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    fields = dict(line.split(": ", 1) for line in head.lower().splitlines()[1:] if line)
    await reader.readexactly(int(fields["content-length"]))
    return int(head.split(" ", 2)[1])


def now_ms() -> int:
    return time.time_ns() // 1_000_000
