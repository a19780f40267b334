"""Registers devices that ask for it over MQTT, as ThingsBoard's do: a follower of
`manage.py runengine`.

All who ask hear the answers of the others, so a device brings its own token, and no answer has one.
"""

from __future__ import annotations

import json
import secrets
import socket
from typing import Any

from access.tries import TooManyTries
from bridge.accounts.control_account import control_account
from bridge.mqtt.broker import Broker
from bridge.mqtt.control import Control, ControlAway
from devices.claiming import claim
from devices.dynsec import CLAIM_ANSWERS, CLAIMS
from devices.provisioning_key import ProvisioningKey
from telemetry.workers.lease import Lease

LEASE = "broker-claims"
POLL = 0.5  # seconds between two looks for requests
REST = 2.0  # seconds between two looks for a key, or for the lease; well below its term
MAX_REQUEST = 4_096  # bytes
OWN_TOKEN = "Over MQTT a device brings its token, for others hear the answer: token."  # noqa: S105


class Claims:
    """One process's share of it: all or none."""

    def __init__(self, broker: Broker) -> None:
        owner = f"{socket.gethostname()[:40]}-{secrets.token_hex(6)}"
        self._lease = Lease(LEASE, owner)
        self._broker = broker
        self._control: Control | None = None

    def step(self) -> float:
        """Raises `ControlAway`, and what the database raises."""
        if not self._lease.hold() or not ProvisioningKey.objects.exists():
            self._hang_up()
            return REST
        try:
            if self._control is None:
                self._control = Control(self._broker, hears=CLAIMS).open()
            heard = self._control.heard()
        except ControlAway:
            self._hang_up()
            raise
        for payload in heard:
            self._control.say(CLAIM_ANSWERS, json.dumps(answer(payload)))
        return 0.0 if heard else POLL

    def close(self) -> None:
        self._hang_up()
        self._lease.release()

    def _hang_up(self) -> None:
        control, self._control = self._control, None
        if control is not None:
            control.close()


def answer(payload: bytes) -> dict[str, Any]:
    """Raises what the database raises."""
    asked = _read(payload)
    if asked is None:
        return _failure({}, "It is one JSON object of at most 4096 bytes.")
    if not asked.get("token"):
        return _failure(asked, OWN_TOKEN)
    try:
        device, refused = claim(asked, None)  # the broker does not say from which address
    except TooManyTries as exc:
        return _failure(asked, str(exc))
    if device is None:
        return _failure(asked, refused)
    return {"status": "SUCCESS", "credentialsType": "ACCESS_TOKEN", "deviceName": device.uid}


def _read(payload: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(payload) if len(payload) <= MAX_REQUEST else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _failure(asked: dict[str, Any], why: str) -> dict[str, Any]:
    """Names the device, if it named itself: all who ask hear it."""
    name = asked.get("deviceName")
    said = {"deviceName": name} if isinstance(name, str) else {}
    return {"status": "FAILURE", "errorMsg": why, **said}


def begin() -> Claims:
    return Claims(control_account())
