"""Which names a browser may use, and what it reads after another."""

from __future__ import annotations

import socket

import pytest
from django.http.request import validate_host
from django.test import Client, override_settings

from config import hosts
from config.hosts import Hosts


def test_this_machine_stands_for_its_names_and_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Pi.example.org")
    monkeypatch.setattr(
        hosts, "own_addresses", lambda: ["127.0.0.1", "192.168.1.7", "::1", "fe80::7%eth0"]
    )
    allowed = Hosts(["pulse.example.org", "this-machine"])
    assert isinstance(allowed, list)  # Django refuses anything else
    for name in (
        *("pulse.example.org", "localhost", "pi.example.org", "pi.local", "pi.lan"),
        *("192.168.1.7", "127.0.0.1", "[::1]", "[fe80::7]"),
    ):
        assert validate_host(name, allowed), name
    for name in ("evil.example", "pi.evil.example", "192.168.1.8", "this-machine"):
        assert not validate_host(name, allowed), name


def test_a_new_address_is_one_of_them_without_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "LOOKED_UP_SECONDS", 0.0)
    now = ["192.168.1.7"]
    monkeypatch.setattr(hosts, "own_addresses", lambda: now)
    allowed = Hosts(["this-machine"])
    assert not validate_host("192.168.1.9", allowed)
    now.append("192.168.1.9")
    assert validate_host("192.168.1.9", allowed)


@override_settings(ALLOWED_HOSTS=Hosts(["this-machine"]))
def test_a_name_that_is_not_ours_is_answered_with_the_way_out() -> None:
    answer = Client().get("/login/", headers={"host": "pulse.elsewhere.example"})
    assert answer.status_code == 400
    assert "PULSEBOARD_ALLOWED_HOSTS" in answer.content.decode()
    assert Client().get("/login/", headers={"host": "127.0.0.1"}).status_code == 200
