"""A bridge worker as a process, and a device that knows what the broker acknowledged."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from paho.mqtt import client as mqtt

from tests.forking import ForkedChild
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 240.0  # until a worker is connected to its broker
END_SECONDS = 90.0  # until it has ended; it may wait 30 for a lease, or to commit what it holds
ACKED_SECONDS = 60.0  # until the broker has acknowledged what was published


class BridgeProcess(ForkedChild):
    """`manage.py runbridge` with its output in a file."""

    stop_seconds = END_SECONDS

    def __init__(self, log: Path, environment: Mapping[str, str]) -> None:
        super().__init__(
            "bridge",
            lambda: [sys.executable, "manage.py", "runbridge"],
            log,
            environment={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            folder=ROOT,
        )

    def start(self, *options: str) -> Self:
        """Run it and wait for nothing: see `wait_connected`."""
        self.spawn(*options)
        return self

    def wait_connected(self, times: int = 1) -> None:
        """Until the log says that it connected (for the `times`-th time) and subscribed, for what a
        broker is sent before that is for nobody."""
        eventually(
            lambda: self.said("action=subscribed") >= times,
            START_SECONDS,
            what=lambda: f"connected: {self.log.read_text()}",
        )

    def said(self, words: str) -> int:
        return self.log.read_text().count(words)

    def wait(self) -> int:
        """The exit status, once it has ended by itself."""
        assert self.process is not None
        return self.process.wait(END_SECONDS)

    def close(self) -> None:
        if self.pid:
            self.kill()


class Publisher:
    """Publishes at QoS 1 and keeps the ledger of what was acknowledged; reconnects by itself."""

    def __init__(self, port: int, client_id: str = "test-publisher") -> None:
        self._sent: list[int] = []  # packet identifiers, never one twice: a test sends too few
        self._acked: set[int] = set()
        # Numbers of messages that had no acknowledgement when a connection was lost. The broker may
        # have had them all the same, and takes what is sent again for other messages.
        self.sent_again: set[int] = set()
        self.client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5
        )
        self.client.on_publish = lambda _client, _data, mid, *_: self._acked.add(mid)
        self.client.on_disconnect = lambda *_: self._note_sent_again()
        self.client.reconnect_delay_set(min_delay=1, max_delay=1)
        self.client.connect("127.0.0.1", port, clean_start=False)
        self.client.loop_start()
        eventually(self.client.is_connected, START_SECONDS, what="publisher connected")

    def send(self, topic: str, payload: bytes | str, *, retain: bool = False) -> int:
        """Publish; the number of the message."""
        self._sent.append(self.client.publish(topic, payload, qos=1, retain=retain).mid)
        return len(self._sent) - 1

    def _note_sent_again(self) -> None:
        self.sent_again |= set(range(len(self._sent))) - self.acked

    @property
    def sent(self) -> int:
        """How many messages it was given to send."""
        return len(self._sent)

    @property
    def acked(self) -> set[int]:
        """Numbers of the messages the broker acknowledged."""
        return {number for number, mid in enumerate(self._sent) if mid in self._acked}

    @property
    def acked_count(self) -> int:
        # Of those it was given: paho also tells of what a test publishes by itself without one.
        return len(self._acked.intersection(self._sent))

    def wait_acked(self, within: float = ACKED_SECONDS) -> None:
        eventually(lambda: self.acked_count == len(self._sent), within, what="all published acked")

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()
