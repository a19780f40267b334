"""The TLS listener of the documentation, with certificates that the command made, spoken to by
Mosquitto's own client."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from devices import dynsec
from devices.certificates import Authority
from devices.credentials import broker_verifier, new_credential
from embedded.servers.mqtt import Mosquitto
from embedded.servers.ports import free_port, is_free
from tests.servers import BROKER_PASSWORDS, RunningServer

DOC = (Path(settings.BASE_DIR) / "docs" / "broker-accounts.md").read_text()
SECONDS = 60  # for one message, on a busy machine


class TlsMosquitto(Mosquitto):
    def is_ready(self) -> bool:
        """Its port is taken; what it says is nothing for a plain socket."""
        return not is_free(self.port)


@pytest.fixture
def folder(server_folder: Path) -> Path:
    made = server_folder / "tls"
    call_command(
        "certificates", str(made), "--server", "localhost", "127.0.0.1", "--client", "pump"
    )
    return made


@pytest.fixture
def broker(server_folder: Path, folder: Path) -> Iterator[RunningServer]:
    running = RunningServer(TlsMosquitto(server_folder / "mqtt", free_port(), BROKER_PASSWORDS))
    config = running.server.folder / "mosquitto.conf"
    (listener,) = re.findall(r"```\n(listener 8883\n.*?)```", DOC, re.S)
    # Its lines belong to the listener they follow: here to the only one there is.
    lines = listener.replace("listener 8883\n", "").replace("/etc/mosquitto/tls", str(folder))
    config.write_text(config.read_text() + lines)
    for path in (folder, *folder.iterdir()):
        if running.server.account:  # the broker reads them as another user
            os.chown(path, running.server.account.uid, running.server.account.gid)
    try:
        yield running.start()
    finally:
        running.stop()


def test_a_device_needs_its_certificate_and_its_token(
    broker: RunningServer, folder: Path, tmp_path
):
    token = new_credential().token
    _give(broker, "pump", token)
    stranger = tmp_path / "other"
    Authority(stranger).sign_client("pump")

    def publishes(
        where: Path, name: str, word: str, ca: Path = folder, topic: str = "pump"
    ) -> bool:
        certificate = (
            ["--cert", f"{where}/{name}.pem", "--key", f"{where}/{name}.key"] if name else []
        )
        program = shutil.which("mosquitto_pub")
        assert program
        done = subprocess.run(
            [program, "-h", "localhost", "-p", str(broker.port), "--cafile", f"{ca}/ca.pem",
             *certificate, "-u", "pump", "-P", word, "-V", "5", "-q", "1",
             "-t", f"devices/{topic}/telemetry", "-m", "{}"],
            capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        return done.returncode == 0 and "not authori" not in (done.stdout + done.stderr).lower()

    assert publishes(folder, "pump", token)
    assert not publishes(folder, "pump", token, topic="other")
    assert not publishes(folder, "pump", "wrong")
    assert not publishes(folder, "", token)
    assert not publishes(stranger, "pump", token)  # signed by somebody else
    assert not publishes(folder, "server", token)  # no certificate of a client
    assert not publishes(folder, "pump", token, ca=stranger)  # a broker that is another's


def _give(broker: RunningServer, uid: str, token: str) -> None:
    """An account, as `manage.py broker sync --into` writes it."""
    assert isinstance(broker.server, Mosquitto)
    path = broker.server.accounts_file
    role = dynsec.device_role(uid)
    account = dynsec.Account(uid, role, verifier=broker_verifier(token))
    acls = dynsec.device_acls([f"devices/{uid}/#"])
    broker.stop()
    whole = dynsec.document(
        json.loads(path.read_text()), [account], [{"rolename": role, "acls": acls}]
    )
    path.write_text(json.dumps(whole))
    broker.start()


def test_nothing_is_written_over_and_keys_are_for_their_owner(tmp_path: Path):
    folder = tmp_path / "tls"
    call_command("certificates", str(folder), "--client", "a")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert before.keys() == {"ca.pem", "ca.key", "a.pem", "a.key"}
    assert {path.stat().st_mode & 0o077 for path in folder.glob("*.key")} == {0}
    assert folder.stat().st_mode & 0o077 == 0
    with pytest.raises(CommandError, match=r"a\.key is there and stays"):
        call_command("certificates", str(folder), "--client", "a")
    for words in (["--client", "../b"], ["--client", "ca"], ["--server", "a b"], ["--days", "-1"]):
        with pytest.raises(CommandError):
            call_command("certificates", str(folder), *words)
    call_command("certificates", str(folder), "--server", "::1", "--days", "30")
    assert {name: (folder / name).read_bytes() for name in before} == before
