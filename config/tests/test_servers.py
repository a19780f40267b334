"""Addresses of servers: what is taken, what is refused, and that a refusal names the variable."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config import servers
from embedded.servers.ports import free_port
from embedded.servers.redis import Redis
from tests.waiting import eventually

NAME = "SOME_URL"


def database(monkeypatch: pytest.MonkeyPatch, url: str) -> dict[str, object]:
    monkeypatch.setenv(NAME, url)
    found = servers.database(NAME, "postgresql://localhost/pulseboard")
    return {name: found[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")}


def test_one_host_several_hosts_and_a_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = {"connect_timeout": "5", **servers.SILENT_NETWORK}
    assert database(monkeypatch, "postgresql://me:p%40ss@db/x?sslmode=require") == {
        "NAME": "x",
        "USER": "me",
        "PASSWORD": "p@ss",
        "HOST": "db",
        "PORT": "5432",
        "OPTIONS": usual | {"sslmode": "require"},
    }
    several = database(monkeypatch, "postgresql://me@a:1,[::1],c:3/x")
    assert (several["HOST"], several["PORT"]) == ("a,::1,c", "1,5432,3")
    assert several["OPTIONS"] == usual | {"target_session_attrs": "read-write"}
    chosen = database(monkeypatch, "postgresql://a,b/x?target_session_attrs=any")
    assert chosen["OPTIONS"] == usual | {"target_session_attrs": "any"}
    socket = database(monkeypatch, "postgresql:///x?host=/run/postgresql&port=5433")
    assert (socket["HOST"], socket["PORT"]) == ("/run/postgresql", "5433")
    assert database(monkeypatch, "postgresql://me@%2Frun%2Fpg/x")["HOST"] == "/run/pg"


@pytest.mark.parametrize(
    "url",
    ["mysql://h/x", "postgresql:///x", "postgresql://h:0/x", "postgresql://a,:1/x", "h:5432/x"],
)
def test_an_address_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=NAME):
        database(monkeypatch, url)


def test_redis_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("redis://:p@h:1/0", "rediss://h?ssl_ca_certs=/x", "unix:///run/redis.sock?db=1"):
        monkeypatch.setenv(NAME, url)
        assert servers.redis_url(NAME, "") == url
    for url, says in (
        ("redis+sentinel://a:26379/mymaster", "Sentinel"),
        ("http://h", "must start with"),
        ("redis://h:port", "port"),
        ("redis:///0", "no host"),
        ("unix://", "no socket"),
    ):
        monkeypatch.setenv(NAME, url)
        with pytest.raises(ImproperlyConfigured, match=f"{NAME}.*{says}"):
            servers.redis_url(NAME, "")


def test_broker_addresses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.touch()
    monkeypatch.setenv(NAME, f"mqtts://me:p%40@b?ca={ca}&cert={ca}&key={ca}")
    broker = servers.mqtt_broker(NAME, "")
    assert (broker.host, broker.port, broker.tls) == ("b", 8883, True)
    assert (broker.username, broker.password) == ("me", "p@")
    assert broker.files == dict.fromkeys(("ca", "cert", "key"), str(ca))
    for url, says in (
        (f"mqtt://b?ca={ca}", "mqtts"),
        (f"mqtts://b?ca={tmp_path}/none", "cannot be read"),
        (f"mqtts://b?cert={ca}", "both"),
        (f"mqtts://b?cafile={ca}", "no option cafile"),
        ("tcp://b", "must start with"),
        ("mqtt://b:x", "port"),
    ):
        monkeypatch.setenv(NAME, url)
        with pytest.raises(ImproperlyConfigured, match=f"{NAME}.*{says}"):
            servers.mqtt_broker(NAME, "")
    assert servers.mqtt_listener("NOT_SET") is None
    monkeypatch.setenv(NAME, "mqtts://0.0.0.0:8884")
    with pytest.raises(ImproperlyConfigured, match=f"{NAME} must have cert and key"):
        servers.mqtt_listener(NAME)


LOOK = """
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT inet_server_port()")
    print(cursor.fetchone()[0])
"""


@pytest.mark.process
def test_the_first_host_that_answers_is_used() -> None:
    """As after a failover: the first of the hosts is gone."""
    here = settings.DATABASES["default"]
    account = f"{here['USER']}:{here['PASSWORD']}"
    hosts = f"127.0.0.1:{free_port()},{here['HOST']}:{here['PORT']}"
    assert said(LOOK, DATABASE_URL=f"postgresql://{account}@{hosts}/postgres") == here["PORT"]


def said(program: str, **environment: str) -> str:
    """What a program prints that uses our settings."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


SEND = """
import django, asyncio
django.setup()
from channels.layers import get_channel_layer
async def main():
    layer = get_channel_layer()
    name = await layer.new_channel()
    await layer.group_add("g", name)
    await layer.group_send("g", {"type": "x", "n": 7})
    print((await layer.receive(name))["n"])
asyncio.run(main())
"""


@pytest.mark.process
def test_redis_on_a_unix_socket_carries_live_messages(server_folder: Path) -> None:
    server = Redis(server_folder / "redis", free_port())
    server.prepare()
    path = server.folder / "redis.sock"
    process = subprocess.Popen(
        [str(server.program), "--port", "0", "--unixsocket", str(path), "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    try:
        eventually(path.exists, what="the socket")
        assert said(SEND, REDIS_URL=f"unix://{path}") == "7"
    finally:
        process.terminate()
        process.wait()


def test_the_server_for_e_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    for url, expected in (
        ("", servers.MailServer()),
        ("smtp://mail", servers.MailServer("mail", starttls=True)),
        ("smtp://[::1]:25?starttls=no", servers.MailServer("::1", 25)),
        ("smtps://me:p%40ss@mail", servers.MailServer("mail", 465, "me", "p@ss", tls=True)),
    ):
        monkeypatch.setenv(NAME, url)
        assert servers.mail_server(NAME) == expected
    for url in ("mail", "http://mail", "smtp://", "smtp://mail:99999", "smtp://mail?tls=no"):
        monkeypatch.setenv(NAME, url)
        with pytest.raises(ImproperlyConfigured, match=NAME):
            servers.mail_server(NAME)
