"""`quarantine/` and `pipeline/` over HTTP."""

import base64
from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from telemetry.jobs import registered
from telemetry.models import JobRun, QuarantinedMessage
from telemetry.moments import to_ms
from telemetry.storage import store
from telemetry.tests.written import series, write
from telemetry.worker_counts import IngestWorker

pytestmark = pytest.mark.django_db

QUARANTINE, PIPELINE = "/api/v1/quarantine/", "/api/v1/pipeline/"


def quarantine(n: int, *, payload: bytes = b"{", reason: str = "malformed_json", **facts):
    return QuarantinedMessage.objects.create(
        received_at=timezone.now() - timedelta(minutes=n),
        topic="devices/boiler/telemetry",
        uid="boiler",
        reason=reason,
        payload=payload,
        payload_size=len(payload),
        worker="bridge-0",
        **facts,
    )


def test_a_stranger_sees_nothing() -> None:
    for path in (QUARANTINE, PIPELINE):
        assert APIClient().get(path).status_code in (401, 403)


def test_pages_go_from_the_newest_without_a_gap_or_a_repeat(api: APIClient) -> None:
    every = [quarantine(0).id for _ in range(7)]
    seen, page = [], api.get(QUARANTINE, {"page_size": 3}).json()
    assert page["previous"] is None
    while True:
        seen += [message["id"] for message in page["results"]]
        if not page["next"]:
            break
        quarantine(0)  # arrives while the pages are read
        page = api.get(page["next"]).json()
    assert seen == every[::-1]


def test_a_payload_that_is_no_text_is_shown_replaced_and_given_whole(api: APIClient) -> None:
    payload = b"\xff\x00{" + b"x" * 5000
    one = quarantine(0, payload=payload, properties={"user": [["a", "b"]]})
    (row,) = api.get(QUARANTINE).json()["results"]
    assert row["payload"].startswith("\ufffd\x00{x")
    assert len(row["payload"]) == 2048
    assert row["payload_size"] == len(payload)
    assert "payload_base64" not in row
    detail = api.get(f"{QUARANTINE}{one.id}/").json()
    assert base64.b64decode(detail["payload_base64"]) == payload
    assert len(detail["payload"]) == len(payload)
    assert detail["properties"] == {"user": [["a", "b"]]}


def test_messages_are_filtered_by_device_reason_and_time(api: APIClient) -> None:
    old, new = quarantine(90), quarantine(10, reason="unknown_device")

    def found(**query) -> list[int]:
        return [message["id"] for message in api.get(QUARANTINE, query).json()["results"]]

    assert found(uid="boiler") == [new.id, old.id]
    assert found(uid="other") == []
    assert found(reason="unknown_device") == [new.id]
    hour_ago = to_ms(timezone.now() - timedelta(hours=1))
    assert found(**{"from": hour_ago}) == [new.id]
    assert found(to=hour_ago) == [old.id]


@pytest.mark.parametrize("query", ["uuid=x", "page_size=0", "page_size=x", "from=then", "uid=%00"])
def test_a_mistake_is_told(api: APIClient, query: str) -> None:
    assert api.get(f"{QUARANTINE}?{query}").status_code == 400


def test_a_cursor_that_is_none_is_told(api: APIClient) -> None:
    for made_up in (b"p=abc", b"p=1&o=x", b"p=" + b"9" * 30):
        cursor = base64.b64encode(made_up).decode()
        assert api.get(QUARANTINE, {"cursor": cursor}).status_code == 404
    assert api.get(f"{QUARANTINE}999/").status_code == 404


def test_the_books_of_each_worker_and_the_quarantine(api: APIClient) -> None:
    now = timezone.now()
    counters = {"received": 10, "stored": 6, "duplicate": 1, "rejected": 1, "in_flight": 2}
    IngestWorker.objects.create(
        name="bridge-0", started_at=now, updated_at=now, counters=counters | {"spooled": 0}
    )
    IngestWorker.objects.create(
        name="bridge-1",
        started_at=now - timedelta(days=1),
        updated_at=now - timedelta(minutes=5),
        counters={"received": 3, "stored": 2},
    )
    quarantine(5), quarantine(90), quarantine(5, reason="unknown_device")
    answer = api.get(PIPELINE).json()
    first, second = answer["workers"]
    assert (first["name"], first["alive"], first["balance"]) == ("bridge-0", True, 0)
    assert first["counters"]["stored"] == 6
    assert first["started_at"] == to_ms(now)
    assert (second["alive"], second["balance"]) == (False, 1)
    assert answer["quarantine"] == {
        "total": 3,
        "last_hour": 2,
        "reasons": {"malformed_json": 2, "unknown_device": 1},
    }
    assert isinstance(answer["stored_total"], int)


def test_how_each_job_went_and_what_waits_for_the_rollups(api: APIClient) -> None:
    now = timezone.now()
    JobRun.objects.create(
        name="drop_readings",
        succeeded_at=now - timedelta(hours=3),
        failed_at=now,
        runs=7,
        failures=4,
        failures_in_row=2,
        error="reading_20260101 cannot be dropped",
        seconds=1.5,
    )
    one = series()
    write(one.id, [(to_ms(now) - 3_600_000, 1.0), (to_ms(now) - 7_200_000, 1.0)])
    store.write(store.Batch([one.id], [to_ms(now) * 1_000], [1.0]), "w")
    answer = api.get(PIPELINE).json()
    assert [job["name"] for job in answer["jobs"]] == [job.name for job in registered()]
    found = next(job for job in answer["jobs"] if job["name"] == "drop_readings")
    assert (found["failing"], found["failures_in_row"], found["error"]) == (
        True,
        2,
        "reading_20260101 cannot be dropped",
    )
    assert (found["succeeded_at"], found["every_ms"]) == (to_ms(now) - 3 * 3_600_000, 3_600_000)
    other = next(job for job in answer["jobs"] if job["name"] == "roll_up")
    assert (other["succeeded_at"], other["failing"], other["runs"]) == (None, False, 0)
    waits = answer["backlog"]
    assert (waits["commits"], waits["minutes"]) == (1, 2)
    assert waits["oldest_minute"] == (to_ms(now) - 7_200_000) // 60_000 * 60_000
