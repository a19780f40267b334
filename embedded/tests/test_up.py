"""`manage.py up` as a whole: one life of the stack, from nothing to a clean end and back."""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest
from paho.mqtt import client as mqtt

from embedded.servers.leftovers import is_alive
from embedded.servers.ports import free_port, is_free
from embedded.up.chosen_ports import PROBE_PORTS, USUAL_PORTS
from embedded.up.data_folder import DataFolder
from embedded.up.options import INCIDENTS
from embedded.up.stack import MALLOC
from tests import clusters
from tests.waiting import eventually

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text()
(FIRST_DEVICE,) = re.findall(r"## Your first device\n.*?```\n(.*?)```", README, re.S)
HOST = "::1"
OPENED = r"Open (http://\[::1\]:\d+/)  operator admin, password (\S+)"
WAIT_SECONDS = 240.0  # a machine at work takes three times as long as one that is not
MOST_MEMORY = 480 * 1024 * 1024  # bytes of all processes together; what is shared counts once
LEAST_SHARED_KB = 10_000  # with what they were forked from; started anew it is nothing
SIMULATOR = ("--devices", "3", "--rate", "5", "--backfill", "1", *INCIDENTS)
BACKFILL_SECONDS = 60.0
FIRST_ALERT_SECONDS = 120.0  # after the start of the simulator
OURS = ("DATABASE_URL", "REDIS_URL", "MQTT_URL", "DJANGO_SETTINGS_MODULE")
# Its one life is in a folder whose name means something to each of who reads it, without UTF-8.
FOLDER = '50% ; #1 %(here)s a folder\'s "own" für 日本'
LATIN = {"LC_ALL": "C", "PYTHONIOENCODING": "latin-1:strict", "PYTHONUTF8": "1"}


class Up:
    """A running `manage.py up` and all it said."""

    def __init__(self, data: Path, *words: str, environment: dict[str, str] | None = None) -> None:
        self.data = data
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name not in OURS and not name.startswith("PULSEBOARD_")
        }
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "up", "--data", str(data), *words],
            cwd=ROOT,
            env=inherited | (environment or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.said = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said += line

    def wait_for(self, pattern: str) -> re.Match[str]:
        def look() -> re.Match[str] | None:
            assert self.process.poll() is None or re.search(pattern, self.said), self.said
            return re.search(pattern, self.said)

        found = eventually(look, WAIT_SECONDS, what=lambda: f"{pattern} in:\n{self.said}")
        assert found is not None
        return found

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.data / "state.json").read_text())
        return found

    def processes(self) -> list[psutil.Process]:
        """Those noted that still are: one may have died since."""
        found = []
        for pid, _ in self.state()["processes"]:
            with suppress(psutil.NoSuchProcess):
                found.append(psutil.Process(pid))
        return found

    def readings(self) -> int:
        """How many are stored, once Postgres answers: one that runs again may still recover."""
        words = json.loads((self.data / "environment.json").read_text())
        connected = eventually(
            lambda: connection_to(words["DATABASE_URL"]), WAIT_SECONDS, what="Postgres answers"
        )
        assert connected is not None
        with connected as connection:
            row = connection.execute("SELECT count(*) FROM reading").fetchone()
        assert row
        return int(row[0])

    def manage(self, *words: str) -> None:
        """A command that joins what runs from this folder; it must succeed."""
        joined = {name: value for name, value in os.environ.items() if name not in OURS}
        joined = {name: joined[name] for name in joined if not name.startswith("PULSEBOARD_")}
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *words],
            env=joined | {"PULSEBOARD_DATA": str(self.data)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def end(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
            if number:  # as from a terminal through make
                self.process.send_signal(number)
                self.process.send_signal(signal.SIGINT)
        status = self.process.wait(WAIT_SECONDS)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


@pytest.fixture
def start(server_folder: Path) -> Iterator[Callable[..., Up]]:
    started: list[Up] = []

    def begin(*words: str, name: str = "var", environment: dict[str, str] | None = None) -> Up:
        started.append(Up(server_folder / name, *words, environment=environment))
        return started[-1]

    yield begin
    for up in started:
        up.end()


def connection_to(url: str) -> psycopg.Connection | None:
    with suppress(psycopg.OperationalError):
        return psycopg.connect(url)
    return None


def log_in(url: str, password: str) -> str:
    """The address an operator ends at after the login form."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    with opener.open(f"{url}login/", timeout=60) as page:
        page.read()
    token = next(cookie.value for cookie in jar if cookie.name == "csrftoken")
    form = {"username": "admin", "password": password, "csrfmiddlewaretoken": token}
    body = urllib.parse.urlencode(form).encode()
    with opener.open(f"{url}login/", body, timeout=60) as page:
        return str(page.url)


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(is_alive(process) for process in processes)


def secrets_of(up: Up) -> set[str]:
    """Every secret of the stack, as its files have them."""
    words: dict[str, str] = json.loads((up.data / "environment.json").read_text())
    found = {urlsplit(words[name]).password for name in ("DATABASE_URL", "REDIS_URL", "MQTT_URL")}
    found |= set(json.loads((up.data / "broker-passwords.json").read_text()).values())
    found.add((up.data / "secret-key").read_text().strip())
    return {secret for secret in found if secret}


def check_first_device(up: Up, password: str) -> None:
    """The lines of README, as they stand there, in the folder that it runs in."""
    place = up.data.parent / "place"
    place.mkdir()
    (place / "var").symlink_to(up.data)
    typed = FIRST_DEVICE.replace("-u admin", f"-u 'admin:{password}'")
    assert typed != FIRST_DEVICE  # curl would ask for it
    done = subprocess.run(
        ["bash", "-c", typed],
        cwd=place, capture_output=True, text=True, timeout=WAIT_SECONDS, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    words = json.loads((up.data / "environment.json").read_text())
    with psycopg.connect(words["DATABASE_URL"], autocommit=True) as connection:

        def look() -> list[tuple[Any, ...]]:
            return connection.execute(
                "SELECT metric, value FROM reading JOIN telemetry_series ON id = series_id"
                " WHERE device_id = (SELECT id FROM devices_device WHERE uid = 'greenhouse-1')"
                " ORDER BY metric"
            ).fetchall()

        stored = eventually(look, WAIT_SECONDS, what="the reading of the first device")
    assert stored == [("humidity", 61.0), ("temperature", 21.5)]


def check_memory(up: Up) -> None:
    root = psutil.Process(up.process.pid)
    found = {}
    for process in [root, *root.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):  # Postgres ends those it no longer needs
            found[f"{process.pid} {process.name()}"] = int(process.memory_full_info().pss)
    assert len(found) > len(up.processes())
    assert sum(found.values()) < MOST_MEMORY, found
    # A browser's pages would take it beyond that if freed memory stayed with Postgres's sessions.
    postgres = next(each for each in up.processes() if each.name() == "postgres")
    assert MALLOC.items() <= postgres.environ().items()
    # What runs beside them as the same account could read our secrets in their environments.
    servers = [each for each in up.processes() if "python" not in Path(each.exe()).name]
    assert len(servers) == 3, servers
    for server in servers:
        given = set(server.environ())
        assert not [name for name in given if name.startswith("PULSEBOARD_")], server
        assert not given & {"DATABASE_URL", "REDIS_URL", "MQTT_URL"}, server


def check_first_alert(up: Up) -> None:
    """The fleet begins with an incident that a ready-made rule finds within two minutes, by the
    clock of its readings: how soon this machine gets to them is another matter."""
    words = json.loads((up.data / "environment.json").read_text())
    with psycopg.connect(words["DATABASE_URL"], autocommit=True) as connection:

        def look() -> tuple[Any, ...] | None:
            return connection.execute(
                "SELECT alert.sentence, extract(epoch FROM alert.started_at - first.time)"
                " + coalesce((rule.condition->>'for')::float8, 0)"
                " FROM alerts_alert AS alert JOIN alerts_alertrule AS rule ON rule.id = rule_id,"
                " (SELECT min(time) AS time FROM reading) AS first"
                " WHERE NOT historic AND rule.ready_made <> '' ORDER BY alert.id LIMIT 1"
            ).fetchone()

        found = eventually(look, WAIT_SECONDS, what="the first alert")
    assert found
    assert "door of" in found[0]
    assert BACKFILL_SECONDS < float(found[1]) <= BACKFILL_SECONDS + FIRST_ALERT_SECONDS


def check_forks(up: Up) -> None:
    """Our programs share what supervisord imported, and are shown as what they are."""
    supervisord = up.processes()[0]
    assert supervisord.num_threads() == 2  # the other waits for the end of `up`
    assert supervisord.net_connections(kind="inet") == []
    # One that came back before its database did may end once more.
    found = eventually(lambda: forks(up), WAIT_SECONDS, what="all four are forks")
    assert found["bridge"][2:4] == ["runbridge", "--probe"]
    assert found["web"][1:3] == ["-m", "daphne"]


def check_runs_already(up: Up, second: Up) -> None:
    """The second is told so in Latin-1, which cannot write all of the folder's name."""
    assert second.end(0) == 1
    folder = str(up.data).encode("latin-1", "backslashreplace").decode(errors="replace")
    assert f"already runs from {folder} at {up.state()['url']}" in second.said
    assert f"process {up.process.pid}" in second.said


def forks(up: Up) -> dict[str, list[str]] | None:
    """The command of each by its name; None while one is not there, or shares too little."""
    found = {}
    for process in up.processes()[1:]:
        with suppress(psutil.NoSuchProcess, OSError):
            text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
            if (shared := re.search(r"Shared_Dirty: +(\d+) kB", text)) is None:
                continue
            if int(shared[1]) > LEAST_SHARED_KB:
                found[process.name()] = process.cmdline()
    return found if {"web", "engine", "bridge"} <= found.keys() else None


@pytest.mark.timeout(3600)  # seconds; each step has a deadline of its own
def test_one_life_of_the_stack(start: Callable[..., Up], server_folder: Path) -> None:
    # Ports of its own, as if it had run before: whoever starts meanwhile wants the usual ones.
    DataFolder(server_folder / FOLDER).remember_ports(
        {name: free_port() for name in (*USUAL_PORTS, *PROBE_PORTS)}
    )
    in_latin = partial(start, name=FOLDER, environment=LATIN)
    up = in_latin("--port", str(free_port()), "--host", HOST, *SIMULATOR)
    url, password = up.wait_for(OPENED).groups()
    assert up.state()["url"] == url
    assert log_in(url, password) == url
    eventually(
        lambda: up.readings() > 50, WAIT_SECONDS, what=lambda: f"only {up.readings()} readings"
    )

    told = secrets_of(up) | {password}
    assert len(told) >= 5
    # Everybody on the machine may read how each process was called.
    called = [each.info["cmdline"] or [] for each in psutil.process_iter(["cmdline"])]
    assert [words for words in called if any(one in word for one in told for word in words)] == []

    check_first_device(up, password)
    check_runs_already(up, in_latin("--port", str(free_port())))
    for check in (check_forks, check_memory, check_first_alert):
        check(up)
    before = up.processes()
    for process in before[1:]:  # the first is supervisord
        process.kill()
    for name in ("postgres", "redis", "mqtt", "web", "engine", "bridge", "sim"):
        up.wait_for(rf"{name} died \(terminated by SIGKILL\); restarting it")
        up.wait_for(rf"{name} runs again, as process \d+")
    check_forks(up)
    stored = up.readings()
    eventually(lambda: up.readings() > stored, WAIT_SECONDS, what="readings after the restarts")

    saved = up.data.parent / "saved.dump"
    up.manage("backup", str(saved))
    at_backup = up.readings()
    eventually(lambda: up.readings() > at_backup, WAIT_SECONDS, what="ingest goes on")
    up.manage("restore", str(saved), "--replace")
    restored = up.readings()
    eventually(lambda: up.readings() > restored, WAIT_SECONDS, what="readings after the restore")
    ports = up.state()["ports"]
    eventually(lambda: not is_free(ports["web"], HOST), WAIT_SECONDS, what="web listens")
    assert log_in(url, password) == url

    processes, stored = up.processes(), up.readings()
    assert up.end(signal.SIGTERM) == 0
    assert "Everything has ended." in up.said
    assert "Traceback" not in up.said
    assert all_gone(processes)
    assert all(is_free(port, host) for port in ports.values() for host in ("127.0.0.1", HOST))
    left = {path.name for path in up.data.iterdir()}
    assert not left & {"control.sock", "environment.json", "supervisord.pid", "state.json.new"}

    again = in_latin("--broker", "iotcore", "--host", HOST, *SIMULATOR)
    again.wait_for(r"Open http://\S+  operator admin  \(a new password")
    assert again.state()["ports"] == ports
    assert "iotcore, which keeps messages in memory" in again.said
    assert again.readings() >= stored
    eventually(
        lambda: again.readings() > stored, WAIT_SECONDS, what="readings over the other broker"
    )
    assert log_in(again.state()["url"], password) == again.state()["url"]

    processes = again.processes()
    assert again.end(signal.SIGKILL) == -signal.SIGKILL
    eventually(
        lambda: all_gone(processes), WAIT_SECONDS, what="the end of everything after kill -9"
    )


def publish(url: str, count: int) -> None:
    """Messages at QoS 1 from stock clients of MQTT 3.1.1 and 5, half of them each, acknowledged by
    the broker."""
    for version in (mqtt.MQTTv311, mqtt.MQTTv5):
        publish_as(version, url, count // 2)


def publish_as(version: mqtt.MQTTProtocolVersion, url: str, count: int) -> None:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, protocol=version)
    parts = urlsplit(url)
    if parts.username:
        client.username_pw_set(parts.username, parts.password)
    client.connect("127.0.0.1", int(parts.port or 0))
    client.loop_start()
    sent = [client.publish("devices/x/telemetry", f'{{"n":{n}}}', qos=1) for n in range(count)]
    for message in sent:
        message.wait_for_publish(WAIT_SECONDS)
    client.disconnect()
    client.loop_stop()


def received(port: int) -> int:
    """How many messages the bridge has got since it started."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=60) as answer:
        found = re.search(r"bridge_received_total\{.*\} (\S+)", answer.read().decode())
    assert found
    return int(float(found[1]))


@pytest.mark.timeout(1800)  # seconds; each step has a deadline of its own
def test_two_starts_at_once_and_started_means_that_nothing_published_is_lost(
    start: Callable[..., Up], server_folder: Path
) -> None:
    ups = []
    for broker in ("mosquitto", "iotcore"):
        clusters.copy(clusters.migrated(), server_folder / broker / "postgres")
        ups.append(start("--no-sim", "--broker", broker, name=broker))
    for up in ups:
        up.wait_for("Started in")
        ports = up.state()["ports"]
        words = json.loads((up.data / "environment.json").read_text())
        assert ("@" in words["MQTT_URL"]) == (up is ups[0])  # who has accounts lets nobody else in
        publish(words["MQTT_URL"], 20)
        eventually(
            lambda probe=ports["bridge"]: received(probe) == 20,
            WAIT_SECONDS,
            what=lambda probe=ports["bridge"]: f"20 received, not {received(probe)}",
        )
    assert "pulseboard.gateway" in ups[0].said
    assert ("this runs as root" in ups[0].said) == (os.geteuid() == 0)
    assert "asks nobody who they are" in ups[1].said
    first, second = (set(up.state()["ports"].values()) for up in ups)
    assert not first & second
    shutil.rmtree(ups[1].data)
    assert ups[1].process.wait(WAIT_SECONDS) == 1
    ups[1].end(0)
    assert f"{ups[1].data} was removed" in ups[1].said
    assert "Traceback" not in ups[1].said


def test_wrong_simulator_options_start_nothing(start: Callable[..., Up]) -> None:
    up = start("--devices", "none")
    assert up.end(0) == 1
    assert "--devices" in up.said
    assert "Traceback" not in up.said
    assert not (up.data / "supervisord.conf").exists()


def test_a_taken_port_is_said(start: Callable[..., Up], redis_server: Any) -> None:
    up = start("--port", str(redis_server.port))
    assert up.end(0) == 1
    assert f"Port {redis_server.port} of 127.0.0.1 is taken" in up.said
