"""Makes the fleet known to the server, over its REST interface: only what is missing."""

from __future__ import annotations

import json
import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import quote, urljoin, urlsplit

from firmware_sim.fleet import Identity

DEVICES_PER_REQUEST = 500
SERIES_PER_REQUEST = 1000
PAGE_SIZE = 1000
MAX_PAGES = 1000  # of one list
REQUEST_TIMEOUT = 30.0  # seconds
START_WITHIN = 60.0  # seconds the server may take until it answers
MAX_PAUSE = 4.0  # seconds between two tries
EXCERPT = 300  # characters of an error's body shown
STARTING = frozenset({502, 503, 504})  # answers of a proxy or server that is not up yet


class RegistrationError(Exception):
    """The fleet could not be registered."""


class HttpError(RegistrationError):
    """The server answered with an error; `status` is its HTTP status."""

    def __init__(self, method: str, url: str, status: int, body: str) -> None:
        super().__init__(f"{method} {url} was answered {status}: {body[:EXCERPT]}")
        self.status = status


class Api:
    """The server's REST interface, with patience while it starts."""

    def __init__(self, base: str, token: str, *, start_within: float = START_WITHIN) -> None:
        if urlsplit(base).scheme not in ("http", "https"):
            raise RegistrationError("--register needs an http:// or https:// URL.")
        self._base = base.rstrip("/") + "/"
        self._token = token
        self._patient_until = time.monotonic() + start_within
        self._rng = random.Random()  # noqa: S311 - spreads retries; no secret

    def list(self, path: str) -> Iterator[dict[str, Any]]:
        """All entries of a paginated list."""
        url: str | None = f"{path}?page_size={PAGE_SIZE}"
        for _ in range(MAX_PAGES):
            page = self.call("GET", url or "")
            yield from page["results"]
            url = page.get("next")
            if not url:
                return
        raise RegistrationError(f"{path} has more than {MAX_PAGES} pages.")

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One request, repeated while the server is starting; its JSON answer."""
        url = self._absolute(path)
        for attempt in range(1_000_000):
            try:
                return self._once(method, url, body)
            except HttpError as error:
                if error.status not in STARTING or time.monotonic() > self._patient_until:
                    raise
            except OSError as error:
                if time.monotonic() > self._patient_until:
                    raise RegistrationError(f"{method} {url} failed: {error}") from error
            time.sleep(self._rng.uniform(0.05, min(MAX_PAUSE, 0.25 * 2.0 ** min(attempt, 8))))
        raise RegistrationError(f"{method} {url} failed too often.")

    def _absolute(self, path: str) -> str:
        # `next` may carry the host a proxy passed on; the token goes only to the one given to us.
        parts = urlsplit(path)
        relative = parts.path.lstrip("/") + (f"?{parts.query}" if parts.query else "")
        return urljoin(self._base, relative)

    def _once(self, method: str, url: str, body: object) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked above
            url, method=method, headers={"Accept": "application/json"}
        )
        if self._token:
            request.add_header("Authorization", f"Token {self._token}")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=REQUEST_TIMEOUT) as response:  # noqa: S310
                text = response.read()
        except urllib.error.HTTPError as error:
            with error:
                answer = error.read(4 * EXCERPT).decode("utf-8", "replace")
            raise HttpError(method, url, error.code, answer) from error
        try:
            return json.loads(text) if text else None
        except ValueError as error:
            raise RegistrationError(f"{method} {url} did not answer JSON.") from error


def register(
    api: Api, fleet: Sequence[Identity], *, say: Callable[[str], object] = lambda _text: None
) -> None:
    """Register sites, devices and series of `fleet`; correct intervals and units that differ."""
    _sites(api, fleet)
    added, corrected = _devices(api, fleet)
    series = _series(api, fleet)
    say(f"sim: registered {added} devices and {series} series, corrected {corrected} devices")


def _sites(api: Api, fleet: Sequence[Identity]) -> None:
    known = {site["slug"] for site in api.list("api/v1/sites/")}
    wanted = {one.site.slug: one.site.name for one in fleet}
    for slug, name in wanted.items():
        if slug in known:
            continue
        try:
            api.call("POST", "api/v1/sites/", {"slug": slug, "name": name})
        except HttpError as error:
            # Another simulator was faster; if not, the devices' answer tells.
            if error.status not in (400, 409):
                raise


def _devices(api: Api, fleet: Sequence[Identity]) -> tuple[int, int]:
    known = {device["uid"]: device for device in api.list("api/v1/devices/")}
    missing = [one.registration() for one in fleet if one.uid not in known]
    for part in _parts(missing, DEVICES_PER_REQUEST):
        api.call("POST", "api/v1/devices/", part)
    corrected = 0
    for one in fleet:
        device = known.get(one.uid)
        if device is not None and device.get("expected_interval") != one.expected_interval:
            change = {"expected_interval": one.expected_interval}
            api.call("PATCH", f"api/v1/devices/{quote(one.uid)}/", change)
            corrected += 1
    return len(missing), corrected


def _series(api: Api, fleet: Sequence[Identity]) -> int:
    known = {(one["device"], one["metric"]): one for one in api.list("api/v1/series/")}
    missing = []
    for body in (body for one in fleet for body in one.series()):
        found = known.get((body["device"], body["metric"]))
        if found is None:
            missing.append(body)
        elif body["unit"] and not found.get("unit"):
            # Made by the server from a first reading, before anybody could tell it the unit.
            change = {name: body[name] for name in ("unit", "kind", "precision")}
            api.call("PATCH", f"api/v1/series/{found['id']}/", change)
    for part in _parts(missing, SERIES_PER_REQUEST):
        api.call("POST", "api/v1/series/", part)
    return len(missing)


def _parts(items: list[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
