"""A running worker says how it is, to Prometheus and to whoever asks."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from importlib import import_module

from prometheus_client.parser import text_string_to_metric_families

from bridge import metrics
from bridge.tests.conftest import wait_settled
from telemetry import followers, jobs
from telemetry.workers import vitals
from tests.waiting import eventually


def get(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as exc:
        return exc.code, exc.read().decode()
    except OSError as exc:
        return 0, str(exc)


def test_a_worker_serves_its_counters_and_its_readiness(
    bridge, publisher, pump, mosquitto, free_port
) -> None:
    port = free_port()
    bridge.start("--probe", f"127.0.0.1:{port}")
    eventually(lambda: get(port, "/readyz")[0] == 200, what="ready")
    assert get(port, "/healthz")[0] == 200
    publisher.send("devices/pump-1/telemetry", b'{"t":1,"u":2}')
    publisher.send("devices/pump-1/telemetry", b"{")
    said = wait_settled(2)
    assert set(said) == {*metrics.GAUGES, *metrics.MILLISECONDS, *metrics.COUNTERS}
    status, text = get(port, "/metrics")
    assert status == 200
    samples = {
        sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["pulseboard_bridge_received_total"] == 2
    assert samples["pulseboard_bridge_readings_stored_total"] == 2
    assert samples["pulseboard_bridge_rejected_total"] == 1
    assert samples["pulseboard_bridge_in_flight"] == 0
    assert samples["process_resident_memory_bytes"] > 0

    mosquitto.stop()
    eventually(lambda: get(port, "/readyz")[0] == 503, what="not ready without a broker")
    assert json.loads(get(port, "/readyz")[1])["broker"] is False
    assert get(port, "/healthz")[0] == 200
    assert get(port, "/elsewhere")[0] == 404


def test_no_metric_has_a_label_that_prometheus_itself_gives() -> None:
    """`job` was the name of a job of `maintain`, and a query by job found another."""
    for name in ("telemetry.maintenance", "telemetry.following", "notifications.deliveries"):
        import_module(name)
    counted = metrics.registry(lambda: {"bridge-0": dict.fromkeys(metrics.COUNTERS, 1)})
    registries = (vitals.web_registry, jobs.REGISTRY, followers.REGISTRY, counted)
    labels = {
        label
        for registry in registries
        for family in registry.collect()
        for sample in family.samples
        for label in sample.labels
    }
    declared = [each for registry in registries for each in registry._collector_to_names]
    labels |= {label for each in declared for label in getattr(each, "_labelnames", ())}
    assert labels >= {"worker", "task", "follower", "kind"}
    assert labels.isdisjoint({"job", "instance"})
