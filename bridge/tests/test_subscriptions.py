"""Of several copies of a message one counts, whatever subscriptions brought them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decode.conventions import pulseboard, unread
from bridge.message import Message
from bridge.mqtt.subscriptions import (
    SEND_KEPT_IF_NEW,
    SEND_NO_KEPT,
    SWEEP,
    Subscriptions,
    identifiers,
)
from devices import topic_filter

WANTED = ("tele/#", "+/tele/#", "+/+/SENSOR", "tele/+/LWT", "plant/+/x")


def message(topic: str, *brought_by: int, retain: bool = False, other: bytes = b"") -> Message:
    told = b"".join(b"\x0b" + varint(number) for number in brought_by)
    return Message(topic.encode(), b"1", 0, False, retain, other + told, 0)


def varint(number: int) -> bytes:
    out = b""
    while True:
        number, byte = number >> 7, number & 0x7F
        out += bytes([byte | (0x80 if number else 0)])
        if not number:
            return out


def copies(made: Subscriptions, topic: str) -> list[Message]:
    """As a broker sends them that makes one for each subscription."""
    return [
        message(topic, *([one.identifier] if one.identifier else []))
        for one in made.each
        if topic_filter.matches(one.filter, topic)
    ]


@pytest.mark.parametrize("group", ["", "plant"])
@given(st.lists(st.sampled_from(["tele", "x", "SENSOR", "LWT", "plant", "devices"]), min_size=1))
def test_of_all_copies_of_a_message_one_counts(group: str, levels: list[str]) -> None:
    made, topic = Subscriptions(WANTED, group), "/".join(levels[:4])
    found = copies(made, topic)
    assert sum(not made.is_repeat(each) for each in found) == bool(found)
    if found:  # a broker may also send one copy that names all
        together = [n for each in found for n in identifiers(each.properties)]
        assert not made.is_repeat(message(topic, *together))


@pytest.mark.parametrize("topic", ["devices/pump-1/telemetry", "devices/tele/telemetry"])
def test_telemetry_counts_by_its_own_filter_and_is_told_at_a_glance(topic: str) -> None:
    made = Subscriptions(WANTED)
    first, *others = copies(made, topic)
    assert first.properties in made.first
    assert all(made.is_repeat(each) for each in others)


def test_what_no_subscription_of_ours_brought_counts() -> None:
    """What waited in the session from other subscriptions, or of a broker that tells none."""
    made = Subscriptions(WANTED)
    assert not made.is_repeat(message("tele/x/SENSOR"))
    assert not made.is_repeat(message("tele/x/SENSOR", 4_711))


def test_the_sweep_brings_only_what_was_kept() -> None:
    made = Subscriptions(WANTED, "plant")
    assert not made.is_repeat(message("tele/x/LWT", SWEEP, retain=True))
    assert made.is_repeat(message("tele/x/LWT", SWEEP))
    assert pulseboard.FILTERS[0] not in made.sweep
    assert {"devices/+/status", "tele/#", "+/tele/#"} <= set(made.sweep)
    assert not Subscriptions(WANTED).sweep


def test_near_misses_never_take_the_room_of_what_is_acknowledged() -> None:
    made = Subscriptions((*WANTED, "v1/devices/me/telemetry"))
    by_filter = {one.filter: one for one in made.each}
    assert by_filter["devices/+/Telemetry"].qos == 0
    # It brings what is wanted too.
    assert by_filter["v1/devices/#"].qos == 1
    assert all(by_filter[each].qos == 1 for each in WANTED if each in by_filter)


def test_what_is_kept_is_sent_where_it_is_a_state() -> None:
    plain = {one.filter: one.retain_handling for one in Subscriptions(WANTED).each}
    assert plain["devices/+/telemetry"] == SEND_NO_KEPT
    assert plain["devices/+/status"] == plain["tele/#"] == SEND_KEPT_IF_NEW
    assert {one.retain_handling for one in Subscriptions(WANTED, "g").each} == {SEND_NO_KEPT}


def test_everything_is_one_subscription() -> None:
    made = Subscriptions(["tele/#", "#"])
    assert [one.filter for one in made.each] == ["#"]
    assert made.essential == {"#"}
    assert not made.each[0].identifier


def test_a_filter_keeps_its_identifier_and_shares_it_with_no_other() -> None:
    many = [f"+/{one}/{other}" for one, other in itertools.product("abcdefgh+", repeat=2)]
    one, other = Subscriptions(many), Subscriptions(["zz/#", *reversed(many)])
    of_one = {each.filter: each.identifier for each in one.each if each.identifier}
    of_other = {each.filter: each.identifier for each in other.each}
    assert all(of_other[each] == number for each, number in of_one.items())
    assert len(set(of_one.values())) == len(of_one)


def test_the_identifiers_are_found_among_other_properties() -> None:
    text = b"\x00\x02ab"
    others = b"\x01\x01\x02\x00\x00\x00\x01\x03" + text + b"\x23\x00\x01" + b"\x26" + text * 2
    assert identifiers(message("t", 5, 300_000, other=others).properties) == {5, 300_000}
    assert identifiers(b"\xff\x0b\x05") == set()
    for cut in range(len(others)):
        identifiers(others[:cut])  # ends


def test_mistyped_topics_overlap_with_none_of_our_own() -> None:
    for own, other in itertools.product(pulseboard.FILTERS, unread.FILTERS):
        assert not topic_filter.overlap(own, other)
