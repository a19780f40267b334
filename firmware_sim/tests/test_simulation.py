"""The simulator as a process against a real broker, seen by an independent subscriber."""

from __future__ import annotations

import itertools
import json
import signal
import socket
import time
from collections import Counter
from typing import Any

import pytest

from firmware_sim.dialects import DIALECTS, OWN
from firmware_sim.tests.conftest import PATIENCE, Simulator, Subscriber, until
from firmware_sim.tests.wire import arrived, read, recorded


def refuse(port: int, times: int) -> None:
    """Stand in for the broker that is away: take `times` connections and close each."""
    with socket.create_server(("127.0.0.1", port)) as server:
        server.settimeout(PATIENCE)
        for _ in range(times):
            server.accept()[0].close()


def sent(simulator: Simulator, since: float = 0.0) -> Counter[str]:
    """Acknowledged samples of `since` (Unix ms) or later, by device."""
    return Counter(line["uid"] for line in simulator.ledger() if line["at"] >= since)


def missing(ledger: list[dict[str, Any]]) -> int:
    """Measurements that were due each 250 ms, in holes longer than a late one makes."""
    found = 0
    for uid in {line["uid"] for line in ledger}:
        times = sorted(line["at"] for line in ledger if line["uid"] == uid)
        gaps = (after - before for before, after in itertools.pairwise(times))
        found += sum(max(0, (gap - 1_250) // 250) for gap in gaps)
    return found


def test_a_subscriber_receives_exactly_what_the_ledger_says(simulate, witness):
    simulator = simulate("--devices", "50", "--rate", "2")
    until(lambda: len(simulator.ledger()) >= 200 and len(sent(simulator)) == 50, "all have sent")
    output = simulator.stop()
    assert simulator.process.returncode == 0, output
    ledger = recorded(simulator.ledger())
    until(lambda: arrived(witness.telemetry()) == ledger, "all of the ledger has arrived")
    report = simulator.report()
    assert report["samples_acked"] == report["samples_produced"] == ledger.total()
    assert report["messages_acked"] == report["messages_sent"] == len(witness.telemetry())
    assert report["readings_acked"] == sum(len(one["values"]) for one in simulator.ledger())
    assert report["balanced"] is True
    assert report["connected"] == 50
    assert "50 devices online" in output


def test_the_rate_is_kept_and_phases_are_spread(simulate, witness):
    simulator = simulate("--devices", "12", "--rate", "5")
    until(lambda: len(simulator.ledger()) >= 200, "it has sent for three seconds or more")
    simulator.stop()
    report = simulator.report()
    until(lambda: len(witness.telemetry()) == report["messages_sent"], "all arrived")
    measured = [line["at"] for line in simulator.ledger()]
    # Samples, for messages that wait on a busy machine go out as one; two devices pair theirs.
    due = (10 + 2 * 2) * 5 * (max(measured) - min(measured)) / 1000
    # What it was too slow for it says.
    assert len(measured) + report["ticks_skipped"] >= 0.75 * due
    assert len(measured) <= due + 24
    phases = {line["at"] % 200 // 20 for line in simulator.ledger()}
    assert len(phases) >= 5


def test_history_comes_before_the_present(simulate, witness):
    simulator = simulate("--devices", "6", "--backfill", "10")
    until(
        lambda: sum(count > 600 for count in sent(simulator).values()) == 6,
        "all have sent more than their history",
    )
    simulator.stop()
    report = simulator.report()
    assert report["samples_backfilled"] == 6 * 600
    assert report["samples_acked"] == report["samples_produced"]
    for uid in sent(simulator):
        times = [line["at"] for line in simulator.ledger() if line["uid"] == uid]
        assert times == sorted(times)
        assert times[-1] - times[0] >= 600_000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_lost_over_a_broker_restart(number, simulate, witness, broker):
    simulator = simulate("--devices", "12", "--rate", "4")
    until(lambda: len(simulator.ledger()) >= 60 and len(sent(simulator)) == 12, "all have sent")
    if number == signal.SIGKILL:
        broker.freeze()
        until(lambda: broker.unread() >= 12, "messages are sent that nobody will acknowledge")
    broker.stop(number)
    refuse(broker.port, 24)
    broker.start()
    back = len(simulator.ledger()) + 120
    until(lambda: len(simulator.ledger()) >= back, "it sends again")
    output = simulator.stop()
    assert simulator.process.returncode == 0, output
    report = simulator.report()
    assert report["balanced"] is True
    assert report["samples_produced"] == report["samples_acked"]
    assert report["samples_waiting"] == report["messages_unacked"] == 0
    assert report["reconnects"] >= 12
    assert report["stored_sent"] > 0
    assert missing(simulator.ledger()) <= report["ticks_skipped"]
    if number == signal.SIGKILL:
        assert report["messages_interrupted"] > 0
    else:  # killed, this broker forgets what the witness had not yet read
        ledger = recorded(simulator.ledger())
        until(lambda: not ledger - arrived(witness.telemetry()), "at least once, all of it")


def test_the_last_will_fires_when_the_simulator_is_killed(simulate, witness, broker):
    simulator = simulate("--devices", "20")
    until(lambda: list(witness.statuses().values()) == ["online"] * 20, "all are online")
    simulator.stop(signal.SIGKILL)
    until(lambda: list(witness.statuses().values()) == ["offline"] * 20, "the wills are sent")
    later = Subscriber(broker.port, "later")
    until(lambda: list(later.statuses().values()) == ["offline"] * 20, "they are retained")
    later.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_offline_retained_for_all(number, simulate, witness, broker):
    simulator = simulate("--devices", "20")
    until(lambda: list(witness.statuses().values()) == ["online"] * 20, "all are online")
    output = simulator.stop(number)
    assert simulator.process.returncode == 0
    assert "closing report" in output
    assert simulator.report()["samples_waiting"] == 0
    later = Subscriber(broker.port, "later")
    until(lambda: list(later.statuses().values()) == ["offline"] * 20, "they are retained")
    assert all(retained for _, _, retained in later.messages)
    later.close()


def test_without_a_broker_it_still_ends_and_says_what_is_left(simulate, broker):
    broker.stop()
    simulator = simulate("--devices", "6", "--rate", "4", "--duration", "3")
    output = simulator.finish()
    assert simulator.process.returncode == 0, output
    report = simulator.report()
    assert report["samples_waiting"] == report["samples_produced"] > 0
    assert report["messages_sent"] == 0
    assert report["balanced"] is True
    assert "Connection refused" in output


def unreadable(messages: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    found = []
    for message in messages:
        try:
            read(message[1])
        except (ValueError, TypeError, AttributeError, KeyError):
            found.append(message)
    return found


def test_faults_happen_and_the_books_still_balance(simulate, witness):
    simulator = simulate(
        *("--devices", "18", "--rate", "4", "--faults", "all", "--fault-factor", "15"),
    )
    until(lambda: len(simulator.ledger()) >= 300, "some samples are held back")
    until(lambda: unreadable(witness.telemetry()), "something malformed is sent")
    until(lambda: any(line.get("duplicate") for line in simulator.ledger()), "one is sent twice")
    until(lambda: "offline" in witness.statuses().values(), "somebody goes offline")
    output = simulator.stop()
    assert simulator.process.returncode == 0, output
    report = simulator.report()
    assert report["balanced"] is True
    assert report["samples_waiting"] == 0
    for count in ("malformed_sent", "duplicates_sent", "late_sent", "offline_bursts"):
        assert report[count] > 0, count
    until(lambda: len(witness.telemetry()) >= report["messages_acked"], "all has arrived")
    bad = unreadable(witness.telemetry())
    readable = [message for message in witness.telemetry() if message not in bad]
    assert not recorded(simulator.ledger()) - arrived(readable)


def test_an_offline_burst_fires_the_will_and_comes_back_with_its_data(simulate, witness):
    simulator = simulate(
        "--devices", "12", "--rate", "4", "--faults", "offline", "--fault-factor", "60"
    )

    def been_offline() -> set[str]:
        statuses = [(topic, payload) for topic, payload, _ in list(witness.messages)]
        return {topic.split("/")[1] for topic, payload in statuses if payload == b"offline"}

    def forwarded() -> set[str]:
        return {
            uid
            for uid, payload in witness.telemetry()
            if payload.startswith(b"[") and payload.count(b'"ts"') > 2
        }

    until(
        lambda: been_offline() & forwarded(),
        "one that was offline forwards what it measured meanwhile",
        within=120.0,
    )
    simulator.stop()
    assert simulator.report()["samples_produced"] == simulator.report()["samples_acked"]


def test_errors_told_by_the_server_are_counted_by_reason(simulate, witness):
    simulator = simulate("--devices", "2")
    until(lambda: len(sent(simulator)) == 2, "both are subscribed and send")
    for uid in ("weather-001", "freezer-001"):
        told = {"reason": "malformed_json", "message": "…", "received_at": "…"}
        witness.publish(f"devices/{uid}/errors", json.dumps(told))
    # A device reads the acknowledgement of what it measures from now on after what it was told.
    now = time.time() * 1000
    until(lambda: len(sent(simulator, since=now)) == 2, "both have read on")
    output = simulator.stop()
    assert simulator.report()["error_reasons"] == {"malformed_json": 2}
    assert "malformed_json: 2" in output


def test_it_speaks_the_older_protocol_too(simulate, witness):
    simulator = simulate("--devices", "6", "--protocol", "3.1.1")
    until(lambda: len(sent(simulator)) == 6, "all have sent")
    simulator.stop()
    ledger = recorded(simulator.ledger())
    until(lambda: arrived(witness.telemetry()) == ledger, "all of the ledger has arrived")


SPOKEN = {  # what is in a topic of each dialect's readings
    "zigbee2mqtt": "zigbee2mqtt/",
    "tasmota": "/SENSOR",
    "esphome": "esphome/discover/",
    "shelly": "/events/rpc",
    "shelly_gen1": "shellies/",
    "homie": "homie/5/",
    "homie4": "/$implementation",
    "homeassistant": "homeassistant/device/",
    "influx": "influx/",
    "telegraf": "telegraf/",
    "openmqttgateway": "home/OMG_",
    "rtl_433": "rtl_433/",
    "ruuvi": "ruuvi/",
    "meshtastic": "msh/",
    "teltonika": "master/",
    "aws_shadow": "$aws/things/",
    "the_things_stack": "v3/",
    "chirpstack": "application/",
    "chirpstack_v3": "/event/up",
    "thingsboard": "v1/gateway/telemetry",
    "sparkplug": "/NDATA/",
    "senml": "senml/",
    "cayennelpp": "/cayennelpp",
    "json": "plant/",
    "scalar": "diy/",
    OWN: "devices/",
}
WILLS = {  # how the topic of a will begins and ends, and what it says
    "zigbee2mqtt": ("zigbee2mqtt/", "/availability", b"offline"),
    "tasmota": ("tele/", "/LWT", b"Offline"),
    "esphome": ("", "/status", b"offline"),
    "shelly": ("", "/online", b"false"),
    "shelly_gen1": ("shellies/", "/online", b"false"),
    "homie": ("homie/5/", "/$state", b"lost"),
    "homeassistant": ("homeassistant/", "/availability", b"offline"),
    "openmqttgateway": ("home/OMG_", "/LWT", b"offline"),
    "rtl_433": ("rtl_433/", "/availability", b"offline"),
    "ruuvi": ("ruuvi/", "/gw_status", b"offline"),
    "thingsboard": ("v1/gateway/", "disconnect", b"device"),
    "sparkplug": ("spBv1.0/", "", b"bdSeq"),
    "json": ("plant/", "/status", b"offline"),
    "scalar": ("diy/", "/status", b"offline"),
    OWN: ("devices/", "/status", b"offline"),
}


def test_every_dialect_is_spoken_and_left_with_its_will(simulate, broker):
    heard = Subscriber(broker.port, "everything", ("#", "$aws/#"))
    simulator = simulate("--devices", str(len(SPOKEN)), "--speak", "all", "--rate", "4")

    def topics() -> list[str]:
        return [topic for topic, *_ in list(heard.messages)]

    try:
        assert SPOKEN.keys() == {*DIALECTS, OWN}
        for name, part in SPOKEN.items():
            until(lambda p=part: any(p in topic for topic in topics()), f"{name} is spoken")
        before = len(heard.messages)
        simulator.process.kill()
        for name, (beginning, end, words) in WILLS.items():
            until(
                lambda b=beginning, e=end, w=words: any(
                    t.startswith(b) and t.endswith(e) and w in p
                    for t, p, _ in list(heard.messages)[before:]
                ),
                f"the will of {name}",
            )
    finally:
        heard.close()


def test_what_a_dialect_cannot_tell_later_is_lost_and_counted(simulate, witness, broker):
    simulator = simulate("--devices", "2", "--speak", "scalar,influx", "--rate", "4")
    until(lambda: len(sent(simulator)) == 2, "both have sent")
    broker.stop(signal.SIGTERM)
    refuse(broker.port, 4)
    broker.start()
    back = len(simulator.ledger()) + 12
    until(lambda: len(simulator.ledger()) >= back, "they send again")
    output = simulator.stop()
    assert simulator.process.returncode == 0, output
    report = simulator.report()
    assert report["balanced"] is True
    assert report["samples_dropped"] > 0  # of the one without a time
    assert all(line["ts"] is None for line in simulator.ledger() if line["uid"] == "weather-001")
    assert all(line["ts"] for line in simulator.ledger() if line["uid"] == "freezer-001")
