"""`--register-only` registers the fleet and sends nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from firmware_sim.__main__ import main
from firmware_sim.options import parse


class Registry(BaseHTTPRequestHandler):
    """An empty server that accepts what is registered."""

    posted: dict[str, list[Any]]

    def do_GET(self) -> None:
        self._answer({"results": [], "next": None})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.posted.setdefault(self.path, []).append(body)
        self._answer({})

    def _answer(self, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture
def registry() -> Iterator[ThreadingHTTPServer]:
    Registry.posted = {}
    with ThreadingHTTPServer(("127.0.0.1", 0), Registry) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_fleet_is_registered_and_no_broker_is_needed(registry: ThreadingHTTPServer) -> None:
    url = f"http://127.0.0.1:{registry.server_port}"
    words = ["--devices", "3", "--register", url, "--register-only", "--mqtt", "mqtt://127.0.0.1:1"]
    assert main(words) == 0
    assert [len(batch) for batch in Registry.posted["/api/v1/devices/"]] == [3]
    assert Registry.posted["/api/v1/sites/"]


def test_it_needs_to_know_where(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_status:
        parse(["--register-only"])
    assert exit_status.value.code == 2
    assert "--register URL" in capsys.readouterr().err
