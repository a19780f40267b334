"""What a pack gives back is what went in, to the bit and the microsecond."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.storage import packs

DAY_US = 86_400_000_000
T = 1_772_323_200_000_000  # Unix microseconds; a midnight

floats = st.floats(allow_nan=False, allow_infinity=False)
decimals = st.integers(-(10**6), 10**6).map(lambda n: n / 100)
edges = st.sampled_from(
    [
        *(-0.0, 0.0, 5e-324, -5e-324, 1.7976931348623157e308, -1.7976931348623157e308),
        *(2.0**53, -(2.0**53), 2.0**53 - 1, 0.1, 1e22, 2.2250738585072014e-308, 1e300),
    ]
)
singles = st.floats(width=32, allow_nan=False, allow_infinity=False)


def bits(values: object) -> list[int]:
    return np.asarray(values, np.float64).view(np.int64).tolist()


@given(
    st.one_of(
        *(st.lists(each, min_size=1, max_size=40) for each in (decimals, floats, edges, singles)),
        st.lists(st.one_of(decimals, edges, floats), min_size=1, max_size=40),
    )
)
def test_values_come_back_to_the_bit(values):
    packed = packs.numbers_of(np.array(values))
    assert bits(packs.values_of(packed, len(values))) == bits(values)


@given(
    st.sampled_from([1, 1_000, 1_000_000]),
    st.lists(st.integers(0, DAY_US - 1), min_size=1, max_size=40, unique=True),
)
def test_times_come_back_to_the_microsecond(unit, offsets):
    times = T + np.unique(np.array(offsets) // unit * unit)
    clock = packs.clock_of(times)
    assert clock.unit >= unit
    assert packs.times_of(clock, int(times[0]), len(times)).tolist() == times.tolist()


@pytest.mark.parametrize(
    ("values", "width"),
    [([20.5] * 9, 0), ([20.5, 20.51, 20.4], 1), ([0.0, 1.0, 0.0], 1), ([1e6, 0.01], 0)],
)
def test_decimals_and_states_take_a_byte_or_less(values, width):
    assert packs.numbers_of(np.array(values)).delta_width == width


def test_what_was_a_float_of_four_bytes_takes_four():
    value = struct.unpack("f", struct.pack("f", 21.4))[0]
    assert packs.numbers_of(np.array([value])).singles == [value]


@given(st.lists(st.sampled_from(["on", "off", ""]), min_size=1, max_size=30))
def test_texts_are_kept_as_runs(texts):
    words, places = packs.runs_of(texts)
    lengths = np.diff([*places, len(texts)])
    assert [word for word, n in zip(words, lengths, strict=True) for _ in range(n)] == texts


@given(st.sets(st.integers(0, DAY_US // 1_000 - 1), max_size=60), st.booleans(), st.integers(1, 9))
def test_every_reading_is_in_one_pack(offsets, by_hour, most):
    times = T + np.array(sorted(offsets), dtype=np.int64) * 1_000
    found = list(packs.cuts(times, most, by_hour=by_hour))
    assert [at for each in found for at in times[each].tolist()] == times.tolist()
    assert all(0 < each.stop - each.start <= most for each in found)
    if by_hour:
        assert all(len(set((times[each] // packs.HOUR_US).tolist())) == 1 for each in found)
