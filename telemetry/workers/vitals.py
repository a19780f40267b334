"""What a process says of itself: its counters, what it needs, and how its threads are.

Each app adds its own; the web process serves them with its pages, the others through a probe.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from telemetry.workers import thread

# What is wrong with each thing this process needs for its work; "" for nothing.
Needs = dict[str, str]

web_needs: dict[str, Callable[[], str]] = {}  # beside the database and Redis, by name
web_registry = CollectorRegistry()


class ThreadCollector(Collector):
    """The threads of this process, read at each scrape."""

    def collect(self) -> Iterator[Metric]:
        well = GaugeMetricFamily(
            "pulseboard_thread_up", "Whether the thread lives and moves on", labels=["thread"]
        )
        failures = CounterMetricFamily(
            "pulseboard_thread_failures", "Times its loop failed and began anew", labels=["thread"]
        )
        for each in thread.running():
            well.add_metric([each.name], int(not each.trouble()))
            failures.add_metric([each.name], each.failures)
        yield well
        yield failures


def answer(word: str, needs: Needs) -> tuple[int, dict[str, object]]:
    """Status and JSON of a health page: `word` whether all is well, each thing by name, and of
    what is not well why."""
    why = {name: trouble for name, trouble in needs.items() if trouble}
    told: dict[str, object] = {word: not why, **{name: not needs[name] for name in needs}}
    if why:
        told["why"] = why
    return 503 if why else 200, told


web_registry.register(ThreadCollector())
