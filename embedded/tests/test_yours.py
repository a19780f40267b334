"""Servers of the operator's own: where they are, whether they answer, what is shown of them."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from embedded.errors import EmbeddedError
from embedded.servers.ports import free_port
from embedded.up import yours
from embedded.up.yours import VARIABLES, addresses, shown


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES.values():
        monkeypatch.delenv(variable, raising=False)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("postgresql://u:p@db/name", [("db", 5432)]),
        ("postgresql://u:p%40@a:1,b/name?x=y", [("a", 1), ("b", 5432)]),
        ("postgresql://[::1]:7/name", [("::1", 7)]),
        ("postgresql://u@[::1],[fe80::2]:9/name", [("::1", 5432), ("fe80::2", 9)]),
        ("postgresql:///name?host=/run/pg", ["/run/pg/.s.PGSQL.5432"]),
        ("postgresql://%2Frun%2Fpg/name", ["/run/pg/.s.PGSQL.5432"]),
        ("postgresql:///name", []),
        ("unix:///run/redis.sock?db=1", ["/run/redis.sock"]),
        ("rediss://:secret@cache", [("cache", 6379)]),
        ("mqtts://broker?ca=/etc/ca.pem", [("broker", 8883)]),
    ],
)
def test_the_addresses_of_a_url(url: str, found: list[yours.Address]) -> None:
    assert list(addresses(url)) == found


def test_a_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    yours.check()
    monkeypatch.setenv("REDIS_URL", f"redis://:secret@127.0.0.1:{free_port()}/0")
    with pytest.raises(EmbeddedError, match="REDIS_URL names redis") as refused:
        yours.check()
    assert "unset it" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_of_several_hosts_one_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as one:
        here = one.getsockname()[1]
        url = f"postgresql://127.0.0.1:{free_port()},127.0.0.1:{here}/pulseboard"
        monkeypatch.setenv("DATABASE_URL", url)
        yours.check()
    with pytest.raises(EmbeddedError, match="DATABASE_URL names"):
        yours.check()


def test_a_unix_socket_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s"
    monkeypatch.setenv("REDIS_URL", f"unix://{path}")
    with pytest.raises(EmbeddedError, match="REDIS_URL"):
        yours.check()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        yours.check()


@pytest.mark.parametrize("port", ["99999", "0x1F", "http"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://db:{port}/name")
    with pytest.raises(EmbeddedError, match="DATABASE_URL"):
        yours.check()


def test_no_password_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for url, seen in (
        ("postgresql://me:se@cret@a:1,b:2/x", "postgresql://me:***@a:1,b:2/x"),
        ("redis://:secret@cache/0", "redis://:***@cache/0"),
        (
            "postgresql:///x?host=/run&password=secret&y=z",
            "postgresql:///x?host=/run&password=***&y=z",
        ),
        ("mqtt://broker", "mqtt://broker"),
    ):
        monkeypatch.setenv("DATABASE_URL", url)
        assert shown("DATABASE_URL") == seen
