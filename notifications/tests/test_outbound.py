"""The one way out: where it may lead, and servers that fail, hang and lie."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from devices.certificates import Authority
from notifications.answer import Outcome
from notifications.outbound import guard, http
from notifications.outbound.addresses import is_allowed
from notifications.outbound.http import Request, complaint
from notifications.tests.receiver import WITHIN, Receiver
from tests.waiting import eventually

GENEROUS = 60.0  # seconds a busy machine may take for what is over at once


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254",
        "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.168.1.1", "198.18.0.1", "203.0.113.1",
        "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%2", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1",
        "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:7f00:1::", "3fff::1",
    ],
)  # fmt: skip
def test_no_inner_address_is_allowed(address: str) -> None:
    assert not is_allowed(ip_address(address), [])


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "2606:4700::1111", "2a01:4f8::1",
     "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"],
)  # fmt: skip
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_allowed(ip_address(address), [])


def test_a_network_that_is_named_is_allowed_however_it_is_written() -> None:
    allowed = [ip_network("10.1.2.0/24"), ip_network("fd00::/64")]
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "fd00::7"):
        assert is_allowed(ip_address(address), allowed)
    for address in ("10.1.3.3", "fd00:0:0:1::7", "127.0.0.1"):
        assert not is_allowed(ip_address(address), allowed)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1", "0"],
)
def test_no_spelling_of_this_machine_is_connected_to(host: str, settings: Any) -> None:
    settings.NOTIFY_ALLOW = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        answer = http.send(Request(f"http://{host}:{port}/", b""))
        assert (answer.outcome, answer.status) == (Outcome.REFUSED, None)
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_name_that_answers_twice_differently_is_asked_once(
    receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second answer is what an attacker's server gives to whoever checks and asks again."""
    settings.NOTIFY_ALLOW = [ip_network("127.0.0.1/32")]
    asked = []

    def resolve(host: str, port: int, **_more: Any) -> list[Any]:
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    answer = http.send(Request(f"http://rebind.example:{receiver.port}/x", b"hi"))
    assert (answer.outcome, asked) == (Outcome.TAKEN, ["rebind.example"])
    assert receiver.received[0].headers["host"] == f"rebind.example:{receiver.port}"
    answer = http.send(Request(f"http://rebind.example:{receiver.port}/x", b"hi"))
    assert (answer.outcome, len(receiver.received)) == (Outcome.REFUSED, 1)


def test_of_several_addresses_only_those_allowed_are_tried(
    receiver: Receiver, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.NOTIFY_ALLOW = [ip_network("127.0.0.1/32")]
    with socket.create_server(("127.0.0.2", 0)) as forbidden:
        port = forbidden.getsockname()[1]
        found = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.2", port)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", receiver.port)),
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: found)
        until = time.monotonic() + GENEROUS
        with guard.connect("both.example", 1, settings.NOTIFY_ALLOW, until) as opened:
            assert opened.getpeername() == ("127.0.0.1", receiver.port)
        forbidden.settimeout(0)
        with pytest.raises(BlockingIOError):
            forbidden.accept()


def test_an_answer_is_taken_refused_or_put_off(receiver: Receiver) -> None:
    receiver.answer("/no", 404, "no such hook")
    receiver.answer("/gone", 410)
    receiver.answer("/later", 429, "slow down", Retry_After="7")
    receiver.answer("/broken", 503, "restarting", Retry_After="Fri, 31 Dec 1999 23:59:59 GMT")
    receiver.answer("/moved", 302, Location=receiver.url("/ok"))
    said = {
        path: http.send(Request(receiver.url(path), b"x"))
        for path in ("/ok", "/no", "/gone", "/later", "/broken", "/moved")
    }
    assert {path: (each.outcome, each.status) for path, each in said.items()} == {
        "/ok": (Outcome.TAKEN, 200),
        "/no": (Outcome.REFUSED, 404),
        "/gone": (Outcome.REFUSED, 410),
        "/later": (Outcome.FAILED, 429),
        "/broken": (Outcome.FAILED, 503),
        "/moved": (Outcome.REFUSED, 302),
    }
    assert (said["/ok"].text, said["/no"].text) == ("taken", "no such hook")
    assert (said["/later"].wait, said["/broken"].wait, said["/gone"].gone) == (7, None, True)
    assert len(receiver.at("/ok")) == 1  # the redirect was not followed


def test_who_hangs_or_drips_is_left_at_the_end_of_its_time(receiver: Receiver) -> None:
    receiver.hang("/hangs")
    receiver.send("/drips", b"HTTP/1.", drip=b"1")
    receiver.send("/header", b"HTTP/1.1 200 OK\r\nX: ", drip=b"a")
    receiver.send("/lines", b"", drip=b"HTTP/1.1 100 Continue\r\n\r\n")
    receiver.send("/body", b"HTTP/1.1 200 OK\r\n\r\nbegan", drip=b".")
    for path in ("/hangs", "/drips", "/lines"):
        began = time.monotonic()
        answer = http.send(Request(receiver.url(path), b"x"), total=0.3)
        assert answer.outcome is Outcome.UNANSWERED, (path, answer)
        assert time.monotonic() - began < WITHIN / 2  # it would go on for longer
    for path in ("/header", "/body"):
        for total in (1.0, 10.0, 100.0):  # a busy machine may not hear in time what it says first
            began = time.monotonic()
            answer = http.send(Request(receiver.url(path), b"x"), total=total)
            assert time.monotonic() - began < total + WITHIN / 2
            if answer.outcome is Outcome.TAKEN:  # it said so before
                break
        assert answer.outcome is Outcome.TAKEN, (path, answer)


def test_who_lies_costs_nothing_but_the_attempt(receiver: Receiver) -> None:
    receiver.send("/short", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nhalf")
    receiver.send("/chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello")
    receiver.send("/garbage", b"\x00\xff no HTTP at all\r\n\r\n")
    receiver.send("/nothing", b"")
    receiver.send("/endless", b"HTTP/1.1 200 OK\r\n\r\n", drip=b"y" * 65_536)
    receiver.send("/headers", b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n")
    for path in ("/short", "/chunks", "/endless"):
        answer = http.send(Request(receiver.url(path), b"x"))
        assert answer.outcome is Outcome.TAKEN, (path, answer)
        assert len(answer.text) <= http.MAX_ANSWER_BYTES
    for path in ("/garbage", "/nothing", "/headers"):
        answer = http.send(Request(receiver.url(path), b"x"))
        assert answer.outcome is Outcome.UNANSWERED, (path, answer)


def test_nobody_there_and_no_such_name(loopback: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for host in ("127.0.0.1", "nowhere.invalid"):
        answer = http.send(Request(f"http://{host}:{port}/", b""))
        assert (answer.outcome, answer.status) == (Outcome.UNANSWERED, None)


@contextmanager
def serving_tls(folder: Path) -> Iterator[int]:
    """A server with a certificate for 127.0.0.1, of an authority this process trusts: its port."""
    authority = Authority(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = authority.sign_server(["127.0.0.1"])
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    over = threading.Event()

    def serve(server: socket.socket) -> None:
        while not over.is_set():
            with suppress(OSError), server.accept()[0] as raw:
                raw.settimeout(GENEROUS)
                with context.wrap_socket(raw, server_side=True) as taken:
                    asked = b""
                    # The body comes by itself; whoever closes before it came cuts the answer off.
                    while not asked.endswith(b"\r\n\r\nx") and (more := taken.recv(65_536)):
                        asked += more
                    while b"/hangs" in asked and not over.wait(0.02):
                        taken.sendall(b"H")
                    taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as server:
        patch.setenv("SSL_CERT_FILE", str(authority.ca))
        http._tls.cache_clear()
        threading.Thread(target=serve, args=[server], daemon=True).start()
        port = server.getsockname()[1]
        try:
            yield port
        finally:
            over.set()
            http._tls.cache_clear()
            socket.create_connection(("127.0.0.1", port)).close()


def test_a_certificate_is_for_the_name_that_was_asked_for(
    loopback: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for the address it led to: whoever answers there is not who was meant."""
    with serving_tls(tmp_path) as port:
        answer = http.send(Request(f"https://127.0.0.1:{port}/", b"x"))
        assert (answer.outcome, answer.text) == (Outcome.TAKEN, "ok"), answer
        answer = http.send(Request(f"https://127.0.0.1:{port}/hangs", b"x"), total=0.3)
        assert answer.outcome is Outcome.UNANSWERED
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: found)
        answer = http.send(Request(f"https://hooks.example:{port}/", b"x"))
        assert answer.outcome is Outcome.UNANSWERED
        assert "certificate is not valid" in answer.text
        monkeypatch.undo()


def test_no_thread_and_no_connection_is_left(receiver: Receiver) -> None:
    receiver.hang("/hangs")
    before = threading.active_count()
    http.send(Request(receiver.url("/ok"), b"x"))
    http.send(Request(receiver.url("/hangs"), b"x"), total=0.2)
    receiver.over.set()
    eventually(lambda: threading.active_count() <= before)


@pytest.mark.parametrize(
    ("url", "sound"),
    [
        ("https://hooks.example/a?b=c", True),
        ("http://[::1]:8080/", True),
        ("ftp://hooks.example/", False),
        ("file:///etc/passwd", False),
        ("https://", False),
        ("https://user:secret@hooks.example/", False),
        ("https://hooks.example:99999/", False),
        ("https://hooks.example/a b", False),
        ("https://hooks.example/\r\nX: y", False),
        ("https://bücher.example/", False),
    ],
)
def test_what_is_no_address_is_refused_before_it_is_used(url: str, sound: bool) -> None:
    assert (complaint(url) == "") is sound
