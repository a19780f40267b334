"""Asks Mosquitto's dynamic-security plugin over its control topic, one message at a time."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Sequence
from typing import Any, Self

from paho.mqtt import client as mqtt

from bridge.errors import BridgeError
from bridge.mqtt.broker import Broker
from bridge.mqtt.short_session import short_session
from devices.dynsec import CONTROL_TOPIC, Json

ANSWERS = f"{CONTROL_TOPIC}/response"
ANSWER_SECONDS = 30.0  # for one message: a change of 20 000 devices takes Mosquitto 2.0 0.2 s
KEEPALIVE = 60  # seconds
MAX_HEARD = 20  # messages taken at once
TURN = 0.5  # seconds of one look at the connection


class ControlAway(BridgeError):
    """The broker was not reached, refused us, or did not answer. Its state is not known."""


class Control:
    """A connection. Not for two threads; what it raises ends it."""

    def __init__(self, broker: Broker, hears: str = "") -> None:
        """`hears`: a topic that is listened to beside the answers."""
        self._broker = broker
        self._hears = hears
        self._heard: list[bytes] = []
        self._answers: list[Json] = []
        self._subscribed = False
        self._refused = ""
        self._client = short_session(broker, "control")
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def open(self) -> Self:
        """Raises `ControlAway`."""
        try:
            self._client.connect(self._broker.host, self._broker.port, keepalive=KEEPALIVE)
        except (OSError, ValueError) as exc:
            raise ControlAway(f"the broker is not reached: {exc}") from exc
        self._until(lambda: self._subscribed)
        return self

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop(0.1)

    def idle(self) -> None:
        """Keep the connection. Raises `ControlAway` when it is gone."""
        if self._client.loop(0.0) != mqtt.MQTT_ERR_SUCCESS:
            raise ControlAway("the connection to the broker has ended")

    def heard(self) -> list[bytes]:
        """What came on the topic since, some of it at most. Raises `ControlAway`."""
        for _ in range(MAX_HEARD):
            before = len(self._heard)
            self.idle()
            if len(self._heard) == before:
                break
        taken, self._heard = self._heard, []
        return taken

    def say(self, topic: str, payload: str) -> None:
        self._client.publish(topic, payload, qos=1)

    def ask(self, commands: Sequence[Json]) -> list[Json]:
        """The answers, in the order of the commands. One that failed has `error`. Raises
        `ControlAway`."""
        mark = secrets.token_hex(6)  # others are answered on the same topic
        marked = [{**each, "correlationData": f"{mark}-{n}"} for n, each in enumerate(commands)]
        found: dict[str, Json] = {}
        self._client.publish(CONTROL_TOPIC, json.dumps({"commands": marked}), qos=1)

        def all_answered() -> bool:
            for each in self._answers:
                found[str(each.get("correlationData", ""))] = each
            self._answers.clear()
            return all(f"{mark}-{n}" in found for n in range(len(commands)))

        self._until(all_answered)
        return [found[f"{mark}-{n}"] for n in range(len(commands))]

    def _until(self, is_done: Any) -> None:
        deadline = time.monotonic() + ANSWER_SECONDS
        while not is_done():
            ended = self._client.loop(TURN) != mqtt.MQTT_ERR_SUCCESS
            if self._refused or ended:
                raise ControlAway(self._refused or "the connection to the broker has ended")
            if time.monotonic() > deadline:
                raise ControlAway(
                    f"the broker has not answered for {ANSWER_SECONDS:.0f} s: has it the"
                    " dynamic-security plugin, and may this account use it?"
                )

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _p: Any
    ) -> None:
        if reason.is_failure:
            self._refused = f"the broker refused the account that keeps its accounts: {reason}"
        else:
            wanted = [ANSWERS, self._hears] if self._hears else [ANSWERS]
            client.subscribe([(each, 1) for each in wanted])

    def _on_subscribe(self, _c: Any, _d: Any, _mid: int, reasons: Any, _p: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            self._refused = "the account that keeps the broker's accounts may not read its answers"
        self._subscribed = True

    def _on_message(self, _c: Any, _d: Any, message: mqtt.MQTTMessage) -> None:
        if message.topic == self._hears:
            self._heard.append(bytes(message.payload))
            return
        try:
            self._answers += json.loads(message.payload)["responses"]
        except (ValueError, KeyError, TypeError) as exc:
            raise ControlAway("the broker's answer is none of the plugin's") from exc
