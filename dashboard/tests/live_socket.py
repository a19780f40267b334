"""A browser's end of `/ws/live/` without the browser, and what a bridge would publish."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client

from config.asgi import application
from devices.models import Device
from telemetry.live import contract
from telemetry.models import Series
from telemetry.moments import from_ms
from telemetry.storage.backend import backend

DEADLINE = 60.0  # seconds any awaited fact may take


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def make_cookie(username: str = "olga") -> str:
    client = Client()
    user, _ = get_user_model().objects.get_or_create(username=username)
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def make_series(count: int, *, uid: str = "d1", kind: str = "gauge") -> list[Series]:
    device, _ = Device.objects.get_or_create(uid=uid, defaults={"name": uid})
    return [
        Series.objects.create(device=device, metric=f"m{number}", kind=kind)
        for number in range(count)
    ]


def insert(rows: list[tuple[int, int, float]]) -> None:
    backend().make_days({from_ms(at).date() for _, at, _ in rows})
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO reading VALUES (%s, to_timestamp(%s / 1000.0), %s)", rows)


store = database_sync_to_async(insert, thread_sensitive=False)


async def eventually(fact: Callable[[], Any]) -> Any:
    async with asyncio.timeout(DEADLINE):
        while not (found := fact()):  # noqa: ASYNC110  any fact, not only one with an event
            await asyncio.sleep(0.01)
    return found


class Socket:
    """One connection; every message it got is in `seen`, oldest first."""

    def __init__(
        self, cookie: str | None, *, acks: bool = True, authorization: str | None = None
    ) -> None:
        """With `authorization` (the header's value) it is a program: it sends no origin."""
        headers = [(b"host", b"localhost")]
        if authorization is None:
            headers.append((b"origin", b"http://localhost"))
        else:
            headers.append((b"authorization", authorization.encode("latin-1")))
        if cookie:
            headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()))
        self._wire = WebsocketCommunicator(application, "/ws/live/", headers=headers)
        self._acks = acks
        self._reader: asyncio.Task[None] | None = None
        self.seen: list[dict[str, Any]] = []
        self.closed: int | None = None

    async def __aenter__(self) -> Socket:
        accepted, _ = await self._wire.connect(DEADLINE)
        assert accepted
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        await self._wire.disconnect(timeout=DEADLINE)

    async def say(self, **message: Any) -> None:
        await self._wire.send_json_to(message)

    async def say_text(self, text: str) -> None:
        await self._wire.send_to(text_data=text)

    async def say_bytes(self, data: bytes) -> None:
        await self._wire.send_to(bytes_data=data)

    async def got(self, op: str, count: int = 1, **facts: Any) -> dict[str, Any]:
        """The `count`th message of this kind with these facts."""
        matching = await eventually(lambda: self.all(op, **facts)[count - 1 : count])
        return matching[0]

    @property
    def idle(self) -> bool:
        """The consumer has taken everything said."""
        return self._wire.input_queue.empty()

    def all(self, op: str, **facts: Any) -> list[dict[str, Any]]:
        return [
            message
            for message in self.seen
            if message["op"] == op and facts.items() <= message.items()
        ]

    def points(self, series_id: int) -> list[list[Any]]:
        """Every live point of a series, in the order it came."""
        frames = [frame["d"].get(str(series_id), []) for frame in self.all("readings")]
        return [point for points in frames for point in points]

    async def _read(self) -> None:
        while True:
            message = await self._wire.output_queue.get()
            if message["type"] == "websocket.close":
                self.closed = message["code"]
                continue
            self.seen.append(json.loads(message["text"]))
            if self._acks and self.seen[-1]["op"] == "readings":
                await self.say(op="ack", seq=self.seen[-1]["seq"])


class Bridge:
    """Publishes as a bridge worker does: numbered by group."""

    def __init__(self, worker: str = "bridge-0") -> None:
        self._worker = worker
        self.numbers: dict[str, int] = {}

    async def publish(self, device_id: int, series: dict[int, list[Any]]) -> None:
        group = contract.shard_group(device_id)
        self.numbers[group] = self.numbers.get(group, 0) + 1
        message = contract.readings(self._worker, self.numbers[group], series)
        await get_channel_layer().group_send(group, message)

    async def announce(self, name: str, **facts: Any) -> None:
        await get_channel_layer().group_send(contract.EVENTS_GROUP, contract.event(name, **facts))
