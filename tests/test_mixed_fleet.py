"""Every dialect at once: simulator, clients of others, broker, bridge, Postgres, page; nobody
registers anything."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from bridge.decode import Decoder
from bridge.decode.identity import device_uid
from bridge.decode.items import Telemetry
from bridge.tests.conftest import database, worker_database_url
from devices.models import Device
from embedded.servers.ports import free_port
from firmware_sim.dialects import DIALECTS, convention
from firmware_sim.fleet import Identity, build_fleet
from tests.bridge_process import ROOT, BridgeProcess
from tests.browser import chromium, operator, page
from tests.peers import Peer
from tests.spoken import numbers, read
from tests.waiting import eventually
from tests.web_process import web, web_process

__all__ = ["chromium", "database", "operator", "page", "web", "web_process"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

FLEET = build_fleet(len(DIALECTS), seed=1, rate=2.0, speak=tuple(DIALECTS))
COARSE = {"ruuvi", "cayennelpp"}  # which have not room for all of it, or not for all its decimals
# What is of nobody's topics is heard through the user's own filters.
GREENHOUSE = device_uid("plant/greenhouse")
SETTINGS = {
    "PULSEBOARD_FILTERS": "plant/#,diy/#",
    "PULSEBOARD_AUTO_ADOPT": ",".join({convention(name): None for name in DIALECTS}),
    "PULSEBOARD_PUBLISH": f"{GREENHOUSE}/temperature",
}
# What others measure last, by the uid of who measures it, and who they are. Node-RED hears what we
# publish of its temperature, and tells that doubled. The boiler is known by its token.
MEASURED_BY_PEERS = {
    "sparkplug": {device_uid("hall/line-1"): {1450}, device_uid("hall/line-1/press"): {6.5}},
    "thingsboard": {device_uid("Pump 7"): {4.25}, "boiler-1": {2.25}},
    "node-red": {GREENHOUSE: {21.25, 42.5}},
}
PRESENT = (
    "SELECT d.uid, s.connection FROM devices_presence s JOIN devices_device d ON d.id = s.device_id"
)
STORED = (
    "SELECT d.uid, r.value FROM reading r JOIN telemetry_series s ON s.id = r.series_id"
    " JOIN devices_device d ON d.id = s.device_id"
)


def uid_of(device: Identity) -> str:
    """Under which uid what it says is read."""
    assert device.dialect is not None
    decoder, now = Decoder(), time.time()
    said = [
        *device.dialect.announce(device),
        *device.dialect.readings(device, device.model(1, device.uid).measure(now), now),
    ]
    (uid,) = {
        item.uid
        for item in read(decoder, said, now)
        if isinstance(item, Telemetry) and item.samples
    }
    return uid


@pytest.fixture
def clients(tmp_path: Path) -> Iterator[dict[str, Peer]]:
    """Those of others that could be installed, by the name of their program."""
    found = {name: Peer(name, tmp_path / f"{name}.log") for name in MEASURED_BY_PEERS}
    yield {name: client for name, client in found.items() if client.is_installed}
    for client in found.values():
        client.close()


@pytest.fixture
def ledger(mosquitto, database: object, clients: dict[str, Peer], tmp_path: Path) -> Iterator[Path]:
    """What the broker acknowledged of a fleet in which each device speaks another dialect; beside
    it are the clients of others. The Sparkplug node was born before there was a bridge."""
    boiler = Device(uid="boiler-1", name="Boiler")
    token = boiler.issue_token()
    boiler.save()
    devices_port = str(free_port())
    worker = BridgeProcess(
        tmp_path / "bridge.log",
        {
            "DATABASE_URL": worker_database_url(),
            "MQTT_URL": mosquitto.url,
            "PULSEBOARD_SPOOL": str(tmp_path / "spool"),
            "PULSEBOARD_THINGSBOARD_URL": f"mqtt://127.0.0.1:{devices_port}",
            **SETTINGS,
        },
    )
    path = tmp_path / "ledger.jsonl"
    command = [sys.executable, "-m", "firmware_sim", "--devices", str(len(FLEET)), "--rate", "2"]
    command += ["--speak", ",".join(DIALECTS), "--mqtt", mosquitto.url, "--ledger", str(path)]
    simulator = None
    try:
        if "sparkplug" in clients:
            clients["sparkplug"].speak(mosquitto.port)
        worker.start()
        worker.wait_connected()
        if "thingsboard" in clients:
            clients["thingsboard"].speak(mosquitto.port, devices_port, token)
        if "node-red" in clients:
            clients["node-red"].speak(mosquitto.port)
        with (tmp_path / "sim.log").open("wb") as log:
            simulator = subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=log, stderr=log)
        eventually(
            path.exists, what=lambda: f"the simulator sends: {(tmp_path / 'sim.log').read_text()}"
        )
        yield path
    finally:
        if simulator is not None:
            simulator.send_signal(signal.SIGTERM)
            assert simulator.wait(60) == 0
        worker.close()


def test_a_device_of_each_dialect_shows_up_with_what_it_measured(
    ledger: Path, clients: dict[str, Peer], database: Callable[[str], list[tuple]], page: Page
) -> None:
    uids = {uid_of(device): device for device in FLEET}
    assert len(uids) == len(FLEET)

    def stored() -> dict[str, set[float]]:
        found: dict[str, set[float]] = {}
        for uid, value in database(STORED):
            found.setdefault(uid, set()).add(round(value, 2))
        return found

    def missing() -> list[str]:
        found = stored()
        sent: dict[str, list[set[float]]] = {}
        for line in ledger.read_text().rpartition("\n")[0].splitlines():
            entry = json.loads(line)
            sent.setdefault(entry["uid"], []).append(set(numbers(entry["values"])))
        return [
            f"{device.dialect.NAME} {uid}"
            for uid, device in uids.items()
            if device.dialect is not None
            and not any(
                values <= found.get(uid, set()) or (device.dialect.NAME in COARSE and uid in found)
                for values in sent.get(device.uid, [])
            )
        ]

    eventually(lambda: not missing(), 60, what=lambda: f"stored whole: {missing()}")
    measured = {uid: found for name in clients for uid, found in MEASURED_BY_PEERS[name].items()}
    eventually(
        lambda: all(values <= stored().get(uid, set()) for uid, values in measured.items()),
        what=lambda: f"what {sorted(clients)} measured: {measured}, stored {stored()}",
    )
    page.goto("/")
    eventually(
        lambda: (
            {uid for uid in uids if page.locator(f'a[href="/devices/{uid}/"]').count()} == set(uids)
        ),
        what="the fleet page shows each",
    )
    for client in clients.values():
        client.say_goodbye()
    eventually(
        lambda: {dict(database(PRESENT)).get(uid) for uid in measured} <= {"offline"},
        what=lambda: f"they are gone: {database(PRESENT)}",
    )
