"""The baseline: a stock paho-mqtt client that receives at QoS 1 and discards.

What a bridge costs before it does anything, if it is written the usual way.
"""

from __future__ import annotations

import ctypes
import multiprocessing
from multiprocessing.sharedctypes import RawArray
from types import TracebackType
from typing import Any

from paho.mqtt import client as mqtt

START_SECONDS = 30.0
RECEIVED, STOP = range(2)  # places in the shared array
PROTOCOLS = {"3.1.1": mqtt.MQTTv311, "5": mqtt.MQTTv5}


class StockClient:
    """The client's process as its parent sees it."""

    def __init__(self, host: str, port: int, protocol: str, topic: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._shared = RawArray(ctypes.c_int64, 2)
        self._ready = context.Event()
        self.process = context.Process(
            target=_run,
            args=(host, port, PROTOCOLS[protocol], topic, self._shared, self._ready),
            daemon=True,
        )

    def __enter__(self) -> StockClient:
        self.process.start()
        if not self._ready.wait(START_SECONDS):
            raise RuntimeError("the stock client did not subscribe")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None
    ) -> None:
        self._shared[STOP] = 1
        self.process.join(5.0)
        if self.process.is_alive():
            self.process.kill()

    @property
    def pid(self) -> int:
        return self.process.pid or 0

    @property
    def received(self) -> int:
        return self._shared[RECEIVED]


def _run(host: str, port: int, protocol: Any, topic: str, shared: Any, ready: Any) -> None:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=protocol)

    def on_connect(*_: Any) -> None:
        client.subscribe(topic, qos=1)

    def on_message(*_: Any) -> None:
        shared[RECEIVED] += 1

    client.on_connect = on_connect
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = on_message
    client.connect(host, port)
    while not shared[STOP] and client.loop(0.2) == mqtt.MQTT_ERR_SUCCESS:
        pass
