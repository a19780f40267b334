"""Uids and metrics are made of whatever a dialect calls them, and stay apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decode.identity import device_uid, metric_name
from bridge.decode.items import Sample, Telemetry
from bridge.decode.storable import UID, check


@pytest.mark.parametrize(
    ("native", "uid"),
    [
        ("pump-1", "pump-1"),
        ("A4C138123456", "A4C138123456"),
        ("", ""),
        ("0x00158d0001a2b3c4", "0x00158d0001a2b3c4"),
        ("A4:C1:38:12:34:56", "A4-C1-38-12-34-56-1f89d12a"),
        ("living room/lamp", "living-room-lamp-051eb609"),
    ],
)
def test_a_uid_is_the_native_id_where_it_can_be(native: str, uid: str) -> None:
    assert device_uid(native) == uid


@pytest.mark.parametrize("native", ["Außenlampe", "温度", "!", "\ud800", "a" * 65, "a/" * 500])
def test_any_other_id_is_cleaned_and_told_apart(native: str) -> None:
    uid = device_uid(native)
    assert UID.fullmatch(uid)
    assert device_uid(native + "x") != uid


@given(st.lists(st.text(min_size=1, max_size=80), min_size=2, max_size=2, unique=True))
def test_two_native_ids_never_meet(natives: list[str]) -> None:
    first, second = map(device_uid, natives)
    assert first != second


def test_a_metric_is_dotted_and_keeps_its_letters() -> None:
    assert metric_name("AM2301", "", "Temperature") == "AM2301.Temperature"
    assert metric_name("switch:0", "apower") == "switch:0.apower"
    assert metric_name("температура") == "температура"
    assert metric_name("", "") == ""


@given(st.lists(st.text(max_size=150), min_size=1, max_size=4))
def test_every_metric_can_be_stored(levels: list[str]) -> None:
    if metric := metric_name(*levels):
        check([Telemetry("u", [Sample(0, {metric: 1})])])
