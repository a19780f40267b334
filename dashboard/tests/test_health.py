"""The web process says how it is, to those who may know."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.waiting import eventually


def test_healthz_and_readyz_answer_without_a_login(client: Client, db: None) -> None:
    assert client.get("/healthz").json()["alive"] is True
    # If late, on a busy machine.
    answer = eventually(lambda: (said := client.get("/readyz")).status_code == 200 and said)
    assert answer.json() == {"ready": True, "database": True, "redis": True}


def test_readyz_names_what_does_not_answer(client: Client, db: None, settings, free_port) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {
        "ready": False,
        "database": True,
        "redis": False,
        "why": {"redis": "it does not answer"},
    }


def test_metrics_are_for_this_machine(client: Client) -> None:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert b"pulseboard_web_viewers" in answer.content
    assert client.get("/metrics", REMOTE_ADDR="::ffff:127.0.0.1").status_code == 200
    # The second: a socket of the file system, as a proxy asks that adds no header.
    for peer in ("192.0.2.7", ""):
        assert client.get("/metrics", REMOTE_ADDR=peer).status_code == 403
    for header in ("X-Forwarded-For", "X-Real-IP", "X-Forwarded-Proto", "Via", "Forwarded"):
        assert client.get("/metrics", headers={header: "192.0.2.7"}).status_code == 403, header


@pytest.mark.parametrize(
    ("given", "status"), [("Bearer s3cret", 200), ("Bearer other", 403), (None, 403)]
)
def test_a_scraper_elsewhere_needs_the_token(
    client: Client, settings, given: str | None, status: int
) -> None:
    settings.METRICS_TOKEN = "s3cret"
    headers = {"Authorization": given} if given else {}
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7", headers=headers).status_code == status
