"""`/metrics`, `/healthz` and `/readyz` of a process that is no web server: the bridge, maintain.

`/healthz` says that each thread lives and moves on; `/readyz` that the process can do its work:
each thing it needs by name. Both have status 503 when something is wrong, and say why.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from telemetry.workers import thread, vitals

REQUEST_TIMEOUT = 5.0  # seconds a client may take to send its request

Readiness = Callable[[], vitals.Needs]


def parse_address(text: str) -> tuple[str, int]:
    """`HOST:PORT` in parts. Raises `ValueError` that says what is wrong."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 <= int(port) < 65536:
        raise ValueError(f"{text!r} is not HOST:PORT, such as 127.0.0.1:9101")
    return host.strip("[]"), int(port)


class Probe:
    """Serves the three pages in a thread until `close`."""

    def __init__(
        self, address: tuple[str, int], registry: CollectorRegistry, ready: Readiness
    ) -> None:
        """Raises `OSError` when the address cannot be listened on."""

        class Handler(_Handler):
            pages = _Pages(registry, ready)

        self._server = ThreadingHTTPServer(address, Handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, name="probe", daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Pages:
    def __init__(self, registry: CollectorRegistry, ready: Readiness) -> None:
        self._registry = registry
        self._ready = ready

    def answer(self, path: str, accept: str) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        if path == "/metrics":
            encode, content_type = choose_encoder(accept)
            return 200, content_type, encode(self._registry)
        if path == "/healthz":
            status, told = vitals.answer("alive", thread.troubles())
            return status, "application/json", json.dumps(told).encode()
        if path == "/readyz":
            status, told = vitals.answer("ready", self._ready())
            return status, "application/json", json.dumps(told).encode()
        return 404, "text/plain", b"/metrics, /healthz and /readyz are here\n"


class _Handler(BaseHTTPRequestHandler):
    pages: _Pages
    timeout = REQUEST_TIMEOUT

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        status, content_type, body = self.pages.answer(path, self.headers.get("Accept", ""))
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: a scrape each few seconds is no event."""
