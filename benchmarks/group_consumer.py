"""The ordinary Channels way, to compare with: a group of the channel layer for each consumer, and
JSON encoded for each socket. Served by a Daphne of its own:
`benchmarks.group_consumer:application`.
"""

from __future__ import annotations

from typing import Any

from django.core.asgi import get_asgi_application

http_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402  (needs the apps to be ready)
from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from telemetry.live.contract import shard_group  # noqa: E402


class GroupConsumer(AsyncJsonWebsocketConsumer):
    """Joins the group of the device it is asked for and forwards the readings it watches."""

    watched: frozenset[str] = frozenset()

    async def receive_json(self, content: dict[str, Any], **_kwargs: Any) -> None:
        if content["op"] == "subscribe":
            self.watched = frozenset(map(str, content["series"]))
            for shard in range(content["devices"]):
                await self.channel_layer.group_add(shard_group(shard), self.channel_name)
            await self.send_json({"op": "snapshot", "id": content["id"], "series": []})

    async def live_readings(self, message: dict[str, Any]) -> None:
        series = {
            series_id: list(map(list, zip(flat[::2], flat[1::2], strict=True)))
            for series_id, flat in message["series"].items()
            if series_id in self.watched
        }
        await self.send_json(
            {"op": "readings", "seq": message["seq"], "d": series, "thinned": False}
        )


application = ProtocolTypeRouter(
    {
        "http": http_application,
        "websocket": AuthMiddlewareStack(URLRouter([path("ws/live/", GroupConsumer.as_asgi())])),
    }
)
