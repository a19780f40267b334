"""REST: rules are written, ordered, tried, exported and taken in; what was kept is read again."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from bridge.commit.beside import Learning
from bridge.decode import Decoder
from bridge.decode.items import Telemetry
from bridge.decode.rules import MAX_RULES
from bridge.decode.state import Facts
from bridge.message import Message
from bridge.models import DecodeRule
from bridge.tests.test_replay import AT, partitions_of_then, readings
from devices.models import Device
from telemetry.models import QuarantinedMessage, Series

__all__ = ["partitions_of_then"]
pytestmark = pytest.mark.usefixtures("database")

PLANT = {"topic": "plant/{device}/up", "values": [{"path": "t", "scale": 0.1, "unit": "°C"}]}
SAMPLE = {"topic": "a", "payload": ""}


@pytest.fixture
def api(database, django_user_model) -> APIClient:
    client = APIClient(enforce_csrf_checks=False)
    client.force_authenticate(django_user_model.objects.create_user("operator"))
    return client


def post(api: APIClient, path: str, body: Any, status: int = 200) -> Any:
    answer = api.post(f"/api/v1/rules/{path}", body, format="json")
    assert answer.status_code == status, answer.content
    return answer.json() if answer.content else None


def create(api: APIClient, name: str, definition: Any = None) -> Any:
    return post(api, "", {"name": name, "definition": definition or PLANT}, 201)


def names(api: APIClient) -> list[str]:
    return [rule["name"] for rule in api.get("/api/v1/rules/").json()["rules"]]


def kept(topic: str, payload: bytes, uid: str = "") -> QuarantinedMessage:
    return QuarantinedMessage.objects.create(
        received_at=AT, topic=topic, uid=uid, reason="unknown_topic", payload=payload,
        payload_size=len(payload),
    )  # fmt: skip


def of_p1(facts: Facts) -> dict[str, Any] | None:
    """What a message says of the device p1, which the rule names and no convention would."""
    message = Message(b"plant/p1/up", b'{"t":215}', 1, False, False, b"", 1_700_000_000_000)
    said = [item for item in Decoder(facts).decode(message) if isinstance(item, Telemetry)]
    return next((dict(item.samples[0].values) for item in said if item.uid == "p1"), None)


def test_rules_are_written_changed_ordered_and_deleted(api):
    first, second, third = [create(api, name) for name in ("a", "b", "c")]
    assert first["filter"] == "plant/+/up"
    assert names(api) == ["a", "b", "c"]
    post(api, "order/", {"ids": [third["id"], first["id"], second["id"]]}, 204)
    assert names(api) == ["c", "a", "b"]
    answer = api.patch(
        f"/api/v1/rules/{first['id']}/", {"enabled": False, "name": "A"}, format="json"
    )
    assert answer.json()["enabled"] is False
    # A sample without its topic, which only PATCH let through, kept every rule from being listed.
    for samples in ([{}], [{"topic": "a"}], ["a"]):
        answer = api.patch(f"/api/v1/rules/{first['id']}/", {"samples": samples}, format="json")
        assert (answer.status_code, [*answer.json()]) == (400, ["samples"])
    assert api.delete(f"/api/v1/rules/{third['id']}/").status_code == 204
    assert names(api) == ["A", "b"]
    assert create(api, "d")["position"] > second["position"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"definition": PLANT}, "name"),
        ({"name": "", "definition": PLANT}, "name"),
        ({"name": "taken", "definition": PLANT}, "name"),
        ({"name": "x"}, "definition"),
        ({"name": "x", "definition": PLANT, "positon": 1}, "positon"),
        ({"name": "x", "definition": PLANT, "samples": [{"topic": "a"}]}, "samples"),
        ({"name": "x", "definition": PLANT, "samples": [SAMPLE] * 21}, "samples"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_at_its_field(api, body, field):
    create(api, "taken")
    assert field in post(api, "", body, 400)
    assert names(api) == ["taken"]


def test_a_mistake_in_a_definition_is_told_under_its_dotted_name(api):
    definition = PLANT | {"values": [{"path": "t", "scale": "a lot"}], "device": "{nobody}"}
    told = post(api, "", {"name": "x", "definition": definition}, 400)["definition"]
    assert told["values.0.scale"] == ["Write a number."]
    assert "{nobody} is unknown" in told["device"][0]


def test_an_order_of_other_rules_is_refused(api):
    rule = create(api, "a")
    for ids in ([], [rule["id"], rule["id"]], [rule["id"], 0], [0]):
        assert "ids" in post(api, "order/", {"ids": ids}, 400)


def test_there_are_not_more_rules_than_there_may_be(api):
    DecodeRule.objects.bulk_create(
        DecodeRule(name=str(at), position=at, definition=PLANT) for at in range(MAX_RULES)
    )
    assert "most there may be" in post(api, "", {"name": "x", "definition": PLANT}, 400)["detail"]
    file = {"pulseboard_rules": 1, "rules": [{"name": "x", "definition": PLANT}]}
    assert "too many" in post(api, "import/", file, 400)["rules"][0]
    assert DecodeRule.objects.count() == MAX_RULES


def test_a_definition_is_tried_on_samples_and_on_what_was_kept(api):
    kept("plant/p1/up", b'{"t":215}')
    kept("plant/p1/down", b'{"t":1}')
    kept("plant/p2/up", b"nonsense")
    samples = [
        {"topic": "plant/x/up", "payload": '{"t":7}', "expected": {"x": {"t": 0.7}}},
        {"topic": "plant/x/up", "payload": '{"t":7}', "expected": {"x": {"t": 7}}},
        {"topic": "elsewhere", "payload": "{}"},
    ]
    told = post(api, "preview/", {"definition": PLANT, "samples": samples})
    assert told["errors"] == {}
    assert told["filter"] == "plant/+/up"
    given = [each for each in told["samples"] if each["source"] == "given"]
    assert [(each["verdict"], each["passed"]) for each in given] == [
        ("stored", True),
        ("stored", False),
        ("unmatched", None),
    ]
    found = {
        (each["topic"], each["verdict"]): each["devices"]
        for each in told["samples"]
        if each["source"] == "quarantine"
    }
    assert set(found) == {("plant/p1/up", "stored"), ("plant/p2/up", "rejected")}
    (device,) = found["plant/p1/up", "stored"]
    assert device["uid"] == "p1"
    assert device["units"] == {"t": "°C"}
    assert device["samples"] == [{"time": None, "values": {"t": 21.5}}]


def test_a_definition_with_mistakes_is_answered_with_them(api):
    told = post(api, "preview/", {"definition": {"topic": "a/{device}", "device": "{x}"}})
    assert list(told["errors"]) == ["device"]
    assert told["samples"] == []
    assert "topic" in post(api, "preview/", {"definition": [1]})["errors"]


def test_what_was_kept_of_a_topic_is_decoded_again_by_its_rule(api):
    Device.objects.create(uid="p1", name="p1")
    kept("plant/p1/up", b'{"t":215}', uid="guessed")
    kept("plant/p1/elsewhere", b'{"t":1}')
    rule = create(api, "plant")
    assert rule["waiting"] == 1
    told = post(api, f"{rule['id']}/replay/", None)
    assert (told["replayed"], told["stored"], told["readings"]) == (1, 1, 1)
    assert [(metric, value) for metric, _, value in readings()] == [("t", "21.5")]
    assert Series.objects.get(device__uid="p1").unit == "°C"
    assert api.get(f"/api/v1/rules/{rule['id']}/").json()["waiting"] == 0


def test_rules_go_out_as_a_file_and_come_in_again(api):
    create(api, "a")
    sample = {"topic": "plant/x/up", "payload": "{}", "expected": None}
    post(api, "", {"name": "b", "enabled": False, "definition": PLANT, "samples": [sample]}, 201)
    answer = api.get("/api/v1/rules/export/")
    assert "pulseboard-rules.json" in answer["Content-Disposition"]
    file = answer.json()
    DecodeRule.objects.filter(name="a").delete()
    DecodeRule.objects.filter(name="b").update(enabled=True, definition={"topic": "x/{device}"})
    assert post(api, "import/", file) == {"created": 1, "changed": 1}
    assert sorted(names(api)) == ["a", "b"]
    again = {rule["name"]: rule for rule in api.get("/api/v1/rules/export/").json()["rules"]}
    assert again == {rule["name"]: rule for rule in file["rules"]}


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ([{"name": "n", "definition": {"topic": "a/#/b"}}], "rules.1"),
        ([{"name": "ok", "definition": PLANT}], "rules"),
    ],
)
def test_a_file_is_taken_in_whole_or_not_at_all(api, rules, field):
    good = {"name": "ok", "definition": PLANT}
    told = post(api, "import/", {"pulseboard_rules": 1, "rules": [good, *rules]}, 400)
    assert field in told
    assert names(api) == []
    assert "pulseboard_rules" in post(api, "import/", {"rules": []}, 400)


def test_a_decoder_takes_a_change_in_at_its_next_look(api):
    facts = Facts()
    learning = Learning(facts)
    learning.refresh(1_000.0)
    assert of_p1(facts) is None
    rule = create(api, "plant")
    learning.refresh(1_000.5)  # not looked yet
    assert of_p1(facts) is None
    learning.refresh(1_001.5)
    assert of_p1(facts) == {"t": 21.5}
    loaded = facts.rules
    learning.refresh(1_003.0)
    assert facts.rules is loaded  # nothing changed
    api.patch(f"/api/v1/rules/{rule['id']}/", {"enabled": False}, format="json")
    learning.refresh(1_004.5)
    assert of_p1(facts) is None


def test_a_stored_rule_that_cannot_be_used_costs_no_other(database, caplog):
    DecodeRule.objects.create(name="of a later version", position=0, definition={"when": 1})
    DecodeRule.objects.create(name="plant", position=1, definition=PLANT)
    facts = Facts()
    Learning(facts).refresh(1_000.0)
    assert of_p1(facts) == {"t": 21.5}
    assert "of a later version" in caplog.text
