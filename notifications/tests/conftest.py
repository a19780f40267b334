"""A receiver on this machine, which is allowed for the tests that ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from notifications.tests.receiver import Receiver, receiving


@pytest.fixture
def loopback(settings: Any) -> None:
    settings.NOTIFY_ALLOW = [ip_network("127.0.0.0/8"), ip_network("::1/128")]


@pytest.fixture
def receiver(loopback: None) -> Iterator[Receiver]:
    with receiving() as made:
        yield made
