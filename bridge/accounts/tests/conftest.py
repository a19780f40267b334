"""A Mosquitto with accounts, devices registered with it, and clients that try what they may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from bridge.accounts.delivery import Delivery
from bridge.mqtt.broker import Broker
from devices import dynsec
from devices.broker_account import BrokerAccount
from devices.models import Device
from tests.servers import BROKER_PASSWORDS as PASSWORDS
from tests.waiting import eventually


@pytest.fixture
def control(closed_broker, settings) -> Broker:
    name = dynsec.CONTROL
    settings.BROKER_CONTROL = Broker("127.0.0.1", closed_broker.port, name, PASSWORDS[name])
    return settings.BROKER_CONTROL


@pytest.fixture
def deliver(db: None, control: Broker) -> Callable[[], None]:
    """Tell the broker all there is to tell."""
    delivery = Delivery(control)

    def run() -> None:
        try:
            while delivery.step() == 0.0:
                pass
        finally:
            delivery.close()

    return run


@pytest.fixture
def register(deliver) -> Callable[[str], Device]:
    def make(uid: str, **fields: Any) -> Device:
        device = Device(uid=uid, name=uid, **fields)
        device.issue_token()
        device.save()
        deliver()
        assert not BrokerAccount.objects.get(pk=uid).error
        return device

    return make


class Client:
    """A device as the broker sees it, and what became of what it tried."""

    def __init__(
        self, port: int, username: str, password: str, client_id: str = "", *, keeps: bool = False
    ) -> None:
        """`keeps`: its session outlives the connection."""
        self.got: list[str] = []
        self._answers: dict[int, bool] = {}
        self.is_open: bool | None = None
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5
        )
        self._client.username_pw_set(username, password)
        self._client.on_connect = lambda _c, _d, _f, reason, _p: self._is(not reason.is_failure)
        self._client.on_disconnect = lambda *_: self._is(False)
        self._client.on_message = lambda _c, _d, message: self.got.append(message.topic)
        self._client.on_publish = lambda _c, _d, mid, reason, _p: self._note(mid, reason)
        self._client.on_subscribe = lambda _c, _d, mid, reasons, _p: self._note(mid, reasons[0])
        self._client.will_set("devices/other/telemetry", b'{"will": 1}', qos=1)
        kept = Properties(PacketTypes.CONNECT)
        kept.SessionExpiryInterval = 3600 if keeps else 0
        self._client.connect("127.0.0.1", port, clean_start=not keeps, properties=kept)

    def _is(self, is_open: bool) -> None:
        self.is_open = is_open

    def _note(self, mid: int, reason: Any) -> None:
        self._answers[mid] = not reason.is_failure

    def look(self) -> None:
        self._client.loop(0.05)

    def _answer(self, mid: int | None) -> bool:
        def answered() -> bool:
            self.look()
            return mid in self._answers

        eventually(answered, what="an answer of the broker")
        return self._answers[int(mid or 0)]

    def may_connect(self) -> bool:
        def decided() -> bool:
            self.look()
            return self.is_open is not None

        eventually(decided, what="the broker lets it in or does not")
        return bool(self.is_open)

    def may_publish(self, topic: str, payload: bytes = b'{"t": 1}') -> bool:
        return self._answer(self._client.publish(topic, payload, qos=1).mid)

    def may_subscribe(self, topic: str) -> bool:
        return self._answer(self._client.subscribe(topic, qos=1)[1])

    def is_cut_off(self) -> bool:
        def cut() -> bool:
            self.look()
            return self.is_open is False

        return eventually(cut, what="the broker has ended the connection")

    def vanish(self) -> None:
        """Without a word, so that the broker publishes the will."""
        sock = self._client.socket()
        if sock is not None:
            sock.close()


@pytest.fixture
def connect(closed_broker) -> Callable[..., Client]:
    def make(who: Device | str, password: str = "", client_id: str = "", **more: Any) -> Client:
        name = who if isinstance(who, str) else who.mqtt_username
        word = password or (PASSWORDS[who] if isinstance(who, str) else who.token)
        return Client(closed_broker.port, name, word, client_id, **more)

    return make
