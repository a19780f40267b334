"""The devices that send once a second, over MQTT and over HTTP, each at a moment of its own."""

from __future__ import annotations

import asyncio
import json
import threading
import time

from paho.mqtt import client as mqtt

from benchmarks.loud import now_ms, post
from benchmarks.stack import BenchmarkFailed, Stack
from devices import dynsec

MQTT, HTTP = "quiet-mqtt", "quiet-http"  # begin the uids


class Quiet:
    """The quiet devices: each sends once a second, at a moment of its own."""

    def __init__(
        self, stack: Stack, port: int, tokens: dict[str, str], over_mqtt: int, over_http: int
    ) -> None:
        """`port` of the web process; so many devices over each."""
        self._port, self._tokens = port, tokens
        self._mqtt = [f"{MQTT}-{number}" for number in range(over_mqtt)]
        self._http = [f"{HTTP}-{number}" for number in range(over_http)]
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="quiet")
        if stack.passwords:  # which may speak as any device
            self._client.username_pw_set(dynsec.SIMULATOR, stack.passwords[dynsec.SIMULATOR])
        self._client.connect(stack.mqtt_host, stack.mqtt_port)
        self._client.loop_start()

    def send(self, seconds: float) -> int:
        """For so long; how many messages."""
        rounds = max(1, round(seconds))
        over_http = threading.Thread(target=lambda: asyncio.run(self._send_http(rounds)))
        over_http.start()
        began = time.monotonic()
        for each in range(rounds):
            for place, uid in enumerate(self._mqtt):
                due = began + each + place / len(self._mqtt)
                time.sleep(max(0.0, due - time.monotonic()))
                document = {"ts": now_ms(), "values": {"m": each + 0.5}}
                self._client.publish(f"devices/{uid}/telemetry", json.dumps(document), qos=1)
        over_http.join()
        return rounds * (len(self._mqtt) + len(self._http))

    async def _send_http(self, rounds: int) -> None:
        async with asyncio.TaskGroup() as group:
            for place, uid in enumerate(self._http):
                group.create_task(self._one(uid, rounds, place / len(self._http)))

    async def _one(self, uid: str, rounds: int, after: float) -> None:
        began = time.monotonic() + after
        for each in range(rounds):
            await asyncio.sleep(max(0.0, began + each - time.monotonic()))
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            document = {"ts": now_ms(), "values": {"m": each + 0.5}}
            status = await post(reader, writer, self._tokens[uid], document)
            writer.close()
            if status != 200:
                raise BenchmarkFailed(f"a quiet device was answered {status}")

    def end(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
