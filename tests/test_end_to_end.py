"""The whole path: simulator, broker, bridge, Postgres, web process, chart in a real browser."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from knox.models import AuthToken
from playwright.sync_api import Page, expect

from bridge.tests.conftest import bridge, database, publisher
from tests.bridge_process import ROOT, BridgeProcess, Publisher
from tests.browser import chromium, operator, page
from tests.screenshots import PICTURES, SIZE, picture, show
from tests.waiting import eventually
from tests.web_process import WebProcess, web, web_process

__all__ = ["bridge", "chromium", "database", "operator", "page", "publisher", "web", "web_process"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ledger(
    bridge: BridgeProcess, mosquitto, web: WebProcess, operator: User, tmp_path: Path
) -> Iterator[Path]:
    """Where a running simulator of six devices, one of each kind, writes what was acknowledged."""
    bridge.start()
    bridge.wait_connected()
    path = tmp_path / "ledger.jsonl"
    command = [sys.executable, "-m", "firmware_sim", "--devices", "6", "--rate", "2"]
    command += ["--mqtt", mosquitto.url, "--register", web.url, "--ledger", str(path)]
    _, token = AuthToken.objects.create(user=operator)
    with (tmp_path / "sim.log").open("wb") as log:
        simulator = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PULSEBOARD_API_TOKEN": token},
            stdout=log,
            stderr=log,
        )
        try:
            eventually(
                path.exists,
                what=lambda: f"the simulator sends: {(tmp_path / 'sim.log').read_text()}",
            )
            yield path
        finally:
            simulator.send_signal(signal.SIGTERM)
            assert simulator.wait(60) == 0


def sent(ledger: Path, uid: str, metric: str) -> dict[int, float]:
    """What the simulator sent of one metric: value by Unix ms."""
    complete = ledger.read_text().rpartition("\n")[0]
    entries = [json.loads(line) for line in complete.splitlines()]
    return {
        entry["ts"]: entry["values"][metric]
        for entry in entries
        if entry["uid"] == uid and entry["ts"] is not None
    }


def drawn(page: Page, metric: str) -> dict[int, float]:
    """What the chart of a metric draws: value by Unix ms."""
    charts = page.evaluate("window.pulseboard.charts")
    points = next((chart["points"] for chart in charts if chart["metric"] == metric), [])
    return {point[0]: point[1] for point in points}


# The page last, so that it is closed before the bridge ends and the tables are emptied.
def test_a_point_on_the_chart_is_the_value_the_simulator_sent(ledger: Path, page: Page) -> None:
    uid, metric = "freezer-001", "temperature"
    eventually(lambda: len(sent(ledger, uid, metric)) >= 4, what="readings of the freezer")
    page.goto(f"/devices/{uid}/")

    def in_both() -> dict[int, float]:
        told, shown = sent(ledger, uid, metric), drawn(page, metric)
        return {at: value for at, value in shown.items() if at in told}

    before = eventually(in_both, what="history is drawn")
    newest = max(before)
    eventually(lambda: max(in_both(), default=0) > newest + 2_000, what="live readings follow")
    told, shown = sent(ledger, uid, metric), eventually(lambda: drawn(page, metric))
    both = {at: value for at, value in shown.items() if at in told}
    assert both == {at: told[at] for at in both}

    # Without a gap, once the page has loaded what it missed: whatever was acknowledged between two
    # drawn points is drawn too.
    def whole() -> bool:
        now = drawn(page, metric)
        return now.keys() >= {at for at in told if min(shown) <= at <= max(both)}

    eventually(whole, what="a chart without a gap")


def test_the_fleet_page_shows_every_simulated_device_alive(
    ledger: Path, page: Page, publisher: Publisher, tmp_path: Path
) -> None:
    # Without its reads of everything now and then: what happens is told.
    page.add_init_script(
        "const often = setInterval;"
        "window.setInterval = (task, ms) => (ms < 30_000 ? often(task, ms) : 0);"
    )
    page.goto("/")
    eventually(lambda: page.locator("text=Online").count() >= 6, what="six devices online")
    for name in ("Freezer 1", "Motor 1", "Tank 1"):
        assert page.locator(f"text={name}").count() >= 1
    # A device's first minute: registered while the page is open, and heard once.
    token = page.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value")
    answer = page.request.post(
        "/api/v1/devices/",
        data={"uid": "newcomer", "name": "Newcomer", "expected_interval": 3600},
        headers={"X-CSRFToken": str(token), "Referer": page.url},
    )
    assert answer.ok, answer.text()
    tile = page.locator(".device", has_text="Newcomer")
    expect(tile).to_contain_text("Waiting")
    publisher.send("devices/newcomer/telemetry", '{"temperature": -18.5}')
    expect(tile).to_contain_text("−18.5")
    expect(tile).to_contain_text("Online")

    # The pictures of the README are of such a fleet, and show each page alive.
    for theme, pages in PICTURES.items():
        page.emulate_media(color_scheme=theme)
        for name, path in pages.items():
            show(page, path)
            taken = picture(page, name, tmp_path).read_bytes()
            width, height = struct.unpack(">II", taken[16:24])  # of a PNG's first chunk
            assert (width, height) == (SIZE["width"], SIZE["height"])
