"""Where the pages listen, and by which names they may be called."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from embedded.errors import EmbeddedError
from embedded.servers.claims import Claims
from embedded.servers.ports import free_port, in_url, is_free, own_addresses
from embedded.servers.postgres import Postgres
from embedded.up import forked
from embedded.up.addresses import address_of
from embedded.up.data_folder import DataFolder
from embedded.up.options import read
from embedded.up.stack import Stack
from embedded.up.yours import VARIABLES

ELSEWHERE = "192.0.2.1"  # kept for documentation: no machine has it


@pytest.fixture
def stack(
    server_folder: Path, monkeypatch: pytest.MonkeyPatch, claims: Claims
) -> Callable[..., Stack]:
    monkeypatch.delenv("PULSEBOARD_ALLOWED_HOSTS", raising=False)
    for variable in VARIABLES.values():
        monkeypatch.setenv(variable, "postgresql://elsewhere/x")
    data = DataFolder(server_folder / "var")
    return lambda *words: Stack(read(["--data", str(data.path), *words]), data, claims)


def test_a_machine_open_to_others_answers_to_its_own_names(stack: Callable[..., Stack]) -> None:
    opened = stack("--host", "0.0.0.0")
    names = opened.environment()["PULSEBOARD_ALLOWED_HOSTS"].split(",")
    assert names == ["this-machine", "127.0.0.1"]
    assert opened.web_url == f"http://127.0.0.1:{opened.web_port}/"
    assert f"http://{socket.gethostname()}.local:{opened.web_port}/" in opened.network_urls
    assert stack().network_urls == []
    assert f"{opened.environment()['PULSEBOARD_PUBLIC_URL']}/" == opened.network_urls[0]
    closed = stack()
    assert f"{closed.environment()['PULSEBOARD_PUBLIC_URL']}/" == closed.web_url
    assert "PULSEBOARD_ALLOWED_HOSTS" not in stack().environment()


def test_what_we_ask_ourselves_is_allowed_beside_the_names_that_are_set(
    stack: Callable[..., Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSEBOARD_ALLOWED_HOSTS", "pulse.example.org")
    allowed = stack("--host", "0.0.0.0").environment()["PULSEBOARD_ALLOWED_HOSTS"]
    assert allowed == "pulse.example.org,127.0.0.1"


@pytest.mark.parametrize("words", ["::1", "[::1]"])
def test_an_ipv6_address_stands_in_brackets(stack: Callable[..., Stack], words: str) -> None:
    opened = stack("--host", words)
    assert opened.web_url == f"http://[::1]:{opened.web_port}/"
    (web,) = [one for one in opened.programs() if one.name == "web"]
    assert web.command[web.command.index("-b") + 1] == "::1"
    assert in_url("fe80::1") == "[fe80::1]"
    assert in_url("localhost") == "localhost"


def test_a_name_is_listened_on_by_its_address(stack: Callable[..., Stack]) -> None:
    opened = stack("--host", "localhost")
    assert opened.address in {"127.0.0.1", "::1"}
    assert opened.web_url == f"http://localhost:{opened.web_port}/"


@pytest.mark.parametrize("host", [ELSEWHERE, "no-such-name.invalid", "x" * 300, "1.2.3"])
def test_what_is_not_this_machines_is_refused_with_what_is(host: str) -> None:
    with pytest.raises(EmbeddedError) as refused:
        address_of(host)
    assert str(refused.value).startswith(f"--host {host} is no address or name of this machine")
    assert "127.0.0.1" in str(refused.value)


def test_a_port_taken_on_ipv6_is_taken() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        assert not is_free(port, "::1")
        assert free_port("::1") != port
    assert "127.0.0.1" in own_addresses()


def test_other_machines_reach_the_broker_where_it_has_accounts(
    stack: Callable[..., Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLES["mqtt"])
    opened = stack("--broker", "mosquitto", "--mqtt-host", "0.0.0.0")
    assert opened.broker is not None
    opened.broker.prepare()
    conf = (opened.broker.folder / "mosquitto.conf").read_text()
    assert f"listener {opened.broker.port} 0.0.0.0\n" in conf
    assert conf.count("listener ") == 1
    assert "allow_anonymous false" in conf
    assert opened.broker.url.endswith(f"@127.0.0.1:{opened.broker.port}")
    told = opened.environment()["PULSEBOARD_DEVICES_MQTT_URL"]
    assert told == opened.devices_mqtt_url
    assert "0.0.0.0" not in told
    for words in (("--broker", "iotcore"), ("--broker", "mosquitto")):
        monkeypatch.setenv("PULSEBOARD_MQTT_ANONYMOUS", "yes")
        with pytest.raises(EmbeddedError, match="no accounts"):
            stack(*words, "--mqtt-host", "0.0.0.0")


def test_all_of_ours_but_the_simulator_are_forks(stack: Callable[..., Stack]) -> None:
    ours = [one.name for one in stack("--devices", "3").programs() if forked.is_ours(one.command)]
    assert ours == ["web", "engine", "bridge"]


def test_the_web_process_has_few_sessions_of_a_postgres_that_shares_its_machine(
    stack: Callable[..., Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("PULSEBOARD_DATABASE_POOL", raising=False)
    ours = stack("--devices", "3")
    for server in ours.servers:
        if isinstance(server, Postgres):
            server.folder.mkdir(parents=True, exist_ok=True)
            (server.folder / "password").write_text("x")
    assert ours.environment()["PULSEBOARD_DATABASE_POOL"] == "6"
    monkeypatch.setenv("PULSEBOARD_DATABASE_POOL", "20")
    assert ours.environment()["PULSEBOARD_DATABASE_POOL"] == "20"
    monkeypatch.delenv("PULSEBOARD_DATABASE_POOL")
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@db.example/theirs")
    assert "PULSEBOARD_DATABASE_POOL" not in stack("--devices", "3").environment()
