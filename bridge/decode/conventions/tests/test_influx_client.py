"""InfluxData's own Python client writes the lines; what it can write, we read as it was meant."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from influxdb_client import Point, WritePrecision

from bridge.decode.conventions import influx
from bridge.decode.conventions.tests.heard import hear, times, values
from bridge.decode.identity import device_uid, metric_name
from bridge.decode.items import Telemetry

STAMP_NS = 1_764_240_000_123_456_789
# Neither control characters, which the client cannot write back, nor backslashes, which line
# protocol cannot tell from an escape at the end of a name.
NAMES = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="\\#") | st.just(" "),
    min_size=1,
    max_size=12,
).filter(lambda text: text == text.strip())
FIELDS = st.one_of(
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["C"]), max_size=20),
)


@given(NAMES, st.dictionaries(NAMES, NAMES, max_size=3), st.dictionaries(NAMES, FIELDS, min_size=1))
def test_every_point_the_client_writes_is_read(
    measurement: str, tags: dict[str, str], fields: dict[str, Any]
) -> None:
    point = Point(measurement).tag("device", "esp 1").time(STAMP_NS, WritePrecision.NS)
    labels = {
        key: value
        for key, value in tags.items()
        if key not in ("topic", "host", "device", "device_id", "deviceId")
    }
    for key, value in labels.items():
        point.tag(key, value)
    for key, value in fields.items():
        point.field(key, value)
    line = point.to_line_protocol()
    items = hear(influx, "influx/x", line)
    levels = (measurement, *(f"{key}={labels[key]}" for key in sorted(labels)))
    expected = {
        metric_name(*levels, "" if key == "value" else key): value for key, value in fields.items()
    }
    assert values(items) == {device_uid("esp 1"): expected}
    assert times(items) == [STAMP_NS // 1_000]
    (item,) = [each for each in items if isinstance(each, Telemetry)]
    assert not item.problems
    # On a topic of nobody's it might be JSON.
    assert influx.matches("any/topic", line.encode()) or measurement[0] in '{["'


def test_each_precision_of_the_client_is_the_same_instant() -> None:
    for precision, stamp in (
        (WritePrecision.S, 1_764_240_000),
        (WritePrecision.MS, 1_764_240_000_000),
        (WritePrecision.US, 1_764_240_000_000_000),
        (WritePrecision.NS, 1_764_240_000_000_000_000),
    ):
        line = Point("m").field("value", 1.5).time(stamp, precision).to_line_protocol()
        assert times(hear(influx, "influx/x", line)) == [1_764_240_000_000_000]
