"""Devices that are sent beyond a limit, one after the other, beside a load that is not."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Iterator

from paho.mqtt import client as mqtt

from benchmarks.packets import Fleet
from benchmarks.stack import Stack

HOT_EVERY = 0.02  # seconds between two devices
WARM_SECONDS = 30.0


class Hot:
    """Sends one device after the other a value beyond its limit, once each."""

    def __init__(self, stack: Stack, fleet: Fleet, metric: str, value: float) -> None:
        self._fleet, self._metric, self._value = fleet, metric, value
        self._sent = 0
        self._left = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="bench-hot")
        self._client.connect(stack.mqtt_host, stack.mqtt_port)
        self._client.loop_start()

    def warm(self) -> None:
        """Have every device send once what is well, so that its series is there."""
        for number in range(self._fleet.devices):
            self._publish(number, 0.0).wait_for_publish(WARM_SECONDS)

    def _publish(self, number: int, value: float) -> mqtt.MQTTMessageInfo:
        document = {"ts": time.time_ns() // 1_000_000, "values": {self._metric: value}}
        topic = f"devices/{self._fleet.uid(number)}/telemetry"
        return self._client.publish(topic, json.dumps(document), qos=1)

    def _run(self) -> None:
        while self._sent < self._fleet.devices and not self._left.wait(HOT_EVERY):
            self._publish(self._sent, self._value)
            self._sent += 1

    @contextlib.contextmanager
    def sending(self) -> Iterator[None]:
        self._left.clear()
        thread = threading.Thread(target=self._run, name="hot", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._left.set()
            thread.join()

    def end(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
