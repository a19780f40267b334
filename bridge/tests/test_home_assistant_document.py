"""The document that announces a device has the fields, and only those, that Home Assistant's
documentation of its MQTT integration names: device discovery, `sensor.mqtt`, `binary_sensor.mqtt`
(home-assistant.io/integrations/mqtt, …/sensor.mqtt, …/binary_sensor.mqtt, …/sensor).
"""

from __future__ import annotations

import json
import re

import pytest

from bridge.decode.conventions import own
from bridge.publish.mirror import topics
from bridge.publish.mirror.choice import Choice, is_pattern
from bridge.publish.mirror.classes import class_of, state_class_of
from bridge.publish.mirror.document import Shown, Told, document

ROOT = {"device", "origin", "availability_topic", "components"}
DEVICE = {
    *("identifiers", "name", "manufacturer", "model", "sw_version", "serial_number"),
    *("suggested_area", "configuration_url"),
}
SHARED = {"platform", "unique_id", "name", "state_topic"}
SENSOR = SHARED | {
    *("device_class", "state_class", "unit_of_measurement", "suggested_display_precision"),
}
BINARY_SENSOR = SHARED | {"device_class", "payload_on", "payload_off"}
IDS = re.compile(r"[a-zA-Z0-9_-]+")  # what node and object ids may have

FREEZER = Told(
    "freezer-1",
    "Freezer 1",
    "Kitchen",
    {
        "model": "F20",
        "firmware": "1.2",
        "serial": "FR1",
        "described": {"manufacturer": "Nordkalt", "model": "x"},
    },
    "https://pulse.example/devices/freezer-1/",
)
TEMPERATURE = Shown("air.temperature", "°C", "gauge", 2, "", "")
DOOR = Shown("door_open", "", "boolean", None, "Door", "")
STATE = Shown("state", "", "text", None, "", "")
ENERGY = Shown("energy", "kWh", "counter", 3, "", "")
ALL = [TEMPERATURE, DOOR, STATE, ENERGY]


def read(*gone: str, series: list[Shown] = ALL) -> dict:
    return json.loads(document(FREEZER, series, gone))


def test_the_document_has_what_is_documented_and_nothing_else() -> None:
    said = read()
    assert said.keys() == ROOT
    assert said["origin"] == {"name": "Pulseboard"}  # `name` is the one that is required
    assert said["device"].keys() == DEVICE
    assert said["device"]["identifiers"] == ["pulseboard-freezer-1"]
    assert said["device"]["model"] == "F20"
    assert said["device"]["manufacturer"] == "Nordkalt"
    for name, component in said["components"].items():
        assert IDS.fullmatch(name)
        documented = SENSOR if component["platform"] == "sensor" else BINARY_SENSOR
        assert component.keys() <= documented
        assert component.keys() >= SHARED
    ids = [one["unique_id"] for one in said["components"].values()]
    assert len(set(ids)) == len(ALL)


def test_each_kind_of_series_becomes_the_entity_that_fits() -> None:
    components = {one["state_topic"]: one for one in read()["components"].values()}
    temperature = components["pulseboard/freezer-1/air.temperature"]
    assert temperature["name"] == "Air temperature"
    assert temperature["device_class"] == "temperature"
    assert temperature["unit_of_measurement"] == "°C"
    assert temperature["state_class"] == "measurement"
    assert temperature["suggested_display_precision"] == 2
    door = components["pulseboard/freezer-1/door_open"]
    assert (door["platform"], door["name"], door["device_class"]) == (
        "binary_sensor",
        "Door",
        "opening",
    )
    assert (door["payload_on"], door["payload_off"]) == ("true", "false")
    assert "state_class" not in components["pulseboard/freezer-1/state"]
    assert components["pulseboard/freezer-1/energy"]["state_class"] == "total_increasing"


def test_what_is_gone_is_named_once_more_with_its_platform_alone() -> None:
    said = read("sensor/humidity", series=[DOOR])
    assert said["components"]["sensor-humidity"] == {"platform": "sensor"}
    assert "binary_sensor-door_open" in said["components"]


@pytest.mark.parametrize(
    ("metric", "unit", "kind", "expected"),
    [
        ("temperature", "°C", "gauge", ("temperature", "measurement")),
        ("dew_point", "°C", "gauge", ("temperature", "measurement")),
        ("energy", "kWh", "counter", ("energy", "total_increasing")),
        ("energy", "kWh", "gauge", ("energy_storage", "measurement")),  # `energy` must be a total
        ("power", "W", "gauge", ("power", "measurement")),
        ("power", "W", "counter", ("", "total_increasing")),
        ("volume", "l", "gauge", ("volume_storage", "measurement")),
        ("pumped_total", "l", "counter", ("volume", "total_increasing")),
        ("outflow", "l/min", "gauge", ("volume_flow_rate", "measurement")),
        ("co2", "ppm", "gauge", ("carbon_dioxide", "measurement")),
        ("pm2_5", "µg/m³", "gauge", ("pm25", "measurement")),
        ("tvoc", "ppb", "gauge", ("volatile_organic_compounds_parts", "measurement")),
        ("wind_direction", "°", "gauge", ("wind_direction", "measurement_angle")),
        ("wind_speed", "m/s", "gauge", ("wind_speed", "measurement")),
        ("rain", "mm/h", "gauge", ("precipitation_intensity", "measurement")),
        ("rain_total", "mm", "counter", ("precipitation", "total_increasing")),
        ("humidity", "g/kg", "gauge", ("", "measurement")),  # not a unit of that class
        ("level", "%", "gauge", ("", "measurement")),
        ("anything", "", "gauge", ("", "measurement")),
    ],
)
def test_classes_are_named_where_the_unit_is_one_of_theirs(
    metric: str, unit: str, kind: str, expected: tuple[str, str]
) -> None:
    found = class_of(metric, unit, "", kind)
    assert (found, state_class_of(found, kind)) == expected


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (21.5, "gauge", b"21.5"),
        (-18.0, "gauge", b"-18"),
        (1e-9, "gauge", b"1e-09"),
        (1e300, "gauge", b"1e+300"),
        (12345.0, "counter", b"12345"),
        (1.0, "boolean", b"true"),
        (0.0, "boolean", b"false"),
        ("running", "text", b"running"),
        (3.0, "text", b"3.0"),
        ("unavailable", "gauge", None),
    ],
)
def test_values_are_written_so_that_others_read_them(value, kind, expected) -> None:
    assert topics.payload(value, kind) == expected


@pytest.mark.parametrize(
    ("metric", "level"),
    [
        ("temperature", "temperature"),
        ("a/b", "a%2Fb"),
        ("50%", "50%25"),
        ("+", "%2B"),
        ("#", "%23"),
        ("availability", "%61vailability"),
        ("größe", "größe"),
    ],
)
def test_a_metric_is_one_level_of_its_topic_whatever_it_is_called(metric, level) -> None:
    topic = topics.state("uid", metric)
    assert topic == f"pulseboard/uid/{level}"
    assert own.matches(topic, b"1") == 100
    assert IDS.fullmatch(topics.key(metric))


def test_what_we_publish_is_never_read_as_data() -> None:
    for topic in (topics.availability("a"), topics.discovery("homeassistant", "a")):
        assert own.matches(topic, b"x") == 100


def test_the_choice_is_by_pattern_or_by_tag() -> None:
    choice = Choice(["freezer-*/temperature", "tank-1"], "")

    def chosen(uid: str, metric: str, *tags: str) -> bool:
        return any(each.match(metric) for each in choice.of_device(uid, tags))

    assert chosen("freezer-7", "temperature")
    assert not chosen("freezer-7", "temperature2")
    assert not chosen("freezer-7", "power")
    assert chosen("freezer-7", "power", "publish")
    assert chosen("tank-1", "level")
    assert not chosen("tank-12", "level")
    assert choice.is_on
    assert Choice([], "homeassistant").is_on
    assert not Choice([], "").is_on


def test_a_pattern_is_a_uid_with_or_without_a_metric() -> None:
    assert all(map(is_pattern, ["*", "freezer-*", "a/b.c", "*/temp*"]))
    assert not any(map(is_pattern, ["", "a b", "a/", "/x", "ü"]))
