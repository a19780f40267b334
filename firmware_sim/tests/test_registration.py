"""Registration against a real HTTP server that keeps what it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from firmware_sim.__main__ import main
from firmware_sim.fleet import build_fleet
from firmware_sim.registration import Api, HttpError, RegistrationError, register

PAGE = 100  # entries this server gives at most, so that clients must follow `next`


class Server(ThreadingHTTPServer):
    """The four endpoints the simulator uses, in memory."""

    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lists: dict[str, list[dict[str, Any]]] = {"sites": [], "devices": [], "series": []}
        self.requests: list[tuple[str, str, Any, str]] = []
        self.unready = 0  # requests answered 503 first
        self.rejects: str | None = None  # list whose POST is answered 400

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def said(self, method: str) -> list[tuple[str, Any]]:
        return [(path, body) for verb, path, body, _ in self.requests if verb == method]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *args: object) -> None:
        pass

    def _answer(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _begin(self) -> tuple[list[str], dict[str, list[str]], Any] | None:
        size = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(size)) if size else None
        parts = urlsplit(self.path)
        token = self.headers.get("Authorization", "")
        self.server.requests.append((self.command, parts.path, body, token))
        if self.server.unready > 0:
            self.server.unready -= 1
            self._answer(503, {"detail": "starting"})
            return None
        return parts.path.strip("/").split("/")[2:], parse_qs(parts.query), body

    def do_GET(self) -> None:
        if (begun := self._begin()) is None:
            return
        (name, *_), query, _ = begun
        page = int(query.get("page", ["1"])[0])
        entries = self.server.lists[name]
        more = len(entries) > page * PAGE
        self._answer(
            200,
            {
                "count": len(entries),
                # As behind a proxy that does not pass the host on.
                "next": f"http://inner.invalid/api/v1/{name}/?page={page + 1}" if more else None,
                "previous": None,
                "results": entries[(page - 1) * PAGE : page * PAGE],
            },
        )

    def do_POST(self) -> None:
        if (begun := self._begin()) is None:
            return
        (name, *_), _, body = begun
        if name == self.server.rejects:
            self._answer(400, {"detail": "no " + "very " * 200 + "good"})
            return
        for one in body if isinstance(body, list) else [body]:
            entries = self.server.lists[name]
            entries.append({**one, "id": len(entries) + 1})
        self._answer(201, {})

    def do_PATCH(self) -> None:
        if (begun := self._begin()) is None:
            return
        (name, which), _, body = begun
        for one in self.server.lists[name]:
            if which in (one.get("uid"), str(one["id"])):
                one.update(body)
        self._answer(200, {})


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield http
        http.shutdown()
        thread.join()


def test_a_new_fleet_is_registered_whole(server):
    fleet = build_fleet(12, seed=1, rate=2.0)
    register(Api(server.url, "secret"), fleet)
    assert {site["name"] for site in server.lists["sites"]} == {"Harbour plant", "North depot"}
    first = server.lists["devices"][0]
    assert first["uid"] == "weather-001"
    assert first["site"] == "harbour-plant"
    assert first["expected_interval"] == 0.5
    assert set(first) >= {"name", "kind", "tags", "location", "latitude", "longitude", "metadata"}
    temperature = next(one for one in server.lists["series"] if one["metric"] == "temperature")
    assert (temperature["unit"], temperature["kind"], temperature["precision"]) == (
        "°C",
        "gauge",
        2,
    )
    kinds = {one["kind"] for one in server.lists["series"]}
    assert kinds == {"gauge", "counter", "boolean", "text"}
    assert {token for *_, token in server.requests} == {"Token secret"}


def test_a_large_fleet_goes_in_parts(server):
    register(Api(server.url, ""), build_fleet(1200, seed=1, rate=1.0))
    sizes = [len(body) for path, body in server.said("POST") if path == "/api/v1/devices/"]
    assert sizes == [500, 500, 200]
    series = [len(body) for path, body in server.said("POST") if path == "/api/v1/series/"]
    assert max(series) == 1000
    assert sum(series) == len(server.lists["series"])
    assert len(server.lists["devices"]) == 1200


def test_a_second_time_nothing_is_created(server):
    fleet = build_fleet(300, seed=1, rate=1.0)
    register(Api(server.url, ""), fleet)
    server.requests.clear()
    register(Api(server.url, ""), fleet)
    assert {method for method, *_ in server.requests} == {"GET"}


def test_another_rate_corrects_the_expected_interval(server):
    register(Api(server.url, ""), build_fleet(3, seed=1, rate=1.0))
    server.requests.clear()
    register(Api(server.url, ""), build_fleet(3, seed=1, rate=4.0))
    assert server.said("POST") == []
    assert ("/api/v1/devices/motor-001/", {"expected_interval": 0.25}) in server.said("PATCH")
    assert {device["expected_interval"] for device in server.lists["devices"]} == {0.25}


def test_a_series_made_from_a_first_reading_gets_its_unit(server):
    server.lists["series"].append(
        {"id": 1, "device": "weather-001", "metric": "pressure", "unit": "", "kind": "gauge"}
    )
    register(Api(server.url, ""), build_fleet(1, seed=1, rate=1.0))
    assert server.lists["series"][0]["unit"] == "hPa"
    assert sum(one["metric"] == "pressure" for one in server.lists["series"]) == 1


def test_a_server_that_is_starting_is_waited_for(server):
    server.unready = 3
    register(Api(server.url, ""), build_fleet(1, seed=1, rate=1.0))
    assert len(server.lists["devices"]) == 1


def test_a_server_that_never_comes_is_given_up():
    with pytest.raises(RegistrationError, match="refused"):
        Api("http://127.0.0.1:9", "", start_within=0.3).call("GET", "api/v1/sites/")


def test_a_rejection_shows_status_and_the_beginning_of_the_body(server):
    server.rejects = "devices"
    with pytest.raises(HttpError, match=r"POST .*/api/v1/devices/ was answered 400: .*no very"):
        register(Api(server.url, ""), build_fleet(1, seed=1, rate=1.0))


def test_a_site_somebody_else_has_just_made_is_no_error(server):
    server.rejects = "sites"
    register(Api(server.url, ""), build_fleet(6, seed=1, rate=1.0))
    assert len(server.lists["devices"]) == 6


def test_the_command_ends_with_a_message_when_registration_fails(server, capsys, monkeypatch):
    server.rejects = "devices"
    monkeypatch.setenv("PULSEBOARD_API_TOKEN", "from-the-environment")
    assert main(["--register", server.url, "--devices", "1", "--duration", "0"]) == 1
    assert "registration failed" in capsys.readouterr().err
    assert server.requests[0][3] == "Token from-the-environment"
