"""Lists the documents give whole: each has what the code has, and nothing else."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import get_args

import pytest
from prometheus_client import CollectorRegistry

from bridge.http.committer import Ingest
from bridge.metrics import COUNTERS, GAUGES, MILLISECONDS
from bridge.metrics import registry as bridge_registry
from bridge.mqtt.broker import Broker
from bridge.thingsboard import listener as thingsboard
from bridge.worker import SpoolPlace, Worker
from dashboard.health import HubCollector
from dashboard.live import protocol
from embedded.up.data_folder import SHARED
from embedded.up.yours import VARIABLES
from telemetry import followers, following, jobs, maintenance
from telemetry.live.contract import RefillReason
from telemetry.live.knowledge import What

ROOT = Path(__file__).resolve().parent.parent
LIVE = (ROOT / "docs" / "live-protocol.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
COUNTED = {*COUNTERS, *GAUGES, *MILLISECONDS}


def section(text: str, title: str) -> str:
    """What stands below a heading."""
    _, found, rest = text.partition(f"# {title}\n")
    assert found, title
    return re.split(r"\n#", rest)[0]


def first_cells(text: str) -> list[str]:
    """The names in code in the first cell of each row."""
    cells = re.findall(r"^\| ([^|]+) \|", text, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]


def sources(*folders: str) -> str:
    paths = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return "\n".join(path.read_text() for path in paths if "tests" not in path.parts)


def test_the_counters_of_a_worker() -> None:
    names = first_cells(section(LIVE, "Counters of a worker"))
    assert len(names) == len(set(names))
    assert set(names) == COUNTED


def test_a_bridge_and_a_web_process_count_nothing_else(tmp_path: Path) -> None:
    worker = Worker("lists", Broker("127.0.0.1", 1, "lists"), SpoolPlace(tmp_path, 1_000_000))
    try:
        assert set(worker.snapshot()) == COUNTED
    finally:
        worker.source.run(lambda: True)  # ends at once, and closes what it opened
        worker.spool.close()
    no_spool = {"spool_bytes", "spool_full", "notices_dropped"}
    no_spool |= set(thingsboard.counters(None))
    assert set(Ingest("http-lists").snapshot()) == COUNTED - no_spool


def test_the_messages_of_a_browser() -> None:
    told = re.findall(r'^\| `\{"op":"(\w+)"', LIVE.partition("Server to client")[0], re.MULTILINE)
    assert told == [each.__struct_config__.tag for each in get_args(protocol.Message)]


def test_the_error_codes_of_the_socket() -> None:
    written = set(re.findall(r'Refused\(\s*"(\w+)"', sources("dashboard/live")))
    assert "too_slow" in written
    told = LIVE.partition("Error codes: ")[2].partition(" A `subscribe`")[0]
    told = told.replace("a shorter `since`", "")
    assert set(re.findall(r"`(\w+)`", told)) == written


def test_the_close_codes_of_the_socket() -> None:
    used = {value for value in vars(protocol).values() if type(value) is int}
    used = {value for value in used if 4000 <= value < 5000}  # what a protocol may use of its own
    told = LIVE.partition("Close codes: ")[2].partition("(reconnect; a server")[0]
    assert {int(code) for code in re.findall(r"\d{4}", told)} == used


def test_why_viewers_load_history_again() -> None:
    (told,) = re.findall(r'"type":"live.refill","reason":"([^"]+)"', LIVE)
    assert told.split("\\|") == list(get_args(RefillReason))


def test_what_keeps_the_server_from_knowing() -> None:
    told = LIVE.partition("`what` of a trouble, worst first: ")[2].partition("`since`")[0]
    assert [name for name in re.findall(r"`(\w+)`", told) if name != "until"] == list(
        get_args(What)
    )


def test_the_events() -> None:
    apps = (
        "alerts",
        "bridge",
        "derived",
        "notifications",
        "telemetry",
        "shiftlog",
        "devices",
        "dashboard",
    )
    code = sources(*apps)
    sent = set(re.findall(r'(?:contract\.event\(\s*|"event": )"(\w+)"', code))
    assert set(re.findall(r'"type":"live.event","event":"(\w+)"', LIVE)) == sent


def test_the_settings() -> None:
    read = set(re.findall(r'\.\w+\(\s*"((?:PULSEBOARD_|[A-Z]+_URL)[A-Z_]*)"', sources("config")))
    read |= {*SHARED, *VARIABLES.values()}
    # The simulator's, which imports none of ours; and that of `up`, before there are settings.
    elsewhere = {"PULSEBOARD_API_TOKEN", "PULSEBOARD_MQTT_ANONYMOUS"}
    assert set(first_cells(section(OPERATIONS, "Environment"))) - elsewhere == read


def test_the_jobs_of_maintenance() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) (\w+) \|", OPERATIONS, re.MULTILINE)
    seconds = {"s": 1, "min": 60, "h": 3600}
    told = {name: int(count) * seconds[unit] for name, count, unit in rows}
    assert told == {job.name: job.every for job in jobs.registered()}


def metrics() -> set[str]:
    """Everything a Prometheus reads from one of our processes, but for the process itself."""
    web = CollectorRegistry()
    web.register(HubCollector())
    bridge = bridge_registry(lambda: {"lists": dict.fromkeys(COUNTED, 0)})
    for ask in (jobs.registered, followers.registered):
        ask()  # imports what counts
    import_module("bridge.accounts.delivery")  # registered where a broker's accounts are kept
    registries = (web, bridge, maintenance.REGISTRY, following.REGISTRY)
    families = [each for one in registries for each in one.collect()]
    return {each.name + "_total" * (each.type == "counter") for each in families}


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/**/*.md")), ids=lambda path: path.name)
def test_the_metrics_that_are_named(path: Path) -> None:
    named = set(re.findall(r"pulseboard_[a-z_]+(?=[`{ ])", path.read_text()))
    assert named - {"pulseboard_superuser"} <= metrics()  # which is a role of the database


def test_every_metric_has_its_row() -> None:
    named = set(first_cells(section(OPERATIONS, "Health, metrics and logs")))
    ours = {name for name in metrics() if not name.startswith("pulseboard_bridge_")}
    assert {name for name in named if name.startswith("pulseboard_")} - {"pulseboard_bridge_…"} == {
        name for name in ours if name.startswith("pulseboard_")
    }
