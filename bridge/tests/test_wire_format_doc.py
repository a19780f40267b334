"""docs/wire-format.md knows every reason, and every limit at its value."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from bridge import message
from bridge.decode import device_time, json_values, reading, tolerant, values
from bridge.decode.items import Reason
from bridge.http import queue
from bridge.publish import outcomes
from telemetry.models import KEPT_PAYLOAD
from telemetry.series import registry as series_registry

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "wire-format.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def section(title: str) -> dict[str, str]:
    """The rows of the table below a heading: first cell to second."""
    _, _, rest = TEXT.partition(f"\n## {title}\n")
    return {name: second for name, second, _ in ROW.findall(rest.partition("\n## ")[0])}


def test_every_reason_is_explained_and_no_other() -> None:
    assert list(section("Reasons")) == [each.value for each in Reason]


def limits() -> dict[str, float]:
    """The bounds of what comes over the wire."""
    said = {**vars(json_values), **vars(reading), **vars(values)}
    found = {name: value for name, value in said.items() if name.startswith("MAX_")}
    return found | {
        "EARLIEST_US": device_time.EARLIEST_US,
        "LATEST_AHEAD_US": device_time.LATEST_AHEAD_US,
        "MAX_JSON_NESTING": tolerant.MAX_JSON_NESTING,
        "MAX_PAYLOAD": message.MAX_PAYLOAD,
        "MAX_SERIES_PER_DEVICE": series_registry.MAX_SERIES_PER_DEVICE,
        "KEPT_PAYLOAD": KEPT_PAYLOAD,
        "NOTICE_EVERY_MS": outcomes.NOTICE_EVERY_MS,
        "DEVICE_READINGS": settings.DEVICE_READINGS,
        "RATE": queue.RATE,
        "BURST": queue.BURST,
    }


def test_the_quarantine_page_says_what_to_do_about_every_reason() -> None:
    written = (ROOT / "dashboard/static/dashboard/js/quarantine/advice.js").read_text()
    assert set(re.findall(r'^  (\w+): \[t\("', written, re.MULTILINE)) == set(map(str, Reason))


def test_every_limit_is_there_and_no_other() -> None:
    assert set(section("Limits")) == set(limits())


@pytest.mark.parametrize(("name", "value"), limits().items())
def test_a_limit_is_written_with_its_value(name: str, value: float) -> None:
    written = re.sub(r"(?<=\d) (?=\d{3})", "", section("Limits")[name])
    assert re.search(rf"(?<!\d){value:.0f}(?!\d)", written), written


def test_whatever_can_be_decoded_is_kept_whole() -> None:
    assert KEPT_PAYLOAD >= message.MAX_PAYLOAD
