"""What `up` reads in the bridge's metrics is what the bridge writes there."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

from bridge.metrics import COUNTERS, GAUGES, MILLISECONDS, WorkerCollector
from embedded.up.bridge_figures import Figures, read


def test_the_figures_are_read_from_the_metrics_of_the_bridge() -> None:
    values = dict.fromkeys((*COUNTERS, *GAUGES, *MILLISECONDS), 0)
    values |= {"readings_stored": 12_345_678, "database_up": 1, "spooled": 7}
    made = CollectorRegistry()
    over_http = {"readings_stored": 1, "database_up": 1, "received": 1}
    over_http |= dict.fromkeys(MILLISECONDS, 0)
    made.register(WorkerCollector(lambda: {"bridge-0": values, "http-1": over_http}))
    found = read(generate_latest(made).decode())
    assert found == Figures(12_345_679, database_up=True, spooled=7, spool_full=False)
    assert read("# nothing of the bridge's\n") is None
