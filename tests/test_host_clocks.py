"""A host whose clock is wrong stamps nothing wrongly and shows no device silent: everywhere the
database's clock counts."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.tests.conftest import bridge, database, freezer, publisher, pump
from dashboard.tests.live_socket import make_cookie
from devices.models import Device, Presence
from telemetry.worker_counts import IngestWorker
from tests.bridge_process import BridgeProcess, Publisher
from tests.database_url import database_url
from tests.waiting import eventually
from tests.web_process import WebProcess, serving

__all__ = ["bridge", "database", "freezer", "publisher", "pump"]  # fixtures
pytestmark = pytest.mark.process

Query = Callable[[str], list[tuple]]

AHEAD_MS = 300_000  # what the hosts of these tests are wrong by
NEAR_MS = 60_000  # for a busy machine: far less than that


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The clocks of the processes to be started are ahead; write to it and they step."""
    found = tmp_path / "clock"
    found.write_text(str(AHEAD_MS * 1_000))
    monkeypatch.setenv("PULSEBOARD_PROVE_CLOCK", str(found))
    return found


@pytest.fixture
def web(clock: Path, database: Query, tmp_path: Path) -> Iterator[WebProcess]:
    with serving(tmp_path, database_url()) as process:
        yield process


def ages_ms(database: Query) -> list[float]:
    """Of the readings, by the database."""
    rows = database("SELECT extract(epoch FROM clock_timestamp() - time) * 1000 FROM reading")
    return [float(age) for (age,) in rows]


def test_a_bridge_stamps_by_the_database_and_tells_of_its_host(
    clock: Path, bridge: BridgeProcess, publisher: Publisher, pump: Device, database: Query
) -> None:
    bridge.start().wait_connected()
    for number, wrong_by in enumerate((AHEAD_MS, -AHEAD_MS, 0), 1):
        clock.write_text(str(wrong_by * 1_000))

        def is_told(wrong_by: int = wrong_by) -> bool:
            row = IngestWorker.objects.first()
            ahead = row.counters.get("clock_ahead_ms") if row else None
            return ahead is not None and abs(ahead - wrong_by) < NEAR_MS

        eventually(is_told, what=f"the bridge tells that its clock is {wrong_by} ms ahead")
        publisher.send("devices/pump-1/telemetry", f'{{"t":{number}}}')
        eventually(lambda: len(ages_ms(database)) == number, what="stored")  # noqa: B023
    assert all(-1_000 < age < NEAR_MS for age in ages_ms(database))
    assert bridge.said("action=clock_off") >= 1
    ((age,),) = database("SELECT extract(epoch FROM now() - last_seen_at) FROM devices_presence")
    assert -1 < age < NEAR_MS / 1000


def ask(web: WebProcess, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
    link = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
    try:
        link.request("GET" if body is None else "POST", path, body, headers)
        answer = link.getresponse()
        return answer.status, answer.read().decode()
    finally:
        link.close()


def test_a_web_process_judges_and_stamps_by_the_database(
    web: WebProcess, freezer: Device, database: Query
) -> None:
    # The very first message, before the process has heard from the database.
    bearer = f"Bearer {freezer.token}"
    assert ask(web, "/api/v1/telemetry/", b'{"t":1}', Authorization=bearer)[0] == 200
    (age,) = ages_ms(database)
    assert -1_000 < age < NEAR_MS
    seen = Presence.objects.filter(device=freezer, last_seen_at__isnull=False)
    eventually(seen.exists, what="it is stored when the device was heard")

    cookie = f"sessionid={make_cookie()}"
    fleet = json.loads(ask(web, "/api/v1/fleet/", Cookie=cookie)[1])
    since_seen = fleet["now"] - fleet["devices"][0]["presence"]["last_seen"]
    assert -1_000 < since_seen < NEAR_MS
    eventually(IngestWorker.objects.exists, what="the books are written")
    pipeline = json.loads(ask(web, "/api/v1/pipeline/", Cookie=cookie)[1])
    (worker,) = pipeline["workers"]
    assert abs(pipeline["clock_ahead_ms"] - AHEAD_MS) < NEAR_MS
    assert abs(worker["counters"]["clock_ahead_ms"] - AHEAD_MS) < NEAR_MS
    metrics = dict(
        line.rsplit(" ", 1)
        for line in ask(web, "/metrics")[1].splitlines()
        if not line.startswith("#")
    )
    assert abs(float(metrics["pulseboard_web_clock_ahead_seconds"]) * 1000 - AHEAD_MS) < NEAR_MS
    assert "action=clock_off" in web.log.read_text()
