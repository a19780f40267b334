"""The image's contents, and the files mounted into the broker, with the real broker."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from bridge.mqtt.broker import Broker as Session
from devices import broker_file
from devices.dynsec import BRIDGE, CONTROL, PROCESSES, SHARED
from devices.models import Device
from embedded.servers.mqtt import find_mosquitto, find_plugin
from embedded.servers.ports import free_port, is_free
from tests.compose_file import ROOT, generated, resolved
from tests.waiting import eventually

DOCKERFILE = (ROOT / "Dockerfile").read_text()
DEADLINE = 60.0  # seconds


def left_out() -> set[str]:
    """The requirements the image does without."""
    found = re.search(r"grep -vE '\^\(([^)]+)\)==' requirements", DOCKERFILE)
    assert found
    return set(found[1].split("|"))


def test_what_is_copied_exists_and_is_not_ignored():
    copied = re.findall(r"^COPY (\S+) \S+$", DOCKERFILE, re.M)
    assert {"manage.py", "requirements.txt", "config", "firmware_sim"} <= set(copied)
    kept = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    for source in copied:
        assert (ROOT / source).exists(), source
        assert source in kept, source


def test_every_application_is_copied():
    settings = (ROOT / "config/settings.py").read_text()
    apps = {
        name for name in re.findall(r'^    "(\w+)",$', settings, re.M) if (ROOT / name).is_dir()
    }
    copied = set(re.findall(r"^COPY (\S+) \S+$", DOCKERFILE, re.M))
    assert apps | {"config", "firmware_sim"} <= copied
    assert "embedded" in apps


def test_all_that_is_copied_is_compiled_by_whom_may_write():
    compiled = DOCKERFILE.index("python -m compileall -q .\n")
    assert DOCKERFILE.rindex("\nCOPY ") < compiled < DOCKERFILE.index("\nUSER ")


def test_the_image_runs_as_a_user_without_rights():
    assert re.search(r"^USER pulseboard$", DOCKERFILE, re.M)
    assert "--uid 10001" in DOCKERFILE


@pytest.mark.process
def test_our_processes_need_none_of_the_packages_left_out(tmp_path: Path):
    """Imports every command, the web application and the simulator with those packages hidden."""
    listed = set(re.findall(r"^([\w-]+)==", (ROOT / "requirements.txt").read_text(), re.M))
    assert left_out() <= {name.lower() for name in listed}
    for name in left_out():
        module = tmp_path / name.replace("-", "_")
        module.with_suffix(".py").write_text("raise ImportError('left out of the image')\n")
    code = (
        "import django, importlib; django.setup()\n"
        "from django.core.management import call_command, load_command_class\n"
        "call_command('check', verbosity=0)\n"
        "[load_command_class(app, name) for app, name in"
        " (('embedded', 'bootstrap'), ('embedded', 'backup'), ('embedded', 'restore'),"
        " ('bridge', 'runbridge'), ('telemetry', 'maintain'),"
        " ('telemetry', 'runengine'))]\n"
        "[importlib.import_module(name) for name in"
        " ('config.asgi', 'firmware_sim.__main__', 'embedded.up.database')]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PULSEBOARD_SECRET_KEY": "image-test",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


class Broker:
    """The real Mosquitto on the mounted files, their paths turned to this machine."""

    def __init__(self, folder: Path) -> None:
        self.secrets = generated()
        self.port = free_port()
        program = find_mosquitto()
        assert program is not None
        (folder / "data").mkdir()
        self.accounts = folder / "accounts.json"
        self.give_accounts()
        conf = (ROOT / "deploy/mosquitto.conf").read_text()
        for theirs, ours in (
            ("listener 1883", f"listener {self.port} 127.0.0.1"),
            ("/usr/lib/mosquitto_dynamic_security.so", str(find_plugin())),
            ("/mosquitto/accounts/accounts.json", str(self.accounts)),
            ("/mosquitto/data/", f"{folder}/data/"),
        ):
            assert theirs in conf
            conf = conf.replace(theirs, ours)
        if os.getuid() == 0:
            conf += "user root\n"  # the folder of a test belongs to the user who runs it
        (folder / "mosquitto.conf").write_text(conf)
        self.command = [str(program), "-c", str(folder / "mosquitto.conf")]
        self.log = folder / "log"
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(self.command, stdout=out, stderr=out)
        eventually(self.listens, DEADLINE)

    def stop(self) -> None:
        # Again and again: Mosquitto listens before it begins its loop, and forgets at that moment
        # that it was told to end.
        def has_ended() -> bool:
            self.process.terminate()
            return self.process.poll() is not None

        eventually(has_ended, DEADLINE, what="the broker's end")

    def give_accounts(self, **more: str) -> str:
        """As the service does at each start."""
        words = [sys.executable, "-m", "devices.broker_file", str(self.accounts)]
        given = {**os.environ, **self.secrets, **more}
        done = subprocess.run(
            words, cwd=ROOT, env=given, capture_output=True, text=True, check=True
        )
        return done.stdout

    def listens(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return not is_free(self.port)

    def connect(self, user: str | None, password: str | None) -> tuple[Client, ReasonCode]:
        client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv5)
        if user:
            client.username_pw_set(user, password)
        answered = threading.Event()
        codes: list[ReasonCode] = []

        def on_connect(_client, _data, _flags, code: ReasonCode, _properties) -> None:
            codes.append(code)
            answered.set()

        client.on_connect = on_connect
        client.connect("127.0.0.1", self.port)
        client.loop_start()
        assert answered.wait(DEADLINE)
        return client, codes[0]


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    running = Broker(tmp_path_factory.mktemp("broker"))
    try:
        yield running
    finally:
        running.stop()


def test_the_broker_takes_the_configuration_without_a_complaint(broker: Broker):
    log = broker.log.read_text()
    assert not re.search(r"(?i)error|unknown|deprecat|invalid", log), log


def test_strangers_are_refused(broker: Broker):
    for user, password in ((None, None), (BRIDGE, "wrong"), ("nobody", "x"), (BRIDGE, "")):
        client, code = broker.connect(user, password)
        client.loop_stop()
        assert code.is_failure, user


def test_the_health_check_goes_through(broker: Broker, tmp_path: Path):
    kind, line = resolved(broker.secrets)["services"]["mosquitto"]["healthcheck"]["test"]
    assert kind == "CMD-SHELL"
    line = line.replace("1883", str(broker.port)).replace("/tmp/health", str(tmp_path / "health"))
    for word, is_healthy in ((broker.secrets["MQTT_BRIDGE_PASSWORD"], True), ("wrong", False)):
        environment = {"PATH": os.environ["PATH"], "MQTT_BRIDGE_PASSWORD": word}
        done = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, check=False)
        assert (done.returncode == 0) == is_healthy, done.stderr


@pytest.mark.django_db(transaction=True)
def test_a_device_speaks_for_itself_alone_and_the_bridge_hears_and_answers(
    broker: Broker, settings
):
    word = broker.secrets["MQTT_CONTROL_PASSWORD"]
    settings.BROKER_CONTROL = Session("127.0.0.1", broker.port, CONTROL, word)
    freezer = Device(uid="freezer-1", name="freezer-1")
    freezer.issue_token()
    freezer.save()
    call_command("broker", "sync", stdout=StringIO())
    # Compose runs the service again whenever something is started, also beneath a broker that runs.
    assert "as it should be" in broker.give_accounts()
    broker.stop()
    broker.start()

    bridge, code = broker.connect(BRIDGE, broker.secrets["MQTT_BRIDGE_PASSWORD"])
    assert not code.is_failure
    device, code = broker.connect("freezer-1", freezer.token)
    assert not code.is_failure
    heard: list[str] = []
    acked: dict[int, bool] = {}
    granted: dict[int, bool] = {}
    bridge.on_message = device.on_message = lambda _c, _d, message: heard.append(message.topic)
    device.on_publish = lambda _c, _d, mid, code, _p: acked.update({mid: not code.is_failure})
    device.on_subscribe = lambda _c, _d, mid, codes, _p: granted.update(
        {mid: not codes[0].is_failure}
    )
    listens = threading.Event()
    bridge.on_subscribe = lambda *_: listens.set()
    own = device.subscribe("devices/freezer-1/errors", 1)[1]
    others = device.subscribe("devices/+/errors", 1)[1]
    eventually(lambda: granted == {own: True, others: False}, DEADLINE)
    bridge.subscribe("$share/g/devices/+/telemetry", 1)
    assert listens.wait(DEADLINE)
    told = device.publish("devices/freezer-1/telemetry", "{}", 1).mid
    eventually(lambda: heard == ["devices/freezer-1/telemetry"], DEADLINE)
    lied = device.publish("devices/freezer-2/telemetry", "{}", 1).mid
    eventually(lambda: acked == {told: True, lied: False}, DEADLINE)
    bridge.publish("devices/freezer-1/errors", "{}", 1)
    eventually(lambda: heard[1:] == ["devices/freezer-1/errors"], DEADLINE)
    for client in (bridge, device):
        client.disconnect()
        client.loop_stop()


def test_devices_that_still_share_an_account_do_until_its_password_is_taken_away(tmp_path: Path):
    path = tmp_path / "accounts.json"
    passwords = {name: f"word-of-{name}" for name in PROCESSES}
    device = {"username": "devices", "roles": [{"rolename": "device-devices"}]}
    path.write_text(json.dumps({"clients": [{**device, "username": "x"}], "roles": []}))
    assert broker_file.give_processes(path, {**passwords, SHARED: "old word"})
    clients = json.loads(path.read_text())["clients"]
    assert {each["username"] for each in clients} == {"x", SHARED, *PROCESSES}
    assert not broker_file.give_processes(path, {**passwords, SHARED: "old word"})
    assert broker_file.give_processes(path, {**passwords, SHARED: "new word"})
    assert broker_file.give_processes(path, passwords)
    found = json.loads(path.read_text())
    assert {each["username"] for each in found["clients"]} == {"x", *PROCESSES}
    assert SHARED not in {each["rolename"] for each in found["roles"]}
    # A device may be called so: it is not taken for the account.
    path.write_text(json.dumps({**found, "clients": [*found["clients"], device]}))
    assert not broker_file.give_processes(path, passwords)
