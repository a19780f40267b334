"""What is listened to is a setting; filters that overlap bring each message once."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.checks import run_checks

from bridge import decode, listening
from bridge.decode.conventions import own, pulseboard, unread
from bridge.models import ConventionState, DecodeRule, TopicFilter
from bridge.tests.conftest import end, wait_settled, worker_database_url
from tests.bridge_process import BridgeProcess, Publisher
from tests.waiting import eventually

TELEMETRY = "devices/pump-1/telemetry"
OVERLAPPING = "devices/pump-1/+,+/pump-1/telemetry,devices/#"


@pytest.mark.django_db
def test_a_convention_that_is_off_is_neither_heard_nor_read(settings) -> None:
    settings.PULSEBOARD_CONVENTIONS = ["pulseboard"]
    assert listening.conventions() == (pulseboard, own, unread)
    heard = {one.filter for one in listening.subscriptions().each}
    assert heard == {*pulseboard.FILTERS, *unread.FILTERS}
    settings.PULSEBOARD_CONVENTIONS = []
    assert listening.conventions() == decode.CONVENTIONS


@pytest.mark.django_db
def test_the_users_filters_are_heard_too(settings) -> None:
    settings.PULSEBOARD_FILTERS = ["plant/#"]
    TopicFilter.objects.create(filter="hall/+/x")
    definitions = [{"topic": "line/n-{device}/#"}, {"of": "a later version"}, {"topic": "off/#"}]
    for at, definition in enumerate(definitions):
        DecodeRule.objects.create(
            name=str(at),
            position=at,
            definition=definition,
            enabled=definition != {"topic": "off/#"},
        )
    heard = {one.filter for one in listening.subscriptions().each}
    assert {"plant/#", "hall/+/x", "line/+/#"} <= heard
    assert "off/#" not in heard


@pytest.mark.django_db
def test_the_topics_that_were_announced_are_heard_too(settings) -> None:
    scope = {"convention": "homeassistant", "scope": "states"}
    for topic in ("my/own/topic", "tele/plug/SENSOR", "homeassistant/sensor/x/state", "gone"):
        value = None if topic == "gone" else {"x": ["d", "m", "", "", ""]}
        ConventionState.objects.create(**scope, key=topic, value=value)
    ConventionState.objects.create(**{**scope, "scope": "owners"}, key="no/topic", value={"a": 1})
    heard = [one.filter for one in listening.subscriptions().each]
    assert heard.count("my/own/topic") == 1
    # What is heard anyway is not subscribed again; what was taken back is not heard any more.
    others = {"tele/plug/SENSOR", "homeassistant/sensor/x/state", "gone", "no/topic"}
    assert not others & set(heard)
    settings.PULSEBOARD_CONVENTIONS = ["tasmota"]
    assert "my/own/topic" not in [one.filter for one in listening.subscriptions().each]


def test_what_is_no_convention_and_no_filter_is_refused(settings) -> None:
    settings.PULSEBOARD_CONVENTIONS = ["tasmotta"]
    settings.PULSEBOARD_FILTERS = ["a/#/b"]
    settings.AUTO_ADOPT = ["pulseboard", "plant/#", "x#"]
    found = run_checks(tags=["pulseboard"])
    assert [each.id for each in found if each.id in ("pulseboard.E003", "pulseboard.E004")] == [
        "pulseboard.E003",
        "pulseboard.E004",
        "pulseboard.E004",
    ]


@pytest.mark.process
@pytest.mark.parametrize("broker", ["mosquitto", "iotcore"])
def test_what_comes_by_several_filters_is_stored_once(
    broker: str, request, pump, database, tmp_path: Path
) -> None:
    server = request.getfixturevalue(broker)
    worker = BridgeProcess(
        tmp_path / "bridge.log",
        {
            "DATABASE_URL": worker_database_url(),
            "MQTT_URL": server.url,
            "PULSEBOARD_SPOOL": str(tmp_path / "spool"),
            "PULSEBOARD_FILTERS": OVERLAPPING,
        },
    )
    publisher = None
    try:
        worker.start()
        worker.wait_connected()
        publisher = Publisher(server.port)
        for number in range(100):
            publisher.send(TELEMETRY, b'{"n":%d}' % number)
        publisher.wait_acked()
        eventually(lambda: database("SELECT count(*) FROM reading") == [(100,)])
        TopicFilter.objects.create(filter="hall/#")
        noted = "SELECT count(*) FROM ingest_session WHERE 'hall/#' = ANY (filters)"
        eventually(lambda: database(noted) == [(1,)], what="the new filter is noted")
        publisher.send("hall/x", b"?")
        publisher.send(TELEMETRY, b'{"n":100}')
        eventually(lambda: database("SELECT count(*) FROM reading") == [(101,)])
        wait_settled(101)
        assert database("SELECT count(DISTINCT value) FROM reading") == [(101,)]
    finally:
        end(worker)
        if publisher is not None:
            publisher.close()


@pytest.mark.process
def test_a_rule_is_heard_and_read_by_while_the_bridge_runs(
    mosquitto, pump, database, tmp_path: Path
):
    worker = BridgeProcess(
        tmp_path / "bridge.log",
        {
            "DATABASE_URL": worker_database_url(),
            "MQTT_URL": mosquitto.url,
            "PULSEBOARD_SPOOL": str(tmp_path / "spool"),
        },
    )
    publisher = None
    try:
        worker.start()
        worker.wait_connected()
        publisher = Publisher(mosquitto.port)
        rule = DecodeRule.objects.create(
            name="plant",
            position=0,
            definition={"topic": "plant/{device}/{metric}", "payload": "text"},
        )

        def is_read(metric: str) -> bool:
            # Sent until it is listened to; nothing tells the sender that nobody listens.
            publisher.send(f"plant/pump-1/{metric}", b"21.5")
            return bool(database(f"SELECT 1 FROM telemetry_series WHERE metric = '{metric}'"))

        eventually(lambda: is_read("before"), what="a message is read by the new rule")
        rule.definition = {"topic": "plant/{device}/+", "metric": "after", "payload": "text"}
        rule.save()
        eventually(lambda: is_read("after"), what="a message is read by the changed rule")
    finally:
        end(worker)
        if publisher is not None:
            publisher.close()


@pytest.mark.process
def test_a_state_is_stored_from_a_topic_that_only_its_announcement_names(
    bridge, publisher, pump, database
) -> None:
    bridge.start()
    bridge.wait_connected()
    config = b'{"stat_t":"hall/7/x","unit_of_meas":"W","dev":{"ids":["pump-1"]}}'
    publisher.send("homeassistant/sensor/power/config", config)
    noted = "SELECT count(*) FROM ingest_session WHERE 'hall/7/x' = ANY (filters)"
    eventually(lambda: database(noted) == [(1,)], what="the announced topic is noted")

    def stored() -> bool:
        publisher.send("hall/7/x", b"21.5")
        return bool(database("SELECT 1 FROM reading WHERE value = 21.5 LIMIT 1"))

    eventually(stored, what="a state is stored")
    found = "SELECT metric, unit FROM telemetry_series WHERE metric = 'power'"
    assert database(found) == [("power", "W")]
