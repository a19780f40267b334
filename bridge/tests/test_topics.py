"""What flows through the broker now is told while somebody looks, and why it is read as it is."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from bridge.commit.batch_rows import Rows
from bridge.decode import CONVENTIONS, Decoder
from bridge.decode.conventions import own, unread
from bridge.decode.items import Problem, Reason, Remembered
from bridge.intake.batch import Batch
from bridge.message import Message
from bridge.models import ConventionState, DecodeRule
from bridge.publish import traffic
from bridge.publish.traffic import Traffic
from bridge.tests.conftest import end, worker_database_url
from telemetry.live import traffic_log
from tests.bridge_process import BridgeProcess, Publisher
from tests.waiting import eventually

NOW_US = 1_700_000_000_000_000


@pytest.fixture
def api(database, django_user_model) -> APIClient:
    client = APIClient()
    client.force_authenticate(django_user_model.objects.create_user("operator"))
    return client


def batch_of(*topics: str, payload: bytes = b'{"t":1}') -> tuple[Batch, Rows]:
    messages = [Message(each.encode(), payload, 1, False, False, b"", NOW_US) for each in topics]
    decoder = Decoder()
    batch = Batch.of_items(messages, [decoder.decode(each) for each in messages])
    return batch, Rows(0, len(messages), batch.counts)


@pytest.fixture
def nobody_else(redis_server, settings) -> None:
    """Nothing in Redis of bridges that other tests ran."""
    settings.PULSEBOARD_PREFIX = f"traffic-{secrets.token_hex(8)}"


@pytest.fixture
def watched(nobody_else, monkeypatch: pytest.MonkeyPatch) -> Traffic:
    """One that is looked at, and tells whenever it is asked to."""
    monkeypatch.setattr(traffic, "LOOK_EVERY", 0.0)
    traffic_log.watch()
    made = Traffic("bridge-t")
    made.tell()
    return made


def told() -> dict[str, dict[str, Any]]:
    return {topic: entries[0] for topic, entries in traffic_log.read().items()}


def test_nothing_is_counted_while_nobody_looks(nobody_else, monkeypatch):
    monkeypatch.setattr(traffic_log, "WATCHED_FOR", 1)
    monkeypatch.setattr(traffic, "LOOK_EVERY", 0.0)
    unseen = Traffic("bridge-u")
    unseen.tell()
    unseen.add(*batch_of("devices/a/telemetry"), set())
    assert not unseen._topics
    traffic_log.watch()
    unseen.tell()
    unseen.add(*batch_of("devices/a/telemetry"), set())
    assert unseen._topics
    eventually(lambda: not traffic_log.is_watched(), what="nobody looks any more")
    unseen.tell()
    assert not unseen._topics


def test_each_topic_has_its_count_and_its_last_message(watched):
    batch, rows = batch_of("devices/a/telemetry", "devices/b/telemetry", "devices/a/telemetry")
    rows.problems[1] = [Problem(Reason.BAD_METRIC, "why")]
    watched.add(batch, rows, set())
    watched.tell()
    found = told()
    assert found["devices/a/telemetry"]["messages"] == 2
    assert found["devices/a/telemetry"]["uids"] == ["a"]
    assert found["devices/a/telemetry"]["verdict"] == "stored"
    assert (found["devices/b/telemetry"]["verdict"], found["devices/b/telemetry"]["detail"]) == (
        "partial",
        "why",
    )
    assert base64.b64decode(found["devices/b/telemetry"]["payload"]) == b'{"t":1}'
    watched.add(*batch_of("devices/a/telemetry"), set())
    watched.tell()
    assert told()["devices/a/telemetry"]["messages"] == 3


def test_what_is_kept_of_a_flood_of_topics_is_bounded(watched, monkeypatch):
    monkeypatch.setattr(traffic, "MAX_TOPICS", 10)
    monkeypatch.setattr(traffic, "MAX_TOLD", 4)
    watched.add(*batch_of(*(f"flood/{at}" for at in range(100)), payload=b"x" * 5_000), set())
    assert len(watched._topics) == 11
    for _ in range(3):
        watched.tell()
    found = told()
    assert len(found) == 11
    assert found[traffic.OTHERS]["messages"] == 90
    assert max(len(each["payload"]) for each in found.values()) <= traffic.EXCERPT * 4 // 3 + 4


def test_who_reads_a_topic_and_why_the_others_do_not(api, watched):
    nobodys = "v1/devices/me/telemetry"
    watched.add(*batch_of("devices/a/telemetry", "plant/x/up", nobodys), set())
    watched.tell()
    said = api.post(
        "/api/v1/topics/explain/", {"topic": "devices/a/telemetry"}, format="json"
    ).json()
    assert said["reader"] == "pulseboard"
    why = {each["name"]: each["why"] for each in said["conventions"]}
    assert why["pulseboard"] == "It reads this message."
    assert why["unread"] == "It takes only what no other reads."
    assert set(why) == {each.NAME for each in CONVENTIONS} - {own.NAME}
    assert all(why.values())
    assert said["devices"][0]["samples"] == [{"time": None, "values": {"t": 1}}]
    DecodeRule.objects.create(name="Plant", position=0, definition={"topic": "plant/{device}/+"})
    said = api.post("/api/v1/topics/explain/", {"topic": "plant/x/up"}, format="json").json()
    assert (said["reader"], said["rules"], said["verdict"]) == ("rules", ["Plant"], "stored")
    assert said["devices"][0]["uid"] == "x"
    # What to do is told also once enough of its messages were kept.
    ConventionState.objects.create(
        convention=unread.NAME, scope=unread.TOPICS, key=nobodys, value=unread.KEPT
    )
    said = api.post("/api/v1/topics/explain/", {"topic": nobodys}, format="json").json()
    assert said["verdict"] == "ignored"
    (way,) = [each["detail"] for each in said["problems"] if each["reason"] == "unknown_topic"]
    assert "v1/gateway/telemetry" in way
    absent = api.post("/api/v1/topics/explain/", {"topic": "never/came"}, format="json")
    assert absent.status_code == 404


def test_a_topic_that_was_announced_is_read_by_who_announced_it(api, watched):
    config = b'{"unique_id":"power","state_topic":"attic/power","device":{"ids":"p","name":"P"}}'
    at = b"homeassistant/sensor/power/config"
    for item in Decoder().decode(Message(at, config, 1, False, True, b"", NOW_US)):
        if isinstance(item, Remembered):
            ConventionState.objects.create(
                convention=item.convention, scope=item.scope, key=item.key, value=item.value
            )
    watched.add(*batch_of("attic/power"), set())
    watched.tell()
    said = api.post("/api/v1/topics/explain/", {"topic": "attic/power"}, format="json").json()
    assert said["reader"] == "homeassistant"
    why = {each["name"]: each["why"] for each in said["conventions"]}
    assert why["homeassistant"] == "It reads this message."
    assert why["json"] == "A device announced this topic to Home Assistant."


def test_a_convention_that_is_off_is_told_so(api, watched, settings):
    settings.PULSEBOARD_CONVENTIONS = ["pulseboard"]
    watched.add(*batch_of("tele/x/SENSOR"), set())
    watched.tell()
    said = api.post("/api/v1/topics/explain/", {"topic": "tele/x/SENSOR"}, format="json").json()
    why = {each["name"]: each["why"] for each in said["conventions"]}
    assert why["tasmota"] == "It is switched off."
    assert said["reader"] == "unread"


@pytest.mark.process
def test_a_bridge_tells_what_flows_to_who_asks(api, mosquitto, pump, tmp_path: Path):
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

        def seen() -> dict[str, Any] | None:
            publisher.send("devices/pump-1/telemetry", b'{"t":1}')
            answer = api.get("/api/v1/topics/").json()
            assert "devices/+/telemetry" in answer["filters"]
            mine = [each for each in answer["topics"] if each["uids"] == ["pump-1"]]
            return mine[0] if mine else None

        eventually(seen, what="what flows is told")
        assert seen()["payload"] == '{"t":1}'
    finally:
        end(worker)
        if publisher is not None:
            publisher.close()


def test_a_rule_is_tried_on_the_last_messages_of_its_topics_just_now(api, watched):
    definition = {"topic": "plant/{device}/up", "values": [{"path": "t", "scale": 0.1}]}
    watched.add(*batch_of("plant/p1/up", "plant/p2/up", payload=b'{"t":215}'), set())
    watched.add(*batch_of("plant/p2/up", payload=b'{"t":1}'), set())
    watched.add(*batch_of("plant/p3/up", payload=b'{"t":"%s"}' % (b"x" * traffic.EXCERPT)), set())
    watched.add(*batch_of("elsewhere"), set())
    watched.tell()
    told = api.post("/api/v1/rules/preview/", {"definition": definition}, format="json").json()
    live = {each["topic"]: each for each in told["samples"] if each["source"] == "live"}
    assert list(live) == ["plant/p1/up", "plant/p2/up", "plant/p3/up"]
    values = [sample["values"] for sample in live["plant/p2/up"]["devices"][0]["samples"]]
    assert values == [{"t": 0.1}]  # the last of its topic
    cut = live["plant/p3/up"]
    assert (cut["verdict"], cut["size"]) == ("untried", traffic.EXCERPT + len('{"t":""}'))


def test_a_rule_is_tried_without_what_comes_now_while_redis_is_away(api, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1"
    body = {"definition": {"topic": "plant/{device}/up"}}
    answer = api.post("/api/v1/rules/preview/", body, format="json")
    assert (answer.status_code, answer.json()["samples"]) == (200, [])
