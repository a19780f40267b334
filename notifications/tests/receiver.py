"""Servers of somebody else, on this machine: an HTTP receiver that takes, refuses, hangs and lies,
and one that takes e-mail."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WITHIN = 240.0  # seconds that a hanging answer hangs at most: the test is over long before


@dataclass(frozen=True, slots=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]  # names in small letters
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """What it received, in order, and what it does with a request."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def at(self, path: str) -> list[Received]:
        return [each for each in self.received if each.path == path]

    def answer(self, path: str, status: int, body: str = "", **headers: str) -> None:
        """From now on it answers so at this path; elsewhere it takes everything."""

        def told(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("Content-Length", str(len(body.encode())))
            handler.end_headers()
            handler.wfile.write(body.encode())

        self.answers[path] = told

    def hang(self, path: str) -> None:
        """It takes the request, and says so when it is over."""

        def told(handler: BaseHTTPRequestHandler) -> None:
            self.over.wait(WITHIN)
            handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\nat last")

        self.answers[path] = told

    def send(self, path: str, raw: bytes, *, drip: bytes = b"") -> None:
        """It sends these bytes, and then `drip` again and again, and closes."""

        def told(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(raw)
            until = time.monotonic() + WITHIN
            while drip and not self.over.wait(0.02) and time.monotonic() < until:
                handler.wfile.write(drip)

        self.answers[path] = told


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(Received(self.command, self.path, headers, body))
            told = receiver.answers.get(self.path)
            with suppress(OSError):  # whoever asked has gone
                if told is None:
                    self.send_response(200)
                    self.send_header("Content-Length", "5")
                    self.end_headers()
                    self.wfile.write(b"taken")
                else:
                    told(self)

        do_POST = do_PUT = do_GET = _take  # noqa: N815

        def log_message(self, *_arguments: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 128

        def handle_error(self, *_arguments: object) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_address[1]
        serving = threading.Thread(target=server.serve_forever, args=[0.02], daemon=True)
        serving.start()
        try:
            yield receiver
        finally:
            receiver.over.set()
            server.shutdown()
            serving.join()


@contextmanager
def dripping(drip: bytes) -> Iterator[int]:
    """A server that sends these bytes again and again to whoever connects; its port."""
    over = threading.Event()

    def serve(server: socket.socket) -> None:
        with suppress(OSError):
            taken, _ = server.accept()
            with taken:
                until = time.monotonic() + WITHIN
                while not over.wait(0.02) and time.monotonic() < until:
                    taken.sendall(drip)

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(WITHIN)
        serving = threading.Thread(target=serve, args=[server], daemon=True)
        serving.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
    serving.join()
