"""A real mosquitto, an independent subscriber, and the simulator as the process it is."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds a fact may take to become true


def until(fact: Callable[[], Any], what: str, *, within: float = PATIENCE) -> Any:
    """The first true answer of `fact`; fails after `within` seconds."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if answer := fact():
            return answer
        time.sleep(0.02)
    raise AssertionError(f"not within {within} s: {what}")


class Mosquitto:
    """One broker on a free port, which it keeps over restarts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"mqtt://127.0.0.1:{self.port}"
        binary = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")
        assert binary, "mosquitto must be installed for these tests"
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nuser root\n"
            f"persistence true\npersistence_location {folder}/\nmax_queued_messages 1000000\n"
        )
        self._command = [binary, "-c", str(config)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stderr=log, stdout=log)
        until(self._accepts, "mosquitto accepts connections")

    def stop(self, number: int = signal.SIGTERM) -> None:
        """SIGTERM saves sessions and queues; SIGKILL does not."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE)
            self._process = None

    def freeze(self) -> None:
        """It stays connected but reads and answers no more, until it is stopped with SIGKILL."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def unread(self) -> int:
        """Connections on which bytes wait that the broker has not read."""
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        own = [line[4] for line in lines if line[1] == f"0100007F:{self.port:04X}"]
        return sum(queues.split(":")[1] != "00000000" for queues in own)

    def _accepts(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False


class Subscriber:
    """Receives what `filters` say with a session that outlives the broker's restart."""

    def __init__(
        self, port: int, name: str = "witness", filters: tuple[str, ...] = ("devices/#",)
    ) -> None:
        self.messages: list[tuple[str, bytes, bool]] = []
        self._subscribed = False
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTv5)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda c, *_: c.subscribe([(each, 1) for each in filters])
        self._client.on_subscribe = lambda *_: setattr(self, "_subscribed", True)
        self._client.on_message = lambda _c, _u, m: self.messages.append(
            (m.topic, m.payload, m.retain)
        )
        session = Properties(PacketTypes.CONNECT)
        session.SessionExpiryInterval = 3600
        self._client.connect("127.0.0.1", port, clean_start=False, properties=session)
        self._client.loop_start()
        until(lambda: self._subscribed, "the witness is subscribed")

    def telemetry(self) -> list[tuple[str, bytes]]:
        return [(t.split("/")[1], p) for t, p, _ in list(self.messages) if t.endswith("/telemetry")]

    def statuses(self) -> dict[str, str]:
        """The last status of each device."""
        return {
            t.split("/")[1]: p.decode() for t, p, _ in list(self.messages) if t.endswith("/status")
        }

    def publish(self, topic: str, payload: str) -> None:
        self._client.publish(topic, payload, qos=1).wait_for_publish(PATIENCE)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Simulator:
    """`python -m firmware_sim` with a ledger and a report file."""

    def __init__(self, folder: Path, broker: str, *options: str) -> None:
        self._ledger = folder / "ledger.jsonl"
        self._report = folder / "report.json"
        command = [sys.executable, "-W", "error", "-m", "firmware_sim", "--mqtt", broker, *options]
        command += ["--ledger", str(self._ledger), "--report", str(self._report)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def stop(self, number: int = signal.SIGTERM) -> str:
        self.process.send_signal(number)
        return self.finish()

    def finish(self) -> str:
        """Everything it said until its end."""
        output, _ = self.process.communicate(timeout=2 * PATIENCE)
        return output

    def ledger(self) -> list[dict[str, Any]]:
        if not self._ledger.exists():
            return []
        *whole, _half_written = self._ledger.read_bytes().split(b"\n")
        return [json.loads(line) for line in whole]

    def report(self) -> dict[str, Any]:
        return json.loads(self._report.read_text(encoding="utf-8"))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "broker"
    folder.mkdir()
    mosquitto = Mosquitto(folder)
    mosquitto.start()
    yield mosquitto
    mosquitto.stop(signal.SIGKILL)


@pytest.fixture
def witness(broker: Mosquitto) -> Iterator[Subscriber]:
    subscriber = Subscriber(broker.port)
    yield subscriber
    subscriber.close()


@pytest.fixture
def simulate(tmp_path: Path, broker: Mosquitto) -> Iterator[Callable[..., Simulator]]:
    """Starts the simulator with these options; it never outlives the test."""
    started: list[Simulator] = []

    def start(*options: str) -> Simulator:
        simulator = Simulator(tmp_path, broker.url, *options)
        started.append(simulator)
        return simulator

    yield start
    for simulator in started:
        if simulator.process.poll() is None:
            simulator.process.kill()
        simulator.process.communicate()
