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
    "batches": "Transactions committed",
    "reconnects": "Connections to the broker that were lost",
    "session_lost": "Connections on which the broker had forgotten our session: a possible gap",
    "notices_dropped": "Error notices to devices that were dropped",
    "live_frames": "Messages sent to the dashboards",
    "live_dropped": "Readings and messages the dashboards did not get",
}


class WorkerCollector(Collector):
    """`snapshot` is that of a `bridge.worker.Worker` or of a `bridge.http.committer.Ingest`."""

    def __init__(self, worker: str, snapshot: Callable[[], dict[str, int]]) -> None:
        self._worker = worker
        self._snapshot = snapshot

    def collect(self) -> Iterator[Metric]:
        values = self._snapshot()
        # A way in without a broker or a spool has no counters of them.
        for name, text in COUNTERS.items():
            if name in values:
                yield self._one(CounterMetricFamily, name, text, values[name])
        for name, text in GAUGES.items():
            if name in values:
                yield self._one(GaugeMetricFamily, name, text, values[name])
        for name, text in MILLISECONDS.items():
            seconds = name.removesuffix("_ms") + "_seconds"
            yield self._one(GaugeMetricFamily, seconds, text, values[name] / 1000)

    def _one(
        self,
        family: type[CounterMetricFamily] | type[GaugeMetricFamily],
        name: str,
        text: str,
        value: float,
    ) -> Metric:
        metric = family(f"pulseboard_bridge_{name}", text, labels=["worker"])
        metric.add_metric([self._worker], value)
        return metric


def registry(worker: str, snapshot: Callable[[], dict[str, int]]) -> CollectorRegistry:
    """The worker's counters beside those of its process."""
    made = CollectorRegistry()
    made.register(WorkerCollector(worker, snapshot))
    made.register(ThreadCollector())
    ProcessCollector(registry=made)
    PlatformCollector(registry=made)
    return made
