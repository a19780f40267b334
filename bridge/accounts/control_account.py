"""The account that may change the broker's accounts."""

from __future__ import annotations

from django.conf import settings

from bridge.errors import BridgeError
from bridge.mqtt.broker import Broker


class NotKept(BridgeError):
    """The broker's accounts are somebody else's to keep."""


def control_account() -> Broker:
    """Raises `NotKept` where there is none."""
    url = settings.BROKER_CONTROL
    if url is None:
        raise NotKept(
            "PULSEBOARD_BROKER_CONTROL_URL is not set: no broker's accounts are kept here."
            " See docs/broker-accounts.md."
        )
    return Broker.of(url)
