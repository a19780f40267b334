"""`manage.py prove --running`, on what `manage.py up` runs; and the proxy that cuts connections."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

from embedded.prove import proxy as proxies
from embedded.prove.proxy import Proxy
from embedded.servers.ports import free_port
from embedded.up.chosen_ports import PROBE_PORTS, USUAL_PORTS
from embedded.up.data_folder import DataFolder
from tests import clusters, forked_program
from tests.bridge_process import ROOT
from tests.test_prove import PROGRAM, PROVED_SECONDS, environment
from tests.waiting import eventually

START_SECONDS = 240.0  # for `up` on a slow machine
ARRIVE_SECONDS = 60.0  # for bytes that are on their way


@pytest.fixture
def running(server_folder: Path) -> Iterator[dict[str, str]]:
    """The environment in which other commands find what `manage.py up` runs."""
    data = server_folder / "var"
    clusters.copy(clusters.migrated(), data / "postgres")
    # Ports of its own, as if it had run before: whoever starts at this moment wants the usual ones.
    DataFolder(data).remember_ports({name: free_port() for name in (*USUAL_PORTS, *PROBE_PORTS)})
    found = {**environment(), "PULSEBOARD_DATA": str(data)}
    log = server_folder / "up.log"
    up = [sys.executable, "manage.py", "up", "--no-sim", "--port", str(free_port())]
    with log.open("wb") as file:
        process = subprocess.Popen(up, cwd=ROOT, env=found, stdout=file, stderr=file)

    def is_up() -> bool:
        assert process.poll() is None, log.read_text()
        return "Ctrl-C ends everything" in log.read_text()

    try:
        eventually(is_up, START_SECONDS, what="up")
        yield found
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(START_SECONDS) == 0, log.read_text()


@pytest.mark.process
def test_the_running_stack_is_proved_and_left_as_it_was(running: dict[str, str]) -> None:
    words = ["--running", "--faults", "4", "--seed", "2", "--rate", "200", "--json"]
    chosen = ["--only", "bridge-kill,redis-kill,postgres-away,connection-cut,postgres-pause"]
    command = (PROGRAM, *words, *chosen)
    with forked_program.running(*command, environment=running) as proof:
        assert proof.process.wait(PROVED_SECONDS) == 0, proof.said + proof.log
        said = json.loads(proof.said.splitlines()[-1])
        assert "left out, not possible here: connection-cut" in proof.said
    assert (said["stack"], said["lost"], said["duplicated"]) == ("running", 0, 0)
    assert said["recovery_s"].keys() == set(chosen[1].split(",")) - {"connection-cut"}
    assert said["acked"] > 100
    joined = json.loads((Path(running["PULSEBOARD_DATA"]) / "environment.json").read_text())
    with psycopg.connect(joined["DATABASE_URL"]) as connection:
        left = connection.execute("SELECT count(*) FROM devices_device").fetchone()
    assert left == (0,)


@pytest.mark.process
def test_without_a_running_stack_the_way_out_is_said(server_folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "prove", "--running"],
        check=False,
        cwd=ROOT,
        env={**os.environ, "PULSEBOARD_DATA": str(server_folder / "none")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "manage.py up" in done.stderr


@pytest.fixture
def through() -> Iterator[tuple[Proxy, socket.socket, socket.socket]]:
    """A proxy, and the two ends of a connection through it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = Proxy(("127.0.0.1", listener.getsockname()[1]), random.Random(1))
        near = socket.create_connection(("127.0.0.1", proxy.port), ARRIVE_SECONDS)
        far, _ = listener.accept()
        far.settimeout(ARRIVE_SECONDS)
        with near, far:
            yield proxy, near, far
            proxy.close()


def test_a_cut_connection_ends_with_a_reset(
    through: tuple[Proxy, socket.socket, socket.socket],
) -> None:
    proxy, near, far = through
    near.sendall(b"hello")
    assert far.recv(5) == b"hello"
    assert proxy.reset() == 1
    for end in (near, far):
        with pytest.raises(ConnectionResetError):
            end.recv(1)


@pytest.fixture
def over(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """The proxy's pauses last until this is set, not for seconds."""
    event = threading.Event()
    monkeypatch.setattr(proxies, "time", SimpleNamespace(sleep=event.wait))
    return event


def test_silence_holds_bytes_back_without_closing(
    through: tuple[Proxy, socket.socket, socket.socket], over: threading.Event
) -> None:
    proxy, near, far = through
    far.settimeout(0.3)
    quiet = threading.Thread(target=proxy.silence, args=(ARRIVE_SECONDS,))
    quiet.start()
    eventually(lambda: not proxy._speaking.is_set())
    near.sendall(b"hello")
    with pytest.raises(TimeoutError):
        far.recv(5)
    over.set()
    quiet.join()


def test_slices_arrive_whole_and_in_order(
    through: tuple[Proxy, socket.socket, socket.socket], over: threading.Event
) -> None:
    proxy, near, far = through
    sent = random.Random(2).randbytes(20_000)
    slicing = threading.Thread(target=proxy.slice, args=(ARRIVE_SECONDS,))
    slicing.start()
    eventually(lambda: proxy._slicing)
    near.sendall(sent)
    arrived = b""
    while len(arrived) < len(sent):
        arrived += far.recv(65_536)
    assert arrived == sent
    over.set()
    slicing.join()
