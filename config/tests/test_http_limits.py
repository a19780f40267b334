"""A request is refused before it is in memory or on disk, and cut when it trickles."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings as configured
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.web import http as twisted_http

from config import http_limits
from config.http_limits import LINGER, REQUEST_WITHIN, UNFINISHED, BoundedChannel
from tests.database_url import database_url
from tests.waiting import eventually
from tests.web_process import WebProcess, serving

MAX = configured.DATA_UPLOAD_MAX_MEMORY_SIZE


class Request(twisted_http.Request):
    """Says what it was asked."""

    def process(self) -> None:
        self.content.seek(0)
        size = len(self.content.read())
        self.write(b"%d bytes" % size)
        self.finish()


class Transport:
    """Keeps what is written, and remembers that it was cut.

    Twisted's own is in a module that imports Trial: from then on pytest would ask for Twisted's
    version, which is to read a file, before each test and after it.
    """

    def __init__(self, peer: IPv4Address) -> None:
        self.written: list[bytes] = []
        self.aborted = self.disconnecting = False
        self.getPeer = self.getHost = lambda: peer

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def writeSequence(self, parts: Iterable[bytes]) -> None:  # noqa: N802
        self.written.extend(parts)

    def value(self) -> bytes:
        return b"".join(self.written)

    def loseConnection(self) -> None:  # noqa: N802
        self.disconnecting = True

    def abortConnection(self) -> None:  # noqa: N802
        self.aborted = True

    def registerProducer(self, producer: object, streaming: bool) -> None:  # noqa: N802
        """The channel's; what is written here is never too much."""

    def unregisterProducer(self) -> None:  # noqa: N802
        """It writes no more."""


class Connection:
    """A client's side of one channel, with a clock of its own."""

    def __init__(self, address: str = "192.0.2.1") -> None:
        self.clock, self.channel = Clock(), BoundedChannel()
        self.transport = Transport(IPv4Address("TCP", address, 54_321))
        self.channel.callLater = self.clock.callLater
        self.channel.requestFactory = Request
        self.channel.site = self.channel.factory = twisted_http.HTTPFactory()
        self.channel.timeOut = None
        self.channel.makeConnection(self.transport)

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.channel.connectionLost(Failure(ConnectionDone()))

    def send(self, data: bytes) -> bytes:
        """What is answered."""
        self.transport.written.clear()
        self.channel.dataReceived(data)
        return self.transport.value()


@pytest.fixture
def each() -> Iterator[Connection]:
    with Connection() as made:
        yield made


def post(headers: bytes, body: bytes = b"") -> bytes:
    return b"POST /x HTTP/1.1\r\nHost: a\r\n" + headers + b"\r\n\r\n" + body


def test_what_is_within_the_limits_is_handled_and_so_is_the_next_request(each: Connection) -> None:
    for _ in range(2):
        assert b"3 bytes" in each.send(post(b"Content-Length: 3", b"abc"))
        each.clock.advance(REQUEST_WITHIN)
    chunked = b"Transfer-Encoding: chunked"
    assert b"4 bytes" in each.send(post(chunked, b"4\r\nabcd\r\n0\r\n\r\n"))
    assert not each.transport.aborted


def test_a_length_beyond_the_limit_is_refused_at_the_headers(each: Connection) -> None:
    with Connection() as other:
        assert other.send(post(b"Content-Length: %d" % MAX)) == b""
    answer = each.send(post(b"Content-Length: %d" % (MAX + 1)))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["reason"] == "too_large"
    assert each.send(b"x" * 1_000_000) == b""
    each.clock.advance(LINGER)
    assert each.transport.aborted


def test_chunks_without_end_are_refused_at_the_limit(each: Connection) -> None:
    assert each.send(post(b"Transfer-Encoding: chunked")) == b""
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    answers = [each.send(chunk) for _ in range(MAX // 0x10000)]
    assert answers[-1].startswith(b"HTTP/1.1 413 ")
    assert not any(answers[:-1])


@pytest.mark.parametrize("sent", [b"PO", b"POST /x HTTP/1.1\r\nHost", post(b"Content-Length: 90")])
def test_a_request_that_trickles_is_cut(each: Connection, sent: bytes) -> None:
    assert each.send(sent) == b""
    for _ in range(int(REQUEST_WITHIN / 10) - 1):
        each.clock.advance(10)
        assert each.send(b"x") == b""
    each.clock.advance(11)
    assert each.transport.value().startswith(b"HTTP/1.1 408 ")
    each.clock.advance(LINGER)
    assert each.transport.aborted


def test_one_address_may_have_so_many_requests_under_way_and_others_are_not_kept_out() -> None:
    with ExitStack() as opened:
        slow = [opened.enter_context(Connection()) for _ in range(UNFINISHED)]
        assert {each.send(b"POST /x HTTP/1.1\r\nHo") for each in slow} == {b""}
        one_more = opened.enter_context(Connection())
        answer = one_more.send(b"P")
        assert answer.startswith(b"HTTP/1.1 429 ")
        assert b"Retry-After: 60\r\n" in answer
        one_more.clock.advance(LINGER)
        assert one_more.transport.aborted
        whole = opened.enter_context(Connection())
        assert b"3 bytes" in whole.send(post(b"Content-Length: 3", b"abc")), "it came whole"
        assert opened.enter_context(Connection("192.0.2.2")).send(b"P") == b""
        assert b"0 bytes" in slow[0].send(b"st: a\r\nContent-Length: 0\r\n\r\n")
        assert opened.enter_context(Connection()).send(b"P") == b"", "one has ended"
    assert not http_limits._unfinished


def test_a_proxy_of_ours_is_not_counted(settings: Any) -> None:
    settings.PROXIES = [ip_network("192.0.2.1/32")]
    with ExitStack() as opened:
        slow = [opened.enter_context(Connection()) for _ in range(UNFINISHED + 1)]
        assert {each.send(b"P") for each in slow} == {b""}


@pytest.fixture
def web(django_db_setup: None, tmp_path: Path) -> Iterator[WebProcess]:
    with serving(tmp_path, database_url()) as process:
        yield process


@pytest.mark.process
def test_a_huge_body_costs_the_server_nothing_and_healthz_stays_quick(web: WebProcess) -> None:
    def healthz() -> int:
        link = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
        link.request("GET", "/healthz")
        status = link.getresponse().status
        link.close()
        return status

    assert eventually(healthz) == 200
    before = psutil.Process(web.pid).memory_info().rss
    size = 900_000_000
    with socket.create_connection(("127.0.0.1", web.port), 60) as link:
        link.sendall(
            b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size
        )
        assert link.recv(12) == b"HTTP/1.1 413"
        sent = 0
        try:
            while sent < size:
                sent += link.send(b"x" * 1_000_000)
                assert healthz() == 200
        except OSError:
            pass  # hung up
        assert sent < size
    assert healthz() == 200
    assert psutil.Process(web.pid).memory_info().rss - before < 50_000_000
