"""Influx's way in: what its writers send, and what they must hear."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from channels.routing import URLRouter

from bridge.decode.conventions import influx as convention
from bridge.http import influx, process, queue
from bridge.http.routing import http_urlpatterns
from bridge.message import HTTP, HTTP_WRITE_UNITS_NS
from devices.models import Device
from telemetry.models import QuarantinedMessage

AT = 1_795_000_000
application = URLRouter(http_urlpatterns)


class Answered(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]


@async_to_sync
async def ask(address: str, body: bytes = b"", method: str = "POST", **headers: str) -> Answered:
    path, _, asked = address.partition("?")
    given = [(name.lower().replace("_", "-").encode(), v.encode()) for name, v in headers.items()]
    scope = {
        "type": "http", "method": method, "path": path, "query_string": asked.encode(),
        "headers": given,
    }  # fmt: skip
    talk = ApplicationCommunicator(application, scope)
    await talk.send_input({"type": "http.request", "body": body, "more_body": False})
    start = await talk.receive_output(timeout=60)
    content = (await talk.receive_output(timeout=60))["body"]
    await talk.wait(timeout=60)
    said = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    return Answered(start["status"], json.loads(content) if content else None, said)


@pytest.fixture(autouse=True)
def own_ingest(database) -> Iterator[None]:
    yield
    process.stop()


def stored(database) -> set[tuple[str, int, float]]:
    return set(
        database(
            "SELECT s.metric, (extract(epoch FROM r.time) * 1000)::bigint, r.value FROM reading r"
            " JOIN telemetry_series s ON s.id = r.series_id"
        )
    )


def test_both_versions_store_what_they_are_sent_under_every_way_to_give_the_token(
    freezer: Device, database
) -> None:
    token = freezer.token
    basic = base64.b64encode(f"telegraf:{token}".encode()).decode()
    v2 = "/api/v2/write?org=o&bucket=b&precision="
    answers = [
        ask(f"{v2}s", b"t value=1 %d" % AT, Authorization=f"Token {token}"),
        ask(f"{v2}ms", b"t value=2 %d000" % (AT + 1), Authorization=f"Bearer {token}"),
        ask(f"{v2}us", b"t value=3 %d000000" % (AT + 2), Authorization=f"Token any:{token}"),
        ask("/api/v2/write", b"t value=4 %d000000000" % (AT + 3), Authorization=f"Token {token}"),
        ask(f"/write?db=d&precision=s&u=x&p={token}", b"t value=5 %d" % (AT + 4)),
        ask(
            "/write?db=d&precision=n", b"t value=6 %d000000000" % (AT + 5),
            Authorization=f"Basic {basic}",
        ),
        ask(
            "/write?db=d&precision=s", gzip.compress(b"t value=7 %d" % (AT + 6)),
            Authorization=f"Token {token}", Content_Encoding="gzip",
        ),
    ]  # fmt: skip
    assert [(each.status, each.body) for each in answers] == [(204, None)] * 7
    expected = {("t", (AT + number) * 1_000, number + 1.0) for number in range(7)}
    assert stored(database) == expected


def test_a_tag_that_names_another_thing_stays_in_the_metric(freezer: Device, database) -> None:
    body = (
        b"cpu,host=freezer-1,cpu=cpu0 usage_idle=90.5 %d\n"
        b"cpu,host=other,cpu=cpu0 usage_idle=80 %d\n"
        b'weather,device=roof temp=3i,raining=t,wind="NE" %d'
    ) % (AT, AT, AT)
    answer = ask("/write?precision=s", body, Authorization=f"Token {freezer.token}")
    assert answer.status == 204
    assert {(metric, value) for metric, _, value in stored(database)} == {
        ("cpu.cpu=cpu0.usage_idle", 90.5),
        ("cpu.cpu=cpu0.host=other.usage_idle", 80.0),
        ("weather.device=roof.temp", 3.0),
        ("weather.device=roof.raining", 1.0),
    }
    assert database("SELECT value FROM text_reading") == [("NE",)]


def test_of_a_batch_what_is_right_is_stored_and_the_rest_is_told(freezer: Device, database) -> None:
    body = b"t value=1 %d\nnonsense\nt value=2 12345\n" % AT
    answer = ask("/api/v2/write?precision=s", body, Authorization=f"Token {freezer.token}")
    assert (answer.status, answer.body["code"]) == (400, "invalid")
    assert answer.body["message"] == answer.body["error"]
    assert answer.body["message"].startswith("partial write: malformed_line: line 2 is no line")
    assert "line 3: 12345 is before 2000" in answer.body["message"]
    assert answer.body["message"].endswith("1 values are stored")
    assert stored(database) == {("t", AT * 1_000, 1.0)}
    kept = QuarantinedMessage.objects.get()
    assert kept.partial
    assert kept.topic in HTTP  # so it is read as what it is when it is replayed


def test_a_body_of_many_messages_is_stored_whole(freezer: Device, database) -> None:
    lines = [b'm,note=a\\ b n=%d,s="x\n=y" %d' % (number, AT + number) for number in range(11_000)]
    body = gzip.compress(b"\n".join(lines))
    header = {"Authorization": f"Token {freezer.token}", "Content_Encoding": "gzip"}
    assert ask("/api/v2/write?precision=s", body, **header).status == 204
    assert database("SELECT count(*), sum(value) FROM reading") == [(11_000, 11_000 * 10_999 / 2)]
    assert database("SELECT count(*), min(value) FROM text_reading") == [(11_000, "x\n=y")]


def test_cut_pieces_are_the_payload_and_each_is_decoded_whole() -> None:
    payload = b"".join(b"\xc2\xa0m,t=%d a=1,b=2 %d\n" % (n % 7, n) for n in range(20_000))
    pieces = convention.cut(payload)
    assert b"".join(pieces) == payload
    assert len(pieces) > 1
    for each in pieces:
        assert len(each) <= convention.MAX_PAYLOAD
        assert each.count(b"\n") <= convention.MAX_LINES
        assert each.count(b"=") <= convention.MAX_VALUES
        assert each.endswith(b"\n")
    assert influx.MAX_PIECES < queue.BURST


# Without the time of now: each worker must give the tests the same names.
CUT_SHORT = gzip.compress(b"t value=1", mtime=0)[:-9]
TOO_LARGE = gzip.compress(b"\n" * (influx.MAX_WRITE + 1), mtime=0)


@pytest.mark.parametrize(
    ("address", "body", "headers", "status", "code"),
    [
        ("/api/v2/write", b"t value=1", {}, 401, "unauthorized"),
        ("/api/v2/write", b"t value=1", {"Authorization": "Token pd_wrong"}, 401, "unauthorized"),
        ("/write", b"t value=1", {"Authorization": "Basic ###"}, 401, "unauthorized"),
        ("/write?precision=days", b"t value=1", {}, 400, "invalid"),
        ("/write?p=pd_x", b"t value=1", {"Content_Encoding": "gzip"}, 400, "invalid"),
        ("/write?p=pd_x", CUT_SHORT, {"Content_Encoding": "gzip"}, 400, "invalid"),
        ("/write?p=pd_x", b"t value=1", {"Content_Encoding": "br"}, 400, "invalid"),
        ("/write?p=pd_x", TOO_LARGE, {"Content_Encoding": "gzip"}, 413,
         "request too large"),
        ("/write?p=pd_x", b"a b=1\n" * 4_999 * (influx.MAX_PIECES + 1), {}, 413,
         "request too large"),
    ],
)  # fmt: skip
def test_what_is_refused_says_why_as_influx_does(
    freezer, address, body, headers, status, code
) -> None:
    answer = ask(address, body, **headers)
    assert (answer.status, answer.body["code"]) == (status, code)
    assert answer.body["message"] == answer.body["error"]


def test_a_device_that_may_not_send_hears_it(freezer: Device) -> None:
    freezer.enabled = False
    freezer.save()
    answer = ask("/write", b"t value=1", Authorization=f"Token {freezer.token}")
    assert (answer.status, answer.body["code"]) == (403, "forbidden")
    assert ask("/write", method="GET").status == 405


def test_what_writers_ask_before_they_write_is_answered(database) -> None:
    for method in ("GET", "HEAD"):
        answer = ask("/ping", method=method)
        assert (answer.status, answer.body) == (204, None)
        assert answer.headers["x-influxdb-version"]
    assert ask("/health", method="GET").body["status"] == "pass"
    for statement in ('CREATE DATABASE "telegraf"', "SHOW DATABASES;"):
        made = ask("/query", b"q=" + statement.encode().replace(b" ", b"+").replace(b";", b"%3B"))
        assert (made.status, made.body) == (200, {"results": [{"statement_id": 0}]})
    assert ask("/query?q=DROP+DATABASE+x").status == 400
    assert ask("/query?q=CREATE+DATABASE+x;DROP+DATABASE+y").status == 400
    assert set(HTTP_WRITE_UNITS_NS) < set(HTTP)


def test_who_has_no_token_and_who_sends_lines_without_end_costs_nothing(
    freezer: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_at: list[int] = []
    monkeypatch.setattr(influx, "cut", lambda payload: looked_at.append(len(payload)) or [payload])
    packed = gzip.compress(b"x\n" * 2_000_000)
    assert ask("/write", packed, Content_Encoding="gzip").status == 401
    token = f"Token {freezer.token}"
    endless = ask("/write", packed, Authorization=token, Content_Encoding="gzip")
    assert (endless.status, endless.body["message"]) == (413, influx.TOO_MANY)
    assert looked_at == []
    assert ask("/query", b"a=1&" * 500_000 + b"q=CREATE+DATABASE+x").status == 400
    assert ask("/query", b"q=CREATE+DATABASE+x").status == 200


# The second of three lines, and what is said of it.
ODD = [
    b"t v=1 9223372036854775807", b"t v=1 -9223372036854775808", b"t v=1 1e300",
    b"t v=1 99999999999999999999", b"t v=1 0", b"t v=1 1.5", b"t v=1 0x10", b"t v=nan",
    b"t v=inf", b"t v=1e999", b"t v=" + b"9" * 400 + b"i", b"t v=", b"t,=a v=1", b"t, v=1",
    b",a=b v=1", b"t\\", b't v="a', b't v="\x00"', b"t v=1\r t v=2",
]  # fmt: skip


def test_an_odd_line_is_named_and_costs_itself_alone(freezer: Device) -> None:
    for line in ODD:
        body = b"good value=1\n" + line + b"\ngood value2=2\n"
        for precision in ("ns", "h"):
            said = ask(f"/write?precision={precision}&p={freezer.token}", body)
            assert said.status == 400, (line, said)
            assert "line 2" in said.body["message"], (line, said)
            assert "2 values are stored" in said.body["message"], (line, said)
