"""The image's contents, and the files mounted into the broker, with the real broker."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client, MQTTMessage, MQTTv5
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from embedded.servers.mqtt import find_mosquitto
from embedded.servers.ports import free_port, is_free
from tests.compose_file import ROOT, generated
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
        for name in ("auth", "data"):
            (folder / name).mkdir()
        self._write_passwords(folder / "auth")
        acl = folder / "mosquitto.acl"
        acl.write_text((ROOT / "deploy/mosquitto.acl").read_text())
        conf = (ROOT / "deploy/mosquitto.conf").read_text()
        for theirs, ours in (
            ("listener 1883", f"listener {self.port} 127.0.0.1"),
            ("/etc/pulseboard/mosquitto.acl", str(acl)),
            ("/mosquitto/auth/", f"{folder}/auth/"),
            ("/mosquitto/data/", f"{folder}/data/"),
        ):
            assert theirs in conf
            conf = conf.replace(theirs, ours)
        if os.getuid() == 0:
            conf += "user root\n"  # the folder of a test belongs to the user who runs it
        (folder / "mosquitto.conf").write_text(conf)
        self.log = folder / "log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [str(program), "-c", str(folder / "mosquitto.conf")], stdout=out, stderr=out
            )

    def _write_passwords(self, folder: Path) -> None:
        """As the service does at each start; twice, with an account added between."""
        self._run_passwords("sh", str(ROOT / "deploy/mosquitto-passwords.sh"), str(folder))
        file = str(folder / "passwords")
        self._run_passwords("mosquitto_passwd", "-b", file, "freezer-1", "its own")
        self._run_passwords("sh", str(ROOT / "deploy/mosquitto-passwords.sh"), str(folder))

    def _run_passwords(self, *words: str) -> None:
        search = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/usr/local/sbin"])
        assert shutil.which("mosquitto_passwd", path=search)
        subprocess.run(
            words,
            env={**os.environ, **self.secrets, "PATH": search},
            check=True,
        )

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


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    running = Broker(tmp_path)
    try:
        eventually(running.listens, DEADLINE)
        yield running
    finally:
        running.process.terminate()
        running.process.wait(DEADLINE)


def test_the_broker_takes_the_configuration_without_a_complaint(broker: Broker):
    log = broker.log.read_text()
    assert not re.search(r"(?i)error|unknown|deprecat|invalid", log), log


@pytest.mark.parametrize(
    ("user", "password"), [(None, None), ("bridge", "wrong"), ("nobody", "x"), ("bridge", "")]
)
def test_strangers_are_refused(broker: Broker, user: str | None, password: str | None):
    client, code = broker.connect(user, password)
    client.loop_stop()
    assert code.is_failure


def test_an_account_added_by_hand_outlives_a_start_and_writes_under_its_own_uid(broker: Broker):
    device, code = broker.connect("freezer-1", "its own")
    assert not code.is_failure
    acked: dict[int, bool] = {}
    device.on_publish = lambda _c, _d, mid, code, _p: acked.update({mid: not code.is_failure})
    bridge, _ = broker.connect("bridge", broker.secrets["MQTT_BRIDGE_PASSWORD"])
    subscribed = threading.Event()
    bridge.on_subscribe = lambda *_: subscribed.set()
    bridge.subscribe("devices/+/telemetry", 1)
    assert subscribed.wait(DEADLINE)
    own = device.publish("devices/freezer-1/telemetry", "{}", 1)
    other = device.publish("devices/freezer-2/telemetry", "{}", 1)
    eventually(lambda: acked == {own.mid: True, other.mid: False}, DEADLINE)
    for client in (bridge, device):
        client.disconnect()
        client.loop_stop()


def test_devices_speak_and_the_bridge_hears_and_answers(broker: Broker):
    bridge, code = broker.connect("bridge", broker.secrets["MQTT_BRIDGE_PASSWORD"])
    assert not code.is_failure
    device, code = broker.connect("devices", broker.secrets["MQTT_DEVICES_PASSWORD"])
    assert not code.is_failure
    heard: list[str] = []
    acked: dict[int, bool] = {}

    def on_message(_client, _data, message: MQTTMessage) -> None:
        heard.append(message.topic)

    def on_publish(_client, _data, mid: int, code: ReasonCode, _properties) -> None:
        acked[mid] = not code.is_failure

    bridge.on_message = device.on_message = on_message
    bridge.on_publish = device.on_publish = on_publish
    for client, topic in ((bridge, "$share/g/devices/+/telemetry"), (device, "devices/a/errors")):
        subscribed = threading.Event()
        client.on_subscribe = lambda *_, done=subscribed: done.set()
        client.subscribe(topic, 1)
        assert subscribed.wait(DEADLINE)
    device.publish("devices/a/telemetry", "{}", 1)
    eventually(lambda: heard == ["devices/a/telemetry"], DEADLINE)
    bridge.publish("devices/a/errors", "{}", 1)
    eventually(lambda: heard[1:] == ["devices/a/errors"], DEADLINE)
    forbidden = device.publish("devices/a/errors", "{}", 1)
    eventually(lambda: forbidden.mid in acked, DEADLINE)
    assert acked[forbidden.mid] is False
    for client in (bridge, device):
        client.disconnect()
        client.loop_stop()
