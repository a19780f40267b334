"""An ingest worker's counters for Prometheus, read from the worker at each scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from telemetry.workers.vitals import ThreadCollector

GAUGES = {
    "in_flight": "Messages received and not finished yet",
    "spooled": "Messages in the spool",
    "spool_bytes": "Bytes in the spool",
    "spool_full": "Whether the spool is full, so that nothing is acknowledged",
    "connected": "Whether the broker is connected",
    "database_up": "Whether the database answers",
    "thingsboard_connections": "Devices' connections of ThingsBoard's API that are open",
}
MILLISECONDS = {
    "lag_ms": "How long the oldest message for us has waited, here or in the broker, at least",
    "connected_for_ms": "How long the broker has been connected without a break",
    "clock_ahead_ms": "How far the host's clock is ahead of the database's, negative when behind",
    "last_commit_ms": "Duration of the newest commit",
    "newest_reading_ms": "When the newest stored reading was measured, Unix time",
}
COUNTERS = {
    "received": "Messages received",
    "stored": "Messages of which something new was stored, or that needed nothing stored",
    "duplicate": "Messages whose readings were all stored before",
    "rejected": "Messages put into quarantine",
    "partial": "Messages stored with some values left out",
    "presence": "Status messages",
    "readings_stored": "Readings stored",
    "readings_duplicate": "Readings that were stored before",
    "conflicts": "Readings left out because another value of their series has their time",
    "values_dropped": "Values left out of stored messages",
    "clock_replaced": "Messages whose device clock was implausible",
    "over_limit": "Messages refused because their sender was over its limit",
    "not_remembered": "Messages of which a convention could not remember what they say, being full",
    "batches": "Transactions committed",
    "reconnects": "Connections to the broker that were lost",
    "session_lost": "Connections on which the broker had forgotten our session: a possible gap",
    "notices_dropped": "Error notices to devices that were dropped",
    "thingsboard_refused": "Such connections that were not let in",
    "thingsboard_cut": "Such connections that were ended here: a bad packet, a token, the database",
    "live_frames": "Messages sent to the dashboards",
    "live_dropped": "Readings and messages the dashboards did not get",
}


class WorkerCollector(Collector):
    """Of those of a process, each a `bridge.worker.Worker` or a `bridge.http.committer.Ingest`:
    `snapshots` has the counters of each by its name."""

    def __init__(self, snapshots: Callable[[], dict[str, dict[str, int]]]) -> None:
        self._snapshots = snapshots

    def collect(self) -> Iterator[Metric]:
        found = self._snapshots()
        for name, text in COUNTERS.items():
            yield from _family(CounterMetricFamily, name, text, _given(found, name))
        for name, text in GAUGES.items():
            yield from _family(GaugeMetricFamily, name, text, _given(found, name))
        for name, text in MILLISECONDS.items():
            given = {worker: value / 1000 for worker, value in _given(found, name).items()}
            yield from _family(
                GaugeMetricFamily, name.removesuffix("_ms") + "_seconds", text, given
            )


def _given(found: dict[str, dict[str, int]], name: str) -> dict[str, float]:
    """A way in without a broker or a spool has no counters of them."""
    return {worker: values[name] for worker, values in found.items() if name in values}


def _family(
    family: type[CounterMetricFamily] | type[GaugeMetricFamily],
    name: str,
    text: str,
    values: dict[str, float],
) -> Iterator[Metric]:
    if values:
        metric = family(f"pulseboard_bridge_{name}", text, labels=["worker"])
        for worker, value in values.items():
            metric.add_metric([worker], value)
        yield metric


def registry(snapshots: Callable[[], dict[str, dict[str, int]]]) -> CollectorRegistry:
    """The workers' counters beside those of their process."""
    made = CollectorRegistry()
    made.register(WorkerCollector(snapshots))
    made.register(ThreadCollector())
    ProcessCollector(registry=made)
    PlatformCollector(registry=made)
    return made
