"""Whatever a rule and a message are: no exception, no long time, and every item can be stored."""

from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.decode import storable
from bridge.decode.items import Item, Rejected
from bridge.decode.rules import Rules
from bridge.decode.rules.definition import read
from bridge.decode.rules.problems import InvalidRule
from bridge.message import MAX_PAYLOAD, Message
from tests.examples import examples

NOW_US = 1_700_000_000_000_000
LONGEST = 5.0  # CPU seconds of the worst message on any machine; most take microseconds

names = st.sampled_from(["t", "id", "ts", "a", "type", "value", "x.y", "", "ü", "\0", "\ud800"])
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["21.5", "1e999", "NaN", "2023-11-14T22:13:19", "online", "-", "9" * 700])
)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
    max_leaves=20,
)
paths = st.sampled_from(
    ["", "t", "$", "@", "$.a.t", "*", "*.*", "a[*].t", "[0]", "['x.y']", "a[-1]", "id", "[", "a..b"]
)
templates = st.sampled_from(
    ["{device}", "{@.id}", "{key}", "{1}.{key}", "m", "", "{", "{$.a[*]}", "{site}", "\0", "\ud800"]
)
globs = st.lists(st.sampled_from(["*", "a*", "?", "*a*a*a*a*a*b", "[", "(", "\0"]), max_size=3)


def maybe(**fields: Any) -> Any:
    return st.fixed_dictionaries({}, optional=fields)


values = maybe(
    path=paths,
    metric=templates,
    unit=st.text(max_size=4),
    scale=st.floats() | st.integers(),
    offset=st.floats() | st.integers(),
    map=st.dictionaries(st.text(max_size=3), scalars, max_size=3),
    null_if=st.lists(scalars, max_size=2),
    pattern=st.sampled_from(["([0-9]+)", "(a*)*b", "(", "x{1000}", "()"]),
)
definitions = maybe(
    topic=st.sampled_from(["d/{device}", "#", "{site}/{device}", "d/+", "a/#/b", "{device}/{1}"]),
    payload=st.sampled_from(["json", "text"]),
    pattern=st.sampled_from(["(?P<t>[0-9.]+)", "(?P<type>a*)*(?P<value>.)", "(?P<x>)", "(?P<x>"]),
    each=paths,
    device=templates,
    site=templates,
    metric=templates,
    values=st.lists(values, max_size=3),
    pivot=maybe(name=paths, value=paths),
    time=maybe(
        path=paths,
        unit=st.sampled_from(["auto", "s", "ms", "us", "ns", "iso"]),
        zone=st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Apia", "x"]),
    ),
    ignore=globs,
    null_if=st.lists(scalars, max_size=3),
    presence=maybe(path=paths, online=st.lists(scalars, max_size=2), offline=st.just(["off"])),
)


def says(definition: Any, payload: bytes, topic: str = "d/x") -> list[Item]:
    rules = Rules((read(definition, "r"),))
    message = Message(topic.encode("utf-8", "replace"), payload, 1, False, False, b"", NOW_US)
    items = rules.decode(message, topic)
    assert items
    storable.check(items)
    return items


def written(document: Any) -> bytes:
    return json.dumps(document).encode()


@settings(max_examples=examples(250))
@given(definitions, documents.map(written) | st.binary(max_size=40) | st.text().map(str.encode))
@example({"topic": "d/{device}", "values": [{"path": "*.*.*.*"}]}, b"[" * 63 + b"]" * 63)
def test_any_rule_reads_any_message_without_an_exception(definition, payload):
    with contextlib.suppress(InvalidRule):
        if read(definition, "r").topic.match("d/x") is not None:
            says(definition, payload)


@settings(max_examples=examples(25))
@given(st.recursive(scalars, lambda inner: st.dictionaries(names, inner, max_size=3)))
def test_whatever_is_sent_as_a_definition_is_read_or_refused(definition):
    with contextlib.suppress(InvalidRule):
        read(definition, "r")


BIG = MAX_PAYLOAD - 100
WIDE = {"values": [{"path": "*.*.*.*.*", "metric": f"m{at}.{{1}}.{{2}}"} for at in range(100)]}
EXPENSIVE = [
    ({"payload": "text", "pattern": "(?P<a>(x+x+)+)y"}, b"x" * 8_000),
    ({"payload": "text", "pattern": "(?P<a>([a-z]*)*)*[0-9]"}, b"a" * 8_000),
    ({"payload": "text", "pattern": "(?P<a>x?)"}, b"xy" * 4_000),
    ({"payload": "text", "pattern": "(?P<a>.{0,100}){0,1}y"}, b"x" * 8_000),
    ({"values": [{"path": "t", "pattern": "(a|aa)+$"}]}, b'{"t":"' + b"a" * BIG + b'"}'),
    ({"payload": "text", "pattern": "(?P<a>x)(.*y)?"}, b"x" * 8_000),
    (WIDE, b'{"a":' * 5 + b"[" + b"1," * 100_000 + b"1]" + b"}" * 5),
    (WIDE, b"[" + b'{"a":[[[[1]]]]},' * 10_000 + b"{}]"),
    ({}, b"[" + b"{}," * 80_000 + b"{}]"),
    ({"pivot": {"name": "[0]", "value": "[1]"}}, b"[" + b'["a",1],' * 30_000 + b"[]]"),
    ({"device": "{@.*.*.*}"}, b"[" + b'{"a":{"b":[]}},' * 15_000 + b"{}]"),
    ({"time": {"path": "t"}}, b'{"v":1,"t":' + b"9" * 200_000 + b"}"),
    ({"time": {"path": "t"}}, b'{"v":1,"t":"' + b"9" * 200_000 + b'"}'),
    ({"values": [{"path": "t", "scale": 1}]}, b'{"t":"1e' + b"9" * 200_000 + b'"}'),
    ({"null_if": [1]}, b"{" + b",".join(b'"%d":1e%d' % (n, n % 400) for n in range(9_000)) + b"}"),
]


@pytest.mark.parametrize("case", range(len(EXPENSIVE)))
def test_no_message_takes_long_whatever_the_rule(case):
    definition, payload = EXPENSIVE[case]
    began = time.process_time()
    says({"topic": "d/{device}"} | definition, payload[:MAX_PAYLOAD])
    assert time.process_time() - began < LONGEST


def test_what_takes_too_many_steps_is_told():
    (item,) = says({"topic": "d/{device}"} | WIDE, b"[" + b'{"a":[[[[1]]]]},' * 10_000 + b"{}]")
    assert isinstance(item, Rejected)
    assert item.problem.reason == "too_many_values"
