"""What a broker kept is old news, unless it says when it was measured, or is a state."""

from __future__ import annotations

import pytest

from bridge.decode import Decoder
from bridge.decode.items import Described, Ignored, Presence, Sample, Telemetry
from bridge.decode.retained import without_old_news
from bridge.message import Message

NOW = 1_700_000_000_000
NO_NEWS = Ignored("retained", uid="pump-1")


@pytest.mark.parametrize("often", [1, 3])
def test_a_kept_reading_without_a_time_is_none_of_now(often: int) -> None:
    decoder = Decoder()
    for _ in range(often):  # also once its topic goes the short way
        live = message(b'{"t":1}', retain=False)
        assert decoder.plain(live) or isinstance(decoder.decode(live)[0], Telemetry)
        kept = message(b'{"t":1}', retain=True)
        assert decoder.plain(kept) is None
        assert decoder.decode(kept) == [NO_NEWS]


def test_a_kept_reading_with_its_time_counts() -> None:
    (item,) = Decoder().decode(message(b'{"ts":1699999999000,"values":{"t":1}}', retain=True))
    assert item == Telemetry("pump-1", [Sample(1_699_999_999_000_000, {"t": 1})])


def test_states_and_descriptions_count_however_old() -> None:
    both = Telemetry("pump-1", [Sample(0, {"t": 1}), Sample(5, {"t": 2})])
    states = [Presence("pump-1", True), Described("pump-1", name="Pump")]
    kept = without_old_news([*states, both])
    assert kept == [*states, NO_NEWS, Telemetry("pump-1", [Sample(5, {"t": 2})])]


def message(payload: bytes, *, retain: bool) -> Message:
    return Message(b"devices/pump-1/telemetry", payload, 1, False, retain, b"", NOW * 1_000)
