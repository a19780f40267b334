"""A broker with a certificate of a private authority that wants one from each client."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from devices.certificates import Authority
from embedded.servers.mqtt import Mosquitto
from embedded.servers.ports import free_port, is_free
from tests.bridge_process import BridgeProcess
from tests.database_url import database_url
from tests.servers import RunningServer
from tests.waiting import eventually

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.process]
SECONDS = 120  # for the simulator to connect, publish and end, on a busy machine


class TlsMosquitto(Mosquitto):
    """As `up` runs it, with a TLS listener in place of the plain one."""

    def is_ready(self) -> bool:
        """Its port is taken; what it says is nothing for a plain socket."""
        return not is_free(self.port)


@pytest.fixture
def authority(server_folder: Path) -> Authority:
    return Authority(server_folder)


@pytest.fixture
def broker(server_folder: Path, authority: Authority) -> Iterator[str]:
    """Its address, with all a client needs."""
    running = RunningServer(TlsMosquitto(server_folder / "mqtt", free_port()))
    certificate = authority.sign_server(["127.0.0.1"])
    key = certificate.with_suffix(".key")
    for path in server_folder.glob("*.*"):
        path.chmod(0o644)  # the broker reads them as another user
    config = running.server.folder / "mosquitto.conf"
    files = f"cafile {authority.ca}\ncertfile {certificate}\nkeyfile {key}\n"
    config.write_text(config.read_text() + files + "require_certificate true\n")
    certificate = authority.sign_client("client")
    key = certificate.with_suffix(".key")
    try:
        running.start()
        yield f"mqtts://127.0.0.1:{running.port}?ca={authority.ca}&cert={certificate}&key={key}"
    finally:
        running.stop()


def test_the_simulator_delivers_all(broker: str, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    words = ["--devices", "3", "--rate", "20", "--duration", "2", "--backfill", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "firmware_sim", *words, "--mqtt", broker, "--report", str(report)],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(report.read_text())
    assert said["connected"] == 3
    assert said["samples_acked"] > 0
    assert said["samples_waiting"] == 0


def test_the_bridge_subscribes(broker: str, tmp_path: Path) -> None:
    environment = {"DATABASE_URL": database_url(), "PULSEBOARD_SPOOL": str(tmp_path / "spool")}
    bridge = BridgeProcess(tmp_path / "bridge.log", environment | {"MQTT_URL": broker})
    try:
        bridge.start()
        bridge.wait_connected()
        assert bridge.stop() == 0
    finally:
        bridge.close()


def test_a_broker_of_another_authority_is_not_spoken_to(
    broker: str, authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path).ca
    url = broker.replace(str(authority.ca), str(other))
    environment = {"DATABASE_URL": database_url(), "PULSEBOARD_SPOOL": str(tmp_path / "spool")}
    bridge = BridgeProcess(tmp_path / "bridge.log", environment | {"MQTT_URL": url})
    try:
        bridge.start()
        eventually(lambda: bridge.said("certificate verify failed"), what="it says why")
        assert not bridge.said("action=subscribed")
    finally:
        bridge.close()


@pytest.mark.parametrize(
    ("query", "says"),
    [("?ca=/nowhere.pem", "cannot be read"), ("?cafile=x", "no option cafile")],
)
def test_the_simulator_says_what_is_wrong(query: str, says: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "firmware_sim", "--mqtt", f"mqtts://127.0.0.1{query}"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert says in done.stderr
