"""The Things Stack v3. Sources: lorawan-stack-docs (The Things Industries), lorawan-stack, and
captures of go-mqtt-to-influx (koestler), each named beside its row."""

from __future__ import annotations

import json

import pytest

from bridge.decode import Decoder
from bridge.decode.conventions import the_things_stack
from bridge.decode.conventions.the_things_stack import (
    DOWNLINK,
    REPEATED,
    SERVICE,
    SIMULATED,
)
from bridge.decode.items import Described, Ignored, Item, Reason, Rejected, Sample, Telemetry
from bridge.message import Message

NOW = 1_900_000_000_000_000  # Unix microseconds
UP = "v3/app1@tenant1/devices/dev1/up"
EUI = "0004a30b001c0530"
IDS = {
    "device_id": "dev1",
    "application_ids": {"application_id": "app1"},
    "dev_eui": "0004A30B001C0530",
    "join_eui": "800000000000000C",
    "dev_addr": "00BCB929",
}
DEVICE = Described(EUI, name="dev1", area="app1", aliases=("app1/dev1",))
RX = [{"gateway_ids": {"gateway_id": "gtw1"}, "rssi": -35, "channel_rssi": -35, "snr": 5}]
LINK = {"link.rssi": -35, "link.snr": 5, "link.frame_counter": 1}
RECEIVED = "2020-02-12T15:15:46.014773143Z"
RECEIVED_US = 1_581_520_546_014_773


SAMPLES = [
    (
        UP,
        (b'{"end_device_ids":{"device_id":"dev1","application_ids":{"application_id":"app1"},'
        b'"dev_eui":"0004A30B001C0530"},"received_at":"2020-02-12T15:15:46.014773143Z",'
        b'"uplink_message":{"f_cnt":1,"frm_payload":"gkHe","decoded_payload":{"temperature":1.0,'
        b'"list":[{"type":"a","value":1}]},"rx_metadata":[{"rssi":-35,"snr":5.2}],'
        b'"settings":{"time":"2020-02-12T15:15:45.787Z"},"attributes":{"format":"cayennelpp"}}}'),
    ),
    (UP, (b'{"end_device_ids":{"device_id":"d"},"uplink_message":{"frm_payload":"A2cBEAVnAP8=",'
         b'"attributes":{"format":"cayennelpp"}}}')),
    ("v3/app1/devices/dev1/join", b'{"end_device_ids":{"device_id":"dev1"},"join_accept":{}}'),
    ("v3/app1/devices/dev1/location/solved",
     (b'{"end_device_ids":{"device_id":"dev1"},"location_solved":{"location":{"latitude":37.9,'
     b'"longitude":23.7,"altitude":10}}}')),
]  # fmt: skip


def decoded(payload: object, topic: str = UP) -> list[Item]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Decoder().decode(Message(topic.encode(), raw, 1, False, False, b"", NOW))


def uplink(**message: object) -> dict[str, object]:
    return {"end_device_ids": IDS, "received_at": RECEIVED, "uplink_message": message}


SENSECAP = {  # as SenseCAP's payload formatter of the device repository writes
    "err": 0,
    "messages": [
        {"measurementId": "4097", "measurementValue": 1.8, "type": "Air Temperature"},
        {"measurementId": "4098", "measurementValue": 35, "type": "Air Humidity"},
        {"measurementId": "4101", "measurementValue": "-1.5", "type": "Barometric Pressure"},
    ],
    "payload": "010012",
    "valid": True,
}


@pytest.mark.parametrize(
    ("source", "message", "values"),
    [
        (
            "lorawan-stack-docs, integrations/data-formats: uplink message example",
            {
                "f_cnt": 1,
                "frm_payload": "gkHe",
                "decoded_payload": {"temperature": 1.0, "luminosity": 0.64},
                "rx_metadata": RX,
            },
            LINK | {"temperature": 1.0, "luminosity": 0.64},
        ),
        (
            "the same: empty fields are omitted, so no f_cnt is the counter 0",
            {"decoded_payload": {"temperature": 1.0}, "rx_metadata": RX},
            LINK | {"link.frame_counter": 0, "temperature": 1.0},
        ),
        (
            "go-mqtt-to-influx, ttn-sensecap_test.go: named values in a list, one in digits",
            {"f_cnt": 1, "decoded_payload": SENSECAP, "rx_metadata": RX},
            LINK
            | {"err": 0, "Air Temperature": 1.8, "Air Humidity": 35, "Barometric Pressure": -1.5}
            | {"payload": "010012", "valid": True},
        ),
        (
            "lorawan-stack-docs, payload-formatters/cayenne: what the formatter CayenneLPP decodes",
            {
                "f_cnt": 1,
                "frm_payload": "AHMnvwBnAN4=",
                "decoded_payload": {"barometric_pressure_0": 1017.5, "temperature_0": 22.2},
                "rx_metadata": RX,
            },
            LINK | {"barometric_pressure_0": 1017.5, "temperature_0": 22.2},
        ),
        (
            "the same, without a formatter, of a device whose attributes name the format",
            {
                "f_cnt": 1,
                "frm_payload": "A2cBEAVnAP8=",
                "attributes": {"format": "CayenneLPP"},
                "rx_metadata": RX,
            },
            LINK | {"temperature_3": 27.2, "temperature_5": 25.5},
        ),
        (
            "of several gateways the one that heard it best; numbers with leading zeros are names",
            {
                "f_cnt": 1,
                "decoded_payload": {"id": "00000101", "on": "FALSE", "gone": None, "gps": [1, 2]},
                "rx_metadata": [{"rssi": -110, "snr": -3}, {"rssi": -35, "snr": 5}, {"snr": 9}, 7],
            },
            LINK | {"id": "00000101", "on": "FALSE", "gps.0": 1, "gps.1": 2},
        ),
        (
            "a frame of the MAC layer only has no payload to decode",
            {"f_cnt": 1, "rx_metadata": RX},
            LINK,
        ),
    ],
)
def test_an_uplink_is_readings_at_the_time_it_was_received(
    source: str, message: dict[str, object], values: dict[str, object]
) -> None:
    assert decoded(uplink(**message)) == [DEVICE, Telemetry(EUI, [Sample(RECEIVED_US, values)])]


def test_the_example_of_the_mqtt_documentation_says_to_set_a_formatter() -> None:
    """lorawan-stack-docs, integrations/other-integrations/mqtt: no received_at, no decoded payload.
    The time is the gateway's that the settings name, otherwise our own."""
    payload = uplink(
        f_port=15,
        frm_payload="VGVtcGVyYXR1cmUgPSAwLjA=",
        rx_metadata=[{"time": "2019-01-29T13:02:34.981Z", "rssi": -35, "snr": 5}],
    )
    del payload["received_at"]
    _, told = decoded(payload)
    assert isinstance(told, Telemetry)
    assert told.samples == [Sample(0, LINK | {"link.frame_counter": 0})]
    assert [problem.reason for problem in told.problems] == [Reason.NO_VALUES]
    assert "payload formatter" in told.problems[0].detail
    payload["uplink_message"]["settings"] = {"time": "2019-01-29T13:02:34.981Z"}  # type: ignore[index]
    _, told = decoded(payload)
    assert isinstance(told, Telemetry)
    assert told.samples[0].time_us == 1_548_766_954_981_000


def test_the_payload_names_the_device_whatever_the_topic_says() -> None:
    """payloads.md 3.10: a capture where both differ, and Pub/Sub with one topic for all."""
    one = decoded(uplink(decoded_payload={"t": 1}))
    assert decoded(uplink(decoded_payload={"t": 1}), "v3/app1/devices/other/up") == one
    assert decoded(uplink(decoded_payload={"t": 1}), "ttn/all/of/them") == one


def test_a_device_without_an_eui_is_its_id_in_its_application() -> None:
    """lorawan-stack-docs: of a device activated by personalisation the DevEUI is optional."""
    ids = {"device_id": "dev1", "application_ids": {"application_id": "app1"}}
    here, _ = decoded({"end_device_ids": ids, "uplink_message": {}})
    there, _ = decoded(
        {
            "end_device_ids": ids | {"application_ids": {"application_id": "app2"}},
            "uplink_message": {},
        }
    )
    assert (here.uid[:10], there.uid[:10]) == ("app1-dev1-", "app2-dev1-")
    assert here.uid != there.uid


def test_what_the_device_repository_says_of_a_device_is_kept() -> None:
    """go-mqtt-to-influx, ttn-sensecap_test.go."""
    version = {"brand_id": "sensecap", "model_id": "s2120", "firmware_version": "1.0"}
    device, _ = decoded(uplink(version_ids=version))
    assert isinstance(device, Described)
    assert device.manufacturer == "sensecap"
    assert (device.model, device.firmware) == ("s2120", "1.0")


def test_a_join_and_a_solved_location_are_heard() -> None:
    """lorawan-stack-docs, integrations/data-formats: join; lorawan-stack: LocationSolved."""
    join = {"end_device_ids": IDS, "join_accept": {"session_key_id": "AXBSH1Pk6Z0G166RlH16CQ=="}}
    assert decoded(join, "v3/app1/devices/dev1/join") == [DEVICE]
    place = {"latitude": 37.97155556731436, "longitude": 23.72678801175413, "altitude": 10}
    solved = {"service": "geolocation", "location": place | {"source": "SOURCE_LORA_TDOA"}}
    items = decoded(
        {"end_device_ids": IDS, "received_at": RECEIVED, "location_solved": solved},
        "v3/app1/devices/dev1/location/solved",
    )
    values = {f"location.{name}": value for name, value in place.items()}
    assert items == [DEVICE, Telemetry(EUI, [Sample(RECEIVED_US, values)])]


@pytest.mark.parametrize(
    ("topic", "payload", "item"),
    [
        ("v3/app1/devices/dev1/down/ack", {"downlink_ack": {}}, Ignored(DOWNLINK)),
        ("v3/app1/devices/dev1/down/push", {"downlinks": []}, Ignored(DOWNLINK)),
        ("v3/app1/devices/dev1/service/data", {"service_data": {}}, Ignored(SERVICE)),
        (UP, {"end_device_ids": IDS, "service_data": {}}, Ignored(SERVICE, uid=EUI)),
        (UP, {"end_device_ids": IDS, "downlink_sent": {}}, Ignored(DOWNLINK, uid=EUI)),
        (UP, uplink(decoded_payload={"t": 1}) | {"simulated": True}, Ignored(SIMULATED, uid=EUI)),
        # lorawan-stack-docs, payload-formatters/javascript/uplink: as.up.normalized.forward
        (
            f"{UP}/normalized",
            {
                "end_device_ids": uplink()["end_device_ids"],
                "uplink_normalized": {"normalized_payload": {"air": {"temperature": 10}}},
            },
            Ignored(REPEATED, uid=EUI),
        ),
    ],
)
def test_what_goes_down_and_what_was_simulated_is_no_data(
    topic: str, payload: dict[str, object], item: Ignored
) -> None:
    assert decoded(payload, topic) == [item]


@pytest.mark.parametrize(
    ("payload", "uid", "reason"),
    [
        # lorawan-stack-docs: the documentation's own example of an uplink lacks a comma.
        (b'{"end_device_ids":{"device_id":"dev1"} "x":1}', "dev1", Reason.MALFORMED_JSON),
        (b"", "dev1", Reason.EMPTY_PAYLOAD),
        (b"[1]", "dev1", Reason.WRONG_TYPE),
        (b'{"end_device_ids":{"device_id":"a b"}}', "a-b-c8687a08", Reason.NO_VALUES),
        (b'{"end_device_ids":{"dev_eui":7,"device_id":[]},"uplink_message":[]}', "dev1",
         Reason.NO_VALUES),
        (b'{"location_solved":{"location":{"latitude":1}}}', "dev1", Reason.NO_VALUES),
        (b'{"a":' * 9_000 + b"1" + b"}" * 9_000, "dev1", Reason.TOO_DEEP),
    ],
)  # fmt: skip
def test_what_cannot_be_used_has_its_reason(payload: bytes, uid: str, reason: Reason) -> None:
    (item,) = decoded(payload)
    assert isinstance(item, Rejected)
    assert (item.uid, item.problem.reason) == (uid, reason)


@pytest.mark.parametrize(
    "message",
    [
        {"decoded_payload": {"\x00": "\x00", "a": "\ud800", "b": 1e308}, "f_cnt": "7"},
        {"decoded_payload": {"n": [[[{"type": "a", "value": {"b": {}}}]] * 70]}},
        {"decoded_payload": {f"k{i}": i for i in range(3_000)}},
        {"rx_metadata": [{"rssi": True, "snr": "x"}, None, {"rssi": 10**30}], "f_cnt": True},
        {"frm_payload": "A2c=" * 400, "attributes": {"a": "cayenne lpp"}},
        {"frm_payload": "A2c\u00e9"},
    ],
)
def test_hostile_uplinks_cost_their_values_and_nothing_else(message: dict[str, object]) -> None:
    items = decoded(uplink(**message))
    assert not any(
        isinstance(item, Rejected) and item.problem.reason is Reason.CONVENTION_FAILED
        for item in items
    )


def test_only_its_own_topics_and_payloads_are_claimed() -> None:
    assert the_things_stack.matches("v3/app1/devices/dev1/other", b"{}") == 0
    assert the_things_stack.matches("v3/app1/things/dev1/up", b"{}") == 0
    assert the_things_stack.matches("a", b'{"end_device_ids":7}') == 0
