"""Homie 4 and 5, from homieiot/convention: convention.md of v4.0.0 and of develop (5)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.decode.conventions import homie
from bridge.decode.conventions.homie_description import CHILDREN, MAX_CHILDREN, TYPES
from bridge.decode.conventions.tests.saying import Saying, readings
from bridge.decode.items import Described, Discovered, Ignored, Presence, Rejected, Telemetry

DESCRIPTION: dict[str, Any] = {  # convention.md (5), Devices, Nodes, Properties
    "homie": "5.0",
    "name": "Supercar",
    "version": 7,
    "nodes": {
        "engine": {
            "name": "Car engine",
            "properties": {
                "temperature": {
                    "name": "Engine temperature",
                    "unit": "°C",
                    "datatype": "float",
                    "format": "-20:120",
                },
                "running": {"datatype": "boolean"},
                "gear": {"datatype": "enum", "format": "1,2,3"},
                "count": {"datatype": "integer", "unit": "#"},
                "raw": {"datatype": "json"},
            },
        }
    },
}
SAMPLES = [
    ("homie/5/super-car/$description", json.dumps(DESCRIPTION)),
    ("homie/5/super-car/$state", "ready"),
    ("homie/5/super-car/engine/temperature", "21.5"),
    ("homie/super-car/$name", "Super car"),
    ("homie/super-car/$state", "ready"),
    ("homie/super-car/engine/temperature/$unit", "°C"),
    ("homie/super-car/engine/temperature/$datatype", "float"),
    ("homie/super-car/engine/temperature", "21.5"),
    ("house/5/super-car/$state", "init"),
]


@pytest.mark.parametrize("base", ["homie/5/super-car", "homie/super-car", "house/5/super-car"])
def test_a_property_is_a_reading(base) -> None:
    found = readings(Saying(homie).hear(f"{base}/engine/temperature", "21.5"))
    assert found == {"super-car": {"engine.temperature": 21.5}}


def test_the_description_names_units_and_types() -> None:
    items = Saying(homie).hear("homie/5/super-car/$description", DESCRIPTION, retain=True)
    assert items[0] == Described("super-car", name="Supercar")
    series = {
        item.metric: (item.unit, item.kind, item.label)
        for item in items[1:]
        if isinstance(item, Described)
    }
    assert series == {
        "engine.temperature": ("°C", "gauge", "Car engine Engine temperature"),
        "engine.running": ("", "boolean", "Car engine"),
        "engine.gear": ("", "text", "Car engine"),
        "engine.count": ("", "gauge", "Car engine"),
        "engine.raw": ("", "", "Car engine"),
    }


@pytest.mark.parametrize(
    ("name", "payload", "values"),
    [
        ("temperature", "21.5", {"engine.temperature": 21.5}),
        ("temperature", "-1e2", {"engine.temperature": -100.0}),
        ("running", "true", {"engine.running": True}),
        ("gear", "2", {"engine.gear": "2"}),  # an enum is a text, also where it is digits
        ("count", "9223372036854775807", {"engine.count": "9223372036854775807"}),
        ("raw", '{"a":[1,2]}', {"engine.raw.a.0": 1, "engine.raw.a.1": 2}),
    ],
)
def test_a_value_has_the_type_of_its_description_also_after_a_restart(
    name, payload, values
) -> None:
    saying = Saying(homie)
    saying.hear("homie/5/super-car/$description", DESCRIPTION)
    found = saying.restart().hear(f"homie/5/super-car/engine/{name}", payload)
    assert readings(found) == {"super-car": values}


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("temperature", "NaN"),  # convention.md, Payloads: not a valid payload
        ("temperature", "Infinity"),
        ("temperature", " 21.5"),
        ("temperature", "-"),
        ("temperature", "1_000"),
        ("temperature", "１２"),
        ("running", "TRUE"),
        ("running", "1"),
        ("gear", b"\xff"),
    ],
)
def test_a_value_of_another_type_has_its_reason(name, payload) -> None:
    saying = Saying(homie)
    saying.hear("homie/5/super-car/$description", DESCRIPTION)
    (item,) = saying.hear(f"homie/5/super-car/engine/{name}", payload)
    assert isinstance(item, Rejected)
    assert item.problem.reason in ("unsupported_value", "not_utf8")


def test_attributes_of_version_4_describe() -> None:
    saying = Saying(homie)
    topic = "homie/super-car/engine/temperature"
    assert saying.hear("homie/super-car/$name", "Super car") == [
        Described("super-car", name="Super car")
    ]
    assert saying.hear(f"{topic}/$unit", "°C", retain=True) == [
        Described("super-car", "engine.temperature", unit="°C", quantity="temperature")
    ]
    assert saying.hear(f"{topic}/$name", "Engine temperature") == [
        Described("super-car", "engine.temperature", label="Engine temperature")
    ]
    assert saying.hear(f"{topic}/$datatype", "string") == [
        Described("super-car", "engine.temperature", kind="text")
    ]
    assert readings(saying.restart().hear(topic, "21")) == {
        "super-car": {"engine.temperature": "21"}
    }
    assert saying.hear("homie/super-car/$fw/version", "1.2") == [
        Described("super-car", firmware="1.2")
    ]
    assert saying.hear("homie/super-car/$mac", "DE:AD:BE:EF:FE:ED") == [
        Described("super-car", aliases=("DEADBEEFFEED",))
    ]


@pytest.mark.parametrize(
    ("said", "online"),
    [("init", True), ("ready", True), ("alert", True), ("disconnected", False), ("lost", False)],
)
@pytest.mark.parametrize("retain", [False, True])
def test_the_state_is_presence(said, online, retain) -> None:
    items = Saying(homie).hear("homie/5/super-car/$state", said, retain=retain)
    assert items == [Presence("super-car", online)]


def test_a_child_is_lost_with_its_root() -> None:
    # convention.md (5), Device hierarchy
    saying = Saying(homie)
    saying.hear("homie/5/bridge/$description", {"homie": "5.0", "children": ["dualrelay"]})
    saying.hear("homie/5/bridge/$state", "ready")
    child = {"homie": "5.0", "root": "bridge", "parent": "dualrelay"}
    items = saying.hear("homie/5/light1/$description", child)
    assert items[0] == Discovered("light1", "dualrelay")
    saying.hear("homie/5/light1/$state", "ready")
    where = saying.restart()
    assert where.hear("homie/5/bridge/$state", "lost") == [
        Presence("bridge", False),
        Presence("light1", False),
    ]
    assert where.hear("homie/5/bridge/$state", "ready") == [
        Presence("bridge", True),
        Presence("light1", True),
    ]
    assert where.hear("homie/5/bridge/$state", "ready") == [Presence("bridge", True)]


def test_a_removed_device_is_forgotten() -> None:
    saying = Saying(homie)
    saying.hear("homie/5/super-car/$description", DESCRIPTION)
    saying.hear("homie/5/super-car/$state", "ready")
    (item,) = saying.restart().hear("homie/5/super-car/$state", "")
    assert isinstance(item, Ignored)
    saying.hear("homie/5/super-car/$state", "")
    assert not saying.facts.scope("homie", TYPES)


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("homie/5/kitchen-light/light/power/set", "true", "command"),
        ("homie/5/kitchen-light/light/brightness/$target", "100", "command"),
        ("homie/5/$broadcast/security/alert", "Intruder detected", "broadcast"),
        ("homie/$broadcast/alert", "Intruder detected", "broadcast"),
        ("homie/5/my-device/$log/warn", "battery low", "event"),
        ("homie/5/mydevid/$alert/battery", "Battery is low, at 8%", "event"),
        ("homie/super-car/$homie", "4.0.0", "attribute"),
        ("homie/super-car/$nodes", "wheels,engine,lights", "attribute"),
        ("homie/super-car/engine/$properties", "speed,direction", "attribute"),
        ("homie/super-car/engine/$name", "Car engine", "attribute"),
        ("homie/super-car/$stats/uptime", "120", "attribute"),
        ("homie/5/super-car/$state", "sleeping", "sleeping"),
        ("homie/5/super-car/$description", "", "removed"),
        ("homie/5/super-car/engine/temperature", "", "removed"),
        ("homie/5/super-car/engine/name", b"\x00", "no_values"),  # an empty text
        ("homie/5", "x", "no_device"),
    ],
)
def test_noise_is_no_reading(topic, payload, reason) -> None:
    if topic.count("/") < 2:
        assert homie.matches(topic, b"") == 0
        return
    (item,) = Saying(homie).hear(topic, payload)
    assert isinstance(item, Ignored)
    assert item.reason == reason


def test_a_device_of_version_4_may_be_called_5() -> None:
    assert Saying(homie).hear("homie/5/$state", "ready") == [Presence("5", True)]


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("homie/5/a/$state", "perhaps"),
        ("homie/5/a/$description", "[]"),
        ("homie/5/a/$description", "{"),
        ("homie/5/a/$description", "[" * 100_000),
    ],
)
def test_bad_data_has_its_reason(topic, payload) -> None:
    (item,) = Saying(homie).hear(topic, payload)
    assert isinstance(item, Rejected)
    assert item.problem.reason != "convention_failed"


def test_what_is_remembered_is_bounded() -> None:
    saying = Saying(homie)
    wide = {"nodes": {"n": {"properties": {f"p{n}": {"datatype": "float"} for n in range(2_000)}}}}
    items = saying.hear("homie/5/a/$description", wide)
    assert len(items) <= 501
    assert len(saying.facts.scope("homie", TYPES)["a"]) <= 500
    for number in range(MAX_CHILDREN + 50):
        saying.hear(f"homie/5/c{number}/$description", {"root": "r"})
    assert len(saying.facts.scope("homie", CHILDREN)["r"]) <= MAX_CHILDREN
    (item,) = saying.hear("homie/5/a/n/p1", "5")
    assert isinstance(item, Telemetry)
