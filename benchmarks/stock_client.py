"""The baseline: a stock paho-mqtt client that receives at QoS 1 and discards.

What a bridge costs before it does anything, if it is written the usual way.
"""

from __future__ import annotations

from typing import Any

from paho.mqtt import client as mqtt

from benchmarks.load_process import STOP, LoadProcess

RECEIVED = 1  # the place in the shared array after STOP
PROTOCOLS = {"3.1.1": mqtt.MQTTv311, "5": mqtt.MQTTv5}


class StockClient(LoadProcess):
    """The client's process as its parent sees it."""

    def __init__(self, host: str, port: int, protocol: str, topic: str) -> None:
        super().__init__(2, _run, host, port, PROTOCOLS[protocol], topic)

    @property
    def received(self) -> int:
        return self._shared[RECEIVED]


def _run(shared: Any, ready: Any, host: str, port: int, protocol: Any, topic: str) -> None:
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
