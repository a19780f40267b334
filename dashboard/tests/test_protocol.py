"""What a browser may say, and the answer to everything else."""

import json

import pytest

from dashboard.live import protocol
from dashboard.live.protocol import Ack, Allowance, Refused, Subscribe, Unsubscribe, parse, seconds

BAD = [
    (None, "bad_json"),
    ("", "bad_json"),
    ("{", "bad_json"),
    ("[" * 5000, "bad_json"),
    ('{"op":5,"x":' + "[" * 5000, "bad_json"),
    ('{"op":"ack","seq":' + "[" * 5000, "bad_json"),
    ("\ud800", "bad_json"),
    ("[]", "bad_json"),
    ("7", "bad_json"),
    ("{}", "unknown_op"),
    ('{"op":"shutdown"}', "unknown_op"),
    ('{"op":7}', "unknown_op"),
    ('{"op":["subscribe"]}', "unknown_op"),
    ('{"op":"subscribe"}', "bad_value"),
    ('{"op":"subscribe","id":1,"series":[]}', "bad_value"),
    ('{"op":"subscribe","id":1,"series":["1"]}', "bad_value"),
    ('{"op":"subscribe","id":1,"series":[0]}', "bad_value"),
    ('{"op":"subscribe","id":1,"series":[2147483648]}', "bad_value"),
    ('{"op":"subscribe","id":-1,"series":[1]}', "bad_value"),
    ('{"op":"subscribe","id":1,"series":[1],"since":"soon"}', "bad_value"),
    ('{"op":"subscribe","id":1,"series":[1],"since":"367d"}', "bad_value"),
    ('{"op":"subscribe","id":1,"series":[1],"since":"0s"}', "bad_value"),
    ('{"op":"subscribe","id":1,"series":[1],"since":"٣d"}', "bad_value"),
    ('{"op":"subscribe","id":1,"series":[1],"points":9}', "bad_value"),
    ('{"op":"subscribe","id":1,"series":[1],"points":5001}', "bad_value"),
    ('{"op":"subscribe","id":1,"series":[1],"every":49}', "bad_value"),
    ('{"op":"subscribe","id":1,"series":[1],"every":10001}', "bad_value"),
    ('{"op":"ack"}', "bad_value"),
    ('{"op":"ack","seq":1.5}', "bad_value"),
    ('{"op":"unsubscribe","id":"1"}', "bad_value"),
    ('{"op":"watch","events":["device"]}', "bad_value"),
    (f'{{"op":"subscribe","id":1,"series":[{",".join(["1"] * 5001)}]}}', "too_many_series"),
    ('{"op":"ack","seq":1' + " " * 65536 + "}", "bad_value"),
]


@pytest.mark.parametrize(("text", "code"), BAD, ids=[str(text)[:40] for text, _ in BAD])
def test_bad_messages_are_refused_with_a_code(text, code):
    with pytest.raises(Refused) as refused:
        parse(text)
    assert refused.value.code == code
    assert json.loads(protocol.error(refused.value))["message"]


def test_good_messages_are_understood():
    assert parse('{"op":"subscribe","id":1,"series":[3,4],"since":"15m"}') == Subscribe(
        id=1, series=[3, 4], since="15m", points=800, every=200
    )
    assert parse('{"op":"unsubscribe","id":0}') == Unsubscribe(id=0)
    assert parse('{"op":"ack","seq":42}') == Ack(seq=42)


def test_the_answer_carries_the_id_it_is_about():
    with pytest.raises(Refused) as refused:
        parse('{"op":"subscribe","id":9,"series":[]}')
    assert json.loads(protocol.error(refused.value))["id"] == 9


@pytest.mark.parametrize(
    ("text", "length"), [("30s", 30), ("15m", 900), ("24h", 86_400), ("366d", 31_622_400)]
)
def test_lengths_of_time(text, length):
    assert seconds(text) == length


def test_an_allowance_refills_with_time_up_to_its_burst():
    allowance = Allowance(rate=2.0, burst=3.0, now=0.0)
    assert [allowance.take(0.0) for _ in range(4)] == [True, True, True, False]
    assert [allowance.take(1.0) for _ in range(3)] == [True, True, False]
    assert [allowance.take(100.0) for _ in range(4)] == [True, True, True, False]
