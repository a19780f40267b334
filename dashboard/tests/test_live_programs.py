"""Programs on the live socket: an API token instead of a page of ours."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.contrib.auth import get_user_model
from knox.models import AuthToken

from access.models import Grant
from dashboard.live import login
from dashboard.live.hub import Hub
from dashboard.tests.live_socket import (
    DEADLINE,
    Bridge,
    Socket,
    application,
    eventually,
    make_series,
)
from devices import clock
from devices.models import Device
from tests import waiting
from tests.node import of_playwright
from tests.web_process import WebProcess, web, web_process

__all__ = ["web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = Path(__file__).resolve().parents[2] / "docs" / "clients"


def make_token(username: str = "a program") -> str:
    user, _ = get_user_model().objects.get_or_create(username=username)
    made: str = AuthToken.objects.create(user)[1]
    return made


@pytest.mark.parametrize("scheme", ["Bearer", "token"])
async def test_a_token_opens_the_socket_without_an_origin(hub: Hub, scheme: str):
    token = await database_sync_to_async(make_token)()
    series = (await database_sync_to_async(make_series)(1))[0]
    async with Socket(None, authorization=f"{scheme} {token}") as socket:
        await socket.got("hello")
        await socket.say(op="subscribe", id=1, series=[series.id], since="5m")
        await socket.got("snapshot", id=1)
        await Bridge().publish(series.device_id, {series.id: [1, 1.0]})
        await eventually(lambda: socket.points(series.id) == [[1, 1.0]])


@pytest.mark.parametrize(
    "value", ["Bearer pb_wrong", "Bearer", "Basic b2xnYTp4", "Bearer \xff\x00", ""]
)
async def test_what_is_no_token_is_refused_whatever_the_session_says(
    hub: Hub, cookie: str, value: str
):
    async with Socket(cookie, authorization=value) as socket:
        assert await eventually(lambda: socket.closed) == 4401
    assert not hub.viewers


async def test_without_a_token_a_socket_needs_an_origin_of_ours(hub: Hub, cookie: str):
    """Its port and scheme too: a page of another program on this machine is sent our cookie."""
    others = (
        None, b"", b"null", b"localhost:8000", b"http://evil.example", b"http://localhost",
        b"http://localhost:8001", b"https://localhost:8000", b"http://localhost:8000.evil.example",
    )  # fmt: skip
    for origin in (*others, b"http://localhost:8000"):
        headers = [(b"host", b"localhost:8000"), (b"cookie", f"sessionid={cookie}".encode())]
        headers += [(b"origin", origin)] if origin is not None else []
        wire = WebsocketCommunicator(application, "/ws/live/", headers=headers)
        is_let_in = (await wire.connect(DEADLINE))[0]
        assert is_let_in is (origin not in others), origin
        if not is_let_in:
            assert not hub.viewers
    await wire.disconnect()


async def test_behind_a_proxy_that_speaks_tls_the_origin_is_the_proxys(
    hub: Hub, cookie: str, settings
):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    headers = [(b"host", b"localhost"), (b"cookie", f"sessionid={cookie}".encode())]
    for origin in (b"http://localhost", b"https://localhost"):
        told = [*headers, (b"x-forwarded-proto", b"https"), (b"origin", origin)]
        wire = WebsocketCommunicator(application, "/ws/live/", headers=told)
        assert (await wire.connect(DEADLINE))[0] is origin.startswith(b"https:")
    await wire.disconnect()


async def test_a_token_that_is_revoked_ends_the_socket(hub: Hub, monkeypatch):
    monkeypatch.setattr(login, "CHECK_EVERY", 3_600.0)  # it is told
    token = await database_sync_to_async(make_token)()
    async with Socket(None, authorization=f"Bearer {token}") as socket:
        await socket.got("hello")
        await hub.linked()
        await database_sync_to_async(AuthToken.objects.all().delete)()
        assert await eventually(lambda: socket.closed) == 4401


async def test_a_token_that_expires_ends_the_socket_then(hub: Hub, monkeypatch):
    monkeypatch.setattr(login, "CHECK_EVERY", 3_600.0)
    token = await database_sync_to_async(make_token)()
    soon = clock.now() + timedelta(seconds=3)
    await database_sync_to_async(AuthToken.objects.update)(expiry=soon)
    async with Socket(None, authorization=f"Bearer {token}") as socket:
        assert await eventually(lambda: socket.closed) == 4401
    assert clock.now() >= soon


async def test_a_token_whose_owner_may_less_comes_back(hub: Hub, monkeypatch):
    monkeypatch.setattr(login, "CHECK_EVERY", 3_600.0)
    token = await database_sync_to_async(make_token)()
    async with Socket(None, authorization=f"Bearer {token}") as socket:
        await socket.got("hello")
        await hub.linked()
        await database_sync_to_async(Grant.objects.all().delete)()
        assert await eventually(lambda: socket.closed) == 4012


@contextmanager
def running(command: list[str], web: WebProcess, folder: Path) -> Iterator[Path]:
    """A client of docs/clients; gives the file it writes to."""
    said = folder / "said"
    environment = {**os.environ, "PULSEBOARD_URL": web.url, "PULSEBOARD_TOKEN": make_token()}
    with said.open("wb") as file:
        client = subprocess.Popen(command, stdout=file, stderr=file, env=environment)
        try:
            yield said
        finally:
            client.kill()
            client.wait()


@pytest.mark.process
@pytest.mark.parametrize(
    "command",
    [[sys.executable, str(CLIENTS / "live.py")], [of_playwright(), str(CLIENTS / "live.mjs")]],
    ids=["python", "javascript"],
)
def test_a_documented_client_prints_readings_and_changes(
    web: WebProcess, tmp_path: Path, command: list[str]
):
    series = make_series(1)[0]
    bridge = Bridge()
    with running(command, web, tmp_path) as said:
        waiting.eventually(lambda: "hello" in said.read_text(), DEADLINE)
        Device.objects.get().save()

        def told() -> bool:
            # Again and again: nobody says when it has subscribed.
            async_to_sync(bridge.publish)(series.device_id, {series.id: [1, 21.5]})
            text = said.read_text()
            return "d1 m0 21.5" in text and "'device'" in text.replace('"', "'")

        waiting.eventually(told, DEADLINE)


# Carries out function nodes as Node-RED does: what each returns goes on, with an id of Node-RED's.
NODE_RED = """
const { flow, messages } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const kept = new Map();
const context = { get: (name) => kept.get(name), set: (name, value) => kept.set(name, value) };
const env = { get: (name) => `the ${name}` };
const said = messages.map(([id, msg]) => {
  const { func } = flow.find((node) => node.id === id);
  return new Function("msg", "env", "flow", func)(msg, env, context);
});
console.log(JSON.stringify(said));
"""


def of_function_nodes(flow: list[dict[str, Any]], *messages: tuple[str, Any]) -> list[Any]:
    """What each of these nodes makes of its message."""
    given = json.dumps({"flow": flow, "messages": messages})
    command = [of_playwright(), "-e", NODE_RED]
    ran = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    said: list[Any] = json.loads(ran.stdout)
    return said


@pytest.mark.process
async def test_the_documented_flow_of_node_red_gets_readings_by_its_header(hub: Hub):
    flow = json.loads((CLIENTS / "node-red.json").read_text())
    nodes = {node["id"]: node for node in flow}
    leads_to = {to for node in flow for wire in node.get("wires", ()) for to in wire}
    assert leads_to <= nodes.keys()
    header = nodes["pulseboard.socket"]["headers"][0]
    assert (header["keyValue"], header["valueType"]) == ("Authorization", "env")
    token = await database_sync_to_async(make_token)()
    sent = header["valueValue"].replace("${PULSEBOARD_TOKEN}", token)
    series = (await database_sync_to_async(make_series)(1))[0]
    fleet = {"devices": [{"uid": "d1", "series": [{"id": series.id, "metric": "m0"}]}]}
    readings = {"op": "readings", "seq": 7, "d": {str(series.id): [[1, 1.5], [2, 2.5]]}}
    asks, idle, subscribe, ack, values = of_function_nodes(
        flow,
        ("pulseboard.ask", {"status": {"event": "connect"}}),
        ("pulseboard.ask", {"status": {"event": "disconnect"}}),
        ("pulseboard.subscribe", {"payload": fleet}),
        ("pulseboard.ack", readings | {"_session": {"type": "websocket", "id": "x"}}),
        ("pulseboard.values", readings),
    )
    assert asks == {
        "url": "the PULSEBOARD_URL/api/v1/fleet/",
        "headers": {"Authorization": "Bearer the PULSEBOARD_TOKEN"},
    }
    assert idle is None
    assert ack == {"op": "ack", "seq": 7}
    assert values == [[{"topic": "d1/m0", "payload": 2.5, "ms": 2}]]
    async with Socket(None, authorization=sent, acks=False) as socket:
        await socket.got("hello")
        await socket.say(**subscribe, _msgid="d8216d66456ec256")
        await eventually(lambda: any(each.subscriptions for each in hub.viewers))
        await hub.linked()
        bridge = Bridge()
        for number in range(1, 12):  # more than are sent ahead of acks
            await bridge.publish(series.device_id, {series.id: [number, float(number)]})
            frame = await socket.got("readings", number)
            assert frame["d"] == {str(series.id): [[number, number]]}
            await socket.say(op="ack", seq=frame["seq"], _msgid="f0c9607a90230cc6")
    assert not socket.all("error")
