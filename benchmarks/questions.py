"""Questions to the REST interface, and what each takes."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import psutil

from benchmarks import history_store
from benchmarks import stack as stacks
from embedded.servers.child import Child


class Api:
    """One client with a token, on one connection."""

    def __init__(self, port: int, token: str) -> None:
        self._wire = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self._headers = {"Authorization": f"Bearer {token}"}

    def close(self) -> None:
        self._wire.close()

    def get(self, path: str, **asked: Any) -> bytes:
        """The whole answer, as it came: to read JSON is the client's affair, and Python's takes a
        third of the time of twenty series. Raises `BenchmarkFailed` where it is an error."""
        address = f"/api/v1/{path}?{urlencode(asked, doseq=True)}"
        self._wire.request("GET", address, headers=self._headers)
        answer = self._wire.getresponse()
        body = answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise stacks.BenchmarkFailed(body.decode()[:1000])
        return body


def timed(
    ask: Callable[[], object], repeats: int, spenders: Mapping[str, int] | None = None
) -> dict[str, float]:
    """Milliseconds of a question, once it was asked; and `cpu_web`, say, those of processor time
    that the process of this name (and number) spent on one, with its children."""
    ask()
    took = []
    before = {name: stacks.cpu_seconds(pid) for name, pid in (spenders or {}).items()}
    for _ in range(repeats):
        began = time.perf_counter()
        ask()
        took.append((time.perf_counter() - began) * 1000)
    spent = {
        f"cpu_{name}": round((stacks.cpu_seconds(pid) - before[name]) * 1000 / repeats, 1)
        for name, pid in (spenders or {}).items()
    }
    took.sort()
    at = {"p50": 0.5, "p95": 0.95}
    return {name: round(took[int(len(took) * share)], 1) for name, share in at.items()} | spent


def spenders(web: Child, url: str) -> dict[str, int]:
    """The processes that answer: the web process, and Postgres if it runs on this machine."""
    with history_store.session(url) as connection:
        try:
            postgres = psutil.Process(connection.info.backend_pid).parent()
        except psutil.NoSuchProcess:
            postgres = None
        is_ours = postgres is not None and postgres.name().startswith("postgres")
        return {"web": web.pid, **({"postgres": postgres.pid} if postgres and is_ours else {})}
