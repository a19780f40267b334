"""Bad input is refused with the reason beside its field, never with a 500."""

import json
import math

import pytest

from devices.models import Device

DEVICES = "/api/v1/devices/"


def nested(levels):
    value = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def send(api, raw):
    return api.generic("POST", DEVICES, raw, content_type="application/json")


@pytest.mark.parametrize(
    ("field", "value", "part"),
    [
        ("uid", "a/b", "letter, a digit"),
        ("uid", "a\n", "letter, a digit"),
        ("uid", "ü", "letter, a digit"),
        ("uid", "", "blank"),
        ("uid", "x" * 65, "64"),
        ("uid", None, "null"),
        ("name", "x" * 121, "120"),
        ("name", "a\x00b", "NUL"),
        ("name", "\ud800", "urrogate"),
        ("site", "nowhere", "No site has the slug"),
        ("site", ["a"], "Invalid"),
        ("site", "a\x00", "NUL"),
        ("kind", "x" * 65, "64"),
        ("tags", ["ok", " "], "empty"),
        ("tags", ["a,b"], "comma"),
        ("tags", ["x" * 33], "32"),
        ("tags", [f"t{n}" for n in range(33)], "32"),
        ("tags", "roof", "list"),
        ("tags", ["a\x00"], "NUL"),
        ("tags", [{"a": 1}], "string"),
        ("enabled", "perhaps", "boolean"),
        ("expected_interval", 0, "0.05"),
        ("expected_interval", 1e9, "less than"),
        ("expected_interval", "nan", "number"),
        ("expected_interval", "inf", "number"),
        ("expected_interval", 10**400, "too large"),
        ("latitude", 90.5, "90"),
        ("longitude", -181, "180"),
        ("location", "x" * 201, "200"),
        ("notes", "x" * 10_001, "10000"),
        ("metadata", [1], "JSON object"),
        ("metadata", None, "null"),
        ("metadata", {"a": "\x00"}, "NUL"),
        ("metadata", {"a": [{"\x00": 1}]}, "NUL"),
        ("metadata", {"\ud800": 1}, "surrogate"),
        ("metadata", nested(9), "8 levels"),
        ("metadata", {"thresholds": [1]}, "Write thresholds as"),
        ("metadata", {"thresholds": {"t": {"value": 1}}}, "Write thresholds as"),
        ("metadata", {"thresholds": {"t": [{"value": 1, "colour": "red"}]}}, "Write thresholds as"),
        ("metadata", {"thresholds": {"t": [{"value": "1"}]}}, "is a number"),
        ("metadata", {"thresholds": {"t": [{"value": True}]}}, "is a number"),
        ("metadata", {"thresholds": {"t": [{"value": 1, "label": "x" * 41}]}}, "40 characters"),
        ("metadata", {"thresholds": {"t": [{"value": 1, "op": "beyond"}]}}, "above or below"),
        ("metadata", {"thresholds": {"t": [{"value": 1, "op": ["above"]}]}}, "above or below"),
        ("metadata", {"thresholds": {"t": [{"value": 1}] * 9}}, "at most 8"),
        ("metadata", {"a": "x" * 16_384}, "16384"),
    ],
)
def test_bad_field(api, field, value, part):
    # json.dumps escapes what the test client could not encode.
    response = send(api, json.dumps({"uid": "a-1", field: value}))
    assert response.status_code == 400, response.json()
    assert set(response.json()) == {field}
    assert part in json.dumps(response.json())
    assert not Device.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("uid", "x" * 64),
        ("metadata", nested(8)),
        ("metadata", {"thresholds": {"t": [{"value": -15, "label": "Too warm"}, {"value": 0.5}]}}),
        ("metadata", {"thresholds": {"t": [{"value": -15, "op": "above"}]}}),
        ("metadata", {"a": "x" * (16_384 - len('{"a":""}'))}),
        ("metadata", {"ü": "😀", "n": [1.5, None, True, 2**70]}),
        ("tags", [f"t{n}" for n in range(32)]),
        ("expected_interval", 0.05),
        ("latitude", -90),
        ("notes", "x" * 10_000),
    ],
)
def test_the_largest_allowed_is_kept(api, field, value):
    response = api.post(DEVICES, {"uid": "a-1", field: value})
    assert response.status_code == 201, response.json()
    device = Device.objects.get()
    assert getattr(device, field) == value
    assert api.get(f"{DEVICES}{device.uid}/").json()[field] == value


@pytest.mark.parametrize(
    "raw",
    [
        "{",
        "",
        '{"uid":"a","metadata":{"x":NaN}}',
        "[" * 100_000,
        '{"uid":"a","x":' + "9" * 10_000 + "}",
        b"\xff\xfe",
        '"text"',
        "null",
        "3",
    ],
    ids=["cut", "empty", "nan", "deep", "digits", "bytes", "text", "null", "number"],
)
def test_a_body_that_is_no_device(api, raw):
    response = send(api, raw)
    assert response.status_code == 400
    assert response.json()


def test_a_number_beyond_any_float_in_metadata(api):
    response = send(api, '{"uid":"a","metadata":{"x":1e400}}')
    assert response.status_code == 400
    assert "finite" in response.json()["metadata"][0]
    assert math.isinf(json.loads("1e400")), "else the check is not needed"


def test_a_body_too_large_is_not_read(api, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = api.post(DEVICES, {"uid": "a", "notes": "x" * 1000})
    assert response.status_code == 413
    assert "1000 bytes" in response.json()["detail"]


def test_another_kind_of_body_is_refused(api):
    response = api.generic("POST", DEVICES, "uid=a", content_type="text/plain")
    assert response.status_code == 415


def test_what_does_not_exist_is_told_as_json(api):
    for method in ("get", "patch", "delete"):
        assert getattr(api, method)(f"{DEVICES}nobody/", {}).json()["detail"]
    assert api.put(DEVICES, {}).status_code == 405
