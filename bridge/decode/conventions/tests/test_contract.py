"""What every convention owes the pipeline, tried on mutated messages of its own table.

`test_<name>.py` beside this has `SAMPLES`: (topic, payload) as devices send them, of each kind of
message the convention reads.
"""

from __future__ import annotations

import gc
import importlib
import json
import pkgutil
import random
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import msgspec
import pytest

from bridge.decode import CONVENTIONS, Convention, Decoder, conventions
from bridge.decode.claims import Claims
from bridge.decode.conventions import unread
from bridge.decode.items import MEMORY_FULL, Ignored, Item, Reason, Rejected, Remembered
from bridge.decode.state import Facts
from bridge.message import Message
from devices.topic_filter import is_valid, matches

NOW_US = 1_764_244_800_000_000  # 2025-11-27 12:00:00 UTC
ROUNDS = 400  # mutated messages of one convention
LONG, LONG_ROUNDS = 2_000, 150  # times 16 characters, of a word; and messages with some
LONGEST = 5.0  # CPU seconds one message may take; what is quadratic takes minutes

# What bounds what is remembered, of whatever module, and how much it leaves room for here.
BOUNDS = {"MAX_KEPT", "MAX_BASES", "MAX_DEVICES", "MAX_TOPICS", "MAX_NODES", "MAX_RECEIVERS"} | {
    "MAX_ANSWERED",
    "MAX_ENTRIES",
}
ROOM = 10

HERE: dict[str, list[tuple[str, bytes]]] = {
    "pulseboard": [
        ("devices/pump-1/telemetry", b'{"ts":1764244800000,"values":{"t":21.5}}'),
        ("devices/pump-1/telemetry", b'{"t":21.5,"on":true}'),
        ("devices/pump-1/status", b"online"),
    ],
    "own": [
        ("devices/pump-1/errors", b"{}"),
        ("pulseboard/state/pump-1/t", b"21.5"),
        ("homeassistant/sensor/pulseboard/pump-1-t/config", b"{}"),
    ],
    "unread": [("devices/pump-1/telemetri", b'{"t":21.5}'), ("v1/devices/me/x", b"1")],
}
HOSTILE: list[Any] = [
    None, True, False, 0, -1, 1.5, 1e308, 2**53 + 1, -(2**70), "", "0", "nan", "NaN", "ON",
    "\x00", "\u202e", "<script>", "=1+1", "é" * 2_000, "a/b", "$x", "{{ value_json.x }}",
    "2020-01-01T00:00:00", "1e999", [], {}, [[]], {"": ""}, {"a": {"b": {"c": [1, None, "x"]}}},
    list(range(200)), ["x", 1, None], {str(at): at for at in range(2_000)},
]  # fmt: skip
TOKENS = [b"NaN", b"-Infinity", b"1e999", b"nan", b'"\\ud800"', b"\xff", b"{" * 200, b"9" * 700]
ODD_LEVELS = ["", "\u0000", "a b", "$x", "Außen", "x" * 300, "set", "get", "config", "#", "+"]


def samples(convention: Convention) -> list[tuple[str, bytes]]:
    if convention.NAME in HERE:
        return HERE[convention.NAME]
    table = importlib.import_module(f"bridge.decode.conventions.tests.test_{convention.NAME}")
    return [
        (topic, payload if isinstance(payload, bytes) else payload.encode())
        for topic, payload in table.SAMPLES
    ]


def mutated(topic: str, payload: bytes, chance: random.Random) -> tuple[str, bytes]:
    if chance.random() < 0.2:
        levels = topic.split("/")
        levels[chance.randrange(len(levels))] = chance.choice(ODD_LEVELS)
        topic = "/".join(levels)
    kind = chance.random()
    if kind < 0.45:
        try:
            return topic, _spoilt(json.loads(payload), chance)
        except ValueError:
            pass
    at = chance.randrange(len(payload) + 1)
    if kind < 0.6:
        return topic, payload[:at]
    if kind < 0.8:
        return topic, payload[:at] + chance.choice(TOKENS) + payload[at:]
    if kind < 0.9:
        return topic, payload[:at] + bytes([chance.randrange(256)]) + payload[at + 1 :]
    return topic, chance.choice([b"", b"null", b"0", b"[]", b"{}", chance.randbytes(100)])


def _spoilt(document: Any, chance: random.Random) -> bytes:
    """The document with one of its values, found by a random walk, replaced, as JSON."""
    place: Any = None
    key: Any = None
    here = document
    while isinstance(here, (dict, list)) and here and (place is None or chance.random() < 0.8):
        place = here
        key = chance.choice(list(here) if isinstance(here, dict) else range(len(here)))
        here = place[key]
    value = chance.choice(HOSTILE)
    if place is None:
        document = value
    else:
        place[key] = value
    return json.dumps(document).encode("utf-8", "surrogatepass")


def heard(convention: Convention) -> Iterator[tuple[Message, list[Item]]]:
    """Its samples as they are, and mutated, one after another through one decoder."""
    decoder = Decoder(Facts(), (convention,))
    chance = random.Random(convention.NAME)
    messages = samples(convention)
    mutations = [mutated(*chance.choice(messages), chance) for _ in range(ROUNDS)]
    for topic, payload in [*messages, *mutations]:
        retain = chance.random() < 0.2
        raw = topic.encode("utf-8", "surrogatepass")
        message = Message(raw, payload, 1, False, retain, b"", NOW_US)
        yield message, decoder.decode(message)


EACH = pytest.mark.parametrize("convention", CONVENTIONS, ids=[each.NAME for each in CONVENTIONS])


@EACH
def test_its_filters_can_be_subscribed_and_bring_its_messages(convention: Convention) -> None:
    assert all(is_valid(each) for each in convention.FILTERS)
    for topic, _ in samples(convention):
        assert not convention.FILTERS or any(matches(each, topic) for each in convention.FILTERS)


def _of_somebody_else(
    topic: str, payload: bytes, chance: random.Random, longer: int = 1
) -> tuple[str, bytes]:
    """The message under another level of its topic, with some of its words and keys others."""
    other = f"{chance.getrandbits(64):016x}" * longer
    levels = topic.split("/")
    levels[chance.randrange(len(levels))] = other

    def with_others(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                other if chance.random() < 0.2 else key: with_others(each)
                for key, each in value.items()
            }
        if isinstance(value, list):
            return [with_others(each) for each in value]
        return other if isinstance(value, str) and chance.random() < 0.4 else value

    with suppress(ValueError):  # what is no JSON stays as it is
        payload = json.dumps(with_others(json.loads(payload))).encode()
    return "/".join(levels), payload


@EACH
def test_what_it_remembers_does_not_grow_with_random_ids(
    convention: Convention, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in pkgutil.walk_packages(conventions.__path__, f"{conventions.__name__}."):
        if ".tests" not in module.name:
            bounded = importlib.import_module(module.name)
            for name in BOUNDS & vars(bounded).keys():
                monkeypatch.setattr(bounded, name, ROOM)
    facts, chance, told = Facts(), random.Random(convention.NAME), []
    decoder, messages = Decoder(facts, (convention,)), samples(convention)
    for at in range(ROUNDS):
        topic, payload = _of_somebody_else(*chance.choice(messages), chance)
        raw = topic.encode("utf-8", "surrogatepass")
        items = decoder.decode(Message(raw, payload, 1, False, False, b"", NOW_US + at))
        told += [item for item in items if isinstance(item, Ignored) and item.reason == MEMORY_FULL]
    kept = [len(keys) for keys in facts._scopes.values()]
    assert max(kept, default=0) <= ROOM + 1  # a node beside its devices
    # Of what does not count its topics itself it is told when there is no room.
    full = max(kept, default=0) >= ROOM and convention is not unread
    assert {item.subject for item in told} == ({convention.NAME} if full else set())
    # A scope of a base topic, or of a node, of which there is room for as many.
    assert sum(kept) <= ROOM * ROOM


@EACH
def test_long_topics_and_names_do_not_fill_the_memory(convention: Convention) -> None:
    chance, messages = random.Random(convention.NAME), samples(convention)
    decoder = Decoder(Facts(), (convention,))
    for topic, payload in messages:  # what is ordinary is remembered
        decoder.decode(Message(topic.encode(), payload, 1, False, False, b"", NOW_US))
    tracemalloc.start()
    try:
        sent = 0
        for at in range(LONG_ROUNDS):
            usual, payload = chance.choice(messages)
            topic, payload = _of_somebody_else(usual, payload, chance, LONG)
            if at % 2:  # long words under a short topic
                topic, _ = _of_somebody_else(usual, b"", chance)
            message = Message(topic.encode(), payload, 1, False, False, b"", NOW_US + at)
            decoder.decode(message)
            sent += len(message.topic) + len(payload)
        del message, topic, payload, usual
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < sent / 4, f"{kept} of {sent} bytes"


@EACH
def test_no_other_convention_claims_its_messages(convention: Convention) -> None:
    for topic, payload in samples(convention):
        claims = {each.NAME: each.matches(topic, payload) for each in CONVENTIONS}
        assert all(0 <= claim <= 100 for claim in claims.values())
        best = max(claims, key=lambda name: claims[name])
        assert best == convention.NAME, (topic, claims)


@EACH
def test_whatever_is_sent_is_read_in_time_and_can_be_stored(convention: Convention) -> None:
    began = time.thread_time()
    for message, items in heard(convention):
        where = (message.topic, message.payload[:200])
        assert items, where
        for item in items:
            if isinstance(item, Rejected):
                assert item.problem.reason is not Reason.CONVENTION_FAILED, (where, item.problem)
            if isinstance(item, Remembered):
                assert item.value == json.loads(json.dumps(item.value)), where
        again = msgspec.msgpack.decode(msgspec.msgpack.encode(items), type=list[Item])
        assert len(again) == len(items), where
        took, began = time.thread_time() - began, time.thread_time()
        assert took < LONGEST, where


@EACH
def test_it_claims_no_more_of_a_topic_than_it_says_beforehand(convention: Convention) -> None:
    """Without `reach` it says that the topic alone decides."""
    chance = random.Random(convention.NAME)
    everything = [each for one in CONVENTIONS for each in samples(one)]
    reach = getattr(convention, "reach", None)
    for _ in range(ROUNDS):
        topic, payload = mutated(*chance.choice(everything), chance)
        for said in (payload, *(chance.choice(everything)[1] for _ in range(4))):
            claim = convention.matches(topic, said)
            if reach is None:
                assert claim == convention.matches(topic, b""), topic
            else:
                assert claim <= reach(topic), topic


def test_asking_only_those_that_may_claim_finds_the_same_as_asking_all() -> None:
    chance = random.Random(1)
    everything = [each for one in CONVENTIONS for each in samples(one)]
    claims = Claims(CONVENTIONS)
    for _ in range(ROUNDS * 4):
        topic, payload = mutated(*chance.choice(everything), chance)
        if chance.random() < 0.5:  # what this topic never carries, after what it does
            payload = chance.choice(everything)[1]
        asked = [each.matches(topic, payload) for each in CONVENTIONS]
        best = claims.best(topic, payload)
        assert best.confidence == max(asked), topic
        assert best.convention is CONVENTIONS[asked.index(max(asked))], topic


@EACH
def test_matching_never_raises(convention: Convention) -> None:
    chance = random.Random(convention.NAME)
    everything = [each for one in CONVENTIONS for each in samples(one)]
    for _ in range(ROUNDS):
        topic, payload = mutated(*chance.choice(everything), chance)
        assert 0 <= convention.matches(topic, payload) <= 100
